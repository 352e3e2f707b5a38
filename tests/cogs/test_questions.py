from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

import pytest

from bot.loopback.rest import Upload
from cogs.locales import words_in
from cogs.questions import card
from config.questions import load_questions
from storage.preferences import Streak
from tests.cogs.conftest import ANNA, HOST, OWNER, PETER

if TYPE_CHECKING:
    from bot.loopback.callbacks import Reply
    from tests.cogs.conftest import Practice

EN, DE, UK = words_in("en"), words_in("de"), words_in("uk")

MINE = "How do you keep a greenhouse warm without wasting heat?"


async def use(stage: Practice, name: str, command: str, **options: object) -> Reply:
    reply = await stage.discord.people.use(
        stage.user(name).id, f"questions {command}", stage.place.text.id, options=options
    )
    if reply.modal is None:
        assert reply.ephemeral
    return reply


async def added(stage: Practice, name: str = OWNER, text: str = MINE) -> str:
    form = await use(stage, name, "add", type="case", level="senior", language="en")
    assert form.modal is not None
    values: dict[str, object] = {"text": text, "covers": "- insulation\n- thermal mass", "follow_ups": ""}
    return (await stage.discord.people.submit(stage.user(name).id, form.modal, values)).text


def file_of(*texts: str) -> Upload:
    entries = [
        {"type": "technical", "level": "junior", "minutes": 3, "text": text, "covers": ["one point"]} for text in texts
    ]
    return Upload(1, "mine.json", "application/json", json.dumps(entries).encode())


async def test_what_a_server_adds_is_found_there_and_can_be_taken_out(stage: Practice) -> None:
    assert await added(stage) == EN("questions-added", count=1)
    assert MINE in (await use(stage, PETER, "list", search="greenhouse")).text

    (offered,) = (
        await stage.discord.people.complete(
            stage.user(OWNER).id, "questions remove", stage.place.text.id, "question", "greenhouse"
        )
    ).choices
    gone = await use(stage, OWNER, "remove", question=offered["value"])

    assert gone.text == EN("questions-removed")
    assert (await use(stage, PETER, "list", search="greenhouse")).text == EN("questions-none")


async def test_whoever_does_not_manage_the_server_changes_nothing(stage: Practice) -> None:
    for command, options in (
        ("add", {"type": "case", "level": "senior"}),
        ("remove", {"question": "own:1"}),
        ("import", {"file": file_of("Why?")}),
    ):
        assert (await use(stage, PETER, command, **options)).text == EN("questions-not-allowed")


async def test_the_same_question_is_not_added_twice(stage: Practice) -> None:
    await added(stage)

    assert await added(stage, text=MINE.upper()) == EN("questions-fault-twice", field="", limit="")


async def test_a_form_that_is_refused_gives_the_words_back(stage: Practice) -> None:
    form = await use(stage, OWNER, "add", type="case", level="senior")
    assert form.modal is not None

    values: dict[str, object] = {"text": MINE, "covers": "x" * 300, "follow_ups": ""}
    reply = await stage.discord.people.submit(stage.user(OWNER).id, form.modal, values)

    assert EN("questions-fault-too-long", field="covers", limit="200") in reply.text
    assert MINE in reply.text


async def test_a_file_is_taken_whole_or_not_at_all(stage: Practice) -> None:
    bad = await use(stage, OWNER, "import", file=file_of("What is a walrus?", ""))
    nothing = await use(stage, PETER, "list", search="walrus")
    good = await use(stage, OWNER, "import", file=file_of("What is a walrus?", "What is a narwhal?"))

    assert (
        bad.text == f"{EN('questions-fault-entry', entry=2)} {EN('questions-fault-not-text', field='text', limit='')}"
    )
    assert nothing.text == EN("questions-none")
    assert good.text == EN("questions-added", count=2)
    assert "narwhal" in (await use(stage, PETER, "list", search="narwhal")).text


@pytest.mark.parametrize("name", ["mine.exe", "mine"])
async def test_a_file_of_another_kind_is_refused(stage: Practice, name: str) -> None:
    reply = await use(stage, OWNER, "import", file=Upload(1, name, "text/plain", b"[]"))

    assert reply.text == EN("questions-file-kind")


async def test_a_random_question_comes_in_the_readers_language_and_as_asked(stage: Practice) -> None:
    reply = await stage.discord.people.use(
        stage.user(PETER).id,
        "questions random",
        stage.place.text.id,
        options={"type": "behavioural", "level": "junior"},
        locale="de",
    )

    assert DE("questions-type-behavioural") in reply.text
    assert DE("questions-card-covers") in reply.text


async def test_days_are_counted_for_those_who_asked_and_for_nobody_else(stage: Practice) -> None:
    preferences = stage.app.services.stores.preferences
    peter, now = stage.user(PETER).id, stage.app.services.clock.now()

    assert (await use(stage, PETER, "practice-streak")).text == EN("questions-streak-not-counted")
    assert await preferences.practised(peter, at=now) is None
    assert (await use(stage, PETER, "practice-streak", counting="on")).text == EN("questions-streak-empty")
    await preferences.practised(peter, at=now)
    await preferences.practised(peter, at=now)
    shown = (await use(stage, PETER, "practice-streak")).text
    gone = (await use(stage, PETER, "practice-streak", counting="off")).text

    assert EN("questions-streak-running", days=1) in shown
    assert EN("questions-streak-total", days=1) in shown
    assert gone == EN("questions-streak-off")
    assert (await use(stage, PETER, "practice-streak")).text == EN("questions-streak-not-counted")


async def test_an_interview_counts_for_those_who_spoke_in_it_and_asked_for_it(stage: Practice) -> None:
    await use(stage, ANNA, "practice-streak", counting="on")
    await stage.start(HOST)
    await stage.join(ANNA)
    await stage.join(HOST)
    stage.say(ANNA, "I would begin with the index.")
    stage.say(HOST, "Go on.")

    await stage.end(HOST)
    await stage.over()

    preferences = stage.app.services.stores.preferences
    async with asyncio.timeout(10):
        while (await preferences.of(stage.user(ANNA).id)).streak == Streak():  # noqa: ASYNC110 - a row, no event
            await asyncio.sleep(0.01)
    assert EN("questions-streak-total", days=1) in (await use(stage, ANNA, "practice-streak")).text
    assert (await preferences.of(stage.user(HOST).id)).streak is None


@pytest.mark.parametrize("words", [EN, DE, UK], ids=["en", "de", "uk"])
def test_every_question_fits_on_a_card_in_every_language(words: object) -> None:
    bank = load_questions()

    for identity in bank.ids:
        question = bank.get(identity, language=getattr(words, "language", "en"))
        assert question is not None
        assert len(card(EN, question)) < 4_000
