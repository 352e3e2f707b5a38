"""Feedback that is kept, and what people noted about themselves and each other, sealed for whom it is about.

    put, keep          a report on a transcript, for its owner
    list, view, delete, dispute
    rate, together     oneself, or somebody whose interview one was in
    ratings            of one transcript, for whom they are about
    noted, note        whatever one noted, or others about oneself
    unrate             deletes one of those
    erase, export      one subject's, for the erasure of an account and for the data package

A report quotes people, so it goes when one of them is erased or takes words out: `storage.transcripts` sees to that.
What is disputed goes with it, being sealed within. A rating is the rated person's, and goes with either's account.

Whoever may not see something learns nothing of it: everything ends in the same `NotFound`. Times are arguments.
"""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, or_, select, update

from storage.crypto import Place, wipe
from storage.erasure import Page
from storage.errors import DecryptionFailed, NotFound, SubjectErased, UnknownKey
from storage.models import Feedback, Rating, Reservation, Share, Subject, Transcript, Turn

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence

    from sqlalchemy import ColumnElement, RowMapping
    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.database import Database
    from storage.keyring import Keyring, Unlocked
    from storage.subjects import Subjects

BODY_BYTES: Final = 512 * 1024
"""The longest report, as JSON. The longest that a model writes takes a tenth of it."""

RATING_BYTES: Final = 16 * 1024

NOTE_LENGTH: Final = 1000
"""The longest reason for a dispute, in characters."""

CRITERION_LENGTH: Final = 40

DISPUTES: Final = 20
"""How many criteria of one report can be disputed."""

PAGE: Final = 10
"""How many reports a page of the list has."""

MODEL_LENGTH: Final = 100

_BATCH = 200


@dataclass(frozen=True, slots=True)
class Dispute:
    """Somebody disagrees with what a report says about a criterion.

    Attributes:
        criterion: Which.
        note: Why, in their words; may be empty.
        day: Since when, in UTC.
    """

    criterion: str
    note: str = field(repr=False)
    day: date


@dataclass(frozen=True, slots=True)
class Kept:
    """A report that is kept.

    Attributes:
        id: Random.
        transcript_id: What it is about.
        day: When it was made, in UTC.
        model: Who wrote it; empty if it has only measures.
        schema_ver: Of which form the report is.
        report: The report, as JSON; None if what is stored does not open.
        disputes: What its owner disagrees with.
    """

    id: UUID
    transcript_id: UUID
    day: date
    model: str
    schema_ver: int
    report: Mapping[str, Any] | None = field(repr=False)
    disputes: tuple[Dispute, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class KeptPage:
    """A page of the list.

    Attributes:
        entries: At most `PAGE`, newest first.
        number: Which page, from 1.
        pages: How many there are, at least 1.
        total: How many reports there are on all of them.
    """

    entries: tuple[Kept, ...]
    number: int
    pages: int
    total: int


@dataclass(frozen=True, slots=True)
class Rated:
    """What somebody noted, for whom it is about.

    Attributes:
        id: Random.
        transcript_id: About which interview.
        rater_id: Who noted it, as Discord knows them; None if that does not open any more.
        own: Whether it is about oneself.
        day: When, in UTC.
        body: What was noted, as JSON; None if it does not open.
    """

    id: UUID
    transcript_id: UUID
    rater_id: int | None = field(repr=False)
    own: bool
    day: date
    body: Mapping[str, Any] | None = field(repr=False)


@dataclass(frozen=True, slots=True)
class Noted:
    """What somebody noted, for whom it is about and for who noted it.

    Attributes:
        id: Random.
        transcript_id: About which interview.
        rater_id: Who noted it, as Discord knows them; None if that does not open any more.
        rated_id: About whom, likewise.
        day: When, in UTC.
        body: What was noted, as JSON; None if it does not open.
    """

    id: UUID
    transcript_id: UUID
    rater_id: int | None = field(repr=False)
    rated_id: int | None = field(repr=False)
    day: date
    body: Mapping[str, Any] | None = field(repr=False)


class FeedbackStore:
    """The reports and ratings of everybody. It is a `storage.erasure.Keeper`."""

    name = "feedback"

    def __init__(self, content: Database, keyring: Keyring, subjects: Subjects) -> None:
        self._content = content
        self._keyring = keyring
        self._subjects = subjects

    # Reports

    async def keep(
        self,
        user_id: int,
        transcript_id: UUID,
        report: Mapping[str, Any],
        *,
        model: str,
        schema_ver: int,
        at: datetime,
    ) -> UUID:
        """Keep a report on a transcript of this person's own, and return its id.

        Raises:
            ValueError: If the report is too long.
            NotFound: If there is no such transcript, or it is not this person's.
        """
        owner = await self._subject(user_id)
        async with self._keyring.unlocked(owner) as keys, self._content.write() as connection:
            found = await connection.execute(
                select(Transcript.id).where(Transcript.id == transcript_id, Transcript.owner_id == owner)
            )
            if found.first() is None:
                raise NotFound("there is no such transcript of this person")
            return await put(
                connection,
                keys,
                owner=owner,
                transcript_id=transcript_id,
                body=report,
                model=model,
                schema_ver=schema_ver,
                at=at,
            )

    async def list(self, user_id: int, page: int = 1, *, transcript_id: UUID | None = None) -> KeptPage:
        """This person's reports, newest first; of one transcript, or of all. A page beyond the last is the last."""
        owner = await self._subjects.find(user_id)
        if owner is None:
            return KeptPage((), 1, 1, 0)
        where = Feedback.owner_id == owner
        if transcript_id is not None:
            where &= Feedback.transcript_id == transcript_id
        async with self._content.read() as connection:
            counted = await connection.execute(select(func.count()).select_from(Feedback).where(where))
            total = counted.scalar_one()
            pages = max(1, -(-total // PAGE))
            page = min(max(1, page), pages)
            found = await connection.execute(
                select(Feedback.__table__)
                .where(where)
                # Ids are random, so those of one day are in no order that says anything; but always in the same.
                .order_by(Feedback.created_day.desc(), Feedback.id)
                .offset((page - 1) * PAGE)
                .limit(PAGE)
            )
            rows = found.mappings().all()
        async with self._keyring.unlocked(owner) as keys:
            return KeptPage(tuple(_kept(row, keys) for row in rows), page, pages, total)

    async def view(self, user_id: int, feedback: UUID) -> Kept:
        """A report of this person's own.

        Raises:
            NotFound: If there is none, or it is somebody else's.
        """
        owner = await self._subject(user_id)
        async with self._content.read() as connection:
            row = await _own(connection, owner, feedback)
        async with self._keyring.unlocked(owner) as keys:
            return _kept(row, keys)

    async def delete(self, user_id: int, feedback: UUID, *, at: datetime) -> None:
        """Delete a report of this person's own. No restored backup brings it back.

        Raises:
            NotFound: If there is none, or it is somebody else's.
        """
        owner = await self._subject(user_id)
        async with self._content.read() as connection:
            await _own(connection, owner, feedback)
        await self._keyring.bury([feedback], at=at)
        async with self._content.write() as connection:
            await connection.execute(delete(Feedback).where(Feedback.id == feedback))

    async def dispute(self, user_id: int, feedback: UUID, criterion: str, note: str, *, at: datetime) -> Kept:
        """Put down that this person disagrees about that criterion; the second time, the new note counts.

        Raises:
            ValueError: If criterion or note is too long, or `DISPUTES` are disputed already.
            NotFound: If there is no such report, or it is somebody else's.
            DecryptionFailed: If what is stored was changed.
        """
        note = note.strip()
        if not 0 < len(criterion) <= CRITERION_LENGTH or len(note) > NOTE_LENGTH:
            raise ValueError(f"a note has at most {NOTE_LENGTH} characters")
        return await self._changed(user_id, feedback, criterion, Dispute(criterion, note, _day(at)))

    async def undispute(self, user_id: int, feedback: UUID, criterion: str) -> Kept:
        """Take that back.

        Raises:
            NotFound: If there is no such report, or it is somebody else's.
            DecryptionFailed: If what is stored was changed.
        """
        return await self._changed(user_id, feedback, criterion, None)

    async def _changed(self, user_id: int, feedback: UUID, criterion: str, new: Dispute | None) -> Kept:
        owner = await self._subject(user_id)
        async with self._keyring.unlocked(owner) as keys, self._content.write() as connection:
            row = await _own(connection, owner, feedback)
            body = _opened(keys, owner, row["enc_body"], _place(row["id"], row["rev"]))
            disputes = [each for each in body["disputes"] if each["criterion"] != criterion]
            if new is not None:
                if len(disputes) >= DISPUTES:
                    raise ValueError("as much is disputed as can be")
                disputes.append({"criterion": new.criterion, "note": new.note, "day": new.day.isoformat()})
            rev: int = row["rev"] + 1
            changed = {"report": body["report"], "disputes": disputes}
            sealed = keys.seal(owner, _dump(changed, 2 * BODY_BYTES), _place(row["id"], rev))
            await connection.execute(update(Feedback).where(Feedback.id == row["id"]).values(enc_body=sealed, rev=rev))
            return _kept(dict(row) | {"enc_body": sealed, "rev": rev}, keys)

    # Ratings

    async def rate(
        self,
        rater: int,
        rated: int,
        transcript_id: UUID,
        body: Mapping[str, Any],
        *,
        at: datetime,
        was_there: bool = False,
    ) -> UUID:
        """Note something about a person in that interview, for that person; oneself too. Once more, and it is replaced.

        Args:
            rater: Who notes it.
            rated: About whom.
            transcript_id: Of which interview.
            body: JSON of at most `RATING_BYTES`.
            at: When.
            was_there: Whether the caller knows that both took part. Otherwise they must have spoken in it, own it, or,
                whoever rates, be somebody it is shared with.

        Raises:
            ValueError: If it is too long.
            NotFound: If there is no such interview, or one of them was not in it.
        """
        plain = _dump(body, RATING_BYTES)
        one, other = await self._subject(rater), await self._subject(rated)
        async with self._keyring.unlocked(other) as keys, self._content.write() as connection:
            if not await _were_there(connection, transcript_id, one, other, at=at, vouched=was_there):
                raise NotFound("there is no such interview with both of them")
            found = await connection.execute(
                select(Rating.id, Rating.rev).where(
                    Rating.transcript_id == transcript_id, Rating.rated_id == other, Rating.rater_id == one
                )
            )
            known = found.first()
            rating, rev = (uuid4(), 0) if known is None else (known.id, known.rev + 1)
            try:
                sealed = keys.seal(other, plain, _rating_place(rating, rev))
            except SubjectErased:
                if other == one:
                    raise
                # Erased since it was looked up; that is not the account of whoever rates.
                raise NotFound("there is no such interview with both of them") from None
            if known is not None:
                await connection.execute(
                    update(Rating).where(Rating.id == rating).values(enc_body=sealed, rev=rev, created_day=_day(at))
                )
            else:
                await connection.execute(
                    insert(Rating).values(
                        id=rating,
                        transcript_id=transcript_id,
                        rated_id=other,
                        rater_id=one,
                        enc_body=sealed,
                        created_day=_day(at),
                        rev=0,
                    )
                )
        return rating

    async def together(self, rater: int, rated: int) -> UUID | None:
        """The newest interview that *rated* saved and in which *rater*'s words are kept too; None if there is none."""
        one, other = await self._subjects.find(rater), await self._subjects.find(rated)
        if one is None or other is None:
            return None
        async with self._content.read() as connection:
            found = await connection.execute(
                select(Transcript.id)
                .where(
                    Transcript.owner_id == other,
                    select(Turn.id).where(Turn.transcript_id == Transcript.id, Turn.speaker_id == one).exists(),
                )
                .order_by(Transcript.created_day.desc(), Transcript.number.desc())
                .limit(1)
            )
            return found.scalar_one_or_none()

    async def ratings(self, user_id: int, transcript_id: UUID) -> list[Rated]:
        """What is noted about this person in that interview: by themselves first, then by others."""
        subject = await self._subjects.find(user_id)
        if subject is None:
            return []
        async with self._content.read() as connection:
            found = await connection.execute(
                select(Rating.__table__).where(Rating.transcript_id == transcript_id, Rating.rated_id == subject)
            )
            rows = found.mappings().all()
        raters = {row["rater_id"]: await self._discord_id(row["rater_id"]) for row in rows}
        async with self._keyring.unlocked(subject) as keys:
            rated = [_rated(row, raters[row["rater_id"]], keys) for row in rows]
        return sorted(rated, key=lambda each: (not each.own, each.day, each.id))

    async def noted(self, user_id: int, *, most: int) -> Sequence[Noted]:
        """What this person noted, and what is noted about them, newest first."""
        subject = await self._subjects.find(user_id)
        if subject is None:
            return []
        return await self._noted(or_(Rating.rated_id == subject, Rating.rater_id == subject), most)

    async def note(self, user_id: int, rating: UUID) -> Noted:
        """One of those.

        Raises:
            NotFound: If there is none.
        """
        subject = await self._subject(user_id)
        theirs = or_(Rating.rated_id == subject, Rating.rater_id == subject)
        found = await self._noted((Rating.id == rating) & theirs, 1)
        if not found:
            raise NotFound("there is no such rating")
        return found[0]

    async def _noted(self, where: ColumnElement[bool], most: int) -> Sequence[Noted]:
        async with self._content.read() as connection:
            found = await connection.execute(
                select(Rating.__table__).where(where).order_by(Rating.created_day.desc(), Rating.id).limit(most)
            )
            rows = found.mappings().all()
        rated = {row["rated_id"] for row in rows}
        people = {who: await self._discord_id(who) for who in rated | {row["rater_id"] for row in rows}}
        async with self._keyring.unlocked(*rated) as keys:
            opened = [(row, _rated(row, people[row["rater_id"]], keys)) for row in rows]
        return [
            Noted(each.id, each.transcript_id, each.rater_id, people[row["rated_id"]], each.day, each.body)
            for row, each in opened
        ]

    async def unrate(self, user_id: int, rating: UUID, *, at: datetime) -> None:
        """Delete a rating that is about this person, or that they made. No restored backup brings it back.

        Raises:
            NotFound: If there is none.
        """
        subject = await self._subject(user_id)
        async with self._content.read() as connection:
            found = await connection.execute(
                select(Rating.id).where(
                    Rating.id == rating, or_(Rating.rated_id == subject, Rating.rater_id == subject)
                )
            )
            if found.first() is None:
                raise NotFound("there is no such rating")
        await self._keyring.bury([rating], at=at)
        async with self._content.write() as connection:
            await connection.execute(delete(Rating).where(Rating.id == rating))

    # As a keeper

    async def erase(self, subject: UUID) -> dict[str, int]:
        """Delete a subject's reports and every rating by or about it; and what is reserved for it counts as used."""
        async with self._content.write() as connection:
            reports = await connection.execute(delete(Feedback).where(Feedback.owner_id == subject))
            ratings = await connection.execute(
                delete(Rating).where(or_(Rating.rated_id == subject, Rating.rater_id == subject))
            )
            idx = select(Subject.idx).where(Subject.id == subject).scalar_subquery()
            reserved = await connection.execute(delete(Reservation).where(Reservation.idx == idx))
        return {"feedback": reports.rowcount, "rating": ratings.rowcount, "reservation": reserved.rowcount}

    async def export(self, subject: UUID) -> AsyncIterator[Page]:
        """The ratings about a subject and by it, for the data package; its reports are in there already."""
        after = UUID(int=0)
        while True:
            async with self._content.read() as connection:
                found = await connection.execute(
                    select(Rating.__table__)
                    .where(or_(Rating.rated_id == subject, Rating.rater_id == subject), Rating.id > after)
                    .order_by(Rating.id)
                    .limit(_BATCH)
                )
                rows = found.mappings().all()
            if not rows:
                return
            after = rows[-1]["id"]
            records = await self._records(rows, subject)
            yield Page("ratings", records, sum(record["body"] is None for record in records))

    async def _records(self, rows: Sequence[RowMapping], subject: UUID) -> list[dict[str, Any]]:
        records: list[dict[str, Any]] = []
        async with self._keyring.unlocked(*{row["rated_id"] for row in rows}) as keys:
            for row in rows:
                try:
                    body = _body(row, keys)
                except SubjectErased:
                    continue  # about somebody who is being erased: it is about to go
                records.append(
                    {
                        "id": str(row["id"]),
                        "transcript": str(row["transcript_id"]),
                        "day": row["created_day"].isoformat(),
                        "about_you": row["rated_id"] == subject,
                        "by_you": row["rater_id"] == subject,
                        "body": body,
                    }
                )
        return records

    # Reading

    async def _subject(self, user_id: int) -> UUID:
        subject = await self._subjects.find(user_id)
        if subject is None:
            raise NotFound("nothing is kept of this person")
        return subject

    async def _discord_id(self, subject: UUID) -> int | None:
        try:
            return await self._subjects.discord_id(subject)
        except (UnknownKey, DecryptionFailed):
            return None

    def __repr__(self) -> str:
        return "<FeedbackStore>"


async def put(
    connection: AsyncConnection,
    keys: Unlocked,
    *,
    owner: UUID,
    transcript_id: UUID,
    body: Mapping[str, Any],
    model: str,
    schema_ver: int,
    at: datetime,
) -> UUID:
    """Insert a report in a writer's transaction, whose caller knows that the transcript is *owner*'s; return its id.

    Raises:
        ValueError: If it is too long.
        SubjectErased: If the owner's keys were destroyed.
    """
    feedback = uuid4()
    plain = _dump({"report": dict(body), "disputes": []}, BODY_BYTES)
    await connection.execute(
        insert(Feedback).values(
            id=feedback,
            transcript_id=transcript_id,
            owner_id=owner,
            enc_body=keys.seal(owner, plain, _place(feedback, 0)),
            model=model[:MODEL_LENGTH],
            schema_ver=schema_ver,
            created_day=_day(at),
            rev=0,
        )
    )
    return feedback


async def _own(connection: AsyncConnection, owner: UUID, feedback: UUID) -> RowMapping:
    found = await connection.execute(
        select(Feedback.__table__).where(Feedback.id == feedback, Feedback.owner_id == owner)
    )
    row = found.mappings().first()
    if row is None:
        raise NotFound("there is no such feedback of this person")
    return row


async def _were_there(
    connection: AsyncConnection, transcript_id: UUID, rater: UUID, rated: UUID, *, at: datetime, vouched: bool
) -> bool:
    found = await connection.execute(select(Transcript.owner_id).where(Transcript.id == transcript_id))
    owner = found.scalar_one_or_none()
    if owner is None:
        return False
    if vouched:
        return True
    spoke = await connection.execute(select(Turn.speaker_id).where(Turn.transcript_id == transcript_id).distinct())
    there = {owner, *spoke.scalars()}
    shared = await connection.execute(
        select(Share.reader_id).where(Share.transcript_id == transcript_id, Share.expires_at > at)
    )
    return rated in there and rater in there | set(shared.scalars())


def _kept(row: RowMapping | dict[str, Any], keys: Unlocked) -> Kept:
    body: dict[str, Any] = {"report": None, "disputes": []}
    with contextlib.suppress(UnknownKey, DecryptionFailed):
        body = _opened(keys, row["owner_id"], row["enc_body"], _place(row["id"], row["rev"]))
    return Kept(
        row["id"],
        row["transcript_id"],
        row["created_day"],
        row["model"],
        row["schema_ver"],
        body["report"],
        tuple(Dispute(each["criterion"], each["note"], date.fromisoformat(each["day"])) for each in body["disputes"]),
    )


def _rated(row: RowMapping, rater: int | None, keys: Unlocked) -> Rated:
    try:
        body = _body(row, keys)
    except SubjectErased:
        body = None
    own = row["rated_id"] == row["rater_id"]
    return Rated(row["id"], row["transcript_id"], rater, own, row["created_day"], body)


def _body(row: RowMapping, keys: Unlocked) -> dict[str, Any] | None:
    """What a rating says; None if it does not open.

    Raises:
        SubjectErased: If whom it is about was erased.
    """
    try:
        return _opened(keys, row["rated_id"], row["enc_body"], _rating_place(row["id"], row["rev"]))
    except SubjectErased:
        raise
    except (UnknownKey, DecryptionFailed):
        return None


def _dump(body: Mapping[str, Any], most: int) -> bytes:
    plain = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()
    if len(plain) > most:
        raise ValueError(f"it has at most {most} bytes as JSON")
    return plain


def _opened(keys: Unlocked, subject: UUID, sealed: bytes, place: Place) -> dict[str, Any]:
    plain = keys.open(subject, sealed, place)
    try:
        return cast("dict[str, Any]", json.loads(plain.decode()))
    finally:
        wipe(plain)


def _place(row: UUID, rev: int) -> Place:
    return Place("feedback", "enc_body", row, rev)


def _rating_place(row: UUID, rev: int) -> Place:
    return Place("rating", "enc_body", row, rev)


def _day(at: datetime) -> date:
    return at.astimezone(UTC).date()
