"""What sealing costs: the same transcripts as the bot keeps them, and in SQLite as plain text, in the same run.

    save, each in a transaction -> open each -> search all -> export as JSON -> erase the owner, rewrite the file

Both with the same journal, the same flushing and the same overwriting. Seconds of processor time, all threads together.
What the difference buys: nobody who has the files can read a word, find out who spoke, or recover what was erased.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import sqlite3
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from rich.table import Table

from storage.crypto import DataKey
from storage.crypto import Place as SealedAt
from storage.database import PRAGMAS, open_databases
from storage.formats import as_json
from storage.keyring import Keyring
from storage.keys import EnvironmentKeys
from storage.subjects import Subjects
from storage.transcripts import Spoken, Transcripts

if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.console import Console

NOW = datetime(2026, 11, 23, tzinfo=UTC)
ANNA, BEN = 80351110224678912, 175928847299117063
TURNS = 100
WORDS = [
    "we",
    "had",
    "checked",
    "the",
    "project",
    "in",
    "autumn",
    "and",
    "talked",
    "through",
    "everything",
    "once",
    "more",
    "at",
    "the",
    "end",
    "of",
    "the",
    "week",
]
SEALS = 5000


def run(*, transcripts: int = 1000, console: Console | None = None) -> dict[str, Any]:
    """Measure, print a table to *console* if there is one, and return the figures.

    Args:
        transcripts: How many, of 100 turns of two people each.
        console: For people.
    """
    with tempfile.TemporaryDirectory(prefix="skillrally-bench-") as folder:
        sealed = asyncio.run(_sealed(Path(folder) / "sealed", transcripts))
        plain = _plain(Path(folder), transcripts)
    figures = {
        "transcripts": transcripts,
        "load_average": round(os.getloadavg()[0], 1),
        "seal": _seal(),
        "sealed_s": sealed,
        "plain_s": plain,
    }
    if console is not None:
        _print(figures, console)
    return figures


def _talk(number: int) -> list[Spoken]:
    return [
        Spoken(
            (ANNA, BEN)[turn % 2],
            ("Anna", "Ben")[turn % 2],
            turn * 5.0,
            turn * 5.0 + 4.0,
            " ".join(WORDS[: 6 + (number * 7 + turn) % 12]) + f" {number}x{turn}",
            "en",
            0.9,
        )
        for turn in range(TURNS)
    ]


class _Watch:
    """Seconds of processor time, by what they went to."""

    def __init__(self) -> None:
        self.spent: dict[str, float] = {}
        self._began = time.process_time()

    def lap(self, what: str) -> None:
        """What was done since the last lap."""
        now = time.process_time()
        self.spent[what] = round(now - self._began, 3)
        self._began = time.process_time()


async def _sealed(folder: Path, number: int) -> dict[str, float]:
    provider = EnvironmentKeys(f"1:{base64.b64encode(os.urandom(32)).decode()}")
    async with open_databases(folder) as databases:
        keyring = Keyring(databases.keyring, provider)
        secrets = await keyring.secrets()
        subjects = Subjects(databases.content, keyring, secrets)
        transcripts = Transcripts(databases.content, keyring, secrets, subjects)
        anna, _ = [await subjects.find_or_create(user, today=date(2026, 11, 23)) for user in (ANNA, BEN)]
        watch = _Watch()
        ids = [
            await transcripts.save(ANNA, f"number {n}", _talk(n), lambda _: True, at=NOW, interaction_id=n)
            for n in range(number)
        ]
        watch.lap("save")
        opened = [await transcripts.view(ANNA, each, at=NOW) for each in ids]
        watch.lap("open")
        await transcripts.search(ANNA, f"{number - 1}x99", at=NOW)
        watch.lap("search")
        for each in opened:
            as_json(each)
        watch.lap("export")
        del opened
        await transcripts.erase(anna)
        await databases.content.compact()
        watch.lap("erase")
    return watch.spent


def _plain(folder: Path, number: int) -> dict[str, float]:
    database = sqlite3.connect(folder / "plain.db", isolation_level=None)
    for name, value in PRAGMAS.items():
        database.execute(f"PRAGMA {name} = {value}")
    database.execute("CREATE TABLE transcript (id INTEGER PRIMARY KEY, owner INTEGER, title TEXT)")
    columns = "transcript INTEGER, seq INTEGER, speaker INTEGER, name TEXT, start REAL, stop REAL, text TEXT"
    database.execute(f"CREATE TABLE turn ({columns}, PRIMARY KEY (transcript, seq))")
    watch = _Watch()
    for n in range(number):
        rows = [(n, seq, s.speaker_id, s.name, s.start_s, s.end_s, s.text) for seq, s in enumerate(_talk(n))]
        database.execute("BEGIN IMMEDIATE")
        database.execute("INSERT INTO transcript VALUES (?, ?, ?)", (n, ANNA, f"number {n}"))
        database.executemany("INSERT INTO turn VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
        database.execute("COMMIT")
    watch.lap("save")
    reads = "SELECT seq, speaker, name, start, stop, text FROM turn WHERE transcript = ? ORDER BY seq"
    opened = [database.execute(reads, (n,)).fetchall() for n in range(number)]
    watch.lap("open")
    database.execute("SELECT transcript, seq FROM turn WHERE text LIKE ?", (f"%{number - 1}x99%",)).fetchall()
    watch.lap("search")
    for each in opened:
        json.dumps(each, ensure_ascii=False, indent=1)
    watch.lap("export")
    del opened
    database.execute("BEGIN IMMEDIATE")
    database.execute("DELETE FROM turn WHERE transcript IN (SELECT id FROM transcript WHERE owner = ?)", (ANNA,))
    database.execute("DELETE FROM transcript WHERE owner = ?", (ANNA,))
    database.execute("COMMIT")
    database.execute("VACUUM")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    watch.lap("erase")
    database.close()
    return watch.spent


def _seal() -> dict[str, float]:
    """Microseconds of processor time for sealing and opening 100 and 4,096 bytes; the best of five rounds."""
    key = DataKey(bytearray(os.urandom(32)), subject=uuid4(), key_id=uuid4(), version=1)
    place = SealedAt("turn", "enc_body", uuid4(), 1)
    found: dict[str, float] = {}
    for size in (100, 4096):
        plain = os.urandom(size)
        sealed = key.seal(plain, place)
        found[f"seal {size} bytes"] = _best(lambda p=plain: key.seal(p, place))
        found[f"open {size} bytes"] = _best(lambda s=sealed: key.open(s, place))
    return found


def _best(call: Callable[[], object]) -> float:
    rounds: list[float] = []
    for _ in range(5):
        began = time.process_time()
        for _ in range(SEALS):
            call()
        rounds.append((time.process_time() - began) / SEALS * 1e6)
    return round(min(rounds), 1)


def _print(figures: dict[str, Any], console: Console) -> None:
    title = f"{figures['transcripts']:,} transcripts of {TURNS} turns, seconds of a core"
    table = Table("", "sealed", "plain SQLite", "times", title=title)
    for what, spent in figures["sealed_s"].items():
        plain = figures["plain_s"][what]
        table.add_row(what, f"{spent:.2f}", f"{plain:.2f}", f"{spent / plain:.1f}" if plain else "-")
    console.print(table)
    for what, cost in figures["seal"].items():
        console.print(f"{what}: {cost} µs", highlight=False)
