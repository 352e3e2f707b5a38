"""Order: whatever the network does, a packet comes out once and in its turn, and what is missing is counted exactly."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.voice.reorder import MAX_DROPOUT, MAX_HELD, MAX_MISORDER, WAIT_S, Released, Reorder, Verdict

STEP_S = 0.02


@dataclass
class Line:
    """A reorder buffer as the receiver uses it: packets in, ticks between, numbers out."""

    reorder: Reorder[int] = field(default_factory=Reorder[int])
    now: float = 0.0
    out: list[int] = field(default_factory=list[int])
    missing: list[int] = field(default_factory=list[int])
    restarts: int = 0
    verdicts: list[Verdict] = field(default_factory=list[Verdict])
    most_held: int = 0

    def arrive(self, sequence: int, now: float | None = None) -> None:
        if now is not None:
            self.tick(now)
        if self.reorder.take(sequence & 0xFFFF):
            self.collect([Released(sequence, 0, restarted=False)])
            return
        self.verdicts.append(self.reorder.push(sequence & 0xFFFF, sequence, self.now))
        self.collect(self.reorder.ready(self.now))

    def tick(self, now: float) -> None:
        self.now = now
        self.collect(self.reorder.ready(now))

    def settle(self) -> None:
        self.tick(self.now + 1)

    def collect(self, released: list[Released[int]]) -> None:
        for item, missing, restarted in released:
            self.out.append(item)
            self.missing.append(missing)
            self.restarts += restarted
        self.most_held = max(self.most_held, self.reorder.holding)

    def count(self, verdict: Verdict) -> int:
        return self.verdicts.count(verdict)


starts = st.sampled_from([0, 5, 65_500, 65_535]) | st.integers(0, 0xFFFF)
"""Sequence numbers that wrap soon, and any others."""

in_time = st.floats(0, WAIT_S - 0.001)
any_delay = st.floats(0, 1.5)


def journeys(delay: st.SearchStrategy[float]) -> st.SearchStrategy[list[list[float]]]:
    """For each packet sent, how long each of its copies travels; none: it is lost."""
    return st.lists(st.lists(delay, max_size=3), min_size=1, max_size=60)


def arrivals(start: int, packets: list[list[float]]) -> list[tuple[float, int]]:
    return sorted((nth * STEP_S + d, start + nth) for nth, delays in enumerate(packets) for d in delays)


@given(starts, journeys(in_time))
def test_what_came_in_time_comes_out_once_in_order_with_exact_gaps(start: int, packets: list[list[float]]) -> None:
    line = Line()

    for now, sequence in arrivals(start, packets):
        line.arrive(sequence, now)
    line.settle()

    came = [start + nth for nth, delays in enumerate(packets) if delays]
    assert line.out == came
    assert line.missing == [0] * bool(came) + [b - a - 1 for a, b in pairwise(came)]
    assert line.count(Verdict.DUPLICATE) == sum(max(0, len(delays) - 1) for delays in packets)
    assert line.count(Verdict.LATE) == 0


@given(starts, journeys(any_delay))
def test_however_late_packets_are_each_has_one_fate(start: int, packets: list[list[float]]) -> None:
    line = Line()

    for now, sequence in arrivals(start, packets):
        line.arrive(sequence, now)
    line.settle()

    assert line.out == sorted(set(line.out))
    assert line.missing[1:] == [b - a - 1 for a, b in pairwise(line.out)]
    copies = sum(map(len, packets))
    assert len(line.out) + line.count(Verdict.DUPLICATE) + line.count(Verdict.LATE) == copies
    came = {start + nth for nth, delays in enumerate(packets) if delays}
    assert line.count(Verdict.LATE) >= len(came - set(line.out))
    assert line.most_held <= MAX_HELD + 1


@example([0, 30_000, 35_536], [0.0] * 400)
@given(st.lists(st.integers(0, 0xFFFF), max_size=400), st.lists(st.floats(0, 0.2), min_size=400, max_size=400))
def test_no_sequence_numbers_fill_the_memory(sequences: list[int], gaps: list[float]) -> None:
    line = Line()

    for sequence, gap in zip(sequences, gaps, strict=False):
        line.arrive(sequence, line.now + gap)
        assert line.reorder.holding <= MAX_HELD + 1
        assert len(line.reorder._lost) <= 2 * MAX_MISORDER
    line.settle()

    assert line.reorder.holding == 0
    assert all(0 <= missing <= MAX_DROPOUT for missing in line.missing)


def steady(line: Line, first: int, count: int) -> None:
    for sequence in range(first, first + count):
        line.arrive(sequence, line.now + STEP_S)


def test_packets_in_order_pass_at_once() -> None:
    line = Line()
    steady(line, 100, 10)

    line.arrive(110)

    assert line.out[-1] == 110
    assert line.reorder.holding == 0


def test_the_first_packets_may_come_disordered() -> None:
    line = Line()

    for sequence in (12, 10, 11, 13):
        line.arrive(sequence)
    line.settle()

    assert line.out == [10, 11, 12, 13]
    assert line.missing == [0, 0, 0, 0]


def test_a_lost_packet_delays_the_next_ones_no_longer_than_promised() -> None:
    line = Line()
    steady(line, 0, 10)
    line.settle()

    lost_at = line.now
    for nth, sequence in enumerate((11, 12, 13, 14)):
        line.arrive(sequence, lost_at + nth * STEP_S)
        assert line.out[-1] == 9
    line.tick(lost_at + WAIT_S)

    assert line.out[-4:] == [11, 12, 13, 14]
    assert line.missing[-4:] == [1, 0, 0, 0]


def test_a_packet_that_was_given_up_is_late_once_and_then_a_duplicate() -> None:
    line = Line()
    steady(line, 0, 10)
    line.settle()
    line.arrive(11)
    line.settle()

    line.arrive(10)
    line.arrive(10)
    line.arrive(9)

    assert line.verdicts[-3:] == [Verdict.LATE, Verdict.DUPLICATE, Verdict.DUPLICATE]
    assert line.out.count(10) == 0


@pytest.mark.parametrize("jump", [40_000 - 500, -20_000, -101, -5_000])
def test_a_sender_that_begins_anew_is_heard_from_its_first_packet(jump: int) -> None:
    line = Line()
    steady(line, 30_000, 50)
    line.settle()
    first = 30_000 + jump

    steady(line, first, 10)
    line.settle()

    assert line.out[-10:] == list(range(first, first + 10))
    assert sum(line.missing) == 0
    assert line.restarts == 2  # the beginning is one
    assert line.count(Verdict.LATE) == line.count(Verdict.RESTARTED)


def test_one_stray_packet_from_far_behind_disturbs_nothing() -> None:
    line = Line()
    steady(line, 30_000, 50)

    line.arrive(20_000)
    steady(line, 30_050, 50)
    line.settle()

    assert line.out == list(range(30_000, 30_100))
    assert line.restarts == 1


def test_one_stray_packet_from_far_ahead_costs_nothing_either() -> None:
    line = Line()
    steady(line, 30_000, 50)

    line.arrive(30_050 + MAX_DROPOUT + 100)
    steady(line, 30_050, 50)
    line.settle()

    assert sorted(set(range(30_000, 30_100)) - set(line.out)) == []
    assert sum(line.missing) == 0


def test_an_outage_is_loss_and_not_a_new_beginning() -> None:
    line = Line()
    steady(line, 0, 10)

    steady(line, 500, 10)
    line.settle()

    assert sum(line.missing) == 490
    assert line.restarts == 1


def test_a_burst_behind_a_lost_packet_waits_only_while_there_is_room() -> None:
    line = Line()
    steady(line, 0, 10)

    for sequence in range(11, 200):
        line.arrive(sequence)
        assert line.reorder.holding <= MAX_HELD

    assert line.out == [*range(10), *range(11, 200)]


def test_nothing_passes_while_something_is_held() -> None:
    line = Line()
    steady(line, 0, 10)
    line.settle()
    line.arrive(11)

    assert not line.reorder.take(10)
    line.arrive(10)

    assert line.out[-2:] == [10, 11]
    assert not line.reorder.take(11)


def test_flush_waits_for_nothing() -> None:
    line = Line()
    steady(line, 0, 10)
    line.arrive(12)

    line.collect(line.reorder.flush())

    assert line.out[-1] == 12
    assert line.missing[-1] == 2


def test_after_clear_nothing_is_remembered() -> None:
    line = Line()
    steady(line, 0, 10)
    line.arrive(12)

    line.reorder.clear()
    steady(line, 5, 2)
    line.settle()

    assert line.out[-2:] == [5, 6]
    assert line.restarts == 2


def test_its_repr_shows_no_item() -> None:
    reorder: Reorder[str] = Reorder()
    reorder.push(1, "secret", 0.0)

    assert repr(reorder) == "<Reorder holding 1>"
