from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from bot.clock import SystemClock
from bot.errors import StartRefused
from bot.journal import LiveJournal
from bot.shards import Shards
from bot.siblings import LOOKS, Siblings, beating
from storage.errors import LeaseLost
from storage.keyring import Keyring
from storage.live_messages import LiveKind, LiveMessages
from tests.storage.conftest import Installation, data_folder, migrated, postgres, postgresql, provider, sqlite

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Collection

    from storage.keys import EnvironmentKeys
    from storage.live_messages import Standing

__all__ = ["data_folder", "migrated", "postgres", "postgresql", "provider", "sqlite"]

SHORT = timedelta(seconds=0.4)
SHARD_0, SHARD_1 = 1000 << 22, 1001 << 22


@asynccontextmanager
async def process(
    installation: Installation, *ids: int, total: int = 2, life: timedelta = SHORT, leaves: bool = True
) -> AsyncGenerator[Siblings]:
    """A process that has its shards; one that does not leave has died."""
    async with installation.open() as databases:
        shards = Shards(total, ids)
        siblings = Siblings(
            databases.content, shards, {each: uuid4() for each in ids}, SystemClock(), life=life, lane=life
        )
        await siblings.take()
        yield siblings
        if leaves:
            await siblings.leave()


async def never(_gone: Collection[int]) -> bool:
    raise AssertionError


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - processes tell each other nothing
            await asyncio.sleep(0.01)


async def test_a_shard_that_somebody_serves_is_not_served_twice(
    postgresql: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.siblings.EVERY_S", 0.2)
    async with process(postgresql, 0) as one, beating(one, take_over=never, lost=lambda: None, every_s=0.05):
        async with process(postgresql, 1):
            pass
        with pytest.raises(StartRefused, match="serves shard 0 of 2"):
            async with process(postgresql, 0):
                pass


async def test_the_shard_of_a_process_that_ended_is_free_at_once(postgresql: Installation) -> None:
    async with process(postgresql, 0, 1, life=timedelta(hours=1)):
        pass
    async with asyncio.timeout(5), process(postgresql, 0, 1):
        pass


async def test_the_shard_of_a_process_that_died_is_free_after_a_while(postgresql: Installation) -> None:
    async with process(postgresql, 0, leaves=False):
        pass
    async with process(postgresql, 0):
        pass


async def test_a_bot_is_not_split_in_two_ways_at_once(postgresql: Installation) -> None:
    async with process(postgresql, 0, total=2, life=timedelta(hours=1)):
        with pytest.raises(StartRefused, match="SKILLRALLY_SHARDS=2"):
            async with process(postgresql, 3, total=4):
                pass


async def test_who_stood_still_until_another_got_its_shard_ends(postgresql: Installation) -> None:
    lost: list[int] = []
    async with process(postgresql, 0) as slow, process(postgresql, 0):
        with pytest.raises(LeaseLost):
            await slow.beat()
        async with beating(slow, take_over=never, lost=lambda: lost.append(1), every_s=0.01):
            await until(lambda: lost == [1])


async def test_a_shard_is_nobodys_only_after_it_was_seen_so_several_times(postgresql: Installation) -> None:
    async with process(postgresql, 0, life=timedelta(hours=1)) as left:
        async with process(postgresql, 1, life=timedelta(hours=1)):
            assert [await left.beat() for _ in range(LOOKS)] == [frozenset()] * LOOKS
        seen = [await left.beat() for _ in range(LOOKS)]
        left.unsure()
        again = await left.beat()

    assert seen == [frozenset()] * (LOOKS - 1) + [frozenset({1})]
    assert again == frozenset()


async def test_a_process_that_takes_long_to_take_over_still_says_that_it_lives(
    postgresql: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.siblings.EVERY_S", 0.2)
    taken: list[Collection[int]] = []
    free = asyncio.Event()

    async def slowly(gone: Collection[int]) -> bool:
        taken.append(gone)
        await free.wait()
        return True

    async with process(postgresql, 0) as one:
        async with process(postgresql, 1, leaves=False):
            pass
        async with beating(one, take_over=slowly, lost=lambda: None, every_s=0.05):
            await until(lambda: taken == [{1}])
            with pytest.raises(StartRefused, match="serves shard 0 of 2"):
                async with process(postgresql, 0):
                    pass
            free.set()
            await asyncio.sleep(0.3)

    assert taken == [{1}]


async def test_files_have_one_process_which_writes_nothing_for_others(sqlite: Installation) -> None:
    async with process(sqlite, 0, total=1) as only:
        assert only.alone
        assert await only.beat() == frozenset()
        async with beating(only, take_over=never, lost=lambda: None, every_s=0.0):
            await asyncio.sleep(0)


async def test_commands_are_registered_once_by_those_who_start_together_and_once_for_each_form(
    postgresql: Installation,
) -> None:
    async with process(postgresql, 0) as one, process(postgresql, 1) as other:
        said = [await each.may_register(form) for form in ("old", "new") for each in (one, other)]
        again = await one.may_register("old")

    assert said == [True, False, True, False]
    # Whoever was killed in the middle of it, and is back, finishes it.
    assert again


async def test_shards_of_one_lane_identify_one_after_the_other_in_all_processes(postgresql: Installation) -> None:
    loop = asyncio.get_running_loop()
    times: list[float] = []

    async def identify(siblings: Siblings, shard: int, lanes: int) -> None:
        await siblings.before_identify(shard, lanes)
        times.append(loop.time())

    async with (
        process(postgresql, 0, total=4) as one,
        process(postgresql, 1, 2, 3, total=4) as other,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(identify(one, 0, 1), name="0")
        tasks.create_task(identify(other, 1, 1), name="1")
        tasks.create_task(identify(other, 2, 1), name="2")

    gaps = [later - sooner for sooner, later in pairwise(times)]
    assert min(gaps) >= SHORT.total_seconds() * 0.9


async def test_shards_of_different_lanes_do_not_wait_for_each_other(postgresql: Installation) -> None:
    async with process(postgresql, 0, 3, total=4, life=timedelta(hours=1)) as both, asyncio.timeout(20):
        await both.before_identify(0, 4)
        await both.before_identify(3, 4)


# The journal


class Discord:
    """Where messages stand, and who deletes them."""

    def __init__(self) -> None:
        self.standing: dict[int, int] = {}

    async def delete(self, standing: Standing) -> bool:
        self.standing.pop(standing.message_id or 0, None)
        return True


@asynccontextmanager
async def journal(
    installation: Installation, provider: EnvironmentKeys, shards: Shards, discord: Discord
) -> AsyncGenerator[LiveJournal]:
    async with installation.open() as databases:
        live = LiveMessages(databases.content, Keyring(databases.keyring, provider))
        made = LiveJournal(live, SystemClock(), shards)
        made.deletes_with(discord.delete)
        yield made


async def post(journal: LiveJournal, discord: Discord, guild_id: int, message_id: int) -> None:
    async def send() -> int:
        discord.standing[message_id] = guild_id
        return message_id

    await journal.post(LiveKind.CAPTIONS, guild_id=guild_id, channel_id=7, send=send)


async def test_a_process_that_starts_leaves_a_living_siblings_captions_alone(
    postgresql: Installation, provider: EnvironmentKeys
) -> None:
    discord = Discord()
    async with (
        journal(postgresql, provider, Shards(2, (1,)), discord) as living,
        journal(postgresql, provider, Shards(2, (0,)), discord) as starting,
    ):
        await post(living, discord, SHARD_1, 11)
        await post(starting, discord, SHARD_0, 10)

        assert [each.message_id for each in await starting.left()] == [10]
        assert [each.message_id for each in await living.left()] == [11]
        assert await starting.take_over({0})
        assert discord.standing == {11: SHARD_1}


async def test_what_a_dead_process_left_is_taken_down_by_another_and_nothing_else(
    postgresql: Installation, provider: EnvironmentKeys
) -> None:
    discord = Discord()
    async with (
        journal(postgresql, provider, Shards(2, (0,)), discord) as journal_0,
        process(postgresql, 0, life=timedelta(hours=1)) as left,
    ):
        await post(journal_0, discord, SHARD_0, 10)
        async with (
            journal(postgresql, provider, Shards(2, (1,)), discord) as journal_1,
            process(postgresql, 1, leaves=False),
        ):
            await post(journal_1, discord, SHARD_1, 11)

        async with beating(left, take_over=journal_0.take_over, lost=lambda: None, every_s=0.05):
            await until(lambda: discord.standing == {10: SHARD_0})
            # The row goes after the message.
            async with asyncio.timeout(5):
                while len((await journal_0._live.all()).messages) > 1:  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.01)


async def test_what_cannot_be_deleted_yet_is_tried_again(postgresql: Installation, provider: EnvironmentKeys) -> None:
    discord = Discord()
    async with journal(postgresql, provider, Shards(2, (0,)), discord) as here:
        await post(here, discord, SHARD_1, 11)

        async def not_now(_standing: Standing) -> bool:
            return False

        here.deletes_with(not_now)
        assert not await here.take_over({1})
        here.deletes_with(discord.delete)
        assert await here.take_over({1})
        assert discord.standing == {}
