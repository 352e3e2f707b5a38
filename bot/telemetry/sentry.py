"""Error reports on their way to Sentry; the only file that speaks with its library.

    report      what `errors.failures` found -> an event of a few names and numbers
    the SDK     its queue, its thread, its wire format
    only_known  the event built again from what is known: `before_send`, and once more in front of the wire

The library is made to collect, and none of its switches keeps everything out, so it is given nothing to collect from:
no integrations, no scope, no exception. It is no global client either: what other code hands to `sentry_sdk` does not
come here. And if it did, what leaves is built from nothing: one item, with the fields of `only_known`. Logs, metrics,
sessions, transactions, client reports and attachments have no way out, nor a redirect or a proxy of the environment.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import uuid4

import sentry_sdk
from sentry_sdk.envelope import Envelope, Item, PayloadRef
from sentry_sdk.transport import HttpTransport

from bot.telemetry.errors import CHAIN, FRAMES, NAME, Limit, Part, failures

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

log = logging.getLogger(__name__)

SERVER_NAME: Final = "skillrally"
"""Instead of the machine's name."""

ENVIRONMENT: Final = "production"

CLOSE_S: Final = 2.0
"""How long the last reports may take when the bot is stopped."""

_TIMEOUT_S = 10
_QUEUE = 50
_RELEASE = re.compile(r"[A-Za-z0-9._+-]{1,40}(@[A-Za-z0-9._+-]{1,40})?", re.ASCII)
_EVENT_ID = re.compile(r"[0-9a-f]{32}")
_MOST = 1_000_000
"""The largest line number, and the largest count."""


def only_known(event: Mapping[str, Any]) -> dict[str, Any] | None:
    """A new event with what is known to be harmless in *event*; None if that is no error.

    That is: its id, time, release and part of the bot, how often it was held back, and of each exception the type,
    the modules, the functions and the line numbers.
    """
    values = [_exception(each) for each in _dicts(_part(event.get("exception"), "values"))[-CHAIN:]]
    event_id = event.get("event_id")
    if not values or not isinstance(event_id, str) or not _EVENT_ID.fullmatch(event_id):
        return None
    part = _part(event.get("tags"), "part")
    known: dict[str, Any] = {
        "event_id": event_id,
        "timestamp": _now(),
        "level": "error",
        "platform": "python",
        "environment": ENVIRONMENT,
        "server_name": SERVER_NAME,
        "tags": {
            "part": part if isinstance(part, str) and part in set(Part) else Part.OTHER.value,
            "held_back": _number(_part(event.get("tags"), "held_back")),
        },
        "exception": {"values": values},
    }
    release = event.get("release")
    if isinstance(release, str) and _RELEASE.fullmatch(release):
        known["release"] = release
    return known


def _exception(value: Mapping[str, Any]) -> dict[str, Any]:
    frames = _dicts(_part(value.get("stacktrace"), "frames"))[-FRAMES:]
    return {
        "type": _name(value.get("type")),
        "module": _name(value.get("module")),
        "stacktrace": {
            "frames": [
                {
                    "module": _name(frame.get("module")),
                    "function": _name(frame.get("function")),
                    "lineno": _number(frame.get("lineno")),
                    "in_app": frame.get("in_app") is True,
                }
                for frame in frames
            ]
        },
    }


def _part(value: object, name: str) -> object:
    return cast("Mapping[str, object]", value).get(name) if isinstance(value, dict) else None


def _dicts(value: object) -> list[Mapping[str, Any]]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("Mapping[str, Any]", item) for item in items if isinstance(item, dict)]


def _name(value: object) -> str:
    return value if isinstance(value, str) and NAME.fullmatch(value) else "?"


def _number(value: object) -> int:
    return value if type(value) is int and 0 <= value <= _MOST else 0


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _nothing(*_: object) -> None:
    """What the library is to do with everything that is no error."""


class Wire(HttpTransport):
    """Sends events that `only_known` made, and nothing else. A redirect is not followed: it would lead elsewhere."""

    TIMEOUT = _TIMEOUT_S

    def capture_envelope(self, envelope: Envelope) -> None:
        """Queue what is known of the envelope's errors."""
        for item in envelope.items:
            event = item.get_event()
            known = only_known(cast("Mapping[str, Any]", event)) if event is not None else None
            if known is not None:
                headers = {"event_id": known["event_id"], "sent_at": _now()}
                self.post(Envelope(headers, [Item(PayloadRef(json=known), type="event")]))

    def post(self, envelope: Envelope) -> None:
        """Queue it; a full queue drops it."""
        super().capture_envelope(envelope)

    def _request(self, method: str, endpoint_type: Any, body: Any, headers: Mapping[str, str]) -> Any:
        url = self._auth.get_api_url(endpoint_type)
        return self._pool.request(method, url, body=body, headers=headers, redirect=False, retries=False)


class SentryReports:
    """Reports errors to a project of Sentry.

    Attributes:
        client: The library's client, bound to nothing.
        sent: Reports that were handed over.
        held_back: Reports that a limit stopped.
        failed: Reports that could not be made.
    """

    def __init__(
        self,
        dsn: str,
        *,
        release: str,
        wire: type[Wire] = Wire,
        close_s: float = CLOSE_S,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """Prepare to report. Nothing is sent, and no thread begins, before the first error."""
        self.client = sentry_sdk.Client(
            dsn=dsn,
            release=release,
            environment=ENVIRONMENT,
            server_name=SERVER_NAME,
            transport=wire,
            transport_queue_size=_QUEUE,
            integrations=[],
            default_integrations=False,
            auto_enabling_integrations=False,
            before_send=lambda event, _: cast("Any", only_known(cast("Mapping[str, Any]", event))),
            before_send_transaction=_nothing,
            before_breadcrumb=_nothing,
            before_send_log=_nothing,
            before_send_metric=_nothing,
            max_breadcrumbs=0,
            traces_sample_rate=None,
            propagate_traces=False,
            trace_propagation_targets=[],
            enable_logs=False,
            auto_session_tracking=False,
            send_client_reports=False,
            enable_backpressure_handling=False,
            attach_stacktrace=False,
            include_local_variables=False,
            include_source_context=False,
            max_request_body_size="never",
            data_collection={
                "user_info": False,
                "cookies": {"mode": "off"},
                "http_headers": {"request": {"mode": "off"}},
                "http_bodies": [],
                "url_query_params": {"mode": "off"},
                "graphql": {"document": False, "variables": False},
                "gen_ai": {"inputs": False, "outputs": False},
                "database_query_data": False,
                "queues": False,
                "stack_frame_variables": False,
                "frame_context_lines": 0,
            },
            # What is not said here, the library takes from the environment: SENTRY_DEBUG, SENTRY_SPOTLIGHT, proxies, …
            debug=False,
            spotlight=False,
            keep_alive=False,
            http_proxy="",
            https_proxy="",
            project_root="",
        )
        # SENTRY_PRINT_ENVELOPES puts another transport in front of it, which prints.
        self.client.transport = wire(self.client.options)
        self._close_s = close_s
        self._limit = Limit(now_s)
        self.sent = self.held_back = self.failed = 0

    def report(self, error: BaseException, part: Part) -> None:
        """Report an error, without waiting. Any thread may call it; it never raises."""
        try:
            found = failures(error)
            held_back = self._limit.passes(found[-1].place)
            if held_back is None:
                self.held_back += 1
                return
            event: Any = {
                "event_id": uuid4().hex,
                "tags": {"part": part.value, "held_back": held_back},
                "exception": {
                    "values": [
                        {
                            "type": failure.kind,
                            "module": failure.module,
                            "stacktrace": {
                                "frames": [
                                    {
                                        "module": frame.module,
                                        "function": frame.function,
                                        "lineno": frame.line,
                                        "in_app": frame.ours,
                                    }
                                    for frame in failure.frames
                                ]
                            },
                        }
                        for failure in found
                    ]
                },
            }
            self.client.capture_event(event)
            self.sent += 1
        except Exception:  # noqa: BLE001 - whoever reports an error must not get another one for it
            self.failed += 1

    async def close(self) -> None:
        """Send what waits, for at most two seconds, and end."""
        await asyncio.to_thread(self.client.close, self._close_s)
        if self.failed or self.held_back:
            log.info("error reports", extra={"count": self.held_back, "lost": self.failed})

    def __repr__(self) -> str:
        return f"<SentryReports, {self.sent} sent>"
