"""What people are in an interview, and who was what when."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field


class Role(enum.StrEnum):
    """What somebody is in an interview; a transcript keeps it by this value."""

    CANDIDATE = "candidate"
    """Answers the questions."""

    INTERVIEWER = "interviewer"
    """Asks them."""

    OBSERVER = "observer"
    """Listens, and may speak."""


@dataclass(slots=True)
class Roles:
    """Who was what from when on, by the session clock."""

    _since: dict[int, list[tuple[float, Role]]] = field(default_factory=dict[int, list[tuple[float, Role]]], repr=False)

    def set(self, user_id: int, role: Role, at_s: float) -> None:
        """From *at_s* on this person is that."""
        since = self._since.setdefault(user_id, [])
        if not since or since[-1][1] is not role:
            since.append((at_s, role))

    def at(self, user_id: int, at_s: float) -> Role | None:
        """What this person was then; of a moment before she was anything, what she became first."""
        since = self._since.get(user_id)
        if not since:
            return None
        return next((role for from_s, role in reversed(since) if from_s <= at_s), since[0][1])

    def now(self, user_id: int) -> Role | None:
        """What this person is now."""
        since = self._since.get(user_id)
        return since[-1][1] if since else None

    def remove(self, user_id: int) -> None:
        """Forget what this person was."""
        self._since.pop(user_id, None)
