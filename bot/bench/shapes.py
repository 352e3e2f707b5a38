"""Whisper models with the exact public shapes and random weights: what a model costs, without downloading one.

    Size -> random arrays, safetensors, a tokenizer -> stt.convert -> a folder that WhisperModel and Whisper load

The shapes decide what encoding and a decoding step cost; only how many tokens are said depends on the weights. So the
weights are random, except for one thing: the last layer of the decoder knows, for each token of one sentence, the next.
The sentence is said whatever is heard, with a probability of nearly 1, and ends: no second attempt and no gate is
ever called for, unless somebody measures those.

Nothing can be said about what a model understands with these.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from itertools import islice, product
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from stt.convert import DEFAULT_FRONT_END, TIME_STEP_S, convert
from stt.layout import FRONT_END, PROPERTIES, TOKENIZER, WEIGHTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from stt.engine import Window

WORDS_PER_S = 3.6
"""Tokens that a second of speech takes, of English at an interview's pace."""

WORDS = 20
"""Said by default: 5.5 s of speech."""

TOKENS, MELS, AUDIO_POSITIONS, TEXT_POSITIONS = 51_865, 80, 1_500, 448
"""Of every multilingual size up to medium. Source: openai/whisper, ModelDimensions of the published checkpoints."""

TEXT_TOKENS = 50_257
"""The first id of a mark. Source: openai/whisper, multilingual.tiktoken and tokenizer.py."""

_CODES = (
    "en zh de es ru ko fr ja pt tr pl ca nl ar sv it id hi fi vi he uk el ms cs ro da hu ta no th ur hr bg lt la mi ml "
    "cy sk te fa lv bn sr az sl kn et mk br eu is hy ne mn bs kk sq sw gl mr pa si km sn yo so af oc ka be tg sd gu am "
    "yi lo uz fo ht ps tk nn mt sa lb my bo tl mg as tt haw ln ha ba jw su"
)
LANGUAGES = tuple(_CODES.split())
"""In the order of their ids. Source: openai/whisper, tokenizer.py."""

SPOKEN = "en"
"""What is detected."""

START, END, NO_TIMES, TRANSCRIBE = "<|startoftranscript|>", "<|endoftext|>", "<|notimestamps|>", "<|transcribe|>"
FIRST_TIME = "<|0.00|>"
MARKS = (
    END,
    START,
    *(f"<|{code}|>" for code in LANGUAGES),
    *("<|translate|>", TRANSCRIBE, "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", NO_TIMES),
)

CONSONANTS, VOWELS = "bcdfghjklmnpqrstvwxz", "aeiou"

STRENGTH = 10.0
"""Length of the embedding of a token of the sentence. All others are shorter than 1."""

RANDOM = 0.2
"""Standard deviation of what a random layer makes of an input of 1. Small, so that the sentence stands out of it."""

EMBEDDED = 0.01
"""Standard deviation of all other embeddings, of tokens and of positions."""

Name = Literal["tiny", "base", "small"]


@dataclass(frozen=True, slots=True)
class Size:
    """A published size. Encoder and decoder have as many layers and heads; what lies between is four times as wide."""

    width: int
    layers: int
    heads: int


SIZES: Mapping[Name, Size] = {"tiny": Size(384, 4, 6), "base": Size(512, 6, 8), "small": Size(768, 12, 12)}
"""Source: openai/whisper, ModelDimensions of the published checkpoints; Radford et al. 2022, table 1."""

Arrays = dict[str, "NDArray[np.float16]"]


def make(folder: Path, size: Name, *, words: int = WORDS, window: Window = "full", seed: int = 0) -> Path:
    """Write a model that says *words* words, whatever it hears, and return its folder.

    Args:
        folder: Is made. What lies there before it is finished is removed again.
        size: Which published shapes.
        words: From 1 to 200.
        window: What the folder says that the model was trained for.
        seed: Of the weights.
    """
    source = folder / "source"
    source.mkdir(parents=True)
    ids = vocabulary()
    (source / TOKENIZER[0]).write_text(tokenizer(ids), encoding="utf-8")
    (source / "config.json").write_text(json.dumps(_config(SIZES[size])), encoding="utf-8")
    generation = {"is_multilingual": True, "lang_to_id": {f"<|{code}|>": ids[f"<|{code}|>"] for code in LANGUAGES}}
    (source / "generation_config.json").write_text(json.dumps(generation), encoding="utf-8")
    (source / FRONT_END).write_text(json.dumps(DEFAULT_FRONT_END), encoding="utf-8")
    write_safetensors(source / WEIGHTS, weights(SIZES[size], follows(words, ids), seed=seed))
    convert(source, folder)
    about: dict[str, Any] = {"name": f"{size}, random weights", "window": window, "languages": []}
    (folder / PROPERTIES).write_text(json.dumps(about), encoding="utf-8")
    for file in source.iterdir():
        file.unlink()
    source.rmdir()
    return folder


# -- what is said ----------------------------------------------------------------------------------------------


def sentence(words: int) -> list[str]:
    """The words, all different and in no order, so that nothing takes them for a repetition."""
    texts = [token for token in vocabulary() if token.startswith("Ġ") and len(token) == 5]
    chosen = np.random.default_rng(0).choice(len(texts), words, replace=False)
    return [texts[number] for number in chosen]


def follows(words: int, ids: Mapping[str, int]) -> list[tuple[int, int]]:
    """After which token comes which."""
    said = sentence(words)
    chain = [
        (START, f"<|{SPOKEN}|>"),
        (f"<|{SPOKEN}|>", TRANSCRIBE),
        # With times and without.
        (TRANSCRIBE, FIRST_TIME),
        (FIRST_TIME, said[0]),
        (NO_TIMES, said[0]),
        *zip(said, [*said[1:], END], strict=True),
    ]
    return [(ids[before], ids[after]) for before, after in chain]


def vocabulary() -> dict[str, int]:
    """Every token and its id, laid out as the published vocabulary: text, marks, times."""
    # By the empty string, which never occurs, CTranslate2 knows a model of several languages.
    texts = [*islice(_tokens(), TEXT_TOKENS - 1), ""]
    times = [f"<|{number * TIME_STEP_S:.2f}|>" for number in range(TOKENS - TEXT_TOKENS - len(MARKS))]
    return {token: number for number, token in enumerate(texts)} | {
        token: TEXT_TOKENS + number for number, token in enumerate([*MARKS, *times])
    }


def tokenizer(ids: Mapping[str, int]) -> str:
    """The content of tokenizer.json: byte pairs, as many as the published one has."""
    texts = {token: number for token, number in ids.items() if number < TEXT_TOKENS}
    marks = [
        {
            "id": number,
            "content": token,
            "single_word": False,
            "lstrip": False,
            "rstrip": False,
            "normalized": False,
            "special": number < ids[FIRST_TIME],
        }
        for token, number in ids.items()
        if number >= TEXT_TOKENS
    ]
    level: dict[str, Any] = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    content = {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": marks,
        "normalizer": None,
        "pre_tokenizer": level,
        "post_processor": None,
        "decoder": level,
        "model": {"type": "BPE", "vocab": texts, "merges": [list(_parts(t)) for t in texts if len(t) > 1]},
    }
    return json.dumps(content, ensure_ascii=False)


def _bytes() -> list[str]:
    """A character for every byte, as byte-level tokenizers write them. Source: openai/gpt-2, encoder.py."""
    plain = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = (byte for byte in range(256) if byte not in plain)
    return [chr(byte) for byte in plain] + [chr(256 + number) for number, _ in enumerate(others)]


def _tokens() -> Iterator[str]:
    """Bytes, then syllables, alone and in twos, then words of one, two and three; Ġ is the space before a word."""
    syllables = [consonant + vowel for consonant, vowel in product(CONSONANTS, VOWELS)]
    yield from _bytes()
    yield from ("Ġ-", "Ġ'")
    yield from syllables
    yield from (f"Ġ{syllable}" for syllable in syllables)
    yield from map("".join, product(syllables, repeat=2))
    yield from ("Ġ" + "".join(two) for two in product(syllables, repeat=2))
    yield from ("Ġ" + "".join(three) for three in product(syllables, repeat=3))


def _parts(token: str) -> tuple[str, str]:
    """Which two tokens become this one."""
    at = len(token) - 2 if len(token) > 3 else 1
    return token[:at], token[at:]


# -- weights ---------------------------------------------------------------------------------------------------


def parameters(size: Size) -> dict[str, tuple[int, ...]]:
    """The shape of every array, by its name in Hugging Face's format."""
    d = size.width
    found: dict[str, tuple[int, ...]] = {}

    def layer(name: str, *shape: int, bias: bool = True) -> None:
        found[f"{name}.weight"] = shape
        if bias:
            found[f"{name}.bias"] = shape[:1]

    layer("encoder.conv1", d, MELS, 3)
    layer("encoder.conv2", d, d, 3)
    layer("encoder.embed_positions", AUDIO_POSITIONS, d, bias=False)
    layer("decoder.embed_tokens", TOKENS, d, bias=False)
    layer("decoder.embed_positions", TEXT_POSITIONS, d, bias=False)
    for half, attentions in (("encoder", ("self_attn",)), ("decoder", ("self_attn", "encoder_attn"))):
        layer(f"{half}.layer_norm", d)
        for number in range(size.layers):
            name = f"{half}.layers.{number}"
            for attention in attentions:
                layer(f"{name}.{attention}_layer_norm", d)
                for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
                    layer(f"{name}.{attention}.{part}", d, d, bias=part != "k_proj")
            layer(f"{name}.final_layer_norm", d)
            layer(f"{name}.fc1", 4 * d, d)
            layer(f"{name}.fc2", d, 4 * d)
    return {f"model.{name}": shape for name, shape in found.items()}


def weights(size: Size, chain: list[tuple[int, int]], *, seed: int) -> Arrays:
    """Every array of a model, by its name in Hugging Face's format."""
    generator = np.random.default_rng(seed)
    arrays: Arrays = {}
    for name, shape in parameters(size).items():
        if name.endswith(".bias"):
            arrays[name] = np.zeros(shape, np.float16)
        elif name.endswith("layer_norm.weight"):
            arrays[name] = np.ones(shape, np.float16)
        else:
            drawn = generator.standard_normal(math.prod(shape), np.float32)
            scale = EMBEDDED if ".embed_" in name else RANDOM / math.sqrt(math.prod(shape[1:]))
            drawn *= np.float32(scale)
            arrays[name] = drawn.reshape(shape).astype(np.float16)
    _teach(arrays, size, chain, generator)
    return arrays


def _teach(arrays: Arrays, size: Size, chain: list[tuple[int, int]], generator: np.random.Generator) -> None:
    """Have each token of the chain be followed by the next, with a probability of nearly 1.

    Each gets a direction of its own. One unit of the last layer stands for each step: it wakes where the normed state,
    whose length is the root of the width, lies mostly in the one direction, and adds five times as much of the other.
    """
    d = size.width
    tokens = sorted({token for step in chain for token in step})
    directions, _ = np.linalg.qr(generator.standard_normal((d, len(tokens))))
    of = dict(zip(tokens, directions.T, strict=True))
    embeddings = arrays["model.decoder.embed_tokens.weight"]
    for token, direction in of.items():
        embeddings[token] = STRENGTH * direction
    last = f"model.decoder.layers.{size.layers - 1}"
    wake = math.sqrt(d) / 2
    for unit, (before, after) in enumerate(chain):
        arrays[f"{last}.fc1.weight"][unit] = of[before]
        arrays[f"{last}.fc1.bias"][unit] = -wake
        arrays[f"{last}.fc2.weight"][:, unit] = 5 * STRENGTH / wake * of[after]


# -- files -----------------------------------------------------------------------------------------------------


def _config(size: Size) -> dict[str, Any]:
    both = {
        "layers": size.layers,
        "attention_heads": size.heads,
        "ffn_dim": 4 * size.width,
    }
    return {
        "model_type": "whisper",
        "d_model": size.width,
        "num_mel_bins": MELS,
        "max_source_positions": AUDIO_POSITIONS,
        "max_target_positions": TEXT_POSITIONS,
        "vocab_size": TOKENS,
        **{f"{half}_{what}": number for half in ("encoder", "decoder") for what, number in both.items()},
    }


def write_safetensors(file: Path, arrays: Mapping[str, NDArray[np.float16]]) -> None:
    """Write float16 arrays as `stt.convert` reads them. Source: huggingface/safetensors, README."""
    header: dict[str, Any] = {}
    at = 0
    for name, array in arrays.items():
        header[name] = {"dtype": "F16", "shape": list(array.shape), "data_offsets": [at, at + array.nbytes]}
        at += array.nbytes
    encoded = json.dumps(header).encode()
    with file.open("wb") as opened:
        opened.write(len(encoded).to_bytes(8, "little"))
        opened.write(encoded)
        for array in arrays.values():
            opened.write(array.tobytes())
