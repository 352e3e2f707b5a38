from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot import logs
from bot.__main__ import main

ROOT = Path(__file__).parents[1]
EX_CONFIG = 78


def process(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """`python …` in another folder, with this checkout's packages."""
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("SKILLRALLY_", "DISCORD_", "COVERAGE_"))}
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=inherited | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"} | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=50,
    )


@dataclass(frozen=True)
class Done:
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


class Bot:
    """`python -m bot …` within this process, in a folder without `.env`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments: str, **environment: str) -> Done:
        """Run it to its end."""
        self._monkeypatch.setattr(sys, "argv", ["bot", *arguments])
        for name, value in environment.items():
            self._monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = self._capsys.readouterr()
        return Done(int(str(ended.value.code or 0)), out, err)


def no_set_up(**_options: Any) -> None:
    """Else every later test would log as the bot does, and could not be debugged."""


@pytest.fixture
def bot(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Bot:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "set_up", no_set_up)
    monkeypatch.setattr("bot.__main__.harden", no_set_up)
    for name in [name for name in os.environ if name.startswith(("SKILLRALLY_", "DISCORD_"))]:
        monkeypatch.delenv(name)
    # What is kept goes there, and not where whoever runs the tests keeps theirs.
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.setenv("NO_COLOR", "1")
    return Bot(monkeypatch, capsys)


def one_sentence(text: str) -> bool:
    return len(text.strip().splitlines()) == 1 and text.strip().endswith(".") and "Traceback" not in text


def test_the_module_is_the_command_line(tmp_path: Path) -> None:
    done = process("-m", "bot", "run", folder=tmp_path, SKILLRALLY_WORKERS="many")

    assert done.returncode == EX_CONFIG
    assert one_sentence(done.stderr)


def test_without_a_command_it_says_what_there_is(bot: Bot) -> None:
    done = bot()

    assert "rehearse" in done.stdout + done.stderr
    assert "run" in done.stdout + done.stderr


def test_help_has_a_line_for_every_option_of_the_rehearsal(bot: Bot) -> None:
    done = bot("rehearse", "--help")

    assert done.returncode == 0
    for option in ("--audio", "--model", "--loss", "--duplicate", "--jitter-ms", "--garbage", "--seed", "--rounds"):
        assert option in done.stdout
    for option in ("--fast", "--json", "--serve"):
        assert option in done.stdout


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SKILLRALLY_WORKERS", "many"),
        ("SKILLRALLY_CAPTIONS", "everywhere"),
        ("SKILLRALLY_GUILD_ID", "hunter2"),
    ],
)
def test_settings_that_cannot_be_read_are_named_in_one_sentence(name: str, value: str, bot: Bot) -> None:
    done = bot("run", **{name: value})

    assert done.returncode == EX_CONFIG
    assert one_sentence(done.stderr)
    assert name in done.stderr
    assert value not in done.stderr
    assert done.stdout == ""


def test_settings_are_read_from_the_file_of_the_folder_too(bot: Bot) -> None:
    Path(".env").write_text("SKILLRALLY_SILENCE_S=never\nSKILLRALLY_WORKERS=none\n", encoding="utf-8")

    done = bot("run")

    assert done.returncode == EX_CONFIG
    assert "SKILLRALLY_SILENCE_S, SKILLRALLY_WORKERS" in done.stderr


ANSWERED_FOR = {
    "SKILLRALLY_CONTROLLER_NAME": "Anna Muster",
    "SKILLRALLY_CONTROLLER_EMAIL": "anna@skillrally.app",
    "SKILLRALLY_CONTROLLER_REGION": "Germany",
}


def test_who_runs_the_bot_must_be_said_before_it_starts(bot: Bot) -> None:
    done = bot("run", DISCORD_TOKEN="x.y.z")

    assert done.returncode == EX_CONFIG
    assert one_sentence(done.stderr)
    assert "SKILLRALLY_CONTROLLER_NAME" in done.stderr


@pytest.mark.parametrize(("form", "as_json"), [("json", True), ("text", False), ("", None)])
def test_lines_of_the_log_have_the_form_that_is_set(
    form: str, as_json: object, bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []

    def set_up(**options: object) -> None:
        asked.append(options["as_json"])

    monkeypatch.setattr(logs, "set_up", set_up)
    bot("run", DISCORD_TOKEN="a.b.c", SKILLRALLY_LOG_FORMAT=form)  # nobody answers for it: it does not start

    assert asked == [as_json]


def test_a_model_that_is_not_there_is_said_in_one_sentence(bot: Bot) -> None:
    done = bot("run", DISCORD_TOKEN="x.y.z", SKILLRALLY_MODEL="./no/such/folder", **ANSWERED_FOR)

    assert done.returncode == EX_CONFIG
    assert one_sentence(done.stderr)
    assert "SKILLRALLY_MODEL" in done.stderr
    assert "x.y.z" not in done.stderr


@pytest.mark.parametrize("value", ["answer.wav", "anna=", "nobody=answer.wav", "anna=/no/such/answer.wav"])
def test_a_recording_that_cannot_be_played_is_said_in_one_sentence(value: str, bot: Bot) -> None:
    done = bot("rehearse", "--audio", value)

    assert done.returncode == EX_CONFIG
    assert one_sentence(done.stderr)


def test_what_is_no_option_is_a_mistake_of_usage(bot: Bot) -> None:
    assert bot("rehearse", "--loss", "2").returncode == 2
    assert bot("fly").returncode == 2


IMPORT_EVERYTHING = """
import asyncio, importlib, json, logging, os, pathlib, pkgutil, sys, threading
import bot, cogs, config, storage, stt

before = threading.active_count(), set(os.listdir("/proc/self/fd")), logging.getLogger().handlers[:]
for package in (bot, cogs, config, storage, stt):
    for found in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        # Alembic runs env.py, and nobody imports it.
        if not found.name.startswith("stt.training") and not found.name.endswith(("__main__", ".env")):
            importlib.import_module(found.name)
print(json.dumps({
    "threads": threading.active_count() - before[0],
    "handlers": len(logging.getLogger().handlers) - len(before[2]),
    "files": os.listdir("."),
    "excepthook": sys.excepthook is sys.__excepthook__,
}))
"""


def python(code: str, folder: Path) -> str:
    done = process("-W", "ignore", "-c", code, folder=folder)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_importing_every_module_does_nothing(tmp_path: Path) -> None:
    said = json.loads(python(IMPORT_EVERYTHING, tmp_path))

    assert said == {"threads": 0, "handlers": 0, "files": [], "excepthook": True}


@pytest.mark.slow
def test_recognition_storage_and_settings_need_neither_discord_nor_each_other(tmp_path: Path) -> None:
    for mine, others in {
        "stt.pipeline, stt.worker, stt.whisper, stt.vad": ("discord", "bot", "cogs", "storage", "config"),
        "storage.ledger, storage.vault": ("discord", "bot", "cogs", "stt", "config"),
        "config.settings": ("discord", "bot", "cogs", "stt", "storage"),
        "bot.voice.receiver": ("discord", "cogs", "config", "storage"),
        "bot.interview.session": ("discord", "cogs"),  # it knows questions, and what a draft becomes when it is saved
    }.items():
        code = f"import sys, {mine}; print([n for n in {others!r} if n in sys.modules])"
        assert python(code, tmp_path).strip() == "[]"


def test_the_command_line_answers_before_discord_and_the_model_are_loaded(tmp_path: Path) -> None:
    code = "import sys, bot.__main__; print([n for n in ('discord', 'faster_whisper', 'numpy') if n in sys.modules])"

    assert python(code, tmp_path).strip() == "[]"
