"""Models beside each other: what is read, and how it is counted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import pytest

from stt.audio import RATE_HZ
from stt.engine import EngineLost
from stt.evaluation import Sample, SamplesUnreadable, Score, evaluate, read_samples
from tests.stt.files import save
from tests.stt.sounds import CLIPS, Loudness, ScriptedTranscriber, clips, silence

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def spoken(tmp_path: Path) -> Path:
    """A second of what counts as speech here."""
    return save(tmp_path / "spoken.wav", np.concatenate([np.full(RATE_HZ, 900, np.int16), silence(1)]))


def test_a_list_names_recordings_words_and_languages() -> None:
    samples = read_samples(CLIPS)

    assert len(samples) == len(clips()) + len(clips(spoken=False))
    assert samples[0] == Sample(CLIPS / "clip01.flac", clips()[0]["text"], "en")
    assert [sample.language for sample in samples if not sample.text] == [None]


def test_words_may_be_called_a_transcript(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('[{"file": "a.wav", "transcript": "hello", "words": 1}]', encoding="utf-8")

    assert read_samples(tmp_path) == [Sample(tmp_path / "a.wav", "hello")]


def test_words_may_lie_beside_their_recording(tmp_path: Path) -> None:
    for name, content in {
        "b.mp3": "",
        "b.txt": "two",
        "a.wav": "",
        "a.txt": "one",
        "readme.txt": "",
        "c.wav": "",
    }.items():
        (tmp_path / name).write_text(content, encoding="utf-8")

    assert read_samples(tmp_path) == [Sample(tmp_path / "a.wav", "one"), Sample(tmp_path / "b.mp3", "two")]


@pytest.mark.parametrize("content", ["{", '{"a": 1}', '[{"file": "a.wav"}]', '[{"file": 1, "text": "a"}]', "[3]"])
def test_a_list_that_cannot_be_understood_is_refused(content: str, tmp_path: Path) -> None:
    (tmp_path / "expected.json").write_text(content, encoding="utf-8")

    with pytest.raises(SamplesUnreadable, match=r"cannot be understood.*\.$"):
        read_samples(tmp_path)


def test_a_folder_without_words_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.wav").touch()

    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(SamplesUnreadable):
            read_samples(folder)


async def test_wrong_words_are_counted_where_somebody_speaks_and_invented_ones_where_nobody_does(spoken: Path) -> None:
    samples = [Sample(spoken, "One two, three four!"), Sample(spoken, ""), Sample(spoken, "yes", "uk")]
    engine = ScriptedTranscriber("one too three", "Thank you.", "Yes.")

    score = await evaluate(samples, engine, probability=Loudness)

    assert (score.files, score.words, score.wrong) == (3, 5, 2)
    assert score.word_error_rate == pytest.approx(0.4)
    assert (score.silent_files, score.invented) == (1, 2)
    assert [hints.language for hints in engine.hints] == [None, None, "uk"]
    assert len(score.recognition_s) == 3
    assert score.heard_s == pytest.approx(6, abs=0.1)
    assert json.loads(json.dumps(score.as_dict()))["invented_words"] == 2


async def test_what_the_engine_failed_on_counts_as_left_out(spoken: Path) -> None:
    score = await evaluate([Sample(spoken, "one two")], ScriptedTranscriber(EngineLost()), probability=Loudness)

    assert (score.wrong, score.words, score.crashes) == (2, 2, 2)
    assert score.missing_s == pytest.approx(1, abs=0.2)
    assert score.latency_s(0.5) is None


async def test_a_recording_that_is_not_there_does_not_take_the_others_along(spoken: Path, tmp_path: Path) -> None:
    missing = tmp_path / "missing.wav"

    score = await evaluate([Sample(missing, "a"), Sample(spoken, "b")], ScriptedTranscriber("b"), probability=Loudness)

    assert (score.files, score.words, score.wrong) == (1, 1, 0)
    assert score.unread == [f"{missing} is not there"]


def test_parts_of_the_latencies_and_nothing_of_nothing() -> None:
    score = Score(recognition_s=[n / 100 for n in range(100, 0, -1)])

    assert (score.latency_s(0.5), score.latency_s(0.95)) == (0.51, 0.96)
    assert Score().word_error_rate is None
    assert Score().real_time_factor is None
