from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from storage.preferences import CaptionStyle, Preference, Preferences, Streak
from storage.questions import PER_GUILD, GuildQuestions, TooManyQuestions
from tests.storage.people import ANNA, BEN, NOW, People, bytes_in, people_over

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from storage.database import Databases
    from storage.keys import EnvironmentKeys
    from tests.storage.conftest import Installation

DAY = timedelta(days=1)


@pytest_asyncio.fixture
async def people(databases: Databases, provider: EnvironmentKeys) -> People:
    return await people_over(databases, provider)


@pytest_asyncio.fixture
async def elsewhere(installation: Installation, provider: EnvironmentKeys) -> AsyncIterator[People]:
    """The same, as another process has it."""
    async with installation.open() as databases:
        yield await people_over(databases, provider)


@pytest.fixture
def preferences(people: People) -> Preferences:
    return people.preferences


async def test_what_was_chosen_is_known_after_a_start_and_in_another_process(people: People, elsewhere: People) -> None:
    await people.preferences.change(ANNA, at=NOW, language="uk", captions=CaptionStyle.INITIALS)
    await people.preferences.change(BEN, at=NOW, results_by_dm=True)

    await elsewhere.preferences.refresh()

    assert elsewhere.preferences.language_of(ANNA) == "uk"
    assert elsewhere.preferences.known(ANNA).captions is CaptionStyle.INITIALS
    assert elsewhere.preferences.language_of(BEN) is None
    assert await elsewhere.preferences.of(BEN) == Preference(results_by_dm=True)
    assert await elsewhere.preferences.of(1) == Preference()


async def test_whoever_only_looks_leaves_nothing(people: People) -> None:
    await people.preferences.of(ANNA)
    await people.preferences.change(ANNA, at=NOW, language=None)
    await people.preferences.practised(ANNA, at=NOW)

    assert await people.subjects.find(ANNA) is None


async def test_choices_that_are_made_at_once_are_all_kept(people: People, elsewhere: People) -> None:
    await asyncio.gather(
        people.preferences.change(ANNA, at=NOW, language="de"),
        elsewhere.preferences.change(ANNA, at=NOW, results_by_dm=True),
        people.preferences.change(ANNA, at=NOW, time_zone="Europe/Berlin"),
    )

    assert await people.preferences.of(ANNA) == Preference("de", "Europe/Berlin", results_by_dm=True)


@pytest.mark.parametrize("wrong", [{"time_zone": "Mars/Olympus"}, {"time_zone": "../etc/passwd"}, {"language": "xx1"}])
async def test_what_is_no_language_and_no_zone_is_refused(preferences: Preferences, wrong: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=r"there is no such time zone|a language has two letters"):
        await preferences.change(ANNA, at=NOW, **wrong)

    assert await preferences.of(ANNA) == Preference()


async def test_a_day_is_a_day_where_the_person_is(preferences: Preferences) -> None:
    late = datetime(2026, 11, 23, 22, 30, tzinfo=UTC)
    await preferences.change(ANNA, at=late, time_zone="Europe/Kyiv", streak=Streak())

    await preferences.practised(ANNA, at=late)

    assert (await preferences.of(ANNA)).streak == Streak(date(2026, 11, 24), 1, 1, 1)


@given(st.lists(st.integers(0, 30), max_size=40))
def test_a_streak_counts_days_once_and_rows_of_days_as_they_are(days: list[int]) -> None:
    start = date(2026, 11, 1)
    streak = Streak()
    for day in sorted(days):
        streak = streak.and_on(start + day * DAY)

    seen = sorted(set(days))
    rows = [0]
    for position, day in enumerate(seen):
        rows.append(rows[-1] + 1 if position and day == seen[position - 1] + 1 else 1)
    assert (streak.total, streak.longest, streak.run) == (len(seen), max(rows), rows[-1])
    if seen:
        last = start + seen[-1] * DAY
        assert [streak.running(last + after * DAY) for after in range(3)] == [rows[-1], rows[-1], 0]


async def test_choices_go_with_the_account_from_rows_and_from_memory(people: People) -> None:
    await people.preferences.change(ANNA, at=NOW, language="uk", streak=Streak())

    erased = await people.erasure().account(ANNA, at=NOW)

    assert erased.rows["preference"] == 1
    assert people.preferences.language_of(ANNA) is None
    assert await people.preferences.of(ANNA) == Preference()


# Questions of a server


@pytest.fixture
def questions(people: People) -> GuildQuestions:
    return people.questions


async def test_a_servers_questions_are_its_own_and_say_whose_they_are(questions: GuildQuestions) -> None:
    (first,) = await questions.add(ANNA, 99, [{"text": "Why?"}], at=NOW)
    await questions.add(BEN, 99, [{"text": "How?"}], at=NOW + DAY)
    await questions.add(BEN, 98, [{"text": "Where?"}], at=NOW)

    kept = await questions.of(99, asks=ANNA)

    assert [(each.body["text"], each.mine) for each in kept] == [("Why?", True), ("How?", False)]
    assert not await questions.remove(98, first, at=NOW)
    assert await questions.remove(99, first, at=NOW)
    assert not await questions.remove(99, first, at=NOW)


async def test_a_server_has_a_bound_and_what_is_beyond_is_refused_whole(questions: GuildQuestions) -> None:
    await questions.add(ANNA, 99, [{"text": str(number)} for number in range(PER_GUILD - 1)], at=NOW)

    with pytest.raises(TooManyQuestions):
        await questions.add(BEN, 99, [{"text": "a"}, {"text": "b"}], at=NOW)

    assert len(await questions.of(99)) == PER_GUILD - 1
    assert await questions.forget_guild(99) == PER_GUILD - 1


async def test_an_authors_words_are_sealed_and_go_with_the_account(people: People, installation: Installation) -> None:
    await people.questions.add(ANNA, 99, [{"text": "a canary in a question"}], at=NOW)
    await people.questions.add(BEN, 99, [{"text": "another one"}], at=NOW)
    before = bytes_in(installation.folder)

    erased = await people.erasure().account(ANNA, at=NOW)

    assert b"canary" not in before
    assert erased.rows["guild_question"] == 1
    assert [each.body["text"] for each in await people.questions.of(99)] == ["another one"]
