"""Bots that are killed while notice, mark and captions stand: `python -m tests.flow.killing --rounds 25`.

Each round starts the bot as a process of its own, on the same installation and the same Discord. Somebody starts an
interview, agrees, speaks and saves, again and again; the process is killed at a random moment of that. Then:

    gone    notice, card, captions and mark, within `WITHIN_S` of real time after the next bot was started
    kept    every transcript whose saving was answered, with all of its words
    held    every yes that was answered
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import random
import signal
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.loopback.filling import CannotDo
from bot.loopback.furnishing import practice_guild
from bot.loopback.member import SimulatedMember
from bot.loopback.server import LoopbackDiscord
from bot.loopback.voice_server import VoiceServer
from bot.loopback.world import World
from cogs.locales import words_in
from cogs.replies import purpose_name
from storage.ledger import Purpose
from tests.flow.test_hearing import clips
from tests.flow.test_leftovers import a_bot

if TYPE_CHECKING:
    from bot.loopback.callbacks import Reply
    from bot.loopback.entities import Message
    from bot.loopback.furnishing import PracticeGuild

EN = words_in("en")
WITHIN_S = 60.0
PERSON = "anna"
EVERYTHING: dict[str, Any] = {"purposes": ["transcribe", "captions", "save"], "age": ["yes"]}
log = logging.getLogger(__name__)
ACTS = ("starts", "joins", "speaks", "ends", "saves", "waits")


@dataclass
class Tally:
    """What was done and seen.

    Attributes:
        rounds: How many bots were killed.
        at: During what, how often.
        standing: How many messages stood when they were killed.
        marked: How often the mark stood.
        saved: Savings that were answered.
        gone_s: How long it took each time until everything was gone.
    """

    rounds: int = 0
    at: dict[str, int] = field(default_factory=dict[str, int])
    standing: int = 0
    marked: int = 0
    saved: int = 0
    gone_s: list[float] = field(default_factory=list[float])


@dataclass
class Scene:
    """The Discord, who is there, and what was acknowledged.

    Attributes:
        agreed: Whether a yes was answered.
        saved: How many savings were answered.
        begun: How many savings were asked for and not answered.
        doing: What happens just now.
    """

    world: World
    place: PracticeGuild
    discord: LoopbackDiscord
    folder: Path
    agreed: bool = False
    saved: int = 0
    begun: int = 0
    doing: str = ACTS[0]

    @property
    def person(self) -> int:
        """Who practises."""
        return self.place.people[PERSON].id

    def standing(self) -> list[Message]:
        """What the bot said there for everybody, but that an interview is over, which may stay."""
        seen = self.world.seen_by(self.person, self.place.voice.id)
        said = [m for m in seen if m.author is self.place.bot_user and m.ephemeral_to is None]
        return [m for m in said if "The interview is over" not in m.text]

    def nickname(self) -> str | None:
        """The bot's."""
        return self.place.guild.members[self.place.bot_user.id].nick

    async def use(self, command: str, **options: object) -> Reply:
        """Use a command."""
        return await self.discord.people.use(self.person, command, self.place.text.id, options=options)


async def until_gone(scene: Scene) -> float:
    """Wait until nothing stands any more, and say how long that took.

    Raises:
        AssertionError: If something still stands after `WITHIN_S`.
    """
    loop = asyncio.get_running_loop()
    began = loop.time()
    while scene.standing() or scene.nickname() is not None:
        still = [message.text[:80] for message in scene.standing()], scene.nickname()
        assert loop.time() - began < WITHIN_S, f"after {scene.doing}, this still stands: {still}"
        await asyncio.sleep(0.05)
    return loop.time() - began


async def practise(scene: Scene, member: SimulatedMember) -> None:
    """Start, join, speak, end and save until the bot is no more."""
    while True:
        scene.doing = "starts"
        await scene.use("interview start")
        while not scene.standing():  # noqa: ASYNC110 - Discord tells nobody
            await asyncio.sleep(0.05)
        scene.doing = "joins"
        reply = await scene.discord.people.press(scene.person, scene.standing()[0], "Join")
        if reply.modal is not None:
            await scene.discord.people.submit(scene.person, reply.modal, EVERYTHING)
            scene.agreed = True
        scene.doing = "speaks"
        await member.say(clips()[0].file)
        scene.doing = "waits"
        # Captions stand after this; words that are still on their way when it ends go into the draft.
        await asyncio.sleep(2.0)
        scene.doing = "ends"
        await scene.use("interview stop")
        while scene.nickname() is not None:  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.05)
        scene.doing = "saves"
        scene.begun = 1
        if (await scene.use("transcript save")).text.startswith("Saved"):
            scene.saved += 1
        scene.begun = 0


async def killed(scene: Scene, delay_s: float, tally: Tally) -> None:
    """One bot, killed *delay_s* after it is there."""
    async with a_bot(scene.discord, scene.place.bot_user.token, scene.folder) as bot:
        await scene.discord.ready(within_s=90)
        ticket = scene.world.join_voice(scene.person, scene.place.voice.id)
        async with (
            SimulatedMember(ticket, ssl=scene.discord.client_context()) as member,
            asyncio.TaskGroup() as tasks,
        ):
            story = tasks.create_task(told(scene, member), name="practises")
            await asyncio.sleep(delay_s)
            tally.at[scene.doing] = tally.at.get(scene.doing, 0) + 1
            os.kill(bot.pid, signal.SIGKILL)
            await bot.wait()
            tally.standing += len(scene.standing())
            tally.marked += scene.nickname() is not None
            story.cancel()
    await scene.world.leave_voice(scene.person)


async def told(scene: Scene, member: SimulatedMember) -> None:
    """Practise; a bot that is no more answers nothing, and whoever speaks is cut off."""
    with suppress(CannotDo, TimeoutError, ConnectionError):
        await practise(scene, member)


async def check(scene: Scene) -> float:
    """What the next bot did: everything is gone, and nothing that was acknowledged is lost."""
    async with a_bot(scene.discord, scene.place.bot_user.token, scene.folder):
        took_s = await until_gone(scene)
        await scene.discord.ready(within_s=90)
        if scene.agreed:
            line = EN("consent-standing-line", standing="yes", purpose=purpose_name(EN, Purpose.SAVE))
            assert line in (await scene.use("consent status")).text, "a yes is lost"
        there = len((await scene.discord.people.complete(
            scene.person, "transcript view", scene.place.text.id, "transcript", ""
        )).choices)  # fmt: skip
        assert scene.saved <= there <= scene.saved + scene.begun, "a transcript is lost, or one too many is there"
        scene.saved, scene.begun = there, 0
    return took_s


async def rounds(number: int, *, seed: int, folder: Path) -> Tally:
    """Kill so many bots.

    Raises:
        AssertionError: If something acknowledged is lost, or something still stands after `WITHIN_S`.
    """
    dice, tally = random.Random(seed), Tally()
    world = World()
    place = practice_guild(world, people=(PERSON,))
    async with VoiceServer() as voice, LoopbackDiscord(world, voice=voice) as discord:
        scene = Scene(world, place, discord, folder)
        for _ in range(number):
            await killed(scene, dice.uniform(0.2, 25.0), tally)
            tally.gone_s.append(await check(scene))
            tally.rounds += 1
            tally.saved = scene.saved
            log.info("gone after %.1f s, killed while somebody %s", tally.gone_s[-1], scene.doing)
    return tally


def main() -> None:
    """Kill, and say what was seen."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--seed", type=int, default=20261123)
    given = parser.parse_args()
    logging.basicConfig(format="%(message)s")
    log.setLevel(logging.INFO)
    with tempfile.TemporaryDirectory() as folder:
        tally = asyncio.run(rounds(given.rounds, seed=given.seed, folder=Path(folder)))
    sys.stdout.write(
        f"{tally.rounds} bots killed, with {tally.standing} messages and {tally.marked} marks standing; {tally.saved}"
        f" savings kept; everything gone after {max(tally.gone_s):.1f} s at most\n{tally.at}\n"
    )


if __name__ == "__main__":
    main()
