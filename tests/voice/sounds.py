"""Sounds as Opus packets, by libopus itself."""

from __future__ import annotations

import ctypes

import numpy as np
from numpy.typing import NDArray

from bot.voice.opus import MAX_PACKET_BYTES, load_libopus

RATE = 48_000
VOIP, AUDIO, LOW_DELAY = 2048, 2049, 2051
SET_BITRATE, SET_FEC, SET_LOSS, SET_SIGNAL = 4002, 4012, 4014, 4024

Sound = NDArray[np.float64]


def tone(seconds: float = 0.4, hz: float = 440.0) -> Sound:
    """A sine at half of full scale, 48 kHz."""
    return 0.5 * np.sin(2 * np.pi * hz * np.arange(round(RATE * seconds)) / RATE)


def voice(seconds: float = 1.0, hz: float = 140.0) -> Sound:
    """Something that Opus takes for speech: a buzz through one formant, four syllables a second, and a little noise."""
    t = np.arange(round(RATE * seconds)) / RATE
    glottis = np.mod(t * hz, 1) < 0.02
    formant = np.exp(-np.arange(400) / 60) * np.sin(2 * np.pi * 700 * np.arange(400) / RATE)
    buzz = np.convolve(glottis, formant)[: len(t)]
    syllables = np.clip(np.sin(2 * np.pi * 4 * t) + 0.3, 0.02, 1)
    return 0.6 * syllables * buzz / np.abs(buzz).max() + np.random.default_rng(5).normal(0, 0.002, len(t))


def encode(
    sound: Sound,
    *,
    ms: float = 20.0,
    application: int = VOIP,
    bitrate: int = 64_000,
    controls: tuple[tuple[int, int], ...] = (),
) -> list[bytes]:
    """Opus packets of *sound*, -1 .. 1 at 48 kHz mono."""
    library = load_libopus()
    library.opus_encoder_create.restype = ctypes.c_void_p
    encoder = ctypes.c_void_p(library.opus_encoder_create(RATE, 1, application, None))
    for request, value in ((SET_BITRATE, bitrate), *controls):
        assert library.opus_encoder_ctl(encoder, request, ctypes.c_int(value)) == 0
    step = round(RATE * ms / 1000)
    pcm = np.ascontiguousarray(sound * 32767, dtype=np.int16)
    packets: list[bytes] = []
    out = ctypes.create_string_buffer(MAX_PACKET_BYTES)
    for at in range(0, len(pcm) - step + 1, step):
        length = library.opus_encode(encoder, ctypes.c_void_p(pcm[at:].ctypes.data), step, out, len(out))
        assert length > 0
        packets.append(out.raw[:length])
    library.opus_encoder_destroy(encoder)
    return packets
