"""Two databases, content and keyring, each with one writer at a time.

    open_databases(folder, content_dsn, keyring_dsn)
      -> Databases(content, keyring)
           .read()    a snapshot; writing in it is an error
           .write()   the only writer, in all processes, from its first line on; committed at its end

SQLite is the default, one file each in a folder of ours alone; PostgreSQL where there is a DSN. A writer begins with
BEGIN IMMEDIATE, or with an advisory lock of the whole transaction: what it read cannot change before it writes. With
SQLite's plain BEGIN two could read the same row, and one would fail; with the driver's default, one change is lost.

Errors of the libraries end here. They quote parameters, and PostgreSQL's detail quotes rows, so what leaves this file
is a `DatabaseFailed` without their text and without them as its cause.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import ssl
import stat
import threading
import time
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal
from weakref import WeakSet

from sqlalchemy import event, make_url, text
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import QueuePool
from sqlalchemy.util import LRUCache

from storage.errors import (
    DatabaseBusy,
    DatabaseFailed,
    DatabaseFull,
    Misconfigured,
    OwnerGone,
    UnsafeAddress,
    UnsafePlace,
)
from storage.keys import check_parents, is_loopback, make_folder, owned_by_us
from storage.migrations.moved import move_opt_outs

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator

    from sqlalchemy import Connection
    from sqlalchemy.engine import URL
    from sqlalchemy.engine.default import DefaultDialect
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

Kind = Literal["content", "keyring"]

BUSY_S: Final = 5.0
"""How long somebody else may be writing before `DatabaseBusy`."""

PRAGMAS: Final = {
    "journal_mode": "WAL",
    "synchronous": "FULL",
    "foreign_keys": "ON",
    "busy_timeout": str(int(BUSY_S * 1000)),  # or what the database is opened with
    "secure_delete": "ON",
    "temp_store": "MEMORY",
    "trusted_schema": "OFF",
}
"""Set on each connection: readers beside a writer; nothing acknowledged is lost with the power; references hold;
deleted rows are overwritten; sorting never spills to a file; a changed schema calls no functions."""

WRITER_LOCK: Final = 0x536B696C
"""The advisory lock of PostgreSQL's writers. Locks are counted for each database."""

_READERS = 4
_ALEMBIC = threading.Lock()
_ATTEMPTS = 40
_PAUSE_S = 0.05


@dataclass(slots=True)
class Waits:
    """What transactions waited for before they could begin.

    Attributes:
        count: How many began.
        seconds: How long they waited, all together.
    """

    count: int = 0
    seconds: float = 0.0


CONNECT_S: Final = 5.0
"""How long a server may take to answer. Not `BUSY_S`: a machine that is slow is not one where others are writing."""

LEAVE_S: Final = 2.0
"""How long those who are still at it may take when a database is closed."""


class _Files:
    """How many connections have SQLite's file open, in all threads.

    The pool does not know: whoever is cancelled is rid of a connection at once, and its thread closes it in its own
    time. Until the last is closed, what was written stands in the journal and not in the file.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.open = 0

    def connect(self, *args: Any, **options: Any) -> sqlite3.Connection:
        """As sqlite3 calls its factory."""
        return _File(self, *args, **options)

    def count(self, by: int) -> None:
        with self._lock:
            self.open += by


class _File(sqlite3.Connection):
    def __init__(self, files: _Files, *args: Any, **options: Any) -> None:
        self._files: _Files | None = None
        self._cursors = WeakSet[sqlite3.Cursor]()
        super().__init__(*args, **options)
        self._files = files
        files.count(1)

    def cursor(self, *args: Any, **options: Any) -> sqlite3.Cursor:
        made: sqlite3.Cursor = super().cursor(*args, **options)
        self._cursors.add(made)
        return made

    def close(self) -> None:
        # SQLite keeps the file open for a statement that is not done; of those who were cancelled, some are not.
        for cursor in tuple(self._cursors):
            cursor.close()
        self._cursors.clear()
        super().close()
        files, self._files = self._files, None
        if files is not None:
            files.count(-1)

    def __del__(self) -> None:
        # One whose opening was cancelled is closed by nobody else.
        if self._files is not None:
            self.close()


class _Statements:
    """Statements as they were compiled, for every engine of this process that speaks the same.

    SQLAlchemy keeps them for each engine by itself. There are four of them, and more where several installations are
    opened one after the other; compiling is most of what a statement costs the first time.
    """

    def __init__(self) -> None:
        self._kept: LRUCache[Any, Any] = LRUCache(2000)

    def get(self, key: tuple[Any, ...]) -> Any:
        """What SQLAlchemy asks of a cache."""
        return self._kept.get(_spoken(key))

    def __setitem__(self, key: tuple[Any, ...], compiled: Any) -> None:
        self._kept[_spoken(key)] = compiled


def _spoken(key: tuple[Any, ...]) -> tuple[Any, ...]:
    """The key of a statement with what its text depends on in place of one engine's dialect."""
    dialect: DefaultDialect = key[0]
    return (type(dialect), dialect.server_version_info, getattr(dialect, "_backslash_escapes", None), *key[1:])


_STATEMENTS: Final = _Statements()


def _out(engine: AsyncEngine) -> bool:
    """Whether somebody has a connection."""
    pool: Any = engine.pool
    return isinstance(pool, QueuePool) and pool.checkedout() > 0


class Database:
    """One of the two databases, by its URL.

    Attributes:
        waits: How long its transactions waited to begin.
    """

    def __init__(self, kind: Kind, url: URL, *, connect_args: dict[str, Any], busy_s: float = BUSY_S) -> None:
        self.kind: Kind = kind
        self._url = url
        self._files = _Files()
        self._connect_args: dict[str, Any] = connect_args
        if self.is_sqlite:
            # Each has a thread of its own; only one that nobody has any more is closed by whichever thread drops it.
            self._connect_args = connect_args | {"factory": self._files.connect, "check_same_thread": False}
        self._busy_s = busy_s
        self.waits = Waits()
        # One writer in this process: those who wait here, wait in turn; SQLite's own waiting is not fair.
        self._writer = self._engine(writes=True, size=1)
        self._readers = self._engine(writes=False, size=_READERS)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is a file of ours."""
        return self._url.get_backend_name() == "sqlite"

    @asynccontextmanager
    async def read(self) -> AsyncGenerator[AsyncConnection]:
        """A connection that sees one state of the database and cannot write.

        Raises:
            DatabaseFailed: If the database does not do it.
        """
        async with self._transaction(self._readers) as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncGenerator[AsyncConnection]:
        """The only connection that writes, in all processes. Committed at the end; undone by any exception.

        Raises:
            DatabaseBusy: If others have been writing for `BUSY_S`.
            DatabaseFull: If no room is left.
            DatabaseFailed: If the database does not do it. Only a failure of the commit itself leaves open whether it
                was done, so whoever repeats must be able to.
        """
        async with self._transaction(self._writer) as connection:
            yield connection

    async def migrate(self, revision: str = "head", *, steps: Path | None = None) -> None:
        """Bring the tables to the newest form, or that of *revision*, all at once or not at all.

        Processes that start together do it one after the other. *steps* replaces the folder of migrations, for tests.

        Raises:
            WrongSchema: If a newer version of the program made the tables.
        """
        steps = steps or steps_of(self.kind)
        # Alembic needs a while to find that there is nothing to do, which is what it finds at each start but the first.
        if revision == "head" and await self._revision() == await asyncio.to_thread(newest, steps):
            return
        # In a thread: Alembic reads files, and keeps its context in globals, so that only one may run in a process.
        changed = await asyncio.to_thread(self._migrate_alone, steps, revision)
        if changed:
            await self.compact()

    async def _revision(self) -> str | None:
        """Of the tables in a file of ours; None if there are none, or if only Alembic can say."""
        if not self.is_sqlite:
            return None
        with _translated():
            async with _connected(self._readers) as connection:
                try:
                    found = await connection.execute(text("SELECT version_num FROM alembic_version"))
                except OperationalError:  # no tables
                    return None
                revisions = found.scalars().all()
        return str(revisions[0]) if len(revisions) == 1 else None

    def _migrate_alone(self, steps: Path, revision: str) -> bool:
        from storage.migrations.running import migrate  # noqa: PLC0415 - a start with nothing to do is sooner without

        with _ALEMBIC:
            return asyncio.run(self._migrate(partial(migrate, steps=steps, revision=revision)))

    async def _migrate(self, migrate: Callable[[Connection], bool]) -> bool:
        engine = self._engine(writes=True, size=1, foreign_keys=False)
        try:
            async with self._transaction(engine) as connection:
                return await connection.run_sync(migrate)
        finally:
            await engine.dispose()

    async def compact(self) -> None:
        """Rewrite the database without what was deleted, and empty SQLite's journal.

        Raises:
            DatabaseBusy: If somebody kept writing, or reading what was deleted. What is left is ciphertext; try again.
        """
        with _translated():
            async with _connected(self._writer) as connection:
                driver: Any = (await connection.get_raw_connection()).driver_connection
                # Not through SQLAlchemy: it would begin a transaction, in which nothing can be vacuumed.
                try:
                    await driver.execute("VACUUM")
                except Exception as error:  # noqa: BLE001  either driver's own, which SQLAlchemy does not see
                    raise _translate(error) from None
                if self.is_sqlite:
                    for _ in range(_ATTEMPTS):
                        async with driver.execute("PRAGMA wal_checkpoint(TRUNCATE)") as cursor:
                            (busy, *_) = await cursor.fetchone()
                        if not busy:
                            return
                        await asyncio.sleep(_PAUSE_S)
                    raise DatabaseBusy("somebody still reads the journal")

    @asynccontextmanager
    async def _transaction(self, engine: AsyncEngine) -> AsyncGenerator[AsyncConnection]:
        asked_s = time.monotonic()
        with _translated():
            async with _connected(engine) as connection, connection.begin():
                self.waits.count += 1
                self.waits.seconds += time.monotonic() - asked_s
                yield connection

    async def close(self) -> None:
        """Close the connections; before the event loop ends, because each of SQLite's has a thread.

        Whoever still reads or writes, because the bot ends while a command is answered, has `LEAVE_S` to finish: a
        connection that is out when the others are closed would be closed by nobody. Afterwards no thread has the file
        open, and everything is in it: who copies it then has all of it.
        """
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_S):
                while _out(self._writer) or _out(self._readers):  # noqa: ASYNC110 - a pool tells nobody
                    await asyncio.sleep(0.01)
        await self._writer.dispose()
        await self._readers.dispose()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_S):
                while self._files.open:  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.001)

    def _engine(self, *, writes: bool, size: int, foreign_keys: bool = True) -> AsyncEngine:
        options: dict[str, Any] = {"compiled_cache": _STATEMENTS}
        if not self.is_sqlite and not writes:
            options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        engine = create_async_engine(
            self._url,
            connect_args=self._connect_args,
            pool_size=size,
            max_overflow=0,
            pool_timeout=self._busy_s,
            hide_parameters=True,
            execution_options=options,
        )
        if self.is_sqlite:
            pragmas = PRAGMAS | {"foreign_keys": "ON" if foreign_keys else "OFF"}
            pragmas["busy_timeout"] = str(int(self._busy_s * 1000))
            if not writes:
                pragmas["query_only"] = "ON"
            _on_connect(engine, pragmas)
            _on_begin(engine, "BEGIN IMMEDIATE" if writes else "BEGIN")
        elif writes:
            _on_begin(engine, f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
        return engine

    def __repr__(self) -> str:
        return f"<Database {self.kind}, {self._url.get_backend_name()}>"


@dataclass(frozen=True, slots=True)
class Databases:
    """Both databases, open.

    Attributes:
        content: What people chose to keep.
        keyring: Their data keys.
    """

    content: Database
    keyring: Database


@asynccontextmanager
async def open_databases(
    folder: Path, *, content_dsn: str | None = None, keyring_dsn: str | None = None, busy_s: float = BUSY_S
) -> AsyncGenerator[Databases]:
    """Both databases, at the newest form, until the end of the block: files in *folder* unless there is a DSN.

    A DSN has the form postgresql://user@host/database, with `sslmode=verify-full` (the default beyond this machine),
    `sslrootcert=FILE` for authorities of one's own, `host=/folder` for a socket, and `port`. *busy_s* is how long to
    wait while others write.

    Raises:
        UnsafePlace: If others may read or replace the folder or a file.
        UnsafeAddress: If a server would be spoken to without TLS and a checked certificate.
        Misconfigured: If a DSN is none, or both name the same database.
        WrongSchema: If a newer version of the program made the tables.
        DatabaseFailed: If a database cannot be opened.
    """
    if content_dsn and keyring_dsn and _same_database(content_dsn, keyring_dsn):
        raise Misconfigured("content and keyring must be two databases, so that they are backed up apart")
    content = _open(folder, "content", content_dsn, busy_s)
    keyring = _open(folder, "keyring", keyring_dsn, busy_s)
    try:
        await keyring.migrate()
        await move_opt_outs(content, keyring)
        await content.migrate()
        yield Databases(content, keyring)
    finally:
        await content.close()
        await keyring.close()


def _open(folder: Path, kind: Kind, dsn: str | None, busy_s: float) -> Database:
    return open_sqlite(folder, kind, busy_s=busy_s) if dsn is None else open_postgres(dsn, kind, busy_s=busy_s)


def open_sqlite(folder: Path, kind: Kind, *, busy_s: float = BUSY_S) -> Database:
    """The database in a file of *folder*, which is made if there is none. The tables are not."""
    check_folder(folder)
    path = folder / f"{kind}.db"
    try:
        # SQLite gives its journals the mode of the database, so nothing depends on the process's umask.
        path.touch(mode=0o600)
        for file in (path, *folder.glob(f"{kind}.db-*")):
            state = file.lstat()
            if not stat.S_ISREG(state.st_mode) or not owned_by_us(state) or state.st_mode & 0o077:
                raise UnsafePlace("a database must be readable by us alone: chmod 0600")
    except OSError:
        raise Misconfigured("the data directory cannot be written") from None
    url = make_url("sqlite+aiosqlite://").set(database=str(path))
    return Database(kind, url, connect_args={"timeout": busy_s}, busy_s=busy_s)


def open_postgres(dsn: str, kind: Kind, *, busy_s: float = BUSY_S) -> Database:
    """The database behind *dsn*, not connected yet. The tables are not made.

    *busy_s* is for others who write; a server has `CONNECT_S` to answer.
    """
    url, tls = _postgres(dsn)
    settings = {"lock_timeout": str(int(busy_s * 1000)), "application_name": "skillrally"}
    connect_args = {"ssl": tls, "timeout": CONNECT_S, "server_settings": settings}
    return Database(kind, url, connect_args=connect_args, busy_s=busy_s)


def check_folder(folder: Path) -> None:
    """Make the data directory, for us alone, unless it is there.

    Raises:
        UnsafePlace: If others may read it, or replace it or a folder above.
        Misconfigured: If it cannot be made.
    """
    try:
        make_folder(folder)
        state = folder.stat()
        if not stat.S_ISDIR(state.st_mode):
            raise Misconfigured("SKILLRALLY_DATA_DIR is a file, and must be a folder")
        if not owned_by_us(state):
            raise UnsafePlace("the data directory must belong to the account of the bot: chown it")
        if state.st_mode & 0o077:
            raise UnsafePlace("the data directory must be ours alone: chmod 0700")
        check_parents(folder.resolve())
    except OSError:
        raise Misconfigured("the data directory cannot be made") from None


def _same_database(one: str, other: str) -> bool:
    urls = [_postgres(dsn)[0] for dsn in (one, other)]
    places = [(url.host or url.query.get("host"), url.port or url.query.get("port"), url.database) for url in urls]
    return places[0] == places[1]


def _postgres(dsn: str) -> tuple[URL, ssl.SSLContext | Literal[False]]:
    try:
        url = make_url(dsn)
    except Exception:  # noqa: BLE001  SQLAlchemy's error quotes the DSN, which has a password
        raise Misconfigured("a DSN has the form postgresql://user@host/database") from None
    query = {name: value for name, value in url.query.items() if isinstance(value, str)}
    host = query.get("host", url.host)
    # Without a host or a database, libraries take one from the environment.
    if url.drivername not in {"postgresql", "postgres", "postgresql+asyncpg"} or not host or not url.database:
        raise Misconfigured("a DSN has the form postgresql://user@host/database")
    if set(url.query) - {"host", "port", "sslmode", "sslrootcert"} or "," in host:
        raise Misconfigured("a DSN has no other options than host, port, sslmode and sslrootcert, and one host")
    mode = query.pop("sslmode", None)
    authority = query.pop("sslrootcert", None)
    here = host.startswith("/") or is_loopback(host)
    if mode not in {None, "verify-full"} and not (here and mode == "disable"):
        raise UnsafeAddress("PostgreSQL beyond this machine is spoken to with sslmode=verify-full only")
    tls: ssl.SSLContext | Literal[False] = False
    if mode == "verify-full" or not here:
        try:
            tls = ssl.create_default_context(cafile=authority)
        except OSError:
            raise Misconfigured("the file of sslrootcert cannot be read") from None
    return url.set(drivername="postgresql+asyncpg", query=query), tls


def _on_connect(engine: AsyncEngine, pragmas: dict[str, str]) -> None:
    def set_pragmas(raw: Any, _record: object) -> None:
        # The driver's own BEGIN would come late, before the first change, and be a deferred one.
        raw.isolation_level = None
        cursor = raw.cursor()
        for name, value in pragmas.items():
            cursor.execute(f"PRAGMA {name}={value}")
            if name == "journal_mode" and cursor.fetchone()[0] != "wal":
                raise DatabaseFailed("this file system does not carry SQLite's write-ahead log")
        cursor.close()

    event.listen(engine.sync_engine, "connect", set_pragmas)


def _on_begin(engine: AsyncEngine, statement: str) -> None:
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    event.listen(engine.sync_engine, "begin", begin)


def steps_of(kind: Kind) -> Path:
    """The folder with the migrations of that database."""
    return Path(__file__).parent / "migrations" / kind


@cache
def newest(steps: Path) -> str | None:
    """The newest form that the steps in that folder lead to, by the names of their files; None without any."""
    return max((path.name[1:5] for path in (steps / "versions").glob("v[0-9][0-9][0-9][0-9]_*.py")), default=None)


_BUSY = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, "55P03", "40001", "40P01"}
"""SQLite's result codes, and PostgreSQL's lock_not_available, serialization_failure and deadlock_detected."""

_FULL = {sqlite3.SQLITE_FULL, "53100"}
"""SQLite's result code, and PostgreSQL's disk_full."""

_DAMAGED: Final = "the database is damaged: stop the bot, and restore a backup"

_ORPHANED = {sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY, "23503"}
"""SQLite's extended result code, and PostgreSQL's foreign_key_violation."""

_REMEDIES: Final[dict[object, str]] = {
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    "28P01": "the server does not let this account in: look at the name and the password in the DSN",
    "28000": "the server does not let this account in: look at the name in the DSN, and at its pg_hba.conf",
    "3D000": "the server has no database of this name: make it (createdb), or look at the DSN",
    "42501": "the account may not do that in this database: make it the owner",
    "53300": "the server has no connection left: raise its max_connections",
    "57P03": "the server is starting or stopping: try again in a moment",
}
"""What an operator can do, by SQLite's result codes and PostgreSQL's error codes (its manual, appendix A)."""


@asynccontextmanager
async def _connected(engine: AsyncEngine) -> AsyncGenerator[AsyncConnection]:
    async with AsyncExitStack() as stack:
        # What goes wrong in the caller's block is the caller's; only reaching the database is ours to explain.
        try:
            connection = await _reached(stack, engine)
        except PoolTimeout:
            raise DatabaseBusy("others have been using the database for too long") from None
        except sqlite3.Error as error:
            raise _translate(error) from None
        except (OSError, TimeoutError):
            raise DatabaseFailed("the database cannot be reached: is its server running, and the DSN right?") from None
        yield connection


async def _reached(stack: AsyncExitStack, engine: AsyncEngine) -> AsyncConnection:
    """A connection; asked for again while others make the same new file, for which SQLite itself does not wait."""
    until_s = time.monotonic() + _ATTEMPTS * _PAUSE_S
    while True:
        try:
            return await stack.enter_async_context(engine.connect())
        except (DBAPIError, sqlite3.Error) as error:
            orig = error.orig if isinstance(error, DBAPIError) else error
            if not _just_busy(orig) or time.monotonic() > until_s:
                raise
        await asyncio.sleep(_PAUSE_S)


def _just_busy(error: BaseException | None) -> bool:
    code = getattr(error, "sqlite_errorcode", None)
    return isinstance(code, int) and code & 0xFF == sqlite3.SQLITE_BUSY


@contextmanager
def _translated() -> Generator[None]:
    try:
        yield
    except DBAPIError as error:
        raise _translate(error.orig) from None


def _translate(error: BaseException | None) -> DatabaseFailed:
    code: object = getattr(error, "sqlite_errorcode", None) or getattr(error, "sqlstate", None)
    if code in _ORPHANED:
        return OwnerGone("what this belongs to was deleted, or something belongs to it")
    code = code & 0xFF if isinstance(code, int) else code
    if code in _BUSY:
        return DatabaseBusy("somebody else has been writing for too long")
    if code in _FULL:
        return DatabaseFull("no room is left for the database")
    return DatabaseFailed(_REMEDIES.get(code, "the database refused"))
