"""Silero, streamed."""

from importlib.machinery import ModuleSpec
from typing import Any

import numpy as np
import pytest
from faster_whisper.vad import get_vad_model
from hypothesis import given, settings
from hypothesis import strategies as st

from stt import vad
from stt.engine import EngineUnavailable
from stt.vad import Silero, SpeechProbability
from tests.stt.sounds import clips, hum, noise, recording, silence

SILERO = Silero()


@pytest.fixture(scope="module")
def speech() -> Any:
    return recording(clips()[0]["file"])


def test_in_pieces_it_says_what_faster_whisper_says_of_the_whole(speech: Any) -> None:
    whole = speech[: len(speech) // 512 * 512]

    ours: list[float] = []
    stream = SpeechProbability(SILERO)
    for first in range(0, len(whole), 320):
        ours += stream.feed(whole[first : first + 320])

    silero: Any = get_vad_model()
    theirs: Any = silero((whole / 32_768).astype(np.float32))
    assert len(ours) == len(whole) // 512
    # Theirs wipes the end of the array it is given, so the last chunk is judged on other samples.
    assert np.allclose(ours[:-1], theirs.reshape(-1)[:-1], atol=0.01)


@settings(max_examples=10, deadline=None)
@given(st.lists(st.sampled_from([1, 160, 320, 512, 513, 1_920, 9_000]), min_size=1, max_size=12))
def test_how_it_is_cut_into_pieces_makes_no_difference(sizes: list[int]) -> None:
    sound = noise(sum(sizes) / 16_000, level=4_000)
    in_pieces, stream, at = list[float](), SpeechProbability(SILERO), 0
    for size in sizes:
        in_pieces += stream.feed(sound[at : at + size])
        at += size

    at_once = SpeechProbability(SILERO).feed(sound[:at])

    assert len(in_pieces) == at // 512
    assert stream.pending == at % 512
    assert np.allclose(in_pieces, at_once, atol=1e-4)


def test_what_it_is_fed_is_not_changed(speech: Any) -> None:
    before = speech.copy()

    SpeechProbability(SILERO).feed(speech)

    assert np.array_equal(speech, before)


def test_it_tells_speech_from_what_is_none(speech: Any) -> None:
    spoken = SpeechProbability(SILERO).feed(speech)
    others = [SpeechProbability(SILERO).feed(sound) for sound in (noise(3), hum(3), silence(3))]

    assert sum(p >= 0.5 for p in spoken) >= 8
    assert all(max(other) < 0.5 for other in others)


def test_two_speakers_do_not_disturb_each_other(speech: Any) -> None:
    alone = SpeechProbability(SILERO).feed(speech)
    first, second = SpeechProbability(SILERO), SpeechProbability(SILERO)
    together: list[float] = []
    for at in range(0, len(speech), 320):
        together += first.feed(speech[at : at + 320])
        second.feed(noise(0.02, level=8_000))

    assert np.allclose(alone, together, atol=1e-4)


def test_after_a_reset_nothing_of_the_speech_is_held(speech: Any) -> None:
    stream = SpeechProbability(SILERO)
    stream.feed(speech[:8_100])

    stream.reset()

    assert stream.pending == 0
    assert not any(array.any() for array in (stream._rows, stream._h, stream._c))
    assert np.allclose(stream.feed(speech), SpeechProbability(SILERO).feed(speech), atol=1e-4)


def test_finished_chunks_are_not_kept() -> None:
    stream = SpeechProbability(SILERO)

    stream.feed(np.full(16 * 512 + 100, 9_999, np.int16))

    # The unfinished chunk, and the context in front of it.
    assert np.count_nonzero(stream._rows) == 100 + 64


def test_without_the_package_it_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def find_nothing(name: str) -> ModuleSpec | None:
        del name

    monkeypatch.setattr(vad, "find_spec", find_nothing)

    with pytest.raises(EngineUnavailable, match="faster-whisper"):
        Silero()
