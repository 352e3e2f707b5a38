"""A bot that was killed: what it left standing on Discord is gone soon after the next one starts."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.loopback.furnishing import practice_guild
from bot.loopback.member import SimulatedMember
from bot.loopback.server import LoopbackDiscord
from bot.loopback.voice_server import VoiceServer
from bot.loopback.world import World
from bot.rehearsal.stage import TICKED, Stage, until
from cogs.locales import words_in
from storage.live_messages import LiveKind
from storage.retention import Retention
from tests.flow.conftest import settings
from tests.flow.test_hearing import clips
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from bot.loopback.entities import Message

ROOT = Path(__file__).parents[2]
HEADER = words_in("en")("interview-captions-header")


@asynccontextmanager
async def a_bot(discord: LoopbackDiscord, token: str, folder: Path) -> AsyncGenerator[asyncio.subprocess.Process]:
    authority = folder / "ca.pem"
    authority.write_text(discord.ca_pem, encoding="ascii")
    bot = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.flow.bot_process", str(discord.port), str(authority), token, str(folder / "kept"),
        stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, cwd=ROOT,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )  # fmt: skip
    try:
        yield bot
    finally:
        assert bot.stdin is not None
        bot.stdin.close()
        async with asyncio.timeout(15):
            await bot.wait()


async def test_notice_mark_card_and_captions_of_a_killed_bot_are_gone_with_the_next_one(tmp_path: Path) -> None:
    world = World()
    place = practice_guild(world, people=("anna",))
    anna, token = place.people["anna"], place.bot_user.token

    def standing() -> list[Message]:
        seen = world.seen_by(anna.id, place.voice.id)
        return [m for m in seen if m.author is place.bot_user and m.ephemeral_to is None]

    def nickname() -> str | None:
        return place.guild.members[place.bot_user.id].nick

    async with VoiceServer() as voice, LoopbackDiscord(world, voice=voice) as discord:
        async with a_bot(discord, token, tmp_path) as bot:
            await discord.ready()
            ticket = world.join_voice(anna.id, place.voice.id)
            async with SimulatedMember(ticket, ssl=discord.client_context()) as member:
                await discord.people.use(anna.id, "interview start", place.text.id)
                (notice,) = standing()
                form = (await discord.people.press(anna.id, notice, "Join")).modal
                assert form is not None
                await discord.people.submit(anna.id, form, TICKED)
                await member.say(clips()[0].file)
                # She is alone, so that the bot asks: notice, captions and a question's card.
                await until(lambda: len(standing()) == 3, within_s=20)
                os.kill(bot.pid, signal.SIGKILL)
        assert len(standing()) == 3
        assert (nickname() or "").startswith("🔴 ")

        async with a_bot(discord, token, tmp_path):
            await until(lambda: standing() == [] and nickname() is None, within_s=30)


async def test_a_message_whose_id_never_became_known_is_found_and_others_are_left_alone(tmp_path: Path) -> None:
    async with Stage(settings(), transcriber=ScriptedTranscriber(), folder=tmp_path) as stage:
        services = stage.app.services
        channel = stage.app.bot.get_partial_messageable(stage.place.voice.id)
        at = services.clock.now() - timedelta(seconds=1)
        await services.stores.live_messages.begin(
            LiveKind.CAPTIONS,
            guild_id=stage.place.guild.id,
            channel_id=stage.place.voice.id,
            at=at,
            expires_at=at + timedelta(hours=1),
        )
        await channel.send(f"{HEADER}\n**Anna** Something private.")
        await channel.send("Something else that the bot once said.")
        stage.world.post(stage.place.voice.id, stage.user("anna").id, f"{HEADER} says a person")
        cog: Any = stage.app.bot.get_cog("Leftovers")
        cog._left = list(await services.journal.left())

        await cog.on_ready()

        texts = [m.text for m in stage.seen("anna")]
        assert not any("private" in text for text in texts)
        assert len(texts) == 2
        assert await services.journal.left() == ()


async def test_what_outlived_its_time_is_deleted_while_the_bot_runs(tmp_path: Path) -> None:
    async with Stage(settings(), transcriber=ScriptedTranscriber(), folder=tmp_path) as stage:
        services = stage.app.services
        # The bot looks once at its start by itself, and must not come first with these.
        retention = Retention(services.stores.databases, clock=services.clock)
        async with asyncio.timeout(20):
            while (await retention.health()).last_success is None:  # noqa: ASYNC110 - the database tells nobody
                await asyncio.sleep(0.02)
        channel = stage.app.bot.get_partial_messageable(stage.place.voice.id)
        at = services.clock.now()
        for text, hours in ((f"{HEADER} of yesterday", -1), (f"{HEADER} of now", 1)):
            entry = await services.stores.live_messages.begin(
                LiveKind.CAPTIONS,
                guild_id=stage.place.guild.id,
                channel_id=stage.place.voice.id,
                at=at,
                expires_at=at + timedelta(hours=hours),
            )
            await services.stores.live_messages.posted(entry, (await channel.send(text)).id)

        assert await services.journal.sweep(at) == 1

        assert [m.text for m in stage.seen("anna")] == [f"{HEADER} of now"]
        assert len(await services.journal.left()) == 1
        assert await services.journal.sweep(at) == 0
