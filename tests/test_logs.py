from __future__ import annotations

import asyncio
import gc
import io
import json
import logging
import os
import subprocess
import sys
import threading
import traceback
import warnings
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import aiohttp
import pytest
from aiohttp import web
from discord.gateway import KeepAliveHandler
from discord.http import HTTPClient, Route
from discord.webhook.async_ import AsyncWebhookAdapter

from bot import logs
from bot.logs import SAFE_FIELDS, set_up
from stt.engine import Snippet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SPEECH = "I was fired from my last job"
NAME = "Anna-Lena Ziegler"
SNOWFLAKE = 1092837465564738291
TOKEN = "MTA5Mjgz.GxYzAb.c0ffee-c0ffee_c0ffee"
URL = f"https://discord.com/api/v10/webhooks/{SNOWFLAKE}/aW50ZXJhY3Rpb246-token/messages/@original"
KEY = bytes(range(200, 232))
CANARIES = (SPEECH, NAME, str(SNOWFLAKE), TOKEN, "aW50ZXJhY3Rpb246", repr(KEY), KEY.hex(), str(list(KEY)))

LIBRARIES = (
    "discord", "discord.gateway", "discord.http", "discord.webhook.async_", "asyncio", "aiohttp", "aiohttp.access",
    "httpx2", "openai", "sqlalchemy.engine", "aiosqlite", "urllib3", "sentry_sdk.errors",
)  # fmt: skip

ours, theirs = logging.getLogger("bot.canary"), logging.getLogger("discord.canary")
library = logging.getLogger("some.library")


class Log:
    """Logging as the bot sets it up, and what it wrote."""

    def __init__(self) -> None:
        self._stream = io.StringIO()

    def set_up(self, level: str, *, as_json: bool = True) -> None:
        """Begin, or begin anew, as the bot does with that setting."""
        set_up(level=level, as_json=as_json)
        for handler in logging.getLogger().handlers:
            if isinstance(handler, logging.StreamHandler):
                cast("logging.StreamHandler[io.StringIO]", handler).setStream(self._stream)

    @property
    def text(self) -> str:
        """Everything that was written."""
        return self._stream.getvalue()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The same, read."""
        return [json.loads(line) for line in self.text.splitlines()]


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> Iterator[Log]:
    """The bot's logging at its most talkative."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    levels = {name: logging.getLogger(name).level for name in (*logs.OURS, *LIBRARIES)}
    hooks = ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook"), (warnings, "showwarning"))
    for module, hook in (*hooks, (logging, "raiseExceptions")):
        monkeypatch.setattr(module, hook, getattr(module, hook))
    log = Log()
    log.set_up("DEBUG")
    yield log
    root.handlers[:] = before
    root.setLevel(level)
    for name, old in levels.items():
        logging.getLogger(name).setLevel(old)


def raise_speech() -> None:
    raise ValueError(SPEECH)


def with_exception(log: Callable[..., None]) -> None:
    try:
        raise_speech()
    except ValueError:
        log("it failed", exc_info=True)


def with_notes() -> None:
    try:
        raise_speech()
    except ValueError as error:
        error.add_note(f"while {NAME} said: {SPEECH}")
        ours.exception("it failed")


def with_chained_causes() -> None:
    try:
        try:
            raise_speech()
        except ValueError as first:
            raise KeyError(TOKEN, KEY) from first
    except KeyError:
        ours.exception("it failed")


def raise_group() -> None:
    raise ExceptionGroup(SPEECH, [ValueError(NAME), KeyError(TOKEN)])


def with_a_group() -> None:
    try:
        raise_group()
    except ExceptionGroup:
        ours.exception("it failed")


def with_asyncio_joining_reprs() -> None:
    async def main() -> None:
        asyncio.get_running_loop().call_exception_handler(
            {"message": f"Task exception was never retrieved: {SPEECH}", "name": NAME, "token": TOKEN}
        )

    asyncio.run(main())


class Telling:
    """Something whose repr says too much."""

    def __repr__(self) -> str:
        return f"<{NAME} {SNOWFLAKE} {TOKEN} {KEY!r} {SPEECH}>"


WAYS: dict[str, Callable[[], None]] = {
    "speech as an argument": lambda: ours.info("heard %s", SPEECH),
    "a name as an argument": lambda: ours.warning("%(name)s joined", {"name": NAME}),
    "an id as an argument": lambda: ours.info("user %d", SNOWFLAKE),
    "a token as an argument": lambda: theirs.warning("logged in with %s", TOKEN),
    "a URL with an interaction's token": lambda: theirs.warning(
        "rate limited. %s %s responded with 429.", "PATCH", URL
    ),
    "key bytes as an argument": lambda: theirs.error("session description %r", {"secret_key": list(KEY)}),
    "the text of an exception": lambda: with_exception(ours.error),
    "the text of an exception in discord.py": lambda: with_exception(theirs.error),
    "the text of an exception in a library": lambda: with_exception(library.error),
    "the notes of an exception": with_notes,
    "the causes of an exception": with_chained_causes,
    "what a group of exceptions says": with_a_group,
    "extra fields": lambda: ours.info("x", extra={"text": SPEECH, "user_id": SNOWFLAKE, "key": KEY, "display": NAME}),
    "extra fields with an allowed name": lambda: ours.info(
        "x", extra={"reason": SPEECH, "count": SNOWFLAKE, "code": TOKEN, "state": KEY, "kind": NAME}
    ),
    "a message that a library has put together": lambda: library.error(f"failed for {NAME}: {SPEECH} {URL}"),
    "what asyncio puts together": with_asyncio_joining_reprs,
    "a repr as an argument": lambda: ours.info("%r", Telling()),
    "an object as the message": lambda: library.error(Telling()),
    "the repr of our own types": lambda: ours.info("%r", Snippet(SNOWFLAKE, 0, 1, SPEECH, 1, "en")),
    "an uncaught exception": lambda: sys.excepthook(ValueError, ValueError(SPEECH), None),
}


@pytest.mark.parametrize("as_json", [True, False], ids=["JSON", "terminal"])
@pytest.mark.parametrize("way", WAYS)
def test_what_may_not_be_written_is_not_written(way: str, log: Log, *, as_json: bool) -> None:
    log.set_up("DEBUG", as_json=as_json)

    WAYS[way]()

    assert len(log.text.splitlines()) == 1
    assert not [canary for canary in CANARIES if canary in log.text]


@pytest.mark.parametrize("known", ["Task was destroyed but it is pending!", "Unclosed connection"])
def test_what_went_wrong_beside_everything_is_named_without_what_it_was_about(known: str, log: Log) -> None:
    async def main() -> None:
        asyncio.get_running_loop().call_exception_handler({"message": known, "name": NAME, "about": Telling()})

    asyncio.run(main())

    assert [line["event"] for line in log.lines] == [known]
    assert not [canary for canary in CANARIES if canary in log.text]


def test_exceptions_in_threads_and_destructors_are_not_quoted_either(log: Log) -> None:
    class Breaking:
        def __del__(self) -> None:
            raise_speech()

    thread = threading.Thread(target=raise_speech)
    thread.start()
    thread.join()
    Breaking()
    gc.collect()

    assert [line["exception"] for line in log.lines] == ["ValueError", "ValueError"]
    assert SPEECH not in log.text


def test_where_it_went_wrong_is_written(log: Log) -> None:
    with_exception(ours.error)

    (line,) = log.lines
    assert line["exception"] == "ValueError"
    assert line["place"].startswith("test_logs.py:")
    assert line["event"] == "it failed"
    assert line["level"] == "error"
    assert line["logger"] == "bot.canary"


def test_the_exception_within_a_group_is_named(log: Log) -> None:
    with_a_group()

    assert log.lines[0]["exception"] == "ValueError"


def test_allowed_fields_are_written(log: Log) -> None:
    ours.info("voice gateway closed", extra={"code": 4015, "remedy": "RESUME", "seconds": 0.25, "kind": "on_ready"})

    (line,) = log.lines
    assert (line["code"], line["remedy"], line["seconds"], line["kind"]) == (4015, "RESUME", 0.25, "on_ready")


@pytest.mark.parametrize("name", LIBRARIES)
def test_a_library_whose_level_somebody_lowers_stays_quiet(
    name: str, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Once it has been set up, the Sentry SDK's own filter drops what it has to say.
    monkeypatch.setattr(logging.getLogger(name), "filters", [])
    logging.getLogger(name).setLevel(logging.DEBUG)

    logging.getLogger(name).debug("voice session description: %s", {"secret_key": list(KEY)})
    logging.getLogger(name).info("Request: %s", TOKEN)
    logging.getLogger(name).warning("quota of %s", NAME)

    assert [line["event"] for line in log.lines] == ["quota of %s"]


@pytest.mark.parametrize("name", ["discord", "discord.gateway", "discord.http", "aiohttp", "asyncio"])
@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR"])
def test_no_setting_makes_libraries_talkative(name: str, level: str, log: Log) -> None:
    log.set_up(level)

    logging.getLogger(name).info("voice session description: %s", {"secret_key": list(KEY)})
    logging.getLogger(name).debug("token %s", TOKEN)

    assert log.text == ""
    assert not logging.getLogger(name).isEnabledFor(logging.INFO)


@pytest.mark.parametrize(
    "text",
    [
        f"PATCH {URL} responded with 429.",
        f"webhooks/{SNOWFLAKE}/aW50ZXJhY3Rpb246-token is limited",
        f"POST /interactions/{SNOWFLAKE}/aW50ZXJhY3Rpb246/callback",
        f"user {SNOWFLAKE}",
        f"the key {KEY.hex()}",
        "connected to 203.0.113.7",
        f"MTA5Mjgz{'x' * 20}.GxYzAb.{TOKEN}",
    ],
)
def test_what_looks_like_a_token_or_an_id_is_cut_out_of_texts_of_discordpy(text: str, log: Log) -> None:
    theirs.warning(text)

    assert not [canary for canary in CANARIES if canary in log.text]
    assert "…" in log.lines[0]["event"]


def test_the_stack_of_a_blocked_heartbeat_is_left_out(log: Log) -> None:
    beat = KeepAliveHandler(ws=cast("Any", SimpleNamespace(thread_id=0, _max_heartbeat_timeout=60.0)), interval=1.0)
    stack = "".join(traceback.format_stack())

    # As its `run` puts it together.
    text = f"{beat.block_msg}\nLoop thread traceback (most recent call last):\n{stack}"
    logging.getLogger("discord.gateway").warning(text, 1, 10)

    (line,) = log.lines
    assert line["event"] == beat.block_msg
    assert "test_logs" not in log.text
    assert "site-packages" not in log.text


async def test_discordpys_own_warnings_of_limits_hold_no_token(log: Log) -> None:
    """The library itself, at its most talkative, with a server that limits it."""
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.DEBUG)
    answers = [429, 200, 429, 200]

    async def limit(_: web.Request) -> web.Response:
        body = json.dumps({"retry_after": 0.0, "message": SPEECH}).encode()
        headers = {"Via": "1.1 here", "Content-Type": "application/json"}
        return web.Response(body=body, status=answers.pop(0), headers=headers)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", limit)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    route = Route("POST", "/webhooks/{webhook_id}/{webhook_token}", webhook_id=SNOWFLAKE, webhook_token=TOKEN)
    route.url = f"http://127.0.0.1:{runner.addresses[0][1]}/webhooks/{SNOWFLAKE}/{TOKEN}"
    try:
        async with aiohttp.ClientSession() as session:
            await AsyncWebhookAdapter().request(route, session, payload={"content": SPEECH})
            client = HTTPClient(asyncio.get_running_loop())
            client._HTTPClient__session = session  # pyright: ignore[reportAttributeAccessIssue] - as its login does
            client._global_over = asyncio.Event()
            client._global_over.set()
            client.token = TOKEN
            await client.request(route, json={"content": SPEECH})
    finally:
        await runner.cleanup()

    assert answers == []
    assert [line["logger"] for line in log.lines] == ["discord.webhook.async_", "discord.http"]
    assert not [canary for canary in CANARIES if canary in log.text]


def test_a_library_that_is_told_to_talk_by_the_environment_says_nothing_of_what_it_sends() -> None:
    code = f"""
import logging, asyncio
from bot import logs
logs.set_up(level="DEBUG", as_json=True)
import openai
for name in ("httpx2", "httpcore", "openai", "openai._base_client"):
    logging.getLogger(name).setLevel("DEBUG")
async def main():
    client = openai.AsyncOpenAI(api_key={TOKEN!r}, base_url="http://127.0.0.1:9/v1", max_retries=1)
    await client.responses.create(model="any", input={SPEECH!r})
asyncio.run(main())
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"OPENAI_LOG": "debug"},
    )

    assert done.returncode == 1
    assert [json.loads(line)["exception"] for line in done.stderr.splitlines()] == ["APIConnectionError"]
    assert not [canary for canary in CANARIES if canary in done.stderr + done.stdout]


def test_a_warning_of_python_is_written_without_its_text(log: Log) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.showwarning = logs._warned
        warnings.warn(f"Expected `int`, input_value={SPEECH!r}", UserWarning, stacklevel=1)

    (line,) = log.lines
    assert (line["event"], line["kind"], line["source"]) == ("a warning of Python", "UserWarning", "test_logs")
    assert line["line"] > 0
    assert SPEECH not in log.text


def test_a_line_that_cannot_be_written_is_not_printed_with_its_arguments(
    log: Log, capsys: pytest.CaptureFixture[str]
) -> None:
    class Unspeakable:
        def __str__(self) -> str:
            raise RuntimeError(SPEECH)

    ours.warning("it failed %s", SPEECH, extra={"reason": Unspeakable()})

    assert [line["event"] for line in log.lines] == ["a line could not be written"]
    assert SPEECH not in "".join((*capsys.readouterr(), log.text))


def test_nothing_else_in_the_product_makes_a_log_or_lets_a_library_make_its_own() -> None:
    for package in logs.OURS:
        for path in (Path(logs.__file__).parents[1] / package).rglob("*.py"):
            if "training" in path.parts or path == Path(logs.__file__):
                continue
            source = path.read_text(encoding="utf-8")
            if path.match("bot/rehearsal/traces.py"):
                # It holds the lines of our log in memory, to look for what was said in them.
                source = source.replace("logging.StreamHandler(self._lines)", "")
            for name in (
                "basicConfig",
                "setup_logging",
                "FileHandler",
                "StreamHandler",
                "captureWarnings",
                "echo=True",
            ):
                assert name not in source, (path, name)


def test_lines_go_to_standard_error_and_to_no_file(log: Log) -> None:
    kinds = {type(handler) for handler in logging.getLogger().handlers}

    assert {kind for kind in kinds if kind.__module__ != "_pytest.logging"} == {logging.StreamHandler}
    assert log.text == ""


def test_our_own_loggers_follow_the_setting(log: Log) -> None:
    log.set_up("ERROR")
    ours.warning("not this")
    ours.error("this")

    assert [line["event"] for line in log.lines] == ["this"]


@pytest.mark.parametrize("address", ["203.0.113.7", "2001:db8::7", "::1", "[2001:db8::7]:443"])
def test_no_address_is_written(address: str, log: Log) -> None:
    ours.info("x", extra={"reason": address, "version": address, "state": address})
    theirs.warning(f"cannot reach {address}" if "." in address else "cannot reach %s", *[address] * (":" in address))

    assert address not in log.text


def test_no_field_is_named_for_what_people_are_or_say() -> None:
    assert not SAFE_FIELDS & {
        "text",
        "name",
        "user_id",
        "speaker_id",
        "guild_id",
        "channel_id",
        "message",
        "token",
        "key",
    }


def test_a_process_that_dies_does_not_quote_what_killed_it() -> None:
    code = f"from bot import logs; logs.set_up(); raise ValueError({SPEECH!r})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert SPEECH not in done.stderr + done.stdout
    assert json.loads(done.stderr)["exception"] == "ValueError"
