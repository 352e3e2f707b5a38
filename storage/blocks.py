"""Who may neither start nor join interviews in a server, until when.

    block     for a while: at most a year        unblock    before that
    of        whether somebody is, and why       all        whom a server blocked

A block is about a person and no part of their account. It stays when the account is deleted, since whoever is blocked
could lift it by that, and it goes by itself. So there is no free text in it: a reason from a list, a day and an end.
Its index is made for this table alone, and whom it is about is sealed under the installation's key: with the account
gone, the row leads to no other, and matches nobody but who comes back to that server.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass, field
from datetime import UTC, date, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, select

from storage.crypto import Place, wipe
from storage.errors import DecryptionFailed, StorageError, UnknownKey
from storage.guilds import KIND
from storage.keyring import INSTALLATION
from storage.models import Block as BlockRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement, RowMapping

    from storage.database import Database
    from storage.keyring import Keyring
    from storage.keys import Secrets

LONGEST: Final = timedelta(days=365)
"""How long a block may last."""

PER_GUILD: Final = 1_000
"""Blocks that a server may have at once."""

_WHO: Final = struct.Struct(">QQ")


class TooManyBlocks(StorageError):
    """A server would have more than `PER_GUILD` blocks; none was added."""


class Why(enum.StrEnum):
    """Why somebody is blocked; there is no free text about people."""

    CONDUCT = "conduct"
    """How they treat others."""

    CONSENT = "consent"
    """They disregard what others agreed to, such as by recording them."""

    AGE = "age"
    """They are younger than they said."""

    SPAM = "spam"

    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Block:
    """Somebody who is blocked in a server.

    Attributes:
        user_id: Who.
        guild_id: Where; None if that cannot be known any more.
        why: Why.
        since: Since which day.
        until: Until when.
    """

    user_id: int = field(repr=False)
    guild_id: int | None = field(repr=False)
    why: Why
    since: date
    until: datetime


class Blocks:
    """The blocks of one installation."""

    def __init__(self, content: Database, keyring: Keyring, secrets: Secrets) -> None:
        self._content = content
        self._keyring = keyring
        self._secrets = secrets

    async def block(self, guild_id: int, user_id: int, why: Why, *, until: datetime, at: datetime) -> None:
        """Block somebody; a block that there is already ends when this one does.

        Raises:
            ValueError: If *until* is past or further away than `LONGEST`.
            TooManyBlocks: If the server has too many.
            StorageError: If it could not be put down.
        """
        if not at < until <= at + LONGEST:
            raise ValueError("a block ends within a year")
        server, who = self._server(guild_id), self._who(user_id)
        await self._keyring.ensure(INSTALLATION)
        identity = uuid4()
        plain = bytearray(_WHO.size)
        _WHO.pack_into(plain, 0, guild_id, user_id)
        async with self._keyring.unlocked(INSTALLATION) as keys:
            sealed = keys.seal(INSTALLATION, plain, _place(identity))
        wipe(plain)
        async with self._content.write() as connection:
            await connection.execute(delete(BlockRow).where(BlockRow.server_idx == server, BlockRow.blocked_idx == who))
            query = select(func.count()).select_from(BlockRow).where(BlockRow.server_idx == server)
            if (await connection.execute(query)).scalar_one() >= PER_GUILD:
                raise TooManyBlocks("a server has at most 1000 blocks")
            await connection.execute(
                insert(BlockRow).values(
                    id=identity,
                    server_idx=server,
                    blocked_idx=who,
                    enc_body=sealed,
                    reason=why.value,
                    created_day=at.astimezone(UTC).date(),
                    expires_at=until,
                )
            )

    async def unblock(self, guild_id: int, user_id: int) -> bool:
        """End a block, and return whether there was one."""
        async with self._content.write() as connection:
            gone = await connection.execute(
                delete(BlockRow).where(
                    BlockRow.server_idx == self._server(guild_id), BlockRow.blocked_idx == self._who(user_id)
                )
            )
        return gone.rowcount == 1

    async def of(self, guild_id: int, user_id: int, *, at: datetime) -> tuple[Why, datetime] | None:
        """Why and until when somebody is blocked in a server; None if they are not.

        Raises:
            StorageError: If it cannot be read: then nobody knows.
        """
        async with self._content.read() as connection:
            found = await connection.execute(
                select(BlockRow.reason, BlockRow.expires_at).where(
                    BlockRow.server_idx == self._server(guild_id),
                    BlockRow.blocked_idx == self._who(user_id),
                    BlockRow.expires_at > at,
                )
            )
            row = found.first()
        return None if row is None else (Why(row.reason), row.expires_at)

    async def all(self, guild_id: int, *, at: datetime) -> list[Block]:
        """Whom a server blocked, the newest first; one that cannot be opened is left out."""
        rows = await self._rows(BlockRow.server_idx == self._server(guild_id), BlockRow.expires_at > at)
        return [block for _, block in rows if block is not None]

    async def everywhere(self, user_id: int, *, at: datetime) -> list[Block]:
        """Where somebody is blocked, for their own data package; where one cannot be opened, nobody knows in which."""
        rows = await self._rows(BlockRow.blocked_idx == self._who(user_id), BlockRow.expires_at > at)
        return [block or _unknown(row, user_id) for row, block in rows]

    async def forget_guild(self, guild_id: int) -> int:
        """Delete all blocks of a server, and return how many there were."""
        async with self._content.write() as connection:
            gone = await connection.execute(delete(BlockRow).where(BlockRow.server_idx == self._server(guild_id)))
        return gone.rowcount

    async def _rows(self, *where: ColumnElement[bool]) -> list[tuple[RowMapping, Block | None]]:
        """The newest first, each with what it says; None if it does not open."""
        async with self._content.read() as connection:
            found = await connection.execute(
                select(BlockRow.__table__).where(*where).order_by(BlockRow.created_day.desc(), BlockRow.id)
            )
            rows: Sequence[RowMapping] = found.mappings().all()
        opened: list[tuple[RowMapping, Block | None]] = []
        async with self._keyring.unlocked(INSTALLATION) as keys:
            for row in rows:
                try:
                    plain = keys.open(INSTALLATION, row["enc_body"], _place(row["id"]))
                except (DecryptionFailed, UnknownKey):
                    opened.append((row, None))
                    continue
                guild, user = _WHO.unpack(plain)
                wipe(plain)
                opened.append((row, Block(user, guild, Why(row["reason"]), row["created_day"], row["expires_at"])))
        return opened

    def _server(self, guild_id: int) -> bytes:
        return self._secrets.index(KIND, guild_id)

    def _who(self, user_id: int) -> bytes:
        return blocked(self._secrets, user_id)

    def __repr__(self) -> str:
        return "<Blocks>"


def _unknown(row: RowMapping, user_id: int) -> Block:
    return Block(user_id, None, Why(row["reason"]), row["created_day"], row["expires_at"])


def _place(identity: UUID) -> Place:
    return Place("block", "enc_body", identity)


def blocked(secrets: Secrets, user_id: int) -> bytes:
    """What stands for somebody in this table alone."""
    return secrets.index("blocked", user_id)
