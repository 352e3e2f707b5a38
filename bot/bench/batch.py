"""What it costs on a processor to recognise several speakers' utterances together, beside one after the other.

    the same utterances of 3 to 8 s -> in batches of 1, 2, 4, 8 -> Whisper.recognise_all -> seconds for each of them

A processor does many rows in hardly less time than one after the other, so that whoever came first waits for the others
of the batch: that is what batches lose there. A GPU does many rows in the time of one; batches are for those
(`python -m stt.serve`), and were never measured on one.
"""

from __future__ import annotations

import multiprocessing
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from rich.table import Table

from bot.bench.contestants import noise
from bot.bench.processes import one_thread
from bot.bench.recognise import UTTERANCE_S
from bot.bench.shapes import SPOKEN, WORDS, make
from stt.engine import Hints
from stt.whisper import Whisper

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from rich.console import Console

    from bot.bench.shapes import Name

Window = Literal["dynamic", "full"]

WINDOWS: tuple[Window, ...] = ("dynamic", "full")
SIZES = (1, 2, 4, 8)
UTTERANCES = 8


def run(
    *,
    size: Name = "base",
    windows: Sequence[Window] = WINDOWS,
    rounds: int = 3,
    utterances: int = UTTERANCES,
    batches: Sequence[int] = SIZES,
    console: Console | None = None,
) -> dict[str, Any]:
    """Measure, print a table to *console* if there is one, and return the figures; JSON can hold them.

    Args:
        size: Whose shapes the model has.
        windows: What is encoded.
        rounds: In each of which all batches take turns.
        utterances: In each round.
        batches: How many are recognised together; the first is what others are compared with.
        console: For people.
    """
    figures: dict[str, Any] = {"size": size, "rounds": rounds, "utterances": utterances, "windows": {}}
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="skillrally-bench-") as folder:
        model = make(Path(folder) / size, size, words=WORDS)
        for window in windows:
            with one_thread(), ProcessPoolExecutor(1, context) as pool:
                laps = pool.submit(_take_turns, model, window, rounds, utterances, tuple(batches)).result()
            figures["windows"][window] = [
                {
                    "batch": batch,
                    "cpu_s": round(statistics.median(lap[batch] for lap in laps) / utterances, 4),
                    "times": round(statistics.median(lap[batch] / lap[batches[0]] for lap in laps), 3),
                    "words_after_s": round(
                        _words_after_s(statistics.median(lap[batch] for lap in laps), utterances, batch), 4
                    ),
                }
                for batch in batches
            ]
    if console is not None:
        _print(figures, console)
    return figures


def _words_after_s(all_s: float, utterances: int, batch: int) -> float:
    """When words are there in the mean, if all utterances come at once and one core has *all_s* to do with them."""
    batches = -(-utterances // batch)
    return all_s * (batches + 1) / (2 * batches)


def _take_turns(
    model: Path, window: Window, rounds: int, utterances: int, batches: Sequence[int]
) -> list[dict[int, float]]:
    """Seconds of processor time of all utterances by batch, for each round. Runs in a process of its own."""
    whisper = Whisper(model, window=window)
    hints = Hints(language=SPOKEN)
    lengths_s = np.random.default_rng(0).uniform(*UTTERANCE_S, utterances)
    said = [(noise(float(length_s), seed=number), hints) for number, length_s in enumerate(lengths_s)]
    laps: list[dict[int, float]] = []
    for batch in batches:  # warms up
        _recognise(whisper, said[: max(batches)], batch)
    for number in range(rounds):
        turn = number % len(batches)
        lap: dict[int, float] = {}
        for batch in (*batches[turn:], *batches[:turn]):
            began = time.process_time()
            _recognise(whisper, said, batch)
            lap[batch] = time.process_time() - began
        laps.append(lap)
    return laps


def _recognise(whisper: Whisper, said: Sequence[tuple[NDArray[np.int16], Hints]], batch: int) -> None:
    """As a replica does it: one after the other in windows of their own, or so many together."""
    for first in range(0, len(said), batch):
        part = said[first : first + batch]
        heard = [whisper.recognise(*part[0])] if batch == 1 else whisper.recognise_all(part)
        for words in heard:
            if isinstance(words, Exception) or len(words.text.split()) != WORDS:
                raise RuntimeError("an utterance did not have its words")


def _print(figures: dict[str, Any], console: Console) -> None:
    title = f"{figures['size']}: an utterance of 3 to 8 s on one thread, median of {figures['rounds']}"
    table = Table(title=title, title_justify="left")
    columns = (
        "window",
        "together",
        "ms of processor time, each",
        "times one by one",
        "words of all at once after, mean",
    )
    for column in columns:
        table.add_column(column, justify="right")
    for window, rows in figures["windows"].items():
        for row in rows:
            table.add_row(
                window,
                str(row["batch"]),
                f"{1000 * row['cpu_s']:.0f}",
                f"{row['times']:.2f}",
                f"{row['words_after_s']:.2f} s",
            )
        table.add_section()
    console.print(table)
