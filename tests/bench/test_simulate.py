from __future__ import annotations

import numpy as np
import pytest

from bot.bench.simulate import LIMIT_S, MEASURED, Window, cost_s, fewest, needs, simulate

TOLERANCE = 0.35
"""Of the simulated p95 against the measured one, whose long windows were eight to ten utterances."""


@pytest.mark.parametrize(("window", "people", "measured_s"), MEASURED)
def test_two_processes_are_as_late_in_the_simulation_as_they_were_measured(
    window: Window, people: int, measured_s: float
) -> None:
    point = simulate(people, 2, window=window, seconds=300.0)

    assert point.late(95) == pytest.approx(measured_s, rel=TOLERANCE)
    assert point.held(LIMIT_S[window]) is (window == "dynamic")


def test_more_processes_never_make_anybody_wait_longer() -> None:
    late = [simulate(80, processes, seconds=60.0).late(95) for processes in (3, 4, 6)]

    assert late == sorted(late, reverse=True)


def test_what_is_too_much_is_counted_as_lost_and_not_as_late() -> None:
    point = simulate(40, 1, window="full", seconds=60.0)

    assert point.lost > 0
    assert not point.held(LIMIT_S["full"])


def test_fewest_holds_and_one_less_does_not() -> None:
    point = fewest(100)

    assert point.held(LIMIT_S["dynamic"])
    assert not simulate(100, point.processes - 1, seconds=60.0).held(LIMIT_S["dynamic"])


def test_a_hundred_times_the_people_need_a_hundred_times_the_engines_of_a_pool() -> None:
    small, large = (needs(people, pool=50) for people in (50, 5000))

    assert large["engines"] == 100 * small["engines"]
    assert large["bots_for_captions"] > 1


def test_what_is_needed_is_what_the_costs_of_single_steps_come_to() -> None:
    found = needs(1000)

    # 400 of 1,000 speak at a time, in utterances of 5.5 s.
    assert found["utterances_per_s"] == pytest.approx(1000 * 0.4 / 5.5, abs=0.05)
    busy = found["utterances_per_s"] * np.mean([cost_s("dynamic", length_s) for length_s in np.linspace(3, 8, 501)])
    assert found["engines"] * found["busy"] == pytest.approx(busy, rel=0.03)
    assert found["memory_gib"] == pytest.approx((found["engines"] * 240 + 3 * 280 + 1000 * 0.96) / 1024, abs=0.05)
    assert found["network_mbit_s"] == pytest.approx(400 * 50 * 246 * 8 / 1e6, abs=0.05)
    assert found["write_cores"] == pytest.approx((0.030 + 0.037) * 1000 / 3600, abs=0.0001)
