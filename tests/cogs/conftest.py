"""The bot with its commands, on a Discord of its own, and a watch over everything it writes there."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from bot.loopback.entities import walk
from bot.rehearsal.stage import Stage
from stt.engine import Snippet
from tests.flow.conftest import settings
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator

    from bot.loopback.authority import Authority
    from bot.loopback.entities import Message
    from bot.loopback.world import Event

OWNER, HOST, ANNA, PETER = "olga", "oleg", "anna", "peter"
"""Olga owns the server and so may moderate; Oleg starts interviews; Peter takes no part."""


class Watch:
    """What the bot wrote, and whether Discord and privacy allow it."""

    def __init__(self, bot_id: int) -> None:
        self._bot_id = bot_id
        self.public: list[str] = []
        self.faults: list[str] = []

    def __call__(self, event: Event) -> None:
        """See one event of the world."""
        message = event.message
        if message is None or message.author.id != self._bot_id or event.name == "MESSAGE_DELETE":
            return
        if message.kind == 18:  # that a thread was created
            return
        if message.ephemeral_to is None and message.text:
            self.public.append(message.text)
        self._measure(message)

    def _measure(self, message: Message) -> None:
        components = list(walk(message.components))
        if len(message.content) > 2_000 or sum(len(str(c.get("content", ""))) for c in components) > 4_000:
            self.faults.append("too long")
        if len(components) > 40:
            self.faults.append("too many components")
        if any(len(str(c.get("label", ""))) > 80 or len(str(c.get("custom_id", ""))) > 100 for c in components):
            self.faults.append("a button's label or id is too long")
        greeting = "otherwise you need not do anything" in message.text and len(message.mention_ids) == 1
        if (message.mention_ids and not greeting) or message.mentions_everyone:
            self.faults.append("somebody was notified")


class Practice(Stage):
    """A stage whose interview can be given words without anybody speaking."""

    def say(self, name: str, text: str, *, missing_s: float = 0.0) -> None:
        """Have the engine's words for somebody come in now."""
        interview = self.running()
        end_s = interview.now_s()
        interview._on_snippet(Snippet(self.user(name).id, max(0.0, end_s - 1), end_s, text, 0.9, "en", missing_s))

    async def use(self, name: str, command: str, *, channel_id: int | None = None, **options: object) -> str:
        """Use a command of /interview, and read the answer, which nobody else sees."""
        place = channel_id or self.place.text.id
        reply = await self.discord.people.use(self.user(name).id, f"interview {command}", place, options=options)
        assert reply.ephemeral
        return reply.text

    async def pressed(self, name: str, button: str) -> str:
        """Press a button of the notice, and read the answer, which nobody else sees."""
        reply = await self.press(name, button)
        assert reply.ephemeral
        return reply.text

    def end_card(self) -> Message:
        """What remains of the notice."""
        return next(m for m in self.seen(OWNER) if "is over" in m.text)


@asynccontextmanager
async def practising(authority: Authority, **changes: Any) -> AsyncGenerator[Practice]:
    """Everybody is in the server; Oleg and Anna are in the voice channel."""
    stage = Practice(
        settings(**changes), people=(OWNER, HOST, ANNA, PETER), transcriber=ScriptedTranscriber(), authority=authority
    )
    watch = Watch(stage.bot_id)
    stage.world.subscribe(watch)
    async with stage:
        for name in (HOST, ANNA):
            await stage.arrive(name)
        yield stage
    assert watch.faults == []
    known = ("Interview: ", "The interview is over", "Live captions", "### ", "an interview is running", "Співбесід")
    assert [text for text in watch.public if not any(phrase in text for phrase in known)] == []


@pytest.fixture
async def stage(authority: Authority) -> AsyncIterator[Practice]:
    async with practising(authority) as opened:
        yield opened
