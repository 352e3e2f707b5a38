"""What was said, in memory, until its people have had time to choose; then it is gone.

A draft is a list of snippets that nobody has saved, with the questions that were asked, who was candidate and who
interviewer when, and the notes that people wrote for themselves. It dies with the process, after `KEPT_S`, or when its
last owner forgets it, and a person's lines leave it the moment she takes them back.

    Interview -> add, ask, note, roles -> Draft -> turns, notes_of -> storage.transcripts.Transcripts.save
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.interview.roles import Roles
from storage.transcripts import Asked, Noted, Spoken

if TYPE_CHECKING:
    from collections.abc import Callable

    from stt.engine import Snippet

KEPT_S = 30 * 60.0
"""How long a draft outlives its interview."""

SNIPPETS = 5_000
"""The most snippets of one interview: four people talking for three hours. Older ones go first, and are counted."""

QUESTIONS = 300
"""The most questions of one interview that a draft holds."""

NOTES = 100
"""The most notes of one person that a draft holds."""


@dataclass(slots=True)
class Draft:
    """What was said in one interview.

    Attributes:
        interview_id: Random, says nothing.
        guild_id: The server it was held in.
        names: Display name by user id, as they were.
        snippets: In the order in which they were spoken.
        ended_s: When the interview ended, on the process's monotonic clock; None while it runs.
        outgrown: Snippets that had to go because there were too many.
        roles: Who was what, from when on.
        questions: Those that were asked, in that order.
        typed: Of the snippets, those that were written instead of spoken.
        begun_by: Who began it; 0 if their account is gone.
        attended: For how many seconds each person took part, whatever became of their words.
        channel_id: Where it was held at its end.
        lasted_s: How long it lasted.
        kept_s: How long it outlives its interview; a server may want it shorter.
        dropped: How often somebody took a line out, so that whoever is saving it notices.
    """

    interview_id: str
    guild_id: int = field(repr=False)
    names: dict[int, str] = field(default_factory=dict[int, str], repr=False)
    snippets: list[Snippet] = field(default_factory=list["Snippet"], repr=False)
    ended_s: float | None = None
    outgrown: int = 0
    roles: Roles = field(default_factory=Roles, repr=False)
    questions: list[Asked] = field(default_factory=list[Asked], repr=False)
    typed: list[Snippet] = field(default_factory=list["Snippet"], repr=False)
    begun_by: int = field(default=0, repr=False)
    attended: dict[int, float] = field(default_factory=dict[int, float], repr=False)
    channel_id: int = field(default=0, repr=False)
    lasted_s: float = 0.0
    kept_s: float = KEPT_S
    dropped: int = 0
    _notes: dict[int, list[Noted]] = field(default_factory=dict[int, list[Noted]], repr=False)

    def turns(self) -> list[Spoken | Asked]:
        """What was asked and said, in that order, as `Transcripts.save` takes it."""
        typed = set(map(id, self.typed))
        said = [
            Spoken(
                speaker_id=s.speaker_id,
                name=self.names.get(s.speaker_id, ""),
                start_s=s.start_s,
                end_s=s.end_s,
                text=s.text,
                language=s.language,
                confidence=s.confidence,
                missing_s=s.missing_s,
                # In its middle: speech begins some tenths of a second before it is known to be speech.
                role=self.roles.at(s.speaker_id, (s.start_s + s.end_s) / 2) or "",
                typed=id(s) in typed,
            )
            for s in self.snippets
        ]
        return sorted([*self.questions, *said], key=lambda turn: (turn.start_s, isinstance(turn, Spoken)))

    def notes_of(self, user_id: int) -> list[Noted]:
        """What this person noted for herself, in that order."""
        return list(self._notes.get(user_id, ()))

    def ask(self, question: Asked) -> bool:
        """Put down that a question was asked; say whether there was room."""
        if len(self.questions) >= QUESTIONS:
            return False
        self.questions.append(question)
        return True

    def note(self, user_id: int, note: Noted) -> bool:
        """Put down what this person notes for herself; say whether there was room."""
        notes = self._notes.setdefault(user_id, [])
        if len(notes) >= NOTES:
            return False
        notes.append(note)
        return True

    def add(self, snippet: Snippet, *, typed: bool = False) -> None:
        """Put a snippet where it belongs in time: one speaker's words may be ready before another's earlier ones."""
        if typed:
            self.typed.append(snippet)
        at = len(self.snippets)
        while at > 0 and self.snippets[at - 1].start_s > snippet.start_s:
            at -= 1
        self.snippets.insert(at, snippet)
        if len(self.snippets) > SNIPPETS:
            self._drop([self.snippets[0]])
            self.outgrown += 1

    def drop(self, speaker_id: int, start_s: float) -> bool:
        """Take what this person began to say at *start_s* out, and say whether it was there."""
        gone = [s for s in self.snippets if s.speaker_id == speaker_id and s.start_s == start_s]
        self._drop(gone)
        self.dropped += bool(gone)
        return bool(gone)

    def remove(self, speaker_id: int) -> int:
        """Take a person's words, notes and name out, and say how many snippets that were."""
        gone = [s for s in self.snippets if s.speaker_id == speaker_id]
        self._drop(gone)
        self.names.pop(speaker_id, None)
        self.roles.remove(speaker_id)
        self._notes.pop(speaker_id, None)
        return len(gone)

    def _drop(self, gone: list[Snippet]) -> None:
        which = set(map(id, gone))
        self.snippets[:] = [s for s in self.snippets if id(s) not in which]
        self.typed[:] = [s for s in self.typed if id(s) not in which]


class Drafts:
    """The drafts that are still held."""

    def __init__(self, *, clock: Callable[[], float], kept_s: float = KEPT_S) -> None:
        self._clock = clock
        self._kept_s = kept_s
        self._held: dict[str, Draft] = {}

    def __len__(self) -> int:
        return len(self._held)

    def keep(self, draft: Draft) -> None:
        """Hold the draft of an interview that is over, unless it is empty."""
        if draft.snippets:
            draft.ended_s = self._clock()
            self._held[draft.interview_id] = draft

    def get(self, interview_id: str) -> Draft | None:
        """The draft, if its time is not up."""
        self.tick()
        return self._held.get(interview_id)

    def of(self, user_id: int) -> Draft | None:
        """The newest draft in which this person took part, if its time is not up."""
        self.tick()
        mine = [draft for draft in self._held.values() if user_id in draft.names]
        return max(mine, key=lambda draft: draft.ended_s or 0.0, default=None)

    def remove(self, speaker_id: int) -> None:
        """Take a person's words out of every draft."""
        for draft in list(self._held.values()):
            draft.remove(speaker_id)
            if not draft.snippets:
                self._held.pop(draft.interview_id, None)

    def erase(self, user_id: int) -> None:
        """Take a person out of every draft, also as who was there and began it: their account is being deleted."""
        for draft in self._held.values():
            draft.attended.pop(user_id, None)
            if draft.begun_by == user_id:
                draft.begun_by = 0
        self.remove(user_id)

    def tick(self) -> None:
        """Forget what is older than it may be."""
        now = self._clock()
        for key, draft in list(self._held.items()):
            if draft.ended_s is None or now - draft.ended_s >= min(self._kept_s, draft.kept_s):
                del self._held[key]

    def clear(self) -> None:
        """Forget everything."""
        self._held.clear()
