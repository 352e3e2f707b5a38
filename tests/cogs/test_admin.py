from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from bot.errors import UserMistake
from bot.loopback.permissions import NONE, Overwrite, Permission
from bot.rehearsal.stage import until
from cogs.admin import shown
from cogs.locales import words_in
from cogs.rules import may_ask_ai
from storage.errors import DatabaseBusy
from storage.guilds import CHANNELS, DEFAULTS, NOTICE_LENGTH, GuildSettings
from storage.models import GuildSetting
from storage.queue import Wanted
from tests.cogs.conftest import ANNA, HOST, OWNER, PETER, Practice
from tests.cogs.test_mod import done, open_to_all, ruled, use

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.loopback.authority import Authority
    from bot.loopback.callbacks import Reply

EN, DE = words_in("en"), words_in("de")


@pytest.fixture
async def stage(authority: Authority) -> AsyncIterator[Practice]:
    async with ruled(authority) as opened:
        yield opened


async def decided(stage: Practice) -> GuildSettings:
    return await stage.app.services.stores.guilds.of(stage.place.guild.id)


async def wizard(stage: Practice, name: str = OWNER) -> Reply:
    return await stage.discord.people.use(stage.user(name).id, "admin setup", stage.place.text.id)


async def choose(stage: Practice, reply: Reply, which: str, *ids: object) -> None:
    await stage.discord.people.choose(stage.user(OWNER).id, reply, EN(which), ids).acknowledged()


async def press(stage: Practice, reply: Reply) -> Reply:
    return await stage.discord.people.press(stage.user(OWNER).id, reply, EN("admin-setup-check"))


async def purge(stage: Practice, word: str) -> str:
    form = (await stage.discord.people.use(stage.user(OWNER).id, "admin purge", stage.place.text.id)).modal
    assert form is not None
    return (await stage.discord.people.submit(stage.user(OWNER).id, form, {"word": word})).text


# -- setting up ----------------------------------------------------------------------------------------------------


async def test_the_wizard_ends_with_an_interview_that_works(stage: Practice) -> None:
    role = stage.world.add_role(stage.place.guild.id, "Hosts", NONE)
    logs = stage.world.add_channel(stage.place.guild.id, "log")
    await until(lambda: stage.app.bot.get_channel(logs.id) is not None, within_s=5)
    before = len(stage.seen(OWNER))

    reply = await wizard(stage)
    assert (await press(stage, reply)).text == EN("admin-setup-no-channel")
    await choose(stage, reply, "admin-setup-channel", stage.place.voice.id)
    await choose(stage, reply, "admin-setup-role", role.id)
    await choose(stage, reply, "admin-setup-language", "de")
    await choose(stage, reply, "admin-setup-log", logs.id)
    told = (await press(stage, reply)).text

    assert told == EN("admin-setup-done", channel=f"<#{stage.place.voice.id}>")
    assert len(stage.seen(OWNER)) == before, "the test message is gone"
    now = await decided(stage)
    assert (now.allowed, now.host_role, now.language, now.log_channel) == (
        (stage.place.voice.id,),
        role.id,
        "de",
        logs.id,
    )
    await until(lambda: bool(stage.world.seen_by(stage.user(OWNER).id, logs.id)), within_s=5)
    (line,) = stage.world.seen_by(stage.user(OWNER).id, logs.id)
    assert line.text == DE("mod-log", who=f"<@{stage.user(OWNER).id}>", what=DE("mod-event-setup"))

    assert await use(stage, HOST, "interview start") == EN("mod-refused-role")
    stage.world.update_member(stage.place.guild.id, stage.user(HOST).id, role_ids=(role.id,))
    await stage.start(HOST)
    assert "Niemand wird" in stage.notice().text


async def test_the_wizard_names_each_missing_permission_and_changes_nothing(stage: Practice) -> None:
    missing = Permission.CONNECT | Permission.READ_MESSAGE_HISTORY
    stage.world.set_overwrite(stage.place.voice.id, Overwrite(stage.bot_id, is_member=True, deny=missing))
    silent = stage.world.add_channel(
        stage.place.guild.id, "log", overwrites=[Overwrite(stage.bot_id, is_member=True, deny=Permission.SEND_MESSAGES)]
    )
    await until(lambda: stage.app.bot.get_channel(silent.id) is not None, within_s=5)

    reply = await wizard(stage)
    await choose(stage, reply, "admin-setup-channel", stage.place.voice.id)
    await choose(stage, reply, "admin-setup-log", silent.id)
    told = (await press(stage, reply)).text

    for permission, channel in (
        ("connect", stage.place.voice),
        ("read-message-history", stage.place.voice),
        ("send-messages", silent),
    ):
        name = EN(f"interview-permission-{permission}")
        assert EN("admin-setup-lacks", permission=name, channel=f"<#{channel.id}>") in told
    assert EN("admin-setup-grant") in told
    assert await decided(stage) == DEFAULTS
    refused = await use(stage, OWNER, "admin log-channel", channel=silent.id)
    assert EN("admin-setup-grant") in refused
    assert await done(stage) == []


# -- who may -------------------------------------------------------------------------------------------------------


async def test_commands_that_a_server_shows_to_all_work_for_who_manages_it_only(stage: Practice) -> None:
    open_to_all(stage, "admin")
    voice = stage.place.voice.id

    for command, options in (
        ("setup", {}),
        ("view", {}),
        ("channel", {"channel": voice, "action": "refuse"}),
        ("role", {"kind": "host"}),
        ("retention", {"audit-days": 1}),
        ("limits", {"interviews": 1}),
        ("provider", {"feedback": "off"}),
        ("language", {"language": "de"}),
        ("minimum-age", {"years": 20}),
        ("notice", {"text": "Hello"}),
        ("log-channel", {}),
        ("purge", {}),
    ):
        assert await use(stage, PETER, f"admin {command}", **options) == EN("admin-only")
    assert await decided(stage) == DEFAULTS


# -- what is decided holds -----------------------------------------------------------------------------------------


async def test_channels_that_are_refused_or_not_among_the_allowed_hold_no_interview(stage: Practice) -> None:
    voice, other = stage.place.voice.id, stage.place.other_voice.id

    await use(stage, OWNER, "admin channel", channel=voice, action="refuse")
    assert await use(stage, HOST, "interview start") == EN("mod-refused-channel")
    await use(stage, OWNER, "admin channel", channel=other, action="allow")
    await use(stage, OWNER, "admin channel", channel=voice, action="clear")
    assert await use(stage, HOST, "interview start") == EN("mod-refused-channel")
    text = await use(stage, OWNER, "admin channel", channel=voice, action="allow")
    assert f"<#{voice}>" in text

    await stage.start(HOST)
    assert stage.app.services.interviews.running
    assert await done(stage) == ["channel"] * 4


async def test_two_channels_that_are_refused_at_once_are_both_refused(stage: Practice) -> None:
    channels = (stage.place.voice.id, stage.place.other_voice.id)
    people, owner, text = stage.discord.people, stage.user(OWNER).id, stage.place.text.id

    async with stage.app.services.stores.databases.content.write():
        replies = [
            people.use(owner, "admin channel", text, options={"channel": channel, "action": "refuse"})
            for channel in channels
        ]
        for reply in replies:
            await reply.acknowledged()  # it is said to take a while: it waits to be written
    for reply in replies:
        await reply

    assert set((await decided(stage)).refused) == set(channels)


async def test_two_channels_that_are_made_to_rest_at_once_both_do(stage: Practice) -> None:
    rests = {stage.place.voice.id: 10, stage.place.other_voice.id: 20}
    people, owner, text = stage.discord.people, stage.user(OWNER).id, stage.place.text.id

    async with stage.app.services.stores.databases.content.write():
        replies = [
            people.use(owner, "mod cooldown", text, options={"channel": channel, "minutes": minutes})
            for channel, minutes in rests.items()
        ]
        for reply in replies:
            await reply.acknowledged()
    for reply in replies:
        await reply

    assert (await decided(stage)).cooldowns == rests


async def test_a_day_has_as_many_minutes_and_interviews_as_the_server_says(stage: Practice) -> None:
    trail, at = stage.app.services.stores.trail, stage.app.services.clock.now()
    guild, host, anna = stage.place.guild.id, stage.user(HOST).id, stage.user(ANNA).id
    await use(stage, OWNER, "admin limits", **{"person-minutes": 30, "server-minutes": 60, "interviews": 2})
    for person in (anna, host):
        await stage.app.services.stores.subjects.find_or_create(person, today=at.date())
    await trail.practised(guild, {anna: 30 * 60}, lasted=30 * 60, began=None, at=at)
    await trail.practised(guild, {host: 10 * 60}, lasted=10 * 60, began=host, at=at)

    await stage.start(HOST)
    assert stage.running().ends_after_s == 20 * 60
    assert "30 minutes" in await use(stage, ANNA, "interview join")
    assert not stage.running().takes_part(anna)
    stage.running().ends_after_s = 0.0
    await stage.over()
    assert EN("interview-stopped-limit") in stage.end_card().text
    async with asyncio.timeout(5):
        while (await trail.used(guild, host, at=at)).begun < 2:  # noqa: ASYNC110 - asked in the database
            await asyncio.sleep(0.02)

    assert "2 interviews" in await use(stage, HOST, "interview start")
    await use(stage, OWNER, "admin limits", **{"interviews": 0, "person-minutes": 0, "server-minutes": 40})
    assert "40 minutes" in await use(stage, HOST, "interview start")
    assert stage.app.services.interviews.running == ()


async def test_age_notice_language_and_a_shorter_draft_hold_in_the_next_interview(stage: Practice) -> None:
    await stage.app.services.stores.guilds.change(
        stage.place.guild.id, minimum_age=18, notice="**Be** kind <@1>.", language="de", draft_minutes=5
    )
    await stage.start(HOST)

    assert r"\*\*Be\*\* kind" in stage.notice().text
    assert "Niemand wird" in stage.notice().text
    assert "ist 5 Minuten nach dem Ende weg" in stage.notice().text
    assert stage.running().draft.kept_s == 300
    form = (await stage.press(ANNA, "Teilnehmen")).modal
    assert form is not None
    assert "18" in str(form.components)
    await stage.discord.people.submit(stage.user(ANNA).id, form, {"purposes": ["transcribe"], "age": ["yes"]})
    assert stage.running().takes_part(stage.user(ANNA).id)
    (decision,) = await stage.app.services.stores.ledger.history(stage.user(ANNA).id)
    assert decision.detail["attested_age"] == 18

    # Whoever attested enough is not asked again; whoever attested less is.
    await stage.press(ANNA, "Verlassen")
    assert (await stage.press(ANNA, "Teilnehmen")).modal is None
    await stage.app.services.stores.guilds.change(stage.place.guild.id, minimum_age=21)
    await stage.press(ANNA, "Verlassen")
    assert (await stage.press(ANNA, "Teilnehmen")).modal is not None


async def test_a_price_turns_money_into_tokens_and_without_one_nothing_is_changed(stage: Practice) -> None:
    assert await use(stage, OWNER, "admin limits", **{"month-cost": 5.0}) == EN("admin-no-price")
    assert await use(stage, OWNER, "admin limits") == EN("admin-nothing-named")
    assert await decided(stage) == DEFAULTS

    await use(stage, OWNER, "admin limits", **{"month-tokens": 9_000})
    assert (
        await stage.app.services.stores.jobs.left(1, stage.place.guild.id, at=stage.app.services.clock.now())
    ).server == 9_000
    text = await use(stage, OWNER, "admin retention", **{"draft-minutes": 10, "audit-days": 7})
    assert EN("admin-view-retention", minutes=10, days=7) in text


async def test_feedback_by_a_model_is_refused_where_it_is_off_and_never_in_direct_messages(stage: Practice) -> None:
    await use(stage, OWNER, "admin provider", feedback="off")

    def asked_in(guild_id: int | None) -> Any:
        user = SimpleNamespace(id=stage.user(ANNA).id)
        return SimpleNamespace(guild_id=guild_id, client=stage.app.bot, user=user, locale="en-US")

    with pytest.raises(UserMistake, match="does not allow feedback by a language model"):
        await may_ask_ai(asked_in(stage.place.guild.id))
    await may_ask_ai(asked_in(None))
    await use(stage, OWNER, "admin provider", feedback="on")
    await may_ask_ai(asked_in(stage.place.guild.id))


@pytest.mark.parametrize("language", ["en", "de", "uk"])
def test_everything_that_can_be_decided_fits_into_one_answer(language: str) -> None:
    channels = tuple(10**18 + each for each in range(CHANNELS))
    settings = GuildSettings(
        allowed=channels,
        refused=channels,
        host_role=10**18,
        moderator_role=10**18,
        notice="*" * NOTICE_LENGTH,
        log_channel=10**18,
        cooldowns=dict.fromkeys(channels, 1_440),
        month_tokens=10**9,
    )

    assert len(shown(words_in(language), settings)) < 3_900


# -- deleting ------------------------------------------------------------------------------------------------------


async def rows(stage: Practice) -> int:
    """How many rows are kept of servers."""
    stores = stage.app.services.stores
    guild, at = stage.place.guild.id, stage.app.services.clock.now()
    standing, _ = await stores.queue.status(stage.user(PETER).id, guild, at=at)
    return (
        (await stores.guilds.of(guild) != DEFAULTS)
        + len(await stores.questions.of(guild))
        + (standing is not None)
        + len(await done(stage))
    )


async def something_of_each(stage: Practice) -> None:
    stores = stage.app.services.stores
    guild, at = stage.place.guild.id, stage.app.services.clock.now()
    await stores.guilds.change(guild, notice="Be kind.")
    await stores.questions.add(stage.user(ANNA).id, guild, [{"text": "Why?"}], at=at)
    await stores.queue.join(stage.user(PETER).id, Wanted(guild, stage.place.text.id, "case", "junior"), at=at)
    await stores.trail.noted(guild, stage.user(OWNER).id, "stop", at=at)
    assert await rows(stage) == 4


async def test_purging_takes_a_word_and_leaves_nothing_of_the_server(stage: Practice) -> None:
    await something_of_each(stage)

    assert await purge(stage, "practice") == EN("admin-purge-wrong", word=EN("admin-purge-word"))
    assert await rows(stage) == 4
    assert await purge(stage, " Server ") == EN("admin-purged", count=4)

    assert await rows(stage) == 0
    assert await purge(stage, "server") == EN("admin-purged", count=0)


async def test_a_server_whose_settings_do_not_open_any_more_is_refused_and_can_be_purged_and_begin_anew(
    stage: Practice,
) -> None:
    await use(stage, OWNER, "admin minimum-age", years=20)
    async with stage.app.services.stores.databases.content.write() as connection:
        await connection.execute(update(GuildSetting).values(enc_body=b"changed"))

    # What a server decided may have been a refusal, so nothing goes on as if it had decided nothing.
    assert await use(stage, HOST, "interview start") == EN("fault-damaged")
    assert await purge(stage, "server") == EN("admin-purged", count=2)

    await use(stage, OWNER, "admin minimum-age", years=18)
    assert (await decided(stage)).minimum_age == 18


async def test_a_server_that_the_bot_leaves_is_purged_also_if_that_fails_at_first(
    stage: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    await something_of_each(stage)
    servers = stage.app.services.servers
    tried = asyncio.Event()

    async def busy(_guild_id: int) -> dict[str, int]:
        tried.set()
        raise DatabaseBusy("somebody writes")

    monkeypatch.setattr(servers, "purge", busy)
    await stage.world.remove_member(stage.place.guild.id, stage.bot_id)
    async with asyncio.timeout(10):
        await tried.wait()
    monkeypatch.undo()
    assert await servers.sweep(stage.app.services.clock.now()) == 1

    assert await rows(stage) == 0
    assert await servers.sweep(stage.app.services.clock.now()) == 0
