"""Everybody's things are for them alone: every command and button of the tree, tried with what is somebody else's.

The commands come from the bot's own tree and the buttons from what it listens to, so a new one without a row in
`tests/cogs/access.py` fails here.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from discord import AppCommandType, app_commands
from sqlalchemy import select

from bot.loopback.entities import MessageBody, walk
from cogs.queue import INVITE
from storage.models import Offer, QueueEntry
from storage.requests import RequestKind
from tests.cogs.access import (
    BUTTONS,
    FEEDBACK,
    FREE,
    FREE_GROUPS,
    INTERVIEW_ACTIONS,
    INTERVIEW_OPTIONS,
    NOTE,
    OBJECTS,
    TESTED_ELSEWHERE,
    TRANSCRIPT,
    Takes,
)
from tests.cogs.conftest import ANNA, HOST, OWNER, PETER, Practice
from tests.cogs.test_transcript import interviewed, saved
from tests.flow.conftest import settings
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from bot.loopback.authority import Authority
    from bot.loopback.callbacks import Reply


def leaves(stage: Practice) -> set[str]:
    """Every command that somebody can use, and every entry of a context menu."""
    tree = stage.app.bot.tree
    found = {each.qualified_name for each in tree.walk_commands() if isinstance(each, app_commands.Command)}
    for kind in (AppCommandType.user, AppCommandType.message):
        found |= {each.qualified_name for each in tree.get_commands(type=kind)}
    return found


def dynamic_items(stage: Practice) -> set[str]:
    """Every kind of button and menu that works after a restart."""
    store: Any = stage.app.bot._connection._view_store
    return {kind.__name__ for kind in store._dynamic_items.values()}


async def test_every_command_and_every_button_says_whose_things_it_reaches(stage: Practice) -> None:
    commands = {name for name in leaves(stage) if name.split()[0] not in FREE_GROUPS}

    assert commands - OBJECTS.keys() - FREE.keys() == set()
    assert OBJECTS.keys() & FREE.keys() == set()
    assert (OBJECTS.keys() | FREE.keys()) - leaves(stage) == set(), "rows of commands that are gone"
    assert dynamic_items(stage) - BUTTONS.keys() - TESTED_ELSEWHERE.keys() == set()


async def use(stage: Practice, name: str, command: str, takes: Takes, value: object) -> str:
    """What somebody is answered, if they name this object."""
    more = {key: stage.user(each).id if key == "person" else each for key, each in takes.more.items()}
    reply = await stage.discord.people.use(
        stage.user(name).id, command, stage.place.text.id, options={takes.option: value, **more}
    )
    assert reply.ephemeral, command
    return reply.text


async def kept(stage: Practice, transcript: str) -> object:
    """Anna's transcript, as she reads it, and who else may."""
    stores, at = stage.app.services.stores, stage.app.services.clock.now()
    anna = stage.user(ANNA).id
    opened = await stores.transcripts.view(anna, UUID(transcript), at=at)
    listed = await stores.transcripts.list(anna, at=at)
    return opened, listed


async def noted(stage: Practice, transcript: str) -> UUID:
    """What Oleg noted for Anna."""
    at = stage.app.services.clock.now()
    return await stage.app.services.stores.feedback.rate(
        stage.user(HOST).id, stage.user(ANNA).id, UUID(transcript), {}, at=at
    )


async def test_somebody_elses_object_is_answered_like_one_that_does_not_exist(stage: Practice) -> None:
    await interviewed(stage, HOST, ANNA)
    transcript = await saved(stage)
    requests, at = stage.app.services.stores.requests, stage.app.services.clock.now()
    _, code = await requests.add_email(RequestKind.ACCESS, received_at=at, at=at, text="please")
    await requests.confirm(stage.user(ANNA).id, code, at=at)
    wrong = code[:-1] + ("A" if code[-1] != "A" else "B")
    feedback = await stage.app.services.stores.feedback.keep(
        stage.user(ANNA).id, UUID(transcript), {}, model="", schema_ver=1, at=at
    )
    note = await noted(stage, transcript)
    there = {
        TRANSCRIPT: (transcript, str(uuid4())),
        FEEDBACK: (str(feedback), str(uuid4())),
        NOTE: (str(note), str(uuid4())),
        "code": (code, wrong),
    }
    before = await kept(stage, transcript)

    told: list[str] = []
    for command, rows in OBJECTS.items():
        for takes in rows:
            somebodys, nobodys = there[takes.kind]
            # Peter was not there; Olga owns the server, and administrators are anybody else.
            for name in (PETER, OWNER):
                first = await use(stage, name, command, takes, somebodys)
                second = await use(stage, name, command, takes, nobodys)
                if first != second:
                    told.append(f"{command}, {name}")

    assert told == []
    assert await kept(stage, transcript) == before
    assert len(await requests.of(stage.user(ANNA).id)) == 1
    ratings = await stage.app.services.stores.feedback.ratings(stage.user(ANNA).id, UUID(transcript))
    assert [each.id for each in ratings] == [note]


async def test_nothing_is_offered_that_is_somebody_elses(stage: Practice) -> None:
    await interviewed(stage, HOST, ANNA)
    await noted(stage, await saved(stage))

    offered: list[str] = []
    for command, rows in OBJECTS.items():
        leaf = _leaf(stage, command)
        for takes in rows:
            if leaf.get_parameter(takes.option) is None or not leaf.get_parameter(takes.option).autocomplete:
                continue
            for name in (PETER, OWNER):
                reply = await stage.discord.people.complete(
                    stage.user(name).id, command, stage.place.text.id, takes.option, ""
                )
                offered += [f"{command}, {name}"] * bool(reply.choices)

    assert offered == []


def _leaf(stage: Practice, command: str) -> Any:
    found: Any = stage.app.bot.tree.get_command(command.split(maxsplit=1)[0])
    for word in command.split()[1:]:
        found = found.get_command(word)
    return found


async def made_up(stage: Practice, name: str, custom_id: str) -> Reply:
    """Press a button that somebody made up, below a message of the bot."""
    button = {"type": 2, "style": 2, "label": "Live captions", "custom_id": custom_id, "id": 2}
    body = MessageBody(components=({"type": 1, "id": 1, "components": [button]},))
    message = stage.world.post(stage.place.voice.id, stage.bot_id, body)
    return await stage.discord.people.press(stage.user(name).id, message, custom_id)


async def forged(stage: Practice, name: str, custom_id: str) -> str:
    """The same, and what that person alone is answered."""
    reply = await made_up(stage, name, custom_id)
    if reply.modal is not None:
        return reply.modal.title
    assert reply.ephemeral, custom_id
    return reply.text


def standing(stage: Practice) -> object:
    """How the interview stands."""
    interview = stage.running()
    taking_part = tuple(interview.takes_part(stage.user(name).id) for name in (OWNER, HOST, ANNA, PETER))
    said = tuple(snippet.text for snippet in interview.draft.snippets)
    asked = interview.course.number, interview.course.question, interview.course.due_s
    return interview.stopped, interview.gate.paused, taking_part, said, asked, repr(interview.draft.roles)


async def test_who_is_not_in_the_interview_changes_nothing_with_any_of_its_buttons(stage: Practice) -> None:
    await stage.start(HOST)
    for name in (HOST, ANNA):
        await stage.join(name)
    stage.say(ANNA, "I would measure it first.")
    before = standing(stage)
    which = stage.running().interview_id

    for custom_id in [each for ids in BUTTONS.values() for each in ids]:
        answer = await forged(stage, PETER, custom_id.format(id=which))

        assert standing(stage) == before, custom_id
        assert "measure" not in answer, custom_id


async def test_who_is_not_in_the_interview_changes_nothing_with_any_of_its_commands(stage: Practice) -> None:
    await stage.start(HOST)
    for name in (HOST, ANNA):
        await stage.join(name)
    stage.say(ANNA, "I would measure it first.")
    before = standing(stage)
    commands = sorted(name for name in leaves(stage) if name.split()[0] == "interview")

    for command in commands:
        options = INTERVIEW_OPTIONS.get(command, {})
        reply = stage.discord.people.use(stage.user(PETER).id, command, stage.place.text.id, options=options)
        answer = await reply
        shown = answer.modal.title if answer.modal is not None else answer.text

        assert standing(stage) == before, command
        assert "measure" not in shown, command
        assert answer.modal is not None or answer.ephemeral, command

    assert set(INTERVIEW_OPTIONS) <= set(commands)
    assert len(commands) > len(INTERVIEW_OPTIONS)


async def test_nobody_answers_for_those_whom_an_offer_or_an_invitation_is_for(authority: Authority) -> None:
    people = (OWNER, HOST, ANNA, PETER)
    # Without the watch that nobody is mentioned: an offer mentions whom it is for.
    async with Practice(settings(), people=people, transcriber=ScriptedTranscriber(), authority=authority) as stage:
        text = stage.place.text.id
        wanted = {"type": "case", "level": "junior"}
        for name in (ANNA, HOST):
            await stage.discord.people.use(stage.user(name).id, "queue join", text, options=wanted)
        await stage.discord.people.use_on_user(stage.user(HOST).id, INVITE, text, stage.user(ANNA).id)
        before = await offered(stage)
        while not all(row.enc_place for row in before[0]):
            await asyncio.sleep(0.01)
            before = await offered(stage)
        posted = [m for m in stage.world.seen_by(stage.user(OWNER).id, text) if m.author.id == stage.bot_id]
        buttons = [str(each["custom_id"]) for m in posted for each in walk(m.components) if each["type"] == 2]

        for custom_id in buttons:
            prefix, _, rest = custom_id.split(":", 2)
            for action in ("yes", "no", "accept", "decline"):
                for name in (PETER, OWNER):
                    await made_up(stage, name, f"{prefix}:{action}:{rest}")
                    assert await offered(stage) == before, action

        assert len(buttons) == 4


async def offered(stage: Practice) -> list[Any]:
    """What is offered to whom, and who waits."""
    async with stage.app.services.stores.databases.content.read() as connection:
        return [(await connection.execute(select(table))).all() for table in (Offer.__table__, QueueEntry.__table__)]


async def test_after_the_interview_nobody_reaches_anothers_words_with_any_of_its_buttons(stage: Practice) -> None:
    await interviewed(stage, HOST, ANNA)
    (draft,) = stage.app.services.interviews.drafts._held.values()
    said = [snippet.text for snippet in draft.snippets]

    told: list[str] = []
    for action in INTERVIEW_ACTIONS:
        first = await forged(stage, PETER, f"sr:{action}:{draft.interview_id}")
        second = await forged(stage, PETER, f"sr:{action}:{'0' * 12}")
        if first != second:
            told.append(action)

    assert told == []
    assert [snippet.text for snippet in draft.snippets] == said


async def test_a_button_below_somebody_elses_answer_deletes_nothing(stage: Practice) -> None:
    await interviewed(stage, HOST, ANNA)
    transcript = await saved(stage)
    before = await kept(stage, transcript)
    asked = await stage.discord.people.use(
        stage.user(ANNA).id, "transcript delete", stage.place.text.id, options={"transcript": transcript}
    )
    assert asked.message is not None
    below = [str(each["custom_id"]) for each in walk(asked.message.components) if each["type"] == 2]

    # Discord shows that message to Anna alone; its buttons below another message must do nothing either.
    for custom_id in below:
        await _press_in_vain(stage, PETER, custom_id)

    assert below
    assert await kept(stage, transcript) == before


async def _press_in_vain(stage: Practice, name: str, custom_id: str) -> None:
    button = {"type": 2, "style": 2, "label": "Live captions", "custom_id": custom_id, "id": 2}
    body = MessageBody(components=({"type": 1, "id": 1, "components": [button]},))
    message = stage.world.post(stage.place.voice.id, stage.bot_id, body)
    reply = stage.discord.people.press(stage.user(name).id, message, custom_id)
    # Whoever comes later is answered later, so the press before had its turn.
    await use(stage, name, "transcript view", Takes("transcript", TRANSCRIPT), str(uuid4()))
    assert reply.answer is None, "somebody else's button did something"
