"""What Discord's JSON is made of: snowflakes, timestamps, locales and the errors of its REST API."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any, Final

Json = dict[str, Any]
"""An object as it stands on the wire."""

Clock = Callable[[], float]
"""Seconds since 1970, as `time.time` gives them."""

DISCORD_EPOCH_MS: Final = 1_420_070_400_000
"""The first second of 2015. Source: Discord developer documentation, "Snowflakes"."""

EPHEMERAL: Final = 1 << 6
"""Message flag: only the person who used the interaction sees it."""

LOADING: Final = 1 << 7
"""Message flag: the application is thinking."""

COMPONENTS_V2: Final = 1 << 15
"""Message flag: the message consists of components alone."""

HAS_THREAD: Final = 1 << 5
"""Message flag: a thread was started from the message."""

LOCALES: Final = frozenset(
    [
        "id",
        "da",
        "de",
        "en-GB",
        "en-US",
        "es-ES",
        "es-419",
        "fr",
        "hr",
        "it",
        "lt",
        "hu",
        "nl",
        "no",
        "pl",
        "pt-BR",
        "ro",
        "fi",
        "sv-SE",
        "vi",
        "tr",
        "cs",
        "el",
        "bg",
        "ru",
        "uk",
        "hi",
        "th",
        "zh-CN",
        "ja",
        "zh-TW",
        "ko",
    ]
)
"""Languages that Discord has. Source: Discord developer documentation, "Locales"."""


def timestamp(seconds: float) -> str:
    """Write *seconds* since 1970 as Discord does, ISO 8601 in UTC."""
    return dt.datetime.fromtimestamp(seconds, dt.UTC).isoformat(timespec="microseconds")


def text_id(value: int | None) -> str | None:
    """Write an id as JSON carries it; None stays None."""
    return None if value is None else str(value)


class Snowflakes:
    """A source of ids that grow with time and never repeat."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0

    def __call__(self) -> int:
        """Return the next id."""
        since_epoch_ms = max(0, int(self._clock() * 1000) - DISCORD_EPOCH_MS)
        self._last = max(since_epoch_ms << 22, self._last + 1)
        return self._last


class ApiError(Exception):
    """A refusal, as Discord's REST API words it.

    Attributes:
        status: HTTP status.
        code: Discord's JSON error code.
        errors: The tree of what is wrong with a form, for code 50035.
        retry_after_s: When to try again, for rate limits.
    """

    def __init__(
        self, status: int, code: int, message: str, *, errors: Json | None = None, retry_after_s: float | None = None
    ) -> None:
        super().__init__(f"{status} (code {code}): {message}")
        self.status = status
        self.code = code
        self.message = message
        self.errors = errors
        self.retry_after_s = retry_after_s

    def body(self) -> Json:
        """Return the JSON body of the answer."""
        body: Json = {"message": self.message, "code": self.code}
        if self.errors is not None:
            body["errors"] = self.errors
        if self.retry_after_s is not None:
            body |= {"retry_after": self.retry_after_s, "global": False}
        return body


UNAUTHORIZED: Final = (401, 0, "401: Unauthorized")
NO_SUCH_ROUTE: Final = (404, 0, "404: Not Found")
NOT_ALLOWED_METHOD: Final = (405, 0, "405: Method Not Allowed")
UNKNOWN_CHANNEL: Final = (404, 10003, "Unknown Channel")
UNKNOWN_GUILD: Final = (404, 10004, "Unknown Guild")
UNKNOWN_MEMBER: Final = (404, 10007, "Unknown Member")
UNKNOWN_MESSAGE: Final = (404, 10008, "Unknown Message")
UNKNOWN_OVERWRITE: Final = (404, 10009, "Unknown Overwrite")
UNKNOWN_USER: Final = (404, 10013, "Unknown User")
UNKNOWN_WEBHOOK: Final = (404, 10015, "Unknown Webhook")
UNKNOWN_INTERACTION: Final = (404, 10062, "Unknown interaction")
UNKNOWN_COMMAND: Final = (404, 10063, "Unknown application command")
UNKNOWN_VOICE_STATE: Final = (404, 10065, "Unknown Voice State")
OLD_EDITS: Final = (429, 30046, "Maximum number of edits to messages older than 1 hour reached. Try again later.")
NOT_IN_VOICE: Final = (400, 40032, "Target user is not connected to voice.")
ALREADY_ACKNOWLEDGED: Final = (400, 40060, "Interaction has already been acknowledged.")
MISSING_ACCESS: Final = (403, 50001, "Missing Access")
NOT_THE_AUTHOR: Final = (403, 50005, "Cannot edit a message authored by another user")
EMPTY_MESSAGE: Final = (400, 50006, "Cannot send an empty message")
CANNOT_DM: Final = (403, 50007, "Cannot send messages to this user")
MISSING_PERMISSIONS: Final = (403, 50013, "Missing Permissions")
BULK_DELETE_COUNT: Final = (400, 50016, "Provided too few or too many messages to delete. Must provide at least 2.")
WRONG_CHANNEL_TYPE: Final = (400, 50024, "Cannot execute action on this channel type")
INVALID_WEBHOOK_TOKEN: Final = (401, 50027, "Invalid Webhook Token")
BULK_DELETE_OLD: Final = (400, 50034, "A message provided was too old to bulk delete")
THREAD_LOCKED: Final = (400, 50083, "Thread is archived")
INVALID_JSON: Final = (400, 50109, "The request body contains invalid JSON.")
THREAD_EXISTS: Final = (400, 160004, "A thread has already been created for this message")
"""Sources: Discord developer documentation, "JSON Error Codes"; 30046 comes with status 429 by field reports."""


def refuse(refusal: tuple[int, int, str]) -> ApiError:
    """Make the error of one of the constants above."""
    return ApiError(*refusal)
