"""Discord's end-to-end encryption (DAVE): a sender's frame opened, or refused with the reason.

    RTP payload -> DaveFrames.open(user_id) -> one Opus packet

The only file of the product that imports davey. Two of its habits are made harmless here. After one downgrade its
passthrough stays on for good, so frames without a DAVE trailer are refused before it sees them. And what it raises
while discord.py processes a message of the group would end discord.py's voice poller in silence, so `GuardedSession`
catches that. Source of the frame's layout: DAVE protocol whitepaper 1.1.4, "Payload Format".
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Any, ClassVar, ParamSpec, Protocol, TypeVar

import davey

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")

SILENCE = b"\xf8\xff\xfe"
"""Opus for 20 ms of nothing. It is never encrypted, the server may inject it, and it never gets as far as here."""

_MAGIC = b"\xfa\xfa"
_TAG_BYTES = 8

_NONCE_FORMS = {
    _TAG_BYTES + nonce_bytes + 3: (
        int.from_bytes(b"\x80" * (nonce_bytes - 1) + (b"\xf0" if nonce_bytes == 5 else b"\x80"), "little"),
        int.from_bytes(b"\x80" * (nonce_bytes - 1), "little"),
    )
    for nonce_bytes in range(1, 6)
}
"""By the trailer's size: which bits of its ULEB128 nonce are fixed, and as what. Every byte but the last has its top
bit set, and five of them hold no more than 32 bits.
"""
_AUDIO = davey.MediaType.audio


class Reason(Enum):
    """Why a frame stays closed."""

    NO_DECRYPTOR = "this user is not in the group"
    NOT_ENCRYPTED = "no DAVE frame"
    WRONG_KEY = "another key, a replay, or changed bytes"


class FrameNotOpened(Exception):
    """A frame stays closed. Carries nothing of it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


class FrameOpener(Protocol):
    """What the receiver asks to open frames."""

    end_to_end: ClassVar[bool]
    """Whether frames are sealed by their senders, so that a packet without its transport encryption is still sealed,
    and only its sender's key opens it."""

    def open(self, user_id: int, sealed: bytes) -> bytes:
        """Return the Opus packet that *user_id* sealed.

        Raises:
            FrameNotOpened: With the reason.
        """
        ...

    def members(self) -> set[int]:
        """Whose frames could be opened now."""
        ...


class DaveFrames:
    """Frames of a voice channel, by discord.py's DAVE session."""

    __slots__ = ("_decrypt", "_session")
    end_to_end: ClassVar[bool] = True

    def __init__(self, session: davey.DaveSession | GuardedSession) -> None:
        self._session = session
        self._decrypt: Callable[[int, davey.MediaType, bytes], bytes] = session.decrypt

    def open(self, user_id: int, sealed: bytes) -> bytes:
        """Return the Opus packet that *user_id* sealed. Each frame opens once.

        Raises:
            FrameNotOpened: With the reason. That costs 1 to 2 us and changes no key, so that trying is a fair way to
                find out whose frame it is.
        """
        if not is_protocol_frame(sealed):
            raise FrameNotOpened(Reason.NOT_ENCRYPTED)
        try:
            return self._decrypt(user_id, _AUDIO, sealed)
        except BaseException as error:
            if not _is_daveys(error):
                raise
            reason = Reason.NO_DECRYPTOR if "NoDecryptorForUser" in str(error) else Reason.WRONG_KEY
            raise FrameNotOpened(reason) from None

    def members(self) -> set[int]:
        """Everybody in the group except ourselves."""
        try:
            members = {int(user_id) for user_id in self._session.get_user_ids()}
        except ValueError:  # no group yet
            return set()
        return members - {self._session.user_id}

    def __repr__(self) -> str:
        return "<DaveFrames>"


class Plain:
    """Frames of a stage channel, the one kind of channel that Discord does not encrypt end to end."""

    __slots__ = ()
    end_to_end: ClassVar[bool] = False

    def open(self, user_id: int, sealed: bytes) -> bytes:
        """Return the frame as it is."""
        del user_id
        return sealed

    def members(self) -> set[int]:
        """Nobody: without keys nothing shows whose frame it is."""
        return set()


def is_protocol_frame(frame: bytes) -> bool:
    """Whether *frame* ends as every DAVE frame of Opus does: tag, nonce as ULEB128, no ranges, size, `FA FA`.

    Stricter than davey, for which other trailers may be a frame or, in passthrough, plaintext to hand on.
    """
    length = len(frame)
    if length < _TAG_BYTES + 4 or not frame.endswith(_MAGIC):
        return False
    size = frame[-3]
    form = _NONCE_FORMS.get(size)
    if form is None or size >= length:
        return False
    mask, expected = form
    return int.from_bytes(frame[_TAG_BYTES - size : -3], "little") & mask == expected


def _is_daveys(error: BaseException) -> bool:
    """Whether davey raised it. A panic of its Rust code is no `Exception`, and must not end a task either."""
    return isinstance(error, Exception) or type(error).__name__ == "PanicException"


class GuardedSession:
    """A DAVE session whose errors do not end discord.py's voice poller.

    Errors of a commit or a welcome pass, because discord.py answers them by asking to be added to the group anew. All
    others are counted, told to *on_fault* by the kind of message, and swallowed. Everything else is the session's.
    """

    def __init__(self, session: davey.DaveSession, *, on_fault: Callable[[str], None]) -> None:
        self._session = session
        self._on_fault = on_fault
        self.faults: dict[str, int] = {}

    def set_external_sender(self, external_sender_data: bytes) -> None:
        """As the session's own (opcode 25)."""
        self._try("external sender", self._session.set_external_sender, external_sender_data)

    def process_proposals(
        self,
        operation_type: davey.ProposalsOperationType,
        proposals: bytes,
        expected_user_ids: list[int] | None = None,
    ) -> davey.CommitWelcome | None:
        """As the session's own (opcode 27); None if it cannot."""
        return self._try("proposals", self._session.process_proposals, operation_type, proposals, expected_user_ids)

    def set_passthrough_mode(self, passthrough_mode: bool, transition_expiry: int | None = None) -> None:  # noqa: FBT001 - discord.py passes it by position
        """As the session's own (opcode 21)."""
        self._try("passthrough", self._session.set_passthrough_mode, passthrough_mode, transition_expiry)

    def reset(self) -> None:
        """As the session's own."""
        self._try("reset", self._session.reset)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def _try(self, kind: str, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        try:
            return call(*args, **kwargs)
        except BaseException as error:
            if not _is_daveys(error):
                raise
            self.faults[kind] = self.faults.get(kind, 0) + 1
            self._on_fault(kind)
            return None

    def __repr__(self) -> str:
        return "<GuardedSession>"
