"""A desk over real storage, with a real client and a model on this machine; and somebody who answered a question."""

from __future__ import annotations

import asyncio
import base64
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from bot.feedback.chat_writer import ChatWriter
from bot.feedback.desk import Desk, Done
from bot.feedback.opening import HERE, InterviewJudge
from bot.feedback.rubric import load_rubrics
from config.questions import InterviewType, load_questions
from storage.database import open_databases
from storage.jobs import Jobs, Limits
from storage.keys import EnvironmentKeys
from storage.transcripts import Spoken
from tests.storage.people import ANNA, BEN, NAMES, NOW, People, people_over

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path
    from uuid import UUID

    from bot.feedback.desk import Judge
    from bot.feedback.writer import FeedbackWriter
    from storage.transcripts import Transcript

SERVER = 99
KEYS = f"1:{base64.b64encode(bytes(range(32))).decode()}"
ANSWER = (
    "In my last team the nightly import failed for three weeks and nobody looked at it. I wrote a small probe that "
    "counted the rows after each step, found the step that lost them, and proposed to load them in smaller batches. "
    "After that the import ran for half a year without a failure, which I checked every Monday with Ben. "
    "Write to me at anna@example.org if you want the details of it."
)


class HeldClock:
    """A clock that a test sets, and real seconds for what waits."""

    def __init__(self) -> None:
        self.at = NOW

    def monotonic_s(self) -> float:
        return asyncio.get_running_loop().time()

    def now(self) -> datetime:
        return self.at

    def pass_(self, time: timedelta) -> None:
        """Let *time* pass."""
        self.at += time


class RealClock:
    """The machine's clock."""

    def monotonic_s(self) -> float:
        return asyncio.get_running_loop().time()

    def now(self) -> datetime:
        return datetime.now(UTC)


@dataclass
class World:
    """Everything around a desk.

    Attributes:
        people: Storage.
        jobs: Its jobs, with limits.
        clock: The time.
        desk: The desk, working.
        done: Who was told of what.
    """

    people: People
    jobs: Jobs
    clock: HeldClock
    desk: Desk
    done: list[Done] = field(default_factory=list[Done])
    _told: asyncio.Event = field(default_factory=asyncio.Event)

    async def tell(self, done: Done) -> None:
        self.done.append(done)
        self._told.set()

    async def told(self, count: int = 1) -> Done:
        """Wait until so many were told, and return the last."""
        while len(self.done) < count:
            self._told.clear()
            await self._told.wait()
        return self.done[-1]

    async def answered(self, user_id: int = ANNA, text: str = ANSWER, *, number: int | None = None) -> UUID:
        """A transcript of this person's, in which they answer at length and Ben asks."""
        turns = [
            Spoken(BEN, NAMES[BEN], 0.0, 3.0, "Tell me about a failure that you found.", "en", 0.9),
            Spoken(user_id, NAMES[user_id], 4.0, 34.0, text, "en", 0.9),
        ]
        if number is None:
            number = (await self.people.transcripts.list(user_id, at=NOW)).total
        return await self.people.transcripts.save(
            user_id, "Second try", turns, lambda _: True, at=NOW, interaction_id=5000 + number + user_id % 1000
        )

    async def view(self, transcript: UUID, user_id: int = ANNA) -> Transcript:
        return await self.people.transcripts.view(user_id, transcript, at=NOW)

    async def ask(self, transcript: UUID, *, user_id: int = ANNA, number: int = 1, **changes: Any) -> Any:
        given: dict[str, Any] = {"guild_id": SERVER, "kind": InterviewType.BEHAVIOURAL, "language": "en"}
        return await self.desk.request(user_id, transcript, interaction_id=9000 + number, **given | changes)

    async def spent(self) -> int:
        """What Anna used today, as the budget has it; what is reserved counts twice, so that a leak shows."""
        left = await self.jobs.left(ANNA, SERVER, at=self.clock.now())
        assert left.person is not None
        assert self.jobs.limits.person_day is not None
        return self.jobs.limits.person_day - left.person


@cache
def _judge() -> InterviewJudge:
    return InterviewJudge(load_rubrics(), load_questions())


@asynccontextmanager
async def world(
    folder: Path,
    url: str | None,
    *,
    writer: FeedbackWriter | None = None,
    judge: Judge | None = None,
    person_day: int = 1_000_000,
    timeout_s: float = 20.0,
    workers: int = 2,
) -> AsyncGenerator[World]:
    """A desk whose model is at *url*; without one there is none."""
    async with AsyncExitStack() as stack:
        databases = await stack.enter_async_context(open_databases(folder))
        people = await people_over(databases, EnvironmentKeys(KEYS))
        if await people.subjects.find(ANNA) is None:
            await people.join(ANNA, BEN)
        jobs = Jobs(
            databases.content,
            people.keyring,
            people.secrets,
            people.subjects,
            people.ledger,
            limits=Limits(person_day, None),
        )
        if writer is None and url is not None:
            writer = await stack.enter_async_context(ChatWriter(url, model="small-1", region=HERE, timeout_s=timeout_s))
        clock = HeldClock()
        desk = Desk(
            jobs=jobs,
            store=people.feedback,
            transcripts=people.transcripts,
            ledger=people.ledger,
            secrets=people.secrets,
            judge=judge or _judge(),
            writer=writer,
            clock=clock,
            workers=workers,
        )
        made = World(people, jobs, clock, desk)
        desk.tells(made.tell)
        await stack.enter_async_context(desk)
        yield made
