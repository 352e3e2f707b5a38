"""Counts of what people use, of those who agreed to be counted, and of nobody else.

    count          an event of the list, with properties of its list -> is there a yes? -> a bounded queue
    run            every few seconds: who is that? -> each sink
    still          asked by a sink when it writes or sends: does the yes still stand?
    withdrawn      takes a person's events out, wherever they wait

There is no room for anything that people say, write or are named: an event is one of `Event`, and its properties are
numbers in steps, flags, and words of a fixed list. A sink gets the day, not the time. By default nothing is counted.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import logging
from collections import deque
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol
from uuid import uuid4

from storage.analytics import Count

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
    from datetime import date
    from uuid import UUID

log = logging.getLogger(__name__)

WAITING: Final = 1000
"""Events that may wait. More are counted in `dropped`."""

BATCH: Final = 100
EVERY_S: Final = 10.0
"""How many go at once, and how long they wait for it at most."""

END_S: Final = 5.0
"""How long the last ones may take when the bot is stopped."""


class Event(enum.StrEnum):
    """What is counted."""

    COMMAND_USED = "command_used"
    INTERVIEW_STARTED = "interview_started"
    INTERVIEW_JOINED = "interview_joined"
    INTERVIEW_ENDED = "interview_ended"
    TRANSCRIPT_SAVED = "transcript_saved"
    TRANSCRIPT_SEARCHED = "transcript_searched"
    TRANSCRIPT_EXPORTED = "transcript_exported"
    FEEDBACK_RECEIVED = "feedback_received"


@dataclass(frozen=True, slots=True)
class OneOf:
    """A word of a fixed list."""

    words: frozenset[str]

    def __call__(self, value: object) -> str:
        """The word, if it is one."""
        if not isinstance(value, str) or value not in self.words:
            raise ValueError("a property has a word that is not on its list")
        return str(value)


@dataclass(frozen=True, slots=True)
class Steps:
    """A number, told only as the step that it does not exceed; beyond the last one, as the last."""

    steps: tuple[int, ...]

    def __call__(self, value: object) -> int:
        """The step."""
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
            raise ValueError("a property is no number, or a negative one")
        return next((step for step in self.steps if value <= step), self.steps[-1])


def one_of(*words: str) -> OneOf:
    """A property with one of *words*."""
    return OneOf(frozenset(words))


_PEOPLE = Steps((1, 2, 3, 5, 10, 25, 100))
_MINUTES = Steps((1, 5, 15, 30, 60, 120, 240))
_TURNS = Steps((0, 10, 30, 100, 300, 1000))
_SECONDS = Steps((1, 3, 10, 30, 60, 300))

GROUPS: Final = frozenset(
    {"consent", "feedback", "help", "interview", "privacy", "questions", "queue", "settings", "transcript"}
)
"""The groups of commands whose use is counted."""

PROPERTIES: Final[Mapping[Event, Mapping[str, OneOf | Steps]]] = MappingProxyType(
    {
        Event.COMMAND_USED: {"group": OneOf(GROUPS)},
        Event.INTERVIEW_STARTED: {"captions": one_of("voice-chat", "thread", "off")},
        Event.INTERVIEW_JOINED: {},
        Event.INTERVIEW_ENDED: {"minutes": _MINUTES, "people": _PEOPLE},
        Event.TRANSCRIPT_SAVED: {"turns": _TURNS},
        Event.TRANSCRIPT_SEARCHED: {"found": _TURNS},
        Event.TRANSCRIPT_EXPORTED: {"form": one_of("txt", "md", "json", "csv", "srt", "vtt")},
        Event.FEEDBACK_RECEIVED: {"seconds": _SECONDS},
    }
)
"""What may be said about each event; all of it must be."""


def checked(event: Event, properties: Mapping[str, object]) -> dict[str, str | int | bool]:
    """The properties as they are counted.

    Raises:
        ValueError: If one is missing, not on the list, or not what the list says.
    """
    listed = PROPERTIES[event]
    if properties.keys() != listed.keys():
        raise ValueError("an event has other properties than its list")
    return {name: listed[name](value) for name, value in properties.items()}


class Analytics(Protocol):
    """Where use is counted."""

    def count(self, user_id: int, event: Event, /, **properties: object) -> None:
        """Count that this person used something, if they agreed to it, without waiting.

        Raises:
            ValueError: If the properties are not those of `PROPERTIES`.
        """
        ...

    async def withdrawn(self, user_id: int) -> None:
        """Forget what waits of a person who took their yes back, before the first `await`.

        Afterwards nothing of theirs is written or sent. That waits for what is just on its way, seconds at worst, so
        answer the person first.
        """
        ...


class NoAnalytics:
    """Nowhere: what is used unless the operator names a place."""

    def count(self, _user_id: int, event: Event, /, **properties: object) -> None:
        """Only see that it could be counted."""
        checked(event, properties)

    async def withdrawn(self, user_id: int) -> None:
        """Nothing: nothing waits."""


class Sink(Protocol):
    """Where counts go. It raises whatever it likes when it fails; then they are lost, and that is counted."""

    async def send(self, counts: Sequence[Count], still: Callable[[Count], bool]) -> int:
        """Keep those that *still* stand when they are written or sent; how many that were."""
        ...


@dataclass(slots=True, eq=False)
class _Waiting:
    user_id: int
    event: Event
    props: Mapping[str, str | int | bool]
    day: date
    id: UUID
    withdrawn: bool = False


class Counting:
    """Counts, for sinks.

    Attributes:
        dropped: Events for which no room was left.
        lost: Events that a sink could not keep.
        kept: Events that a sink kept; each counts once for each sink.
    """

    def __init__(
        self,
        sinks: Sequence[Sink],
        *,
        allowed: Callable[[int], bool],
        find: Callable[[int], Awaitable[UUID | None]],
        today: Callable[[], date],
        waiting: int = WAITING,
        every_s: float = EVERY_S,
    ) -> None:
        """Prepare to count.

        Args:
            sinks: Where counts go.
            allowed: Whether somebody's yes to being counted stands now, by Discord user id.
            find: Somebody's subject; None if there is none.
            today: The day in UTC.
            waiting: How many events may wait.
            every_s: How long they wait at most.
        """
        self._sinks = sinks
        self._allowed = allowed
        self._find = find
        self._today = today
        self._most = waiting
        self._every_s = every_s
        self._waiting: deque[_Waiting] = deque()
        self._under_way: list[_Waiting] = []
        self._sending = asyncio.Lock()
        self._enough = asyncio.Event()
        self._closing = False
        self.dropped = self.lost = self.kept = 0

    def count(self, user_id: int, event: Event, /, **properties: object) -> None:
        """Count that this person used something, if they agreed to it."""
        props = checked(event, properties)
        if self._closing or not self._allowed(user_id):
            return
        if len(self._waiting) >= self._most:
            self.dropped += 1
            return
        self._waiting.append(_Waiting(user_id, event, props, self._today(), uuid4()))
        if len(self._waiting) >= BATCH:
            self._enough.set()

    async def withdrawn(self, user_id: int) -> None:
        """Forget what waits of this person, and wait for what is just on its way."""
        under_way = False
        for each in (*self._waiting, *self._under_way):
            if each.user_id == user_id:
                each.withdrawn = True
                under_way = under_way or each in self._under_way
        self._waiting = deque(each for each in self._waiting if not each.withdrawn)
        if under_way:
            async with self._sending:
                pass

    async def run(self) -> None:
        """Hand on what waits, until `close`."""
        while not self._closing:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._every_s):
                    await self._enough.wait()
            self._enough.clear()
            await self.flush()
        await self.flush()

    def close(self) -> None:
        """Count nothing more, and let `run` end with what waits."""
        self._closing = True
        self._enough.set()

    async def flush(self) -> None:
        """Hand on what waits now."""
        for _ in range(-(-len(self._waiting) // BATCH)):
            async with self._sending:
                self._under_way = [self._waiting.popleft() for _ in range(min(BATCH, len(self._waiting)))]
                try:
                    await self._hand_on(self._under_way)
                finally:
                    self._under_way = []

    async def _hand_on(self, waiting: list[_Waiting]) -> None:
        by_id = {each.id: each for each in waiting}

        def still(count: Count) -> bool:
            each = by_id[count.id]
            return not each.withdrawn and self._allowed(each.user_id)

        try:
            counts = await self._resolve(waiting)
        except Exception:
            self.lost += len(waiting)
            log.exception("counts were lost", extra={"count": len(waiting)})
            return
        for sink in self._sinks if counts else ():
            try:
                self.kept += await sink.send(counts, still)
            except Exception:  # a sink that fails must neither stop the others nor the bot
                self.lost += len(counts)
                log.exception("counts were lost", extra={"count": len(counts), "kind": type(sink).__name__})

    async def _resolve(self, waiting: list[_Waiting]) -> list[Count]:
        subjects = {user_id: await self._find(user_id) for user_id in {each.user_id for each in waiting}}
        return [
            Count(subject, each.event.value, each.props, each.day, each.id)
            for each in waiting
            if (subject := subjects[each.user_id]) is not None
        ]

    def __repr__(self) -> str:
        return f"<Counting, {len(self._waiting)} waiting>"


@contextlib.asynccontextmanager
async def open_analytics(
    sinks: Sequence[Sink],
    *,
    allowed: Callable[[int], bool],
    find: Callable[[int], Awaitable[UUID | None]],
    today: Callable[[], date],
) -> AsyncGenerator[Analytics]:
    """Count for *sinks* until the end of the block; without any, count nothing. Arguments are those of `Counting`."""
    if not sinks:
        yield NoAnalytics()
        return
    counting = Counting(sinks, allowed=allowed, find=find, today=today)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(counting.run(), name="analytics")
        try:
            yield counting
        finally:
            counting.close()
            await asyncio.wait({running}, timeout=END_S)
            running.cancel()
