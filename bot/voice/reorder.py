"""One stream's packets in the order in which they were sent.

    take (in order: the common case) or push (anything else) -> ready -> Released

A packet that is missing is waited for, but not long: `wait_s` from the arrival of the first packet behind it. What is
held here is held as it came over the wire, sealed. Nothing here knows what an item is.
"""

from __future__ import annotations

from enum import Enum
from typing import Generic, NamedTuple, TypeVar

from bot.voice.rtp import next_sequence, sequence_distance

T = TypeVar("T")

WAIT_S = 0.08
"""How long a missing packet is waited for: four packets of 20 ms. Words are not live to the millisecond."""

MAX_HELD = 64
"""How many packets are held at most while one is waited for; 80 ms are 32 even of the shortest packets, 2.5 ms."""

MAX_DROPOUT = 3_000
"""A jump beyond this is a sender that began anew, not loss. Source: RFC 3550, appendix A.1."""

MAX_MISORDER = 100
"""A packet so far behind is late or a duplicate; further behind, the sender may have begun anew. Source: ditto."""

_RESTART_SPAN = 16
_RESTART_S = 1.0


class Verdict(Enum):
    """What became of a packet that was pushed."""

    HELD = "kept until its turn"
    DUPLICATE = "came before"
    LATE = "its place was given up, or lies before the stream's first packet"
    RESTARTED = "the sender began anew; the packet that was called late just before counts again"


class Released(NamedTuple, Generic[T]):
    """A packet whose turn it is."""

    item: T
    missing: int
    """How many packets just before it never came."""
    restarted: bool
    """Whether the stream begins anew here, so that nothing before it can be called missing."""


class Reorder(Generic[T]):
    """Each packet once and in order, if it came in time; what did not is counted exactly."""

    __slots__ = ("_began", "_candidate", "_held", "_lost", "_next", "_out", "_restarted", "_wait_s")

    def __init__(self, wait_s: float = WAIT_S) -> None:
        self._wait_s = wait_s
        self._held: dict[int, tuple[T, float]] = {}
        self._lost: set[int] = set()
        self._out: list[Released[T]] = []
        self._next = -1  # no packet has come out yet; the first ones wait like all others, they may come disordered too
        self._began = -1
        self._restarted = True
        self._candidate: tuple[int, T, float] | None = None

    @property
    def holding(self) -> int:
        """How many packets are held."""
        return len(self._held) + len(self._out)

    def take(self, sequence: int) -> bool:
        """Whether this is the packet whose turn it is and nothing is held: then it is out, and `push` is not needed."""
        if sequence != self._next or self._held:
            return False
        self._next = (sequence + 1) & 0xFFFF
        return True

    def push(self, sequence: int, item: T, now: float) -> Verdict:
        """Keep *item*, or say why not. Ask `ready` afterwards."""
        held = self._held
        if sequence in held:
            return Verdict.DUPLICATE
        if self._next >= 0:
            ahead = sequence_distance(sequence, self._next)
            if ahead < -MAX_MISORDER:
                return self._far_behind(sequence, item, now)
            if ahead < 0:
                return self._behind(sequence)
        held[sequence] = (item, now)
        return Verdict.HELD

    def ready(self, now: float) -> list[Released[T]]:
        """Whose turn it is now, in order; packets that were waited for long enough are given up."""
        return self._release(now - self._wait_s)

    def flush(self) -> list[Released[T]]:
        """Everything that is held, in order, without waiting any longer."""
        return self._release(float("inf"))

    def clear(self) -> None:
        """Forget everything, as if no packet had ever come."""
        self._held.clear()
        self._lost.clear()
        self._out.clear()
        self._next = self._began = -1
        self._restarted = True
        self._candidate = None

    def _behind(self, sequence: int) -> Verdict:
        if sequence in self._lost:
            self._lost.discard(sequence)
            return Verdict.LATE
        if sequence_distance(sequence, self._began) < 0 <= sequence_distance(self._next, self._began) <= MAX_MISORDER:
            return Verdict.LATE
        return Verdict.DUPLICATE

    def _far_behind(self, sequence: int, item: T, now: float) -> Verdict:
        # One such packet is a stray. Two neighbours are a sender that began anew, which a rejoin can look like.
        previous, self._candidate = self._candidate, (sequence, item, now)
        if previous is None or now - previous[2] > _RESTART_S:
            return Verdict.LATE
        distance = sequence_distance(sequence, previous[0])
        if distance == 0:
            return Verdict.DUPLICATE
        if abs(distance) > _RESTART_SPAN:
            return Verdict.LATE
        out = [*self._out, *self.flush()]
        self.clear()
        self._out = out
        self._held[previous[0]] = previous[1:]
        self._held[sequence] = (item, now)
        return Verdict.RESTARTED

    def _release(self, came_before: float) -> list[Released[T]]:
        out, self._out = self._out, []
        held = self._held
        missing = 0
        while held:
            entry = held.pop(self._next, None)
            if entry is not None:
                out.append(Released(entry[0], missing, self._restarted))
                missing, self._restarted = 0, False
                self._next = next_sequence(self._next)
                continue
            if len(held) <= MAX_HELD and min(arrival for _, arrival in held.values()) > came_before:
                break
            missing = self._give_up()
        return out

    def _give_up(self) -> int:
        """Go on at the nearest packet that is held, and return how many never came before it."""
        if self._next < 0:
            base = next(iter(self._held))
            self._next = self._began = min(self._held, key=lambda sequence: sequence_distance(sequence, base))
            return 0
        # All of them are ahead, if the first packets were so far apart that the short way round says otherwise too.
        missing, nearest = min(((sequence - self._next) & 0xFFFF, sequence) for sequence in self._held)
        if missing > MAX_DROPOUT:
            self._restarted = True
            self._lost.clear()
            self._next = self._began = nearest
            return 0
        lost = (nearest - back & 0xFFFF for back in range(1, min(missing, MAX_MISORDER) + 1))
        self._lost = {old for old in self._lost if 0 < sequence_distance(nearest, old) <= MAX_MISORDER}
        self._lost.update(lost)
        self._next = nearest
        return missing

    def __repr__(self) -> str:
        return f"<Reorder holding {self.holding}>"
