"""Who is who: a Discord id on one side, a random subject on the other.

    find(discord_id)             HMAC of the id -> subject, or None
    find_or_create(discord_id)   a data key, then a row with the HMAC and the id sealed under that key
    discord_id(subject)          the id again, while the key lives

An id is never stored as it is, nor as a hash that others could compute: whoever has a server's list of members could
compare. A person who was erased and comes back becomes a new subject.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from storage.crypto import Place
from storage.errors import UnknownKey
from storage.models import Subject

if TYPE_CHECKING:
    from datetime import date

    from storage.database import Database
    from storage.keyring import Keyring
    from storage.keys import Secrets


class Subjects:
    """The people of one installation."""

    def __init__(self, content: Database, keyring: Keyring, secrets: Secrets) -> None:
        self._content = content
        self._keyring = keyring
        self._secrets = secrets

    def index(self, discord_id: int) -> bytes:
        """What stands for this person in columns that are searched."""
        return self._secrets.index("user", discord_id)

    async def find(self, discord_id: int) -> UUID | None:
        """This person's subject; None for somebody who never agreed to anything, or was erased."""
        async with self._content.read() as connection:
            found = await connection.execute(select(Subject.id).where(Subject.idx == self.index(discord_id)))
            return found.scalar_one_or_none()

    async def find_or_create(self, discord_id: int, *, today: date) -> UUID:
        """This person's subject, made on *today* if there was none. However many ask at once, it is made once."""
        found = await self.find(discord_id)
        if found is not None:
            return found
        subject = uuid4()
        # The key first: a subject's row without its key could not be read, a key without a row harms nobody.
        await self._keyring.ensure(subject)
        async with self._keyring.unlocked(subject) as keys:
            sealed = keys.seal(subject, str(discord_id).encode("ascii"), _place(subject))
        idx = self.index(discord_id)
        async with self._content.write() as connection:
            first = (await connection.execute(select(Subject.id).where(Subject.idx == idx))).scalar_one_or_none()
            if first is None:
                await connection.execute(
                    insert(Subject).values(id=subject, idx=idx, enc_discord_id=sealed, created_day=today)
                )
        if first is None:
            return subject
        await self._keyring.discard(subject)
        return first

    async def discord_id(self, subject: UUID) -> int:
        """The Discord id of a subject.

        Raises:
            UnknownKey: If there is no such subject, or its key was destroyed.
            DecryptionFailed: If its row was changed.
        """
        async with self._content.read() as connection:
            found = await connection.execute(select(Subject.enc_discord_id).where(Subject.id == subject))
            sealed = found.scalar_one_or_none()
        if sealed is None:
            raise UnknownKey("there is no such subject")
        async with self._keyring.unlocked(subject) as keys:
            return int(keys.open(subject, sealed, _place(subject)))

    def __repr__(self) -> str:
        return "<Subjects>"


def _place(subject: UUID) -> Place:
    return Place("subject", "enc_discord_id", subject)
