"""Whisper in plain numpy, and small models in Hugging Face's files, for converted ones to agree with.

Written from Radford et al. 2022 and the names in Hugging Face's files, not from the code that is tested.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import tokenizers as untyped

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

tokenizers: Any = untyped

Kind = Literal["F32", "F16", "BF16"]
Arrays = dict[str, "NDArray[np.float32]"]

LANGUAGES = ("en", "uk", "de")
MARKS = ("translate", "transcribe", "startoflm", "startofprev", "nospeech", "notimestamps")
MERGES = [("t", "h"), ("th", "e"), ("Ġ", "the"), ("i", "n"), ("Ġ", "-"), ("Ġ", "'"), ("Ġ", "s")]


@dataclass(frozen=True)
class Architecture:
    """What a small model is like."""

    width: int = 64
    heads: int = 2
    encoder_layers: int = 2
    decoder_layers: int = 2
    ffn: int = 128
    mels: int = 80
    audio_positions: int = 100
    text_positions: int = 64
    multilingual: bool = True
    kind: Kind = "F32"
    prefix: str = "model."
    shards: int = 1
    tokenizer_file: bool = True
    head_stored: bool = False
    seed: int = 0


def text_vocabulary(*, multilingual: bool) -> dict[str, int]:
    alphabet = sorted(tokenizers.pre_tokenizers.ByteLevel.alphabet())
    last = "" if multilingual else "<|endoftext|>"
    return {token: number for number, token in enumerate([*alphabet, *(a + b for a, b in MERGES), last])}


def special_tokens(*, multilingual: bool) -> list[str]:
    ends = ["<|endoftext|>"] if multilingual else []
    languages = [f"<|{code}|>" for code in LANGUAGES]
    return [*ends, "<|startoftranscript|>", *languages, *(f"<|{mark}|>" for mark in MARKS)]


def write_model(folder: Path, made: Architecture) -> Arrays:
    """Write a random model into an empty folder. Returns the weights as they were stored."""
    folder.mkdir(parents=True, exist_ok=True)
    vocab = text_vocabulary(multilingual=made.multilingual)
    special = special_tokens(multilingual=made.multilingual)
    added = {token: len(vocab) + number for number, token in enumerate(special)}
    size = len(vocab) + len(special) + 1501
    write_tokenizer(folder, made, vocab, added)
    ids = vocab | added
    config = {
        "model_type": "whisper",
        "d_model": made.width,
        "encoder_layers": made.encoder_layers,
        "encoder_attention_heads": made.heads,
        "encoder_ffn_dim": made.ffn,
        "decoder_layers": made.decoder_layers,
        "decoder_attention_heads": made.heads,
        "decoder_ffn_dim": made.ffn,
        "num_mel_bins": made.mels,
        "max_source_positions": made.audio_positions,
        "max_target_positions": made.text_positions,
        "vocab_size": size,
        "activation_function": "gelu",
        **dict.fromkeys(("pad_token_id", "bos_token_id", "eos_token_id"), ids["<|endoftext|>"]),
        "decoder_start_token_id": ids["<|startoftranscript|>"],
    }
    generation: dict[str, Any] = {
        "is_multilingual": made.multilingual,
        "suppress_tokens": [1, 2, 3, ids["<|translate|>"]],
        "begin_suppress_tokens": [ids["Ġ"], ids["<|endoftext|>"]],
        "alignment_heads": [[0, 1]],
    }
    if made.multilingual:
        generation["lang_to_id"] = {f"<|{code}|>": ids[f"<|{code}|>"] for code in LANGUAGES}
    front_end = {
        "feature_size": made.mels,
        "hop_length": 160,
        "n_fft": 400,
        "sampling_rate": 16_000,
        "chunk_length": 30,
    }
    for name, content in (
        ("config.json", config),
        ("generation_config.json", generation),
        ("preprocessor_config.json", front_end | {"chunk_length": made.audio_positions // 50, "padding_value": 0.0}),
    ):
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    weights = random_weights(made, size)
    stored = {name: as_stored(array, made.kind) for name, array in weights.items()}
    if made.head_stored:
        stored_twice = stored | {"proj_out.weight": stored["model.decoder.embed_tokens.weight"]}
    else:
        stored_twice = stored
    write_weights(folder, {name.replace("model.", made.prefix, 1): a for name, a in stored_twice.items()}, made)
    return stored


def write_tokenizer(folder: Path, made: Architecture, vocab: dict[str, int], added: dict[str, int]) -> None:
    if not made.tokenizer_file:
        (folder / "vocab.json").write_text(json.dumps(vocab), encoding="utf-8")
        lines = "".join(f"{a} {b}\n" for a, b in MERGES)
        (folder / "merges.txt").write_text("#version: 0.2\n" + lines, encoding="utf-8")
        (folder / "added_tokens.json").write_text(json.dumps(added), encoding="utf-8")
        return
    tokenizer = tokenizers.Tokenizer(tokenizers.models.BPE(vocab=vocab, merges=MERGES))
    tokenizer.pre_tokenizer = tokenizers.pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = tokenizers.decoders.ByteLevel()
    tokenizer.add_special_tokens([tokenizers.AddedToken(token, special=True) for token in added])
    tokenizer.save(str(folder / "tokenizer.json"))


def random_weights(made: Architecture, size: int) -> Arrays:
    rng = np.random.default_rng(made.seed)

    def normal(*shape: int, by: float | None = None) -> NDArray[np.float32]:
        scale = by if by is not None else 1.5 / math.sqrt(math.prod(shape[1:]))
        return (rng.standard_normal(shape) * scale).astype(np.float32)

    width = made.width
    arrays: Arrays = {
        "model.encoder.conv1.weight": normal(width, made.mels, 3),
        "model.encoder.conv1.bias": normal(width, by=0.1),
        "model.encoder.conv2.weight": normal(width, width, 3),
        "model.encoder.conv2.bias": normal(width, by=0.1),
        "model.encoder.embed_positions.weight": normal(made.audio_positions, width, by=0.5),
        "model.decoder.embed_tokens.weight": normal(size, width, by=1.0),
        "model.decoder.embed_positions.weight": normal(made.text_positions, width, by=1.0),
    }

    def add_norm(name: str) -> None:
        arrays[f"{name}.weight"] = 1 + normal(width, by=0.2)
        arrays[f"{name}.bias"] = normal(width, by=0.2)

    def add_attention(name: str) -> None:
        add_norm(f"{name}_layer_norm")
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            arrays[f"{name}.{part}.weight"] = normal(width, width)
            if part != "k_proj":
                arrays[f"{name}.{part}.bias"] = normal(width, by=0.1)

    for half, layers in (("encoder", made.encoder_layers), ("decoder", made.decoder_layers)):
        add_norm(f"model.{half}.layer_norm")
        for number in range(layers):
            name = f"model.{half}.layers.{number}"
            add_attention(f"{name}.self_attn")
            if half == "decoder":
                add_attention(f"{name}.encoder_attn")
            add_norm(f"{name}.final_layer_norm")
            for part, shape in (("fc1", (made.ffn, width)), ("fc2", (width, made.ffn))):
                arrays[f"{name}.{part}.weight"] = normal(*shape)
                arrays[f"{name}.{part}.bias"] = normal(shape[0], by=0.1)
    return arrays


def as_stored(array: NDArray[np.float32], kind: Kind) -> NDArray[np.float32]:
    """The same array with what the type loses lost."""
    if kind == "F16":
        return array.astype(np.float16).astype(np.float32)
    if kind == "BF16":
        return (array.view(np.uint32) & 0xFFFF0000).view(np.float32)
    return array


def write_weights(folder: Path, arrays: Arrays, made: Architecture) -> None:
    names = sorted(arrays)
    if made.shards == 1:
        write_safetensors(folder / "model.safetensors", arrays, made.kind)
        return
    where: dict[str, str] = {}
    for shard in range(made.shards):
        file = f"model-{shard + 1:05}-of-{made.shards:05}.safetensors"
        held = {name: arrays[name] for name in names[shard :: made.shards]}
        write_safetensors(folder / file, held, made.kind)
        where |= dict.fromkeys(held, file)
    (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": where}), encoding="utf-8")


def write_safetensors(file: Path, arrays: Arrays, kind: Kind) -> None:
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    body = b""
    for name, array in arrays.items():
        if kind == "F16":
            data = array.astype("<f2").tobytes()
        elif kind == "BF16":
            data = (array.view(np.uint32) >> 16).astype("<u2").tobytes()
        else:
            data = array.astype("<f4").tobytes()
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [len(body), len(body) + len(data)]}
        body += data
    text = json.dumps(header).encode()
    file.write_bytes(len(text).to_bytes(8, "little") + text + body)


erf = np.vectorize(math.erf, otypes=[np.float64])


def gelu(x: NDArray[Any]) -> NDArray[Any]:
    return x * 0.5 * (1 + erf(x / math.sqrt(2)))


class Reference:
    """The model itself, in float64."""

    def __init__(self, weights: Arrays, made: Architecture) -> None:
        self._weights = {name: array.astype(np.float64) for name, array in weights.items()}
        self._made = made

    def _norm(self, x: NDArray[Any], name: str) -> NDArray[Any]:
        mean, variance = x.mean(-1, keepdims=True), x.var(-1, keepdims=True)
        return (x - mean) / np.sqrt(variance + 1e-5) * self._weights[f"{name}.weight"] + self._weights[f"{name}.bias"]

    def _linear(self, x: NDArray[Any], name: str) -> NDArray[Any]:
        return x @ self._weights[f"{name}.weight"].T + self._weights.get(f"{name}.bias", 0)

    def _attention(self, x: NDArray[Any], source: NDArray[Any], name: str, *, causal: bool) -> NDArray[Any]:
        heads = self._made.heads

        def split(y: NDArray[Any]) -> NDArray[Any]:
            return y.reshape(len(y), heads, -1).transpose(1, 0, 2)

        query = split(self._linear(x, f"{name}.q_proj"))
        key, value = split(self._linear(source, f"{name}.k_proj")), split(self._linear(source, f"{name}.v_proj"))
        scores = query @ key.transpose(0, 2, 1) / math.sqrt(query.shape[-1])
        if causal:
            scores += np.triu(np.full(scores.shape[1:], -np.inf), 1)
        scores = np.exp(scores - scores.max(-1, keepdims=True))
        mixed = (scores / scores.sum(-1, keepdims=True)) @ value
        return self._linear(mixed.transpose(1, 0, 2).reshape(len(x), -1), f"{name}.out_proj")

    def _conv(self, x: NDArray[Any], name: str, stride: int) -> NDArray[Any]:
        padded = np.pad(x, ((1, 1), (0, 0)))
        weight, out = self._weights[f"{name}.weight"], 0
        for tap in range(3):
            out = out + padded[tap : tap + len(x)] @ weight[:, :, tap].T
        return (out + self._weights[f"{name}.bias"])[::stride]

    def _feed(self, x: NDArray[Any], name: str) -> NDArray[Any]:
        inner = gelu(self._linear(self._norm(x, f"{name}.final_layer_norm"), f"{name}.fc1"))
        return self._linear(inner, f"{name}.fc2")

    def encode(self, mel: NDArray[Any]) -> NDArray[Any]:
        """[frames / 2, width] of mel[mels, frames]."""
        x = gelu(self._conv(mel.T.astype(np.float64), "model.encoder.conv1", 1))
        x = gelu(self._conv(x, "model.encoder.conv2", 2))
        x = x + self._weights["model.encoder.embed_positions.weight"][: len(x)]
        for number in range(self._made.encoder_layers):
            name = f"model.encoder.layers.{number}"
            normed = self._norm(x, f"{name}.self_attn_layer_norm")
            x = x + self._attention(normed, normed, f"{name}.self_attn", causal=False)
            x = x + self._feed(x, name)
        return self._norm(x, "model.encoder.layer_norm")

    def logits(self, tokens: list[int], memory: NDArray[Any]) -> NDArray[Any]:
        """Of the token after the last."""
        embeddings = self._weights["model.decoder.embed_tokens.weight"]
        x = embeddings[tokens] + self._weights["model.decoder.embed_positions.weight"][: len(tokens)]
        for number in range(self._made.decoder_layers):
            name = f"model.decoder.layers.{number}"
            normed = self._norm(x, f"{name}.self_attn_layer_norm")
            x = x + self._attention(normed, normed, f"{name}.self_attn", causal=True)
            normed = self._norm(x, f"{name}.encoder_attn_layer_norm")
            x = x + self._attention(normed, memory, f"{name}.encoder_attn", causal=False)
            x = x + self._feed(x, name)
        return self._norm(x, "model.decoder.layer_norm")[-1] @ embeddings.T

    def greedy(
        self, memory: NDArray[Any], start: list[int], *, count: int, end: int, never: list[int], not_first: list[int]
    ) -> list[int]:
        """What follows *start*, likeliest first, until *end* or *count* tokens."""
        said: list[int] = []
        while len(said) < count:
            logits = self.logits(start + said, memory)
            logits[never + (not_first if not said else [])] = -np.inf
            likeliest = int(logits.argmax())
            if likeliest == end:
                break
            said.append(likeliest)
        return said

    def languages(self, memory: NDArray[Any], start: int, ids: list[int]) -> NDArray[Any]:
        """How likely each is."""
        logits = self.logits([start], memory)[ids]
        likely = np.exp(logits - logits.max())
        return likely / likely.sum()
