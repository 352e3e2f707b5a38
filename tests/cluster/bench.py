"""What a cluster of two replicas costs beside one engine of our own: `python -m tests.cluster.bench`.

Both recognise the same utterances with the same model: one after the other, for the time of a request, and many at
once, for how much they do. Columns are for engines, so ratios are of one run.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, cast

from rich.console import Console
from rich.table import Table

from stt.engine import Hints
from stt.remote import SpeechServer
from stt.worker import WhisperWorker
from tests.cluster.conftest import KEY, start_cluster
from tests.stt.sounds import MODEL, clips, recording, utterance_of

if TYPE_CHECKING:
    from collections.abc import Generator

    from stt.engine import Transcriber
    from tests.cluster.conftest import Cluster

TURNS = 40
HINTS = Hints(language="en")


async def one_by_one(engine: Transcriber) -> list[float]:
    """Seconds of each request."""
    sounds = [recording(clip["file"]) for clip in clips() if clip["language"] == "en"]
    took: list[float] = []
    for turn in range(TURNS):
        began = time.perf_counter()
        await engine.transcribe(utterance_of(sounds[turn % len(sounds)]), HINTS)
        took.append(time.perf_counter() - began)
    return took


async def at_once(engine: Transcriber, parallel: int) -> float:
    """Requests in a second, *parallel* at a time."""
    sounds = [recording(clip["file"]) for clip in clips() if clip["language"] == "en"]
    left = iter(range(TURNS))

    async def work() -> None:
        for turn in left:
            await engine.transcribe(utterance_of(sounds[turn % len(sounds)]), HINTS)

    began = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        for _ in range(parallel):
            tasks.create_task(work())
    return TURNS / (time.perf_counter() - began)


async def measure(cluster: Cluster) -> None:
    """Print the table."""
    table = Table("engine", "p50 ms", "p95 ms", "a second, one at a time", "a second, 4 at a time")
    server = SpeechServer(cluster.url, model="any", key=KEY, workers=4, languages=("en",))
    own = WhisperWorker(MODEL, languages=["en"])
    two = WhisperWorker(MODEL, languages=["en"], workers=2)
    for name, opened in (("own, 1 process", own), ("own, 2 processes", two), ("cluster, 2 replicas", server)):
        async with opened as entered:
            engine = cast("Transcriber", entered)
            await one_by_one(engine)
            took = sorted(await one_by_one(engine))
            many = await at_once(engine, 4)
        table.add_row(
            name,
            f"{1000 * statistics.median(took):.0f}",
            f"{1000 * took[int(len(took) * 0.95)]:.0f}",
            f"{len(took) / sum(took):.1f}",
            f"{many:.1f}",
        )
    Console(width=120).print(table)


@contextmanager
def temporary() -> Generator[Path]:
    """A folder with a short name: sockets lie in it."""
    with tempfile.TemporaryDirectory(prefix="sr") as folder:
        yield Path(folder)


def main() -> int:
    """Measure."""
    with temporary() as folder, contextmanager(start_cluster)(folder) as cluster:
        asyncio.run(measure(cluster))
    return 0


if __name__ == "__main__":
    sys.exit(main())
