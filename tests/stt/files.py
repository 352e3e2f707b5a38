"""Recordings of every format, made here."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any, cast

import av
import numpy as np

from stt.audio import RATE_HZ
from tests.stt.sounds import clips, recording, silence

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

CODECS = {
    ".wav": "pcm_s16le",
    ".flac": "flac",
    ".ogg": "libopus",
    ".mp3": "libmp3lame",
    ".m4a": "aac",
    ".mka": "pcm_s16le",
}


def save(
    path: Path,
    samples: NDArray[np.int16],
    *,
    rate_hz: int = 48_000,
    layout: str = "stereo",
    holes: Sequence[tuple[int, float]] = (),
) -> Path:
    """Write *samples* (16 kHz mono) as the file's ending says.

    Args:
        path: The file.
        samples: What is to be heard.
        rate_hz: Of the file.
        layout: Of the file.
        holes: Before which sample how many seconds are left out of the time stamps.
    """
    with cast("Any", av.open(str(path), mode="w")) as container:
        stream = container.add_stream(CODECS[path.suffix], rate=rate_hz)
        stream.layout = layout
        resampler = av.AudioResampler(format=stream.format.name, layout=layout, rate=rate_hz)
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = RATE_HZ
        size = stream.codec_context.frame_size or 1_024
        fifo = av.AudioFifo()
        for made in (*resampler.resample(frame), *resampler.resample(None)):
            made.pts = None
            fifo.write(made)
        at = 0
        while (piece := fifo.read(size, partial=True)) is not None:
            late_s = sum(seconds for sample, seconds in holes if at >= sample * rate_hz / RATE_HZ)
            piece.pts = at + round(late_s * rate_hz)
            piece.time_base = Fraction(1, rate_hz)
            at += piece.samples
            container.mux(stream.encode(piece))
        container.mux(stream.encode(None))
    return path


def save_video_without_sound(path: Path) -> Path:
    """A film that nobody speaks in, since it has no track for it."""
    with cast("Any", av.open(str(path), mode="w")) as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 64
        frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def conversation(numbers: Sequence[int], *, pause_s: float = 1.0, first_s: float = 0.3) -> NDArray[np.int16]:
    """Clips with pauses between them."""
    pieces = [silence(first_s)]
    for number in numbers:
        pieces += [recording(clips()[number]["file"]), silence(pause_s)]
    return np.concatenate(pieces)
