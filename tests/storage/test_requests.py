from __future__ import annotations

import asyncio
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from storage.errors import CodeRefused, NotFound, StorageError
from storage.models import Request
from storage.requests import (
    CODE_ATTEMPTS,
    CODE_BYTES,
    CODE_LIFE,
    DEADLINE,
    Outcome,
    RequestKind,
    Requests,
    _read,
    _spelled,
)
from tests.storage.people import ANNA, BEN, NOW, People, bytes_in, people_over

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from uuid import UUID

    from storage.database import Databases
    from storage.keys import EnvironmentKeys
    from tests.storage.conftest import Installation

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
numbers = count(1_000)  # above those that a test names


@pytest_asyncio.fixture
async def people(databases: Databases, provider: EnvironmentKeys) -> People:
    return await people_over(databases, provider)


@pytest_asyncio.fixture
async def elsewhere(installation: Installation, provider: EnvironmentKeys) -> AsyncIterator[People]:
    """The same, as another process has it."""
    async with installation.open() as databases:
        yield await people_over(databases, provider)


@pytest.fixture
def requests(people: People) -> Requests:
    return people.requests


async def add(
    requests: Requests, user_id: int = ANNA, kind: RequestKind = RequestKind.ACCESS, *, text: str = "", number: int = 0
) -> UUID:
    return await requests.add(user_id, kind, interaction_id=number or next(numbers), at=NOW, text=text)


async def add_email(requests: Requests, *, at: datetime = NOW, text: str = "") -> tuple[UUID, str]:
    return await requests.add_email(RequestKind.ERASURE, received_at=at, at=at, text=text)


# Putting down


async def test_a_request_says_what_is_asked_for_and_by_when(requests: Requests) -> None:
    for user_id, kind in enumerate(RequestKind, ANNA):
        request = await add(requests, user_id, kind, text="моє ім'я написано неправильно")

        (entry,) = await requests.of(user_id)

        assert (entry.id, entry.kind, entry.via, entry.confirmed) == (request, kind, "discord", True)
        assert entry.text == "моє ім'я написано неправильно"
        assert (entry.received_at, entry.due_at) == (NOW, NOW + timedelta(days=30))
        assert (entry.closed_at, entry.outcome) == (None, None)


async def test_a_copy_of_an_interaction_is_put_down_once(requests: Requests, elsewhere: People) -> None:
    together = (add(each, number=123) for each in (requests, elsewhere.requests) for _ in range(10))
    ids = await asyncio.gather(*together)

    assert len(set(ids)) == 1
    assert len(await requests.of(ANNA)) == 1


async def test_a_damaged_request_keeps_no_other_from_being_answered(requests: Requests, databases: Databases) -> None:
    damaged, code = await add_email(requests, text="damaged")
    whole = await add(requests, text="whole")
    async with databases.content.write() as connection:
        await connection.execute(update(Request).where(Request.id == damaged).values(enc_detail=b"x" * 99))

    assert {entry.id: entry.text for entry in await requests.entries()} == {damaged: None, whole: "whole"}
    with pytest.raises(StorageError):
        await requests.confirm(ANNA, code, at=NOW)
    assert await requests.close(damaged, Outcome.UNCONFIRMED, at=NOW)


async def test_people_see_their_own_requests_only(requests: Requests) -> None:
    mine = await add(requests, ANNA)
    await add(requests, BEN)
    await add_email(requests)

    assert [entry.id for entry in await requests.of(ANNA)] == [mine]
    assert len(await requests.entries()) == 3


async def test_a_request_longer_than_discord_allows_is_refused(requests: Requests) -> None:
    with pytest.raises(ValueError, match="4000"):
        await add(requests, text="x" * 4001)
    with pytest.raises(ValueError, match="4000"):
        await add_email(requests, text="x" * 4001)


async def test_what_is_written_is_in_no_file(sqlite: Installation, provider: EnvironmentKeys) -> None:
    async with sqlite.open() as databases:
        people = await people_over(databases, provider)
        await add(people.requests, text="canary-81c2")
        _, code = await add_email(people.requests, text="canary-81c2 anna@example.net")

        files = bytes_in(sqlite.folder)

    assert b"canary-81c2" not in files
    assert b"anna@example.net" not in files
    assert str(ANNA).encode() not in files
    assert code[9:].replace("-", "").encode() not in files
    assert _read(code)[1] not in files


# Deadlines


async def test_reminders_come_at_day_20_and_27_once_each_and_overdue_is_red(requests: Requests) -> None:
    await add(requests)
    came: list[tuple[float, int]] = []
    red: list[float] = []
    for day in (0, 1, 19, 19.5, 20, 20.5, 21, 26.5, 27, 27.5, 29.5, 30, 30.5, 31):
        now = NOW + day * DAY
        came += [((now - NOW) / DAY, reminder.day) for reminder in await requests.reminders(now=now)]
        if (await requests.health(now=now)).red:
            red.append((now - NOW) / DAY)

    assert came == [(20, 20), (27, 27)]
    assert red == [30.5, 31]


async def test_reminders_come_to_the_second(requests: Requests) -> None:
    await add(requests)

    for day in (20, 27):
        assert await requests.reminders(now=NOW + day * DAY - SECOND) == []
        (reminder,) = await requests.reminders(now=NOW + day * DAY)
        assert (reminder.day, reminder.due_at) == (day, NOW + DEADLINE)


async def test_after_a_long_pause_both_reminders_come_once(requests: Requests) -> None:
    await add(requests)

    assert [each.day for each in await requests.reminders(now=NOW + 40 * DAY)] == [20, 27]
    assert await requests.reminders(now=NOW + 50 * DAY) == []


async def test_a_clock_that_goes_back_reminds_of_nothing_again(requests: Requests) -> None:
    await add(requests)
    await requests.reminders(now=NOW + 27 * DAY)

    assert await requests.reminders(now=NOW + 20 * DAY) == []
    assert await requests.reminders(now=NOW + 28 * DAY) == []


async def test_each_reminder_comes_to_one_of_many_processes(requests: Requests, elsewhere: People) -> None:
    for _ in range(3):
        await add(requests)

    found = await asyncio.gather(
        *(each.reminders(now=NOW + 20 * DAY) for each in (requests, elsewhere.requests) for _ in range(5))
    )

    assert sum(len(each) for each in found) == 3


async def test_a_closed_request_reminds_of_nothing_and_is_never_overdue(requests: Requests) -> None:
    request = await add(requests)

    assert await requests.close(request, Outcome.DONE, at=NOW + DAY)

    assert await requests.reminders(now=NOW + 40 * DAY) == []
    health = await requests.health(now=NOW + 40 * DAY)
    assert (health.open, health.overdue, health.next_due_at, health.red) == (0, 0, None, False)
    (entry,) = await requests.entries(closed=True)
    assert (entry.closed_at, entry.outcome) == (NOW + DAY, Outcome.DONE)
    assert await requests.entries() == []


async def test_a_request_is_closed_once(requests: Requests) -> None:
    request = await add(requests)

    assert await requests.close(request, Outcome.REFUSED, at=NOW + DAY)
    assert not await requests.close(request, Outcome.DONE, at=NOW + 2 * DAY)

    (entry,) = await requests.of(ANNA)
    assert (entry.closed_at, entry.outcome) == (NOW + DAY, Outcome.REFUSED)


async def test_what_does_not_exist_is_not_closed(requests: Requests, people: People) -> None:
    await people.join(ANNA)

    with pytest.raises(NotFound):
        await requests.close(await people.subject(ANNA), Outcome.DONE, at=NOW)


async def test_health_counts_what_is_open_and_names_the_next_deadline(requests: Requests) -> None:
    await add(requests)
    await add_email(requests, at=NOW - 31 * DAY)

    health = await requests.health(now=NOW)

    assert (health.open, health.overdue, health.next_due_at) == (2, 1, NOW - DAY)


# Requests that came by e-mail


async def test_a_request_by_email_is_nobodys_until_its_code_is_entered(requests: Requests) -> None:
    request, code = await add_email(requests, text="erase me")
    assert await requests.of(ANNA) == []
    (waiting,) = await requests.entries()
    assert (waiting.confirmed, waiting.via, waiting.text) == (False, "email", "erase me")

    entry = await requests.confirm(ANNA, code, at=NOW)

    assert (entry.id, entry.confirmed, entry.text) == (request, True, "erase me")
    assert await requests.of(ANNA) == [entry]
    assert await requests.entries() == [entry]
    assert entry.due_at == NOW + DEADLINE


async def test_a_confirmed_request_opens_with_its_owners_key_only(requests: Requests, people: People) -> None:
    _, code = await add_email(requests, text="erase me")
    await requests.confirm(ANNA, code, at=NOW)

    await people.keyring.destroy(await people.subject(ANNA), at=NOW)

    assert [entry.text for entry in await requests.entries()] == [None]


async def test_a_code_may_be_typed_as_people_type(requests: Requests) -> None:
    for change in (str.lower, spaced, joined, misread):
        _, code = await add_email(requests)

        await requests.confirm(ANNA, change(code), at=NOW)


def spaced(code: str) -> str:
    return f" {code.replace('-', ' ')} "


def joined(code: str) -> str:
    return code.replace("-", "")


def misread(code: str) -> str:
    return code.replace("O", "0").replace("I", "1").replace("B", "8")


async def test_a_code_is_good_once(requests: Requests) -> None:
    _, code = await add_email(requests)
    await requests.confirm(ANNA, code, at=NOW)

    for user_id in (ANNA, BEN):
        with pytest.raises(CodeRefused):
            await requests.confirm(user_id, code, at=NOW)
    assert await requests.of(BEN) == []


async def test_of_many_who_enter_a_code_at_once_one_gets_the_request(requests: Requests, elsewhere: People) -> None:
    _, code = await add_email(requests)

    entered = await asyncio.gather(
        *(each.confirm(ANNA + n, code, at=NOW) for n, each in enumerate([requests, elsewhere.requests] * 3)),
        return_exceptions=True,
    )

    assert sum(not isinstance(each, BaseException) for each in entered) == 1
    assert all(isinstance(each, CodeRefused) for each in entered if isinstance(each, BaseException))


async def test_a_code_is_good_for_72_hours(requests: Requests) -> None:
    _, early = await add_email(requests)
    _, late = await add_email(requests)

    await requests.confirm(ANNA, early, at=NOW + CODE_LIFE - SECOND)
    with pytest.raises(CodeRefused):
        await requests.confirm(ANNA, late, at=NOW + CODE_LIFE)


def wrong(code: str) -> str:
    return code[:-1] + ("A" if code[-1] != "A" else "E")


async def test_after_five_wrong_tries_the_right_code_is_refused(requests: Requests) -> None:
    _, code = await add_email(requests)
    _, other = await add_email(requests)
    for _ in range(CODE_ATTEMPTS):
        with pytest.raises(CodeRefused):
            await requests.confirm(BEN, wrong(code), at=NOW)

    with pytest.raises(CodeRefused):
        await requests.confirm(ANNA, code, at=NOW)

    await requests.confirm(ANNA, other, at=NOW)


async def test_four_wrong_tries_leave_one(requests: Requests) -> None:
    _, code = await add_email(requests)
    for _ in range(CODE_ATTEMPTS - 1):
        with pytest.raises(CodeRefused):
            await requests.confirm(ANNA, wrong(code), at=NOW)

    await requests.confirm(ANNA, code, at=NOW)


async def test_tries_that_are_used_up_while_the_right_code_is_looked_at_count(
    requests: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, code = await add_email(requests)
    sealed = requests._sealed

    async def others_were_quicker(*given: Any) -> bytes:
        for _ in range(CODE_ATTEMPTS):
            with pytest.raises(CodeRefused):
                await requests.confirm(BEN, wrong(code), at=NOW)
        return await sealed(*given)

    monkeypatch.setattr(requests, "_sealed", others_were_quicker)

    with pytest.raises(CodeRefused):
        await requests.confirm(ANNA, code, at=NOW)
    assert await requests.of(ANNA) == []


async def test_another_code_makes_the_one_before_void(requests: Requests) -> None:
    request, first = await add_email(requests)
    for _ in range(CODE_ATTEMPTS):
        with pytest.raises(CodeRefused):
            await requests.confirm(ANNA, wrong(first), at=NOW)

    second = await requests.new_code(request, at=NOW + CODE_LIFE)

    with pytest.raises(CodeRefused):
        await requests.confirm(ANNA, first, at=NOW + CODE_LIFE)
    await requests.confirm(ANNA, second, at=NOW + CODE_LIFE)
    with pytest.raises(NotFound):
        await requests.new_code(request, at=NOW + CODE_LIFE)


async def test_a_closed_request_has_no_code(requests: Requests) -> None:
    request, code = await add_email(requests)
    await requests.close(request, Outcome.UNCONFIRMED, at=NOW)

    with pytest.raises(CodeRefused):
        await requests.confirm(ANNA, code, at=NOW)
    with pytest.raises(NotFound):
        await requests.new_code(request, at=NOW)


async def test_what_is_no_code_is_refused_like_a_wrong_one(requests: Requests) -> None:
    await add_email(requests)

    for code in ("", "-", "ABCDEFGH", "hello", "Ä" * 34, "A" * 4000, "=" * 34):
        with pytest.raises(CodeRefused):
            await requests.confirm(ANNA, code, at=NOW)


async def test_codes_differ_by_128_random_bits(requests: Requests) -> None:
    secrets = {_read((await add_email(requests))[1])[1] for _ in range(5)}

    assert len(secrets) == 5
    assert {len(secret) for secret in secrets} == {CODE_BYTES} == {16}


@given(st.uuids(), st.binary(min_size=CODE_BYTES, max_size=CODE_BYTES))
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_a_code_comes_back_as_it_was_spelled(request_id: UUID, secret: bytes) -> None:
    assert _read(_spelled(request_id, secret)) == (request_id.bytes[:5], secret)


# As a keeper


async def test_erasing_takes_ones_own_requests_and_no_others(requests: Requests, people: People) -> None:
    await add(requests, ANNA)
    await add(requests, BEN)
    await add_email(requests)

    assert await requests.erase(await people.subject(ANNA)) == {"request": 1}

    assert [len(await requests.of(who)) for who in (ANNA, BEN)] == [0, 1]
    assert len(await requests.entries()) == 2
