"""Counts of use by those who agreed to be counted, for 90 days, under a pseudonym that is another one each quarter.

    send     counts -> one transaction: who still agrees and still exists -> rows
    totals   what an operator sees: sums, of nobody in particular

A row holds the day, not the time: with a time it could be matched with what else happened then. Who a pseudonym is can
be computed only with this installation's secrets, and only while the subject's random id is still somewhere. Rows are
deleted by retention when their time is over, and by an erasure when its person wants it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select

from storage.models import AnalyticsEvent, Subject

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.database import Database
    from storage.keys import Secrets

LIFE: Final = timedelta(days=90)
"""How long a row is kept, counted from the beginning of its day."""


@dataclass(frozen=True, slots=True)
class Count:
    """One use of something.

    Attributes:
        subject: Who used it.
        name: What was used, at most 40 characters.
        props: More about it: numbers, flags and words of a fixed list.
        day: When, in UTC.
        id: Another one for each count, so that a copy is known as one.
    """

    subject: UUID = field(repr=False)
    name: str
    props: Mapping[str, str | int | bool]
    day: date
    id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class Total:
    """How much an event was counted.

    Attributes:
        events: How often.
        people: Of how many pseudonyms: a person has one in each quarter.
    """

    events: int
    people: int


def quarter_of(day: date) -> str:
    """The quarter of a day, such as "2026Q4"."""
    return f"{day.year}Q{(day.month + 2) // 3}"


class AnalyticsEvents:
    """The table of counts."""

    def __init__(self, content: Database, secrets: Secrets) -> None:
        self._content = content
        self._secrets = secrets

    async def send(self, counts: Sequence[Count], still: Callable[[Count], bool]) -> int:
        """Put down those that *still* stand when it is written; how many that were.

        Raises:
            StorageError: If none could be written, or it is unknown whether they were.
        """
        async with self._content.write() as connection:
            known = await _existing(connection, {count.subject for count in counts})
            # Asked last: others may have been writing for seconds before it was our turn.
            kept = [count for count in counts if count.subject in known and still(count)]
            if kept:
                await connection.execute(insert(AnalyticsEvent), [self._row(count) for count in kept])
            return len(kept)

    def _row(self, count: Count) -> dict[str, Any]:
        return {
            "id": count.id,
            "pseudonym": self._secrets.pseudonym(count.subject, quarter_of(count.day)),
            "name": count.name,
            "props": dict(count.props),
            "expires_at": datetime.combine(count.day, time(), UTC) + LIFE,
        }

    async def totals(self, *, at: datetime) -> dict[str, Total]:
        """How often each event was counted, and of how many pseudonyms, in the 90 days before *at*."""
        event = AnalyticsEvent
        async with self._content.read() as connection:
            found = await connection.execute(
                select(event.name, func.count(), func.count(event.pseudonym.distinct()))
                .where(event.expires_at > at)
                .group_by(event.name)
                .order_by(event.name)
            )
            return {name: Total(events, people) for name, events, people in found}

    def __repr__(self) -> str:
        return "<AnalyticsEvents>"


async def _existing(connection: AsyncConnection, subjects: set[UUID]) -> set[UUID]:
    found = await connection.execute(select(Subject.id).where(Subject.id.in_(subjects)))
    return set(found.scalars())
