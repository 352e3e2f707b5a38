"""What comes of a rehearsal: what was checked, what was counted, and what happened on the stage meanwhile."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(slots=True)
class PersonSeen:
    """What the bot's counters say of one person, beside what was really said.

    Attributes:
        said: Words spoken while the bot was allowed to hear.
        wrong: Words of those that came out otherwise; None where nobody knows the right ones.
    """

    name: str
    role: str
    packets: int = 0
    dropped_sealed: int = 0
    decrypted: int = 0
    concealed: int = 0
    said: int = 0
    wrong: int | None = 0


@dataclass(slots=True)
class Summary:
    """How it went; `--json` prints it.

    Attributes:
        checks: Whether each promise held, by its sentence.
        acts: The sentences of each act, by its title, in that order.
        pictures: Files of the pictures beside feedback, if they were to be kept.
    """

    ok: bool = False
    seconds: float = 0.0
    checks: dict[str, bool] = field(default_factory=dict[str, bool])
    acts: dict[str, list[str]] = field(default_factory=dict[str, list[str]])
    people: dict[str, PersonSeen] = field(default_factory=dict[str, PersonSeen])
    words_said: int = 0
    words_wrong: int = 0
    caption_latency_p50_s: float | None = None
    caption_latency_p95_s: float | None = None
    captions_posted: int = 0
    captions_edited: int = 0
    not_transcribed_s: float = 0.0
    audio_heard_s: float = 0.0
    audio_wiped_s: float = 0.0
    network: dict[str, int] = field(default_factory=dict[str, int])
    end_to_end_encrypted: bool = False
    pictures: list[str] = field(default_factory=list[str])

    def begin(self, act: str) -> None:
        """What is checked from now on belongs to this act."""
        self.acts[act] = []

    def check(self, promise: str, *, held: bool) -> None:
        """Put down whether a promise held, in the act that plays."""
        self.checks[promise] = held
        self.acts[next(reversed(self.acts))].append(promise)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Direction:
    """Something that happens on the stage, for whoever watches."""

    at_s: float
    text: str
    kind: str = "act"
