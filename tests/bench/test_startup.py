from __future__ import annotations

import json

import pytest
from rich.console import Console

from bot.bench.startup import PARTS, run


@pytest.mark.slow
@pytest.mark.timeout(300)  # three bots start, which takes its time where others work as well
def test_a_start_is_told_apart_beside_that_of_a_plain_bot() -> None:
    console = Console(width=120)
    with console.capture() as shown:
        figures = run(rounds=1, console=console)

    assert "times as long as the plain one" in shown.get()
    assert json.loads(json.dumps(figures)) == figures
    for which in ("first", "again", "plain"):
        seconds = [figures[which][part] for part in PARTS]
        assert seconds == sorted(seconds)
        assert seconds[0] > 0
    assert figures["times_plain"] == pytest.approx(figures["again"]["ready"] / figures["plain"]["ready"], rel=0.01)
