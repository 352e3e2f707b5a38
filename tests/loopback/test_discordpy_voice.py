"""An unmodified discord.py in a call of the loopback: its own voice client, its own DAVE.

How it comes back after a lost session is not here: its reading thread then sits in a select of 30 seconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
import pytest

from bot.loopback import media
from bot.loopback.member import SimulatedMember
from bot.loopback.server import LoopbackDiscord
from bot.loopback.voice_server import VoiceServer
from tests.loopback.clients import Bot, logged_in
from tests.loopback.voice_calls import until

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from bot.loopback.authority import Authority
    from bot.loopback.furnishing import PracticeGuild
    from bot.loopback.member import Heard
    from bot.loopback.world import World


@pytest.fixture
async def voice() -> AsyncGenerator[VoiceServer]:
    async with VoiceServer() as server:
        yield server


@pytest.fixture
async def loopback(
    world: World, place: PracticeGuild, authority: Authority, voice: VoiceServer
) -> AsyncGenerator[LoopbackDiscord]:
    del place  # furnishes the world
    async with LoopbackDiscord(world, authority=authority, voice=voice) as server:
        yield server


def vocal(client: discord.Client, channel_id: int) -> discord.VoiceChannel:
    channel = client.get_channel(channel_id)
    assert isinstance(channel, discord.VoiceChannel)
    return channel


def session(connected: discord.VoiceClient) -> Any:
    """The DAVE session, as `davey.DaveSession`."""
    return connected._connection.dave_session


async def test_discord_py_joins_and_is_heard_by_members(
    loopback: LoopbackDiscord, place: PracticeGuild, voice: VoiceServer
):
    heard: list[Heard] = []
    client = Bot(loopback)
    ticket = loopback.world.join_voice(place.people["grace"].id, place.voice.id)
    async with (
        SimulatedMember(ticket, ssl=loopback.client_context(), on_frame=heard.append) as grace,
        logged_in(client, place.bot_user.token),
    ):
        connected = await vocal(client, place.voice.id).connect(reconnect=False, timeout=5)
        await grace.until(lambda: grace.group == {grace.user_id, place.bot.id})
        await until(lambda: session(connected).ready)
        for _ in range(10):
            connected.send_audio_packet(b"\x78 from discord.py", encode=False)
        await until(lambda: len(heard) == 10)

        assert {(frame.user_id, frame.frame) for frame in heard} == {(place.bot.id, b"\x78 from discord.py")}
        assert connected.mode == media.XCHACHA20
        assert connected.voice_privacy_code

        await connected.disconnect()
        await grace.until(lambda: grace.others == set())
        assert not voice.has_session(place.bot.id)


async def test_discord_py_opens_what_members_say(loopback: LoopbackDiscord, place: PracticeGuild):
    datagrams: list[bytes] = []
    client = Bot(loopback)
    async with logged_in(client, place.bot_user.token):
        connected = await vocal(client, place.voice.id).connect(reconnect=False, timeout=5)
        connected._connection.add_socket_listener(datagrams.append)
        ticket = loopback.world.join_voice(place.people["grace"].id, place.voice.id)
        async with SimulatedMember(ticket, ssl=loopback.client_context()) as grace:
            await grace.until(lambda: grace.ready)
            await until(lambda: session(connected).ready)
            await grace.say([b"\x78 from a member"] * 10, pace=0)
            await until(lambda: len(datagrams) >= 15)

            transport = media.Transport(connected.mode, bytes(connected.secret_key))
            frames = [media.RtpPacket.unseal(transport, datagram).payload for datagram in datagrams[:10]]
            opened = {session(connected).decrypt(grace.user_id, _audio(), frame) for frame in frames}
            assert opened == {b"\x78 from a member"}
        await until(lambda: session(connected).get_user_ids() in ([], [str(place.bot.id)]))
        await connected.disconnect()


def _audio() -> Any:
    import davey  # noqa: PLC0415 -- here only, so that the types of its sessions stay out of the way

    return davey.MediaType.audio


async def test_discord_py_recovers_from_an_invalid_commit(
    loopback: LoopbackDiscord, place: PracticeGuild, voice: VoiceServer
):
    client = Bot(loopback)
    ticket = loopback.world.join_voice(place.people["grace"].id, place.voice.id)
    async with (
        SimulatedMember(ticket, ssl=loopback.client_context()) as grace,
        logged_in(client, place.bot_user.token),
    ):
        connected = await vocal(client, place.voice.id).connect(reconnect=False, timeout=5)
        await until(lambda: session(connected).ready)
        epoch = session(connected).epoch
        voice.send_bad_commit(place.bot.id)
        await until(lambda: session(connected).ready and session(connected).epoch > epoch)

        await grace.until(lambda: grace.epoch == session(connected).epoch)
        await connected.disconnect()


async def test_a_disconnected_discord_py_is_out(loopback: LoopbackDiscord, place: PracticeGuild, voice: VoiceServer):
    client = Bot(loopback)
    async with logged_in(client, place.bot_user.token):
        connected = await vocal(client, place.voice.id).connect(timeout=5)
        await loopback.world.leave_voice(place.bot.id)
        await until(lambda: not connected.is_connected())

        assert not voice.has_session(place.bot.id)
