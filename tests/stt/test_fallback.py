from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Self

import pytest

from stt.engine import NO_HINTS, EngineUnavailable, Hints, TranscriptionFailed, Words
from stt.fallback import Fallback
from stt.remote import SpeechServer
from tests.stt.loopback_speech import Speech, refuses, serving
from tests.stt.sounds import ScriptedTranscriber, noise, until, utterance_of

if TYPE_CHECKING:
    from types import TracebackType

    from stt.audio import Utterance


class Own(ScriptedTranscriber):
    """An engine of our own, which is entered and left."""

    inside = False

    async def __aenter__(self) -> Self:
        self.inside = True
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.inside = False


def server(speech: Speech) -> SpeechServer:
    return SpeechServer(speech.url, model="whisper-1", workers=3)


async def test_while_the_server_answers_it_does_everything() -> None:
    async with serving(Speech()) as speech, Fallback(server(speech), own := Own("own words")) as engine:
        words = await engine.transcribe(utterance_of(noise(1)))

        assert words.text != "own words"
        assert not own.asked
        assert (engine.away, engine.fell_back, engine.workers) == (False, 0, 3)


async def test_what_the_server_cannot_do_the_own_engine_does_and_goes_on_with() -> None:
    async with serving(Speech()) as speech, Fallback(server(speech), own := Own("own words"), look_s=60) as engine:
        speech.script += [refuses(503), refuses(503)]

        assert (await engine.transcribe(utterance_of(noise(1)))).text == "own words"
        asked = len(speech.requests)
        assert (await engine.transcribe(utterance_of(noise(1)))).text == "own words"

        assert len(speech.requests) == asked
        assert (engine.away, engine.fell_back, engine.workers) == (True, 2, own.workers)


async def test_the_server_is_used_again_when_it_is_back() -> None:
    async with serving(Speech()) as speech, Fallback(server(speech), Own("own words"), look_s=0.02) as engine:
        speech.script += [refuses(503)] * 4
        await engine.transcribe(utterance_of(noise(1)))
        await until(lambda: not engine.away)

        assert (await engine.transcribe(utterance_of(noise(1)))).text != "own words"


async def test_a_bot_starts_without_the_server_and_finds_it_later() -> None:
    speech = Speech()
    async with serving(speech):
        pass  # it was there, and has gone
    async with Fallback(server(speech), Own("own words"), look_s=0.05) as engine:
        assert (await engine.transcribe(utterance_of(noise(1)))).text == "own words"
        async with serving(speech):
            await until(lambda: not engine.away)
            assert (await engine.transcribe(utterance_of(noise(1)))).text != "own words"


class Loading(Own):
    """A server that is not there at first, and then loads its model; until it has, nobody gets an answer."""

    def __init__(self) -> None:
        super().__init__("words of the server", workers=3)
        self.looked_for = 0
        self.loaded = asyncio.Event()

    async def __aenter__(self) -> Self:
        self.looked_for += 1
        if self.looked_for == 1:
            raise EngineUnavailable("There is no server.")
        await self.loaded.wait()
        return await super().__aenter__()

    async def transcribe(self, utterance: Utterance, hints: Hints = NO_HINTS) -> Words:
        await self.loaded.wait()
        return await super().transcribe(utterance, hints)


async def test_while_a_server_that_is_back_loads_its_model_nobody_waits_for_it() -> None:
    async with Fallback(first := Loading(), own := Own("own words"), look_s=0.01) as engine:
        await until(lambda: first.looked_for == 2)

        async with asyncio.timeout(5):
            assert (await engine.transcribe(utterance_of(noise(1)))).text == "own words"
        assert (engine.away, engine.fell_back, engine.workers) == (True, 1, own.workers)

        first.loaded.set()
        await until(lambda: not engine.away)
        assert (await engine.transcribe(utterance_of(noise(1)))).text == "words of the server"
        assert (engine.fell_back, engine.workers) == (1, 3)


async def test_what_a_server_that_came_later_cannot_do_the_own_engine_does() -> None:
    async with Fallback(first := Loading(), Own("own words"), look_s=0.01) as engine:
        first.loaded.set()
        await until(lambda: not engine.away)
        first._lines[:] = [TranscriptionFailed("no words")]

        assert (await engine.transcribe(utterance_of(noise(1)))).text == "own words"
        assert engine.away

        first._lines[:] = ["words of the server"]
        await until(lambda: not engine.away)
        assert (first.looked_for, engine.fell_back) == (2, 1)


async def test_a_server_that_is_looked_for_in_vain_stays_away() -> None:
    class Missing(Own):
        looked_for = 0

        async def __aenter__(self) -> Self:
            self.looked_for += 1
            raise EngineUnavailable("There is no server.")

    async with Fallback(first := Missing(), Own("own words"), look_s=0.01) as engine:
        await until(lambda: first.looked_for == 4)

        assert (await engine.transcribe(utterance_of(noise(1)))).text == "own words"
        assert engine.away
    assert not first.inside


async def test_what_neither_can_do_is_said() -> None:
    async with (
        serving(Speech()) as speech,
        Fallback(server(speech), Own(TranscriptionFailed("no words")), look_s=60) as engine,
    ):
        speech.script += [refuses(503), refuses(503)]
        with pytest.raises(TranscriptionFailed):
            await engine.transcribe(utterance_of(noise(1)))


async def test_both_are_left_at_the_end_whatever_happened() -> None:
    own = Own()

    async def fail() -> None:
        async with serving(Speech()) as speech, Fallback(server(speech), own):
            assert own.inside
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()

    assert not own.inside


async def test_without_an_own_engine_nothing_starts() -> None:
    class Broken(Own):
        async def __aenter__(self) -> Self:
            raise EngineUnavailable("There is no model.")

    async with serving(Speech()) as speech:
        with pytest.raises(EngineUnavailable):
            await Fallback(server(speech), Broken()).__aenter__()
