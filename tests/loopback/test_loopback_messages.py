from __future__ import annotations

import asyncio
import datetime as dt
from typing import TYPE_CHECKING, Any

import discord
import pytest
from discord.http import Route

from bot.loopback.furnishing import PracticeGuild, practice_guild
from bot.loopback.limits import Limits, RateLimiter
from bot.loopback.permissions import Overwrite, Permission
from bot.loopback.server import LoopbackDiscord
from bot.loopback.world import World
from tests.loopback.clients import Bot, logged_in

if TYPE_CHECKING:
    from bot.loopback.authority import Authority


def text_channel(client: discord.Client, place: PracticeGuild) -> discord.TextChannel:
    channel = client.get_channel(place.text.id)
    assert isinstance(channel, discord.TextChannel)
    return channel


async def test_a_message_is_written_edited_and_deleted_and_its_past_can_be_read(
    loopback: LoopbackDiscord, place: PracticeGuild
):
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        sent = await text_channel(client, place).send("One", embed=discord.Embed(title="Score", description="4 of 5"))
        await sent.edit(content="Two")
        await sent.delete()

        message = loopback.world.messages[sent.id]
        assert [body.content for body in message.before] == ["One"]
        assert message.text == "Two\nScore\n4 of 5"
        assert message.deleted_at is not None
        assert loopback.world.seen_by(place.people["ada"].id, place.text.id) == []


async def test_the_bot_reads_a_person_only_where_it_is_mentioned(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback)
    heard: list[str] = []

    async def on_message(message: discord.Message) -> None:
        heard.append(message.content)

    client.event(on_message)
    async with logged_in(client, place.bot_user.token):
        loopback.world.post(place.text.id, place.people["ada"].id, "A secret")
        loopback.world.post(place.text.id, place.people["ada"].id, f"Hello <@{place.bot.id}>")
        await loopback.until(lambda: len(heard) == 2)

        assert heard == ["", f"Hello <@{place.bot.id}>"]
        history = [message.content async for message in text_channel(client, place).history()]
        assert history == [f"Hello <@{place.bot.id}>", ""]


async def test_several_messages_are_deleted_at_once_by_a_moderator_only(
    loopback: LoopbackDiscord, place: PracticeGuild
):
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        channel = text_channel(client, place)
        messages = [loopback.world.post(place.text.id, place.people["ada"].id, str(number)) for number in range(3)]
        objects = [discord.Object(message.id) for message in messages]
        with pytest.raises(discord.Forbidden) as refusal:
            await channel.delete_messages(objects)
        assert refusal.value.code == 50013

        permissions = place.bot_role.permissions | Permission.MANAGE_MESSAGES
        loopback.world.set_role_permissions(place.guild.id, place.bot_role.id, permissions)
        await channel.delete_messages(objects)
        assert all(message.deleted_at for message in messages)


async def test_where_the_bot_may_not_write_it_is_told_so(loopback: LoopbackDiscord, place: PracticeGuild):
    loopback.world.set_overwrite(place.text.id, Overwrite(place.bot.id, is_member=True, deny=Permission.SEND_MESSAGES))
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        with pytest.raises(discord.Forbidden) as refusal:
            await text_channel(client, place).send("Hello")

        assert refusal.value.code == 50013


async def test_what_is_not_there_is_unknown(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        with pytest.raises(discord.NotFound) as no_channel:
            await client.fetch_channel(1)
        with pytest.raises(discord.NotFound) as no_message:
            await text_channel(client, place).fetch_message(1)

        assert (no_channel.value.code, no_message.value.code) == (10003, 10008)


LONG_ID = {"type": 2, "style": 1, "label": "x", "custom_id": "x" * 101}


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"content": "x" * 2001}, "content"),
    ({"embeds": [{"title": "x" * 257}]}, "embeds.0.title"),
    ({"components": [{"type": 1, "components": []}]}, "components.0.components"),
    (
        {"components": [{"type": 1, "components": [{"type": 2, "style": 1, "label": "x", "custom_id": "x" * 101}]}]},
        "components.0.components.0.custom_id",
    ),
    ({"flags": 1 << 15, "components": [{"type": 10, "content": "x" * 4001}]}, "components.0.content"),
    ({"flags": 1 << 15, "components": [{"type": 10, "content": "x"}] * 41}, "components"),
    ({"flags": 1 << 15, "content": "both", "components": [{"type": 10, "content": "x"}]}, "content"),
]


@pytest.mark.parametrize(("fields", "says"), REFUSED)
async def test_a_message_that_discord_would_refuse_is_refused(
    loopback: LoopbackDiscord, place: PracticeGuild, fields: dict[str, Any], says: str
):
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        route = Route("POST", "/channels/{channel_id}/messages", channel_id=place.text.id)
        with pytest.raises(discord.HTTPException) as refusal:
            await client.http.request(route, json=fields)

        assert refusal.value.status == 400
        assert refusal.value.code == 50035
        assert f"In {says}:" in refusal.value.text


async def test_an_empty_message_is_refused(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        with pytest.raises(discord.HTTPException) as refusal:
            await text_channel(client, place).send("")

        assert refusal.value.code == 50006


async def test_edits_are_paced_by_what_the_headers_announce(world: World, place: PracticeGuild, authority: Authority):
    limits = Limits(edits=(3, 0.3))
    async with LoopbackDiscord(world, authority=authority, limits=limits) as loopback:
        client = Bot(loopback)

        async with logged_in(client, place.bot_user.token):
            sent = await text_channel(client, place).send("0")
            for number in range(1, 8):
                await sent.edit(content=str(number))

            assert loopback.limiter.refused == 0
            assert loopback.world.messages[sent.id].content == "7"


def test_new_messages_and_edits_are_counted_apart_although_headers_call_them_the_same() -> None:
    limiter = RateLimiter(Limits(), clock=lambda: 1_800_000_000.0)

    posts = [limiter.take(1, "posts", "channel") for _ in range(6)]
    edits = [limiter.take(1, "edits", "channel") for _ in range(6)]
    deletes = limiter.take(1, "rest", "channel")

    assert [after_s is None for _, after_s in posts] == [True] * 5 + [False]
    assert [after_s is None for _, after_s in edits] == [True] * 5 + [False]
    assert posts[0][0]["X-RateLimit-Bucket"] == edits[0][0]["X-RateLimit-Bucket"]
    assert posts[0][0]["X-RateLimit-Bucket"] != deletes[0]["X-RateLimit-Bucket"]


async def test_a_limit_that_no_header_announced_is_obeyed(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        sent = await text_channel(client, place).send("One")
        loopback.limiter.refuse_next("edits", retry_after_s=0.05, times=2)
        await sent.edit(content="Two")

        assert loopback.limiter.refused == 2
        assert loopback.world.messages[sent.id].content == "Two"


async def test_a_message_older_than_an_hour_is_not_edited_again_and_again(authority: Authority):
    now = [1_800_000_000.0]
    world = World(clock=lambda: now[0])
    place = practice_guild(world)
    limits = Limits(edits=(100, 1.0), old_edits=(2, 0.05))
    async with LoopbackDiscord(world, authority=authority, limits=limits) as loopback:
        client = Bot(loopback)

        async with logged_in(client, place.bot_user.token):
            sent = await text_channel(client, place).send("0")
            now[0] += 3601
            await sent.edit(content="1")
            await sent.edit(content="2")
            with pytest.raises(discord.HTTPException) as refusal:
                await sent.edit(content="3")

            assert (refusal.value.status, refusal.value.code) == (429, 30046)


async def test_a_thread_is_started_written_to_and_archived(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback)
    ada, grace = place.people["ada"].id, place.people["grace"].id

    async with logged_in(client, place.bot_user.token):
        channel = text_channel(client, place)
        thread = await channel.create_thread(name="Transcript", type=discord.ChannelType.private_thread)
        await thread.add_user(discord.Object(ada))
        await thread.send("For you alone")

        assert [message.content for message in loopback.world.seen_by(ada, thread.id)] == ["For you alone"]
        assert loopback.world.seen_by(grace, thread.id) == []

        await thread.edit(archived=True)
        state = loopback.world.channels[thread.id].thread
        assert state is not None
        assert state.archived


async def test_a_thread_hangs_below_its_message(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        sent = await text_channel(client, place).send("Interview")
        thread = await sent.create_thread(name="Captions")
        await thread.send("Hello")

        assert thread.id == sent.id
        assert loopback.world.messages[sent.id].thread_id == thread.id
        with pytest.raises(discord.HTTPException) as refusal:
            await sent.create_thread(name="Again")
        assert refusal.value.code == 160004


async def test_who_takes_no_direct_messages_gets_none(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        ada = await client.fetch_user(place.people["ada"].id)
        await ada.send("Hello")
        place.people["ada"].accepts_dms = False
        with pytest.raises(discord.Forbidden) as refusal:
            await ada.send("Hello?")

        assert refusal.value.code == 50007


async def test_history_comes_in_pages(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback)
    for number in range(105):
        loopback.world.post(place.text.id, place.bot.id, str(number))

    async with logged_in(client, place.bot_user.token):
        channel = text_channel(client, place)
        newest = [message.content async for message in channel.history(limit=None)]
        oldest = [message.content async for message in channel.history(limit=3, oldest_first=True)]

        assert newest == [str(number) for number in reversed(range(105))]
        assert oldest == ["0", "1", "2"]


async def test_times_are_those_of_the_worlds_clock(authority: Authority):
    world = World(clock=lambda: 1_800_000_000.0)
    place = practice_guild(world)

    async with LoopbackDiscord(world, authority=authority, limits=Limits(on=False)) as loopback:
        client = Bot(loopback)

        async with logged_in(client, place.bot_user.token):
            sent = await asyncio.gather(*(text_channel(client, place).send(str(number)) for number in range(7)))

            assert len({message.id for message in sent}) == 7
            assert sent[0].created_at == dt.datetime.fromtimestamp(1_800_000_000, dt.UTC)


async def test_a_path_that_holds_no_id_is_a_mistake_of_the_caller(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        with pytest.raises(discord.HTTPException) as refusal:
            await client.http.request(Route("GET", "/channels/{channel_id}", channel_id="general"))

        assert (refusal.value.status, refusal.value.code) == (400, 50035)
