"""Where nobody speaks there are no words: noise, music and machines through everything from the samples on."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

import numpy as np
import pytest

from stt.vad import Silero, SpeechProbability
from stt.worker import WhisperWorker
from tests.stt.nonspeech import BLOCK, KINDS, LIKE_SPEECH, Credulous, hear, made
from tests.stt.sounds import MODEL

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from numpy.typing import NDArray

    from stt.engine import Window

SILERO = Silero()


@cache
def sound(kind: str) -> NDArray[np.int16]:
    """Ten seconds."""
    return made(kind, 1)


@pytest.fixture(params=["dynamic", "full"])
async def worker(request: pytest.FixtureRequest) -> AsyncIterator[WhisperWorker]:
    window: Window = request.param
    async with WhisperWorker(MODEL, window=window) as started:
        yield started


async def test_nothing_is_heard_where_nobody_speaks(worker: WhisperWorker, tmp_path: Path) -> None:
    detection = partial(SpeechProbability, SILERO)
    heard = {kind: await hear(sound(kind), worker, tmp_path, probability=detection) for kind in KINDS}

    assert {kind: one.words for kind, one in heard.items()} == {kind: [] for kind in KINDS}
    assert all(one.sound_s == pytest.approx(10) and not one.missing_s for one in heard.values())
    # Of most of it the engine is not even told.
    assert {kind for kind, one in heard.items() if one.utterances} <= {"full hall"}


async def test_without_detection_the_engine_still_hears_no_words(worker: WhisperWorker, tmp_path: Path) -> None:
    heard = {kind: await hear(sound(kind), worker, tmp_path, probability=Credulous) for kind in KINDS}

    assert {kind: one.words for kind, one in heard.items()} == {kind: [] for kind in KINDS}
    assert all(one.empty == one.utterances > 0 for one in heard.values())


async def test_voices_reach_the_engine(tmp_path: Path) -> None:
    async with WhisperWorker(MODEL) as worker:
        for kind in LIKE_SPEECH:
            heard = await hear(sound(kind), worker, tmp_path, probability=partial(SpeechProbability, SILERO))

            # Otherwise the tests above would prove nothing.
            assert heard.passed_s > 5


@pytest.mark.parametrize("kind", [*KINDS, *LIKE_SPEECH])
def test_a_sound_is_always_the_same_and_as_loud_as_it_should_be(kind: str) -> None:
    again = made(kind, 1)

    assert np.array_equal(sound(kind), again)
    assert len(again) == BLOCK
    assert np.abs(again.astype(int)).max() == (0 if kind == "digital silence" else pytest.approx(8_231, rel=0.01))
