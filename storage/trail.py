"""What moderators did in a server, and how much was practised there; never what was said.

    noted      an event of a list, by whom as an HMAC        events      a server's, the newest first
    practised  seconds of a day, and an interview begun      used        of a person, and of the whole server

A server's own sum is a row whose *idx* is the server's. An event's *idx* is of whoever acted: it goes with that
person's account, and is in their data package. Who was acted upon is not put down.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from sqlalchemy import delete, insert, select, update

from storage.guilds import KIND
from storage.models import Audit, Subject
from storage.models import Usage as UsageRow

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.database import Database
    from storage.keys import Secrets
    from storage.subjects import Subjects

AUDIT_DAYS: Final = 90
"""How long an event is kept at most. Source: `storage.models`, its retention."""

USAGE_LIFE: Final = timedelta(days=30)

_EVENT: Final = re.compile(r"[a-z]+(-[a-z]+)*")


@dataclass(frozen=True, slots=True)
class Event:
    """Something that a moderator did.

    Attributes:
        name: What, from a list of the caller's.
        mine: Whether whoever asks did it.
        at: When.
    """

    name: str
    mine: bool
    at: datetime


@dataclass(frozen=True, slots=True)
class Used:
    """How much was practised in a server on one day.

    Attributes:
        seconds: By one person.
        begun: Interviews that this person began.
        server_seconds: By the whole server: the length of its interviews, however many took part.
        server_begun: Interviews that anybody began.
    """

    seconds: int = 0
    begun: int = 0
    server_seconds: int = 0
    server_begun: int = 0


class Trail:
    """What happened in the servers of one installation."""

    def __init__(self, content: Database, secrets: Secrets, subjects: Subjects) -> None:
        self._content = content
        self._secrets = secrets
        self._subjects = subjects

    async def noted(
        self, guild_id: int, user_id: int | None, event: str, *, at: datetime, days: int | None = None
    ) -> None:
        """Put down that *user_id* did this, for *days*, at most `AUDIT_DAYS`.

        Raises:
            ValueError: If it is no name of an event: small letters and hyphens.
            StorageError: If it could not be put down.
        """
        if _EVENT.fullmatch(event) is None or len(event) > 40:
            raise ValueError("an event has a name of small letters and hyphens")
        life = timedelta(days=min(AUDIT_DAYS, days or AUDIT_DAYS))
        async with self._content.write() as connection:
            await connection.execute(
                insert(Audit).values(
                    id=uuid4(),
                    event=event,
                    idx=None if user_id is None else self._subjects.index(user_id),
                    server_idx=self._server(guild_id),
                    happened_at=at,
                    expires_at=at + life,
                )
            )

    async def events(
        self, guild_id: int, *, since: datetime, at: datetime, asks: int, limit: int = 1_000
    ) -> list[Event]:
        """What was done in a server since then, the newest first; *asks* is who wants to know what they did."""
        mine = self._subjects.index(asks)
        async with self._content.read() as connection:
            found = await connection.execute(
                select(Audit.event, Audit.idx, Audit.happened_at)
                .where(Audit.server_idx == self._server(guild_id), Audit.happened_at >= since, Audit.expires_at > at)
                .order_by(Audit.happened_at.desc(), Audit.id)
                .limit(limit)
            )
            return [Event(row.event, row.idx == mine, row.happened_at) for row in found]

    async def shorten(self, guild_id: int, *, days: int) -> None:
        """Let what was put down go after *days*, if that is sooner."""
        life = timedelta(days=min(AUDIT_DAYS, days))
        async with self._content.write() as connection:
            found = await connection.execute(
                select(Audit.id, Audit.happened_at, Audit.expires_at).where(Audit.server_idx == self._server(guild_id))
            )
            for row in found.all():
                if row.expires_at > row.happened_at + life:
                    await connection.execute(
                        update(Audit).where(Audit.id == row.id).values(expires_at=row.happened_at + life)
                    )

    async def practised(
        self, guild_id: int, seconds: Mapping[int, int], *, lasted: int, began: int | None, at: datetime
    ) -> None:
        """Add to the day of each of these people the seconds that they took part, and what it *lasted* to the server's.

        *began* is who began it, and need not be among them. Who took part and has no account any more is not counted:
        it was deleted meanwhile, perhaps by another process.

        Raises:
            StorageError: If it could not be put down.
        """
        server, day = self._server(guild_id), _day(at)
        people = {self._subjects.index(user_id): took for user_id, took in seconds.items()}
        beginner = None if began is None else self._subjects.index(began)
        async with self._content.write() as connection:
            known = set(await connection.scalars(select(Subject.idx).where(Subject.idx.in_(people))))
            rows = [(idx, took, int(idx == beginner)) for idx, took in sorted(people.items()) if idx in known]
            if beginner is not None and beginner not in people:
                rows.append((beginner, 0, 1))
            rows.append((server, lasted, 1))
            for idx, took, begun in rows:
                done = await connection.execute(
                    update(UsageRow)
                    .where(UsageRow.server_idx == server, UsageRow.idx == idx, UsageRow.day == day)
                    .values(seconds=UsageRow.seconds + took, begun=UsageRow.begun + begun)
                )
                if not done.rowcount:
                    await connection.execute(
                        insert(UsageRow).values(
                            server_idx=server,
                            idx=idx,
                            day=day,
                            seconds=took,
                            begun=begun,
                            expires_at=at + USAGE_LIFE,
                        )
                    )

    async def used(self, guild_id: int, user_id: int, *, at: datetime) -> Used:
        """How much was practised in a server on the day of *at*, in UTC, by a person and by all."""
        server, mine = self._server(guild_id), self._subjects.index(user_id)
        async with self._content.read() as connection:
            found = await connection.execute(
                select(UsageRow.idx, UsageRow.seconds, UsageRow.begun).where(
                    UsageRow.server_idx == server, UsageRow.day == _day(at), UsageRow.idx.in_([mine, server])
                )
            )
            by = {row.idx: (row.seconds, row.begun) for row in found}
        return Used(*by.get(mine, (0, 0)), *by.get(server, (0, 0)))

    async def forget_guild(self, guild_id: int) -> dict[str, int]:
        """Delete everything of a server, and return how many rows of each table."""
        server = self._server(guild_id)
        async with self._content.write() as connection:
            audit = await connection.execute(delete(Audit).where(Audit.server_idx == server))
            usage = await connection.execute(delete(UsageRow).where(UsageRow.server_idx == server))
        return {"audit": audit.rowcount, "usage": usage.rowcount}

    def _server(self, guild_id: int) -> bytes:
        return self._secrets.index(KIND, guild_id)

    def __repr__(self) -> str:
        return "<Trail>"


def _day(at: datetime) -> str:
    return at.astimezone(UTC).date().isoformat()
