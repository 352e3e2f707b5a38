"""Four processes on one PostgreSQL that delete, pair and work off requests, and are killed in the middle.

`python -m tests.storage.four --rounds 100` starts a server, kills one of the four again and again at random moments,
puts another in its place, and looks at what they did together:

    due            every row that was due is gone, counted once; every other is there
    requests       each ended once, as feedback or with a reason; none was sent more often than it may be
    budget         never more than the limit, at any moment
    pairs          nobody is in two offers, an offer has two people, and no pair is matched twice
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import multiprocessing
import random
import sys
import tempfile
import time
from collections import Counter
from contextlib import redirect_stdout
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from storage.jobs import ATTEMPTS, Go, Jobs, Limits
from storage.keys import EnvironmentKeys
from storage.models import AiJob, Audit, Budget, Feedback, Offer, QueueEntry, Reservation, RetentionRun
from storage.queue import Kind, Said, Wanted
from storage.retention import Retention
from tests.storage.conftest import Installation, make_databases
from tests.storage.forked import PRELOADED
from tests.storage.people import NOW, People, people_over
from tests.storage.postgres import running
from tests.storage.retaining import fill

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

    from storage.database import Databases

KEYS = f"1:{base64.b64encode(bytes(range(32))).decode()}"
PEOPLE = [80351110224678912 + number for number in range(6)]
SERVER = 290926798626357250
PROCESSES = 4
TOKENS = 1000
MOST = 12 * TOKENS
FASTER = 10
"""So many times faster time passes for requests: a lease of 30 seconds is over in 3."""

DUE, KEPT = 45, 225


@dataclass
class Seen:
    """What four processes did together.

    Attributes:
        killed: How many were killed.
        due: Rows that were due.
        left_due: Those that are still there.
        counted: Those that the runs say that they deleted.
        kept: Rows that were not due and are there.
        requests: Requests for feedback.
        finished: Those that ended as feedback.
        failed: Those that failed and say why.
        sent: How often something was sent.
        most_sent: How often for one request.
        used: What the budget has at the end, reserved and spent.
        most_used: What it had at most.
        matched: Pairs that were matched.
        looks: How often it was looked while they worked.
        wrong: What was not as it must be.
    """

    killed: int = 0
    due: int = 0
    left_due: int = 0
    counted: int = 0
    kept: int = 0
    requests: int = 0
    finished: int = 0
    failed: int = 0
    sent: int = 0
    most_sent: int = 0
    used: int = 0
    most_used: int = 0
    matched: int = 0
    looks: int = 0
    wrong: list[str] = field(default_factory=list[str])

    @property
    def faults(self) -> list[str]:
        """What does not hold."""
        holds = {
            "something due is left": self.left_due == 0,
            "something was deleted twice, or not counted": self.counted == self.due,
            "something was deleted that was not due": self.kept == KEPT,
            "a request is lost, or ended twice": self.finished + self.failed == self.requests,
            "a request was sent too often": self.most_sent <= ATTEMPTS,
            "a budget was exceeded": max(self.used, self.most_used, self.sent * TOKENS) <= MOST,
            "something that was sent is free": self.used >= self.sent * TOKENS,
        }
        return [fault for fault, is_so in holds.items() if not is_so] + sorted(set(self.wrong))


# The processes


def say(what: str, which: object) -> None:
    sys.stdout.write(json.dumps([what, str(which)]) + "\n")
    sys.stdout.flush()


class Clock:
    """The time in which all of it happens: from `NOW` on, whatever day it is."""

    def __init__(self, began_s: float) -> None:
        self._began_s = began_s

    def monotonic_s(self) -> float:
        return time.monotonic()

    def now(self) -> datetime:
        return NOW + timedelta(seconds=time.time() - self._began_s)


class Worker:
    """One of the processes."""

    def __init__(self, databases: Databases, people: People, dice: random.Random, began_s: float) -> None:
        self._people = people
        self._dice = dice
        self._began_s = began_s
        self._jobs = _jobs(people)
        self._retention = Retention(databases, clock=Clock(began_s), batch=5, lease_life=timedelta(seconds=2))
        self._names = {people.subjects.index(user_id): user_id for user_id in PEOPLE}

    def _now(self) -> datetime:
        return NOW + (time.time() - self._began_s) * FASTER * timedelta(seconds=1)

    async def work(self) -> None:
        while True:
            await self._retention.tick()
            await self._request()
            await self._pair()
            say("turn", "")

    async def _request(self) -> None:
        await self._jobs.recover(at=self._now())
        claimed = await self._jobs.claim(at=self._now())
        if claimed is None:
            return
        if await self._jobs.begin(claimed, tokens=TOKENS, at=self._now()) is not Go.SEND:
            return
        say("sent", claimed.id)
        await asyncio.sleep(self._dice.uniform(0, 0.03))  # the model thinks; another process may kill this one
        done = await self._jobs.finish(
            claimed, {"said": "well"}, used=TOKENS, model="none", schema_ver=1, at=self._now()
        )
        if done is not None:
            say("finished", claimed.id)

    async def _pair(self) -> None:
        queue, who = self._people.queue, self._dice.choice(PEOPLE)
        wanted = Wanted(SERVER, SERVER + 1, "behavioural", self._dice.choice(["junior", "senior"]))
        await queue.join(who, wanted, at=self._now())
        if self._dice.random() < 0.2:
            await queue.leave(self._dice.choice(PEOPLE), SERVER, at=self._now())
        async with self._people.databases.content.read() as connection:
            offers = (await connection.execute(select(Offer.id, Offer.one_idx, Offer.other_idx))).all()
        for offer, one, other in offers:
            for idx in (one, other):
                said, _ = await queue.answer(offer, self._names[idx], yes=self._dice.random() < 0.8, at=self._now())
                if said is Said.MATCHED:
                    say("matched", offer)


def _jobs(people: People) -> Jobs:
    limits = Limits(None, MOST)
    return Jobs(people.databases.content, people.keyring, people.secrets, people.subjects, people.ledger, limits=limits)


async def work(installation: Installation, seed: int, began_s: float) -> None:
    """Work until killed."""
    async with installation.open(busy_s=30.0) as databases:
        people = await people_over(databases, EnvironmentKeys(KEYS))
        await people.ledger.refresh()
        await Worker(databases, people, random.Random(seed), began_s).work()


# Whoever kills them


async def ask(people: People) -> int:
    """As many requests for feedback as there may be, and how many those are."""
    await people.join(*PEOPLE)
    jobs, number = _jobs(people), 0
    for owner in PEOPLE:
        for _ in range(3):
            number += 1
            transcript = await people.save(owner, owner, interaction=10_000 + number)
            await jobs.add(owner, transcript, guild_id=SERVER, tokens=TOKENS, options={}, interaction_id=number, at=NOW)
    return number


async def look(databases: Databases, seen: Seen) -> None:
    """What must be so at any moment."""
    seen.looks += 1
    async with databases.content.read() as connection:
        month = func.length(Budget.period) == 7
        used = await connection.execute(select(func.sum(Budget.reserved_tokens + Budget.spent_tokens)).where(month))
        seen.used = int(used.scalar_one() or 0)
        seen.most_used = max(seen.most_used, seen.used)
        offers = (await connection.execute(select(Offer.id, Offer.one_idx, Offer.other_idx, Offer.kind))).all()
        entries = (
            await connection.execute(select(QueueEntry.offer_id, QueueEntry.bucket_idx, QueueEntry.subject_id))
        ).all()
    if any(kind != Kind.QUEUE.value or one == other for _, one, other, kind in offers):
        seen.wrong.append("somebody was offered themselves")
    named = Counter(idx for _, one, other, _ in offers for idx in (one, other))
    if any(times > 1 for times in named.values()):
        seen.wrong.append("somebody is in two offers")
    for offer in {each for each, *_ in entries if each is not None}:
        pair = [(bucket, subject) for each, bucket, subject in entries if each == offer]
        if len(pair) != 2 or pair[0][0] != pair[1][0]:
            seen.wrong.append("an offer has not two people who look for the same")
    if len({subject for *_, subject in entries}) != len(entries):
        seen.wrong.append("somebody is in one queue twice")


async def count(databases: Databases, seen: Seen) -> bool:
    """Count what is left; whether nothing is to be done any more."""
    async with databases.content.read() as connection:

        async def number(*where: Any) -> int:
            return (await connection.execute(select(func.count()).select_from(Audit).where(*where))).scalar_one()

        seen.left_due = await number(Audit.expires_at <= NOW)
        seen.kept = await number(Audit.expires_at > NOW)
        runs = await connection.execute(select(RetentionRun.counts))
        seen.counted = sum(row.get("audit", 0) for row in runs.scalars())
        written = (await connection.execute(select(Feedback.transcript_id))).scalars().all()
        seen.finished = len(written)
        if len(set(written)) != len(written):
            seen.wrong.append("a request was written twice")
        states = (await connection.execute(select(AiJob.state, AiJob.reason))).all()
        seen.failed = sum(state == "failed" and reason is not None for state, reason in states)
        reserved = (await connection.execute(select(func.count()).select_from(Reservation))).scalar_one()
    return seen.left_due == 0 and seen.failed == len(states) and reserved == 0


def _work(installation: Installation, log: Path, seed: int, began_s: float) -> None:
    with log.open("a") as lines, redirect_stdout(lines):
        asyncio.run(work(installation, seed, began_s))


def _start(installation: Installation, log: Path, seed: int, began_s: float) -> BaseProcess:
    # Forked from a process that has imported all of this, which takes most of the time of a start.
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(PRELOADED)
    process = processes.Process(target=_work, args=(installation, log, seed, began_s), daemon=True)
    process.start()
    return process


def _lines(log: Path) -> list[list[str]]:
    return [json.loads(line) for line in log.read_bytes().split(b"\n")[:-1]]


async def attack(installation: Installation, *, rounds: int, seed: int) -> Seen:
    """Each round makes rows due, waits until the processes have done something, and kills one of them."""
    dice, seen, began_s = random.Random(seed), Seen(), time.time()
    log = installation.folder / "said"
    log.touch()
    async with installation.open(busy_s=30.0) as databases:
        people = await people_over(databases, EnvironmentKeys(KEYS))
        seen.requests = await ask(people)
        await fill(databases, due=0, kept=KEPT, seed=10**9, now=NOW)
        workers = [_start(installation, log, dice.getrandbits(30), began_s) for _ in range(PROCESSES)]
        try:
            for number in range(rounds):
                await count(databases, seen)
                if seen.left_due == 0:  # more at once would be held back, as retention does with a mistake
                    await fill(databases, due=DUE, kept=0, seed=number, now=NOW)
                    seen.due += DUE
                await _progress(databases, log, seen, lines=dice.randrange(4, 16))
                victim = workers.pop(dice.randrange(PROCESSES))
                victim.kill()
                seen.killed += 1
                workers.append(_start(installation, log, dice.getrandbits(30), began_s))
                await asyncio.to_thread(victim.join)
            async with asyncio.timeout(60):
                while not await count(databases, seen):
                    await look(databases, seen)
                    await asyncio.sleep(0.05)
        finally:
            for worker in workers:
                worker.kill()
                worker.join()
        await look(databases, seen)
        await count(databases, seen)
    said = _lines(log)
    sent = Counter(which for what, which in said if what == "sent")
    matched = Counter(which for what, which in said if what == "matched")
    seen.sent, seen.most_sent, seen.matched = sent.total(), max(sent.values(), default=0), len(matched)
    if matched.total() != len(matched):
        seen.wrong.append("a pair was matched twice")
    return seen


async def _progress(databases: Databases, log: Path, seen: Seen, *, lines: int) -> None:
    until = len(_lines(log)) + lines
    async with asyncio.timeout(60):
        while len(_lines(log)) < until:
            await look(databases, seen)
            await asyncio.sleep(0.01)


def main() -> None:
    """Do what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with running() as server, tempfile.TemporaryDirectory() as folder:
        asyncio.run(make_databases(server))
        installation = Installation(Path(folder), server.dsn("content"), server.dsn("keyring"))
        seen = asyncio.run(attack(installation, rounds=given.rounds, seed=given.seed))
    sys.stdout.write(json.dumps(asdict(seen) | {"faults": seen.faults}, indent=1) + "\n")
    sys.exit(bool(seen.faults))


if __name__ == "__main__":
    main()
