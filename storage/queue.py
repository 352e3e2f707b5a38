"""Who looks for somebody to practise with, and what was offered to whom.

    join ──> waiting ──two of one server, type and level──> offer ──both say yes──> matched, and nothing is left
               ^                                              │
               └── who said yes ── time is over, or the other says no or leaves; who did not say yes is out ──┘

Every step is one transaction of the only writer, so two processes never offer one person twice, and a process that is
killed leaves nothing half done: whoever comes next finds the rows, and time that is over counts as over.

Rows name nobody. A place in the queue is sealed under its person's key; what is waited for, and who an offer is for,
are HMACs. Where an offer stands on Discord is sealed under the installation's key, so that it can be taken down.

An `Invitation` is an offer that one member makes to another by name; who is invited need not be known here.
"""

from __future__ import annotations

import enum
import json
import logging
import struct
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from sqlalchemy import and_, delete, func, insert, or_, select, update

from storage.crypto import Place, wipe
from storage.erasure import Page
from storage.errors import DecryptionFailed, UnknownKey
from storage.keyring import INSTALLATION
from storage.models import Offer as OfferRow
from storage.models import QueueEntry, Subject

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterable, Sequence

    from sqlalchemy import ColumnElement, RowMapping
    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.database import Database
    from storage.keyring import Keyring
    from storage.keys import Secrets
    from storage.subjects import Subjects

log = logging.getLogger(__name__)

WAIT: Final = timedelta(hours=2)
"""How long somebody stays in the queue."""

OFFERED: Final = timedelta(minutes=10)
"""How long both may think about an offer."""

INVITED: Final = timedelta(minutes=30)
"""How long an invitation can be accepted."""

INVITATIONS: Final = 3
"""Open invitations that one person may have out, in all servers."""

_WHERE = struct.Struct(">QQQQQ")


class Kind(enum.StrEnum):
    """Who brings two people together."""

    QUEUE = "queue"
    INVITATION = "invitation"


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to practise, and where they said so.

    Attributes:
        guild_id: In which server.
        channel_id: In which channel of it.
        type: What kind of interview.
        level: For how much experience.
    """

    guild_id: int = field(repr=False)
    channel_id: int = field(repr=False)
    type: str
    level: str


@dataclass(frozen=True, slots=True)
class Posted:
    """Where an offer stands.

    Attributes:
        offer: Which.
        guild_id: In which server.
        channel_id: In which channel.
        message_id: Which message.
        people: Whom it names.
    """

    offer: UUID
    guild_id: int = field(repr=False)
    channel_id: int = field(repr=False)
    message_id: int = field(repr=False)
    people: tuple[int, int] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Offer:
    """Two people who could practise together, to be asked.

    Attributes:
        id: For the buttons.
        people: Their Discord ids; the first has waited longer.
        wanted: What each said, in that order.
        until: When it is over.
    """

    id: UUID
    people: tuple[int, int] = field(repr=False)
    wanted: tuple[Wanted, Wanted]
    until: datetime


@dataclass(frozen=True, slots=True)
class Changed:
    """What else came of a step.

    Attributes:
        opened: Offers to be posted.
        closed: Offers that are over, to be taken down.
    """

    opened: tuple[Offer, ...] = ()
    closed: tuple[Posted, ...] = ()


class Said(enum.StrEnum):
    """What came of an answer."""

    WAITS = "waits"  # a yes; the other has not answered yet
    MATCHED = "matched"  # both said yes
    DECLINED = "declined"
    NOT_YOURS = "not-yours"  # somebody else is asked
    OVER = "over"


@dataclass(frozen=True, slots=True)
class Standing:
    """Somebody's place in a server's queue.

    Attributes:
        wanted: What they said.
        until: When the place is given up.
        waiting: How many wait for the same, this one included.
        offered: Whether they are being asked about somebody.
        accepted: Whether they said yes already.
    """

    wanted: Wanted
    until: datetime
    waiting: int
    offered: bool
    accepted: bool


@dataclass(slots=True)
class _Steps:
    """What one transaction did, before ids and places are opened."""

    opened: list[tuple[UUID, RowMapping, RowMapping, datetime]] = field(default_factory=list)
    closed: list[RowMapping] = field(default_factory=list)


class Queue:
    """The queues of one installation's servers. It is a `storage.erasure.Keeper`."""

    name = "queue"

    def __init__(self, content: Database, keyring: Keyring, secrets: Secrets, subjects: Subjects) -> None:
        self._content = content
        self._keyring = keyring
        self._secrets = secrets
        self._subjects = subjects

    async def join(self, user_id: int, wanted: Wanted, *, at: datetime) -> tuple[bool, Changed]:
        """Put somebody into a server's queue; False if they are in it already, whatever they wait for.

        Raises:
            StorageError: If it could not be put down.
        """
        subject = await self._subjects.find_or_create(user_id, today=at.astimezone(UTC).date())
        entry = uuid4()
        plain = bytearray(json.dumps([wanted.guild_id, wanted.channel_id, wanted.type, wanted.level]).encode())
        async with self._keyring.unlocked(subject) as keys:
            sealed = keys.seal(subject, plain, _place(entry))
        wipe(plain)
        guild, bucket = self._guild(wanted.guild_id), self._bucket(wanted)
        async with self._content.write() as connection:
            steps = await self._settle(connection, at, QueueEntry.server_idx == guild)
            there = await connection.execute(
                select(QueueEntry.id).where(QueueEntry.subject_id == subject, QueueEntry.server_idx == guild)
            )
            new = there.first() is None
            if new:
                await connection.execute(
                    insert(QueueEntry).values(
                        id=entry,
                        subject_id=subject,
                        server_idx=guild,
                        bucket_idx=bucket,
                        enc_body=sealed,
                        offer_id=None,
                        accepted=False,
                        expires_at=at + WAIT,
                    )
                )
                await self._match(connection, at, steps, QueueEntry.bucket_idx == bucket)
        return new, await self._changed(steps, at)

    async def leave(self, user_id: int, guild_id: int, *, at: datetime) -> tuple[bool, Changed]:
        """Take somebody out of a server's queue; False if they were not in it."""
        guild, idx = self._guild(guild_id), self._subjects.index(user_id)
        async with self._content.write() as connection:
            steps = await self._settle(connection, at, QueueEntry.server_idx == guild)
            rows = await connection.execute(
                select(QueueEntry.__table__)
                .join(Subject, Subject.id == QueueEntry.subject_id)
                .where(Subject.idx == idx, QueueEntry.server_idx == guild)
            )
            mine = rows.mappings().first()
            if mine is not None:
                await self._out(connection, mine, steps)
                await self._match(connection, at, steps, QueueEntry.server_idx == guild)
        return mine is not None, await self._changed(steps, at)

    async def status(self, user_id: int, guild_id: int, *, at: datetime) -> tuple[Standing | None, Changed]:
        """Somebody's place in a server's queue; None if they have none."""
        guild, idx = self._guild(guild_id), self._subjects.index(user_id)
        async with self._content.write() as connection:
            steps = await self._settle(connection, at, QueueEntry.server_idx == guild)
            rows = await connection.execute(
                select(QueueEntry.__table__)
                .join(Subject, Subject.id == QueueEntry.subject_id)
                .where(Subject.idx == idx, QueueEntry.server_idx == guild)
            )
            mine = rows.mappings().first()
            waiting = 0
            if mine is not None:
                same = QueueEntry.bucket_idx == mine["bucket_idx"]
                waiting = (
                    await connection.execute(select(func.count()).select_from(QueueEntry).where(same))
                ).scalar_one()
        changed = await self._changed(steps, at)
        wanted = None if mine is None else (await self._wanted([mine])).get(mine["id"])
        if mine is None:
            return None, changed
        if wanted is None:
            return None, _both(changed, await self._unreadable([mine], at))
        offered = mine["offer_id"] is not None
        return Standing(wanted, mine["expires_at"], waiting, offered, mine["accepted"]), changed

    async def answer(self, offer: UUID, user_id: int, *, yes: bool, at: datetime) -> tuple[Said, Changed]:
        """Put down what somebody says to an offer.

        Whoever says no is out of the queue; the other keeps their place.
        """
        idx = self._subjects.index(user_id)
        async with self._content.write() as connection:
            rows = await connection.execute(
                select(OfferRow.__table__).where(OfferRow.id == offer, OfferRow.kind == Kind.QUEUE.value)
            )
            asked = rows.mappings().first()
            if asked is None:
                return Said.OVER, Changed()
            if idx not in {asked["one_idx"], asked["other_idx"]}:
                return Said.NOT_YOURS, Changed()
            found = await connection.execute(
                select(QueueEntry.__table__, Subject.idx)
                .join(Subject, Subject.id == QueueEntry.subject_id)
                .where(QueueEntry.offer_id == offer)
            )
            entries = found.mappings().all()
            guild = entries[0]["server_idx"] if entries else b""
            steps = await self._settle(connection, at, QueueEntry.server_idx == guild)
            mine = next((entry for entry in entries if entry["idx"] == idx), None)
            other = next((entry for entry in entries if entry["idx"] != idx), None)
            if asked["expires_at"] <= at or mine is None or other is None:
                said = Said.OVER
            elif not yes:
                said = Said.DECLINED
                await self._out(connection, mine, steps)
                await self._match(connection, at, steps, QueueEntry.server_idx == guild)
            elif other["accepted"]:
                said = Said.MATCHED
                await connection.execute(delete(QueueEntry).where(QueueEntry.offer_id == offer))
                await connection.execute(delete(OfferRow).where(OfferRow.id == offer))
            else:
                said = Said.WAITS
                await connection.execute(update(QueueEntry).where(QueueEntry.id == mine["id"]).values(accepted=True))
        changed = await self._changed(steps, at)
        # Its message is the one that was pressed; whoever asked changes that one.
        return said, replace(changed, closed=tuple(each for each in changed.closed if each.offer != offer))

    async def settle(self, *, at: datetime, guilds: Collection[int] | None = None) -> Changed:
        """Close what is over, and bring together who waits; now and then, and after a start.

        What is over is closed in every server; people are brought together in those of *guilds*, or in all.
        """
        async with self._content.write() as connection:
            steps = await self._settle(connection, at, *self._in(guilds))
        return await self._changed(steps, at)

    async def posted(self, where: Posted) -> bool:
        """Put down where an offer or an invitation stands. False if it is over already: then it must be taken down.

        Raises:
            StorageError: If it could not be put down.
        """
        await self._keyring.ensure(INSTALLATION)
        plain = bytearray(_WHERE.size)
        _WHERE.pack_into(plain, 0, where.guild_id, where.channel_id, where.message_id, *where.people)
        async with self._keyring.unlocked(INSTALLATION) as keys:
            sealed = keys.seal(INSTALLATION, plain, _spot(where.offer))
        wipe(plain)
        async with self._content.write() as connection:
            done = await connection.execute(update(OfferRow).where(OfferRow.id == where.offer).values(enc_place=sealed))
        return done.rowcount == 1

    # Invitations

    async def invite(self, inviter: int, invited: int, *, at: datetime) -> UUID | None:
        """An invitation from one to the other; None if one is open between them, or `INVITATIONS` of the inviter's.

        Raises:
            StorageError: If it could not be put down.
        """
        one, other = self._subjects.index(inviter), self._subjects.index(invited)
        between = or_(
            and_(OfferRow.one_idx == one, OfferRow.other_idx == other),
            and_(OfferRow.one_idx == other, OfferRow.other_idx == one),
        )
        still = and_(OfferRow.kind == Kind.INVITATION.value, OfferRow.expires_at > at)
        offer = uuid4()
        async with self._content.write() as connection:
            open_now = select(func.count()).select_from(OfferRow)
            here = (await connection.execute(open_now.where(still, between))).scalar_one()
            mine = (await connection.execute(open_now.where(still, OfferRow.one_idx == one))).scalar_one()
            if here or mine >= INVITATIONS:
                return None
            await connection.execute(
                insert(OfferRow).values(
                    id=offer, kind=Kind.INVITATION.value, one_idx=one, other_idx=other, expires_at=at + INVITED
                )
            )
        return offer

    async def reply(self, invitation: UUID, user_id: int, *, yes: bool, at: datetime) -> Said:
        """What the invited person says; the inviter may take it back with a no. It is over then."""
        idx = self._subjects.index(user_id)
        async with self._content.write() as connection:
            rows = await connection.execute(
                select(OfferRow.__table__).where(OfferRow.id == invitation, OfferRow.kind == Kind.INVITATION.value)
            )
            asked = rows.mappings().first()
            if asked is None or asked["expires_at"] <= at:
                return Said.OVER
            if idx != asked["other_idx"] and (yes or idx != asked["one_idx"]):
                return Said.NOT_YOURS
            await connection.execute(delete(OfferRow).where(OfferRow.id == invitation))
        return Said.MATCHED if yes else Said.DECLINED

    async def uninvite(self, invitation: UUID) -> None:
        """Forget an invitation that could not be posted."""
        async with self._content.write() as connection:
            await connection.execute(delete(OfferRow).where(OfferRow.id == invitation))

    async def forget_guild(self, guild_id: int) -> tuple[int, Changed]:
        """Take everybody out of a server's queue; how many those were, and what is to be taken down."""
        async with self._content.write() as connection:
            found = await connection.execute(
                select(QueueEntry.__table__).where(QueueEntry.server_idx == self._guild(guild_id))
            )
            entries = found.mappings().all()
            steps = _Steps()
            for offer in {entry["offer_id"] for entry in entries} - {None}:
                await self._close(connection, offer, steps)
            await connection.execute(delete(QueueEntry).where(QueueEntry.id.in_([entry["id"] for entry in entries])))
        return len(entries), Changed((), await self._places(steps.closed))

    async def forget_person(
        self, user_id: int, *, at: datetime, guilds: Collection[int] | None = None
    ) -> tuple[dict[str, int], Changed]:
        """Take somebody out of every queue, and end what they were offered or invited to, or invited to themselves.

        Returns how many rows of each table went, and what is to be taken down. Whoever is left waits on, and is brought
        together with others in the servers of *guilds*, or in all.
        """
        idx = self._subjects.index(user_id)
        async with self._content.write() as connection:
            steps = _Steps()
            found = await connection.execute(
                select(QueueEntry.__table__)
                .join(Subject, Subject.id == QueueEntry.subject_id)
                .where(Subject.idx == idx)
            )
            entries = found.mappings().all()
            for entry in entries:
                await self._out(connection, entry, steps)
            named = select(OfferRow.id).where(or_(OfferRow.one_idx == idx, OfferRow.other_idx == idx))
            for offer in (await connection.execute(named)).scalars().all():
                await self._close(connection, offer, steps)
            rows = {"queue_entry": len(entries), "offer": len(steps.closed)}
            after = await self._settle(connection, at, *self._in(guilds))
            after.closed += steps.closed
        return rows, await self._changed(after, at)

    # As a keeper

    async def erase(self, subject: UUID) -> dict[str, int]:
        """Take a subject out of every queue, and delete what was offered to them; what stands of it stays there.

        In a running bot `forget_person` comes first, and knows what to take down.
        """
        async with self._content.write() as connection:
            rows = await connection.execute(
                select(QueueEntry.offer_id).where(QueueEntry.subject_id == subject, QueueEntry.offer_id.is_not(None))
            )
            offers = list(rows.scalars())
            gone = await connection.execute(delete(QueueEntry).where(QueueEntry.subject_id == subject))
            await connection.execute(
                update(QueueEntry).where(QueueEntry.offer_id.in_(offers)).values(offer_id=None, accepted=False)
            )
            idx = (await connection.execute(select(Subject.idx).where(Subject.id == subject))).scalar_one_or_none()
            named = OfferRow.id.in_(offers)
            if idx is not None:
                named = or_(named, OfferRow.one_idx == idx, OfferRow.other_idx == idx)
            taken = await connection.execute(delete(OfferRow).where(named))
        return {"queue_entry": gone.rowcount, "offer": taken.rowcount}

    async def export(self, subject: UUID) -> AsyncIterator[Page]:
        """A subject's places in queues, for the data package."""
        async with self._content.read() as connection:
            rows = await connection.execute(
                select(QueueEntry.__table__).where(QueueEntry.subject_id == subject).order_by(QueueEntry.id)
            )
            entries = rows.mappings().all()
        opened = await self._wanted(entries)
        records: list[dict[str, Any]] = []
        for entry in entries:
            wanted = opened.get(entry["id"])
            records.append(
                {
                    "guild": None if wanted is None else str(wanted.guild_id),
                    "channel": None if wanted is None else str(wanted.channel_id),
                    "type": None if wanted is None else wanted.type,
                    "level": None if wanted is None else wanted.level,
                    "offered": entry["offer_id"] is not None,
                    "accepted": entry["accepted"],
                    "expires_at": entry["expires_at"].astimezone(UTC).isoformat(timespec="seconds"),
                }
            )
        yield Page("queue", records, len(entries) - len(opened))

    # Steps, each within a transaction

    async def _settle(self, connection: AsyncConnection, at: datetime, *where: ColumnElement[bool]) -> _Steps:
        steps = _Steps()
        rows = await connection.execute(select(OfferRow.__table__).where(OfferRow.expires_at <= at))
        for over in rows.mappings().all():
            await self._close(connection, over["id"], steps)
        # An offer whose row is gone, with its two days or with an account, is over, too.
        known = select(OfferRow.id)
        dangling = and_(QueueEntry.offer_id.is_not(None), QueueEntry.offer_id.not_in(known))
        await connection.execute(delete(QueueEntry).where(dangling, QueueEntry.accepted.is_(False)))
        await connection.execute(update(QueueEntry).where(dangling).values(offer_id=None, accepted=False))
        await connection.execute(delete(QueueEntry).where(QueueEntry.offer_id.is_(None), QueueEntry.expires_at <= at))
        await self._match(connection, at, steps, *where)
        return steps

    async def _match(
        self, connection: AsyncConnection, at: datetime, steps: _Steps, *where: ColumnElement[bool]
    ) -> None:
        rows = await connection.execute(
            select(QueueEntry.__table__, Subject.idx)
            .join(Subject, Subject.id == QueueEntry.subject_id)
            .where(QueueEntry.offer_id.is_(None), QueueEntry.expires_at > at, *where)
            .order_by(QueueEntry.expires_at, QueueEntry.id)
        )
        waiting: dict[bytes, RowMapping] = {}
        for entry in rows.mappings().all():
            first = waiting.pop(entry["bucket_idx"], None)
            if first is None:
                waiting[entry["bucket_idx"]] = entry
                continue
            offer, until = uuid4(), at + OFFERED
            await connection.execute(
                insert(OfferRow).values(
                    id=offer,
                    kind=Kind.QUEUE.value,
                    one_idx=first["idx"],
                    other_idx=entry["idx"],
                    expires_at=until,
                )
            )
            await connection.execute(
                update(QueueEntry)
                .where(QueueEntry.id.in_([first["id"], entry["id"]]))
                .values(offer_id=offer, accepted=False)
            )
            steps.opened.append((offer, first, entry, until))

    async def _out(self, connection: AsyncConnection, entry: RowMapping, steps: _Steps) -> None:
        """Take one out; whoever was offered to them waits again, at the same place."""
        await connection.execute(delete(QueueEntry).where(QueueEntry.id == entry["id"]))
        if entry["offer_id"] is not None:
            await connection.execute(
                update(QueueEntry).where(QueueEntry.offer_id == entry["offer_id"]).values(accepted=True)
            )
            await self._close(connection, entry["offer_id"], steps)

    async def _close(self, connection: AsyncConnection, offer: UUID, steps: _Steps) -> None:
        """End an offer: who said yes waits on, who did not is out; both wait on if nobody was shown it."""
        found = await connection.execute(select(OfferRow.__table__).where(OfferRow.id == offer))
        rows = found.mappings().all()
        steps.closed += rows
        steps.opened = [each for each in steps.opened if each[0] != offer]
        if any(row["enc_place"] is not None for row in rows):
            await connection.execute(
                delete(QueueEntry).where(QueueEntry.offer_id == offer, QueueEntry.accepted.is_(False))
            )
        await connection.execute(
            update(QueueEntry).where(QueueEntry.offer_id == offer).values(offer_id=None, accepted=False)
        )
        await connection.execute(delete(OfferRow).where(OfferRow.id == offer))

    # Opening, after it

    async def _changed(self, steps: _Steps, at: datetime) -> Changed:
        both = [entry for _, *pair, _ in steps.opened for entry in pair]
        wanted = await self._wanted(both)
        ids = {entry["id"]: await self._discord_id(entry["subject_id"]) for entry in both}
        opened: list[Offer] = []
        out: list[RowMapping] = []
        for offer, first, second, until in steps.opened:
            lost = [each for each in (first, second) if each["id"] not in wanted or ids[each["id"]] is None]
            if lost:
                out += lost
                continue
            people = (ids[first["id"]] or 0, ids[second["id"]] or 0)
            opened.append(Offer(offer, people, (wanted[first["id"]], wanted[second["id"]]), until))
        changed = Changed(tuple(opened), await self._places(steps.closed))
        return _both(changed, await self._unreadable(out, at)) if out else changed

    async def _unreadable(self, entries: Sequence[RowMapping], at: datetime) -> Changed:
        """Take out whose place does not open: it was changed, or they are being erased. Others do not wait for them."""
        log.warning("a place in the queue could not be opened", extra={"count": len(entries)})
        async with self._content.write() as connection:
            steps = _Steps()
            for entry in entries:
                found = await connection.execute(select(QueueEntry.__table__).where(QueueEntry.id == entry["id"]))
                if (still := found.mappings().first()) is not None:
                    await self._out(connection, still, steps)
            for server in {entry["server_idx"] for entry in entries}:
                await self._match(connection, at, steps, QueueEntry.server_idx == server)
        return await self._changed(steps, at)

    async def _discord_id(self, subject: UUID) -> int | None:
        try:
            return await self._subjects.discord_id(subject)
        except (DecryptionFailed, UnknownKey):
            return None

    async def _wanted(self, entries: Iterable[Any]) -> dict[UUID, Wanted]:
        rows = list(entries)
        opened: dict[UUID, Wanted] = {}
        async with self._keyring.unlocked(*{row["subject_id"] for row in rows}) as keys:
            for row in rows:
                try:
                    body = keys.open(row["subject_id"], row["enc_body"], _place(row["id"]))
                except (DecryptionFailed, UnknownKey):
                    continue
                opened[row["id"]] = Wanted(*json.loads(body))
                wipe(body)
        return opened

    async def _places(self, offers: Sequence[RowMapping]) -> tuple[Posted, ...]:
        places: list[Posted] = []
        async with self._keyring.unlocked(INSTALLATION) as keys:
            for row in offers:
                if row["enc_place"] is None:
                    continue
                try:
                    plain = keys.open(INSTALLATION, row["enc_place"], _spot(row["id"]))
                except (DecryptionFailed, UnknownKey):
                    continue
                guild, channel, message, one, other = _WHERE.unpack(plain)
                wipe(plain)
                places.append(Posted(row["id"], guild, channel, message, (one, other)))
        return tuple(places)

    def _in(self, guilds: Collection[int] | None) -> tuple[ColumnElement[bool], ...]:
        return () if guilds is None else (QueueEntry.server_idx.in_([self._guild(each) for each in guilds]),)

    def _guild(self, guild_id: int) -> bytes:
        return self._secrets.index("queue of a guild", guild_id)

    def _bucket(self, wanted: Wanted) -> bytes:
        return self._secrets.index(f"queue for {wanted.type}, {wanted.level}", wanted.guild_id)

    def __repr__(self) -> str:
        return "<Queue>"


def _both(one: Changed, other: Changed) -> Changed:
    return Changed((*one.opened, *other.opened), (*one.closed, *other.closed))


def _place(entry: UUID) -> Place:
    return Place("queue_entry", "enc_body", entry)


def _spot(offer: UUID) -> Place:
    return Place("offer", "enc_place", offer)
