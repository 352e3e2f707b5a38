"""How the bot ends: gently when it is asked, at once when it is asked again.

    first SIGTERM, `Ending.drain`   no interview begins any more; those that run end, their captions go
                                    for the grace time people may still save what was said
                                    then the rest is forgotten, and the process ends
    second SIGTERM                  nobody is waited for: interviews are cut short, what stands on Discord is deleted

Nobody is waited for who has nothing to save: with the last draft gone the bot ends before the grace time does.
"""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Coroutine
    from datetime import datetime

    from bot.interview.interviews import Interviews

log = logging.getLogger(__name__)

END_S: Final = 20.0
"""How long running interviews may take to end."""

HURRY_S: Final = 5.0
"""How long they may take when they are cut short: Discord is asked to delete what stands there."""

LOOK_S: Final = 0.2
"""How often it is looked whether there is still something to save."""


class Ending:
    """Says whether the bot is ending, and sees its interviews and drafts to their end.

    Args:
        grace_s: For how long people may still save what was said.
    """

    def __init__(self, grace_s: float = 0.0) -> None:
        self._grace_s = grace_s
        self._asked = asyncio.Event()
        self._hurry = asyncio.Event()

    @property
    def asked(self) -> bool:
        """Whether the bot is ending."""
        return self._asked.is_set()

    @property
    def grace(self) -> timedelta:
        """How long what was said can still be saved when an interview ends now; nothing without a grace time."""
        return timedelta(seconds=0 if self._hurry.is_set() else self._grace_s)

    def drain(self) -> None:
        """End gently; the second time, at once. Callable from a signal handler."""
        if self._asked.is_set():
            self._hurry.set()
        self._asked.set()

    def stop(self) -> None:
        """End as soon as the interviews have ended, with no time to save anything."""
        self._grace_s = 0.0
        self._asked.set()

    async def wait(self) -> None:
        """Wait until the bot is asked to end."""
        await self._asked.wait()

    def save_by(self, now: datetime) -> datetime | None:
        """Until when what is said in an interview that ends *now* can be saved; None if the bot takes it along."""
        return now + self.grace if self.grace else None

    async def over(self, interviews: Interviews) -> None:
        """End every interview and wait for what may still be saved, while Discord still listens."""
        log.info("ending", extra={"interviews": len(interviews.running), "seconds": self._grace_s})
        await self.unless_hurried(interviews.end_all(), within_s=END_S)
        if not self._hurry.is_set() and self._grace_s and len(interviews.drafts):
            log.info("texts can still be saved", extra={"count": len(interviews.drafts)})
            await self.unless_hurried(_nothing_to_save(interviews), within_s=self._grace_s)
        if self._hurry.is_set():
            interviews.cut_short()
            async with asyncio.timeout(HURRY_S):
                await interviews.end_all()

    async def unless_hurried(self, work: Coroutine[None, None, None], *, within_s: float) -> None:
        """Wait for *work*, but no longer than that, and not once nobody is waited for; then it is cancelled."""
        async with asyncio.TaskGroup() as tasks:
            both = {
                tasks.create_task(work, name="ending"),
                tasks.create_task(self._until_hurried(), name="hurry"),
            }
            await asyncio.wait(both, timeout=within_s, return_when=asyncio.FIRST_COMPLETED)
            for task in both:
                task.cancel()

    async def _until_hurried(self) -> None:
        await self._hurry.wait()


async def _nothing_to_save(interviews: Interviews) -> None:
    while len(interviews.drafts):
        interviews.drafts.tick()
        await asyncio.sleep(LOOK_S)
