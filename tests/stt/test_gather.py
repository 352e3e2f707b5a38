"""Jobs of several callers, done together."""

from __future__ import annotations

import asyncio
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn

import pytest

from stt.gather import Gathering, TooMany
from tests.stt.sounds import until

if TYPE_CHECKING:
    from collections.abc import Generator

FOREVER_S = 600.0
"""Longer than a test lasts."""


class Work:
    """Doubles numbers, when it is let; remembers which came together."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.go_on = threading.Event()
        self.go_on.set()

    def __call__(self, numbers: list[int]) -> list[int | Exception]:
        self.batches.append(numbers)
        assert self.go_on.wait(60)
        return [ArithmeticError(str(number)) if number < 0 else 2 * number for number in numbers]


@contextmanager
def gathering(work: Work, *, most: int = 4, wait_s: float = 0.0, bound: int = 8) -> Generator[Gathering[int, int]]:
    """One, and its end."""
    opened: Gathering[int, int] = Gathering(work, most=most, wait_s=wait_s, bound=bound)
    try:
        yield opened
    finally:
        work.go_on.set()
        opened.close()


async def test_what_came_during_a_batch_is_the_next_one() -> None:
    work = Work()
    work.go_on.clear()
    with gathering(work) as gathered:
        async with asyncio.TaskGroup() as tasks:
            first = tasks.create_task(gathered.ask(1))
            await until(lambda: len(work.batches) == 1)
            rest = [tasks.create_task(gathered.ask(number)) for number in range(2, 8)]
            await asyncio.sleep(0)
            work.go_on.set()

    assert work.batches == [[1], [2, 3, 4, 5], [6, 7]]
    assert [task.result() for task in (first, *rest)] == [2, 4, 6, 8, 10, 12, 14]
    assert (gathered.batches, gathered.done) == (3, 7)


async def test_a_batch_that_is_full_waits_for_nobody() -> None:
    work = Work()
    with gathering(work, most=2, wait_s=FOREVER_S) as gathered:
        async with asyncio.timeout(60):
            assert await asyncio.gather(gathered.ask(1), gathered.ask(2)) == [2, 4]

    assert work.batches == [[1, 2]]


async def test_the_first_waits_for_others_and_no_longer_than_it_may() -> None:
    work = Work()
    with gathering(work, wait_s=0.01) as gathered:
        assert await gathered.ask(1) == 2

    assert work.batches == [[1]]


async def test_alone_nobody_waits() -> None:
    work = Work()
    with gathering(work, most=1, wait_s=FOREVER_S) as gathered:
        async with asyncio.timeout(60):
            assert await asyncio.gather(gathered.ask(1), gathered.ask(2)) == [2, 4]

    assert work.batches == [[1], [2]]


async def test_one_that_fails_fails_alone() -> None:
    work = Work()
    with gathering(work, most=3, wait_s=FOREVER_S) as gathered:
        results = await asyncio.gather(*map(gathered.ask, (1, -1, 3)), return_exceptions=True)

    assert work.batches == [[1, -1, 3]]
    assert [type(result) for result in results] == [int, ArithmeticError, int]


def nothing(_: list[int]) -> list[int]:
    return []


def broken(_: list[int]) -> NoReturn:
    raise ArithmeticError


@pytest.mark.parametrize("work_badly", [nothing, broken])
async def test_a_batch_without_results_is_told_to_all_and_the_next_is_done(
    work_badly: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Work()
    with gathering(work, most=2, wait_s=FOREVER_S) as gathered:
        with monkeypatch.context() as patched:
            patched.setattr(gathered, "_work", work_badly)
            results = await asyncio.gather(gathered.ask(1), gathered.ask(2), return_exceptions=True)
        again = await asyncio.gather(gathered.ask(1), gathered.ask(2))

    assert all(isinstance(result, Exception) for result in results)
    assert again == [2, 4]


async def test_who_left_while_waiting_is_left_out() -> None:
    work = Work()
    work.go_on.clear()
    with gathering(work) as gathered:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(gathered.ask(1))
            await until(lambda: len(work.batches) == 1)
            leaves, stays = (tasks.create_task(gathered.ask(number)) for number in (2, 3))
            await asyncio.sleep(0)
            leaves.cancel()
            await asyncio.wait([leaves])
            work.go_on.set()

    assert work.batches == [[1], [3]]
    assert stays.result() == 6


async def test_who_leaves_during_the_batch_takes_nothing_from_others() -> None:
    work = Work()
    work.go_on.clear()
    with gathering(work, most=2, wait_s=FOREVER_S) as gathered:
        async with asyncio.TaskGroup() as tasks:
            leaves, stays = (tasks.create_task(gathered.ask(number)) for number in (1, 2))
            await until(lambda: len(work.batches) == 1)
            leaves.cancel()
            await asyncio.wait([leaves])
            work.go_on.set()
        assert leaves.cancelled()
        assert stays.result() == 4
        async with asyncio.timeout(60):
            assert await asyncio.gather(gathered.ask(3), gathered.ask(4)) == [6, 8]


async def test_more_than_may_wait_are_told_so_at_once() -> None:
    work = Work()
    work.go_on.clear()
    with gathering(work, most=1, bound=2) as gathered:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(gathered.ask(1))
            await until(lambda: len(work.batches) == 1)
            waiting = [tasks.create_task(gathered.ask(number)) for number in (2, 3)]
            await asyncio.sleep(0)
            with pytest.raises(TooMany):
                await gathered.ask(4)
            work.go_on.set()

    assert gathered.refused == 1
    assert [task.result() for task in waiting] == [4, 6]


async def test_how_long_a_batch_takes_is_known_while_it_does() -> None:
    work = Work()
    work.go_on.clear()
    with gathering(work) as gathered:
        assert gathered.busy_s == 0
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(gathered.ask(1))
            await until(lambda: gathered.busy_s > 0)
            work.go_on.set()
        await until(lambda: gathered.busy_s == 0)


async def test_at_its_end_what_waits_is_done_and_more_is_refused() -> None:
    work = Work()
    with gathering(work, wait_s=FOREVER_S) as gathered:
        async with asyncio.TaskGroup() as tasks:
            asked = tasks.create_task(gathered.ask(1))
            await asyncio.sleep(0)
            await asyncio.to_thread(gathered.close)
        assert asked.result() == 2
        with pytest.raises(TooMany):
            await gathered.ask(2)


def test_what_cannot_gather_is_refused() -> None:
    for most, wait_s, bound in ((0, 0.0, 8), (1, -1.0, 8), (4, 0.0, 2)):
        with pytest.raises(ValueError, match="batch"):
            Gathering(Work(), most=most, wait_s=wait_s, bound=bound)
