"""Alembic, on a connection that somebody else opened. Loaded only where there is a step to take: it takes a while."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import RevisionError
from alembic.util.exc import CommandError
from sqlalchemy import text

from storage.errors import DatabaseFailed, WrongSchema

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection


def configured(connection: Connection, steps: Path) -> Config:
    """Alembic's configuration for the steps in that folder, run on *connection*."""
    config = Config()
    config.set_main_option("script_location", str(steps).replace("%", "%%"))
    config.set_main_option("file_template", "v%%(rev)s_%%(slug)s")
    config.attributes["connection"] = connection
    return config


def migrate(connection: Connection, steps: Path, revision: str) -> bool:
    """Take the steps to *revision*, and say whether anything was changed that was there before.

    Raises:
        WrongSchema: If there is no way from the form of these tables.
        DatabaseFailed: If rows point nowhere afterwards.
    """
    try:
        return _migrate(connection, steps, revision)
    except (CommandError, RevisionError):
        raise WrongSchema("this database was made by another version of the program") from None


def _migrate(connection: Connection, steps: Path, revision: str) -> bool:
    config = configured(connection, steps)
    context = MigrationContext.configure(connection)
    before = context.get_current_revision()
    scripts = ScriptDirectory.from_config(config)
    done = {step.revision for step in scripts.iterate_revisions(before, "base")} if before else set[str]()
    backwards = revision == "base" or (revision != before and revision in done)
    (command.downgrade if backwards else command.upgrade)(config, revision)
    if connection.dialect.name == "sqlite" and connection.execute(text("PRAGMA foreign_key_check")).first():
        raise DatabaseFailed("a migration left rows that point nowhere")
    return before is not None and context.get_current_revision() != before
