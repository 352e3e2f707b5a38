"""Which servers the bot is in, so that one is noticed that it was put out of while it was off.

    look     the servers it is in now -> those that have been missing for so long that they are taken for left
    forget   a server that was left, once nothing else is kept of it

A server's row is an HMAC, as everywhere, and its id sealed under the installation's key: what is kept of it is found
by several HMACs, which only its id leads to. A restored backup brings back servers that were left since; they are
missing again, and go in the same way.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select, update

from storage.crypto import Place, wipe
from storage.errors import DecryptionFailed, UnknownKey
from storage.guilds import KIND
from storage.keyring import INSTALLATION
from storage.models import Server

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from sqlalchemy import RowMapping
    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.database import Database
    from storage.keyring import Keyring, Unlocked
    from storage.keys import Secrets

MISSING_FOR: Final = timedelta(days=1)
"""How long a server must be missing before it is taken for left."""

MOST_MISSING_FOR: Final = timedelta(days=7)
"""The same where more than half of all servers are missing: perhaps it is another bot that is asked."""

_ID: Final = struct.Struct(">Q")
_BATCH: Final = 500


@dataclass(frozen=True, slots=True)
class Looked:
    """What a look showed.

    Attributes:
        missing: How many servers are missing.
        left: The ids of those that have been for long enough.
    """

    missing: int
    left: tuple[int, ...]


class Whereabouts:
    """The servers that the bot of one installation is in."""

    def __init__(self, content: Database, keyring: Keyring, secrets: Secrets) -> None:
        self._content = content
        self._keyring = keyring
        self._secrets = secrets

    async def look(self, there: Collection[int], *, ours: Callable[[int], bool], at: datetime) -> Looked:
        """Put down where the bot is, and since when it is missing where it was.

        Args:
            there: The ids of all the servers that this process serves and the bot is in; none may be left out.
            ours: Whether a server is served by this process. Of others nothing is concluded.
            at: When.

        Raises:
            StorageError: If it could not be read or put down.
        """
        await self._keyring.ensure(INSTALLATION)
        here = {self._index(guild_id): guild_id for guild_id in there}
        async with self._content.read() as connection:
            rows = (await connection.execute(select(Server.__table__))).mappings().all()
        known = {row["server_idx"] for row in rows}
        served = 0
        missing: list[tuple[RowMapping, int]] = []
        async with self._keyring.unlocked(INSTALLATION) as keys:
            new = [self._row(keys, idx, guild_id) for idx, guild_id in here.items() if idx not in known]
            for row in rows:
                guild_id = here.get(row["server_idx"]) or _opened(keys, row)
                if guild_id is None or not ours(guild_id):
                    continue
                served += 1
                if row["server_idx"] not in here:
                    missing.append((row, guild_id))
        back = [row["id"] for row in rows if row["missing_at"] is not None and row["server_idx"] in here]
        async with self._content.write() as connection:
            await self._put(connection, new, back, [row["id"] for row, _ in missing if row["missing_at"] is None], at)
        patience = MOST_MISSING_FOR if 2 * len(missing) > served else MISSING_FOR
        left = [guild_id for row, guild_id in missing if row["missing_at"] and at - row["missing_at"] >= patience]
        return Looked(len(missing), tuple(left))

    async def forget(self, guild_id: int) -> None:
        """Delete a server's own row: the last of what is kept of it."""
        async with self._content.write() as connection:
            await connection.execute(delete(Server).where(Server.server_idx == self._index(guild_id)))

    async def _put(
        self,
        connection: AsyncConnection,
        new: list[dict[str, Any]],
        back: Sequence[UUID],
        missing: Sequence[UUID],
        at: datetime,
    ) -> None:
        known = set((await connection.execute(select(Server.server_idx))).scalars())
        new = [row for row in new if row["server_idx"] not in known]  # another process may have been first
        if new:
            await connection.execute(insert(Server), new)
        for ids, missing_at in ((back, None), (missing, at)):
            for start in range(0, len(ids), _BATCH):
                some = Server.id.in_(ids[start : start + _BATCH])
                await connection.execute(update(Server).where(some).values(missing_at=missing_at))

    def _row(self, keys: Unlocked, idx: bytes, guild_id: int) -> dict[str, Any]:
        identity = uuid4()
        plain = bytearray(_ID.pack(guild_id))
        sealed = keys.seal(INSTALLATION, plain, _place(identity))
        wipe(plain)
        return {"id": identity, "server_idx": idx, "enc_body": sealed, "missing_at": None}

    def _index(self, guild_id: int) -> bytes:
        return self._secrets.index(KIND, guild_id)

    def __repr__(self) -> str:
        return "<Whereabouts>"


def _opened(keys: Unlocked, row: RowMapping) -> int | None:
    """Which server it is; None if that cannot be known any more."""
    try:
        plain = keys.open(INSTALLATION, row["enc_body"], _place(row["id"]))
    except (DecryptionFailed, UnknownKey):
        return None
    guild_id: int = _ID.unpack(plain)[0]
    wipe(plain)
    return guild_id


def _place(identity: UUID) -> Place:
    return Place("server", "enc_body", identity)
