"""Time, handed in so that tests can hold it still."""

from __future__ import annotations

import time
from datetime import UTC, datetime
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
