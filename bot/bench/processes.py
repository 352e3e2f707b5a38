"""What processes take of the machine, as Linux tells it; None elsewhere.

with measured(pids) as cores:        cores.engine, cores.own, cores.others: how many each kept busy in the mean
    ...
"""

from __future__ import annotations

import os
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from stt.worker import QUIET

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

PROC = Path("/proc")


CALM_CORES = 0.2
"""A measurement during which others kept more of the cores busy is repeated, if there is time."""

LOOK_S = 2.0


@dataclass(slots=True)
class Cores:
    """How many cores were busy in the mean, and for how long it was measured.

    Attributes:
        engine: With the processes that were named.
        own: With this process.
        others: With everything else, what the machine's host took included.
    """

    wall_s: float = 0.0
    own: float = 0.0
    engine: float | None = None
    others: float | None = None

    @property
    def calm(self) -> bool:
        """Whether others hardly disturbed."""
        return self.others is None or self.others <= CALM_CORES

    def rounded(self) -> dict[str, float]:
        """For JSON: what is known."""
        every = {"own_cores": self.own, "engine_cores": self.engine, "others_cores": self.others}
        return {name: round(value, 3) for name, value in every.items() if value is not None}


@contextmanager
def measured(pids: Iterable[int] = ()) -> Generator[Cores]:
    """Measure while the body runs. What is handed out is filled in when it ends."""
    found, named = Cores(), tuple(pids)
    engine, own, machine, wall = cpu_s(named), time.process_time(), _machine_cpu_s(), time.monotonic()
    yield found
    found.wall_s = time.monotonic() - wall
    found.own = (time.process_time() - own) / found.wall_s
    engine_end, machine_end = cpu_s(named), _machine_cpu_s()
    if engine is not None and engine_end is not None:
        found.engine = (engine_end - engine) / found.wall_s
        if machine is not None and machine_end is not None:
            found.others = max(0.0, (machine_end - machine) / found.wall_s - found.engine - found.own)


class Patience:
    """So many seconds in all that may be waited until others leave the cores alone."""

    def __init__(self, seconds: float) -> None:
        self._left_s = seconds

    def wait(self) -> None:
        """Return when others hardly use the cores, or when patience has ended."""
        calm = False
        while not calm and self._left_s > 0:
            with measured() as cores:
                time.sleep(LOOK_S)
            self._left_s -= cores.wall_s
            calm = cores.calm


def cpu_s(pids: Iterable[int]) -> float | None:
    """Seconds of processor time that these processes have taken so far."""
    try:
        # After the name, which may hold anything, parentheses as well.
        fields = [(PROC / str(pid) / "stat").read_text().rpartition(")")[2].split() for pid in pids]
    except OSError:
        return None
    return sum(int(user) + int(system) for _, user, system in (f[10:13] for f in fields)) / _ticks()


def _machine_cpu_s() -> float | None:
    """Seconds of processor time that everything on the machine has taken so far, what it had to wait for included."""
    try:
        user, nice, system, _, _, interrupt, soft, steal = map(
            int, (PROC / "stat").read_text().split("\n", 1)[0].split()[1:9]
        )
    except (OSError, ValueError):
        return None
    return (user + nice + system + interrupt + soft + steal) / _ticks()


def memory_mb(pid: int) -> float | None:
    """What a process has in memory now, in MiB."""
    try:
        return int((PROC / str(pid) / "statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE") / (1 << 20)
    except (OSError, ValueError):
        return None


def _ticks() -> int:
    return os.sysconf("SC_CLK_TCK")


@contextmanager
def one_thread() -> Generator[None]:
    """Have processes that are started meanwhile compute on one thread each, as the bot's own engine does."""
    before = {name: os.environ.get(name) for name in QUIET}
    os.environ.update(QUIET)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
