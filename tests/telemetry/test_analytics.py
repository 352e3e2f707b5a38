from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import StartRefused
from bot.telemetry.analytics import (
    BATCH,
    PROPERTIES,
    Analytics,
    Counting,
    Event,
    NoAnalytics,
    OneOf,
    Steps,
    checked,
    open_analytics,
)
from bot.telemetry.egress import watching
from bot.telemetry.posthog import EU, EU_HOSTS, FIXED, PostHog, PostHogFailed
from storage.analytics import Count
from storage.keys import Secrets
from tests.virtual_time import in_virtual_time, settle

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

ANNA, BEN = 80351110224678912, 175928847299117063
TODAY = date(2026, 11, 23)
SPOKEN = "I was fired from my last job"


class People:
    """Who exists, and who agrees."""

    def __init__(self, *agreeing: int) -> None:
        self.agreeing = set(agreeing)
        self.subjects: dict[int, UUID] = {}

    def allowed(self, user_id: int) -> bool:
        return user_id in self.agreeing

    async def find(self, user_id: int) -> UUID | None:
        await asyncio.sleep(0)
        return self.subjects.setdefault(user_id, uuid4())

    def who(self, subject: UUID) -> int:
        return next(user_id for user_id, known in self.subjects.items() if known == subject)


@dataclass
class Kept:
    """A sink that keeps in memory what still stands.

    Attributes:
        counts: What it kept.
        before: What it waits for before it asks.
    """

    counts: list[Count] = field(default_factory=list[Count])
    before: Callable[[], Awaitable[object]] | None = None

    async def send(self, counts: Sequence[Count], still: Callable[[Count], bool]) -> int:
        if self.before is not None:
            await self.before()
        kept = [count for count in counts if still(count)]
        self.counts += kept
        return len(kept)


def counting(people: People, *sinks: Any, **options: Any) -> Counting:
    return Counting(sinks, allowed=people.allowed, find=people.find, today=lambda: TODAY, **options)


# What is counted


@pytest.mark.parametrize("event", Event)
def test_every_event_has_its_list_of_properties(event: Event) -> None:
    assert set(PROPERTIES) == set(Event)
    assert len(event.value) <= 40
    for kind in PROPERTIES[event].values():
        assert isinstance(kind, OneOf | Steps)
        assert len(kind.words if isinstance(kind, OneOf) else kind.steps) <= 10


@given(
    event=st.sampled_from(Event),
    properties=st.dictionaries(
        st.sampled_from(sorted({name for listed in PROPERTIES.values() for name in listed} | {"text"})),
        st.text() | st.integers() | st.floats() | st.booleans() | st.none() | st.binary() | st.just("thread"),
        max_size=3,
    ),
)
def test_whatever_is_handed_over_nothing_but_words_and_steps_of_the_list_is_counted(
    event: Event, properties: dict[str, object]
) -> None:
    try:
        props = checked(event, properties)
    except ValueError:
        return

    assert props.keys() == PROPERTIES[event].keys()
    for name, value in props.items():
        kind = PROPERTIES[event][name]
        assert value in (kind.words if isinstance(kind, OneOf) else kind.steps)


def test_there_is_no_property_for_what_people_say_or_are_named() -> None:
    kinds = [kind for listed in PROPERTIES.values() for kind in listed.values()]
    words = {word for kind in kinds if isinstance(kind, OneOf) for word in kind.words}

    with pytest.raises(ValueError, match="word"):
        checked(Event.INTERVIEW_STARTED, {"captions": SPOKEN})
    with pytest.raises(ValueError, match="other properties"):
        checked(Event.INTERVIEW_JOINED, {"name": SPOKEN})
    assert all(word.isascii() and len(word) <= 12 for word in words)


@pytest.mark.parametrize(("minutes", "told"), [(0, 1), (1, 1), (1.5, 5), (61, 120), (10**9, 240)])
def test_numbers_are_told_in_steps(minutes: float, told: int) -> None:
    assert checked(Event.INTERVIEW_ENDED, {"minutes": minutes, "people": 2})["minutes"] == told


@pytest.mark.parametrize("number", [-1, True, float("nan"), "7", None])
def test_what_is_no_number_is_refused(number: object) -> None:
    with pytest.raises(ValueError, match="number"):
        checked(Event.TRANSCRIPT_SAVED, {"turns": number})


# Of whom


async def test_nothing_is_counted_before_somebody_agreed() -> None:
    sink, people = Kept(), People()
    uses = counting(people, sink)

    uses.count(ANNA, Event.INTERVIEW_JOINED)
    people.agreeing.add(ANNA)
    await uses.flush()

    assert sink.counts == []
    assert people.subjects == {}


async def test_who_agreed_is_counted_by_subject_and_day() -> None:
    sink, people = Kept(), People(ANNA)
    uses = counting(people, sink)

    uses.count(ANNA, Event.TRANSCRIPT_EXPORTED, form="srt")
    uses.count(BEN, Event.TRANSCRIPT_EXPORTED, form="srt")
    await uses.flush()

    (count,) = sink.counts
    assert (count.name, dict(count.props), count.day) == ("transcript_exported", {"form": "srt"}, TODAY)
    assert count.subject == people.subjects[ANNA]


async def test_what_waits_of_somebody_goes_with_their_yes_and_comes_back_with_no_other() -> None:
    sink, people = Kept(), People(ANNA, BEN)
    uses = counting(people, sink)
    uses.count(ANNA, Event.INTERVIEW_JOINED)
    uses.count(BEN, Event.INTERVIEW_JOINED)

    people.agreeing.discard(ANNA)
    await uses.withdrawn(ANNA)
    assert repr(uses) == "<Counting, 1 waiting>"
    people.agreeing.add(ANNA)
    await uses.flush()

    assert [count.subject for count in sink.counts] == [people.subjects[BEN]]


async def test_what_is_on_its_way_is_held_back_when_its_person_withdraws() -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def before() -> None:
        reached.set()
        await go_on.wait()

    sink, people = Kept(before=before), People(ANNA, BEN)
    uses = counting(people, sink)
    uses.count(ANNA, Event.INTERVIEW_JOINED)
    uses.count(BEN, Event.INTERVIEW_JOINED)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(uses.flush())
        await reached.wait()
        waits = tasks.create_task(uses.withdrawn(ANNA))
        await settle()
        assert not waits.done()
        go_on.set()

    assert [count.subject for count in sink.counts] == [people.subjects[BEN]]


async def test_who_has_nothing_on_its_way_waits_for_nobody() -> None:
    reached, go_on = asyncio.Event(), asyncio.Event()

    async def before() -> None:
        reached.set()
        await go_on.wait()

    people = People(ANNA, BEN)
    uses = counting(people, Kept(before=before))
    uses.count(ANNA, Event.INTERVIEW_JOINED)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(uses.flush())
        await reached.wait()
        await uses.withdrawn(BEN)
        go_on.set()


class History:
    """Some people who agree, use things, and take their yes back, at random times, for one virtual hour.

    Attributes:
        faults: What was kept of somebody whose yes it did not stand on at that moment.
        kept: How much was kept.
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.people = People()
        self.uses = counting(self.people, self, self, every_s=self.random.choice((1.0, 10.0)), waiting=50)
        # The number of each person's present yes, and of the yes that each count was made under.
        self.yes: dict[int, int] = {}
        self.made_under: dict[UUID, tuple[int, int]] = {}
        self.kept = 0
        self.faults: list[UUID] = []

    async def pause(self) -> None:
        await asyncio.sleep(self.random.choice((0.0, 0.1, 3.0, 20.0)))

    async def send(self, counts: Sequence[Count], still: Callable[[Count], bool]) -> int:
        """A sink: slow, and it fails at times."""
        await self.pause()
        if self.random.random() < 0.1:
            raise OSError(SPOKEN)
        kept = [count for count in counts if still(count)]
        self.kept += len(kept)
        for count in kept:
            user_id, under = self.made_under[count.id]
            if user_id not in self.people.agreeing or self.yes[user_id] != under:
                self.faults.append(count.id)
        return len(kept)

    async def live(self, user_id: int) -> None:
        for _ in range(self.random.randrange(3, 10)):
            await self.pause()
            match self.random.randrange(4):
                case 0:
                    if user_id not in self.people.agreeing:
                        self.yes[user_id] = self.yes.get(user_id, 0) + 1
                    self.people.agreeing.add(user_id)
                case 1:
                    self.people.agreeing.discard(user_id)
                    await self.uses.withdrawn(user_id)
                case _:
                    self.use(user_id)

    def use(self, user_id: int) -> None:
        before = len(self.uses._waiting)
        self.uses.count(user_id, Event.INTERVIEW_JOINED)
        if len(self.uses._waiting) > before:
            self.made_under[self.uses._waiting[-1].id] = (user_id, self.yes.get(user_id, 0))
            if user_id not in self.people.agreeing:
                self.faults.append(self.uses._waiting[-1].id)

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self.uses.run())
            async with asyncio.TaskGroup() as lives:
                for user_id in range(1, self.random.randrange(2, 6)):
                    lives.create_task(self.live(user_id))
            self.uses.close()
            await asyncio.wait({running})


@in_virtual_time
async def test_in_a_thousand_histories_nothing_is_kept_without_a_yes_that_stands() -> None:
    kept = counted = 0
    for seed in range(1000):
        history = History(seed)
        await history.run()
        assert history.faults == [], f"seed {seed}"
        kept += history.kept
        counted += len(history.made_under)

    assert counted > 2000
    assert kept > 1000


# How much waits


async def test_what_does_not_fit_is_dropped_and_counted() -> None:
    sink = Kept()
    uses = counting(People(ANNA), sink, waiting=3)

    for _ in range(5):
        uses.count(ANNA, Event.INTERVIEW_JOINED)
    await uses.flush()

    assert (len(sink.counts), uses.kept, uses.dropped) == (3, 3, 2)


@in_virtual_time
async def test_what_waits_goes_after_ten_seconds_or_when_a_batch_is_full() -> None:
    sink = Kept()
    uses = counting(People(ANNA), sink)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(uses.run())
        uses.count(ANNA, Event.INTERVIEW_JOINED)
        await asyncio.sleep(9)
        assert len(sink.counts) == 0
        await asyncio.sleep(2)
        assert len(sink.counts) == 1
        for _ in range(BATCH):
            uses.count(ANNA, Event.INTERVIEW_JOINED)
        await settle()
        assert len(sink.counts) == 1 + BATCH
        uses.close()


async def test_a_sink_that_fails_stops_neither_the_others_nor_the_next_time() -> None:
    class Failing:
        async def send(self, *_: object) -> int:
            raise RuntimeError(SPOKEN)

    sink = Kept()
    uses = counting(People(ANNA), Failing(), sink)
    for _ in range(2):
        uses.count(ANNA, Event.INTERVIEW_JOINED)
        await uses.flush()

    assert (len(sink.counts), uses.lost) == (2, 2)


async def test_what_waits_when_the_bot_is_stopped_is_still_kept() -> None:
    sink, people = Kept(), People(ANNA)

    async with open_analytics([sink], allowed=people.allowed, find=people.find, today=lambda: TODAY) as uses:
        uses.count(ANNA, Event.INTERVIEW_JOINED)

    assert len(sink.counts) == 1


@in_virtual_time
async def test_a_sink_that_never_answers_does_not_keep_the_bot_from_ending() -> None:
    async def never() -> None:
        await asyncio.Event().wait()

    people = People(ANNA)
    sink = Kept(before=never)
    async with open_analytics([sink], allowed=people.allowed, find=people.find, today=lambda: TODAY) as uses:
        uses.count(ANNA, Event.INTERVIEW_JOINED)

    assert sink.counts == []


async def test_by_default_nothing_is_counted() -> None:
    people = People(ANNA)

    async with open_analytics([], allowed=people.allowed, find=people.find, today=lambda: TODAY) as uses:
        assert isinstance(uses, NoAnalytics)
        uses.count(ANNA, Event.INTERVIEW_JOINED)
        await uses.withdrawn(ANNA)
        with pytest.raises(ValueError, match="other properties"):
            uses.count(ANNA, Event.INTERVIEW_JOINED, text=SPOKEN)

    assert people.subjects == {}


def test_both_are_what_commands_count_with() -> None:
    either: list[Analytics] = [NoAnalytics(), counting(People())]

    assert [repr(each) for each in either[1:]] == ["<Counting, 0 waiting>"]


# PostHog


class Loopback:
    """What takes batches on this machine.

    Attributes:
        batches: The bodies that arrived.
        heads: Path and headers of each, as a text.
        answers: The statuses to answer with, one after the other; then 200.
        arriving: Called with each body as it arrives.
    """

    def __init__(self) -> None:
        self.url = ""
        self.batches: list[dict[str, Any]] = []
        self.heads: list[str] = []
        self.answers: list[int] = []
        self.arriving: Callable[[dict[str, Any]], None] = self.batches.append

    async def take(self, request: web.Request) -> web.Response:
        self.heads.append(f"{request.method} {request.path_qs} {dict(request.headers)}")
        self.arriving(await request.json())
        return web.Response(status=self.answers.pop(0) if self.answers else 200, headers={"Location": EU})

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for batch in self.batches for event in batch["batch"]]


@asynccontextmanager
async def loopback() -> AsyncGenerator[Loopback]:
    there = Loopback()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", there.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    there.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield there
    finally:
        await runner.cleanup()


def secrets() -> Secrets:
    return Secrets(bytearray(range(32)))


def posthog(
    endpoint: str = EU, *, key: str = "phc_test", days: int | None = 90, hosts: tuple[str, ...] = EU_HOSTS
) -> PostHog:
    return PostHog(key, secrets(), retention_confirmed_days=days, hosts=hosts, endpoint=endpoint, pause_s=0)


def a_count(subject: UUID, day: date = TODAY) -> Count:
    return Count(subject, "transcript_exported", {"form": "srt"}, day)


async def test_over_the_wire_go_an_event_a_day_and_a_pseudonym_and_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    people = People(ANNA)
    async with loopback() as there, posthog(there.url) as sink:
        uses = counting(people, sink)
        with watching() as contacts:
            uses.count(ANNA, Event.TRANSCRIPT_EXPORTED, form="srt")
            await uses.flush()

    (batch,) = there.batches
    (event,) = batch["batch"]
    assert batch["api_key"] == "phc_test"
    assert set(event) == {"uuid", "event", "distinct_id", "timestamp", "properties"}
    assert event["event"] == "transcript_exported"
    assert event["distinct_id"] == secrets().pseudonym(people.subjects[ANNA], "2026Q4")
    assert event["timestamp"] == "2026-11-23T00:00:00Z"
    assert event["properties"] == {"form": "srt"} | FIXED
    assert event["properties"]["$geoip_disable"] is True
    for told in (str(batch), *there.heads):
        assert str(ANNA) not in told
        assert str(people.subjects[ANNA]) not in told
    assert there.heads[0].startswith("POST /batch/ ")
    assert contacts.hosts == {"127.0.0.1"}


async def test_a_person_is_another_one_in_the_next_quarter() -> None:
    subject = uuid4()
    days = [date(2026, 10, 1), date(2026, 12, 31), date(2027, 1, 1)]
    async with loopback() as there, posthog(there.url) as sink:
        await sink.send([a_count(subject, day) for day in days], lambda _: True)

    one, same, other = (event["distinct_id"] for event in there.events)
    assert one == same != other


async def test_a_server_that_fails_is_asked_once_more_with_the_same_ids() -> None:
    async with loopback() as there, posthog(there.url) as sink:
        there.answers = [503]
        assert await sink.send([a_count(uuid4())], lambda _: True) == 1

    assert len(there.batches) == 2
    assert there.batches[0] == there.batches[1]


async def test_who_withdraws_between_two_attempts_is_not_in_the_second() -> None:
    anna, ben = a_count(uuid4()), a_count(uuid4())
    standing = {anna.id, ben.id}
    async with loopback() as there, posthog(there.url) as sink:

        def arriving(body: dict[str, Any]) -> None:
            there.batches.append(body)
            standing.discard(anna.id)

        there.answers, there.arriving = [500], arriving
        await sink.send([anna, ben], lambda count: count.id in standing)

    assert [[event["uuid"] for event in batch["batch"]] for batch in there.batches] == [
        [str(anna.id), str(ben.id)],
        [str(ben.id)],
    ]


@pytest.mark.parametrize(("answers", "requests"), [([500, 500], 2), ([429, 200], 2), ([401], 1), ([307], 1)])
async def test_what_is_refused_is_not_asked_for_again_nor_a_redirect_followed(
    answers: list[int], requests: int
) -> None:
    async with loopback() as there, posthog(there.url) as sink:
        there.answers = list(answers)
        if 200 in answers:
            await sink.send([a_count(uuid4())], lambda _: True)
        else:
            with pytest.raises(PostHogFailed):
                await sink.send([a_count(uuid4())], lambda _: True)

    assert len(there.batches) == requests


async def test_a_server_that_is_not_there_loses_counts_and_nothing_else() -> None:
    async with loopback() as there:
        url = there.url
    async with posthog(url) as sink:
        uses = counting(People(ANNA), sink)
        uses.count(ANNA, Event.INTERVIEW_JOINED)
        await uses.flush()

    assert (uses.lost, uses.kept) == (1, 0)


class Sent:
    """Some people and a server: who agrees, withdraws and uses things, and what the server hears of whom.

    Attributes:
        faults: What it heard of somebody whose withdrawal was done.
        heard: How much it heard.
    """

    def __init__(self, seed: int, sink: PostHog) -> None:
        self.random = random.Random(seed)
        self.people = People()
        self.uses = counting(self.people, sink)
        self.withdrawn: set[int] = set()
        self.faults: list[str] = []
        self.heard = 0

    def arriving(self, body: dict[str, Any]) -> None:
        pseudonyms = {secrets().pseudonym(subject, "2026Q4"): user for user, subject in self.people.subjects.items()}
        for event in body["batch"]:
            self.heard += 1
            if pseudonyms[event["distinct_id"]] in self.withdrawn:
                self.faults.append(event["uuid"])

    async def live(self, user_id: int) -> None:
        for _ in range(12):
            await asyncio.sleep(0)
            match self.random.randrange(4):
                case 0:
                    self.withdrawn.discard(user_id)
                    self.people.agreeing.add(user_id)
                case 1:
                    self.people.agreeing.discard(user_id)
                    await self.uses.withdrawn(user_id)
                    self.withdrawn.add(user_id)
                case _:
                    self.uses.count(user_id, Event.INTERVIEW_JOINED)
                    if self.random.random() < 0.5:
                        await self.uses.flush()


async def test_in_many_histories_no_server_hears_of_somebody_whose_withdrawal_is_done() -> None:
    heard = 0
    async with loopback() as there, posthog(there.url) as sink:
        for seed in range(40):
            sent = Sent(seed, sink)
            there.arriving = sent.arriving
            there.answers = [sent.random.choice((200, 200, 500)) for _ in range(20)]
            async with asyncio.TaskGroup() as tasks:
                for user_id in (1, 2, 3):
                    tasks.create_task(sent.live(user_id))
            await sent.uses.flush()
            assert sent.faults == [], f"seed {seed}"
            heard += sent.heard

    assert heard > 100


@pytest.mark.parametrize("days", [None, 0, -1, 91, 365])
def test_posthog_is_off_unless_its_project_deletes_after_ninety_days(days: int | None) -> None:
    with pytest.raises(StartRefused, match="90 days"):
        posthog(days=days)


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://us.i.posthog.com",
        "https://app.posthog.com",
        "http://eu.i.posthog.com",
        "https://eu.i.posthog.com.evil.test",
        "http://10.0.0.1",
    ],
)
def test_posthog_is_used_in_the_eu_only(endpoint: str) -> None:
    with pytest.raises(StartRefused, match="EU"):
        posthog(endpoint)


def test_posthog_is_off_unless_the_list_of_processors_says_it_is_on() -> None:
    with pytest.raises(StartRefused, match="list of processors"):
        posthog(hosts=("discord.com",))


def test_posthog_without_a_key_does_not_start() -> None:
    with pytest.raises(StartRefused, match="key"):
        posthog(key="")


def test_no_repr_tells_a_key_or_a_person() -> None:
    count = a_count(uuid4())

    assert repr(posthog()) == "<PostHog>"
    assert str(count.subject) not in repr(count)
    assert datetime.now(UTC).isoformat()[:13] not in repr(count)
