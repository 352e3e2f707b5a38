"""Every table that leads to a person, found by its columns: it is emptied of that person by an erasure."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest_asyncio
from sqlalchemy import Column, func, or_, select

from storage.blocks import Why, blocked
from storage.models import Content, Keyring, Subject
from storage.queue import Wanted
from tests.storage.people import ANNA, BEN, NOW, People, people_over, press

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Table

    from storage.database import Databases
    from storage.keys import EnvironmentKeys

KEPT = {"block"}
"""A block outlives the account, or deleting it would lift it."""

SERVERS = {"server_idx", "bucket_idx", "interaction_idx"}
"""HMACs of servers, and of presses of buttons, by which nobody is found."""


def leads(column: Column[Any]) -> bool:
    """Whether a column's values say who somebody is."""
    named = {key.column for key in column.foreign_keys} & {Subject.__table__.c.id}
    hmac = column.info["privacy"] == "index" and column.name not in SERVERS
    return bool(named) or hmac or column.name == "subject_id" or column is Subject.__table__.c.id


TABLES: dict[Table, list[Column[Any]]] = {
    table: found
    for metadata in (Content.metadata, Keyring.metadata)
    for table in metadata.sorted_tables
    if table.name != "tombstone" and (found := [column for column in table.columns if leads(column)])
}


@pytest_asyncio.fixture
async def people(databases: Databases, provider: EnvironmentKeys) -> People:
    return await people_over(databases, provider)


async def everything(people: People) -> None:
    """Rows of Anna's in every table; a new one is to be added here."""
    await people.join(ANNA, BEN)
    saved = await people.save(ANNA, ANNA, BEN)
    await people.leave_traces(ANNA, saved)
    await people.transcripts.share(ANNA, saved, BEN, until=NOW + timedelta(days=1), at=NOW)
    theirs = await people.save(BEN, BEN, ANNA)
    await people.transcripts.share(BEN, theirs, ANNA, until=NOW + timedelta(days=1), at=NOW)
    for who in (ANNA, BEN):
        await people.queue.join(who, Wanted(98, 7, "technical", "senior"), at=NOW)  # which are offered each other
    await people.blocks.block(99, ANNA, Why.OTHER, until=NOW + timedelta(days=1), at=NOW)
    await people.ledger.opt_out(ANNA, press())


async def rows_of_hers(people: People, values: Collection[object]) -> dict[str, int]:
    found: dict[str, int] = {}
    for table, columns in TABLES.items():
        database = people.databases.content if table.metadata is Content.metadata else people.databases.keyring
        hers = [column == value for column in columns for value in values if _fits(column, value)]
        async with database.read() as connection:
            query = select(func.count()).select_from(table).where(or_(*hers))
            found[table.name] = (await connection.execute(query)).scalar_one()
    return found


def _fits(column: Column[Any], value: object) -> bool:
    return isinstance(value, column.type.python_type)


async def test_an_erasure_forgets_no_table_that_leads_to_a_person(people: People) -> None:
    await everything(people)
    subject = await people.subject(ANNA)
    pseudonyms = {people.secrets.pseudonym(subject, quarter) for quarter in ("2026Q3", "2026Q4")}
    hers = {subject, people.subjects.index(ANNA), blocked(people.secrets, ANNA), *pseudonyms}
    before = await rows_of_hers(people, hers)
    assert [name for name, rows in before.items() if not rows] == []

    await people.erasure().account(ANNA, at=NOW)

    assert {name for name, rows in (await rows_of_hers(people, hers)).items() if rows} == KEPT
