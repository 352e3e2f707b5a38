"""A Whisper model from Hugging Face's files to the folder that CTranslate2 loads, with numpy alone.

    safetensors -> arrays -> WhisperSpec -> int8 -> model.bin
    tokenizer.json, or vocab.json and merges.txt -> tokenizer.json, vocabulary.json
    generation_config.json, config.json -> config.json
    preprocessor_config.json -> preprocessor_config.json

CTranslate2 brings a converter of its own, which needs PyTorch and transformers: some gigabytes, for a copy of arrays.
Files with pickles (pytorch_model.bin) are not read: they can hold programs.
"""

from __future__ import annotations

import json
import math
import re
import shutil
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from ctranslate2.specs import whisper_spec as untyped

from stt.engine import EngineUnavailable
from stt.layout import FRONT_END, INDEX, TOKENIZER, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

whisper_spec: Any = untyped

HEADER_BYTES = 100_000_000
"""A longer header is none. Source: huggingface/safetensors, MAX_HEADER_SIZE."""

MULTILINGUAL_TOKENS = 51865
"""Whisper's models with this many tokens or more know several languages. Source: openai/whisper, model.py."""

DEFAULT_FRONT_END = {"chunk_length": 30, "feature_size": 80, "hop_length": 160, "n_fft": 400, "sampling_rate": 16_000}
"""What faster-whisper reads of preprocessor_config.json. Source: Radford et al. 2022, section 2.2."""

TIME_STEP_S = 0.02
"""Source: Radford et al. 2022, section 2.3."""

_END, _START, _NO_TIMES = "<|endoftext|>", "<|startoftranscript|>", "<|notimestamps|>"
_TRANSLATE = "<|translate|>"
_NEEDED = (_END, _START, _TRANSLATE, "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", _NO_TIMES)
_NO_SPEECH = ("<|nospeech|>", "<|nocaptions|>")
"""The second is what the first was called."""

_WIDE = {"F32": np.dtype("<f4"), "F16": np.dtype("<f2"), "BF16": np.dtype("<u2")}


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a model is."""

    width: int
    encoder_layers: int
    encoder_heads: int
    encoder_ffn: int
    decoder_layers: int
    decoder_heads: int
    decoder_ffn: int
    mels: int
    audio_positions: int
    text_positions: int
    tokens: int


def convert(source: Path, target: Path, *, quantization: str = "int8") -> None:
    """Write *source*'s model to *target*, an empty folder, as faster-whisper loads it.

    Args:
        source: A folder with Hugging Face's files.
        target: A folder that exists.
        quantization: "int8" or "float32".

    Raises:
        EngineUnavailable: If it is no Whisper model, or a part of it is missing or unlike its description.
    """
    config = _read_json(source / "config.json")
    shape = _shape(config)
    generation = _read_json(source / "generation_config.json", needed=False)
    tokenizer = _tokenizer(source)
    ids: dict[str, int] = tokenizer.get_vocab(with_added_tokens=True)
    multilingual = _is_multilingual(config, generation, ids)
    tokens = vocabulary(ids, size=shape.tokens, multilingual=multilingual)

    spec = _weights(Weights(source), shape)
    spec.register_vocabulary(tokens)
    spec.config.suppress_ids = _ids(generation, config, "suppress_tokens", [])
    spec.config.suppress_ids_begin = _ids(
        generation, config, "begin_suppress_tokens", [*tokenizer.encode(" ", add_special_tokens=False).ids, ids[_END]]
    )
    spec.config.lang_ids = _language_ids(generation, ids)
    spec.config.alignment_heads = _alignment_heads(generation, shape)
    spec.validate()
    spec.optimize(quantization=quantization)
    spec.save(str(target))

    _write_tokenizer(source, target, tokenizer)
    given = _read_json(source / FRONT_END, needed=False)
    given = {key: given[key] for key in DEFAULT_FRONT_END if key in given}
    front_end = DEFAULT_FRONT_END | {"feature_size": shape.mels} | given
    (target / FRONT_END).write_text(json.dumps(front_end, indent=2) + "\n", encoding="utf-8")


def vocabulary(ids: Mapping[str, int], *, size: int, multilingual: bool) -> list[str]:
    """Every token in the order of its id, as CTranslate2 wants them.

    CTranslate2 takes a model for multilingual if the empty string is one of its tokens, and for nothing else. Whisper's
    own multilingual tokenizers have it, as a token that never occurs; some that were saved anew have lost it. Only ids
    are used on the way back to text, so another token that never occurs can take its name.

    Raises:
        EngineUnavailable: If a token is missing without which nothing can be recognised.
    """
    missing = [token for token in _NEEDED if token not in ids]
    missing += [] if any(token in ids for token in _NO_SPEECH) else [_NO_SPEECH[0]]
    if missing:
        raise EngineUnavailable(f"This is not Whisper's vocabulary: it lacks {', '.join(missing)}.")
    by_id = {number: token for token, number in ids.items() if number < size}
    first_time = ids[_NO_TIMES] + 1
    for number in range(size):
        if number not in by_id:
            time_s = (number - first_time) * TIME_STEP_S
            by_id[number] = f"<|{time_s:.2f}|>" if number >= first_time else f"<|unused {number}|>"
    if multilingual and "" not in ids:
        by_id[ids[_END] - 1] = ""
    elif not multilingual and "" in ids:
        by_id[ids[""]] = "<|empty|>"
    return [by_id[number] for number in range(size)]


_Place = tuple["Path", int, str, tuple[int, ...]]


def _headed(file: Path) -> dict[str, _Place]:
    """Where each array of a file is. Raises something or other if it is no such file."""
    size = file.stat().st_size
    with file.open("rb") as opened:
        length = int.from_bytes(opened.read(8), "little")
        if not 2 <= length <= min(HEADER_BYTES, size - 8):
            raise ValueError
        header: dict[str, Any] = json.loads(opened.read(length))
    found: dict[str, _Place] = {}
    for name, entry in header.items():
        if name == "__metadata__":
            continue
        start, end = entry["data_offsets"]
        shape = tuple(int(n) for n in entry["shape"])
        width = _WIDE[entry["dtype"]].itemsize if entry["dtype"] in _WIDE else None
        if not 0 <= start <= end <= size - 8 - length or (width and end - start != width * math.prod(shape)):
            raise ValueError
        found[name] = (file, 8 + length + start, entry["dtype"], shape)
    return found


class Weights:
    """The arrays of a model's safetensors files.

    A file is eight bytes (the header's length, little endian), the header (JSON: each array's type, shape, and place in
    the rest), and the rest. Source: huggingface/safetensors, README.

    Raises:
        EngineUnavailable: If there are none, or a file is damaged.
    """

    def __init__(self, folder: Path) -> None:
        self._arrays: dict[str, _Place] = {}
        index = _read_json(folder / INDEX, needed=False).get("weight_map")
        if isinstance(index, dict):
            names = sorted({str(name) for name in cast("dict[str, object]", index).values()})
        else:
            names = [WEIGHTS]
        for name in names:
            self._open(folder / name)
        # As saved without the head that turns states into tokens.
        self._prefix = "model." if any(name.startswith("model.") for name in self._arrays) else ""

    def _open(self, file: Path) -> None:
        try:
            self._arrays |= _headed(file)
        except FileNotFoundError:
            raise EngineUnavailable(f"The model has no {file.name}; other files with weights are not read.") from None
        except (ValueError, KeyError, TypeError, AttributeError):
            raise EngineUnavailable(f"{file.name} is damaged, or no safetensors file; fetch it again.") from None

    def __contains__(self, name: str) -> bool:
        return self._prefix + name in self._arrays

    def take(self, name: str, *shape: int) -> NDArray[Any]:
        """The array of this name: float32, or float16 where it is kept so.

        Raises:
            EngineUnavailable: If there is none, or one of another shape or type.
        """
        found = self._arrays.get(self._prefix + name)
        if found is None:
            raise EngineUnavailable(f"The model's weights are incomplete: {name} is missing.")
        file, offset, kind, has = found
        if has != shape:
            raise EngineUnavailable(f"The model is not what its config.json says: {name} is {has}, not {shape}.")
        if kind not in _WIDE:
            raise EngineUnavailable(f"The model's weights are of the type {kind}; F32, F16 and BF16 can be read.")
        flat: NDArray[Any] = np.fromfile(file, _WIDE[kind], math.prod(shape), offset=offset)
        if kind == "BF16":
            # The upper half of a float32.
            flat = (flat.astype(np.uint32) << 16).view(np.float32)
        return flat.reshape(shape)

    def vector(self, name: str, *shape: int) -> NDArray[np.float32]:
        """As `take`, as float32: what is not stored as int8 is computed with as it is."""
        return self.take(name, *shape).astype(np.float32)


def _weights(weights: Weights, shape: Shape) -> Any:
    width = shape.width
    spec = whisper_spec.WhisperSpec(
        shape.encoder_layers, shape.encoder_heads, shape.decoder_layers, shape.decoder_heads
    )
    for number, conv, channels in ((1, spec.encoder.conv1, shape.mels), (2, spec.encoder.conv2, width)):
        conv.weight = weights.take(f"encoder.conv{number}.weight", width, channels, 3)
        conv.bias = weights.vector(f"encoder.conv{number}.bias", width)
    spec.encoder.position_encodings.encodings = (
        weights.vector("encoder.embed_positions.weight", shape.audio_positions, width)
        if "encoder.embed_positions.weight" in weights
        else sinusoids(shape.audio_positions, width)
    )
    embeddings = weights.take("decoder.embed_tokens.weight", shape.tokens, width)
    spec.decoder.embeddings.weight = embeddings
    # Some files hold it twice. It is one matrix, in training as well.
    spec.decoder.projection.weight = embeddings
    spec.decoder.position_encodings.encodings = weights.vector(
        "decoder.embed_positions.weight", shape.text_positions, width
    )
    for name, half, ffn in (("encoder", spec.encoder, shape.encoder_ffn), ("decoder", spec.decoder, shape.decoder_ffn)):
        _norm(half.layer_norm, weights, f"{name}.layer_norm", width)
        for number, layer in enumerate(half.layer):
            _layer(layer, weights, f"{name}.layers.{number}", width, ffn, crossed=name == "decoder")
    return spec


def _layer(layer: Any, weights: Weights, name: str, width: int, ffn: int, *, crossed: bool) -> None:
    own = f"{name}.self_attn"
    _norm(layer.self_attention.layer_norm, weights, f"{own}_layer_norm", width)
    _linear(layer.self_attention.linear[0], weights, [f"{own}.{p}_proj" for p in "qkv"], width, width)
    _linear(layer.self_attention.linear[1], weights, [f"{own}.out_proj"], width, width)
    if crossed:
        cross = f"{name}.encoder_attn"
        _norm(layer.attention.layer_norm, weights, f"{cross}_layer_norm", width)
        _linear(layer.attention.linear[0], weights, [f"{cross}.q_proj"], width, width)
        _linear(layer.attention.linear[1], weights, [f"{cross}.k_proj", f"{cross}.v_proj"], width, width)
        _linear(layer.attention.linear[2], weights, [f"{cross}.out_proj"], width, width)
    _norm(layer.ffn.layer_norm, weights, f"{name}.final_layer_norm", width)
    _linear(layer.ffn.linear_0, weights, [f"{name}.fc1"], ffn, width)
    _linear(layer.ffn.linear_1, weights, [f"{name}.fc2"], width, ffn)


def _norm(spec: Any, weights: Weights, name: str, width: int) -> None:
    spec.gamma, spec.beta = weights.vector(f"{name}.weight", width), weights.vector(f"{name}.bias", width)


def _linear(spec: Any, weights: Weights, names: Sequence[str], rows: int, columns: int) -> None:
    spec.weight = np.concatenate([weights.take(f"{name}.weight", rows, columns) for name in names])
    # Whisper's keys have no bias, but lie in one matrix with queries and values, which have.
    spec.bias = np.concatenate(
        [
            np.zeros(rows, np.float32) if name.endswith("k_proj") else weights.vector(f"{name}.bias", rows)
            for name in names
        ]
    )


def sinusoids(length: int, width: int) -> NDArray[np.float32]:
    """Positions as Whisper's encoder has them. Source: openai/whisper, model.py."""
    falling = np.exp(-math.log(10_000) / (width // 2 - 1) * np.arange(width // 2))
    angle = np.arange(length)[:, None] * falling[None]
    return np.concatenate([np.sin(angle), np.cos(angle)], axis=1).astype(np.float32)


def _shape(config: Mapping[str, Any]) -> Shape:
    if config.get("model_type") != "whisper":
        raise EngineUnavailable("This is no Whisper model: its config.json says another model_type.")
    if config.get("activation_function", "gelu") != "gelu" or config.get("scale_embedding"):
        raise EngineUnavailable("This Whisper model was changed in its architecture, and cannot be converted.")
    try:
        return Shape(
            width=int(config["d_model"]),
            encoder_layers=int(config["encoder_layers"]),
            encoder_heads=int(config["encoder_attention_heads"]),
            encoder_ffn=int(config["encoder_ffn_dim"]),
            decoder_layers=int(config["decoder_layers"]),
            decoder_heads=int(config["decoder_attention_heads"]),
            decoder_ffn=int(config["decoder_ffn_dim"]),
            mels=int(config.get("num_mel_bins", 80)),
            audio_positions=int(config.get("max_source_positions", 1500)),
            text_positions=int(config.get("max_target_positions", 448)),
            tokens=int(config["vocab_size"]),
        )
    except (KeyError, TypeError, ValueError):
        raise EngineUnavailable(
            "The model's config.json does not say how large it is; it cannot be converted."
        ) from None


def _is_multilingual(config: Mapping[str, Any], generation: Mapping[str, Any], ids: Mapping[str, int]) -> bool:
    said = generation.get("is_multilingual")
    if isinstance(said, bool):
        return said
    return "" in ids or bool(generation.get("lang_to_id")) or config["vocab_size"] >= MULTILINGUAL_TOKENS


def _ids(generation: Mapping[str, Any], config: Mapping[str, Any], key: str, default: list[int]) -> list[int]:
    """A list of tokens; generation_config.json took it over from config.json."""
    for place in (generation, config):
        if isinstance(place.get(key), list):
            return [int(number) for number in place[key]]
    return default


def _language_ids(generation: Mapping[str, Any], ids: Mapping[str, int]) -> list[int]:
    named = generation.get("lang_to_id")
    if isinstance(named, dict) and named:
        return sorted(cast("dict[str, int]", named).values())
    return sorted(number for token, number in ids.items() if _is_language(token, number, ids))


def _is_language(token: str, number: int, ids: Mapping[str, int]) -> bool:
    return ids[_START] < number < ids[_TRANSLATE] and re.fullmatch(r"<\|[a-z]{2,3}\|>", token) is not None


def _alignment_heads(generation: Mapping[str, Any], shape: Shape) -> list[list[int]]:
    given = generation.get("alignment_heads")
    if isinstance(given, list) and given:
        return cast("list[list[int]]", given)
    # As CTranslate2's own converter: all of the last half.
    layers = range(shape.decoder_layers // 2, shape.decoder_layers)
    return [[layer, head] for layer, head in product(layers, range(shape.decoder_heads))]


def _tokenizer(source: Path) -> Any:
    import tokenizers  # noqa: PLC0415 - with it this module would take longer to load than to use

    library: Any = tokenizers
    try:
        if (source / TOKENIZER[0]).is_file():
            return library.Tokenizer.from_file(str(source / TOKENIZER[0]))
        return _built_tokenizer(source, library)
    except EngineUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - tokenizers raises what it likes
        msg = f"The model's tokenizer cannot be read ({type(error).__name__}); fetch its files again."
        raise EngineUnavailable(msg) from None


def _built_tokenizer(source: Path, library: Any) -> Any:
    vocab = _read_json(source / "vocab.json", needed=False)
    merges = source / "merges.txt"
    added = _added_tokens(source)
    if not vocab or not merges.is_file() or not added:
        raise EngineUnavailable(
            "The model has no tokenizer: tokenizer.json is missing, or vocab.json, merges.txt and added_tokens.json."
        )
    lines = merges.read_text(encoding="utf-8").splitlines()
    pairs = [tuple(line.split(" ")) for line in lines if line and not line.startswith("#version")]
    tokenizer = library.Tokenizer(library.models.BPE(vocab=vocab, merges=pairs))
    tokenizer.pre_tokenizer = library.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = library.decoders.ByteLevel()
    # The English vocabularies have the end among their text; it is special there as well.
    marks = {token: vocab[token] for token in (_END,) if token in vocab} | added
    for token, number in sorted(marks.items(), key=lambda item: item[1]):
        is_time = re.fullmatch(r"<\|\d+\.\d\d\|>", token) is not None
        mark = library.AddedToken(token, special=not is_time, normalized=False)
        (tokenizer.add_tokens if is_time else tokenizer.add_special_tokens)([mark])
        if tokenizer.token_to_id(token) != number:
            raise EngineUnavailable(
                "The model's vocab.json and its added tokens do not fit together; it cannot be used."
            )
    return tokenizer


def _added_tokens(source: Path) -> dict[str, int]:
    """Both forms: a file of its own, or a part of tokenizer_config.json."""
    added = _read_json(source / "added_tokens.json", needed=False)
    if added:
        return {str(token): int(number) for token, number in added.items()}
    decoder = _read_json(source / "tokenizer_config.json", needed=False).get("added_tokens_decoder", {})
    return {str(entry["content"]): int(number) for number, entry in decoder.items()}


def _write_tokenizer(source: Path, target: Path, tokenizer: Any) -> None:
    if (source / TOKENIZER[0]).is_file():
        shutil.copyfile(source / TOKENIZER[0], target / TOKENIZER[0])
    else:
        (target / TOKENIZER[0]).write_text(tokenizer.to_str(), encoding="utf-8")


def _read_json(file: Path, *, needed: bool = True) -> dict[str, Any]:
    try:
        raw: Any = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if not needed:
            return {}
        raise EngineUnavailable(f"The model has no {file.name}.") from None
    except ValueError:
        raise EngineUnavailable(f"The model's {file.name} cannot be read; fetch it again.") from None
    if not isinstance(raw, dict):
        raise EngineUnavailable(f"The model's {file.name} cannot be read; fetch it again.")
    return cast("dict[str, Any]", raw)
