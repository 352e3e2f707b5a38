"""The bot that is put under load: as it runs, in a process of its own, but for the address of Discord.

    first line of stdin: where Discord is, the token, the folders, the settings -> open_app -> run
    stdin after that: {"full": true} no file may grow any more, {"full": false} they may; its end ends the bot
    stdout: a line of figures a second until the end; for `bench startup` also how far the start is

It tells about itself, because a hardened process lets nobody else of its account look.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import resource
import ssl
import sys
import threading
import time
from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot import logs
from bot.app import open_app
from bot.bench.processes import cpu_s, memory_mb
from bot.hardening import harden, settle
from bot.loopback.connector import loopback_connector
from bot.rehearsal.stage import practice_operations
from config.settings import Settings
from stt.worker import WhisperWorker

if TYPE_CHECKING:
    from collections.abc import Generator

    from bot.app import App

PULSE_S = 0.02
"""How often the event loop is asked for a turn, to see how late it is."""

LOOK_S = 1.0


class _There:
    """Where the loopback Discord of another process is."""

    def __init__(self, port: int, authority: str) -> None:
        self.port = port
        self._authority = authority

    def client_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._authority)


async def serve(given: dict[str, Any]) -> None:
    """Run the bot until stdin ends."""
    folder = Path(given["folder"])
    settings = Settings(
        _env_file=None,  # pyright: ignore[reportCallIssue] - pydantic-settings' own
        discord_token=None,
        data_dir=str(folder / "data"),
        keys_dir=str(folder / "keys"),
        **given["settings"],
    )
    async with (
        open_app(
            settings,
            operations=practice_operations(folder),
            connector=loopback_connector(_There(given["port"], given["authority"])),
        ) as app,
        asyncio.TaskGroup() as tasks,
    ):
        if given.get("marks"):
            _mark("opened")
        loop = asyncio.get_running_loop()
        listener = threading.Thread(target=_listen, args=(loop, app), daemon=True)
        listener.start()
        telling = tasks.create_task(_tell(app), name="figures")
        settle()
        await app.run(given["token"])
        telling.cancel()


def _mark(what: str) -> None:
    """Tell how far the start is."""
    sys.stdout.write(json.dumps({"mark": what, "at_s": time.monotonic()}) + "\n")
    sys.stdout.flush()


def _listen(loop: asyncio.AbstractEventLoop, app: App) -> None:
    """Do what stdin says, in a thread."""
    for line in sys.stdin:
        with contextlib.suppress(ValueError):
            _fill(full=bool(json.loads(line)["full"]))
    loop.call_soon_threadsafe(app.stop)


def _fill(*, full: bool) -> None:
    """Have every write that makes a file longer fail, or work again; Python ignores the signal that comes with it."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1, hard) if full else (hard, hard))


async def _tell(app: App) -> None:
    """Write a line a second: how late each turn of the event loop was, and what the process holds."""
    transcriber = app.transcriber
    late_ms: list[float] = []
    next_s = time.monotonic() + LOOK_S
    while True:
        before = time.monotonic()
        await asyncio.sleep(PULSE_S)
        late_ms.append(round((time.monotonic() - before - PULSE_S) * 1000, 1))
        if time.monotonic() < next_s:
            continue
        next_s = time.monotonic() + LOOK_S
        running = list(app.services.interviews.running)
        engines = list(transcriber.pids) if isinstance(transcriber, WhisperWorker) else []
        look: dict[str, Any] = {
            "late_ms": late_ms,
            "rss_mib": memory_mb(os.getpid()),
            "engine_mib": max((memory_mb(pid) or 0.0 for pid in engines), default=0.0),
            "threads": Counter(re.sub(r"[-_ ]?[0-9]+", "", thread.name) for thread in threading.enumerate()),
            "descriptors": Counter(_descriptors()),
            "tasks": Counter(_kind(task) for task in asyncio.all_tasks()),
            "engines": engines,
            "engine_cpu_s": round(cpu_s(engines) or 0.0, 2),
            "restarts": getattr(transcriber, "restarts", 0),
            "interviews": len(running),
            "waiting_s": round(sum(each.pipeline.waiting_s for each in running), 2),
            "feedback": asdict(app.services.desk.counters),
            "utterances": sum(each.pipeline.counts.utterances for each in running),
        }
        sys.stdout.write(json.dumps(look) + "\n")
        sys.stdout.flush()
        late_ms = []


def _descriptors() -> Generator[str]:
    """What each open descriptor is for: the last part of a file's name, else its kind."""
    for name in os.listdir("/proc/self/fd"):  # noqa: PTH208 - names alone
        with contextlib.suppress(OSError):  # the one that lists them is closed by now
            target = Path(f"/proc/self/fd/{name}").readlink()
            yield re.sub(r"[0-9a-f]*[0-9][0-9a-f]*", "", target.name.partition(":")[0])


def _kind(task: asyncio.Task[Any]) -> str:
    """What a task is for, without whose it is: names end in numbers and ids. Those without a name say what runs."""
    name = re.split(r"[-: ][0-9a-f]*[0-9]", task.get_name())[0]
    return getattr(task.get_coro(), "__qualname__", name) if name == "Task" else name


if __name__ == "__main__":
    logs.set_up(level="WARNING", as_json=True)
    harden()
    imported_s = time.monotonic()
    given = json.loads(sys.stdin.readline())
    if given.get("marks"):
        sys.stdout.write(json.dumps({"mark": "imported", "at_s": imported_s}) + "\n")
    asyncio.run(serve(given))
