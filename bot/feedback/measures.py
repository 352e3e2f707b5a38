"""What is counted about an answer, and scored by nobody.

lines of an answer -> measured -> Measures
Measures, and those of earlier interviews -> against -> Past: median and range of the last five
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from pydantic import Field

_Count = Annotated[int, Field(ge=0)]
_Number = Annotated[float, Field(ge=0, allow_inf_nan=False)]


@dataclass(frozen=True, slots=True)
class Measures:
    """What was counted. None stands for what cannot be told, never for zero.

    Attributes:
        language: In which most words were; empty if that is not known.
        words: The candidate's, spoken and typed.
        seconds: How long the candidate spoke.
        words_per_minute: Spoken words in a minute of speech.
        talk_share: The candidate's part of everybody's speech, 0.0 .. 1.0.
        thinking_s: From the question to the candidate's first spoken word.
        longest_pause_s: The longest time in which nobody spoke, between the candidate's first word and last.
        interruptions: How often the candidate began to speak while somebody else went on.
        interrupted: How often somebody else did so to the candidate.
        fillers: "um", "ähm", "ну" and the like. An undercount: recognition leaves most of them out.
        hedges: "maybe", "vielleicht", "мабуть" and the like.
        counted_words: In how many words fillers and hedges were looked for: those in a language that has a list.
    """

    language: str
    words: _Count
    seconds: _Number
    words_per_minute: _Number | None
    talk_share: Annotated[float, Field(ge=0, le=1)] | None
    thinking_s: _Number | None
    longest_pause_s: _Number | None
    interruptions: _Count
    interrupted: _Count
    fillers: _Count
    hedges: _Count
    counted_words: _Count

    @property
    def fillers_per_100(self) -> float | None:
        """Fillers in a hundred words."""
        return 100 * self.fillers / self.counted_words if self.counted_words else None

    @property
    def hedges_per_100(self) -> float | None:
        """Hedges in a hundred words."""
        return 100 * self.hedges / self.counted_words if self.counted_words else None
