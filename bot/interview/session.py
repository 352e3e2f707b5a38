"""One running interview: who takes part, who is heard, what was said, and how it ends.

    Interview.open    joins the channel with the gate shut, puts up mark and notice, opens the gate
    Interview.run     hears, recognises, shows, asks, until somebody or something stops it
    (always)          leaves the channel, writes down what was still spoken, deletes captions, overwrites audio

Nothing is heard before notice and mark stand, nobody is heard who did not say yes in this interview, and while one of
the two is gone, the channel has changed or the call has lost its end-to-end encryption, nobody at all is heard.

Which question stands is in `bot.interview.course`, who comes and goes in `bot.interview.company`.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import logging
import random
import secrets
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Protocol

from bot.errors import NoInterview
from bot.interview.attendance import Attendance
from bot.interview.beside import YIELD_S, Beside
from bot.interview.captions import DELETE_WAITS_S, BoardBusy, BoardGone, BoardRefused, Captions, Line
from bot.interview.company import Company
from bot.interview.course import Course, Plan, Reminder
from bot.interview.drafts import KEPT_S, Draft
from bot.interview.roles import Role
from bot.voice.gate import Gate
from bot.voice.link import Change
from bot.voice.receiver import Receiver
from config.questions import Bank
from storage.transcripts import Asked, Noted
from stt.dispatch import Load
from stt.engine import Snippet
from stt.pipeline import Pipeline

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from bot.clock import Clock
    from bot.interview.captions import Board
    from bot.voice.link import VoiceLink
    from config.questions import Question
    from config.settings import CaptionPlace
    from stt.dispatch import Dispatcher
    from stt.engine import Partial
    from stt.segmenter import Endpointing
    from stt.vad import SpeechProbability

log = logging.getLogger(__name__)

BEAT_S = 0.04
"""How often time-outs are looked at: packets that wait for an earlier one, pauses that became the end of speech."""

KEEP_ALIVE_S = 5.0
PANEL_S = 2.0
"""The panel is brought up to date at most this often; every edit counts against the channel's allowance."""

NOTICE_S = 10.0
"""The notice is looked after at least this often."""

EMPTY_S = 20.0
"""A channel in which no person has been for so long ends the interview."""

FINISH_S = 10.0
"""How long the last words may take when an interview ends."""

DEAF_FRAMES = 36
"""Frames in a row that DAVE refuses before the bot asks to be let into the group anew. Source: as @discordjs/voice."""

RECOVER_S = 4.0
"""At least so long between two such requests."""


LINES_OFFERED = 25
"""A person's newest lines, of which she may take one back. Source: Discord takes 25 choices."""


class Mark(enum.Enum):
    """By what everybody sees that an interview runs, besides the notice."""

    NICKNAME = "nickname"
    STATUS = "status"
    """What stands below the voice channel's name."""

    NOTICE = "notice"
    """Nothing besides: the bot may do neither."""


class Stopped(enum.Enum):
    """Why an interview ended."""

    ASKED = "asked"
    HOST_LEFT = "host-left"
    MODERATOR = "moderator"
    EMPTY = "empty"
    KICKED = "kicked"
    MOVED = "moved"
    LIMIT = "limit"
    SHUTDOWN = "shutdown"
    FAILED = "failed"


class Pause(enum.StrEnum):
    """Why nobody is heard just now."""

    NOTICE = "notice"
    """The notice does not stand (yet, or any more)."""

    MARK = "mark"
    """The mark is gone."""

    MOVED = "moved"
    """The bot was moved and has not posted its notice there yet."""

    PLAIN = "plain"
    """The call has lost its end-to-end encryption."""

    ASKED = "asked"
    """Somebody pressed Pause."""


@dataclass(slots=True)
class Participant:
    """Somebody who said yes in this interview."""

    user_id: int = field(repr=False)
    name: str = field(repr=False)
    captions: bool


@dataclass(frozen=True, slots=True)
class Heard:
    """What happened to the packets of one person."""

    user_id: int = field(repr=False)
    name: str = field(repr=False)
    joined: bool
    packets: int
    dropped_sealed: int
    decrypted: int
    concealed: int
    role: Role | None = None


@dataclass(frozen=True, slots=True)
class Card:
    """The question that stands, as its card shows it.

    Attributes:
        interview_id: The interview's.
        question: What is asked; None before the first.
        number: Which one it is.
        of: How many are planned; 0 if nobody said.
        follow_up: The follow-up that was asked last; empty for none.
        follow_ups_left: How many there are still.
        due_at: When the time meant for it has passed; None for no timer.
        overdue: Whether it has.
        finished: Whether there is no next one.
        solo: Whether somebody practises alone, so that the bot asks.
        silence_s: Solo: after such a silence the next one comes by itself; 0 for never.
    """

    interview_id: str
    question: Question | None
    number: int
    of: int
    follow_up: str
    follow_ups_left: int
    due_at: datetime | None
    overdue: bool
    finished: bool
    solo: bool
    silence_s: float


@dataclass(frozen=True, slots=True)
class Status:
    """An interview as its panel and `/interview status` show it."""

    interview_id: str
    channel_id: int
    host_id: int = field(repr=False)
    elapsed_s: float
    pauses: frozenset[str]
    encrypted: bool
    privacy_code: str | None = field(repr=False)
    heard: tuple[Heard, ...] = field(repr=False)
    snippets: int
    missing_s: float
    stopped: Stopped | None
    mark: Mark = Mark.NOTICE
    ends_at: datetime | None = None
    soon: bool = False
    overtime: bool = False
    kept_s: float = KEPT_S


class Room(Protocol):
    """The channel and its server, as an interview needs them."""

    async def connect(self, receiver: Receiver, on_change: Callable[[Change], None]) -> VoiceLink:
        """Join the voice channel, muted and not deafened.

        Raises:
            CannotJoin: If that fails.
        """
        ...

    def allowed(self, channel_id: int) -> bool:
        """Whether an interview may run in this channel: allowed by the server, and permitted to the bot."""
        ...

    def enter(self, channel_id: int) -> None:
        """Have everything posted from now on go to this channel."""
        ...

    def name_of(self, user_id: int) -> str:
        """The name under which the channel knows a person."""
        ...

    def caption_name_of(self, user_id: int) -> str:
        """How a person wants to be named beside their words in captions."""
        ...

    def people(self, channel_id: int) -> frozenset[int]:
        """Who is in the voice channel, bots left out."""
        ...

    async def post_notice(self, status: Status) -> int:
        """Post the notice with its buttons and return the message's id.

        Raises:
            BoardGone: If the channel is gone.
            BoardRefused: If the bot may not write there.
            BoardBusy: If it did not work this time.
        """
        ...

    async def update_notice(self, message_id: int, status: Status) -> None:
        """Show *status* in the notice. Raises as `post_notice`."""
        ...

    async def close_notice(self, message_id: int, status: Status) -> None:
        """Replace the notice by what remains to be said at the end. Raises as `post_notice`."""
        ...

    async def delete_notice(self, message_id: int) -> None:
        """Delete a notice that no longer holds, if it is there. Never raises."""
        ...

    async def put_up_mark(self) -> Mark:
        """Show everybody in the server's lists that an interview runs, as far as the bot may, and say how.

        Raises:
            BoardBusy: If Discord did not manage just now.
        """
        ...

    def mark_stands(self) -> bool:
        """Whether nobody took the mark away."""
        ...

    async def take_down_mark(self) -> None:
        """Put back what was there before the mark. Never raises; safe to call without a mark."""
        ...

    async def post_card(self, card: Card) -> int:
        """Post the question's card and return the message's id. Raises as `post_notice`."""
        ...

    async def update_card(self, message_id: int, card: Card) -> None:
        """Show *card* in that message. Raises as `post_notice`."""
        ...

    async def greet(self, user_id: int, interview_id: str) -> int:
        """Mention somebody who came later, with a button to join, and return the message's id.

        Raises as `post_notice`.
        """
        ...

    async def delete_message(self, message_id: int) -> None:
        """Delete a card or greeting, if it is there. Never raises."""
        ...

    @property
    def caption_place(self) -> CaptionPlace:
        """What `caption_board` is."""
        ...

    async def caption_board(self) -> Board | None:
        """Where captions go, or None when they are off."""
        ...

    def caption_header(self, *, late: bool) -> str:
        """The line above the captions; *late* if they cannot keep up with what is said."""
        ...

    def gap_mark(self, seconds: float) -> str:
        """What stands for speech that could not be written down."""
        ...


@dataclass(frozen=True, slots=True)
class Hearing:
    """What every interview hears with: made once, shared.

    Attributes:
        dispatcher: Gives turns at the engine.
        probability: Makes the voice activity detection of one speaker.
        endpointing: When speech has begun and ended.
        language: Code to decode in; None to find out for each speaker.
        glossary: Words that are likely to occur.
    """

    dispatcher: Dispatcher
    probability: Callable[[], SpeechProbability]
    endpointing: Endpointing
    language: str | None = None
    glossary: str = ""


class Interview:
    """One interview in one server's voice channel.

    Attributes:
        interview_id: Random; in the buttons and on the draft, says nothing about anybody.
        guild_id: The server.
        host_id: Who may end it and begin it again.
        stopped: Why it ended; None while it runs.
        course: Which question stands, and what time has come.
        mark: By what everybody sees that it runs.
        ends_after_s: When it ends by itself, on the session clock; None for never.
    """

    def __init__(
        self,
        *,
        room: Room,
        guild_id: int,
        channel_id: int,
        host_id: int,
        hearing: Hearing,
        clock: Clock,
        plan: Plan | None = None,
        bank: Bank | None = None,
        own: Iterable[Question] = (),
    ) -> None:
        self.interview_id = secrets.token_hex(6)
        self.guild_id = guild_id
        self.host_id = host_id
        self.begun_by = host_id
        self.attendance = Attendance(self.now_s)
        self.channel_id = channel_id
        self.stopped: Stopped | None = None
        self.ends_after_s: float | None = None
        self.draft = Draft(self.interview_id, guild_id)
        self.gate = Gate()
        self.mark = Mark.NOTICE
        # Which question comes next is chance, not a secret.
        self.course = Course(plan or Plan(), bank or Bank(()), own=own, random=random.Random())  # noqa: S311
        self._room = room
        self._clock = clock
        self._began_s = clock.monotonic_s()
        self._company = Company()
        self._beside = Beside(room, card=self.card, edited=self._edited_beside, yields_s=self._yields_s)
        self._sound_s = 0.0
        self._soon = self._overtime = False
        self._roster: dict[int, Participant] = {}
        self._link: VoiceLink | None = None
        self._notice_id: int | None = None
        # Held while the notice is written: one whose id is not known yet cannot be taken down. Whoever holds it is
        # shielded, so that the end waits for it.
        self._noticing = asyncio.Lock()
        self._captions: Captions | None = None
        self._stop = asyncio.Event()
        self._dirty = asyncio.Event()
        self._moved = asyncio.Event()
        self._moved_s = float("-inf")
        self._snippets = 0
        self._missing_s = 0.0
        self._empty_since: float | None = None
        self._refused_before = self._opened_before = 0
        self._recovered_s = float("-inf")
        self.recoveries = 0
        self.gate.pause(Pause.NOTICE)
        self._dispatcher = hearing.dispatcher
        self.pipeline = Pipeline(
            hearing.dispatcher,
            probability=hearing.probability,
            on_snippet=self._on_snippet,
            on_partial=self._on_partial,
            clock=self.now_s,
            endpointing=hearing.endpointing,
            language=self.course.plan.spoken or hearing.language,
            prompt_of=lambda user_id: self.course.prompt(hearing.glossary, self.role_of(user_id)),
        )
        self.receiver = Receiver(
            gate=self.gate, on_frame=self.pipeline.push, on_pause=self.pipeline.pause, clock=self.now_s
        )

    def __repr__(self) -> str:
        return f"<Interview of {len(self._roster)}>"

    def now_s(self) -> float:
        """Seconds on the session clock."""
        return self._clock.monotonic_s() - self._began_s

    # -- what people do -------------------------------------------------------------------------------------------

    def admit(self, user_id: int, *, captions: bool, role: Role | None = None) -> Role:
        """Hear this person from now on: she said yes.

        Args:
            user_id: Who.
            captions: Whether her words may be shown.
            role: What she wants to be; by default what is missing.

        Returns:
            What she is.

        Raises:
            NoInterview: If the interview is ending.
        """
        if self.stopped is not None:
            raise NoInterview
        name = self._room.name_of(user_id)
        role = role or self._missing_role(user_id)
        self._roster[user_id] = Participant(user_id, name, captions)
        self.draft.names[user_id] = name
        self.attendance.came(user_id)
        self.draft.roles.set(user_id, role, self.now_s())
        self.gate.allow(user_id)
        self._beside.joined(user_id)
        if self.solo and self.course.question is None and self.course.plan.questions and self._alone(user_id):
            self.next_question()
        self._change()
        return role

    def _missing_role(self, user_id: int) -> Role:
        if user_id in self._roster and (now := self.draft.roles.now(user_id)) is not None:
            return now
        if user_id == self.host_id:
            return self.course.plan.role
        taken = {self.role_of(other) for other in self._roster}
        if self.host_id not in self._roster:
            taken.add(self.course.plan.role)  # which the host is going to take
        return next((role for role in (Role.CANDIDATE, Role.INTERVIEWER) if role not in taken), Role.OBSERVER)

    def _alone(self, user_id: int) -> bool:
        return self._link is not None and self._room.people(self._link.channel_id) <= {user_id}

    def dismiss(self, user_id: int, *, forget_words: bool) -> bool:
        """Hear this person no more, from this instant; what was not yet written down of her is overwritten.

        Args:
            user_id: Who.
            forget_words: Whether what was written down already goes too, from the captions and from the draft.

        Returns:
            Whether she was taking part.
        """
        # The gate first: everything after it may take its time.
        self.gate.revoke(user_id)
        self.receiver.forget(user_id)
        self.pipeline.forget(user_id)
        was = self._roster.pop(user_id, None) is not None
        self.attendance.went(user_id)
        if forget_words:
            self.draft.remove(user_id)
            if self._captions is not None:
                self._captions.remove(user_id)
        if was:
            self._change()
        return was

    def erase(self, user_id: int) -> None:
        """Hear this person no more, and forget that she was here or began it: her account is being deleted."""
        self.dismiss(user_id, forget_words=True)
        self.attendance.forget(user_id)
        if self.begun_by == user_id:
            self.begun_by = 0

    def hide(self, user_id: int) -> None:
        """Take this person's words out of the captions, and show no more of them."""
        participant = self._roster.get(user_id)
        if participant is not None:
            participant.captions = False
        if self._captions is not None:
            self._captions.remove(user_id)

    def takes_part(self, user_id: int) -> bool:
        """Whether this person said yes here."""
        return user_id in self._roster

    # -- roles, questions, notes ----------------------------------------------------------------------------------

    def role_of(self, user_id: int) -> Role | None:
        """What this participant is now."""
        return self.draft.roles.now(user_id) if user_id in self._roster else None

    @property
    def solo(self) -> bool:
        """Whether there is a candidate and nobody who would ask: then the bot asks."""
        roles = {self.role_of(user_id) for user_id in self._roster}
        return Role.CANDIDATE in roles and Role.INTERVIEWER not in roles

    def may_ask(self, user_id: int) -> bool:
        """Whether this person decides which question stands: host, interviewer, or a candidate who is alone."""
        role = self.role_of(user_id)
        return user_id == self.host_id or role is Role.INTERVIEWER or (self.solo and role is Role.CANDIDATE)

    def swap(self) -> bool:
        """Make candidates interviewers and the other way round; say whether there was anybody to swap with."""
        other = {Role.CANDIDATE: Role.INTERVIEWER, Role.INTERVIEWER: Role.CANDIDATE}
        roles = {user_id: role for user_id in self._roster if (role := self.role_of(user_id)) and role in other}
        if set(roles.values()) != set(other):
            return False
        for user_id, role in roles.items():
            self.draft.roles.set(user_id, other[role], self.now_s())
        self._change()
        return True

    def next_question(self) -> Question | None:
        """Ask the next question; None if there is none."""
        return self._asked(self.course.next(self.now_s()))

    def skip_question(self) -> Question | None:
        """Ask another question in place of the one that stands; None if there is none.

        One to which nobody has said anything is as if it had never been asked.
        """
        standing, asked_s = self.course.question, self.course.asked_s
        other = self.course.skip(self.now_s())
        if standing is not None and other is not None and not any(s.end_s >= asked_s for s in self.draft.snippets):
            self.draft.questions[:] = [asked for asked in self.draft.questions if asked.start_s < asked_s]
        return self._asked(other)

    def choose_question(self, item: str) -> Question | None:
        """Ask the question of this id, or in these words; None if there is nothing in it."""
        return self._asked(self.course.choose(item, self.now_s()))

    def repeat_question(self) -> Question | None:
        """Show the question that stands once more, with its time from the beginning; None if there is none."""
        question = self.course.repeat(self.now_s())
        if question is not None:
            self._beside.ask()
        return question

    def follow_up(self) -> str:
        """Ask the next follow-up to the question that stands; empty if there is none."""
        text = self.course.follow()
        if text:
            question = self.course.question
            self.draft.ask(Asked(self.now_s(), text, question.id if question is not None else ""))
            self._beside.changed()
        return text

    def set_timer(self, minutes: float) -> None:
        """Give the question that stands so much time from now on; 0 takes its timer away."""
        self.course.set_timer(minutes, self.now_s())
        self._beside.changed()

    def card(self) -> Card:
        """The question that stands, as its card shows it."""
        course, now_s = self.course, self.now_s()
        return Card(
            interview_id=self.interview_id,
            question=course.question,
            number=course.number,
            of=course.plan.questions,
            follow_up=course.follow_up,
            follow_ups_left=course.follow_ups_left,
            due_at=self._date_of(course.due_s),
            overdue=course.overdue(now_s),
            finished=course.finished,
            solo=self.solo,
            silence_s=course.plan.silence_s,
        )

    def note(self, user_id: int, text: str) -> bool:
        """Keep a note for its writer, with the draft; say whether there was room."""
        return self.draft.note(user_id, Noted(self.now_s(), text))

    def type_answer(self, user_id: int, text: str) -> None:
        """Write down what somebody typed who takes part, as if it had just been said.

        Raises:
            NoInterview: If she does not take part, or the interview is ending.
        """
        if user_id not in self._roster or self.stopped is not None:
            raise NoInterview
        now_s = self.now_s()
        self._write_down(Snippet(user_id, now_s, now_s, text, 1.0, self.course.plan.language), typed=True)

    def lines_of(self, user_id: int) -> list[Snippet]:
        """What this person said lately, newest first."""
        said = {s.start_s: s for s in self.draft.snippets if s.speaker_id == user_id and not s.missing_s}
        return [said[start_s] for start_s in sorted(said, reverse=True)][:LINES_OFFERED]

    def take_back(self, user_id: int, start_s: float) -> bool:
        """Take what this person began to say then out of captions and draft; say whether it was there."""
        gone = [s for s in self.draft.snippets if s.speaker_id == user_id and s.start_s == start_s]
        if self._captions is not None:
            for snippet in gone:
                self._captions.take_back(user_id, snippet.end_s)
        return self.draft.drop(user_id, start_s)

    def _asked(self, question: Question | None) -> Question | None:
        if question is not None:
            self.draft.ask(Asked(self.course.asked_s, question.text, question.id))
            self._sound_s = self.now_s()
            self._beside.ask()
        else:
            self._beside.changed()
        return question

    def _date_of(self, at_s: float | None) -> datetime | None:
        return None if at_s is None else self._clock.now() + timedelta(seconds=at_s - self.now_s())

    def _edited_beside(self) -> None:
        if self._captions is not None and self._room.caption_place == "voice-chat":  # a thread has its own allowance
            self._captions.edited_beside()

    def _yields_s(self) -> float:
        """How long an edit of card or notice should wait for captions."""
        if self._captions is None or self._room.caption_place != "voice-chat":
            return 0.0
        return self._captions.beside_s()

    def _change(self) -> None:
        """Notice and card say something else now."""
        self._dirty.set()
        self._beside.changed()

    def pause(self) -> None:
        """Hear nobody until `resume`."""
        self.gate.pause(Pause.ASKED)
        self._dirty.set()

    def resume(self) -> None:
        """Undo `pause`."""
        self.gate.resume(Pause.ASKED)
        self._dirty.set()

    def stop(self, why: Stopped) -> None:
        """End it; `run` does the rest."""
        if self.stopped is None:
            self.stopped = why
        # From here on nobody is heard, however long the rest takes.
        for user_id in list(self._roster):
            self.gate.revoke(user_id)
        self._stop.set()

    # -- what can be seen -----------------------------------------------------------------------------------------

    def status(self) -> Status:
        """How it stands."""
        members = self.receiver.members
        seen = sorted({*members, *self._roster}, key=lambda user_id: user_id)
        heard: list[Heard] = []
        for user_id in seen:
            counts, participant = members.get(user_id), self._roster.get(user_id)
            heard.append(
                Heard(
                    user_id=user_id,
                    name=participant.name if participant is not None else self._room.name_of(user_id),
                    joined=participant is not None,
                    packets=counts.packets if counts else 0,
                    dropped_sealed=counts.dropped_sealed if counts else 0,
                    decrypted=counts.decrypted if counts else 0,
                    concealed=counts.concealed if counts else 0,
                    role=self.role_of(user_id),
                )
            )
        return Status(
            interview_id=self.interview_id,
            channel_id=self.channel_id,
            host_id=self.host_id,
            elapsed_s=self.now_s(),
            pauses=self.gate.paused,
            encrypted=self._link is not None and self._link.encrypted,
            privacy_code=self._link.voice_privacy_code if self._link is not None else None,
            heard=tuple(heard),
            snippets=self._snippets,
            missing_s=self._missing_s,
            stopped=self.stopped,
            mark=self.mark,
            ends_at=self._date_of(self.course.ends_s),
            soon=self._soon,
            overtime=self._overtime,
            kept_s=self.draft.kept_s,
        )

    @property
    def caption_place(self) -> CaptionPlace:
        """Where captions appear: in the voice channel's chat, in a thread, or nowhere."""
        return self._room.caption_place

    @property
    def captions(self) -> Captions | None:
        """The live captions; None when they are off."""
        return self._captions

    # -- its life -------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Join, put up mark and notice, and only then let anybody be heard.

        Raises:
            CannotJoin: If the channel cannot be joined.
            BoardGone: If the channel vanished meanwhile.
            BoardRefused: If the notice cannot be posted; the channel is left again.
            BoardBusy: If Discord did not manage just now; likewise.
        """
        self._link = await self._room.connect(self.receiver, self._on_change)
        try:
            self._company.meet(self._room.people(self._link.channel_id))
            self.mark = await self._room.put_up_mark()
            board = await self._room.caption_board()
            if board is not None:
                self._captions = Captions(
                    board,
                    header=self._room.caption_header(late=False),
                    late_header=self._room.caption_header(late=True),
                    clock=self.now_s,
                )
            await self._put_up_notice()
        except BaseException:
            await self._link.leave()
            self._silence()
            await asyncio.shield(self._room.take_down_mark())
            raise

    async def run(self) -> None:
        """Hear until stopped, then leave nothing behind."""
        try:
            async with asyncio.TaskGroup() as tasks:
                captions = self._captions
                beat = tasks.create_task(self._beat(), name="interview beat")
                panel = tasks.create_task(self._keep_panel(), name="interview panel")
                moves = tasks.create_task(self._follow_moves(), name="interview moves")
                beside = tasks.create_task(self._beside.run(), name="interview card")
                words = tasks.create_task(self.pipeline.run(), name="interview words")
                shown = tasks.create_task(captions.run(), name="interview captions") if captions is not None else None
                await self._stop.wait()
                for task in (panel, moves, beside):
                    task.cancel()
                await self._leave()
                self.receiver.tick()
                beat.cancel()
                await self.pipeline.finish(timeout_s=FINISH_S)
                for task in (words, shown):
                    if task is not None:
                        task.cancel()
        finally:
            if self.stopped is None:
                self.stopped = Stopped.FAILED
            # Shielded: a shutdown that has lost patience must not leave captions or audio behind.
            await asyncio.shield(self._clear())

    async def _clear(self) -> None:
        self._silence()
        await self._leave()
        if self._captions is not None:
            await self._captions.close()
        await self._beside.close()
        async with self._noticing:
            await self._close_notice()
            # Last: while anything may still be heard or written, everybody should see it.
            await self._room.take_down_mark()

    async def _close_notice(self) -> None:
        if self._notice_id is None:
            return
        for wait_s in DELETE_WAITS_S:
            await asyncio.sleep(wait_s)
            try:
                await self._room.close_notice(self._notice_id, self.status())
            except BoardBusy:
                continue
            except (BoardGone, BoardRefused):
                return
            return

    def _silence(self) -> None:
        for user_id in list(self._roster):
            self.gate.revoke(user_id)
        self.receiver.close()
        self.pipeline.close()

    async def _leave(self) -> None:
        if self.mark is Mark.STATUS and self._link is not None:
            # Whoever is not in the call may not change what is said about it. Nobody is heard any more.
            await asyncio.shield(self._room.take_down_mark())
        if self._link is not None:
            await self._link.leave()

    async def _put_up_notice(self) -> None:
        self._notice_id = await self._room.post_notice(self.status())
        self.gate.resume(Pause.NOTICE)
        self._dirty.set()  # what it says was true before it stood

    async def _take_down_notice(self) -> None:
        former, self._notice_id = self._notice_id, None
        if former is not None:
            await self._room.delete_notice(former)

    async def _beat(self) -> None:
        kept_alive_s = 0.0
        while True:
            await asyncio.sleep(BEAT_S)
            now_s = self.now_s()
            self.receiver.tick()
            if now_s - kept_alive_s >= KEEP_ALIVE_S and self._link is not None:
                kept_alive_s = now_s
                self._link.keep_alive()
            if self._captions is not None:
                self._captions.late = self._dispatcher.load >= Load.LATE
            await self._recover_if_deaf(now_s)
            if self._link is not None:
                people = self._room.people(self._link.channel_id)
                self._stop_if_empty(people, now_s)
                self._look_after_people(people, now_s)
            self._look_at_the_time(now_s)
            if Pause.MARK not in self.gate.paused and not self._room.mark_stands():
                self.gate.pause(Pause.MARK)
                self._dirty.set()

    async def _recover_if_deaf(self, now_s: float) -> None:
        refused, opened = self.receiver.counters.not_opened, sum(m.decrypted for m in self.receiver.members.values())
        if opened != self._opened_before:
            self._sound_s = now_s
            self._refused_before, self._opened_before = refused, opened
        elif refused - self._refused_before >= DEAF_FRAMES and now_s - self._recovered_s >= RECOVER_S:
            self._refused_before, self._recovered_s = refused, now_s
            self.recoveries += 1
            log.warning("nothing could be decrypted for a while: asking for new keys")
            if self._link is not None:
                await self._link.recover_group()

    def _stop_if_empty(self, people: frozenset[int], now_s: float) -> None:
        if people:
            self._empty_since = None
        elif self._empty_since is None:
            self._empty_since = now_s
        elif now_s - self._empty_since >= EMPTY_S:
            self.stop(Stopped.EMPTY)

    def _look_after_people(self, people: frozenset[int], now_s: float) -> None:
        if Pause.MOVED in self.gate.paused:  # a new channel, whose people read its notice first
            return
        for user_id in self._company.newcomers(people, self._roster):
            self._beside.greet(user_id)
        if people and self._company.host_gone(self.host_id, people, now_s):
            self._without_host(people)

    def _without_host(self, people: frozenset[int]) -> None:
        """Hand over to an interviewer who takes part, else end it.

        An interviewer runs the interview already and said yes to it. Nobody else is made responsible unasked.
        """
        heirs = sorted(
            user_id for user_id in self._roster if user_id in people and self.role_of(user_id) is Role.INTERVIEWER
        )
        if heirs:
            self.host_id = heirs[0]
            self._change()
        else:
            self.stop(Stopped.HOST_LEFT)

    def _look_at_the_time(self, now_s: float) -> None:
        if self.ends_after_s is not None and now_s >= self.ends_after_s:
            self.stop(Stopped.LIMIT)
        come = self.course.due(now_s)
        if Reminder.QUESTION in come:
            self._beside.changed()
        if come - {Reminder.QUESTION}:
            self._soon = self._soon or Reminder.SOON in come
            self._overtime = self._overtime or Reminder.END in come
            self._dirty.set()
        silence_s = now_s - self._sound_s
        if 0 < self.course.plan.silence_s <= silence_s and self.solo and not self.gate.paused:
            since = self.course.asked_s
            words = sum(len(s.text.split()) for s in self.draft.snippets if s.start_s >= since)
            if self.course.answered(words=words, silence_s=silence_s):
                self.next_question()

    async def _keep_panel(self) -> None:
        while True:
            # Also without news: that somebody deleted the notice is only noticed by writing to it, since the bot does
            # not ask Discord for message events.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(NOTICE_S):
                    await self._dirty.wait()
            if not self.gate.paused:  # else what it says is more urgent than words, of which there are none
                await asyncio.sleep(min(self._yields_s(), YIELD_S))
            self._dirty.clear()
            await asyncio.shield(self._refresh_notice())
            await asyncio.sleep(PANEL_S)

    async def _refresh_notice(self) -> None:
        async with self._noticing:
            if self.stopped is not None or Pause.MOVED in self.gate.paused:  # others see to it
                return
            try:
                if Pause.MARK in self.gate.paused:
                    self.mark = await self._room.put_up_mark()
                    self.gate.resume(Pause.MARK)
                if self._notice_id is not None:
                    self._edited_beside()
                    await self._room.update_notice(self._notice_id, self.status())
                    return
            except BoardBusy:
                self._dirty.set()
                return
            except (BoardGone, BoardRefused):
                self.gate.pause(Pause.NOTICE)
                # One that is only too old to be edited still stands there, and says what may not be so any more.
                await self._take_down_notice()
            try:
                await self._put_up_notice()
            except BoardBusy:
                self._dirty.set()
            except (BoardGone, BoardRefused):
                # Without a notice nobody may be heard, and there is nobody to tell: end it.
                self.stop(Stopped.FAILED)

    def _on_change(self, change: Change) -> None:
        match change:
            case Change.HEARING:
                self.gate.resume(Pause.PLAIN)
            case Change.PLAIN:
                self.gate.pause(Pause.PLAIN)
            case Change.MOVED:
                # Now, not when the task below gets its turn: the new channel has seen no notice.
                self.gate.pause(Pause.MOVED)
                self._moved_s = self.now_s()
                self._moved.set()
            case Change.ENDED:
                self.stop(Stopped.KICKED)
            case Change.LOST:
                pass
        self._dirty.set()

    async def _follow_moves(self) -> None:
        while True:
            await self._moved.wait()
            self._moved.clear()
            if self._link is None:
                return
            channel_id = self._link.channel_id
            if not self._room.allowed(channel_id):
                self.stop(Stopped.MOVED)
                return
            try:
                await asyncio.shield(self._move_to(channel_id))
            except BoardBusy:
                self._moved.set()
                await asyncio.sleep(PANEL_S)
                continue
            except (BoardGone, BoardRefused):
                self.stop(Stopped.MOVED)
                return
            if self._link.channel_id == channel_id:  # else it was moved on meanwhile, and the event is set again
                self.gate.resume(Pause.MOVED)
                self._dirty.set()

    async def _move_to(self, channel_id: int) -> None:
        async with self._noticing:
            await self._take_down_notice()
            await self._beside.take_down()
            self.channel_id = channel_id
            self._room.enter(channel_id)
            self._company.meet(self._room.people(channel_id))
            if self.mark is Mark.STATUS:
                self.mark = await self._room.put_up_mark()
            if self._captions is not None and (board := await self._room.caption_board()) is not None:
                await self._captions.move(board)
            await self._put_up_notice()

    # -- words ----------------------------------------------------------------------------------------------------

    def _on_snippet(self, snippet: Snippet) -> None:
        if snippet.speaker_id in self._roster:  # else she took her yes back while the engine was at work
            self._write_down(snippet)

    def _write_down(self, snippet: Snippet, *, typed: bool = False) -> None:
        participant = self._roster[snippet.speaker_id]
        self.draft.add(snippet, typed=typed)
        self._snippets += 1
        self._missing_s += snippet.missing_s
        if self._captions is not None and participant.captions and self._said_here(snippet):
            gap = snippet.missing_s > 0
            text = self._room.gap_mark(snippet.missing_s) if gap else snippet.text
            name = self._room.caption_name_of(snippet.speaker_id)
            self._captions.add(Line(snippet.speaker_id, name, text, snippet.end_s, gap))

    def _on_partial(self, partial: Partial) -> None:
        participant = self._roster.get(partial.speaker_id)
        if participant is None or not participant.captions or self._captions is None:
            return
        if self._said_here(partial):
            self._captions.draft(partial.speaker_id, self._room.caption_name_of(partial.speaker_id), partial.text)

    def _said_here(self, words: Snippet | Partial) -> bool:
        """Whether these words were begun in the channel where captions are shown now: in another, others read them."""
        return words.start_s >= self._moved_s
