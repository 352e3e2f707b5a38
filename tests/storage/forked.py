"""Processes that tests start and kill: forked from one that has imported storage, which takes most of a start.

start(work, *given) -> Forked: a process in which work(*given) runs; what it prints is read here, line by line
"""

from __future__ import annotations

import multiprocessing
import os
from contextlib import redirect_stdout
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

PRELOADED = ["tests.storage.four", "tests.storage.killing", "tests.storage.reserving", "tests.storage.rotating"]


@dataclass(frozen=True)
class Forked:
    """A process.

    Attributes:
        process: Itself.
        said: What it prints.
    """

    process: BaseProcess
    said: IO[bytes]

    def end(self) -> bytes:
        """What it prints until it has ended; `process.exitcode` says how."""
        with self.said:
            rest = self.said.read()
        self.process.join()
        return rest

    def kill(self) -> bytes:
        """End it at once, wherever it is; what it still had printed."""
        self.process.kill()
        return self.end()


def fork(work: Callable[..., object], *given: object) -> Forked:
    """Run a function of a module in a process of its own."""
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(PRELOADED)
    here, there = processes.Pipe(duplex=False)
    process: BaseProcess = processes.Process(target=_run, args=(there, work, given), daemon=True)
    process.start()
    there.close()
    said = os.fdopen(os.dup(here.fileno()), "rb")
    here.close()
    return Forked(process, said)


def _run(there: Connection, work: Callable[..., object], given: tuple[Any, ...]) -> None:
    with os.fdopen(os.dup(there.fileno()), "w", encoding="utf-8") as lines, redirect_stdout(lines):
        there.close()
        work(*given)
