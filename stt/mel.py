"""Log-mel features, computed in arrays that are owned and overwritten.

    int16 samples -> LogMel.compute -> float32[bins, frames] -> LogMel.wipe

faster-whisper's extractor gives the same numbers, but through a dozen temporary arrays that stay in freed memory, and
features can be turned back into speech. Here every array is made once; each step writes into the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

TAIL_SAMPLES = 160
"""Silence that faster-whisper appends before it cuts into frames. Source: FeatureExtractor.__call__, `padding`."""

BLOCK_FRAMES = 64
"""Frames computed together: 100 kB of scratch, which stays in the cache."""

FLOOR = 1e-10
"""Smallest power before the logarithm. Source: FeatureExtractor.__call__."""

RANGE = 8.0
"""Decades below the loudest value that are kept. Source: likewise."""


class LogMel:
    """Whisper's features of one utterance at a time.

    Args:
        filters: float32[bins, n_fft / 2 + 1], the model's own mel filter bank.
        n_fft: Samples in a frame, 400.
        hop: Samples from frame to frame, 160.
        longest: Samples in the longest utterance that will come.

    Attributes:
        bins: How many there are.
    """

    def __init__(self, filters: NDArray[np.float32], *, n_fft: int, hop: int, longest: int) -> None:
        self.bins, width = filters.shape
        self._filters = np.ascontiguousarray(filters.T)
        self._n_fft, self._hop, self._longest = n_fft, hop, longest
        self._window = np.hanning(n_fft + 1)[:-1].astype(np.float32)
        frames = longest // hop + 1
        self._wave = np.zeros(longest + TAIL_SAMPLES + n_fft, np.float32)
        self._frames = np.zeros((BLOCK_FRAMES, n_fft), np.float32)
        self._spectrum = np.zeros((BLOCK_FRAMES, width), np.complex64)
        self._power = np.zeros((BLOCK_FRAMES, width), np.float32)
        self._mel = np.zeros((frames, self.bins), np.float32)
        self._out = np.zeros(frames * self.bins, np.float32)

    def compute(self, samples: NDArray[np.int16], frames: int) -> NDArray[np.float32]:
        """Features of *samples*, followed by 0.0 up to *frames*.

        Returns:
            float32[1, bins, frames]: a view of an array that `wipe` overwrites. 0.0 is what Whisper is padded with
            in feature space; it is not silence.

        Raises:
            ValueError: If there are more samples, or more frames, than there is room for.
        """
        n, half = len(samples), self._n_fft // 2
        heard = n // self._hop
        if not self._hop <= n <= self._longest or not heard <= frames <= len(self._mel):
            msg = "an utterance lasts from 10 ms to the longest that there is room for"
            raise ValueError(msg)
        wave = self._wave[: n + TAIL_SAMPLES + self._n_fft]
        inside = wave[half : half + n]
        inside[:] = samples
        inside *= np.float32(1 / 32_768)
        wave[half + n :] = 0
        # The edges are mirrored, as the extractor does.
        wave[:half] = wave[2 * half : half : -1]
        end = n + TAIL_SAMPLES + half
        wave[end:] = wave[end - 2 : end - 2 - half : -1]

        # Its stub does not know that float32 gives complex64.
        rfft: Any = np.fft.rfft
        total = heard + 1
        frame_starts = np.lib.stride_tricks.sliding_window_view(wave, self._n_fft)[:: self._hop]
        for first in range(0, total, BLOCK_FRAMES):
            k = min(BLOCK_FRAMES, total - first)
            np.multiply(frame_starts[first : first + k], self._window, out=self._frames[:k])
            rfft(self._frames[:k], axis=-1, out=self._spectrum[:k])
            np.abs(self._spectrum[:k], out=self._power[:k])
            np.square(self._power[:k], out=self._power[:k])
            np.matmul(self._power[:k], self._filters, out=self._mel[first : first + k])
        mel = self._mel[:total]
        np.maximum(mel, FLOOR, out=mel)
        np.log10(mel, out=mel)
        np.maximum(mel, mel.max() - RANGE, out=mel)
        mel += 4.0
        mel /= 4.0

        out = self._out[: self.bins * frames].reshape(self.bins, frames)
        # The last frame hears mostly the silence that was appended; faster-whisper leaves it out as well.
        out[:, :heard] = mel[:heard].T
        out[:, heard:] = 0
        return out[np.newaxis]

    def wipe(self) -> None:
        """Overwrite every array that held audio or features."""
        for array in (self._wave, self._frames, self._spectrum, self._power, self._mel, self._out):
            array.fill(0)
