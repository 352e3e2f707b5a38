"""Who may do a job that only one process at a time may do.

    acquire     -> Held(name, token), or None while somebody else has it
    keep        inside the holder's own transaction: still mine, and for longer; or `LeaseLost`
    release     the next one need not wait until it expires

A process may stand still for longer than its lease lasts, and go on as if nothing had happened. The token grows with
each holder, and every transaction of the job compares it in the database, so what the slow one wanted to write is
undone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update

from storage.errors import LeaseLost
from storage.models import Lease

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.database import Database


@dataclass(frozen=True, slots=True)
class Held:
    """A lease that was got.

    Attributes:
        name: The job.
        token: Larger than that of every holder before.
    """

    name: str
    token: int


class Leases:
    """The leases that one process asks for."""

    def __init__(self, database: Database, *, life: timedelta, owner: UUID | None = None) -> None:
        """Hold each lease for *life*, from when it was got or last kept, as *owner*; by default as nobody before."""
        self._database = database
        self._life = life
        self._owner = owner or uuid4()

    async def acquire(self, name: str, *, now: datetime) -> Held | None:
        """The lease, if nobody has it, or its holder has not kept it for as long as it lasts.

        One that lasts for more than twice as long as leases do was got under another clock, and counts for nothing.
        """
        async with self._database.write() as connection:
            found = await connection.execute(select(Lease.__table__).where(Lease.name == name))
            row = found.mappings().first()
            if row is None:
                values = {"owner": self._owner, "token": 1, "expires_at": now + self._life}
                await connection.execute(insert(Lease).values(name=name, **values))
                return Held(name, 1)
            if row["owner"] != self._owner and now < row["expires_at"] <= now + 2 * self._life:
                return None
            held = Held(name, row["token"] + 1)
            values = {"owner": self._owner, "token": held.token, "expires_at": now + self._life}
            await connection.execute(update(Lease).where(Lease.name == name).values(values))
            return held

    async def keep(self, connection: AsyncConnection, held: Held, *, now: datetime) -> None:
        """Nothing, if the lease is still ours; it then lasts from *now*. Part of the transaction on *connection*.

        Raises:
            LeaseLost: If somebody else has got it. The transaction is to be left with this error, and so undone.
        """
        kept = await connection.execute(
            update(Lease)
            .where(Lease.name == held.name, Lease.token == held.token, Lease.owner == self._owner)
            .values(expires_at=now + self._life)
        )
        if kept.rowcount != 1:
            raise LeaseLost("another process does this job now")

    async def release(self, held: Held, *, now: datetime) -> None:
        """Let others have it at once; nothing if they have it already."""
        async with self._database.write() as connection:
            await connection.execute(
                update(Lease)
                .where(Lease.name == held.name, Lease.token == held.token, Lease.owner == self._owner)
                .values(expires_at=now)
            )

    def __repr__(self) -> str:
        return "<Leases>"
