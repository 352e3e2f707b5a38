"""What was said, in memory, until its people have had time to choose; then it is gone.

A draft is a list of snippets that nobody has saved. It dies with the process, after `KEPT_S`, or when its last owner
forgets it, and a person's lines leave it the moment she takes them back.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from stt.engine import Snippet

KEPT_S = 30 * 60.0
"""How long a draft outlives its interview."""

SNIPPETS = 5_000
"""The most snippets of one interview: four people talking for three hours. Older ones go first, and are counted."""


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
    """

    interview_id: str
    guild_id: int = field(repr=False)
    names: dict[int, str] = field(default_factory=dict[int, str], repr=False)
    snippets: list[Snippet] = field(default_factory=list["Snippet"], repr=False)
    ended_s: float | None = None
    outgrown: int = 0

    def add(self, snippet: Snippet) -> None:
        """Put a snippet where it belongs in time: one speaker's words may be ready before another's earlier ones."""
        at = len(self.snippets)
        while at > 0 and self.snippets[at - 1].start_s > snippet.start_s:
            at -= 1
        self.snippets.insert(at, snippet)
        if len(self.snippets) > SNIPPETS:
            del self.snippets[0]
            self.outgrown += 1

    def remove(self, speaker_id: int) -> int:
        """Take a person's words and name out, and say how many snippets that were."""
        before = len(self.snippets)
        self.snippets[:] = [s for s in self.snippets if s.speaker_id != speaker_id]
        self.names.pop(speaker_id, None)
        return before - len(self.snippets)


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

    def tick(self) -> None:
        """Forget what is older than it may be."""
        now = self._clock()
        for key, draft in list(self._held.items()):
            if draft.ended_s is None or now - draft.ended_s >= self._kept_s:
                del self._held[key]

    def clear(self) -> None:
        """Forget everything."""
        self._held.clear()
