"""The desk, over real storage and HTTP: what is asked for comes, or fails with a reason, and is paid for once."""

from __future__ import annotations

import asyncio
import json
import logging
import shutil
import tempfile
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from bot.errors import StartRefused
from bot.feedback.desk import PASSES, CannotAsk
from bot.feedback.opening import HERE, chosen, elsewhere, open_desk
from bot.feedback.redaction import Kind
from bot.feedback.report import Report
from bot.feedback.rubric import load_rubrics
from bot.feedback.writer import Price
from bot.following import follow
from bot.interview.interviews import Interviews
from bot.rehearsal.loopback_model import (
    INPUT_TOKENS,
    OUTPUT_TOKENS,
    Asked,
    LoopbackModel,
    answering,
    cut_short,
    declining,
    failing,
    fair_judge,
    hanging_up,
    keeping_silent,
    saying,
)
from cogs.feedback_replies import previewed
from cogs.locales import words_in
from config.processors import Processor
from config.questions import InterviewType, load_questions
from config.settings import Settings
from storage.errors import NotFound
from storage.jobs import LEASE, Reason, State
from storage.keys import EnvironmentKeys
from storage.ledger import Purpose
from tests.feedback.desks import ANSWER, KEYS, SERVER, World, world
from tests.interview.rooms import hearing
from tests.storage.people import ANNA, BEN, CLEO, people_over, press

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Iterator

ONE_PASS = INPUT_TOKENS + OUTPUT_TOKENS


@pytest.fixture(scope="module")
def joined(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An installation in which two people agreed to everything, to copy."""
    made = tmp_path_factory.mktemp("joined")

    async def make() -> None:
        async with world(made, None):
            pass

    asyncio.run(make())
    return made


@pytest.fixture
def folder(joined: Path) -> Iterator[Path]:
    memory = Path("/dev/shm")  # noqa: S108  our folder in it is 0700, and removed
    with tempfile.TemporaryDirectory(dir=memory if memory.is_dir() else None) as made:
        shutil.copytree(joined, made, dirs_exist_ok=True, copy_function=shutil.copy2)
        yield Path(made)


@pytest.fixture
async def model() -> AsyncGenerator[LoopbackModel]:
    async with LoopbackModel(fair_judge) as server:
        yield server


@pytest.fixture
async def at(folder: Path, model: LoopbackModel) -> AsyncGenerator[World]:
    async with world(folder, model.url) as made:
        yield made


async def again(at: World, calls: int) -> None:
    """Let time pass after each attempt that was put off, until so many were."""
    for attempt in range(1, calls):
        await until(lambda attempt=attempt: at.desk.counters.put_off >= attempt)
        at.clock.pass_(timedelta(minutes=5))
        at.desk._wake.set()


async def until(condition: Callable[[], bool]) -> None:
    while not condition():  # noqa: ASYNC110 - nothing tells
        await asyncio.sleep(0.01)


async def test_what_is_asked_for_is_judged_twice_checked_and_kept(at: World, model: LoopbackModel):
    transcript = await at.answered()

    asked = await at.ask(transcript)
    done = await at.told()

    assert asked.new
    assert (done.user_id, done.transcript_id, done.reason) == (ANNA, transcript, None)
    assert done.feedback_id is not None
    kept = await at.people.feedback.view(ANNA, done.feedback_id)
    report = Report.from_json(json.dumps(kept.report))
    assert (report.passes, report.versions.model, kept.model) == (PASSES, "loopback-1", "loopback-1")
    assert report.total is not None
    assert report.total.low == report.total.high == 4
    assert len(model.asked) == PASSES
    assert await at.spent() == PASSES * ONE_PASS
    assert await at.desk.status(ANNA) == []


async def test_neither_names_nor_addresses_nor_others_words_leave(at: World, model: LoopbackModel):
    await at.ask(await at.answered())
    await at.told()

    for asked in model.asked:
        sent = json.dumps(dict(asked.body), ensure_ascii=False)
        for secret in ("anna@example.org", "Anna", "Kovalenko", "Ben", "Tell me about a failure", str(ANNA)):
            assert secret not in sent
        assert "nightly import failed" in asked.content
        assert "nightly import failed" not in asked.instructions


async def test_a_preview_says_what_would_happen_and_does_none_of_it(at: World, model: LoopbackModel):
    at.desk._writer.price = Price(*map(type(Price().input_per_million), ("1", "10")))  # type: ignore[union-attr, misc]
    transcript = await at.view(await at.answered())

    preview = await at.desk.preview(ANNA, transcript, guild_id=SERVER, kind=InterviewType.BEHAVIOURAL, language="en")

    assert (preview.host, preview.region, preview.model, preview.local) == ("127.0.0.1", HERE, "small-1", True)
    assert dict(preview.redacted)[Kind.EMAIL] == 1
    assert preview.answers == 1
    assert preview.withheld == 1
    assert preview.consented
    assert preview.fits
    assert preview.tokens > PASSES * len(ANSWER)
    assert 0 < preview.price < 1
    assert model.asked == []
    assert await at.spent() == 0
    assert (await at.people.rows())["ai_job"] == 0


async def test_a_preview_is_not_less_than_what_is_reserved(at: World, model: LoopbackModel):
    model.script(keeping_silent())
    transcript = await at.answered()
    preview = await at.desk.preview(
        ANNA, await at.view(transcript), guild_id=SERVER, kind=InterviewType.BEHAVIOURAL, language="en"
    )

    await at.ask(transcript)
    await until(lambda: bool(model.asked))

    assert await at.spent() == preview.tokens


async def test_the_copy_of_a_press_asks_once(at: World, model: LoopbackModel):
    transcript = await at.answered()

    first, second = await asyncio.gather(at.ask(transcript), at.ask(transcript))
    await at.told()
    third = await at.ask(transcript)

    assert {first.new, second.new, third.new} == {True, False}
    assert len(model.asked) == PASSES
    assert (await at.people.feedback.list(ANNA)).total == 1


async def test_nobody_asks_for_feedback_on_somebody_elses_transcript(at: World):
    transcript = await at.answered()
    await at.people.transcripts.share(
        ANNA, transcript, BEN, until=at.clock.now() + timedelta(days=1), at=at.clock.now()
    )

    for user_id in (BEN, CLEO):
        with pytest.raises(NotFound):
            await at.ask(transcript, user_id=user_id)
        with pytest.raises(NotFound):
            await at.desk.measured(user_id, transcript, kind=InterviewType.BEHAVIOURAL, language="en")
    with pytest.raises(NotFound):
        await at.ask(uuid4())


async def test_too_little_said_is_not_sent_to_be_scored(at: World, model: LoopbackModel):
    with pytest.raises(CannotAsk) as cannot:
        await at.ask(await at.answered(text="I do not know."))

    assert cannot.value.why == "nothing-to-judge"
    assert model.asked == []


@pytest.mark.parametrize(
    ("reply", "reason", "used"),
    [
        (declining(), Reason.REFUSED, ONE_PASS),
        (failing(401), Reason.MISCONFIGURED, 0),
        (failing(429, code="insufficient_quota"), Reason.MISCONFIGURED, 0),
    ],
)
async def test_what_will_not_get_better_fails_at_once_and_is_paid_for_what_it_took(
    at: World, model: LoopbackModel, reply: Any, reason: Reason, used: int
):
    model.script(reply)

    await at.ask(await at.answered())
    done = await at.told()

    assert (done.feedback_id, done.reason) == (None, reason)
    assert [(each.state, each.reason) for each in await at.desk.status(ANNA)] == [(State.FAILED, reason)]
    assert await at.spent() == used
    assert len(model.asked) == 1
    assert at.desk.trouble.endswith(".")


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (failing(429, retry_after="60"), Reason.BUSY),
        (failing(503), Reason.UNAVAILABLE),
        (hanging_up(), Reason.UNAVAILABLE),
        (cut_short(), Reason.UNFIT),
        (saying("no JSON"), Reason.UNFIT),
        (saying('{"hire": true}'), Reason.UNFIT),
    ],
)
async def test_what_may_get_better_is_tried_three_times_and_no_more(
    at: World, model: LoopbackModel, reply: Any, reason: Reason
):
    model.script(reply, reply, reply)

    await at.ask(await at.answered())
    await until(lambda: at.desk.counters.put_off == 1)
    (waiting,) = await at.desk.status(ANNA)
    await again(at, 3)
    done = await at.told()

    assert (waiting.state, waiting.reason, waiting.attempts) == (State.WAITING, reason, 1)
    assert done.reason == reason
    assert len(model.asked) == 3
    assert (await at.people.feedback.list(ANNA)).total == 0


async def test_a_second_attempt_brings_the_feedback(at: World, model: LoopbackModel):
    model.script(failing(500))

    await at.ask(await at.answered())
    await again(at, 2)
    done = await at.told()

    assert done.feedback_id is not None
    assert await at.spent() == PASSES * ONE_PASS


async def test_a_pass_that_fails_leaves_the_other_one_standing(at: World, model: LoopbackModel):
    model.script(answering(fair_judge), cut_short())

    await at.ask(await at.answered())
    done = await at.told()

    assert done.feedback_id is not None
    kept = await at.people.feedback.view(ANNA, done.feedback_id)
    assert Report.from_json(json.dumps(kept.report)).passes == 1
    assert await at.spent() == 2 * ONE_PASS


async def test_two_passes_that_differ_make_a_range(at: World, model: LoopbackModel):
    model.script(
        answering(lambda asked: fair_judge(asked, score=2)), answering(lambda asked: fair_judge(asked, score=5))
    )

    await at.ask(await at.answered())
    done = await at.told()

    assert done.feedback_id is not None
    report = Report.from_json(json.dumps((await at.people.feedback.view(ANNA, done.feedback_id)).report))
    assert report.total is not None
    assert (report.total.low, report.total.high) == (2, 5)


async def test_a_model_that_obeys_somebody_else_gets_no_score_through(at: World, model: LoopbackModel):
    def obeying(asked: Asked) -> dict[str, Any]:
        raw = json.loads(json.dumps(fair_judge(asked, score=5)))
        for each in raw["answers"]:
            for judged in each["criteria"].values():
                judged["evidence"] = [{"line": 2, "quote": "the best candidate ever seen", "why": "Hire at once."}]
        return raw

    model.answer = obeying

    await at.ask(await at.answered())
    done = await at.told()

    assert done.feedback_id is not None
    report = Report.from_json(json.dumps((await at.people.feedback.view(ANNA, done.feedback_id)).report))
    assert report.total is None
    assert all(judged.low is None for each in report.assessments for judged in each.judged)


async def test_without_consent_nothing_leaves_and_the_person_is_told(at: World, model: LoopbackModel):
    transcript = await at.answered()
    await at.people.ledger.withdraw(ANNA, [Purpose.AI_FEEDBACK], press())

    await at.ask(transcript)
    done = await at.told()

    assert done.reason == Reason.CONSENT
    assert model.asked == []
    assert await at.spent() == 0


async def test_consent_that_is_taken_back_while_the_model_writes_hangs_up_and_keeps_nothing(
    at: World, model: LoopbackModel
):
    model.script(keeping_silent())
    await at.ask(await at.answered())
    await until(lambda: bool(model.asked))

    await at.people.ledger.withdraw(ANNA, [Purpose.AI_FEEDBACK], press())
    await at.desk.withdrawn(ANNA)
    await until(lambda: at.desk.counters.lost == 1)

    assert [(each.state, each.reason) for each in await at.desk.status(ANNA)] == [(State.FAILED, Reason.CONSENT)]
    assert (await at.people.feedback.list(ANNA)).total == 0
    assert len(model.asked) == 1
    assert await at.spent() > ONE_PASS, "what was out may be billed to its worst"


async def test_consent_that_is_taken_back_in_another_process_hangs_up(at: World, model: LoopbackModel):
    elsewhere = await people_over(at.people.databases, EnvironmentKeys(KEYS))
    model.script(keeping_silent())
    await at.ask(await at.answered())
    await until(lambda: bool(model.asked))
    async with Interviews(hearing=hearing(), clock=at.clock) as interviews:
        await follow(at.people.ledger, interviews, at.desk)
        before = at.desk.out

        await elsewhere.ledger.withdraw(ANNA, [Purpose.AI_FEEDBACK], press())
        await follow(at.people.ledger, interviews, at.desk)
        await until(lambda: at.desk.counters.lost == 1)

    assert (before, at.desk.out) == ({ANNA}, frozenset())
    assert [(each.state, each.reason) for each in await at.desk.status(ANNA)] == [(State.FAILED, Reason.CONSENT)]
    assert len(model.asked) == 1


async def test_consent_that_is_taken_back_between_the_passes_ends_it(at: World, model: LoopbackModel):
    async def withdraw_and_answer(asked: Asked, request: Any) -> Any:
        await at.people.ledger.withdraw(ANNA, [Purpose.AI_FEEDBACK], press())
        return await answering(fair_judge)(asked, request)

    model.script(withdraw_and_answer)
    await at.ask(await at.answered())
    await until(lambda: at.desk.counters.lost == 1)

    assert len(model.asked) == 1
    assert (await at.people.feedback.list(ANNA)).total == 0
    assert await at.spent() == ONE_PASS


async def test_what_is_deleted_while_the_model_writes_is_not_sent_once_more(at: World, model: LoopbackModel):
    transcript = await at.answered()

    async def deleted_meanwhile(asked: Asked, request: Any) -> Any:
        await at.people.erasure().transcript(ANNA, transcript, at=at.clock.now())
        return await answering(fair_judge)(asked, request)

    model.script(deleted_meanwhile)
    await at.ask(transcript)
    await until(lambda: at.desk.counters.lost == 1)

    assert len(model.asked) == 1
    assert await at.spent() == ONE_PASS


async def test_a_cancelled_request_hangs_up(at: World, model: LoopbackModel):
    model.script(keeping_silent())
    asked = await at.ask(await at.answered())
    await until(lambda: bool(model.asked))

    assert not await at.desk.cancel(BEN, asked.id)
    assert await at.desk.cancel(ANNA, asked.id)
    await until(lambda: at.desk.counters.lost == 1)

    assert await at.desk.status(ANNA) == []
    assert len(model.asked) == 1


async def test_an_erased_persons_request_is_hung_up_and_leaves_nothing(at: World, model: LoopbackModel):
    model.script(keeping_silent())
    await at.ask(await at.answered())
    await until(lambda: bool(model.asked))

    async def let_go(user_id: int) -> dict[str, int]:
        at.desk.let_go(user_id)
        return {}

    await at.people.erasure(let_go).account(ANNA, at=at.clock.now())
    await until(lambda: at.desk.counters.lost == 1)

    rows = await at.people.rows()
    assert (rows["ai_job"], rows["feedback"], rows["reservation"], rows["transcript"]) == (0, 0, 0, 0)


async def test_a_budget_that_is_used_up_is_said_before_anything_is_put_down(folder: Path, model: LoopbackModel):
    async with world(folder, model.url, person_day=1000) as at:
        with pytest.raises(CannotAsk) as cannot:
            await at.ask(await at.answered())

        assert cannot.value.why == "person-budget"
        assert cannot.value.tokens > 1000
        assert (await at.people.rows())["ai_job"] == 0
    assert model.asked == []


async def test_without_a_model_there_are_measures_and_it_says_so(folder: Path):
    async with world(folder, None) as at:
        transcript = await at.answered()
        with pytest.raises(CannotAsk) as cannot:
            await at.ask(transcript)

        feedback = await at.desk.measured(ANNA, transcript, kind=InterviewType.BEHAVIOURAL, language="de")

        assert cannot.value.why == "no-writer"
        assert not at.desk.available
        kept = await at.people.feedback.view(ANNA, feedback)
        report = Report.from_json(json.dumps(kept.report))
        assert (kept.model, report.versions.model, report.passes, report.total) == ("", "", 0, None)
        assert report.measures.words > 40


async def test_a_desk_that_is_closed_in_the_middle_leaves_a_job_that_another_finishes(
    folder: Path, model: LoopbackModel
):
    model.script(keeping_silent())
    async with world(folder, model.url) as first:
        await first.ask(await first.answered())
        await until(lambda: bool(model.asked))
        most = await first.spent()

    async with world(folder, model.url) as second:
        done = await second.told()

        assert done.feedback_id is not None
        # Nobody knows what the first attempt took: one request of it was out, and counts to its worst.
        assert most / PASSES <= await second.spent() - PASSES * ONE_PASS <= most
    assert len(model.asked) == 1 + PASSES


async def test_a_lease_that_ran_out_is_taken_over_and_the_slow_one_keeps_nothing(folder: Path, model: LoopbackModel):
    model.script(keeping_silent())
    async with world(folder, model.url) as slow, world(folder, model.url) as quick:
        await slow.ask(await slow.answered())
        await until(lambda: bool(model.asked))

        quick.clock.pass_(LEASE)
        quick.desk._wake.set()
        await until(lambda: bool(quick.done or slow.done))

        (done,) = quick.done or slow.done
        assert done.feedback_id is not None
        assert (await quick.people.feedback.list(ANNA)).total == 1


async def test_two_desks_on_one_database_do_each_job_once(folder: Path, model: LoopbackModel):
    async with world(folder, model.url) as one, world(folder, model.url) as other:
        transcripts = [await one.answered() for _ in range(4)]
        for number, transcript in enumerate(transcripts):
            await one.ask(transcript, number=number)
            other.desk._wake.set()
        await until(lambda: len(one.done) + len(other.done) == 4)

        assert (await one.people.feedback.list(ANNA)).total == 4
    assert len(model.asked) == 4 * PASSES


async def test_telling_that_fails_costs_nothing(at: World):
    async def broken(_: object) -> None:
        raise RuntimeError("Discord is away")

    at.desk.tells(broken)
    await at.ask(await at.answered())
    await until(lambda: at.desk.counters.finished == 1)

    assert (await at.people.feedback.list(ANNA)).total == 1


async def test_a_judgement_that_breaks_fails_the_job_and_not_the_desk(folder: Path, model: LoopbackModel):
    class Broken:
        def case(self, transcript: object, **_: object) -> Any:
            raise ZeroDivisionError(transcript)

        measured = case

    async with world(folder, model.url, judge=Broken()) as at:
        transcript = await at.answered()
        for number in (1, 2):
            await at.jobs.add(
                ANNA,
                transcript,
                guild_id=None,
                tokens=1,
                options={"kind": "behavioural", "language": "en"},
                interaction_id=number,
                at=at.clock.now(),
            )
            at.desk._wake.set()
            assert (await at.told(number)).reason == Reason.UNREADABLE


async def test_nothing_of_a_request_is_in_the_log(at: World, model: LoopbackModel, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    model.script(failing(500), cut_short(ANSWER), hanging_up())

    await at.ask(await at.answered())
    await again(at, 3)
    await at.told()

    for secret in ("nightly import", "anna@example.org", "Kovalenko", str(ANNA)):
        assert secret not in caplog.text


# Choosing


NOBODY: list[dict[str, Any]] = []
OPENAI: list[dict[str, Any]] = [{}]


def settings(**changes: Any) -> Settings:
    return Settings(_env_file=None, **{"feedback_model": "small-1"} | changes)  # type: ignore[call-arg]


def processor(**changes: Any) -> Processor:
    given: dict[str, Any] = {
        "name": "OpenAI", "enabled": True, "purpose": "feedback", "data": ("words",), "region": "Ireland",
        "transfer": "eea", "evidence_url": "https://openai.com/policies", "hosts": ("eu.api.openai.com",),
        "retention": "none",
    }  # fmt: skip
    return Processor(**given | changes)


def test_nobody_writes_unless_somebody_is_set():
    assert chosen(settings(), []) is None
    assert elsewhere(settings()) == ""


async def test_openai_is_asked_in_the_eu_unless_it_is_set_otherwise():
    set_ = settings(feedback_writer="openai", feedback_key="sk-test")

    writer = chosen(set_, [processor()])

    assert writer is not None
    async with writer:
        assert (writer.host, writer.region) == ("eu.api.openai.com", "Ireland")
    assert elsewhere(set_) == "eu.api.openai.com"


async def test_a_preview_says_on_what_sending_words_there_rests(folder: Path):
    set_ = settings(feedback_writer="openai", feedback_key="sk-test")
    async with world(folder, None) as at:
        stores: Any = at.people
        async with open_desk(
            set_,
            stores,
            processors=[processor(transfer="scc")],
            bank=load_questions(),
            rubrics=load_rubrics(),
            clock=at.clock,
        ) as desk:
            transcript = await at.view(await at.answered())
            preview = await desk.preview(ANNA, transcript, guild_id=None, kind=InterviewType.CASE, language="en")

    said = previewed(words_in("en"), preview, title="Practice")
    assert preview.transfer == "scc"
    assert "**eu.api.openai.com** (Ireland, standard contractual clauses)" in said


@pytest.mark.parametrize(
    ("changes", "processors"),
    [
        ({"feedback_writer": "openai", "feedback_key": "sk-test"}, NOBODY),
        ({"feedback_writer": "openai", "feedback_key": "sk-test"}, [{"enabled": False}]),
        ({"feedback_writer": "openai", "feedback_key": "sk-test", "feedback_residency": "us"}, OPENAI),
        ({"feedback_writer": "openai"}, OPENAI),
        ({"feedback_writer": "openai", "feedback_key": "sk-test", "feedback_model": " "}, OPENAI),
        ({"feedback_writer": "compatible"}, OPENAI),
        ({"feedback_writer": "compatible", "feedback_url": "http://models.example/v1"}, OPENAI),
        ({"feedback_writer": "compatible", "feedback_url": "https://models.example/v1"}, OPENAI),
    ],
)
def test_a_writer_that_people_are_not_told_of_does_not_start(changes: dict[str, Any], processors: list[dict[str, Any]]):
    with pytest.raises(StartRefused) as refused:
        chosen(settings(**changes), [processor(**each) for each in processors])

    assert str(refused.value).endswith(".")
    assert "sk-test" not in str(refused.value)


async def test_a_writer_on_this_machine_needs_no_processor():
    set_ = settings(feedback_writer="compatible", feedback_url="http://127.0.0.1:11434/v1")

    writer = chosen(set_, [])

    async with AsyncExitStack() as stack:
        assert writer is not None
        await stack.enter_async_context(writer)
        assert writer.region == HERE
    assert elsewhere(set_) == ""
