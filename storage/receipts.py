"""A receipt for an erasure: signed, without a name, kept by nobody but the person.

    make_receipt     what was destroyed and when, signed with the installation's Ed25519 key
    verify_receipt   anybody, offline: the signature holds, and the destroyed keys are in none of the keyrings given
    keys_of          which keys a living keyring holds
    keys_in_file     which keys a backup of a SQLite keyring holds

A receipt holds a random id, the time, the version of the policy, how many rows of each table went, the ids of the data
keys that were destroyed with a hash of each as it was stored, and who outside may still hold something, for how long.
It holds no id of a person and no subject. A key's id stands in front of each field that the key sealed, and is random.

Signed is its JSON with sorted names, no spaces, and everything beyond ASCII escaped, after a line that says what it is.
"""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, Literal, cast
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import select

from storage.errors import Misconfigured
from storage.models import Dek

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from pathlib import Path

    from storage.database import Database
    from storage.keys import Secrets

RECEIPT_FORMAT: Final = 1

Scope = Literal["account", "transcript"]
"""What was erased."""


@dataclass(frozen=True, slots=True)
class Outside:
    """Somebody who may still hold something after an erasure.

    Attributes:
        name: Who, such as "backups of this installation" or a processor's name.
        longest: For how long at most, in words.
    """

    name: str
    longest: str


@dataclass(frozen=True, slots=True)
class DestroyedKey:
    """A data key that is gone.

    Attributes:
        id: Its random id, which stands in front of everything that it sealed.
        wrapped_sha256: The hash of the key as it was stored last.
    """

    id: UUID
    wrapped_sha256: bytes


@dataclass(frozen=True, slots=True)
class Checked:
    """What checking a receipt showed.

    Attributes:
        faults: What does not hold, in words; none when everything does.
        erased_at: When it was, as the receipt says.
        keys: How many keys it names.
    """

    faults: tuple[str, ...]
    erased_at: datetime | None
    keys: int

    @property
    def holds(self) -> bool:
        """Whether everything does."""
        return not self.faults


def make_receipt(
    secrets: Secrets,
    *,
    scope: Scope,
    at: datetime,
    policy_version: str,
    rows: Mapping[str, int],
    keys: Sequence[DestroyedKey],
    files_rewritten: bool,
    outside: Sequence[Outside],
) -> dict[str, Any]:
    """The receipt, as JSON. *files_rewritten* is whether the bytes of what was deleted are gone from the files too."""
    receipt: dict[str, Any] = {
        "format": RECEIPT_FORMAT,
        "receipt": str(uuid4()),
        "scope": scope,
        "erased_at": at.astimezone(UTC).isoformat(timespec="seconds"),
        "policy_version": policy_version,
        "rows": dict(rows),
        "keys": [{"id": str(key.id), "wrapped_sha256": key.wrapped_sha256.hex()} for key in keys],
        "files_rewritten": files_rewritten,
        "outside": [{"name": each.name, "longest": each.longest} for each in outside],
        "public_key": base64.b64encode(secrets.public_key).decode("ascii"),
    }
    receipt["signature"] = base64.b64encode(secrets.sign(_signed(receipt))).decode("ascii")
    return receipt


def verify_receipt(
    receipt: Mapping[str, Any],
    *,
    public_key: bytes | None = None,
    keyrings: Mapping[str, Collection[UUID]] | None = None,
) -> Checked:
    """Check what `make_receipt` made.

    *public_key* is the installation's Ed25519 key from elsewhere; without it the receipt is only checked against the
    key that it names itself. *keyrings* are the ids of the keys in each keyring that is at hand, by a name for it.
    """
    try:
        return _checked(receipt, public_key, keyrings or {})
    except (KeyError, TypeError, ValueError, AttributeError):
        return Checked(("this is no receipt",), None, 0)


def _checked(receipt: Mapping[str, Any], public_key: bytes | None, keyrings: Mapping[str, Collection[UUID]]) -> Checked:
    if receipt["format"] != RECEIPT_FORMAT:
        return Checked(("this receipt is of another format",), None, 0)
    faults: list[str] = []
    named = base64.b64decode(receipt["public_key"], validate=True)
    if public_key is not None and named != public_key:
        faults.append("another installation made this receipt")
    try:
        signature = base64.b64decode(receipt["signature"], validate=True)
        Ed25519PublicKey.from_public_bytes(named).verify(signature, _signed(receipt))
    except InvalidSignature:
        faults.append("the signature does not hold")
    keys = [UUID(key["id"]) for key in cast("list[dict[str, str]]", receipt["keys"])]
    for name, held in keyrings.items():
        back = sum(key in held for key in keys)
        if back:
            faults.append(f"{back} of the destroyed keys are in {name}")
    if receipt["files_rewritten"] is not True:
        faults.append("the files were not rewritten yet: they still hold what was deleted, which nothing opens")
    return Checked(tuple(faults), datetime.fromisoformat(receipt["erased_at"]), len(keys))


async def keys_of(keyring: Database) -> frozenset[UUID]:
    """The ids of all data keys in a living keyring database."""
    async with keyring.read() as connection:
        return frozenset((await connection.execute(select(Dek.dek_id))).scalars())


async def keys_in_file(backup: Path) -> frozenset[UUID]:
    """The ids of all data keys in a backup of a SQLite keyring, which is not changed.

    Raises:
        Misconfigured: If the file is no such backup.
    """
    return await asyncio.to_thread(_keys_in_file, backup)


def _keys_in_file(backup: Path) -> frozenset[UUID]:
    try:
        # Immutable: a reader would otherwise leave a journal and an index beside the backup.
        with closing(sqlite3.connect(f"{backup.absolute().as_uri()}?mode=ro&immutable=1", uri=True)) as file:
            return frozenset(UUID(row[0]) for row in file.execute("SELECT dek_id FROM dek"))
    except (sqlite3.Error, ValueError):
        raise Misconfigured("this file is no backup of a keyring") from None


def _signed(receipt: Mapping[str, Any]) -> bytes:
    unsigned = {name: value for name, value in receipt.items() if name != "signature"}
    plain = json.dumps(unsigned, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return b"skillrally: receipt of an erasure\n" + plain.encode("ascii")
