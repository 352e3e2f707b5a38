"""The engine's process killed and stopped in the middle of utterances: `python -m tests.engine_faults --times 50`.

Two people speak; each time somebody's utterance is under way, its process is killed (SIGKILL) or stopped (SIGSTOP, as
if it hung). What must hold: that utterance becomes a gap that says how long it was, the next one has its words, the
process is back within ten seconds, and nothing is left: no shared memory, no descriptor, no process, and no sample in
any ring.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from stt.audio import FRAME_SAMPLES, RATE_HZ, Frame, Ring
from stt.dispatch import Dispatcher
from stt.pipeline import Pipeline
from stt.segmenter import Endpointing
from stt.vad import Silero, SpeechProbability
from stt.worker import WhisperWorker
from tests.stt.sounds import MODEL, clips, normalised, recording, until, write

ENGLISH = [clip for clip in clips() if clip["language"] == "en"]
WITHIN_S = 60.0


@dataclass
class Result:
    """What happened.

    Attributes:
        late: Faults that came too late: the words were on their way already.
        back_s: From each fault to the next words of the same person.
        wrong: Sentences after a fault that were not heard to the letter.
    """

    faults: dict[str, int] = field(default_factory=lambda: {"killed": 0, "stopped": 0})
    late: int = 0
    gaps: int = 0
    back_s: dict[str, list[float]] = field(default_factory=lambda: {"killed": [], "stopped": []})
    wrong: int = 0
    restarts: int = 0
    samples_left: int = 0
    shared_memory_left: int = 0
    descriptors_more: int = 0
    processes_left: int = 0

    @property
    def ok(self) -> bool:
        """Whether everything held."""
        clean = not (self.samples_left or self.shared_memory_left or self.descriptors_more or self.processes_left)
        return clean and not self.wrong and self.gaps == sum(self.faults.values())


class Speaker:
    """Somebody who speaks clips into the pipeline, as fast as the machine takes them."""

    def __init__(self, pipeline: Pipeline, speaker_id: int) -> None:
        self.ring = Ring()
        self._pipeline = pipeline
        self._id = speaker_id

    def say(self, clip: str) -> None:
        """The clip and enough silence to end it."""
        samples = np.concatenate([recording(clip), np.zeros(RATE_HZ, np.int16)])
        start_s = time.monotonic()
        for first in range(0, len(samples) - FRAME_SAMPLES + 1, FRAME_SAMPLES):
            at = write(self.ring, samples[first : first + FRAME_SAMPLES])
            self._pipeline.push(Frame(self._id, start_s + first / RATE_HZ, self.ring, at))


async def run(times: int, *, seed: int = 0, stops: bool = True, deadline_s: float | None = None) -> Result:
    """Do it *times* times.

    Args:
        times: Faults.
        seed: Of when they come.
        stops: Whether every second one is a hang; each takes as long as the deadline.
        deadline_s: When an engine counts as hung; by default the worker's own.
    """
    chance, result = random.Random(seed), Result()
    silero = Silero()
    before_all = _held()
    told: list[tuple[float, str, float]] = []
    async with WhisperWorker(MODEL, languages=["en"], deadline_s=deadline_s) as worker, asyncio.TaskGroup() as tasks:
        pids = set(worker.pids)
        pipeline = Pipeline(
            Dispatcher(worker, clock=time.monotonic),
            probability=lambda: SpeechProbability(silero),
            on_snippet=lambda snippet: told.append((time.monotonic(), snippet.text, snippet.missing_s)),
            clock=time.monotonic,
            endpointing=Endpointing(),
        )
        tasks.create_task(pipeline.run())
        people = [Speaker(pipeline, number) for number in (1, 2)]
        while (number := sum(result.faults.values())) < times:
            kind = "stopped" if stops and number % 2 else "killed"
            before = len(told)
            person = people[number % 2]
            person.say(chance.choice(ENGLISH)["file"])
            # Only now is there work: the pipeline's tasks get their turn here.
            await until(lambda: bool(pipeline.waiting_s), WITHIN_S)
            await asyncio.sleep(chance.uniform(0, 0.01))
            if len(told) > before:
                continue  # it was faster
            await until(lambda: bool(worker.pids), WITHIN_S)
            began_s = time.monotonic()
            os.kill(worker.pids[0], signal.SIGKILL if kind == "killed" else signal.SIGSTOP)
            await until(lambda: len(told) > before, WITHIN_S)  # noqa: B023 - done with before it changes
            if told[before][1]:
                result.late += 1
                continue
            result.faults[kind] += 1
            result.gaps += told[before][2] > 0
            clip = chance.choice(ENGLISH)
            person.say(clip["file"])
            await until(lambda: len(told) > before + 1, WITHIN_S)  # noqa: B023 - likewise
            result.back_s[kind].append(told[before + 1][0] - began_s)
            result.wrong += normalised(told[before + 1][1]) != normalised(clip["text"])
            pids.update(worker.pids)
        await pipeline.finish(timeout_s=10)
        result.samples_left = sum(int(np.count_nonzero(person.ring._block)) for person in people)
        result.restarts = worker.restarts
    after = _held()
    result.shared_memory_left, result.descriptors_more = (max(0, a - b) for a, b in zip(after, before_all, strict=True))
    result.processes_left = sum(_runs(pid) for pid in pids)
    return result


def _held() -> tuple[int, int]:
    """Names of shared memory on the machine, and descriptors of this process."""
    # As Python names its shared memory: other programs' files come and go.
    return len(list(Path("/dev/shm").glob("psm_*"))), len(list(Path("/proc/self/fd").iterdir()))  # noqa: S108


def _runs(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def show(result: Result, console: Console) -> None:
    """As a table."""
    table = Table("", "killed", "stopped", title="The engine's process, in the middle of an utterance")
    rows = {
        "times": [str(result.faults[kind]) for kind in result.faults],
        "back with words after, median": [_seconds(result.back_s[kind], 0.5) for kind in result.faults],
        "longest": [_seconds(result.back_s[kind], 1.0) for kind in result.faults],
    }
    for name, cells in rows.items():
        table.add_row(name, *cells)
    console.print(table)
    console.print(
        f"gaps {result.gaps}, restarts {result.restarts}, sentences wrong after {result.wrong}; left: samples"
        f" {result.samples_left}, shared memory {result.shared_memory_left}, descriptors {result.descriptors_more},"
        f" processes {result.processes_left}",
        highlight=False,
    )


def _seconds(taken: list[float], part: float) -> str:
    ordered = sorted(taken)
    return f"{ordered[min(len(ordered) - 1, int(part * len(ordered)))]:.2f} s" if ordered else "-"


def main() -> int:
    """Run as a command. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.engine_faults", description="Kills and stops the engine.")
    parser.add_argument("--times", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    result = asyncio.run(run(options.times, seed=options.seed))
    show(result, Console())
    return 0 if result.ok else 1


if __name__ == "__main__":
    sys.exit(main())
