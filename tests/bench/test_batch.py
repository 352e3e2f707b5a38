from __future__ import annotations

import json

import pytest
from rich.console import Console

from bot.bench.batch import run


@pytest.mark.slow
@pytest.mark.timeout(180)  # it starts two processes, which takes its time where others work as well
@pytest.mark.usefixtures("light")
def test_a_small_run_has_the_cost_of_each_batch_beside_one_by_one() -> None:
    console = Console(width=120)
    with console.capture() as shown:
        figures = run(size="tiny", rounds=1, utterances=2, batches=(1, 2), console=console)

    assert "one by one" in shown.get()
    assert json.loads(json.dumps(figures)) == figures
    assert set(figures["windows"]) == {"dynamic", "full"}
    for rows in figures["windows"].values():
        assert [row["batch"] for row in rows] == [1, 2]
        assert all(row["cpu_s"] > 0 for row in rows)
        assert rows[0]["times"] == 1
        # One by one half of the work is done when the first has words; together all of it.
        assert rows[0]["words_after_s"] == pytest.approx(rows[0]["cpu_s"] * 1.5, abs=0.001)
        assert rows[1]["words_after_s"] == pytest.approx(rows[1]["cpu_s"] * 2, abs=0.001)
    assert figures["windows"]["dynamic"][0]["cpu_s"] < figures["windows"]["full"][0]["cpu_s"]
