from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.loopback.furnishing import PracticeGuild, practice_guild
from bot.loopback.server import LoopbackDiscord
from bot.loopback.world import World

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from bot.loopback.authority import Authority


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
