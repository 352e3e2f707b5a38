"""Which part of the bot's servers this process serves, and that no other process here serves it as well.

    settings -> Shards(total, ids)      one shard, number 0, unless the operator splits the bot
    Shards.sole(folder)                 a locked file for each shard: a second process on the folder is refused

Discord deals servers out to shards by their ids, so which process a server belongs to needs nobody's memory. The lock
goes with its process, however that ends, and the file keeps who was the last to hold it: the process that comes next
on this machine goes on under that name and waits for nobody.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from bot.errors import StartRefused
from storage.database import check_folder

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping
    from pathlib import Path

    from config.settings import Settings


@dataclass(frozen=True, slots=True)
class Shards:
    """A process's part of all servers.

    Attributes:
        total: Into how many parts the bot's servers are split.
        ids: Which of them are this process's, each 0 .. total - 1, in ascending order.
    """

    total: int = 1
    ids: tuple[int, ...] = (0,)

    @property
    def split(self) -> bool:
        """Whether there is more than one part."""
        return self.total > 1

    def of(self, guild_id: int) -> int:
        """The part that a server belongs to; 0 for direct messages, whose guild is 0.

        Source: Discord's documentation of the gateway, "Sharding".
        """
        return (guild_id >> 22) % self.total

    def have(self, guild_id: int) -> bool:
        """Whether a server belongs to this process."""
        return self.of(guild_id) in self.ids

    @contextmanager
    def sole(self, folder: Path) -> Generator[Mapping[int, UUID]]:
        """For the length of the block, no other process of the bot runs with this data folder and one of these shards.

        Gives each shard's holder: a random id that is the same the next time, in this folder.

        Raises:
            StartRefused: If another one runs.
            StorageError: If the folder is not as it must be.
        """
        check_folder(folder)
        with ExitStack() as stack:
            yield {
                shard: stack.enter_context(_locked(folder / f"shard-{shard}-of-{self.total}.lock"))
                for shard in self.ids
            }


@contextmanager
def _locked(file: Path) -> Generator[UUID]:
    try:
        # Never removed: whoever waits for a file that is gone would hold a lock that nobody else sees.
        held = os.open(file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    except OSError:
        raise StartRefused("SKILLRALLY_DATA_DIR cannot be written: look at the folder's permissions.") from None
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StartRefused(
                "Another process of the bot runs with this SKILLRALLY_DATA_DIR: stop it first, or split the bot as"
                " docs/scaling-out.md says."
            ) from None
        yield _holder(held)
    finally:
        os.close(held)


def _holder(held: int) -> UUID:
    try:
        return UUID(os.pread(held, 100, 0).decode("ascii").strip())
    except ValueError:
        holder = uuid4()
        os.ftruncate(held, 0)
        os.pwrite(held, f"{holder}\n".encode("ascii"), 0)
        return holder


def shards_of(settings: Settings) -> Shards:
    """The part that the settings give to this process.

    Raises:
        StartRefused: If they do not fit together.
    """
    total = settings.shards
    ids = tuple(sorted({int(each) for each in settings.shard_ids.split(",")})) if settings.shard_ids else ()
    if ids and ids[-1] >= total:
        raise StartRefused(
            f"SKILLRALLY_SHARD_IDS must name numbers from 0 to {total - 1}: SKILLRALLY_SHARDS is {total}."
        )
    if total > 1 and not (settings.content_dsn and settings.keyring_dsn):
        raise StartRefused(
            "A bot that is split needs PostgreSQL: set SKILLRALLY_CONTENT_DSN and SKILLRALLY_KEYRING_DSN, or leave"
            " SKILLRALLY_SHARDS at 1."
        )
    return Shards(total, ids or tuple(range(total)))
