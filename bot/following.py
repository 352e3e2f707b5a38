"""Consents that another process put down, or an operator's command: what is running here follows them.

    every two seconds   ledger.refresh -> whoever takes part and may not be heard any more is heard no more
                                       -> requests for feedback that are out are hung up, where a yes is gone
    every half minute   preferences.refresh, where there are other processes

What somebody takes back in this process counts at once, without this. Processes share a ledger when one bot runs as
several, and while an operator's command erases somebody.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from itertools import count
from typing import TYPE_CHECKING, Final

from storage.errors import StorageError
from storage.ledger import Purpose

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from bot.feedback.desk import Desk
    from bot.interview.interviews import Interviews
    from storage.ledger import Ledger
    from storage.preferences import Preferences

EVERY_S: Final = 2.0
"""How long a consent that was taken back in another process may still count here."""

PREFERENCES_EVERY: Final = 15
"""After so many times what people chose for themselves is read again: the language they are answered in."""

log = logging.getLogger(__name__)


async def follow(ledger: Ledger, interviews: Interviews, desk: Desk | None = None) -> int:
    """Learn what others put down, and hear nobody any more whose yes is gone; how many those were.

    Where requests of *desk* are out for somebody who took that back, they are hung up.

    Raises:
        StorageError: If it cannot be learned; whose yes is known to be gone is heard no more all the same.
    """
    heard = {user_id for interview in interviews.running for user_id in interview.gate.consenting}
    shown = {user_id for user_id in heard if ledger.allowed(user_id, Purpose.CAPTIONS)}
    try:
        await ledger.refresh()
    finally:
        # Also when nothing could be learned: what was taken back here in vain is known all the same.
        gone = {user_id for user_id in heard if not ledger.allowed(user_id, Purpose.TRANSCRIBE)}
        for user_id in gone:
            interviews.withdraw(user_id)
        for user_id in shown - gone:
            if not ledger.allowed(user_id, Purpose.CAPTIONS):
                interviews.hide(user_id)
        if desk is not None:
            for user_id in desk.out:
                if not ledger.allowed(user_id, Purpose.AI_FEEDBACK):
                    desk.let_go(user_id)
    return len(gone)


@asynccontextmanager
async def following(
    ledger: Ledger,
    interviews: Interviews,
    desk: Desk | None = None,
    *,
    preferences: Preferences | None = None,
    every_s: float = EVERY_S,
) -> AsyncGenerator[None]:
    """Follow what others put down, for the length of the block; *preferences* where there are other processes."""
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(_keep_on(ledger, interviews, desk, preferences, every_s), name="consents")
        try:
            yield
        finally:
            task.cancel()


async def _keep_on(
    ledger: Ledger, interviews: Interviews, desk: Desk | None, preferences: Preferences | None, every_s: float
) -> None:
    failing = False
    for turn in count(1):
        await asyncio.sleep(every_s)
        try:
            await follow(ledger, interviews, desk)
            if preferences is not None and turn % PREFERENCES_EVERY == 0:
                await preferences.refresh()
        except StorageError:
            if not failing:
                log.warning("what others agreed to or took back cannot be read", exc_info=True)
            failing = True
        else:
            failing = False
