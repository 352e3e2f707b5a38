from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from storage.models import Server
from storage.whereabouts import MISSING_FOR, MOST_MISSING_FOR, Looked, Whereabouts
from tests.storage.people import NOW, bytes_in, people_over

if TYPE_CHECKING:
    from storage.database import Databases
    from storage.keys import EnvironmentKeys
    from tests.storage.conftest import Installation

ONE, TWO, THREE = 1577020017579393029, 1577020017579393030, 1577020017579393031
HOUR = timedelta(hours=1)


@pytest_asyncio.fixture
async def whereabouts(databases: Databases, provider: EnvironmentKeys) -> Whereabouts:
    people = await people_over(databases, provider)
    return Whereabouts(databases.content, people.keyring, people.secrets)


def all_of_them(_: int) -> bool:
    return True


async def test_a_server_is_taken_for_left_once_it_was_missing_for_a_day(whereabouts: Whereabouts) -> None:
    assert await whereabouts.look([ONE, TWO, THREE], ours=all_of_them, at=NOW) == Looked(0, ())

    assert await whereabouts.look([ONE, TWO], ours=all_of_them, at=NOW + HOUR) == Looked(1, ())
    almost = NOW + HOUR + MISSING_FOR - timedelta(seconds=1)
    assert await whereabouts.look([ONE, TWO], ours=all_of_them, at=almost) == Looked(1, ())
    later = NOW + HOUR + MISSING_FOR
    assert await whereabouts.look([ONE, TWO], ours=all_of_them, at=later) == Looked(1, (THREE,))

    await whereabouts.forget(THREE)
    assert await whereabouts.look([ONE, TWO], ours=all_of_them, at=later) == Looked(0, ())


async def test_a_server_that_is_there_again_was_never_missing(whereabouts: Whereabouts) -> None:
    await whereabouts.look([ONE, TWO, THREE], ours=all_of_them, at=NOW)
    await whereabouts.look([ONE, TWO], ours=all_of_them, at=NOW)
    await whereabouts.look([ONE, TWO, THREE], ours=all_of_them, at=NOW + HOUR)

    looked = await whereabouts.look([ONE, TWO], ours=all_of_them, at=NOW + 2 * MISSING_FOR)

    assert looked == Looked(1, ())


async def test_a_bot_that_was_off_for_weeks_concludes_nothing_at_its_first_start(whereabouts: Whereabouts) -> None:
    await whereabouts.look([ONE, TWO, THREE], ours=all_of_them, at=NOW)

    assert (await whereabouts.look([ONE, TWO], ours=all_of_them, at=NOW + timedelta(days=40))).left == ()


async def test_where_most_servers_are_missing_it_waits_for_a_week(whereabouts: Whereabouts) -> None:
    await whereabouts.look([ONE, TWO, THREE], ours=all_of_them, at=NOW)
    await whereabouts.look([ONE], ours=all_of_them, at=NOW)

    assert (await whereabouts.look([ONE], ours=all_of_them, at=NOW + 2 * MISSING_FOR)).left == ()
    looked = await whereabouts.look([ONE], ours=all_of_them, at=NOW + MOST_MISSING_FOR)

    assert set(looked.left) == {TWO, THREE}


async def test_of_another_processs_servers_nothing_is_concluded(whereabouts: Whereabouts) -> None:
    await whereabouts.look([ONE, THREE], ours=lambda guild_id: guild_id % 2 == 1, at=NOW)
    await whereabouts.look([TWO], ours=lambda guild_id: guild_id % 2 == 0, at=NOW)

    for at in (NOW, NOW + 10 * MOST_MISSING_FOR):
        assert await whereabouts.look([TWO], ours=lambda guild_id: guild_id % 2 == 0, at=at) == Looked(0, ())


async def test_a_row_that_was_changed_is_of_no_server(whereabouts: Whereabouts, databases: Databases) -> None:
    await whereabouts.look([ONE, TWO], ours=all_of_them, at=NOW)
    async with databases.content.write() as connection:
        sealed = (await connection.execute(select(Server.enc_body))).scalars().all()
        await connection.execute(update(Server).values(enc_body=bytes(reversed(sealed[0]))))

    assert await whereabouts.look([], ours=all_of_them, at=NOW) == Looked(0, ())


async def test_no_server_is_named_in_the_files(sqlite: Installation, provider: EnvironmentKeys) -> None:
    async with sqlite.open() as databases:
        people = await people_over(databases, provider)
        await Whereabouts(databases.content, people.keyring, people.secrets).look([ONE], ours=all_of_them, at=NOW)

        stored = bytes_in(sqlite.folder)

    for shape in (str(ONE).encode(), ONE.to_bytes(8, "big"), ONE.to_bytes(8, "little")):
        assert shape not in stored


@pytest.mark.parametrize("there", [[], [ONE]])
async def test_looking_twice_puts_nothing_down_twice(
    whereabouts: Whereabouts, databases: Databases, there: list[int]
) -> None:
    for _ in range(3):
        await whereabouts.look(there, ours=all_of_them, at=NOW)

    async with databases.content.read() as connection:
        assert len((await connection.execute(select(Server.id))).all()) == len(there)
