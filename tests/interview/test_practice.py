"""An interview as practice: roles, questions, greetings, the mark, the host; in virtual time."""

from __future__ import annotations

import asyncio
from itertools import groupby
from typing import TYPE_CHECKING

import pytest

from bot.errors import NoInterview
from bot.interview.captions import BoardBusy, BoardRefused
from bot.interview.company import HOST_GRACE_S
from bot.interview.course import Plan
from bot.interview.roles import Role
from bot.interview.session import NOTICE_S, Mark, Pause, Stopped
from storage.transcripts import Asked
from tests.interview.rooms import ANNA, OLEG, OTHER_CHANNEL, PETER, FakeRoom, Voice, an_interview, running
from tests.stt.sounds import ScriptedTranscriber
from tests.virtual_time import in_virtual_time, settle

if TYPE_CHECKING:
    from bot.interview.session import Interview

LATE = 100_000_000_000_000_099
MANY_WORDS = " ".join(f"word{n}" for n in range(30))


def told(interview: Interview) -> list[str]:
    """Questions and words in order."""
    return [f"? {t.text}" if isinstance(t, Asked) else f"{t.role}: {t.text}" for t in interview.draft.turns()]


# -- roles ---------------------------------------------------------------------------------------------------------


@in_virtual_time
async def test_who_joins_becomes_what_is_missing_unless_they_say() -> None:
    async with running(FakeRoom()) as interview:
        assert interview.admit(ANNA, captions=True) is Role.INTERVIEWER  # the host is going to be the candidate
        assert interview.admit(OLEG, captions=True) is Role.CANDIDATE
        assert interview.admit(PETER, captions=True) is Role.OBSERVER
        assert interview.admit(PETER, captions=True, role=Role.INTERVIEWER) is Role.INTERVIEWER
        assert interview.admit(PETER, captions=True) is Role.INTERVIEWER


@in_virtual_time
async def test_a_swap_exchanges_candidate_and_interviewer_from_that_moment_on() -> None:
    room = FakeRoom()
    async with running(room, ScriptedTranscriber("before", "after")) as interview:
        interview.admit(OLEG, captions=False)
        interview.admit(ANNA, captions=False)
        interview.admit(PETER, captions=False)
        voice = Voice(room, ANNA)
        await voice.say()
        assert interview.swap()
        await voice.say()
        await settle()

        assert told(interview) == ["interviewer: before", "candidate: after"]
        assert [interview.role_of(who) for who in (OLEG, PETER)] == [Role.INTERVIEWER, Role.OBSERVER]


@in_virtual_time
async def test_alone_there_is_nobody_to_swap_with() -> None:
    async with running(FakeRoom()) as interview:
        interview.admit(OLEG, captions=False)

        assert not interview.swap()
        assert interview.role_of(OLEG) is Role.CANDIDATE


@in_virtual_time
async def test_who_left_has_no_say_over_questions() -> None:
    async with running(FakeRoom()) as interview:
        interview.admit(OLEG, captions=False)
        interview.admit(ANNA, captions=False)
        assert interview.may_ask(ANNA)

        interview.dismiss(ANNA, forget_words=False)

        assert not interview.may_ask(ANNA)
        assert interview.may_ask(OLEG)
        assert not interview.may_ask(PETER)


# -- questions -----------------------------------------------------------------------------------------------------


@in_virtual_time
async def test_a_question_stands_on_one_card_and_in_the_draft_before_its_answer() -> None:
    room = FakeRoom()
    async with running(room, ScriptedTranscriber("An answer.")) as interview:
        interview.admit(ANNA, captions=False, role=Role.CANDIDATE)
        first = interview.next_question()
        await asyncio.sleep(2)
        await Voice(room, ANNA).say()
        second = interview.next_question()
        await asyncio.sleep(2)

        assert first is not None
        assert second is not None
        assert told(interview) == [f"? {first.text}", "candidate: An answer.", f"? {second.text}"]
        ((_, card),) = room.cards.values()
        assert (card.question, card.number, card.of) == (second, 2, 5)
    assert room.cards == {}


@in_virtual_time
async def test_a_skipped_question_is_in_the_draft_only_if_somebody_said_something_to_it() -> None:
    room = FakeRoom()
    async with running(room, ScriptedTranscriber("an answer")) as interview:
        interview.admit(ANNA, captions=False)
        interview.choose_question("The first?")
        await asyncio.sleep(1)
        assert interview.skip_question() is not None
        interview.choose_question("The second?")
        await Voice(room, ANNA).say()
        await settle()
        assert interview.skip_question() is not None

        texts = told(interview)
        assert "? The first?" not in texts
        assert [text for text in texts if "second" in text or "answer" in text][-1].endswith("an answer")


@in_virtual_time
async def test_the_recogniser_hears_of_the_question_that_stands() -> None:
    room, engine = FakeRoom(), ScriptedTranscriber("words")
    async with running(room, engine) as interview:
        interview.admit(ANNA, captions=False, role=Role.CANDIDATE)
        interview.admit(OLEG, captions=False, role=Role.INTERVIEWER)
        anna, oleg = Voice(room, ANNA), Voice(room, OLEG)
        await anna.say()
        question = interview.next_question()
        assert question is not None
        await oleg.say()
        await anna.say()
        interview.swap()
        await anna.say()
        await settle()

    asks = f"{question.text} {question.follow_ups[0]}. Kubernetes, etcd"
    heard_with = [prompt for prompt, _ in groupby(hints.prompt for hints in engine.hints)]
    assert heard_with == ["", asks, f"Kubernetes, etcd. {question.text}", asks]


@in_virtual_time
async def test_a_chosen_language_is_what_speech_is_decoded_in() -> None:
    async with running(FakeRoom(), plan=Plan(spoken="uk")) as interview:
        assert interview.pipeline.language == "uk"


@in_virtual_time
async def test_whoever_practises_alone_is_asked_at_once_and_whoever_has_company_is_not() -> None:
    alone = FakeRoom()
    alone.here = {OLEG}
    async with running(alone) as interview:
        interview.admit(OLEG, captions=False)
        assert interview.course.number == 1
    async with running(FakeRoom()) as interview:
        interview.admit(OLEG, captions=False)
        assert interview.course.number == 0


@in_virtual_time
async def test_solo_a_long_silence_after_many_words_brings_the_next_question_if_asked_for() -> None:
    room = FakeRoom()
    room.here = {OLEG}
    async with running(room, ScriptedTranscriber(MANY_WORDS), Plan(silence_s=30)) as interview:
        interview.admit(OLEG, captions=False)
        await asyncio.sleep(100)
        assert interview.course.number == 1  # nothing was said yet: that is thinking

        await Voice(room, OLEG).say(3)
        await asyncio.sleep(20)
        assert interview.course.number == 1
        await asyncio.sleep(15)
        assert interview.course.number == 2


@in_virtual_time
async def test_solo_few_words_and_a_long_silence_are_thinking() -> None:
    room = FakeRoom()
    room.here = {OLEG}
    async with running(room, ScriptedTranscriber("Well, let me think."), Plan(silence_s=30)) as interview:
        interview.admit(OLEG, captions=False)
        await Voice(room, OLEG).say(2)
        await asyncio.sleep(300)

        assert interview.course.number == 1


@in_virtual_time
async def test_a_question_whose_time_is_over_only_says_so() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        question = interview.next_question()
        await asyncio.sleep(130)

        ((_, card),) = room.cards.values()
        assert card.overdue
        assert card.question is question
        assert interview.stopped is None
        assert room.cards_posted == 1


@in_virtual_time
async def test_the_notice_reminds_of_the_planned_end_and_nothing_ends() -> None:
    room = FakeRoom()
    async with running(room, plan=Plan(minutes=10)) as interview:
        await asyncio.sleep(5 * 60 + 5)
        ((_, status),) = room.notices.values()
        assert (status.soon, status.overtime) == (True, False)

        await asyncio.sleep(5 * 60)
        ((_, status),) = room.notices.values()
        assert status.overtime
        assert interview.stopped is None


@in_virtual_time
async def test_a_card_that_somebody_deleted_comes_back_with_the_next_change() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        interview.next_question()
        await asyncio.sleep(2)
        room.cards.clear()
        interview.follow_up()
        await asyncio.sleep(2)

        ((_, card),) = room.cards.values()
        assert card.follow_up == "And then?"


@in_virtual_time
async def test_where_cards_are_refused_the_interview_goes_on() -> None:
    room = FakeRoom()
    room.fail("post_card", BoardRefused())
    async with running(room) as interview:
        interview.next_question()
        await asyncio.sleep(5)

        assert room.cards == {}
        assert interview.stopped is None


@in_virtual_time
async def test_a_card_that_is_just_being_posted_at_the_end_is_deleted() -> None:
    room = FakeRoom()
    room.answering_s = 1.0
    interview = an_interview(room)
    await interview.open()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(interview.run())
        await settle()
        interview.next_question()
        await asyncio.sleep(0.5)
        interview.stop(Stopped.ASKED)

    assert room.cards_posted == 1
    assert room.cards == {}


@in_virtual_time
async def test_the_card_goes_along_when_the_bot_is_moved() -> None:
    room = FakeRoom()
    room.may_run.add(OTHER_CHANNEL)
    async with running(room) as interview:
        interview.next_question()
        await asyncio.sleep(2)
        room.move(OTHER_CHANNEL)
        await asyncio.sleep(5)

        ((channel_id, _),) = room.cards.values()
        assert channel_id == OTHER_CHANNEL


# -- words that are typed, lines that are taken back ---------------------------------------------------------------


@in_virtual_time
async def test_a_typed_answer_is_a_turn_at_its_time_and_a_caption() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        interview.admit(ANNA, captions=True, role=Role.CANDIDATE)
        await asyncio.sleep(10)
        interview.type_answer(ANNA, "O(n log n)")
        await settle()

        (turn,) = interview.draft.turns()
        assert not isinstance(turn, Asked)
        assert (turn.text, turn.typed, turn.role) == ("O(n log n)", True, "candidate")
        assert turn.start_s == pytest.approx(10, abs=0.1)
        assert r"O\(n log n\)" in room.board.shown[0]


@in_virtual_time
async def test_who_did_not_say_yes_cannot_type_an_answer_either() -> None:
    async with running(FakeRoom()) as interview:
        with pytest.raises(NoInterview):
            interview.type_answer(PETER, "x")

        assert interview.draft.turns() == []


@in_virtual_time
async def test_one_line_can_be_taken_back_out_of_captions_and_draft() -> None:
    room = FakeRoom()
    async with running(room, ScriptedTranscriber("Keep this.", "Not this.")) as interview:
        interview.admit(ANNA, captions=True)
        voice = Voice(room, ANNA)
        await voice.say()
        await voice.say()
        await settle()
        assert [s.text for s in interview.lines_of(ANNA)] == ["Not this.", "Keep this."]
        assert interview.lines_of(PETER) == []

        line = interview.lines_of(ANNA)[0]
        assert not interview.take_back(PETER, line.start_s)
        assert interview.take_back(ANNA, line.start_s)
        await asyncio.sleep(3)

        assert [s.text for s in interview.draft.snippets] == ["Keep this."]
        assert room.board.shown == ["-# captions\n**Anna** Keep this."]


@in_virtual_time
async def test_a_note_is_its_writers() -> None:
    async with running(FakeRoom()) as interview:
        assert interview.note(ANNA, "slower")

        assert [n.text for n in interview.draft.notes_of(ANNA)] == ["slower"]
        assert interview.draft.notes_of(OLEG) == []
        assert interview.draft.turns() == []


# -- who comes later -----------------------------------------------------------------------------------------------


@in_virtual_time
async def test_who_comes_later_is_greeted_once_however_often_they_come() -> None:
    room = FakeRoom()
    async with running(room):
        for _ in range(3):
            room.here.add(LATE)
            await asyncio.sleep(3)
            room.here.discard(LATE)
            await asyncio.sleep(3)

        assert [who for _, who in room.greetings.values()] == [LATE]
        assert room.greetings_posted == 1
    assert room.greetings == {}


@in_virtual_time
async def test_a_greeting_goes_when_it_was_answered() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        room.here.add(LATE)
        await asyncio.sleep(3)
        interview.admit(LATE, captions=False)
        await asyncio.sleep(3)

        assert room.greetings == {}


@in_virtual_time
async def test_who_was_there_at_the_start_is_not_greeted() -> None:
    room = FakeRoom()
    async with running(room):
        await asyncio.sleep(10)

        assert room.greetings_posted == 0


@in_virtual_time
async def test_a_greeting_waits_while_discord_is_busy() -> None:
    room = FakeRoom()
    room.fail("greet", BoardBusy(), BoardBusy())
    async with running(room):
        room.here.add(LATE)
        await asyncio.sleep(10)

        assert room.greetings_posted == 1


# -- the host ------------------------------------------------------------------------------------------------------


@in_virtual_time
async def test_without_its_host_an_interview_ends_after_a_while() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        interview.admit(ANNA, captions=False, role=Role.CANDIDATE)
        room.here.discard(OLEG)
        await asyncio.sleep(HOST_GRACE_S - 5)
        assert interview.stopped is None
        await asyncio.sleep(10)

        assert interview.stopped is Stopped.HOST_LEFT
        assert not interview.gate.allowed(ANNA)


@in_virtual_time
async def test_a_host_who_comes_back_in_time_is_still_the_host() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        for _ in range(3):
            room.here.discard(OLEG)
            await asyncio.sleep(HOST_GRACE_S - 5)
            room.here.add(OLEG)
            await asyncio.sleep(5)

        assert (interview.stopped, interview.host_id) == (None, OLEG)


@in_virtual_time
async def test_an_interviewer_who_takes_part_goes_on_without_the_host() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        interview.admit(PETER, captions=False, role=Role.OBSERVER)
        interview.admit(ANNA, captions=False, role=Role.INTERVIEWER)
        room.here.discard(OLEG)
        await asyncio.sleep(HOST_GRACE_S + 5)

        assert (interview.stopped, interview.host_id) == (None, ANNA)


# -- the mark ------------------------------------------------------------------------------------------------------


@in_virtual_time
async def test_the_mark_stands_before_anybody_is_heard_and_goes_at_the_end() -> None:
    room = FakeRoom()
    room.posting_allowed.clear()
    interview = an_interview(room)
    async with asyncio.TaskGroup() as tasks:
        opening = tasks.create_task(interview.open())
        await settle()
        assert room.marked
        assert interview.gate.paused
        room.posting_allowed.set()
        await opening
        assert interview.mark is Mark.NICKNAME
        run = tasks.create_task(interview.run())
        interview.stop(Stopped.ASKED)
        await run

    assert room.mark_log == ["up", "down"]


@in_virtual_time
async def test_without_the_mark_nobody_is_heard_until_it_is_back() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        interview.admit(ANNA, captions=False)
        await asyncio.sleep(5)
        room.fail("put_up_mark", BoardBusy(), BoardBusy())
        room.marked = False
        await asyncio.sleep(0.1)
        assert Pause.MARK in interview.gate.paused

        await asyncio.sleep(NOTICE_S)

        assert room.marked
        assert not interview.gate.paused


@in_virtual_time
async def test_where_the_bot_may_not_mark_itself_the_notice_is_the_mark() -> None:
    room = FakeRoom()
    room.marks = False
    async with running(room) as interview:
        await asyncio.sleep(5)

        assert interview.mark is Mark.NOTICE
        assert not interview.gate.paused
        assert interview.status().mark is Mark.NOTICE


@in_virtual_time
async def test_if_the_notice_cannot_be_posted_no_mark_stays() -> None:
    room = FakeRoom()
    room.fail("post_notice", BoardRefused())
    with pytest.raises(BoardRefused):
        await an_interview(room).open()

    assert room.mark_log == ["up", "down"]
    assert not room.marked
