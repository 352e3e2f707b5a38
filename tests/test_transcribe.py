"""`python -m bot transcribe` and `evaluate`, as somebody at a terminal uses them."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import typer

from bot import logs
from bot.__main__ import cli, main
from tests.stt.files import conversation, save
from tests.stt.sounds import CLIPS, MODEL, ROOT, clips, noise, normalised

if TYPE_CHECKING:
    from collections.abc import Callable

    Run = Callable[..., tuple[int, str, str]]

CLIP_1, CLIP_2 = (str(CLIPS / clip["file"]) for clip in clips()[:2])
TEXT_1, TEXT_2 = (clip["text"] for clip in clips()[:2])


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """The command line within this process, its engine in one of its own unless more are asked for.

    Gives the exit code, stdout and stderr.
    """

    def nothing(**_options: object) -> None:
        """Else every later test would log as the bot does, and could not be debugged."""

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "set_up", nothing)
    monkeypatch.setattr("bot.__main__.harden", nothing)
    for name in [name for name in os.environ if name.startswith(("SKILLRALLY_", "DISCORD_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("SKILLRALLY_WORKERS", "1")  # starting one takes half a second of a core

    def start(command: str, *arguments: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["bot", command, *map(str, arguments), "--model", str(MODEL)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return int(str(ended.value.code or 0)), out, err

    return start


def test_a_recording_becomes_a_line_for_each_utterance(run: Run) -> None:
    code, out, err = run("transcribe", CLIP_1)

    assert code == 0
    assert re.fullmatch(r"\[00:00\.\d\] clip01: .+\n", out)
    assert normalised(out.partition(": ")[2]) == normalised(TEXT_1)
    # A bar is for terminals.
    assert err == ""


def test_words_are_written_in_utf_8_whatever_the_locale(tmp_path: Path) -> None:
    clip = next(clip for clip in clips() if clip["language"] == "uk")

    done = subprocess.run(
        [sys.executable, "-m", "bot", "transcribe", str(CLIPS / clip["file"]), "--model", str(MODEL)],
        capture_output=True, check=True, cwd=tmp_path,
        env=os.environ | {"PYTHONIOENCODING": "latin-1", "PYTHONPATH": str(ROOT)},
    )  # fmt: skip

    assert normalised(done.stdout.decode("utf-8").partition(": ")[2]) == normalised(clip["text"])


def test_two_speakers_become_subtitles_with_their_names(run: Run, tmp_path: Path) -> None:
    bob = save(tmp_path / "bob.ogg", conversation([1], first_s=4))

    code, out, _ = run("transcribe", CLIP_1, bob, "--srt")

    blocks = re.findall(r"(\d+)\n(\d\d:\d\d:\d\d,\d{3}) --> (\d\d:\d\d:\d\d,\d{3})\n(\w+): ((?:.+\n)+)\n", out)
    assert code == 0
    assert "".join(f"{n}\n{start} --> {end}\n{who}: {text}\n" for n, start, end, who, text in blocks) == out
    assert [(number, who) for number, _, _, who, _ in blocks] == [("1", "clip01"), ("2", "bob")]
    assert [normalised(block[4]) for block in blocks] == [normalised(TEXT_1), normalised(TEXT_2)]
    assert all(start < end for _, start, end, _, _ in blocks)


def test_json_has_every_field_and_files_of_one_name_stay_apart(run: Run, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    twin = save(tmp_path / "other" / "clip01.wav", conversation([1], first_s=4))

    code, out, _ = run("transcribe", CLIP_1, twin, "--json", "--language", "en", "--workers", "2")

    first, second = json.loads(out)
    assert code == 0
    assert [first["speaker"], second["speaker"]] == ["clip01", "clip01 2"]
    assert list(first) == ["speaker", "start_s", "end_s", "text", "language", "confidence", "missing_s"]
    assert (first["language"], first["missing_s"]) == ("en", 0)
    assert 0 < first["start_s"] < first["end_s"] < second["start_s"] < second["end_s"]
    assert 0.5 < first["confidence"] <= 1


def test_noise_is_an_empty_transcript(run: Run, tmp_path: Path) -> None:
    assert run("transcribe", save(tmp_path / "hiss.mp3", noise(3))) == (0, "", "")


def test_one_recording_that_cannot_be_read_is_named_and_the_others_are_written(run: Run, tmp_path: Path) -> None:
    bad = tmp_path / "[red]note.txt"
    bad.write_text("not sound", encoding="utf-8")

    code, out, err = run("transcribe", "nowhere.wav", CLIP_1, bad)

    assert code == 78
    assert normalised(out.partition(": ")[2]) == normalised(TEXT_1)
    assert err == f"nowhere.wav is not there; {bad} cannot be read as sound.\n"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("nowhere.wav",), "nowhere.wav is not there."),
        ((CLIP_1, "--json", "--srt"), "One of --json, --srt and --txt at a time."),
        ((CLIP_1, "--model", "./nowhere"), "./nowhere is no folder here"),
        ((CLIP_1, "--language", "fr"), "knows none of the languages fr"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence(
    arguments: tuple[str, ...], said: str, run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if "--model" in arguments:
        monkeypatch.setattr(sys, "argv", ["bot", "transcribe", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        code, (out, err) = ended.value.code, capsys.readouterr()
    else:
        code, out, err = run("transcribe", *arguments)

    assert (code, out) == (78, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="utf-8").split()]


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_ctrl_c_ends_it_without_a_word_and_leaves_no_process(tmp_path: Path) -> None:
    file = save(tmp_path / "long.wav", noise(600), rate_hz=16_000, layout="mono")
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("SKILLRALLY_", "DISCORD_", "COVERAGE_"))}
    with subprocess.Popen(
        [sys.executable, "-m", "bot", "transcribe", str(file), "--model", str(MODEL)],
        cwd=tmp_path,
        env=inherited | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # Whoever starts the tests in the background has them, and what they start, ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - it runs nothing else
    ) as process:
        wait_until(lambda: bool(children(process.pid)))
        engines = children(process.pid)

        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)

    assert process.returncode not in {0, 78}
    assert out == ""
    assert "Traceback" not in err
    wait_until(lambda: not any(map(running, engines)))


@pytest.mark.slow
def test_models_are_compared_in_all_windows(run: Run, tmp_path: Path) -> None:
    listed = [{"file": CLIP_1, "text": TEXT_1, "language": "en"}, {"file": str(CLIPS / "noise.flac"), "text": ""}]
    (tmp_path / "manifest.json").write_text(json.dumps(listed), encoding="utf-8")

    code, out, err = run("evaluate", tmp_path, "--window", "all", "--json")

    rows = full, dynamic, _ = json.loads(out)
    assert (code, err) == (0, "")
    assert [row["model"] for row in rows] == [str(MODEL)] * 3
    assert [row["window"] for row in rows] == ["full", "dynamic", "verified"]
    for row in rows:
        assert (row["files"], row["silent_files"], row["invented_words"], row["crashes"]) == (2, 1, 0, 0)
        assert row["word_error_rate"] == 0
        assert row["words"] == len(normalised(TEXT_1).split())
    assert dynamic["latency_p50_s"] < full["latency_p50_s"]


def test_the_table_says_what_its_columns_are(run: Run, tmp_path: Path) -> None:
    save(tmp_path / "a.wav", conversation([0]))
    (tmp_path / "a.txt").write_text(TEXT_1.upper(), encoding="utf-8")
    (tmp_path / "b.wav").write_text("", encoding="utf-8")
    (tmp_path / "b.txt").write_text("nothing", encoding="utf-8")

    code, out, err = run("evaluate", tmp_path)

    assert code == 78
    assert err == f"{tmp_path / 'b.wav'} cannot be read as sound.\n"
    assert re.search(r"rehearsal +dynamic +1 +\d+ +0\.0% +0\.\d{3} +0\.\d\d +0\.\d\d +- +0", out)
    for column in ("WER:", "RTF:", "p50, p95:", "Invented:", "Crashes:"):
        assert column in out


def test_a_folder_without_words_is_refused(run: Run, tmp_path: Path) -> None:
    code, out, err = run("evaluate", tmp_path)

    assert (code, out) == (78, "")
    assert "put answer.txt beside answer.wav." in err


def test_the_page_has_every_option_of_both_and_no_other() -> None:
    page = (ROOT / "docs" / "recordings.md").read_text(encoding="utf-8")
    commands = getattr(typer.main.get_command(cli), "commands", {})
    options = {
        parameter.opts[0]
        for name in ("transcribe", "evaluate")
        for parameter in commands[name].params
        if parameter.opts[0].startswith("--") and parameter.name != "help"
    }

    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", page)) == options
