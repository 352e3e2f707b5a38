from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from bot.errors import CannotJoin, InterviewRunning, Restarting
from bot.interview.captions import BoardRefused
from bot.interview.company import HOST_GRACE_S
from bot.interview.drafts import KEPT_S, Draft
from bot.interview.interviews import TICK_S, Interviews
from bot.interview.roles import Role
from bot.interview.session import FINISH_S, Interview, Stopped
from stt.engine import NO_HINTS
from tests.interview.rooms import ANNA, CHANNEL, GUILD, OLEG, PETER, FakeRoom, LoopClock, Voice, hearing
from tests.stt.sounds import ReadingTranscriber, ScriptedTranscriber
from tests.virtual_time import in_virtual_time, settle

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from stt.audio import Utterance
    from stt.engine import Hints, Transcriber, Words

OTHER_GUILD = GUILD + 50


@asynccontextmanager
async def opened(transcriber: Transcriber | None = None) -> AsyncGenerator[Interviews]:
    async with Interviews(hearing=hearing(transcriber), clock=LoopClock()) as interviews:
        yield interviews


async def start(interviews: Interviews, room: FakeRoom, *, guild_id: int = GUILD) -> Interview:
    return await interviews.start(guild_id=guild_id, channel_id=CHANNEL, host_id=OLEG, room=room)


async def say_something(interview: Interview, room: FakeRoom) -> None:
    interview.admit(ANNA, captions=True)
    await Voice(room, ANNA).say()
    async with asyncio.timeout(10):
        while not interview.draft.snippets:  # noqa: ASYNC110 - in virtual time
            await asyncio.sleep(0.1)


class Stuck(ScriptedTranscriber):
    """An engine that never answers."""

    async def transcribe(self, utterance: Utterance, hints: Hints = NO_HINTS) -> Words:
        await asyncio.Event().wait()
        return await super().transcribe(utterance, hints)


@in_virtual_time
async def test_a_server_has_one_interview_at_a_time() -> None:
    async with opened() as interviews:
        first = await start(interviews, FakeRoom())

        with pytest.raises(InterviewRunning):
            await start(interviews, FakeRoom())
        assert interviews.of(GUILD) is first
        assert interviews.get(first.interview_id) is first
        assert interviews.get("0" * 12) is None


@in_virtual_time
async def test_two_people_who_start_at_the_same_moment_get_one_interview() -> None:
    room = FakeRoom()
    room.posting_allowed.clear()
    async with opened() as interviews, asyncio.TaskGroup() as tasks:
        first = tasks.create_task(start(interviews, room))
        await settle()

        with pytest.raises(InterviewRunning):
            await start(interviews, FakeRoom())
        room.posting_allowed.set()
        assert (await first) is interviews.of(GUILD)


@in_virtual_time
async def test_servers_do_not_get_in_each_others_way() -> None:
    async with opened() as interviews:
        here, there = await start(interviews, FakeRoom()), await start(interviews, FakeRoom(), guild_id=OTHER_GUILD)
        here.stop(Stopped.ASKED)
        await asyncio.sleep(1)

        assert interviews.running == (there,)


@in_virtual_time
async def test_after_an_interview_or_a_failed_start_another_can_begin() -> None:
    async with opened() as interviews:
        for kind, error in (("connect", CannotJoin()), ("post_notice", BoardRefused())):
            room = FakeRoom()
            room.fail(kind, error)
            with pytest.raises(type(error)):
                await start(interviews, room)

        interview = await start(interviews, FakeRoom())
        interview.stop(Stopped.ASKED)
        await asyncio.sleep(1)
        assert await start(interviews, FakeRoom()) is not interview


@in_virtual_time
async def test_one_that_fails_leaves_its_siblings_running_and_nothing_of_itself() -> None:
    async with opened(ScriptedTranscriber("Words.")) as interviews:
        broken_room, room = FakeRoom(), FakeRoom()
        broken = await start(interviews, broken_room)
        sibling = await start(interviews, room, guild_id=OTHER_GUILD)
        await say_something(broken, broken_room)
        broken_room.fail("update_notice", ZeroDivisionError())
        broken.pause()
        await asyncio.sleep(5)

        assert interviews.running == (sibling,)
        assert broken.stopped is Stopped.FAILED
        assert broken_room.link.left
        assert broken_room.board.messages == {}
        assert broken.receiver.silent
        await say_something(sibling, room)
        assert [s.text for s in sibling.draft.snippets] == ["Words."]


@in_virtual_time
async def test_what_was_said_can_be_read_for_half_an_hour_and_is_then_forgotten() -> None:
    async with opened(ScriptedTranscriber("Words.")) as interviews:
        room = FakeRoom()
        interview = await start(interviews, room)
        await say_something(interview, room)
        interview.stop(Stopped.ASKED)
        await asyncio.sleep(1)

        assert interviews.drafts.get(interview.interview_id) is interview.draft
        await asyncio.sleep(KEPT_S - 60)
        assert len(interviews.drafts) == 1
        await asyncio.sleep(60 + TICK_S)
        assert len(interviews.drafts) == 0


@in_virtual_time
async def test_at_the_end_everything_is_ended_written_down_and_forgotten() -> None:
    room, other = FakeRoom(), FakeRoom()
    async with opened(ScriptedTranscriber("Words.")) as interviews:
        interview = await start(interviews, room)
        await start(interviews, other, guild_id=OTHER_GUILD)
        await say_something(interview, room)

    assert room.link.left
    assert other.link.left
    assert [status.stopped for status in (*room.ended, *other.ended)] == [Stopped.SHUTDOWN] * 2
    assert room.board.messages == {}
    assert len(interviews.drafts) == 0


@in_virtual_time
async def test_ending_all_waits_until_each_has_left_nothing_behind() -> None:
    room = FakeRoom()
    room.leaving_takes_s = 3.0
    async with opened() as interviews:
        await start(interviews, room)
        await interviews.end_all()

        assert interviews.running == ()
        assert len(room.ended) == 1
        with pytest.raises(Restarting):
            await start(interviews, FakeRoom())


@in_virtual_time
async def test_cut_short_nobody_waits_for_an_engine_that_does_not_answer() -> None:
    room = FakeRoom()
    async with opened(Stuck()) as interviews, asyncio.TaskGroup() as tasks:
        interview = await start(interviews, room)
        interview.admit(ANNA, captions=True)
        await Voice(room, ANNA).say()
        began = asyncio.get_running_loop().time()
        ending = tasks.create_task(interviews.end_all())
        await asyncio.sleep(1)
        assert not ending.done()

        interviews.cut_short()
        await ending

        assert asyncio.get_running_loop().time() - began < FINISH_S / 2
        assert room.board.messages == {}
        assert len(room.ended) == 1


@asynccontextmanager
async def ending_while_one_opens() -> AsyncGenerator[tuple[FakeRoom, asyncio.Task[Interview], asyncio.Task[None]]]:
    """An interview whose notice is not posted yet, and the end of all."""
    room = FakeRoom()
    room.posting_allowed.clear()
    async with opened() as interviews, asyncio.TaskGroup() as tasks:
        opening = tasks.create_task(start(interviews, room))
        await settle()
        yield room, opening, tasks.create_task(interviews.end_all())


@in_virtual_time
async def test_an_interview_that_opens_while_everything_ends_ends_too() -> None:
    async with ending_while_one_opens() as (room, opening, ending):
        await asyncio.sleep(1)
        assert not ending.done()

        room.posting_allowed.set()
        await ending

        assert (await opening).stopped is Stopped.SHUTDOWN
        assert room.link.left
        assert room.notices == {}
        assert len(room.ended) == 1


@in_virtual_time
async def test_an_interview_that_cannot_be_opened_is_not_waited_for_any_longer() -> None:
    async with ending_while_one_opens() as (room, opening, ending):
        await settle()
        opening.cancel()
        await ending

        assert room.link.left
        assert room.notices == {}


@in_virtual_time
async def test_before_it_is_entered_nothing_can_start() -> None:
    with pytest.raises(RuntimeError, match="only while the application runs"):
        await start(Interviews(hearing=hearing(), clock=LoopClock()), FakeRoom())


@in_virtual_time
async def test_whoever_withdraws_is_heard_nowhere_and_leaves_every_draft() -> None:
    engine = ReadingTranscriber()
    async with opened(engine) as interviews:
        past_room, room = FakeRoom(), FakeRoom()
        past = await start(interviews, past_room)
        await say_something(past, past_room)
        past.stop(Stopped.ASKED)
        await asyncio.sleep(1)
        present = await start(interviews, room)
        await say_something(present, room)

        interviews.withdraw(ANNA)

        assert not present.takes_part(ANNA)
        assert not present.gate.allowed(ANNA)
        assert present.draft.snippets == []
        assert interviews.drafts.get(past.interview_id) is None


# -- who was there, for quotas ---------------------------------------------------------------------------------------


@asynccontextmanager
async def counted() -> AsyncGenerator[tuple[Interviews, FakeRoom, list[Draft]]]:
    ended: list[Draft] = []

    async def note(draft: Draft) -> None:
        ended.append(draft)

    async with Interviews(hearing=hearing(None), clock=LoopClock(), on_ended=note) as interviews:
        yield interviews, FakeRoom(), ended


@in_virtual_time
async def test_everybody_counts_for_as_long_as_they_took_part_whatever_became_of_their_words() -> None:
    async with counted() as (interviews, room, ended):
        interview = await start(interviews, room)
        interview.admit(ANNA, captions=True)
        await asyncio.sleep(100)
        interview.admit(PETER, captions=False, role=Role.INTERVIEWER)
        await asyncio.sleep(10)
        interview.dismiss(ANNA, forget_words=True)
        await asyncio.sleep(5)
        interview.admit(ANNA, captions=True)
        interview.admit(PETER, captions=True)  # once more: he only wants captions now
        await asyncio.sleep(20)
        interview.dismiss(ANNA, forget_words=True)
        interview.stop(Stopped.ASKED)
        await interviews.end_all()

    (draft,) = ended
    assert draft.names.keys() == {PETER}
    assert {who: round(seconds) for who, seconds in draft.attended.items()} == {ANNA: 130, PETER: 35}


@in_virtual_time
async def test_who_began_it_has_begun_it_when_somebody_else_goes_on_as_its_host() -> None:
    async with counted() as (interviews, room, ended):
        interview = await start(interviews, room)
        interview.admit(ANNA, captions=False, role=Role.INTERVIEWER)
        room.here.discard(OLEG)
        await asyncio.sleep(HOST_GRACE_S + 5)
        assert interview.host_id == ANNA
        interview.stop(Stopped.ASKED)
        await interviews.end_all()

    assert [draft.begun_by for draft in ended] == [OLEG]


@in_virtual_time
async def test_whose_account_is_deleted_was_never_there_and_began_nothing() -> None:
    async with counted() as (interviews, room, ended):
        interview = await start(interviews, room)
        for who in (OLEG, ANNA):
            interview.admit(who, captions=False)
        await asyncio.sleep(60)
        interviews.erase(OLEG)
        assert not interview.takes_part(OLEG)
        interview.stop(Stopped.ASKED)
        await interviews.end_all()

    assert [(draft.begun_by, list(draft.attended)) for draft in ended] == [(0, [ANNA])]


@in_virtual_time
async def test_whose_account_is_deleted_after_the_end_is_in_no_draft_that_is_still_held() -> None:
    async with counted() as (interviews, room, ended):
        interview = await start(interviews, room)
        interview.admit(OLEG, captions=False)
        await say_something(interview, room)
        interview.stop(Stopped.ASKED)
        await interviews.end_all()

        interviews.erase(OLEG)
        assert interviews.drafts.of(ANNA) is ended[0]
        assert (ended[0].begun_by, list(ended[0].attended)) == (0, [ANNA])
