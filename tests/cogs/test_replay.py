"""Discord may say the same thing again: each interaction that writes has one effect, however often it is delivered."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING, Any, cast

import pytest
from sqlalchemy import select

from bot.loopback.entities import walk
from bot.rehearsal.loopback_model import LoopbackModel
from bot.rehearsal.stage import until
from cogs.locales import words_in
from cogs.queue import INVITE
from storage.ledger import Purpose
from storage.models import Content, Keyring
from tests.cogs.conftest import ANNA, HOST, OWNER, PETER, Practice, practising
from tests.cogs.test_feedback import (
    PARTNER,
    SAID,
    agree,
    judging,
    kept,
    offered,
    opened,
    over,
    press,
    saved,
    send,
    submit,
)
from tests.cogs.test_transcript import interviewed
from tests.flow.conftest import settings
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.loopback.authority import Authority
    from bot.loopback.callbacks import Reply
    from bot.rehearsal.stage import Stage

    Steps = list[tuple[str, Callable[[], Awaitable[object]]]]

pytestmark = pytest.mark.timeout(120)

EN = words_in("en")
COUNTED: dict[str, Any] = {"purposes": ["analytics"], "age": ["yes"]}
AT_ONCE = 10
COPIES = int(os.environ.get("COPIES", "50"))
"""Of a save: `COPIES=1000 python -m pytest tests/cogs/test_replay.py -k many_copies`."""

EVERYTHING: dict[str, Any] = {"purposes": ["transcribe", "captions", "save"], "age": ["yes"]}
PASSING = {"lease", "retention_run", "idempotency", "live_message"}
"""Tables of what the bot remembers about itself, or writes when it gets to it."""


class Copies:
    """What Discord said, to be said again."""

    def __init__(self, stage: Stage) -> None:
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


async def dump(stage: Stage) -> dict[str, list[str]]:
    """Every row of both databases, but what the bot remembers about itself."""
    found: dict[str, list[str]] = {}
    databases = stage.app.services.stores.databases
    for database, tables in (
        (databases.content, Content.metadata.tables),
        (databases.keyring, Keyring.metadata.tables),
    ):
        async with database.read() as connection:
            for name, table in tables.items():
                if name not in PASSING:
                    rows = (await connection.execute(select(table))).all()
                    found.setdefault(name, []).extend(sorted(repr(tuple(row)) for row in rows))
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


def story(stage: Practice) -> Steps:
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


@pytest.mark.slow
async def test_each_interaction_that_writes_has_one_effect_however_often_it_is_delivered(authority: Authority) -> None:
    async with practising(authority, analytics_table=True) as stage:
        await interviewed(stage, HOST, ANNA)

        assert await with_copies(stage, story(stage)) == []


async def with_copies(stage: Stage, steps: Steps, state: Callable[[], object] = tuple) -> list[str]:
    """Which of *steps* did nothing, or did more after copies of its last interaction; *state* is what counts beside
    the database."""
    copies, changed = Copies(stage), list[str]()
    for number, (name, act) in enumerate(steps):
        before = await dump(stage), state()
        await act()
        once = await dump(stage), state()
        if once == before:
            changed.append(f"{name} did nothing at all")
        await copies.again(copies.said[-1], times=AT_ONCE, at_once=number % 2 == 0)
        if (await dump(stage), state()) != once:
            changed.append(name)
    return changed


async def test_each_interaction_of_an_interview_has_one_effect(stage: Practice) -> None:
    people = stage.discord.people
    anna, text = stage.user(ANNA).id, stage.place.text.id
    await stage.start(HOST, type="behavioural", questions=9)
    await stage.join(HOST)

    async def typed() -> None:
        form = (await people.use(anna, "interview answer", text)).modal
        assert form is not None
        await people.submit(anna, form, {"text": "I would measure it first."})

    def used(command: str, name: str = ANNA, **options: object) -> Callable[[], Awaitable[object]]:
        return lambda: people.use(stage.user(name).id, f"interview {command}", text, options=options)

    def standing() -> object:
        interview = stage.running()
        course, taking_part = interview.course, [interview.takes_part(stage.user(who).id) for who in (HOST, ANNA)]
        asked = course.number, course.question, course.follow_ups_left, course.due_s is None
        said = repr(interview.draft.turns()), interview.draft.notes_of(anna)
        roles = [interview.draft.roles.now(stage.user(who).id) for who in (HOST, ANNA)]
        return interview.gate.paused, taking_part, asked, said, roles

    steps: Steps = [
        ("join", lambda: stage.join(ANNA)),
        ("question", used("question", HOST)),
        ("skip", used("question", HOST, action="skip")),
        ("swap", used("swap", HOST)),
        ("swap back", used("swap", HOST)),
        ("timer", used("timer", HOST, minutes=0)),
        ("note", used("note", text="Ask about the probe.")),
        ("answer", typed),
        ("pause", used("pause")),
        ("resume", used("resume")),
        ("forget", used("forget")),
        ("leave", lambda: stage.press(HOST, "Leave")),
    ]

    wrong = await with_copies(stage, steps, standing)
    assert wrong == [], repr(wrong)


async def test_late_copies_change_nothing_that_came_after(stage: Practice) -> None:
    def use(name: str, command: str) -> Awaitable[Reply]:
        return stage.discord.people.use(stage.user(name).id, f"interview {command}", stage.place.text.id)

    await stage.start(HOST)
    await stage.join(ANNA)
    await use(ANNA, "leave")
    copies = Copies(stage)
    await use(ANNA, "join")
    await use(ANNA, "leave")
    await use(HOST, "resume")
    await use(HOST, "pause")
    await use(HOST, "stop")
    await until(lambda: not stage.app.services.interviews.running, within_s=10)
    await stage.start(HOST)
    await stage.join(PETER)
    joined, _, resumed, _, stopped = copies.said[:5]

    stage.running().pause()
    for late in (joined, resumed, stopped):
        await copies.again(late, times=AT_ONCE, at_once=True)

    interview = stage.running()
    assert interview.stopped is None
    assert interview.gate.paused
    assert not interview.takes_part(stage.user(ANNA).id), "she would be heard again"


@pytest.mark.slow
async def test_each_interaction_of_queue_questions_and_feedback_has_one_effect(authority: Authority) -> None:
    async with LoopbackModel(judging()) as model, opened(authority, model) as stage:
        people, text = stage.discord.people, stage.place.text.id
        anna, host, owner = (stage.user(name).id for name in (ANNA, HOST, OWNER))
        transcript = await saved(stage)
        await agree(stage)

        async def rated() -> None:
            offers.append(await offered(stage, transcript))

        async def sent_and_done() -> None:
            await send(stage, offers[0])
            await over(stage)

        async def noted() -> None:
            form = await people.use(host, "feedback peer", text, options={"person": anna})
            await submit(stage, HOST, form, PARTNER)

        async def taken_back() -> None:
            found = await people.complete(host, "feedback delete-note", text, "note", "")
            options = {"note": found.choices[0]["value"]}
            asked = await people.use(host, "feedback delete-note", text, options=options)
            await press(stage, HOST, asked, SAID("feedback-delete"))

        async def disputed() -> None:
            form = await people.use(anna, "feedback dispute", text, options={"feedback": str((await kept(stage))[0])})
            await submit(stage, ANNA, form, {"criterion": "relevance", "why": "I said so."})

        async def gone() -> None:
            asked = await people.use(anna, "feedback delete", text, options={"feedback": str((await kept(stage))[0])})
            await press(stage, ANNA, asked, SAID("feedback-delete"))

        async def added() -> None:
            options = {"type": "case", "level": "senior", "language": "en"}
            form = await people.use(owner, "questions add", text, options=options)
            await submit(
                stage, OWNER, form, {"text": "Why is a greenhouse warm?", "covers": "- glass", "follow_ups": ""}
            )

        async def removed() -> None:
            found = await people.complete(owner, "questions remove", text, "question", "greenhouse")
            options = {"question": found.choices[0]["value"]}
            await people.use(owner, "questions remove", text, options=options)

        def used(command: str, **options: object) -> Callable[[], Awaitable[object]]:
            return lambda: people.use(anna, command, text, options=options)

        offers: list[Reply] = []
        steps: Steps = [
            ("feedback request", rated),
            ("feedback send", sent_and_done),
            ("feedback peer", noted),
            ("feedback delete-note", taken_back),
            ("feedback dispute", disputed),
            ("feedback delete", gone),
            ("questions add", added),
            ("questions remove", removed),
            ("questions practice-streak", used("questions practice-streak", counting="on")),
            ("settings", used("settings", language="de", captions="initials")),
            ("queue join", used("queue join", type="case", level="junior")),
            ("queue leave", used("queue leave")),
        ]

        assert await with_copies(stage, steps) == []
        assert len(model.asked) == 2


async def test_copies_of_an_invitation_invite_once(authority: Authority) -> None:
    async with Practice(
        settings(), people=(HOST, ANNA), transcriber=ScriptedTranscriber(), authority=authority
    ) as stage:
        people, text = stage.discord.people, stage.place.text.id
        host, anna = stage.user(HOST).id, stage.user(ANNA).id

        async def accepted() -> None:
            invitation = next(m for m in stage.world.seen_by(anna, text) if m.components)
            await people.press(anna, invitation, EN("queue-button-accept"))

        async def invited() -> None:
            await people.use_on_user(host, INVITE, text, anna)
            while "None" in str((await dump(stage))["offer"]):  # noqa: ASYNC110 - where it stands is put down last
                await asyncio.sleep(0.01)

        steps: Steps = [
            ("invite", invited),
            ("accept", accepted),
        ]

        assert await with_copies(stage, steps) == []
        assert len([m for m in stage.world.seen_by(anna, text) if m.author.id == stage.bot_id]) == 2


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
