from __future__ import annotations

import asyncio
import gzip
import json
import logging
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import StartRefused
from bot.telemetry.egress import watching
from bot.telemetry.errors import (
    CHAIN,
    EU_HOSTS,
    FRAMES,
    IN_A_MINUTE,
    PLACE_S,
    PLACES,
    FromLogs,
    Limit,
    NoReports,
    Part,
    check_dsn,
    failures,
    open_error_reports,
    part_of,
)
from bot.telemetry.sentry import SentryReports, Wire, only_known
from tests.telemetry.sixteen import CANARIES, RELEASE

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

    from sentry_sdk.envelope import Envelope

EU = "https://0123456789abcdef0123456789abcdef@o1.ingest.de.sentry.io/1"
HERE = ("127.0.0.1",)
SECRET = "I was fired from my last job"


class Kept(Wire):
    """Keeps what would be sent."""

    def __init__(self, options: Any) -> None:
        super().__init__(options)
        self.events: list[dict[str, Any]] = []

    def post(self, envelope: Envelope) -> None:
        self.events.append(json.loads(envelope.serialize().splitlines()[2]))


def kept(reports: SentryReports) -> list[dict[str, Any]]:
    assert isinstance(reports.client.transport, Kept)
    return reports.client.transport.events


def reports_kept(now_s: Callable[[], float] | None = None) -> SentryReports:
    return SentryReports(EU, release=RELEASE, wire=Kept, now_s=now_s or time.monotonic)


def raised(kind: type[Exception] = ValueError, deep: int = 0) -> Exception:
    def fall(depth: int) -> None:
        if depth:
            fall(depth - 1)
        raise kind(SECRET)

    try:
        fall(deep)
    except kind as error:
        return error
    raise AssertionError


# What is in a report


def sixteen(how: str, **environment: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "tests.telemetry.sixteen", how, CANARIES["argument of the program"]],
        cwd=Path(__file__).parents[2],
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_of_sixteen_canaries_none_is_in_our_reports_however_the_library_is_used() -> None:
    out = sixteen(
        "ours",
        SENTRY_DSN="https://1@elsewhere.test/1",
        SENTRY_SPOTLIGHT="http://127.0.0.1:9/stream",
        SENTRY_DEBUG="1",
        SENTRY_PRINT_ENVELOPES="1",
        SENTRY_ENVIRONMENT=CANARIES["user"],
        SENTRY_RELEASE=CANARIES["user"],
    )

    assert [place for place, canary in CANARIES.items() if canary in out] == []
    assert socket.gethostname() not in out
    assert str(Path.cwd()) not in out
    envelopes = [json.loads(line).splitlines() for line in out.splitlines()]
    assert len(envelopes) == 12
    for envelope in envelopes:
        header, item, event = map(json.loads, envelope)
        assert set(header) == {"event_id", "sent_at"}
        assert item["type"] == "event"
        assert only_known(event) == event | {"timestamp": only_known(event)["timestamp"]}  # pyright: ignore[reportOptionalSubscript]


@pytest.mark.slow
def test_with_the_librarys_defaults_the_same_program_leaks() -> None:
    out = sixteen("defaults")

    assert len([place for place, canary in CANARIES.items() if canary in out]) >= 14


def test_a_report_says_what_was_raised_and_where() -> None:
    reports = reports_kept()

    reports.report(raised(), Part.INTERVIEW)

    (event,) = kept(reports)
    (told,) = event["exception"]["values"]
    assert (told["type"], told["module"]) == ("ValueError", "builtins")
    assert [frame["function"] for frame in told["stacktrace"]["frames"]] == ["raised", "raised.<locals>.fall"]
    assert {frame["module"] for frame in told["stacktrace"]["frames"]} == {__name__}
    assert event["tags"] == {"part": "interview", "held_back": 0}
    assert event["release"] == RELEASE
    assert event["server_name"] == "skillrally"
    assert SECRET not in json.dumps(event)


def test_a_chain_of_errors_begins_with_its_first_cause_and_ends_somewhere() -> None:
    error: BaseException = raised(KeyError)
    for _ in range(10):
        error, error.__cause__ = raised(), error

    chain = failures(error)

    assert len(chain) == CHAIN
    assert chain[-1].place == failures(raised())[-1].place


def test_errors_that_lead_to_each_other_end() -> None:
    one, other = raised(ValueError), raised(KeyError)
    one.__cause__, other.__cause__ = other, one

    assert [failure.kind for failure in failures(one)] == ["KeyError", "ValueError"]


def test_of_a_deep_recursion_the_innermost_calls_are_told() -> None:
    (failure,) = failures(raised(deep=200))

    assert len(failure.frames) == FRAMES
    assert failure.frames[-1].function == "raised.<locals>.fall"


def test_a_name_that_no_source_would_have_is_not_told() -> None:
    spoken = type("I was fired, they said", (Exception,), {"__module__": "from my last job"})

    (failure,) = failures(spoken())

    assert (failure.module, failure.kind) == ("?", "?")


FIELDS = (
    "event_id", "exception", "values", "type", "module", "value", "stacktrace", "frames", "function", "lineno", "vars",
    "in_app", "tags", "part", "held_back", "release", "message", "user", "extra", "contexts", "breadcrumbs", "request",
)  # fmt: skip

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(SECRET),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(FIELDS),
            inner,
            max_size=6,
        )
    ),
    max_leaves=20,
)


@given(event=st.dictionaries(st.text(max_size=3) | st.just("extra"), JSON), values=JSON, part=JSON, number=JSON)
def test_whatever_an_event_holds_only_what_is_known_leaves(event: Any, values: Any, part: Any, number: Any) -> None:
    frames = {"frames": [{"module": values, "function": part, "lineno": number, "vars": values}, values]}
    errors = [{"type": values, "value": SECRET, "module": part, "stacktrace": frames}, values]
    known = only_known(
        event
        | {"event_id": "0" * 32, "exception": {"values": errors}, "tags": {"part": part, "held_back": number}}
        | {"release": values, "message": SECRET, "level": SECRET, "server_name": SECRET}
    )

    assert known is not None
    assert SECRET not in json.dumps(known)
    assert set(known) <= {
        "event_id", "timestamp", "level", "platform", "environment", "server_name", "tags", "exception", "release"
    }  # fmt: skip


# When


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


def test_a_place_is_reported_once_in_a_while_with_how_often_it_was_held_back() -> None:
    clock = Clock()
    reports = reports_kept(clock)
    for _ in range(5):
        reports.report(raised(), Part.OTHER)
    clock.now_s += PLACE_S
    reports.report(raised(), Part.OTHER)

    assert [event["tags"]["held_back"] for event in kept(reports)] == [0, 4]
    assert reports.held_back == 4


def test_another_place_is_reported_at_once() -> None:
    reports = reports_kept(Clock())

    reports.report(raised(ValueError), Part.OTHER)
    reports.report(raised(KeyError), Part.OTHER)

    assert len(kept(reports)) == 2


def test_all_places_together_are_limited_and_not_remembered_without_end() -> None:
    clock = Clock()
    limit = Limit(clock)

    passed = [limit.passes(("ValueError", "bot.app", line)) for line in range(2 * PLACES)]
    clock.now_s += PLACE_S

    assert [held for held in passed if held is not None] == [0] * IN_A_MINUTE
    assert len(limit._places) == PLACES
    assert limit.passes(("ValueError", "bot.app", 2 * PLACES - 1)) == 1


def test_many_threads_report_one_place_once() -> None:
    limit = Limit(Clock())
    passed: list[int | None] = []
    threads = [
        threading.Thread(target=lambda: passed.extend(limit.passes(("E", "m", 1)) for _ in range(200)))
        for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(passed) == 1600
    assert [held for held in passed if held is not None] == [0]


def test_what_cannot_be_reported_raises_nothing_and_is_counted() -> None:
    class Unspeakable(Exception):
        __suppress_context__ = property(lambda _: 1 / 0)  # pyright: ignore[reportAssignmentType, reportUnknownLambdaType]

    reports = reports_kept()

    reports.report(Unspeakable(), Part.OTHER)

    assert reports.failed == 1


# From logs


class Noted:
    def __init__(self) -> None:
        self.parts: list[Part] = []

    def report(self, error: BaseException, part: Part) -> None:
        assert str(error) == SECRET
        self.parts.append(part)


def logged(name: str, level: int = logging.ERROR, error: BaseException | None = None) -> list[Part]:
    noted = Noted()
    logger = logging.getLogger(name)
    handler = FromLogs(noted)
    logger.addHandler(handler)
    logger.propagate = False
    try:
        logger.log(level, "it failed", exc_info=error)
    finally:
        logger.removeHandler(handler)
        logger.propagate = True
    return noted.parts


def test_an_error_in_a_log_is_reported_for_its_part_of_the_bot() -> None:
    assert logged("bot.interview.session", error=raised()) == [Part.INTERVIEW]
    assert logged("discord.client", error=raised()) == [Part.DISCORD]


def test_a_line_without_an_error_or_less_than_one_is_not_reported() -> None:
    assert logged("bot.app") == []
    assert logged("bot.app", logging.WARNING, raised()) == []


@pytest.mark.parametrize("name", ["sentry_sdk.errors", "urllib3.connectionpool"])
def test_the_errors_of_reporting_are_not_reported(name: str) -> None:
    assert logged(name, error=raised()) == []


@pytest.mark.parametrize(
    ("logger", "part"),
    [
        ("bot.voice.client", Part.VOICE),
        ("bot.logs", Part.UNCAUGHT),
        ("bot.app", Part.OTHER),
        ("cogs.interview", Part.COMMANDS),
        ("storage.retention", Part.STORAGE),
        ("stt.worker", Part.RECOGNITION),
        ("bot.voicemail", Part.OTHER),
    ],
)
def test_every_logger_belongs_to_a_part(logger: str, part: Part) -> None:
    assert part_of(logger) is part


# Where to


@pytest.mark.parametrize(
    "dsn",
    [
        "https://key@o1.ingest.us.sentry.io/1",
        "https://key@o1.ingest.sentry.io/1",
        "https://key@sentry.io/1",
        "https://key@ingest.de.sentry.io.evil.test/1",
        "https://key@evil-ingest.de.sentry.io/1",
        "http://key@o1.ingest.de.sentry.io/1",
        "https://o1.ingest.de.sentry.io/1",
        "https://key@o1.ingest.de.sentry.io/",
        "https://key@[::1/1",
        "https://key@host:99999/1",
        "nonsense",
    ],
)
def test_reports_go_to_the_eu_encrypted_or_the_bot_does_not_start(dsn: str) -> None:
    with pytest.raises(StartRefused) as refused:
        check_dsn(dsn, EU_HOSTS)

    assert "key" not in str(refused.value)


def test_the_eu_and_what_the_list_of_processors_names_are_accepted() -> None:
    check_dsn(EU, EU_HOSTS)
    check_dsn("https://key@sentry.example.org/7", ["sentry.example.org"])
    check_dsn("http://key@127.0.0.1:9000/7", EU_HOSTS)


async def test_without_an_address_nothing_is_reported_whatever_the_environment_says(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SENTRY_DSN", EU)
    before = logging.getLogger().handlers[:]

    for nothing in (None, ""):
        async with open_error_reports(nothing, release=RELEASE) as reports:
            assert isinstance(reports, NoReports)
            reports.report(raised(), Part.OTHER)
            assert logging.getLogger().handlers == before


def test_who_reports_nothing_does_not_load_the_library() -> None:
    code = "import sys, bot.telemetry.errors; sys.exit('sentry_sdk' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# On the wire


class Loopback:
    """What takes envelopes on this machine.

    Attributes:
        requests: All that arrived: path, headers and unpacked body, as one text each.
        arrived: Set by each.
    """

    def __init__(self, answer: Callable[[], Any]) -> None:
        self.requests: list[str] = []
        self.arrived = asyncio.Event()
        self._answer = answer
        self.dsn = ""

    async def take(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        if body[:2] == b"\x1f\x8b":
            body = gzip.decompress(body)
        self.requests.append(f"{request.method} {request.path_qs}\n{dict(request.headers)}\n{body.decode()}")
        self.arrived.set()
        return await self._answer()


async def ok() -> web.StreamResponse:
    return web.json_response({})


@asynccontextmanager
async def loopback(answer: Callable[[], Any] = ok) -> AsyncGenerator[Loopback]:
    there = Loopback(answer)
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", there.take)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    there.dsn = f"http://0123456789abcdef@127.0.0.1:{runner.addresses[0][1]}/42"
    try:
        yield there
    finally:
        await runner.cleanup()


async def test_what_goes_over_the_wire_holds_no_canary(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    async with loopback() as there:
        with watching() as contacts:
            async with open_error_reports(there.dsn, release=RELEASE, hosts=HERE) as reports:
                assert isinstance(reports, SentryReports)
                logging.getLogger("cogs.canary").error("heard %s", SECRET, exc_info=raised())
                async with asyncio.timeout(10):
                    await there.arrived.wait()

    (request,) = there.requests
    assert request.startswith("POST /api/42/envelope/")
    assert '"part":"commands"' in request
    assert '"function":"raised"' in request
    assert SECRET not in request
    assert socket.gethostname() not in request
    assert contacts.hosts == {"127.0.0.1"}


async def test_a_redirect_is_not_followed() -> None:
    async with loopback() as elsewhere:
        target = elsewhere.dsn.replace("0123456789abcdef@", "")

        async def redirect() -> web.StreamResponse:
            raise web.HTTPTemporaryRedirect(target)

        async with loopback(redirect) as there:
            async with open_error_reports(there.dsn, release=RELEASE, hosts=HERE) as reports:
                reports.report(raised(), Part.OTHER)
            assert len(there.requests) == 1
            assert elsewhere.requests == []


async def test_a_server_that_never_answers_holds_up_neither_the_bot_nor_its_end() -> None:
    release = asyncio.Event()

    async def never() -> web.StreamResponse:
        await release.wait()
        return web.json_response({})

    async with loopback(never) as there:
        loop = asyncio.get_running_loop()
        turns = 0
        closed = False

        async def turn() -> None:
            nonlocal turns
            while not closed:
                turns += 1
                await asyncio.sleep(0.001)

        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(turn())
            async with open_error_reports(there.dsn, release=RELEASE, hosts=HERE, close_s=0.2) as reports:
                for kind in (ValueError, KeyError, OSError):
                    reports.report(raised(kind), Part.OTHER)
                async with asyncio.timeout(10):
                    await there.arrived.wait()
                before, began_s = turns, loop.time()
            took_s = loop.time() - began_s
            closed = True

        assert turns > before
        assert took_s < 5
        release.set()


@pytest.mark.parametrize(
    ("error", "parts"),
    [
        (ValueError(SECRET), ["uncaught"]),
        (ExceptionGroup("x", [KeyError(SECRET)]), ["uncaught"]),
        (StartRefused("Say where."), []),
        (ExceptionGroup("x", [StartRefused("Say where.")]), []),
        (asyncio.CancelledError(), []),
    ],
    ids=repr,
)
async def test_what_ends_the_bot_is_reported_unless_it_is_for_the_operator_to_read(
    error: BaseException, parts: list[str]
) -> None:
    events: list[list[dict[str, Any]]] = []

    async def run() -> None:
        async with open_error_reports(EU, release=RELEASE, wire=Kept) as reports:
            assert isinstance(reports, SentryReports)
            events.append(kept(reports))
            raise error

    with pytest.raises(type(error)):
        await run()

    assert [event["tags"]["part"] for event in events[0]] == parts
    assert SECRET not in json.dumps(events)


async def test_when_reporting_is_over_logs_are_as_before() -> None:
    before = logging.getLogger().handlers[:]

    async with open_error_reports(EU, release=RELEASE, wire=Kept):
        assert len(logging.getLogger().handlers) == len(before) + 1

    assert logging.getLogger().handlers == before
