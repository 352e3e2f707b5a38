"""Frames in, snippets out: nothing lost silently, nothing kept, nobody mixed up."""

import asyncio

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stt.audio import Frame, Ring
from stt.engine import EngineLost, EngineUnavailable, TranscriptionFailed
from stt.segmenter import Endpointing
from stt.vad import Silero, SpeechProbability
from tests.stt.sounds import (
    ReadingTranscriber,
    ScriptedTranscriber,
    Stage,
    clips,
    noise,
    recording,
    silence,
    until,
    write,
)

ANNA, BOB = 1, 2


async def test_what_somebody_said_comes_out_with_its_times() -> None:
    stage = Stage()
    stage.wait(2)
    stage.say(ANNA, 700, 1.0)
    stage.wait(1)

    assert await stage.words() == ["700"]
    (snippet,) = stage.told
    assert snippet.speaker_id == ANNA
    assert snippet.start_s == pytest.approx(2.0, abs=0.05)
    assert snippet.end_s == pytest.approx(3.0, abs=0.05)
    assert stage.pipeline.counts.snippets == stage.pipeline.counts.utterances == 1


async def test_two_who_speak_at_once_are_not_mixed_up() -> None:
    stage = Stage(ReadingTranscriber(workers=2))
    for number in range(3):
        stage.hear(_1=np.full(16_000, 701 + number, np.int16), _2=np.full(12_800, 901 + number, np.int16))
        stage.wait(1)

    await stage.words()

    assert [s.text for s in stage.told if s.speaker_id == ANNA] == ["701", "702", "703"]
    assert [s.text for s in stage.told if s.speaker_id == BOB] == ["901", "902", "903"]


async def test_words_come_while_others_still_speak() -> None:
    stage = Stage()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(stage.pipeline.run())
        stage.say(ANNA, 700, 1.0)
        stage.hear(_1=silence(0.6), _2=np.full(9_600, 900, np.int16))
        await until(lambda: bool(stage.told))

        assert [s.text for s in stage.told] == ["700"]
        await stage.pipeline.finish(timeout_s=5)
    assert [s.text for s in stage.told] == ["700", "900"]
    assert 0.4 < stage.pipeline.counts.latencies_s[0] < 0.8


async def test_the_end_is_found_by_heard_silence_by_a_pause_notice_and_by_the_clock() -> None:
    stage = Stage()
    stage.say(ANNA, 700, 1.0)
    stage.hear(_1=silence(0.7))
    assert stage.pipeline.counts.utterances == 1

    stage.say(ANNA, 701, 1.0)
    stage.pipeline.pause(ANNA, stage.now_s)
    stage.now_s += 0.45
    stage.pipeline.tick()
    assert stage.pipeline.counts.utterances == 1
    stage.now_s += 0.1
    stage.pipeline.tick()
    assert stage.pipeline.counts.utterances == 2

    stage.say(ANNA, 702, 1.0)
    stage.wait(0.6)
    assert stage.pipeline.counts.utterances == 3
    assert await stage.words() == ["700", "701", "702"]


async def test_packets_that_are_late_are_not_silence_yet() -> None:
    stage = Stage(endpointing=Endpointing(silence_s=0.1))
    stage.say(ANNA, 700, 1.0)
    stage.wait(0.15)
    assert stage.pipeline.counts.utterances == 0

    stage.wait(0.1)

    assert stage.pipeline.counts.utterances == 1
    await stage.words()


async def test_a_short_pause_of_the_client_does_not_split_a_sentence() -> None:
    stage = Stage()
    stage.say(ANNA, 700, 1.0)
    stage.pipeline.pause(ANNA, stage.now_s)
    stage.wait(0.3)
    stage.say(ANNA, 701, 1.0)

    assert await stage.words() == ["700 701"]


async def test_who_is_still_speaking_at_the_end_is_not_cut_off() -> None:
    stage = Stage()
    stage.say(ANNA, 700, 1.0)

    assert await stage.words() == ["700"]


async def test_a_cough_is_not_sent_to_the_engine() -> None:
    engine = ScriptedTranscriber("cough")
    stage = Stage(engine)
    stage.say(ANNA, 700, 0.2)
    stage.wait(1)

    assert await stage.words() == []
    assert engine.asked == []
    assert stage.pipeline.counts.discarded_short == 1
    assert stage.audio_left() == 0


@pytest.mark.parametrize("error", [TranscriptionFailed("x"), EngineLost("x"), EngineUnavailable("x"), TimeoutError()])
async def test_an_utterance_without_words_leaves_a_gap_and_the_next_has_its_words(error: Exception) -> None:
    stage = Stage(ScriptedTranscriber(error, "two"))
    stage.say(ANNA, 700, 1.0)
    stage.wait(1)
    stage.say(ANNA, 701, 1.0)
    stage.wait(1)

    assert await stage.words() == ["", "two"]
    assert stage.told[0].missing_s == pytest.approx(1.0, abs=0.1)
    assert (stage.pipeline.counts.gaps, stage.pipeline.counts.gap_s) == (1, stage.told[0].missing_s)
    assert stage.audio_left() == 0


async def test_no_words_are_no_snippet() -> None:
    stage = Stage(ScriptedTranscriber(""))
    stage.say(ANNA, 700, 1.0)

    assert await stage.words() == []
    assert stage.pipeline.counts.empty == 1


async def test_what_cannot_wait_any_longer_becomes_a_gap_in_its_place() -> None:
    engine = ReadingTranscriber(held=True)
    stage = Stage(engine, max_waiting_s=3.0)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(stage.pipeline.run())
        for value in (701, 702, 703, 704, 705):
            stage.say(ANNA, value, 1.0)
            stage.wait(1)
            await asyncio.sleep(0)
            assert stage.pipeline.waiting_s <= 3.0
        engine.go_on.set()
        await stage.pipeline.finish(timeout_s=5)

    # One is under way, two can wait.
    assert [s.text for s in stage.told] == ["701", "", "", "704", "705"]
    assert [s.start_s for s in stage.told] == sorted(s.start_s for s in stage.told)
    assert stage.pipeline.counts.gap_s == pytest.approx(2.0, abs=0.2)


async def test_all_speakers_together_are_bounded_and_the_oldest_goes_first() -> None:
    stage = Stage(max_total_s=2.0)
    for speaker in (3, 2, 1):
        stage.say(speaker, 700 + speaker, 1.0)
        stage.wait(1)

    await stage.words()

    assert sorted((s.speaker_id, s.text) for s in stage.told) == [(1, "701"), (2, "702"), (3, "")]


async def test_speech_that_was_overwritten_before_its_turn_is_a_gap() -> None:
    engine = ReadingTranscriber(held=True)
    stage = Stage(engine, max_waiting_s=1_000)
    stage.rings[ANNA] = Ring(seconds=2.5)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(stage.pipeline.run())
        for value in (701, 702, 703, 704):
            stage.say(ANNA, value, 1.0)
            stage.wait(1)
            await asyncio.sleep(0)
        engine.go_on.set()
        await stage.pipeline.finish(timeout_s=5)

    assert [s.text for s in stage.told] == ["701", "", "703", "704"]


async def test_nothing_comes_out_of_who_withdrew_while_speaking() -> None:
    stage = Stage()
    stage.say(ANNA, 700, 1.0)
    stage.hear(_2=np.full(16_000, 900, np.int16))
    stage.pipeline.forget(ANNA)

    assert np.count_nonzero(stage.rings[ANNA]._block) == 0
    assert await stage.words() == ["900"]


async def test_nothing_comes_out_of_who_withdrew_while_waiting() -> None:
    stage = Stage()
    for value in (700, 701):
        stage.say(ANNA, value, 1.0)
        stage.wait(1)
    stage.pipeline.forget(ANNA)

    assert stage.audio_left() == 0
    assert await stage.words() == []


async def test_nothing_comes_out_of_who_withdrew_while_the_engine_had_it() -> None:
    engine = ReadingTranscriber(held=True)
    stage = Stage(engine)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(stage.pipeline.run())
        stage.say(ANNA, 700, 1.0)
        stage.wait(1)
        await engine.under_way.wait()

        stage.pipeline.forget(ANNA)
        assert stage.audio_left() == 0
        await until(lambda: engine.cancelled == 1)
        engine.go_on.set()
        stage.say(BOB, 900, 1.0)
        await stage.pipeline.finish(timeout_s=5)

    assert [s.text for s in stage.told] == ["900"]


async def test_who_withdrew_and_comes_back_is_heard_from_then_on() -> None:
    stage = Stage()
    stage.say(ANNA, 700, 1.0)
    stage.pipeline.forget(ANNA)
    stage.say(ANNA, 701, 1.0)

    assert await stage.words() == ["701"]


async def test_what_still_waits_when_time_is_up_becomes_gaps() -> None:
    stage = Stage(ReadingTranscriber(held=True))
    for value in (700, 701):
        stage.say(ANNA, value, 1.0)
        stage.wait(1)

    await stage.pipeline.finish(timeout_s=0.05)

    assert [(s.text, round(s.missing_s)) for s in stage.told] == [("", 1), ("", 1)]
    assert stage.audio_left() == 0


async def test_audio_is_gone_when_the_owner_is_cancelled() -> None:
    stage = Stage(ReadingTranscriber(held=True))
    async with asyncio.TaskGroup() as tasks:
        run = tasks.create_task(stage.pipeline.run())
        stage.say(ANNA, 700, 1.0)
        stage.say(BOB, 900, 2.0)
        stage.wait(1)
        await asyncio.sleep(0)
        run.cancel()

    assert stage.audio_left() == 0
    stage.say(ANNA, 700, 1.0)
    assert stage.told == []


async def test_what_is_not_speech_is_overwritten_while_it_is_heard() -> None:
    stage = Stage()
    # Too quiet to be speech here.
    stage.hear(_1=np.full(16_000 * 20, 20, np.int16))
    # Pre-roll, two chunks that may become a beginning, and the one that is being filled.
    assert stage.audio_left() < 16_000 * 0.45

    stage.wait(1)

    assert stage.audio_left() == 0
    assert stage.pipeline.counts.wiped_s == pytest.approx(20, abs=0.1)
    await stage.words()


async def test_audio_is_overwritten_as_soon_as_its_words_are_out() -> None:
    stage = Stage()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(stage.pipeline.run())
        stage.say(ANNA, 700, 2.0)
        stage.wait(1)
        await until(lambda: bool(stage.told))

        assert stage.audio_left() == 0
        await stage.pipeline.finish(timeout_s=5)


async def test_a_new_ring_ends_what_was_said_in_the_old_one() -> None:
    stage = Stage()
    stage.say(ANNA, 700, 1.0)
    old, stage.rings[ANNA] = stage.rings[ANNA], Ring()
    stage.say(ANNA, 701, 1.0)

    assert await stage.words() == ["700", "701"]
    assert not old._block.any()


async def test_a_hole_in_the_ring_is_not_read_across() -> None:
    stage = Stage()
    stage.say(ANNA, 700, 1.0)
    write(stage.rings[ANNA], np.full(640, 111, np.int16))
    stage.say(ANNA, 701, 1.0)

    assert await stage.words() == ["700", "701"]
    assert stage.audio_left() == 0


async def test_frames_at_odd_places_of_the_ring_are_heard() -> None:
    stage = Stage()
    ring = stage.rings[ANNA] = Ring(seconds=2)
    write(ring, np.full(100, 1, np.int16))
    ring.wipe()
    for _ in range(3):
        stage.say(ANNA, 700, 1.0)
        stage.wait(1)
        await asyncio.sleep(0)

    assert [text for text in await stage.words() if text] != []


async def test_a_frame_that_was_wiped_before_it_came_is_no_error() -> None:
    stage = Stage()
    stage.say(ANNA, 700, 1.0)
    ring = stage.rings[ANNA]
    at = write(ring, np.full(320, 700, np.int16))
    ring.wipe()

    stage.pipeline.push(Frame(ANNA, stage.now_s, ring, at))

    assert await stage.words() == [""]


async def test_a_short_utterance_is_decoded_in_the_language_that_is_known() -> None:
    engine = ScriptedTranscriber("words")
    stage = Stage(engine)
    for seconds in (1.0, 1.0, 4.0):
        stage.say(ANNA, 700, seconds)
        stage.wait(1)
    stage.say(BOB, 900, 1.0)

    await stage.words()

    assert [hints.usual for hints in engine.hints] == [None, "en", "en", None]


async def test_an_end_that_comes_before_the_first_turn_of_the_owners_task_loses_nothing() -> None:
    stage = Stage(ScriptedTranscriber("words"))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(stage.pipeline.run())
        for speaker in range(5):
            stage.say(speaker, 700, 1.0)
        await stage.pipeline.finish(timeout_s=5)

    assert len(stage.told) == 5


async def test_after_the_end_nobody_is_heard() -> None:
    stage = Stage()
    await stage.words()
    stage.say(ANNA, 700, 1.0)

    assert await stage.words() == []


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["speak", "speak", "silence", "pause", "wait", "forget"]),
            st.sampled_from([ANNA, BOB]),
            st.sampled_from([0.1, 0.3, 0.6, 1.3]),
        ),
        max_size=20,
    ),
    st.sampled_from(["700", "", TranscriptionFailed("x")]),
)
def test_whatever_people_do_all_speech_is_accounted_for_and_no_audio_stays(
    story: list[tuple[str, int, float]], line: str | Exception
) -> None:
    async def play() -> None:
        stage = Stage(ScriptedTranscriber(line))
        for what, speaker, seconds in story:
            match what:
                case "speak":
                    stage.say(speaker, 700, seconds)
                case "silence":
                    stage.say(speaker, 3, seconds)
                case "pause":
                    stage.pipeline.pause(speaker, stage.now_s)
                case "forget":
                    stage.pipeline.forget(speaker)
                case _:
                    stage.wait(seconds)
        await stage.words()
        counts = stage.pipeline.counts

        assert stage.audio_left() == 0
        if not any(what == "forget" for what, *_ in story):
            assert counts.utterances == counts.snippets + counts.empty + counts.gaps
        for speaker in (ANNA, BOB):
            times = [(s.start_s, s.end_s) for s in stage.told if s.speaker_id == speaker]
            assert times == sorted(times)

    asyncio.run(play())


async def test_two_real_voices_are_found_by_the_real_detector() -> None:
    silero = Silero()
    stage = Stage(ScriptedTranscriber("words"), probability=lambda: SpeechProbability(silero))
    first, second = (recording(clip["file"]) for clip in clips()[:2])
    pad = silence(0.6)

    stage.hear(_1=np.concatenate([first, pad]), _2=np.concatenate([silence(1), second, pad]), _3=noise(6))
    stage.wait(1)
    await stage.words()

    assert sorted(s.speaker_id for s in stage.told) == [ANNA, BOB]
    assert stage.audio_left() == 0


async def test_the_backlog_reaches_back_to_the_oldest_words_that_are_missing() -> None:
    held = ReadingTranscriber(held=True, workers=2)
    stage = Stage(held)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(stage.pipeline.run())
        stage.say(ANNA, 700, 1.0)
        assert stage.pipeline.backlog_s == 0.0

        stage.hear(_1=silence(4), _2=silence(4))
        assert stage.pipeline.backlog_s == pytest.approx(5.0, abs=0.05)
        await held.under_way.wait()
        assert stage.pipeline.backlog_s == pytest.approx(5.0, abs=0.05)

        held.go_on.set()
        await until(lambda: bool(stage.told))
        assert stage.pipeline.backlog_s == 0.0
        await stage.pipeline.finish(timeout_s=5)
