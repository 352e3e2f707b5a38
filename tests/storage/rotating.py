"""A process that rotates for ever, to be killed.

It makes a version, rewraps every key in small transactions, retires the version before, and says so, again and again.
"""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from storage.database import open_databases
from storage.keyring import Keyring
from storage.keys import FileKeys

if TYPE_CHECKING:
    from pathlib import Path


def work(data: Path, keys: Path) -> None:
    """Rotate until killed."""
    asyncio.run(rotate(data, keys))


async def rotate(data: Path, keys: Path) -> None:
    provider = FileKeys(keys, data_dir=data)
    async with open_databases(data) as databases:
        keyring = Keyring(databases.keyring, provider)
        while True:
            await provider.advance()
            sys.stdout.write("rotating\n")
            sys.stdout.flush()
            await keyring.rotate(batch=3)
            await keyring.retire(await provider.current_version() - 1)
