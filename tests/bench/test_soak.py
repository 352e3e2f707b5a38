"""A short pass of the soak: two servers, and of each family of faults one."""

from __future__ import annotations

import sys

import pytest

from bot.bench.soak import run
from bot.bench.soak_record import Record

KINDS = (
    "main gateway cut",
    "voice gateway closed",
    "bad line",
    "bot moved and back",
    "language model fails",
    "language model breaks off",
    "language model is slow",
    "engine killed",
    "database locked",
    "disk full",
    "bot killed",
)


@pytest.mark.timeout(240)
@pytest.mark.skipif(sys.platform != "linux", reason="what a process holds is read from /proc")
def test_nothing_that_was_acknowledged_is_lost_whatever_breaks() -> None:
    figures = run(
        minutes=0.5,
        people=4,
        channels=2,
        talk_s=4.0,
        every_s=1.0,
        kinds=KINDS,
    )

    assert set(figures["faults"]) | set(figures["nothing_to_break"]) == set(KINDS)
    assert figures["faults"]["bot killed"] == 1
    assert figures["acknowledged"].get("consent", 0) > 0
    assert figures["failed"] == []
    # How soon anything is answered is what the machine has left for it, besides whatever else it is testing.
    late = "99 of 100 commands were not answered in time"
    broken = [what for what in figures["broken"] if what != late and "broken off" not in what]
    assert broken == []


def test_what_was_erased_and_what_was_only_begun_are_told_apart_from_what_was_saved() -> None:
    record = Record()

    record.begins("save", 1, "first")
    record.acknowledge("save", 1, "first")
    record.begins("save", 1, "second")
    record.begins("erasure", 1)
    record.acknowledge("erasure", 1)
    record.begins("save", 1, "third")

    kept = record.of(1)
    assert kept.saved == set()
    assert kept.gone == {"first", "second"}
    assert kept.perhaps == {"third"}
