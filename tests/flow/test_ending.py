"""A bot that is told to end while people practise: what they said can still be saved, and nothing is left standing."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from bot.loopback.furnishing import PracticeGuild, practice_guild
from bot.loopback.member import SimulatedMember
from bot.loopback.server import LoopbackDiscord
from bot.loopback.voice_server import VoiceServer
from bot.loopback.world import World
from bot.rehearsal.stage import Stage, until
from tests.flow.conftest import settings
from tests.flow.test_hearing import clips
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from bot.loopback.entities import Message

ROOT = Path(__file__).parents[2]
KEEPS = {"purposes": ["transcribe", "captions", "save"], "age": ["yes"]}
GRACE_S = 6.0


@dataclass(frozen=True)
class Scene:
    """Anna's interview, of which a caption stands.

    Attributes:
        bot: The bot's process.
    """

    world: World
    place: PracticeGuild
    discord: LoopbackDiscord
    bot: asyncio.subprocess.Process

    @property
    def anna(self) -> int:
        return self.place.people["anna"].id

    def standing(self) -> list[Message]:
        """What everybody sees of the bot in the voice channel."""
        seen = self.world.seen_by(self.anna, self.place.voice.id)
        return [m for m in seen if m.author is self.place.bot_user and m.ephemeral_to is None]

    def ended(self) -> bool:
        """Whether nothing is left but the card that says so."""
        bot, guild = self.place.bot_user, self.place.guild
        gone = self.world.voice_state(bot.id, guild.id) is None and guild.members[bot.id].nick is None
        return gone and len(self.standing()) == 1 and "restarted" in self.standing()[0].text


@asynccontextmanager
async def interview(folder: Path, *, grace_s: float) -> AsyncGenerator[Scene]:
    world = World()
    place = practice_guild(world, people=("anna",))
    authority = folder / "ca.pem"
    async with VoiceServer() as voice, LoopbackDiscord(world, voice=voice) as discord:
        authority.write_text(discord.ca_pem, encoding="ascii")
        bot = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "tests.flow.bot_process", str(discord.port), str(authority), place.bot_user.token,
            str(folder / "kept"), str(grace_s),
            stdin=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL, cwd=ROOT,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        )  # fmt: skip
        scene = Scene(world, place, discord, bot)
        try:
            await discord.ready()
            ticket = world.join_voice(scene.anna, place.voice.id)
            async with SimulatedMember(ticket, ssl=discord.client_context()) as member:
                await discord.people.use(scene.anna, "interview start", place.text.id, options={"questions": 0})
                (notice,) = scene.standing()
                form = (await discord.people.press(scene.anna, notice, "Join")).modal
                assert form is not None
                await discord.people.submit(scene.anna, form, KEEPS)
                await member.say(clips()[0].file)
                await until(lambda: any("Anna" in m.content for m in scene.standing()), within_s=20)
                yield scene
        finally:
            if bot.returncode is None:
                bot.kill()
            await bot.wait()


def tell_to_end(scene: Scene) -> None:
    os.kill(scene.bot.pid, signal.SIGTERM)


@pytest.mark.slow
async def test_told_to_end_it_lets_people_save_what_they_said_and_begins_nothing_more(tmp_path: Path) -> None:
    async with interview(tmp_path, grace_s=GRACE_S) as scene:
        people, anna, text = scene.discord.people, scene.anna, scene.place.text.id
        tell_to_end(scene)
        await until(scene.ended, within_s=15)

        refused = await people.use(anna, "interview start", text)
        saved = await people.press(anna, scene.standing()[0], "Save it")
        found = await people.use(anna, "transcript list", text)

        assert "being restarted" in refused.text
        assert "Saved" in saved.text, saved.text
        assert "one line" in found.text
        async with asyncio.timeout(GRACE_S + 10):
            assert await scene.bot.wait() == 0
        assert scene.ended()


@pytest.mark.slow
async def test_told_twice_it_waits_for_nobody_and_leaves_nothing_standing(tmp_path: Path) -> None:
    async with interview(tmp_path, grace_s=300) as scene:
        tell_to_end(scene)
        await until(scene.ended, within_s=15)
        tell_to_end(scene)

        async with asyncio.timeout(15):
            assert await scene.bot.wait() == 0
        assert not any("Anna" in m.content for m in scene.standing())
        assert scene.place.guild.members[scene.place.bot_user.id].nick is None


async def test_told_to_end_while_an_interview_begins_it_takes_its_notice_along(monkeypatch: pytest.MonkeyPatch) -> None:
    ask, posted, go_on = aiohttp.ClientSession._request, asyncio.Event(), asyncio.Event()
    async with Stage(settings(), people=("anna",), transcriber=ScriptedTranscriber()) as stage:
        bot, anna = stage.app.bot, stage.user("anna").id
        messages = re.compile(rf"/channels/{stage.place.voice.id}/messages$")

        async def held(session: aiohttp.ClientSession, method: str, url: Any, **options: Any) -> Any:
            response = await ask(session, method, url, **options)
            if method == "POST" and messages.search(str(url)):
                posted.set()
                await go_on.wait()
            return response

        async def begin() -> None:
            await stage.discord.people.use(anna, "interview start", stage.place.text.id)

        monkeypatch.setattr(aiohttp.ClientSession, "_request", held)
        await stage.arrive("anna")
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(begin())
            async with asyncio.timeout(10):
                await posted.wait()
            notice = stage.notice()
            stage.app.drain()
            await asyncio.sleep(0.2)
            assert not bot.is_closed()
            go_on.set()
            await until(bot.is_closed, within_s=10)

        assert "restarted" in notice.text
        assert "sr:status:" not in str(notice.components)
        assert stage.place.guild.members[stage.bot_id].nick is None
        assert stage.world.voice_state(stage.bot_id, stage.place.guild.id) is None
