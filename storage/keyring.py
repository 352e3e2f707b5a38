"""Every subject's data keys: made on first need, lent for a moment, rewrapped, destroyed.

    ensure(subject)            a data key, wrapped under the current key-encryption key, with its commitment
    unlocked(*subjects)        their keys for one block: seal and open, without waiting in between
    rotate()                   rewrap what is under an older key-encryption key, a few at a time
    retire(version)            destroy a key-encryption key that wraps nothing any more
    destroy(subject)           a tombstone, and the keys are gone: what they sealed is noise from here on
    bury(rows)                 a tombstone for each row that somebody deleted, so that no backup brings it back
    opt_out(subject, index)    never to be heard, whatever content is restored beside this keyring

Two subjects are nobody. `ROOT`'s key seals nothing: the installation's secrets are derived from it. `INSTALLATION`'s
key seals what has no owner, such as where captions stand.

Several processes may use one keyring. Whatever changes keys raises the database's generation, and unwrapped keys are
kept for as long as the generation stays the same; so a key that another process destroyed is used no more from the next
block on. In this process it is wiped at once, also under those who are using it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections import OrderedDict
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID, uuid4

from sqlalchemy import delete, func, insert, select, update

from storage.crypto import KEY_BYTES, DataKey, Place, commitment, key_id_of, wipe, wrapping_place
from storage.errors import DecryptionFailed, KeyProviderFailed, StorageError, SubjectErased, UnknownKey
from storage.keys import KeyProvider, Secrets
from storage.models import Dek, KeyringMeta, OptOut, Tombstone

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable, Sequence
    from datetime import date

    from sqlalchemy import RowMapping
    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.database import Database

ROOT: Final = UUID(int=0)
"""Whose key the installation's secrets are derived from."""

INSTALLATION: Final = UUID(int=1)
"""Whose key seals what belongs to no person."""

BACKUP_WINDOW: Final = timedelta(days=30)
"""How old a backup may be that is still restored."""

TOMBSTONE_LIFE: Final = BACKUP_WINDOW + timedelta(days=7)
"""How long an erasure is remembered, by a random id: longer than any backup could bring its subject back."""

_ATTEMPTS = 10


@dataclass(frozen=True, slots=True)
class Destroyed:
    """What the destruction of a subject's keys left to prove it by.

    Attributes:
        subject: Whose keys they were; an id that means nothing any more.
        generation: The keyring's generation since then.
        erased_at: When.
        expires_at: Until when the tombstone stands.
        wrapped_sha256: The hash of each wrapped key; empty when they were destroyed before, or there were none.
    """

    subject: UUID
    generation: int
    erased_at: datetime
    expires_at: datetime
    wrapped_sha256: tuple[bytes, ...] = ()


class _Ring:
    """One subject's keys, unwrapped: the current one is the last."""

    __slots__ = ("failure", "keys", "users")

    def __init__(self, keys: Sequence[DataKey] = (), failure: StorageError | None = None) -> None:
        self.keys = tuple(keys)
        self.failure = failure
        self.users = 0

    def wipe(self) -> None:
        for key in self.keys:
            key.wipe()


class Unlocked:
    """The keys of some subjects, until the end of the block that they were asked for in."""

    __slots__ = ("_rings",)

    def __init__(self, rings: dict[UUID, _Ring]) -> None:
        self._rings = rings

    def seal(self, subject: UUID, plaintext: bytes | bytearray, place: Place) -> bytes:
        """What to store at *place*, under the subject's current key.

        Raises:
            SubjectErased: If the subject's keys were destroyed.
            UnknownKey: If it has none, or the block is over.
            DecryptionFailed: If its wrapped key was changed.
        """
        return self._keys(subject)[-1].seal(plaintext, place)

    def open(self, subject: UUID, sealed: bytes, place: Place) -> bytearray:
        """What was sealed for the same subject and place, in memory that the caller should `wipe`.

        Raises:
            SubjectErased: If the subject's keys were destroyed.
            UnknownKey: If it has not the key that sealed this, or the block is over.
            DecryptionFailed: If the field, or the wrapped key, was changed or moved.
        """
        key_id = key_id_of(sealed)
        for key in self._keys(subject):
            if key.id == key_id:
                return key.open(sealed, place)
        raise UnknownKey("sealed with another subject's key, or one that is gone")

    def has(self, subject: UUID) -> bool:
        """Whether this subject's fields can be sealed and opened now."""
        ring = self._rings.get(subject)
        return ring is not None and ring.failure is None and not any(key.wiped for key in ring.keys)

    def _keys(self, subject: UUID) -> tuple[DataKey, ...]:
        ring = self._rings.get(subject)
        if ring is None:
            raise UnknownKey("these keys were not asked for, or the block is over")
        if ring.failure is not None:
            raise type(ring.failure)(*ring.failure.args)
        return ring.keys

    def __repr__(self) -> str:
        return f"<Unlocked, {len(self._rings)} subjects>"


class Keyring:
    """The data keys in one keyring database, wrapped by one provider."""

    def __init__(
        self,
        database: Database,
        provider: KeyProvider,
        *,
        cached: int = 256,
        tombstone_life: timedelta = TOMBSTONE_LIFE,
    ) -> None:
        """Keep at most *cached* subjects' keys unwrapped while nobody uses them."""
        self._database = database
        self._provider = provider
        self._cached = cached
        self._tombstone_life = tombstone_life
        self._rings: OrderedDict[UUID, _Ring] = OrderedDict()
        # Lent when the generation changed: good to the end of their block, and lent to nobody else.
        self._former: list[tuple[UUID, _Ring]] = []
        self._generation = -1
        self._wiped = 0

    async def ensure(self, subject: UUID) -> None:
        """Make the subject's data key, unless there is one.

        Raises:
            SubjectErased: If its keys were destroyed.
            KeyProviderFailed: If the provider does not wrap.
            DatabaseFailed: If the keyring does not take it.
        """
        async with self._database.read() as connection:
            if await _newest(connection, subject):
                return
        await self._add(subject, 1)

    async def renew(self, subject: UUID) -> int:
        """Make another version of the subject's data key, and return its number. Older ones open what they sealed.

        Raises:
            ValueError: For the root: every index depends on it.
            UnknownKey: If the subject has no key yet.
        """
        if subject == ROOT:
            raise ValueError("the root stays what it is")
        async with self._database.read() as connection:
            newest = await _newest(connection, subject)
        if not newest:
            raise UnknownKey("this subject has no data key")
        await self._add(subject, newest + 1)
        return newest + 1

    async def secrets(self) -> Secrets:
        """The installation's secrets, for its owner to wipe. The root they come from is made on first need.

        Raises:
            DecryptionFailed: If the wrapped root was changed.
        """
        await self.ensure(ROOT)
        async with self._database.read() as connection:
            row = (await connection.execute(select(Dek.__table__).where(Dek.subject_id == ROOT))).mappings().one()
        root = await self._unwrap(row)
        try:
            return Secrets(root)
        finally:
            wipe(root)

    @asynccontextmanager
    async def unlocked(self, *subjects: UUID) -> AsyncGenerator[Unlocked]:
        """These subjects' keys, for the length of the block. Those without keys fail when they are used.

        Raises:
            KeyProviderFailed: If the provider does not unwrap.
            DatabaseFailed: If the keyring cannot be read.
        """
        if ROOT in subjects:
            raise ValueError("the root seals nothing")
        rings = await self._lend(set(subjects))
        try:
            yield Unlocked(rings)
        finally:
            for ring in rings.values():
                ring.users -= 1
            rings.clear()
            self._tidy()

    async def destroy(self, subject: UUID, *, at: datetime) -> Destroyed:
        """Put a tombstone, and delete the subject's keys, in one transaction. The second time changes nothing.

        Raises:
            ValueError: For the root and the installation, which are not people.
        """
        (destroyed,) = await self.destroy_all([subject], at=at)
        return destroyed

    async def destroy_all(self, subjects: Sequence[UUID], *, at: datetime) -> list[Destroyed]:
        """`destroy` each of *subjects*, all in one transaction; what is returned has their order.

        Raises:
            ValueError: For the root and the installation, which are not people.
        """
        if {ROOT, INSTALLATION} & set(subjects):
            raise ValueError("only a person's keys are destroyed")
        # Whoever is using them just now learns that they are gone for good, and not that a key is missing.
        lent = self._forget(subjects)
        for ring in lent:
            ring.failure = SubjectErased("this subject's keys were destroyed")
        try:
            async with self._database.write() as connection:
                done = [await self._destroy(connection, subject, at) for subject in subjects]
        except BaseException:
            for ring in lent:
                ring.failure = None  # they are wiped all the same, and to be asked for again
            raise
        for ring in self._forget(subjects):  # again: one may have been lent while the transaction waited
            ring.failure = SubjectErased("this subject's keys were destroyed")
        fresh = sorted(destroyed.generation for destroyed, is_new in done if is_new)
        if fresh and self._generation == fresh[0] - 1:
            self._generation = fresh[-1]  # nothing else happened, so all others' keys are still good
        return [destroyed for destroyed, _ in done]

    async def bury(self, rows: Sequence[UUID], *, at: datetime) -> None:
        """Put a tombstone for each of these rows of the content, whose ids are random: `storage.erasure` does the rest.

        To be done before they are deleted, so that a process may be killed in between.
        """
        if rows:
            await self.destroy_all(rows, at=at)

    async def _destroy(self, connection: AsyncConnection, subject: UUID, at: datetime) -> tuple[Destroyed, bool]:
        """What was destroyed, and whether that was not done before."""
        stones = await connection.execute(select(Tombstone.__table__).where(Tombstone.subject_id == subject))
        stone = stones.mappings().first()
        keys = await connection.execute(select(Dek.wrapped).where(Dek.subject_id == subject).order_by(Dek.dek_ver))
        hashes = tuple(hashlib.sha256(wrapped).digest() for wrapped in keys.scalars())
        await connection.execute(delete(Dek).where(Dek.subject_id == subject))
        await connection.execute(delete(OptOut).where(OptOut.subject_id == subject))
        if stone is not None:
            return _destroyed(stone), False
        generation = await _raise_generation(connection)
        expires_at = at + self._tombstone_life
        await connection.execute(
            insert(Tombstone).values(subject_id=subject, generation=generation, erased_at=at, expires_at=expires_at)
        )
        return Destroyed(subject, generation, at, expires_at, hashes), True

    async def refuse_erased(self, subject: UUID) -> None:
        """Do nothing, unless the subject's keys were destroyed.

        Raises:
            SubjectErased: If they were.
        """
        async with self._database.read() as connection:
            await _refuse_erased(connection, subject)

    async def holders(self) -> set[UUID]:
        """Whose data keys there are, the root's and the installation's left out."""
        async with self._database.read() as connection:
            found = set((await connection.execute(select(Dek.subject_id).distinct())).scalars())
        return found - {ROOT, INSTALLATION}

    async def discard(self, subject: UUID) -> None:
        """Delete the keys of a subject that never came to be, and so sealed nothing that is kept."""
        self._forget([subject])
        async with self._database.write() as connection:
            await connection.execute(delete(Dek).where(Dek.subject_id == subject))

    async def tombstones(self, *, after: int = 0) -> list[Destroyed]:
        """The erasures after that generation, oldest first; what a restored content database must be told."""
        async with self._database.read() as connection:
            stones = await connection.execute(
                select(Tombstone.__table__).where(Tombstone.generation > after).order_by(Tombstone.generation)
            )
            return [_destroyed(stone) for stone in stones.mappings()]

    async def expire_tombstones(self, *, now: datetime) -> int:
        """Delete the tombstones that no backup needs any more, and return how many."""
        async with self._database.write() as connection:
            return (await connection.execute(delete(Tombstone).where(Tombstone.expires_at <= now))).rowcount

    async def opt_out(self, subject: UUID, idx: bytes, *, today: date) -> None:
        """Put down that this subject is never to be heard. The second time changes nothing but whose row it is.

        Raises:
            SubjectErased: If its keys were destroyed.
        """
        async with self._database.write() as connection:
            await _refuse_erased(connection, subject)
            # After a restore somebody may be another subject than the one they opted out as.
            row = await connection.execute(update(OptOut).where(OptOut.idx == idx).values(subject_id=subject))
            if not row.rowcount:
                await connection.execute(insert(OptOut).values(subject_id=subject, idx=idx, created_day=today))
                await _raise_generation(connection)  # so that the keyring's backup follows

    async def opt_in(self, idx: bytes) -> bool:
        """Take that back, and return whether it was so."""
        async with self._database.write() as connection:
            gone = (await connection.execute(delete(OptOut).where(OptOut.idx == idx))).rowcount
            if gone:
                await _raise_generation(connection)
        return gone > 0

    async def opted_out(self) -> dict[bytes, date]:
        """Who is never to be heard, by what stands for them, and since when."""
        async with self._database.read() as connection:
            found = (await connection.execute(select(OptOut.idx, OptOut.created_day))).all()
        return {row.idx: row.created_day for row in found}

    async def withdrawn_up_to(self) -> int:
        """The number of the last withdrawal in the ledger of consents, which a restored content may not have."""
        async with self._database.read() as connection:
            return (await connection.execute(select(KeyringMeta.ledger_seq))).scalar_one()

    async def mark_withdrawal(self, seq: int, *, lower: bool = False) -> None:
        """Put down the number of a withdrawal that was written; with *lower* also if there was a later one."""
        async with self._database.write() as connection:
            higher = update(KeyringMeta).values(ledger_seq=seq)
            await connection.execute(higher if lower else higher.where(KeyringMeta.ledger_seq < seq))

    async def generation(self) -> int:
        """How often keys were changed or destroyed, rows buried, and who is never to be heard changed."""
        async with self._database.read() as connection:
            return await _generation(connection)

    async def versions(self) -> dict[int, int]:
        """How many data keys each version of the key-encryption key wraps."""
        async with self._database.read() as connection:
            rows = await connection.execute(
                select(Dek.kek_ver, func.count()).group_by(Dek.kek_ver).order_by(Dek.kek_ver)
            )
            return {row[0]: row[1] for row in rows}

    async def rotate(self, *, batch: int = 100) -> int:
        """Rewrap every data key that an older key-encryption key wraps, and return how many.

        Each *batch* is one transaction, so it may be interrupted anywhere and done again, also by two processes at
        once. What the data keys sealed is not touched.

        Raises:
            DecryptionFailed: If some could not be unwrapped; all others were rewrapped.
        """
        current = await self._provider.current_version()
        done = 0
        broken: set[UUID] = set()
        while True:
            async with self._database.read() as connection:
                found = await connection.execute(
                    select(Dek.__table__)
                    .where(Dek.kek_ver < current, Dek.dek_id.not_in(broken))
                    .order_by(Dek.dek_id)
                    .limit(batch)
                )
                rows = found.mappings().all()
            if not rows:
                break
            changes: list[dict[str, Any]] = []
            for row in rows:
                try:
                    changes.append(await self._rewrap(row, current))
                except (DecryptionFailed, UnknownKey):
                    broken.add(row["dek_id"])
            done += await self._replace(changes)
        if broken:
            raise DecryptionFailed(f"{len(broken)} data keys could not be rewrapped")
        return done

    async def retire(self, version: int) -> None:
        """Destroy that version of the key-encryption key, and every older one.

        Raises:
            ValueError: If it still wraps a data key, or is the current one.
        """
        if version >= await self._provider.current_version():
            raise ValueError("the current version is not retired")
        async with self._database.write() as connection:
            used = await connection.execute(select(func.count()).where(Dek.kek_ver <= version))
            if used.scalar_one():
                raise ValueError("that version still wraps data keys: rotate first")
            # From here on nobody who still believes that version to be current can add a key under it.
            await connection.execute(
                update(KeyringMeta).where(KeyringMeta.retired_kek < version).values(retired_kek=version)
            )
        await self._provider.destroy(version)

    def close(self) -> None:
        """Wipe every key that is unwrapped."""
        self._forget({*self._rings, *(subject for subject, _ in self._former)})

    # Making and unwrapping

    async def _add(self, subject: UUID, version: int) -> None:
        for _ in range(_ATTEMPTS):
            row = await self._wrapped(subject, version)
            async with self._database.write() as connection:
                await _refuse_erased(connection, subject)
                if await _newest(connection, subject) >= version:
                    return  # another process was first; its key is as good
                retired = (await connection.execute(select(KeyringMeta.retired_kek))).scalar_one()
                if row["kek_ver"] > retired:
                    await connection.execute(insert(Dek).values(row))
                    if version > 1:
                        await _raise_generation(connection)
                    return
        raise KeyProviderFailed("the provider wraps under a version that was retired")

    async def _wrapped(self, subject: UUID, version: int) -> dict[str, Any]:
        secret = bytearray(os.urandom(KEY_BYTES))
        try:
            key_id = uuid4()
            kek_version = await self._provider.current_version()
            place = wrapping_place(subject=subject, key_id=key_id, version=version, kek_version=kek_version)
            return {
                "dek_id": key_id,
                "subject_id": subject,
                "dek_ver": version,
                "kek_ver": kek_version,
                "wrapped": await self._provider.wrap(kek_version, secret, place),
                "commitment": commitment(secret),
            }
        finally:
            wipe(secret)

    async def _unwrap(self, row: RowMapping) -> bytearray:
        secret = await self._provider.unwrap(row["kek_ver"], row["wrapped"], _place_of(row, row["kek_ver"]))
        if len(secret) != KEY_BYTES or not hmac.compare_digest(commitment(secret), row["commitment"]):
            wipe(secret)
            raise DecryptionFailed("a data key is not the one it was")
        return secret

    async def _rewrap(self, row: RowMapping, version: int) -> dict[str, Any]:
        secret = await self._unwrap(row)
        try:
            wrapped = await self._provider.wrap(version, secret, _place_of(row, version))
        finally:
            wipe(secret)
        return {"dek_id": row["dek_id"], "old": row["kek_ver"], "kek_ver": version, "wrapped": wrapped}

    async def _replace(self, changes: list[dict[str, Any]]) -> int:
        if not changes:
            return 0
        async with self._database.write() as connection:
            # Only where nobody has rewrapped it meanwhile, and where it was not destroyed.
            done = [
                await connection.execute(
                    update(Dek)
                    .where(Dek.dek_id == change["dek_id"], Dek.kek_ver == change["old"])
                    .values(kek_ver=change["kek_ver"], wrapped=change["wrapped"])
                )
                for change in changes
            ]
        return sum(each.rowcount for each in done)

    # Lending

    async def _lend(self, subjects: set[UUID]) -> dict[UUID, _Ring]:
        for _ in range(_ATTEMPTS):
            wiped = self._wiped
            generation, rows, erased = await self._rows(subjects)
            loaded = {subject: await self._ring(subject, rows[subject], erased) for subject in rows}
            same = (wiped, generation) == (self._wiped, self._generation)
            if same and subjects <= set(self._rings) | set(loaded):
                break
            # Meanwhile keys were changed or destroyed, perhaps these: what was unwrapped may not be used. Or some of
            # those that were here had to make room for others.
            for ring in loaded.values():
                ring.wipe()
        else:
            raise KeyProviderFailed("keys kept being destroyed while some were unwrapped")
        rings: dict[UUID, _Ring] = {}
        for subject in subjects:
            ring = self._rings.get(subject)
            if ring is None:
                ring = loaded[subject]
                if ring.failure is None:
                    self._rings[subject] = ring
            elif subject in loaded:
                loaded[subject].wipe()
            if ring.failure is None:
                self._rings.move_to_end(subject)
            ring.users += 1
            rings[subject] = ring
        return rings

    async def _rows(self, subjects: set[UUID]) -> tuple[int, dict[UUID, list[RowMapping]], set[UUID]]:
        """The generation, the wrapped keys of those that are not unwrapped here yet, and who of them was erased."""
        async with self._database.read() as connection:
            generation = await _generation(connection)
            if generation > self._generation:
                self._outdate(generation)
            missing = subjects - set(self._rings)
            rows: dict[UUID, list[RowMapping]] = {subject: [] for subject in missing}
            if not missing:
                return generation, rows, set()
            found = await connection.execute(
                select(Dek.__table__).where(Dek.subject_id.in_(missing)).order_by(Dek.subject_id, Dek.dek_ver)
            )
            for row in found.mappings():
                rows[row["subject_id"]].append(row)
            stones = await connection.execute(select(Tombstone.subject_id).where(Tombstone.subject_id.in_(missing)))
            return generation, rows, set(stones.scalars())

    async def _ring(self, subject: UUID, rows: Sequence[RowMapping], erased: set[UUID]) -> _Ring:
        if subject in erased:
            return _Ring(failure=SubjectErased("this subject's keys were destroyed"))
        if not rows:
            return _Ring(failure=UnknownKey("this subject has no data key"))
        keys: list[DataKey] = []
        try:
            for row in rows:
                secret = await self._unwrap(row)
                keys.append(DataKey(secret, subject=subject, key_id=row["dek_id"], version=row["dek_ver"]))
        except (DecryptionFailed, UnknownKey) as failure:
            # One person's damaged key is no reason to open nobody's.
            for key in keys:
                key.wipe()
            return _Ring(failure=failure.with_traceback(None))
        return _Ring(keys)

    def _outdate(self, generation: int) -> None:
        self._generation = generation
        self._former += [(subject, ring) for subject, ring in self._rings.items() if ring.users]
        for ring in self._rings.values():
            if not ring.users:
                ring.wipe()
        self._rings.clear()

    def _tidy(self) -> None:
        for _, ring in self._former:
            if not ring.users:
                ring.wipe()
        self._former = [(subject, ring) for subject, ring in self._former if ring.users]
        excess = len(self._rings) - self._cached
        if excess > 0:
            idle = [subject for subject, ring in self._rings.items() if not ring.users]
            for subject in idle[:excess]:
                self._rings.pop(subject).wipe()

    def _forget(self, subjects: Iterable[UUID]) -> list[_Ring]:
        """Wipe what is unwrapped of these subjects, under whoever uses it; which that was."""
        self._wiped += 1
        forgotten: list[_Ring] = []
        for subject in subjects:
            forgotten += [old for whose, old in self._former if whose == subject]
            if (ring := self._rings.pop(subject, None)) is not None:
                forgotten.append(ring)
        for ring in forgotten:
            ring.wipe()
        return forgotten

    def __repr__(self) -> str:
        return f"<Keyring, {len(self._rings)} unwrapped>"


def _place_of(row: RowMapping, kek_version: int) -> bytes:
    return wrapping_place(
        subject=row["subject_id"], key_id=row["dek_id"], version=row["dek_ver"], kek_version=kek_version
    )


def _destroyed(stone: RowMapping) -> Destroyed:
    return Destroyed(stone["subject_id"], stone["generation"], stone["erased_at"], stone["expires_at"])


async def _newest(connection: AsyncConnection, subject: UUID) -> int:
    """The subject's newest version of a data key; 0 if it has none."""
    found = await connection.execute(select(func.max(Dek.dek_ver)).where(Dek.subject_id == subject))
    return found.scalar_one() or 0


async def _refuse_erased(connection: AsyncConnection, subject: UUID) -> None:
    stone = await connection.execute(select(Tombstone.subject_id).where(Tombstone.subject_id == subject))
    if stone.first() is not None:
        raise SubjectErased("this subject's keys were destroyed")


async def _generation(connection: AsyncConnection) -> int:
    return (await connection.execute(select(KeyringMeta.generation))).scalar_one()


async def _raise_generation(connection: AsyncConnection) -> int:
    generation = await _generation(connection) + 1
    await connection.execute(update(KeyringMeta).values(generation=generation))
    return generation
