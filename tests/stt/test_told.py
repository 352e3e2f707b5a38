"""What a recogniser is told of the question reaches its decoder, and moves it, if the model looks back at it.

No published model is here to be measured, and the rehearsal's learned without prompts. So a model is made by hand: its
decoder hears nothing, and expects again the names that stand before. What is tested is everything between a question
and such a model: the interview's prompt, its tokens, where they stand, and the engine's own scores. It says nothing
about how much a model that was trained gains.
"""

from __future__ import annotations

import math
from random import Random
from typing import TYPE_CHECKING, Any

import ctranslate2 as untyped
import numpy as np
import pytest

from bot.interview.course import Course, Plan
from bot.interview.roles import Role
from config.questions import Bank, load_questions
from stt.convert import convert
from stt.engine import Hints
from stt.whisper import Whisper
from tests.stt import reference_whisper
from tests.stt.reference_whisper import Architecture, write_model, write_weights

if TYPE_CHECKING:
    from pathlib import Path

ctranslate2: Any = untyped

MADE = Architecture(width=256, encoder_layers=1, decoder_layers=1, text_positions=448, seed=3)
NAMES = ("Kafka", "Avro", "Redis", "Docker", "Kubernetes", "Terraform", "MQTT")
"""Each is one token of the model's, as common names are of published ones."""

SOUND = np.zeros(16_000, np.int16)


def looking_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model whose decoder looks at all that stands before alike, and expects the names in it once more."""
    whole = [("Ġ" + name[:at], name[at]) for name in NAMES for at in range(len(name))]
    monkeypatch.setattr(reference_whisper, "MERGES", [*dict.fromkeys(whole), *reference_whisper.MERGES])
    arrays = write_model(folder, MADE)
    layer = "model.decoder.layers.0"
    same = np.eye(MADE.width, dtype=np.float32)
    for name, array in arrays.items():
        if "decoder" not in name or "embed_tokens" in name:
            continue
        arrays[name] = np.ones_like(array) if name.endswith("norm.weight") else np.zeros_like(array)
    ids = reference_whisper.text_vocabulary(multilingual=True)
    names = [ids[f"Ġ{name}"] for name in NAMES]
    embeddings = arrays["model.decoder.embed_tokens.weight"]
    embeddings[[number for number in range(len(embeddings)) if number not in names]] = 0
    arrays[f"{layer}.self_attn.v_proj.weight"] = same
    arrays[f"{layer}.self_attn.out_proj.weight"] = same
    # Not so sure of anything that all else becomes impossible.
    arrays["model.decoder.layer_norm.weight"] *= 0.05
    write_weights(folder, arrays, MADE)


@pytest.fixture(scope="module")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> Whisper:
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("target")
    with pytest.MonkeyPatch.context() as patched:
        looking_back(source, patched)
    convert(source, target, quantization="float32")
    return Whisper(target)


@pytest.fixture(scope="module")
def bank() -> Bank:
    return load_questions()


def begun(whisper: Whisper, hints: Hints, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The tokens that the decoder is given before it says anything."""
    given: list[list[int]] = []
    get_prompt = whisper._whisper.get_prompt

    def spy(*parts: Any, **options: Any) -> list[int]:
        given.append(get_prompt(*parts, **options))
        return given[-1]

    with monkeypatch.context() as patched:
        patched.setattr(whisper._whisper, "get_prompt", spy)
        whisper.recognise(SOUND, hints)
    return given[0]


def likely(whisper: Whisper, start: list[int], name: str) -> float:
    """How likely the engine holds it that *name* is said next: the mean log-probability of its tokens."""
    features = np.zeros((1, MADE.mels, 2 * MADE.audio_positions), np.float32)
    tokens = whisper._whisper.hf_tokenizer.encode(f" {name}", add_special_tokens=False).ids
    found = whisper._whisper.model.align(ctranslate2.StorageView.from_array(features), start, [tokens], 100)[0]
    return float(np.mean([math.log(each) for each in found.text_token_probs]))


@pytest.mark.parametrize("language", ["en", "de", "uk"])
def test_the_question_stands_before_the_speech_in_the_language_of_the_speaker(
    whisper: Whisper, bank: Bank, monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    course = Course(Plan(language=language), bank, random=Random(0))
    course.choose("git-merge-rebase", 0)
    told = course.prompt("SkillRally", Role.CANDIDATE)

    start = begun(whisper, Hints(language=language, prompt=told), monkeypatch)

    text = whisper._whisper.hf_tokenizer.decode(start, skip_special_tokens=False)
    before, _, after = text.partition("<|startoftranscript|>")
    assert before.startswith("<|startofprev|> Git, merge, rebase. SkillRally. ")
    assert f" {told}".startswith(before.removeprefix("<|startofprev|>").rstrip("\ufffd"))
    assert after == f"<|{language}|><|transcribe|><|notimestamps|>"


@pytest.mark.parametrize(
    ("question", "names"),
    [
        ("schema-event-contract", {"Kafka", "Avro"}),
        ("kubernetes-probe", {"Kubernetes"}),
        ("rate-limiter", {"Redis"}),
        ("iot-telemetry", {"MQTT"}),
    ],
)
def test_names_of_the_question_and_the_glossary_become_likelier_than_untold_and_others_do_not(
    whisper: Whisper, bank: Bank, monkeypatch: pytest.MonkeyPatch, question: str, names: set[str]
) -> None:
    course = Course(Plan(), bank, random=Random(0))
    course.choose(question, 0)

    told = begun(whisper, Hints(language="en", prompt=course.prompt("Terraform", Role.CANDIDATE)), monkeypatch)
    untold = begun(whisper, Hints(language="en"), monkeypatch)

    gain = {name: likely(whisper, told, name) - likely(whisper, untold, name) for name in NAMES}
    named = names | {"Terraform"}
    assert min(gain[name] for name in named) > math.log(50)
    assert max(gain[name] for name in NAMES if name not in named) < 0
