"""Five people talk for minutes; the bot, in a process of its own, is watched.

    python -m tests.soak --minutes 10

Memory, threads, descriptors and the event loop's tasks are looked at every five seconds; after the end, what is left.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bot.loopback.forwarding import Impairment
from bot.loopback.furnishing import PracticeGuild, practice_guild
from bot.loopback.member import SimulatedMember
from bot.loopback.server import LoopbackDiscord
from bot.loopback.voice_server import VoiceServer
from bot.loopback.world import World
from bot.rehearsal.stage import TICKED, until
from tests.flow.test_canary import child_of
from tests.flow.test_hearing import clips

ROOT = Path(__file__).parents[1]
PEOPLE = ("oleg", "anna", "maria", "david", "peter")
LOOK_S = 5.0


@dataclass
class Watch:
    """Samples of one process, oldest first."""

    pid: int
    rss_mib: list[float] = field(default_factory=list[float])
    threads: list[int] = field(default_factory=list[int])
    descriptors: list[int] = field(default_factory=list[int])

    def look(self) -> None:
        status = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        values = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        self.rss_mib.append(int(values["VmRSS"].split()[0]) / 1024)
        self.threads.append(int(values["Threads"]))
        self.descriptors.append(sum(1 for _ in Path(f"/proc/{self.pid}/fd").iterdir()))

    @property
    def growth_mib(self) -> float:
        """From the second fifth of the time to the last, by medians: the first fifth is warming up."""
        fifth = max(1, len(self.rss_mib) // 5)
        return statistics.median(self.rss_mib[-fifth:]) - statistics.median(self.rss_mib[fifth : 2 * fifth])


async def talk(member: SimulatedMember, rng: random.Random, deadline: float) -> float:
    """Say one clip after the other with pauses, until the time is up; how many seconds that were."""
    mine, said = clips(), 0.0
    while time.monotonic() < deadline:
        began = time.monotonic()
        await member.say(rng.choice(mine).file)
        said += time.monotonic() - began
        await asyncio.sleep(rng.uniform(1.5, 6.0))
    return said


async def soak(minutes: float, seed: int) -> dict[str, Any]:
    """Hold a long interview and tell what it cost."""
    world = World()
    place = practice_guild(world, people=PEOPLE)
    shared_before = _shared()
    with tempfile.TemporaryDirectory() as folder:
        authority, log = Path(folder) / "ca.pem", Path(folder) / "log"
        async with VoiceServer() as voice, LoopbackDiscord(world, voice=voice) as discord:
            authority.write_text(discord.ca_pem, encoding="ascii")
            with log.open("wb") as errors:
                bot = await asyncio.create_subprocess_exec(
                    sys.executable, "-m", "tests.flow.bot_process",
                    str(discord.port), str(authority), place.bot_user.token, str(Path(folder) / "kept"),
                    stdin=asyncio.subprocess.PIPE, stdout=errors, stderr=errors, cwd=ROOT, env=dict(os.environ),
                )  # fmt: skip
            try:
                figures = await _interview(discord, voice, place, bot.pid, minutes=minutes, seed=seed)
            finally:
                assert bot.stdin is not None
                bot.stdin.close()
                code = await asyncio.wait_for(bot.wait(), 30)
        figures["exit_code"] = code
        figures["log_lines"] = len(log.read_text(encoding="utf-8").splitlines())
    figures["engine_left"] = _alive(figures.pop("engine_pid"))
    figures["shared_memory_left"] = len(_shared() - shared_before)
    return figures


async def _interview(
    discord: LoopbackDiscord, voice: VoiceServer, place: PracticeGuild, pid: int, *, minutes: float, seed: int
) -> dict[str, Any]:
    world = discord.world
    await discord.ready()
    host = place.people["oleg"].id
    rng = random.Random(seed)
    members: dict[str, SimulatedMember] = {}
    async with asyncio.TaskGroup() as tasks:
        for name in PEOPLE:
            member = SimulatedMember(
                world.join_voice(place.people[name].id, place.voice.id), ssl=discord.client_context()
            )
            members[name] = await member.__aenter__()
        await discord.people.use(host, "interview start", place.text.id)
        notice = next(
            m for m in world.seen_by(host, place.voice.id) if m.author is place.bot_user and not m.ephemeral_to
        )
        for name in PEOPLE:
            form = await discord.people.press(place.people[name].id, notice, "Join")
            assert form.modal is not None
            await discord.people.submit(place.people[name].id, form.modal, TICKED)
        voice.impair(place.bot_user.id, Impairment(loss=0.01, jitter_ms=20, seed=seed))
        engine = Watch(child_of(pid))
        parent = Watch(pid)
        deadline = time.monotonic() + minutes * 60
        talks = [tasks.create_task(talk(m, random.Random(rng.random()), deadline)) for m in members.values()]
        answers: list[float] = []
        while not all(t.done() for t in talks):
            parent.look()
            engine.look()
            reply = await discord.people.press(host, notice, "Status")
            answers.append(reply.acknowledged_after_s or 0.0)
            await asyncio.sleep(LOOK_S)
        await discord.people.press(host, notice, "End")
        await until(lambda: world.voice_state(place.bot_user.id, place.guild.id) is None, within_s=30)
        await asyncio.sleep(1)
        after = Watch(pid)
        after.look()
        for member in members.values():
            await member.__aexit__(None, None, None)
    answers.sort()
    return {
        "minutes": minutes,
        "speakers": len(PEOPLE),
        "spoken_s": round(sum(t.result() for t in talks)),
        "bot_rss_mib": [round(parent.rss_mib[0]), round(max(parent.rss_mib))],
        "bot_growth_mib": round(parent.growth_mib, 1),
        "engine_rss_mib": [round(engine.rss_mib[0]), round(max(engine.rss_mib))],
        "engine_growth_mib": round(engine.growth_mib, 1),
        "threads": [min(parent.threads), max(parent.threads), after.threads[0]],
        "descriptors": [min(parent.descriptors), max(parent.descriptors), after.descriptors[0]],
        "answer_p50_s": round(answers[len(answers) // 2], 3),
        "answer_max_s": round(answers[-1], 3),
        "engine_pid": engine.pid,
    }


def _alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _shared() -> set[str]:
    folder = Path("/dev/shm")  # noqa: S108 - looked at, not written to
    return {path.name for path in folder.glob("psm_*")} if folder.is_dir() else set()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    figures = asyncio.run(soak(chosen.minutes, chosen.seed))
    if chosen.json:
        sys.stdout.write(json.dumps(figures) + "\n")
        return
    table = Table("what", "figure", title=f"{chosen.minutes:g} minutes, {len(PEOPLE)} speakers")
    for name, value in figures.items():
        table.add_row(name.replace("_", " "), str(value))
    Console().print(table)


if __name__ == "__main__":
    main()
