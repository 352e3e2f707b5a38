"""The pictures beside feedback: what they show, that everybody can read them, and that they hold nothing up."""

from __future__ import annotations

import asyncio
import io
import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.feedback import canvas
from bot.feedback.canvas import CARD, EDGE, INK, QUIET, fitted, plain, width_of
from bot.feedback.pictures import (
    LONGEST_S,
    Lane,
    Painter,
    Picture,
    PicturesBusy,
    Progress,
    Role,
    Score,
    Scores,
    Series,
    Timeline,
    clock,
    drawn,
    paint,
    pauses,
)

CANDIDATE = Lane("Anna", "candidate", "candidate", ((10.0, 40.0), (46.0, 90.0)))
HOST = Lane("Oleg", "interviewer", "interviewer", ((0.0, 8.0), (41.0, 45.0)))


def timeline(*lanes: Lane, duration_s: float = 100.0, questions: tuple[float, ...] = (0.0, 41.0)) -> Timeline:
    return Timeline("Who spoke when", "2 questions", "Pauses", duration_s, lanes or (CANDIDATE, HOST), questions)


def scores(*rows: Score) -> Scores:
    return Scores("Scores", "6 answers", rows or (Score("Relevance", "6 of 6", (3, 4), "3 to 4"),))


def progress(*series: Series, breaks: frozenset[int] = frozenset()) -> Progress:
    count = len(series[0].points)
    return Progress(
        "Progress", "3 interviews", tuple(f"{n} Nov" for n in range(1, count + 1)), breaks, series, "a", "b", "c"
    )


def pixels(picture: Picture) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.asarray(Image.open(io.BytesIO(paint(picture))).convert("RGBA")).astype(np.int64)


def count(picture: Picture, colour: tuple[int, int, int]) -> int:
    """How many pixels have this colour."""
    return int((np.abs(pixels(picture)[:, :, :3] - np.array(colour)).max(axis=2) <= 2).sum())


def written(picture: Picture) -> list[str]:
    return [text.text for text in drawn(picture).texts]


# What they show


def test_more_speech_is_more_of_the_persons_colour() -> None:
    little = timeline(Lane("Anna", "", "candidate", ((0.0, 10.0),)))
    much = timeline(Lane("Anna", "", "candidate", ((0.0, 40.0),)))

    assert 3.5 < count(much, canvas.BLUE) / count(little, canvas.BLUE) < 4.5


def test_a_word_is_seen_in_three_hours() -> None:
    silent = timeline(Lane("Anna", "", "candidate", ()), duration_s=LONGEST_S)
    word = timeline(Lane("Anna", "", "candidate", ((5_000.0, 5_000.2),)), duration_s=LONGEST_S)

    assert count(silent, canvas.BLUE) == 0
    assert count(word, canvas.BLUE) > 60


def test_what_lies_outside_the_interview_is_not_drawn() -> None:
    outside = timeline(Lane("Anna", "", "candidate", ((-9.0, -1.0), (200.0, 300.0))))

    assert count(outside, canvas.BLUE) == 0


def test_pauses_are_those_in_which_nobody_spoke() -> None:
    assert pauses((CANDIDATE, HOST)) == []
    assert pauses((CANDIDATE,)) == [(40.0, 46.0)]
    assert pauses((Lane("", "", "", ((5.0, 6.0), (8.9, 10.0))),)) == []


def test_a_pause_is_named_with_its_length() -> None:
    assert "0:06" in written(timeline(CANDIDATE))
    assert "Pauses" in written(timeline(CANDIDATE))
    assert "Pauses" not in written(timeline())


def test_every_question_is_numbered_or_within_a_range() -> None:
    crowd = timeline(duration_s=3_600, questions=tuple(float(n * 20) for n in range(40)))

    labels = [text.text for text in drawn(crowd).texts if text.colour == CARD]
    named: list[int] = []
    for label in labels:
        first, _, last = label.partition("–")  # noqa: RUF001 - as it is written
        named += range(int(first), int(last or first) + 1)
    assert named == list(range(1, 41))
    assert len(labels) > 1


def test_without_evidence_there_is_no_bar_but_a_sentence() -> None:
    nothing = scores(Score("Depth", "", None, "not enough evidence"))

    assert count(nothing, canvas.BLUE) == 0
    assert "not enough evidence" in written(nothing)


def test_a_range_is_told_from_a_score_without_colour() -> None:
    sure, unsure = scores(Score("Depth", "", (4, 4), "4")), scores(Score("Depth", "", (3, 4), "3 to 4"))

    assert count(sure, canvas.BLUE) > count(unsure, canvas.BLUE)
    assert written(sure) != written(unsure)


def test_no_line_joins_what_cannot_be_compared() -> None:
    points = ((2.0, 2.0, 2.0), (4.0, 4.0, 4.0))
    joined, broken = (
        progress(Series("Depth", "4", points)),
        progress(Series("Depth", "4", points), breaks=frozenset({1})),
    )

    assert count(joined, canvas.BLUE) > count(broken, canvas.BLUE) + 500
    assert "b" in written(broken)
    assert "b" not in written(joined)


def test_a_session_without_evidence_is_no_low_score() -> None:
    missing = progress(Series("Depth", "", ((3.0, 3.0, 3.0), None)))

    assert count(missing, canvas.BLUE) < 2 * count(progress(Series("Depth", "", ((3.0, 3.0, 3.0),))), canvas.BLUE)
    assert "c" in written(missing)


@pytest.mark.parametrize("span", [(0.0, 3.0), (4.0, 3.0), (3.0, 5.5), (math.nan, 3.0)])
def test_scores_outside_one_to_five_are_refused(span: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="1 to 5"):
        Score("Depth", "", span, "")


def test_times_are_written_as_a_clock_shows_them() -> None:
    assert [clock(s) for s in (0, 7.9, 65, 3_600)] == ["0:00", "0:07", "1:05", "1:00:00"]


# Names


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Олександра Ґжицька", "Олександра Ґжицька"),
        ("Zoë 🔥", "Zoë"),
        ("🔥🔥", "#2"),
        ("山田", "#2"),
        ("أحمد", "#2"),
        ("a\u202egnp.exe\n", "agnp.exe"),
        ("h̷̢e̶̟y̸̗", "hey"),
    ],
)
def test_a_name_is_drawn_as_far_as_the_font_goes(name: str, shown: str) -> None:
    assert plain(name, otherwise="#2") == shown


@settings(max_examples=15)
@given(st.text(max_size=60), st.integers(40, 300))
def test_text_never_leaves_its_room(text: str, room: int) -> None:
    kept, size = fitted(plain(text), room, 25, smallest=20)

    assert width_of(kept, size) <= room


# Everything fits

_words = st.text(st.characters(min_codepoint=32, max_codepoint=0x4FF), max_size=60)
_scores = st.lists(st.sampled_from([1.0, 2.0, 3.5, 5.0]), min_size=3, max_size=3).map(sorted)


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    duration = draw(st.sampled_from([1.0, 7.0, 61.0, 1_800.0, LONGEST_S]))
    moments = st.floats(0, duration)
    lanes: list[Lane] = []
    for _ in range(draw(st.integers(1, 8))):
        ends = sorted(draw(st.lists(moments, max_size=8)))
        spans = tuple(zip(ends[::2], ends[1::2], strict=False))
        role: Role = draw(st.sampled_from(["candidate", "interviewer", "observer", ""]))
        lanes.append(Lane(draw(_words), draw(_words), role, spans))
    questions = tuple(sorted(draw(st.lists(moments, max_size=40))))
    return Timeline(draw(_words), draw(_words), "Pauses of 3 s and more", duration, tuple(lanes), questions)


@st.composite
def score_cards(draw: st.DrawFn) -> Scores:
    rows = [
        Score(draw(_words), draw(_words), None if span is None else (span[0], span[2]), draw(_words))
        for span in draw(st.lists(st.none() | _scores, min_size=1, max_size=12))
    ]
    return Scores(draw(_words), draw(_words), tuple(rows))


@st.composite
def courses(draw: st.DrawFn) -> Progress:
    sessions = draw(st.lists(st.text("0123456789. Nov", min_size=1, max_size=12), min_size=1, max_size=10))
    series: list[Series] = []
    for _ in range(draw(st.integers(1, 8))):
        points = tuple((p[0], p[1], p[2]) if (p := draw(st.none() | _scores)) else None for _ in sessions)
        series.append(Series(draw(_words), draw(st.text("0123456789.", max_size=6)), points))
    breaks = frozenset(draw(st.sets(st.integers(0, 9), max_size=3)))
    return Progress(draw(_words), "", tuple(sessions), breaks, tuple(series), draw(_words), "b", "c")


@settings(max_examples=12)
@given(timelines() | score_cards() | courses())
def test_no_text_touches_another_or_leaves_the_card(picture: Picture) -> None:
    drawing = drawn(picture)

    boxes = [text.box for text in drawing.texts if text.text.strip()]
    width, height = drawing.size
    assert all(min(x0, y0) >= 20 and x1 <= width - 20 and y1 <= height - 14 for x0, y0, x1, y1 in boxes)
    for one, other in itertools.combinations(boxes, 2):
        apart = one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        assert apart


def test_the_same_value_gives_the_same_bytes() -> None:
    for picture in (timeline(), scores(), progress(Series("Depth", "", ((1.0, 2.0, 3.0),)))):
        assert paint(picture) == paint(picture)


# Who can read them

_SEEN = {
    "all colours": np.eye(3),
    "no red": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "no green": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "no blue": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
    "no colours": np.array([[0.2126, 0.7152, 0.0722]] * 3),
}
"""What people who lack a kind of cone see of linear light. Source: Machado, Oliveira and Fernandes 2009, severity 1."""


def luminance(colour: tuple[int, int, int], seen: str) -> float:
    parts = np.array(colour) / 255
    light = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(np.clip(_SEEN[seen] @ light, 0, 1) @ np.array([0.2126, 0.7152, 0.0722]))


def contrast(one: tuple[int, int, int], other: tuple[int, int, int], seen: str) -> float:
    """As WCAG 2.2 defines it."""
    low, high = sorted((luminance(one, seen), luminance(other, seen)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("seen", _SEEN)
def test_everybody_can_read_the_words_and_tell_the_shapes(seen: str) -> None:
    assert all(contrast(colour, CARD, seen) >= 4.5 for colour in (INK, QUIET))
    shapes = (canvas.BLUE, canvas.AMBER, canvas.GREY, canvas.LINE, canvas.DEEP, EDGE)
    assert all(contrast(colour, CARD, seen) >= 3 for colour in shapes)
    assert all(contrast(colour, canvas.TRACK, seen) >= 3 for colour in (canvas.BLUE, canvas.AMBER, canvas.GREY))


def test_words_are_only_written_in_colours_that_were_reckoned() -> None:
    for picture in (
        timeline(),
        scores(),
        progress(Series("Depth", "", (None, (1.0, 2.0, 3.0))), breaks=frozenset({1})),
    ):
        assert {text.colour for text in drawn(picture).texts} <= {INK, QUIET, CARD}


@pytest.mark.parametrize("theme", [(49, 51, 56), (255, 255, 255)])
def test_the_card_brings_its_background_and_leaves_its_corners_to_discord(theme: tuple[int, int, int]) -> None:
    picture = pixels(scores())

    assert picture[0, 0, 3] == 0
    assert tuple(picture[40, 20, :3]) == CARD
    assert (picture[60, :, 3][2:-2] == 255).all()
    assert contrast(EDGE, theme, "all colours") >= 3 or contrast(CARD, theme, "all colours") >= 3


# Holding nothing up


async def test_only_so_many_pictures_wait() -> None:
    painter = Painter(waiting=2)

    results = await asyncio.gather(*(painter.paint(scores()) for _ in range(3)), return_exceptions=True)

    assert [type(result) for result in results] == [bytes, bytes, PicturesBusy]
    assert (painter.painted, painter.turned_away) == (2, 1)
    assert await painter.paint(scores()) == results[0]
