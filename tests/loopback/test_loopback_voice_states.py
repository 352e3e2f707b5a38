from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
import pytest
from aiohttp import web
from discord.http import Route

from bot.loopback.permissions import Overwrite, Permission
from bot.loopback.server import LoopbackDiscord
from bot.loopback.voice_states import AlreadyInVoice
from tests.loopback.clients import Bot, logged_in

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from bot.loopback.authority import Authority
    from bot.loopback.furnishing import PracticeGuild
    from bot.loopback.world import World


class Doorkeeper:
    """A voice half that notes who may come in and who was put out, and opens no door."""

    def __init__(self) -> None:
        self.admitted: list[dict[str, Any]] = []
        self.dismissed: list[tuple[int, int]] = []
        self.asked: list[str] = []

    def admit(self, **who: Any) -> None:
        self.admitted.append(who)

    async def dismiss(self, user_id: int, guild_id: int, *, code: int = 4014) -> None:
        del guild_id
        self.dismissed.append((user_id, code))

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked.append(request.path_qs)
        return web.Response(status=503)


class Listening(discord.VoiceProtocol):
    """Notes what the gateway says about the bot's own voice."""

    def __init__(self, client: discord.Client, channel: discord.abc.Connectable) -> None:
        super().__init__(client, channel)
        self.states: list[Any] = []
        self.servers: list[Any] = []

    async def on_voice_state_update(self, data: Any, /) -> None:
        self.states.append(data)

    async def on_voice_server_update(self, data: Any, /) -> None:
        self.servers.append(data)

    async def connect(self, *, timeout: float, reconnect: bool, **options: Any) -> None:  # noqa: ASYNC109
        del timeout, reconnect, options
        assert isinstance(self.channel, discord.VoiceChannel)
        await self.channel.guild.change_voice_state(channel=self.channel)

    async def disconnect(self, *, force: bool) -> None:
        del force
        assert isinstance(self.channel, discord.VoiceChannel)
        await self.channel.guild.change_voice_state(channel=None)
        self.cleanup()


@pytest.fixture
def door() -> Doorkeeper:
    return Doorkeeper()


@pytest.fixture
async def loopback(world: World, door: Doorkeeper, authority: Authority) -> AsyncGenerator[LoopbackDiscord]:
    async with LoopbackDiscord(world, voice=door, authority=authority) as server:
        yield server


async def joined(client: discord.Client, place: PracticeGuild) -> Listening:
    channel = client.get_channel(place.voice.id)
    assert isinstance(channel, discord.VoiceChannel)
    return await channel.connect(cls=Listening)


async def test_the_bot_is_admitted_before_it_learns_where_to_go(
    loopback: LoopbackDiscord, place: PracticeGuild, door: Doorkeeper
):
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        listening = await joined(client, place)
        await loopback.until(lambda: bool(listening.servers))

        (state,), (server,), (admitted,) = listening.states, listening.servers, door.admitted
        assert server["endpoint"] == f"localhost:{loopback.port}"
        assert state["member"]["user"]["id"] == str(place.bot.id)
        assert admitted == {
            "guild_id": place.guild.id,
            "channel_id": place.voice.id,
            "user_id": place.bot.id,
            "session_id": state["session_id"],
            "token": server["token"],
            "stage": False,
        }


async def test_a_move_ends_the_old_voice_session_and_begins_another(
    loopback: LoopbackDiscord, place: PracticeGuild, door: Doorkeeper
):
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        listening = await joined(client, place)
        await loopback.until(lambda: len(listening.servers) == 1)
        await loopback.world.move_voice(place.bot.id, place.other_voice.id)
        await loopback.until(lambda: len(listening.servers) == 2)

        assert door.dismissed == [(place.bot.id, 4014)]
        assert listening.states[1]["channel_id"] == str(place.other_voice.id)
        assert listening.states[0]["session_id"] != listening.states[1]["session_id"]
        assert listening.servers[0]["token"] != listening.servers[1]["token"]


async def test_a_bot_that_leaves_or_logs_out_is_in_voice_no_more(
    loopback: LoopbackDiscord, place: PracticeGuild, door: Doorkeeper
):
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        listening = await joined(client, place)
        await loopback.until(lambda: len(listening.servers) == 1)
        await listening.disconnect(force=False)
        await loopback.until(lambda: loopback.world.voice_state(place.bot.id) is None)
        listening = await joined(client, place)
        await loopback.until(lambda: len(listening.servers) == 1)

    await loopback.until(lambda: loopback.world.voice_state(place.bot.id) is None)
    assert len(door.dismissed) == 2


async def test_the_bot_sees_people_come_go_and_be_muted(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback)
    ada = place.people["ada"].id
    seen: list[tuple[str | None, str | None, bool]] = []

    async def on_voice_state_update(
        member: discord.Member, before: discord.VoiceState, after: discord.VoiceState
    ) -> None:
        assert member.id == ada
        names = [each.channel.name if each.channel else None for each in (before, after)]
        seen.append((names[0], names[1], after.mute))

    client.event(on_voice_state_update)
    async with logged_in(client, place.bot_user.token):
        # One by one: discord.py changes the state that it hands out.
        ticket = loopback.world.join_voice(ada, place.voice.id)
        await loopback.until(lambda: len(seen) == 1)
        loopback.world.server_mute(ada)
        await loopback.until(lambda: len(seen) == 2)
        await loopback.world.move_voice(ada, place.other_voice.id)
        await loopback.until(lambda: len(seen) == 3)
        await loopback.world.kick_from_voice(ada)
        await loopback.until(lambda: len(seen) == 4)

        assert ticket.endpoint == loopback.voice_endpoint
        assert seen == [
            (None, "Interview room", False),
            ("Interview room", "Interview room", True),
            ("Interview room", "Waiting room", True),
            ("Waiting room", None, True),
        ]


async def test_who_is_in_voice_does_not_join_twice(loopback: LoopbackDiscord, place: PracticeGuild):
    loopback.world.join_voice(place.people["ada"].id, place.voice.id)

    with pytest.raises(AlreadyInVoice):
        loopback.world.join_voice(place.people["ada"].id, place.other_voice.id)


async def test_a_channel_that_goes_away_puts_everybody_out(
    loopback: LoopbackDiscord, place: PracticeGuild, door: Doorkeeper
):
    ada = place.people["ada"].id
    loopback.world.join_voice(ada, place.voice.id)

    await loopback.world.delete_channel(place.voice.id)

    assert loopback.world.voice_state(ada) is None
    assert door.dismissed == [(ada, 4022)]


async def test_a_full_or_forbidden_channel_is_met_with_silence(
    loopback: LoopbackDiscord, place: PracticeGuild, door: Doorkeeper
):
    loopback.world.update_channel(place.voice.id, user_limit=1)
    loopback.world.join_voice(place.people["ada"].id, place.voice.id)
    nobody = Overwrite(place.guild.id, is_member=False, deny=Permission.CONNECT)
    loopback.world.set_overwrite(place.other_voice.id, nobody)

    for channel in (place.voice, place.other_voice):
        await loopback.world.request_voice(
            place.people["grace"].id, place.guild.id, channel.id, self_mute=False, self_deaf=False
        )

    assert [who["user_id"] for who in door.admitted] == [place.people["ada"].id]


async def test_a_stage_is_entered_as_public(loopback: LoopbackDiscord, place: PracticeGuild, door: Doorkeeper):
    loopback.world.join_voice(place.people["grace"].id, place.stage.id)

    state = loopback.world.voice_state(place.people["grace"].id)

    assert state is not None
    assert state.suppress
    assert door.admitted[0]["stage"]


async def test_the_bot_writes_below_the_voice_channel_what_goes_on(loopback: LoopbackDiscord, place: PracticeGuild):
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        route = Route("PUT", "/channels/{channel_id}/voice-status", channel_id=place.voice.id)
        with pytest.raises(discord.Forbidden) as refusal:
            await client.http.request(route, json={"status": "Listening"})
        assert refusal.value.code == 50013

        listening = await joined(client, place)
        await loopback.until(lambda: bool(listening.servers))
        await client.http.request(route, json={"status": "Listening"})
        assert place.voice.status == "Listening"


async def test_voice_is_told_apart_from_the_main_gateway(
    loopback: LoopbackDiscord, place: PracticeGuild, door: Doorkeeper
):
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        for url in (f"wss://localhost:{loopback.port}/?v=8", "wss://rotterdam1.discord.media/?v=8"):
            with pytest.raises(Exception, match="503"):
                await client.http.ws_connect(url)
        for url in (loopback.gateway_url + "?v=10", f"wss://localhost:{loopback.port}/?v=10"):
            socket = await client.http.ws_connect(url)
            assert (await socket.receive_json())["op"] == 10
            await socket.close()

        assert door.asked == ["/?v=8", "/?v=8"]
