"""The benchmark of the whole chain: small, it still hears everybody to the end, and knows when they ended."""

from __future__ import annotations

import json

import pytest
from rich.console import Console

from bot.bench import live


@pytest.mark.slow
@pytest.mark.timeout(180)  # it loads three models, on a machine where others work as well
@pytest.mark.usefixtures("light")
def test_a_small_run_hears_every_utterance_and_times_it_from_its_last_word() -> None:
    console = Console(width=200)
    with console.capture() as shown:
        figures = live.run(size="tiny", windows=("dynamic",), seconds=1.5, workers=1, console=console)

    assert "seconds after the last word" in shown.get()
    assert json.loads(json.dumps(figures)) == figures
    found = figures["dynamic"]
    assert found["gaps"] == 0
    assert found["utterances"] == found["snippets"] == len(live.PEOPLE)
    assert abs(found["end_found_s"]) < 0.2
    # The silence that ends an utterance is a part of every figure.
    assert 0.4 < found["to_snippet_s"]["p50"] <= found["to_snippet_s"]["p95"]
    assert 0.4 < found["to_caption_s"]["p50"] <= found["to_caption_s"]["p95"]
    assert found["plain"]["to_text_s"]["p50"] > 0.4
