"""Mutated datagrams against the receiver, with a correct stream in between that must still be heard to the sample.

    python -m tests.fuzz.datagrams --count 1000000 --seed 1

Two kinds of strangers send. Outsiders have no key: they flip bits, cut, splice, repeat and invent, also under the
number of the correct stream. The voice server has the transport key and goes mad: authentic packets with any header,
any payload and any number but the correct stream's.
"""

from __future__ import annotations

import argparse
import random
import struct
import sys
import time
import tracemalloc
from dataclasses import astuple, dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from bot.voice.e2ee import SILENCE, Plain
from bot.voice.opus import Decoder
from bot.voice.receiver import HOLD_PACKETS, HOLD_STREAMS, MAX_STREAMS, Counters
from bot.voice.reorder import MAX_HELD
from bot.voice.transport import MODES, Transport, make_transport
from stt.audio import FRAME_SAMPLES, Frame
from tests.voice.call import ANA, BEN, CLEO, PACKET_S, Call, header, rtp

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.voice.e2ee import FrameOpener

REPEATABLE = 60
"""How old a repeated packet of the correct stream may be; its sender could have begun anew with an older one."""

PER_PACKET = 20
"""Strange datagrams between two correct ones."""

GROWTH_BYTES = 2 << 20


class Broken(Exception):
    """A promise that did not hold."""


@dataclass
class Strangers:
    """Makes the datagrams that should not be."""

    rng: random.Random
    call: Call
    seen: list[bytes] = field(default_factory=list[bytes])
    old: list[bytes] = field(default_factory=list[bytes])

    def __post_init__(self) -> None:
        self._forger: Transport = make_transport(MODES[self.rng.randrange(2)], self.rng.randbytes(32))
        self._counter = 1 << 24
        self._kinds: tuple[Callable[[], bytes], ...] = (
            self.flipped,
            self.cut,
            self.spliced,
            self.repeated,
            self.noise,
            self.other_header,
            self.forged,
            self.mad,
            self.mad,
            self.somebody,
        )

    def datagram(self) -> bytes:
        return self.rng.choice(self._kinds)()

    def saw(self, datagram: bytes) -> None:
        """Remember a correct packet, to spoil it."""
        self.seen = [*self.seen, datagram][-REPEATABLE:]

    def flipped(self) -> bytes:
        data = bytearray(self.rng.choice(self.seen))
        for _ in range(self.rng.choice((1, 1, 2, 8))):
            bit = self.rng.randrange(8 * len(data))
            data[bit // 8] ^= 1 << bit % 8
        return bytes(data)

    def cut(self) -> bytes:
        data = self.rng.choice(self.seen)
        a, b = sorted((self.rng.randrange(len(data) + 1), self.rng.randrange(len(data) + 1)))
        return self.rng.choice((data[:a], data[b:], data[:a] + data[b:], data + data[a:b]))

    def spliced(self) -> bytes:
        one, two = self.rng.choice(self.seen), self.rng.choice(self.seen)
        at = self.rng.randrange(len(one))
        return one[:at] + two[at:]

    def repeated(self) -> bytes:
        return self.rng.choice(self.seen)

    def noise(self) -> bytes:
        data = self.rng.randbytes(self.rng.choice((0, 1, 8, 12, 31, 32, 33, 74, 200, 1400)))
        return self.rng.choice((data, b"\x80\x78" + data, b"\x90\xf8" + data, b"\x00\x02" + data, b"\x80\xc9" + data))

    def other_header(self) -> bytes:
        data = bytearray(self.rng.choice(self.seen))
        length = self.rng.choice((1, 2, 4, 12))
        at = self.rng.randrange(16 - length + 1)
        data[at : at + length] = self.rng.randbytes(length)
        return bytes(data)

    def forged(self) -> bytes:
        return self._packet(self._forger, self._number(), self.rng.randbytes(self.rng.randrange(300)))

    def mad(self) -> bytes:
        """Of the voice server, with any content."""
        others = [self.call.speakers[BEN].ssrc, self.call.speakers[CLEO].ssrc, self.rng.randrange(3_000, 3_100)]
        kind = self.rng.randrange(4)
        if kind == 0:
            payload = SILENCE
        elif kind == 1:
            payload = self.rng.randbytes(self.rng.randrange(400)) + b"\x01\x0c\xfa\xfa"
        else:
            payload = self.rng.randbytes(self.rng.randrange(400))
        return self._packet(self.call.transport, self.rng.choice(others), payload)

    def somebody(self) -> bytes:
        """Of somebody who speaks, one who may be heard and one who may not, in any order and with any gap."""
        speaker = self.call.speakers[self.rng.choice((BEN, CLEO))]
        if self.rng.random() < 0.1:
            speaker.sequence = self.rng.randrange(1 << 16)
        if self.rng.random() < 0.1:
            speaker.timestamp = self.rng.randrange(1 << 32)
        if self.rng.random() < 0.02:
            speaker.ssrc = self.rng.randrange(3_000, 3_010)
        junk = self.rng.randbytes(self.rng.randrange(1, 80))
        frame = self.rng.choice((speaker.packets[speaker.said % 50], junk, bytes(20), SILENCE))
        speaker.said += 1
        self.old = [*self.old, speaker.send(frame, padding=self.rng.choice((0, 0, 3, 255)))][-500:]
        return self.rng.choice((self.old[-1], self.rng.choice(self.old)))

    def _number(self) -> int:
        known = [speaker.ssrc for speaker in self.call.speakers.values()]
        return self.rng.choice([*known, self.rng.randrange(1 << 32)])

    def _packet(self, transport: Transport, ssrc: int, payload: bytes) -> bytes:
        self._counter += 1
        csrcs = self.rng.choice((0, 0, 0, 1, 15))
        first = 0x80 | csrcs | self.rng.choice((0, 0x20))
        clear = header(
            ssrc,
            self.rng.randrange(1 << 16),
            self.rng.randrange(1 << 32),
            first=first,
            payload_type=self.rng.choice((0x78, 0x78, 0x78, 0xF8, 101, 200)),
            rest=self.rng.randbytes(4 * csrcs),
        )
        if self.rng.random() < 0.5:
            return rtp(transport, clear, payload, self._counter)
        words = self.rng.choice((0, 1, 2, 200, 0xFFFF))
        clear = bytes([clear[0] | 0x10]) + clear[1:] + struct.pack(">HH", self.rng.randrange(1 << 16), words)
        return transport.seal(clear, payload, self._counter)


class Ear:
    """What is heard of the correct stream, compared at once, so that the ring may be short."""

    def __init__(self, call: Call) -> None:
        self._decoder = Decoder()
        self._out = np.zeros(1920, dtype=np.int16)
        self._expected: list[bytes] = []
        self.heard = 0
        call.receiver._on_frame = self

    def expect(self, packet: bytes) -> None:
        self._expected.append(packet)

    def __call__(self, frame: Frame) -> None:
        samples = frame.samples
        if frame.speaker_id == CLEO:
            raise Broken("somebody was heard who never said yes")
        if frame.speaker_id == ANA:
            self._decoder.decode(self._expected[self.heard], self._out.ctypes.data)
            if not np.array_equal(samples, self._out[:FRAME_SAMPLES]):
                raise Broken(f"frame {self.heard} of the correct stream is not what was said")
            self.heard += 1


def _check_bounds(call: Call) -> None:
    receiver = call.receiver
    streams, unknown = receiver._streams.values(), receiver._unknown.values()
    if len(unknown) > HOLD_STREAMS or any(len(one.held) > HOLD_PACKETS for one in unknown):
        raise Broken("held packets grew beyond their bound")
    if len(streams) > MAX_STREAMS or any(one.reorder.holding > MAX_HELD + 1 for one in streams):
        raise Broken("a reorder buffer grew beyond its bound")
    if receiver.counters.faults:
        raise Broken("an error in our own code")
    if min(astuple(receiver.counters)) < 0:
        raise Broken("a counter counted down")
    if CLEO in receiver.members and receiver.members[CLEO].decryption_attempts:
        raise Broken("a key of somebody was tried who never said yes")


def fuzz(count: int, seed: int, *, mode: str = MODES[0], frames: FrameOpener | None = None) -> Counters:
    """Send *count* strange datagrams, and a correct stream in between.

    Raises:
        Broken: If a promise did not hold; the seed repeats it.
    """
    rng = random.Random(seed)
    call = Call(ANA, BEN, CLEO, mode=mode, ring_s=4.0)
    if frames is not None:
        call.receiver.encryption(frames)
        for speaker in call.speakers.values():
            speaker.session = None
    ear, strangers = Ear(call), Strangers(rng, call)
    receiver, ana = call.receiver, call.ana
    sent = correct = settled = 0
    while sent < count:
        ear.expect(ana.packets[ana.said % len(ana.packets)])
        correct_datagram = ana.speak(padding=rng.choice((0, 0, 5)))
        strangers.saw(correct_datagram)
        receiver.datagram(correct_datagram)
        correct += 1
        for _ in range(PER_PACKET):
            receiver.datagram(strangers.datagram())
        sent += PER_PACKET
        if rng.random() < 0.03:
            named = rng.choice((BEN, BEN, CLEO))
            receiver.speaking(named, call.speakers[named].ssrc)
        call.wait(PACKET_S)
        if correct % 100 == 0:
            _check_bounds(call)
        if tracemalloc.is_tracing() and sent >= count // 2 and not settled:
            settled = tracemalloc.get_traced_memory()[0]
    call.wait(0.5)
    _check_bounds(call)
    if ear.heard != correct:
        raise Broken(f"{ear.heard} frames of the correct stream were heard, not {correct}")
    # The ear keeps what was said, to compare; that is not the receiver's.
    growth = tracemalloc.get_traced_memory()[0] - settled if settled else 0
    if growth > GROWTH_BYTES:
        raise Broken(f"memory grew by {growth} bytes")
    return receiver.counters


def main() -> int:
    """Run as a command."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    for mode in MODES:
        for frames in (None, Plain()):
            begun = time.monotonic()
            counters = fuzz(options.count // 4, options.seed, mode=mode, frames=frames)
            kind = "stage" if frames else "DAVE"
            print(f"{mode}, {kind}: {time.monotonic() - begun:.1f} s, {counters}")  # noqa: T201 - a command
    return 0


if __name__ == "__main__":
    sys.exit(main())
