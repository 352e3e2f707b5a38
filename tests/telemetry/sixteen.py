"""A program in whose every corner a canary sits, and what an error report of it holds.

`python -m tests.telemetry.sixteen HOW ARGUMENT` writes the serialised envelopes to stdout, one JSON text each line.
HOW is `ours` or `defaults` (of Sentry's library); ARGUMENT is one of the canaries. It runs in a process of its own,
because the library's defaults change the process that they are used in.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
from typing import TYPE_CHECKING, Any

import sentry_sdk
import sentry_sdk.logger as telling
from pydantic import BaseModel
from sentry_sdk import metrics
from sentry_sdk.transport import Transport
from sqlalchemy import create_engine, text

from bot.telemetry.errors import FromLogs, Part
from bot.telemetry.sentry import SentryReports, Wire

if TYPE_CHECKING:
    from collections.abc import Callable

    from sentry_sdk.envelope import Envelope

DSN = "https://0123456789abcdef0123456789abcdef@o1.ingest.de.sentry.io/1"
RELEASE = "skillrally-discord@0.1.0"

PLACES = (
    "text of the error",
    "note of the error",
    "text of its cause",
    "text of its context",
    "text of an error in a group",
    "value that was not valid",
    "parameter of a statement",
    "transcript in a local variable",
    "sound in a local variable",
    "object in a local variable",
    "argument of the program",
    "argument of a log",
    "breadcrumb",
    "user",
    "tag, extra and context",
    "attachment",
)
CANARIES = {place: f"canary{number:02}feathers" for number, place in enumerate(PLACES, 1)}


class Anybody:
    """Something whose repr says too much."""

    def __repr__(self) -> str:
        return f"<{CANARIES['object in a local variable']}>"


class Form(BaseModel):
    """Something that is filled in."""

    age: int


def raise_them(raising: Callable[[str], None]) -> None:
    transcript = CANARIES["transcript in a local variable"]
    pcm = CANARIES["sound in a local variable"].encode()
    anybody = Anybody()
    raising(CANARIES["text of the error"])
    raise AssertionError((transcript, pcm, anybody))


def with_chain(text_of_error: str) -> None:
    try:
        try:
            {}[CANARIES["text of its context"]]
        except LookupError:
            raise KeyError(CANARIES["text of its cause"])  # noqa: B904 - that is the context
    except KeyError as cause:
        error = ValueError(text_of_error)
        error.add_note(CANARIES["note of the error"])
        raise error from cause


def with_a_form(_: str) -> None:
    Form.model_validate({"age": CANARIES["value that was not valid"]})


def with_a_statement(_: str) -> None:
    with create_engine("sqlite://").connect() as connection:
        connection.execute(text("SELECT nothing(:words)"), {"words": CANARIES["parameter of a statement"]})


def with_a_group(_: str) -> None:
    raise ExceptionGroup("several", [OSError(CANARIES["text of an error in a group"])])


def go_wrong(scope: sentry_sdk.Scope, report: Callable[[BaseException], object]) -> None:
    """Do everything that a report could pick up, then fail in each way."""
    logging.getLogger("bot.canary").warning("heard %s", CANARIES["argument of a log"])
    scope.add_breadcrumb(message=CANARIES["breadcrumb"], data={"said": CANARIES["breadcrumb"]})
    scope.set_user({"id": CANARIES["user"], "username": CANARIES["user"]})
    scope.set_tag("said", CANARIES["tag, extra and context"])
    scope.set_extra("said", CANARIES["tag, extra and context"])
    scope.set_context("said", {"said": CANARIES["tag, extra and context"]})
    scope.add_attachment(bytes=CANARIES["attachment"].encode(), filename="said.txt")
    for raising in (with_chain, with_a_form, with_a_statement, with_a_group):
        try:
            raise_them(raising)
        except Exception as error:  # noqa: BLE001 - any of them
            report(error)


def everything_else(scope: sentry_sdk.Scope, client: Any) -> None:
    """All other ways out that the library has."""
    scope.capture_message(CANARIES["text of the error"])
    with sentry_sdk.start_transaction(op=CANARIES["breadcrumb"], name=CANARIES["text of the error"]):
        pass
    telling.warning(CANARIES["argument of a log"])
    metrics.count(CANARIES["argument of a log"], 1)
    scope.start_session()
    scope.end_session()
    client.capture_event({"type": "check_in", "monitor_slug": CANARIES["breadcrumb"], "status": "ok"})
    client.flush(timeout=1)


def said(envelope: Envelope) -> None:
    sys.stdout.write(json.dumps(envelope.serialize().decode("utf-8", "replace")) + "\n")


class Caught(Transport):
    """The library's own way, up to the wire."""

    def capture_envelope(self, envelope: Envelope) -> None:
        said(envelope)


class CaughtWire(Wire):
    """Our way, up to the wire."""

    def post(self, envelope: Envelope) -> None:
        said(envelope)


async def main(how: str) -> None:
    sentry_sdk.get_global_scope()
    if how == "defaults":
        sentry_sdk.init(dsn=DSN, release=RELEASE, transport=Caught)
        go_wrong(sentry_sdk.get_isolation_scope(), sentry_sdk.capture_exception)
        return
    # Each place is reported as often as it is asked for here: limits are another test's.
    clock = iter(range(0, 10**6, 100))
    reports = SentryReports(DSN, release=RELEASE, wire=CaughtWire, now_s=lambda: float(next(clock)))
    scope = sentry_sdk.get_isolation_scope()
    go_wrong(scope, lambda error: reports.report(error, Part.OTHER))
    logging.getLogger().addHandler(FromLogs(reports))
    go_wrong(scope, lambda error: logging.getLogger("bot").error("x %s", CANARIES["argument of a log"], exc_info=error))
    # And what should never be done: the library itself, with our client.
    sentry_sdk.get_global_scope().set_client(reports.client)
    go_wrong(scope, sentry_sdk.capture_exception)
    everything_else(scope, reports.client)
    await reports.close()


if __name__ == "__main__":
    os.environ["SENTRY_TRACES_SAMPLE_RATE"] = "1.0"
    asyncio.run(main(sys.argv[1]))
