"""Processes that work off requests for feedback, and are killed in the middle: `python -m tests.feedback.killing`.

Each round starts a desk in a process of its own, on the same installation and with the same model, which is in this
process and counts. It is killed at a random moment; the next one comes a minute later, by its clock. At the end:

    no request is lost      each ended as one piece of feedback, or failed and says so
    nothing is free         the budget has at least what the model was asked for
    nothing is paid twice   no request cost more than its attempts, and none is tried more often than it may be
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import tempfile
from collections import Counter
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from bot.feedback.desk import PASSES
from bot.rehearsal.loopback_model import INPUT_TOKENS, OUTPUT_TOKENS, Asked, LoopbackModel, answering, fair_judge
from storage.jobs import ATTEMPTS
from storage.models import AiJob, Budget, Feedback
from tests.feedback.desks import ANSWER, world
from tests.storage.people import ANNA, NOW

if TYPE_CHECKING:
    from aiohttp import web

ROOT = Path(__file__).parents[2]
AT_ONCE = 4
THINKS_S = 0.05


@dataclass
class Tally:
    """What was seen.

    Attributes:
        killed: Processes that were.
        requests: What was asked for.
        finished: How many ended as feedback.
        failed: How many failed and say so.
        calls: What the model was asked.
        used: What it counted, in tokens.
        accounted: What the budget has.
        reserved: What is still reserved.
        most_calls: About one request.
    """

    killed: int = 0
    requests: int = 0
    finished: int = 0
    failed: int = 0
    calls: int = 0
    used: int = 0
    accounted: int = 0
    reserved: int = 0
    most_calls: int = 0

    @property
    def faults(self) -> list[str]:
        """What does not hold."""
        kept = {
            "a request is lost": self.finished + self.failed == self.requests,
            "something was free": self.accounted >= self.used,
            "something stays reserved": self.reserved == 0,
            "a request was tried too often": self.most_calls <= ATTEMPTS * PASSES,
        }
        return [fault for fault, holds in kept.items() if not holds]


async def work(folder: Path, url: str, minutes: int) -> None:
    """Work until killed, or until nothing is left."""
    async with world(folder, url) as at:
        at.clock.at = NOW + timedelta(minutes=minutes)
        sys.stdout.write("works\n")
        sys.stdout.flush()
        while any(each.reason is None or each.state != "failed" for each in await at.desk.status(ANNA)):
            at.desk._wake.set()
            await asyncio.sleep(0.05)


async def _spawn(folder: Path, url: str, minutes: int) -> asyncio.subprocess.Process:
    command = [sys.executable, "-m", "tests.feedback.killing", "--work", str(folder), url, str(minutes)]
    return await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)


async def rounds(count: int, *, seed: int) -> Tally:
    """Ask for feedback, kill so many processes over it, and say what was seen."""
    rng = random.Random(seed)
    tally = Tally()
    by_request: Counter[str] = Counter()

    async def slow(asked: Asked, request: web.Request) -> web.StreamResponse:
        by_request[asked.content.split("request number ")[1].split()[0]] += 1
        await asyncio.sleep(THINKS_S)
        return await answering(fair_judge)(asked, request)

    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        async with LoopbackModel() as model:
            model.script(*[slow] * 10_000)
            for minutes in range(count + 1):  # the last one finishes what the others left
                await _ask(folder, tally, minutes)
                child = await _spawn(folder, model.url, minutes)
                assert child.stdout is not None
                await child.stdout.readline()
                if minutes < count:
                    await asyncio.sleep(rng.uniform(0.0, 12 * THINKS_S))
                    if child.returncode is None:
                        child.kill()
                        tally.killed += 1
                await child.wait()
            tally.calls = len(model.asked)
        await _count(folder, tally)
    tally.used = tally.calls * (INPUT_TOKENS + OUTPUT_TOKENS)
    tally.most_calls = max(by_request.values(), default=0)
    return tally


async def _ask(folder: Path, tally: Tally, minutes: int) -> None:
    """As many requests as one person may have under way."""
    async with world(folder, None, person_day=10**9) as at:
        at.clock.at = NOW + timedelta(minutes=minutes)
        under_way = sum(each.state != "failed" for each in await at.desk.status(ANNA))
        for _ in range(AT_ONCE - under_way):
            number = tally.requests + 1
            transcript = await at.answered(text=f"{ANSWER} This was request number {number} of mine.", number=number)
            await at.jobs.add(
                ANNA,
                transcript,
                guild_id=None,
                tokens=0,
                options={"kind": "behavioural", "language": "en"},
                interaction_id=100_000 + number,
                at=at.clock.now(),
            )
            tally.requests += 1


async def _count(folder: Path, tally: Tally) -> None:
    async with world(folder, None) as at, at.people.databases.content.read() as connection:
        tally.finished = (
            await connection.execute(select(func.count(func.distinct(Feedback.transcript_id))))
        ).scalar_one()
        written = (await connection.execute(select(func.count()).select_from(Feedback))).scalar_one()
        assert written == tally.finished, "one request was written twice"
        failed = await connection.execute(select(func.count()).select_from(AiJob).where(AiJob.state == "failed"))
        tally.failed = failed.scalar_one()
        budget = await connection.execute(
            select(func.sum(Budget.spent_tokens), func.sum(Budget.reserved_tokens)).where(
                func.length(Budget.period) > 7
            )
        )
        spent, reserved = budget.one()
        tally.accounted, tally.reserved = spent or 0, reserved or 0


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--work", nargs=3)
    given = parser.parse_args()
    if given.work:
        asyncio.run(work(Path(given.work[0]), given.work[1], int(given.work[2])))
    else:
        seen = asyncio.run(rounds(given.rounds, seed=given.seed))
        sys.stdout.write(json.dumps(asdict(seen) | {"faults": seen.faults}, indent=1) + "\n")
        sys.exit(bool(seen.faults))
