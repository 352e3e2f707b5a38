"""What `/interview` says: the notice, the question's card, the end card, and every answer.

A `Status` or `Card` and the words of a language -> text. What everybody sees is in the interview's language, what one
person sees in theirs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.interview.captions import end_of, escape
from bot.interview.session import Mark, Pause, Stopped
from cogs.locales import moment, words_in
from config.sentences import languages
from storage.transcripts import Asked

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from bot.interview.drafts import Draft
    from bot.interview.roles import Role
    from bot.interview.session import Card, Heard, Status
    from cogs.locales import Words
    from storage.transcripts import Spoken

SHOWN = 20
"""People named in one message: Discord takes 4,000 characters, and a name may have 32 that each need a backslash."""

DRAFT_CHARACTERS = 3_400
"""Of a draft in one answer, with some room for what stands below it; Discord takes 4,000."""


def _key(name: str) -> str:
    return name.replace("_", "-")


# What everybody sees


def headline(words: Words, status: Status) -> str:
    """The first lines of the notice."""
    if not status.pauses:
        return words("interview-heard")
    why = " ".join(words(f"interview-pause-{Pause(pause).value}") for pause in sorted(status.pauses))
    return words("interview-not-heard", why=why)


def notice(words: Words, captions: str, *, kept_s: float, elsewhere: str = "") -> str:
    """What everybody in the channel must know.

    Args:
        words: Of the interview's language.
        captions: Where they appear.
        kept_s: How long the text outlives the interview, unless it is saved.
        elsewhere: The host that speech is sent to; empty if it stays on the bot's machine.
    """
    speech = (
        words("interview-speech-elsewhere", host=escape(elsewhere)) if elsewhere else words("interview-speech-here")
    )
    kept = words("interview-kept", minutes=round(kept_s / 60))
    return words("interview-notice", speech=speech, captions=words(f"interview-captions-{captions}"), kept=kept)


def roster(words: Words, status: Status) -> str:
    """Who takes part and as what, how the call is encrypted, and what time it is."""
    joined = [_person(words, heard) for heard in status.heard if heard.joined]
    who = ", ".join(joined[:SHOWN]) if joined else words("interview-roster-nobody")
    if len(joined) > SHOWN:
        who = words("interview-roster-more", who=who, count=len(joined) - SHOWN)
    small = [
        words("interview-locked") if status.encrypted else words("interview-unlocked"),
        words("interview-host", host=f"<@{status.host_id}>"),
    ]
    if status.overtime:
        small.append(words("interview-overtime"))
    elif status.soon:
        small.append(words("interview-soon"))
    elif status.ends_at is not None:
        small.append(words("interview-planned", time=moment(status.ends_at, "t")))
    return f"{words('interview-roster', who=who)}\n-# {' · '.join(small)}"


def _person(words: Words, heard: Heard) -> str:
    name = escape(heard.name)
    return name if heard.role is None else words("interview-roster-person", name=name, role=role(words, heard.role))


def role(words: Words, which: Role) -> str:
    """What somebody is."""
    return words(f"interview-role-{which.value}")


def card(words: Words, shown: Card) -> list[str]:
    """The question that stands, in parts that stand below each other."""
    if shown.question is None:
        return [words("interview-card-none")]
    of = shown.of if shown.number <= shown.of else 0
    head = (
        words("interview-card-of", number=shown.number, of=of)
        if of
        else words("interview-card-number", number=shown.number)
    )
    parts = [f"{head}\n{escape(shown.question.text)}"]
    if shown.follow_up:
        parts.append(words("interview-card-follow-up", text=escape(shown.follow_up)))
    if shown.finished:
        parts.append(words("interview-card-finished"))
    elif shown.overdue:
        parts.append(words("interview-card-overdue"))
    elif shown.due_at is not None:
        parts.append(words("interview-card-due", time=moment(shown.due_at, "R")))
    if shown.solo and not shown.finished:
        seconds = round(shown.silence_s)
        parts.append(words("interview-card-silence", seconds=seconds) if seconds else words("interview-card-solo"))
    return parts


def ended(words: Words, status: Status, *, save_by: datetime | None = None) -> str:
    """What remains of the notice at the end; *save_by* is when a bot that is being restarted forgets the text."""
    stopped = status.stopped or Stopped.FAILED
    why, took = words(f"interview-stopped-{stopped.value}"), length(words, status.elapsed_s)
    if stopped is not Stopped.SHUTDOWN:
        kept = words("interview-kept", minutes=round(status.kept_s / 60))
        text = words("interview-over-text", why=why, length=took, kept=kept)
    elif save_by is None:  # the bot takes the text with it
        text = words("interview-over-shutdown", why=why, length=took)
    else:
        text = words("interview-over-restart", length=took, time=moment(save_by, "R"))
    return f"{words('interview-over-head')}\n{text}"


def caption_headers() -> tuple[str, ...]:
    """How captions begin, in every language."""
    keys = ("interview-captions-header", "interview-captions-header-late")
    return tuple(words_in(language)(key) for language in languages() for key in keys)


def gap(words: Words, seconds: float) -> str:
    """What stands for speech that got no words."""
    return words("interview-gap", seconds=max(1, round(seconds)))


def length(words: Words, seconds: float) -> str:
    """A length for people: "48 s", "12 min"."""
    if seconds < 90:
        return words("interview-seconds", count=round(seconds))
    return words("interview-minutes", count=round(seconds / 60))


# What one person sees


def started(words: Words, channel: str, mark: Mark) -> str:
    """The answer to `/interview start`."""
    text = words("interview-started", channel=channel)
    return f"{text} {words('interview-started-unmarked')}" if mark is Mark.NOTICE else text


def missing_permissions(words: Words, names: Iterable[str], *, for_thread: bool = False) -> str:
    """What the bot lacks, and who can give it."""
    listed = ", ".join(f"**{words(f'interview-permission-{_key(name)}')}**" for name in names)
    return words("interview-lacks-thread" if for_thread else "interview-lacks", permissions=listed)


def details(words: Words, status: Status) -> str:
    """`/interview status`: what happened to whose packets."""
    head = headline(words, status).removeprefix("## ").replace("\n", ". ")
    lines = [head, words("interview-status-running", length=length(words, status.elapsed_s))]
    if status.privacy_code:
        code = " ".join(status.privacy_code[i : i + 5] for i in range(0, len(status.privacy_code), 5))
        lines.append(words("interview-status-code", code=code))
    elif not status.encrypted:
        lines.append(words("interview-status-plain"))
    lines.append("")
    # Who takes part comes first, and then who sent most: in a full channel not all fit.
    everybody = sorted(status.heard, key=lambda heard: (not heard.joined, -heard.packets))
    lines += [_packets(words, heard) for heard in everybody[:SHOWN]]
    if rest := everybody[SHOWN:]:
        packets, opened = sum(h.packets for h in rest), sum(h.decrypted for h in rest)
        lines.append(words("interview-status-more", count=len(rest), packets=packets, opened=opened))
    if not status.heard:
        lines.append(words("interview-status-nobody"))
    if status.missing_s:
        lines += ["", words("interview-status-missing", gap=gap(words, status.missing_s))]
    lines.append(words("interview-status-foot"))
    return "\n".join(lines)


def _packets(words: Words, heard: Heard) -> str:
    name, opened = escape(heard.name), heard.decrypted
    if heard.joined:
        return words("interview-status-takes-part", name=name, opened=opened, sealed=heard.dropped_sealed)
    return words("interview-status-does-not", name=name, packets=heard.packets, opened=opened)


def draft(words: Words, kept: Draft, reader: int, *, limit: int = DRAFT_CHARACTERS) -> str:
    """A draft to read once more: the newest part that fits, with the reader's own notes behind it."""
    lines = [_turn(words, turn) for turn in kept.turns()]
    lines += [(words("interview-draft-note"), note.text, escape(note.text)) for note in kept.notes_of(reader)]
    shown: list[str] = []
    for head, plain, escaped in reversed(lines):
        line = f"{head} {escaped}"
        if not shown and len(line) > limit:
            shown += [f"{head} …{end_of(plain, limit - len(head) - 10)}", "-# …"]
            break
        if sum(map(len, shown)) + len(shown) + len(line) > limit:
            shown.append("-# …")
            break
        shown.append(line)
    return "\n".join(reversed(shown))


def _turn(words: Words, turn: Spoken | Asked) -> tuple[str, str, str]:
    """Who says it, and what: plain and as it is shown."""
    if isinstance(turn, Asked):
        return words("interview-draft-question"), turn.text, escape(turn.text)
    how = [words(f"interview-role-{turn.role}")] if turn.role else []
    if turn.typed:
        how.append(words("interview-draft-typed"))
    name = escape(turn.name or words("interview-somebody"))
    head = words("interview-draft-speaker", name=name, how=", ".join(how)) if how else f"**{name}**"
    return head, turn.text, f"*{gap(words, turn.missing_s)}*" if turn.missing_s else escape(turn.text)
