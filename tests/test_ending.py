from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from bot.ending import Ending
from bot.interview.drafts import KEPT_S
from bot.interview.interviews import Interviews
from tests.interview.rooms import ANNA, FakeRoom, LoopClock, hearing
from tests.interview.test_interviews import say_something, start
from tests.stt.sounds import ScriptedTranscriber
from tests.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from collections.abc import Callable

GRACE_S = 60.0
NOW = datetime(2026, 11, 23, tzinfo=UTC)


async def took(ending: Ending, *, then: Callable[[Interviews], None], after_s: float, words: bool = True) -> float:
    """Seconds from the wish to end until it is done, with something done in between; a draft is there if *words*."""
    loop = asyncio.get_running_loop()
    engine = ScriptedTranscriber("Words.")
    async with Interviews(hearing=hearing(engine), clock=LoopClock()) as interviews, asyncio.TaskGroup() as tasks:
        room = FakeRoom()
        interview = await start(interviews, room)
        if words:
            await say_something(interview, room)
        began = loop.time()
        ending.drain()
        over = tasks.create_task(ending.over(interviews))
        await asyncio.sleep(after_s)
        then(interviews)
        await over
        return loop.time() - began


@in_virtual_time
async def test_words_can_be_saved_for_the_grace_time_and_no_longer() -> None:
    held: list[int] = []
    seconds = await took(Ending(GRACE_S), then=lambda i: held.append(len(i.drafts)), after_s=GRACE_S - 1)

    assert held == [1]
    assert GRACE_S <= seconds < GRACE_S + 5


@in_virtual_time
async def test_it_ends_early_when_everybody_has_forgotten_their_words() -> None:
    assert await took(Ending(GRACE_S), then=lambda i: i.drafts.remove(ANNA), after_s=10) < 12


@in_virtual_time
async def test_with_nothing_to_save_nobody_is_waited_for() -> None:
    assert await took(Ending(GRACE_S), then=lambda _: None, after_s=0, words=False) < 5


@in_virtual_time
async def test_a_second_wish_ends_the_grace_time_at_once() -> None:
    ending = Ending(GRACE_S)

    assert await took(ending, then=lambda _: ending.drain(), after_s=10) < 11
    assert ending.save_by(NOW) is None


@in_virtual_time
async def test_a_plain_stop_leaves_no_time_to_save() -> None:
    ending = Ending(GRACE_S)
    ending.stop()

    assert ending.asked
    assert await took(ending, then=lambda _: None, after_s=0) < 5


async def test_who_may_save_until_when_is_known_to_the_second() -> None:
    assert Ending(GRACE_S).save_by(NOW) == NOW + timedelta(seconds=GRACE_S)
    assert Ending(0).save_by(NOW) is None
    assert KEPT_S > 600, "no setting lets a draft outlive its own time"
