"""What whoever runs the bot must look at, before people notice it."""

from __future__ import annotations

import asyncio
import shutil
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from bot.rehearsal.stage import Stage, until
from bot.telemetry.watch import FRESH_S
from stt.fallback import Fallback
from stt.remote import GIVEN_UP, SpeechServer
from tests.flow.conftest import settings
from tests.stt.loopback_speech import Speech, refuses, serving
from tests.stt.sounds import ScriptedTranscriber, noise, utterance_of
from tests.stt.test_fallback import Own
from tests.stt.test_remote import error_of
from tests.telemetry.test_metrics import Reader, port, value

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
