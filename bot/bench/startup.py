"""How long the bot takes from the start of its process until Discord listens to it, and what takes that long.

    process -> Python and imports -> what is kept, engine, everything else -> login, commands registered -> ready

Each round starts it twice on one folder: the first time it makes keys and databases, the second time they are there.
Then, in the same round, a bot of discord.py and faster-whisper starts that stores nothing (`startup_plain`).
Discord is the loopback's, so the network between is not in it; nor is a large model: it is the rehearsal's.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rich.table import Table

from bot.bench.soak_people import furnish
from bot.loopback.server import LoopbackDiscord
from bot.loopback.voice_server import VoiceServer
from bot.loopback.world import World
from bot.rehearsal.cast import MODEL

if TYPE_CHECKING:
    from rich.console import Console

READY_S = 120.0
OURS, PLAIN = "bot.bench.soak_bot", "bot.bench.startup_plain"
PARTS = ("imported", "opened", "ready")


def run(*, rounds: int = 3, console: Console | None = None) -> dict[str, Any]:
    """Measure, print a table to *console* if there is one, and return seconds since the start of the process."""
    figures = asyncio.run(_rounds(rounds))
    if console is not None:
        _print(figures, console)
    return figures


async def _rounds(rounds: int) -> dict[str, Any]:
    starts: dict[str, list[dict[str, float]]] = {"first": [], "again": [], "plain": []}
    world = World()
    application, _ = furnish(world, 1, 1)
    async with VoiceServer() as voice, LoopbackDiscord(world, voice=voice) as discord:
        for _ in range(rounds):
            with tempfile.TemporaryDirectory(prefix="skillrally-bench-") as name:
                folder = Path(name)
                (folder / "ca.pem").write_text(discord.ca_pem, encoding="ascii")
                given = {
                    "port": discord.port, "authority": str(folder / "ca.pem"), "folder": name,
                    "token": world.users[application.id].token, "settings": {"model": str(MODEL)},
                }  # fmt: skip
                for which, marks in starts.items():
                    program = PLAIN if which == "plain" else OURS
                    marks.append(await _start(program, discord, application.id, given))
    return {
        "rounds": rounds,
        "load_average": round(os.getloadavg()[0], 1),
        **{which: _medians(marks) for which, marks in starts.items()},
        "times_plain": round(
            statistics.median(
                ours["ready"] / plain["ready"] for ours, plain in zip(starts["again"], starts["plain"], strict=True)
            ),
            2,
        ),
    }


async def _start(program: str, discord: LoopbackDiscord, bot_id: int, given: dict[str, Any]) -> dict[str, float]:
    began_s = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", program, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, limit=1 << 20, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    stdin = cast("asyncio.StreamWriter", process.stdin)
    stdout = cast("asyncio.StreamReader", process.stdout)
    stdin.write(json.dumps(given | {"marks": True}).encode() + b"\n")
    marks: dict[str, float] = {}
    async with asyncio.timeout(READY_S):
        while "opened" not in marks:
            line = json.loads(await stdout.readline())
            if "mark" in line:
                # The monotonic clock is the machine's, the same in both processes.
                marks[line["mark"]] = line["at_s"] - began_s
        await discord.ready(bot_id, within_s=READY_S)
    marks["ready"] = time.monotonic() - began_s
    stdin.close()
    await stdout.read()
    await process.wait()
    return marks


def _medians(marks: list[dict[str, float]]) -> dict[str, float]:
    return {part: round(statistics.median(each[part] for each in marks), 3) for part in PARTS}


def _print(figures: dict[str, Any], console: Console) -> None:
    table = Table("seconds since the process began", "first start", "later start", "discord.py and faster-whisper")
    for part in PARTS:
        table.add_row(part, *(f"{figures[which][part]:.2f}" for which in ("first", "again", "plain")))
    console.print(table)
    console.print(f"a later start takes {figures['times_plain']:.2f} times as long as the plain one")
