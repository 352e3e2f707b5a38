"""What people chose for themselves: language, time zone, captions, where results go; and the days they practised.

    of           what somebody chose; what was never chosen is as `Preference()` has it
    change       some of it, kept; what is as at first leaves no row
    practised    a day counts, if this person has them counted
    language_of  from memory, for sentences that cannot wait for a database

One row for each person who chose anything, sealed under that person's key. Choices of language and captions are also
held in memory: `refresh` reads them all, some hundreds at a time.
"""

from __future__ import annotations

import asyncio
import enum
import json
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import delete, insert, select, update

from storage.crypto import Place, wipe
from storage.erasure import Page
from storage.errors import DatabaseBusy, DecryptionFailed, UnknownKey
from storage.models import Preference as Row
from storage.models import Subject

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from uuid import UUID

    from storage.database import Database
    from storage.keyring import Keyring
    from storage.subjects import Subjects

_BATCH: Final = 200
_ATTEMPTS: Final = 5


class CaptionStyle(enum.StrEnum):
    """How somebody is named beside their own words in live captions."""

    NAME = "name"
    INITIALS = "initials"


@dataclass(frozen=True, slots=True)
class Streak:
    """Days on which somebody practised, in their own time zone; no day but the last is kept.

    Attributes:
        last: The last day.
        run: How many days in a row, up to that day.
        longest: The longest such row.
        total: How many days in all.
    """

    last: date | None = None
    run: int = 0
    longest: int = 0
    total: int = 0

    def and_on(self, day: date) -> Streak:
        """With *day*, which counts once; a day before the last counts for nothing."""
        if self.last is not None and day <= self.last:
            return self
        run = self.run + 1 if self.last == day - timedelta(days=1) else 1
        return Streak(day, run, max(run, self.longest), self.total + 1)

    def running(self, today: date) -> int:
        """How many days in a row up to *today*, or up to yesterday while today is not over."""
        return self.run if self.last is not None and self.last >= today - timedelta(days=1) else 0


@dataclass(frozen=True, slots=True)
class Preference:
    """What one person chose.

    Attributes:
        language: Two letters; None to be answered as Discord is set.
        time_zone: A name of the IANA database; None for UTC.
        captions: How they are named in captions.
        results_by_dm: Whether results that take a while come as a direct message.
        invitations: Whether others may invite them to a mock interview.
        streak: The days they practised; None unless they asked to have them counted.
    """

    language: str | None = field(default=None, repr=False)
    time_zone: str | None = field(default=None, repr=False)
    captions: CaptionStyle = CaptionStyle.NAME
    results_by_dm: bool = False
    invitations: bool = True
    streak: Streak | None = field(default=None, repr=False)

    def day(self, at: datetime) -> date:
        """Which day it is for this person."""
        return at.astimezone(zone(self.time_zone) or UTC).date()


def zone(name: str | None) -> ZoneInfo | None:
    """The time zone of that name; None if there is none."""
    if not name or len(name) > 64:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


class Preferences:
    """What the people of one installation chose. It is a `storage.erasure.Keeper`."""

    name = "preferences"

    def __init__(self, content: Database, keyring: Keyring, subjects: Subjects) -> None:
        self._content = content
        self._keyring = keyring
        self._subjects = subjects
        self._known: dict[bytes, Preference] = {}

    async def refresh(self) -> None:
        """Read what everybody chose into memory: at the start, and when another process may have changed it.

        Raises:
            StorageError: If it could not be read; what was known stays known.
        """
        known: dict[bytes, Preference] = {}
        async with self._content.read() as connection:
            query = select(Subject.idx, Row.__table__).join(Row, Row.subject_id == Subject.id)
            rows = (await connection.execute(query)).mappings().all()
        for start in range(0, len(rows), _BATCH):
            some = rows[start : start + _BATCH]
            async with self._keyring.unlocked(*(row["subject_id"] for row in some)) as keys:
                for row in some:
                    try:
                        body = keys.open(row["subject_id"], row["enc_body"], _place(row["subject_id"], row["rev"]))
                    except (DecryptionFailed, UnknownKey):
                        continue  # damaged or just erased: as if nothing had been chosen
                    known[row["idx"]] = _read(body)
        self._known = known

    def language_of(self, user_id: int) -> str | None:
        """Which language somebody chose; None if they leave it to Discord. From memory."""
        return self.known(user_id).language

    def known(self, user_id: int) -> Preference:
        """What somebody chose, as far as this process knows. From memory."""
        return self._known.get(self._subjects.index(user_id), Preference())

    async def of(self, user_id: int) -> Preference:
        """What somebody chose.

        Raises:
            StorageError: If it could not be read.
        """
        subject = await self._subjects.find(user_id)
        found = None if subject is None else await self._read(subject)
        preference = _chosen(found)
        self._remember(user_id, preference)
        return preference

    async def change(self, user_id: int, *, at: datetime, **changes: Any) -> Preference:
        """Keep some choices, by the names of `Preference`, and return all.

        Raises:
            ValueError: If the language or the time zone is none.
            StorageError: If it could not be kept; nothing changed.
        """
        if changes.get("time_zone") is not None and await asyncio.to_thread(zone, changes["time_zone"]) is None:
            raise ValueError("there is no such time zone")
        language = changes.get("language")
        if language is not None and not (len(language) == 2 and language.isascii() and language.isalpha()):
            raise ValueError("a language has two letters")
        return await self._write(user_id, lambda before: replace(before, **changes), at)

    async def practised(self, user_id: int, *, at: datetime) -> Streak | None:
        """Count the day for somebody who has them counted; None for everybody else, of whom nothing is kept.

        Raises:
            StorageError: If it could not be kept.
        """
        if (await self.of(user_id)).streak is None:
            return None

        def counted(before: Preference) -> Preference:
            return before if before.streak is None else replace(before, streak=before.streak.and_on(before.day(at)))

        return (await self._write(user_id, counted, at)).streak

    # As a keeper

    async def erase(self, subject: UUID) -> dict[str, int]:
        """Delete what a subject chose."""
        async with self._content.write() as connection:
            idx = (await connection.execute(select(Subject.idx).where(Subject.id == subject))).scalar_one_or_none()
            gone = await connection.execute(delete(Row).where(Row.subject_id == subject))
        if idx is not None:
            self._known.pop(idx, None)
        return {"preference": gone.rowcount}

    async def export(self, subject: UUID) -> AsyncIterator[Page]:
        """What a subject chose, for the data package."""
        found = await self._read(subject)
        if found is not None:
            preference, _ = found
            yield Page("preferences", [] if preference is None else [_record(preference)], int(preference is None))

    # Reading and sealing

    def _remember(self, user_id: int, preference: Preference) -> None:
        idx = self._subjects.index(user_id)
        if preference == Preference():
            self._known.pop(idx, None)
        else:
            self._known[idx] = preference

    async def _write(self, user_id: int, change: Callable[[Preference], Preference], at: datetime) -> Preference:
        subject = await self._subjects.find(user_id)
        for _ in range(_ATTEMPTS):
            found = None if subject is None else await self._read(subject)
            before = _chosen(found)
            after = change(before)
            if after == before:
                self._remember(user_id, after)
                return after
            if subject is None:
                subject = await self._subjects.find_or_create(user_id, today=at.astimezone(UTC).date())
            if await self._store(subject, after, None if found is None else found[1]):
                self._remember(user_id, after)
                return after
        raise DatabaseBusy("the same choice was made elsewhere at the same time")

    async def _store(self, subject: UUID, preference: Preference, before: int | None) -> bool:
        """Whether it was kept; not if somebody was faster than we who read revision *before*."""
        rev = 0 if before is None else before + 1
        plain = bytearray(json.dumps(_record(preference)).encode())
        await self._keyring.ensure(subject)
        async with self._keyring.unlocked(subject) as keys:
            sealed = keys.seal(subject, plain, _place(subject, rev))
        wipe(plain)
        async with self._content.write() as connection:
            if before is not None:
                query = update(Row).where(Row.subject_id == subject, Row.rev == before)
                return (await connection.execute(query.values(enc_body=sealed, rev=rev))).rowcount == 1
            there = await connection.execute(select(Row.rev).where(Row.subject_id == subject))
            if there.first() is not None:
                return False
            await connection.execute(insert(Row).values(subject_id=subject, enc_body=sealed, rev=rev))
            return True

    async def _read(self, subject: UUID) -> tuple[Preference | None, int] | None:
        """What is kept, and its revision; without the former if it does not open any more."""
        async with self._content.read() as connection:
            rows = await connection.execute(select(Row.__table__).where(Row.subject_id == subject))
            row = rows.mappings().first()
        if row is None:
            return None
        async with self._keyring.unlocked(subject) as keys:
            try:
                body = keys.open(subject, row["enc_body"], _place(subject, row["rev"]))
            except (DecryptionFailed, UnknownKey):
                return None, row["rev"]
            return _read(body), row["rev"]

    def __repr__(self) -> str:
        return "<Preferences>"


def _chosen(found: tuple[Preference | None, int] | None) -> Preference:
    """What counts: what is damaged is as if nothing had been chosen, and what is chosen next takes its place."""
    return (None if found is None else found[0]) or Preference()


def _place(subject: UUID, rev: int) -> Place:
    return Place("preference", "enc_body", subject, rev)


def _record(preference: Preference) -> dict[str, Any]:
    streak = preference.streak
    days = None if streak is None else asdict(streak) | {"last": None if streak.last is None else str(streak.last)}
    return {
        "language": preference.language,
        "time_zone": preference.time_zone,
        "captions": preference.captions.value,
        "results_by_dm": preference.results_by_dm,
        "invitations": preference.invitations,
        "streak": days,
    }


def _read(body: bytearray) -> Preference:
    kept = json.loads(body)
    wipe(body)
    days = kept["streak"]
    last = None if days is None or days["last"] is None else date.fromisoformat(days["last"])
    streak = None if days is None else Streak(last, days["run"], days["longest"], days["total"])
    return Preference(
        kept["language"],
        kept["time_zone"],
        CaptionStyle(kept["captions"]),
        kept["results_by_dm"],
        kept["invitations"],
        streak,
    )
