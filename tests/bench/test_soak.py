"""A short pass of the soak: two servers, and of each family of faults one."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from pathlib import Path

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


def end_the_bot(within_s: float = 60.0) -> None:
    """Kill the bot that the soak of this process started, and say nothing to the soak."""
    deadline_s = time.monotonic() + within_s
    while time.monotonic() < deadline_s:
        for task in Path("/proc/self/task").iterdir():
            for child in (task / "children").read_text().split():
                # Once it is logged in: it has changed what `ps` shows by then, or is still `python -m`.
                if b"soak_bot" in Path(f"/proc/{child}/cmdline").read_bytes():
                    time.sleep(8.0)
                    os.kill(int(child), signal.SIGKILL)
                    return
        time.sleep(0.1)


@pytest.mark.slow
@pytest.mark.timeout(240)
@pytest.mark.skipif(sys.platform != "linux", reason="what a process holds is read from /proc")
def test_a_bot_that_ends_by_itself_is_started_again_and_the_verdict_says_so() -> None:
    ending = threading.Thread(target=end_the_bot)
    ending.start()

    figures = run(minutes=0.3, people=2, channels=1, talk_s=3.0, every_s=1.0, kinds=())
    ending.join()

    assert figures["ended_alone"] == [-signal.SIGKILL]
    assert "the bot ended although nobody had told it to" in figures["broken"]
    assert figures["counts"]


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
