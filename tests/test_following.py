from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from bot.clock import SystemClock
from bot.following import follow, following
from bot.installation import Installation
from bot.interview.interviews import Interviews
from bot.keys_command import init
from config.operations import Operations
from config.settings import Settings
from storage.database import Database
from storage.errors import DatabaseFailed
from storage.ledger import Occasion, Purpose
from tests.interview.rooms import ANNA, CHANNEL, GUILD, OLEG, FakeRoom, hearing

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from pathlib import Path

    from bot.interview.session import Interview
    from storage.ledger import Ledger


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    made = Installation(
        Settings(data_dir=str(tmp_path / "data"), keys_dir=str(tmp_path / "keys")),
        Operations(backup_dir=str(tmp_path / "backups"), keyring_backup_dir=str(tmp_path / "spare")),
    )
    asyncio.run(init(made))
    return made


def press(number: int) -> Occasion:
    return Occasion(number, datetime(2026, 11, 23, 12, tzinfo=UTC), "en", "button")


@asynccontextmanager
async def two_processes(installation: Installation) -> AsyncGenerator[tuple[Ledger, Ledger, Interviews, Interview]]:
    """The ledger as two processes have it, and an interview in the first of them in which Anna and Oleg are heard."""
    async with (
        installation.stores() as here,
        installation.stores() as there,
        Interviews(hearing=hearing(), clock=SystemClock()) as interviews,
    ):
        for number, user_id in enumerate((ANNA, OLEG)):
            await here.ledger.give(user_id, [Purpose.TRANSCRIBE, Purpose.CAPTIONS], press(number), attested_age=18)
        await there.ledger.refresh()
        interview = await interviews.start(guild_id=GUILD, channel_id=CHANNEL, host_id=OLEG, room=FakeRoom())
        for user_id in (ANNA, OLEG):
            interview.admit(user_id, captions=True)
        yield here.ledger, there.ledger, interviews, interview


async def test_who_takes_back_a_yes_in_another_process_is_heard_no_more(installation: Installation) -> None:
    async with two_processes(installation) as (here, there, interviews, interview):
        await there.withdraw(ANNA, [Purpose.TRANSCRIBE], press(2))
        assert interview.gate.consenting == {ANNA, OLEG}

        assert await follow(here, interviews) == 1

        assert interview.gate.consenting == {OLEG}
        assert not interview.takes_part(ANNA)


async def test_who_is_never_to_be_heard_is_not_anywhere(installation: Installation) -> None:
    async with two_processes(installation) as (here, there, interviews, interview):
        async with following(here, interviews, every_s=0.01):
            await there.opt_out(ANNA, press(2))
            async with asyncio.timeout(10):
                while interview.takes_part(ANNA):  # noqa: ASYNC110 - another process tells nobody
                    await asyncio.sleep(0.01)

        assert interview.gate.consenting == {OLEG}


async def test_nothing_happens_to_those_whose_yes_stands(installation: Installation) -> None:
    async with two_processes(installation) as (here, there, interviews, interview):
        await there.withdraw(ANNA, [Purpose.CAPTIONS], press(2))

        assert await follow(here, interviews) == 0

        assert interview.gate.consenting == {ANNA, OLEG}


async def test_who_took_it_back_in_vain_is_heard_no_more_though_nothing_can_be_read(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with two_processes(installation) as (here, _, interviews, interview):

        @asynccontextmanager
        async def refused(_: Database) -> AsyncGenerator[None]:
            raise DatabaseFailed("the database refused")
            yield

        with monkeypatch.context() as patched:
            patched.setattr(Database, "write", refused)
            patched.setattr(Database, "read", refused)
            with pytest.raises(DatabaseFailed):
                await here.withdraw(ANNA, [Purpose.TRANSCRIBE], press(2))
            assert not here.allowed(ANNA, Purpose.TRANSCRIBE)
            assert interview.gate.consenting == {ANNA, OLEG}

            with pytest.raises(DatabaseFailed):
                await follow(here, interviews)

        assert interview.gate.consenting == {OLEG}
        assert not interview.takes_part(ANNA)
