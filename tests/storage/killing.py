"""Processes that save, erase and rotate, and are killed in the middle: `python -m tests.storage.killing --rounds 100`.

Each round starts a process on the same installation, which heals, says what it begins and what it has done, and is
killed at a random moment. Then it is healed as at a start, and everything that was acknowledged must be so:

    saved        every word can be read by its owner
    erased       nobody, no key and no byte is left
    begun only   all of it or nothing, whichever it is
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import signal
import sys
import tempfile
import time
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from sqlalchemy import select

from storage.database import Databases, open_databases, open_sqlite
from storage.errors import NotFound
from storage.keys import FileKeys
from storage.ledger import Purpose
from storage.models import Dek, Subject, Transcript, Turn
from storage.transcripts import Mark
from tests.storage.forked import fork
from tests.storage.people import NOW, People, bytes_in, people_over, press, words_of

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

PEOPLE = 5
FIRST = 80351110224678912


@dataclass
class Tally:
    """What was done and seen.

    Attributes:
        rounds: How many processes were killed.
        saved: Acknowledged savings.
        erased: Acknowledged erasures of accounts.
        forgotten: Acknowledged erasures of one transcript.
        rotated: Finished rotations.
        cut: By what was begun: how often it was not acknowledged any more.
        came_true: How many of those had been done all the same, or were finished by healing.
        healed: How many accounts and transcripts were half gone, and gone after healing.
    """

    rounds: int = 0
    saved: int = 0
    erased: int = 0
    forgotten: int = 0
    rotated: int = 0
    cut: dict[str, int] = field(default_factory=dict[str, int])
    came_true: int = 0
    healed: int = 0


@dataclass
class World:
    """What must be there: people, and of each saved transcript its owner and everybody who speaks in it."""

    people: set[int] = field(default_factory=set[int])
    saved: dict[str, list[int]] = field(default_factory=dict[str, list[int]])
    next: int = FIRST

    def erase(self, user_id: int) -> None:
        """Forget somebody and their transcripts."""
        self.people.discard(user_id)
        self.saved = {which: who for which, who in self.saved.items() if who[0] != user_id}


@asynccontextmanager
async def opened(data: Path, provider: FileKeys) -> AsyncGenerator[People]:
    """Everything over files that are at the newest form."""
    content, keyring = open_sqlite(data, "content"), open_sqlite(data, "keyring")
    try:
        yield await people_over(Databases(content, keyring), provider)
    finally:
        await content.close()
        await keyring.close()


# The process that is killed


def say(what: str, **more: Any) -> None:
    sys.stdout.write(json.dumps({"what": what, **more}) + "\n")
    sys.stdout.flush()


async def work(data: Path, keys: Path, seed: int, world: World) -> None:
    """Save, erase and rotate until killed."""
    dice = random.Random(seed)
    provider = FileKeys(keys, data_dir=data)
    async with opened(data, provider) as people:
        erasure = people.erasure()
        await erasure.heal()
        say("ready")
        while True:
            if len(world.people) < PEOPLE:
                who, world.next = world.next, world.next + 1
                say("begin", op="join", who=who)
                await people.ledger.give(who, [Purpose.SAVE], press(dice.getrandbits(60)), attested_age=16)
                say("done")
                world.people.add(who)
                continue
            op = dice.choice(["save", "save", "save", "erase", "forget", "rotate"])
            who = dice.choice(sorted(world.people))
            if op == "save":
                speakers = [who, dice.choice(sorted(world.people - {who}))]
                interaction = dice.getrandbits(60)
                say("begin", op=op, who=who, speakers=speakers)
                which = await people.save(who, *speakers, turns=5, interaction=interaction)
                say("done", which=str(which))
                world.saved[str(which)] = speakers
            elif op == "erase":
                say("begin", op=op, who=who)
                done = await erasure.account(who, at=NOW)
                say("done", rewritten=done.files_rewritten)
                world.erase(who)
            elif op == "forget" and world.saved:
                which = dice.choice(sorted(world.saved))
                say("begin", op=op, who=world.saved[which][0], which=which)
                done = await erasure.transcript(world.saved[which][0], UUID(which), at=NOW)
                say("done", rewritten=done.files_rewritten)
                del world.saved[which]
            elif op == "rotate":
                say("begin", op=op)
                await provider.advance()
                await people.keyring.rotate(batch=2)
                await people.keyring.retire(await provider.current_version() - 1)
                say("done")


def _work(data: Path, keys: Path, seed: int, world: World) -> None:
    asyncio.run(work(data, keys, seed, world))


# Whoever kills it


def killed(data: Path, keys: Path, seed: int, world: World, delay_s: float) -> list[dict[str, Any]]:
    """What a process said until it was killed, *delay_s* after it was ready."""
    forked = fork(_work, data, keys, seed, world)
    first = forked.said.readline()
    assert json.loads(first) == {"what": "ready"}
    time.sleep(delay_s)
    said = forked.kill()
    assert forked.process.exitcode == -signal.SIGKILL, "it ended by itself"
    # The last line may be cut off; then it was not said.
    return [json.loads(line) for line in said.split(b"\n")[:-1]]


def follow(world: World, said: list[dict[str, Any]], tally: Tally) -> dict[str, Any] | None:
    """Bring *world* to what was acknowledged, and return what was begun and not acknowledged."""
    begun: dict[str, Any] | None = None
    for line in said:
        if line["what"] == "begin":
            begun = line
            if line["op"] == "join":
                world.next = line["who"] + 1
            continue
        assert begun is not None
        if begun["op"] == "join":
            world.people.add(begun["who"])
        elif begun["op"] == "save":
            world.saved[line["which"]] = begun["speakers"]
            tally.saved += 1
        elif begun["op"] == "erase":
            assert line["rewritten"]
            world.erase(begun["who"])
            tally.erased += 1
        elif begun["op"] == "forget":
            assert line["rewritten"]
            del world.saved[begun["which"]]
            tally.forgotten += 1
        else:
            tally.rotated += 1
        begun = None
    return begun


async def settle(people: People, world: World, begun: dict[str, Any] | None) -> bool:
    """Whether what was begun came true; *world* then says so. Half of it is found by `check`."""
    if begun is None or begun["op"] == "rotate":
        return False
    if begun["op"] == "join":
        if await people.subjects.find(begun["who"]) is not None:
            world.people.add(begun["who"])
            return True
    elif begun["op"] == "erase":
        if await people.subjects.find(begun["who"]) is None:
            world.erase(begun["who"])
            return True
    else:
        async with people.databases.content.read() as connection:
            there = {str(each) for each in (await connection.execute(select(Transcript.id))).scalars()}
        if begun["op"] == "forget" and begun["which"] not in there:
            del world.saved[begun["which"]]
            return True
        (new,) = (there - set(world.saved)) or {None}
        if begun["op"] == "save" and new is not None:
            world.saved[new] = begun["speakers"]
            return True
    return False


async def check(people: People, world: World) -> None:
    """Everything that must be there is, whole, and nothing else."""
    async with people.databases.content.read() as connection:
        subjects = set((await connection.execute(select(Subject.id))).scalars())
        there = {str(each) for each in (await connection.execute(select(Transcript.id))).scalars()}
        speakers = set((await connection.execute(select(Turn.speaker_id))).scalars()) - {None}
    assert {await people.subjects.discord_id(subject) for subject in subjects} == world.people
    assert there == set(world.saved)
    assert speakers <= subjects
    for which, (owner, other) in world.saved.items():
        opened = await people.transcripts.view(owner, UUID(which), at=NOW)
        assert len(opened.turns) == 10
        for turn in opened.turns:
            who = (owner, other)[turn.seq % 2]
            if who in world.people:
                assert (turn.mark, turn.text) == (Mark.SAID, words_of(who))
            else:
                assert (turn.mark, turn.text) == (Mark.ERASED, "")
    assert (await people.ledger.verify()).holds


async def remnants(people: People) -> dict[int, list[bytes]]:
    """For each person, what stands in the files for them."""
    found: dict[int, list[bytes]] = {}
    async with people.databases.content.read() as connection:
        rows = (await connection.execute(select(Subject.id, Subject.idx, Subject.enc_discord_id))).all()
        bodies = (await connection.execute(select(Turn.speaker_id, Turn.enc_body))).all()
    async with people.databases.keyring.read() as connection:
        keys = (await connection.execute(select(Dek.subject_id, Dek.wrapped))).all()
    for subject, idx, sealed in rows:
        theirs = [bytes(idx), bytes(sealed)]
        theirs += [body[-40:-8] for speaker, body in bodies if speaker == subject and body is not None]
        theirs += [bytes(key) for owner, key in keys if owner == subject]
        found[await people.subjects.discord_id(subject)] = theirs
    return found


async def rounds(folder: Path, number: int, *, seed: int) -> Tally:
    """Kill *number* processes, and check after each."""
    data, keys = folder / "data", folder / "keys"
    provider = FileKeys(keys, data_dir=data)
    await provider.create()
    async with open_databases(data):
        pass
    dice = random.Random(seed)
    world, tally = World(), Tally()
    known: dict[int, list[bytes]] = {}
    for _ in range(number):
        delay_s = dice.uniform(0.0, 0.4)
        said = await asyncio.to_thread(killed, data, keys, dice.getrandbits(32), world, delay_s)
        tally.rounds += 1
        begun = follow(world, said, tally)
        async with opened(data, provider) as people:
            healed = await people.erasure().heal()
            assert healed.files_rewritten
            tally.healed += healed.erased
            if begun is not None:
                tally.cut[begun["op"]] = tally.cut.get(begun["op"], 0) + 1
                tally.came_true += await settle(people, world, begun)
            await check(people, world)
            files = await asyncio.to_thread(bytes_in, data)
            for who, theirs in known.items():
                if who not in world.people:
                    assert [remnant for remnant in theirs if remnant in files] == []
                    try:
                        page = await people.transcripts.list(who, at=NOW)
                    except NotFound:
                        continue
                    assert page.total == 0
            known = await remnants(people)
    return tally


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=20261123)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        tally = asyncio.run(rounds(Path(folder), given.rounds, seed=given.seed))
    for name, value in asdict(tally).items():
        sys.stdout.write(f"{name:<12} {value}\n")
    sys.stdout.write(
        f"took {time.perf_counter() - start:.0f} s; nothing acknowledged was lost, nothing was half gone\n"
    )


if __name__ == "__main__":
    main()
