"""The clock of retention: at the start and every 15 minutes, `tick` is called; what is due, the database says.

    APScheduler  --every 15 minutes, UTC-->  an event  -->  our task: tick()

APScheduler keeps nothing and runs nothing of ours: its job only sets an event, so a tick belongs to our task group, is
never cancelled by the scheduler's end, and two that fall due during a long one become one.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any, Final

from apscheduler.jobstores.memory import MemoryJobStore
from apscheduler.schedulers.asyncio import AsyncIOScheduler
from apscheduler.triggers.interval import IntervalTrigger

from storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

INTERVAL: Final = timedelta(minutes=15)

log = logging.getLogger(__name__)


@asynccontextmanager
async def ticking(
    tick: Callable[[], Awaitable[object]], *, interval: timedelta = INTERVAL, jitter_s: int = 60
) -> AsyncGenerator[None]:
    """Call *tick* at once and every *interval*, for the length of the block.

    A tick that fails is logged, and the next one comes as always. The block's end waits for the one that runs, which
    is cancelled: what it had in hand is one transaction, and is undone.
    """
    due = asyncio.Event()
    due.set()
    scheduler: Any = AsyncIOScheduler(timezone=UTC, jobstores={"default": MemoryJobStore()})
    # No grace time: a loop that was busy for longer than it would otherwise lose the run.
    scheduler.add_job(
        _set,
        IntervalTrigger(seconds=round(interval.total_seconds()), timezone=UTC, jitter=jitter_s or None),
        args=(due,),
        misfire_grace_time=None,
        coalesce=True,
        max_instances=1,
    )
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(_serve(due, tick), name="retention")
        scheduler.start()
        try:
            yield
        finally:
            scheduler.shutdown(wait=False)
            task.cancel()


async def _set(due: asyncio.Event) -> None:
    # A coroutine, so that it runs on the loop: an event is not to be set from another thread.
    due.set()


async def _serve(due: asyncio.Event, tick: Callable[[], Awaitable[object]]) -> None:
    while True:
        await due.wait()
        due.clear()
        try:
            await tick()
        except StorageError:
            log.warning("retention failed and is tried again at the next tick", exc_info=True)
        except Exception:
            # A mistake of ours here must not end the interviews that run.
            log.exception("retention has a fault")
