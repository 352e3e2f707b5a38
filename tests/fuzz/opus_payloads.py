"""Mutated Opus inside valid DAVE frames, from somebody who may be heard.

    python -m tests.fuzz.opus_payloads --count 100000 --seed 1

    a real packet -> bytes flipped, cut, spliced, its first byte or its frame lengths exchanged, noise
    -> sealed as that person's client seals it -> the receiver, as it runs, down to libopus and the ring

Another person speaks correctly in between and must be heard to the sample. What is not Opus is dropped; what libopus
takes for Opus is noise of no more than 120 ms, at most as loud as int16 can be, and in nobody else's ring.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
from typing import TYPE_CHECKING

from bot.voice.opus import MAX_PACKET_BYTES
from stt.audio import MAX_PACKET_SAMPLES
from tests.fuzz.datagrams import Broken, Ear
from tests.voice.call import ANA, BEN, PACKET_S, Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from stt.audio import Frame

PER_PACKET = 4
GROWTH_KIB = 20 << 10


class Mutator:
    """Makes Opus packets that should not be."""

    def __init__(self, rng: random.Random, packets: list[bytes]) -> None:
        self._rng = rng
        self._packets = packets
        self._kinds: tuple[Callable[[], bytes], ...] = (
            self._flipped, self._cut, self._spliced, self._other_kind, self._framed, self._noise, self._long,
        )  # fmt: skip

    def packet(self) -> bytes:
        return self._rng.choice(self._kinds)()

    def _one(self) -> bytes:
        return self._rng.choice(self._packets)

    def _flipped(self) -> bytes:
        data = bytearray(self._one())
        for _ in range(self._rng.choice((1, 1, 2, 16))):
            bit = self._rng.randrange(8 * len(data))
            data[bit // 8] ^= 1 << bit % 8
        return bytes(data)

    def _cut(self) -> bytes:
        data = self._one()
        return data[: self._rng.randrange(len(data) + 1)]

    def _spliced(self) -> bytes:
        one, two = self._one(), self._one()
        return one[: self._rng.randrange(len(one))] + two[self._rng.randrange(len(two)) :]

    def _other_kind(self) -> bytes:
        """Another configuration, channel count or number of frames. Source: RFC 6716, section 3.1."""
        return bytes([self._rng.randrange(256)]) + self._one()[1:]

    def _framed(self) -> bytes:
        """Several frames with lengths that need not fit. Source: RFC 6716, section 3.2."""
        first = self._rng.randrange(64) << 2 | 3
        counts = self._rng.randrange(256)
        lengths = bytes(self._rng.randrange(256) for _ in range(self._rng.randrange(6)))
        return bytes([first, counts]) + lengths + self._one()[1:]

    def _noise(self) -> bytes:
        return self._rng.randbytes(self._rng.choice((1, 2, 3, 60, 200, 1_200)))

    def _long(self) -> bytes:
        """Of the longest length, or beyond; Discord's datagrams would not carry it."""
        return self._one() + self._rng.randbytes(self._rng.choice((MAX_PACKET_BYTES - 300, MAX_PACKET_BYTES + 1)))


class _Ears(Ear):
    """Hears Ana to the sample, and of Ben how much."""

    def __init__(self, call: Call) -> None:
        super().__init__(call)
        self.longest = self.strange = 0

    def __call__(self, frame: Frame) -> None:
        if frame.speaker_id == BEN:
            self.strange += 1
            self.longest = max(self.longest, len(frame.samples))
            return
        super().__call__(frame)


def fuzz(count: int, seed: int) -> dict[str, int]:
    """Send *count* strange packets, and a correct stream in between.

    Raises:
        Broken: If a promise did not hold; the seed repeats it.
    """
    rng = random.Random(seed)
    call = Call(ANA, BEN, ring_s=4.0)
    ears, ben = _Ears(call), call.speakers[BEN]
    mutator = Mutator(rng, list(ben.packets))
    sent = correct = settled = 0
    while sent < count:
        ears.expect(call.ana.packets[call.ana.said % len(call.ana.packets)])
        call.receiver.datagram(call.ana.speak())
        correct += 1
        for _ in range(PER_PACKET):
            call.receiver.datagram(ben.send(mutator.packet()))
            sent += 1
        call.wait(PACKET_S)
        if not settled and sent >= count // 4:
            settled = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    call.wait(0.5)
    counters = call.receiver.counters
    if ears.heard != correct:
        raise Broken(f"{ears.heard} frames of the correct stream were heard, not {correct}")
    if counters.faults:
        raise Broken("an error in our own code")
    if ears.longest > MAX_PACKET_SAMPLES:
        raise Broken("a frame is longer than any packet")
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - settled
    if grown > GROWTH_KIB:
        raise Broken(f"memory grew by {grown} KiB")
    return {
        "packets": sent,
        "refused": counters.not_decoded,
        "not_opus": counters.not_opus,
        "frames_of_noise": ears.strange,
        "correct": correct,
        "memory_growth_kib": grown,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    sys.stdout.write(json.dumps(fuzz(chosen.count, chosen.seed)) + "\n")


if __name__ == "__main__":
    main()
