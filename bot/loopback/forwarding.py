"""The UDP half of a voice server: takes each packet off its sender's transport encryption and on to everyone else's.

    datagram -> which leg? -> unseal -> per receiver: extension, padding, seal -> loss, jitter, garbage -> datagram

What is end-to-end encrypted stays so: the forwarder sees DAVE frames, and Opus only where there is no DAVE. Faults are
drawn from a seeded generator per receiver, so that a run can be repeated.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from bot.loopback import media
from bot.loopback.udp import Address, UdpSocket

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

log = logging.getLogger(__name__)

_KEEPALIVE_BYTES = 8
_VIDEO_SSRC_OFFSET = 1
_GARBAGE = ("noise", "mutated", "rtcp", "video", "probe", "short")


@dataclass(slots=True)
class Realism:
    """What Discord's servers and official clients do to packets besides carrying them.

    Attributes:
        extension: Give each forwarded packet a header extension with an audio level.
        padding_share: Which part of the packets gets RTP padding, 0 .. 1.
        max_padding: Longest padding in bytes, 1 .. 255.
        report_interval_s: An RTCP sender report per stream this often; 0 for none.
        keepalive_answers: Whether keepalive datagrams are echoed; some of Discord's servers do it.
        keepalive_timeout_s: A receiver that has sent no datagram for so long is sent nothing more until it does.
    """

    extension: bool = True
    padding_share: float = 0.1
    max_padding: int = 24
    report_interval_s: float = 5.0
    keepalive_answers: bool = False
    keepalive_timeout_s: float = 300.0


@dataclass(frozen=True, slots=True)
class Impairment:
    """A bad line to one receiver.

    Attributes:
        loss: Part of the packets that never arrive, 0 .. 1.
        duplicate: Part that arrives twice.
        jitter_ms: Each packet is late by 0 to so many milliseconds, so later ones overtake it.
        garbage: How many datagrams of nonsense come with each packet, 0 .. 1: noise, changed copies, RTCP, video.
        seed: Of the generator that all is drawn from.
    """

    loss: float = 0.0
    duplicate: float = 0.0
    jitter_ms: float = 0.0
    garbage: float = 0.0
    seed: int = 0


@dataclass(slots=True)
class _Stream:
    packets: int = 0
    octets: int = 0
    reported_at_s: float = field(default_factory=time.monotonic)


class Leg:
    """One client's UDP connection.

    Attributes:
        ssrc: The client's own stream.
        room: Channel id; packets go to all other legs of it.
        transport: Set once the client has selected a protocol.
        address: Where it sends from; None until IP discovery.
        is_deaf: Whether the client wants nothing at all.
        counts: "received", "refused" (not sealed by this client), "forwarded" (to it), "lost", "duplicated", "garbage",
            "idle" (not forwarded, since no datagram came for too long).
    """

    def __init__(self, ssrc: int, room: int) -> None:
        self.ssrc = ssrc
        self.room = room
        self.transport: media.Transport | None = None
        self.address: Address | None = None
        self.is_deaf = False
        self._wants: dict[str, int] = {}
        self.counts: Counter[str] = Counter()
        self.heard_at_s = 0.0
        self.streams: dict[int, _Stream] = {}
        self.impair(Impairment())

    def impair(self, impairment: Impairment) -> None:
        """Make the line to this client as bad as *impairment* says."""
        self.impairment = impairment
        self.random = random.Random(impairment.seed)  # noqa: S311 -- faults must be repeatable

    def want(self, wants: dict[str, int]) -> None:
        """Take what op 15 asks for, by SSRC or "any": a stream set to 0 is not forwarded."""
        self._wants = wants
        self.is_deaf = wants.get("any", 100) <= 0 and not any(value > 0 for value in wants.values())

    def is_wanted(self, ssrc: int) -> bool:
        """Whether the client wants this stream."""
        return self._wants.get(str(ssrc), self._wants.get("any", 100)) > 0


class Forwarder:
    """One UDP socket on 127.0.0.1 that all voice connections share.

    Attributes:
        realism: May be changed at any time.
        strays: Datagrams of addresses nobody has claimed.
    """

    def __init__(self, realism: Realism) -> None:
        self.realism = realism
        self.strays = 0
        self._legs: dict[int, Leg] = {}
        self._rooms: dict[int, list[Leg]] = {}
        self._by_address: dict[Address, Leg] = {}
        self._socket: UdpSocket | None = None

    def __enter__(self) -> Self:
        self._socket = UdpSocket(self._received)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    @property
    def address(self) -> Address:
        """Host and port to put into READY."""
        if self._socket is None:
            raise RuntimeError("the forwarder is not running")
        return self._socket.address

    def open_leg(self, ssrc: int, room: int) -> Leg:
        """A leg for a client that was told *ssrc*."""
        leg = self._legs[ssrc] = Leg(ssrc, room)
        self._rooms.setdefault(room, []).append(leg)
        return leg

    def close_leg(self, leg: Leg) -> None:
        """Neither take from nor send to that client any more."""
        if self._legs.pop(leg.ssrc, None) is None:
            return
        self._rooms[leg.room].remove(leg)
        if not self._rooms[leg.room]:
            del self._rooms[leg.room]
        if leg.address is not None:
            self._by_address.pop(leg.address, None)

    def send(self, leg: Leg, datagram: bytes) -> None:
        """Send *datagram* to that client as it is."""
        if leg.address is None or self._socket is None or not self._socket.send(datagram, leg.address):
            leg.counts["lost"] += 1

    def _received(self, datagram: bytes, address: Address) -> None:
        if (request := media.parse_discovery(datagram, 1)) is not None:
            self._discover(request[0], address)
            return
        leg = self._by_address.get(address)
        if leg is None:
            self.strays += 1
            return
        leg.heard_at_s = time.monotonic()
        if len(datagram) <= _KEEPALIVE_BYTES:
            if self.realism.keepalive_answers:
                self.send(leg, datagram)
            return
        if leg.transport is None:
            return
        try:
            packet = media.RtpPacket.unseal(leg.transport, datagram)
        except media.BadDatagram:
            leg.counts["refused"] += 1
            return
        if packet.ssrc != leg.ssrc:
            leg.counts["refused"] += 1
            return
        leg.counts["received"] += 1
        self._forward(leg, packet)

    def _discover(self, ssrc: int, address: Address) -> None:
        leg = self._legs.get(ssrc)
        if leg is None:
            self.strays += 1
            return
        if leg.address is not None:
            self._by_address.pop(leg.address, None)
        leg.address = address
        leg.heard_at_s = time.monotonic()
        self._by_address[address] = leg
        self.send(leg, media.discovery_response(ssrc, *address))

    def _receivers(self, sender: Leg, ssrc: int) -> Iterator[tuple[Leg, media.Transport]]:
        now_s = time.monotonic()
        for leg in self._rooms.get(sender.room, ()):
            if leg.is_deaf or leg is sender or leg.transport is None or leg.address is None or not leg.is_wanted(ssrc):
                continue
            if now_s - leg.heard_at_s > self.realism.keepalive_timeout_s:
                leg.counts["idle"] += 1
                continue
            yield leg, leg.transport

    def _forward(self, sender: Leg, packet: media.RtpPacket) -> None:
        for leg, transport in self._receivers(sender, packet.ssrc):
            extension, padding = b"", 0
            if self.realism.extension:
                spoken = packet.payload != media.SILENCE
                level = -leg.random.randrange(10, 45) if spoken else -127
                extension = media.audio_level(level, voice=spoken)
            if leg.random.random() < self.realism.padding_share:
                padding = leg.random.randint(1, self.realism.max_padding)
            self._emit(leg, packet.seal(transport, extension=extension, padding=padding))
            if self.realism.report_interval_s:
                self._report(leg, transport, packet)

    def _emit(self, leg: Leg, datagram: bytes) -> None:
        line, chance = leg.impairment, leg.random
        if line.garbage and chance.random() < line.garbage:
            leg.counts["garbage"] += 1
            self._deliver(leg, self._garbage(leg, datagram))
        if line.loss and chance.random() < line.loss:
            leg.counts["lost"] += 1
            return
        leg.counts["forwarded"] += 1
        self._deliver(leg, datagram)
        if line.duplicate and chance.random() < line.duplicate:
            leg.counts["duplicated"] += 1
            self._deliver(leg, datagram)

    def _deliver(self, leg: Leg, datagram: bytes) -> None:
        if leg.impairment.jitter_ms:
            late_s = leg.random.random() * leg.impairment.jitter_ms / 1000
            asyncio.get_running_loop().call_later(late_s, self.send, leg, datagram)
        else:
            self.send(leg, datagram)

    def _report(self, leg: Leg, transport: media.Transport, packet: media.RtpPacket) -> None:
        stream = leg.streams.setdefault(packet.ssrc, _Stream())
        stream.packets += 1
        stream.octets += len(packet.payload)
        now_s = time.monotonic()
        if now_s - stream.reported_at_s < self.realism.report_interval_s:
            return
        stream.reported_at_s = now_s
        report = media.sender_report(
            transport,
            ssrc=packet.ssrc,
            now_s=time.time(),
            timestamp=packet.timestamp,
            packets=stream.packets,
            octets=stream.octets,
        )
        self._deliver(leg, report)

    def _garbage(self, leg: Leg, datagram: bytes) -> bytes:
        chance, transport = leg.random, leg.transport
        kind = chance.choice(_GARBAGE)
        if kind == "short" or transport is None:
            return chance.randbytes(chance.randrange(12))
        if kind == "noise":
            return chance.randbytes(chance.randrange(12, 400))
        if kind == "mutated":
            changed = bytearray(datagram)
            for _ in range(chance.randint(1, 4)):
                changed[chance.randrange(len(changed))] ^= chance.randint(1, 255)
            return bytes(changed[: chance.randint(1, len(changed))] if chance.random() < 0.3 else changed)
        ssrc = int.from_bytes(datagram[8:12])
        if kind == "rtcp":
            now_s = time.time()
            return media.sender_report(
                transport, ssrc=ssrc, now_s=now_s, timestamp=chance.getrandbits(32), packets=1, octets=1
            )
        if kind == "video":
            packet = media.RtpPacket(
                payload_type=chance.choice((101, 102, 103, 105)),
                sequence=chance.getrandbits(16),
                timestamp=chance.getrandbits(32),
                ssrc=ssrc + _VIDEO_SSRC_OFFSET,
                payload=chance.randbytes(chance.randrange(1, 1100)),
            )
            return packet.seal(transport)
        # Bandwidth probes: nothing but padding, under a payload type of their own or under that of Opus.
        probe = media.RtpPacket(
            payload_type=chance.choice((96, media.OPUS)),
            sequence=chance.getrandbits(16),
            timestamp=chance.getrandbits(32),
            ssrc=ssrc + _VIDEO_SSRC_OFFSET,
            payload=b"",
        )
        return probe.seal(transport, padding=chance.randint(1, 255))
