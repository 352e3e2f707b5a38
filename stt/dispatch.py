"""Whose utterance is recognised next, and what is left out while more is said than the engine can write down.

    room (one interview's pipeline) -> Dispatcher.turn -> Transcriber
    what waits, and what it will cost -> Load -> what rooms may ask for

One dispatcher serves all rooms of the process. Turns are shared out among rooms by the time that each has had, so that
a busy room cannot starve a quiet one. When work piles up, the least needed goes first: partial captions and guesses,
then second attempts, then windows of their own; then captions say that they are late; then the oldest speech becomes a
gap that says how long it was. Nothing goes without its mark.

Everything here runs on the event loop, in one thread.
"""

from __future__ import annotations

import asyncio
import enum
from collections import deque
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

    from stt.engine import Transcriber

LATE_S = 6.0
"""Work that may wait, in seconds until it is done. What exceeds it becomes gaps: so the words are up to date again
soon after the load has ended, and memory is bounded."""

FEW = 2
"""Windows for each worker that may wait even so: a handful of people who end together must never lose a word."""

PROCESS_S = 600.0
"""Audio that may wait in the whole process: 19 MB."""

HOLD_S = 0.25
"""The load has been lower for so long before a step is taken back."""

LOOK_S = 0.05
"""How often the load is worked out."""

EASY = 0.6
"""A step is taken back below this part of where it began."""

BUSY_S = 4.0
"""Over how long the share of busy workers is averaged."""


class Load(enum.IntEnum):
    """How much more there is to do than can be done. Each step leaves out something more than the one before."""

    CALM = 0
    """Everything: words are shown while they are spoken, recognition begins in the pause that may be the end."""

    BUSY = 1
    """No partial captions, no guesses."""

    HURRIED = 2
    """Nor second attempts at doubtful utterances."""

    JOINED = 3
    """Waiting utterances of a person share one window."""

    LATE = 4
    """Captions say that they are late."""

    @property
    def from_s(self) -> float:
        """Seconds of waiting at which the step begins."""
        return (0.0, 0.5, 1.5, 3.0, 4.5)[self]


class Room(Protocol):
    """What a dispatcher asks of a pipeline."""

    def waiting(self) -> list[Waiting]:
        """What waits for a turn, in no order."""
        ...

    def lose_oldest(self) -> int:
        """Turn what has waited longest into a gap. Returns how many utterances that were; 0 if there was none."""
        ...


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for a turn: an utterance, or several that share a window.

    Attributes:
        audio_s: How long it is.
        since_s: When its speech had ended, on the dispatcher's clock.
    """

    audio_s: float
    since_s: float


@dataclass(slots=True)
class Counts:
    """What a dispatcher has done so far.

    Attributes:
        turns: Utterances, partial captions and guesses that the engine was given.
        lost: Waiting utterances that became gaps because more was said than could be done.
        steps: When the load changed and to what: the latest hundred.
    """

    turns: int = 0
    lost: int = 0
    steps: deque[tuple[float, Load]] = field(default_factory=lambda: deque[tuple[float, Load]](maxlen=100))


class _Cost:
    """Seconds that an utterance takes, as a line through the latest: so much for any, and so much for each second."""

    FORGET = 0.98

    def __init__(self) -> None:
        # One made-up measurement, until there are real ones: 5 s of audio took half a second.
        self._n, self._x, self._y, self._xx, self._xy = 0.1, 0.5, 0.05, 2.5, 0.25

    def learn(self, audio_s: float, took_s: float) -> None:
        self._n = self._n * self.FORGET + 1
        self._x = self._x * self.FORGET + audio_s
        self._y = self._y * self.FORGET + took_s
        self._xx = self._xx * self.FORGET + audio_s * audio_s
        self._xy = self._xy * self.FORGET + audio_s * took_s

    def of(self, audio_s: float) -> float:
        mean_x, mean_y = self._x / self._n, self._y / self._n
        spread = self._xx / self._n - mean_x * mean_x
        slope = (self._xy / self._n - mean_x * mean_y) / spread if spread > 1e-3 else 0.0
        # Longer never costs less, nor more than in proportion.
        slope = min(max(slope, 0.0), mean_y / mean_x if mean_x else 0.0)
        return max(0.0, mean_y + slope * (audio_s - mean_x))


@dataclass(slots=True, eq=False)
class _Seat:
    """A room's place in the queue.

    Attributes:
        served_s: Engine time that it has had, counted from where the others stood when it came.
    """

    room: Room
    served_s: float
    queue: deque[asyncio.Future[None]] = field(default_factory=deque[asyncio.Future[None]])


class Turn:
    """One room's use of one worker."""

    __slots__ = ("audio_s", "began_s", "expected_s")

    def __init__(self, began_s: float) -> None:
        self.began_s = began_s
        self.audio_s = 0.0
        self.expected_s = 0.0


class Dispatcher:
    """The engine's turns, shared out.

    Args:
        transcriber: The engine.
        clock: Seconds, never going back.
        late_s: Work that may wait, in seconds until it is done.
        process_s: Audio that may wait.
        live: Whether speech is being spoken while it is written down. A recording can wait: nothing of it is left out.
        ahead: Whether recognition may begin before speech has ended, at the cost of having some of it done twice.

    Attributes:
        transcriber: The engine.
        counts: What was done so far.
        load: How much more there is to do than can be done.
    """

    def __init__(
        self,
        transcriber: Transcriber,
        *,
        clock: Callable[[], float],
        late_s: float = LATE_S,
        process_s: float = PROCESS_S,
        live: bool = True,
        ahead: bool = True,
    ) -> None:
        self.transcriber = transcriber
        self.counts = Counts()
        self.load = Load.CALM
        self._clock = clock
        self._late_s, self._process_s = late_s, process_s
        self.live, self._ahead = live, live and ahead
        self._workers = max(1, transcriber.workers)
        self._free = self._workers
        self._seats: dict[int, _Seat] = {}
        self._cost = _Cost()
        self._looked_s = float("-inf")
        self._lower_since: float | None = None
        self._busy = 0.0
        self._busy_at = clock()

    @property
    def workers(self) -> int:
        """Utterances that are recognised at the same time."""
        return self._workers

    def now_s(self) -> float:
        """Seconds on the dispatcher's clock."""
        return self._clock()

    @property
    def thorough(self) -> bool:
        """Whether a doubtful utterance may be tried again."""
        return self.load < Load.HURRIED

    @property
    def joins(self) -> bool:
        """Whether waiting utterances of one person share a window: always where each would cost a whole one."""
        return self.live and (self.load >= Load.JOINED or self.transcriber.window != "dynamic")

    def enter(self, room: Room) -> None:
        """Take part in the sharing."""
        floor = min((seat.served_s for seat in self._seats.values()), default=0.0)
        self._seats[id(room)] = _Seat(room, floor)

    def leave(self, room: Room) -> None:
        """Take part no more; nobody of the room waits for a turn any longer."""
        self._seats.pop(id(room), None)
        if not self._seats:
            self._step(Load.CALM)

    @asynccontextmanager
    async def turn(self, room: Room) -> AsyncGenerator[Turn]:
        """Wait until it is the room's turn, and hold it."""
        seat = self._seats[id(room)]
        if self._free:
            self._free -= 1
        else:
            if not seat.queue:
                # Whoever had nothing to do has saved up no time.
                others = [s.served_s for s in self._seats.values() if s.queue]
                seat.served_s = max(seat.served_s, min(others, default=seat.served_s))
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            seat.queue.append(future)
            try:
                await future
            except asyncio.CancelledError:
                if future.done() and not future.cancelled():
                    self._pass_on()
                elif future in seat.queue:
                    seat.queue.remove(future)
                raise
        with self._held(seat) as held:
            yield held

    def spare(self, room: Room, *, most_busy: float) -> Turn | None:
        """A turn for what could as well be left out, if it delays nobody. Give it back with `give_back`.

        Args:
            room: Whose.
            most_busy: Share of the workers that may have been busy lately, 0.0 .. 1.0.
        """
        del room
        if not self._ahead or not self._free or self.load > Load.CALM or self.busy > most_busy:
            return None
        if any(seat.queue for seat in self._seats.values()):
            return None
        self._count_busy()
        self._free -= 1
        self.counts.turns += 1
        return Turn(self._clock())

    def give_back(self, turn: Turn) -> None:
        """End a turn that `spare` gave."""
        self._end(turn)

    @contextmanager
    def _held(self, seat: _Seat) -> Generator[Turn]:
        self._count_busy()
        self.counts.turns += 1
        held = Turn(self._clock())
        held.expected_s = self._cost.of(5.0)
        # Beforehand, or a room that asks often would get several before it has paid for one.
        seat.served_s += held.expected_s
        try:
            yield held
        finally:
            seat.served_s += self._end(held) - held.expected_s

    def _end(self, turn: Turn) -> float:
        took_s = self._clock() - turn.began_s
        if turn.audio_s:
            self._cost.learn(turn.audio_s, took_s)
        self._pass_on()
        return took_s

    def _pass_on(self) -> None:
        """Give the turn that has become free to whoever has had the least."""
        self._count_busy()
        while True:
            waiting = [seat for seat in self._seats.values() if seat.queue]
            if not waiting:
                self._free += 1
                return
            future = min(waiting, key=lambda seat: seat.served_s).queue.popleft()
            if not future.done():
                future.set_result(None)
                return

    # Load.

    @property
    def busy(self) -> float:
        """Share of the workers that were busy lately, 0.0 .. 1.0."""
        self._count_busy()
        return self._busy

    def _count_busy(self) -> None:
        now = self._clock()
        weight = min(1.0, (now - self._busy_at) / BUSY_S)
        self._busy += weight * ((self._workers - self._free) / self._workers - self._busy)
        self._busy_at = now

    def look(self, *, now: bool = False) -> None:
        """Work out the load, and make room if there is too much. Rooms call it as often as they like."""
        moment = self._clock()
        if not self.live or (not now and moment - self._looked_s < LOOK_S):
            return
        self._looked_s = moment
        waiting = self._waiting()
        while waiting and self._too_much(waiting) and self._lose():
            waiting = self._waiting()
        self._judge(moment, waiting)

    def _waiting(self) -> list[Waiting]:
        return [waiting for seat in self._seats.values() for waiting in seat.room.waiting()]

    def _work_s(self, waiting: list[Waiting]) -> float:
        """Seconds until all of it is done."""
        return sum(self._cost.of(w.audio_s) for w in waiting) / self._workers

    def _too_much(self, waiting: list[Waiting]) -> bool:
        if sum(w.audio_s for w in waiting) > self._process_s:
            return True
        return len(waiting) > FEW * self._workers and self._work_s(waiting) > self._late_s

    def _lose(self) -> bool:
        """Have the room with the most to do lose its oldest."""
        by_need = sorted(
            (seat.room for seat in self._seats.values()),
            key=lambda room: self._work_s(room.waiting()),
            reverse=True,
        )
        for room in by_need:
            if lost := room.lose_oldest():
                self.counts.lost += lost
                return True
        return False

    def _judge(self, now: float, waiting: list[Waiting]) -> None:
        oldest_s = max((now - w.since_s for w in waiting), default=0.0)
        behind_s = oldest_s + self._work_s(waiting)
        wanted = max(load for load in Load if behind_s >= load.from_s)
        if wanted > self.load:
            # One after the other, so that each is seen, and tried, before the next.
            self._lower_since = None
            self._step(Load(self.load + 1))
        elif self.load and behind_s < self.load.from_s * EASY:
            if self._lower_since is None:
                self._lower_since = now
            if now - self._lower_since >= HOLD_S:
                self._lower_since = None
                self._step(Load(self.load - 1))
        else:
            self._lower_since = None

    def _step(self, load: Load) -> None:
        if load != self.load:
            self.load = load
            self.counts.steps.append((self._clock(), load))
