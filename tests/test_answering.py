"""Who is answered when the bot ends, and that nobody is answered afterwards."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from bot.answering import ANSWERS_S, Answering
from bot.ending import Ending
from bot.loopback.callbacks import DidNotRespond
from bot.rehearsal.stage import Stage, until
from storage.database import BUSY_S
from tests.flow.conftest import settings
from tests.stt.sounds import ScriptedTranscriber
from tests.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.loopback.authority import Authority
from bot.loopback.callbacks import Reply

ANNA = "anna"


@in_virtual_time
async def test_an_answer_is_waited_for_as_long_as_it_may_take_and_then_cut_short() -> None:
    loop, answering, done = asyncio.get_running_loop(), Answering(), list[str]()

    async def answer(name: str, seconds: float) -> None:
        try:
            await asyncio.sleep(seconds)
            done.append(name)
        finally:
            await asyncio.sleep(1)  # what must be put away takes a moment
            done.append(f"{name} put away")

    began = loop.time()
    async with asyncio.TaskGroup() as tasks:
        for name, seconds in (("quick", 2.0), ("slow", 1_000.0)):
            answering.own(tasks.create_task(answer(name, seconds)))
        await Ending().unless_hurried(answering.rest(), within_s=ANSWERS_S)
        rested = loop.time() - began
        await answering.end()

        assert done == ["quick", "quick put away", "slow put away"]
        assert rested == ANSWERS_S
        assert loop.time() - began == ANSWERS_S + 1
        assert len(answering) == 0


@in_virtual_time
async def test_whoever_ends_from_an_answer_does_not_wait_for_it() -> None:
    loop, answering = asyncio.get_running_loop(), Answering()

    async def ends() -> float:
        answering.own_this()
        began = loop.time()
        await answering.rest()
        await answering.end()
        return loop.time() - began

    async with asyncio.TaskGroup() as tasks:
        ending = tasks.create_task(ends())

    assert ending.result() == 0


def test_an_answer_may_take_longer_than_a_busy_database_is_waited_for() -> None:
    assert ANSWERS_S > BUSY_S


@pytest.fixture
async def stage(authority: Authority) -> AsyncIterator[Stage]:
    async with Stage(settings(), people=(ANNA,), transcriber=ScriptedTranscriber(), authority=authority) as opened:
        yield opened


async def german(stage: Stage) -> Reply:
    """Anna wants to be answered in German, which is written down before she is told."""
    people, anna = stage.discord.people, stage.user(ANNA).id
    return await people.use(anna, "settings", stage.place.text.id, options={"language": "de"})


async def locked(stage: Stage) -> sqlite3.Connection:
    """A connection to the bot's database that writes, so that nobody else can."""

    def begin() -> sqlite3.Connection:
        lock = sqlite3.connect(stage.folder / "data" / "content.db", isolation_level=None, check_same_thread=False)
        lock.execute("BEGIN IMMEDIATE")
        return lock

    return await asyncio.to_thread(begin)


async def asking() -> None:
    """Wait until a command runs."""
    await until(lambda: any(task.get_name() == "CommandTree-invoker" for task in asyncio.all_tasks()), within_s=5)


async def test_who_is_being_answered_when_the_bot_ends_is_answered_first(stage: Stage) -> None:
    bot = stage.app.bot
    async with asyncio.TaskGroup() as tasks:
        with closing(await locked(stage)) as lock:
            asked = tasks.create_task(german(stage))
            await asking()
            stage.app.stop()
            await asyncio.sleep(0.2)
            waits = not bot.is_closed()
            lock.execute("ROLLBACK")
        await until(bot.is_closed, within_s=5)

    assert waits
    assert "Deutsch" in asked.result().text


async def test_told_twice_it_waits_for_no_answer_and_none_goes_on_afterwards(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.WARNING)
    bot = stage.app.bot

    async def told_nothing() -> None:
        with pytest.raises(DidNotRespond):
            await german(stage)

    async with asyncio.TaskGroup() as tasks:
        with closing(await locked(stage)):
            tasks.create_task(told_nothing())
            await asking()
            stage.app.drain()
            await asyncio.sleep(0.2)
            waits = not bot.is_closed()
            stage.app.drain()
            await until(bot.is_closed, within_s=ANSWERS_S / 2)
            await until(lambda: not len(bot.answering), within_s=5)

    assert waits
    said: list[Any] = [record.message for record in caplog.records if record.levelno >= logging.WARNING]
    assert said == ["answers were cut short"]
