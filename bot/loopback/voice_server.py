"""The voice half of the loopback Discord: voice gateway v8, one `Call` per channel, media by `Forwarder`.

    admit -> websocket: HELLO, IDENTIFY, READY, [IP discovery], SELECT_PROTOCOL, SESSION_DESCRIPTION -> in the call
    in the call: speaking, clients, DAVE by `Delivery` <-> websocket; voice by UDP

A session outlives its websocket for a while, so that it can be resumed; everything sent meanwhile is kept and replayed.
All sending is put into a queue per connection, so a slow client delays nobody and messages stay in order.

Sources: Discord developer documentation, "Voice connections"; the DAVE protocol whitepaper; what client libraries take.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Self, cast

import aiohttp
from aiohttp import web

from bot.loopback import media, mls
from bot.loopback.delivery import Op
from bot.loopback.forwarding import Forwarder, Impairment, Realism
from bot.loopback.voice_call import ABORT, Admission, Call, CloseCode, Connection, GatewayOp, Session

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from bot.loopback.delivery import Delivery, Outgoing

log = logging.getLogger(__name__)

_RESUMABLE = frozenset({1001, ABORT, 4015})
_CLOSE_WAIT_S = 2.0


class _Refused(Exception):
    """The client did what ends its connection."""

    def __init__(self, code: CloseCode) -> None:
        super().__init__(code.name)
        self.code = code


class VoiceServer:
    """Serves voice for as long as it is entered. A `VoiceHost`.

    Attributes:
        modes: Transport encryption modes that READY offers; may be changed at any time, as may the rest.
        heartbeat_interval_s: What HELLO asks for; a client silent for twice as long is closed with 4009.
        resume_window_s: For how long a session without websocket can be resumed.
        requires_dave: Whether a client without DAVE is refused with 4017, except on stages.
        realism: What the forwarder does to packets.
    """

    def __init__(
        self,
        *,
        modes: Sequence[str] = tuple(media.MODES),
        heartbeat_interval_s: float = 13.75,
        resume_window_s: float = 15.0,
        requires_dave: bool = True,
        realism: Realism | None = None,
    ) -> None:
        self.modes = list(modes)
        self.heartbeat_interval_s = heartbeat_interval_s
        self.resume_window_s = resume_window_s
        self.requires_dave = requires_dave
        self.realism = realism or Realism()
        self._forwarder = Forwarder(self.realism)
        self._admissions: dict[tuple[int, int], Admission] = {}
        self._sessions: dict[tuple[int, int], Session] = {}
        self._calls: dict[int, Call] = {}
        self._connections: set[Connection] = set()
        self._all_gone = asyncio.Event()
        self._impairments: dict[int, Impairment] = {}
        self._last_ssrc = 0
        self._clock = asyncio.get_running_loop().time

    async def __aenter__(self) -> Self:
        self._forwarder.__enter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._admissions.clear()
        for session in list(self._sessions.values()):
            self._drop(session, CloseCode.GOING_AWAY)
        for connection in self._connections:
            connection.close(CloseCode.GOING_AWAY)
        try:
            if self._connections:
                self._all_gone.clear()
                await asyncio.wait_for(self._all_gone.wait(), _CLOSE_WAIT_S)
        except TimeoutError:
            for connection in self._connections:
                connection.close(ABORT)
        finally:
            self._forwarder.__exit__(kind, error, trace)

    # The seam to the main gateway.

    def admit(self, *, guild_id: int, channel_id: int, user_id: int, session_id: str, token: str, stage: bool) -> None:
        """Let this (user, session, token) identify. A later call for the same user and guild replaces the former."""
        self._admissions[guild_id, user_id] = Admission(guild_id, channel_id, user_id, session_id, token, stage)

    async def dismiss(self, user_id: int, guild_id: int, *, code: int = CloseCode.DISCONNECTED) -> None:
        """End the user's voice session in that guild: the websocket is closed with *code*, nothing can be resumed.

        For a move, dismiss first and admit then.
        """
        self._admissions.pop((guild_id, user_id), None)
        if (session := self._sessions.get((guild_id, user_id))) is not None:
            self._drop(session, code)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One websocket, from HELLO to its close."""
        socket = web.WebSocketResponse(timeout=_CLOSE_WAIT_S, max_msg_size=1 << 17)
        await socket.prepare(request)
        connection = Connection(socket, request.transport)
        self._connections.add(connection)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(connection.write(), name="voice websocket writer")
                try:
                    await self._serve(socket, connection)
                finally:
                    connection.stop()
        finally:
            self._connections.discard(connection)
            if not self._connections:
                self._all_gone.set()
        return socket

    # What tests and the rehearsal may look at and break.

    def call(self, channel_id: int) -> Call | None:
        """The call in that channel; None if nobody is connected."""
        return self._calls.get(channel_id)

    def session(self, user_id: int, guild_id: int | None = None) -> Session:
        """The user's session; the oldest, if there is one in several guilds and none is named.

        Raises:
            KeyError: If there is none.
        """
        for session in self._sessions.values():
            if session.user_id == user_id and guild_id in {None, session.admission.guild_id}:
                return session
        raise KeyError(user_id)

    def has_session(self, user_id: int) -> bool:
        """Whether the user has a session, with a websocket or waiting to be resumed."""
        return any(session.user_id == user_id for session in self._sessions.values())

    def impair(self, user_id: int, impairment: Impairment) -> None:
        """Make the line to this user bad, now and in sessions to come."""
        self._impairments[user_id] = impairment
        with suppress(KeyError):
            self.session(user_id).leg.impair(impairment)

    def close(self, user_id: int, code: int, guild_id: int | None = None) -> None:
        """Close the user's websocket: 1001, 1006 and 4015 leave the session for RESUME, other codes end it.

        Without a guild it is that of the oldest session.

        Raises:
            KeyError: If the user has no session.
        """
        session = self.session(user_id, guild_id)
        if code in _RESUMABLE:
            self._suspend(session, code)
        else:
            self._drop(session, code)

    def crash(self, *, resumable: bool) -> None:
        """Close everyone with 4015; RESUME then works, or is refused with 4006."""
        for session in list(self._sessions.values()):
            if resumable:
                self._suspend(session, CloseCode.SERVER_CRASHED)
            else:
                self._admissions.pop((session.admission.guild_id, session.user_id), None)
                self._drop(session, CloseCode.SERVER_CRASHED)

    def send_bad_commit(self, user_id: int, junk: bytes = b"\x00\x01\x00\x01 no commit") -> None:
        """Announce a commit (op 29) that this user's client cannot process."""
        call, delivery = self._dave_call(user_id)
        call.dispatch(delivery.bad_commit(user_id, junk))

    def skip_commit(self, user_id: int) -> None:
        """The next commit or welcome never reaches this user."""
        self._dave_call(user_id)[1].skip_commit(user_id)

    def downgrade(self, channel_id: int) -> None:
        """End-to-end encryption ends in that call."""
        call = self._calls[channel_id]
        if call.delivery is not None:
            call.dispatch(call.delivery.downgrade())

    def upgrade(self, channel_id: int) -> None:
        """End-to-end encryption begins again in that call."""
        call = self._calls[channel_id]
        if call.delivery is not None:
            call.dispatch(call.delivery.upgrade())

    def send(self, user_id: int, op: int, payload: Any) -> None:
        """Send the user any message, numbered: bytes as binary, anything else as JSON."""
        self.session(user_id).send(op, payload)

    def send_raw(self, user_id: int, message: str | bytes) -> None:
        """Send the user a websocket message as it is, without number; not replayed."""
        if (connection := self.session(user_id).connection) is not None:
            connection.send(message)

    def send_datagram(self, user_id: int, datagram: bytes) -> None:
        """Send the user a UDP datagram as it is."""
        self._forwarder.send(self.session(user_id).leg, datagram)

    # How it is done.

    def _dave_call(self, user_id: int) -> tuple[Call, Delivery]:
        call = self._calls[self.session(user_id).admission.channel_id]
        if call.delivery is None:
            raise KeyError(user_id)
        return call, call.delivery

    async def _serve(self, socket: web.WebSocketResponse, connection: Connection) -> None:
        hello = {"v": 8, "heartbeat_interval": self.heartbeat_interval_s * 1000}
        connection.send(json.dumps({"op": GatewayOp.HELLO, "d": hello}))
        client = _Client(self, connection)
        code = ABORT
        try:
            while True:
                message = await socket.receive(timeout=2 * self.heartbeat_interval_s)
                if message.type is aiohttp.WSMsgType.TEXT:
                    client.text(message.data)
                elif message.type is aiohttp.WSMsgType.BINARY:
                    client.binary(message.data)
                else:
                    code = socket.close_code or ABORT
                    break
        except _Refused as refused:
            code = refused.code
        except mls.MalformedMls:
            log.info("a DAVE message made no sense", exc_info=True)
            code = CloseCode.BAD_REQUEST
        except TimeoutError:
            code = CloseCode.SESSION_TIMEOUT
        session = client.session
        if session is None or session.connection is not connection:
            connection.close(code)
        # A client that says goodbye is gone; one that vanishes may come back.
        elif code in {aiohttp.WSCloseCode.OK, aiohttp.WSCloseCode.GOING_AWAY} or isinstance(code, CloseCode):
            self._drop(session, code)
        else:
            self._suspend(session, code)

    def identify(self, connection: Connection, data: dict[str, Any]) -> Session:
        """Check what the client says it is, and answer READY."""
        admission = self._admissions.get((int(data["server_id"]), int(data["user_id"])))
        if admission is None or admission.session_id != data["session_id"]:
            raise _Refused(CloseCode.SESSION_INVALID)
        if admission.token != data["token"]:
            raise _Refused(CloseCode.AUTHENTICATION_FAILED)
        if self.requires_dave and not admission.stage and int(data.get("max_dave_protocol_version", 0)) < 1:
            raise _Refused(CloseCode.DAVE_REQUIRED)
        key = (admission.guild_id, admission.user_id)
        if (former := self._sessions.get(key)) is not None:
            self._drop(former, CloseCode.SESSION_INVALID)
        self._last_ssrc += 1 + secrets.randbelow(7)
        leg = self._forwarder.open_leg(self._last_ssrc, admission.channel_id)
        if (impairment := self._impairments.get(admission.user_id)) is not None:
            leg.impair(impairment)
        session = self._sessions[key] = Session(admission, connection, leg)
        host, port = self._forwarder.address
        session.send(
            GatewayOp.READY,
            {
                "ssrc": leg.ssrc,
                "ip": host,
                "port": port,
                "modes": self.modes,
                "heartbeat_interval": 1,  # there, and meaningless, at Discord too
                "experiments": [],
                "streams": [],
            },
        )
        return session

    def resume(self, connection: Connection, data: dict[str, Any]) -> Session:
        """Put *connection* into the place of the one that was lost."""
        guild_id = int(data["server_id"])
        for session in self._sessions.values():
            known = session.admission
            if (known.guild_id, known.session_id, known.token) == (guild_id, data["session_id"], data["token"]):
                break
        else:
            raise _Refused(CloseCode.SESSION_INVALID)
        session.detach(CloseCode.SESSION_INVALID)
        if session.expiry is not None:
            session.expiry.cancel()
            session.expiry = None
        session.connection = connection
        if not session.replay(int(data.get("seq_ack", -1))):
            session.connection = None
            self._drop(session, CloseCode.SESSION_INVALID)
            raise _Refused(CloseCode.SESSION_INVALID)
        return session

    def select_protocol(self, session: Session, data: dict[str, Any]) -> None:
        """Settle the encryption; with it the client is in the call."""
        if data["protocol"] != "udp":
            raise _Refused(CloseCode.UNKNOWN_PROTOCOL)
        mode = data["data"]["mode"]
        if mode not in self.modes:
            raise _Refused(CloseCode.UNKNOWN_ENCRYPTION)
        key = secrets.token_bytes(32)
        session.leg.transport = media.Transport(mode, key)
        admission = session.admission
        call = self._calls.get(admission.channel_id)
        if call is None:
            call = self._calls[admission.channel_id] = Call(admission.channel_id, stage=admission.stage)
        session.send(
            GatewayOp.SESSION_DESCRIPTION,
            {
                "mode": mode,
                "secret_key": list(key),
                "dave_protocol_version": call.dave_version,
                "audio_codec": "opus",
                "video_codec": "H264",
                "media_session_id": secrets.token_hex(16),
            },
        )
        if session.user_id not in call.sessions:
            call.enter(session)

    def call_of(self, session: Session) -> Call | None:
        """The call that session is in; None before its session description."""
        call = self._calls.get(session.admission.channel_id)
        return call if call is not None and call.sessions.get(session.user_id) is session else None

    def _suspend(self, session: Session, code: int) -> None:
        session.detach(code)
        if session.expiry is None:
            loop = asyncio.get_running_loop()
            session.expiry = loop.call_later(self.resume_window_s, self._drop, session, CloseCode.SESSION_TIMEOUT)

    def _drop(self, session: Session, code: int) -> None:
        key = (session.admission.guild_id, session.user_id)
        if self._sessions.get(key) is session:
            del self._sessions[key]
        if session.expiry is not None:
            session.expiry.cancel()
            session.expiry = None
        session.detach(code)
        self._forwarder.close_leg(session.leg)
        if (call := self.call_of(session)) is not None:
            call.exit(session)
            if not call.sessions:
                del self._calls[call.channel_id]


class _Client:
    """What comes over one websocket, taken apart. Whatever has the wrong shape closes it with 4002."""

    def __init__(self, server: VoiceServer, connection: Connection) -> None:
        self._server = server
        self._connection = connection
        self.session: Session | None = None

    def text(self, message: str) -> None:
        try:
            parsed = json.loads(message)
            op, data = int(parsed["op"]), parsed.get("d")
            self._dispatch(op, data)
        except (ValueError, TypeError, KeyError, AttributeError):
            log.info("a message had the wrong shape", exc_info=True)
            raise _Refused(CloseCode.UNDECODABLE) from None

    def binary(self, message: bytes) -> None:
        if self.session is None:
            raise _Refused(CloseCode.NOT_AUTHENTICATED)
        if not message:
            raise _Refused(CloseCode.UNDECODABLE)
        call = self._server.call_of(self.session)
        if call is None or call.delivery is None:
            return
        user_id = self.session.user_id
        if message[0] == Op.KEY_PACKAGE:
            call.dispatch(call.delivery.key_package(user_id, message[1:]))
        elif message[0] == Op.COMMIT_WELCOME:
            call.dispatch(call.delivery.commit(user_id, message[1:]))
        else:
            raise _Refused(CloseCode.UNKNOWN_OPCODE)

    def _dispatch(self, op: int, data: Any) -> None:
        if op == GatewayOp.HEARTBEAT:
            token = cast("dict[str, Any]", data)["t"] if isinstance(data, dict) else data
            self._connection.send(json.dumps({"op": GatewayOp.HEARTBEAT_ACK, "d": {"t": token}}))
        elif op in {GatewayOp.IDENTIFY, GatewayOp.RESUME}:
            if self.session is not None:
                raise _Refused(CloseCode.ALREADY_AUTHENTICATED)
            begin = self._server.identify if op == GatewayOp.IDENTIFY else self._server.resume
            self.session = begin(self._connection, data)
        elif self.session is None:
            raise _Refused(CloseCode.NOT_AUTHENTICATED)
        elif self.session.connection is self._connection:
            self._in_session(self.session, op, data)

    def _in_session(self, session: Session, op: int, data: dict[str, Any]) -> None:
        if op == GatewayOp.SELECT_PROTOCOL:
            self._server.select_protocol(session, data)
            return
        call = self._server.call_of(session)
        if op == GatewayOp.MEDIA_SINK_WANTS:
            session.leg.want({str(name): value for name, value in data.items() if isinstance(value, int)})
        elif op == GatewayOp.SPEAKING:
            session.speaking = int(data["speaking"])
            if call is not None:
                heard = {"user_id": str(session.user_id), "ssrc": session.leg.ssrc, "speaking": session.speaking}
                call.relay(session, GatewayOp.SPEAKING, heard)
        elif op == GatewayOp.VIDEO:
            session.video = {"video_ssrc": 0, "rtx_ssrc": 0, "streams": [], **data, "user_id": str(session.user_id)}
            if call is not None:
                call.relay(session, GatewayOp.VIDEO, session.video)
        elif op in {Op.TRANSITION_READY, Op.INVALID_COMMIT}:
            if call is not None and call.delivery is not None:
                call.dispatch(self._dave(call.delivery, session.user_id, op, data))
        elif op not in set(GatewayOp):
            raise _Refused(CloseCode.UNKNOWN_OPCODE)

    @staticmethod
    def _dave(delivery: Delivery, user_id: int, op: int, data: dict[str, Any]) -> list[Outgoing]:
        if op == Op.TRANSITION_READY:
            return delivery.ready(user_id, int(data["transition_id"]))
        return delivery.invalid(user_id)
