"""Where speech begins and ends."""

from dataclasses import dataclass

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stt.audio import RATE_HZ
from stt.segmenter import CHUNK_S, CHUNK_SAMPLES, LONGEST_S, Endpointing, Segmenter, Stretch


@dataclass
class Heard:
    """Chunks that were pushed, and the stretches that came out."""

    chunks: list[tuple[float, int, float, bool]]
    stretches: list[Stretch]
    end: int

    def covering(self, at: int) -> list[Stretch]:
        return [s for s in self.stretches if s.start <= at and at + CHUNK_SAMPLES <= s.end]


def listen(chunks: list[tuple[float, float]], rules: Endpointing | None = None) -> Heard:
    """Push (probability, seconds of nothing before it), then flush."""
    segmenter, at, now_s = Segmenter(rules), 1_000, 5.0
    heard = Heard([], [], 0)
    for probability, pause_s in chunks:
        if pause_s:
            # As the pipeline does: part of a chunk is left over where the client stops sending.
            at += 200
            now_s += pause_s
        heard.chunks.append((probability, at, now_s, pause_s > 0))
        stretch = segmenter.push(probability, at=at, start_s=now_s)
        if stretch:
            heard.stretches.append(stretch)
        assert segmenter.keep_from <= at + CHUNK_SAMPLES
        at += CHUNK_SAMPLES
        now_s += CHUNK_S
    last = segmenter.flush(heard=at + 100)
    if last:
        heard.stretches.append(last)
    heard.end = at + 100
    return heard


def steady(probability: float, seconds: float) -> list[tuple[float, float]]:
    return [(probability, 0.0)] * round(seconds / CHUNK_S)


PIECES = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.1, 0.3, 0.36, 0.49, 0.5, 0.8, 0.99]),
        st.integers(1, 120),
        st.sampled_from([0.0, 0.0, 0.0, 0.1, 0.25, 0.6, 3.0]),
    ),
    max_size=25,
)
RULES = st.builds(
    Endpointing,
    pre_roll_s=st.sampled_from([0.0, 0.1, 0.3]),
    post_roll_s=st.sampled_from([0.0, 0.2, 0.5]),
    silence_s=st.sampled_from([0.1, 0.3, 0.5, 1.0]),
    least_speech_s=st.sampled_from([0.03, 0.25, 0.5]),
    cut_s=st.sampled_from([3.5, 5.0, 12.0, 25.0]),
)


def spread(pieces: list[tuple[float, int, float]]) -> list[tuple[float, float]]:
    return [(p, pause if n == 0 else 0.0) for p, count, pause in pieces for n in range(count)]


@settings(deadline=None)
@given(PIECES, RULES)
def test_every_stretch_of_speech_comes_out_once_and_in_order(
    pieces: list[tuple[float, int, float]], rules: Endpointing
) -> None:
    heard = listen(spread(pieces), rules)

    assert all(a.end <= b.start for a, b in zip(heard.stretches, heard.stretches[1:], strict=False))
    assert all(a.end_s <= b.start_s for a, b in zip(heard.stretches, heard.stretches[1:], strict=False))
    for (p, at, _, _), (q, next_at, _, paused) in zip(heard.chunks, heard.chunks[1:], strict=False):
        if min(p, q) >= 0.5 and not paused:
            assert len(heard.covering(at)) == 1
            assert len(heard.covering(next_at)) == 1


@settings(deadline=None)
@given(PIECES, RULES)
def test_speech_goes_on_until_there_is_silence(pieces: list[tuple[float, int, float]], rules: Endpointing) -> None:
    heard = listen(spread(pieces), rules)

    for stretch, following in zip(heard.stretches, [*heard.stretches[1:], None], strict=False):
        if stretch.reason != "silence":
            continue
        until = following.start if following else heard.end
        later = [s for p, at, s, _ in heard.chunks if stretch.end <= at < until and p >= rules.keep_probability]
        assert all(start_s + CHUNK_S - stretch.end_s >= rules.silence_s - 1e-6 for start_s in later)


@settings(deadline=None)
@given(PIECES, RULES)
def test_no_stretch_is_too_long_and_none_short_of_a_word_is_kept(
    pieces: list[tuple[float, int, float]], rules: Endpointing
) -> None:
    for stretch in listen(spread(pieces), rules).stretches:
        assert 0 < stretch.end - stretch.start <= rules.cut_s * RATE_HZ <= LONGEST_S * RATE_HZ
        assert stretch.start_s < stretch.end_s
        assert stretch.too_short == (stretch.speech_s < rules.least_speech_s)


def test_two_of_three_chunks_begin_it_with_what_came_before() -> None:
    heard = listen([*steady(0.0, 1), (0.6, 0.0), (0.1, 0.0), (0.6, 0.0), *steady(0.9, 1), *steady(0.0, 1)])

    (stretch,) = heard.stretches
    first = heard.chunks[round(1 / CHUNK_S)]
    assert stretch.start == first[1] - round(0.3 * RATE_HZ)
    assert stretch.start_s == first[2]


def test_one_loud_chunk_in_three_is_not_speech() -> None:
    assert listen([(0.9, 0.0), (0.0, 0.0), (0.0, 0.0)] * 20).stretches == []


def test_speech_that_falls_between_the_two_thresholds_goes_on_but_does_not_begin() -> None:
    assert listen(steady(0.4, 3)).stretches == []
    (stretch,) = listen([*steady(0.9, 0.3), *steady(0.4, 3), *steady(0.0, 1)]).stretches
    assert stretch.speech_s == pytest.approx(3.3, abs=0.1)


def test_half_a_second_of_silence_ends_it_and_less_does_not() -> None:
    assert len(listen([*steady(0.9, 1), *steady(0.0, 0.45), *steady(0.9, 1)]).stretches) == 1
    assert len(listen([*steady(0.9, 1), *steady(0.0, 0.55), *steady(0.9, 1)]).stretches) == 2


def test_silence_that_was_not_sent_ends_it_too() -> None:
    assert len(listen([*steady(0.9, 1), (0.9, 0.4), *steady(0.9, 1)]).stretches) == 1
    first, second = listen([*steady(0.9, 1), (0.9, 0.5), *steady(0.9, 1)]).stretches
    assert first.reason == "silence"
    # Nothing from before the gap is its soft beginning.
    assert second.start == first.end + 200 or second.start > first.end


def test_the_clock_alone_ends_it() -> None:
    segmenter = Segmenter()
    for n in range(40):
        segmenter.push(0.9, at=n * CHUNK_SAMPLES, start_s=n * CHUNK_S)
    end_s = 40 * CHUNK_S

    assert segmenter.idle(end_s + 0.49) is None
    assert segmenter.speaking
    stretch = segmenter.idle(end_s + 0.5, heard=40 * CHUNK_SAMPLES + 300)

    assert stretch is not None
    assert (stretch.end, stretch.end_s) == (40 * CHUNK_SAMPLES + 300, pytest.approx(end_s))
    assert segmenter.idle(end_s + 9) is None
    assert segmenter.keep_from >= 40 * CHUNK_SAMPLES


def test_a_cough_is_too_short() -> None:
    (stretch,) = listen([*steady(0.9, 0.2), *steady(0.0, 1)]).stretches
    assert stretch.too_short


def test_long_speech_is_cut_where_it_is_quietest() -> None:
    chunks = steady(0.9, 20)
    quiet = round(11.2 / CHUNK_S)
    chunks[quiet] = (0.4, 0.0)

    first, second = listen(chunks).stretches

    assert first.reason == "length"
    assert first.end == second.start == 1_000 + (quiet + 1) * CHUNK_SAMPLES


def test_older_audio_is_let_go_while_nobody_speaks() -> None:
    segmenter = Segmenter()
    for n in range(100):
        segmenter.push(0.0, at=n * CHUNK_SAMPLES, start_s=n * CHUNK_S)

    assert 100 * CHUNK_SAMPLES - segmenter.keep_from < 0.4 * RATE_HZ


@pytest.mark.parametrize(
    "wrong",
    [
        {"keep_probability": 0.6},
        {"cut_s": 25.1},
        {"cut_s": 2.0},
        {"silence_s": 0.0},
        {"silence_s": 2.5},
        {"pre_roll_s": -0.1},
    ],
)
def test_settings_that_contradict_each_other_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match=r"_s|probability|time"):
        Endpointing(**wrong)


@settings(deadline=None)
@given(PIECES, RULES)
def test_what_is_under_way_comes_out_as_it_was_foretold_if_nothing_more_is_said(
    pieces: list[tuple[float, int, float]], rules: Endpointing
) -> None:
    segmenter, at, now_s = Segmenter(rules), 1_000, 5.0
    for probability, pause_s in spread(pieces):
        now_s += pause_s
        segmenter.push(probability, at=at, start_s=now_s)
        at += CHUNK_SAMPLES
        now_s += CHUNK_S
    found = segmenter.under_way(now_s, heard=at)
    ended = segmenter.idle(now_s + 10, heard=at)

    assert (found is None) == (ended is None)
    if found is not None:
        foretold, quiet_s = found
        assert foretold == ended
        assert quiet_s == pytest.approx(now_s - foretold.end_s)
