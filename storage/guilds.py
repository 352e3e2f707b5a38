"""What who manages a server decided for it: where and by whom interviews are held, how much, and what people are told.

    of         a server's settings; those that were never touched are the defaults
    change     some of them, and no others      one transaction; two who change at once lose nothing of each other's,
                                                if what is made of a list is made in `how`
    forget     all of them

Settings are one sealed row for each server, under the installation's key; which server it is is an HMAC. What feedback
may use in a month is a column of its own: `storage.jobs` compares it where it reserves.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from sqlalchemy import delete, insert, select, update

from storage.crypto import Place, wipe
from storage.errors import DatabaseBusy
from storage.keyring import INSTALLATION
from storage.models import GuildSetting

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from uuid import UUID

    from sqlalchemy import RowMapping
    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.database import Database
    from storage.keyring import Keyring
    from storage.keys import Secrets

CHANNELS: Final = 50
"""Channels that a server may allow, and as many that it may refuse."""

NOTICE_LENGTH: Final = 200
"""Characters of a server's own line in the notice."""

KIND: Final = "guild"
"""What a server's index is made with: the same as in `storage.jobs`, whose budgets are compared with ours."""

_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class GuildSettings:
    """A server's settings. None is "as whoever runs the bot has it".

    Attributes:
        allowed: Voice channels in which interviews may be held; empty for all.
        refused: Voice channels in which they may not, whatever is allowed.
        host_role: The role that may start interviews; None for everybody.
        moderator_role: A role that may use /mod besides those with the permission.
        draft_minutes: How long what was said can still be saved after an interview.
        audit_days: How long what moderators did is kept.
        person_minutes: Minutes that each person may practise here in a day.
        server_minutes: Minutes of interviews here in a day, all together.
        person_interviews: Interviews that each person may start here in a day.
        month_tokens: What feedback that is asked for here may use in a month, in tokens.
        ai: Whether feedback by a language model may be asked for here.
        language: Of what everybody sees.
        minimum_age: Who takes part here is at least so old.
        notice: A line in the notice of every interview.
        log_channel: Where it is said what moderators did.
        cooldowns: By voice channel, minutes between the end of an interview and the next.
    """

    allowed: tuple[int, ...] = field(default=(), repr=False)
    refused: tuple[int, ...] = field(default=(), repr=False)
    host_role: int | None = field(default=None, repr=False)
    moderator_role: int | None = field(default=None, repr=False)
    draft_minutes: int | None = None
    audit_days: int | None = None
    person_minutes: int | None = None
    server_minutes: int | None = None
    person_interviews: int | None = None
    month_tokens: int | None = None
    ai: bool = True
    language: str | None = None
    minimum_age: int | None = None
    notice: str = field(default="", repr=False)
    log_channel: int | None = field(default=None, repr=False)
    cooldowns: Mapping[int, int] = field(default_factory=dict[int, int], repr=False)

    def allows(self, channel_id: int) -> bool:
        """Whether interviews may be held in this voice channel."""
        return channel_id not in self.refused and (not self.allowed or channel_id in self.allowed)


DEFAULTS: Final = GuildSettings()
_NAMES: Final = frozenset(each.name for each in fields(GuildSettings))


class Guilds:
    """The settings of the servers of one installation."""

    def __init__(self, content: Database, keyring: Keyring, secrets: Secrets) -> None:
        self._content = content
        self._keyring = keyring
        self._secrets = secrets

    def index(self, guild_id: int) -> bytes:
        """What stands for a server in columns that are searched."""
        return self._secrets.index(KIND, guild_id)

    async def of(self, guild_id: int) -> GuildSettings:
        """A server's settings; the defaults if nobody ever changed them.

        Raises:
            StorageError: If they cannot be read: then nobody knows what is allowed.
        """
        async with self._content.read() as connection:
            row = await self._row(connection, guild_id)
        return DEFAULTS if row is None else await self._opened(row)

    async def change(
        self, guild_id: int, how: Callable[[GuildSettings], Mapping[str, Any]] | None = None, /, **changes: Any
    ) -> GuildSettings:
        """Change what is named, leave everything else as it is, and return all of it.

        What is made of what was there, such as a list with one more, *how* makes; it is asked again if others were
        first.

        Raises:
            TypeError: If there is no such setting.
            ValueError: If there would be too many channels, or the notice is too long.
            StorageError: If it could not be kept.
        """
        await self._keyring.ensure(INSTALLATION)
        for _ in range(_TRIES):
            async with self._content.read() as connection:
                row = await self._row(connection, guild_id)
            before = DEFAULTS if row is None else await self._opened(row)
            now = replace(before, **changes, **({} if how is None else how(before)))
            _check(now)
            identity = uuid4() if row is None else row["id"]
            rev = 0 if row is None else row["rev"] + 1
            values = {
                "enc_body": await self._sealed(identity, rev, now),
                "month_tokens": now.month_tokens,
                "rev": rev,
            }
            async with self._content.write() as connection:
                found = await self._row(connection, guild_id)
                if (None if found is None else (found["id"], found["rev"])) != (
                    None if row is None else (row["id"], row["rev"])
                ):
                    continue  # somebody else was first: theirs is changed instead
                if row is None:
                    await connection.execute(
                        insert(GuildSetting).values(id=identity, server_idx=self.index(guild_id), **values)
                    )
                else:
                    await connection.execute(update(GuildSetting).where(GuildSetting.id == identity).values(**values))
            return now
        raise DatabaseBusy("others change the same settings")

    async def forget(self, guild_id: int) -> int:
        """Delete a server's settings, and return whether there were any, as 0 or 1."""
        async with self._content.write() as connection:
            gone = await connection.execute(delete(GuildSetting).where(GuildSetting.server_idx == self.index(guild_id)))
        return gone.rowcount

    async def _row(self, connection: AsyncConnection, guild_id: int) -> RowMapping | None:
        found = await connection.execute(
            select(GuildSetting.__table__).where(GuildSetting.server_idx == self.index(guild_id))
        )
        return found.mappings().first()

    async def _sealed(self, identity: UUID, rev: int, settings: GuildSettings) -> bytes:
        body = asdict(settings) | {"cooldowns": sorted(settings.cooldowns.items())}
        plain = bytearray(json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode())
        async with self._keyring.unlocked(INSTALLATION) as keys:
            sealed = keys.seal(INSTALLATION, plain, _place(identity, rev))
        wipe(plain)
        return sealed

    async def _opened(self, row: RowMapping) -> GuildSettings:
        async with self._keyring.unlocked(INSTALLATION) as keys:
            plain = keys.open(INSTALLATION, row["enc_body"], _place(row["id"], row["rev"]))
        body: dict[str, Any] = json.loads(plain)
        wipe(plain)
        # What a later version wrote and this one does not know is left out.
        known = {name: value for name, value in body.items() if name in _NAMES}
        for name in ("allowed", "refused"):
            known[name] = tuple(known.get(name, ()))
        known["cooldowns"] = {int(channel): int(minutes) for channel, minutes in known.get("cooldowns", ())}
        return GuildSettings(**known)

    def __repr__(self) -> str:
        return "<Guilds>"


def _check(settings: GuildSettings) -> None:
    if max(len(settings.allowed), len(settings.refused), len(settings.cooldowns)) > CHANNELS:
        raise ValueError(f"a server names at most {CHANNELS} channels")
    if len(settings.notice) > NOTICE_LENGTH:
        raise ValueError(f"a notice has at most {NOTICE_LENGTH} characters")


def _place(identity: UUID, rev: int) -> Place:
    return Place("guild_setting", "enc_body", identity, rev)
