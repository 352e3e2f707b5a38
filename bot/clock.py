"""Time, handed in so that tests can hold it still."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What tells the time."""

    def monotonic_s(self) -> float:
        """Seconds that only grow; for lengths and deadlines."""
        ...

    def now(self) -> datetime:
        """An aware UTC datetime; for what people read and what is stored."""
        ...


class SystemClock:
    """The machine's clock."""

    def monotonic_s(self) -> float:
        """Seconds that only grow."""
        return time.monotonic()

    def now(self) -> datetime:
        """The time in UTC."""
        return datetime.now(UTC)


class Witness:
    """What somebody else says the time is, so that a machine's clock that jumped can be believed, or not.

    Between two statements the time goes on by the machine's monotonic clock, which no setting of the time moves.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._said: tuple[datetime, float] | None = None

    def saw(self, at: datetime) -> None:
        """Somebody said that it is *at*, an aware datetime, now."""
        self._said = (at, self._clock.monotonic_s())

    def now(self) -> datetime | None:
        """The time in UTC, as it was said last and went on since; None if nobody ever did."""
        if self._said is None:
            return None
        at, then = self._said
        return at + timedelta(seconds=self._clock.monotonic_s() - then)
