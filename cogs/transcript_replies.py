"""What `/transcript` answers: sentences of `transcript.ftl`, put together and cut to what Discord takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.interview.captions import escape
from cogs.locales import moment
from storage.transcripts import Mark

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from cogs.locales import Words
    from storage.transcripts import Entry, Found, Hit, Page, Transcript, Turn

PAGE_CHARACTERS = 3_400
"""Of a transcript in one answer; Discord takes 4,000."""

MARKS = {
    Mark.NOT_SAVED: "transcript-not-saved",
    Mark.REDACTED: "transcript-redacted",
    Mark.ERASED: "transcript-erased",
    Mark.WITHHELD: "transcript-withheld",
    Mark.DAMAGED: "transcript-damaged",
}
"""What stands where words are missing."""

CALLED = {Mark.QUESTION: "transcript-question", Mark.NOTE: "transcript-note"}
"""What stands where a speaker would."""


def title_of(words: Words, at: datetime) -> str:
    """What a transcript is called if nobody says."""
    return words("transcript-title", day=words.day(at.date()), time=f"{at:%H:%M}")


def saved(words: Words, turns: int, left_out: int) -> str:
    """What was kept."""
    text = words("transcript-saved", lines=turns)
    return f"{text} {words('transcript-left-out', people=left_out)}" if left_out else text


def transcripts(words: Words, page: Page) -> str:
    """A page of the list."""
    if not page.total:
        return words("transcript-none")
    foot = [words("transcript-page", page=page.number, pages=page.pages)] if page.pages > 1 else []
    return "\n".join([words("transcript-list-head"), *(_entry(words, entry) for entry in page.entries), *foot])


def _entry(words: Words, entry: Entry) -> str:
    title = escape(entry.title) if entry.title is not None else words("transcript-unopened")
    text = words("transcript-entry", title=title, day=words.day(entry.day), lines=entry.turns)
    if entry.own:
        return f"{text} · {words('transcript-entry-readers', people=entry.readers)}" if entry.readers else text
    if entry.until:
        return f"{text} · {words('transcript-entry-shared-until', until=moment(entry.until))}"
    return f"{text} · {words('transcript-entry-shared-with-you')}"


def choice(words: Words, entry: Entry) -> str:
    """A transcript as it is offered while somebody types."""
    return f"{words.day(entry.day)} · {entry.title or words('transcript-unopened')}"


def transcript(words: Words, saved: Transcript, page: int) -> str:
    """A page of a transcript, with the numbers of its lines."""
    pages = [[line for _, line in each] for each in _pages(words, saved)]
    number = min(page, len(pages))
    head = f"**{escape(saved.title)}** · {words.day(saved.day)}"
    foot = [words("transcript-page", page=number, pages=len(pages))] if len(pages) > 1 else []
    return "\n".join([head, *(pages[number - 1] or [words("transcript-empty")]), *foot])


def page_of(words: Words, saved: Transcript, line: int) -> int:
    """On which page of a transcript the line of that number is; the first, if there is none."""
    pages = _pages(words, saved)
    return next((number for number, page in enumerate(pages, 1) if any(turn.seq + 1 == line for turn, _ in page)), 1)


def _pages(words: Words, saved: Transcript) -> list[list[tuple[Turn, str]]]:
    """Each turn with its line, as many to a page as have room."""
    pages: list[list[tuple[Turn, str]]] = [[]]
    room = PAGE_CHARACTERS
    for turn in saved.turns:
        line = _turn(words, turn)
        if len(line) + 1 > room and pages[-1]:
            pages.append([])
            room = PAGE_CHARACTERS
        pages[-1].append((turn, line))
        room -= len(line) + 1
    return pages


def _turn(words: Words, turn: Turn) -> str:
    mark = ""
    if turn.mark in MARKS:
        mark = words(MARKS[turn.mark])
    elif turn.missing_s:
        mark = words("transcript-gap", seconds=max(1, round(turn.missing_s)))
    text = f"*{escape(mark)}*" if mark else escape(turn.text[:1_500]) + ("…" if len(turn.text) > 1_500 else "")
    called = words(CALLED[turn.mark]) if turn.mark in CALLED else turn.name
    name = f"**{escape(called)}** " if called else ""
    return f"`{turn.seq + 1}` {name}{text}"


def found(words: Words, result: Found) -> str:
    """What a search gave."""
    if not result.hits:
        return words("transcript-nothing-found")
    lines = [_hit(words, hit) for hit in result.hits]
    more = result.total - len(result.hits)
    return "\n".join([*lines, words("transcript-and-more", count=more)] if more > 0 else lines)


def _hit(words: Words, hit: Hit) -> str:
    parts = [words("transcript-hit", title=escape(hit.title), day=words.day(hit.day))]
    if hit.seq is not None:
        parts.append(words("transcript-hit-line", line=str(hit.seq + 1)))
    if hit.name:
        parts.append(escape(hit.name))
    return f"{' · '.join(parts)}\n  {escape(hit.excerpt)}"


def deleted(words: Words, rows: Mapping[str, int]) -> str:
    """What went with it."""
    lines, comments, readers = (rows.get(table, 0) for table in ("turn", "feedback", "share"))
    return words("transcript-deleted", lines=lines, comments=comments, readers=readers)
