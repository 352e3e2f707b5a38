"""A voice that is looked for: in every file, and in the memory of both processes, after the interview."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from bot.loopback.furnishing import practice_guild
from bot.loopback.member import SimulatedMember, encode
from bot.loopback.server import LoopbackDiscord
from bot.loopback.voice_server import VoiceServer
from bot.loopback.world import World
from bot.rehearsal.stage import until
from bot.voice.opus import Decoder
from cogs.locales import words_in
from stt.audio import MAX_PACKET_SAMPLES
from tests.flow.test_hearing import clips

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from bot.loopback.callbacks import Reply

ROOT = Path(__file__).parents[2]
KEEPS = {"purposes": ["transcribe", "captions", "save"], "age": ["yes"]}
WORD = words_in("en")("privacy-delete-account-word")

pytestmark = [
    pytest.mark.timeout(120),
    pytest.mark.skipif(sys.platform != "linux", reason="another process's memory is read through /proc"),
]


def decoded(packets: Sequence[bytes]) -> np.ndarray:
    """What any decoder at 16 kHz mono makes of these packets: int16."""
    decoder, out = Decoder(), np.zeros(MAX_PACKET_SAMPLES, np.int16)
    pieces: list[np.ndarray] = []
    for packet in packets:
        samples = decoder.decode(packet, out.ctypes.data)
        pieces.append(out[:samples].copy())
    return np.concatenate(pieces)


def needles(samples: np.ndarray) -> list[bytes]:
    """Stretches of 2 ms of the first half, too loud to be anywhere by chance, as int16 and as float32."""
    loud = [at for at in range(8_000, len(samples) // 2, 800) if len(np.unique(samples[at : at + 32])) > 28]
    assert len(loud) >= 8, "the clip has too little to look for"
    found: list[bytes] = []
    for at in loud[:: len(loud) // 8][:8]:
        stretch = samples[at : at + 32]
        found += [stretch.tobytes(), (stretch.astype(np.float32) / 32_768).tobytes()]
    return found


async def hits(pid: int, wanted: Sequence[bytes]) -> int:
    """How often any of *wanted* is in a process's memory."""
    search = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.flow.search", str(pid),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, cwd=ROOT,
    )  # fmt: skip
    answer, _ = await search.communicate("\n".join(needle.hex() for needle in wanted).encode())
    assert search.returncode == 0
    return int(answer)


def hits_in_files(folders: Iterable[Path], wanted: Sequence[bytes]) -> list[str]:
    """Files that hold any of *wanted*."""
    found: list[str] = []
    for folder in folders:
        for path in folder.rglob("*"):
            try:
                if path.is_file() and path.stat().st_size < 50_000_000:
                    content = path.read_bytes()
                    found += [str(path)] * any(needle in content for needle in wanted)
            except OSError:
                continue
    return found


async def test_a_voice_is_in_no_file_and_in_no_memory_of_the_bot_after_the_end(tmp_path: Path) -> None:
    packets = encode(clips()[4].file)
    wanted = needles(decoded(packets))
    world = World()
    place = practice_guild(world, people=("anna",))
    anna = place.people["anna"]
    authority, home, log = tmp_path / "ca.pem", tmp_path / "home", tmp_path / "home" / "bot.log"
    home.mkdir()
    async with VoiceServer() as voice, LoopbackDiscord(world, voice=voice) as discord:
        authority.write_text(discord.ca_pem, encoding="ascii")
        with log.open("wb") as errors:
            bot = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.flow.bot_process", str(discord.port), str(authority), place.bot_user.token,
                str(home / "kept"),
                stdin=asyncio.subprocess.PIPE, stderr=errors, stdout=errors, cwd=ROOT,
                env={**os.environ, "TMPDIR": str(home), "HOME": str(home), "PYTHONDONTWRITEBYTECODE": "1"},
            )  # fmt: skip
        try:
            await discord.ready()
            ticket = world.join_voice(anna.id, place.voice.id)
            async with SimulatedMember(ticket, ssl=discord.client_context()) as member:
                await discord.people.use(anna.id, "interview start", place.text.id)
                notice = next(m for m in world.seen_by(anna.id, place.voice.id) if m.author is place.bot_user)
                form = await discord.people.press(anna.id, notice, "Join")
                assert form.modal is not None
                await discord.people.submit(anna.id, form.modal, KEEPS)
                engine = child_of(bot.pid)

                held = await _searched_while_speaking(bot.pid, wanted, member, packets)
                assert held > 0, "the search itself must be able to find a voice that is being heard"

                await until(lambda: _captions(world, place.voice.id) != "", within_s=15)
                words = _words(_captions(world, place.voice.id))
                await discord.people.press(anna.id, notice, "End")
                await until(lambda: world.voice_state(place.bot_user.id, place.guild.id) is None, within_s=10)
                await asyncio.sleep(0.5)

                left = [await hits(bot.pid, wanted), await hits(engine, wanted)]
                looked_at = (home, Path("/dev/shm"))  # noqa: S108 - looked at
                files = await asyncio.to_thread(hits_in_files, looked_at, wanted)

                keeping = Keeping(discord, anna.id, place.text.id)
                await keeping.save_find_and_take_along(words)
                anywhere = [*wanted, *(word.encode() for word in words)]
                files += await asyncio.to_thread(hits_in_files, looked_at, anywhere)
                await keeping.delete_everything()
                files += await asyncio.to_thread(hits_in_files, looked_at, [*anywhere, str(anna.id).encode()])
                left += [await hits(bot.pid, wanted), await hits(child_of(bot.pid), wanted)]
        finally:
            assert bot.stdin is not None
            bot.stdin.close()
            async with asyncio.timeout(15):
                await bot.wait()

    assert left == [0] * 4
    assert files == []
    said = log.read_text(encoding="utf-8")
    for secret in (str(anna.id), str(place.guild.id), place.bot_user.token, "Anna", "linear time"):
        assert secret not in said


async def _searched_while_speaking(
    pid: int, wanted: Sequence[bytes], member: SimulatedMember, packets: Sequence[bytes]
) -> int:
    """How often a voice is found in a process while it is heard; she goes on for as long as a slow search takes."""
    found = asyncio.Event()
    held = 0

    async def speak() -> None:
        while not found.is_set():
            await member.say(packets)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(speak(), name="speaks")
        await asyncio.sleep(len(packets) * 0.02 * 0.6)
        for _ in range(5):
            if held := await hits(pid, wanted):
                break
        found.set()
    return held


@dataclass(frozen=True)
class Keeping:
    """What somebody does with what she said, by the bot's commands."""

    discord: LoopbackDiscord
    user_id: int
    channel_id: int

    async def use(self, command: str, **options: object) -> Reply:
        """Use a command."""
        return await self.discord.people.use(self.user_id, command, self.channel_id, options=options)

    async def save_find_and_take_along(self, words: Sequence[str]) -> None:
        """Save it, find it, and have both exports of it, which hold the words."""
        await self.use("transcript save", title="Practice")
        found = await self.use("transcript search", text=words[0])
        assert words[0] in found.text.lower()
        offered = await self.discord.people.complete(self.user_id, "transcript view", self.channel_id, "transcript", "")
        (transcript,) = [str(choice["value"]) for choice in offered.choices]
        taken = await self.use("transcript export", transcript=transcript, format="txt")
        assert taken.message is not None
        assert words[0].encode() in taken.message.attachments[0].data.lower()
        package = await self.use("privacy export")
        assert package.message is not None
        assert package.message.attachments

    async def delete_everything(self) -> None:
        """Delete the account."""
        form = (await self.use("privacy delete-account")).modal
        assert form is not None
        gone = await self.discord.people.submit(self.user_id, form, {"word": WORD})
        await until(lambda: "Deleted" in gone.text, within_s=15)


def _words(captions: str) -> list[str]:
    """The longest words of captions: nothing else in a bot's folder says them."""
    said = captions.split("Anna", 1)[1].lower()
    return sorted(set(re.findall(r"[a-z]{6,}", said)), key=len)[-3:]


def child_of(pid: int) -> int:
    for task in Path(f"/proc/{pid}/task").iterdir():
        children = (task / "children").read_text(encoding="ascii").split()
        for child in children:
            if b"stt.child" in Path(f"/proc/{child}/cmdline").read_bytes():
                return int(child)
    raise LookupError("no engine")


def _captions(world: World, channel_id: int) -> str:
    return "\n".join(
        m.content for m in (world.messages[i] for i in world.channels[channel_id].message_ids) if m.content
    )
