"""What `/feedback` says beside its card: what would be sent, two interviews side by side, how they went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.feedback.report import Criterion, compare, criteria_of
from bot.interview.captions import escape
from cogs.feedback_card import TITLE_CHARACTERS, cut, lines_of, measures
from cogs.feedback_pictures import day, number, score

if TYPE_CHECKING:
    from bot.feedback.desk import Preview
    from bot.feedback.report import Change, Progress, Spread
    from cogs.feedback_card import Shown
    from cogs.locales import Words


def previewed(words: Words, preview: Preview, *, title: str) -> str:
    """What goes where, what is taken out before, what it costs at most, and what is left."""
    where = "feedback-ask-here" if preview.local else "feedback-ask-where"
    region = escape(preview.region)
    if preview.transfer:
        region = f"{region}, {words(f'privacy-transfer-{preview.transfer}')}"
    lines = [
        words("feedback-ask-head", title=cut(title, TITLE_CHARACTERS)),
        words(where, host=escape(preview.host), region=region, model=escape(preview.model)),
        _redacted(words, preview),
    ]
    if preview.withheld:
        lines.append(words("feedback-ask-withheld", count=preview.withheld))
    if preview.flagged:
        lines.append(words("feedback-ask-flagged", count=len(preview.flagged), lines=lines_of(preview.flagged)))
    lines.append(words("feedback-ask-size", tokens=preview.tokens, passes=preview.passes))
    if preview.price:
        lines.append(words("feedback-ask-price", price=number(words, float(preview.price)), currency=preview.currency))
    if preview.left.person is not None:
        lines.append(words("feedback-ask-left", tokens=max(0, preview.left.person)))
    if preview.left.server is not None:
        lines.append(words("feedback-ask-left-server", tokens=max(0, preview.left.server)))
    if not preview.fits:
        short = preview.left.person is not None and preview.tokens > preview.left.person
        lines.append(words("feedback-reason-person-budget" if short else "feedback-reason-server-budget"))
        return "\n".join(lines)
    lines.append(words("feedback-ask-check"))
    if not preview.consented:
        lines.append(words("feedback-ask-consent"))
    return "\n".join(lines)


def _redacted(words: Words, preview: Preview) -> str:
    kinds = [words(f"feedback-kind-{kind.name.lower()}", count=count) for kind, count in preview.redacted if count]
    return words("feedback-ask-redacted", kinds=words.listed(kinds)) if kinds else words("feedback-ask-redacted-none")


def compared(words: Words, before: Shown, after: Shown) -> str:
    """Two interviews, the earlier one first."""
    names = [
        f"{cut(shown.title, TITLE_CHARACTERS)} ({day(words, shown.report.at.date())})" for shown in (before, after)
    ]
    lines = [words("feedback-compare-head", before=names[0], after=names[1])]
    found = compare(before.report, after.report)
    if found is not None and any(change.before or change.after for change in found.criteria):
        lines += [_changed(words, change) for change in found.criteria]
        lines.append(words("feedback-compare-foot"))
    elif criteria_of(before.report) and criteria_of(after.report):
        lines.append(words("feedback-compare-apart"))
    else:
        lines.append(words("feedback-compare-unscored"))
    for name, shown in zip(names, (before, after), strict=True):
        lines += [f"**{name}**", *measures(words, shown.report.measures, shown.past)]
    return "\n".join(lines)


def _changed(words: Words, change: Change) -> str:
    key = "feedback-compare-line"
    if change.certain and change.before is not None and change.after is not None:
        key = "feedback-compare-higher" if change.after.low > change.before.high else "feedback-compare-lower"
    return words(
        key,
        criterion=words(f"feedback-criterion-{change.criterion}"),
        before=score(words, change.before),
        after=score(words, change.after),
    )


def followed(words: Words, course: Progress) -> str:
    """How the interviews went, in numbers."""
    total = sum(len(stretch.points) for stretch in course.stretches)
    lines = [words("feedback-progress-head", interviews=words("feedback-interviews", count=total))]
    if course.total is not None:
        lines.append(_spread(words, words("feedback-altogether"), course.total))
    found = dict(course.criteria)
    lines += [
        _spread(words, words(f"feedback-criterion-{criterion}"), found[criterion])
        for criterion in Criterion
        if criterion in found
    ]
    if len(course.stretches) > 1:
        lines.append(words("feedback-progress-breaks", count=len(course.stretches) - 1))
    if course.unscored:
        interviews = words("feedback-interviews", count=course.unscored)
        lines.append(words("feedback-progress-unscored", interviews=interviews))
    return "\n".join(lines)


def _spread(words: Words, name: str, spread: Spread) -> str:
    middle = number(words, spread.median)
    interviews = words("feedback-interviews", count=spread.n)
    low, high = round(spread.low, 1), round(spread.high, 1)
    spans = number(words, low) if low == high else words("feedback-range", low=low, high=high)
    return words("feedback-progress-line", criterion=name, median=middle, range=spans, interviews=interviews)
