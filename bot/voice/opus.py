"""Opus packets decoded straight to what the recogniser wants, into memory that the caller owns and overwrites.

    Opus packet -> Decoder.decode(packet, Ring.tail()) -> samples, for Ring.commit

libopus is called through ctypes. It is the system's library if there is one, else the one that comes inside the PyAV
wheel. Its state remembers the last milliseconds of what it decoded, so that memory is ours too: `reset` and `close`
overwrite it. Two libopus peculiarities are kept out here: it takes an empty packet for a lost one, and it decodes a
third of all random bytes to noise without complaint. So only what DAVE opened may come here.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from stt.audio import MAX_PACKET_SAMPLES, RATE_HZ

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_PACKET_BYTES = 1_275 * 6 + 7
"""The longest packet of 120 ms in frames of 20 ms. Source: RFC 6716, section 3.2.5, and `max_data_bytes` there."""

CONCEALED_STEP = RATE_HZ // 400
"""libopus conceals in steps of 2.5 ms: 40 samples."""

_OPUS_OK = 0
_NEEDED = ("opus_decoder_get_size", "opus_decoder_init", "opus_decode", "opus_decoder_get_nb_samples")
_SONAMES = {"linux": ("libopus.so.0",), "darwin": ("libopus.0.dylib",), "win32": ("libopus-0.dll", "opus.dll")}


class OpusUnavailable(Exception):
    """No libopus is on this machine."""

    def __init__(self) -> None:
        super().__init__(
            "libopus was not found: install it (Debian: libopus0, Fedora: opus, macOS: brew install opus) "
            "or reinstall the 'av' package, whose wheels bring it."
        )


class NotOpus(Exception):
    """libopus refused the packet, or its length rules it out."""


@functools.cache
def load_libopus() -> ctypes.CDLL:
    """Load libopus, with the argument types of its decoder set.

    Calls hold the interpreter lock (`PyDLL`): decoding takes some 10 us, and to give the lock away for that long means
    to wait up to a switch interval of 5 ms for it when another thread is busy.

    Raises:
        OpusUnavailable: If neither the system nor the PyAV wheel has it.
    """
    for name in _candidates():
        try:
            library = ctypes.PyDLL(name)
        except OSError:
            continue
        if all(hasattr(library, needed) for needed in _NEEDED):
            _declare(library)
            return library
    raise OpusUnavailable


def _candidates() -> Iterator[str]:
    yield from _SONAMES.get(sys.platform, ())
    if found := ctypes.util.find_library("opus"):
        yield found
    # find_spec of a top-level name looks for the package without running it, which would load all of FFmpeg.
    spec = importlib.util.find_spec("av")
    if spec is None or not spec.submodule_search_locations:
        return
    package = Path(next(iter(spec.submodule_search_locations)))
    for folder in (package.parent / "av.libs", package / ".dylibs", package):
        for pattern in ("libopus-*.so*", "libopus*.dylib", "*opus-*.dll", "*opus*.dll"):
            yield from (str(path) for path in sorted(folder.glob(pattern)))


def _declare(library: ctypes.CDLL) -> None:
    # Addresses and packets: void* takes an int or None, char* takes bytes without a copy.
    signatures: dict[str, list[Any]] = {
        "opus_decoder_get_size": [ctypes.c_int],
        "opus_decoder_init": [ctypes.c_void_p, ctypes.c_int32, ctypes.c_int],
        "opus_decode": [
            ctypes.c_void_p,
            ctypes.c_char_p,
            ctypes.c_int32,
            ctypes.c_void_p,
            ctypes.c_int,
            ctypes.c_int,
        ],
        "opus_decoder_get_nb_samples": [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32],
    }
    for name, argtypes in signatures.items():
        function = getattr(library, name)
        function.argtypes, function.restype = argtypes, ctypes.c_int
    library.opus_decoder_get_size.restype = ctypes.c_int


class Decoder:
    """One stream's decoder, to 16 kHz mono int16. Not for more than one thread.

    Every *address* must have room for `MAX_PACKET_SAMPLES` int16 samples (`Ring.tail()` has), whatever is asked for.
    """

    __slots__ = ("_at", "_decode", "_init", "_nb_samples", "_state")

    def __init__(self) -> None:
        """Make a decoder that has heard nothing.

        Raises:
            OpusUnavailable: See `load_libopus`.
        """
        library = load_libopus()
        self._decode = library.opus_decode
        self._nb_samples = library.opus_decoder_get_nb_samples
        self._init = library.opus_decoder_init
        self._state = ctypes.create_string_buffer(library.opus_decoder_get_size(1))
        self._at: int | None = ctypes.addressof(self._state)
        self.reset()

    def decode(self, packet: bytes | memoryview, address: int) -> int:
        """Write the packet's samples at *address* and return how many: 40 (2.5 ms) to 1920 (120 ms).

        Raises:
            NotOpus: If libopus refuses it. Nothing is to be committed then.
        """
        at = self._at
        if at is None:
            self._closed()
        if type(packet) is not bytes:
            packet = bytes(packet)
        length = len(packet)
        if not 0 < length <= MAX_PACKET_BYTES:
            raise NotOpus
        samples = self._decode(at, packet, length, address, MAX_PACKET_SAMPLES, 0)
        if samples <= 0:
            raise NotOpus
        return samples

    def conceal(self, samples: int, address: int) -> int:
        """Write what the last sounds suggest for *samples* lost samples, a multiple of 40 up to 1920."""
        return self._guess(None, samples, address)

    def recover(self, next_packet: bytes | memoryview, samples: int, address: int) -> int:
        """Write the *samples* just before *next_packet* from the redundancy it carries, else conceal them.

        Call it before `decode(next_packet)`.

        Raises:
            NotOpus: If libopus refuses the packet.
        """
        packet = bytes(next_packet)
        if not 0 < len(packet) <= MAX_PACKET_BYTES:
            raise NotOpus
        return self._guess(packet, samples, address)

    def samples_in(self, packet: bytes | memoryview) -> int:
        """How many samples at 16 kHz the packet says it holds.

        Raises:
            NotOpus: If its first bytes do not add up.
        """
        if self._at is None:
            self._closed()
        packet = bytes(packet)
        samples = self._nb_samples(self._at, packet, len(packet)) if packet else 0
        if not 0 < samples <= MAX_PACKET_SAMPLES:
            raise NotOpus
        return samples

    def reset(self) -> None:
        """Forget what was heard: the state is overwritten with zeros and begun anew."""
        if self._at is None:
            self._closed()
        ctypes.memset(self._at, 0, len(self._state))
        if self._init(self._at, RATE_HZ, 1) != _OPUS_OK:  # pragma: no cover - fixed, valid arguments
            raise OpusUnavailable

    def close(self) -> None:
        """Overwrite the state. Safe to call twice; every other call afterwards raises `ValueError`."""
        if self._at is not None:
            ctypes.memset(self._at, 0, len(self._state))
            self._at = None

    def _guess(self, packet: bytes | None, samples: int, address: int) -> int:
        if self._at is None:
            self._closed()
        if not 0 < samples <= MAX_PACKET_SAMPLES or samples % CONCEALED_STEP:
            msg = "a gap is 40 to 1920 samples, in steps of 40"
            raise ValueError(msg)
        written = self._decode(self._at, packet, len(packet or b""), address, samples, 1 if packet else 0)
        if written <= 0:
            raise NotOpus
        return written

    @staticmethod
    def _closed() -> NoReturn:
        msg = "this decoder is closed"
        raise ValueError(msg)

    def __repr__(self) -> str:
        return "<Decoder closed>" if self._at is None else "<Decoder>"

    def __reduce__(self) -> NoReturn:
        msg = "a decoder remembers sounds and is never pickled"
        raise TypeError(msg)


def has_fec(packet: bytes | memoryview) -> bool:
    """Whether the packet carries a second, coarser copy of the frame before it.

    Source: RFC 6716, sections 4.2.3 and 4.2.4. Read here rather than by `opus_packet_has_lbrr`, which libopus has only
    since 1.4; a test holds the two against each other.
    """
    if len(packet) < 2 or packet[0] & 0x80:  # CELT alone never has it
        return False
    first = _first_frame(packet)
    if first is None:
        return False
    toc, flags = packet[0], packet[first]
    silk_frames = max(1, toc >> 3 & 3) if toc < 0x60 else 1  # 40 and 60 ms hold two and three; hybrid holds one
    mono = flags >> (7 - silk_frames) & 1
    side = flags >> (6 - 2 * silk_frames) & 1 if toc & 0x04 else 0
    return bool(mono or side)


def _first_frame(packet: bytes | memoryview) -> int | None:
    """Where the first frame begins, if it is not empty. Source: RFC 6716, section 3.2."""
    code, at, end = packet[0] & 3, 1, len(packet)
    if code < 2:
        return at if end > at + code else None
    frames, vbr = 2, True
    if code == 3:
        count, at = packet[1], 2
        frames, vbr = count & 0x3F, bool(count & 0x80) and count & 0x3F > 1
        padded = bool(count & 0x40)
        while padded:
            if at >= end:
                return None
            padding, at = packet[at], at + 1
            padded = padding == 255
            end -= 254 if padded else padding
    if vbr:
        for nth in range(frames - 1):
            if at >= end or (packet[at] == 0 and nth == 0):
                return None
            at += 2 if packet[at] >= 252 else 1
    return at if frames and at < end else None
