"""One voice call: the sessions in it, their websockets, and what they are told of each other.

Call.enter, .exit, .relay, .dispatch -> Session.send (numbered, kept for RESUME) -> Connection -> websocket
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any

from bot.loopback.delivery import Delivery

if TYPE_CHECKING:
    from aiohttp import web

    from bot.loopback.delivery import Outgoing
    from bot.loopback.forwarding import Leg

ABORT = 1006
"""Not a code that travels: the TCP connection is cut."""

_REPLAYABLE = 2_000
_QUEUED = 4_096


class GatewayOp(IntEnum):
    """Opcodes of the voice gateway that are not DAVE's (`delivery.Op`)."""

    IDENTIFY = 0
    SELECT_PROTOCOL = 1
    READY = 2
    HEARTBEAT = 3
    SESSION_DESCRIPTION = 4
    SPEAKING = 5
    HEARTBEAT_ACK = 6
    RESUME = 7
    HELLO = 8
    RESUMED = 9
    CLIENTS_CONNECT = 11
    VIDEO = 12
    CLIENT_DISCONNECT = 13
    MEDIA_SINK_WANTS = 15
    CLIENT_FLAGS = 18
    CLIENT_PLATFORM = 20


class CloseCode(IntEnum):
    """Why the voice gateway ends a connection."""

    GOING_AWAY = 1001
    UNKNOWN_OPCODE = 4001
    UNDECODABLE = 4002
    NOT_AUTHENTICATED = 4003
    AUTHENTICATION_FAILED = 4004
    ALREADY_AUTHENTICATED = 4005
    SESSION_INVALID = 4006
    SESSION_TIMEOUT = 4009
    UNKNOWN_PROTOCOL = 4012
    DISCONNECTED = 4014
    SERVER_CRASHED = 4015
    UNKNOWN_ENCRYPTION = 4016
    DAVE_REQUIRED = 4017
    BAD_REQUEST = 4020
    CALL_TERMINATED = 4022


@dataclass(frozen=True, slots=True)
class Admission:
    """Who may identify, with what, for which channel."""

    guild_id: int
    channel_id: int
    user_id: int
    session_id: str = field(repr=False)
    token: str = field(repr=False)
    stage: bool


class Connection:
    """One websocket: what is to be sent waits here."""

    def __init__(self, socket: web.WebSocketResponse, transport: asyncio.Transport | None) -> None:
        self._socket = socket
        self._transport = transport
        self._queue: asyncio.Queue[str | bytes | int | None] = asyncio.Queue(_QUEUED)

    def send(self, message: str | bytes) -> None:
        """Send it in its turn. A client that lets thousands pile up is cut off."""
        try:
            self._queue.put_nowait(message)
        except asyncio.QueueFull:
            self.close(ABORT)

    def close(self, code: int) -> None:
        """Close after what waits was sent; `ABORT` at once."""
        if code == ABORT:
            if self._transport is not None:
                self._transport.abort()
            return
        with suppress(asyncio.QueueFull):
            self._queue.put_nowait(code)

    def stop(self) -> None:
        """Nobody reads any more: let `write` end."""
        while self._queue.full():
            self._queue.get_nowait()
        self._queue.put_nowait(None)

    async def write(self) -> None:
        """Send what comes, until `stop` or until the connection is gone."""
        with suppress(ConnectionError):
            while (message := await self._queue.get()) is not None:
                if isinstance(message, str):
                    await self._socket.send_str(message)
                elif isinstance(message, bytes):
                    await self._socket.send_bytes(message)
                else:
                    await self._socket.close(code=message)


class Session:
    """One client's voice session; it outlives its websocket.

    Attributes:
        connection: None while the client is away and may resume.
        speaking: Flags of its last op 5; None before the first.
        video: Its last op 12; None before the first.
    """

    def __init__(self, admission: Admission, connection: Connection, leg: Leg) -> None:
        self.admission = admission
        self.connection: Connection | None = connection
        self.leg = leg
        self.speaking: int | None = None
        self.video: dict[str, Any] | None = None
        self.expiry: asyncio.TimerHandle | None = None
        self._sequence = 0
        self._sent = 0
        self._kept: deque[str | bytes] = deque(maxlen=_REPLAYABLE)

    @property
    def user_id(self) -> int:
        """Discord user id."""
        return self.admission.user_id

    def send(self, op: int, payload: Any) -> None:
        """A numbered message: bytes as binary message, anything else as JSON."""
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._sent += 1
        message: str | bytes
        if isinstance(payload, bytes):
            message = self._sequence.to_bytes(2) + bytes([op]) + payload
        else:
            message = json.dumps({"op": op, "d": payload, "seq": self._sequence})
        self._kept.append(message)
        if self.connection is not None:
            self.connection.send(message)

    def replay(self, seq_ack: int) -> bool:
        """Send again what came after *seq_ack*; False if that is no longer known."""
        missed = self._sent if seq_ack < 0 else (self._sequence - seq_ack) & 0xFFFF
        if self.connection is None or missed > len(self._kept):
            return False
        self.connection.send(json.dumps({"op": GatewayOp.RESUMED, "d": None}))
        for message in list(self._kept)[len(self._kept) - missed :]:
            self.connection.send(message)
        return True

    def detach(self, code: int) -> None:
        """Close the websocket, if there is one."""
        if self.connection is not None:
            self.connection.close(code)
            self.connection = None


class Call:
    """Everyone connected to one voice channel.

    Attributes:
        sessions: By user id, once they have a session description.
        delivery: The DAVE half; None on a stage, where there is none.
    """

    def __init__(self, channel_id: int, *, stage: bool) -> None:
        self.channel_id = channel_id
        self.sessions: dict[int, Session] = {}
        self._loop = asyncio.get_running_loop()
        self.delivery = None if stage else Delivery(channel_id, clock=self._loop.time)
        self._timer: asyncio.TimerHandle | None = None

    @property
    def dave_version(self) -> int:
        """What the next session description says."""
        return self.delivery.version if self.delivery else 0

    def enter(self, session: Session) -> None:
        """The session has its description: others learn of it and it of them."""
        others = [other for other in self.sessions.values() if other.user_id != session.user_id]
        self.sessions[session.user_id] = session
        if self.delivery is not None:
            self.dispatch(self.delivery.join(session.user_id))
        if others:
            session.send(GatewayOp.CLIENTS_CONNECT, {"user_ids": [str(other.user_id) for other in others]})
        for other in others:
            other.send(GatewayOp.CLIENTS_CONNECT, {"user_ids": [str(session.user_id)]})
            _introduce(session, to=other)
            _introduce(other, to=session)

    def exit(self, session: Session) -> None:
        """The session is over."""
        if self.sessions.get(session.user_id) is not session:
            return
        del self.sessions[session.user_id]
        for other in self.sessions.values():
            other.send(GatewayOp.CLIENT_DISCONNECT, {"user_id": str(session.user_id)})
        if self.delivery is not None:
            self.dispatch(self.delivery.leave(session.user_id))
        if not self.sessions and self._timer is not None:
            self._timer.cancel()

    def relay(self, sender: Session, op: GatewayOp, payload: dict[str, Any]) -> None:
        """Tell everyone but *sender*."""
        for other in self.sessions.values():
            if other is not sender:
                other.send(op, payload)

    def dispatch(self, messages: list[Outgoing]) -> None:
        """Send what the delivery service wants sent, and wake it in time."""
        for message in messages:
            if (session := self.sessions.get(message.user_id)) is not None:
                session.send(message.op, message.payload)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self.delivery is not None and (deadline_s := self.delivery.deadline_s) is not None:
            self._timer = self._loop.call_at(deadline_s, self._tick)

    def _tick(self) -> None:
        if self.delivery is not None:
            self.dispatch(self.delivery.tick())


def _introduce(session: Session, *, to: Session) -> None:
    user_id = str(session.user_id)
    to.send(GatewayOp.CLIENT_FLAGS, {"user_id": user_id, "flags": 2})
    to.send(GatewayOp.CLIENT_PLATFORM, {"user_id": user_id, "platform": 0})
    if session.speaking is not None:
        to.send(GatewayOp.SPEAKING, {"user_id": user_id, "ssrc": session.leg.ssrc, "speaking": session.speaking})
    if session.video is not None:
        to.send(GatewayOp.VIDEO, session.video)
