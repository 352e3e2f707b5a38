"""What an interview sees of its voice connection: changes it is told of, and what it may ask."""

from __future__ import annotations

import enum
from typing import Protocol


class Change(enum.Enum):
    """What an interview is told about its voice connection, from the event loop, the moment it is known."""

    HEARING = "hearing"
    """Connected, and encryption is as it should be."""

    PLAIN = "plain"
    """Somebody made the call fall back to no end-to-end encryption, in a channel that must have it."""

    LOST = "lost"
    """The connection is gone; coming back is under way."""

    MOVED = "moved"
    """The bot is in another channel now."""

    ENDED = "ended"
    """It is over: kicked, channel deleted, or no way back."""


class VoiceLink(Protocol):
    """A voice connection that hears."""

    @property
    def channel_id(self) -> int:
        """Where the bot is."""
        ...

    @property
    def encrypted(self) -> bool:
        """Whether the call is end-to-end encrypted now."""
        ...

    @property
    def voice_privacy_code(self) -> str | None:
        """The code by which members compare that they are in the same encrypted call."""
        ...

    def keep_alive(self) -> None:
        """Keep audio coming. Call every 5 s."""
        ...

    async def recover_group(self) -> None:
        """Ask to be put into the DAVE group anew. Never raises."""
        ...

    async def leave(self) -> None:
        """Leave the channel. Never raises; safe to call twice."""
        ...
