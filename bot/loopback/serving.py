"""The loopback Discord alone, for bots and members written with other libraries: `python -m bot rehearse --serve`."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import tempfile
from pathlib import Path

from bot.loopback.furnishing import practice_guild
from bot.loopback.server import LoopbackDiscord
from bot.loopback.voice_server import VoiceServer
from bot.loopback.world import World

PEOPLE = ("ada", "grace", "linus", "margaret", "dennis")


async def serve() -> None:
    """Print one line of JSON that says how to join, and stay until interrupted.

    The tokens are of accounts that exist only in this process and only for as long as it runs.
    """
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    world = World()
    place = practice_guild(world, people=PEOPLE)
    with tempfile.TemporaryDirectory(prefix="loopback-discord-") as folder:
        authority = Path(folder) / "ca.pem"
        async with VoiceServer() as voice, LoopbackDiscord(world, voice=voice) as discord:
            authority.write_text(discord.ca_pem, encoding="ascii")
            said = {
                "rest": discord.api_base,
                "gateway": discord.gateway_url,
                "voice": discord.voice_endpoint,
                "ca_file": str(authority),
                "guild_id": str(place.guild.id),
                "text_channel_id": str(place.text.id),
                "voice_channel_id": str(place.voice.id),
                "stage_channel_id": str(place.stage.id),
                "application_id": str(place.bot.id),
                "bot": {"id": str(place.bot_user.id), "token": place.bot_user.token},
                "members": {name: {"id": str(u.id), "token": u.token} for name, u in place.people.items()},
            }
            sys.stdout.write(json.dumps(said) + "\n")
            sys.stdout.flush()
            await stop.wait()
