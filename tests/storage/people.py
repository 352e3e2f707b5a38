"""An installation with people in it, for tests of what happens to them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import func, insert, select

from storage.blocks import Blocks
from storage.crypto import Place
from storage.erasure import Erasure
from storage.feedback import FeedbackStore
from storage.guilds import Guilds
from storage.jobs import Jobs, options_place
from storage.keyring import Keyring
from storage.ledger import Ledger, Occasion, Policy, Purpose
from storage.models import AiJob, AnalyticsEvent, Audit, Budget, Content, Feedback, Reservation
from storage.package import TranscriptKeeper
from storage.preferences import Preferences, Streak
from storage.questions import GuildQuestions
from storage.queue import Queue, Wanted
from storage.receipts import Outside
from storage.requests import RequestKind, Requests
from storage.subjects import Subjects
from storage.trail import Trail
from storage.transcripts import Spoken, Transcripts

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from pathlib import Path

    from storage.database import Databases
    from storage.keys import KeyProvider, Secrets

NOW = datetime(2026, 11, 23, 12, 30, 15, tzinfo=UTC)
POLICY = Policy("2026-03-08", bytes(range(32)))
ANNA, BEN, CLEO = 80351110224678912, 175928847299117063, 334385199974967042
NAMES = {ANNA: "Anna Kovalenko", BEN: "Ben Adler", CLEO: "Cleo Moreau"}
OUTSIDE = (Outside("backups of this installation", "30 days"),)
_numbers = count(1_000)  # above those that a test names


def words_of(user_id: int) -> str:
    """What this person says, and nobody else."""
    return f"I am {NAMES.get(user_id, user_id)} and my canary is {user_id:x}"


def press(number: int | None = None, **changes: Any) -> Occasion:
    """A press of a button; each is another one, unless a number is given."""
    given: dict[str, Any] = {"at": NOW, "locale": "uk", "method": "button", "guild_id": 99, "text_sha256": bytes(32)}
    return Occasion(number if number is not None else next(_numbers), **given | changes)


@dataclass(frozen=True)
class People:
    """The parts of storage, over one pair of databases."""

    databases: Databases
    keyring: Keyring
    secrets: Secrets
    subjects: Subjects
    ledger: Ledger
    transcripts: Transcripts
    requests: Requests
    preferences: Preferences
    questions: GuildQuestions
    queue: Queue
    feedback: FeedbackStore
    jobs: Jobs
    guilds: Guilds
    blocks: Blocks
    trail: Trail

    def erasure(self, let_go: Callable[[int], Awaitable[Mapping[str, int]]] | None = None) -> Erasure:
        """What erases here."""
        return Erasure(
            self.databases,
            self.keyring,
            self.secrets,
            self.subjects,
            self.ledger,
            keepers=[
                TranscriptKeeper(self.transcripts),
                self.requests,
                self.preferences,
                self.questions,
                self.queue,
                self.feedback,
            ],
            policy_version=POLICY.version,
            outside=OUTSIDE,
            let_go=let_go,
        )

    async def join(self, *user_ids: int) -> None:
        """They agree to everything."""
        for user_id in user_ids:
            await self.ledger.give(user_id, list(Purpose), press(), attested_age=16)

    async def subject(self, user_id: int) -> UUID:
        """This person's subject, who must be there."""
        subject = await self.subjects.find(user_id)
        assert subject is not None
        return subject

    async def save(self, owner: int, *speakers: int, turns: int = 1, title: str = "", interaction: int = 0) -> UUID:
        """An interview of *owner*'s in which each of *speakers* says their words, *turns* times."""
        said = [
            Spoken(who, NAMES.get(who, str(who)), n * 10.0 + place, n * 10.0 + place + 0.5, words_of(who), "en", 0.9)
            for n in range(turns)
            for place, who in enumerate(speakers)
        ]
        return await self.transcripts.save(
            owner,
            title or f"Interview of {NAMES.get(owner, owner)}",
            said,
            lambda _: True,
            at=NOW,
            interaction_id=interaction or next(_numbers),
        )

    async def leave_traces(self, user_id: int, transcript: UUID) -> None:
        """Everything else that can be kept about somebody."""
        subject = await self.subject(user_id)
        feedback, job = uuid4(), uuid4()
        body = json.dumps({"comment": f"well said, {words_of(user_id)}"}).encode()
        async with self.keyring.unlocked(subject) as keys:
            sealed = keys.seal(subject, body, Place("feedback", "enc_body", feedback, 0))
            options = keys.seal(subject, json.dumps({"rubric": words_of(user_id)}).encode(), options_place(job))
        idx = self.subjects.index(user_id)
        later = NOW + timedelta(days=90)
        async with self.databases.content.write() as connection:
            await connection.execute(
                insert(Feedback).values(
                    id=feedback,
                    transcript_id=transcript,
                    owner_id=subject,
                    enc_body=sealed,
                    model="model-1",
                    schema_ver=3,
                    created_day=NOW.date(),
                    rev=0,
                )
            )
            await connection.execute(
                insert(AiJob).values(
                    id=job,
                    transcript_id=transcript,
                    owner_id=subject,
                    server_idx=self.secrets.index("guild", 99),
                    enc_options=options,
                    state="waiting",
                    reason="busy",
                    attempts=1,
                    interrupted=0,
                    not_before_at=NOW,
                    reserved_tokens=4711,
                    expires_at=later,
                )
            )
            await connection.execute(
                insert(Audit).values(id=uuid4(), event="button refused", idx=idx, happened_at=NOW, expires_at=later)
            )
            await connection.execute(
                insert(Budget).values(
                    idx=idx, period="2026-11-23", reserved_tokens=815, spent_tokens=642, expires_at=later
                )
            )
            await connection.execute(
                insert(Reservation).values(
                    id=uuid4(),
                    idx=idx,
                    server_idx=self.secrets.index("guild", 99),
                    day="2026-11-23",
                    month="2026-11",
                    tokens=815,
                    leased_until_at=later,
                    expires_at=later,
                )
            )
            for quarter in ("2026Q3", "2026Q4"):
                await connection.execute(
                    insert(AnalyticsEvent).values(
                        id=uuid4(),
                        pseudonym=self.secrets.pseudonym(subject, quarter),
                        name="interview_saved",
                        props={"minutes": 17},
                        expires_at=later,
                    )
                )
        await self.requests.add(
            user_id, RequestKind.ACCESS, interaction_id=next(_numbers), at=NOW, text=f"please, {words_of(user_id)}"
        )
        await self.feedback.rate(user_id, user_id, transcript, {"note": words_of(user_id)}, at=NOW)
        await self.preferences.change(user_id, at=NOW, language="uk", streak=Streak(NOW.date(), 3, 4, 5))
        await self.questions.add(user_id, 99, [{"text": words_of(user_id)}], at=NOW)
        await self.trail.practised(user_id % 97, {user_id: 1_234}, lasted=1_234, began=user_id, at=NOW)
        await self.queue.join(user_id, Wanted(99, 7, "technical", f"of {user_id:x}"), at=NOW)

    async def rows(self) -> dict[str, int]:
        """How many rows each table of the content has."""
        async with self.databases.content.read() as connection:
            found = [
                (name, (await connection.execute(select(func.count()).select_from(table))).scalar_one())
                for name, table in Content.metadata.tables.items()
            ]
        return dict(found)


async def people_over(databases: Databases, provider: KeyProvider) -> People:
    """Everything, over these databases."""
    keyring = Keyring(databases.keyring, provider)
    secrets = await keyring.secrets()
    subjects = Subjects(databases.content, keyring, secrets)
    ledger = Ledger(databases.content, keyring, secrets, subjects, policy=POLICY)
    await ledger.refresh()
    transcripts = Transcripts(databases.content, keyring, secrets, subjects)
    requests = Requests(databases.content, keyring, secrets, subjects)
    return People(
        databases,
        keyring,
        secrets,
        subjects,
        ledger,
        transcripts,
        requests,
        Preferences(databases.content, keyring, subjects),
        GuildQuestions(databases.content, keyring, secrets, subjects),
        Queue(databases.content, keyring, secrets, subjects),
        FeedbackStore(databases.content, keyring, subjects),
        Jobs(databases.content, keyring, secrets, subjects, ledger),
        Guilds(databases.content, keyring, secrets),
        Blocks(databases.content, keyring, secrets),
        Trail(databases.content, secrets, subjects),
    )


def bytes_in(folder: Path) -> bytes:
    """Everything that the files in *folder* hold."""
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
