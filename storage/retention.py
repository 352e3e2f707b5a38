"""Deletes what is due. The rows say what that is; whoever calls `tick` is only a clock.

    tick
      lease            one process at a time; the token is compared in every transaction
      clock            a clock that jumped deletes nothing until it is believed again
      for each rule    count what is due -> breaker -> batches of 200, each one transaction
      retention_run    what was deleted, counted in the same transactions, so exactly once

A rule is made for every table with `expires_at`, so a new one is cleaned up from its first day. Repeating is harmless
and nothing is remembered between ticks but rows, so a process that was killed, or was off for a day, has nothing to
catch up with but what is due.

Two things hold back a mistake. The *clock guard*: five minutes backwards, or two days forwards, since the last tick or
the last stored run, and nothing is deleted until the clock has come back or somebody vouches for it: the *witness*,
who knows the time from elsewhere (Discord), or the operator. The *breaker*: more than 50 rows and more than a fifth of
a table at once is believed only when another tick, ten minutes later at least, sees it too.

What people ask to be erased does not come by here, so neither of them ever holds it back.
"""

from __future__ import annotations

import logging
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal, Protocol
from uuid import uuid4

from sqlalchemy import delete, func, insert, select, tuple_, update

from storage.errors import DatabaseBusy, LeaseLost, StorageError
from storage.lease import Leases
from storage.models import Content, Keyring, Lease, LiveMessage, Offer, Request, RetentionRun

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import ColumnElement, Table
    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.database import Database, Databases
    from storage.lease import Held

BATCH: Final = 200
"""Rows that one transaction deletes: others wait for it no longer than some milliseconds."""

LEASE_LIFE: Final = timedelta(minutes=5)
"""How long after its last transaction a process is taken for dead."""

BACKWARDS: Final = timedelta(minutes=5)
"""How far a clock may be set back before it is not believed."""

AHEAD: Final = timedelta(hours=48)
"""How far it may have gone forwards, or the bot been off, before it is not believed without a witness."""

AGREEMENT: Final = timedelta(minutes=10)
"""How much later another tick must see what tripped the breaker."""

BREAKER_ROWS: Final = 50
BREAKER_SHARE: Final = 0.2

OVERDUE: Final = timedelta(hours=26)
"""How long ago the last success may be."""

REQUEST_LIFE: Final = timedelta(days=365)
"""How long an answered request is kept, to show that it was."""

RUN_LIFE: Final = timedelta(days=90)
_COMPACTED: Final = timedelta(days=1)

log = logging.getLogger(__name__)


class Clock(Protocol):
    """What tells the time."""

    def monotonic_s(self) -> float:
        """Seconds that only grow."""
        ...

    def now(self) -> datetime:
        """An aware UTC datetime, which may jump."""
        ...


@dataclass(frozen=True, slots=True)
class Rule:
    """What of one table is due.

    Attributes:
        table: The table.
        due: Whether a row is due at a moment.
        keyring: Whether it lies in the keyring.
    """

    table: Table
    due: Callable[[datetime], ColumnElement[bool]]
    keyring: bool = False

    @property
    def name(self) -> str:
        """The table's name."""
        return self.table.name


def _rules() -> tuple[Rule, ...]:
    # A lease that expired still carries the token. Captions and offers are deleted from Discord first, see `others`.
    apart = {Lease.__tablename__, LiveMessage.__tablename__, Offer.__tablename__}
    rules: list[Rule] = []
    for metadata, keyring in ((Content.metadata, False), (Keyring.metadata, True)):
        for table in metadata.sorted_tables[::-1]:  # what points to others goes before them
            if "expires_at" in table.c and table.name not in apart:
                expires_at = table.c.expires_at
                rules.append(Rule(table, lambda now, expires_at=expires_at: expires_at <= now, keyring))
    request, run, offer = (Content.metadata.tables[each.__tablename__] for each in (Request, RetentionRun, Offer))
    rules += [
        # Only of which nobody takes care. A bot that was off comes here before it is connected, and then still knows
        # what to take down: after more than `AHEAD`, its clock is not believed before it is.
        Rule(offer, lambda now: offer.c.expires_at <= now - AHEAD),
        Rule(request, lambda now: request.c.closed_at <= now - REQUEST_LIFE),
        Rule(run, lambda now: run.c.started_at <= now - RUN_LIFE),
    ]
    return tuple(rules)


RULES: Final = _rules()
"""Every table that rows leave by themselves; those that point to others first."""

Pause = Literal["", "backwards", "ahead"]
"""Why a clock is not believed."""


@dataclass(frozen=True, slots=True)
class Report:
    """What one tick did.

    Attributes:
        deleted: How many rows of each table.
        held: How many of each the breaker held back.
        paused: Why nothing was deleted by time; empty if the clock was believed.
        elsewhere: Whether another process has the lease, so that nothing was done here.
        lost: Whether another process took the lease in the middle.
    """

    deleted: Mapping[str, int] = field(default_factory=dict[str, int])
    held: Mapping[str, int] = field(default_factory=dict[str, int])
    paused: Pause = ""
    elsewhere: bool = False
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Health:
    """Whether what is due has been deleted lately.

    Attributes:
        ok: Whether it has.
        reason: What is wrong, in words; empty if nothing is.
        last_success: When a run last came to its end; None if none ever did.
    """

    ok: bool
    reason: str
    last_success: datetime | None


class Retention:
    """Deletes what is due in one installation.

    Attributes:
        deleted: How many rows by which rule since the start.
    """

    def __init__(
        self,
        databases: Databases,
        *,
        clock: Clock,
        witness: Callable[[], datetime | None] | None = None,
        others: Mapping[str, Callable[[datetime], Awaitable[int]]] | None = None,
        batch: int = BATCH,
        lease_life: timedelta = LEASE_LIFE,
    ) -> None:
        """Take the databases and a clock.

        Args:
            databases: Content and keyring.
            clock: Asked once for each transaction.
            witness: Another source of the time, if it knows it; it makes a clock believed that jumped.
            others: By name, what else to do at each tick, returning how many were done: captions and offers that must
                be deleted from Discord, reminders of requests. Neither clock guard nor breaker holds these back.
            batch: Rows for each transaction.
            lease_life: How long after its last transaction another process may take over.
        """
        self._databases = databases
        self._clock = clock
        self._witness = witness
        self._others = dict(others or {})
        self._batch = batch
        self._leases = Leases(databases.content, life=lease_life)
        self._last: tuple[datetime, float] | None = None
        self._paused: Pause = ""
        self._since: datetime | None = None
        self._trusted = False
        self._compacted: float | None = None
        self.deleted: Counter[str] = Counter()

    async def tick(self) -> Report:
        """Do what is due now, unless another process is at it.

        Raises:
            DatabaseFailed: If a database does not do it; the next tick will.
        """
        now = self._clock.now()
        held = await self._leases.acquire("retention", now=now)
        if held is None:
            return Report(elsewhere=True)
        done: Counter[str] = Counter()
        held_back: dict[str, int] = {}
        try:
            # Before the clock is looked at: what stands on Discord goes whatever the time is.
            failed = await self._do_others(now, done)
            now = self._clock.now()  # that may have taken a while
            self._paused = await self._doubt(now)
            if self._paused:
                log.error("the clock jumped: nothing is deleted by time", extra={"state": self._paused})
            else:
                await self._run(held, now, done, held_back, failed=failed)
            await self._leases.release(held, now=self._clock.now())
        except LeaseLost:
            log.warning("another process took over")
            return Report(dict(done), held_back, lost=True)
        finally:
            self.deleted.update({rule.name: done[rule.name] for rule in RULES})
        await self._compact(deleted=any(done[rule.name] for rule in RULES))
        return Report(dict(done), held_back, paused=self._paused)

    def trust_clock(self) -> None:
        """Believe the clock at the next tick, whatever it says; for an operator who has looked at it."""
        self._trusted = True

    async def due(self) -> dict[str, int]:
        """How many rows of each table are due by time now; nothing is deleted."""
        now = self._clock.now()
        return {rule.name: (await self._due(rule, now)).rows for rule in RULES}

    async def health(self) -> Health:
        """Whether the last success is recent."""
        now = self._clock.now()
        last = await self._last_success()
        if self._paused:
            return Health(ok=False, reason=f"the clock went {self._paused}: look at it", last_success=last)
        if last is None or now - last > OVERDUE:
            return Health(ok=False, reason="nothing was deleted by time for more than 26 hours", last_success=last)
        return Health(ok=True, reason="", last_success=last)

    async def _run(
        self, held: Held, now: datetime, done: Counter[str], held_back: dict[str, int], *, failed: bool
    ) -> None:
        before = await self._held_before(now)
        run = await self._begin(held, now)
        for rule in RULES:
            due = await self._due(rule, now)
            if due.tripped and rule.name not in before:
                held_back[rule.name] = due.rows
            elif due.rows:
                await self._delete(rule, held, run, now, done)
        await self._end(held, run, held_back, done, complete=not failed)
        if held_back:
            log.error("more was due than is believed at once", extra={"count": sum(held_back.values())})

    # The clock

    async def _doubt(self, now: datetime) -> Pause:
        monotonic = self._clock.monotonic_s()
        stored = await self._last_success()
        seen = None if self._witness is None else self._witness()
        vouched = self._trusted or (seen is not None and abs(seen - now) <= BACKWARDS)
        if not vouched:
            pause = self._jump(now, monotonic, stored, seen)
            if pause:
                self._since = self._since or now
                return pause
        else:
            # What another clock wrote as later than now would make this one look set back for as long.
            async with self._databases.content.write() as connection:
                await connection.execute(delete(RetentionRun).where(RetentionRun.started_at > now))
        self._trusted = False
        # Only a believed time is remembered: the next tick is compared with this one.
        self._last = (now, monotonic)
        self._since = None
        return ""

    def _jump(self, now: datetime, monotonic: float, stored: datetime | None, seen: datetime | None) -> Pause:
        steps: list[timedelta] = []
        if stored is not None:
            # Time passes while the bot is off, so this one may only be too large.
            steps.append(now - stored)
        # Another process has believed this clock since it jumped here, because somebody vouched for it there.
        believed = stored is not None and self._since is not None and self._since <= stored <= now
        if self._last is not None and not believed:
            wall, then = self._last
            steps.append(now - wall - timedelta(seconds=monotonic - then))
        if any(step < -BACKWARDS for step in steps):
            return "backwards"
        if any(step > AHEAD for step in steps) or (seen is not None and now - seen > AHEAD):
            return "ahead"
        return ""

    async def _last_success(self) -> datetime | None:
        async with self._databases.content.read() as connection:
            found = await connection.execute(
                select(RetentionRun.finished_at)
                .where(RetentionRun.finished_at.is_not(None))
                .order_by(RetentionRun.started_at.desc())
                .limit(1)
            )
            return found.scalar_one_or_none()

    # The breaker

    async def _held_before(self, now: datetime) -> set[str]:
        """What the run before this one held back, if it was long enough ago to be a second opinion."""
        async with self._databases.content.read() as connection:
            found = await connection.execute(
                select(RetentionRun.counts)
                .where(RetentionRun.finished_at.is_not(None), RetentionRun.started_at <= now - AGREEMENT)
                .order_by(RetentionRun.started_at.desc())
                .limit(1)
            )
            counts: dict[str, Any] = found.scalar_one_or_none() or {}
        return set(counts.get("held", {}))

    async def _due(self, rule: Rule, now: datetime) -> _Due:
        async with self._database(rule).read() as connection:
            rows = (
                await connection.execute(select(func.count()).select_from(rule.table).where(rule.due(now)))
            ).scalar_one()
            if rows <= BREAKER_ROWS:
                return _Due(rows, tripped=False)
            total = (await connection.execute(select(func.count()).select_from(rule.table))).scalar_one()
        return _Due(rows, tripped=rows > max(BREAKER_ROWS, BREAKER_SHARE * total))

    # Deleting

    async def _delete(self, rule: Rule, held: Held, run: UUID, now: datetime, done: Counter[str]) -> None:
        key = [*rule.table.primary_key.columns]
        some = select(*key).where(rule.due(now)).limit(self._batch)
        chosen = key[0].in_(some) if len(key) == 1 else tuple_(*key).in_(some)
        while True:
            async with self._databases.content.write() as connection:
                await self._leases.keep(connection, held, now=self._clock.now())
                if rule.keyring:
                    # Another database, so another transaction, inside of ours: only the lease's holder is here.
                    async with self._databases.keyring.write() as beside:
                        gone = (await beside.execute(delete(rule.table).where(chosen))).rowcount
                else:
                    gone = (await connection.execute(delete(rule.table).where(chosen))).rowcount
                await _count(connection, run, rule.name, gone)
            done[rule.name] += gone
            if gone < self._batch:
                return

    async def _do_others(self, now: datetime, done: Counter[str]) -> bool:
        failed = False
        for name, do in self._others.items():
            try:
                done[name] += await do(now)
            except StorageError:
                failed = True
                log.warning("a part of retention failed", exc_info=True)
            except Exception as fault:  # noqa: BLE001 - whatever it is, the rest is due all the same
                failed = True
                log.error("a part of retention has a fault", extra={"error": type(fault).__name__})  # noqa: TRY400 - what went wrong there may name somebody
        return failed

    async def _begin(self, held: Held, now: datetime) -> UUID:
        run = uuid4()
        async with self._databases.content.write() as connection:
            await self._leases.keep(connection, held, now=now)
            await connection.execute(insert(RetentionRun).values(id=run, started_at=now, counts={}))
        return run

    async def _end(
        self, held: Held, run: UUID, held_back: dict[str, int], done: Counter[str], *, complete: bool
    ) -> None:
        counts: dict[str, Any] = {name: number for name, number in done.items() if number}
        if held_back:
            counts["held"] = held_back
        now = self._clock.now()
        async with self._databases.content.write() as connection:
            await self._leases.keep(connection, held, now=now)
            await connection.execute(
                update(RetentionRun)
                .where(RetentionRun.id == run)
                .values(counts=counts, finished_at=now if complete else None)
            )

    async def _compact(self, *, deleted: bool) -> None:
        """Once a day, if something was deleted: what a deleted row left in SQLite's files goes as well."""
        monotonic = self._clock.monotonic_s()
        early = self._compacted is not None and monotonic - self._compacted < _COMPACTED.total_seconds()
        if not deleted or early:
            return
        try:
            await self._databases.content.compact()
            await self._databases.keyring.compact()
        except DatabaseBusy:
            log.warning("somebody reads what was deleted: compacted later")
            return
        self._compacted = monotonic

    def _database(self, rule: Rule) -> Database:
        return self._databases.keyring if rule.keyring else self._databases.content

    def __repr__(self) -> str:
        return f"<Retention, {len(RULES)} rules>"


@dataclass(frozen=True, slots=True)
class _Due:
    rows: int
    tripped: bool


async def _count(connection: AsyncConnection, run: UUID, name: str, number: int) -> None:
    found = await connection.execute(select(RetentionRun.counts).where(RetentionRun.id == run))
    counts: dict[str, Any] = dict(found.scalar_one_or_none() or {})
    counts[name] = counts.get(name, 0) + number
    await connection.execute(update(RetentionRun).where(RetentionRun.id == run).values(counts=counts))
