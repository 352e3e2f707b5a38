"""The seam between the main gateway and the voice half."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from aiohttp import web


@dataclass(frozen=True, slots=True)
class VoiceTicket:
    """What the voice gateway asks of who wants in: the sum of VOICE_STATE_UPDATE and VOICE_SERVER_UPDATE.

    Attributes:
        endpoint: `host:port`, without a scheme.
    """

    session_id: str
    token: str = field(repr=False)
    endpoint: str
    guild_id: int
    channel_id: int
    user_id: int


class VoiceHost(Protocol):
    """The voice half, as the main gateway sees it."""

    def admit(self, *, guild_id: int, channel_id: int, user_id: int, session_id: str, token: str, stage: bool) -> None:
        """Let this (user, session, token) identify. Called before VOICE_SERVER_UPDATE is sent."""
        ...

    async def dismiss(self, user_id: int, guild_id: int, *, code: int = 4014) -> None:
        """Close the person's voice websocket with *code*: they left, were kicked or moved."""
        ...

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one websocket request for the voice gateway."""
        ...


class NoVoice:
    """A `VoiceHost` for a Discord without voice: whoever asks is answered 503."""

    def admit(self, *, guild_id: int, channel_id: int, user_id: int, session_id: str, token: str, stage: bool) -> None:
        """Take note of nothing."""

    async def dismiss(self, user_id: int, guild_id: int, *, code: int = 4014) -> None:
        """Do nothing: nobody is here."""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Answer that there is no voice."""
        del request
        return web.Response(status=503, text="no voice here")
