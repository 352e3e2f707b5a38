from __future__ import annotations

import asyncio
import itertools
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from apscheduler.triggers.interval import IntervalTrigger

from bot.retention import INTERVAL, ticking
from storage.errors import DatabaseFailed

SECOND = timedelta(seconds=1)


class Ticks:
    """Counts ticks, and lets tests wait for them."""

    def __init__(self, *, failing: bool = False) -> None:
        self.count = 0
        self.failing = failing
        self._more = asyncio.Condition()

    async def __call__(self) -> None:
        async with self._more:
            self.count += 1
            self._more.notify_all()
        if self.failing:
            raise DatabaseFailed("the database refused")

    async def reach(self, count: int) -> None:
        async with self._more:
            await self._more.wait_for(lambda: self.count >= count)


async def test_there_is_a_tick_at_the_start_and_one_each_interval() -> None:
    ticks = Ticks()

    async with ticking(ticks, interval=SECOND, jitter_s=0):
        await ticks.reach(3)

    assert ticks.count == 3


async def test_a_tick_that_fails_is_followed_by_the_next() -> None:
    ticks = Ticks(failing=True)

    async with ticking(ticks, interval=SECOND, jitter_s=0):
        await ticks.reach(2)


async def test_a_loop_that_was_blocked_does_not_lose_the_run() -> None:
    ticks = Ticks()

    async with ticking(ticks, interval=SECOND, jitter_s=0):
        await ticks.reach(1)
        time.sleep(2.2)  # noqa: ASYNC251  the loop is to be blocked
        await ticks.reach(2)


async def test_the_end_of_the_block_is_the_end_of_ticking() -> None:
    before = asyncio.all_tasks()

    async with ticking(Ticks(), interval=SECOND):
        assert asyncio.all_tasks() > before

    assert asyncio.all_tasks() == before


def test_ticks_are_a_quarter_of_an_hour_apart_when_clocks_change() -> None:
    trigger: Any = IntervalTrigger(seconds=round(INTERVAL.total_seconds()), timezone=UTC)
    berlin = ZoneInfo("Europe/Berlin")
    at = datetime(2026, 10, 25, 1, 0, tzinfo=berlin)
    times: list[datetime] = []
    last = at
    for _ in range(16):
        last = trigger.get_next_fire_time(last, last)
        times.append(last.astimezone(UTC))

    assert {later - earlier for earlier, later in itertools.pairwise(times)} == {INTERVAL}
