"""Who comes and goes: people who came later are greeted once, and a host who is gone is missed.

people in the channel, who takes part -> Company.look -> newcomers, whether the host has been away too long
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

HOST_GRACE_S = 60.0
"""A host who has been out of the channel for so long has left: time enough to come back after a lost connection."""

GREETINGS = 25
"""The most people who are greeted in one interview: whoever comes and goes on purpose must not fill a channel."""


class Company:
    """The people around an interview.

    Attributes:
        ungreeted: People who came later and were not greeted, because there were too many.
    """

    def __init__(self) -> None:
        self._known: set[int] = set()
        self._greeted = 0
        self._host_away_since: float | None = None
        self.ungreeted = 0

    def meet(self, people: Collection[int]) -> None:
        """These are here now and read the notice: nobody needs to greet them."""
        self._known |= set(people)

    def newcomers(self, people: Collection[int], taking_part: Collection[int]) -> list[int]:
        """Those who came since they were looked for last and have not said yes: each of them once for good."""
        new = sorted(set(people) - self._known)
        self._known |= set(people)
        greet: list[int] = []
        for user_id in new:
            if user_id in taking_part:
                continue
            if self._greeted >= GREETINGS:
                self.ungreeted += 1
                continue
            self._greeted += 1
            greet.append(user_id)
        return greet

    def host_gone(self, host_id: int, people: Collection[int], now_s: float) -> bool:
        """Whether the host has been away for longer than a lost connection takes."""
        if host_id in people:
            self._host_away_since = None
            return False
        if self._host_away_since is None:
            self._host_away_since = now_s
        return now_s - self._host_away_since >= HOST_GRACE_S
