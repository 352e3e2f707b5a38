"""Recognition as a Ray Serve application, with two real replicas."""

from __future__ import annotations

import asyncio
import io
import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import numpy as np
import pytest

from stt.engine import EngineUnavailable, Hints
from stt.fallback import Fallback
from stt.remote import SpeechServer
from stt.worker import WhisperWorker
from tests.cluster.conftest import KEY, Entered
from tests.cluster.requests import wav
from tests.stt.sounds import MODEL, clips, normalised, recording, utterance_of

if TYPE_CHECKING:
    from tests.cluster.conftest import Cluster

pytestmark = [pytest.mark.timeout(240), pytest.mark.cluster]

CANARY = np.random.default_rng(20261123).integers(-9_000, 9_000, 48_000, dtype=np.int16)
"""Three seconds that nobody would say, and that nothing else holds."""


def server(cluster: Cluster, key: str = KEY) -> SpeechServer:
    return SpeechServer(cluster.url, model="any", key=key, workers=4, languages=("en", "uk"))


async def test_words_of_a_cluster_are_those_of_the_model(cluster: Cluster) -> None:
    spoken = [clip for clip in clips() if clip["language"] == "en"][:6]
    async with server(cluster) as engine, asyncio.TaskGroup() as tasks:
        heard = [
            tasks.create_task(engine.transcribe(utterance_of(recording(clip["file"])), Hints(language="en")))
            for clip in spoken
        ]
    assert [normalised(task.result().text) for task in heard] == [normalised(clip["text"]) for clip in spoken]


async def test_a_wrong_key_is_refused(cluster: Cluster) -> None:
    with pytest.raises(EngineUnavailable, match="key"):
        await server(cluster, "another").__aenter__()


@pytest.mark.parametrize(("zeros", "status"), [(0, 400), (2_000, 400), (1_200_000, 413)])
async def test_what_is_no_utterance_is_refused(cluster: Cluster, zeros: int, status: int) -> None:
    form = aiohttp.FormData()
    form.add_field("file", io.BytesIO(b"RIFF" + bytes(zeros)), filename="speech.wav", content_type="audio/wav")
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session,
        session.post(f"{cluster.url}/audio/transcriptions", data=form) as response,
    ):
        assert response.status == status


async def test_when_more_is_asked_than_may_wait_some_are_told_so_at_once(cluster: Cluster) -> None:
    longest = recording(clips()[0]["file"])

    async def ask(session: aiohttp.ClientSession) -> int:
        form = aiohttp.FormData()
        sound = wav(np.resize(longest, 480_000))
        form.add_field("file", io.BytesIO(sound), filename="speech.wav", content_type="audio/wav")
        async with session.post(f"{cluster.url}/audio/transcriptions", data=form) as response:
            return response.status

    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {KEY}"}) as session:
        statuses = await asyncio.gather(*(ask(session) for _ in range(24)))

    assert set(statuses) == {200, 503}


async def test_speech_is_in_no_file_of_the_cluster_and_in_no_log(cluster: Cluster) -> None:
    async with server(cluster) as engine:
        await engine.transcribe(utterance_of(CANARY), Hints(language="en", prompt="zanzibar caravan quintessence"))
    needles = (CANARY[1_000:1_400].tobytes(), b"zanzibar caravan", KEY.encode())

    assert any(cluster.folder.rglob("*.log"))
    for folder in (cluster.folder, Path("/dev/shm")):  # noqa: S108 - where Ray keeps what processes share
        for file in folder.rglob("*"):
            if file.is_file() and not file.is_symlink():
                try:
                    held = file.read_bytes()
                except PermissionError:
                    continue
                assert not any(needle in held for needle in needles), file.name


async def test_a_replica_that_is_killed_costs_no_words(cluster: Cluster) -> None:
    spoken = [clip for clip in clips() if clip["language"] == "en"][:3] * 4
    async with (
        WhisperWorker(MODEL, languages=["en"]) as own,
        Fallback(server(cluster), Entered(own), look_s=0.5) as engine,
        asyncio.TaskGroup() as tasks,
    ):
        heard = [
            tasks.create_task(engine.transcribe(utterance_of(recording(clip["file"])), Hints(language="en")))
            for clip in spoken
        ]
        await asyncio.sleep(0.1)
        victim = cluster.replicas()[0]
        os.kill(victim, signal.SIGKILL)
        await asyncio.wait(heard)
        async with asyncio.timeout(120):
            while victim in cluster.replicas() or len(cluster.replicas()) < 2:  # noqa: ASYNC110 - another process
                await asyncio.sleep(0.2)

    assert [normalised(task.result().text) for task in heard] == [normalised(clip["text"]) for clip in spoken]
