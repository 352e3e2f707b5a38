"""Whatever waits for a database that others write to is acknowledged first: Discord waits three seconds."""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from bot.loopback.callbacks import DEFERRED, DEFERRED_UPDATE
from bot.rehearsal.loopback_model import LoopbackModel
from cogs.locales import words_in
from tests.cogs.conftest import ANNA, HOST, OWNER, PETER, Practice
from tests.cogs.test_feedback import AGREES, answered, judging, kept, offered, opened, over, press
from tests.cogs.test_feedback import saved as saved_interview
from tests.cogs.test_transcript import interviewed, saved

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from bot.loopback.authority import Authority
    from bot.loopback.callbacks import Reply
    from bot.rehearsal.stage import Stage

EN = words_in("en")


@asynccontextmanager
async def written_by_others(stage: Stage) -> AsyncGenerator[None]:
    """Nobody else can write to either database."""
    databases = stage.app.services.stores.databases
    async with AsyncExitStack() as stack:
        for database in (databases.content, databases.keyring):
            await stack.enter_async_context(database.write())
        yield


async def acknowledged(reply: Reply) -> None:
    """Wait until Discord has been told to wait, which has to be while it does."""
    await reply.acknowledged()
    assert reply.answer in {DEFERRED, DEFERRED_UPDATE}


COMMANDS: dict[str, tuple[str, dict[str, Any], str]] = {
    "transcript correct": (ANNA, {"transcript": "saved", "line": 2, "text": "I count first."}, "Corrected"),
    "transcript redact": (ANNA, {"transcript": "saved", "line": 2}, "Taken out"),
    "transcript share": (ANNA, {"transcript": "saved", "person": PETER}, "may read it"),
    "transcript unshare": (ANNA, {"transcript": "saved", "person": PETER}, "could not read it anyway"),
    "settings": (ANNA, {"time-zone": "Europe/Kyiv"}, "Europe/Kyiv"),
    "questions practice-streak": (ANNA, {"counting": "on"}, EN("questions-streak-empty")),
    "consent withdraw": (ANNA, {}, "Taken back"),
    "mod block": (OWNER, {"member": PETER, "reason": "spam"}, "until"),
    "admin minimum-age": (OWNER, {"years": 18}, EN("admin-changed")),
}
"""Who uses each, with what, and what is in the answer."""


@pytest.mark.parametrize("command", COMMANDS)
async def test_a_command_is_acknowledged_while_others_write_and_done_when_they_have(
    stage: Practice, command: str
) -> None:
    name, typed, said = COMMANDS[command]
    await interviewed(stage, HOST, ANNA)
    known = {"saved": await saved(stage), PETER: stage.user(PETER).id}
    options = {option: known.get(value, value) for option, value in typed.items()}

    async with written_by_others(stage):
        reply = stage.discord.people.use(stage.user(name).id, command, stage.place.text.id, options=options)
        await acknowledged(reply)
        assert not reply.shown

    assert said in (await reply).text


async def test_a_transcript_is_deleted_when_others_have_written(stage: Practice) -> None:
    await interviewed(stage, HOST, ANNA)
    anna = stage.user(ANNA).id
    options = {"transcript": await saved(stage)}
    asked = await stage.discord.people.use(anna, "transcript delete", stage.place.text.id, options=options)

    async with written_by_others(stage):
        reply = stage.discord.people.press(anna, asked, EN("transcript-delete-for-good"))
        await acknowledged(reply)

    await reply.until(lambda reply: "Deleted" in reply.text, within_s=10)
    assert EN("transcript-delete-for-good") not in str(reply.components)


async def test_a_consent_to_save_is_acknowledged_while_others_write(stage: Practice) -> None:
    await interviewed(stage)
    anna = stage.user(ANNA).id
    form = (await stage.discord.people.use(anna, "transcript save", stage.place.text.id, options={})).modal
    assert form is not None

    async with written_by_others(stage):
        reply = stage.discord.people.submit(anna, form, {"purposes": ["save"], "age": ["yes"]})
        await acknowledged(reply)

    assert (await reply).text.startswith("Saved")


@pytest.fixture
async def model() -> AsyncIterator[LoopbackModel]:
    async with LoopbackModel(judging()) as server:
        yield server


@pytest.fixture
async def chat(authority: Authority, model: LoopbackModel) -> AsyncIterator[Stage]:
    async with opened(authority, model) as practice:
        yield practice


async def test_a_consent_to_feedback_and_its_deletion_are_acknowledged_while_others_write(chat: Stage) -> None:
    anna, people = chat.user(ANNA).id, chat.discord.people
    form = (await press(chat, ANNA, await offered(chat, await saved_interview(chat)), "Send")).modal
    assert form is not None

    async with written_by_others(chat):
        agreed = people.submit(anna, form, AGREES)
        await acknowledged(agreed)
    await answered(agreed)
    await over(chat)
    (feedback,) = await kept(chat)
    asked = await people.use(anna, "feedback delete", chat.place.text.id, options={"feedback": str(feedback)})
    async with written_by_others(chat):
        gone = people.press(anna, asked, EN("feedback-delete"))
        await acknowledged(gone)

    await gone.until(lambda reply: EN("feedback-deleted") in reply.text, within_s=10)
    assert await kept(chat) == []
