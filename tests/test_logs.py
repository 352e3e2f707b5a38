from __future__ import annotations

import asyncio
import gc
import io
import json
import logging
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Any, cast

import pytest

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
    levels = {name: logging.getLogger(name).level for name in (*logs.OURS, "discord", "asyncio", "aiohttp")}
    for module, hook in ((sys, "excepthook"), (sys, "unraisablehook"), (threading, "excepthook")):
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


@pytest.mark.parametrize("name", ["discord", "discord.gateway", "discord.http", "aiohttp", "asyncio"])
@pytest.mark.parametrize("level", ["DEBUG", "INFO", "WARNING", "ERROR"])
def test_no_setting_makes_libraries_talkative(name: str, level: str, log: Log) -> None:
    log.set_up(level)

    logging.getLogger(name).info("voice session description: %s", {"secret_key": list(KEY)})
    logging.getLogger(name).debug("token %s", TOKEN)

    assert log.text == ""
    assert not logging.getLogger(name).isEnabledFor(logging.INFO)


def test_our_own_loggers_follow_the_setting(log: Log) -> None:
    log.set_up("ERROR")
    ours.warning("not this")
    ours.error("this")

    assert [line["event"] for line in log.lines] == ["this"]


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
