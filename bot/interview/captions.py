"""Live captions: one rolling message, written anew at a pace that Discord allows, gone at the end.

    Captions.add(line), draft(words so far) -> (pace) -> Board.post once, Board.edit after that -> Board.delete

A caption stands on Discord's servers while it stands, so there is only ever one message a session and it is deleted
when the session ends, when its channel changes, and line by line when a person takes her words back.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import unicodedata
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

log = logging.getLogger(__name__)

WRITES = 5
WRITES_S = 5.0
"""So many edits in so many seconds, those of notice and card included, is what Discord was seen to allow per channel.

New messages have an allowance of their own of the same size, although its headers name both alike: only their counts
tell them apart (discord-api-docs issues 1442 and 8073). The one post of a caption is counted with its edits here.
"""

WAITS_S = (0.0, 0.1, 0.2, 0.4, 0.8)
"""Between two writes, by how many there were in the last `WRITES_S`: at once at first, evenly when much is said."""

BUSY_S = 1.0
"""Discord did not manage: it gets so much time until it is asked again."""

MOMENT_S = 0.001
"""Too short to wait for: less than what adding up seconds leaves over."""

SPARED = 2
"""Writes that the words of somebody who is still speaking leave for those that have been said, besides as many as there
were of them lately."""

ROLL_S = 50 * 60.0
"""Age at which a message is replaced: Discord refuses many edits of one older than an hour (error 30046)."""

LIMIT = 1_800
"""Characters of caption text; Discord takes 2,000 and the header needs some."""

LINES = 40
"""Lines held for rendering; the draft holds them all."""

INITIALS = 4
"""So many letters stand for a name."""

DELETE_WAITS_S = (0.0, 1.0, 3.0)
"""Pauses before the attempts to delete a message, while Discord cannot be reached."""


class BoardGone(Exception):
    """The message or its channel is no longer there."""


class BoardRefused(Exception):
    """Discord does not let the bot write there."""


class BoardBusy(Exception):
    """Discord cannot be reached, or did not manage; the same may work a little later."""


class Board(Protocol):
    """Where captions are written."""

    async def post(self, text: str) -> int:
        """Write a new message and return its id.

        Raises:
            BoardGone: If the channel is no longer there.
            BoardRefused: If the bot may not.
            BoardBusy: If it did not work this time.
        """
        ...

    async def edit(self, message_id: int, text: str) -> None:
        """Replace the text of a message.

        Raises:
            BoardGone: If the message is no longer there, or is too old to be edited.
            BoardRefused: If the bot may not.
            BoardBusy: If it did not work this time.
        """
        ...

    async def delete(self, message_id: int) -> None:
        """Delete a message; that it is gone already is no error.

        Raises:
            BoardRefused: If the bot may not.
            BoardBusy: If it did not work this time.
        """
        ...


@dataclass(frozen=True, slots=True)
class Line:
    """What is shown of one snippet.

    Attributes:
        speaker_id: Whose words.
        name: As the channel knows the person.
        text: The words, as heard; a gap mark if `gap`.
        end_s: When they were spoken, on the session clock.
        gap: Whether this is a mark for words that are missing.
        draft: Whether the person is still speaking.
    """

    speaker_id: int = field(repr=False)
    name: str = field(repr=False)
    text: str = field(repr=False)
    end_s: float
    gap: bool = False
    draft: bool = False


_MARKDOWN = re.compile(r"([\\*_~|`>#\[\]()<@:/-])")
_LIST = re.compile(r"^(\s*\d+)\.")


def escape(text: str) -> str:
    """*text* so that Discord shows it letter for letter: no formatting, mention, emoji, link or heading.

    A backslash goes before everything that could begin one. Mentions are refused by the request too; this keeps them
    from being shown as one.
    """
    return _LIST.sub(r"\1\\.", _MARKDOWN.sub(r"\\\1", " ".join(text.split())))


def initials(name: str) -> str:
    """The first letter of each word of *name*, as in "A. K."; the whole of it where there is no letter."""
    letters = [word[0].upper() for word in re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", name))]
    return " ".join(f"{letter}." for letter in letters[:INITIALS]) or name


def end_of(text: str, room: int) -> str:
    """The end of *text*, escaped, in at most *room* characters: cut before it is escaped, never inside an escape."""
    kept = text[-room:]
    while (over := len(escape(kept)) - room) > 0:
        kept = kept[over:]
    return escape(kept)


def render(lines: Sequence[Line], *, header: str, limit: int = LIMIT) -> str:
    """The newest lines that fit, oldest first; a person who goes on speaking goes on in her paragraph."""
    blocks: list[str] = []
    room, speaker = limit, 0
    for line in reversed(lines):
        text = f"*{escape(line.text)}*" if line.gap else escape(line.text)
        head = f"**{escape(line.name)}** "
        same = bool(blocks) and line.speaker_id == speaker
        cost = len(text) + 1 + (0 if same else len(head) + 1)
        if cost > room:
            if not blocks:
                blocks.append(f"{head}…{end_of(line.text, room - len(head) - 1)}")
            break
        room -= cost
        if same:
            blocks[-1] = head + text + " " + blocks[-1].removeprefix(head)
        else:
            blocks.append(head + text)
        speaker = line.speaker_id
    return "\n".join([header, *reversed(blocks)])


class Captions:
    """The rolling caption message of one session.

    Attributes:
        posts: Messages written so far.
        edits: Edits made so far.
        latencies_s: For each line shown, the seconds from its last word to the moment Discord had it (newest 1,000).
        shown: Of how many lines that was noted since the beginning.
        refused: Whether Discord does not let the bot write here; captions are off then.
    """

    def __init__(
        self,
        board: Board,
        *,
        header: str,
        late_header: str | None = None,
        clock: Callable[[], float],
        roll_s: float = ROLL_S,
    ) -> None:
        self._board = board
        self._header, self._late_header = header, late_header or header
        self._clock = clock
        self._roll_s = roll_s
        self._lines: deque[Line] = deque(maxlen=LINES)
        self._drafts: dict[int, Line] = {}
        self._unshown: list[Line] = []
        self._written: deque[float] = deque(maxlen=WRITES)
        self._finished: deque[float] = deque(maxlen=WRITES)
        self._not_before = float("-inf")
        self._late = False
        # Something that does not wait for a quiet moment, as the words of somebody who is still speaking do.
        self._pressing = asyncio.Event()
        self._message_id: int | None = None
        self._posted_s = 0.0
        self._changed = asyncio.Event()
        # Held while Discord is asked for something: a message whose id is not known yet cannot be deleted.
        self._writing = asyncio.Lock()
        self._closed = False
        self.posts = 0
        self.edits = 0
        self.shown = 0
        self.latencies_s: deque[float] = deque(maxlen=1_000)
        self.refused = False

    @property
    def message_id(self) -> int | None:
        """The message that stands now."""
        return self._message_id

    def add(self, line: Line) -> None:
        """Show *line* with the next edit, in place of what was shown while it was being said."""
        if self._closed or self.refused:
            return
        self._drafts.pop(line.speaker_id, None)
        self._lines.append(line)
        self._unshown.append(line)
        del self._unshown[:-LINES]
        self._change()

    def draft(self, speaker_id: int, name: str, text: str) -> None:
        """Show the words so far of somebody who is still speaking, when there is time; none: take them away."""
        if self._closed or self.refused:
            return
        if text:
            self._drafts[speaker_id] = Line(speaker_id, name, text + " …", self._clock(), draft=True)
            self._changed.set()
        elif self._drafts.pop(speaker_id, None):
            self._change()

    @property
    def late(self) -> bool:
        """Whether captions say that they cannot keep up."""
        return self._late

    @late.setter
    def late(self, late: bool) -> None:
        if late != self._late:
            self._late = late
            if self._lines:
                self._change()

    def _change(self) -> None:
        self._pressing.set()
        self._changed.set()

    def remove(self, speaker_id: int) -> None:
        """Take everything that this person said out of the message."""
        kept = [line for line in self._lines if line.speaker_id != speaker_id]
        self._unshown = [line for line in self._unshown if line.speaker_id != speaker_id]
        draft = self._drafts.pop(speaker_id, None)
        if draft is not None or len(kept) != len(self._lines):
            self._lines = deque(kept, maxlen=LINES)
            self._change()

    def take_back(self, speaker_id: int, end_s: float) -> None:
        """Take what this person ended to say at *end_s* out of the message."""

        def others(line: Line) -> bool:
            return (line.speaker_id, line.end_s) != (speaker_id, end_s)

        kept = [line for line in self._lines if others(line)]
        self._unshown = [line for line in self._unshown if others(line)]
        if len(kept) != len(self._lines):
            self._lines = deque(kept, maxlen=LINES)
            self._change()

    async def move(self, board: Board) -> None:
        """Go on in another place, with nothing of what was said before: others may read there.

        The message in the former place is deleted.
        """
        self._forget()
        async with self._writing:
            await self._delete()
            self._board = board
            self.refused = False

    async def run(self) -> None:
        """Write what changes, until `close`."""
        while not self._closed:
            await self._changed.wait()
            while (wait_s := self._wait_s()) > 0 and not self._closed:
                await self._rest(max(wait_s, MOMENT_S))
            if self._closed:
                return
            self._changed.clear()
            self._pressing.clear()
            # Shielded: when this task is cancelled, the message that is being posted must still become known to close.
            await asyncio.shield(self._show())

    async def _rest(self, wait_s: float) -> None:
        """Wait, but for words of somebody who is still speaking only until there is something more pressing."""
        if self._pressing.is_set():
            await asyncio.sleep(wait_s)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await self._pressing.wait()

    def _wait_s(self) -> float:
        """How long until the next write may be."""
        now = self._clock()
        if now < self._not_before:
            return self._not_before - now
        recent = [written for written in self._written if now - written < WRITES_S]
        if not recent:
            return 0.0
        if self._pressing.is_set():
            most = WRITES
        else:
            most = WRITES - SPARED - sum(now - at < WRITES_S for at in self._finished)
        if most <= 0:
            return min(recent) + WRITES_S - now
        if len(recent) >= most:
            return recent[-most] + WRITES_S - now
        return recent[-1] + WAITS_S[len(recent)] - now

    def edited_beside(self) -> None:
        """Another message was edited in this channel, which counts as well."""
        self._written.append(self._clock())

    def beside_s(self) -> float:
        """How long an edit of another message should wait, so that words which come now need not."""
        now = self._clock()
        recent = [written for written in self._written if now - written < WRITES_S]
        most = WRITES - SPARED
        return recent[-most] + WRITES_S - now if len(recent) >= most else 0.0

    async def close(self) -> None:
        """Delete the message and forget the lines. Never raises; safe to call twice."""
        self._closed = True
        self._change()
        self._forget()
        async with self._writing:
            await self._delete()

    def _forget(self) -> None:
        self._lines.clear()
        self._drafts.clear()
        self._unshown.clear()

    async def _show(self) -> None:
        async with self._writing:
            lines = [*self._lines, *self._drafts.values()]
            if not lines or self.refused:
                await self._delete()
                return
            shown, self._unshown = self._unshown, []
            text = render(lines, header=self._late_header if self._late else self._header)
            self._written.append(self._clock())
            if shown:
                self._finished.append(self._clock())
            try:
                await self._write(text)
            except BoardBusy:
                self._again(shown)
            except (BoardGone, BoardRefused):
                # What cannot be kept up to date must not stand there, with lines that somebody has taken back.
                await self._delete()
                self.refused = True
                log.warning("captions are off: the channel cannot be written to")
            else:
                now = self._clock()
                spoken = [now - line.end_s for line in shown if not line.gap]
                self.latencies_s.extend(spoken)
                self.shown += len(spoken)

    def _again(self, shown: list[Line]) -> None:
        self._not_before = self._clock() + BUSY_S
        self._unshown = [line for line in shown if line in self._lines] + self._unshown
        self._change()

    async def _write(self, text: str) -> None:
        now = self._clock()
        if self._message_id is not None and now - self._posted_s > self._roll_s:
            await self._delete()
        if self._message_id is not None:
            try:
                await self._board.edit(self._message_id, text)
            except BoardGone:
                # Somebody deleted it, or it is too old; the words still to come deserve a new one.
                await self._delete()
            else:
                self.edits += 1
                return
        self._message_id = await self._board.post(text)
        self._posted_s = now
        self.posts += 1

    async def _delete(self) -> None:
        message_id = self._message_id
        if message_id is None:
            return
        for wait_s in DELETE_WAITS_S:
            await asyncio.sleep(wait_s)
            try:
                await self._board.delete(message_id)
            except BoardBusy:
                continue
            except (BoardGone, BoardRefused):
                pass
            else:
                self._message_id = None
                return
            break
        self._message_id = None
        log.warning("a caption message could not be deleted")
