"""Transport encryption: both modes, held against the libraries used directly, and closed to every changed bit."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_encrypt

from bot.voice.transport import MODES, NotAuthentic, UnknownMode, make_transport

KEY = bytes(range(32))
HEADER = bytes.fromhex("90780007000003c00000002abede0001")
PLAINTEXT = b"\x10\x80\x00\x00" + b"sealed by its sender"

GOLDEN = {
    "aead_aes256_gcm_rtpsize": (
        "90780007000003c00000002abede000131d5dd5d64f4191d9e83b7d9c9e0de1a833f2994bec56c21"
        "e12e30442a2d04be1a47c726b92d9fc301020304"
    ),
    "aead_xchacha20_poly1305_rtpsize": (
        "90780007000003c00000002abede000166e8104ced0f2373e38755e589794d844f652706dab034ac"
        "c81cb9e9ead2a631569e5d7a82bb2a7101020304"
    ),
}


def by_library(mode: str, counter: bytes) -> bytes:
    if mode == "aead_aes256_gcm_rtpsize":
        return AESGCM(KEY).encrypt(counter + bytes(8), PLAINTEXT, HEADER)
    return crypto_aead_xchacha20poly1305_ietf_encrypt(PLAINTEXT, HEADER, counter + bytes(20), KEY)


def test_aes_is_preferred() -> None:
    assert MODES == ("aead_aes256_gcm_rtpsize", "aead_xchacha20_poly1305_rtpsize")


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("counter", [0, 1, 0x01020304, 0xFFFF_FFFF])
def test_a_datagram_is_what_the_library_makes_of_the_documented_nonce(mode: str, counter: int) -> None:
    transport, trailer = make_transport(mode, KEY), counter.to_bytes(4, "big")

    datagram = HEADER + by_library(mode, trailer) + trailer

    assert transport.open(datagram, len(HEADER)) == PLAINTEXT
    assert transport.seal(HEADER, PLAINTEXT, counter) == datagram


@pytest.mark.parametrize("mode", MODES)
def test_a_recorded_datagram_still_opens(mode: str) -> None:
    datagram = bytes.fromhex(GOLDEN[mode])

    assert make_transport(mode, KEY).open(datagram, 16) == PLAINTEXT


@pytest.mark.parametrize("mode", MODES)
@given(data=st.data())
def test_one_changed_bit_anywhere_closes_it(mode: str, data: st.DataObject) -> None:
    transport = make_transport(mode, KEY)
    datagram = bytearray(transport.seal(HEADER, PLAINTEXT, 7))
    bit = data.draw(st.integers(0, 8 * len(datagram) - 1))
    datagram[bit // 8] ^= 1 << bit % 8

    with pytest.raises(NotAuthentic):
        transport.open(bytes(datagram), len(HEADER))


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("header_bytes", [12, 15, 17, 20])
def test_the_header_must_end_where_the_sender_ended_it(mode: str, header_bytes: int) -> None:
    transport = make_transport(mode, KEY)

    with pytest.raises(NotAuthentic):
        transport.open(transport.seal(HEADER, PLAINTEXT, 7), header_bytes)


@pytest.mark.parametrize("mode", MODES)
@given(datagram=st.binary(min_size=32, max_size=80))
def test_noise_and_what_another_key_sealed_stay_closed(mode: str, datagram: bytes) -> None:
    theirs = make_transport(mode, bytes(32)).seal(HEADER, PLAINTEXT, 7)

    for data in (datagram, theirs):
        with pytest.raises(NotAuthentic):
            make_transport(mode, KEY).open(data, 12)


@pytest.mark.parametrize("mode", MODES)
def test_an_empty_payload_opens_to_nothing(mode: str) -> None:
    transport = make_transport(mode, KEY)

    assert transport.open(transport.seal(HEADER, b"", 7), len(HEADER)) == b""


@pytest.mark.parametrize("mode", ["", "xsalsa20_poly1305", "aead_aes256_gcm"])
def test_an_older_mode_is_refused(mode: str) -> None:
    with pytest.raises(UnknownMode):
        make_transport(mode, KEY)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_key_of_another_length_is_refused(mode: str, size: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        make_transport(mode, bytes(size))


@pytest.mark.parametrize("mode", MODES)
def test_the_key_shows_nowhere(mode: str) -> None:
    transport = make_transport(mode, KEY)
    with pytest.raises(NotAuthentic) as caught:
        transport.open(HEADER + bytes(40), 16)

    for text in (repr(transport), str(transport), repr(caught.value), str(caught.value)):
        assert KEY.hex() not in text
        assert repr(KEY) not in text
    assert caught.value.__cause__ is None
