"""Where feedback is asked for, and where the asking is done.

    preview    what would be sent where, what is taken out before, what it costs at most; nothing leaves or is kept
    request    -> a job on the disk
    measured   without a model: what was counted, kept as a report

    workers    claim -> transcript -> prompt -> begin (consent and budget, on the disk) -> the writer, twice
                 -> checked, merged -> finish -> `on_done`
               beside it a beat holds the job; who loses it hangs up

What is sent is made anew from the transcript each time, held in memory for the one attempt, and written nowhere. A job
that fails says why. Whether it is tried again: what was only busy, away or unfit is; what was refused or set up wrongly
is not. See `storage.jobs` for what a crash does.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol, Self, cast

from bot.errors import BotError
from bot.feedback.writer import (
    Usage,
    WriterBusy,
    WriterFailed,
    WriterMisconfigured,
    WriterRefused,
    WriterUnavailable,
    WriterUnfit,
)
from storage.errors import DecryptionFailed, NotFound, StorageError, UnknownKey
from storage.jobs import LEASE, Go, Reason
from storage.keys import is_loopback
from storage.ledger import Purpose

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from datetime import datetime
    from decimal import Decimal
    from types import TracebackType
    from uuid import UUID

    from bot.clock import Clock
    from bot.feedback.redaction import Kind
    from bot.feedback.report import Report
    from bot.feedback.writer import FeedbackWriter, Prompt, Written
    from config.processors import Transfer
    from config.questions import InterviewType
    from storage.feedback import FeedbackStore
    from storage.jobs import Asked, Claimed, Jobs, Left, Standing
    from storage.keys import Secrets
    from storage.ledger import Ledger
    from storage.transcripts import Transcript, Transcripts

PASSES: Final = 2
"""How often a model judges one interview; where the two differ, people see a range."""

WORKERS: Final = 2
"""How many jobs one process works on at once."""

POLL_S: Final = 5.0
"""How long a worker sleeps that nobody wakes; another process may have put something down."""

BUSY_PAUSE: Final = timedelta(minutes=1)
"""Before the next attempt, where the writer did not say; doubled with each."""

PAUSE: Final = timedelta(seconds=15)
"""Before the next attempt after anything else; doubled with each."""

TELL_S: Final = 30.0
"""How long telling somebody may take."""

log = logging.getLogger(__name__)

Why = Literal["no-writer", "nothing-to-judge", "person-budget", "server-budget"]


class CannotAsk(BotError):
    """Feedback cannot be asked for now.

    Attributes:
        why: "no-writer", "nothing-to-judge" (no answer is long and clear enough), "person-budget" or "server-budget".
        tokens: What it could use at most; 0 where that is not the reason.
    """

    def __init__(self, why: Why, *, tokens: int = 0) -> None:
        super().__init__(why)
        self.why: Why = why
        self.tokens = tokens


@dataclass(frozen=True, slots=True)
class Preview:
    """What asking would do.

    Attributes:
        host: Where the words would go.
        region: Where that is.
        transfer: What sending them there rests on, as the list of processors has it; empty if they stay here.
        model: Which model.
        local: Whether that is this machine.
        answers: How many answers would be judged.
        redacted: What would be taken out before, by kind: how many places.
        flagged: Numbers of lines that read like instructions to a model, and would not be sent.
        withheld: How many lines of others would not be sent.
        tokens: How many would be sent and written at most, in all passes.
        passes: How often the model would judge.
        price: What that would cost at most; 0 where it costs nothing or no price is set.
        currency: Three letters.
        left: What may still be used.
        consented: Whether the person has agreed to have their words sent.
    """

    host: str
    region: str
    transfer: Transfer
    model: str
    local: bool
    answers: int
    redacted: tuple[tuple[Kind, int], ...]
    flagged: tuple[int, ...]
    withheld: int
    tokens: int
    passes: int
    price: Decimal
    currency: str
    left: Left
    consented: bool

    @property
    def fits(self) -> bool:
        """Whether the budgets cover it."""
        return self.left.covers(self.tokens)


@dataclass(frozen=True, slots=True)
class Done:
    """How a request ended.

    Attributes:
        user_id: Whose it was.
        transcript_id: What it was about.
        feedback_id: What is kept; None if it failed.
        reason: Why it failed; None if it did not.
    """

    user_id: int = field(repr=False)
    transcript_id: UUID
    feedback_id: UUID | None = None
    reason: Reason | None = None


class Case(Protocol):
    """One interview, ready to be judged."""

    @property
    def prompt(self) -> Prompt:
        """What to ask."""
        ...

    @property
    def answers(self) -> int:
        """How many answers are judged."""
        ...

    @property
    def redacted(self) -> Mapping[Kind, int]:
        """What was taken out, by kind."""
        ...

    @property
    def flagged(self) -> tuple[int, ...]:
        """Numbers of lines that were left out."""
        ...

    @property
    def withheld(self) -> int:
        """How many lines of others were left out."""
        ...

    def report(self, written: Sequence[Written], *, at: datetime) -> Report:
        """What was written, checked and merged."""
        ...


class Judge(Protocol):
    """Who makes cases of transcripts. Neither of these waits for anything, so both run in a thread."""

    def case(self, transcript: Transcript, *, kind: InterviewType, language: str) -> Case | None:
        """What to ask about it; None if there is nothing that could be judged."""
        ...

    def measured(self, transcript: Transcript, *, kind: InterviewType, language: str, at: datetime) -> Report | None:
        """What can be said without asking anybody; None if its reader answered nothing in it."""
        ...


@dataclass(slots=True)
class Counters:
    """What the workers did since the start.

    Attributes:
        finished: Jobs that ended as feedback.
        failed: Jobs that ended otherwise.
        put_off: Attempts after which a job waits for another.
        lost: Attempts whose job was gone or cancelled meanwhile.
        calls: Requests to the writer.
        tokens: What they used, as far as is known, else at most.
    """

    finished: int = 0
    failed: int = 0
    put_off: int = 0
    lost: int = 0
    calls: int = 0
    tokens: int = 0


@dataclass(slots=True)
class _Attempt:
    """What one attempt used and brought, even when it ends early.

    Attributes:
        written: What came back.
        used: In tokens.
        out: What the request that is out may use at most; 0 when none is.
        scope: Ends the attempt from outside.
        user_id: Whose it is.
    """

    user_id: int = field(repr=False)
    written: list[Written] = field(default_factory=list["Written"], repr=False)
    used: int = 0
    out: int = 0
    scope: asyncio.Timeout = field(default_factory=lambda: asyncio.timeout(None), repr=False)

    @property
    def most(self) -> int:
        """What it used at most by now."""
        return self.used + self.out

    def hang_up(self) -> None:
        """End it as soon as the event loop gets to it."""
        if not self.scope.expired():
            with contextlib.suppress(RuntimeError):  # not begun, or over
                self.scope.reschedule(asyncio.get_running_loop().time())


class Desk:
    """Takes requests for feedback and has them done, for the length of the block.

    Attributes:
        counters: What was done since the start.
        trouble: What the writer failed with last, as one sentence for whoever runs the bot; empty when it works.
    """

    def __init__(
        self,
        *,
        jobs: Jobs,
        store: FeedbackStore,
        transcripts: Transcripts,
        ledger: Ledger,
        secrets: Secrets,
        judge: Judge,
        writer: FeedbackWriter | None,
        clock: Clock,
        transfer: Transfer = "",
        workers: int = WORKERS,
    ) -> None:
        """Ask *writer*; without one there are measures only. *transfer* is what sending words to it rests on."""
        self._jobs = jobs
        self._store = store
        self._transcripts = transcripts
        self._ledger = ledger
        self._secrets = secrets
        self._judge = judge
        self._writer = writer
        self._clock = clock
        self._transfer: Transfer = transfer
        self._workers = workers
        self._wake = asyncio.Event()
        self._on_done: Callable[[Done], Awaitable[None]] | None = None
        self._out: dict[UUID, _Attempt] = {}
        self._stack = AsyncExitStack()
        self._running: list[asyncio.Task[None]] = []
        self.counters = Counters()
        self.trouble = ""

    async def __aenter__(self) -> Self:
        tasks = await self._stack.enter_async_context(asyncio.TaskGroup())
        if self._writer is not None:
            self._running = [
                tasks.create_task(self._work_off(), name=f"feedback {number}") for number in range(self._workers)
            ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for task in self._running:
            task.cancel()
        await self._stack.__aexit__(kind, error, traceback)

    # What commands use

    @property
    def available(self) -> bool:
        """Whether there is a model to ask."""
        return self._writer is not None

    @property
    def host(self) -> str:
        """Where words are sent; empty if nowhere."""
        return self._writer.host if self._writer is not None else ""

    @property
    def region(self) -> str:
        """Where that is; empty if nowhere."""
        return self._writer.region if self._writer is not None else ""

    @property
    def model(self) -> str:
        """Which model is asked; empty if none."""
        return self._writer.model if self._writer is not None else ""

    def tells(self, on_done: Callable[[Done], Awaitable[None]]) -> None:
        """Have *on_done* told whenever a request is over."""
        self._on_done = on_done

    async def preview(
        self, user_id: int, transcript: Transcript, *, guild_id: int | None, kind: InterviewType, language: str
    ) -> Preview:
        """What asking for feedback on this transcript, opened for its owner, would do.

        Raises:
            CannotAsk: If there is no model, or nothing that it could judge.
        """
        writer, case = self._asked(), await self._case(transcript, kind, language)
        most = _most(writer, case.prompt)
        return Preview(
            host=writer.host,
            region=writer.region,
            transfer=self._transfer,
            model=writer.model,
            local=is_loopback(writer.host),
            answers=case.answers,
            redacted=tuple(case.redacted.items()),
            flagged=case.flagged,
            withheld=case.withheld,
            tokens=PASSES * most.tokens,
            passes=PASSES,
            price=PASSES * writer.price.of(most),
            currency=writer.price.currency,
            left=await self._jobs.left(user_id, guild_id, at=self._clock.now()),
            consented=self._ledger.allowed(user_id, Purpose.AI_FEEDBACK),
        )

    async def request(
        self,
        user_id: int,
        transcript_id: UUID,
        *,
        guild_id: int | None,
        kind: InterviewType,
        language: str,
        interaction_id: int,
    ) -> Asked:
        """Put down that this person wants feedback on a transcript of their own, and begin as soon as possible.

        Consent is not asked here: without it, the job fails with that reason, and nothing is sent.

        Raises:
            CannotAsk: If there is no model, nothing that it could judge, or no budget for it.
            NotFound: If there is no such transcript, or it is not this person's.
            TooManyJobs: If several of theirs are under way.
            StorageError: If it could not be put down.
        """
        writer = self._asked()
        now = self._clock.now()
        transcript = await self._transcripts.view(user_id, transcript_id, at=now)
        if not transcript.own:
            raise NotFound("there is no such transcript of this person")
        case = await self._case(transcript, kind, language)
        tokens = PASSES * _most(writer, case.prompt).tokens
        left = await self._jobs.left(user_id, guild_id, at=now)
        if left.person is not None and tokens > left.person:
            raise CannotAsk("person-budget", tokens=tokens)
        if left.server is not None and tokens > left.server:
            raise CannotAsk("server-budget", tokens=tokens)
        asked = await self._jobs.add(
            user_id,
            transcript_id,
            guild_id=guild_id,
            tokens=tokens,
            options={"kind": kind.value, "language": language},
            interaction_id=interaction_id,
            at=now,
        )
        self._wake.set()
        return asked

    async def measured(self, user_id: int, transcript_id: UUID, *, kind: InterviewType, language: str) -> UUID:
        """Keep a report with measures only, and return its id; nobody is asked.

        Raises:
            CannotAsk: If this person answered nothing in it.
            NotFound: If there is no such transcript, or it is not this person's.
        """
        now = self._clock.now()
        transcript = await self._transcripts.view(user_id, transcript_id, at=now)
        if not transcript.own:
            raise NotFound("there is no such transcript of this person")
        report = await asyncio.to_thread(self._judge.measured, transcript, kind=kind, language=language, at=now)
        if report is None:
            raise CannotAsk("nothing-to-judge")
        return await self._store.keep(
            user_id, transcript_id, _as_json(report), model="", schema_ver=report.schema_ver, at=now
        )

    async def status(self, user_id: int) -> list[Standing]:
        """This person's requests that are under way or failed, the newest first."""
        return await self._jobs.standing(user_id, at=self._clock.now())

    async def cancel(self, user_id: int, job: UUID) -> bool:
        """Forget a request, and hang up if it is out; False if there is none."""
        there = await self._jobs.cancel(user_id, job)
        if there and job in self._out:
            self._out[job].hang_up()
        return there

    async def withdrawn(self, user_id: int) -> None:
        """End everything of somebody who took back their consent.

        Raises:
            StorageError: If it could not be put down; nothing is sent all the same.
        """
        self.let_go(user_id)
        await self._jobs.withdrawn(user_id)

    @property
    def out(self) -> frozenset[int]:
        """Whose words a request is out with."""
        return frozenset(attempt.user_id for attempt in self._out.values())

    def let_go(self, user_id: int) -> None:
        """Hang up on everything of this person that is out, at once."""
        for attempt in self._out.values():
            if attempt.user_id == user_id:
                attempt.hang_up()

    def _asked(self) -> FeedbackWriter:
        if self._writer is None:
            raise CannotAsk("no-writer")
        return self._writer

    async def _case(self, transcript: Transcript, kind: InterviewType, language: str) -> Case:
        case = await asyncio.to_thread(self._judge.case, transcript, kind=kind, language=language)
        if case is None:
            raise CannotAsk("nothing-to-judge")
        return case

    # Working

    async def _work_off(self) -> None:
        while True:
            try:
                busy = await self._one()
            except StorageError as failed:
                log.warning("jobs of feedback cannot be read", extra={"error": type(failed).__name__})
                busy = False
            except Exception:
                # One job must not end all of them, nor the bot. Its lease runs out.
                log.exception("work on feedback failed")
                busy = False
            if not busy:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(POLL_S):
                        await self._wake.wait()
                self._wake.clear()

    async def _one(self) -> bool:
        """Work on the next job, if one is due, and say whether there was one."""
        now = self._clock.now()
        if not await self._jobs.waiting(at=now):
            return False
        lost = await self._jobs.recover(at=now)
        if lost:
            log.warning("feedback goes on that another process left", extra={"count": lost})
        claimed = await self._jobs.claim(at=now)
        if claimed is None:
            return False
        done = await self._work(claimed)
        if done is not None:
            await self._tell(done)
        return True

    async def _work(self, claimed: Claimed) -> Done | None:
        """Do one attempt. None if the job waits for another, or is gone."""
        writer = self._asked()
        try:
            case = await self._prepared(claimed)
        except StorageError:
            await self._jobs.hand_back(claimed)
            raise
        except asyncio.CancelledError:
            await self._jobs.hand_back(claimed)
            raise
        if case is None:
            return await self._failed(claimed, Reason.UNREADABLE, used=0)
        tokens = PASSES * _most(writer, case.prompt).tokens
        match await self._jobs.begin(claimed, tokens=tokens, at=self._clock.now()):
            case Go.SEND:
                return await self._attempt(writer, claimed, case)
            case Go.GONE:
                self.counters.lost += 1
                return None
            case Go.CONSENT | Go.PERSON_BUDGET | Go.SERVER_BUDGET as without:
                self.counters.failed += 1
                return Done(claimed.user_id, claimed.transcript_id, reason=Reason(without.value))

    async def _prepared(self, claimed: Claimed) -> Case | None:
        from config.questions import InterviewType  # noqa: PLC0415 - only here

        try:
            transcript = await self._transcripts.view(claimed.user_id, claimed.transcript_id, at=self._clock.now())
            kind = InterviewType(claimed.options["kind"])
            language = str(claimed.options["language"])
            return await asyncio.to_thread(self._judge.case, transcript, kind=kind, language=language)
        except (NotFound, UnknownKey, DecryptionFailed, KeyError, ValueError):
            return None
        except StorageError:
            raise
        except Exception as failed:  # noqa: BLE001 - a transcript that breaks the judgement must not break the others
            log.error("a transcript could not be prepared", extra={"error": type(failed).__name__})  # noqa: TRY400 - without what it says
            return None

    async def _attempt(self, writer: FeedbackWriter, claimed: Claimed, case: Case) -> Done | None:
        attempt = _Attempt(claimed.user_id)
        self._out[claimed.id] = attempt
        failure: WriterFailed | None = None
        try:
            async with asyncio.TaskGroup() as tasks:
                beat = tasks.create_task(self._hold(claimed, attempt), name="beat of feedback")
                try:
                    failure = await self._ask(writer, claimed, case, attempt)
                finally:
                    beat.cancel()
        except asyncio.CancelledError:
            # The bot stops. What is out may have been answered.
            await self._jobs.put_off(claimed, Reason.INTERRUPTED, used=attempt.most, not_before_at=self._clock.now())
            raise
        finally:
            del self._out[claimed.id]
        self.counters.tokens += attempt.most
        if attempt.scope.expired():
            await self._jobs.give_up(claimed, Reason.CONSENT, used=attempt.most)
            self.counters.lost += 1
            return None
        if not attempt.written and failure is not None:
            return await self._unwritten(claimed, failure, used=attempt.most)
        return await self._finished(claimed, case, attempt)

    async def _ask(
        self, writer: FeedbackWriter, claimed: Claimed, case: Case, attempt: _Attempt
    ) -> WriterFailed | None:
        """Have it judged in all passes, or as many as come back; the failure of the first that did not."""
        safety_id = self._secrets.index("safety", claimed.user_id).hex()
        most = _most(writer, case.prompt)
        try:
            async with attempt.scope:
                for number in range(PASSES):
                    # It may have been deleted since, or consent taken back, here or in another process.
                    if number and not await self._again(claimed):
                        break
                    if not self._ledger.allowed(claimed.user_id, Purpose.AI_FEEDBACK):
                        break
                    attempt.out = most.tokens
                    self.counters.calls += 1
                    try:
                        written = await _written(writer, case.prompt, safety_id)
                    except WriterFailed as failed:
                        attempt.used += (most if failed.usage is None else failed.usage).tokens
                        attempt.out = 0
                        self.trouble = str(failed)
                        log.warning("the feedback writer failed", extra={"reason": type(failed).__name__})
                        # What came back in the pass before is worth more than another attempt.
                        return failed
                    attempt.used += written.usage.tokens
                    attempt.out = 0
                    attempt.written.append(written)
                    self.trouble = ""
        except TimeoutError:
            pass  # hung up
        return None

    async def _again(self, claimed: Claimed) -> bool:
        try:
            return await self._jobs.again(claimed, at=self._clock.now())
        except StorageError:
            return False  # what came back before is worth more than another attempt

    async def _finished(self, claimed: Claimed, case: Case, attempt: _Attempt) -> Done | None:
        now = self._clock.now()
        if not attempt.written:
            return await self._failed(claimed, Reason.CONSENT, used=attempt.used)
        try:
            report = await asyncio.to_thread(case.report, tuple(attempt.written), at=now)
            body = _as_json(report)
        except Exception as failed:  # noqa: BLE001 - an answer that breaks the judgement must not break the others
            log.error("an answer could not be judged", extra={"error": type(failed).__name__})  # noqa: TRY400 - without what it says
            return await self._failed(claimed, Reason.UNFIT, used=attempt.used)
        try:
            feedback = await self._jobs.finish(
                claimed,
                body,
                used=attempt.used,
                model=attempt.written[0].model,
                schema_ver=report.schema_ver,
                at=now,
            )
        except ValueError:  # longer than any report
            return await self._failed(claimed, Reason.UNFIT, used=attempt.used)
        if feedback is None:
            self.counters.lost += 1
            return None
        self.counters.finished += 1
        return Done(claimed.user_id, claimed.transcript_id, feedback_id=feedback)

    async def _unwritten(self, claimed: Claimed, failure: WriterFailed, *, used: int) -> Done | None:
        reason = _reason(failure)
        if isinstance(failure, WriterMisconfigured | WriterRefused):
            return await self._failed(claimed, reason, used=used)
        pause = (BUSY_PAUSE if isinstance(failure, WriterBusy) else PAUSE) * 2**claimed.attempts
        if isinstance(failure, WriterBusy) and failure.retry_after_s is not None:
            pause = timedelta(seconds=failure.retry_after_s)
        if await self._jobs.put_off(claimed, reason, used=used, not_before_at=self._clock.now() + pause):
            self.counters.put_off += 1
            return None
        self.counters.failed += 1
        return Done(claimed.user_id, claimed.transcript_id, reason=reason)

    async def _failed(self, claimed: Claimed, reason: Reason, *, used: int) -> Done | None:
        if not await self._jobs.give_up(claimed, reason, used=used):
            self.counters.lost += 1
            return None
        self.counters.failed += 1
        return Done(claimed.user_id, claimed.transcript_id, reason=reason)

    async def _hold(self, claimed: Claimed, attempt: _Attempt) -> None:
        """Say that somebody is at it, until it is not ours any more."""
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            try:
                held = await self._jobs.renew(claimed, at=self._clock.now())
            except StorageError:
                continue  # it runs out unless the next word is heard
            if not held:
                attempt.hang_up()
                return

    async def _tell(self, done: Done) -> None:
        if self._on_done is None:
            return
        try:
            async with asyncio.timeout(TELL_S):
                await self._on_done(done)
        except Exception as failed:  # noqa: BLE001 - whatever goes wrong with Discord, the feedback is kept
            log.warning("somebody could not be told of their feedback", extra={"error": type(failed).__name__})

    def __repr__(self) -> str:
        return f"<Desk, {len(self._out)} out>"


async def _written(writer: FeedbackWriter, prompt: Prompt, safety_id: str) -> Written:
    """What *writer* says; if it fails in a way that it should not, that is a failure like the others."""
    failed = ""
    try:
        return await writer.write(prompt, safety_id=safety_id)
    except WriterFailed:
        raise
    except Exception as unexpected:  # noqa: BLE001 - one request must not end all of them
        failed = type(unexpected).__name__
    log.error("the feedback writer broke", extra={"error": failed})
    raise WriterUnavailable("The feedback writer broke on this request; see the log.")


def _most(writer: FeedbackWriter, prompt: Prompt) -> Usage:
    """What one pass may use."""
    return Usage(writer.count(prompt), prompt.max_output_tokens)


def _reason(failure: WriterFailed) -> Reason:
    kinds: tuple[tuple[type[WriterFailed], Reason], ...] = (
        (WriterBusy, Reason.BUSY),
        (WriterUnfit, Reason.UNFIT),
        (WriterRefused, Reason.REFUSED),
        (WriterMisconfigured, Reason.MISCONFIGURED),
    )
    return next((reason for kind, reason in kinds if isinstance(failure, kind)), Reason.UNAVAILABLE)


def _as_json(report: Report) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", json.loads(report.to_json()))
