"""People who are not there: they join a call, speak, hear and leave as any Discord client does.

ticket -> websocket: IDENTIFY ... SESSION_DESCRIPTION, DAVE by davey -> in the call
recording -> Opus -> DAVE -> RTP -> transport encryption -> UDP, paced by absolute deadlines
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from collections import Counter, deque
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

import aiohttp
import av
import davey
import numpy as np

from bot.loopback import media
from bot.loopback.dave_client import DaveClient
from bot.loopback.delivery import Op
from bot.loopback.opus_encoder import RATE_HZ, Encoder
from bot.loopback.udp import Address, UdpSocket
from bot.loopback.voice_call import GatewayOp

if TYPE_CHECKING:
    import ssl
    from collections.abc import Awaitable, Callable, Sequence
    from types import TracebackType

    import numpy.typing as npt

    from bot.loopback.voice_host import VoiceTicket

    Speech = npt.NDArray[np.int16] | npt.NDArray[np.float32] | Path | Sequence[bytes]

log = logging.getLogger(__name__)

FRAME_S = 0.02
SILENCE_FRAMES = 5
"""How many silence frames end a talk spurt."""

KEEPALIVE_S = 5.0
JOIN_TIMEOUT_S = 10.0
READY_TIMEOUT_S = 5.0

_RESUMABLE = frozenset({1001, 1006, 4015})
_UNNAMED = 1_000


class JoinFailed(Exception):
    """The voice gateway did not let the member in.

    Attributes:
        code: The close code; None if it did not answer.
    """

    def __init__(self, code: int | None) -> None:
        super().__init__(f"voice gateway closed with {code}" if code else "no answer from the voice gateway")
        self.code = code


@dataclass(frozen=True, slots=True)
class Heard:
    """One frame of somebody else, in clear.

    Attributes:
        user_id: Who said it.
        sequence: RTP sequence number, 16 bits.
        timestamp: RTP timestamp, 48 kHz, 32 bits.
        frame: An Opus packet; `media.SILENCE` at the end of a talk spurt.
    """

    user_id: int
    sequence: int
    timestamp: int
    frame: bytes = field(repr=False)


def load_recording(path: Path) -> npt.NDArray[np.int16]:
    """All of a sound file as int16 samples, 48 kHz mono. Blocks; call it in a thread.

    Raises:
        av.FFmpegError: If the file cannot be read as sound.
    """
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    pieces: list[npt.NDArray[np.int16]] = []
    with av.open(path) as container:
        for frame in container.decode(audio=0):
            pieces += (piece.to_ndarray()[0] for piece in resampler.resample(frame))
    pieces += (piece.to_ndarray()[0] for piece in resampler.resample(None))
    return np.concatenate(pieces) if pieces else np.zeros(0, np.int16)


def encode(speech: Speech, **settings: Any) -> list[bytes]:
    """The Opus packets of *speech*. Blocks; call it in a thread.

    Args:
        speech: A sound file, samples at 48 kHz ([n] or [n, 2]), or Opus packets, which are returned as they are.
        settings: For `opus_encoder.Encoder`.
    """
    if isinstance(speech, Path):
        speech = load_recording(speech)
    if not isinstance(speech, np.ndarray):
        return list(speech)
    with Encoder(channels=speech.ndim, **settings) as encoder:
        return encoder.encode(speech)


class SimulatedMember:
    """One person in a voice call: in it while entered, unless they leave before.

    Args:
        ticket: Of the main gateway.
        ssl: To trust the loopback's authority with; None connects without TLS.
        on_frame: Called with everything heard. Without it the member asks to be sent nothing, which is cheap.
        mode: Transport encryption; by default the first that this end knows of those offered.
        rejoin: Asked for a new ticket when the session is lost for good; without it the member is then out.

    Attributes:
        counts: "sent", "unsent" (said while no group was there to hear it), "heard", "unopened",
            "unnamed" (heard later, or never), "refused".
        others: User ids of who else is connected.
        close_code: Why the websocket was closed last.
    """

    def __init__(
        self,
        ticket: VoiceTicket,
        *,
        ssl: ssl.SSLContext | None = None,
        on_frame: Callable[[Heard], None] | None = None,
        mode: str | None = None,
        rejoin: Callable[[], Awaitable[VoiceTicket]] | None = None,
    ) -> None:
        self.ticket = ticket
        self.user_id = ticket.user_id
        self.counts: Counter[str] = Counter()
        self.others: set[int] = set()
        self.close_code: int | None = None
        self.ssrc = 0
        self._ssl = ssl
        self._on_frame = on_frame
        self._mode = mode
        self._rejoin = rejoin
        self._dave = DaveClient(ticket.user_id, ticket.channel_id)
        self._names: dict[int, int] = {}
        self._unnamed: deque[media.RtpPacket] = deque(maxlen=_UNNAMED)
        self._seq_ack = -1
        self._interval_s = KEEPALIVE_S
        self._transport: media.Transport | None = None
        self._udp: UdpSocket | None = None
        self._discovered: asyncio.Future[tuple[int, str, int]] | None = None
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._http: aiohttp.ClientSession | None = None
        self._described = False
        self._left = False
        self._happened = asyncio.Event()
        self._stack = AsyncExitStack()
        self._loop = asyncio.get_running_loop()
        self._keepalives = 0
        self._sequence = secrets.randbelow(1 << 16)
        self._first_timestamp = secrets.randbelow(1 << 32)
        self._ticks = 0
        self._joined_at_s = 0.0

    async def __aenter__(self) -> Self:
        try:
            connector = aiohttp.TCPConnector(ssl=self._ssl or True)
            self._http = await self._stack.enter_async_context(aiohttp.ClientSession(connector=connector))
            await self._join()
            tasks = await self._stack.enter_async_context(asyncio.TaskGroup())
            running = [
                tasks.create_task(self._run(), name=f"member {self.user_id}"),
                tasks.create_task(self._beat(), name=f"member {self.user_id} heartbeat"),
            ]
            for task in running:
                self._stack.callback(task.cancel)
            self._stack.push_async_callback(self.leave)
        except BaseException:
            await self.leave()
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Not told of *error*: a TaskGroup would wrap into a group what has nothing to do with its tasks.
        await self._stack.aclose()

    # What can be seen.

    @property
    def connected(self) -> bool:
        """Whether the websocket is open."""
        return self._socket is not None and not self._socket.closed

    @property
    def ready(self) -> bool:
        """Whether what is said now can be heard: the DAVE group is there, or there is no DAVE."""
        return self._described and self._dave.ready

    @property
    def dave_version(self) -> int:
        """The DAVE protocol version in force."""
        return self._dave.version

    @property
    def epoch(self) -> int | None:
        """The MLS group's epoch."""
        return self._dave.session.epoch if self._dave.session else None

    @property
    def group(self) -> set[int]:
        """User ids in the MLS group, this member's own among them."""
        session = self._dave.session
        return {int(user_id) for user_id in session.get_user_ids()} if session and session.ready else set()

    @property
    def recoveries(self) -> int:
        """How often the DAVE session had to start over after an invalid commit."""
        return self._dave.recoveries

    async def until(self, condition: Callable[[], bool], timeout_s: float = READY_TIMEOUT_S) -> None:
        """Wait until *condition* holds; it is looked at after each message and each frame.

        Raises:
            TimeoutError: If it does not within *timeout_s*.
        """
        async with asyncio.timeout(timeout_s):
            while not condition():
                self._happened.clear()
                await self._happened.wait()

    # What the member does.

    async def say(self, speech: Speech, *, pace: float = 1.0, pause_s: float = 0.0, **settings: Any) -> None:
        """Say it, to the end, with what an official client sends around it: op 5 before, silence frames after.

        Args:
            speech: A sound file, samples at 48 kHz, or Opus packets of 20 ms.
            pace: Seconds per second of speech; 0 is as fast as the receiver takes it.
            pause_s: Silence before it, on the RTP clock; waited for by *pace*.
            settings: For `opus_encoder.Encoder`.

        Raises:
            TimeoutError: If others are here and end-to-end encryption does not get ready.
        """
        frames = await asyncio.to_thread(encode, speech, **settings)
        await self._wait_ready()
        await self._pause(pause_s, pace)
        await self.speaking(1)
        await self._paced([*frames, *[media.SILENCE] * SILENCE_FRAMES], pace, self._say_frame)
        await self.speaking(0)

    def prepare(self, frames: Sequence[bytes]) -> list[bytes]:
        """Seal one talk spurt in advance, its silence frames included: datagrams for `say_sealed_packets`.

        Good for the DAVE epoch that is now. They take the next sequence numbers: send them before anything else.
        """
        self._catch_up()
        sealed = [self._seal(frame, first=nth == 0) for nth, frame in enumerate(frames)]
        sealed += [self._seal(media.SILENCE, first=False) for _ in range(SILENCE_FRAMES)]
        return [datagram for datagram in sealed if datagram is not None]

    async def say_sealed_packets(self, datagrams: Sequence[bytes], *, pace: float = 1.0) -> None:
        """Say what `prepare` made: nothing is encoded or encrypted any more, so many can speak at once."""
        await self.speaking(1)
        await self._paced(datagrams, pace, self._send_datagram)
        await self.speaking(0)

    async def speaking(self, flags: int) -> None:
        """Send op 5; bit 0 is the microphone."""
        await self._send(GatewayOp.SPEAKING, {"speaking": flags, "delay": 0, "ssrc": self.ssrc})

    async def send(self, op: int, payload: Any) -> None:
        """Send any message: bytes as binary, anything else as JSON. Lost if the websocket is closed."""
        await self._send(op, payload)

    async def leave(self) -> None:
        """Leave the call. Safe to call twice."""
        self._left = True
        if self._udp is not None:
            self._udp.close()
        if self._socket is not None:
            await self._socket.close()
        self._happened.set()

    # Speaking.

    async def _wait_ready(self) -> None:
        await self.until(lambda: self.ready or not self.others or self._left)

    async def _pause(self, pause_s: float, pace: float) -> None:
        if pause_s * pace > 0:
            await asyncio.sleep(pause_s * pace)
        self._ticks += round(pause_s / FRAME_S) * media.SAMPLES_PER_FRAME
        self._catch_up()

    def _catch_up(self) -> None:
        """The RTP clock runs on while nothing is said, as WebRTC's does."""
        frames = int((self._loop.time() - self._joined_at_s) / FRAME_S)
        self._ticks = max(self._ticks, frames * media.SAMPLES_PER_FRAME)

    async def _paced(self, items: Sequence[bytes], pace: float, send: Callable[[bytes, bool], None]) -> None:
        started_s = self._loop.time()
        for nth, item in enumerate(items):
            wait_s = started_s + nth * FRAME_S * pace - self._loop.time() if pace else 0
            # With pace 0 one turn of the loop per packet: that is how fast a receiver on it can be.
            await asyncio.sleep(max(wait_s, 0))
            send(item, nth == 0)

    def _say_frame(self, frame: bytes, first: bool) -> None:  # noqa: FBT001 -- one of two functions for `_paced`
        if (datagram := self._seal(frame, first=first)) is not None:
            self._send_datagram(datagram, first)

    def _send_datagram(self, datagram: bytes, first: bool) -> None:  # noqa: FBT001 -- one of two functions for `_paced`
        del first
        if self._udp is not None and self._udp.send(datagram):
            self.counts["sent"] += 1

    def _seal(self, frame: bytes, *, first: bool) -> bytes | None:
        payload = self._dave.seal(frame)
        self._ticks += media.SAMPLES_PER_FRAME
        if payload is None or self._transport is None:
            self.counts["unsent"] += 1
            return None
        self._sequence = (self._sequence + 1) & 0xFFFF
        packet = media.RtpPacket(
            payload_type=media.OPUS,
            sequence=self._sequence,
            timestamp=(self._first_timestamp + self._ticks) & 0xFFFF_FFFF,
            ssrc=self.ssrc,
            payload=payload,
            marker=first,
        )
        return packet.seal(self._transport)

    # Hearing.

    def _datagram(self, datagram: bytes, address: Address) -> None:
        del address
        if (found := media.parse_discovery(datagram, 2)) is not None:
            if self._discovered is not None and not self._discovered.done():
                self._discovered.set_result(found)
            return
        if self._on_frame is None or self._transport is None:
            return
        try:
            packet = media.RtpPacket.unseal(self._transport, datagram)
        except media.BadDatagram:
            self.counts["refused"] += 1
            return
        if packet.payload_type != media.OPUS or not packet.payload:
            self.counts["refused"] += 1
            return
        user_id = self._names.get(packet.ssrc)
        if user_id is None:
            # UDP may overtake the websocket: keep it until op 5 says whose it is.
            self._unnamed.append(packet)
            self.counts["unnamed"] += 1
            return
        self._hear(user_id, packet)

    def _hear(self, user_id: int, packet: media.RtpPacket) -> None:
        frame = self._dave.open(user_id, packet.payload)
        self.counts["unopened" if frame is None else "heard"] += 1
        if frame is not None and self._on_frame is not None:
            self._on_frame(Heard(user_id, packet.sequence, packet.timestamp, frame))
        self._happened.set()

    def _name(self, ssrc: int, user_id: int) -> None:
        self._names[ssrc] = user_id
        waiting, self._unnamed = self._unnamed, deque(maxlen=_UNNAMED)
        for packet in waiting:
            if packet.ssrc == ssrc:
                self._hear(user_id, packet)
            else:
                self._unnamed.append(packet)

    # The websocket.

    async def _join(self) -> None:
        self._described = False
        self._seq_ack = -1
        self.others.clear()
        self._names.clear()
        self._dave = DaveClient(self.user_id, self.ticket.channel_id)
        ticket = self.ticket
        await self._connect(
            GatewayOp.IDENTIFY,
            {
                "server_id": str(ticket.guild_id),
                "user_id": str(ticket.user_id),
                "session_id": ticket.session_id,
                "token": ticket.token,
                "max_dave_protocol_version": davey.DAVE_PROTOCOL_VERSION,
            },
        )
        try:
            async with asyncio.timeout(JOIN_TIMEOUT_S):
                while not self._described:
                    if not await self._receive():
                        raise JoinFailed(self.close_code)
        except TimeoutError:
            raise JoinFailed(None) from None
        self._joined_at_s = self._loop.time()
        if self._on_frame is None:
            await self._send(GatewayOp.MEDIA_SINK_WANTS, {"any": 0})
        await self.speaking(0)

    async def _connect(self, op: GatewayOp, data: dict[str, Any]) -> None:
        if self._http is None:
            raise RuntimeError("the member was not entered")
        scheme = "ws" if self._ssl is None else "wss"
        try:
            self._socket = await self._http.ws_connect(f"{scheme}://{self.ticket.endpoint}/?v=8")
        except aiohttp.ClientError:
            raise JoinFailed(None) from None
        await self._send(op, data)

    async def _run(self) -> None:
        while not self._left:
            if await self._receive():
                continue
            log.info("voice websocket closed", extra={"user_id": self.user_id, "code": self.close_code})
            if self._left or not await self._return():
                break
        self._happened.set()

    async def _return(self) -> bool:
        """Back into the call after the websocket was lost: by RESUME, else with a new ticket."""
        ticket = self.ticket
        try:
            if self.close_code in _RESUMABLE:
                await self._connect(
                    GatewayOp.RESUME,
                    {
                        "server_id": str(ticket.guild_id),
                        "session_id": ticket.session_id,
                        "token": ticket.token,
                        "seq_ack": self._seq_ack,
                    },
                )
                self.close_code = None
                return True
            if self._rejoin is None:
                return False
            self.ticket = await self._rejoin()
            await self._join()
        except JoinFailed:
            return False
        return True

    async def _beat(self) -> None:
        while not self._left:
            await asyncio.sleep(min(self._interval_s, KEEPALIVE_S))
            await self._send(GatewayOp.HEARTBEAT, {"t": round(self._loop.time() * 1000), "seq_ack": self._seq_ack})
            if self._udp is not None:
                self._udp.send(self._keepalives.to_bytes(4, "little") + bytes(4))
                self._keepalives += 1

    async def _receive(self) -> bool:
        """Take one message; False if the websocket is closed."""
        if self._socket is None:
            return False
        message = await self._socket.receive()
        if message.type is aiohttp.WSMsgType.TEXT:
            parsed = json.loads(message.data)
            self._seq_ack = parsed.get("seq", self._seq_ack)
            await self._text(parsed["op"], parsed["d"])
        elif message.type is aiohttp.WSMsgType.BINARY:
            data = cast("bytes", message.data)
            self._seq_ack = int.from_bytes(data[:2])
            await self._answer(self._dave.binary(data[2], data[3:]))
        else:
            self.close_code = self._socket.close_code or 1006
            self._happened.set()
            return False
        self._happened.set()
        return True

    async def _text(self, op: int, data: Any) -> None:
        if op == GatewayOp.HELLO:
            self._interval_s = data["heartbeat_interval"] / 1000
        elif op == GatewayOp.READY:
            await self._ready(data)
        elif op == GatewayOp.SESSION_DESCRIPTION:
            self._transport = media.Transport(data["mode"], bytes(data["secret_key"]))
            self._described = True
            await self._answer(self._dave.begin(data["dave_protocol_version"]))
        elif op == GatewayOp.SPEAKING:
            self._name(data["ssrc"], int(data["user_id"]))
        elif op == GatewayOp.CLIENTS_CONNECT:
            self.others.update(int(user_id) for user_id in data["user_ids"])
        elif op == GatewayOp.CLIENT_DISCONNECT:
            gone = int(data["user_id"])
            self.others.discard(gone)
            self._names = {ssrc: user_id for ssrc, user_id in self._names.items() if user_id != gone}
        elif op in {Op.PREPARE_TRANSITION, Op.EXECUTE_TRANSITION, Op.PREPARE_EPOCH}:
            await self._answer(self._dave.text(op, data))

    async def _ready(self, data: dict[str, Any]) -> None:
        self.ssrc = data["ssrc"]
        if self._udp is not None:
            self._udp.close()
        self._discovered = self._loop.create_future()
        self._udp = UdpSocket(self._datagram, remote=(data["ip"], data["port"]))
        self._udp.send(media.discovery_request(self.ssrc))
        _, host, port = await self._discovered
        mode = self._mode or next(mode for mode in media.MODES if mode in data["modes"])
        await self._send(
            GatewayOp.SELECT_PROTOCOL, {"protocol": "udp", "data": {"address": host, "port": port, "mode": mode}}
        )

    async def _answer(self, messages: list[tuple[int, Any]]) -> None:
        for op, payload in messages:
            await self._send(op, payload)

    async def _send(self, op: int, payload: Any) -> None:
        if self._socket is None or self._socket.closed:
            return
        try:
            if isinstance(payload, bytes):
                await self._socket.send_bytes(bytes([op]) + payload)
            else:
                await self._socket.send_str(json.dumps({"op": op, "d": payload}))
        except (ConnectionError, aiohttp.ClientError):
            # `_receive` will see the close and knows what to do about it.
            log.debug("voice websocket closed while sending", extra={"user_id": self.user_id})
