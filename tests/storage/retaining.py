"""Processes that delete what is due, and are killed in the middle.

`python -m tests.storage.retaining --rounds 100` kills one of four again and again, and looks at what is left.
`python -m tests.storage.retaining --rows 1000000` measures time and memory of one run over that many rows.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import resource
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import func, insert, select

from storage.database import open_databases
from storage.models import Audit, RetentionRun
from storage.retention import Retention
from tests.storage.forked import Forked, fork

if TYPE_CHECKING:
    from storage.database import Databases

FAR = timedelta(days=90)


class SteadyClock:
    """The machine's clock."""

    def monotonic_s(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass(frozen=True)
class Outcome:
    """What processes that were killed left behind.

    Attributes:
        killed: How many were killed.
        due: How many rows were due.
        left_due: How many of them are still there.
        not_due: How many rows were not due.
        kept: How many of them are still there.
        counted: How many rows the runs say that they deleted.
    """

    killed: int
    due: int
    left_due: int
    not_due: int
    kept: int
    counted: int


async def fill(databases: Databases, *, due: int, kept: int, seed: int, now: datetime | None = None) -> None:
    """Rows of which some are due now."""
    rng = random.Random(seed)
    now = now or datetime.now(UTC)
    for first in range(0, due + kept, 5000):
        rows = [
            {
                "id": UUID(int=rng.getrandbits(128)),
                "event": "refused",
                "idx": rng.randbytes(32),
                "happened_at": now,
                "expires_at": now - timedelta(minutes=1) if number < due else now + FAR,
            }
            for number in range(first, min(first + 5000, due + kept))
        ]
        async with databases.content.write() as connection:
            await connection.execute(insert(Audit), rows)


async def work(folder: Path) -> None:
    """Tick until killed."""
    async with open_databases(folder) as databases:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            # A short lease: whoever takes over from one that was killed does so at once.
            retention = Retention(databases, clock=SteadyClock(), batch=5, lease_life=timedelta(seconds=0.2))
            await retention.tick()
            await asyncio.sleep(0.01)


async def _look(folder: Path) -> tuple[int, int, int]:
    now = datetime.now(UTC)
    async with open_databases(folder) as databases, databases.content.read() as connection:
        due = await connection.execute(select(func.count()).where(Audit.expires_at <= now))
        kept = await connection.execute(select(func.count()).where(Audit.expires_at > now))
        counts = await connection.execute(select(RetentionRun.counts))
        counted = sum(row.get("audit", 0) for row in counts.scalars())
        return due.scalar_one(), kept.scalar_one(), counted


def _work(folder: Path) -> None:
    asyncio.run(work(folder))


def _start(folder: Path) -> Forked:
    forked = fork(_work, folder)
    assert forked.said.readline() == b"ready\n"
    return forked


async def _add_due(folder: Path, rows: int, seed: int) -> None:
    async with open_databases(folder) as databases:
        await fill(databases, due=rows, kept=0, seed=seed)


async def _prepare(folder: Path, kept: int) -> None:
    async with open_databases(folder) as databases:
        await fill(databases, due=0, kept=kept, seed=10**9)


def attack(folder: Path, *, processes: int, rounds: int, rows: int = 45, seed: int = 0) -> Outcome:
    """Each round makes *rows* due, and kills one of *processes* while they are at it; another takes its place."""
    rng = random.Random(seed)
    kept = 5 * rows * rounds  # all that may be due at once is below the fifth that the breaker holds back
    asyncio.run(_prepare(folder, kept))
    workers = [_start(folder) for _ in range(processes)]
    try:
        for number in range(rounds):
            asyncio.run(_add_due(folder, rows, seed=number))
            time.sleep(rng.uniform(0, 0.05))  # at a random point of what they do
            workers.pop(rng.randrange(processes)).kill()
            workers.append(_start(folder))
        deadline = time.monotonic() + 30
        while (found := asyncio.run(_look(folder)))[0] and time.monotonic() < deadline:
            time.sleep(0.05)
    finally:
        for worker in workers:
            worker.kill()
    return Outcome(rounds, rounds * rows, found[0], kept, found[1], asyncio.run(_look(folder))[2])


async def measure(folder: Path, rows: int) -> dict[str, float]:
    """Time and memory of deleting *rows* rows that are due, among as many that are not."""
    async with open_databases(folder) as databases:
        await fill(databases, due=rows, kept=rows, seed=0)
        clock = _Later()
        retention = Retention(databases, clock=clock)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.perf_counter()
        first = await retention.tick()
        assert first.held == {"audit": rows}
        look_s = time.perf_counter() - started
        clock.later = timedelta(minutes=15)
        started = time.perf_counter()
        report = await retention.tick()
        took_s = time.perf_counter() - started
        assert report.deleted == {"audit": rows}, report
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {"rows": rows, "first_look_s": look_s, "delete_s": took_s, "more_memory_mb": (after - before) / 1000}


class _Later(SteadyClock):
    later = timedelta(0)

    def monotonic_s(self) -> float:
        return time.monotonic() + self.later.total_seconds()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.later


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--rows", type=int, default=0)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        if asked.rows:
            sys.stdout.write(json.dumps(asyncio.run(measure(Path(folder), asked.rows))) + "\n")
        if asked.rounds:
            outcome = attack(Path(folder), processes=4, rounds=asked.rounds, seed=asked.seed)
            sys.stdout.write(json.dumps(asdict(outcome)) + "\n")


if __name__ == "__main__":
    main()
