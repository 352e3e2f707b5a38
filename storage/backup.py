"""Backups of both databases' files, and the way back.

    back_up            keyring, then content  ->  copy by SQLite, checked, 0600, put in its place at once
    content-*.db       some generations, none older than 30 days
    keyring.db         the newest state only, in a folder of its own
    restore            only where no database is; checked; then what was erased since is erased again

A backup of the content brings back rows, but not the keys of those who were erased: the keyring that stays, or its
newest backup, no longer has them. That is why the keyring is kept in one state only, and why it comes first: a key that
a row of the content needs is in the backup before the row is.

Key-encryption keys are never in a backup. Lose them, and nothing here can be opened; keep a copy of them elsewhere.

A file's `user_version` says the day on which it was made, for when its name is lost. PostgreSQL brings its own tools.
"""

from __future__ import annotations

import asyncio
import os
import re
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from storage.database import Kind, check_folder, open_databases
from storage.errors import BackupFailed, KeyringOutdated, Misconfigured, UnsafePlace
from storage.keyring import BACKUP_WINDOW, ROOT
from storage.models import ContentMeta, Dek, KeyringMeta, Tombstone, Transcript

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from storage.database import Database, Databases

GENERATIONS: Final = 7
"""How many backups of the content are kept."""

STALE: Final = timedelta(days=2)
"""A newest backup that is older was not followed by the next: one is to be made each day."""

_NAME = re.compile(r"content-(\d{8}T\d{6})Z\.db")
_STAMP = "%Y%m%dT%H%M%S"
_EPOCH = date(1970, 1, 1)
_KEY_FILE = re.compile(r"kek-\d+")


@dataclass(frozen=True, slots=True)
class Places:
    """Where things are.

    Attributes:
        data: The data directory.
        content: The folder of the content's backups.
        keyring: The folder of the keyring's backup, best on another disk and with other credentials.
        keys: The folder of the key-encryption keys, which no backup may touch; None if they are elsewhere.
    """

    data: Path
    content: Path
    keyring: Path
    keys: Path | None = None

    def check(self) -> None:
        """Nothing, if the folders are apart and ours alone; they are made if they are not there.

        Raises:
            UnsafePlace: If one lies in another, or others may read one.
            Misconfigured: If one cannot be made.
        """
        folders = [self.data, self.content, self.keyring] + ([self.keys] if self.keys else [])
        resolved = [folder.resolve() for folder in folders]
        for number, folder in enumerate(resolved):
            for other in resolved[:number] + resolved[number + 1 :]:
                if folder == other or other in folder.parents:
                    raise UnsafePlace("data, keys, and both backups must be in four folders, none within another")
        for folder in (self.content, self.keyring):
            try:
                check_folder(folder)
            except UnsafePlace:
                raise UnsafePlace("a folder of backups must be ours alone, as must those above: chmod 0700") from None
            if any(_KEY_FILE.fullmatch(path.name) for path in folder.iterdir()):
                raise UnsafePlace("a folder of backups holds a key-encryption key")


@dataclass(frozen=True, slots=True)
class Backup:
    """One backup of the content.

    Attributes:
        file: Where it is.
        made_at: When it was made, in UTC, to the second.
    """

    file: Path
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Cover:
    """How far what is saved is backed up.

    Attributes:
        backups: How many backups of the content there are.
        newest_at: When the newest was made; None if there is none.
        transcripts: How many transcripts are saved now.
    """

    backups: int
    newest_at: datetime | None
    transcripts: int

    @property
    def none(self) -> bool:
        """Whether something is saved and there is no backup at all."""
        return not self.backups and self.transcripts > 0

    def stale(self, now: datetime) -> bool:
        """Whether the newest is older than `STALE`; not, if there is none."""
        return self.newest_at is not None and now - self.newest_at > STALE


def back_up(places: Places, *, now: datetime, generations: int = GENERATIONS) -> Backup:
    """Copy the keyring, then the content, while the bot may be running; then drop what is too old or too many.

    Blocks: call it in a thread.

    Raises:
        BackupFailed: If a copy could not be made or is damaged; what was there before is still there.
        Misconfigured: If there is no database, or a folder is not as it must be.
    """
    places.check()
    back_up_keyring(places, now=now)
    file = places.content / f"content-{now.astimezone(UTC).strftime(_STAMP)}Z.db"
    _copy(places.data / "content.db", file, now)
    prune(places, now=now, generations=generations)
    return Backup(file, now.astimezone(UTC).replace(microsecond=0))


def back_up_keyring(places: Places, *, now: datetime) -> Path:
    """Copy the keyring over its former backup. To be done soon after a key was made or destroyed. Blocks.

    Raises:
        BackupFailed: If the copy could not be made or is damaged; what was there before is still there.
        Misconfigured: If there is no database, or a folder is not as it must be.
    """
    places.check()
    target = places.keyring / "keyring.db"
    if target.exists() and _root_of(target) != _root_of(places.data / "keyring.db"):
        raise Misconfigured("the folder of the keyring's backup holds that of another installation: name another one")
    _copy(places.data / "keyring.db", target, now)
    return target


class KeyringBackup:
    """Keeps the keyring's backup as the keyring is, while the bot runs.

    A key that was just made would be lost with the disk, and one that was destroyed would still be in the backup.
    """

    def __init__(self, database: Database, places: Places) -> None:
        self._database = database
        self._places = places
        self._copied: tuple[int, ...] | None = None

    async def refresh(self, *, now: datetime) -> bool:
        """Copy the keyring if it was changed since the last copy, and return whether that was done.

        Nothing is done until somebody made a first backup: not everybody wants one.

        Raises:
            BackupFailed: If the copy could not be made.
            Misconfigured: If a folder is not as it must be.
        """
        if not await asyncio.to_thread((self._places.keyring / "keyring.db").exists):
            return False
        async with self._database.read() as connection:
            keys = select(func.count(), func.sum(Dek.dek_ver), func.sum(Dek.kek_ver))
            found = (await connection.execute(keys)).one()
            meta = (await connection.execute(select(KeyringMeta.generation, KeyringMeta.retired_kek))).one()
        state = tuple(number or 0 for number in (*found, *meta))
        if state == self._copied:
            return False
        await asyncio.to_thread(back_up_keyring, self._places, now=now)
        self._copied = state
        return True

    def __repr__(self) -> str:
        return "<KeyringBackup>"


def backups(places: Places) -> list[Backup]:
    """The backups of the content, oldest first."""
    found = [
        Backup(path, datetime.strptime(match[1], _STAMP).replace(tzinfo=UTC))
        for path in places.content.glob("content-*.db")
        if (match := _NAME.fullmatch(path.name))
    ]
    return sorted(found, key=lambda backup: backup.made_at)


async def transcripts_in(content: Database) -> int:
    """How many transcripts are saved."""
    async with content.read() as connection:
        return (await connection.execute(select(func.count()).select_from(Transcript))).scalar_one()


async def cover(places: Places, content: Database) -> Cover:
    """How far what is saved is backed up."""
    there = await asyncio.to_thread(backups, places)
    return Cover(len(there), there[-1].made_at if there else None, await transcripts_in(content))


def prune(places: Places, *, now: datetime, generations: int = GENERATIONS) -> int:
    """Delete the backups of the content beyond that many, and all that are 30 days old; return how many.

    Also what a backup that was killed left half made.
    """
    there = backups(places)
    surplus = there[: max(0, len(there) - generations)]
    doomed = {backup.file for backup in there if backup in surplus or now - backup.made_at >= BACKUP_WINDOW}
    for file in doomed:
        file.unlink(missing_ok=True)
    for folder in (places.content, places.keyring):
        for file in folder.glob("new-*.db*"):
            file.unlink(missing_ok=True)
    return len(doomed)


async def restore(
    places: Places,
    content: Path,
    *,
    now: datetime,
    replay: Callable[[Databases], Awaitable[object]],
) -> None:
    """Put a backup of the content where no database is, and have *replay* erase again what was erased since.

    The keyring that is there stays, because it knows of every erasure. Only where there is none, its backup takes its
    place. If *replay* fails, the content is taken away again: it is never left without.

    Raises:
        Misconfigured: If a database is there, the backup is too old, or no keyring is to be had.
        BackupFailed: If the backup is damaged.
        KeyringOutdated: If the keyring is older than the content, so that it may bring back erased people's keys.
    """
    places.check()
    check_folder(places.data)
    if any(places.data.glob("content.db*")):
        raise Misconfigured("a content database is there: move content.db and its journals away first")
    _verify(content, "content")
    if now - _made_on(content) > BACKUP_WINDOW + timedelta(days=1):
        raise Misconfigured("this backup is more than 30 days old: who was erased since is no longer remembered")
    own_keyring = (places.data / "keyring.db").exists()
    if not own_keyring:
        spare = places.keyring / "keyring.db"
        if not spare.exists():
            raise Misconfigured("there is neither a keyring nor a backup of it, so nothing could be opened")
        _verify(spare, "keyring")
        _copy(spare, places.data / "keyring.db", now)
    _copy(content, places.data / "content.db", now)
    try:
        async with open_databases(places.data) as databases:
            await check_generations(databases)
            await replay(databases)
    except BaseException:
        for kind in ("content",) if own_keyring else ("content", "keyring"):
            for file in places.data.glob(f"{kind}.db*"):
                file.unlink(missing_ok=True)
        raise


async def check_generations(databases: Databases) -> bool:
    """Whether the content has followed every erasure; if not, they must be replayed first.

    To be asked at every start, before anything is read for people.

    Raises:
        KeyringOutdated: If the content is ahead: this keyring was restored from an old copy.
    """
    async with databases.content.read() as connection:
        content = (await connection.execute(select(ContentMeta.generation))).scalar_one()
    async with databases.keyring.read() as connection:
        keyring = (await connection.execute(select(KeyringMeta.generation))).scalar_one()
        erased = (await connection.execute(select(func.max(Tombstone.generation)))).scalar_one() or 0
    if content > keyring:
        raise KeyringOutdated("the keyring is older than the content: restore the newest keyring")
    return content >= erased


def _copy(source: Path, target: Path, now: datetime) -> None:
    if not source.is_file():
        raise Misconfigured("there is no database file to copy; PostgreSQL is backed up with pg_dump")
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix="new-", suffix=".db")  # 0600
    os.close(descriptor)
    made = Path(name)
    try:
        # Read-only, so that a backup can never be what changes the database.
        with (
            closing(sqlite3.connect(f"{source.resolve().as_uri()}?mode=ro", uri=True)) as read,
            closing(sqlite3.connect(made)) as write,
        ):
            read.backup(write)
            # One file, complete in itself: a copy keeps the source's write-ahead mode otherwise.
            write.execute("PRAGMA journal_mode=DELETE")
            write.execute(f"PRAGMA user_version={(now.astimezone(UTC).date() - _EPOCH).days}")
            write.commit()
        _verify(made, "content" if target.name.startswith("content") else "keyring")
        _sync(made)
        made.replace(target)
        _sync(target.parent)
    except (sqlite3.Error, OSError):
        raise BackupFailed("the copy could not be made; what was there before is still there") from None
    finally:
        for rest in target.parent.glob(f"{made.name}*"):
            rest.unlink(missing_ok=True)


def _verify(file: Path, kind: Kind) -> None:
    """Raises BackupFailed unless *file* is a whole database of that kind."""
    marker = "consent_link" if kind == "content" else "dek"
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
            result = connection.execute("PRAGMA integrity_check").fetchall()
            tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")}
    except sqlite3.Error:
        raise BackupFailed("this is no database, or it is damaged") from None
    if result != [("ok",)]:
        raise BackupFailed("the database is damaged")
    if not {marker, "meta"} <= tables:
        raise BackupFailed(f"this is no backup of the {kind}")


def _root_of(file: Path) -> str | None:
    """Which installation a keyring is of: the random id of its root key, which it has from its first start on."""
    try:
        with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)) as connection:
            found = connection.execute("SELECT dek_id FROM dek WHERE subject_id = ?", (ROOT.hex,)).fetchone()
    except sqlite3.Error:
        raise BackupFailed("a keyring cannot be read, so nothing was copied over the former backup") from None
    return None if found is None else found[0]


def _made_on(file: Path) -> datetime:
    with closing(sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro&immutable=1", uri=True)) as connection:
        days = connection.execute("PRAGMA user_version").fetchone()[0]
    return datetime.combine(_EPOCH + timedelta(days=days), datetime.min.time(), UTC)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
