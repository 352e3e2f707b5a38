"""What storage costs on this machine: `python -m tests.storage.bench`. SQLite in the folder for temporary files."""

from __future__ import annotations

import asyncio
import base64
import os
import sys
import tempfile
import time
import timeit
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from storage.crypto import DataKey, Place
from storage.database import open_databases
from storage.keyring import Keyring
from storage.keys import EnvironmentKeys, FileKeys
from storage.ledger import Ledger, Occasion, Policy, Purpose, verify_ledger
from storage.subjects import Subjects

if TYPE_CHECKING:
    from collections.abc import Callable

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PEOPLE = 200
KEYS = 1000


def say(what: str, microseconds: float) -> None:
    sys.stdout.write(f"{what:<58} {microseconds:>12,.1f} µs\n")


def best(call: Callable[[], object], number: int = 5000) -> float:
    return min(timeit.repeat(call, number=number, repeat=5)) / number * 1e6


def crypto() -> None:
    key = DataKey(bytearray(os.urandom(32)), subject=uuid4(), key_id=uuid4(), version=1)
    place = Place("turn", "enc_body", uuid4(), 1)
    for size in (100, 4096):
        plain = os.urandom(size)
        sealed = key.seal(plain, place)
        say(f"seal {size} bytes", best(lambda p=plain: key.seal(p, place)))
        say(f"open {size} bytes", best(lambda s=sealed: key.open(s, place)))


async def timed(call: Callable[[int], object], number: int) -> float:
    start = time.perf_counter()
    for each in range(number):
        await call(each)  # pyright: ignore[reportGeneralTypeIssues]
    return (time.perf_counter() - start) / number * 1e6


async def stored(folder: Path) -> None:
    provider = FileKeys(folder / "keys", data_dir=folder / "data")
    await provider.create()
    async with open_databases(folder / "data") as databases:
        keyring = Keyring(databases.keyring, provider, cached=KEYS)
        subjects = [uuid4() for _ in range(KEYS)]
        say("make a data key, on the disk", await timed(lambda n: keyring.ensure(subjects[n]), KEYS))

        async def unlock(number: int) -> None:
            async with keyring.unlocked(subjects[number]):
                pass

        say("unlock a subject for the first time, key in a file", await timed(unlock, KEYS))
        say("unlock it again", await timed(unlock, KEYS))
        await provider.advance()
        start = time.perf_counter()
        await keyring.rotate()
        say(f"rewrap a data key, {KEYS} in a row", (time.perf_counter() - start) / KEYS * 1e6)
        say("destroy a subject's keys", await timed(lambda n: keyring.destroy(subjects[n], at=NOW), 100))

        secrets = await keyring.secrets()
        ledger = Ledger(
            databases.content,
            keyring,
            secrets,
            Subjects(databases.content, keyring, secrets),
            policy=Policy("1", bytes(32)),
        )

        def press(number: int) -> Occasion:
            return Occasion(number, NOW, "en", "button")

        async def give(number: int) -> None:
            await ledger.give(number, list(Purpose), press(number), attested_age=16)

        say("first yes of a person, five purposes", await timed(give, PEOPLE))
        say("take one back", await timed(lambda n: ledger.withdraw(n, [Purpose.SAVE], press(n + PEOPLE)), PEOPLE))
        say("allowed", best(lambda: ledger.allowed(7, Purpose.TRANSCRIBE)))
        start = time.perf_counter()
        verdict = await ledger.verify()
        say(f"verify a ledger of {verdict.seq} links, each", (time.perf_counter() - start) / verdict.seq * 1e6)
        export = await ledger.export(0, at=NOW)
        start = time.perf_counter()
        verify_ledger(export)
        say(f"verify an export of {verdict.seq} links offline, in all", (time.perf_counter() - start) * 1e6)


async def environment() -> None:
    provider = EnvironmentKeys(f"1:{base64.b64encode(os.urandom(32)).decode()}")
    key = bytearray(os.urandom(32))
    blob = await provider.wrap(1, key, b"")
    say("unwrap a data key, key in the environment", await timed(lambda _: provider.unwrap(1, blob, b""), 5000))


def main() -> None:
    crypto()
    asyncio.run(environment())
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(stored(Path(folder)))


if __name__ == "__main__":
    main()
