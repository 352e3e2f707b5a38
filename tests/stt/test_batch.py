"""Several speakers' utterances, recognised together: on a processor here, as a GPU would."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import pytest

from stt import gates
from stt import whisper as module
from stt.engine import Hints, TranscriptionFailed, Words
from stt.whisper import TOGETHER_FRAMES, Whisper
from tests.stt.sounds import MODEL, clips, noise, normalised, recording, silence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Said = tuple[NDArray[np.int16], Hints]

PADDED = 0.02
"""What a window of up to twice the length changes in confidence, with this model."""


@pytest.fixture(scope="module")
def loaded() -> Whisper:
    return Whisper(MODEL)


@pytest.fixture
def whisper(loaded: Whisper, monkeypatch: pytest.MonkeyPatch) -> Whisper:
    """It, to be changed by one test."""
    for name in ("properties", "_model"):
        monkeypatch.setattr(loaded, name, getattr(loaded, name))
    return loaded


def everybody() -> list[Said]:
    """Three languages, known, usual or to be found; from 2 to 13 s."""
    spoken = [(clip["language"], recording(clip["file"])) for clip in clips()]
    english = [samples for language, samples in spoken if language == "en"]
    said: list[Said] = []
    for number, (language, samples) in enumerate(spoken):
        hints = (Hints(), Hints(language=language), Hints(usual=language), Hints(usual="en"))[number % 4]
        said.append((samples, hints))
    said.append((np.concatenate(english[:2]), Hints()))
    said.append((np.concatenate(english[1:6]), Hints(language="en")))
    return said


def alone(whisper: Whisper, said: list[Said]) -> list[Words]:
    return [whisper.recognise(samples, hints) for samples, hints in said]


def words_of(results: list[Words | Exception]) -> list[Words]:
    assert all(isinstance(result, Words) for result in results), results
    return [result for result in results if isinstance(result, Words)]


class Seen:
    """The model, and what it was given and made."""

    def __init__(self, model: Any) -> None:
        self._model = model
        self.is_multilingual = model.is_multilingual
        self.shapes: list[tuple[int, ...]] = []
        self.held: list[NDArray[Any]] = []
        self.starts: list[list[list[int]]] = []

    def encode(self, features: Any, **options: Any) -> Any:
        encoding = self._model.encode(features, **options)
        self.shapes.append(tuple(features.shape))
        self.held += [np.asarray(features), np.asarray(encoding)]
        assert all(array.any() for array in self.held[-2:])
        return encoding

    def generate(self, encoding: Any, starts: list[list[int]], **options: Any) -> Any:
        self.starts.append(starts)
        self.held.append(np.asarray(encoding))
        return self._model.generate(encoding, starts, **options)

    def detect_language(self, encoding: Any) -> Any:
        return self._model.detect_language(encoding)


def test_words_together_are_those_of_one_by_one(whisper: Whisper) -> None:
    said = everybody()[: len(clips())]
    single = alone(whisper, said)

    together = words_of(whisper.recognise_all(said))

    assert [(words.text, words.language) for words in together] == [(words.text, words.language) for words in single]
    assert [words.confidence for words in together] == pytest.approx([w.confidence for w in single], abs=PADDED)
    assert [normalised(words.text) for words in together] == [normalised(clip["text"]) for clip in clips()]


def test_with_a_window_of_30_s_they_are_the_same_to_the_last_digit(whisper: Whisper) -> None:
    whisper.properties = replace(whisper.properties, window="full")
    said = everybody()[::3]

    assert whisper.recognise_all(said) == alone(whisper, said)


def test_words_depend_on_nobody_else_in_the_batch(whisper: Whisper) -> None:
    said = everybody()

    by_themselves = [
        whisper._listen(samples, hints, next(step for step in TOGETHER_FRAMES if whisper._window(len(samples)) <= step))
        for samples, hints in said
    ]

    assert whisper.recognise_all(said) == by_themselves
    assert whisper.recognise_all(said[::-1]) == by_themselves[::-1]


def test_windows_of_the_same_step_are_encoded_at_once(whisper: Whisper) -> None:
    seen = Seen(whisper._model)
    whisper._model = seen

    whisper.recognise_all(everybody())

    assert sorted((shape[2], shape[0]) for shape in seen.shapes) == [(TOGETHER_FRAMES[0], 10), (1000, 1), (2000, 1)]


def test_each_is_told_what_its_own_speaker_may_say(whisper: Whisper) -> None:
    whisper.properties = replace(whisper.properties, prompts=True)
    prompts = ("", "rate limiter", "memory leak, Python, Kubernetes", "rate limiter")
    said = [
        (recording(clip["file"]), Hints(language="en", prompt=prompt))
        for clip, prompt in zip(clips(), prompts, strict=False)
    ]
    single = alone(whisper, said)
    seen = Seen(whisper._model)
    whisper._model = seen

    together = words_of(whisper.recognise_all(said))

    assert [words.text for words in together] == [words.text for words in single]
    # The start of the transcript is at the same place in all of a call.
    assert all(len({len(start) for start in starts}) == 1 for starts in seen.starts)
    assert max(len(starts) for starts in seen.starts) == 2


def test_silence_and_noise_beside_words_stay_without(whisper: Whisper) -> None:
    clip = clips()[0]
    said = [(silence(3), Hints()), (recording(clip["file"]), Hints()), (noise(2, 3_000), Hints(language="en"))]

    heard = words_of(whisper.recognise_all(said))

    assert [normalised(words.text) for words in heard] == ["", normalised(clip["text"]), ""]


@pytest.mark.parametrize(
    ("bad", "error"),
    [
        ((silence(30.1), Hints()), TranscriptionFailed),
        ((noise(1), Hints(language="xx")), TranscriptionFailed),
        ((np.zeros(100, np.int16), Hints()), ValueError),
    ],
    ids=["too long", "another language", "too short"],
)
def test_a_bad_one_spoils_only_itself(whisper: Whisper, bad: Said, error: type[Exception]) -> None:
    said = everybody()[:3]
    expected = [words.text for words in alone(whisper, said)]

    first, failed, *others = whisper.recognise_all([said[0], bad, *said[1:]])

    assert isinstance(failed, error)
    # It would hold the samples of all of them.
    assert failed.__traceback__ is None
    assert [words.text for words in words_of([first, *others])] == expected


def test_a_batch_that_does_not_fit_is_done_one_by_one(whisper: Whisper) -> None:
    class Small(Seen):
        def encode(self, features: Any, **options: Any) -> Any:
            if features.shape[0] > 1:
                raise MemoryError
            return super().encode(features, **options)

    said = everybody()[:4]
    expected = alone(whisper, said)
    whisper._model = Small(whisper._model)

    assert whisper.recognise_all(said) == expected


def test_who_says_too_much_is_stopped_where_they_would_be_alone(
    whisper: Whisper, monkeypatch: pytest.MonkeyPatch
) -> None:
    # German and English at their cap of 4 tokens, Ukrainian with room.
    monkeypatch.setattr(gates, "DEFAULT_TOKENS_PER_S", 0.0)
    monkeypatch.setattr(gates, "SPARE_TOKENS", 4)
    said = [(samples, replace(hints, thorough=False)) for samples, hints in everybody()]
    single = alone(whisper, said)

    together = words_of(whisper.recognise_all(said))

    assert [words.text for words in together] == [words.text for words in single]
    texts = {clip["file"]: clip["text"] for clip in clips()}
    cut = [words.text != text for words, text in zip(together, texts.values(), strict=False)]
    assert cut == [clip["language"] != "uk" for clip in clips()]


@pytest.mark.parametrize("trusted", [-5.0, 0.0], ids=["convinces", "does not convince"])
def test_a_trial_that_does_not_convince_is_listened_to_once_more(
    whisper: Whisper, monkeypatch: pytest.MonkeyPatch, trusted: float
) -> None:
    monkeypatch.setattr(module, "TRUSTED", trusted)
    whisper.properties = replace(whisper.properties, window="verified")
    said = everybody()[:4]
    expected = [words.text for words in alone(whisper, said)]
    seen = Seen(whisper._model)
    whisper._model = seen

    assert [words.text for words in words_of(whisper.recognise_all(said))] == expected
    assert [(shape[0], shape[2]) for shape in seen.shapes] == [(4, 500)] + [(4, 3_000)] * (trusted == 0.0)


def test_after_a_batch_nothing_of_it_is_held(whisper: Whisper) -> None:
    seen = Seen(whisper._model)
    whisper._model = seen

    # Prompts of two lengths: part of the encoding is copied.
    whisper.properties = replace(whisper.properties, prompts=True)
    said = everybody()
    whisper.recognise_all([*said, (said[0][0], Hints(language="en", prompt="rate limiter"))])

    assert len(seen.held) > 6
    assert not any(array.any() for array in seen.held)
    mel = whisper._mel
    assert not any(array.any() for array in (mel._wave, mel._frames, mel._spectrum, mel._power, mel._mel, mel._out))


def test_after_a_batch_that_failed_nothing_of_it_is_held(whisper: Whisper) -> None:
    class Broken(Seen):
        def generate(self, encoding: Any, *_: Any, **__: Any) -> NoReturn:
            self.held.append(np.asarray(encoding))
            raise RuntimeError

    seen = Broken(whisper._model)
    whisper._model = seen

    results = whisper.recognise_all(everybody()[:3])

    assert [type(result) for result in results] == [RuntimeError] * 3
    assert not any(array.any() for array in seen.held)


def test_nothing_said_by_nobody_is_nothing(whisper: Whisper) -> None:
    assert whisper.recognise_all([]) == []
