"""A cluster of two replicas on this machine, in processes of its own; only where Ray is installed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from tests.stt.sounds import MODEL, ROOT

if TYPE_CHECKING:
    from collections.abc import Generator

    from stt.worker import WhisperWorker

KEY = "a-key-that-must-not-be-seen"


@dataclass(frozen=True)
class Cluster:
    """It, while it runs.

    Attributes:
        url: As an operator would set it.
        folder: Everything that Ray writes.
    """

    url: str
    folder: Path

    def replicas(self) -> list[int]:
        """The processes of its replicas."""
        return _named(b"ray::ServeReplica:speech:recognition")

    def serving(self) -> list[int]:
        """Those, and the ones that hand requests on to them."""
        return [*self.replicas(), *_named(b"ray::ProxyActor")]


def _named(start: bytes) -> list[int]:
    """Processes whose command line begins like that."""
    found: list[int] = []
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if process.read_bytes().startswith(start):
                found.append(int(process.parent.name))
        except OSError:
            continue
    return found


class Entered:
    """An engine that somebody else entered."""

    def __init__(self, engine: WhisperWorker) -> None:
        self._engine = engine
        self.workers, self.window, self.transcribe = engine.workers, engine.window, engine.transcribe

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        pass


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Generator[Cluster]:
    pytest.importorskip("ray", reason="the extra `cluster` is not installed")
    yield from start_cluster(tmp_path_factory.mktemp("ray"))


def start_cluster(folder: Path) -> Generator[Cluster]:
    """Two replicas of the rehearsal's model; *folder* has a short name, for the sockets in it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "SKILLRALLY_SPEECH_KEY": KEY, "RAY_TMPDIR": str(folder), "HOME": str(folder)}
    process = subprocess.Popen(
        [sys.executable, "-m", "stt.serve", "--model", str(MODEL), "--least", "2", "--most", "2", "--waiting", "4",
         "--port", str(port)],
        cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        _wait(port, process)
        yield Cluster(f"http://127.0.0.1:{port}/v1", folder)
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
        if process.stdout is not None:
            process.stdout.close()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 150
    assert process.stdout is not None
    while time.monotonic() < deadline:
        line = process.stdout.readline()
        if b"Speech is recognised" in line:
            return
        if process.poll() is not None:
            break
    raise RuntimeError(f"the cluster did not start at port {port} ({process.poll()})")
