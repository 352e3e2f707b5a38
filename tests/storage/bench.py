"""What storage costs on this machine: `python -m tests.storage.bench`. SQLite in the folder for temporary files.

Two times for each: of the processor, which other programs hardly change, and of the clock, which they and the disk do.
"""

from __future__ import annotations

import asyncio
import base64
import os
import sys
import tempfile
import time
from dataclasses import dataclass
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
    from collections.abc import Awaitable, Callable

NOW = datetime(2026, 11, 23, tzinfo=UTC)
PEOPLE = 200
KEYS = 1000


@dataclass(frozen=True)
class Cost:
    """Seconds of the processor and of the clock."""

    processor: float
    clock: float

    @classmethod
    def now(cls) -> Cost:
        return cls(time.process_time(), time.perf_counter())

    def since(self, start: Cost, number: int) -> Cost:
        return Cost((self.processor - start.processor) / number, (self.clock - start.clock) / number)


def say(what: str, cost: Cost) -> None:
    sys.stdout.write(f"{what:<54} {cost.processor * 1e6:>10,.1f} µs {cost.clock * 1e6:>10,.1f} µs\n")


def best(call: Callable[[], object], number: int = 5000) -> Cost:
    costs: list[Cost] = []
    for _ in range(5):
        start = Cost.now()
        for _ in range(number):
            call()
        costs.append(Cost.now().since(start, number))
    return min(costs, key=lambda cost: cost.processor)


def crypto() -> None:
    key = DataKey(bytearray(os.urandom(32)), subject=uuid4(), key_id=uuid4(), version=1)
    place = Place("turn", "enc_body", uuid4(), 1)
    for size in (100, 4096):
        plain = os.urandom(size)
        sealed = key.seal(plain, place)
        say(f"seal {size} bytes", best(lambda p=plain: key.seal(p, place)))
        say(f"open {size} bytes", best(lambda s=sealed: key.open(s, place)))


async def timed(call: Callable[[int], Awaitable[object]], number: int) -> Cost:
    start = Cost.now()
    for each in range(number):
        await call(each)
    return Cost.now().since(start, number)


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
        start = Cost.now()
        await keyring.rotate()
        say(f"rewrap a data key, {KEYS} in a row", Cost.now().since(start, KEYS))
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
        start = Cost.now()
        verdict = await ledger.verify()
        say(f"verify a ledger of {verdict.seq} links, each", Cost.now().since(start, verdict.seq))
        export = await ledger.export(0, at=NOW)
        say(f"verify an export of {verdict.seq} links offline", best(lambda: verify_ledger(export), 20))


async def environment() -> None:
    provider = EnvironmentKeys(f"1:{base64.b64encode(os.urandom(32)).decode()}")
    key = bytearray(os.urandom(32))
    blob = await provider.wrap(1, key, b"")
    say("unwrap a data key, key in the environment", await timed(lambda _: provider.unwrap(1, blob, b""), 5000))


def main() -> None:
    sys.stdout.write(f"{'':<54} {'processor':>13} {'clock':>13}\n")
    crypto()
    asyncio.run(environment())
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(stored(Path(folder)))


if __name__ == "__main__":
    main()
