"""Logs that hold no speech, audio, names, ids, tokens or keys, whoever writes them.

    our loggers      event text and allowlisted fields (`SAFE_FIELDS`), each a number, a flag or a short word
    anyone else's    the logger's name, the level and the unformatted text or its place; never its arguments
    exceptions       their type and the place in the code; never their text, which may quote what somebody said;
                     those that nobody caught, too

discord.py at DEBUG prints the voice session description with its key, and at INFO ids; at WARNING it prints URLs with
interaction tokens. So it is held at WARNING, its arguments are never formatted, and no setting lowers that: whatever
level a library's logger is given, by itself, its environment or somebody else, our handler writes nothing below WARNING
that is not ours. What still looks like a token, an id or such a URL is cut out of every text.

Lines go to standard error and nowhere else. The bot keeps no file of them.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import warnings
from datetime import UTC, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from types import TracebackType

OURS = ("bot", "cogs", "stt", "storage", "config")

SAFE_FIELDS = frozenset(
    {
        "attempt", "bytes", "code", "commands", "count", "error", "extension", "interviews", "kind", "languages",
        "line", "lost", "members", "op", "reason", "remedy", "restarts", "seconds", "source", "state", "version",
        "window", "worker",
    }
)  # fmt: skip
"""Fields of `extra=` that are written; everything else is dropped."""

_SHORT_WORD = re.compile(r"[A-Za-z][A-Za-z_.+-]{0,39}|\d{1,4}(\.\d{1,4}){0,2}")
"""What a field may say: the name of a type, a state or a remedy, or a version.

Ids, keys, addresses and sentences are none of these.
"""

_LARGEST = 10**12
"""A count; Discord's ids are a hundred thousand times larger."""

_CUT = re.compile(r"[a-z]+://\S+|(webhooks|interactions)/\S+|\d{15,}|\d+(\.\d+){3}|[\w.-]{40,}")
"""What has no place in a text, should one be put together somewhere: URLs and their tokens, ids, addresses, keys."""

_OF_ASYNCIO = frozenset(
    {
        "Task was destroyed but it is pending!", "Task exception was never retrieved",
        "Future exception was never retrieved", "_GatheringFuture exception was never retrieved", "Unclosed connection",
        "Unclosed client session", "Unclosed connector", "Unclosed response",
    }
)  # fmt: skip
"""First lines that asyncio, and aiohttp by its hand, write above the reprs of what they are about."""

log = logging.getLogger(__name__)


def _place(traceback: TracebackType | None) -> str:
    """Where it was raised, as module file and line: innermost frame of ours if there is one."""
    best = ""
    while traceback is not None:
        code = traceback.tb_frame.f_code
        here = f"{PurePath(code.co_filename).name}:{traceback.tb_lineno}"
        if traceback.tb_frame.f_globals.get("__name__", "").split(".")[0] in OURS or not best:
            best = here
        traceback = traceback.tb_next
    return best


def _text(record: logging.LogRecord, *, ours: bool) -> str:
    # A text with arguments is a constant of the source; the arguments are what varies, and are never put in. One
    # without may have been put together before (asyncio joins the reprs of tasks), so only its place is told.
    if isinstance(record.msg, str) and (ours or record.args or record.name.startswith("discord")):
        # One line: discord.py puts the event loop's stack, with the paths of files, below what it says of a heartbeat.
        return _CUT.sub("…", record.msg.partition("\n")[0])
    if isinstance(record.msg, str) and (first := record.msg.partition("\n")[0]) in _OF_ASYNCIO:
        return first
    return f"{record.module}:{record.lineno}"


def first_error(error: BaseException) -> BaseException:
    """The error itself, or the first of those in a group: what it holds says more than that it is one."""
    while isinstance(error, BaseExceptionGroup):
        error = cast("BaseExceptionGroup[BaseException]", error).exceptions[0]
    return error


def _value(value: object) -> object:
    if isinstance(value, int | float):
        return value if abs(value) < _LARGEST else "?"
    text = str(value)
    return text if _SHORT_WORD.fullmatch(text) else "?"


def safe(record: logging.LogRecord) -> dict[str, Any]:
    """What of *record* may be written."""
    ours = record.name.split(".")[0] in OURS
    line: dict[str, Any] = {
        "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
        "level": record.levelname.lower(),
        "logger": record.name,
        "event": _text(record, ours=ours),
    }
    if ours:
        for name in SAFE_FIELDS & record.__dict__.keys():
            line[name] = _value(record.__dict__[name])
    if record.exc_info and record.exc_info[1] is not None:
        error = first_error(record.exc_info[1])
        line["exception"] = type(error).__name__
        line["place"] = _place(error.__traceback__ or record.exc_info[2])
    return line


_BROKEN = "a line could not be written"


def _may_be_written(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.WARNING or record.name.split(".")[0] in OURS


class SafeFormatter(logging.Formatter):
    """One line a record: JSON, or for a terminal plain text."""

    def __init__(self, *, as_json: bool) -> None:
        super().__init__()
        self._as_json = as_json

    def format(self, record: logging.LogRecord) -> str:
        """Write what may be written."""
        try:
            line = safe(record)
        except Exception:  # noqa: BLE001 - Python would write the line's arguments instead
            line = safe(logging.makeLogRecord({"name": __name__, "levelname": "ERROR", "msg": _BROKEN}))
        if self._as_json:
            return json.dumps(line, ensure_ascii=False)
        rest = " ".join(f"{k}={v}" for k, v in line.items() if k not in {"at", "level", "logger", "event"})
        return f"{line['at'][11:19]} {line['level']:<7} {line['logger']}: {line['event']} {rest}".rstrip()


def set_up(*, level: str = "INFO", as_json: bool | None = None) -> None:
    """Send everything through the safe formatter to standard error.

    Args:
        level: For our own loggers; DEBUG too is content-free.
        as_json: One JSON object a line; by default unless standard error is a terminal.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(SafeFormatter(as_json=not sys.stderr.isatty() if as_json is None else as_json))
    handler.addFilter(_may_be_written)
    # Python's own answer to a handler that fails is to print the line with its arguments.
    logging.raiseExceptions = False
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for name in OURS:
        logging.getLogger(name).setLevel(level)
    for name in ("discord", "aiohttp", "asyncio", "httpx2", "openai", "faster_whisper", "huggingface_hub"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # Python would print the text of what nobody caught, and asyncio and threads theirs, and of warnings, some of which
    # quote values (pydantic's do).
    warnings.showwarning = _warned
    sys.excepthook = _uncaught
    sys.unraisablehook = lambda unraisable: _uncaught(
        unraisable.exc_type, unraisable.exc_value, unraisable.exc_traceback
    )
    threading.excepthook = lambda args: _uncaught(args.exc_type, args.exc_value, args.exc_traceback)


def _warned(_text: Warning | str, category: type[Warning], filename: str, lineno: int, *_: object) -> None:
    log.warning(
        "a warning of Python",
        extra={"kind": category.__name__, "source": PurePath(filename).stem, "line": lineno},
    )


def _uncaught(kind: type[BaseException], error: BaseException | None, traceback: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt):
        return
    if error is None:
        error = kind()
    log.critical("something that nobody caught", exc_info=(kind, error, traceback))
