"""Both adapters, with the real client, against a server on this machine that behaves and misbehaves."""

from __future__ import annotations

import gc
import json
import os
import ssl
import traceback
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from bot.errors import StartRefused
from bot.feedback import openai_writer
from bot.feedback.addresses import RESIDENCIES
from bot.feedback.chat_writer import ChatWriter
from bot.feedback.openai_writer import ResponsesWriter, bound
from bot.feedback.writer import (
    NOTHING,
    Price,
    Prompt,
    Usage,
    WriterBusy,
    WriterFailed,
    WriterMisconfigured,
    WriterRefused,
    WriterUnavailable,
    WriterUnfit,
)
from bot.rehearsal.loopback_model import (
    INPUT_TOKENS,
    MODEL,
    OUTPUT_TOKENS,
    LoopbackModel,
    answering,
    cut_short,
    declining,
    failing,
    flooding,
    hanging_up,
    keeping_silent,
    redirecting,
    saying,
)
from config.processors import load_processors

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable
    from pathlib import Path

    from bot.loopback.authority import Authority

CANARY = "zebra-crossing-in-Lviv"

SCHEMA = {
    "type": "object",
    "properties": {"score": {"type": "integer", "minimum": 1, "maximum": 5}, "why": {"type": "string"}},
    "required": ["score", "why"],
    "additionalProperties": False,
}
PROMPT = Prompt("Judge the answer.", f'[{{"line": 1, "text": "{CANARY}"}}]', SCHEMA, "feedback_1", 800)
GOOD = {"score": 4, "why": "It says what was done."}
COUNTED = Usage(INPUT_TOKENS, OUTPUT_TOKENS)

Writer = ResponsesWriter | ChatWriter
Kind = type[WriterFailed]


@pytest.fixture
async def model() -> AsyncGenerator[LoopbackModel]:
    async with LoopbackModel(lambda _: GOOD) as server:
        yield server


@pytest.fixture(params=["responses", "chat"])
def make(request: pytest.FixtureRequest, model: LoopbackModel) -> Callable[..., Writer]:
    def made(**more: Any) -> Writer:
        options: dict[str, Any] = {"model": "small-1", "key": "sk-test"} | more
        url = options.pop("url", model.url)
        return ResponsesWriter(url=url, **options) if request.param == "responses" else ChatWriter(url, **options)

    return made


async def failure(writer: Writer) -> WriterFailed:
    async with writer:
        try:
            await writer.write(PROMPT, safety_id="s" * 64)
        except WriterFailed as failed:
            return failed
    pytest.fail("it was written")


async def test_a_good_answer_comes_back_with_what_it_took(make: Callable[..., Writer]):
    async with make() as writer:
        written = await writer.write(PROMPT, safety_id="s" * 64)

    assert written.raw == GOOD
    assert written.usage == COUNTED
    assert written.model == MODEL


async def test_the_transcript_is_never_in_the_instructions(make: Callable[..., Writer], model: LoopbackModel):
    async with make() as writer:
        await writer.write(PROMPT, safety_id="s" * 64)

    (asked,) = model.asked
    assert asked.instructions == PROMPT.instructions
    assert asked.content == PROMPT.content
    assert asked.schema == SCHEMA


async def test_openai_is_asked_to_store_nothing_and_to_cache_nothing(model: LoopbackModel):
    async with ResponsesWriter(key="sk-test", model="small-1", url=model.url) as writer:
        await writer.write(PROMPT, safety_id="s" * 64)

    body = dict(model.asked[0].body)
    assert body.pop("text")["format"]["strict"] is True
    assert body == {
        "model": "small-1",
        "instructions": PROMPT.instructions,
        "input": PROMPT.content,
        "max_output_tokens": 800,
        "store": False,
        "truncation": "disabled",
        "safety_identifier": "s" * 64,
        "prompt_cache_options": {"mode": "explicit"},
    }


async def test_the_number_that_openai_gets_stands_in_the_list_of_processors(model: LoopbackModel):
    async with ResponsesWriter(key="sk-test", model="small-1", url=model.url) as writer:
        await writer.write(PROMPT, safety_id="s" * 64)

    (openai,) = [each for each in load_processors() if each.name == "OpenAI"]
    assert "safety_identifier" in model.asked[0].body
    assert "a number that stands for the person" in openai.data


async def test_another_server_learns_nothing_about_the_person(model: LoopbackModel):
    async with ChatWriter(model.url, model="small-1") as writer:
        await writer.write(PROMPT, safety_id="s" * 64)

    assert set(model.asked[0].body) == {"model", "messages", "max_tokens", "response_format"}
    assert "authorization" not in model.asked[0].headers


async def test_a_model_that_knows_no_cache_options_is_asked_without_from_then_on(model: LoopbackModel):
    model.script(failing(400, param="prompt_cache_options.mode", code="unknown_parameter"))

    async with ResponsesWriter(key="sk-test", model="small-1", url=model.url) as writer:
        assert (await writer.write(PROMPT, safety_id="")).raw == GOOD
        await writer.write(PROMPT, safety_id="")

    assert ["prompt_cache_options" in asked.body for asked in model.asked] == [True, False, False]


async def test_nothing_of_the_environment_and_of_this_machine_is_sent(
    make: Callable[..., Writer], model: LoopbackModel, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
    monkeypatch.setenv("OPENAI_ORG_ID", "org-environment")
    monkeypatch.setenv("OPENAI_PROJECT_ID", "proj-environment")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "X-Environment: yes\nAuthorization: Bearer environment\nHost: other")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")

    async with make() as writer:
        await writer.write(PROMPT, safety_id="s" * 64)

    headers = model.asked[0].headers
    ours = {"accept", "accept-encoding", "authorization", "user-agent"}
    assert set(headers) == ours | {"connection", "content-length", "content-type", "host"}
    assert headers["authorization"] == "Bearer sk-test"
    assert "environment" not in json.dumps(dict(headers))
    assert headers["user-agent"] == "skillrally"


@pytest.mark.parametrize(
    ("retry_after", "pause_s"),
    [("7", 7.0), (None, None), ("soon", None), ("-4", 0.0), ("nan", None), ("1e9", 86_400.0)],
)
async def test_a_busy_server_says_when_to_come_back(
    make: Callable[..., Writer], model: LoopbackModel, retry_after: str | None, pause_s: float | None
):
    model.script(failing(429, retry_after=retry_after))

    failed = await failure(make())

    assert isinstance(failed, WriterBusy)
    assert failed.retry_after_s == pause_s
    assert failed.usage == NOTHING


async def test_a_date_to_come_back_at_is_understood(make: Callable[..., Writer], model: LoopbackModel):
    model.script(failing(429, retry_after="Wed, 21 Oct 2015 07:28:00 GMT"))

    failed = await failure(make())

    assert isinstance(failed, WriterBusy)
    assert failed.retry_after_s == 0


@pytest.mark.parametrize(
    ("said", "kind", "usage"),
    [
        ((429, "insufficient_quota"), WriterMisconfigured, NOTHING),
        ((400, None), WriterMisconfigured, NOTHING),
        ((400, "context_length_exceeded"), WriterMisconfigured, NOTHING),
        ((400, "data_residency_mismatch"), WriterMisconfigured, NOTHING),
        ((401, None), WriterMisconfigured, NOTHING),
        ((403, None), WriterMisconfigured, NOTHING),
        ((404, None), WriterMisconfigured, NOTHING),
        ((413, None), WriterMisconfigured, NOTHING),
        ((422, None), WriterMisconfigured, NOTHING),
        ((408, None), WriterUnavailable, None),
        ((500, None), WriterUnavailable, NOTHING),
        ((503, None), WriterUnavailable, NOTHING),
        ((504, None), WriterUnavailable, None),
    ],
)
async def test_each_status_is_told_apart_and_asked_once(
    make: Callable[..., Writer], model: LoopbackModel, said: tuple[int, str | None], kind: Kind, usage: Usage | None
):
    model.script(failing(said[0], code=said[1]))

    failed = await failure(make())

    assert type(failed) is kind
    assert failed.usage == usage
    assert str(failed).endswith(".")
    assert len(model.asked) == 1


async def test_a_server_that_keeps_silent_is_given_up_and_may_have_worked(
    make: Callable[..., Writer], model: LoopbackModel
):
    model.script(keeping_silent())

    failed = await failure(make(timeout_s=0.2))

    assert isinstance(failed, WriterUnavailable)
    assert failed.usage is None


async def test_a_server_that_is_not_there_took_nothing(make: Callable[..., Writer]):
    failed = await failure(make(url="http://127.0.0.1:9/v1"))

    assert isinstance(failed, WriterUnavailable)
    assert failed.usage == NOTHING


async def test_a_server_that_hangs_up_may_have_worked(make: Callable[..., Writer], model: LoopbackModel):
    model.script(hanging_up())

    failed = await failure(make())

    assert isinstance(failed, WriterUnavailable)
    assert failed.usage is None


async def test_a_redirect_is_not_followed_so_the_transcript_goes_nowhere_else(
    make: Callable[..., Writer], model: LoopbackModel
):
    async with LoopbackModel() as other:
        for status in (301, 302, 303, 307, 308):
            path = "responses" if isinstance(make(), ResponsesWriter) else "chat/completions"
            model.script(redirecting(f"{other.url}/{path}", status=status))

            failed = await failure(make())

            assert isinstance(failed, WriterMisconfigured)
        assert other.asked == []
    assert len(model.asked) == 5


async def test_an_answer_without_end_is_read_no_further(make: Callable[..., Writer], model: LoopbackModel):
    model.script(flooding())

    failed = await failure(make())

    assert isinstance(failed, WriterUnfit)
    assert failed.usage is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not JSON",
        "[]",
        "null",
        '{"score": 4}',
        '{"score": 6, "why": ""}',
        '{"score": 4, "why": "", "hire": true}',
        '{"score": NaN, "why": ""}',
        '{"score": 4, "why": "',
        "[" * 100_000,
    ],
)
async def test_an_answer_that_is_not_of_the_schema_does_not_pass_and_is_paid(
    make: Callable[..., Writer], model: LoopbackModel, text: str
):
    model.script(saying(text))

    failed = await failure(make())

    assert isinstance(failed, WriterUnfit)
    assert failed.usage == COUNTED


async def test_an_answer_that_was_cut_off_does_not_pass_even_if_it_is_json(
    make: Callable[..., Writer], model: LoopbackModel
):
    for text in ('{"score": 4, "wh', json.dumps(GOOD)):
        model.script(cut_short(text))

        failed = await failure(make())

        assert isinstance(failed, WriterUnfit)
        assert failed.usage == COUNTED


async def test_a_model_that_declines_is_told_from_one_that_fails(make: Callable[..., Writer], model: LoopbackModel):
    model.script(declining())

    failed = await failure(make())

    assert isinstance(failed, WriterRefused)
    assert failed.usage == COUNTED


async def test_what_is_not_counted_is_taken_at_its_worst(make: Callable[..., Writer], model: LoopbackModel):
    model.script(answering(GOOD, counted=False))

    async with make() as writer:
        written = await writer.write(PROMPT, safety_id="")

        assert written.usage == Usage(writer.count(PROMPT), PROMPT.max_output_tokens)


async def test_no_failure_carries_anything_of_the_request(make: Callable[..., Writer], model: LoopbackModel):
    for reply in (failing(400), failing(500), failing(429), cut_short(CANARY), saying(CANARY), hanging_up()):
        model.script(reply)

        failed = await failure(make())

        shown = "".join(traceback.format_exception(failed))
        assert CANARY not in shown + repr(failed) + str(failed.args)
        assert failed.__cause__ is None
        assert failed.__context__ is None


def test_prompts_and_answers_show_nothing_of_themselves():
    assert CANARY not in repr(PROMPT)
    assert "Judge" not in repr(PROMPT)


def test_no_text_has_more_tokens_than_the_bound():
    text = "Ґрунтовна відповідь 🎤 … naïve"
    prompt = Prompt(text, text, SCHEMA, "x", 10)

    assert bound(prompt) >= 2 * len(text.encode()) + len(json.dumps(SCHEMA))


@pytest.mark.parametrize(
    "url",
    [
        "",
        "models.example",
        "ftp://models.example/v1",
        "http://models.example/v1",
        "https://user:secret@models.example/v1",
        "https://models.example/v1?key=secret",
        "https://models.example/ v1",
        "https://:70000/",
    ],
)
def test_an_address_that_would_show_words_or_keys_is_refused(url: str):
    with pytest.raises(StartRefused) as refused:
        ChatWriter(url, model="small-1")

    assert "secret" not in str(refused.value)


def test_openai_is_not_taken_for_a_compatible_server():
    with pytest.raises(StartRefused, match="SKILLRALLY_FEEDBACK_WRITER"):
        ChatWriter("https://api.openai.com/v1", model="small-1")


@pytest.mark.parametrize("key", ["sk-ключ", "sk test", "sk\ntest"])
def test_a_key_that_cannot_be_one_is_refused_without_being_shown(key: str):
    with pytest.raises(StartRefused) as refused:
        ResponsesWriter(key=key, model="small-1")

    assert key not in str(refused.value)


async def test_each_residency_has_its_own_host():
    hosts: list[str] = []
    for residency in RESIDENCIES:
        async with ResponsesWriter(key="sk-test", model="small-1", residency=residency) as writer:
            hosts.append(writer.host)

    assert "eu.api.openai.com" in hosts
    assert len(set(hosts)) == len(RESIDENCIES)


def test_residencies_are_the_librarys_own():
    from openai._data_residency import _DATA_RESIDENCY_BASE_URLS  # noqa: PLC0415

    assert dict(RESIDENCIES) == dict(_DATA_RESIDENCY_BASE_URLS)


def test_prices_are_exact():
    price = Price(Decimal("0.25"), Decimal(2))

    assert str(price.of(Usage(1000, 500))) == "0.00125"


async def test_a_writer_leaves_no_connection_open(make: Callable[..., Writer]):
    async with make() as writer:
        await writer.write(PROMPT, safety_id="")
    gc.collect()  # a socket that nobody closed would warn here, and warnings are errors

    assert os.getpid()


async def test_authorities_are_trusted_where_there_is_tls_and_there_alone(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ca.pem").write_text(authority.ca_pem, encoding="ascii")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    made: list[ssl.SSLContext] = []
    make = openai_writer._trusting_the_system

    def kept(*, certificates: bool) -> ssl.SSLContext:
        made.append(make(certificates=certificates))
        return made[-1]

    monkeypatch.setattr(openai_writer, "_trusting_the_system", kept)

    for url in ("https://models.example/v1", "http://127.0.0.1:1/v1"):
        async with ChatWriter(url, model="small-1"):
            pass

    assert [context.cert_store_stats()["x509_ca"] for context in made] == [1, 0]
    assert all(context.verify_mode is ssl.CERT_REQUIRED and context.check_hostname for context in made)
