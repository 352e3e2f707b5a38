"""What hearing costs: a packet, step by step, and whole calls through a real UDP socket.

    prepared packets -> bare C calls | each step | Receiver.datagram | discord.py's decoder and a resampler
    child process -> UDP on the loopback -> add_reader -> Receiver.datagram, beside a clock that watches the event loop

Contestants take turns within each round, chunk by chunk, so that whatever else the machine does falls on all of them;
what is told is the median over rounds, in processor time of the one thread that works. The bare C calls get their
arguments cut to size beforehand, which no receiver could. Sealing is not part of any figure.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import multiprocessing
import socket
import statistics
import struct
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.bindings import crypto_aead_xchacha20poly1305_ietf_decrypt
from rich.console import Console
from rich.table import Table

from bot.loopback.group import Group
from bot.loopback.opus_encoder import Encoder
from bot.voice.e2ee import DaveFrames, FrameNotOpened, Reason
from bot.voice.gate import Gate
from bot.voice.opus import Decoder, load_libopus
from bot.voice.receiver import Receiver
from bot.voice.reorder import Reorder
from bot.voice.rtp import Packet, parse, strip
from bot.voice.transport import MODES, Transport, make_transport
from stt.audio import MAX_PACKET_SAMPLES, Ring

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

KEY = bytes(range(32))
BOT_ID, SPEAKER_ID, SSRC = 1, 2, 1000
PACKET_S = 0.02
CHUNK = 25
EXTENSION = b"\x10\x80\x00\x00"
"""An audio level, as Discord's clients send one with every packet."""

RECEIVE_BUFFER_BYTES = 1 << 20
DRAIN = 64
SLOTS = 20
"""Senders of one call are not in step: every millisecond a twentieth of them sends."""

Lap = dict[str, float]
"""Seconds by contestant."""


def run(
    *,
    rounds: int = 9,
    packets: int = 500,
    speakers: Sequence[int] = (25, 100),
    seconds: float = 4.0,
    console: Console | None = None,
) -> dict[str, Any]:
    """Measure, print a table to *console* if there is one, and return the figures; JSON can hold them."""
    figures: dict[str, Any] = {"rounds": rounds, "packets": packets}
    figures["modes"] = {mode: _steps(mode, rounds, packets) for mode in MODES}
    figures["calls"] = [_call(count, seconds) for count in speakers]
    if console is not None:
        _print(figures, console)
    return figures


# -- one packet ------------------------------------------------------------------------------------------------


@functools.cache
def _opus_packets(count: int, *, channels: int = 1) -> list[bytes]:
    """Syllables of a buzz through one formant, at Discord's 64 kbit/s."""
    t = np.arange(round(48_000 * PACKET_S * count)) / 48_000
    glottis = (np.mod(t * 140, 1) < 0.02).astype(np.float32)
    formant = np.exp(-np.arange(400) / 60) * np.sin(2 * np.pi * 700 * np.arange(400) / 48_000)
    sound = np.convolve(glottis, formant)[: len(t)] * np.clip(np.sin(2 * np.pi * 4 * t) + 0.3, 0.02, 1)
    sound += np.random.default_rng(1).normal(0, 0.01, len(t))
    sound = (0.6 * sound / np.abs(sound).max()).astype(np.float32)
    with Encoder(channels=channels) as encoder:
        return encoder.encode(sound if channels == 1 else np.stack([sound, 0.9 * sound], axis=1))


class _Sender:
    """One speaker and the bot in a group of their own, and the datagrams that the bot would get."""

    def __init__(self, mode: str, user_id: int = SPEAKER_ID, ssrc: int = SSRC) -> None:
        group = Group(BOT_ID, user_id)
        self.user_id, self.ssrc = user_id, ssrc
        self.opener = group.session(BOT_ID)
        self._session = group.session(user_id)
        self._transport = make_transport(mode, KEY)
        self._sent = ssrc

    def datagrams(self, frames: Sequence[bytes]) -> list[bytes]:
        out: list[bytes] = []
        for frame in frames:
            self._sent += 1
            clear = struct.pack(
                ">BBHIIHH", 0x90, 0x78, self._sent & 0xFFFF, self._sent * 960 & 0xFFFF_FFFF, self.ssrc, 0xBEDE, 1
            )
            counter = (self.ssrc << 20 | self._sent) & 0xFFFF_FFFF
            out.append(self._transport.seal(clear, EXTENSION + self._session.encrypt_opus(frame), counter))
        return out


class _Bare:
    """The three C calls, their arguments ready."""

    def __init__(self, mode: str) -> None:
        self._sender = _Sender(mode)
        if mode == MODES[0]:
            decrypt = AESGCM(KEY).decrypt
            self._open: Callable[[bytes, bytes, bytes], bytes] = decrypt
            self._zeros = bytes(8)
        else:
            self._open = _xchacha
            self._zeros = bytes(20)
        # davey by name, because only two places may know it.
        self._dave, self._audio = self._sender.opener.decrypt, importlib.import_module("davey").MediaType.audio
        self._block = np.zeros(MAX_PACKET_SAMPLES, dtype=np.int16)
        self._decoder = Decoder()

    def prepare(self, frames: Sequence[bytes]) -> None:
        datagrams = self._sender.datagrams(frames)
        self._ready = [(d[-4:] + self._zeros, d[16:-4], d[:16]) for d in datagrams]
        self._payloads = [self._open(nonce, sealed, clear)[len(EXTENSION) :] for nonce, sealed, clear in self._ready]
        self._frames = list(frames)

    def chain(self, at: int) -> None:
        """All three for each packet, one after the other, as it must be: caches then hold less of each."""
        unseal, decrypt, audio = self._open, self._dave, self._audio
        decode, state, address = self._decoder._decode, self._decoder._at, self._block.ctypes.data  # noqa: SLF001 - the bare call
        chunk = slice(at, at + CHUNK)
        both = zip(self._ready[chunk], self._payloads[chunk], self._frames[chunk], strict=True)
        for (nonce, sealed, clear), payload, frame in both:
            unseal(nonce, sealed, clear)
            decrypt(SPEAKER_ID, audio, payload)
            decode(state, frame, len(frame), address, MAX_PACKET_SAMPLES, 0)

    def transport(self, at: int) -> None:
        unseal = self._open
        for nonce, sealed, clear in self._ready[at : at + CHUNK]:
            unseal(nonce, sealed, clear)

    def dave(self, at: int) -> None:
        decrypt, audio = self._dave, self._audio
        for payload in self._payloads[at : at + CHUNK]:
            decrypt(SPEAKER_ID, audio, payload)

    def opus(self, at: int) -> None:
        decode, state, address = self._decoder._decode, self._decoder._at, self._block.ctypes.data  # noqa: SLF001 - the bare call
        for frame in self._frames[at : at + CHUNK]:
            decode(state, frame, len(frame), address, MAX_PACKET_SAMPLES, 0)


def _xchacha(nonce: bytes, sealed: bytes, clear: bytes) -> bytes:
    return crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, clear, nonce, KEY)


class _Steps:
    """Each of our steps alone, on what the step before it made."""

    def __init__(self, mode: str) -> None:
        self._sender = _Sender(mode)
        self._transport: Transport = make_transport(mode, KEY)
        self._frames = DaveFrames(self._sender.opener)
        self._reorder: Reorder[None] = Reorder()
        self._ring = Ring()
        self._decoder = Decoder()

    def prepare(self, frames: Sequence[bytes]) -> None:
        self._datagrams = self._sender.datagrams(frames)
        parsed = [parse(datagram) for datagram in self._datagrams]
        self._packets = [packet for packet in parsed if isinstance(packet, Packet)]
        self._reorder.clear()
        self._reorder.push(self._packets[0].sequence - 1 & 0xFFFF, None, 0.0)
        self._reorder.flush()
        opened = zip(self._packets, self._datagrams, strict=True)
        self._plaintexts = [self._transport.open(datagram, packet.header_bytes) for packet, datagram in opened]
        self._payloads = [plaintext[len(EXTENSION) :] for plaintext in self._plaintexts]
        self._opus = list(frames)

    def parse(self, at: int) -> None:
        for datagram in self._datagrams[at : at + CHUNK]:
            parse(datagram)

    def transport(self, at: int) -> None:
        unseal = self._transport.open
        for datagram in self._datagrams[at : at + CHUNK]:
            unseal(datagram, 16)

    def order(self, at: int) -> None:
        take = self._reorder.take
        both = zip(self._packets[at : at + CHUNK], self._plaintexts[at : at + CHUNK], strict=True)
        for packet, plaintext in both:
            take(packet.sequence)
            strip(packet, plaintext)

    def dave(self, at: int) -> None:
        unseal = self._frames.open
        for payload in self._payloads[at : at + CHUNK]:
            unseal(SPEAKER_ID, payload)

    def opus(self, at: int) -> None:
        decode, ring = self._decoder.decode, self._ring
        for frame in self._opus[at : at + CHUNK]:
            ring.commit(decode(frame, ring.tail()))
            ring.next_frame()


class _Whole:
    """All of it, as the socket's reader calls it."""

    def __init__(self, mode: str) -> None:
        self._sender = _Sender(mode)
        self._receiver = _receiver(mode, [self._sender])

    def prepare(self, frames: Sequence[bytes]) -> None:
        # Let the stream begin: a first packet waits for an earlier one.
        for datagram in self._sender.datagrams(frames[:3]):
            self._receiver.datagram(datagram)
        time.sleep(0.1)
        self._receiver.tick()
        self._datagrams = self._sender.datagrams(frames)

    def datagram(self, at: int) -> None:
        datagram = self._receiver.datagram
        for data in self._datagrams[at : at + CHUNK]:
            datagram(data)

    def decrypted(self) -> int:
        return self._receiver.members[SPEAKER_ID].decrypted


class _DiscordPy:
    """discord.py's decoder, 48 kHz stereo to bytes, then to 16 kHz mono: what a recogniser would need of it."""

    TAPS = 48

    def __init__(self) -> None:
        # By name, because only a few files of the bot may know discord.py; here it is a contestant.
        opus = importlib.import_module("discord.opus")
        opus.load_opus(load_libopus()._name)  # noqa: SLF001 - the same libopus for all
        self._decoder = opus.Decoder()
        n = np.arange(self.TAPS) - (self.TAPS - 1) / 2
        self._taps = (np.sinc(n / 3) * np.hamming(self.TAPS) / 3).astype(np.float32)
        self._history = np.zeros(self.TAPS - 3, dtype=np.float32)

    def prepare(self, frames: Sequence[bytes]) -> None:
        self._frames = list(frames)

    def decode(self, at: int) -> None:
        decode = self._decoder.decode
        for frame in self._frames[at : at + CHUNK]:
            decode(frame, fec=False)

    def decode_and_resample(self, at: int) -> None:
        decode = self._decoder.decode
        for frame in self._frames[at : at + CHUNK]:
            self._resample(decode(frame, fec=False))

    def _resample(self, pcm: bytes) -> NDArray[np.int16]:
        stereo = np.frombuffer(pcm, dtype=np.int16).reshape(-1, 2)
        mono = np.concatenate([self._history, stereo.mean(axis=1, dtype=np.float32)])
        self._history = mono[-(self.TAPS - 3) :]
        windows = np.lib.stride_tricks.sliding_window_view(mono, self.TAPS)[::3]
        return np.clip(windows @ self._taps, -32_768, 32_767).astype(np.int16)


def _steps(mode: str, rounds: int, packets: int) -> dict[str, Any]:
    bare, chain, steps, whole, library = _Bare(mode), _Bare(mode), _Steps(mode), _Whole(mode), _DiscordPy()
    stereo, ours_stereo = _DiscordPy(), _Steps(mode)
    contestants: dict[str, Callable[[int], None]] = {
        "bare": chain.chain,
        "bare transport": bare.transport,
        "bare dave": bare.dave,
        "bare opus": bare.opus,
        "parse": steps.parse,
        "transport": steps.transport,
        "order": steps.order,
        "dave": steps.dave,
        "opus": steps.opus,
        "whole": whole.datagram,
        "discord.py decode": library.decode,
        "discord.py decode and resample": library.decode_and_resample,
        "opus stereo": ours_stereo.opus,
        "discord.py decode and resample stereo": stereo.decode_and_resample,
    }
    packets -= packets % CHUNK
    laps: list[Lap] = []
    for nth in range(rounds + 1):
        for part in (bare, chain, steps, whole, library):
            part.prepare(_opus_packets(packets))
        for part in (stereo, ours_stereo):
            part.prepare(_opus_packets(packets, channels=2))
        lap = _lap(contestants, packets, nth)
        if nth:  # the first warms up
            laps.append(lap)
    if whole.decrypted() != (rounds + 1) * (packets + 3):
        raise RuntimeError("the receiver did not hear every packet")
    return _summary(laps)


def _lap(contestants: dict[str, Callable[[int], None]], packets: int, nth: int) -> Lap:
    lap = dict.fromkeys(contestants, 0.0)
    names = list(contestants)
    for at in range(0, packets, CHUNK):
        turn = (nth + at // CHUNK) % len(names)
        for name in names[turn:] + names[:turn]:
            begun = time.thread_time()
            contestants[name](at)
            lap[name] += time.thread_time() - begun
    return {name: total / packets * 1e6 for name, total in lap.items()}


def _summary(laps: list[Lap]) -> dict[str, Any]:
    def of(lap: Lap, *names: str) -> float:
        return sum(lap[name] for name in names)

    alone = ("bare transport", "bare dave", "bare opus")
    there = ("transport", "dave", "discord.py decode and resample")

    def median(value: Callable[[Lap], float]) -> float:
        return round(statistics.median(map(value, laps)), 3)

    return {
        "us": {name: median(lambda lap, name=name: lap[name]) for name in laps[0]},
        "whole_to_bare": median(lambda lap: lap["whole"] / lap["bare"]),
        "whole_to_bare_alone": median(lambda lap: lap["whole"] / of(lap, *alone)),
        "own_us": median(lambda lap: lap["whole"] - lap["bare"]),
        "decoding_to_discord_py": median(lambda lap: lap["opus"] / lap["discord.py decode and resample"]),
        "decoding_to_discord_py_stereo": median(
            lambda lap: lap["opus stereo"] / lap["discord.py decode and resample stereo"]
        ),
        "whole_to_discord_py": median(lambda lap: lap["whole"] / of(lap, *there)),
    }


# -- whole calls -----------------------------------------------------------------------------------------------


class _Openers:
    """Many groups of two as if they were one call: the same work per packet, without building one group of hundreds."""

    end_to_end: ClassVar[bool] = True

    def __init__(self, senders: Sequence[_Sender]) -> None:
        self._open = {sender.user_id: DaveFrames(sender.opener).open for sender in senders}

    def open(self, user_id: int, sealed: bytes) -> bytes:
        unseal = self._open.get(user_id)
        if unseal is None:
            raise FrameNotOpened(Reason.NO_DECRYPTOR)
        return unseal(user_id, sealed)

    def members(self) -> set[int]:
        return set(self._open)


def _receiver(mode: str, senders: Sequence[_Sender]) -> Receiver:
    gate = Gate()
    receiver = Receiver(gate=gate, on_frame=_ignore, on_pause=_ignore, clock=time.monotonic)
    receiver.connected(mode=mode, secret_key=KEY)
    receiver.encryption(_Openers(senders))
    for sender in senders:
        gate.allow(sender.user_id)
        receiver.speaking(sender.user_id, sender.ssrc)
    return receiver


def _ignore(*_: object) -> None:
    pass


@dataclass(slots=True)
class _Watch:
    """How late the event loop wakes somebody who asked for 5 ms."""

    late_ms: list[float]

    async def watch(self, until: asyncio.Event) -> None:
        while not until.is_set():
            asked = time.perf_counter()
            await asyncio.sleep(0.005)
            self.late_ms.append(1000 * (time.perf_counter() - asked - 0.005))

    def percentile(self, share: float) -> float:
        return round(float(np.percentile(self.late_ms, share)), 3)


def _call(count: int, seconds: float) -> dict[str, Any]:
    senders = [_Sender(MODES[0], 100 + nth, SSRC + nth) for nth in range(count)]
    frames = _opus_packets(round(seconds / PACKET_S))
    streams = [sender.datagrams(frames) for sender in senders]
    receiver = _receiver(MODES[0], senders)
    return asyncio.run(_listen(receiver, streams))


async def _listen(receiver: Receiver, streams: list[list[bytes]]) -> dict[str, Any]:
    loop, done, idle, busy = asyncio.get_running_loop(), asyncio.Event(), _Watch([]), _Watch([])
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
    buffer_bytes = udp.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)  # what the kernel allowed
    udp.bind(("127.0.0.1", 0))
    udp.setblocking(False)

    def readable() -> None:
        for _ in range(DRAIN):
            try:
                data = udp.recv(2048)
            except BlockingIOError:
                return
            receiver.datagram(data)

    async def tick() -> None:
        while not done.is_set():
            receiver.tick()
            await asyncio.sleep(PACKET_S)

    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    child = context.Process(target=_send, args=(there, udp.getsockname(), streams), daemon=True)
    try:
        await asyncio.to_thread(child.start)
        there.close()  # so that a child that could not start is noticed and not waited for
        await asyncio.to_thread(here.recv)
        async with asyncio.timeout(1), asyncio.TaskGroup() as tasks:
            quiet = asyncio.Event()
            tasks.create_task(idle.watch(quiet))
            await asyncio.sleep(0.8)
            quiet.set()
        loop.add_reader(udp.fileno(), readable)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(tick())
            tasks.create_task(busy.watch(done))
            cpu, wall = time.process_time(), time.perf_counter()
            here.send(None)
            await asyncio.to_thread(here.recv)  # all is sent, which takes longer than asked for on a busy machine
            cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
            seen = -1
            while seen != receiver.counters.datagrams:  # what still waits in the socket
                seen = receiver.counters.datagrams
                await asyncio.sleep(0.3)
            done.set()
    finally:
        loop.remove_reader(udp.fileno())
        udp.close()
        here.close()
        await asyncio.to_thread(child.join, 5)
    counters = receiver.counters
    return {
        "speakers": len(streams),
        "packets_per_s": round(sum(map(len, streams)) / wall),
        "sent": sum(map(len, streams)),
        "arrived": counters.datagrams,
        "heard": sum(member.decrypted for member in receiver.members.values()),
        "lost": counters.lost,
        "late": counters.late,
        "concealed": counters.concealed,
        "receive_buffer_bytes": buffer_bytes,
        "core_share": round(cpu / wall, 4),
        "lag_p50_ms": busy.percentile(50),
        "lag_p99_ms": busy.percentile(99),
        "idle_lag_p50_ms": idle.percentile(50),
        "idle_lag_p99_ms": idle.percentile(99),
    }


def _send(pipe: Any, address: tuple[str, int], streams: list[list[bytes]]) -> None:
    """Send one packet of every stream each 20 ms, spread over them. Runs in the child."""
    udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    udp.connect(address)
    pipe.send("ready")
    pipe.recv()
    begun = time.perf_counter()
    for nth in range(len(streams[0])):
        for slot in range(SLOTS):
            wait = begun + nth * PACKET_S + slot * PACKET_S / SLOTS - time.perf_counter()
            if wait > 0:
                time.sleep(wait)
            for stream in streams[slot::SLOTS]:
                udp.send(stream[nth])
    pipe.send("sent")
    udp.close()


# -- what people see -------------------------------------------------------------------------------------------

_ROWS = (
    ("parse", "parse", None),
    ("transport", "open the transport", "bare transport"),
    ("order", "strip, order", None),
    ("dave", "open the frame (DAVE)", "bare dave"),
    ("opus", "Opus to 16 kHz mono, into the ring", "bare opus"),
    ("whole", "the whole step: Receiver.datagram", "bare"),
    ("discord.py decode", "discord.py: Opus to 48 kHz stereo", None),
    ("discord.py decode and resample", "discord.py: and resampled to 16 kHz mono", None),
)


def _print(figures: dict[str, Any], console: Console) -> None:
    for mode, found in figures["modes"].items():
        table = Table(title=f"One packet, {mode} (us, median of {figures['rounds']} rounds)", title_justify="left")
        for column, justify in (("step", "left"), ("here", "right"), ("bare C call", "right")):
            table.add_column(column, justify=justify)  # type: ignore[arg-type]
        for key, label, bare in _ROWS:
            table.add_row(label, f"{found['us'][key]:.2f}", f"{found['us'][bare]:.2f}" if bare else "")
        console.print(table)
        console.print(
            f"whole step / bare C calls {found['whole_to_bare']:.2f} "
            f"(each call alone in its loop: {found['whole_to_bare_alone']:.2f})   "
            f"decoding / discord.py's with resampling {found['decoding_to_discord_py']:.2f} "
            f"(stereo packets {found['decoding_to_discord_py_stereo']:.2f})\n"
        )
    table = Table(title="Whole calls through UDP", title_justify="left")
    for column in (
        "speakers",
        "packets/s",
        "sent",
        "heard",
        "share of a core",
        "lag p50 / p99 ms",
        "idle p50 / p99 ms",
    ):
        table.add_column(column, justify="right")
    for call in figures["calls"]:
        table.add_row(
            str(call["speakers"]),
            str(call["packets_per_s"]),
            str(call["sent"]),
            str(call["heard"]),
            f"{100 * call['core_share']:.1f} %",
            f"{call['lag_p50_ms']:.2f} / {call['lag_p99_ms']:.2f}",
            f"{call['idle_lag_p50_ms']:.2f} / {call['idle_lag_p99_ms']:.2f}",
        )
    console.print(table)


if __name__ == "__main__":
    run(console=Console())
