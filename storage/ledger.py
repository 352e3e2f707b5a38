"""The ledger of consents: what was agreed to or taken back, by whom, when, and under which policy. Only ever added to.

    give / withdraw     events -> one transaction: event, commitment, link -> what `allowed` says
    allowed             from memory, without waiting; a withdrawal counts before it is even written
    opt_out             never hear me, anywhere: counts at once, above every yes; kept in the keyring
    overtaken           whether withdrawals are missing, because an older content was restored
    export              one person's own events and the chain, signed
    verify_ledger       anybody, offline: the events are in the chain, unchanged, and the chain is the installation's

Each event has a random salt. Its commitment is the SHA-256 of salt and event; links chain the commitments:

    head(n) = SHA-256(n, head(n-1), commitment(n))        mac(n) = HMAC(ledger secret, head(n))

When a person is erased, their events and salts go and the commitments stay. A commitment without its salt says nothing,
and the chain still verifies. The heads are plain hashes, so that whoever holds an export can follow the chain without a
secret; the MAC keeps somebody who can write the database, but has no keys, from making a chain of their own. What such
a person can do is cut off the end. An older export shows that: its head is missing from the chain, see `earlier`.

An event is kept under the subject's data key but for what the current state is asked for: purpose, yes or no, policy. A
yes counts under the policy it was given for; when version or hash of the policy is another, it counts as no.
"""

from __future__ import annotations

import asyncio
import base64
import enum
import hashlib
import hmac
import json
import os
import secrets
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, cast
from uuid import UUID, uuid4

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import delete, func, insert, select

from storage.crypto import Place, encode
from storage.errors import DecryptionFailed, OptedOut, StorageError, SubjectErased, UnknownKey
from storage.models import ConsentEvent, ConsentLink, Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from sqlalchemy import RowMapping
    from sqlalchemy.ext.asyncio import AsyncConnection

    from storage.database import Database
    from storage.keyring import Keyring, Unlocked
    from storage.keys import Secrets
    from storage.subjects import Subjects

EXPORT_FORMAT: Final = 1

START: Final = bytes(32)
"""The head before the first link."""

_SALT_BYTES = 32
_VERSION_LENGTH = 40
_PAGE = 1000


class Purpose(enum.StrEnum):
    """What somebody may agree to, each by itself; all off until then."""

    TRANSCRIBE = "transcribe"
    """Decrypt my voice during an interview I joined, and turn it into text in memory."""

    CAPTIONS = "captions"
    """Show my words in the channel while the interview runs."""

    SAVE = "save"
    """Keep my words when a transcript is saved."""

    AI_FEEDBACK = "ai_feedback"
    """Send my saved words to a language model for feedback."""

    ANALYTICS = "analytics"
    """Count what I use, under a pseudonym."""


HEARING: Final = frozenset({Purpose.TRANSCRIBE, Purpose.CAPTIONS})
"""What somebody who opted out of being heard can agree to no more."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The policy that is in force.

    Attributes:
        version: At most 40 characters.
        sha256: The hash of its text, 32 bytes.
    """

    version: str
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Occasion:
    """Where and how somebody decided.

    Attributes:
        interaction_id: Discord's id of the button or command; the same one never counts twice.
        at: When, in UTC.
        locale: The language that the question was shown in.
        method: What was pressed, such as "button" or "command".
        guild_id: In which server; None in a direct message.
        text_sha256: The hash of the words that were shown; empty where there were none.
    """

    interaction_id: int
    at: datetime
    locale: str
    method: str
    guild_id: int | None = None
    text_sha256: bytes = b""


@dataclass(frozen=True, slots=True)
class Decision:
    """One event, as its owner may see it.

    Attributes:
        seq: Its number in the ledger, from 1.
        purpose: What for.
        given: Yes, or taken back.
        policy: The policy that was shown.
        at: When; None if what was put down with it does not open any more.
        detail: Everything else that was put down: locale, method, age that was attested, …; nothing likewise.
    """

    seq: int
    purpose: Purpose
    given: bool
    policy: Policy
    at: datetime | None
    detail: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody's latest decision for a purpose means now.

    Attributes:
        given: Whether they said yes, whatever the policy was.
        stale: Whether that was under another policy, and so counts as no.
    """

    given: bool = False
    stale: bool = False

    @property
    def allowed(self) -> bool:
        """Whether it may be done now."""
        return self.given and not self.stale


@dataclass(frozen=True, slots=True)
class Verdict:
    """What checking an export or the ledger showed.

    Attributes:
        faults: What does not hold, in words; none when everything does.
        events: How many events were checked.
        seq: The number of the last link.
        head: Its head.
    """

    faults: tuple[str, ...]
    events: int
    seq: int
    head: bytes

    @property
    def holds(self) -> bool:
        """Whether everything does."""
        return not self.faults


@dataclass(frozen=True, slots=True)
class _Put:
    """What `_put` did: all that this interaction put down, which purposes stand, and what was new."""

    decisions: list[Decision] = field(default_factory=list[Decision])
    standing: dict[str, bool] = field(default_factory=dict[str, bool])
    new: set[str] = field(default_factory=set[str])


@dataclass(frozen=True, slots=True)
class _Link:
    seq: int
    head: bytes
    commitment: bytes = b""


class Ledger:
    """The consents of everybody, for one policy."""

    def __init__(
        self, content: Database, keyring: Keyring, secrets: Secrets, subjects: Subjects, *, policy: Policy
    ) -> None:
        if len(policy.version) > _VERSION_LENGTH or len(policy.sha256) != hashlib.sha256().digest_size:
            raise ValueError("a policy has a version of at most 40 characters and a SHA-256")
        self._content = content
        self._keyring = keyring
        self._secrets = secrets
        self._subjects = subjects
        self._policy = policy
        self._order = asyncio.Lock()
        # By HMAC and purpose: whether a yes stands under this policy. Changed by whoever holds the lock.
        self._known: dict[tuple[bytes, str], bool] = {}
        # By HMAC: who is never to be heard; and of those, whose word is not written yet, or could not be.
        self._out: set[bytes] = set()
        self._unwritten: set[bytes] = set()
        # Withdrawals that are not written yet, and those that could not be written.
        self._pending: Counter[tuple[bytes, str]] = Counter()
        self._failed: set[tuple[bytes, str]] = set()
        self._seen = 0
        self._total = 0

    def allowed(self, user_id: int, purpose: Purpose) -> bool:
        """Whether this person's yes stands, now. `refresh` must have been asked before the first time."""
        idx = self._subjects.index(user_id)
        if idx in self._out and purpose in HEARING:
            return False
        key = (idx, purpose.value)
        return self._known.get(key, False) and not self._pending[key] and key not in self._failed

    async def stands(self, connection: AsyncConnection, subject: UUID, purpose: Purpose) -> bool:
        """Whether this subject's yes stands, as *connection* sees it: in a writer's, until that one has written."""
        found = await connection.execute(
            select(ConsentEvent.__table__)
            .where(ConsentEvent.subject_id == subject, ConsentEvent.purpose == purpose.value)
            .order_by(ConsentEvent.seq.desc())
            .limit(1)
        )
        return self._stands(found.mappings().first())

    async def refresh(self) -> None:
        """Learn what other processes wrote since the last time; at first, everything.

        Until then a yes that another process put down is unknown here, and so is a withdrawal. Processes that share a
        ledger ask at each beat, and before they act on a yes.
        """
        async with self._order:
            async with self._content.read() as connection:
                last, _ = await _end(connection)
                total = (await connection.execute(select(func.count()).select_from(ConsentEvent))).scalar_one()
                rows = await _events_after(connection, self._seen)
                again = total != self._total + len(rows)
                if again:  # somebody was erased
                    rows = await _events_after(connection, 0)
            self._out = {*await self._keyring.opted_out(), *self._unwritten}
            if again:
                self._known.clear()
            for row in rows:
                self._known[row["idx"], row["purpose"]] = self._stands(row)
            self._seen, self._total = last, total

    async def give(
        self, user_id: int, purposes: Iterable[Purpose], occasion: Occasion, *, attested_age: int
    ) -> list[Decision]:
        """Put down a yes for each of *purposes*, from somebody who attested to be at least *attested_age* years old.

        What this interaction put down is returned; the second time it is the same, and nothing is added.

        Raises:
            OptedOut: If hearing is among them and this person is never to be heard.
            StorageError: If it could not be put down; `allowed` says what it said before.
        """
        wanted = sorted(set(purposes))
        if not wanted:
            return []
        async with self._order:
            if not HEARING.isdisjoint(wanted) and self.opted_out(user_id):
                raise OptedOut("this person is never to be heard")
            subject = await self._subjects.find_or_create(user_id, today=occasion.at.astimezone(UTC).date())
            put = await self._put(subject, wanted, occasion, given=True, attested_age=attested_age)
            idx = self._subjects.index(user_id)
            for purpose, yes in put.standing.items():
                self._known[idx, purpose] = yes
            # A new yes takes the place of a withdrawal that failed; the copy of an old one does not.
            self._failed -= {(idx, purpose) for purpose in put.new}
            return put.decisions

    async def withdraw(self, user_id: int, purposes: Iterable[Purpose], occasion: Occasion) -> list[Decision]:
        """Take back each of *purposes* that was given. `allowed` says no from the moment this is called.

        What this interaction put down is returned; the second time it is the same, and nothing is added.

        Raises:
            StorageError: If it could not be put down. `allowed` says no in this process even so, until a withdrawal
                or a new yes is put down; after a restart it would not, so the person must be told.
        """
        wanted = sorted(set(purposes))
        idx = self._subjects.index(user_id)
        keys = {(idx, purpose.value) for purpose in wanted}
        self._pending.update(keys)
        try:
            # Whatever is asked for while this waits comes later, and so may open again.
            async with self._order:
                subject = await self._subjects.find(user_id)
                put = _Put()
                if subject is not None:
                    put = await self._put(subject, wanted, occasion, given=False, attested_age=None)
                for key in keys:
                    self._known[key] = put.standing.get(key[1], False)
                    if not self._known[key]:
                        self._failed.discard(key)
                return put.decisions
        except BaseException:
            self._failed |= keys
            raise
        finally:
            self._pending.subtract(keys)
            self._pending += Counter()  # drop the zeros

    def opted_out(self, user_id: int) -> bool:
        """Whether this person is never to be heard. `refresh` must have been asked before the first time."""
        return self._subjects.index(user_id) in self._out

    async def opt_out(self, user_id: int, occasion: Occasion) -> None:
        """Never hear this person, in any server, from the moment this is called; what was agreed to is taken back.

        Raises:
            StorageError: If it could not be put down. It counts in this process even so, until a restart.
        """
        # Before anything that can wait or fail.
        idx = self._subjects.index(user_id)
        self._out.add(idx)
        self._unwritten.add(idx)
        await self.withdraw(user_id, HEARING, occasion)
        day = occasion.at.astimezone(UTC).date()
        subject = await self._subjects.find_or_create(user_id, today=day)
        async with self._order:
            await self._keyring.opt_out(subject, idx, today=day)
            self._out.add(idx)
            self._unwritten.discard(idx)

    async def opt_in(self, user_id: int) -> bool:
        """Let this person be asked again, who agreed to nothing by that; whether that was not so before.

        Raises:
            StorageError: If it could not be put down; nothing has changed.
        """
        idx = self._subjects.index(user_id)
        async with self._order:
            written = await self._keyring.opt_in(idx)
            was = idx in self._out
            self._out.discard(idx)
            self._unwritten.discard(idx)
            return was or written

    async def withdraw_all(self, *, at: datetime, method: str = "restore") -> int:
        """Take back every yes of everybody, and return of how many people: after a restore nobody knows who had.

        A person whose data key is lost or damaged cannot be written to any more, so their events are deleted.

        Raises:
            StorageError: If it could not be finished; it may be done again.
        """
        async with self._content.read() as connection:
            given = select(ConsentEvent.subject_id).where(ConsentEvent.given).distinct()
            subjects = list((await connection.execute(given)).scalars())
        people = 0
        for subject in subjects:
            occasion = Occasion(secrets.randbits(63), at, "", method)
            try:
                async with self._order:
                    put = await self._put(subject, sorted(Purpose), occasion, given=False, attested_age=None)
            except (UnknownKey, DecryptionFailed):
                await self.erase(subject)
                people += 1
            else:
                people += bool(put.new)
        self._known.clear()
        await self.refresh()
        await self._keyring.mark_withdrawal(self._seen, lower=True)
        return people

    async def overtaken(self) -> bool:
        """Whether somebody took back a yes of which this ledger knows nothing: then `withdraw_all` is due."""
        async with self._content.read() as connection:
            last, _ = await _end(connection)
        return last < await self._keyring.withdrawn_up_to()

    async def state(self, user_id: int) -> dict[Purpose, Standing]:
        """What this person's decisions mean now, for each purpose, read from the database."""
        standings = dict.fromkeys(Purpose, Standing())
        subject = await self._subjects.find(user_id)
        if subject is None:
            return standings
        async with self._content.read() as connection:
            found = await connection.execute(
                select(ConsentEvent.__table__).where(ConsentEvent.subject_id == subject).order_by(ConsentEvent.seq)
            )
            for row in found.mappings():
                stale = row["given"] and not self._current(row)
                standings[Purpose(row["purpose"])] = Standing(row["given"], stale)
        return standings

    async def history(self, user_id: int) -> list[Decision]:
        """Everything this person decided, oldest first."""
        subject = await self._subjects.find(user_id)
        if subject is None:
            return []
        return [_decision(row, _detail(plain)) for row, plain in await self._events(subject)]

    async def export(self, user_id: int, *, at: datetime) -> dict[str, Any]:
        """This person's part of the ledger, as JSON that `verify_ledger` checks offline.

        It holds their events with salts, and the commitments of all links since their first one. Those of others are
        salted hashes, from which nothing can be learned but how many there were. One of their own that does not open
        any more is left out: nobody could check it.
        """
        subject = await self._subjects.find(user_id)
        events = [] if subject is None else await self._events(subject)
        async with self._content.read() as connection:
            before, links = await _chain_from(connection, events[0][0]["seq"] if events else None)
        last = links[-1] if links else before
        body: dict[str, Any] = {
            "format": EXPORT_FORMAT,
            "exported_at": _iso(at),
            "start": {"seq": before.seq, "head": before.head.hex()},
            "commitments": [link.commitment.hex() for link in links],
            "end": {"seq": last.seq, "head": last.head.hex()},
            "events": [_exported(row, plain) for row, plain in events if plain is not None],
            "public_key": base64.b64encode(self._secrets.public_key).decode("ascii"),
        }
        body["signature"] = base64.b64encode(self._secrets.sign(_signed(body))).decode("ascii")
        return body

    async def erase(self, subject: UUID) -> int:
        """Delete a subject's events and their salts, and return how many. The chain stays whole.

        That somebody is never to be heard goes with their keys, see `storage.keyring`.
        """
        async with self._order:
            async with self._content.write() as connection:
                found = await connection.execute(select(Subject.idx).where(Subject.id == subject))
                idx = found.scalar_one_or_none()
                # Before it is written: if that fails, the answer is no all the same.
                for key in [key for key in self._known if key[0] == idx]:
                    del self._known[key]
                gone = await connection.execute(delete(ConsentEvent).where(ConsentEvent.subject_id == subject))
            # Whoever came back as somebody new may have said it again.
            self._out = set(await self._keyring.opted_out())
            self._unwritten.discard(idx or b"")
            self._out |= self._unwritten
            return gone.rowcount

    async def verify(self) -> Verdict:
        """Check the whole ledger: every link, its MAC, and every event that is still there."""
        faults: list[str] = []
        seq, head, events = 0, START, 0
        while True:
            async with self._content.read() as connection:
                found = await connection.execute(
                    select(ConsentLink.__table__).where(ConsentLink.seq > seq).order_by(ConsentLink.seq).limit(_PAGE)
                )
                links = found.mappings().all()
                if not links:
                    break
                within = ConsentEvent.seq.between(links[0]["seq"], links[-1]["seq"])
                rows = (await connection.execute(select(ConsentEvent.__table__).where(within))).mappings().all()
            for link in links:
                seq += 1
                head = _head(seq, head, link["commitment"])
                if (link["seq"], link["head"]) != (seq, head):
                    return Verdict((*faults, f"link {seq} does not follow from the one before"), events, seq, head)
                if not hmac.compare_digest(link["mac"], self._secrets.chain(head)):
                    faults.append(f"link {seq} was not made by this installation")
            events += len(rows)
            faults += await self._check(rows, {link["seq"]: link["commitment"] for link in links})
        return Verdict(tuple(faults), events, seq, head)

    # Writing

    async def _put(
        self, subject: UUID, purposes: list[Purpose], occasion: Occasion, *, given: bool, attested_age: int | None
    ) -> _Put:
        interaction = self._secrets.index("interaction", occasion.interaction_id)
        detail = {
            "at": _iso(occasion.at),
            "locale": occasion.locale,
            "method": occasion.method,
            "interaction": interaction.hex(),
            "guild": None if occasion.guild_id is None else self._secrets.index("guild", occasion.guild_id).hex(),
            "text_sha256": occasion.text_sha256.hex(),
            "attested_age": attested_age,
        }
        plain = json.dumps(detail, sort_keys=True, separators=(",", ":")).encode()
        events: list[dict[str, Any]] = []
        async with self._keyring.unlocked(subject) as keys:
            for purpose in purposes:
                event = uuid4()
                events.append(
                    {
                        "id": event,
                        "subject_id": subject,
                        "purpose": purpose.value,
                        "given": given,
                        "policy_version": self._policy.version,
                        "policy_hash": self._policy.sha256,
                        "interaction_idx": interaction,
                        "salt": os.urandom(_SALT_BYTES),
                        "enc_detail": keys.seal(subject, plain, _place(event)),
                    }
                )
        async with self._content.write() as connection:
            found = await connection.execute(
                select(ConsentEvent.__table__).where(ConsentEvent.subject_id == subject).order_by(ConsentEvent.seq)
            )
            rows = found.mappings().all()
            latest: dict[str, RowMapping | dict[str, Any]] = {row["purpose"]: row for row in rows}
            done = {row["purpose"] for row in rows if row["interaction_idx"] == interaction}
            seq, head = await _end(connection)
            new: set[str] = set()
            for event in events:
                purpose = event["purpose"]
                if purpose in done or not (given or (purpose in latest and latest[purpose]["given"])):
                    continue
                seq += 1
                event["seq"] = seq
                made = _commitment(event, plain)
                head = _head(seq, head, made)
                await connection.execute(
                    insert(ConsentLink).values(seq=seq, commitment=made, head=head, mac=self._secrets.chain(head))
                )
                await connection.execute(insert(ConsentEvent).values(event))
                latest[purpose] = event
                new.add(purpose)
        if new and not given:
            # Afterwards: one that was not written must not make every other yes doubtful.
            await self._keyring.mark_withdrawal(seq)
        asked = {purpose.value for purpose in purposes}
        decisions = [_decision(event, detail) for event in events if event["purpose"] in new]
        if done & asked:
            decisions += [
                _decision(row, _detail(plain))
                for row, plain in await self._events(subject)
                if row["interaction_idx"] == interaction and row["purpose"] in asked - new
            ]
            decisions.sort(key=lambda decision: decision.seq)
        standing = {purpose.value: self._stands(latest.get(purpose.value)) for purpose in purposes}
        return _Put(decisions, standing, new)

    def _stands(self, row: Mapping[str, Any] | RowMapping | None) -> bool:
        return row is not None and row["given"] and self._current(row)

    def _current(self, row: Mapping[str, Any] | RowMapping) -> bool:
        return (row["policy_version"], row["policy_hash"]) == (self._policy.version, self._policy.sha256)

    # Reading

    async def _events(self, subject: UUID) -> list[tuple[RowMapping, bytes | None]]:
        """The subject's events, oldest first, each with its detail as it was committed to; None if it does not open.

        Raises:
            SubjectErased: If the subject was erased since.
        """
        async with self._content.read() as connection:
            found = await connection.execute(
                select(ConsentEvent.__table__).where(ConsentEvent.subject_id == subject).order_by(ConsentEvent.seq)
            )
            rows = found.mappings().all()
        async with self._keyring.unlocked(subject) as keys:
            return [(row, _opened(row, keys)) for row in rows]

    async def _check(self, rows: Iterable[RowMapping], commitments: Mapping[int, bytes]) -> list[str]:
        faults: list[str] = []
        by_subject: dict[UUID, list[RowMapping]] = {}
        for row in rows:
            by_subject.setdefault(row["subject_id"], []).append(row)
        for subject, theirs in by_subject.items():
            async with self._keyring.unlocked(subject) as keys:
                for row in theirs:
                    try:
                        plain = bytes(keys.open(subject, row["enc_detail"], _place(row["id"])))
                    except StorageError:
                        faults.append(f"event {row['seq']} cannot be opened")
                        continue
                    if not hmac.compare_digest(_commitment(row, plain), commitments[row["seq"]]):
                        faults.append(f"event {row['seq']} is not what was put down")
        return faults

    def __repr__(self) -> str:
        return f"<Ledger, {len(self._known)} known>"


def verify_ledger(
    export: Mapping[str, Any], *, public_key: bytes | None = None, earlier: Mapping[str, Any] | None = None
) -> Verdict:
    """Check what `Ledger.export` made, without the installation.

    *public_key* is the installation's Ed25519 key from elsewhere; without it the export is only checked against the key
    that it names itself. *earlier* is an older export of the same person: what it ends with must be in this chain.
    """
    try:
        return _verdict(export, public_key, earlier)
    except (KeyError, TypeError, ValueError, AttributeError):
        return Verdict(("this is no export of a ledger",), 0, 0, b"")


def _verdict(export: Mapping[str, Any], public_key: bytes | None, earlier: Mapping[str, Any] | None) -> Verdict:
    faults: list[str] = []
    if export["format"] != EXPORT_FORMAT:
        return Verdict(("this export is of another format",), 0, 0, b"")
    named = base64.b64decode(export["public_key"], validate=True)
    if public_key is not None and named != public_key:
        faults.append("another installation made this export")
    try:
        signature = base64.b64decode(export["signature"], validate=True)
        Ed25519PublicKey.from_public_bytes(named).verify(signature, _signed(export))
    except InvalidSignature:
        faults.append("the signature does not hold")
    seq, head = int(export["start"]["seq"]), bytes.fromhex(export["start"]["head"])
    heads = {seq: head}
    commitments: dict[int, bytes] = {}
    for text in cast("list[str]", export["commitments"]):
        seq += 1
        commitments[seq] = bytes.fromhex(text)
        head = heads[seq] = _head(seq, head, commitments[seq])
    if (export["end"]["seq"], export["end"]["head"]) != (seq, head.hex()):
        faults.append("the links do not lead to the end")
    events = cast("list[dict[str, Any]]", export["events"])
    faults += _misplaced(events, commitments)
    if earlier is not None:
        faults += _since(earlier, heads, events)
    return Verdict(tuple(faults), len(events), seq, head)


def _misplaced(events: list[dict[str, Any]], commitments: Mapping[int, bytes]) -> list[str]:
    faults = [
        f"event {event['seq']} is not what was put down"
        for event in events
        if commitments.get(int(event["seq"])) != _commitment(_imported(event), str(event["detail"]).encode())
    ]
    numbers = [int(event["seq"]) for event in events]
    if numbers != sorted(set(numbers)) or len({event["subject"] for event in events}) > 1:
        faults.append("the events are not one person's, each once and in order")
    return faults


def _since(earlier: Mapping[str, Any], heads: Mapping[int, bytes], events: list[dict[str, Any]]) -> list[str]:
    faults: list[str] = []
    end = int(earlier["end"]["seq"])
    if end not in heads:
        faults.append("the end of the earlier export lies outside of this chain")
    elif heads[end].hex() != earlier["end"]["head"]:
        faults.append("the chain was changed since the earlier export")
    if {event["subject"] for event in events} & {event["subject"] for event in earlier["events"]}:
        faults += [
            f"event {event['seq']} of the earlier export is missing"
            for event in earlier["events"]
            if event not in events
        ]
    return faults


def _place(event: UUID) -> Place:
    return Place("consent_event", "enc_detail", event)


def _opened(row: RowMapping, keys: Unlocked) -> bytes | None:
    try:
        return bytes(keys.open(row["subject_id"], row["enc_detail"], _place(row["id"])))
    except SubjectErased:
        raise
    except (UnknownKey, DecryptionFailed):
        # One that was changed keeps nobody from their other decisions.
        return None


def _detail(plain: bytes | None) -> dict[str, Any]:
    return {} if plain is None else json.loads(plain)


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")


def _commitment(event: Mapping[str, Any] | RowMapping, detail: bytes) -> bytes:
    return hashlib.sha256(
        encode(
            "skillrally: consent, 1",
            event["salt"],
            event["seq"],
            event["id"],
            event["subject_id"],
            event["purpose"],
            int(event["given"]),
            event["policy_version"],
            event["policy_hash"],
            detail,
        )
    ).digest()


def _head(seq: int, before: bytes, made: bytes) -> bytes:
    return hashlib.sha256(encode("skillrally: ledger, 1", seq, before, made)).digest()


def _decision(row: Mapping[str, Any] | RowMapping, detail: dict[str, Any]) -> Decision:
    return Decision(
        seq=row["seq"],
        purpose=Purpose(row["purpose"]),
        given=row["given"],
        policy=Policy(row["policy_version"], row["policy_hash"]),
        at=datetime.fromisoformat(detail["at"]) if detail else None,
        detail=detail,
    )


def _exported(row: RowMapping, detail: bytes) -> dict[str, Any]:
    return {
        "seq": row["seq"],
        "id": str(row["id"]),
        "subject": str(row["subject_id"]),
        "purpose": row["purpose"],
        "given": row["given"],
        "policy_version": row["policy_version"],
        "policy_sha256": row["policy_hash"].hex(),
        "salt": row["salt"].hex(),
        "detail": detail.decode(),
    }


def _imported(event: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(event["given"], bool):
        raise TypeError("a decision is yes or no")
    return {
        "seq": int(event["seq"]),
        "id": UUID(event["id"]),
        "subject_id": UUID(event["subject"]),
        "purpose": str(event["purpose"]),
        "given": event["given"],
        "policy_version": str(event["policy_version"]),
        "policy_hash": bytes.fromhex(event["policy_sha256"]),
        "salt": bytes.fromhex(event["salt"]),
    }


def _signed(export: Mapping[str, Any]) -> bytes:
    """What is signed: all of it but the signature, as JSON in one fixed form."""
    unsigned = {name: value for name, value in export.items() if name != "signature"}
    return b"skillrally: ledger export\n" + json.dumps(unsigned, sort_keys=True, separators=(",", ":")).encode()


async def _end(connection: AsyncConnection) -> tuple[int, bytes]:
    found = await connection.execute(
        select(ConsentLink.seq, ConsentLink.head).order_by(ConsentLink.seq.desc()).limit(1)
    )
    last = found.first()
    return (0, START) if last is None else (last[0], last[1])


async def _events_after(connection: AsyncConnection, seq: int) -> Sequence[RowMapping]:
    found = await connection.execute(
        select(
            Subject.idx,
            ConsentEvent.seq,
            ConsentEvent.purpose,
            ConsentEvent.given,
            ConsentEvent.policy_version,
            ConsentEvent.policy_hash,
        )
        .join(Subject, Subject.id == ConsentEvent.subject_id)
        .where(ConsentEvent.seq > seq)
        .order_by(ConsentEvent.seq)
    )
    return found.mappings().all()


async def _chain_from(connection: AsyncConnection, first: int | None) -> tuple[_Link, list[_Link]]:
    """The link before *first* and all from it on; the last one and none, without *first*."""
    if first is None:
        return _Link(*await _end(connection)), []
    found = await connection.execute(
        select(ConsentLink.seq, ConsentLink.head, ConsentLink.commitment)
        .where(ConsentLink.seq >= first - 1)
        .order_by(ConsentLink.seq)
    )
    links = [_Link(seq, head, made) for seq, head, made in found]
    return (links[0], links[1:]) if first > 1 else (_Link(0, START), links)
