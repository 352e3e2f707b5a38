"""What processes take of the machine, as Linux tells it; None elsewhere."""

from __future__ import annotations

import os
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from stt.worker import QUIET

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable

PROC = Path("/proc")


def cpu_s(pids: Iterable[int]) -> float | None:
    """Seconds of processor time that these processes have taken so far."""
    try:
        # After the name, which may hold anything, parentheses as well.
        fields = [(PROC / str(pid) / "stat").read_text().rpartition(")")[2].split() for pid in pids]
    except OSError:
        return None
    return sum(int(user) + int(system) for _, user, system in (f[10:13] for f in fields)) / _ticks()


def machine_cpu_s() -> float | None:
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
