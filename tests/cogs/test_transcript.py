"""`/transcript` as people use it: saving with everybody's consent, reading, sharing, taking out, deleting."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from bot.interview.drafts import Draft
from bot.loopback.filling import CannotDo
from bot.rehearsal.stage import until
from cogs.locales import words_in
from cogs.transcript import FORMATS
from storage.ledger import Purpose
from tests.cogs.conftest import ANNA, HOST, OWNER, PETER, Practice

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from bot.loopback.callbacks import Reply
    from bot.loopback.entities import Message
    from storage.transcripts import Asked, Spoken

EN = words_in("en")

KEEPS = {"purposes": ["transcribe", "captions", "save"], "age": ["yes"]}


async def use(stage: Practice, name: str, command: str, **options: object) -> Reply:
    reply = await stage.discord.people.use(
        stage.user(name).id, f"transcript {command}", stage.place.text.id, options=options
    )
    if reply.modal is None:
        assert reply.ephemeral
    return reply


async def interviewed(stage: Practice, *keeping: str) -> None:
    """An interview of Oleg and Anna is over; those of *keeping* agreed to be kept."""
    await stage.start(HOST)
    for name in (HOST, ANNA):
        await stage.join(name, KEEPS if name in keeping else None)
    stage.say(HOST, "How would you scale a database?")
    stage.say(ANNA, "I would measure it first.")
    stage.say(ANNA, "", missing_s=3.0)
    await stage.end(HOST)


async def saved(stage: Practice, name: str = ANNA) -> str:
    """Save as *name*, and return the id."""
    reply = await use(stage, name, "save", title="Practice")
    assert reply.text.startswith("Saved")
    page = await stage.app.services.stores.transcripts.list(stage.user(name).id, at=stage.app.services.clock.now())
    return str(page.entries[0].id)


async def test_nothing_is_stored_unless_somebody_saves_it(stage: Practice) -> None:
    await interviewed(stage, HOST, ANNA)

    reply = await use(stage, ANNA, "list")

    assert "You have no transcripts" in reply.text


async def test_what_was_said_is_saved_and_read_again(stage: Practice) -> None:
    await interviewed(stage, HOST, ANNA)
    transcript = await saved(stage)

    text = (await use(stage, ANNA, "view", transcript=transcript)).text

    assert "How would you scale a database?" in text
    assert "I would measure it first." in " ".join(text.split())
    assert "3 s not transcribed" in text


async def test_words_of_who_did_not_agree_are_kept_out(stage: Practice) -> None:
    await interviewed(stage, ANNA)
    transcript = await saved(stage)

    text = (await use(stage, ANNA, "view", transcript=transcript)).text

    assert "I would measure it first." in " ".join(text.split())
    assert "How would you scale" not in text
    assert "not saved" in text


async def test_who_saves_is_asked_first_and_nothing_is_saved_without_a_tick(stage: Practice) -> None:
    await interviewed(stage)
    form = (await use(stage, ANNA, "save")).modal
    assert form is not None

    refused = await stage.discord.people.submit(stage.user(ANNA).id, form, {"purposes": [], "age": ["yes"]})
    assert refused.text == EN("transcript-not-ticked")
    assert "You have no transcripts" in (await use(stage, ANNA, "list")).text

    form = (await use(stage, ANNA, "save")).modal
    assert form is not None
    agreed = await stage.discord.people.submit(stage.user(ANNA).id, form, {"purposes": ["save"], "age": ["yes"]})
    assert agreed.text.startswith("Saved")
    assert stage.app.services.stores.ledger.allowed(stage.user(ANNA).id, Purpose.SAVE)


async def test_the_end_card_saves_as_the_command_does(stage: Practice) -> None:
    await interviewed(stage, HOST, ANNA)

    reply = await stage.discord.people.press(stage.user(ANNA).id, stage.end_card(), "Save it")

    assert reply.text.startswith("Saved")
    refused = await stage.discord.people.press(stage.user(OWNER).id, stage.end_card(), "Save it")
    assert refused.text == EN("transcript-no-draft")


async def test_a_running_interview_and_none_at_all_cannot_be_saved(stage: Practice) -> None:
    assert (await use(stage, ANNA, "save")).text == EN("transcript-no-draft")
    await stage.start(HOST)
    await stage.join(ANNA, KEEPS)
    stage.say(ANNA, "I would measure it first.")
    assert (await use(stage, ANNA, "save")).text == EN("transcript-save-afterwards")
    await stage.end(HOST)


@pytest.mark.parametrize("way", ["command", "card"])
async def test_what_is_saved_right_after_the_end_is_the_interview_that_just_ended(
    stage: Practice, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await interviewed(stage, HOST, ANNA)
    await stage.start(HOST)
    for name in (HOST, ANNA):
        await stage.join(name, KEEPS)
    stage.say(ANNA, "The second interview begins.")
    (interview,) = stage.app.services.interviews.running
    over = asyncio.Event()
    leave = interview._room.take_down_mark

    async def late() -> None:
        await over.wait()
        await leave()

    monkeypatch.setattr(interview._room, "take_down_mark", late)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(stage.press(HOST, "End"))
        await until(lambda: interview.stopped is not None, within_s=10)
        if way == "command":
            saving = tasks.create_task(use(stage, ANNA, "save", title="Practice"))
        else:
            await until(lambda: len(_end_cards(stage)) > 1, within_s=10)
            pressed = stage.discord.people.press(stage.user(ANNA).id, _end_cards(stage)[-1], "Save it")
            saving = tasks.create_task(_shown(pressed))
        await asyncio.sleep(0.1)
        over.set()

    assert saving.result().text.startswith("Saved")
    (newest, *_) = (
        await stage.app.services.stores.transcripts.list(stage.user(ANNA).id, at=stage.app.services.clock.now())
    ).entries
    text = (await use(stage, ANNA, "view", transcript=str(newest.id))).text
    assert "The second interview begins." in " ".join(text.split())


def _end_cards(stage: Practice) -> list[Message]:
    cards = (message for message in stage.seen(OWNER) if "Save it" in str(message.components))
    return sorted(cards, key=lambda message: message.id)


async def _shown(reply: Reply) -> Reply:
    return await reply


@asynccontextmanager
async def being_saved(stage: Practice, monkeypatch: pytest.MonkeyPatch) -> AsyncGenerator[Reply]:
    """Anna saves the last interview, whose words were read, and which cannot be written before the end of the block."""
    reading, read = Draft.turns, asyncio.Event()

    def turns(draft: Draft) -> list[Spoken | Asked]:
        read.set()
        return reading(draft)

    async with stage.app.services.stores.databases.content.write():
        with monkeypatch.context() as patched:
            patched.setattr(Draft, "turns", turns)
            options = {"title": "Practice"}
            reply = stage.discord.people.use(
                stage.user(ANNA).id, "transcript save", stage.place.text.id, options=options
            )
            async with asyncio.timeout(10):
                await read.wait()
        yield reply


async def read_through(stage: Practice) -> str:
    """The transcript that Anna saved, as she reads it."""
    at = stage.app.services.clock.now()
    (entry,) = (await stage.app.services.stores.transcripts.list(stage.user(ANNA).id, at=at)).entries
    return " ".join((await use(stage, ANNA, "view", transcript=str(entry.id))).text.split())


async def test_what_somebody_forgets_while_another_saves_it_is_not_saved(
    stage: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    await interviewed(stage, HOST, ANNA)

    async with being_saved(stage, monkeypatch) as saving:
        assert await stage.use(HOST, "forget") == EN("interview-forgotten")

    assert (await saving).text.startswith("Saved")
    text = await read_through(stage)
    assert "I would measure it first." in text
    assert "How would you scale" not in text
    assert "not saved" in text


async def test_a_line_that_is_removed_while_another_saves_it_is_not_saved(
    stage: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.start(HOST)
    for name in (HOST, ANNA):
        await stage.join(name, KEEPS)
    for text in ("Keep this.", "Not this."):
        stage.running().type_answer(stage.user(HOST).id, text)
    stage.say(ANNA, "I would measure it first.")
    live = stage.running().captions
    await until(lambda: live is not None and any("Not this." in m.text for m in stage.seen(HOST)), within_s=5)
    people, host = stage.discord.people, stage.user(HOST).id
    captions = next(m for m in stage.seen(HOST) if "Not this." in m.text)
    await until(lambda: live is not None and live.message_id == captions.id, within_s=5)
    menu = await people.use_on_message(host, "Remove my line", captions)
    newest = stage.running().lines_of(host)[0]
    await stage.end(HOST)

    async with being_saved(stage, monkeypatch) as saving:
        reply = await people.choose(host, menu, EN("interview-lines-placeholder"), [repr(newest.start_s)])
        assert reply.text == EN("interview-line-removed")

    assert (await saving).text.startswith("Saved")
    text = await read_through(stage)
    assert "Keep this." in text
    assert "I would measure it first." in text
    assert "Not this." not in text


async def test_words_are_found_in_what_one_may_read_alone(stage: Practice) -> None:
    await interviewed(stage, HOST, ANNA)
    await saved(stage)

    assert "I would measure it first." in (await use(stage, ANNA, "search", text="measure")).text
    assert "measure" not in (await use(stage, PETER, "search", text="measure")).text


async def test_a_transcript_is_taken_along_as_a_file(stage: Practice) -> None:
    await interviewed(stage, HOST, ANNA)
    transcript = await saved(stage)

    for form in FORMATS:
        reply = await use(stage, ANNA, "export", transcript=transcript, format=form)

        assert reply.message is not None, form
        (file,) = reply.message.attachments
        text = file.data.decode()
        assert file.filename.endswith(f".{form}")
        assert "I would measure it first." in " ".join(text.split()), form
        if form == "json":
            assert json.loads(text)["turns"]
        if form == "csv":
            assert len(list(csv.DictReader(io.StringIO(text)))) == 3


async def test_a_shared_transcript_is_read_until_it_is_not_shared_any_more(stage: Practice) -> None:
    await interviewed(stage, HOST, ANNA)
    transcript = await saved(stage)
    assert (await use(stage, PETER, "view", transcript=transcript)).text == EN("transcript-no-such")

    await use(stage, ANNA, "share", transcript=transcript, person=stage.user(PETER).id, hours=1)
    assert "I would measure it first." in (await use(stage, PETER, "view", transcript=transcript)).text

    await use(stage, ANNA, "unshare", transcript=transcript, person=stage.user(PETER).id)
    assert (await use(stage, PETER, "view", transcript=transcript)).text == EN("transcript-no-such")


async def test_own_words_are_corrected_and_taken_out(stage: Practice) -> None:
    await interviewed(stage, HOST, ANNA)
    transcript = await saved(stage)

    await use(stage, ANNA, "correct", transcript=transcript, line=2, text="I would profile it first.")
    assert "I would profile it first." in (await use(stage, ANNA, "view", transcript=transcript)).text

    await use(stage, ANNA, "redact", transcript=transcript, line=2)
    text = (await use(stage, ANNA, "view", transcript=transcript)).text
    assert "profile" not in text
    assert "redacted" in text


async def test_a_transcript_is_deleted_after_it_was_confirmed(stage: Practice) -> None:
    await interviewed(stage, HOST, ANNA)
    transcript = await saved(stage)
    asked = await use(stage, ANNA, "delete", transcript=transcript)
    assert "Practice" in asked.text

    kept = await stage.discord.people.press(stage.user(ANNA).id, asked, EN("transcript-keep-it"))
    assert kept.text == EN("transcript-kept")
    assert "Practice" in (await use(stage, ANNA, "list")).text

    asked = await use(stage, ANNA, "delete", transcript=transcript)
    await stage.discord.people.press(stage.user(ANNA).id, asked, EN("transcript-delete-for-good"))
    assert "You have no transcripts" in (await use(stage, ANNA, "list")).text


async def test_nothing_can_be_done_with_somebody_elses_transcript(stage: Practice) -> None:
    await interviewed(stage, HOST, ANNA)
    transcript = await saved(stage)
    owner = stage.user(OWNER).id
    attempts: dict[str, dict[str, object]] = {
        "view": {},
        "export": {"format": "txt"},
        "correct": {"line": 1, "text": "Something else."},
        "redact": {"line": 1},
        "share": {"hours": 1, "person": owner},
        "unshare": {"person": owner},
        "delete": {},
    }
    for command, options in attempts.items():
        reply = await use(stage, PETER, command, transcript=transcript, **options)

        assert reply.text == EN("transcript-no-such"), command
        assert "I would measure it first." in (await use(stage, ANNA, "view", transcript=transcript)).text, command


async def test_what_is_no_transcript_is_said_in_one_sentence(stage: Practice) -> None:
    assert (await use(stage, ANNA, "view", transcript="nonsense")).text == EN("transcript-no-such")


async def test_somebody_elses_button_cannot_be_pressed(stage: Practice) -> None:
    await interviewed(stage, HOST, ANNA)
    asked = await use(stage, ANNA, "delete", transcript=await saved(stage))

    with pytest.raises(CannotDo):
        await stage.discord.people.press(stage.user(PETER).id, asked, EN("transcript-delete-for-good"))


async def test_transcripts_are_offered_by_their_names_and_only_to_those_who_may_read_them(stage: Practice) -> None:
    await interviewed(stage, HOST, ANNA)
    transcript = await saved(stage)

    async def offered(name: str, typed: str) -> list[str]:
        reply = await stage.discord.people.complete(
            stage.user(name).id, "transcript view", stage.place.text.id, "transcript", typed
        )
        return [str(choice["value"]) for choice in reply.choices]

    assert await offered(ANNA, "prac") == [transcript]
    assert await offered(ANNA, "something else") == []
    assert await offered(PETER, "") == []
