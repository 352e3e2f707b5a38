"""What config/deploy says, and what it starts, looked at without Docker and without systemd as the first process."""

from __future__ import annotations

import fnmatch
import hashlib
import http.server
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from config.operations import Operations
from config.settings import Settings
from storage.database import open_postgres
from tests.test_docs import variable
from tests.test_operator_commands import CONTROLLER

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "config" / "deploy"
STATE, PROGRAM = "/var/lib/skillrally", "/opt/skillrally"
FOLDERS = {"settings", "data", "keys", "models", "backups", "keyring-backup"}
PYTHONS = {"PYTHONPATH", "PYTHONSAFEPATH", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED"}


@cache
def dockerfile() -> list[tuple[str, str]]:
    """Its instructions, with continued lines joined."""
    text = re.sub(r"^#.*\n", "", (DEPLOY / "Dockerfile").read_text(), flags=re.MULTILINE)
    lines = re.sub(r"\\\n", " ", text).splitlines()
    return [(word, rest.strip()) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]


def instructions(word: str, *, stage: int | None = None) -> list[str]:
    found: list[str] = []
    at = -1
    for each, rest in dockerfile():
        at += each == "FROM"
        if each == word and stage in {None, at}:
            found.append(rest)
    return found


def image_environment() -> dict[str, str]:
    pairs = [pair for line in instructions("ENV", stage=1) for pair in shlex.split(line)]
    return dict(pair.split("=", 1) for pair in pairs)


@cache
def compose() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


@cache
def unit(name: str) -> dict[str, list[str]]:
    """The values of each key of a unit, in order."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for line in (DEPLOY / name).read_text().splitlines():
        if "=" in line and not line.startswith(("#", "[")):
            key, _, value = line.partition("=")
            found[key].append(value)
    return found


def environment_file() -> dict[str, str]:
    lines = (DEPLOY / "environment").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if not line.startswith("#"))


# The image


def test_every_base_of_the_image_has_a_version_that_the_bot_runs_on() -> None:
    (base,) = [line.removeprefix("PYTHON=") for line in instructions("ARG")]

    assert re.fullmatch(r"python:3\.1[1-4]-slim", base)
    assert [line.split()[0] for line in instructions("FROM")] == ["${PYTHON}", "${PYTHON}"]


def test_what_is_installed_is_checked_against_its_hash_and_never_built() -> None:
    installs = [line for line in instructions("RUN") if " install " in line and "pip" in line]

    assert len(installs) == 1
    for needed in ("--require-hashes", "--only-binary :all:", "-r requirements.lock"):
        assert needed in installs[0]
    assert not re.search(r"curl|wget|apt-get|git clone|https?://", " ".join(instructions("RUN")))
    assert instructions("ADD") == []


def test_the_image_runs_as_nobody_special_and_without_a_shell() -> None:
    assert instructions("USER", stage=1) == ["10001:10001"]
    assert compose()["services"]["bot"]["user"] == "10001:10001"
    words = [word for word, _ in dockerfile()]
    assert words.index("USER") > len(words) - 1 - words[::-1].index("RUN")
    for line in (*instructions("ENTRYPOINT"), *instructions("CMD")):
        assert isinstance(json.loads(line), list)


def test_the_image_keeps_nothing_secret() -> None:
    for line in (*instructions("ENV"), *instructions("ARG")):
        assert not re.search(r"token|password|secret|dsn|[^_]keys?=", line, re.IGNORECASE)


@cache
def ignored() -> list[tuple[bool, str]]:
    lines = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    return [(not line.startswith("!"), line.lstrip("!")) for line in lines if line and not line.startswith("#")]


def in_context(path: str) -> bool:
    """Whether Docker is given this file; the last rule that fits decides, also for what is below a folder."""
    parts = path.split("/")
    above = ["/".join(parts[:count]) for count in range(1, len(parts) + 1)]
    given = True
    for out, pattern in ignored():
        plain = pattern.removeprefix("**/")
        fits = any(fnmatch.fnmatch(each.rpartition("/")[2] if plain != pattern else each, plain) for each in above)
        given = given if not fits else not out
    return given


def tracked() -> list[str]:
    """Every file of the checkout that git does not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if (ROOT / line).exists()]


def test_docker_is_given_what_the_image_copies_and_nothing_private() -> None:
    copied = [source for line in instructions("COPY", stage=0) for source in line.split()[:-1]]

    assert {path.split("/")[0] for path in tracked() if in_context(path)} == set(copied) - {"./"}
    for private in (
        ".env",
        "config/.env",
        "config/deploy/secrets/discord_token",
        ".git/config",
        "stt/training/train.py",
    ):
        assert not in_context(private), private
    assert in_context("stt/models/rehearsal/model.bin")


def test_secrets_beside_the_compose_file_are_never_committed() -> None:
    for name in ("discord_token", "postgres_password"):
        file = f"config/deploy/secrets/{name}"
        assert subprocess.run(["git", "check-ignore", "-q", file], cwd=ROOT, check=False).returncode == 0, file


def test_the_image_and_the_units_keep_things_in_the_same_places() -> None:
    image = image_environment()

    assert {name: image[name] for name in environment_file()} == environment_file()
    assert set(image) - PYTHONS - {"HF_HOME"} <= {
        variable(name) for name in Settings.model_fields | Operations.model_fields
    }
    made = re.findall(r"for place in ([^;]+);", " ".join(instructions("RUN", stage=1)))[0]
    assert {place.strip('"/') for place in shlex.split(made)} - {""} == FOLDERS
    assert {value for name, value in image.items() if name.endswith("_DIR")} == {
        f"{STATE}/{folder}" for folder in FOLDERS - {"settings"}
    }
    assert instructions("WORKDIR", stage=1) == [f"{STATE}/settings"]
    assert set(unit("skillrally.service")["StateDirectory"][0].split()) == {"skillrally"} | {
        f"skillrally/{folder}" for folder in FOLDERS
    }


# Compose


@pytest.mark.parametrize("name", ["bot", "postgres"])
def test_no_container_may_more_than_it_must(name: str) -> None:
    service = compose()["services"][name]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "privileged" not in service
    assert "ports" not in service
    assert not {"cap_add", "devices", "pid", "ipc"} & set(service)
    assert all("noexec" in each and "nosuid" in each for each in service["tmpfs"])
    assert service["pids_limit"] > 0


@pytest.mark.parametrize("name", ["bot", "postgres"])
def test_nothing_in_a_containers_memory_reaches_a_disk(name: str) -> None:
    service = compose()["services"][name]

    assert service["mem_limit"] == service["memswap_limit"]
    assert service["ulimits"]["core"] == 0


def test_every_secret_is_a_file_and_in_no_variable() -> None:
    given = compose()

    assert all(set(secret) == {"file"} for secret in given["secrets"].values())
    for service in given["services"].values():
        assert set(service.get("secrets", ())) <= set(given["secrets"])
        for name, value in service.get("environment", {}).items():
            assert not re.search(r"PASSWORD|TOKEN|SECRET", name) or str(value).startswith("/run/secrets/")
    assert "discord_token" in given["services"]["bot"]["secrets"]


def test_every_volume_of_the_bot_is_a_folder_of_the_image() -> None:
    mounted = dict(volume.split(":")[:2] for volume in compose()["services"]["bot"]["volumes"])

    assert mounted == {folder: f"{STATE}/{folder}" for folder in FOLDERS} | {"socket": "/run/postgresql"}
    assert set(mounted) | {"postgres"} == set(compose()["volumes"])


def test_the_database_has_no_network_and_starts_only_if_it_is_asked_for() -> None:
    postgres = compose()["services"]["postgres"]

    assert postgres["network_mode"] == "none"
    assert postgres["profiles"] == ["postgres"]
    assert "profiles" not in compose()["services"]["bot"]
    assert re.fullmatch(r"postgres:\d+-\w+", postgres["image"])
    assert "listen_addresses=" in postgres["command"]
    assert (DEPLOY / "keyring.sql").exists()
    assert "depends_on" not in compose()["services"]["bot"]


@pytest.mark.parametrize("kind", ["content", "keyring"])
async def test_the_databases_that_the_page_names_are_ones_that_the_bot_takes(kind: Any) -> None:
    page = (ROOT / "docs" / "deploying.md").read_text()
    (dsn,) = re.findall(rf"postgresql://\S+/{kind}\?\S+host=\S+|postgresql://\S+/{kind}\?host=[^\s`]+", page)

    await open_postgres(dsn.replace("PASSWORD", "x"), kind).close()


def test_containers_and_units_wait_for_as_long_as_the_bot_may_take_to_end() -> None:
    longest = Settings.model_fields["grace_s"].default + 20

    assert int(compose()["services"]["bot"]["stop_grace_period"].removesuffix("s")) > longest
    assert int(unit("skillrally.service")["TimeoutStopSec"][0]) > longest


# systemd


UNITS = ("skillrally.service", "skillrally-backup.service", "skillrally-backup.timer")


@pytest.mark.parametrize("name", UNITS)
def test_systemd_finds_nothing_wrong_with_a_unit(name: str, tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd here")
    for each in UNITS:
        # The one thing that is not on every machine: the program where the page has it put.
        text = (DEPLOY / each).read_text().replace(f"{PROGRAM}/.venv/bin/python", sys.executable)
        (tmp_path / each).write_text(text)

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / name)], capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr.strip()) == (0, "")


@pytest.mark.parametrize("name", ["skillrally.service", "skillrally-backup.service"])
def test_systemd_rates_what_a_service_may_as_little(name: str) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd here")

    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(DEPLOY / name)],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"LC_ALL": "C.UTF-8"},
    )

    if "Overall exposure" not in done.stdout:
        pytest.skip("a systemd that cannot look at files")
    assert float(re.findall(r"Overall exposure level for \S+: ([\d.]+)", done.stdout)[0]) <= 2.0


def test_the_service_keeps_its_memory_off_the_disk_and_its_secrets_in_files() -> None:
    service = unit("skillrally.service")

    assert service["LimitCORE"] == ["0"]
    assert service["MemorySwapMax"] == ["0"]
    assert service["NoNewPrivileges"] == ["yes"]
    assert service["ProtectSystem"] == ["strict"]
    assert service["User"] == ["skillrally"]
    assert service["RestartPreventExitStatus"] == ["78"]
    assert [credential.split(":")[0] for credential in service["LoadCredential"]] == ["discord_token"]
    assert "Environment" not in service


def test_the_timers_backup_reaches_no_network() -> None:
    assert unit("skillrally-backup.service")["PrivateNetwork"] == ["yes"]


REFUSES_MEMORY_THAT_RUNS = """
import ctypes, sys
from pathlib import Path
PR_SET_MDWE, REFUSE_EXEC_GAIN = 65, 1
if ctypes.CDLL(None).prctl(PR_SET_MDWE, REFUSE_EXEC_GAIN, 0, 0, 0):
    sys.exit("not here")
from stt.engine import EngineUnavailable
from stt.whisper import Whisper
try:
    Whisper(Path(sys.argv[1])).warm_up()
except EngineUnavailable:
    print("refused")
"""


def test_the_engine_still_needs_memory_that_is_written_and_run() -> None:
    """Why the unit does without MemoryDenyWriteExecute: once this fails, it can have it."""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", REFUSES_MEMORY_THAT_RUNS, str(ROOT / "stt/models/rehearsal")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    if "not here" in done.stderr:
        pytest.skip("this kernel cannot refuse it")
    # Killed, or told so: either way it does not run.
    assert done.returncode != 0 or "refused" in done.stdout
    assert "MemoryDenyWriteExecute" not in unit("skillrally.service")


# What they start


def moved(text: str, folder: Path) -> str:
    """A path of the image, or several, below *folder*."""
    return text.replace(PROGRAM, str(folder / "program")).replace(STATE, str(folder / "state"))


def digests(folder: Path) -> dict[str, str]:
    return {str(file): hashlib.sha256(file.read_bytes()).hexdigest() for file in folder.rglob("*") if file.is_file()}


class Image:
    """What the image holds, in a folder, and what it starts with its environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for path in tracked():
            if in_context(path):
                target = folder / "program" / path
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / path, target)
        (compiled,) = re.findall(r"-m compileall ([^&]+)$", instructions("RUN", stage=0)[-1])
        subprocess.run([sys.executable, "-m", "compileall", *compiled.split()], cwd=folder / "program", check=True)
        self.files = digests(folder / "program")
        for path in [*(folder / "program").rglob("*"), folder / "program"]:
            path.chmod(0o555 if path.is_dir() else 0o444)
        for place in ("", *FOLDERS):
            (folder / "state" / place).mkdir(mode=0o700)

    def start(self, *command: str, **given: str) -> subprocess.CompletedProcess[str]:
        """What `docker run IMAGE command` starts."""
        python, *rest = json.loads(instructions("ENTRYPOINT")[0])
        assert python == f"{PROGRAM}/.venv/bin/python"
        environment = {name: moved(value, self.folder) for name, value in image_environment().items()}
        return subprocess.run(
            [sys.executable, *rest, *command],
            cwd=moved(instructions("WORKDIR", stage=1)[0], self.folder),
            env={"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "C.UTF-8"} | environment | given,
            capture_output=True,
            text=True,
            check=False,
            timeout=150,
        )


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Image:
    return Image(tmp_path_factory.mktemp("image"))


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_the_commands_of_the_image_run_and_write_nothing_beside_their_folders(image: Image) -> None:
    model = {"SKILLRALLY_MODEL": str(image.folder / "program" / "stt" / "models" / "rehearsal")}
    made = image.start("keys", "init", **CONTROLLER)
    backed_up = image.start("backup", **CONTROLLER)
    looked = image.start("doctor", "--offline", "--json", **CONTROLLER, **model)

    assert made.returncode == 0, made.stderr
    assert (image.folder / "state" / "keys" / "kek-1").stat().st_mode & 0o777 == 0o400
    assert backed_up.returncode == 0, backed_up.stderr
    assert len(list((image.folder / "state" / "backups").glob("content-*.db"))) == 1
    assert looked.returncode == 0, looked.stdout + looked.stderr
    assert digests(image.folder / "program") == image.files
    assert {path.name for path in (image.folder / "state").iterdir()} == FOLDERS
    assert not list((image.folder / "state" / "settings").iterdir())


@pytest.mark.slow
@pytest.mark.timeout(180)
def test_a_token_in_a_file_of_secrets_starts_the_bot_and_not_the_rehearsal(image: Image, tmp_path: Path) -> None:
    (tmp_path / "discord_token").write_text("not.a.token\n")

    done = image.start(*json.loads(instructions("CMD")[0]), CREDENTIALS_DIRECTORY=str(tmp_path))

    assert done.returncode == 78
    assert "SKILLRALLY_CONTROLLER_NAME" in done.stderr
    assert "rehearsal" not in done.stderr
    assert "not.a.token" not in done.stderr


@pytest.mark.slow
def test_what_lies_in_the_folder_of_settings_is_never_run(image: Image) -> None:
    trap = image.folder / "state" / "settings" / "bot.py"
    trap.write_text("raise SystemExit(99)\n")
    try:
        assert image.start("--help").returncode == 0
    finally:
        trap.unlink()


@pytest.mark.parametrize(("status", "healthy"), [(200, True), (503, False)])
def test_the_health_check_of_the_image_asks_the_bot(status: int, *, healthy: bool) -> None:
    class Answers(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/health/live" else 404)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
            del format, args

    (said,) = instructions("HEALTHCHECK")
    _, *command = json.loads(said.partition("CMD ")[2])
    assert f":{image_environment()['SKILLRALLY_METRICS_PORT']}/" in command[-1]
    server = http.server.HTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        command[-1] = command[-1].replace(":9464/", f":{server.server_port}/")
        done = subprocess.run([sys.executable, *command], capture_output=True, check=False)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()

    assert (done.returncode == 0) is healthy


def test_the_operators_command_changes_to_the_services_account_with_its_folders_and_nothing_else(
    tmp_path: Path,
) -> None:
    for name, script in {"id": "echo 0", "setpriv": 'printf "%s\\n" "$@"'}.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / name).chmod(0o755)

    done = subprocess.run(
        [str(DEPLOY / "skillrally"), "requests", "list", "--json"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin", "DISCORD_TOKEN": "secret", "SKILLRALLY_PROGRAM": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )

    words = done.stdout.splitlines()
    assert {f"{name}={value}" for name, value in environment_file().items()} <= set(words)
    assert words[-6:] == [f"{ROOT}/.venv/bin/python", "-m", "bot", "requests", "list", "--json"]
    assert "--reuid=skillrally" in words
    assert words.index("env") + 1 == words.index("-i")
    assert "secret" not in done.stdout


def test_the_operators_command_is_for_root(tmp_path: Path) -> None:
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "id").chmod(0o755)

    done = subprocess.run(
        [str(DEPLOY / "skillrally"), "doctor"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 77
    assert "sudo" in done.stderr


@pytest.mark.parametrize("path", sorted(p.name for p in DEPLOY.iterdir() if p.is_file()))
def test_every_file_for_deploying_is_on_its_page(path: str) -> None:
    page = (ROOT / "docs" / "deploying.md").read_text()

    assert path.removesuffix(".dockerignore") in page
