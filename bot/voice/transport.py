"""What lies between Discord's voice server and us: one AEAD key for each connection, opened packet by packet.

    | clear header, authenticated | ciphertext | tag, 16 bytes | counter, 4 bytes |

The counter, followed by zeros, is the nonce. Source: Discord's voice documentation, "Transport Encryption Modes".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt as _xchacha_open,
)
from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_encrypt as _xchacha_seal,
)
from nacl.exceptions import CryptoError

if TYPE_CHECKING:
    from collections.abc import Callable

KEY_BYTES = 32
_COUNTER_BYTES = 4
_GCM_ZEROS = bytes(12 - _COUNTER_BYTES)
_XCHACHA_ZEROS = bytes(24 - _COUNTER_BYTES)


class NotAuthentic(Exception):
    """The packet was not sealed with this connection's key, or was changed on the way."""


class UnknownMode(ValueError):
    """Discord chose a transport encryption that is not in `MODES`."""


class Transport(Protocol):
    """One connection's transport encryption."""

    def open(self, datagram: bytes, header_bytes: int) -> bytes:
        """Return what *datagram* holds behind its first *header_bytes*.

        Raises:
            NotAuthentic: If one bit of it, header included, is not as the other side sealed it.
        """
        ...

    def seal(self, header: bytes, plaintext: bytes, counter: int) -> bytes:
        """Return the datagram for *plaintext*. *counter* (u32) must never repeat under one key."""
        ...


class AesGcm:
    """`aead_aes256_gcm_rtpsize`: about 1 us a packet where the processor has AES."""

    __slots__ = ("_decrypt", "_encrypt")

    def __init__(self, key: bytes) -> None:
        aead = AESGCM(key)
        self._decrypt, self._encrypt = aead.decrypt, aead.encrypt

    def open(self, datagram: bytes, header_bytes: int) -> bytes:
        """See `Transport.open`."""
        try:
            return self._decrypt(datagram[-4:] + _GCM_ZEROS, datagram[header_bytes:-4], datagram[:header_bytes])
        except InvalidTag:
            raise NotAuthentic from None

    def seal(self, header: bytes, plaintext: bytes, counter: int) -> bytes:
        """See `Transport.seal`."""
        nonce = counter.to_bytes(_COUNTER_BYTES, "big")
        return header + self._encrypt(nonce + _GCM_ZEROS, plaintext, header) + nonce

    def __repr__(self) -> str:
        return "<AesGcm>"


class XChaCha:
    """`aead_xchacha20_poly1305_rtpsize`: the mode that every voice server offers."""

    __slots__ = ("_key",)

    def __init__(self, key: bytes) -> None:
        self._key = key

    def open(self, datagram: bytes, header_bytes: int) -> bytes:
        """See `Transport.open`."""
        try:
            return _xchacha_open(
                datagram[header_bytes:-4], datagram[:header_bytes], datagram[-4:] + _XCHACHA_ZEROS, self._key
            )
        except CryptoError:
            raise NotAuthentic from None

    def seal(self, header: bytes, plaintext: bytes, counter: int) -> bytes:
        """See `Transport.seal`."""
        nonce = counter.to_bytes(_COUNTER_BYTES, "big")
        return header + _xchacha_seal(plaintext, header, nonce + _XCHACHA_ZEROS, self._key) + nonce

    def __repr__(self) -> str:
        return "<XChaCha>"


_BY_MODE: dict[str, Callable[[bytes], Transport]] = {
    "aead_aes256_gcm_rtpsize": AesGcm,
    "aead_xchacha20_poly1305_rtpsize": XChaCha,
}

MODES = tuple(_BY_MODE)
"""The modes that are spoken here, the preferred one first."""


def make_transport(mode: str, secret_key: bytes) -> Transport:
    """Return the transport encryption that a session description (opcode 4) names.

    Raises:
        UnknownMode: If *mode* is not in `MODES`.
        ValueError: If the key is not 32 bytes long.
    """
    make = _BY_MODE.get(mode)
    if make is None:
        raise UnknownMode("an unknown transport encryption was chosen")
    if len(secret_key) != KEY_BYTES:
        raise ValueError("a transport key has 32 bytes")
    return make(bytes(secret_key))
