"""Speech from text with the system's espeak-ng, in this process: text -> float32 at 16 kHz, with phoneme times.

The voices of the rehearsal's people are listed here, because they are also the voices that the model knows best.
"""

import ctypes
import random
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

RATE_HZ = 16_000

_PHONEME_EVENT = 7
_SYNCHRONOUS, _WITH_PHONEME_EVENTS, _UTF8 = 2, 1, 1
_SPEED, _VOLUME, _PITCH, _RANGE = 1, 2, 3, 4
_AUDIBLE = 0.004

_SPOKEN = {"PostgreSQL": "post gress Q L", "GraphQL": "graph Q L", "Redis": "reddis"}
"""What espeak-ng would spell out or mumble, as a person says it."""

_DIALECTS = {
    "en-us": "English (America)",
    "en-gb": "English (Great Britain)",
    "en-rp": "English (Received Pronunciation)",
    "en-scotland": "English (Scotland)",
    "en-lancaster": "English (Lancaster)",
    "en-nyc": "English (America, New York City)",
    "uk": "Ukrainian",
    "de": "German",
}


@dataclass(frozen=True, slots=True)
class Voice:
    """How somebody speaks.

    Attributes:
        dialect: Key of the espeak-ng language.
        variant: espeak-ng's name of the speaker, empty for its plain voice.
        kind: "female" or "male", as the voice sounds.
        speed: Words per minute.
        pitch: 0 .. 100.
        intonation: 0 .. 100.
    """

    dialect: str
    variant: str
    kind: str
    speed: float = 160
    pitch: float = 50
    intonation: float = 50

    def varied(self, rng: random.Random) -> "Voice":
        """Return the same voice in another mood."""
        return replace(
            self,
            speed=self.speed * rng.uniform(0.87, 1.15),
            pitch=min(99.0, max(5.0, self.pitch + rng.uniform(-9, 9))),
            intonation=rng.uniform(35, 65),
        )

    def speaking(self, language: str) -> "Voice":
        """Return this person speaking *language*."""
        return (
            self if self.dialect[:2] == language else replace(self, dialect="en-us" if language == "en" else language)
        )


PEOPLE = {
    "Anna": Voice("en-gb", "f2", "female", speed=158),
    "Maria": Voice("en-us", "f4", "female", speed=155),
    "Sofia": Voice("en-us", "anika", "female", speed=160),
    "Linda": Voice("en-gb", "linda", "female", speed=158),
    "Oleg": Voice("en-us", "m3", "male", speed=155),
    "David": Voice("en-gb", "m7", "male", speed=162),
    "Peter": Voice("en-rp", "m1", "male", speed=155),
    "Narrator": Voice("en-us", "", "male", speed=160),
}
"""The voices that the model knows best; the rehearsal's people are among them."""

_OTHER_DIALECTS = ("en-us", "en-gb", "en-rp", "en-scotland", "en-lancaster", "en-nyc")
_OTHER_FEMALE = ("f1", "f3", "Annie", "belinda", "steph", "steph2")
_OTHER_MALE = (
    "",
    "m2",
    "m4",
    "m5",
    "m6",
    "Alex",
    "Andy",
    "Lee",
    "Michael",
    "adam",
    "john",
    "max",
    "paul",
    "rob",
    "zac",
)


def somebody(rng: random.Random, language: str) -> Voice:
    """Return a voice for training: mostly one of the people, else anybody."""
    if rng.random() < 0.72:
        return rng.choice(list(PEOPLE.values())).speaking(language).varied(rng)
    kind = rng.choice(("female", "male"))
    variant = rng.choice(_OTHER_FEMALE if kind == "female" else _OTHER_MALE)
    dialect = rng.choice(_OTHER_DIALECTS) if language == "en" else language
    return Voice(dialect, variant, kind).varied(rng)


class _EventId(ctypes.Union):
    _fields_ = (("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8))


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


@dataclass(frozen=True, slots=True, eq=False)
class Speech:
    """What was said.

    Attributes:
        samples: float32, mono at 16 kHz, from the first audible sample to the last.
        phonemes: When each phoneme begins, in seconds, and its espeak-ng name.
    """

    samples: NDArray[np.float32]
    phonemes: list[tuple[float, str]]


class Synthesiser:
    """espeak-ng. The library keeps one state per process, so have one of these."""

    def __init__(self) -> None:
        self._library = ctypes.CDLL("libespeak-ng.so.1")
        self._rate_hz: int = self._library.espeak_Initialize(_SYNCHRONOUS, 0, None, _WITH_PHONEME_EVENTS)
        self._chunks: list[NDArray[np.int16]] = []
        self._phonemes: list[tuple[float, str]] = []
        # The library keeps the bare pointer: without this reference the callback would be collected.
        self._callback = _CALLBACK(self._on_samples)
        self._library.espeak_SetSynthCallback(self._callback)

    def _on_samples(self, samples: object, count: int, events: int) -> int:
        if samples and count > 0:
            self._chunks.append(np.ctypeslib.as_array(samples, shape=(count,)).copy())
        event = ctypes.cast(events, ctypes.POINTER(_Event))
        index = 0
        while event and event[index].type != 0:
            if event[index].type == _PHONEME_EVENT:
                name = bytes(event[index].id.string).split(b"\0")[0].decode("utf-8", "ignore")
                self._phonemes.append((event[index].audio_position / 1000, name))
            index += 1
        return 0

    def say(self, text: str, voice: Voice) -> Speech:
        """Return *text* as *voice* says it.

        Raises:
            ValueError: If espeak-ng has no such voice.
        """
        self._chunks.clear()
        self._phonemes.clear()
        name = _DIALECTS[voice.dialect] + (f"+{voice.variant}" if voice.variant else "")
        if self._library.espeak_SetVoiceByName(name.encode()) != 0:
            raise ValueError(f"espeak-ng has no voice {name!r}")
        for parameter, value in (
            (_SPEED, voice.speed),
            (_PITCH, voice.pitch),
            (_RANGE, voice.intonation),
            (_VOLUME, 90),
        ):
            self._library.espeak_SetParameter(parameter, int(value), 0)
        for word, spoken in _SPOKEN.items():
            text = text.replace(word, spoken)
        sealed = text.encode() + b"\0"
        self._library.espeak_Synth(sealed, len(sealed), 0, 0, 0, _UTF8, None, None)
        self._library.espeak_Synchronize()

        samples = np.concatenate(self._chunks).astype(np.float32) / 32768
        audible = np.nonzero(np.abs(samples) > _AUDIBLE)[0]
        first, last = audible[0], audible[-1]
        cut_s = first / self._rate_hz
        return Speech(
            resampled(samples[first : last + 1], self._rate_hz, RATE_HZ),
            [(max(0.0, at - cut_s), name) for at, name in self._phonemes],
        )


def resampled(samples: NDArray[np.float32], from_hz: int, to_hz: int) -> NDArray[np.float32]:
    """Return *samples* at another rate, by cutting or padding their spectrum."""
    count = round(len(samples) * to_hz / from_hz)
    spectrum = np.fft.rfft(samples)
    wanted = np.zeros(count // 2 + 1, spectrum.dtype)
    kept = min(len(wanted), len(spectrum))
    wanted[:kept] = spectrum[:kept]
    return (np.fft.irfft(wanted, count) * (count / len(samples))).astype(np.float32)
