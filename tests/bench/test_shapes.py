"""Models with random weights cost what published ones cost, and say what they should."""

from __future__ import annotations

import json
import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from faster_whisper import WhisperModel

from bot.bench.shapes import MARKS, SIZES, TEXT_TOKENS, make, parameters, sentence, vocabulary
from stt.whisper import Whisper

if TYPE_CHECKING:
    from pathlib import Path

    from bot.bench.shapes import Name

PUBLISHED: dict[Name, tuple[int, int, int, int]] = {
    "tiny": (384, 4, 6, 37_760_640),
    "base": (512, 6, 8, 72_593_920),
    "small": (768, 12, 12, 241_734_912),
}
"""Width, layers, heads and parameters. Source: openai/whisper, ModelDimensions of the checkpoints; parameters as
transformers counts those of openai/whisper-*, the encoder's positions included."""

WORDS = 12


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("models") / "tiny", "tiny", words=WORDS, window="dynamic")


def spoken(words: int) -> str:
    return " ".join(token.removeprefix("Ġ") for token in sentence(words))


def noise(seconds: float) -> Any:
    return np.random.default_rng(1).integers(-3_000, 3_000, round(seconds * 16_000), dtype=np.int16)


def stored(file: Path) -> dict[str, tuple[int, ...]]:
    """The shapes in a model.bin. Source: CTranslate2, model_spec.py."""
    content = memoryview(file.read_bytes())
    at = 0

    def take(form: str) -> tuple[Any, ...]:
        nonlocal at
        values = struct.unpack_from(form, content, at)
        at += struct.calcsize(form)
        return values

    def text() -> str:
        return take(f"{take('<H')[0]}s")[0][:-1].decode()

    take("<I")
    assert text() == "WhisperSpec"
    _, count = take("<II")
    found: dict[str, tuple[int, ...]] = {}
    for _ in range(count):
        name = text()
        (rank,) = take("<B")
        found[name] = take(f"<{rank}I")
        _, size = take("<BI")
        at += size
    return found


@pytest.mark.parametrize("size", SIZES)
def test_a_size_has_as_many_parameters_as_the_published_one(size: Name) -> None:
    width, layers, heads, count = PUBLISHED[size]

    found = parameters(SIZES[size])

    assert (SIZES[size].width, SIZES[size].layers, SIZES[size].heads) == (width, layers, heads)
    assert sum(math.prod(shape) for shape in found.values()) == count


def test_what_is_computed_with_has_the_published_shapes(tiny: Path) -> None:
    found = stored(tiny / "model.bin")

    assert found["encoder/conv1/weight"] == (384, 80, 3)
    assert found["encoder/position_encodings/encodings"] == (1_500, 384)
    assert found["decoder/embeddings/weight"] == (51_865, 384)
    assert found["decoder/position_encodings/encodings"] == (448, 384)
    assert found["encoder/layer_3/ffn/linear_0/weight"] == (1_536, 384)
    assert found["decoder/layer_3/self_attention/linear_0/weight"] == (3 * 384, 384)
    assert found["decoder/layer_3/attention/linear_1/weight"] == (2 * 384, 384)
    assert "encoder/layer_4/ffn/linear_0/weight" not in found
    assert "decoder/layer_4/ffn/linear_0/weight" not in found


def test_the_vocabulary_is_laid_out_as_the_published_one(tiny: Path) -> None:
    ids = vocabulary()
    listed = json.loads((tiny / "vocabulary.json").read_text(encoding="utf-8"))

    assert listed == list(ids)
    assert (len(ids), len(MARKS), TEXT_TOKENS) == (51_865, 107, 50_257)
    # Source: openai/whisper, tokenizer.py, for 99 languages.
    assert (ids["<|endoftext|>"], ids["<|startoftranscript|>"], ids["<|en|>"]) == (50_257, 50_258, 50_259)
    assert (ids["<|su|>"], ids["<|transcribe|>"], ids["<|nospeech|>"]) == (50_357, 50_359, 50_362)
    assert (ids["<|notimestamps|>"], ids["<|0.00|>"], ids["<|30.00|>"]) == (50_363, 50_364, 51_864)


@pytest.mark.slow
@pytest.mark.parametrize("options", [{}, {"language": "en", "beam_size": 1, "without_timestamps": True}])
def test_faster_whisper_hears_the_sentence_at_its_first_attempt(tiny: Path, options: dict[str, Any]) -> None:
    model: Any = WhisperModel(str(tiny), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True)

    segments, info = model.transcribe(noise(4).astype(np.float32) / 32_768, **options)
    (segment,) = segments

    assert segment.text.strip() == spoken(WORDS)
    assert (info.language, segment.temperature) == ("en", 0.0)
    assert segment.avg_logprob > -0.01
    assert segment.no_speech_prob < 0.01
    assert segment.compression_ratio < 2.0


@pytest.mark.parametrize("window", ["full", "dynamic"])
def test_the_bots_engine_hears_the_sentence_in_any_window(tiny: Path, window: Any) -> None:
    model = Whisper(tiny, window=window)

    heard = [model.recognise(noise(seconds)) for seconds in (4, 9)]

    assert {words.text for words in heard} == {spoken(WORDS)}
    assert {words.language for words in heard} == {"en"}
    assert min(words.confidence for words in heard) > 0.99


def test_a_folder_says_which_window_it_is_for(tiny: Path) -> None:
    assert Whisper(tiny).properties.window == "dynamic"


def test_a_long_sentence_is_no_repetition() -> None:
    assert len(set(sentence(200))) == 200
