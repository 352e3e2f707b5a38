"""RTP as Discord sends it: a datagram's clear bytes read, and what lies inside freed of extension and padding.

    datagram -> parse -> Packet (sealed) -> transport.open -> strip -> a DAVE frame

Pure and first in line, so it looks only at what nobody encrypted and answers with a `Refusal` instead of raising.
Sources: RFC 3550, sections 5.1 and 5.3.1; Discord's voice documentation, "Transport Encryption Modes".
"""

from __future__ import annotations

import struct
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, cast

if TYPE_CHECKING:
    from collections.abc import Callable

OPUS_PAYLOAD_TYPE = 120
"""What Discord calls Opus. Every other payload type (video, retransmission, probes) is no voice."""

CLOCK_HZ = 48_000
"""What RTP timestamps of Opus count. Source: RFC 7587, section 4.1."""

TRAILER_BYTES = 16 + 4
"""Behind the ciphertext: the tag, then the counter that makes the nonce."""

_FIXED_BYTES = 12
_SHORTEST_BYTES = _FIXED_BYTES + TRAILER_BYTES
_DISCOVERY_BYTES = 74
_KEEPALIVE_BYTES = 8
_unpack: Callable[[bytes], tuple[int, int, int, int, int]] = struct.Struct(">BBHII").unpack_from


class Refusal(Enum):
    """Why a datagram is no packet of voice."""

    TOO_SHORT = "too short"
    DISCOVERY = "answer to IP discovery"
    KEEPALIVE = "answer to a keepalive or ping"
    RTCP = "RTCP"
    NOT_RTP = "not RTP version 2"
    NOT_OPUS = "another payload type"
    BAD_LENGTH = "CSRC list or extension longer than the datagram"


class Packet(NamedTuple):
    """One RTP packet's clear part. The rest of the datagram is sealed.

    A named tuple, because it is made for every datagram and costs a third of a frozen dataclass.
    """

    ssrc: int
    """u32: which stream."""
    sequence: int
    """u16: goes up by one for each packet sent, and stands still while nothing is sent."""
    timestamp: int
    """u32, 48 kHz: when the first sample was recorded, on the sender's clock."""
    header_bytes: int
    """Length of the clear part, which is authenticated as it is; the extension's four-byte preamble belongs to it."""
    extension_words: int
    """How many four-byte words of extension lie in front of the payload, encrypted with it."""
    padding: bool
    """Whether the payload's last byte says how many bytes of padding to remove."""
    marker: bool
    """Discord's clients set it on the first packet of a spurt, sometimes."""

    def __repr__(self) -> str:
        return f"<Packet {self.sequence}>"


# Half the price of Packet(...), which is Python.
_make = cast("Callable[[type[Packet], tuple[int, int, int, int, int, bool, bool]], Packet]", tuple.__new__)


def parse(datagram: bytes) -> Packet | Refusal:
    """Read the clear part of *datagram*, or say why it is no packet of voice. Never raises for any bytes."""
    length = len(datagram)
    if length < _SHORTEST_BYTES:
        return Refusal.KEEPALIVE if length == _KEEPALIVE_BYTES else Refusal.TOO_SHORT
    first, second, sequence, timestamp, ssrc = _unpack(datagram)
    if first & 0xC0 != 0x80 or second & 0x7F != OPUS_PAYLOAD_TYPE:
        return _other(first, second, length)
    header_bytes, words = _FIXED_BYTES + 4 * (first & 0x0F), 0
    if first & 0x10:
        header_bytes += 4
        if length < header_bytes + TRAILER_BYTES:
            return Refusal.BAD_LENGTH
        words = datagram[header_bytes - 2] << 8 | datagram[header_bytes - 1]
    if length < header_bytes + 4 * words + TRAILER_BYTES:
        return Refusal.BAD_LENGTH
    return _make(Packet, (ssrc, sequence, timestamp, header_bytes, words, first & 0x20 != 0, second >= 0x80))


def _other(first: int, second: int, length: int) -> Refusal:
    if first & 0xC0 != 0x80:
        return Refusal.DISCOVERY if length == _DISCOVERY_BYTES and (first, second) == (0, 2) else Refusal.NOT_RTP
    return Refusal.RTCP if 192 <= second <= 223 else Refusal.NOT_OPUS


def strip(packet: Packet, plaintext: bytes) -> bytes | None:
    """What *plaintext* carries between extension and padding; None if that is nothing, as in a probe.

    To leave the padding on is the commonest mistake of all: it hides the DAVE trailer of a few packets in a hundred.
    """
    start, end = 4 * packet.extension_words, len(plaintext)
    if packet.padding:
        padding = plaintext[-1] if plaintext else 0
        if padding == 0:
            return None
        end -= padding
    if end <= start:
        return None
    return plaintext[start:end]


def next_sequence(sequence: int) -> int:
    """The u16 that follows *sequence*."""
    return (sequence + 1) & 0xFFFF


def sequence_distance(a: int, b: int) -> int:
    """How far the u16 *a* is ahead of *b*, the short way round: -32768 .. 32767."""
    return ((a - b + 0x8000) & 0xFFFF) - 0x8000


def timestamp_distance(a: int, b: int) -> int:
    """How many ticks the u32 *a* is ahead of *b*, the short way round: -2^31 .. 2^31 - 1."""
    return ((a - b + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000
