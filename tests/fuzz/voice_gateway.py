"""Mutated voice-gateway messages against the bot in a call, through its real websocket.

    python -m tests.fuzz.voice_gateway --count 100000 --seed 1

The messages are the real ones of a call, with bytes flipped, cut, spliced and repeated, JSON values exchanged for
others, and noise. A message may well cost the session (a READY with another port does); what must hold is that nothing
escapes, nothing piles up, and that the bot hears again once the gateway behaves.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import logging
import random
import sys
import threading
import tracemalloc
from typing import TYPE_CHECKING, Any, cast

from bot.rehearsal.stage import Stage, until
from tests.flow.conftest import Frames, hum_on, settings
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from collections.abc import Iterator

BATCH = 200
GROWTH_BYTES = 20 << 20
SPARE_THREADS = 8
"""The event loop's pool, which stays."""

VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2**31, 2**64, 1.5, float("1e308"), "", "0", "x" * 3_000, [], {}, [[]], {"a": {}}, "12",
)  # fmt: skip


class Broken(Exception):
    """A promise that did not hold."""


def samples(bot_id: int, member_id: int) -> list[dict[str, Any]]:
    """Messages as a voice server sends them."""
    return [
        {"op": 2, "d": {"ssrc": 5, "ip": "127.0.0.1", "port": 9, "modes": ["aead_aes256_gcm_rtpsize"]}},
        {"op": 4, "d": {"mode": "aead_aes256_gcm_rtpsize", "secret_key": [1] * 32, "dave_protocol_version": 1}},
        {"op": 5, "d": {"user_id": str(member_id), "ssrc": 77, "speaking": 1}},
        {"op": 6, "d": {"t": 1}},
        {"op": 8, "d": {"v": 8, "heartbeat_interval": 13_750}},
        {"op": 9, "d": None},
        {"op": 11, "d": {"user_ids": [str(member_id), str(bot_id)]}},
        {"op": 12, "d": {"user_id": str(member_id), "audio_ssrc": 77, "video_ssrc": 78, "streams": [{"ssrc": 78}]}},
        {"op": 13, "d": {"user_id": str(member_id)}},
        {"op": 15, "d": {"any": 100}},
        {"op": 18, "d": {"user_id": str(member_id), "flags": 2}},
        {"op": 21, "d": {"transition_id": 3, "protocol_version": 1}},
        {"op": 22, "d": {"transition_id": 3}},
        {"op": 24, "d": {"epoch": 2, "protocol_version": 1}},
    ]  # fmt: skip


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every place in a JSON value, as what holds it and its key there."""
    items: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        items = list(cast("dict[Any, Any]", value).items())
    elif isinstance(value, list):
        items = list(enumerate(cast("list[Any]", value)))
    for key, inner in items:
        yield cast("Any", value), key
        yield from places(inner)


class Mutator:
    """Makes messages that should not be."""

    def __init__(self, rng: random.Random, bot_id: int, member_id: int) -> None:
        self._rng = rng
        self._samples = samples(bot_id, member_id)
        self._bodies = [rng.randbytes(n) for n in (0, 1, 40, 204, 391, 500, 957)]

    def message(self) -> str | bytes:
        return self._rng.choice((self._value, self._value, self._text, self._binary, self._binary))()

    def _value(self) -> str:
        message: Any = json.loads(json.dumps(self._rng.choice(self._samples)))
        holder, key = self._rng.choice(list(places(message)))
        if isinstance(key, str) and self._rng.random() < 0.2:
            del holder[key]
        else:
            holder[key] = self._rng.choice(VALUES)
        if self._rng.random() < 0.2:
            message["seq"] = self._rng.choice((-1, 0, 65_535, 70_000, "x", None))
        return json.dumps(message)

    def _text(self) -> str:
        text = json.dumps(self._rng.choice(self._samples))
        a, b = sorted((self._rng.randrange(len(text) + 1), self._rng.randrange(len(text) + 1)))
        return self._rng.choice(
            (text[:a], text[a:b], text[:a] + text[b:], text[:b] + text[a:], "[" * 2_000, "\u2603" * 50)
        )

    def _binary(self) -> bytes:
        op = self._rng.choice((25, 26, 27, 28, 29, 30, 31, self._rng.randrange(256)))
        body = bytearray(self._rng.choice(self._bodies))
        for _ in range(self._rng.randrange(4)):
            if body:
                body[self._rng.randrange(len(body))] = self._rng.randrange(256)
        head = self._rng.randrange(65_536).to_bytes(2, "big") + bytes([op])
        if op in {29, 30}:
            head += self._rng.randrange(65_536).to_bytes(2, "big")
        return self._rng.choice((head + bytes(body), head + bytes(body), bytes(body), head[: self._rng.randrange(4)]))


class Escaped(logging.Handler):
    """Counts what asyncio and discord.py report as never handled."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.kinds: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        # discord.py tells at this level of connections that were lost, which is what happens here all the time.
        if record.name == "asyncio" or (record.name.startswith("bot") and record.levelno >= logging.ERROR):
            self.kinds.append(f"{record.name}: {record.exc_info[1] if record.exc_info else record.getMessage()}"[:300])


async def fuzz(count: int, seed: int) -> dict[str, int]:
    """Send *count* messages and check what must hold.

    Raises:
        Broken: If it does not.
    """
    escaped = Escaped()
    root = logging.getLogger()
    root.addHandler(escaped)
    threads = threading.active_count()
    try:
        async with Stage(settings(), people=("oleg", "anna"), transcriber=ScriptedTranscriber()) as stage:
            for name in ("oleg", "anna"):
                await stage.arrive(name)
            await stage.start("oleg")
            await stage.join("anna")
            async with asyncio.TaskGroup() as tasks:
                hums = tasks.create_task(hum_on(stage, "anna"))
                grown = await _talk_nonsense(stage, count, seed)
                hums.cancel()
            faults = stage.running().receiver.counters.faults
            await stage.end("oleg")
    finally:
        root.removeHandler(escaped)
    if escaped.kinds:
        raise Broken(f"{len(escaped.kinds)} errors were never handled, the first: {escaped.kinds[0]}")
    if faults:
        raise Broken(f"{faults} faults in the receiver")
    if grown > GROWTH_BYTES:
        raise Broken(f"memory grew by {grown >> 20} MiB")
    with contextlib.suppress(TimeoutError):
        await until(lambda: threading.active_count() <= threads + SPARE_THREADS, within_s=15)
    left = threading.active_count() - threads
    if left > SPARE_THREADS:
        raise Broken(f"{left} threads are left: {sorted({t.name.split(':')[0] for t in threading.enumerate()})}")
    return {"messages": count, "memory_growth_kib": max(0, grown >> 10), "threads_left": left}


async def _talk_nonsense(stage: Stage, count: int, seed: int) -> int:
    """Send it, and wait for audio again; how many bytes of memory it cost."""
    mutator = Mutator(random.Random(seed), stage.bot_id, stage.user("anna").id)
    frames = Frames(stage)
    await frames.more("anna", within_s=10)
    tracemalloc.start()
    sent = baseline = 0
    try:
        while sent < count:
            for _ in range(BATCH):
                if sent < count and _connected(stage):
                    stage.voice.send_raw(stage.bot_id, mutator.message())
                    sent += 1
            await asyncio.sleep(0.01)
            try:
                await until(lambda: _connected(stage), within_s=30)
            except TimeoutError:
                raise Broken(f"the bot did not come back after message {sent} of seed {seed}") from None
            if stage.running().stopped is not None:
                raise Broken(f"the interview ended at message {sent} of seed {seed}")
            if not baseline and sent >= count // 5:
                gc.collect()
                baseline = tracemalloc.get_traced_memory()[0]
        gc.collect()
        grown = tracemalloc.get_traced_memory()[0] - baseline
    finally:
        tracemalloc.stop()
    # Whatever state it was left in, a lost session is joined anew, and then it hears.
    with contextlib.suppress(KeyError):
        stage.voice.close(stage.bot_id, 4006)
    await asyncio.sleep(0.2)
    await frames.more("anna", within_s=20)
    return grown


def _connected(stage: Stage) -> bool:
    try:
        return stage.voice.session(stage.bot_id).connection is not None
    except KeyError:
        return False


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    logging.getLogger("bot").setLevel(logging.ERROR)
    logging.getLogger("discord").setLevel(logging.CRITICAL)
    sys.stdout.write(json.dumps(asyncio.run(fuzz(chosen.count, chosen.seed))) + "\n")


if __name__ == "__main__":
    main()
