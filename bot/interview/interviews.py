"""Every running interview, each with an owner: one in a server at a time, none able to pull down another."""

from __future__ import annotations

import asyncio
import logging
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Self

from bot.errors import InterviewRunning, Restarting
from bot.interview.drafts import Drafts
from bot.interview.session import Interview, Stopped

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable
    from types import TracebackType

    from bot.clock import Clock
    from bot.interview.course import Plan
    from bot.interview.drafts import Draft
    from bot.interview.session import Hearing, Room
    from config.questions import Bank, Question

log = logging.getLogger(__name__)

TICK_S = 15.0
"""How often drafts whose time is up are looked for."""


class Interviews:
    """The interviews of this process; an async context manager that ends them all when it is left.

    Attributes:
        drafts: What was said in interviews that are over, for a while.
    """

    def __init__(
        self,
        *,
        hearing: Hearing,
        clock: Clock,
        on_idle: Callable[[], None] | None = None,
        on_ended: Callable[[Draft], Awaitable[None]] | None = None,
    ) -> None:
        """Prepare for interviews.

        Args:
            hearing: What they hear with.
            clock: The machine's, or a test's.
            on_idle: Called when the last one that ran has ended.
            on_ended: Called with what was said, whenever one has ended.
        """
        self._on_idle = on_idle
        self._on_ended = on_ended
        self._hearing = hearing
        self._clock = clock
        self._by_guild: dict[int, Interview] = {}
        self._starting: set[int] = set()
        self._stack = AsyncExitStack()
        self._tasks: asyncio.TaskGroup | None = None
        self._closing = asyncio.Event()
        self._ended = asyncio.Event()
        self.drafts = Drafts(clock=clock.monotonic_s)

    async def __aenter__(self) -> Self:
        self._tasks = await self._stack.enter_async_context(asyncio.TaskGroup())
        self._tasks.create_task(self._forget_drafts(), name="drafts")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._closing.set()
        for interview in self.running:
            interview.stop(Stopped.SHUTDOWN)
        try:
            await self._stack.__aexit__(kind, error, traceback)
        finally:
            self.drafts.clear()

    @property
    def running(self) -> tuple[Interview, ...]:
        """Those that run now."""
        return tuple(self._by_guild.values())

    def of(self, guild_id: int) -> Interview | None:
        """The interview that runs in this server."""
        return self._by_guild.get(guild_id)

    def get(self, interview_id: str) -> Interview | None:
        """The running interview of this id."""
        return next((i for i in self.running if i.interview_id == interview_id), None)

    def check(self, guild_id: int) -> None:
        """Whether one could begin there now.

        Raises:
            Restarting: If the bot is about to end.
            InterviewRunning: If this server has one already.
        """
        if self._closing.is_set():
            raise Restarting
        if guild_id in self._by_guild:
            raise InterviewRunning

    async def start(
        self,
        *,
        guild_id: int,
        channel_id: int,
        host_id: int,
        room: Room,
        plan: Plan | None = None,
        bank: Bank | None = None,
        own: Iterable[Question] = (),
        keep_to: Callable[[Interview], None] | None = None,
    ) -> Interview:
        """Open an interview and let it run.

        Args:
            guild_id: The server.
            channel_id: Its voice channel.
            host_id: Who may end it.
            room: How to reach it.
            plan: What was agreed.
            bank: The questions to choose from.
            own: The server's own questions.
            keep_to: Has it keep to the server's rules, before anything of it is posted.

        Raises:
            InterviewRunning: If this server has one already.
            CannotJoin: If the channel cannot be joined.
            BoardGone: If the channel vanished.
            BoardRefused: If the notice cannot be posted.
            BoardBusy: If Discord did not manage just now.
            Restarting: If the bot is about to end.
        """
        if self._closing.is_set():
            raise Restarting
        if guild_id in self._by_guild or guild_id in self._starting:
            raise InterviewRunning
        if self._tasks is None:
            msg = "interviews can start only while the application runs"
            raise RuntimeError(msg)
        self._starting.add(guild_id)
        try:
            interview = Interview(
                room=room,
                guild_id=guild_id,
                channel_id=channel_id,
                host_id=host_id,
                hearing=self._hearing,
                clock=self._clock,
                plan=plan,
                bank=bank,
                own=own,
            )
            if keep_to is not None:
                keep_to(interview)
            await interview.open()
        finally:
            self._starting.discard(guild_id)
            self._ended.set()
        self._by_guild[guild_id] = interview
        self._tasks.create_task(self._run(guild_id, interview), name="interview")
        if self._closing.is_set():
            interview.stop(Stopped.SHUTDOWN)
        return interview

    def ending(self, user_id: int) -> Draft | None:
        """The draft of an interview of this person's that was stopped, while its last words are still written down."""
        return next((i.draft for i in self.running if i.stopped is not None and user_id in i.draft.names), None)

    async def written(self, draft: Draft) -> None:
        """Wait until a draft's interview is over, and nothing more comes to it."""
        while any(interview.draft is draft for interview in self.running):
            self._ended.clear()
            await self._ended.wait()

    def cut_short(self) -> None:
        """Wait for nobody's last words any more; what stands on Discord is still deleted."""
        for interview in self.running:
            interview.pipeline.close()

    async def end_all(self, why: Stopped = Stopped.SHUTDOWN) -> None:
        """Stop every interview and wait until each has left nothing behind, those too that are just being opened."""
        self._closing.set()
        for interview in self.running:
            interview.stop(why)
        while self._by_guild or self._starting:
            self._ended.clear()
            await self._ended.wait()

    def destroy(self, guild_id: int) -> bool:
        """End a server's interview and forget all that was said in it, at once; whether one ran."""
        interview = self._by_guild.get(guild_id)
        if interview is None:
            return False
        draft = interview.draft
        for user_id in {*draft.names, *(snippet.speaker_id for snippet in draft.snippets)}:
            interview.dismiss(user_id, forget_words=True)
        draft.questions.clear()
        interview.stop(Stopped.MODERATOR)
        return True

    def withdraw(self, user_id: int) -> None:
        """Hear this person nowhere any more, and forget her words that nobody saved."""
        for interview in self.running:
            interview.dismiss(user_id, forget_words=True)
        self.drafts.remove(user_id)

    def erase(self, user_id: int) -> None:
        """Withdraw this person, and forget that she took part or began anything: her account is being deleted."""
        for interview in self.running:
            interview.erase(user_id)
        self.drafts.erase(user_id)

    def hide(self, user_id: int) -> None:
        """Show this person's words nowhere any more; they are still heard."""
        for interview in self.running:
            interview.hide(user_id)

    async def _run(self, guild_id: int, interview: Interview) -> None:
        try:
            await interview.run()
        except Exception:  # its siblings in the task group go on
            log.exception("an interview failed")
        finally:
            self._by_guild.pop(guild_id, None)
            interview.draft.begun_by, interview.draft.channel_id = interview.begun_by, interview.channel_id
            interview.draft.attended, interview.draft.lasted_s = interview.attendance.seconds(), interview.now_s()
            self.drafts.keep(interview.draft)
            self._ended.set()
            if not self._by_guild and not self._closing.is_set() and self._on_idle is not None:
                self._on_idle()
        if self._on_ended is not None:
            try:
                await self._on_ended(interview.draft)
            except Exception:  # its siblings in the task group go on
                log.exception("the end of an interview was not noted")

    async def _forget_drafts(self) -> None:
        while not self._closing.is_set():
            self.drafts.tick()
            try:
                async with asyncio.timeout(TICK_S):
                    await self._closing.wait()
            except TimeoutError:
                continue
