"""What transcripts cost, and how it grows: `python -m tests.storage.transcripts_bench`.

One person saves transcripts of 100 turns, half of them somebody else's, on SQLite in the folder for temporary files.
Memory is what the process holds more at its highest than before, as the system counts it.
"""

from __future__ import annotations

import asyncio
import base64
import os
import sys
import tempfile
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from storage.database import open_databases
from storage.formats import FORMATS
from storage.keyring import Keyring
from storage.keys import EnvironmentKeys
from storage.subjects import Subjects
from storage.transcripts import Spoken, Transcripts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from uuid import UUID

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ANNA, BEN = 80351110224678912, 175928847299117063
SIZES = (100, 300, 1000)
TURNS = 100
WORDS = (
    *("wir", "haben", "das", "Projekt", "im", "Herbst", "geprüft", "und", "am"),
    *("Ende", "der", "Woche", "alles", "noch", "einmal", "in", "Ruhe", "besprochen"),
)


def resident() -> int:
    """Bytes of memory that this process holds now."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Peak:
    """How much more memory is held at the highest than at the beginning, looked at every five milliseconds."""

    def __enter__(self) -> Self:
        self._before = self._highest = resident()
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def _watch(self) -> None:
        while not self._done.wait(0.005):
            self._highest = max(self._highest, resident())

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    @property
    def mib(self) -> float:
        return (self._highest - self._before) / 2**20


async def late(stopped: asyncio.Event) -> float:
    """The longest that the event loop was kept from anything else, in milliseconds."""
    worst = 0.0
    while not stopped.is_set():
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        worst = max(worst, time.perf_counter() - before - 0.001)
    return worst * 1000


async def measured(what: str, size: int, call: Callable[[], Awaitable[Any]]) -> Any:
    stopped = asyncio.Event()
    processor = time.process_time()
    with Peak() as peak:
        async with asyncio.TaskGroup() as tasks:
            lateness = tasks.create_task(late(stopped))
            start = time.perf_counter()
            result = await call()
            seconds = time.perf_counter() - start
            stopped.set()
    processor = time.process_time() - processor
    sys.stdout.write(
        f"{what:<28} {size:>5} transcripts {seconds:>8.2f} s {processor:>8.2f} s of a core "
        f"{peak.mib:>7.1f} MiB {lateness.result():>7.1f} ms late\n"
    )
    sys.stdout.flush()
    return result


def talk(number: int) -> list[Spoken]:
    return [
        Spoken(
            speaker_id=(ANNA, BEN)[turn % 2],
            name=("Anna", "Ben")[turn % 2],
            start_s=turn * 5.0,
            end_s=turn * 5.0 + 4.0,
            text=" ".join(WORDS[: 6 + (number * 7 + turn) % 12]) + f" {number}x{turn}",
            language="de",
            confidence=0.9,
        )
        for turn in range(TURNS)
    ]


class Saved:
    """Transcripts that were saved, and what is done with all of them."""

    def __init__(self, transcripts: Transcripts) -> None:
        self._transcripts = transcripts
        self._ids: list[UUID] = []

    async def save(self, size: int) -> None:
        for number in range(len(self._ids), size):
            saved = await self._transcripts.save(
                ANNA, f"number {number}", talk(number), lambda _: True, at=NOW, interaction_id=number
            )
            self._ids.append(saved)

    async def view(self) -> None:
        for each in self._ids:
            await self._transcripts.view(ANNA, each, at=NOW)

    async def export(self) -> None:
        for each in self._ids:
            transcript = await self._transcripts.view(ANNA, each, at=NOW)
            for write in FORMATS.values():
                write(transcript)
                await asyncio.sleep(0)

    async def grow(self, size: int) -> None:
        there = len(self._ids)
        await measured(f"save {size - there} more", size, lambda: self.save(size))
        await measured("a page of the list", size, lambda: self._transcripts.list(ANNA, at=NOW))
        await measured("view each", size, self.view)
        for what, query in (("one place fits", f"{size - 1}x99"), ("most turns fit", "projekt geprüft")):
            await measured(f"search, {what}", size, lambda query=query: self._transcripts.search(ANNA, query, at=NOW))
        await measured("export each, six formats", size, self.export)


async def bench(folder: Path) -> None:
    provider = EnvironmentKeys(f"1:{base64.b64encode(os.urandom(32)).decode()}")
    async with open_databases(folder) as databases:
        keyring = Keyring(databases.keyring, provider)
        secrets = await keyring.secrets()
        subjects = Subjects(databases.content, keyring, secrets)
        transcripts = Transcripts(databases.content, keyring, secrets, subjects)
        anna, _ = [await subjects.find_or_create(user, today=date(2026, 11, 23)) for user in (ANNA, BEN)]
        saved = Saved(transcripts)
        for size in SIZES:
            await saved.grow(size)
        await measured("erase their owner", SIZES[-1], lambda: transcripts.erase(anna))


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(bench(Path(folder) / "data"))


if __name__ == "__main__":
    main()
