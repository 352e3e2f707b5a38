"""What is counted about an answer, and scored by nobody.

    lines of an answer -> measured -> Measures
    Measures, and those of earlier interviews -> against -> Past: median and range of the last five

Times are those of the recogniser's turns: a turn goes on over pauses shorter than the recogniser cuts at, so those are
speech here. What was typed has words and no time. There is no target for any of these numbers; each is
compared with what the same person did before.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from bot.feedback.answers import language_of, words_of
from bot.feedback.wordlists import fold, word_lists

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.feedback.answers import Answer, Answers, Line

LAST: Final = 5
"""One's own past is so many interviews."""

PACE_S: Final = 5.0
"""Of less speech no pace is told."""

OVERLAP_S: Final = 0.5
"""Who begins so long after and before the ends of somebody else's turn interrupts it; less is how turns are cut."""

INTERRUPTION_WORDS: Final = 3
"""Who says less ("mhm", "yes, right") interrupts nobody."""

_Count = Annotated[int, Field(ge=0)]
_Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class Measures:
    """What was counted. None stands for what cannot be told, never for zero.

    Attributes:
        language: In which most words were; empty if that is not known.
        words: The candidate's, spoken and typed.
        seconds: How long the candidate spoke: the lengths of the turns together.
        words_per_minute: Words of spoken turns in a minute of them; None below `PACE_S`.
        talk_share: The candidate's part of everybody's speech between the question and the next one, 0.0 .. 1.0. Where
            two speak at once, it counts for both.
        thinking_s: From the question, or from what somebody else said after it, to the candidate's first spoken turn.
            Of several answers the median.
        longest_pause_s: The longest time in which nobody spoke, between the candidate's first turn and last. Of
            several answers the longest.
        interruptions: Turns of at least `INTERRUPTION_WORDS` words that the candidate began at least `OVERLAP_S` after
            somebody else's turn began and before it ended.
        interrupted: Such turns of others within the candidate's.
        fillers: "um", "ähm", "ну" and the like, whole words. An undercount: recognition leaves most of them out.
        hedges: "maybe", "vielleicht", "мабуть" and the like. Some of them are meant as they are said.
        counted_words: In how many spoken words fillers and hedges were looked for: those in a language with a list.
    """

    language: str
    words: _Count
    seconds: _Number
    words_per_minute: _Number | None
    talk_share: Annotated[float, Field(ge=0, le=1)] | None
    thinking_s: _Number | None
    longest_pause_s: _Number | None
    interruptions: _Count
    interrupted: _Count
    fillers: _Count
    hedges: _Count
    counted_words: _Count

    @property
    def fillers_per_100(self) -> float | None:
        """Fillers in a hundred words."""
        return 100 * self.fillers / self.counted_words if self.counted_words else None

    @property
    def hedges_per_100(self) -> float | None:
        """Hedges in a hundred words."""
        return 100 * self.hedges / self.counted_words if self.counted_words else None


COMPARED: Final = (
    *(field.name for field in fields(Measures) if field.name not in {"language", "fillers", "hedges", "counted_words"}),
    "fillers_per_100",
    "hedges_per_100",
)
"""The numbers of `Measures` that are compared with one's own past."""


@dataclass(frozen=True, slots=True)
class Past:
    """A number, beside what it was in the same person's earlier interviews, or answers.

    Attributes:
        name: Which one, of `COMPARED`.
        now: This time; None if it cannot be told.
        n: In how many of the earlier ones that count it can be told.
        median: Of those; None if there is none.
        low: The lowest of those.
        high: The highest of those.
    """

    name: str
    now: float | None
    n: int
    median: float | None
    low: float | None
    high: float | None


def measured(answer: Answer) -> Measures:
    """What is counted about one answer."""
    spoken = [line for line in answer.lines if not line.typed]
    own = [line for line in spoken if line.own]
    others = [line for line in spoken if not line.own]
    with_words = [line for line in own if line.text]
    seconds = sum(line.seconds for line in own)
    everybody = seconds + sum(line.seconds for line in others)
    counted = [line for line in with_words if line.language in word_lists()]
    return Measures(
        language=language_of(answer.own),
        words=answer.words,
        seconds=seconds,
        words_per_minute=_pace(with_words),
        talk_share=min(1.0, seconds / everybody) if everybody else None,
        thinking_s=_thinking(answer.asked_s, own, others),
        longest_pause_s=_longest_pause(own, spoken),
        interruptions=_interruptions(own, others),
        interrupted=_interruptions(others, own),
        fillers=sum(_count(line, word_lists()[line.language].fillers) for line in counted),
        hedges=sum(_count(line, word_lists()[line.language].hedges) for line in counted),
        counted_words=sum(line.words for line in counted),
    )


def measured_all(answers: Answers) -> Measures:
    """What is counted about all answers of an interview together."""
    each = [measured(answer) for answer in answers.answers]
    own = [line for answer in answers.answers for line in answer.own]
    spoken = [line for answer in answers.answers for line in answer.lines if not line.typed]
    seconds = sum(one.seconds for one in each)
    everybody = sum(line.seconds for line in spoken)
    thinking = [one.thinking_s for one in each if one.thinking_s is not None]
    pauses = [one.longest_pause_s for one in each if one.longest_pause_s is not None]
    return Measures(
        language=language_of(own),
        words=sum(one.words for one in each),
        seconds=seconds,
        words_per_minute=_pace([line for line in own if not line.typed]),
        talk_share=min(1.0, seconds / everybody) if everybody else None,
        thinking_s=statistics.median(thinking) if thinking else None,
        longest_pause_s=max(pauses, default=None),
        interruptions=sum(one.interruptions for one in each),
        interrupted=sum(one.interrupted for one in each),
        fillers=sum(one.fillers for one in each),
        hedges=sum(one.hedges for one in each),
        counted_words=sum(one.counted_words for one in each),
    )


def against(now: Measures, earlier: Iterable[Measures], *, most: int = LAST) -> tuple[Past, ...]:
    """Each number beside the person's own past: *earlier* ones, the newest last, of which the last *most* count."""
    last = list(earlier)[-most:]
    found: list[Past] = []
    for name in COMPARED:
        values = [value for one in last if (value := _value(one, name)) is not None]
        found.append(
            Past(
                name=name,
                now=_value(now, name),
                n=len(values),
                median=statistics.median(values) if values else None,
                low=min(values, default=None),
                high=max(values, default=None),
            )
        )
    return tuple(found)


def _value(measures: Measures, name: str) -> float | None:
    value: float | None = getattr(measures, name)
    return value


def _pace(lines: Sequence[Line]) -> float | None:
    seconds = sum(line.seconds for line in lines)
    return 60 * sum(line.words for line in lines) / seconds if seconds >= PACE_S else None


def _thinking(asked_s: float | None, own: Sequence[Line], others: Sequence[Line]) -> float | None:
    if asked_s is None or not own:
        return None
    first = min(line.start_s for line in own)
    # The interviewer may have read the question aloud.
    ready = max([asked_s, *(line.end_s for line in others if line.start_s < first)])
    return max(0.0, first - ready)


def _longest_pause(own: Sequence[Line], everybody: Sequence[Line]) -> float | None:
    if not own:
        return None
    until = min(line.start_s for line in own)
    end = max(line.end_s for line in own)
    longest = 0.0
    for line in sorted(everybody, key=lambda line: line.start_s):
        longest = max(longest, min(line.start_s, end) - until)
        until = max(until, line.end_s)
    return longest


def _interruptions(by: Sequence[Line], of: Sequence[Line]) -> int:
    return sum(
        line.words >= INTERRUPTION_WORDS
        and any(other.start_s + OVERLAP_S <= line.start_s <= other.end_s - OVERLAP_S for other in of)
        for line in by
    )


def _count(line: Line, phrases: frozenset[tuple[str, ...]]) -> int:
    """How often the phrases are in a line; where one is in another, the longer one counts, once."""
    words = [fold(word) for word in words_of(line.text)]
    longest = max(map(len, phrases))
    found = at = 0
    while at < len(words):
        length = next((n for n in range(longest, 0, -1) if tuple(words[at : at + n]) in phrases), 0)
        found += length > 0
        at += length or 1
    return found
