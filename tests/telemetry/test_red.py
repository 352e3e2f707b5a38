"""What whoever runs the bot must look at, before people notice it."""

from __future__ import annotations

import asyncio
import math
import re
import shutil
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from bot.installation import Installation
from bot.rehearsal.stage import Stage, until
from bot.telemetry.watch import FRESH_S
from storage.backup import back_up
from stt.fallback import Fallback
from stt.remote import GIVEN_UP, SpeechServer
from tests.cogs.test_feedback import saved
from tests.flow.conftest import settings
from tests.stt.loopback_speech import Speech, refuses, serving
from tests.stt.sounds import ScriptedTranscriber, noise, utterance_of
from tests.stt.test_fallback import Own
from tests.stt.test_remote import error_of
from tests.telemetry.test_metrics import Reader, port, value
from tests.telemetry.test_monitoring import rules

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["port"]  # a fixture


async def reaches(reader: Reader, red: list[str]) -> None:
    async with asyncio.timeout(3 * FRESH_S):
        while await reader.red() != red:  # noqa: ASYNC110 - asked over HTTP
            await asyncio.sleep(0.2)


async def test_a_disk_that_is_nearly_full_is_red_and_its_room_a_number(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, room = Reader(port), 5_000_000_000

    def usage(_path: object) -> SimpleNamespace:
        return SimpleNamespace(free=room)

    monkeypatch.setattr(shutil, "disk_usage", usage)
    async with Stage(settings(metrics_port=port), transcriber=ScriptedTranscriber()) as stage:
        await until(lambda: stage.app.bot.listening, within_s=10)
        await reaches(reader, [])
        async with asyncio.timeout(2 * FRESH_S):
            while "disk_free_bytes{" not in (text := await reader.numbers()):  # noqa: ASYNC110 - asked over HTTP
                await asyncio.sleep(0.2)

        room = 100_000_000

        await reaches(reader, ["disk"])

    assert value(text, "disk_free_bytes", place="data") == 5_000_000_000


async def test_what_is_saved_and_was_never_backed_up_is_a_number_until_a_backup_is_there(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.telemetry.watch.KEPT_S", 0.1)
    reader = Reader(port)

    async def reaches_backups(number: int) -> str:
        async with asyncio.timeout(20):
            while value(text := await reader.numbers(), "backups") != number or not value(text, "transcripts"):  # noqa: ASYNC110 - asked over HTTP
                await asyncio.sleep(0.2)
        return text

    async with Stage(settings(metrics_port=port), transcriber=ScriptedTranscriber()) as stage:
        services = stage.app.services
        await saved(stage)
        bare = await reaches_backups(0)
        places = Installation(stage.settings, stage.operations).places()
        made = await asyncio.to_thread(back_up, places, now=services.clock.now())
        covered = await reaches_backups(1)
        await asyncio.to_thread(made.file.unlink)
        lost = await reaches_backups(0)

    assert value(bare, "transcripts") == 1
    assert math.isnan(value(bare, "backup_age_seconds")), "none is not a new one"
    assert 0 <= value(covered, "backup_age_seconds") < 60
    assert math.isnan(value(lost, "backup_age_seconds"))
    assert [never_backed_up(text) for text in (bare, covered, lost)] == [True, False, True]


async def test_no_number_of_backups_is_claimed_where_postgresql_makes_its_own(
    port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.telemetry.watch.KEPT_S", 0.1)
    reader = Reader(port)
    async with Stage(settings(metrics_port=port), transcriber=ScriptedTranscriber()) as stage:
        await saved(stage)
        monkeypatch.setattr(Installation, "is_sqlite", False)
        async with asyncio.timeout(20):
            while not value(text := await reader.numbers(), "transcripts"):  # noqa: ASYNC110 - asked over HTTP
                await asyncio.sleep(0.2)
        monkeypatch.undo()

    assert math.isnan(value(text, "backups"))
    assert math.isnan(value(text, "backup_age_seconds"))
    assert not never_backed_up(text)


def never_backed_up(text: str) -> bool:
    """Whether the alert about that fires for these numbers."""
    (expression,) = [rule["expr"] for rule in rules() if rule["alert"] == "SkillRallyNoBackup"]
    found = re.fullmatch(r"skillrally_(\w+) == 0 and skillrally_(\w+) > 0", expression)
    assert found is not None
    return value(text, found[1]) == 0 and value(text, found[2]) > 0


async def test_a_folder_that_is_still_to_be_made_is_as_full_as_the_disk_it_will_be_on(tmp_path: Path) -> None:
    from bot.machine import free_bytes  # noqa: PLC0415 - beside what it is compared with

    assert free_bytes(tmp_path / "not" / "yet") == pytest.approx(shutil.disk_usage(tmp_path).free, rel=0.01)


async def test_a_speech_server_that_answers_nobody_is_down_until_it_answers() -> None:
    async with serving(Speech()) as speech, SpeechServer(speech.url, model="whisper-1") as server:
        speech.script += [refuses(503)] * GIVEN_UP
        alive: list[bool] = []
        for _ in range(GIVEN_UP):
            alive.append(server.alive)
            await error_of(server, thorough=False)
        assert alive == [True] * GIVEN_UP
        assert not server.alive

        await server.transcribe(utterance_of(noise(1)))

        assert server.alive


async def test_with_an_own_engine_behind_the_server_words_are_to_be_had_while_either_lives() -> None:
    class Mortal(Own):
        alive, restarts = True, 2

    async with (
        serving(Speech()) as speech,
        Fallback(SpeechServer(speech.url, model="whisper-1"), own := Mortal("own"), look_s=60) as engine,
    ):
        own.alive = False
        assert engine.alive

        own.alive = True
        speech.script += [refuses(503)] * 2
        await engine.transcribe(utterance_of(noise(1)))
        assert engine.away
        assert engine.alive
        assert (engine.restarts, engine.failures) == (2, 1)

        own.alive = False
        assert not engine.alive
