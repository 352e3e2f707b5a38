"""The benchmark of overload: small, it still tells what became of every second that was spoken."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from bot.bench.overload import run


@pytest.mark.slow
@pytest.mark.usefixtures("light")
def test_whatever_was_said_has_words_or_a_mark() -> None:
    console = Console(record=True, width=120, file=io.StringIO())
    figures = run(size="tiny", window="dynamic", seconds=3.0, people=6, after=0, console=console)

    assert json.loads(json.dumps(figures))["people"] == 6
    assert figures["said_s"] > 3
    assert figures["unmarked_s"] <= 0.2 * figures["said_s"]
    assert figures["samples_left"] == 0
    assert figures["calm_after_s"] is not None
    assert figures["after_s"] == []
    assert "marked as missing" in console.export_text()
