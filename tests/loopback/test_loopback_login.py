from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import discord
import pytest

from bot.loopback.entities import ChannelKind
from bot.loopback.permissions import Overwrite, Permission
from tests.loopback.clients import Bot, logged_in

if TYPE_CHECKING:
    from bot.loopback.furnishing import PracticeGuild
    from bot.loopback.server import LoopbackDiscord


async def test_an_unmodified_discord_py_logs_in_and_knows_the_guild(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        guild = client.get_guild(place.guild.id)
        assert client.user is not None
        assert client.user.id == place.bot.id
        assert guild is not None
        assert guild.name == "Practice"
        assert guild.member_count == 4
        assert [channel.name for channel in guild.text_channels] == ["interviews"]
        assert [channel.name for channel in guild.voice_channels] == ["Interview room", "Waiting room"]
        assert guild.me.guild_permissions.connect
        assert not guild.me.guild_permissions.manage_messages


async def test_without_the_members_intent_only_those_in_voice_are_known(
    loopback: LoopbackDiscord, place: PracticeGuild
):
    loopback.world.join_voice(place.people["grace"].id, place.voice.id)
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        guild = client.get_guild(place.guild.id)
        assert guild is not None
        assert {member.name for member in guild.members} == {"SkillRally", "grace"}
        grace = guild.get_member(place.people["grace"].id)
        assert grace is not None
        assert grace.voice is not None
        assert grace.voice.channel is not None
        assert grace.voice.channel.id == place.voice.id


async def test_with_the_members_intent_everybody_is_known(loopback: LoopbackDiscord, place: PracticeGuild):
    place.bot.privileged_intents = 1 << 1
    client = Bot(loopback, intents=discord.Intents(guilds=True, members=True))

    async with logged_in(client, place.bot_user.token):
        guild = client.get_guild(place.guild.id)
        assert guild is not None
        assert {member.name for member in guild.members} == {"SkillRally", "ada", "grace", "linus"}


async def test_a_wrong_token_is_refused(loopback: LoopbackDiscord):
    client = Bot(loopback)

    with pytest.raises(discord.LoginFailure):
        await client.start("wrong")
    await client.close()


async def test_an_intent_that_the_owner_did_not_switch_on_is_refused(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback, intents=discord.Intents(guilds=True, message_content=True))

    with pytest.raises(discord.PrivilegedIntentsRequired):
        await client.start(place.bot_user.token)
    await client.close()


async def test_a_channel_that_the_bot_may_not_see_is_hidden_from_it(loopback: LoopbackDiscord, place: PracticeGuild):
    nobody = Overwrite(place.guild.id, is_member=False, deny=Permission.VIEW_CHANNEL)
    secret = loopback.world.add_channel(place.guild.id, "secret", overwrites=[nobody])
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        assert client.get_channel(secret.id) is None
        with pytest.raises(discord.Forbidden) as refusal:
            await client.fetch_channel(secret.id)
        assert refusal.value.code == 50001


async def test_a_guild_changes_before_the_clients_eyes(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        created = loopback.world.add_channel(place.guild.id, "new", ChannelKind.TEXT, topic="Hello")
        await loopback.until(lambda: client.get_channel(created.id) is not None)

        loopback.world.update_channel(created.id, topic="Bye")
        channel = client.get_channel(created.id)
        assert isinstance(channel, discord.TextChannel)
        await loopback.until(lambda: channel.topic == "Bye")

        await loopback.world.delete_channel(created.id)
        await loopback.until(lambda: client.get_channel(created.id) is None)


async def test_the_bot_renames_itself_and_hears_of_it(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        guild = client.get_guild(place.guild.id)
        assert guild is not None
        await guild.me.edit(nick="Listening")

        await loopback.until(lambda: guild.me.nick == "Listening")
        assert place.guild.members[place.bot.id].nick == "Listening"


async def test_a_broken_connection_is_resumed_with_what_was_missed(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback, enable_debug_events=True)

    async with logged_in(client, place.bot_user.token):
        loopback.gateway.cut(place.bot.id)
        missed = loopback.world.add_channel(place.guild.id, "missed")

        await loopback.until(lambda: client.get_channel(missed.id) is not None)
        await loopback.until(lambda: "RESUMED" in client.seen)
        assert loopback.gateway.resumed == 1
        assert loopback.gateway.identified == 1


async def test_a_client_asked_to_reconnect_resumes(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        loopback.gateway.ask_to_reconnect(place.bot.id)

        await loopback.until(lambda: loopback.gateway.resumed == 1)


async def test_a_client_whose_session_is_gone_identifies_anew(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        loopback.gateway.invalidate(place.bot.id)

        await loopback.until(lambda: loopback.gateway.identified == 2)
        await loopback.until(lambda: client.is_ready() and client.get_guild(place.guild.id) is not None)


async def test_nothing_is_left_when_all_is_closed(loopback: LoopbackDiscord, place: PracticeGuild):
    before = asyncio.all_tasks()
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        loopback.world.post(place.text.id, place.people["ada"].id, "Hello")

    await loopback.until(lambda: asyncio.all_tasks() <= before)
    assert not loopback.gateway.is_connected(place.bot.id)


async def test_a_bot_that_leaves_a_guild_knows_it_no_more(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        guild = client.get_guild(place.guild.id)
        assert guild is not None
        await guild.leave()

        await loopback.until(lambda: client.get_guild(place.guild.id) is None)
        assert place.bot.id not in place.guild.members
