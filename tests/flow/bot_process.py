"""The bot in a process of its own, so that its memory can be searched.

`python -m tests.flow.bot_process PORT CA TOKEN FOLDER [GRACE_S]` is started by a test. It ends when its standard input
is closed, and gently with SIGTERM. It is the bot as it runs, but for the address of Discord.
"""

from __future__ import annotations

import asyncio
import signal
import ssl
import sys
import threading

from bot import logs
from bot.app import open_app
from bot.hardening import harden
from bot.loopback.connector import loopback_connector
from bot.rehearsal.cast import MODEL
from bot.rehearsal.stage import practice_operations
from config.settings import Settings


class There:
    """Where the loopback Discord of another process is."""

    def __init__(self, port: int, authority: str) -> None:
        self.port = port
        self._authority = authority

    def client_context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._authority)


async def main(port: int, authority: str, token: str, folder: str, grace_s: str = "60") -> None:
    settings = Settings(
        _env_file=None,  # pyright: ignore[reportCallIssue] - pydantic-settings' own
        discord_token=None,
        model=str(MODEL),
        data_dir=f"{folder}/data",
        keys_dir=f"{folder}/keys",
        grace_s=float(grace_s),
    )
    async with open_app(
        settings, operations=practice_operations(), connector=loopback_connector(There(port, authority))
    ) as app:
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGTERM, app.drain)

        def wait_for_the_end() -> None:
            sys.stdin.read()
            loop.call_soon_threadsafe(app.stop)

        threading.Thread(target=wait_for_the_end, daemon=True).start()
        await app.run(token)


if __name__ == "__main__":
    logs.set_up(level="DEBUG", as_json=True)
    harden()
    asyncio.run(main(int(sys.argv[1]), *sys.argv[2:6]))
