"""Recordings to words, through what hears live: the same detection, the same ends of utterances, the same engine.

    file -> Reader.read (PyAV, in a thread) -> speaker's Ring -> Frame -> Pipeline -> Snippet -> Transcript -> as_text

Several recordings are several speakers who began together. Their frames go in side by side, on a clock that is moved by
the audio and not by the time of day: as fast as the engine keeps up, and no faster, since a recording can wait. So an
utterance is without words only if the engine failed on it, twice if it died. Of a recording, however long, memory never
holds more than half a second that is being decoded and the speaker's ring, and both are overwritten as live audio is.

Errors:
    RecordingUnreadable     this file is no recording that can be read; others may be
"""

from __future__ import annotations

import asyncio
import json
import math
import threading
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING, Self, cast

import av
import numpy as np
from av.error import FFmpegError, InvalidDataError, PatchWelcomeError

from stt.audio import FRAME_SAMPLES, RATE_HZ, Frame, Ring
from stt.dispatch import Dispatcher
from stt.engine import NO_HINTS, EngineLost, EngineUnavailable, SpeechError
from stt.pipeline import Pipeline
from stt.text import subtitles

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator, Sequence
    from pathlib import Path

    from av.audio.frame import AudioFrame
    from av.container import InputContainer
    from numpy.typing import NDArray

    from stt.audio import Utterance
    from stt.engine import Hints, Snippet, Transcriber, Window, Words
    from stt.pipeline import VoiceActivity
    from stt.segmenter import Endpointing

BLOCK_SAMPLES = 25 * FRAME_SAMPLES
"""Half a second: read at once, and how long the event loop has no turn but for a few milliseconds of detection."""

AHEAD_S = 20.0
"""Reading waits while words are this far behind. The longest utterance is 12 s, so that the next one is there when the
engine has done with one; a ring holds 30 s, so that nothing is overwritten before it has its words."""

HOLE_S = 0.2
"""Time stamps that jump by more are a pause that was not recorded, and become silence. Less is a codec's delay."""

LONGEST_HOLE_S = 6 * 3_600
"""A jump by more is a damaged time stamp."""


class RecordingUnreadable(SpeechError):
    """A file cannot be heard; the message says why, as in "answer.wav is not there"."""


class Reader:
    """A recording of any format that PyAV knows, as 16 kHz mono, half a second at a time. A context manager.

    It blocks: use it in a thread. Nothing but the file itself is opened, even if a playlist asks for it.

    Args:
        path: The file.
        name: What its speaker is called; by default as the file, without its ending.

    Attributes:
        duration_s: How long it says it is; None if it does not.
        damaged: Parts so far that could not be decoded and are left out.

    Raises:
        RecordingUnreadable: If there is no such file, or no sound in it.
    """

    def __init__(self, path: Path, *, name: str = "") -> None:
        self.path = path
        self.name = name or " ".join(path.stem.split())
        self.damaged = 0
        if not path.is_file():
            raise RecordingUnreadable(f"{path} is not there")
        try:
            self._container: InputContainer = av.open(
                str(path), mode="r", metadata_errors="ignore", options={"protocol_whitelist": "file"}
            )
        except (FFmpegError, OSError, ValueError):
            raise RecordingUnreadable(f"{path} cannot be read as sound") from None
        if not self._container.streams.audio:
            self._container.close()
            raise RecordingUnreadable(f"{path} has no sound in it")
        self._stream = self._container.streams.audio[0]
        length = self._container.duration
        self.duration_s: float | None = length / av.time_base if length and length > 0 else None
        self._block: NDArray[np.int16] = np.zeros(BLOCK_SAMPLES, np.int16)
        self._rest: NDArray[np.int16] = self._block[:0]
        self._read = 0
        self._pieces = self._resampled()
        # A call that was cancelled goes on in its thread, and must not lose the file under its feet.
        self._lock = threading.Lock()
        self._closed = False

    def read(self) -> NDArray[np.int16]:
        """The next half second, int16, a multiple of 320 samples; at the end less, filled up with silence, then none.

        It is valid until the next call.

        Raises:
            RecordingUnreadable: If in the whole file nothing could be decoded.
        """
        with self._lock:
            return self._fill()

    def _fill(self) -> NDArray[np.int16]:
        self._block.fill(0)
        filled = 0
        while filled < BLOCK_SAMPLES and not self._closed:
            if not len(self._rest):
                piece = next(self._pieces, None)
                if piece is None:
                    break
                self._rest = piece
            take = min(BLOCK_SAMPLES - filled, len(self._rest))
            self._block[filled : filled + take] = self._rest[:take]
            self._rest[:take] = 0
            self._rest = self._rest[take:]
            filled += take
        self._read += filled
        if not self._read and self.damaged:
            raise RecordingUnreadable(f"{self.path} cannot be read as sound")
        return self._block[: math.ceil(filled / FRAME_SAMPLES) * FRAME_SAMPLES]

    def _resampled(self) -> Generator[NDArray[np.int16]]:
        """The whole recording in pieces as they are decoded, each an array of our own."""
        resampler: av.AudioResampler | None = None
        shape: object = None
        made = 0
        for decoded in self._decoded():
            hole_s = self._stamp_s(decoded) - made / RATE_HZ
            if HOLE_S < hole_s < LONGEST_HOLE_S:
                for piece in _silence(round(hole_s * RATE_HZ)):
                    made += len(piece)
                    yield piece
            # What cannot be trusted any more would make the resampler refuse.
            decoded.pts = None
            now = (decoded.format.name, decoded.layout.name, decoded.sample_rate)
            if now != shape:
                # Some streams change on the way: HE-AAC after its first frame, chained Ogg at each link.
                last: list[AudioFrame] = resampler.resample(None) if resampler else []
                resampler, shape = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ), now
            else:
                last = []
            for frame in (*last, *cast("av.AudioResampler", resampler).resample(decoded)):
                made += frame.samples
                yield _samples(frame)
        for frame in resampler.resample(None) if resampler else ():
            yield _samples(frame)

    def _decoded(self) -> Iterator[AudioFrame]:
        """What can be decoded; what cannot is counted."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets, None)
                if packet is None:
                    return
                frames = packet.decode()
            except (InvalidDataError, PatchWelcomeError):
                self.damaged += 1
                continue
            except (FFmpegError, OSError, ValueError):
                self.damaged += 1
                return
            yield from frames

    def _stamp_s(self, frame: AudioFrame) -> float:
        """When the file says that *frame* begins, counted from when the file begins."""
        if frame.pts is None or not frame.time_base:
            return 0.0
        return float(frame.pts * frame.time_base) - (self._container.start_time or 0) / av.time_base

    def close(self) -> None:
        """Overwrite what is held and close the file."""
        with self._lock:
            self._closed = True
            self._block.fill(0)
            self._rest[:] = 0
            self._pieces.close()
            self._container.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _samples(frame: AudioFrame) -> NDArray[np.int16]:
    return cast("NDArray[np.int16]", frame.to_ndarray()[0])


def _silence(samples: int) -> Iterator[NDArray[np.int16]]:
    while samples > 0:
        yield np.zeros(min(samples, BLOCK_SAMPLES), np.int16)
        samples -= BLOCK_SAMPLES


@dataclass(slots=True)
class Transcript:
    """What was said in recordings.

    Attributes:
        speakers: Their names; a snippet's `speaker_id` is a place in this list.
        snippets: By when they begin.
        heard_s: Seconds of audio, of all recordings.
        recognition_s: How long the engine took, one number for each utterance.
        engines_lost: How often the engine's process died or hung.
        unread: Sentences without a full stop on recordings that could not be read, or not to their end.
    """

    speakers: tuple[str, ...]
    snippets: list[Snippet] = field(default_factory=list["Snippet"], repr=False)
    heard_s: float = 0.0
    recognition_s: list[float] = field(default_factory=list[float])
    engines_lost: int = 0
    unread: list[str] = field(default_factory=list[str])


class _Watched:
    """The engine, and how it does."""

    def __init__(self, transcriber: Transcriber, transcript: Transcript) -> None:
        self.gone: EngineUnavailable | None = None
        self.answered = asyncio.Event()
        self._transcriber = transcriber
        self._transcript = transcript

    @property
    def workers(self) -> int:
        return self._transcriber.workers

    @property
    def window(self) -> Window:
        return self._transcriber.window

    async def transcribe(self, utterance: Utterance, hints: Hints = NO_HINTS) -> Words:
        began = perf_counter()
        try:
            try:
                words = await self._transcriber.transcribe(utterance, hints)
            except EngineLost:
                self._transcript.engines_lost += 1
                # Once more: a recording can wait, and its samples are still there.
                words = await self._transcriber.transcribe(utterance, hints)
        except EngineLost:
            self._transcript.engines_lost += 1
            raise
        except EngineUnavailable as error:
            self.gone = error
            raise
        finally:
            self.answered.set()
        self._transcript.recognition_s.append(perf_counter() - began)
        return words


class _Track:
    """One recording on its way into the pipeline."""

    def __init__(self, speaker_id: int, reader: Reader) -> None:
        self.reader = reader
        self.block: NDArray[np.int16] = np.zeros(0, np.int16)
        self._speaker_id = speaker_id
        self._ring = Ring()

    def frame(self, at: int, start_s: float) -> Frame:
        """The 20 ms at *at* in the block, in the ring."""
        position = self._ring.written
        self._ring.write(self.block[at : at + FRAME_SAMPLES])
        return Frame(self._speaker_id, start_s, self._ring, position)


async def transcribe(
    readers: Sequence[Reader],
    transcriber: Transcriber,
    *,
    probability: Callable[[], VoiceActivity],
    endpointing: Endpointing | None = None,
    language: str | None = None,
    on_progress: Callable[[float], None] | None = None,
) -> Transcript:
    """What is said in recordings that began together, each of them one speaker's.

    Args:
        readers: The recordings. Whoever opened them closes them.
        transcriber: The engine.
        probability: Makes the voice activity detection of one speaker.
        endpointing: When speech has begun and ended.
        language: Code to decode in; None to let the engine find out for each speaker.
        on_progress: Told how many seconds of the recordings were heard.

    Raises:
        EngineUnavailable: If the engine is gone for good.
    """
    transcript = Transcript(tuple(reader.name for reader in readers))
    engine = _Watched(transcriber, transcript)
    heard = 0

    def clock() -> float:
        return heard / RATE_HZ

    pipeline = Pipeline(
        Dispatcher(engine, clock=clock, live=False),
        probability=probability,
        on_snippet=transcript.snippets.append,
        clock=clock,
        endpointing=endpointing,
        max_total_s=math.inf,  # each speaker's backlog is bounded here
        language=language,
    )
    tracks = [_Track(number, reader) for number, reader in enumerate(readers)]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(pipeline.run(), name="recordings to words")
        while tracks and not engine.gone:
            tracks = [track for track in tracks if await _refill(track, transcript)]
            for at in range(0, max((len(track.block) for track in tracks), default=0), FRAME_SAMPLES):
                start_s = heard / RATE_HZ
                heard += FRAME_SAMPLES
                for track in tracks:
                    if at < len(track.block):
                        pipeline.push(track.frame(at, start_s))
            pipeline.tick()
            if on_progress:
                on_progress(heard / RATE_HZ)
            while pipeline.backlog_s > AHEAD_S and not engine.gone:
                engine.answered.clear()
                await engine.answered.wait()
        # Without a limit: the engine has one for each utterance.
        await pipeline.finish(timeout_s=math.inf)
    if engine.gone:
        raise engine.gone
    transcript.snippets.sort(key=lambda snippet: (snippet.start_s, snippet.speaker_id))
    return transcript


async def _refill(track: _Track, transcript: Transcript) -> bool:
    """Read on. Whether there was anything more."""
    try:
        track.block = await asyncio.to_thread(track.reader.read)
    except RecordingUnreadable as error:
        transcript.unread.append(str(error))
        return False
    transcript.heard_s += len(track.block) / RATE_HZ
    if not len(track.block) and track.reader.damaged:
        transcript.unread.append(f"{track.reader.path} is damaged, and part of it is left out")
    return len(track.block) > 0


# As it is read.


def as_text(transcript: Transcript) -> str:
    """One line for each snippet: `[00:03.2] anna: Hello.`."""
    return "".join(
        f"[{_clock(s.start_s)}] {transcript.speakers[s.speaker_id]}: {_said(s)}\n" for s in transcript.snippets
    )


def as_srt(transcript: Transcript) -> str:
    """Subtitles that fit a screen, with the speaker's name in front; a long snippet becomes several.

    No specification says how lines end. As FFmpeg's: a line feed, and no byte order mark, over which parsers stumble.
    """
    shown = [part for snippet in transcript.snippets for part in _shown(snippet, transcript.speakers)]
    return "".join(
        f"{number}\n{_subtitle_time(start_s)} --> {_subtitle_time(max(end_s, start_s + 0.001))}\n{text}\n\n"
        for number, (start_s, end_s, text) in enumerate(shown, 1)
    )


def _shown(snippet: Snippet, speakers: Sequence[str]) -> Iterator[tuple[float, float, str]]:
    """A snippet's subtitles, each with when it is said: nobody knows, so each has its share of the letters' time."""
    pieces = subtitles(_said(snippet).replace("-->", "->"), first=f"{speakers[snippet.speaker_id]}:")
    letter_s = (snippet.end_s - snippet.start_s) / max(1, sum(map(len, pieces)))
    start_s = snippet.start_s
    for piece in pieces:
        end_s = start_s + letter_s * len(piece)
        yield start_s, end_s, piece
        start_s = end_s


def as_json(transcript: Transcript) -> str:
    """A list of one object for each snippet."""
    return (
        json.dumps(
            [
                {
                    "speaker": transcript.speakers[s.speaker_id],
                    "start_s": round(s.start_s, 3),
                    "end_s": round(s.end_s, 3),
                    "text": s.text,
                    "language": s.language,
                    "confidence": round(s.confidence, 3),
                    "missing_s": round(s.missing_s, 3),
                }
                for s in transcript.snippets
            ],
            ensure_ascii=False,
            indent=1,
        )
        + "\n"
    )


def _said(snippet: Snippet) -> str:
    if snippet.missing_s:
        return f"[{max(1, round(snippet.missing_s))} s not transcribed]"
    return " ".join(snippet.text.split())


def _clock(seconds: float) -> str:
    minutes, tenths = divmod(round(seconds * 10), 600)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}:" if hours else "") + f"{minutes:02}:{tenths / 10:04.1f}"


def _subtitle_time(seconds: float) -> str:
    rest, milliseconds = divmod(round(seconds * 1_000), 1_000)
    rest, second = divmod(rest, 60)
    hours, minute = divmod(rest, 60)
    return f"{hours:02}:{minute:02}:{second:02},{milliseconds:03}"
