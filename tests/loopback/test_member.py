"""Simulated members: what they say is what is heard, at the pace and with the clock of a real client."""

from __future__ import annotations

import asyncio
import itertools
import time
import wave
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.loopback import media
from bot.loopback.media import BadDatagram, RtpPacket, Transport
from bot.loopback.member import JoinFailed, SimulatedMember, encode, load_recording
from bot.loopback.opus_encoder import RATE_HZ, Encoder, EncodingFailed
from bot.loopback.voice_host import VoiceTicket
from bot.voice.opus import Decoder, has_fec
from stt.audio import MAX_PACKET_SAMPLES
from tests.loopback.voice_calls import ALICE, BOB, CHANNEL, GUILD, VoiceSite, tone, until, voice_site

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    import numpy.typing as npt

    from bot.loopback.member import Heard

    Samples = npt.NDArray[np.int16] | npt.NDArray[np.float32]


@pytest.fixture
async def site() -> AsyncGenerator[VoiceSite]:
    async with voice_site() as site:
        yield site


def decoded(packets: list[bytes]) -> Samples:
    decoder = Decoder()
    samples = np.zeros(MAX_PACKET_SAMPLES, np.int16)
    pieces = [samples[: decoder.decode(packet, samples.ctypes.data)].copy() for packet in packets]
    decoder.close()
    return np.concatenate(pieces)


def loudest_hz(samples: Samples, rate_hz: int) -> float:
    return float(np.abs(np.fft.rfft(samples * np.hanning(len(samples)))).argmax()) * rate_hz / len(samples)


def hum(*, seconds: float = 0.5, hertz: float = 440) -> npt.NDArray[np.int16]:
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (np.sin(2 * np.pi * hertz * times) * 8_000).astype(np.int16)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("as_float", [False, True])
def test_what_is_encoded_sounds_the_same(channels: int, as_float: bool):  # noqa: FBT001
    samples = hum() if channels == 1 else np.stack([hum(), hum()], axis=1)

    packets = encode((samples / 32_768).astype(np.float32) if as_float else samples)

    assert len(packets) == 25
    assert abs(loudest_hz(decoded(packets)[1_600:], 16_000) - 440) < 5


def test_a_last_piece_is_filled_with_silence():
    assert len(encode(hum(seconds=0.05))) == 3


def test_forward_error_correction_is_there_when_asked_for():
    with_it = encode(tone(1.0), bitrate=20_000, fec=True)
    without = encode(tone(1.0), bitrate=20_000)

    assert any(has_fec(packet) for packet in with_it)
    assert not any(has_fec(packet) for packet in without)


def test_a_higher_bitrate_makes_longer_packets():
    assert sum(map(len, encode(tone(), bitrate=96_000))) > 2 * sum(map(len, encode(tone(), bitrate=16_000)))


def test_settings_out_of_range_are_refused():
    with pytest.raises(EncodingFailed):
        Encoder(channels=3)
    with pytest.raises(EncodingFailed):
        Encoder(complexity=11)
    with pytest.raises(ValueError, match="stereo"):
        Encoder(channels=2).encode(hum())


def recording(path: Path, samples: Samples, rate_hz: int) -> Path:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate_hz, 0, "NONE", ""))
        file.writeframes(samples.tobytes())
    return path


def test_a_recording_of_another_rate_keeps_its_pitch_and_length(tmp_path: Path):
    samples = load_recording(recording(tmp_path / "hum.wav", hum()[::3].copy(), RATE_HZ // 3))

    assert samples.dtype == np.int16
    assert abs(len(samples) - RATE_HZ / 2) < 64
    assert abs(loudest_hz(samples, RATE_HZ) - 440) < 5


@pytest.mark.parametrize("mode", sorted(media.MODES))
@pytest.mark.parametrize("padding", [0, 1, 255])
@pytest.mark.parametrize("extension", [b"", bytes(4), bytes(12)])
def test_a_sealed_packet_opens_as_it_was(mode: str, padding: int, extension: bytes):
    packet = RtpPacket(media.OPUS, 0xFFFF, 0xFFFF_FFFF, 7, b"speech", marker=True)
    key = bytes(range(32))

    datagram = packet.seal(Transport(mode, key), extension=extension, padding=padding)

    assert RtpPacket.unseal(Transport(mode, key), datagram) == packet
    assert b"speech" not in datagram
    for nth in range(len(datagram)):
        changed = bytearray(datagram)
        changed[nth] ^= 1
        with pytest.raises(BadDatagram):
            RtpPacket.unseal(Transport(mode, key), bytes(changed))


def test_padding_that_claims_more_than_there_is_is_refused():
    transport = Transport(media.AES_GCM, bytes(32))
    lying = transport.seal(b"\xa0\x78" + bytes(10), b"abc\x05")

    with pytest.raises(BadDatagram):
        RtpPacket.unseal(transport, lying)


async def test_a_recording_is_heard_as_it_was_said(site: VoiceSite, tmp_path: Path):
    heard: list[Heard] = []
    path = recording(tmp_path / "hum.wav", hum(seconds=1.0), RATE_HZ)
    async with site.member(ALICE) as alice, site.member(BOB, on_frame=heard.append):
        await alice.say(path, pace=0)
        await until(lambda: len(heard) == 55)

        assert abs(loudest_hz(decoded([frame.frame for frame in heard[:50]])[1_600:], 16_000) - 440) < 5


async def test_the_rtp_clock_runs_on_through_a_pause_and_the_sequence_does_not(site: VoiceSite):
    heard: list[Heard] = []
    async with site.member(ALICE) as alice, site.member(BOB, on_frame=heard.append):
        await alice.say([b"\x78one"] * 3, pace=0)
        await alice.say([b"\x78two"] * 3, pace=0, pause_s=2.0)
        await until(lambda: len(heard) == 16)

        steps = [(b.timestamp - a.timestamp) & 0xFFFF_FFFF for a, b in itertools.pairwise(heard)]
        assert steps[:7] + steps[8:] == [960] * 14
        assert steps[7] >= 960 + 2 * RATE_HZ
        assert {(b.sequence - a.sequence) & 0xFFFF for a, b in itertools.pairwise(heard)} == {1}


async def test_speech_takes_as_long_as_it_is(site: VoiceSite):
    async with site.member(ALICE, stage=True) as alice:
        started_s = time.monotonic()
        await alice.say([b"\x78one"] * 15)

        assert 0.38 <= time.monotonic() - started_s < 1.5


async def test_speech_sealed_in_advance_is_heard(site: VoiceSite):
    heard: list[Heard] = []
    async with site.member(ALICE) as alice, site.member(BOB, on_frame=heard.append):
        await alice.until(lambda: alice.ready)
        sealed = alice.prepare([b"\x78one"] * 10)
        await alice.say_sealed_packets(sealed, pace=0)
        await until(lambda: len(heard) == 15)

        assert [frame.frame for frame in heard] == [b"\x78one"] * 10 + [media.SILENCE] * 5


async def test_twelve_people_speak_at_once_and_none_is_lost(site: VoiceSite):
    heard: list[Heard] = []
    gathered = asyncio.Barrier(12)
    everything = asyncio.Event()

    async def person(user_id: int) -> None:
        async with site.member(user_id) as member:
            await gathered.wait()
            await member.until(lambda: len(member.group) == 13)
            await gathered.wait()
            await member.say_sealed_packets(member.prepare([b"\x78one"] * 20), pace=0)
            await everything.wait()

    async with site.member(BOB, on_frame=heard.append), asyncio.TaskGroup() as tasks:
        for user_id in range(100, 112):
            tasks.create_task(person(user_id))
        await until(lambda: len(heard) == 12 * 25)
        everything.set()


async def test_nobody_without_a_ticket_gets_in(site: VoiceSite):
    stranger = VoiceTicket("session", "token", site.endpoint, GUILD, CHANNEL, 99)

    with pytest.raises(JoinFailed, match="4006"):
        async with SimulatedMember(stranger):
            pass


async def test_where_nobody_listens_joining_fails():
    with pytest.raises(JoinFailed):
        async with SimulatedMember(VoiceTicket("session", "token", "127.0.0.1:1", GUILD, CHANNEL, 99)):
            pass


async def test_what_goes_wrong_beside_a_member_stays_what_it_is(site: VoiceSite):
    with pytest.raises(KeyError):
        async with site.member(ALICE):
            raise KeyError


async def test_leaving_twice_is_leaving(site: VoiceSite):
    async with site.member(ALICE) as alice:
        await alice.leave()
        await alice.leave()

        assert not alice.connected
        await until(lambda: site.server.call(CHANNEL) is None)


async def test_leaving_mid_speech_ends_it_for_all(site: VoiceSite):
    heard: list[Heard] = []
    async with site.member(BOB, on_frame=heard.append) as bob:
        async with site.member(ALICE) as alice, asyncio.TaskGroup() as tasks:
            tasks.create_task(alice.say([b"\x78one"] * 50, pace=0.2))
            await until(lambda: len(heard) > 5)
            await alice.leave()
        await bob.until(lambda: bob.others == set())

        assert len(heard) < 50
