from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import insert

from bot.rehearsal.stage import Stage, until
from cogs.locales import moment, words_in
from storage.backup import STALE, back_up
from storage.ledger import Occasion, Purpose
from storage.models import Budget
from storage.transcripts import Spoken
from tests.cogs.conftest import OWNER, PETER
from tests.cogs.test_mod import open_to_all
from tests.flow.conftest import settings
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.loopback.authority import Authority

EN = words_in("en")


@pytest.fixture
async def stage(authority: Authority) -> AsyncIterator[Stage]:
    """A bot that is at home in its practice server; Olga owns the application."""
    opened = Stage(settings(), people=(OWNER, PETER), transcriber=ScriptedTranscriber(), authority=authority)
    opened.settings = opened.settings.model_copy(update={"home_guild_id": opened.place.guild.id})
    async with opened:
        yield opened


async def use(stage: Stage, name: str, command: str, **options: object) -> str:
    reply = await stage.discord.people.use(
        stage.user(name).id, f"owner {command}", stage.place.text.id, options=options
    )
    assert reply.ephemeral
    return reply.text


async def test_whoever_does_not_run_the_bot_can_do_none_of_it_and_other_servers_have_none_of_it(stage: Stage) -> None:
    open_to_all(stage, "owner")

    for command, options in (
        ("health", {}),
        ("budget", {}),
        ("retention-run", {"dry": False}),
        ("drain", {"sure": True}),
    ):
        assert await use(stage, PETER, command, **options) == EN("owner-only")

    assert not stage.app.services.ending.asked
    here = [each for each in stage.world.applications[stage.bot_id].commands.values() if each["name"] == "owner"]
    assert [each["guild_id"] for each in here] == [str(stage.place.guild.id)]


async def test_the_owner_sees_what_must_be_looked_at_and_what_was_used(stage: Stage) -> None:
    stores, now = stage.app.services.stores, stage.app.services.clock.now()
    for period, spent in ((f"{now:%Y-%m}", 1_200), (f"{now:%Y-%m-%d}", 1_200), ("2025-01", 77)):
        row = {"idx": uuid4().bytes * 2, "period": period, "reserved_tokens": 30, "spent_tokens": spent}
        async with stores.databases.content.write() as connection:
            await connection.execute(insert(Budget).values(**row, expires_at=now + timedelta(days=1)))

    health = await use(stage, OWNER, "health")

    assert EN("owner-health-requests", open=0, overdue=0) in health
    assert EN("owner-health-running", servers=1, interviews=0) in health
    assert await use(stage, OWNER, "budget") == EN("owner-budget", spent=1_200, reserved=30)


async def test_health_says_whether_what_is_saved_is_backed_up(stage: Stage) -> None:
    stores, now, peter = stage.app.services.stores, stage.app.services.clock.now(), stage.user(PETER).id
    assert EN("owner-health-no-backup", bare=False, transcripts=0) in await use(stage, OWNER, "health")
    how = Occasion(stage.world.new_id(), now, "en", "form", None)
    await stores.ledger.give(peter, {Purpose.TRANSCRIBE, Purpose.SAVE}, how, attested_age=18)
    said = [Spoken(peter, "Peter", 1.0, 2.0, "I would measure it.", "en", 0.9)]
    await stores.transcripts.save(peter, "Practice", said, lambda _: True, at=now, interaction_id=stage.world.new_id())

    assert EN("owner-health-no-backup", bare=True, transcripts=1) in await use(stage, OWNER, "health")

    places = stage.app.services.installation.places()
    made = await asyncio.to_thread(back_up, places, now=now)
    assert EN("owner-health-backup", stale=False, at=moment(made.made_at)) in await use(stage, OWNER, "health")
    await asyncio.to_thread(made.file.unlink)
    old = await asyncio.to_thread(back_up, places, now=now - STALE - timedelta(seconds=1))
    assert EN("owner-health-backup", stale=True, at=moment(old.made_at)) in await use(stage, OWNER, "health")


async def test_what_is_due_is_counted_first_and_deleted_only_when_that_is_said(stage: Stage) -> None:
    stores, now = stage.app.services.stores, stage.app.services.clock.now()
    async with asyncio.timeout(20):
        # The bot's own first run would be first otherwise.
        while EN("owner-health-retention", ok=True) not in await use(stage, OWNER, "health"):  # noqa: ASYNC110 - as below
            await asyncio.sleep(0.1)
    await stores.trail.noted(stage.place.guild.id, None, "stop", at=now - timedelta(days=91))

    assert EN("owner-due", count=1) in await use(stage, OWNER, "retention-run")
    async with asyncio.timeout(20):
        # It may hold the lease still.
        while (told := await use(stage, OWNER, "retention-run", dry=False)) == EN("owner-not-run"):  # noqa: ASYNC110 - a lease has no event
            await asyncio.sleep(0.1)
    assert EN("owner-deleted", count=1, held=0) in told
    assert await use(stage, OWNER, "retention-run") == EN("owner-due", count=0)


async def test_draining_ends_the_bot_once_it_was_meant(stage: Stage) -> None:
    assert await use(stage, OWNER, "drain", sure=False) == EN("owner-not-sure")
    assert not stage.app.services.ending.asked

    assert await use(stage, OWNER, "drain", sure=True) == EN("owner-draining")
    await until(lambda: stage.app.services.ending.asked, within_s=5)
