"""Interactions in the air: who asked what, how the application answered, and what the person saw of it.

interactions.Interactions -> Callbacks.open -> INTERACTION_CREATE -> bot
    -> rest_interactions -> Callbacks.respond -> Reply
"""

from __future__ import annotations

import asyncio
import secrets
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from bot.loopback import payloads, wire
from bot.loopback.component_forms import check_modal
from bot.loopback.drafts import draft
from bot.loopback.entities import Message, MessageBody
from bot.loopback.forms import Form, check_choices, items, number
from bot.loopback.wire import EPHEMERAL, LOADING, Json, refuse
from bot.loopback.world import Event, World

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from bot.loopback.rest import Upload

COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
"""Interaction types. Source: Discord developer documentation, "Interaction Type"."""

MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, CHOICES, MODAL = 4, 5, 6, 7, 8, 9
"""Callback types. Source: Discord developer documentation, "Interaction Callback Type"."""

ANSWERS: Final[dict[int, frozenset[int]]] = {
    COMMAND: frozenset({MESSAGE, DEFERRED, MODAL}),
    COMPONENT: frozenset({MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE, MODAL}),
    AUTOCOMPLETE: frozenset({CHOICES}),
    MODAL_SUBMIT: frozenset({MESSAGE, DEFERRED, DEFERRED_UPDATE, UPDATE}),
}

ACKNOWLEDGE_WITHIN_S: Final = 3.0
TOKEN_LIVES_S: Final = 15 * 60.0
"""Source: Discord developer documentation, "Receiving and Responding to Interactions"."""

CHAT_COMMAND_REPLY, REPLY, MENU_COMMAND_REPLY = 20, 19, 23
"""Message types."""


class DidNotRespond(Exception):
    """What the person reads in red: the application did not respond, in time or at all."""


@dataclass(frozen=True, slots=True, eq=False)
class Modal:
    """A form that a person has before them."""

    custom_id: str
    title: str
    components: tuple[Json, ...]
    reply: Reply = field(repr=False)


@dataclass(slots=True, eq=False)
class Reply:
    """What a person saw after they did something.

    Awaiting it waits until there is something to see, however long the application defers, and returns it.

    Attributes:
        kind: Interaction type.
        answer: Callback type; None before the application answered.
        message: The message that answers, or that the answer changed.
        followups: Messages after it, ephemeral ones too.
        modal: The form that opened.
        choices: Of an autocomplete.
        acknowledged_after_s: How long the application took to answer at all.
        delivered: False if the application was not logged in, so that nothing can come.
    """

    id: int
    token: str = field(repr=False)
    kind: int
    application_id: int
    user_id: int
    channel_id: int
    created_at: float
    metadata: Json = field(repr=False)
    source: Message | None = None
    message_kind: int = CHAT_COMMAND_REPLY
    answer: int | None = None
    message: Message | None = None
    followups: list[Message] = field(default_factory=list[Message])
    modal: Modal | None = None
    choices: list[Json] = field(default_factory=list[Json])
    acknowledged_after_s: float | None = None
    patience_s: float = ACKNOWLEDGE_WITHIN_S
    deferred_patience_s: float = 20.0
    delivered: bool = True
    _began: float = field(default_factory=time.perf_counter, repr=False)
    _changed: asyncio.Event = field(default_factory=asyncio.Event, repr=False)

    def __await__(self) -> Generator[Any, None, Reply]:
        return self._shown().__await__()

    @property
    def deferred(self) -> bool:
        """Whether the application first said that it needs time."""
        return self.answer in {DEFERRED, DEFERRED_UPDATE}

    @property
    def ephemeral(self) -> bool:
        """Whether the person alone sees the answer."""
        return self.message is not None and self.message.is_ephemeral

    @property
    def content(self) -> str:
        """The plain text of the answer."""
        return self.message.content if self.message else ""

    @property
    def text(self) -> str:
        """Every word of the answer, of embeds and components too."""
        return self.message.text if self.message else ""

    @property
    def embeds(self) -> tuple[Json, ...]:
        """The answer's embeds."""
        return self.message.embeds if self.message else ()

    @property
    def components(self) -> tuple[Json, ...]:
        """The answer's components."""
        return self.message.components if self.message else ()

    @property
    def deleted(self) -> bool:
        """Whether the answer was taken back."""
        return self.message is not None and self.message.deleted_at is not None

    @property
    def shown(self) -> bool:
        """Whether there is something to see, or nothing to wait for."""
        if self.answer == DEFERRED and self.message is not None:
            return not self.message.is_loading or self.deleted
        return self.answer is not None

    async def acknowledged(self) -> Reply:
        """Wait until the application has answered in any way, a deferral included.

        Raises:
            DidNotRespond: If it took too long, or is not there.
        """
        if not self.delivered:
            raise DidNotRespond("the application is not logged in to the gateway")
        return await self.until(lambda reply: reply.answer is not None, within_s=self.patience_s)

    async def until(self, condition: Callable[[Reply], bool], *, within_s: float = 5.0) -> Reply:
        """Wait until *condition* holds, looked at whenever the answer changes.

        Raises:
            DidNotRespond: If it does not come to that.
        """
        try:
            async with asyncio.timeout(within_s):
                while not condition(self):
                    await self._changed.wait()
        except TimeoutError:
            raise DidNotRespond(f"nothing after {within_s} s: {self}") from None
        return self

    async def _shown(self) -> Reply:
        await self.acknowledged()
        return await self.until(lambda reply: reply.shown, within_s=self.deferred_patience_s)

    def note(self) -> None:
        """Wake whoever waits for a change."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def acknowledge(self, answer: int) -> None:
        """Note the first answer."""
        self.answer = answer
        self.acknowledged_after_s = time.perf_counter() - self._began

    def owns(self, message: Message | None) -> bool:
        """Tell whether a message is the answer or follows it."""
        return message is not None and (message is self.message or message in self.followups)


class Callbacks:
    """Every interaction, by id and by token, and what applications do with them."""

    def __init__(self, world: World, *, reaches: Callable[[int], bool]) -> None:
        """Begin with none.

        Args:
            world: Where they happen.
            reaches: Whether an application gets what is sent to it.
        """
        self.patience_s = ACKNOWLEDGE_WITHIN_S
        self.deferred_patience_s = 20.0
        self._world = world
        self._reaches = reaches
        self._by_id: dict[int, Reply] = {}
        self._by_token: dict[str, Reply] = {}
        world.subscribe(self._notice)

    def open(
        self,
        kind: int,
        application_id: int,
        user_id: int,
        channel_id: int,
        data: Json,
        *,
        metadata: Json,
        message_kind: int = CHAT_COMMAND_REPLY,
        source: Message | None = None,
        locale: str | None = None,
    ) -> Reply:
        """Send an interaction to the application and return what will come of it."""
        interaction_id = self._world.new_id()
        owners = self._owners(channel_id)
        user = payloads.user(self._world.users[user_id])
        meta = {"id": str(interaction_id), "type": kind, "user": user, "authorizing_integration_owners": owners}
        reply = Reply(
            interaction_id,
            f"aW50ZXJhY3Rpb24{secrets.token_urlsafe(96)}",
            kind,
            application_id,
            user_id,
            channel_id,
            self._world.now(),
            meta | metadata,
            source=source,
            message_kind=message_kind,
            patience_s=self.patience_s,
            deferred_patience_s=self.deferred_patience_s,
            delivered=self._reaches(application_id),
        )
        self._by_id[reply.id] = self._by_token[reply.token] = reply
        channel = self._world.channels[channel_id]
        payload = self._payload(reply, data, locale)
        only = frozenset({application_id})
        self._world.emit(Event("INTERACTION_CREATE", payload, channel.guild_id, only=only))
        return reply

    def respond(self, interaction_id: int, token: str, form: Json, uploads: Sequence[Upload]) -> Json:
        """Take an application's first answer and return what `with_response` asks for.

        Raises:
            ApiError: If it is too late, the second one, or not a valid one.
        """
        reply = self._by_id.get(interaction_id)
        if reply is None or not secrets.compare_digest(reply.token, token):
            raise refuse(wire.UNKNOWN_INTERACTION)
        if reply.answer is not None:
            raise refuse(wire.ALREADY_ACKNOWLEDGED)
        if self._world.now() - reply.created_at > ACKNOWLEDGE_WITHIN_S:
            raise refuse(wire.UNKNOWN_INTERACTION)
        kind = cast("object", form.get("type"))
        allowed = ANSWERS[reply.kind]
        if not isinstance(kind, int) or kind not in allowed or (kind in {6, 7} and reply.source is None):
            checks = Form()
            expected = ", ".join(str(each) for each in sorted(allowed))
            checks.wrong(("type",), "BASE_TYPE_CHOICES", f"Value must be one of {{{expected}}}.")
            checks.finish()
        answer = cast("int", kind)
        self._act(reply, answer, cast("Json", form.get("data") or {}), uploads)
        reply.acknowledge(answer)
        reply.note()
        return self._response(reply, answer)

    def by_token(self, application_id: int, token: str) -> Reply:
        """Return the interaction whose webhook is used.

        Raises:
            ApiError: If there is none, it was not answered yet, or its token is too old.
        """
        reply = self._by_token.get(token)
        if reply is None or reply.application_id != application_id or reply.answer is None:
            raise refuse(wire.UNKNOWN_WEBHOOK)
        if self._world.now() - reply.created_at > TOKEN_LIVES_S:
            raise refuse(wire.INVALID_WEBHOOK_TOKEN)
        return reply

    def message_of(self, reply: Reply, which: str) -> Message:
        """Return `@original` or a follow-up by its id.

        Raises:
            ApiError: If there is none such.
        """
        message = reply.message if which == "@original" else self._world.messages.get(int(which))
        if message is None or not reply.owns(message) or message.deleted_at is not None:
            raise refuse(wire.UNKNOWN_MESSAGE)
        return message

    def edit(self, message: Message, form: Json, uploads: Sequence[Upload]) -> Message:
        """Edit an answer."""
        body = draft(self._world, message.channel_id, form, uploads, old=message.body)
        return self._world.edit(message.id, body, allowed_mentions=form.get("allowed_mentions"))

    def follow_up(self, reply: Reply, form: Json, uploads: Sequence[Upload]) -> Message:
        """Send another message. The first after a deferral takes the place of "thinking", as Discord has it."""
        if reply.answer == DEFERRED and reply.message and reply.message.is_loading and not reply.deleted:
            return self.edit(reply.message, form, uploads)
        message = self._post(reply, form, uploads)
        reply.followups.append(message)
        reply.note()
        return message

    def _act(self, reply: Reply, answer: int, data: Json, uploads: Sequence[Upload]) -> None:
        if answer == MESSAGE:
            reply.message = self._post(reply, data, uploads)
        elif answer == DEFERRED:
            flags = LOADING | (int(data.get("flags") or 0) & EPHEMERAL)
            reply.message = self._put(reply, MessageBody(flags=flags), None)
        elif answer == DEFERRED_UPDATE:
            reply.message = reply.source
        elif answer == UPDATE and reply.source is not None:
            reply.message = reply.source
            if data or uploads:
                self.edit(reply.source, data, uploads)
        elif answer == CHOICES:
            checks = Form()
            reply.choices = items(data.get("choices"))
            check_choices(checks, reply.choices, ("data", "choices"))
            checks.finish()
        elif answer == MODAL:
            check_modal(data)
            components = items(data.get("components"))
            number(components)
            reply.modal = Modal(str(data["custom_id"]), str(data["title"]), tuple(components), reply)

    def _post(self, reply: Reply, form: Json, uploads: Sequence[Upload]) -> Message:
        body = draft(self._world, reply.channel_id, form, uploads)
        return self._put(reply, body, cast("Json | None", form.get("allowed_mentions")))

    def _put(self, reply: Reply, body: MessageBody, allowed_mentions: Json | None) -> Message:
        reference: Json | None = None
        if reply.source is not None:
            ids = {"message_id": reply.source.id, "channel_id": reply.source.channel_id}
            ids |= {"guild_id": reply.source.guild_id} if reply.source.guild_id else {}
            reference = {"type": 0} | {key: str(value) for key, value in ids.items()}
        return self._world.post(
            reply.channel_id,
            reply.application_id,
            body,
            kind=REPLY if reference else reply.message_kind,
            ephemeral_to=reply.user_id if body.flags & EPHEMERAL else None,
            application_id=reply.application_id,
            interaction=reply.metadata,
            reference=reference,
            allowed_mentions=allowed_mentions,
        )

    def _response(self, reply: Reply, answer: int) -> Json:
        interaction: Json = {"id": str(reply.id), "type": reply.kind}
        response: Json = {"interaction": interaction}
        resource: Json = {"type": answer}
        if answer in {MESSAGE, DEFERRED, UPDATE, DEFERRED_UPDATE} and reply.message is not None:
            interaction |= {
                "response_message_id": str(reply.message.id),
                "response_message_loading": reply.message.is_loading,
                "response_message_ephemeral": reply.message.is_ephemeral,
            }
        if answer in {MESSAGE, UPDATE} and reply.message is not None:
            resource["message"] = payloads.message(reply.message, self._world)
        if answer != CHOICES:
            response["resource"] = resource
        return response

    def _owners(self, channel_id: int) -> Json:
        return {"0": str(self._world.channels[channel_id].guild_id or 0)}

    def _payload(self, reply: Reply, data: Json, locale: str | None) -> Json:
        world = self._world
        channel = world.channels[reply.channel_id]
        user = world.users[reply.user_id]
        allowed = world.permissions_in(user.id, channel)
        payload: Json = {
            "id": str(reply.id),
            "application_id": str(reply.application_id),
            "type": reply.kind,
            "token": reply.token,
            "version": 1,
            "data": data,
            "channel_id": str(channel.id),
            "channel": payloads.partial_channel(channel, world, int(allowed)),
            "app_permissions": str(int(world.permissions_in(reply.application_id, channel))),
            "locale": locale or user.locale,
            "entitlements": [],
            "entitlement_sku_ids": [],
            "authorizing_integration_owners": self._owners(channel.id),
            "attachment_size_limit": payloads.MAX_FILE_BYTES,
        }
        if channel.guild_id is None:
            payload |= {"context": 1, "user": payloads.user(user)}
        else:
            guild = world.guilds[channel.guild_id]
            member = payloads.member(guild.members[user.id], permissions=int(allowed))
            payload |= {
                "context": 0,
                "guild_id": str(guild.id),
                "guild": {"id": str(guild.id), "locale": guild.locale, "features": []},
                "guild_locale": guild.locale,
                "member": member,
            }
        if reply.source is not None:
            payload["message"] = payloads.message(reply.source, world)
        return payload

    def _notice(self, event: Event) -> None:
        # Edits and deletions reach the message by many ways; whoever waits for a reply looks again at each.
        if event.message is None:
            return
        for reply in self._by_id.values():
            if reply.owns(event.message):
                reply.note()
