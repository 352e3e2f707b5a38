from __future__ import annotations

from typing import TYPE_CHECKING, Self

import pytest

from stt.engine import EngineUnavailable, TranscriptionFailed
from stt.fallback import Fallback
from stt.remote import SpeechServer
from tests.stt.loopback_speech import Speech, refuses, serving
from tests.stt.sounds import ScriptedTranscriber, noise, until, utterance_of

if TYPE_CHECKING:
    from types import TracebackType


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
