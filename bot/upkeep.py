"""What a running bot does for what is kept, without being asked.

    at the start      is the keyring the newest?  ->  if a backup came back, what was erased and deleted since is
                      again, and if withdrawals are missing, every yes is taken back
    every 15 minutes  what is due is deleted; erasures are finished whose files somebody kept reading; requests remind
    every 30 seconds  the keyring's backup follows the keyring

It comes before Discord: nobody is answered from a database that has not followed its erasures.
"""

from __future__ import annotations

import logging
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from bot.retention import ticking
from storage.backup import KeyringBackup, check_generations
from storage.requests import Requests
from storage.retention import Retention

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
    from datetime import datetime

    from bot.clock import Clock
    from bot.installation import Installation
    from bot.stores import Stores

FOLLOW_EVERY: Final = timedelta(seconds=30)
"""How often the keyring is looked at; a lost key loses everything under it, so its backup must be a minute old."""

log = logging.getLogger(__name__)


@asynccontextmanager
async def upkeep(
    installation: Installation,
    stores: Stores,
    *,
    clock: Clock,
    witness: Callable[[], datetime | None] | None = None,
    others: Mapping[str, Callable[[datetime], Awaitable[int]]] | None = None,
) -> AsyncGenerator[Retention]:
    """Heal, then keep things in order for the length of the block.

    Args:
        installation: For its places.
        stores: What is kept, open.
        clock: The time.
        witness: Another source of the time; see `storage.retention`.
        others: What else to do at each tick, such as deleting captions from Discord.

    Raises:
        StorageError: If what was erased may have come back and could not be erased again: the bot must not start.
    """
    if not await check_generations(stores.databases):
        log.warning("the content is older than the keyring: erasures are done again")
    erasure = installation.erasure(stores, policy_version="none")
    healed = await erasure.heal()
    if healed.erased:
        log.warning("erased again what a backup had brought back", extra={"count": healed.erased})
    if await stores.ledger.overtaken():
        # A content that was put back by hand, or PostgreSQL's: who took what back since is unknown.
        people = await stores.ledger.withdraw_all(at=clock.now())
        log.warning("the content is older than the last withdrawal: every yes is taken back", extra={"count": people})
    requests = Requests(stores.databases.content, stores.keyring, stores.secrets, stores.subjects)

    async def remind(now: datetime) -> int:
        reminders = await requests.reminders(now=now)
        overdue = (await requests.health(now=now)).overdue
        if reminders or overdue:
            log.error("requests must be answered: python -m bot requests list", extra={"count": len(reminders)})
        return len(reminders)

    async def finish(_now: datetime) -> int:
        # An erasure whose files could not be rewritten, because somebody kept reading, and one that a crash cut short.
        return (await erasure.heal()).erased

    retention = Retention(
        stores.databases,
        clock=clock,
        witness=witness,
        others={"erasures": finish, "request reminders": remind} | dict(others or {}),
    )
    async with ticking(retention.tick):
        if not installation.is_sqlite:
            yield retention
            return
        backup = KeyringBackup(stores.databases.keyring, installation.places())

        async def follow() -> None:
            await backup.refresh(now=clock.now())

        async with ticking(follow, interval=FOLLOW_EVERY, jitter_s=0):
            yield retention
