from __future__ import annotations

import asyncio
import logging
import shutil
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, insert, select

from bot.clock import SystemClock
from bot.installation import Installation
from bot.keys_command import init
from bot.storage_command import make_backup
from bot.stores import open_stores
from bot.upkeep import upkeep
from config.operations import Operations
from config.settings import Settings
from storage.errors import KeyringOutdated
from storage.ledger import Occasion, Policy, Purpose
from storage.models import Idempotency, RetentionRun
from storage.receipts import keys_in_file, keys_of
from storage.requests import RequestKind, Requests
from storage.retention import Retention

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from pathlib import Path

    from bot.stores import Stores

ANNA, BEN = 80351110224678912, 175928847299117063
CLOCK = SystemClock()
POLICY = Policy("2026-03-08", bytes(32))


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    settings = Settings(data_dir=str(tmp_path / "data"), keys_dir=str(tmp_path / "keys"))
    operations = Operations(backup_dir=str(tmp_path / "backups"), keyring_backup_dir=str(tmp_path / "spare"))
    made = Installation(settings, operations)
    asyncio.run(init(made))
    return made


async def meet(stores: Stores, *people: int) -> None:
    for user_id in people:
        await stores.subjects.find_or_create(user_id, today=CLOCK.now().date())


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(20):
        while not await condition():  # noqa: ASYNC110  a database tells nobody
            await asyncio.sleep(0.01)


async def succeeded(stores: Stores) -> bool:
    async with stores.databases.content.read() as connection:
        done = await connection.execute(
            select(func.count()).select_from(RetentionRun).where(RetentionRun.finished_at.is_not(None))
        )
        return done.scalar_one() > 0


async def test_who_came_back_with_an_old_file_is_erased_before_anything_else(
    installation: Installation, tmp_path: Path
) -> None:
    async with installation.stores() as stores:
        await meet(stores, ANNA, BEN)
    shutil.copy(tmp_path / "data" / "content.db", tmp_path / "old.db")
    async with installation.stores() as stores:
        await installation.erasure(stores, policy_version="1").account(ANNA, at=CLOCK.now())
    for file in (tmp_path / "data").glob("content.db*"):
        file.unlink()
    shutil.copy(tmp_path / "old.db", tmp_path / "data" / "content.db")

    async with installation.stores() as stores:
        assert await stores.subjects.find(ANNA) is not None
        async with upkeep(installation, stores, clock=CLOCK):
            assert await stores.subjects.find(ANNA) is None
            assert await stores.subjects.find(BEN) is not None


async def test_if_a_withdrawal_is_missing_after_an_old_file_came_back_nobody_has_agreed(
    installation: Installation, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with open_stores(installation.settings, policy=POLICY) as stores:
        for who in (ANNA, BEN):
            await stores.ledger.give(who, [Purpose.TRANSCRIBE], _press(who), attested_age=16)
    shutil.copy(tmp_path / "data" / "content.db", tmp_path / "old.db")
    async with open_stores(installation.settings, policy=POLICY) as stores:
        await stores.ledger.withdraw(ANNA, [Purpose.TRANSCRIBE], _press(1))
    for file in (tmp_path / "data").glob("content.db*"):
        file.unlink()
    shutil.copy(tmp_path / "old.db", tmp_path / "data" / "content.db")

    async with open_stores(installation.settings, policy=POLICY) as stores:
        assert stores.ledger.allowed(ANNA, Purpose.TRANSCRIBE)
        with caplog.at_level(logging.WARNING):
            async with upkeep(installation, stores, clock=CLOCK):
                assert not stores.ledger.allowed(ANNA, Purpose.TRANSCRIBE)
                assert not stores.ledger.allowed(BEN, Purpose.TRANSCRIBE)
        assert "older than the last withdrawal" in caplog.text
        await stores.ledger.give(BEN, [Purpose.TRANSCRIBE], _press(2), attested_age=16)
        async with upkeep(installation, stores, clock=CLOCK):
            assert stores.ledger.allowed(BEN, Purpose.TRANSCRIBE)


def _press(number: int) -> Occasion:
    return Occasion(number, CLOCK.now(), "en", "button")


async def test_with_an_old_keyring_nothing_starts(installation: Installation, tmp_path: Path) -> None:
    shutil.copy(tmp_path / "data" / "keyring.db", tmp_path / "old.db")
    async with installation.stores() as stores:
        await meet(stores, ANNA)
        await installation.erasure(stores, policy_version="1").account(ANNA, at=CLOCK.now())
    for file in (tmp_path / "data").glob("keyring.db*"):
        file.unlink()
    shutil.copy(tmp_path / "old.db", tmp_path / "data" / "keyring.db")

    async with installation.stores() as stores:
        with pytest.raises(KeyringOutdated):
            async with upkeep(installation, stores, clock=CLOCK):
                pass


async def test_what_is_due_goes_at_the_start_and_the_rest_is_asked_for_too(installation: Installation) -> None:
    asked: list[datetime] = []

    async def captions(now: datetime) -> int:
        asked.append(now)
        return 0

    async with installation.stores() as stores:
        async with stores.databases.content.write() as connection:
            row = {"interaction_idx": bytes(32), "result_hash": bytes(32), "expires_at": CLOCK.now()}
            await connection.execute(insert(Idempotency).values(row))

        async with upkeep(installation, stores, clock=CLOCK, others={"live_message": captions}) as retention:
            await until(lambda: succeeded(stores))
            assert (await retention.health()).ok

        async with stores.databases.content.read() as connection:
            assert (await connection.execute(select(func.count()).select_from(Idempotency))).scalar_one() == 0
    assert len(asked) == 1


async def test_who_asks_to_be_erased_is_though_the_clock_is_not_believed(installation: Installation) -> None:
    async with installation.stores() as stores:
        await meet(stores, ANNA)
        retention = Retention(stores.databases, clock=CLOCK, witness=lambda: datetime(2020, 1, 1, tzinfo=UTC))
        assert (await retention.tick()).paused

        await installation.erasure(stores, policy_version="1").account(ANNA, at=CLOCK.now())

        assert await stores.subjects.find(ANNA) is None


async def test_an_old_request_reminds_in_the_log_without_saying_whose(
    installation: Installation, caplog: pytest.LogCaptureFixture
) -> None:
    async with installation.stores() as stores:
        requests = Requests(stores.databases.content, stores.keyring, stores.secrets, stores.subjects)
        long_ago = datetime.now(UTC) - timedelta(days=21)
        await requests.add_email(RequestKind.ACCESS, received_at=long_ago, at=long_ago, text="Anna wants a copy")

        with caplog.at_level(logging.WARNING):
            async with upkeep(installation, stores, clock=CLOCK):
                await until(lambda: succeeded(stores))

    assert "requests must be answered" in caplog.text
    assert "Anna" not in caplog.text


async def test_the_keyrings_backup_follows_while_the_bot_runs(installation: Installation, tmp_path: Path) -> None:
    spare = tmp_path / "spare" / "keyring.db"
    await make_backup(installation, clock=CLOCK)

    async with installation.stores() as stores:
        await meet(stores, ANNA)

        async def followed() -> bool:
            return await keys_in_file(spare) == await keys_of(stores.databases.keyring)

        assert not await followed()
        async with upkeep(installation, stores, clock=CLOCK):
            await until(followed)
