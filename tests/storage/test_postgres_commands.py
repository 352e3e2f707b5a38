"""The operator's commands on an installation whose databases are a server's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from bot.clock import SystemClock
from bot.errors import StartRefused
from bot.installation import Installation
from bot.keys_command import init, retire, rotate, status
from bot.selfcheck import check
from bot.storage_command import bring_back, make_backup, purge_all
from config.operations import Operations
from config.settings import Settings
from storage.database import open_databases
from storage.errors import Misconfigured
from storage.keys import FileKeys

if TYPE_CHECKING:
    from pathlib import Path

    from tests.storage.conftest import Installation as Place

CLOCK = SystemClock()


@pytest.fixture
def served(postgresql: Place, tmp_path: Path) -> Installation:
    assert postgresql.content_dsn is not None
    assert postgresql.keyring_dsn is not None
    settings = Settings(
        data_dir=str(postgresql.folder),
        keys_dir=str(tmp_path / "keys"),
        content_dsn=SecretStr(postgresql.content_dsn),
        keyring_dsn=SecretStr(postgresql.keyring_dsn),
    )
    controller = {"controller_name": "S", "controller_email": "s@gmail.com", "controller_region": "Germany"}
    return Installation(settings, Operations.model_validate(controller))


async def test_keys_are_made_rotated_and_retired(served: Installation) -> None:
    assert (await init(served))["made"]
    assert not (await init(served))["made"]

    await rotate(served, clock=CLOCK, retire=False)
    with pytest.raises(StartRefused):
        await rotate(served, clock=CLOCK, retire=True)
    await retire(served)

    assert (await status(served))["data_keys"] == {"2": 1}
    assert [path.name for path in served.settings.keys_folder.iterdir()] == ["kek-2"]


async def test_a_good_installation_is_green(served: Installation) -> None:
    await init(served)

    assert {line.ok for line in await check(served, clock=CLOCK)} == {True}


async def test_a_lost_folder_of_keys_is_said_at_the_start_and_no_other_key_takes_its_place(
    served: Installation,
) -> None:
    await init(served)
    keys = served.settings.keys_folder
    away = keys.rename(keys.with_name("away"))

    with pytest.raises(Misconfigured, match="put back the copy"):
        async with served.stores():
            pass

    assert not keys.exists()
    away.rename(keys)
    async with served.stores() as stores:
        assert await stores.keyring.versions() == {1: 1}


async def test_the_keys_of_another_installation_are_said_to_be_the_wrong_ones(served: Installation) -> None:
    await init(served)
    keys = served.settings.keys_folder
    keys.rename(keys.with_name("away"))
    await FileKeys(keys, data_dir=served.settings.data_folder).create()

    with pytest.raises(Misconfigured, match="put back the copy"):
        async with served.stores():
            pass


async def test_backups_are_left_to_the_servers_own_tools(served: Installation) -> None:
    await init(served)

    with pytest.raises(StartRefused):
        await make_backup(served, clock=CLOCK)
    with pytest.raises(StartRefused):
        await bring_back(served, None, clock=CLOCK)


async def test_purging_empties_the_server_and_deletes_the_keys(served: Installation, postgresql: Place) -> None:
    await init(served)

    await purge_all(served, typed="erase everything", leave_messages=False)

    assert list(served.settings.keys_folder.iterdir()) == []
    # The tests share the server: its databases are left at the newest form.
    async with (
        open_databases(
            postgresql.folder, content_dsn=postgresql.content_dsn, keyring_dsn=postgresql.keyring_dsn
        ) as databases,
        databases.keyring.read() as connection,
    ):
        assert (await connection.exec_driver_sql("SELECT count(*) FROM dek")).scalar_one() == 0
