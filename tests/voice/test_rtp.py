"""RTP: what is voice is read to the byte, everything else is named and left alone."""

from __future__ import annotations

import struct

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.voice.rtp import (
    OPUS_PAYLOAD_TYPE,
    Packet,
    Refusal,
    next_sequence,
    parse,
    sequence_distance,
    strip,
    timestamp_distance,
)

BODY = bytes(30)
"""As long as a short payload with tag and counter."""

u16 = st.integers(0, 0xFFFF)
u32 = st.integers(0, 0xFFFF_FFFF)


def header(first: int = 0x80, second: int = OPUS_PAYLOAD_TYPE) -> bytes:
    return struct.pack(">BBHII", first, second, 7, 960, 42)


GOLDEN = [
    (header(), Packet(42, 7, 960, 12, 0, padding=False, marker=False)),
    (header(second=0xF8), Packet(42, 7, 960, 12, 0, padding=False, marker=True)),
    (header(0xA0), Packet(42, 7, 960, 12, 0, padding=True, marker=False)),
    (header(0x90) + b"\xbe\xde\x00\x02", Packet(42, 7, 960, 16, 2, padding=False, marker=False)),
    (header(0xB3) + bytes(12) + b"\xbe\xde\x00\x01", Packet(42, 7, 960, 28, 1, padding=True, marker=False)),
    (header(0x8F) + bytes(60), Packet(42, 7, 960, 72, 0, padding=False, marker=False)),
]


@pytest.mark.parametrize(("clear", "packet"), GOLDEN)
def test_the_clear_part_is_read_to_the_byte(clear: bytes, packet: Packet) -> None:
    assert parse(clear + BODY) == packet


@pytest.mark.parametrize(
    ("datagram", "refusal"),
    [
        (b"", Refusal.TOO_SHORT),
        (header() + bytes(19), Refusal.TOO_SHORT),
        (b"\x05\0\0\0\0\0\0\0", Refusal.KEEPALIVE),
        (b"\x13\x37\xf0\x0d\0\0\0\x01", Refusal.KEEPALIVE),
        (struct.pack(">HHI64sH", 2, 70, 42, b"203.0.113.9", 50_000), Refusal.DISCOVERY),
        (b"\x00\x02" + bytes(40), Refusal.NOT_RTP),
        (header(0x40) + BODY, Refusal.NOT_RTP),
        (header(0xC0) + BODY, Refusal.NOT_RTP),
        (header(second=101) + BODY, Refusal.NOT_OPUS),
        (header(second=0x80 | 96) + BODY, Refusal.NOT_OPUS),
        (header(0x8F) + BODY, Refusal.BAD_LENGTH),
        (header(0x9F) + BODY, Refusal.BAD_LENGTH),
        (header(0x90) + b"\xbe\xde\x00\x04" + BODY, Refusal.BAD_LENGTH),
        (header(0x90) + b"\xbe\xde\xff\xff" + BODY, Refusal.BAD_LENGTH),
    ],
)
def test_what_is_no_voice_is_refused_by_name(datagram: bytes, refusal: Refusal) -> None:
    assert parse(datagram) is refusal


@pytest.mark.parametrize("second", range(200, 207))
def test_rtcp_is_told_from_rtp(second: int) -> None:
    assert parse(header(second=second) + BODY) is Refusal.RTCP


@given(st.binary(max_size=200))
@example(header() + bytes(20))
def test_any_bytes_are_a_packet_that_fits_or_a_refusal(datagram: bytes) -> None:
    packet = parse(datagram)

    if isinstance(packet, Packet):
        assert 12 <= packet.header_bytes <= 76
        assert packet.header_bytes + 4 * packet.extension_words + 20 <= len(datagram)
    else:
        assert packet in Refusal


def packet(*, words: int = 0, padding: bool = False) -> Packet:
    return Packet(1, 2, 3, 12, words, padding, marker=False)


@pytest.mark.parametrize(
    ("clear", "plaintext", "payload"),
    [
        (packet(), b"opus", b"opus"),
        (packet(words=2), b"extensioopus", b"opus"),
        (packet(padding=True), b"opus\x00\x00\x03", b"opus"),
        (packet(padding=True), b"opus\x01", b"opus"),
        (packet(words=1, padding=True), b"exteopus\x00\x02", b"opus"),
        (packet(), b"", None),
        (packet(words=1), b"exte", None),
        (packet(words=2), b"exte", None),
        (packet(padding=True), b"", None),
        (packet(padding=True), b"opus\x00", None),
        (packet(padding=True), b"opus\x06", None),
        (packet(padding=True), b"\x00\x00\x03", None),
        (packet(words=1, padding=True), b"exte\x00\x02", None),
        (packet(words=1, padding=True), b"exte\x00\x03", None),
    ],
)
def test_extension_goes_from_the_front_and_padding_from_the_end(
    clear: Packet, plaintext: bytes, payload: bytes | None
) -> None:
    assert strip(clear, plaintext) == payload


@given(st.binary(min_size=1, max_size=40), st.integers(0, 10), st.integers(0, 255))
def test_whatever_is_wrapped_around_a_payload_comes_off(payload: bytes, words: int, padding: int) -> None:
    wrapped = bytes(4 * words) + payload + (bytes(padding - 1) + bytes([padding]) if padding else b"")

    assert strip(packet(words=words, padding=padding > 0), wrapped) == payload


@given(u16, st.integers(-0x8000, 0x7FFF))
def test_sequence_distance_undoes_a_step_across_the_wrap(start: int, step: int) -> None:
    assert sequence_distance((start + step) & 0xFFFF, start) == step


@given(u32, st.integers(-(1 << 31), (1 << 31) - 1))
def test_timestamp_distance_undoes_a_step_across_the_wrap(start: int, step: int) -> None:
    assert timestamp_distance((start + step) & 0xFFFF_FFFF, start) == step


@given(u16)
def test_the_next_sequence_is_one_ahead(sequence: int) -> None:
    assert 0 <= next_sequence(sequence) <= 0xFFFF
    assert sequence_distance(next_sequence(sequence), sequence) == 1


def test_a_packet_shows_no_stream_number() -> None:
    assert "42" not in repr(parse(header() + BODY))
