"""A bot that is put out of a server: while it was off, or while people practise there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from bot.client import look_around
from bot.interview.drafts import Draft
from bot.rehearsal.stage import until
from storage.guilds import DEFAULTS
from storage.models import Server
from storage.trail import Used
from tests.cogs.conftest import ANNA, HOST, Practice

if TYPE_CHECKING:
    from uuid import UUID

GONE = 1577020017579399999


async def servers(stage: Practice) -> dict[UUID, bool]:
    """The servers that the bot is known to be in, and whether each is missing."""
    async with stage.app.services.stores.databases.content.read() as connection:
        return {row.id: row.missing_at is not None for row in await connection.execute(select(Server.__table__))}


async def was_in(stage: Practice) -> None:
    """The bot was in another server as well, which decided something, and of which it heard nothing since."""
    stores, at = stage.app.services.stores, stage.app.services.clock.now()
    await until(lambda: stage.app.bot.listening, within_s=10)
    await stores.whereabouts.look([stage.place.guild.id, GONE], ours=lambda _: True, at=at)
    await stores.guilds.change(GONE, notice="Be kind.")
    await stores.questions.add(stage.user(ANNA).id, GONE, [{"text": "Why?"}], at=at)


async def a_day_passes(stage: Practice) -> None:
    async with stage.app.services.stores.databases.content.write() as connection:
        long_ago = stage.app.services.clock.now() - timedelta(days=1, minutes=1)
        await connection.execute(update(Server).where(Server.missing_at.is_not(None)).values(missing_at=long_ago))


async def kept(stage: Practice) -> bool:
    stores = stage.app.services.stores
    return await stores.guilds.of(GONE) != DEFAULTS and len(await stores.questions.of(GONE)) == 1


async def test_what_is_kept_of_a_server_that_it_was_put_out_of_goes_after_a_day(stage: Practice) -> None:
    await was_in(stage)
    await stage.app.services.stores.guilds.change(stage.place.guild.id, notice="Stay.")

    await look_around(stage.app.bot)
    assert sorted((await servers(stage)).values()) == [False, True]
    assert await kept(stage)
    await a_day_passes(stage)
    await look_around(stage.app.bot)

    assert not await kept(stage)
    assert list((await servers(stage)).values()) == [False]
    assert (await stage.app.services.stores.guilds.of(stage.place.guild.id)).notice == "Stay."


@pytest.mark.parametrize("unsure", ["not connected", "a server cannot be reached"])
async def test_while_it_is_not_known_for_sure_where_the_bot_is_nothing_is_concluded(
    stage: Practice, monkeypatch: pytest.MonkeyPatch, unsure: str
) -> None:
    await was_in(stage)
    await look_around(stage.app.bot)
    await a_day_passes(stage)
    with monkeypatch.context() as patch:
        if unsure == "not connected":
            patch.setattr(stage.app.bot, "listening", False)
        else:
            (guild,) = stage.app.bot.guilds
            patch.setattr(guild, "unavailable", True)
        await look_around(stage.app.bot)

    assert await kept(stage)
    await look_around(stage.app.bot)
    assert not await kept(stage)


async def test_an_interview_that_ends_once_the_bot_was_put_out_is_not_counted(stage: Practice) -> None:
    services, guild_id, host = stage.app.services, stage.place.guild.id, stage.user(HOST).id
    at = services.clock.now()
    await services.stores.subjects.find_or_create(host, today=at.date())
    over = Draft("over", guild_id, begun_by=host, attended={host: 60.0}, lasted_s=60.0)

    await services.servers.left(guild_id)
    await services.servers.practised(over)
    assert await services.stores.trail.used(guild_id, host, at=at) == Used()

    services.servers.returned(guild_id)
    await services.servers.practised(over)
    assert await services.stores.trail.used(guild_id, host, at=at) == Used(60, 1, 60, 1)
