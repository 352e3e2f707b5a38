"""A transcript as a file: TXT, Markdown, JSON, CSV, SRT and VTT.

    Transcript -> as_text, as_markdown, as_json, as_csv, as_srt, as_vtt -> str, to be written as UTF-8
    JSON again -> read_json -> the same Transcript

JSON has everything, and CSV every turn, letter for letter; the others are for reading, so white space becomes single
spaces and characters that are not seen or turn the direction of a line are left out. What somebody said, or is called,
forms nothing in any of them: no line of its own, no heading, link or mention, no formula, no tag, no cue.

Where words are missing, each format says so: "[3 s not transcribed]", "[not saved]", "[redacted]", "[erased]". A
question that was asked stands where a speaker would, as "Question", and a note of the owner's as "Note".
"""

from __future__ import annotations

import csv
import html
import io
import json
import math
import re
import textwrap
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast
from uuid import UUID

from storage.transcripts import ROLES, Mark, Transcript, Turn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

JSON_FORMAT: Final = "skillrally.transcript"
"""What a transcript as JSON says it is. `transcript.schema.json` describes it."""

JSON_VERSION: Final = 1

CUE_WIDTH: Final = 42
"""Characters in a line of a subtitle, and two lines in each. Source: BBC and Netflix subtitle guidelines."""

_MARKS: Final = {
    Mark.NOT_SAVED: "[not saved]",
    Mark.REDACTED: "[redacted]",
    Mark.ERASED: "[erased]",
    Mark.WITHHELD: "[withheld]",
    Mark.DAMAGED: "[damaged]",
}
_CALLED: Final = {Mark.QUESTION: "Question", Mark.NOTE: "Note"}
_LINES = 2
_MARK_S = 2.0
_T = TypeVar("_T")

# Controls, soft hyphens, marks and overrides of direction, and characters of no width. The joiners stay: Persian and
# the scripts of India are spelt with them, and emoji put together.
_UNSEEN = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#~|&$])")
_ADDRESS = re.compile(r"(?=://)|(?<=www)(?=\.)", re.IGNORECASE)
_LIST = re.compile(r"^(?=[-+])|^(\d+)(?=[.)])")
_MENTION = re.compile(r"@(?=everyone|here)")
_LOOK_ALIKE = str.maketrans({"<": "\u2039", ">": "\u203a", "{": "(", "}": ")"})
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")

COLUMNS: Final = (
    "seq",
    "mark",
    "speaker",
    "name",
    "start_s",
    "end_s",
    "text",
    "language",
    "confidence",
    "missing_s",
    "corrected",
    "own",
    "role",
    "typed",
    "question_id",
)
"""The columns of a CSV, and the members of a turn in JSON; see `Turn`."""


# For reading


def as_text(transcript: Transcript) -> str:
    """Title and day, then one line for each turn: `[00:03.2] Anna: Добрий день.`."""
    lines = [_plain(transcript.title), transcript.day.isoformat(), ""]
    lines += [f"{_stamp(turn)}{_said_by(turn)}{_words(turn)}" for turn in transcript.turns]
    return "\n".join(lines) + "\n"


def as_markdown(transcript: Transcript) -> str:
    """A heading, the day, then one paragraph for each turn, with the speaker in bold and marks in italics.

    Everything that could be a heading, link, mention, tag or formula is escaped, in CommonMark as in Discord.
    """
    blocks = [f"# {_escaped(transcript.title)}", transcript.day.isoformat()]
    for turn in transcript.turns:
        stamp = "" if turn.start_s is None else f"`{_clock(turn.start_s)}` "
        name = f"**{_escaped(_called(turn))}:** " if _name(turn) else ""
        words = _escaped(_words(turn)) if _has_words(turn) else f"*{_escaped(_words(turn))}*"
        blocks.append(f"{stamp}{name}{words}")
    return "\n\n".join(blocks) + "\n"


# For programs


def as_json(transcript: Transcript) -> str:
    """Everything, as `transcript.schema.json` says; `read_json` gives the same transcript again."""
    return json.dumps(as_data(transcript), ensure_ascii=False, indent=1) + "\n"


def as_data(transcript: Transcript) -> dict[str, Any]:
    """What `as_json` writes, as JSON's own types."""
    return {
        "format": JSON_FORMAT,
        "version": JSON_VERSION,
        "id": str(transcript.id),
        "title": transcript.title,
        "day": transcript.day.isoformat(),
        "own": transcript.own,
        "turns": [turn_data(turn) for turn in transcript.turns],
    }


def turn_data(turn: Turn) -> dict[str, Any]:
    """A turn, as it is in JSON."""
    return {column: getattr(turn, column) for column in COLUMNS} | {"mark": turn.mark.value}


def read_json(text: str) -> Transcript:
    """The transcript that `as_json` wrote.

    Raises:
        ValueError: If it is none, or of a later version.
    """
    try:
        data = json.loads(text)
        if data["format"] != JSON_FORMAT:
            raise ValueError  # noqa: TRY301  as whatever else is wrong
        if data["version"] == JSON_VERSION:
            return _transcript(data)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        # Not its cause: that quotes what was in it.
        raise ValueError("this is no transcript") from None
    raise ValueError("this transcript was written by a later version")


def as_csv(transcript: Transcript) -> str:
    r"""One row for each turn, by RFC 4180, with a byte order mark, without which Excel takes UTF-8 for something else.

    A cell that a spreadsheet would take for a formula has a `'` before it, and so has one that begins with `'`: take
    one off each cell that begins with it, and everything is as it was. Rows end in CR LF; what is in a cell stays.
    """
    out = io.StringIO(newline="")
    out.write("\ufeff")
    rows = csv.writer(out, lineterminator="\r\n", strict=True)
    rows.writerow(COLUMNS)
    for turn in transcript.turns:
        rows.writerow([_cell(value) for value in turn_data(turn).values()])
    return out.getvalue()


# For players


def as_srt(transcript: Transcript) -> str:
    """Subtitles, with the speaker's name where a turn begins."""
    return "".join(
        f"{number}\n{cue.times(',')}\n{_untagged(cue.text)}\n\n"
        for number, cue in enumerate(_cues(transcript, named=True), 1)
    )


def as_vtt(transcript: Transcript) -> str:
    """WebVTT captions, each in its speaker's voice tag. Source: W3C, WebVTT, section 4."""
    blocks = ["WEBVTT\n"]
    for cue in _cues(transcript, named=False):
        text = html.escape(cue.text, quote=False)
        voice = f"<v {html.escape(cue.name, quote=False)}>{text}</v>" if cue.name else text
        blocks.append(f"{cue.times('.')}\n{voice}\n")
    return "\n".join(blocks)


FORMATS: Final[Mapping[str, Callable[[Transcript], str]]] = {
    "txt": as_text,
    "md": as_markdown,
    "json": as_json,
    "csv": as_csv,
    "srt": as_srt,
    "vtt": as_vtt,
}
"""By the ending of a file's name."""


# Words


def _has_words(turn: Turn) -> bool:
    return turn.mark in _CALLED or (turn.mark is Mark.SAID and not turn.missing_s)


def _words(turn: Turn) -> str:
    if turn.mark in _MARKS:
        return _MARKS[turn.mark]
    if turn.mark is Mark.SAID and turn.missing_s:
        return f"[{max(1, round(turn.missing_s))} s not transcribed]"
    return _plain(turn.text) or "…"


def _name(turn: Turn) -> str:
    if turn.mark in _CALLED:
        return _CALLED[turn.mark]
    if turn.speaker is None and not turn.name:
        return ""
    return _plain(turn.name) or (f"Speaker {turn.speaker}" if turn.speaker else "")


def _called(turn: Turn) -> str:
    """The name with what the person was, and how they said it."""
    more = ", ".join([*filter(None, [turn.role]), *(["typed"] if turn.typed else [])])
    return f"{_name(turn)} ({more})" if more and turn.mark not in _CALLED else _name(turn)


def _said_by(turn: Turn) -> str:
    return f"{_called(turn)}: " if _name(turn) else ""


def _plain(text: str) -> str:
    return " ".join(_UNSEEN.sub("", text).split())


def _escaped(text: str) -> str:
    escaped = _LIST.sub(r"\1\\", _ADDRESS.sub(r"\\", _MARKDOWN.sub(r"\\\1", _plain(text))))
    # Discord looks for these in the text as it was written, whatever stands before them.
    return _MENTION.sub("@\u200b", escaped)


def _untagged(text: str) -> str:
    """SRT has no way to escape what some players take for tags, so it gets brackets that look alike."""
    return text.translate(_LOOK_ALIKE)


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return cell(value) if isinstance(value, str) else value


def cell(text: str) -> str:
    """*text* with a `'` before it if a spreadsheet would take it for a formula, or if it begins with `'` itself."""
    formula = text.lstrip().startswith(_FORMULA) or text.startswith(("'", "\t", "\r", "\n"))
    return f"'{text}" if formula else text


# Times


def _stamp(turn: Turn) -> str:
    return "" if turn.start_s is None else f"[{_clock(turn.start_s)}] "


def _clock(seconds: float) -> str:
    minutes, tenths = divmod(round(seconds * 10), 600)
    hours, minutes = divmod(minutes, 60)
    return (f"{hours}:" if hours else "") + f"{minutes:02}:{tenths / 10:04.1f}"


def _player_time(milliseconds: int, point: str) -> str:
    rest, milliseconds = divmod(milliseconds, 1_000)
    rest, second = divmod(rest, 60)
    hours, minute = divmod(rest, 60)
    return f"{hours:02}:{minute:02}:{second:02}{point}{milliseconds:03}"


@dataclass(frozen=True, slots=True)
class _Cue:
    """What a player shows at once; times in milliseconds."""

    start_ms: int
    end_ms: int
    name: str = field(repr=False)
    text: str = field(repr=False)

    def times(self, point: str) -> str:
        return f"{_player_time(self.start_ms, point)} --> {_player_time(self.end_ms, point)}"


def _cues(transcript: Transcript, *, named: bool) -> list[_Cue]:
    """The turns as cues of two lines, by when they begin, as WebVTT demands; none is without length.

    Where *named*, a turn's first line begins with its speaker's name.
    """
    cues: list[_Cue] = []
    for turn, start_s, end_s in _timed(transcript.turns):
        words = _said_by(turn) + _words(turn) if named else _words(turn)
        lines = textwrap.wrap(words, CUE_WIDTH, break_on_hyphens=False)
        # Each cue has its share of the time, by its share of the letters.
        letters = sum(map(len, lines))
        at, said = start_s, 0
        for first in range(0, len(lines), _LINES):
            shown = lines[first : first + _LINES]
            said += sum(map(len, shown))
            until = start_s + (end_s - start_s) * said / letters
            start_ms = round(at * 1000)
            cues.append(_Cue(start_ms, max(round(until * 1000), start_ms + 1), _name(turn), "\n".join(shown)))
            at = max(at, until)
    cues.sort(key=lambda cue: cue.start_ms)
    return cues


def _timed(turns: Sequence[Turn]) -> Iterator[tuple[Turn, float, float]]:
    """Each turn with its times, one without an end for two seconds.

    One of which no times are kept stands where the one before ends.
    """
    after: list[float | None] = []
    following: float | None = None
    for turn in reversed(turns):
        after.append(following)
        following = turn.start_s if turn.start_s is not None else following
    before = 0.0
    for turn, following in zip(turns, reversed(after), strict=True):
        if turn.start_s is not None and turn.end_s is not None:
            yield turn, turn.start_s, turn.end_s
            before = max(before, turn.end_s)
        elif turn.start_s is not None:
            yield turn, turn.start_s, turn.start_s + _MARK_S
        else:
            start_s = before if following is None else min(before, following)
            yield turn, start_s, start_s + _MARK_S


# Reading


def _transcript(data: Mapping[str, Any]) -> Transcript:
    return Transcript(
        id=UUID(data["id"]),
        title=_of(data["title"], str),
        day=date.fromisoformat(data["day"]),
        own=_of(data["own"], bool),
        turns=tuple(_read_turn(turn) for turn in data["turns"]),
    )


def _read_turn(data: Mapping[str, Any]) -> Turn:
    return Turn(
        seq=_of(data["seq"], int),
        mark=Mark(data["mark"]),
        speaker=None if data["speaker"] is None else _of(data["speaker"], int),
        name=_of(data["name"], str),
        start_s=None if data["start_s"] is None else _number(data["start_s"]),
        end_s=None if data["end_s"] is None else _number(data["end_s"]),
        text=_of(data["text"], str),
        language=_of(data["language"], str),
        confidence=_number(data["confidence"]),
        missing_s=_number(data["missing_s"]),
        corrected=_of(data["corrected"], bool),
        own=_of(data["own"], bool),
        # Files of before there were roles and questions.
        role=_role(data.get("role", "")),
        typed=_of(data.get("typed", False), bool),
        question_id=_of(data.get("question_id", ""), str),
    )


def _role(value: object) -> str:
    if _of(value, str) not in ROLES:
        raise ValueError
    return cast("str", value)


def _of(value: object, kind: type[_T]) -> _T:
    if type(value) is not kind:
        raise TypeError
    return cast("_T", value)


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
        raise TypeError
    return float(value)
