"""Who said yes to what. Kept in memory until storage is built: the calls are the ones that stay.

Every purpose is separate and off until its owner switches it on; nothing here is ever switched on by somebody else.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime


class Purpose(enum.StrEnum):
    """What a person's voice or words may be used for."""

    TRANSCRIBE = "transcribe"
    """Decrypt my voice during an interview I joined, and turn it into text in memory."""

    CAPTIONS = "captions"
    """Show my words in the channel while the interview runs."""


@dataclass(frozen=True, slots=True)
class Consent:
    """What one person agreed to.

    Attributes:
        purposes: What for; empty means nothing at all.
        policy_version: The version of the policy that was shown.
        given_at: When; None when never.
        of_age: Whether the person attested to be old enough.
    """

    purposes: frozenset[Purpose] = frozenset()
    policy_version: str = ""
    given_at: datetime | None = field(default=None)
    of_age: bool = False

    def covers(self, purpose: Purpose) -> bool:
        """Whether *purpose* was agreed to, by somebody who attested to be old enough."""
        return self.of_age and purpose in self.purposes


NOTHING = Consent()


class Consents:
    """The consents of everybody, by Discord user id."""

    def __init__(self, *, policy_version: str) -> None:
        self._policy_version = policy_version
        self._by_user: dict[int, Consent] = {}

    async def of(self, user_id: int) -> Consent:
        """What this person agreed to; nothing if it was another version of the policy."""
        consent = self._by_user.get(user_id, NOTHING)
        return consent if consent.policy_version == self._policy_version else NOTHING

    async def give(self, user_id: int, purposes: Iterable[Purpose], *, of_age: bool, at: datetime) -> Consent:
        """Put down what this person ticked, in place of what was there."""
        consent = Consent(frozenset(purposes), self._policy_version, at, of_age)
        self._by_user[user_id] = consent
        return consent

    async def withdraw(self, user_id: int) -> None:
        """Take everything back."""
        self._by_user.pop(user_id, None)

    def __repr__(self) -> str:
        return f"<Consents of {len(self._by_user)}>"
