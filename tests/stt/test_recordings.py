"""Recordings to words: every format, however long, and nothing lost because it was read too fast."""

from __future__ import annotations

import asyncio
import json
import threading
import tracemalloc
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from stt import recordings
from stt.audio import RATE_HZ, Ring, Utterance
from stt.engine import NO_HINTS, EngineLost, EngineUnavailable, Hints, Snippet, Window, Words
from stt.recordings import AHEAD_S, Reader, RecordingUnreadable, Transcript, as_json, as_srt, as_text, transcribe
from stt.segmenter import CHUNK_SAMPLES
from stt.vad import Silero, SpeechProbability
from stt.whisper import Whisper
from tests.stt.files import CODECS, conversation, save, save_video_without_sound
from tests.stt.sounds import CLIPS, MODEL, ScriptedTranscriber, clips, noise, normalised, silence, until

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray


class Level:
    """Voice activity detection for long made-up sound, in which whatever is not digital silence is speech."""

    def __init__(self) -> None:
        self._held = 0

    def feed(self, samples: NDArray[np.int16], /) -> Sequence[float]:
        self._held += len(samples)
        done, self._held = divmod(self._held, CHUNK_SAMPLES)
        return [0.9 if samples.any() else 0.01] * done

    def reset(self) -> None:
        self._held = 0


class InProcess:
    """The model without its process."""

    workers = 2
    window: Window = "dynamic"

    def __init__(self, whisper: Whisper) -> None:
        self._whisper = whisper
        self._lock = threading.Lock()

    async def transcribe(self, utterance: Utterance, hints: Hints = NO_HINTS) -> Words:
        samples = np.zeros(utterance.samples, np.int16)
        utterance.copy_into(samples)
        return await asyncio.to_thread(self._recognise, samples, hints)

    def _recognise(self, samples: NDArray[np.int16], hints: Hints) -> Words:
        with self._lock:
            return self._whisper.recognise(samples, hints)


class HeldTranscriber:
    """Says when each utterance began, once it may."""

    def __init__(self) -> None:
        self.go_on = asyncio.Event()

    workers = 1
    window: Window = "dynamic"

    async def transcribe(self, utterance: Utterance, hints: Hints = NO_HINTS) -> Words:
        await self.go_on.wait()
        samples = np.zeros(utterance.samples, np.int16)
        utterance.copy_into(samples)
        return Words(str(int(samples.max())), hints.language or "en", 0.9)


@pytest.fixture(scope="module")
def engine() -> InProcess:
    return InProcess(Whisper(MODEL))


@pytest.fixture(scope="module")
def silero() -> Silero:
    return Silero()


def text(number: int) -> str:
    return normalised(clips()[number]["text"])


def heard(path: Path) -> NDArray[np.int16]:
    """All of a recording."""
    pieces: list[NDArray[np.int16]] = []
    with Reader(path) as reader:
        while len(block := reader.read()):
            pieces.append(block.copy())
    return np.concatenate(pieces) if pieces else silence(0)


async def said(files: Sequence[Path], transcriber: Any, silero: Silero | None, **options: Any) -> Transcript:
    readers = [Reader(file) for file in files]
    try:
        return await transcribe(
            readers,
            transcriber,
            probability=Level if silero is None else lambda: SpeechProbability(silero),
            **options,
        )
    finally:
        for reader in readers:
            reader.close()


def words(transcript: Transcript) -> list[str]:
    return [normalised(snippet.text) for snippet in transcript.snippets]


@pytest.mark.parametrize("ending", CODECS)
async def test_every_format_is_heard(ending: str, tmp_path: Path, engine: InProcess, silero: Silero) -> None:
    file = save(tmp_path / f"anna{ending}", conversation([0]))

    transcript = await said([file], engine, silero)

    assert words(transcript) == [text(0)]
    assert transcript.speakers == ("anna",)
    assert transcript.unread == []


@pytest.mark.parametrize(("rate_hz", "layout"), [(8_000, "mono"), (44_100, "stereo"), (96_000, "5.1")])
def test_rates_and_channels_become_16_khz_mono(rate_hz: int, layout: str, tmp_path: Path) -> None:
    t = np.arange(3 * RATE_HZ) / RATE_HZ
    tone = (8_000 * np.sin(2 * np.pi * 440 * t)).astype(np.int16)

    samples = heard(save(tmp_path / "tone.flac", tone, rate_hz=rate_hz, layout=layout))

    assert len(samples) == pytest.approx(3 * RATE_HZ, abs=400)
    spectrum = np.abs(np.fft.rfft(samples[: 2 * RATE_HZ]))
    assert np.argmax(spectrum) / 2 == pytest.approx(440, abs=1)


async def test_speakers_are_merged_by_when_they_speak(tmp_path: Path, engine: InProcess, silero: Silero) -> None:
    anna = save(tmp_path / "anna.wav", conversation([0, 2, 4], pause_s=5), rate_hz=16_000, layout="mono")
    bob = save(tmp_path / "bob.ogg", conversation([1, 3], first_s=4.5, pause_s=6))

    transcript = await said([anna, bob], engine, silero)

    who = [transcript.speakers[snippet.speaker_id] for snippet in transcript.snippets]
    assert who == ["anna", "bob", "anna", "bob", "anna"]
    assert words(transcript) == [text(n) for n in (0, 1, 2, 3, 4)]
    starts = [snippet.start_s for snippet in transcript.snippets]
    assert starts == sorted(starts)
    assert starts[1] == pytest.approx(4.6, abs=0.4)


async def test_a_speaker_whose_recording_ends_early_has_their_last_words(tmp_path: Path) -> None:
    short = save(tmp_path / "short.wav", np.full(RATE_HZ, 700, np.int16), rate_hz=16_000, layout="mono")
    long = save(tmp_path / "long.wav", np.concatenate([silence(20), np.full(RATE_HZ, 900, np.int16)]))

    transcript = await said([short, long], ScriptedTranscriber("a", "b"), None)

    assert [(s.speaker_id, s.text) for s in transcript.snippets] == [(0, "a"), (1, "b")]
    assert transcript.snippets[0].end_s == pytest.approx(1.0, abs=0.05)


async def test_a_recording_waits_for_the_engine_and_loses_nothing(tmp_path: Path) -> None:
    # Minutes in which each utterance has a loudness of its own, and long silences that would turn a ring over.
    pieces: list[NDArray[np.int16]] = []
    for number in range(30):
        pieces += [np.full(2 * RATE_HZ, 1_000 + number, np.int16), silence(25 if number % 10 == 3 else 3)]
    file = save(tmp_path / "long.wav", np.concatenate(pieces), rate_hz=16_000, layout="mono")
    engine, at_s = HeldTranscriber(), [0.0]

    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(said([file], engine, None, on_progress=at_s.append))
        await until(lambda: at_s[-1] > AHEAD_S)
        for _ in range(20):
            await asyncio.sleep(0.005)
        assert at_s[-1] < AHEAD_S + 2
        engine.go_on.set()

    transcript = running.result()
    assert words(transcript) == [str(1_000 + number) for number in range(30)]
    assert not any(snippet.missing_s for snippet in transcript.snippets)
    assert at_s[-1] == pytest.approx(sum(map(len, pieces)) / RATE_HZ, abs=1)


async def test_several_minutes_of_speech_come_out_whole_and_in_order(
    tmp_path: Path, engine: InProcess, silero: Silero
) -> None:
    numbers = list(range(8)) * 4
    once = conversation(numbers[:8], pause_s=1.5)
    file = save(tmp_path / "long.flac", np.tile(once, 4), rate_hz=16_000, layout="mono")

    transcript = await said([file], engine, silero)

    assert transcript.heard_s > 120
    assert words(transcript) == [text(n) for n in numbers]
    starts = [snippet.start_s for snippet in transcript.snippets]
    assert starts == sorted(starts)


async def test_memory_does_not_grow_with_the_recording(tmp_path: Path) -> None:
    file = save(
        tmp_path / "long.wav", np.tile(np.concatenate([np.full(RATE_HZ, 900, np.int16), silence(1)]), 40), layout="mono"
    )
    tracemalloc.start()
    try:
        transcript = await said([file], ScriptedTranscriber("words"), None)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(transcript.snippets) == 40
    # The ring alone has 1 MB; the recording would take 2.6 MB.
    assert peak < 1_500_000


async def test_noise_gives_nothing(tmp_path: Path, engine: InProcess, silero: Silero) -> None:
    made = save(tmp_path / "hiss.wav", noise(5))

    transcript = await said([made, CLIPS / clips(spoken=False)[0]["file"]], engine, silero)

    assert transcript.snippets == []
    assert transcript.heard_s > 5


async def test_a_pause_that_was_not_recorded_stays_a_pause(tmp_path: Path) -> None:
    loud = np.full(RATE_HZ, 900, np.int16)
    file = save(tmp_path / "cut.mka", np.concatenate([loud, loud]), layout="mono", holes=[(RATE_HZ, 7.5)])

    transcript = await said([file], ScriptedTranscriber("one", "two"), None)

    first, second = transcript.snippets
    assert first.end_s == pytest.approx(1, abs=0.1)
    assert second.start_s == pytest.approx(8.5, abs=0.1)


async def test_an_utterance_that_the_engine_failed_on_is_a_gap_and_the_rest_is_there(tmp_path: Path) -> None:
    loud = np.concatenate([np.full(RATE_HZ, 900, np.int16), silence(1)])
    file = save(tmp_path / "anna.wav", np.concatenate([loud, loud, loud]))

    transcript = await said([file], ScriptedTranscriber("one", EngineLost(), EngineLost(), "three"), None)

    assert words(transcript) == ["one", "", "three"]
    assert transcript.snippets[1].missing_s == pytest.approx(1, abs=0.2)
    assert transcript.engines_lost == 2
    assert len(transcript.recognition_s) == 2
    assert "anna: [1 s not transcribed]\n" in as_text(transcript)


async def test_an_engine_that_died_over_an_utterance_is_asked_once_more(tmp_path: Path) -> None:
    file = save(tmp_path / "anna.wav", np.concatenate([np.full(RATE_HZ, 900, np.int16), silence(1)]))

    transcript = await said([file], ScriptedTranscriber(EngineLost(), "one"), None)

    assert words(transcript) == ["one"]
    assert transcript.engines_lost == 1


async def test_an_engine_that_is_gone_for_good_ends_it(tmp_path: Path) -> None:
    file = save(tmp_path / "anna.wav", np.concatenate([np.full(RATE_HZ, 900, np.int16), silence(1)] * 30))

    with pytest.raises(EngineUnavailable, match="is gone"):
        await said([file], ScriptedTranscriber(EngineUnavailable("The engine is gone.")), None)


async def test_no_sound_is_left_in_memory_however_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rings: list[Ring] = []

    def ring() -> Ring:
        rings.append(Ring())
        return rings[-1]

    monkeypatch.setattr(recordings, "Ring", ring)
    file = save(tmp_path / "anna.wav", np.full(40 * RATE_HZ, 900, np.int16))
    reader = Reader(file)
    held = HeldTranscriber()
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(transcribe([reader], held, probability=Level))
        await until(lambda: bool(rings) and not rings[0].silent)
        running.cancel()
    reader.close()

    assert running.cancelled()
    assert rings[0].silent
    assert not reader._block.any()
    assert not len(reader.read())


def test_what_is_no_recording_is_refused_and_named(tmp_path: Path) -> None:
    (tmp_path / "note.wav").write_text("not sound", encoding="utf-8")
    (tmp_path / "empty.mp3").touch()
    save_video_without_sound(tmp_path / "film.mkv")

    for name, why in {
        "missing.wav": "is not there",
        ".": "is not there",
        "note.wav": "cannot be read as sound",
        "empty.mp3": "cannot be read as sound",
        "film.mkv": "has no sound in it",
    }.items():
        with pytest.raises(RecordingUnreadable, match=why) as refused:
            Reader(tmp_path / name)
        assert str(tmp_path / name) in str(refused.value)


async def test_what_is_damaged_in_the_middle_is_heard_without_it_and_said(tmp_path: Path) -> None:
    file = save(tmp_path / "anna.m4a", noise(8, level=3_000), layout="mono")
    data = bytearray(file.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 9_973] = bytes(n * 7_919 % 251 for n in range(9_973))
    file.write_bytes(data)

    transcript = await said([file], ScriptedTranscriber("words"), None)

    assert len(transcript.snippets) >= 1
    assert transcript.heard_s == pytest.approx(8, abs=0.2)
    assert transcript.unread == [f"{file} is damaged, and part of it is left out"]


def test_a_playlist_opens_no_other_file_and_no_address(tmp_path: Path) -> None:
    playlist = tmp_path / "list.m3u8"
    playlist.write_text("#EXTM3U\n#EXTINF:5,\nhttp://127.0.0.1:9/a.ts\n#EXT-X-ENDLIST\n", encoding="utf-8")

    with pytest.raises(RecordingUnreadable):
        Reader(playlist).read()


def transcript_of(*snippets: tuple[float, float, str]) -> Transcript:
    made = [Snippet(0, start_s, end_s, words, 0.9, "en") for start_s, end_s, words in snippets]
    return Transcript(("anna",), made)


def test_times_are_rounded_before_they_are_parted() -> None:
    transcript = transcript_of((3.24, 4, "a"), (59.97, 61, "b"), (3_599.96, 3_601.0006, "c"))

    assert as_text(transcript) == "[00:03.2] anna: a\n[01:00.0] anna: b\n[1:00:00.0] anna: c\n"
    assert "00:59:59,960 --> 01:00:01,001" in as_srt(transcript)


def test_subtitles_are_blocks_that_no_text_can_break() -> None:
    srt = as_srt(transcript_of((0, 1, "one\n\n2\n00:00:01,000 --> 00:00:02,000"), (2, 2, "two")))

    blocks = srt.strip().split("\n\n")
    assert [block.splitlines()[0] for block in blocks] == ["1", "2"]
    assert all(len(block.splitlines()) == 3 for block in blocks)
    assert srt.count("-->") == 2
    assert "00:00:02,000 --> 00:00:02,001" in srt


def test_a_long_snippet_is_several_subtitles_of_two_lines_that_share_its_time() -> None:
    said = (
        "We found a memory leak in a payment service, and then my team fixed it together with the customer on a Friday."
    )

    srt = as_srt(transcript_of((1, 9, said), (9.5, 10, "Yes.")))

    blocks = [block.splitlines() for block in srt.strip().split("\n\n")]
    assert [block[0] for block in blocks] == ["1", "2", "3"]
    lines = [line for block in blocks for line in block[2:]]
    assert all(len(block) <= 4 for block in blocks)
    assert max(map(len, lines)) <= 42
    assert " ".join(lines) == f"anna: {said} anna: Yes."
    times = [block[1].split(" --> ") for block in blocks]
    assert times[0][0] == "00:00:01,000"
    assert times[0][1] == times[1][0]
    assert times[1][1] == "00:00:09,000"


@pytest.mark.parametrize("said", ["Ми побудували мобільний додаток за п\u2019ять місяців.", "Grüße, Straße, Öl."])
@pytest.mark.parametrize("form", [as_text, as_srt, as_json])
def test_every_form_keeps_the_letters_of_every_language_in_utf_8(said: str, form: Callable[[Transcript], str]) -> None:
    written = form(transcript_of((0, 4, said))).encode()

    assert not written.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in written
    assert " ".join(said.split()) in " ".join(written.decode().split())


def test_nothing_said_is_an_empty_text_and_an_empty_list() -> None:
    assert (as_text(transcript_of()), as_srt(transcript_of()), json.loads(as_json(transcript_of()))) == ("", "", [])
