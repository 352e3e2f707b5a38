"""Both databases, on both engines."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import shutil
import tempfile
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import pytest
import pytest_asyncio

from storage.database import Database, Databases, Kind, open_postgres, open_sqlite
from storage.keys import EnvironmentKeys
from storage.models import Content, Keyring
from tests.storage.postgres import NoPostgres, Server, running, shared

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator, Iterator

    from sqlalchemy import MetaData

KINDS: tuple[Kind, ...] = ("content", "keyring")
ENGINES = ("sqlite", pytest.param("postgresql", marks=pytest.mark.slow))
"""Where everything is kept, or everything once more on a server, which takes as long again."""

METADATA: dict[Kind, MetaData] = {"content": Content.metadata, "keyring": Keyring.metadata}


@dataclass(frozen=True)
class Installation:
    """Where one installation's databases are, for whoever wants to open them, once or several times.

    Attributes:
        folder: The data directory.
        content_dsn: The content database; None for a file.
        keyring_dsn: The keyring database; None for a file.
    """

    folder: Path
    content_dsn: str | None = None
    keyring_dsn: str | None = None

    @asynccontextmanager
    async def open(self, *, busy_s: float = 5.0) -> AsyncGenerator[Databases]:
        """Both databases, which are at the newest form already."""
        content = self._open("content", self.content_dsn, busy_s)
        keyring = self._open("keyring", self.keyring_dsn, busy_s)
        try:
            yield Databases(content, keyring)
        finally:
            await content.close()
            await keyring.close()

    def _open(self, kind: Kind, dsn: str | None, busy_s: float) -> Database:
        if dsn is None:
            return open_sqlite(self.folder, kind, busy_s=busy_s)
        return open_postgres(dsn, kind, busy_s=busy_s)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with two migrated databases of this process: content and keyring. Starting it takes some seconds."""
    if os.environ.get("SKILLRALLY_NO_POSTGRES") == "1":
        pytest.skip("SKILLRALLY_NO_POSTGRES=1: whoever runs this wants no server started")
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    folder = tmp_path_factory.getbasetemp()
    try:
        with shared(folder.parent, f"_{worker}") if worker else running() as server:
            asyncio.run(make_databases(server))
            yield server
    except NoPostgres as missing:
        pytest.fail(str(missing))


async def _run(dsn: str, *statements: str) -> None:
    driver: Any = asyncpg
    connection = await driver.connect(dsn)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def make_databases(server: Server) -> None:
    """Both, unless another folder's tests made them: whoever imports the fixture has one of their own."""
    for kind in KINDS:
        with contextlib.suppress(asyncpg.DuplicateDatabaseError):
            await _run(server.of("postgres"), f"CREATE DATABASE {server.named(kind)}")
        database = open_postgres(server.dsn(kind), kind)
        try:
            await database.migrate()
        finally:
            await database.close()


async def _clean(server: Server) -> None:
    """Empty both, which takes a tenth of the time that copying them takes. Tests leave them at the newest form."""
    for kind in KINDS:
        names = [name for name in METADATA[kind].tables if name != "meta"]
        empty = "".join(f"DELETE FROM {name};" for name in names)  # noqa: S608  names of our own
        again = "DELETE FROM meta; INSERT INTO meta (id, generation) VALUES (1, 0);"
        await _run(server.dsn(kind), f"SET session_replication_role = replica; {empty} {again}")


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with two migrated files, to copy."""
    folder = tmp_path_factory.mktemp("migrated")

    async def make() -> None:
        for kind in KINDS:
            database = open_sqlite(folder, kind)
            try:
                await database.migrate()
            finally:
                await database.close()

    asyncio.run(make())
    return folder


@pytest.fixture
def data_folder() -> Iterator[Path]:
    """A data directory. In memory where that is possible: these tests commit a thousand times."""
    memory = Path("/dev/shm")  # noqa: S108  our folder in it is 0700, and removed
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as folder:
        yield Path(folder)


@pytest.fixture
def sqlite(data_folder: Path, migrated: Path) -> Installation:
    """Files, at the newest form and empty."""
    for kind in KINDS:
        shutil.copy2(migrated / f"{kind}.db", data_folder / f"{kind}.db")
    return Installation(data_folder)


@pytest.fixture
def postgresql(data_folder: Path, postgres: Server) -> Installation:
    """Two databases of a server, at the newest form and empty."""
    asyncio.run(_clean(postgres))
    return Installation(data_folder, postgres.dsn("content"), postgres.dsn("keyring"))


@pytest.fixture(params=ENGINES)
def installation(request: pytest.FixtureRequest) -> Installation:
    """The same promises on both."""
    return request.getfixturevalue(request.param)


@pytest_asyncio.fixture
async def databases(installation: Installation) -> AsyncIterator[Databases]:
    """Both databases, open."""
    async with installation.open() as databases:
        yield databases


@pytest.fixture
def provider() -> EnvironmentKeys:
    """A key-encryption key that lives as long as the test."""
    return EnvironmentKeys(f"1:{base64.b64encode(os.urandom(32)).decode()}")
