"""Rate limits, as Discord applies and announces them."""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, field
from typing import Final

from bot.loopback.wire import OLD_EDITS, ApiError, Clock

Rule = tuple[int, float]
"""So many requests in so many seconds."""


UNLIMITED: Final[Rule] = (100_000, 1.0)
"""What the headers say when there are no limits: clients hold back by them."""

CALLED: Final = {"edits": "messages", "posts": "messages"}
"""Discord counts new messages and edits apart, and gives both the same name in its headers, so that clients which go by
the name take them for one. Source: discord-api-docs issues 1442 and 8073, with traces."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How often what may be asked for. With a clock that stands still they had better be off.

    Discord does not publish its numbers; these are the ones that clients see in the headers. What clients cannot see is
    the limit on edits of messages older than an hour.

    Attributes:
        on: False answers everything, however often.
        edits: Of messages, per channel.
        posts: Of messages, per channel.
        webhooks: Of an interaction's replies, per interaction.
        rest: Of any other route, per channel or guild.
        old_edits: Of one message older than an hour.
    """

    on: bool = True
    edits: Rule = (5, 5.0)
    posts: Rule = (5, 5.0)
    webhooks: Rule = (5, 2.0)
    rest: Rule = (50, 1.0)
    old_edits: Rule = (5, 60.0)

    def rule(self, bucket: str) -> Rule:
        """Return a bucket's rule."""
        if not self.on:
            return UNLIMITED
        return {"edits": self.edits, "posts": self.posts, "webhooks": self.webhooks}.get(bucket, self.rest)


@dataclass(slots=True)
class _Window:
    left: int
    ends_at: float


@dataclass(slots=True)
class _Forced:
    bucket: str
    retry_after_s: float
    times: int = field(default=1)


class RateLimiter:
    """Counts requests in fixed windows."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self.limits = limits
        self.refused = 0
        self._clock = clock
        self._windows: dict[tuple[int, str, str], _Window] = {}
        self._old_edits: dict[int, deque[float]] = {}
        self._forced: list[_Forced] = []

    def refuse_next(self, bucket: str, *, retry_after_s: float, times: int = 1) -> None:
        """Answer the next requests of a bucket with 429, whatever the count: a limit that no header announced."""
        self._forced.append(_Forced(bucket, retry_after_s, times))

    def take(self, user_id: int, bucket: str, place: str) -> tuple[dict[str, str], float | None]:
        """Count one request.

        Returns:
            The headers of the answer, and after how many seconds to try again if it must be refused.
        """
        most, seconds = self.limits.rule(bucket)
        now = self._clock()
        window = self._windows.get((user_id, bucket, place))
        if window is None or window.ends_at <= now:
            window = self._windows[user_id, bucket, place] = _Window(most, now + seconds)
        retry_after_s = self._forced_refusal(bucket)
        if retry_after_s is None and window.left <= 0:
            retry_after_s = window.ends_at - now
        if retry_after_s is None:
            window.left -= 1
        else:
            self.refused += 1
        headers = {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(window.left),
            "X-RateLimit-Reset": f"{window.ends_at:.3f}",
            "X-RateLimit-Reset-After": f"{window.ends_at - now:.3f}",
            "X-RateLimit-Bucket": hashlib.sha256(CALLED.get(bucket, bucket).encode()).hexdigest()[:32],
        }
        return headers, retry_after_s

    def edit_old(self, message_id: int, created_at: float) -> None:
        """Count an edit of a message if it is older than an hour.

        Raises:
            ApiError: With code 30046, if it was edited too often.
        """
        now = self._clock()
        if not self.limits.on or now - created_at <= 3600:
            return
        most, seconds = self.limits.old_edits
        edits = self._old_edits.setdefault(message_id, deque())
        while edits and edits[0] <= now - seconds:
            edits.popleft()
        if len(edits) >= most:
            self.refused += 1
            raise ApiError(*OLD_EDITS, retry_after_s=round(edits[0] + seconds - now, 3))
        edits.append(now)

    def _forced_refusal(self, bucket: str) -> float | None:
        for forced in self._forced:
            if forced.bucket == bucket:
                forced.times -= 1
                if not forced.times:
                    self._forced.remove(forced)
                return forced.retry_after_s
        return None
