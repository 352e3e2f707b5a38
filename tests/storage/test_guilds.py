from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from storage.errors import DecryptionFailed
from storage.guilds import CHANNELS, DEFAULTS, NOTICE_LENGTH, GuildSettings
from storage.jobs import Limits
from storage.models import GuildSetting
from storage.queue import Wanted
from storage.trail import AUDIT_DAYS, Used
from tests.storage.people import ANNA, BEN, NOW, People, bytes_in, people_over

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from storage.database import Databases
    from storage.keys import EnvironmentKeys
    from tests.storage.conftest import Installation

HERE, THERE = 99, 98
DAY = timedelta(days=1)


@pytest_asyncio.fixture
async def people(databases: Databases, provider: EnvironmentKeys) -> People:
    return await people_over(databases, provider)


@pytest_asyncio.fixture
async def elsewhere(installation: Installation, provider: EnvironmentKeys) -> AsyncIterator[People]:
    """The same, as another process has it."""
    async with installation.open() as databases:
        yield await people_over(databases, provider)


# Settings


async def test_a_server_that_was_never_touched_has_the_defaults(people: People) -> None:
    assert await people.guilds.of(HERE) == DEFAULTS
    assert (await people.rows())["guild_setting"] == 0


async def test_what_is_changed_is_kept_for_that_server_and_everything_else_stays(
    people: People, elsewhere: People
) -> None:
    await people.guilds.change(HERE, allowed=(5, 6), notice="Be kind.", cooldowns={5: 30})
    changed = await elsewhere.guilds.change(HERE, minimum_age=18, month_tokens=9_000)

    assert changed == await people.guilds.of(HERE)
    assert (changed.allowed, changed.notice, dict(changed.cooldowns)) == ((5, 6), "Be kind.", {5: 30})
    assert (changed.minimum_age, changed.month_tokens) == (18, 9_000)
    assert await people.guilds.of(THERE) == DEFAULTS


async def test_two_who_change_at_once_lose_nothing_of_each_others(people: People, elsewhere: People) -> None:
    await asyncio.gather(
        people.guilds.change(HERE, minimum_age=18),
        elsewhere.guilds.change(HERE, language="uk"),
        people.guilds.change(HERE, person_minutes=30),
    )

    now = await people.guilds.of(HERE)
    assert (now.minimum_age, now.language, now.person_minutes) == (18, "uk", 30)
    assert (await people.rows())["guild_setting"] == 1


async def test_a_change_is_made_of_what_others_left(people: People, elsewhere: People) -> None:
    def refuse(channel: int) -> Callable[[GuildSettings], dict[str, Any]]:
        return lambda now: {"refused": (*now.refused, channel)}

    await asyncio.gather(*(each.guilds.change(HERE, refuse(n)) for n, each in enumerate((people, elsewhere, people))))

    assert sorted((await people.guilds.of(HERE)).refused) == [0, 1, 2]


@pytest.mark.parametrize(
    "changes",
    [{"allowed": tuple(range(CHANNELS + 1))}, {"notice": "x" * (NOTICE_LENGTH + 1)}],
    ids=["channels", "notice"],
)
async def test_too_much_is_refused_and_nothing_is_changed(people: People, changes: dict[str, object]) -> None:
    await people.guilds.change(HERE, language="de")

    with pytest.raises(ValueError, match="at most"):
        await people.guilds.change(HERE, **changes)

    assert (await people.guilds.of(HERE)).language == "de"


async def test_settings_moved_to_another_server_do_not_open(people: People) -> None:
    await people.guilds.change(HERE, notice="Be kind.")
    await people.guilds.change(THERE, notice="Be quick.")
    async with people.databases.content.write() as connection:
        found = await connection.execute(select(GuildSetting.__table__))
        first, second = found.mappings().all()
        await connection.execute(
            update(GuildSetting).where(GuildSetting.id == first["id"]).values(enc_body=second["enc_body"])
        )

    opened = await asyncio.gather(*(people.guilds.of(guild) for guild in (HERE, THERE)), return_exceptions=True)
    assert any(isinstance(each, DecryptionFailed) for each in opened)
    assert sum(getattr(each, "notice", "") == "Be kind." for each in opened) < 2


async def test_neither_notice_nor_ids_of_a_server_are_in_the_files(people: People, installation: Installation) -> None:
    guild, channel = 981234567890123456, 981234567890123457
    await people.guilds.change(guild, allowed=(channel,), notice="A canary of a notice.")

    assert (await people.guilds.of(guild)).allowed == (channel,)
    data = bytes_in(installation.folder)
    for secret in (b"canary", str(guild).encode(), str(channel).encode(), guild.to_bytes(8, "big")):
        assert secret not in data


@pytest.mark.parametrize(
    ("allowed", "refused", "here", "there"),
    [((), (), True, True), ((5,), (), True, False), ((), (5,), False, True), ((5, 6), (5,), False, True)],
)
async def test_a_channel_is_allowed_unless_it_is_refused_or_others_are_named(
    people: People, allowed: tuple[int, ...], refused: tuple[int, ...], *, here: bool, there: bool
) -> None:
    settings = await people.guilds.change(HERE, allowed=allowed, refused=refused)

    assert (settings.allows(5), settings.allows(6)) == (here, there)


@pytest.mark.parametrize(
    ("operators", "own", "left"),
    [(None, None, None), (500, None, 500), (None, 200, 200), (500, 200, 200), (100, 900, 100)],
)
async def test_a_server_lowers_what_its_feedback_may_use_and_never_raises_it(
    people: People, operators: int | None, own: int | None, left: int | None
) -> None:
    people.jobs.limits = Limits(server_month=operators)
    await people.guilds.change(HERE, month_tokens=own)

    assert (await people.jobs.left(ANNA, HERE, at=NOW)).server == left
    assert (await people.jobs.left(ANNA, THERE, at=NOW)).server == operators


# What was done, and how much


async def test_events_are_of_one_server_the_newest_first_and_say_which_are_ones_own(people: People) -> None:
    await people.trail.noted(HERE, ANNA, "block", at=NOW)
    await people.trail.noted(HERE, BEN, "unblock", at=NOW + DAY)
    await people.trail.noted(THERE, ANNA, "stop", at=NOW)

    events = await people.trail.events(HERE, since=NOW, at=NOW + DAY, asks=ANNA)

    assert [(each.name, each.mine) for each in events] == [("unblock", False), ("block", True)]
    assert await people.trail.events(HERE, since=NOW + 2 * DAY, at=NOW + 2 * DAY, asks=ANNA) == []


async def test_an_event_is_a_name_from_a_list_and_never_a_text(people: People) -> None:
    for text in ("He said no", "block:175928847299117063", "", "a" * 41):
        with pytest.raises(ValueError, match="small letters"):
            await people.trail.noted(HERE, ANNA, text, at=NOW)


async def test_a_server_keeps_events_for_less_time_and_never_for_more(people: People) -> None:
    await people.trail.noted(HERE, ANNA, "stop", at=NOW, days=AUDIT_DAYS * 4)
    await people.trail.noted(HERE, ANNA, "block", at=NOW, days=7)
    last = NOW + timedelta(days=AUDIT_DAYS)

    assert [e.name for e in await people.trail.events(HERE, since=NOW, at=NOW + 8 * DAY, asks=BEN)] == ["stop"]
    assert await people.trail.events(HERE, since=NOW, at=last, asks=BEN) == []

    await people.trail.shorten(HERE, days=1)
    assert await people.trail.events(HERE, since=NOW, at=NOW + DAY, asks=BEN) == []


async def test_time_is_counted_for_each_person_and_once_for_the_server(people: People) -> None:
    for user in (ANNA, BEN):
        await people.join(user)
    await people.trail.practised(HERE, {ANNA: 600, BEN: 60}, lasted=600, began=ANNA, at=NOW)
    await people.trail.practised(HERE, {BEN: 60}, lasted=90, began=BEN, at=NOW)

    assert await people.trail.used(HERE, ANNA, at=NOW) == Used(600, 1, 690, 2)
    assert await people.trail.used(HERE, BEN, at=NOW) == Used(120, 1, 690, 2)
    assert await people.trail.used(HERE, ANNA, at=NOW + DAY) == Used()
    assert await people.trail.used(THERE, ANNA, at=NOW) == Used()


async def test_who_began_and_took_no_part_has_begun_one_and_practised_no_second(people: People) -> None:
    await people.join(ANNA)
    await people.trail.practised(HERE, {ANNA: 600}, lasted=600, began=BEN, at=NOW)

    assert await people.trail.used(HERE, BEN, at=NOW) == Used(0, 1, 600, 1)


async def test_who_deleted_the_account_meanwhile_is_not_counted(people: People) -> None:
    for user in (ANNA, BEN):
        await people.join(user)
    await people.erasure().account(ANNA, at=NOW)

    await people.trail.practised(HERE, {ANNA: 600, BEN: 60}, lasted=600, began=ANNA, at=NOW)

    assert await people.trail.used(HERE, ANNA, at=NOW) == Used(0, 0, 600, 1)
    assert (await people.trail.used(HERE, BEN, at=NOW)).seconds == 60


async def test_what_is_counted_about_somebody_goes_with_the_account_and_not_with_the_server(people: People) -> None:
    for user in (ANNA, BEN):
        await people.join(user)
    await people.trail.practised(HERE, {ANNA: 600, BEN: 600}, lasted=600, began=ANNA, at=NOW)
    await people.trail.noted(HERE, ANNA, "stop", at=NOW)

    erased = await people.erasure().account(ANNA, at=NOW)

    assert (erased.rows["usage"], erased.rows["audit"]) == (1, 1)
    assert await people.trail.used(HERE, ANNA, at=NOW) == Used(0, 0, 600, 1)
    assert (await people.trail.used(HERE, BEN, at=NOW)).seconds == 600


async def test_forgetting_a_server_leaves_nothing_of_it_and_everything_of_others(people: People) -> None:
    for guild in (HERE, THERE):
        await people.guilds.change(guild, notice="Be kind.")
        await people.trail.noted(guild, ANNA, "stop", at=NOW)
        for user in (ANNA, BEN):
            await people.queue.join(user, Wanted(guild, 7, "case", "junior"), at=NOW)
        await people.trail.practised(guild, {ANNA: 60}, lasted=60, began=ANNA, at=NOW)
    before = await people.rows()

    assert await people.guilds.forget(HERE) == 1
    assert await people.trail.forget_guild(HERE) == {"audit": 1, "usage": 2}
    gone, _ = await people.queue.forget_guild(HERE)

    after = await people.rows()
    assert gone == 2
    halved = {name for name in before if after[name] * 2 == before[name] and before[name]}
    assert halved == {"guild_setting", "audit", "usage", "queue_entry", "offer"}
    assert await people.guilds.forget(uuid4().int >> 70) == 0
