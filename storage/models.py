"""The tables of both databases, and why each column is there.

    Content   what people chose to keep, sealed under their data keys, and what running the bot needs
    Keyring   the data keys, wrapped, the tombstones of what was erased, and who is never to be heard

They are two databases so that a backup of the content, restored beside the living keyring, opens nothing of anybody
whose key was destroyed, and undoes nothing that somebody said no to.

Every column says in `info` how it is protected (`privacy`), what for (`purpose`), on what legal ground (`basis`) and
for how long (`retention`); see `Privacy`, `Why`, `Basis` and `Retention`. The record of processing and the export are
made from that, so a column without it is an error in the tests.

Nothing here cascades. Deleting a subject, or a transcript, fails while a row still points to it: an erasure that forgot
a table would be noticed by the database.

Columns: `enc_…` is a sealed field (see `storage.crypto`), `…_idx` or `idx` an HMAC of a Discord id, `…_at` a moment in
UTC, `…_day` a date, `rev` how often the sealed fields of a row were rewritten.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Literal
from uuid import UUID  # noqa: TC003  SQLAlchemy reads the annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    String,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

if TYPE_CHECKING:
    from sqlalchemy import Dialect

Privacy = Literal["cipher", "index", "public"]
"""Sealed under a data key; an HMAC that only this installation can make; or plain: random ids, days, states, counts."""

Why = Literal[
    "identify",  # know a person again
    "consent",  # ask, remember and prove what was agreed to
    "transcripts",  # keep what its speakers chose to save
    "feedback",  # comments on an interview, made on request
    "captions",  # delete captions from Discord when their time is over
    "budget",  # keep what feedback costs within bounds
    "idempotency",  # do once what Discord sends twice
    "requests",  # answer people's requests about their data in time
    "security",  # see misuse
    "analytics",  # count use, by those who agreed
    "erasure",  # keep erased what was erased
    "keys",  # open what is sealed
    "practice",  # let people practise as they chose: settings, partners, questions of their own
    "moderation",  # let a server decide where, by whom and how much its members practise
    "operation",  # run on time, once
]

Basis = Literal["consent", "contract", "legitimate_interest", "legal_obligation"]
"""Article 6(1)(a), (b), (f) and (c) of the GDPR."""

Retention = Literal[
    "account",  # until the account is deleted
    "saved",  # until its owner deletes it, or the account
    "interview",  # until the interview is over
    "job",  # until the work is done, at most a day
    "server",  # until who manages the server deletes it, or the bot leaves
    "block",  # until it is lifted or ends, at most a year
    "30 days",
    "90 days",
    "a year",  # after it was answered, or until the account is deleted
    "backups",  # as long as a backup could bring back what was erased
    "installation",  # no person's data; as long as the bot is run
]

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
"""How constraints are named, so that migrations can name them again."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Moment(TypeDecorator[datetime]):
    """An aware UTC datetime, stored as microseconds since 1970, which both databases compare alike."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:  # noqa: ARG002
        """Microseconds; a datetime without a zone is refused."""
        return None if value is None else (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """The datetime again."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


def _about(privacy: Privacy, purpose: Why, basis: Basis, retention: Retention) -> dict[str, Any]:
    return {"privacy": privacy, "purpose": purpose, "basis": basis, "retention": retention}


_HMAC = LargeBinary(32)
_HASH = LargeBinary(32)
_STATE = String(16)


class Content(DeclarativeBase):
    """The tables of the content database."""

    metadata = MetaData(naming_convention=NAMES)


class Subject(Content):
    """A person who agreed to something once. The id is random and means nothing outside."""

    __tablename__ = "subject"

    id: Mapped[UUID] = mapped_column(primary_key=True, info=_about("public", "identify", "contract", "account"))
    idx: Mapped[bytes] = mapped_column(_HMAC, unique=True, info=_about("index", "identify", "contract", "account"))
    enc_discord_id: Mapped[bytes] = mapped_column(info=_about("cipher", "identify", "contract", "account"))
    created_day: Mapped[date] = mapped_column(info=_about("public", "identify", "contract", "account"))


class ConsentLink(Content):
    """A link of the ledger's chain. It says nothing about anybody once its event and the event's salt are gone."""

    __tablename__ = "consent_link"

    seq: Mapped[int] = mapped_column(
        BigInteger,
        primary_key=True,
        autoincrement=False,
        info=_about("public", "consent", "legal_obligation", "installation"),
    )
    commitment: Mapped[bytes] = mapped_column(
        _HASH, info=_about("public", "consent", "legal_obligation", "installation")
    )
    head: Mapped[bytes] = mapped_column(_HASH, info=_about("public", "consent", "legal_obligation", "installation"))
    mac: Mapped[bytes] = mapped_column(_HMAC, info=_about("public", "consent", "legal_obligation", "installation"))


class ConsentEvent(Content):
    """Somebody said yes or took it back, for one purpose."""

    __tablename__ = "consent_event"
    __table_args__ = (
        UniqueConstraint("interaction_idx", "purpose"),
        Index(None, "subject_id", "purpose", "seq"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, info=_about("public", "consent", "legal_obligation", "account"))
    seq: Mapped[int] = mapped_column(
        BigInteger,
        ForeignKey("consent_link.seq"),
        unique=True,
        info=_about("public", "consent", "legal_obligation", "account"),
    )
    subject_id: Mapped[UUID] = mapped_column(
        ForeignKey("subject.id"), info=_about("public", "consent", "legal_obligation", "account")
    )
    purpose: Mapped[str] = mapped_column(_STATE, info=_about("public", "consent", "legal_obligation", "account"))
    given: Mapped[bool] = mapped_column(info=_about("public", "consent", "legal_obligation", "account"))
    policy_version: Mapped[str] = mapped_column(
        String(40), info=_about("public", "consent", "legal_obligation", "account")
    )
    policy_hash: Mapped[bytes] = mapped_column(_HASH, info=_about("public", "consent", "legal_obligation", "account"))
    interaction_idx: Mapped[bytes] = mapped_column(
        _HMAC, info=_about("index", "idempotency", "legal_obligation", "account")
    )
    salt: Mapped[bytes] = mapped_column(
        LargeBinary(32), info=_about("public", "consent", "legal_obligation", "account")
    )
    enc_detail: Mapped[bytes] = mapped_column(info=_about("cipher", "consent", "legal_obligation", "account"))


class Transcript(Content):
    """An interview that its owner saved. Its number counts its owner's, from 1."""

    __tablename__ = "transcript"
    __table_args__ = (UniqueConstraint("owner_id", "number"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, info=_about("public", "transcripts", "consent", "saved"))
    owner_id: Mapped[UUID] = mapped_column(
        ForeignKey("subject.id"), info=_about("public", "transcripts", "consent", "saved")
    )
    number: Mapped[int] = mapped_column(info=_about("public", "transcripts", "consent", "saved"))
    enc_title: Mapped[bytes] = mapped_column(info=_about("cipher", "transcripts", "consent", "saved"))
    state: Mapped[str] = mapped_column(_STATE, info=_about("public", "transcripts", "consent", "saved"))
    created_day: Mapped[date] = mapped_column(info=_about("public", "transcripts", "consent", "saved"))
    rev: Mapped[int] = mapped_column(info=_about("public", "transcripts", "consent", "saved"))


class Turn(Content):
    """What one person said without a break, sealed under the speaker's key, whoever owns the transcript.

    Without a body it stands for words that are not there: its state says why. Where their speaker did not want them
    saved, or was erased, it has no speaker either.
    """

    __tablename__ = "turn"
    __table_args__ = (UniqueConstraint("transcript_id", "seq"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, info=_about("public", "transcripts", "consent", "saved"))
    transcript_id: Mapped[UUID] = mapped_column(
        ForeignKey("transcript.id"), info=_about("public", "transcripts", "consent", "saved")
    )
    speaker_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("subject.id"), index=True, info=_about("public", "transcripts", "consent", "saved")
    )
    seq: Mapped[int] = mapped_column(info=_about("public", "transcripts", "consent", "saved"))
    state: Mapped[str] = mapped_column(_STATE, info=_about("public", "transcripts", "consent", "saved"))
    enc_body: Mapped[bytes | None] = mapped_column(info=_about("cipher", "transcripts", "consent", "saved"))
    rev: Mapped[int] = mapped_column(info=_about("public", "transcripts", "consent", "saved"))


class Share(Content):
    """Somebody else who may read a transcript for a while. The owner's seal on it keeps others from making one."""

    __tablename__ = "share"
    __table_args__ = (UniqueConstraint("transcript_id", "reader_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, info=_about("public", "transcripts", "consent", "30 days"))
    transcript_id: Mapped[UUID] = mapped_column(
        ForeignKey("transcript.id"), info=_about("public", "transcripts", "consent", "30 days")
    )
    reader_id: Mapped[UUID] = mapped_column(
        ForeignKey("subject.id"), index=True, info=_about("public", "transcripts", "consent", "30 days")
    )
    created_day: Mapped[date] = mapped_column(info=_about("public", "transcripts", "consent", "30 days"))
    enc_grant: Mapped[bytes] = mapped_column(info=_about("cipher", "transcripts", "consent", "30 days"))
    expires_at: Mapped[datetime] = mapped_column(
        Moment, index=True, info=_about("public", "transcripts", "consent", "30 days")
    )


class Feedback(Content):
    """Comments on a transcript that its owner asked for."""

    __tablename__ = "feedback"

    id: Mapped[UUID] = mapped_column(primary_key=True, info=_about("public", "feedback", "consent", "saved"))
    transcript_id: Mapped[UUID] = mapped_column(
        ForeignKey("transcript.id"), index=True, info=_about("public", "feedback", "consent", "saved")
    )
    owner_id: Mapped[UUID] = mapped_column(
        ForeignKey("subject.id"), index=True, info=_about("public", "feedback", "consent", "saved")
    )
    enc_body: Mapped[bytes] = mapped_column(info=_about("cipher", "feedback", "consent", "saved"))
    model: Mapped[str] = mapped_column(String(100), info=_about("public", "feedback", "consent", "saved"))
    schema_ver: Mapped[int] = mapped_column(info=_about("public", "feedback", "consent", "saved"))
    created_day: Mapped[date] = mapped_column(info=_about("public", "feedback", "consent", "saved"))
    rev: Mapped[int] = mapped_column(info=_about("public", "feedback", "consent", "saved"))


class Rating(Content):
    """What somebody noted about an answer or an interview: the rated person's, and sealed under that person's key.

    Whoever rates oneself is both.
    """

    __tablename__ = "rating"
    __table_args__ = (UniqueConstraint("transcript_id", "rated_id", "rater_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, info=_about("public", "feedback", "consent", "saved"))
    transcript_id: Mapped[UUID] = mapped_column(
        ForeignKey("transcript.id"), info=_about("public", "feedback", "consent", "saved")
    )
    rated_id: Mapped[UUID] = mapped_column(
        ForeignKey("subject.id"), index=True, info=_about("public", "feedback", "consent", "saved")
    )
    rater_id: Mapped[UUID] = mapped_column(
        ForeignKey("subject.id"), index=True, info=_about("public", "feedback", "consent", "saved")
    )
    enc_body: Mapped[bytes] = mapped_column(info=_about("cipher", "feedback", "consent", "saved"))
    created_day: Mapped[date] = mapped_column(info=_about("public", "feedback", "consent", "saved"))
    rev: Mapped[int] = mapped_column(info=_about("public", "feedback", "consent", "saved"))


class AiJob(Content):
    """Feedback that was asked for and is not there yet, or could not be had.

    Whoever is at it holds it by *attempt_id*, until *leased_until_at*.
    """

    __tablename__ = "ai_job"
    __table_args__ = (Index(None, "state", "not_before_at"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, info=_about("public", "feedback", "consent", "job"))
    transcript_id: Mapped[UUID] = mapped_column(
        ForeignKey("transcript.id"), index=True, info=_about("public", "feedback", "consent", "job")
    )
    owner_id: Mapped[UUID] = mapped_column(
        ForeignKey("subject.id"), index=True, info=_about("public", "feedback", "consent", "job")
    )
    server_idx: Mapped[bytes] = mapped_column(_HMAC, info=_about("index", "budget", "contract", "job"))
    enc_options: Mapped[bytes] = mapped_column(info=_about("cipher", "feedback", "consent", "job"))
    state: Mapped[str] = mapped_column(_STATE, info=_about("public", "feedback", "consent", "job"))
    reason: Mapped[str | None] = mapped_column(_STATE, info=_about("public", "feedback", "consent", "job"))
    attempts: Mapped[int] = mapped_column(info=_about("public", "feedback", "consent", "job"))
    interrupted: Mapped[int] = mapped_column(info=_about("public", "feedback", "consent", "job"))
    attempt_id: Mapped[UUID | None] = mapped_column(info=_about("public", "feedback", "consent", "job"))
    leased_until_at: Mapped[datetime | None] = mapped_column(
        Moment, info=_about("public", "feedback", "consent", "job")
    )
    not_before_at: Mapped[datetime] = mapped_column(Moment, info=_about("public", "feedback", "consent", "job"))
    reserved_tokens: Mapped[int] = mapped_column(info=_about("public", "budget", "contract", "job"))
    expires_at: Mapped[datetime] = mapped_column(Moment, info=_about("public", "feedback", "consent", "job"))


class Reservation(Content):
    """What one attempt may use at most, taken out of both budgets until it is known; the id is the attempt's.

    It refers to no job, so that a job can be deleted while its attempt is still out.
    """

    __tablename__ = "reservation"

    id: Mapped[UUID] = mapped_column(primary_key=True, info=_about("public", "budget", "legitimate_interest", "job"))
    idx: Mapped[bytes] = mapped_column(_HMAC, index=True, info=_about("index", "budget", "legitimate_interest", "job"))
    server_idx: Mapped[bytes] = mapped_column(_HMAC, info=_about("index", "budget", "legitimate_interest", "job"))
    day: Mapped[str] = mapped_column(String(10), info=_about("public", "budget", "legitimate_interest", "job"))
    month: Mapped[str] = mapped_column(String(10), info=_about("public", "budget", "legitimate_interest", "job"))
    tokens: Mapped[int] = mapped_column(BigInteger, info=_about("public", "budget", "legitimate_interest", "job"))
    leased_until_at: Mapped[datetime] = mapped_column(
        Moment, index=True, info=_about("public", "budget", "legitimate_interest", "job")
    )
    expires_at: Mapped[datetime] = mapped_column(
        Moment, index=True, info=_about("public", "budget", "legitimate_interest", "job")
    )


class Budget(Content):
    """What one person (in a day) or one server (in a month) has used of feedback."""

    __tablename__ = "budget"

    idx: Mapped[bytes] = mapped_column(
        _HMAC, primary_key=True, info=_about("index", "budget", "legitimate_interest", "90 days")
    )
    period: Mapped[str] = mapped_column(
        String(10), primary_key=True, info=_about("public", "budget", "legitimate_interest", "90 days")
    )
    reserved_tokens: Mapped[int] = mapped_column(
        BigInteger, info=_about("public", "budget", "legitimate_interest", "90 days")
    )
    spent_tokens: Mapped[int] = mapped_column(
        BigInteger, info=_about("public", "budget", "legitimate_interest", "90 days")
    )
    expires_at: Mapped[datetime] = mapped_column(
        Moment, index=True, info=_about("public", "budget", "legitimate_interest", "90 days")
    )


class LiveMessage(Content):
    """Where captions or a notice stand, or may stand, on Discord's servers, so that they are deleted whatever happens.

    Under the installation's key.
    """

    __tablename__ = "live_message"

    id: Mapped[UUID] = mapped_column(primary_key=True, info=_about("public", "captions", "consent", "interview"))
    enc_location: Mapped[bytes] = mapped_column(info=_about("cipher", "captions", "consent", "interview"))
    kind: Mapped[str] = mapped_column(_STATE, info=_about("public", "captions", "consent", "interview"))
    posted: Mapped[bool] = mapped_column(info=_about("public", "captions", "consent", "interview"))
    expires_at: Mapped[datetime] = mapped_column(
        Moment, index=True, info=_about("public", "captions", "consent", "interview")
    )


class Idempotency(Content):
    """An interaction that was answered, so that its copy has no second effect."""

    __tablename__ = "idempotency"

    interaction_idx: Mapped[bytes] = mapped_column(
        _HMAC, primary_key=True, info=_about("index", "idempotency", "contract", "30 days")
    )
    result_hash: Mapped[bytes] = mapped_column(_HASH, info=_about("public", "idempotency", "contract", "30 days"))
    expires_at: Mapped[datetime] = mapped_column(
        Moment, index=True, info=_about("public", "idempotency", "contract", "30 days")
    )


class Preference(Content):
    """What somebody chose for themselves, and the days they practised if they have them counted."""

    __tablename__ = "preference"

    subject_id: Mapped[UUID] = mapped_column(
        ForeignKey("subject.id"), primary_key=True, info=_about("public", "practice", "contract", "account")
    )
    enc_body: Mapped[bytes] = mapped_column(info=_about("cipher", "practice", "contract", "account"))
    rev: Mapped[int] = mapped_column(info=_about("public", "practice", "contract", "account"))


class GuildQuestion(Content):
    """A server's own question, sealed under the key of whoever added it."""

    __tablename__ = "guild_question"

    id: Mapped[UUID] = mapped_column(primary_key=True, info=_about("public", "practice", "contract", "saved"))
    server_idx: Mapped[bytes] = mapped_column(_HMAC, index=True, info=_about("index", "practice", "contract", "saved"))
    author_id: Mapped[UUID] = mapped_column(
        ForeignKey("subject.id"), index=True, info=_about("public", "practice", "contract", "saved")
    )
    enc_body: Mapped[bytes] = mapped_column(info=_about("cipher", "practice", "contract", "saved"))
    created_day: Mapped[date] = mapped_column(info=_about("public", "practice", "contract", "saved"))


class QueueEntry(Content):
    """Somebody who looks for a partner in one server; *bucket* is the server with what they want to practise.

    An offer may be gone before those it names have heard of it, so nothing refers to it.
    """

    __tablename__ = "queue_entry"
    __table_args__ = (UniqueConstraint("subject_id", "server_idx"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, info=_about("public", "practice", "contract", "job"))
    subject_id: Mapped[UUID] = mapped_column(
        ForeignKey("subject.id"), info=_about("public", "practice", "contract", "job")
    )
    server_idx: Mapped[bytes] = mapped_column(_HMAC, index=True, info=_about("index", "practice", "contract", "job"))
    bucket_idx: Mapped[bytes] = mapped_column(_HMAC, index=True, info=_about("index", "practice", "contract", "job"))
    enc_body: Mapped[bytes] = mapped_column(info=_about("cipher", "practice", "contract", "job"))
    offer_id: Mapped[UUID | None] = mapped_column(index=True, info=_about("public", "practice", "contract", "job"))
    accepted: Mapped[bool] = mapped_column(info=_about("public", "practice", "contract", "job"))
    expires_at: Mapped[datetime] = mapped_column(
        Moment, index=True, info=_about("public", "practice", "contract", "job")
    )


class Offer(Content):
    """Two people who are asked whether they want to practise together: the queue asks both, a member another."""

    __tablename__ = "offer"

    id: Mapped[UUID] = mapped_column(primary_key=True, info=_about("public", "practice", "contract", "job"))
    kind: Mapped[str] = mapped_column(_STATE, info=_about("public", "practice", "contract", "job"))
    one_idx: Mapped[bytes] = mapped_column(_HMAC, index=True, info=_about("index", "practice", "contract", "job"))
    other_idx: Mapped[bytes] = mapped_column(_HMAC, index=True, info=_about("index", "practice", "contract", "job"))
    enc_place: Mapped[bytes | None] = mapped_column(info=_about("cipher", "practice", "contract", "job"))
    expires_at: Mapped[datetime] = mapped_column(
        Moment, index=True, info=_about("public", "practice", "contract", "job")
    )


class GuildSetting(Content):
    """What who manages a server decided for it, under the installation's key; one row for each server.

    What its feedback may use in a month stands beside it, to be read by whoever reserves it in the same transaction.
    """

    __tablename__ = "guild_setting"

    id: Mapped[UUID] = mapped_column(
        primary_key=True, info=_about("public", "moderation", "legitimate_interest", "server")
    )
    server_idx: Mapped[bytes] = mapped_column(
        _HMAC, unique=True, info=_about("index", "moderation", "legitimate_interest", "server")
    )
    enc_body: Mapped[bytes] = mapped_column(info=_about("cipher", "moderation", "legitimate_interest", "server"))
    month_tokens: Mapped[int | None] = mapped_column(
        BigInteger, info=_about("public", "moderation", "legitimate_interest", "server")
    )
    rev: Mapped[int] = mapped_column(info=_about("public", "moderation", "legitimate_interest", "server"))


class Server(Content):
    """A server that the bot is in, under the installation's key; and since when it is missing there."""

    __tablename__ = "server"

    id: Mapped[UUID] = mapped_column(
        primary_key=True, info=_about("public", "operation", "legitimate_interest", "server")
    )
    server_idx: Mapped[bytes] = mapped_column(
        _HMAC, unique=True, info=_about("index", "operation", "legitimate_interest", "server")
    )
    enc_body: Mapped[bytes] = mapped_column(info=_about("cipher", "operation", "legitimate_interest", "server"))
    missing_at: Mapped[datetime | None] = mapped_column(
        Moment, info=_about("public", "operation", "legitimate_interest", "server")
    )


class Block(Content):
    """Somebody who may neither start nor join interviews in one server for a while.

    It stays when the account is deleted, since deleting it would lift it otherwise. Its index is of no other table, and
    who it is about is sealed under the installation's key, so nothing else leads to it.
    """

    __tablename__ = "block"
    __table_args__ = (UniqueConstraint("server_idx", "blocked_idx"),)

    id: Mapped[UUID] = mapped_column(
        primary_key=True, info=_about("public", "security", "legitimate_interest", "block")
    )
    server_idx: Mapped[bytes] = mapped_column(_HMAC, info=_about("index", "security", "legitimate_interest", "block"))
    blocked_idx: Mapped[bytes] = mapped_column(
        _HMAC, index=True, info=_about("index", "security", "legitimate_interest", "block")
    )
    enc_body: Mapped[bytes] = mapped_column(info=_about("cipher", "security", "legitimate_interest", "block"))
    reason: Mapped[str] = mapped_column(_STATE, info=_about("public", "security", "legitimate_interest", "block"))
    created_day: Mapped[date] = mapped_column(info=_about("public", "security", "legitimate_interest", "block"))
    expires_at: Mapped[datetime] = mapped_column(
        Moment, index=True, info=_about("public", "security", "legitimate_interest", "block")
    )


class Usage(Content):
    """How long somebody practised in one server on one day, and how many interviews they began there."""

    __tablename__ = "usage"

    server_idx: Mapped[bytes] = mapped_column(
        _HMAC, primary_key=True, info=_about("index", "moderation", "legitimate_interest", "30 days")
    )
    idx: Mapped[bytes] = mapped_column(
        _HMAC, primary_key=True, index=True, info=_about("index", "moderation", "legitimate_interest", "30 days")
    )
    day: Mapped[str] = mapped_column(
        String(10), primary_key=True, info=_about("public", "moderation", "legitimate_interest", "30 days")
    )
    seconds: Mapped[int] = mapped_column(info=_about("public", "moderation", "legitimate_interest", "30 days"))
    begun: Mapped[int] = mapped_column(info=_about("public", "moderation", "legitimate_interest", "30 days"))
    expires_at: Mapped[datetime] = mapped_column(
        Moment, index=True, info=_about("public", "moderation", "legitimate_interest", "30 days")
    )


class Request(Content):
    """Somebody wants to know, correct or erase something, or objects; to be answered in 30 days.

    One that came by e-mail has no subject until its sender confirmed it on Discord.
    """

    __tablename__ = "request"

    id: Mapped[UUID] = mapped_column(primary_key=True, info=_about("public", "requests", "legal_obligation", "a year"))
    subject_id: Mapped[UUID | None] = mapped_column(
        ForeignKey("subject.id"), index=True, info=_about("public", "requests", "legal_obligation", "a year")
    )
    kind: Mapped[str] = mapped_column(_STATE, info=_about("public", "requests", "legal_obligation", "a year"))
    enc_detail: Mapped[bytes] = mapped_column(info=_about("cipher", "requests", "legal_obligation", "a year"))
    received_at: Mapped[datetime] = mapped_column(
        Moment, info=_about("public", "requests", "legal_obligation", "a year")
    )
    due_at: Mapped[datetime] = mapped_column(
        Moment, index=True, info=_about("public", "requests", "legal_obligation", "a year")
    )
    closed_at: Mapped[datetime | None] = mapped_column(
        Moment, info=_about("public", "requests", "legal_obligation", "a year")
    )
    reminders: Mapped[int] = mapped_column(info=_about("public", "requests", "legal_obligation", "a year"))
    outcome: Mapped[str | None] = mapped_column(_STATE, info=_about("public", "requests", "legal_obligation", "a year"))
    code_hash: Mapped[bytes | None] = mapped_column(
        _HASH, info=_about("public", "requests", "legal_obligation", "a year")
    )
    code_expires_at: Mapped[datetime | None] = mapped_column(
        Moment, info=_about("public", "requests", "legal_obligation", "a year")
    )
    attempts: Mapped[int] = mapped_column(info=_about("public", "requests", "legal_obligation", "a year"))


class Audit(Content):
    """A security event: what happened, in which server and by whom as HMACs, when. Never content."""

    __tablename__ = "audit"

    id: Mapped[UUID] = mapped_column(
        primary_key=True, info=_about("public", "security", "legitimate_interest", "90 days")
    )
    event: Mapped[str] = mapped_column(String(40), info=_about("public", "security", "legitimate_interest", "90 days"))
    idx: Mapped[bytes | None] = mapped_column(
        _HMAC, index=True, info=_about("index", "security", "legitimate_interest", "90 days")
    )
    server_idx: Mapped[bytes | None] = mapped_column(
        _HMAC, index=True, info=_about("index", "security", "legitimate_interest", "90 days")
    )
    happened_at: Mapped[datetime] = mapped_column(
        Moment, info=_about("public", "security", "legitimate_interest", "90 days")
    )
    expires_at: Mapped[datetime] = mapped_column(
        Moment, index=True, info=_about("public", "security", "legitimate_interest", "90 days")
    )


class AnalyticsEvent(Content):
    """Something was used, by somebody who agreed to be counted."""

    __tablename__ = "analytics_event"

    id: Mapped[UUID] = mapped_column(primary_key=True, info=_about("public", "analytics", "consent", "90 days"))
    pseudonym: Mapped[str] = mapped_column(
        String(32), index=True, info=_about("index", "analytics", "consent", "90 days")
    )
    name: Mapped[str] = mapped_column(String(40), info=_about("public", "analytics", "consent", "90 days"))
    props: Mapped[dict[str, Any]] = mapped_column(JSON, info=_about("public", "analytics", "consent", "90 days"))
    expires_at: Mapped[datetime] = mapped_column(
        Moment, index=True, info=_about("public", "analytics", "consent", "90 days")
    )


class Lease(Content):
    """Which process does a job that only one may do, until when; *token* grows with each holder."""

    __tablename__ = "lease"

    name: Mapped[str] = mapped_column(
        String(40), primary_key=True, info=_about("public", "operation", "legitimate_interest", "installation")
    )
    owner: Mapped[UUID] = mapped_column(info=_about("public", "operation", "legitimate_interest", "installation"))
    token: Mapped[int] = mapped_column(
        BigInteger, info=_about("public", "operation", "legitimate_interest", "installation")
    )
    expires_at: Mapped[datetime] = mapped_column(
        Moment, info=_about("public", "operation", "legitimate_interest", "installation")
    )


class RetentionRun(Content):
    """One run of deleting what is due: when, and how many rows of each table."""

    __tablename__ = "retention_run"

    id: Mapped[UUID] = mapped_column(
        primary_key=True, info=_about("public", "operation", "legitimate_interest", "90 days")
    )
    started_at: Mapped[datetime] = mapped_column(
        Moment, index=True, info=_about("public", "operation", "legitimate_interest", "90 days")
    )
    finished_at: Mapped[datetime | None] = mapped_column(
        Moment, info=_about("public", "operation", "legitimate_interest", "90 days")
    )
    counts: Mapped[dict[str, Any]] = mapped_column(
        JSON, info=_about("public", "operation", "legitimate_interest", "90 days")
    )


class ContentMeta(Content):
    """The one row that says up to which erasure this database has followed the keyring."""

    __tablename__ = "meta"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(
        primary_key=True,
        autoincrement=False,
        info=_about("public", "operation", "legitimate_interest", "installation"),
    )
    generation: Mapped[int] = mapped_column(
        BigInteger, info=_about("public", "erasure", "legal_obligation", "installation")
    )


class Keyring(DeclarativeBase):
    """The tables of the keyring database."""

    metadata = MetaData(naming_convention=NAMES)


class Dek(Keyring):
    """One version of a subject's data key, wrapped under one version of the key-encryption key."""

    __tablename__ = "dek"
    __table_args__ = (UniqueConstraint("subject_id", "dek_ver"),)

    dek_id: Mapped[UUID] = mapped_column(primary_key=True, info=_about("public", "keys", "contract", "account"))
    subject_id: Mapped[UUID] = mapped_column(info=_about("public", "keys", "contract", "account"))
    dek_ver: Mapped[int] = mapped_column(info=_about("public", "keys", "contract", "account"))
    kek_ver: Mapped[int] = mapped_column(index=True, info=_about("public", "keys", "contract", "account"))
    wrapped: Mapped[bytes] = mapped_column(info=_about("cipher", "keys", "contract", "account"))
    commitment: Mapped[bytes] = mapped_column(_HMAC, info=_about("public", "keys", "contract", "account"))


class Tombstone(Keyring):
    """A subject whose keys were destroyed, or a row that somebody deleted: a transcript, a turn, a share, feedback.

    The id was random and names nobody; a person who returns gets another.
    """

    __tablename__ = "tombstone"

    subject_id: Mapped[UUID] = mapped_column(
        primary_key=True, info=_about("public", "erasure", "legal_obligation", "backups")
    )
    generation: Mapped[int] = mapped_column(
        BigInteger, index=True, info=_about("public", "erasure", "legal_obligation", "backups")
    )
    erased_at: Mapped[datetime] = mapped_column(Moment, info=_about("public", "erasure", "legal_obligation", "backups"))
    expires_at: Mapped[datetime] = mapped_column(
        Moment, index=True, info=_about("public", "erasure", "legal_obligation", "backups")
    )


class OptOut(Keyring):
    """Somebody who is never to be heard, in any server, whatever they agree to.

    Here and not in the content, where a restored backup would undo it. The row goes with the subject's keys; whoever
    is known under another subject since a backup was restored is found by the index.
    """

    __tablename__ = "opt_out"

    subject_id: Mapped[UUID] = mapped_column(
        primary_key=True, info=_about("public", "consent", "legal_obligation", "account")
    )
    idx: Mapped[bytes] = mapped_column(
        _HMAC, unique=True, info=_about("index", "consent", "legal_obligation", "account")
    )
    created_day: Mapped[date] = mapped_column(info=_about("public", "consent", "legal_obligation", "account"))


class KeyringMeta(Keyring):
    """The one row that counts erasures, and says which versions of the key-encryption key wrap nothing any more.

    The number of the last withdrawal in the ledger of consents shows a content that is older than that.
    """

    __tablename__ = "meta"
    __table_args__ = (CheckConstraint("id = 1", name="one"),)

    id: Mapped[int] = mapped_column(
        primary_key=True,
        autoincrement=False,
        info=_about("public", "operation", "legitimate_interest", "installation"),
    )
    generation: Mapped[int] = mapped_column(
        BigInteger, info=_about("public", "erasure", "legal_obligation", "installation")
    )
    retired_kek: Mapped[int] = mapped_column(
        server_default="0", info=_about("public", "keys", "legitimate_interest", "installation")
    )
    ledger_seq: Mapped[int] = mapped_column(
        BigInteger, server_default="0", info=_about("public", "consent", "legal_obligation", "installation")
    )
