"""The wizard as `python -m bot setup` runs it, but on a loopback Discord: `PORT CA_FILE`."""

from __future__ import annotations

import ssl
import sys

import aiohttp
from rich.console import Console

from bot.clock import SystemClock
from bot.hardening import harden
from bot.loopback.connector import LoopbackResolver
from bot.setup_command import Setup, Terminal, has_terminal


def main() -> None:
    """Ask at this terminal."""
    harden()
    port, authority = int(sys.argv[1]), sys.argv[2]

    def connector() -> aiohttp.BaseConnector:
        context = ssl.create_default_context(cafile=authority)
        return aiohttp.TCPConnector(resolver=LoopbackResolver(port), ssl=context)

    if not has_terminal():
        sys.exit(2)
    sys.exit(0 if Setup(Terminal(), Console(), clock=SystemClock(), connector=connector).run() else 1)


if __name__ == "__main__":
    main()
