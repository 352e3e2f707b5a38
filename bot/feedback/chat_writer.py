"""Any server with OpenAI's Chat Completions interface and JSON schemas: Ollama, vLLM, llama.cpp and others.

    write -> two messages and a schema -> answer -> text -> JSON of the schema -> Written

On this machine it may be http, and nothing leaves. Such servers know nothing of the person: no identifier is sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self, cast

from bot.errors import StartRefused
from bot.feedback.openai_writer import Server, bound, cut_off, declined, fitting, named, usage_of
from bot.feedback.writer import Price, Usage, WriterUnfit, Written

if TYPE_CHECKING:
    from types import TracebackType

    from bot.feedback.writer import Prompt


class ChatWriter:
    """A server with OpenAI's Chat Completions interface."""

    def __init__(
        self,
        url: str,
        *,
        model: str,
        key: str = "",
        region: str = "",
        price: Price | None = None,
        timeout_s: float = 60.0,
    ) -> None:
        """Ask *model* at *url*; see `ResponsesWriter` for the rest.

        Raises:
            StartRefused: If the words would travel unencrypted, key or address cannot be one, or it is OpenAI itself.
        """
        self._server = Server(url, key=key, timeout_s=timeout_s)
        if self._server.host == "openai.com" or self._server.host.endswith(".openai.com"):
            raise StartRefused(
                "OpenAI is set as a compatible server, without its region: set SKILLRALLY_FEEDBACK_WRITER to openai."
            )
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
        del safety_id
        answer = await self._server.post(
            "/chat/completions",
            {
                "model": self.model,
                "messages": [
                    {"role": "system", "content": prompt.instructions},
                    {"role": "user", "content": prompt.content},
                ],
                # The older name of the two, which these servers all know.
                "max_tokens": prompt.max_output_tokens,
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {"name": prompt.schema_name, "schema": dict(prompt.schema), "strict": True},
                },
            },
        )
        usage = usage_of(answer.get("usage"), sent="prompt_tokens", written="completion_tokens")
        choices: Any = answer.get("choices")
        choice: Any = cast("list[Any]", choices)[0] if isinstance(choices, list) and choices else None
        message: Any = choice.get("message") if isinstance(choice, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        if not isinstance(message, dict):
            raise WriterUnfit("What answers at the feedback server's address is no such server: look at its URL.")
        said = cast("dict[str, Any]", message)
        reason = cast("dict[str, Any]", choice).get("finish_reason")
        if said.get("refusal") or reason == "content_filter":
            raise declined(usage)
        if reason == "length":
            raise cut_off(usage)
        text = said.get("content")
        raw = fitting(text if isinstance(text, str) else "", prompt, usage)
        worst = Usage(bound(prompt), prompt.max_output_tokens)
        return Written(raw, usage or worst, named(answer.get("model"), self.model))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._server.close()

    def __repr__(self) -> str:
        return f"<ChatWriter {self.host}>"
