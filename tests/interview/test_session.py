from __future__ import annotations

import asyncio
import itertools
from typing import TYPE_CHECKING, Any, ClassVar

import pytest

from bot.errors import CannotJoin, NoInterview
from bot.interview.captions import BoardBusy, BoardGone, BoardRefused
from bot.interview.session import EMPTY_S, NOTICE_S, PANEL_S, RECOVER_S, Interview, Pause, Stopped
from bot.voice.e2ee import FrameNotOpened, Reason
from bot.voice.link import Change
from stt.engine import NO_HINTS, TranscriptionFailed
from tests.interview.rooms import (
    ANNA,
    CHANNEL,
    OLEG,
    OTHER_CHANNEL,
    PETER,
    FakeRoom,
    Voice,
    an_interview,
    running,
)
from tests.stt.sounds import ReadingTranscriber, ScriptedTranscriber
from tests.virtual_time import in_virtual_time, now_s, settle

if TYPE_CHECKING:
    from collections.abc import Callable

    from stt.audio import Utterance
    from stt.engine import Hints, Words


async def until(condition: Callable[[], bool], within_s: float = 30.0) -> None:
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - in virtual time
            await asyncio.sleep(0.02)


def words(interview: Interview) -> list[str]:
    return [snippet.text for snippet in interview.draft.snippets]


def decrypted(interview: Interview, user_id: int) -> int:
    member = interview.receiver.members.get(user_id)
    return member.decrypted if member else 0


# -- who is heard --------------------------------------------------------------------------------------------------


@in_virtual_time
async def test_who_said_yes_is_heard_and_written_down() -> None:
    room = FakeRoom()
    async with running(room, ScriptedTranscriber("I like tests.")) as interview:
        interview.admit(ANNA, captions=True)
        await Voice(room, ANNA).say()
        await until(lambda: bool(interview.draft.snippets))

        assert words(interview) == ["I like tests."]
        await settle()
        assert room.board.shown == ["-# captions\n**Anna** I like tests."]


@in_virtual_time
async def test_of_who_said_nothing_not_one_packet_is_decrypted() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        interview.admit(ANNA, captions=True)
        await Voice(room, PETER).say()

        heard = {h.user_id: h for h in interview.status().heard}
        assert heard[PETER].packets == heard[PETER].dropped_sealed == 50
        assert heard[PETER].decrypted == 0
        assert not heard[PETER].joined
        assert words(interview) == []


@in_virtual_time
async def test_before_the_notice_stands_nobody_is_heard_whoever_said_yes() -> None:
    room = FakeRoom()
    room.posting_allowed.clear()
    interview = an_interview(room)
    async with asyncio.TaskGroup() as tasks:
        opening = tasks.create_task(interview.open())
        await settle()
        interview.admit(ANNA, captions=True)
        await Voice(room, ANNA).speak(1.0)

        assert interview.gate.paused == {Pause.NOTICE}
        assert decrypted(interview, ANNA) == 0

        room.posting_allowed.set()
        await opening
        Voice(room, ANNA).packet()
        assert interview.gate.paused == frozenset()
        await interview._clear()


@in_virtual_time
async def test_words_of_a_person_without_captions_are_in_the_draft_and_not_in_the_channel() -> None:
    room = FakeRoom()
    async with running(room, ScriptedTranscriber("Quietly.")) as interview:
        interview.admit(ANNA, captions=False)
        await Voice(room, ANNA).say()
        await until(lambda: bool(interview.draft.snippets))
        await asyncio.sleep(3)

        assert words(interview) == ["Quietly."]
        assert room.board.log == []


@in_virtual_time
async def test_speech_that_gets_no_words_is_shown_as_a_gap() -> None:
    room = FakeRoom()
    async with running(room, ScriptedTranscriber(TranscriptionFailed())) as interview:
        interview.admit(ANNA, captions=True)
        await Voice(room, ANNA).say(2.0)
        await until(lambda: bool(interview.draft.snippets))
        await settle()

        assert interview.status().missing_s == pytest.approx(2.0, abs=0.3)
        assert room.board.shown == [r"-# captions" + "\n" + r"**Anna** *\[2 s\]*"]


@in_virtual_time
async def test_with_captions_off_words_are_only_in_the_draft() -> None:
    room = FakeRoom(captions=False)
    async with running(room, ScriptedTranscriber("Quietly.")) as interview:
        interview.admit(ANNA, captions=True)
        await Voice(room, ANNA).say()
        await until(lambda: bool(interview.draft.snippets))

        assert interview.captions is None
        assert room.board.log == []


# -- taking the yes back -------------------------------------------------------------------------------------------


@in_virtual_time
async def test_from_the_press_on_leave_not_one_packet_more_is_decrypted() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        interview.admit(ANNA, captions=True)
        voice = Voice(room, ANNA)
        await voice.speak(0.5)
        before = decrypted(interview, ANNA)
        assert interview.dismiss(ANNA, forget_words=False)
        await voice.speak(1.0)

        assert before > 20
        assert decrypted(interview, ANNA) == before
        assert interview.receiver.silent


@in_virtual_time
async def test_words_that_were_still_waiting_are_discarded_with_the_yes() -> None:
    room, engine = FakeRoom(), ReadingTranscriber(held=True)
    async with running(room, engine) as interview:
        interview.admit(ANNA, captions=True)
        await Voice(room, ANNA).say()
        await engine.under_way.wait()
        interview.dismiss(ANNA, forget_words=False)
        engine.go_on.set()
        await asyncio.sleep(2)

        assert engine.cancelled == 1
        assert words(interview) == []
        assert room.board.messages == {}
        assert interview.receiver.silent


@in_virtual_time
async def test_lines_so_far_stay_until_their_owner_removes_them() -> None:
    room = FakeRoom()
    async with running(room, ScriptedTranscriber("Mine.")) as interview:
        interview.admit(ANNA, captions=True)
        await Voice(room, ANNA).say()
        await until(lambda: bool(room.board.messages))
        interview.dismiss(ANNA, forget_words=False)
        await asyncio.sleep(3)
        assert words(interview) == ["Mine."]
        assert len(room.board.messages) == 1

        assert not interview.dismiss(ANNA, forget_words=True)
        await asyncio.sleep(3)
        assert words(interview) == []
        assert room.board.messages == {}
        assert ANNA not in interview.draft.names


@in_virtual_time
async def test_a_second_yes_hears_from_then_on_and_not_what_was_said_between() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        interview.admit(ANNA, captions=True)
        voice = Voice(room, ANNA)
        await voice.speak(0.5)
        interview.dismiss(ANNA, forget_words=False)
        await voice.speak(0.5)
        sealed = interview.receiver.members[ANNA].dropped_sealed
        interview.admit(ANNA, captions=True)
        await voice.speak(0.5)

        assert sealed == 25
        assert interview.receiver.members[ANNA].dropped_sealed == sealed
        assert decrypted(interview, ANNA) == 50


# -- the notice ----------------------------------------------------------------------------------------------------


@in_virtual_time
async def test_a_notice_that_somebody_deleted_pauses_hearing_until_a_new_one_stands() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        interview.admit(ANNA, captions=True)
        await asyncio.sleep(5)
        room.notices.clear()
        room.posting_allowed.clear()
        await asyncio.sleep(NOTICE_S + PANEL_S + 1)
        assert interview.gate.paused == {Pause.NOTICE}
        before = decrypted(interview, ANNA)
        await Voice(room, ANNA).speak(0.5)
        assert decrypted(interview, ANNA) == before

        room.posting_allowed.set()
        await settle()
        assert interview.gate.paused == frozenset()
        assert len(room.notices) == 1
        voice = Voice(room, ANNA)
        voice._sequence = 1_000
        await voice.speak(0.5)
        assert decrypted(interview, ANNA) > before


@in_virtual_time
async def test_a_notice_too_old_to_be_edited_is_taken_down_before_the_new_one_stands() -> None:
    room = FakeRoom()
    async with running(room):
        await asyncio.sleep(5)
        room.fail("update_notice", BoardGone())  # as for one that is still there
        await asyncio.sleep(NOTICE_S + PANEL_S + 1)

        assert len(room.notices) == 1


@in_virtual_time
async def test_discord_stumbling_over_the_notice_does_not_end_the_interview() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        room.fail("update_notice", BoardBusy(), BoardBusy(), BoardBusy())
        await asyncio.sleep(30)

        assert interview.stopped is None
        assert interview.gate.paused == frozenset()
        assert room.failures["update_notice"] == []


@in_virtual_time
async def test_where_no_notice_may_stand_the_interview_ends() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        await asyncio.sleep(5)
        room.notices.clear()
        room.fail("post_notice", BoardRefused())
        await asyncio.sleep(NOTICE_S + PANEL_S + 1)

        assert interview.stopped is Stopped.FAILED
        assert room.link.left


@in_virtual_time
async def test_the_notice_says_how_things_are_soon_after_it_was_posted() -> None:
    room = FakeRoom()
    async with running(room):
        await asyncio.sleep(1)

        ((_, status),) = room.notices.values()
        assert status.pauses == frozenset()


@in_virtual_time
async def test_the_notice_follows_who_takes_part_but_is_not_written_more_than_every_two_seconds() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        updates: list[float] = []
        update = room.update_notice

        async def counted(message_id: int, status: Any) -> None:
            updates.append(now_s())
            await update(message_id, status)

        room.update_notice = counted
        for _ in range(40):
            interview.admit(ANNA, captions=True)
            await asyncio.sleep(0.25)

        ((_, status),) = room.notices.values()
        assert [h.name for h in status.heard if h.joined] == ["Anna"]
        assert min(b - a for a, b in itertools.pairwise(updates)) > PANEL_S - 0.01


@in_virtual_time
async def test_a_participant_who_went_away_keeps_her_name_in_the_notice() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        interview.admit(ANNA, captions=True)
        del room.names[ANNA]

        assert [h.name for h in interview.status().heard if h.joined] == ["Anna"]


# -- what cannot begin ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [BoardRefused(), BoardGone(), BoardBusy()])
@pytest.mark.parametrize("kind", ["post_notice", "caption_board"])
def test_without_a_notice_the_bot_leaves_again(kind: str, error: Exception) -> None:
    @in_virtual_time
    async def check() -> None:
        room = FakeRoom()
        room.fail(kind, error)
        interview = an_interview(room)

        with pytest.raises(type(error)):
            await interview.open()

        assert room.link.left
        assert room.notices == {}

    check()


@in_virtual_time
async def test_a_channel_that_cannot_be_joined_says_so() -> None:
    room = FakeRoom()
    room.fail("connect", CannotJoin())

    with pytest.raises(CannotJoin):
        await an_interview(room).open()


# -- pauses --------------------------------------------------------------------------------------------------------


@in_virtual_time
async def test_during_a_pause_nobody_is_heard_and_what_was_said_meanwhile_stays_sealed() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        interview.admit(ANNA, captions=True)
        voice = Voice(room, ANNA)
        interview.pause()
        await voice.speak(0.5)
        assert decrypted(interview, ANNA) == 0

        interview.resume()
        await voice.speak(0.5)
        assert decrypted(interview, ANNA) == 25
        assert interview.receiver.members[ANNA].dropped_sealed == 25


@in_virtual_time
async def test_a_call_that_loses_its_encryption_pauses_until_it_has_it_again() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        interview.admit(ANNA, captions=True)
        voice = Voice(room, ANNA)
        room.on_change(Change.PLAIN)
        await voice.speak(0.5)
        assert interview.gate.paused == {Pause.PLAIN}
        assert decrypted(interview, ANNA) == 0

        room.on_change(Change.HEARING)
        await voice.speak(0.5)
        assert decrypted(interview, ANNA) == 25


@in_virtual_time
async def test_encryption_that_comes_back_does_not_end_a_pause_that_somebody_asked_for() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        interview.pause()
        room.on_change(Change.PLAIN)
        room.on_change(Change.HEARING)

        assert interview.gate.paused == {Pause.ASKED}


# -- moves ---------------------------------------------------------------------------------------------------------


@in_virtual_time
async def test_moved_to_a_channel_that_allows_it_the_interview_goes_on_there_after_a_new_notice() -> None:
    room = FakeRoom()
    room.may_run.add(OTHER_CHANNEL)
    async with running(room, ScriptedTranscriber("Said there.", "Said here.")) as interview:
        interview.admit(ANNA, captions=True)
        voice = Voice(room, ANNA)
        await voice.say()
        await until(lambda: bool(room.board.messages))
        room.posting_allowed.clear()
        room.move(OTHER_CHANNEL)
        await settle()
        before = decrypted(interview, ANNA)
        await voice.speak(0.5)
        assert decrypted(interview, ANNA) == before  # the new channel has seen no notice
        assert Pause.MOVED in interview.gate.paused

        room.posting_allowed.set()
        await settle()
        await voice.say()
        await until(lambda: len(interview.draft.snippets) > 1)
        await settle()
        assert interview.gate.paused == frozenset()
        assert [channel for channel, _ in room.notices.values()] == [OTHER_CHANNEL]
        assert interview.channel_id == OTHER_CHANNEL
        assert room.boards[CHANNEL].messages == {}
        assert "Said there" not in "".join(room.boards[OTHER_CHANNEL].shown)


@in_virtual_time
async def test_moved_to_a_channel_that_does_not_allow_it_the_interview_ends() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        room.move(OTHER_CHANNEL)
        await asyncio.sleep(1)

        assert interview.stopped is Stopped.MOVED
        assert room.link.left
        assert room.notices == {}
        assert len(room.ended) == 1


@in_virtual_time
async def test_moved_where_no_notice_may_stand_the_interview_ends() -> None:
    room = FakeRoom()
    room.may_run.add(OTHER_CHANNEL)
    async with running(room) as interview:
        room.fail("post_notice", BoardRefused())
        room.move(OTHER_CHANNEL)
        await asyncio.sleep(1)

        assert interview.stopped is Stopped.MOVED


@in_virtual_time
async def test_moved_while_discord_stumbles_the_notice_is_put_up_a_little_later() -> None:
    room = FakeRoom()
    room.may_run.add(OTHER_CHANNEL)
    async with running(room) as interview:
        room.fail("post_notice", BoardBusy(), BoardBusy())
        room.move(OTHER_CHANNEL)
        await asyncio.sleep(1)
        assert interview.gate.paused == {Pause.MOVED}

        await asyncio.sleep(2 * PANEL_S + 1)
        assert interview.gate.paused == frozenset()
        assert [channel for channel, _ in room.notices.values()] == [OTHER_CHANNEL]
        assert room.posted == 2


@in_virtual_time
async def test_moved_on_at_once_only_the_last_channel_has_a_notice() -> None:
    room = FakeRoom()
    room.may_run.add(OTHER_CHANNEL)
    async with running(room) as interview:
        for channel in (OTHER_CHANNEL, CHANNEL, OTHER_CHANNEL):
            room.move(channel)
            await asyncio.sleep(0)
        await asyncio.sleep(5)

        assert [channel for channel, _ in room.notices.values()] == [OTHER_CHANNEL]
        assert interview.gate.paused == frozenset()


class Slow(ScriptedTranscriber):
    """An engine that takes its time."""

    def __init__(self, *lines: str, takes_s: float) -> None:
        super().__init__(*lines)
        self._takes_s = takes_s

    async def transcribe(self, utterance: Utterance, hints: Hints = NO_HINTS) -> Words:
        await asyncio.sleep(self._takes_s)
        return await super().transcribe(utterance, hints)


@in_virtual_time
async def test_words_spoken_before_a_move_and_recognised_after_it_are_kept_but_not_shown_there() -> None:
    room = FakeRoom()
    room.may_run.add(OTHER_CHANNEL)
    async with running(room, Slow("Said there.", "Said here.", takes_s=3.0)) as interview:
        interview.admit(ANNA, captions=True)
        voice = Voice(room, ANNA)
        await voice.speak(1.0)
        await asyncio.sleep(0.6)
        room.move(OTHER_CHANNEL)
        await until(lambda: bool(interview.draft.snippets))
        await asyncio.sleep(2)
        assert words(interview) == ["Said there."]
        assert room.boards[OTHER_CHANNEL].log == []
        assert room.boards[CHANNEL].messages == {}

        await voice.say()
        await until(lambda: bool(room.board.messages))
        assert words(interview) == ["Said there.", "Said here."]
        assert room.boards[OTHER_CHANNEL].shown == ["-# captions\n**Anna** Said here."]


@in_virtual_time
async def test_words_of_somebody_who_was_speaking_during_a_move_are_not_shown_there() -> None:
    room = FakeRoom()
    room.may_run.add(OTHER_CHANNEL)
    async with running(room, Slow("So far", takes_s=0.5)) as interview:
        interview.admit(ANNA, captions=True)
        voice = Voice(room, ANNA)
        await voice.speak(2.9)  # the second look is under way, which shows the words that both agree on
        assert interview.pipeline.counts.partials == 2
        room.move(OTHER_CHANNEL)
        await until(lambda: bool(interview.draft.snippets))
        await asyncio.sleep(2)

        assert words(interview) == ["So far"]
        assert room.boards[OTHER_CHANNEL].log == []


# -- its end -------------------------------------------------------------------------------------------------------


@in_virtual_time
async def test_what_was_spoken_before_the_end_is_written_down_and_nothing_after_it() -> None:
    room = FakeRoom()
    room.leaving_takes_s = 0.5
    async with running(room, ScriptedTranscriber("Last words.")) as interview:
        interview.admit(ANNA, captions=True)
        voice = Voice(room, ANNA)
        await voice.speak(1.0)
        before = decrypted(interview, ANNA)
        interview.stop(Stopped.ASKED)
        await voice.speak(0.4)

    assert words(interview) == ["Last words."]
    assert decrypted(interview, ANNA) == before


@in_virtual_time
async def test_the_end_leaves_nothing_behind() -> None:
    room = FakeRoom()
    async with running(room, ScriptedTranscriber("Words.")) as interview:
        interview.admit(ANNA, captions=True)
        await Voice(room, ANNA).say()
        await until(lambda: bool(room.board.messages))

    assert room.link.left
    assert room.board.messages == {}
    assert room.notices == {}
    assert [status.stopped for status in room.ended] == [Stopped.ASKED]
    assert interview.receiver.silent
    assert interview.pipeline.waiting_s == 0


@in_virtual_time
async def test_nobody_can_join_an_interview_that_is_ending() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        interview.stop(Stopped.ASKED)

        with pytest.raises(NoInterview):
            interview.admit(ANNA, captions=True)
        assert not interview.gate.allowed(ANNA)


@in_virtual_time
async def test_a_bot_that_is_put_out_ends_within_two_seconds_and_keeps_the_draft() -> None:
    room = FakeRoom()
    async with running(room, ScriptedTranscriber("Words.", "More words.")) as interview:
        interview.admit(ANNA, captions=True)
        voice = Voice(room, ANNA)
        await voice.say()
        await voice.speak(1.0)
        began = now_s()
        room.on_change(Change.ENDED)
        await interview._stop.wait()

    assert now_s() - began < 2
    assert interview.stopped is Stopped.KICKED
    assert words(interview) == ["Words.", "More words."]
    assert room.board.messages == {}


@in_virtual_time
async def test_an_engine_that_hangs_does_not_hold_up_the_end_for_ever() -> None:
    room, engine = FakeRoom(), ReadingTranscriber(held=True)
    async with running(room, engine) as interview:
        interview.admit(ANNA, captions=True)
        await Voice(room, ANNA).speak(1.0)
        began = now_s()

    assert now_s() - began < 15
    assert [snippet.missing_s > 0 for snippet in interview.draft.snippets] == [True]
    assert interview.receiver.silent


@in_virtual_time
async def test_a_channel_that_everybody_has_left_ends_the_interview_after_a_while() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        room.here.clear()
        await asyncio.sleep(EMPTY_S - 1)
        assert interview.stopped is None
        await asyncio.sleep(2)
        assert interview.stopped is Stopped.EMPTY


@in_virtual_time
async def test_somebody_who_comes_back_in_time_keeps_the_interview() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        room.here.clear()
        await asyncio.sleep(EMPTY_S - 1)
        room.here.add(ANNA)
        await asyncio.sleep(1)
        room.here.clear()
        await asyncio.sleep(EMPTY_S - 1)

        assert interview.stopped is None


@in_virtual_time
async def test_the_end_card_is_tried_again_while_discord_stumbles() -> None:
    room = FakeRoom()
    async with running(room):
        room.fail("close_notice", BoardBusy(), BoardBusy())

    assert len(room.ended) == 1


@pytest.mark.parametrize("known", [True, False], ids=["Discord has it", "Discord does not have it yet"])
@pytest.mark.parametrize("why", ["moved", "deleted"])
def test_a_notice_that_was_being_posted_at_the_end_does_not_stay(why: str, *, known: bool) -> None:
    @in_virtual_time
    async def check() -> None:
        room = FakeRoom()
        room.may_run.add(OTHER_CHANNEL)
        async with running(room) as interview:
            await asyncio.sleep(5)
            room.answering_s = 0.5
            if not known:
                room.posting_allowed.clear()
            if why == "moved":
                room.move(OTHER_CHANNEL)
            else:
                room.notices.clear()
                interview.pause()
            await asyncio.sleep(0.2)
            assert interview._noticing.locked()
            interview.stop(Stopped.ASKED)
            await asyncio.sleep(0.1)
            room.posting_allowed.set()

        assert room.notices == {}
        assert len(room.ended) == 1

    check()


@in_virtual_time
async def test_not_even_a_shutdown_that_has_lost_patience_leaves_anything_behind() -> None:
    room = FakeRoom()
    room.leaving_takes_s = 0.5
    interview = an_interview(room, ScriptedTranscriber("Words."))
    await interview.open()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(interview.run())
        await settle()
        interview.admit(ANNA, captions=True)
        await Voice(room, ANNA).say()
        await until(lambda: bool(room.board.messages))
        task.cancel()
        await asyncio.sleep(0.1)
        task.cancel()

    await asyncio.sleep(2)
    assert room.board.messages == {}
    assert room.notices == {}
    assert interview.receiver.silent


@in_virtual_time
async def test_cancelling_an_interview_still_leaves_nothing_behind() -> None:
    room = FakeRoom()
    interview = an_interview(room, ScriptedTranscriber("Words."))
    await interview.open()
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(interview.run())
        await settle()
        interview.admit(ANNA, captions=True)
        await Voice(room, ANNA).say()
        await until(lambda: bool(room.board.messages))
        task.cancel()

    await asyncio.sleep(1)
    assert room.link.left
    assert room.board.messages == {}
    assert room.notices == {}
    assert interview.receiver.silent


# -- the connection ------------------------------------------------------------------------------------------------


@in_virtual_time
async def test_audio_is_kept_coming() -> None:
    room = FakeRoom()
    async with running(room):
        await asyncio.sleep(61)

        assert room.link.kept_alive == 12


class Refusing:
    """A DAVE group that the bot fell out of: nothing opens."""

    end_to_end: ClassVar[bool] = True

    def open(self, user_id: int, sealed: bytes) -> bytes:
        """Refuse."""
        del user_id, sealed
        raise FrameNotOpened(Reason.WRONG_KEY)

    def members(self) -> set[int]:
        """Everybody."""
        return {ANNA, OLEG}


@in_virtual_time
async def test_a_bot_that_cannot_decrypt_anything_asks_to_be_let_into_the_group_anew() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        interview.admit(ANNA, captions=True)
        interview.receiver.encryption(Refusing())
        voice = Voice(room, ANNA)
        began = now_s()
        await voice.speak(1.0)

        assert room.link.recoveries == interview.recoveries == 1
        assert now_s() - began < 2

        await voice.speak(RECOVER_S * 3)
        assert 3 <= room.link.recoveries <= 4  # not oftener than may be asked


@in_virtual_time
async def test_single_frames_that_do_not_open_are_no_reason_to_ask() -> None:
    room = FakeRoom()
    async with running(room) as interview:
        interview.admit(ANNA, captions=True)
        voice = Voice(room, ANNA)
        for _ in range(20):
            await voice.speak(0.1)
            interview.receiver.counters.not_opened += 5
            await asyncio.sleep(0.1)

        assert room.link.recoveries == 0


@in_virtual_time
async def test_words_are_shown_while_they_are_spoken_and_taken_back_with_a_yes() -> None:
    room = FakeRoom()
    async with running(room, ScriptedTranscriber("I have led a team.")) as interview:
        interview.admit(ANNA, captions=True)
        await Voice(room, ANNA).speak(7)

        assert interview.draft.snippets == []
        assert "I have led a team" in room.board.shown[0]
        assert room.board.shown[0].endswith("…")
        interview.dismiss(ANNA, forget_words=True)
        await asyncio.sleep(3)
        assert room.board.messages == {}


@in_virtual_time
async def test_who_wants_no_captions_has_no_unfinished_ones_either() -> None:
    room = FakeRoom()
    async with running(room, ScriptedTranscriber("I have led a team.")) as interview:
        interview.admit(ANNA, captions=False)
        await Voice(room, ANNA).speak(7)

        assert room.board.log == []


@in_virtual_time
async def test_captions_say_that_they_are_late_while_the_engine_cannot_keep_up() -> None:
    room = FakeRoom()
    engine = ReadingTranscriber()
    async with running(room, engine) as interview:
        interview.admit(ANNA, captions=True)
        voice = Voice(room, ANNA)
        await voice.say(2.0)
        await asyncio.sleep(2)
        assert room.board.shown[0].startswith("-# captions")

        engine.go_on.clear()
        for _ in range(4):
            await voice.say(2.0)
        await until(lambda: room.board.shown[0].startswith("-# late captions"))

        engine.go_on.set()
        await until(lambda: room.board.shown[0].startswith("-# captions"))


@in_virtual_time
async def test_an_interview_is_not_readable_in_a_repr() -> None:
    room = FakeRoom()
    async with running(room, ScriptedTranscriber("Words.")) as interview:
        interview.admit(ANNA, captions=True)

        assert "Anna" not in repr(interview) + repr(interview.status()) + repr(interview._roster)
        assert str(ANNA) not in repr(interview.status())
