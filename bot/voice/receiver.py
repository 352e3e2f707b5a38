"""Hearing: a datagram goes in, 20 ms of a consenting person's voice come out. No sockets, no Discord, no event loop.

    datagram -> parse -> gate -> transport.open -> strip -> reorder -> gate -> e2ee.open -> libopus -> Ring -> on_frame
                  |        |          |                        |                  |            |
               not_rtp  dropped  not_authentic       late, duplicates, lost   not_opened  not_decoded

Three rules shape it:

* The gate comes before decryption. A stream's number (SSRC) is in the clear, so what belongs to somebody who did not
  say yes is dropped as it came, sealed. It is asked again when a packet leaves the reorder buffer.
* A packet changes nothing until the voice server's key has authenticated it: anyone can send us datagrams, with any
  number on them.
* Whatever waits, waits sealed: reorder buffers and the packets of nobody yet known hold datagrams, never sound.

Voice is UDP and "who speaks as which SSRC" is TCP, so packets may come before their owner's name. They are held for
two seconds, and in a group that is encrypted end to end the owner is found sooner: only the owner's key opens them.
Only keys of people who said yes are tried.

What cannot be overwritten here: for some microseconds a packet's Opus frame exists as Python bytes, because that is
what davey returns. Samples exist in the ring and in the decoder's state alone, and both are zeroed.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from bot.voice.e2ee import SILENCE, FrameNotOpened, Reason
from bot.voice.opus import CONCEALED_STEP, Decoder, NotOpus, has_fec
from bot.voice.reorder import WAIT_S, Released, Reorder, Verdict
from bot.voice.rtp import CLOCK_HZ, Packet, Refusal, parse, strip, timestamp_distance
from bot.voice.transport import NotAuthentic, make_transport
from stt.audio import FRAME_SAMPLES, RATE_HZ, RING_S, Frame, Ring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bot.voice.e2ee import FrameOpener
    from bot.voice.gate import Gate
    from bot.voice.transport import Transport

log = logging.getLogger(__name__)

HOLD_S = 2.0
"""How long a packet waits for the name of its sender."""

HOLD_PACKETS = 100
"""How many packets of one unknown stream wait at most: two seconds of 20 ms."""

HOLD_STREAMS = 32
"""How many unknown streams there may be at once; more are dropped, so that nobody can fill the memory."""

MAX_STREAMS = 512
"""How many streams are remembered at most; far more than a voice channel holds people."""

TRIES = 16
"""How often all keys are tried on an unknown stream at once; after that once a second."""

CONCEALED_FRAMES = 5
"""A longer gap is a new spurt: what libopus makes up fades after 100 ms anyway, and words must not be invented."""

FILL_S = 1.0
"""A shorter pause is written as digital silence, so that the listener hears it; a longer one ends the stretch."""

STALL_S = 0.5
"""A packet this much later than its timestamp says begins a new spurt: its sender does not count time in pauses."""

AHEAD_S = 0.1
"""How far a frame's time may be ahead of the clock, when packets come in a burst or a sender's clock runs fast."""

SPURT_S = 0.2
"""After this time without a packet a spurt is over even if its silence frames were lost."""

_SAMPLE_S = 1 / RATE_HZ
_TICKS_PER_SAMPLE = CLOCK_HZ // RATE_HZ
_CONCEALED_TICKS = CONCEALED_FRAMES * FRAME_SAMPLES * _TICKS_PER_SAMPLE


@dataclass(slots=True)
class Counters:
    """What became of every datagram, as people are shown it. Only ever counted up."""

    datagrams: int = 0
    """Everything that came."""
    not_rtp: int = 0
    """Answers to keepalives and IP discovery, and whatever else is no RTP."""
    rtcp: int = 0
    not_opus: int = 0
    """RTP of another payload type: video, retransmissions, probes."""
    video: int = 0
    """Packets of a stream that the voice gateway named as video."""
    not_authentic: int = 0
    """Not sealed with this connection's key, or damaged."""
    empty: int = 0
    """Packets of padding alone."""
    duplicates: int = 0
    late: int = 0
    """Came after their place was given up."""
    lost: int = 0
    """Never came, by their sequence numbers."""
    recovered: int = 0
    """Frames taken from the redundancy of the packet behind them."""
    concealed: int = 0
    """Frames made up from the sound before them."""
    dropped_sealed: int = 0
    """Packets of people who did not say yes, or that came in a pause: never decrypted."""
    held: int = 0
    """Packets that waited for the name of their sender."""
    held_expired: int = 0
    """Packets that waited in vain."""
    unmapped_dropped: int = 0
    """Packets of unknown streams that nobody who said yes can have sent, or for which there was no room."""
    not_opened: int = 0
    """Frames that end-to-end encryption refused: no key, another key, a replay."""
    plaintext_refused: int = 0
    """Frames without end-to-end encryption, where everything must be encrypted."""
    silence: int = 0
    """Frames that say: I stopped talking."""
    not_decoded: int = 0
    """Frames that libopus refused."""
    frames: int = 0
    """20 ms of voice that were handed on, pauses that were filled included."""
    faults: int = 0
    """Errors in our own code or in what is done with a frame; each is a bug."""


@dataclass(slots=True)
class MemberCounters:
    """What became of one person's packets."""

    packets: int = 0
    dropped_sealed: int = 0
    decryption_attempts: int = 0
    """How often this person's key was tried; 0 for whoever did not say yes."""
    decrypted: int = 0
    lost: int = 0
    concealed: int = 0
    frames: int = 0


class _Held(NamedTuple):
    """A datagram as it came."""

    packet: Packet
    datagram: bytes
    at_s: float
    moment: int

    def __repr__(self) -> str:
        return "<held packet>"


class _Opened(NamedTuple):
    """The frame that told whose stream it is. It opens only once, so it is handed along."""

    held: _Held
    frame: bytes

    def __repr__(self) -> str:
        return "<opened frame>"


class _Voice:
    """One person's ring and its place on the session clock; outlives streams and connections."""

    __slots__ = ("begun", "last_s", "ring", "zero_s")

    def __init__(self, ring_s: float) -> None:
        self.ring = Ring(ring_s)
        self.zero_s = 0.0  # when position 0 of the ring would have been spoken, had there been no pause since
        self.last_s = 0.0  # start of the newest frame that was handed on; the next is never earlier
        self.begun = False

    def tail_s(self) -> float:
        """When the newest sample in the ring ends."""
        return self.zero_s + self.ring.written * _SAMPLE_S

    def pad(self) -> bool:
        """Complete the last frame with silence: packets of 2.5 ms need not end at 20 ms. Whether there was need."""
        over = self.ring.written % FRAME_SAMPLES
        if over:
            self.ring.silence(FRAME_SAMPLES - over)
        return bool(over)

    def wipe(self) -> None:
        self.pad()  # so that frames stay aligned afterwards
        self.ring.wipe()
        self.begun = False


class _Stream:
    """One SSRC of one person: the order of its packets, and decoder and ring once that person may be heard."""

    __slots__ = (
        "came_s",
        "counters",
        "decoder",
        "expected",
        "reorder",
        "since",
        "talking",
        "unheard",
        "user_id",
        "voice",
    )

    def __init__(self, user_id: int, counters: MemberCounters, wait_s: float) -> None:
        self.user_id = user_id
        self.counters = counters
        self.reorder: Reorder[_Held] = Reorder(wait_s)
        self.decoder: Decoder | None = None
        self.voice: _Voice | None = None
        self.since = 0  # the moment of the yes under which it is heard; 0: it is not
        self.expected = 0  # the timestamp that follows the newest sample
        self.unheard = 0  # packets since then that came and gave no sound
        self.talking = False
        self.came_s = 0.0

    def forget(self) -> None:
        """Keep nothing of what came, sealed or heard."""
        self.reorder.clear()
        if self.decoder is not None:
            self.decoder.close()
            self.decoder = None
        self.since = self.unheard = 0
        self.talking = False


class _Unknown:
    """A stream whose sender has no name yet."""

    __slots__ = ("held", "tried_s", "tries")

    def __init__(self) -> None:
        self.held: deque[_Held] = deque()
        self.tries = TRIES
        self.tried_s = 0.0


class Receiver:
    """Joins the parts. One thread owns it: the event loop's.

    *on_frame* gets each frame as soon as it is whole; its samples are in the speaker's ring and are overwritten after
    *ring_s* seconds of further speech, so whoever is slow loses old audio and nothing piles up. *on_pause* gets the
    user's id and the time at which they stopped, when their client says so: a hint, which can be lost.
    *clock* gives the session clock in seconds; it never goes back.
    """

    def __init__(
        self,
        *,
        gate: Gate,
        on_frame: Callable[[Frame], None],
        on_pause: Callable[[int, float], None],
        clock: Callable[[], float],
        ring_s: float = RING_S,
        wait_s: float = WAIT_S,
    ) -> None:
        self.counters = Counters()
        self.members: dict[int, MemberCounters] = {}
        self._gate = gate
        self._on_frame = on_frame
        self._on_pause = on_pause
        self._clock = clock
        self._ring_s = ring_s
        self._wait_s = wait_s
        self._transport: Transport | None = None
        self._frames: FrameOpener | None = None
        self._voices: dict[int, _Voice] = {}
        self._left = False
        self._streams: dict[int, _Stream] = {}
        self._unknown: dict[int, _Unknown] = {}
        self._video: dict[int, frozenset[int]] = {}

    # -- what the voice gateway says ----------------------------------------------------------------------------

    def connected(self, *, mode: str, secret_key: bytes) -> None:
        """Begin a voice connection: streams are numbered anew, so everything but rings and counters is forgotten.

        Raises:
            UnknownMode: If *mode* is not in `transport.MODES`.
            ValueError: If the key is not 32 bytes long.
        """
        self.disconnected()
        self._transport = make_transport(mode, secret_key)

    def disconnected(self) -> None:
        """Forget the connection and its key. What was heard until now is handed on first."""
        for stream in self._streams.values():
            self._finish(stream)
            stream.forget()
        self._streams.clear()
        self._unknown.clear()
        self._video.clear()
        self._transport = None

    def encryption(self, frames: FrameOpener | None) -> None:
        """Open frames with *frames* from now on; None: not known, and everything stays sealed."""
        self._frames = frames
        for unknown in self._unknown.values():
            unknown.tries = TRIES

    def speaking(self, user_id: int, ssrc: int) -> None:
        """*user_id* speaks as *ssrc* (opcode 5, or `audio_ssrc` of opcode 12)."""
        stream = self._map(user_id, ssrc)
        unknown = self._unknown.pop(ssrc, None)
        if unknown is not None:
            self._replay(stream, unknown)
            self._release(stream, stream.reorder.ready(self._clock()))

    def video(self, user_id: int, ssrcs: Iterable[int]) -> None:
        """These streams of *user_id* are no audio, all others of theirs may be (opcode 12)."""
        self._video[user_id] = frozenset(ssrcs)
        while len(self._video) > MAX_STREAMS:
            del self._video[next(iter(self._video))]

    def left(self, user_id: int) -> None:
        """*user_id* left the channel (opcode 13). What they said until now is handed on."""
        self._video.pop(user_id, None)
        for ssrc in [ssrc for ssrc, stream in self._streams.items() if stream.user_id == user_id]:
            self._unmap(ssrc)

    # -- what comes over the wire -------------------------------------------------------------------------------

    def datagram(self, data: bytes) -> None:
        """Hear *data*, if it is the voice of somebody who may be heard. Never raises, whatever it is given."""
        self.counters.datagrams += 1
        try:
            packet = parse(data)
            if isinstance(packet, Packet):
                stream = self._streams.get(packet.ssrc)
                if stream is None:
                    self._from_unknown(packet, data)
                else:
                    self._arrived(stream, packet, data, self._clock())
            else:
                self._not_voice(packet)
        except Exception as fault:  # noqa: BLE001 - one datagram must not make the bot deaf
            self._fault(fault)

    def tick(self) -> None:
        """Do what time alone brings: give up lost packets, end spurts, let held packets expire. Every 20 to 50 ms."""
        now, gate = self._clock(), self._gate
        for stream in list(self._streams.values()):
            if stream.since == 0:
                continue
            if gate.since(stream.user_id) != stream.since:
                self._drop_sealed(stream, stream.reorder.holding)
                stream.forget()
            elif stream.reorder.holding:
                self._release(stream, stream.reorder.ready(now))
            elif stream.talking and now - stream.came_s > SPURT_S:
                self._pad(stream)
        self._expire(now)

    # -- the end ------------------------------------------------------------------------------------------------

    def forget(self, user_id: int) -> None:
        """Withdraw a yes, at once: the gate is shut; ring, held packets and decoder are wiped.

        The stream stays known by its owner, so that what follows is dropped sealed.
        """
        self._gate.revoke(user_id)
        for stream in self._streams.values():
            if stream.user_id == user_id:
                stream.forget()
        voice = self._voices.get(user_id)
        if voice is not None:
            voice.wipe()

    def close(self) -> None:
        """Wipe everything. Safe to call twice."""
        for stream in self._streams.values():
            stream.forget()
        for voice in self._voices.values():
            voice.wipe()
            self._left = self._left or not voice.ring.silent
        # A megabyte each; and discord.py keeps an answer's buttons, which know the interview, for minutes after that.
        self._voices.clear()
        self._streams.clear()
        self._unknown.clear()
        self._video.clear()
        self._transport = self._frames = None

    @property
    def silent(self) -> bool:
        """Whether no audio of anybody is left in the rings; after `close`, whether none was left in them."""
        return not self._left and all(voice.ring.silent for voice in self._voices.values())

    # -- streams and their owners -------------------------------------------------------------------------------

    def _map(self, user_id: int, ssrc: int) -> _Stream:
        known = self._streams.get(ssrc)
        if known is not None and known.user_id == user_id:
            return known
        # One account has one audio stream, so an older one of theirs is over, and so is this number's former owner.
        for old, stream in list(self._streams.items()):
            if old == ssrc or stream.user_id == user_id:
                self._unmap(old)
        while len(self._streams) >= MAX_STREAMS:
            self._unmap(next(iter(self._streams)))
        counters = self.members.setdefault(user_id, MemberCounters())
        stream = self._streams[ssrc] = _Stream(user_id, counters, self._wait_s)
        return stream

    def _unmap(self, ssrc: int) -> None:
        stream = self._streams.pop(ssrc)
        self._finish(stream)
        stream.forget()

    def _finish(self, stream: _Stream) -> None:
        """Hand on what waits for a packet that will not come now."""
        self._release(stream, stream.reorder.flush())
        self._end_spurt(stream)

    def _from_unknown(self, packet: Packet, data: bytes) -> None:
        ssrc, counters, gate = packet.ssrc, self.counters, self._gate
        transport, frames = self._transport, self._frames
        if any(ssrc in ssrcs for ssrcs in self._video.values()):
            counters.video += 1
            return
        unknown = self._unknown.get(ssrc)
        if (
            transport is None
            or frames is None
            or gate.paused
            or not gate.consenting
            or (unknown is None and len(self._unknown) >= HOLD_STREAMS)
        ):
            counters.unmapped_dropped += 1
            return
        payload = None
        if frames.end_to_end:  # else opening it would be hearing it
            try:
                payload = strip(packet, transport.open(data, packet.header_bytes))
            except NotAuthentic:
                counters.not_authentic += 1
                return
        if unknown is None:
            unknown = self._unknown[ssrc] = _Unknown()
        unknown.held.append(_Held(packet, data, self._clock(), gate.moment))
        counters.held += 1
        if len(unknown.held) > HOLD_PACKETS:
            unknown.held.popleft()
            counters.held_expired += 1
        if payload is not None:
            self._find_owner(transport, frames, unknown)

    def _find_owner(self, transport: Transport, frames: FrameOpener, unknown: _Unknown) -> None:
        """Try the keys of those who said yes: only the sender's opens a frame."""
        oldest, newest = unknown.held[0], unknown.held[-1]
        if unknown.tries:
            unknown.tries -= 1
        elif newest.at_s - unknown.tried_s < 1:
            return
        unknown.tried_s = newest.at_s
        candidates = self._gate.consenting & frames.members()
        # The oldest first: once a key has opened a frame, davey takes older ones for replays. It may be of an epoch
        # before ours, which nothing opens, hence the newest.
        for held in (oldest,) if oldest is newest else (oldest, newest):
            payload = strip(held.packet, transport.open(held.datagram, held.packet.header_bytes))
            opened = (
                None if payload is None or payload == SILENCE else self._try_keys(frames, candidates, held, payload)
            )
            if opened is not None:
                ssrc, (user_id, frame) = held.packet.ssrc, opened
                del self._unknown[ssrc]
                stream = self._map(user_id, ssrc)
                self._replay(stream, unknown)
                self._release(stream, stream.reorder.flush(), _Opened(held, frame))
                return

    def _try_keys(
        self, frames: FrameOpener, candidates: frozenset[int], held: _Held, payload: bytes
    ) -> tuple[int, bytes] | None:
        named = {stream.user_id for stream in self._streams.values()}
        for user_id in sorted(candidates, key=named.__contains__):
            if self._gate.since(user_id) > held.moment:  # said before the yes, if it is theirs at all
                continue
            self.members.setdefault(user_id, MemberCounters()).decryption_attempts += 1
            try:
                return user_id, frames.open(user_id, payload)
            except FrameNotOpened as refusal:
                if refusal.reason is Reason.NOT_ENCRYPTED:
                    return None
        return None

    def _replay(self, stream: _Stream, unknown: _Unknown) -> None:
        """Put what was held in order. What was said before the yes, or by somebody who gave none, stays sealed."""
        since, transport = self._gate.since(stream.user_id), self._transport
        for held in unknown.held:
            stream.counters.packets += 1
            if not since or since > held.moment or transport is None:
                self._drop_sealed(stream)
                continue
            if since != stream.since:
                self._begin(stream, since)
            try:
                transport.open(held.datagram, held.packet.header_bytes)
            except NotAuthentic:
                self.counters.not_authentic += 1
            else:
                self._place(stream, held, held.at_s)

    def _expire(self, now: float) -> None:
        for ssrc, unknown in list(self._unknown.items()):
            while unknown.held and now - unknown.held[0].at_s > HOLD_S:
                unknown.held.popleft()
                self.counters.held_expired += 1
            if not unknown.held:
                del self._unknown[ssrc]

    # -- one packet, step by step -------------------------------------------------------------------------------

    def _arrived(self, stream: _Stream, packet: Packet, data: bytes, now: float) -> None:
        stream.counters.packets += 1
        since = self._gate.since(stream.user_id)
        transport = self._transport
        if not since or transport is None or self._frames is None:
            if stream.since:
                self._drop_sealed(stream, stream.reorder.holding)
                stream.forget()
            self._drop_sealed(stream)
            return
        if since != stream.since:
            self._begin(stream, since)
        try:
            plaintext = transport.open(data, packet.header_bytes)
        except NotAuthentic:
            self.counters.not_authentic += 1
            return
        if stream.reorder.take(packet.sequence):
            self._hear(stream, packet, plaintext, 0, now)
            return
        # What waits is the datagram: its plaintext ends here and is made again when its turn has come.
        self._place(stream, _Held(packet, data, now, since), now)
        self._release(stream, stream.reorder.ready(now))

    def _begin(self, stream: _Stream, since: int) -> None:
        """Begin to hear: after a first yes, a new yes, the end of a pause. Nothing from before belongs to it."""
        stream.forget()
        stream.since = since
        voice = self._voices.get(stream.user_id)
        if voice is None:
            voice = self._voices[stream.user_id] = _Voice(self._ring_s)
        stream.voice = voice

    def _place(self, stream: _Stream, held: _Held, now: float) -> None:
        verdict = stream.reorder.push(held.packet.sequence, held, now)
        if verdict is Verdict.DUPLICATE:
            self.counters.duplicates += 1
        elif verdict is Verdict.LATE:
            self.counters.late += 1
        elif verdict is Verdict.RESTARTED:
            self.counters.late -= 1

    def _release(self, stream: _Stream, released: list[Released[_Held]], opened: _Opened | None = None) -> None:
        """Hear packets whose turn has come. The frame of one of them may have been *opened* already."""
        for entry in released:
            try:
                self._release_one(stream, entry, opened)
            except Exception as fault:  # noqa: BLE001 - one packet must not cost those behind it, nor end a ticking task
                self._fault(fault)

    def _release_one(self, stream: _Stream, entry: Released[_Held], opened: _Opened | None) -> None:
        held, missing, restarted = entry
        since, transport = self._gate.since(stream.user_id), self._transport
        if not since or since != stream.since or transport is None or self._frames is None:
            self._drop_sealed(stream)
            return
        if restarted:
            self._end_spurt(stream)
        if missing:
            self.counters.lost += missing
            stream.counters.lost += missing
        if opened is not None and held is opened.held:
            self._decode(stream, held.packet.timestamp, opened.frame, missing, held.at_s)
        else:
            plaintext = transport.open(held.datagram, held.packet.header_bytes)  # it was authentic when it came
            self._hear(stream, held.packet, plaintext, missing, held.at_s)

    def _hear(self, stream: _Stream, packet: Packet, plaintext: bytes, missing: int, now: float) -> None:
        payload, frames = strip(packet, plaintext), self._frames
        if payload is None or frames is None:
            self.counters.empty += 1
            stream.unheard += missing
            return
        if payload == SILENCE:
            self._silence(stream)
            return
        stream.counters.decryption_attempts += 1
        try:
            frame = frames.open(stream.user_id, payload)
        except FrameNotOpened as refusal:
            if refusal.reason is Reason.NOT_ENCRYPTED:
                self.counters.plaintext_refused += 1
            else:
                self.counters.not_opened += 1
            stream.unheard += missing + 1
            return
        self._decode(stream, packet.timestamp, frame, missing, now)

    def _decode(self, stream: _Stream, timestamp: int, frame: bytes, missing: int, now: float) -> None:
        stream.counters.decrypted += 1
        voice, decoder = stream.voice, stream.decoder
        if voice is None or (frame and not frame[0] and frame.count(0) >= len(frame) - 1):
            self._silence(stream)  # some servers send zeros for nothing
            return
        if decoder is None:
            decoder = stream.decoder = Decoder()
        ring = voice.ring
        late_s = now - voice.zero_s - ring.written * _SAMPLE_S
        try:
            if timestamp != stream.expected or not stream.talking or late_s > STALL_S:
                self._bridge(stream, timestamp, frame, missing, now)
                if stream.decoder is not decoder:  # whoever got the frames of the pause withdrew the yes
                    return
                late_s = now - voice.tail_s()
            samples = decoder.decode(frame, ring.tail())
        except NotOpus:
            self.counters.not_decoded += 1
            stream.unheard += 1
            return
        ring.commit(samples)
        stream.expected = (timestamp + _TICKS_PER_SAMPLE * samples) & 0xFFFF_FFFF
        stream.unheard = 0
        stream.came_s = now
        if late_s < -AHEAD_S:
            voice.zero_s += late_s + AHEAD_S
        self._emit(stream, voice)

    def _bridge(self, stream: _Stream, timestamp: int, frame: bytes, missing: int, now: float) -> None:
        """Write what lies between the newest sample and *frame*: what was lost, a pause, or nothing."""
        voice, decoder = stream.voice, stream.decoder
        if voice is None or decoder is None:
            return
        ticks = timestamp_distance(timestamp, stream.expected)
        if not stream.talking or not 0 <= ticks <= _CONCEALED_TICKS or now - voice.tail_s() > STALL_S:
            self._begin_spurt(stream, voice, now)
            return
        samples, ring = ticks // _TICKS_PER_SAMPLE, voice.ring
        if not missing + stream.unheard or samples % CONCEALED_STEP or not samples:
            ring.silence(samples)
            return
        guessed = max(1, round(samples / FRAME_SAMPLES))
        if has_fec(frame):
            written = decoder.recover(frame, samples, ring.tail())
            self.counters.recovered += 1
            guessed -= 1
        else:
            written = decoder.conceal(samples, ring.tail())
        ring.commit(written)
        self.counters.concealed += guessed
        stream.counters.concealed += guessed

    def _begin_spurt(self, stream: _Stream, voice: _Voice, now: float) -> None:
        """Place what comes now at the time of its arrival, behind a pause that can be heard if it was short."""
        stream.talking = True
        gap_s = now - voice.tail_s()
        if not voice.begun or gap_s >= FILL_S:
            self._pad(stream)
            voice.zero_s = now - voice.ring.written * _SAMPLE_S
            voice.begun = True
        elif gap_s > 0:
            voice.ring.silence(round(gap_s * RATE_HZ))
            self._emit(stream, voice)

    def _silence(self, stream: _Stream) -> None:
        self.counters.silence += 1
        if stream.talking and stream.voice is not None:
            at_s = stream.voice.tail_s()
            self._end_spurt(stream)
            try:
                self._on_pause(stream.user_id, at_s)
            except Exception as fault:  # noqa: BLE001 - see _emit
                self._fault(fault)

    def _end_spurt(self, stream: _Stream) -> None:
        if stream.talking:
            stream.talking = False
            stream.unheard = 0
            self._pad(stream)

    def _pad(self, stream: _Stream) -> None:
        if stream.voice is not None and stream.voice.pad():
            self._emit(stream, stream.voice)

    def _emit(self, stream: _Stream, voice: _Voice) -> None:
        ring = voice.ring
        while (at := ring.next_frame()) is not None:
            start_s = voice.zero_s + at * _SAMPLE_S
            voice.last_s = start_s = max(start_s, voice.last_s)
            stream.counters.frames += 1
            self.counters.frames += 1
            try:
                self._on_frame(Frame(stream.user_id, start_s, ring, at))
            except Exception as fault:  # noqa: BLE001 - a listener's error must not cost the next frames
                self._fault(fault)

    # -- what is only counted -----------------------------------------------------------------------------------

    def _drop_sealed(self, stream: _Stream, packets: int = 1) -> None:
        self.counters.dropped_sealed += packets
        stream.counters.dropped_sealed += packets

    def _not_voice(self, refusal: Refusal) -> None:
        if refusal is Refusal.RTCP:
            self.counters.rtcp += 1
        elif refusal is Refusal.NOT_OPUS:
            self.counters.not_opus += 1
        else:
            self.counters.not_rtp += 1

    def _fault(self, fault: Exception) -> None:
        self.counters.faults += 1
        if self.counters.faults.bit_count() == 1:  # the 1st, 2nd, 4th, 8th …: packets come by the thousand
            log.error("hearing stumbled", extra={"error": type(fault).__name__, "count": self.counters.faults})

    def __repr__(self) -> str:
        return f"<Receiver {len(self._streams)} streams>"
