"""Jobs and budgets of feedback, on both databases."""

from __future__ import annotations

import asyncio
import json
from base64 import b64encode
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import insert, select, update

from storage.errors import NotFound, TooManyJobs
from storage.jobs import ATTEMPTS, JOB_LIFE, LEASE, OPEN_JOBS, Go, Jobs, Left, Limits, Reason, State, options_place
from storage.ledger import Purpose
from storage.models import AiJob, Budget, Reservation
from tests.storage import reserving
from tests.storage.conftest import ENGINES
from tests.storage.forked import fork
from tests.storage.people import ANNA, BEN, CLEO, NOW, People, people_over, press, words_of

if TYPE_CHECKING:
    from storage.database import Databases
    from storage.jobs import Asked, Claimed
    from storage.keys import EnvironmentKeys
    from tests.storage.conftest import Installation

SERVER = 99
REPORT = {"strength": "You say what you did.", "quote": words_of(ANNA)}
both = pytest.mark.parametrize("installation", ENGINES, indirect=True)
one = pytest.mark.parametrize("installation", ["sqlite"], indirect=True)


@pytest_asyncio.fixture
async def people(databases: Databases, provider: EnvironmentKeys) -> People:
    people = await people_over(databases, provider)
    await people.join(ANNA, BEN)
    return people


def jobs_of(people: People, *, person_day: int | None = None, server_month: int | None = None) -> Jobs:
    return Jobs(
        people.databases.content,
        people.keyring,
        people.secrets,
        people.subjects,
        people.ledger,
        limits=Limits(person_day, server_month),
    )


async def ask(jobs: Jobs, user_id: int, transcript: UUID, *, number: int = 1, **changes: Any) -> Asked:
    given: dict[str, Any] = {"guild_id": SERVER, "tokens": 1000, "options": {"rubric": "technical"}, "at": NOW}
    return await jobs.add(user_id, transcript, interaction_id=10**9 + number, **given | changes)


async def claimed_by(jobs: Jobs, at: Any = NOW) -> Claimed:
    claimed = await jobs.claim(at=at)
    assert claimed is not None
    return claimed


async def sending(jobs: Jobs, tokens: int = 1000, at: Any = NOW) -> Claimed:
    claimed = await claimed_by(jobs, at)
    assert await jobs.begin(claimed, tokens=tokens, at=at) is Go.SEND
    return claimed


async def used(people: People) -> dict[str, tuple[int, int]]:
    """By period: what is reserved, and what was used."""
    async with people.databases.content.read() as connection:
        found = await connection.execute(select(Budget.period, Budget.reserved_tokens, Budget.spent_tokens))
        return {row[0]: (row[1], row[2]) for row in found}


async def state(jobs: Jobs, user_id: int = ANNA) -> list[tuple[State, Reason | None, int]]:
    return [(each.state, each.reason, each.attempts) for each in await jobs.standing(user_id, at=NOW)]


@both
async def test_a_job_ends_as_feedback_and_is_settled_to_what_was_used(people: People):
    jobs = jobs_of(people, person_day=5000, server_month=9000)
    transcript = await people.save(ANNA, ANNA)
    asked = await ask(jobs, ANNA, transcript)

    claimed = await sending(jobs)

    assert (claimed.id, claimed.user_id, claimed.transcript_id) == (asked.id, ANNA, transcript)
    assert claimed.options == {"rubric": "technical"}
    assert await used(people) == {"2026-11-23": (1000, 0), "2026-11": (1000, 0)}
    assert await jobs.left(ANNA, SERVER, at=NOW) == Left(4000, 8000)

    feedback = await jobs.finish(claimed, REPORT, used=321, model="small-1", schema_ver=1, at=NOW)

    assert feedback is not None
    assert (await people.feedback.view(ANNA, feedback)).report == REPORT
    assert await used(people) == {"2026-11-23": (0, 321), "2026-11": (0, 321)}
    assert await state(jobs) == []
    assert not await jobs.waiting(at=NOW)


@both
async def test_the_copy_of_an_interaction_asks_for_nothing_even_when_the_job_is_done(people: People):
    jobs = jobs_of(people)
    transcript = await people.save(ANNA, ANNA)

    first = await ask(jobs, ANNA, transcript)
    again = await ask(jobs, ANNA, transcript)
    claimed = await sending(jobs)
    await jobs.finish(claimed, REPORT, used=1, model="m", schema_ver=1, at=NOW)
    late = await ask(jobs, ANNA, transcript)

    assert first.new
    assert [again, late] == [type(first)(first.id, new=False)] * 2
    assert await jobs.claim(at=NOW) is None


@one
async def test_another_press_does_not_ask_twice_while_the_first_is_under_way(people: People):
    jobs = jobs_of(people)
    transcript = await people.save(ANNA, ANNA)
    first = await ask(jobs, ANNA, transcript, number=1)

    second = await ask(jobs, ANNA, transcript, number=2)

    assert (second.id, second.new) == (first.id, False)


@one
async def test_a_failed_job_makes_room_for_another_try(people: People):
    jobs = jobs_of(people)
    transcript = await people.save(ANNA, ANNA)
    await ask(jobs, ANNA, transcript, number=1)
    await jobs.give_up(await sending(jobs), Reason.REFUSED, used=50)
    assert await state(jobs) == [(State.FAILED, Reason.REFUSED, 1)]

    again = await ask(jobs, ANNA, transcript, number=2)

    assert again.new
    assert await state(jobs) == [(State.WAITING, None, 0)]


@one
async def test_nobody_asks_about_somebody_elses_transcript_or_learns_that_it_exists(people: People):
    jobs = jobs_of(people)
    transcript = await people.save(ANNA, ANNA, BEN)

    for user_id, which in ((BEN, transcript), (CLEO, transcript), (ANNA, uuid4())):
        with pytest.raises(NotFound):
            await ask(jobs, user_id, which, number=user_id)


@one
async def test_nobody_has_more_jobs_under_way_than_allowed(people: People):
    jobs = jobs_of(people)
    saved = [await people.save(ANNA, ANNA) for _ in range(OPEN_JOBS + 1)]
    for number, transcript in enumerate(saved[:-1]):
        await ask(jobs, ANNA, transcript, number=number)

    with pytest.raises(TooManyJobs):
        await ask(jobs, ANNA, saved[-1], number=77)

    assert len(await state(jobs)) == OPEN_JOBS


@both
async def test_without_consent_nothing_is_sent_and_nothing_reserved(people: People):
    jobs = jobs_of(people)
    await ask(jobs, ANNA, await people.save(ANNA, ANNA))
    claimed = await claimed_by(jobs)
    await people.ledger.withdraw(ANNA, [Purpose.AI_FEEDBACK], press())

    assert await jobs.begin(claimed, tokens=10, at=NOW) is Go.CONSENT

    assert await used(people) == {}
    assert await state(jobs) == [(State.FAILED, Reason.CONSENT, 0)]


@both
async def test_a_withdrawal_that_another_process_wrote_counts_at_once(people: People, provider: EnvironmentKeys):
    elsewhere = await people_over(people.databases, provider)
    jobs = jobs_of(people)
    await ask(jobs, ANNA, await people.save(ANNA, ANNA))
    claimed = await claimed_by(jobs)
    await elsewhere.ledger.withdraw(ANNA, [Purpose.AI_FEEDBACK], press())
    assert people.ledger.allowed(ANNA, Purpose.AI_FEEDBACK), "this process has not heard of it yet"

    assert await jobs.begin(claimed, tokens=10, at=NOW) is Go.CONSENT


@both
async def test_nothing_more_is_sent_of_what_another_process_deleted_or_heard_a_no_to(
    people: People, provider: EnvironmentKeys
):
    jobs, other = jobs_of(people), await people_over(people.databases, provider)
    await people.ledger.give(CLEO, [Purpose.AI_FEEDBACK], press(), attested_age=16)
    held, withdrawn, deleted = [await people.save(who, who) for who in (CLEO, ANNA, BEN)]
    for number, (who, transcript) in enumerate(((CLEO, held), (ANNA, withdrawn), (BEN, deleted))):
        await ask(jobs, who, transcript, number=number)
    claims = {claimed.user_id: claimed for claimed in [await sending(jobs) for _ in range(3)]}
    before = {who: await jobs.again(claimed, at=NOW) for who, claimed in claims.items()}

    await other.ledger.withdraw(ANNA, [Purpose.AI_FEEDBACK], press())
    await other.erasure().transcript(BEN, deleted, at=NOW)

    assert before == {ANNA: True, BEN: True, CLEO: True}
    assert {who: await jobs.again(claimed, at=NOW) for who, claimed in claims.items()} == {
        ANNA: False,
        BEN: False,
        CLEO: True,
    }


@one
async def test_what_comes_back_after_a_withdrawal_is_not_kept_but_paid(people: People):
    jobs = jobs_of(people)
    await ask(jobs, ANNA, await people.save(ANNA, ANNA))
    claimed = await sending(jobs)
    await people.ledger.withdraw(ANNA, [Purpose.AI_FEEDBACK], press())

    assert await jobs.finish(claimed, REPORT, used=70, model="m", schema_ver=1, at=NOW) is None

    assert (await people.feedback.list(ANNA)).total == 0
    assert (await used(people))["2026-11-23"] == (0, 70)
    assert await state(jobs) == [(State.FAILED, Reason.CONSENT, 1)]


@one
async def test_a_withdrawal_ends_what_waits_and_what_is_out(people: People):
    jobs = jobs_of(people)
    for number in range(2):
        await ask(jobs, ANNA, await people.save(ANNA, ANNA), number=number)
    claimed = await sending(jobs)

    ended = await jobs.withdrawn(ANNA)

    assert len(ended) == 2
    assert {reason for _, reason, _ in await state(jobs)} == {Reason.CONSENT}
    assert await jobs.finish(claimed, REPORT, used=5, model="m", schema_ver=1, at=NOW) is None
    assert await jobs.claim(at=NOW) is None


@pytest.mark.parametrize("limits", [{"person_day": 1999}, {"server_month": 1999}])
@both
async def test_who_has_used_up_a_budget_is_told_which(people: People, limits: dict[str, int]):
    jobs = jobs_of(people, **limits)
    for number in range(2):
        await ask(jobs, ANNA, await people.save(ANNA, ANNA), number=number)
    await sending(jobs)
    claimed = await claimed_by(jobs)

    go = await jobs.begin(claimed, tokens=1000, at=NOW)

    reason = Reason.PERSON_BUDGET if "person_day" in limits else Reason.SERVER_BUDGET
    assert go == reason.value
    assert (State.FAILED, reason, 0) in await state(jobs)
    assert {reserved for reserved, _ in (await used(people)).values()} == {1000}


@one
async def test_budgets_begin_anew_with_the_day_and_the_month_and_are_each_servers_own(people: People):
    jobs = jobs_of(people, person_day=1000, server_month=1000)
    for number in range(3):
        await ask(jobs, ANNA, await people.save(ANNA, ANNA), number=number, guild_id=None)
    await jobs.finish(await sending(jobs), REPORT, used=1000, model="m", schema_ver=1, at=NOW)

    assert await jobs.left(ANNA, None, at=NOW) == Left(0, 0)
    assert await jobs.left(BEN, None, at=NOW) == Left(1000, 0)
    assert await jobs.left(ANNA, SERVER, at=NOW) == Left(0, 1000)
    assert await jobs.left(ANNA, None, at=NOW + timedelta(days=1)) == Left(1000, 0)
    assert await jobs.left(ANNA, None, at=NOW + timedelta(days=9)) == Left(1000, 1000)


async def fill(people: People, count: int) -> None:
    """So many jobs at once, past `add`, which would let one person have five."""
    anna, transcript = await people.subject(ANNA), await people.save(ANNA, ANNA)
    ids = [uuid4() for _ in range(count)]
    async with people.keyring.unlocked(anna) as keys, people.databases.content.write() as connection:
        rows = [
            {
                "id": each,
                "transcript_id": transcript,
                "owner_id": anna,
                "server_idx": people.secrets.index("guild", SERVER),
                "enc_options": keys.seal(anna, b"{}", options_place(each)),
                "state": "waiting",
                "attempts": 0,
                "interrupted": 0,
                "not_before_at": NOW,
                "reserved_tokens": 0,
                "expires_at": NOW + JOB_LIFE,
            }
            for each in ids
        ]
        await connection.execute(insert(AiJob), rows)


@both
async def test_a_hundred_at_once_never_exceed_the_budget(people: People):
    jobs = jobs_of(people, server_month=10_500)
    await fill(people, 100)

    async def work() -> list[Go]:
        went: list[Go] = []
        while (claimed := await jobs.claim(at=NOW)) is not None:
            went.append(await jobs.begin(claimed, tokens=1000, at=NOW))
        return went

    went = [each for some in await asyncio.gather(*(work() for _ in range(8))) for each in some]

    assert len(went) == 100
    assert went.count(Go.SEND) == 10
    assert went.count(Go.SERVER_BUDGET) == 90
    assert (await used(people))["2026-11"] == (10_000, 0)


@one
async def test_processes_that_work_at_once_never_exceed_the_budget_or_send_twice(
    people: People, installation: Installation, provider: EnvironmentKeys
):
    await fill(people, 40)
    keys = ",".join(f"{version}:{b64encode(bytes(key)).decode()}" for version, key in provider._keys.items())

    processes = [fork(reserving.work, installation, keys, 10_500) for _ in range(2)]
    said = [await asyncio.to_thread(each.end) for each in processes]

    went = [json.loads(line) for out in said for line in out.splitlines()]
    assert [each.process.exitcode for each in processes] == [0, 0]
    assert len(went) == len({job for job, _ in went}) == 40
    assert [go for _, go in went].count("send") == 10
    assert (await used(people))["2026-11"] == (10_000, 0)


@both
async def test_a_job_whose_process_died_while_sending_is_paid_and_tried_once_more(people: People):
    jobs = jobs_of(people)
    await ask(jobs, ANNA, await people.save(ANNA, ANNA))
    dead = await sending(jobs)
    later = NOW + LEASE

    assert await jobs.recover(at=later - timedelta(seconds=1)) == 0
    assert await jobs.waiting(at=later)
    assert await jobs.recover(at=later) == 1
    assert await jobs.recover(at=later) == 0

    assert (await used(people))["2026-11-23"] == (0, 1000)
    assert await state(jobs) == [(State.WAITING, Reason.INTERRUPTED, 1)]
    await sending(jobs, at=later)
    # The dead one was only slow: nothing that it brings counts any more.
    assert await jobs.finish(dead, REPORT, used=1, model="m", schema_ver=1, at=later) is None
    assert (await used(people))["2026-11-23"] == (1000, 1000)


@one
async def test_a_job_over_which_processes_died_twice_is_given_back(people: People):
    jobs = jobs_of(people)
    await ask(jobs, ANNA, await people.save(ANNA, ANNA))
    await sending(jobs)
    await jobs.recover(at=NOW + LEASE)
    await sending(jobs, at=NOW + LEASE)

    await jobs.recover(at=NOW + 2 * LEASE)

    assert await state(jobs) == [(State.FAILED, Reason.INTERRUPTED, 2)]
    assert (await used(people))["2026-11-23"] == (0, 2000)


@one
async def test_a_job_that_kills_whoever_reads_it_is_not_read_for_ever(people: People):
    jobs = jobs_of(people)
    await ask(jobs, ANNA, await people.save(ANNA, ANNA))
    for round_ in (1, 2):
        await claimed_by(jobs, NOW + (round_ - 1) * LEASE)
        await jobs.recover(at=NOW + round_ * LEASE)

    assert await jobs.claim(at=NOW + 2 * LEASE) is None
    assert await state(jobs) == [(State.FAILED, Reason.INTERRUPTED, 0)]
    assert await used(people) == {}


@one
async def test_who_says_a_word_in_time_keeps_the_job(people: People):
    jobs = jobs_of(people)
    await ask(jobs, ANNA, await people.save(ANNA, ANNA))
    claimed = await sending(jobs)

    assert await jobs.renew(claimed, at=NOW + LEASE / 2)

    assert await jobs.recover(at=NOW + LEASE) == 0
    assert await jobs.recover(at=NOW + LEASE * 1.5) == 1
    assert not await jobs.renew(claimed, at=NOW + LEASE * 1.5)


@one
async def test_a_job_is_put_off_until_its_moment_and_three_times_at_most(people: People):
    jobs = jobs_of(people)
    await ask(jobs, ANNA, await people.save(ANNA, ANNA))
    at = NOW
    for attempt in range(1, ATTEMPTS + 1):
        claimed = await sending(jobs, at=at)
        at += timedelta(minutes=1)

        again = await jobs.put_off(claimed, Reason.BUSY, used=0, not_before_at=at)

        assert again is (attempt < ATTEMPTS)
        assert not await jobs.waiting(at=at - timedelta(seconds=1))
    assert await state(jobs) == [(State.FAILED, Reason.BUSY, ATTEMPTS)]
    assert (await used(people))["2026-11-23"] == (0, 0)


@one
async def test_what_would_be_tried_after_its_day_fails_now(people: People):
    jobs = jobs_of(people)
    await ask(jobs, ANNA, await people.save(ANNA, ANNA))

    assert not await jobs.put_off(await sending(jobs), Reason.BUSY, used=0, not_before_at=NOW + JOB_LIFE)

    assert await state(jobs) == [(State.FAILED, Reason.BUSY, 1)]


@one
async def test_an_attempt_of_which_nobody_knows_what_it_took_is_paid_in_full(people: People):
    jobs = jobs_of(people)
    await ask(jobs, ANNA, await people.save(ANNA, ANNA))

    await jobs.put_off(await sending(jobs), Reason.UNAVAILABLE, used=None, not_before_at=NOW)

    assert (await used(people))["2026-11-23"] == (0, 1000)


@both
async def test_a_transcript_that_is_deleted_takes_its_jobs_along_and_the_attempt_is_still_settled(people: People):
    jobs = jobs_of(people)
    transcript = await people.save(ANNA, ANNA)
    await ask(jobs, ANNA, transcript)
    claimed = await sending(jobs)

    await people.transcripts.delete(ANNA, transcript)

    assert await jobs.finish(claimed, REPORT, used=30, model="m", schema_ver=1, at=NOW) is None
    assert (await used(people))["2026-11-23"] == (0, 30)


@both
async def test_a_job_is_gone_with_the_words_it_would_quote(people: People):
    jobs = jobs_of(people)
    transcript = await people.save(ANNA, ANNA, BEN)
    await ask(jobs, ANNA, transcript)
    claimed = await sending(jobs)

    await people.transcripts.redact(BEN, transcript, 1, at=NOW)

    assert await jobs.finish(claimed, REPORT, used=30, model="m", schema_ver=1, at=NOW) is None
    assert (await people.feedback.list(ANNA)).total == 0


@both
async def test_an_erased_persons_jobs_go_and_leave_no_budget_behind(people: People):
    jobs = jobs_of(people)
    await ask(jobs, ANNA, await people.save(ANNA, ANNA), number=1)
    await ask(jobs, ANNA, await people.save(ANNA, ANNA), number=2)
    out, held = await sending(jobs), await claimed_by(jobs)

    await people.erasure().account(ANNA, at=NOW)

    assert await jobs.finish(out, REPORT, used=30, model="m", schema_ver=1, at=NOW) is None
    assert await jobs.begin(held, tokens=10, at=NOW) is Go.GONE
    rows = await people.rows()
    assert (rows["ai_job"], rows["reservation"], rows["feedback"]) == (0, 0, 0)
    assert set(await used(people)) == {"2026-11"}, "the server's, which names nobody"


@one
async def test_a_cancelled_job_is_gone_and_nobody_cancels_anothers(people: People):
    jobs = jobs_of(people)
    asked = await ask(jobs, ANNA, await people.save(ANNA, ANNA))

    assert not await jobs.cancel(BEN, asked.id)
    assert await jobs.cancel(ANNA, asked.id)
    assert not await jobs.cancel(ANNA, asked.id)

    assert await jobs.claim(at=NOW) is None


@one
async def test_a_job_that_was_tampered_with_fails_and_the_next_one_is_worked(people: People):
    jobs = jobs_of(people)
    broken = await ask(jobs, ANNA, await people.save(ANNA, ANNA), number=1)
    whole = await ask(jobs, BEN, await people.save(BEN, BEN), number=2, at=NOW + timedelta(seconds=1))
    async with people.databases.content.write() as connection:
        await connection.execute(update(AiJob).where(AiJob.id == broken.id).values(enc_options=b"\x01" + bytes(60)))

    claimed = await jobs.claim(at=NOW + timedelta(seconds=1))

    assert claimed is not None
    assert claimed.id == whole.id
    assert await state(jobs) == [(State.FAILED, Reason.UNREADABLE, 0)]


@one
async def test_a_job_that_was_handed_back_can_be_claimed_at_once(people: People):
    jobs = jobs_of(people)
    await ask(jobs, ANNA, await people.save(ANNA, ANNA))
    claimed = await claimed_by(jobs)
    assert await jobs.claim(at=NOW) is None

    await jobs.hand_back(claimed)

    again = await claimed_by(jobs)
    assert (again.id, again.attempts) == (claimed.id, 0)
    assert again.attempt != claimed.attempt


@one
async def test_jobs_and_what_they_hold_show_nothing_of_people(people: People):
    jobs = jobs_of(people)
    await ask(jobs, ANNA, await people.save(ANNA, ANNA), options={"note": words_of(ANNA)})

    claimed = await sending(jobs)

    shown = f"{claimed!r} {jobs!r} {await jobs.standing(ANNA, at=NOW)!r}"
    assert str(ANNA) not in shown
    assert words_of(ANNA) not in shown


@one
async def test_reservations_that_nobody_settled_are_gone_after_a_day(people: People):
    jobs = jobs_of(people)
    await ask(jobs, ANNA, await people.save(ANNA, ANNA))
    await sending(jobs)

    async with people.databases.content.read() as connection:
        expires_at = (await connection.execute(select(Reservation.expires_at))).scalar_one()

    assert expires_at == NOW + JOB_LIFE
