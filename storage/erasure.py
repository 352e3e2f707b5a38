"""Erasure that holds: an account, a transcript, or less, here and in whatever is restored later.

    account(user_id)
      tombstone, data keys destroyed     keyring, one transaction; from here on their words are noise, everywhere
      ledger                             nobody is heard on the ground of an old yes
      let_go                             what is in memory and on Discord: live messages, drafts, queues
      keepers                            their rows, in their own and in other people's transcripts
      traces                             audit, budget and analytics by index, then the subject itself
      rewrite                            both files without what was deleted, the journals emptied and checked
      receipt                            signed, without a name

    heal()    at the start: every tombstone again, for whatever still has rows

The tombstone comes first, so a process may be killed anywhere: what is missing is done by `heal`, and so is a backup's
content that was restored beside the living keyring. Nothing of it names anybody. A person who comes back is a new
subject, whom no tombstone of the old one concerns.

A subject's row goes last, and no row that points to it outlives it, because the database refuses. So a tombstone whose
subject has no row left is done, but for the files. Whether these were rewritten since, the content's generation says:
it reaches the keyring's only if nothing was left to delete before they were. One transcript is erased in the same way:
its own random id is put on a tombstone, and the keys stay. So is what people delete of less: the words of a turn, a
share, feedback, a rating, a question of a server; those who keep these put the tombstone (`Keyring.bury`).
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from sqlalchemy import delete, or_, select, update

from storage.analytics import quarter_of
from storage.errors import DatabaseBusy, DatabaseFailed, NotFound
from storage.models import (
    AiJob,
    AnalyticsEvent,
    Audit,
    Budget,
    ContentMeta,
    Dek,
    Feedback,
    GuildQuestion,
    Offer,
    Rating,
    Reservation,
    Share,
    Subject,
    Transcript,
    Turn,
    Usage,
)
from storage.receipts import DestroyedKey, Outside, Scope, make_receipt
from storage.transcripts import strike

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.database import Database, Databases
    from storage.keyring import Destroyed, Keyring
    from storage.keys import Secrets
    from storage.ledger import Ledger
    from storage.subjects import Subjects

log = logging.getLogger(__name__)

LET_GO_S: Final = 10.0
"""How long what is in memory and on Discord is waited for; the rows go whatever happens there."""

ANALYTICS_REACH: Final = timedelta(days=130)
"""How far back somebody's pseudonyms are deleted: 90 days that events are kept, in a backup 30 days old, and some."""

_ATTEMPTS = 3
_BATCH = 500
_BURIED: Final = (Share, Feedback, Rating, GuildQuestion)
"""Tables of which single rows are buried; of turns only the words are."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some of what is kept about a person, for the data package.

    Attributes:
        section: Which part of the package it belongs to, such as "transcripts".
        records: JSON objects, as the package's schema has them.
        damaged: How much of it does not open: what is whole of those is among the records, the rest is null or missing.
    """

    section: str
    records: list[dict[str, Any]] = field(repr=False)
    damaged: int = 0


class Keeper(Protocol):
    """Whoever keeps rows that belong to people."""

    @property
    def name(self) -> str:
        """What it keeps, in a word."""
        ...

    async def erase(self, subject: UUID) -> Mapping[str, int]:
        """Delete everything of this subject, whose keys are gone already, and return how many rows of each table.

        It may be called again, after a crash in the middle or for nothing. It must need no key.
        """
        ...

    def export(self, subject: UUID) -> AsyncIterator[Page]:
        """Everything of this subject that the subject may have, a page at a time."""
        ...


@dataclass(frozen=True, slots=True)
class Erased:
    """What was done.

    Attributes:
        rows: How many of each table.
        receipt: For the person; see `storage.receipts`.
        files_rewritten: Whether the bytes are gone from the files too. If not, somebody kept reading: `heal` again.
        let_go: Whether what is in memory and on Discord went, as far as `let_go` could say.
    """

    rows: Mapping[str, int]
    receipt: dict[str, Any] = field(repr=False)
    files_rewritten: bool
    let_go: bool = True


@dataclass(frozen=True, slots=True)
class Healed:
    """What `heal` found to do.

    Attributes:
        erased: How many accounts, transcripts and other rows had come back, or were only half gone.
        rows: How many rows of each table.
        files_rewritten: Whether nothing is left of them in the files.
    """

    erased: int
    rows: Mapping[str, int]
    files_rewritten: bool


class Erasure:
    """Erases, in one installation."""

    def __init__(
        self,
        databases: Databases,
        keyring: Keyring,
        secrets: Secrets,
        subjects: Subjects,
        ledger: Ledger,
        *,
        keepers: Sequence[Keeper],
        policy_version: str,
        outside: Sequence[Outside] = (),
        let_go: Callable[[int], Awaitable[Mapping[str, int]]] | None = None,
    ) -> None:
        """Erase with all *keepers*.

        *let_go* takes a Discord id, ends whatever runs for that person, and returns what it deleted. *outside* is who
        may hold something for longer; it is printed on receipts.
        """
        self._databases = databases
        self._content = databases.content
        self._keyring = keyring
        self._secrets = secrets
        self._subjects = subjects
        self._ledger = ledger
        self._keepers = tuple(keepers)
        self._policy_version = policy_version
        self._outside = tuple(outside)
        self._let_go = let_go
        self._rewriting = asyncio.Lock()
        self._asked = 0
        self._served = 0

    async def account(self, user_id: int, *, at: datetime) -> Erased:
        """Erase everything about this person. Doing it again finds nothing, and says so in its receipt.

        Raises:
            StorageError: If it could not be finished. Once a tombstone stands nothing can be read, and `heal` finishes.
        """
        subject = await self._subjects.find(user_id)
        rows: Counter[str] = Counter(opt_out=int(self._ledger.opted_out(user_id)))
        keys: list[DestroyedKey] = []
        if subject is not None:
            keys = await self._keys(subject)
            await self._keyring.destroy(subject, at=at)
            rows["consent_event"] += await self._ledger.erase(subject)
        # Under whichever subject it was put down: a restored backup may have made this person another one.
        await self._ledger.opt_in(user_id)
        let_go = await self._let_everything_go(user_id, rows)
        if subject is not None:
            rows.update(await self._clear(subject, at))
        async with self._content.write() as connection:
            # Somebody who never agreed to anything has no subject, and may have left traces.
            rows.update(await _untrace(connection, self._subjects.index(user_id)))
        # Not for nothing: rewriting takes a while, and anybody can ask.
        rewritten = await self._settle() if subject is not None or rows.total() else True
        return Erased(rows, self._receipt("account", at, rows, keys, rewritten=rewritten), rewritten, let_go)

    async def transcript(self, user_id: int, transcript: UUID, *, at: datetime) -> Erased:
        """Erase one transcript of this person's own, for good: a restored backup does not bring it back.

        Raises:
            NotFound: If this person has no such transcript, whoever else may have it.
            StorageError: If it could not be finished; `heal` will.
        """
        if not (own := await self._own(user_id, transcript)):
            raise NotFound("there is no such transcript of this person")
        return await self._erase(own, at)

    async def transcripts(self, user_id: int, *, at: datetime) -> Erased:
        """Erase all transcripts of this person's own in the same way, and rewrite the files once for them.

        From the first transaction on all of them are as good as gone: a process that is killed then leaves the rest to
        `heal`.

        Raises:
            StorageError: If it could not be finished; `heal` will.
        """
        return await self._erase(await self._own(user_id), at)

    async def _own(self, user_id: int, transcript: UUID | None = None) -> list[UUID]:
        """The transcripts of this person, oldest first; only that one, if one is named."""
        subject = await self._subjects.find(user_id)
        async with self._content.read() as connection:
            wanted = select(Transcript.id).where(Transcript.owner_id == subject).order_by(Transcript.number)
            if transcript is not None:
                wanted = wanted.where(Transcript.id == transcript)
            return list((await connection.execute(wanted)).scalars())

    async def _erase(self, own: Sequence[UUID], at: datetime) -> Erased:
        await self._keyring.bury(own, at=at)
        rows: Counter[str] = Counter()
        for transcript in own:
            rows.update(await self._drop(transcript))
        rewritten = await self._settle() if own else True
        return Erased(rows, self._receipt("transcript", at, rows, [], rewritten=rewritten), rewritten)

    async def heal(self) -> Healed:
        """Do again what every tombstone says; before anything else is done with the content, and as often as one likes.

        Raises:
            StorageError: If it could not be finished; then the bot must not start.
        """
        stones = await self._keyring.tombstones()
        left = await self._left(stones)
        rows: Counter[str] = Counter()
        for stone in left:
            rows.update(await self._clear(stone.subject, stone.erased_at))
            rows.update(await self._drop(stone.subject))
        behind = bool(stones) and await self._generation() < stones[-1].generation
        rewritten = await self._settle() if left or behind else True
        return Healed(len(left), rows, rewritten)

    # Steps

    async def _keys(self, subject: UUID) -> list[DestroyedKey]:
        async with self._databases.keyring.read() as connection:
            found = await connection.execute(
                select(Dek.dek_id, Dek.wrapped).where(Dek.subject_id == subject).order_by(Dek.dek_ver)
            )
            return [DestroyedKey(key, hashlib.sha256(wrapped).digest()) for key, wrapped in found]

    async def _let_everything_go(self, user_id: int, rows: Counter[str]) -> bool:
        if self._let_go is None:
            return True
        try:
            async with asyncio.timeout(LET_GO_S):
                rows.update(await self._let_go(user_id))
        except Exception as failure:  # noqa: BLE001  whatever goes wrong with Discord, the rows must go
            log.warning("an erasure goes on without Discord", extra={"failure": type(failure).__name__})
            return False
        return True

    async def _clear(self, subject: UUID, at: datetime) -> Counter[str]:
        """Every row of a subject, the subject's own last."""
        rows: Counter[str] = Counter()
        for attempt in range(_ATTEMPTS):
            rows["consent_event"] += await self._ledger.erase(subject)
            for keeper in self._keepers:
                rows.update(await keeper.erase(subject))
            try:
                async with self._content.write() as connection:
                    rows.update(await self._last(connection, subject, at))
            except DatabaseBusy:
                raise
            except DatabaseFailed:
                # A process that had borrowed the keys before may just have added a row; from now on none can.
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                break
        return rows

    async def _last(self, connection: AsyncConnection, subject: UUID, at: datetime) -> dict[str, int]:
        idx = (await connection.execute(select(Subject.idx).where(Subject.id == subject))).scalar_one_or_none()
        if idx is None:
            return {}
        rows = await _untrace(connection, idx)
        pseudonyms = {self._secrets.pseudonym(subject, quarter) for quarter in quarters(at)}
        events = await connection.execute(delete(AnalyticsEvent).where(AnalyticsEvent.pseudonym.in_(pseudonyms)))
        rows["analytics_event"] = events.rowcount
        rows["subject"] = (await connection.execute(delete(Subject).where(Subject.id == subject))).rowcount
        return rows

    async def _drop(self, row: UUID) -> Counter[str]:
        """A transcript, or less, and everything that hangs on it."""
        rows: Counter[str] = Counter()
        async with self._content.write() as connection:
            rows.update(await strike(connection, row))
            for table in _BURIED:
                gone = await connection.execute(delete(table).where(table.id == row))
                rows[table.__tablename__] += gone.rowcount
            for table in (Share, Feedback, AiJob, Rating, Turn):
                gone = await connection.execute(delete(table).where(table.transcript_id == row))
                rows[table.__tablename__] += gone.rowcount
            gone = await connection.execute(delete(Transcript).where(Transcript.id == row))
            rows["transcript"] += gone.rowcount
        return rows

    # Files

    async def _settle(self) -> bool:
        """Rewrite both files, and put down how far the content has come. False if the files were not rewritten."""
        # In this order: an erasure that begins after the first line, or goes on at the second, settles by itself.
        generation = await self._keyring.generation()
        complete = not await self._left(await self._keyring.tombstones())
        if not await self._rewrite():
            return False
        if complete:
            async with self._content.write() as connection:
                await connection.execute(
                    update(ContentMeta).where(ContentMeta.generation < generation).values(generation=generation)
                )
        return True

    async def _rewrite(self) -> bool:
        """Rewrite both files. Those who ask while it is going on share the next time."""
        self._asked += 1
        mine = self._asked
        async with self._rewriting:
            if self._served >= mine:
                return True
            serves = self._asked
            done = [await _compact(each) for each in (self._databases.keyring, self._content)]
            if all(done):
                self._served = serves
            return all(done)

    async def _left(self, stones: Sequence[Destroyed]) -> list[Destroyed]:
        """Those tombstones whose subject, transcript or other row is in the content, with what was taken out of it."""
        found: set[UUID] = set()
        async with self._content.read() as connection:
            for start in range(0, len(stones), _BATCH):
                ids = [stone.subject for stone in stones[start : start + _BATCH]]
                for table in (Subject, Transcript, *_BURIED):
                    found.update((await connection.execute(select(table.id).where(table.id.in_(ids)))).scalars())
                words = select(Turn.id).where(Turn.id.in_(ids), Turn.enc_body.is_not(None))
                found.update((await connection.execute(words)).scalars())
        return [stone for stone in stones if stone.subject in found]

    async def _generation(self) -> int:
        async with self._content.read() as connection:
            return (await connection.execute(select(ContentMeta.generation))).scalar_one()

    def _receipt(
        self, scope: Scope, at: datetime, rows: Counter[str], keys: Sequence[DestroyedKey], *, rewritten: bool
    ) -> dict[str, Any]:
        return make_receipt(
            self._secrets,
            scope=scope,
            at=at,
            policy_version=self._policy_version,
            rows={table: number for table, number in sorted(rows.items()) if number},
            keys=keys,
            files_rewritten=rewritten,
            outside=self._outside,
        )

    def __repr__(self) -> str:
        return f"<Erasure, {len(self._keepers)} keepers>"


async def _compact(database: Database) -> bool:
    for _ in range(_ATTEMPTS):
        try:
            await database.compact()
        except DatabaseBusy:
            continue
        return True
    return False


async def _untrace(connection: AsyncConnection, idx: bytes) -> dict[str, int]:
    return {
        "audit": (await connection.execute(delete(Audit).where(Audit.idx == idx))).rowcount,
        "budget": (await connection.execute(delete(Budget).where(Budget.idx == idx))).rowcount,
        "usage": (await connection.execute(delete(Usage).where(Usage.idx == idx))).rowcount,
        "reservation": (await connection.execute(delete(Reservation).where(Reservation.idx == idx))).rowcount,
        "offer": (
            await connection.execute(delete(Offer).where(or_(Offer.one_idx == idx, Offer.other_idx == idx)))
        ).rowcount,
    }


def quarters(at: datetime) -> set[str]:
    """The quarters that somebody's analytics may be of, such as "2026Q4": until the day after, for clocks apart."""
    days = range(-ANALYTICS_REACH.days, 2)
    return {quarter_of((at + timedelta(days=each)).date()) for each in days}
