"""Write a new step: `python -m storage.migrations content|keyring "What changes"`. For contributors."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from alembic import command
from alembic.script import ScriptDirectory

from storage.database import Kind, open_sqlite, steps_of
from storage.migrations.running import configured

if TYPE_CHECKING:
    from sqlalchemy import Connection


def _write(connection: Connection, kind: Kind, message: str) -> None:
    config = configured(connection, steps_of(kind))
    number = len(list(ScriptDirectory.from_config(config).walk_revisions())) + 1
    command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")


async def _main(kind: Kind, message: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = open_sqlite(Path(folder), kind)
        try:
            await database.migrate()
            async with database.write() as connection:
                await connection.run_sync(_write, kind, message)
        finally:
            await database.close()


if __name__ == "__main__":
    match sys.argv[1:]:
        case [("content" | "keyring") as which, what]:
            asyncio.run(_main(which, what))
        case _:
            sys.exit(__doc__)
