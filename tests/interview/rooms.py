"""A channel, a board, a voice connection and people who speak, for tests of interviews. Nothing here needs Discord."""

from __future__ import annotations

import asyncio
import functools
import itertools
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from bot.interview.captions import Board, BoardGone
from bot.interview.session import Hearing, Interview, Mark, Stopped
from bot.loopback.media import AES_GCM, OPUS, RtpPacket, Transport
from bot.loopback.opus_encoder import Encoder
from bot.voice.e2ee import Plain
from bot.voice.link import Change
from config.questions import Bank, InterviewType, Level, Question
from stt.dispatch import Dispatcher
from stt.segmenter import Endpointing
from tests.stt.sounds import Loudness, ScriptedTranscriber
from tests.virtual_time import now_s

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from bot.interview.course import Plan
    from bot.interview.session import Card, Status
    from bot.voice.receiver import Receiver
    from config.settings import CaptionPlace
    from stt.engine import Transcriber

GUILD, CHANNEL, OTHER_CHANNEL = 900, 901, 902
OLEG, ANNA, PETER = 100_000_000_000_000_011, 100_000_000_000_000_012, 100_000_000_000_000_013
NAMES = {OLEG: "Oleg", ANNA: "Anna", PETER: "Peter"}
KEY = bytes(range(32))


def _ssrc(user_id: int) -> int:
    return 1_000 + user_id % 1_000


class LoopClock:
    """The running loop's time, as the bot's clock."""

    def monotonic_s(self) -> float:
        """Seconds of the loop."""
        return now_s()

    def now(self) -> datetime:
        """The loop's seconds as a date."""
        return datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=now_s())


class FakeBoard:
    """A channel that messages are written into.

    Attributes:
        messages: Text by id, of those that stand.
        log: When what was asked for, with which text.
        busy_with: What is under way.
    """

    _ids = itertools.count(1)

    def __init__(self, *, takes_s: float = 0.0) -> None:
        self._takes_s = takes_s
        self._failures: dict[str, list[Exception]] = {}
        self._posted_at: dict[int, float] = {}
        self.messages: dict[int, str] = {}
        self.log: list[tuple[float, str, str]] = []
        self.ages_when_edited: list[float] = []
        self.busy_with = ""

    @property
    def shown(self) -> list[str]:
        """What stands in the channel."""
        return list(self.messages.values())

    def fail(self, kind: str, *errors: Exception) -> None:
        """Answer the next requests of a kind with these errors."""
        self._failures.setdefault(kind, []).extend(errors)

    async def _ask(self, kind: str, text: str = "") -> None:
        self.log.append((now_s(), kind, text))
        self.busy_with = kind
        await asyncio.sleep(self._takes_s / 2)
        if self._failures.get(kind):
            self.busy_with = ""
            raise self._failures[kind].pop(0)

    async def _answer(self) -> None:
        """What was asked for is done, but whoever asked does not know it yet."""
        await asyncio.sleep(self._takes_s / 2)
        self.busy_with = ""

    async def post(self, text: str) -> int:
        """Write a message."""
        await self._ask("post", text)
        message_id = next(self._ids)
        self.messages[message_id] = text
        self._posted_at[message_id] = now_s()
        await self._answer()
        return message_id

    async def edit(self, message_id: int, text: str) -> None:
        """Change one."""
        await self._ask("edit", text)
        if message_id not in self.messages:
            raise BoardGone
        self.ages_when_edited.append(now_s() - self._posted_at[message_id])
        self.messages[message_id] = text
        await self._answer()

    async def delete(self, message_id: int) -> None:
        """Delete one."""
        await self._ask("delete")
        self.messages.pop(message_id, None)
        await self._answer()


class FakeLink:
    """A voice connection. What it is told is counted."""

    def __init__(self, room: FakeRoom, receiver: Receiver) -> None:
        self._room = room
        self.receiver = receiver
        self.channel_id = CHANNEL
        self.encrypted = True
        self.voice_privacy_code: str | None = "12345" * 6
        self.kept_alive = 0
        self.recoveries = 0
        self.left = False

    def keep_alive(self) -> None:
        """Count."""
        self.kept_alive += 1

    async def recover_group(self) -> None:
        """Count."""
        self.recoveries += 1

    async def leave(self) -> None:
        """Leave, as the real one does: what still waited is handed on, and the interview hears that it is over."""
        if not self.left:
            self.left = True
            await asyncio.sleep(self._room.leaving_takes_s)
            self.receiver.disconnected()
            self._room.on_change(Change.ENDED)


class FakeRoom:
    """A server with two voice channels.

    Attributes:
        notices: Of those that stand: where, and how the interview stood when they were written.
        ended: The statuses of notices that were replaced by an end card.
        here: Who is in the channel.
        may_run: Channels in which interviews are allowed.
        marked: Whether the mark stands; whoever sets it to False takes it away.
        cards: Of those that stand: where, and how.
        greetings: Of those that stand: where, and for whom.
    """

    link: FakeLink
    on_change: Callable[[Change], None]

    def __init__(self, *, captions: bool = True) -> None:
        self._ids = itertools.count(100)
        self.captions = captions
        self.boards: dict[int, FakeBoard] = {CHANNEL: FakeBoard(), OTHER_CHANNEL: FakeBoard()}
        self.channel_id = CHANNEL
        self.notices: dict[int, tuple[int, Status]] = {}
        self.ended: list[Status] = []
        self.here = {OLEG, ANNA, PETER}
        self.may_run = {CHANNEL}
        self.names = dict(NAMES)
        self.failures: dict[str, list[Exception]] = {}
        self.posting_allowed = asyncio.Event()
        self.posting_allowed.set()
        self.answering_s = 0.0
        self.posted = 0
        self.leaving_takes_s = 0.0
        self.marks = True
        self.marked = False
        self.mark_log: list[str] = []
        self.cards: dict[int, tuple[int, Card]] = {}
        self.greetings: dict[int, tuple[int, int]] = {}
        self.cards_posted = self.greetings_posted = 0

    @property
    def board(self) -> FakeBoard:
        """Where captions appear now."""
        return self.boards[self.channel_id]

    def fail(self, kind: str, *errors: Exception) -> None:
        """Answer the next requests of a kind with these errors."""
        self.failures.setdefault(kind, []).extend(errors)

    def _fail(self, kind: str) -> None:
        if self.failures.get(kind):
            raise self.failures[kind].pop(0)

    async def connect(self, receiver: Receiver, on_change: Callable[[Change], None]) -> FakeLink:
        """Join; everybody's stream is named at once, and the key is there."""
        self._fail("connect")
        self.link, self.on_change = FakeLink(self, receiver), on_change
        receiver.connected(mode=AES_GCM, secret_key=KEY)
        receiver.encryption(Plain())
        for user_id in self.names:
            receiver.speaking(user_id, _ssrc(user_id))
        return self.link

    def allowed(self, channel_id: int) -> bool:
        """Whether an interview may run there."""
        return channel_id in self.may_run

    def enter(self, channel_id: int) -> None:
        """Write there from now on."""
        self.channel_id = channel_id

    def name_of(self, user_id: int) -> str:
        """The display name."""
        return self.names.get(user_id, "Somebody")

    def caption_name_of(self, user_id: int) -> str:
        """The same: nobody chose anything else."""
        return self.name_of(user_id)

    def people(self, channel_id: int) -> frozenset[int]:
        """Who is there."""
        del channel_id
        return frozenset(self.here)

    async def post_notice(self, status: Status) -> int:
        """Post it, when posting is allowed."""
        await self.posting_allowed.wait()
        self._fail("post_notice")
        notice_id = next(self._ids)
        self.notices[notice_id] = (self.channel_id, status)
        self.posted += 1
        await asyncio.sleep(self.answering_s)
        return notice_id

    async def update_notice(self, message_id: int, status: Status) -> None:
        """Change it."""
        self._fail("update_notice")
        if message_id not in self.notices:
            raise BoardGone
        self.notices[message_id] = (self.channel_id, status)

    async def close_notice(self, message_id: int, status: Status) -> None:
        """Replace it."""
        self._fail("close_notice")
        if self.notices.pop(message_id, None) is None:
            raise BoardGone
        self.ended.append(status)

    async def delete_notice(self, message_id: int) -> None:
        """Delete it."""
        self.notices.pop(message_id, None)

    async def put_up_mark(self) -> Mark:
        """Put it up, if the bot may."""
        self.mark_log.append("up")
        self._fail("put_up_mark")
        self.marked = self.marks
        return Mark.NICKNAME if self.marks else Mark.NOTICE

    def mark_stands(self) -> bool:
        """Whether it stands, or there is none."""
        return self.marked or not self.marks

    async def take_down_mark(self) -> None:
        """Take it down."""
        self.mark_log.append("down")
        self.marked = False

    async def post_card(self, card: Card) -> int:
        """Post it."""
        self._fail("post_card")
        message_id = next(self._ids)
        self.cards[message_id] = (self.channel_id, card)
        self.cards_posted += 1
        await asyncio.sleep(self.answering_s)
        return message_id

    async def update_card(self, message_id: int, card: Card) -> None:
        """Change it."""
        self._fail("update_card")
        if message_id not in self.cards:
            raise BoardGone
        self.cards[message_id] = (self.channel_id, card)

    async def greet(self, user_id: int, interview_id: str) -> int:
        """Greet somebody."""
        del interview_id
        self._fail("greet")
        message_id = next(self._ids)
        self.greetings[message_id] = (self.channel_id, user_id)
        self.greetings_posted += 1
        await asyncio.sleep(self.answering_s)
        return message_id

    async def delete_message(self, message_id: int) -> None:
        """Delete either, where it was posted."""
        for messages in (self.cards, self.greetings):
            if message_id in messages:
                assert messages.pop(message_id)[0] == self.channel_id

    @property
    def caption_place(self) -> CaptionPlace:
        """Where they go."""
        return "voice-chat" if self.captions else "off"

    async def caption_board(self) -> Board | None:
        """Where captions go."""
        self._fail("caption_board")
        return self.board if self.captions else None

    def caption_header(self, *, late: bool) -> str:
        """The line above."""
        return "-# late captions" if late else "-# captions"

    def gap_mark(self, seconds: float) -> str:
        """What stands for missing words."""
        return f"[{seconds:.0f} s]"

    def move(self, channel_id: int) -> None:
        """A moderator moves the bot."""
        self.link.channel_id = channel_id
        self.on_change(Change.MOVED)


@functools.cache
def _loud() -> tuple[bytes, ...]:
    t = np.arange(48_000 * 4) / 48_000
    with Encoder(channels=1) as encoder:
        return tuple(encoder.encode((8_000 * np.sin(2 * np.pi * 300 * t)).astype(np.int16)))


class Voice:
    """Somebody who speaks into the interview: RTP packets, sealed with the connection's key, every 20 ms."""

    def __init__(self, room: FakeRoom, user_id: int) -> None:
        self._room = room
        self._ssrc = _ssrc(user_id)
        self._transport = Transport(AES_GCM, KEY)
        self._sequence = 1
        self._timestamp = 1

    async def speak(self, seconds: float) -> None:
        """Make sound for a while; `pause` or the end of time ends the utterance."""
        for _ in range(round(seconds / 0.02)):
            self.packet()
            await asyncio.sleep(0.02)

    async def say(self, seconds: float = 1.0) -> None:
        """Speak, and be silent for a second, which ends the utterance."""
        await self.speak(seconds)
        self._timestamp += 48_000
        await asyncio.sleep(1.0)

    def packet(self) -> None:
        """Send 20 ms."""
        packets = _loud()
        frame = packets[self._sequence % len(packets)]
        sealed = RtpPacket(OPUS, self._sequence & 0xFFFF, self._timestamp, self._ssrc, frame).seal(self._transport)
        self._sequence, self._timestamp = self._sequence + 1, self._timestamp + 960
        self._room.link.receiver.datagram(sealed)


def hearing(transcriber: Transcriber | None = None) -> Hearing:
    """What interviews hear with: whatever is loud is speech, and the engine says its lines."""
    probability: Any = Loudness
    return Hearing(
        dispatcher=Dispatcher(transcriber or ScriptedTranscriber(), clock=LoopClock().monotonic_s),
        probability=probability,
        endpointing=Endpointing(silence_s=0.5),
    )


def a_question(question_id: str, **changes: Any) -> Question:
    """A technical question for middling people, on Kubernetes, that may take two minutes."""
    given: dict[str, Any] = {
        "type": InterviewType.TECHNICAL,
        "level": Level.MIDDLE,
        "text": f"What about {question_id}?",
        "covers": ("the point",),
        "follow_ups": ("And then?", "And if not?"),
        "terms": ("Kubernetes", "etcd"),
        "minutes": 2.0,
        "language": "en",
    }
    return Question(id=question_id, **given | changes)


def a_bank(count: int = 8) -> Bank:
    """So many of them."""
    return Bank([a_question(f"q-{number}") for number in range(count)])


def an_interview(room: FakeRoom, transcriber: Transcriber | None = None, plan: Plan | None = None) -> Interview:
    """An interview that was not opened yet."""
    return Interview(
        room=room,
        guild_id=GUILD,
        channel_id=CHANNEL,
        host_id=OLEG,
        hearing=hearing(transcriber),
        clock=LoopClock(),
        plan=plan,
        bank=a_bank(),
    )


@asynccontextmanager
async def running(
    room: FakeRoom, transcriber: Transcriber | None = None, plan: Plan | None = None
) -> AsyncGenerator[Interview]:
    """An open interview that runs until it is stopped, at the latest at the end of the block."""
    interview = an_interview(room, transcriber, plan)
    await interview.open()
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(interview.run(), name="interview")
        try:
            yield interview
        finally:
            interview.stop(Stopped.ASKED)
