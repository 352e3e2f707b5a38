"""Turns at the engine: shared fairly, given to nobody who could wait, and what goes when there are too few."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from stt.dispatch import EASY, HOLD_S, Dispatcher, Load, Waiting
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from stt.engine import Window


class Queue:
    """A room of which only its waiting list counts."""

    def __init__(self, *, keeps: int = 0) -> None:
        self.listed: list[Waiting] = []
        self.lost = 0
        self._keeps = keeps

    def waiting(self) -> list[Waiting]:
        return self.listed

    def lose_oldest(self) -> int:
        if len(self.listed) <= self._keeps:
            return 0
        self.listed.pop(0)
        self.lost += 1
        return 1


class Desk:
    """A dispatcher, its clock, and rooms whose every turn takes as long as they say."""

    def __init__(self, *, workers: int = 1, window: Window = "dynamic", live: bool = True, **options: Any) -> None:
        self.now_s = 0.0
        self.engine = ScriptedTranscriber("words", workers=workers, window=window)
        self.dispatcher = Dispatcher(self.engine, clock=lambda: self.now_s, live=live, **options)
        self.served: list[Queue] = []

    def room(self, *, keeps: int = 0) -> Queue:
        room = Queue(keeps=keeps)
        self.dispatcher.enter(room)
        return room

    async def turn(self, room: Queue, *, took_s: float = 1.0, audio_s: float = 5.0) -> None:
        async with self.dispatcher.turn(room) as turn:
            turn.audio_s = audio_s
            self.served.append(room)
            await asyncio.sleep(0)
            self.now_s += took_s

    def look(self, seconds: float = 0.0) -> Load:
        """Let time pass, looking all the while."""
        until_s = self.now_s + seconds
        while True:
            self.dispatcher.look(now=True)
            if self.now_s >= until_s:
                return self.dispatcher.load
            self.now_s += 0.05


def waiting(count: int, *, since_s: float = 0.0, audio_s: float = 5.0) -> list[Waiting]:
    return [Waiting(audio_s, since_s) for _ in range(count)]


async def test_a_busy_room_does_not_starve_a_quiet_one() -> None:
    desk = Desk()
    busy, quiet = desk.room(), desk.room()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(20):
            tasks.create_task(desk.turn(busy))
        await asyncio.sleep(0)
        tasks.create_task(desk.turn(quiet))
        tasks.create_task(desk.turn(quiet))

    assert [number for number, room in enumerate(desk.served) if room is quiet] <= [2, 4]
    assert len(desk.served) == 22


async def test_rooms_get_the_same_time_and_not_the_same_number_of_turns() -> None:
    desk = Desk()
    long, short = desk.room(), desk.room()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(40):
            tasks.create_task(desk.turn(long, took_s=3.0))
            tasks.create_task(desk.turn(short, took_s=1.0))
        await asyncio.sleep(0)

    half = desk.served[:40]
    assert half.count(short) == pytest.approx(30, abs=3)


async def test_who_was_silent_for_long_has_saved_up_nothing() -> None:
    desk = Desk()
    busy, late = desk.room(), desk.room()
    for _ in range(30):
        await desk.turn(busy)
    async with asyncio.TaskGroup() as tasks:
        for _ in range(10):
            tasks.create_task(desk.turn(busy))
        for _ in range(10):
            tasks.create_task(desk.turn(late))

    assert desk.served[30:40].count(busy) >= 4


async def test_no_more_turns_are_held_than_there_are_workers() -> None:
    desk = Desk(workers=2)
    room = desk.room()
    held = most = 0

    async def hold() -> None:
        nonlocal held, most
        async with desk.dispatcher.turn(room):
            held += 1
            most = max(most, held)
            await asyncio.sleep(0)
            held -= 1

    async with asyncio.TaskGroup() as tasks:
        for _ in range(20):
            tasks.create_task(hold())

    assert most == 2


async def test_a_turn_whose_owner_gave_up_goes_to_the_next() -> None:
    desk = Desk()
    room = desk.room()
    async with desk.dispatcher.turn(room), asyncio.TaskGroup() as tasks:
        first = tasks.create_task(desk.turn(room))
        second = tasks.create_task(desk.turn(room))
        await asyncio.sleep(0)
        first.cancel()
        await asyncio.sleep(0)
        assert not second.done()

        desk.dispatcher._pass_on()  # the turn above ends early, for the test
        desk.dispatcher._free -= 1
        await second

    assert desk.served == [room]


async def test_a_turn_that_was_given_as_its_owner_gave_up_is_not_lost() -> None:
    desk = Desk()
    room = desk.room()
    async with asyncio.TaskGroup() as tasks:
        async with desk.dispatcher.turn(room):
            doomed = tasks.create_task(desk.turn(room))
            await asyncio.sleep(0)
        doomed.cancel()  # it has its turn, and does not know yet

    await desk.turn(room)
    assert desk.served == [room]


async def test_what_may_be_left_out_gets_no_turn_that_somebody_waits_for() -> None:
    desk = Desk()
    room, other = desk.room(), desk.room()
    spare = desk.dispatcher.spare(room, most_busy=1.0)

    assert spare is not None
    assert desk.dispatcher.spare(other, most_busy=1.0) is None
    desk.dispatcher.give_back(spare)
    async with asyncio.TaskGroup() as tasks, desk.dispatcher.turn(room):
        tasks.create_task(desk.turn(other))
        await asyncio.sleep(0)
        assert desk.dispatcher.spare(room, most_busy=1.0) is None


async def test_workers_that_were_busy_lately_get_nothing_that_may_be_left_out() -> None:
    desk = Desk()
    room = desk.room()
    for _ in range(20):
        await desk.turn(room)

    assert desk.dispatcher.busy > 0.9
    assert desk.dispatcher.spare(room, most_busy=0.5) is None
    desk.now_s += 5
    assert desk.dispatcher.spare(room, most_busy=0.5) is not None


async def test_each_step_is_taken_in_order_and_taken_back_in_order() -> None:
    desk = Desk()
    room = desk.room(keeps=100)
    room.listed = waiting(30)
    desk.look(0.5)
    up = [load for _, load in desk.dispatcher.counts.steps]
    room.listed = []
    desk.look(10)
    down = [load for _, load in desk.dispatcher.counts.steps][len(up) :]

    assert up == [Load.BUSY, Load.HURRIED, Load.JOINED, Load.LATE]
    assert down == [Load.JOINED, Load.HURRIED, Load.BUSY, Load.CALM]
    times = [at for at, _ in desk.dispatcher.counts.steps]
    assert times[-1] - 0.5 <= 4 * (HOLD_S + 0.2)


async def test_a_step_is_not_taken_back_while_it_may_be_needed_again_at_once() -> None:
    desk = Desk()
    room = desk.room()
    desk.now_s = 10.0
    room.listed = waiting(1, since_s=10.0 - Load.HURRIED.from_s)
    desk.look()
    desk.look()
    assert desk.dispatcher.load == Load.HURRIED

    for _ in range(100):
        desk.now_s += 0.05
        room.listed = waiting(1, since_s=desk.now_s - Load.HURRIED.from_s * (EASY + 0.1))
        assert desk.look() == Load.HURRIED


async def test_a_handful_of_people_never_lose_a_word_however_slow_the_engine() -> None:
    desk = Desk()
    room = desk.room()
    for _ in range(5):
        await desk.turn(room, took_s=20.0)
    room.listed = waiting(2, since_s=desk.now_s)

    desk.look(60)

    assert room.lost == 0
    assert desk.dispatcher.load == Load.LATE


async def test_what_could_not_be_done_in_time_is_lost_oldest_first_where_most_waits() -> None:
    desk = Desk()
    many, few = desk.room(), desk.room()
    for _ in range(20):
        await desk.turn(many, took_s=1.0)
    many.listed, few.listed = waiting(30, since_s=desk.now_s), waiting(2, since_s=desk.now_s)

    desk.look()

    assert few.lost == 0
    assert len(many.listed) + len(few.listed) == pytest.approx(6, abs=1)
    assert desk.dispatcher.counts.lost == many.lost


async def test_the_whole_process_holds_only_so_much_audio() -> None:
    desk = Desk(workers=16, process_s=60.0, late_s=1_000.0)
    room = desk.room()
    room.listed = waiting(40)

    desk.look()

    assert sum(w.audio_s for w in room.listed) <= 60


async def test_a_full_window_is_shared_by_what_waits_and_a_short_one_only_when_it_must() -> None:
    assert Desk(window="full").dispatcher.joins
    desk = Desk(window="dynamic")
    assert not desk.dispatcher.joins

    desk.room(keeps=100).listed = waiting(50)
    desk.look(1)

    assert desk.dispatcher.joins
    assert not desk.dispatcher.thorough


async def test_of_a_recording_nothing_is_ever_left_out() -> None:
    desk = Desk(window="full", live=False)
    room = desk.room()
    room.listed = waiting(10_000)

    desk.look(10)

    assert (desk.dispatcher.load, room.lost) == (Load.CALM, 0)
    assert desk.dispatcher.thorough
    assert not desk.dispatcher.joins


async def test_the_cost_of_an_utterance_is_learnt_whether_it_depends_on_its_length_or_not() -> None:
    flat, steep = Desk(), Desk()
    room, other = flat.room(), steep.room()
    for seconds in (3.0, 8.0, 5.0, 12.0, 4.0) * 8:
        await flat.turn(room, took_s=0.8, audio_s=seconds)
        await steep.turn(other, took_s=0.05 * seconds, audio_s=seconds)

    assert flat.dispatcher._cost.of(25.0) == pytest.approx(0.8, rel=0.1)
    assert steep.dispatcher._cost.of(25.0) == pytest.approx(1.25, rel=0.1)
    assert steep.dispatcher._cost.of(1.0) == pytest.approx(0.05, abs=0.05)


async def test_when_the_last_room_has_left_all_is_calm() -> None:
    desk = Desk()
    room = desk.room(keeps=100)
    room.listed = waiting(50)
    desk.look(1)
    assert desk.dispatcher.load == Load.LATE

    desk.dispatcher.leave(room)

    assert desk.dispatcher.load == Load.CALM
