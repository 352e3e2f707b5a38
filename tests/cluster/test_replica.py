"""One replica without Ray around it, on a processor: batches as on a GPU, and callers who leave."""

from __future__ import annotations

import asyncio
import json
import threading
from typing import TYPE_CHECKING, Any

import pytest

from stt.serve import PATH, Engine, Form, Recognition, engine_of, main, parsed, scale_of
from tests.cluster.requests import multipart, request
from tests.stt.sounds import MODEL, clips, noise, normalised, recording, until

if TYPE_CHECKING:
    from collections.abc import Generator

    import numpy as np
    from numpy.typing import NDArray

pytest.importorskip("starlette", reason="the extra `cluster` is not installed")
pytestmark = [pytest.mark.timeout(240), pytest.mark.cluster]

SPOKEN = [clip for clip in clips() if clip["language"] == "en"][:4] + [
    clip for clip in clips() if clip["language"] != "en"
]


@pytest.fixture
def replica() -> Generator[Recognition]:
    opened = Recognition(Engine(MODEL, batch=4, wait_s=0.05))
    yield opened
    opened.gathering.close()


@pytest.fixture
def forms(monkeypatch: pytest.MonkeyPatch) -> list[Form]:
    """Every form that is read from now on."""
    seen: list[Form] = []

    def remembered() -> Form:
        seen.append(Form())
        return seen[-1]

    monkeypatch.setattr("stt.serve.Form", remembered)
    return seen


async def ask(replica: Recognition, samples: NDArray[np.int16], **fields: str) -> dict[str, Any]:
    response = await replica(request(PATH, multipart(samples, fields)))
    return {"status": response.status_code, **json.loads(bytes(response.body))}


class Held:
    """The engine of a replica, which waits to be let go on."""

    def __init__(self, replica: Recognition, monkeypatch: pytest.MonkeyPatch) -> None:
        self.batches: list[int] = []
        self.go_on = threading.Event()
        self._work = replica._recognise
        monkeypatch.setattr(replica.gathering, "_work", self)

    def __call__(self, said: list[Any]) -> Any:
        self.batches.append(len(said))
        assert self.go_on.wait(60)
        return self._work(said)


async def test_what_several_said_is_recognised_together_and_each_has_their_own_words(
    replica: Recognition, forms: list[Form], monkeypatch: pytest.MonkeyPatch
) -> None:
    held = Held(replica, monkeypatch)
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(ask(replica, noise(1), language="en"))
        await until(lambda: held.batches == [1])
        asked = [tasks.create_task(ask(replica, recording(clip["file"]), language=clip["language"])) for clip in SPOKEN]
        await until(lambda: len(forms) == 1 + len(SPOKEN) and len(replica.gathering._waiting) == len(SPOKEN))
        held.go_on.set()

    assert held.batches == [1, 4, 2]
    assert first.result()["text"] == ""
    assert [normalised(task.result()["text"]) for task in asked] == [normalised(clip["text"]) for clip in SPOKEN]
    assert not any(any(form.block) for form in forms)


async def test_a_bad_one_in_a_batch_is_refused_and_the_others_have_their_words(replica: Recognition) -> None:
    good = [recording(clip["file"]) for clip in SPOKEN[:3]]
    async with asyncio.TaskGroup() as tasks:
        bad = tasks.create_task(ask(replica, good[0], language="xx"))
        asked = [tasks.create_task(ask(replica, samples, language="en")) for samples in good]

    assert bad.result()["status"] == 422
    assert [normalised(task.result()["text"]) for task in asked] == [normalised(clip["text"]) for clip in SPOKEN[:3]]


@pytest.mark.parametrize("when", ["waiting", "in work"])
async def test_who_leaves_takes_their_sound_along_and_nobody_elses_words(
    replica: Recognition, forms: list[Form], monkeypatch: pytest.MonkeyPatch, when: str
) -> None:
    held = Held(replica, monkeypatch)
    stays, leaves = (recording(clip["file"]) for clip in SPOKEN[:2])
    async with asyncio.TaskGroup() as tasks:
        if when == "waiting":
            tasks.create_task(ask(replica, noise(1), language="en"))
            await until(lambda: held.batches == [1])
        left = tasks.create_task(ask(replica, leaves, language="en"))
        stayed = tasks.create_task(ask(replica, stays, language="en"))
        await until(lambda: len(replica.gathering._waiting) == 2 if when == "waiting" else held.batches == [2])
        left.cancel()
        await asyncio.wait([left])
        assert any(any(form.block) for form in forms)
        assert sum(not any(form.block) for form in forms) == 1
        held.go_on.set()

    assert held.batches == ([1, 1] if when == "waiting" else [2])
    assert normalised(stayed.result()["text"]) == normalised(SPOKEN[0]["text"])
    assert not any(any(form.block) for form in forms)


async def test_more_than_two_batches_are_told_so(replica: Recognition, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held(replica, monkeypatch)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ask(replica, noise(1), language="en"))
        await until(lambda: held.batches == [1])
        asked = [tasks.create_task(ask(replica, noise(1), language="en")) for _ in range(9)]
        await until(lambda: replica.gathering.refused == 1)
        held.go_on.set()

    assert sorted(task.result()["status"] for task in asked) == [200] * 8 + [503]


async def test_a_replica_that_hangs_says_so(replica: Recognition, monkeypatch: pytest.MonkeyPatch) -> None:
    held = Held(replica, monkeypatch)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ask(replica, noise(1), language="en"))
        await until(lambda: held.batches == [1])
        replica.check_health()
        monkeypatch.setattr("stt.serve.HANGS_S", 0.0)
        with pytest.raises(RuntimeError, match="hangs"):
            replica.check_health()
        held.go_on.set()


@pytest.mark.parametrize(
    ("gpus", "arguments", "expected"),
    [
        (0, [], ("cpu", "int8", 1, 3, 0.0)),
        (0, ["--batch", "4"], ("cpu", "int8", 4, 3, 0.0)),
        (2, [], ("cuda", "float16", 8, 2, 1.0)),
        (2, ["--compute", "int8_float16", "--batch", "16", "--most", "1"], ("cuda", "int8_float16", 16, 1, 1.0)),
        (2, ["--device", "cpu"], ("cpu", "int8", 1, 3, 0.0)),
    ],
)
def test_a_gpu_is_used_where_there_is_one_and_batches_are_for_gpus(
    monkeypatch: pytest.MonkeyPatch, gpus: int, arguments: list[str], expected: tuple[str, str, int, int, float]
) -> None:
    monkeypatch.setattr("stt.serve.gpus", lambda: gpus)
    monkeypatch.setattr("os.cpu_count", lambda: 4)
    options = parsed(arguments)

    engine = engine_of(options, MODEL)
    scale = scale_of(options, engine)

    assert (engine.device, engine.compute, engine.batch, scale.most, scale.gpus) == expected
    assert scale.waiting == max(16, 2 * engine.batch)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["--device", "cuda"], "no GPU"), (["--compute", "float16"], "int8")],
    ids=["cuda", "float16"],
)
def test_what_this_machine_cannot_do_ends_the_start_with_a_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], arguments: list[str], said: str
) -> None:
    monkeypatch.setattr("stt.serve.gpus", lambda: 0)

    assert main(["--model", str(MODEL), *arguments]) == 78
    assert said in capsys.readouterr().err
