"""Whoever writes feedback: what is handed over, what comes back, and how it may fail.

    Prompt -> FeedbackWriter.write -> Written        or one of

    WriterFailed
        WriterBusy           too much was asked for; try again in `retry_after_s`
        WriterUnavailable    no answer: the server is away, hung up, or took too long
        WriterUnfit          an answer, and none that can be used: cut off, no JSON, or not of the schema
        WriterRefused        the model would not write about this
        WriterMisconfigured  the request can never succeed as things are set

A writer asks once. Whether it is asked again, and when, is for the job to say, which knows what was paid already.
Exceptions carry one sentence for whoever runs the bot, and nothing of the request or of the answer.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Protocol

from bot.errors import BotError

if TYPE_CHECKING:
    from collections.abc import Mapping

MILLION: Final = Decimal(1_000_000)


@dataclass(frozen=True, slots=True)
class Prompt:
    """What a model is asked. The transcript stands in *content* only.

    Attributes:
        instructions: What to do; fixed, and the same for everybody.
        content: What to do it with: data, never instructions.
        schema: The JSON schema of the answer: an object, strict, without references outside of itself.
        schema_name: What the schema is called: letters, digits, _ and -, at most 64.
        max_output_tokens: How long the answer may be, 1 or more.
    """

    instructions: str = field(repr=False)
    content: str = field(repr=False)
    schema: Mapping[str, Any] = field(repr=False)
    schema_name: str = field(repr=False)
    max_output_tokens: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class Usage:
    """What was used, in tokens, as the server counted."""

    input_tokens: int
    output_tokens: int

    @property
    def tokens(self) -> int:
        """Both together."""
        return self.input_tokens + self.output_tokens

    def __add__(self, other: Usage) -> Usage:
        return Usage(self.input_tokens + other.input_tokens, self.output_tokens + other.output_tokens)


@dataclass(frozen=True, slots=True)
class Price:
    """What a million tokens cost, as the operator said; 0 where it costs nothing or is not known.

    Attributes:
        input_per_million: Of what is sent.
        output_per_million: Of what is written.
        currency: Three letters, such as "USD".
    """

    input_per_million: Decimal = Decimal(0)
    output_per_million: Decimal = Decimal(0)
    currency: str = "USD"

    def of(self, usage: Usage) -> Decimal:
        """What *usage* costs, exactly."""
        paid = usage.input_tokens * self.input_per_million + usage.output_tokens * self.output_per_million
        return paid / MILLION


@dataclass(frozen=True, slots=True)
class Written:
    """What a model answered.

    Attributes:
        raw: The answer; it fits the prompt's schema, and nothing else about it was checked.
        usage: What it took.
        model: The model as the server named it, which may be more exact than what was asked for.
    """

    raw: Mapping[str, Any] = field(repr=False)
    usage: Usage
    model: str


class WriterFailed(BotError):
    """No feedback came back; the message is one sentence for whoever runs the bot.

    Attributes:
        usage: What was used all the same; None where nobody said, and it may be anything up to the worst case.
    """

    def __init__(self, advice: str, *, usage: Usage | None = None) -> None:
        super().__init__(advice)
        self.usage = usage


NOTHING: Final = Usage(0, 0)


class WriterBusy(WriterFailed):
    """Too much was asked for. Nothing was used.

    Attributes:
        retry_after_s: How long the server wants to be left alone; None if it did not say.
    """

    def __init__(self, advice: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(advice, usage=NOTHING)
        self.retry_after_s = retry_after_s


class WriterUnavailable(WriterFailed):
    """No answer: the server is away, hung up, or took too long. It may have worked, and may count it."""


class WriterUnfit(WriterFailed):
    """An answer that cannot be used: cut off, no JSON, or not of the schema."""


class WriterRefused(WriterFailed):
    """The model would not write about this."""


class WriterMisconfigured(WriterFailed):
    """The request can never succeed as things are set: key, model, address, region, or a request it does not take."""

    def __init__(self, advice: str) -> None:
        super().__init__(advice, usage=NOTHING)


class FeedbackWriter(Protocol):
    """Who writes."""

    @property
    def host(self) -> str:
        """Where the words are sent, such as "eu.api.openai.com", or "127.0.0.1" for this machine."""
        ...

    @property
    def region(self) -> str:
        """Where that is, as the list of processors has it; "here" for this machine."""
        ...

    @property
    def model(self) -> str:
        """The model that is asked for."""
        ...

    @property
    def price(self) -> Price:
        """What it costs."""
        ...

    def count(self, prompt: Prompt) -> int:
        """At most so many input tokens does *prompt* have."""
        ...

    async def write(self, prompt: Prompt, *, safety_id: str) -> Written:
        """Ask once.

        Args:
            prompt: What.
            safety_id: Stands for the person with the provider: stable, and nobody else can tell whose it is.

        Raises:
            WriterFailed: One of its kinds.
        """
        ...
