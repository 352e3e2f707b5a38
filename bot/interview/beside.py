"""The messages beside notice and captions: the question that stands, and a greeting for each who came later.

    ask, changed, greet, joined -> (pace) -> Room.post_card, update_card, greet, delete_message -> close deletes all

Discord counts edits of one channel together, and captions come first: what only changes the card waits for them.

A new question is a new message, so that it stands where people read; the former card goes. One greeting for a person,
gone when she joined and at the end. What cannot be written is left out: an interview does not need it.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from typing import TYPE_CHECKING

from bot.interview.captions import MOMENT_S, WRITES, WRITES_S, BoardBusy, BoardGone, BoardRefused

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.interview.session import Card, Room

log = logging.getLogger(__name__)

PACE_S = 1.0
"""At most so often is something written."""

POSTS = WRITES - 1
"""New messages in `WRITES_S`. discord.py lets nothing at all through to a channel once a count has come to its end."""

YIELD_S = 4.0
"""So long at most does an edit wait for captions."""

WAITING = 50
"""Greetings that wait to be written; more are left out."""


class Beside:
    """Card and greetings of one interview.

    Attributes:
        refused: Messages that Discord did not take.
    """

    def __init__(
        self, room: Room, *, card: Callable[[], Card], edited: Callable[[], None], yields_s: Callable[[], float]
    ) -> None:
        """Prepare.

        Args:
            room: Where they are written.
            card: The card as it should be now.
            edited: Called for each edit, since all of them share a channel's allowance.
            yields_s: How long an edit should wait for those that are more urgent.
        """
        self._room = room
        self._card = card
        self._edited = edited
        self._yields_s = yields_s
        self._posted: deque[float] = deque(maxlen=POSTS)
        self._card_id: int | None = None
        self._card_wanted = self._card_anew = False
        self._to_greet: deque[int] = deque(maxlen=WAITING)
        self._greetings: dict[int, int] = {}
        self._to_delete: deque[int] = deque()
        self._changed = asyncio.Event()
        # Held while Discord is asked: a message whose id is not known yet cannot be deleted.
        self._writing = asyncio.Lock()
        self._closed = False
        self.refused = 0

    def ask(self) -> None:
        """Show the card anew, below everything that was written meanwhile."""
        self._card_wanted = self._card_anew = True
        self._changed.set()

    def changed(self) -> None:
        """Bring the card up to date, if there is one."""
        self._card_wanted = True
        self._changed.set()

    def greet(self, user_id: int) -> None:
        """Greet somebody."""
        self._to_greet.append(user_id)
        self._changed.set()

    def joined(self, user_id: int) -> None:
        """Take the greeting of somebody away, who has answered it."""
        if user_id in self._to_greet:
            self._to_greet.remove(user_id)
        if (message_id := self._greetings.pop(user_id, None)) is not None:
            self._to_delete.append(message_id)
            self._changed.set()

    async def run(self) -> None:
        """Write what changes, until `close`."""
        while not self._closed:
            await self._changed.wait()
            self._changed.clear()
            await self._let_captions_go_first()
            # Shielded: a message that is being posted must become known, so that it can be deleted.
            await asyncio.shield(self._write())
            await asyncio.sleep(PACE_S)

    async def _let_captions_go_first(self) -> None:
        """Wait, as long as there is nothing to do but to edit the card."""
        loop = asyncio.get_running_loop()
        until_s = loop.time() + YIELD_S
        while not self._closed and not self._card_anew and not self._to_greet and not self._to_delete:
            wait_s = min(self._yields_s(), until_s - loop.time())
            if wait_s <= MOMENT_S:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    await self._changed.wait()
            self._changed.clear()

    async def take_down(self) -> None:
        """Delete everything here; the card is written anew in the next place, greetings are not."""
        async with self._writing:
            self._to_greet.clear()
            await self._delete_all()
            if self._card().question is not None:
                self.ask()

    async def close(self) -> None:
        """Delete everything. Never raises; safe to call twice."""
        self._closed = True
        self._changed.set()
        async with self._writing:
            self._to_greet.clear()
            await self._delete_all()

    async def _delete_all(self) -> None:
        gone = [*self._greetings.values(), *self._to_delete]
        if self._card_id is not None:
            gone.append(self._card_id)
        self._greetings.clear()
        self._to_delete.clear()
        self._card_id, self._card_wanted = None, False
        for message_id in gone:
            await self._room.delete_message(message_id)

    async def _write(self) -> None:
        async with self._writing:
            if self._closed:
                return
            while self._to_delete:
                await self._room.delete_message(self._to_delete.popleft())
            if self._card_wanted and (not self._card_anew or self._may_post()):
                await self._write_card()
            if self._to_greet and self._may_post():
                await self._write_greeting()
            if self._to_greet or self._card_wanted:
                self._changed.set()

    def _may_post(self) -> bool:
        return len(self._posted) < POSTS or asyncio.get_running_loop().time() - self._posted[0] > WRITES_S

    def _posts(self) -> None:
        self._posted.append(asyncio.get_running_loop().time())

    async def _write_card(self) -> None:
        card, self._card_wanted = self._card(), False
        try:
            if self._card_id is not None and not self._card_anew:
                self._edited()
                await self._room.update_card(self._card_id, card)
                return
            if self._card_id is None and not self._card_anew:
                return
        except BoardBusy:
            self.changed()
            return
        except (BoardGone, BoardRefused):
            self._card_id = None
        try:
            self._posts()
            former, self._card_id = self._card_id, await self._room.post_card(card)
            self._card_anew = False
            if former is not None:
                await self._room.delete_message(former)
        except BoardBusy:
            self.ask()
        except (BoardGone, BoardRefused):
            self._card_anew = False
            self._give_up("a question's card")

    async def _write_greeting(self) -> None:
        user_id = self._to_greet.popleft()
        try:
            self._posts()
            self._greetings[user_id] = await self._room.greet(user_id, self._card().interview_id)
        except BoardBusy:
            self._to_greet.appendleft(user_id)
        except (BoardGone, BoardRefused):
            self._give_up("a greeting")

    def _give_up(self, what: str) -> None:
        self.refused += 1
        log.warning("Discord did not take a message", extra={"kind": what})
