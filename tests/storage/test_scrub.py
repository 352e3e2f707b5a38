"""A scrub: every sealed field is opened, one that was changed is found, and what goes meanwhile is no fault."""

from __future__ import annotations

from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from sqlalchemy import delete, func, select, update

from storage.keyring import Keyring
from storage.live_messages import LiveKind, LiveMessages
from storage.models import Content, Dek, Transcript, Turn
from storage.queue import Posted, Wanted
from storage.scrub import FIELDS, PAGE, scrub
from storage.whereabouts import Whereabouts
from tests.storage.people import ANNA, BEN, NOW, People, people_over
from tests.storage.test_damaged import DAMAGE
from tests.storage.test_package import story

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable
    from uuid import UUID

    from storage.database import Databases
    from storage.keyring import Unlocked
    from storage.keys import EnvironmentKeys

NAMES = {field.name for field in FIELDS}


@pytest_asyncio.fixture
async def people(databases: Databases, provider: EnvironmentKeys) -> People:
    return await people_over(databases, provider)


async def everything(people: People) -> None:
    """Something in each sealed column: what people left, and what is the installation's."""
    await story(people)
    content, keyring = people.databases.content, people.keyring
    wanted = Wanted(99, 7, "case", "junior")
    await people.queue.join(1_000, wanted, at=NOW)
    _, changed = await people.queue.join(1_001, wanted, at=NOW)
    (offer,) = changed.opened
    await people.queue.posted(Posted(offer.id, 99, 7, 1_234, offer.people))
    await people.guilds.change(99, minimum_age=18)
    await people.guilds.change(99, notice="Be kind.")
    await Whereabouts(content, keyring, people.secrets).look([99, 98], ours=lambda _: True, at=NOW)
    journal = LiveMessages(content, keyring)
    hour = NOW + timedelta(hours=1)
    await journal.begin(LiveKind.CAPTIONS, guild_id=99, channel_id=7, at=NOW, expires_at=hour)
    entry = await journal.begin(LiveKind.NOTICE, guild_id=99, channel_id=7, at=NOW, expires_at=hour)
    await journal.posted(entry, 1_235)


async def fields(people: People) -> dict[str, int]:
    """How many sealed fields each column has, counted by the database."""
    async with people.databases.content.read() as connection:
        return {
            f"{table.name}.{column.name}": (await connection.execute(select(func.count(column)))).scalar_one()
            for table in Content.metadata.tables.values()
            for column in table.columns
            if column.name.startswith("enc_")
        }


async def test_every_sealed_column_is_looked_at(people: People) -> None:
    await everything(people)
    there = await fields(people)

    found = await scrub(people.databases.content, people.keyring)

    assert there.keys() == NAMES
    assert 0 not in there.values()
    assert (found.fields, dict(found.faults)) == (sum(there.values()), {})


@pytest.mark.parametrize("how", DAMAGE)
async def test_one_changed_field_is_found_in_any_column(people: People, how: str) -> None:
    await everything(people)
    content = people.databases.content

    for name in sorted(NAMES):
        table = Content.metadata.tables[name.partition(".")[0]]
        key, column = next(iter(table.primary_key)), table.c[name.partition(".")[2]]
        async with content.write() as connection:
            first = select(key, column).where(column.is_not(None)).order_by(key).limit(1)
            identity, sealed = (await connection.execute(first)).one()
            await connection.execute(update(table).where(key == identity).values({column: DAMAGE[how](sealed)}))

        assert dict((await scrub(content, people.keyring)).faults) == {name: 1}

        async with content.write() as connection:
            await connection.execute(update(table).where(key == identity).values({column: sealed}))


async def test_fields_that_changed_places_and_older_revisions_are_found(people: People) -> None:
    await everything(people)
    content = people.databases.content

    async with content.write() as connection:
        one, other = (
            await connection.execute(select(Transcript.id, Transcript.enc_title).order_by(Transcript.id))
        ).all()
        for to, of in ((one, other), (other, one)):
            await connection.execute(update(Transcript).where(Transcript.id == to[0]).values(enc_title=of[1]))
        await connection.execute(update(Content.metadata.tables["preference"]).values(rev=7))
        await connection.execute(update(Content.metadata.tables["guild_setting"]).values(rev=-1))

    assert dict((await scrub(content, people.keyring)).faults) == {
        "transcript.enc_title": 2,
        "preference.enc_body": 2,
        "guild_setting.enc_body": 1,
    }


async def test_a_person_without_keys_is_found(people: People) -> None:
    await people.join(ANNA, BEN)
    await people.save(ANNA, ANNA, BEN, turns=2)
    subject = await people.subject(BEN)

    async with people.databases.keyring.write() as connection:
        await connection.execute(delete(Dek).where(Dek.subject_id == subject))
    fresh = await people_over(people.databases, people.keyring._provider)

    faults = dict((await scrub(people.databases.content, fresh.keyring)).faults)
    assert faults.pop("consent_event.enc_detail") > 0
    assert faults == {"subject.enc_discord_id": 1, "turn.enc_body": 2}


async def test_more_rows_than_a_page_are_all_looked_at(people: People) -> None:
    await people.join(ANNA)
    await people.save(ANNA, ANNA, turns=2 * PAGE + 1)
    content = people.databases.content
    async with content.write() as connection:
        rows = list((await connection.execute(select(Turn.id).order_by(Turn.id))).scalars())
        for row in (rows[0], rows[PAGE - 1], rows[PAGE], rows[-1]):
            await connection.execute(update(Turn).where(Turn.id == row).values(rev=1))

    found = await scrub(content, people.keyring)

    assert found.fields == sum((await fields(people)).values())
    assert dict(found.faults) == {"turn.enc_body": 4}


async def _deleted(people: People) -> None:
    async with people.databases.content.write() as connection:
        await connection.execute(delete(Turn))


async def _erased(people: People) -> None:
    await people.erasure().account(ANNA, at=NOW)


async def _changed(people: People) -> None:
    await people.keyring.renew(await people.subject(ANNA))
    await people.preferences.change(ANNA, at=NOW, language="de")


class Interrupted(Keyring):
    """A keyring that is asked for keys just after something happened."""

    def __init__(self, people: People, happens: Callable[[People], Awaitable[None]]) -> None:
        super().__init__(people.databases.keyring, people.keyring._provider)
        self._people = people
        self._happens = happens
        self._asked = 0

    @asynccontextmanager
    async def unlocked(self, *subjects: UUID) -> AsyncGenerator[Unlocked]:
        self._asked += 1
        if self._asked == 1:
            await self._happens(self._people)
        async with super().unlocked(*subjects) as keys:
            yield keys


@pytest.mark.parametrize("happens", [_deleted, _erased, _changed])
async def test_what_is_deleted_erased_or_changed_meanwhile_is_no_fault(
    people: People, happens: Callable[[People], Awaitable[None]]
) -> None:
    await people.join(ANNA)
    await people.save(ANNA, ANNA, turns=3)
    await people.preferences.change(ANNA, at=NOW, language="uk")

    assert dict((await scrub(people.databases.content, Interrupted(people, happens))).faults) == {}
