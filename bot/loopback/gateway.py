"""The main gateway, version 10: for the bot and for everybody else who logs in with a library.

World event -> Session.offer (may this account know?) -> numbered, kept for RESUME -> Connection -> websocket
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import zlib
from collections import deque
from typing import TYPE_CHECKING, Any, Final, cast

from aiohttp import WSMsgType, web

from bot.loopback import payloads
from bot.loopback.rest_guilds import gateway_url

if TYPE_CHECKING:
    from bot.loopback.entities import Message, User
    from bot.loopback.wire import Json
    from bot.loopback.world import Event, World

log = logging.getLogger(__name__)

DISPATCH, HEARTBEAT, IDENTIFY, PRESENCE, VOICE_STATE, RESUME = 0, 1, 2, 3, 4, 6
RECONNECT, REQUEST_MEMBERS, INVALID_SESSION, HELLO, HEARTBEAT_ACK = 7, 8, 9, 10, 11
"""Opcodes. Source: Discord developer documentation, "Gateway Opcodes"."""

UNKNOWN_OPCODE, DECODE_ERROR, NOT_AUTHENTICATED, AUTHENTICATION_FAILED = 4001, 4002, 4003, 4004
ALREADY_AUTHENTICATED, INVALID_SEQ, TIMED_OUT, INVALID_VERSION = 4005, 4007, 4009, 4012
INVALID_SHARD, INVALID_INTENTS, DISALLOWED_INTENTS = 4010, 4013, 4014
"""Close codes. Source: Discord developer documentation, "Gateway Close Event Codes"."""

GUILDS, GUILD_MEMBERS, GUILD_VOICE_STATES, GUILD_MESSAGES = 1 << 0, 1 << 1, 1 << 7, 1 << 9
GUILD_TYPING, DIRECT_MESSAGES, DIRECT_TYPING, MESSAGE_CONTENT = 1 << 11, 1 << 12, 1 << 14, 1 << 15
PRIVILEGED: Final = GUILD_MEMBERS | (1 << 8) | MESSAGE_CONTENT
"""Intents. Source: Discord developer documentation, "Gateway Intents"."""

KEPT_FOR_RESUME: Final = 1000
WAITING: Final = 10_000
"""How many messages may wait for a slow client before it is dropped."""

HAVE_BODY: Final = frozenset({"MESSAGE_CREATE", "MESSAGE_UPDATE"})

SESSION_OVER: Final = frozenset({1000, 1001})
"""Close codes with which a client ends its session for good."""


class Connection:
    """One websocket; everything to be sent passes one queue, so that it stays in order."""

    def __init__(
        self, socket: web.WebSocketResponse, transport: asyncio.Transport | None, host: str, *, compress: bool
    ) -> None:
        self.host = host
        self.session: Session | None = None
        self.ended = asyncio.Event()
        self._socket = socket
        self._transport = transport
        self._lost = False
        self._waiting: asyncio.Queue[str | int] = asyncio.Queue(WAITING)
        self._compressor = zlib.compressobj() if compress else None

    def send(self, opcode: int, data: object = None) -> None:
        """Send something other than an event."""
        self.put(json.dumps({"op": opcode, "d": data, "s": None, "t": None}))

    def put(self, message: str | int) -> None:
        """Queue a message, or the code with which to close after those before it."""
        if self._lost:
            return
        try:
            self._waiting.put_nowait(message)
        except asyncio.QueueFull:
            log.warning("a gateway client of the loopback Discord does not keep up and is dropped")
            self.abort()

    def abort(self) -> None:
        """Cut the connection without a word, as a failing network does."""
        self._lost = True
        if self._transport is not None:
            self._transport.abort()

    async def write(self) -> None:
        """Send what is queued, until a close code comes or the client is gone."""
        try:
            while not self._socket.closed:
                message = await self._waiting.get()
                if isinstance(message, int):
                    await self._socket.close(code=message)
                elif self._compressor:
                    data = self._compressor.compress(message.encode()) + self._compressor.flush(zlib.Z_SYNC_FLUSH)
                    await self._socket.send_bytes(data)
                else:
                    await self._socket.send_str(message)
        except ConnectionError:
            return


class Session:
    """What an account knows by its gateway connection, which may break and be resumed."""

    def __init__(self, world: World, user: User, intents: int, shard: tuple[int, int]) -> None:
        self.id = secrets.token_hex(16)
        self.user = user
        self.voice_guilds: set[int] = set()
        self.connection: Connection | None = None
        self.sequence = 0
        self._world = world
        self._intents = intents
        self._shard = shard
        self._kept: deque[tuple[int, str]] = deque(maxlen=KEPT_FOR_RESUME)

    def dispatch(self, name: str, data: object) -> None:
        """Send an event to the client, and keep it in case the connection broke."""
        self.sequence += 1
        text = json.dumps({"op": DISPATCH, "t": name, "s": self.sequence, "d": data})
        self._kept.append((self.sequence, text))
        if self.connection is not None:
            self.connection.put(text)

    def replay(self, after: int) -> bool:
        """Send again what came after a sequence number; False if that is no longer known."""
        oldest = self._kept[0][0] if self._kept else self.sequence + 1
        if self.connection is None or after > self.sequence or after < oldest - 1:
            return False
        for number, text in self._kept:
            if number > after:
                self.connection.put(text)
        return True

    def start(self, host: str) -> None:
        """Say who one is and what there is."""
        world = self._world
        application = world.applications.get(self.user.id)
        flags = payloads.application_flags(application.privileged_intents) if application else 0
        guild_ids = [guild.id for guild in world.guilds.values() if self._knows_guild(guild.id)]
        ready: Json = {
            "v": 10,
            "user": payloads.own_user(self.user),
            "session_id": self.id,
            "session_type": "normal",
            "resume_gateway_url": gateway_url(host),
            "guilds": [{"id": str(guild_id), "unavailable": True} for guild_id in guild_ids],
            "application": {"id": str(self.user.id), "flags": flags},
            "shard": list(self._shard),
            "private_channels": [],
        }
        self.dispatch("READY", ready)
        for guild_id in guild_ids:
            if self._intents & GUILDS:
                self.dispatch("GUILD_CREATE", self._guild_create(guild_id))

    def offer(self, event: Event) -> None:
        """Dispatch an event if this account gets it."""
        if not self._gets(event):
            return
        data = event.data
        if event.name == "GUILD_CREATE":
            data = self._guild_create(event.guild_id or 0)
        elif event.name in HAVE_BODY and event.message is not None and not self._reads(event.message):
            data = payloads.message(event.message, self._world, event=True, hide_body=True)
        self.dispatch(event.name, data)

    def members(self, request: Json) -> None:
        """Answer a request for a guild's members."""
        guild = self._world.guilds.get(int(request.get("guild_id") or 0))
        if guild is None or self.user.id not in guild.members:
            return
        wanted = cast("object", request.get("user_ids"))
        if wanted is None:
            prefix = str(request.get("query") or "").lower()
            found = [each for each in guild.members.values() if each.shown_name.lower().startswith(prefix)]
            found = found[: int(request.get("limit") or 0) or None]
            missing: list[str] = []
        else:
            ids = [str(each) for each in (cast("list[object]", wanted) if isinstance(wanted, list) else [wanted])]
            found = [guild.members[int(each)] for each in ids if int(each) in guild.members]
            missing = [each for each in ids if int(each) not in guild.members]
        chunk: Json = {
            "guild_id": str(guild.id),
            "members": [payloads.member(each) for each in found],
            "chunk_index": 0,
            "chunk_count": 1,
            "not_found": missing,
            "presences": [],
        }
        if request.get("nonce") is not None:
            chunk["nonce"] = request["nonce"]
        self.dispatch("GUILD_MEMBERS_CHUNK", chunk)

    def _serves(self, guild_id: int | None) -> bool:
        """Whether this shard hears of a guild, or of direct conversations, which are shard 0's."""
        number, count = self._shard
        return ((guild_id or 0) >> 22) % count == number

    def _knows_guild(self, guild_id: int) -> bool:
        return self._serves(guild_id) and self.user.id in self._world.guilds[guild_id].members

    def _guild_create(self, guild_id: int) -> Json:
        guild = self._world.guilds[guild_id]
        all_members = bool(self._intents & GUILD_MEMBERS)
        data = payloads.guild_create(guild, self._world, self.user.id, all_members=all_members)
        if not self._intents & GUILD_VOICE_STATES:
            data["voice_states"] = []
        return data

    def _gets(self, event: Event) -> bool:
        if not self._serves(event.guild_id) or (event.only is not None and self.user.id not in event.only):
            return False
        needed = _intent(event, self.user.id)
        if needed and not self._intents & needed:
            return False
        if event.guild_id is not None and event.only is None and not self._knows_guild(event.guild_id):
            return False
        if event.channel_id is None or event.only is not None:
            return True
        channel = self._world.channels.get(event.channel_id)
        return channel is None or self._world.may_view(self.user.id, channel)

    def _reads(self, message: Message) -> bool:
        mine = self.user.id in {message.author.id, *message.mention_ids} or message.guild_id is None
        return mine or bool(self._intents & MESSAGE_CONTENT)


def _intent(event: Event, user_id: int) -> int:
    name = event.name
    in_guild = event.guild_id is not None
    if name.startswith("MESSAGE_"):
        return GUILD_MESSAGES if in_guild else DIRECT_MESSAGES
    if name == "TYPING_START":
        return GUILD_TYPING if in_guild else DIRECT_TYPING
    if name.startswith("GUILD_MEMBER_"):
        is_own = cast("dict[str, Any]", event.data.get("user") or {}).get("id") == str(user_id)
        return GUILDS if is_own else GUILD_MEMBERS
    if name == "VOICE_STATE_UPDATE":
        return GUILD_VOICE_STATES
    return GUILDS if name.startswith(("GUILD_", "CHANNEL_", "THREAD_", "VOICE_CHANNEL_")) else 0


class Gateway:
    """All connections and sessions of the main gateway."""

    def __init__(self, world: World, *, heartbeat_interval_s: float = 41.25) -> None:
        self.identified = 0
        self.resumed = 0
        self._world = world
        self._heartbeat_interval_s = heartbeat_interval_s
        self._sessions: dict[str, Session] = {}
        self._connections: set[Connection] = set()
        self._unsubscribe = world.subscribe(self._spread)

    def is_connected(self, user_id: int) -> bool:
        """Tell whether an account is logged in and reachable now."""
        return bool(self._of(user_id))

    def has_session(self, user_id: int) -> bool:
        """Tell whether an account would get events, now or when it resumes."""
        return any(session.user.id == user_id for session in self._sessions.values())

    def close_client(self, user_id: int, code: int = 4000) -> None:
        """Close an account's connections with a code; with 4000 a client resumes."""
        for connection in self._of(user_id):
            connection.put(code)

    def cut(self, user_id: int) -> None:
        """Cut an account's connections without a close frame."""
        for connection in self._of(user_id):
            connection.abort()

    def ask_to_reconnect(self, user_id: int) -> None:
        """Send opcode 7: the client is to come again and resume."""
        for connection in self._of(user_id):
            connection.send(RECONNECT)

    def invalidate(self, user_id: int, *, resumable: bool = False) -> None:
        """Send opcode 9; unless *resumable*, the sessions are forgotten and the client has to identify anew."""
        for connection in self._of(user_id):
            if not resumable and connection.session is not None:
                self._sessions.pop(connection.session.id, None)
            connection.send(INVALID_SESSION, resumable)

    async def expire(self, user_id: int) -> None:
        """End an account's broken sessions, as Discord does some time after a crash: they leave voice."""
        broken = [each for each in self._sessions.values() if each.user.id == user_id and each.connection is None]
        for session in broken:
            await self._end(session)

    async def close(self) -> None:
        """Close every connection and wait for them to end."""
        self._unsubscribe()
        for connection in tuple(self._connections):
            connection.put(1001)
        for connection in tuple(self._connections):
            try:
                async with asyncio.timeout(2):
                    await connection.ended.wait()
            except TimeoutError:
                connection.abort()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Serve one websocket request."""
        socket = web.WebSocketResponse(max_msg_size=16 * 1024)
        if not socket.can_prepare(request):
            return web.Response(status=400, text="a websocket is wanted here")
        await socket.prepare(request)
        compress = request.query.get("compress") == "zlib-stream"
        transport = request.transport
        connection = Connection(socket, transport, request.host, compress=compress)
        self._connections.add(connection)
        try:
            async with asyncio.TaskGroup() as tasks:
                writer = tasks.create_task(connection.write(), name="loopback gateway writer")
                if request.query.get("v", "10") not in {"9", "10"}:
                    connection.put(INVALID_VERSION)
                connection.send(HELLO, {"heartbeat_interval": int(self._heartbeat_interval_s * 1000)})
                await self._converse(connection, socket)
                writer.cancel()
        finally:
            self._connections.discard(connection)
            connection.ended.set()
            await self._detach(connection, socket.close_code)
        return socket

    async def _converse(self, connection: Connection, socket: web.WebSocketResponse) -> None:
        while True:
            try:
                message = await socket.receive(timeout=self._heartbeat_interval_s * 2)
            except TimeoutError:
                connection.put(TIMED_OUT)
                continue
            if message.type is not WSMsgType.TEXT and message.type is not WSMsgType.BINARY:
                return
            try:
                parsed: object = json.loads(message.data)
            except ValueError:
                parsed = None
            if isinstance(parsed, dict):
                await self._take(connection, cast("Json", parsed))
            else:
                connection.put(DECODE_ERROR)

    async def _take(self, connection: Connection, message: Json) -> None:
        opcode = message.get("op")
        data = cast("Json", message.get("d") or {}) if opcode != HEARTBEAT else {}
        if opcode == HEARTBEAT:
            connection.send(HEARTBEAT_ACK)
        elif opcode == IDENTIFY:
            self._identify(connection, data)
        elif opcode == RESUME:
            self._resume(connection, data)
        elif opcode not in {PRESENCE, VOICE_STATE, REQUEST_MEMBERS}:
            connection.put(UNKNOWN_OPCODE)
        elif connection.session is None:
            connection.put(NOT_AUTHENTICATED)
        elif opcode == VOICE_STATE:
            await self._voice_state(connection.session, data)
        elif opcode == REQUEST_MEMBERS:
            connection.session.members(data)

    def _identify(self, connection: Connection, data: Json) -> None:
        user = self._account(data)
        intents = cast("object", data.get("intents"))
        if connection.session is not None:
            connection.put(ALREADY_AUTHENTICATED)
            return
        if user is None:
            connection.put(AUTHENTICATION_FAILED)
            return
        if not isinstance(intents, int) or not 0 <= intents < 1 << 32:
            connection.put(INVALID_INTENTS)
            return
        application = self._world.applications.get(user.id)
        if application is not None and intents & PRIVILEGED & ~application.privileged_intents:
            connection.put(DISALLOWED_INTENTS)
            return
        number, count = cast("list[int]", data.get("shard") or [0, 1])
        if not 0 <= number < count:
            connection.put(INVALID_SHARD)
            return
        session = Session(self._world, user, intents, (number, count))
        self._sessions[session.id] = session
        self._attach(session, connection)
        self.identified += 1
        session.start(connection.host)

    def _resume(self, connection: Connection, data: Json) -> None:
        user = self._account(data)
        if user is None:
            connection.put(AUTHENTICATION_FAILED)
            return
        session = self._sessions.get(str(data.get("session_id")))
        if session is None or session.user is not user:
            connection.send(INVALID_SESSION, data=False)
            return
        if session.connection is not None:
            session.connection.put(4000)
        self._attach(session, connection)
        if not session.replay(int(data.get("seq") or 0)):
            session.connection = connection.session = None
            connection.send(INVALID_SESSION, data=False)
            return
        self.resumed += 1
        session.dispatch("RESUMED", {})

    @staticmethod
    def _attach(session: Session, connection: Connection) -> None:
        session.connection = connection
        connection.session = session

    async def _voice_state(self, session: Session, data: Json) -> None:
        guild_id = int(data.get("guild_id") or 0)
        channel_id = data.get("channel_id")
        session.voice_guilds.add(guild_id)
        await self._world.request_voice(
            session.user.id,
            guild_id,
            None if channel_id is None else int(channel_id),
            self_mute=bool(data.get("self_mute")),
            self_deaf=bool(data.get("self_deaf")),
        )

    async def _detach(self, connection: Connection, close_code: int | None) -> None:
        session = connection.session
        if session is None or session.connection is not connection:
            return
        session.connection = None
        if close_code in SESSION_OVER and session.id in self._sessions:
            await self._end(session)

    async def _end(self, session: Session) -> None:
        del self._sessions[session.id]
        for guild_id in session.voice_guilds & set(self._world.guilds):
            await self._world.leave_voice(session.user.id, guild_id)

    def _account(self, data: Json) -> User | None:
        token = str(data.get("token") or "").removeprefix("Bot ")
        return self._world.user_by_token(token)

    def _of(self, user_id: int) -> list[Connection]:
        return [each for each in self._connections if each.session and each.session.user.id == user_id]

    def _spread(self, event: Event) -> None:
        for session in tuple(self._sessions.values()):
            session.offer(event)
