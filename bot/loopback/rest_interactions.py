"""REST: answers to interactions, and the webhook that follows them up."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.loopback import payloads
from bot.loopback.rest import Call, Route

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.loopback.callbacks import Callbacks
    from bot.loopback.wire import Json


class InteractionRoutes:
    """Handlers over the interactions that are in the air."""

    def __init__(self, callbacks: Callbacks) -> None:
        self._callbacks = callbacks

    async def respond(self, call: Call) -> Json | None:
        """POST the first answer."""
        token = call.request.match_info["token"]
        response = self._callbacks.respond(call.id("interaction_id"), token, call.form, call.uploads)
        return response if call.asks("with_response") else None

    async def follow_up(self, call: Call) -> Json:
        """POST another message."""
        reply = self._callbacks.by_token(call.id("application_id"), call.request.match_info["token"])
        message = self._callbacks.follow_up(reply, call.form, call.uploads)
        return payloads.message(message, call.world)

    async def get(self, call: Call) -> Json:
        """GET an answer."""
        reply = self._callbacks.by_token(call.id("application_id"), call.request.match_info["token"])
        message = self._callbacks.message_of(reply, call.request.match_info["message_id"])
        return payloads.message(message, call.world)

    async def edit(self, call: Call) -> Json:
        """PATCH an answer."""
        reply = self._callbacks.by_token(call.id("application_id"), call.request.match_info["token"])
        message = self._callbacks.message_of(reply, call.request.match_info["message_id"])
        return payloads.message(self._callbacks.edit(message, call.form, call.uploads), call.world)

    async def delete(self, call: Call) -> None:
        """DELETE an answer."""
        reply = self._callbacks.by_token(call.id("application_id"), call.request.match_info["token"])
        message = self._callbacks.message_of(reply, call.request.match_info["message_id"])
        call.world.delete(message.id)

    def routes(self) -> Sequence[Route]:
        """Return the routes."""
        webhook = r"/webhooks/{application_id:\d+}/{token}"
        message = webhook + r"/messages/{message_id:\d+|@original}"
        answer = r"/interactions/{interaction_id:\d+}/{token}/callback"
        return (
            Route("POST", answer, self.respond, place="interaction_id", needs_account=False),
            Route("POST", webhook, self.follow_up, "webhooks", "token", needs_account=False),
            Route("GET", message, self.get, "webhooks", "token", needs_account=False),
            Route("PATCH", message, self.edit, "webhooks", "token", needs_account=False),
            Route("DELETE", message, self.delete, "webhooks", "token", needs_account=False),
        )
