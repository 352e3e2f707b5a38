"""A process that hears, so that its memory can be searched from outside: `python -m tests.stt.keeper SEED`.

It says on stdout where it is, one line each, and goes on when it gets a line on stdin.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TYPE_CHECKING

import numpy as np

from stt.audio import FRAME_S, FRAME_SAMPLES, RATE_HZ, Frame, Ring
from stt.dispatch import Dispatcher
from stt.pipeline import Pipeline
from stt.vad import Silero, SpeechProbability
from stt.worker import WhisperWorker
from tests.stt.sounds import MODEL, until, write

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stt.engine import Snippet

SECONDS = 2


def secret(seed: int) -> NDArray[np.int16]:
    """Two seconds of a pattern that cannot be anywhere by chance."""
    return np.random.default_rng(seed).integers(-8_000, 8_000, SECONDS * RATE_HZ, dtype=np.int16)


class Certain(SpeechProbability):
    """The real detector hears it, and is then overruled: the pattern is no speech."""

    def feed(self, samples: NDArray[np.int16]) -> Sequence[float]:
        return [0.9 for _ in super().feed(samples)]


async def keep(seed: int) -> None:
    told: list[Snippet] = []
    now_s = 0.0
    silero = Silero()
    async with WhisperWorker(MODEL) as worker, asyncio.TaskGroup() as tasks:
        pipeline = Pipeline(
            Dispatcher(worker, clock=time.monotonic),
            probability=lambda: Certain(silero),
            on_snippet=told.append,
            clock=lambda: now_s,
        )
        tasks.create_task(pipeline.run())
        ring, said = Ring(), secret(seed)
        for first in range(0, len(said), FRAME_SAMPLES):
            at = write(ring, said[first : first + FRAME_SAMPLES])
            pipeline.push(Frame(1, now_s, ring, at))
            now_s += FRAME_S
        said.fill(0)
        await step(f"held {worker.pids[0]}")
        now_s += 1
        pipeline.tick()
        await until(lambda: bool(pipeline.counts.snippets + pipeline.counts.empty + pipeline.counts.gaps))
        await step(f"out {pipeline.counts.gaps}")
        await pipeline.finish(timeout_s=5)


async def step(where: str) -> None:
    sys.stdout.write(where + "\n")
    sys.stdout.flush()
    await asyncio.to_thread(sys.stdin.readline)


if __name__ == "__main__":
    asyncio.run(keep(int(sys.argv[1])))
