"""A voice server alone, without the main gateway, and tickets for it."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
from aiohttp import web

from bot.loopback.member import SimulatedMember
from bot.loopback.opus_encoder import RATE_HZ
from bot.loopback.voice_host import VoiceTicket
from bot.loopback.voice_server import VoiceServer

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    import numpy.typing as npt

GUILD, CHANNEL = 4_000, 5_000
ALICE, BOB, CAROL = 11, 22, 33


class VoiceSite:
    """A voice server, where it listens, and who may come in."""

    def __init__(self, server: VoiceServer, endpoint: str) -> None:
        self.server = server
        self.endpoint = endpoint
        self._issued = 0

    def ticket(self, user_id: int, *, channel_id: int = CHANNEL, stage: bool = False) -> VoiceTicket:
        self._issued += 1
        ticket = VoiceTicket(
            session_id=f"session{self._issued}",
            token=f"token{self._issued}",
            endpoint=self.endpoint,
            guild_id=GUILD,
            channel_id=channel_id,
            user_id=user_id,
        )
        self.server.admit(
            guild_id=GUILD,
            channel_id=channel_id,
            user_id=user_id,
            session_id=ticket.session_id,
            token=ticket.token,
            stage=stage,
        )
        return ticket

    def member(self, user_id: int, *, stage: bool = False, **options: Any) -> SimulatedMember:
        return SimulatedMember(self.ticket(user_id, stage=stage), **options)


@asynccontextmanager
async def voice_site(**options: Any) -> AsyncGenerator[VoiceSite]:
    async with VoiceServer(**options) as server:
        app = web.Application()
        app.router.add_get("/", server.handle)
        runner = web.AppRunner(app, shutdown_timeout=1)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            host, port = runner.addresses[0][:2]
            yield VoiceSite(server, f"{host}:{port}")
        finally:
            await runner.cleanup()


async def until(condition: Callable[[], bool], timeout_s: float = 5.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 -- what it waits for has no event of its own
            await asyncio.sleep(0.002)


def tone(seconds: float = 0.4, hertz: float = 300.0) -> npt.NDArray[np.int16]:
    """A hum with overtones at 48 kHz."""
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    wave = sum(np.sin(2 * np.pi * hertz * n * times) / n for n in range(1, 6))
    return (np.asarray(wave) * 6_000).astype(np.int16)
