"""`python -m bot models …`, with a hub on this machine."""

from __future__ import annotations

import io
import json
import os
import sys
from typing import TYPE_CHECKING

import pytest

from bot.__main__ import EX_CONFIG
from stt.layout import PROPERTIES
from stt.models import Models
from tests.stt.loopback_hub import Hub, running
from tests.stt.reference_whisper import Architecture, write_model
from tests.stt.sounds import MODEL
from tests.test_main import Bot, one_sentence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TUNED = "futo-org/acft-whisper-base.en"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "models"


@pytest.fixture
def cli(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Bot:
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith(("SKILLRALLY_", "DISCORD_"))]:
        monkeypatch.delenv(name)
    for name, value in {"SKILLRALLY_MODELS_DIR": str(folder), "COLUMNS": "120", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    return Bot(monkeypatch, capsys)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Hub]:
    with running() as served:
        monkeypatch.setenv("HF_ENDPOINT", served.address)
        monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "cache"))
        served.publish("Systran/faster-whisper-base", MODEL)
        write_model(tmp_path / "tuned", Architecture(multilingual=False))
        served.publish(TUNED, tmp_path / "tuned")
        yield served


@pytest.fixture
def base(folder: Path) -> Path:
    return Models(folder).add(str(MODEL), name="base").folder


def test_a_model_is_added_checked_listed_and_removed(cli: Bot, hub: Hub, folder: Path) -> None:
    added = cli("models", "add", "acft-base.en")
    assert added.returncode == 0
    assert "SKILLRALLY_MODEL=acft-base.en" in added.stdout
    assert hub.asked["model.safetensors"] == 1
    assert [path.name for path in folder.iterdir()] == ["acft-base.en"]

    checked = json.loads(cli("models", "check", "--json").stdout)
    assert [(one["name"], one["ok"]) for one in checked] == [("acft-base.en", True)]

    (listed,) = json.loads(cli("models", "list", "--json").stdout)["installed"]
    assert (listed["name"], listed["window"], listed["licence"]) == ("acft-base.en", "dynamic", "mit")

    assert cli("models", "remove", "acft-base.en", "--yes").returncode == 0
    assert list(folder.iterdir()) == []


def test_what_is_fetched_by_the_command_is_what_the_bot_starts_with(cli: Bot, hub: Hub, folder: Path) -> None:
    cli("models", "add", "base")

    assert hub.asked["model.bin"] == 1
    assert Models(folder).has("base")


def test_the_list_says_what_is_there_in_use_and_recommended(cli: Bot, base: Path) -> None:
    Models(base.parent).add(str(MODEL), name="mine")

    done = cli("models", "list")

    assert done.returncode == 0
    rows = {line.split()[1]: line for line in done.stdout.splitlines() if line.startswith(("✓", " ")) and "M" in line}
    assert rows["base"].startswith("✓→")
    assert rows["mine"].startswith("✓ ")
    assert done.stdout.count("★") >= 2


def test_the_list_as_json_is_one_object_that_has_everything(cli: Bot, base: Path) -> None:
    said = json.loads(cli("models", "list", "--json").stdout)

    assert said["in_use"] == "base"
    assert said["recommended"] in {entry["name"] for entry in said["available"]}
    assert [model["folder"] for model in said["installed"]] == [str(base)]


def test_without_any_model_the_list_and_the_check_work(cli: Bot) -> None:
    assert cli("models", "list").returncode == 0
    done = cli("models", "check")
    assert done.returncode == 0
    assert "add base" in done.stdout


def test_a_damaged_model_is_found_and_ends_with_an_error(cli: Bot, base: Path) -> None:
    (base / "config.json").write_text("{}", encoding="utf-8")

    done = cli("models", "check", "base")

    assert done.returncode == 1
    assert "config.json is not the file it should be" in done.stdout


def test_a_model_in_use_is_not_removed_by_mistake(cli: Bot, base: Path) -> None:
    done = cli("models", "remove", "base")

    assert done.returncode == EX_CONFIG
    assert one_sentence(done.stderr)
    assert "--yes" in done.stderr
    assert base.is_dir()
    assert cli("models", "remove", "base", "--yes").returncode == 0
    assert not base.exists()


@pytest.mark.parametrize(("answer", "there"), [(True, False), (False, True)])
def test_before_a_model_is_removed_it_asks(
    cli: Bot, base: Path, monkeypatch: pytest.MonkeyPatch, *, answer: bool, there: bool
) -> None:
    def confirm(_: str) -> bool:
        return answer

    monkeypatch.setattr("typer.confirm", confirm)

    assert cli("models", "remove", "base", SKILLRALLY_MODEL="tiny").returncode == 0

    assert base.exists() == there


def test_in_a_script_nobody_answers_and_nothing_is_removed(
    cli: Bot, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())

    assert cli("models", "remove", "base", SKILLRALLY_MODEL="tiny").returncode == 1
    assert base.is_dir()


@pytest.mark.parametrize(
    "arguments",
    [
        ("add", "enormous"),
        ("add", "somebody/nothing"),
        ("add", "./no/such/folder"),
        ("check", "enormous"),
        ("remove", "enormous"),
        ("remove", "enormous", "--yes"),
    ],
)
@pytest.mark.usefixtures("hub")
def test_what_is_not_there_is_said_in_one_sentence(cli: Bot, arguments: tuple[str, ...]) -> None:
    done = cli("models", *arguments, SKILLRALLY_MODEL="tiny")

    assert done.returncode == EX_CONFIG
    assert one_sentence(done.stderr)
    assert done.stdout == ""


def test_without_a_network_it_is_said_in_one_sentence(cli: Bot) -> None:
    done = cli("models", "add", "base", HF_ENDPOINT="http://127.0.0.1:9")

    assert done.returncode == EX_CONFIG
    assert one_sentence(done.stderr)
    assert "network" in done.stderr


def test_a_wrong_checksum_is_said_in_one_sentence(cli: Bot, hub: Hub) -> None:
    hub.damaged = "model.bin"

    done = cli("models", "add", "base")

    assert done.returncode == EX_CONFIG
    assert one_sentence(done.stderr)
    assert "damaged" in done.stderr


def test_a_disk_error_is_said_in_one_sentence(cli: Bot, folder: Path) -> None:
    folder.write_text("a file, and no folder", encoding="utf-8")

    done = cli("models", "add", str(MODEL))

    assert done.returncode == EX_CONFIG
    assert one_sentence(done.stderr)
    assert "SKILLRALLY_MODELS_DIR" in done.stderr


def test_a_folder_is_added_under_the_name_it_is_given(cli: Bot, folder: Path) -> None:
    done = cli("models", "add", str(MODEL), "--name", "mine", "--window", "full")

    assert done.returncode == 0
    assert json.loads((folder / "mine" / PROPERTIES).read_text(encoding="utf-8"))["window"] == "full"
