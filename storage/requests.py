"""The ledger of requests: who wants what about their data, since when, and by when it must be answered.

    add            somebody asked on Discord                      -> an entry, due in 30 days
    add_email      somebody wrote; the operator puts it down      -> an entry without a person, and a code for them
    confirm        who wrote enters that code on Discord          -> the entry is theirs, sealed under their key
    reminders      what is 20 or 27 days old and still open       -> each once
    health         how many are open, and overdue
    close          answered, or refused

The code has two parts. The first names the entry, so that wrong tries are counted against it; the second is 128 random
bits, of which a hash is kept for three days and at most five tries. An address of who wrote is not kept unless the
operator writes it into the text; that is sealed, under the installation's key until somebody confirms.

The deadline counts from the day that the request was received, whether or not it was confirmed. Times are arguments.
"""

from __future__ import annotations

import base64
import enum
import hashlib
import hmac
import json
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, Literal
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, select, update

from storage.crypto import Place, encode
from storage.erasure import Page
from storage.errors import CodeRefused, DecryptionFailed, NotFound, UnknownKey
from storage.keyring import INSTALLATION
from storage.models import Request

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from sqlalchemy import ColumnElement, RowMapping

    from storage.database import Database
    from storage.keyring import Keyring
    from storage.keys import Secrets
    from storage.subjects import Subjects

DEADLINE: Final = timedelta(days=30)
"""How long an answer may take. Source: the policy, section 1; the GDPR says a month, Article 12(3)."""

REMIND_AFTER: Final = (timedelta(days=20), timedelta(days=27))
"""When whoever runs the bot is reminded of an open request."""

CODE_LIFE: Final = timedelta(hours=72)

CODE_ATTEMPTS: Final = 5

CODE_BYTES: Final = 16

TEXT_LENGTH: Final = 4000
"""How long a request's text may be, in characters: a Discord text field's longest."""

_REFERENCE_BYTES = 5
_REFERENCE_LENGTH = 8
_BATCH = 200

Via = Literal["discord", "email"]


class RequestKind(enum.StrEnum):
    """What is asked for. Articles are of the GDPR."""

    ACCESS = "access"
    """A copy of everything, Article 15."""

    PORTABILITY = "portability"
    """The same, to take elsewhere, Article 20."""

    ERASURE = "erasure"
    """Article 17."""

    RECTIFICATION = "rectification"
    """Article 16."""

    RESTRICTION = "restriction"
    """Keep it and do nothing with it, Article 18."""

    OBJECTION = "objection"
    """Article 21."""

    COMPLAINT = "complaint"

    WITHDRAW = "withdraw"
    """Take consent back by letter, Article 7(3)."""


class Outcome(enum.StrEnum):
    """How a request ended."""

    DONE = "done"
    PARTLY = "partly"
    REFUSED = "refused"
    TAKEN_BACK = "taken_back"
    UNCONFIRMED = "unconfirmed"


@dataclass(frozen=True, slots=True)
class Entry:
    """A request.

    Attributes:
        id: Random.
        kind: What is asked for.
        via: Where it came from.
        confirmed: Whether it is known whose it is.
        text: What was written, as far as it was put down; None if it cannot be opened.
        received_at: When it came.
        due_at: By when it must be answered.
        closed_at: When it was; None while it is open.
        outcome: How it ended.
    """

    id: UUID
    kind: RequestKind
    via: Via | None
    confirmed: bool
    text: str | None = field(repr=False)
    received_at: datetime
    due_at: datetime
    closed_at: datetime | None = None
    outcome: Outcome | None = None


@dataclass(frozen=True, slots=True)
class Reminder:
    """A request that should be looked at.

    Attributes:
        id: Which.
        kind: What is asked for.
        day: How many days after it came this reminder belongs: 20 or 27.
        due_at: By when it must be answered.
    """

    id: UUID
    kind: RequestKind
    day: int
    due_at: datetime


@dataclass(frozen=True, slots=True)
class RequestHealth:
    """How the ledger stands.

    Attributes:
        open: How many requests are open.
        overdue: How many of them should have been answered.
        next_due_at: When the next one must be; None if none is open.
    """

    open: int
    overdue: int
    next_due_at: datetime | None

    @property
    def red(self) -> bool:
        """Whether somebody must act now."""
        return self.overdue > 0


class Requests:
    """The requests of one installation. It is a `storage.erasure.Keeper`."""

    name = "requests"

    def __init__(self, content: Database, keyring: Keyring, secrets: Secrets, subjects: Subjects) -> None:
        self._content = content
        self._keyring = keyring
        self._secrets = secrets
        self._subjects = subjects

    async def add(self, user_id: int, kind: RequestKind, *, interaction_id: int, at: datetime, text: str = "") -> UUID:
        """Put down what this person asks for on Discord, and return its id. The same interaction is put down once.

        Raises:
            ValueError: If *text* is too long.
            StorageError: If it could not be put down.
        """
        _check(text)
        # An id that only this installation can make from the interaction's: a copy of it finds the same row.
        request = UUID(bytes=self._secrets.index("request", interaction_id)[:16])
        subject = await self._subjects.find_or_create(user_id, today=at.astimezone(UTC).date())
        sealed = await self._sealed(request, subject, text, "discord")
        async with self._content.write() as connection:
            known = await connection.execute(select(Request.id).where(Request.id == request))
            if known.first() is None:
                await connection.execute(insert(Request).values(_row(request, kind, at, sealed, subject_id=subject)))
        return request

    async def add_email(self, kind: RequestKind, *, received_at: datetime, at: datetime, text: str) -> tuple[UUID, str]:
        """Put down what came by e-mail, and return its id and the code to answer with.

        The code is not kept: whoever loses it asks for a `new_code`.

        Raises:
            ValueError: If *text* is too long.
            StorageError: If it could not be put down.
        """
        _check(text)
        request = uuid4()
        secret = os.urandom(CODE_BYTES)
        await self._keyring.ensure(INSTALLATION)
        sealed = await self._sealed(request, INSTALLATION, text, "email")
        row = _row(request, kind, received_at, sealed) | _code(request, secret, at)
        async with self._content.write() as connection:
            await connection.execute(insert(Request).values(row))
        return request, _spelled(request, secret)

    async def new_code(self, request: UUID, *, at: datetime) -> str:
        """Another code for a request that nobody confirmed; the one before is void.

        Raises:
            NotFound: If there is no such request that is open and not confirmed.
        """
        secret = os.urandom(CODE_BYTES)
        async with self._content.write() as connection:
            done = await connection.execute(
                update(Request)
                .where(Request.id == request, Request.subject_id.is_(None), Request.closed_at.is_(None))
                .values(_code(request, secret, at))
            )
        if done.rowcount == 0:
            raise NotFound("there is no such request to confirm")
        return _spelled(request, secret)

    async def confirm(self, user_id: int, code: str, *, at: datetime) -> Entry:
        """Bind the request that *code* was sent for to this person, who entered it on Discord.

        Raises:
            CodeRefused: If it is not the code, or older than three days, or the fifth try was before.
            StorageError: If it could not be put down; the code is still good.
        """
        reference, secret = _read(code)
        row = await self._awaiting(reference, secret, at)
        if row is None:
            await self._count_attempt(reference)
            raise CodeRefused("this code is not good, or not any more")
        request = row["id"]
        text, via = await self._opened(row)
        subject = await self._subjects.find_or_create(user_id, today=at.astimezone(UTC).date())
        sealed = await self._sealed(request, subject, text, via)
        async with self._content.write() as connection:
            # Asked again in here: another one may have been first, or used up the tries.
            done = await connection.execute(
                update(Request)
                .where(
                    Request.id == request,
                    Request.subject_id.is_(None),
                    Request.code_hash == row["code_hash"],
                    Request.attempts < CODE_ATTEMPTS,
                )
                .values(subject_id=subject, enc_detail=sealed, code_hash=None, code_expires_at=None)
            )
        if done.rowcount == 0:
            raise CodeRefused("this code is not good, or not any more")
        return _entry(dict(row) | {"subject_id": subject}, text, via)

    async def close(self, request: UUID, outcome: Outcome, *, at: datetime) -> bool:
        """Close a request, and return whether it was open. How it ended first, stays.

        Raises:
            NotFound: If there is no such request.
        """
        async with self._content.write() as connection:
            done = await connection.execute(
                update(Request)
                .where(Request.id == request, Request.closed_at.is_(None))
                .values(closed_at=at, outcome=outcome.value, code_hash=None, code_expires_at=None)
            )
            known = await connection.execute(select(Request.id).where(Request.id == request))
            if known.first() is None:
                raise NotFound("there is no such request")
        return done.rowcount == 1

    async def entries(self, *, closed: bool = False) -> list[Entry]:
        """All open requests, or all *closed* ones, the most urgent first; for whoever runs the bot."""
        state = Request.closed_at.is_not(None) if closed else Request.closed_at.is_(None)
        return await self._entries(state)

    async def of(self, user_id: int) -> list[Entry]:
        """This person's requests, the most urgent first."""
        subject = await self._subjects.find(user_id)
        return [] if subject is None else await self._entries(Request.subject_id == subject)

    async def reminders(self, *, now: datetime) -> list[Reminder]:
        """What whoever runs the bot must be reminded of now. Each is returned once, whichever process asks.

        A process that is killed after this and before it reminded anybody has used the reminder up; that a request is
        overdue, `health` says whenever it is asked.
        """
        async with self._content.write() as connection:
            found = await connection.execute(
                select(Request.id, Request.kind, Request.received_at, Request.due_at, Request.reminders)
                .where(
                    Request.closed_at.is_(None),
                    Request.reminders < len(REMIND_AFTER),
                    Request.received_at <= now - REMIND_AFTER[0],
                )
                .order_by(Request.due_at, Request.id)
            )
            reminders: list[Reminder] = []
            for request, kind, received_at, due_at, had in found.all():
                due = [after for after in REMIND_AFTER if received_at + after <= now]
                if len(due) > had:
                    reminders += [Reminder(request, RequestKind(kind), after.days, due_at) for after in due[had:]]
                    await connection.execute(update(Request).where(Request.id == request).values(reminders=len(due)))
        return reminders

    async def health(self, *, now: datetime) -> RequestHealth:
        """How many are open, and how many of them overdue."""
        async with self._content.read() as connection:
            still = Request.closed_at.is_(None)
            number, due = (await connection.execute(select(func.count(), func.min(Request.due_at)).where(still))).one()
            late = await connection.execute(select(func.count()).where(still, Request.due_at < now))
            return RequestHealth(number, late.scalar_one(), due)

    # As a keeper

    async def erase(self, subject: UUID) -> dict[str, int]:
        """Delete a subject's requests."""
        async with self._content.write() as connection:
            gone = await connection.execute(delete(Request).where(Request.subject_id == subject))
        return {"request": gone.rowcount}

    async def export(self, subject: UUID) -> AsyncIterator[Page]:
        """A subject's requests, for the data package."""
        entries = await self._entries(Request.subject_id == subject)
        for start in range(0, len(entries), _BATCH):
            some = entries[start : start + _BATCH]
            yield Page("requests", [_record(entry) for entry in some], sum(entry.text is None for entry in some))

    # Reading and sealing

    async def _entries(self, where: ColumnElement[bool]) -> list[Entry]:
        async with self._content.read() as connection:
            found = await connection.execute(
                select(Request.__table__).where(where).order_by(Request.due_at, Request.id)
            )
            rows = found.mappings().all()
        return [_entry(row, *await self._readable(row)) for row in rows]

    async def _awaiting(self, reference: bytes, secret: bytes, at: datetime) -> RowMapping | None:
        for row in await self._unconfirmed(reference):
            fresh = row["code_expires_at"] > at and row["attempts"] < CODE_ATTEMPTS
            if hmac.compare_digest(row["code_hash"], _hash(row["id"], secret)) and fresh:
                return row
        return None

    async def _unconfirmed(self, reference: bytes) -> Sequence[RowMapping]:
        async with self._content.read() as connection:
            found = await connection.execute(
                select(Request.__table__).where(Request.subject_id.is_(None), Request.code_hash.is_not(None))
            )
            return [row for row in found.mappings() if row["id"].bytes[:_REFERENCE_BYTES] == reference]

    async def _count_attempt(self, reference: bytes) -> None:
        rows = await self._unconfirmed(reference)
        if rows:
            async with self._content.write() as connection:
                await connection.execute(
                    update(Request)
                    .where(Request.id.in_([row["id"] for row in rows]))
                    .values(attempts=Request.attempts + 1)
                )

    async def _sealed(self, request: UUID, subject: UUID, text: str, via: Via) -> bytes:
        plain = json.dumps({"text": text, "via": via}, ensure_ascii=False).encode()
        async with self._keyring.unlocked(subject) as keys:
            return keys.seal(subject, plain, _place(request))

    async def _readable(self, row: RowMapping) -> tuple[str | None, Via | None]:
        try:
            return await self._opened(row)
        except (DecryptionFailed, UnknownKey):
            # One that was changed, or whose owner's key is gone, keeps no other from being answered in time.
            return None, None

    async def _opened(self, row: RowMapping) -> tuple[str, Via]:
        subject = row["subject_id"] or INSTALLATION
        async with self._keyring.unlocked(subject) as keys:
            detail = json.loads(keys.open(subject, row["enc_detail"], _place(row["id"])))
        return detail["text"], detail["via"]

    def __repr__(self) -> str:
        return "<Requests>"


def _check(text: str) -> None:
    if len(text) > TEXT_LENGTH:
        raise ValueError("a request has at most 4000 characters")


def _place(request: UUID) -> Place:
    return Place("request", "enc_detail", request)


def _row(
    request: UUID, kind: RequestKind, received_at: datetime, sealed: bytes, *, subject_id: UUID | None = None
) -> dict[str, Any]:
    return {
        "id": request,
        "subject_id": subject_id,
        "kind": kind.value,
        "enc_detail": sealed,
        "received_at": received_at,
        "due_at": received_at + DEADLINE,
        "reminders": 0,
        "attempts": 0,
    }


def _code(request: UUID, secret: bytes, at: datetime) -> dict[str, Any]:
    return {"code_hash": _hash(request, secret), "code_expires_at": at + CODE_LIFE, "attempts": 0}


def _hash(request: UUID, secret: bytes) -> bytes:
    # Plain SHA-256: nobody can go through 128 random bits.
    return hashlib.sha256(encode("skillrally: code of a request, 1", request, secret)).digest()


def _spelled(request: UUID, secret: bytes) -> str:
    """The code as it is sent: the entry's part, then groups of the secret's, in letters and the digits 2 to 7."""
    letters = base64.b32encode(secret).decode("ascii").rstrip("=")
    groups = [letters[start : start + 5] for start in range(0, len(letters), 5)]
    reference = base64.b32encode(request.bytes[:_REFERENCE_BYTES]).decode("ascii")
    return "-".join([reference, *groups])


def _read(code: str) -> tuple[bytes, bytes]:
    """Both parts of what somebody typed: however it is grouped, in small letters too, and with 0 for O or 1 for I."""
    letters = "".join(each for each in code.upper() if each.isascii() and each.isalnum())
    letters = letters.translate(str.maketrans("018", "OIB"))
    try:
        reference = base64.b32decode(letters[:_REFERENCE_LENGTH])
        secret = base64.b32decode(letters[_REFERENCE_LENGTH:] + "=" * (-(len(letters) - _REFERENCE_LENGTH) % 8))
    except ValueError:
        return b"", b""
    return reference, secret


def _entry(row: RowMapping | dict[str, Any], text: str | None, via: Via | None) -> Entry:
    return Entry(
        id=row["id"],
        kind=RequestKind(row["kind"]),
        via=via,
        confirmed=row["subject_id"] is not None,
        text=text,
        received_at=row["received_at"],
        due_at=row["due_at"],
        closed_at=row["closed_at"],
        outcome=None if row["outcome"] is None else Outcome(row["outcome"]),
    )


def _record(entry: Entry) -> dict[str, Any]:
    return {
        "id": str(entry.id),
        "kind": entry.kind.value,
        "via": entry.via,
        "text": entry.text,
        "received_at": _iso(entry.received_at),
        "due_at": _iso(entry.due_at),
        "closed_at": None if entry.closed_at is None else _iso(entry.closed_at),
        "outcome": None if entry.outcome is None else entry.outcome.value,
    }


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
