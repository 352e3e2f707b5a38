"""OpenAI as the writer, through its Responses interface; and how any server with OpenAI's interfaces is spoken to.

    write -> request of the least that will do -> Server.post -> answer -> text -> JSON of the schema -> Written

What the library does by itself and must not, here: it asks again without anybody knowing what was paid (no retries), it
follows a redirect with the transcript in its hands (refused), it takes proxies, addresses, organisations and headers
from the environment (none of them counts), it tells the server about this machine (those headers are left out), and it
puts the whole request into its exceptions (none leaves `post`, not even as a context). Answers are read up to
`ANSWER_BYTES`, uncompressed. Nothing is stored at OpenAI (`store`), nothing is cached where the model can be asked not
to, and no conversation, metadata or tools are used.

This file is the only one that imports the library.
"""

from __future__ import annotations

import asyncio
import json
import ssl
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final, Self, cast
from urllib.parse import urlsplit

import httpx2
import openai
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from bot.errors import StartRefused
from bot.feedback.addresses import RESIDENCIES, base_url, host_of
from bot.feedback.writer import (
    NOTHING,
    Price,
    Usage,
    WriterBusy,
    WriterFailed,
    WriterMisconfigured,
    WriterRefused,
    WriterUnavailable,
    WriterUnfit,
    Written,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from types import TracebackType

    from bot.feedback.writer import Prompt

ANSWER_BYTES: Final = 1_048_576
"""The longest answer that is read. The longest feedback that fits a prompt's tokens takes a tenth of it."""

CONNECT_S: Final = 10.0

RETRY_AFTER_S: Final = 86_400.0
"""A server that wants to be left alone for longer is asked again after a day, when no job waits any more."""

OVERHEAD_TOKENS: Final = 512
"""What a server may put around instructions, content and schema, so that they are told apart."""

_SENT: Final = frozenset({"host", "authorization", "content-type", "content-length", "transfer-encoding", "connection"})


_ADVICE: Final[Mapping[int, str]] = {
    300: "The feedback server's address leads on to another one, which is not followed: set the one where it ends.",
    400: "The feedback server does not take the request: the model may lack structured output.",
    401: "The feedback server does not accept the key: set SKILLRALLY_FEEDBACK_KEY to a valid one.",
    403: "The feedback server does not let this key use the model: look at the project's permissions and region.",
    404: "The feedback server has no such model or address: look at SKILLRALLY_FEEDBACK_MODEL and _URL.",
    413: "This interview is too long for the model: set one that reads more at once.",
    429: "The account with the feedback server has no money left: fill it up.",
}
"""For each status that stays until somebody acts, what to do; 300 for all redirects."""


class _TooLarge(Exception):
    """An answer that is read no further."""


class _Bounded(httpx2.AsyncByteStream):
    """An answer's bytes, up to `ANSWER_BYTES`."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        size = 0
        async for part in self._stream:
            size += len(part)
            if size > ANSWER_BYTES:
                raise _TooLarge
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


class Server:
    """A server with OpenAI's interfaces, asked once for each answer.

    Attributes:
        url: Where it is, with its path.
        host: Its name or address.
    """

    def __init__(self, url: str, *, key: str, timeout_s: float) -> None:
        """Speak with the server at *url*, as somebody with this *key* (empty: none), for *timeout_s* at most.

        Raises:
            StartRefused: If the words would travel unencrypted, or address or key cannot be one.
        """
        self.url = base_url(url)
        self.host = host_of(url)
        self._timeout_s = timeout_s
        if not key.isascii() or not key.isprintable() or " " in key:
            raise StartRefused("SKILLRALLY_FEEDBACK_KEY holds characters that no key has: copy it again.")
        headers = {"User-Agent": "skillrally", "Accept": "application/json", "Accept-Encoding": "identity"}
        if key:
            headers["Authorization"] = f"Bearer {key}"

        async def only_ours(request: httpx2.Request) -> None:
            # The library adds what it finds in the environment, and what it knows of this machine.
            for name in [name for name in request.headers if name.lower() not in _SENT]:
                del request.headers[name]
            request.headers["Host"] = request.url.netloc.decode("ascii")
            if not key and "Authorization" in request.headers:
                del request.headers["Authorization"]
            request.headers.update(headers)

        async def bounded(response: httpx2.Response) -> None:
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise _TooLarge  # nobody asked for it, and it may be any size
            response.stream = _Bounded(cast("httpx2.AsyncByteStream", response.stream))

        self._http = openai.DefaultAsyncHttpx2Client(
            follow_redirects=False,
            trust_env=False,
            verify=_trusting_the_system(certificates=urlsplit(self.url).scheme == "https"),
            timeout=httpx2.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
            event_hooks={"request": [only_ours], "response": [bounded]},
        )
        self._client = openai.AsyncOpenAI(
            api_key=key or "none",
            admin_api_key="",
            organization="",
            project="",
            webhook_secret="",
            base_url=self.url,
            max_retries=0,
            timeout=httpx2.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
            http_client=self._http,
        )

    async def close(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def post(self, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The answer to one request, a JSON object. No exception of the library goes further than this.

        Raises:
            WriterFailed: One of its kinds.
        """
        trouble: WriterFailed | None = None
        content = b""
        try:
            async with asyncio.timeout(self._timeout_s):
                # Not by the method of its own that each interface has: those make objects of answers unchecked.
                response = await self._client.post(path, cast_to=httpx2.Response, body=dict(body))
                content = response.content
        except openai.APIStatusError as error:
            trouble = _refusal(error.status_code, error.response.headers, _error_of(error.body))
        except openai.APIConnectionError as error:
            trouble = _broken(error.__cause__)
        except (httpx2.HTTPError, _TooLarge) as error:
            trouble = _broken(error)
        except TimeoutError:
            trouble = _slow()
        except (openai.OpenAIError, ValueError):
            trouble = WriterUnfit("What answers at the feedback server's address is no such server: look at its URL.")
        if trouble is not None:
            # Out of the block, so that it has no context either.
            raise trouble
        answer = _json(content)
        if not isinstance(answer, dict):
            raise WriterUnfit("What answers at the feedback server's address is no such server: look at its URL.")
        return cast("dict[str, Any]", answer)


class ResponsesWriter:
    """OpenAI, or a server with the same Responses interface."""

    def __init__(
        self,
        *,
        key: str,
        model: str,
        residency: str = "eu",
        region: str = "",
        price: Price | None = None,
        timeout_s: float = 60.0,
        effort: str = "",
        url: str | None = None,
    ) -> None:
        """Ask *model* at OpenAI.

        Args:
            key: The key of a project; one of that region, where OpenAI wants it.
            model: A model of OpenAI's.
            residency: Where OpenAI is to keep it: one of `RESIDENCIES`.
            region: Where that is, in words.
            price: What it costs.
            timeout_s: How long one answer may take.
            effort: How much the model may think first, where it can be told: "low", …; empty leaves that to it.
            url: Another address, of this machine.

        Raises:
            StartRefused: If key or address cannot be one.
        """
        self._server = Server(url or RESIDENCIES[residency], key=key, timeout_s=timeout_s)
        self._effort = effort
        # Older models refuse what newer ones need to be told; the first refusal, which costs nothing, says so.
        self._says_no_cache = True
        self.model = model
        self.region = region
        self.price = price or Price()

    @property
    def host(self) -> str:
        """Where the words are sent."""
        return self._server.host

    def count(self, prompt: Prompt) -> int:
        """At most so many input tokens does *prompt* have."""
        return bound(prompt)

    async def write(self, prompt: Prompt, *, safety_id: str) -> Written:
        """Ask once; see `bot.feedback.writer.FeedbackWriter`."""
        try:
            answer = await self._ask(prompt, safety_id)
        except _Unknown:
            self._says_no_cache = False
            answer = await self._ask(prompt, safety_id)
        return _read_response(answer, prompt, self.model)

    async def _ask(self, prompt: Prompt, safety_id: str) -> dict[str, Any]:
        more: dict[str, Any] = {}
        if self._says_no_cache:
            more["prompt_cache_options"] = {"mode": "explicit"}  # and no breakpoint: no prompt cache
        if self._effort:
            more["reasoning"] = {"effort": self._effort}
        return await self._server.post(
            "/responses",
            {
                "model": self.model,
                "instructions": prompt.instructions,
                "input": prompt.content,
                "max_output_tokens": prompt.max_output_tokens,
                "store": False,
                "truncation": "disabled",
                "safety_identifier": safety_id,
                "text": {
                    "format": {
                        "type": "json_schema",
                        "name": prompt.schema_name,
                        "schema": dict(prompt.schema),
                        "strict": True,
                    }
                },
                **more,
            },
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._server.close()

    def __repr__(self) -> str:
        return f"<ResponsesWriter {self.host}>"


class _Unknown(WriterMisconfigured):
    """The model does not know `prompt_cache_options`."""


def bound(prompt: Prompt) -> int:
    """At most so many tokens have instructions, content and schema: tokenizers make no token of less than a byte."""
    schema = json.dumps(dict(prompt.schema), ensure_ascii=False)
    return sum(len(text.encode()) for text in (prompt.instructions, prompt.content, schema)) + OVERHEAD_TOKENS


def fitting(text: str, prompt: Prompt, usage: Usage | None) -> Mapping[str, Any]:
    """The JSON object that *text* is, if it is one of the prompt's schema.

    Raises:
        WriterUnfit: If not.
    """
    raw = _json(text)
    fits = False
    try:
        validator: Any = Draft202012Validator(dict(prompt.schema))
        fits = isinstance(raw, dict) and validator.is_valid(raw)
    except (RecursionError, SchemaError):
        fits = False
    if not fits:
        raise WriterUnfit("The model's answer is not of the form that it was asked for.", usage=usage)
    return cast("Mapping[str, Any]", raw)


def cut_off(usage: Usage | None) -> WriterUnfit:
    """The answer ended before it was over."""
    return WriterUnfit("The model's answer was cut off: it thinks or writes too long.", usage=usage)


def declined(usage: Usage | None) -> WriterRefused:
    """The model would not."""
    return WriterRefused("The model declined to write feedback on this interview.", usage=usage)


def usage_of(counts: object, *, sent: str, written: str) -> Usage | None:
    """What a server counted under these names; None if it did not."""
    if isinstance(counts, dict):
        named = cast("dict[str, Any]", counts)
        numbers = (named.get(sent), named.get(written))
        if all(isinstance(number, int) and 0 <= number < 10**9 for number in numbers):
            return Usage(*cast("tuple[int, int]", numbers))
    return None


def named(model: object, asked: str) -> str:
    """The model as the server calls it, if it does, in at most 100 characters."""
    return model[:100] if isinstance(model, str) and model else asked[:100]


def _read_response(answer: dict[str, Any], prompt: Prompt, model: str) -> Written:
    usage = usage_of(answer.get("usage"), sent="input_tokens", written="output_tokens")
    status = answer.get("status")
    if status == "failed":
        raise _failed(_error_of(answer), usage)
    text = ""
    for item in _objects(answer.get("output")):
        for part in _objects(item.get("content")) if item.get("type") == "message" else []:
            if part.get("type") == "refusal":
                raise declined(usage)
            if part.get("type") == "output_text" and isinstance(part.get("text"), str):
                text += part["text"]
    if status == "incomplete":
        details: Any = answer.get("incomplete_details")
        if isinstance(details, dict) and cast("dict[str, Any]", details).get("reason") == "content_filter":
            raise declined(usage)
        raise cut_off(usage)
    raw = fitting(text, prompt, usage)
    # A server that does not count is taken at its worst: a budget must not depend on its honesty.
    worst = Usage(bound(prompt), prompt.max_output_tokens)
    return Written(raw, usage or worst, named(answer.get("model"), model))


def _objects(value: object) -> list[dict[str, Any]]:
    values = cast("list[Any]", value) if isinstance(value, list) else []
    return [each for each in values if isinstance(each, dict)]


def _failed(error: Mapping[str, Any], usage: Usage | None) -> WriterFailed:
    code = error.get("code")
    if code == "rate_limit_exceeded":
        return WriterBusy("The feedback server has too much to do: try again later.")
    if code == "data_residency_mismatch":
        return _elsewhere()
    return WriterUnavailable("The feedback server failed on this request: try again later.", usage=usage)


def _elsewhere() -> WriterMisconfigured:
    return WriterMisconfigured(
        "OpenAI does not take this project's data in that region: set SKILLRALLY_FEEDBACK_RESIDENCY to the project's."
    )


def _slow() -> WriterUnavailable:
    return WriterUnavailable("The feedback server does not answer in time: look whether it is overloaded.")


def _broken(cause: BaseException | None) -> WriterFailed:
    """What it is when there was no whole answer."""
    if isinstance(cause, _TooLarge):
        return WriterUnfit("The feedback server's answer is longer than any feedback.")
    if isinstance(cause, httpx2.ConnectError | httpx2.ConnectTimeout | httpx2.PoolTimeout | httpx2.UnsupportedProtocol):
        advice = "The feedback server cannot be reached: look whether it runs, and at its URL and certificate."
        return WriterUnavailable(advice, usage=NOTHING)
    if isinstance(cause, httpx2.TimeoutException):
        return _slow()
    return WriterUnavailable("The feedback server hung up before it had answered: try again later.")


def _refusal(status: int, headers: Mapping[str, str], error: Mapping[str, Any]) -> WriterFailed:
    """What an answer with that status means."""
    if status == 429 and "insufficient_quota" not in (error.get("code"), error.get("type")):
        return WriterBusy("The feedback server has too much to do: try again later.", retry_after_s=_pause(headers))
    if status >= 500:
        # 504 is from somebody in front of a server that may go on working.
        used = None if status == 504 else NOTHING
        return WriterUnavailable("The feedback server failed on this request: try again later.", usage=used)
    if status in {408, 409}:
        return WriterUnavailable("The feedback server did not finish this request: try again later.")
    return _lasting(status, error)


def _lasting(status: int, error: Mapping[str, Any]) -> WriterMisconfigured:
    """What will not change until somebody acts."""
    code = error.get("code")
    if code == "data_residency_mismatch":
        return _elsewhere()
    if status == 400 and str(error.get("param")).startswith("prompt_cache_options"):
        return _Unknown("The model does not know prompt_cache_options.")
    if code == "context_length_exceeded":
        status = 413
    return WriterMisconfigured(_ADVICE.get(300 if 300 <= status < 400 else status, _ADVICE[400]))


def _error_of(body: object) -> Mapping[str, Any]:
    """The error object of an answer, or nothing."""
    if not isinstance(body, dict):
        return {}
    known = cast("dict[str, Any]", body)
    inner = known.get("error", known)
    return cast("dict[str, Any]", inner) if isinstance(inner, dict) else {}


def _pause(headers: Mapping[str, str]) -> float | None:
    """What a Retry-After says, in seconds. Source: RFC 9110, section 10.2.3."""
    said = headers.get("Retry-After", "").strip()
    try:
        seconds = float(said)
    except ValueError:
        try:
            until = parsedate_to_datetime(said)
        except ValueError:
            return None
        until = until if until.tzinfo is not None else until.replace(tzinfo=UTC)
        seconds = (until - datetime.now(UTC)).total_seconds()
    return min(max(seconds, 0.0), RETRY_AFTER_S) if seconds == seconds else None  # noqa: PLR0124 - not a NaN


def _json(text: str | bytes) -> object:
    """What JSON says; None for what is none."""
    try:
        return json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        return None


def _no_number(_: str) -> None:
    raise ValueError


def _trusting_the_system(*, certificates: bool) -> ssl.SSLContext:
    """Trusts the system's authorities; nobody without *certificates*, which take a while and are for TLS alone."""
    # Not create_default_context, which writes every connection's secrets to the file that SSLKEYLOGFILE names.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificates:
        context.load_default_certs()
    return context
