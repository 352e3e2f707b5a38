"""Opus packets from samples, for people who are simulated.

samples (48 kHz) -> Encoder.encode -> 20 ms packets
"""

from __future__ import annotations

import ctypes
import functools
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from bot.loopback.media import SAMPLES_PER_FRAME
from bot.voice.opus import OpusUnavailable, load_libopus

if TYPE_CHECKING:
    from types import TracebackType

    import numpy.typing as npt

RATE_HZ = 48_000

_APPLICATION_VOIP = 2048
_SET_BITRATE, _SET_COMPLEXITY, _SET_INBAND_FEC, _SET_PACKET_LOSS_PERC = 4002, 4010, 4012, 4014
_MAX_PACKET_BYTES = 1_276


class EncodingFailed(Exception):
    """libopus refused the samples or the settings."""


@functools.cache
def _libopus() -> ctypes.CDLL:
    library = load_libopus()
    signatures: dict[str, list[Any]] = {
        "opus_encoder_get_size": [ctypes.c_int],
        "opus_encoder_init": [ctypes.c_void_p, ctypes.c_int32, ctypes.c_int, ctypes.c_int],
        "opus_encode_float": [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int32],
        "opus_encoder_ctl": [ctypes.c_void_p, ctypes.c_int],  # and one int more: it is variadic
    }
    for name, argtypes in signatures.items():
        if not hasattr(library, name):
            raise OpusUnavailable
        function = getattr(library, name)
        function.argtypes, function.restype = argtypes, ctypes.c_int
    return library


class Encoder:
    """One stream's encoder, 48 kHz, 20 ms a packet. Not for more than one thread.

    Args:
        channels: 1 or 2.
        bitrate: Bits per second, 6000 .. 510000. Discord's default is 64000; at 24000 and below Opus works in SILK
            mode and can carry forward error correction.
        fec: Whether packets carry a coarse copy of the one before, where the mode allows it.
        complexity: 0 (cheap) .. 10.

    Raises:
        OpusUnavailable: If there is no libopus.
        EncodingFailed: If a setting is out of range.
    """

    def __init__(self, *, channels: int = 1, bitrate: int = 64_000, fec: bool = False, complexity: int = 5) -> None:
        library = _libopus()
        self.channels = channels
        self._encode = library.opus_encode_float
        size = library.opus_encoder_get_size(channels)
        if size <= 0:
            raise EncodingFailed(f"{channels} channels")
        self._state = ctypes.create_string_buffer(size)
        self._packet = ctypes.create_string_buffer(_MAX_PACKET_BYTES)
        if library.opus_encoder_init(self._state, RATE_HZ, channels, _APPLICATION_VOIP):
            raise EncodingFailed("libopus refused to start")
        settings = {
            _SET_BITRATE: bitrate,
            _SET_COMPLEXITY: complexity,
            _SET_INBAND_FEC: int(fec),
            _SET_PACKET_LOSS_PERC: 15 if fec else 0,
        }
        for request, value in settings.items():
            if library.opus_encoder_ctl(self._state, request, ctypes.c_int32(value)):
                raise EncodingFailed(f"setting {request} cannot be {value}")

    def encode(self, samples: npt.NDArray[np.int16] | npt.NDArray[np.float32]) -> list[bytes]:
        """The packets of *samples*; a last piece shorter than 20 ms is filled with silence.

        Args:
            samples: [n] for mono, [n, 2] for stereo; int16, or float32 in -1.0 .. 1.0.
        """
        floats = _as_float(samples)
        if (floats.ndim, self.channels) not in {(1, 1), (2, 2)}:
            raise ValueError("samples are [n] for mono and [n, 2] for stereo")
        missing = -len(floats) % SAMPLES_PER_FRAME
        if missing:
            floats = np.concatenate([floats, np.zeros((missing, *floats.shape[1:]), np.float32)])
        return [
            self._encode_frame(floats[start : start + SAMPLES_PER_FRAME])
            for start in range(0, len(floats), SAMPLES_PER_FRAME)
        ]

    def _encode_frame(self, frame: npt.NDArray[np.float32]) -> bytes:
        size = self._encode(self._state, frame.ctypes.data, SAMPLES_PER_FRAME, self._packet, _MAX_PACKET_BYTES)
        if size <= 0:
            raise EncodingFailed(f"libopus error {size}")
        return self._packet.raw[:size]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        ctypes.memset(self._state, 0, len(self._state))
        ctypes.memset(self._packet, 0, len(self._packet))


def _as_float(samples: npt.NDArray[np.int16] | npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    if samples.dtype == np.int16:
        return np.ascontiguousarray(samples, np.float32) / np.float32(32_768)
    return np.ascontiguousarray(samples, np.float32)
