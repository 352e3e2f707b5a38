"""People who hold interviews for as long as they are let, in several servers of one bot, and note what they are told.

    start -> join, agree -> talk, a button every few seconds, somebody comes and goes, somebody takes their yes back
    -> an answer is typed, so that there is something to judge -> end -> save -> feedback, sometimes an account erased
    -> again, unless all are to rest

Whatever is broken off, by a bot that was killed or an interview that ended, begins anew.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from bot.logs import first_error
from bot.loopback.callbacks import DidNotRespond
from bot.loopback.entities import ChannelKind, walk
from bot.loopback.filling import CannotDo
from bot.loopback.furnishing import BOT_PERMISSIONS
from bot.loopback.member import JoinFailed, SimulatedMember, encode
from bot.rehearsal.cast import TYPED, read_lines
from bot.rehearsal.stage import KEEPING, until

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.bench.soak_record import Record
    from bot.loopback.callbacks import Modal, Reply
    from bot.loopback.entities import Application, Channel, Guild, Message, User
    from bot.loopback.server import LoopbackDiscord
    from bot.loopback.world import World

TALKING = 0.4
"""Which part of the time somebody talks."""

PRESS_S = 2.0
"""How often a button is pressed in each server while people talk."""

PATIENCE_S = 30.0
NOTICE_S = 20.0
FORM_S = 0.3
"""How fast a form is filled in. discord.py knows a form only once Discord's answer to its opening is through, some
milliseconds after a person may see it; whoever sent it back sooner got no answer: four of 3,764 commands in an hour."""

ASKS_TO_BE_JUDGED = 0.8
"""In which part of the interviews whoever answered asks for feedback, and in the rest anybody."""

SOON = {"overall": "3", "strong": ["context"], "weak": ["result"], "sentence": "I was too fast."}
AGREES = {"purposes": ["ai_feedback"], "age": ["yes"]}


@dataclass
class Place:
    """One server with a room to talk in and another beside it."""

    guild: Guild
    text: Channel
    voice: Channel
    other: Channel
    people: list[Person] = field(default_factory=list["Person"])


@dataclass(frozen=True)
class Answer:
    """How soon a command was acknowledged.

    Attributes:
        at_s: When it was sent, on the monotonic clock.
        after_s: None if it never was.
        what: The command or button.
    """

    at_s: float
    after_s: float | None
    what: str = ""


def furnish(world: World, places: int, people: int) -> tuple[Application, list[Place]]:
    """One bot in *places* servers, and *people* who are spread over them."""
    owner = world.add_user("person0", display_name="Person 0")
    bot = world.add_bot("SkillRally", owner=owner)
    users = [owner, *(world.add_user(f"person{n}", display_name=f"Person {n}") for n in range(1, people))]
    made: list[Place] = []
    for number in range(places):
        here = users[number::places]
        guild = world.add_guild(f"Practice {number}", owner=here[0])
        role = world.add_role(guild.id, "SkillRally", BOT_PERMISSIONS, managed_for=bot.id)
        world.add_member(guild.id, bot.id, role_ids=(role.id,))
        for user in here[1:]:
            world.add_member(guild.id, user.id)
        talking = world.add_channel(guild.id, "Interview room", ChannelKind.VOICE)
        waiting = world.add_channel(guild.id, "Waiting room", ChannelKind.VOICE)
        place = Place(guild, world.add_channel(guild.id, "interviews"), talking, waiting)
        place.people = [Person(user, place) for user in here]
        made.append(place)
    return bot, made


class Person:
    """Somebody with a microphone."""

    def __init__(self, user: User, place: Place) -> None:
        self.user = user
        self.place = place
        self.member: SimulatedMember | None = None
        self.spoken_s = 0.0

    async def arrive(self, discord: LoopbackDiscord) -> None:
        """Come into the room, and come again if the voice server throws somebody out."""
        world = discord.world
        ticket = world.join_voice(self.user.id, self.place.voice.id)

        async def again() -> Any:
            return await world.move_voice(self.user.id, self.place.voice.id)

        self.member = await SimulatedMember(ticket, ssl=discord.client_context(), rejoin=again).__aenter__()

    async def depart(self, discord: LoopbackDiscord) -> None:
        """Go."""
        member, self.member = self.member, None
        if member is not None:
            await member.__aexit__(None, None, None)
        await discord.world.leave_voice(self.user.id)

    async def talk(self, said: Sequence[Sequence[bytes]], rng: random.Random, until_s: float) -> None:
        """One recording after the other, with pauses between, until then."""
        await asyncio.sleep(rng.uniform(0.0, 4.0))
        while time.monotonic() < until_s:
            packets = rng.choice(said)
            began_s = time.monotonic()
            member = self.member
            with suppress(TimeoutError, ConnectionError):
                if member is not None and member.connected:
                    await member.say(packets)
                    self.spoken_s += time.monotonic() - began_s
            await asyncio.sleep(len(packets) * 0.02 * (1 / TALKING - 1) * rng.uniform(0.5, 1.5))


def recordings() -> list[list[bytes]]:
    """What people say: every second line of the rehearsal's, as Opus packets."""
    return [encode(line.file, bitrate=32_000) for line in read_lines()[::2]]


class Life:
    """What goes on in one server.

    Args:
        discord: Where.
        place: The server.
        bot_id: The bot's user.
        record: Where what is kept is put down.
        up: Set while the bot is there.
        awake: Set while interviews are to be begun; whoever holds one ends it first.
        faults_since: What was being broken since a moment, and excuses a missing answer.
        said: What is said, as Opus packets.
        talk_s: How long each interview is talked in.
        rng: For all that is random.
    """

    def __init__(
        self,
        discord: LoopbackDiscord,
        place: Place,
        bot_id: int,
        *,
        record: Record,
        up: asyncio.Event,
        awake: asyncio.Event,
        faults_since: Callable[[float], Sequence[str]],
        said: Sequence[Sequence[bytes]],
        talk_s: float,
        rng: random.Random,
    ) -> None:
        self.counts: Counter[str] = Counter()
        self.answers: list[Answer] = []
        self.unanswered: Counter[str] = Counter()
        self.unexcused: list[str] = []
        self._discord = discord
        self._place = place
        self._bot_id = bot_id
        self._record = record
        self._up = up
        self._awake = awake
        self.resting = False
        self._faults_since = faults_since
        self._said = said
        self.talk_s = talk_s
        self._rng = rng
        self._titles = 0
        self._born_s = time.monotonic()

    async def go_on(self, until_s: float) -> None:
        """One interview after the other, until then; the last one comes to its end."""
        while time.monotonic() < until_s:
            self.resting = not self._awake.is_set()
            await self._awake.wait()
            self.resting = False
            await self._up.wait()
            if (began_s := time.monotonic()) >= until_s:
                break
            try:
                async with asyncio.timeout(self.talk_s + 4 * PATIENCE_S):
                    await self._interview(min(self.talk_s, max(2.0, until_s - began_s)))
                self.counts["interviews held to the end"] += 1
            except* (DidNotRespond, CannotDo, LookupError, TimeoutError, ConnectionError, JoinFailed) as broken:
                self.counts["interviews broken off"] += 1
                if not self._faults_since(began_s):
                    first = first_error(broken)
                    begun_s, ended_s = began_s - self._born_s, time.monotonic() - self._born_s
                    what = f"an interview from {begun_s:.0f} s was broken off at {ended_s:.0f} s"
                    self.unexcused.append(f"{what}: {type(first).__name__}: {first}"[:200])
                await asyncio.sleep(1.0)
        with suppress(DidNotRespond, CannotDo, LookupError, TimeoutError):
            if self._running():
                await self._press(self._place.people[0], "End")
        self.resting = True

    # -- one interview --------------------------------------------------------------------------------------------

    async def _interview(self, talk_s: float) -> None:
        people = self._place.people
        for person in people:
            if person.member is None or not person.member.connected:
                await person.depart(self._discord)
                await person.arrive(self._discord)
        host = people[0]
        if not self._running():
            await self._use(host, "interview start", {"minutes": 0, "questions": 3})
            await until(self._running, within_s=NOTICE_S)
        for person in people:
            await self._join(person)
        until_s = time.monotonic() + talk_s
        async with asyncio.TaskGroup() as tasks:
            for person in people:
                voice = random.Random(self._rng.random())  # noqa: S311 - to be repeated
                tasks.create_task(person.talk(self._said, voice, until_s))
            tasks.create_task(self._busy(people, until_s))
        await self._type(host)  # whoever starts it is its candidate, unless somebody says otherwise
        await self._press(host, "End")
        await until(
            lambda: self._discord.world.voice_state(self._bot_id, self._place.guild.id) is None, within_s=NOTICE_S
        )
        for person in people:
            await self._save(person)
        # The one who typed has something to judge, somebody else perhaps not.
        await self._feedback(host if self._rng.random() < ASKS_TO_BE_JUDGED else self._rng.choice(people))
        if self._rng.random() < 0.3:
            await self._erase(self._rng.choice(people))

    async def _send_back(self, user_id: int, form: Modal, values: Mapping[str, object], what: str) -> Reply:
        """Fill in a form, and read the answer."""
        await asyncio.sleep(FORM_S)
        return await self._answered(self._discord.people.submit(user_id, form, values), what)

    async def _type(self, person: Person) -> None:
        """Write an answer that is long enough for feedback, to whatever question stands."""
        await self._use(self._place.people[0], "interview question", {})
        form = (await self._use(person, "interview answer", {})).modal
        if form is not None:
            await self._send_back(person.user.id, form, {"text": TYPED}, "answer")

    async def _busy(self, people: Sequence[Person], until_s: float) -> None:
        """Press, ask, come and go while the others talk. What the bot no longer answers ends the interview."""
        while time.monotonic() < until_s and self._running():
            # Who is not answered presses again.
            with suppress(DidNotRespond):
                await self._something(people)
            await asyncio.sleep(PRESS_S * self._rng.uniform(0.5, 1.5))

    async def _something(self, people: Sequence[Person]) -> None:
        who = self._rng.choice(people)
        what = self._rng.random()
        if what < 0.7:
            await self._press(who, "Status")
        elif what < 0.8:
            await self._use(who, "interview question", {})
        elif what < 0.87:
            await self._press(who, "Leave")
            await self._join(who)
        elif what < 0.92:
            await self._take_back(who)
            await self._join(who)
        else:
            await who.depart(self._discord)
            await asyncio.sleep(1.0)
            await who.arrive(self._discord)
            await self._join(who)
            self.counts["went out and came back"] += 1

    async def _join(self, person: Person) -> None:
        reply = await self._press(person, "Join")
        if reply.modal is not None:
            self._record.begins("consent", person.user.id)
            reply = await self._send_back(person.user.id, reply.modal, KEEPING, "consent")
            if "You take part now" in reply.text:
                self._record.acknowledge("consent", person.user.id)

    async def _take_back(self, person: Person) -> None:
        self._record.begins("withdrawal", person.user.id)
        reply = await self._use(person, "consent withdraw", {})
        if "Taken back" in reply.text or "nothing to take back" in reply.text:
            self._record.acknowledge("withdrawal", person.user.id)

    async def _save(self, person: Person) -> None:
        if self._record.of(person.user.id).agrees is False:
            return
        self._titles += 1
        title = f"{self._place.guild.id}-{self._titles}"
        self._record.begins("save", person.user.id, title)
        reply = await self._use(person, "transcript save", {"title": title})
        if reply.text.startswith("Saved"):
            self._record.acknowledge("save", person.user.id, title)
        else:
            self.counts[f"not saved: {reply.text[:30]}"] += 1

    async def _feedback(self, person: Person) -> None:
        """Ask for it, as far as the bot goes along: a short talk may have nothing to judge."""
        people, user = self._discord.people, person.user.id
        offered = await self._answered(
            people.complete(user, "feedback request", self._place.text.id, "transcript", ""),
            "what is typed",
            is_shown=False,
        )
        if not offered.choices:
            self.counts["no feedback: nothing is saved"] += 1
            return
        form = await self._use(person, "feedback request", {"transcript": str(offered.choices[0]["value"])})
        if form.modal is None:
            self.counts[f"no feedback: {form.text[:30]}"] += 1
            return
        offer = await self._send_back(user, form.modal, SOON, "feedback form")
        if "Send" not in str(offer.components):
            self.counts[f"no feedback: {offer.text[:30]}"] += 1
            return
        sent = await self._answered(people.press(user, offer, "Send"), "Send")
        if sent.modal is not None:
            await self._send_back(user, sent.modal, AGREES, "consent")
        self.counts["feedback asked for"] += 1

    async def _erase(self, person: Person) -> None:
        form = (await self._use(person, "privacy delete-account", {})).modal
        if form is None:
            return
        word = next(str(each["placeholder"]) for each in walk(form.components) if each.get("custom_id") == "word")
        self._record.begins("erasure", person.user.id)
        reply = await self._send_back(person.user.id, form, {"word": word}, "erasure")
        if reply.message is not None and reply.message.attachments:
            self._record.acknowledge("erasure", person.user.id)

    # -- pressing -------------------------------------------------------------------------------------------------

    def _running(self) -> bool:
        """Whether an interview is held here: the bot is in a room, and its notice stands."""
        here = self._discord.world.voice_state(self._bot_id, self._place.guild.id)
        return here is not None and self._notice() is not None

    def _notice(self) -> Message | None:
        """The notice of the interview; what a killed bot left is older."""
        world, owner = self._discord.world, self._place.guild.owner_id
        both = (self._place.voice, self._place.other)
        seen = [message for channel in both for message in world.seen_by(owner, channel.id)]
        return max((m for m in seen if m.author.id == self._bot_id and is_notice(m)), key=lambda m: m.id, default=None)

    async def _there(self) -> None:
        """Nobody is offered anything by a bot that is not logged in."""
        await self._discord.ready(self._bot_id, within_s=PATIENCE_S)

    async def _press(self, person: Person, button: str) -> Reply:
        await self._there()
        notice = self._notice()
        if notice is None:
            raise LookupError("the notice is gone")
        return await self._answered(self._discord.people.press(person.user.id, notice, button), button)

    async def _use(self, person: Person, command: str, options: dict[str, object]) -> Reply:
        await self._there()
        reply = self._discord.people.use(person.user.id, command, self._place.text.id, options=options)
        return await self._answered(reply, command)

    async def _answered(self, reply: Reply, what: str, *, is_shown: bool = True) -> Reply:
        at_s = time.monotonic()
        try:
            shown = await (reply if is_shown else reply.acknowledged())
        except DidNotRespond:
            if reply.delivered:
                self.answers.append(Answer(at_s, reply.acknowledged_after_s, what))
                during = self._faults_since(at_s)
                self.unanswered[f"{what}, {' and '.join(during)}" if during else what] += 1
            raise
        self.answers.append(Answer(at_s, shown.acknowledged_after_s, what))
        return shown


def is_notice(message: Message) -> bool:
    """Whether it is the notice of a running interview."""
    return message.ephemeral_to is None and message.deleted_at is None and "sr:join:" in str(message.components)
