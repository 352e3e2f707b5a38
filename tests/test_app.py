from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from bot import machine
from bot.app import App, _engine, open_app
from bot.errors import StartRefused
from bot.loopback.connector import LoopbackResolver, loopback_connector
from bot.loopback.furnishing import PracticeGuild, practice_guild
from bot.loopback.server import LoopbackDiscord
from bot.loopback.world import World
from bot.rehearsal.stage import practice_operations
from stt.fallback import Fallback
from tests.flow.conftest import settings
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from contextlib import AbstractAsyncContextManager

MODEL = Path(__file__).parents[1] / "stt" / "models" / "rehearsal"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def place(world: World) -> PracticeGuild:
    return practice_guild(world)


@pytest.fixture
async def loopback(world: World) -> AsyncIterator[LoopbackDiscord]:
    async with LoopbackDiscord(world) as server:
        yield server


def opened(connector: aiohttp.BaseConnector, **changes: Any) -> AbstractAsyncContextManager[App]:
    """The bot, in front of whatever *connector* leads to; *changes* are settings."""
    return open_app(
        settings().model_copy(update=changes),
        operations=practice_operations(),
        transcriber=ScriptedTranscriber(),
        connector=connector,
    )


async def why_refused(app: App, token: str) -> str:
    with pytest.RaisesGroup(StartRefused, flatten_subgroups=True) as refused:
        async with asyncio.timeout(20):
            await app.run(token)
    return str(refused.value.exceptions[0])


async def test_a_token_that_discord_does_not_accept_is_said_in_one_sentence(loopback: LoopbackDiscord) -> None:
    async with opened(loopback_connector(loopback)) as app:
        said = await why_refused(app, "not.a.token")

    assert "DISCORD_TOKEN" in said
    assert "not.a.token" not in said


async def test_a_discord_out_of_reach_is_said_in_one_sentence(unused_tcp_port: int) -> None:
    connector = aiohttp.TCPConnector(resolver=LoopbackResolver(unused_tcp_port))
    async with opened(connector) as app:
        assert "cannot be reached" in await why_refused(app, "some.bot.token")


async def test_a_server_in_which_the_bot_is_not_is_said_in_one_sentence(
    loopback: LoopbackDiscord, place: PracticeGuild
) -> None:
    async with opened(loopback_connector(loopback), guild_id=1) as app:
        assert "SKILLRALLY_GUILD_ID" in await why_refused(app, place.bot_user.token)


async def test_commands_are_registered_in_the_one_server_if_it_is_set(
    loopback: LoopbackDiscord, place: PracticeGuild
) -> None:
    async with (
        opened(loopback_connector(loopback), guild_id=place.guild.id) as app,
        asyncio.TaskGroup() as tasks,
    ):
        tasks.create_task(app.run(place.bot_user.token))
        await loopback.until(lambda: bool(place.bot.commands), within_s=10)
        app.stop()

    assert {int(command["guild_id"]) for command in place.bot.commands.values()} == {place.guild.id}


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"controller_name": ""}, "SKILLRALLY_CONTROLLER_NAME"),
        ({"controller_name": "[your name]"}, "SKILLRALLY_CONTROLLER_NAME"),
        ({"controller_email": "[Твій Email]"}, "SKILLRALLY_CONTROLLER_EMAIL"),
        ({"controller_email": "you@example.com"}, "SKILLRALLY_CONTROLLER_EMAIL"),
        ({"controller_region": ""}, "SKILLRALLY_CONTROLLER_REGION"),
    ],
)
async def test_a_bot_that_nobody_answers_for_does_not_start(changes: dict[str, str], named: str) -> None:
    operations = practice_operations().model_copy(update=changes)

    with pytest.raises(StartRefused, match=named):
        async with open_app(settings(), operations=operations, transcriber=ScriptedTranscriber()):
            pass


async def test_a_model_that_is_not_there_is_said_before_discord_is_asked() -> None:
    with pytest.raises(StartRefused, match="SKILLRALLY_MODEL"):
        async with open_app(settings(model="./no/such/folder"), operations=practice_operations()):
            pass


async def test_workers_for_a_speech_server_are_no_processes_of_the_engine_behind_it() -> None:
    server = {"speech_url": "http://127.0.0.1:9/v1", "speech_fallback": True, "workers": 20}

    engine = await _engine(settings(model=str(MODEL), **server))

    assert isinstance(engine, Fallback)
    assert engine.workers == 20
    assert engine._second.workers == machine.workers(MODEL)


async def test_where_one_request_at_a_time_was_set_there_is_one_process_behind_the_server() -> None:
    engine = await _engine(
        settings(model=str(MODEL), speech_url="http://127.0.0.1:9/v1", speech_fallback=True, workers=1)
    )

    assert isinstance(engine, Fallback)
    assert engine._second.workers == 1


async def test_workers_without_a_speech_server_are_processes() -> None:
    assert (await _engine(settings(model=str(MODEL), workers=3))).workers == 3


async def test_stopping_while_the_gateway_answers_ends_it(
    loopback: LoopbackDiscord, place: PracticeGuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    reached: list[str] = []
    async with opened(loopback_connector(loopback)) as app:
        ask = aiohttp.ClientSession._request

        async def answered_too_late(session: aiohttp.ClientSession, method: str, url: str, **options: Any) -> Any:
            response = await ask(session, method, url, **options)
            if "Upgrade" in options.get("headers", {}):
                reached.append(url)
                app.stop()
                # Looked at in each turn of the loop, so as to be there before the session is cancelled.
                while response.connection is not None and response.connection.transport is not None:  # noqa: ASYNC110
                    await asyncio.sleep(0)
            return response

        monkeypatch.setattr(aiohttp.ClientSession, "_request", answered_too_late)
        await app.run(place.bot_user.token)

    assert reached


async def test_stopping_before_the_login_is_through_ends_it(loopback: LoopbackDiscord, place: PracticeGuild) -> None:
    async with opened(loopback_connector(loopback)) as app:
        app.stop()
        async with asyncio.timeout(5):
            await app.run(place.bot_user.token)

    assert app.bot.is_closed()
