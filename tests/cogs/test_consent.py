"""`/consent` as people use it: in a server and in direct messages, giving and taking back."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from bot.rehearsal.stage import TICKED, until
from cogs import replies
from cogs.locales import words_in
from storage.ledger import Purpose, verify_ledger
from tests.cogs.conftest import ANNA, HOST, OWNER, PETER, Practice
from tests.flow.conftest import settings
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from bot.loopback.callbacks import Reply


EN = words_in("en")


def allowed(stage: Practice, name: str) -> set[Purpose]:
    ledger = stage.app.services.stores.ledger
    return {purpose for purpose in Purpose if ledger.allowed(stage.user(name).id, purpose)}


async def use(stage: Practice, name: str, command: str, **options: object) -> Reply:
    """Use a subcommand of `/consent` in the text channel."""
    return await stage.discord.people.use(
        stage.user(name).id, f"consent {command}", stage.place.text.id, options=options
    )


def attached(reply: Reply) -> str:
    assert reply.message is not None
    (file,) = reply.message.attachments
    return file.data.decode()


async def give(stage: Practice, name: str, **ticked: list[str]) -> Reply:
    form = (await use(stage, name, "give")).modal
    assert form is not None
    return await stage.discord.people.submit(stage.user(name).id, form, ticked)


async def test_a_new_person_agrees_to_nothing(stage: Practice) -> None:
    reply = await use(stage, ANNA, "status")

    assert reply.ephemeral
    assert "☑" not in reply.text
    assert allowed(stage, ANNA) == set()


async def test_nothing_is_ticked_beforehand(stage: Practice) -> None:
    form = (await use(stage, ANNA, "give")).modal

    assert form is not None
    assert '"default": true' not in json.dumps(form.components)


async def test_one_purpose_never_opens_another(stage: Practice) -> None:
    cases: dict[str, list[str]] = {
        ANNA: [],
        HOST: ["transcribe"],
        OWNER: ["captions"],
        PETER: ["transcribe", "captions"],
    }
    given: dict[str, set[Purpose]] = {name: set() for name in cases}
    for name, ticked in cases.items():
        reply = await give(stage, name, purposes=ticked, age=["yes"])

        given[name] = {Purpose(purpose) for purpose in ticked}
        assert reply.ephemeral, ticked
        assert {each: allowed(stage, each) for each in cases} == given, ticked


async def test_who_does_not_attest_an_age_agrees_to_nothing_and_nothing_is_kept(stage: Practice) -> None:
    reply = await give(stage, ANNA, purposes=["transcribe"], age=[])

    assert reply.text == EN("consent-too-young")
    assert allowed(stage, ANNA) == set()
    assert await stage.app.services.stores.ledger.history(stage.user(ANNA).id) == []


async def test_a_yes_is_remembered_by_the_next_bot_that_starts(stage: Practice) -> None:
    await give(stage, ANNA, **TICKED)
    ledger = stage.app.services.stores.ledger
    ledger._known.clear()
    ledger._seen = ledger._total = 0
    assert allowed(stage, ANNA) == set()

    await ledger.refresh()

    assert allowed(stage, ANNA) == {Purpose.TRANSCRIBE, Purpose.CAPTIONS}


async def test_taking_everything_back_stops_an_interview_that_runs(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.join(ANNA)
    stage.say(ANNA, "Something private.")
    await until(lambda: any("private" in m.text for m in stage.seen(PETER)), within_s=5)

    reply = await use(stage, ANNA, "withdraw")

    assert reply.ephemeral
    assert allowed(stage, ANNA) == set()
    assert not stage.running().gate.allowed(stage.user(ANNA).id)
    assert stage.words(ANNA) == ""
    await until(lambda: not any("private" in m.text for m in stage.seen(PETER)), within_s=5)


async def test_taking_captions_back_hides_what_was_said_and_leaves_the_rest(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.join(ANNA)
    stage.say(ANNA, "Something private.")
    await until(lambda: any("private" in m.text for m in stage.seen(PETER)), within_s=5)

    await use(stage, ANNA, "withdraw", scope="captions")

    assert allowed(stage, ANNA) == {Purpose.TRANSCRIBE}
    assert stage.running().gate.allowed(stage.user(ANNA).id)
    await until(lambda: not any("private" in m.text for m in stage.seen(PETER)), within_s=5)
    stage.say(ANNA, "Kubernetes it is.")
    await until(lambda: "Kubernetes" in stage.words(ANNA), within_s=5)
    assert not any("Kubernetes" in m.text for m in stage.seen(PETER))


async def test_a_yes_is_taken_back_with_one_press_after_leaving(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.join(ANNA)
    left = await stage.press(ANNA, "Leave")

    reply = await stage.discord.people.press(stage.user(ANNA).id, left, "Take back my yes")

    assert reply.text == replies.withdrawn(EN, [Purpose.TRANSCRIBE, Purpose.CAPTIONS])
    assert allowed(stage, ANNA) == set()


async def test_taking_back_what_was_never_given_is_no_error_and_puts_nothing_down(stage: Practice) -> None:
    reply = await use(stage, ANNA, "withdraw")

    assert reply.text == replies.withdrawn(EN, [])
    assert await stage.app.services.stores.ledger.history(stage.user(ANNA).id) == []


async def test_the_history_is_a_file_that_verifies_without_the_bot(stage: Practice) -> None:
    await give(stage, ANNA, **TICKED)
    await give(stage, PETER, **TICKED)
    await use(stage, ANNA, "withdraw", scope="captions")

    export: dict[str, Any] = json.loads(attached(await use(stage, ANNA, "history")))

    verdict = verify_ledger(export)
    assert verdict.holds, verdict.faults
    assert verdict.events == 3
    rows = list(csv.DictReader(io.StringIO(attached(await use(stage, ANNA, "history", format="csv")))))
    assert [(row["purpose"], row["decision"]) for row in rows] == [
        ("captions", "given"),
        ("transcribe", "given"),
        ("captions", "taken back"),
    ]


async def test_without_decisions_there_is_no_file(stage: Practice) -> None:
    assert (await use(stage, ANNA, "history")).text == EN("consent-no-decisions")


async def test_consent_works_in_direct_messages(stage: Practice) -> None:
    direct = stage.world.open_dm(stage.user(ANNA).id, stage.bot_id)

    form = (await stage.discord.people.use(stage.user(ANNA).id, "consent give", direct.id)).modal
    assert form is not None
    await stage.discord.people.submit(stage.user(ANNA).id, form, TICKED)

    assert allowed(stage, ANNA) == {Purpose.TRANSCRIBE, Purpose.CAPTIONS}


async def test_only_what_is_done_here_is_asked_for() -> None:
    async with Practice(settings(analytics_table=True), transcriber=ScriptedTranscriber()) as counting:
        form = (await counting.discord.people.use(counting.user(ANNA).id, "consent give", counting.place.text.id)).modal
        assert form is not None
        assert EN("consent-purpose-analytics") in str(form.components)
        assert EN("consent-purpose-ai-feedback") not in str(form.components)
