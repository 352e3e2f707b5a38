from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import func, insert, select

from storage.errors import LeaseLost
from storage.lease import Leases
from storage.models import Audit

if TYPE_CHECKING:
    from storage.database import Databases

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LIFE = timedelta(minutes=5)


async def test_one_process_at_a_time_has_the_lease(databases: Databases) -> None:
    one, other = Leases(databases.content, life=LIFE), Leases(databases.content, life=LIFE)

    assert await one.acquire("job", now=NOW) is not None
    assert await other.acquire("job", now=NOW + LIFE - timedelta(seconds=1)) is None
    assert await other.acquire("another job", now=NOW) is not None
    assert await other.acquire("job", now=NOW + LIFE) is not None


async def test_a_released_lease_is_free_at_once(databases: Databases) -> None:
    one, other = Leases(databases.content, life=LIFE), Leases(databases.content, life=LIFE)
    held = await one.acquire("job", now=NOW)
    assert held is not None

    await one.release(held, now=NOW)

    assert await other.acquire("job", now=NOW) is not None


async def test_who_kept_it_has_it_for_longer(databases: Databases) -> None:
    one, other = Leases(databases.content, life=LIFE), Leases(databases.content, life=LIFE)
    held = await one.acquire("job", now=NOW)
    assert held is not None

    async with databases.content.write() as connection:
        await one.keep(connection, held, now=NOW + timedelta(minutes=4))

    assert await other.acquire("job", now=NOW + LIFE) is None


async def test_what_a_late_holder_writes_is_undone(databases: Databases) -> None:
    late, next_one = Leases(databases.content, life=LIFE), Leases(databases.content, life=LIFE)
    held = await late.acquire("job", now=NOW)
    taken = await next_one.acquire("job", now=NOW + LIFE)
    assert held is not None
    assert taken is not None
    assert taken.token > held.token

    async def write_late() -> None:
        async with databases.content.write() as connection:
            row = {"id": uuid4(), "event": "late", "happened_at": NOW, "expires_at": NOW}
            await connection.execute(insert(Audit).values(row))
            await late.keep(connection, held, now=NOW + LIFE)

    with pytest.raises(LeaseLost):
        await write_late()

    async with databases.content.read() as connection:
        assert (await connection.execute(select(func.count()).select_from(Audit))).scalar_one() == 0
    await late.release(held, now=NOW + LIFE)
    async with databases.content.write() as connection:
        await next_one.keep(connection, taken, now=NOW + LIFE)


async def test_a_lease_from_a_clock_far_ahead_does_not_last(databases: Databases) -> None:
    one, other = Leases(databases.content, life=LIFE), Leases(databases.content, life=LIFE)
    assert await one.acquire("job", now=NOW + timedelta(days=3650)) is not None

    assert await other.acquire("job", now=NOW) is not None
