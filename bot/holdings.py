"""What is kept about somebody, counted: rows and periods, without opening anything.

    Discord id -> subject, HMAC, pseudonyms -> rows of each table -> Held(table, rows, periods)

`ABOUT` names every table that holds something about a person. The periods are those of its columns' annotations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, func, or_, select

from storage import models
from storage.blocks import blocked
from storage.erasure import quarters

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import DeclarativeBase

    from bot.stores import Stores

ABOUT: Final = (
    models.Subject,
    models.ConsentEvent,
    models.OptOut,
    models.Transcript,
    models.Turn,
    models.Share,
    models.Feedback,
    models.AiJob,
    models.Rating,
    models.Request,
    models.Preference,
    models.GuildQuestion,
    models.QueueEntry,
    models.Offer,
    models.Audit,
    models.AnalyticsEvent,
    models.Budget,
    models.Reservation,
    models.Usage,
    models.Block,
)
"""The tables with rows that lead to a person."""


@dataclass(frozen=True, slots=True)
class Held:
    """Rows of one table.

    Attributes:
        table: Its name.
        rows: How many are about the person: of turns, those that the person spoke, in whosever transcript.
        periods: For how long, by the names that `storage.package.PERIODS` has.
    """

    table: str
    rows: int
    periods: tuple[str, ...]


async def holdings(stores: Stores, user_id: int, *, at: datetime) -> list[Held]:
    """Each table that holds something about this person; none about somebody who is not known.

    Raises:
        StorageError: If it could not be read.
    """
    subject = await stores.subjects.find(user_id)
    idx = stores.subjects.index(user_id)
    where: dict[type[DeclarativeBase], ColumnElement[bool]] = {
        models.OptOut: models.OptOut.idx == idx,
        models.Audit: models.Audit.idx == idx,
        models.Budget: models.Budget.idx == idx,
        models.Reservation: models.Reservation.idx == idx,
        models.Usage: models.Usage.idx == idx,
        models.Block: models.Block.blocked_idx == blocked(stores.secrets, user_id),
        models.Offer: or_(models.Offer.one_idx == idx, models.Offer.other_idx == idx),
    }
    if subject is not None:
        own = select(models.Transcript.id).where(models.Transcript.owner_id == subject)
        pseudonyms = {stores.secrets.pseudonym(subject, quarter) for quarter in quarters(at)}
        where |= {
            models.Subject: models.Subject.id == subject,
            models.ConsentEvent: models.ConsentEvent.subject_id == subject,
            models.Transcript: models.Transcript.owner_id == subject,
            models.Turn: models.Turn.speaker_id == subject,
            models.Share: or_(models.Share.reader_id == subject, models.Share.transcript_id.in_(own)),
            models.Feedback: models.Feedback.owner_id == subject,
            models.AiJob: models.AiJob.owner_id == subject,
            models.Rating: or_(models.Rating.rated_id == subject, models.Rating.rater_id == subject),
            models.Request: models.Request.subject_id == subject,
            models.Preference: models.Preference.subject_id == subject,
            models.GuildQuestion: models.GuildQuestion.author_id == subject,
            models.QueueEntry: models.QueueEntry.subject_id == subject,
            models.AnalyticsEvent: models.AnalyticsEvent.pseudonym.in_(pseudonyms),
        }
    found: list[Held] = []
    async with stores.databases.content.read() as content, stores.databases.keyring.read() as keyring:
        for table in ABOUT:
            if table in where:
                connection = content if issubclass(table, models.Content) else keyring
                query = select(func.count()).select_from(table).where(where[table])
                rows = (await connection.execute(query)).scalar_one()
                if rows:
                    found.append(Held(table.__tablename__, rows, _periods(table)))
    return found


def _periods(table: type[DeclarativeBase]) -> tuple[str, ...]:
    # A table's rows go as a whole, so its columns agree.
    return tuple(sorted({column.info["retention"] for column in table.__table__.columns}))
