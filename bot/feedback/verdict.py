"""What of a model's answer is believed: everything that our own code can check, and nothing else.

    raw answer -> check: each score, quote and sentence by itself -> Verdict
    two Verdicts -> merge -> one, with ranges where they differ
    Verdict + Answers -> report_of -> Report, with totals of our own

A score stands if it is 1 to 5 and at least one quote of it holds. What makes a quote hold:

- its line is one of the candidate's own, in that answer, and was sent;
- it is a piece of that line, word for word: `bot.feedback.quotes` says exactly how that is compared;
- its reason says nothing about the person, brings in no number that was not said, and no address.

What is shown is then cut from the transcript, not from the model's answer. A criterion without a quote that holds reads
"not enough evidence", which is never a low score. What is not shown is counted by its reason.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeGuard, cast

from bot.feedback.answers import Status, words_of
from bot.feedback.facts import brings_in, numbers_in, sayable
from bot.feedback.measures import measured, measured_all
from bot.feedback.prompt import INSTRUCTIONS, PROMPT_VERSION, QUOTES, flagged_in
from bot.feedback.quotes import Text
from bot.feedback.report import (
    ENOUGH,
    Assessment,
    Criterion,
    Dropped,
    Evidence,
    Judged,
    NextStep,
    Report,
    Strength,
    Versions,
    mean_of,
    mean_of_totals,
)
from bot.feedback.wordlists import fold, says_forbidden
from bot.feedback.writer import WriterUnfit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from bot.feedback.answers import Answer, Answers, Line
    from bot.feedback.prompt import Request
    from bot.feedback.rubric import Rubrics

WHY_LENGTH: Final = 240
"""A longer reason is cut, in characters."""

TEXT_LENGTH: Final = 400
"""A longer strength or next step is cut."""

OPENING_LENGTH: Final = 800
"""A longer opening is not shown."""

QUOTE_LENGTH: Final = 400
"""A longer quote is not looked for."""

REUSES: Final = 3
"""The same words are evidence for at most so many criteria of an answer."""

GAP: Final = 1
"""Two passes that are further apart become a range."""

_HUGE: Final = 5_000
_LEAK_WORDS: Final = 8
_COUNTABLE: Final = 12

_BRACKETS: Final = re.compile(r"\[[^\]]{1,20}\]")


@dataclass(frozen=True, slots=True)
class Verdict:
    """What of one or more answers of a model holds.

    Attributes:
        judged: For each answer that was sent, by number: every criterion, in their order.
        strength: One, or None.
        next_step: One, or None.
        dropped: What does not hold, and how often.
        passes: Of how many answers of a model it was made.
    """

    judged: Mapping[int, tuple[Judged, ...]]
    strength: Strength | None
    next_step: NextStep | None
    dropped: Mapping[Dropped, int] = field(default_factory=dict[Dropped, int])
    passes: int = 1


def check(raw: Mapping[str, Any], request: Request) -> Verdict:
    """What of a model's answer to *request* holds.

    Raises:
        WriterUnfit: If it has no list of answers at all; whatever else is wrong with it is dropped and counted.
    """
    return _Check(request).verdict(raw)


def merge(verdicts: Sequence[Verdict]) -> Verdict:
    """Several passes over the same request as one.

    A criterion that both passes scored gets the middle of the two, or a range from one to the other if they are more
    than `GAP` apart. One that a single pass found evidence for keeps that score. Strength and next step are the first
    that hold.

    Raises:
        ValueError: If there is none.
    """
    if not verdicts:
        raise ValueError("there is nothing to merge")
    judged: dict[int, tuple[Judged, ...]] = {}
    for number in sorted({number for verdict in verdicts for number in verdict.judged}):
        by_pass = [{j.criterion: j for j in verdict.judged.get(number, ())} for verdict in verdicts]
        judged[number] = tuple(
            _merged(criterion, [found[criterion] for found in by_pass if criterion in found]) for criterion in Criterion
        )
    steps = [verdict.next_step for verdict in verdicts if verdict.next_step is not None]
    dropped: Counter[Dropped] = Counter()
    for verdict in verdicts:
        dropped.update(verdict.dropped)
    return Verdict(
        judged=judged,
        strength=next((verdict.strength for verdict in verdicts if verdict.strength is not None), None),
        next_step=next((step for step in steps if step.opening), steps[0] if steps else None),
        dropped=dict(dropped),
        passes=sum(verdict.passes for verdict in verdicts),
    )


def report_of(
    answers: Answers,
    *,
    at: datetime,
    language: str,
    rubrics: Rubrics,
    request: Request | None = None,
    verdict: Verdict | None = None,
    model: str = "",
) -> Report:
    """The report on an interview: judged if there are *request*, *verdict* and *model*, else what was counted alone."""
    judged: Mapping[int, tuple[Judged, ...]] = verdict.judged if verdict is not None else {}
    assessments = tuple(_assessment(answer, request, judged.get(answer.number, ())) for answer in answers.answers)
    return Report(
        at=at,
        language=request.language if request is not None else language,
        versions=Versions(rubrics.version, PROMPT_VERSION, model if verdict is not None else ""),
        assessments=assessments,
        measures=measured_all(answers),
        total=mean_of_totals(each.total for each in assessments),
        strength=verdict.strength if verdict is not None else None,
        next_step=verdict.next_step if verdict is not None else None,
        passes=verdict.passes if verdict is not None else 0,
        flagged=request.flagged if request is not None else tuple(sorted(flagged_in(answers))),
        dropped=tuple((why, verdict.dropped[why]) for why in Dropped if verdict.dropped.get(why)) if verdict else (),
    )


def _assessment(answer: Answer, request: Request | None, judged: tuple[Judged, ...]) -> Assessment:
    status = request.statuses.get(answer.number, Status.UNJUDGED) if request is not None else answer.status
    if status is Status.SCORED and not judged:
        status = Status.UNJUDGED
    judged = judged if status is Status.SCORED else ()
    total = mean_of(judged)
    return Assessment(
        number=answer.number,
        question=answer.question,
        question_id=answer.question_id,
        kind=answer.kind,
        status=status,
        judged=judged,
        total=total if total is not None and total.n >= ENOUGH else None,
        measures=measured(answer),
    )


def _merged(criterion: Criterion, found: Sequence[Judged]) -> Judged:
    scored = [j for j in found if j.low is not None and j.high is not None]
    if not scored:
        return Judged(criterion)
    low = min(cast("float", j.low) for j in scored)
    high = max(cast("float", j.high) for j in scored)
    if high - low <= GAP:
        low = high = (low + high) / 2
    evidence = {(e.line, fold(e.quote)): e for j in reversed(scored) for e in reversed(j.evidence)}
    return Judged(criterion, low, high, tuple(reversed(evidence.values()))[:QUOTES])


# One answer of a model


class _Check:
    """A model's answer to one request, being checked."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._dropped: Counter[Dropped] = Counter()
        self._texts: dict[int, Text] = {}
        self._sayable: frozenset[float] | None = None
        self._used: dict[int, list[tuple[int, int, int, Criterion]]] = {}
        self._lines = {line.number: line for answer in request.answers for line in answer.own}
        self._own = {
            answer.number: {line.number for line in answer.own if line.number in request.masked}
            for answer in request.answers
        }

    def verdict(self, raw: object) -> Verdict:
        top = _mapping(raw)
        answers = top.get("answers")
        if not isinstance(answers, list):
            raise WriterUnfit("The model's answer is not of the form that it was asked for.")
        if set(top) - {"answers", "strength", "next_step"}:
            self._drop(Dropped.MALFORMED)
        judged: dict[int, tuple[Judged, ...]] = {}
        for each in cast("list[object]", answers)[: 2 * len(self._own)]:
            entry = _mapping(each)
            number = entry.get("answer")
            if not _is_int(number) or number not in self._own or number in judged:
                self._drop(Dropped.MALFORMED)
                continue
            criteria = _mapping(entry.get("criteria"))
            judged[number] = tuple(self._judged(number, c, _mapping(criteria.get(c.value))) for c in Criterion)
        return Verdict(
            judged=judged,
            strength=self._strength(_mapping(top.get("strength"))),
            next_step=self._next_step(_mapping(top.get("next_step"))),
            dropped=dict(self._dropped),
        )

    def _drop(self, why: Dropped) -> None:
        self._dropped[why] += 1

    def _judged(self, number: int, criterion: Criterion, raw: Mapping[str, object]) -> Judged:
        score = raw.get("score")
        if score is None:
            return Judged(criterion)
        if not _is_int(score) or not 1 <= score <= 5:
            self._drop(Dropped.OUT_OF_RANGE)
            return Judged(criterion)
        offered = raw.get("evidence")
        evidence: list[Evidence] = []
        for each in cast("list[object]", offered)[: 2 * QUOTES] if isinstance(offered, list) else []:
            found = self._evidence(number, criterion, _mapping(each))
            if found is not None and found not in evidence:
                evidence.append(found)
        if not evidence:
            self._drop(Dropped.UNSUPPORTED)
            return Judged(criterion)
        return Judged(criterion, score, score, tuple(evidence[:QUOTES]))

    def _evidence(self, number: int, criterion: Criterion, raw: Mapping[str, object]) -> Evidence | None:
        placed = self._placed(raw, {number})
        if placed is None:
            return None
        line, start, end = placed
        why = self._sentence(raw.get("why"), WHY_LENGTH)
        if why is None:
            return None
        used = self._used.setdefault(number, [])
        elsewhere = {c for n, s, e, c in used if n == line.number and _overlap(s, e, start, end)} - {criterion}
        if len(elsewhere) >= REUSES:
            self._drop(Dropped.REUSED)
            return None
        used.append((line.number, start, end, criterion))
        return Evidence(line.number, line.start_s, self._cut(line, start, end), why)

    def _placed(self, raw: Mapping[str, object], answers: set[int]) -> tuple[Line, int, int] | None:
        """The candidate's line that a quote is from, and where in its masked text."""
        number, quote = raw.get("line"), raw.get("quote")
        if not _is_int(number) or not isinstance(quote, str) or not quote.strip():
            self._drop(Dropped.MALFORMED)
            return None
        place = None
        if len(quote) <= QUOTE_LENGTH and any(number in self._own[answer] for answer in answers):
            place = self._text(number).find(quote)
        if place is None:
            self._drop(Dropped.UNQUOTED)
            return None
        return self._lines[number], *place

    def _text(self, number: int) -> Text:
        if number not in self._texts:
            self._texts[number] = Text(self._request.masked[number].text)
        return self._texts[number]

    def _cut(self, line: Line, start: int, end: int) -> str:
        return self._request.masked[line.number].original(start, end)

    def _sentence(self, raw: object, length: int) -> str | None:
        """What the model wrote in its own words, as it may be shown; None if it may not."""
        if not isinstance(raw, str) or len(raw) > _HUGE or not (text := _clean(raw)):
            self._drop(Dropped.MALFORMED)
            return None
        why = self._wrong(text) or (Dropped.INVENTED if self._new_numbers(text) else None)
        if why is not None:
            self._drop(why)
            return None
        return _shortened(self._request.redaction.show(text), length)

    def _wrong(self, text: str) -> Dropped | None:
        """Why no sentence like this is shown, if so."""
        if self._request.mark in text or _leaks(text):
            return Dropped.LEAKED
        if says_forbidden(text):
            return Dropped.FORBIDDEN
        # Every address that was said is hidden from the model, so it has this one from nowhere.
        return Dropped.INVENTED if self._request.redaction.has_structured(text) else None

    def _strength(self, raw: Mapping[str, object]) -> Strength | None:
        if not raw:
            return None
        placed = self._placed(raw, set(self._own))
        if placed is None or (text := self._sentence(raw.get("text"), TEXT_LENGTH)) is None:
            return None
        line, start, end = placed
        return Strength(text, Evidence(line.number, line.start_s, self._cut(line, start, end), ""))

    def _next_step(self, raw: Mapping[str, object]) -> NextStep | None:
        if not raw:
            return None
        number, criterion = raw.get("answer"), raw.get("criterion")
        known = isinstance(criterion, str) and criterion in {c.value for c in Criterion}
        if not _is_int(number) or number not in self._own or not known:
            self._drop(Dropped.MALFORMED)
            return None
        if (text := self._sentence(raw.get("text"), TEXT_LENGTH)) is None:
            return None
        opening, why = self._opening(raw.get("opening"), self._request.by_number[number])
        return NextStep(text, Criterion(criterion), number, opening, why)

    def _opening(self, raw: object, answer: Answer) -> tuple[str, Dropped | None]:
        if not isinstance(raw, str) or len(raw) > OPENING_LENGTH:
            self._drop(Dropped.MALFORMED)
            return "", Dropped.MALFORMED
        text = _clean(raw)
        if not text:
            return "", None
        why = self._wrong(text) or (Dropped.INVENTED if self._invents(text, answer) else None)
        if why is not None:
            self._drop(why)
            return "", why
        return self._request.redaction.show(text), None

    def _said(self, answer: Answer) -> str:
        """What the candidate said in an answer, with its questions."""
        said = [self._request.masked[number].text for number in sorted(self._own[answer.number])]
        return "\n".join([answer.question, *answer.follow_ups, *said])

    def _new_numbers(self, text: str) -> bool:
        """Whether *text* has numbers, beyond those that one counts with, that nobody said."""
        found = {number for number in numbers_in(text) if number > _COUNTABLE}
        if found and self._sayable is None:
            self._sayable = sayable("\n".join(map(self._said, self._request.answers)))
        return bool(found - (self._sayable or frozenset()))

    def _invents(self, opening: str, answer: Answer) -> bool:
        """Whether an opening has numbers, names, placeholders or mostly words that were not said in its answer."""
        said = self._said(answer)
        if set(_BRACKETS.findall(opening)) - set(_BRACKETS.findall(said)):
            return True
        return brings_in(_BRACKETS.sub(" ", opening), said, language=answer.language)


def _overlap(start: int, end: int, other_start: int, other_end: int) -> bool:
    """Whether the two share more than half of the shorter one."""
    shared = min(end, other_end) - max(start, other_start)
    return 2 * shared > min(end - start, other_end - other_start)


@cache
def _told() -> frozenset[tuple[str, ...]]:
    words = [fold(word) for word in words_of(INSTRUCTIONS)]
    return frozenset(tuple(words[at : at + _LEAK_WORDS]) for at in range(len(words) - _LEAK_WORDS + 1))


def _leaks(text: str) -> bool:
    """Whether *text* repeats eight words of the instructions in a row, or a mark."""
    words = [fold(word) for word in words_of(text)]
    return "<<<" in text or any(
        tuple(words[at : at + _LEAK_WORDS]) in _told() for at in range(len(words) - _LEAK_WORDS + 1)
    )


def _clean(text: str) -> str:
    """One line, composed, without what is invisible or half a character."""
    kept = "".join(c if c.isspace() or unicodedata.category(c)[0] != "C" else "" for c in text)
    return " ".join(unicodedata.normalize("NFC", kept).split())


def _shortened(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rsplit(" ", 1)[0].rstrip() + "…"


def _mapping(raw: object) -> Mapping[str, object]:
    return cast("Mapping[str, object]", raw) if isinstance(raw, dict) else {}


def _is_int(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
