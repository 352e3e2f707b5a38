"""Who speaks in the rehearsal, and what: recordings of synthetic voices with the words they say."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import StartRefused
from stt.text import word_errors, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = [
    "MODEL",
    "PEOPLE",
    "ROLES",
    "TYPED",
    "VOICES",
    "Line",
    "read_lines",
    "with_recordings",
    "word_errors",
    "words",
]

VOICES = Path(__file__).parent / "voices"
MODEL = Path(__file__).parents[2] / "stt" / "models" / "rehearsal"

PEOPLE = ("oleg", "anna", "david", "maria", "peter")
"""By first appearance: the interviewer starts it, the candidate answers, David takes his yes back in the middle, Maria
comes late, and Peter never says yes."""

ROLES = {
    "oleg": "interviewer",
    "anna": "candidate",
    "david": "withdraws in the middle",
    "maria": "comes late",
    "peter": "never says yes",
}

TYPED = (
    "I was on call when payments slowed down. I compared heap dumps from two hosts and saw that our retry queue kept "
    "every failed request. Oleg asked for a test first, so I wrote one that showed the leak in a minute. Then I "
    "limited the queue to a thousand entries and released it to one host before the others. Memory stayed flat for "
    "two weeks, and we added an alert. The graphs are at anna@example.org."
)
"""What Anna writes instead of saying it: longer than what she says, with a name and an address in it."""


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that somebody says.

    Attributes:
        speaker: One of `PEOPLE`.
        text: The words; empty for a recording of yours, whose words nobody knows beforehand.
        file: The recording.
        seconds: Its length.
        silent: Whether nobody may ever read these words: the speaker has not said yes, or no longer.
    """

    speaker: str
    text: str = field(repr=False)
    file: Path
    seconds: float
    language: str = "en"
    silent: bool = False


def read_lines(folder: Path = VOICES) -> tuple[Line, ...]:
    """The conversation, in order."""
    entries = json.loads((folder / "lines.json").read_text(encoding="utf-8"))
    return tuple(
        Line(
            speaker=entry["speaker"].lower(),
            text=entry["text"],
            file=folder / entry["file"],
            seconds=float(entry["seconds"]),
            language=entry["language"],
            silent=bool(entry.get("must_not_be_heard", False)),
        )
        for entry in entries
    )


def with_recordings(lines: Sequence[Line], recordings: Mapping[str, Path]) -> tuple[Line, ...]:
    """The conversation with some people's voices replaced by recordings; each is played once, at its first line.

    Raises:
        StartRefused: If a name or a file is not there.
    """
    for name, path in recordings.items():
        if name not in PEOPLE:
            raise StartRefused(f"--audio knows {', '.join(PEOPLE)}; write for example --audio anna=answer.wav.")
        if not path.is_file():
            raise StartRefused("A recording given with --audio is not there; check the path.")
    kept: list[Line] = []
    played: set[str] = set()
    for line in lines:
        if line.speaker not in recordings:
            kept.append(line)
        elif line.silent or line.speaker not in played:
            played.add(line.speaker)
            kept.append(replace(line, file=recordings[line.speaker], text=""))
    return tuple(kept)
