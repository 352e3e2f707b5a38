"""Unmodified discord.py clients for tests against the loopback Discord."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands

from bot.loopback.connector import loopback_connector

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from bot.loopback.server import LoopbackDiscord

SPEECHLESS = discord.Intents(guilds=True, voice_states=True, guild_messages=True, dm_messages=True)


class Bot(discord.Client):
    """A client with a command tree, which it syncs when it logs in."""

    def __init__(self, loopback: LoopbackDiscord, *, intents: discord.Intents = SPEECHLESS, **options: Any) -> None:
        # The guilds come at once here: no need to wait two seconds for the last of them.
        options.setdefault("guild_ready_timeout", 0.05)
        super().__init__(intents=intents, connector=loopback_connector(loopback), **options)
        self.tree = app_commands.CommandTree(self)
        self.seen: list[str] = []

    async def setup_hook(self) -> None:
        if self.tree.get_commands():
            await self.tree.sync()

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:
        """Without the five seconds that discord.py waits before it identifies anew."""

    async def on_socket_event_type(self, name: str) -> None:
        self.seen.append(name)


@asynccontextmanager
async def logged_in(client: discord.Client, token: str) -> AsyncGenerator[None]:
    """Keep a client logged in for as long as the block lasts."""
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(client.start(token), name="client")
        ready = tasks.create_task(client.wait_until_ready(), name="ready")
        await asyncio.wait({running, ready}, return_when=asyncio.FIRST_COMPLETED, timeout=10)
        if not ready.done():
            ready.cancel()
            running.cancel()
            await client.close()
            return
        try:
            yield
        finally:
            await client.close()
