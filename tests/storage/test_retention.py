from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, insert, select

from storage.errors import DatabaseFailed
from storage.models import (
    AnalyticsEvent,
    Audit,
    Content,
    Idempotency,
    Keyring,
    Lease,
    Moment,
    Offer,
    Request,
    RetentionRun,
    Tombstone,
)
from storage.retention import AGREEMENT, AHEAD, RULES, Retention
from tests.storage import retaining

if TYPE_CHECKING:
    from storage.database import Database, Databases
    from tests.storage.conftest import Installation

NOW = datetime(2026, 7, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass
class HeldClock:
    """A clock that stands still, and jumps when it is told to."""

    at: datetime = NOW
    passed_s: float = 0.0

    def monotonic_s(self) -> float:
        return self.passed_s

    def now(self) -> datetime:
        return self.at

    def passes(self, time: timedelta) -> None:
        self.at += time
        self.passed_s += time.total_seconds()

    def jumps(self, time: timedelta) -> None:
        self.at += time


@dataclass
class House:
    """One installation with a clock of its own."""

    databases: Databases
    clock: HeldClock = field(default_factory=HeldClock)

    def retention(self, **options: Any) -> Retention:
        return Retention(self.databases, clock=self.clock, **options)

    async def audit(self, *, days: float = 90, rows: int = 1) -> None:
        expires_at = self.clock.at + timedelta(days=days)
        row = {"event": "refused", "idx": None, "happened_at": self.clock.at, "expires_at": expires_at}
        await self.insert(Audit, *({"id": uuid4()} | row for _ in range(rows)))

    async def insert(self, table: type[Any], *rows: dict[str, Any]) -> None:
        async with self._of(table).write() as connection:
            await connection.execute(insert(table), list(rows))

    async def count(self, table: type[Any] = Audit) -> int:
        async with self._of(table).read() as connection:
            return (await connection.execute(select(func.count()).select_from(table))).scalar_one()

    def _of(self, table: type[Any]) -> Database:
        return self.databases.keyring if issubclass(table, Keyring) else self.databases.content


@pytest.fixture
def house(databases: Databases) -> House:
    return House(databases)


def test_every_kept_for_a_time_table_has_a_rule() -> None:
    timed = {"job", "30 days", "90 days", "a year", "backups"}
    promised = {
        table.name
        for metadata in (Content.metadata, Keyring.metadata)
        for table in metadata.tables.values()
        if any(column.info["retention"] in timed for column in table.c)
    }

    assert promised <= {rule.name for rule in RULES}
    assert Lease.__tablename__ not in {rule.name for rule in RULES}


def test_what_people_saved_is_left_alone() -> None:
    kept = {"subject", "consent_event", "transcript", "turn", "feedback"}

    assert kept <= set(Content.metadata.tables)
    assert not kept & {rule.name for rule in RULES}


async def test_a_row_of_90_days_is_there_on_day_89_and_gone_on_day_90(house: House) -> None:
    await house.audit(days=90)
    retention = house.retention(witness=lambda: house.clock.at)
    there = dict[int, bool]()

    for day in (0, 1, 45, 88, 89, 90):
        house.clock.at = NOW + day * DAY
        await retention.tick()
        there[day] = bool(await house.count())

    assert there == {0: True, 1: True, 45: True, 88: True, 89: True, 90: False}


async def test_ninety_days_are_as_long_over_a_change_of_summer_time(house: House) -> None:
    # 90 days before and after Berlin's clocks are set back, on 25 October 2026.
    berlin = datetime(2026, 9, 1, 2, 30, tzinfo=ZoneInfo("Europe/Berlin"))
    house.clock.at = berlin
    await house.audit(days=0)
    due = berlin.astimezone(UTC) + 90 * DAY
    await house.insert(Audit, {"id": uuid4(), "event": "x", "idx": None, "happened_at": berlin, "expires_at": due})
    retention = house.retention(witness=lambda: house.clock.at)

    house.clock.at = due - timedelta(seconds=1)
    await retention.tick()
    assert await house.count() == 1

    house.clock.at = due
    await retention.tick()
    assert await house.count() == 0


async def test_each_kind_goes_when_its_time_is_over_and_no_earlier(house: House) -> None:
    later = {"expires_at": NOW + DAY}
    now = {"expires_at": NOW}
    event: dict[str, Any] = {"pseudonym": "p", "name": "started", "props": {}}
    stone = {"generation": 1, "erased_at": NOW}
    await house.insert(AnalyticsEvent, *({"id": uuid4()} | event | when for when in (now, later)))
    await house.insert(Tombstone, *({"subject_id": uuid4()} | stone | when for when in (now, later)))
    await house.insert(Idempotency, *({"interaction_idx": uuid4().bytes, "result_hash": b""} | w for w in (now, later)))
    long_ago, lately = NOW - 366 * DAY, NOW - 364 * DAY
    for closed_at in (long_ago, lately, None):
        await house.insert(Request, required(Request) | {"received_at": long_ago, "closed_at": closed_at})

    report = await house.retention().tick()

    assert report.deleted == {"analytics_event": 1, "tombstone": 1, "idempotency": 1, "request": 1}
    assert [await house.count(table) for table in (AnalyticsEvent, Tombstone, Idempotency, Request)] == [1, 1, 1, 2]


def required(table: type[Any]) -> dict[str, Any]:
    """Some value for each column that must have one."""
    made: dict[type, object] = {int: 0, bytes: b"", str: "", bool: False}
    values: dict[str, Any] = {}
    for column in table.__table__.c:
        if not column.nullable and column.server_default is None:
            values[column.name] = NOW if isinstance(column.type, Moment) else made.get(column.type.python_type, uuid4())
    return values | {"id": uuid4()}


async def test_an_offer_is_left_for_two_days_to_whoever_takes_down_what_stands_of_it(house: House) -> None:
    row = {"id": uuid4(), "kind": "queue", "one_idx": b"1", "other_idx": b"2", "enc_place": b"sealed"}
    await house.insert(Offer, row | {"expires_at": NOW})
    retention = house.retention(witness=lambda: house.clock.at)
    there = list[int]()

    for later in (timedelta(), DAY, AHEAD - timedelta(seconds=1), AHEAD):
        house.clock.at = NOW + later
        await retention.tick()
        there.append(await house.count(Offer))

    assert there == [1, 1, 1, 0]


async def test_what_was_due_while_the_bot_was_off_goes_at_the_first_tick(house: House) -> None:
    await house.retention().tick()
    await house.audit(days=0.5)

    house.clock.passes(timedelta(hours=40))

    assert (await house.retention().tick()).deleted == {"audit": 1}


async def test_more_than_a_batch_goes_in_one_tick(house: House) -> None:
    await house.audit(days=0, rows=40)

    report = await house.retention(batch=7).tick()

    assert report.deleted == {"audit": 40}
    assert await house.count() == 0


# The clock


@pytest.mark.parametrize("jump", [timedelta(minutes=-6), timedelta(hours=-2), 3 * DAY, 3650 * DAY], ids=str)
async def test_a_clock_that_jumped_deletes_nothing_until_it_comes_back(house: House, jump: timedelta) -> None:
    await house.audit(days=89)
    await house.audit(days=1 / 48)
    retention = house.retention()
    await retention.tick()

    house.clock.passes(timedelta(minutes=15))
    house.clock.jumps(jump)
    for _ in range(3):
        assert (await retention.tick()).paused
        house.clock.passes(timedelta(minutes=15))
    assert not (await retention.health()).ok
    assert await house.count() == 2

    house.clock.jumps(-jump)
    assert (await retention.tick()).deleted == {"audit": 1}
    assert (await retention.health()).ok


@pytest.mark.parametrize("jump", [timedelta(minutes=-4), timedelta(hours=25)], ids=str)
async def test_a_clock_that_was_set_a_little_is_believed(house: House, jump: timedelta) -> None:
    await house.audit(days=1)
    retention = house.retention()
    await retention.tick()

    house.clock.passes(timedelta(minutes=15))
    house.clock.jumps(jump)

    assert not (await retention.tick()).paused


async def test_a_clock_set_back_while_the_bot_was_off_is_noticed(house: House) -> None:
    await house.retention().tick()

    house.clock.jumps(timedelta(hours=-1))

    assert (await house.retention().tick()).paused == "backwards"


async def test_after_a_week_off_somebody_must_vouch_for_the_clock(house: House) -> None:
    await house.audit(days=1)
    await house.retention().tick()
    house.clock.passes(7 * DAY)
    seen: list[datetime] = []
    retention = house.retention(witness=lambda: seen[-1] if seen else None)

    assert (await retention.tick()).paused == "ahead"
    seen.append(house.clock.at + timedelta(minutes=1))

    assert (await retention.tick()).deleted == {"audit": 1}


async def test_an_operator_may_vouch_once(house: House) -> None:
    await house.audit(days=1)
    await house.retention().tick()
    house.clock.passes(7 * DAY)
    retention = house.retention()

    retention.trust_clock()
    assert (await retention.tick()).deleted == {"audit": 1}

    house.clock.jumps(7 * DAY)
    assert (await retention.tick()).paused == "ahead"


@pytest.mark.parametrize("jump", [-timedelta(minutes=10), -3 * DAY, 3 * DAY], ids=str)
async def test_what_an_operator_vouched_for_elsewhere_is_believed_by_the_running_bot(
    house: House, jump: timedelta
) -> None:
    running, command = house.retention(), house.retention()
    await running.tick()
    house.clock.passes(timedelta(minutes=15))
    house.clock.jumps(jump)
    assert (await running.tick()).paused

    house.clock.passes(timedelta(minutes=1))
    command.trust_clock()
    assert not (await command.tick()).paused

    house.clock.passes(timedelta(minutes=1))
    assert not (await running.tick()).paused
    assert (await running.health()).ok


async def test_at_the_very_first_start_a_witness_shows_a_clock_that_is_years_ahead(house: House) -> None:
    await house.audit(days=90)
    house.clock.jumps(3650 * DAY)

    report = await house.retention(witness=lambda: NOW).tick()

    assert report.paused == "ahead"
    assert await house.count() == 1


# The breaker


async def test_a_fifth_of_a_table_goes_only_when_a_later_tick_sees_it_too(house: House) -> None:
    await house.audit(days=0, rows=51)
    await house.audit(days=60, rows=100)
    retention = house.retention()

    first = await retention.tick()
    at_once = await retention.tick()
    house.clock.passes(AGREEMENT)
    later = await retention.tick()

    assert (first.held, first.deleted) == ({"audit": 51}, {})
    assert at_once.held == {"audit": 51}
    assert later.deleted == {"audit": 51}
    assert await house.count() == 100


async def test_less_than_a_fifth_goes_at_once(house: House) -> None:
    await house.audit(days=0, rows=60)
    await house.audit(days=60, rows=300)

    assert (await house.retention().tick()).deleted == {"audit": 60}


async def test_the_second_opinion_may_be_another_process_after_a_restart(house: House) -> None:
    await house.audit(days=0, rows=51)
    await house.retention().tick()
    house.clock.passes(timedelta(hours=1))

    assert (await house.retention().tick()).deleted == {"audit": 51}


# What is done beside the rows


async def test_captions_are_deleted_though_the_clock_is_not_believed(house: House) -> None:
    asked = list[datetime]()

    async def delete_captions(now: datetime) -> int:
        asked.append(now)
        return 3

    retention = house.retention(others={"live_message": delete_captions})
    await retention.tick()
    house.clock.jumps(timedelta(days=-3))
    report = await retention.tick()

    assert report.paused
    assert report.deleted == {"live_message": 3}
    assert len(asked) == 2


async def test_a_part_that_fails_does_not_stop_the_rest_but_is_no_success(house: House) -> None:
    async def fail(_now: datetime) -> int:
        raise DatabaseFailed("the database refused")

    await house.audit(days=0)
    retention = house.retention(others={"live_message": fail})

    assert (await retention.tick()).deleted.get("audit") == 1
    assert not (await retention.health()).ok


async def test_a_part_with_a_fault_stops_neither_the_other_parts_nor_the_rest_and_tells_nobody_what_it_was(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_now: datetime) -> int:
        raise OSError("Anna waits")

    async def go_on(_now: datetime) -> int:
        return 2

    await house.audit(days=0)
    retention = house.retention(others={"offer": fail, "servers left": go_on})

    assert (await retention.tick()).deleted == {"servers left": 2, "audit": 1}
    assert not (await retention.health()).ok
    assert "Anna" not in caplog.text
    assert [record.levelname for record in caplog.records] == ["ERROR"]


async def test_health_is_red_when_the_last_success_is_more_than_26_hours_ago(house: House) -> None:
    retention = house.retention()
    assert not (await retention.health()).ok

    await retention.tick()
    house.clock.passes(timedelta(hours=26))
    assert (await retention.health()).ok

    house.clock.passes(timedelta(seconds=1))
    assert not (await retention.health()).ok


# Several processes


async def test_while_one_is_at_it_another_does_nothing(house: House) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def wait(_now: datetime) -> int:
        begun.set()
        await go_on.wait()
        return 0

    slow, other = house.retention(others={"live_message": wait}), house.retention()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(slow.tick())
        await begun.wait()
        assert (await other.tick()).elsewhere
        go_on.set()

    assert not running.result().lost


async def test_who_stood_still_for_longer_than_the_lease_lasts_deletes_nothing_more(house: House) -> None:
    await house.audit(days=0, rows=3)
    other = house.retention()

    async def stand_still(_now: datetime) -> int:
        house.clock.passes(timedelta(minutes=6))
        assert (await other.tick()).deleted == {"audit": 3}
        await house.audit(days=0, rows=2)
        return 0

    report = await house.retention(others={"live_message": stand_still}).tick()

    assert report.lost
    assert await house.count() == 2


def test_processes_killed_in_the_middle_delete_everything_that_is_due_and_count_it_once(
    sqlite: Installation,
) -> None:
    outcome = retaining.attack(sqlite.folder, processes=2, rounds=2, seed=1)

    assert outcome.killed == 2
    assert (outcome.left_due, outcome.kept) == (0, outcome.not_due)
    assert outcome.counted == outcome.due


async def test_every_run_says_when_it_was_and_what_it_deleted(house: House) -> None:
    await house.audit(days=0, rows=2)

    await house.retention().tick()

    async with house.databases.content.read() as connection:
        row = (await connection.execute(select(RetentionRun.__table__))).mappings().one()
    assert (row["started_at"], row["finished_at"], row["counts"]) == (NOW, NOW, {"audit": 2})
