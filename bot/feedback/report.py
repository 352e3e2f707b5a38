"""Feedback on an interview as it is kept and shown, and what several of them say together.

    verdict + measures -> Report -> to_json -> sealed, stored -> from_json -> card, pictures
                                 -> compare(a, b), progress(reports): only what was judged in the same way

A report without a model's judgement has measures only: `versions.model` is empty then, and nothing is scored.
Everything that may quote what was said is kept out of reprs.
"""

from __future__ import annotations

import enum
import statistics
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from bot.errors import BotError
from bot.feedback.answers import Status  # noqa: TC001 - pydantic reads it
from bot.feedback.measures import Measures  # noqa: TC001 - pydantic reads it
from config.questions import InterviewType  # noqa: TC001 - pydantic reads it

if TYPE_CHECKING:
    from collections.abc import Iterable

SCHEMA_VER: Final = 1
"""Of the JSON. Later versions only add fields; what does not know them passes over them."""

ENOUGH: Final = 4
"""An answer has a total if at least so many of its six criteria have a score."""

LAST: Final = 5
"""Progress and past are told over so many interviews."""

_Score = Annotated[float, Field(ge=1, le=5, multiple_of=0.5)]
_Mean = Annotated[float, Field(ge=1, le=5)]


class ReportUnreadable(BotError):
    """What is stored is no report."""


class Criterion(enum.StrEnum):
    """What an answer is judged by; all weigh the same."""

    RELEVANCE = "relevance"
    """Whether it answers what was asked."""

    CONTEXT = "context"
    """Whether one knows enough about the situation to follow."""

    ACTION = "action"
    """What the candidate did, or how the candidate reasoned."""

    RESULT = "result"
    """What came of it, and how that was checked."""

    DEPTH = "depth"
    """How far below the surface it goes."""

    STRUCTURE = "structure"
    """Whether one can follow it."""


class Dropped(enum.StrEnum):
    """Why something that the model wrote is not shown."""

    UNQUOTED = "unquoted"
    """The quote is not in the candidate's own line of that number."""

    UNSUPPORTED = "unsupported"
    """A score without any evidence that holds."""

    REUSED = "reused"
    """The same words were given as evidence for too many criteria."""

    OUT_OF_RANGE = "out_of_range"
    """A score that is none."""

    FORBIDDEN = "forbidden"
    """It says something about the person instead of the answer."""

    INVENTED = "invented"
    """It brings in numbers, names or facts that were not said."""

    MALFORMED = "malformed"
    """Not what was asked for: something missing, too long, twice, or about an answer that there is not."""

    LEAKED = "leaked"
    """It repeats the instructions or the marks around the transcript."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A quote, cut out of the candidate's own line.

    Attributes:
        line: The line's number, as `/transcript view` shows it.
        start_s: When the line begins, in seconds on the session clock.
        quote: The words as the transcript has them.
        why: What they show, in the model's words.
    """

    line: Annotated[int, Field(ge=1)]
    start_s: float
    quote: str = field(repr=False)
    why: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Judged:
    """A criterion of one answer.

    Attributes:
        criterion: Which.
        low: 1 to 5 in halves; None for not enough evidence, which is never a low score. A half lies between two passes.
        high: As `low`, unless two passes were more than one point apart: then this is the higher one.
        evidence: 1 to 3 quotes; none without a score.
    """

    criterion: Criterion
    low: _Score | None = None
    high: _Score | None = None
    evidence: tuple[Evidence, ...] = ()

    @property
    def scored(self) -> bool:
        """Whether there was enough evidence."""
        return self.low is not None

    @property
    def middle(self) -> float | None:
        """Between low and high; None without a score."""
        return None if self.low is None or self.high is None else (self.low + self.high) / 2


@dataclass(frozen=True, slots=True)
class Total:
    """A mean of scores, from the lowest that they may be to the highest; 1.0 .. 5.0.

    Attributes:
        low: Of the lower scores.
        high: Of the higher ones; the same if the passes agreed.
        n: How many scores it is the mean of.
    """

    low: _Mean
    high: _Mean
    n: Annotated[int, Field(ge=1)]

    @property
    def middle(self) -> float:
        """Between low and high."""
        return (self.low + self.high) / 2


@dataclass(frozen=True, slots=True)
class Assessment:
    """One answer.

    Attributes:
        number: Which one of the candidate's, from 1.
        question: As it was asked; empty where none was marked.
        question_id: Which one of a bank; may be empty.
        kind: Which rubric it was held against.
        status: Whether it was scored.
        judged: Each criterion, in their order; none unless it was scored.
        total: The mean of its criteria; None if fewer than `ENOUGH` have a score.
        measures: What was counted.
    """

    number: Annotated[int, Field(ge=1)]
    question: str = field(repr=False)
    question_id: str
    kind: InterviewType
    status: Status
    judged: tuple[Judged, ...]
    total: Total | None
    measures: Measures


@dataclass(frozen=True, slots=True)
class Strength:
    """What was good.

    Attributes:
        text: In the model's words.
        evidence: Where it shows.
    """

    text: str = field(repr=False)
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class NextStep:
    """What to practise next.

    Attributes:
        text: In the model's words.
        criterion: Which one it would help.
        answer: To which answer it belongs.
        opening: How that answer could begin, from what was said alone; empty if there is none.
        without: Why the model's opening is not shown; None if it is, or if there was none.
    """

    text: str = field(repr=False)
    criterion: Criterion
    answer: Annotated[int, Field(ge=1)]
    opening: str = field(default="", repr=False)
    without: Dropped | None = None


@dataclass(frozen=True, slots=True)
class Versions:
    """By what it was judged; scores of different versions are not compared.

    Attributes:
        rubric: Hash of criteria and anchors.
        prompt: Hash of instructions and schema.
        model: As the server named it; empty if none was asked.
    """

    rubric: str
    prompt: str
    model: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Feedback on one interview.

    Attributes:
        at: When it was made, with its time zone.
        language: In which it is written: "en", "de" or "uk".
        versions: By what it was judged.
        assessments: Each answer, in order.
        measures: What was counted over all answers together.
        total: The mean of the answers' totals; None if none has one.
        strength: One; None if none could be shown to be there.
        next_step: One; None if there is none.
        passes: How many times a model judged it.
        flagged: Numbers of lines that read like instructions to a model; they were not sent.
        dropped: What the model wrote and is not shown: why, and how often.
        schema_ver: Of its JSON.
    """

    at: AwareDatetime
    language: str
    versions: Versions
    assessments: tuple[Assessment, ...]
    measures: Measures
    total: Total | None = None
    strength: Strength | None = None
    next_step: NextStep | None = None
    passes: Annotated[int, Field(ge=0)] = 0
    flagged: tuple[int, ...] = ()
    dropped: tuple[tuple[Dropped, int], ...] = ()
    schema_ver: Annotated[int, Field(ge=1)] = SCHEMA_VER

    def to_json(self) -> bytes:
        """The same as JSON, in UTF-8."""
        return _REPORT.dump_json(self)

    @classmethod
    def from_json(cls, data: bytes | str) -> Report:
        """What `to_json` made, by this version of the program or a later one.

        Fields that are not known are passed over.

        Raises:
            ReportUnreadable: If it is no report.
        """
        try:
            return _REPORT.validate_json(data)
        except ValidationError:
            # The library's error quotes what it read.
            raise ReportUnreadable("what is stored is no report") from None


_REPORT: Final = TypeAdapter(Report)


# Several reports


@dataclass(frozen=True, slots=True)
class Change:
    """A criterion in two interviews: the mean over the answers that have a score for it.

    Attributes:
        criterion: Which.
        before: In the earlier interview; None if no answer has a score.
        after: In the later one.
    """

    criterion: Criterion
    before: Total | None
    after: Total | None

    @property
    def certain(self) -> bool:
        """Whether the two differ by more than their ranges leave open."""
        if self.before is None or self.after is None:
            return False
        return self.before.high < self.after.low or self.after.high < self.before.low


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two interviews that were judged in the same way, the earlier one first."""

    before: Report
    after: Report
    criteria: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Spread:
    """What the last interviews say about one number.

    Attributes:
        n: Over how many interviews, 1 to `LAST`.
        median: Of them.
        low: The lowest.
        high: The highest.
    """

    n: int
    median: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Point:
    """One interview in the course of several.

    Attributes:
        at: When its report was made.
        total: As in the report.
        criteria: The mean of each criterion over its answers; those without a score are left out.
    """

    at: AwareDatetime
    total: Total | None
    criteria: tuple[tuple[Criterion, Total], ...]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Interviews one after the other that were judged in the same way; between two stretches nothing is compared."""

    versions: Versions
    points: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How somebody's interviews went.

    Attributes:
        stretches: All scored ones, in order of time, with a break wherever rubric, prompt or model changed.
        total: The totals of the last `LAST` interviews of the last stretch; None if none has one.
        criteria: Likewise for each criterion that has a score there.
        unscored: Interviews without any score, which are in no stretch.
    """

    stretches: tuple[Stretch, ...]
    total: Spread | None
    criteria: tuple[tuple[Criterion, Spread], ...]
    unscored: int


def compare(a: Report, b: Report) -> Comparison | None:
    """Two reports side by side, whichever comes first; None if they were not judged in the same way by a model."""
    if a.versions != b.versions or not a.versions.model:
        return None
    before, after = sorted((a, b), key=lambda report: report.at)
    means = criteria_of(before), criteria_of(after)
    return Comparison(before, after, tuple(Change(c, means[0].get(c), means[1].get(c)) for c in Criterion))


def progress(reports: Iterable[Report]) -> Progress:
    """How the interviews of *reports* went, in whatever order they are given."""
    stretches: list[tuple[Versions, list[Point]]] = []
    unscored = 0
    for report in sorted(reports, key=lambda report: report.at):
        means = criteria_of(report)
        if not means or not report.versions.model:
            unscored += 1
            continue
        if not stretches or stretches[-1][0] != report.versions:
            stretches.append((report.versions, []))
        stretches[-1][1].append(Point(report.at, report.total, tuple(means.items())))
    last = stretches[-1][1][-LAST:] if stretches else []
    by_criterion = {
        c: [total.middle for point in last for which, total in point.criteria if which is c] for c in Criterion
    }
    return Progress(
        stretches=tuple(Stretch(versions, tuple(points)) for versions, points in stretches),
        total=spread(point.total.middle for point in last if point.total is not None),
        criteria=tuple((c, found) for c, values in by_criterion.items() if (found := spread(values)) is not None),
        unscored=unscored,
    )


def criteria_of(report: Report) -> dict[Criterion, Total]:
    """The mean of each criterion over the answers of *report* that have a score for it."""
    found: dict[Criterion, Total] = {}
    for criterion in Criterion:
        judged = [j for each in report.assessments for j in each.judged if j.criterion is criterion]
        if (total := mean_of(judged)) is not None:
            found[criterion] = total
    return found


def mean_of(judged: Iterable[Judged]) -> Total | None:
    """The mean of those that have a score, equally weighed; None if none has one."""
    scores = [(j.low, j.high) for j in judged if j.low is not None and j.high is not None]
    if not scores:
        return None
    return Total(statistics.fmean(low for low, _ in scores), statistics.fmean(high for _, high in scores), len(scores))


def mean_of_totals(totals: Iterable[Total | None]) -> Total | None:
    """The mean of those that there are, equally weighed; None if there is none."""
    there = [total for total in totals if total is not None]
    if not there:
        return None
    return Total(
        statistics.fmean(total.low for total in there), statistics.fmean(total.high for total in there), len(there)
    )


def spread(values: Iterable[float]) -> Spread | None:
    """Median and range of *values*, of which the last `LAST` count; None without any."""
    last = list(values)[-LAST:]
    return Spread(len(last), statistics.median(last), min(last), max(last)) if last else None
