from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid4

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, Select, event, func, insert, select, text, update
from sqlalchemy.sql.compiler import SQLCompiler

from storage.database import (
    PRAGMAS,
    Database,
    Databases,
    Kind,
    newest,
    open_databases,
    open_postgres,
    open_sqlite,
    steps_of,
)
from storage.errors import (
    DatabaseBusy,
    DatabaseFailed,
    DatabaseFull,
    Misconfigured,
    OwnerGone,
    StorageError,
    UnsafeAddress,
    UnsafePlace,
    WrongSchema,
)
from storage.models import ContentMeta, RetentionRun, Subject, Transcript, Turn
from tests.storage.conftest import KINDS, METADATA, Installation

if TYPE_CHECKING:
    from tests.storage.postgres import Server

CANARY = b"canary-7f3a91"
NOW = datetime(2026, 11, 23, 12, 30, 15, 250, tzinfo=UTC)
TODAY = date(2026, 11, 23)


async def add_subject(database: Database, *, idx: bytes = bytes(32)) -> UUID:
    subject = uuid4()
    async with database.write() as connection:
        await connection.execute(insert(Subject).values(id=subject, idx=idx, enc_discord_id=CANARY, created_day=TODAY))
    return subject


async def count(database: Database, table: type[Any]) -> int:
    async with database.read() as connection:
        return (await connection.execute(select(func.count()).select_from(table))).scalar_one()


# Reading and writing


async def test_what_was_written_is_read_by_everybody(databases: Databases, installation: Installation) -> None:
    subject = await add_subject(databases.content)

    async with installation.open() as others, others.content.read() as connection:
        row = (await connection.execute(select(Subject))).mappings().one()

    assert (row["id"], row["created_day"], row["enc_discord_id"]) == (subject, TODAY, CANARY)


async def test_moments_and_json_come_back_as_they_were(databases: Databases) -> None:
    run = uuid4()
    async with databases.content.write() as connection:
        await connection.execute(insert(RetentionRun).values(id=run, started_at=NOW, counts={"turn": 3}))

    async with databases.content.read() as connection:
        row = (await connection.execute(select(RetentionRun))).mappings().one()

    assert (row["started_at"], row["finished_at"], row["counts"]) == (NOW, None, {"turn": 3})


async def test_what_fails_in_between_leaves_nothing(databases: Databases) -> None:
    async def fail() -> None:
        async with databases.content.write() as connection:
            await connection.execute(update(ContentMeta).values(generation=9))
            raise KeyError

    with pytest.raises(KeyError):
        await fail()

    async with databases.content.read() as connection:
        assert (await connection.execute(select(ContentMeta.generation))).scalar_one() == 0


async def test_a_reader_cannot_write(databases: Databases) -> None:
    with pytest.raises(DatabaseFailed):
        async with databases.content.read() as connection:
            await connection.execute(update(ContentMeta).values(generation=9))

    async with databases.content.read() as connection:
        assert (await connection.execute(select(ContentMeta.generation))).scalar_one() == 0


async def test_a_reader_sees_one_state_to_its_end(databases: Databases) -> None:
    counting = select(func.count()).select_from(Subject)
    async with databases.content.read() as connection:
        before = (await connection.execute(counting)).scalar_one()
        await add_subject(databases.content)
        after = (await connection.execute(counting)).scalar_one()

    assert (before, after) == (0, 0)
    assert await count(databases.content, Subject) == 1


async def test_no_change_is_lost_when_many_read_and_then_write(
    databases: Databases, installation: Installation
) -> None:
    async def add_one(database: Database) -> None:
        async with database.write() as connection:
            generation = (await connection.execute(select(ContentMeta.generation))).scalar_one()
            await asyncio.sleep(0)
            await connection.execute(update(ContentMeta).values(generation=generation + 1))

    async with installation.open() as others, asyncio.TaskGroup() as tasks:
        for _ in range(20):
            tasks.create_task(add_one(databases.content))
            tasks.create_task(add_one(others.content))

    async with databases.content.read() as connection:
        assert (await connection.execute(select(ContentMeta.generation))).scalar_one() == 40


async def test_a_writer_that_waits_for_another_too_long_is_told_so(installation: Installation) -> None:
    async with installation.open() as one, installation.open(busy_s=0.05) as other:
        async with one.content.write():
            with pytest.raises(DatabaseBusy):
                async with other.content.write():
                    pass

        async with other.content.write():
            pass


async def test_a_server_that_is_slow_to_answer_is_not_one_where_others_write(postgresql: Installation) -> None:
    name, busy_s = ".s.PGSQL.5432", 0.05
    assert postgresql.content_dsn is not None
    database_of, _, folder = postgresql.content_dsn.partition("host=")
    server = Path(folder) / name

    async def slowly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(4 * busy_s)
        theirs, ours = await asyncio.open_unix_connection(server)
        async with asyncio.TaskGroup() as both:
            both.create_task(pass_on(reader, ours))
            both.create_task(pass_on(theirs, writer))

    async def pass_on(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
        while some := await source.read(65536):
            target.write(some)
        target.close()

    slow = await asyncio.start_unix_server(slowly, postgresql.folder / name)
    database = open_postgres(f"{database_of}host={postgresql.folder}", "content", busy_s=busy_s)
    try:
        async with database.write() as connection:
            assert (await connection.execute(select(ContentMeta.generation))).scalar_one() == 0
    finally:
        await database.close()
        slow.close()


async def test_a_second_writer_of_the_same_process_is_told_so_too(installation: Installation) -> None:
    async with installation.open(busy_s=0.05) as databases, databases.content.write():
        with pytest.raises(DatabaseBusy):
            async with databases.content.write():
                pass


async def test_the_two_databases_are_written_at_the_same_time(databases: Databases) -> None:
    async with databases.content.write() as content, databases.keyring.write() as keyring:
        await content.execute(update(ContentMeta).values(generation=1))
        assert (await keyring.execute(text("SELECT generation FROM meta"))).scalar_one() == 0


@pytest.mark.parametrize("way", ["read", "write"])
async def test_once_closed_everything_is_in_the_file_whoever_was_cancelled(sqlite: Installation, way: str) -> None:
    async def use(databases: Databases) -> None:
        while True:
            async with getattr(databases.content, way)() as connection:
                await connection.execute(select(ContentMeta.generation))

    for steps in range(0, 60, 3):
        async with sqlite.open() as databases, asyncio.TaskGroup() as tasks:
            task = tasks.create_task(use(databases))
            for _ in range(steps):
                await asyncio.sleep(0)
            await asyncio.sleep(steps / 10_000)
            task.cancel()

        assert [file.name for file in sqlite.folder.glob("content.db-*")] == []


async def test_a_statement_is_compiled_once_for_everybody_who_opens_a_database(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[object] = []
    make: Any = SQLCompiler.__init__

    def counted(self: SQLCompiler, dialect: object, statement: object, *more: Any, **options: Any) -> None:
        compiled.append(statement)
        make(self, dialect, statement, *more, **options)

    async def ask() -> None:
        async with installation.open() as databases:
            for begun in (databases.content.read(), databases.content.write()):
                async with begun as connection:
                    found = await connection.execute(select(ContentMeta.generation).where(ContentMeta.generation < 7))
                    assert found.scalar_one() == 0

    await ask()
    monkeypatch.setattr(SQLCompiler, "__init__", counted)
    await ask()

    assert [each for each in compiled if isinstance(each, Select)] == []


async def test_a_cancelled_writer_leaves_the_database_free(databases: Databases) -> None:
    entered = asyncio.Event()

    async def hold() -> None:
        async with databases.content.write() as connection:
            await connection.execute(update(ContentMeta).values(generation=7))
            entered.set()
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(hold())
        await entered.wait()
        task.cancel()

    async with databases.content.write() as connection:
        assert (await connection.execute(select(ContentMeta.generation))).scalar_one() == 0


def everything_in(error: BaseException | None) -> str:
    """What somebody could print of it; a suppressed cause is not printed."""
    if error is None:
        return ""
    after = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return f"{error!r} {error} {getattr(error, '__notes__', '')}" + everything_in(after)


async def test_an_error_quotes_nothing_of_the_row(databases: Databases) -> None:
    await add_subject(databases.content, idx=CANARY.ljust(32, b"."))

    with pytest.raises(DatabaseFailed) as caught:
        await add_subject(databases.content, idx=CANARY.ljust(32, b"."))

    assert "canary" not in everything_in(caught.value)
    assert CANARY.hex() not in everything_in(caught.value)


async def test_rows_that_point_nowhere_are_refused(databases: Databases) -> None:
    with pytest.raises(OwnerGone):
        async with databases.content.write() as connection:
            await connection.execute(
                insert(Transcript).values(
                    id=uuid4(), owner_id=uuid4(), number=1, enc_title=b"", state="saved", created_day=TODAY, rev=0
                )
            )


async def add_transcript(database: Database, owner: UUID) -> UUID:
    transcript = uuid4()
    async with database.write() as connection:
        await connection.execute(
            insert(Transcript).values(
                id=transcript, owner_id=owner, number=1, enc_title=b"t", state="saved", created_day=TODAY, rev=0
            )
        )
        await connection.execute(
            insert(Turn).values(
                id=uuid4(), transcript_id=transcript, speaker_id=owner, seq=0, state="said", enc_body=CANARY * 50, rev=0
            )
        )
    return transcript


async def test_a_subject_that_still_has_something_cannot_be_deleted(databases: Databases) -> None:
    await add_transcript(databases.content, await add_subject(databases.content))

    with pytest.raises(DatabaseFailed):
        async with databases.content.write() as connection:
            await connection.execute(text("DELETE FROM subject"))

    assert await count(databases.content, Turn) == 1


async def test_a_database_shows_neither_its_place_nor_a_password(
    databases: Databases, installation: Installation
) -> None:
    assert str(installation.folder) not in repr(databases)
    assert "tester" not in repr(databases)


# Migrations


async def test_the_newest_form_is_that_of_the_models(databases: Databases) -> None:
    def differences(connection: Connection, metadata: MetaData) -> list[Any]:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return cast("list[Any]", compare_metadata(context, metadata))

    for database in (databases.content, databases.keyring):
        async with database.read() as connection:
            assert await connection.run_sync(differences, METADATA[database.kind]) == []


@pytest.mark.parametrize("kind", KINDS)
def test_the_newest_form_is_read_off_the_names_of_the_steps(kind: Kind, tmp_path: Path) -> None:
    assert newest(steps_of(kind)) == ScriptDirectory(str(steps_of(kind))).get_current_head()
    assert newest(tmp_path) is None


def test_a_start_with_no_step_to_take_loads_no_alembic(migrated: Path, tmp_path: Path) -> None:
    shutil.copytree(migrated, tmp_path / "data")
    code = (
        "import asyncio, sys, pathlib\n"
        "from storage.database import open_databases\n"
        "async def start():\n"
        "    async with open_databases(pathlib.Path(sys.argv[1])):\n"
        "        print('alembic' in sys.modules)\n"
        "asyncio.run(start())\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "data")], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout.strip()) == (0, "False"), done.stderr


async def tables(database: Database) -> set[str]:
    def names(connection: Connection) -> set[str]:
        metadata = MetaData()
        metadata.reflect(connection)
        return set(metadata.tables)

    async with database.read() as connection:
        return await connection.run_sync(names)


async def test_every_step_can_be_taken_back_and_again(databases: Databases) -> None:
    for database in (databases.content, databases.keyring):
        await database.migrate("base")
        assert await tables(database) == {"alembic_version"}

        await database.migrate()
        assert await tables(database) == {"alembic_version", *METADATA[database.kind].tables}


async def test_migrating_again_changes_nothing_and_keeps_the_rows(databases: Databases) -> None:
    await add_transcript(databases.content, await add_subject(databases.content))

    await asyncio.gather(*(databases.content.migrate() for _ in range(3)))

    assert await count(databases.content, Turn) == 1


async def test_a_start_takes_no_steps_where_none_is_left(sqlite: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Database, "_migrate_alone", None)

    async with open_databases(sqlite.folder) as databases:
        assert await count(databases.content, Turn) == 0


START = """
import asyncio, pathlib, sys
from storage.database import open_databases
from sqlalchemy import text

async def start():
    async with open_databases(pathlib.Path(sys.argv[1])) as databases:
        async with databases.content.read() as connection:
            return (await connection.execute(text("SELECT count(*) FROM meta"))).scalar_one()

sys.stdin.readline()
sys.exit(asyncio.run(start()) - 1)
"""


@pytest.mark.slow
def test_processes_that_start_together_migrate_once(tmp_path: Path) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", START, tmp_path / "new"], stdin=subprocess.PIPE) for _ in range(2)
    ]
    for process in started:
        assert process.stdin is not None
        process.stdin.write(b"now\n")
        process.stdin.close()

    assert [process.wait() for process in started] == [0, 0]


def busy(folder: Path) -> sqlite3.OperationalError:
    """What SQLite says at once, without waiting, when others turn a new file into one with a journal of its own."""
    with closing(sqlite3.connect(folder / "x", isolation_level=None)) as one:
        one.execute("BEGIN EXCLUSIVE")
        with (
            closing(sqlite3.connect(folder / "x", timeout=0)) as other,
            pytest.raises(sqlite3.OperationalError) as refused,
        ):
            other.execute("PRAGMA journal_mode=WAL")
    return refused.value


@pytest.mark.parametrize("times", [2, 1_000])
async def test_a_file_that_others_are_making_is_asked_for_again_for_a_while(tmp_path: Path, times: int) -> None:
    error, tries = busy(tmp_path), 0
    (tmp_path / "data").mkdir(mode=0o700)
    database = open_sqlite(tmp_path / "data", "content")

    def refuse(*_: object) -> None:
        nonlocal tries
        tries += 1
        if tries <= times:
            raise error

    event.listen(database._readers.sync_engine, "connect", refuse)
    try:
        if times > 2:
            with pytest.raises(DatabaseBusy):
                async with database.read():
                    pass
        else:
            async with database.read() as connection:
                assert (await connection.execute(text("SELECT 1"))).scalar_one() == 1
    finally:
        await database.close()
    assert tries > 2


async def test_those_who_open_together_in_one_process_migrate_once(tmp_path: Path) -> None:
    async def start() -> int:
        async with open_databases(tmp_path / "new") as databases:
            return await count(databases.content, ContentMeta)

    assert await asyncio.gather(*(start() for _ in range(4))) == [1, 1, 1, 1]


LATER = '''
"""A step that does not exist yet."""
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{head}"

def upgrade():
    with op.batch_alter_table("transcript", recreate="auto") as batch:
        batch.add_column(sa.Column("language", sa.String(8), nullable=True))
        batch.alter_column("state", type_=sa.String(40), existing_type=sa.String(16), existing_nullable=False)

def downgrade():
    with op.batch_alter_table("transcript", recreate="auto") as batch:
        batch.alter_column("state", type_=sa.String(16), existing_type=sa.String(40), existing_nullable=False)
        batch.drop_column("language")
'''


STEPS = Path(__file__).parents[2] / "storage" / "migrations" / "content"
NEWEST = max(step.name[1:5] for step in (STEPS / "versions").glob("v*.py"))


def later_steps(tmp_path: Path) -> Path:
    """A copy of the content database's steps, with one more that copies a table others point to."""
    steps = tmp_path / "steps"
    (steps / "versions").mkdir(parents=True)
    for file in ("env.py", *(f"versions/{step.name}" for step in (STEPS / "versions").glob("v*.py"))):
        (steps / file).write_text((STEPS / file).read_text(encoding="utf-8"), encoding="utf-8")
    (steps / "versions" / "v9999_later.py").write_text(LATER.format(head=NEWEST), encoding="utf-8")
    return steps


async def test_a_later_step_keeps_the_rows_and_those_that_point_to_them(databases: Databases, tmp_path: Path) -> None:
    transcript = await add_transcript(databases.content, await add_subject(databases.content))
    steps = later_steps(tmp_path)

    await databases.content.migrate(steps=steps)

    async with databases.content.read() as connection:
        row = (await connection.execute(text("SELECT * FROM transcript"))).mappings().one()
        assert (UUID(str(row["id"])), row["state"], row["language"]) == (transcript, "saved", None)
        assert (await connection.execute(select(Turn.enc_body))).scalar_one() == CANARY * 50
    await databases.content.migrate(NEWEST, steps=steps)
    assert await count(databases.content, Turn) == 1


async def test_a_database_of_a_newer_version_is_left_alone(databases: Databases, tmp_path: Path) -> None:
    await databases.content.migrate(steps=later_steps(tmp_path))

    with pytest.raises(WrongSchema):
        await databases.content.migrate()

    assert "transcript" in await tables(databases.content)
    await databases.content.migrate(NEWEST, steps=tmp_path / "steps")


async def test_a_step_that_fails_changes_nothing(databases: Databases, tmp_path: Path) -> None:
    steps = later_steps(tmp_path)
    file = steps / "versions" / "v9999_later.py"
    file.write_text(
        file.read_text(encoding="utf-8").replace(
            "def downgrade", "    op.execute('INSERT INTO nowhere VALUES (1)')\n\ndef downgrade"
        ),
        encoding="utf-8",
    )

    with pytest.raises(DatabaseFailed):
        await databases.content.migrate(steps=steps)

    async with databases.content.read() as connection:
        assert "language" not in (await connection.execute(text("SELECT * FROM transcript"))).keys()  # noqa: SIM118


# Files


async def test_every_connection_has_every_pragma(sqlite: Installation) -> None:
    numbers = {"WAL": "wal", "FULL": "2", "ON": "1", "OFF": "0", "MEMORY": "2"}
    async with sqlite.open() as databases:
        for database in (databases.content, databases.keyring):
            for connect in (database.write, database.read, database.read):
                async with connect() as connection, database.read() as second:
                    for each in (connection, second):
                        for name, value in PRAGMAS.items():
                            found = (await each.execute(text(f"PRAGMA {name}"))).scalar_one()
                            assert str(found) == numbers.get(value, value), name


def modes(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mode & 0o777 for path in folder.iterdir()}


async def test_files_are_for_their_owner_alone_whatever_the_umask_is(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        folder = tmp_path / "a" / "data"
        async with open_databases(folder) as databases:
            await add_subject(databases.content)
            found = modes(folder)
    finally:
        os.umask(before)

    assert {"content.db", "content.db-wal", "content.db-shm", "keyring.db"} <= set(found)
    assert set(found.values()) == {0o600}
    assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o701, 0o777])
async def test_a_data_directory_that_others_may_enter_is_refused(sqlite: Installation, mode: int) -> None:
    sqlite.folder.chmod(mode)

    with pytest.raises(UnsafePlace):
        async with sqlite.open():
            pass


@pytest.mark.parametrize("name", ["content.db", "keyring.db", "content.db-wal", "content.db-shm"])
async def test_a_file_that_others_may_read_is_refused(sqlite: Installation, name: str) -> None:
    (sqlite.folder / name).touch()
    (sqlite.folder / name).chmod(0o640)

    with pytest.raises(UnsafePlace):
        async with sqlite.open():
            pass


async def test_a_link_in_the_place_of_a_database_is_refused(sqlite: Installation, tmp_path: Path) -> None:
    shutil.move(sqlite.folder / "content.db", tmp_path / "elsewhere.db")
    (sqlite.folder / "content.db").symlink_to(tmp_path / "elsewhere.db")

    with pytest.raises(UnsafePlace):
        async with sqlite.open():
            pass


async def test_a_world_writable_folder_above_the_data_is_refused(tmp_path: Path) -> None:
    above = tmp_path / "above"
    above.mkdir()
    above.chmod(0o777)

    with pytest.raises(UnsafePlace):
        async with open_databases(above / "data"):
            pass


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    file = tmp_path / "data" / "content.db"
    file.write_bytes(b"something else" * 100)
    file.chmod(0o600)

    with pytest.raises(DatabaseFailed):
        async with open_databases(tmp_path / "data"):
            pass


async def test_a_full_disk_is_said_and_nothing_is_written(sqlite: Installation) -> None:
    async with sqlite.open() as databases:
        async with databases.content.write() as connection:
            pages = (await connection.execute(text("PRAGMA page_count"))).scalar_one()
            await connection.execute(text(f"PRAGMA max_page_count={pages}"))

        with contextlib.suppress(DatabaseFull):
            for number in range(1000):
                await add_subject(databases.content, idx=number.to_bytes(32, "big"))

        written = await count(databases.content, Subject)
        with pytest.raises(DatabaseFull):
            await add_subject(databases.content, idx=b"." * 32)
        assert await count(databases.content, Subject) == written


def bytes_in(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in folder.iterdir())


async def test_nothing_of_a_deleted_row_is_left_after_compacting(sqlite: Installation) -> None:
    async with sqlite.open() as databases:
        for number in range(100):
            await add_subject(databases.content, idx=number.to_bytes(32, "big"))
        async with databases.content.write() as connection:
            await connection.execute(text("DELETE FROM subject"))
        assert CANARY in bytes_in(sqlite.folder)

        await databases.content.compact()

        assert CANARY not in bytes_in(sqlite.folder)


async def test_nothing_is_left_of_a_table_that_a_migration_copied(sqlite: Installation, tmp_path: Path) -> None:
    async with sqlite.open() as databases:
        await add_transcript(databases.content, await add_subject(databases.content))
        steps = later_steps(tmp_path)
        await databases.content.migrate(steps=steps)

        async with databases.content.write() as connection:
            await connection.execute(text("UPDATE turn SET enc_body = NULL"))
            await connection.execute(text("UPDATE subject SET enc_discord_id = ''"))
        await databases.content.migrate(NEWEST, steps=steps)

        assert CANARY not in bytes_in(sqlite.folder)


async def test_compacting_waits_for_readers_and_then_says_that_they_are_there(
    sqlite: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database._PAUSE_S", 0)
    async with sqlite.open(busy_s=0.01) as databases:
        await add_subject(databases.content)
        async with databases.content.read() as connection:
            await connection.execute(select(Subject))
            with pytest.raises(DatabaseBusy):
                await databases.content.compact()

        await databases.content.compact()


async def test_compacting_works_on_both(databases: Databases) -> None:
    await add_subject(databases.content)

    await databases.content.compact()

    assert await count(databases.content, Subject) == 1


async def test_a_commit_is_on_the_disk_when_it_returns(sqlite: Installation, tmp_path: Path) -> None:
    async with sqlite.open() as databases:
        await add_subject(databases.content)
        copy = tmp_path / "after-a-crash"
        copy.mkdir(mode=0o700)
        for path in sqlite.folder.glob("content.db*"):
            (copy / path.name).write_bytes(path.read_bytes())

    connection = sqlite3.connect(copy / "content.db")
    assert connection.execute("SELECT count(*) FROM subject").fetchone() == (1,)
    connection.close()


# DSNs


@pytest.mark.parametrize(
    "dsn",
    [
        "",
        "postgresql://",
        "postgresql:///database",
        "postgresql://user@host",
        "mysql://user@localhost/database",
        "sqlite:///file.db",
        "postgresql://user@localhost/database?sslmode=verify-full&passfile=/tmp/x",
        "postgresql://user@localhost/database?host=localhost,example.org",
        "postgresql://user@example.org/database?sslrootcert=/does/not/exist",
        "not a dsn secret",
    ],
)
def test_a_dsn_of_another_form_is_refused_without_being_quoted(dsn: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        open_postgres(dsn, "content")

    assert "secret" not in everything_in(caught.value)
    assert "passfile" not in everything_in(caught.value)


@pytest.mark.parametrize("mode", ["disable", "allow", "prefer", "require", "verify-ca"])
@pytest.mark.parametrize("host", ["example.org", "10.0.0.1", "localhost.example.org"])
def test_a_server_beyond_this_machine_is_spoken_to_by_checked_tls_only(host: str, mode: str) -> None:
    with pytest.raises(UnsafeAddress):
        open_postgres(f"postgresql://user:secret@{host}/database?sslmode={mode}", "content")


@pytest.mark.parametrize(
    ("dsn", "checked"),
    [
        ("postgresql://user@example.org/database", True),
        ("postgresql://user@example.org/database?sslmode=verify-full", True),
        ("postgresql://user@localhost/database?sslmode=verify-full", True),
        ("postgresql://user@127.0.0.1:5433/database", False),
        ("postgresql://user@[::1]/database?sslmode=disable", False),
        ("postgresql://user@/database?host=/run/postgresql", False),
    ],
)
def test_certificates_are_checked_unless_the_server_is_on_this_machine(dsn: str, checked: bool) -> None:  # noqa: FBT001
    tls = open_postgres(dsn, "content")._connect_args["ssl"]

    assert bool(tls) is checked
    if checked:
        assert tls.check_hostname
        assert tls.verify_mode.name == "CERT_REQUIRED"


async def test_a_server_that_is_not_there_is_said_so(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        dsn = f"postgresql://user@127.0.0.1:{free.getsockname()[1]}/database"

        with pytest.raises(DatabaseFailed):
            async with open_databases(tmp_path / "data", content_dsn=dsn):
                pass


async def test_a_database_that_is_not_there_is_said_so(tmp_path: Path, postgres: Server) -> None:
    with pytest.raises(DatabaseFailed) as caught:
        async with open_databases(tmp_path / "data", content_dsn=postgres.dsn("missing-secret")):
            pass

    assert "secret" not in everything_in(caught.value)


async def test_content_and_keyring_in_one_database_are_refused(tmp_path: Path, postgres: Server) -> None:
    with pytest.raises(Misconfigured, match="two databases"):
        async with open_databases(
            tmp_path / "data", content_dsn=postgres.dsn("content"), keyring_dsn=postgres.dsn("content")
        ):
            pass


async def test_one_may_be_a_file_and_the_other_a_server(postgresql: Installation) -> None:
    async with open_databases(postgresql.folder, content_dsn=postgresql.content_dsn) as databases:
        assert (databases.content.is_sqlite, databases.keyring.is_sqlite) == (False, True)


def test_every_kind_has_its_own_file(tmp_path: Path) -> None:
    for kind in KINDS:
        open_sqlite(tmp_path / "data", kind)

    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == ["content.db", "keyring.db"]


def test_all_of_this_is_a_storage_error() -> None:
    assert issubclass(DatabaseBusy, StorageError)
    assert issubclass(WrongSchema, Misconfigured)
