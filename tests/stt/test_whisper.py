"""Recognition with the model in the repository."""

import json
import shutil
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from numpy.typing import NDArray

from stt.engine import EngineUnavailable, Hints, TranscriptionFailed, Words
from stt.gates import MOST_TOKENS, SPARE_TOKENS
from stt.layout import FILES, PROPERTIES
from stt.whisper import PROMPT_TOKENS, Whisper, check_folder, read_properties
from tests.stt.sounds import MODEL, clips, hum, noise, normalised, recording, silence


@pytest.fixture(scope="module")
def whisper() -> Whisper:
    return Whisper(MODEL)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the model, to be spoilt."""
    return Path(shutil.copytree(MODEL, tmp_path / "model"))


@pytest.mark.parametrize("clip", clips(), ids=lambda clip: clip["file"])
def test_every_word_is_heard_and_the_language_found(whisper: Whisper, clip: dict[str, Any]) -> None:
    words = whisper.recognise(recording(clip["file"]))

    assert normalised(words.text) == normalised(clip["text"])
    assert words.language == clip["language"]
    assert 0.5 < words.confidence <= 1.0


def test_without_properties_the_window_is_full_and_the_words_are_the_same(folder: Path) -> None:
    (folder / PROPERTIES).unlink()
    whole = Whisper(folder, languages=["en"])
    clip = next(clip for clip in clips() if clip["language"] == "en")

    assert whole.properties.window == "full"
    assert whole._window(16_000) == 3_000
    assert normalised(whole.recognise(recording(clip["file"])).text) == normalised(clip["text"])


@pytest.mark.parametrize("level", [0, 30, 300, 3_000])
@pytest.mark.parametrize("make", [noise, hum])
def test_nobody_speaks_in_noise_hum_and_silence(whisper: Whisper, make: Any, level: int) -> None:
    assert whisper.recognise(make(2.0, level)).text == ""


def test_nobody_speaks_in_the_recordings_without_speech(whisper: Whisper) -> None:
    for clip in clips(spoken=False):
        samples = recording(clip["file"])[: 16_000 * 10]
        assert whisper.recognise(samples).text == ""


@pytest.fixture
def told(whisper: Whisper, monkeypatch: pytest.MonkeyPatch) -> Whisper:
    """The same, believing what it is told to expect."""
    monkeypatch.setattr(whisper, "properties", replace(whisper.properties, prompts=True))
    return whisper


def test_a_prompt_is_not_read_back_into_silence(told: Whisper) -> None:
    whisper = told
    assert whisper.recognise(silence(2), Hints(prompt="rate limiter, memory leak, Python")).text == ""


def test_a_model_that_hears_worse_with_prompts_is_told_nothing(whisper: Whisper) -> None:
    clip = recording(clips()[0]["file"])

    assert not whisper.properties.prompts
    assert whisper.recognise(clip, Hints(prompt="rate limiter, " * 500)) == whisper.recognise(clip)


def test_a_prompt_of_any_length_is_bounded(told: Whisper, monkeypatch: pytest.MonkeyPatch) -> None:
    whisper = told
    lengths: list[int] = []
    get_prompt = whisper._whisper.get_prompt

    def spy(tokenizer: Any, previous: list[int], **options: Any) -> list[int]:
        lengths.append(len(previous))
        return get_prompt(tokenizer, previous, **options)

    monkeypatch.setattr(whisper._whisper, "get_prompt", spy)

    whisper.recognise(recording(clips()[0]["file"]), Hints(prompt="rate limiter, " * 500))

    assert set(lengths) == {PROMPT_TOKENS}


def test_only_allowed_languages_are_chosen_from() -> None:
    clip = next(clip for clip in clips() if clip["language"] == "uk")

    assert Whisper(MODEL, languages=["en"]).recognise(recording(clip["file"])).language == "en"


def test_a_model_for_english_only_is_asked_for_no_language(folder: Path) -> None:
    (folder / PROPERTIES).unlink()
    vocabulary = folder / "vocabulary.json"
    tokens: list[str] = json.loads(vocabulary.read_text(encoding="utf-8"))
    # CTranslate2 takes a model for multilingual if it has the empty token.
    tokens[tokens.index("")] = "<|nothing|>"
    vocabulary.write_text(json.dumps(tokens), encoding="utf-8")
    english = Whisper(folder)
    english.warm_up()

    assert english.languages == ("en",)
    assert english.recognise(recording(clips()[0]["file"])).language == "en"


def test_a_language_that_it_was_not_loaded_for_is_refused(whisper: Whisper) -> None:
    with pytest.raises(TranscriptionFailed):
        whisper.recognise(noise(1), Hints(language="xx"))
    with pytest.raises(EngineUnavailable, match="languages"):
        Whisper(MODEL, languages=["xx"])


def test_more_than_a_window_is_refused(whisper: Whisper) -> None:
    with pytest.raises(TranscriptionFailed):
        whisper.recognise(silence(30.1))


def test_a_whole_window_is_taken(whisper: Whisper) -> None:
    assert whisper.recognise(silence(30)).text == ""


def test_a_runaway_ends_at_the_cap_and_is_tried_again_once(whisper: Whisper, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, float]] = []
    model = whisper._model

    class Babbling:
        is_multilingual = True

        def encode(self, features: Any, **options: Any) -> Any:
            return model.encode(features, **options)

        def generate(self, encoding: Any, prompts: Any, *, max_length: int, **options: Any) -> Any:
            asked.append((max_length, options.get("sampling_temperature", 0.0)))
            result = model.generate(encoding, prompts, max_length=max_length, **options)[0]

            class Result:
                sequences_ids = (list(result.sequences_ids[0] or [1]) * 400,)
                scores = (-0.1,)
                no_speech_prob = 0.0

            return [Result]

    monkeypatch.setattr(whisper, "_model", Babbling())

    words = whisper.recognise(recording(clips()[0]["file"])[:16_000], Hints(language="en"))

    # 6 tokens for the second and 16 to spare, which CTranslate2 halves.
    assert asked == [(2 * 22, 0.0), (2 * 22, pytest.approx(0.4))]
    assert words.confidence < 0.5


def test_how_long_a_token_takes_is_measured_on_a_full_window_and_as_many_as_any_utterance_may_have(
    whisper: Whisper, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[tuple[int, ...], int]] = []
    run = whisper._run

    def watched(encoding: Any, *arguments: Any, **options: Any) -> list[Any]:
        results = run(encoding, *arguments, **options)
        asked.append((tuple(encoding.shape), len(results[0].sequences_ids[0])))
        return results

    monkeypatch.setattr(whisper, "_run", watched)

    assert whisper.token_s() > 0
    # The model would say nothing to nothing, and end at the first.
    assert asked == [((1, 1_500, 192), SPARE_TOKENS)]


def test_a_model_says_no_more_than_is_believed(whisper: Whisper) -> None:
    assert whisper._whisper.max_length == 2 * MOST_TOKENS


def test_after_an_utterance_nothing_of_it_is_held(whisper: Whisper, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[Any] = []
    decode = whisper._decode

    def spy(encoding: Any, *rest: Any, **options: Any) -> Words | None:
        seen.append(encoding)
        assert np.asarray(encoding).any()
        return decode(encoding, *rest, **options)

    monkeypatch.setattr(whisper, "_decode", spy)
    whisper.recognise(recording(clips()[0]["file"]))

    assert not np.asarray(seen[0]).any()
    mel = whisper._mel
    assert not any(array.any() for array in (mel._wave, mel._frames, mel._spectrum, mel._power, mel._mel, mel._out))


def test_after_a_failure_nothing_of_it_is_held_either(whisper: Whisper, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> NoReturn:
        raise RuntimeError

    monkeypatch.setattr(whisper, "_decode", fail)

    with pytest.raises(RuntimeError):
        whisper.recognise(noise(1))
    assert not whisper._mel._wave.any()
    assert not whisper._mel._out.any()


def test_the_same_sound_has_the_same_words(whisper: Whisper) -> None:
    sound = recording(clips()[0]["file"])

    assert len({whisper.recognise(sound) for _ in range(3)}) == 1


def test_nothing_is_asked_of_the_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("the network was asked")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)

    Whisper(MODEL).warm_up()


@pytest.mark.parametrize("name", [*FILES, "vocabulary.json"])
def test_a_folder_without_a_file_is_refused_before_anything_is_loaded(folder: Path, name: str) -> None:
    (folder / name).unlink()

    with pytest.raises(EngineUnavailable, match=name):
        Whisper(folder)


def test_a_folder_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="no speech model"):
        Whisper(tmp_path / "nothing")


def test_a_damaged_file_is_noticed(folder: Path) -> None:
    (folder / PROPERTIES).write_text(json.dumps({"sha256": {"model.bin": "0" * 64}}))

    with pytest.raises(EngineUnavailable, match=r"model\.bin"):
        check_folder(folder)


def test_a_model_that_is_none_is_refused(folder: Path) -> None:
    (folder / PROPERTIES).unlink()
    (folder / "model.bin").write_bytes(b"not a model")

    with pytest.raises(EngineUnavailable, match="cannot be loaded"):
        Whisper(folder)


def test_a_model_with_other_features_than_its_folder_says_does_not_start(folder: Path) -> None:
    (folder / PROPERTIES).unlink()
    (folder / "preprocessor_config.json").write_text('{"feature_size": 128}')

    with pytest.raises(EngineUnavailable, match="does not run"):
        Whisper(folder).warm_up()


def test_a_published_model_without_feature_settings_runs(folder: Path) -> None:
    (folder / PROPERTIES).unlink()
    (folder / "preprocessor_config.json").unlink()

    Whisper(folder).warm_up()


@pytest.mark.parametrize("text", ["{", '{"window": "long"}', '{"margin_s": -1}', '{"languages": "en"}'])
def test_properties_that_make_no_sense_are_refused(folder: Path, text: str) -> None:
    (folder / PROPERTIES).write_text(text)

    with pytest.raises(EngineUnavailable, match=PROPERTIES):
        read_properties(folder)


# -- language --------------------------------------------------------------------------------------------------------


class Mistaken:
    """Language detection that always finds the same."""

    def __init__(self, language: str, probability: float) -> None:
        self._found = language, probability

    def __call__(self, _: object) -> tuple[str, float]:
        return self._found


def a_clip(language: str) -> NDArray[np.int16]:
    return recording(next(clip["file"] for clip in clips() if clip["language"] == language))


@pytest.mark.parametrize("clip", clips(), ids=lambda clip: clip["file"])
@pytest.mark.parametrize("usual", ["en", "uk", "de"])
def test_the_usual_language_is_left_when_what_was_said_is_clearly_another(
    whisper: Whisper, clip: dict[str, Any], usual: str
) -> None:
    words = whisper.recognise(recording(clip["file"]), Hints(usual=usual))

    assert words.language == clip["language"]
    assert normalised(words.text) == normalised(clip["text"])


def test_a_sound_of_less_than_a_second_never_changes_the_language(whisper: Whisper) -> None:
    assert whisper.recognise(a_clip("uk")[:15_000], Hints(usual="de")).language == "de"


def test_detection_that_is_sure_and_wrong_is_overruled_by_the_words(
    whisper: Whisper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whisper, "_likely", Mistaken("uk", 0.99))

    words = whisper.recognise(a_clip("en"), Hints(usual="en"))

    assert words.language == "en"


def test_detection_that_is_not_sure_is_not_even_tried(whisper: Whisper, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(whisper, "_likely", Mistaken("de", 0.5))
    spoken: list[str] = []
    tokenizer = whisper._tokenizer

    def spy(language: str) -> Any:
        spoken.append(language)
        return tokenizer(language)

    monkeypatch.setattr(whisper, "_tokenizer", spy)
    whisper.recognise(a_clip("en"), Hints(usual="en"))

    assert set(spoken) == {"en"}


def test_the_language_of_the_session_is_not_asked_about(whisper: Whisper, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: object) -> NoReturn:
        raise AssertionError("detection was asked")

    monkeypatch.setattr(whisper, "_likely", refuse)

    assert whisper.recognise(a_clip("uk"), Hints(language="en", usual="uk")).language == "en"


# -- attempts --------------------------------------------------------------------------------------------------------


def test_in_a_hurry_nothing_is_tried_twice(whisper: Whisper, monkeypatch: pytest.MonkeyPatch) -> None:
    temperatures: list[float] = []
    generate = whisper._generate

    def doubtful(*arguments: Any, temperature: float, **options: Any) -> Any:
        temperatures.append(temperature)
        return replace(generate(*arguments, temperature=temperature, **options), logprob=-2.0)

    monkeypatch.setattr(whisper, "_generate", doubtful)

    whisper.recognise(a_clip("en"), Hints(language="en", thorough=False))
    assert temperatures == [0.0]
    whisper.recognise(a_clip("en"), Hints(language="en"))
    assert temperatures == [0.0, 0.0, pytest.approx(0.4)]


@pytest.mark.parametrize("clip", clips(), ids=lambda clip: clip["file"])
def test_a_verified_window_has_the_same_words(clip: dict[str, Any]) -> None:
    words = Whisper(MODEL, window="verified").recognise(recording(clip["file"]))

    assert normalised(words.text) == normalised(clip["text"])


@pytest.mark.parametrize(
    "spoilt",
    [{"runaway": True}, {"logprob": -0.8}, {"text": ""}, {"no_speech": 0.7}],
    ids=["runaway", "unlikely", "nothing", "silence"],
)
def test_a_short_window_that_does_not_convince_is_followed_by_a_full_one(
    monkeypatch: pytest.MonkeyPatch, spoilt: dict[str, Any]
) -> None:
    verified = Whisper(MODEL, window="verified")
    frames: list[int] = []
    compute, generate = verified._mel.compute, verified._generate

    def note(samples: Any, count: int) -> Any:
        frames.append(count)
        return compute(samples, count)

    def spoil(*arguments: Any, **options: Any) -> Any:
        made = generate(*arguments, **options)
        return replace(made, **spoilt) if frames[-1] < 3_000 else made

    monkeypatch.setattr(verified._mel, "compute", note)
    monkeypatch.setattr(verified, "_generate", spoil)
    clip = clips()[0]
    words = verified.recognise(recording(clip["file"]), Hints(language=clip["language"]))

    assert len(frames) == 2
    assert frames[0] < frames[1] == 3_000
    assert normalised(words.text) == normalised(clip["text"])
