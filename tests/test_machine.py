"""What the machine has to spare."""

from pathlib import Path

import pytest

from bot.machine import MOST_WORKERS, cores, memory_mb, workers
from stt.layout import FILES


@pytest.fixture
def model(tmp_path: Path) -> Path:
    (tmp_path / FILES[0]).write_bytes(b"")
    return tmp_path


def limited(folder: Path, *, cpu: str = "max 100000", memory: str = "max") -> Path:
    (folder / "cpu.max").write_text(cpu + "\n")
    (folder / "memory.max").write_text(memory + "\n")
    return folder


def test_a_containers_share_of_the_processor_counts(tmp_path: Path) -> None:
    assert cores(limited(tmp_path, cpu="100000 100000")) == 1
    assert cores(limited(tmp_path, cpu="50000 100000")) == 1
    assert cores(limited(tmp_path)) == cores(tmp_path / "nothing") >= 1


def test_a_containers_memory_counts(tmp_path: Path) -> None:
    assert memory_mb(limited(tmp_path, memory="512000000")) == 512
    assert memory_mb(limited(tmp_path)) == memory_mb(tmp_path / "nothing") > 0


def test_limits_that_make_no_sense_are_not_believed(tmp_path: Path) -> None:
    assert cores(limited(tmp_path, cpu="all of it", memory="-1")) == cores(tmp_path / "nothing")
    assert memory_mb(tmp_path) == memory_mb(tmp_path / "nothing")


def test_a_model_gets_a_process_for_each_core_if_there_is_memory(tmp_path: Path, model: Path) -> None:
    available = cores(tmp_path / "nothing")

    assert workers(model, limited(tmp_path, memory="8000000000")) == min(available, MOST_WORKERS)
    assert workers(model, limited(tmp_path, memory="1000000000")) == 1
    assert workers(model, limited(tmp_path, memory="1")) == 1


def test_a_heavier_model_gets_fewer(tmp_path: Path, model: Path) -> None:
    with (model / FILES[0]).open("wb") as file:
        file.truncate(800_000_000)

    assert workers(model, limited(tmp_path, memory="2500000000")) == 1
