"""Practising over the loopback Discord: questions, swapping, notes, typed answers, greetings and the mark."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from bot.interview.roles import Role
from bot.interview.session import Mark
from bot.loopback.furnishing import BOT_PERMISSIONS
from bot.loopback.permissions import Permission
from bot.rehearsal.stage import TICKED, until
from cogs.locales import words_in
from storage.transcripts import Asked
from tests.cogs.conftest import ANNA, HOST, PETER, Practice
from tests.cogs.test_interview import copy_of, soon

if TYPE_CHECKING:
    from bot.loopback.entities import Message

EN, UK = words_in("en"), words_in("uk")


def nickname(stage: Practice) -> str | None:
    """The bot's, in the practice server."""
    return stage.place.guild.members[stage.bot_id].nick


def cards(stage: Practice) -> list[Message]:
    """The cards that stand."""
    return [m for m in stage.seen(PETER) if m.text.startswith("### ")]


def told(stage: Practice) -> list[str]:
    """Questions and words, in order."""
    turns = stage.running().draft.turns()
    return ["?" if isinstance(t, Asked) else f"{t.role}: {t.text}" for t in turns]


async def test_two_people_practise_on_each_other_and_swap(stage: Practice) -> None:
    await stage.start(HOST, type="behavioural", questions=2, minutes=30)
    await stage.join(HOST)
    assert "You take part now as interviewer" in (await stage.join(ANNA)).text

    assert await stage.use(HOST, "question") == EN("interview-asked")
    await until(lambda: len(cards(stage)) == 1, within_s=5)
    assert "### Question 1 of 2" in cards(stage)[0].text
    stage.running().type_answer(stage.user(HOST).id, "I once led a team.")
    assert (await stage.discord.people.press(stage.user(ANNA).id, cards(stage)[0], "Follow-up")).text == EN(
        "interview-asked"
    )
    await soon(stage, "**And:**")
    assert await stage.use(ANNA, "swap") == EN("interview-swapped")
    assert (await stage.discord.people.press(stage.user(HOST).id, cards(stage)[0], "Next")).text == EN(
        "interview-asked"
    )
    await soon(stage, "### Question 2 of 2")
    await until(lambda: len(cards(stage)) == 1, within_s=5)
    stage.running().type_answer(stage.user(ANNA).id, "I planned a release.")
    assert await stage.use(HOST, "question", action="next") == EN("interview-last")
    await stage.end(HOST)

    assert told(stage) == ["?", "candidate: I once led a team.", "?", "?", "candidate: I planned a release."]
    assert cards(stage) == []
    draft = await stage.use(ANNA, "draft")
    assert "**Anna** (candidate, typed) I planned a release." in draft
    assert draft.count("**Question**") == 3


async def test_alone_the_bot_asks_and_the_candidate_goes_on(stage: Practice) -> None:
    await stage.depart(ANNA)
    await asyncio.sleep(0.05)
    await stage.start(HOST, type="behavioural", language="uk")
    form = (await stage.discord.people.use(stage.user(HOST).id, "interview join", stage.place.text.id)).modal
    assert form is not None
    await stage.discord.people.submit(stage.user(HOST).id, form, TICKED)

    await until(lambda: len(cards(stage)) == 1, within_s=5)
    assert UK("interview-card-solo") in cards(stage)[0].text
    assert stage.notice().text.startswith(UK("interview-heard"))
    first = stage.running().course.question
    assert first is not None
    assert first.language == "uk"
    assert stage.running().pipeline.language == "uk"
    reply = await stage.discord.people.press(stage.user(HOST).id, cards(stage)[0], UK("interview-button-skip"))
    assert reply.text == EN("interview-asked")  # what one person reads is in her own language
    await until(lambda: stage.running().course.question is not first, within_s=5)
    await stage.use(HOST, "stop")
    await stage.over()


async def test_who_does_not_ask_cannot_choose_questions(stage: Practice) -> None:
    await stage.start(HOST, role="interviewer")
    await stage.join(HOST)
    await stage.join(ANNA)
    assert stage.running().role_of(stage.user(ANNA).id) is Role.CANDIDATE

    for command in ("question", "swap"):
        assert await stage.use(ANNA, command) == EN("interview-only-asking")
        assert await stage.use(PETER, command) == EN("interview-not-here")
    assert await stage.use(ANNA, "timer", minutes=3) == EN("interview-only-asking")


async def test_a_question_of_ones_own_is_asked_letter_for_letter(stage: Practice) -> None:
    await stage.start(HOST, role="interviewer")
    await stage.join(HOST)

    assert await stage.use(HOST, "question", item="Why <@1> & *us*?") == EN("interview-asked")

    card = await soon(stage, "### Question 1")
    assert r"Why \<\@1\> & \*us\*?" in card.text
    assert await stage.use(HOST, "question", action="follow-up") == EN("interview-no-follow-up")
    assert await stage.use(HOST, "timer", minutes=2) == EN("interview-timer-set", minutes=2)
    await soon(stage, "This is a reminder; nothing ends.")
    assert await stage.use(HOST, "timer", minutes=0) == EN("interview-timer-off")


async def test_a_typed_answer_stands_among_what_was_said(stage: Practice) -> None:
    await stage.start(HOST)
    assert (await stage.use(PETER, "answer")) == EN("interview-join-first")
    await stage.join(ANNA)
    opened = await stage.discord.people.use(stage.user(ANNA).id, "interview answer", stage.place.text.id)
    assert opened.modal is not None

    reply = await stage.discord.people.submit(stage.user(ANNA).id, opened.modal, {"text": "O(n log n)"})

    assert reply.ephemeral
    assert reply.text == EN("interview-answered")
    assert told(stage) == ["interviewer: O(n log n)"]
    await soon(stage, r"O\(n log n\)")


async def test_a_note_is_read_by_its_writer_alone(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.join(HOST)
    await stage.join(ANNA)
    stage.say(ANNA, "Hello.")
    assert await stage.use(ANNA, "note", text="speak slower") == EN("interview-noted")
    assert await stage.use(PETER, "note", text="x") == EN("interview-join-first")
    await stage.end(HOST)

    assert "**Your note** speak slower" in await stage.use(ANNA, "draft")
    assert "slower" not in await stage.use(HOST, "draft")


async def test_all_of_ones_lines_are_taken_back_by_command_also_afterwards(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.join(HOST)
    await stage.join(ANNA)
    stage.say(ANNA, "Not this.")
    stage.say(HOST, "Keep this.")
    await stage.end(HOST)

    assert await stage.use(ANNA, "forget") == EN("interview-forgotten")
    assert await stage.use(ANNA, "draft") == EN("interview-no-draft")
    assert "Not this." not in await stage.use(HOST, "draft")
    assert await stage.use(PETER, "forget") == EN("interview-lines-none")


async def test_one_of_ones_own_lines_is_taken_back_from_the_captions(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.join(HOST)
    await stage.join(ANNA)
    stage.say(HOST, "His line.")
    for text in ("Keep this.", "Not this."):
        stage.running().type_answer(stage.user(ANNA).id, text)
    captions = await soon(stage, "Not this.")
    live = stage.running().captions
    await until(lambda: live is not None and live.message_id == captions.id, within_s=5)

    people = stage.discord.people
    menu = await people.use_on_message(stage.user(ANNA).id, "Remove my line", captions)
    assert menu.ephemeral
    assert "His line." not in str(menu.components)
    newest = stage.running().lines_of(stage.user(ANNA).id)[0]
    reply = await people.choose(stage.user(ANNA).id, menu, EN("interview-lines-placeholder"), [repr(newest.start_s)])

    assert reply.text == EN("interview-line-removed")
    await until(lambda: not any("Not this." in m.text for m in stage.seen(PETER)), within_s=5)
    assert stage.words(ANNA) == "Keep this."
    refused = await people.use_on_message(stage.user(PETER).id, "Remove my line", captions)
    assert refused.text == EN("interview-lines-none")
    assert (await people.use_on_message(stage.user(ANNA).id, "Remove my line", stage.notice())).text == EN(
        "interview-lines-not-captions"
    )


async def test_who_comes_later_gets_one_mention_with_a_way_to_join(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.arrive(PETER)

    greeting = await soon(stage, "an interview is running in this channel")
    assert list(greeting.mention_ids) == [stage.user(PETER).id]
    reply = await stage.discord.people.press(stage.user(PETER).id, greeting, "Join")
    assert reply.modal is not None
    await stage.end(HOST)

    assert not [m for m in stage.seen(ANNA) if "an interview is running" in m.text]


async def test_privacy_is_explained_to_whoever_presses_it(stage: Practice) -> None:
    await stage.start(HOST)

    text = await stage.pressed(PETER, "Privacy")

    assert "Nobody is heard without a yes" in text
    assert "/privacy notice" in text


# -- the mark ------------------------------------------------------------------------------------------------------


async def test_the_bots_name_shows_the_interview_and_is_as_before_afterwards(stage: Practice) -> None:
    name = stage.place.bot_user.display_name or stage.place.bot_user.name
    await stage.start(HOST)
    assert stage.running().mark is Mark.NICKNAME
    assert nickname(stage) == f"🔴 {name}"

    await stage.end(HOST)

    assert nickname(stage) is None


async def test_a_name_of_another_type_is_marked_and_put_back_like_any_other(stage: Practice) -> None:
    me: Any = stage.app.bot.guilds[0].me
    me.nick = 7
    await stage.start(HOST)
    assert nickname(stage) == "🔴 7"

    await stage.end(HOST)

    assert nickname(stage) == "7"


async def test_a_name_that_somebody_changes_stops_the_hearing_until_it_is_marked_again(stage: Practice) -> None:
    await stage.start(HOST)
    await asyncio.sleep(0.1)
    stage.world.update_member(stage.place.guild.id, stage.bot_id, nick="Coach")

    await until(lambda: nickname(stage) == "🔴 Coach", within_s=5)
    await until(lambda: not stage.running().gate.paused, within_s=5)
    await stage.end(HOST)
    assert nickname(stage) == "Coach"


@pytest.mark.parametrize("status", [True, False])
async def test_without_the_right_to_its_name_the_channel_shows_it_or_the_host_is_told(
    stage: Practice, *, status: bool
) -> None:
    allowed = BOT_PERMISSIONS & ~Permission.CHANGE_NICKNAME
    if not status:
        allowed &= ~Permission.SET_VOICE_CHANNEL_STATUS
    guild = stage.place.guild
    stage.world.set_role_permissions(guild.id, stage.place.bot_role.id, allowed)
    everyone = guild.roles[guild.id]
    stage.world.set_role_permissions(guild.id, guild.id, everyone.permissions & ~Permission.CHANGE_NICKNAME)
    await asyncio.sleep(0.1)

    reply = await stage.start(HOST)

    assert nickname(stage) is None
    assert (EN("interview-started-unmarked") in reply.text) is not status
    assert stage.place.voice.status == (EN("interview-mark-status") if status else None)
    await stage.end(HOST)
    assert stage.place.voice.status is None


async def test_the_marks_of_a_killed_bot_are_taken_down_and_other_names_left(stage: Practice) -> None:
    cog: Any = stage.app.bot.get_cog("Interview")
    for before, after in (("🔴 Coach", "Coach"), ("Coach", "Coach")):
        stage.world.update_member(stage.place.guild.id, stage.bot_id, nick=before)
        await asyncio.sleep(0.1)
        await cog.on_ready()
        await until(lambda after=after: nickname(stage) == after, within_s=5)


async def test_the_buttons_of_a_card_of_an_ended_interview_are_answered(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.join(HOST)
    await stage.use(HOST, "question")
    await until(lambda: len(cards(stage)) == 1, within_s=5)
    before = cards(stage)[0].body
    await stage.end(HOST)
    old = copy_of(before, stage, stage.place.voice.id)

    for button in ("Next", "Skip", "Repeat", "Type an answer"):
        reply = await stage.discord.people.press(stage.user(HOST).id, old, button)
        assert reply.text == EN("interview-over")
    stage.world.delete(old.id)
