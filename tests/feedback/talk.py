"""Interviews made of turns, and what a model may write about them."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from bot.feedback.answers import answers_of
from bot.feedback.prompt import build
from bot.feedback.report import Criterion
from bot.feedback.rubric import Rubrics, load_rubrics
from storage.transcripts import Mark, Turn

if TYPE_CHECKING:
    from bot.feedback.answers import Answers
    from bot.feedback.prompt import Request

AT: Final = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)

GOOD: Final = (
    "In my last role at a payments company our checkout was slow, so I measured each call and found that forty percent "
    "of the time went into one query. I decided against a cache because stale prices were not acceptable, and rewrote "
    "the query with Oleg instead. In the end the p95 went from 900 to 300 milliseconds."
)


@cache
def rubrics() -> Rubrics:
    return load_rubrics()


def asked(seq: int, start_s: float, text: str = "Tell me about a hard problem.", question_id: str = "") -> Turn:
    return Turn(seq, Mark.QUESTION, start_s=start_s, text=text, question_id=question_id)


def said(
    seq: int,
    start_s: float,
    end_s: float,
    text: str,
    *,
    own: bool = True,
    name: str = "",
    speaker: int = 0,
    language: str = "en",
    confidence: float = 0.9,
    role: str = "",
    typed: bool = False,
) -> Turn:
    return Turn(
        seq,
        Mark.SAID,
        speaker or (1 if own else 2),
        name or ("Anna" if own else "Oleg"),
        start_s,
        end_s,
        text,
        language,
        confidence,
        own=own,
        role=role,
        typed=typed,
    )


def interview(*attack: str, by_interviewer: bool = False) -> Answers:
    """One question, a good answer as line 2, and lines of somebody who has other plans."""
    turns = [asked(0, 0.0, question_id="q"), said(1, 5.0, 30.0, GOOD)]
    for at, text in enumerate(attack):
        turns.append(said(2 + at, 31.0 + at, 31.9 + at, text, own=not by_interviewer))
    return answers_of(turns, agreed={2})


def request(answers: Answers, *, language: str = "en", mark: str | None = None) -> Request:
    return build(answers, language=language, rubrics=rubrics(), mark=mark)


def piece(line: int = 2, quote: str = "I measured each call", why: str = "The first step is named.") -> dict[str, Any]:
    return {"line": line, "quote": quote, "why": why}


PIECES: Final = {
    Criterion.RELEVANCE: piece(quote="our checkout was slow"),
    Criterion.CONTEXT: piece(quote="In my last role at a payments company", why="The setting is named."),
    Criterion.ACTION: piece(quote="I measured each call and found"),
    Criterion.RESULT: piece(quote="the p95 went from 900 to 300 milliseconds", why="A measured outcome."),
    Criterion.DEPTH: piece(quote="because stale prices were not acceptable", why="What was given up, and why."),
    Criterion.STRUCTURE: piece(quote="In the end the p95 went", why="It says where it ends."),
}


def written(score: int = 4, **criteria: Any) -> dict[str, Any]:
    """A model's answer on `interview()` that holds in every part, with *criteria* put in place of its own."""
    judged: dict[str, Any] = {c.value: {"score": score, "evidence": [PIECES[c]]} for c in Criterion}
    return {
        "answers": [{"answer": 1, "criteria": judged | criteria}],
        "strength": {"text": "You measured before you changed anything.", "line": 2, "quote": "I measured each call"},
        "next_step": {
            "answer": 1,
            "criterion": "result",
            "text": "Say what you learned from it.",
            "opening": "Our checkout was slow: forty percent of the time went into one query. I rewrote the query.",
        },
    }
