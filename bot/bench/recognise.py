"""What recognition costs, and how many people two cores hold: the bot's engine beside plain faster-whisper.

    shapes.make -> one utterance: our full window | our dynamic one | faster-whisper's quick call | its defaults
    shapes.make, people who talk -> two processes of one thread: ours, full | ours, dynamic | faster-whisper

The models have the public shapes and random weights, and say 3.6 tokens for each second of speech: costs are those of
the published models, and nothing is said about what these understand.

One utterance: the contestants take turns within each round; what is told is the median over rounds, in processor time.

People: an open loop in real time. Everybody talks 40 % of the time, in utterances of 3 to 8 s; when each ends is drawn
beforehand, the same for all contestants, and it is handed over then, however much still waits. Told is how long after
that its text was there.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from bot.bench.contestants import USUAL, Own, Plain, as_float, noise, plain_model
from bot.bench.processes import Patience, measured, memory_mb, one_thread
from bot.bench.shapes import SIZES, SPOKEN, WORDS, WORDS_PER_S, make
from stt.audio import FRAME_SAMPLES, RATE_HZ, RING_S, Frame, Ring
from stt.child import give_back
from stt.dispatch import Dispatcher
from stt.engine import NO_HINTS, Hints, Words
from stt.pipeline import Pipeline
from stt.vad import Silero, SpeechProbability
from stt.whisper import Whisper

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from rich.console import Console

    from bot.bench.contestants import Contestant
    from bot.bench.processes import Cores
    from bot.bench.shapes import Name
    from stt.audio import Utterance
    from stt.engine import Window

LENGTHS_S = (3.0, 6.0, 10.0, 25.0)

UTTERANCE_S = (3.0, 8.0)
"""Shortest and longest, drawn evenly: 5.5 s in the mean, which is what `WORDS` tokens take."""

TALKING = 0.4
"""Part of the time that one person talks."""

STEPS = tuple(
    people
    for low, high, by in ((1, 6, 1), (6, 12, 2), (12, 20, 4), (20, 40, 5), (40, 80, 10), (80, 200, 20), (200, 601, 40))
    for people in range(low, high, by)
)
"""How many people are tried."""

FIRST_BUSY = 0.6
"""The search begins where the engine would be busy for this part of the time."""

LIMITS_S = {"full": 1.5, "dynamic": 1.0}
"""What the 95th of 100 may wait: so many people are held."""

HOPELESS = 4.0
"""A run ends early when an utterance has waited so many times what it may."""

WORKERS = 2

FULL, DYNAMIC, QUICK, DEFAULTS = "ours, full", "ours, dynamic", "faster-whisper, quick", "faster-whisper, defaults"
ALONE = (DYNAMIC, FULL, QUICK, DEFAULTS)
"""Who takes turns at one utterance."""

QUICKLY: dict[str, Any] = {
    "rounds": 1,
    "seconds": 1.5,
    "lengths_s": (5.5,),
    "steps": (30,),
    "most_points": 1,
    "repeats": 0,
    "contestants": (DYNAMIC, QUICK),
    "speakers": 5,
}
"""Options of `run` that only show that it works."""


def run(
    *,
    sizes: Sequence[Name] = tuple(SIZES),
    rounds: int = 5,
    seconds: float = 40.0,
    lengths_s: Sequence[float] = LENGTHS_S,
    steps: Sequence[int] = STEPS,
    most_points: int = 8,
    repeats: int = 2,
    patience_s: float = 0.0,
    contestants: Sequence[str] = (DYNAMIC, FULL, QUICK),
    speakers: int = 50,
    console: Console | None = None,
) -> dict[str, Any]:
    """Measure, print tables to *console* if there is one, and return the figures; JSON can hold them.

    Args:
        sizes: Of `shapes.SIZES`.
        rounds: For each utterance.
        seconds: How long people talk at each step.
        lengths_s: Of single utterances.
        steps: Numbers of people, rising.
        most_points: Steps that are tried for one contestant.
        repeats: How often a step is repeated at most because others kept the machine busy.
        patience_s: How long each figure waits at most, in all, until others leave the cores alone.
        contestants: Who has people to hear.
        speakers: By which the memory of one is measured.
        console: For people.
    """
    figures: dict[str, Any] = {
        "cores": os.cpu_count(),
        "load_average": os.getloadavg()[0],
        "rounds": rounds,
        "seconds": seconds,
        "steps": list(steps),
        "sizes": {},
    }
    tries = _Tries(steps, most_points, seconds, repeats, patience_s)
    for size in sizes:
        found: dict[str, Any] = {}
        figures["sizes"][size] = found
        with tempfile.TemporaryDirectory(prefix="skillrally-bench-") as folder:
            models = Path(folder)
            found["cost"] = [_cost(models, size, length_s, rounds, patience_s) for length_s in lengths_s]
            if console is not None:
                _print_cost(size, found["cost"], rounds, console)
            model = _model(models, size, WORDS)
            held = {name: _search(name, model, found["cost"], tries) for name in contestants}
            found["held"] = held
            if console is not None:
                _print_held(size, held, console)
    figures["bot_mb_per_speaker"] = speaker_mb(speakers)
    if console is not None and figures["bot_mb_per_speaker"] is not None:
        console.print(f"memory of the bot's process for each speaker: {figures['bot_mb_per_speaker']:.2f} MiB")
    return figures


def _model(models: Path, size: Name, words: int) -> Path:
    folder = models / f"{size}-{words}"
    return folder if folder.is_dir() else make(folder, size, words=words)


# -- one utterance ---------------------------------------------------------------------------------------------


def _cost(models: Path, size: Name, length_s: float, rounds: int, patience_s: float) -> dict[str, Any]:
    """Seconds for one utterance, by contestant."""
    words = round(WORDS_PER_S * length_s)
    folder = _model(models, size, words)
    context = multiprocessing.get_context("spawn")
    with one_thread(), ProcessPoolExecutor(1, context) as pool:
        laps = pool.submit(_take_turns, folder, length_s, rounds, patience_s).result()
    cpu = {name: statistics.median(lap.cpu_s[name] for lap in laps) for name in ALONE}
    wall = {name: statistics.median(lap.wall_s[name] for lap in laps) for name in ALONE}
    return {
        "utterance_s": length_s,
        "tokens": words,
        "cpu_s": {name: round(taken, 4) for name, taken in cpu.items()},
        "wall_s": {name: round(taken, 4) for name, taken in wall.items()},
        "cpu_s_per_audio_s": {name: round(taken / length_s, 4) for name, taken in cpu.items()},
        "others_cores": round(statistics.median(lap.others for lap in laps), 3),
    }


@dataclass(slots=True)
class _Lap:
    """One round: what each contestant took of the processor and of time, and how many cores others kept busy."""

    cpu_s: dict[str, float]
    wall_s: dict[str, float]
    others: float = 0.0


def _take_turns(folder: Path, length_s: float, rounds: int, patience_s: float) -> list[_Lap]:
    """The calmest so many of at most three times as many rounds. Runs in a process of its own, on one thread."""
    samples = noise(length_s)
    floats = as_float(samples)
    full, dynamic = Whisper(folder, window="full"), Whisper(folder, window="dynamic")
    plain = plain_model(folder)
    hints = Hints(language=SPOKEN)

    def transcribe(**options: Any) -> str:
        segments, _ = plain.transcribe(floats, **options)
        return "".join(segment.text for segment in segments)

    contestants: dict[str, Callable[[], str]] = {
        FULL: lambda: full.recognise(samples, hints).text,
        DYNAMIC: lambda: dynamic.recognise(samples, hints).text,
        QUICK: lambda: transcribe(**USUAL),
        DEFAULTS: transcribe,
    }
    for name in ALONE:  # warms up
        if len(contestants[name]().split()) != round(WORDS_PER_S * length_s):
            raise RuntimeError(f"{name} did not hear the whole sentence")
    laps: list[_Lap] = []
    calm, patience = 0, Patience(patience_s)
    while calm < rounds and len(laps) < (3 if patience_s else 1) * rounds:
        patience.wait()
        lap = _Lap({}, {})
        turn = len(laps) % len(ALONE)
        with measured() as cores:
            for name in ALONE[turn:] + ALONE[:turn]:
                cpu, wall = time.process_time(), time.perf_counter()
                contestants[name]()
                lap.cpu_s[name], lap.wall_s[name] = time.process_time() - cpu, time.perf_counter() - wall
        lap.others = cores.others or 0.0
        calm += cores.calm
        laps.append(lap)
    return sorted(laps, key=lambda lap: lap.others)[:rounds]


# -- people ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Talk:
    """One utterance of somebody: how long it is, and when its end is handed over."""

    end_s: float
    seconds: float


def schedule(people: int, seconds: float, *, seed: int = 0) -> list[Talk]:
    """Everything that ends within *seconds*, in order; people have talked for a while when it begins."""
    low, high = UTTERANCE_S
    pause = (1 - TALKING) / TALKING
    talks: list[Talk] = []
    for person in range(people):
        drawn = np.random.default_rng((seed, person))
        at = -drawn.uniform(0, 4 * high)
        while at < seconds:
            length = drawn.uniform(low, high)
            at += length
            if 0 <= at < seconds:
                talks.append(Talk(at, length))
            at += drawn.uniform(0.5, 1.5) * pause * (low + high) / 2
    return sorted(talks, key=lambda talk: talk.end_s)


@dataclass(slots=True)
class _Heard:
    """What became of a schedule."""

    latencies_s: list[float]
    audio_s: float
    wall_s: float
    fell_behind: bool


async def listen(contestant: Contestant, talks: Sequence[Talk], *, hopeless_s: float) -> _Heard:
    """Hand over each utterance when it ends, until all have their text or one has waited for *hopeless_s*.

    In the second case those that still wait count with as long as they have.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time() + 0.1
    waiting: dict[int, float] = {}
    heard = _Heard([], 0.0, 0.0, fell_behind=False)

    async def one(number: int, talk: Talk) -> None:
        due = begun + talk.end_s
        await asyncio.sleep(due - loop.time())
        waiting[number] = due
        await contestant.recognise(talk.seconds)
        del waiting[number]
        heard.latencies_s.append(loop.time() - due)
        heard.audio_s += talk.seconds

    async with asyncio.TaskGroup() as tasks:
        running = {tasks.create_task(one(number, talk)) for number, talk in enumerate(talks)}
        pending = running
        while pending:
            _, pending = await asyncio.wait(pending, timeout=0.2)
            if waiting and loop.time() - min(waiting.values()) > hopeless_s:
                heard.fell_behind = True
                heard.latencies_s.extend(loop.time() - due for due in waiting.values())
                for task in pending:
                    task.cancel()
                break
    heard.wall_s = loop.time() - begun
    return heard


_CONTESTANTS: dict[str, tuple[Window, Callable[[Path], Contestant]]] = {
    DYNAMIC: ("dynamic", partial(Own, window="dynamic", workers=WORKERS)),
    FULL: ("full", partial(Own, window="full", workers=WORKERS)),
    QUICK: ("full", partial(Plain, workers=WORKERS)),
}


@dataclass(frozen=True, slots=True)
class _Tries:
    """How the most people are looked for: which steps, how many at most, and how long each lasts."""

    steps: Sequence[int]
    most: int
    seconds: float
    repeats: int
    patience_s: float


async def _point(
    enter: Callable[[], Contestant], people: int, seconds: float, limit_s: float
) -> tuple[dict[str, Any], Cores]:
    """How *people* are held."""
    talks = schedule(people, seconds)
    async with enter() as contestant:
        with measured(contestant.pids) as cores:
            heard = await listen(contestant, talks, hopeless_s=HOPELESS * limit_s)
        memory = [memory_mb(pid) for pid in contestant.pids]
    p50, p95 = (float(np.percentile(heard.latencies_s, share)) for share in (50, 95))
    point: dict[str, Any] = {
        "people": people,
        "utterances": len(heard.latencies_s),
        "p50_s": round(p50, 3),
        "p95_s": round(p95, 3),
        "held": p95 < limit_s and not heard.fell_behind,
        "fell_behind": heard.fell_behind,
        "engine_mb": [round(size) for size in memory if size is not None],
        **cores.rounded(),
    }
    if cores.engine is not None and heard.audio_s:
        point["cpu_s_per_audio_s"] = round(cores.engine * cores.wall_s / heard.audio_s, 4)
    return point, cores


def _calmest(enter: Callable[[], Contestant], people: int, limit_s: float, tries: _Tries) -> dict[str, Any]:
    """How *people* are held while nobody else is at work, or the least that others were."""
    points: list[tuple[dict[str, Any], Cores]] = []
    patience = Patience(tries.patience_s)
    while len(points) <= tries.repeats and not any(cores.calm for _, cores in points):
        patience.wait()
        points.append(asyncio.run(_point(enter, people, tries.seconds, limit_s)))
    return min(points, key=lambda point: point[1].others or 0.0)[0]


def _search(name: str, model: Path, costs: Sequence[dict[str, Any]], tries: _Tries) -> dict[str, Any]:
    """The most people held, and every step tried on the way."""
    window, make_contestant = _CONTESTANTS[name]
    limit_s = LIMITS_S[window]
    mean_s = sum(UTTERANCE_S) / 2
    # What an utterance of the mean length takes, from those measured.
    takes_s = float(np.interp(mean_s, [c["utterance_s"] for c in costs], [c["cpu_s"][name] for c in costs]))
    people = FIRST_BUSY * WORKERS * mean_s / TALKING / takes_s
    at = min(range(len(tries.steps)), key=lambda index: abs(tries.steps[index] - people))
    points: dict[int, dict[str, Any]] = {}
    while 0 <= at < len(tries.steps) and tries.steps[at] not in points and len(points) < tries.most:
        point = _calmest(partial(make_contestant, model), tries.steps[at], limit_s, tries)
        points[tries.steps[at]] = point
        at += 1 if point["held"] else -1
    return {
        "limit_s": limit_s,
        "people": max((people for people, point in points.items() if point["held"]), default=0),
        "points": [points[people] for people in sorted(points)],
    }


# -- memory ----------------------------------------------------------------------------------------------------


class _Nobody:
    """An engine that is never asked."""

    workers = 1
    window: Window = "dynamic"

    async def transcribe(self, utterance: Utterance, hints: Hints = NO_HINTS) -> Words:
        """Say nothing."""
        del utterance, hints
        return Words("", SPOKEN, 0.0)


def speaker_mb(speakers: int) -> float | None:
    """MiB that the bot's process needs for one speaker more, whose ring has been full."""
    context = multiprocessing.get_context("spawn")
    with one_thread(), ProcessPoolExecutor(1, context) as pool:
        one, many = pool.submit(_memory_of_one_and_of, speakers).result()
    return None if one is None or many is None else round((many - one) / (speakers - 1), 2)


def _memory_of_one_and_of(speakers: int) -> tuple[float | None, float | None]:
    """MiB of a process in which one has spoken, and then all, 30 s each. Runs in a process of its own."""
    silero = Silero()
    pipeline = Pipeline(
        Dispatcher(_Nobody(), clock=time.monotonic),
        probability=lambda: SpeechProbability(silero),
        on_snippet=lambda _: None,
        clock=lambda: 0.0,
    )
    heard = noise(RING_S)
    rings: list[Ring] = []

    def speak(speaker_id: int) -> None:
        ring = Ring()
        rings.append(ring)
        for at in range(0, len(heard), FRAME_SAMPLES):
            ring.write(heard[at : at + FRAME_SAMPLES])
            # Detection is fed a second of it, enough for all that it keeps; the ring is written to the end.
            if at < RATE_HZ:
                pipeline.push(Frame(speaker_id, at / RATE_HZ, ring, at))

    speak(0)
    # What was freed on the way must not be room for those who come.
    give_back()
    one = memory_mb(os.getpid())
    for speaker_id in range(1, speakers):
        speak(speaker_id)
    give_back()
    many = memory_mb(os.getpid())
    pipeline.close()
    return one, many


# -- what people see -------------------------------------------------------------------------------------------


def _print_cost(size: Name, costs: Sequence[dict[str, Any]], rounds: int, console: Console) -> None:
    table = Table(
        title=f"{size}: one utterance on one thread, ms of processor time (for each second of it), median of {rounds}",
        title_justify="left",
    )
    for column in ("utterance", "tokens", *ALONE, "others' cores"):
        table.add_column(column, justify="right")
    for cost in costs:
        table.add_row(
            f"{cost['utterance_s']:g} s",
            str(cost["tokens"]),
            *(f"{1000 * cost['cpu_s'][name]:.0f} ({1000 * cost['cpu_s_per_audio_s'][name]:.0f})" for name in ALONE),
            f"{cost['others_cores']:.2f}",
        )
    console.print(table)


def _print_held(size: Name, held: dict[str, dict[str, Any]], console: Console) -> None:
    table = Table(
        title=f"{size}: people, two processes of one thread, text after the end of speech", title_justify="left"
    )
    columns = ("", "people", "utterances", "p50 s", "p95 s", "", "engine's cores", "CPU s per audio s", "engine MiB")
    for column in (*columns, "others' cores"):
        table.add_column(column, justify="right")
    for name, found in held.items():
        for point in found["points"]:
            verdict = "held" if point["held"] else "falls behind" if point["fell_behind"] else "too late"
            table.add_row(
                name,
                str(point["people"]),
                str(point["utterances"]),
                f"{point['p50_s']:.2f}",
                f"{point['p95_s']:.2f}",
                verdict,
                _number(point.get("engine_cores")),
                _number(point.get("cpu_s_per_audio_s"), 3),
                " ".join(map(str, point["engine_mb"])),
                _number(point.get("others_cores")),
            )
        table.add_section()
    console.print(table)
    for name, found in held.items():
        console.print(f"{size}, {name}: {found['people']} people with p95 below {found['limit_s']:g} s")


def _number(value: float | None, places: int = 2) -> str:
    return "" if value is None else f"{value:.{places}f}"
