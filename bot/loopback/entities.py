"""The things a Discord consists of, as plain objects. `world.World` changes them, `payloads` writes them as JSON."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING, Any, cast

from bot.loopback import wire
from bot.loopback.permissions import Overwrite, Permission, in_channel, in_guild
from bot.loopback.wire import Json

if TYPE_CHECKING:
    from collections.abc import Iterator


class ChannelKind(IntEnum):
    """Channel types. Source: Discord developer documentation, "Channel Types"."""

    TEXT = 0
    DM = 1
    VOICE = 2
    CATEGORY = 4
    ANNOUNCEMENT = 5
    PUBLIC_THREAD = 11
    PRIVATE_THREAD = 12
    STAGE = 13

    @property
    def is_thread(self) -> bool:
        """Whether it hangs below another channel and inherits its overwrites."""
        return self in {ChannelKind.PUBLIC_THREAD, ChannelKind.PRIVATE_THREAD}

    @property
    def is_vocal(self) -> bool:
        """Whether people talk in it."""
        return self in {ChannelKind.VOICE, ChannelKind.STAGE}


@dataclass(slots=True, eq=False)
class User:
    """An account; every one may log in, people with a library as well as bots."""

    id: int
    name: str
    display_name: str | None
    is_bot: bool
    locale: str
    token: str = field(repr=False)
    accepts_dms: bool = True


@dataclass(slots=True, eq=False)
class Application:
    """What a bot account belongs to; its id is the bot's.

    Attributes:
        privileged_intents: Those of the gateway's privileged intents that its owner switched on.
        commands: Registered commands by id, as JSON; a guild's have `guild_id`.
    """

    id: int
    name: str
    owner: User
    privileged_intents: int = 0
    commands: dict[int, Json] = field(default_factory=dict[int, Json])


@dataclass(slots=True, eq=False)
class Role:
    """A role; @everyone's id is the guild's."""

    id: int
    name: str
    permissions: Permission
    position: int = 0
    managed_for: int | None = None


@dataclass(slots=True, eq=False)
class Member:
    """A user in a guild."""

    user: User
    guild_id: int
    joined_at: float
    nick: str | None = None
    role_ids: list[int] = field(default_factory=list[int])
    mute: bool = False
    deaf: bool = False

    @property
    def shown_name(self) -> str:
        """The name that others in the guild read."""
        return self.nick or self.user.display_name or self.user.name


@dataclass(slots=True, eq=False)
class VoiceState:
    """Where a member hears and speaks."""

    user_id: int
    guild_id: int
    channel_id: int
    session_id: str
    self_mute: bool = False
    self_deaf: bool = False
    suppress: bool = False


@dataclass(slots=True, eq=False)
class ThreadState:
    """What a thread has beyond other channels."""

    owner_id: int
    created_at: float
    archived: bool = False
    archived_at: float = 0.0
    locked: bool = False
    invitable: bool = True
    auto_archive_minutes: int = 1440
    member_ids: dict[int, float] = field(default_factory=dict[int, float])


@dataclass(slots=True, eq=False)
class Channel:
    """A place of a guild, a thread of one, or a direct conversation.

    Attributes:
        message_ids: Oldest first; deleted ones stay, so that what happened can be looked at.
        recipient_ids: Who is in a direct conversation.
        status: What a voice channel says below its name.
    """

    id: int
    kind: ChannelKind
    name: str
    guild_id: int | None = None
    parent_id: int | None = None
    position: int = 0
    topic: str | None = None
    user_limit: int = 0
    status: str | None = None
    slowmode_s: int = 0
    overwrites: dict[int, Overwrite] = field(default_factory=dict[int, Overwrite])
    recipient_ids: tuple[int, ...] = ()
    thread: ThreadState | None = None
    message_ids: list[int] = field(default_factory=list[int])


@dataclass(slots=True, eq=False)
class Guild:
    """A server, in Discord's everyday word."""

    id: int
    name: str
    owner_id: int
    locale: str
    roles: dict[int, Role] = field(default_factory=dict[int, Role])
    channels: dict[int, Channel] = field(default_factory=dict[int, Channel])
    threads: dict[int, Channel] = field(default_factory=dict[int, Channel])
    members: dict[int, Member] = field(default_factory=dict[int, Member])
    voice_states: dict[int, VoiceState] = field(default_factory=dict[int, VoiceState])

    def permissions_of(self, user_id: int, channel: Channel | None = None) -> Permission:
        """Return what a user may do in *channel*, or in the guild; nothing if not a member."""
        member = self.members.get(user_id)
        if member is None:
            return Permission(0)
        roles = (self.roles[role_id] for role_id in (self.id, *member.role_ids))
        base = in_guild((role.permissions for role in roles), owner=user_id == self.owner_id)
        if channel is None:
            return base
        place = self.channels.get(channel.parent_id or 0, channel) if channel.thread else channel
        allowed = in_channel(base, place.overwrites, guild_id=self.id, role_ids=member.role_ids, user_id=user_id)
        if channel.kind is ChannelKind.PRIVATE_THREAD and channel.thread:
            is_in = user_id in channel.thread.member_ids or Permission.MANAGE_THREADS in allowed
            return allowed if is_in else Permission(0)
        return allowed


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a message."""

    id: int
    filename: str
    content_type: str
    data: bytes = field(repr=False)
    description: str | None = None


@dataclass(frozen=True, slots=True)
class MessageBody:
    """What a message says. An edit puts another in its place."""

    content: str = ""
    embeds: tuple[Json, ...] = ()
    components: tuple[Json, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    flags: int = 0

    @property
    def text(self) -> str:
        """Every word a reader sees, line by line: content, embeds, components."""
        parts = [self.content, *(_embed_text(embed) for embed in self.embeds)]
        parts += [label for component in walk(self.components) for label in _component_words(component)]
        return "\n".join(part for part in parts if part)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see."""
        return not (self.content or self.embeds or self.components or self.attachments)


@dataclass(slots=True, eq=False)
class Message:
    """A message, with what it said before and whether it is gone.

    Attributes:
        before: Earlier bodies, oldest first.
        ephemeral_to: The one person who sees it; None for everybody.
        interaction: `interaction_metadata` as JSON, for replies of applications.
        mention_ids: Users who were notified.
    """

    id: int
    channel_id: int
    guild_id: int | None
    author: User
    body: MessageBody
    created_at: float
    kind: int = 0
    edited_at: float | None = None
    deleted_at: float | None = None
    before: list[MessageBody] = field(default_factory=list[MessageBody])
    ephemeral_to: int | None = None
    application_id: int | None = None
    interaction: Json | None = None
    reference: Json | None = None
    nonce: str | int | None = None
    mention_ids: tuple[int, ...] = ()
    mentions_everyone: bool = False
    thread_id: int | None = None

    @property
    def content(self) -> str:
        """The plain text of the current body."""
        return self.body.content

    @property
    def embeds(self) -> tuple[Json, ...]:
        """Embeds of the current body, as JSON."""
        return self.body.embeds

    @property
    def components(self) -> tuple[Json, ...]:
        """Components of the current body, as JSON."""
        return self.body.components

    @property
    def attachments(self) -> tuple[Attachment, ...]:
        """Files of the current body."""
        return self.body.attachments

    @property
    def text(self) -> str:
        """Every word a reader sees now."""
        return self.body.text

    @property
    def is_ephemeral(self) -> bool:
        """Whether one person alone sees it."""
        return self.ephemeral_to is not None

    @property
    def is_loading(self) -> bool:
        """Whether it still says that the application is thinking."""
        return bool(self.body.flags & wire.LOADING)


def children(component: Json) -> list[Json]:
    """Return the components directly inside one."""
    inside = list(cast("list[Json]", component.get("components") or []))
    inside += [cast("Json", component[key]) for key in ("accessory", "component") if component.get(key)]
    return inside


def walk(components: Any) -> Iterator[Json]:
    """Yield components depth first, in reading order."""
    for component in cast("list[Json]", components):
        yield component
        yield from walk(children(component))


def _embed_text(embed: Json) -> str:
    fields = cast("list[Json]", embed.get("fields") or [])
    parts: list[object] = [
        cast("Json", embed.get("author") or {}).get("name"),
        embed.get("title"),
        embed.get("description"),
        *(f"{field['name']}\n{field['value']}" for field in fields),
        cast("Json", embed.get("footer") or {}).get("text"),
    ]
    return "\n".join(str(part) for part in parts if part)


def _component_words(component: Json) -> list[str]:
    keys = ("label", "placeholder", "content", "description")
    return [str(component[key]) for key in keys if component.get(key)]
