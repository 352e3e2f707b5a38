"""Recognition by a server that speaks OpenAI's transcription interface, on this machine or elsewhere.

    transcribe -> a free buffer -> WAV in it -> POST …/audio/transcriptions -> answer -> language -> gates -> Words

speaches, vLLM, LocalAI, whisper.cpp's server and OpenAI itself have that interface. See docs/engines.md for what leaves
the machine.

What is overwritten after each utterance, however it went: the buffer with its samples. What cannot be reached: what
asyncio and OpenSSL copied of it to send it, some 100 kB at a time, because it is handed to them in small pieces; the
answer and the prompt, which Python frees as it likes; and whatever the server keeps. Nothing is written to a file: no
TLS key log either, whatever SSLKEYLOGFILE says.

Nothing of an answer, of a request or of the key is in an exception. Those of aiohttp hold all three, so none of them
leaves `_post`, not even as the context of ours.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import json
import logging
import math
import socket
import ssl
import struct
import time
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, NoReturn, Self, cast

import aiohttp
import numpy as np
from aiohttp.payload import Payload
from yarl import URL

from stt.audio import RATE_HZ, RING_S
from stt.engine import NO_HINTS, EngineUnavailable, Hints, SpeechError, TranscriptionFailed, Window, Words
from stt.gates import NO_SPEECH, REPETITIVE, invented, runaway, silent
from stt.text import readable

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Sequence
    from types import TracebackType

    from aiohttp.abc import AbstractStreamWriter
    from aiohttp.http_writer import StreamWriter
    from numpy.typing import NDArray

    from stt.audio import Utterance

log = logging.getLogger(__name__)

LONGEST_SAMPLES = round(RING_S * RATE_HZ)
"""As much as a speaker's ring holds."""

LEAST_SAMPLES = RATE_HZ // 5
"""Shorter speech is filled up with silence: OpenAI refuses less than 0.1 s."""

PIECE_BYTES = 32_768
"""What asyncio is given at a time, and may copy."""

ANSWER_BYTES = 262_144
"""Longest answer that is read. 30 s of speech with the numbers of every word take a tenth of it."""

IDLE_S = 4.0
"""A connection is kept so long for the next utterance: below the 5 s after which uvicorn, under most of these servers,
closes it, or some utterances would be sent to a server that has just hung up."""

CONNECT_S = 5.0

QUICK_S = 2.0
"""What failed sooner is tried once more, if there is time."""

GIVEN_UP = 3
"""Requests in a row without an answer, after which the server is taken for away."""

PAUSE_S = 0.2
LONGEST_PAUSE_S = 2.0
"""A server that wants more time (Retry-After) gets no second request for this utterance."""

PROMPT_CHARACTERS = 400
"""About 100 tokens; longer prompts cost more than they help."""

SURE_S = 3.0
"""Shorter speech never changes the language in which a person is heard. Servers do not say how sure they are."""

MOST_LANGUAGES = 3
"""As many allowed languages are tried when a server found one that is not allowed."""

NEUTRAL = 0.5
"""Confidence of words that came without a number."""

UNKNOWN_LANGUAGE = "und"
"""Code of words whose language the server did not name. Source: ISO 639-2, "undetermined"."""

PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""Statuses after which the same request may succeed."""

LASTING = frozenset({401, 403, 404})
"""Statuses that stay until somebody acts."""

REFUSED_FORMAT = frozenset({400, 415, 422, 501})
"""Statuses with which a server refuses verbose_json; OpenAI's own later models do, with 400."""

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
"""RIFF, fmt and data, 44 bytes. Source: Multimedia Programming Interface and Data Specifications 1.0, 1991."""

_NOT_AT_ALL = struct.pack("ii", 1, 0)
"""How long a connection that is cut goes on sending. Source: socket(7), SO_LINGER."""

_NAMES = """
af afrikaans, am amharic, ar arabic, as assamese, az azerbaijani, ba bashkir, be belarusian, bg bulgarian, bn bengali,
bo tibetan, br breton, bs bosnian, ca catalan, ca valencian, cs czech, cy welsh, da danish, de german, el greek,
en english, es castilian, es spanish, et estonian, eu basque, fa persian, fi finnish, fo faroese, fr french,
gl galician, gu gujarati, ha hausa, haw hawaiian, he hebrew, hi hindi, hr croatian, ht haitian, ht haitian creole,
hu hungarian, hy armenian, id indonesian, is icelandic, it italian, ja japanese, jw javanese, ka georgian, kk kazakh,
km khmer, kn kannada, ko korean, la latin, lb letzeburgesch, lb luxembourgish, ln lingala, lo lao, lt lithuanian,
lv latvian, mg malagasy, mi maori, mk macedonian, ml malayalam, mn mongolian, mr marathi, ms malay, mt maltese,
my burmese, my myanmar, ne nepali, nl dutch, nl flemish, nn nynorsk, no norwegian, oc occitan, pa panjabi, pa punjabi,
pl polish, ps pashto, ps pushto, pt portuguese, ro moldavian, ro moldovan, ro romanian, ru russian, sa sanskrit,
sd sindhi, si sinhala, si sinhalese, sk slovak, sl slovenian, sn shona, so somali, sq albanian, sr serbian,
su sundanese, sv swedish, sw swahili, ta tamil, te telugu, tg tajik, th thai, tk turkmen, tl tagalog, tr turkish,
tt tatar, uk ukrainian, ur urdu, uz uzbek, vi vietnamese, yi yiddish, yo yoruba, yue cantonese, zh chinese, zh mandarin
"""
"""Whisper's languages as OpenAI and whisper.cpp name them in answers. Source: openai/whisper, tokenizer.py."""

_CODES: dict[str, str] = {
    name: code for code, _, name in (entry.strip().partition(" ") for entry in _NAMES.replace("\n", " ").split(","))
}
_KNOWN = frozenset(_CODES.values())

_STOPPED = "The speech server is not in use any more; start the bot again."


def endpoint(url: str) -> URL:
    """Where utterances are sent, for the URL that an operator set: with or without `/v1`, or the whole address.

    Raises:
        EngineUnavailable: If speech would travel unencrypted, or the URL is none.
    """
    try:
        parts = URL(url.strip())
        whole = parts.scheme in {"http", "https"} and bool(parts.host) and parts.port is not None
    except ValueError:
        parts, whole = URL(), False
    if not whole or any(character.isspace() for character in url.strip()):
        msg = (
            "The speech server's URL cannot be used: it is like https://speech.example/v1, or http:// on this machine."
        )
        raise EngineUnavailable(msg)
    if parts.user is not None or parts.password is not None:
        msg = "The speech server's URL holds a user or password: take that out, and set the key instead."
        raise EngineUnavailable(msg)
    if "?" in url or "#" in url:
        msg = "The speech server's URL ends with a query: take out everything from the ? or # on."
        raise EngineUnavailable(msg)
    if parts.scheme == "http" and not _is_here(parts.host or ""):
        msg = "The speech server is not on this machine, so its URL must begin with https://, or anybody could listen."
        raise EngineUnavailable(msg)
    path = parts.raw_path.rstrip("/")
    if not path.endswith("/audio/transcriptions"):
        path += "/audio/transcriptions" if path.endswith("/v1") else "/v1/audio/transcriptions"
    return parts.with_path(path, encoded=True)


def elsewhere(url: str) -> str:
    """The host that speech is sent to with this URL, for those who must be told; empty if it is this machine.

    Raises:
        EngineUnavailable: As `endpoint`.
    """
    host = endpoint(url).host or ""
    return "" if _is_here(host) else host


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host.lower() == "localhost"


def _code(language: object) -> str | None:
    """The code of what a server calls a language: "english", "en" and "en-US" are "en"."""
    if not isinstance(language, str):
        return None
    name = language.strip().lower()
    short = name.replace("_", "-").partition("-")[0]
    return _CODES.get(name) or (short if short in _KNOWN else None)


class _Buffer:
    """Room for one utterance as a WAV file, in one block that is overwritten in place.

    Attributes:
        shared: Whether a library may still hold a view of the block.
    """

    def __init__(self) -> None:
        self.shared = False
        self._size = 0
        self._make()

    def _make(self) -> None:
        self.block = bytearray(_HEADER.size + 2 * LONGEST_SAMPLES)
        self.samples: NDArray[np.int16] = np.frombuffer(self.block, np.int16, offset=_HEADER.size)

    def finish(self, samples: int) -> None:
        """Write the header in front of *samples* that lie there."""
        size = 2 * max(samples, LEAST_SAMPLES)
        self._size = _HEADER.size + size
        _HEADER.pack_into(
            self.block,
            0,
            *(b"RIFF", 36 + size, b"WAVE", b"fmt ", 16, 1, 1, RATE_HZ, 2 * RATE_HZ, 2, 16, b"data", size),
        )

    def wav(self) -> _Wav:
        """The file, to be sent."""
        return _Wav(memoryview(self.block)[: self._size])

    def wipe(self) -> None:
        """Overwrite everything. What somebody may still send of it is never filled again."""
        self.samples.fill(0)
        self.block[: _HEADER.size] = bytes(_HEADER.size)
        if self.shared:
            self._make()
            self.shared = False

    def __reduce__(self) -> NoReturn:
        msg = "audio is never pickled"
        raise TypeError(msg)


class _Wav(Payload):
    """A view of a buffer, sent in small pieces, so that nobody copies it whole.

    Attributes:
        sent: Whether the last piece was taken.
    """

    _transport: asyncio.WriteTransport | None = None

    def __init__(self, view: memoryview) -> None:
        super().__init__(view, content_type="audio/wav")
        self._size = len(view)
        self.sent = False

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        del encoding, errors
        msg = "audio is no text"
        raise TypeError(msg)

    async def write(self, writer: AbstractStreamWriter) -> None:
        view: memoryview = self._value
        self._transport = cast("StreamWriter", writer).transport
        for at in range(0, len(view), PIECE_BYTES):
            await writer.write(view[at : at + PIECE_BYTES])
        self.sent = True

    def stop(self) -> None:
        """Cut the connection: closing it would first send what asyncio and the system have taken and not yet sent."""
        if self._transport is None:
            return
        connection: socket.socket | None = self._transport.get_extra_info("socket")
        if connection is not None:
            with contextlib.suppress(OSError):
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _NOT_AT_ALL)
        self._transport.abort()


@dataclass(frozen=True, slots=True)
class _Trouble:
    """Why a request got no words.

    Attributes:
        reason: A short word, for the log.
        advice: One sentence that says what to do.
        status: The answer's, or 0.
        passing: Whether the same request may succeed in a moment.
        lasting: Whether nothing will, until somebody acts.
        pause_s: How long to wait before.
    """

    reason: str
    advice: str
    status: int = 0
    passing: bool = False
    lasting: bool = False
    pause_s: float = PAUSE_S


_SLOW = _Trouble(
    "timeout",
    "The speech server does not answer in time: look whether it is overloaded or still loads its model.",
)
_UNREACHABLE = _Trouble(
    "unreachable", "The speech server cannot be reached: look whether it runs, and at its URL.", passing=True
)
_UNTRUSTED = _Trouble(
    "certificate",
    "The speech server's certificate is not trusted for its name: set SSL_CERT_FILE if it is from a CA of yours.",
    lasting=True,
)
_NO_TLS = _Trouble(
    "tls", "The speech server does not speak TLS 1.2 or newer at that port: look at its URL.", lasting=True
)
_CUT = _Trouble("cut", "The speech server hung up before it answered: look at its log.", passing=True)
_NO_ANSWER = _Trouble("answer", "What answers at the speech server's URL is no speech server: look at its URL.")
_REDIRECT = _Trouble(
    "redirect",
    "The speech server's URL leads on to another one, which is not followed: set the one where it ends.",
    lasting=True,
)
_TROUBLES: tuple[tuple[type[Exception], _Trouble], ...] = (
    (aiohttp.ConnectionTimeoutError, _UNREACHABLE),
    (TimeoutError, _SLOW),
    (aiohttp.ClientConnectorCertificateError, _UNTRUSTED),
    (aiohttp.ClientConnectorSSLError, _NO_TLS),
    (aiohttp.ClientConnectorError, _UNREACHABLE),
    (aiohttp.ClientResponseError, _NO_ANSWER),
    (Exception, _CUT),
)
"""What an exception of aiohttp means: the first that it is one of."""

_ADVICE = {
    401: "The speech server does not accept the key: set the right one.",
    403: "The speech server does not let this key use this model: set another key or model.",
    404: "The speech server does not know the address or the model: look at its URL, and name a model that it has.",
    413: "The speech server refuses 30 s of speech as too large: raise its limit to 1 MB.",
    429: "The speech server has no capacity or credit left for this key: look at its limits, and start again later.",
}


def _refusal(status: int, retry_after: str | None) -> _Trouble:
    if 300 <= status < 400:
        return _REDIRECT
    if status < 400:
        return _NO_ANSWER
    advice = _ADVICE.get(status)
    if advice is None and status >= 500:
        advice = f"The speech server fails with status {status}: look at its log."
    return _Trouble(
        "status",
        advice or f"The speech server refuses the request with status {status}: look at its log, and name its model.",
        status=status,
        passing=status in PASSING,
        lasting=status in LASTING,
        pause_s=_pause_s(retry_after),
    )


def _pause_s(retry_after: str | None) -> float:
    """Seconds that a Retry-After asks for: a number, or a date (RFC 9110, section 10.2.3)."""
    if retry_after is None:
        return PAUSE_S
    with contextlib.suppress(ValueError, OverflowError):
        if retry_after.strip().isdigit():
            return float(retry_after)
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time.time())
    return math.inf


@dataclass(frozen=True, slots=True)
class _Segment:
    """A part of an answer, with its numbers if it has them.

    Attributes:
        text: Its words.
        logprob: Mean log-probability of its tokens.
        no_speech: Probability that nobody spoke.
        repetitive: Whether the server found that it repeats itself.
        tokens: How many.
    """

    text: str = field(repr=False)
    logprob: float | None
    no_speech: float | None
    repetitive: bool
    tokens: int

    @property
    def silent(self) -> bool:
        if self.logprob is None or self.no_speech is None:
            return not self.text
        return silent(self.text, logprob=self.logprob, no_speech=self.no_speech)


@dataclass(frozen=True, slots=True)
class _Answer:
    """What a server answered.

    Attributes:
        text: All its words.
        language: Code of what it named, if that is one.
        segments: The parts, if it gave them.
    """

    text: str = field(repr=False)
    language: str | None
    segments: tuple[_Segment, ...]


def _parse(body: bytes | bytearray) -> _Answer | None:
    """What an answer says; None if it is none."""
    try:
        raw: Any = json.loads(body)
    except (ValueError, RecursionError):
        return None
    if not isinstance(raw, dict):
        return None
    fields = cast("dict[str, object]", raw)
    text, listed = fields.get("text"), fields.get("segments")
    if not isinstance(text, str):
        return None
    found: list[_Segment] = []
    for one in cast("list[object]", listed) if isinstance(listed, list) else ():
        if not isinstance(one, dict):
            return None
        segment = cast("dict[str, object]", one)
        words, tokens = segment.get("text"), segment.get("tokens")
        if not isinstance(words, str):
            return None
        found.append(
            _Segment(
                text=words.strip(),
                logprob=_number(segment.get("avg_logprob"), -1_000.0, 0.0),
                no_speech=_number(segment.get("no_speech_prob"), 0.0, 1.0),
                repetitive=(_number(segment.get("compression_ratio"), 0.0, 1_000.0) or 0.0) > REPETITIVE,
                tokens=len(cast("list[object]", tokens)) if isinstance(tokens, list) else 0,
            )
        )
    return _Answer(text=text, language=_code(fields.get("language")), segments=tuple(found))


def _number(value: object, low: float, high: float) -> float | None:
    # Compared before it is converted: an integer may be too long for a float, and NaN is in no range.
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        return None
    return float(value)


@dataclass(frozen=True, slots=True)
class _Heard:
    """One request's words, weighed.

    Attributes:
        text: As they are read, without segments in which nobody spoke.
        language: Code; `UNKNOWN_LANGUAGE` if nobody said it.
        logprob: Mean log-probability of their tokens; None if the server does not say.
        no_speech: Probability that nobody spoke; 0.0 if the server does not say.
        runaway: Whether they repeat themselves.
    """

    text: str = field(repr=False)
    language: str
    logprob: float | None
    no_speech: float
    runaway: bool

    @classmethod
    def of(cls, answer: _Answer, asked: str | None) -> Self:
        """Weigh an *answer* to a request in the language *asked*."""
        kept = [segment for segment in answer.segments if not segment.silent]
        text = answer.text
        if len(kept) < len(answer.segments):
            text = " ".join(segment.text for segment in kept)
        language = asked or answer.language or UNKNOWN_LANGUAGE
        text = readable(text, language)
        scored = [(s.logprob, max(1, s.tokens)) for s in kept if s.logprob is not None]
        total = sum(tokens for _, tokens in scored)
        return cls(
            text=text,
            language=language,
            logprob=sum(logprob * tokens for logprob, tokens in scored) / total if total else None,
            no_speech=max((s.no_speech for s in kept if s.no_speech is not None), default=0.0),
            runaway=runaway(text) or any(segment.repetitive for segment in kept),
        )

    @property
    def rank(self) -> tuple[bool, float]:
        """Greater for what is likelier to have been said."""
        return not self.runaway, -math.inf if self.logprob is None else self.logprob

    def words(self, seconds: float) -> Words:
        if not self.text or invented(self.text, no_speech=self.no_speech, seconds=seconds):
            return Words(text="", language=self.language, confidence=0.0)
        confidence = NEUTRAL if self.logprob is None else math.exp(self.logprob)
        return Words(text=self.text, language=self.language, confidence=confidence / 2 if self.runaway else confidence)


class SpeechServer:
    """A `Transcriber` on a server with OpenAI's transcription interface. Use it as an async context manager.

    Entering has a second of faint noise recognised, so that a bot whose URL, key or model is wrong does not start. It
    also finds out whether the server gives numbers with its words (verbose_json); without them, words that Whisper
    makes up in silence are found by their text alone, and the confidence is always 0.5.

    The language of each utterance is that of the session. Otherwise the server finds it out, within `languages`; for
    less than 3 s of a person who was heard before, or while others wait, it is the usual one. If it finds another than
    the usual one, the utterance is recognised in that, too, and the likelier words are taken. Servers that do not name
    the language in their answers give words whose language is "und".

    Redirects are not followed and the environment's proxies are not used: speech goes where the URL says. Certificates
    are verified against the system's authorities, or those that SSL_CERT_FILE names.

    Args:
        url: As `endpoint` takes it.
        model: Its name on the server.
        key: Sent as bearer token, or "" for a server that needs none.
        languages: Codes to choose among, or none for whatever is spoken.
        workers: Requests at the same time, and buffers of 960 kB.
        timeout_s: How long one request may take.
        start_s: How long the one at the start may take, in which some servers load the model.
        window: What the server computes for an utterance; "full", so that waiting utterances of one person share a
            request, unless it is known to be cheap for short ones.
        tls: In place of the system's authorities.

    Attributes:
        workers: How many utterances are recognised at the same time.
        languages: Codes to choose among. Empty for any.
        window: What the server computes for an utterance.
        retries: Requests that were made once more because the first one failed.
        failures: Requests that got no answer, also when they were made once more.

    Raises:
        EngineUnavailable: If the URL, the key or the model cannot be one.
    """

    def __init__(
        self,
        url: str,
        *,
        model: str,
        key: str = "",
        languages: Sequence[str] = (),
        workers: int = 4,
        timeout_s: float = 30.0,
        start_s: float = 60.0,
        window: Window = "full",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        if workers < 1:
            msg = "there is at least one worker"
            raise ValueError(msg)
        self.workers = workers
        self._url = endpoint(url)
        self._model = model.strip()
        if not self._model:
            msg = "The speech server's model has no name: set the one that the server knows it by."
            raise EngineUnavailable(msg)
        headers = _headers(key)
        # Or it would be in a report of an error with its variables.
        del key
        if headers is None:
            msg = "The speech server's key cannot be one: copy it again, without spaces or line breaks."
            raise EngineUnavailable(msg)
        self._headers = headers
        self.languages = tuple(languages)
        self.window: Window = window
        self.retries = 0
        self.failures = 0
        self._timeout_s, self._start_s = timeout_s, start_s
        self._tls = tls
        self._format = "verbose_json"
        self._away = False
        self._in_a_row = 0
        self._session: aiohttp.ClientSession | None = None
        self._calls: set[asyncio.Timeout] = set()
        self._blocks = [_Buffer() for _ in range(workers)]
        self._free: asyncio.Queue[_Buffer] = asyncio.Queue(workers)
        for buffer in self._blocks:
            self._free.put_nowait(buffer)

    def __repr__(self) -> str:
        return f"<SpeechServer, {self.workers} at the same time>"

    @property
    def alive(self) -> bool:
        """Whether one of the last `GIVEN_UP` requests got an answer."""
        return self._in_a_row < GIVEN_UP

    async def __aenter__(self) -> Self:
        tls: ssl.SSLContext | bool = True
        if self._url.scheme == "https":
            tls = self._tls or await asyncio.to_thread(_trusting_the_system)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=tls, limit=self.workers, keepalive_timeout=IDLE_S),
            headers=self._headers,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S),
            trust_env=False,
            auto_decompress=False,
        )
        try:
            await self._prove()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    async def _close(self) -> None:
        session, self._session = self._session, None
        if session is None:
            return
        for call in self._calls:
            call.reschedule(-math.inf)
        returned: list[_Buffer] = []
        try:
            # Those who wait for a buffer come first, and are told. When all are back, nobody waits any more.
            while len(returned) < self.workers:
                returned.append(await self._free.get())
        finally:
            for buffer in self._blocks:
                buffer.wipe()
            for buffer in returned:
                self._free.put_nowait(buffer)
            await session.close()

    async def transcribe(self, utterance: Utterance, hints: Hints = NO_HINTS) -> Words:
        """Say what was said, as `Transcriber.transcribe`.

        When as many requests as there are workers are under way it waits, first come first served, and the samples are
        copied when its turn has come. Cancelling it overwrites the copy at once.

        Raises:
            AudioOverwritten: If the samples were gone when its turn came.
            TranscriptionFailed: If this utterance got no words.
            EngineUnavailable: If no utterance will: the server no longer takes the key, say. It is asked again all the
                same for the next one.
        """
        if hints.language is not None and not self._allows(hints.language):
            msg = "the speech server is not asked for this language"
            raise TranscriptionFailed(msg)
        if utterance.samples > LONGEST_SAMPLES:
            msg = f"an utterance lasts at most {RING_S:g} s"
            raise TranscriptionFailed(msg)
        if self._session is None:
            raise EngineUnavailable(_STOPPED)
        async with self._turn() as buffer:
            buffer.finish(utterance.copy_into(buffer.samples))
            return await self._recognise(buffer, hints, utterance.duration_s)
        # Closed in the meantime, which ends the block early.
        raise EngineUnavailable(_STOPPED)

    @asynccontextmanager
    async def _turn(self) -> AsyncGenerator[_Buffer]:
        """A buffer, and with it the right to make a request. It is wiped afterwards. Closing ends the block early.

        Raises:
            EngineUnavailable: If the server was closed before.
        """
        buffer = await self._free.get()
        try:
            if self._session is None:
                raise EngineUnavailable(_STOPPED)
            # No limit: `_close` sets one, to end the call from outside.
            async with asyncio.timeout(None) as call:
                self._calls.add(call)
                try:
                    yield buffer
                finally:
                    self._calls.discard(call)
        except TimeoutError:
            # Closed. Nothing is raised here, or the exception of a library would be its context.
            pass
        finally:
            buffer.wipe()
            self._free.put_nowait(buffer)

    def _allows(self, language: str) -> bool:
        return language in (self.languages or _KNOWN)

    async def _prove(self) -> None:
        """Have a second of faint noise recognised.

        Raises:
            EngineUnavailable: If that fails.
        """
        began = time.monotonic()
        language = self.languages[0] if len(self.languages) == 1 else None
        async with self._turn() as buffer:
            buffer.samples[:RATE_HZ] = np.random.default_rng(0).integers(-8, 9, RATE_HZ, dtype=np.int16)
            buffer.finish(RATE_HZ)
            result = await self._post(buffer, language, NO_HINTS, self._start_s)
            if isinstance(result, _Trouble) and result.status in REFUSED_FORMAT:
                self._format = "json"
                result = await self._post(buffer, language, NO_HINTS, self._start_s)
        if isinstance(result, _Trouble):
            raise EngineUnavailable(result.advice)
        log.info("speech server ready", extra={"kind": self._format, "seconds": round(time.monotonic() - began, 2)})

    async def _recognise(self, buffer: _Buffer, hints: Hints, seconds: float) -> Words:
        """What was said, in the likeliest language."""
        usual = hints.usual if hints.usual is not None and self._allows(hints.usual) else None
        language = hints.language or (self.languages[0] if len(self.languages) == 1 else None)
        if language is None and (seconds < SURE_S or not hints.thorough):
            language = usual
        heard = await self._listen(buffer, language, hints)
        if language is not None or heard.language in (usual, UNKNOWN_LANGUAGE):
            return heard.words(seconds)
        allowed = self._allows(heard.language)
        if allowed and usual is None:
            return heard.words(seconds)
        # The first of equals is taken: without numbers, the usual one.
        try:
            best = await self._likeliest(buffer, (usual,) if usual else self.languages[:MOST_LANGUAGES], hints)
        except SpeechError:
            if not allowed:
                raise
            return heard.words(seconds)
        return (max((best, heard), key=lambda one: one.rank) if allowed else best).words(seconds)

    async def _likeliest(self, buffer: _Buffer, languages: Sequence[str], hints: Hints) -> _Heard:
        return max([await self._listen(buffer, code, hints) for code in languages], key=lambda one: one.rank)

    async def _listen(self, buffer: _Buffer, language: str | None, hints: Hints) -> _Heard:
        """What was said, in *language* or the one that the server finds."""
        heard = _Heard.of(await self._ask(buffer, language, hints), language)
        if hints.prompt and heard.text and heard.no_speech > NO_SPEECH:
            # A prompt can be read back into silence. What is left without it was heard.
            heard = _Heard.of(await self._ask(buffer, language, replace(hints, prompt="")), language)
        return heard

    async def _ask(self, buffer: _Buffer, language: str | None, hints: Hints) -> _Answer:
        """The server's answer, at the second attempt if the first one failed quickly.

        Raises:
            TranscriptionFailed: If it has none.
            EngineUnavailable: If it will have none.
        """
        began = time.monotonic()
        result = await self._post(buffer, language, hints, self._timeout_s)
        if (
            hints.thorough
            and isinstance(result, _Trouble)
            and result.passing
            and result.pause_s <= LONGEST_PAUSE_S
            and time.monotonic() - began < QUICK_S
        ):
            self.retries += 1
            await asyncio.sleep(result.pause_s)
            result = await self._post(buffer, language, hints, self._timeout_s)
        self._note(result)
        if isinstance(result, _Answer):
            return result
        if result.lasting:
            raise EngineUnavailable(result.advice)
        msg = f"the speech server failed on this utterance ({result.reason} {result.status or ''})".replace(" )", ")")
        raise TranscriptionFailed(msg)

    def _note(self, result: _Answer | _Trouble) -> None:
        """Count a failure; log the first one, and the first answer after it."""
        away = isinstance(result, _Trouble)
        self.failures += away
        self._in_a_row = self._in_a_row + 1 if away else 0
        if isinstance(result, _Trouble) and not self._away:
            log.warning("speech server fails", extra={"reason": result.reason, "code": result.status})
        elif self._away and not away:
            log.info("speech server answers again")
        self._away = away

    async def _post(self, buffer: _Buffer, language: str | None, hints: Hints, within_s: float) -> _Answer | _Trouble:
        """Make one request. The only place that sees exceptions of aiohttp: none goes further."""
        session = self._session
        if session is None:
            raise EngineUnavailable(_STOPPED)
        wav = buffer.wav()
        whole = False
        try:
            async with (
                asyncio.timeout(within_s),
                session.post(self._url, data=self._form(wav, language, hints), allow_redirects=False) as response,
            ):
                if response.status != 200:
                    return _refusal(response.status, response.headers.get("Retry-After"))
                answer = await _read(response)
        except (aiohttp.ClientError, OSError) as error:
            return next(trouble for kind, trouble in _TROUBLES if isinstance(error, kind))
        else:
            # When it answered, the server had it all: nothing of the buffer is on its way any more.
            whole = answer is not None and wav.sent
            return answer or _NO_ANSWER
        finally:
            if not whole:
                wav.stop()
                buffer.shared = True

    def _form(self, wav: _Wav, language: str | None, hints: Hints) -> aiohttp.FormData:
        form = aiohttp.FormData()
        form.add_field("model", self._model)
        form.add_field("response_format", self._format)
        form.add_field("temperature", "0")
        if language is not None:
            form.add_field("language", language)
        if prompt := hints.prompt.strip():
            form.add_field("prompt", prompt[:PROMPT_CHARACTERS])
        form.add_field("file", wav, filename="speech.wav", content_type="audio/wav")
        return form


def _headers(key: str) -> dict[str, str] | None:
    """What every request brings; None if the key cannot be in it."""
    key = key.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        return None
    headers = {"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "skillrally"}
    return headers | {"Authorization": f"Bearer {key}"} if key else headers


async def _read(response: aiohttp.ClientResponse) -> _Answer | None:
    """The answer; None if it is too long, or none."""
    if response.content_type != "application/json":
        return None
    body = bytearray()
    async for part in response.content.iter_any():
        body += part
        if len(body) > ANSWER_BYTES:
            return None
    return _parse(body)


def _trusting_the_system() -> ssl.SSLContext:
    # Not create_default_context, which writes every connection's secrets to the file that SSLKEYLOGFILE names.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_default_certs()
    return context
