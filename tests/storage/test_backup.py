from __future__ import annotations

import asyncio
import dataclasses
import shutil
import sqlite3
import stat
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import delete, func, insert, select, update

from storage.backup import KeyringBackup, Places, back_up, back_up_keyring, backups, check_generations, prune, restore
from storage.database import Databases, open_databases
from storage.errors import BackupFailed, KeyringOutdated, Misconfigured, SubjectErased, UnsafePlace
from storage.keyring import Keyring
from storage.keys import FileKeys
from storage.models import Audit, ContentMeta, Subject, Tombstone
from storage.subjects import Subjects

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path
    from uuid import UUID

    from tests.storage.conftest import Installation

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)
ANNA, BORIS = 101, 102


@dataclass
class House:
    """Anna's and Boris's installation."""

    places: Places

    @asynccontextmanager
    async def open(self) -> AsyncGenerator[tuple[Databases, Keyring, Subjects]]:
        assert self.places.keys is not None
        async with open_databases(self.places.data) as databases:
            keyring = Keyring(databases.keyring, FileKeys(self.places.keys, data_dir=self.places.data))
            secrets = await keyring.secrets()
            yield databases, keyring, Subjects(databases.content, keyring, secrets)
            keyring.close()

    async def readable(self) -> set[int]:
        """Whose Discord id can be opened."""
        found: set[int] = set()
        async with self.open() as (databases, _, subjects):
            async with databases.content.read() as connection:
                ids = (await connection.execute(select(Subject.id))).scalars().all()
            for subject in ids:
                try:
                    found.add(await subjects.discord_id(subject))
                except SubjectErased:
                    continue
        return found

    async def erase(self, user_id: int) -> None:
        async with self.open() as (databases, keyring, subjects):
            subject = await subjects.find(user_id)
            assert subject is not None
            stone = await keyring.destroy(subject, at=NOW)
            await forget(databases, subject, stone.generation)


async def forget(databases: Databases, subject: UUID, generation: int) -> None:
    async with databases.content.write() as connection:
        await connection.execute(delete(Subject).where(Subject.id == subject))
        await connection.execute(update(ContentMeta).values(generation=generation))


async def replay(databases: Databases) -> None:
    """What `storage.erasure` does at the start, as far as it concerns these tests."""
    async with databases.keyring.read() as connection:
        stones = (await connection.execute(select(Tombstone.subject_id, Tombstone.generation))).all()
    for subject, generation in stones:
        await forget(databases, subject, generation)


@pytest.fixture
def house(tmp_path: Path, sqlite: Installation) -> House:
    places = Places(sqlite.folder, tmp_path / "backups", tmp_path / "keyring-backup", tmp_path / "keys")
    assert places.keys is not None
    house = House(places)

    async def move_in(keys: Path) -> None:
        await FileKeys(keys, data_dir=places.data).create()
        async with house.open() as (_, _, subjects):
            for user_id in (ANNA, BORIS):
                await subjects.find_or_create(user_id, today=NOW.date())

    asyncio.run(move_in(places.keys))
    return house


def lose_content(places: Places) -> None:
    for file in places.data.glob("content.db*"):
        file.unlink()


def test_a_backup_is_one_checked_file_for_us_alone(house: House) -> None:
    backup = back_up(house.places, now=NOW)

    assert backup.file.name == "content-20261123T120000Z.db"
    for folder, names in ((house.places.content, {backup.file.name}), (house.places.keyring, {"keyring.db"})):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {path.name for path in folder.iterdir()} == names
        assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    with closing(sqlite3.connect(backup.file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM subject").fetchone() == (2,)


async def test_a_backup_may_be_made_while_the_bot_writes_and_has_whole_transactions(house: House) -> None:
    async with house.open() as (databases, _, _):
        async with databases.content.write() as connection:
            row = {"event": "x", "idx": None, "happened_at": NOW, "expires_at": NOW}
            await connection.execute(insert(Audit).values(row | {"id": uuid4()}))
            backup = await asyncio.to_thread(back_up, house.places, now=NOW)
            await connection.execute(insert(Audit).values(row | {"id": uuid4()}))
        async with databases.content.read() as connection:
            assert (await connection.execute(select(func.count()).select_from(Audit))).scalar_one() == 2

    with closing(sqlite3.connect(backup.file)) as raw:
        assert raw.execute("SELECT count(*) FROM audit").fetchone() == (0,)


def test_neither_backup_holds_the_key_encryption_key(house: House) -> None:
    back_up(house.places, now=NOW)

    assert house.places.keys is not None
    kek = (house.places.keys / "kek-1").read_bytes()
    for folder in (house.places.content, house.places.keyring, house.places.data):
        for file in folder.iterdir():
            assert kek not in file.read_bytes()


def test_some_backups_of_the_content_are_kept_and_one_of_the_keyring(house: House) -> None:
    for day in range(5):
        back_up(house.places, now=NOW + day * DAY, generations=3)

    assert [backup.made_at for backup in backups(house.places)] == [NOW + day * DAY for day in (2, 3, 4)]
    assert [path.name for path in house.places.keyring.iterdir()] == ["keyring.db"]


def test_no_backup_is_older_than_30_days_even_if_it_is_the_last(house: House) -> None:
    back_up(house.places, now=NOW)

    assert prune(house.places, now=NOW + 30 * DAY - timedelta(seconds=1)) == 0
    assert prune(house.places, now=NOW + 30 * DAY) == 1
    assert backups(house.places) == []


def test_what_a_killed_backup_left_is_gone_with_the_next(house: House) -> None:
    house.places.check()
    (house.places.content / "new-abc.db").write_bytes(b"half")

    back_up(house.places, now=NOW)

    assert len(list(house.places.content.iterdir())) == 1


def test_a_failed_backup_leaves_the_former_one(house: House) -> None:
    back_up_keyring(house.places, now=NOW)
    before = (house.places.keyring / "keyring.db").read_bytes()
    file = house.places.data / "keyring.db"
    for journal in house.places.data.glob("keyring.db-*"):
        journal.unlink()
    file.write_bytes(b"SQLite format 3\0" + bytes(4080))

    with pytest.raises(BackupFailed):
        back_up_keyring(house.places, now=NOW)

    assert (house.places.keyring / "keyring.db").read_bytes() == before
    assert len(list(house.places.keyring.iterdir())) == 1


async def test_the_keyrings_backup_follows_every_key_that_is_made_or_destroyed(house: House) -> None:
    def keys() -> int:
        with closing(sqlite3.connect(house.places.keyring / "keyring.db")) as connection:
            return connection.execute("SELECT count(*) FROM dek").fetchone()[0]

    async with house.open() as (databases, keyring, subjects):
        following = KeyringBackup(databases.keyring, house.places)
        assert not await following.refresh(now=NOW)  # until there is a first one

        back_up(house.places, now=NOW)
        before = keys()
        await following.refresh(now=NOW)
        assert not await following.refresh(now=NOW)

        cleo = await subjects.find_or_create(103, today=NOW.date())
        assert await following.refresh(now=NOW)
        assert keys() == before + 1

        await keyring.destroy(cleo, at=NOW)
        assert await following.refresh(now=NOW)
        assert keys() == before


def test_the_backup_of_another_installations_keyring_is_never_overwritten(
    house: House, migrated: Path, tmp_path: Path
) -> None:
    back_up(house.places, now=NOW)
    before = (house.places.keyring / "keyring.db").read_bytes()
    others = tmp_path / "others"
    shutil.copytree(migrated, others)
    others.chmod(0o700)

    with pytest.raises(Misconfigured):
        back_up(dataclasses.replace(house.places, data=others), now=NOW)

    assert (house.places.keyring / "keyring.db").read_bytes() == before


@pytest.mark.parametrize("inside", ["data/backups", "keys/backups", "keyring-backup/content", "data"])
def test_folders_that_lie_in_each_other_are_refused(tmp_path: Path, inside: str) -> None:
    places = Places(tmp_path / "data", tmp_path / inside, tmp_path / "keyring-backup", tmp_path / "keys")

    with pytest.raises(UnsafePlace):
        back_up(places, now=NOW)


def test_a_folder_that_others_may_read_is_refused(house: House) -> None:
    house.places.content.mkdir(mode=0o755)
    house.places.content.chmod(0o755)

    with pytest.raises(UnsafePlace):
        back_up(house.places, now=NOW)


def test_a_folder_with_a_key_encryption_key_in_it_is_refused(house: House) -> None:
    house.places.check()
    (house.places.content / "kek-1").write_bytes(bytes(32))

    with pytest.raises(UnsafePlace):
        back_up(house.places, now=NOW)


# Restoring


async def test_an_erased_person_stays_erased_when_an_old_backup_is_restored(house: House) -> None:
    old = back_up(house.places, now=NOW).file
    await house.erase(ANNA)
    lose_content(house.places)

    await restore(house.places, old, now=NOW + DAY, replay=replay)

    assert await house.readable() == {BORIS}
    async with house.open() as (databases, _, subjects):
        assert await subjects.find(ANNA) is None
        assert await check_generations(databases)


async def test_even_before_erasures_are_replayed_an_erased_person_cannot_be_read(house: House) -> None:
    old = back_up(house.places, now=NOW).file
    await house.erase(ANNA)
    lose_content(house.places)
    seen: list[bool] = []

    async def look(databases: Databases) -> None:
        seen.append(await check_generations(databases))

    await restore(house.places, old, now=NOW, replay=look)

    assert seen == [False]
    assert await house.readable() == {BORIS}


async def test_everything_comes_back_when_both_databases_are_lost(house: House) -> None:
    old = back_up(house.places, now=NOW).file
    await house.erase(ANNA)
    back_up_keyring(house.places, now=NOW)
    for file in house.places.data.iterdir():
        file.unlink()

    await restore(house.places, old, now=NOW, replay=replay)

    assert await house.readable() == {BORIS}


async def test_the_naive_way_would_have_brought_her_back(house: House, tmp_path: Path) -> None:
    """Content and keyring copied together: what the separation is for."""
    shutil.copytree(house.places.data, tmp_path / "naive")
    await house.erase(ANNA)
    shutil.rmtree(house.places.data)
    shutil.copytree(tmp_path / "naive", house.places.data)

    assert ANNA in await house.readable()


async def test_an_old_keyring_beside_newer_content_is_noticed(house: House) -> None:
    back_up_keyring(house.places, now=NOW)
    await house.erase(ANNA)
    for file in house.places.data.glob("keyring.db*"):
        file.unlink()
    shutil.copy(house.places.keyring / "keyring.db", house.places.data / "keyring.db")

    async with open_databases(house.places.data) as databases:
        with pytest.raises(KeyringOutdated):
            await check_generations(databases)


async def test_a_living_database_is_never_overwritten(house: House) -> None:
    old = back_up(house.places, now=NOW).file
    before = (house.places.data / "content.db").read_bytes()

    with pytest.raises(Misconfigured):
        await restore(house.places, old, now=NOW, replay=replay)

    assert (house.places.data / "content.db").read_bytes() == before


@pytest.mark.parametrize("damage", ["cut", "flipped", "nonsense", "keyring"])
async def test_a_damaged_backup_is_refused_and_nothing_is_left_of_it(house: House, damage: str) -> None:
    old = back_up(house.places, now=NOW).file
    whole = old.read_bytes()
    keyring = (house.places.keyring / "keyring.db").read_bytes()
    middle = len(whole) // 2
    flipped = whole[:4096] + bytes(byte ^ 0xFF for byte in whole[4096:12288]) + whole[12288:]
    damaged = {"cut": whole[:middle], "flipped": flipped, "nonsense": b"not a database", "keyring": keyring}
    old.write_bytes(damaged[damage])
    lose_content(house.places)

    with pytest.raises(BackupFailed):
        await restore(house.places, old, now=NOW, replay=replay)

    assert not list(house.places.data.glob("content.db*"))
    assert (house.places.data / "keyring.db").exists()


async def test_a_backup_of_more_than_30_days_is_refused_whatever_its_name(house: House) -> None:
    old = back_up(house.places, now=NOW).file
    renamed = old.with_name("content-20270101T000000Z.db")
    old.rename(renamed)
    lose_content(house.places)

    with pytest.raises(Misconfigured):
        await restore(house.places, renamed, now=NOW + 32 * DAY, replay=replay)


async def test_if_erasures_cannot_be_replayed_the_content_is_taken_away_again(house: House) -> None:
    old = back_up(house.places, now=NOW).file
    lose_content(house.places)

    async def fail(_databases: Databases) -> None:
        raise BackupFailed("the erasures could not be replayed")

    with pytest.raises(BackupFailed):
        await restore(house.places, old, now=NOW, replay=fail)

    assert not list(house.places.data.glob("content.db*"))
    assert (house.places.data / "keyring.db").exists()


async def test_without_any_keyring_nothing_is_restored(house: House) -> None:
    old = back_up(house.places, now=NOW).file
    for file in (*house.places.data.iterdir(), *house.places.keyring.iterdir()):
        file.unlink()

    with pytest.raises(Misconfigured):
        await restore(house.places, old, now=NOW, replay=replay)
