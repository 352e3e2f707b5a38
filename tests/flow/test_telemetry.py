"""Error reports and counts, in the whole bot."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from bot.app import open_app
from bot.errors import StartRefused
from bot.rehearsal.stage import Stage, practice_operations, until
from storage.ledger import Occasion, Purpose
from storage.models import AnalyticsEvent
from tests.flow.conftest import settings
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from collections.abc import Sequence


async def counted(stage: Stage) -> Sequence[tuple[str, dict[str, object]]]:
    async with stage.app.services.stores.databases.content.read() as connection:
        rows = await connection.execute(select(AnalyticsEvent.name, AnalyticsEvent.props))
        return [(name, props) for name, props in rows]


async def agree(stage: Stage, name: str, number: int) -> None:
    services = stage.app.services
    occasion = Occasion(number, services.clock.now(), "en", "command")
    await services.stores.ledger.give(stage.user(name).id, [Purpose.ANALYTICS], occasion, attested_age=18)


async def test_of_two_people_only_the_one_who_agreed_is_counted() -> None:
    async with Stage(settings(analytics_table=True), transcriber=ScriptedTranscriber()) as stage:
        await agree(stage, "anna", 1)
        for name in ("anna", "oleg"):
            await stage.discord.people.use(stage.user(name).id, "privacy contact", stage.place.text.id)
        analytics = stage.app.services.analytics
        await until(lambda: bool(getattr(analytics, "_waiting", ())), within_s=5)
        await analytics.flush()  # pyright: ignore[reportAttributeAccessIssue,reportUnknownMemberType]

        assert await counted(stage) == [("command_used", {"group": "privacy"})]


async def test_by_default_nobody_is_counted_whatever_they_agreed_to() -> None:
    async with Stage(settings(), transcriber=ScriptedTranscriber()) as stage:
        await agree(stage, "anna", 1)
        await stage.discord.people.use(stage.user("anna").id, "privacy contact", stage.place.text.id)

        assert not hasattr(stage.app.services.analytics, "flush")
        assert await counted(stage) == []


async def test_errors_are_reported_to_nobody_whom_people_are_not_told_of() -> None:
    elsewhere = settings(sentry_dsn="https://0123456789abcdef0123456789abcdef@o1.ingest.de.sentry.io/1")

    with pytest.raises(StartRefused, match="processor") as refused:
        async with open_app(elsewhere, operations=practice_operations()):
            pass

    assert "0123456789abcdef" not in str(refused.value)


async def test_without_an_address_nothing_listens_for_errors() -> None:
    before = list(logging.getLogger().handlers)
    async with Stage(settings(), transcriber=ScriptedTranscriber()):
        assert logging.getLogger().handlers == before
