from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import delete, select, update

from storage.errors import DecryptionFailed, SubjectErased, UnknownKey
from storage.keyring import ROOT, Keyring
from storage.models import Dek, Subject
from storage.subjects import Subjects

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from storage.database import Databases
    from storage.keys import EnvironmentKeys
    from tests.storage.conftest import Installation

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
SOMEBODY = 80351110224678912
SOMEBODY_ELSE = 175928847299117063


async def subjects_of(databases: Databases, provider: EnvironmentKeys) -> Subjects:
    keyring = Keyring(databases.keyring, provider)
    return Subjects(databases.content, keyring, await keyring.secrets())


@pytest_asyncio.fixture
async def subjects(databases: Databases, provider: EnvironmentKeys) -> Subjects:
    return await subjects_of(databases, provider)


@pytest_asyncio.fixture
async def elsewhere(installation: Installation, provider: EnvironmentKeys) -> AsyncIterator[Subjects]:
    async with installation.open() as databases:
        yield await subjects_of(databases, provider)


async def test_a_person_is_the_same_subject_everywhere(subjects: Subjects, elsewhere: Subjects) -> None:
    subject = await subjects.find_or_create(SOMEBODY, today=TODAY)

    assert await elsewhere.find(SOMEBODY) == subject
    assert await elsewhere.find_or_create(SOMEBODY, today=TODAY) == subject
    assert await elsewhere.discord_id(subject) == SOMEBODY


async def test_nobody_is_found_before_they_agreed_to_anything(subjects: Subjects) -> None:
    await subjects.find_or_create(SOMEBODY, today=TODAY)

    assert await subjects.find(SOMEBODY_ELSE) is None


async def test_a_person_becomes_one_subject_with_one_key_however_many_ask_at_once(
    subjects: Subjects, elsewhere: Subjects, databases: Databases
) -> None:
    found = await asyncio.gather(
        *(each.find_or_create(SOMEBODY, today=TODAY) for each in (subjects, elsewhere) for _ in range(4))
    )

    assert len(set(found)) == 1
    async with databases.keyring.read() as connection:
        keys = (await connection.execute(select(Dek.subject_id).where(Dek.subject_id != ROOT))).scalars().all()
    assert keys == [found[0]]


async def test_nothing_that_is_stored_can_be_computed_from_the_id(subjects: Subjects, databases: Databases) -> None:
    await subjects.find_or_create(SOMEBODY, today=TODAY)
    forms = [str(SOMEBODY).encode(), SOMEBODY.to_bytes(8, "big"), SOMEBODY.to_bytes(8, "little")]
    computable = set(forms) | {
        hashlib.new(name, form).digest() for name in ("md5", "sha1", "sha256", "sha512", "sha3_256") for form in forms
    }

    async with databases.content.read() as connection:
        row = (await connection.execute(select(Subject.__table__))).mappings().one()

    for value in row.values():
        assert not [each for each in computable if isinstance(value, bytes) and (each in value or value in each)]


async def test_an_id_is_nowhere_in_the_files(sqlite: Installation, provider: EnvironmentKeys) -> None:
    async with sqlite.open() as databases:
        subjects = await subjects_of(databases, provider)
        await subjects.find_or_create(SOMEBODY, today=TODAY)
        found = b"".join(path.read_bytes() for path in sqlite.folder.iterdir())

    for form in (str(SOMEBODY).encode(), SOMEBODY.to_bytes(8, "big"), SOMEBODY.to_bytes(8, "little")):
        assert form not in found


async def test_who_was_erased_and_comes_back_is_somebody_new(subjects: Subjects, databases: Databases) -> None:
    before = await subjects.find_or_create(SOMEBODY, today=TODAY)
    await subjects._keyring.destroy(before, at=NOW)
    with pytest.raises(SubjectErased):
        await subjects.discord_id(before)
    async with databases.content.write() as connection:
        await connection.execute(delete(Subject))

    after = await subjects.find_or_create(SOMEBODY, today=TODAY)

    assert after != before
    assert await subjects.discord_id(after) == SOMEBODY


async def test_ids_exchanged_between_two_people_do_not_open(subjects: Subjects, databases: Databases) -> None:
    one = await subjects.find_or_create(SOMEBODY, today=TODAY)
    other = await subjects.find_or_create(SOMEBODY_ELSE, today=TODAY)
    async with databases.content.write() as connection:
        sealed = select(Subject.enc_discord_id).where(Subject.id == other)
        value = (await connection.execute(sealed)).scalar_one()
        await connection.execute(update(Subject).where(Subject.id == one).values(enc_discord_id=value))

    with pytest.raises((DecryptionFailed, UnknownKey)):
        await subjects.discord_id(one)
    assert await subjects.discord_id(other) == SOMEBODY_ELSE


async def test_a_subject_that_never_was_has_no_id(subjects: Subjects) -> None:
    with pytest.raises(UnknownKey):
        await subjects.discord_id(uuid4())


async def test_subjects_show_nobody(subjects: Subjects) -> None:
    assert repr(subjects) == "<Subjects>"
