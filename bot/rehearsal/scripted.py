"""What the rehearsal's model says: written beforehand about what Anna types, so nothing of it is a model's judgement.

    request -> its lines -> the script's quotes that are in them, and one that nobody said -> answer of the schema

The two passes differ where two answers of a model would, and one quote is made up, so that one sees what becomes of
such things. About an interview without those words it says what `fair_judge` does.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from bot.rehearsal.loopback_model import fair_judge

if TYPE_CHECKING:
    from collections.abc import Mapping

    from bot.rehearsal.loopback_model import Asked

NAME: Final = "rehearsal-script"
"""What it calls itself, on every card."""

FABRICATED: Final = "I led a team of twelve people"
"""A quote of something that nobody said."""

_JUDGED: Final[dict[str, tuple[tuple[int, int], str, str]]] = {
    "relevance": (
        (4, 4),
        "I was on call when payments slowed down",
        "The answer goes straight to the incident that was asked for.",
    ),
    "context": (
        (3, 3),
        "payments slowed down",
        "One learns what was slow, but not for how many customers.",
    ),
    "action": (
        (4, 5),
        "I compared heap dumps from two hosts",
        "The own steps are named, one after the other.",
    ),
    "result": (
        (4, 4),
        "Memory stayed flat for two weeks",
        "The outcome was measured, and over some time.",
    ),
    "depth": (
        (2, 4),
        "our retry queue kept every failed request",
        "The cause is named; what it was weighed against is not.",
    ),
    "structure": (
        (5, 5),
        FABRICATED,
        "It goes from the first sign to the lesson.",
    ),
}
"""For each criterion: the scores of the two passes, the quote, and why."""

_STRENGTH: Final = (
    "I wrote one that showed the leak in a minute",
    "You had a test before you changed anything, as [Interviewer 1] had asked.",
)

_NEXT: Final = "Say early what the incident meant for the people who pay; then the steps weigh more."

_OPENING: Final = "I was on call when payments slowed down. Our retry queue kept every failed request."


class Script:
    """Answers one request after the other."""

    def __init__(self) -> None:
        self._passes = 0

    def __call__(self, asked: Asked) -> Mapping[str, Any]:
        """What is said to this one."""
        number = self._passes % 2
        self._passes += 1
        answers = json.loads(asked.content[asked.content.index("\n") : asked.content.rindex("\n")])
        for answer in answers:
            own = [line for line in answer["lines"] if line["speaker"] == "Candidate"]
            found = {quote: line["line"] for line in own for quote in _quotes() if quote in line["text"]}
            if len(found) == len(_quotes()):
                return _judgement(asked, answer["answer"], found, number)
        return fair_judge(asked)


def texts() -> list[str]:
    """Every sentence of the script, to be looked for where none should be."""
    return [FABRICATED, *(why for _, _, why in _JUDGED.values()), _STRENGTH[1], _NEXT]


def _quotes() -> list[str]:
    return [*(quote for _, quote, _ in _JUDGED.values() if quote != FABRICATED), _STRENGTH[0]]


def _judgement(asked: Asked, number: int, found: Mapping[str, int], nth: int) -> Mapping[str, Any]:
    line = found[_STRENGTH[0]]
    criteria = {
        name: {
            "score": scores[nth],
            "evidence": [{"line": found.get(quote, line), "quote": quote, "why": why}],
        }
        for name, (scores, quote, why) in _JUDGED.items()
    }
    # Of the other answers it says nothing.
    empty: dict[str, dict[str, Any]] = {name: {"score": None, "evidence": []} for name in _JUDGED}
    numbers: list[int] = asked.schema["properties"]["answers"]["items"]["properties"]["answer"]["enum"]
    return {
        "answers": [{"answer": each, "criteria": criteria if each == number else empty} for each in numbers],
        "strength": {"text": _STRENGTH[1], "line": line, "quote": _STRENGTH[0]},
        "next_step": {"answer": number, "criterion": "context", "text": _NEXT, "opening": _OPENING},
    }
