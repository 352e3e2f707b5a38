"""Three times more speech than the engine can write down, for two minutes, and then none.

    recordings -> rings -> detection, end of speech -> pipelines of several rooms -> one dispatcher -> engine processes

Everything from the decoded frame to the snippet is what runs live, in real time; the model has a published shape and
random weights. How many people are three times too many is worked out from what an utterance takes on this machine.
What is told: when each step of the load began and ended, how much of the speech has words and how much a mark that it
has none, that nothing has neither, how late words were, memory, and how long after the end all was calm again.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from bot.bench.processes import memory_mb
from bot.bench.recognise import TALKING, UTTERANCE_S
from bot.bench.shapes import SPOKEN, WORDS, make
from bot.loopback.member import load_recording
from bot.rehearsal.cast import read_lines
from stt.audio import FRAME_S, FRAME_SAMPLES, RATE_HZ, Frame, Ring, Utterance
from stt.dispatch import Dispatcher, Load
from stt.pipeline import Pipeline
from stt.segmenter import Endpointing
from stt.vad import Silero, SpeechProbability
from stt.worker import WhisperWorker

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from rich.console import Console

    from bot.bench.shapes import Name
    from stt.engine import Snippet, Window

TOO_MUCH = 3.0
ROOMS = 6
WORKERS = 2

QUIET = 0.02
"""What of a recording's loudest sample is heard as speech: the rest is cut out, so that people talk without a pause."""

EDGE_S = 0.35
"""Detection finds a beginning or an end so much later or earlier than the sample."""

CALM_WITHIN_S = 120.0
AFTER = 5


@dataclass(eq=False)
class _Person:
    """Somebody who talks.

    Attributes:
        spoken: When each utterance began and ended, on the clock of the run.
        left: Frames of the utterance that are still to be said.
        next_s: When the next one begins.
    """

    number: int
    room: _Room
    ring: Ring = field(default_factory=Ring)
    spoken: list[tuple[float, float]] = field(default_factory=list[tuple[float, float]])
    at: int = 0
    left: int = 0
    next_s: float = 0.0


class _Room:
    """A pipeline, and what came out of it."""

    def __init__(self, dispatcher: Dispatcher, silero: Silero, clock: _Clock) -> None:
        self.told: list[tuple[float, Snippet]] = []
        self._clock = clock
        self.pipeline = Pipeline(
            dispatcher,
            probability=lambda: SpeechProbability(silero),
            on_snippet=self._on_snippet,
            clock=clock,
            endpointing=Endpointing(),
            language=SPOKEN,
        )

    def _on_snippet(self, snippet: Snippet) -> None:
        self.told.append((self._clock(), snippet))


class _Clock:
    """Seconds since the run began."""

    def __init__(self) -> None:
        self._began_s = time.monotonic()

    def __call__(self) -> float:
        return time.monotonic() - self._began_s


def run(
    *,
    size: Name = "base",
    window: Window = "full",
    seconds: float = 120.0,
    people: int | None = None,
    after: int = AFTER,
    console: Console | None = None,
) -> dict[str, Any]:
    """Measure, print a table to *console* if there is one, and return the figures; JSON can hold them.

    Args:
        size: Of `shapes.SIZES`.
        window: What the model is said to be trained for.
        seconds: How long there is too much.
        people: Who talk; by default three times as many as the engine could write down if it did nothing else.
        after: Utterances of one person once all is calm.
        console: For people.
    """
    with tempfile.TemporaryDirectory(prefix="skillrally-bench-") as folder:
        model = make(Path(folder) / size, size, words=WORDS, window=window)
        figures = asyncio.run(_overload(model, seconds, people, after))
    figures = {"size": size, "window": window, "load_average": os.getloadavg()[0], **figures}
    if console is not None:
        _print(figures, console)
    return figures


async def _overload(model: Path, seconds: float, wanted: int | None, after: int) -> dict[str, Any]:
    speech = await asyncio.to_thread(_speech)
    silero, clock = Silero(), _Clock()
    async with WhisperWorker(model, languages=[SPOKEN], workers=WORKERS) as worker:
        dispatcher = Dispatcher(worker, clock=clock)
        takes_s = await _takes_s(worker, speech)
        count = wanted or round(TOO_MUCH * WORKERS * sum(UTTERANCE_S) / 2 / TALKING / takes_s)
        rooms = [_Room(dispatcher, silero, clock) for _ in range(min(ROOMS, count))]
        people = [_Person(number, rooms[number % len(rooms)]) for number in range(count)]
        watched = _Watched(worker)
        async with asyncio.TaskGroup() as tasks:
            for room in rooms:
                tasks.create_task(room.pipeline.run(), name="pipeline")
            watching = tasks.create_task(watched.watch(rooms), name="watch")
            until_s = clock() + seconds
            await _talk(people, speech, clock, until_s)
            over_s = clock()
            calm_s = await _calm(dispatcher, rooms, clock)
            late_s = [await _once(people[0], speech, clock) for _ in range(after)]
            watching.cancel()
            for room in rooms:
                await room.pipeline.finish(timeout_s=60.0)
        left = sum(int(np.count_nonzero(person.ring._block)) for person in people)  # noqa: SLF001 - that it is empty
    return {
        "utterance_takes_s": round(takes_s, 3),
        "people": count,
        "seconds": seconds,
        "steps": [(round(at - over_s + seconds, 1), load.name) for at, load in dispatcher.counts.steps],
        "calm_after_s": None if calm_s is None else round(calm_s - over_s, 1),
        "utterances": sum(room.pipeline.counts.utterances for room in rooms),
        "shared_windows": sum(room.pipeline.counts.joined for room in rooms),
        "given_up": dispatcher.counts.lost,
        "samples_left": left,
        "after_s": [round(late, 2) for late in late_s],
        **_account(people, rooms, until_s),
        **watched.figures(),
    }


def _speech() -> NDArray[np.int16]:
    """What people say: the rehearsal's voices, 16 kHz, without their pauses."""
    pieces: list[NDArray[np.int16]] = []
    for line in read_lines():
        samples = load_recording(line.file)
        samples = samples[: len(samples) // 3 * 3].reshape(-1, 3).mean(axis=1).astype(np.int16)
        frames = samples[: len(samples) // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
        loud = np.abs(frames.astype(np.int32)).max(axis=1) > QUIET * np.abs(samples.astype(np.int32)).max()
        pieces.append(frames[loud].ravel())
    return np.concatenate(pieces)


async def _takes_s(worker: WhisperWorker, speech: NDArray[np.int16]) -> float:
    """How long an utterance of the mean length takes, both processes at work."""
    samples = round(sum(UTTERANCE_S) / 2 * RATE_HZ) // FRAME_SAMPLES * FRAME_SAMPLES
    ring = Ring()
    for at in range(0, samples, FRAME_SAMPLES):
        ring.write(speech[at : at + FRAME_SAMPLES])
    began_s = time.monotonic()
    rounds = 4
    async with asyncio.TaskGroup() as tasks:
        for _ in range(rounds * WORKERS):
            tasks.create_task(worker.transcribe(Utterance(0, 0.0, samples / RATE_HZ, ring, 0, samples)))
    return (time.monotonic() - began_s) / rounds


async def _talk(people: list[_Person], speech: NDArray[np.int16], clock: _Clock, until_s: float) -> None:
    """Everybody talks `TALKING` of the time, in utterances of `UTTERANCE_S`, in real time, until *until_s*."""
    drawn = np.random.default_rng(0)
    for person in people:
        person.next_s = clock() + drawn.uniform(0, sum(UTTERANCE_S))
        person.at = int(drawn.integers(0, len(speech) // FRAME_SAMPLES - 1))
    tick = 0
    began_s = clock()
    while (now_s := clock()) < until_s:
        # As many ticks as have become due: the event loop may be late, and people do not speak slower for it.
        while began_s + tick * FRAME_S <= now_s:
            at_s = began_s + tick * FRAME_S
            for person in people:
                _go_on(person, speech, at_s, until_s, drawn)
            tick += 1
        await asyncio.sleep(FRAME_S / 2)


def _go_on(person: _Person, speech: NDArray[np.int16], at_s: float, until_s: float, drawn: np.random.Generator) -> None:
    """One frame of one person, if she is talking."""
    if not person.left:
        if at_s < person.next_s or until_s - at_s < 1.0:
            return
        spoken_s = min(float(drawn.uniform(*UTTERANCE_S)), until_s - at_s)
        person.left = int(spoken_s / FRAME_S)
        person.spoken.append((at_s, at_s + person.left * FRAME_S))
        person.next_s = at_s + spoken_s / TALKING * float(drawn.uniform(0.8, 1.2))
    _say(person, speech, at_s)
    person.left -= 1
    if not person.left:
        person.room.pipeline.pause(person.number, at_s + FRAME_S)


def _say(person: _Person, speech: NDArray[np.int16], at_s: float) -> None:
    person.at = (person.at + 1) % (len(speech) // FRAME_SAMPLES)
    position = person.ring.written
    person.ring.write(speech[person.at * FRAME_SAMPLES : (person.at + 1) * FRAME_SAMPLES])
    person.room.pipeline.push(Frame(person.number, at_s, person.ring, position))


async def _once(person: _Person, speech: NDArray[np.int16], clock: _Clock) -> float:
    """Somebody says something alone. Returns how long after it its words were there."""
    told = len(person.room.told)
    frames = int(sum(UTTERANCE_S) / 2 / FRAME_S)
    began_s = clock()
    for number in range(frames):
        _say(person, speech, began_s + number * FRAME_S)
        await asyncio.sleep(max(0.0, began_s + (number + 1) * FRAME_S - clock()))
    ended_s = began_s + frames * FRAME_S
    person.room.pipeline.pause(person.number, ended_s)
    async with asyncio.timeout(CALM_WITHIN_S):
        while len(person.room.told) == told:  # noqa: ASYNC110 - a pipeline tells nobody else
            await asyncio.sleep(0.005)
    return person.room.told[-1][0] - ended_s


async def _calm(dispatcher: Dispatcher, rooms: list[_Room], clock: _Clock) -> float | None:
    """When nothing waits and nothing is left out any more; None if that takes too long."""
    until_s = clock() + CALM_WITHIN_S
    while clock() < until_s:
        if dispatcher.load is Load.CALM and not any(room.pipeline.waiting_s for room in rooms):
            return clock()
        await asyncio.sleep(0.05)
    return None


class _Watched:
    """Memory and what waits, looked at twice a second."""

    def __init__(self, worker: WhisperWorker) -> None:
        self._worker = worker
        self._bot: list[float] = []
        self._engines: list[float] = []
        self._waiting: list[float] = []

    async def watch(self, rooms: list[_Room]) -> None:
        """Look, until cancelled."""
        while True:
            self._bot.append(memory_mb(os.getpid()) or 0.0)
            self._engines.append(max((memory_mb(pid) or 0.0 for pid in self._worker.pids), default=0.0))
            self._waiting.append(sum(room.pipeline.waiting_s for room in rooms))
            await asyncio.sleep(0.5)

    def figures(self) -> dict[str, Any]:
        """First and highest, in MiB and seconds of audio."""
        return {
            "bot_mb": [round(self._bot[0]), round(max(self._bot))],
            "engine_mb": [round(self._engines[0]), round(max(self._engines))],
            "most_waiting_s": round(max(self._waiting), 1),
        }


def _account(people: list[_Person], rooms: list[_Room], until_s: float) -> dict[str, Any]:
    """What became of every utterance that was spoken."""
    said = marked = unmarked = 0.0
    for person in people:
        told = [s for _, s in person.room.told if s.speaker_id == person.number and s.start_s < until_s]
        for start_s, end_s in person.spoken:
            said += end_s - start_s
            found = sum(max(0.0, min(end_s, s.end_s) - max(start_s, s.start_s)) for s in told)
            unmarked += max(0.0, end_s - start_s - EDGE_S - found)
        marked += sum(snippet.missing_s for snippet in told)
    late = sorted(at - s.end_s for room in rooms for at, s in room.told if s.text and s.start_s < until_s)
    return {
        "said_s": round(said, 1),
        "marked_s": round(marked, 1),
        "unmarked_s": round(unmarked, 1),
        "late_p50_s": round(late[len(late) // 2], 2) if late else None,
        "late_max_s": round(late[-1], 2) if late else None,
    }


def _print(figures: dict[str, Any], console: Console) -> None:
    table = Table(
        "",
        "",
        show_header=False,
        title=f"{figures['size']}, {figures['window']} window: {figures['people']} people in {ROOMS} rooms for"
        f" {figures['seconds']:g} s",
    )
    said, marked = figures["said_s"], figures["marked_s"]
    rows = {
        "an utterance takes": f"{figures['utterance_takes_s']:.2f} s, {WORKERS} at a time",
        "steps": ", ".join(f"{name.lower()} {at:g} s" for at, name in figures["steps"]),
        "speech": f"{said:g} s",
        "has words": f"{100 * (said - marked) / said:.0f} %" if said else "-",
        "marked as missing": f"{marked:g} s, {figures['given_up']} utterances",
        "neither": f"{figures['unmarked_s']:g} s",
        "utterances that shared a window": f"{figures['shared_windows']}",
        "words after the end of speech, median, longest": f"{figures['late_p50_s']} s, {figures['late_max_s']} s",
        "audio that waited, at most": f"{figures['most_waiting_s']:g} s",
        "memory of the bot, first, highest": "{} MiB, {} MiB".format(*figures["bot_mb"]),
        "memory of an engine, first, highest": "{} MiB, {} MiB".format(*figures["engine_mb"]),
        "calm after the end of the load": f"{figures['calm_after_s']} s",
        "words then": ", ".join(f"{late_s:g} s" for late_s in figures["after_s"]),
        "audio left in the rings": f"{figures['samples_left']} samples",
    }
    for name, cell in rows.items():
        table.add_row(name, cell)
    console.print(table)
