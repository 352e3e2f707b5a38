"""Deletes everything that was ever kept, for when a bot is given up.

alone      nobody else has the databases open
purge      keys first, so that whatever is left if this is interrupted is noise; then databases, then backups
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from storage.errors import DatabaseBusy, Misconfigured

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from storage.backup import Places


def alone(data: Path) -> None:
    """Nothing, if no process has a database in this folder open.

    Raises:
        DatabaseBusy: If one has; stop the bot.
    """
    for file in data.glob("*.db"):
        try:
            with closing(sqlite3.connect(file, timeout=0.2)) as connection:
                # SQLite leaves its write-ahead mode only for whoever is the last one connected.
                mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.OperationalError:
            mode = None
        except sqlite3.DatabaseError:
            continue  # damaged, so nobody works with it
        if mode != ("delete",):
            raise DatabaseBusy("a process has the databases open: stop the bot first")


def purge(places: Places) -> int:
    """Delete keys, databases and backups in these places, and return how many files went. Doing it again is harmless.

    Raises:
        DatabaseBusy: If a process has a database open; nothing is deleted then.
        Misconfigured: If a file cannot be deleted.
    """
    if places.data.is_dir():
        alone(places.data)
    return _delete(_doomed(places))


def purge_keys(folder: Path) -> int:
    """Delete the key-encryption keys in *folder*, and return how many there were.

    Raises:
        Misconfigured: If one cannot be deleted.
    """
    return _delete(_keys(folder))


def _delete(files: Iterable[Path]) -> int:
    gone = 0
    for file in files:
        try:
            file.unlink()
        except OSError:
            raise Misconfigured("a file cannot be deleted: look at the folders' permissions") from None
        gone += 1
    return gone


def _keys(folder: Path) -> Iterator[Path]:
    yield from sorted(folder.glob("kek-[0-9]*"))


def _doomed(places: Places) -> Iterator[Path]:
    """Only what this program made, by its names: a folder may hold other things."""
    if places.keys is not None:
        yield from _keys(places.keys)
    for folder, pattern in (
        (places.keyring, "keyring.db*"),
        (places.data, "keyring.db*"),
        (places.data, "content.db*"),
        (places.content, "content-*.db*"),
        (places.content, "new-*.db*"),
        (places.keyring, "new-*.db*"),
        (places.data, "new-*.db*"),  # a restore that was killed
        (places.data, "shard-*.lock"),
    ):
        yield from sorted(folder.glob(pattern))
