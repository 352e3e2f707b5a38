from __future__ import annotations

import asyncio
import ssl
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from bot.loopback.authority import Authority
from bot.loopback.connector import loopback_connector
from bot.loopback.server import LoopbackDiscord
from tests.loopback.clients import Bot, logged_in

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from bot.loopback.furnishing import PracticeGuild
    from bot.loopback.world import World

GUILDS_AND_VOICE = (1 << 0) | (1 << 7)


@pytest.fixture
async def session(loopback: LoopbackDiscord) -> AsyncGenerator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(connector=loopback_connector(loopback)) as opened:
        yield opened


async def hello(session: aiohttp.ClientSession, url: str) -> aiohttp.ClientWebSocketResponse:
    socket = await session.ws_connect(url)
    assert (await socket.receive_json())["op"] == 10
    return socket


async def identified(session: aiohttp.ClientSession, loopback: LoopbackDiscord, token: str) -> Any:
    socket = await hello(session, loopback.gateway_url + "?v=10&encoding=json")
    await socket.send_json({"op": 2, "d": {"token": token, "intents": GUILDS_AND_VOICE, "properties": {}}})
    return socket


async def events(socket: aiohttp.ClientWebSocketResponse, *, until: str) -> list[dict[str, Any]]:
    seen: list[dict[str, Any]] = []
    while not seen or seen[-1]["t"] != until:
        seen.append(await socket.receive_json(timeout=5))
    return seen


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ('{"op": 2, "d": {"token": "wrong", "intents": 1}}', 4004),
        ('{"op": 4, "d": {"guild_id": "1", "channel_id": null}}', 4003),
        ('{"op": 99}', 4001),
        ("nonsense", 4002),
    ],
)
async def test_what_a_client_does_wrong_has_its_close_code(
    loopback: LoopbackDiscord, session: aiohttp.ClientSession, message: str, code: int
):
    socket = await hello(session, loopback.gateway_url + "?v=10")

    await socket.send_str(message)
    await socket.receive(timeout=5)

    assert socket.close_code == code


async def test_an_old_version_is_refused(loopback: LoopbackDiscord, session: aiohttp.ClientSession):
    socket = await session.ws_connect(loopback.gateway_url + "?v=6")

    await socket.receive(timeout=5)

    assert socket.close_code == 4012


async def test_a_person_logs_in_too_and_joins_voice(
    loopback: LoopbackDiscord, place: PracticeGuild, session: aiohttp.ClientSession
):
    ada = place.people["ada"]
    socket = await identified(session, loopback, ada.token)
    ready = (await events(socket, until="GUILD_CREATE"))[0]["d"]

    join = {"guild_id": str(place.guild.id), "channel_id": str(place.voice.id), "self_mute": False, "self_deaf": False}
    await socket.send_json({"op": 4, "d": join})
    server = (await events(socket, until="VOICE_SERVER_UPDATE"))[-1]["d"]

    assert ready["user"]["username"] == "ada"
    assert ready["resume_gateway_url"] == loopback.gateway_url
    assert server["endpoint"] == loopback.voice_endpoint
    await socket.close(code=1000)
    await loopback.until(lambda: loopback.world.voice_state(ada.id) is None)


async def test_heartbeats_are_answered(loopback: LoopbackDiscord, session: aiohttp.ClientSession):
    socket = await hello(session, loopback.gateway_url + "?v=10")

    await socket.send_json({"op": 1, "d": None})

    assert (await socket.receive_json(timeout=5))["op"] == 11
    await socket.close()


async def test_a_resumed_session_replays_what_came_after_its_sequence_number(
    loopback: LoopbackDiscord, place: PracticeGuild, session: aiohttp.ClientSession
):
    token = place.bot_user.token
    socket = await identified(session, loopback, token)
    seen = await events(socket, until="GUILD_CREATE")
    await socket.close(code=4000)
    loopback.world.add_channel(place.guild.id, "missed")

    socket = await hello(session, loopback.gateway_url + "?v=10")
    resume = {"token": token, "session_id": seen[0]["d"]["session_id"], "seq": seen[-1]["s"]}
    await socket.send_json({"op": 6, "d": resume})
    replayed = await events(socket, until="RESUMED")

    assert [event["t"] for event in replayed] == ["CHANNEL_CREATE", "RESUMED"]
    assert [event["s"] for event in replayed] == [seen[-1]["s"] + 1, seen[-1]["s"] + 2]
    await socket.close()


async def test_a_session_that_is_not_known_cannot_be_resumed(
    loopback: LoopbackDiscord, place: PracticeGuild, session: aiohttp.ClientSession
):
    socket = await hello(session, loopback.gateway_url + "?v=10")

    await socket.send_json({"op": 6, "d": {"token": place.bot_user.token, "session_id": "gone", "seq": 3}})
    answer = await socket.receive_json(timeout=5)

    assert (answer["op"], answer["d"]) == (9, False)
    await socket.close()


async def test_a_bot_that_crashed_leaves_voice_when_its_session_expires(
    loopback: LoopbackDiscord, place: PracticeGuild, session: aiohttp.ClientSession
):
    socket = await identified(session, loopback, place.bot_user.token)
    await socket.send_json({"op": 4, "d": {"guild_id": str(place.guild.id), "channel_id": str(place.voice.id)}})
    await events(socket, until="VOICE_SERVER_UPDATE")

    loopback.gateway.cut(place.bot.id)
    await loopback.until(lambda: not loopback.gateway.is_connected(place.bot.id))
    assert loopback.world.voice_state(place.bot.id) is not None
    await loopback.gateway.expire(place.bot.id)

    assert loopback.world.voice_state(place.bot.id) is None
    await socket.close()


async def test_closing_the_server_ends_every_connection(world: World, place: PracticeGuild, authority: Authority):
    loopback = LoopbackDiscord(world, authority=authority)
    await loopback.__aenter__()
    async with aiohttp.ClientSession(connector=loopback_connector(loopback)) as session:
        socket = await identified(session, loopback, place.bot_user.token)
        await events(socket, until="GUILD_CREATE")

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(socket.receive(timeout=5), name="the close frame")
            await loopback.__aexit__(None, None, None)

        assert socket.close_code == 1001
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get(loopback.api_base + "/gateway")


async def test_who_trusts_another_authority_does_not_come_in(loopback: LoopbackDiscord):
    contexts = [ssl.create_default_context(), Authority().client_context()]
    for context in contexts:
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.ClientConnectorCertificateError):
                await session.get(loopback.api_base + "/gateway", ssl=context)


async def test_an_outdated_tls_is_not_spoken(authority: Authority):
    for context in (authority.server_context(), authority.client_context()):
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


async def test_the_gateway_is_where_rest_says_it_is(loopback: LoopbackDiscord, session: aiohttp.ClientSession):
    async with session.get(loopback.api_base + "/gateway") as here:
        assert await here.json() == {"url": loopback.gateway_url}
        assert here.headers["Content-Type"] == "application/json"
    async with session.get("https://discord.com/api/v10/gateway") as there:
        assert await there.json() == {"url": "wss://gateway.discord.gg"}
    async with session.get("https://discord.com/api/v10/users/@me") as nobody:
        assert nobody.status == 401


async def test_a_client_that_does_not_keep_up_is_dropped_and_begins_anew(
    loopback: LoopbackDiscord, place: PracticeGuild, monkeypatch: pytest.MonkeyPatch
):
    client = Bot(loopback)
    monkeypatch.setattr("bot.loopback.gateway.WAITING", 30)
    monkeypatch.setattr("bot.loopback.gateway.KEPT_FOR_RESUME", 5)

    async with logged_in(client, place.bot_user.token):
        for number in range(100):
            loopback.world.post(place.text.id, place.bot.id, str(number))
        await loopback.until(lambda: loopback.gateway.identified == 2)
