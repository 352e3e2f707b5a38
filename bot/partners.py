"""What came to an end in the queue while nobody pressed anything: taken down, and new offers posted, now and then.

retention's tick -> sweep -> Queue.settle        -> whoever knows Discord announces it
an erasure       -> forget -> Queue.forget_person -> likewise
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from datetime import datetime

    from bot.clock import Clock
    from bot.interview.drafts import Draft
    from storage.preferences import Preferences
    from storage.queue import Changed, Queue


class Partners:
    """What is done for people who practise, without being asked just now."""

    def __init__(self, queue: Queue, preferences: Preferences, clock: Clock) -> None:
        self._queue = queue
        self._preferences = preferences
        self._clock = clock
        self._announce: Callable[[Changed], Awaitable[None]] | None = None
        self._guilds: Callable[[], Collection[int] | None] | None = None

    def announces_with(
        self,
        announce: Callable[[Changed], Awaitable[None]],
        guilds: Callable[[], Collection[int] | None] | None = None,
    ) -> None:
        """Have *announce* take down and post; nothing is settled before it is there.

        *guilds* says in which servers people are brought together by this process; None for all.
        """
        self._announce = announce
        self._guilds = guilds

    async def sweep(self, now: datetime) -> int:
        """Close what is over by *now* and bring together who waits; how many offers that opened and closed.

        Raises:
            StorageError: If the queue could not be read or written.
        """
        if self._announce is None:
            return 0
        changed = await self._queue.settle(at=now, guilds=self._ours())
        await self._announce(changed)
        return len(changed.opened) + len(changed.closed)

    async def forget(self, user_id: int) -> dict[str, int]:
        """Have somebody whose account is deleted wait for nobody, and take down what names them; how many rows went.

        Raises:
            StorageError: If the queue could not be read or written.
        """
        if self._announce is None:
            return {}
        rows, changed = await self._queue.forget_person(user_id, at=self._clock.now(), guilds=self._ours())
        await self._announce(changed)
        return rows

    async def practised(self, draft: Draft) -> None:
        """Count the day for everybody who spoke in an interview that is over, and who asked for it.

        Raises:
            StorageError: If it could not be kept.
        """
        for user_id in sorted({snippet.speaker_id for snippet in draft.snippets}):
            await self._preferences.practised(user_id, at=self._clock.now())

    def _ours(self) -> Collection[int] | None:
        return None if self._guilds is None else self._guilds()

    def __repr__(self) -> str:
        return "<Partners>"
