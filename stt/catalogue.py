"""Recognition models by name: what each is for, what it needs, where it comes from.

Three kinds of numbers, none of which is a promise for another machine:

- Parameters as published. Sizes follow from them: two bytes each in the repositories of faster-whisper, which are
  float16, four in FUTO's, which are float32, and one in what is converted here, which is int8.
- Memory of one process after work, and how many people two cores hold: measured on two virtual cores of a Xeon
  (AVX-512) with faster-whisper 1.2.1 and CTranslate2 4.8.5, int8, two processes of one thread. Each person speaks 40 %
  of the time, in utterances of 3 to 8 s. The models had the public shapes and random weights, so these say what a
  model costs, and nothing about what it understands.
- None where nothing was measured.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from stt.engine import Window

ACFT_MARGIN_S = 1.3
"""Source: futo-org/whisper-acft, issue 5: 64 encoder positions beyond the speech."""

SPARE_MB = 600
"""What the bot itself and the system keep, beside the models."""


@dataclass(frozen=True, slots=True)
class Load:
    """A measurement: so many people, and how long after their speech its text was there.

    Attributes:
        people: At once on two cores.
        median_s: For half of the utterances.
        late_s: For 95 in 100.
    """

    people: int
    median_s: float
    late_s: float


@dataclass(frozen=True, slots=True)
class Entry:
    """A model that can be had by its name.

    Attributes:
        name: As SKILLRALLY_MODEL takes it.
        repository: On the hub.
        parameters_m: Millions of parameters, as published.
        english: Knows English alone; otherwise 99 languages.
        window: "dynamic" if it was trained for windows shorter than 30 s.
        converted: Comes in Hugging Face's format and is converted here.
        memory_mb: Of one process after work, at most, as measured.
        measured: What two cores held.
        original: The repository that it was made from, for files that its own lacks.
    """

    name: str
    repository: str
    parameters_m: int
    english: bool = False
    window: Window = "full"
    converted: bool = False
    memory_mb: int | None = None
    measured: Load | None = None
    original: str | None = None

    @property
    def download_mb(self) -> int:
        """How much is fetched, about."""
        return self.parameters_m * (4 if self.converted else 2)

    @property
    def disk_mb(self) -> int:
        """How much of the disk it takes, about."""
        return self.parameters_m * (1 if self.converted else 2)

    @property
    def languages(self) -> tuple[str, ...]:
        """Codes that it was made for; empty for all that Whisper knows."""
        return ("en",) if self.english else ()


def _stock(
    name: str, parameters_m: int, repository: str = "", *, memory_mb: int | None = None, measured: Load | None = None
) -> Entry:
    return Entry(
        name=name,
        repository=repository or f"Systran/faster-whisper-{name}",
        parameters_m=parameters_m,
        english=name.endswith(".en") or name.startswith("distil-large"),
        memory_mb=memory_mb,
        measured=measured,
    )


def _acft(size: str, parameters_m: int, memory_mb: int, measured: Load) -> tuple[Entry, Entry]:
    several, english = (
        Entry(
            name=f"acft-{name}",
            repository=f"futo-org/acft-whisper-{name}",
            parameters_m=parameters_m,
            english=name.endswith(".en"),
            window="dynamic",
            converted=True,
            memory_mb=memory_mb,
            measured=measured,
            original=f"openai/whisper-{name}",
        )
        for name in (size, f"{size}.en")
    )
    return several, english


_TINY, _BASE, _SMALL = Load(40, 0.46, 0.93), Load(20, 0.86, 1.44), Load(6, 2.75, 4.99)

_TURBO = "mobiuslabsgmbh/faster-whisper-large-v3-turbo"

CATALOGUE: tuple[Entry, ...] = (
    *_acft("tiny", 39, 320, Load(300, 0.10, 0.26)),
    *_acft("base", 74, 450, Load(160, 0.16, 0.32)),
    *_acft("small", 244, 580, Load(30, 0.58, 0.85)),
    _stock("tiny", 39, memory_mb=320, measured=_TINY),
    _stock("tiny.en", 39, memory_mb=320, measured=_TINY),
    _stock("base", 74, memory_mb=450, measured=_BASE),
    _stock("base.en", 74, memory_mb=450, measured=_BASE),
    _stock("small", 244, memory_mb=580, measured=_SMALL),
    _stock("small.en", 244, memory_mb=580, measured=_SMALL),
    _stock("distil-small.en", 166, "Systran/faster-distil-whisper-small.en"),
    _stock("medium", 769),
    _stock("medium.en", 769),
    _stock("distil-medium.en", 394, "Systran/faster-distil-whisper-medium.en"),
    _stock("turbo", 809, _TURBO, memory_mb=1070),
    _stock("large-v3-turbo", 809, _TURBO, memory_mb=1070),
    _stock("distil-large-v2", 756, "Systran/faster-distil-whisper-large-v2"),
    _stock("distil-large-v3", 756, "Systran/faster-distil-whisper-large-v3"),
    _stock("distil-large-v3.5", 756, "distil-whisper/distil-large-v3.5-ct2"),
    _stock("large-v1", 1550),
    _stock("large-v2", 1550),
    _stock("large-v3", 1550),
    _stock("large", 1550, "Systran/faster-whisper-large-v3"),
)
"""Those with a dynamic window first, then by size. Parameters: Radford et al. 2022, table 1; the cards of
distil-whisper and large-v3-turbo."""

BY_NAME = {entry.name: entry for entry in CATALOGUE}

BY_REPOSITORY = {entry.repository: entry for entry in reversed(CATALOGUE)}


def recommend(cores: int, memory_mb: int, *, languages: Sequence[str] = ()) -> Entry:
    """The model to begin with on a machine.

    The largest that answers within a second in the measurements, that leaves each core one process, and the bot and the
    system their memory. Those are the ones with a dynamic window: with the full one, even base keeps people waiting.

    Args:
        cores: To spare for recognition.
        memory_mb: In all.
        languages: That may be spoken, as codes; empty for any.
    """
    suffix = ".en" if tuple(languages) == ("en",) else ""
    sizes = ("small", "base", "tiny") if cores >= 2 else ("base", "tiny")
    for size in sizes:
        entry = BY_NAME[f"acft-{size}{suffix}"]
        if entry.memory_mb is not None and entry.memory_mb * max(1, cores) + SPARE_MB <= memory_mb:
            return entry
    return BY_NAME[f"acft-tiny{suffix}"]
