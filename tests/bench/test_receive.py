"""The benchmark of hearing: small, it still measures every part and hears every packet."""

from __future__ import annotations

import json

from rich.console import Console

from bot.bench import receive
from bot.voice.transport import MODES


def test_a_small_run_gives_figures_that_json_can_hold_and_a_table_people_can_read() -> None:
    console = Console(width=140)
    with console.capture() as shown:
        figures = receive.run(rounds=1, packets=50, speakers=(2,), seconds=0.4, console=console)

    assert "Receiver.datagram" in shown.get()
    assert json.loads(json.dumps(figures)) == figures
    for mode in MODES:
        found = figures["modes"][mode]
        assert all(us > 0 for us in found["us"].values())
        assert found["decoding_to_discord_py"] < 1
    (call,) = figures["calls"]
    assert call["heard"] == call["arrived"] == call["sent"] == 40
    assert 0 < call["core_share"] < 1
