from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.loopback.entities import walk
from bot.rehearsal.stage import until
from cogs.help import COMMANDS, REPORT_LENGTH, REPORTS
from cogs.locales import words_in
from storage.requests import RequestKind
from tests.cogs.conftest import ANNA, OWNER, PETER, Practice
from tests.cogs.test_mod import done, logged_to, ruled, use

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.loopback.authority import Authority
    from bot.loopback.callbacks import Modal

EN = words_in("en")
TEXT = "At **eight** somebody was recorded without asking. <@1> @everyone"


@pytest.fixture
async def stage(authority: Authority) -> AsyncIterator[Practice]:
    async with ruled(authority) as opened:
        yield opened


async def form(stage: Practice, name: str, *, channel_id: int | None = None) -> Modal:
    reply = await stage.discord.people.use(stage.user(name).id, "report", channel_id or stage.place.text.id)
    assert reply.modal is not None
    return reply.modal


async def report(stage: Practice, name: str, to: str, text: str = TEXT) -> str:
    opened = await form(stage, name)
    reply = await stage.discord.people.submit(stage.user(name).id, opened, {"to": [to], "text": text})
    assert reply.ephemeral
    return reply.text


async def test_help_leads_to_commands_that_there_are_and_admins_to_theirs(stage: Practice) -> None:
    registered = {
        f"{command['name']}:{command_id}"
        for command_id, command in stage.world.applications[stage.bot_id].commands.items()
    }

    told = await use(stage, ANNA, "help")

    for name in COMMANDS:
        (link,) = {each for each in registered if each.startswith(f"{name.split()[0]}:")}
        assert f"</{name}:{link.partition(':')[2]}>" in told
    assert EN("help-admin") not in told
    assert EN("help-admin") in await use(stage, OWNER, "help")


async def test_help_and_report_work_in_direct_messages(stage: Practice) -> None:
    conversation = stage.world.open_dm(stage.user(PETER).id, stage.bot_id)

    told = await stage.discord.people.use(stage.user(PETER).id, "help", conversation.id)
    opened = await form(stage, PETER, channel_id=conversation.id)

    assert EN("help-what") in told.text
    assert "'value': 'moderators'" not in str(opened.components)


async def test_a_report_to_the_operator_is_a_request_with_a_day_that_the_reporter_can_see(stage: Practice) -> None:
    told = await report(stage, ANNA, "operator")

    (entry,) = await stage.app.services.stores.requests.of(stage.user(ANNA).id)
    assert (entry.kind, entry.text) == (RequestKind.COMPLAINT, TEXT)
    assert "<t:" in told
    assert "complaint" in await use(stage, ANNA, "privacy requests")
    assert await done(stage) == []


async def test_moderators_read_a_report_without_learning_whose_it_is(stage: Practice) -> None:
    assert "'value': 'moderators'" not in str((await form(stage, ANNA)).components)
    logs = await logged_to(stage)

    assert await report(stage, ANNA, "moderators") == EN("help-reported-moderators")

    await until(lambda: bool(stage.world.seen_by(stage.user(OWNER).id, logs.id)), within_s=5)
    (line,) = stage.world.seen_by(stage.user(OWNER).id, logs.id)
    assert r"At \*\*eight\*\* somebody" in line.text
    assert not line.mention_ids
    assert not line.mentions_everyone
    assert "Anna" not in line.text
    assert str(stage.user(ANNA).id) not in line.text
    assert await done(stage) == ["report"]
    assert await stage.app.services.stores.requests.of(stage.user(ANNA).id) == []


async def test_too_many_reports_are_given_back_with_what_was_written(stage: Practice) -> None:
    logs = await logged_to(stage)
    for _ in range(REPORTS):
        await report(stage, ANNA, "moderators", "x" * REPORT_LENGTH)

    told = await report(stage, ANNA, "moderators", "One more thing.")

    assert "One more thing." in told
    assert len(stage.world.seen_by(stage.user(OWNER).id, logs.id)) == REPORTS
    assert await report(stage, PETER, "moderators") == EN("help-reported-moderators")


async def test_a_log_channel_that_is_gone_loses_nothing_of_a_report(stage: Practice) -> None:
    logs = await logged_to(stage)
    opened = await form(stage, ANNA)
    await stage.world.delete_channel(logs.id)
    await until(lambda: stage.app.bot.get_channel(logs.id) is None, within_s=5)

    reply = await stage.discord.people.submit(stage.user(ANNA).id, opened, {"to": ["moderators"], "text": TEXT})

    assert EN("help-report-no-log") in reply.text
    assert "somebody was recorded" in reply.text
    assert [each for each in walk(reply.components) if each["type"] == 2] == []
