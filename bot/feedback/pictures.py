"""The three pictures beside feedback, as PNG: who spoke when, the scores, and how they went over the last interviews.

    Timeline | Scores | Progress, with every word in the reader's language -> paint -> PNG
                                                    Painter: the same in a thread, one at a time

Each is drawn from a value of this file alone, the same bytes for the same value and the same Pillow. What they are
called, and what is said to those who cannot see them, comes from whoever asks.
"""

from __future__ import annotations

import asyncio
import itertools
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from bot.feedback.canvas import (
    AMBER,
    BLUE,
    CARD,
    DEEP,
    GREY,
    INK,
    LINE,
    MARGIN,
    QUIET,
    TRACK,
    WIDTH,
    Canvas,
    Colour,
    Pattern,
    fitted,
    pill_width,
    plain,
    width_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Role = Literal["candidate", "interviewer", "observer", ""]

Span = tuple[float, float]
"""From, to; in seconds for speech, in points for scores."""

LANES: Final = 8
QUESTIONS: Final = 40
LONGEST_S: Final = 3 * 3_600.0
ROWS: Final = 12
SESSIONS: Final = 10
SERIES: Final = 8

PAUSE_S: Final = 3.0
"""A pause that is drawn is at least so long: nobody spoke, after the first word and before the last."""

LOWEST: Final = 1.0
HIGHEST: Final = 5.0

_RIGHT: Final = WIDTH - MARGIN

_LOOKS: Final[dict[Role, tuple[Colour, Pattern]]] = {
    "candidate": (BLUE, "solid"),
    "interviewer": (AMBER, "stripes"),
    "observer": (GREY, "dots"),
    "": (AMBER, "stripes"),
}


@dataclass(frozen=True, slots=True)
class Lane:
    """One person in the timeline.

    Attributes:
        name: As people see it; cut where it is too long.
        note: A short line below the name.
        role: Decides the pattern.
        spans: When the person spoke, in seconds; those outside the interview are cut.
    """

    name: str = field(repr=False)
    note: str = field(repr=False)
    role: Role
    spans: tuple[Span, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Timeline:
    """Who spoke when.

    Attributes:
        pauses: What to call the line of pauses.
        duration_s: Of the interview, up to `LONGEST_S`.
        lanes: 1 to `LANES`.
        questions: When each question was asked, in order; at most `QUESTIONS`.
    """

    title: str
    subtitle: str
    pauses: str
    duration_s: float
    lanes: tuple[Lane, ...]
    questions: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.duration_s <= LONGEST_S or not 1 <= len(self.lanes) <= LANES or len(self.questions) > QUESTIONS:
            raise ValueError("a timeline has a length, 1 to 8 people and at most 40 questions")


@dataclass(frozen=True, slots=True)
class Score:
    """One row of the scores.

    Attributes:
        note: A short line below the label.
        span: The lowest and the highest, 1 to 5; None where there was not enough evidence.
        value: What stands at the right; without a span, the words in the empty bar.
    """

    label: str
    note: str
    span: Span | None
    value: str

    def __post_init__(self) -> None:
        _check(self.span)


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores from 1 to 5; 1 to `ROWS` rows."""

    title: str
    subtitle: str
    rows: tuple[Score, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.rows) <= ROWS:
            raise ValueError("there are 1 to 12 rows")


@dataclass(frozen=True, slots=True)
class Series:
    """How one thing went.

    Attributes:
        latest: Its last value, in words.
        points: One for each session, oldest first: lowest, middle, highest; None where there was not enough evidence.
    """

    label: str
    latest: str
    points: tuple[tuple[float, float, float] | None, ...]

    def __post_init__(self) -> None:
        for point in self.points:
            _check(point)


@dataclass(frozen=True, slots=True)
class Progress:
    """How the scores went.

    Attributes:
        sessions: What to call each, oldest first; 1 to `SESSIONS`.
        breaks: Sessions that cannot be compared with the one before: another rubric or model.
        series: 1 to `SERIES`, each with a point for each session.
        key_range: What a bar is.
        key_break: What a white dashed line is.
        key_missing: What an empty, dashed bar is.
    """

    title: str
    subtitle: str
    sessions: tuple[str, ...]
    breaks: frozenset[int]
    series: tuple[Series, ...]
    key_range: str
    key_break: str
    key_missing: str

    def __post_init__(self) -> None:
        if not 1 <= len(self.sessions) <= SESSIONS or not 1 <= len(self.series) <= SERIES:
            raise ValueError("there are 1 to 10 sessions and 1 to 8 series")
        if any(len(series.points) != len(self.sessions) for series in self.series):
            raise ValueError("each series has a point for each session")


Picture = Timeline | Scores | Progress


class PicturesBusy(Exception):
    """Too many pictures wait already; the words go without."""


class Painter:
    """Paints in a thread, one picture at a time, so that the event loop is not held up.

    Attributes:
        painted: How many were.
        turned_away: How many were not, because too many waited.
    """

    def __init__(self, waiting: int = 12) -> None:
        self._turn = asyncio.Lock()
        self._room = waiting
        self.painted = 0
        self.turned_away = 0

    async def paint(self, picture: Picture) -> bytes:
        """PNG.

        Raises:
            PicturesBusy: If as many as may wait already do.
        """
        if self._room == 0:
            self.turned_away += 1
            raise PicturesBusy
        self._room -= 1
        try:
            async with self._turn:
                data = await asyncio.to_thread(paint, picture)
        finally:
            self._room += 1
        self.painted += 1
        return data


def paint(picture: Picture) -> bytes:
    """PNG, `WIDTH` pixels wide, transparent outside its rounded card."""
    return drawn(picture).png()


def drawn(picture: Picture) -> Canvas:
    """The card with everything on it."""
    match picture:
        case Timeline():
            return _timeline(picture)
        case Scores():
            return _scores(picture)
        case Progress():
            return _progress(picture)


def clock(seconds: float) -> str:
    """As a clock shows it: 0:07, 12:40, 1:02:00."""
    whole = math.floor(seconds)
    minutes, hours = whole // 60 % 60, whole // 3_600
    return f"{hours}:{minutes:02}:{whole % 60:02}" if hours else f"{minutes}:{whole % 60:02}"


def named(name: str, index: int) -> str:
    """A name as it is drawn; of which nothing can be drawn, the number of its lane, from 1."""
    return plain(name, otherwise=f"#{index + 1}")


def pauses(lanes: Iterable[Lane]) -> list[Span]:
    """When nobody spoke for `PAUSE_S` or longer, between the first word and the last."""
    found: list[Span] = []
    until: float | None = None
    for start, end in sorted(span for lane in lanes for span in lane.spans):
        if until is not None and start - until >= PAUSE_S:
            found.append((until, start))
        until = end if until is None else max(until, end)
    return found


# Parts of all


def _heading(canvas: Canvas, title: str, subtitle: str) -> None:
    text, size = fitted(plain(title), _RIGHT - MARGIN, 34, bold=True, smallest=26)
    canvas.text(MARGIN, 66, text, size, bold=True)
    text, size = fitted(plain(subtitle), _RIGHT - MARGIN, 23, smallest=20)
    canvas.text(MARGIN, 104, text, size, colour=QUIET)


def _check(numbers: Sequence[float] | None) -> None:
    if numbers is not None and not (
        LOWEST <= numbers[0] <= numbers[-1] <= HIGHEST and list(numbers) == sorted(numbers)
    ):
        raise ValueError("scores are from 1 to 5, the lowest first")


# Who spoke when

_NAMES: Final = 236
"""Pixels for names."""

_LANE: Final = 68
_BAR: Final = 34
_PATTERNED: Final = 9
"""Narrower bars are plain: no pattern would be seen."""

_STEPS: Final = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600)
"""Seconds between two marks of the axis."""


def _timeline(timeline: Timeline) -> Canvas:
    left, right = float(MARGIN + _NAMES), float(_RIGHT)
    top = 134 + (44 if timeline.questions else 0)
    rests = pauses(timeline.lanes)
    bottom = top + _LANE * len(timeline.lanes)
    axis = bottom + (62 if rests else 14)
    canvas = Canvas(axis + 66)
    _heading(canvas, timeline.title, timeline.subtitle)

    def place(second: float) -> float:
        return left + (right - left) * min(1.0, max(0.0, second / timeline.duration_s))

    for index in range(len(timeline.lanes)):
        middle = top + _LANE * index + _LANE / 2
        canvas.bar((left, middle - _BAR / 2, right, middle + _BAR / 2), TRACK)
    if timeline.questions:
        _questions(canvas, [place(second) for second in timeline.questions], top, bottom)
    for index, lane in enumerate(timeline.lanes):
        middle = top + _LANE * index + _LANE / 2
        note = plain(lane.note)
        name, size = fitted(named(lane.name, index), _NAMES - 20, 25, bold=True, smallest=19)
        canvas.text(MARGIN, middle - 3 if note else middle + 9, name, size, bold=True)
        if note:
            text, size = fitted(note, _NAMES - 20, 20, smallest=17)
            canvas.text(MARGIN, middle + 23, text, size, colour=QUIET)
        colour, pattern = _LOOKS[lane.role]
        bars = _columns(
            [(place(a), place(b)) for a, b in _breaths_closed(lane.spans, timeline.duration_s)], left, right
        )
        box = (middle - _BAR / 2, middle + _BAR / 2)
        canvas.bars([bar for bar in bars if bar[1] - bar[0] >= _PATTERNED], *box, colour, pattern=pattern, radius=3)
        canvas.bars([bar for bar in bars if bar[1] - bar[0] < _PATTERNED], *box, colour, radius=2)
    if rests:
        _rests(canvas, timeline.pauses, [(place(a), place(b), b - a) for a, b in rests], bottom)
    _axis(canvas, timeline.duration_s, left, right, axis)
    return canvas


_GROUP: Final = 150
"""Questions that are further apart do not share a label. Half as many labels as that leaves room for always fit."""


def _questions(canvas: Canvas, places: Sequence[float], top: float, bottom: float) -> None:
    """A line for each question, and its number above; numbers that would touch share a label, such as 7 to 9."""
    for x in places:
        canvas.line((x, top - 10), (x, bottom), LINE, width=1.5)
    groups = [(number, number) for number in range(1, len(places) + 1)]

    def middle(group: tuple[int, int]) -> float:
        return (places[group[0] - 1] + places[group[1] - 1]) / 2

    while True:
        near = [
            (places[b[1] - 1] - places[a[0] - 1], index)
            for index, (a, b) in enumerate(itertools.pairwise(groups))
            if middle(b) - middle(a) < (pill_width(_numbered(*a)) + pill_width(_numbered(*b))) / 2 + 4
        ]
        if not near or min(near)[0] > _GROUP:
            break
        index = min(near)[1]
        groups[index : index + 2] = [(groups[index][0], groups[index + 1][1])]
    texts = [_numbered(*group) for group in groups]
    for x, text in zip(_apart([middle(group) for group in groups], texts), texts, strict=True):
        canvas.pill(x, top - 24, text)


def _numbered(first: int, last: int) -> str:
    return f"{first}" if first == last else f"{first}–{last}"  # noqa: RUF001 - as ranges are written


def _apart(places: Sequence[float], texts: Sequence[str]) -> list[float]:
    """The places, moved as far as it needs for labels that do not touch, inside the card."""
    halves = [pill_width(text) / 2 for text in texts]
    moved = list(places)
    edge = MARGIN + _NAMES - 16.0
    for index, half in enumerate(halves):
        moved[index] = max(moved[index], edge + half)
        edge = moved[index] + half + 4
    edge = _RIGHT + 16.0
    for index in range(len(moved) - 1, -1, -1):
        moved[index] = min(moved[index], edge - halves[index])
        edge = moved[index] - halves[index] - 4
    return moved


def _breaths_closed(spans: Iterable[Span], duration_s: float) -> list[Span]:
    """What is inside the interview, in order; what is shorter than a pause does not divide it."""
    closed: list[Span] = []
    for start, end in sorted(spans):
        if end <= 0 or start >= duration_s:
            continue
        if closed and start - closed[-1][1] < PAUSE_S:
            closed[-1] = (closed[-1][0], max(end, closed[-1][1]))
        else:
            closed.append((start, end))
    return closed


def _columns(spans: Iterable[Span], left: float, right: float) -> list[Span]:
    """The spans as bars to draw: each is seen, however short, and what is mostly silent is not filled.

    Counted in half pixels, of which a bar is at least `_LEAST` wide.
    """
    count = round((right - left) * 2)
    covered = [0.0] * count
    shown: set[int] = set()
    for start, end in spans:
        a, b = (start - left) * 2, (end - left) * 2
        first, last = min(count - 1, math.floor(a)), min(count - 1, max(math.floor(a), math.ceil(b) - 1))
        for column in range(first, last + 1):
            covered[column] += max(0.0, min(b, column + 1) - max(a, column))
        if last - first < _LEAST:
            begin = min(max(0, (first + last - _LEAST) // 2 + 1), count - _LEAST)
            shown.update(range(begin, begin + _LEAST))
    shown.update(column for column, part in enumerate(covered) if part >= 1 / 2)
    runs: list[list[int]] = []
    for column in sorted(shown):
        if runs and runs[-1][1] == column:
            runs[-1][1] = column + 1
        else:
            runs.append([column, column + 1])
    return [(left + a / 2, left + b / 2) for a, b in runs]


_LEAST: Final = 6


def _rests(canvas: Canvas, label: str, rests: Sequence[tuple[float, float, float]], top: float) -> None:
    """A bracket for each pause, and the length of the longest as far as there is room."""
    text, size = fitted(plain(label), _NAMES - 20, 20, smallest=16)
    canvas.text(MARGIN, top + 24, text, size, colour=QUIET)
    canvas.bars([(x0, max(x1, x0 + 2)) for x0, x1, _ in rests], top + 10, top + 26, GREY, radius=2)
    written: list[Span] = []
    for x0, x1, seconds in sorted(rests, key=lambda rest: -rest[2])[:8]:
        text = clock(seconds)
        half = width_of(text, 18) / 2
        x = min(max((x0 + x1) / 2, MARGIN + _NAMES + half), _RIGHT - half)
        if all(x + half + 10 < a or x - half - 10 > b for a, b in written):
            written.append((x - half, x + half))
            canvas.text(x, top + 47, text, 18, colour=QUIET, anchor="ms")


def _axis(canvas: Canvas, duration_s: float, left: float, right: float, y: float) -> None:
    step = next((s for s in _STEPS if duration_s / s <= 7), _STEPS[-1])
    canvas.line((left, y), (right, y), QUIET, width=1.5)
    for mark in range(math.floor(duration_s / step) + 1):
        x = left + (right - left) * mark * step / duration_s
        canvas.line((x, y), (x, y + 8), QUIET, width=1.5)
        text = clock(mark * step)
        canvas.text(min(x, _RIGHT + 14 - width_of(text, 20) / 2), y + 34, text, 20, colour=QUIET, anchor="ms")


# Scores

_LABELS: Final = 320
_VALUES: Final = 104
_ROW: Final = 72


def _scores(scores: Scores) -> Canvas:
    left, right = float(MARGIN + _LABELS), float(_RIGHT - _VALUES)
    top = 142
    bottom = top + _ROW * len(scores.rows)
    canvas = Canvas(bottom + 62)
    _heading(canvas, scores.title, scores.subtitle)
    part = (right - left) / HIGHEST

    def place(score: float) -> float:
        return left + part * score

    size = min(fitted(plain(score.label), _LABELS - 24, 25, bold=True, smallest=20)[1] for score in scores.rows)
    for row, score in enumerate(scores.rows):
        middle = top + _ROW * row + _ROW / 2
        note = plain(score.note)
        label, _ = fitted(plain(score.label), _LABELS - 24, size, bold=True)
        canvas.text(MARGIN, middle - 3 if note else middle + 9, label, size, bold=True)
        if note:
            text, smaller = fitted(note, _LABELS - 24, 20, smallest=17)
            canvas.text(MARGIN, middle + 23, text, smaller, colour=QUIET)
        box = (left, middle - 18, right, middle + 18)
        value = plain(score.value)
        if score.span is None:
            canvas.frame(box, GREY)
            text, smaller = fitted(value, right - left - 24, 21, smallest=17)
            canvas.text((left + right) / 2, middle, text, smaller, colour=QUIET, anchor="mm")
            continue
        canvas.bar(box, TRACK)
        low, high = score.span
        if high > low:
            canvas.bar((place(low) - 6, box[1], place(high), box[3]), BLUE, pattern="stripes")
        canvas.bar((left, box[1], place(low), box[3]), BLUE)
        for step in range(1, 5):
            canvas.line((place(step), box[1]), (place(step), box[3]), CARD, width=2)
        text, smaller = fitted(value, _VALUES - 18, 30, bold=True, smallest=20)
        canvas.text(_RIGHT, middle, text, smaller, bold=True, anchor="rm")
    for step in range(1, 6):
        canvas.text(place(step) - part / 2, bottom + 26, f"{step}", 20, colour=QUIET, anchor="ms")
    return canvas


# Over time

_CELL: Final = 176


def _progress(progress: Progress) -> Canvas:
    columns = 1 if len(progress.series) == 1 else 2
    rows = math.ceil(len(progress.series) / columns)
    cell = _CELL if columns == 2 else 300
    top = 134
    bottom = top + cell * rows
    keys = _keys(progress)
    canvas = Canvas(bottom + 34 + 34 * len(keys) + (34 if keys else 0))
    _heading(canvas, progress.title, progress.subtitle)
    gap = 48
    width = (_RIGHT - MARGIN - gap * (columns - 1)) / columns
    for index, series in enumerate(progress.series):
        left = MARGIN + (width + gap) * (index % columns)
        y = top + cell * (index // columns)
        last = index + columns >= len(progress.series)
        _cell(canvas, progress, series, (left, y, left + width, y + cell), dated=last)
    for line, (kind, meaning) in enumerate(keys):
        y = bottom + 60 + 34 * line
        _key(canvas, kind, MARGIN + 16, y)
        text, size = fitted(plain(meaning), _RIGHT - MARGIN - 50, 20, smallest=17)
        canvas.text(MARGIN + 46, y, text, size, colour=QUIET, anchor="lm")
    return canvas


def _keys(progress: Progress) -> list[tuple[str, str]]:
    """Only those of what is in the picture."""
    points = [point for series in progress.series for point in series.points]
    found: list[tuple[str, str]] = []
    if any(point is not None for point in points):
        found.append(("range", progress.key_range))
    if progress.breaks & set(range(1, len(progress.sessions))):
        found.append(("break", progress.key_break))
    if None in points:
        found.append(("missing", progress.key_missing))
    return found


def _key(canvas: Canvas, kind: str, x: float, y: float) -> None:
    if kind == "range":
        canvas.bar((x - 5, y - 13, x + 5, y + 13), DEEP, radius=5)
        canvas.dot(x, y, 5, BLUE)
    elif kind == "break":
        canvas.line((x, y - 14), (x, y + 14), INK, width=2, dashed=True)
    else:
        canvas.frame((x - 7, y - 12, x + 7, y + 12), GREY, radius=2)


def _cell(canvas: Canvas, progress: Progress, series: Series, box: Sequence[float], *, dated: bool) -> None:
    x0, y0, x1, y1 = box
    latest = plain(series.latest)
    room = width_of(latest, 24, bold=True)
    label, size = fitted(plain(series.label), x1 - x0 - room - 20, 22, bold=True, smallest=18)
    canvas.text(x0, y0 + 26, label, size, bold=True)
    canvas.text(x1, y0 + 26, latest, 24, bold=True, anchor="rs")
    left, right, top, bottom = x0 + 30, x1 - 4, y0 + 48, y1 - 26

    for step in range(1, 6):
        canvas.line((left, _height(step, (top, bottom))), (right, _height(step, (top, bottom))), TRACK, width=1.5)
        if step in {1, 5}:
            canvas.text(x0 + 16, _height(step, (top, bottom)), f"{step}", 18, colour=QUIET, anchor="rm")
    count = len(progress.sessions)
    step = (right - left) / count
    places = [left + step * (index + 0.5) for index in range(count)]
    for index in sorted(progress.breaks & set(range(1, count))):
        x = places[index] - step / 2
        canvas.line((x, top - 6), (x, bottom + 6), INK, width=2, dashed=True)
    _points(canvas, series.points, places, progress.breaks, (top, bottom))
    if dated:
        _dates(canvas, progress.sessions, places, (x0, x1), y1 + 4)


def _points(
    canvas: Canvas,
    points: Sequence[tuple[float, float, float] | None],
    places: Sequence[float],
    breaks: frozenset[int],
    room: Span,
) -> None:
    top, bottom = room
    spots = [
        (x, tuple(_height(score, room) for score in point) if point else None)
        for x, point in zip(places, points, strict=True)
    ]
    for x, spot in spots:
        if spot is None:
            canvas.frame((x - 7, top, x + 7, bottom), GREY, radius=2)
        elif spot[0] > spot[2]:
            canvas.bar((x - 6, spot[2] - 5, x + 6, spot[0] + 5), DEEP, radius=6)
    for index, ((x0, before), (x1, after)) in enumerate(itertools.pairwise(spots), 1):
        if before and after and index not in breaks:
            canvas.line((x0, before[1]), (x1, after[1]), BLUE, width=3)
    for x, spot in spots:
        if spot:
            canvas.dot(x, spot[1], 6, BLUE)


def _height(score: float, room: Span) -> float:
    top, bottom = room
    return bottom - (bottom - top) * (score - LOWEST) / (HIGHEST - LOWEST)


def _dates(canvas: Canvas, sessions: Sequence[str], places: Sequence[float], room: Span, y: float) -> None:
    """The last session's, and as many before it as there is room for."""
    left, right = room
    for x, session in zip(reversed(places), reversed(sessions), strict=True):
        text, size = fitted(plain(session), min(180, room[1] - left), 18, smallest=14)
        half = width_of(text, size) / 2
        middle = min(max(x, left + half), room[1] - half)
        if middle + half <= right:
            canvas.text(middle, y, text, size, colour=QUIET, anchor="ms")
            right = middle - half - 12
