"""The way from an unmodified aiohttp client, such as discord.py, to the loopback Discord."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Protocol

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

if TYPE_CHECKING:
    import ssl


class Reachable(Protocol):
    """Something that listens on a port of 127.0.0.1 and can be trusted."""

    @property
    def port(self) -> int:
        """The TCP port."""
        ...

    def client_context(self) -> ssl.SSLContext:
        """Return a context that trusts it."""
        ...


class LoopbackResolver(AbstractResolver):
    """Answers every name, Discord's and others', with one port of 127.0.0.1: nothing leaves the machine."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the listener, whatever was asked. aiohttp honours the port, too."""
        del port, family
        return [
            ResolveResult(
                hostname=host,
                host="127.0.0.1",
                port=self._port,
                family=socket.AF_INET,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
        ]

    async def close(self) -> None:
        """Release nothing."""


def loopback_connector(discord: Reachable) -> aiohttp.TCPConnector:
    """Return a connector for `discord.Client(connector=…)`; to be called inside the running loop."""
    return aiohttp.TCPConnector(resolver=LoopbackResolver(discord.port), ssl=discord.client_context(), limit=0)
