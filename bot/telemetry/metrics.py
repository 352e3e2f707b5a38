"""Numbers about the bot itself, for operators: what runs, how fast, what is lost. Nothing in them is about anybody.

    part of the bot, or `bot.telemetry.watch` once a second -> count, set_to, observe -> `prometheus.Prometheus`
    an interaction that came, and its answer on its way     -> Acknowledgements -> observe

A number has a name of `FAMILIES`, and its labels have words of the lists there: another name, label or word is refused
by the program. So there is no place for an id, a name or a word that somebody said. By default nothing is kept.
"""

from __future__ import annotations

import enum
import re
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Protocol

import aiohttp

from bot.telemetry.analytics import GROUPS
from bot.telemetry.errors import Part
from storage.retention import RULES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import SimpleNamespace


class Kind(enum.Enum):
    """What is done with a number."""

    COUNTER = "counter"
    GAUGE = "gauge"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class Family:
    """One number, or one for each word of its label.

    Attributes:
        kind: What is done with it.
        says: What it is, for who reads it.
        label: The label's name; empty for none.
        words: What the label may say.
        buckets: Upper ends of a histogram's steps, in seconds.
    """

    kind: Kind
    says: str
    label: str = ""
    words: frozenset[str] = frozenset()
    buckets: tuple[float, ...] = ()


def _counter(says: str, label: str = "", *words: str) -> Family:
    return Family(Kind.COUNTER, says, label, frozenset(words))


def _gauge(says: str, label: str = "", *words: str) -> Family:
    return Family(Kind.GAUGE, says, label, frozenset(words))


def _histogram(says: str, buckets: tuple[float, ...], label: str = "", *words: str) -> Family:
    return Family(Kind.HISTOGRAM, says, label, frozenset(words), buckets)


INTERACTIONS: Final = (*sorted(GROUPS), "admin", "mod", "owner", "report", "autocomplete", "component", "form", "other")
"""What somebody did: a group of commands, or something with a button, a menu or a form."""

DATABASES: Final = ("content", "keyring")

PARTS: Final = ("databases", "discord", "disk", "engine", "ending", "requests", "retention")
"""What must be well for the bot to be ready."""

PLACES: Final = ("data", "backups", "models")
"""Folders whose disk is looked at."""

_WORDS_S = (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 4.5, 6.0, 10.0, 20.0)
_QUICK_S = (0.01, 0.03, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0)
_LAG_S = (0.001, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0)

FAMILIES: Final[Mapping[str, Family]] = MappingProxyType(
    {
        "interviews_running": _gauge("Interviews that run now."),
        "people_heard": _gauge("People who said yes in an interview that runs now."),
        "drafts": _gauge("Texts of interviews that are over, and can still be saved."),
        "interviews_ended": _counter(
            "Interviews that ended, by why.",
            "why",
            "asked", "host-left", "moderator", "empty", "kicked", "moved", "shutdown", "failed", "other",
        ),
        "packets": _counter(
            "Voice packets by what became of them.",
            "fate",
            "decrypted", "dropped_sealed", "concealed", "recovered", "lost", "late", "duplicate", "not_opened",
            "unknown_sender", "garbage", "other",
        ),
        "utterances": _counter(
            "Stretches of speech by what became of them.", "outcome", "found", "words", "no_words", "too_short"
        ),
        "gaps": _counter("Places where words are missing."),
        "gap_seconds": _counter("Seconds of speech that got no words."),
        "words_seconds": _histogram("From the end of speech to its words.", _WORDS_S),
        "caption_seconds": _histogram("From the end of speech to the caption at Discord.", _WORDS_S),
        "caption_writes": _counter("Messages with captions that were posted or edited.", "kind", "post", "edit"),
        "load_step": _gauge("What is left out because too much is said: 0 nothing, 4 captions are late."),
        "load_lost": _counter("Utterances that became gaps because more was said than could be written down."),
        "engine_busy": _gauge("Share of the recognition processes that were busy lately, 0 to 1."),
        "engine_restarts": _counter("Recognition processes that were lost and started again."),
        "engine_fallbacks": _counter("Utterances that the second engine took because the first was away."),
        "engine_failures": _counter("Requests to a speech server that failed."),
        "discord_requests": _counter(
            "Requests to Discord by its answer.", "answer", "ok", "refused", "rate_limited", "failed"
        ),
        "acknowledged_seconds": _histogram(
            "From a command, button or form to the answer at Discord, which gives 3 seconds.",
            _QUICK_S, "kind", *INTERACTIONS,
        ),
        "unanswered": _counter("Commands, buttons and forms without an answer in 3 seconds.", "kind", *INTERACTIONS),
        "errors": _counter("Errors that were logged, by the part of the bot.", "part", *(part.value for part in Part)),
        "loop_lag_seconds": _histogram("How late the event loop does what is due.", _LAG_S),
        "feedback_jobs": _gauge("Requests for feedback, by how far they are.", "state", "waiting", "sending", "failed"),
        "feedback_attempts": _counter(
            "Attempts at feedback, by how they ended.", "outcome", "finished", "failed", "put_off", "lost"
        ),
        "feedback_calls": _counter("Requests to the model that writes feedback."),
        "feedback_tokens": _counter("Tokens that they used."),
        "retention_deleted": _counter(
            "Rows that were deleted because their time was over.", "rule", *(rule.name for rule in RULES)
        ),
        "retention_success_timestamp_seconds": _gauge("When what is due was last deleted, in Unix time."),
        "requests_open": _gauge("Demands of people about their data that are open."),
        "requests_overdue": _gauge("Those that should have been answered."),
        "transcripts": _gauge("Transcripts that are saved."),
        "backups": _gauge("Backups of the content; not a number with PostgreSQL, which has its own."),
        "backup_age_seconds": _gauge("How old the newest backup is; not a number if there is none."),
        "disk_free_bytes": _gauge("Free room on the disk of what is kept.", "place", *PLACES),
        "database_waits": _counter("Transactions that were begun.", "database", *DATABASES),
        "database_wait_seconds": _counter("Seconds that they waited to begin.", "database", *DATABASES),
        "ready": _gauge("Whether a part is well: 1, or 0.", "part", *PARTS),
    }
)  # fmt: skip
"""Every number that there is."""


def checked(name: str, kind: Kind, labels: Mapping[str, str]) -> tuple[str, ...]:
    """The values of the labels of that number.

    Raises:
        ValueError: If there is no such number, or it has no such label or word.
    """
    family = FAMILIES.get(name)
    if family is None or family.kind is not kind:
        raise ValueError("there is no such number")
    if set(labels) != ({family.label} if family.label else set[str]()):
        raise ValueError("a number has another label than its list")
    if not set(labels.values()) <= family.words:
        raise ValueError("a label has a word that is not on its list")
    return tuple(labels.values())


class Metrics(Protocol):
    """Where numbers go. Each of these raises ValueError for what is not in `FAMILIES`."""

    @property
    def kept(self) -> bool:
        """Whether anybody reads them."""
        ...

    def count(self, name: str, more: float = 1, /, **labels: str) -> None:
        """Add to a counter; *more* is not negative."""
        ...

    def set_to(self, name: str, value: float, /, **labels: str) -> None:
        """Set a gauge."""
        ...

    def observe(self, name: str, seconds: float, /, **labels: str) -> None:
        """Put a time into a histogram."""
        ...


class NoMetrics:
    """Nowhere: what is used unless the operator names a port."""

    @property
    def kept(self) -> bool:
        """Nobody reads them."""
        return False

    def count(self, name: str, _more: float = 1, /, **labels: str) -> None:
        """Only see that it could be counted."""
        checked(name, Kind.COUNTER, labels)

    def set_to(self, name: str, _value: float, /, **labels: str) -> None:
        """Only see that it could be set."""
        checked(name, Kind.GAUGE, labels)

    def observe(self, name: str, _seconds: float, /, **labels: str) -> None:
        """Only see that it could be observed."""
        checked(name, Kind.HISTOGRAM, labels)


class Command(Protocol):
    """A command as Discord's library knows it."""

    @property
    def qualified_name(self) -> str:
        """Such as "interview start"."""
        ...


def kind_of(type_name: str, command: Command | None) -> str:
    """What somebody did, as `INTERACTIONS` names it, by the name that discord.py has for the type of interaction."""
    if type_name == "application_command":
        return command.qualified_name.partition(" ")[0] if command is not None else "other"
    return {"modal_submit": "form"}.get(type_name, type_name)


PATIENCE_S: Final = 3.0
"""How long Discord waits for the first answer. Source: its API reference, "Interactions"."""

WAITING: Final = 1_000
"""Interactions that may wait at once; older ones are taken for unanswered."""

_CALLBACK = re.compile(r"/interactions/(\d+)/[^/]+/callback$")


@dataclass(slots=True)
class Acknowledgements:
    """How fast people are answered. Ids are held for seconds, in memory, and told nobody."""

    metrics: Metrics
    now_s: Callable[[], float] = time.monotonic
    _waiting: OrderedDict[int, tuple[float, str]] = field(
        default_factory=OrderedDict[int, "tuple[float, str]"], repr=False
    )

    def came(self, interaction_id: int, kind: str) -> None:
        """Somebody did something; *kind* is one of `INTERACTIONS`, or counts as "other"."""
        if not self.metrics.kept:
            return
        self._waiting[interaction_id] = (self.now_s(), kind if kind in INTERACTIONS else "other")
        if len(self._waiting) > WAITING:
            _, (_, oldest) = self._waiting.popitem(last=False)
            self.metrics.count("unanswered", kind=oldest)

    def answered(self, interaction_id: int) -> None:
        """Discord has the answer."""
        came = self._waiting.pop(interaction_id, None)
        if came is not None:
            self.metrics.observe("acknowledged_seconds", self.now_s() - came[0], kind=came[1])

    def look(self) -> None:
        """Count those whose time is over."""
        now_s = self.now_s()
        for interaction_id, (came_s, kind) in list(self._waiting.items()):
            if now_s - came_s < PATIENCE_S:
                return
            del self._waiting[interaction_id]
            self.metrics.count("unanswered", kind=kind)

    def trace(self) -> aiohttp.TraceConfig | None:
        """What sees the requests to Discord; None if nobody reads the numbers."""
        if not self.metrics.kept:
            return None
        trace = aiohttp.TraceConfig()
        trace.on_request_end.append(self._ended)
        trace.on_request_exception.append(self._failed)
        return trace

    async def _ended(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, params: aiohttp.TraceRequestEndParams
    ) -> None:
        status = params.response.status
        self.metrics.count("discord_requests", answer=_answer(status))
        callback = _CALLBACK.search(params.url.path)
        if callback is not None and status < 400:
            self.answered(int(callback[1]))

    async def _failed(
        self, _session: aiohttp.ClientSession, _context: SimpleNamespace, _params: aiohttp.TraceRequestExceptionParams
    ) -> None:
        self.metrics.count("discord_requests", answer="failed")


def _answer(status: int) -> str:
    if status == 429:
        return "rate_limited"
    return "ok" if status < 400 else "refused" if status < 500 else "failed"
