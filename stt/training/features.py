"""Training material: sentences -> recordings -> log-mel features, with the extractor that faster-whisper itself uses.

Each shard is two files: `N.mel` (float16, frame after frame, 80 values each) and `N.jsonl` (one line per recording, in
the same order). A shard depends on its number alone, so the corpus is the same however many processes make it.
"""

# ruff: noqa: S311 - repeatable randomness is the point.

import json
import multiprocessing
import random
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from faster_whisper.feature_extractor import FeatureExtractor
from numpy.typing import NDArray

from stt.training import sounds
from stt.training.corpus import held_out, sentence, word_salad
from stt.training.voices import RATE_HZ, Synthesiser, somebody

MELS = 80
HOP = 160
LONGEST_S = 12.0

_SHARES = {"en": 66, "uk": 18, "de": 16}
_NOT_SPEECH_SHARE = 0.09
_NOISE_DB = (10, 15, 20, 25, 30, 40, 60, None)
_OPUS_SHARE = 0.35
_OPUS_KBIT_S = (16, 24, 32, 48, 64, 64)


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """One training example.

    Attributes:
        samples: float32, mono at 16 kHz.
        language: Key of the language; of chance where nobody speaks.
        sentences: Start and end in seconds and text of each; none where nobody speaks.
        phonemes: When each phoneme begins, in seconds, and its name.
    """

    samples: NDArray[np.float32]
    language: str
    sentences: list[tuple[float, float, str]]
    phonemes: list[tuple[float, str]]


@dataclass(frozen=True, slots=True, eq=False)
class Example:
    """A `Recording` as training reads it: *mel* is float16[frames, 80]."""

    mel: NDArray[np.float16]
    language: str
    sentences: list[tuple[float, float, str]]
    phonemes: list[tuple[float, str]]

    @property
    def frames(self) -> int:
        """Length in frames of 10 ms."""
        return len(self.mel)


def _text(rng: random.Random, language: str) -> str:
    while True:
        text = sentence(rng, language) if rng.random() < 0.75 else word_salad(rng, language)
        if not held_out(text):
            return text


def _around_speech_s(rng: random.Random, usual_s: float) -> float:
    """Mostly as tight as the endpointer cuts, sometimes seconds."""
    return rng.uniform(0.02, usual_s) if rng.random() < 0.8 else rng.uniform(usual_s, 2.5)


def _on_its_way(samples: NDArray[np.float32], rng: random.Random, noise: np.random.Generator) -> NDArray[np.float32]:
    if rng.random() < 0.25:
        samples = sounds.room(samples, rng)
    if rng.random() < 0.4:
        samples = sounds.tilted(samples, rng.uniform(-0.4, 0.5))
    below_db = rng.choice(_NOISE_DB)
    if below_db is not None:
        level = (samples.std() + 1e-6) * 10 ** (-below_db / 20)
        samples = samples + sounds.coloured_noise(len(samples), noise, rng.choice((0, 1))) * level
    return (samples / (np.abs(samples).max() + 1e-6) * 10 ** (rng.uniform(-24, -0.5) / 20)).astype(np.float32)


def _speech(rng: random.Random, noise: np.random.Generator, synthesiser: Synthesiser) -> Recording:
    language = rng.choices(list(_SHARES), list(_SHARES.values()))[0]
    voice = somebody(rng, language)
    at_s = _around_speech_s(rng, 0.4)
    parts = [np.zeros(int(at_s * RATE_HZ), np.float32)]
    sentences: list[tuple[float, float, str]] = []
    phonemes: list[tuple[float, str]] = []
    for _ in range(rng.choices((1, 2, 3), (70, 20, 10))[0]):
        text = _text(rng, language)
        speech = synthesiser.say(text, voice)
        length_s = len(speech.samples) / RATE_HZ
        if sentences and at_s + length_s > LONGEST_S - 1:
            break
        pause_s = rng.uniform(0.1, 0.6)
        phonemes += [(round(at_s + t, 3), name) for t, name in speech.phonemes]
        sentences.append((round(at_s, 3), round(at_s + length_s, 3), text))
        parts += [speech.samples, np.zeros(int(pause_s * RATE_HZ), np.float32)]
        at_s += length_s + pause_s
    parts[-1] = np.zeros(int(_around_speech_s(rng, 0.8) * RATE_HZ), np.float32)
    return Recording(_on_its_way(np.concatenate(parts), rng, noise), language, sentences, phonemes)


def _nobody(rng: random.Random, noise: np.random.Generator) -> Recording:
    count = int(rng.uniform(0.4, 6) * RATE_HZ)
    samples = sounds.not_speech(rng.choice(sounds.NOT_SPEECH), count, rng, noise)
    return Recording(samples, rng.choice(list(_SHARES)), [], [])


def record(rng: random.Random, noise: np.random.Generator, synthesiser: Synthesiser) -> Recording:
    """Return one recording for training."""
    recording = _nobody(rng, noise) if rng.random() < _NOT_SPEECH_SHARE else _speech(rng, noise, synthesiser)
    if rng.random() >= _OPUS_SHARE:
        return recording
    samples = sounds.opus(recording.samples, rng.choice(_OPUS_KBIT_S))
    return Recording(samples, recording.language, recording.sentences, recording.phonemes)


def log_mel(extractor: FeatureExtractor, samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return float32[80, frames], without the frame that the extractor adds at the end."""
    return extractor(samples)[:, : len(samples) // HOP]


def write_shard(folder: Path, number: int, count: int) -> None:
    """Write shard *number* of *count* recordings."""
    rng, noise = random.Random(number), np.random.default_rng(number)
    synthesiser, extractor = Synthesiser(), FeatureExtractor(feature_size=MELS)
    with (folder / f"{number}.mel").open("wb") as mel_file, (folder / f"{number}.jsonl").open("w") as lines:
        for _ in range(count):
            recording = record(rng, noise, synthesiser)
            mel = log_mel(extractor, recording.samples).astype(np.float16)
            mel_file.write(np.ascontiguousarray(mel.T).tobytes())
            line = {
                "frames": mel.shape[1],
                "language": recording.language,
                "sentences": recording.sentences,
                "phonemes": recording.phonemes,
            }
            lines.write(json.dumps(line, ensure_ascii=False) + "\n")


def write_corpus(folder: Path, *, shards: int, recordings: int, processes: int) -> None:
    """Write *shards* shards of *recordings* each."""
    folder.mkdir(parents=True, exist_ok=True)
    # espeak-ng keeps one state per process, and a fork would share it.
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        pool.starmap(write_shard, [(folder, number, recordings) for number in range(shards)], chunksize=1)


def read_corpus(folder: Path) -> list[Example]:
    """Return what `write_corpus` wrote, in its order; the features stay on disk until they are used."""
    examples: list[Example] = []
    for path in sorted(folder.glob("*.jsonl"), key=lambda path: int(path.stem)):
        mel = np.memmap(path.with_suffix(".mel"), np.float16, "r").reshape(-1, MELS)
        at = 0
        for line in path.read_text().splitlines():
            fields = json.loads(line)
            examples.append(
                Example(
                    mel[at : at + fields["frames"]],
                    fields["language"],
                    [tuple(part) for part in fields["sentences"]],
                    [tuple(part) for part in fields["phonemes"]],
                )
            )
            at += fields["frames"]
    return examples
