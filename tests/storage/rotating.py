"""A process that rotates for ever, to be killed: `python -m tests.storage.rotating DATA_DIR KEYS_DIR`.

It makes a version, rewraps every key in small transactions, retires the version before, and says so, again and again.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from storage.database import open_databases
from storage.keyring import Keyring
from storage.keys import FileKeys


async def main(data: Path, keys: Path) -> None:
    provider = FileKeys(keys, data_dir=data)
    async with open_databases(data) as databases:
        keyring = Keyring(databases.keyring, provider)
        while True:
            await provider.advance()
            sys.stdout.write("rotating\n")
            sys.stdout.flush()
            await keyring.rotate(batch=3)
            await keyring.retire(await provider.current_version() - 1)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
