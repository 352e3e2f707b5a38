"""Opus: what was encoded is heard, what is not Opus is refused, nothing stays behind."""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import importlib.util
import pickle
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.voice import opus
from bot.voice.opus import MAX_PACKET_BYTES, Decoder, NotOpus, OpusUnavailable, has_fec, load_libopus
from stt.audio import FRAME_SAMPLES, MAX_PACKET_SAMPLES, RATE_HZ, Ring
from tests.voice.sounds import AUDIO, LOW_DELAY, SET_FEC, SET_LOSS, SET_SIGNAL, encode, tone, voice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


@functools.cache
def speech_like_packets() -> list[bytes]:
    return encode(voice(), bitrate=24_000, controls=((SET_FEC, 1), (SET_LOSS, 10), (SET_SIGNAL, 3001)))


class Memory:
    """Room for two of the longest packets, with nothing but 12345 in it."""

    def __init__(self) -> None:
        self.block = np.full(2 * MAX_PACKET_SAMPLES, 12345, dtype=np.int16)
        self.address = self.block.ctypes.data

    @property
    def frame(self) -> NDArray[np.float64]:
        return self.block[:FRAME_SAMPLES].astype(np.float64)


@pytest.fixture
def memory() -> Memory:
    return Memory()


def pitch(sound: NDArray[np.int16]) -> float:
    return float(np.argmax(np.abs(np.fft.rfft(sound.astype(float)))) * RATE_HZ / len(sound))


@pytest.mark.parametrize("ms", [2.5, 5, 10, 20, 40, 60, 80, 100, 120])
def test_packets_of_every_length_decode_to_their_own_duration_at_16_khz(ms: float, memory: Memory):
    packets = encode(tone(0.48), ms=ms, application=LOW_DELAY if ms < 10 else AUDIO)
    decoder = Decoder()

    lengths = {decoder.decode(packet, memory.address) for packet in packets}

    assert lengths == {round(RATE_HZ * ms / 1000)}
    assert {decoder.samples_in(packet) for packet in packets} == lengths
    assert (memory.block[MAX_PACKET_SAMPLES:] == 12345).all()


def test_what_was_said_is_what_is_heard_and_lies_in_the_ring():
    ring, decoder = Ring(2.0), Decoder()

    for packet in encode(tone(1.0, 440)):
        ring.commit(decoder.decode(packet, ring.tail()))

    whole = np.empty(ring.written, dtype=np.int16)
    ring.copy_into(0, ring.written, whole)
    assert ring.written == RATE_HZ
    assert pitch(whole) == pytest.approx(440, abs=2)
    assert np.abs(whole[3200:]).max() == pytest.approx(0.5 * 32767, rel=0.1)


def test_a_memoryview_decodes_like_bytes(memory: Memory):
    packet = encode(tone())[0]

    Decoder().decode(packet, memory.address)
    as_bytes = memory.block[:FRAME_SAMPLES].copy()
    Decoder().decode(memoryview(bytearray(b"xx" + packet))[2:], memory.address)

    assert (memory.block[:FRAME_SAMPLES] == as_bytes).all()


@pytest.mark.parametrize(
    "packet", [b"", memoryview(b""), bytes(MAX_PACKET_BYTES + 1), b"\x03", b"\x01\x00\x00\x00"[:2]]
)
def test_what_is_no_packet_is_refused_and_an_empty_one_is_no_loss(packet: bytes | memoryview, memory: Memory):
    decoder = Decoder()

    with pytest.raises(NotOpus):
        decoder.decode(packet, memory.address)

    assert (memory.block == 12345).all()


def test_an_empty_or_broken_packet_has_no_samples_and_nothing_to_recover(memory: Memory):
    decoder = Decoder()
    for packet in (b"", b"\x03"):
        with pytest.raises(NotOpus):
            decoder.samples_in(packet)
        with pytest.raises(NotOpus):
            decoder.recover(packet, FRAME_SAMPLES, memory.address)


def test_concealment_continues_the_sound_and_fades(memory: Memory):
    decoder = Decoder()
    for packet in encode(tone(0.4)):
        decoder.decode(packet, memory.address)

    levels: list[float] = []
    for _ in range(10):
        assert decoder.conceal(FRAME_SAMPLES, memory.address) == FRAME_SAMPLES
        levels.append(float(np.abs(memory.block[:FRAME_SAMPLES].astype(float)).mean()))

    assert levels[0] > 1000
    assert levels[-1] < levels[0] / 2


@pytest.mark.parametrize("samples", [0, -320, 41, MAX_PACKET_SAMPLES + 40])
def test_a_gap_of_impossible_length_is_refused_before_libopus_sees_it(samples: int, memory: Memory):
    with pytest.raises(ValueError, match="40 to 1920"):
        Decoder().conceal(samples, memory.address)


def test_fec_gives_back_a_lost_frame_better_than_a_guess(memory: Memory):
    packets = speech_like_packets()

    def after(nth: int) -> Decoder:
        decoder = Decoder()
        for packet in packets[:nth]:
            decoder.decode(packet, memory.address)
        return decoder

    guessed = recovered = 0.0
    carried = [nth for nth in range(10, 49) if has_fec(packets[nth + 1])]
    for nth in carried:
        after(nth).decode(packets[nth], memory.address)
        truth = memory.frame
        after(nth).recover(packets[nth + 1], FRAME_SAMPLES, memory.address)
        recovered += float(((truth - memory.frame) ** 2).sum())
        after(nth).conceal(FRAME_SAMPLES, memory.address)
        guessed += float(((truth - memory.frame) ** 2).sum())

    assert len(carried) >= 10
    assert recovered < guessed / 2


def test_a_packet_of_the_kind_discord_sends_has_no_fec():
    assert not any(has_fec(packet) for packet in encode(tone(), application=AUDIO))


@given(st.binary(max_size=40))
def test_has_fec_answers_for_any_bytes(packet: bytes):
    assert has_fec(packet) in (True, False)


def bundled() -> ctypes.CDLL | None:
    spec = importlib.util.find_spec("av")
    assert spec is not None
    assert spec.submodule_search_locations
    package = Path(spec.submodule_search_locations[0])
    found = sorted((package.parent / "av.libs").glob("libopus*"))
    return ctypes.PyDLL(str(found[0])) if found else None


def test_has_fec_agrees_with_libopus_where_that_can_tell():
    library = bundled()
    if library is None or not hasattr(library, "opus_packet_has_lbrr"):
        pytest.skip("this libopus has no opus_packet_has_lbrr")
    stereo = [bytes([packet[0] | 4]) + packet[1:] for packet in speech_like_packets()]
    noise = np.random.default_rng(7)
    changed = [bytes([noise.integers(0, 128)]) + noise.bytes(int(noise.integers(1, 60))) for _ in range(5_000)]

    for packet in [*speech_like_packets(), *stereo, *encode(tone(), ms=60, bitrate=12_000), *changed]:
        theirs = library.opus_packet_has_lbrr(packet, len(packet))
        if theirs >= 0:
            assert has_fec(packet) == bool(theirs), packet.hex()


def test_a_reset_decoder_knows_nothing_of_what_it_heard(memory: Memory):
    decoder = Decoder()
    for packet in encode(tone()):
        decoder.decode(packet, memory.address)

    decoder.reset()
    decoder.conceal(FRAME_SAMPLES, memory.address)

    assert not memory.block[:FRAME_SAMPLES].any()


def test_a_closed_decoder_leaves_zeros_and_refuses_every_call(memory: Memory):
    decoder = Decoder()
    packet = encode(tone())[0]
    decoder.decode(packet, memory.address)
    assert any(decoder._state.raw)

    decoder.close()
    decoder.close()

    assert not any(decoder._state.raw)
    calls = (
        lambda: decoder.decode(packet, memory.address),
        lambda: decoder.conceal(FRAME_SAMPLES, memory.address),
        lambda: decoder.recover(packet, FRAME_SAMPLES, memory.address),
        lambda: decoder.samples_in(packet),
        decoder.reset,
    )
    for call in calls:
        with pytest.raises(ValueError, match="closed"):
            call()


def test_a_decoder_is_never_pickled_and_shows_nothing():
    with pytest.raises(TypeError):
        pickle.dumps(Decoder())
    assert repr(Decoder()) == "<Decoder>"


@pytest.fixture
def fresh_cache() -> Iterator[None]:
    load_libopus.cache_clear()
    yield
    load_libopus.cache_clear()


@pytest.mark.usefixtures("fresh_cache")
def test_without_any_libopus_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(opus, "_candidates", lambda: iter(["/nonexistent/libopus.so"]))

    with pytest.raises(OpusUnavailable, match=r"install it .* or reinstall the 'av' package"):
        load_libopus()


def no_library(_name: str) -> None:
    return None


@pytest.mark.usefixtures("fresh_cache")
def test_without_the_systems_library_the_one_in_the_pyav_wheel_is_used(monkeypatch: pytest.MonkeyPatch, memory: Memory):
    if bundled() is None:
        pytest.skip("this PyAV brings no libopus of its own")
    monkeypatch.setattr(opus, "_SONAMES", {})
    monkeypatch.setattr(ctypes.util, "find_library", no_library)

    library = load_libopus()

    assert "av.libs" in library._name
    assert Decoder().decode(b"\x78" + bytes(20), memory.address) == FRAME_SAMPLES


def test_finding_libopus_does_not_load_ffmpeg():
    code = "import sys; from bot.voice.opus import load_libopus, _candidates; list(_candidates()); load_libopus(); "
    code += "print('av' in sys.modules)"
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert answer.stdout.strip() == "False"
