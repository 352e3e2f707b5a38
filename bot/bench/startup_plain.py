"""A bot as one would write it for a start: discord.py, one command, and faster-whisper's model. It stores nothing.

first line of stdin: where Discord is, the token, the model -> imports -> model -> login, command registered
stdin after that: its end ends the bot
stdout: how far the start is, as `soak_bot` tells it
"""

from __future__ import annotations

import asyncio
import importlib
import json
import ssl
import sys
import time
from typing import Any

from bot.loopback.connector import loopback_connector


class _There:
    """Where the loopback Discord of another process is."""

    def __init__(self, port: int, authority: str) -> None:
        self.port = port
        self._authority = authority

    def client_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._authority)


def _mark(what: str) -> None:
    sys.stdout.write(json.dumps({"mark": what, "at_s": time.monotonic()}) + "\n")
    sys.stdout.flush()


async def _listen(given: dict[str, Any], discord: Any, commands: Any) -> None:
    connector = loopback_connector(_There(given["port"], given["authority"]))
    client = discord.Client(intents=discord.Intents(guilds=True, voice_states=True), connector=connector)
    tree = commands.CommandTree(client)

    async def start(interaction: Any) -> None:
        await interaction.response.send_message("Listening.")

    tree.command(name="start", description="Listens to everybody.")(start)
    client.setup_hook = tree.sync
    async with client, asyncio.TaskGroup() as tasks:
        running = tasks.create_task(client.start(given["token"]))
        await asyncio.to_thread(sys.stdin.read)
        await client.close()
        await running


def main() -> None:
    """Be it."""
    given = json.loads(sys.stdin.readline())
    discord = importlib.import_module("discord")
    commands = importlib.import_module("discord.app_commands")
    whisper = importlib.import_module("faster_whisper")
    _mark("imported")
    model = whisper.WhisperModel(given["settings"]["model"], device="cpu", compute_type="int8", cpu_threads=1)
    _mark("opened")
    asyncio.run(_listen(given, discord, commands))
    del model


if __name__ == "__main__":
    main()
