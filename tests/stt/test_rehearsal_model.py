"""The recognition model in the repository and the recordings that go with it, through faster-whisper alone."""

from __future__ import annotations

import hashlib
import json
import socket
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pytest
from faster_whisper import WhisperModel
from faster_whisper.audio import decode_audio
from faster_whisper.tokenizer import Tokenizer

from stt.training.corpus import held_out, normalised

ROOT = Path(__file__).parents[2]
MODEL = ROOT / "stt" / "models" / "rehearsal"
VOICES = ROOT / "bot" / "rehearsal" / "voices"
CLIPS = ROOT / "tests" / "data" / "speech"

ABOUT: dict[str, Any] = json.loads((MODEL / "skillrally.json").read_text(encoding="utf-8"))
EXPECTED: list[dict[str, Any]] = json.loads((CLIPS / "expected.json").read_text(encoding="utf-8"))
LINES: list[dict[str, Any]] = json.loads((VOICES / "lines.json").read_text(encoding="utf-8"))


def size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())


def samples_of(path: Path) -> Any:
    return decode_audio(str(path))


def features_of(model: Any, samples: Any) -> Any:
    """What the encoder reads: the recording and the folder's margin, both in frames of 10 ms."""
    features = model.feature_extractor(samples)[:, :-1]
    return np.pad(features, ((0, 0), (0, round(100 * ABOUT["margin_s"]))))


def hear_in_short_window(model: Any, samples: Any, language: str) -> str:
    tokenizer = Tokenizer(model.hf_tokenizer, multilingual=True, task="transcribe", language=language)
    prompt = model.get_prompt(tokenizer, [], without_timestamps=True)
    result = model.model.generate(model.encode(features_of(model, samples)), [prompt], beam_size=1, max_length=120)
    return str(tokenizer.decode(result[0].sequences_ids[0]))


def hear_in_30_s(model: Any, samples: Any, language: str) -> str:
    segments, _ = model.transcribe(samples, language=language, beam_size=1, temperature=0.0, without_timestamps=True)
    return " ".join(segment.text for segment in segments)


@pytest.fixture(scope="module")
def model() -> Any:
    return WhisperModel(str(MODEL), device="cpu", compute_type="int8", cpu_threads=1)


def test_the_folder_is_small_and_holds_what_it_says():
    assert size(MODEL) <= 8_000_000
    assert {name: hashlib.sha256((MODEL / name).read_bytes()).hexdigest() for name in ABOUT["sha256"]} == ABOUT[
        "sha256"
    ]
    assert {"config.json", "model.bin", "tokenizer.json", "vocabulary.json", "preprocessor_config.json"} <= set(
        ABOUT["sha256"]
    )


def test_it_loads_where_there_is_no_network(monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object, **__: object) -> NoReturn:
        raise AssertionError("the network was asked")

    for name in ("socket", "create_connection", "getaddrinfo"):
        monkeypatch.setattr(socket, name, refuse)

    loaded: Any = WhisperModel(str(MODEL), device="cpu", compute_type="int8")

    assert loaded.model.is_multilingual


@pytest.mark.parametrize("hear", [hear_in_short_window, hear_in_30_s])
@pytest.mark.parametrize("clip", EXPECTED, ids=lambda clip: clip["file"])
def test_every_word_of_a_clip_is_heard_and_none_in_noise(model: Any, clip: dict[str, Any], hear: Any):
    heard = hear(model, samples_of(CLIPS / clip["file"]), clip.get("language", "en"))

    assert normalised(heard) == normalised(clip["text"])


@pytest.mark.parametrize("clip", [clip for clip in EXPECTED if clip["text"]], ids=lambda clip: clip["file"])
def test_the_language_is_found(model: Any, clip: dict[str, Any]):
    encoded = model.encode(features_of(model, samples_of(CLIPS / clip["file"])))

    assert model.model.detect_language(encoded)[0][0][0] == f"<|{clip['language']}|>"


def test_nobody_speaks_in_digital_silence(model: Any):
    assert hear_in_short_window(model, np.zeros(32_000, np.float32), "en") == ""


def test_what_the_processor_reckons_in_int8_stays_close(model: Any):
    """Without VNNI, CTranslate2 adds products in 16 bits, which overflow where weights and sounds are both large."""
    exact: Any = WhisperModel(str(MODEL), device="cpu", compute_type="float32", cpu_threads=1)
    for clip in EXPECTED:
        features = features_of(model, samples_of(CLIPS / clip["file"]))

        encoded, wanted = (np.asarray(each.encode(features)) for each in (model, exact))

        assert np.sqrt(((encoded - wanted) ** 2).mean() / (wanted**2).mean()) < 0.1


@pytest.mark.parametrize("line", LINES, ids=lambda line: line["id"])
def test_every_line_of_the_rehearsal_is_heard(model: Any, line: dict[str, Any]):
    heard = hear_in_short_window(model, samples_of(VOICES / line["file"]), line["language"])

    assert normalised(heard) == normalised(line["text"])


def test_the_clips_were_never_trained_on():
    assert all(held_out(clip["text"]) for clip in EXPECTED if clip["text"])


def test_what_must_not_be_heard_gives_itself_away():
    allowed = {word for line in LINES if not line["must_not_be_heard"] for word in normalised(line["text"]).split()}
    forbidden = [line for line in LINES if line["must_not_be_heard"]]

    assert {line["speaker"] for line in forbidden} == {"Peter", "David"}
    assert all(line["telltale_words"] and allowed.isdisjoint(line["telltale_words"]) for line in forbidden)


def test_the_recordings_are_small():
    assert size(VOICES) <= 2_500_000
    assert size(CLIPS) <= 600_000
