"""What the bot makes of news about where it is. That it hears and heals is in `tests/flow`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
import pytest
from discord.voice_state import ConnectionFlowState

from bot.client import intents
from bot.voice.client import ReceivingClient
from bot.voice.gate import Gate
from bot.voice.link import Change
from bot.voice.receiver import Receiver

if TYPE_CHECKING:
    from collections.abc import Iterator

GUILD, HERE, THERE = 900, 901, 902


class Joined:
    """A voice client in one of two channels, and what it told."""

    def __init__(self) -> None:
        bot = discord.Client(intents=intents())
        voice = {"type": 2, "name": "voice", "position": 0, "bitrate": 64_000, "user_limit": 0}
        server: Any = {"id": str(GUILD), "name": "server", "channels": [voice | {"id": str(i)} for i in (HERE, THERE)]}
        bot._connection._add_guild_from_data(server)
        guild = bot.get_guild(GUILD)
        assert guild is not None
        channel = guild.get_channel(HERE)
        assert isinstance(channel, discord.VoiceChannel)
        receiver = Receiver(gate=Gate(), on_frame=lambda _: None, on_pause=lambda _, __: None, clock=lambda: 0.0)
        self.told: list[Change] = []
        self.link = ReceivingClient(bot, channel, receiver=receiver, on_change=self.told.append)

    async def in_channel(self, channel_id: int) -> None:
        """Discord says that the bot is there."""
        data: Any = {"guild_id": str(GUILD), "channel_id": str(channel_id), "user_id": "1", "session_id": "session"}
        await self.link.on_voice_state_update(data)


@pytest.fixture
def joined() -> Iterator[Joined]:
    made = Joined()
    try:
        yield made
    finally:
        made.link._hearing.release()


@pytest.mark.parametrize(
    "state",
    [
        ConnectionFlowState.connected,
        ConnectionFlowState.set_guild_voice_state,
        ConnectionFlowState.got_voice_server_update,
    ],
    ids=lambda state: state.name,
)
async def test_a_move_is_told_whatever_discord_says_first(joined: Joined, state: ConnectionFlowState) -> None:
    joined.link._hearing.state = state

    await joined.in_channel(THERE)

    assert joined.told == [Change.MOVED]
    assert joined.link.channel_id == THERE


async def test_news_of_the_same_channel_is_no_move(joined: Joined) -> None:
    joined.link._hearing.state = ConnectionFlowState.got_voice_server_update

    await joined.in_channel(HERE)

    assert joined.told == []
    assert joined.link.channel_id == HERE
    assert joined.link._hearing.state is ConnectionFlowState.got_both_voice_updates
