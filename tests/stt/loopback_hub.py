"""A hub of its own on 127.0.0.1: what huggingface_hub asks of the real one when a model is fetched, and its faults."""

from __future__ import annotations

import hashlib
import json
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path

REVISION = "0123456789abcdef0123456789abcdef01234567"
LARGE = 100_000
"""From here on a file is kept as the hub keeps large ones, with a SHA-256."""


@dataclass
class Hub:
    """What it holds, what was asked of it, and what goes wrong.

    Attributes:
        cut: The connection breaks off in the middle of this file.
        cuts: How often it does, from now on.
        damaged: The first byte of this file is another one than was promised.
        status: Every request is answered with this, if it is not 0.
        gated: Files are only for those who asked.
    """

    address: str = ""
    repositories: dict[str, dict[str, bytes]] = field(default_factory=dict[str, dict[str, bytes]])
    licence: str = "mit"
    asked: Counter[str] = field(default_factory=Counter[str])
    ranges: list[str] = field(default_factory=list[str])
    cut: str = ""
    cuts: int = 0
    damaged: str = ""
    status: int = 0
    gated: bool = False

    def publish(self, repository: str, folder: Path) -> None:
        """Take the files of *folder*."""
        self.repositories[repository] = {file.name: file.read_bytes() for file in folder.iterdir() if file.is_file()}


def info(repository: str, files: dict[str, bytes], licence: str) -> dict[str, Any]:
    siblings: list[dict[str, Any]] = []
    for name, data in files.items():
        blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
        one: dict[str, Any] = {"rfilename": name, "size": len(data), "blobId": blob}
        if len(data) >= LARGE:
            one["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
        siblings.append(one)
    tags = ["whisper", f"license:{licence}"]
    return {"id": repository, "modelId": repository, "sha": REVISION, "siblings": siblings, "tags": tags}


def handler(hub: Hub) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - one class, which needs the hub
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
            """Nothing is said."""

        def answer(self, status: int, body: bytes = b"", **headers: str) -> None:
            self.send_response(status)
            for name, value in ({"Content-Length": str(len(body))} | headers).items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        def refuse(self, code: str, status: int = 404) -> None:
            self.answer(status, b"{}", **{"X-Error-Code": code, "X-Error-Message": code})

        def do_HEAD(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            path = unquote(urlsplit(self.path).path).strip("/")
            if hub.status:
                self.answer(hub.status)
            elif path.startswith("api/models/"):
                repository = path.removeprefix("api/models/")
                if repository not in hub.repositories:
                    self.refuse("RepoNotFound", 401)
                    return
                said = info(repository, hub.repositories[repository], hub.licence)
                self.answer(200, json.dumps(said).encode(), Content_Type="application/json")
            else:
                self.file(path)

        def file(self, path: str) -> None:
            repository, _, rest = path.partition("/resolve/")
            revision, _, name = rest.partition("/")
            data = hub.repositories.get(repository, {}).get(name)
            if data is None or revision != REVISION:
                self.refuse("EntryNotFound")
                return
            if hub.gated:
                self.refuse("GatedRepo", 403)
                return
            headers = {"X-Repo-Commit": REVISION, "ETag": f'"{hashlib.sha256(data).hexdigest()}"'}
            if self.command == "GET":
                hub.asked[name] += 1
            if name == hub.damaged:
                data = bytes([data[0] ^ 1]) + data[1:]
            asked = self.headers.get("Range")
            status = 200
            if asked:
                hub.ranges.append(asked)
                data, status = data[int(asked.removeprefix("bytes=").partition("-")[0]) :], 206
            if self.command == "GET" and name == hub.cut and hub.cuts:
                hub.cuts -= 1
                self.send_response(status)
                for key, value in (headers | {"Content-Length": str(len(data))}).items():
                    self.send_header(key, value)
                self.end_headers()
                self.wfile.write(data[: len(data) // 2])
                self.close_connection = True
                return
            self.answer(status, data, **headers)

    return Handler


@contextmanager
def running() -> Generator[Hub]:
    """Serve until the end of the block."""
    hub = Hub()
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(hub)) as server:
        hub.address = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield hub
        finally:
            server.shutdown()
            thread.join()
