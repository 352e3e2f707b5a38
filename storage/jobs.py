"""Feedback that was asked for: durable jobs, and the budgets that they may use.

    add        somebody asked -> a row, once for each interaction
    claim      the next one that is due, for one process: a lease, and an attempt that whoever comes later outbids
    begin      in one transaction: still mine, consent as it is now, both budgets -> reserved, and "sending"
    again      before each further request of the attempt: still mine, consent as it is now
    finish     what came back -> the feedback, sealed; the job is gone; what was used is settled
    put_off    again, not before a moment           give_up    failed, with a reason that the person can read
    recover    whose lease ran out while sending: its worst case counts as used, and it is tried once more

Nothing is sent before "sending" is on the disk with its reservation, so whatever happens to the process, no attempt is
forgotten. An attempt that was out when its process died may have been answered, and billed: it counts as used to its
full reservation. A job is tried three times at most, and once more at most after a process died over it; then it is
given back as failed. So a crash costs one attempt at most.

Reservations are rows of their own, one for each attempt. Whoever deletes the row settles it, and nobody else: not a
process that thought it was alone, and not one whose job was deleted meanwhile with its transcript. A person's budget
runs for a day and a server's for a month, both in UTC, and a server may lower its own; what is asked for in direct
messages counts as one server.

Times are arguments. Nobody's consent is remembered here: `begin`, `again` and `finish` read it in their own
transactions.
"""

from __future__ import annotations

import enum
import hashlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, or_, select, update

from storage.crypto import Place, encode, wipe
from storage.errors import DecryptionFailed, NotFound, TooManyJobs, UnknownKey
from storage.feedback import put
from storage.guilds import KIND
from storage.ledger import Purpose
from storage.models import AiJob, Budget, GuildSetting, Idempotency, Reservation, Subject, Transcript

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import ColumnElement, RowMapping
    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.database import Database
    from storage.keyring import Keyring
    from storage.keys import Secrets
    from storage.ledger import Ledger
    from storage.subjects import Subjects

ATTEMPTS: Final = 3
"""How often a job is sent at most."""

INTERRUPTIONS: Final = 2
"""The process that died over a job this often is not let near it again."""

LEASE: Final = timedelta(seconds=30)
"""How long after its last word a process is taken for dead."""

JOB_LIFE: Final = timedelta(days=1)
"""How long a job waits at most, and how long a failed one can be looked at."""

OPEN_JOBS: Final = 5
"""How many of one person's may be under way at once."""

OPTIONS_BYTES: Final = 4000

BUDGET_LIFE: Final = timedelta(days=90)
"""How long after its last use a budget's row is kept. Source: `storage.models`, its retention."""

REPLAYED: Final = timedelta(days=30)
"""How long a copy of an interaction is known to be one."""


class State(enum.StrEnum):
    """How far a job is."""

    WAITING = "waiting"
    SENDING = "sending"
    FAILED = "failed"


class Reason(enum.StrEnum):
    """Why a job failed, or waits for another attempt."""

    CONSENT = "consent"
    """Consent was taken back, or the policy changed since."""

    PERSON_BUDGET = "person_budget"
    """The person has used up what a day has."""

    SERVER_BUDGET = "server_budget"
    """The server has used up what a month has."""

    BUSY = "busy"
    """The writer had too much to do."""

    UNAVAILABLE = "unavailable"
    """The writer did not answer."""

    UNFIT = "unfit"
    """The writer answered with something that is no feedback."""

    REFUSED = "refused"
    """The model declined."""

    MISCONFIGURED = "misconfigured"
    """The writer cannot be used as it is set; whoever runs the bot must act."""

    INTERRUPTED = "interrupted"
    """The bot stopped in the middle, twice."""

    UNREADABLE = "unreadable"
    """There is nothing in the transcript that feedback could be written on, or it does not open."""


class Go(enum.StrEnum):
    """What `begin` found."""

    SEND = "send"
    GONE = "gone"
    """The job was deleted, or somebody else is at it: forget it."""

    CONSENT = "consent"
    PERSON_BUDGET = "person_budget"
    SERVER_BUDGET = "server_budget"


@dataclass(frozen=True, slots=True)
class Limits:
    """What feedback may use, in tokens sent and written together; None where there is no limit.

    Attributes:
        person_day: Each person in a day.
        server_month: Each server in a month.
    """

    person_day: int | None = None
    server_month: int | None = None


@dataclass(frozen=True, slots=True)
class Left:
    """What may still be used, in tokens; None where there is no limit.

    Attributes:
        person: By this person today.
        server: In this server this month.
    """

    person: int | None
    server: int | None

    def covers(self, tokens: int) -> bool:
        """Whether *tokens* fit into both."""
        return all(left is None or tokens <= left for left in (self.person, self.server))


@dataclass(frozen=True, slots=True)
class Asked:
    """What `add` did.

    Attributes:
        id: The job's.
        new: False for the copy of an interaction, and where this transcript's feedback is under way already.
    """

    id: UUID
    new: bool


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that is this process's, until its lease runs out.

    Attributes:
        id: The job's.
        attempt: This attempt's, random.
        owner: Whose it is.
        user_id: The same, as Discord knows them.
        transcript_id: What feedback is wanted on.
        server_idx: Which server pays.
        options: What was asked for along with it.
        attempts: How often it was sent before.
        expires_at: When it is over, whether or not it was done.
    """

    id: UUID
    attempt: UUID
    owner: UUID
    user_id: int = field(repr=False)
    transcript_id: UUID
    server_idx: bytes = field(repr=False)
    options: Mapping[str, Any] = field(repr=False)
    attempts: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Standing:
    """How a job stands, for the person who asked.

    Attributes:
        id: The job's.
        transcript_id: What feedback is wanted on.
        state: How far it is.
        reason: Why it failed, or is tried again; None if nothing went wrong.
        attempts: How often it was sent.
        not_before_at: When it is tried next.
        expires_at: When it is over.
    """

    id: UUID
    transcript_id: UUID
    state: State
    reason: Reason | None
    attempts: int
    not_before_at: datetime
    expires_at: datetime


class Jobs:
    """The jobs of one installation."""

    def __init__(
        self,
        content: Database,
        keyring: Keyring,
        secrets: Secrets,
        subjects: Subjects,
        ledger: Ledger,
        *,
        limits: Limits | None = None,
    ) -> None:
        self._content = content
        self._keyring = keyring
        self._secrets = secrets
        self._subjects = subjects
        self._ledger = ledger
        self.limits = limits or Limits()

    # Asking

    async def add(
        self,
        user_id: int,
        transcript_id: UUID,
        *,
        guild_id: int | None,
        tokens: int,
        options: Mapping[str, Any],
        interaction_id: int,
        at: datetime,
    ) -> Asked:
        """Put down that this person wants feedback on a transcript of their own.

        The same interaction counts once, and so does a transcript whose feedback is under way. A job of that transcript
        that failed makes room.

        Args:
            user_id: Who.
            transcript_id: On what.
            guild_id: In which server; None in a direct message.
            tokens: What an attempt may use at most, as far as it is known.
            options: What `claim` gives back: JSON of at most `OPTIONS_BYTES`.
            interaction_id: Discord's, of the button that was pressed.
            at: When.

        Raises:
            ValueError: If the options are too long, or the interaction was answered with something else.
            NotFound: If there is no such transcript, or it is not this person's.
            TooManyJobs: If `OPEN_JOBS` of theirs are under way.
            StorageError: If it could not be put down.
        """
        plain = json.dumps(options, ensure_ascii=False, separators=(",", ":")).encode()
        if len(plain) > OPTIONS_BYTES:
            raise ValueError(f"options have at most {OPTIONS_BYTES} bytes")
        owner = await self._subject(user_id)
        job = UUID(bytes=self._secrets.index("feedback of an interaction", interaction_id)[:16], version=4)
        async with self._keyring.unlocked(owner) as keys:
            sealed = keys.seal(owner, plain, options_place(job))
        interaction = self._secrets.index("interaction", interaction_id)
        result = hashlib.sha256(encode("feedback", owner, job)).digest()
        async with self._content.write() as connection:
            found = await connection.execute(
                select(Idempotency.result_hash).where(Idempotency.interaction_idx == interaction)
            )
            if (before := found.scalar_one_or_none()) is not None:
                if before != result:
                    raise ValueError("this interaction was answered with something else")
                return Asked(job, new=False)
            found = await connection.execute(
                select(Transcript.id).where(Transcript.id == transcript_id, Transcript.owner_id == owner)
            )
            if found.first() is None:
                raise NotFound("there is no such transcript of this person")
            under_way = await connection.execute(
                select(AiJob.id, AiJob.transcript_id).where(
                    AiJob.owner_id == owner, AiJob.state != State.FAILED.value, AiJob.expires_at > at
                )
            )
            jobs = {row.transcript_id: row.id for row in under_way}
            if transcript_id in jobs:
                return Asked(jobs[transcript_id], new=False)
            if len(jobs) >= OPEN_JOBS:
                raise TooManyJobs("as many jobs are under way as one person may have")
            await connection.execute(
                delete(AiJob).where(
                    AiJob.transcript_id == transcript_id,
                    or_(AiJob.state == State.FAILED.value, AiJob.expires_at <= at),
                )
            )
            await connection.execute(
                insert(AiJob).values(
                    id=job,
                    transcript_id=transcript_id,
                    owner_id=owner,
                    server_idx=self._server(guild_id),
                    enc_options=sealed,
                    state=State.WAITING.value,
                    reason=None,
                    attempts=0,
                    interrupted=0,
                    attempt_id=None,
                    leased_until_at=None,
                    not_before_at=at,
                    reserved_tokens=tokens,
                    expires_at=at + JOB_LIFE,
                )
            )
            await connection.execute(
                insert(Idempotency).values(interaction_idx=interaction, result_hash=result, expires_at=at + REPLAYED)
            )
        return Asked(job, new=True)

    async def standing(self, user_id: int, *, at: datetime) -> list[Standing]:
        """This person's jobs that are under way or failed, the newest first."""
        owner = await self._subjects.find(user_id)
        if owner is None:
            return []
        async with self._content.read() as connection:
            found = await connection.execute(
                select(AiJob.__table__)
                .where(AiJob.owner_id == owner, AiJob.expires_at > at)
                .order_by(AiJob.expires_at.desc(), AiJob.id)
            )
            return [_standing(row) for row in found.mappings()]

    async def cancel(self, user_id: int, job: UUID) -> bool:
        """Forget a job of this person's, and say whether there was one. What is out already is not stored."""
        owner = await self._subjects.find(user_id)
        async with self._content.write() as connection:
            gone = await connection.execute(delete(AiJob).where(AiJob.id == job, AiJob.owner_id == owner))
        return gone.rowcount > 0

    async def withdrawn(self, user_id: int) -> list[UUID]:
        """End every job of this person, because they took back their consent; return which ones.

        `begin` and `finish` would find out by themselves; this makes it be now.
        """
        owner = await self._subjects.find(user_id)
        if owner is None:
            return []
        async with self._content.write() as connection:
            found = await connection.execute(
                select(AiJob.id).where(AiJob.owner_id == owner, AiJob.state != State.FAILED.value)
            )
            jobs = list(found.scalars())
            await _fail(connection, AiJob.id.in_(jobs), Reason.CONSENT)
        return jobs

    async def left(self, user_id: int, guild_id: int | None, *, at: datetime) -> Left:
        """What this person, and this server, may still use."""
        idx, server = self._subjects.index(user_id), self._server(guild_id)
        async with self._content.read() as connection:
            return await self._left(connection, idx, server, at)

    async def by_state(self) -> dict[State, int]:
        """How many jobs of everybody are in each state."""
        async with self._content.read() as connection:
            found = await connection.execute(select(AiJob.state, func.count()).group_by(AiJob.state))
            return dict.fromkeys(State, 0) | {State(state): number for state, number in found}

    async def used(self, *, at: datetime) -> tuple[int, int]:
        """What all servers have used this month, and what is reserved besides, in tokens."""
        async with self._content.read() as connection:
            # Each token counts for a person in a day and for a server in a month: the months are all of them once.
            found = await connection.execute(
                select(
                    func.coalesce(func.sum(Budget.spent_tokens), 0), func.coalesce(func.sum(Budget.reserved_tokens), 0)
                ).where(Budget.period == _month(at))
            )
            spent, reserved = found.one()
        return int(spent), int(reserved)

    # Working

    async def waiting(self, *, at: datetime) -> bool:
        """Whether there is anything to `claim` or to `recover`. It writes nothing, so it may be asked often."""
        async with self._content.read() as connection:
            job = await connection.execute(select(AiJob.id).where(_due(at)).limit(1))
            if job.first() is not None:
                return True
            lost = await connection.execute(select(Reservation.id).where(Reservation.leased_until_at <= at).limit(1))
            return lost.first() is not None

    async def recover(self, *, at: datetime) -> int:
        """Take back what processes held that have died, and return how many attempts were out.

        What they had reserved counts as used. Their jobs wait again, or have failed: see the module.
        """
        async with self._content.write() as connection:
            found = await connection.execute(
                select(Reservation.__table__).where(Reservation.leased_until_at <= at).order_by(Reservation.id)
            )
            lost = found.mappings().all()
            for row in lost:
                await _settle(connection, row["id"], row["tokens"])
            stale = await connection.execute(
                select(AiJob.id, AiJob.interrupted, AiJob.attempts).where(
                    AiJob.state != State.FAILED.value, AiJob.leased_until_at <= at
                )
            )
            for job, interrupted, attempts in stale.all():
                await connection.execute(
                    update(AiJob)
                    .where(AiJob.id == job)
                    .values(
                        interrupted=interrupted + 1,
                        state=State.WAITING.value,
                        reason=Reason.INTERRUPTED.value,
                        attempt_id=None,
                        leased_until_at=None,
                    )
                )
                if interrupted + 1 >= INTERRUPTIONS or attempts >= ATTEMPTS:
                    await _fail(connection, AiJob.id == job, Reason.INTERRUPTED)
        return len(lost)

    async def claim(self, *, at: datetime) -> Claimed | None:
        """The next job that is due, now this process's for `LEASE`; None if there is none.

        Raises:
            StorageError: If it could not be read or written.
        """
        attempt = uuid4()
        async with self._content.write() as connection:
            found = await connection.execute(
                select(AiJob.__table__)
                .where(_due(at), AiJob.attempt_id.is_(None))
                .order_by(AiJob.not_before_at, AiJob.id)
                .limit(1)
            )
            row = found.mappings().first()
            if row is None:
                return None
            await connection.execute(
                update(AiJob).where(AiJob.id == row["id"]).values(attempt_id=attempt, leased_until_at=at + LEASE)
            )
        options, user_id = await self._opened(row)
        if options is None or user_id is None:
            async with self._content.write() as connection:
                await _fail(connection, _held(row["id"], attempt), Reason.UNREADABLE)
            return await self.claim(at=at)
        return Claimed(
            row["id"],
            attempt,
            row["owner_id"],
            user_id,
            row["transcript_id"],
            row["server_idx"],
            options,
            row["attempts"],
            row["expires_at"],
        )

    async def begin(self, claimed: Claimed, *, tokens: int, at: datetime) -> Go:
        """Reserve *tokens* for this attempt, if it may be sent now. Only after `Go.SEND` is anything sent.

        Without consent or budget the job has failed, with that reason.

        Raises:
            StorageError: If it could not be put down; then nothing may be sent.
        """
        idx = self._subjects.index(claimed.user_id)
        async with self._content.write() as connection:
            found = await connection.execute(
                select(AiJob.id)
                .join(Subject, Subject.id == AiJob.owner_id)
                .where(_held(claimed.id, claimed.attempt), AiJob.state == State.WAITING.value, AiJob.expires_at > at)
            )
            if found.first() is None:
                return Go.GONE
            if not await self._agreed(connection, claimed):
                await _fail(connection, AiJob.id == claimed.id, Reason.CONSENT)
                return Go.CONSENT
            left = await self._left(connection, idx, claimed.server_idx, at)
            for amount, reason, go in (
                (left.person, Reason.PERSON_BUDGET, Go.PERSON_BUDGET),
                (left.server, Reason.SERVER_BUDGET, Go.SERVER_BUDGET),
            ):
                if amount is not None and tokens > amount:
                    await _fail(connection, AiJob.id == claimed.id, reason)
                    return go
            day, month = _day(at), _month(at)
            for whose, period in ((idx, day), (claimed.server_idx, month)):
                await _reserve(connection, whose, period, tokens, at)
            await connection.execute(
                insert(Reservation).values(
                    id=claimed.attempt,
                    idx=idx,
                    server_idx=claimed.server_idx,
                    day=day,
                    month=month,
                    tokens=tokens,
                    leased_until_at=at + LEASE,
                    expires_at=at + JOB_LIFE,
                )
            )
            await connection.execute(
                update(AiJob)
                .where(AiJob.id == claimed.id)
                .values(
                    state=State.SENDING.value,
                    attempts=AiJob.attempts + 1,
                    reserved_tokens=tokens,
                    leased_until_at=at + LEASE,
                )
            )
        return Go.SEND

    async def renew(self, claimed: Claimed, *, at: datetime) -> bool:
        """Hold the job and its reservation for another `LEASE`; False if it is not this process's any more."""
        async with self._content.write() as connection:
            await connection.execute(
                update(Reservation).where(Reservation.id == claimed.attempt).values(leased_until_at=at + LEASE)
            )
            held = await connection.execute(
                update(AiJob).where(_held(claimed.id, claimed.attempt)).values(leased_until_at=at + LEASE)
            )
        return held.rowcount > 0

    async def again(self, claimed: Claimed, *, at: datetime) -> bool:
        """Whether another request may be sent for the same attempt, and hold the job for another `LEASE`.

        As in `begin`: it is still this process's, and consent is read in the same transaction.

        Raises:
            StorageError: If that is not known; then nothing more may be sent.
        """
        if not await self.renew(claimed, at=at):
            return False
        async with self._content.write() as connection:
            found = await connection.execute(select(AiJob.id).where(_held(claimed.id, claimed.attempt)))
            return found.first() is not None and await self._agreed(connection, claimed)

    async def finish(
        self, claimed: Claimed, body: Mapping[str, Any], *, used: int, model: str, schema_ver: int, at: datetime
    ) -> UUID | None:
        """Store the feedback, end the job and settle what was *used*; return the feedback's id.

        None if the job is gone meanwhile, or consent was taken back: then nothing is stored, and it is settled as well.

        Raises:
            StorageError: If it could not be put down; `recover` will find it.
        """
        async with self._keyring.unlocked(claimed.owner) as keys, self._content.write() as connection:
            await _settle(connection, claimed.attempt, used)
            found = await connection.execute(
                select(AiJob.id).where(_held(claimed.id, claimed.attempt), AiJob.state == State.SENDING.value)
            )
            if found.first() is None or not keys.has(claimed.owner):
                return None
            if not await self._agreed(connection, claimed):
                await _fail(connection, AiJob.id == claimed.id, Reason.CONSENT)
                return None
            feedback = await put(
                connection,
                keys,
                owner=claimed.owner,
                transcript_id=claimed.transcript_id,
                body=body,
                model=model,
                schema_ver=schema_ver,
                at=at,
            )
            await connection.execute(delete(AiJob).where(AiJob.id == claimed.id))
        return feedback

    async def put_off(self, claimed: Claimed, reason: Reason, *, used: int | None, not_before_at: datetime) -> bool:
        """Let the job wait for another attempt, and say whether there will be one; else it has failed.

        *used* is what this attempt used; None where nobody knows, and its reservation counts.
        """
        async with self._content.write() as connection:
            await _settle(connection, claimed.attempt, used)
            mine = _held(claimed.id, claimed.attempt)
            found = await connection.execute(select(AiJob.attempts).where(mine))
            attempts = found.scalar_one_or_none()
            if attempts is None:
                return False
            if attempts >= ATTEMPTS or not_before_at >= claimed.expires_at:
                await _fail(connection, mine, reason)
                return False
            await connection.execute(
                update(AiJob)
                .where(mine)
                .values(
                    state=State.WAITING.value,
                    reason=reason.value,
                    attempt_id=None,
                    leased_until_at=None,
                    not_before_at=not_before_at,
                )
            )
        return True

    async def give_up(self, claimed: Claimed, reason: Reason, *, used: int | None) -> bool:
        """Let the job fail, and say whether it was still there. *used* as in `put_off`."""
        async with self._content.write() as connection:
            await _settle(connection, claimed.attempt, used)
            return await _fail(connection, _held(claimed.id, claimed.attempt), reason) > 0

    async def hand_back(self, claimed: Claimed) -> None:
        """Let somebody else have a job that was claimed and not begun."""
        async with self._content.write() as connection:
            await connection.execute(
                update(AiJob)
                .where(_held(claimed.id, claimed.attempt), AiJob.state == State.WAITING.value)
                .values(attempt_id=None, leased_until_at=None)
            )

    # Reading

    async def _subject(self, user_id: int) -> UUID:
        subject = await self._subjects.find(user_id)
        if subject is None:
            raise NotFound("there is no such transcript of this person")
        return subject

    def _server(self, guild_id: int | None) -> bytes:
        return self._secrets.index(KIND, guild_id or 0)

    async def _agreed(self, connection: AsyncConnection, claimed: Claimed) -> bool:
        # The first knows of a withdrawal that is not written yet, the second of what other processes wrote.
        return self._ledger.allowed(claimed.user_id, Purpose.AI_FEEDBACK) and await self._ledger.stands(
            connection, claimed.owner, Purpose.AI_FEEDBACK
        )

    async def _opened(self, row: RowMapping) -> tuple[Mapping[str, Any] | None, int | None]:
        owner = row["owner_id"]
        try:
            user_id = await self._subjects.discord_id(owner)
            async with self._keyring.unlocked(owner) as keys:
                return opened_options(keys.open(owner, row["enc_options"], options_place(row["id"]))), user_id
        except (UnknownKey, DecryptionFailed):
            return None, None

    async def _left(self, connection: AsyncConnection, idx: bytes, server: bytes, at: datetime) -> Left:
        used = [await _used(connection, idx, _day(at)), await _used(connection, server, _month(at))]
        # A server may set itself a lower limit than it has.
        found = await connection.execute(select(GuildSetting.month_tokens).where(GuildSetting.server_idx == server))
        months = [each for each in (self.limits.server_month, found.scalar_one_or_none()) if each is not None]
        limits = (self.limits.person_day, min(months, default=None))
        return Left(
            *(None if limit is None else max(0, limit - each) for limit, each in zip(limits, used, strict=True))
        )

    def __repr__(self) -> str:
        return "<Jobs>"


def options_place(job: UUID) -> Place:
    """Where a job's options are sealed for."""
    return Place("ai_job", "enc_options", job)


def opened_options(plain: bytearray) -> Mapping[str, Any]:
    """A job's options again; *plain* is overwritten."""
    try:
        return cast("Mapping[str, Any]", json.loads(plain.decode()))
    finally:
        wipe(plain)


def _due(at: datetime) -> ColumnElement[bool]:
    """Jobs that may be claimed, and those whose process died."""
    lost = AiJob.leased_until_at <= at
    free = AiJob.attempt_id.is_(None) & (AiJob.state == State.WAITING.value) & (AiJob.not_before_at <= at)
    return (AiJob.state != State.FAILED.value) & (AiJob.expires_at > at) & or_(lost, free)


def _held(job: UUID, attempt: UUID) -> ColumnElement[bool]:
    return (AiJob.id == job) & (AiJob.attempt_id == attempt)


async def _fail(connection: AsyncConnection, where: ColumnElement[bool], reason: Reason) -> int:
    done = await connection.execute(
        update(AiJob)
        .where(where)
        .values(state=State.FAILED.value, reason=reason.value, attempt_id=None, leased_until_at=None)
    )
    return done.rowcount


async def _used(connection: AsyncConnection, idx: bytes, period: str) -> int:
    found = await connection.execute(
        select(Budget.reserved_tokens + Budget.spent_tokens).where(Budget.idx == idx, Budget.period == period)
    )
    return found.scalar_one_or_none() or 0


async def _reserve(connection: AsyncConnection, idx: bytes, period: str, tokens: int, at: datetime) -> None:
    done = await connection.execute(
        update(Budget)
        .where(Budget.idx == idx, Budget.period == period)
        .values(reserved_tokens=Budget.reserved_tokens + tokens, expires_at=at + BUDGET_LIFE)
    )
    if done.rowcount == 0:
        await connection.execute(
            insert(Budget).values(
                idx=idx, period=period, reserved_tokens=tokens, spent_tokens=0, expires_at=at + BUDGET_LIFE
            )
        )


async def _settle(connection: AsyncConnection, attempt: UUID, used: int | None) -> None:
    """Turn a reservation into what was used; all of it where nobody knows. The second time nothing happens."""
    found = await connection.execute(select(Reservation.__table__).where(Reservation.id == attempt))
    row = found.mappings().first()
    if row is None:
        return
    await connection.execute(delete(Reservation).where(Reservation.id == attempt))
    for idx, period in ((row["idx"], row["day"]), (row["server_idx"], row["month"])):
        # Not made again if it is gone: somebody may have been erased.
        await connection.execute(
            update(Budget)
            .where(Budget.idx == idx, Budget.period == period)
            .values(
                reserved_tokens=Budget.reserved_tokens - row["tokens"],
                spent_tokens=Budget.spent_tokens + (row["tokens"] if used is None else used),
            )
        )


def _standing(row: RowMapping) -> Standing:
    return Standing(
        row["id"],
        row["transcript_id"],
        State(row["state"]),
        Reason(row["reason"]) if row["reason"] else None,
        row["attempts"],
        row["not_before_at"],
        row["expires_at"],
    )


def _day(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%d")


def _month(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m")
