from __future__ import annotations

import asyncio
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from sqlalchemy import delete, select

from storage.models import Offer, QueueEntry
from storage.queue import INVITATIONS, INVITED, OFFERED, WAIT, Changed, Posted, Queue, Said, Wanted
from tests.storage.people import ANNA, BEN, CLEO, NOW, People, bytes_in, people_over

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from uuid import UUID

    from storage.database import Databases
    from storage.keys import EnvironmentKeys
    from tests.storage.conftest import Installation

CASE = Wanted(99, 7, "case", "junior")
SECOND = timedelta(seconds=1)


@pytest_asyncio.fixture
async def people(databases: Databases, provider: EnvironmentKeys) -> People:
    return await people_over(databases, provider)


@pytest_asyncio.fixture
async def elsewhere(installation: Installation, provider: EnvironmentKeys) -> AsyncIterator[People]:
    """The same, as another process has it."""
    async with installation.open() as databases:
        yield await people_over(databases, provider)


@pytest.fixture
def queue(people: People) -> Queue:
    return people.queue


async def offered(queue: Queue, *, at: datetime = NOW) -> UUID:
    """Anna waits, Ben comes, and both are asked."""
    await queue.join(ANNA, CASE, at=at)
    _, changed = await queue.join(BEN, CASE, at=at + SECOND)
    (offer,) = changed.opened
    assert offer.people == (ANNA, BEN)
    return offer.id


async def waits(queue: Queue, user_id: int, *, at: datetime = NOW) -> bool:
    standing, _ = await queue.status(user_id, CASE.guild_id, at=at)
    return standing is not None and not standing.offered


async def test_nobody_is_offered_to_two_however_many_come_at_once(people: People, elsewhere: People) -> None:
    crowd = range(1_000, 1_009)

    joined = await asyncio.gather(
        *((people if user % 2 else elsewhere).queue.join(user, CASE, at=NOW) for user in crowd for _ in range(2))
    )

    named = Counter(person for _, changed in joined for offer in changed.opened for person in offer.people)
    assert sum(new for new, _ in joined) == len(crowd)
    assert len(named) == 8
    assert set(named.values()) == {1}


async def test_both_at_once_say_yes_and_are_matched_once(people: People, elsewhere: People) -> None:
    offer = await offered(people.queue)

    said = await asyncio.gather(
        people.queue.answer(offer, ANNA, yes=True, at=NOW), elsewhere.queue.answer(offer, BEN, yes=True, at=NOW)
    )

    assert sorted(each for each, _ in said) == [Said.MATCHED, Said.WAITS]
    rows = await people.rows()
    assert (rows["queue_entry"], rows["offer"]) == (0, 0)


async def test_others_neither_accept_nor_decline(queue: Queue) -> None:
    offer = await offered(queue)

    for yes in (True, False):
        assert await queue.answer(offer, CLEO, yes=yes, at=NOW) == (Said.NOT_YOURS, Changed())
    assert (await queue.answer(offer, ANNA, yes=True, at=NOW))[0] is Said.WAITS


@pytest.mark.parametrize("how", ["declines", "leaves", "is forgotten", "is erased"])
async def test_whoever_is_left_keeps_the_place_and_meets_whoever_waits(people: People, how: str) -> None:
    queue = people.queue
    offer = await offered(queue)
    await queue.join(CLEO, CASE, at=NOW + 2 * SECOND)

    if how == "declines":
        _, changed = await queue.answer(offer, BEN, yes=False, at=NOW + 3 * SECOND)
    elif how == "leaves":
        _, changed = await queue.leave(BEN, CASE.guild_id, at=NOW + 3 * SECOND)
    elif how == "is forgotten":
        rows, changed = await queue.forget_person(BEN, at=NOW + 3 * SECOND)
        assert rows == {"queue_entry": 1, "offer": 1}
    else:
        await people.erasure().account(BEN, at=NOW)
        changed = await queue.settle(at=NOW + 3 * SECOND)

    assert [each.people for each in changed.opened] == [(ANNA, CLEO)]
    assert (await queue.answer(offer, ANNA, yes=True, at=NOW))[0] is Said.OVER


async def test_an_offer_that_is_over_keeps_who_said_yes_and_puts_out_who_did_not(queue: Queue) -> None:
    offer = await offered(queue)
    await queue.answer(offer, ANNA, yes=True, at=NOW)
    await queue.posted(Posted(offer, 99, 7, 1234, (ANNA, BEN)))
    late = NOW + OFFERED + 2 * SECOND

    changed = await queue.settle(at=late)

    assert [each.message_id for each in changed.closed] == [1234]
    assert await waits(queue, ANNA, at=late)
    assert await queue.status(BEN, CASE.guild_id, at=late) == (None, Changed())
    assert not await queue.posted(Posted(offer, 99, 7, 1234, (ANNA, BEN)))


async def test_an_offer_that_nobody_was_shown_puts_nobody_out(queue: Queue) -> None:
    await offered(queue)

    changed = await queue.settle(at=NOW + OFFERED + 2 * SECOND)

    assert [each.people for each in changed.opened] == [(ANNA, BEN)]


async def test_an_offer_whose_row_is_gone_is_over_as_well(people: People) -> None:
    offer = await offered(people.queue)
    await people.queue.answer(offer, BEN, yes=True, at=NOW)
    async with people.databases.content.write() as connection:
        await connection.execute(delete(Offer))

    await people.queue.settle(at=NOW)

    assert await waits(people.queue, BEN)
    assert not await waits(people.queue, ANNA)


async def test_a_place_is_given_up_after_two_hours(queue: Queue) -> None:
    await queue.join(ANNA, CASE, at=NOW)

    _, changed = await queue.join(BEN, CASE, at=NOW + WAIT)

    assert changed == Changed()
    assert not await waits(queue, ANNA, at=NOW + WAIT)


async def test_other_servers_types_and_levels_are_other_queues(queue: Queue) -> None:
    for user, wanted in enumerate(
        (CASE, Wanted(98, 7, "case", "junior"), Wanted(99, 7, "case", "senior"), Wanted(99, 7, "technical", "junior")),
        ANNA,
    ):
        assert await queue.join(user, wanted, at=NOW) == (True, Changed())


async def test_rows_say_nothing_readable_about_anybody(people: People, installation: Installation) -> None:
    wanted = Wanted(112233445566778899, 998877665544332211, "case", "junior")
    await people.queue.join(ANNA, wanted, at=NOW)
    await people.queue.join(BEN, wanted, at=NOW)
    async with people.databases.content.read() as connection:
        rows = [
            *(await connection.execute(select(QueueEntry.__table__))).all(),
            *(await connection.execute(select(Offer.__table__))).all(),
        ]

    said = repr(rows).encode() + (bytes_in(installation.folder) if installation.content_dsn is None else b"")

    for number in (wanted.guild_id, wanted.channel_id, ANNA, BEN):
        assert str(number).encode() not in said
        assert number.to_bytes(8, "big") not in said
    assert b"junior" not in repr(rows).encode()


async def test_somebody_takes_their_place_along_and_it_goes_with_the_account(people: People) -> None:
    await people.queue.join(ANNA, CASE, at=NOW)
    subject = await people.subject(ANNA)

    (page,) = [page async for page in people.queue.export(subject)]
    await people.erasure().account(ANNA, at=NOW)

    assert [(each["guild"], each["type"]) for each in page.records] == [("99", "case")]
    assert (await people.rows())["queue_entry"] == 0


# Invitations


async def test_one_invitation_is_open_between_two_however_many_ask_at_once(people: People, elsewhere: People) -> None:
    made = await asyncio.gather(
        *(people.queue.invite(ANNA, BEN, at=NOW) for _ in range(4)),
        *(elsewhere.queue.invite(BEN, ANNA, at=NOW) for _ in range(4)),
    )

    assert sum(each is not None for each in made) == 1
    assert await people.queue.invite(ANNA, BEN, at=NOW + INVITED) is not None


async def test_nobody_invites_everybody(queue: Queue) -> None:
    made = [await queue.invite(ANNA, 500 + number, at=NOW) for number in range(INVITATIONS + 1)]

    assert [each is not None for each in made] == [True] * INVITATIONS + [False]


async def test_only_the_invited_accepts_and_the_inviter_may_take_it_back(queue: Queue) -> None:
    invitation = await queue.invite(ANNA, BEN, at=NOW)
    assert invitation is not None

    assert await queue.reply(invitation, CLEO, yes=True, at=NOW) is Said.NOT_YOURS
    assert await queue.reply(invitation, ANNA, yes=True, at=NOW) is Said.NOT_YOURS
    assert await queue.reply(invitation, BEN, yes=True, at=NOW) is Said.MATCHED
    assert await queue.reply(invitation, BEN, yes=True, at=NOW) is Said.OVER
    again = await queue.invite(ANNA, BEN, at=NOW)
    assert again is not None
    assert await queue.reply(again, ANNA, yes=False, at=NOW) is Said.DECLINED


async def test_an_invitation_of_somebody_nobody_knows_goes_with_their_wish_to_be_erased(people: People) -> None:
    await people.queue.invite(ANNA, BEN, at=NOW)

    await people.erasure().account(BEN, at=NOW)

    assert (await people.rows())["offer"] == 0
