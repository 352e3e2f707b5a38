"""One bot as two processes would run it: two applications on one PostgreSQL and one Discord, a shard each."""

from __future__ import annotations

import asyncio
import base64
from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from bot.app import App, open_app
from bot.following import EVERY_S
from bot.loopback.connector import loopback_connector
from bot.loopback.furnishing import PracticeGuild, practice_guild
from bot.loopback.member import SimulatedMember
from bot.loopback.server import LoopbackDiscord
from bot.loopback.voice_server import VoiceServer
from bot.loopback.world import World
from bot.rehearsal.stage import TICKED, practice_operations, until
from tests.flow.conftest import settings
from tests.storage.conftest import Installation, data_folder, postgres, postgresql
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

__all__ = ["data_folder", "postgres", "postgresql"]


def in_shard_1() -> tuple[World, PracticeGuild]:
    """A guild whose events do not go where direct messages go; ids are given by the time."""
    while True:
        world = World()
        place = practice_guild(world, people=("anna",))
        if (place.guild.id >> 22) % 2 == 1:
            return world, place


@asynccontextmanager
async def one_of_two(discord: LoopbackDiscord, token: str, where: Installation, shard: int) -> AsyncGenerator[App]:
    given = settings(
        shards=2,
        shard_ids=str(shard),
        content_dsn=SecretStr(where.content_dsn or ""),
        keyring_dsn=SecretStr(where.keyring_dsn or ""),
        keys=SecretStr(f"1:{base64.b64encode(bytes(range(32))).decode()}"),
    )
    async with (
        open_app(
            given,
            operations=practice_operations(),
            transcriber=ScriptedTranscriber(),
            connector=loopback_connector(discord),
        ) as app,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(app.run(token), name=f"shard {shard}")
        try:
            async with asyncio.timeout(30):
                await app.bot.wait_until_ready()
            yield app
        finally:
            app.stop()


@pytest.mark.timeout(120)
async def test_who_withdraws_directly_is_not_heard_any_more_by_the_process_that_serves_the_server(
    postgresql: Installation,
) -> None:
    world, place = in_shard_1()
    anna, token = place.people["anna"], place.bot_user.token
    async with AsyncExitStack() as stack:
        voice = await stack.enter_async_context(VoiceServer())
        discord = await stack.enter_async_context(LoopbackDiscord(world, voice=voice))
        apps = [await stack.enter_async_context(one_of_two(discord, token, postgresql, each)) for each in range(2)]
        ticket = world.join_voice(anna.id, place.voice.id)
        await stack.enter_async_context(SimulatedMember(ticket, ssl=discord.client_context()))
        await discord.people.use(anna.id, "interview start", place.text.id)
        (notice,) = [m for m in world.seen_by(anna.id, place.voice.id) if m.author is place.bot_user][:1]
        form = (await discord.people.press(anna.id, notice, "Join")).modal
        assert form is not None
        await discord.people.submit(anna.id, form, TICKED)
        interviews = apps[1].services.interviews
        interview = interviews.of(place.guild.id)
        assert interview is not None
        assert interview.takes_part(anna.id)
        assert apps[0].services.interviews.running == ()
        assert [len(app.bot.guilds) for app in apps] == [0, 1]

        # Direct messages are shard 0's.
        await apps[0].services.stores.ledger.refresh()
        await discord.people.use(anna.id, "consent withdraw", world.open_dm(anna.id, place.bot.id).id)
        await until(lambda: not interview.takes_part(anna.id), within_s=EVERY_S + 5)
