"""What a process does to itself before it hears or keeps anything, and that every command that does so does it."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

PROBE = """
import ctypes, os, resource, sys
from pathlib import Path
from bot.hardening import harden
os.umask(0)
harden()
Path("file").write_text("x")
Path("folder").mkdir()
print(oct(Path("file").stat().st_mode & 0o777), oct(Path("folder").stat().st_mode & 0o777))
print(resource.getrlimit(resource.RLIMIT_CORE))
print(ctypes.CDLL(None).prctl(3, 0, 0, 0, 0) if sys.platform == "linux" else 0)  # PR_GET_DUMPABLE
"""


@pytest.mark.skipif(sys.platform == "win32", reason="modes of files are another thing there")
def test_a_hardened_process_makes_private_files_and_leaves_no_core(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE],
        cwd=tmp_path, env={"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip

    assert done.stdout.splitlines() == ["0o600 0o700", "(0, 0)", "0"]


def test_what_the_start_made_is_looked_through_by_no_collection_of_garbage_later() -> None:
    code = """
import gc
import bot.app
from bot.hardening import settle
before = len(gc.get_objects())
settle()
print(before, len(gc.get_objects()), gc.isenabled())
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)

    before, after, enabled = done.stdout.split()
    assert int(after) < int(before) / 100
    assert enabled == "True"


def test_a_bot_that_runs_has_settled_first() -> None:
    tree = ast.parse((ROOT / "bot" / "__main__.py").read_text(encoding="utf-8"))
    (serve,) = (n for n in ast.walk(tree) if isinstance(n, ast.AsyncFunctionDef) and n.name == "_serve")
    called = [ast.unparse(node.func) for node in ast.walk(serve) if isinstance(node, ast.Call)]

    assert called.index("open_app") < called.index("settle")
    assert "app.run" in called


def test_every_command_that_hears_or_keeps_something_is_hardened_first() -> None:
    tree = ast.parse((ROOT / "bot" / "__main__.py").read_text(encoding="utf-8"))
    functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    calls = {
        name: [n.func.id for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
        for name, node in functions.items()
    }

    assert "harden" in calls["_installation"]
    for name in ("run", "rehearse", "transcribe", "evaluate"):
        assert "harden" in calls[name], name
