"""What a process that hears people does to itself: first, no core dump may ever hold their voices.

Both of what is done for that is needed to be sure: a piped `core_pattern` ignores the limit, and the flag is undone by
`exec`.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import sys

PR_SET_DUMPABLE = 4
"""Source: linux/prctl.h."""

PRIVATE_UMASK = 0o077
"""Files that this process makes are for its own account only."""


def harden() -> None:
    """Forbid core dumps and reading this process's memory by others of the same account; make new files private."""
    os.umask(PRIVATE_UMASK)
    if sys.platform == "win32":
        return
    import resource  # noqa: PLC0415 - not on Windows

    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def settle() -> None:
    """Have the garbage collector leave alone what the start has made, which stays to the end anyway.

    To look through it holds up the event loop and all sound with it, for 90 ms on a slow machine, whenever enough has
    come on top.
    """
    gc.collect()
    gc.freeze()
