"""Recognition on several machines: a Ray Serve application behind OpenAI's transcription interface.

    bots (stt.remote.SpeechServer) -> HTTP proxy -> queue, bounded -> replica: a process with the model -> words
                                          |                                   |
                                          |                                   on a GPU: batches of several speakers
                                          503 when the queue is full: the bot asks again, or its own engine does it

    python -m stt.serve --model base --most 4

A replica holds one model, and one core or a GPU. There are more of them while more is said, and fewer afterwards. One
that crashes is replaced; one that hangs fails its health check and is replaced too. On a GPU, what several speakers
said at about the same time is recognised together; on a core, one after the other: together, all wait for the last.

Speech is in memory only. Requests are small enough to go from process to process within Ray's messages; its object
store, which could put them on a disk, is made as small as Ray takes it, and spilling is off. No request is logged, and
Ray's usage reports are off. The buffer that holds an utterance in a replica is overwritten when it has words; what the
HTTP server and Ray copied on the way is freed, not overwritten.

This module is for those who installed the extra `cluster`; the bot never imports it.
"""

from __future__ import annotations

import argparse
import asyncio
import hmac
import os
import signal
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import numpy as np
from aiohttp.base_protocol import BaseProtocol

from stt.audio import RATE_HZ
from stt.engine import EngineUnavailable, Hints, TranscriptionFailed
from stt.gather import Gathering, TooMany
from stt.models import find_model
from stt.whisper import Whisper, gpus

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from starlette.requests import Request
    from starlette.responses import Response

    from stt.engine import Words
    from stt.whisper import Compute, Device

    _Said = tuple[NDArray[np.int16], Hints]

PATH: Final = "/v1/audio/transcriptions"

LONGEST_BYTES: Final = 2 * 30 * RATE_HZ
"""Of sound: 30 s."""

REQUEST_BYTES: Final = LONGEST_BYTES + 16 * 1024
"""Of a request: that, a WAV header, and a few short fields."""

FIELD_BYTES: Final = 4096
"""Of one of those fields; a prompt is the longest."""

INLINE_BYTES: Final = 4 * 1024 * 1024
"""What Ray may carry within a message; larger things go to its object store."""

OBJECT_STORE_BYTES: Final = 80 * 1024 * 1024
"""As small as Ray takes it."""

HANGS_S: Final = 60.0
"""An utterance that takes longer is not going to have words."""

BATCH: Final = 8
"""Utterances that a GPU recognises together, unless told otherwise."""

AHEAD: Final = 2
"""Batches that a replica has at a time: one in work, and one on its way there."""

SYSTEM_CONFIG: Final = {"automatic_object_spilling_enabled": False, "max_direct_call_object_size": INLINE_BYTES}
"""For a cluster of one's own: `ray start --head --system-config` takes the same."""

QUIET: Final = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_SERVE_ENABLE_TASK_EVENTS": "0",
    "OMP_NUM_THREADS": "1",
    "HF_HUB_OFFLINE": "1",
}
"""Of the environment: nothing is reported to anybody, one thread for each replica."""


@dataclass(slots=True)
class Form:
    """One request, read.

    Attributes:
        values: Its fields by name.
        block: The file, in one block that is overwritten afterwards.
        length: How much of the block is filled.
    """

    values: dict[str, str] = field(default_factory=dict[str, str])
    block: bytearray = field(default_factory=lambda: bytearray(REQUEST_BYTES), repr=False)
    length: int = 0

    def wipe(self) -> None:
        """Overwrite the file."""
        self.block[:] = bytes(len(self.block))
        self.length = 0


class Refused(Exception):
    """A request that is not served.

    Attributes:
        status: The answer's.
    """

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


async def read_form(request: Request, form: Form) -> None:
    """Read a request into *form*.

    Raises:
        Refused: If it is none, or too large.
    """
    body = aiohttp.StreamReader(BaseProtocol(asyncio.get_running_loop()), REQUEST_BYTES)
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > REQUEST_BYTES:
            raise Refused(413, "30 s of speech at most")
        body.feed_data(chunk)
    body.feed_eof()
    try:
        parts = aiohttp.MultipartReader({"Content-Type": request.headers.get("content-type", "")}, body)
        async for part in parts:
            if not isinstance(part, aiohttp.BodyPartReader):
                raise Refused(400, "the form cannot be read")
            await _read_part(part, form)
    except (ValueError, AssertionError, aiohttp.ClientError, LookupError):
        raise Refused(400, "the form cannot be read") from None


async def _read_part(part: aiohttp.BodyPartReader, form: Form) -> None:
    value = bytearray()
    while chunk := await part.read_chunk(64 * 1024):
        if part.name == "file":
            form.block[form.length : form.length + len(chunk)] = chunk
            form.length += len(chunk)
        elif len(value) + len(chunk) > FIELD_BYTES:
            raise Refused(413, "a field is too long")
        else:
            value += chunk
    if part.name and part.name != "file":
        form.values[part.name] = value.decode("utf-8", "replace")


def samples_of(form: Form) -> np.ndarray[Any, np.dtype[np.int16]]:
    """The samples within the form's file: 16 bit, mono, 16 kHz, as WAV.

    Raises:
        Refused: If it is something else.
    """
    block, length = form.block, form.length
    if length < 44 or block[:4] != b"RIFF" or block[8:16] != b"WAVEfmt " or block[36:40] != b"data":
        raise Refused(400, "the file must be a WAV with nothing but a format and samples")
    channels = int.from_bytes(block[22:24], "little")
    rate = int.from_bytes(block[24:28], "little")
    bits = int.from_bytes(block[34:36], "little")
    if (channels, rate, bits) != (1, RATE_HZ, 16):
        raise Refused(400, "the file must be mono, 16 kHz, 16 bit")
    size = min(int.from_bytes(block[40:44], "little"), length - 44) // 2 * 2
    if not 320 <= size <= LONGEST_BYTES:
        raise Refused(400, "an utterance lasts from 10 ms to 30 s")
    return np.frombuffer(block, np.int16, count=size // 2, offset=44)


@dataclass(frozen=True, slots=True)
class Engine:
    """What recognises, in each replica.

    Attributes:
        folder: The model.
        languages: Codes to choose among, or none for all that the model has.
        key: What callers must send as bearer token; "" for nobody checked.
        device: Where it computes.
        compute: In which numbers.
        batch: Utterances that are recognised together at most; 1 for one after the other.
        wait_s: How long the first of a batch waits for others while nothing is being recognised.
    """

    folder: Path
    languages: tuple[str, ...] = ()
    key: str = field(default="", repr=False)
    device: Device = "cpu"
    compute: Compute = "int8"
    batch: int = 1
    wait_s: float = 0.02


class Recognition:
    """One replica: a model in a process of its own, which does one utterance, or one batch, after the other."""

    def __init__(self, engine: Engine) -> None:
        self._key = engine.key
        self._together = engine.batch > 1
        self._whisper = Whisper(engine.folder, languages=engine.languages, device=engine.device, compute=engine.compute)
        self._whisper.warm_up()
        # One thread: a model is not for use from two.
        self.gathering: Gathering[_Said, Words] = Gathering(
            self._recognise, most=engine.batch, wait_s=engine.wait_s, bound=AHEAD * engine.batch
        )

    def check_health(self) -> None:
        """Nothing, unless an utterance has been taking too long: then Ray replaces this replica.

        Raises:
            RuntimeError: If the engine hangs.
        """
        if self.gathering.busy_s > HANGS_S:
            msg = "the engine hangs"
            raise RuntimeError(msg)

    async def __call__(self, request: Request) -> Response:
        """Answer one request."""
        form = Form()
        try:
            self._check(request)
            await read_form(request, form)
            samples = samples_of(form)
            hints = Hints(language=form.values.get("language") or None, prompt=form.values.get("prompt", ""))
            words = await self.gathering.ask((samples, hints))
            return _json(200, _answer(words, len(samples) / RATE_HZ))
        except Refused as refused:
            return _error(refused.status, str(refused))
        except TranscriptionFailed as failed:
            return _error(422, str(failed))
        except TooMany:
            return _error(503, "more is said than can be recognised")
        except Exception as failed:  # noqa: BLE001  a library's message may quote what it was given
            return _error(500, type(failed).__name__)
        finally:
            form.wipe()

    def _check(self, request: Request) -> None:
        if request.url.path != PATH or request.method != "POST":
            raise Refused(404, "only transcriptions are served here")
        sent = request.headers.get("authorization", "").encode()
        if self._key and not hmac.compare_digest(sent, f"Bearer {self._key}".encode()):
            raise Refused(401, "the key is not accepted")

    def _recognise(self, said: list[_Said]) -> Sequence[Words | Exception]:
        if self._together:
            return self._whisper.recognise_all(said)
        return [self._whisper.recognise(samples, hints) for samples, hints in said]


def _answer(words: Words, seconds: float) -> dict[str, Any]:
    """As `verbose_json` has it. Source: OpenAI's API reference, "The transcription object (Verbose JSON)"."""
    segment = {
        "id": 0,
        "start": 0.0,
        "end": seconds,
        "text": words.text,
        "avg_logprob": float(np.log(max(words.confidence, 1e-6))),
        "no_speech_prob": 0.0,
        "compression_ratio": 1.0,
        "tokens": [],
    }
    return {
        "task": "transcribe",
        "language": words.language,
        "duration": seconds,
        "text": words.text,
        "segments": [segment] if words.text else [],
    }


def _error(status: int, reason: str) -> Response:
    return _json(status, {"error": {"message": reason}})


def _json(status: int, body: dict[str, Any]) -> Response:
    from starlette.responses import JSONResponse  # noqa: PLC0415 - comes with the extra

    return JSONResponse(body, status_code=status)


@dataclass(frozen=True, slots=True)
class Scale:
    """How much of it there is.

    Attributes:
        least: Replicas that are always there.
        most: Replicas while much is said.
        waiting: Requests that may wait for a replica, at each proxy; more are answered 503 at once.
        cores: Of each replica.
        gpus: Of each replica.
    """

    least: int = 1
    most: int = 2
    waiting: int = 16
    cores: float = 1.0
    gpus: float = 0.0


def application(engine: Engine, scale: Scale) -> Any:
    """The application, for `ray.serve.run`."""
    from ray import serve  # noqa: PLC0415 - Ray starts threads when it is imported

    deployment: Any = serve.deployment(
        name="recognition",
        autoscaling_config={
            "min_replicas": scale.least,
            "max_replicas": scale.most,
            "initial_replicas": scale.least,
            # A batch in work, and half of one on its way there: the core never waits, and nobody waits long.
            "target_ongoing_requests": 1.5 * engine.batch,
            "upscale_delay_s": 3.0,
            "downscale_delay_s": 60.0,
        },
        max_ongoing_requests=AHEAD * engine.batch,
        max_queued_requests=scale.waiting,
        ray_actor_options={"num_cpus": scale.cores, "num_gpus": scale.gpus},
        health_check_period_s=5.0,
        health_check_timeout_s=10.0,
        graceful_shutdown_timeout_s=10.0,
        logging_config={"enable_access_log": False, "log_level": "ERROR"},
    )(Recognition)
    return deployment.bind(engine)


def start(
    engine: Engine,
    *,
    port: int,
    scale: Scale | None = None,
    host: str = "127.0.0.1",
    certificate: tuple[str, str] | None = None,
    address: str | None = None,
) -> None:
    """Start Ray on this machine, or join the cluster at *address*, and serve; returns when requests are taken.

    Raises:
        EngineUnavailable: If speech would travel unencrypted.
    """
    if host not in {"127.0.0.1", "::1", "localhost"} and certificate is None:
        msg = "Beyond this machine speech travels by TLS only: give --certificate and --private-key."
        raise EngineUnavailable(msg)
    os.environ.update(QUIET)
    import ray  # noqa: PLC0415 - as above; and it reads the environment then
    from ray import serve  # noqa: PLC0415

    scale = scale or Scale()
    if address is None:
        ray.init(
            num_cpus=max(scale.most, 1) + 1,
            num_gpus=gpus() if engine.device == "cuda" else 0,
            object_store_memory=OBJECT_STORE_BYTES,
            include_dashboard=False,
            log_to_driver=False,
            _system_config=dict(SYSTEM_CONFIG),
        )
    else:
        ray.init(address=address, log_to_driver=False)
    options: dict[str, Any] = {"host": host, "port": port, "request_timeout_s": HANGS_S}
    if certificate is not None:
        options |= {"ssl_certfile": certificate[0], "ssl_keyfile": certificate[1]}
    serve.start(http_options=options, logging_config={"enable_access_log": False, "log_level": "ERROR"})
    serve.run(application(engine, scale), name="speech", route_prefix="/")


def stop() -> None:
    """Stop serving, and Ray if it was started here."""
    import ray  # noqa: PLC0415
    from ray import serve  # noqa: PLC0415

    serve.shutdown()
    ray.shutdown()


def engine_of(options: argparse.Namespace, folder: Path) -> Engine:
    """The engine that the command line asks for.

    Raises:
        EngineUnavailable: If this machine has no such thing.
    """
    device: Device = options.device
    if options.device == "auto":
        device = "cuda" if gpus() else "cpu"
    elif options.device == "cuda" and options.address is None and not gpus():
        raise EngineUnavailable("CTranslate2 finds no GPU here: look whether NVIDIA's driver is there, or use the CPU.")
    if device == "cpu" and options.compute not in {None, "int8"}:
        raise EngineUnavailable("On a CPU the model computes in int8: leave --compute out.")
    return Engine(
        folder,
        languages=tuple(options.language),
        key=os.environ.get("SKILLRALLY_SPEECH_KEY", ""),
        device=device,
        compute=options.compute or ("float16" if device == "cuda" else "int8"),
        batch=options.batch or (BATCH if device == "cuda" else 1),
        wait_s=options.batch_wait / 1000,
    )


def scale_of(options: argparse.Namespace, engine: Engine) -> Scale:
    """As many replicas as the command line asks for; unless it says, one for each core but one, or for each GPU."""
    on_gpu = engine.device == "cuda"
    most = options.most or (max(1, gpus()) if on_gpu else max(1, (os.cpu_count() or 2) - 1))
    return Scale(
        least=options.least,
        most=max(options.least, most),
        waiting=options.waiting or max(16, AHEAD * engine.batch),
        gpus=1.0 if on_gpu else 0.0,
    )


def parsed(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m stt.serve", description="Recognition as a Ray Serve application.")
    parser.add_argument("--model", default="base", help="a name of `models list`, or a folder")
    parser.add_argument("--models-dir", default="~/.local/share/skillrally/models", type=Path)
    parser.add_argument("--language", action="append", default=[], help="code to choose among; may be repeated")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto", help="auto: a GPU if one is here")
    parser.add_argument("--compute", choices=("int8", "float16", "int8_float16"), help="float16 on a GPU, else int8")
    parser.add_argument("--batch", type=_at_least_one, help="utterances at once: 8 on a GPU, else 1")
    parser.add_argument("--batch-wait", type=_milliseconds, default=20, metavar="MS", help="for others, at most: 20")
    parser.add_argument("--least", type=_at_least_one, default=1, help="replicas that are always there")
    parser.add_argument("--most", type=_at_least_one, help="replicas at most: one for each core but one, or each GPU")
    parser.add_argument("--waiting", type=_at_least_one, help="requests that may wait: 16, or two batches")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--certificate", help="PEM file; needed beyond this machine")
    parser.add_argument("--private-key", help="PEM file")
    parser.add_argument("--address", help="a Ray cluster to join, such as auto")
    return parser.parse_args(arguments)


def _at_least_one(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def _milliseconds(text: str) -> float:
    if not 0 <= (number := float(text)) <= 1000:
        raise argparse.ArgumentTypeError("from 0 to 1000")
    return number


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. Returns the exit status."""
    options = parsed(arguments)
    try:
        engine = engine_of(options, asyncio.run(find_model(options.model, options.models_dir.expanduser())))
        start(
            engine,
            port=options.port,
            host=options.host,
            scale=scale_of(options, engine),
            certificate=(options.certificate, options.private_key) if options.certificate else None,
            address=options.address,
        )
    except EngineUnavailable as unfit:
        sys.stderr.write(f"{unfit}\n")
        return 78
    scheme = "https" if options.certificate else "http"
    sys.stdout.write(f"Speech is recognised at {scheme}://{options.host}:{options.port}/v1\n")
    sys.stdout.flush()
    try:
        signal.sigwait({signal.SIGTERM, signal.SIGINT})
    finally:
        stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
