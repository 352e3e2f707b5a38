"""The processes of one bot: which of them serve which servers now, and what became of those that died.

    start           a lease for each shard of ours, or the start is refused: somebody else serves it
    every 5 s       our leases are kept; a shard that nobody has kept for `LIFE` and longer is nobody's
    nobody's        its messages on Discord are taken down by whoever is left, within a minute of its process's death
    lost            somebody else got a shard of ours, because we stood still for too long: we end

Leases lie in PostgreSQL and are told the time by it, so processes need not agree about it. With files there is one
process, which the lock of `bot.shards` sees to, and nothing here is asked for or kept.

Two things besides are done by one process at a time: registering the commands, and identifying to Discord, which wants
to see one shard of each of its lanes in 5 seconds, in whatever process it is.
"""

from __future__ import annotations

import asyncio
import logging
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

from sqlalchemy import func, select

from bot.errors import StartRefused
from storage.errors import LeaseLost, StorageError
from storage.lease import Leases
from storage.models import Lease

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Collection, Mapping

    from sqlalchemy.ext.asyncio import AsyncConnection

    from bot.clock import Clock
    from bot.shards import Shards
    from storage.database import Database
    from storage.lease import Held

LIFE: Final = timedelta(seconds=20)
"""How long after its last word a process is taken for dead."""

EVERY_S: Final = 5.0
"""How often a process says that it lives."""

LOOKS: Final = 3
"""So often in a row a shard must be seen without a process: after a failure of the database all come back at once."""

REGISTERED: Final = timedelta(seconds=60)
"""Processes that start together within this time register the commands once."""

LANE: Final = timedelta(seconds=5.5)
"""How far apart shards of one lane identify. Source: Discord's documentation, "Gateway", "Session Start Limit": 5 s."""

_PREFIX = "shard "
_ASK_S = 0.25

log = logging.getLogger(__name__)


class Siblings:
    """This process among those of one bot."""

    def __init__(
        self,
        content: Database,
        shards: Shards,
        holders: Mapping[int, UUID],
        clock: Clock,
        *,
        life: timedelta = LIFE,
        lane: timedelta = LANE,
    ) -> None:
        """Take where leases are and which shards are ours.

        Args:
            content: The database that all share.
            shards: Ours.
            holders: Under which id each of them is held, from `Shards.sole`.
            clock: What tells the time where the database does not.
            life: See `LIFE`.
            lane: See `LANE`.
        """
        self.shards = shards
        self._content = content
        self._clock = clock
        self._life = life
        self._lane = lane
        self._leases = {shard: Leases(content, life=life, owner=holder) for shard, holder in holders.items()}
        self._registering = Leases(content, life=REGISTERED, owner=holders[shards.ids[0]])
        self._held: dict[int, Held] = {}
        self._gone: dict[int, int] = {}

    @property
    def alone(self) -> bool:
        """Whether there can be no other process: the databases are files."""
        return self._content.is_sqlite

    async def take(self) -> None:
        """Get the lease of each shard of ours, as soon as whoever had it is taken for dead.

        Raises:
            StartRefused: If somebody else keeps one, or the servers are split otherwise just now.
            StorageError: If the database does not do it.
        """
        if self.alone:
            return
        give_up = asyncio.get_running_loop().time() + self._life.total_seconds() + EVERY_S
        try:
            await self._same_split()
            for shard in self._leases:
                self._held[shard] = await self._take(shard, give_up)
        except BaseException:
            await self.leave()
            raise

    async def _take(self, shard: int, give_up: float) -> Held:
        while (held := await self._leases[shard].acquire(self._name(shard), now=await self._now())) is None:
            if asyncio.get_running_loop().time() >= give_up:
                raise StartRefused(
                    f"Another process serves shard {shard} of {self.shards.total}: stop that one first, or set"
                    " SKILLRALLY_SHARD_IDS as docs/scaling-out.md says."
                )
            await asyncio.sleep(_ASK_S)
        return held

    async def beat(self) -> frozenset[int]:
        """Keep what is ours, and return the shards that nobody serves, seen `LOOKS` times in a row.

        Raises:
            LeaseLost: If somebody else serves a shard of ours now.
            StorageError: If the database does not do it.
        """
        if self.alone:
            return frozenset()
        async with self._content.write() as connection:
            now = await self._told(connection)
            for shard, held in self._held.items():
                await self._leases[shard].keep(connection, held, now=now)
            served = {shard for total, shard in await self._served(connection, now) if total == self.shards.total}
        self._gone = {shard: self._gone.get(shard, 0) + 1 for shard in range(self.shards.total) if shard not in served}
        return frozenset(shard for shard, seen in self._gone.items() if seen >= LOOKS)

    def unsure(self) -> None:
        """The database did not answer: who is gone must be seen anew."""
        self._gone.clear()

    async def leave(self) -> None:
        """Let others have our shards at once."""
        held, self._held = self._held, {}
        try:
            for shard, lease in held.items():
                await self._leases[shard].release(lease, now=await self._now())
        except StorageError:
            log.warning("others must wait until this process is taken for dead", exc_info=True)

    async def may_register(self, form: str) -> bool:
        """Whether this process is to register the commands; another one does, or just did, if not.

        *form* tells those of one version of the program from another's: at most 16 letters.

        Raises:
            StorageError: If the database does not do it.
        """
        if not self.shards.split:
            return True
        return await self._registering.acquire(f"commands {form}", now=await self._now()) is not None

    async def before_identify(self, shard: int, lanes: int) -> None:
        """Wait until a shard may identify; *lanes* is Discord's `max_concurrency`."""
        # Nobody's for longer than it lasts, and not to be got twice by one process either.
        lane = Leases(self._content, life=self._lane, owner=uuid4())
        try:
            while await lane.acquire(f"identify {shard % max(1, lanes)}", now=await self._now()) is None:  # noqa: ASYNC110 - other processes tell nobody
                await asyncio.sleep(_ASK_S)
        except StorageError:
            log.warning("other processes cannot be asked when to identify", exc_info=True)
            await asyncio.sleep(self._lane.total_seconds())

    async def _same_split(self) -> None:
        async with self._content.read() as connection:
            served = await self._served(connection, await self._told(connection))
        other = sorted({total for total, _ in served} - {self.shards.total})
        if other:
            raise StartRefused(
                f"Another process runs with SKILLRALLY_SHARDS={other[0]}: stop all of them before you change it."
            )

    async def _served(self, connection: AsyncConnection, now: datetime) -> list[tuple[int, int]]:
        """Of each shard that somebody serves, how many there are and its number."""
        found = await connection.execute(
            select(Lease.name).where(Lease.name.startswith(_PREFIX), Lease.expires_at > now)
        )
        split = [name.removeprefix(_PREFIX).split(" of ") for name in found.scalars()]
        return [(int(total), int(shard)) for shard, total in split]

    def _name(self, shard: int) -> str:
        return f"{_PREFIX}{shard} of {self.shards.total}"

    async def _now(self) -> datetime:
        async with self._content.read() as connection:
            return await self._told(connection)

    async def _told(self, connection: AsyncConnection) -> datetime:
        if self.alone:
            return self._clock.now()
        told: datetime = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
        return told

    def __repr__(self) -> str:
        return f"<Siblings, {len(self._held)} shards of {self.shards.total}>"


@asynccontextmanager
async def beating(
    siblings: Siblings,
    *,
    take_over: Callable[[Collection[int]], Awaitable[bool]],
    lost: Callable[[], None],
    every_s: float = EVERY_S,
) -> AsyncGenerator[None]:
    """For the length of the block, say that this process lives, and take over from those that do not.

    Args:
        siblings: This process, which has its shards.
        take_over: Takes down what shards left that nobody serves; whether nothing of theirs is left.
        lost: Called once if somebody else serves a shard of ours.
        every_s: See `EVERY_S`.
    """
    if siblings.alone:
        yield
        return
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(_beat_on(siblings, take_over, lost, every_s), name="siblings")
        try:
            yield
        finally:
            task.cancel()


async def _beat_on(
    siblings: Siblings,
    take_over: Callable[[Collection[int]], Awaitable[bool]],
    lost: Callable[[], None],
    every_s: float,
) -> None:
    heir = _Heir(take_over)
    async with asyncio.TaskGroup() as tasks:
        inheriting = tasks.create_task(heir.go_on(), name="taking over")
        try:
            while True:
                try:
                    heir.look(await siblings.beat())
                except LeaseLost:
                    log.error("another process serves shards of this one: this one ends")  # noqa: TRY400 - says it all
                    lost()
                    return
                except StorageError:
                    siblings.unsure()
                    log.warning("other processes cannot be told that this one lives", exc_info=True)
                except Exception:
                    # A mistake in watching must not end the interviews that run.
                    log.exception("watching other processes has a fault")
                await asyncio.sleep(every_s)
        finally:
            inheriting.cancel()


class _Heir:
    """Takes down what dead processes left, beside the beat: Discord may take longer than a lease lives.

    Args:
        take_over: See `beating`.
    """

    def __init__(self, take_over: Callable[[Collection[int]], Awaitable[bool]]) -> None:
        self._take_over = take_over
        self._gone: frozenset[int] = frozenset()
        self._done: frozenset[int] = frozenset()
        self._more = asyncio.Event()

    def look(self, gone: frozenset[int]) -> None:
        """These shards are nobody's now."""
        self._gone = gone
        self._done &= gone
        if gone - self._done:
            self._more.set()

    async def go_on(self) -> None:
        """Take over, one after the other, until cancelled; what could not be taken down is tried at the next look."""
        while True:
            await self._more.wait()
            self._more.clear()
            left = self._gone - self._done
            try:
                if left and await self._take_over(left):
                    self._done |= left & self._gone
                    log.info("what a process left that died is taken down", extra={"count": len(left)})
            except StorageError:
                log.warning("what a process left that died cannot be told now", exc_info=True)
            except Exception:
                # A mistake in taking over must not end the interviews that run.
                log.exception("taking over from other processes has a fault")
