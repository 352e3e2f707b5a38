"""Right words, to the right person: real Opus, real DAVE, real recognition, over a real UDP socket."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from bot.loopback.forwarding import Impairment
from bot.rehearsal.cast import MODEL, word_errors, words
from bot.rehearsal.stage import Stage
from bot.voice.transport import MODES
from tests.flow.conftest import Frames, settings

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

SPEECH = Path(__file__).parents[1] / "data" / "speech"

pytestmark = pytest.mark.timeout(120)

PEOPLE = ("oleg", "anna", "maria", "david", "peter")


@dataclass(frozen=True)
class Clip:
    """A recording and its words."""

    file: Path
    text: str


def clips(language: str = "en") -> list[Clip]:
    entries = json.loads((SPEECH / "expected.json").read_text(encoding="utf-8"))
    return [Clip(SPEECH / e["file"], e["text"]) for e in entries if e.get("language") == language]


@pytest.fixture
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    people: Sequence[str] = getattr(request, "param", ("oleg", "anna"))
    async with Stage(settings(model=str(MODEL)), people=people) as opened:
        yield opened


def tolerated(*said: Clip) -> int:
    """What lost frames may cost the small model: one word in six. On a clean line these clips come out exactly."""
    return max(1, sum(len(words(clip.text)) for clip in said) // 6)


def wrong(stage: Stage, name: str, *said: Clip) -> int:
    """Word errors in what was written down of a person."""
    return word_errors([w for clip in said for w in words(clip.text)], words(stage.words(name)))


@pytest.mark.parametrize("mode", MODES)
async def test_words_come_out_right_in_each_transport_mode(stage: Stage, mode: str) -> None:
    stage.voice.modes = [mode]
    await stage.arrive("anna")
    await stage.start("anna")
    await stage.join("anna")

    await stage.members["anna"].say(clips()[0].file)
    await stage.quiet()

    assert wrong(stage, "anna", clips()[0]) == 0


async def test_a_stage_channel_is_heard_without_end_to_end_encryption(stage: Stage) -> None:
    await stage.arrive("anna", stage.place.stage.id)
    await stage.start("anna")
    await stage.join("anna")

    await stage.members["anna"].say(clips()[0].file)
    await stage.quiet()

    assert wrong(stage, "anna", clips()[0]) == 0
    assert not stage.running().status().encrypted


@pytest.mark.parametrize("stage", [("oleg", "anna", "peter")], indirect=True)
async def test_people_who_come_and_go_in_mid_speech_take_nothing_from_others(stage: Stage) -> None:
    await stage.arrive("oleg")
    await stage.arrive("anna")
    await stage.start("oleg")
    await stage.join("oleg")
    await stage.join("anna")
    first, second, third = clips()[:3]

    async def come_and_go() -> None:
        await asyncio.sleep(0.7)
        await stage.arrive("peter")
        await asyncio.sleep(0.9)
        await stage.depart("peter")

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(stage.members["anna"].say(second.file))
        tasks.create_task(stage.members["oleg"].say(first.file))
        tasks.create_task(come_and_go())
    await stage.members["anna"].say(third.file)
    await stage.quiet()

    # Each change of the group begins a new epoch, and a sender may be a frame ahead of it.
    assert wrong(stage, "oleg", first) <= tolerated(first) + 1
    assert wrong(stage, "anna", second, third) <= tolerated(second, third) + 1


@pytest.mark.parametrize("stage", [PEOPLE], indirect=True)
async def test_five_who_were_there_before_the_bot_are_told_apart(stage: Stage) -> None:
    for name in PEOPLE:
        await stage.arrive(name)
    # They have been talking for a while when the bot comes: it learns of their streams from nobody's "speaking".
    for name in PEOPLE:
        await stage.members[name].speaking(1)
    await stage.start("oleg")
    for name in PEOPLE[:4]:
        await stage.join(name)
    said = dict(zip(PEOPLE, clips()[:5], strict=True))

    async with asyncio.TaskGroup() as tasks:
        for name, clip in said.items():
            tasks.create_task(stage.members[name].say(clip.file))
    await stage.quiet(20)

    assert {name: wrong(stage, name, said[name]) for name in PEOPLE[:4]} == dict.fromkeys(PEOPLE[:4], 0)
    peter = stage.running().receiver.members[stage.user("peter").id]
    assert peter.packets > 50
    assert (peter.decrypted, peter.decryption_attempts) == (0, 0)


async def test_words_survive_a_bad_line(stage: Stage) -> None:
    await stage.arrive("oleg")
    await stage.arrive("anna")
    await stage.start("oleg")
    await stage.join("oleg")
    await stage.join("anna")
    stage.voice.impair(stage.bot_id, Impairment(loss=0.05, duplicate=0.02, jitter_ms=60, garbage=0.2, seed=7))
    mine, yours = clips()[:3], clips()[3:6]

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(_say_all(stage, "oleg", mine))
        tasks.create_task(_say_all(stage, "anna", yours))
    await stage.quiet(15)

    counters = stage.running().receiver.counters
    assert counters.lost > 10
    assert counters.duplicates > 0
    assert counters.not_authentic + counters.not_opus + counters.not_rtp > 20
    assert wrong(stage, "oleg", *mine) + wrong(stage, "anna", *yours) <= tolerated(*mine, *yours) + 2
    assert counters.faults == 0


async def test_a_yes_taken_back_in_mid_sentence_leaves_no_word_of_it(stage: Stage) -> None:
    await stage.arrive("oleg")
    await stage.arrive("anna")
    await stage.start("oleg")
    await stage.join("anna")
    frames = Frames(stage)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(stage.members["anna"].say(clips()[4].file))
        await frames.more("anna", within_s=5, frames=40)
        await stage.press("anna", "Leave")
        heard = frames.count("anna")
    await asyncio.sleep(0.5)

    assert frames.count("anna") == heard
    assert stage.words("anna") == ""
    assert stage.running().receiver.silent


async def test_what_was_spoken_before_the_end_is_not_lost(stage: Stage) -> None:
    await stage.arrive("anna")
    await stage.start("anna")
    await stage.join("anna")

    await stage.members["anna"].say(clips()[0].file)
    await stage.end("anna")

    assert wrong(stage, "anna", clips()[0]) == 0
    assert stage.running().receiver.silent


async def _say_all(stage: Stage, name: str, said: Sequence[Clip]) -> None:
    for clip in said:
        await stage.members[name].say(clip.file)
        await asyncio.sleep(0.8)
