"""Jobs of several callers, done together in one thread: what came while it worked is its next batch.

    ask -> waiting, bounded -> as many as may be together -> work, in a thread -> each caller's own result or error

The first of a batch waits a little for others, but only when nothing is being done. Ray's own `serve.batch` (2.50 to
2.60) closes a batch after that little while even when the one before is still being computed, so that it has many small
ones exactly when there is much to do.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Job = TypeVar("Job")
Result = TypeVar("Result")


class TooMany(Exception):
    """As many wait as may."""


@dataclass(slots=True, eq=False)
class _Place(Generic[Job, Result]):
    """One job in the queue."""

    job: Job = field(repr=False)
    came_s: float
    answer: Future[Result] = field(default_factory=Future, repr=False)


class Gathering(Generic[Job, Result]):
    """A thread that does what is asked of it, several at a time.

    Args:
        work: Does them: as many results as jobs, in their order. An exception among the results is raised for the one
            whose job it was; one that is raised, for all of the batch.
        most: Jobs in one batch.
        wait_s: How long the first waits for others while nothing else is being done.
        bound: Jobs that may wait.

    Attributes:
        batches: How many there were.
        done: Jobs in them.
        refused: Jobs that found the queue full.
    """

    def __init__(
        self, work: Callable[[list[Job]], Sequence[Result | Exception]], *, most: int, wait_s: float, bound: int
    ) -> None:
        if most < 1 or wait_s < 0 or bound < most:
            msg = "a batch has at least one job, and at least one batch may wait"
            raise ValueError(msg)
        self.batches = self.done = self.refused = 0
        self._work, self._most, self._wait_s, self._bound = work, most, wait_s, bound
        self._waiting: deque[_Place[Job, Result]] = deque()
        self._changed = threading.Condition()
        self._began_s: float | None = None
        self._open = True
        self._thread = threading.Thread(target=self._run, name="gathering", daemon=True)
        self._thread.start()

    @property
    def busy_s(self) -> float:
        """For how long it has been at the present batch, in seconds; 0 if there is none."""
        began_s = self._began_s
        return 0.0 if began_s is None else time.monotonic() - began_s

    async def ask(self, job: Job) -> Result:
        """Have *job* done. Whoever is cancelled while it waits is left out of the batch.

        Raises:
            TooMany: If as many wait as may, or it was closed.
        """
        place: _Place[Job, Result] = _Place(job, time.monotonic())
        with self._changed:
            if not self._open or len(self._waiting) >= self._bound:
                self.refused += 1
                raise TooMany
            self._waiting.append(place)
            self._changed.notify()
        try:
            return await asyncio.wrap_future(place.answer)
        finally:
            self._forget(place)

    def close(self) -> None:
        """Do what waits, then end the thread."""
        with self._changed:
            self._open = False
            self._changed.notify()
        self._thread.join()

    def _forget(self, place: _Place[Job, Result]) -> None:
        with self._changed:
            if place in self._waiting:
                self._waiting.remove(place)

    def _run(self) -> None:
        while batch := self._next():
            self._began_s = time.monotonic()
            try:
                self._do(batch)
            finally:
                self._began_s = None
            # Otherwise the last jobs would be held until others come.
            del batch

    def _next(self) -> list[_Place[Job, Result]]:
        """The next batch; an empty one at the end."""
        with self._changed:
            while True:
                self._changed.wait_for(lambda: self._waiting or not self._open)
                if not self._waiting:
                    return []
                # What came during the last batch has waited already.
                left_s = self._waiting[0].came_s + self._wait_s - time.monotonic()
                self._changed.wait_for(lambda: len(self._waiting) >= self._most or not self._open, max(0.0, left_s))
                taken = [self._waiting.popleft() for _ in range(min(self._most, len(self._waiting)))]
                if batch := [place for place in taken if place.answer.set_running_or_notify_cancel()]:
                    return batch

    def _do(self, batch: list[_Place[Job, Result]]) -> None:
        self.batches += 1
        self.done += len(batch)
        try:
            results = list(self._work([place.job for place in batch]))
        except Exception as error:  # noqa: BLE001  whoever asked hears of it; the thread goes on
            results = [error.with_traceback(None)] * len(batch)
        if len(results) != len(batch):
            results = [RuntimeError("there must be as many results as jobs")] * len(batch)
        for place, result in zip(batch, results, strict=True):
            if isinstance(result, Exception):
                place.answer.set_exception(result)
            else:
                place.answer.set_result(result)
