from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.rehearsal.authority import Authority
from bot.rehearsal.furnishing import PracticeGuild, practice_guild
from bot.rehearsal.server import LoopbackDiscord
from bot.rehearsal.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator


@pytest.fixture(scope="session")
def authority() -> Authority:
    return Authority()


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def place(world: World) -> PracticeGuild:
    return practice_guild(world)


@pytest.fixture
async def loopback(world: World, authority: Authority) -> AsyncGenerator[LoopbackDiscord]:
    async with LoopbackDiscord(world, authority=authority) as server:
        yield server
