"""A server's own questions, beside those that the program brings.

    add      some questions, all or none     each sealed under the key of whoever adds it
    of       a server's, opened
    remove   one, or those of a server that the bot has left

They are the words of whoever wrote or brought them, so they are sealed under that person's key and go with that
person's account. Which server they belong to is an HMAC, as everywhere.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, select

from storage.crypto import Place, wipe
from storage.erasure import Page
from storage.errors import DecryptionFailed, StorageError, UnknownKey
from storage.models import GuildQuestion

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import RowMapping

    from storage.database import Database
    from storage.keyring import Keyring
    from storage.keys import Secrets
    from storage.subjects import Subjects

PER_GUILD: Final = 500
"""Questions that a server may have."""

_BATCH: Final = 200


class TooManyQuestions(StorageError):
    """A server would have more than `PER_GUILD` questions; none was added."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A question of a server.

    Attributes:
        id: Its own.
        body: What it says, as `config.questions` knows to read it: names and values of JSON.
        mine: Whether the person who was named when asking added it; False if nobody was named.
    """

    id: UUID
    body: Mapping[str, Any] = field(repr=False)
    mine: bool = False


class GuildQuestions:
    """The servers' own questions of one installation. It is a `storage.erasure.Keeper`."""

    name = "questions"

    def __init__(self, content: Database, keyring: Keyring, secrets: Secrets, subjects: Subjects) -> None:
        self._content = content
        self._keyring = keyring
        self._secrets = secrets
        self._subjects = subjects

    async def add(
        self, user_id: int, guild_id: int, bodies: Sequence[Mapping[str, Any]], *, at: datetime
    ) -> list[UUID]:
        """Keep all these questions for a server, in the name of whoever brings them, or none of them.

        Raises:
            TooManyQuestions: If the server would have too many.
            StorageError: If they could not be kept.
        """
        today = at.astimezone(UTC).date()
        subject = await self._subjects.find_or_create(user_id, today=today)
        guild = self._guild(guild_id)
        rows: list[dict[str, Any]] = []
        async with self._keyring.unlocked(subject) as keys:
            for body in bodies:
                question = uuid4()
                plain = bytearray(json.dumps(body, ensure_ascii=False).encode())
                sealed = keys.seal(subject, plain, _place(question))
                wipe(plain)
                rows.append(
                    {
                        "id": question,
                        "server_idx": guild,
                        "author_id": subject,
                        "enc_body": sealed,
                        "created_day": today,
                    }
                )
        async with self._content.write() as connection:
            query = select(func.count()).select_from(GuildQuestion).where(GuildQuestion.server_idx == guild)
            if (await connection.execute(query)).scalar_one() + len(rows) > PER_GUILD:
                raise TooManyQuestions("a server has at most 500 questions")
            if rows:
                await connection.execute(insert(GuildQuestion), rows)
        return [row["id"] for row in rows]

    async def of(self, guild_id: int, *, asks: int | None = None) -> list[Kept]:
        """A server's questions, the oldest first; *asks* is who wants to know which are theirs.

        One that cannot be opened is left out.
        """
        mine = None if asks is None else await self._subjects.find(asks)
        async with self._content.read() as connection:
            found = await connection.execute(
                select(GuildQuestion.__table__)
                .where(GuildQuestion.server_idx == self._guild(guild_id))
                .order_by(GuildQuestion.created_day, GuildQuestion.id)
            )
            rows = found.mappings().all()
        opened: list[Kept] = []
        for start in range(0, len(rows), _BATCH):
            some = rows[start : start + _BATCH]
            opened += [
                Kept(row["id"], body, mine is not None and row["author_id"] == mine)
                for row, body in await self._opened(some)
                if body is not None  # changed, or its author was just erased: the others are asked all the same
            ]
        return opened

    async def remove(self, guild_id: int, question: UUID, *, at: datetime) -> bool:
        """Delete one of a server's questions, and return whether it was there. No restored backup brings it back."""
        its = (GuildQuestion.id == question, GuildQuestion.server_idx == self._guild(guild_id))
        async with self._content.read() as connection:
            if (await connection.execute(select(GuildQuestion.id).where(*its))).first() is None:
                return False
        await self._keyring.bury([question], at=at)
        async with self._content.write() as connection:
            gone = await connection.execute(delete(GuildQuestion).where(*its))
        return gone.rowcount == 1

    async def forget_guild(self, guild_id: int) -> int:
        """Delete all questions of a server, and return how many there were."""
        async with self._content.write() as connection:
            gone = await connection.execute(
                delete(GuildQuestion).where(GuildQuestion.server_idx == self._guild(guild_id))
            )
        return gone.rowcount

    # As a keeper

    async def erase(self, subject: UUID) -> dict[str, int]:
        """Delete what a subject added, in every server."""
        async with self._content.write() as connection:
            gone = await connection.execute(delete(GuildQuestion).where(GuildQuestion.author_id == subject))
        return {"guild_question": gone.rowcount}

    async def export(self, subject: UUID) -> AsyncIterator[Page]:
        """What a subject added, for the data package."""
        async with self._content.read() as connection:
            found = await connection.execute(
                select(GuildQuestion.__table__).where(GuildQuestion.author_id == subject).order_by(GuildQuestion.id)
            )
            rows = found.mappings().all()
        for start in range(0, len(rows), _BATCH):
            opened = await self._opened(rows[start : start + _BATCH])
            yield Page(
                "questions",
                [
                    {"id": str(row["id"]), "day": row["created_day"].isoformat(), "question": body}
                    for row, body in opened
                ],
                sum(body is None for _, body in opened),
            )

    async def _opened(self, rows: Sequence[RowMapping]) -> list[tuple[RowMapping, dict[str, Any] | None]]:
        """Each with what it says; None if it does not open."""
        opened: list[tuple[RowMapping, dict[str, Any] | None]] = []
        async with self._keyring.unlocked(*{row["author_id"] for row in rows}) as keys:
            for row in rows:
                try:
                    body = keys.open(row["author_id"], row["enc_body"], _place(row["id"]))
                except (DecryptionFailed, UnknownKey):
                    opened.append((row, None))
                    continue
                opened.append((row, json.loads(body)))
                wipe(body)
        return opened

    def _guild(self, guild_id: int) -> bytes:
        return self._secrets.index("questions of a guild", guild_id)

    def __repr__(self) -> str:
        return "<GuildQuestions>"


def _place(question: UUID) -> Place:
    return Place("guild_question", "enc_body", question)
