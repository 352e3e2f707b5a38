"""Works off jobs as far as reserving what they may use; `test_jobs` does it in several processes at once."""

from __future__ import annotations

import asyncio
import json
import sys
from typing import TYPE_CHECKING

from storage.jobs import Jobs, Limits
from storage.keys import EnvironmentKeys
from tests.storage.people import NOW, people_over

if TYPE_CHECKING:
    from tests.storage.conftest import Installation


def work(installation: Installation, keys: str, limit: int) -> None:
    """Claim and begin until nothing is left; a line for each."""
    asyncio.run(reserve(installation, EnvironmentKeys(keys), limit))


async def reserve(installation: Installation, keys: EnvironmentKeys, limit: int) -> None:
    """Claim and begin until nothing is left; a line for each."""
    async with installation.open(busy_s=30.0) as databases:
        people = await people_over(databases, keys)
        jobs = Jobs(
            databases.content,
            people.keyring,
            people.secrets,
            people.subjects,
            people.ledger,
            limits=Limits(None, limit),
        )
        while (claimed := await jobs.claim(at=NOW)) is not None:
            go = await jobs.begin(claimed, tokens=1000, at=NOW)
            sys.stdout.write(json.dumps([str(claimed.id), go.value]) + "\n")
