"""What storage does not do is answered with what happened and what to do: erased in mid-course, a full disk, damage."""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

from bot.holdings import holdings
from cogs.locales import words_in
from storage import models
from storage.database import Database
from storage.errors import DatabaseBusy, DatabaseFailed, DatabaseFull, KeyProviderFailed
from storage.keyring import Keyring
from tests.cogs.conftest import ANNA, HOST, PETER, Practice
from tests.cogs.test_transcript import interviewed, saved

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from uuid import UUID

    from bot.loopback.callbacks import Reply

EN = words_in("en")

OPTIONS: dict[str, dict[str, Any]] = {
    "transcript view": {"transcript": "saved"},
    "transcript export": {"transcript": "saved", "format": "txt"},
    "transcript correct": {"transcript": "saved", "line": 2, "text": "I would count it first."},
    "transcript share": {"transcript": "saved", "person": PETER, "hours": 3},
    "transcript save": {"title": "Once more"},
    "feedback request": {"transcript": "saved"},
    "settings": {"language": "de"},
    "queue join": {"type": "technical", "level": "senior"},
    "privacy export": {},
    "privacy request": {"kind": "access", "text": "a copy, please"},
    "consent history": {},
    "consent withdraw": {},
}
"""Commands that open or seal something of whoever uses them."""


async def use(stage: Practice, name: str, command: str, options: Mapping[str, Any]) -> Reply:
    return await stage.discord.people.use(stage.user(name).id, command, stage.place.text.id, options=dict(options))


async def filled(stage: Practice, command: str) -> dict[str, Any]:
    """What is typed with a command, when an interview of Oleg and Anna was saved by her."""
    await interviewed(stage, HOST, ANNA)
    transcript = await saved(stage)
    known = {"saved": transcript, PETER: stage.user(PETER).id}
    return {name: known.get(value, value) for name, value in OPTIONS[command].items()}


def errors(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR]


@pytest.mark.slow
@pytest.mark.parametrize("command", OPTIONS)
async def test_a_command_that_an_erasure_of_the_account_overtakes_says_so_and_is_no_error(
    stage: Practice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, command: str
) -> None:
    options = await filled(stage, command)
    services = stage.app.services
    user_id = stage.user(ANNA).id
    subject = await services.stores.subjects.find(user_id)
    assert subject is not None
    lend = Keyring._lend

    async def erased_first(keyring: Keyring, subjects: set[UUID]) -> Any:
        if subject in subjects:
            # Rows were read, and the first step of an erasure comes before what they were sealed with is asked for.
            monkeypatch.setattr(Keyring, "_lend", lend)
            await keyring.destroy(subject, at=services.clock.now())
        return await lend(keyring, subjects)

    monkeypatch.setattr(Keyring, "_lend", erased_first)
    caplog.clear()

    reply = await use(stage, ANNA, command, options)

    assert reply.text == EN("fault-account-deleted")
    assert reply.ephemeral
    assert errors(caplog) == []
    await services.rights.erasure.account(user_id, at=services.clock.now())
    assert [each.table for each in await holdings(services.stores, user_id, at=services.clock.now())] == []


async def test_what_is_kept_for_an_account_that_is_gone_by_then_is_kept_nowhere(
    stage: Practice, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await filled(stage, "settings")
    services = stage.app.services
    user_id = stage.user(ANNA).id
    write = Database.write

    @asynccontextmanager
    async def erased_first(database: Database) -> AsyncGenerator[Any]:
        # It was sealed already, and is about to be written.
        monkeypatch.setattr(Database, "write", write)
        await services.rights.erasure.account(user_id, at=services.clock.now())
        async with write(database) as connection:
            yield connection

    monkeypatch.setattr(Database, "write", erased_first)
    caplog.clear()

    reply = await use(stage, ANNA, "settings", OPTIONS["settings"])

    assert reply.text == EN("fault-deleted")
    assert errors(caplog) == []
    assert await holdings(services.stores, user_id, at=services.clock.now()) == []


async def test_a_line_that_is_read_while_its_speaker_is_erased_is_erased_and_not_damaged(
    stage: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = await filled(stage, "transcript view")
    unlocked = Keyring.unlocked

    def erased_within(keyring: Keyring, *subjects: UUID) -> Any:
        return _Erasing(unlocked(keyring, *subjects), stage)

    monkeypatch.setattr(Keyring, "unlocked", erased_within)
    text = (await use(stage, ANNA, "transcript view", options)).text

    assert "erased" in text
    assert "damaged" not in text
    assert "How would you scale a database?" not in text
    assert "I would measure it first." in " ".join(text.split())


class _Erasing:
    """Lends keys, of which Oleg's are destroyed right after."""

    def __init__(self, lent: Any, stage: Practice) -> None:
        self._lent = lent
        self._stage = stage

    async def __aenter__(self) -> Any:
        keys = await self._lent.__aenter__()
        services = self._stage.app.services
        subject = await services.stores.subjects.find(self._stage.user(HOST).id)
        if subject is not None:
            await services.stores.keyring.destroy(subject, at=services.clock.now())
        return keys

    async def __aexit__(self, *failure: object) -> Any:
        return await self._lent.__aexit__(*failure)


async def test_a_changed_row_is_said_to_be_changed_and_stays_an_error(
    stage: Practice, caplog: pytest.LogCaptureFixture
) -> None:
    options = await filled(stage, "transcript view")
    async with stage.app.services.stores.databases.content.write() as connection:
        await connection.execute(update(models.Transcript).values(rev=7))
    caplog.clear()

    reply = await use(stage, ANNA, "transcript view", options)

    assert reply.text == EN("fault-damaged")
    assert errors(caplog) == ["a command failed"]


@pytest.mark.parametrize(
    ("failure", "key"),
    [
        (DatabaseFull("no room is left for the database"), "fault-full"),
        (DatabaseBusy("somebody else has been writing for too long"), "fault-later"),
        (DatabaseFailed("the database refused"), "fault-later"),
        (KeyProviderFailed("no answer"), "fault-later"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else value,
)
async def test_what_cannot_be_written_or_read_for_a_while_is_to_be_tried_later(
    stage: Practice,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    failure: Exception,
    key: str,
) -> None:
    options = await filled(stage, "transcript view")

    async def fails(*_: object) -> Any:
        raise failure

    monkeypatch.setattr(Keyring, "_lend", fails)
    caplog.clear()

    for command in ("transcript view", "settings", "queue join", "privacy request", "feedback request"):
        given = options if command == "transcript view" else OPTIONS[command]
        given = {name: options["transcript"] if value == "saved" else value for name, value in given.items()}
        assert (await use(stage, ANNA, command, given)).text == EN(key), command

    assert errors(caplog) == ["a command failed"] * 5
