"""What the machine has to spare: cores, memory and disk, as far as this process may use them.

A container sees the whole machine's cores and memory, and is stopped when it takes more than its own.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from stt.layout import FILES

CGROUP = Path("/sys/fs/cgroup")
"""Limits of a container, version 2. Source: Linux, admin-guide/cgroup-v2: cpu.max and memory.max."""

SPARE_MB = 600
"""What the bot itself and the system keep."""

FIXED_MB, PER_MB = 250, 1.4
"""Memory of an engine process: so much, and so much for each megabyte of weights. Above what was measured for every
size: 320 for 39, 450 for 74, 580 for 244, 1,070 for 809."""

LITTLE_MB = 200
"""Less free room on a disk than this: the next backup or model may not fit."""

MOST_WORKERS = 16
"""Above this nobody has measured; whoever has more cores says so in the settings."""


def cores(cgroup: Path = CGROUP) -> int:
    """Cores that this process may use, at least one."""
    found = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota, _, period = _read(cgroup / "cpu.max").partition(" ")
    if quota.isdecimal() and period.isdecimal() and int(period):
        found = min(found, int(quota) // int(period))
    return max(1, found)


def memory_mb(cgroup: Path = CGROUP) -> int:
    """Memory that this process may use, in millions of bytes."""
    found = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = _read(cgroup / "memory.max")
    if limit.isdecimal():
        found = min(found, int(limit))
    return found // 1_000_000


def workers(folder: Path, cgroup: Path = CGROUP) -> int:
    """How many processes the model in *folder* gets: as many as there are cores, if memory allows."""
    each_mb = FIXED_MB + PER_MB * (folder / FILES[0]).stat().st_size / 1_000_000
    fit = int((memory_mb(cgroup) - SPARE_MB) / each_mb)
    return max(1, min(cores(cgroup), fit, MOST_WORKERS))


def free_bytes(folder: Path) -> int:
    """Room on the disk of *folder*, or of where it will be made, for this account. Blocks."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    return shutil.disk_usage(there).free


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        return ""
