"""How soon words stand in Discord: the whole bot, four people who talk at the same time, and a model of a real size.

    recordings -> Opus -> DAVE -> UDP -> receiver -> detection and end of speech -> engine -> captions -> Discord
    the same utterances, at the same times -> plain faster-whisper, as many processes

The bot is the one that runs, on the loopback Discord, in one process with that and with the people. The model has a
published shape and random weights: it takes the time of the real one and says 20 words, whatever it hears.

The bot counts from the last word of an utterance, so the silence that ends it is part of every figure. For
faster-whisper somebody else must find that end: it is given each utterance when the bot's silence has passed, and no
time is counted for showing its words.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from bot.bench.contestants import Plain
from bot.bench.processes import Patience, measured
from bot.bench.recognise import Talk, listen
from bot.bench.shapes import WORDS, make
from bot.loopback.member import encode, load_recording
from bot.loopback.opus_encoder import RATE_HZ
from bot.rehearsal.cast import read_lines
from bot.rehearsal.stage import Stage, until
from config.settings import Settings
from stt.audio import FRAME_S

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray
    from rich.console import Console

    from bot.bench.shapes import Name
    from stt.engine import Snippet, Window

PEOPLE = ("oleg", "anna", "david", "maria")

PAUSE_S = (1.0, 3.0)
"""Between two utterances of one person, drawn evenly: each talks 70 % of the time, mostly at once with others."""

JOINT_S = 0.12
"""Between the two lines of an utterance: too short a pause to end it, or to be taken for its end."""

LOUD = 0.01
"""What of a recording's loudest sample is heard as speech; before and after it is silence, which is cut off."""

AIMS_S: dict[Window, float] = {"dynamic": 0.7, "full": 1.5}
"""What the 95th of 100 captions may take from the last word."""

PRE_ROLL_S = 0.3
SETTLE_S = 5.0
WORKERS = 2


def run(
    *,
    size: Name = "base",
    windows: Sequence[Window] = ("dynamic", "full"),
    seconds: float = 60.0,
    workers: int = WORKERS,
    patience_s: float = 0.0,
    console: Console | None = None,
) -> dict[str, Any]:
    """Measure, print a table to *console* if there is one, and return the figures; JSON can hold them.

    Args:
        size: Of `shapes.SIZES`.
        windows: What the model is said to be trained for, one after the other.
        seconds: How long people talk.
        workers: Recognition processes.
        patience_s: How long each part waits at most until others leave the cores alone.
        console: For people.
    """
    figures: dict[str, Any] = {"size": size, "people": len(PEOPLE), "seconds": seconds, "workers": workers}
    figures["load_average"] = os.getloadavg()[0]
    spurts = {name: _spurts(name) for name in PEOPLE}
    for window in windows:
        with tempfile.TemporaryDirectory(prefix="skillrally-bench-") as folder:
            model = make(Path(folder) / size, size, words=WORDS, window=window)
            Patience(patience_s).wait()
            found, talks, silence_s = asyncio.run(_talk(model, spurts, seconds, workers))
            Patience(patience_s).wait()
            found["plain"] = asyncio.run(_plain(model, talks, silence_s, workers))
        found["aim_s"] = AIMS_S.get(window)
        figures[window] = found
    if console is not None:
        _print(figures, windows, console)
    return figures


def _spurts(name: str) -> list[list[bytes]]:
    """What somebody says, two lines at a time, as Opus packets: utterances of 4 to 6 s that end with the last word."""
    lines = [_cut(load_recording(line.file)) for line in read_lines() if line.speaker == name]
    joint = np.zeros(round(JOINT_S * RATE_HZ), np.int16)
    return [encode(np.concatenate([a, joint, b])) for a, b in zip(lines, [*lines[1:], lines[0]], strict=True)]


def _cut(samples: NDArray[np.int16]) -> NDArray[np.int16]:
    loudness = np.abs(samples.astype(np.int32))
    heard = np.flatnonzero(loudness > LOUD * loudness.max())
    return samples[heard[0] : heard[-1] + 1]


async def _talk(
    model: Path, spurts: Mapping[str, Sequence[Sequence[bytes]]], seconds: float, workers: int
) -> tuple[dict[str, Any], list[Talk], float]:
    """Let people talk; how soon their words were there, and what the bot took for their utterances."""
    settings = Settings(
        _env_file=None,  # pyright: ignore[reportCallIssue] - pydantic-settings' own argument
        discord_token=None,
        model=str(model),
        languages="en",
        workers=workers,
        guild_id=None,
    )
    async with Stage(settings, people=PEOPLE) as stage:
        for name in PEOPLE:
            await stage.arrive(name)
        await stage.start("oleg")
        for name in PEOPLE:
            await stage.join(name)
        interview = stage.running()
        pids: tuple[int, ...] = getattr(stage.app.transcriber, "pids", ())
        with measured(pids) as cores:
            async with asyncio.TaskGroup() as tasks:
                talking = [
                    tasks.create_task(_go_on(stage, name, spurts[name], seconds, number), name=f"{name} talks")
                    for number, name in enumerate(PEOPLE)
                ]
            await stage.quiet(within_s=60.0)
        captions, counts = interview.captions, interview.pipeline.counts
        if captions is None:
            raise RuntimeError("captions are off")
        await until(lambda: len(captions.latencies_s) >= counts.snippets, within_s=SETTLE_S)
        snippets = list(interview.draft.snippets)
        found: dict[str, Any] = {
            "utterances": counts.utterances,
            "snippets": counts.snippets,
            "gaps": counts.gaps,
            "begun_ahead": counts.guessed,
            "end_found_s": _errors(stage, snippets, [task.result() for task in talking]),
            "spoken_s": round(sum(snippet.end_s - snippet.start_s for snippet in snippets), 1),
            "to_snippet_s": _percentiles(counts.latencies_s),
            "to_caption_s": _percentiles(captions.latencies_s),
            "caption_writes": captions.posts + captions.edits,
            **cores.rounded(),
        }
        await stage.end("oleg")
    return found, _as_talks(snippets), settings.silence_s


async def _go_on(stage: Stage, name: str, spurts: Sequence[Sequence[bytes]], seconds: float, seed: int) -> list[float]:
    """Talk, pause, and talk on until *seconds* have passed. Returns when each last word ended, on the session clock."""
    interview, drawn = stage.running(), np.random.default_rng((0, seed))
    until_s = interview.now_s() + seconds
    ends_s: list[float] = []
    await asyncio.sleep(drawn.uniform(0, 1))
    while True:
        spurt = spurts[len(ends_s) % len(spurts)]
        ends_s.append(interview.now_s() + len(spurt) * FRAME_S)
        await stage.members[name].say(spurt)
        pause_s = drawn.uniform(*PAUSE_S)
        if interview.now_s() + pause_s >= until_s:
            return ends_s
        await asyncio.sleep(pause_s)


def _errors(stage: Stage, snippets: Sequence[Snippet], ends_s: Sequence[Sequence[float]]) -> float | None:
    """How much later than the last word the bot took it to end, in the mean; None if it found other utterances."""
    errors: list[float] = []
    for name, said in zip(PEOPLE, ends_s, strict=True):
        found = [snippet.end_s for snippet in snippets if snippet.speaker_id == stage.user(name).id]
        if len(found) != len(said):
            return None
        errors += [at - end for at, end in zip(found, said, strict=True)]
    return round(float(np.mean(errors)), 3)


def _as_talks(snippets: Sequence[Snippet]) -> list[Talk]:
    """The same utterances at the same distances, the first at once."""
    first_s = min(snippet.end_s for snippet in snippets)
    return [Talk(snippet.end_s - first_s, snippet.end_s - snippet.start_s + PRE_ROLL_S) for snippet in snippets]


async def _plain(model: Path, talks: Sequence[Talk], silence_s: float, workers: int) -> dict[str, Any]:
    """How soon faster-whisper had the words of the same utterances."""
    async with Plain(model, workers=workers) as contestant:
        with measured(contestant.pids) as cores:
            heard = await listen(contestant, talks, hopeless_s=60.0)
    return {
        "to_text_s": _percentiles(latency + silence_s for latency in heard.latencies_s),
        **cores.rounded(),
    }


def _percentiles(latencies_s: Iterable[float]) -> dict[str, float]:
    values = list(latencies_s)
    return {f"p{share}": round(float(np.percentile(values, share)), 3) for share in (50, 95)}


# -- what people see -------------------------------------------------------------------------------------------


def _print(figures: dict[str, Any], windows: Sequence[Window], console: Console) -> None:
    table = Table(
        title=f"{figures['people']} people at once for {figures['seconds']:g} s, {figures['size']}, "
        f"{figures['workers']} recognition processes: seconds after the last word, p50 / p95",
        title_justify="left",
    )
    columns = ("window", "utterances", "begun ahead", "text", "caption", "aim p95", "faster-whisper: text", "gaps")
    for column in (*columns, "cores: engine, rest, others"):
        table.add_column(column, justify="right")
    for window in windows:
        found = figures[window]
        cores = (found.get(f"{whose}_cores") for whose in ("engine", "own", "others"))
        table.add_row(
            window,
            str(found["utterances"]),
            str(found["begun_ahead"]),
            _both(found["to_snippet_s"]),
            _both(found["to_caption_s"]),
            "" if found["aim_s"] is None else f"{found['aim_s']:g}",
            _both(found["plain"]["to_text_s"]),
            str(found["gaps"]),
            ", ".join("-" if value is None else f"{value:.2f}" for value in cores),
        )
    console.print(table)


def _both(percentiles: Mapping[str, float]) -> str:
    return " / ".join(f"{value:.2f}" for value in percentiles.values())
