"""The loopback Discord as a server: one TLS listener on 127.0.0.1 for REST, gateway, CDN and the voice gateway.

wss://gateway.discord.gg/, wss://localhost:PORT/gateway, wss://localhost:PORT/?v=10   -> gateway
wss://localhost:PORT/?v=8, wss://….discord.media/                                     -> voice
https://…/api/v10/…                                                                   -> rest
https://cdn.discordapp.com/attachments/…                                              -> files
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Final, Self

from aiohttp import web

from bot.loopback import rest_channels, rest_commands, rest_guilds
from bot.loopback.authority import Authority
from bot.loopback.callbacks import Callbacks
from bot.loopback.gateway import Gateway
from bot.loopback.interactions import Interactions
from bot.loopback.limits import Limits, RateLimiter
from bot.loopback.rest import MAX_BODY_BYTES, Rest
from bot.loopback.rest_interactions import InteractionRoutes
from bot.loopback.voice_host import NoVoice, VoiceHost

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from types import TracebackType

    from bot.loopback.world import Event, World

LOOPBACK: Final = "127.0.0.1"
VOICE_VERSIONS: Final = frozenset({"4", "8"})


class LoopbackDiscord:
    """A Discord that serves a world for as long as its `async with` lasts.

    Attributes:
        world: What it serves.
        people: What people in it do with applications.
        gateway: The main gateway, which tests may make misbehave.
        limiter: The rate limits.
    """

    def __init__(
        self,
        world: World,
        *,
        voice: VoiceHost | None = None,
        port: int = 0,
        limits: Limits | None = None,
        authority: Authority | None = None,
        heartbeat_interval_s: float = 41.25,
    ) -> None:
        """Prepare it.

        Args:
            world: What it serves; its clock is everybody's.
            voice: Who serves voice; without it, whoever joins a channel is admitted nowhere.
            port: Where to listen; 0 takes a free one.
            limits: How often what may be asked for.
            authority: Who vouches for it; by default a new one, which takes some milliseconds.
            heartbeat_interval_s: What the gateway tells clients.
        """
        self.world = world
        self.limiter = RateLimiter(limits or Limits(), world.now)
        self.gateway = Gateway(world, heartbeat_interval_s=heartbeat_interval_s)
        self.callbacks = Callbacks(world, reaches=self.gateway.has_session)
        self.people = Interactions(world, self.callbacks)
        self._voice = voice or NoVoice()
        self._asked_port = port
        self._port: int | None = None
        self._authority = authority
        self._stack = AsyncExitStack()

    @property
    def port(self) -> int:
        """The TCP port, once entered."""
        if self._port is None:
            raise RuntimeError("the loopback Discord does not listen yet")
        return self._port

    @property
    def api_base(self) -> str:
        """REST for clients that are told where to go."""
        return f"https://localhost:{self.port}/api/v10"

    @property
    def gateway_url(self) -> str:
        """The main gateway for clients that are told where to go."""
        return f"wss://localhost:{self.port}/gateway"

    @property
    def voice_endpoint(self) -> str:
        """What VOICE_SERVER_UPDATE says."""
        return f"localhost:{self.port}"

    @property
    def ca_pem(self) -> str:
        """The CA certificate that clients have to trust."""
        return self._trusted().ca_pem

    def client_context(self) -> ssl.SSLContext:
        """Return a TLS context that trusts this server and no other."""
        return self._trusted().client_context()

    async def ready(self, user_id: int | None = None, *, within_s: float = 30.0) -> None:
        """Wait until an account is logged in to the gateway; by default every bot.

        Commands are not enough to go by: discord.py registers them before it connects.

        Raises:
            TimeoutError: If it does not come to that.
        """
        wanted = self.world.applications if user_id is None else (user_id,)
        await self.until(lambda: all(map(self.gateway.is_connected, wanted)), within_s=within_s)

    async def until(self, condition: Callable[[], bool], *, within_s: float = 5.0) -> None:
        """Wait until *condition* holds, looked at whenever something happens in the world.

        Raises:
            TimeoutError: If it does not come to that.
        """
        changed = asyncio.Event()

        def wake(event: Event) -> None:
            del event
            changed.set()

        unsubscribe = self.world.subscribe(wake)
        try:
            async with asyncio.timeout(within_s):
                while not condition():
                    # Connections come and go without an event, so look now and then in any case.
                    try:
                        async with asyncio.timeout(0.02):
                            await changed.wait()
                    except TimeoutError:
                        continue
                    changed.clear()
        finally:
            unsubscribe()

    async def __aenter__(self) -> Self:
        if self._authority is None:
            self._authority = await asyncio.to_thread(Authority)
        app = web.Application(client_max_size=MAX_BODY_BYTES)
        self._register(app)
        async with AsyncExitStack() as stack:
            runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
            await runner.setup()
            stack.push_async_callback(runner.cleanup)
            context = self._authority.server_context()
            site = web.TCPSite(runner, LOOPBACK, self._asked_port, ssl_context=context)
            await site.start()
            self._port = int(runner.addresses[0][1])
            # First nobody may come any more, or clients that are sent away come again; then open websockets end, for
            # which the runner would wait.
            stack.push_async_callback(self.gateway.close)
            stack.push_async_callback(site.stop)
            self.world.attach_voice(self._voice, self.voice_endpoint)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def _trusted(self) -> Authority:
        if self._authority is None:
            raise RuntimeError("the loopback Discord does not listen yet")
        return self._authority

    def _register(self, app: web.Application) -> None:
        routes = (
            *rest_guilds.routes(),
            *rest_channels.routes(),
            *rest_commands.routes(),
            *InteractionRoutes(self.callbacks).routes(),
        )
        app.router.add_get("/", self._websocket)
        app.router.add_get("/gateway", self.gateway.handle)
        app.router.add_get(r"/attachments/{channel_id:\d+}/{file_id:\d+}/{name}", self._file)
        Rest(self.world, self.limiter, routes).register(app)

    async def _websocket(self, request: web.Request) -> web.StreamResponse:
        host = request.host.partition(":")[0]
        is_media = host.endswith(".discord.media")
        is_local = host in {"localhost", LOOPBACK}
        if is_media or (is_local and request.query.get("v") in VOICE_VERSIONS):
            return await self._voice.handle(request)
        return await self.gateway.handle(request)

    async def _file(self, request: web.Request) -> web.StreamResponse:
        file = self.world.files.get(int(request.match_info["file_id"]))
        if file is None:
            return web.Response(status=404, text="This content is no longer available.")
        return web.Response(body=file.data, headers={"Content-Type": file.content_type})
