"""The promises, attacked: `python -m tests.promises --sequences 10000 --seed 1`.

    steps drawn by Hypothesis -> Installation (the bot's own parts) -> Expected (what people were promised) -> check

People agree, take back, opt out, join, speak, leave, save, share, take words out, delete and erase, in any order and in
the middle of words.
The policy changes, the clock moves, the process dies at some write, and old backups come back beside the living
keyring. Consents, keys, transcripts and erasure are on real files; interviews, gate, receiver, Opus and the segmenter
are the bot's, in a channel without Discord (`tests.interview.rooms`). The engine is a small object: it tells by the
pitch who hums, and says words that nobody ever said before, so that they can be looked for. Feedback is asked for at
the bot's desk, over its jobs and its judgement; whoever writes it is a small object, too, and looks at what it is sent.

After every step:

    heard       nobody more than while a yes stood, they took part and nobody had paused
    shown       words in the channel are of people who want to be shown
    kept        transcripts hold what was saved, of who agreed to that, word for word, and there is no other row
    read        by its owner, and for as long as that stands by whom it was shared with
    sent        to whoever writes feedback: words of who wants that, and none that are gone, whatever happens meanwhile
    judged      there is feedback on what is kept, for its owner, of own words, and none of who took that back
    taken back  words that were taken back, expired, deleted or erased are in no draft, caption, transcript or file
    allowed     the ledger says of everybody and everything what they decided last
"""

from __future__ import annotations

import argparse
import asyncio
import base64
import json
import os
import re
import selectors
import shutil
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager, suppress
from copy import deepcopy
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast
from unittest.mock import patch
from uuid import UUID

import aiosqlite
import hypothesis
import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.feedback.desk import CannotAsk, Desk
from bot.feedback.opening import InterviewJudge
from bot.feedback.rubric import load_rubrics
from bot.feedback.writer import Price, Usage, Written
from bot.interview.interviews import TICK_S, Interviews
from bot.interview.session import Interview, Stopped
from bot.loopback.media import AES_GCM, OPUS, RtpPacket, Transport
from bot.loopback.opus_encoder import Encoder
from bot.rehearsal.loopback_model import fair_judge
from bot.stores import erasure
from config.questions import InterviewType, load_questions
from storage.backup import check_generations
from storage.database import Database, Databases, open_databases, open_sqlite
from storage.errors import NotFound, NothingToSave, OptedOut, TooManyJobs
from storage.feedback import FeedbackStore
from storage.jobs import Jobs
from storage.keyring import BACKUP_WINDOW, Keyring
from storage.keys import EnvironmentKeys
from storage.ledger import HEARING, Ledger, Occasion, Policy, Purpose
from storage.models import AiJob, Dek, Feedback, Subject, Transcript, Turn
from storage.retention import Retention
from storage.subjects import Subjects
from storage.transcripts import Mark, Spoken, Transcripts
from stt.audio import RATE_HZ, Utterance
from stt.engine import NO_HINTS, Hints, Window, Words
from tests.interview.rooms import ANNA, CHANNEL, GUILD, KEY, OLEG, PETER, FakeRoom, hearing

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator, Iterator, Sequence

    from bot.feedback.opening import InterviewCase
    from bot.feedback.writer import Prompt
    from storage.jobs import Claimed
    from storage.transcripts import Transcript as Opened

PEOPLE = (OLEG, ANNA, PETER)
PITCH_HZ = {OLEG: 300, ANNA: 500, PETER: 800}
STARTED = datetime(2030, 1, 1, tzinfo=UTC)
KEYS = f"1:{base64.b64encode(bytes(range(32))).decode()}"
EVERYTHING = frozenset(Purpose)
SILENCE_S = 1.2
SHOWN_S = 3.0
"""After so long captions are as they should be, whatever was written lately."""


# Time


class _Still(selectors.DefaultSelector):
    """Lets time pass only while it is asked to; else waits for threads, which do not know of it."""

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 1_000.0
        self.passing = False

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is not None and timeout <= 0:
            # Nothing takes no time at all. Else whoever waits for less than a float can tell would wait for ever.
            self.now_s += 1e-9 if self.passing else 0.0
            return super().select(0)
        if self.passing:
            ready = super().select(0 if timeout is not None else None)
            if not ready and timeout:
                self.now_s += timeout
            return ready
        ready = super().select(5.0)
        if not ready and timeout:  # whoever waits in the middle of storage waits for time itself
            self.now_s += timeout
        return ready


class StillLoop(asyncio.SelectorEventLoop):
    """An event loop whose time stands still but in `passing`."""

    def __init__(self) -> None:
        self._still = _Still()
        super().__init__(self._still)

    def time(self) -> float:
        """Its seconds."""
        return self._still.now_s

    async def passing(self, seconds: float) -> None:
        """Let so much time pass; nothing that runs meanwhile may wait for threads."""
        self._still.passing = True
        try:
            await asyncio.sleep(seconds)
        finally:
            self._still.passing = False


@dataclass
class Clock:
    """The loop's time, and days that pass without anything happening."""

    loop: StillLoop
    ahead: timedelta = timedelta()

    def monotonic_s(self) -> float:
        """Seconds of the loop."""
        return self.loop.time() + self.ahead.total_seconds()

    def now(self) -> datetime:
        """The date."""
        return STARTED + timedelta(seconds=self.loop.time()) + self.ahead


# Death


class Killed(BaseException):
    """The process is no more."""


@dataclass
class Fate:
    """When a process dies: at its *nth* write, before, within or after it; never, if that is 0.

    Attributes:
        nth: Which write it does not survive.
        at: What of that write is done: "before" nothing, "within" all but the commit, "after" all of it.
        dead: Whether it happened.
    """

    nth: int = 0
    at: str = "before"
    dead: bool = False
    _writes: int = 0

    def strike(self, at: str) -> None:
        """Die, if it is time."""
        self._writes += at == "before"
        self.dead = self.dead or (self.nth > 0 and self._writes == self.nth and at == self.at)
        if self.dead:
            raise Killed

    def arm(self, nth: int = 0, at: str = "before") -> None:
        """Live, and die at the n-th write from now on."""
        self.nth, self.at, self.dead, self._writes = nth, at, False, 0


def mortal(database: Database, fate: Fate) -> Database:
    """Have *database* write only as long as the process lives."""
    write, compact = database.write, database.compact

    @asynccontextmanager
    async def written() -> AsyncGenerator[Any]:
        fate.strike("before")
        async with write() as connection:
            yield connection
            fate.strike("within")
        fate.strike("after")

    async def compacted() -> None:
        fate.strike("before")
        await compact()

    living: Any = database
    living.write, living.compact = written, compacted
    return database


# Speed


class _AtOnce:
    """In place of the queue of aiosqlite's thread: what is asked of SQLite is done at once, where it is asked."""

    def put_nowait(self, asked: tuple[asyncio.Future[Any] | None, Callable[[], Any]]) -> None:
        """Do it."""
        future, function = asked
        try:
            result = function()
        except Exception as error:  # noqa: BLE001  as aiosqlite does
            if future is not None:
                future.set_exception(error)
        else:
            if future is not None:
                future.set_result(result)


class _NoThread:
    """In place of the thread."""

    daemon = True

    def __init__(self, **_: object) -> None:
        pass

    def start(self) -> None:
        """Nothing."""


async def _at_once(function: Callable[..., Any], /, *args: Any, **named: Any) -> Any:
    return function(*args, **named)


@contextmanager
def without_threads() -> Generator[None]:
    """SQLite in the event loop's own thread, and whatever computes: the same, and four times as many sequences."""
    with (
        patch.object(aiosqlite.core, "SimpleQueue", _AtOnce),
        patch.object(aiosqlite.core, "Thread", _NoThread),
        patch.object(asyncio, "to_thread", _at_once),
    ):
        yield


# People and the engine


@cache
def hummed(pitch_hz: int) -> tuple[bytes, ...]:
    """Opus of a hum, 20 ms each."""
    t = np.arange(48_000 * 2) / 48_000
    with Encoder(channels=1) as encoder:
        return tuple(encoder.encode((8_000 * np.sin(2 * np.pi * pitch_hz * t)).astype(np.int16)))


class Throat:
    """One person's stream of packets in one call."""

    def __init__(self, room: FakeRoom, user_id: int) -> None:
        self._room = room
        self._ssrc = 1_000 + user_id % 1_000
        self._pitch_hz = PITCH_HZ[user_id]
        self._transport = Transport(AES_GCM, KEY)
        self._sequence = self._timestamp = 1

    def packet(self) -> None:
        """Send 20 ms."""
        packets = hummed(self._pitch_hz)
        frame = packets[self._sequence % len(packets)]
        sealed = RtpPacket(OPUS, self._sequence & 0xFFFF, self._timestamp, self._ssrc, frame).seal(self._transport)
        self._sequence, self._timestamp = self._sequence + 1, self._timestamp + 960
        self._room.link.receiver.datagram(sealed)

    def silence(self) -> None:
        """What comes next comes a good while later."""
        self._timestamp += 96_000


class Engine:
    """Says words that nobody ever said before, and knows by the pitch whose they are."""

    workers = 1
    window: Window = "dynamic"

    def __init__(self, expected: Expected) -> None:
        self._expected = expected

    async def transcribe(self, utterance: Utterance, hints: Hints = NO_HINTS) -> Words:
        """The next words of whoever hums."""
        del hints
        samples = np.zeros(utterance.samples, np.int16)
        utterance.copy_into(samples)
        loud = samples[np.abs(samples) > 500]
        assert loud.size, "an utterance of nothing"
        spectrum = np.abs(np.fft.rfft(samples.astype(np.float32)))
        pitch_hz = float(np.argmax(spectrum)) * RATE_HZ / samples.size
        who = min(PITCH_HZ, key=lambda user_id: abs(PITCH_HZ[user_id] - pitch_hz))
        assert who == utterance.speaker_id, "words would go to somebody else"
        await asyncio.sleep(0)
        return Words(self._expected.say(who), "en", 0.9)


# Feedback

FILLING = (
    " I measured where the time went before I changed anything, found the step that was slow, wrote a small probe that"
    " counted what it did, proposed two ways to mend it, tried both for a week, and then kept the simpler one, which"
    " has run without any trouble for half of a year since."
)
"""What makes words long enough to be judged."""


@cache
def _judgement() -> InterviewJudge:
    return InterviewJudge(load_rubrics(), load_questions())


class Judge:
    """The bot's judgement, of words that are longer than the engine's."""

    measured: Any = None

    def case(self, transcript: Opened, *, kind: InterviewType, language: str) -> InterviewCase | None:
        """What to ask about it."""
        turns = tuple(replace(turn, text=turn.text + FILLING) if turn.text else turn for turn in transcript.turns)
        return _judgement().case(replace(transcript, turns=turns), kind=kind, language=language)


Moment = Literal["beside", "begin", "writing", "finish"]


@dataclass
class Meeting:
    """Where somebody who works on feedback waits until something else has happened."""

    at: Moment
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    async def wait(self, at: Moment) -> None:
        """Wait there, the first time."""
        if at == self.at and not self.reached.is_set():
            self.reached.set()
            await self.over.wait()


class Writer:
    """Writes feedback, and looks whose words it was sent."""

    host, region, model = "127.0.0.1", "this machine", "small"
    price = Price()

    def __init__(self, expected: Expected) -> None:
        self._expected = expected
        self.meeting = Meeting("beside")
        self.sent = 0
        self.broken: list[str] = []

    def count(self, prompt: Prompt) -> int:
        """More than it has."""
        return len(prompt.content)

    async def write(self, prompt: Prompt, *, safety_id: str) -> Written:
        """Feedback like any other."""
        del safety_id
        self.sent += 1
        expected, words = self._expected, words_in(prompt.content)
        # What is raised here is a failure like any other to the desk, so it is put down.
        if not words:
            self.broken.append("nobody's words were sent")
        if not all(expected.allowed(who_said(word), Purpose.AI_FEEDBACK) for word in words):
            self.broken.append("words were sent of somebody who had not agreed")
        if not words <= expected.kept():
            self.broken.append("words were sent that are kept no more")
        await self.meeting.wait("writing")
        return Written(fair_judge(cast("Any", prompt)), Usage(10, 10), self.model)


def words_in(text: str) -> set[str]:
    """The words of people that stand in *text*."""
    return set(re.findall(r"canary\w+z", text))


def who_said(word: str) -> int:
    """Whose it is."""
    return int(word.removeprefix("canary").split("n")[0], 16)


# What people were promised


Shares = dict[tuple[UUID, int], tuple[datetime, int]]
"""Transcript and reader to when it ends and which it is."""


@dataclass
class Saved:
    """A transcript: whose, and of each line with words by whom and which."""

    owner: int
    lines: list[tuple[int, str]]


@dataclass
class Expected:
    """What must be so.

    Attributes:
        policy: The policy in force.
        agreed: What everybody agreed to and did not take back, and under which policy.
        out: Who opted out of being heard.
        interview: The running or last interview, by number.
        joined: Who takes part in the running interview, and whether their words are shown.
        paused: Whether somebody paused it.
        heard: How many packets of each could be heard in the running interview.
        loose: Words that were said and may be in a draft, by text: whose, and in which interview.
        showable: Those of them that may be shown in the channel.
        lost: Words that may be nowhere any more.
        saved: Transcripts that are kept.
        deleted: Those that were deleted.
        struck: Words that were taken out of a transcript.
        shares: Until when somebody may read a transcript of somebody else's, and which share that is.
        unshared: Shares that were taken back, or replaced.
        numbers: Makes each line of words, and each share, another one.
    """

    policy: Policy
    agreed: dict[int, dict[Purpose, Policy]] = field(default_factory=lambda: {who: {} for who in PEOPLE})
    out: set[int] = field(default_factory=set[int])
    interview: int = 0
    joined: dict[int, bool] = field(default_factory=dict[int, bool])
    paused: bool = False
    heard: Counter[int] = field(default_factory=Counter[int])
    loose: dict[str, tuple[int, int]] = field(default_factory=dict[str, tuple[int, int]])
    showable: set[str] = field(default_factory=set[str])
    lost: set[str] = field(default_factory=set[str])
    saved: dict[UUID, Saved] = field(default_factory=dict[UUID, Saved])
    deleted: set[UUID] = field(default_factory=set[UUID])
    struck: set[tuple[UUID, str]] = field(default_factory=set[tuple[UUID, str]])
    shares: Shares = field(default_factory=dict[tuple[UUID, int], tuple[datetime, int]])
    unshared: set[int] = field(default_factory=set[int])
    numbers: int = 0

    def begin(self) -> None:
        """Another interview."""
        self.interview += 1
        self.joined.clear()
        self.showable.clear()
        self.heard.clear()
        self.paused = False

    def say(self, who: int) -> str:
        """The next words of somebody, who must take part."""
        assert who in self.joined, "words of somebody who takes no part"
        self.numbers += 1
        text = f"canary{who:x}n{self.numbers}z"
        self.loose[text] = (who, self.interview)
        if self.joined[who]:
            self.showable.add(text)
        return text

    def allowed(self, who: int, purpose: Purpose) -> bool:
        """Whether their yes stands."""
        return self.agreed[who].get(purpose) == self.policy and not (purpose in HEARING and who in self.out)

    def hears(self, who: int) -> bool:
        """Whether they may be heard just now."""
        return who in self.joined and not self.paused

    def kept(self) -> set[str]:
        """Words that are kept."""
        return {text for saved in self.saved.values() for _, text in saved.lines}

    def hide(self, who: int) -> None:
        """What this person said is shown no more."""
        self.showable -= {text for text, (whose, _) in self.loose.items() if whose == who}

    def lose(self, *speakers: int, interview: int | None = None) -> None:
        """What these people said and nobody saved is gone: in that interview, or in all."""
        gone = {t for t, (who, where) in self.loose.items() if who in speakers and interview in {None, where}}
        self.showable -= gone
        self.loose = {text: whose for text, whose in self.loose.items() if text not in gone}
        self.lost |= gone - self.kept()

    def give(self, who: int, purposes: frozenset[Purpose]) -> None:
        """Somebody agreed."""
        if not (who in self.out and purposes & HEARING):
            self.agreed[who] |= dict.fromkeys(purposes, self.policy)

    def take_back(self, who: int, purposes: frozenset[Purpose]) -> None:
        """Somebody takes something back."""
        for purpose in purposes:
            self.agreed[who].pop(purpose, None)

    def delete(self, transcripts: Sequence[UUID]) -> None:
        """These transcripts are gone for good."""
        for which in transcripts:
            self.lost.update(text for _, text in self.saved.pop(which).lines if text not in self.loose)
            self.shares = {share: ends for share, ends in self.shares.items() if share[0] != which}
        self.deleted.update(transcripts)
        self.lost -= self.kept()

    def strike(self, which: UUID, text: str) -> None:
        """These words are gone from that transcript for good."""
        saved = self.saved[which]
        saved.lines = [line for line in saved.lines if line[1] != text]
        self.struck.add((which, text))
        self.lost |= {text} - set(self.loose) - self.kept()

    def share(self, which: UUID, reader: int, until: datetime) -> None:
        """That person may read it until then, and whatever stood before counts no more."""
        self.unshare(which, reader)
        self.numbers += 1
        self.shares[which, reader] = until, self.numbers

    def unshare(self, which: UUID, reader: int) -> None:
        """That person may read it no more."""
        if (ended := self.shares.pop((which, reader), None)) is not None:
            self.unshared.add(ended[1])

    def may_read(self, who: int, which: UUID, at: datetime) -> bool:
        """Whether it is theirs, or shared with them."""
        share = self.shares.get((which, who))
        return self.saved[which].owner == who or (share is not None and at < share[0])

    def erase(self, who: int) -> None:
        """Everything of this person is gone."""
        self.shares = {share: ends for share, ends in self.shares.items() if share[1] != who}
        self.joined.pop(who, None)
        self.lose(who)
        self.delete([which for which, saved in self.saved.items() if saved.owner == who])
        for saved in self.saved.values():
            self.lost.update(text for speaker, text in saved.lines if speaker == who)
            saved.lines = [(speaker, text) for speaker, text in saved.lines if speaker != who]
        self.agreed[who] = {}
        self.out.discard(who)


@dataclass(frozen=True)
class Backup:
    """An old content: where it is, what it holds, for whom, and how many people had been erased before."""

    file: Path
    made_at: datetime
    saved: dict[UUID, Saved]
    shares: Shares
    erasures: int


# The bot, without Discord


class Installation:
    """One installation, and the process that runs it."""

    def __init__(self, place: Place, loop: StillLoop, *, agreed: bool = False) -> None:
        self.folder, self.databases, self.fate = place.folder, place.databases, place.fate
        self.clock = Clock(loop)
        self.expected = Expected(Policy("1", bytes(32)))
        if agreed:
            for who in PEOPLE:
                self.expected.give(who, EVERYTHING)
        self.engine = Engine(self.expected)
        self.writer = Writer(self.expected)
        self.room = FakeRoom()
        self.throats: dict[int, Throat] = {}
        self.backup: Backup | None = None
        self.remnants: list[bytes] = []
        self.erased: list[int] = []
        self.saving: Saved | None = None
        self.doomed: list[bytes] = []
        self.presses = 100 if agreed else 0
        self._loop = loop
        self._stack = AsyncExitStack()

    async def start(self) -> None:
        """Start a process on what there is."""
        self.fate.arm()
        stack = self._stack = AsyncExitStack()
        content, keyring = self.databases.content, self.databases.keyring
        stack.push_async_callback(content.close)
        stack.push_async_callback(keyring.close)
        self.keyring = Keyring(keyring, EnvironmentKeys(KEYS))
        secrets = await self.keyring.secrets()
        self.subjects = Subjects(content, self.keyring, secrets)
        self.ledger = Ledger(content, self.keyring, secrets, self.subjects, policy=self.expected.policy)
        self.transcripts = Transcripts(content, self.keyring, secrets, self.subjects)
        self.erasure = erasure(
            self.databases, self.keyring, secrets, self.subjects, self.ledger,
            processors=(), policy_version=self.expected.policy.version, let_go=self._let_go,
        )  # fmt: skip
        self.feedback = FeedbackStore(content, self.keyring, self.subjects)
        self.jobs = Jobs(content, self.keyring, secrets, self.subjects, self.ledger)
        self._secrets = secrets
        self._meet(self.jobs)
        self.desk = Desk(
            jobs=self.jobs, store=self.feedback, transcripts=self.transcripts, ledger=self.ledger, secrets=secrets,
            judge=Judge(), writer=self.writer, clock=self.clock, workers=0,
        )  # fmt: skip
        await check_generations(self.databases)
        await self.erasure.heal()
        await self.ledger.refresh()
        self.interviews = await stack.enter_async_context(Interviews(hearing=hearing(self.engine), clock=self.clock))

    async def _let_go(self, user_id: int) -> dict[str, int]:
        self.interviews.withdraw(user_id)
        self.desk.let_go(user_id)
        return {}

    def _meet(self, jobs: Any) -> None:
        begin, finish = jobs.begin, jobs.finish

        async def begun(claimed: Claimed, **more: Any) -> Any:
            await self.writer.meeting.wait("begin")
            return await begin(claimed, **more)

        async def finished(claimed: Claimed, *args: Any, **more: Any) -> Any:
            await self.writer.meeting.wait("finish")
            kept = await finish(claimed, *args, **more)
            # What happens beside it may have come to its end since.
            agreed = self.expected.allowed(claimed.user_id, Purpose.AI_FEEDBACK)
            if kept is not None and self.writer.meeting.at != "beside" and not agreed:
                self.writer.broken.append("feedback was kept of somebody who had not agreed")
            return kept

        jobs.begin, jobs.finish = begun, finished

    async def another(self) -> Ledger:
        """What another process knows of consents."""
        content = self.databases.content
        ledger = Ledger(content, self.keyring, self._secrets, self.subjects, policy=self.expected.policy)
        await ledger.refresh()
        return ledger

    async def end(self) -> None:
        """End the process; what was in memory is gone."""
        if self.interview is not None:
            self.interview.stop(Stopped.SHUTDOWN)
            await self.passing(15.0)
        await self._stack.aclose()
        self.room = FakeRoom()
        self.expected.joined.clear()
        self.expected.lose(*PEOPLE)

    async def restart(self) -> None:
        """End it and start another one."""
        await self.end()
        await self.start()

    @property
    def interview(self) -> Interview | None:
        """The one that runs."""
        return self.interviews.of(GUILD)

    def occasion(self) -> Occasion:
        """A press of a button, unlike any other."""
        self.presses += 1
        return Occasion(self.presses, self.clock.now(), "en", "button")

    async def passing(self, seconds: float) -> None:
        """Let time pass."""
        await self._loop.passing(seconds)

    async def says(self, expected: Expected) -> list[bool]:
        """Whether the ledger says what is expected, of each person and purpose."""
        return [
            self.ledger.allowed(who, purpose) == expected.allowed(who, purpose) for who in PEOPLE for purpose in Purpose
        ] + [self.ledger.opted_out(who) == (who in expected.out) for who in PEOPLE]


# Steps


@dataclass(frozen=True)
class Give:
    """Agree to something."""

    who: int
    purposes: frozenset[Purpose]

    def outcomes(self, before: Expected) -> Iterator[Expected]:
        """How it may stand when the process dies in the middle."""
        after = deepcopy(before)
        after.give(self.who, self.purposes)
        yield after

    async def __call__(self, bot: Installation) -> None:
        try:
            await bot.ledger.give(self.who, self.purposes, bot.occasion(), attested_age=16)
        except OptedOut:
            assert self.who in bot.expected.out
            assert self.purposes & HEARING
        bot.expected.give(self.who, self.purposes)


@dataclass(frozen=True)
class TakeBack:
    """Take something back, in the order in which the commands do it."""

    who: int
    purposes: frozenset[Purpose]

    def outcomes(self, before: Expected) -> Iterator[Expected]:
        """How it may stand when the process dies in the middle."""
        after = deepcopy(before)
        after.take_back(self.who, self.purposes)
        yield after

    def now(self, bot: Installation) -> None:
        """What counts before anything is written."""
        if Purpose.TRANSCRIBE in self.purposes:
            bot.interviews.withdraw(self.who)
            bot.expected.joined.pop(self.who, None)
            bot.expected.lose(self.who)
        elif Purpose.CAPTIONS in self.purposes:
            bot.interviews.hide(self.who)
            bot.expected.hide(self.who)
            if self.who in bot.expected.joined:
                bot.expected.joined[self.who] = False
        if Purpose.AI_FEEDBACK in self.purposes:
            bot.desk.let_go(self.who)

    async def __call__(self, bot: Installation) -> None:
        self.now(bot)
        await bot.ledger.withdraw(self.who, self.purposes, bot.occasion())
        bot.expected.take_back(self.who, self.purposes)
        if Purpose.AI_FEEDBACK in self.purposes:
            await bot.desk.withdrawn(self.who)


@dataclass(frozen=True)
class OptOut:
    """Never to be heard, anywhere; for who did so, to be asked again."""

    who: int

    def outcomes(self, before: Expected) -> Iterator[Expected]:
        """How it may stand when the process dies in the middle."""
        after = deepcopy(before)
        if self.who in before.out:
            after.out.discard(self.who)
        else:
            after.take_back(self.who, HEARING)
            yield deepcopy(after)
            after.out.add(self.who)
        yield after

    def now(self, bot: Installation) -> None:
        """What counts before anything is written."""
        if self.who not in bot.expected.out:
            TakeBack(self.who, HEARING).now(bot)

    async def __call__(self, bot: Installation) -> None:
        self.now(bot)
        if self.who in bot.expected.out:
            assert await bot.ledger.opt_in(self.who)
            bot.expected.out.discard(self.who)
        else:
            await bot.ledger.opt_out(self.who, bot.occasion())
            bot.expected.take_back(self.who, HEARING)
            bot.expected.out.add(self.who)


@dataclass(frozen=True)
class Begin:
    """Start an interview."""

    async def __call__(self, bot: Installation) -> None:
        if bot.interview is None:
            bot.room = FakeRoom()
            bot.expected.begin()
            await bot.interviews.start(guild_id=GUILD, channel_id=CHANNEL, host_id=OLEG, room=bot.room)
            bot.throats = {who: Throat(bot.room, who) for who in PEOPLE}


@dataclass(frozen=True)
class Join:
    """Take part, if the yes for that stands."""

    who: int

    async def __call__(self, bot: Installation) -> None:
        if bot.interview is not None and bot.ledger.allowed(self.who, Purpose.TRANSCRIBE):
            captions = bot.ledger.allowed(self.who, Purpose.CAPTIONS)
            bot.interview.admit(self.who, captions=captions)
            bot.expected.joined[self.who] = captions


@dataclass(frozen=True)
class Leave:
    """Take part no more."""

    who: int
    forget: bool

    def now(self, bot: Installation) -> None:
        """All of it counts at once."""
        if bot.interview is not None:
            bot.interview.dismiss(self.who, forget_words=self.forget)
            bot.expected.joined.pop(self.who, None)
            if self.forget:
                bot.expected.lose(self.who, interview=bot.expected.interview)

    async def __call__(self, bot: Installation) -> None:
        self.now(bot)


@dataclass(frozen=True)
class Pause:
    """Hear nobody, or go on."""

    def now(self, bot: Installation) -> None:
        """All of it counts at once."""
        if bot.interview is not None:
            if bot.expected.paused:
                bot.interview.resume()
            else:
                bot.interview.pause()
            bot.expected.paused = not bot.expected.paused

    async def __call__(self, bot: Installation) -> None:
        self.now(bot)


@dataclass(frozen=True)
class Speak:
    """Hum together for a second; in the middle of it, perhaps, something happens."""

    who: frozenset[int]
    cut: TakeBack | OptOut | Leave | Pause | None
    silent: bool

    async def __call__(self, bot: Installation) -> None:
        if bot.interview is None:
            return
        await self._hum(bot)
        if self.cut is not None:
            self.cut.now(bot)
            await self._hum(bot)
            if isinstance(self.cut, TakeBack | OptOut):
                await self.cut(bot)
        if self.silent:
            for throat in bot.throats.values():
                throat.silence()
            await bot.passing(SILENCE_S)

    async def _hum(self, bot: Installation) -> None:
        for _ in range(25):
            for who in sorted(self.who):
                bot.expected.heard[who] += bot.expected.hears(who)
                bot.throats[who].packet()
            await bot.passing(0.02)


@dataclass(frozen=True)
class Stop:
    """End the interview; its words can be saved for half an hour."""

    async def __call__(self, bot: Installation) -> None:
        if bot.interview is not None:
            bot.interview.stop(Stopped.ASKED)
            await bot.passing(15.0)
            assert bot.interview is None
            assert bot.room.board.shown == [], "captions stand after the end"
            assert bot.room.notices == {}, "the notice stands after the end"
            bot.expected.joined.clear()
            bot.expected.showable.clear()


@dataclass(frozen=True)
class Save:
    """Save one's last interview, perhaps with the copy of a press that comes twice."""

    who: int
    again: bool

    def outcomes(self, _: Expected) -> Iterator[Expected]:
        """How it may stand when the process dies in the middle; `Crash` finds the new one."""
        yield from ()

    async def __call__(self, bot: Installation) -> None:
        draft = bot.interviews.drafts.of(self.who)
        if draft is None:
            return
        said = [
            Spoken(s.speaker_id, draft.names.get(s.speaker_id, ""), s.start_s, s.end_s, s.text, s.language)
            for s in draft.snippets
        ]
        agreed = [(s.speaker_id, s.text) for s in said if bot.expected.allowed(s.speaker_id, Purpose.SAVE)]
        bot.saving = Saved(self.who, agreed)
        bot.presses += 1
        press = bot.presses
        for _ in range(1 + self.again):
            try:
                which = await bot.transcripts.save(
                    self.who, "an interview", said, lambda who: bot.ledger.allowed(who, Purpose.SAVE),
                    at=bot.clock.now(), interaction_id=press,
                )  # fmt: skip
            except NothingToSave:
                assert agreed == [], "words were said to be nobody's"
                return
            assert agreed, "words were saved of people who had not agreed"
            bot.expected.saved[which] = bot.saving


@dataclass(frozen=True)
class Delete:
    """Delete one's oldest transcript, or all."""

    who: int
    everything: bool

    def _doomed(self, expected: Expected) -> list[UUID]:
        own = [which for which, saved in expected.saved.items() if saved.owner == self.who]
        return own if self.everything else own[:1]

    def outcomes(self, before: Expected) -> Iterator[Expected]:
        """How it may stand when the process dies in the middle."""
        after = deepcopy(before)
        after.delete(self._doomed(after))
        yield after

    async def __call__(self, bot: Installation) -> None:
        doomed = self._doomed(bot.expected)
        if self.everything:
            await bot.erasure.transcripts(self.who, at=bot.clock.now())
        elif doomed:
            await bot.erasure.transcript(self.who, doomed[0], at=bot.clock.now())
        bot.expected.delete(doomed)


@dataclass(frozen=True)
class Erase:
    """Delete one's account."""

    who: int

    def outcomes(self, before: Expected) -> Iterator[Expected]:
        """How it may stand when the process dies in the middle."""
        after = deepcopy(before)
        after.erase(self.who)
        yield after

    async def __call__(self, bot: Installation) -> None:
        bot.interviews.withdraw(self.who)
        bot.doomed = await remnants(bot, self.who)
        erased = await bot.erasure.account(self.who, at=bot.clock.now())
        assert erased.files_rewritten
        bot.expected.erase(self.who)
        bot.remnants += bot.doomed
        bot.erased.append(self.who)


@dataclass(frozen=True)
class TakeOut:
    """Take words out of a transcript, as who said them or as who owns it."""

    who: int
    nth: int

    def _doomed(self, expected: Expected) -> tuple[UUID, str] | None:
        may = [
            (which, text)
            for which, saved in expected.saved.items()
            for speaker, text in saved.lines
            if self.who in {speaker, saved.owner}
        ]
        return may[self.nth % len(may)] if may else None

    def outcomes(self, before: Expected) -> Iterator[Expected]:
        """How it may stand when the process dies in the middle."""
        after = deepcopy(before)
        if (doomed := self._doomed(after)) is not None:
            after.strike(*doomed)
        yield after

    async def __call__(self, bot: Installation) -> None:
        if (doomed := self._doomed(bot.expected)) is None:
            return
        which, text = doomed
        opened = await bot.transcripts.view(bot.expected.saved[which].owner, which, at=bot.clock.now())
        seq = next(turn.seq for turn in opened.turns if turn.text == text)
        for stranger in set(PEOPLE) - {who_said(text), bot.expected.saved[which].owner}:
            with suppress(NotFound):
                await bot.transcripts.redact(stranger, which, seq, at=bot.clock.now())
                raise AssertionError("somebody took out words of others")
        await bot.transcripts.redact(self.who, which, seq, at=bot.clock.now())
        bot.expected.strike(which, text)


@dataclass(frozen=True)
class Share:
    """Let somebody read one's oldest transcript for some days, or no more."""

    who: int
    reader: int
    days: int

    def _which(self, expected: Expected) -> UUID | None:
        own = (which for which, saved in expected.saved.items() if saved.owner == self.who != self.reader)
        return next(own, None)

    def outcomes(self, before: Expected) -> Iterator[Expected]:
        """How it may stand when the process dies in the middle of taking it back."""
        after = deepcopy(before)
        if (which := self._which(after)) is not None:
            after.unshare(which, self.reader)
        yield after

    async def __call__(self, bot: Installation) -> None:
        if (which := self._which(bot.expected)) is None:
            return
        now = bot.clock.now()
        if self.days:
            until = now + timedelta(days=self.days)
            await bot.transcripts.share(self.who, which, self.reader, until=until, at=now)
            bot.expected.share(which, self.reader, until)
        else:
            await bot.transcripts.unshare(self.who, which, self.reader, at=now)
            bot.expected.unshare(which, self.reader)


@dataclass(frozen=True)
class Elsewhere:
    """Take back that words are sent to a model, in another process, of which this one does not hear at once."""

    who: int

    def outcomes(self, before: Expected) -> Iterator[Expected]:
        """How it may stand when the process dies in the middle."""
        yield from TakeBack(self.who, frozenset({Purpose.AI_FEEDBACK})).outcomes(before)

    async def __call__(self, bot: Installation) -> None:
        ledger = await bot.another()
        await ledger.withdraw(self.who, [Purpose.AI_FEEDBACK], bot.occasion())
        bot.expected.take_back(self.who, frozenset({Purpose.AI_FEEDBACK}))


@dataclass(frozen=True)
class Ask:
    """Ask for feedback on one's newest transcript, perhaps without having agreed to it."""

    who: int

    def outcomes(self, _: Expected) -> Iterator[Expected]:
        """How it may stand when the process dies in the middle: as before."""
        yield from ()

    async def __call__(self, bot: Installation) -> None:
        own = [which for which, saved in bot.expected.saved.items() if saved.owner == self.who]
        if not own:
            return
        bot.presses += 1
        try:
            await bot.desk.request(
                self.who, own[-1], guild_id=GUILD, kind=InterviewType.BEHAVIOURAL, language="en",
                interaction_id=bot.presses,
            )  # fmt: skip
        except (CannotAsk, TooManyJobs):  # others spoke, and the owner did not
            return


@dataclass(frozen=True)
class Work:
    """Do what was asked for next; at some moment of it, perhaps, something happens."""

    cut: TakeBack | Elsewhere | Delete | TakeOut | Erase | None
    when: Moment

    def outcomes(self, before: Expected) -> Iterator[Expected]:
        """How it may stand when the process dies in the middle."""
        if self.cut is not None:
            yield from self.cut.outcomes(before)

    async def __call__(self, bot: Installation) -> None:
        meeting = bot.writer.meeting = Meeting(self.when)
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._cut(bot, meeting))
                tasks.create_task(self._work(bot, meeting))
        except BaseExceptionGroup:
            if bot.fate.dead:
                raise Killed from None
            raise
        await bot.ledger.refresh()

    async def _work(self, bot: Installation, meeting: Meeting) -> None:
        if self.when == "beside":
            meeting.reached.set()
        await bot.desk._one()
        meeting.reached.set()

    async def _cut(self, bot: Installation, meeting: Meeting) -> None:
        await meeting.reached.wait()
        if self.cut is not None:
            await self.cut(bot)
        meeting.over.set()


@dataclass(frozen=True)
class Wait:
    """Let the drafts expire, or days pass; then what is due goes."""

    days: int

    def outcomes(self, _: Expected) -> Iterator[Expected]:
        """How it may stand when the process dies in the middle: as before."""
        yield from ()

    async def __call__(self, bot: Installation) -> None:
        await Stop()(bot)
        bot.clock.ahead += timedelta(days=self.days, minutes=31)
        await bot.passing(TICK_S + 1)
        bot.expected.lose(*PEOPLE)
        report = await Retention(bot.databases, clock=bot.clock, witness=bot.clock.now).tick()
        assert not report.paused


@dataclass(frozen=True)
class Change:
    """Start with another policy: no yes counts any more."""

    async def __call__(self, bot: Installation) -> None:
        await bot.end()
        number = int(bot.expected.policy.version) + 1
        bot.expected.policy = Policy(str(number), number.to_bytes(32, "big"))
        await bot.start()


@dataclass(frozen=True)
class BackUp:
    """Copy the content."""

    async def __call__(self, bot: Installation) -> None:
        file = bot.folder.with_name(f"{bot.folder.name}-backup.db")
        file.unlink(missing_ok=True)
        with (
            closing(sqlite3.connect(bot.folder / "content.db")) as living,
            closing(sqlite3.connect(file)) as copy,
        ):
            living.backup(copy)
        file.chmod(0o600)
        kept, shares = deepcopy(bot.expected.saved), dict(bot.expected.shares)
        bot.backup = Backup(file, bot.clock.now(), kept, shares, len(bot.erased))


@dataclass(frozen=True)
class Restore:
    """Lose the content, and put the old one beside the living keyring, as the operator's command does."""

    async def __call__(self, bot: Installation) -> None:
        backup, expected = bot.backup, bot.expected
        if backup is None or bot.clock.now() - backup.made_at >= BACKUP_WINDOW:
            return
        await bot.end()
        for path in bot.folder.glob("content.db*"):
            path.unlink()
        shutil.copy2(backup.file, bot.folder / "content.db")
        expected.lost |= expected.kept()
        expected.saved = deepcopy(backup.saved)
        for which, saved in expected.saved.items():
            saved.lines = [line for line in saved.lines if (which, line[1]) not in expected.struck]
        expected.shares = {s: ends for s, ends in backup.shares.items() if ends[1] not in expected.unshared}
        # That somebody opted out stands in the keyring, whichever came first.
        out = set(expected.out)
        for who in bot.erased[backup.erasures :]:
            expected.erase(who)
        expected.out = out
        expected.delete([which for which in expected.saved if which in expected.deleted])
        expected.lost -= expected.kept()
        expected.agreed = {who: {} for who in PEOPLE}
        await bot.start()
        await bot.ledger.withdraw_all(at=bot.clock.now())


@dataclass(frozen=True)
class Crash:
    """Be killed at the n-th write of something, and start again."""

    step: Give | TakeBack | OptOut | Save | Ask | Work | TakeOut | Share | Delete | Erase | Wait
    nth: int
    at: str

    async def __call__(self, bot: Installation) -> None:
        before = deepcopy(bot.expected)
        bot.saving, bot.doomed = None, []
        bot.fate.arm(self.nth, self.at)
        try:
            await self.step(bot)
        except Killed:
            pass
        else:
            bot.fate.arm()
            return
        await bot.restart()
        there = await transcripts_of(bot)
        for now in (before, *self.step.outcomes(before), *_with(before, bot.saving, there)):
            if there == set(now.saved) and all(await bot.says(now)) and await _stands(bot, now):
                break
        else:
            raise AssertionError("what a killed process left is neither as before nor as asked for")
        if isinstance(self.step, Erase) and await bot.subjects.find(self.step.who) is None:
            bot.erased.append(self.step.who)
            bot.remnants += bot.doomed
        now.joined.clear()
        now.lose(*PEOPLE)
        now.numbers = max(now.numbers, bot.expected.numbers)
        now.lost |= (bot.expected.lost | set(bot.expected.loose)) - now.kept()
        vars(bot.expected).update(vars(now))


async def _stands(bot: Installation, now: Expected) -> bool:
    """Whether transcripts hold, and may be read, as in *now*."""
    expected, bot.expected = bot.expected, now
    try:
        await _check_kept(bot)
    except AssertionError:
        return False
    finally:
        bot.expected = expected
    return True


def _with(before: Expected, saving: Saved | None, there: set[UUID]) -> Iterator[Expected]:
    new = there - set(before.saved)
    if saving is not None and len(new) == 1:
        after = deepcopy(before)
        after.saved[new.pop()] = saving
        yield after


Step = (
    Give | TakeBack | OptOut | Begin | Join | Leave | Pause | Speak | Stop | Save | TakeOut | Share | Delete | Erase
    | Wait | Change | Ask | Work | BackUp | Restore | Crash
)  # fmt: skip


# What must be so


async def transcripts_of(bot: Installation) -> set[UUID]:
    """Those that are there."""
    async with bot.databases.content.read() as connection:
        return set((await connection.execute(select(Transcript.id))).scalars())


async def remnants(bot: Installation, who: int) -> list[bytes]:
    """What stands in the files for somebody: sealed id, wrapped keys, sealed words."""
    subject = await bot.subjects.find(who)
    if subject is None:
        return []
    found: list[bytes | None] = []
    async with bot.databases.content.read() as connection:
        found.extend((await connection.execute(select(Subject.enc_discord_id).where(Subject.id == subject))).scalars())
        for of_somebody in (
            select(Turn.enc_body).where(Turn.speaker_id == subject),
            select(Feedback.enc_body).where(Feedback.owner_id == subject),
            select(AiJob.enc_options).where(AiJob.owner_id == subject),
        ):
            found.extend((await connection.execute(of_somebody)).scalars())
    async with bot.databases.keyring.read() as connection:
        found.extend((await connection.execute(select(Dek.wrapped).where(Dek.subject_id == subject))).scalars())
    return [bytes(each)[-40:] for each in found if each is not None]


async def check(bot: Installation, step: Step | None) -> None:
    """Everything that was promised is so."""
    expected = bot.expected
    assert bot.writer.broken == [], bot.writer.broken[0]
    assert all(await bot.says(expected)), "the ledger says something else than people decided"
    _check_interview(bot)
    if bot.interview is not None and isinstance(step, Speak | TakeBack | OptOut | Leave | Erase):
        await bot.passing(SHOWN_S)
        _check_interview(bot)
        shown = words_in("".join(bot.room.board.shown))
        assert shown <= expected.showable, "words are shown that may not be"
    if step is None or isinstance(step, Save | TakeOut | Share | Delete | Erase | Wait | Restore | Crash | Change):
        await _check_kept(bot)
    if step is None or isinstance(step, TakeOut | Delete | Erase | Restore | Crash | Work):
        await _check_judged(bot)
    if step is None or isinstance(step, Delete | Erase | Restore | Crash):
        content = b"".join(path.read_bytes() for path in bot.folder.iterdir() if path.is_file())
        assert b"canary" not in content, "words are readable in a file"
        assert [each for each in bot.remnants if each in content] == [], "something of an erased person is in a file"
    if step is None:
        assert (await bot.ledger.verify()).holds


def _check_interview(bot: Installation) -> None:
    expected, interview = bot.expected, bot.interview
    drafts = list(bot.interviews.drafts._held.values())
    if interview is not None:
        drafts.append(interview.draft)
        assert {who for who in PEOPLE if interview.takes_part(who)} == set(expected.joined)
        for who, member in interview.receiver.members.items():
            assert member.decrypted <= expected.heard[who], "somebody was heard who had not agreed"
    held = {snippet.text for draft in drafts for snippet in draft.snippets}
    assert held <= set(expected.loose), "words are in a draft that should be gone"


async def _check_kept(bot: Installation) -> None:
    expected = bot.expected
    assert await transcripts_of(bot) == set(expected.saved), "there are other transcripts than were saved"
    async with bot.databases.content.read() as connection:
        bodies = select(func.count()).select_from(Turn).where(Turn.enc_body.is_not(None))
        lines = sum(len(saved.lines) for saved in expected.saved.values())
        assert (await connection.execute(bodies)).scalar_one() == lines, "other words are kept than were saved"
    now = bot.clock.now()
    for which, saved in expected.saved.items():
        for who in PEOPLE:
            try:
                opened = await bot.transcripts.view(who, which, at=now)
            except NotFound:
                assert not expected.may_read(who, which, now), "somebody cannot read what is for them"
                continue
            assert expected.may_read(who, which, now), "somebody else read a transcript"
            assert [turn.text for turn in opened.turns if turn.mark is Mark.SAID] == [text for _, text in saved.lines]
            SEEN["read by somebody else"] += who != saved.owner


async def _check_judged(bot: Installation) -> None:
    saved = bot.expected.saved
    async with bot.databases.content.read() as connection:
        for each in (AiJob.transcript_id, Feedback.transcript_id):
            about = set((await connection.execute(select(each))).scalars())
            assert about <= set(saved), "there is feedback on what is gone"
    for who in PEOPLE:
        for kept in (await bot.feedback.list(who)).entries:
            assert saved[kept.transcript_id].owner == who, "somebody has feedback on what is somebody else's"
            words = words_in(json.dumps(kept.report))
            assert words <= {text for whose, text in saved[kept.transcript_id].lines if whose == who}
            SEEN["feedback with words"] += bool(words)


# Sequences


_WHO = st.sampled_from(PEOPLE)
_PURPOSES = st.frozensets(st.sampled_from(list(Purpose)), min_size=1)
_GIVES = st.builds(Give, _WHO, st.one_of(st.just(EVERYTHING), _PURPOSES))
_TAKES = st.builds(TakeBack, _WHO, st.one_of(st.just(EVERYTHING), _PURPOSES))
_SUDDEN = st.one_of(_TAKES, st.builds(OptOut, _WHO), st.builds(Leave, _WHO, st.booleans()), st.builds(Pause))
_SPEAKS = st.builds(
    Speak,
    st.frozensets(_WHO, min_size=1),
    st.one_of(st.none(), st.none(), _SUDDEN),
    st.sampled_from((True, True, False)),
)
_SAVES = st.builds(Save, _WHO, st.booleans())
_TAKES_OUT = st.builds(TakeOut, _WHO, st.integers(0, 3))
_UNSHARES = st.builds(Share, _WHO, _WHO, st.just(0))
_SHARES = st.builds(Share, _WHO, _WHO, st.sampled_from((0, 1, 10, 30, 30)))
_ENDS = st.one_of(st.builds(Delete, _WHO, st.booleans()), st.builds(Erase, _WHO), _TAKES_OUT)
_CUTS = st.one_of(_TAKES, st.builds(TakeBack, _WHO, st.just(frozenset({Purpose.AI_FEEDBACK}))))
_AT_SOME_MOMENT = st.sampled_from(("begin", "writing", "finish"))
_WORKS = st.one_of(
    st.builds(Work, st.none(), st.just("beside")),
    st.builds(Work, _CUTS, st.sampled_from(("beside", "begin", "writing", "finish"))),
    st.builds(Work, st.builds(Elsewhere, _WHO), _AT_SOME_MOMENT),
    st.builds(Work, _ENDS, _AT_SOME_MOMENT),
)
_WAITS = st.builds(Wait, st.sampled_from((0, 0, 1, 20, 40)))
_CRASHES = st.builds(
    Crash,
    st.one_of(
        _GIVES,
        _TAKES,
        st.builds(OptOut, _WHO),
        _SAVES,
        _ENDS,
        _UNSHARES,
        st.builds(Wait, st.just(0)),
        st.builds(Ask, _WHO),
        st.builds(Work, st.one_of(st.none(), _CUTS), st.just("writing")),
    ),
    st.integers(1, 12),
    st.sampled_from(("before", "within", "after")),
)
_STEPS = st.one_of(
    _GIVES, st.builds(Begin), st.builds(Join, _WHO), st.builds(Join, _WHO), _SPEAKS, _SPEAKS, st.builds(Stop), _SAVES,
    _SUDDEN, _SHARES, _ENDS, _WAITS, st.builds(Ask, _WHO), _WORKS, st.builds(Change),
    st.builds(BackUp), st.builds(Restore), _CRASHES,
)  # fmt: skip


@dataclass(frozen=True)
class Story:
    """A sequence.

    Attributes:
        agreed: Whether everybody had agreed to everything before.
        steps: What happens then.
    """

    agreed: bool
    steps: tuple[Step, ...]


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """Most begin with an interview that goes well, so that there is something to lose."""
    steps: list[Step] = []
    agreed = draw(st.integers(0, 3)) > 0
    if agreed:
        everybody = frozenset(draw(st.lists(_WHO, min_size=1, max_size=3)))
        steps += [Begin(), *(Join(who) for who in sorted(everybody)), Speak(everybody, None, silent=True)]
        if draw(st.booleans()):
            steps += [Stop(), Save(min(everybody), again=False)]
            steps += draw(st.lists(st.one_of(_SHARES, _TAKES_OUT), max_size=1))
            if draw(st.booleans()):
                steps += [Ask(min(everybody)), *draw(st.lists(_WORKS, max_size=1))]
    return Story(agreed, (*steps, *draw(st.lists(_STEPS, min_size=4, max_size=12))))


@dataclass(frozen=True)
class Place:
    """Where one installation after the other is: SQLAlchemy compiles its statements once for each engine."""

    folder: Path
    templates: Path
    databases: Databases
    fate: Fate

    def clean(self, *, agreed: bool) -> None:
        """Nothing was ever kept here, or everybody had just agreed to everything."""
        for path in self.folder.iterdir():
            path.unlink()
        for path in (self.templates / ("agreed" if agreed else "empty")).iterdir():
            shutil.copy2(path, self.folder)

    async def make(self) -> None:
        """Make what is copied."""
        async with open_databases(self.folder):
            pass
        loop = asyncio.get_running_loop()
        assert isinstance(loop, StillLoop)
        for name in ("empty", "agreed"):
            bot = Installation(self, loop)
            await bot.start()
            if name == "agreed":
                for who in PEOPLE:
                    await Give(who, EVERYTHING)(bot)
            await bot.end()
            shutil.copytree(self.folder, self.templates / name)


@contextmanager
def place() -> Generator[Place]:
    """A folder with both databases at the newest form; in memory where that is possible."""
    memory = Path("/dev/shm")  # noqa: S108  our folder in it is 0700, and removed
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as name:
        folder, fate = Path(name, "data"), Fate()
        folder.mkdir(mode=0o700)
        content, keyring = (mortal(open_sqlite(folder, kind), fate) for kind in ("content", "keyring"))
        here = Place(folder, Path(name, "templates"), Databases(content, keyring), fate)
        with asyncio.Runner(loop_factory=StillLoop) as runner:
            runner.run(here.make())
        yield here


def play(place: Place, story: Story) -> None:
    """One sequence, in an installation of its own.

    Raises:
        AssertionError: If a promise was broken.
    """
    place.clean(agreed=story.agreed)
    with without_threads(), asyncio.Runner(loop_factory=StillLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, StillLoop)
        runner.run(_play(Installation(place, loop, agreed=story.agreed), story.steps))


async def _play(bot: Installation, steps: Sequence[Step]) -> None:
    await bot.start()
    try:
        for step in steps:
            await step(bot)
            await check(bot, step)
            SEEN[type(step).__name__] += 1
        await check(bot, None)
    finally:
        await bot.end()


SEEN: Counter[str] = Counter()
"""How often each step was made."""


def attack(sequences: int, *, seed: int) -> None:
    """Play so many sequences.

    Raises:
        AssertionError: If a promise was broken; Hypothesis prints the shortest sequence that does it.
    """

    @hypothesis.seed(seed)
    @settings(
        max_examples=sequences,
        deadline=None,
        database=None,
        suppress_health_check=(HealthCheck.too_slow, HealthCheck.data_too_large),
        print_blob=False,
    )
    @given(stories())
    def played(story: Story) -> None:
        play(here, story)

    with place() as here:
        played()


def main() -> None:
    """Play, and say what was played."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sequences", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=20261123)
    given_ = parser.parse_args()
    start = time.perf_counter()
    attack(given_.sequences, seed=given_.seed)
    for name, number in sorted(SEEN.items()):
        sys.stdout.write(f"{name:<10} {number}\n")
    sys.stdout.write(f"{given_.sequences} sequences in {time.perf_counter() - start:.0f} s; no promise was broken\n")


if __name__ == "__main__":
    main()
