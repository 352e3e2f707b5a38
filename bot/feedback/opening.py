"""Feedback as an operator chose it: who writes, whether that is allowed, and the desk where people ask.

settings, processors -> chosen -> FeedbackWriter or none
everything           -> open_desk -> Desk, with the judgement of this package
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from bot.errors import StartRefused
from bot.feedback.addresses import RESIDENCIES, host_of
from bot.feedback.answers import Answers, answers_of
from bot.feedback.desk import Desk
from bot.feedback.prompt import NothingToJudge, Request, build
from bot.feedback.verdict import Verdict, check, merge, report_of
from bot.feedback.writer import Price, WriterUnfit
from bot.telemetry.egress import is_registered, must_be_registered
from storage.keys import is_loopback

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.clock import Clock
    from bot.feedback.chat_writer import ChatWriter
    from bot.feedback.openai_writer import ResponsesWriter
    from bot.feedback.redaction import Kind
    from bot.feedback.report import Report
    from bot.feedback.rubric import Rubrics
    from bot.feedback.writer import Prompt, Written
    from bot.stores import Stores
    from config.processors import Processor, Transfer
    from config.questions import Bank, InterviewType
    from config.settings import Settings
    from storage.transcripts import Transcript

HERE: Final = "this machine"
"""The region of a writer that nothing is sent away to."""


def chosen(settings: Settings, processors: Iterable[Processor]) -> ResponsesWriter | ChatWriter | None:
    """Who writes; None if nobody does.

    Raises:
        StartRefused: If something is missing, or words would go to somebody who is not on the list of processors.
    """
    if settings.feedback_writer == "none":
        return None
    if not settings.feedback_model.strip():
        raise StartRefused("SKILLRALLY_FEEDBACK_MODEL is not set: name the model that writes feedback.")
    key = settings.feedback_key.get_secret_value().strip() if settings.feedback_key else ""
    price = Price(settings.feedback_price_in, settings.feedback_price_out, settings.feedback_currency)
    # The library takes a second to load, and is for those who ask somebody.
    from bot.feedback.chat_writer import ChatWriter  # noqa: PLC0415
    from bot.feedback.openai_writer import ResponsesWriter  # noqa: PLC0415

    writer: ResponsesWriter | ChatWriter
    if settings.feedback_writer == "openai":
        if not key:
            raise StartRefused("SKILLRALLY_FEEDBACK_KEY is not set: OpenAI wants the key of a project.")
        writer = ResponsesWriter(
            key=key,
            model=settings.feedback_model.strip(),
            residency=settings.feedback_residency,
            price=price,
            timeout_s=settings.feedback_timeout_s,
            effort=settings.feedback_effort,
        )
    else:
        writer = ChatWriter(
            settings.feedback_url,
            model=settings.feedback_model.strip(),
            key=key,
            price=price,
            timeout_s=settings.feedback_timeout_s,
        )
    known = tuple(processors)
    must_be_registered(writer.host, known, what="Saved words")
    writer.region = _region(writer.host, known)
    return writer


def elsewhere(settings: Settings) -> str:
    """The host that saved words would go to, for those who must agree; empty if they stay on this machine.

    Raises:
        StartRefused: If the address is none.
    """
    match settings.feedback_writer:
        case "none":
            return ""
        case "openai":
            return host_of(RESIDENCIES[settings.feedback_residency])
        case "compatible":
            host = host_of(settings.feedback_url)
            return "" if is_loopback(host) else host


def _region(host: str, processors: Sequence[Processor]) -> str:
    return HERE if is_loopback(host) else _registered(host, processors).region


def _transfer(host: str, processors: Sequence[Processor]) -> Transfer:
    return "" if is_loopback(host) else _registered(host, processors).transfer


def _registered(host: str, processors: Sequence[Processor]) -> Processor:
    return next(each for each in processors if each.enabled and is_registered(host, each.hosts))


@dataclass(frozen=True, slots=True)
class InterviewCase:
    """An interview that can be judged; see `bot.feedback.desk.Case`."""

    asked: Request
    whole: Answers
    rubrics: Rubrics

    @property
    def prompt(self) -> Prompt:
        """What to ask."""
        return self.asked.prompt

    @property
    def answers(self) -> int:
        """How many answers are judged."""
        return len(self.asked.answers)

    @property
    def redacted(self) -> Mapping[Kind, int]:
        """What was taken out, by kind."""
        return self.asked.redaction.counts

    @property
    def flagged(self) -> tuple[int, ...]:
        """Numbers of lines that were left out."""
        return self.asked.flagged

    @property
    def withheld(self) -> int:
        """How many lines of others were left out."""
        return self.asked.withheld

    def report(self, written: Sequence[Written], *, at: datetime) -> Report:
        """What was written, checked and merged.

        Raises:
            WriterUnfit: If nothing of it is an answer.
        """
        verdicts: list[Verdict] = []
        for each in written:
            try:
                verdicts.append(check(each.raw, self.asked))
            except WriterUnfit:
                if each is written[-1] and not verdicts:
                    raise
        return report_of(
            self.whole,
            at=at,
            language=self.asked.language,
            rubrics=self.rubrics,
            request=self.asked,
            verdict=merge(verdicts),
            model=written[0].model,
        )


class InterviewJudge:
    """Makes cases of transcripts, by the rubrics and the questions that the program brings."""

    def __init__(self, rubrics: Rubrics, bank: Bank) -> None:
        self._rubrics = rubrics
        self._bank = bank

    def case(self, transcript: Transcript, *, kind: InterviewType, language: str) -> InterviewCase | None:
        """What to ask about it; None if nothing in it can be judged."""
        answers = self._answers(transcript, kind, language)
        try:
            return InterviewCase(build(answers, language=language, rubrics=self._rubrics), answers, self._rubrics)
        except NothingToJudge:
            return None

    def measured(self, transcript: Transcript, *, kind: InterviewType, language: str, at: datetime) -> Report | None:
        """What was counted; None if its reader answered nothing."""
        answers = self._answers(transcript, kind, language)
        if not any(answer.own for answer in answers.answers):
            return None
        return report_of(answers, at=at, language=language, rubrics=self._rubrics)

    def _answers(self, transcript: Transcript, kind: InterviewType, language: str) -> Answers:
        # Nobody else's words are sent: what a transcript shows of others does not say whose consent to look up.
        return answers_of(
            transcript.turns, kind=kind, question=lambda known: self._bank.get(known, language=language), agreed=()
        )


@asynccontextmanager
async def open_desk(
    settings: Settings,
    stores: Stores,
    *,
    processors: Iterable[Processor],
    bank: Bank,
    rubrics: Rubrics,
    clock: Clock,
) -> AsyncGenerator[Desk]:
    """The desk, until the end of the block; what is asked for is worked off meanwhile.

    Raises:
        StartRefused: As `chosen`.
    """
    async with AsyncExitStack() as stack:
        known = tuple(processors)
        writer = chosen(settings, known)
        if writer is not None:
            await stack.enter_async_context(writer)
        judge = InterviewJudge(rubrics, bank)
        desk = Desk(
            jobs=stores.jobs,
            store=stores.feedback,
            transcripts=stores.transcripts,
            ledger=stores.ledger,
            secrets=stores.secrets,
            judge=judge,
            writer=writer,
            clock=clock,
            transfer=_transfer(writer.host, known) if writer is not None else "",
        )
        yield await stack.enter_async_context(desk)
