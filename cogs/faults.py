"""What people read when storage did not do what they asked for: what happened, and what to do.

the account was erased in the middle     nobody's fault: nothing is noted
what it belongs to was deleted           likewise, but noted
no room, busy, unreachable               noted as an error; to be tried later
changed or damaged                       noted as an error; trying again does not help
anything else                            noted as an error; the command's own sentence
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from storage.errors import (
    DatabaseFailed,
    DatabaseFull,
    DecryptionFailed,
    KeyProviderFailed,
    OwnerGone,
    SubjectErased,
    UnknownKey,
)

if TYPE_CHECKING:
    from cogs.locales import Words

log = logging.getLogger(__name__)

_SENTENCES: Final[tuple[tuple[type[Exception], str], ...]] = (
    (DatabaseFull, "fault-full"),
    (DatabaseFailed, "fault-later"),
    (KeyProviderFailed, "fault-later"),
    (DecryptionFailed, "fault-damaged"),
    (UnknownKey, "fault-damaged"),
)
"""The first that fits counts."""


def overtaken(words: Words, error: Exception) -> str | None:
    """What to say if what the command was about was deleted while it ran; None if that is not what happened."""
    if isinstance(error, SubjectErased):
        return words("fault-account-deleted")
    if isinstance(error, OwnerGone):
        log.warning("what a command was about was deleted while it ran")
        return words("fault-deleted")
    return None


def failed(words: Words, error: Exception, otherwise: str) -> str:
    """What to say of an error that the command did not foresee, noted without what was said; else *otherwise*."""
    if (said := overtaken(words, error)) is not None:
        return said
    log.error("a command failed", exc_info=error)
    return next((words(key) for kind, key in _SENTENCES if isinstance(error, kind)), otherwise)
