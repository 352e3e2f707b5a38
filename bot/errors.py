"""What can go wrong in the application, and is somebody's to mend.

    BotError
        StartRefused            the bot cannot start; the message is one sentence for the operator      exit code 78
        InterviewError          an interview cannot do this now
            InterviewRunning    there is one in this server already
            NoInterview         there is none in this server
            NotInChannel        the person is not in the voice channel that it takes
            NotAllowed          the person may not do this
            MissingPermissions  Discord does not let the bot do what it needs; says what
            CannotJoin          the voice channel cannot be joined
            Restarting          the bot is about to end, so that nothing begins any more

Words for people are in `config/locales`; these carry what those need, and no names, ids or speech.
"""

from __future__ import annotations


class BotError(Exception):
    """Base of everything the application raises on purpose."""


class StartRefused(BotError):
    """The bot cannot start; the message is one sentence that says what to do."""


class InterviewError(BotError):
    """An interview cannot do this now."""


class InterviewRunning(InterviewError):
    """There is one in this server already."""


class NoInterview(InterviewError):
    """There is none in this server."""


class NotInChannel(InterviewError):
    """The person is not in the voice channel that it takes."""


class NotAllowed(InterviewError):
    """The person may not do this."""


class MissingPermissions(InterviewError):
    """Discord does not let the bot do what it needs.

    Attributes:
        names: What is missing, as discord.py names it: "connect", "send_messages".
        for_thread: Whether in the text channel below which captions are to appear, not in the voice channel.
    """

    def __init__(self, names: tuple[str, ...], *, for_thread: bool = False) -> None:
        super().__init__("permissions are missing")
        self.names = names
        self.for_thread = for_thread


class UserMistake(BotError):
    """What was asked for cannot be done; the message is one sentence for whoever asked, from `cogs.replies`."""


class CannotJoin(InterviewError):
    """The voice channel cannot be joined: full, gone, or no answer in time."""


class Restarting(InterviewError):
    """The bot is about to end: no interview begins any more."""
