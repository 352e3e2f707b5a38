"""Converted models against a Whisper of our own in numpy; where transformers is installed, against it as well."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

import ctranslate2 as untyped
import numpy as np
import pytest

from stt.convert import convert, sinusoids, vocabulary
from stt.engine import EngineUnavailable
from stt.whisper import Whisper, check_folder
from tests.stt.reference_whisper import LANGUAGES, Architecture, Reference, special_tokens, text_vocabulary, write_model
from tests.stt.sounds import silence

if TYPE_CHECKING:
    from pathlib import Path

ctranslate2: Any = untyped

MODELS = {
    "multilingual": Architecture(),
    "English": Architecture(multilingual=False, seed=1),
    "128 mel bins": Architecture(mels=128, seed=2),
    "distilled": Architecture(encoder_layers=3, decoder_layers=1, seed=3),
    "wide, four heads": Architecture(width=128, heads=4, ffn=256, encoder_layers=1, decoder_layers=3, seed=4),
    "float16": Architecture(kind="F16", seed=5),
    "bfloat16": Architecture(kind="BF16", seed=6),
    "without the head": Architecture(prefix="", seed=7),
    "in three files": Architecture(shards=3, seed=8),
    "vocab.json and merges.txt": Architecture(tokenizer_file=False, seed=9),
    "English, vocab.json and merges.txt": Architecture(tokenizer_file=False, multilingual=False, seed=10),
    "the embeddings twice": Architecture(head_stored=True, seed=11),
}


def converted(tmp_path: Path, made: Architecture, quantization: str = "float32") -> tuple[Any, Reference, Path]:
    weights = write_model(tmp_path / "source", made)
    target = tmp_path / "target"
    target.mkdir()
    convert(tmp_path / "source", target, quantization=quantization)
    return loaded(target, quantization), Reference(weights, made), target


def loaded(folder: Path, arithmetic: str) -> Any:
    return ctranslate2.models.Whisper(
        str(folder), device="cpu", compute_type=arithmetic, inter_threads=1, intra_threads=1
    )


def rounded_by_row(name: str, array: Any) -> Any:
    """What is left of a matrix in int8: norms, biases and positions are stored as they are."""
    if array.ndim == 1 or "embed_positions" in name:
        return array
    rows = array.reshape(len(array), -1)
    parts = 127 / np.abs(rows).max(1, keepdims=True)  # in float32, as it is done: some lie half way between two
    return (np.rint(rows * parts) / parts).reshape(array.shape)


def ids(made: Architecture) -> dict[str, int]:
    vocab = text_vocabulary(multilingual=made.multilingual)
    special = special_tokens(multilingual=made.multilingual)
    return vocab | {token: len(vocab) + number for number, token in enumerate(special)}


def features(made: Architecture, frames: int = 120) -> Any:
    return np.random.default_rng(made.seed + 100).standard_normal((made.mels, frames)).astype(np.float32)


def encode(model: Any, mel: Any) -> Any:
    return model.encode(ctranslate2.StorageView.from_array(mel[None]))


@pytest.mark.parametrize("made", MODELS.values(), ids=MODELS.keys())
def test_every_token_is_the_same_as_without_conversion(tmp_path: Path, made: Architecture) -> None:
    model, reference, target = converted(tmp_path, made)
    by_name = ids(made)
    config = json.loads((target / "config.json").read_text(encoding="utf-8"))
    words = ["<|en|>", "<|transcribe|>"] if made.multilingual else []
    start = [by_name[token] for token in ["<|startoftranscript|>", *words, "<|notimestamps|>"]]
    mel = features(made)

    encoding = encode(model, mel)
    result = model.generate(encoding, [start], beam_size=1, max_length=48)[0]

    memory = reference.encode(mel)
    assert np.abs(np.asarray(encoding)[0] - memory).max() < 2e-3
    expected = reference.greedy(
        memory,
        start,
        count=24,
        end=by_name["<|endoftext|>"],
        never=config["suppress_ids"],
        not_first=config["suppress_ids_begin"],
    )
    assert len(expected) > 2
    assert result.sequences_ids[0] == expected
    assert model.is_multilingual == made.multilingual


@pytest.mark.parametrize("name", ["multilingual", "128 mel bins", "bfloat16"])
def test_languages_are_as_likely_as_without_conversion(tmp_path: Path, name: str) -> None:
    made = MODELS[name]
    model, reference, _ = converted(tmp_path, made)
    mel = features(made)
    tokens = [f"<|{code}|>" for code in LANGUAGES]

    found = dict(model.detect_language(encode(model, mel))[0])

    likely = reference.languages(
        reference.encode(mel), ids(made)["<|startoftranscript|>"], [ids(made)[token] for token in tokens]
    )
    assert [found[token] for token in tokens] == pytest.approx(list(likely), abs=2e-3)


@pytest.mark.parametrize("name", ["multilingual", "English", "float16", "bfloat16", "wide, four heads"])
def test_int8_is_each_row_rounded_to_whole_parts_of_its_largest_weight(tmp_path: Path, name: str) -> None:
    """Computed in float32: what int8 costs in the file is the same on every processor, in its arithmetic it is not."""
    made = MODELS[name]
    weights = write_model(tmp_path / "source", made)
    (tmp_path / "target").mkdir()
    convert(tmp_path / "source", tmp_path / "target", quantization="int8")
    model = loaded(tmp_path / "target", "float32")
    by_name = ids(made)
    start = [by_name[token] for token in ("<|startoftranscript|>", "<|notimestamps|>")]
    mel = features(made)

    encoding = encode(model, mel)
    result = model.generate(encoding, [start], beam_size=1, max_length=48, suppress_tokens=[], suppress_blank=False)[0]

    rounded = Reference({name: rounded_by_row(name, array) for name, array in weights.items()}, made)
    memory, encoded = rounded.encode(mel), np.asarray(encoding)[0]
    assert np.abs(encoded - memory).max() < 2e-3
    end = by_name["<|endoftext|>"]
    assert result.sequences_ids[0] == rounded.greedy(memory, start, count=24, end=end, never=[], not_first=[])
    exact = Reference(weights, made).encode(mel)
    assert np.sqrt(((encoded - exact) ** 2).mean() / (exact**2).mean()) < 0.05
    sizes = [
        sum(file.stat().st_size for file in (tmp_path / each).glob(which))
        for each, which in (("target", "model.bin"), ("source", "*s"))
    ]
    assert sizes[0] < sizes[1]


@pytest.mark.parametrize("name", ["multilingual", "English", "vocab.json and merges.txt", "128 mel bins"])
def test_the_bot_loads_what_was_converted_and_asks_no_network(tmp_path: Path, name: str) -> None:
    _, _, target = converted(tmp_path, MODELS[name], "int8")
    check_folder(target)

    whisper = Whisper(target)
    whisper.warm_up()
    words = whisper.recognise(silence(1))

    assert whisper.languages == (tuple(sorted(LANGUAGES)) if MODELS[name].multilingual else ("en",))
    assert words.language in whisper.languages


def test_a_built_tokenizer_is_the_one_of_the_file(tmp_path: Path) -> None:
    texts = [" the thin singer's - answer", "Привіт!", " in  the"]
    encoded: list[list[Any]] = []
    for has in (True, False):
        folder = tmp_path / str(has)
        _, _, target = converted(folder, Architecture(tokenizer_file=has))
        tokenizer = Whisper(target)._whisper.hf_tokenizer
        encoded.append([tokenizer.encode(text, add_special_tokens=False).ids for text in texts])
        assert [tokenizer.decode(one) for one in encoded[-1]] == texts

    assert encoded[0] == encoded[1]


MARKS = {token: 10 + n for n, token in enumerate(special_tokens(multilingual=True))}


def test_a_multilingual_model_gets_the_empty_token_that_makes_it_so() -> None:
    lost = vocabulary({f"t{n}": n for n in range(10)} | MARKS, size=30, multilingual=True)
    gap = vocabulary({f"t{n}": n for n in range(9)} | MARKS, size=30, multilingual=True)
    kept = vocabulary({"": 3} | MARKS, size=30, multilingual=True)

    assert (lost.index(""), gap.index(""), kept.index("")) == (9, 9, 3)
    assert all(len(set(tokens)) == 30 for tokens in (lost, gap, kept))


def test_an_english_model_never_has_it() -> None:
    assert "" not in vocabulary({"": 3} | MARKS, size=30, multilingual=False)


def test_times_fill_the_end_of_the_vocabulary() -> None:
    tokens = vocabulary(MARKS, size=30, multilingual=True)

    assert tokens[MARKS["<|notimestamps|>"] + 1 :][:2] == ["<|0.00|>", "<|0.02|>"]


def test_positions_that_are_not_stored_are_computed() -> None:
    table = sinusoids(1500, 384)

    assert table.shape == (1500, 384)
    assert table[0, :192] == pytest.approx(0)
    assert table[1, 0] == pytest.approx(np.sin(1))
    assert table[7, 192] == pytest.approx(np.cos(7))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    write_model(tmp_path / "source", Architecture())
    return tmp_path / "source"


def refused(source: Path, tmp_path: Path, match: str) -> None:
    (tmp_path / "target").mkdir()
    with pytest.raises(EngineUnavailable, match=match) as error:
        convert(source, tmp_path / "target")
    assert str(error.value).endswith(".")
    assert not list((tmp_path / "target").iterdir())


def change(file: Path, **values: Any) -> None:
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | values), encoding="utf-8")


def test_another_kind_of_model_is_refused(source: Path, tmp_path: Path) -> None:
    change(source / "config.json", model_type="wav2vec2")
    refused(source, tmp_path, "no Whisper model")


def test_a_changed_architecture_is_refused(source: Path, tmp_path: Path) -> None:
    change(source / "config.json", activation_function="relu")
    refused(source, tmp_path, "architecture")


def test_weights_that_are_not_as_described_are_refused(source: Path, tmp_path: Path) -> None:
    change(source / "config.json", decoder_layers=3)
    refused(source, tmp_path, r"decoder\.layers\.2")


def test_weights_of_another_size_are_refused(source: Path, tmp_path: Path) -> None:
    change(source / "config.json", encoder_ffn_dim=256)
    refused(source, tmp_path, r"fc1\.weight is \(128, 64\), not \(256, 64\)")


@pytest.mark.parametrize("keep", [0, 7, 100, 5000, -1])
def test_a_file_that_was_cut_off_is_refused(source: Path, tmp_path: Path, keep: int) -> None:
    whole = (source / "model.safetensors").read_bytes()
    (source / "model.safetensors").write_bytes(whole[:keep])
    refused(source, tmp_path, "damaged")


@pytest.mark.parametrize(
    "header", [b"[]", b'{"x": 1}', b'{"x": {"dtype": "F32", "shape": [9], "data_offsets": [0, 9]}}']
)
def test_a_header_that_makes_no_sense_is_refused(source: Path, tmp_path: Path, header: bytes) -> None:
    (source / "model.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + bytes(64))
    refused(source, tmp_path, "damaged")


@pytest.mark.parametrize("name", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_file_that_is_missing_is_named(source: Path, tmp_path: Path, name: str) -> None:
    (source / name).unlink()
    refused(source, tmp_path, name.replace(".", r"\."))


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "generation_config.json"])
def test_a_file_that_makes_no_sense_is_refused(source: Path, tmp_path: Path, name: str) -> None:
    (source / name).write_text("{", encoding="utf-8")
    refused(source, tmp_path, "cannot be read")


def test_a_vocabulary_without_its_marks_is_refused(source: Path, tmp_path: Path) -> None:
    raw = json.loads((source / "tokenizer.json").read_text(encoding="utf-8"))
    raw["added_tokens"] = [token for token in raw["added_tokens"] if token["content"] != "<|notimestamps|>"]
    (source / "tokenizer.json").write_text(json.dumps(raw), encoding="utf-8")
    refused(source, tmp_path, "notimestamps")


def test_without_generation_settings_the_models_own_are_taken(source: Path, tmp_path: Path) -> None:
    (source / "generation_config.json").unlink()
    (source / "preprocessor_config.json").unlink()
    change(source / "config.json", suppress_tokens=[5, 6])
    (tmp_path / "target").mkdir()

    convert(source, tmp_path / "target")

    made = ids(Architecture())
    config = json.loads((tmp_path / "target" / "config.json").read_text(encoding="utf-8"))
    assert config["suppress_ids"] == [5, 6]
    assert config["suppress_ids_begin"] == [made["Ġ"], made["<|endoftext|>"]]
    assert config["lang_ids"] == [made[f"<|{code}|>"] for code in LANGUAGES]
    assert config["alignment_heads"] == [[1, 0], [1, 1]]


@pytest.mark.parametrize("name", ["multilingual", "English", "128 mel bins", "wide, four heads"])
def test_transformers_agrees_where_it_is_installed(tmp_path: Path, name: str) -> None:
    """Not a dependency, and gigabytes with PyTorch: `pip install torch transformers` for this one."""
    transformers: Any = pytest.importorskip("transformers")
    torch: Any = pytest.importorskip("torch")
    made = MODELS[name]
    model, _, _ = converted(tmp_path, made)
    theirs = transformers.WhisperForConditionalGeneration.from_pretrained(tmp_path / "source").eval()
    mel = features(made, 2 * made.audio_positions)
    start = [ids(made)[token] for token in ("<|startoftranscript|>", "<|notimestamps|>")]

    encoding = encode(model, mel)
    result = model.generate(encoding, [start], beam_size=1, max_length=40, suppress_tokens=[], suppress_blank=False)[0]

    said = list(start)
    with torch.no_grad():
        memory = theirs.model.encoder(torch.from_numpy(mel[None])).last_hidden_state
        while len(said) < len(start) + 20 and said[-1] != ids(made)["<|endoftext|>"]:
            logits = theirs(encoder_outputs=(memory,), decoder_input_ids=torch.tensor([said])).logits
            said.append(int(logits[0, -1].argmax()))
    assert np.abs(np.asarray(encoding)[0] - memory[0].numpy()).max() < 2e-3
    assert result.sequences_ids[0] == [token for token in said[len(start) :] if token != ids(made)["<|endoftext|>"]]


def test_a_folder_is_left_as_it_was(source: Path, tmp_path: Path) -> None:
    before = {file.name: file.read_bytes() for file in source.iterdir()}
    (tmp_path / "target").mkdir()

    convert(source, tmp_path / "target")

    assert {file.name: file.read_bytes() for file in source.iterdir()} == before
    shutil.rmtree(source)
    Whisper(tmp_path / "target").warm_up()
