"""What somebody answered to each question, cut out of a saved transcript.

    turns of a transcript -> answers_of -> Answers: lines, and for each question an Answer with what was said to it
                                               |
                                               +-> measures, redaction, prompt, verdict, report

This is the only file of the judgement that knows what a saved turn looks like. A line has the number that
`/transcript view` shows. Whose feedback it is, is whoever reads the transcript; others are known by a number.

Other people's words are measured by their times here, but they are sent to nobody unless they agreed to that
themselves: `agreed` names those who did.
"""

from __future__ import annotations

import enum
import math
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final

from bot.interview.roles import Role
from config.questions import InterviewType
from storage.transcripts import Mark

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Sequence

    from config.questions import Question
    from storage.transcripts import Turn

MIN_WORDS: Final = 40
"""An answer of fewer words is not scored: there is too little to quote."""

MIN_CONFIDENCE: Final = 0.4
"""An answer whose words are recognised less surely is not scored.

Source: Whisper decodes again below a mean log probability of -1.0, which is 0.37 (Radford et al. 2022, section 4.5).
A speech server that names no confidence counts as 0.5 in this product, and passes.
"""

_WORD = re.compile(r"[^\W_]+(?:[-'\u2019\u02bc][^\W_]+)*")


class Status(enum.StrEnum):
    """Whether an answer is scored, and if not, why."""

    SCORED = "scored"
    """It was judged; each criterion still may have too little evidence."""

    UNANSWERED = "unanswered"
    """Nothing was said to it."""

    SHORT = "short"
    """Fewer than `MIN_WORDS` words."""

    UNSURE = "unsure"
    """Recognised with less than `MIN_CONFIDENCE`."""

    LEFT_OUT = "left_out"
    """The interview is longer than one request may be; this answer was not sent."""

    UNJUDGED = "unjudged"
    """No model was asked, or it said nothing about this answer."""


@dataclass(frozen=True, slots=True)
class Line:
    """A turn with words, or with sound that got none.

    Attributes:
        number: As `/transcript view` shows it, from 1.
        speaker: Who of the transcript's speakers, from 1; 0 where that is not kept.
        own: Whether it is the candidate's whom the feedback is for, and said as a candidate.
        role: What the speaker was then.
        name: The speaker's display name.
        start_s: When it begins, in seconds on the session clock.
        end_s: When it ends, likewise.
        text: The words, composed (NFC); empty for a gap.
        language: Code of the language; may be empty.
        confidence: 0.0 .. 1.0, as the recogniser said.
        typed: Whether it was written, so that its times say nothing about speaking.
        agreed: Whether the speaker agreed that the words are sent to a model.
    """

    number: int
    speaker: int
    own: bool
    role: Role
    name: str = field(repr=False)
    start_s: float
    end_s: float
    text: str = field(repr=False)
    language: str = ""
    confidence: float = 1.0
    typed: bool = False
    agreed: bool = False

    @property
    def words(self) -> int:
        """How many there are."""
        return len(words_of(self.text))

    @property
    def seconds(self) -> float:
        """How long it was spoken; 0 for what was typed."""
        return 0.0 if self.typed else max(0.0, self.end_s - self.start_s)


@dataclass(frozen=True)
class Answer:
    """A question, and what was said until the next one.

    Attributes:
        number: Which answer of the candidate's, from 1.
        question: As it was asked; empty where no question was marked.
        question_id: Which one of a bank; may be empty.
        kind: Which rubric it is held against.
        covers: What a strong answer covers, as the bank has it; may be empty.
        follow_ups: What was asked after it without another question beginning.
        asked_s: When, in seconds on the session clock; None where no question was marked.
        lines: Of everybody, in order.
    """

    number: int
    question: str = field(repr=False)
    question_id: str
    kind: InterviewType
    covers: tuple[str, ...] = field(repr=False)
    follow_ups: tuple[str, ...] = field(repr=False)
    asked_s: float | None
    lines: tuple[Line, ...] = field(repr=False)

    @cached_property
    def own(self) -> tuple[Line, ...]:
        """The candidate's lines that have words."""
        return tuple(line for line in self.lines if line.own and line.text)

    @cached_property
    def others(self) -> tuple[Line, ...]:
        """Everybody else's lines that have words."""
        return tuple(line for line in self.lines if not line.own and line.text)

    @cached_property
    def words(self) -> int:
        """How many the candidate said or typed."""
        return sum(line.words for line in self.own)

    @cached_property
    def language(self) -> str:
        """In which most of the candidate's words were; empty if that is not known."""
        return language_of(self.own)

    @cached_property
    def confidence(self) -> float:
        """How sure the recogniser was: the mean over the candidate's words, 0.0 .. 1.0."""
        return confidence_of(self.own)

    @property
    def status(self) -> Status:
        """Whether it can be scored, as far as that is known before a model is asked."""
        return status_of(self.own)


@dataclass(frozen=True, slots=True)
class Answers:
    """An interview, as one of its candidates answered it.

    Attributes:
        lines: Everything that was said, by everybody, in order.
        answers: The candidate's, in order.
    """

    lines: tuple[Line, ...] = field(repr=False)
    answers: tuple[Answer, ...] = field(repr=False)


def answers_of(
    turns: Iterable[Turn],
    *,
    kind: InterviewType = InterviewType.BEHAVIOURAL,
    question: Callable[[str], Question | None] | None = None,
    agreed: Collection[int] = (),
) -> Answers:
    """What the reader of a transcript answered in it.

    Args:
        turns: Of a transcript that was opened for that reader.
        kind: Of questions that are in no bank.
        question: A question of a bank, by its id.
        agreed: The numbers (`Turn.speaker`) of others whose words may be sent to a model.

    A question that was asked again, or a follow-up that has the same id, does not begin another answer. What another
    candidate answered, after the two changed seats, is none of this one's answers. Without any question that was
    marked, everything is one answer.
    """
    lines: list[Line] = []
    asked: list[tuple[Turn, int]] = []
    for turn in turns:
        if turn.mark is Mark.QUESTION:
            asked.append((turn, len(lines)))
        elif (line := _line(turn, agreed)) is not None:
            lines.append(line)
    if not asked:
        whole = Answer(1, "", "", kind, (), (), None, tuple(lines))
        return Answers(tuple(lines), (whole,) if whole.own else ())
    answers: list[Answer] = []
    for group, start, end in _stretches(asked, len(lines)):
        said = tuple(lines[start:end])
        if any(line.role is Role.CANDIDATE and not line.own for line in said) and not any(line.own for line in said):
            continue
        first = group[0]
        known = question(first.question_id) if question is not None and first.question_id else None
        texts = list(dict.fromkeys(_nfc(turn.text) for turn in group))
        answers.append(
            Answer(
                number=len(answers) + 1,
                question=texts[0],
                question_id=first.question_id,
                kind=known.type if known is not None else kind,
                covers=known.covers if known is not None else (),
                follow_ups=tuple(texts[1:]),
                asked_s=first.start_s,
                lines=said,
            )
        )
    return Answers(tuple(lines), tuple(answers))


def words_of(text: str) -> list[str]:
    """The words of *text*: letters and digits, with apostrophes and hyphens inside of them."""
    return _WORD.findall(text)


def language_of(lines: Iterable[Line]) -> str:
    """In which most words of *lines* are; empty if that is not known."""
    counts: Counter[str] = Counter()
    for line in lines:
        counts[line.language] += line.words
    counts.pop("", None)
    return counts.most_common(1)[0][0] if counts else ""


def confidence_of(lines: Sequence[Line]) -> float:
    """The mean over the words of *lines*, 0.0 .. 1.0; 0 if there are none. What was typed is sure."""
    words = sum(line.words for line in lines)
    if not words:
        return 0.0
    return math.fsum((1.0 if line.typed else line.confidence) * line.words for line in lines) / words


def status_of(own: Sequence[Line]) -> Status:
    """Whether an answer of these lines of the candidate's can be scored."""
    words = sum(line.words for line in own)
    if not words:
        return Status.UNANSWERED
    if words < MIN_WORDS:
        return Status.SHORT
    return Status.UNSURE if confidence_of(own) < MIN_CONFIDENCE else Status.SCORED


def without(answer: Answer, numbers: Collection[int]) -> Answer:
    """The answer without the lines of these numbers."""
    return replace(answer, lines=tuple(line for line in answer.lines if line.number not in numbers))


def _stretches(asked: Sequence[tuple[Turn, int]], end: int) -> list[tuple[list[Turn], int, int]]:
    """Questions that belong together, with the first and the last line that follow them."""
    groups: list[tuple[list[Turn], int]] = []
    for turn, at in asked:
        last = groups[-1][0][0] if groups else None
        same = last is not None and (
            turn.question_id == last.question_id if turn.question_id else _nfc(turn.text) == _nfc(last.text)
        )
        if same:
            groups[-1][0].append(turn)
        else:
            groups.append(([turn], at))
    ends = [at for _, at in groups[1:]] + [end]
    return [(group, at, until) for (group, at), until in zip(groups, ends, strict=True)]


def _line(turn: Turn, agreed: Collection[int]) -> Line | None:
    """A turn's line; None if it has neither words nor sound."""
    if turn.mark is not Mark.SAID or turn.start_s is None or turn.end_s is None:
        return None
    role = Role(turn.role) if turn.role else Role.CANDIDATE if turn.own else Role.INTERVIEWER
    return Line(
        number=turn.seq + 1,
        speaker=turn.speaker or 0,
        own=turn.own and role is Role.CANDIDATE,
        role=role,
        name=turn.name,
        start_s=turn.start_s,
        end_s=turn.end_s,
        text=_nfc(turn.text),
        language=turn.language,
        confidence=turn.confidence,
        typed=turn.typed,
        agreed=turn.own or turn.speaker in agreed,
    )


def _nfc(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())
