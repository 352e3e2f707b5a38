"""The engine's process: `python -m stt.child`, started by `stt.worker` and by nobody else.

    stdin  {"samples": 52000, "hints": {…}}                         samples lie in the shared memory, never in a pipe
    stdout {"text": "Hello.", "language": "en", "confidence": 0.97}  or {"failed": "RuntimeError"}

One line is one message. The process ends when its stdin does, when its parent dies, or when it is killed; it leaves no
core, no name in /dev/shm and no line in a log, since whatever libraries print goes to /dev/null.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import IO, TYPE_CHECKING

from stt.engine import WINDOWS, EngineUnavailable, Hints, TranscriptionFailed
from stt.slot import Slot
from stt.whisper import Whisper

if TYPE_CHECKING:
    from collections.abc import Sequence

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
"""Source: linux/prctl.h."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve requests until stdin ends. Returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m stt.child", description="The speech engine's own process.")
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--slot", required=True)
    parser.add_argument("--parent", type=int, required=True)
    parser.add_argument("--nice", type=int, default=5)
    parser.add_argument("--language", action="append", default=[])
    parser.add_argument("--window", choices=WINDOWS)
    parser.add_argument("--measure", action="store_true")
    options = parser.parse_args(arguments)
    protect(parent=options.parent, nice=options.nice)
    replies = take_stdout()
    slot = Slot.attach(options.slot)
    try:
        whisper = Whisper(options.folder, languages=options.language, window=options.window)
        began_s = perf_counter()
        whisper.warm_up()
        took_s = perf_counter() - began_s
        token_s = whisper.token_s() if options.measure else 0.0
    except EngineUnavailable as error:
        _say(replies, {"unavailable": str(error)})
        return 1
    about = {"languages": whisper.languages, "window": whisper.properties.window, "took_s": took_s, "token_s": token_s}
    _say(replies, about)
    try:
        serve(whisper, slot, sys.stdin, replies)
    finally:
        slot.close()
    return 0


def serve(whisper: Whisper, slot: Slot, requests: IO[str], replies: IO[str]) -> None:
    """Answer one request after the other. Whatever happens in one, its samples are overwritten."""
    for line in requests:
        request = json.loads(line)
        samples = slot.samples[: request["samples"]]
        try:
            words = whisper.recognise(samples, Hints(**request["hints"]))
            answer = {"text": words.text, "language": words.language, "confidence": words.confidence}
        except TranscriptionFailed as error:
            answer = {"failed": str(error)}
        except Exception as error:  # noqa: BLE001  the parent hears of it; the next utterance may be fine
            # Its type only: a library's message may quote what it was given.
            answer = {"failed": type(error).__name__}
        finally:
            samples.fill(0)
            del samples
            give_back()
        _say(replies, answer)


def give_back() -> None:
    """Give every free page back to the kernel, which clears it.

    CTranslate2 and onnxruntime free what they made of a voice without overwriting it. This costs well under a
    millisecond; to have each block given back when it is freed (MALLOC_MMAP_THRESHOLD_) made recognition two thirds
    slower with the small model.
    """
    if sys.platform == "linux":
        with suppress(AttributeError):  # another C library than glibc
            ctypes.CDLL(None).malloc_trim(0)


def protect(*, parent: int, nice: int) -> None:
    """Make this process one that cannot be dumped, outlives nobody and gives way to the bot."""
    # A terminal's Ctrl-C and a service manager's SIGTERM reach the whole group. The bot still has last words to flush,
    # and closes this process when it is done.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    os.nice(nice)
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        # A core_pattern that pipes to a program ignores the limit above.
        libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # It may have died before we asked to be told.
    if os.getppid() != parent:
        sys.exit(1)


def take_stdout() -> IO[str]:
    """Keep stdout for our own messages: whatever else is printed, from C as well, goes nowhere."""
    kept = os.dup(1)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nowhere, number)
    os.close(nowhere)
    return os.fdopen(kept, "w", encoding="utf-8")


def _say(replies: IO[str], message: object) -> None:
    # If nobody listens, stdin has ended as well.
    with suppress(BrokenPipeError):
        replies.write(json.dumps(message) + "\n")
        replies.flush()


if __name__ == "__main__":
    sys.exit(main())
