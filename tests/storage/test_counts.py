"""Counting as the bot does it, on real databases; here because of their fixtures."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.errors import StartRefused
from bot.telemetry.analytics import Counting, Event, NoAnalytics
from bot.telemetry.opening import RELEASE, hosts_of, open_counts
from config.processors import Processor, load_processors
from storage.keyring import Keyring
from storage.ledger import Ledger, Occasion, Policy, Purpose
from storage.models import AnalyticsEvent
from storage.subjects import Subjects

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager

    from bot.telemetry.analytics import Analytics
    from storage.database import Databases
    from storage.keys import EnvironmentKeys

ANNA = 80351110224678912
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class StandingClock:
    """A clock that stands."""

    def monotonic_s(self) -> float:
        return 0.0

    def now(self) -> datetime:
        return NOW


class House:
    """One installation."""

    def __init__(self, databases: Databases, keyring: Keyring, secrets: Any) -> None:
        self.content, self.secrets = databases.content, secrets
        self.subjects = Subjects(databases.content, keyring, secrets)
        self.ledger = Ledger(databases.content, keyring, secrets, self.subjects, policy=Policy("1", bytes(32)))

    def open(
        self, processors: tuple[Processor, ...] | None = None, **options: Any
    ) -> AbstractAsyncContextManager[Analytics]:
        listed = load_processors() if processors is None else processors
        return open_counts(
            self.content,
            self.secrets,
            self.subjects,
            self.ledger,
            clock=StandingClock(),
            processors=listed,
            **options,
        )

    async def names(self) -> list[str]:
        async with self.content.read() as connection:
            return list((await connection.execute(select(AnalyticsEvent.name))).scalars())


@pytest_asyncio.fixture
async def house(databases: Databases, provider: EnvironmentKeys) -> House:
    keyring = Keyring(databases.keyring, provider)
    house = House(databases, keyring, await keyring.secrets())
    await house.ledger.refresh()
    return house


def switched_on(name: str) -> tuple[Processor, ...]:
    more = {"enabled": True, "region": "Germany", "transfer": "eea", "evidence_url": "https://company.eu/contract"}
    return tuple(
        Processor.model_validate(each.model_dump() | more) if each.name == name else each for each in load_processors()
    )


async def test_by_default_nothing_is_counted_of_anybody(house: House) -> None:
    async with house.open() as analytics:
        assert isinstance(analytics, NoAnalytics)


async def test_in_the_table_are_those_who_agreed_and_after_a_withdrawal_nobody(house: House) -> None:
    async with house.open(table=True) as analytics:
        analytics.count(ANNA, Event.INTERVIEW_JOINED)
        await house.ledger.give(ANNA, [Purpose.ANALYTICS], Occasion(1, NOW, "en", "button"), attested_age=16)
        analytics.count(ANNA, Event.TRANSCRIPT_SEARCHED, found=4)
    assert await house.names() == ["transcript_searched"]

    async with house.open(table=True) as analytics:
        analytics.count(ANNA, Event.INTERVIEW_JOINED)
        await house.ledger.withdraw(ANNA, [Purpose.ANALYTICS], Occasion(2, NOW, "en", "button"))
        await analytics.withdrawn(ANNA)
    assert await house.names() == ["transcript_searched"]


async def test_a_withdrawal_counts_even_where_nobody_tells_the_queue(house: House) -> None:
    await house.ledger.give(ANNA, [Purpose.ANALYTICS], Occasion(1, NOW, "en", "button"), attested_age=16)
    async with house.open(table=True) as analytics:
        analytics.count(ANNA, Event.INTERVIEW_JOINED)
        await house.ledger.withdraw(ANNA, [Purpose.ANALYTICS], Occasion(2, NOW, "en", "button"))

    assert await house.names() == []


async def test_posthog_is_opened_only_where_its_row_is_on_and_its_period_is_confirmed(house: House) -> None:
    async with house.open(switched_on("PostHog"), posthog_key="phc_x", posthog_retention_days=90) as analytics:
        assert isinstance(analytics, Counting)

    for processors, days in ((None, 90), (switched_on("Sentry"), 90), (switched_on("PostHog"), None)):
        with pytest.raises(StartRefused):
            await house.open(processors, posthog_key="phc_x", posthog_retention_days=days).__aenter__()


def test_reports_name_the_version_of_the_project() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]

    assert f"{project['name']}@{project['version']}" == RELEASE


def test_a_processor_that_is_off_has_no_hosts() -> None:
    assert hosts_of("Sentry", load_processors()) == ()
    assert hosts_of("Sentry", switched_on("Sentry")) == ("*.ingest.de.sentry.io",)
    assert hosts_of("Nobody", load_processors()) == ()
