"""Looking at a server on which nothing is kept yet makes nothing there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import asyncpg
import pytest

from bot.clock import SystemClock
from bot.installation import Installation
from bot.selfcheck import check
from config.operations import Operations
from config.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from tests.storage.postgres import Server


async def tables(dsn: str) -> int:
    driver: Any = asyncpg
    connection = await driver.connect(dsn)
    try:
        return await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    finally:
        await connection.close()


@pytest.fixture
async def fresh(postgres: Server, tmp_path: Path) -> Installation:
    driver: Any = asyncpg
    connection = await driver.connect(postgres.dsn("content"))
    try:
        for kind in ("content", "keyring"):
            await connection.execute(f"DROP DATABASE IF EXISTS {postgres.named(f'fresh_{kind}')}")
            await connection.execute(f"CREATE DATABASE {postgres.named(f'fresh_{kind}')}")
    finally:
        await connection.close()
    dsns: dict[str, Any] = {f"{kind}_dsn": postgres.dsn(f"fresh_{kind}") for kind in ("content", "keyring")}
    (tmp_path / "keys").mkdir(mode=0o700)
    settings = Settings(data_dir=str(tmp_path / "data"), keys_dir=str(tmp_path / "keys"), **dsns)
    return Installation(settings, Operations())


async def test_whoever_only_looks_leaves_a_new_server_empty(fresh: Installation, postgres: Server) -> None:
    lines = {line.name: line for line in await check(fresh, clock=SystemClock(), migrate=False)}

    assert lines["databases"].ok is False
    assert "keys init" in lines["databases"].said
    assert [await tables(postgres.dsn(f"fresh_{kind}")) for kind in ("content", "keyring")] == [0, 0]
    assert list(fresh.settings.keys_folder.iterdir()) == []
