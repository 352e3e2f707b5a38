"""Records the rehearsal's interview and the tests' clips, in voices that the model knows, and checks every one.

A recording is good only if the model hears its text exactly, after Discord's codec as before it, in both windows. The
sentences were picked for that, and nearly all are ones that training never saw.
"""

# ruff: noqa: RUF001 - Ukrainian has letters that look like others.

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from stt.training import sounds
from stt.training.corpus import held_out, normalised
from stt.training.evaluate import hear_full, hear_short, load
from stt.training.voices import PEOPLE, RATE_HZ, Synthesiser

log = logging.getLogger(__name__)

ROLES = {
    "Oleg": "interviewer",
    "Anna": "candidate",
    "Maria": "late joiner",
    "David": "withdraws",
    "Peter": "never consents",
}

_SEED = 41
_BEFORE_S, _AFTER_S = 0.2, 0.3
_ROOM_TONE = 0.0001
_NOISE_S = 2


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the interview.

    Attributes:
        speaker: Who says it, a key of `ROLES`.
        text: As the model writes it.
        language: Key of the language.
        secret: Said without consent, so no word of it may be heard.
    """

    speaker: str
    text: str
    language: str = "en"
    secret: bool = False


INTERVIEW = (
    Line("Oleg", "Hello Anna, thank you for joining today."),
    Line("Anna", "Hello Oleg, it is nice to meet you."),
    Line("David", "Ich heiße David und kenne Linux.", "de"),
    Line("Oleg", "Tell me about yourself."),
    Line("Anna", "I have five years of experience with Terraform."),
    Line("Peter", "Please do not tell my neighbour about the salary.", secret=True),
    Line("Oleg", "How would you design a search index?"),
    Line("Anna", "I would read the logs and then write more tests."),
    Line("Maria", "Sorry, I am late."),
    Line("Maria", "Моя команда побудувала базу даних.", "uk"),
    Line("Oleg", "Why did you use Rust and not Redis?"),
    Line("Anna", "I like Rust because it is stable."),
    Line("David", "The guitar of my husband is in the kitchen.", secret=True),
    Line("Anna", "We found a memory leak in a payment service."),
    Line("Peter", "The umbrella of my doctor is in the garden.", secret=True),
    Line("Maria", "Я працюю п'ять років і знаю докер.", "uk"),
    Line("David", "The wedding of my brother is in the kitchen.", secret=True),
    Line("Oleg", "Thank you Anna, that was a great answer."),
)
"""The rehearsal: David withdraws his consent after his first line, Peter never gives it."""

CLIPS = (
    Line("Anna", "What is the difference between a linked list and a queue?"),
    Line("Oleg", "How would you scale a database?"),
    Line("Maria", "I have seven weeks of experience with Docker."),
    Line("David", "Can you build a load balancer and keep it fast?"),
    Line("Peter", "I like React because it is reliable."),
    Line("Anna", "My manager asked me to test a cache."),
    Line("Oleg", "We fixed a binary tree in three years."),
    Line("Maria", "We found a slow query in a linked list."),
    Line("Anna", "Ми побудували мобільний додаток за два місяці.", "uk"),
    Line("David", "Wie würden Sie eine Warteschlange bauen?", "de"),
)
"""For the tests."""


def write_flac(path: Path, samples: NDArray[np.float32]) -> None:
    """Write *samples* with 16 bits each."""
    with av.open(str(path), "w", format="flac") as container:
        stream = container.add_stream("flac", rate=RATE_HZ, layout="mono", options={"compression_level": "12"})
        whole = (np.clip(samples, -1, 1) * 32767).astype(np.int16)[None]
        frame = av.AudioFrame.from_ndarray(whole, format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        for part in (frame, None):
            for packet in stream.encode(part):
                container.mux(packet)


class _Studio:
    def __init__(self, folder: Path) -> None:
        self._model = load(folder)
        self._synthesiser = Synthesiser()
        self._noise = np.random.default_rng(_SEED)
        self.mistakes: list[str] = []

    def record(self, line: Line, path: Path) -> float:
        """Write one recording and return its length in seconds."""
        voice = PEOPLE[line.speaker].speaking(line.language)
        samples = self._synthesiser.say(line.text, voice).samples
        samples = np.pad(samples / np.abs(samples).max() * 0.3, (round(_BEFORE_S * RATE_HZ), round(_AFTER_S * RATE_HZ)))
        samples = (samples + self._noise.standard_normal(len(samples)) * _ROOM_TONE).astype(np.float32)
        write_flac(path, samples)
        for sound, heard_samples in (("clean", samples), ("Opus", sounds.opus(samples))):
            for window, hear in (("short", hear_short), ("30 s", hear_full)):
                heard = hear(self._model, heard_samples, line.language).gated
                if heard != line.text:
                    self.mistakes.append(f"{path.name}, {sound}, {window}: {heard!r} instead of {line.text!r}")
        return round(len(samples) / RATE_HZ, 2)

    def record_noise(self, path: Path) -> float:
        """Write a recording in which nobody speaks."""
        samples = sounds.coloured_noise(_NOISE_S * RATE_HZ, self._noise, 1) * np.float32(0.004)
        write_flac(path, samples)
        return float(_NOISE_S)


def _words(lines: Iterable[Line]) -> set[str]:
    return {word for line in lines for word in normalised(line.text).split()}


def _write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")


def speak(model: Path, voices: Path, clips: Path) -> None:
    """Record everything, and list it in `lines.json` and `expected.json`.

    Raises:
        SystemExit: If the model misheard a recording: pick another sentence.
    """
    studio = _Studio(model)
    for folder in (voices, clips):
        folder.mkdir(parents=True, exist_ok=True)

    lines: list[dict[str, object]] = []
    for number, line in enumerate(INTERVIEW, start=1):
        name = f"{number:02d}-{line.speaker.lower()}"
        seconds = studio.record(line, voices / f"{name}.flac")
        others = [other for other in INTERVIEW if other.speaker != line.speaker or not other.secret]
        lines.append(
            {
                "id": name,
                "speaker": line.speaker,
                "role": ROLES[line.speaker],
                "language": line.language,
                "text": line.text,
                "file": f"{name}.flac",
                "seconds": seconds,
                "held_out": held_out(line.text),
                "must_not_be_heard": line.secret,
                # What would give a leak away: nobody else says these words, nor does the speaker while it is allowed.
                "telltale_words": sorted(_words([line]) - _words(others)) if line.secret else [],
            }
        )
    _write_json(voices / "lines.json", lines)

    expected: list[dict[str, object]] = []
    for number, line in enumerate(CLIPS, start=1):
        name = f"clip{number:02d}.flac"
        seconds = studio.record(line, clips / name)
        expected.append({"file": name, "language": line.language, "text": line.text, "seconds": seconds})
    seconds = studio.record_noise(clips / "noise.flac")
    expected.append({"file": "noise.flac", "text": "", "seconds": seconds})
    _write_json(clips / "expected.json", expected)

    for mistake in studio.mistakes:
        log.error("%s", mistake)
    if studio.mistakes:
        raise SystemExit(1)
    log.info("%d lines and %d clips recorded, each heard exactly", len(lines), len(expected) - 1)
