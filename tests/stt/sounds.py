"""Sounds, speakers and engines for the tests of `stt`."""

from __future__ import annotations

import asyncio
import ctypes
import json
import re
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from faster_whisper.audio import decode_audio

from stt.audio import FRAME_S, FRAME_SAMPLES, MAX_PACKET_SAMPLES, RATE_HZ, Frame, Ring, Utterance
from stt.dispatch import Dispatcher
from stt.engine import NO_HINTS, Hints, Snippet, Window, Words
from stt.pipeline import Pipeline
from stt.segmenter import CHUNK_SAMPLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "stt" / "models" / "rehearsal"
CLIPS = ROOT / "tests" / "data" / "speech"


def clips(*, spoken: bool = True) -> list[dict[str, Any]]:
    """The recordings with their texts, or the ones in which nobody speaks."""
    expected: list[dict[str, Any]] = json.loads((CLIPS / "expected.json").read_text(encoding="utf-8"))
    return [clip for clip in expected if bool(clip["text"]) is spoken]


def recording(file: str) -> NDArray[np.int16]:
    """A recording as int16, mono at 16 kHz."""
    return _decoded(file).copy()


@cache
def _decoded(file: str) -> NDArray[np.int16]:
    # Once in a process: for each decoding faster-whisper has all garbage collected.
    samples: Any = decode_audio(str(CLIPS / file))
    return (samples * 32_767).astype(np.int16)


def normalised(text: str) -> str:
    """Words only: capitals and full stops are not what these tests are about."""
    return " ".join(re.findall(r"[\w']+", text.lower()))


def noise(seconds: float, level: int = 300, seed: int = 1) -> NDArray[np.int16]:
    return np.random.default_rng(seed).normal(0, level, round(seconds * RATE_HZ)).astype(np.int16)


def hum(seconds: float, level: int = 2_000) -> NDArray[np.int16]:
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (level * (np.sin(2 * np.pi * 50 * t) + 0.3 * np.sin(2 * np.pi * 150 * t))).astype(np.int16)


def silence(seconds: float) -> NDArray[np.int16]:
    return np.zeros(round(seconds * RATE_HZ), np.int16)


def write(ring: Ring, samples: NDArray[np.int16]) -> int:
    """Write as libopus does, to an address. Returns where it begins."""
    at = ring.written
    for first in range(0, len(samples), MAX_PACKET_SAMPLES):
        part = np.ascontiguousarray(samples[first : first + MAX_PACKET_SAMPLES])
        ctypes.memmove(ring.tail(), part.ctypes.data, part.nbytes)
        ring.commit(len(part))
    return at


def utterance_of(samples: NDArray[np.int16], *, ring: Ring | None = None, speaker_id: int = 1) -> Utterance:
    ring = ring or Ring()
    start = write(ring, samples)
    return Utterance(speaker_id, 0.0, len(samples) / RATE_HZ, ring, start, start + len(samples))


async def until(condition: Callable[[], bool], within_s: float = 10.0) -> None:
    """Wait until *condition* holds."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110  of another process, or of code that tells nobody
            await asyncio.sleep(0.01)


def shared_names() -> list[str]:
    """Shared memory as Python names it; what other programs and tests have there comes and goes."""
    return sorted(path.name for path in Path("/dev/shm").glob("psm_*"))  # noqa: S108 - looked at, not written to


def names_kept(since: Iterable[str], within_s: float = 5.0) -> set[str]:
    """Names of shared memory that are there for good and were not before.

    The listing is the machine's: memory of a test beside this one has its name for the moment in which it is made.
    """
    deadline_s = time.monotonic() + within_s
    kept = set(shared_names()) - set(since)
    while kept and time.monotonic() < deadline_s:
        time.sleep(0.01)
        kept &= set(shared_names())
    return kept


class Loudness:
    """Voice activity detection for made-up sound: whatever is loud enough is speech."""

    def __init__(self) -> None:
        self._held: list[int] = []

    def feed(self, samples: NDArray[np.int16], /) -> Sequence[float]:
        self._held += np.abs(samples.astype(np.int32)).tolist()
        found: list[float] = []
        while len(self._held) >= CHUNK_SAMPLES:
            chunk, self._held = self._held[:CHUNK_SAMPLES], self._held[CHUNK_SAMPLES:]
            found.append(0.9 if sum(chunk) / CHUNK_SAMPLES > 50 else 0.01)
        return found

    def reset(self) -> None:
        self._held = []


class ScriptedTranscriber:
    """Says its lines one after the other; raises those that are errors. The last one is repeated."""

    def __init__(self, *lines: str | Exception, workers: int = 1, window: Window = "dynamic") -> None:
        self._lines = list(lines) or ["words"]
        self.asked: list[Utterance] = []
        self.hints: list[Hints] = []
        self.workers = workers
        self.window: Window = window

    async def transcribe(self, utterance: Utterance, hints: Hints = NO_HINTS) -> Words:
        self.asked.append(utterance)
        self.hints.append(hints)
        await asyncio.sleep(0)
        line = self._lines.pop(0) if len(self._lines) > 1 else self._lines[0]
        if isinstance(line, Exception):
            raise line
        return Words(line, hints.language or "en", 0.9)


class ReadingTranscriber:
    """Says which sample values it was given: "7 9" for an utterance made of sevens and nines."""

    def __init__(self, *, held: bool = False, workers: int = 1, window: Window = "dynamic") -> None:
        self.workers = workers
        self.window: Window = window
        self.go_on = asyncio.Event()
        self.under_way = asyncio.Event()
        self.cancelled = 0
        if not held:
            self.go_on.set()

    async def transcribe(self, utterance: Utterance, hints: Hints = NO_HINTS) -> Words:
        out = np.zeros(utterance.samples, np.int16)
        utterance.copy_into(out)
        self.under_way.set()
        try:
            await self.go_on.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        values = sorted({int(value) for value in out} - {0})
        return Words(" ".join(map(str, values)), hints.language or "en", 0.9)


class Stage:
    """A pipeline, its clock, and speakers whose words are numbers."""

    def __init__(
        self,
        transcriber: Any = None,
        *,
        probability: Callable[[], Any] = Loudness,
        live: bool = False,
        **options: Any,
    ) -> None:
        self.now_s = 0.0
        self.told: list[Snippet] = []
        self.rings: dict[int, Ring] = {}
        # Its time does not pass while the engine works, so that every load would look endless: not live unless asked.
        self.dispatcher = Dispatcher(transcriber or ReadingTranscriber(), clock=lambda: self.now_s, live=live)
        self.pipeline = Pipeline(
            self.dispatcher,
            probability=probability,
            on_snippet=self.told.append,
            clock=lambda: self.now_s,
            **options,
        )

    def hear(self, **said: NDArray[np.int16]) -> None:
        """Everybody speaks at once, in real time of the stage: `hear(_1=samples, _2=samples)`."""
        start_s = self.now_s
        starts: dict[int, int] = {}
        for name in said:
            starts[int(name[1:])] = self.rings.setdefault(int(name[1:]), Ring()).written
        longest = max(len(samples) for samples in said.values())
        for first in range(0, longest, FRAME_SAMPLES):
            for name, samples in said.items():
                part = samples[first : first + FRAME_SAMPLES]
                if len(part) == FRAME_SAMPLES:
                    speaker = int(name[1:])
                    ring = self.rings[speaker]
                    at = write(ring, part)
                    self.pipeline.push(Frame(speaker, start_s + first / RATE_HZ, ring, at))
            self.now_s += FRAME_S

    def say(self, speaker: int, value: int, seconds: float) -> None:
        """Somebody says *value*, loudly if it is above 50."""
        self.hear(**{f"_{speaker}": np.full(round(seconds / FRAME_S) * FRAME_SAMPLES, value, np.int16)})

    def wait(self, seconds: float) -> None:
        """Time passes, and no packets come."""
        for _ in range(round(seconds / 0.05)):
            self.now_s += 0.05
            self.pipeline.tick()

    async def words(self) -> list[str]:
        """What comes out by the end."""
        await self.pipeline.finish(timeout_s=20)
        return [snippet.text for snippet in self.told]

    def audio_left(self) -> int:
        """Samples in the rings that are not zero."""
        return sum(int(np.count_nonzero(ring._block)) for ring in self.rings.values())
