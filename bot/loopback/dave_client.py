"""DAVE as any client does it, on davey: what a simulated member says to the delivery service, and how it seals frames.

ops 21, 22, 24, 25, 27, 29, 30 -> DaveClient -> ops 23, 26, 28, 31
"""

from __future__ import annotations

import logging
from typing import Any

import davey

from bot.loopback import media
from bot.loopback.delivery import Op

log = logging.getLogger(__name__)


class DaveClient:
    """One client's end of DAVE. Every method returns what is to be sent: opcode and payload, bytes or a JSON object.

    Attributes:
        version: What is in force; 0 is no end-to-end encryption.
        recoveries: How often the session had to start over.
    """

    def __init__(self, user_id: int, channel_id: int) -> None:
        self._user_id = user_id
        self._channel_id = channel_id
        self._pending: dict[int, int] = {}
        self._last_transition = 0
        self.session: davey.DaveSession | None = None
        self.version = 0
        self.recoveries = 0

    @property
    def ready(self) -> bool:
        """Whether what is said now can be heard by the others."""
        return self.version == 0 or (self.session is not None and self.session.ready)

    def begin(self, version: int) -> list[tuple[int, Any]]:
        """A session description, or epoch 1, says *version*."""
        self.version = version
        self._pending.clear()
        if not version:
            self.session = None
            return []
        if self.session is None:
            self.session = davey.DaveSession(version, self._user_id, self._channel_id)
        else:
            self.session.reinit(version, self._user_id, self._channel_id)
        return [(Op.KEY_PACKAGE, self.session.get_serialized_key_package())]

    def seal(self, frame: bytes) -> bytes | None:
        """The DAVE frame; None if nobody could open it yet."""
        if self.version == 0 or frame == media.SILENCE:
            return frame
        if self.session is None or not self.session.ready:
            return None
        return self.session.encrypt_opus(frame)

    def open(self, user_id: int, frame: bytes) -> bytes | None:
        """The Opus packet; None if it cannot be opened."""
        if self.session is None or frame == media.SILENCE:
            return frame
        try:
            return self.session.decrypt(user_id, davey.MediaType.audio, frame)
        except ValueError:
            return frame if self.version == 0 else None

    def text(self, op: int, data: dict[str, Any]) -> list[tuple[int, Any]]:
        """A JSON message with a DAVE opcode."""
        if op == Op.PREPARE_EPOCH:
            return self.begin(data["protocol_version"]) if data["epoch"] == 1 else []
        transition_id = int(data["transition_id"])
        if op == Op.EXECUTE_TRANSITION:
            self._last_transition = transition_id
            self.version = self._pending.pop(transition_id, self.version)
        elif op == Op.PREPARE_TRANSITION:
            if transition_id == 0:
                self.version = data["protocol_version"]
            else:
                return self._prepare(transition_id, data["protocol_version"])
        return []

    def binary(self, op: int, body: bytes) -> list[tuple[int, Any]]:
        """A binary message."""
        if self.session is None:
            return []
        if op == Op.EXTERNAL_SENDER:
            self.session.set_external_sender(body)
        elif op == Op.PROPOSALS:
            return self._propose(self.session, body)
        elif op in {Op.ANNOUNCE_COMMIT, Op.WELCOME}:
            transition_id = int.from_bytes(body[:2])
            process = self.session.process_commit if op == Op.ANNOUNCE_COMMIT else self.session.process_welcome
            try:
                process(body[2:])
            except (ValueError, RuntimeError):
                log.info("commit or welcome refused", exc_info=True, extra={"user_id": self._user_id})
                return self._recover(transition_id)
            return self._prepare(transition_id, self.version) if transition_id else []
        return []

    def _prepare(self, transition_id: int, version: int) -> list[tuple[int, Any]]:
        self._pending[transition_id] = version
        return [(Op.TRANSITION_READY, {"transition_id": transition_id})]

    def _propose(self, session: davey.DaveSession, body: bytes) -> list[tuple[int, Any]]:
        kind = davey.ProposalsOperationType.revoke if body[0] else davey.ProposalsOperationType.append
        try:
            answer = session.process_proposals(kind, body[1:])
        except (ValueError, RuntimeError):
            log.info("proposals refused", exc_info=True, extra={"user_id": self._user_id})
            # Of an epoch that this client never saw begin: a commit was missed.
            return self._recover(self._last_transition)
        if answer is None:
            return []
        return [(Op.COMMIT_WELCOME, answer.commit + (answer.welcome or b""))]

    def _recover(self, transition_id: int) -> list[tuple[int, Any]]:
        self.recoveries += 1
        return [(Op.INVALID_COMMIT, {"transition_id": transition_id}), *self.begin(self.version)]
