"""A DAVE group without a network: davey sessions whose messages a delivery service passes on, all in one process."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Any

from bot.loopback.dave_client import DaveClient
from bot.loopback.delivery import PROTOCOL_VERSION, Delivery, Op

if TYPE_CHECKING:
    from collections.abc import Iterable

    import davey

    from bot.loopback.delivery import Outgoing


class Group:
    """Members of one call. Every change of membership is carried through before the method returns.

    Attributes:
        clients: Each member's end, by user id.
    """

    def __init__(self, *user_ids: int, channel_id: int = 777) -> None:
        self._channel_id = channel_id
        self._delivery = Delivery(channel_id, clock=lambda: 0.0)
        self.clients: dict[int, DaveClient] = {}
        for user_id in user_ids:
            self.add(user_id)

    def session(self, user_id: int) -> davey.DaveSession:
        """The session with which *user_id* seals and opens.

        Raises:
            KeyError: If there is no such member.
        """
        session = self.clients[user_id].session
        if session is None:  # pragma: no cover - add() begins one
            raise KeyError(user_id)
        return session

    def add(self, user_id: int, session: Any = None) -> None:
        """Let *user_id* join, with a *session* of their own making if one is given."""
        client = self.clients[user_id] = DaveClient(user_id, self._channel_id)
        client.session = session
        begun = client.begin(PROTOCOL_VERSION)
        self._pass(self._delivery.join(user_id))
        for op, payload in begun:
            self._pass(self._tell(user_id, op, payload))

    def remove(self, user_id: int) -> None:
        """Let *user_id* leave."""
        del self.clients[user_id]
        self._pass(self._delivery.leave(user_id))

    def _pass(self, outgoing: Iterable[Outgoing]) -> None:
        queue = deque(outgoing)
        while queue:
            message = queue.popleft()
            client = self.clients.get(message.user_id)
            if client is None:
                continue
            hear = client.text if isinstance(message.payload, dict) else client.binary
            for op, payload in hear(message.op, message.payload):  # type: ignore[arg-type]
                queue.extend(self._tell(message.user_id, op, payload))

    def _tell(self, user_id: int, op: int, payload: Any) -> list[Outgoing]:
        match op:
            case Op.KEY_PACKAGE:
                return self._delivery.key_package(user_id, payload)
            case Op.COMMIT_WELCOME:
                return self._delivery.commit(user_id, payload)
            case Op.TRANSITION_READY:
                return self._delivery.ready(user_id, payload["transition_id"])
            case _:
                return self._delivery.invalid(user_id)
