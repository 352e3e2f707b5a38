"""Where captions and notices stand on Discord's servers: put down before they are posted, so that none is forgotten.

    begin      a row: something is about to be posted in that channel     before the request to Discord
    posted     the row says which message it became                       after Discord's answer
    forget     the row goes                                               after the message was deleted
    all        every row, for cleaning up at the start                    and `expired` at each beat

A process can be killed between any two of these. After `begin` and before `posted` the message may stand although
nobody knows its id. Its row then names the channel, and `not_before`: every message of that bot in that channel with
a higher id that no other row names, and that looks like a caption or notice, is the one. A row whose message never came
to be finds nothing, and goes.

Places are sealed under the installation's key, all to the same length: they say which server talked when.
"""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select, update

from storage.crypto import Place, wipe
from storage.errors import DecryptionFailed, UnknownKey
from storage.keyring import INSTALLATION
from storage.models import LiveMessage

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import ColumnElement

    from storage.database import Database
    from storage.keyring import Keyring

CLOCKS_APART: Final = timedelta(minutes=2)
"""How far our clock and Discord's may be apart when a message without a known id is looked for."""

_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)
_PLACE = struct.Struct(">QQQQ")


class LiveKind(enum.StrEnum):
    """What stands there."""

    NOTICE = "notice"
    CAPTIONS = "captions"


@dataclass(frozen=True, slots=True)
class Standing:
    """A message that stands, or may stand, on Discord's servers.

    Attributes:
        id: The journal's own, for `forget`.
        kind: What it is.
        guild_id: In which server; 0 for a direct message.
        channel_id: In which channel.
        message_id: Which message; None if the process ended before Discord's answer was put down.
        not_before: No message of this row has a lower id; for finding it when `message_id` is None.
        expires_at: When it should be gone at the latest.
    """

    id: UUID
    kind: LiveKind
    guild_id: int = field(repr=False)
    channel_id: int = field(repr=False)
    message_id: int | None = field(repr=False)
    not_before: int = field(repr=False)
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Journal:
    """What was found.

    Attributes:
        messages: Those that can be deleted now.
        unreadable: How many rows could not be opened; they were changed, or their key is gone.
    """

    messages: tuple[Standing, ...]
    unreadable: int = 0


class LiveMessages:
    """The journal of one installation."""

    def __init__(self, content: Database, keyring: Keyring) -> None:
        self._content = content
        self._keyring = keyring

    async def begin(
        self, kind: LiveKind, *, guild_id: int, channel_id: int, at: datetime, expires_at: datetime
    ) -> UUID:
        """Put down that something is about to be posted, *at* that moment; on the disk when this returns.

        Raises:
            StorageError: If it could not be put down; then nothing may be posted.
        """
        entry = uuid4()
        await self._keyring.ensure(INSTALLATION)
        sealed = await self._sealed(entry, (guild_id, channel_id, 0, snowflake(at - CLOCKS_APART)), posted=False)
        async with self._content.write() as connection:
            await connection.execute(
                insert(LiveMessage).values(
                    id=entry, enc_location=sealed, kind=kind.value, posted=False, expires_at=expires_at
                )
            )
        return entry

    async def posted(self, entry: UUID, message_id: int) -> bool:
        """Put down which message it became. False if it was forgotten meanwhile: then the message must be deleted.

        Raises:
            StorageError: If it could not be put down; the row still says where to look.
        """
        async with self._content.read() as connection:
            row = (await connection.execute(select(LiveMessage.__table__).where(LiveMessage.id == entry))).mappings()
            found = row.first()
        if found is None:
            return False
        guild, channel, _, not_before = await self._opened(entry, found["enc_location"], posted=found["posted"])
        sealed = await self._sealed(entry, (guild, channel, message_id, not_before), posted=True)
        async with self._content.write() as connection:
            done = await connection.execute(
                update(LiveMessage).where(LiveMessage.id == entry).values(enc_location=sealed, posted=True)
            )
        return done.rowcount == 1

    async def forget(self, *entries: UUID) -> int:
        """Delete these rows, whose messages are gone, and return how many there were."""
        async with self._content.write() as connection:
            gone = await connection.execute(delete(LiveMessage).where(LiveMessage.id.in_(entries)))
        return gone.rowcount

    async def all(self) -> Journal:
        """Everything that may stand: at the start, what the process before left."""
        return await self._found()

    async def expired(self, *, now: datetime) -> Journal:
        """What should be gone by *now*."""
        return await self._found(LiveMessage.expires_at <= now)

    async def _found(self, *where: ColumnElement[bool]) -> Journal:
        async with self._content.read() as connection:
            rows = await connection.execute(
                select(LiveMessage.__table__).where(*where).order_by(LiveMessage.expires_at, LiveMessage.id)
            )
            found = rows.mappings().all()
        messages: list[Standing] = []
        unreadable = 0
        for row in found:
            try:
                guild, channel, message, not_before = await self._opened(
                    row["id"], row["enc_location"], posted=row["posted"]
                )
            except (DecryptionFailed, UnknownKey):
                # One damaged row is no reason to leave the others standing.
                unreadable += 1
                continue
            kind = LiveKind(row["kind"])
            messages.append(
                Standing(row["id"], kind, guild, channel, message or None, not_before, expires_at=row["expires_at"])
            )
        return Journal(tuple(messages), unreadable)

    async def _sealed(self, entry: UUID, place: Sequence[int], *, posted: bool) -> bytes:
        plain = bytearray(_PLACE.size)
        _PLACE.pack_into(plain, 0, *place)
        async with self._keyring.unlocked(INSTALLATION) as keys:
            sealed = keys.seal(INSTALLATION, plain, _place(entry, posted=posted))
        wipe(plain)
        return sealed

    async def _opened(self, entry: UUID, sealed: bytes, *, posted: bool) -> tuple[int, int, int, int]:
        async with self._keyring.unlocked(INSTALLATION) as keys:
            plain = keys.open(INSTALLATION, sealed, _place(entry, posted=posted))
        place = _PLACE.unpack(plain)
        wipe(plain)
        return place

    def __repr__(self) -> str:
        return "<LiveMessages>"


def snowflake(moment: datetime) -> int:
    """The lowest id that Discord gives at that moment. Source: Discord's API reference, "Snowflakes"."""
    return max(0, (moment - _EPOCH) // timedelta(milliseconds=1)) << 22


def _place(entry: UUID, *, posted: bool) -> Place:
    return Place("live_message", "enc_location", entry, int(posted))
