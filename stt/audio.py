"""Audio as the recogniser wants it, in memory that is allocated once and overwritten in place.

    libopus -> Ring.tail, Ring.commit -> Frame -> segmenter -> Utterance -> copy_into -> engine -> wipe

Nothing here can be pickled, printed or turned to `bytes`: `bytes` cannot be overwritten, so every copy of it would
outlive the promise that audio is gone once its words are out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NoReturn, Self

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

RATE_HZ = 16_000
"""Whisper's and Silero's input rate, mono. Source: Radford et al. 2022, section 2.2."""

FRAME_SAMPLES = 320
"""20 ms, what one Discord packet carries."""

FRAME_S = FRAME_SAMPLES / RATE_HZ

MAX_PACKET_SAMPLES = 1_920
"""120 ms, the most that one Opus packet can hold. Source: RFC 6716, section 2.1.4."""

RING_S = 30.0
"""Seconds of one speaker that are ever held: 960 kB, and the hard ceiling of what can be waiting for words."""


class AudioOverwritten(Exception):
    """The audio asked for is no longer held: newer speech of the same person took its place, or it was wiped."""


class Ring:
    """The last seconds of one speaker, int16 mono at 16 kHz, in one block that is never moved, grown or copied whole.

    Positions are counts of samples since the ring was made; they only grow. A decoder writes at `tail()` and says with
    `commit()` how much it wrote. Behind the ring lies a guard as long as the longest packet, so that the decoder always
    has room; what lands there is folded to the front.

    One thread owns a ring (the event loop's).
    """

    __slots__ = ("_address", "_block", "_capacity", "_floor", "_fresh", "_written")

    def __init__(self, seconds: float = RING_S) -> None:
        frames = max(8, round(seconds / FRAME_S))
        self._capacity = frames * FRAME_SAMPLES
        self._block: NDArray[np.int16] = np.zeros(self._capacity + MAX_PACKET_SAMPLES, dtype=np.int16)
        self._address: int = self._block.ctypes.data  # asking numpy each time costs more than a packet's decryption
        self._written = 0
        self._fresh = 0
        self._floor = 0

    @property
    def capacity(self) -> int:
        """How many samples the ring holds at most."""
        return self._capacity

    @property
    def written(self) -> int:
        """Position after the newest sample."""
        return self._written

    @property
    def oldest(self) -> int:
        """Position of the oldest sample that is still held."""
        return max(self._floor, self._written - self._capacity)

    @property
    def silent(self) -> bool:
        """Whether nothing is left in it: every sample it ever had is overwritten."""
        return not self._block.any()

    def tail(self) -> int:
        """Address where the next `MAX_PACKET_SAMPLES` int16 samples may be written (for ctypes)."""
        return self._address + 2 * (self._written % self._capacity)

    def commit(self, samples: int) -> None:
        """Count *samples* that were written at `tail()` as heard.

        Raises:
            ValueError: If *samples* is negative or beyond the guard.
        """
        if not 0 <= samples <= MAX_PACKET_SAMPLES:
            msg = "a commit holds 0 to 1920 samples"
            raise ValueError(msg)
        at = self._written % self._capacity
        over = at + samples - self._capacity
        if over > 0:
            guard = self._block[self._capacity : self._capacity + over]
            self._block[:over] = guard
            guard.fill(0)
        self._written += samples

    def write(self, samples: NDArray[np.int16]) -> None:
        """Copy *samples* in, where no decoder writes to `tail()`; at most `MAX_PACKET_SAMPLES`.

        Raises:
            ValueError: If there are more.
        """
        at = self._written % self._capacity
        if len(samples) <= MAX_PACKET_SAMPLES:
            self._block[at : at + len(samples)] = samples
        self.commit(len(samples))

    def silence(self, samples: int) -> None:
        """Write *samples* of digital silence, for a short gap that must stay audible as a pause."""
        while samples > 0:
            step = min(samples, MAX_PACKET_SAMPLES)
            at = self._written % self._capacity
            self._block[at : at + step] = 0
            self.commit(step)
            samples -= step

    def next_frame(self) -> int | None:
        """Position of the next complete 20 ms that `next_frame` has not given yet, or None."""
        if self._written - self._fresh < FRAME_SAMPLES:
            return None
        at = self._fresh
        self._fresh += FRAME_SAMPLES
        return at

    def view(self, start: int, samples: int) -> NDArray[np.int16]:
        """The samples themselves, not a copy; valid until they are overwritten.

        Raises:
            AudioOverwritten: If they are no longer held.
            ValueError: If the stretch would cross the end of the block (never so for an aligned frame).
        """
        self._must_hold(start, start + samples)
        at = start % self._capacity
        if at + samples > self._capacity:
            msg = "this stretch wraps; use copy_into"
            raise ValueError(msg)
        return self._block[at : at + samples]

    def copy_into(self, start: int, end: int, out: NDArray[np.int16]) -> None:
        """Copy the samples from *start* to *end* to the front of *out*.

        Raises:
            AudioOverwritten: If they are no longer all held.
        """
        self._must_hold(start, end)
        at, n = start % self._capacity, end - start
        first = min(n, self._capacity - at)
        out[:first] = self._block[at : at + first]
        out[first:n] = self._block[: n - first]

    def wipe(self, start: int | None = None, end: int | None = None) -> None:
        """Overwrite with zeros: everything, or what lies between two positions and is still held."""
        if start is None and end is None:
            self._block.fill(0)
            # On to the next whole frame, since frames are aligned: one that began elsewhere would wrap one day.
            self._written += -self._written % FRAME_SAMPLES
            self._floor = self._fresh = self._written
            return
        low = max(self.oldest if start is None else start, self._written - self._capacity)
        high = min(self._written if end is None else end, self._written)
        if high <= low:
            return
        at, n = low % self._capacity, high - low
        first = min(n, self._capacity - at)
        self._block[at : at + first] = 0
        self._block[: n - first] = 0
        if low <= self.oldest:
            self._floor = max(self._floor, high)

    def _must_hold(self, start: int, end: int) -> None:
        if start < self.oldest or end > self._written or end < start:
            raise AudioOverwritten

    def __repr__(self) -> str:
        return f"<Ring {self._capacity / RATE_HZ:g} s>"

    def __reduce__(self) -> NoReturn:
        msg = "audio is never pickled"
        raise TypeError(msg)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """20 ms of one speaker's voice.

    Attributes:
        speaker_id: Discord user id.
        start_s: When the frame begins, in seconds on the session clock.
        ring: Where its samples lie.
        at: Their position in the ring; 320 samples, aligned.
    """

    speaker_id: int = field(repr=False)
    start_s: float
    ring: Ring
    at: int

    @property
    def samples(self) -> NDArray[np.int16]:
        """int16[320], mono at 16 kHz: a view of the ring."""
        return self.ring.view(self.at, FRAME_SAMPLES)


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """One stretch of speech of one person: a place in the speaker's ring, not a copy.

    Attributes:
        speaker_id: Discord user id.
        start_s: When it begins, in seconds on the session clock.
        end_s: When its last word ends, likewise.
        ring: Where the samples lie.
        start: Position of the first sample, pre-roll included.
        end: Position after the last sample.
    """

    speaker_id: int = field(repr=False)
    start_s: float
    end_s: float
    ring: Ring
    start: int
    end: int

    @property
    def samples(self) -> int:
        """How many samples it has."""
        return self.end - self.start

    @property
    def duration_s(self) -> float:
        """How long its audio is, in seconds."""
        return self.samples / RATE_HZ

    def copy_into(self, out: NDArray[np.int16]) -> int:
        """Copy the samples to the front of *out* and return their number.

        Raises:
            AudioOverwritten: If they are no longer held.
        """
        self.ring.copy_into(self.start, self.end, out)
        return self.samples

    def wipe(self) -> None:
        """Overwrite the samples with zeros. Safe to call twice."""
        self.ring.wipe(self.start, self.end)

    def __reduce__(self) -> NoReturn:
        msg = "audio is never pickled"
        raise TypeError(msg)


PAUSE_SAMPLES = 3_200
"""0.2 s of silence between utterances that share a window: enough for a full stop, and for Silero's end of speech."""


@dataclass(frozen=True, slots=True, eq=False)
class Joined(Utterance):
    """Several utterances of one person for one window, with a short pause between them.

    Attributes:
        parts: They, in order; at least two.
    """

    parts: tuple[Utterance, ...] = ()

    @classmethod
    def of(cls, parts: Sequence[Utterance]) -> Self:
        """Join *parts*, which are of one person, in order."""
        first, last = parts[0], parts[-1]
        return cls(
            speaker_id=first.speaker_id,
            start_s=first.start_s,
            end_s=last.end_s,
            ring=first.ring,
            start=first.start,
            end=last.end,
            parts=tuple(parts),
        )

    @property
    def samples(self) -> int:
        """How many samples they have, with the pauses."""
        return sum(part.samples for part in self.parts) + PAUSE_SAMPLES * (len(self.parts) - 1)

    def copy_into(self, out: NDArray[np.int16]) -> int:
        """Copy the samples to the front of *out*, with pauses, and return their number.

        Raises:
            AudioOverwritten: If they are no longer all held.
        """
        at = 0
        for part in self.parts:
            if at:
                out[at : at + PAUSE_SAMPLES] = 0
                at += PAUSE_SAMPLES
            at += part.copy_into(out[at:])
        return at

    def wipe(self) -> None:
        """Overwrite the samples with zeros. Safe to call twice."""
        for part in self.parts:
            part.wipe()
