"""Where speech begins and ends: probabilities and times in, stretches out. No clock, no audio, no event loop.

    chunk's probability -> Segmenter.push -> Stretch | None
    nothing arrives     -> Segmenter.idle -> Stretch | None
    the end             -> Segmenter.flush -> Stretch | None

Positions are counts of samples in the speaker's ring, times are seconds on the session clock. The two part company
where a client stops sending: no samples, but time goes by.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Literal

from stt.audio import RATE_HZ

CHUNK_SAMPLES = 512
"""32 ms at 16 kHz, the only length that Silero was trained on. Source: snakers4/silero-vad, utils_vad.py."""

CHUNK_S = CHUNK_SAMPLES / RATE_HZ

LONGEST_S = 25.0
"""No stretch is ever longer: with its margin it must fit Whisper's 30 s window."""

TIME_JUMP_S = 0.06
"""Three packets. A smaller step between neighbours is jitter of the clock, a larger one silence that was not sent."""

EPSILON_S = 1e-6
"""Sums of 20 and 32 ms are not exact in binary."""

Reason = Literal["silence", "length", "flush"]


@dataclass(frozen=True, slots=True)
class Endpointing:
    """When speech counts as begun and as ended. Times in seconds.

    Attributes:
        start_probability: Speech begins when 2 of 3 chunks reach this. Source: Silero's own default.
        keep_probability: Speech goes on while chunks reach this. Source: Silero's default, 0.15 below the start.
        pre_roll_s: Audio kept from before the first such chunk, since words begin softly.
        post_roll_s: Audio kept from after the last one, since words end softly.
        silence_s: This long without speech ends a stretch. 0.5 suits interviews; 0.6 .. 0.7 people who hesitate.
        guess_s: After so long without speech recognition may begin, in the hope that the stretch has ended: words are
            then ready when it has. Never before `post_roll_s`, or words would end too early.
        lost_s: This long without a packet counts as silence, even if the client did not say that it paused.
        least_speech_s: Less speech than this is a click or a cough, not a word; it is never sent to a model.
        cut_s: Speech without a pause is cut when it has become this long, at most 25 s, so that words do not wait.
        cut_window_s: It is cut at the quietest chunk of this last part.
    """

    start_probability: float = 0.5
    keep_probability: float = 0.35
    pre_roll_s: float = 0.3
    post_roll_s: float = 0.2
    silence_s: float = 0.5
    guess_s: float = 0.22
    lost_s: float = 0.2
    least_speech_s: float = 0.25
    cut_s: float = 12.0
    cut_window_s: float = 2.0

    def __post_init__(self) -> None:
        if not 0 < self.keep_probability <= self.start_probability < 1:
            msg = "0 < keep_probability <= start_probability < 1"
            raise ValueError(msg)
        if not self.cut_window_s + 2 * self.least_speech_s + self.pre_roll_s <= self.cut_s <= LONGEST_S:
            msg = f"cut_s lies between its window with a word on both sides and {LONGEST_S:g}"
            raise ValueError(msg)
        if not 0.1 <= self.silence_s <= self.cut_window_s:
            msg = "silence_s lies between 0.1 and cut_window_s"
            raise ValueError(msg)
        if min(self.pre_roll_s, self.post_roll_s, self.least_speech_s, self.lost_s) < 0:
            msg = "a time is not negative"
            raise ValueError(msg)


@dataclass(frozen=True, slots=True)
class Stretch:
    """Speech between two silences.

    Attributes:
        start: Ring position of the first sample, pre-roll included.
        end: Ring position after the last sample, post-roll included.
        start_s: When the first word begins, on the session clock.
        end_s: When the last word ends, likewise.
        speech_s: How much of it is speech.
        too_short: Less than a word; not to be recognised, only overwritten.
        reason: What ended it.
    """

    start: int
    end: int
    start_s: float
    end_s: float
    speech_s: float
    too_short: bool
    reason: Reason


@dataclass(slots=True)
class _Chunk:
    at: int
    start_s: float
    probability: float


@dataclass(slots=True)
class _Open:
    """A stretch under way."""

    start: int
    start_s: float
    speech: int
    last: int
    last_s: float
    chunks: deque[_Chunk] = field(default_factory=deque[_Chunk])


class Segmenter:
    """The endpointing of one speaker. Every position comes out in one stretch at most, and stretches come in order."""

    __slots__ = ("_floor", "_heard", "_heard_s", "_open", "_recent", "_rules")

    def __init__(self, rules: Endpointing | None = None) -> None:
        self._rules = rules or Endpointing()
        self._recent: deque[_Chunk] = deque(maxlen=3)
        self._open: _Open | None = None
        self._floor = 0
        self._heard = 0
        self._heard_s: float | None = None

    @property
    def speaking(self) -> bool:
        """Whether a stretch is under way."""
        return self._open is not None

    @property
    def keep_from(self) -> int:
        """No stretch that is still to come begins before this position: older audio can be overwritten."""
        if self._open:
            return self._open.start
        # The next chunk can make the one two before it the beginning.
        return max(self._floor, self._heard - 2 * CHUNK_SAMPLES - _samples(self._rules.pre_roll_s))

    def under_way(self, until_s: float, *, heard: int | None = None) -> tuple[Stretch, float] | None:
        """The stretch as it would end now, and for how long nothing was said up to *until_s*; None without one.

        It comes out of `push`, `idle` or `flush` with the same start and the same `end_s`, if nothing more is said.
        """
        now = self._open
        if now is None:
            return None
        return self._stretch(now, self._end_of(now, heard), now.last_s, now.speech, "silence"), until_s - now.last_s

    def push(self, probability: float, *, at: int, start_s: float) -> Stretch | None:
        """Take the next chunk in.

        Args:
            probability: That somebody speaks in it, 0.0 .. 1.0.
            at: Ring position of its first sample; not below the end of the chunk before.
            start_s: When it begins.

        Returns:
            A stretch that has ended, by silence (also by silence that was not sent) or by its length.
        """
        ended = None
        if self._heard_s is None:
            self._floor = at
        elif start_s - self._heard_s > TIME_JUMP_S:
            ended = self.idle(start_s)
            if not self._open:
                # What lies before the gap is not a word's soft beginning.
                self._recent.clear()
                self._floor = at
        chunk = _Chunk(at, start_s, probability)
        self._heard = at + CHUNK_SAMPLES
        self._heard_s = start_s + CHUNK_S
        if self._open is None:
            self._listen(chunk)
            return ended
        return self._go_on(self._open, chunk) or ended

    def idle(self, until_s: float, *, heard: int | None = None) -> Stretch | None:
        """Count the time from the last chunk to *until_s* as silence.

        Args:
            until_s: Up to when nothing was said.
            heard: Ring position after the last sample, when that is beyond the last full chunk.
        """
        if self._open:
            if until_s - self._open.last_s >= self._rules.silence_s - EPSILON_S:
                return self._end(self._open, "silence", heard)
        elif self._heard_s is None or until_s - self._heard_s >= self._rules.pre_roll_s:
            self._floor = max(self._floor, self._heard, heard or 0)
            self._recent.clear()
        return None

    def flush(self, *, heard: int | None = None) -> Stretch | None:
        """End whatever is under way: the person has left, or the session is over."""
        ended = self._end(self._open, "flush", heard) if self._open else None
        self._floor = max(self._floor, self._heard, heard or 0)
        self._recent.clear()
        return ended

    def _listen(self, chunk: _Chunk) -> None:
        """Nobody was speaking: does a stretch begin?"""
        self._recent.append(chunk)
        high = [c for c in self._recent if c.probability >= self._rules.start_probability]
        if len(high) < 2 or high[-1] is not chunk:
            return
        first = high[0]
        chunks = deque(c for c in self._recent if c.at >= first.at)
        self._recent.clear()
        self._open = _Open(
            start=max(self._floor, first.at - _samples(self._rules.pre_roll_s)),
            start_s=first.start_s,
            speech=sum(self._is_speech(c) for c in chunks),
            last=self._heard,
            last_s=chunk.start_s + CHUNK_S,
            chunks=chunks,
        )

    def _go_on(self, now: _Open, chunk: _Chunk) -> Stretch | None:
        """Somebody was speaking: does the stretch end?"""
        now.chunks.append(chunk)
        while self._heard - now.chunks[0].at > _samples(self._rules.cut_window_s):
            now.chunks.popleft()
        if self._is_speech(chunk):
            now.speech += 1
            now.last = self._heard
            now.last_s = chunk.start_s + CHUNK_S
        elif chunk.start_s + CHUNK_S - now.last_s >= self._rules.silence_s - EPSILON_S:
            return self._end(now, "silence", None)
        # One chunk more, and part of another that is still being filled, must not make it too long.
        if self._heard + 2 * CHUNK_SAMPLES - now.start > _samples(self._rules.cut_s):
            return self._cut(now)
        return None

    def _cut(self, now: _Open) -> Stretch:
        """Cut at the quietest chunk that leaves a word on both sides; if there is none, end here."""
        quietest: _Chunk | None = None
        speech_there = after = 0
        for chunk in reversed(now.chunks):
            enough = self._is_word(after) and self._is_word(now.speech - after)
            if enough and (quietest is None or chunk.probability < quietest.probability):
                quietest, speech_there = chunk, after
            after += self._is_speech(chunk)
        if quietest is None:
            return self._end(now, "length", None)
        at, at_s = quietest.at + CHUNK_SAMPLES, quietest.start_s + CHUNK_S
        self._open = _Open(
            start=at,
            start_s=at_s,
            speech=speech_there,
            last=now.last,
            last_s=now.last_s,
            chunks=deque(c for c in now.chunks if c.at >= at),
        )
        self._floor = at
        return self._stretch(now, at, at_s, now.speech - speech_there, "length")

    def _end(self, now: _Open, reason: Reason, heard: int | None) -> Stretch:
        end = self._end_of(now, heard)
        self._open = None
        self._floor = end
        self._recent.clear()
        return self._stretch(now, end, now.last_s, now.speech, reason)

    def _end_of(self, now: _Open, heard: int | None) -> int:
        return min(now.last + _samples(self._rules.post_roll_s), max(self._heard, heard or 0))

    def _stretch(self, now: _Open, end: int, end_s: float, speech: int, reason: Reason) -> Stretch:
        return Stretch(
            start=now.start,
            end=end,
            start_s=now.start_s,
            end_s=end_s,
            speech_s=speech * CHUNK_S,
            too_short=not self._is_word(speech),
            reason=reason,
        )

    def _is_speech(self, chunk: _Chunk) -> bool:
        return chunk.probability >= self._rules.keep_probability

    def _is_word(self, speech: int) -> bool:
        return speech * CHUNK_S >= self._rules.least_speech_s


def _samples(seconds: float) -> int:
    return round(seconds * RATE_HZ)
