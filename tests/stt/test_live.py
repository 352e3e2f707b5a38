"""Words right away, and what happens when there are too many: the pipeline as it runs live, in virtual time.

The engine here takes as long as it is told, so that load is exact: recognition begins in pauses, words of unfinished
speech are shown, and three times more than can be done goes step by step, with a mark for everything that is lost.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest

from stt.audio import FRAME_S, FRAME_SAMPLES, RATE_HZ, Frame, Joined, Ring
from stt.dispatch import Dispatcher, Load
from stt.engine import NO_HINTS, TranscriptionFailed, Words
from stt.pipeline import Pipeline
from stt.segmenter import CHUNK_SAMPLES, Endpointing
from tests.virtual_time import in_virtual_time, now_s

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence

    from numpy.typing import NDArray

    from stt.audio import Utterance
    from stt.dispatch import Room as DispatcherRoom
    from stt.dispatch import Turn
    from stt.engine import Hints, Partial, Snippet, Window

ANNA, BOB = 1, 2
SILENCE_S = 0.5


class Loud:
    """Voice activity detection for thousands of virtual seconds: a look at one sample of each frame."""

    def __init__(self) -> None:
        self._held = 0
        self._loud = False

    def feed(self, samples: NDArray[np.int16], /) -> Sequence[float]:
        self._loud = bool(samples[0])
        self._held += len(samples)
        done, self._held = divmod(self._held, CHUNK_SAMPLES)
        return [0.9 if self._loud else 0.01] * done

    def reset(self) -> None:
        self._held = 0


@dataclass
class Engine:
    """Takes its time, and then says how many words it was given: one for each second, numbered."""

    fixed_s: float = 0.0
    per_s: float = 0.02
    workers: int = 1
    window: Window = "dynamic"
    fails: bool = False
    hears_nothing: bool = False
    asked: list[tuple[float, float, Hints]] = field(default_factory=list)
    joined: int = 0

    async def transcribe(self, utterance: Utterance, hints: Hints = NO_HINTS) -> Words:
        samples = np.zeros(utterance.samples, np.int16)
        utterance.copy_into(samples)
        self.asked.append((now_s(), utterance.duration_s, hints))
        self.joined += isinstance(utterance, Joined)
        await asyncio.sleep(self.fixed_s + self.per_s * utterance.duration_s)
        if self.fails:
            raise TranscriptionFailed
        if self.hears_nothing:
            return Words("", "en", 0.0)
        spoken_s = np.count_nonzero(samples) / RATE_HZ
        return Words(" ".join(f"w{n}" for n in range(max(1, round(spoken_s)))), hints.language or "en", 0.9)


class Room:
    """People who speak in (virtual) real time into one pipeline."""

    def __init__(self, dispatcher: Dispatcher, *, silence_s: float = SILENCE_S) -> None:
        self.told: list[tuple[float, Snippet]] = []
        self.partials: list[tuple[float, Partial]] = []
        self.rings: dict[int, Ring] = {}
        self.most_waiting_s = 0.0
        self.said_s = 0.0
        self.pipeline = Pipeline(
            dispatcher,
            probability=Loud,
            on_snippet=self._told,
            on_partial=lambda partial: self.partials.append((now_s(), partial)),
            clock=now_s,
            endpointing=Endpointing(silence_s=silence_s),
        )

    def _told(self, snippet: Snippet) -> None:
        self.told.append((now_s(), snippet))
        self.most_waiting_s = max(self.most_waiting_s, self.pipeline.waiting_s)

    async def say(self, speaker: int, seconds: float, *, loud: bool = True) -> None:
        """Send packets; silent ones unless *loud*."""
        ring = self.rings.setdefault(speaker, Ring())
        samples = np.full(FRAME_SAMPLES, 700 if loud else 0, np.int16)
        self.said_s += seconds * loud
        for _ in range(round(seconds / FRAME_S)):
            at = ring.written
            ring.write(samples)
            self.pipeline.push(Frame(speaker, now_s(), ring, at))
            await asyncio.sleep(FRAME_S)

    async def say_and_stop(self, speaker: int, seconds: float) -> float:
        """Speak, and stop sending, as Discord's clients do. Returns when the last word ended."""
        await self.say(speaker, seconds)
        ended_s = now_s()
        self.pipeline.pause(speaker, ended_s)
        return ended_s

    def audio_left(self) -> int:
        return sum(int(np.count_nonzero(ring._block)) for ring in self.rings.values())

    @property
    def texts(self) -> list[str]:
        return [snippet.text for _, snippet in self.told]

    @property
    def missing_s(self) -> float:
        return sum(snippet.missing_s for _, snippet in self.told)


@asynccontextmanager
async def open_room(engine: Engine, **options: float) -> AsyncGenerator[Room]:
    room = Room(Dispatcher(engine, clock=now_s), **options)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(room.pipeline.run())
        yield room
        await room.pipeline.finish(timeout_s=60)


# -- ahead of the end ----------------------------------------------------------------------------------------------


@in_virtual_time
async def test_words_are_there_the_moment_the_pause_is_long_enough() -> None:
    async with open_room(Engine(fixed_s=0.2, per_s=0)) as room:
        ended_s = await room.say_and_stop(ANNA, 2.0)
        await asyncio.sleep(2)

        (at, snippet) = room.told[0]
        assert at - ended_s == pytest.approx(SILENCE_S, abs=0.06)
        assert snippet.text == "w0 w1"
        assert (room.pipeline.counts.guesses, room.pipeline.counts.guessed) == (1, 1)
        assert room.audio_left() == 0


@in_virtual_time
async def test_a_slow_engine_has_a_head_start() -> None:
    async with open_room(Engine(fixed_s=1.0, per_s=0, window="full")) as room:
        ended_s = await room.say_and_stop(ANNA, 2.0)
        await asyncio.sleep(3)

        assert room.told[0][0] - ended_s == pytest.approx(0.22 + 1.0, abs=0.06)
        assert room.texts == ["w0 w1"]


@in_virtual_time
async def test_a_guess_that_was_wrong_is_not_heard_of() -> None:
    engine = Engine(fixed_s=0.1, per_s=0)
    async with open_room(engine) as room:
        await room.say(ANNA, 1.2)
        await room.say(ANNA, 0.35, loud=False)
        await room.say_and_stop(ANNA, 1.2)
        await asyncio.sleep(2)

        assert len(room.texts) == 1
        assert room.told[0][1].end_s - room.told[0][1].start_s == pytest.approx(2.75, abs=0.1)
        assert (room.pipeline.counts.guesses, room.pipeline.counts.guessed) == (2, 1)
        assert room.audio_left() == 0


@in_virtual_time
async def test_a_guess_the_engine_failed_on_is_asked_again_when_the_speech_has_ended() -> None:
    engine = Engine(fixed_s=0.05, per_s=0, fails=True)
    async with open_room(engine) as room:
        await room.say_and_stop(ANNA, 1.2)
        await asyncio.sleep(0.4)
        assert len(engine.asked) == 1
        engine.fails = False
        await asyncio.sleep(1)

        assert room.texts == ["w0"]


@in_virtual_time
async def test_a_guess_that_fails_after_the_end_leaves_a_gap() -> None:
    async with open_room(Engine(fixed_s=2.0, per_s=0, fails=True)) as room:
        await room.say_and_stop(ANNA, 1.2)
        await asyncio.sleep(4)

        assert room.texts == [""]
        assert room.missing_s == pytest.approx(1.2, abs=0.1)
        assert room.audio_left() == 0


@in_virtual_time
async def test_nobody_waits_for_a_guess() -> None:
    engine = Engine(fixed_s=0.5, per_s=0, workers=1)
    async with open_room(engine) as room:
        async with asyncio.TaskGroup() as speaking:
            speaking.create_task(room.say_and_stop(ANNA, 1.0))
            speaking.create_task(room.say_and_stop(BOB, 1.1))
        await asyncio.sleep(3)

        # Bob's end found the only worker at Anna's guess; he waited for a turn, and no guess of his own was begun.
        assert room.pipeline.counts.guesses == 1
        assert len(engine.asked) == 2


@in_virtual_time
async def test_who_withdraws_during_a_guess_is_not_heard_and_leaves_nothing() -> None:
    engine = Engine(fixed_s=1.0, per_s=0)
    async with open_room(engine) as room:
        await room.say_and_stop(ANNA, 1.2)
        await asyncio.sleep(0.3)
        assert len(engine.asked) == 1
        room.pipeline.forget(ANNA)

        assert room.audio_left() == 0
        await asyncio.sleep(3)
        assert room.told == []


@in_virtual_time
async def test_an_engine_that_is_paid_for_is_asked_once_for_each_utterance() -> None:
    engine = Engine(fixed_s=0.1, per_s=0)
    room = Room(Dispatcher(engine, clock=now_s, ahead=False))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(room.pipeline.run())
        await room.say(ANNA, 4.0)
        await room.say(ANNA, 0.35, loud=False)
        await room.say_and_stop(ANNA, 4.0)
        await room.pipeline.finish(timeout_s=60)

    assert len(engine.asked) == len(room.texts) == 1
    assert room.partials == []


@in_virtual_time
async def test_an_end_in_the_middle_of_a_wrong_guess_does_not_wait_for_it() -> None:
    engine = Engine(fixed_s=5.0, per_s=0)
    async with open_room(engine) as room:
        await room.say(ANNA, 1.2)
        await room.say(ANNA, 0.3, loud=False)
        await room.say(ANNA, 0.5)
        assert room.pipeline.counts.guesses == 1
        began_s = now_s()
        await room.pipeline.finish(timeout_s=60)

        assert now_s() - began_s == pytest.approx(5.0, abs=0.1)
        assert len(room.texts) == 1


async def hesitate_and_go_on(room: Room) -> None:
    """An answer whose recognition has begun in the pause behind it, and more words, still being said."""
    await room.say(ANNA, 1.2)
    await room.say(ANNA, 0.6, loud=False)
    assert room.pipeline.counts.guessed == 1
    assert room.told == []
    await room.say(ANNA, 0.6)


@in_virtual_time
async def test_what_is_said_while_a_right_guess_is_under_way_gets_its_words_at_the_end() -> None:
    room = Room(Dispatcher(Engine(fixed_s=3.0, per_s=0), clock=now_s))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(room.pipeline.run())
        await hesitate_and_go_on(room)
        await room.pipeline.finish(timeout_s=60)

    assert room.texts == ["w0", "w0"]
    assert room.missing_s == 0
    assert room.audio_left() == 0


@in_virtual_time
async def test_what_is_said_while_a_right_guess_is_under_way_leaves_a_gap_if_there_is_no_time() -> None:
    room = Room(Dispatcher(Engine(fixed_s=3.0, per_s=0), clock=now_s))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(room.pipeline.run())
        await hesitate_and_go_on(room)
        await room.pipeline.finish(timeout_s=1)

    assert room.texts == ["", ""]
    assert room.missing_s == pytest.approx(room.said_s, abs=0.3)
    assert room.audio_left() == 0


@in_virtual_time
async def test_who_withdraws_at_the_end_during_a_right_guess_keeps_nobody_waiting() -> None:
    engine = Engine(fixed_s=3.0, per_s=0, workers=2)
    room = Room(Dispatcher(engine, clock=now_s))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(room.pipeline.run())
        await hesitate_and_go_on(room)
        began_s = now_s()
        ending = tasks.create_task(room.pipeline.finish(timeout_s=60))
        await asyncio.sleep(1)
        assert room.pipeline.waiting_s > 0
        room.pipeline.forget(ANNA)
        await asyncio.wait([ending])

    assert now_s() - began_s == pytest.approx(1.0, abs=0.1)
    assert room.told == []
    assert room.audio_left() == 0


@in_virtual_time
async def test_a_longer_silence_setting_does_not_shred_an_answer_with_thinking_pauses() -> None:
    async with open_room(Engine(fixed_s=0.05, per_s=0), silence_s=1.0) as room:
        for _ in range(4):
            await room.say(ANNA, 1.5)
            await room.say(ANNA, 0.9, loud=False)
        await asyncio.sleep(2)

        assert len(room.texts) == 1


class Lingering(Engine):
    """Takes a second to let go of what is no longer wanted."""

    async def transcribe(self, utterance: Utterance, hints: Hints = NO_HINTS) -> Words:
        try:
            return await super().transcribe(utterance, hints)
        except asyncio.CancelledError:
            await asyncio.sleep(1)
            raise


@in_virtual_time
async def test_a_guess_of_an_interview_that_ends_before_it_has_begun_costs_nobody_a_turn() -> None:
    dispatcher = Dispatcher(Engine(fixed_s=0.1, per_s=0), clock=now_s)
    failed, other = Room(dispatcher), Room(dispatcher)
    spare = dispatcher.spare

    def cancels(room: DispatcherRoom, *, most_busy: float) -> Turn | None:
        # In the same round of the loop, so that the guess never has a first step.
        running.cancel()
        return spare(room, most_busy=most_busy)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(other.pipeline.run())
        running = tasks.create_task(failed.pipeline.run())
        await failed.say(ANNA, 1.2)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(dispatcher, "spare", cancels)
            await failed.say(ANNA, 0.6, loud=False)
        assert (running.cancelled(), failed.pipeline.counts.guesses) == (True, 1)

        await other.say_and_stop(BOB, 1.2)
        await asyncio.sleep(2)
        assert other.texts == ["w0"]
        await other.pipeline.finish(timeout_s=60)
    assert failed.audio_left() == other.audio_left() == 0


@in_virtual_time
async def test_nothing_is_guessed_of_an_interview_that_is_ending_by_an_error() -> None:
    dispatcher = Dispatcher(Lingering(fixed_s=5.0, per_s=0, workers=2), clock=now_s)
    failed, other = Room(dispatcher), Room(dispatcher)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(other.pipeline.run())
        running = tasks.create_task(failed.pipeline.run())
        await failed.say_and_stop(ANNA, 1.2)
        await failed.say(BOB, 1.2)
        running.cancel()
        await failed.say(BOB, 0.6, loud=False)
        assert (running.done(), failed.pipeline.counts.guesses) == (False, 1)
        await asyncio.wait([running])

        async with asyncio.TaskGroup() as speaking:
            for speaker in (ANNA, BOB):
                speaking.create_task(other.say_and_stop(speaker, 1.2))
        ended_s = now_s()
        await other.pipeline.finish(timeout_s=60)
    assert other.texts == ["w0", "w0"]
    assert now_s() - ended_s == pytest.approx(5.0, abs=0.1)
    assert failed.audio_left() == other.audio_left() == 0


# -- while it is being said ----------------------------------------------------------------------------------------


@in_virtual_time
async def test_words_are_shown_while_they_are_spoken_and_only_grow() -> None:
    async with open_room(Engine(fixed_s=0.05, per_s=0.01)) as room:
        await room.say_and_stop(ANNA, 8.0)
        await asyncio.sleep(1)

        shown = [partial.text for _, partial in room.partials]
        assert len(shown) >= 3
        assert all(later.startswith(earlier) for earlier, later in pairwise(shown))
        assert room.texts[0].startswith(shown[-1])
        assert room.partials[0][0] < room.told[0][0] - 4


@in_virtual_time
async def test_words_that_turn_out_not_to_have_been_said_are_taken_back() -> None:
    engine = Engine(fixed_s=0.05, per_s=0.01)
    async with open_room(engine) as room:
        await room.say(ANNA, 6.0)
        assert room.partials[-1][1].text != ""
        engine.hears_nothing = True
        room.pipeline.pause(ANNA, now_s())
        await asyncio.sleep(2)

        assert room.told == []
        assert room.partials[-1][1].text == ""


@in_virtual_time
async def test_a_full_window_is_too_dear_for_words_of_unfinished_speech() -> None:
    async with open_room(Engine(fixed_s=0.05, per_s=0, window="full")) as room:
        await room.say_and_stop(ANNA, 8.0)
        await asyncio.sleep(1)

        assert room.partials == []
        assert room.pipeline.counts.partials == 0


@in_virtual_time
async def test_an_engine_that_is_busy_is_not_asked_for_words_of_unfinished_speech() -> None:
    engine = Engine(fixed_s=0.8, per_s=0.0)
    async with open_room(engine) as room:
        async with asyncio.TaskGroup() as speaking:
            for speaker in range(4):
                speaking.create_task(talk(room, speaker, until_s=now_s() + 20, part=0.8, seed=speaker))

        assert room.pipeline.counts.partials <= 6


# -- one window for several ----------------------------------------------------------------------------------------


@in_virtual_time
async def test_utterances_that_wait_share_a_full_window_and_none_is_lost() -> None:
    engine = Engine(fixed_s=7.0, per_s=0, window="full")
    async with open_room(engine) as room:
        for _ in range(4):
            await room.say_and_stop(ANNA, 1.2)
            await asyncio.sleep(0.8)
        await asyncio.sleep(14)

        assert len(engine.asked) == 2
        assert room.texts == ["w0", "w0 w1 w2 w3"]
        assert room.pipeline.counts.joined == 2
        assert room.missing_s == 0
        assert room.audio_left() == 0


@in_virtual_time
async def test_utterances_far_apart_are_not_put_together() -> None:
    engine = Engine(fixed_s=30.0, per_s=0, window="full")
    async with open_room(engine) as room:
        await room.say_and_stop(ANNA, 1.2)
        await asyncio.sleep(1)
        await room.say_and_stop(ANNA, 1.2)
        await asyncio.sleep(12)
        await room.say_and_stop(ANNA, 1.2)
        await asyncio.sleep(100)

        assert room.texts == ["w0", "w0", "w0"]


@in_virtual_time
async def test_a_joined_window_that_fails_says_how_much_is_missing() -> None:
    engine = Engine(fixed_s=4.0, per_s=0, window="full")
    async with open_room(engine) as room:
        for _ in range(3):
            await room.say_and_stop(ANNA, 1.2)
            await asyncio.sleep(0.8)
        engine.fails = True
        await asyncio.sleep(12)

        assert room.missing_s + 1.2 * sum(bool(text) for text in room.texts) == pytest.approx(3.6, abs=0.3)
        assert room.audio_left() == 0


# -- too much ------------------------------------------------------------------------------------------------------


async def talk(room: Room, speaker: int, *, until_s: float, part: float, seed: int) -> None:
    """Talk *part* of the time, in utterances of 3 to 8 s."""
    chance = random.Random(seed)
    await asyncio.sleep(chance.uniform(0, 4))
    while (left_s := until_s - now_s()) > 0.5:
        spoken_s = chance.uniform(3, 8)
        await room.say_and_stop(speaker, min(spoken_s, left_s))
        pause_s = spoken_s * (1 / part - 1) * chance.uniform(0.6, 1.4)
        await asyncio.sleep(min(pause_s, max(0.0, until_s - now_s())))


@pytest.mark.slow
@pytest.mark.parametrize("window", ["dynamic", "full"])
def test_three_times_too_much_goes_step_by_step_with_a_mark_for_everything_lost(window: Window) -> None:
    @in_virtual_time
    async def check() -> None:
        # Two workers that keep up with 10 people who talk 40 % of the time; 30 do, in three rooms, for two minutes.
        costs = {"dynamic": Engine(per_s=0.5, workers=2), "full": Engine(2.75, 0, workers=2, window="full")}
        engine = costs[window]
        dispatcher = Dispatcher(engine, clock=now_s)
        rooms = [Room(dispatcher) for _ in range(3)]
        async with asyncio.TaskGroup() as running:
            for room in rooms:
                running.create_task(room.pipeline.run())
            over_s = now_s() + 120
            async with asyncio.TaskGroup() as speaking:
                for number in range(30):
                    speaking.create_task(talk(rooms[number % 3], number, until_s=over_s, part=0.4, seed=number))
            while dispatcher.load or any(room.pipeline.waiting_s for room in rooms):  # noqa: ASYNC110
                await asyncio.sleep(0.1)
            recovered_s = now_s() - over_s
            ended_s = await rooms[0].say_and_stop(99, 2.0)
            await asyncio.sleep(5)
            for room in rooms:
                await room.pipeline.finish(timeout_s=60)

        loads = [load for _, load in dispatcher.counts.steps]
        assert [load for load in dict.fromkeys(loads) if load] == [Load.BUSY, Load.HURRIED, Load.JOINED, Load.LATE]
        assert loads[-1] == Load.CALM
        assert all(abs(after - before) == 1 for before, after in pairwise([Load.CALM, *loads]))
        assert recovered_s <= 10
        assert rooms[0].told[-1][0] - ended_s < 4.5
        for room in rooms:
            heard_s = sum(snippet.end_s - snippet.start_s - snippet.missing_s for _, snippet in room.told)
            # Joined utterances have the pauses between them in their times; nothing is missing without its mark.
            assert room.missing_s + heard_s >= 0.97 * room.said_s
            assert room.most_waiting_s < 300
            assert room.audio_left() == 0
        assert dispatcher.counts.lost == sum(room.pipeline.counts.gaps for room in rooms)
        lost = [room.missing_s / room.said_s for room in rooms]
        assert max(lost) - min(lost) < 0.25

    check()


@in_virtual_time
async def test_a_load_that_can_be_carried_loses_nothing_and_leaves_nothing_out_for_long() -> None:
    engine = Engine(per_s=0.1, workers=2)
    dispatcher = Dispatcher(engine, clock=now_s)
    room = Room(dispatcher)
    async with asyncio.TaskGroup() as running:
        running.create_task(room.pipeline.run())
        async with asyncio.TaskGroup() as speaking:
            for number in range(6):
                speaking.create_task(talk(room, number, until_s=now_s() + 60, part=0.4, seed=number))
        await asyncio.sleep(5)
        await room.pipeline.finish(timeout_s=60)

    assert room.missing_s == 0
    assert max((load for _, load in dispatcher.counts.steps), default=Load.CALM) <= Load.HURRIED
    assert engine.asked[0][2].thorough
    assert room.pipeline.counts.joined == 0
