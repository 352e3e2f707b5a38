"""The data package: everything that is kept about one person, as one zip for that person (GDPR, Articles 15 and 20).

    write     into a file, one zip
    parts     in memory, as many zips as it takes for each to be no larger than a cap

    keepers, ledger, traces -> pages of records -> chunks of at most a mebibyte -> JSON and CSV -> zip

Each file of JSON has the form that `package.schema.json` publishes; the schema lies in the zip. Beside each lies a
table with the same, and a README in plain words. `manifest.json` says what the data is for, who gets it, how long it
is kept, where it comes from, and what its owner may demand: from the columns' annotations, and from `Facts`.

One row that was changed or damaged keeps nothing else back: what is whole of it is in there, and how much of each
section does not open stands in the manifest and the README, with whom to write to.

Only what the person said is in it. Turns of others are there without words and names, so that the order can be seen.
`WHERE` says for each column of both databases where in the package it is, or why it is not.
"""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
import logging
import zipfile
import zlib
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self

from sqlalchemy import or_, select

from storage import models
from storage.blocks import Blocks
from storage.crypto import Place
from storage.erasure import Page, quarters
from storage.errors import DecryptionFailed, UnknownKey
from storage.formats import cell
from storage.jobs import opened_options, options_place
from storage.transcripts import Mark

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy import RowMapping

    from storage.database import Database
    from storage.erasure import Keeper
    from storage.keyring import Keyring, Unlocked
    from storage.keys import Secrets
    from storage.ledger import Decision, Ledger, Policy
    from storage.subjects import Subjects
    from storage.transcripts import Elsewhere, Transcripts, Turn

log = logging.getLogger(__name__)

FORMAT: Final = 1

CAP_BYTES: Final = 8 * 1024 * 1024
"""How large one zip may be, unless the caller says otherwise. Source: Discord takes files of 10 MiB from anybody."""

CHUNK_BYTES: Final = 1024 * 1024
"""About how much of a section is written to one file."""

SCHEMA: Final = Path(__file__).with_name("package.schema.json")

_RESERVED_BYTES = 32 * 1024
_DAMAGED_BYTES = 2 * 1024
_ENTRY_BYTES = 400
_TURNS = 1000
_BATCH = 500

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "settings": ("discord_id", "subject", "known_since", "never_heard", "purposes"),
    "consents": (
        "seq",
        "purpose",
        "given",
        "at",
        "policy_version",
        "method",
        "locale",
        "attested_age",
    ),
    "transcripts": (
        "transcript",
        "title",
        "day",
        "own",
        "seq",
        "mark",
        "speaker",
        "name",
        "start_s",
        "end_s",
        "text",
        "language",
        "confidence",
        "missing_s",
        "corrected",
        "role",
        "typed",
        "question_id",
    ),
    "shares": ("id", "transcript", "yours", "day", "expires_at"),
    "feedback": ("id", "transcript", "day", "model", "schema_version", "body"),
    "jobs": (
        "id",
        "transcript",
        "state",
        "reason",
        "attempts",
        "not_before_at",
        "reserved_tokens",
        "options",
        "expires_at",
    ),
    "ratings": ("id", "transcript", "day", "about_you", "by_you", "body"),
    "preferences": ("language", "time_zone", "captions", "results_by_dm", "invitations", "streak"),
    "questions": ("id", "day", "question"),
    "queue": ("guild", "channel", "type", "level", "offered", "accepted", "expires_at"),
    "requests": ("id", "kind", "via", "text", "received_at", "due_at", "closed_at", "outcome"),
    "audit": ("event", "happened_at", "expires_at"),
    "usage": ("day", "seconds", "begun", "expires_at"),
    "blocks": ("guild", "reason", "day", "expires_at"),
    "analytics": ("pseudonym", "name", "props", "expires_at"),
    "budget": ("period", "reserved_tokens", "spent_tokens", "expires_at"),
}
"""The sections of the package, and what each row of a section's table has."""

WHERE: Final[Mapping[str, str]] = {
    "subject.id": "settings.subject",
    "subject.idx": "- an HMAC of your Discord id, which is in settings",
    "subject.enc_discord_id": "settings.discord_id",
    "subject.created_day": "settings.known_since",
    "opt_out.subject_id": "settings.subject",
    "opt_out.idx": "- an HMAC of your Discord id, which is in settings",
    "opt_out.created_day": "settings.never_heard",
    "consent_link.seq": "- numbers the chain; it is in consents as part of the proof",
    "consent_link.commitment": "- a salted hash; it is in consents as part of the proof",
    "consent_link.head": "- a hash; it is in consents as part of the proof",
    "consent_link.mac": "- proves to this installation that it wrote the chain",
    "consent_event.id": "- in the proof in consents",
    "consent_event.seq": "consents.seq",
    "consent_event.subject_id": "settings.subject",
    "consent_event.purpose": "consents.purpose",
    "consent_event.given": "consents.given",
    "consent_event.policy_version": "consents.policy_version",
    "consent_event.policy_hash": "- in the proof in consents",
    "consent_event.interaction_idx": "- an HMAC of a press of a button; in the proof in consents",
    "consent_event.salt": "- in the proof in consents",
    "consent_event.enc_detail": "consents.at",
    "transcript.id": "transcripts.id",
    "transcript.owner_id": "transcripts.own",
    "transcript.number": "- counts your transcripts; they are in that order",
    "transcript.enc_title": "transcripts.title",
    "transcript.state": "- the same for all that is saved",
    "transcript.created_day": "transcripts.day",
    "transcript.rev": "- counts how often it was rewritten, for the encryption",
    "turn.id": "- a random number that nothing refers to",
    "turn.transcript_id": "transcripts.id",
    "turn.speaker_id": "transcripts.turns.speaker",
    "turn.seq": "transcripts.turns.seq",
    "turn.state": "transcripts.turns.mark",
    "turn.enc_body": "transcripts.turns.text",
    "turn.rev": "- counts how often it was rewritten, for the encryption",
    "share.id": "shares.id",
    "share.transcript_id": "shares.transcript",
    "share.reader_id": "shares.yours",
    "share.created_day": "shares.day",
    "share.enc_grant": "- the owner's seal on the same",
    "share.expires_at": "shares.expires_at",
    "feedback.id": "feedback.id",
    "feedback.transcript_id": "feedback.transcript",
    "feedback.owner_id": "settings.subject",
    "feedback.enc_body": "feedback.body",
    "feedback.model": "feedback.model",
    "feedback.schema_ver": "feedback.schema_version",
    "feedback.created_day": "feedback.day",
    "feedback.rev": "- counts how often it was rewritten, for the encryption",
    "ai_job.id": "jobs.id",
    "ai_job.transcript_id": "jobs.transcript",
    "ai_job.owner_id": "settings.subject",
    "ai_job.server_idx": "- an HMAC of the server where you asked",
    "ai_job.enc_options": "jobs.options",
    "ai_job.state": "jobs.state",
    "ai_job.reason": "jobs.reason",
    "ai_job.attempts": "jobs.attempts",
    "ai_job.interrupted": "- counts how often the bot stopped in the middle",
    "ai_job.attempt_id": "- a random number, of whichever process is at it",
    "ai_job.leased_until_at": "- until when that process is believed to be at it",
    "ai_job.not_before_at": "jobs.not_before_at",
    "ai_job.reserved_tokens": "jobs.reserved_tokens",
    "ai_job.expires_at": "jobs.expires_at",
    "rating.id": "ratings.id",
    "rating.transcript_id": "ratings.transcript",
    "rating.rated_id": "ratings.about_you",
    "rating.rater_id": "ratings.by_you",
    "rating.enc_body": "ratings.body",
    "rating.created_day": "ratings.day",
    "rating.rev": "- counts how often it was rewritten, for the encryption",
    "reservation.id": "- a random number, of an attempt that lasts a minute",
    "reservation.idx": "- an HMAC of your Discord id, which is in settings",
    "reservation.server_idx": "- an HMAC of the server where you asked",
    "reservation.day": "budget.period",
    "reservation.month": "- of the server's budget",
    "reservation.tokens": "budget.reserved_tokens",
    "reservation.leased_until_at": "- until when that attempt is believed to run",
    "reservation.expires_at": "- of an attempt that lasts a minute",
    "budget.idx": "- an HMAC of your Discord id, which is in settings",
    "budget.period": "budget.period",
    "budget.reserved_tokens": "budget.reserved_tokens",
    "budget.spent_tokens": "budget.spent_tokens",
    "budget.expires_at": "budget.expires_at",
    "live_message.id": "- of an interview with several people; gone when it is over",
    "live_message.enc_location": "- of an interview with several people; gone when it is over",
    "live_message.kind": "- of an interview with several people; gone when it is over",
    "live_message.posted": "- of an interview with several people; gone when it is over",
    "live_message.expires_at": "- of an interview with several people; gone when it is over",
    "idempotency.interaction_idx": "- an HMAC of a press of a button, which nobody can be found by",
    "idempotency.result_hash": "- a hash, which nobody can be found by",
    "idempotency.expires_at": "- of a press of a button, which nobody can be found by",
    "preference.subject_id": "settings.subject",
    "preference.enc_body": "preferences.language",
    "preference.rev": "- counts how often it was rewritten, for the encryption",
    "guild_question.id": "questions.id",
    "guild_question.server_idx": "- an HMAC of the server that you gave it to",
    "guild_question.author_id": "settings.subject",
    "guild_question.enc_body": "questions.question",
    "guild_question.created_day": "questions.day",
    "queue_entry.id": "- a random number that nothing refers to",
    "queue_entry.subject_id": "settings.subject",
    "queue_entry.server_idx": "- an HMAC of the server, which is in queue",
    "queue_entry.bucket_idx": "- an HMAC of the server, the type and the level, which are in queue",
    "queue_entry.enc_body": "queue.type",
    "queue_entry.offer_id": "queue.offered",
    "queue_entry.accepted": "queue.accepted",
    "queue_entry.expires_at": "queue.expires_at",
    "offer.id": "- of an offer to two people; gone with its message, within half an hour",
    "offer.kind": "- of an offer to two people; gone with its message, within half an hour",
    "offer.one_idx": "- an HMAC of a Discord id; gone with its message, within half an hour",
    "offer.other_idx": "- an HMAC of a Discord id; gone with its message, within half an hour",
    "offer.enc_place": "- where an offer to two people stands; gone with its message, within half an hour",
    "offer.expires_at": "- of an offer to two people; gone with its message, within half an hour",
    "request.id": "requests.id",
    "request.subject_id": "settings.subject",
    "request.kind": "requests.kind",
    "request.enc_detail": "requests.text",
    "request.received_at": "requests.received_at",
    "request.due_at": "requests.due_at",
    "request.closed_at": "requests.closed_at",
    "request.reminders": "- how often whoever runs the bot was reminded",
    "request.outcome": "requests.outcome",
    "request.code_hash": "- gone once you confirmed",
    "request.code_expires_at": "- gone once you confirmed",
    "request.attempts": "- how often a wrong code was entered by anybody",
    "audit.id": "- a random number that nothing refers to",
    "audit.event": "audit.event",
    "audit.idx": "- an HMAC of your Discord id, which is in settings",
    "audit.server_idx": "- an HMAC of the server where you did it",
    "audit.happened_at": "audit.happened_at",
    "audit.expires_at": "audit.expires_at",
    "usage.server_idx": "- an HMAC of the server where you practised",
    "usage.idx": "- an HMAC of your Discord id, which is in settings",
    "usage.day": "usage.day",
    "usage.seconds": "usage.seconds",
    "usage.begun": "usage.begun",
    "usage.expires_at": "usage.expires_at",
    "block.id": "- a random number that nothing refers to",
    "block.server_idx": "- an HMAC of the server, which is in blocks",
    "block.blocked_idx": "- an HMAC of your Discord id, which is in settings",
    "block.enc_body": "blocks.guild",
    "block.reason": "blocks.reason",
    "block.created_day": "blocks.day",
    "block.expires_at": "blocks.expires_at",
    "server.id": "- of a server that the bot is in; not data about you",
    "server.server_idx": "- of a server that the bot is in; not data about you",
    "server.enc_body": "- of a server that the bot is in; not data about you",
    "server.missing_at": "- of a server that the bot is in; not data about you",
    "guild_setting.id": "- of a server's settings; not data about you",
    "guild_setting.server_idx": "- of a server's settings; not data about you",
    "guild_setting.enc_body": "- of a server's settings; not data about you",
    "guild_setting.month_tokens": "- of a server's settings; not data about you",
    "guild_setting.rev": "- of a server's settings; not data about you",
    "analytics_event.id": "- a random number that nothing refers to",
    "analytics_event.pseudonym": "analytics.pseudonym",
    "analytics_event.name": "analytics.name",
    "analytics_event.props": "analytics.props",
    "analytics_event.expires_at": "analytics.expires_at",
    "dek.dek_id": "- of the key that opens your data; not data about you",
    "dek.subject_id": "settings.subject",
    "dek.dek_ver": "- of the key that opens your data; not data about you",
    "dek.kek_ver": "- of the key that opens your data; not data about you",
    "dek.wrapped": "- the key that opens your data; it never leaves",
    "dek.commitment": "- of the key that opens your data; not data about you",
    "tombstone.subject_id": "- of erased people, and names nobody",
    "tombstone.generation": "- of erased people, and names nobody",
    "tombstone.erased_at": "- of erased people, and names nobody",
    "tombstone.expires_at": "- of erased people, and names nobody",
}
"""For each column of a person's data: section and field, or a dash and why it is not in the package."""

PURPOSES: Final[Mapping[models.Why, str]] = {
    "identify": "to know you again",
    "consent": "to ask what you agree to, to remember it, and to be able to prove it",
    "transcripts": "to keep the interviews that you or somebody you talked to chose to save",
    "feedback": "to comment on an interview when you ask for it",
    "captions": "to delete captions from Discord when their time is over",
    "budget": "to keep what feedback costs within bounds",
    "idempotency": "to do once what Discord sends twice",
    "requests": "to answer your requests about your data in time",
    "security": "to see misuse",
    "analytics": "to count what is used",
    "erasure": "to keep erased what was erased",
    "keys": "to open what is encrypted",
    "moderation": "to let a server decide where, by whom and how much its members practise",
    "practice": "to let you practise as you chose: settings, partners, questions of your own",
    "operation": "to run",
}

GROUNDS: Final[Mapping[models.Basis, str]] = {
    "consent": "your consent, Article 6(1)(a) of the GDPR",
    "contract": "to do what you asked for, Article 6(1)(b) of the GDPR",
    "legitimate_interest": "our interest in running safely, Article 6(1)(f) of the GDPR",
    "legal_obligation": "the law demands it, Article 6(1)(c) of the GDPR",
}

PERIODS: Final[Mapping[models.Retention, str]] = {
    "account": "until you delete your account",
    "saved": "until its owner deletes it, or you your account",
    "interview": "until the interview is over",
    "job": "until it is done, at most a day",
    "server": "until who manages the server deletes it, or the bot leaves it",
    "block": "until it is lifted or ends, at most a year, also if you delete your account",
    "30 days": "30 days",
    "90 days": "90 days",
    "a year": "until a year after they were answered, or you delete your account",
    "backups": "as long as a backup could bring back what was erased, without naming anybody",
    "installation": "as long as the bot is run; it is about nobody",
}

SOURCES: Final = (
    "you: what you said in an interview after you agreed, what you pressed and what you wrote",
    "Discord: your user id, and your display name where an interview was saved",
)

RIGHTS: Final = (
    "a copy of your data (Article 15), which this is, also to take elsewhere (Article 20)",
    "correction (Article 16): your own words, in whosever transcript they are",
    "erasure (Article 17): one transcript, or everything",
    "restriction (Article 18) and objection (Article 21): write, or make a request to the bot",
    "to take back each consent at any time, with as many clicks as it took to give it (Article 7)",
    "to complain to a data protection authority (Article 77)",
)

SCORING: Final = (
    "Feedback is made by a language model from your own saved words, only when you ask for it. Its scores are advice "
    "for practising. Nothing is decided by them, nobody else gets them, and they are not for choosing whom to employ. "
    "So there is no automated decision in the sense of Article 22."
)

README: Final = """\
This is everything that this bot keeps about you.

manifest.json        what it is for, who gets it, for how long, and what you may demand
settings             your Discord id, since when you are known here, since when you are never to be heard, and what you
                     agree to now
consents             every yes and every withdrawal, with a proof that can be checked offline
transcripts          what you said in saved interviews; what others said is left out
shares               saved interviews that are shared by you or with you
feedback, jobs       comments on your interviews, and those that are not there yet
ratings              what you noted about yourself and others, and others about you
preferences          what you chose in /settings, and the days you practised if you have them counted
questions            questions that you added to a server
queue                where you look for somebody to practise with
requests             what you asked for about your data
audit                what you did as a moderator, and security events about you
usage                how long you practised in a server on which day
blocks               servers in which you may not practise for a while
analytics, budget    what was counted, and what feedback has used

Each part comes as JSON, for programs, and as CSV, for a spreadsheet. package.schema.json says what the JSON looks like.
In the CSV files a ' stands before text that a spreadsheet would take for a formula. Times are UTC.

Whoever has this file can read it. Keep it where nobody else looks, or delete it.
"""

DAMAGED: Final = """

SOMETHING IS MISSING. Part of what is kept about you could not be opened: where it is stored it was changed or damaged,
or its key was. Everything else is here. How much of each part that is:

{damaged}

What could be read of those is in the files, with null, or the mark "damaged", in place of the rest. Write to whoever
runs this bot, and ask to have it put right from a backup, or deleted:

  {controller}, {contact}
"""
"""What stands below the README where something does not open."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who gets data from the bot.

    Attributes:
        name: Who.
        purpose: What for.
        data: What they get.
        region: Where they keep it.
        transfer: What protects it there: "scc", "dpf", "none-eea" or "local".
        longest: How long they keep it.
    """

    name: str
    purpose: str
    data: str
    region: str
    transfer: str
    longest: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What only whoever runs the bot knows.

    Attributes:
        controller: Who answers for the data.
        contact: Their e-mail address.
        policy: The policy in force.
        recipients: Who gets data; none that is switched off.
        authority: Whom to complain to, in words.
        readme: The README, in the person's language.
    """

    controller: str
    contact: str
    policy: Policy
    recipients: Sequence[Recipient] = ()
    authority: str = "the data protection authority of where you live or work"
    readme: str = README


class TranscriptKeeper:
    """Saved transcripts as a `storage.erasure.Keeper`."""

    name = "transcripts"

    def __init__(self, transcripts: Transcripts) -> None:
        self._transcripts = transcripts

    async def erase(self, subject: UUID) -> Mapping[str, int]:
        """Delete a subject's transcripts, and their words in those of others."""
        return await self._transcripts.erase(subject)

    async def export(self, subject: UUID) -> AsyncIterator[Page]:
        """A subject's transcripts, one at a time, and then what they said elsewhere, some at a time."""
        async for transcript in self._transcripts.owned(subject):
            for start in range(0, max(1, len(transcript.turns)), _TURNS):
                turns = [_turn(turn) for turn in transcript.turns[start : start + _TURNS]]
                day = transcript.day.isoformat()
                title = transcript.title or None  # each has one; an empty one did not open
                damaged = _damaged(turns) + (title is None and start == 0)
                yield Page("transcripts", [_transcript(transcript.id, title, day, turns, own=True)], damaged)
        some: list[Elsewhere] = []
        async for elsewhere in self._transcripts.spoken(subject):
            some.append(elsewhere)
            if len(some) == _TURNS:
                yield _said_elsewhere(some)
                some = []
        yield _said_elsewhere(some)

    def __repr__(self) -> str:
        return "<TranscriptKeeper>"


def _said_elsewhere(some: Iterable[Elsewhere]) -> Page:
    found: dict[tuple[UUID, str], list[dict[str, Any]]] = {}
    for each in some:
        found.setdefault((each.transcript_id, each.day.isoformat()), []).append(_turn(each.turn))
    damaged = sum(_damaged(turns) for turns in found.values())
    return Page(
        "transcripts",
        [
            _transcript(transcript, None, day, sorted(turns, key=lambda turn: turn["seq"]), own=False)
            for (transcript, day), turns in found.items()
        ],
        damaged,
    )


def _damaged(turns: Iterable[Mapping[str, Any]]) -> int:
    return sum(turn["mark"] == Mark.DAMAGED.value for turn in turns)


def _transcript(
    identity: UUID, title: str | None, day: str, turns: list[dict[str, Any]], *, own: bool
) -> dict[str, Any]:
    return {"id": str(identity), "title": title, "day": day, "own": own, "turns": turns}


def _turn(turn: Turn) -> dict[str, Any]:
    """A turn; of somebody else's nothing but that it was."""
    record: dict[str, Any] = {"seq": turn.seq, "mark": turn.mark.value, "speaker": "you" if turn.own else None}
    if turn.own:
        record |= {
            "name": turn.name,
            "start_s": turn.start_s,
            "end_s": turn.end_s,
            "text": turn.text,
            "language": turn.language,
            "confidence": turn.confidence,
            "missing_s": turn.missing_s,
            "corrected": turn.corrected,
            "role": turn.role,
            "typed": turn.typed,
        }
    elif turn.mark in {Mark.QUESTION, Mark.NOTE}:
        record |= {"start_s": turn.start_s, "text": turn.text, "question_id": turn.question_id}
    return record


@dataclass(frozen=True, slots=True)
class Package:
    """A data package, in memory.

    Attributes:
        zips: One or more.
        damaged: How much of each section does not open; nothing of those that are whole.
    """

    zips: tuple[bytes, ...] = field(repr=False)
    damaged: Mapping[str, int] = field(default_factory=dict[str, int])


@dataclass(frozen=True, slots=True)
class _File:
    """A file of the package."""

    name: str
    data: bytes = field(repr=False)
    records: int = 0


class Packages:
    """Makes data packages."""

    def __init__(
        self,
        content: Database,
        keyring: Keyring,
        secrets: Secrets,
        subjects: Subjects,
        ledger: Ledger,
        *,
        keepers: Sequence[Keeper],
        facts: Facts,
    ) -> None:
        """Ask all *keepers*; the sections that they give must be in the schema."""
        self._content = content
        self._keyring = keyring
        self._secrets = secrets
        self._subjects = subjects
        self._ledger = ledger
        self._keepers = tuple(keepers)
        self._facts = facts

    async def write(self, user_id: int, file: BinaryIO, *, at: datetime) -> None:
        """Write everything about this person into *file*, as one zip of any size. *file* is the caller's to close.

        What does not open is counted in it, and noted in the log.

        Raises:
            SubjectErased: If this person was erased meanwhile.
            StorageError: If something could not be read; what is in *file* then is of no use.
        """
        damaged: Counter[str] = Counter()
        with _Part(file, at) as part:
            async for entry in self._files(user_id, at, damaged):
                await asyncio.to_thread(part.add, entry)
            await asyncio.to_thread(part.add, self._readme(damaged))
            await asyncio.to_thread(part.finish, self._manifest(at, damaged), 1, 1)
        _note(damaged)

    async def parts(self, user_id: int, *, at: datetime, cap: int = CAP_BYTES) -> Package:
        """Everything about this person, as zips of at most *cap* bytes, which is at least 64 KiB. Each has a manifest.

        What does not open is counted in it, and noted in the log.

        One file that is larger by itself gets a larger zip of its own; the proof of consents can be such a file, where
        very many people have decided very much.

        Raises:
            ValueError: If *cap* is too small.
            SubjectErased: If this person was erased meanwhile.
            StorageError: If something could not be read.
        """
        if cap < 2 * _RESERVED_BYTES:
            raise ValueError("a zip needs 64 KiB")
        damaged: Counter[str] = Counter()
        with ExitStack() as stack:
            parts = [stack.enter_context(_Part(io.BytesIO(), at))]
            # The README lies in the first, and is made last.
            reserved = _RESERVED_BYTES + _DAMAGED_BYTES + _deflated(self._readme({}))
            async for entry in self._files(user_id, at, damaged, chunk=min(CHUNK_BYTES, cap // 4)):
                size = await asyncio.to_thread(_deflated, entry)
                if not parts[-1].empty and parts[-1].size + size > cap - reserved:
                    parts.append(stack.enter_context(_Part(io.BytesIO(), at)))
                    reserved = _RESERVED_BYTES
                await asyncio.to_thread(parts[-1].add, entry)
            await asyncio.to_thread(parts[0].add, self._readme(damaged))
            manifest = self._manifest(at, damaged)
            for number, part in enumerate(parts, 1):
                await asyncio.to_thread(part.finish, manifest, number, len(parts))
            _note(damaged)
            return Package(tuple(part.taken() for part in parts), dict(damaged))

    def _readme(self, damaged: Mapping[str, int]) -> _File:
        facts, text = self._facts, self._facts.readme
        if damaged:
            lines = "\n".join(f"  {name:<20} {damaged[name]}" for name in COLUMNS if name in damaged)
            text += DAMAGED.format(damaged=lines, controller=facts.controller, contact=facts.contact)
        return _File("README.txt", text.encode())

    def _manifest(self, at: datetime, damaged: Mapping[str, int]) -> dict[str, Any]:
        facts = self._facts
        return {
            "format": FORMAT,
            "section": "manifest",
            "made_at": _iso(at),
            "controller": {"name": facts.controller, "email": facts.contact},
            "policy": {"version": facts.policy.version, "sha256": facts.policy.sha256.hex()},
            "purposes": sorted({purpose for _, purpose, _, _ in categories()}),
            "categories": [
                {"what": what, "purpose": purpose, "ground": ground, "kept": kept}
                for what, purpose, ground, kept in categories()
            ],
            "recipients": [
                {
                    "name": each.name,
                    "purpose": each.purpose,
                    "data": each.data,
                    "region": each.region,
                    "transfer": each.transfer,
                    "longest": each.longest,
                }
                for each in facts.recipients
            ],
            "sources": list(SOURCES),
            "rights": list(RIGHTS),
            "complaint": facts.authority,
            "automated_decisions": SCORING,
            "damaged": dict(damaged),
        }

    # Files

    async def _files(
        self, user_id: int, at: datetime, damaged: Counter[str], *, chunk: int = CHUNK_BYTES
    ) -> AsyncIterator[_File]:
        """All but the README and the manifest; *damaged* is counted on the way."""
        yield _File(SCHEMA.name, await asyncio.to_thread(SCHEMA.read_bytes))
        history = [_decision(decision) for decision in await self._ledger.history(user_id)]
        damaged += Counter(consents=sum(decision["at"] is None for decision in history))
        proof = await self._ledger.export(user_id, at=at)
        for each in _section("consents", 1, history, {"ledger": proof}):
            yield each
        waiting: dict[str, list[dict[str, Any]]] = {name: [] for name in COLUMNS if name != "consents"}
        sizes = dict.fromkeys(waiting, 0)
        numbers = dict.fromkeys(waiting, 1)
        async for page in self._pages(user_id, at):
            name = page.section
            damaged += Counter({name: page.damaged})  # which drops zeros
            for record in page.records:
                size = len(json.dumps(record, ensure_ascii=False).encode())
                if waiting[name] and sizes[name] + size > chunk:
                    for each in await asyncio.to_thread(_section, name, numbers[name], waiting[name]):
                        yield each
                    waiting[name], sizes[name], numbers[name] = [], 0, numbers[name] + 1
                waiting[name].append(record)
                sizes[name] += size
        for name, records in waiting.items():
            for each in await asyncio.to_thread(_section, name, numbers[name], records):
                yield each

    async def _pages(self, user_id: int, at: datetime) -> AsyncIterator[Page]:
        subject = await self._subjects.find(user_id)
        yield await self._settings(user_id, subject)
        if subject is not None:
            for keeper in self._keepers:
                async for page in keeper.export(subject):
                    yield page
            yield await self._shares(subject)
            async for page in self._feedback(subject):
                yield page
            yield await self._jobs(subject)
            yield await self._analytics(subject, at)
        async for page in self._traces(self._subjects.index(user_id)):
            yield page
        yield await self._blocks(user_id, at)
        if subject is not None:
            # What an erasure took away in the middle is neither damaged nor all that there is.
            await self._keyring.refuse_erased(subject)

    async def _settings(self, user_id: int, subject: UUID | None) -> Page:
        """What is known of a person at all: somebody who is never to be heard may be known by nothing else."""
        since = (await self._keyring.opted_out()).get(self._subjects.index(user_id))
        if subject is None and since is None:
            return Page("settings", [])
        damaged = 0
        try:
            discord_id = user_id if subject is None else await self._subjects.discord_id(subject)
        except (DecryptionFailed, UnknownKey):
            discord_id, damaged = user_id, 1  # by which the subject was found
        known = await self._rows(select(models.Subject.created_day).where(models.Subject.id == subject))
        standings = await self._ledger.state(user_id)
        return Page(
            "settings",
            [
                {
                    "discord_id": str(discord_id),
                    "subject": None if subject is None else str(subject),
                    "known_since": known[0]["created_day"].isoformat() if known else None,
                    "never_heard": None if since is None else since.isoformat(),
                    "purposes": {
                        purpose.value: {"given": standing.given, "stale": standing.stale, "allowed": standing.allowed}
                        for purpose, standing in standings.items()
                    },
                }
            ],
            damaged,
        )

    async def _shares(self, subject: UUID) -> Page:
        rows = await self._rows(
            select(models.Share.__table__, models.Transcript.owner_id)
            .join(models.Transcript, models.Transcript.id == models.Share.transcript_id)
            .where(or_(models.Share.reader_id == subject, models.Transcript.owner_id == subject))
            .order_by(models.Share.id)
        )
        return Page(
            "shares",
            [
                {
                    "id": str(row["id"]),
                    "transcript": str(row["transcript_id"]),
                    "yours": row["owner_id"] == subject,
                    "day": row["created_day"].isoformat(),
                    "expires_at": _iso(row["expires_at"]),
                }
                for row in rows
            ],
        )

    async def _feedback(self, subject: UUID) -> AsyncIterator[Page]:
        table = models.Feedback
        done: UUID | None = None
        while True:
            query = select(table.__table__).where(table.owner_id == subject).order_by(table.id).limit(_BATCH)
            rows = await self._rows(query if done is None else query.where(table.id > done))
            if not rows:
                return
            done = rows[-1]["id"]
            async with self._keyring.unlocked(subject) as keys:
                opened = {row["id"]: _opened(keys, subject, row["enc_body"], _feedback_place(row)) for row in rows}
                records = [
                    {
                        "id": str(row["id"]),
                        "transcript": str(row["transcript_id"]),
                        "day": row["created_day"].isoformat(),
                        "model": row["model"],
                        "schema_version": row["schema_ver"],
                        "body": _body(opened[row["id"]]),
                    }
                    for row in rows
                ]
            yield Page("feedback", records, _lost(opened))

    async def _jobs(self, subject: UUID) -> Page:
        rows = await self._rows(select(models.AiJob.__table__).where(models.AiJob.owner_id == subject))
        async with self._keyring.unlocked(subject) as keys:
            opened = {row["id"]: _opened(keys, subject, row["enc_options"], options_place(row["id"])) for row in rows}
            lost = _lost(opened)
            options = {job: None if plain is None else opened_options(plain) for job, plain in opened.items()}
        return Page(
            "jobs",
            [
                {
                    "id": str(row["id"]),
                    "transcript": str(row["transcript_id"]),
                    "state": row["state"],
                    "reason": row["reason"],
                    "attempts": row["attempts"],
                    "not_before_at": _iso(row["not_before_at"]),
                    "reserved_tokens": row["reserved_tokens"],
                    "options": options[row["id"]],
                    "expires_at": _iso(row["expires_at"]),
                }
                for row in rows
            ],
            lost,
        )

    async def _analytics(self, subject: UUID, at: datetime) -> Page:
        table = models.AnalyticsEvent
        pseudonyms = {self._secrets.pseudonym(subject, quarter) for quarter in quarters(at)}
        rows = await self._rows(
            select(table.__table__).where(table.pseudonym.in_(pseudonyms)).order_by(table.expires_at, table.id)
        )
        return Page(
            "analytics",
            [
                {
                    "pseudonym": row["pseudonym"],
                    "name": row["name"],
                    "props": row["props"],
                    "expires_at": _iso(row["expires_at"]),
                }
                for row in rows
            ],
        )

    async def _traces(self, idx: bytes) -> AsyncIterator[Page]:
        audit, budget = models.Audit, models.Budget
        rows = await self._rows(select(audit.__table__).where(audit.idx == idx).order_by(audit.happened_at, audit.id))
        yield Page(
            "audit",
            [
                {
                    "event": row["event"],
                    "happened_at": _iso(row["happened_at"]),
                    "expires_at": _iso(row["expires_at"]),
                }
                for row in rows
            ],
        )
        usage = models.Usage
        rows = await self._rows(select(usage.__table__).where(usage.idx == idx).order_by(usage.day, usage.server_idx))
        yield Page(
            "usage",
            [
                {
                    "day": row["day"],
                    "seconds": row["seconds"],
                    "begun": row["begun"],
                    "expires_at": _iso(row["expires_at"]),
                }
                for row in rows
            ],
        )
        rows = await self._rows(select(budget.__table__).where(budget.idx == idx).order_by(budget.period))
        yield Page(
            "budget",
            [
                {
                    "period": row["period"],
                    "reserved_tokens": row["reserved_tokens"],
                    "spent_tokens": row["spent_tokens"],
                    "expires_at": _iso(row["expires_at"]),
                }
                for row in rows
            ],
        )

    async def _blocks(self, user_id: int, at: datetime) -> Page:
        found = await Blocks(self._content, self._keyring, self._secrets).everywhere(user_id, at=at)
        return Page(
            "blocks",
            [
                {
                    "guild": None if each.guild_id is None else str(each.guild_id),
                    "reason": each.why.value,
                    "day": each.since.isoformat(),
                    "expires_at": _iso(each.until),
                }
                for each in found
            ],
            sum(each.guild_id is None for each in found),
        )

    async def _rows(self, query: Any) -> Sequence[RowMapping]:
        async with self._content.read() as connection:
            return (await connection.execute(query)).mappings().all()

    def __repr__(self) -> str:
        return f"<Packages, {len(self._keepers)} keepers>"


def categories() -> list[tuple[str, str, str, str]]:
    """What is kept, what for, on what ground and how long, in words, from the columns' annotations."""
    found: dict[tuple[str, str, str, str], None] = {}
    for metadata in (models.Content.metadata, models.Keyring.metadata):
        for table in metadata.tables.values():
            for column in table.columns:
                info = column.info
                if str(column) in WHERE:
                    words = (PURPOSES[info["purpose"]], GROUNDS[info["basis"]], PERIODS[info["retention"]])
                    found[(table.name, *words)] = None
    return list(found)


class _Part:
    """One zip that is being made."""

    def __init__(self, file: BinaryIO, at: datetime) -> None:
        self._file = file
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self._date = at.astimezone(UTC).timetuple()[:6]
        self._files: list[dict[str, Any]] = []
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        # An unfinished zip would be ended whenever Python clears it away, when the file may be closed.
        self._zip.close()

    @property
    def empty(self) -> bool:
        """Whether nothing was added yet."""
        return not self._files

    def add(self, entry: _File) -> None:
        """Compress *entry* into it."""
        self._put(entry)
        digest = hashlib.sha256(entry.data).hexdigest()
        self._files.append({"name": entry.name, "sha256": digest, "records": entry.records})
        self.size = self._zip.start_dir + _ENTRY_BYTES * len(self._files)

    def finish(self, manifest: Mapping[str, Any], part: int, parts: int) -> None:
        """Add the manifest, and end it."""
        whole = dict(manifest) | {"part": part, "parts": parts, "files": self._files}
        self._put(_File("manifest.json", json.dumps(whole, ensure_ascii=False, indent=1).encode()))
        self._zip.close()

    def taken(self) -> bytes:
        """The zip, of a part in memory."""
        self._file.seek(0)
        return self._file.read()

    def _put(self, entry: _File) -> None:
        info = zipfile.ZipInfo(entry.name, self._date)
        info.compress_type = zipfile.ZIP_DEFLATED
        info.external_attr = 0o600 << 16
        self._zip.writestr(info, entry.data)


def _deflated(entry: _File) -> int:
    return len(zlib.compress(entry.data)) + _ENTRY_BYTES


def _section(
    name: str, number: int, records: list[dict[str, Any]], more: Mapping[str, Any] | None = None
) -> list[_File]:
    """The JSON and the CSV of some records; the first of a section is named for it, the others are numbered."""
    stem = name if number == 1 else f"{name}-{number}"
    start = json.dumps({"format": FORMAT, "section": name, **(more or {})}, ensure_ascii=False)
    # A record on each line; with an indent, Python's encoder is ten times slower.
    lines = ",\n".join(json.dumps(record, ensure_ascii=False) for record in records)
    data = f'{start[:-1]}, "records": [\n{lines}\n]}}\n'.encode()
    return [_File(f"{stem}.json", data, len(records)), _File(f"{stem}.csv", _csv(name, records), len(records))]


def _csv(name: str, records: Iterable[Mapping[str, Any]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(COLUMNS[name])
    for row in _lines(records) if name == "transcripts" else records:
        writer.writerow([_cell(row.get(column)) for column in COLUMNS[name]])
    # A mark for spreadsheets, which else take UTF-8 for something older.
    return out.getvalue().encode("utf-8-sig")


def _lines(records: Iterable[Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    for record in records:
        common = {"transcript": record["id"], "title": record["title"], "day": record["day"], "own": record["own"]}
        for turn in record["turns"]:
            yield common | turn


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, sort_keys=True)
    return cell(value)


def _decision(decision: Decision) -> dict[str, Any]:
    return {
        "seq": decision.seq,
        "purpose": decision.purpose.value,
        "given": decision.given,
        "at": None if decision.at is None else _iso(decision.at),
        "policy_version": decision.policy.version,
        "method": decision.detail.get("method"),
        "locale": decision.detail.get("locale"),
        "attested_age": decision.detail.get("attested_age"),
    }


def _feedback_place(row: RowMapping) -> Place:
    return Place("feedback", "enc_body", row["id"], row["rev"])


def _opened(keys: Unlocked, subject: UUID, sealed: bytes, place: Place) -> bytearray | None:
    """What was sealed; None if it does not open."""
    try:
        return keys.open(subject, sealed, place)
    except (DecryptionFailed, UnknownKey):
        return None


def _lost(opened: Mapping[UUID, bytearray | None]) -> int:
    return sum(plain is None for plain in opened.values())


def _note(damaged: Mapping[str, int]) -> None:
    for section, count in damaged.items():
        log.warning(
            "part of a data package could not be opened: check the databases, and restore a backup if they are damaged",
            extra={"kind": section, "count": count},
        )


def _body(plain: bytearray | None) -> Any:
    if plain is None:
        return None
    text = plain.decode()
    try:
        return json.loads(text)
    except ValueError:
        return text


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
