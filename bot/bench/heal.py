"""How long the bot is deaf after each loss of its voice connection: the longest gap between two frames of a person.

A person hums without end through the loopback Discord; the bot's voice gateway is closed in each way that heals.
Recognition is left out: this is about hearing alone.
"""

from __future__ import annotations

import asyncio
import statistics
from typing import TYPE_CHECKING, Any

import numpy as np
from rich.table import Table

from bot.rehearsal.stage import Stage, until
from config.settings import Settings
from stt.engine import NO_HINTS, Words

if TYPE_CHECKING:
    from rich.console import Console

    from stt.audio import Utterance
    from stt.engine import Hints, Window

CODES = (1001, 1006, 4006, 4009, 4015, 4022)
LONGEST_S = 15.0


class NoWords:
    """An engine that hears nothing: only packets matter here."""

    workers = 1
    window: Window = "dynamic"

    async def transcribe(self, utterance: Utterance, hints: Hints = NO_HINTS) -> Words:
        """Say nothing."""
        del utterance
        return Words("", hints.language or "en", 0.0)


async def _hum(stage: Stage, name: str) -> None:
    t = np.arange(2 * 48_000) / 48_000
    sound = (6_000 * np.sin(2 * np.pi * 140 * t)).astype(np.int16)
    while True:
        await stage.members[name].say(sound)


async def _gap(stage: Stage, name: str, code: int) -> float:
    """Close the gateway with *code* and return the longest time without a frame until it has settled."""
    loop = asyncio.get_running_loop()
    members = stage.running().receiver.members
    user_id = stage.user(name).id
    before = stage.voice.session(stage.bot_id).connection
    stage.voice.close(stage.bot_id, code)
    closed = last = loop.time()
    seen, longest = members[user_id].decrypted, 0.0
    while loop.time() - closed < LONGEST_S:
        await asyncio.sleep(0.005)
        if members[user_id].decrypted != seen:
            seen = members[user_id].decrypted
            longest, last = max(longest, loop.time() - last), loop.time()
            # Settled: another connection is there, and frames have come for a second since.
            if _reconnected(stage, before) and loop.time() - closed > longest + 1.0:
                return longest
    return max(longest, loop.time() - last)


def _reconnected(stage: Stage, before: object) -> bool:
    try:
        connection = stage.voice.session(stage.bot_id).connection
    except KeyError:
        return False
    return connection is not None and connection is not before


async def measure(rounds: int) -> dict[str, list[float]]:
    """The gaps in seconds, by what happened."""
    gaps: dict[str, list[float]] = {}
    settings = Settings(_env_file=None, discord_token=None)  # pyright: ignore[reportCallIssue] - pydantic-settings' own
    async with Stage(settings, people=("oleg", "anna"), transcriber=NoWords()) as stage:
        for name in ("oleg", "anna"):
            await stage.arrive(name)
        await stage.start("oleg")
        await stage.join("anna")
        async with asyncio.TaskGroup() as tasks:
            humming = tasks.create_task(_hum(stage, "anna"))
            await until(lambda: stage.running().receiver.counters.frames > 20, within_s=10)
            for _ in range(rounds):
                for code in CODES:
                    gaps.setdefault(f"closed with {code}", []).append(await _gap(stage, "anna", code))
            humming.cancel()
        await stage.end("oleg")
    return gaps


def run(*, rounds: int = 5, console: Console | None = None) -> dict[str, Any]:
    """Measure, print a table to *console* if there is one, and return the figures in seconds."""
    gaps = asyncio.run(measure(rounds))
    if console is not None:
        table = Table("the bot's voice gateway", "deaf for, median", "longest", title=f"{rounds} times each")
        for what, values in gaps.items():
            table.add_row(what, f"{statistics.median(values):.2f} s", f"{max(values):.2f} s")
        console.print(table)
    return {"rounds": rounds, "deaf_s": {what: [round(v, 3) for v in values] for what, values in gaps.items()}}
