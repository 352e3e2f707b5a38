"""Whatever stands on Discord's servers is put down before it is posted, so that it is deleted whatever happens.

post  -> begin (on the disk) -> Discord -> posted
gone  -> forget
left  -> what the process before left standing, in servers that are ours; others' may have just been posted
take over -> what a process that died left standing, in servers that nobody serves
sweep -> what should be gone by now, deleted by whoever knows Discord
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING

from bot.interview.captions import BoardBusy, BoardGone, BoardRefused
from bot.shards import Shards
from storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection, Sequence
    from datetime import datetime
    from uuid import UUID

    from bot.clock import Clock
    from storage.live_messages import LiveKind, LiveMessages, Standing

log = logging.getLogger(__name__)

STANDS = timedelta(hours=24)
"""No interview lasts longer; what should be gone by then is looked for."""


class LiveJournal:
    """The messages of this process that stand now."""

    def __init__(self, live: LiveMessages, clock: Clock, shards: Shards | None = None) -> None:
        self._live = live
        self._shards = shards or Shards()
        self._clock = clock
        self._entries: dict[int, UUID] = {}
        self._delete: Callable[[Standing], Awaitable[bool]] | None = None

    def deletes_with(self, delete: Callable[[Standing], Awaitable[bool]]) -> None:
        """Have *delete* delete what should be gone; it returns whether it is, and is not asked before it is there."""
        self._delete = delete

    async def sweep(self, now: datetime) -> int:
        """Delete from Discord what should be gone by *now*, and return how much is.

        Raises:
            StorageError: If nobody can say what that is.
        """
        if self._delete is None:
            return 0
        done = 0
        for standing in (await self._live.expired(now=now)).messages:
            if await self._delete(standing):
                await self.cleaned(standing)
                done += 1
        return done

    async def post(self, kind: LiveKind, *, guild_id: int, channel_id: int, send: Callable[[], Awaitable[int]]) -> int:
        """Post a message with *send*, which returns its id, and return that.

        Raises:
            BoardGone: As *send* does.
            BoardRefused: Likewise.
            BoardBusy: Likewise, and if it cannot be put down: then nothing is posted.
        """
        at = self._clock.now()
        try:
            entry = await self._live.begin(
                kind, guild_id=guild_id, channel_id=channel_id, at=at, expires_at=at + STANDS
            )
        except StorageError:
            log.warning("a message could not be put down, so it was not posted")
            raise BoardBusy from None
        try:
            message_id = await send()
        except (BoardGone, BoardRefused):
            await self._forget(entry)
            raise
        # Any other error leaves the row: the message may stand although nobody told us.
        self._entries[message_id] = entry
        try:
            await self._live.posted(entry, message_id)
        except StorageError:
            log.warning("where a message stands could not be put down; it will be looked for")
        return message_id

    async def gone(self, message_id: int) -> None:
        """The message was deleted, or holds nothing of anybody any more. Never raises."""
        entry = self._entries.pop(message_id, None)
        if entry is not None:
            await self._forget(entry)

    async def left(self) -> Sequence[Standing]:
        """What the process before left standing; to be asked before anything is posted."""
        journal = await self._live.all()
        if journal.unreadable:
            log.warning("places of messages could not be read", extra={"count": journal.unreadable})
        return tuple(standing for standing in journal.messages if self._shards.have(standing.guild_id))

    async def take_over(self, gone: Collection[int]) -> bool:
        """Delete what stands in the servers of these shards, which nobody serves; whether nothing is left of it.

        Raises:
            StorageError: If nobody can say what that is.
        """
        left = [each for each in (await self._live.all()).messages if self._shards.of(each.guild_id) in gone]
        if left and self._delete is None:
            return False
        clean = True
        for standing in left:
            if self._delete is not None and await self._delete(standing):
                await self.cleaned(standing)
            else:
                clean = False
        return clean

    async def cleaned(self, standing: Standing) -> None:
        """A message that was left is gone."""
        await self._forget(standing.id)

    async def _forget(self, entry: UUID) -> None:
        try:
            await self._live.forget(entry)
        except StorageError:
            # It is looked for again at the next start, and found to be gone.
            log.warning("that a message is gone could not be put down")

    def __repr__(self) -> str:
        return f"<LiveJournal of {len(self._entries)}>"
