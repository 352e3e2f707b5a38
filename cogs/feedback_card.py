"""How feedback looks: the card of an interview, one answer in detail, two side by side, and what is counted.

    Shown = report, title, what was noted before -> card -> what others noted, strength, next step, scores, counts, foot
                                                 -> answer_card: one answer, all its quotes
    what answers are judged by                   -> rubric_card

What a model wrote and what people said is escaped, and shortened until Discord takes the whole. Buttons and the menu
carry what they do in their ids, so that they work after the bot was started again; whose it is, storage decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal, Self, cast

import discord
from discord import ui

from bot.feedback.answers import MIN_WORDS, Status
from bot.feedback.measures import against
from bot.feedback.pictures import clock
from bot.feedback.report import Criterion, Dropped, Total, criteria_of
from bot.feedback.rubric import ANCHORED
from bot.interview.captions import escape
from cogs.feedback_pictures import day, number, score

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from uuid import UUID

    from bot.feedback.measures import Measures, Past
    from bot.feedback.report import Assessment, Evidence, Judged, NextStep, Report
    from bot.feedback.rubric import Anchors
    from cogs.locales import Words
    from config.questions import InterviewType

Interaction = discord.Interaction[Any]

ROOM: Final = 3_900
"""Characters of one message with components. Source: Discord's API reference, "Component Limits": 4,000."""

OPTIONS: Final = 25
OPTION_CHARACTERS: Final = 100

NOTES: Final = 1_200
"""Characters for what people noted."""

TITLE_CHARACTERS: Final = 80

ANSWERED: Final = 25
"""One's own past of one answer is so many earlier ones: as many as five interviews usually have."""

_QUOTES: Final = (220, 140, 90, 50, 0)
"""How long a quote may be; shorter and shorter, until everything fits."""


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody noted about an interview.

    Attributes:
        who: Who noted it, as it is written: a mention shows the name of now; empty for the reader.
        overall: 1 to 5.
        strong: What was strong.
        weak: What to work on.
        sentence: What worked, or what to try, in their words.
    """

    who: str = field(repr=False)
    overall: int
    strong: tuple[Criterion, ...] = ()
    weak: tuple[Criterion, ...] = ()
    sentence: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Shown:
    """Feedback, and what stands around it.

    Attributes:
        id: Of what is kept.
        title: Of the interview.
        report: What is told.
        disputed: Criteria about which the reader disagrees.
        notes: What the reader and others noted; None for one that does not open.
        past: What was counted, beside the reader's last interviews before this one; empty if there were none.
        answered: What was counted about each answer in those interviews, by kind, the newest last.
    """

    id: UUID
    title: str = field(repr=False)
    report: Report = field(repr=False)
    disputed: frozenset[str] = frozenset()
    notes: tuple[Note | None, ...] = field(default=(), repr=False)
    past: tuple[Past, ...] = field(default=(), repr=False)
    answered: tuple[tuple[InterviewType, Measures], ...] = field(default=(), repr=False)

    def past_of(self, assessment: Assessment) -> tuple[Past, ...]:
        """What was counted about one answer, beside the reader's earlier answers of the same kind."""
        earlier = [counted for kind, counted in self.answered if kind is assessment.kind]
        return against(assessment.measures, earlier, most=ANSWERED)


class FeedbackButton(
    ui.DynamicItem[ui.Button[Any]], template=re.compile(r"fb:(?P<action>[a-z]+):(?P<key>[0-9a-z:-]{1,80})")
):
    """A button of /feedback; *key* says what it is about."""

    def __init__(
        self,
        action: str,
        key: str,
        label: str = "",
        style: discord.ButtonStyle = discord.ButtonStyle.secondary,
    ) -> None:
        self.action = action
        self.key = key
        super().__init__(ui.Button(label=label or "…", style=style, custom_id=f"fb:{action}:{key}"))

    @classmethod
    async def from_custom_id(cls, _interaction: Interaction, _item: ui.Item[Any], match: re.Match[str], /) -> Self:
        """Make the button that was pressed from its id."""
        return cls(match["action"], match["key"])

    async def callback(self, interaction: Interaction) -> None:
        """Hand the press to the commands."""
        cog: Any = interaction.client.get_cog("Feedback")
        await cog.pressed(interaction, self.action, self.key)


class AnswerMenu(ui.DynamicItem[ui.Select[Any]], template=re.compile(r"fb-answer:(?P<key>[0-9a-f]{32})")):
    """The answers of an interview, to look at one."""

    def __init__(self, key: str, options: Sequence[discord.SelectOption] = (), placeholder: str = "") -> None:
        self.key = key
        options = list(options) or [discord.SelectOption(label="…", value="0")]
        super().__init__(ui.Select(custom_id=f"fb-answer:{key}", options=options, placeholder=placeholder or None))

    @classmethod
    async def from_custom_id(cls, _interaction: Interaction, item: ui.Item[Any], match: re.Match[str], /) -> Self:
        """Make the menu that was used from its id."""
        made = cls(match["key"])
        made.item = cast("ui.Select[Any]", item)
        return made

    async def callback(self, interaction: Interaction) -> None:
        """Show the answer that was chosen."""
        cog: Any = interaction.client.get_cog("Feedback")
        await cog.pressed(interaction, "answer", f"{self.key}:{self.item.values[0]}")


def row(*items: FeedbackButton | AnswerMenu) -> ui.ActionRow[Any]:
    """Buttons beside each other, or a menu."""
    made: ui.ActionRow[Any] = ui.ActionRow()
    for item in items:
        made.add_item(cast("ui.Item[Any]", item))
    return made


def simple(text: str, *items: FeedbackButton) -> ui.LayoutView:
    """A short answer with buttons."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(text))
    if items:
        view.add_item(row(*items))
    return view


def card(words: Words, shown: Shown, files: Sequence[discord.File] = ()) -> ui.LayoutView:
    """The whole interview."""
    before = notes_text(words, shown.notes) if shown.notes else ""
    parts = _fitting(lambda quote: _overview(words, shown, quote), ROOM - len(before))
    view = ui.LayoutView(timeout=None)
    if before:
        view.add_item(ui.Container(ui.TextDisplay(before)))
    inner: list[ui.Item[Any]] = []
    for index, part in enumerate(parts):
        if index == len(parts) - 1 and files:
            inner.append(_gallery(files))
        elif inner:
            inner.append(ui.Separator())
        inner.append(ui.TextDisplay(part))
    view.add_item(ui.Container(*inner))
    if len(shown.report.assessments) > 1 or any(each.judged for each in shown.report.assessments):
        view.add_item(row(_menu(words, shown)))
    view.add_item(row(*_lines_button(words, shown, shown.report.assessments), *_buttons(words, shown)))
    return view


def answer_card(words: Words, shown: Shown, number: int) -> ui.LayoutView:
    """One answer in detail."""
    assessment = next(each for each in shown.report.assessments if each.number == number)
    parts = _fitting(lambda quote: _answer(words, shown, assessment, quote), ROOM)
    view = ui.LayoutView(timeout=None)
    inner: list[ui.Item[Any]] = []
    for part in parts:
        if inner:
            inner.append(ui.Separator())
        inner.append(ui.TextDisplay(part))
    view.add_item(ui.Container(*inner))
    view.add_item(row(_menu(words, shown)))
    back = FeedbackButton("view", shown.id.hex, words("feedback-back"))
    view.add_item(row(back, *_lines_button(words, shown, [assessment]), *_buttons(words, shown)))
    return view


def rubric_card(words: Words, kind: InterviewType, criteria: Mapping[Criterion, Anchors]) -> ui.LayoutView:
    """By what answers in that kind of interview are judged; *criteria* in the reader's language."""
    inner: list[ui.Item[Any]] = [
        ui.TextDisplay(words("feedback-rubric-head", kind=words(f"questions-type-{kind.value}"))),
        ui.Separator(),
    ]
    for criterion, anchors in criteria.items():
        # A line that began with "1." would be the first of a list, and "3." the second.
        scale = (f"- **{score}** {text}" for score, text in zip(ANCHORED, anchors.scale, strict=True))
        head = f"**{words(f'feedback-criterion-{criterion}')}** {anchors.asks}"
        inner.append(ui.TextDisplay("\n".join([head, *scale])))
    inner += [ui.Separator(), ui.TextDisplay(words("feedback-rubric-foot"))]
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.Container(*inner))
    return view


def cut(text: str, most: int) -> str:
    """*text* in one paragraph, escaped, and at most so long."""
    line = " ".join(text.split())
    escaped = escape(line)
    while len(escaped) > most:
        # Escaping up to doubles it.
        line = line[: min(len(line) - 1, len(line) * most // len(escaped))].rstrip()
        escaped = f"{escape(line)}…"
    return escaped


def lines_of(numbers: Sequence[int]) -> str:
    """Line numbers, the first twelve."""
    return ", ".join(map(str, numbers[:12])) + (", …" if len(numbers) > 12 else "")


def measures(
    words: Words, counted: Measures, past: Sequence[Past] = (), *, of: Literal["interviews", "answers"] = "interviews"
) -> list[str]:
    """What was counted, a line for each kind of thing; in brackets, what it was in the *past*, and below, in what."""
    beside = _Beside(words, past, of)
    time = clock(counted.seconds)
    if counted.seconds:
        length = words("feedback-measure-length", words=counted.words, time=time)
        speech = [f"{length}{beside('words', 'seconds')}"]
    else:
        speech = [f"{words('feedback-measure-typed', words=counted.words)}{beside('words')}"]
    if counted.words_per_minute is not None:
        pace = words("feedback-measure-pace", value=round(counted.words_per_minute))
        speech.append(f"{pace}{beside('words_per_minute')}")
    if counted.talk_share is not None:
        share = words("feedback-measure-share", value=round(100 * counted.talk_share))
        speech.append(f"{share}{beside('talk_share')}")
    times: list[str] = []
    if counted.thinking_s is not None:
        thinking = words("feedback-measure-thinking", value=round(counted.thinking_s))
        times.append(f"{thinking}{beside('thinking_s')}")
    if counted.longest_pause_s is not None:
        pause = words("feedback-measure-pause", time=clock(counted.longest_pause_s))
        times.append(f"{pause}{beside('longest_pause_s')}")
    others = words("feedback-measure-interruptions", own=counted.interruptions, others=counted.interrupted)
    others = f"{others}{beside('interruptions', 'interrupted')}"
    wording: list[str] = []
    if counted.fillers_per_100 is not None:
        fillers = words("feedback-measure-fillers", value=round(counted.fillers_per_100, 1))
        wording.append(f"{fillers}{beside('fillers_per_100')}")
    if counted.hedges_per_100 is not None:
        hedges = words("feedback-measure-hedges", value=round(counted.hedges_per_100, 1))
        wording.append(f"{hedges}{beside('hedges_per_100')}")
    lines = [f"- {' · '.join(items)}" for items in (speech, times, [others], wording) if items]
    foot = "feedback-past-foot" if of == "interviews" else "feedback-past-foot-answers"
    return [*lines, words(foot, count=beside.most)] if beside.most else lines


class _Beside:
    """What numbers were in the past, in brackets: median, range, and in how many where not in all.

    Attributes:
        most: In how many interviews, or answers, something was counted.
    """

    def __init__(self, words: Words, past: Sequence[Past], of: str) -> None:
        self._words = words
        self._past = {each.name: each for each in past}
        self._of = of
        self.most = max((each.n for each in past), default=0)

    def __call__(self, *names: str) -> str:
        """What is appended to the sentence about these numbers; empty if none was counted before."""
        found = [self._told(past) for name in names if (past := self._past.get(name)) is not None and past.n]
        return f" ({'; '.join(found)})" if found else ""

    def _told(self, past: Past) -> str:
        low, median, high = (self._number(past.name, value or 0.0) for value in (past.low, past.median, past.high))
        told = median if low == high else self._words("feedback-past", median=median, low=low, high=high)
        if past.n < self.most:
            told = f"{told}, {self._words(f'feedback-{self._of}', count=past.n)}"
        return told

    def _number(self, name: str, value: float) -> str:
        """As the number of now is written."""
        if name in {"seconds", "longest_pause_s"}:
            return clock(value)
        if name == "talk_share":
            return self._words("feedback-past-share", value=round(100 * value))
        return number(self._words, value if name.endswith("_per_100") else round(value))


def _fitting(build: Callable[[int], list[str]], room: int) -> list[str]:
    """The parts with the longest quotes that leave everything its place."""
    parts = build(_QUOTES[0])
    for quote in _QUOTES[1:]:
        if sum(map(len, parts)) <= room:
            return parts
        parts = build(quote)
    over = sum(map(len, parts)) - room
    if over > 0:  # escaping can double what is already as short as it gets
        longest = max(range(len(parts)), key=lambda index: len(parts[index]))
        parts[longest] = f"{parts[longest][: -over - 2].rstrip()} …"
    return parts


def _overview(words: Words, shown: Shown, quote: int) -> list[str]:
    report = shown.report
    parts = [_head(words, shown)]
    if report.versions.model:
        parts += [_strength(words, report, quote), _next(words, report.next_step, quote), _scores(words, shown, quote)]
    counted = [words("feedback-measures"), *measures(words, report.measures, shown.past)]
    if report.measures.fillers:
        counted.append(words("feedback-fillers-note"))
    parts.append("\n".join(counted))
    foot: list[str] = []
    if report.flagged:
        foot.append(words("feedback-flagged", lines=lines_of(report.flagged)))
    if dropped := sum(count for _, count in report.dropped):
        foot.append(words("feedback-dropped", count=dropped))
    if report.versions.model:
        foot.append(words("feedback-lines", title=cut(shown.title, TITLE_CHARACTERS)))
    foot.append(words("feedback-foot-ai" if report.versions.model else "feedback-foot"))
    parts.append("\n".join(foot))
    return parts


def _head(words: Words, shown: Shown) -> str:
    report = shown.report
    return words(
        "feedback-head",
        title=cut(shown.title, TITLE_CHARACTERS),
        day=day(words, report.at.date()),
        answers=words("feedback-answers", count=len(report.assessments)),
        model=words("feedback-by", model=escape(report.versions.model))
        if report.versions.model
        else words("feedback-by-nobody"),
    )


def _strength(words: Words, report: Report, quote: int) -> str:
    if report.strength is None:
        return words("feedback-strength-none")
    text = words("feedback-strength", text=cut(report.strength.text, 200 + quote))
    return f"{text}\n{_quoted(words, report.strength.evidence, quote)}" if quote else text


def _next(words: Words, step: NextStep | None, quote: int) -> str:
    if step is None:
        return words("feedback-next-none")
    criterion = words(f"feedback-criterion-{step.criterion}")
    text = words("feedback-next", criterion=criterion, answer=step.answer, text=cut(step.text, 200 + quote))
    if step.opening:
        return f"{text}\n{words('feedback-opening')}\n> {cut(step.opening, 300 + 2 * quote)}"
    if step.without is not None:
        why = "feedback-why-invented" if step.without is Dropped.INVENTED else "feedback-why-other"
        return f"{text}\n{words('feedback-opening-without', why=words(why))}"
    return text


def _scores(words: Words, shown: Shown, quote: int) -> str:
    report = shown.report
    means = criteria_of(report)
    if not means:
        return "\n".join([words("feedback-scores-none"), *_unscored(words, report)])
    if report.total is not None:
        answers = words("feedback-answers", count=report.total.n)
        total = words("feedback-total", score=score(words, report.total), answers=answers)
    else:
        total = words("feedback-nothing")
    lines = [words("feedback-scores", total=total)]
    quoted: set[str] = set()
    for criterion in Criterion:
        line = _scored(words, criterion, score(words, means.get(criterion)), shown.disputed)
        evidence = [each for judged in _judged(report, criterion) for each in judged.evidence]
        # Something new where there is something new.
        found = next((each for each in evidence if each.quote not in quoted), None)
        if found is not None and quote:
            quoted.add(found.quote)
            line = f"{line} · {_quoted(words, found, quote)}"
        lines.append(f"- {line}")
    if any(round(total.low, 1) != round(total.high, 1) for total in means.values()):
        lines.append(words("feedback-range-why"))
    return "\n".join([*lines, *_unscored(words, report)])


def _unscored(words: Words, report: Report) -> list[str]:
    """Answers that have no scores, and why."""
    found = [each for each in report.assessments if each.status is not Status.SCORED]
    lines = [
        f"-# {words('feedback-answer-head', number=each.number, score=_status(words, each))}" for each in found[:5]
    ]
    return [*lines, "-# …"] if len(found) > 5 else lines


def _judged(report: Report, criterion: Criterion) -> list[Judged]:
    return [judged for each in report.assessments for judged in each.judged if judged.criterion is criterion]


def _scored(words: Words, criterion: Criterion, value: str, disputed: frozenset[str]) -> str:
    line = words("feedback-score", criterion=words(f"feedback-criterion-{criterion}"), score=value)
    return f"{line} · {words('feedback-disputed')}" if criterion.value in disputed else line


def _quoted(words: Words, evidence: Evidence, quote: int) -> str:
    return words("feedback-quote", quote=cut(evidence.quote, quote), line=str(evidence.line))


def _answer(words: Words, shown: Shown, assessment: Assessment, quote: int) -> list[str]:
    parts = [
        words("feedback-answer-head", number=assessment.number, score=_status(words, assessment))
        + "\n"
        + (cut(assessment.question, 300) if assessment.question else words("feedback-answer-unasked"))
    ]
    lines: list[str] = []
    for judged in assessment.judged:
        total = None if judged.low is None or judged.high is None else Total(judged.low, judged.high, 1)
        value = score(words, total)
        lines.append(f"- {_scored(words, judged.criterion, value, shown.disputed)}")
        for evidence in judged.evidence if quote else ():
            why = f": {cut(evidence.why, quote)}" if evidence.why else ""
            lines.append(f"  - {_quoted(words, evidence, quote)}{why}")
    if lines:
        parts.append("\n".join(lines))
    counted = measures(words, assessment.measures, shown.past_of(assessment), of="answers")
    parts.append("\n".join([words("feedback-measures"), *counted]))
    parts.append(words("feedback-foot-ai" if shown.report.versions.model else "feedback-foot"))
    return parts


def _status(words: Words, assessment: Assessment) -> str:
    if assessment.status is Status.SCORED:
        return score(words, assessment.total)
    return words(f"feedback-status-{assessment.status.value.replace('_', '-')}", words=MIN_WORDS)


def _notes(words: Words, notes: Sequence[Note | None]) -> list[str]:
    lines: list[str] = []
    for note in notes:
        if sum(map(len, lines)) > NOTES - 400:
            return [*lines, "…"]
        if note is None:
            lines.append(words("feedback-noted-unreadable"))
            continue
        if note.who:
            said = [words("feedback-noted-by", person=note.who, overall=note.overall)]
        else:
            said = [words("feedback-noted-own", overall=note.overall)]
        for key, criteria in (("feedback-noted-strong", note.strong), ("feedback-noted-weak", note.weak)):
            if criteria:
                names = [words(f"feedback-criterion-{criterion}") for criterion in criteria]
                said.append(words(key, criteria=words.listed(names)))
        lines.append(" · ".join(said))
        if note.sentence.strip():
            lines.append(f"> {cut(note.sentence, 200)}")
    return lines


def notes_text(words: Words, notes: Sequence[Note | None]) -> str:
    """What was noted, with its heading."""
    return "\n".join([words("feedback-noted-head"), *_notes(words, notes)])


def _menu(words: Words, shown: Shown) -> AnswerMenu:
    options = [
        discord.SelectOption(
            label=words(
                "feedback-answer-option",
                number=each.number,
                question=each.question or words("feedback-answer-unasked"),
            )[:OPTION_CHARACTERS],
            value=str(each.number),
        )
        for each in shown.report.assessments[:OPTIONS]
    ]
    return AnswerMenu(shown.id.hex, options, words("feedback-answer-menu"))


def _lines_button(words: Words, shown: Shown, of: Sequence[Assessment]) -> list[FeedbackButton]:
    """Leads from the quotes to the first of their lines; none where nothing is quoted."""
    quoted = [each.line for one in of for judged in one.judged for each in judged.evidence]
    if not quoted:
        return []
    return [FeedbackButton("lines", f"{shown.id.hex}:{min(quoted)}", words("feedback-lines-button"))]


def _buttons(words: Words, shown: Shown) -> list[FeedbackButton]:
    delete = FeedbackButton("delete", shown.id.hex, words("feedback-delete-button"), discord.ButtonStyle.danger)
    if not shown.report.versions.model or not criteria_of(shown.report):
        return [delete]
    return [FeedbackButton("dispute", shown.id.hex, words("feedback-dispute-button")), delete]


def _gallery(files: Sequence[discord.File]) -> ui.MediaGallery[Any]:
    return ui.MediaGallery(*(discord.MediaGalleryItem(file, description=file.description) for file in files))
