from __future__ import annotations

import asyncio
import hashlib
import os
import random
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import insert, select, text, update

from storage.crypto import Place
from storage.database import Databases, open_databases, open_sqlite
from storage.errors import DatabaseFull, DecryptionFailed, KeyProviderFailed, SubjectErased, UnknownKey
from storage.keyring import INSTALLATION, ROOT, TOMBSTONE_LIFE, Keyring
from storage.keys import FileKeys
from storage.models import Dek
from tests.storage import rotating
from tests.storage.forked import fork

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.storage.conftest import Installation

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
PLACE = Place("turn", "enc_body", UUID(int=5))


class WatchedKeys(FileKeys):
    """A provider that remembers the secrets that passed through it, for looking for them afterwards."""

    def __init__(self, folder: Path, *, data_dir: Path) -> None:
        super().__init__(folder, data_dir=data_dir)
        self.secrets: set[bytes] = set()
        self.unwrapped = 0

    async def wrap(self, version: int, key: bytearray, aad: bytes) -> bytes:
        self.secrets.add(bytes(key))
        return await super().wrap(version, key, aad)

    async def unwrap(self, version: int, blob: bytes, aad: bytes) -> bytearray:
        self.unwrapped += 1
        return await super().unwrap(version, blob, aad)


@pytest_asyncio.fixture
async def provider(tmp_path: Path) -> WatchedKeys:
    keys = WatchedKeys(tmp_path / "keys", data_dir=tmp_path / "data")
    await keys.create()
    return keys


@pytest_asyncio.fixture
async def keyring(databases: Databases, provider: WatchedKeys) -> Keyring:
    return Keyring(databases.keyring, provider)


@pytest_asyncio.fixture
async def elsewhere(installation: Installation, provider: WatchedKeys) -> AsyncIterator[Keyring]:
    """The same keyring, as another process has it."""
    async with installation.open() as databases:
        yield Keyring(databases.keyring, provider)


async def person(keyring: Keyring) -> UUID:
    subject = uuid4()
    await keyring.ensure(subject)
    return subject


async def seal(keyring: Keyring, subject: UUID, words: bytes = b"words") -> bytes:
    async with keyring.unlocked(subject) as keys:
        return keys.seal(subject, words, PLACE)


async def opened(keyring: Keyring, subject: UUID, sealed: bytes) -> bytes:
    async with keyring.unlocked(subject) as keys:
        return bytes(keys.open(subject, sealed, PLACE))


async def rows(databases: Databases) -> list[dict[str, Any]]:
    async with databases.keyring.read() as connection:
        return [dict(row) for row in (await connection.execute(select(Dek.__table__))).mappings()]


# Making and using keys


async def test_what_one_process_sealed_another_opens(keyring: Keyring, elsewhere: Keyring) -> None:
    subject = await person(keyring)

    assert await opened(elsewhere, subject, await seal(keyring, subject)) == b"words"


async def test_a_subject_gets_one_key_however_many_ask_at_once(
    keyring: Keyring, elsewhere: Keyring, databases: Databases
) -> None:
    subject = uuid4()

    await asyncio.gather(*(each.ensure(subject) for each in (keyring, elsewhere) for _ in range(5)))

    assert [row["dek_ver"] for row in await rows(databases)] == [1]
    assert await opened(elsewhere, subject, await seal(keyring, subject)) == b"words"


async def test_each_subject_has_a_key_of_its_own(keyring: Keyring, provider: WatchedKeys) -> None:
    one, other = await person(keyring), await person(keyring)
    sealed = await seal(keyring, one)

    async with keyring.unlocked(one, other) as keys:
        with pytest.raises(UnknownKey):
            keys.open(other, sealed, PLACE)
    assert len(provider.secrets) == 2


async def test_who_has_no_key_can_neither_seal_nor_open_and_others_still_can(keyring: Keyring) -> None:
    subject, stranger = await person(keyring), uuid4()

    async with keyring.unlocked(subject, stranger) as keys:
        assert (keys.has(subject), keys.has(stranger)) == (True, False)
        with pytest.raises(UnknownKey):
            keys.seal(stranger, b"words", PLACE)
        keys.seal(subject, b"words", PLACE)


async def test_keys_are_for_their_block_and_for_those_asked_for(keyring: Keyring) -> None:
    one, other = await person(keyring), await person(keyring)
    async with keyring.unlocked(one) as keys:
        with pytest.raises(UnknownKey):
            keys.seal(other, b"words", PLACE)

    with pytest.raises(UnknownKey):
        keys.seal(one, b"words", PLACE)


async def test_unwrapped_keys_are_used_again(keyring: Keyring, provider: WatchedKeys) -> None:
    subject = await person(keyring)

    for _ in range(5):
        await seal(keyring, subject)

    assert provider.unwrapped == 1


async def test_only_so_many_keys_are_kept_unwrapped(databases: Databases, provider: WatchedKeys) -> None:
    keyring = Keyring(databases.keyring, provider, cached=2)
    people = [await person(keyring) for _ in range(5)]
    async with keyring.unlocked(*people):
        lent = list(keyring._rings.values())
        assert len(lent) == 5

    assert len(keyring._rings) == 2
    assert sum(key.wiped for ring in lent for key in ring.keys) == 3


async def test_a_key_in_use_makes_no_room_for_others(databases: Databases, provider: WatchedKeys) -> None:
    keyring = Keyring(databases.keyring, provider, cached=1)
    one, other = await person(keyring), await person(keyring)

    async with keyring.unlocked(one) as keys:
        await seal(keyring, other)
        keys.seal(one, b"words", PLACE)


async def test_many_blocks_at_once_with_little_room_all_get_their_keys(
    databases: Databases, provider: WatchedKeys
) -> None:
    keyring = Keyring(databases.keyring, provider, cached=1)
    people = [await person(keyring) for _ in range(4)]

    async def use(seed: int) -> None:
        asked = random.Random(seed).sample(people, 2)
        async with keyring.unlocked(*asked) as keys:
            for subject in asked:
                sealed = keys.seal(subject, b"words", PLACE)
                await asyncio.sleep(0)
                assert keys.open(subject, sealed, PLACE) == b"words"

    await asyncio.gather(*(use(seed) for seed in range(40)))

    assert len(keyring._rings) <= 1


async def test_closing_wipes_every_key(keyring: Keyring) -> None:
    subject = await person(keyring)
    await seal(keyring, subject)
    (ring,) = keyring._rings.values()

    keyring.close()

    assert all(key.wiped for key in ring.keys)
    assert repr(keyring) == "<Keyring, 0 unwrapped>"


async def test_no_key_is_in_the_files_unwrapped(sqlite: Installation, provider: WatchedKeys) -> None:
    async with sqlite.open() as databases:
        keyring = Keyring(databases.keyring, provider)
        for _ in range(3):
            await seal(keyring, await person(keyring))
        await keyring.secrets()
        found = b"".join(path.read_bytes() for path in sqlite.folder.iterdir())

    assert len(provider.secrets) == 4
    assert not [secret for secret in provider.secrets if secret in found or secret.hex().encode() in found]


# Versions of a data key


async def test_a_new_version_seals_and_the_old_one_still_opens(keyring: Keyring, elsewhere: Keyring) -> None:
    subject = await person(keyring)
    before = await seal(keyring, subject)
    await opened(elsewhere, subject, before)

    assert await elsewhere.renew(subject) == 2
    after = await seal(keyring, subject)

    assert before[1:17] != after[1:17]
    for each in (keyring, elsewhere):
        assert await opened(each, subject, before) == b"words"
        assert await opened(each, subject, after) == b"words"


async def test_a_block_goes_on_with_the_keys_it_has_while_others_are_renewed(
    keyring: Keyring, elsewhere: Keyring
) -> None:
    subject, other = await person(keyring), await person(keyring)
    async with keyring.unlocked(subject) as keys:
        await elsewhere.renew(other)
        await seal(keyring, other)

        keys.seal(subject, b"words", PLACE)
        kept = list(keyring._former)
    assert all(key.wiped for _, ring in kept for key in ring.keys)


async def test_who_has_no_key_has_none_to_renew(keyring: Keyring) -> None:
    with pytest.raises(UnknownKey):
        await keyring.renew(uuid4())


# Destroying


async def test_what_a_destroyed_key_sealed_stays_closed_everywhere(keyring: Keyring, elsewhere: Keyring) -> None:
    subject, other = await person(keyring), await person(keyring)
    sealed, others = await seal(keyring, subject), await seal(keyring, other)
    await opened(elsewhere, subject, sealed)

    await keyring.destroy(subject, at=NOW)

    for each in (keyring, elsewhere):
        with pytest.raises(SubjectErased):
            await opened(each, subject, sealed)
        with pytest.raises(SubjectErased):
            await seal(each, subject)
        with pytest.raises(SubjectErased):
            await each.ensure(subject)
        assert await opened(each, other, others) == b"words"


async def test_a_key_is_wiped_under_those_who_are_using_it(keyring: Keyring) -> None:
    subject, other = await person(keyring), await person(keyring)
    async with keyring.unlocked(subject, other) as keys:
        await keyring.destroy(subject, at=NOW)

        with pytest.raises(SubjectErased):
            keys.seal(subject, b"words", PLACE)
        assert (keys.has(subject), keys.has(other)) == (False, True)
        keys.seal(other, b"words", PLACE)


async def test_keys_whose_destruction_failed_are_not_said_to_be_destroyed(
    keyring: Keyring, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: object) -> Any:
        raise DatabaseFull("no room is left for the database")

    subject = await person(keyring)
    async with keyring.unlocked(subject) as keys:
        monkeypatch.setattr(keyring, "_destroy", full)
        with pytest.raises(DatabaseFull):
            await keyring.destroy(subject, at=NOW)

        with pytest.raises(UnknownKey) as wiped:
            keys.seal(subject, b"words", PLACE)

    assert not isinstance(wiped.value, SubjectErased)
    async with keyring.unlocked(subject) as keys:
        keys.seal(subject, b"words", PLACE)


async def test_a_key_is_wiped_before_its_destruction_is_written(keyring: Keyring, databases: Databases) -> None:
    subject = await person(keyring)
    async with (
        asyncio.TaskGroup() as tasks,
        keyring.unlocked(subject) as keys,
        databases.keyring.write(),  # nobody else can write now
    ):
        tasks.create_task(keyring.destroy(subject, at=NOW))
        await asyncio.sleep(0)  # the task has begun
        assert not keys.has(subject)


async def test_a_key_that_is_destroyed_while_it_is_unwrapped_is_not_lent(
    databases: Databases, provider: WatchedKeys
) -> None:
    class SlowKeys(WatchedKeys):
        """While this one unwraps, the subject is erased."""

        async def unwrap(self, version: int, blob: bytes, aad: bytes) -> bytearray:
            secret = await super().unwrap(version, blob, aad)
            await keyring.destroy(subject, at=NOW)
            return secret

    keyring = Keyring(databases.keyring, SlowKeys(provider._folder, data_dir=provider._data_dir))
    subject = await person(keyring)

    async with keyring.unlocked(subject) as keys:
        assert not keys.has(subject)
        with pytest.raises(SubjectErased):
            keys.seal(subject, b"words", PLACE)


async def test_destroying_one_key_lets_the_others_stay_unwrapped(keyring: Keyring, provider: WatchedKeys) -> None:
    subject, other = await person(keyring), await person(keyring)
    await seal(keyring, other)

    await keyring.destroy(subject, at=NOW)
    await seal(keyring, other)

    assert provider.unwrapped == 1


async def test_destroying_leaves_a_tombstone_and_the_hash_of_what_was_destroyed(
    keyring: Keyring, databases: Databases
) -> None:
    subject = await person(keyring)
    (row,) = await rows(databases)

    destroyed = await keyring.destroy(subject, at=NOW)

    assert destroyed.wrapped_sha256 == (hashlib.sha256(row["wrapped"]).digest(),)
    assert (destroyed.erased_at, destroyed.expires_at) == (NOW, NOW + TOMBSTONE_LIFE)
    assert await rows(databases) == []
    (stone,) = await keyring.tombstones()
    assert (stone.subject, stone.generation) == (subject, destroyed.generation)


async def test_destroying_twice_is_the_same_as_once(keyring: Keyring, elsewhere: Keyring) -> None:
    subject = await person(keyring)
    first = await keyring.destroy(subject, at=NOW)

    again = await elsewhere.destroy(subject, at=NOW + timedelta(days=9))

    assert (again.generation, again.erased_at, again.wrapped_sha256) == (first.generation, NOW, ())
    assert await keyring.generation() == first.generation


async def test_a_key_that_a_backup_brought_back_is_destroyed_again(keyring: Keyring, databases: Databases) -> None:
    subject = await person(keyring)
    (row,) = await rows(databases)
    await keyring.destroy(subject, at=NOW)
    async with databases.keyring.write() as connection:
        await connection.execute(insert(Dek).values(row))

    with pytest.raises(SubjectErased):
        await seal(keyring, subject)
    await keyring.destroy(subject, at=NOW)

    assert await rows(databases) == []


async def test_tombstones_are_told_from_a_generation_on_and_expire(keyring: Keyring) -> None:
    people = [await person(keyring) for _ in range(3)]
    for day, subject in enumerate(people):
        await keyring.destroy(subject, at=NOW + timedelta(days=day))
    first = (await keyring.tombstones())[0].generation

    assert [stone.subject for stone in await keyring.tombstones(after=first)] == people[1:]
    assert await keyring.expire_tombstones(now=NOW + TOMBSTONE_LIFE - timedelta(seconds=1)) == 0
    assert await keyring.expire_tombstones(now=NOW + TOMBSTONE_LIFE + timedelta(days=1)) == 2
    assert [stone.subject for stone in await keyring.tombstones()] == people[2:]


async def test_keys_of_a_subject_that_never_was_leave_no_tombstone(keyring: Keyring, databases: Databases) -> None:
    subject = await person(keyring)

    await keyring.discard(subject)

    assert await rows(databases) == []
    assert await keyring.tombstones() == []


@pytest.mark.parametrize("nobody", [ROOT, INSTALLATION])
async def test_what_is_no_person_is_never_destroyed(keyring: Keyring, nobody: UUID) -> None:
    await keyring.ensure(nobody)

    with pytest.raises(ValueError, match="person"):
        await keyring.destroy(nobody, at=NOW)


async def test_the_root_seals_nothing_and_is_never_renewed(keyring: Keyring) -> None:
    await keyring.secrets()

    with pytest.raises(ValueError, match="root"):
        await keyring.renew(ROOT)
    with pytest.raises(ValueError, match="root"):
        await seal(keyring, ROOT)


# Tampering


async def test_a_key_that_was_changed_in_any_column_is_no_key_and_the_others_still_are(
    keyring: Keyring, databases: Databases, provider: WatchedKeys
) -> None:
    other = await person(keyring)
    await provider.advance()
    (foreign,) = await rows(databases)
    changes: list[dict[str, Any]] = [
        {"wrapped": foreign["wrapped"]},
        {"commitment": foreign["commitment"]},
        {"wrapped": foreign["wrapped"], "commitment": foreign["commitment"]},
        {"dek_ver": 2},
        {"kek_ver": 1},
        {"dek_id": uuid4()},
    ]
    changed = [await person(keyring) for _ in changes]
    async with databases.keyring.write() as connection:
        for subject, change in zip(changed, changes, strict=True):
            await connection.execute(update(Dek).where(Dek.subject_id == subject).values(**change))

    async with keyring.unlocked(other, *changed) as keys:
        for subject in changed:
            with pytest.raises(DecryptionFailed):
                keys.seal(subject, b"words", PLACE)
        keys.seal(other, b"words", PLACE)


async def test_keys_exchanged_between_two_people_open_nothing(keyring: Keyring, databases: Databases) -> None:
    one, other = await person(keyring), await person(keyring)
    swap = {one: other, other: one}
    before = await rows(databases)
    async with databases.keyring.write() as connection:
        await connection.execute(text("DELETE FROM dek"))
        for row in before:
            changed = row | {"subject_id": swap[row["subject_id"]]}
            await connection.execute(insert(Dek).values(changed))

    with pytest.raises(DecryptionFailed):
        await seal(keyring, one)


async def test_a_changed_root_gives_no_secrets(keyring: Keyring, databases: Databases) -> None:
    await keyring.secrets()
    async with databases.keyring.write() as connection:
        await connection.execute(update(Dek).values(commitment=bytes(32)))

    with pytest.raises(DecryptionFailed):
        await keyring.secrets()


# Rotation


async def test_rotation_rewraps_every_key_and_changes_none(
    keyring: Keyring, elsewhere: Keyring, provider: WatchedKeys
) -> None:
    people = [await person(keyring) for _ in range(7)]
    sealed = [await seal(keyring, subject) for subject in people]
    index = (await keyring.secrets()).index("user", 7)
    await provider.advance()
    before = set(provider.secrets)

    assert await keyring.rotate(batch=3) == 8
    assert await keyring.rotate() == 0

    assert await keyring.versions() == {2: 8}
    assert provider.secrets == before
    await keyring.retire(1)
    for subject, field in zip(people, sealed, strict=True):
        assert await opened(elsewhere, subject, field) == b"words"
    assert (await elsewhere.secrets()).index("user", 7) == index


async def test_two_processes_may_rotate_at_once(keyring: Keyring, elsewhere: Keyring, provider: WatchedKeys) -> None:
    people = [await person(keyring) for _ in range(9)]
    await provider.advance()

    done = await asyncio.gather(keyring.rotate(batch=2), elsewhere.rotate(batch=2))

    assert sum(done) == 9
    assert await keyring.versions() == {2: 9}
    for subject in people:
        await seal(keyring, subject)


async def test_a_damaged_key_does_not_keep_the_others_from_rotating(
    keyring: Keyring, databases: Databases, provider: WatchedKeys
) -> None:
    subject = await person(keyring)
    for _ in range(3):
        await person(keyring)
    async with databases.keyring.write() as connection:
        await connection.execute(update(Dek).where(Dek.subject_id == subject).values(wrapped=b"damaged"))
    await provider.advance()

    with pytest.raises(DecryptionFailed, match="1 data keys"):
        await keyring.rotate(batch=1)

    assert await keyring.versions() == {1: 1, 2: 3}


async def test_a_version_that_still_wraps_something_is_not_retired(keyring: Keyring, provider: WatchedKeys) -> None:
    subject = await person(keyring)
    await provider.advance()

    with pytest.raises(ValueError, match="rotate first"):
        await keyring.retire(1)
    with pytest.raises(ValueError, match="current"):
        await keyring.retire(2)

    await seal(keyring, subject)


async def test_a_key_that_was_wrapped_before_its_version_was_retired_is_wrapped_again(
    keyring: Keyring, databases: Databases, provider: WatchedKeys
) -> None:
    class SlowKeys(WatchedKeys):
        """While this one wraps for the first time, somebody else rotates and retires the version."""

        async def wrap(self, version: int, key: bytearray, aad: bytes) -> bytes:
            blob = await super().wrap(version, key, aad)
            if version == 1:
                await provider.advance()
                await keyring.retire(1)
            return blob

    subject = uuid4()

    await Keyring(databases.keyring, SlowKeys(provider._folder, data_dir=provider._data_dir)).ensure(subject)

    assert await keyring.versions() == {2: 1}
    assert await seal(keyring, subject)


async def test_a_provider_that_insists_on_a_retired_version_adds_no_key(
    keyring: Keyring, databases: Databases, provider: WatchedKeys
) -> None:
    async with databases.keyring.write() as connection:
        await connection.execute(text("UPDATE meta SET retired_kek = 1"))

    with pytest.raises(KeyProviderFailed):
        await keyring.ensure(uuid4())

    assert await keyring.versions() == {}
    assert await provider.current_version() == 1


def test_keys_stay_readable_wherever_a_rotation_is_killed(sqlite: Installation, tmp_path: Path) -> None:
    provider = FileKeys(tmp_path / "keys", data_dir=sqlite.folder)
    sealed: dict[UUID, bytes] = {}
    dice = random.Random(20261123)

    async def begin() -> None:
        await provider.create()
        async with sqlite.open() as databases:
            keyring = Keyring(databases.keyring, provider)
            for _ in range(20):
                subject = await person(keyring)
                sealed[subject] = await seal(keyring, subject)

    async def check() -> None:
        async with sqlite.open() as databases:
            keyring = Keyring(databases.keyring, provider)
            for subject, field in sealed.items():
                assert await opened(keyring, subject, field) == b"words"

    async def finish() -> None:
        async with sqlite.open() as databases:
            keyring = Keyring(databases.keyring, provider)
            await keyring.rotate()
            current = await provider.current_version()
            await keyring.retire(current - 1)
            assert await keyring.versions() == {current: 20}
            assert current > ROUNDS

    asyncio.run(begin())
    for _ in range(ROUNDS):
        forked = fork(rotating.work, sqlite.folder, tmp_path / "keys")
        assert forked.said.readline() == b"rotating\n"
        time.sleep(dice.uniform(0, 0.15))
        forked.kill()
        asyncio.run(check())
    asyncio.run(finish())


ROUNDS = int(os.environ.get("KILLS", "2"))
"""`KILLS=100 python -m pytest tests/storage -k killed --timeout 900` takes some minutes."""


async def test_a_keyring_of_the_first_release_keeps_its_keys(tmp_path: Path, provider: WatchedKeys) -> None:
    old = open_sqlite(tmp_path / "data", "keyring")
    await old.migrate("0001")
    subject, key_id = uuid4(), uuid4()
    row = await Keyring(old, provider)._wrapped(subject, 1) | {"dek_id": key_id}
    async with old.write() as connection:
        await connection.execute(insert(Dek).values(row))
    await old.close()

    async with open_databases(tmp_path / "data") as databases:
        found = await rows(databases)

    assert [(each["subject_id"], each["dek_id"], each["wrapped"]) for each in found] == [
        (subject, key_id, row["wrapped"])
    ]
