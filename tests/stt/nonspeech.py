"""Sounds in which nobody says a word, made up and always the same: kind, seconds, seed -> int16 at 16 kHz.

Made in blocks of ten seconds, each with its own level between a whisper and a shout, since a detector that is quiet at
one level may not be at another. They share no code with the sounds that the rehearsal's model was trained on.
"""

from __future__ import annotations

import wave
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from stt.audio import RATE_HZ
from stt.engine import NO_HINTS
from stt.recordings import Reader, transcribe
from stt.segmenter import CHUNK_SAMPLES
from stt.text import words
from tests.stt.sounds import clips, recording

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from stt.audio import Utterance
    from stt.engine import Hints, Transcriber, Window, Words
    from stt.pipeline import VoiceActivity

Sound = NDArray[np.floating[Any]]
Chance = np.random.Generator

BLOCK_S = 10
BLOCK = BLOCK_S * RATE_HZ
FADE = RATE_HZ // 50
QUIETEST_DB, LOUDEST_DB = -50.0, -3.0
"""Peak of a block."""

HALL, TABLE = 120, 8
"""Voices at once."""


def times() -> Sound:
    return np.arange(BLOCK) / RATE_HZ


def shaped(chance: Chance, gain: Callable[[Sound], Sound], count: int = BLOCK) -> Sound:
    """Noise whose spectrum has this gain over Hz, of variance one."""
    spectrum = np.fft.rfft(chance.standard_normal(count))
    spectrum *= gain(np.arange(len(spectrum)) * (RATE_HZ / count))
    sound: Sound = np.fft.irfft(spectrum, count)
    return sound / (sound.std() + 1e-12)


def band(low_hz: float, high_hz: float) -> Callable[[Sound], Sound]:
    """Passes what lies between, with soft edges."""
    return lambda hz: 1 / (1 + (low_hz / np.maximum(hz, 1)) ** 4) / (1 + (hz / high_hz) ** 4)


def tilted(power: float) -> Callable[[Sound], Sound]:
    """Noise of 1/f^*power*: 0 is white, 1 pink, 2 brown."""
    return lambda hz: np.maximum(hz, 20) ** (-power / 2)


def put(into: Sound, at: int, sound: Sound) -> None:
    """Add *sound* from *at* on; what goes beyond the end is left out."""
    room = into[at : at + len(sound)]
    room += sound[: len(room)]


def silence(chance: Chance) -> Sound:
    del chance
    return np.zeros(BLOCK)


def white(chance: Chance) -> Sound:
    return shaped(chance, tilted(0))


def pink(chance: Chance) -> Sound:
    return shaped(chance, tilted(1))


def hum(chance: Chance) -> Sound:
    """Mains of 50 or 60 Hz with its overtones, the odd ones louder, and a little buzz."""
    base_hz = chance.choice([50.0, 60.0]) * (1 + 0.001 * chance.standard_normal())
    sound = sum(
        (1 / nth if nth % 2 else 0.3 / nth) * np.sin(2 * np.pi * base_hz * nth * times() + chance.uniform(0, 6))
        for nth in range(1, 20)
    )
    return sound + 0.01 * white(chance)


def tone(pitch_hz: float, seconds: float, chance: Chance, *, decay: float, overtones: int, vibrato: float) -> Sound:
    """One note of an instrument."""
    t = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    phase = 2 * np.pi * pitch_hz * (t + vibrato * np.sin(2 * np.pi * 5.5 * t) / (2 * np.pi * 5.5))
    sound = sum(
        np.sin(nth * phase + chance.uniform(0, 6)) / nth**1.2
        for nth in range(1, overtones)
        if nth * pitch_hz < RATE_HZ / 2.2
    )
    return sound * np.exp(-decay * t) * np.minimum(1, np.minimum(t, t[::-1]) * 50)


def music(chance: Chance) -> Sound:
    """Chords, a melody with vibrato in the range of voices, a bass, and drums."""
    sound = np.zeros(BLOCK)
    beat_s = 60 / chance.uniform(70, 150)
    root = chance.uniform(98, 196)
    scale = np.array([0, 2, 4, 5, 7, 9, 11, 12])
    beats = int(BLOCK_S / beat_s)
    for beat in range(beats):
        at = round(beat * beat_s * RATE_HZ)
        if beat % 4 == 0:
            first = int(chance.integers(0, 5))
            for step in (0, 2, 4):
                pitch = root * 2 ** ((scale[(first + step) % 7] + 12 * (first + step >= 7)) / 12)
                put(sound, at, 0.3 * tone(pitch, 4 * beat_s, chance, decay=0.3, overtones=8, vibrato=0.0))
            put(sound, at, 0.5 * tone(root / 2, 2 * beat_s, chance, decay=1.5, overtones=5, vibrato=0.0))
        for part in range(int(chance.integers(1, 3))):
            pitch = 2 * root * 2 ** (scale[int(chance.integers(0, 8))] / 12)
            note = tone(pitch, beat_s / 2, chance, decay=chance.uniform(0, 4), overtones=12, vibrato=0.012)
            put(sound, at + round(part * beat_s / 2 * RATE_HZ), 0.6 * note)
        t = np.arange(RATE_HZ // 5) / RATE_HZ
        kick = np.sin(2 * np.pi * (50 * t + 6 * (1 - np.exp(-t * 30)))) * np.exp(-t * 18)
        snare = shaped(chance, band(600, 6_000), len(t)) * np.exp(-t * 25) * 0.4
        put(sound, at, 1.2 * kick if beat % 2 == 0 else snare)
        hat = shaped(chance, band(6_000, 8_000), len(t)) * np.exp(-t * 60) * 0.15
        put(sound, at + round(beat_s / 2 * RATE_HZ), hat)
    return sound


def breath(chance: Chance) -> Sound:
    """In and out through mouth or nose, close to the microphone, with pauses."""
    sound = 0.005 * pink(chance)
    at = 0
    while at < BLOCK:
        for low_hz, high_hz, loud in ((500, 4_000, 0.6), (200, 1_800, 1.0)):
            length = round(chance.uniform(0.7, 1.8) * RATE_HZ)
            swell = np.sin(np.pi * np.arange(length) / length) ** 1.5
            # A throat is a tube: a few soft resonances, none of which moves.
            tube = band(low_hz * chance.uniform(0.7, 1.4), high_hz * chance.uniform(0.7, 1.4))
            put(sound, at, loud * swell * shaped(chance, tube, length))
            at += round(length * chance.uniform(0.8, 1.3))
        at += round(chance.uniform(0, 1.5) * RATE_HZ)
    return sound


def keys(chance: Chance) -> Sound:
    """Fast typing and clicks of a mouse."""
    sound = 0.003 * pink(chance)
    at = 0
    while at < BLOCK:
        mouse = chance.random() < 0.1
        for nth, loud in enumerate((1.0, 0.5)):
            length = round(chance.uniform(0.004, 0.02) * RATE_HZ)
            body = band(1_500, 7_500) if mouse else band(chance.uniform(200, 1_500), chance.uniform(3_000, 7_000))
            click = shaped(chance, body, max(64, length)) * np.exp(-np.linspace(0, 7, max(64, length)))
            put(sound, at + round(nth * chance.uniform(0.05, 0.12) * RATE_HZ), loud * chance.uniform(0.3, 1) * click)
        at += round((0.8 if chance.random() < 0.05 else chance.uniform(0.06, 0.25)) * RATE_HZ)
    return sound


def backwards(chance: Chance, voices: int) -> Sound:
    """So many people at once, all of them backwards: the sound of voices, and no word."""
    sound = np.zeros(BLOCK)
    spoken = [recording(clip["file"])[::-1].astype(np.float64) for clip in clips()]
    for _ in range(voices):
        at = -int(chance.integers(0, 2 * RATE_HZ))
        while at < BLOCK:
            voice = spoken[int(chance.integers(len(spoken)))]
            put(sound, max(at, 0), chance.uniform(0.4, 1) * voice[max(-at, 0) :])
            at += len(voice)
    return sound


def hall(chance: Chance) -> Sound:
    """Far too many to tell one from the other."""
    return backwards(chance, HALL)


def table(chance: Chance) -> Sound:
    """Few enough to be speech, for all that any detector can know."""
    return backwards(chance, TABLE)


def fan(chance: Chance) -> Sound:
    """Air, and blades that beat in it."""
    blades_hz = chance.uniform(60, 180)
    beat = 1 + 0.3 * np.sin(2 * np.pi * blades_hz / 5 * times())
    blades = sum(np.sin(2 * np.pi * blades_hz * nth * times() + nth) / nth for nth in range(1, 5))
    return shaped(chance, tilted(1.5)) * beat + 0.5 * blades


def street(chance: Chance) -> Sound:
    """Rumble, cars that pass, a horn, a bird."""
    sound = shaped(chance, tilted(2)) * 0.5
    for _ in range(3):
        length = round(chance.uniform(2, 5) * RATE_HZ)
        t = np.arange(length) / RATE_HZ
        swell = np.exp(-(((t - t[-1] / 2) / (t[-1] / 5)) ** 2))
        # The engine's pitch falls as the car goes by.
        engine_hz = chance.uniform(50, 120) * (1 - 0.15 * np.tanh(4 * (t / t[-1] - 0.5)))
        engine = sum(np.sin(nth * 2 * np.pi * np.cumsum(engine_hz) / RATE_HZ) / nth for nth in range(1, 10))
        tyres = shaped(chance, band(300, chance.uniform(1_500, 4_000)), length)
        put(sound, int(chance.integers(0, BLOCK)), swell * (engine + 1.5 * tyres) * chance.uniform(0.5, 2))
    if chance.random() < 0.5:
        horn = tone(400, 0.8, chance, decay=0, overtones=10, vibrato=0) + tone(
            500, 0.8, chance, decay=0, overtones=10, vibrato=0
        )
        put(sound, int(chance.integers(0, BLOCK)), horn)
    for _ in range(int(chance.integers(0, 8))):
        t = np.arange(RATE_HZ // 8) / RATE_HZ
        chirp = np.sin(2 * np.pi * (chance.uniform(3_000, 5_000) * t + 8_000 * t**2)) * np.sin(np.pi * t / t[-1])
        put(sound, int(chance.integers(0, BLOCK)), 0.4 * chirp)
    return sound


KINDS: dict[str, Callable[[Chance], Sound]] = {
    "digital silence": silence,
    "white noise": white,
    "pink noise": pink,
    "mains hum": hum,
    "music": music,
    "breathing": breath,
    "keyboard and mouse": keys,
    "full hall": hall,
    "fan": fan,
    "street": street,
}

LIKE_SPEECH = {"eight voices, backwards": table}
"""What cannot be promised: it is speech but for its direction, and a model that wants words finds some."""


def made(kind: str, blocks: int, seed: int = 1) -> NDArray[np.int16]:
    """So many blocks of ten seconds of one of `KINDS` or `LIKE_SPEECH`."""
    make = (KINDS | LIKE_SPEECH)[kind]
    chance = np.random.default_rng([seed, *kind.encode()])
    levels_db = np.linspace(LOUDEST_DB, QUIETEST_DB, blocks) if blocks > 1 else np.array([-12.0])
    chance.shuffle(levels_db)
    sounds: list[NDArray[np.int16]] = []
    fade = np.ones(BLOCK)
    fade[:FADE] = np.linspace(0, 1, FADE)
    fade[-FADE:] = fade[:FADE][::-1]
    for level_db in levels_db:
        sound = make(chance) * fade
        sound *= 32_767 * 10 ** (level_db / 20) / (np.abs(sound).max() + 1e-12)
        sounds.append(sound.astype(np.int16))
    return np.concatenate(sounds)


class Credulous:
    """Voice activity detection that takes everything for speech, so that the engine's own gates are alone."""

    def __init__(self) -> None:
        self._samples = 0

    def feed(self, samples: NDArray[np.int16], /) -> Sequence[float]:
        self._samples += len(samples)
        chunks, self._samples = divmod(self._samples, CHUNK_SAMPLES)
        return [0.9] * chunks

    def reset(self) -> None:
        self._samples = 0


@dataclass
class Heard:
    """What became of a sound in which nobody speaks.

    Attributes:
        sound_s: Its length.
        took_s: How long it took.
        utterances: Stretches that detection took for speech.
        passed_s: Seconds of them.
        empty: Those in which the engine heard no words.
        words: What was heard nevertheless.
        missing_s: Seconds that the engine failed on.
    """

    sound_s: float = 0.0
    took_s: float = 0.0
    utterances: int = 0
    passed_s: float = 0.0
    empty: int = 0
    words: list[str] = field(default_factory=list[str])
    missing_s: float = 0.0


class _Counting:
    """A transcriber that counts what it is asked."""

    def __init__(self, transcriber: Transcriber, heard: Heard) -> None:
        self.workers: int = transcriber.workers
        self.window: Window = transcriber.window
        self._transcriber = transcriber
        self._heard = heard

    async def transcribe(self, utterance: Utterance, hints: Hints = NO_HINTS) -> Words:
        found = await self._transcriber.transcribe(utterance, hints)
        self._heard.utterances += 1
        self._heard.passed_s += utterance.duration_s
        self._heard.empty += not found.text
        return found


async def hear(
    sound: NDArray[np.int16], transcriber: Transcriber, folder: Path, *, probability: Callable[[], VoiceActivity]
) -> Heard:
    """Write *sound* to a file and hear it as any recording is heard."""
    file = folder / "sound.wav"
    with wave.open(str(file), "wb") as written:
        written.setnchannels(1)
        written.setsampwidth(2)
        written.setframerate(RATE_HZ)
        written.writeframes(sound.tobytes())
    heard = Heard()
    began = perf_counter()
    with Reader(file) as reader:
        transcript = await transcribe([reader], _Counting(transcriber, heard), probability=probability)
    heard.took_s = perf_counter() - began
    heard.sound_s = transcript.heard_s
    heard.words = [word for snippet in transcript.snippets for word in words(snippet.text)]
    heard.missing_s = sum(snippet.missing_s for snippet in transcript.snippets)
    return heard
