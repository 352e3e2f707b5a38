"""How well a model does on recordings whose words are known.

    folder -> read_samples -> Sample -> recordings.transcribe, one after the other -> Score

One recording at a time, so that a time is how long its words took and not how long they waited for others.

Errors:
    SamplesUnreadable       the folder has no recordings with their words, or its list cannot be understood
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any, cast

from stt.engine import SpeechError
from stt.recordings import Reader, RecordingUnreadable, transcribe
from stt.text import word_errors, words

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from stt.engine import Transcriber
    from stt.pipeline import VoiceActivity
    from stt.segmenter import Endpointing

LISTS = ("manifest.json", "expected.json")
"""What a list of recordings is called; the first that is there counts."""

TEXT_KEYS = ("text", "transcript")


class SamplesUnreadable(SpeechError):
    """There is nothing to evaluate with; the message is one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A recording and its words.

    Attributes:
        file: The recording.
        text: What is said in it; empty if nobody speaks.
        language: Code to decode in; None to let the model find out.
    """

    file: Path
    text: str = field(repr=False)
    language: str | None = None


@dataclass(slots=True)
class Score:
    """How a model did.

    Attributes:
        files: Recordings that were heard.
        words: Words that are said in them.
        wrong: Words inserted, left out or mistaken, where somebody speaks.
        silent_files: Recordings in which nobody speaks.
        invented: Words that were heard in those.
        heard_s: Seconds of audio.
        took_s: Seconds from the first sample to the last word, added up: decoding, detection and recognition.
        recognition_s: How long the engine took, one number for each utterance.
        missing_s: Seconds of speech without words, because the engine failed on them.
        crashes: How often the engine's process died or hung.
        unread: Sentences without a full stop on recordings that could not be read.
    """

    files: int = 0
    words: int = 0
    wrong: int = 0
    silent_files: int = 0
    invented: int = 0
    heard_s: float = 0.0
    took_s: float = 0.0
    recognition_s: list[float] = field(default_factory=list[float])
    missing_s: float = 0.0
    crashes: int = 0
    unread: list[str] = field(default_factory=list[str])

    @property
    def word_error_rate(self) -> float | None:
        """Wrong words for each that was said; None if none was. Above 1 if more is invented than was said."""
        return self.wrong / self.words if self.words else None

    @property
    def real_time_factor(self) -> float | None:
        """Seconds of work for each second of audio; None without audio."""
        return self.took_s / self.heard_s if self.heard_s else None

    def latency_s(self, part: float) -> float | None:
        """What that part (0.5, 0.95) of the utterances did not exceed; None without any."""
        ordered = sorted(self.recognition_s)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else None

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "files": self.files,
            "words": self.words,
            "wrong": self.wrong,
            "word_error_rate": _rounded(self.word_error_rate),
            "silent_files": self.silent_files,
            "invented_words": self.invented,
            "heard_s": _rounded(self.heard_s),
            "real_time_factor": _rounded(self.real_time_factor),
            "utterances": len(self.recognition_s),
            "latency_p50_s": _rounded(self.latency_s(0.5)),
            "latency_p95_s": _rounded(self.latency_s(0.95)),
            "missing_s": _rounded(self.missing_s),
            "crashes": self.crashes,
            "unread": self.unread,
        }


def _rounded(number: float | None) -> float | None:
    return None if number is None else round(number, 4)


def read_samples(folder: Path) -> list[Sample]:
    """The recordings of a folder that have their words in a list, or beside them in a text of the same name.

    Raises:
        SamplesUnreadable: If there are none, or the list cannot be understood.
    """
    if not folder.is_dir():
        raise SamplesUnreadable(f"{folder} is no folder; name one that holds recordings and their words.")
    file = next((folder / name for name in LISTS if (folder / name).is_file()), None)
    samples = _listed(file) if file else _beside(folder)
    if not samples:
        raise SamplesUnreadable(f"{folder} holds no recordings with their words: put answer.txt beside answer.wav.")
    return samples


def _listed(file: Path) -> list[Sample]:
    unclear = SamplesUnreadable(
        f'{file} cannot be understood: it is to be a list of {{"file": "answer.wav", "text": "What is said."}}.'
    )
    try:
        entries: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise unclear from None
    if not isinstance(entries, list):
        raise unclear
    samples: list[Sample] = []
    for entry in cast("list[Any]", entries):
        known = cast("dict[str, Any]", entry) if isinstance(entry, dict) else {}
        name, language = known.get("file"), known.get("language")
        text = next((known[key] for key in TEXT_KEYS if key in known), None)
        if not isinstance(name, str) or not isinstance(text, str) or not isinstance(language, str | None):
            raise unclear
        samples.append(Sample(file.parent / name, text, language or None))
    return samples


def _beside(folder: Path) -> list[Sample]:
    samples: list[Sample] = []
    for file in sorted(folder.iterdir()):
        text = file.with_suffix(".txt")
        if file != text and file.is_file() and text.is_file():
            try:
                samples.append(Sample(file, text.read_text(encoding="utf-8")))
            except (OSError, ValueError):
                raise SamplesUnreadable(f"{text} cannot be read as text in UTF-8.") from None
    return samples


async def evaluate(
    samples: Sequence[Sample],
    transcriber: Transcriber,
    *,
    probability: Callable[[], VoiceActivity],
    endpointing: Endpointing | None = None,
    on_progress: Callable[[], None] | None = None,
) -> Score:
    """How an engine does on *samples*.

    Args:
        samples: The recordings and their words.
        transcriber: The engine.
        probability: Makes the voice activity detection of one speaker.
        endpointing: When speech has begun and ended.
        on_progress: Called after each recording.

    Raises:
        EngineUnavailable: If the engine is gone for good.
    """
    score = Score()
    for sample in samples:
        await _add(score, sample, transcriber, probability=probability, endpointing=endpointing)
        if on_progress:
            on_progress()
    return score


async def _add(
    score: Score,
    sample: Sample,
    transcriber: Transcriber,
    *,
    probability: Callable[[], VoiceActivity],
    endpointing: Endpointing | None,
) -> None:
    began = perf_counter()
    try:
        reader = Reader(sample.file)
    except RecordingUnreadable as error:
        score.unread.append(str(error))
        return
    with reader:
        found = await transcribe(
            [reader], transcriber, probability=probability, endpointing=endpointing, language=sample.language
        )
    score.unread += found.unread
    if not found.heard_s:
        return
    score.took_s += perf_counter() - began
    score.heard_s += found.heard_s
    score.files += 1
    score.recognition_s += found.recognition_s
    score.crashes += found.engines_lost
    score.missing_s += sum(snippet.missing_s for snippet in found.snippets)
    said = words(sample.text)
    heard = [word for snippet in found.snippets for word in words(snippet.text)]
    if said:
        score.words += len(said)
        score.wrong += word_errors(said, heard)
    else:
        score.silent_files += 1
        score.invented += len(heard)
