"""Telemetry as an operator chose it: who may get something, by the list of processors, and what is opened for that.

processors -> hosts_of("Sentry")    -> open_error_reports
              hosts_of("PostHog")   -> open_counts -> table, PostHog, both, or nothing
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from typing import TYPE_CHECKING, Final

from bot.telemetry.analytics import open_analytics
from storage.analytics import AnalyticsEvents
from storage.ledger import Purpose

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from bot.clock import Clock
    from bot.telemetry.analytics import Analytics, Sink
    from config.processors import Processor
    from storage.database import Database
    from storage.keys import Secrets
    from storage.ledger import Ledger
    from storage.subjects import Subjects

RELEASE: Final = "skillrally-discord@0.1.0"
"""What error reports call this version."""


def hosts_of(name: str, processors: Iterable[Processor]) -> tuple[str, ...]:
    """The hosts of a processor that is switched on; none of one that is off, or not on the list."""
    return next((each.hosts for each in processors if each.name == name and each.enabled), ())


@asynccontextmanager
async def open_counts(
    content: Database,
    secrets: Secrets,
    subjects: Subjects,
    ledger: Ledger,
    *,
    clock: Clock,
    processors: Iterable[Processor],
    table: bool = False,
    posthog_key: str | None = None,
    posthog_retention_days: int | None = None,
) -> AsyncGenerator[Analytics]:
    """Count what people use who agreed to it, until the end of the block; by default nothing.

    Args:
        content: Where the table is.
        secrets: What pseudonyms are made of.
        subjects: Who is who.
        ledger: Who agreed.
        clock: The machine's, or a test's.
        processors: Who may get something.
        table: Whether to count in the table.
        posthog_key: The key of a PostHog project; none without it.
        posthog_retention_days: After how many days that project deletes.

    Raises:
        StartRefused: If PostHog may not be used like this.
    """
    async with AsyncExitStack() as stack:
        sinks: list[Sink] = [AnalyticsEvents(content, secrets)] if table else []
        if posthog_key:
            from bot.telemetry.posthog import PostHog  # noqa: PLC0415 - for who has it

            posthog = PostHog(
                posthog_key,
                secrets,
                retention_confirmed_days=posthog_retention_days,
                hosts=hosts_of("PostHog", processors),
            )
            sinks.append(await stack.enter_async_context(posthog))
        yield await stack.enter_async_context(
            open_analytics(
                sinks,
                allowed=lambda user_id: ledger.allowed(user_id, Purpose.ANALYTICS),
                find=subjects.find,
                today=lambda: clock.now().date(),
            )
        )
