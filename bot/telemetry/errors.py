"""Reports of errors to whoever runs the bot, without anything that people said, did or are.

    log.exception, and what nobody caught
      FromLogs       the error itself, and which part of the bot it is
      Limit          one report of a place in a minute, the rest is counted
      failures       types, and places in the code: names that stand in the source, and line numbers
      sentry.py      to the wire

What an error says is never read: not its text, notes or arguments, no local variable, no line of the log. There is
nothing to filter, so nothing can be missed. By default nothing is reported at all.
"""

from __future__ import annotations

import contextlib
import enum
import logging
import re
import threading
import time
from collections import OrderedDict, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Protocol
from urllib.parse import urlsplit

from bot.errors import BotError, StartRefused
from bot.logs import OURS, first_error
from bot.telemetry.egress import is_registered
from storage.keys import is_loopback

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection
    from types import TracebackType

EU_HOSTS: Final = ("*.ingest.de.sentry.io",)
"""Where Sentry takes reports that stay in the EU. Source: docs.sentry.io/security-legal-pii/security/ip-ranges."""

PLACE_S: Final = 60.0
"""How long a place in the code that was reported is only counted."""

IN_A_MINUTE: Final = 20
"""Reports of all places together."""

PLACES: Final = 256
"""Places that are remembered."""

CHAIN: Final = 5
FRAMES: Final = 40
"""Errors that led to one another, and calls of each, that a report holds at most."""

NAME = re.compile(r"[A-Za-z_<][\w.<>]{0,119}", re.ASCII)
"""A module, a function or a type, as it stands in a source."""


class Part(enum.StrEnum):
    """Which part of the bot an error is of: our own error code."""

    COMMANDS = "commands"
    DISCORD = "discord"
    INTERVIEW = "interview"
    RECOGNITION = "recognition"
    STORAGE = "storage"
    TELEMETRY = "telemetry"
    UNCAUGHT = "uncaught"
    VOICE = "voice"
    OTHER = "other"


_PARTS = {
    "bot.client": Part.DISCORD,
    "bot.interview": Part.INTERVIEW,
    "bot.logs": Part.UNCAUGHT,
    "bot.telemetry": Part.TELEMETRY,
    "bot.voice": Part.VOICE,
    "asyncio": Part.UNCAUGHT,
    "cogs": Part.COMMANDS,
    "discord": Part.DISCORD,
    "storage": Part.STORAGE,
    "stt": Part.RECOGNITION,
}

_OF_REPORTING = {"sentry_sdk", "urllib3"}
"""Loggers of what sends the reports: to report their errors would never end."""


def part_of(logger: str) -> Part:
    """Which part of the bot that logger belongs to."""
    names = logger.split(".")
    for length in (2, 1):
        if (part := _PARTS.get(".".join(names[:length]))) is not None:
            return part
    return Part.OTHER


@dataclass(frozen=True, slots=True)
class Frame:
    """One call of a traceback.

    Attributes:
        module: Its module, such as "bot.app".
        function: Its function.
        line: Which line of the file was running.
        ours: Whether it is code of the bot.
    """

    module: str
    function: str
    line: int
    ours: bool


@dataclass(frozen=True, slots=True)
class Failure:
    """One error: its type and where it came from.

    Attributes:
        module: The module of its type.
        kind: The name of its type.
        frames: The calls, outermost first.
    """

    module: str
    kind: str
    frames: tuple[Frame, ...]

    @property
    def place(self) -> tuple[str, str, int]:
        """The type and the innermost line of ours, or the innermost at all."""
        frames = [frame for frame in self.frames if frame.ours] or list(self.frames)
        return (self.kind, frames[-1].module, frames[-1].line) if frames else (self.kind, "", 0)


def failures(error: BaseException) -> list[Failure]:
    """What may be told of *error* and of those that led to it, the first cause first, at most `CHAIN`."""
    found: list[Failure] = []
    seen: set[int] = set()
    current: BaseException | None = first_error(error)
    while current is not None and id(current) not in seen and len(found) < CHAIN:
        seen.add(id(current))
        kind = type(current)
        found.append(Failure(_name(kind.__module__), _name(kind.__qualname__), _frames(current.__traceback__)))
        before = current.__cause__ or (None if current.__suppress_context__ else current.__context__)
        current = None if before is None else first_error(before)
    return found[::-1]


def _frames(traceback: TracebackType | None) -> tuple[Frame, ...]:
    frames: deque[Frame] = deque(maxlen=FRAMES)
    while traceback is not None:
        module = str(traceback.tb_frame.f_globals.get("__name__", ""))
        function = _name(traceback.tb_frame.f_code.co_qualname)
        frames.append(Frame(_name(module), function, traceback.tb_lineno, module.partition(".")[0] in OURS))
        traceback = traceback.tb_next
    return tuple(frames)


def _name(text: str) -> str:
    return text if NAME.fullmatch(text) else "?"


class Limit:
    """Lets through one report of a place in `PLACE_S`, and `IN_A_MINUTE` in all. Any thread may ask."""

    def __init__(self, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._lock = threading.Lock()
        # By place: when it was let through, and how often it was held back since.
        self._places: OrderedDict[tuple[str, str, int], tuple[float, int]] = OrderedDict()
        self._recent: deque[float] = deque(maxlen=IN_A_MINUTE)

    def passes(self, place: tuple[str, str, int]) -> int | None:
        """How often this place was held back before, if it may be reported now; None if not."""
        with self._lock:
            now_s = self._now_s()
            told_s, held = self._places.pop(place, (float("-inf"), 0))
            full = len(self._recent) == IN_A_MINUTE and now_s - self._recent[0] < PLACE_S
            passes = not full and now_s - told_s >= PLACE_S
            self._places[place] = (now_s, 0) if passes else (told_s, held + 1)
            if len(self._places) > PLACES:
                self._places.popitem(last=False)
            if not passes:
                return None
            self._recent.append(now_s)
            return held


class ErrorReports(Protocol):
    """Where errors are reported to."""

    def report(self, error: BaseException, part: Part) -> None:
        """Report an error, without waiting. Any thread may call it; it never raises."""
        ...


class NoReports:
    """Nowhere: what is used unless the operator names a place."""

    def report(self, error: BaseException, part: Part) -> None:
        """Nothing."""


class FromLogs(logging.Handler):
    """Reports the errors that are logged, whoever logs them, and nothing else of what is logged."""

    def __init__(self, reports: ErrorReports) -> None:
        super().__init__(logging.ERROR)
        self._reports = reports

    def emit(self, record: logging.LogRecord) -> None:
        """Report what the record's error is, if it has one."""
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and record.name.partition(".")[0] not in _OF_REPORTING:
            self._reports.report(error, part_of(record.name))


def check_dsn(dsn: str, hosts: Collection[str]) -> None:
    """Nothing, if *dsn* leads to one of *hosts*, and is encrypted unless it stays on this machine.

    Raises:
        StartRefused: If not. The DSN is not quoted.
    """
    shape = "The address for error reports is none: it has the form https://KEY@HOST/PROJECT."
    try:
        parts = urlsplit(dsn)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise StartRefused(shape) from None
    if not (host and parts.username and parts.path.rpartition("/")[2].isdigit() and parts.scheme in {"http", "https"}):
        raise StartRefused(shape)
    if parts.scheme != "https" and not is_loopback(host):
        raise StartRefused("Error reports leave this machine encrypted only: their address must begin with https://.")
    if not is_registered(host, hosts):
        raise StartRefused(
            "Error reports would leave the EU, or go to a host that the list of processors does not name:"
            " use a project in the EU, or name the host there with its region and transfer tool."
        )


@contextlib.asynccontextmanager
async def open_error_reports(
    dsn: str | None, *, release: str, hosts: Collection[str] = EU_HOSTS, **options: Any
) -> AsyncGenerator[ErrorReports]:
    """Report what is logged as an error, and what ends the block, until its end. Logs must be set up.

    Args:
        dsn: Where to, as Sentry names it; nowhere without it, whatever the environment says.
        release: The version of the bot, such as "skillrally-discord@0.1.0".
        hosts: Which hosts the list of processors allows.
        options: More for `SentryReports`, for tests.

    Raises:
        StartRefused: If *dsn* leads elsewhere.
    """
    if not dsn:
        yield NoReports()
        return
    check_dsn(dsn, hosts)
    from bot.telemetry.sentry import SentryReports  # noqa: PLC0415 - who reports nothing loads nothing of it

    reports = SentryReports(dsn, release=release, **options)
    handler = FromLogs(reports)
    logging.getLogger().addHandler(handler)
    try:
        yield reports
    except Exception as error:
        if not isinstance(first_error(error), BotError):  # those were raised on purpose, for the operator to read
            reports.report(error, Part.UNCAUGHT)
        raise
    finally:
        logging.getLogger().removeHandler(handler)
        await reports.close()
