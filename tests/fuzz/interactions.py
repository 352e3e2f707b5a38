"""Mutated events and interactions over the loopback's main gateway, against discord.py and every command.

    python -m tests.fuzz.interactions --count 100000 --seed 1

    what people really do is done once, and each payload kept
    -> values exchanged and left out, huge strings, foreign ids, unknown commands and components, other events mixed in
    -> the bot's real websocket -> discord.py -> commands, buttons, menus, forms -> REST

An interaction may be answered or, where it is none, ignored. Nothing may escape our code or pile up, what only reads
may write nothing, and who never did anything stays unknown. In the end the bot answers as before.
"""

from __future__ import annotations

import argparse
import asyncio
import copy
import gc
import json
import logging
import random
import sys
import tracemalloc
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from bot.logs import first_error
from bot.loopback.callbacks import DidNotRespond
from bot.rehearsal.stage import KEEPING, Stage, until
from storage.models import Content
from tests.flow.conftest import settings
from tests.fuzz.voice_gateway import Broken, places
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from bot.loopback.callbacks import Reply
    from bot.loopback.world import Event

ROOT = Path(__file__).parents[2]
BATCH = 40
LATE = 400
"""How many of the newest may still be answered."""
GROWTH_BYTES = 30 << 20
READING = 0.5
"""Which part of the payloads comes from what only reads."""

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 3, 2**31, 2**63, 2**64, 1.5, "", "0", "-1", "x" * 6_000, "\u0000", "\u202e@everyone",
    [], {}, [[]], [None], {"a": {}}, "12", "999999999999999999", "sr:join:000000000000", "sr:end:ffffffffffff",
    "sq:accept:" + "0" * 32 + ":1", "fb:view:" + "0" * 32, "fb-answer:" + "0" * 32, "sr:nothing", "9" * 100,
)  # fmt: skip

KEPT = frozenset({"token", "application_id", "version", "member", "user"})
"""What is left as it is: without these nothing is an interaction of somebody with this bot. What is in them is not."""


class Samples:
    """Payloads as they really are, by whether what they ask for only reads."""

    def __init__(self, stage: Stage) -> None:
        self.reading: list[tuple[Reply, dict[str, Any]]] = []
        self.writing: list[tuple[Reply, dict[str, Any]]] = []
        self.events: list[tuple[str, Any]] = []
        self._stage = stage
        self._payloads: dict[str, dict[str, Any]] = {}
        self._look_away = stage.world.subscribe(self._see)

    def _see(self, event: Event) -> None:
        if event.name == "INTERACTION_CREATE":
            self._payloads[str(event.data["id"])] = copy.deepcopy(event.data)
        elif len(self.events) < 400:
            self.events.append((event.name, copy.deepcopy(event.data)))

    async def take(self) -> None:
        """Do what people do, once each."""
        people, text = self._stage.discord.people, self._stage.place.text.id
        anna, oleg = (self._stage.user(name).id for name in ("anna", "oleg"))
        reads = (
            "consent status", "transcript list", "privacy notice", "privacy contact", "privacy processors",
            "privacy requests", "interview status", "feedback view",
        )  # fmt: skip
        for command in reads:
            self._keep(self.reading, await people.use(anna, command, text))
        self._keep(self.reading, await people.use(anna, "transcript search", text, options={"text": "words"}))
        typed = people.complete(anna, "transcript view", text, "transcript", "a")
        self._keep(self.reading, await typed.acknowledged())
        self._keep(self.reading, await self._stage.press("oleg", "Status"))
        for command, options in (
            ("interview question", {}), ("transcript save", {"title": "Practice"}), ("consent history", {}),
            ("privacy correct", {"text": "The name."}), ("settings language", {}), ("interview pause", {}),
            ("interview resume", {}), ("interview role", {}), ("queue status", {}),
        ):  # fmt: skip
            try:
                self._keep(self.writing, await people.use(oleg, command, text, options=options))
            except Exception:  # noqa: BLE001, S112 - whatever this build does not offer is not mutated
                continue
        form = await people.use(anna, "consent give", text)
        self._keep(self.writing, form)
        assert form.modal is not None
        self._keep(self.writing, await people.submit(anna, form.modal, KEEPING))
        self._keep(self.writing, await self._stage.press("anna", "Leave"))
        self._keep(self.writing, await self._stage.press("anna", "Join"))
        self._look_away()
        self._payloads.clear()

    def _keep(self, where: list[tuple[Reply, dict[str, Any]]], reply: Reply) -> None:
        where.append((reply, self._payloads[str(reply.id)]))


class Storm:
    """Sends what should not be sent."""

    def __init__(self, stage: Stage, samples: Samples, rng: random.Random) -> None:
        self.replies: list[Reply] = []
        self.sent = self.answered = 0
        self._stage = stage
        self._samples = samples
        self._rng = rng

    def interaction(self, *, reading: bool) -> None:
        """A payload with something exchanged, under a number and token of its own, so that it can be answered."""
        of, kept = self._rng.choice(self._samples.reading if reading else self._samples.writing)
        payload = copy.deepcopy(kept)
        for _ in range(self._rng.choice((1, 1, 2, 5))):
            # What was asked is exchanged more often than who asked and where.
            root = payload["data"] if self._rng.random() < 0.7 and payload.get("data") else payload
            self._exchange(root)
        callbacks = self._stage.discord.callbacks
        whole = callbacks._payload

        def own(reply: Reply, data: Any, locale: str | None) -> dict[str, Any]:
            del data, locale
            return payload | {"id": str(reply.id), "token": reply.token}

        callbacks._payload = own
        try:
            self.replies.append(
                callbacks.open(of.kind, of.application_id, of.user_id, of.channel_id, {}, metadata={}, source=of.source)
            )
        finally:
            callbacks._payload = whole

    def forget(self, *, but: int = LATE) -> None:
        """Count what was sent, and let go of it: what grows then is not what we hold ourselves."""
        callbacks = self._stage.discord.callbacks
        gone = self.replies[: max(0, len(self.replies) - but)]
        del self.replies[: len(gone)]
        for reply in gone:
            self.sent += 1
            self.answered += reply.answer is not None
            callbacks._by_id.pop(reply.id, None)
            callbacks._by_token.pop(reply.token, None)

    def event(self) -> None:
        """An event with something exchanged, to the bot alone."""
        name, kept = self._rng.choice(self._samples.events)
        data: Any = copy.deepcopy(kept)
        if data:
            self._exchange(data)
        if name == "GUILD_DELETE" or data == kept:
            return
        for session in self._stage.discord.gateway._sessions.values():
            session.dispatch(name if self._rng.random() < 0.95 else "NO_SUCH_EVENT", data)

    def _exchange(self, root: Any) -> None:
        there = [(holder, key) for holder, key in places(root) if key not in KEPT]
        if not there:
            return
        holder, key = self._rng.choice(there)
        if isinstance(key, str) and self._rng.random() < 0.25:
            del holder[key]
        elif self._rng.random() < 0.15:
            holder[key] = self._rng.choice((str(self._stage.user("oleg").id), str(self._stage.bot_id), 2, 3, 4, 5, 9))
        else:
            holder[key] = copy.deepcopy(self._rng.choice(VALUES))


class Escaped(logging.Handler):
    """What went wrong, by what and where.

    Attributes:
        kinds: What nobody handled, in our code.
        failed: Commands that failed in a way nobody foresaw; the person is told so.
        lost: What discord.py could not read, in tasks of its own, before any code of ours: nothing comes of it.
    """

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.kinds: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.lost: Counter[str] = Counter()

    def emit(self, record: logging.LogRecord) -> None:
        error = first_error(record.exc_info[1]) if record.exc_info and record.exc_info[1] is not None else None
        name = type(error).__name__ if error is not None else ""
        files: list[str] = []
        trace = error.__traceback__ if error is not None else None
        while trace is not None:
            files.append(f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}")
            trace = trace.tb_next
        # Where discord.py calls us is its file; where we stand around discord.py is bot/client.py.
        ours = [
            file for file in files if file.startswith(str(ROOT)) and ".venv" not in file and "client.py" not in file
        ]
        told = record.name.startswith("cogs.") and record.getMessage() == "a command failed"
        # A storm on a busy machine: what is typed gets no choices then, which discord.py reports as an error.
        if told or name == "DatabaseBusy":
            self.failed[f"{name} {files[-1].removeprefix(str(ROOT))}"] += 1
        elif error is not None and not ours:
            self.lost[f"{name} {files[-1].rpartition('/')[2]}"] += 1
        else:
            self.kinds[f"{record.name}: {record.getMessage()[:80]}: {name} {str(error)[:100]} {files[-1:]}"] += 1


async def rows(stage: Stage) -> dict[str, int]:
    """How many rows each table of the content has, but for where messages stand."""
    async with stage.app.services.stores.databases.content.read() as connection:
        return {
            name: (await connection.execute(select(func.count()).select_from(table))).scalar_one()
            for name, table in Content.metadata.tables.items()
            if name != "live_message"
        }


async def fuzz(count: int, seed: int, *, events: bool = True) -> dict[str, Any]:
    """Send *count* payloads and check what must hold.

    Raises:
        Broken: If it does not; the seed repeats it.
    """
    rng = random.Random(seed)
    escaped = Escaped()
    root = logging.getLogger()
    root.addHandler(escaped)
    try:
        async with Stage(
            settings(), people=("oleg", "anna", "peter"), transcriber=ScriptedTranscriber("words")
        ) as stage:
            for name in ("oleg", "anna"):
                await stage.arrive(name)
            await stage.start("oleg")
            for name in ("oleg", "anna"):
                await stage.join(name, KEEPING)
            samples = Samples(stage)
            await samples.take()
            storm = Storm(stage, samples, rng)
            before = await rows(stage)
            reading = round(count * READING)
            await _send(storm, reading, reading=True, events=False)
            if (after := await rows(stage)) != before:
                raise Broken(f"what only reads wrote: {before} became {after}")
            grown = await _send(storm, count - reading, reading=False, events=events)
            peter = stage.user("peter").id
            if await stage.app.services.stores.subjects.find(peter) is not None:
                raise Broken("somebody is known who never did anything")
            await _answers(stage)
            storm.forget(but=0)
    finally:
        root.removeHandler(escaped)
    if escaped.kinds:
        listed = "\n".join(f"{number} x {kind}" for kind, number in escaped.kinds.most_common(12))
        raise Broken(f"{escaped.kinds.total()} errors that nobody foresaw:\n{listed}")
    if grown > GROWTH_BYTES:
        raise Broken(f"memory grew by {grown >> 20} MiB")
    return {
        "payloads": count,
        "answered": storm.answered,
        "ignored": storm.sent - storm.answered,
        "failed": dict(escaped.failed),
        "lost": escaped.lost.total(),
        "memory_growth_kib": max(0, grown >> 10),
    }


async def _send(storm: Storm, count: int, *, reading: bool, events: bool) -> int:
    """Send so many, some at a time; how many bytes of memory the later four fifths cost."""
    sent = baseline = 0
    tracemalloc.start()
    try:
        while sent < count:
            batch = min(BATCH, count - sent)
            for _ in range(batch):
                if events and storm._rng.random() < 0.3:
                    storm.event()
                else:
                    storm.interaction(reading=reading)
            sent += batch
            await _settled(storm)
            storm.forget()
            if not baseline and sent >= count // 5:
                gc.collect()
                baseline = tracemalloc.get_traced_memory()[0]
        gc.collect()
        return tracemalloc.get_traced_memory()[0] - baseline
    finally:
        tracemalloc.stop()


async def _settled(storm: Storm) -> None:
    """Wait until what was sent has been answered, or nothing has been answered for a while."""
    stage = storm._stage
    seen, quiet = -1, 0
    while quiet < 4:
        await asyncio.sleep(0.01)
        recent = storm.replies[-BATCH:]
        answered = sum(reply.answer is not None for reply in recent)
        quiet = quiet + 1 if answered == seen else 0
        seen = answered
        if answered == len(recent):
            break
    if not stage.discord.gateway.is_connected(stage.bot_id):
        try:
            await stage.discord.ready(stage.bot_id, within_s=30)
        except TimeoutError:
            raise Broken("the bot does not come back") from None


async def _answers(stage: Stage) -> None:
    """After a new session, which tells discord.py again what is true, the bot answers."""
    stage.discord.gateway.invalidate(stage.bot_id)
    await asyncio.sleep(0.2)
    await stage.discord.ready(stage.bot_id, within_s=30)
    await until(stage.app.bot.is_ready, within_s=30)
    try:
        reply = await stage.discord.people.use(stage.user("anna").id, "consent status", stage.place.text.id)
    except DidNotRespond:
        raise Broken("the bot no longer answers") from None
    if "agree" not in reply.text:
        raise Broken("the bot answers something else")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    for name in ("bot", "cogs", "discord"):
        logging.getLogger(name).setLevel(logging.ERROR)
    sys.stdout.write(json.dumps(asyncio.run(fuzz(chosen.count, chosen.seed))) + "\n")


if __name__ == "__main__":
    main()
