"""What people were told, put down by themselves, to be held against what can be read in the end.

begins -> acknowledged, or not: the bot was killed, or said that it did not work
at the end: what was acknowledged is there; what was erased is not; what was only begun may be either
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from storage.ledger import Purpose

if TYPE_CHECKING:
    from bot.stores import Stores


@dataclass(slots=True)
class Kept:
    """What must be, may be and must not be kept of one person.

    Attributes:
        saved: Titles that the bot said were saved.
        perhaps: Titles of which nobody was told.
        gone: Titles of an account that the bot said was erased.
        agrees: Whether words may be saved, as the bot last confirmed; None where it did not.
    """

    saved: set[str] = field(default_factory=set[str])
    perhaps: set[str] = field(default_factory=set[str])
    gone: set[str] = field(default_factory=set[str])
    agrees: bool | None = False


class Record:
    """Everybody's, by user id.

    Attributes:
        acknowledged: How many of each kind were.
        cut: How many of each kind were begun and never acknowledged.
    """

    def __init__(self) -> None:
        self.acknowledged: Counter[str] = Counter()
        self.cut: Counter[str] = Counter()
        self._people: dict[int, Kept] = {}

    def of(self, user_id: int) -> Kept:
        """What is known of somebody."""
        return self._people.setdefault(user_id, Kept())

    def begins(self, kind: str, user_id: int, title: str = "") -> None:
        """Somebody asks for something that is kept: consent, withdrawal, save, erasure."""
        kept = self.of(user_id)
        self.cut[kind] += 1
        if kind == "save":
            kept.perhaps.add(title)
        elif kind == "erasure":
            kept.perhaps |= kept.saved
            kept.saved = set()
            kept.agrees = None
        else:
            kept.agrees = None

    def acknowledge(self, kind: str, user_id: int, title: str = "") -> None:
        """The bot said that it is done."""
        kept = self.of(user_id)
        self.cut[kind] -= 1
        self.acknowledged[kind] += 1
        if kind == "save":
            kept.perhaps.discard(title)
            kept.saved.add(title)
        elif kind == "erasure":
            kept.gone |= kept.perhaps
            kept.perhaps, kept.agrees = set(), False
        else:
            kept.agrees = kind == "consent"

    async def broken(self, stores: Stores) -> list[str]:
        """What does not hold, without anybody's name or title."""
        found: Counter[str] = Counter()
        at = datetime.now(UTC)
        for user_id, kept in self._people.items():
            titles: list[str | None] = []
            page = pages = 1
            while page <= pages:
                shown = await stores.transcripts.list(user_id, page, at=at)
                pages, page = shown.pages, page + 1
                for entry in shown.entries:
                    titles.append(entry.title)
                    saved = await stores.transcripts.view(user_id, entry.id, at=at)
                    found["a transcript without a line"] += not saved.turns
            there = set(titles)
            found["a transcript that was acknowledged is lost"] += len(kept.saved - there)
            found["a transcript of an erased account is there"] += len(kept.gone & there)
            found["a transcript is there that nobody saved"] += len(there - kept.saved - kept.perhaps - kept.gone)
            found["a transcript is there twice"] += len(titles) - len(there)
            if kept.agrees is not None:
                given = (await stores.ledger.state(user_id))[Purpose.SAVE].given
                found["a consent that was acknowledged is lost"] += kept.agrees and not given
                found["a consent that was taken back stands"] += given and not kept.agrees
        found["the ledger of consents does not hold"] += not (await stores.ledger.verify()).holds
        return [f"{what}: {times}" for what, times in found.items() if times]
