"""What erasing an account and making its data package cost: `python -m tests.storage.bench_rights`.

For each number of transcripts, of 100 turns each, half of them somebody else's, a process of its own: SQLite in the
folder for temporary files, keys in files.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Self

from storage.database import open_databases
from storage.keys import FileKeys
from storage.package import Packages, TranscriptKeeper
from storage.transcripts import Spoken
from tests.storage.people import ANNA, BEN, CLEO, NOW, People, people_over
from tests.storage.test_package import FACTS

ROOT = Path(__file__).parents[2]
MIB = 1024 * 1024
TURNS = 100
ELSEWHERE = 10
_letters = random.Random(1)
WORDS = ["".join(_letters.choices("etaoinshrdlu", k=_letters.randint(2, 9))) for _ in range(3000)]


def memory(field: str) -> float:
    """A field of this process's status, in MiB."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return next(int(line.split()[1]) / 1024 for line in status.splitlines() if line.startswith(field))


def forget_peak() -> None:
    """Count the highest memory from here on."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


async def save(people: People, owner: int, number: int) -> None:
    """An interview in which Anna and Ben take turns, 15 words each."""
    dice = random.Random(number)
    said = [
        Spoken((ANNA, BEN)[n % 2], "Somebody", n * 8.0, n * 8.0 + 7, " ".join(dice.choices(WORDS, k=15)), "en", 0.9)
        for n in range(TURNS)
    ]
    title = f"Interview {number}"
    await people.transcripts.save(owner, title, said, lambda _: True, at=NOW, interaction_id=number)


class Stopwatch:
    """How long a block took, how much of that the processor worked, and how much more memory it needed at its peak."""

    def __init__(self) -> None:
        self.seconds = self.cpu_s = self.mib = 0.0

    def __enter__(self) -> Self:
        forget_peak()
        self._before = memory("VmRSS")
        self._start, self._cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.seconds = time.perf_counter() - self._start
        self.cpu_s = time.process_time() - self._cpu
        self.mib = memory("VmHWM") - self._before


async def measure(number: int) -> dict[str, Any]:
    """What an account with that many transcripts costs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        provider = FileKeys(folder / "keys", data_dir=folder / "data")
        await provider.create()
        async with open_databases(folder / "data") as databases:
            people = await people_over(databases, provider)
            await people.join(ANNA, BEN)
            for each in range(number):
                await save(people, ANNA, each + 1)
            for each in range(ELSEWHERE):
                await save(people, BEN, number + each + 1)
            size = sum(path.stat().st_size for path in (folder / "data").iterdir())
            package = packages(people)
            with Stopwatch() as packing:
                parts = (await package.parts(ANNA, at=NOW)).zips
            size_of_parts = sum(len(part) for part in parts)
            del parts
            with Stopwatch() as writing, (folder / "package.zip").open("wb") as file:
                await package.write(ANNA, file, at=NOW)
            await people.join(CLEO)
            with Stopwatch() as small:
                await people.erasure().account(CLEO, at=NOW)
            with Stopwatch() as erasing:
                erased = await people.erasure().account(ANNA, at=NOW)
            assert erased.files_rewritten
            assert erased.rows["turn"] == (number + ELSEWHERE / 2) * TURNS
        return {
            "transcripts": number,
            "files": size / MIB,
            "package": packing.seconds,
            "package memory": packing.mib,
            "package cpu": packing.cpu_s,
            "zip": size_of_parts / MIB,
            "write": writing.seconds,
            "write cpu": writing.cpu_s,
            "write memory": writing.mib,
            "erase an empty account beside them": small.seconds,
            "its cpu": small.cpu_s,
            "its memory": small.mib,
            "erase": erasing.seconds,
            "erase memory": erasing.mib,
            "erase cpu": erasing.cpu_s,
        }


def packages(people: People) -> Packages:
    return Packages(
        people.databases.content,
        people.keyring,
        people.secrets,
        people.subjects,
        people.ledger,
        keepers=[TranscriptKeeper(people.transcripts), people.requests],
        facts=FACTS,
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 300, 1000])
    parser.add_argument("--one", type=int)
    given = parser.parse_args()
    if given.one:
        sys.stdout.write(json.dumps(asyncio.run(measure(given.one))))
        return
    for size in given.sizes:
        command = [sys.executable, "-m", "tests.storage.bench_rights", "--one", str(size)]
        found = json.loads(subprocess.run(command, check=True, capture_output=True, cwd=ROOT).stdout)
        sys.stdout.write("  ".join(f"{name} {value:.2f}" for name, value in found.items()) + "\n")


if __name__ == "__main__":
    main()
