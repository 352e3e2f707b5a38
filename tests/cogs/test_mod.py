from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import aiohttp
import discord
import pytest

from bot.loopback.permissions import NONE
from bot.rehearsal.stage import TICKED, Stage, until
from cogs.locales import moment, words_in
from storage.blocks import Why
from tests.cogs.conftest import ANNA, HOST, OWNER, PETER, Practice, Watch
from tests.flow.conftest import settings
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from bot.loopback.authority import Authority
    from bot.loopback.entities import Channel

EN = words_in("en")


@pytest.fixture
async def stage(authority: Authority) -> AsyncIterator[Practice]:
    """As everywhere, where the bot also writes into a log channel."""
    async with ruled(authority) as opened:
        yield opened


@asynccontextmanager
async def ruled(authority: Authority) -> AsyncGenerator[Practice]:
    """Oleg and Anna are in the voice channel; what is written keeps to what Discord takes."""
    opened = Practice(
        settings(), people=(OWNER, HOST, ANNA, PETER), transcriber=ScriptedTranscriber(), authority=authority
    )
    watch = Watch(opened.bot_id)
    opened.world.subscribe(watch)
    async with opened:
        for name in (HOST, ANNA):
            await opened.arrive(name)
        yield opened
    assert watch.faults == []


CANARY = "I would ask Oksana from the third floor"


async def use(stage: Practice, name: str, command: str, **options: object) -> str:
    """Use a command, and read the answer, which nobody else sees."""
    reply = await stage.discord.people.use(stage.user(name).id, command, stage.place.text.id, options=options)
    assert reply.ephemeral, command
    return reply.text


def open_to_all(stage: Stage, group: str) -> None:
    """Have the server show a group of commands to everybody, as who manages it may."""
    for command in stage.world.applications[stage.bot_id].commands.values():
        if command["name"] == group:
            command["default_member_permissions"] = None


async def logged_to(stage: Practice) -> Channel:
    """A channel for what moderators did."""
    channel = stage.world.add_channel(stage.place.guild.id, "log")
    await until(lambda: stage.app.bot.get_channel(channel.id) is not None, within_s=5)
    await stage.app.services.stores.guilds.change(stage.place.guild.id, log_channel=channel.id)
    return channel


async def done(stage: Practice) -> list[str]:
    """What the audit says, the newest first."""
    services = stage.app.services
    at = services.clock.now()
    events = await services.stores.trail.events(
        stage.place.guild.id, since=at - timedelta(days=1), at=at, asks=stage.user(OWNER).id
    )
    return [each.name for each in events]


async def talking(stage: Practice) -> None:
    await stage.start(HOST)
    for name in (HOST, ANNA):
        await stage.join(name)
    stage.say(ANNA, CANARY)


def blocked_until(stage: Practice, days: int) -> str:
    return moment(stage.app.services.clock.now() + timedelta(days=days))[:8]


async def test_a_log_channel_that_cannot_be_reached_does_not_fail_what_is_logged(
    stage: Practice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await logged_to(stage)
    await talking(stage)

    async def lost(*_: object, **__: object) -> None:
        raise aiohttp.ServerDisconnectedError

    monkeypatch.setattr(discord.TextChannel, "send", lost)

    assert await use(stage, OWNER, "mod stop") == EN("mod-stopped")
    assert await done(stage) == ["stop"]
    await until(lambda: "a log channel could not be written to" in caplog.messages, within_s=5)
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


async def test_stopping_destroys_what_nobody_saved_and_is_logged_without_a_word(stage: Practice) -> None:
    channel = await logged_to(stage)
    await talking(stage)

    assert await use(stage, OWNER, "mod stop") == EN("mod-stopped")
    await stage.over()

    assert len(stage.app.services.interviews.drafts) == 0
    assert await use(stage, ANNA, "interview draft") == EN("interview-no-draft")
    await until(lambda: bool(stage.world.seen_by(stage.user(OWNER).id, channel.id)), within_s=5)
    (line,) = stage.world.seen_by(stage.user(OWNER).id, channel.id)
    assert line.text == EN("mod-log", who=f"<@{stage.user(OWNER).id}>", what=EN("mod-event-stop"))
    assert not line.mention_ids
    assert await done(stage) == ["stop"]
    assert await use(stage, OWNER, "mod stop") == EN("mod-none-running")


async def test_moderators_see_who_agreed_and_how_much_and_never_words(stage: Practice) -> None:
    await talking(stage)

    roster = await use(stage, OWNER, "mod roster")
    sessions = await use(stage, OWNER, "mod sessions")
    await use(stage, OWNER, "mod cooldown", channel=stage.place.other_voice.id, minutes=5)
    audit = await use(stage, OWNER, "mod audit")

    assert "Anna" in roster
    assert "<t:" in roster
    assert "2 people take part" in sessions
    assert EN("mod-session-usage", count=0, minutes=0) in sessions
    assert EN("mod-event-cooldown") in audit
    assert ", by you" in audit
    for told in (roster, sessions, audit):
        assert "Oksana" not in told


async def test_who_is_blocked_is_out_can_neither_join_nor_start_and_keeps_every_right(stage: Practice) -> None:
    await talking(stage)
    anna = stage.user(ANNA)

    told = await use(stage, OWNER, "mod block", member=anna.id, reason="conduct", days=3)

    assert EN("mod-blocked-out", member=f"<@{anna.id}>") in told
    assert not stage.running().takes_part(anna.id)
    refused = await use(stage, ANNA, "interview join")
    assert EN("mod-reason-conduct") in refused
    assert blocked_until(stage, 3) in refused
    assert EN("mod-reason-conduct") in (await stage.press(ANNA, "Join")).text
    assert EN("mod-reason-conduct") in await use(stage, ANNA, "queue join", type="case", level="junior")
    assert not stage.running().takes_part(anna.id)
    assert "☑" in await use(stage, ANNA, "consent status")
    assert "1" in await use(stage, ANNA, "privacy data")
    assert f"<@{anna.id}>" in await use(stage, OWNER, "mod unblock")

    assert await use(stage, OWNER, "mod unblock", member=anna.id) == EN("mod-unblocked", member=f"<@{anna.id}>")
    assert await use(stage, OWNER, "mod unblock", member=anna.id) == EN("mod-not-blocked", member=f"<@{anna.id}>")
    await use(stage, ANNA, "interview join")
    assert stage.running().takes_part(anna.id)
    assert await done(stage) == ["unblock", "block"]


async def test_who_is_blocked_while_the_form_is_open_is_not_heard(stage: Practice) -> None:
    await stage.start(HOST)
    anna = stage.user(ANNA).id
    form = (await stage.press(ANNA, "Join")).modal
    assert form is not None
    await use(stage, OWNER, "mod block", member=anna, reason="conduct", days=3)

    reply = await stage.discord.people.submit(anna, form, TICKED)

    assert EN("mod-reason-conduct") in reply.text
    assert not stage.running().takes_part(anna)
    assert anna not in stage.running().gate.consenting


async def test_a_block_outlives_the_account_and_holds_for_starting(stage: Practice) -> None:
    services, anna = stage.app.services, stage.user(ANNA)
    at = services.clock.now()
    await services.stores.blocks.block(stage.place.guild.id, anna.id, Why.SPAM, until=at + timedelta(days=1), at=at)
    await services.rights.erasure.account(anna.id, at=at)

    assert EN("mod-reason-spam") in await use(stage, ANNA, "interview start")
    assert services.interviews.running == ()


async def test_nobody_blocks_themselves_a_bot_or_who_manages_the_server(stage: Practice) -> None:
    for other in (stage.user(OWNER).id, stage.bot_id):
        text = await use(stage, OWNER, "mod block", member=other, reason="spam")
        assert text == EN("mod-block-not-them")

    assert await use(stage, OWNER, "mod unblock") == EN("mod-blocks-none")


async def test_commands_that_a_server_shows_to_all_work_for_moderators_only(stage: Practice) -> None:
    open_to_all(stage, "mod")
    await talking(stage)
    anna, text = stage.user(ANNA).id, stage.place.voice.id

    for command, options in (
        ("stop", {}),
        ("sessions", {}),
        ("roster", {}),
        ("block", {"member": anna, "reason": "spam"}),
        ("unblock", {}),
        ("cooldown", {"channel": text, "minutes": 5}),
        ("audit", {}),
    ):
        assert await use(stage, PETER, f"mod {command}", **options) == EN("mod-only")
    assert stage.running().takes_part(anna)
    assert await done(stage) == []

    role = stage.world.add_role(stage.place.guild.id, "Helpers", NONE)
    stage.world.update_member(stage.place.guild.id, stage.user(PETER).id, role_ids=(role.id,))
    await stage.app.services.stores.guilds.change(stage.place.guild.id, moderator_role=role.id)
    assert "take part" in await use(stage, PETER, "mod sessions")


async def test_a_channel_rests_after_an_interview(stage: Practice) -> None:
    voice = stage.place.voice
    assert await use(stage, OWNER, "mod cooldown", channel=voice.id, minutes=30) == EN(
        "mod-cooldown-set", channel=f"<#{voice.id}>", minutes=30
    )
    await stage.start(HOST)
    await stage.end(HOST)
    await until(lambda: bool(stage.app.services.servers._ended), within_s=5)

    assert await use(stage, HOST, "interview start") == EN(
        "mod-refused-cooldown",
        until=moment(stage.app.services.servers._ended[stage.place.guild.id, voice.id] + timedelta(minutes=30)),
    )
    await use(stage, OWNER, "mod cooldown", channel=voice.id, minutes=0)
    await stage.start(HOST)
    assert stage.app.services.interviews.running
