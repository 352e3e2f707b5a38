"""Looks at the parts of a running bot: once a second at what they counted, every half minute at what is kept.

    interviews, dispatcher, engine, captions, desk, databases  --counters-->  what has grown  -->  Metrics
    databases, retention, requests, backups, Discord, engine   --health-->    which parts are red

Parts count for themselves and know nothing of this. What they counted is read here, so that a number costs nothing
where it arises. An interview is held for at most a second after its end, to count what came last.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from bot import machine
from bot.errors import StartRefused
from bot.interview.session import Stopped
from bot.telemetry.errors import part_of
from bot.telemetry.metrics import FAMILIES, PARTS, PLACES
from storage.backup import cover, transcripts_in
from storage.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator, Mapping

    from bot.clock import Clock
    from bot.ending import Ending
    from bot.feedback.desk import Desk
    from bot.installation import Installation
    from bot.interview.interviews import Interviews
    from bot.interview.session import Interview
    from bot.stores import Stores
    from bot.telemetry.metrics import Acknowledgements, Metrics
    from storage.retention import Retention
    from stt.dispatch import Dispatcher
    from stt.engine import Transcriber

log = logging.getLogger(__name__)

LOOK_S: Final = 1.0
"""How often counters are read."""

KEPT_S: Final = 30.0
"""How often what is kept is looked at: each look is a few reads of the databases."""

FRESH_S: Final = 5.0
"""How old an answer about health may be."""

ANSWER_S: Final = 5.0
"""How long a database may take to say that it is there."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What is looked at."""

    interviews: Interviews
    dispatcher: Dispatcher
    transcriber: Transcriber
    desk: Desk
    stores: Stores
    retention: Retention
    installation: Installation
    ending: Ending
    acknowledgements: Acknowledgements
    clock: Clock
    connected: Callable[[], bool]


@dataclass(slots=True)
class _Held:
    """What an interview had counted when it was last looked at."""

    interview: Interview
    seen: Counter[tuple[str, str]] = field(default_factory=Counter["tuple[str, str]"])
    worded: int = 0
    shown: int = 0


class Watch:
    """Reads the parts' counters into numbers, and says which parts are not well."""

    def __init__(self, parts: Parts, metrics: Metrics) -> None:
        self._parts = parts
        self._metrics = metrics
        self._held: dict[int, _Held] = {}
        self._grown: Counter[tuple[str, str]] = Counter()
        self._red: tuple[float, tuple[str, ...]] | None = None
        self._looking = asyncio.Lock()

    async def run(self) -> None:
        """Look until cancelled."""
        loop = asyncio.get_running_loop()
        kept_s = float("-inf")
        while True:
            due_s = loop.time() + LOOK_S
            await asyncio.sleep(LOOK_S)
            self._metrics.observe("loop_lag_seconds", max(0.0, loop.time() - due_s))
            try:
                self.look()
                if loop.time() - kept_s >= KEPT_S:
                    kept_s = loop.time()
                    await self.look_at_what_is_kept()
            except Exception:  # numbers must not end what they count
                log.exception("numbers could not be read")

    # What has been counted

    def look(self) -> None:
        """Read every counter."""
        parts, metrics = self._parts, self._metrics
        running = {id(interview): interview for interview in parts.interviews.running}
        for key, interview in running.items():
            self._held.setdefault(key, _Held(interview))
        for key, held in list(self._held.items()):
            self._read(held)
            if key not in running:
                stopped = (held.interview.stopped or Stopped.FAILED).value
                known = FAMILIES["interviews_ended"].words
                metrics.count("interviews_ended", why=stopped if stopped in known else "other")
                del self._held[key]
        metrics.set_to("interviews_running", len(running))
        metrics.set_to("people_heard", sum(len(each.gate.consenting) for each in running.values()))
        metrics.set_to("drafts", len(parts.interviews.drafts))
        metrics.set_to("load_step", int(parts.dispatcher.load))
        metrics.set_to("engine_busy", parts.dispatcher.busy)
        for name, value in self._totals():
            self._grow(*name, value)
        parts.acknowledgements.look()

    def _totals(self) -> Iterator[tuple[tuple[str, str], float]]:
        """What parts that live as long as the bot have counted since its start."""
        parts = self._parts
        engine: Any = parts.transcriber
        yield ("load_lost", ""), parts.dispatcher.counts.lost
        # Each engine counts what can happen to it.
        for name, attribute in (("restarts", "restarts"), ("fallbacks", "fell_back"), ("failures", "failures")):
            yield (f"engine_{name}", ""), getattr(engine, attribute, 0)
        done = parts.desk.counters
        for outcome in ("finished", "failed", "put_off", "lost"):
            yield ("feedback_attempts", outcome), getattr(done, outcome)
        yield ("feedback_calls", ""), done.calls
        yield ("feedback_tokens", ""), done.tokens
        for rule, number in parts.retention.deleted.items():
            yield ("retention_deleted", rule), number
        for database in (parts.stores.databases.content, parts.stores.databases.keyring):
            yield ("database_waits", database.kind), database.waits.count
            yield ("database_wait_seconds", database.kind), database.waits.seconds

    def _grow(self, name: str, word: str, value: float) -> None:
        more = value - self._grown[name, word]
        if more > 0:
            self._grown[name, word] = value  # pyright: ignore[reportArgumentType] - seconds as well
            self._count(name, word, more)

    def _count(self, name: str, word: str, more: float) -> None:
        label = FAMILIES[name].label
        self._metrics.count(name, more, **({label: word} if label else {}))

    def _read(self, held: _Held) -> None:
        interview = held.interview
        for (name, word), value in _counted(interview).items():
            more = value - held.seen[name, word]
            if more > 0:
                held.seen[name, word] = value  # pyright: ignore[reportArgumentType] - seconds as well
                self._count(name, word, more)
        counts = interview.pipeline.counts
        new, held.worded = counts.snippets - held.worded, counts.snippets
        for seconds in list(counts.latencies_s)[-new:] if new else ():
            self._metrics.observe("words_seconds", max(0.0, seconds))
        captions = interview.captions
        if captions is not None:
            new, held.shown = captions.shown - held.shown, captions.shown
            for seconds in list(captions.latencies_s)[-new:] if new else ():
                self._metrics.observe("caption_seconds", max(0.0, seconds))

    # What is kept

    async def look_at_what_is_kept(self) -> None:
        """Read what the databases and the backups say."""
        parts, metrics = self._parts, self._metrics
        with contextlib.suppress(StorageError):
            for state, number in (await parts.stores.jobs.by_state()).items():
                metrics.set_to("feedback_jobs", number, state=state.value)
            health = await parts.stores.requests.health(now=parts.clock.now())
            metrics.set_to("requests_open", health.open)
            metrics.set_to("requests_overdue", health.overdue)
            if (last := (await parts.retention.health()).last_success) is not None:
                metrics.set_to("retention_success_timestamp_seconds", last.timestamp())
        with contextlib.suppress(StorageError, StartRefused, OSError):
            await self._look_at_backups()
        for place, room in (await asyncio.to_thread(_free, parts.installation)).items():
            metrics.set_to("disk_free_bytes", room, place=place)
        red = await self.red()
        for part in PARTS:
            metrics.set_to("ready", part not in red, part=part)

    async def _look_at_backups(self) -> None:
        parts, metrics = self._parts, self._metrics
        content = parts.stores.databases.content
        if not parts.installation.is_sqlite:
            # A gauge begins as 0, which would be none, and one that was just made.
            metrics.set_to("backups", math.nan)
            metrics.set_to("backup_age_seconds", math.nan)
            metrics.set_to("transcripts", await transcripts_in(content))
            return
        found = await cover(parts.installation.places(), content)
        age = math.nan if found.newest_at is None else (parts.clock.now() - found.newest_at).total_seconds()
        metrics.set_to("backup_age_seconds", age)
        metrics.set_to("backups", found.backups)
        metrics.set_to("transcripts", found.transcripts)

    async def red(self) -> tuple[str, ...]:
        """Which of `PARTS` are not well; empty if the bot is ready. At most `FRESH_S` old."""
        loop = asyncio.get_running_loop()
        async with self._looking:
            if self._red is None or loop.time() - self._red[0] >= FRESH_S:
                self._red = (loop.time(), await self._look_for_red())
            return self._red[1]

    async def _look_for_red(self) -> tuple[str, ...]:
        parts = self._parts
        kept = await self._kept_well()
        well = {
            "discord": parts.connected(),
            "disk": await self._has_room(),
            "engine": bool(getattr(parts.transcriber, "alive", True)),
            "ending": not parts.ending.asked,
            **kept,
        }
        return tuple(part for part in PARTS if not well[part])

    async def _has_room(self) -> bool:
        """Whether there is room for what is kept, and for a backup of it. Models are fetched when somebody watches."""
        free = await asyncio.to_thread(_free, self._parts.installation)
        return all(room >= machine.LITTLE_MB * 1_000_000 for place, room in free.items() if place != "models")

    async def _kept_well(self) -> Mapping[str, bool]:
        parts = self._parts
        try:
            async with asyncio.timeout(ANSWER_S):
                for database in (parts.stores.databases.content, parts.stores.databases.keyring):
                    async with database.read() as connection:
                        await connection.execute(text("SELECT 1"))
                retention = (await parts.retention.health()).ok
                requests = not (await parts.stores.requests.health(now=parts.clock.now())).red
        except (StorageError, TimeoutError):
            return dict.fromkeys(("databases", "requests", "retention"), False)
        return {"databases": True, "requests": requests, "retention": retention}

    def __repr__(self) -> str:
        return f"<Watch of {len(self._held)}>"


def _free(installation: Installation) -> dict[str, int]:
    """Bytes of room for each of `PLACES`, or for those that can be asked. Blocks."""
    settings = installation.settings
    folders = (settings.data_folder, installation.operations.backup_folder, settings.models_folder)
    found: dict[str, int] = {}
    for place, folder in zip(PLACES, folders, strict=True):
        with contextlib.suppress(OSError):
            found[place] = machine.free_bytes(folder)
    return found


def _counted(interview: Interview) -> dict[tuple[str, str], float]:
    """What an interview has counted so far, by number and word."""
    packets, counts, captions = interview.receiver.counters, interview.pipeline.counts, interview.captions
    fates = {
        "decrypted": sum(member.decrypted for member in interview.receiver.members.values()),
        "dropped_sealed": packets.dropped_sealed,
        "concealed": packets.concealed,
        "recovered": packets.recovered,
        "lost": packets.lost,
        "late": packets.late,
        "duplicate": packets.duplicates,
        "not_opened": packets.not_opened + packets.plaintext_refused,
        "unknown_sender": packets.held_expired + packets.unmapped_dropped,
        "garbage": packets.not_authentic + packets.empty + packets.not_decoded,
        "other": packets.not_rtp + packets.rtcp + packets.not_opus + packets.video,
    }
    outcomes = {
        "found": counts.utterances,
        "words": counts.snippets,
        "no_words": counts.empty,
        "too_short": counts.discarded_short,
    }
    found: dict[tuple[str, str], float] = {("packets", fate): number for fate, number in fates.items()}
    found |= {("utterances", outcome): number for outcome, number in outcomes.items()}
    found |= {("gaps", ""): counts.gaps, ("gap_seconds", ""): counts.gap_s}
    if captions is not None:
        found |= {("caption_writes", "post"): captions.posts, ("caption_writes", "edit"): captions.edits}
    return found


class Errors(logging.Handler):
    """Counts the errors that are logged."""

    def __init__(self, metrics: Metrics) -> None:
        super().__init__(logging.ERROR)
        self._metrics = metrics

    def emit(self, record: logging.LogRecord) -> None:
        """Count it."""
        self._metrics.count("errors", part=part_of(record.name).value)


@contextlib.asynccontextmanager
async def watching_over(parts: Parts, metrics: Metrics) -> AsyncGenerator[Watch]:
    """Look at the parts until the end of the block."""
    handler = Errors(metrics)
    logging.getLogger().addHandler(handler)
    watch = Watch(parts, metrics)
    try:
        async with asyncio.TaskGroup() as tasks:
            looking = tasks.create_task(watch.run(), name="numbers")
            try:
                yield watch
            finally:
                looking.cancel()
    finally:
        logging.getLogger().removeHandler(handler)
