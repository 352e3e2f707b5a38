"""How many engine processes people need, simulated from what one utterance was measured to cost.

    people: talk, pause, talk …  ->  an utterance ends  ->  its room's queue
    a process becomes free  ->  the room that has had the least engine time  ->  so many seconds  ->  words

Time jumps from event to event (simpy), so an hour of a thousand people takes seconds. Unit costs are those of
docs/benchmarks.md, the schedule is that of `bench recognise`, and the turns are the dispatcher's: fair among rooms, and
what waited for longer than `LATE_S` becomes a gap. What it leaves out: partial captions and guesses, which only use
what is spare, and other programs.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import simpy
from rich.table import Table

from bot.bench.recognise import TALKING, UTTERANCE_S, schedule
from stt.dispatch import LATE_S

if TYPE_CHECKING:
    from collections.abc import Generator

    from rich.console import Console

Window = Literal["dynamic", "full"]

COST_S: dict[Window, tuple[tuple[float, float], ...]] = {
    "dynamic": ((3.0, 0.141), (6.0, 0.279), (10.0, 0.545), (25.0, 1.923)),
    "full": ((3.0, 1.323), (6.0, 1.415), (10.0, 1.646), (25.0, 2.202)),
}
"""Seconds of a core for an utterance so long, `base` int8. Source: docs/benchmarks.md, what an utterance costs."""

TOGETHER: dict[Window, float] = {"dynamic": 1.14, "full": 1.10}
"""How much more it costs while the other core is busy, too: there 0.053 s, and 0.292 s or 0.269 s (with eight people,
with ten), of processor for a second of audio, where alone it is 0.0465 s and 0.255 s at the mean length of 5.5 s."""

LIMIT_S: dict[Window, float] = {"dynamic": 1.0, "full": 1.5}
"""Within which 95 of 100 utterances are to have their words, as in `bench recognise`."""

ROOM = 5
"""People in one interview."""

ENGINE_MIB = 240
BOT_MIB = 280
"""Of a bot process whom nobody speaks to: in the soak it held 307 MiB at most, of which 24 are 25 people's rings."""

SPEAKER_MIB = 0.96
HEARING = 0.348 / 100
"""Share of the event loop's core for one person who talks without a pause. Source: docs/benchmarks.md, whole calls."""

LOOP = 0.6
"""Which part of its core the event loop may take: beyond, answers and captions come late."""

MEAN_S = sum(UTTERANCE_S) / 2
"""Length of an utterance."""

PACKET_BYTES = 160 + 12 + 8 + 4 + 16 + 18 + 28
"""Opus at 64 kbit/s; RTP header, extension, nonce and tag of the transport, DAVE's trailer, UDP and IP."""

SERVERS_PER_SHARD = 2500
REQUESTS_PER_S = 50
"""Of one bot, to all of Discord's interface. Sources: Discord developer documentation, "Sharding", "Rate Limits"."""

SAVES_PER_HOUR = 1.0
SAVE_S = 0.030
"""What it costs to save a transcript of 100 turns. Source: docs/benchmarks.md, saved transcripts."""

YESES_PER_HOUR = 1.0
YES_S = 0.037
"""What the first yes of a person costs, with five purposes. Source: docs/storage.md, what it costs."""

SIGN_OF_LIFE_S = 5.0
"""How often each bot process says in the database that it lives. Source: docs/scaling-out.md."""


@dataclass(slots=True)
class Point:
    """How people were held.

    Attributes:
        latencies_s: From the end of each utterance to its words.
        lost: Utterances that became gaps.
        busy: Part of the time that a process worked, in the mean.
    """

    people: int
    processes: int
    latencies_s: list[float] = field(default_factory=list[float], repr=False)
    lost: int = 0
    busy: float = 0.0

    def late(self, share: float) -> float:
        """The latency that so many of 100 stay below, in seconds."""
        return float(np.percentile(self.latencies_s, share)) if self.latencies_s else float("inf")

    def held(self, limit_s: float) -> bool:
        """Whether nothing was lost, and words came in time."""
        return not self.lost and self.late(95) < limit_s


def cost_s(window: Window, audio_s: float) -> float:
    """What an utterance takes on one core of the machine of docs/benchmarks.md, the other one being busy."""
    lengths, costs = zip(*COST_S[window], strict=True)
    # Below the shortest that was measured a short window goes on getting cheaper; a full one does not.
    alone = float(np.interp(audio_s, (0.0, *lengths), (0.0 if window == "dynamic" else costs[0], *costs)))
    return alone * TOGETHER[window]


class _Engines:
    """Processes, and the rooms that wait for a turn."""

    def __init__(self, clock: simpy.Environment, window: Window, processes: int, faster: float, point: Point) -> None:
        self._clock, self._faster, self._point = clock, faster, point
        self._window: Window = window
        self._waiting: dict[int, deque[tuple[float, float]]] = {}
        self._served: dict[int, float] = {}
        self._idle: deque[simpy.Event] = deque()
        for _ in range(processes):
            clock.process(self._work())

    def ended(self, room: int, audio_s: float) -> None:
        """An utterance of that room ended just now."""
        if room not in self._waiting:
            # Whoever had nothing to do has saved up no time.
            floor = min((self._served[each] for each in self._waiting), default=0.0)
            self._served[room] = max(self._served.get(room, 0.0), floor)
            self._waiting[room] = deque()
        self._waiting[room].append((self._clock.now, audio_s))
        if self._idle:
            self._idle.popleft().succeed()

    def _work(self) -> Generator[simpy.Event, Any, None]:
        while True:
            if not self._waiting:
                turn = self._clock.event()
                self._idle.append(turn)
                yield turn
                continue
            room = min(self._waiting, key=self._served.__getitem__)
            ended_s, audio_s = self._waiting[room].popleft()
            if not self._waiting[room]:
                del self._waiting[room]
            if self._clock.now - ended_s > LATE_S:
                self._point.lost += 1
                continue
            takes_s = cost_s(self._window, audio_s) / self._faster
            self._served[room] += takes_s
            yield self._clock.timeout(takes_s)
            self._point.busy += takes_s
            self._point.latencies_s.append(self._clock.now - ended_s)


def simulate(
    people: int,
    processes: int,
    *,
    window: Window = "dynamic",
    seconds: float = 120.0,
    faster: float = 1.0,
    seed: int = 0,
) -> Point:
    """How *people* are held by so many engine processes with a core each.

    Args:
        people: In interviews of five, each talking 40 % of the time in utterances of 3 to 8 s.
        processes: Engines.
        window: What the model encodes.
        seconds: For how long.
        faster: How much faster a core is than one of the machine of docs/benchmarks.md.
        seed: Of who talks when.
    """
    clock = simpy.Environment()
    point = Point(people, processes)
    engines = _Engines(clock, window, processes, faster, point)

    def talk() -> Generator[simpy.Event, Any, None]:
        # The schedule does not say whose an utterance is; rooms take them in turn, which is as even.
        for number, said in enumerate(schedule(people, seconds, seed=seed)):
            yield clock.timeout(max(0.0, said.end_s - clock.now))
            engines.ended(number % max(1, people // ROOM), said.seconds)

    clock.process(talk())
    clock.run(until=seconds + 2 * LATE_S)
    point.busy /= processes * seconds
    return point


def fewest(people: int, *, window: Window = "dynamic", faster: float = 1.0, seconds: float = 60.0) -> Point:
    """The fewest processes that hold *people*, and how they do."""
    low = 0
    high = 1
    while not simulate(people, high, window=window, seconds=seconds, faster=faster).held(LIMIT_S[window]):
        low, high = high, high * 2
    while high - low > max(1, high // 64):
        middle = (low + high) // 2
        if simulate(people, middle, window=window, seconds=seconds, faster=faster).held(LIMIT_S[window]):
            high = middle
        else:
            low = middle
    return simulate(people, high, window=window, seconds=seconds, faster=faster)


def needs(people: int, *, window: Window = "dynamic", pool: int = 1000) -> dict[str, Any]:
    """What so many people need, with interviews of five, each in a server of its own.

    More than *pool* are simulated as pools of that size, each with engines of its own: beyond some hundreds, a larger
    pool saves next to nothing.
    """
    pools = -(-people // pool)
    point = fewest(min(people, pool), window=window)
    interviews = -(-people // ROOM)
    speaking = people * TALKING
    saves_per_s = people * SAVES_PER_HOUR / 3600
    yeses_per_s = people * YESES_PER_HOUR / 3600
    bots = max(1, round(speaking * HEARING / LOOP + 0.4999))
    return {
        "people": people,
        "window": window,
        "utterances_per_s": round(speaking / MEAN_S, 1),
        "engines": point.processes * pools,
        "busy": round(point.busy, 2),
        "p50_s": round(point.late(50), 2),
        "p95_s": round(point.late(95), 2),
        "hearing_cores": round(speaking * HEARING, 2),
        "bot_processes": bots,
        "memory_gib": round((point.processes * pools * ENGINE_MIB + bots * BOT_MIB + people * SPEAKER_MIB) / 1024, 1),
        "network_mbit_s": round(speaking * 50 * PACKET_BYTES * 8 / 1e6, 1),
        "interviews": interviews,
        "shards": -(-interviews // SERVERS_PER_SHARD),
        "caption_edits_per_s": interviews,
        "bots_for_captions": -(-interviews // REQUESTS_PER_S),
        "saves_per_s": round(saves_per_s, 3),
        "yeses_per_s": round(yeses_per_s, 3),
        "signs_of_life_per_s": round(bots / SIGN_OF_LIFE_S, 1),
        "write_cores": round(saves_per_s * SAVE_S + yeses_per_s * YES_S, 4),
    }


def run(*, people: tuple[int, ...] = (10, 1000, 100_000), console: Console | None = None) -> dict[str, Any]:
    """Simulate the measured points and what *people* need; print tables to *console* if there is one."""
    measured = [
        {"window": window, "people": count, "measured_p95_s": p95, "p50_s": round(point.late(50), 2),
         "p95_s": round(point.late(95), 2), "lost": point.lost}
        for window, count, p95 in MEASURED
        for point in (simulate(count, 2, window=window, seconds=600.0),)
    ]  # fmt: skip
    figures = {"measured": measured, "needs": [needs(each) for each in people]}
    if console is not None:
        _print(figures, console)
    return figures


MEASURED: tuple[tuple[Window, int, float], ...] = (
    ("dynamic", 50, 0.57), ("dynamic", 60, 1.11), ("full", 8, 3.08), ("full", 10, 2.93),
)  # fmt: skip
"""Windows, people, and the latency that 95 of 100 stayed below, two processes. Source: docs/benchmarks.md."""


def _print(figures: dict[str, Any], console: Console) -> None:
    table = Table("window", "people", "p95 measured", "p50", "p95 simulated", title="Two processes, two cores")
    for row in figures["measured"]:
        cells = (row["window"], row["people"], row["measured_p95_s"], row["p50_s"], row["p95_s"])
        table.add_row(*map(str, cells))
    console.print(table)
    rows = figures["needs"]
    table = Table("", *(f"{row['people']:,} people" for row in rows), title="What people need, base, short windows")
    for name in rows[0]:
        if name not in {"people", "window"}:
            table.add_row(name.replace("_", " "), *(f"{row[name]:,}" for row in rows))
    console.print(table)
