"""Saved transcripts: each turn sealed under its speaker's key, whoever owns the transcript.

    turns of a draft, who agreed -> save -> rows: words of those who agreed, marks for all others -> one transaction
    list, view, search           rows -> keys of everybody in them -> opened in memory, for who may read them
    correct, redact, share, …    by its speaker, or by the owner
    erase, owned, spoken         one subject's rows, for the erasure of an account and for the data package

What somebody said opens with that person's key only, so when the key is destroyed, their words are gone from
everybody's transcripts and nothing else is. A turn's sealed body names its transcript and its number there: a row that
was moved to another transcript does not open, nor does one whose speaker was changed.

Questions that were asked stand between the turns, and the owner's notes behind them, both under the owner's key.
Notes are the owner's alone: whoever else reads the transcript does not see that there are any.

Whoever may not read a transcript learns nothing about it, not even that it exists: everything done to it ends in the
same `NotFound`. Shares are sealed by the owner, so whoever can write the database but has no keys cannot share with
themselves. Nothing here reads a clock: the moment is an argument.
"""

from __future__ import annotations

import asyncio
import enum
import hashlib
import heapq
import json
import math
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, TypeVar
from uuid import UUID, uuid4

from sqlalchemy import and_, delete, func, insert, or_, select, tuple_, update

from storage import models
from storage.crypto import Place, encode, wipe
from storage.errors import DecryptionFailed, NotFound, NothingToSave, StorageError, SubjectErased, UnknownKey
from storage.search import parse

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import date

    from sqlalchemy import Executable, RowMapping, Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.database import Database
    from storage.keyring import Keyring, Unlocked
    from storage.keys import Secrets
    from storage.search import Match, Query
    from storage.subjects import Subjects

TITLE_LENGTH: Final = 100
"""The longest title, in characters."""

NAME_LENGTH: Final = 100
"""A longer display name is cut."""

TEXT_LENGTH: Final = 10_000
"""The most characters of one turn."""

TURNS: Final = 10_000
"""The most turns of one transcript."""

LONGEST_S: Final = 7 * 24 * 3600
"""No turn is later than that in its interview."""

SHARE_LIFE: Final = timedelta(days=30)
"""The longest that somebody else may read a transcript before it must be shared again."""

READERS: Final = 25
"""With how many people a transcript may be shared at once."""

REPLAYED: Final = timedelta(days=30)
"""How long a copy of an interaction is known to be one."""

PAGE: Final = 10
"""How many transcripts one page of the list has."""

HITS: Final = 100
"""The most places that one search gives."""

ROLES: Final = frozenset({"", "candidate", "interviewer", "observer"})
"""What somebody was while they spoke; empty where nobody said."""

QUESTION_ID_LENGTH: Final = 100
"""The most characters of a question's id."""

_T = TypeVar("_T")

_BODY = 1
_BATCH = 200  # how many turns are sealed or opened before the event loop gets its turn: some milliseconds
_TRANSCRIPTS = 10
_NO_PLACE = -1


class Mark(enum.StrEnum):
    """Whether a turn has words, and if not, why."""

    SAID = "said"
    """It has words, or is a gap of which `missing_s` says how long it was."""

    NOT_SAVED = "not_saved"
    """Its speakers had not agreed to have their words saved; however many turns in a row that were, it is one."""

    REDACTED = "redacted"
    """Its speaker, or the transcript's owner, took the words out."""

    ERASED = "erased"
    """Its speaker's data was erased."""

    WITHHELD = "withheld"
    """It is somebody else's, and left out of this copy."""

    DAMAGED = "damaged"
    """What is stored does not open: it was changed or moved, or its key is lost."""

    QUESTION = "question"
    """A question that was asked: what follows, until the next one, belongs to it."""

    NOTE = "note"
    """What the owner wrote down during the interview; nobody else gets it."""


_SEALED: Final = frozenset({Mark.SAID, Mark.QUESTION, Mark.NOTE})


@dataclass(frozen=True, slots=True)
class Spoken:
    """What one person said without a break, to be saved.

    Attributes:
        speaker_id: Discord user id.
        name: Display name, as it was.
        start_s: When it begins, in seconds on the session clock.
        end_s: When it ends, likewise.
        text: The words; empty only for a gap.
        language: Code of the language, such as "uk"; empty for a gap.
        confidence: 0.0 .. 1.0.
        missing_s: Above 0 for speech that got no words: how many seconds.
        role: One of `ROLES`, as it was then.
        typed: Whether it was written instead of spoken.
    """

    speaker_id: int = field(repr=False)
    name: str = field(repr=False)
    start_s: float
    end_s: float
    text: str = field(repr=False)
    language: str = ""
    confidence: float = 1.0
    missing_s: float = 0.0
    role: str = ""
    typed: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """A question that was asked, to be saved.

    Attributes:
        start_s: When, in seconds on the session clock.
        text: As it was asked.
        question_id: Which one of a bank; empty for one that is in none.
    """

    start_s: float
    text: str = field(repr=False)
    question_id: str = ""


@dataclass(frozen=True, slots=True)
class Noted:
    """A note of the owner's, to be saved.

    Attributes:
        start_s: When it was written, in seconds on the session clock.
        text: What it says.
    """

    start_s: float
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of a transcript, as its reader sees it.

    Attributes:
        seq: Its number in the transcript, from 0.
        mark: Whether it has words; where it has none, nearly everything below is empty.
        speaker: Who of the transcript's speakers, counted from 1; None where that is not kept.
        name: The speaker's display name, as it was.
        start_s: When it begins, in seconds on the session clock; None where that is not kept.
        end_s: When it ends, likewise.
        text: The words.
        language: Code of the language; empty where there is none.
        confidence: 0.0 .. 1.0, how sure the engine was; 1.0 for words that their speaker corrected.
        missing_s: Above 0 for speech that got no words: how many seconds.
        corrected: Whether its speaker changed the words.
        own: Whether the reader is the speaker.
        role: One of `ROLES`: what the speaker was then.
        typed: Whether it was written instead of spoken.
        question_id: Of a question: which one of a bank, if it is in one.
    """

    seq: int
    mark: Mark
    speaker: int | None = None
    name: str = field(default="", repr=False)
    start_s: float | None = None
    end_s: float | None = None
    text: str = field(default="", repr=False)
    language: str = ""
    confidence: float = 0.0
    missing_s: float = 0.0
    corrected: bool = False
    own: bool = False
    role: str = ""
    typed: bool = False
    question_id: str = ""


@dataclass(frozen=True, slots=True)
class Transcript:
    """A saved transcript, opened for one reader.

    Attributes:
        id: Random, says nothing.
        title: As its owner called it.
        day: When it was saved, in UTC.
        own: Whether the reader is the owner.
        turns: In order.
    """

    id: UUID
    title: str = field(repr=False)
    day: date
    own: bool
    turns: tuple[Turn, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """A transcript in a list.

    Attributes:
        id: The transcript's.
        title: As its owner called it; None if what is stored does not open.
        day: When it was saved, in UTC.
        turns: How many turns it has.
        own: Whether the reader is the owner.
        readers: With how many people its owner shares it just now; 0 for somebody else's.
        until: When somebody else's is no longer shared; None for one's own.
    """

    id: UUID
    title: str | None = field(repr=False)
    day: date
    turns: int
    own: bool
    readers: int = 0
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the list.

    Attributes:
        entries: At most `PAGE`, newest first.
        number: Which page, from 1.
        pages: How many there are, at least 1.
        total: How many transcripts there are on all of them.
    """

    entries: tuple[Entry, ...]
    number: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A place that fits a search.

    Attributes:
        transcript_id: The transcript's.
        title: Its title.
        day: When it was saved.
        seq: Which turn; None where the title fits.
        name: Who speaks there; empty for the title, a question and a note.
        excerpt: The words that fit, with what stands around them.
    """

    transcript_id: UUID
    title: str = field(repr=False)
    day: date
    seq: int | None
    name: str = field(repr=False)
    excerpt: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave.

    Attributes:
        hits: Best first.
        total: How many places fit, shown or not.
        complete: Whether everything was looked through.
    """

    hits: tuple[Hit, ...]
    total: int
    complete: bool


@dataclass(frozen=True, slots=True)
class Deleted:
    """What went with a transcript.

    Attributes:
        turns: Turns, with words or without.
        shares: People who could read it.
        feedback: Comments on it.
        jobs: Comments that were asked for and not there yet.
    """

    turns: int = 0
    shares: int = 0
    feedback: int = 0
    jobs: int = 0


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What somebody said in another person's transcript.

    Attributes:
        transcript_id: The transcript's.
        day: When it was saved, in UTC.
        turn: The turn.
    """

    transcript_id: UUID
    day: date
    turn: Turn


class _Gone(Exception):
    """Somebody whose words were about to be saved has taken back their consent, or was erased."""


def _never() -> bool:
    return False


class Transcripts:
    """The saved transcripts of everybody."""

    def __init__(self, content: Database, keyring: Keyring, secrets: Secrets, subjects: Subjects) -> None:
        self._content = content
        self._keyring = keyring
        self._secrets = secrets
        self._subjects = subjects

    # Saving

    async def save(
        self,
        owner: int,
        title: str,
        turns: Sequence[Spoken | Asked],
        saving: Callable[[int], bool],
        *,
        at: datetime,
        interaction_id: int,
        notes: Sequence[Noted] = (),
    ) -> UUID:
        """Save the words of those for whom *saving* says yes, and marks for all others; return the transcript's id.

        Questions stand where they were asked, the owner's *notes* behind everything; neither is saved without words.

        *saving* is asked for each speaker at the beginning, when nobody else can write any more, and again right before
        the commit: whoever takes back their consent meanwhile is left out. The same *interaction_id* saves once, and
        gives the same id each time. When this returns, it is on the disk.

        Raises:
            ValueError: If title, turns or notes are not what they should be, or the interaction was answered with
                something else.
            NothingToSave: If nobody who spoke wants it saved.
            StorageError: If it was not saved; nothing of it is stored.
        """
        title = _clean(title).strip()
        if not 0 < len(title) <= TITLE_LENGTH:
            raise ValueError(f"a title has 1 to {TITLE_LENGTH} characters")
        _check(turns, notes)
        # Before anybody is asked: the answer to a copy is the same, whatever was taken back meanwhile.
        if (known := await self._subjects.find(owner)) is not None:
            async with self._content.read() as connection:
                if await self._answered(connection, known, interaction_id):
                    return self._id_for(interaction_id)
        agreed: dict[int, UUID] = {}
        for speaker in {turn.speaker_id for turn in turns if isinstance(turn, Spoken)}:
            # Not made if there is none: somebody who was erased a moment ago stays erased.
            if saving(speaker) and (subject := await self._subjects.find(speaker)) is not None:
                agreed[speaker] = subject
        if not agreed:
            raise NothingToSave("nobody who spoke wants it saved")
        whose = await self._subjects.find_or_create(owner, today=_day(at))
        # Who is asked and answers in the same moment was asked first.
        ordered = sorted(turns, key=lambda turn: (turn.start_s, isinstance(turn, Spoken)))
        later = sorted(notes, key=lambda note: note.start_s)
        draft = _Draft(title, (*ordered, *later), whose, at, interaction_id)
        # Whoever took their consent back is out for good, so there are no more rounds than speakers.
        while agreed := {speaker: who for speaker, who in agreed.items() if saving(speaker)}:
            try:
                return await self._put(draft, agreed, saving)
            except _Gone:
                continue
        raise NothingToSave("nobody who spoke wants it saved")

    def _id_for(self, interaction_id: int) -> UUID:
        """The transcript's id: from the interaction, so that its copy gives the same."""
        return UUID(bytes=self._secrets.index("transcript of an interaction", interaction_id)[:16], version=4)

    def _result(self, owner: UUID, interaction_id: int) -> bytes:
        return hashlib.sha256(encode("save", owner, self._id_for(interaction_id))).digest()

    async def _answered(self, connection: AsyncConnection, owner: UUID, interaction_id: int) -> bool:
        interaction = self._secrets.index("interaction", interaction_id)
        found = await connection.execute(
            select(models.Idempotency.result_hash).where(models.Idempotency.interaction_idx == interaction)
        )
        before = found.scalar_one_or_none()
        if before is not None and before != self._result(owner, interaction_id):
            raise ValueError("this interaction was answered with something else")
        return before is not None

    async def _first(self, connection: AsyncConnection, interaction_id: int, result: bytes, at: datetime) -> bool:
        """Put down that this interaction is answered with *result*; False if it was."""
        interaction = self._secrets.index("interaction", interaction_id)
        found = await connection.execute(
            select(models.Idempotency.result_hash).where(models.Idempotency.interaction_idx == interaction)
        )
        if (before := found.scalar_one_or_none()) is not None:
            if before != result:
                raise ValueError("this interaction was answered with something else")
            return False
        await connection.execute(
            insert(models.Idempotency).values(interaction_idx=interaction, result_hash=result, expires_at=at + REPLAYED)
        )
        return True

    async def _put(self, draft: _Draft, agreed: dict[int, UUID], saving: Callable[[int], bool]) -> UUID:
        transcript = self._id_for(draft.interaction_id)
        async with self._keyring.unlocked(draft.owner, *agreed.values()) as keys:
            if self._drop(agreed, [speaker for speaker, who in agreed.items() if not keys.has(who)]):
                raise _Gone
            rows = await _rows(draft, transcript, agreed, keys)
            sealed_title = keys.seal(draft.owner, draft.title.encode(), _title_place(transcript, 0))
            async with self._content.write() as connection:
                if await self._answered(connection, draft.owner, draft.interaction_id):
                    return transcript
                found = await connection.execute(
                    select(models.Subject.id).where(models.Subject.id.in_(set(agreed.values())))
                )
                living = set(found.scalars())
                # Nothing of those who are out reaches the database, not even to be undone.
                self._refuse(agreed, lambda speaker: agreed[speaker] in living and saving(speaker))
                last = await connection.execute(
                    select(func.max(models.Transcript.number)).where(models.Transcript.owner_id == draft.owner)
                )
                await connection.execute(
                    insert(models.Transcript).values(
                        id=transcript,
                        owner_id=draft.owner,
                        number=(last.scalar_one() or 0) + 1,
                        enc_title=sealed_title,
                        state="saved",
                        created_day=_day(draft.at),
                        rev=0,
                    )
                )
                await connection.execute(insert(models.Turn), rows)
                await connection.execute(
                    insert(models.Idempotency).values(
                        interaction_idx=self._secrets.index("interaction", draft.interaction_id),
                        result_hash=self._result(draft.owner, draft.interaction_id),
                        expires_at=draft.at + REPLAYED,
                    )
                )
                self._refuse(agreed, lambda speaker: saving(speaker) and keys.has(agreed[speaker]))
        return transcript

    def _refuse(self, agreed: dict[int, UUID], stays: Callable[[int], bool]) -> None:
        if self._drop(agreed, [speaker for speaker in agreed if not stays(speaker)]):
            raise _Gone

    @staticmethod
    def _drop(agreed: dict[int, UUID], gone: Sequence[int]) -> bool:
        for speaker in gone:
            del agreed[speaker]
        return bool(gone)

    # Reading

    async def list(self, reader: int, page: int = 1, *, at: datetime) -> Page:
        """The transcripts that *reader* owns or may read at that moment, newest first.

        A page beyond the last one is the last one.
        """
        subject = await self._subjects.find(reader)
        if subject is None:
            return Page((), 1, 1, 0)
        async with self._content.read() as connection:
            readable = _readable(subject, at)
            total = (await connection.execute(select(func.count()).select_from(readable.subquery()))).scalar_one()
            pages = max(1, math.ceil(total / PAGE))
            page = min(max(1, page), pages)
            found = await connection.execute(_newest_first(readable).offset((page - 1) * PAGE).limit(PAGE))
            rows = found.mappings().all()
            ids = [row["id"] for row in rows]
            seen = and_(
                models.Turn.transcript_id == models.Transcript.id,
                models.Turn.transcript_id.in_(ids),
                or_(models.Transcript.owner_id == subject, models.Turn.state != Mark.NOTE.value),
            )
            turns = await _counts(connection, models.Turn.transcript_id, seen)
            readers = await _counts(
                connection,
                models.Share.transcript_id,
                and_(models.Share.transcript_id.in_(ids), models.Share.expires_at > at),
            )
        entries: list[Entry] = []
        async with self._keyring.unlocked(*{row["owner_id"] for row in rows}) as keys:
            for row in rows:
                own = row["owner_id"] == subject
                if not own and not _granted(row, subject, keys):
                    continue
                try:
                    title = _title(row, keys)
                except StorageError:
                    title = None
                entries.append(
                    Entry(
                        row["id"],
                        title,
                        row["created_day"],
                        turns.get(row["id"], 0),
                        own,
                        readers.get(row["id"], 0) if own else 0,
                        None if own else row["until"],
                    )
                )
        return Page(tuple(entries), page, pages, total)

    async def view(self, reader: int, transcript_id: UUID, *, at: datetime) -> Transcript:
        """The transcript, opened for somebody who owns it or may read it at that moment.

        Raises:
            NotFound: If there is none, or it is not for *reader*.
            SubjectErased: If it is *reader*'s own, and they are being erased.
            DecryptionFailed: If its row was changed.
        """
        subject = await self._subject(reader)
        async with self._content.read() as connection:
            found = await connection.execute(_readable(subject, at).where(models.Transcript.id == transcript_id))
            row = found.mappings().first()
            if row is None:
                raise NotFound("there is no such transcript")
            rows = await _turns(connection, transcript_id)
        return await self._open(row, rows, subject)

    async def search(
        self,
        reader: int,
        query: str,
        *,
        at: datetime,
        limit: int = 10,
        stopped: Callable[[], bool] = _never,
    ) -> Found:
        """Where *query* fits, in everything that *reader* may read at that moment; the *limit* best places.

        Some turns are opened at a time and forgotten again; only the places that are shown are kept. *stopped* is asked
        between them: once it says yes, what was found until then is returned, from the newest transcripts.

        Raises:
            ValueError: If there is nothing to look for, or too much.
        """
        wanted = parse(query)
        if not 1 <= limit <= HITS:
            raise ValueError(f"a search gives 1 to {HITS} places")
        subject = await self._subjects.find(reader)
        if subject is None:
            return Found((), 0, complete=True)
        search = _Search(wanted, subject, limit, stopped)
        complete = True
        after: RowMapping | None = None
        while complete:
            async with self._content.read() as connection:
                rows = await _some_readable(connection, subject, at, after)
                if not rows:
                    break
                complete = await self._look(connection, rows, search)
            after = rows[-1]
        return Found(search.hits(), search.total, complete)

    async def _look(self, connection: AsyncConnection, rows: Sequence[RowMapping], search: _Search) -> bool:
        """Whether these transcripts were looked through to their end."""
        async with self._keyring.unlocked(*await _people(connection, rows)) as keys:
            for row in rows:
                try:
                    title = _title(row, keys)
                except StorageError:
                    continue
                if row["owner_id"] != search.reader and not _granted(row, search.reader, keys):
                    continue
                search.try_title(row, title)
                after = _NO_PLACE
                while True:
                    if search.stopped():
                        return False
                    turns = await _turns(connection, row["id"], after=after, limit=_BATCH)
                    for turn in turns:
                        if turn["state"] == Mark.NOTE and row["owner_id"] != search.reader:
                            continue
                        body = _body(turn, keys)
                        if not isinstance(body, Mark):
                            search.try_turn(row, title, turn["seq"], body)
                    if len(turns) < _BATCH:
                        break
                    after = turns[-1]["seq"]
        return True

    # Changing

    async def correct(self, user: int, transcript_id: UUID, seq: int, text: str) -> int:
        """Put *text* in place of what *user* said there, in whosever transcript; return how often it was changed.

        Raises:
            ValueError: If there are no words in it, or too many.
            NotFound: If there is no such turn, or it is not *user*'s own words.
            SubjectErased: If *user* is being erased.
        """
        text = _clean(text).strip()
        if not 0 < len(text) <= TEXT_LENGTH:
            raise ValueError(f"a turn has 1 to {TEXT_LENGTH} characters")
        subject = await self._subject(user)
        async with self._keyring.unlocked(subject) as keys, self._content.write() as connection:
            row = await _one_turn(connection, transcript_id, seq)
            if row is None or row["speaker_id"] != subject or row["state"] != Mark.SAID:
                raise NotFound("there is no such turn")
            body = _body(row, keys)
            if body is Mark.ERASED:
                raise SubjectErased("this subject's keys were destroyed")
            if isinstance(body, Mark):
                raise NotFound("there is no such turn")
            if body["text"] == text:
                return row["rev"]
            rev: int = row["rev"] + 1
            changed = body | {"text": text, "confidence": 1.0, "missing": 0.0, "corrected": True}
            sealed = keys.seal(subject, _dump(changed), _turn_place(row["id"], rev))
            await connection.execute(
                update(models.Turn).where(models.Turn.id == row["id"]).values(enc_body=sealed, rev=rev)
            )
        return rev

    async def redact(self, user: int, transcript_id: UUID, seq: int, *, at: datetime) -> int:
        """Take the words of a turn out for good, as their speaker in any transcript or as the transcript's owner.

        Of a note nothing is left. Comments on the transcript may quote the words, so those are deleted too; how many
        that were is returned. No restored backup brings the words back.

        Raises:
            NotFound: If there is no such turn, or it is neither *user*'s own words nor in *user*'s own transcript.
        """
        subject = await self._subject(user)
        async with self._content.read() as connection:
            row = await _one_turn(connection, transcript_id, seq)
        if row is None or subject not in {row["speaker_id"], row["owner_id"]}:
            raise NotFound("there is no such turn")
        if row["state"] not in _SEALED:
            return 0  # nothing is there to take out
        await self._keyring.bury([row["id"]], at=at)
        async with self._content.write() as connection:
            gone = await strike(connection, row["id"])
        return gone["feedback"] + gone["ai_job"]

    async def share(
        self,
        owner: int,
        transcript_id: UUID,
        reader: int,
        *,
        until: datetime,
        at: datetime,
        interaction_id: int | None = None,
    ) -> None:
        """Let *reader* read the transcript until then; once more, and the new moment counts.

        A copy of the same interaction changes nothing, so that one that comes late opens nothing again.

        Raises:
            ValueError: If *until* is past or more than `SHARE_LIFE` ahead, *reader* is the owner, there are `READERS`
                already, or the interaction was answered with something else.
            NotFound: If there is no such transcript, or it is not *owner*'s.
        """
        if not at < until <= at + SHARE_LIFE:
            raise ValueError(f"a transcript is shared for at most {SHARE_LIFE.days} days")
        if reader == owner:
            raise ValueError("the owner reads it anyway")
        subject = await self._subject(owner)
        async with self._content.read() as connection:
            await _owned(connection, subject, transcript_id)
        to = await self._subjects.find_or_create(reader, today=_day(at))
        share = uuid4()
        async with self._keyring.unlocked(subject) as keys:
            grant = keys.seal(subject, _grant(transcript_id, to, until), _grant_place(share))
        result = hashlib.sha256(encode("share", subject, transcript_id, to)).digest()
        async with self._content.write() as connection:
            await _owned(connection, subject, transcript_id)
            if interaction_id is not None and not await self._first(connection, interaction_id, result, at):
                return
            replaced = await _shares_with(connection, transcript_id, to)
            await connection.execute(
                delete(models.Share).where(
                    models.Share.transcript_id == transcript_id,
                    or_(models.Share.reader_id == to, models.Share.expires_at <= at),
                )
            )
            readers = await connection.execute(
                select(func.count()).select_from(models.Share).where(models.Share.transcript_id == transcript_id)
            )
            if readers.scalar_one() >= READERS:
                raise ValueError(f"a transcript is shared with at most {READERS} people")
            await connection.execute(
                insert(models.Share).values(
                    id=share,
                    transcript_id=transcript_id,
                    reader_id=to,
                    created_day=_day(at),
                    enc_grant=grant,
                    expires_at=until,
                )
            )
        # The one before may have ended later.
        await self._keyring.bury(replaced, at=at)

    async def unshare(self, owner: int, transcript_id: UUID, reader: int, *, at: datetime) -> bool:
        """Let *reader* read it no longer, and say whether they could. No restored backup lets them again.

        Raises:
            NotFound: If there is no such transcript, or it is not *owner*'s.
        """
        subject = await self._subject(owner)
        other = await self._subjects.find(reader)
        async with self._content.read() as connection:
            await _owned(connection, subject, transcript_id)
            shares = await _shares_with(connection, transcript_id, other)
        await self._keyring.bury(shares, at=at)
        async with self._content.write() as connection:
            gone = await connection.execute(
                delete(models.Share).where(models.Share.transcript_id == transcript_id, models.Share.reader_id == other)
            )
        return gone.rowcount > 0

    async def delete(self, owner: int, transcript_id: UUID) -> Deleted:
        """Delete the transcript and everything that hangs on it, for everybody; its rows only, see `storage.erasure`.

        Raises:
            NotFound: If there is no such transcript, or it is not *owner*'s.
        """
        subject = await self._subject(owner)
        async with self._content.write() as connection:
            await _owned(connection, subject, transcript_id)
            return await _delete(connection, [transcript_id])

    # One subject's rows

    async def erase(self, subject: UUID) -> dict[str, int]:
        """Delete everything of a subject, some at a time, and return how many rows of each table.

        Their own transcripts go, with what others said in them. In others' transcripts their turns lose words and
        speaker; comments on those may quote them, and go too. The subject's row stays, and so does its key: see
        `storage.keyring`. It may be killed anywhere and done again.
        """
        gone: Counter[str] = Counter()
        while await self._erase_owned(subject, gone):
            pass
        while await self._erase_spoken(subject, gone):
            pass
        async with self._content.write() as connection:
            for table, whose in (
                (models.Share, models.Share.reader_id),
                (models.Feedback, models.Feedback.owner_id),
                (models.AiJob, models.AiJob.owner_id),
            ):
                gone[table.__tablename__] += await _rowcount(connection, delete(table).where(whose == subject))
        return dict(gone)

    async def _erase_owned(self, subject: UUID, gone: Counter[str]) -> bool:
        async with self._content.write() as connection:
            found = await connection.execute(
                select(models.Transcript.id).where(models.Transcript.owner_id == subject).limit(_TRANSCRIPTS)
            )
            ids = found.scalars().all()
            if not ids:
                return False
            deleted = await _delete(connection, ids)
        gone["transcript"] += len(ids)
        gone["turn"] += deleted.turns
        gone["share"] += deleted.shares
        gone["feedback"] += deleted.feedback
        gone["ai_job"] += deleted.jobs
        return True

    async def _erase_spoken(self, subject: UUID, gone: Counter[str]) -> bool:
        async with self._content.write() as connection:
            found = await connection.execute(
                select(models.Turn.id, models.Turn.transcript_id).where(models.Turn.speaker_id == subject).limit(_BATCH)
            )
            rows = found.all()
            if not rows:
                return False
            comments, jobs = await _without_comments(connection, {row[1] for row in rows})
            await connection.execute(
                update(models.Turn)
                .where(models.Turn.id.in_([row[0] for row in rows]))
                .values(speaker_id=None, enc_body=None, state=Mark.ERASED.value)
            )
        gone["turn"] += len(rows)
        gone["feedback"] += comments
        gone["ai_job"] += jobs
        return True

    async def owned(self, subject: UUID) -> AsyncGenerator[Transcript]:
        """The subject's own transcripts, oldest first, one at a time; what others said in them is withheld."""
        number = 0
        while True:
            async with self._content.read() as connection:
                found = await connection.execute(
                    select(models.Transcript.__table__)
                    .where(models.Transcript.owner_id == subject, models.Transcript.number > number)
                    .order_by(models.Transcript.number)
                    .limit(1)
                )
                row = found.mappings().first()
                if row is None:
                    return
                rows = await _turns(connection, row["id"])
            number = row["number"]
            yield await self._open(row, rows, subject, withhold=True)

    async def spoken(self, subject: UUID) -> AsyncGenerator[Elsewhere]:
        """What the subject said in others' transcripts, one turn at a time."""
        after = UUID(int=0)
        while True:
            async with self._content.read() as connection:
                found = await connection.execute(
                    select(models.Turn.__table__, models.Transcript.created_day)
                    .join(models.Transcript, models.Transcript.id == models.Turn.transcript_id)
                    .where(
                        models.Turn.speaker_id == subject,
                        models.Transcript.owner_id != subject,
                        models.Turn.id > after,
                    )
                    .order_by(models.Turn.id)
                    .limit(_BATCH)
                )
                rows = found.mappings().all()
            if not rows:
                return
            async with self._keyring.unlocked(subject) as keys:
                turns = [Elsewhere(row["transcript_id"], row["created_day"], _turn(row, keys, subject)) for row in rows]
            for turn in turns:
                yield turn
            after = rows[-1]["id"]

    # Opening

    async def _subject(self, user: int) -> UUID:
        subject = await self._subjects.find(user)
        if subject is None:
            raise NotFound("there is no such transcript")
        return subject

    async def _open(
        self, row: RowMapping, rows: Sequence[RowMapping], reader: UUID, *, withhold: bool = False
    ) -> Transcript:
        own = row["owner_id"] == reader
        people = {row["owner_id"], *(turn["speaker_id"] for turn in rows if turn["speaker_id"] is not None)}
        async with self._keyring.unlocked(*people) as keys:
            if not own and not _granted(row, reader, keys):
                raise NotFound("there is no such transcript")
            try:
                title = _title(row, keys)
            except SubjectErased:
                # Its owner was erased since the row was read: nothing is damaged, and nothing of it is left.
                raise
            except (UnknownKey, DecryptionFailed):
                # A copy of all that somebody has does not fail for one damaged title.
                if not withhold:
                    raise DecryptionFailed("this transcript was changed, or its owner's key is gone") from None
                title = ""
            speakers: dict[UUID, int] | None = None if withhold else {}
            turns: list[Turn] = []
            # Notes come last, so that nobody sees a gap where they are left out.
            for batch in _batches([turn for turn in rows if own or turn["state"] != Mark.NOTE]):
                turns += [_turn(turn, keys, reader, speakers, withhold=withhold) for turn in batch]
                await asyncio.sleep(0)
        return Transcript(row["id"], title, row["created_day"], own, tuple(_named(turns)))

    def __repr__(self) -> str:
        return "<Transcripts>"


@dataclass(frozen=True, slots=True)
class _Draft:
    """What `save` was asked to save."""

    title: str = field(repr=False)
    turns: Sequence[Spoken | Asked | Noted] = field(repr=False)
    owner: UUID
    at: datetime
    interaction_id: int = field(repr=False)


class _Search:
    """One search: what is looked for and by whom, and the places that fit best so far."""

    def __init__(self, query: Query, reader: UUID, limit: int, stopped: Callable[[], bool]) -> None:
        self._query = query
        self.reader = reader
        self._limit = limit
        self.stopped = stopped
        self._best: list[tuple[float, int, int, int, Hit]] = []
        self.total = 0

    def try_title(self, row: RowMapping, title: str) -> None:
        if match := self._query.find(title):
            self._add(match, row, Hit(row["id"], title, row["created_day"], None, "", match.excerpt))

    def try_turn(self, row: RowMapping, title: str, seq: int, body: Mapping[str, Any]) -> None:
        if match := self._query.find(body["text"]):
            self._add(match, row, Hit(row["id"], title, row["created_day"], seq, body.get("name", ""), match.excerpt))

    def _add(self, match: Match, row: RowMapping, hit: Hit) -> None:
        self.total += 1
        # Among equals the newest transcript, and in it the first turn. The last number is never the same.
        item = (match.score, row["created_day"].toordinal(), row["number"], -self.total, hit)
        if len(self._best) < self._limit:
            heapq.heappush(self._best, item)
        else:
            heapq.heappushpop(self._best, item)

    def hits(self) -> tuple[Hit, ...]:
        return tuple(item[-1] for item in sorted(self._best, reverse=True))


# Sealing and opening


async def _rows(draft: _Draft, transcript: UUID, agreed: Mapping[int, UUID], keys: Unlocked) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for batch in _batches(draft.turns):
        for turn in batch:
            row: dict[str, Any] = {"id": uuid4(), "transcript_id": transcript, "seq": len(rows), "rev": 0}
            state, body, subject = _to_seal(turn, draft.owner, agreed)
            if subject is not None:
                common = {"v": _BODY, "transcript": transcript.hex, "seq": row["seq"], "start": turn.start_s}
                sealed = keys.seal(subject, _dump(common | body), _turn_place(row["id"], 0))
                rows.append(row | {"speaker_id": subject, "state": state.value, "enc_body": sealed})
            elif not rows or rows[-1]["state"] != Mark.NOT_SAVED:
                # One for all that follow each other, so that not even how often they spoke is kept.
                rows.append(row | {"speaker_id": None, "state": Mark.NOT_SAVED.value, "enc_body": None})
        await asyncio.sleep(0)
    return rows


def _to_seal(
    turn: Spoken | Asked | Noted, owner: UUID, agreed: Mapping[int, UUID]
) -> tuple[Mark, dict[str, Any], UUID | None]:
    """What kind of row it is, what is in it besides its place, and under whose key; nobody's, if it is not kept."""
    text = _clean(turn.text)
    match turn:
        case Asked():
            return Mark.QUESTION, {"text": text, "question": turn.question_id}, owner
        case Noted():
            return Mark.NOTE, {"text": text}, owner
        case Spoken():
            said = {
                "name": _clean(turn.name)[:NAME_LENGTH],
                "end": turn.end_s,
                "text": text,
                "language": turn.language,
                "confidence": turn.confidence,
                "missing": turn.missing_s,
                "corrected": False,
                "role": turn.role,
                "typed": turn.typed,
            }
            return Mark.SAID, said, agreed.get(turn.speaker_id)


def _dump(body: Mapping[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _body(row: RowMapping, keys: Unlocked) -> dict[str, Any] | Mark:
    """What is in a turn, or why there is nothing."""
    if row["state"] not in _SEALED:
        return Mark(row["state"]) if row["state"] in set(Mark) else Mark.DAMAGED
    try:
        plain = keys.open(row["speaker_id"], row["enc_body"] or b"", _turn_place(row["id"], row["rev"]))
    except SubjectErased:
        return Mark.ERASED
    except (UnknownKey, DecryptionFailed):
        return Mark.DAMAGED
    try:
        body: dict[str, Any] = json.loads(plain)
    finally:
        wipe(plain)
    # Sealed for this row, which somebody may have moved to another transcript, or up and down in its own.
    if (body["transcript"], body["seq"]) != (row["transcript_id"].hex, row["seq"]):
        return Mark.DAMAGED
    # And as what it is: words are no question, and the owner's note is not for everybody who reads.
    return body if row["state"] == _kind(body) else Mark.DAMAGED


def _kind(body: Mapping[str, Any]) -> Mark:
    if "end" in body:
        return Mark.SAID
    return Mark.QUESTION if "question" in body else Mark.NOTE


def _turn(
    row: RowMapping, keys: Unlocked, reader: UUID, speakers: dict[UUID, int] | None = None, *, withhold: bool = False
) -> Turn:
    who: UUID | None = row["speaker_id"]
    own = who == reader
    # Questions and notes are the owner's own, unless somebody wrote another owner into the database.
    if withhold and not own and row["state"] in _SEALED:
        return Turn(row["seq"], Mark.WITHHELD)
    body = _body(row, keys)
    number = None
    spoken = row["state"] == Mark.SAID and isinstance(body, dict)
    if who is not None and speakers is not None and (spoken or body is Mark.REDACTED):
        number = speakers.setdefault(who, len(speakers) + 1)
    if isinstance(body, Mark):
        return Turn(row["seq"], body, number, own=own)
    if row["state"] != Mark.SAID:
        question = body.get("question", "")
        return Turn(row["seq"], Mark(row["state"]), start_s=body["start"], text=body["text"], question_id=question)
    return Turn(
        seq=row["seq"],
        mark=Mark.SAID,
        speaker=number,
        name=body["name"],
        start_s=body["start"],
        end_s=body["end"],
        text=body["text"],
        language=body["language"],
        confidence=body["confidence"],
        missing_s=body["missing"],
        corrected=body["corrected"],
        own=own,
        # Those that were saved before there were roles have none.
        role=body.get("role", ""),
        typed=body.get("typed", False),
    )


def _title(row: RowMapping, keys: Unlocked) -> str:
    plain = keys.open(row["owner_id"], row["enc_title"], _title_place(row["id"], row["rev"]))
    try:
        return plain.decode()
    finally:
        wipe(plain)


def _granted(row: RowMapping, reader: UUID, keys: Unlocked) -> bool:
    """Whether the owner sealed this share, for this reader and this moment."""
    try:
        grant = keys.open(row["owner_id"], row["enc_grant"], _grant_place(row["share_id"]))
    except StorageError:
        return False
    return bytes(grant) == _grant(row["id"], reader, row["until"])


def _grant(transcript: UUID, reader: UUID, until: datetime) -> bytes:
    return encode("share", transcript, reader, until.astimezone(UTC).isoformat(timespec="microseconds"))


def _turn_place(row: UUID, rev: int) -> Place:
    return Place("turn", "enc_body", row, rev)


def _title_place(row: UUID, rev: int) -> Place:
    return Place("transcript", "enc_title", row, rev)


def _grant_place(row: UUID) -> Place:
    return Place("share", "enc_grant", row)


# Rows


def _readable(subject: UUID, at: datetime) -> Select[Any]:
    """The transcripts that the subject owns, or may read as far as the rows say: see `_granted`."""
    return (
        select(
            models.Transcript.__table__,
            models.Share.id.label("share_id"),
            models.Share.enc_grant,
            models.Share.expires_at.label("until"),
        )
        .outerjoin(
            models.Share,
            and_(
                models.Share.transcript_id == models.Transcript.id,
                models.Share.reader_id == subject,
                models.Share.expires_at > at,
            ),
        )
        .where(or_(models.Transcript.owner_id == subject, models.Share.id.is_not(None)))
    )


def _newest_first(readable: Select[Any]) -> Select[Any]:
    return readable.order_by(
        models.Transcript.created_day.desc(), models.Transcript.number.desc(), models.Transcript.id.desc()
    )


async def _some_readable(
    connection: AsyncConnection, subject: UUID, at: datetime, after: RowMapping | None
) -> Sequence[RowMapping]:
    readable = _newest_first(_readable(subject, at)).limit(_TRANSCRIPTS)
    if after is not None:
        columns = tuple_(models.Transcript.created_day, models.Transcript.number, models.Transcript.id)
        readable = readable.where(columns < tuple_(after["created_day"], after["number"], after["id"]))
    return (await connection.execute(readable)).mappings().all()


async def _people(connection: AsyncConnection, rows: Sequence[RowMapping]) -> set[UUID]:
    """Everybody whose keys are needed to open these transcripts."""
    ids = [row["id"] for row in rows]
    found = await connection.execute(
        select(models.Turn.speaker_id)
        .where(models.Turn.transcript_id.in_(ids), models.Turn.speaker_id.is_not(None))
        .distinct()
    )
    return {row["owner_id"] for row in rows} | {who for who in found.scalars() if who is not None}


async def _turns(
    connection: AsyncConnection, transcript: UUID, *, after: int = _NO_PLACE, limit: int | None = None
) -> Sequence[RowMapping]:
    found = await connection.execute(
        select(models.Turn.__table__)
        .where(models.Turn.transcript_id == transcript, models.Turn.seq > after)
        .order_by(models.Turn.seq)
        .limit(limit)
    )
    return found.mappings().all()


async def _one_turn(connection: AsyncConnection, transcript: UUID, seq: int) -> RowMapping | None:
    """A turn, and who owns its transcript."""
    found = await connection.execute(
        select(models.Turn.__table__, models.Transcript.owner_id)
        .join(models.Transcript, models.Transcript.id == models.Turn.transcript_id)
        .where(models.Turn.transcript_id == transcript, models.Turn.seq == seq)
    )
    return found.mappings().first()


async def _owned(connection: AsyncConnection, owner: UUID, transcript: UUID) -> None:
    found = await connection.execute(
        select(models.Transcript.id).where(models.Transcript.id == transcript, models.Transcript.owner_id == owner)
    )
    if found.first() is None:
        raise NotFound("there is no such transcript")


async def _shares_with(connection: AsyncConnection, transcript: UUID, reader: UUID | None) -> list[UUID]:
    found = await connection.execute(
        select(models.Share.id).where(models.Share.transcript_id == transcript, models.Share.reader_id == reader)
    )
    return list(found.scalars())


async def strike(connection: AsyncConnection, turn: UUID) -> dict[str, int]:
    """Take the words of a turn out, in a writer's transaction, and return how many rows of each table that changed.

    Where there are none any more, nothing is done: comments that were made since do not quote them.
    """
    found = await connection.execute(select(models.Turn.__table__).where(models.Turn.id == turn))
    row = found.mappings().first()
    if row is None or row["state"] not in _SEALED:
        return {"turn": 0, "feedback": 0, "ai_job": 0}
    if row["state"] == Mark.NOTE:
        # Without a mark: others, who do not see notes, would see that.
        await connection.execute(delete(models.Turn).where(models.Turn.id == turn))
    else:
        await connection.execute(
            update(models.Turn)
            .where(models.Turn.id == turn)
            .values(
                # A question was nobody's words.
                speaker_id=None if row["state"] == Mark.QUESTION else row["speaker_id"],
                enc_body=None,
                state=Mark.REDACTED.value,
                rev=row["rev"] + 1,
            )
        )
    comments, jobs = await _without_comments(connection, [row["transcript_id"]])
    return {"turn": 1, "feedback": comments, "ai_job": jobs}


async def _delete(connection: AsyncConnection, transcripts: Sequence[UUID]) -> Deleted:
    comments, jobs = await _without_comments(connection, transcripts)
    turns = await _rowcount(connection, delete(models.Turn).where(models.Turn.transcript_id.in_(transcripts)))
    shares = await _rowcount(connection, delete(models.Share).where(models.Share.transcript_id.in_(transcripts)))
    await connection.execute(delete(models.Rating).where(models.Rating.transcript_id.in_(transcripts)))
    await connection.execute(delete(models.Transcript).where(models.Transcript.id.in_(transcripts)))
    return Deleted(turns, shares, comments, jobs)


async def _without_comments(connection: AsyncConnection, transcripts: Iterable[UUID]) -> tuple[int, int]:
    ids = list(transcripts)
    comments = await _rowcount(connection, delete(models.Feedback).where(models.Feedback.transcript_id.in_(ids)))
    jobs = await _rowcount(connection, delete(models.AiJob).where(models.AiJob.transcript_id.in_(ids)))
    return comments, jobs


async def _counts(connection: AsyncConnection, of: Any, where: Any) -> dict[UUID, int]:
    found = await connection.execute(select(of, func.count()).where(where).group_by(of))
    return {row[0]: row[1] for row in found}


async def _rowcount(connection: AsyncConnection, statement: Executable) -> int:
    return (await connection.execute(statement)).rowcount


# Small things


def _named(turns: Sequence[Turn]) -> Iterator[Turn]:
    """The turns, those without words with the name that their speaker has elsewhere in the transcript."""
    names = {turn.speaker: turn.name for turn in turns if turn.mark is Mark.SAID}
    for turn in turns:
        yield turn if turn.name or turn.speaker is None else replace(turn, name=names.get(turn.speaker, ""))


def _batches(items: Sequence[_T]) -> Iterator[Sequence[_T]]:
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()


def _clean(text: str) -> str:
    """*text* without halves of characters, which no file could hold."""
    return text.encode(errors="replace").decode()


def _check(turns: Sequence[Spoken | Asked], notes: Sequence[Noted] = ()) -> None:
    if len(turns) + len(notes) > TURNS:
        raise ValueError(f"a transcript has at most {TURNS} turns")
    for turn in (*turns, *notes):
        spoken = isinstance(turn, Spoken)
        end_s = turn.end_s if spoken else turn.start_s
        numbers = (turn.confidence, turn.missing_s) if spoken else (1.0, 0.0)
        if not all(math.isfinite(number) for number in (turn.start_s, end_s, *numbers)):
            raise ValueError("a turn's numbers are finite")
        if not 0 <= turn.start_s <= end_s <= LONGEST_S or not 0 <= numbers[0] <= 1 or numbers[1] < 0:
            raise ValueError("a turn ends after it begins, and is missing no negative time")
        if len(turn.text) > TEXT_LENGTH or not (turn.text.strip() or numbers[1]):
            raise ValueError(f"a turn has 1 to {TEXT_LENGTH} characters, or is a gap")
        if spoken and turn.role not in ROLES:
            raise ValueError("a role is one of a few")
        if isinstance(turn, Asked) and len(turn.question_id) > QUESTION_ID_LENGTH:
            raise ValueError(f"a question's id has at most {QUESTION_ID_LENGTH} characters")
