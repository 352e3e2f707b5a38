"""Fields sealed so that they open in their own place only, by their own subject's key only.

    plaintext, Place(table, column, row, revision)
      -> seal      AES-256-GCM, a random nonce, and the place as associated data
      -> bytes     0x01 | key id (16) | nonce (12) | ciphertext | tag (16)
      -> open      the same place and key, or DecryptionFailed

The associated data is the format, table, column, row, subject, data key's id and version, and the row's revision, each
with its length before it, so that no two places have the same encoding. A sealed field therefore does not open after it
was copied to another row, column or subject, under another version of the key, or over a later revision of its row.

GCM alone does not commit to its key: one ciphertext can be made to open under two. So a commitment, an HMAC under the
data key, is kept beside the wrapped key and compared when it is unwrapped.

Keys live in bytearrays until the cipher is made, and are then overwritten; the cipher keeps a copy in OpenSSL's memory,
which OpenSSL overwrites when the cipher goes. Plaintexts are handed out as bytearrays, for `wipe`.
"""

from __future__ import annotations

import hmac
import os
from dataclasses import dataclass
from functools import lru_cache
from typing import NoReturn
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from storage.errors import DecryptionFailed, UnknownKey

FORMAT = 1
"""The first byte of every sealed field."""

KEY_BYTES = 32
"""AES-256."""

NONCE_BYTES = 12
"""Random, so one key may seal at most 2**32 fields. Source: NIST SP 800-38D, section 8.3."""

TAG_BYTES = 16

HEADER_BYTES = 1 + 16 + NONCE_BYTES

OVERHEAD_BYTES = HEADER_BYTES + TAG_BYTES
"""How much longer a sealed field is than what is in it."""

COMMITMENT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Place:
    """Where a sealed field lies.

    Attributes:
        table: The table's name.
        column: The column's name.
        row: The row's random id.
        revision: How often the row was rewritten, 0 .. 2**64 - 1; 0 where rows are written once.
    """

    table: str
    column: str
    row: UUID
    revision: int = 0


def wipe(buffer: bytearray) -> None:
    """Overwrite *buffer* with zeros where it lies."""
    buffer[:] = bytes(len(buffer))


def encode(*fields: str | bytes | int | UUID) -> bytes:
    """The fields in one piece, each with its length before it: no two lists of fields give the same bytes.

    Numbers are eight bytes, 0 .. 2**64 - 1; lengths are four, big-endian like the numbers.
    """
    pieces: list[bytes] = []
    for field in fields:
        if isinstance(field, str):
            piece = field.encode()
        elif isinstance(field, int):
            piece = field.to_bytes(8, "big")
        elif isinstance(field, UUID):
            piece = field.bytes
        else:
            piece = field
        pieces += (len(piece).to_bytes(4, "big"), piece)
    return b"".join(pieces)


@lru_cache(maxsize=64)
def _column(table: str, column: str) -> bytes:
    return encode(FORMAT, table, column)


def commitment(secret: bytes | bytearray) -> bytes:
    """What is kept beside a wrapped key, 32 bytes, so that it can only be unwrapped as itself."""
    return hmac.digest(secret, b"skillrally: commitment to a data key, 1", "sha256")


def wrapping_place(*, subject: UUID, key_id: UUID, version: int, kek_version: int) -> bytes:
    """What a wrapped data key is bound to: whose it is, which it is, and the key-encryption key's version."""
    return encode("dek", FORMAT, subject, key_id, version, kek_version)


def key_id_of(sealed: bytes) -> UUID:
    """Which data key sealed this field.

    Raises:
        DecryptionFailed: If these bytes were never a sealed field.
    """
    if len(sealed) < OVERHEAD_BYTES or sealed[0] != FORMAT:
        raise DecryptionFailed("this is no sealed field")
    return UUID(bytes=bytes(sealed[1:17]))


class DataKey:
    """One version of one subject's data key, unwrapped."""

    __slots__ = ("_cipher", "_whose", "id", "subject", "version")

    def __init__(self, secret: bytearray, *, subject: UUID, key_id: UUID, version: int) -> None:
        """Take over *secret*, 32 bytes, which is overwritten."""
        if len(secret) != KEY_BYTES:
            raise ValueError("a data key has 32 bytes")
        self.subject = subject
        self.id = key_id
        self.version = version
        self._whose = encode(subject, key_id, version)
        self._cipher: AESGCM | None = AESGCM(secret)
        wipe(secret)

    @property
    def wiped(self) -> bool:
        """Whether this key is gone."""
        return self._cipher is None

    def seal(self, plaintext: bytes | bytearray, place: Place) -> bytes:
        """What to store at *place*: *plaintext* with 45 bytes around it.

        Raises:
            UnknownKey: If this key was wiped.
        """
        nonce = os.urandom(NONCE_BYTES)
        ciphertext = self._living().encrypt(nonce, plaintext, self._associated(place))
        return b"".join((bytes((FORMAT,)), self.id.bytes, nonce, ciphertext))

    def open(self, sealed: bytes, place: Place) -> bytearray:
        """What was sealed for the same place, in memory that the caller should `wipe`.

        Raises:
            UnknownKey: If another key sealed it, or this one was wiped.
            DecryptionFailed: If the bytes were changed, moved or cut.
        """
        plaintext = bytearray(max(0, len(sealed) - OVERHEAD_BYTES))
        self.open_into(sealed, place, plaintext)
        return plaintext

    def open_into(self, sealed: bytes, place: Place, into: bytearray) -> None:
        """Open into memory of the caller's, which must be as long as what was sealed.

        Raises:
            UnknownKey: If another key sealed it, or this one was wiped.
            DecryptionFailed: If the bytes were changed, moved or cut; *into* holds zeros then.
        """
        if key_id_of(sealed) != self.id:
            raise UnknownKey("sealed with another data key")
        if len(into) != len(sealed) - OVERHEAD_BYTES:
            raise ValueError("the buffer is not as long as what was sealed")
        if not 0 <= place.revision < 1 << 64:
            raise DecryptionFailed("this field's row was changed: nothing has that revision")
        view = memoryview(sealed)
        try:
            self._living().decrypt_into(
                view[17:HEADER_BYTES], view[HEADER_BYTES:], self._associated(place), memoryview(into)
            )
        except InvalidTag:
            wipe(into)
            raise DecryptionFailed("this field was changed, moved or cut") from None

    def wipe(self) -> None:
        """Let the key go; OpenSSL overwrites it. Nothing can be sealed or opened with it afterwards."""
        self._cipher = None

    def _living(self) -> AESGCM:
        if self._cipher is None:
            raise UnknownKey("this data key was wiped")
        return self._cipher

    def _associated(self, place: Place) -> bytes:
        return b"".join((_column(place.table, place.column), encode(place.row), self._whose, encode(place.revision)))

    def __repr__(self) -> str:
        return "<DataKey, wiped>" if self.wiped else "<DataKey>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("a data key is never copied out of this process")
