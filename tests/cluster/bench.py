"""What a cluster of two replicas costs beside one engine of our own: `python -m tests.cluster.bench`.

All recognise the same utterances with the same model: one after the other, for the time of a request, and many at
once, for how much they do. Engines take turns in each round, so that whatever else the machine does falls on all, and
all have the same priority; ratios are of one round, and their median is told. Then one replica is killed in the middle
of requests, while the bot's own engine stands behind the cluster: which utterances went where, and how long it took
until there were two again.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from bot.bench.processes import cpu_s
from stt.engine import Hints
from stt.fallback import Fallback
from stt.remote import SpeechServer
from stt.worker import WhisperWorker
from tests.cluster.conftest import KEY, Entered, start_cluster
from tests.stt.sounds import MODEL, clips, recording, utterance_of

if TYPE_CHECKING:
    from collections.abc import Generator

    from stt.audio import Utterance
    from stt.engine import Transcriber
    from tests.cluster.conftest import Cluster

TURNS = 24
"""Requests one at a time, and again four at a time, of each engine in each round."""

NICE = 15
"""Ray ranks its workers so far below whoever started it, and a process of our own would be 5 below."""

AT_ONCE = 4
HINTS = Hints(language="en")

ONE, TWO, CLUSTER = "own, 1 process", "own, 2 processes", "cluster, 2 replicas"


@dataclass(slots=True)
class Round:
    """What one engine did in one round.

    Attributes:
        took_s: Each request, one at a time.
        per_s: Requests in a second, four at a time.
        cpu_s: Processor time of a request, on both sides: this process, and what recognises and hands on.
    """

    took_s: list[float]
    per_s: float
    cpu_s: float

    @property
    def p50_s(self) -> float:
        return statistics.median(self.took_s)


def sounds() -> list[Utterance]:
    """Utterances of 2.1 to 3.5 s, `TURNS` of them."""
    heard = [recording(clip["file"]) for clip in clips() if clip["language"] == "en"]
    return [utterance_of(heard[turn % len(heard)]) for turn in range(TURNS)]


async def one_by_one(engine: Transcriber) -> list[float]:
    """Seconds of each request."""
    took: list[float] = []
    for utterance in sounds():
        began = time.perf_counter()
        await engine.transcribe(utterance, HINTS)
        took.append(time.perf_counter() - began)
    return took


async def at_once(engine: Transcriber) -> float:
    """Requests in a second, `AT_ONCE` at a time."""
    left = iter(sounds())

    async def work() -> None:
        for utterance in left:
            await engine.transcribe(utterance, HINTS)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(AT_ONCE):
            tasks.create_task(work())
    return TURNS / (time.perf_counter() - began)


async def compare(cluster: Cluster, rounds: int) -> dict[str, list[Round]]:
    """What each engine does, round by round."""
    found: dict[str, list[Round]] = {ONE: [], TWO: [], CLUSTER: []}
    async with (
        WhisperWorker(MODEL, languages=["en"], nice=NICE) as own,
        WhisperWorker(MODEL, languages=["en"], nice=NICE, workers=2) as two,
        server_of(cluster) as server,
    ):
        engines: dict[str, Any] = {ONE: own, TWO: two, CLUSTER: server}
        for engine in engines.values():  # warms up
            await one_by_one(engine)
        for number in range(rounds):
            names = list(engines)
            for name in names[number % 3 :] + names[: number % 3]:
                busy = (os.getpid(), *(cluster.serving() if name == CLUSTER else engines[name].pids))
                began_s = cpu_s(busy) or 0.0
                took_s, per_s = await one_by_one(engines[name]), await at_once(engines[name])
                used_s = (cpu_s(busy) or 0.0) - began_s
                found[name].append(Round(took_s, per_s, used_s / (2 * TURNS)))
    return found


async def kill(cluster: Cluster, times: int) -> list[dict[str, float]]:
    """Kill a replica in the middle of requests; what became of them, and when there are two again."""
    found: list[dict[str, float]] = []
    async with (
        WhisperWorker(MODEL, languages=["en"], nice=NICE) as own,
        Fallback(server := server_of(cluster), Entered(own), look_s=0.5) as engine,
    ):
        for _ in range(times):
            fell_back, retries = engine.fell_back, server.retries
            heard: list[float] = []

            async def ask(utterance: Utterance, heard: list[float] = heard) -> None:
                began = time.perf_counter()
                if (await engine.transcribe(utterance, HINTS)).text:
                    heard.append(time.perf_counter() - began)

            async with asyncio.TaskGroup() as tasks:
                for utterance in sounds():
                    tasks.create_task(ask(utterance))
                await asyncio.sleep(0.1)
                victim = cluster.replicas()[0]
                os.kill(victim, signal.SIGKILL)
                killed = time.perf_counter()
            while victim in cluster.replicas() or len(cluster.replicas()) < 2:  # noqa: ASYNC110 - other processes
                await asyncio.sleep(0.05)
            replaced_s = time.perf_counter() - killed
            found.append(
                {
                    "asked": TURNS,
                    "with words": len(heard),
                    "asked again": server.retries - retries,
                    "by the own engine": engine.fell_back - fell_back,
                    "longest, s": max(heard),
                    "replaced after, s": replaced_s,
                }
            )
    return found


def server_of(cluster: Cluster) -> SpeechServer:
    """The cluster as the bot uses it."""
    return SpeechServer(cluster.url, model="any", key=KEY, workers=AT_ONCE, languages=("en",))


def show(found: dict[str, list[Round]], console: Console) -> None:
    """Print what requests cost."""
    table = Table(
        "engine", "p50 ms", "p95 ms", "a second, one at a time", "a second, 4 at a time", "processor ms, each"
    )
    for name, rounds in found.items():
        took = sorted(second for each in rounds for second in each.took_s)
        table.add_row(
            name,
            f"{1000 * statistics.median(took):.0f}",
            f"{1000 * took[int(len(took) * 0.95)]:.0f}",
            f"{len(took) / sum(took):.1f}",
            f"{statistics.median(each.per_s for each in rounds):.1f}",
            f"{1000 * statistics.median(each.cpu_s for each in rounds):.0f}",
        )
    console.print(table)
    pairs = list(zip(*found.values(), strict=True))
    more_ms = statistics.median(1000 * (cluster.p50_s - own.p50_s) for own, _, cluster in pairs)
    console.print(f"a request to the cluster takes {more_ms:.0f} ms more at p50 than one within the bot")
    more_ms = statistics.median(1000 * (cluster.cpu_s - own.cpu_s) for own, _, cluster in pairs)
    times = statistics.median(cluster.cpu_s / own.cpu_s for own, _, cluster in pairs)
    console.print(f"and {more_ms:.0f} ms more of the processor, {times:.2f} times as much")
    for name, number in ((ONE, 0), (TWO, 1)):
        ratio = statistics.median(each[2].per_s / each[number].per_s for each in pairs)
        console.print(f"{CLUSTER}, 4 at a time: {ratio:.2f} times what {name} does")


def show_killed(killed: list[dict[str, float]], console: Console) -> None:
    """Print what became of requests."""
    table = Table("a replica killed", *(str(number + 1) for number in range(len(killed))))
    for what in killed[0]:
        table.add_row(what, *(f"{each[what]:.3g}" for each in killed))
    console.print(table)


@contextmanager
def temporary() -> Generator[Path]:
    """A folder with a short name: sockets lie in it."""
    with tempfile.TemporaryDirectory(prefix="sr") as folder:
        yield Path(folder)


def main() -> int:
    """Measure."""
    options = argparse.ArgumentParser(prog="python -m tests.cluster.bench")
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--kills", type=int, default=3)
    chosen = options.parse_args()
    with temporary() as folder, contextmanager(start_cluster)(folder) as cluster:
        console = Console(width=120)
        console.print(f"load at the beginning: {os.getloadavg()[0]:.1f}")
        found = asyncio.run(compare(cluster, chosen.rounds))
        show(found, console)
        if chosen.kills:
            show_killed(asyncio.run(kill(cluster, chosen.kills)), console)
        console.print(f"load at the end: {os.getloadavg()[0]:.1f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
