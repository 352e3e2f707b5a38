"""The pictures beside feedback: from what is told to what is drawn, with every word in the reader's language.

transcript's lines -> timeline ─┐
report             -> scores   ─┼-> Drawing = picture, what it says in words -> drawn -> file with a description
progress           -> course   ─┘
"""

from __future__ import annotations

import io
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import discord
from babel.dates import format_date

from bot.feedback import pictures
from bot.feedback.pictures import LANES, LONGEST_S, PAUSE_S, QUESTIONS, SESSIONS, Lane, PicturesBusy, Score, Series
from bot.feedback.report import Criterion, Progress, Report, Total, criteria_of
from bot.interview.roles import Role

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from bot.feedback.answers import Answers, Line
    from bot.feedback.pictures import Painter, Picture
    from cogs.locales import Words

DESCRIPTION: Final = 1_024
"""The longest description of a file. Source: Discord's API reference, "Attachment Object"."""

_ROLES: Final[dict[Role, pictures.Role]] = {
    Role.CANDIDATE: "candidate",
    Role.INTERVIEWER: "interviewer",
    Role.OBSERVER: "observer",
}


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture, and the same in words.

    Attributes:
        name: Of its file, without what stands behind the dot.
        picture: What is drawn.
        says: What it shows, for who cannot see it; at most `DESCRIPTION` characters.
    """

    name: str
    picture: Picture
    says: str


async def drawn(painter: Painter, drawings: Sequence[Drawing]) -> list[discord.File]:
    """The pictures as files; fewer, if too many people wait for theirs just now."""
    files: list[discord.File] = []
    for drawing in drawings:
        try:
            data = await painter.paint(drawing.picture)
        except PicturesBusy:
            break
        files.append(discord.File(io.BytesIO(data), f"{drawing.name}.png", description=drawing.says))
    return files


def number(words: Words, value: float) -> str:
    """With one digit behind the point at most, as the language writes it."""
    return words("feedback-number", value=round(value, 1))


def score(words: Words, total: Total | None) -> str:
    """One number, or two where the passes did not agree; or that there is not enough evidence."""
    if total is None:
        return words("feedback-nothing")
    low, high = round(total.low, 1), round(total.high, 1)
    return number(words, low) if low == high else words("feedback-range", low=low, high=high)


def day(words: Words, when: date) -> str:
    """As the language writes it, with a short month."""
    return format_date(when, format="medium", locale=words.language.replace("-", "_"))


def timeline(words: Words, answers: Answers, when: date) -> Drawing | None:
    """Who spoke when; None if nobody did."""
    spoken = [line for line in answers.lines if not line.typed and line.seconds > 0]
    if not spoken:
        return None
    # An interview that was longer than what can be drawn is drawn up to there.
    duration = min(LONGEST_S, max(line.end_s for line in spoken))
    asked = [answer.asked_s for answer in answers.answers if answer.asked_s is not None and answer.asked_s <= duration]
    lanes, shares = _lanes(words, spoken)
    rests = [end - start for start, end in pictures.pauses(lanes) if start < duration]
    how_long = pictures.clock(duration)
    questions = words("feedback-questions", count=len(asked))
    subtitle = words("feedback-timeline-subtitle", day=day(words, when), time=how_long, questions=questions)
    people = [
        words(
            "feedback-timeline-alt-person",
            name=pictures.named(lane.name, index),
            role=_role(words, lane.role),
            share=round(100 * share),
        )
        for index, (lane, share) in enumerate(zip(lanes, shares, strict=True))
    ]
    longest = pictures.clock(max(rests, default=0))
    rest = words("feedback-pauses", count=len(rests), time=longest) if rests else words("feedback-pauses-none")
    says = words("feedback-timeline-alt", time=how_long, people="; ".join(people), questions=questions, pauses=rest)
    picture = pictures.Timeline(
        words("feedback-timeline-title"),
        subtitle,
        words("feedback-timeline-pauses", seconds=PAUSE_S),
        duration,
        tuple(lanes),
        tuple(asked[:QUESTIONS]),
    )
    return Drawing("timeline", picture, says[:DESCRIPTION])


def _lanes(words: Words, spoken: Sequence[Line]) -> tuple[list[Lane], list[float]]:
    """The reader first, then the others by how much they said; those for whom there is no lane share one."""
    by_person: dict[int, list[Line]] = defaultdict(list)
    own: list[Line] = []
    for line in spoken:
        (own if line.own else by_person[line.speaker]).append(line)
    others = sorted(by_person.values(), key=lambda lines: -sum(line.seconds for line in lines))
    room = LANES - bool(own)
    crowd = [line for lines in others[room - 1 :] for line in lines] if len(others) > room else []
    people = [(words("feedback-you"), own)] if own else []
    people += [(_name(words, lines), lines) for lines in (others[: room - 1] if crowd else others)]
    if crowd:
        people.append((words("feedback-others"), crowd))
    total = sum(line.seconds for line in spoken)
    lanes: list[Lane] = []
    shares: list[float] = []
    for name, lines in people:
        share = sum(line.seconds for line in lines) / total
        role = _ROLES[lines[0].role]
        note = words("feedback-lane-note", role=_role(words, role), share=round(100 * share))
        lanes.append(Lane(name, note, role, tuple((line.start_s, line.end_s) for line in lines)))
        shares.append(share)
    return lanes, shares


def _name(words: Words, lines: Sequence[Line]) -> str:
    return lines[0].name or words("feedback-somebody", number=lines[0].speaker)


def _role(words: Words, role: pictures.Role) -> str:
    return words(f"feedback-role-{role}")


def scores(words: Words, report: Report) -> Drawing | None:
    """The mean of each criterion; None if nothing has a score."""
    means = criteria_of(report)
    if not means:
        return None
    answers = words("feedback-answers", count=len(report.assessments))
    rows = tuple(
        Score(
            words(f"feedback-criterion-{criterion}"),
            words("feedback-answers-of", scored=_n(means, criterion), total=len(report.assessments)),
            _span(means.get(criterion)),
            score(words, means.get(criterion)),
        )
        for criterion in Criterion
    )
    unsure = any(round(total.low, 1) != round(total.high, 1) for total in means.values())
    subtitle = words("feedback-scores-subtitle" if unsure else "feedback-scores-subtitle-sure", answers=answers)
    items = [words("feedback-scores-alt-item", criterion=row.label, score=row.value) for row in rows]
    says = words("feedback-scores-alt", items="; ".join(items))
    return Drawing("scores", pictures.Scores(words("feedback-scores-title"), subtitle, rows), says[:DESCRIPTION])


def course(words: Words, progress: Progress) -> Drawing | None:
    """How the last interviews went; None if nothing has a score."""
    points = [(index, point) for index, stretch in enumerate(progress.stretches) for point in stretch.points]
    points = points[-SESSIONS:]
    if not points:
        return None
    breaks = frozenset(i for i in range(1, len(points)) if points[i][0] != points[i - 1][0])
    dates = tuple(_short(words, point.at.date()) for _, point in points)
    series: list[Series] = []
    items: list[str] = []
    for criterion in Criterion:
        totals = [dict(point.criteria).get(criterion) for _, point in points]
        label = words(f"feedback-criterion-{criterion}")
        drawn_points = tuple(None if total is None else (total.low, total.middle, total.high) for total in totals)
        latest = "" if totals[-1] is None else number(words, totals[-1].middle)
        series.append(Series(label, latest, drawn_points))
        said = [
            (words("feedback-progress-alt-break") + " " if index in breaks else "")
            + ("?" if total is None else score(words, total))
            for index, total in enumerate(totals)
        ]
        items.append(words("feedback-progress-alt-item", criterion=label, scores=", ".join(said)))
    interviews = words("feedback-interviews", count=len(points))
    picture = pictures.Progress(
        words("feedback-progress-title"),
        words("feedback-progress-subtitle", interviews=interviews),
        dates,
        breaks,
        tuple(series),
        words("feedback-progress-range"),
        words("feedback-progress-break"),
        words("feedback-progress-missing"),
    )
    says = words("feedback-progress-alt", interviews=interviews, items="; ".join(items))
    return Drawing("progress", picture, says[:DESCRIPTION])


def _short(words: Words, when: date) -> str:
    return format_date(when, format="d MMM", locale=words.language.replace("-", "_"))


def _span(total: Total | None) -> tuple[float, float] | None:
    return None if total is None else (total.low, total.high)


def _n(means: Mapping[Criterion, Total], criterion: Criterion) -> int:
    return means[criterion].n if criterion in means else 0
