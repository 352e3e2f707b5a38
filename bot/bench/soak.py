"""Load and faults for as long as wanted, and whether every promise held: `python -m bot soak --minutes 60`.

    this process: Discord, its voice server, a language model, people        the bot: `soak_bot`, in its own
    people hold interviews (`soak_people`) and note what they are told (`soak_record`)
    every few seconds something breaks (`FAULTS`): connections, engine, database, disk, model, the bot itself (kill -9)
    at the end: what was acknowledged against what can be read; sound left; memory, tasks, threads; answers; a verdict

Everything random comes from one seed. What waits for whom does not, so a seed repeats the faults and not the run.
"""

from __future__ import annotations

import asyncio
import contextlib
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

from bot.bench.soak_bot import LOOK_S
from bot.bench.soak_people import Answer, Life, Place, furnish, is_notice, recordings
from bot.bench.soak_record import Record
from bot.installation import Installation
from bot.loopback.callbacks import ACKNOWLEDGE_WITHIN_S
from bot.loopback.forwarding import Impairment
from bot.loopback.server import LoopbackDiscord
from bot.loopback.voice_server import VoiceServer
from bot.loopback.world import World
from bot.rehearsal.cast import MODEL
from bot.rehearsal.loopback_model import LoopbackModel, cut_short, failing, fair_judge, keeping_silent
from bot.rehearsal.stage import practice_operations, until
from bot.voice.opus import Decoder
from config.settings import Settings
from stt.audio import MAX_PACKET_SAMPLES

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence

    from rich.console import Console

ACKNOWLEDGED_S = 1.0
"""Within which 99 of 100 commands are answered while nothing but speech goes on."""

GROWTH_MIB = 20.0
SETTLED_S = 300.0
"""A shorter life says nothing about growth: until then everybody's ring of 30 s fills, and forms have not expired."""

KILLED_EVERY = 3
"""The bot itself is killed in every third round of faults only, so that some of its lives are long."""

SPARE = 12
"""Tasks, threads and descriptors that may be more after the last interview than before the first: pools stay."""

EXPIRES = "BaseView.__timeout_task_impl"
"""discord.py has a task for each answer with buttons and each form, until they expire after three or ten minutes."""

HEALED_S = 60.0
"""Within which a bot that was killed has deleted what stood on Discord."""

WARM_UP_S = 15.0
CALM_AFTER_S = 8.0
"""After a fault, so long nothing that is not answered is held against the bot."""

START_S = 60.0
END_S = 40.0
SHARED = Path("/dev/shm")  # noqa: S108 - looked at, not written to


@dataclass
class Living:
    """One life of the bot's process, from its start to its end.

    Attributes:
        looks: What it said about itself, once a second.
        ready: How many of those came before it was logged in.
        complaints: Lines of its log from "warning" up, by what they say.
    """

    process: asyncio.subprocess.Process
    looks: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    complaints: Counter[str] = field(default_factory=Counter[str])
    ready: int = 0

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


class Bot:
    """The bot's process, which can be killed and started again.

    Attributes:
        up: Set while it is logged in.
        lives: All of its processes, oldest first.
    """

    def __init__(
        self, given: Mapping[str, Any], discord: LoopbackDiscord, bot_id: int, tasks: asyncio.TaskGroup
    ) -> None:
        self.up = asyncio.Event()
        self.lives: list[Living] = []
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
        await self._write(self._given)
        await self._discord.ready(self._bot_id, within_s=START_S)
        living.ready = len(living.looks)
        self.up.set()
        return time.monotonic() - began_s

    async def full(self, *, full: bool) -> None:
        """Let no file of it grow, or all again."""
        await self._write({"full": full})

    async def kill(self) -> None:
        """End it without a word, and have Discord notice."""
        self.up.clear()
        engines = self.engines
        process = self.now.process
        with contextlib.suppress(ProcessLookupError):
            os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        await until(lambda: not self._discord.gateway.is_connected(self._bot_id), within_s=10)
        await self._discord.gateway.expire(self._bot_id)
        await until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in engines), within_s=15)

    async def stop(self) -> int:
        """Let it end; its exit code."""
        self.up.clear()
        process = self.now.process
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
    said = json.loads(line)
    # discord.py puts a whole stack into some.
    said["event"] = said["event"].partition("\n")[0]
    living.complaints[
        f"{said['level']}: {said['event']} {said.get('exception', '')} {said.get('place', '')}".strip()
    ] += 1


class Faults:
    """Breaks things, one after the other.

    Attributes:
        done: How often each was.
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
        self.spans: list[tuple[float, float]] = []
        self.restarts_s: list[float] = []
        self.healed_s: list[float] = []
        self.failed: list[str] = []
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
            "language model fails": self._model_fails,
            "bot killed": self._bot_killed,
        }

    @property
    def kinds(self) -> tuple[str, ...]:
        """What can break."""
        return tuple(self._kinds)

    def since(self, at_s: float) -> list[str]:
        """What was being broken from then to now, or just before."""
        return [kind for kind, (_, end_s) in zip(self._broke, self.spans, strict=True) if end_s + CALM_AFTER_S >= at_s]

    async def go_on(self, until_s: float, every_s: float) -> None:
        """Everything in a drawn order, and again, with pauses of that length in the mean."""
        left: list[str] = []
        rounds = KILLED_EVERY - 1  # killed in the first round
        while True:
            pause_s = every_s * self._rng.uniform(0.5, 1.5)
            if time.monotonic() + pause_s > until_s:
                return
            await asyncio.sleep(pause_s)
            if not left:
                left = self._rng.sample(self.kinds, len(self.kinds))
                rounds += 1
                if rounds % KILLED_EVERY:
                    left.remove("bot killed")
            await self.break_(left.pop())

    async def break_(self, kind: str) -> None:
        """Break one thing, and wait until it is whole."""
        number = len(self.spans)
        self.spans.append((time.monotonic(), float("inf")))
        self._broke.append(kind)
        try:
            await self._kinds[kind]()
        except (TimeoutError, KeyError, LookupError, OSError) as failed:
            # KeyError: nobody is in a call just now, so there is nothing to break.
            if isinstance(failed, TimeoutError):
                self.failed.append(f"{kind}: not whole again")
        self.spans[number] = (self.spans[number][0], time.monotonic())
        self.done[kind] += 1

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
        self._voice.close(self._bot_id, code, self._rng.choice(self._places).guild.id)

    async def _voice_crashed(self) -> None:
        self._voice.crash(resumable=self._rng.random() < 0.5)

    async def _moved(self) -> None:
        place = self._rng.choice(self._places)
        for channel in (place.other, place.voice):
            state = self._discord.world.voice_state(self._bot_id, place.guild.id)
            if state is None:
                return
            await self._discord.world.move_voice(self._bot_id, channel.id)
            await asyncio.sleep(2.0)

    async def _engine_killed(self) -> None:
        self._signal(signal.SIGKILL)

    async def _engine_stopped(self) -> None:
        self._signal(signal.SIGSTOP)
        await asyncio.sleep(2.0)

    def _signal(self, number: signal.Signals) -> None:
        engines = self._bot.engines
        if engines:
            os.kill(self._rng.choice(engines), number)

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

    async def _model_fails(self) -> None:
        ways = (failing(500), failing(429, retry_after="1"), keeping_silent(), cut_short(), failing(401))
        self._model.script(*self._rng.sample(ways, 2))

    async def _bot_killed(self) -> None:
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
    talk_s: float = 30.0,
    every_s: float = 12.0,
    kinds: Sequence[str] | None = None,
    console: Console | None = None,
) -> dict[str, Any]:
    """Do it, print a table to *console* if there is one, and return the figures; `broken` lists promises that were.

    Args:
        minutes: For how long.
        seed: Of all that is random.
        people: How many, spread over the channels.
        channels: Each in a server of its own, since a server holds one interview.
        talk_s: How long each interview is talked in.
        every_s: How long nothing is broken between two faults, in the mean.
        kinds: These faults once each, in this order, in place of all in a drawn order.
        console: For people.
    """
    soaked = _soak(
        minutes * 60, seed=seed, people=people, channels=channels, talk_s=talk_s, every_s=every_s, kinds=kinds
    )
    figures = asyncio.run(soaked)
    if console is not None:
        _print(figures, console)
    return figures


async def _soak(
    seconds: float, *, seed: int, people: int, channels: int, talk_s: float, every_s: float, kinds: Sequence[str] | None
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
        settings = {
            "model": str(MODEL), "feedback_writer": "compatible", "feedback_model": "loopback-1",
            "feedback_timeout_s": 5.0,
        }  # fmt: skip
        async with (
            VoiceServer() as voice,
            LoopbackDiscord(world, voice=voice) as discord,
            LoopbackModel(fair_judge) as model,
            asyncio.TaskGroup() as tasks,
        ):
            (folder / "ca.pem").write_text(discord.ca_pem, encoding="ascii")
            given = {
                "port": discord.port, "authority": str(folder / "ca.pem"), "token": token, "folder": str(folder),
                "temporary": str(folder / "temporary"), "settings": settings | {"feedback_url": model.url},
            }  # fmt: skip
            bot = Bot(given, discord, application.id, tasks)
            faults = Faults(
                discord, voice, model, bot, places=places, bot_id=application.id, data=folder / "data", rng=rng
            )
            started_s = await bot.start()
            voice.impair(application.id, Impairment(loss=0.01, jitter_ms=20, seed=seed))
            record = Record()
            lives = [
                Life(
                    discord, place, application.id, record=record, up=bot.up, faults_since=faults.since, said=said,
                    talk_s=talk_s, rng=random.Random(rng.random()),  # noqa: S311
                )
                for place in places
            ]  # fmt: skip
            began_s = time.monotonic()
            until_s = began_s + seconds
            async with asyncio.TaskGroup() as going:
                for life in lives:
                    going.create_task(life.go_on(until_s), name="life")
                if kinds is None:
                    await asyncio.sleep(min(WARM_UP_S, seconds / 4))
                    # A last stretch without, so that the end can be looked at.
                    await faults.go_on(until_s - min(30.0, seconds / 4), every_s)
                else:
                    for kind in kinds:
                        await asyncio.sleep(every_s)
                        await faults.break_(kind)
            await _calm(bot)
            after = bot.now.looks[-1]
            for place in places:
                for person in place.people:
                    await person.depart(discord)
            exit_code = await bot.stop()
        broken = await _kept(folder, record)
        sound = await asyncio.to_thread(_sound_in, (folder, SHARED), said)
    return _figures(
        seconds, seed=seed, lives=lives, faults=faults, bot=bot, record=record,
        spoken_s=sum(person.spoken_s for place in places for person in place.people),
        started_s=started_s, after=after, exit_code=exit_code, broken=broken, sound=sound,
        shared=len(_shared() - shared), asked=len(model.asked), people=people, channels=channels,
    )  # fmt: skip


async def _calm(bot: Bot) -> None:
    """Wait until no interview runs, and some seconds for what follows the last one."""
    with contextlib.suppress(TimeoutError):
        await until(lambda: bool(bot.now.looks) and not bot.now.looks[-1]["interviews"], within_s=END_S)
    seen = len(bot.now.looks)
    with contextlib.suppress(TimeoutError):
        await until(lambda: len(bot.now.looks) > seen + 3, within_s=END_S)


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


def _answers(answers: Iterable[Answer], spans: Sequence[tuple[float, float]], *, calm: bool) -> list[float]:
    """How soon those were that were sent while nothing was broken, or while something was."""
    found: list[float] = []
    for answer in answers:
        disturbed = any(begin - 3.0 <= answer.at_s <= end + CALM_AFTER_S for begin, end in spans)
        if disturbed is not calm:
            # What was never answered counts as the longest that Discord waits.
            found.append(ACKNOWLEDGE_WITHIN_S if answer.after_s is None else answer.after_s)
    return found


def _figures(
    seconds: float, *, seed: int, lives: Sequence[Life], faults: Faults, bot: Bot, record: Record,
    spoken_s: float, started_s: float, after: Mapping[str, Any], exit_code: int, broken: Sequence[str], sound: int,
    shared: int, asked: int, people: int, channels: int,
) -> dict[str, Any]:  # fmt: skip
    answers = [answer for life in lives for answer in life.answers]
    calm, disturbed = (_answers(answers, faults.spans, calm=calm) for calm in (True, False))
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
    # What a life had before its first interview, against what it has after its last.
    first = bot.now.first
    more = {name: after[name] - first[name] for name in ("tasks", "threads", "descriptors")}
    kinds: Counter[str] = Counter(after["kinds"])
    kinds -= Counter(cast("dict[str, int]", first["kinds"]))
    more["tasks"] -= after["kinds"].get(EXPIRES, 0) - first["kinds"].get(EXPIRES, 0)
    growth = [round(living.growth_mib, 1) for living in bot.lives if living.growth_mib is not None]
    unexcused = [each for life in lives for each in life.unexcused]
    promises = {
        **dict.fromkeys(broken, False),
        "sound was left in a file": not sound,
        "shared memory was left": not shared,
        f"memory grew by more than {GROWTH_MIB:g} MiB": all(each <= GROWTH_MIB for each in growth),
        "tasks, threads or descriptors were left": all(each <= SPARE for each in more.values()),
        "99 of 100 commands were not answered in time": (_at(calm, 0.99) or 0.0) <= ACKNOWLEDGED_S,
        "an interview was broken off for no reason": not unexcused,
        "something did not come back": not faults.failed,
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
        "model_asked": asked,
        "start_s": round(started_s, 2),
        "restarts_s": [round(each, 2) for each in faults.restarts_s],
        "healed_s": [round(each, 2) for each in faults.healed_s],
        "answers": len(answers),
        "answer_calm_s": [_at(calm, 0.5), _at(calm, 0.99), _at(calm, 1.0)],
        "answer_disturbed_s": [_at(disturbed, 0.5), _at(disturbed, 0.99), _at(disturbed, 1.0)],
        "unanswered": dict(unanswered),
        "calm_answers": len(calm),
        "loop_late_ms": [_at(late_ms, 0.5), _at(late_ms, 0.99), _at(late_ms, 1.0)],
        "bot_mib": [round(looks[0]["rss_mib"]), round(max(look["rss_mib"] for look in looks))],
        "growth_mib": growth,
        "engine_mib": round(max(look["engine_mib"] for look in looks)),
        "waiting_s": max(look["waiting_s"] for look in looks),
        "more_at_the_end": more,
        "kinds_of_tasks": dict(kinds.most_common(10)),
        "sound_left": sound,
        "shared_memory_left": shared,
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
        "memory of the bot, first, highest, growth": f"{figures['bot_mib']} MiB, {figures['growth_mib']} MiB",
        "memory of an engine, highest": f"{figures['engine_mib']} MiB",
        "audio that waited, at most": f"{figures['waiting_s']} s",
        "more at the end than at the beginning": listed(figures["more_at_the_end"]),
        "more tasks of these kinds": listed(figures["kinds_of_tasks"]),
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
