"""The engine in processes of its own: they die, hang and close without taking more than one utterance along."""

from __future__ import annotations

import asyncio
import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from blockbuster import blockbuster_ctx
from faster_whisper.feature_extractor import FeatureExtractor

from stt.audio import AudioOverwritten, Ring, Utterance
from stt.engine import EngineLost, EngineUnavailable, Hints, TranscriptionFailed
from stt.slot import Slot
from stt.vad import Silero, SpeechProbability
from stt.worker import LEAST_DEADLINE_S, WhisperWorker, _Hello
from tests.stt.keeper import secret
from tests.stt.sounds import (
    MODEL,
    ROOT,
    Stage,
    clips,
    hum,
    names_kept,
    noise,
    normalised,
    recording,
    shared_names,
    silence,
    until,
    utterance_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
root = pytest.mark.skipif(os.geteuid() != 0, reason="a process that cannot be dumped is read by root only")


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208  a listing, one of whose entries is its own


def alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def said(number: int) -> Utterance:
    return utterance_of(recording(clips()[number]["file"]))


def text(number: int) -> str:
    return normalised(clips()[number]["text"])


@linux
async def test_it_hears_and_leaves_nothing_open() -> None:
    before = descriptors(), threading.active_count(), shared_names()
    async with WhisperWorker(MODEL, languages=["en", "uk"]) as worker:
        heard = [normalised((await worker.transcribe(said(n))).text) for n in range(3)]
        pids = worker.pids
        assert set(worker.languages) == {"en", "uk"}

    assert heard == [text(n) for n in range(3)]
    assert not any(alive(pid) for pid in pids)
    # The thread that waits for a child (Python 3.11) ends after it; one of an earlier test may end meanwhile too.
    await until(lambda: threading.active_count() <= before[1])
    await until(lambda: descriptors() <= before[0])
    assert names_kept(before[2]) == set()


async def test_the_event_loop_is_never_blocked() -> None:
    silero = Silero()
    utterance = said(0)
    with blockbuster_ctx(scanned_modules=["stt"]):
        async with WhisperWorker(MODEL) as worker:
            await worker.transcribe(utterance)
            stage = Stage(worker, probability=lambda: SpeechProbability(silero))
            stage.hear(_1=noise(1))
            await stage.pipeline.finish(timeout_s=10)


async def test_two_workers_share_the_work() -> None:
    async with WhisperWorker(MODEL, workers=2) as worker, asyncio.TaskGroup() as tasks:
        heard = [tasks.create_task(worker.transcribe(said(n))) for n in range(6)]
        await asyncio.sleep(0)
        assert len(set(worker.pids)) == 2

    assert [normalised(task.result().text) for task in heard] == [text(n) for n in range(6)]


@linux
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP], ids=["killed", "hangs"])
async def test_one_utterance_is_lost_with_the_child_and_the_next_is_heard(how: signal.Signals) -> None:
    async with WhisperWorker(MODEL, deadline_s=2) as worker:
        (first,) = worker.pids
        os.kill(first, signal.SIGSTOP)
        began = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            lost = tasks.create_task(_error(worker, said(0)))
            heard = tasks.create_task(worker.transcribe(said(1)))
            await until(lambda: _slot(worker).samples.any() == np.True_)
            os.kill(first, how)

        assert isinstance(lost.result(), EngineLost)
        assert normalised(heard.result().text) == text(1)
        assert time.monotonic() - began < 2 + 10
        assert worker.restarts == 1
        assert worker.pids != (first,)
        assert not alive(first)


async def _error(worker: WhisperWorker, utterance: Utterance) -> Exception | None:
    try:
        await worker.transcribe(utterance)
    except Exception as error:  # noqa: BLE001  the test looks which
        return error
    return None


def _slot(worker: WhisperWorker) -> Slot:
    slot = worker._children[0]._slot
    assert slot is not None
    return slot


@linux
async def test_a_child_that_dies_while_idle_costs_no_words() -> None:
    async with WhisperWorker(MODEL) as worker:
        os.kill(worker.pids[0], signal.SIGKILL)
        await until(lambda: worker.restarts == 1)

        assert normalised((await worker.transcribe(said(0))).text) == text(0)
        assert worker.restarts == 1


@linux
async def test_a_renewed_engine_is_another_process_and_hears() -> None:
    async with WhisperWorker(MODEL) as worker:
        (before,) = worker.pids
        await worker.transcribe(said(0))

        worker.renew()
        await until(lambda: worker.pids not in {(), (before,)})

        assert not alive(before)
        assert normalised((await worker.transcribe(said(1))).text) == text(1)
        assert worker.pids != (before,)
        assert worker.restarts == 0


@linux
@pytest.mark.parametrize("why", ["killed", "renewed"])
async def test_a_system_that_has_nothing_left_for_a_moment_ends_nobody(
    why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused: list[OSError] = []
    create = Slot.create

    def refuses_once() -> Slot:
        if refused:
            return create()
        refused.append(OSError(errno.EMFILE, os.strerror(errno.EMFILE)))
        raise refused[0]

    async with WhisperWorker(MODEL) as worker:
        monkeypatch.setattr(Slot, "create", refuses_once)
        if why == "killed":
            os.kill(worker.pids[0], signal.SIGKILL)
        else:
            worker.renew()
        await until(lambda: bool(refused) and bool(worker.pids))

        assert normalised((await worker.transcribe(said(0))).text) == text(0)
        assert worker.alive


@linux
@pytest.mark.parametrize("lacking", ["os.ftruncate", "mmap.mmap"])
def test_a_slot_that_there_is_no_memory_for_leaves_nothing_open(lacking: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> None:
        raise OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))

    before = descriptors()
    with monkeypatch.context() as patch:
        patch.setattr(f"stt.slot.{lacking}", refuses)
        with pytest.raises(OSError, match=os.strerror(errno.ENOMEM)):
            Slot.create()

    assert descriptors() == before


@linux
async def test_a_call_that_is_cancelled_leaves_no_samples_and_disturbs_nobody() -> None:
    async with WhisperWorker(MODEL) as worker:
        (pid,) = worker.pids
        os.kill(pid, signal.SIGSTOP)
        async with asyncio.TaskGroup() as tasks:
            call = tasks.create_task(worker.transcribe(said(0)))
            await until(lambda: _slot(worker).samples.any() == np.True_)
            call.cancel()
            await asyncio.wait([call])
            assert not _slot(worker).samples.any()
            following = tasks.create_task(worker.transcribe(said(1)))
            os.kill(pid, signal.SIGCONT)

        assert normalised(following.result().text) == text(1)
        assert worker.restarts == 0
        assert not _slot(worker).samples.any()


async def test_closing_while_it_works_tells_those_who_wait() -> None:
    worker = WhisperWorker(MODEL)
    async with asyncio.TaskGroup() as tasks, worker:
        calls = [tasks.create_task(_error(worker, said(n))) for n in range(3)]
        await asyncio.sleep(0)

    assert [type(call.result()) for call in calls] == [EngineUnavailable] * 3
    with pytest.raises(EngineUnavailable):
        await worker.transcribe(said(0))


@linux
async def test_closing_while_it_starts_again_tells_those_who_wait() -> None:
    async with asyncio.TaskGroup() as tasks, WhisperWorker(MODEL) as worker:
        os.kill(worker.pids[0], signal.SIGKILL)
        await until(lambda: not worker._children[0].alive)
        calls = [tasks.create_task(_error(worker, said(n))) for n in range(2)]
        await until(lambda: worker.restarts == 1)

    assert [type(call.result()) for call in calls] == [EngineUnavailable] * 2


async def test_what_an_utterance_lacks_fails_that_utterance_only() -> None:
    async with WhisperWorker(MODEL) as worker:
        ring = Ring()
        overwritten = utterance_of(noise(1), ring=ring)
        ring.wipe()
        with pytest.raises(AudioOverwritten):
            await worker.transcribe(overwritten)
        with pytest.raises(TranscriptionFailed, match="language"):
            await worker.transcribe(said(0), Hints(language="xx"))
        with pytest.raises(TranscriptionFailed):
            await worker.transcribe(utterance_of(silence(0.001)))

        assert normalised((await worker.transcribe(said(0), Hints(prompt="rate limiter"))).text) == text(0)
        assert worker.restarts == 0


async def test_an_error_while_it_is_in_use_comes_out_as_it_is() -> None:
    with pytest.raises(KeyError):
        async with WhisperWorker(MODEL):
            raise KeyError


async def test_cancelling_its_owner_leaves_no_process() -> None:
    worker = WhisperWorker(MODEL)

    async def own() -> None:
        async with worker:
            await asyncio.Event().wait()

    async with asyncio.TaskGroup() as tasks:
        owner = tasks.create_task(own())
        await until(lambda: bool(worker.languages))
        (pid,) = worker.pids
        owner.cancel()

    assert owner.cancelled()
    assert not alive(pid)
    assert worker.pids == ()


async def test_without_a_model_it_does_not_start(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailable, match="no speech model"):
        async with WhisperWorker(tmp_path / "nothing"):
            pass


async def test_a_start_that_takes_too_long_is_given_up() -> None:
    worker = WhisperWorker(MODEL, start_s=0.05)

    with pytest.raises(EngineUnavailable, match="did not start"):
        async with worker:
            pass
    assert worker.pids == ()


@linux
async def test_when_it_cannot_be_started_again_everybody_is_told(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(MODEL, tmp_path / "model"))
    async with WhisperWorker(folder) as worker:
        (folder / "tokenizer.json").unlink()
        os.kill(worker.pids[0], signal.SIGKILL)
        await until(lambda: worker.restarts > 0)

        assert isinstance(await _error(worker, said(0)), EngineUnavailable | EngineLost)
        error = await _error(worker, said(1))
        assert isinstance(error, EngineUnavailable)
        assert "tokenizer.json" in str(error)


@linux
async def test_the_child_is_quiet_polite_and_knows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "a token")
    async with WhisperWorker(MODEL, nice=7) as worker:
        proc = Path(f"/proc/{worker.pids[0]}")

        assert b"token" not in (proc / "environ").read_bytes()
        assert "Max core file size        0                    0" in (proc / "limits").read_text(encoding="utf-8")
        fields = (proc / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        assert int(fields[16]) == os.nice(0) + 7
        os.kill(worker.pids[0], signal.SIGINT)
        os.kill(worker.pids[0], signal.SIGTERM)
        assert normalised((await worker.transcribe(said(0))).text) == text(0)


async def test_two_voices_with_noise_beside_them_get_their_own_words() -> None:
    silero = Silero()
    spoken = [clip for clip in clips() if clip["language"] == "en"][:4]
    pause = silence(0.8)
    anna = np.concatenate([part for clip in spoken[:2] for part in (recording(clip["file"]), pause)])
    bob = np.concatenate([silence(0.7), *(part for clip in spoken[2:] for part in (recording(clip["file"]), pause))])
    async with WhisperWorker(MODEL) as worker:
        stage = Stage(worker, probability=lambda: SpeechProbability(silero))
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(stage.pipeline.run())
            stage.hear(_1=anna, _2=bob, _3=noise(8), _4=hum(8), _5=silence(8))
            await stage.pipeline.finish(timeout_s=30)

    for speaker, expected in ((1, spoken[:2]), (2, spoken[2:])):
        heard = " ".join(normalised(s.text) for s in stage.told if s.speaker_id == speaker)
        assert heard == " ".join(normalised(clip["text"]) for clip in expected)
    assert {s.speaker_id for s in stage.told} == {1, 2}
    assert stage.audio_left() == 0


@pytest.mark.parametrize("named", [False, True])
def test_a_slot_is_shared_and_leaves_no_name(named: bool) -> None:  # noqa: FBT001
    # In processes of their own: named memory has a tracker, which would stay with the tests.
    script = f"""
import subprocess, sys
from stt.slot import Slot
slot = Slot.create(named={named})
slot.samples[:3] = [1, 2, 3]
child = "import sys; from stt.slot import Slot; s = Slot.attach(sys.argv[1]); s.samples[2] = s.samples[:3].sum()"
subprocess.run([sys.executable, "-c", child, slot.name], pass_fds=slot.descriptors, check=True)
slot.opened()
print(slot.samples[:4].tolist())
slot.close()
slot.close()
"""
    before = shared_names()

    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)

    assert done.stdout == "[1, 2, 6, 0]\n"
    assert names_kept(before) == set()


# What is left in memory.


@pytest.fixture
def keeper(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.stt.keeper", "77"],
        cwd=ROOT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate()


def hear_from(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def let_go_on(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("\n")
    process.stdin.flush()


def needles() -> dict[str, bytes]:
    """The pattern as samples, as what a model is fed, and as features."""
    pattern = secret(77)
    found: dict[str, bytes] = {}
    for at in range(1_000, len(pattern), 10_000):
        part = pattern[at : at + 32]
        found[f"int16 at {at}"] = part.tobytes()
        found[f"float32 at {at}"] = (part / np.float32(32_768)).astype(np.float32).tobytes()
        found[f"float64 at {at}"] = (part / 32_768).tobytes()
    extractor: Any = FeatureExtractor()
    features = extractor((pattern / 32_768).astype(np.float32))
    found["features by time"] = np.ascontiguousarray(features[40, 60:76]).tobytes()
    found["features by bin"] = np.ascontiguousarray(features[30:46, 70]).tobytes()
    return found


def search(pid: int, wanted: dict[str, bytes]) -> set[str]:
    """Which of *wanted* are in the memory of a process."""
    found: set[str] = set()
    with (
        Path(f"/proc/{pid}/maps").open(encoding="ascii", errors="replace") as maps,
        Path(f"/proc/{pid}/mem").open("rb", buffering=0) as memory,
    ):
        for line in maps:
            span, rights, _, _, _, *name = line.split(maxsplit=5)
            # What cannot be written to holds code.
            if not rights.startswith("rw") or any(part.startswith("[v") for part in name):
                continue
            low, high = (int(end, 16) for end in span.split("-"))
            for at in range(low, high, 1 << 20):
                try:
                    memory.seek(at)
                    data = memory.read(min((1 << 20) + 4_096, high - at))
                except (OSError, ValueError, OverflowError):
                    continue
                # Most of it was only reserved.
                if np.frombuffer(data, np.uint64, len(data) // 8).any():
                    found |= {name for name, needle in wanted.items() if needle in data}
    return found


def contents(folder: Path) -> list[bytes]:
    return [file.read_bytes() for file in folder.rglob("*") if file.is_file()]


@linux
@root
async def test_after_the_words_the_audio_is_in_no_memory_and_in_no_file(
    keeper: subprocess.Popen[str], tmp_path: Path
) -> None:
    wanted = needles()
    shared = shared_names()
    word, child = hear_from(keeper).split()
    assert word == "held"
    # Otherwise the search proves nothing.
    samples = {name for name in wanted if name.startswith("int16")}
    assert samples <= search(keeper.pid, wanted)
    os.kill(int(child), signal.SIGSTOP)
    let_go_on(keeper)
    await until(lambda: samples <= search(int(child), wanted))
    os.kill(int(child), signal.SIGCONT)
    assert await asyncio.to_thread(hear_from, keeper) == "out 0"

    assert search(keeper.pid, wanted) == set()
    assert search(int(child), wanted) == set()
    assert not any(needle in content for content in contents(tmp_path) for needle in wanted.values())
    assert names_kept(shared) == set()
    let_go_on(keeper)
    assert keeper.wait(timeout=20) == 0
    assert not alive(int(child))


@linux
def test_when_the_bot_is_killed_its_engine_dies_and_no_memory_keeps_a_name(keeper: subprocess.Popen[str]) -> None:
    shared = shared_names()
    _, child = hear_from(keeper).split()
    assert alive(int(child))

    keeper.kill()
    keeper.wait(timeout=10)

    deadline = time.monotonic() + 5
    while alive(int(child)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not alive(int(child))
    assert names_kept(shared) == set()


async def test_the_window_is_the_folders_unless_another_is_asked_for() -> None:
    async with WhisperWorker(MODEL) as own, WhisperWorker(MODEL, window="full") as other:
        heard = [normalised((await worker.transcribe(said(0))).text) for worker in (own, other)]

        assert (own.window, other.window) == ("dynamic", "full")
    assert heard == [text(0), text(0)]


async def test_how_long_an_engine_may_take_follows_what_it_takes() -> None:
    long, short = utterance_of(silence(28)), utterance_of(silence(2))
    async with WhisperWorker(MODEL) as worker:
        assert worker._hello is not None
        assert worker._hello.token_s > 0
        worker._know(_Hello(("en",), "full", took_s=0.5, token_s=0.0))
        assert worker.deadline_s(short) == worker.deadline_s(long) == LEAST_DEADLINE_S
        worker._know(_Hello(("en",), "full", took_s=10.0, token_s=0.0))
        assert worker.deadline_s(short) == worker.deadline_s(long) == 30.0
        worker._know(_Hello(("en",), "dynamic", took_s=0.1, token_s=0.0))
        assert worker.deadline_s(short) == LEAST_DEADLINE_S
        assert worker.deadline_s(long) == pytest.approx(0.1 * 50 * 3 * 28 / 30)


async def test_an_engine_may_say_all_that_it_is_allowed_to_in_each_of_its_attempts() -> None:
    long, short = utterance_of(silence(28)), utterance_of(silence(2))
    once = Hints(language="en", thorough=False)
    twice = Hints(language="en")
    changed = Hints(usual="en")
    worker = WhisperWorker(MODEL)
    # About what `small` takes in its full window.
    worker._know(_Hello(("en", "uk"), "full", took_s=2.2, token_s=0.021))

    assert worker.deadline_s(long, once) == pytest.approx(3 * (2.2 + (6 * 28 + 16) * 0.021))
    assert worker.deadline_s(long, once) > 10
    assert worker.deadline_s(long, twice) == pytest.approx(3 * (2.2 + 2 * (6 * 28 + 16) * 0.021))
    # Ukrainian takes more of them, up to what the model can say at all.
    assert worker.deadline_s(long, changed) == pytest.approx(3 * (2.2 + 4 * 224 * 0.021))
    assert worker.deadline_s(long) == worker.deadline_s(long, Hints(language="uk", usual="uk"))
    assert worker.deadline_s(short, once) < worker.deadline_s(short, twice) < 2 * LEAST_DEADLINE_S

    worker._know(_Hello(("en",), "dynamic", took_s=0.1, token_s=0.012))
    assert worker.deadline_s(short, changed) == LEAST_DEADLINE_S
    assert worker.deadline_s(long, changed) == pytest.approx(3 * (0.1 * 50 * 28 / 30 + 2 * (6 * 28 + 16) * 0.012))
