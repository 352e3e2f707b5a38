from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from storage.keyring import Keyring
from storage.live_messages import LiveKind, LiveMessages, snowflake
from storage.models import LiveMessage
from tests.storage.people import bytes_in

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from uuid import UUID

    from storage.database import Databases
    from storage.keys import EnvironmentKeys
    from tests.storage.conftest import Installation

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
GUILD, CHANNEL, MESSAGE = 290926798626357250, 381870553235193857, 1443214905345671168


@pytest_asyncio.fixture
async def journal(databases: Databases, provider: EnvironmentKeys) -> LiveMessages:
    return LiveMessages(databases.content, Keyring(databases.keyring, provider))


@pytest_asyncio.fixture
async def next_process(installation: Installation, provider: EnvironmentKeys) -> AsyncIterator[LiveMessages]:
    """The journal, as the next process finds it."""
    async with installation.open() as databases:
        yield LiveMessages(databases.content, Keyring(databases.keyring, provider))


async def begin(journal: LiveMessages, kind: LiveKind = LiveKind.CAPTIONS, *, lasts: timedelta = HOUR) -> UUID:
    return await journal.begin(kind, guild_id=GUILD, channel_id=CHANNEL, at=NOW, expires_at=NOW + lasts)


async def test_the_next_process_knows_where_a_message_stands(journal: LiveMessages, next_process: LiveMessages) -> None:
    entry = await begin(journal)
    assert await journal.posted(entry, MESSAGE)

    (found,) = (await next_process.all()).messages

    assert (found.id, found.kind) == (entry, LiveKind.CAPTIONS)
    assert (found.guild_id, found.channel_id, found.message_id) == (GUILD, CHANNEL, MESSAGE)
    assert found.expires_at == NOW + HOUR


async def test_a_crash_between_posting_and_knowing_leaves_a_row_that_says_where_to_look(
    journal: LiveMessages, next_process: LiveMessages
) -> None:
    await begin(journal, LiveKind.NOTICE)

    (found,) = (await next_process.all()).messages

    assert (found.kind, found.channel_id, found.message_id) == (LiveKind.NOTICE, CHANNEL, None)
    assert snowflake(NOW - HOUR) < found.not_before < snowflake(NOW) < snowflake(NOW + timedelta(milliseconds=1))


def test_a_snowflake_is_the_lowest_of_its_millisecond() -> None:
    # The example of Discord's API reference.
    moment = datetime(2016, 4, 30, 11, 18, 25, 796_000, tzinfo=UTC)

    assert snowflake(moment) <= 175928847299117063 < snowflake(moment + timedelta(milliseconds=1))


async def test_a_message_that_was_forgotten_while_it_was_posted_must_be_deleted(journal: LiveMessages) -> None:
    entry = await begin(journal)
    await journal.forget(entry)

    assert not await journal.posted(entry, MESSAGE)
    assert (await journal.all()).messages == ()


async def test_what_is_forgotten_is_gone_and_the_others_stay(journal: LiveMessages) -> None:
    one, other = await begin(journal), await begin(journal)

    assert await journal.forget(one) == 1
    assert await journal.forget(one) == 0

    assert [each.id for each in (await journal.all()).messages] == [other]


async def test_only_what_is_due_has_expired(journal: LiveMessages) -> None:
    early = await begin(journal, lasts=HOUR)
    await begin(journal, lasts=2 * HOUR)

    assert (await journal.expired(now=NOW + HOUR - timedelta(seconds=1))).messages == ()
    assert [each.id for each in (await journal.expired(now=NOW + HOUR)).messages] == [early]


async def test_a_message_that_is_put_down_twice_stands_once(journal: LiveMessages) -> None:
    entry = await begin(journal)

    await journal.posted(entry, MESSAGE)
    await journal.posted(entry, MESSAGE + 1)

    assert [each.message_id for each in (await journal.all()).messages] == [MESSAGE + 1]


async def test_a_damaged_row_does_not_keep_the_others_standing(journal: LiveMessages, databases: Databases) -> None:
    damaged, whole = await begin(journal), await begin(journal)
    async with databases.content.write() as connection:
        await connection.execute(update(LiveMessage).where(LiveMessage.id == damaged).values(enc_location=b"x" * 77))

    found = await journal.all()

    assert [each.id for each in found.messages] == [whole]
    assert found.unreadable == 1


async def test_a_place_moved_to_another_row_or_back_to_before_posting_does_not_open(
    journal: LiveMessages, databases: Databases
) -> None:
    one, other = await begin(journal), await begin(journal)
    async with databases.content.write() as connection:
        place = await connection.execute(select(LiveMessage.enc_location).where(LiveMessage.id == one))
        await connection.execute(
            update(LiveMessage).where(LiveMessage.id == other).values(enc_location=place.scalar_one())
        )
        await connection.execute(update(LiveMessage).where(LiveMessage.id == one).values(posted=True))

    assert (await journal.all()).unreadable == 2


async def test_the_files_do_not_say_where_anything_stands(sqlite: Installation, provider: EnvironmentKeys) -> None:
    async with sqlite.open() as databases:
        journal = LiveMessages(databases.content, Keyring(databases.keyring, provider))
        await journal.posted(await begin(journal), MESSAGE)

        files = bytes_in(sqlite.folder)

    for number in (GUILD, CHANNEL, MESSAGE):
        assert str(number).encode() not in files
        assert number.to_bytes(8, "big") not in files
        assert number.to_bytes(8, "little") not in files


async def test_a_repr_does_not_say_where_a_message_stands(journal: LiveMessages) -> None:
    await journal.posted(await begin(journal), MESSAGE)

    (found,) = (await journal.all()).messages

    assert str(CHANNEL) not in repr(found)
    assert str(MESSAGE) not in repr(found)
    with pytest.raises(AttributeError):
        found.message_id = 1  # pyright: ignore[reportAttributeAccessIssue]
