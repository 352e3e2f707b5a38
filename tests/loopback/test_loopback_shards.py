from __future__ import annotations

from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from bot.loopback.connector import loopback_connector

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from bot.loopback.furnishing import PracticeGuild
    from bot.loopback.server import LoopbackDiscord
    from bot.loopback.world import World

HEARD = (1 << 0) | (1 << 9) | (1 << 12)


@pytest.fixture
async def session(loopback: LoopbackDiscord) -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(connector=loopback_connector(loopback)) as opened:
        yield opened


async def shard(
    session: aiohttp.ClientSession, loopback: LoopbackDiscord, token: str, *which: int
) -> aiohttp.ClientWebSocketResponse:
    socket = await session.ws_connect(loopback.gateway_url + "?v=10&encoding=json")
    assert (await socket.receive_json())["op"] == 10
    await socket.send_json({"op": 2, "d": {"token": token, "intents": HEARD, "shard": which, "properties": {}}})
    return socket


async def told(socket: aiohttp.ClientWebSocketResponse, marker: str) -> list[dict[str, Any]]:
    """What a shard was told before the one who asks for an answer gets it."""
    await socket.send_json({"op": 1, "d": None})
    seen: list[dict[str, Any]] = []
    while True:
        message = await socket.receive_json(timeout=5)
        if message["op"] == 11:
            return [each for each in seen if each["t"] == marker]
        seen.append(message)


async def test_each_shard_hears_of_its_own_guilds_and_the_first_of_direct_messages(
    loopback: LoopbackDiscord, world: World, place: PracticeGuild, session: aiohttp.ClientSession
) -> None:
    ada = place.people["ada"]
    home = (place.guild.id >> 22) % 2
    sockets = [await shard(session, loopback, place.bot_user.token, each, 2) for each in range(2)]

    guilds = [await told(socket, "GUILD_CREATE") for socket in sockets]
    world.post(place.text.id, ada.id, "in the guild")
    in_guild = [await told(socket, "MESSAGE_CREATE") for socket in sockets]
    world.post(world.open_dm(ada.id, place.bot.id).id, ada.id, "directly")
    directly = [await told(socket, "MESSAGE_CREATE") for socket in sockets]

    assert [len(each) for each in guilds] == [int(each == home) for each in range(2)]
    assert [len(each) for each in in_guild] == [int(each == home) for each in range(2)]
    assert [len(each) for each in directly] == [1, 0]
    for socket in sockets:
        await socket.close()


async def test_a_shard_that_there_is_not_is_refused(
    loopback: LoopbackDiscord, place: PracticeGuild, session: aiohttp.ClientSession
) -> None:
    socket = await shard(session, loopback, place.bot_user.token, 2, 2)

    await socket.receive(timeout=5)

    assert socket.close_code == 4010
