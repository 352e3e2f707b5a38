"""How likely it is that somebody speaks, 31 times a second: Silero VAD, one stream for each speaker.

    int16 samples -> SpeechProbability.feed -> one probability per 32 ms

The model is the file that faster-whisper carries (Silero VAD v6, MIT). It is found without importing that package,
whose import takes a second and brings libraries that belong in the engine's process.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import onnxruntime

from stt.engine import EngineUnavailable
from stt.segmenter import CHUNK_SAMPLES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

CONTEXT_SAMPLES = 64
"""The end of the chunk before, which the model wants in front of each. Source: snakers4/silero-vad, utils_vad.py."""

STATE = (1, 1, 128)
"""Shape of each of the two recurrent states. Source: the inputs `h` and `c` of the model."""

CHUNKS_AT_ONCE = 16
"""Chunks of one speaker judged in one call at most. Rows of a call follow each other in time: speakers cannot share."""


def model_file() -> Path:
    """Where the model lies.

    Raises:
        EngineUnavailable: If faster-whisper is not installed, or carries no such model.
    """
    package = find_spec("faster_whisper")
    folders = (package.submodule_search_locations if package else None) or []
    found = sorted(file for folder in folders for file in Path(folder, "assets").glob("silero_vad*.onnx"))
    if not found:
        msg = "Voice activity detection needs the package faster-whisper, with its file assets/silero_vad_v6.onnx."
        raise EngineUnavailable(msg)
    return found[-1]


class Silero:
    """The model itself, loaded once and shared by every speaker: it keeps no state between calls.

    One thread: a call takes about 0.1 ms, and waking a second thread takes longer.
    """

    def __init__(self, file: Path | None = None) -> None:
        runtime: Any = onnxruntime
        options: Any = runtime.SessionOptions()
        options.inter_op_num_threads = 1
        options.intra_op_num_threads = 1
        # An arena would keep blocks with audio in them for later calls.
        options.enable_cpu_mem_arena = False
        options.log_severity_level = 4
        path = str(file or model_file())
        self._session: Any = runtime.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def judge(self, rows: NDArray[np.float32], h: NDArray[np.float32], c: NDArray[np.float32]) -> list[float]:
        """Speech probabilities of successive chunks of one speaker.

        Args:
            rows: float32[n, 576], context and chunk, in -1.0 .. 1.0. Read only.
            h: float32[1, 1, 128], replaced by the state after the last row.
            c: Likewise.
        """
        probabilities, new_h, new_c = self._session.run(None, {"input": rows, "h": h, "c": c})
        h[:] = new_h
        c[:] = new_c
        return [float(value) for value in probabilities.reshape(-1)]


class SpeechProbability:
    """One speaker's stream. Holds at most half a second of audio, in scratch arrays of its own.

    The array that is fed in is only read: the wrapper inside faster-whisper zeroes part of what it is given.
    """

    __slots__ = ("_c", "_h", "_pending", "_rows", "_silero", "_used")

    def __init__(self, silero: Silero) -> None:
        self._silero = silero
        # Row r is [context | chunk]; samples go straight to their row, and the end of each is copied to the next.
        self._rows: NDArray[np.float32] = np.zeros((CHUNKS_AT_ONCE + 1, CONTEXT_SAMPLES + CHUNK_SAMPLES), np.float32)
        self._h: NDArray[np.float32] = np.zeros(STATE, np.float32)
        self._c: NDArray[np.float32] = np.zeros(STATE, np.float32)
        self._used = 0

    @property
    def pending(self) -> int:
        """Samples that wait for their chunk to be full: 0 .. 511."""
        return self._used

    def feed(self, samples: NDArray[np.int16]) -> Sequence[float]:
        """One probability, 0.0 .. 1.0, for each chunk that *samples* (int16, any number) completed."""
        probabilities: list[float] = []
        at, row = 0, 0
        while at < len(samples):
            take = min(CHUNK_SAMPLES - self._used, len(samples) - at)
            begin = CONTEXT_SAMPLES + self._used
            # Assignment converts without a temporary; multiplying then stays inside our own array.
            place = self._rows[row, begin : begin + take]
            place[:] = samples[at : at + take]
            place *= np.float32(1 / 32_768)
            at += take
            self._used += take
            if self._used == CHUNK_SAMPLES:
                self._rows[row + 1, :CONTEXT_SAMPLES] = self._rows[row, CHUNK_SAMPLES:]
                self._used = 0
                row += 1
            if row == CHUNKS_AT_ONCE:
                probabilities += self._judge(row)
                row = 0
        if row:
            probabilities += self._judge(row)
        return probabilities

    def _judge(self, rows: int) -> list[float]:
        """Judge the first *rows* rows and move the unfinished one to the front."""
        try:
            return self._silero.judge(self._rows[:rows], self._h, self._c)
        finally:
            self._rows[0] = self._rows[rows]
            self._rows[1 : rows + 1] = 0

    def reset(self) -> None:
        """Forget the stream: what follows is not its continuation. Every buffer is overwritten."""
        self._rows.fill(0)
        self._h.fill(0)
        self._c.fill(0)
        self._used = 0

    def close(self) -> None:
        """Overwrite every buffer."""
        self.reset()
