"""Discord may say the same thing again: each interaction that writes has one effect, however often it is delivered."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any, cast

import pytest
from sqlalchemy import select

from bot.loopback.entities import walk
from bot.rehearsal.stage import until
from cogs.locales import words_in
from storage.ledger import Purpose
from storage.models import Content
from tests.cogs.conftest import ANNA, HOST, PETER, Practice, practising
from tests.cogs.test_transcript import interviewed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.loopback.authority import Authority
    from bot.loopback.callbacks import Reply

pytestmark = pytest.mark.timeout(120)

EN = words_in("en")
COUNTED: dict[str, Any] = {"purposes": ["analytics"], "age": ["yes"]}
AT_ONCE = 10
COPIES = int(os.environ.get("COPIES", "50"))
"""Of a save: `COPIES=1000 python -m pytest tests/cogs/test_replay.py -k many_copies`."""

EVERYTHING: dict[str, Any] = {"purposes": ["transcribe", "captions", "save"], "age": ["yes"]}
PASSING = {"lease", "retention_run", "idempotency"}
"""Tables of what the bot remembers about itself."""

ANEW = {("share", "id"), ("share", "enc_grant"), ("share", "expires_at")}
"""Columns that a copy writes anew: sharing once more replaces the share, and counts the hours from then."""


class Copies:
    """What Discord said, to be said again."""

    def __init__(self, stage: Practice) -> None:
        self._stage = stage
        parsers = cast("dict[str, Any]", stage.app.bot._connection.parsers)
        self._deliver: Callable[[Any], None] = parsers["INTERACTION_CREATE"]
        self.said: list[Any] = []
        parsers["INTERACTION_CREATE"] = self._note

    def _note(self, data: Any) -> None:
        self.said.append(data)
        self._deliver(data)

    async def again(self, data: Any, *, times: int, at_once: bool) -> None:
        """Deliver *data* so many times more, and wait until everything that came of it is over."""
        before = len(asyncio.all_tasks())
        for _ in range(times):
            self._deliver(data)
            if not at_once:
                await until(lambda: len(asyncio.all_tasks()) <= before, within_s=20)
        await until(lambda: len(asyncio.all_tasks()) <= before, within_s=60)


async def dump(stage: Practice) -> dict[str, list[str]]:
    """Every row of the content, but what the bot remembers about itself."""
    found: dict[str, list[str]] = {}
    async with stage.app.services.stores.databases.content.read() as connection:
        for name, table in Content.metadata.tables.items():
            if name not in PASSING:
                wanted = [column for column in table.c if (name, column.name) not in ANEW]
                rows = (await connection.execute(select(*wanted))).all()
                found[name] = sorted(repr(tuple(row)) for row in rows)
    return found


async def use(stage: Practice, command: str, **options: object) -> Reply:
    return await stage.discord.people.use(stage.user(ANNA).id, command, stage.place.text.id, options=options)


async def filled(stage: Practice, command: str, options: dict[str, object] | None = None, **values: object) -> Reply:
    form = (await use(stage, command, **(options or {}))).modal
    assert form is not None
    return await stage.discord.people.submit(stage.user(ANNA).id, form, values)


async def own(stage: Practice) -> list[str]:
    """Anna's transcripts, newest first."""
    services = stage.app.services
    page = await services.stores.transcripts.list(stage.user(ANNA).id, at=services.clock.now())
    return [str(entry.id) for entry in page.entries if entry.own]


async def confirmed(stage: Practice) -> Reply:
    asked = await use(stage, "transcript delete", transcript=(await own(stage))[0])
    assert asked.message is not None
    button = next(each for each in walk(asked.message.components) if each.get("style") == 4)
    return await stage.discord.people.press(stage.user(ANNA).id, asked, str(button["custom_id"]))


def story(stage: Practice) -> list[tuple[str, Callable[[], Awaitable[object]]]]:
    """Everything that writes, in an order in which each of them has something to write."""
    transcripts, account = EN("privacy-delete-transcripts-word"), EN("privacy-delete-account-word")

    async def newest() -> str:
        return (await own(stage))[0]

    async def on_newest(command: str, **options: object) -> Reply:
        return await use(stage, f"transcript {command}", transcript=await newest(), **options)

    peter = stage.user(PETER).id
    return [
        ("consent give", lambda: filled(stage, "consent give", **EVERYTHING)),
        ("consent withdraw", lambda: use(stage, "consent withdraw", scope="captions")),
        ("transcript save", lambda: use(stage, "transcript save", title="Once")),
        ("transcript save again", lambda: use(stage, "transcript save", title="Twice")),
        ("transcript correct", lambda: on_newest("correct", line=2, text="I would profile it first.")),
        ("transcript share", lambda: on_newest("share", person=peter, hours=5)),
        ("transcript unshare", lambda: on_newest("unshare", person=peter)),
        ("transcript redact", lambda: on_newest("redact", line=2)),
        ("transcript delete", lambda: confirmed(stage)),
        ("privacy request", lambda: use(stage, "privacy request", kind="complaint", text="Please.")),
        ("privacy object", lambda: use(stage, "privacy object", text="Please do not.")),
        ("privacy correct", lambda: use(stage, "privacy correct", text="It is wrong.")),
        ("privacy analytics", lambda: filled(stage, "privacy analytics", {"switch": "on"}, **COUNTED)),
        ("settings", lambda: use(stage, "settings", language="en")),
        ("privacy opt-out", lambda: use(stage, "privacy opt-out", switch="on")),
        ("privacy opt-in", lambda: use(stage, "privacy opt-out", switch="off")),
        (
            "privacy delete-transcripts",
            lambda: filled(stage, "privacy delete-transcripts", word=transcripts),
        ),
        ("privacy delete-account", lambda: filled(stage, "privacy delete-account", word=account)),
    ]


async def test_each_interaction_that_writes_has_one_effect_however_often_it_is_delivered(authority: Authority) -> None:
    changed: list[str] = []
    async with practising(authority, analytics_table=True) as stage:
        await interviewed(stage, HOST, ANNA)
        copies = Copies(stage)

        for number, (name, act) in enumerate(story(stage)):
            before = await dump(stage)
            await act()
            once = await dump(stage)
            if once == before:
                changed.append(f"{name} did nothing at all")
            await copies.again(copies.said[-1], times=AT_ONCE, at_once=number % 2 == 0)
            if await dump(stage) != once:
                changed.append(name)

    assert changed == []


async def test_many_copies_of_a_save_save_once(stage: Practice) -> None:
    await interviewed(stage, HOST, ANNA)
    copies = Copies(stage)
    await use(stage, "transcript save", title="Once")
    once = await dump(stage)

    await copies.again(copies.said[-1], times=COPIES, at_once=True)

    assert await dump(stage) == once
    assert len(await own(stage)) == 1


async def test_a_late_copy_of_a_yes_does_not_undo_that_it_was_taken_back(stage: Practice) -> None:
    copies = Copies(stage)
    await filled(stage, "consent give", **EVERYTHING)
    await use(stage, "transcript list")
    given = next(each for each in copies.said if each["type"] == 5)
    await use(stage, "consent withdraw")
    taken_back = await dump(stage)

    await copies.again(given, times=AT_ONCE, at_once=True)

    assert await dump(stage) == taken_back
    assert not any(stage.app.services.stores.ledger.allowed(stage.user(ANNA).id, purpose) for purpose in Purpose)


async def test_copies_of_the_start_of_an_interview_start_one(stage: Practice) -> None:
    copies = Copies(stage)
    await stage.start(HOST)
    once = stage.running().interview_id

    await copies.again(copies.said[-1], times=AT_ONCE, at_once=True)

    assert [each.interview_id for each in stage.app.services.interviews.running] == [once]
    notices = [m for m in stage.seen(HOST) if m.author is stage.place.bot_user and m.ephemeral_to is None]
    assert len(notices) == 1
    await stage.end(HOST)
