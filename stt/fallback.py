"""Two engines, one behind the other: what the first cannot do, the second does.

    transcribe -> first (a speech server, a cluster) -> words
                    | fails
                    v
                  second (processes of our own) -> words      and for a while everything goes there at once
    watch      -> every few seconds, while the first is away: is it back?

The samples stay in the speaker's ring until an engine has answered, so a failed attempt loses nothing but time.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final, Protocol, Self

import numpy as np

from stt.audio import MAX_PACKET_SAMPLES, RATE_HZ, Ring, Utterance
from stt.engine import NO_HINTS, EngineUnavailable, Hints, SpeechError, Transcriber, Words

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from types import TracebackType

    from stt.engine import Window

    class Engine(Transcriber, AbstractAsyncContextManager[object], Protocol):
        """A transcriber that must be entered."""


log = logging.getLogger(__name__)

LOOK_S: Final = 10.0
"""How often a first engine that is away is looked for."""


class Fallback:
    """A `Transcriber` of two. Use it as an async context manager.

    Entering needs the second engine; the first may come later.

    Attributes:
        away: Whether the first is not used just now.
        fell_back: Utterances that the second did because the first could not.

    Raises:
        EngineUnavailable: If the second cannot start.
    """

    def __init__(self, first: Engine, second: Engine, *, look_s: float = LOOK_S) -> None:
        self._first, self._second = first, second
        self._look_s = look_s
        self._entered = False
        self._down = asyncio.Event()
        self._stack = AsyncExitStack()
        self.fell_back = 0

    @property
    def away(self) -> bool:
        """Whether the first is not used just now."""
        return self._down.is_set()

    @property
    def alive(self) -> bool:
        """Whether an utterance given now may get words, from whichever it is."""
        return bool(getattr(self._second, "alive", True)) or not self.away

    @property
    def restarts(self) -> int:
        """Processes of the own engine that were lost and started again."""
        return int(getattr(self._second, "restarts", 0))

    @property
    def failures(self) -> int:
        """Requests to the first engine that got no answer."""
        return int(getattr(self._first, "failures", 0))

    @property
    def workers(self) -> int:
        """Utterances that are recognised at the same time by whichever is used."""
        return (self._second if self.away else self._first).workers

    @property
    def window(self) -> Window:
        """What whichever is used computes for an utterance."""
        return (self._second if self.away else self._first).window

    async def __aenter__(self) -> Self:
        try:
            await self._stack.enter_async_context(self._second)
            await self._enter_first()
            tasks = await self._stack.enter_async_context(asyncio.TaskGroup())
            watch = tasks.create_task(self._watch(), name="speech server")
            self._stack.callback(watch.cancel)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # An error of the body's is not one of the watch's, whose group would wrap it.
        cancelled = kind is asyncio.CancelledError
        await self._stack.__aexit__(*((kind, error, trace) if cancelled else (None, None, None)))

    async def transcribe(self, utterance: Utterance, hints: Hints = NO_HINTS) -> Words:
        """Say what was said, as `Transcriber.transcribe`.

        Raises:
            AudioOverwritten: If the samples were gone when its turn came.
            TranscriptionFailed: If neither had words for it.
            EngineUnavailable: If neither will have any.
        """
        if not self.away:
            try:
                return await self._first.transcribe(utterance, hints)
            except SpeechError:
                self._down.set()
                log.warning("the speech server is away: the own engine takes over")
        self.fell_back += 1
        return await self._second.transcribe(utterance, hints)

    async def _enter_first(self) -> None:
        try:
            await self._stack.enter_async_context(self._first)
        except EngineUnavailable as away:
            if not self._entered:
                log.warning("the speech server is away: the own engine begins", extra={"reason": str(away)})
            self._down.set()
        else:
            self._entered = True

    async def _watch(self) -> None:
        while True:
            await self._down.wait()
            await asyncio.sleep(self._look_s)
            if not self._entered:
                # Away until it has proven itself: it may take a minute to load its model.
                await self._enter_first()
                if self._entered:
                    self._down.clear()
                continue
            with contextlib.suppress(SpeechError):
                await self._first.transcribe(_faint_noise())
                self._down.clear()
                log.info("the speech server is back")

    def renew(self) -> None:
        """Replace the processes of the own engine when they are idle, if it has any; see `stt.worker`."""
        renew = getattr(self._second, "renew", None)
        if renew is not None:
            renew()

    def __repr__(self) -> str:
        return f"<Fallback, {'second' if self.away else 'first'} in use>"


def _faint_noise() -> Utterance:
    """A second in which nobody speaks."""
    ring = Ring()
    noise = np.random.default_rng(0).integers(-8, 9, RATE_HZ, dtype=np.int16)
    for at in range(0, RATE_HZ, MAX_PACKET_SAMPLES):
        ring.write(noise[at : at + MAX_PACKET_SAMPLES])
    return Utterance(0, 0.0, 1.0, ring, 0, RATE_HZ)
