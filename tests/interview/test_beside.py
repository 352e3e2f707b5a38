"""Card and greetings beside captions: who waits for whom within what Discord allows a channel; in virtual time."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from bot.interview.beside import YIELD_S, Beside
from bot.interview.captions import Line
from tests.interview.rooms import ANNA, FakeRoom, running
from tests.virtual_time import in_virtual_time, now_s

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from bot.interview.session import Card, Status


class WatchedRoom(FakeRoom):
    """One that notes when what was written."""

    def __init__(self) -> None:
        super().__init__()
        self.written: list[tuple[float, str]] = []

    def when(self, kind: str) -> list[float]:
        """When that was written."""
        return [at for at, what in self.written if what == kind]

    async def update_notice(self, message_id: int, status: Status) -> None:
        """Note it."""
        self.written.append((now_s(), "edit of the notice"))
        await super().update_notice(message_id, status)

    async def post_card(self, card: Card) -> int:
        """Note it."""
        self.written.append((now_s(), "post"))
        return await super().post_card(card)

    async def update_card(self, message_id: int, card: Card) -> None:
        """Note it."""
        self.written.append((now_s(), "edit of the card"))
        await super().update_card(message_id, card)

    async def greet(self, user_id: int, interview_id: str) -> int:
        """Note it."""
        self.written.append((now_s(), "post"))
        return await super().greet(user_id, interview_id)


@contextlib.asynccontextmanager
async def writing(room: FakeRoom, yields_s: Callable[[], float]) -> AsyncGenerator[Beside]:
    async with running(room) as interview:
        interview.next_question()
        beside = Beside(room, card=interview.card, edited=lambda: None, yields_s=yields_s)
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(beside.run())
            try:
                yield beside
            finally:
                await beside.close()
                task.cancel()


@in_virtual_time
async def test_new_questions_do_not_use_up_what_captions_may_edit() -> None:
    room = WatchedRoom()
    async with running(room) as interview:
        assert interview.captions is not None
        interview.captions.add(Line(ANNA, "Anna", "Before.", interview.now_s()))
        await asyncio.sleep(10)
        for _ in range(4):
            interview.next_question()
            await asyncio.sleep(1)
        for number in range(3):
            interview.captions.add(Line(ANNA, "Anna", f"Line {number}.", interview.now_s()))
            await asyncio.sleep(0.5)

        assert len(room.when("post")) == 4
        assert max(list(interview.captions.latencies_s)[-3:]) < 0.5


@in_virtual_time
async def test_a_change_of_the_card_waits_while_captions_need_the_edits() -> None:
    room, began_s = WatchedRoom(), now_s()
    async with writing(room, lambda: max(0.0, began_s + 13.0 - now_s())) as beside:
        beside.ask()
        await asyncio.sleep(10)
        room.written.clear()
        beside.changed()
        await asyncio.sleep(10)

        (at,) = room.when("edit of the card")
        assert 12.9 < at - began_s < 13.2


@in_virtual_time
async def test_a_change_of_the_card_does_not_wait_for_ever() -> None:
    room = WatchedRoom()
    async with writing(room, lambda: 5.0) as beside:
        beside.ask()
        await asyncio.sleep(10)
        room.written.clear()
        asked_s = now_s()
        beside.changed()
        await asyncio.sleep(10)

        assert 0 < room.when("edit of the card")[0] - asked_s < YIELD_S + 0.1


@in_virtual_time
async def test_a_new_question_does_not_wait_for_captions() -> None:
    room = WatchedRoom()
    async with writing(room, lambda: 5.0) as beside:
        beside.ask()
        await asyncio.sleep(10)
        room.written.clear()
        asked_s = now_s()
        beside.changed()
        await asyncio.sleep(1)
        beside.ask()
        await asyncio.sleep(10)

        assert room.when("post")[0] - asked_s < 1.1


@in_virtual_time
async def test_many_who_come_at_once_leave_one_new_message_of_five_to_others() -> None:
    room = WatchedRoom()
    async with writing(room, lambda: 0.0) as beside:
        beside.ask()
        for number in range(12):
            beside.greet(100_000_000_000_000_100 + number)
        await asyncio.sleep(60)

        posts = room.when("post")
        assert len(posts) >= 13
        own = [at for at in posts if at > posts[0]]
        assert max(sum(1 for at in own if begin <= at < begin + 5) for begin in own) <= 4


@in_virtual_time
async def test_the_notice_leaves_two_edits_to_captions() -> None:
    room = WatchedRoom()
    async with running(room) as interview:
        assert interview.captions is not None
        await asyncio.sleep(20.5)
        for number in range(40):
            interview.captions.add(Line(ANNA, "Anna", f"Line {number}.", interview.now_s()))
            interview.admit(ANNA, captions=True)
            interview.dismiss(ANNA, forget_words=False)
            await asyncio.sleep(1.3)

        assert len(room.when("edit of the notice")) > 5
        assert sorted(interview.captions.latencies_s)[36] < 1.0
