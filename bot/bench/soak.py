"""Load and faults for as long as wanted, and whether every promise held: `python -m bot soak --minutes 60`.

    this process: Discord, its voice server, a language model, people        the bot: `soak_bot`, in its own
    people hold interviews (`soak_people`) and note what they are told (`soak_record`)
    every few seconds something breaks (`Faults`): line, connections, engine, database, disk, model, the bot (kill -9)
    every few minutes all rest, and the bot says what it holds with nobody in it
    at the end: what was acknowledged against what can be read; sound left; one rest against another; answers; a verdict

Everything random comes from one seed. What waits for whom does not, so a seed repeats the faults and not the run.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import random
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from rich.table import Table

from bot.bench.shapes import make
from bot.bench.soak_bot import LOOK_S, PULSE_S
from bot.bench.soak_people import Answer, Life, Place, furnish, is_notice, recordings
from bot.bench.soak_record import Record
from bot.installation import Installation
from bot.loopback.callbacks import ACKNOWLEDGE_WITHIN_S
from bot.loopback.forwarding import Impairment
from bot.loopback.server import LoopbackDiscord
from bot.loopback.voice_server import VoiceServer
from bot.loopback.world import World
from bot.rehearsal.cast import MODEL
from bot.rehearsal.loopback_model import (
    LoopbackModel,
    answering,
    cut_short,
    declining,
    delayed,
    failing,
    fair_judge,
    flooding,
    hanging_up,
    keeping_silent,
    noted,
    redirecting,
)
from bot.rehearsal.stage import practice_operations, until
from bot.voice.opus import Decoder
from config.settings import Settings
from stt.audio import MAX_PACKET_SAMPLES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from rich.console import Console

    from bot.bench.shapes import Name
    from bot.rehearsal.loopback_model import Reply

ACKNOWLEDGED_S = 1.0
"""Within which 99 of 100 commands are answered while nothing but speech goes on."""

GROWTH_MIB = 20.0
SETTLED_S = 900.0
"""
A shorter life says nothing about growth: its second fifth, from which growth counts, must be past the minutes in which
everybody's ring of 30 s fills, the pools of threads and connections do, and the first pictures load what draws them.
Lives of six minutes were measured: 219 MiB at a first rest, then 273 and 274.
"""

KILLED_UNTIL = 0.5
"""The bot is killed in this part of the time only, so that its last life is long."""

TALK_S = 30.0
REST_EVERY_S = 240.0
LAST_TALK_S = 6.0
"""Interviews so short are held between the last two rests, so that each run has two in one life."""

SPARE = 6
"""Tasks, threads and descriptors that may be more at a life's last rest than at the one in its middle: pools of
connections fill up in the first half of a long life, and which are open differs a little."""

EXPIRES = "BaseView.__timeout_task_impl"
"""discord.py has a task for each answer with buttons and each form, until they expire after three or ten minutes."""

REST_S = 150.0
"""Within which interviews come to their end."""

SETTLING_LOOKS = 20
"""Seconds after the last interview until what is held is noted: aiohttp keeps connections to Discord for 15 s."""

HEALED_S = 60.0
"""Within which a bot that was killed has deleted what stood on Discord."""

WARM_UP_S = 15.0
CALM_S = 30.0
"""At the end, without faults, so that the end can be looked at."""

FAULTS_TAKE_S = 45.0
"""What a round of all faults takes by itself, about."""

AGAIN = 3
"""How often a fault is tried that found nothing to break, such as a call that nobody was in."""

STOOD_STILL_S = 1.0
"""When this process, whose clock times the answers, ran that much too late, nothing is said of answers of that time."""

CALM_AFTER_S = 8.0
"""After a fault, so long nothing that is not answered is held against the bot."""

AWAITED_S = 20.0
"""How long a fault waits for a call that it can break."""

LINE = Impairment(loss=0.01, jitter_ms=20, seed=1)
"""The line to the bot when it is good."""

MODEL_S = 5.0
"""How long the bot waits for the language model."""

WAYS = 10
"""In how many ways the language model fails."""

START_S = 60.0
END_S = 40.0
SHARED = Path("/dev/shm")  # noqa: S108 - looked at, not written to


@dataclass
class Living:
    """One life of the bot's process, from its start to its end.

    Attributes:
        looks: What it said about itself, once a second.
        ready: How many of those came before it was logged in.
        rests: Which of them were said while nobody held an interview.
        complaints: Lines of its log from "warning" up, by what they say.
        over: Whether it is to end.
    """

    process: asyncio.subprocess.Process
    over: bool = False
    looks: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    complaints: Counter[str] = field(default_factory=Counter[str])
    ready: int = 0
    rests: list[int] = field(default_factory=list[int])

    @property
    def more(self) -> dict[str, Counter[str]]:
        """What it held at its last rest and not at the middle one, by name; empty if it did not rest twice."""
        if len(self.rests) < 2:
            return {}
        return more(self.looks[self.rests[-1]], self.looks[self.rests[(len(self.rests) - 1) // 2]])

    @property
    def engine_cores(self) -> list[float]:
        """How many cores the engines kept busy, second by second, while there were interviews."""
        pairs = itertools.pairwise(self.looks)
        return [
            (now["engine_cpu_s"] - before["engine_cpu_s"]) / LOOK_S
            for before, now in pairs
            if now["interviews"] and now["engines"] and now["engines"] == before["engines"]
        ]

    @property
    def first(self) -> dict[str, Any]:
        """What it held once it was logged in."""
        return self.looks[min(self.ready, len(self.looks) - 1)]

    @property
    def growth_mib(self) -> float | None:
        """From the second fifth of the time to the last, by medians; None for a life of less than `SETTLED_S`."""
        sizes = [look["rss_mib"] or 0.0 for look in self.looks]
        fifth = len(sizes) // 5
        if len(sizes) * LOOK_S < SETTLED_S:
            return None
        return statistics.median(sizes[-fifth:]) - statistics.median(sizes[fifth : 2 * fifth])


def more(now: Mapping[str, Any], before: Mapping[str, Any]) -> dict[str, Counter[str]]:
    """Tasks, threads and descriptors that are more *now*, and as negative numbers those that are fewer."""
    found: dict[str, Counter[str]] = {}
    for what in ("tasks", "threads", "descriptors"):
        held: Counter[str] = Counter(now[what])
        held.subtract(before[what])
        held.pop(EXPIRES, None)
        found[what] = Counter({name: number for name, number in held.items() if number})
    return found


class Bot:
    """The bot's process, which can be killed and started again.

    Attributes:
        up: Set while it is logged in.
        lives: All of its processes, oldest first.
        ended_alone: The exit codes of those that ended though nobody had told them to.
    """

    def __init__(
        self, given: Mapping[str, Any], discord: LoopbackDiscord, bot_id: int, tasks: asyncio.TaskGroup
    ) -> None:
        self.up = asyncio.Event()
        self.lives: list[Living] = []
        self.ended_alone: list[int] = []
        self._given = given
        self._discord = discord
        self._bot_id = bot_id
        self._tasks = tasks

    @property
    def now(self) -> Living:
        """The process that lives."""
        return self.lives[-1]

    @property
    def engines(self) -> list[int]:
        """Its engines' processes, as it last said."""
        return list(self.now.looks[-1]["engines"]) if self.now.looks else []

    async def start(self) -> float:
        """Start it and wait until it is logged in; how long that took."""
        began_s = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bot.bench.soak_bot",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            cwd=Path(__file__).parents[2], limit=1 << 20,
            env={**os.environ, "TMPDIR": self._given["temporary"], "HOME": self._given["temporary"]},
        )  # fmt: skip
        living = Living(process)
        self.lives.append(living)
        self._tasks.create_task(_read(process.stdout, lambda line: living.looks.append(json.loads(line))))
        self._tasks.create_task(_read(process.stderr, lambda line: _complain(living, line)))
        self._tasks.create_task(self._tend(living), name="life of the bot")
        await self._write(self._given)
        await self._discord.ready(self._bot_id, within_s=START_S)
        living.ready = len(living.looks)
        self.up.set()
        return time.monotonic() - began_s

    async def _tend(self, living: Living) -> None:
        """Start it again if it ends by itself, as whoever runs it would; that it did is told in the end."""
        code = await living.process.wait()
        if living.over:
            return
        self.ended_alone.append(code)
        self.up.clear()
        await self._unseen()
        await self.start()

    async def _unseen(self) -> None:
        """Have Discord notice that it is gone."""
        await until(lambda: not self._discord.gateway.is_connected(self._bot_id), within_s=10)
        await self._discord.gateway.expire(self._bot_id)

    async def full(self, *, full: bool) -> None:
        """Let no file of it grow, or all again."""
        await self._write({"full": full})

    async def kill(self) -> None:
        """End it without a word, and have Discord notice."""
        self.up.clear()
        engines = self.engines
        process = self.now.process
        self.now.over = True
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        await self._unseen()
        await until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in engines), within_s=15)

    async def stop(self) -> int:
        """Let it end; its exit code."""
        self.up.clear()
        process = self.now.process
        self.now.over = True
        cast("asyncio.StreamWriter", process.stdin).close()
        try:
            async with asyncio.timeout(END_S):
                return await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            return -signal.SIGKILL

    async def _write(self, said: Mapping[str, Any]) -> None:
        stdin = cast("asyncio.StreamWriter", self.now.process.stdin)
        with contextlib.suppress(ConnectionError):
            stdin.write(json.dumps(said).encode() + b"\n")
            await stdin.drain()


async def _read(stream: asyncio.StreamReader | None, take: Callable[[bytes], None]) -> None:
    """Every line, until the process is gone. The last one of a killed process may be half a line."""
    while stream is not None and (line := await stream.readline()):
        with contextlib.suppress(ValueError):
            take(line)


def _complain(living: Living, line: bytes) -> None:
    try:
        said = json.loads(line)
    except ValueError:  # what Python writes by itself, such as why a module cannot be imported
        living.complaints[line.decode(errors="replace").strip()[:120]] += 1
        return
    # discord.py puts a whole stack into some.
    said["event"] = said["event"].partition("\n")[0]
    living.complaints[
        f"{said['level']}: {said['event']} {said.get('exception', '')} {said.get('place', '')}".strip()
    ] += 1


class Faults:
    """Breaks things, one after the other.

    Attributes:
        done: How often each was.
        missed: How often there was nothing to break.
        answers: How often the language model did what, of what it does wrong.
        spans: When each began and was over, on the monotonic clock.
        restarts_s: From each kill to a bot that is logged in.
        healed_s: From there until nothing of the killed bot's stood on Discord.
        failed: What did not come back.
    """

    def __init__(
        self,
        discord: LoopbackDiscord,
        voice: VoiceServer,
        model: LoopbackModel,
        bot: Bot,
        *,
        places: Sequence[Place],
        bot_id: int,
        data: Path,
        rng: random.Random,
    ) -> None:
        self.done: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()
        self.answers: Counter[str] = Counter()
        self.spans: list[tuple[float, float]] = []
        self.restarts_s: list[float] = []
        self.healed_s: list[float] = []
        self.failed: list[str] = []
        self.own_late_ms: list[float] = []
        self._broke: list[str] = []
        self._discord, self._voice, self._model = discord, voice, model
        self._bot, self._places, self._bot_id, self._data, self._rng = bot, places, bot_id, data, rng
        self._kinds: dict[str, Callable[[], Awaitable[None]]] = {
            "main gateway closed": self._gateway_closed,
            "main gateway cut": self._gateway_cut,
            "main gateway: reconnect": self._gateway_asks,
            "main gateway: session invalid": self._gateway_invalid,
            "voice gateway closed": self._voice_closed,
            "voice servers crashed": self._voice_crashed,
            "bot moved and back": self._moved,
            "engine killed": self._engine_killed,
            "engine stopped": self._engine_stopped,
            "database locked": self._database_locked,
            "disk full": self._disk_full,
            "bad line": self._bad_line,
            "language model fails": self._model_fails,
            "language model breaks off": self._model_breaks_off,
            "language model is slow": self._model_is_slow,
            "bot killed": self._bot_killed,
        }

    @property
    def kinds(self) -> tuple[str, ...]:
        """What can break."""
        return tuple(self._kinds)

    def since(self, at_s: float) -> list[str]:
        """What was being broken from then to now, or just before."""
        return [kind for kind, (_, end_s) in zip(self._broke, self.spans, strict=True) if end_s + CALM_AFTER_S >= at_s]

    async def watch_ourselves(self) -> None:
        """Measure how late this process is itself: it plays Discord and everybody, and answers are timed by it."""
        while True:
            before_s = time.monotonic()
            await asyncio.sleep(PULSE_S)
            now_s = time.monotonic()
            self.own_late_ms.append((now_s - before_s - PULSE_S) * 1000)
            if now_s - before_s > STOOD_STILL_S:
                self.spans.append((before_s, now_s))
                self._broke.append("this process stood still")

    async def go_on(self, until_s: float, every_s: float, rest: Callable[[], Awaitable[None]]) -> None:
        """Everything in a drawn order, and again, with pauses of that length in the mean and rests between.

        The first round is as fast as it must be for all of it to happen.
        """
        began_s = rested_s = time.monotonic()
        pace_s = max(1.0, min(every_s, (until_s - began_s - FAULTS_TAKE_S) / len(self._kinds)))
        first = left = self._rng.sample(self.kinds, len(self.kinds))
        while True:
            pause_s = pace_s * self._rng.uniform(0.5, 1.5)
            if not left:
                left, pace_s = self._rng.sample(self.kinds, len(self.kinds)), every_s
                if time.monotonic() > began_s + KILLED_UNTIL * (until_s - began_s):
                    left.remove("bot killed")
            if left is not first and time.monotonic() + pause_s > until_s:
                return
            await asyncio.sleep(pause_s)
            kind = left.pop()
            if not await self.break_(kind) and self.missed[kind] <= AGAIN:
                left.insert(0, kind)
            if time.monotonic() - rested_s > REST_EVERY_S:
                await rest()
                rested_s = time.monotonic()

    async def break_(self, kind: str) -> bool:
        """Break one thing, and wait until it is whole; False if there was nothing to break."""
        number = len(self.spans)
        self.spans.append((time.monotonic(), float("inf")))
        self._broke.append(kind)
        there = True
        try:
            await self._kinds[kind]()
        except TimeoutError:
            self.failed.append(f"{kind}: not whole again")
        except (LookupError, OSError):
            there = False
        self.spans[number] = (self.spans[number][0], time.monotonic())
        (self.done if there else self.missed)[kind] += 1
        return there

    async def _back(self) -> None:
        await asyncio.sleep(0.5)
        await self._discord.ready(self._bot_id, within_s=START_S)

    async def _gateway_closed(self) -> None:
        self._discord.gateway.close_client(self._bot_id, 4000)
        await self._back()

    async def _gateway_cut(self) -> None:
        self._discord.gateway.cut(self._bot_id)
        await self._back()

    async def _gateway_asks(self) -> None:
        self._discord.gateway.ask_to_reconnect(self._bot_id)
        await self._back()

    async def _gateway_invalid(self) -> None:
        self._discord.gateway.invalidate(self._bot_id)
        await self._back()

    async def _voice_closed(self) -> None:
        code = self._rng.choice((1001, 1006, 4006, 4009, 4015))
        self._voice.close(self._bot_id, code, (await self._somewhere()).guild.id)

    async def _somewhere(self) -> Place:
        """Where the bot is in a call.

        Raises:
            LookupError: If it is in none.
        """
        with contextlib.suppress(TimeoutError):
            await until(lambda: bool(self._calls()), within_s=AWAITED_S)
        calls = self._calls()
        if not calls:
            raise LookupError("the bot is in no call")
        return self._rng.choice(calls)

    def _calls(self) -> list[Place]:
        world = self._discord.world
        return [place for place in self._places if world.voice_state(self._bot_id, place.guild.id) is not None]

    async def _voice_crashed(self) -> None:
        await self._somewhere()
        self._voice.crash(resumable=self._rng.random() < 0.5)

    async def _moved(self) -> None:
        place = await self._somewhere()
        for channel in (place.other, place.voice):
            if self._discord.world.voice_state(self._bot_id, place.guild.id) is None:
                return
            await self._discord.world.move_voice(self._bot_id, channel.id)
            await asyncio.sleep(2.0)

    async def _engine_killed(self) -> None:
        self._signal(signal.SIGKILL)

    async def _engine_stopped(self) -> None:
        self._signal(signal.SIGSTOP)
        await asyncio.sleep(2.0)

    def _signal(self, number: signal.Signals) -> None:
        # IndexError: there is none just now.
        os.kill(self._rng.choice(self._bot.engines), number)

    async def _database_locked(self) -> None:
        """Somebody else writes: for a moment, or for longer than the bot waits."""
        which, held_s = self._rng.choice(("content", "keyring")), self._rng.choice((1.0, 2.0, 6.5))
        lock = sqlite3.connect(self._data / f"{which}.db", isolation_level=None, timeout=10)
        try:
            lock.execute("BEGIN IMMEDIATE")
            await asyncio.sleep(held_s)
            lock.execute("ROLLBACK")
        except sqlite3.OperationalError:
            pass  # the bot was writing all the time
        finally:
            lock.close()

    async def _disk_full(self) -> None:
        await self._bot.full(full=True)
        await asyncio.sleep(self._rng.uniform(1.0, 4.0))
        await self._bot.full(full=False)

    async def _bad_line(self) -> None:
        """Much is lost, late, and comes twice, on every line to the bot."""
        self._voice.impair(
            self._bot_id, Impairment(loss=0.2, duplicate=0.1, jitter_ms=100, seed=self._rng.getrandbits(32))
        )
        await asyncio.sleep(3.0)
        self._voice.impair(self._bot_id, LINE)

    async def _model_fails(self) -> None:
        self._model_does({
            "is broken": failing(500),
            "has no time": failing(429, retry_after="1"),
            "does not know the key": failing(401),
            "points elsewhere": redirecting("http://127.0.0.1:9/"),
        })  # fmt: skip

    async def _model_breaks_off(self) -> None:
        self._model_does({
            "stops in the middle": cut_short(),
            "hangs up": hanging_up(),
            "does not stop": flooding(),
            "would rather not": declining(),
        })  # fmt: skip

    async def _model_is_slow(self) -> None:
        self._model_does({"is silent": keeping_silent(), "is slow": delayed(MODEL_S - 1.0, answering(fair_judge))})

    def _model_does(self, ways: Mapping[str, Reply]) -> None:
        """Let it, with the next requests for feedback."""
        for way, reply in ways.items():
            self._model.script(noted(lambda way=way: self.answers.update((way,)), reply))

    async def _bot_killed(self) -> None:
        await self._bot.up.wait()
        before = {message.id for message in self._live()}
        await self._bot.kill()
        before |= {message.id for message in self._live()}
        self.restarts_s.append(await self._bot.start())
        began_s = time.monotonic()
        await until(lambda: not before & {message.id for message in self._live()}, within_s=HEALED_S)
        self.healed_s.append(time.monotonic() - began_s)

    def _live(self) -> list[Any]:
        """Notices and captions that stand."""
        return [
            message
            for message in list(self._discord.world.messages.values())
            if message.author.id == self._bot_id
            and message.deleted_at is None
            and message.ephemeral_to is None
            and (is_notice(message) or "Live captions" in message.content)
        ]


def run(
    *,
    minutes: float = 60.0,
    seed: int = 1,
    people: int = 25,
    channels: int = 5,
    talk_s: float | None = None,
    every_s: float = 12.0,
    kinds: Sequence[str] | None = None,
    model: Name | None = None,
    console: Console | None = None,
) -> dict[str, Any]:
    """Do it, print a table to *console* if there is one, and return the figures; `broken` lists promises that were.

    Args:
        minutes: For how long.
        seed: Of all that is random.
        people: How many, spread over the channels.
        channels: Each in a server of its own, since a server holds one interview.
        talk_s: How long each interview is talked in; by default half a minute, and less in a run of minutes.
        every_s: How long nothing is broken between two faults, in the mean.
        kinds: These faults once each, in this order, in place of all in a drawn order.
        model: What recognition costs: a model of this size that always hears the same, so that it has all that it can
            do. By default the rehearsal's, which is small and understands what is said.
        console: For people.
    """
    if talk_s is None:
        talk_s = min(TALK_S, minutes * 60 / 10)
    soaked = _soak(
        minutes * 60, seed=seed, people=people, channels=channels, talk_s=talk_s, every_s=every_s, kinds=kinds,
        model=model,
    )  # fmt: skip
    figures = asyncio.run(soaked)
    if console is not None:
        _print(figures, console)
    return figures


async def _soak(
    seconds: float,
    *,
    seed: int,
    people: int,
    channels: int,
    talk_s: float,
    every_s: float,
    kinds: Sequence[str] | None,
    model: Name | None,
) -> dict[str, Any]:
    rng = random.Random(seed)  # noqa: S311 - to be repeated
    said = await asyncio.to_thread(recordings)
    shared = _shared()
    world = World()
    application, places = furnish(world, channels, people)
    token = world.users[application.id].token
    with tempfile.TemporaryDirectory(prefix="skillrally-soak-") as name:
        folder = Path(name)
        (folder / "temporary").mkdir()
        engine = MODEL if model is None else await asyncio.to_thread(make, folder / "model", model)
        settings = {
            "model": str(engine), "feedback_writer": "compatible", "feedback_model": "loopback-1",
            "feedback_timeout_s": MODEL_S,
        }  # fmt: skip
        async with (
            VoiceServer() as voice,
            LoopbackDiscord(world, voice=voice) as discord,
            LoopbackModel(fair_judge) as writer,
            asyncio.TaskGroup() as tasks,
        ):
            (folder / "ca.pem").write_text(discord.ca_pem, encoding="ascii")
            given = {
                "port": discord.port, "authority": str(folder / "ca.pem"), "token": token, "folder": str(folder),
                "temporary": str(folder / "temporary"), "settings": settings | {"feedback_url": writer.url},
            }  # fmt: skip
            bot = Bot(given, discord, application.id, tasks)
            faults = Faults(
                discord, voice, writer, bot, places=places, bot_id=application.id, data=folder / "data", rng=rng
            )
            started_s = await bot.start()
            voice.impair(application.id, LINE)
            record = Record()
            awake = asyncio.Event()
            awake.set()
            lives = [
                Life(
                    discord, place, application.id, record=record, up=bot.up, awake=awake, faults_since=faults.since,
                    said=said, talk_s=talk_s, rng=random.Random(rng.random()),  # noqa: S311
                )
                for place in places
            ]  # fmt: skip

            async def rest() -> None:
                awake.clear()
                await _rest(bot, lives)
                awake.set()

            until_s = time.monotonic() + seconds
            watching = tasks.create_task(faults.watch_ourselves(), name="own clock")
            async with asyncio.TaskGroup() as going:
                for life in lives:
                    going.create_task(life.go_on(until_s), name="life")
                if kinds is None:
                    await asyncio.sleep(min(WARM_UP_S, seconds / 12))
                    await faults.go_on(until_s - min(CALM_S, seconds / 4), every_s, rest)
                else:
                    for kind in kinds:
                        await asyncio.sleep(every_s)
                        await faults.break_(kind)
            await _rest(bot, lives, looks=SETTLING_LOOKS if kinds is None else 1)
            if kinds is None:
                async with asyncio.TaskGroup() as going:
                    for life in lives:
                        life.talk_s = LAST_TALK_S
                        going.create_task(life.go_on(time.monotonic() + LAST_TALK_S), name="life")
                await _rest(bot, lives)
            watching.cancel()
            for place in places:
                for person in place.people:
                    await person.depart(discord)
            exit_code = await bot.stop()
        broken = await _kept(folder, record)
        sound = await asyncio.to_thread(_sound_in, (folder, SHARED), said)
    return _figures(
        seconds, seed=seed, lives=lives, faults=faults, bot=bot, record=record,
        spoken_s=sum(person.spoken_s for place in places for person in place.people),
        started_s=started_s, exit_code=exit_code, broken=broken, sound=sound,
        shared=len(_shared() - shared), asked=len(writer.asked), people=people, channels=channels,
        all_kinds=kinds is None,
    )  # fmt: skip


async def _rest(bot: Bot, lives: Sequence[Life], *, looks: int = SETTLING_LOOKS) -> None:
    """Wait until nobody holds an interview, and some seconds for what follows the last one; note what is held then."""
    with contextlib.suppress(TimeoutError):
        await until(lambda: all(life.resting for life in lives), within_s=REST_S)
        await until(lambda: bool(bot.now.looks) and not bot.now.looks[-1]["interviews"], within_s=END_S)
    seen = len(bot.now.looks)
    with contextlib.suppress(TimeoutError):
        await until(lambda: len(bot.now.looks) > seen + looks, within_s=END_S)
        bot.now.rests.append(len(bot.now.looks) - 1)


async def _kept(folder: Path, record: Record) -> list[str]:
    """What was acknowledged and cannot be read, or can and should not be, after the end."""
    settings = Settings(
        _env_file=None,  # pyright: ignore[reportCallIssue] - pydantic-settings' own
        discord_token=None,
        data_dir=str(folder / "data"),
        keys_dir=str(folder / "keys"),
    )
    async with Installation(settings, practice_operations(folder)).stores() as stores:
        return await record.broken(stores)


def _sound_in(folders: Iterable[Path], said: Sequence[Sequence[bytes]]) -> int:
    """How many files hold a stretch of any recording, as decoded samples or as a packet."""
    needles: list[bytes] = []
    for packets in said:
        decoder, out = Decoder(), np.zeros(MAX_PACKET_SAMPLES, np.int16)
        for packet in packets[: len(packets) // 2]:
            samples = out[: decoder.decode(packet, out.ctypes.data)].copy()
            if len(np.unique(samples[:32])) > 28:
                needles += [samples[:32].tobytes(), (samples[:32].astype(np.float32) / 32_768).tobytes(), packet]
                break
    found = 0
    for folder in folders:
        for path in folder.rglob("*"):
            with contextlib.suppress(OSError):
                if path.is_file() and path.stat().st_size < 100_000_000:
                    content = path.read_bytes()
                    found += any(needle in content for needle in needles)
    return found


def _shared() -> set[str]:
    """Shared memory as Python names it."""
    return {path.name for path in SHARED.glob("psm_*")} if SHARED.is_dir() else set()


def _at(values: Sequence[float], part: float) -> float | None:
    ordered = sorted(values)
    return round(ordered[min(len(ordered) - 1, int(part * len(ordered)))], 4) if ordered else None


def _disturbed(answer: Answer, spans: Sequence[tuple[float, float]]) -> bool:
    """Whether something was broken when it was sent."""
    return any(begin - 3.0 <= answer.at_s <= end + CALM_AFTER_S for begin, end in spans)


def _after_s(answer: Answer) -> float:
    """How soon it came; what was never answered counts as the longest that Discord waits."""
    return ACKNOWLEDGE_WITHIN_S if answer.after_s is None else answer.after_s


def _figures(
    seconds: float, *, seed: int, lives: Sequence[Life], faults: Faults, bot: Bot, record: Record,
    spoken_s: float, started_s: float, exit_code: int, broken: Sequence[str], sound: int,
    shared: int, asked: int, people: int, channels: int, all_kinds: bool,
) -> dict[str, Any]:  # fmt: skip
    answers = [answer for life in lives for answer in life.answers]
    in_calm = [answer for answer in answers if not _disturbed(answer, faults.spans)]
    calm = [_after_s(answer) for answer in in_calm]
    disturbed = [_after_s(answer) for answer in answers if _disturbed(answer, faults.spans)]
    counts: Counter[str] = Counter()
    unanswered: Counter[str] = Counter()
    complaints: Counter[str] = Counter()
    for life in lives:
        counts += life.counts
        unanswered += life.unanswered
    for living in bot.lives:
        complaints += living.complaints
    looks = [look for living in bot.lives for look in living.looks]
    late_ms = [late for look in looks for late in look["late_ms"]]
    rested = [living.more for living in bot.lives if living.more]
    busy = [each for living in bot.lives for each in living.engine_cores]
    judged: Counter[str] = Counter()
    for living in bot.lives:
        judged.update(living.looks[-1]["feedback"])
    growth = [round(living.growth_mib, 1) for living in bot.lives if living.growth_mib is not None]
    unexcused = [each for life in lives for each in life.unexcused]
    promises = {
        **dict.fromkeys(broken, False),
        "sound was left in a file": not sound,
        "shared memory was left": not shared,
        f"memory grew by more than {GROWTH_MIB:g} MiB": all(each <= GROWTH_MIB for each in growth),
        "tasks, threads or descriptors were left": all(
            sum(held.values()) <= SPARE for life_s in rested for held in life_s.values()
        ),
        "the last life did not rest twice": not all_kinds or bool(bot.now.more),
        "something was never broken": not all_kinds
        or (all(faults.done[kind] for kind in faults.kinds) and len(faults.answers) == WAYS),
        "no feedback was written": not all_kinds or judged["finished"] > 0,
        "99 of 100 commands were not answered in time": (_at(calm, 0.99) or 0.0) <= ACKNOWLEDGED_S,
        "an interview was broken off for no reason": not unexcused,
        "something did not come back": not faults.failed,
        "the bot ended although nobody had told it to": not bot.ended_alone,
        "the bot did not end by itself": exit_code == 0,
    }
    return {
        "seconds": round(seconds),
        "seed": seed,
        "people": people,
        "channels": channels,
        "load_average": round(os.getloadavg()[0], 1),
        "spoken_s": round(spoken_s),
        "counts": dict(counts),
        "faults": dict(faults.done),
        "acknowledged": dict(record.acknowledged),
        "begun_only": {kind: number for kind, number in record.cut.items() if number},
        "nothing_to_break": dict(faults.missed),
        "model_asked": asked,
        "model_failed": dict(faults.answers),
        "feedback": dict(judged),
        "start_s": round(started_s, 2),
        "restarts_s": [round(each, 2) for each in faults.restarts_s],
        "healed_s": [round(each, 2) for each in faults.healed_s],
        "answers": len(answers),
        "answer_calm_s": [_at(calm, 0.5), _at(calm, 0.99), _at(calm, 1.0)],
        "answer_disturbed_s": [_at(disturbed, 0.5), _at(disturbed, 0.99), _at(disturbed, 1.0)],
        "slowest_calm_s": [
            (answer.what, round(_after_s(answer), 2)) for answer in sorted(in_calm, key=_after_s, reverse=True)[:5]
        ],
        "unanswered": dict(unanswered),
        "calm_answers": len(calm),
        "loop_late_ms": [_at(late_ms, 0.5), _at(late_ms, 0.99), _at(late_ms, 1.0)],
        "own_late_ms": [round(_at(faults.own_late_ms, part) or 0.0, 1) for part in (0.5, 0.99, 1.0)],
        "bot_mib": [round(looks[0]["rss_mib"]), round(max(look["rss_mib"] for look in looks))],
        "growth_mib": growth,
        "rests_mib": [[round(living.looks[at]["rss_mib"]) for at in living.rests] for living in bot.lives],
        "minutes_mib": [round(look["rss_mib"]) for look in bot.now.looks[:: round(60 / LOOK_S)]],
        "engine_mib": round(max(look["engine_mib"] for look in looks)),
        "waiting_s": max(look["waiting_s"] for look in looks),
        "engine_cores": [_at(busy, 0.5), _at(busy, 0.9)],
        "rests": [len(living.rests) for living in bot.lives],
        "more_since_the_middle_rest": [{what: sum(held.values()) for what, held in each.items()} for each in rested],
        "by_name": {what: dict(held.most_common()) for what, held in bot.now.more.items()},
        "by_name_since_the_start": {
            what: dict(held.most_common()) for what, held in more(bot.now.looks[-1], bot.now.first).items()
        },
        "sound_left": sound,
        "shared_memory_left": shared,
        "ended_alone": bot.ended_alone,
        "complaints": dict(complaints.most_common(20)),
        "unexcused": unexcused[:20],
        "failed": faults.failed,
        "broken": [what for what, held in promises.items() if not held],
    }


def _print(figures: Mapping[str, Any], console: Console) -> None:
    table = Table(
        "", "", show_header=False,
        title=f"{figures['people']} people in {figures['channels']} servers for {figures['seconds'] / 60:g} minutes,"
        f" seed {figures['seed']}",
    )  # fmt: skip

    def listed(counts: Mapping[str, int]) -> str:
        return ", ".join(f"{name} {number}" for name, number in counts.items()) or "none"

    def ms(values: Sequence[float | None]) -> str:
        return " / ".join("-" if value is None else f"{value * 1000:.0f} ms" for value in values)

    rows = {
        "load of the machine": f"{figures['load_average']:g}",
        "spoken": f"{figures['spoken_s']} s",
        "interviews": listed(figures["counts"]),
        "broken": listed(figures["faults"]),
        "acknowledged": listed(figures["acknowledged"]),
        "begun, nobody was told": listed(figures["begun_only"]),
        "requests to the language model": str(figures["model_asked"]),
        "start; restarts after kill -9": f"{figures['start_s']} s; {figures['restarts_s']} s",
        "messages of a killed bot gone after": f"{figures['healed_s']} s",
        f"{figures['calm_answers']} answers, half, 99 in 100, longest": ms(figures["answer_calm_s"]),
        "the others, while something was broken": ms(figures["answer_disturbed_s"]),
        "never answered, and what was broken then": listed(figures["unanswered"]),
        "event loop late, half, 99 in 100, longest": " / ".join(f"{each} ms" for each in figures["loop_late_ms"]),
        "the same of this process, which plays Discord": " / ".join(f"{each} ms" for each in figures["own_late_ms"]),
        "memory of the bot, first, highest, growth": f"{figures['bot_mib']} MiB, {figures['growth_mib']} MiB",
        "memory of an engine, highest": f"{figures['engine_mib']} MiB",
        "audio that waited, at most": f"{figures['waiting_s']} s",
        "the language model failed": listed(figures["model_failed"]),
        "feedback": listed(figures["feedback"]),
        "cores that engines kept busy, half, 9 in 10": f"{figures['engine_cores']}",
        "more at the last rest than at the middle one": "; ".join(map(listed, figures["more_since_the_middle_rest"])),
        "which, in the last life": "; ".join(map(listed, figures["by_name"].values())),
        "files with sound, shared memory left": f"{figures['sound_left']}, {figures['shared_memory_left']}",
        "log": listed(figures["complaints"]),
    }
    for name, cell in rows.items():
        table.add_row(name, cell)
    console.print(table)
    for what in (*figures["unexcused"], *figures["failed"]):
        console.print(f"- {what}", highlight=False, markup=False)
    verdict = "every promise held" if not figures["broken"] else f"BROKEN: {'; '.join(figures['broken'])}"
    console.print(verdict, style="bold green" if not figures["broken"] else "bold red", highlight=False, markup=False)
