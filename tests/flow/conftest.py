"""Whole stories: the bot as it runs, on a Discord of its own, with people who speak."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any

import numpy as np
import pytest

from bot.rehearsal.stage import Stage
from config.settings import Settings
from tests.stt.sounds import ScriptedTranscriber

_KEPT = TemporaryDirectory(prefix="skillrally-tests-")


def settings(**changes: Any) -> Settings:
    """Settings of which nothing comes from this machine's environment, and which keep things where nobody else does."""
    folder = mkdtemp(dir=_KEPT.name)
    kept = {"data_dir": f"{folder}/data", "keys_dir": f"{folder}/keys"}
    return Settings(_env_file=None, discord_token=None, guild_id=None, **(kept | changes))  # pyright: ignore[reportCallIssue] - pydantic-settings' own


def hum(seconds: float, pitch_hz: float = 140.0) -> np.ndarray[Any, np.dtype[np.int16]]:
    """Something to send when only the packets matter: int16 mono at 48 kHz."""
    t = np.arange(round(seconds * 48_000)) / 48_000
    return (6_000 * np.sin(2 * np.pi * pitch_hz * t) * (1 + 0.5 * np.sin(2 * np.pi * 4 * t))).astype(np.int16)


class Frames:
    """When frames of a person were heard, on the session clock."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage

    def count(self, name: str) -> int:
        member = self._stage.running().receiver.members.get(self._stage.user(name).id)
        return member.decrypted if member else 0

    async def more(self, name: str, *, within_s: float, frames: int = 10) -> float:
        """Wait for more frames than there are now; how long that took."""
        began, before = asyncio.get_running_loop().time(), self.count(name)
        async with asyncio.timeout(within_s):
            while self.count(name) < before + frames:  # noqa: ASYNC110 - a counter has no event
                await asyncio.sleep(0.02)
        return asyncio.get_running_loop().time() - began


OpenStage = Callable[..., AbstractAsyncContextManager[Stage]]


@pytest.fixture
def talking() -> OpenStage:
    """A stage on which `anna` is heard and goes on humming for as long as the test lasts."""

    @asynccontextmanager
    async def opened(**options: Any) -> AsyncGenerator[Stage]:
        people = options.pop("people", ("oleg", "anna"))
        async with Stage(settings(), people=people, transcriber=ScriptedTranscriber(), **options) as stage:
            for name in people:
                await stage.arrive(name)
            await stage.start("oleg")
            await stage.join("anna")
            async with asyncio.TaskGroup() as tasks:
                hums = tasks.create_task(hum_on(stage, "anna"), name="anna hums")
                await Frames(stage).more("anna", within_s=8)
                try:
                    yield stage
                finally:
                    hums.cancel()

    return opened


async def hum_on(stage: Stage, name: str) -> None:
    """Hum without end, whatever becomes of the call."""
    sound = hum(2.0)
    while True:
        try:
            await stage.members[name].say(sound)
        except (TimeoutError, ConnectionError, KeyError):  # between two channels
            await asyncio.sleep(0.1)
