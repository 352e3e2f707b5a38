"""Whether every sealed field still opens: a scrub, as file systems do one.

    rows, PAGE at a time -> their subjects' keys -> open, overwrite -> those that do not open are counted

What is opened is looked at by nobody and overwritten at once. The database finds damage of its own pages; only the seal
shows a single field that was changed, moved from elsewhere, or lost its key. Others may write meanwhile: each page is
read at one moment, and whoever is erased after that is no fault.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from sqlalchemy import literal, null, select

from storage.crypto import Place, wipe
from storage.errors import DecryptionFailed, SubjectErased, UnknownKey
from storage.keyring import INSTALLATION
from storage.models import (
    AiJob,
    Block,
    ConsentEvent,
    Feedback,
    GuildQuestion,
    GuildSetting,
    LiveMessage,
    Offer,
    Preference,
    QueueEntry,
    Rating,
    Request,
    Server,
    Share,
    Subject,
    Transcript,
    Turn,
)

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy import ColumnElement, Row, Select, Table
    from sqlalchemy.orm import InstrumentedAttribute

    from storage.database import Database
    from storage.keyring import Keyring, Unlocked

    _Row = Row[UUID, bytes, UUID | None, int]
    _Query = Select[UUID, bytes, UUID | None, int]

PAGE: Final = 200
"""Rows that are read, and whose keys are held, at a time."""


@dataclass(frozen=True, slots=True)
class Scrubbed:
    """What a scrub found.

    Attributes:
        fields: How many sealed fields there were.
        faults: How many of them do not open, by table and column: "turn.enc_body".
    """

    fields: int
    faults: Counter[str]


@dataclass(frozen=True, slots=True)
class _Field:
    """A sealed column: whose key opens it, the installation's if nobody's, and what counts the row's revisions."""

    column: InstrumentedAttribute[Any]
    whose: InstrumentedAttribute[Any] | ColumnElement[Any] | None = None
    revision: InstrumentedAttribute[Any] | None = None

    @property
    def table(self) -> str:
        return self._of.name

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column.key}"

    def query(self) -> _Query:
        """Row, sealed field, subject, revision, in the order of rows."""
        row = self._row
        whose = null() if self.whose is None else self.whose
        revision = literal(0) if self.revision is None else self.revision
        query = select(row, self.column, whose, revision).where(self.column.is_not(None)).order_by(row)
        return cast("_Query", query)

    def after(self, last: UUID) -> ColumnElement[bool]:
        """The rows behind that one."""
        return self._row > last

    @property
    def _row(self) -> ColumnElement[Any]:
        (row,) = self._of.primary_key.columns
        return row

    @property
    def _of(self) -> Table:
        return cast("Table", self.column.class_.__table__)


_SHARED = select(Transcript.owner_id).where(Transcript.id == Share.transcript_id).scalar_subquery()

FIELDS: Final = (
    _Field(Subject.enc_discord_id, Subject.id),
    _Field(ConsentEvent.enc_detail, ConsentEvent.subject_id),
    _Field(Transcript.enc_title, Transcript.owner_id, Transcript.rev),
    _Field(Turn.enc_body, Turn.speaker_id, Turn.rev),
    _Field(Share.enc_grant, _SHARED),
    _Field(Feedback.enc_body, Feedback.owner_id, Feedback.rev),
    _Field(Rating.enc_body, Rating.rated_id, Rating.rev),
    _Field(AiJob.enc_options, AiJob.owner_id),
    _Field(LiveMessage.enc_location, None, LiveMessage.posted),
    _Field(Preference.enc_body, Preference.subject_id, Preference.rev),
    _Field(GuildQuestion.enc_body, GuildQuestion.author_id),
    _Field(QueueEntry.enc_body, QueueEntry.subject_id),
    _Field(Offer.enc_place),
    _Field(GuildSetting.enc_body, None, GuildSetting.rev),
    _Field(Server.enc_body),
    _Field(Block.enc_body),
    _Field(Request.enc_detail, Request.subject_id),
)
"""Every sealed column of the content."""


async def scrub(content: Database, keyring: Keyring) -> Scrubbed:
    """Open every sealed field of *content*.

    Raises:
        KeyProviderFailed: If the provider does not unwrap.
        DatabaseFailed: If a database cannot be read.
    """
    number, faults = 0, Counter[str]()
    for field in FIELDS:
        query = field.query().limit(PAGE)
        while True:
            async with content.read() as connection:
                page: list[_Row] = list((await connection.execute(query)).all())
            number += len(page)
            async with keyring.unlocked(*{row[2] or INSTALLATION for row in page}) as keys:
                faults[field.name] += sum(not _opens(keys, field, row) for row in page)
            if len(page) < PAGE:
                break
            query = field.query().where(field.after(page[-1][0])).limit(PAGE)
    return Scrubbed(number, +faults)


def _opens(keys: Unlocked, field: _Field, row: _Row) -> bool:
    identity, sealed, subject, revision = row
    place = Place(field.table, field.column.key, identity, int(revision))
    try:
        plain = keys.open(subject or INSTALLATION, sealed, place)
    except SubjectErased:
        return True  # the rest of an erasure, which the next start does again
    except (DecryptionFailed, UnknownKey):
        return False
    wipe(plain)
    return True
