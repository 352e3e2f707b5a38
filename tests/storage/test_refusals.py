"""What a database refuses is said with what an operator can do, and without the DSN."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from storage.database import open_postgres, open_sqlite
from storage.errors import DatabaseFailed

if TYPE_CHECKING:
    from storage.database import Database
    from tests.storage.conftest import Installation
    from tests.storage.postgres import Server


async def why(database: Database) -> str:
    try:
        with pytest.raises(DatabaseFailed) as refused:
            async with database.read() as connection:
                await connection.execute(text("SELECT count(*) FROM consent_event"))
    finally:
        await database.close()
    return str(refused.value)


@pytest.mark.parametrize(
    ("dsn", "remedy"),
    [
        ("postgresql://tester:hush@/nowhere?host={socket}", "no database of this name"),
        ("postgresql://stranger:hush@/content?host={socket}", "the name in the DSN"),
        ("postgresql://tester:hush@/content?host={socket}/elsewhere", "is its server running"),
    ],
)
async def test_a_server_that_refuses_is_told_apart_from_one_that_is_away(
    postgres: Server, dsn: str, remedy: str
) -> None:
    said = await why(open_postgres(dsn.format(socket=postgres.socket), "content"))

    assert remedy in said
    assert "hush" not in said


@pytest.mark.parametrize("at", [0, 4096])
async def test_a_damaged_file_is_said_to_be_damaged(sqlite: Installation, at: int) -> None:
    file = sqlite.folder / "content.db"
    held = bytearray(file.read_bytes())
    held[at:] = b"\xa5" * len(held[at:])
    file.write_bytes(held)

    assert "damaged" in await why(open_sqlite(sqlite.folder, "content"))
