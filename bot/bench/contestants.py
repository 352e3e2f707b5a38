"""Two engines of as many processes of one thread: the bot's own, and plain faster-whisper.

    async with Own(folder, window="full") as engine:       Plain(folder)
        await engine.recognise(5.5)

Both hear the same noise, since what is heard does not change what a model of random weights costs.
"""

from __future__ import annotations

import asyncio
import importlib
import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np

from bot.bench.processes import one_thread
from bot.bench.shapes import SPOKEN
from stt.audio import MAX_PACKET_SAMPLES, RATE_HZ, RING_S, Ring, Utterance
from stt.engine import Hints
from stt.worker import WhisperWorker

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from numpy.typing import NDArray

    from stt.engine import Window

USUAL: dict[str, Any] = {"language": SPOKEN, "beam_size": 1, "without_timestamps": True}
"""How whoever wants words soon calls `WhisperModel.transcribe`."""

START_S = 120.0


class Contestant(Protocol):
    """An engine; an async context manager."""

    @property
    def pids(self) -> tuple[int, ...]:
        """Its processes."""
        ...

    async def recognise(self, seconds: float) -> None:
        """Have so much recognised, waiting for a turn if need be."""
        ...

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...


def noise(seconds: float, *, seed: int = 0) -> NDArray[np.int16]:
    """Something like syllables, at 16 kHz: nothing in it is silent for long."""
    n = round(seconds * RATE_HZ)
    hiss = np.random.default_rng(seed).standard_normal(n, np.float32)
    loudness = 0.3 + 0.7 * np.sin(2 * np.pi * 2.0 * np.arange(n) / RATE_HZ) ** 2
    return (2_500 * hiss * loudness).clip(-32_767, 32_767).astype(np.int16)


class Own:
    """The bot's engine. Not below other processes in rank, so that the two have the same chance of a core."""

    def __init__(self, folder: Path, *, window: Window, workers: int = 2) -> None:
        self._engine = WhisperWorker(folder, languages=(SPOKEN,), workers=workers, window=window, nice=0)
        self._ring = Ring()
        heard = noise(RING_S)
        for at in range(0, len(heard), MAX_PACKET_SAMPLES):
            self._ring.write(heard[at : at + MAX_PACKET_SAMPLES])

    @property
    def pids(self) -> tuple[int, ...]:
        """Its processes."""
        return self._engine.pids

    async def recognise(self, seconds: float) -> None:
        """Have so much recognised."""
        utterance = Utterance(1, 0.0, seconds, self._ring, 0, round(seconds * RATE_HZ))
        await self._engine.transcribe(utterance, Hints(language=SPOKEN))

    async def __aenter__(self) -> Self:
        await self._engine.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._engine.__aexit__(kind, error, trace)


class Plain:
    """faster-whisper as it comes, in as many processes, each of which takes the next utterance that waits."""

    def __init__(self, folder: Path, *, workers: int = 2) -> None:
        self._folder, self._workers = folder, workers
        self._pids: set[int] = set()

    @property
    def pids(self) -> tuple[int, ...]:
        """Its processes."""
        return tuple(sorted(self._pids))

    async def recognise(self, seconds: float) -> None:
        """Have so much recognised."""
        self._pids.add(await asyncio.get_running_loop().run_in_executor(self._pool, _say, seconds))

    async def __aenter__(self) -> Self:
        context = multiprocessing.get_context("spawn")
        with one_thread():
            self._pool = ProcessPoolExecutor(self._workers, context, _load, (self._folder,))
            try:
                async with asyncio.timeout(START_S):
                    while len(self._pids) < self._workers:
                        await asyncio.gather(*(self.recognise(1.0) for _ in range(self._workers)))
            except BaseException:
                self._end()
                raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await asyncio.to_thread(self._end)

    def _end(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


class _Loaded:
    """What a process of `Plain` has loaded."""

    model: Any
    heard: NDArray[np.float32]


def plain_model(folder: Path) -> Any:
    """faster-whisper's own class on one thread. By its name, since one file of the bot alone may know it."""
    library: Any = importlib.import_module("faster_whisper")
    return library.WhisperModel(
        str(folder), device="cpu", compute_type="int8", cpu_threads=1, num_workers=1, local_files_only=True
    )


def as_float(samples: NDArray[np.int16]) -> NDArray[np.float32]:
    """As faster-whisper takes samples."""
    return np.divide(samples, 32_768, dtype=np.float32)


def _load(folder: Path) -> None:
    _Loaded.model = plain_model(folder)
    _Loaded.heard = as_float(noise(RING_S))


def _say(seconds: float) -> int:
    segments, _ = _Loaded.model.transcribe(_Loaded.heard[: round(seconds * RATE_HZ)], **USUAL)
    if not "".join(segment.text for segment in segments):
        raise RuntimeError("faster-whisper heard nothing")
    return os.getpid()
