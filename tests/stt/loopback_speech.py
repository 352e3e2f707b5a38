"""A speech server on 127.0.0.1 with OpenAI's transcription interface, which checks what it is sent, and its faults.

request -> (a fault from the script) -> multipart, strictly -> WAV, strictly -> `say` -> json or verbose_json
"""

from __future__ import annotations

import asyncio
import json
import math
import socket
import struct
import threading
from collections import deque
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from aiohttp import BodyPartReader, web

from stt.audio import RATE_HZ
from stt.engine import Hints
from stt.whisper import Whisper
from tests.stt.sounds import MODEL

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from numpy.typing import NDArray

PATH = "/v1/audio/transcriptions"
NAMES = {"en": "english", "uk": "ukrainian", "de": "german"}
KNOWN_FIELDS = {"model", "response_format", "temperature", "language", "prompt", "file"}


class Refused(Exception):
    """The request is not as it should be."""


@dataclass
class Request:
    """What one request held.

    Attributes:
        fields: Its fields but the file.
        samples: The file's.
        peer: Port that it came from: the same for requests over one connection.
        headers: Its headers.
    """

    fields: dict[str, str]
    samples: NDArray[np.int16] = field(repr=False)
    peer: int
    headers: dict[str, str] = field(repr=False)

    @property
    def language(self) -> str | None:
        return self.fields.get("language")


def segment(text: str, **numbers: object) -> dict[str, object]:
    """As the interface has them; of a sentence that was understood well unless *numbers* say otherwise."""
    return {
        "id": 0,
        "seek": 0,
        "start": 0.0,
        "end": 1.0,
        "text": f" {text}",
        "tokens": [50364, *range(len(text.split()))],
        "temperature": 0.0,
        "avg_logprob": -0.25,
        "compression_ratio": 0.9,
        "no_speech_prob": 0.01,
    } | numbers


def answer(*segments: dict[str, object] | str, language: str = "english", **other: object) -> dict[str, object]:
    """A whole answer of some segments."""
    parts = [segment(one) if isinstance(one, str) else one for one in segments]
    text = "".join(str(part["text"]) for part in parts).strip()
    whole = {"task": "transcribe", "language": language, "duration": 1.0, "text": text, "segments": parts}
    return whole | other


@dataclass(eq=False)
class Speech:
    """What the server is, what was asked of it, and what goes wrong.

    Attributes:
        url: As an operator would set it.
        key: What a request must bring; empty for none.
        model: The one that it has.
        formats: Which it can answer in.
        say: Makes an answer.
        script: Faults, one for each request from now on; None for none.
        requests: What it was sent whole and in order.
        asked: How many requests it was sent, whatever became of them.
        wrong: Why requests were refused as malformed.
        gone: Turned away in the middle of a request.
    """

    url: str = ""
    key: str = ""
    model: str = "whisper-1"
    formats: tuple[str, ...] = ("json", "verbose_json")
    say: Callable[[Request], dict[str, object]] = lambda _: answer("Words.")
    script: deque[Fault | None] = field(default_factory=deque["Fault | None"])
    requests: list[Request] = field(default_factory=list[Request])
    asked: int = 0
    wrong: list[str] = field(default_factory=list[str])
    gone: int = 0
    at_once: int = 0
    most_at_once: int = 0

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        fault = self.script.popleft() if self.script else None
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            return await fault(request) if fault else await self._answer(request)
        except asyncio.CancelledError:
            self.gone += 1
            raise
        finally:
            self.at_once -= 1

    async def _answer(self, request: web.Request) -> web.Response:
        if self.key and request.headers.get("Authorization") != f"Bearer {self.key}":
            return problem(401, "Incorrect API key provided: " + request.headers.get("Authorization", ""))
        try:
            got = await read(request)
        except Refused as why:
            self.wrong.append(str(why))
            return problem(400, str(why))
        self.requests.append(got)
        if got.fields["model"] != self.model:
            return problem(404, "The model does not exist")
        form = got.fields.get("response_format", "json")
        if form not in self.formats:
            return problem(400, f"response_format '{form}' is not compatible with model")
        said = await asyncio.to_thread(self.say, got)
        if form == "json":
            said = {"text": said["text"], "usage": {"type": "duration", "seconds": 1}}
        return web.json_response(said)


def problem(status: int, message: str, **headers: str) -> web.Response:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None}
    return web.json_response(
        {"error": error}, status=status, headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


async def read(request: web.Request) -> Request:
    """Take a request apart, without putting any of it in a file.

    Raises:
        Refused: If anything about it is not as the interface wants it.
    """
    if request.method != "POST" or request.query_string:
        raise Refused("not a plain POST")
    if request.content_type != "multipart/form-data" or request.content_length is None:
        raise Refused("no multipart of a known length")
    fields: dict[str, str] = {}
    wav = bytearray()
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            raise Refused("a part of parts")
        name = part.name or ""
        if name not in KNOWN_FIELDS or name in fields or (name == "file" and wav):
            raise Refused(f"field {name}")
        if name == "file":
            if not (part.filename or "").endswith(".wav"):
                raise Refused("a file without a name that says what it is")
            wav += bytes(await part.read())
        else:
            fields[name] = bytes(await part.read()).decode()
    if missing := {"model", "temperature"} - set(fields):
        raise Refused(f"without {sorted(missing)}")
    if float(fields["temperature"]) != 0:
        raise Refused("temperature")
    peer = request.transport.get_extra_info("peername")[1] if request.transport else 0
    return Request(fields, samples(wav), peer, dict(request.headers))


def samples(wav: bytes | bytearray) -> NDArray[np.int16]:
    """The samples of a file that is exactly one of 16 bit, mono, at 16 kHz.

    Raises:
        Refused: If it is another one.
    """
    if len(wav) < 44:
        raise Refused("no WAV")
    riff, size, wave, fmt, fmt_size, kind, channels, rate, byte_rate, block, bits, data, length = struct.unpack_from(
        "<4sI4s4sIHHIIHH4sI", wav
    )
    if (riff, wave, fmt, fmt_size, kind, data) != (b"RIFF", b"WAVE", b"fmt ", 16, 1, b"data"):
        raise Refused("no PCM WAV")
    if (channels, rate, byte_rate, block, bits) != (1, RATE_HZ, 2 * RATE_HZ, 2, 16):
        raise Refused("not mono at 16 kHz in 16 bit")
    if size != len(wav) - 8 or length != len(wav) - 44:
        raise Refused("lengths")
    if length < RATE_HZ // 5:
        raise Refused("Audio file is too short. Minimum audio length is 0.1 seconds.")
    return np.frombuffer(wav, np.int16, offset=44).copy()


# Faults. Each is given the request and answers it.


if TYPE_CHECKING:
    Fault = Callable[[web.Request], Awaitable[web.StreamResponse]]


def refuses(status: int, *, early: bool = False, **headers: str) -> Fault:
    """Answers with *status* and a body that quotes what it was sent; *early*, before it has read any of it."""

    async def fault(request: web.Request) -> web.StreamResponse:
        quoted = b"" if early else await request.read()
        return problem(status, f"you sent {dict(request.headers)} {quoted[:4000]!r}", **headers)

    return fault


def leads_to(url: str, status: int = 307) -> Fault:
    return refuses(status, Location=url)


def sends(body: bytes, **headers: str) -> Fault:
    """Answers with *body*, as JSON unless *headers* say otherwise."""

    async def fault(request: web.Request) -> web.StreamResponse:
        await request.read()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return web.Response(body=body, headers={"Content-Type": "application/json"} | named)

    return fault


def hangs(until: asyncio.Event, reached: asyncio.Event | None = None, *, read_first: bool = True) -> Fault:
    """Answers nothing before an event, which may never come."""

    async def fault(request: web.Request) -> web.StreamResponse:
        if read_first:
            await request.read()
        if reached:
            reached.set()
        await until.wait()
        return web.json_response(answer("Late words."))

    return fault


def hangs_up(*, after: bytes = b"") -> Fault:
    """Cuts the connection, *after* so much of an answer."""

    async def fault(request: web.Request) -> web.StreamResponse:
        await request.read()
        transport = request.transport
        assert transport is not None
        if after:
            transport.write(after)
        transport.close()
        return web.Response()

    return fault


# Words.


class Listener:
    """The rehearsal's model behind the interface."""

    def __init__(self) -> None:
        self._whisper = Whisper(MODEL, languages=("en", "uk"))
        self._one = threading.Lock()

    def __call__(self, request: Request) -> dict[str, object]:
        """Recognise, in the language asked for or the one that is likelier."""
        hints = Hints(language=request.language, prompt=request.fields.get("prompt", ""))
        with self._one:
            words = self._whisper.recognise(request.samples, hints)
        if not words.text:
            return answer(language=NAMES[words.language], text="")
        logprob = math.log(words.confidence)
        return answer(segment(words.text, avg_logprob=logprob), language=NAMES[words.language])


@asynccontextmanager
async def serving(
    speech: Speech | None = None,
    *,
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
    narrow: bool = False,
) -> AsyncGenerator[Speech]:
    """Serve until the end of the block, on any port that is free; on the one it had before if *speech* was served.

    *narrow*: what is not read is not received either, but for some kilobytes.
    """
    speech = speech or Speech()
    app = web.Application(client_max_size=4_000_000)
    app.router.add_route("*", PATH, speech.handle)
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
    await runner.setup()
    try:
        port = int(speech.url.split(":")[2].split("/")[0]) if speech.url else 0
        listening = socket.create_server((host, port))
        if narrow:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        await web.SockSite(runner, listening, ssl_context=tls).start()
        speech.url = f"{'https' if tls else 'http'}://{host}:{listening.getsockname()[1]}/v1"
        yield speech
    finally:
        await runner.cleanup()


def body(said: dict[str, object]) -> bytes:
    return json.dumps(said).encode()
