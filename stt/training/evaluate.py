"""Measures a model folder through faster-whisper itself, and prints the tables of docs/recognition-model.md.

Two windows are measured. "30 s" is `WhisperModel.transcribe`, which pads the features to 3000 frames with zeros.
"short" pads them to the speech and a margin, and calls the same encoder and decoder.
"""

# ruff: noqa: S311 - repeatable randomness is the point.

import random
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import jiwer
import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.tokenizer import Tokenizer
from faster_whisper.transcribe import get_suppressed_tokens
from numpy.typing import NDArray

from stt.training import sounds
from stt.training.corpus import LANGUAGES, held_out_sentences, normalised
from stt.training.features import HOP, log_mel
from stt.training.voices import PEOPLE, RATE_HZ, Synthesiser, Voice

MARGIN_S = 0.64
TOKENS_PER_S, SPARE_TOKENS = 6, 16
NO_SPEECH, LOG_PROBABILITY = 0.6, -1.0
"""The gates: what is above the first and below the second is dropped."""

_SEED = 2026
_BEFORE_S, _AFTER_S, _PAUSE_S = 0.3, 0.5, 0.3
_ROOM_TONE = 0.001
_SENTENCES = {"en": 120, "uk": 15, "de": 15}
_HOT_WORDS = "Kubernetes, PostgreSQL, consistency, throughput"
_STRANGERS = (Voice("en-us", "m8", "male"), Voice("en-gb", "f5", "female"), Voice("en-scotland", "edward", "male"))


@dataclass(frozen=True, slots=True)
class Heard:
    """What the model made of one recording.

    Attributes:
        text: Its words, empty if none.
        no_speech: Probability that nobody spoke.
        log_probability: Mean over the tokens.
        took_s: Time on one thread.
    """

    text: str
    no_speech: float
    log_probability: float
    took_s: float

    @property
    def gated(self) -> str:
        """The words, unless both gates say that there was no speech."""
        dropped = self.no_speech > NO_SPEECH and self.log_probability < LOG_PROBABILITY
        return "" if dropped else self.text


def load(folder: Path) -> WhisperModel:
    """Load a model as the product does: int8, one thread, no network."""
    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=1, local_files_only=True)


def hear_full(model: WhisperModel, samples: NDArray[np.float32], language: str, hot_words: str | None = None) -> Heard:
    """Recognise with `transcribe`, gates off, in a window of 30 s."""
    began = time.perf_counter()
    segments = list(
        model.transcribe(
            samples,
            language=language,
            beam_size=1,
            temperature=0.0,
            condition_on_previous_text=False,
            without_timestamps=True,
            no_speech_threshold=None,
            hotwords=hot_words,
        )[0]
    )
    text = " ".join(segment.text.strip() for segment in segments)
    # transcribe() gives no segment for an empty text: then there is nothing to gate.
    no_speech = segments[0].no_speech_prob if segments else 1.0
    log_probability = segments[0].avg_logprob if segments else 0.0
    return Heard(text, no_speech, log_probability, time.perf_counter() - began)


def hear_short(
    model: WhisperModel,
    samples: NDArray[np.float32],
    language: str,
    hot_words: str | None = None,
    *,
    margin_s: float = MARGIN_S,
) -> Heard:
    """Recognise in a window of the recording and *margin_s* more."""
    began = time.perf_counter()
    tokenizer = Tokenizer(model.hf_tokenizer, multilingual=True, task="transcribe", language=language)
    mel = log_mel(model.feature_extractor, samples)
    padded = np.pad(mel, ((0, 0), (0, round(margin_s * RATE_HZ / HOP))))
    prompt = model.get_prompt(tokenizer, [], without_timestamps=True, hotwords=hot_words)
    cap = SPARE_TOKENS + round(TOKENS_PER_S * len(samples) / RATE_HZ)
    result = model.model.generate(
        model.encode(padded),
        [prompt],
        beam_size=1,
        # CTranslate2 allows min(max_length / 2, max_length - len(prompt)) new tokens.
        max_length=max(2 * cap, cap + len(prompt)),
        return_scores=True,
        return_no_speech_prob=True,
        suppress_tokens=get_suppressed_tokens(tokenizer, [-1]),
    )[0]
    tokens = result.sequences_ids[0]
    return Heard(
        tokenizer.decode(tokens).strip(),
        result.no_speech_prob,
        result.scores[0] * len(tokens) / (len(tokens) + 1),
        time.perf_counter() - began,
    )


def spoken(synthesiser: Synthesiser, text: str, voice: Voice, noise: np.random.Generator) -> NDArray[np.float32]:
    """Return *text* as the endpointer would cut it, in a quiet room."""
    samples = synthesiser.say(text, voice).samples
    samples = np.pad(samples / np.abs(samples).max() * 0.3, (round(_BEFORE_S * RATE_HZ), round(_AFTER_S * RATE_HZ)))
    return (samples + noise.standard_normal(len(samples)) * _ROOM_TONE).astype(np.float32)


def _row(*cells: object) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _errors(pairs: Iterable[tuple[str, Heard]]) -> tuple[str, str]:
    pairs = list(pairs)
    # jiwer refuses an empty text; a word that is never said counts as the error that it is.
    said = [normalised(text) for text, _ in pairs]
    heard = [normalised(one.text) or "-" for _, one in pairs]
    exact = sum(text == one.text for text, one in pairs)
    return f"{100 * jiwer.wer(said, heard):.1f} %", f"{exact} of {len(pairs)}"


class Evaluation:
    """One model under every condition."""

    def __init__(self, folder: Path) -> None:
        self._model = load(folder)
        self._synthesiser = Synthesiser()
        self._noise = np.random.default_rng(_SEED)
        rng = random.Random(_SEED)
        self._sentences = {key: held_out_sentences(rng, key, count) for key, count in _SENTENCES.items()}

    def _recordings(self, language: str, kind: str) -> list[tuple[str, NDArray[np.float32]]]:
        voices = [voice.speaking(language) for voice in PEOPLE.values() if voice.kind == kind]
        return [
            (text, spoken(self._synthesiser, text, voices[k % len(voices)], self._noise))
            for k, text in enumerate(self._sentences[language])
        ]

    def speech(self) -> Iterator[str]:
        """Word errors and languages found."""
        yield _row("Language", "Voices", "Sound", "Window", "Word errors", "Exact text", "Language found", "Time")
        yield _row("---", "---", "---", "---", "---:", "---:", "---:", "---:")
        for language in LANGUAGES:
            for kind in ("female", "male"):
                clean = self._recordings(language, kind)
                coded = [(text, sounds.opus(samples)) for text, samples in clean]
                for sound, recordings in (("clean", clean), ("Opus 64 kbit/s", coded)):
                    found = sum(self._language(samples) == language for _, samples in recordings)
                    for window, hear in (("short", hear_short), ("30 s", hear_full)):
                        pairs = [(text, hear(self._model, samples, language)) for text, samples in recordings]
                        took_ms = 1000 * float(np.median([heard.took_s for _, heard in pairs]))
                        found_in = f"{found} of {len(pairs)}" if window == "short" else ""
                        yield _row(language, kind, sound, window, *_errors(pairs), found_in, f"{took_ms:.0f} ms")

    def _language(self, samples: NDArray[np.float32]) -> str:
        mel = log_mel(self._model.feature_extractor, samples)
        encoded = self._model.encode(np.pad(mel, ((0, 0), (0, round(MARGIN_S * RATE_HZ / HOP)))))
        return self._model.model.detect_language(encoded)[0][0][0].strip("<|>")

    def margins(self) -> Iterator[str]:
        """Word errors by margin of the short window."""
        yield _row("Margin", "Word errors, English, Opus", "Exact text")
        yield _row("---:", "---:", "---:")
        recordings = [(text, sounds.opus(x)) for kind in ("female", "male") for text, x in self._recordings("en", kind)]
        for margin_s in (0.0, 0.16, 0.32, 0.64, 1.0, 1.28, 2.0, 4.0):
            pairs = [(text, hear_short(self._model, x, "en", margin_s=margin_s)) for text, x in recordings]
            yield _row(f"{margin_s:.2f} s", *_errors(pairs))

    def harder(self) -> Iterator[str]:
        """Conditions further from the training."""
        yield _row("Condition (English, short window)", "Word errors", "Exact text")
        yield _row("---", "---:", "---:")
        texts = self._sentences["en"]
        people = self._recordings("en", "female")[::2] + self._recordings("en", "male")[1::2]

        def heard(recordings: list[tuple[str, NDArray[np.float32]]], **settings: str) -> tuple[str, str]:
            return _errors((text, hear_short(self._model, x, "en", **settings)) for text, x in recordings)

        yield _row("Opus 16 kbit/s", *heard([(text, sounds.opus(x, 16)) for text, x in people]))
        for below_db in (20, 10):
            noisy = [
                (text, x + sounds.coloured_noise(len(x), self._noise, 1) * x.std() * np.float32(10 ** (-below_db / 20)))
                for text, x in people
            ]
            yield _row(f"pink noise {below_db} dB below the voice", *heard(noisy))
        yield _row("hot words in front", *heard(people, hot_words=_HOT_WORDS))
        first, last = round((_BEFORE_S - 0.1) * RATE_HZ), -round((_AFTER_S - 0.1) * RATE_HZ)
        tight = [(text, x[first:last]) for text, x in people]
        yield _row("cut 100 ms around the speech", *heard(tight))
        # A longer pause would end the utterance.
        before, after = round(_BEFORE_S * RATE_HZ), round((_AFTER_S - _PAUSE_S) * RATE_HZ)
        joined = [
            (f"{first_text} {second_text}", np.concatenate([first_one[:-after], second_one[before:]]))
            for (first_text, first_one), (second_text, second_one) in zip(people, people[4:], strict=False)
        ]
        yield _row(f"two sentences, {_PAUSE_S} s between them", *heard(joined))
        strangers = [
            (text, spoken(self._synthesiser, text, _STRANGERS[k % len(_STRANGERS)], self._noise))
            for k, text in enumerate(texts)
        ]
        yield _row("voices that training never had", *heard(strangers))

    def nothing(self, count: int = 24) -> Iterator[str]:
        """What is invented where nobody speaks."""
        yield _row("Sound", "Window", "Recordings", "Words, no gates", "Words, gates", "Least no-speech")
        yield _row("---", "---", "---:", "---:", "---:", "---:")
        rng = random.Random(_SEED)
        for kind in sounds.NOT_SPEECH:
            recordings = []
            for k in range(count):
                samples = sounds.not_speech(kind, round(rng.uniform(0.5, 6) * RATE_HZ), rng, self._noise)
                recordings.append(sounds.opus(samples) if k % 2 else samples)
            for window, hear in (("short", hear_short), ("30 s", hear_full)):
                heard = [hear(self._model, samples, rng.choice(LANGUAGES)) for samples in recordings]
                ungated = sum(bool(normalised(one.text)) for one in heard)
                gated = sum(bool(normalised(one.gated)) for one in heard)
                # transcribe() tells nothing of a recording without words.
                least = f"{min(one.no_speech for one in heard):.2f}" if window == "short" else ""
                yield _row(kind, window, count, ungated, gated, least)


def tables(folder: Path) -> Iterator[str]:
    """Yield everything as lines of Markdown, as it is measured."""
    evaluation = Evaluation(folder)
    for title, lines in (
        ("Speech", evaluation.speech()),
        ("Margin", evaluation.margins()),
        ("Harder", evaluation.harder()),
        ("Nobody speaks", evaluation.nothing()),
    ):
        yield f"\n### {title}\n"
        yield from lines
