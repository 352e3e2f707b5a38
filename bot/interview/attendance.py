"""Who took part in an interview, and for how long: for quotas, and nothing of what was said.

    Interview.admit, dismiss -> came, went -> Attendance -> seconds -> Draft.attended -> Servers.practised

Taking one's words back does not change how long one was there; deleting one's account does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Attendance:
    """The people of one interview, by user id; *now_s* is its clock."""

    def __init__(self, now_s: Callable[[], float]) -> None:
        self._now_s = now_s
        self._since: dict[int, float] = {}
        self._seconds: dict[int, float] = {}

    def came(self, user_id: int) -> None:
        """Somebody takes part from now on, or goes on taking part."""
        self._since.setdefault(user_id, self._now_s())

    def went(self, user_id: int) -> None:
        """Somebody does no more, if they did."""
        since_s = self._since.pop(user_id, None)
        if since_s is not None:
            self._seconds[user_id] = self._seconds.get(user_id, 0.0) + self._now_s() - since_s

    def forget(self, user_id: int) -> None:
        """Somebody was never here."""
        self._since.pop(user_id, None)
        self._seconds.pop(user_id, None)

    def seconds(self) -> dict[int, float]:
        """How long each was there, up to now."""
        now_s = self._now_s()
        here = {user_id: now_s - since_s for user_id, since_s in self._since.items()}
        return {
            user_id: self._seconds.get(user_id, 0.0) + here.get(user_id, 0.0) for user_id in {**self._seconds, **here}
        }

    def __repr__(self) -> str:
        return f"<Attendance of {len({*self._since, *self._seconds})}>"
