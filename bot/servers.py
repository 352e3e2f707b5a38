"""What servers allow: who may start and join interviews there, where and for how long.

    /interview start -> may_start  -> a Refusal, or the settings and how long it may last at most
    /interview join  -> may_join   -> a Refusal, or the settings
    an interview is over -> practised   minutes of the day, for quotas; when its channel may have the next one
    the bot left a server -> left -> purge, at once; what could not be deleted is tried again at each tick
    every ten minutes -> look -> servers that it was put out of while it was off, after a day

Nothing here says a sentence: `cogs.rules` does. When settings cannot be read, nothing is allowed: the error goes up.
"""

from __future__ import annotations

import enum
import logging
from dataclasses import dataclass
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Final

from storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Collection
    from datetime import datetime

    from bot.clock import Clock
    from bot.interview.drafts import Draft
    from bot.interview.session import Interview
    from bot.stores import Stores
    from storage.blocks import Why as WhyBlocked
    from storage.guilds import GuildSettings
    from storage.queue import Changed

LOOK_EVERY: Final = timedelta(minutes=10)
"""How often it is put down in which servers the bot is."""

log = logging.getLogger(__name__)


class Why(enum.StrEnum):
    """Why somebody may not."""

    BLOCKED = "blocked"
    CHANNEL = "channel"
    ROLE = "role"
    COOLDOWN = "cooldown"
    PERSON_MINUTES = "person-minutes"
    SERVER_MINUTES = "server-minutes"
    INTERVIEWS = "interviews"


@dataclass(frozen=True, slots=True)
class Refusal:
    """Somebody may not, and why.

    Attributes:
        why: Which rule.
        until: When it no longer holds; None if somebody has to change it.
        limit: The number that is used up, for quotas.
        blocked: For what somebody is blocked.
    """

    why: Why
    until: datetime | None = None
    limit: int = 0
    blocked: WhyBlocked | None = None


@dataclass(frozen=True, slots=True)
class Allowed:
    """Somebody may.

    Attributes:
        settings: The server's.
        most_s: How long an interview may last; None for no limit.
    """

    settings: GuildSettings
    most_s: float | None = None


class Servers:
    """The rules of the servers that the bot is in."""

    def __init__(self, stores: Stores, clock: Clock) -> None:
        self._guilds = stores.guilds
        self._blocks = stores.blocks
        self._trail = stores.trail
        self._questions = stores.questions
        self._queue = stores.queue
        self._whereabouts = stores.whereabouts
        self._clock = clock
        # Where and when interviews ended. A bot that is started anew has forgotten it, and lets one begin too soon.
        self._ended: dict[tuple[int, int], datetime] = {}
        self._left: set[int] = set()
        self._gone: set[int] = set()
        self._announce: Callable[[Changed], Awaitable[None]] | None = None

    def announces_with(self, announce: Callable[[Changed], Awaitable[None]]) -> None:
        """Have *announce* take down offers of a queue that is deleted."""
        self._announce = announce

    async def may_start(
        self, guild_id: int, channel_id: int, user_id: int, *, roles: Collection[int], runs_it: bool
    ) -> Allowed | Refusal:
        """Whether somebody may start an interview in this voice channel now.

        Args:
            guild_id: In which server.
            channel_id: In which voice channel of it.
            user_id: Who.
            roles: The ids of their roles there.
            runs_it: Whether they manage or moderate the server: then they need no role.

        Raises:
            StorageError: If it cannot be told.
        """
        settings, now = await self._guilds.of(guild_id), self._clock.now()
        if (blocked := await self._blocks.of(guild_id, user_id, at=now)) is not None:
            return Refusal(Why.BLOCKED, blocked[1], blocked=blocked[0])
        if not settings.allows(channel_id):
            return Refusal(Why.CHANNEL)
        if settings.host_role is not None and settings.host_role not in roles and not runs_it:
            return Refusal(Why.ROLE)
        over = self._ended.get((guild_id, channel_id))
        if over is not None and now < (again := over + timedelta(minutes=settings.cooldowns.get(channel_id, 0))):
            return Refusal(Why.COOLDOWN, again)
        return await self._within_quotas(guild_id, user_id, settings, now)

    async def may_join(self, guild_id: int, user_id: int) -> Allowed | Refusal:
        """Whether somebody may take part in an interview here now.

        Raises:
            StorageError: If it cannot be told.
        """
        settings, now = await self._guilds.of(guild_id), self._clock.now()
        if (blocked := await self._blocks.of(guild_id, user_id, at=now)) is not None:
            return Refusal(Why.BLOCKED, blocked[1], blocked=blocked[0])
        if settings.person_minutes is not None:
            used = await self._trail.used(guild_id, user_id, at=now)
            if used.seconds >= settings.person_minutes * 60:
                return Refusal(Why.PERSON_MINUTES, _tomorrow(now), settings.person_minutes)
        return Allowed(settings)

    async def _within_quotas(
        self, guild_id: int, user_id: int, settings: GuildSettings, now: datetime
    ) -> Allowed | Refusal:
        limits = (settings.person_minutes, settings.server_minutes, settings.person_interviews)
        if limits == (None, None, None):
            return Allowed(settings)
        used = await self._trail.used(guild_id, user_id, at=now)
        if settings.person_interviews is not None and used.begun >= settings.person_interviews:
            return Refusal(Why.INTERVIEWS, _tomorrow(now), settings.person_interviews)
        left: list[float] = []
        for why, minutes, seconds in (
            (Why.PERSON_MINUTES, settings.person_minutes, used.seconds),
            (Why.SERVER_MINUTES, settings.server_minutes, used.server_seconds),
        ):
            if minutes is not None:
                left.append(minutes * 60.0 - seconds)
                if left[-1] <= 0:
                    return Refusal(why, _tomorrow(now), minutes)
        return Allowed(settings, min(left, default=None))

    @staticmethod
    def keep_to(interview: Interview, settings: GuildSettings, *, most_s: float | None) -> None:
        """Have an interview that began end in time, and what is said in it be kept no longer than the server wants."""
        interview.ends_after_s = most_s
        if settings.draft_minutes is not None:
            interview.draft.kept_s = settings.draft_minutes * 60.0

    async def practised(self, draft: Draft) -> None:
        """Count an interview that is over, for everybody who took part and for whoever began it.

        Of a server that the bot was put out of meanwhile nothing is counted: what was kept of it is deleted.

        Raises:
            StorageError: If it could not be put down.
        """
        if draft.guild_id in self._gone:
            return
        now = self._clock.now()
        self._ended[draft.guild_id, draft.channel_id] = now
        seconds = {user_id: round(seconds) for user_id, seconds in draft.attended.items()}
        await self._trail.practised(
            draft.guild_id, seconds, lasted=round(draft.lasted_s), began=draft.begun_by or None, at=now
        )

    async def purge(self, guild_id: int) -> dict[str, int]:
        """Delete everything that is kept of a server, and return how many rows of each table.

        What its members saved is theirs, and stays. What its feedback used this month stays as well, or purging would
        be a way to use it twice.

        Raises:
            StorageError: If it could not be done as a whole; doing it again finishes it.
        """
        waiting, changed = await self._queue.forget_guild(guild_id)
        rows = {"queue_entry": waiting, "guild_question": await self._questions.forget_guild(guild_id)}
        rows["block"] = await self._blocks.forget_guild(guild_id)
        rows |= await self._trail.forget_guild(guild_id)
        rows["guild_setting"] = await self._guilds.forget(guild_id)
        self._ended = {key: at for key, at in self._ended.items() if key[0] != guild_id}
        if self._announce is not None:
            await self._announce(changed)
        return rows

    async def look(self, there: Collection[int], *, ours: Callable[[int], bool]) -> int:
        """Delete what is kept of servers that the bot was put out of while it was off; how many those were.

        Args:
            there: The ids of all servers that it is in and this process serves, each of which Discord has named.
            ours: Whether a server is served by this process.

        Raises:
            StorageError: If it could not be done; the next look does.
        """
        looked = await self._whereabouts.look(there, ours=ours, at=self._clock.now())
        for guild_id in looked.left:
            await self._forget(guild_id)
        if looked.left:
            log.warning("the bot was put out of servers while it was off", extra={"count": len(looked.left)})
        return len(looked.left)

    async def _forget(self, guild_id: int) -> None:
        await self.purge(guild_id)
        await self._whereabouts.forget(guild_id)  # last: whatever fails before is found by it

    async def left(self, guild_id: int) -> None:
        """The bot is no longer in a server: delete what is kept of it, now or at the next tick."""
        self._left.add(guild_id)
        self._gone.add(guild_id)
        try:
            await self.sweep(self._clock.now())
        except StorageError:
            log.warning("what is kept of a server that the bot left is deleted later", exc_info=True)

    def returned(self, guild_id: int) -> None:
        """The bot is in a server again: what is kept of it from now on stays."""
        self._left.discard(guild_id)
        self._gone.discard(guild_id)

    async def sweep(self, _now: datetime) -> int:
        """Delete what is kept of servers that the bot left; how many those were.

        Raises:
            StorageError: If something could not be deleted; the next time it is tried again.
        """
        done = 0
        for guild_id in list(self._left):
            await self._forget(guild_id)
            self._left.discard(guild_id)
            done += 1
        return done

    def __repr__(self) -> str:
        return "<Servers>"


def _tomorrow(now: datetime) -> datetime:
    """When the next day begins, in UTC."""
    return (now.astimezone(UTC) + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
