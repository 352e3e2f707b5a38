"""What the tree promises, looked up in its source."""

from __future__ import annotations

import ast
import importlib.util
import re
from functools import cache
from pathlib import Path

import pytest

from bot.client import EXTENSIONS, intents

ROOT = Path(__file__).parents[1]
PACKAGES = ("bot", "cogs", "stt", "storage", "config")
PRODUCT = [
    path
    for package in PACKAGES
    for path in sorted((ROOT / package).rglob("*.py"))
    if "training" not in path.relative_to(ROOT).parts
]
SUPPORT = {
    "cogs.faults",
    "cogs.feedback_card",
    "cogs.feedback_forms",
    "cogs.feedback_pictures",
    "cogs.feedback_replies",
    "cogs.interview_replies",
    "cogs.panel",
    "cogs.privacy_replies",
    "cogs.replies",
    "cogs.rules",
    "cogs.transcript_replies",
}


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def calls(path: Path) -> list[tuple[str, ast.Call]]:
    return [(ast.unparse(node.func), node) for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]


def named(path: Path) -> str:
    return path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".")


def test_every_file_of_commands_is_loaded_by_name() -> None:
    files = {named(path) for path in (ROOT / "cogs").glob("*.py") if path.stem != "__init__"}

    assert files == set(EXTENSIONS) | SUPPORT


@pytest.mark.parametrize("name", EXTENSIONS)
def test_every_extension_has_what_loads_it(name: str) -> None:
    spec = importlib.util.find_spec(name)

    assert spec is not None
    assert spec.origin is not None
    assert any(isinstance(n, ast.AsyncFunctionDef) and n.name == "setup" for n in tree(Path(spec.origin)).body)


@pytest.mark.parametrize("name", [*PACKAGES, "tests"])
def test_the_common_names_of_our_packages_mean_this_checkout(name: str) -> None:
    spec = importlib.util.find_spec(name)

    assert spec is not None
    assert spec.origin == str(ROOT / name / "__init__.py")


def test_the_bot_asks_discord_for_servers_and_voice_states_and_for_nothing_else() -> None:
    assert {name for name, on in intents() if on} == {"guilds", "voice_states"}


OWNED_BY_NOBODY = ("asyncio.create_task", "asyncio.ensure_future", "loop.create_task", "get_event_loop().create_task")
REVIVED = {"bot/voice/client.py"}
"""discord.py's own poller, started again: its owner is discord.py's state, which waits for it in `ended`."""


def test_every_task_has_an_owner() -> None:
    for path in PRODUCT:
        found = [name for name, _ in calls(path) if name.endswith(OWNED_BY_NOBODY)]
        assert not found or path.relative_to(ROOT).as_posix() in REVIVED, path


WRITERS = re.compile(r"(^|\.)(tofile|tobytes_to|savez?|savetxt|memmap|wavfile\.write|sf\.write)$")
SAVERS = {
    "stt/convert.py",
    "cogs/transcript.py",
    "bot/feedback/canvas.py",
    "bot/bench/storage.py",
    "bot/rehearsal/act_feedback.py",
    "bot/rehearsal/act_keeping.py",
}
"""A converted model's weights, in a process that hears nobody; transcripts, which are words; pictures, into memory."""
AUDIO_MODULES = {"wave", "soundfile", "scipy", "pydub", "aifc", "sunau", "audioop", "ossaudiodev", "winsound"}


def test_nothing_that_runs_can_write_sound_to_a_file() -> None:
    for path in PRODUCT:
        modules = {
            (alias.name if isinstance(node, ast.Import) else str(getattr(node, "module", ""))).split(".")[0]
            for node in ast.walk(tree(path))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for alias in node.names
        }
        assert not modules & AUDIO_MODULES, path
        for name, call in calls(path):
            assert not WRITERS.search(name) or path.relative_to(ROOT).as_posix() in SAVERS, (path, name)
            if call.args and ast.unparse(call.args[0]) == "os.devnull":
                continue
            if (path.relative_to(ROOT).as_posix(), name) == ("bot/shards.py", "os.open"):  # a lock, with a number in it
                continue
            if name in {"open", "io.open", "os.open", "av.open"} or name.endswith(".open"):
                mode = [ast.unparse(argument) for argument in (*call.args[1:], *(k.value for k in call.keywords))]
                assert not [
                    m for m in mode if re.search(r"^['\"](r?[wax+]b?t?\+?|rb\+)['\"]$|O_WR|O_RDWR|O_CREAT", m)
                ], (path, name)


WRITES = {
    "bot/bench/soak.py": "the certificate of the loopback Discord, in a folder that is gone with the soak",
    "bot/bench/startup.py": "a certificate, in a folder that is gone with the measurement",
    "bot/rehearsal/act_feedback.py": "the pictures of feedback, which the rehearsal names",
    "bot/bench/shapes.py": "a recognition model of random weights, in a folder that is gone with the measurement",
    "bot/__main__.py": "a picture of the rehearsal's screen, where it is asked for",
    "bot/env_file.py": "the operator's settings, when the wizard has asked for them",
    "bot/loopback/authority.py": "its certificate and key, in a folder that is gone once they are loaded",
    "bot/loopback/serving.py": "the certificate of the loopback Discord, in a folder of its own",
    "stt/convert.py": "a recognition model's tokenizer and settings, beside its weights",
    "stt/models.py": "where a recognition model came from, in its folder",
}


def test_the_only_files_ever_written_are_known() -> None:
    writing = {
        path.relative_to(ROOT).as_posix()
        for path in PRODUCT
        if any(name.endswith((".write_text", ".write_bytes")) for name, _ in calls(path))
    }

    assert writing == set(WRITES)


def test_what_is_logged_is_a_constant_so_that_nothing_can_be_quoted_in_it() -> None:
    for path in PRODUCT:
        for name, call in calls(path):
            if re.fullmatch(r"(log|_log|logger)\.(debug|info|warning|error|exception|critical)", name):
                assert isinstance(call.args[0], ast.Constant), (path, call.lineno)


def test_nobody_prints() -> None:
    for path in PRODUCT:
        assert "print" not in {name for name, _ in calls(path)}, path
