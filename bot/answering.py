"""The tasks in which people are answered and events are handled.

discord.py starts one for each command, press, form and event, and then forgets it. When the bot ends, whoever is being
answered is answered first, and nothing goes on afterwards with stores that are closed and keys that are wiped.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Collection

log = logging.getLogger(__name__)

ANSWERS_S: Final = 8.0
"""How long answers that are under way may take when the bot ends: longer than a busy database is waited for."""

LETTING_GO_S: Final = 5.0
"""How long those may take to end that were told to."""


class Answering:
    """Owns the tasks that it is given, until they are done."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    def own(self, task: asyncio.Task[Any]) -> None:
        """See *task* to its end."""
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def own_this(self) -> None:
        """See the task to its end in which this is called."""
        if (task := asyncio.current_task()) is not None:
            self.own(task)

    async def rest(self) -> None:
        """Wait for those that run now."""
        if running := self._running():
            await asyncio.wait(running)

    async def end(self) -> None:
        """Cancel those that still run, and wait until they have ended."""
        running = self._running()
        for task in running:
            task.cancel()
        if running:
            log.warning("answers were cut short", extra={"count": len(running)})
            await asyncio.wait(running, timeout=LETTING_GO_S)

    def _running(self) -> Collection[asyncio.Task[Any]]:
        return self._tasks - {asyncio.current_task()}

    def __len__(self) -> int:
        return len(self._tasks)
