"""A voice call without a network: real davey groups, real Opus, RTP written byte by byte, and a clock that is told."""

from __future__ import annotations

import functools
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from bot.loopback.group import Group
from bot.voice.e2ee import SILENCE, DaveFrames
from bot.voice.gate import Gate
from bot.voice.receiver import Receiver
from bot.voice.transport import MODES, Transport, make_transport
from stt.audio import FRAME_SAMPLES, Frame
from tests.voice.sounds import encode, voice

if TYPE_CHECKING:
    from collections.abc import Sequence

    import davey
    from numpy.typing import NDArray

BOT, ANA, BEN, CLEO = 90_001, 10_001, 10_002, 10_003
KEY = bytes(range(32))
PACKET_S = 0.02
TICKS = 960


@functools.cache
def spoken(seconds: float = 2.0) -> list[bytes]:
    """Opus packets of something like speech, as Discord's clients make them."""
    return encode(voice(seconds))


def header(
    ssrc: int, sequence: int, timestamp: int, *, first: int = 0x80, payload_type: int = 0x78, rest: bytes = b""
) -> bytes:
    return struct.pack(">BBHII", first, payload_type, sequence & 0xFFFF, timestamp & 0xFFFF_FFFF, ssrc) + rest


def rtp(
    transport: Transport,
    clear: bytes,
    payload: bytes,
    counter: int,
    *,
    extension: bytes = b"",
    padding: int = 0,
) -> bytes:
    """A datagram; *clear* is a header of 12 bytes whose extension and padding bits are set here."""
    first = clear[0] | (0x10 if extension else 0) | (0x20 if padding else 0)
    clear = bytes([first]) + clear[1:]
    if extension:
        clear += struct.pack(">HH", 0xBEDE, len(extension) // 4)
    if padding:
        payload += bytes(padding - 1) + bytes([padding])
    return transport.seal(clear, extension + payload, counter)


@dataclass
class Speaker:
    """Somebody who sends voice."""

    user_id: int
    ssrc: int
    transport: Transport
    session: davey.DaveSession | None
    sequence: int = 65_500
    timestamp: int = 4_294_960_000
    counter: int = 0
    packets: list[bytes] = field(default_factory=spoken)
    said: int = 0

    def seal(self, frame: bytes) -> bytes:
        return frame if self.session is None or frame == SILENCE else self.session.encrypt_opus(frame)

    def send(self, frame: bytes, *, ticks: int = TICKS, extension: bytes = b"", padding: int = 0) -> bytes:
        """The datagram of *frame*, which goes out now."""
        clear = header(self.ssrc, self.sequence, self.timestamp)
        datagram = rtp(self.transport, clear, self.seal(frame), self.counter, extension=extension, padding=padding)
        self.sequence, self.timestamp, self.counter = self.sequence + 1, self.timestamp + ticks, self.counter + 1
        return datagram

    def speak(self, *, extension: bytes = b"", padding: int = 0) -> bytes:
        """The datagram of the next 20 ms."""
        frame = self.packets[self.said % len(self.packets)]
        self.said += 1
        return self.send(frame, extension=extension, padding=padding)


class Call:
    """A receiver in a call, and what it heard. Time stands still until it is told."""

    def __init__(
        self,
        *user_ids: int,
        mode: str = MODES[0],
        allowed: Sequence[int] = (ANA, BEN),
        mapped: bool = True,
        ring_s: float = 30.0,
    ) -> None:
        self.now = 100.0
        self.gate = Gate()
        self.frames: list[Frame] = []
        self.pauses: list[tuple[int, float]] = []
        self.receiver = Receiver(
            gate=self.gate,
            on_frame=self.frames.append,
            on_pause=lambda user_id, at_s: self.pauses.append((user_id, at_s)),
            clock=lambda: self.now,
            ring_s=ring_s,
        )
        self.group = Group(BOT, *user_ids)
        self.transport = make_transport(mode, KEY)
        self.speakers = {
            user_id: Speaker(user_id, 1000 + nth, self.transport, self.group.session(user_id))
            for nth, user_id in enumerate(user_ids)
        }
        self.receiver.connected(mode=mode, secret_key=KEY)
        self.receiver.encryption(DaveFrames(self.group.session(BOT)))
        for user_id in allowed:
            self.gate.allow(user_id)
        if mapped:
            for speaker in self.speakers.values():
                self.receiver.speaking(speaker.user_id, speaker.ssrc)

    @property
    def ana(self) -> Speaker:
        return self.speakers[ANA]

    def hear(self, *datagrams: bytes, every_s: float = PACKET_S) -> None:
        """Datagrams arrive one after the other, *every_s* seconds apart."""
        for datagram in datagrams:
            self.receiver.datagram(datagram)
            self.wait(every_s)

    def wait(self, seconds: float) -> None:
        """Time passes, and the receiver is told every 20 ms."""
        end = self.now + seconds
        while self.now < end - 1e-9:
            self.now = min(end, self.now + PACKET_S)
            self.receiver.tick()

    def heard(self, user_id: int = ANA) -> list[Frame]:
        return [frame for frame in self.frames if frame.speaker_id == user_id]

    def samples(self, user_id: int = ANA) -> NDArray[np.int16]:
        """All that was heard of a person, while it is still in the ring."""
        frames = self.heard(user_id)
        out = np.empty(len(frames) * FRAME_SAMPLES, dtype=np.int16)
        for nth, frame in enumerate(frames):
            out[nth * FRAME_SAMPLES : (nth + 1) * FRAME_SAMPLES] = frame.samples
        return out
