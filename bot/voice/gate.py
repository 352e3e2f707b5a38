"""Who may be decoded. Nobody, until they said yes; and nobody at all while there is a reason to pause."""

from __future__ import annotations


class Gate:
    """Consent, asked before every decryption.

    A change takes effect with the next packet. What somebody said before their yes stays sealed even if it is still
    waiting somewhere: whoever holds a packet keeps `moment` with it and compares it with `since`.
    """

    __slots__ = ("_moment", "_reasons", "_since")

    def __init__(self) -> None:
        self._since: dict[int, int] = {}
        self._reasons: set[str] = set()
        self._moment = 1

    def allow(self, user_id: int) -> None:
        """This person said yes. Saying it again changes nothing."""
        if user_id not in self._since:
            self._moment += 1
            self._since[user_id] = self._moment

    def revoke(self, user_id: int) -> None:
        """This person said no, or withdrew their yes."""
        self._since.pop(user_id, None)

    def allowed(self, user_id: int) -> bool:
        """Whether this person's packets may be decrypted now."""
        return not self._reasons and user_id in self._since

    def since(self, user_id: int) -> int:
        """The moment from which this person may be heard; 0 while they may not be."""
        return 0 if self._reasons else self._since.get(user_id, 0)

    @property
    def moment(self) -> int:
        """A count of the changes that open the gate: the time of a packet, as the gate counts time."""
        return self._moment

    def pause(self, reason: str) -> None:
        """Let nobody through for *reason* (a notice that is missing, encryption that was lost, a moderator)."""
        self._reasons.add(reason)

    def resume(self, reason: str) -> None:
        """*reason* is gone. The gate opens when it was the last, and what came meanwhile stays sealed."""
        if reason in self._reasons:
            self._reasons.discard(reason)
            self._moment += 1
            self._since = dict.fromkeys(self._since, self._moment)

    @property
    def paused(self) -> frozenset[str]:
        """The reasons for which nobody is heard now."""
        return frozenset(self._reasons)

    @property
    def consenting(self) -> frozenset[int]:
        """Who said yes, also during a pause."""
        return frozenset(self._since)

    def __repr__(self) -> str:
        return f"<Gate {len(self._since)} consenting{', paused' if self._reasons else ''}>"
