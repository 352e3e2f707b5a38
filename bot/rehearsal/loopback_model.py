"""A language model of its own, on this machine: OpenAI's two interfaces over real HTTP, with answers written before.

    request -> Asked (put down) -> the next of the script, or else `answer` -> response

It computes nothing. Who uses it says what comes back: an answer, or one of the ways in which such servers fail.
"""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self, cast

from aiohttp import web

if TYPE_CHECKING:
    from types import TracebackType

Interface = Literal["responses", "chat"]


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, as it arrived.

    Attributes:
        interface: Which one was used.
        body: All of it.
        headers: Their names in lower case.
    """

    interface: Interface
    body: Mapping[str, Any] = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    @property
    def instructions(self) -> str:
        """What to do."""
        if self.interface == "responses":
            return str(self.body["instructions"])
        return str(self.body["messages"][0]["content"])

    @property
    def content(self) -> str:
        """What to do it with."""
        if self.interface == "responses":
            return str(self.body["input"])
        return str(self.body["messages"][1]["content"])

    @property
    def schema(self) -> Mapping[str, Any]:
        """What the answer must be like."""
        if self.interface == "responses":
            return cast("Mapping[str, Any]", self.body["text"]["format"]["schema"])
        return cast("Mapping[str, Any]", self.body["response_format"]["json_schema"]["schema"])


Reply = Callable[[Asked, web.Request], Awaitable[web.StreamResponse]]
"""What comes back."""

Answer = Callable[[Asked], Mapping[str, Any]]
"""What the model says, as JSON of the schema."""

MODEL = "loopback-1"
"""What the server calls its model."""

INPUT_TOKENS = 1200
OUTPUT_TOKENS = 300


def answering(answer: Answer | Mapping[str, Any], *, counted: bool = True, name: str = MODEL) -> Reply:
    """Say that, in JSON; and what it took, if it is to be *counted*."""

    async def reply(asked: Asked, _: web.Request) -> web.Response:
        raw = answer(asked) if callable(answer) else answer
        return _said(asked, json.dumps(raw, ensure_ascii=False), counted=counted, name=name)

    return reply


def saying(text: str) -> Reply:
    """Say *text*, whatever was asked for."""

    async def reply(asked: Asked, _: web.Request) -> web.Response:
        return _said(asked, text)

    return reply


def cut_short(text: str = '{"strength": "The ans') -> Reply:
    """Stop in the middle, with no tokens left."""

    async def reply(asked: Asked, _: web.Request) -> web.Response:
        return _said(asked, text, whole=False)

    return reply


def declining() -> Reply:
    """Say that the model would rather not."""

    async def reply(asked: Asked, _: web.Request) -> web.Response:
        return _said(asked, "I'm sorry, I can't help with that.", refusal=True)

    return reply


def failing(status: int, *, code: str | None = None, param: str | None = None, retry_after: str | None = None) -> Reply:
    """Answer with that status, and an error that quotes the request, as real ones may."""

    async def reply(asked: Asked, _: web.Request) -> web.Response:
        error = {"message": f"quoting {asked.content}", "type": "error", "code": code, "param": param}
        headers = {} if retry_after is None else {"Retry-After": retry_after}
        return web.json_response({"error": error}, status=status, headers=headers)

    return reply


def redirecting(to: str, *, status: int = 307) -> Reply:
    """Say that the answer is elsewhere."""

    async def reply(_asked: Asked, _: web.Request) -> web.Response:
        return web.Response(status=status, headers={"Location": to})

    return reply


def keeping_silent() -> Reply:
    """Never answer; until the other side, or the server, hangs up."""

    async def reply(_asked: Asked, _: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    return reply


def delayed(seconds: float, reply: Reply) -> Reply:
    """Say that, but only after so many seconds."""

    async def late(asked: Asked, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return await reply(asked, request)

    return late


def noted(note: Callable[[], None], reply: Reply) -> Reply:
    """Say that, and call *note* once somebody asks."""

    async def telling(asked: Asked, request: web.Request) -> web.StreamResponse:
        note()
        return await reply(asked, request)

    return telling


def hanging_up() -> Reply:
    """Close the connection in the middle of the answer."""

    async def reply(_: Asked, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "5000"})
        await response.prepare(request)
        await response.write(b'{"output": [')
        transport = request.transport
        if transport is not None:
            transport.abort()
        return response

    return reply


def flooding(size: int = 64 * 1024 * 1024) -> Reply:
    """Answer with that many bytes, as long as somebody reads them."""

    async def reply(_asked: Asked, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        piece = b'["' + b"x" * 65_530 + b'"],'
        try:
            for _ in range(size // len(piece)):
                await response.write(piece)
        except ConnectionError:
            pass
        return response

    return reply


class LoopbackModel:
    """A server on 127.0.0.1, at a free port.

    Attributes:
        asked: What arrived, in order.
        answer: What the model says when the script is over.
        name: What it calls itself then.
    """

    def __init__(self, answer: Answer | None = None, *, name: str = MODEL) -> None:
        self.asked: list[Asked] = []
        self.name = name
        self.answer: Answer = answer or (lambda asked: filled(asked.schema))
        self._script: deque[Reply] = deque()
        self._runner: web.AppRunner | None = None
        self._port = 0

    def script(self, *replies: Reply) -> None:
        """Reply with these, one after the other, before anything else."""
        self._script.extend(replies)

    @property
    def url(self) -> str:
        """Its address, for a client."""
        return f"http://127.0.0.1:{self._port}/v1"

    async def __aenter__(self) -> Self:
        application = web.Application(client_max_size=16 * 1024 * 1024)
        application.router.add_post("/v1/responses", self._responses)
        application.router.add_post("/v1/chat/completions", self._chat)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self._port = self._runner.addresses[0][1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._runner is not None:
            await self._runner.cleanup()

    async def _responses(self, request: web.Request) -> web.StreamResponse:
        return await self._reply(request, "responses")

    async def _chat(self, request: web.Request) -> web.StreamResponse:
        return await self._reply(request, "chat")

    async def _reply(self, request: web.Request, interface: Interface) -> web.StreamResponse:
        body: dict[str, Any] = await request.json()
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(Asked(interface, body, headers))
        reply = self._script.popleft() if self._script else answering(self.answer, name=self.name)
        return await reply(self.asked[-1], request)


def _said(
    asked: Asked, text: str, *, whole: bool = True, refusal: bool = False, counted: bool = True, name: str = MODEL
) -> web.Response:
    said = (_as_response if asked.interface == "responses" else _as_chat)(text, whole, refusal, counted)
    return web.json_response(said | {"model": name})


def _as_response(text: str, whole: bool, refusal: bool, counted: bool) -> dict[str, Any]:  # noqa: FBT001
    part: dict[str, Any] = (
        {"type": "refusal", "refusal": text} if refusal else {"type": "output_text", "text": text, "annotations": []}
    )
    answer: dict[str, Any] = {
        "id": "resp_loopback",
        "object": "response",
        "created_at": 0,
        "status": "completed" if whole else "incomplete",
        "incomplete_details": None if whole else {"reason": "max_output_tokens"},
        "error": None,
        "output": [
            {"type": "reasoning", "id": "rs_loopback", "summary": []},
            {"type": "message", "id": "msg_loopback", "role": "assistant", "status": "completed", "content": [part]},
        ],
    }
    if counted:
        answer["usage"] = {
            "input_tokens": INPUT_TOKENS,
            "output_tokens": OUTPUT_TOKENS,
            "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
        }
    return answer


def _as_chat(text: str, whole: bool, refusal: bool, counted: bool) -> dict[str, Any]:  # noqa: FBT001
    message = {"role": "assistant", "content": None if refusal else text, "refusal": text if refusal else None}
    answer: dict[str, Any] = {
        "id": "chatcmpl-loopback",
        "object": "chat.completion",
        "created": 0,
        "choices": [{"index": 0, "message": message, "finish_reason": "stop" if whole else "length"}],
    }
    if counted:
        answer["usage"] = {
            "prompt_tokens": INPUT_TOKENS,
            "completion_tokens": OUTPUT_TOKENS,
            "total_tokens": INPUT_TOKENS + OUTPUT_TOKENS,
        }
    return answer


def filled(schema: Mapping[str, Any]) -> Any:
    """The least that is of that schema: null where it may be, else empty texts, no items, the lowest number."""
    for options in (schema.get("anyOf"), schema.get("oneOf")):
        if options:
            return None if any(option.get("type") == "null" for option in options) else filled(options[0])
    if "const" in schema or "enum" in schema:
        return schema.get("const", (schema.get("enum") or [None])[0])
    kinds = schema.get("type", "string")
    kind = kinds if isinstance(kinds, str) else "null" if "null" in kinds else kinds[0]
    least: dict[str, Callable[[], Any]] = {
        "null": lambda: None,
        "object": lambda: {name: filled(part) for name, part in schema.get("properties", {}).items()},
        "array": lambda: [filled(schema["items"]) for _ in range(schema.get("minItems", 0))],
        "integer": lambda: schema.get("minimum", 0),
        "number": lambda: schema.get("minimum", 0),
        "boolean": lambda: False,
        "string": lambda: "x" * schema.get("minLength", 0),
    }
    return least[kind]()


def fair_judge(asked: Asked, *, score: int = 4) -> Mapping[str, Any]:
    """Feedback as a model would write it that keeps to what it is told: the same score, with quotes that are there."""
    answers = json.loads(asked.content[asked.content.index("\n") : asked.content.rindex("\n")])
    own = {each["answer"]: [line for line in each["lines"] if line["speaker"] == "Candidate"] for each in answers}
    criteria: list[str] = list(asked.schema["properties"]["answers"]["items"]["properties"]["criteria"]["properties"])
    first = next(iter(own))
    strength = own[first][0]
    return {
        "answers": [
            {
                "answer": number,
                "criteria": {criterion: _judged(lines[0], 4 * at, score) for at, criterion in enumerate(criteria)},
            }
            for number, lines in own.items()
        ],
        "strength": {
            "text": "The answer says what was done.",
            "line": strength["line"],
            "quote": " ".join(strength["text"].split()[:8]),
        },
        "next_step": {
            "answer": first,
            "criterion": criteria[0],
            "text": "Name the question first, and then answer it.",
            "opening": "",
        },
    }


def _judged(line: Mapping[str, Any], start: int, score: int) -> dict[str, Any]:
    words = line["text"].split()
    quote = " ".join(words[start : start + 4] if len(words) >= start + 4 else words[:4])
    return {"score": score, "evidence": [{"line": line["line"], "quote": quote, "why": "It says so."}]}
