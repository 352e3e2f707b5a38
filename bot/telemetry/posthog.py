"""Counts on their way to PostHog's servers in the EU, by plain HTTPS; off unless an operator takes care of two things.

    counts -> who still agrees -> POST /batch/ -> once more if the server or the network failed

What is sent: the event, its properties, its day, a random id, and a pseudonym that is another one each quarter. No
profile is made of a pseudonym, no place is looked up from an address. PostHog's own library is not used: it would
batch, retry and ask for feature flags on its own.

PostHog does not delete events after 90 days by itself, and the policy promises that. So the operator says how long this
project keeps them, and anything else than 90 days or less is refused.

The shape of the requests: posthog.com/docs/api/capture.
"""

from __future__ import annotations

import asyncio
import logging
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

import aiohttp

from bot.errors import StartRefused
from bot.telemetry.egress import is_registered
from storage.analytics import quarter_of
from storage.keys import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from types import TracebackType

    from storage.analytics import Count
    from storage.keys import Secrets

log = logging.getLogger(__name__)

EU: Final = "https://eu.i.posthog.com"
EU_HOSTS: Final = ("eu.i.posthog.com",)

LONGEST_DAYS: Final = 90
"""What the policy promises."""

ATTEMPTS: Final = 2
PAUSE_S: Final = 1.0
TIMEOUT_S: Final = 5.0

FIXED: Final[dict[str, str | bool]] = {
    "$geoip_disable": True,
    "$process_person_profile": False,
    "$ip": "0.0.0.0",  # noqa: S104 - an address of nobody, in place of the one that PostHog sees: this machine's
    "$lib": "skillrally",
}
"""Properties of every event that PostHog heeds."""


class PostHogFailed(Exception):
    """The server did not take the counts."""


class PostHog:
    """A sink for `bot.telemetry.analytics`; an async context manager."""

    def __init__(
        self,
        key: str,
        secrets: Secrets,
        *,
        retention_confirmed_days: int | None,
        hosts: Collection[str],
        endpoint: str = EU,
        pause_s: float = PAUSE_S,
    ) -> None:
        """Prepare to send.

        Args:
            key: The project's key, which may only send.
            secrets: What pseudonyms are made of.
            retention_confirmed_days: After how many days this project deletes events, as its operator has seen to.
            hosts: Which hosts the list of processors allows: those of its row, if that is switched on.
            endpoint: The EU's, or one on this machine.
            pause_s: How long to wait before the second attempt.

        Raises:
            StartRefused: If events would be kept for too long, leave the EU, or there is no key.
        """
        if retention_confirmed_days is None or not 0 < retention_confirmed_days <= LONGEST_DAYS:
            raise StartRefused(
                "PostHog is off unless its project deletes events after 90 days or less:"
                " see to that, and confirm the number of days."
            )
        parts = urlsplit(endpoint)
        if endpoint != EU and not (parts.scheme == "http" and is_loopback(parts.hostname or "")):
            raise StartRefused("PostHog is used in the EU only.")
        if not is_registered(parts.hostname or "", hosts):
            raise StartRefused("PostHog is not switched on in the list of processors.")
        if not key:
            raise StartRefused("PostHog needs the key of a project.")
        self._key = key
        self._secrets = secrets
        self._url = f"{endpoint}/batch/"
        self._pause_s = pause_s
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
            headers={"User-Agent": "skillrally"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()

    async def send(self, counts: Sequence[Count], still: Callable[[Count], bool]) -> int:
        """Send those that *still* stand; how many that were.

        Raises:
            PostHogFailed: If the server did not take them.
        """
        for attempt in range(ATTEMPTS):
            if attempt:
                await asyncio.sleep(self._pause_s)
            # Asked before each attempt, with nothing in between that waits but the connection itself.
            kept = [count for count in counts if still(count)]
            if not kept:
                return 0
            status = await self._post(kept)
            if status == HTTPStatus.OK:
                return len(kept)
            if status and status < HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.TOO_MANY_REQUESTS:
                break
        raise PostHogFailed("the server did not take them")

    async def _post(self, counts: list[Count]) -> int:
        """The status of the answer; 0 without one."""
        if self._session is None:
            raise PostHogFailed("it was not entered")
        body = {"api_key": self._key, "batch": [self._event(count) for count in counts]}
        try:
            # A redirect is not followed: it would lead elsewhere.
            async with self._session.post(self._url, json=body, allow_redirects=False) as answer:
                status = answer.status
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        if status != HTTPStatus.OK:
            log.warning("PostHog did not take counts", extra={"count": len(counts), "code": status})
        return status

    def _event(self, count: Count) -> dict[str, Any]:
        return {
            "uuid": str(count.id),
            "event": count.name,
            "distinct_id": self._secrets.pseudonym(count.subject, quarter_of(count.day)),
            "timestamp": f"{count.day.isoformat()}T00:00:00Z",
            "properties": {**count.props, **FIXED},
        }

    def __repr__(self) -> str:
        return "<PostHog>"
