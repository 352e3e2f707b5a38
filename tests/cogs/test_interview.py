from __future__ import annotations

import asyncio
import re
import time
from typing import TYPE_CHECKING

import pytest

from bot.interview.drafts import KEPT_S
from bot.interview.session import Pause, Stopped
from bot.loopback.entities import ChannelKind, Message, MessageBody
from bot.loopback.filling import CannotDo
from bot.loopback.permissions import Overwrite, Permission
from bot.rehearsal.stage import TICKED, until
from cogs import replies
from cogs.locales import words_in
from storage.ledger import Purpose
from tests.cogs.conftest import ANNA, HOST, OWNER, PETER, Practice, practising

if TYPE_CHECKING:
    from bot.loopback.authority import Authority
    from bot.loopback.callbacks import Reply
    from bot.loopback.wire import Json


async def soon(stage: Practice, text: str, name: str = PETER) -> Message:
    """The message that shows *text* in the voice channel, once there is one."""
    await until(lambda: any(text in m.text for m in stage.seen(name)), within_s=5)
    return next(m for m in stage.seen(name) if text in m.text)


EN = words_in("en")


def joined(*, captions: bool, role: str = "interviewer") -> str:
    """The answer to a yes: the host is going to be the candidate, so the next one is the interviewer."""
    return EN("interview-joined", role=role, captions=captions)


def agreed(stage: Practice, name: str) -> bool:
    """Whether somebody's yes to being transcribed stands."""
    return stage.app.services.stores.ledger.allowed(stage.user(name).id, Purpose.TRANSCRIBE)


def copy_of(body: MessageBody, stage: Practice, channel_id: int) -> Message:
    """The same message once more, elsewhere, with buttons that can be pressed."""
    nobody: Json = {"parse": []}
    return stage.world.post(channel_id, stage.bot_id, body, application_id=stage.bot_id, allowed_mentions=nobody)


# -- starting ------------------------------------------------------------------------------------------------------


async def test_start_joins_puts_up_the_notice_and_hears_nobody_yet(stage: Practice) -> None:
    reply = await stage.start(HOST)

    assert reply.ephemeral
    assert "Nobody is heard yet, you neither" in reply.text
    assert "Nobody is heard without a yes" in stage.notice().text
    assert stage.notice().channel_id == stage.place.voice.id
    status = stage.running().status()
    assert [heard for heard in status.heard if heard.joined] == []
    bot = stage.world.voice_state(stage.bot_id)
    assert bot is not None
    assert (bot.self_mute, bot.self_deaf) == (True, False)


async def test_start_from_outside_a_voice_channel_says_what_to_do(stage: Practice) -> None:
    assert await stage.use(PETER, "start") == EN("interview-not-in-voice")


async def test_without_an_interview_every_command_says_so(stage: Practice) -> None:
    for command in ("join", "leave", "pause", "resume", "stop", "status"):
        assert await stage.use(ANNA, command) == EN("interview-none-running"), command


async def test_a_missing_permission_is_named(stage: Practice) -> None:
    named = {
        "Connect": Permission.CONNECT,
        "Send Messages": Permission.SEND_MESSAGES,
        "Read Message History": Permission.READ_MESSAGE_HISTORY,
    }
    for name, permission in named.items():
        stage.world.set_overwrite(stage.place.voice.id, Overwrite(stage.bot_id, is_member=True, deny=permission))
        await asyncio.sleep(0.05)

        text = await stage.use(HOST, "start")

        assert f"lacks **{name}** in the voice channel" in text
        assert "Permissions" in text, name
        assert stage.app.services.interviews.running == (), name


async def test_a_channel_that_the_bot_cannot_see_is_as_good_as_none(stage: Practice) -> None:
    hidden = Overwrite(stage.bot_id, is_member=True, deny=Permission.VIEW_CHANNEL)
    secret = stage.world.add_channel(stage.place.guild.id, "Secret", ChannelKind.VOICE, overwrites=[hidden])
    await stage.arrive(PETER, secret.id)
    await asyncio.sleep(0.05)

    assert await stage.use(PETER, "start") == EN("interview-not-in-voice")
    assert "one that the bot can see" in EN("interview-not-in-voice")


async def test_a_second_interview_is_refused(stage: Practice) -> None:
    await stage.start(HOST)

    assert await stage.use(ANNA, "start") == EN("interview-running-already")


async def test_a_channel_that_lets_nobody_in_is_said(stage: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cogs.panel.JOIN_S", 0.3)  # a full channel is never answered at all
    stage.world.update_channel(stage.place.voice.id, user_limit=2)
    await asyncio.sleep(0.05)

    assert await stage.use(HOST, "start") == EN("interview-cannot-join")
    assert stage.app.services.interviews.running == ()


async def test_the_commands_are_for_servers_only(stage: Practice) -> None:
    conversation = stage.world.open_dm(stage.user(ANNA).id, stage.bot_id)

    assert "interview" not in {
        command["name"] for command in stage.discord.people.commands(stage.user(ANNA).id, conversation.id)
    }
    with pytest.raises(CannotDo):
        stage.discord.people.use(stage.user(ANNA).id, "interview start", conversation.id)


# -- joining -------------------------------------------------------------------------------------------------------


async def test_join_asks_with_every_box_unticked(stage: Practice) -> None:
    await stage.start(HOST)

    form = (await stage.press(ANNA, "Join")).modal

    assert form is not None
    shown = str(form.components)
    assert all(EN(replies.purpose_key(purpose)) in shown for purpose in replies.OFFERED)
    assert EN("consent-age.option") in shown
    assert "'default': True" not in shown


async def test_whoever_leaves_a_needed_box_unticked_is_not_heard(stage: Practice) -> None:
    await stage.start(HOST)
    cases: list[tuple[dict[str, list[str]], str]] = [
        ({}, EN("consent-too-young")),
        ({"purposes": ["transcribe", "captions"]}, EN("consent-too-young")),
        ({"age": ["yes"]}, EN("interview-nothing-agreed")),
        ({"age": ["yes"], "purposes": ["captions"]}, EN("interview-nothing-agreed")),
    ]
    for ticked, answer in cases:
        reply = await stage.join(ANNA, ticked)

        assert reply.ephemeral, ticked
        assert reply.text == answer, ticked
        assert not stage.running().takes_part(stage.user(ANNA).id), ticked
        assert not agreed(stage, ANNA), ticked


@pytest.mark.parametrize("captions", [True, False])
async def test_join_says_whether_words_will_be_shown(stage: Practice, *, captions: bool) -> None:
    await stage.start(HOST)
    purposes = ["transcribe", "captions"] if captions else ["transcribe"]

    reply = await stage.join(ANNA, {"age": ["yes"], "purposes": purposes})

    assert reply.ephemeral
    assert reply.text.startswith(joined(captions=captions))
    assert stage.running().takes_part(stage.user(ANNA).id)
    stage.say(ANNA, "Hello there.")
    if captions:
        await soon(stage, "Hello there.")
    else:
        await asyncio.sleep(0.3)
        assert not [m for m in stage.seen(PETER) if "Hello there" in m.text]


async def test_who_said_yes_before_need_not_say_it_twice(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.join(ANNA)

    reply = await stage.press(ANNA, "Join")

    assert reply.modal is None
    assert reply.text.startswith(joined(captions=True))


async def test_join_as_a_command_does_the_same_as_the_button(stage: Practice) -> None:
    await stage.start(HOST)

    reply = await stage.discord.people.use(stage.user(ANNA).id, "interview join", stage.place.text.id)

    assert reply.modal is not None


async def test_from_outside_the_channel_nobody_can_join(stage: Practice) -> None:
    await stage.start(HOST)

    assert await stage.use(PETER, "join") == EN("interview-not-here")
    assert await stage.pressed(PETER, "Join") == EN("interview-not-here")


async def test_a_form_sent_after_the_end_changes_nothing(stage: Practice) -> None:
    await stage.start(HOST)
    form = (await stage.press(ANNA, "Join")).modal
    assert form is not None
    await stage.end(HOST)

    reply = await stage.discord.people.submit(stage.user(ANNA).id, form, {"purposes": ["transcribe"], "age": ["yes"]})

    assert reply.text == EN("interview-over")
    assert not agreed(stage, ANNA)


async def test_who_leaves_the_channel_while_the_form_is_open_is_not_heard(stage: Practice) -> None:
    await stage.start(HOST)
    form = (await stage.press(ANNA, "Join")).modal
    assert form is not None
    await stage.depart(ANNA)
    guild = stage.app.bot.get_guild(stage.place.guild.id)
    await until(lambda: guild is not None and stage.user(ANNA).id not in guild._voice_states, within_s=5)

    reply = await stage.discord.people.submit(stage.user(ANNA).id, form, TICKED)

    assert reply.text == EN("interview-not-here")
    assert not stage.running().takes_part(stage.user(ANNA).id)


async def test_an_age_that_was_raised_while_the_form_is_open_is_asked_for(stage: Practice) -> None:
    await stage.start(HOST)
    form = (await stage.press(ANNA, "Join")).modal
    assert form is not None
    await stage.app.services.stores.guilds.change(stage.place.guild.id, minimum_age=21)

    reply = await stage.discord.people.submit(stage.user(ANNA).id, form, TICKED)

    assert reply.text == EN("interview-not-taking-part")
    assert not stage.running().takes_part(stage.user(ANNA).id)
    assert "21" in str((await stage.press(ANNA, "Join")).modal)


@pytest.mark.parametrize(("way", "typed"), [("consent withdraw", {}), ("privacy opt-out", {"switch": "on"})])
async def test_a_yes_that_is_taken_back_while_it_is_put_down_opens_no_gate(
    stage: Practice, way: str, typed: dict[str, str]
) -> None:
    await stage.start(HOST)
    anna, people, ledger = stage.user(ANNA).id, stage.discord.people, stage.app.services.stores.ledger
    form = (await stage.press(ANNA, "Join")).modal
    assert form is not None

    async with stage.app.services.stores.databases.content.write():
        given = people.submit(anna, form, TICKED)
        await given.acknowledged()  # it is said to take a while, so it is being put down
        taken = people.use(anna, way, stage.place.text.id, options=typed)
        await until(lambda: bool(ledger._pending), within_s=5)

    told = {EN("interview-not-taking-part"), EN("consent-opted-out")}
    assert (await given).text in told
    assert stage.running().gate.consenting == frozenset()
    await taken
    assert not agreed(stage, ANNA)
    assert stage.running().gate.consenting == frozenset()


async def test_an_interview_that_is_ending_takes_nobody_in(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.join(ANNA)
    await stage.press(ANNA, "Leave")
    await stage.join(ANNA)
    interview = stage.running()
    interview.dismiss(stage.user(ANNA).id, forget_words=False)
    interview.stopped = Stopped.ASKED

    assert await stage.pressed(ANNA, "Join") == EN("interview-over")
    assert not interview.takes_part(stage.user(ANNA).id)
    interview.stopped = None


# -- leaving -------------------------------------------------------------------------------------------------------


async def test_leave_is_heard_of_at_once_and_keeps_the_lines_and_the_yes_until_asked(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.join(ANNA)
    stage.say(ANNA, "Something private.")
    await soon(stage, "Something private.")

    reply = await stage.press(ANNA, "Leave")

    assert reply.text.startswith(EN("interview-left"))
    assert not stage.running().gate.allowed(stage.user(ANNA).id)
    assert agreed(stage, ANNA)
    await soon(stage, "Something private.")

    answer = await stage.discord.people.press(stage.user(ANNA).id, reply, "Remove my lines")
    assert answer.ephemeral
    assert answer.text == EN("interview-forgotten")
    await until(lambda: not [m for m in stage.seen(PETER) if "private" in m.text], within_s=5)
    assert stage.words(ANNA) == ""


async def test_leave_as_a_command_and_as_the_button_of_the_answer(stage: Practice) -> None:
    await stage.start(HOST)
    reply = await stage.join(ANNA)
    answer = await stage.discord.people.press(stage.user(ANNA).id, reply, "Leave")
    assert answer.text.startswith(EN("interview-left"))

    await stage.join(ANNA)
    assert (await stage.use(ANNA, "leave")).startswith(EN("interview-left"))


async def test_who_takes_no_part_is_told_that_nothing_is_heard(stage: Practice) -> None:
    await stage.start(HOST)

    assert await stage.pressed(PETER, "Leave") == EN("interview-not-taking-part")


async def test_one_who_left_the_voice_channel_can_still_take_the_yes_back(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.join(ANNA)
    await stage.depart(ANNA)

    assert (await stage.use(ANNA, "leave")).startswith(EN("interview-left"))


# -- pausing -------------------------------------------------------------------------------------------------------


async def test_anybody_in_the_channel_can_pause_and_who_takes_part_can_go_on(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.join(ANNA)
    await stage.arrive(PETER)
    await asyncio.sleep(0.05)

    assert await stage.use(PETER, "pause") == EN("interview-paused")
    assert stage.running().gate.paused == {Pause.ASKED}
    assert await stage.use(PETER, "resume") == EN("interview-only-taking-part")
    assert stage.running().gate.paused == {Pause.ASKED}
    assert await stage.use(ANNA, "resume") == EN("interview-resumed")
    assert stage.running().gate.paused == frozenset()


async def test_the_notice_shows_a_pause_and_offers_to_go_on(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.pressed(HOST, "Pause")
    await soon(stage, "nobody is heard\nSomebody paused it.")

    assert await stage.pressed(HOST, "Resume") == EN("interview-resumed")


async def test_from_outside_the_channel_nobody_can_pause_or_go_on(stage: Practice) -> None:
    await stage.start(HOST)

    for command in ("pause", "resume"):
        assert await stage.use(PETER, command) == EN("interview-not-here"), command


# -- ending --------------------------------------------------------------------------------------------------------


async def test_the_host_ends_it_and_nothing_stays_but_the_end_card(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.join(ANNA)
    stage.say(ANNA, "Hello.")
    captions = await soon(stage, "Hello.")

    assert await stage.use(HOST, "stop") == EN("interview-stopping")
    await stage.over()

    assert stage.running().stopped is Stopped.ASKED
    assert captions.deleted_at is not None
    assert stage.world.voice_state(stage.bot_id) is None
    assert [m.text.splitlines()[0] for m in stage.seen(PETER)] == ["## ⏹ The interview is over"]


async def test_who_neither_hosts_nor_moderates_cannot_end_it(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.join(ANNA)

    assert await stage.use(ANNA, "stop") == EN("interview-only-host")
    assert await stage.pressed(PETER, "End") == EN("interview-only-host")
    assert stage.running().stopped is None


async def test_a_moderator_can_end_it_from_anywhere(stage: Practice) -> None:
    await stage.start(HOST)
    role = stage.world.add_role(stage.place.guild.id, "Moderators", Permission.MODERATE_MEMBERS)
    stage.world.update_member(stage.place.guild.id, stage.user(PETER).id, role_ids=[role.id])

    assert await stage.use(PETER, "stop") == EN("interview-stopping")
    await stage.over()
    assert stage.running().stopped is Stopped.MODERATOR
    assert "A moderator ended it." in stage.end_card().text


async def test_the_owner_of_the_server_may_moderate(stage: Practice) -> None:
    await stage.start(HOST)

    assert await stage.use(OWNER, "stop") == EN("interview-stopping")


async def test_every_button_of_an_ended_interview_is_answered(stage: Practice) -> None:
    await stage.start(HOST)
    before = stage.notice().body
    await stage.end(HOST)
    old = copy_of(before, stage, stage.place.voice.id)

    for button in ("Join", "Leave", "Pause", "Status", "End"):
        reply = await stage.discord.people.press(stage.user(ANNA).id, old, button)
        assert reply.ephemeral
        assert reply.text == EN("interview-over")
    stage.world.delete(old.id)


async def test_the_buttons_of_an_earlier_interview_do_not_reach_the_one_that_runs(stage: Practice) -> None:
    await stage.start(HOST)
    before = stage.notice().body
    await stage.end(HOST)
    await stage.start(HOST)
    old = copy_of(before, stage, stage.place.voice.id)

    for button in ("Join", "Pause", "End"):
        assert (await stage.discord.people.press(stage.user(HOST).id, old, button)).text == EN("interview-over")
    assert stage.running().stopped is None
    assert stage.running().gate.paused == frozenset()
    stage.world.delete(old.id)


async def test_an_interview_whose_bot_is_put_out_ends_and_says_so(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.world.kick_from_voice(stage.bot_id, stage.place.guild.id)
    await stage.over(within_s=10)

    assert "taken out of the channel" in stage.end_card().text


async def test_a_bot_that_is_put_out_of_the_server_ends_without_a_fault(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.join(ANNA)
    stage.say(ANNA, "Hello.")
    await soon(stage, "Hello.")
    await stage.world.remove_member(stage.place.guild.id, stage.bot_id)
    await stage.over(within_s=10)

    assert stage.running().stopped is Stopped.KICKED


async def test_on_a_stage_the_notice_says_that_it_is_not_end_to_end_encrypted(stage: Practice) -> None:
    for name in (HOST, ANNA):
        await stage.depart(name)
        await stage.arrive(name, stage.place.stage.id)
    await asyncio.sleep(0.05)
    await stage.start(HOST)
    await stage.join(ANNA)

    await until(lambda: "🔓" in stage.notice().text, within_s=5)
    assert "The call is not end-to-end encrypted." in await stage.use(ANNA, "status")
    assert stage.running().gate.paused == frozenset()


# -- status --------------------------------------------------------------------------------------------------------


async def test_status_shows_the_privacy_code_and_whose_packets_were_decrypted(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.join(ANNA)
    code = stage.running().status().privacy_code
    assert code is not None

    text = await stage.use(PETER, "status")

    assert "`" + " ".join(code[i : i + 5] for i in range(0, len(code), 5)) + "`" in text
    assert "**Anna** takes part: 0 packets decrypted, 0 not." in text
    assert "**Oleg** does not: 0 packets, 0 decrypted." in text
    pressed = await stage.pressed(PETER, "Status")
    ran = re.compile(r"Running for \d+ s")  # a second may pass between the two
    assert len(ran.findall(pressed)) == len(ran.findall(text)) == 1
    assert ran.sub("", pressed) == ran.sub("", text)


async def test_status_says_nothing_to_who_cannot_see_the_channel(stage: Practice) -> None:
    await stage.start(HOST)
    hidden = Overwrite(stage.user(PETER).id, is_member=True, deny=Permission.VIEW_CHANNEL)
    stage.world.set_overwrite(stage.place.voice.id, hidden)
    await asyncio.sleep(0.05)

    assert await stage.use(PETER, "status") == EN("interview-not-here")


# -- the draft -----------------------------------------------------------------------------------------------------


async def ended_with_words(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.join(ANNA)
    stage.say(ANNA, "I like *tests*.")
    stage.say(ANNA, "", missing_s=3.0)
    await stage.end(HOST)


async def read(stage: Practice, name: str) -> Reply:
    return await stage.discord.people.press(stage.user(name).id, stage.end_card(), "Read it once more")


async def test_who_took_part_can_read_the_draft_once_more(stage: Practice) -> None:
    await ended_with_words(stage)

    reply = await read(stage, ANNA)

    assert reply.ephemeral
    assert r"**Anna** (interviewer) I like \*tests\*." in reply.text
    assert "*[3 s not transcribed]*" in reply.text


async def test_who_took_no_part_cannot_read_it_whoever_they_are(stage: Practice) -> None:
    await ended_with_words(stage)

    for name in (OWNER, HOST, PETER):
        assert (await read(stage, name)).text == EN("interview-no-draft")


async def test_after_half_an_hour_nobody_can_read_it(stage: Practice) -> None:
    await ended_with_words(stage)
    stage.app.services.interviews.drafts._clock = lambda: time.monotonic() + KEPT_S

    assert (await read(stage, ANNA)).text == EN("interview-no-draft")


async def test_lines_can_be_removed_after_the_end_too(stage: Practice) -> None:
    await ended_with_words(stage)
    draft = await read(stage, ANNA)

    reply = await stage.discord.people.press(stage.user(ANNA).id, draft, "Remove my lines")

    assert reply.text == EN("interview-forgotten")
    assert (await read(stage, ANNA)).text == EN("interview-no-draft")


# -- other servers -------------------------------------------------------------------------------------------------


def other_server(stage: Practice) -> int:
    """A channel of another server, which Olga owns as well, and in which the bot is."""
    world = stage.world
    guild = world.add_guild("Elsewhere", owner=stage.user(OWNER))
    world.add_member(guild.id, stage.bot_id)
    world.add_member(guild.id, stage.user(ANNA).id)
    return world.add_channel(guild.id, "general", ChannelKind.TEXT).id


async def test_a_button_pressed_in_another_server_does_nothing(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.join(ANNA)
    forged = copy_of(stage.notice().body, stage, other_server(stage))
    await asyncio.sleep(0.05)

    for button in ("Join", "Leave", "Pause", "Status", "End"):
        for name in (OWNER, ANNA):
            reply = await stage.discord.people.press(stage.user(name).id, forged, button)
            assert reply.text == EN("interview-over"), button
        assert stage.running().stopped is None, button
        assert stage.running().takes_part(stage.user(ANNA).id), button
        assert stage.running().gate.paused == frozenset(), button


async def test_a_draft_is_not_read_out_in_another_server(stage: Practice) -> None:
    await ended_with_words(stage)
    forged = copy_of(stage.end_card().body, stage, other_server(stage))
    await asyncio.sleep(0.05)

    reply = await stage.discord.people.press(stage.user(ANNA).id, forged, "Read it once more")

    assert reply.text == EN("interview-no-draft")


async def test_commands_of_one_server_do_not_reach_the_interview_of_another(stage: Practice) -> None:
    await stage.start(HOST)
    channel_id = other_server(stage)
    await asyncio.sleep(0.05)

    assert await stage.use(OWNER, "stop", channel_id=channel_id) == EN("interview-none-running")
    assert stage.running().stopped is None


# -- where captions go ---------------------------------------------------------------------------------------------


async def test_captions_can_go_into_a_thread_which_is_archived_at_the_end(stage: Practice) -> None:
    await stage.start(HOST, captions="thread")
    await stage.join(ANNA)
    stage.say(ANNA, "Hello.")
    (thread,) = stage.place.guild.threads.values()
    await until(
        lambda: any("Hello." in m.text for m in stage.world.seen_by(stage.user(PETER).id, thread.id)), within_s=5
    )
    assert not [m for m in stage.seen(PETER) if "Hello." in m.text]

    await stage.end(HOST)
    assert not [m for m in stage.world.seen_by(stage.user(PETER).id, thread.id) if "Hello." in m.text]
    assert thread.thread is not None
    assert thread.thread.archived


async def test_without_the_permission_for_threads_nothing_starts_and_it_is_named(stage: Practice) -> None:
    denied = Overwrite(stage.bot_id, is_member=True, deny=Permission.CREATE_PUBLIC_THREADS)
    stage.world.set_overwrite(stage.place.text.id, denied)
    await asyncio.sleep(0.05)

    assert "lacks **Create Public Threads** in this channel" in await stage.use(HOST, "start", captions="thread")
    assert stage.world.voice_state(stage.bot_id) is None


async def test_asked_for_where_there_can_be_no_thread_captions_stand_beside_the_voices(stage: Practice) -> None:
    await stage.start(HOST, channel_id=stage.place.voice.id, captions="thread")
    await stage.join(ANNA)
    stage.say(ANNA, "Hello.")

    await soon(stage, "Hello.")
    assert "Captions appear in this channel" in stage.notice().text


async def test_captions_can_be_off(stage: Practice) -> None:
    await stage.start(HOST, captions="off")
    reply = await stage.join(ANNA)
    assert reply.text.startswith(joined(captions=False))
    assert "No captions are shown." in stage.notice().text
    stage.say(ANNA, "Hello.")
    await asyncio.sleep(0.3)

    assert not [m for m in stage.seen(ANNA) if "Hello." in m.text]
    assert stage.words(ANNA) == "Hello."


async def test_the_operator_chooses_where_captions_go_unless_the_host_does(authority: Authority) -> None:
    async with practising(authority, captions="off") as stage:
        await stage.start(HOST)
        assert stage.running().captions is None
        await stage.end(HOST)

        await stage.start(HOST, captions="voice-chat")
        assert stage.running().captions is not None


# -- whatever happens ----------------------------------------------------------------------------------------------


async def test_a_fault_of_ours_is_answered_and_tells_nobody_what_it_was(
    stage: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.start(HOST)

    def broken(*_: object) -> str:
        raise ZeroDivisionError("secret")

    monkeypatch.setattr("cogs.interview_replies.details", broken)

    assert await stage.use(PETER, "status") == EN("interview-failed")
    assert await stage.pressed(PETER, "Status") == EN("interview-failed")


async def test_names_cannot_format_mention_or_link(stage: Practice) -> None:
    stage.world.update_member(stage.place.guild.id, stage.user(PETER).id, nick="@everyone **[x](https://x.org)**")
    await stage.arrive(PETER)
    await stage.start(HOST)
    await stage.join(PETER)
    stage.say(PETER, "Hello @everyone.")

    shown = await soon(stage, "Hello")

    assert r"\@everyone \*\*\[x\]\(https\:\/\/x.org\)\*\*" in shown.text
    assert r"Hello \@everyone." in shown.text
    assert not shown.mentions_everyone
