from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from storage import blocks as module
from storage.blocks import LONGEST, TooManyBlocks, Why
from tests.storage.people import ANNA, BEN, CLEO, NOW, People, bytes_in, people_over

if TYPE_CHECKING:
    from storage.database import Databases
    from storage.keys import EnvironmentKeys
    from tests.storage.conftest import Installation

HERE, THERE = 99, 98
WEEK = timedelta(days=7)


@pytest_asyncio.fixture
async def people(databases: Databases, provider: EnvironmentKeys) -> People:
    return await people_over(databases, provider)


async def test_somebody_is_blocked_in_that_server_and_nobody_else_and_nowhere_else(people: People) -> None:
    await people.blocks.block(HERE, ANNA, Why.CONDUCT, until=NOW + WEEK, at=NOW)

    assert await people.blocks.of(HERE, ANNA, at=NOW) == (Why.CONDUCT, NOW + WEEK)
    assert await people.blocks.of(HERE, BEN, at=NOW) is None
    assert await people.blocks.of(THERE, ANNA, at=NOW) is None


async def test_a_block_ends_by_itself_or_when_it_is_lifted(people: People) -> None:
    await people.blocks.block(HERE, ANNA, Why.SPAM, until=NOW + WEEK, at=NOW)
    await people.blocks.block(HERE, BEN, Why.SPAM, until=NOW + WEEK, at=NOW)

    assert await people.blocks.of(HERE, ANNA, at=NOW + WEEK) is None
    assert await people.blocks.unblock(HERE, BEN)
    assert not await people.blocks.unblock(HERE, BEN)
    assert not await people.blocks.unblock(THERE, ANNA)
    assert [each.user_id for each in await people.blocks.all(HERE, at=NOW)] == [ANNA]


async def test_a_second_block_takes_the_place_of_the_first(people: People) -> None:
    await people.blocks.block(HERE, ANNA, Why.SPAM, until=NOW + 4 * WEEK, at=NOW)
    await people.blocks.block(HERE, ANNA, Why.AGE, until=NOW + WEEK, at=NOW)

    (block,) = await people.blocks.all(HERE, at=NOW)
    assert (block.why, block.until, block.since) == (Why.AGE, NOW + WEEK, NOW.date())


@pytest.mark.parametrize("until", [NOW, NOW - WEEK, NOW + LONGEST + timedelta(seconds=1)])
async def test_a_block_ends_within_a_year(people: People, until: object) -> None:
    with pytest.raises(ValueError, match="year"):
        await people.blocks.block(HERE, ANNA, Why.SPAM, until=until, at=NOW)  # pyright: ignore[reportArgumentType] - a datetime

    assert (await people.rows())["block"] == 0


async def test_a_server_has_no_more_blocks_than_it_may(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PER_GUILD", 2)
    for user in (ANNA, BEN):
        await people.blocks.block(HERE, user, Why.SPAM, until=NOW + WEEK, at=NOW)

    with pytest.raises(TooManyBlocks):
        await people.blocks.block(HERE, CLEO, Why.SPAM, until=NOW + WEEK, at=NOW)

    # Whoever is blocked already takes no place of their own.
    await people.blocks.block(HERE, BEN, Why.AGE, until=NOW + WEEK, at=NOW)
    assert len(await people.blocks.all(HERE, at=NOW)) == 2


async def test_deleting_the_account_does_not_lift_a_block_and_leaves_nothing_that_leads_elsewhere(
    people: People, installation: Installation
) -> None:
    await people.join(ANNA)
    index = people.subjects.index(ANNA)
    await people.blocks.block(HERE, ANNA, Why.CONDUCT, until=NOW + WEEK, at=NOW)

    await people.erasure().account(ANNA, at=NOW)

    assert await people.blocks.of(HERE, ANNA, at=NOW) == (Why.CONDUCT, NOW + WEEK)
    data = bytes_in(installation.folder)
    for trace in (index, str(ANNA).encode(), ANNA.to_bytes(8, "big"), ANNA.to_bytes(8, "little")):
        assert trace not in data


async def test_whoever_is_blocked_learns_where_and_others_learn_nothing(people: People) -> None:
    await people.blocks.block(HERE, ANNA, Why.SPAM, until=NOW + WEEK, at=NOW)
    await people.blocks.block(THERE, ANNA, Why.AGE, until=NOW + WEEK, at=NOW)

    everywhere = await people.blocks.everywhere(ANNA, at=NOW)

    assert {each.guild_id for each in everywhere} == {HERE, THERE}
    assert await people.blocks.everywhere(BEN, at=NOW) == []
    assert await people.blocks.everywhere(ANNA, at=NOW + WEEK) == []


async def test_forgetting_a_server_lifts_its_blocks_and_no_others(people: People) -> None:
    await people.blocks.block(HERE, ANNA, Why.SPAM, until=NOW + WEEK, at=NOW)
    await people.blocks.block(THERE, ANNA, Why.SPAM, until=NOW + WEEK, at=NOW)

    assert await people.blocks.forget_guild(HERE) == 1

    assert await people.blocks.of(HERE, ANNA, at=NOW) is None
    assert await people.blocks.of(THERE, ANNA, at=NOW) is not None
