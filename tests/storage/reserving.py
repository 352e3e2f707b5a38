"""A process that works off jobs as far as reserving what they may use; `test_jobs` starts several on one installation.

`python -m tests.storage.reserving FOLDER CONTENT_DSN KEYRING_DSN SERVER_LIMIT`, with the keys on its standard input.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from storage.jobs import Jobs, Limits
from storage.keys import EnvironmentKeys
from tests.storage.conftest import Installation
from tests.storage.people import NOW, people_over


async def work(installation: Installation, keys: EnvironmentKeys, limit: int) -> None:
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


if __name__ == "__main__":
    folder, content, keyring, most = sys.argv[1:]
    where = Installation(Path(folder), content or None, keyring or None)
    asyncio.run(work(where, EnvironmentKeys(sys.stdin.read()), int(most)))
