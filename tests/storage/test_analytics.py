from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from itertools import count as counter
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import delete, select

from bot.telemetry.analytics import Counting, Event
from storage.analytics import LIFE, AnalyticsEvents, Count, Total, quarter_of
from storage.errors import DatabaseBusy
from storage.keyring import Keyring
from storage.ledger import Ledger, Occasion, Policy, Purpose
from storage.models import AnalyticsEvent, Subject
from storage.retention import Retention
from storage.subjects import Subjects

if TYPE_CHECKING:
    from collections.abc import Sequence

    from storage.database import Databases
    from storage.keys import EnvironmentKeys, Secrets
    from tests.storage.conftest import Installation

TODAY = date(2026, 11, 23)
NOW = datetime(2026, 11, 23, 23, 59, tzinfo=UTC)
ANNA, BEN = 80351110224678912, 175928847299117063
numbers = counter(1_000)  # above those that a test names


class House:
    """One installation: who is who, who agreed, and what was counted."""

    def __init__(self, databases: Databases, keyring: Keyring, secrets: Secrets) -> None:
        self.databases = databases
        self.secrets = secrets
        self.subjects = Subjects(databases.content, keyring, secrets)
        self.ledger = Ledger(databases.content, keyring, secrets, self.subjects, policy=Policy("1", bytes(32)))
        self.events = AnalyticsEvents(databases.content, secrets)

    async def person(self, user_id: int = ANNA) -> UUID:
        return await self.subjects.find_or_create(user_id, today=TODAY)

    async def agree(self, user_id: int) -> None:
        await self.ledger.give(user_id, [Purpose.ANALYTICS], occasion(), attested_age=16)

    async def withdraw(self, user_id: int) -> None:
        await self.ledger.withdraw(user_id, [Purpose.ANALYTICS], occasion())

    def counting(self) -> Counting:
        return Counting(
            [self.events],
            allowed=lambda user_id: self.ledger.allowed(user_id, Purpose.ANALYTICS),
            find=self.subjects.find,
            today=lambda: TODAY,
        )

    async def rows(self) -> Sequence[Any]:
        async with self.databases.content.read() as connection:
            found = await connection.execute(select(AnalyticsEvent.__table__).order_by(AnalyticsEvent.expires_at))
            return found.mappings().all()


def occasion() -> Occasion:
    return Occasion(next(numbers), NOW, "en", "button")


def use(subject: UUID, day: date = TODAY, **props: str | int | bool) -> Count:
    return Count(subject, "transcript_exported", props or {"form": "srt"}, day)


async def house_of(databases: Databases, provider: EnvironmentKeys) -> House:
    keyring = Keyring(databases.keyring, provider)
    house = House(databases, keyring, await keyring.secrets())
    await house.ledger.refresh()
    return house


@pytest_asyncio.fixture
async def house(databases: Databases, provider: EnvironmentKeys) -> House:
    return await house_of(databases, provider)


@pytest.mark.parametrize(
    ("day", "quarter"),
    [
        (date(2026, 1, 1), "2026Q1"),
        (date(2026, 3, 31), "2026Q1"),
        (date(2026, 4, 1), "2026Q2"),
        (date(2026, 12, 31), "2026Q4"),
    ],
)
def test_a_day_is_in_its_quarter(day: date, quarter: str) -> None:
    assert quarter_of(day) == quarter


async def test_a_row_holds_an_event_a_day_and_a_pseudonym(house: House) -> None:
    subject = await house.person()

    assert await house.events.send([use(subject)], lambda _: True) == 1

    (row,) = await house.rows()
    assert row["name"] == "transcript_exported"
    assert row["props"] == {"form": "srt"}
    assert row["pseudonym"] == house.secrets.pseudonym(subject, "2026Q4")
    assert str(subject) not in str(dict(row))
    assert subject.hex not in str(dict(row))
    assert row["expires_at"] == datetime(2026, 11, 23, tzinfo=UTC) + timedelta(days=90)


async def test_a_person_has_another_pseudonym_in_each_quarter(house: House) -> None:
    subject = await house.person()
    days = [date(2026, 9, 30), date(2026, 10, 1), date(2026, 12, 31)]

    await house.events.send([use(subject, day) for day in days], lambda _: True)

    one, other, same = [row["pseudonym"] for row in await house.rows()]
    assert one != other == same


async def test_whoever_no_longer_agrees_when_it_is_written_is_left_out(house: House) -> None:
    anna, ben = use(await house.person(ANNA)), use(await house.person(BEN))

    assert await house.events.send([anna, ben], lambda count: count is ben) == 1

    assert [row["id"] for row in await house.rows()] == [ben.id]


async def test_of_somebody_who_was_erased_meanwhile_nothing_is_written(house: House) -> None:
    anna, nobody = await house.person(), uuid4()
    async with house.databases.content.write() as connection:
        await connection.execute(delete(Subject).where(Subject.id == anna))

    assert await house.events.send([use(anna), use(nobody)], lambda _: True) == 0
    assert await house.rows() == []


async def test_when_nothing_can_be_written_that_is_said_and_counts_are_lost(
    house: House, installation: Installation, provider: EnvironmentKeys
) -> None:
    await house.agree(ANNA)
    async with installation.open(busy_s=0.2) as databases:
        elsewhere = await house_of(databases, provider)
        uses = elsewhere.counting()
        uses.count(ANNA, Event.INTERVIEW_JOINED)
        subject = await house.person()
        async with house.databases.content.write():
            with pytest.raises(DatabaseBusy):
                await elsewhere.events.send([use(subject)], lambda _: True)
            await uses.flush()

    assert (uses.kept, uses.lost) == (0, 1)
    assert await house.rows() == []


async def test_an_operator_sees_sums(house: House) -> None:
    anna, ben = await house.person(ANNA), await house.person(BEN)
    await house.events.send([use(anna), use(anna), use(ben), use(ben, TODAY - LIFE)], lambda _: True)

    assert await house.events.totals(at=NOW) == {"transcript_exported": Total(events=3, people=2)}
    assert await house.events.totals(at=NOW + LIFE) == {}


class HeldClock:
    """A clock that stands where it is put."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def monotonic_s(self) -> float:
        return self.at.timestamp()


async def test_on_day_eighty_nine_a_row_is_there_and_on_day_ninety_it_is_gone(house: House) -> None:
    await house.events.send([use(await house.person())], lambda _: True)
    clock = HeldClock(NOW)
    retention = Retention(house.databases, clock=clock, witness=clock.now)

    clock.at = datetime(2026, 11, 23, 23, 59, tzinfo=UTC) + timedelta(days=89)
    await retention.tick()
    assert len(await house.rows()) == 1
    clock.at = datetime(2026, 11, 23, tzinfo=UTC) + timedelta(days=90)
    await retention.tick()
    assert await house.rows() == []


async def test_in_many_histories_no_row_is_written_of_somebody_who_has_not_agreed(house: House) -> None:
    chance = random.Random(5)
    uses = house.counting()
    agreeing: set[int] = set()
    written = 0
    for _ in range(120):
        user_id = chance.choice((ANNA, BEN))
        match chance.randrange(6):
            case 0:
                await house.agree(user_id)
                agreeing.add(user_id)
            case 1:
                await house.withdraw(user_id)
                await uses.withdrawn(user_id)
                agreeing.discard(user_id)
            case 2:
                before = {row["id"] for row in await house.rows()}
                await uses.flush()
                new = [row for row in await house.rows() if row["id"] not in before]
                subjects = [await house.subjects.find(each) for each in agreeing]
                theirs = {house.secrets.pseudonym(subject, "2026Q4") for subject in subjects if subject is not None}
                assert {row["pseudonym"] for row in new} <= theirs
                written += len(new)
            case _:
                uses.count(user_id, Event.INTERVIEW_JOINED)

    assert written > 5
