"""Hearing as a whole: who said yes is heard in full and in time, whoever did not stays sealed."""

from __future__ import annotations

import logging
import struct
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.voice import receiver as module
from bot.voice.e2ee import SILENCE, DaveFrames, FrameNotOpened, Plain
from bot.voice.opus import Decoder
from bot.voice.receiver import HOLD_PACKETS, HOLD_STREAMS, Counters
from bot.voice.transport import MODES, make_transport
from stt.audio import FRAME_SAMPLES, Frame, Ring
from tests.voice.call import ANA, BEN, BOT, CLEO, KEY, PACKET_S, TICKS, Call, header, rtp, spoken
from tests.voice.sounds import LOW_DELAY, SET_FEC, SET_LOSS, SET_SIGNAL, encode, tone, voice


def decoded(packets: list[bytes]) -> np.ndarray:
    """The samples of *packets* by libopus alone."""
    decoder, out = Decoder(), np.zeros(1920, dtype=np.int16)
    whole: list[np.ndarray] = []
    for packet in packets:
        samples = decoder.decode(packet, out.ctypes.data)
        whole.append(out[:samples].copy())
    return np.concatenate(whole)


# -- hearing ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
def test_what_is_said_is_heard_to_the_sample(mode: str) -> None:
    call = Call(ANA, mode=mode)

    call.hear(*(call.ana.speak() for _ in range(100)))
    call.wait(0.2)

    assert np.array_equal(call.samples(), decoded(spoken()[:100]))
    assert call.receiver.counters == Counters(datagrams=100, frames=100)


def test_extension_and_padding_of_any_length_hide_nothing() -> None:
    call = Call(ANA)

    call.hear(*(call.ana.speak(extension=bytes(4 * (n % 5)), padding=n % 256) for n in range(300)))
    call.wait(0.2)

    assert len(call.heard()) == 300
    assert call.receiver.counters.plaintext_refused == call.receiver.counters.not_opened == 0


def test_people_who_speak_at_once_are_heard_apart() -> None:
    call = Call(ANA, BEN)
    call.speakers[BEN].packets = encode(tone(1.0, 300))

    for _ in range(50):
        call.hear(call.ana.speak(), call.speakers[BEN].speak(), every_s=PACKET_S / 2)
    call.wait(0.2)

    assert np.array_equal(call.samples(ANA), decoded(spoken()[:50]))
    assert np.array_equal(call.samples(BEN), decoded(encode(tone(1.0, 300))))


@pytest.mark.parametrize("ms", [2.5, 5, 10, 20, 40, 60, 120])
def test_packets_of_every_length_leave_as_aligned_frames_of_20_ms(ms: float) -> None:
    call = Call(ANA)
    packets = encode(voice(1.2), ms=ms, application=LOW_DELAY if ms < 10 else 2049)

    call.hear(*(call.ana.send(packet, ticks=round(48 * ms)) for packet in packets), every_s=ms / 1000)
    call.wait(0.5)

    assert np.array_equal(call.samples(), decoded(packets))
    assert all(frame.at % FRAME_SAMPLES == 0 for frame in call.frames)
    assert call.receiver.counters.concealed == call.receiver.counters.faults == 0


def test_a_spurt_that_ends_between_frames_is_completed_with_silence() -> None:
    call = Call(ANA)
    packets = encode(voice(0.21), ms=10)

    call.hear(*(call.ana.send(packet, ticks=480) for packet in packets), every_s=0.01)
    call.wait(0.5)

    assert len(call.heard()) == 11
    assert not call.samples()[-160:].any()


# -- the gate --------------------------------------------------------------------------------------------------


def test_who_did_not_say_yes_stays_sealed() -> None:
    call = Call(ANA, CLEO)

    for _ in range(50):
        call.hear(call.ana.speak(), call.speakers[CLEO].speak(), every_s=PACKET_S / 2)
    call.wait(0.2)

    cleo = call.receiver.members[CLEO]
    assert (cleo.packets, cleo.dropped_sealed, cleo.decryption_attempts, cleo.frames) == (50, 50, 0, 0)
    assert call.receiver.counters.dropped_sealed == 50
    assert len(call.heard(ANA)) == 50
    assert not call.heard(CLEO)


class Watched:
    """A transport that counts what it is asked to open."""

    def __init__(self, call: Call) -> None:
        self._transport = make_transport(MODES[0], KEY)
        self.opened = 0
        call.receiver._transport = self

    def open(self, datagram: bytes, header_bytes: int) -> bytes:
        self.opened += 1
        return self._transport.open(datagram, header_bytes)

    def seal(self, header: bytes, plaintext: bytes, counter: int) -> bytes:
        raise NotImplementedError


def test_not_even_the_transport_of_a_refused_packet_is_opened() -> None:
    call = Call(ANA, allowed=())
    watched = Watched(call)

    call.hear(*(call.ana.speak() for _ in range(20)))

    assert watched.opened == 0
    assert call.receiver.counters.dropped_sealed == 20


def test_a_yes_in_the_middle_is_heard_from_there_on() -> None:
    call = Call(ANA, allowed=())
    call.hear(*(call.ana.speak() for _ in range(20)))

    call.gate.allow(ANA)
    at = call.now
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.wait(0.2)

    assert len(call.heard()) == 20
    assert call.heard()[0].start_s == pytest.approx(at)


def test_a_pause_lets_nothing_through_and_what_came_meanwhile_is_never_heard() -> None:
    call = Call(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))
    before = len(call.heard())

    call.gate.pause("notice")
    call.hear(*(call.ana.speak() for _ in range(20)))
    assert len(call.heard()) == before
    call.gate.resume("notice")
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.wait(0.2)

    assert len(call.heard()) - before == 20 + round(0.4 / PACKET_S)  # the pause of 0.4 s is heard as silence
    assert call.receiver.counters.dropped_sealed == 20
    assert call.receiver.members[ANA].decrypted == 40


def test_packets_that_wait_in_the_reorder_buffer_when_the_gate_shuts_stay_sealed() -> None:
    call = Call(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.ana.speak()  # lost
    call.hear(call.ana.speak(), every_s=0)
    decrypted = call.receiver.members[ANA].decrypted

    call.gate.revoke(ANA)
    call.wait(0.5)

    assert call.receiver.members[ANA].decrypted == decrypted
    assert call.receiver.counters.dropped_sealed == 1
    assert call.receiver._streams[call.ana.ssrc].decoder is None


@pytest.mark.parametrize("end", ["left", "disconnected"])
def test_they_stay_sealed_too_when_the_stream_ends_before_anything_else_happens(end: str) -> None:
    call = Call(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.ana.speak()
    call.hear(call.ana.speak(), every_s=0)
    decrypted = call.receiver.members[ANA].decrypted

    call.gate.revoke(ANA)
    call.receiver.left(ANA) if end == "left" else call.receiver.disconnected()

    assert call.receiver.members[ANA].decrypted == decrypted


def test_a_new_yes_does_not_cover_what_waited_under_the_old_one() -> None:
    call = Call(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.ana.speak()
    call.hear(call.ana.speak(), every_s=0)

    call.gate.revoke(ANA)
    call.gate.allow(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.wait(0.2)

    assert call.receiver.members[ANA].decrypted == 40


def test_what_comes_out_of_order_behind_a_withdrawal_stays_sealed() -> None:
    call = Call(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))
    first, *others = [call.ana.speak() for _ in range(4)]
    call.hear(*others, every_s=0)

    def withdraw(frame: Frame) -> None:
        call.receiver.forget(frame.speaker_id)

    call.receiver._on_frame = withdraw
    call.hear(first)
    call.wait(0.2)

    assert call.receiver.members[ANA].decrypted <= 21
    assert call.receiver.counters.faults == 0


def test_somebody_may_withdraw_at_the_silence_before_their_next_word() -> None:
    call = Call(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.hear(call.ana.send(SILENCE))
    call.wait(0.5)
    ring = call.heard()[0].ring

    def withdraw(frame: Frame) -> None:
        call.receiver.forget(frame.speaker_id)

    call.receiver._on_frame = withdraw
    call.hear(call.ana.speak())

    assert not ring._block.any()
    assert call.receiver.counters.faults == 0


def test_withdrawal_wipes_at_once_what_was_heard_and_what_waits() -> None:
    call = Call(ANA, BEN)
    for _ in range(50):
        call.hear(call.ana.speak(), call.speakers[BEN].speak(), every_s=PACKET_S / 2)
    ring, decoder = call.heard()[0].ring, call.receiver._streams[call.ana.ssrc].decoder
    call.ana.speak()
    call.hear(call.ana.speak(), every_s=0)
    assert ring._block.any()
    assert decoder is not None

    call.receiver.forget(ANA)

    assert not ring._block.any()
    assert not any(decoder._state.raw)
    assert call.receiver._streams[call.ana.ssrc].reorder.holding == 0
    assert not call.gate.allowed(ANA)
    heard = len(call.heard())
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.wait(0.3)
    assert len(call.heard()) == heard
    assert not ring._block.any()
    assert call.samples(BEN).any()


def test_after_withdrawal_a_new_yes_is_heard_in_aligned_frames() -> None:
    call = Call(ANA)
    call.hear(*(call.ana.send(p, ticks=480) for p in encode(voice(0.21), ms=10)), every_s=0.01)
    call.receiver.forget(ANA)
    call.frames.clear()

    call.gate.allow(ANA)
    call.hear(*(call.ana.speak() for _ in range(10)))
    call.wait(0.2)

    assert len(call.heard()) == 10
    assert all(frame.at % FRAME_SAMPLES == 0 and frame.samples.shape == (FRAME_SAMPLES,) for frame in call.heard())


def test_somebody_may_withdraw_while_their_frame_is_being_handed_on() -> None:
    call = Call(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))
    ring = call.heard()[0].ring

    def withdraw(frame: Frame) -> None:
        call.receiver.forget(frame.speaker_id)

    call.receiver._on_frame = withdraw
    call.wait(0.3)
    call.hear(*(call.ana.speak() for _ in range(20)))

    assert not ring._block.any()
    assert call.receiver.counters.faults == 0


# -- end-to-end encryption ---------------------------------------------------------------------------------------


def test_plaintext_is_never_heard_in_an_encrypted_call_even_after_a_downgrade() -> None:
    call = Call(ANA)
    call.group.session(BOT).set_passthrough_mode(True, 120)
    call.ana.session = None

    call.hear(*(call.ana.speak() for _ in range(20)))
    call.wait(0.2)

    assert not call.frames
    assert call.receiver.counters.plaintext_refused == 20


def test_before_the_encryption_is_known_everything_stays_sealed() -> None:
    call = Call(ANA)
    call.receiver.encryption(None)

    call.hear(*(call.ana.speak() for _ in range(20)))

    assert call.receiver.counters.dropped_sealed == 20
    assert not call.frames


def test_frames_of_another_key_are_not_heard() -> None:
    call = Call(ANA, BEN)
    call.ana.session = call.group.session(BEN)

    call.hear(*(call.ana.speak() for _ in range(20)))
    call.wait(0.2)

    assert not call.frames
    assert call.receiver.counters.not_opened == 20


def test_somebody_joining_the_group_costs_no_frame() -> None:
    call = Call(ANA, BEN)
    call.hear(*(call.ana.speak() for _ in range(20)))

    call.group.add(CLEO)
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.wait(0.2)

    assert len(call.heard()) == 40
    assert call.receiver.counters.not_opened == 0


def stage(*allowed: int, mapped: bool = True) -> Call:
    call = Call(ANA, BEN, allowed=allowed, mapped=mapped)
    call.receiver.encryption(Plain())
    for speaker in call.speakers.values():
        speaker.session = None
    return call


def test_a_stage_is_heard_without_end_to_end_encryption() -> None:
    call = stage(ANA)

    for _ in range(50):
        call.hear(call.ana.speak(), call.speakers[BEN].speak(), every_s=PACKET_S / 2)
    call.wait(0.2)

    assert np.array_equal(call.samples(ANA), decoded(spoken()[:50]))
    assert not call.heard(BEN)


def test_on_a_stage_packets_of_nobody_yet_known_are_not_even_opened() -> None:
    call = stage(ANA, mapped=False)
    watched = Watched(call)

    call.hear(*(call.ana.speak() for _ in range(20)))
    assert watched.opened == 0
    call.receiver.speaking(ANA, call.ana.ssrc)
    call.wait(0.2)

    assert len(call.heard()) == 20


def test_what_waits_on_a_stage_waits_sealed() -> None:
    call = stage(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.ana.speak()
    secret = call.ana.packets[21]
    call.hear(call.ana.speak(), every_s=0)

    held = call.receiver._streams[call.ana.ssrc].reorder._held

    assert len(held) == 1
    assert all(secret not in item.datagram for item, _ in held.values())


def test_zeros_that_some_servers_send_are_not_decoded() -> None:
    call = stage(ANA)

    call.hear(*(call.ana.send(bytes(60)) for _ in range(20)))
    call.wait(0.2)

    assert not call.frames
    assert call.receiver.counters.silence == 20


# -- whose stream it is ------------------------------------------------------------------------------------------


def test_a_stream_without_a_name_is_heard_from_its_first_packet_by_the_key_that_opens_it() -> None:
    call = Call(ANA, BEN, mapped=False)

    for _ in range(50):
        call.hear(call.ana.speak(), call.speakers[BEN].speak(), every_s=PACKET_S / 2)
    call.wait(0.2)

    assert np.array_equal(call.samples(ANA), decoded(spoken()[:50]))
    assert np.array_equal(call.samples(BEN), decoded(spoken()[:50]))


def test_only_keys_of_people_who_said_yes_are_tried() -> None:
    call = Call(ANA, CLEO, mapped=False)

    call.hear(*(call.speakers[CLEO].speak() for _ in range(50)))
    call.wait(0.2)

    assert CLEO not in call.receiver.members
    assert 0 < call.receiver.members[ANA].decryption_attempts <= 2 * module.TRIES + 2
    assert not call.frames


def test_packets_held_for_a_name_are_dropped_sealed_when_it_is_that_of_somebody_who_did_not_say_yes() -> None:
    call = Call(ANA, CLEO, mapped=False)
    call.hear(*(call.speakers[CLEO].speak() for _ in range(20)))

    call.receiver.speaking(CLEO, call.speakers[CLEO].ssrc)
    call.wait(0.2)

    assert call.receiver.members[CLEO].dropped_sealed == 20
    assert call.receiver.members[CLEO].decryption_attempts == 0
    assert not call.receiver._unknown


def test_what_was_said_before_the_yes_is_not_replayed_when_the_name_comes_after_it() -> None:
    call = Call(ANA, BEN, mapped=False, allowed=(BEN,))
    call.hear(*(call.ana.speak() for _ in range(20)))

    call.gate.allow(ANA)
    call.receiver.speaking(ANA, call.ana.ssrc)
    call.hear(*(call.ana.speak() for _ in range(10)))
    call.wait(0.2)

    assert call.receiver.members[ANA].dropped_sealed == 20
    assert len(call.heard()) == 10


def test_the_same_holds_when_the_key_shows_whose_stream_it_is() -> None:
    call = Call(ANA, BEN, mapped=False, allowed=(BEN,))
    call.hear(*(call.ana.speak() for _ in range(5)))

    call.gate.allow(ANA)
    call.hear(*(call.ana.speak() for _ in range(10)))
    call.wait(0.2)

    assert call.receiver.members[ANA].dropped_sealed == 5
    assert call.receiver.members[ANA].decryption_attempts == 10
    assert len(call.heard()) == 10


def test_packets_held_for_a_name_keep_the_time_of_their_arrival() -> None:
    call = stage(ANA, mapped=False)
    at = call.now
    call.hear(*(call.ana.speak() for _ in range(50)))

    call.receiver.speaking(ANA, call.ana.ssrc)
    call.hear(*(call.ana.speak() for _ in range(10)))

    assert call.heard()[0].start_s == pytest.approx(at)
    assert call.heard()[-1].start_s == pytest.approx(at + 59 * PACKET_S)


def test_packets_that_nobody_claims_expire() -> None:
    call = Call(ANA, CLEO, mapped=False)

    call.hear(*(call.speakers[CLEO].speak() for _ in range(20)))
    call.wait(2.5)

    assert call.receiver.counters.held == call.receiver.counters.held_expired == 20
    assert not call.receiver._unknown


def test_unknown_streams_are_bounded_in_number_and_length() -> None:
    call = Call(ANA, CLEO, mapped=False)
    cleo = call.speakers[CLEO]
    for ssrc in range(5_000, 5_000 + 2 * HOLD_STREAMS):
        cleo.ssrc = ssrc
        call.hear(*(cleo.speak() for _ in range(2 if ssrc > 5_000 else 300)), every_s=0)

    unknown = call.receiver._unknown

    assert len(unknown) == HOLD_STREAMS
    assert max(len(stream.held) for stream in unknown.values()) == HOLD_PACKETS
    assert call.receiver.counters.unmapped_dropped == 2 * HOLD_STREAMS


def test_forged_packets_make_no_entry_for_their_stream() -> None:
    call = Call(ANA)
    forger = make_transport(MODES[0], bytes(32))

    for ssrc in range(100):
        call.hear(rtp(forger, header(ssrc, 1, 2), b"x" * 40, ssrc), every_s=0)

    assert not call.receiver._unknown
    assert call.receiver.counters.not_authentic == 100


def test_while_nobody_said_yes_unknown_streams_are_dropped_unopened() -> None:
    call = Call(ANA, mapped=False, allowed=())
    watched = Watched(call)

    call.hear(*(call.ana.speak() for _ in range(20)))

    assert watched.opened == 0
    assert call.receiver.counters.unmapped_dropped == 20
    assert not call.receiver._unknown


def test_an_unknown_stream_is_tried_again_after_the_group_changed() -> None:
    call = Call(ANA, mapped=False, allowed=(ANA, BEN))
    call.group.add(BEN)
    call.receiver.encryption(DaveFrames(Call(ANA).group.session(BOT)))  # another group: no key fits
    ben = call.ana
    ben.session = call.group.session(BEN)
    call.hear(*(ben.speak() for _ in range(module.TRIES + 5)))
    assert not call.frames

    call.receiver.encryption(DaveFrames(call.group.session(BOT)))
    call.hear(*(ben.speak() for _ in range(10)))
    call.wait(0.2)

    assert len(call.heard(BEN)) == module.TRIES + 15


def test_video_streams_are_not_heard() -> None:
    call = Call(ANA, mapped=False)
    call.receiver.video(ANA, [call.ana.ssrc])

    call.hear(*(call.ana.speak() for _ in range(10)))

    assert call.receiver.counters.video == 10
    assert not call.frames
    call.receiver.video(ANA, [])
    call.hear(*(call.ana.speak() for _ in range(10)))
    call.wait(0.2)
    assert len(call.heard()) == 10


def test_a_new_stream_of_the_same_person_replaces_the_old_one() -> None:
    call = Call(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.wait(2)

    call.ana.ssrc, call.ana.sequence, call.ana.timestamp = 2000, 5, 77
    call.receiver.speaking(ANA, 2000)
    at = call.now
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.wait(0.2)

    assert len(call.heard()) == 40
    assert call.heard()[20].start_s == pytest.approx(at)
    assert list(call.receiver._streams) == [2000]


def test_a_stream_number_that_now_belongs_to_another_is_theirs() -> None:
    call = Call(ANA, BEN)
    call.hear(*(call.ana.speak() for _ in range(20)))

    call.speakers[BEN].ssrc = call.ana.ssrc
    call.receiver.speaking(BEN, call.ana.ssrc)
    call.hear(*(call.speakers[BEN].speak() for _ in range(20)))
    call.wait(0.2)

    assert len(call.heard(ANA)) == len(call.heard(BEN)) == 20


def test_who_leaves_is_heard_to_the_last_packet_that_came() -> None:
    call = Call(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.ana.speak()
    call.hear(call.ana.speak(), every_s=0)

    call.receiver.left(ANA)

    assert len(call.heard()) == 22  # one of them made up
    assert not call.receiver._streams


def test_a_reconnect_forgets_streams_and_keeps_rings_and_counters() -> None:
    call = Call(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.wait(0.2)
    before = call.samples().copy()

    call.receiver.disconnected()
    call.hear(*(call.ana.speak() for _ in range(5)))
    key = bytes(32)
    call.receiver.connected(mode=MODES[1], secret_key=key)
    call.ana.transport = make_transport(MODES[1], key)
    call.receiver.speaking(ANA, call.ana.ssrc)
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.wait(0.2)

    assert len(before) == 20 * FRAME_SAMPLES
    assert np.array_equal(call.samples()[: len(before)], before)
    assert call.receiver.members[ANA].decrypted == 40
    assert call.receiver.counters.unmapped_dropped == 5


# -- loss, order, time -------------------------------------------------------------------------------------------


def starts(call: Call) -> list[float]:
    return [frame.start_s for frame in call.heard()]


def test_lost_packets_are_concealed_in_their_place() -> None:
    call = Call(ANA)
    sent = [call.ana.speak() for _ in range(50)]

    for nth, datagram in enumerate(sent):
        call.hear(*() if nth in {20, 30, 31, 32} else (datagram,), every_s=PACKET_S)
        if nth in {20, 30, 31, 32}:
            call.wait(PACKET_S)
    call.wait(0.2)

    counters = call.receiver.counters
    assert (counters.lost, counters.concealed, counters.recovered) == (4, 4, 0)
    assert call.receiver.members[ANA].lost == call.receiver.members[ANA].concealed == 4
    assert len(call.heard()) == 50
    assert np.allclose(np.diff(starts(call)), PACKET_S)
    truth = decoded(spoken()[:50])
    assert np.array_equal(call.samples()[: 20 * FRAME_SAMPLES], truth[: 20 * FRAME_SAMPLES])
    assert np.abs(call.samples()[20 * FRAME_SAMPLES : 21 * FRAME_SAMPLES]).max() > 0


def test_a_lost_packet_is_taken_from_the_redundancy_of_the_next_where_there_is_some() -> None:
    call = Call(ANA)
    call.ana.packets = encode(voice(1.0), bitrate=24_000, controls=((SET_FEC, 1), (SET_LOSS, 10), (SET_SIGNAL, 3001)))

    for nth in range(50):
        datagram = call.ana.speak()
        if nth % 7 == 3:
            call.wait(PACKET_S)
        else:
            call.hear(datagram)
    call.wait(0.2)

    counters = call.receiver.counters
    assert counters.lost == 7
    assert counters.recovered >= 3
    assert counters.recovered + counters.concealed == 7
    assert len(call.heard()) == 50


def test_a_long_gap_is_not_made_up_but_heard_as_the_pause_it_was() -> None:
    call = Call(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))

    for _ in range(20):
        call.ana.speak()
    call.wait(20 * PACKET_S)
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.wait(0.2)

    assert call.receiver.counters.lost == 20
    assert call.receiver.counters.concealed == 0
    assert len(call.heard()) == 60
    assert not call.samples()[20 * FRAME_SAMPLES : 40 * FRAME_SAMPLES].any()
    assert np.allclose(np.diff(starts(call)), PACKET_S)


def test_a_gap_claimed_to_be_huge_makes_up_nothing() -> None:
    call = Call(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))

    call.ana.sequence += 30_000
    call.ana.timestamp += 30_000 * TICKS
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.wait(0.3)

    assert call.receiver.counters.concealed == 0
    assert 40 <= len(call.heard()) <= 45


@settings(deadline=None, max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(st.floats(0, 0.075), max_size=2), min_size=30, max_size=60))
def test_whatever_the_network_does_in_time_the_words_keep_their_places(packets: list[list[float]]) -> None:
    call = Call(ANA)
    sent = [call.ana.speak() for _ in packets]
    arrivals = sorted((nth * PACKET_S + delay, nth) for nth, copies in enumerate(packets) for delay in copies)

    start = call.now
    for at, nth in arrivals:
        call.wait(start + at - call.now)
        call.receiver.datagram(sent[nth])
    call.wait(0.3)

    came = [nth for nth, copies in enumerate(packets) if copies]
    counters = call.receiver.counters
    assert call.receiver.members[ANA].decrypted == len(came)
    assert counters.duplicates == sum(max(0, len(copies) - 1) for copies in packets)
    assert counters.late == counters.not_opened == counters.faults == 0
    if came:
        assert counters.lost == came[-1] - came[0] + 1 - len(came)
        assert all(b >= a for a, b in pairwise(starts(call)))
        assert all(start <= s <= start + len(packets) * PACKET_S + 0.2 for s in starts(call))


def test_packets_in_disorder_are_heard_as_they_were_said() -> None:
    call = Call(ANA)
    sent = [call.ana.speak() for _ in range(60)]
    rng = np.random.default_rng(3)
    order = sorted(range(60), key=lambda nth: nth + rng.uniform(0, 2.9))

    call.hear(*(sent[nth] for nth in order))
    call.wait(0.3)

    assert np.array_equal(call.samples(), decoded(spoken()[:60]))
    assert call.receiver.counters.lost == 0


def test_silence_frames_end_a_spurt_once_and_are_not_decoded() -> None:
    call = Call(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))
    stopped = call.now

    call.hear(*(call.ana.send(SILENCE) for _ in range(50)))

    assert call.pauses == [(ANA, pytest.approx(stopped, abs=0.001))]
    assert call.receiver.counters.silence == 50
    assert len(call.heard()) == 20
    assert call.receiver.members[ANA].decryption_attempts == 20


def test_a_short_pause_is_heard_and_a_long_one_begins_a_new_stretch() -> None:
    call = Call(ANA)
    for pause in (0.5, 3.0):
        call.hear(*(call.ana.speak() for _ in range(20)))
        call.hear(*(call.ana.send(SILENCE) for _ in range(5)))
        call.wait(pause - 0.1)
        call.ana.timestamp += round(48_000 * (pause - 0.1))
    at = call.now
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.wait(0.2)

    times = starts(call)
    assert len(times) == 60 + 25
    gaps = np.diff(times)
    assert np.allclose(np.sort(gaps)[:-1], PACKET_S, atol=1e-3)
    assert gaps.max() == pytest.approx(3.0 + PACKET_S, abs=0.001)
    assert times[-20] == pytest.approx(at, abs=0.001)


def test_a_sender_whose_timestamps_stand_still_in_pauses_is_placed_by_arrival() -> None:
    call = Call(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))

    call.wait(10)  # no silence frames, and the next timestamp follows the last
    at = call.now
    call.hear(*(call.ana.speak() for _ in range(20)))

    assert starts(call)[20] == pytest.approx(at)
    assert len(call.heard()) == 40


def test_a_sender_that_begins_anew_is_placed_by_arrival_whatever_its_timestamps_say() -> None:
    call = Call(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))

    call.wait(0.3)
    call.ana.sequence -= 5_000
    call.ana.timestamp += 2 * TICKS
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.wait(0.2)

    assert len(call.heard()) == 20 + 15 + 20
    assert call.receiver.counters.lost == call.receiver.counters.late == 0


def test_a_burst_after_a_stall_never_runs_far_ahead_of_the_clock() -> None:
    call = Call(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))

    call.wait(0.7)
    call.hear(*(call.ana.speak() for _ in range(35)), every_s=0)
    latest = max(starts(call))
    assert latest <= call.now + module.AHEAD_S + 0.021
    call.hear(*(call.ana.speak() for _ in range(20)))

    assert all(b >= a for a, b in pairwise(starts(call)))
    assert starts(call)[-1] <= call.now + module.AHEAD_S


def test_a_sender_whose_clock_runs_fast_stays_near_ours() -> None:
    call = Call(ANA)

    call.hear(*(call.ana.speak() for _ in range(1_000)), every_s=PACKET_S * 0.95)

    assert all(b >= a for a, b in pairwise(starts(call)))
    assert starts(call)[-1] <= call.now + module.AHEAD_S + 0.021


def test_sound_of_a_frame_that_stays_closed_is_concealed_and_no_more() -> None:
    call = Call(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))

    session, call.ana.session = call.ana.session, None
    call.hear(call.ana.speak())
    call.ana.session = session
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.wait(0.2)

    assert call.receiver.counters.plaintext_refused == 1
    assert call.receiver.counters.concealed == 1
    assert call.receiver.counters.lost == 0
    assert len(call.heard()) == 41


def test_what_libopus_refuses_is_counted() -> None:
    call = stage(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))

    call.hear(call.ana.send(b"\x7b"))  # code 3 without its second byte
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.wait(0.2)

    assert call.receiver.counters.not_decoded == 1
    assert call.receiver.counters.faults == 0
    assert len(call.heard()) == 41


def test_padding_alone_is_no_sound_and_no_loss() -> None:
    call = Call(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))

    call.hear(rtp(call.transport, header(call.ana.ssrc, call.ana.sequence, call.ana.timestamp), b"", 900, padding=9))
    call.ana.sequence += 1
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.wait(0.2)

    assert call.receiver.counters.empty == 1
    assert call.receiver.counters.lost == call.receiver.counters.concealed == 0
    assert len(call.heard()) == 40


def test_a_listener_who_is_too_slow_loses_old_audio_and_nothing_piles_up() -> None:
    call = Call(ANA, ring_s=1.0)

    call.hear(*(call.ana.speak() for _ in range(200)))

    ring = call.heard()[0].ring
    assert ring.capacity == 16_000
    assert len(call.heard()) == 200
    assert ring.oldest == ring.written - ring.capacity


# -- robustness --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("datagram", "counter"),
    [
        (b"", "not_rtp"),
        (b"\x01\0\0\0\0\0\0\0", "not_rtp"),
        (struct.pack(">HHI64sH", 2, 70, 42, b"203.0.113.9", 50_000), "not_rtp"),
        (b"\x81\xc9" + bytes(40), "rtcp"),
        (header(1000, 1, 1, payload_type=101) + bytes(40), "not_opus"),
        (header(1000, 1, 1) + bytes(40), "not_authentic"),
        (header(1000, 1, 1, first=0x9F) + bytes(40), "not_rtp"),
    ],
)
def test_what_is_no_voice_is_counted_by_its_kind(datagram: bytes, counter: str) -> None:
    call = Call(ANA)

    call.hear(datagram)

    assert call.receiver.counters == Counters(datagrams=1, **{counter: 1})


def test_forged_packets_with_a_known_number_take_nothing_from_the_real_stream() -> None:
    call = Call(ANA)
    forger = make_transport(MODES[0], bytes(32))

    for nth in range(100):
        ahead = header(call.ana.ssrc, call.ana.sequence + nth % 70, call.ana.timestamp)
        call.hear(rtp(forger, ahead, b"x" * 60, nth), every_s=0)
        call.hear(call.ana.speak())
    call.wait(0.2)

    assert np.array_equal(call.samples(), decoded(spoken()[:100]))
    assert call.receiver.counters.not_authentic == 100


def test_packets_repeated_by_somebody_on_the_way_are_heard_once() -> None:
    call = Call(ANA)
    sent = [call.ana.speak() for _ in range(60)]

    for nth, datagram in enumerate(sent):
        call.hear(datagram, sent[max(0, nth - 30)], every_s=PACKET_S / 2)
    call.wait(0.2)

    assert np.array_equal(call.samples(), decoded(spoken()[:60]))
    assert call.receiver.counters.duplicates == 60
    assert call.receiver.counters.not_opened == 0


def test_an_error_of_the_listener_costs_neither_its_other_frames_nor_the_log(caplog: pytest.LogCaptureFixture) -> None:
    call = Call(ANA)

    def fail(frame: Frame) -> None:
        call.frames.append(frame)
        raise ValueError("samples and names")

    call.receiver._on_frame = fail
    with caplog.at_level(logging.DEBUG):
        call.hear(*(call.ana.speak() for _ in range(100)))

    assert len(call.heard()) == 100
    assert call.receiver.counters.faults == 100
    assert len(caplog.records) == 7
    assert "samples" not in caplog.text


def test_an_error_of_our_own_ends_no_task_that_ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    call = Call(ANA)
    call.hear(*(call.ana.speak() for _ in range(20)))
    call.ana.speak()
    call.hear(call.ana.speak(), every_s=0)

    def fail(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(module, "strip", fail)
        call.wait(0.2)
    assert call.receiver.counters.faults == 1
    call.hear(*(call.ana.speak() for _ in range(20)))

    assert call.receiver.members[ANA].decrypted == 40


def test_anything_at_all_is_a_datagram() -> None:
    call = Call(ANA)

    for thing in (None, 7, "text", memoryview(b"x" * 100), bytearray(call.ana.speak())):
        call.receiver.datagram(thing)  # type: ignore[arg-type]

    assert call.receiver.counters.datagrams == 5


def test_nothing_arrives_after_close_and_everything_is_wiped() -> None:
    call = Call(ANA)
    call.hear(*(call.ana.speak() for _ in range(50)))
    ring = call.heard()[0].ring
    decoder = call.receiver._streams[call.ana.ssrc].decoder
    assert decoder is not None

    call.receiver.close()
    call.receiver.close()
    call.hear(*(call.ana.speak() for _ in range(5)))

    assert not ring._block.any()
    assert not any(decoder._state.raw)
    assert len(call.heard()) == 50
    assert call.receiver._transport is None


def test_after_close_no_ring_is_kept_but_whether_one_held_sound_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def keep(_ring: Ring) -> None:
        pass

    good, bad = Call(ANA), Call(ANA)
    for call in (good, bad):
        call.hear(*(call.ana.speak() for _ in range(50)))
        assert not call.receiver.silent

    good.receiver.close()
    with monkeypatch.context() as broken:
        broken.setattr(Ring, "wipe", keep)
        bad.receiver.close()

    assert good.receiver.silent
    assert not bad.receiver.silent
    assert not good.receiver._voices
    assert not bad.receiver._voices


def test_neither_ids_nor_keys_nor_sound_reach_a_repr_an_error_or_the_log(caplog: pytest.LogCaptureFixture) -> None:
    call = Call(ANA, BEN, mapped=False)
    words: list[str] = []
    with caplog.at_level(logging.DEBUG):
        call.hear(*(call.ana.speak() for _ in range(30)))
        call.hear(*(call.speakers[BEN].send(b"\x7b") for _ in range(3)))
        call.ana.speak()
        call.hear(call.ana.speak(), every_s=0)
        call.receiver.datagram(None)  # type: ignore[arg-type]
        stream = call.receiver._streams[call.ana.ssrc]
        held = next(iter(stream.reorder._held.values()))
        parts = [
            call.receiver,
            call.gate,
            call.frames[0],
            call.frames[0].ring,
            stream,
            stream.decoder,
            stream.reorder,
            held[0],
            held[0].packet,
            call.receiver.counters,
            call.receiver.members[ANA],
            call.receiver._frames,
            call.receiver._transport,
        ]
        words += [f"{part!r} {part!s}" for part in parts]
        with pytest.raises(FrameNotOpened) as caught:
            DaveFrames(call.group.session(BOT)).open(ANA, call.ana.packets[0])
        words += [repr(caught.value), str(caught.value)]
    everything = "\n".join([*words, caplog.text, *(str(record.__dict__) for record in caplog.records)])

    assert caplog.records
    for secret in (ANA, BEN, BOT, call.ana.ssrc):
        assert str(secret) not in everything
    assert KEY.hex() not in everything
    assert repr(KEY)[2:20] not in everything
    assert repr(call.ana.packets[0])[2:20] not in everything
