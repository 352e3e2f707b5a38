"""The course of an interview: what was planned, which question stands, and what time has come.

    Plan, Bank -> Course.next, skip, choose, follow, repeat -> the question that stands
    now_s      -> Course.due -> Reminder            once each; a reminder ends nothing
    sound      -> Course.answered -> True           solo, if asked for: many words, then a long silence

Plain logic on the session clock. A timer never takes anything away from anybody: whoever thinks for a minute thinks for
a minute. The end of an answer is what people say it is; only someone who practises alone may leave it to a silence.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.interview.roles import Role
from config.questions import Bank, InterviewType, Level, Question

if TYPE_CHECKING:
    from collections.abc import Iterable
    from random import Random

ANSWER_WORDS = 20
"""So many words must have been said before a silence can be the end of an answer."""

SOON_S = 5 * 60.0
"""So long before the planned end people are reminded of it."""

OWN_LENGTH = 600
"""The most characters of a question that somebody makes up."""

PROMPT_QUESTION = 200
"""Characters of the question itself that a recogniser is told; the terms come before it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What was agreed when the interview was started.

    Attributes:
        type: Which questions are asked; None for any.
        level: For how much experience; None for any.
        questions: How many are asked; 0 if people ask their own.
        minutes: How long it should take; 0 for as long as it takes.
        role: What the host is in it.
        language: Two letters: of what everybody sees, and of the questions.
        spoken: Code that speech is decoded in; None to find out for each person.
        silence_s: Solo: after such a silence the next question comes by itself; 0 for never.
    """

    type: InterviewType | None = None
    level: Level | None = None
    questions: int = 5
    minutes: float = 45
    role: Role = Role.CANDIDATE
    language: str = "en"
    spoken: str | None = None
    silence_s: float = 0.0


class Reminder(enum.Enum):
    """What time has come."""

    QUESTION = "question"
    """As long as was meant for this question has passed."""

    SOON = "soon"
    """Five minutes are left of the whole."""

    END = "end"
    """The planned time has passed."""


class Course:
    """Which question stands, which were asked, and when.

    Attributes:
        plan: What was agreed.
        question: The one that stands; None before the first.
        follow_up: The follow-up to it that was asked last; empty for none.
        asked_s: When the question that stands was asked, on the session clock.
        number: How many were asked and not skipped, with the one that stands.
        finished: Whether the next question was asked for and there was none.
    """

    def __init__(self, plan: Plan, bank: Bank, *, own: Iterable[Question] = (), random: Random) -> None:
        """Begin.

        Args:
            plan: What was agreed.
            bank: The questions to choose from.
            own: The server's own, which come first.
            random: By which they are chosen.
        """
        self.plan = plan
        self.question: Question | None = None
        self.follow_up = ""
        self.asked_s = 0.0
        self.number = 0
        self.finished = False
        self._bank = bank
        self._own = Bank(own)
        self._random = random
        self._asked: set[str] = set()
        self._follow_ups: list[str] = []
        self._due_s: float | None = None
        self._reminded: set[Reminder] = set()

    # -- questions ------------------------------------------------------------------------------------------------

    def next(self, now_s: float) -> Question | None:
        """Put the next question; None if as many as planned were asked, or there are no more."""
        if self.number >= self.plan.questions > 0:
            self.finished = True
            return None
        return self._put(self._pick(), now_s)

    def skip(self, now_s: float) -> Question | None:
        """Put another question in place of the one that stands."""
        if self.question is None:
            return self.next(now_s)
        other = self._pick()
        if other is None:
            self.finished = True
            return None
        self.number -= 1
        return self._put(other, now_s)

    def choose(self, item: str, now_s: float) -> Question | None:
        """Put the question of this id, or with these words; None if there is nothing in it."""
        text = " ".join(item.split())[:OWN_LENGTH]
        if not text:
            return None
        return self._put(self.get(text) or self._made_up(text), now_s)

    def repeat(self, now_s: float) -> Question | None:
        """Put the question that stands once more, with its time from the beginning."""
        if self.question is not None:
            self._start_timer(self.question.minutes, now_s)
        return self.question

    def follow(self) -> str:
        """Put the next follow-up to the question that stands; empty if there is none."""
        if not self._follow_ups:
            return ""
        self.follow_up = self._follow_ups.pop(0)
        return self.follow_up

    @property
    def follow_ups_left(self) -> int:
        """How many follow-ups there are still."""
        return len(self._follow_ups)

    def get(self, question_id: str) -> Question | None:
        """The question of this id, in the interview's language."""
        language = self.plan.language
        return self._own.get(question_id, language=language) or self._bank.get(question_id, language=language)

    def find(self, text: str, *, limit: int) -> list[Question]:
        """Questions that fit what somebody types: of the plan's kind first, then any."""
        found: dict[str, Question] = {}
        for kind, level in ((self.plan.type, self.plan.level), (None, None)):
            for bank in (self._own, self._bank):
                for question in bank.find(text, type=kind, level=level, limit=limit, language=self.plan.language):
                    found.setdefault(question.id, question)
        return list(found.values())[:limit]

    def _pick(self) -> Question | None:
        # A level that the bank lacks for this kind is better answered with another level than with nothing.
        for level in dict.fromkeys((self.plan.level, None)):
            for bank in (self._own, self._bank):
                question = bank.pick(
                    type=self.plan.type,
                    level=level,
                    language=self.plan.language,
                    exclude=self._asked,
                    random=self._random,
                )
                if question is not None:
                    return question
        return None

    def _put(self, question: Question | None, now_s: float) -> Question | None:
        if question is None:
            self.finished = True
            return None
        self.question, self.asked_s, self.follow_up = question, now_s, ""
        self.number += 1
        self.finished = False
        if question.id:
            self._asked.add(question.id)
        self._follow_ups = list(question.follow_ups)
        self._start_timer(question.minutes, now_s)
        return question

    def _made_up(self, text: str) -> Question:
        return Question(
            id="",
            type=self.plan.type or InterviewType.BEHAVIOURAL,
            level=self.plan.level or Level.MIDDLE,
            text=text,
            covers=(),
            follow_ups=(),
            terms=(),
            minutes=0,
            language=self.plan.language,
        )

    # -- time -----------------------------------------------------------------------------------------------------

    @property
    def due_s(self) -> float | None:
        """When the time meant for the question that stands has passed, on the session clock; None for no limit."""
        return self._due_s

    @property
    def ends_s(self) -> float | None:
        """When the planned time has passed, on the session clock; None for no limit."""
        return self.plan.minutes * 60 if self.plan.minutes > 0 else None

    def set_timer(self, minutes: float, now_s: float) -> None:
        """Give the question that stands so much time from now on; 0 takes its timer away."""
        self._start_timer(minutes, now_s)

    def overdue(self, now_s: float) -> bool:
        """Whether the time meant for the question that stands has passed."""
        return self._due_s is not None and now_s >= self._due_s

    def over(self, now_s: float) -> bool:
        """Whether the planned time has passed."""
        return self.ends_s is not None and now_s >= self.ends_s

    def due(self, now_s: float) -> set[Reminder]:
        """What time has come since this was asked last; each comes once."""
        come: set[Reminder] = set()
        if self.overdue(now_s):
            come.add(Reminder.QUESTION)
        if self.ends_s is not None:
            if now_s >= self.ends_s - SOON_S and self.plan.minutes * 60 > SOON_S:
                come.add(Reminder.SOON)
            if now_s >= self.ends_s:
                come.add(Reminder.END)
        fresh = come - self._reminded
        self._reminded |= fresh
        return fresh

    def answered(self, *, words: int, silence_s: float) -> bool:
        """Whether somebody who practises alone has answered, as far as a silence can say that."""
        if not self.plan.silence_s or self.question is None or self.finished:
            return False
        return words >= ANSWER_WORDS and silence_s >= self.plan.silence_s

    def _start_timer(self, minutes: float, now_s: float) -> None:
        self._due_s = now_s + minutes * 60 if minutes > 0 else None
        self._reminded.discard(Reminder.QUESTION)

    # -- for the recogniser ---------------------------------------------------------------------------------------

    def prompt(self, glossary: str, role: Role | None = None) -> str:
        """What a recogniser should expect of somebody in that role: the question, its terms and the server's words.

        Who answers names things, so the terms come first; who asks reads the question and its follow-up aloud, so those
        do. The order counts, because engines take the first hundred tokens or so.
        """
        if self.question is None:
            return glossary
        terms, text = ", ".join(self.question.terms), self.question.text[:PROMPT_QUESTION]
        if role is Role.INTERVIEWER:
            follow_up = self.follow_up or next(iter(self._follow_ups), "")
            parts = [" ".join(part for part in (text, follow_up) if part), terms, glossary]
        else:
            parts = [terms, glossary, text]
        return ". ".join(part for part in parts if part)
