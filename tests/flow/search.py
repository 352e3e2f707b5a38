"""Look for needles in a process's memory: `python -m tests.flow.search PID` with the needles as hex lines on stdin.

A process of its own, since the search holds the interpreter for seconds, and a test's Discord must go on answering.
"""

from __future__ import annotations

import sys
from pathlib import Path

CHUNK = 1 << 20


def hits(pid: int, wanted: list[bytes]) -> int:
    """How often any of *wanted* is in what the process can write to."""
    found, longest = 0, max(map(len, wanted))
    proc = Path(f"/proc/{pid}")
    with (
        (proc / "maps").open(encoding="ascii", errors="replace") as maps,
        (proc / "mem").open("rb", 0) as memory,
    ):
        for line in maps:
            span, rights = line.split()[:2]
            if not rights.startswith("rw"):
                continue
            low, high = (int(edge, 16) for edge in span.split("-"))
            for at in range(low, high, CHUNK):
                try:
                    memory.seek(at)
                    content = memory.read(min(CHUNK + longest - 1, high - at))
                except (OSError, OverflowError, ValueError):
                    continue
                # Most of it was only reserved.
                if content.count(0) < len(content):
                    found += sum(content.count(needle) for needle in wanted)
    return found


if __name__ == "__main__":
    needles = [bytes.fromhex(line) for line in sys.stdin.read().split()]
    try:
        count = hits(int(sys.argv[1]), needles)
    except (FileNotFoundError, ProcessLookupError):  # the process is over, and the kernel has cleared its memory
        count = 0
    sys.stdout.write(f"{count}\n")
