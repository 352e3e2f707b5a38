from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import aiohttp
import discord
import pytest

from bot.account import MARK_NEEDS, NEEDED, THREAD_NEEDED, Account, invitation, look
from bot.clock import SystemClock
from bot.errors import StartRefused
from bot.loopback.connector import LoopbackResolver, loopback_connector
from bot.loopback.entities import ChannelKind
from bot.loopback.furnishing import BOT_PERMISSIONS, PracticeGuild, practice_guild
from bot.loopback.permissions import Overwrite, Permission
from bot.loopback.server import LoopbackDiscord
from bot.loopback.world import World

if TYPE_CHECKING:
    from bot.loopback.authority import Authority

ROOT = Path(__file__).parents[1]


class Ahead(SystemClock):
    """The machine's clock, an hour ahead."""

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(hours=1)


async def looked(world: World, place: PracticeGuild, authority: Authority, clock: SystemClock | None = None) -> Account:
    async with LoopbackDiscord(world, authority=authority) as server:
        return await look(place.bot_user.token, clock=clock or SystemClock(), connector=loopback_connector(server))


def test_the_invitation_asks_for_exactly_the_scopes_and_permissions_that_the_code_uses() -> None:
    asked = parse_qs(urlsplit(invitation(123)).query)
    used = {*NEEDED, *THREAD_NEEDED}
    for path in [*(ROOT / "cogs").glob("*.py"), *(ROOT / "bot").glob("*.py")]:
        text = path.read_text(encoding="utf-8")
        # What the bot looks up about itself before it does it.
        for found in re.findall(r"\bme\.guild_permissions\.(\w+)|\bpermissions_for\([\w.]*\.me\)\.(\w+)", text):
            used |= {name for name in found if name}

    assert asked["client_id"] == ["123"]
    assert asked["scope"] == ["bot applications.commands"]
    assert set(asked) == {"client_id", "scope", "permissions"}
    assert discord.Permissions(int(asked["permissions"][0])) == discord.Permissions(**dict.fromkeys(used, True))
    assert used == {*NEEDED, *THREAD_NEEDED, *MARK_NEEDS}


async def test_an_account_says_its_application_its_servers_and_the_time(authority: Authority) -> None:
    world = World()
    place = practice_guild(world)

    account = await looked(world, place, authority)

    assert account.application_id == place.bot.id
    assert [(server.missing, server.channels, server.fit) for server in account.servers] == [((), 3, 3)]
    assert account.privileged == ()
    assert account.clock_ahead_s is not None
    assert abs(account.clock_ahead_s) < 5


async def test_a_clock_that_is_wrong_is_seen(authority: Authority) -> None:
    world = World()

    account = await looked(world, practice_guild(world), authority, Ahead())

    assert account.clock_ahead_s is not None
    assert abs(account.clock_ahead_s - 3600) < 5


async def test_privileged_intents_are_named(authority: Authority) -> None:
    world = World()

    account = await looked(world, practice_guild(world, privileged_intents=(1 << 1) | (1 << 15)), authority)

    assert account.privileged == ("server members", "message content")


async def test_permissions_that_a_servers_roles_do_not_give_are_named(authority: Authority) -> None:
    world = World()
    place = practice_guild(world, bot_permissions=BOT_PERMISSIONS & ~Permission.SET_VOICE_CHANNEL_STATUS)

    account = await looked(world, place, authority)

    assert account.servers[0].missing == ("set_voice_channel_status",)


async def test_channels_that_deny_what_the_server_gives_are_counted(authority: Authority) -> None:
    world = World()
    place = practice_guild(world)
    deny = Overwrite(place.bot_role.id, is_member=False, deny=Permission.CONNECT)
    world.add_channel(place.guild.id, "closed", ChannelKind.VOICE, overwrites=[deny])

    account = await looked(world, place, authority)

    assert account.servers[0].missing == ()
    assert (account.servers[0].channels, account.servers[0].fit) == (4, 3)


async def test_a_token_that_discord_does_not_know_is_refused_and_not_quoted(authority: Authority) -> None:
    async with LoopbackDiscord(World(), authority=authority) as server:
        with pytest.raises(StartRefused, match="Reset Token") as refused:
            await look("not.a.token", clock=SystemClock(), connector=loopback_connector(server))

    assert "not.a.token" not in str(refused.value)


async def test_a_discord_that_is_out_of_reach_is_said(unused_tcp_port: int) -> None:
    connector = aiohttp.TCPConnector(resolver=LoopbackResolver(unused_tcp_port))

    with pytest.raises(StartRefused, match="cannot be reached"):
        await look("a.b.c", clock=SystemClock(), connector=connector)


async def test_the_bots_name_is_in_no_repr(authority: Authority) -> None:
    world = World()
    place = practice_guild(world)

    account = await looked(world, place, authority)

    assert account.name == place.bot_user.name
    assert account.name not in repr(account)
