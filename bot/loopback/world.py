"""One Discord's state and everything that happens in it.

A change is made by a method here, which tells every subscriber with an `Event`, named and shaped as the
gateway sends it:

    rest, interactions, people's clients -> World.post, join_voice, … -> Event -> gateway sessions, screens, tests

Who is in which voice channel is `voice_states.VoiceStates`, reached through the methods of the same names here.
"""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

from bot.loopback import payloads, wire
from bot.loopback.entities import (
    Application,
    Attachment,
    Channel,
    ChannelKind,
    Guild,
    Member,
    Message,
    MessageBody,
    Role,
    ThreadState,
    User,
    VoiceState,
)
from bot.loopback.permissions import EVERYONE, NONE, Overwrite, Permission
from bot.loopback.voice_states import VoiceStates
from bot.loopback.wire import Clock, Json, Snowflakes

if TYPE_CHECKING:
    from bot.loopback.voice_host import VoiceHost, VoiceTicket

MENTION: Final = re.compile(r"<@!?(\d+)>")
THREAD_CREATED: Final = 18
"""Type of the message in the parent channel. Source: Discord developer documentation, "Message Types"."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        name: As in gateway dispatches, e.g. `MESSAGE_CREATE`.
        data: The dispatch's payload; not to be changed.
        guild_id: Where; None in direct conversations.
        channel_id: If given, only those who may see that channel learn of it.
        only: If given, only these users learn of it.
        message: The message that it is about, if any.
    """

    name: str
    data: Json
    guild_id: int | None = None
    channel_id: int | None = None
    only: frozenset[int] | None = None
    message: Message | None = None


Observer = Callable[[Event], None]


class World:
    """Users, guilds, channels, messages, and who is in voice.

    Attributes:
        users: By id, as are `guilds`, `channels` (all of them: threads and direct ones too), `messages`,
            `applications` and `files`.
    """

    def __init__(self, *, clock: Clock = time.time) -> None:
        self.now = clock
        self.new_id = Snowflakes(clock)
        self.users: dict[int, User] = {}
        self.applications: dict[int, Application] = {}
        self.guilds: dict[int, Guild] = {}
        self.channels: dict[int, Channel] = {}
        self.messages: dict[int, Message] = {}
        self.files: dict[int, Attachment] = {}
        self._observers: list[Observer] = []
        self._voice = VoiceStates(self)

    # Watching.

    def subscribe(self, observer: Observer) -> Callable[[], None]:
        """Call *observer* with every `Event`, as it happens; the returned function ends that."""
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    def emit(self, event: Event) -> None:
        """Tell every observer."""
        for observer in tuple(self._observers):
            observer(event)

    def announce(self, name: str, data: Json, guild_id: int | None, *, only: int | None = None) -> None:
        """Emit an event of a whole guild, or for one user only."""
        self.emit(Event(name, data, guild_id, only=None if only is None else frozenset({only})))

    def may_view(self, user_id: int, channel: Channel) -> bool:
        """Tell whether a user can see a channel."""
        if channel.guild_id is None:
            return user_id in channel.recipient_ids
        return Permission.VIEW_CHANNEL in self.guilds[channel.guild_id].permissions_of(user_id, channel)

    def permissions_in(self, user_id: int, channel: Channel) -> Permission:
        """Return what a user may do in a channel."""
        if channel.guild_id is None:
            return EVERYONE if user_id in channel.recipient_ids else Permission(0)
        return self.guilds[channel.guild_id].permissions_of(user_id, channel)

    def seen_by(self, user_id: int, channel_id: int) -> list[Message]:
        """Return what a person reads in a channel now, oldest first, with what only they can see."""
        channel = self.channels[channel_id]
        if not self.may_view(user_id, channel):
            return []
        messages = (self.messages[message_id] for message_id in channel.message_ids)
        return [each for each in messages if each.deleted_at is None and each.ephemeral_to in {None, user_id}]

    # Furnishing.

    def add_user(
        self,
        name: str,
        *,
        display_name: str | None = None,
        is_bot: bool = False,
        locale: str = "en-US",
        token: str | None = None,
    ) -> User:
        """Make an account. *token* logs it in; by default a new one that looks like Discord's."""
        user_id = self.new_id()
        token = token or f"{user_id}.{secrets.token_urlsafe(4)}.{secrets.token_urlsafe(28)}"
        user = User(user_id, name, display_name, is_bot, locale, token)
        self.users[user_id] = user
        return user

    def add_bot(self, name: str, *, owner: User, privileged_intents: int = 0, token: str | None = None) -> Application:
        """Make an application and its bot account, which has the same id."""
        user = self.add_user(name, is_bot=True, token=token)
        application = Application(user.id, name, owner, privileged_intents)
        self.applications[user.id] = application
        return application

    def user_by_token(self, token: str) -> User | None:
        """Return the account that a token logs in."""
        return next((user for user in self.users.values() if secrets.compare_digest(user.token, token)), None)

    def add_guild(self, name: str, *, owner: User, locale: str = "en-US", everyone: Permission = EVERYONE) -> Guild:
        """Make a guild with its owner in it and no channels."""
        guild = Guild(self.new_id(), name, owner.id, locale)
        guild.roles[guild.id] = Role(guild.id, "@everyone", everyone)
        self.guilds[guild.id] = guild
        self.add_member(guild.id, owner.id)
        return guild

    def add_role(
        self, guild_id: int, name: str, permissions: Permission = NONE, *, managed_for: int | None = None
    ) -> Role:
        """Make a role above the others."""
        guild = self.guilds[guild_id]
        role = Role(self.new_id(), name, permissions, len(guild.roles), managed_for)
        guild.roles[role.id] = role
        data = {"guild_id": str(guild_id), "role": payloads.role(role)}
        self.emit(Event("GUILD_ROLE_CREATE", data, guild_id))
        return role

    def set_role_permissions(self, guild_id: int, role_id: int, permissions: Permission) -> None:
        """Change what a role may; @everyone's id is the guild's."""
        role = self.guilds[guild_id].roles[role_id]
        role.permissions = permissions
        data = {"guild_id": str(guild_id), "role": payloads.role(role)}
        self.emit(Event("GUILD_ROLE_UPDATE", data, guild_id))

    def add_member(
        self, guild_id: int, user_id: int, *, role_ids: Iterable[int] = (), nick: str | None = None
    ) -> Member:
        """Let a user join a guild."""
        guild = self.guilds[guild_id]
        member = Member(self.users[user_id], guild_id, self.now(), nick, list(role_ids))
        guild.members[user_id] = member
        everyone_else = frozenset(guild.members) - {user_id}
        data = payloads.member(member) | {"guild_id": str(guild_id)}
        self.emit(Event("GUILD_MEMBER_ADD", data, guild_id, only=everyone_else))
        if user_id != guild.owner_id or len(guild.members) > 1:
            # Filled in by each session, which knows what its reader may see.
            self.emit(Event("GUILD_CREATE", {}, guild_id, only=frozenset({user_id})))
        return member

    async def remove_member(self, guild_id: int, user_id: int) -> None:
        """Take a user out of a guild: they leave, or were kicked."""
        guild = self.guilds[guild_id]
        await self.leave_voice(user_id, guild_id)
        member = guild.members.pop(user_id)
        data = {"guild_id": str(guild_id), "user": payloads.user(member.user)}
        self.emit(Event("GUILD_MEMBER_REMOVE", data, guild_id))
        self.emit(Event("GUILD_DELETE", {"id": str(guild_id)}, guild_id, only=frozenset({user_id})))

    def update_member(
        self, guild_id: int, user_id: int, *, nick: str | None = "", role_ids: Iterable[int] | None = None
    ) -> Member:
        """Change a nickname (None takes it away, the empty default leaves it) or roles."""
        member = self.guilds[guild_id].members[user_id]
        if nick != "":
            member.nick = nick
        if role_ids is not None:
            member.role_ids = list(role_ids)
        data = payloads.member(member) | {"guild_id": str(guild_id)}
        self.emit(Event("GUILD_MEMBER_UPDATE", data, guild_id))
        return member

    def add_channel(
        self,
        guild_id: int,
        name: str,
        kind: ChannelKind = ChannelKind.TEXT,
        *,
        parent_id: int | None = None,
        topic: str | None = None,
        user_limit: int = 0,
        overwrites: Iterable[Overwrite] = (),
    ) -> Channel:
        """Make a channel at the end of the list."""
        guild = self.guilds[guild_id]
        by_target = {overwrite.target_id: overwrite for overwrite in overwrites}
        channel = Channel(
            self.new_id(),
            kind,
            name,
            guild_id,
            parent_id,
            position=len(guild.channels),
            topic=topic,
            user_limit=user_limit,
            overwrites=by_target,
        )
        guild.channels[channel.id] = self.channels[channel.id] = channel
        self._emit_channel("CHANNEL_CREATE", channel)
        return channel

    def update_channel(self, channel_id: int, **changes: Any) -> Channel:
        """Set attributes of a channel, e.g. `name` or `topic`."""
        channel = self.channels[channel_id]
        for name, value in changes.items():
            setattr(channel, name, value)
        self._emit_channel("THREAD_UPDATE" if channel.thread else "CHANNEL_UPDATE", channel)
        return channel

    def set_overwrite(self, channel_id: int, overwrite: Overwrite) -> None:
        """Put an overwrite in the place of what the channel said about its target."""
        channel = self.channels[channel_id]
        channel.overwrites[overwrite.target_id] = overwrite
        self._emit_channel("CHANNEL_UPDATE", channel)

    def remove_overwrite(self, channel_id: int, target_id: int) -> None:
        """Forget what a channel says about a role or member."""
        channel = self.channels[channel_id]
        del channel.overwrites[target_id]
        self._emit_channel("CHANNEL_UPDATE", channel)

    def set_voice_status(self, channel_id: int, status: str | None) -> None:
        """Write below a voice channel's name what goes on in it."""
        channel = self.channels[channel_id]
        channel.status = status
        data = {"id": str(channel_id), "guild_id": wire.text_id(channel.guild_id), "status": status}
        self.emit(Event("VOICE_CHANNEL_STATUS_UPDATE", data, channel.guild_id, channel_id))

    async def delete_channel(self, channel_id: int) -> None:
        """Remove a channel or thread; who is in voice there is put out of it."""
        channel = self.channels[channel_id]
        if channel.guild_id is None:
            return
        guild = self.guilds[channel.guild_id]
        await self._voice.empty(guild, channel_id)
        viewers = frozenset(user_id for user_id in guild.members if self.may_view(user_id, channel))
        name = "THREAD_DELETE" if channel.thread else "CHANNEL_DELETE"
        data = payloads.channel(channel, self)
        del self.channels[channel_id]
        guild.channels.pop(channel_id, None)
        guild.threads.pop(channel_id, None)
        self.emit(Event(name, data, guild.id, only=viewers))

    def open_dm(self, user_id: int, other_id: int) -> Channel:
        """Return the direct conversation of two users, made if there was none."""
        pair = {user_id, other_id}
        for channel in self.channels.values():
            if channel.kind is ChannelKind.DM and set(channel.recipient_ids) == pair:
                return channel
        channel = Channel(self.new_id(), ChannelKind.DM, "", recipient_ids=(user_id, other_id))
        self.channels[channel.id] = channel
        return channel

    def _emit_channel(self, name: str, channel: Channel) -> None:
        self.emit(Event(name, payloads.channel(channel, self), channel.guild_id, channel.id))

    # Messages.

    def post(
        self,
        channel_id: int,
        author_id: int,
        body: MessageBody | str,
        *,
        kind: int = 0,
        ephemeral_to: int | None = None,
        application_id: int | None = None,
        interaction: Json | None = None,
        reference: Json | None = None,
        nonce: str | int | None = None,
        allowed_mentions: Json | None = None,
    ) -> Message:
        """Put a message into a channel. It is not checked here: `rest` does that for what comes from outside."""
        channel = self.channels[channel_id]
        body = MessageBody(body) if isinstance(body, str) else body
        message = Message(
            self.new_id(),
            channel_id,
            channel.guild_id,
            self.users[author_id],
            body,
            self.now(),
            kind,
            ephemeral_to=ephemeral_to,
            application_id=application_id,
            interaction=interaction,
            reference=reference,
            nonce=nonce,
        )
        self._note_mentions(message, allowed_mentions)
        self.files |= {file.id: file for file in body.attachments}
        self.messages[message.id] = message
        channel.message_ids.append(message.id)
        if channel.thread and channel.thread.archived:
            self.update_thread(channel_id, archived=False)
        self._emit_message("MESSAGE_CREATE", message)
        return message

    def edit(self, message_id: int, body: MessageBody, *, allowed_mentions: Json | None = None) -> Message:
        """Put another body in a message's place and keep the earlier one in `before`."""
        message = self.messages[message_id]
        if not message.is_loading:
            message.before.append(message.body)
            message.edited_at = self.now()
        message.body = body
        self.files |= {file.id: file for file in body.attachments}
        self._note_mentions(message, allowed_mentions)
        self._emit_message("MESSAGE_UPDATE", message)
        return message

    def delete(self, message_id: int) -> None:
        """Delete a message; `messages` still holds it, with `deleted_at`."""
        message = self.messages[message_id]
        message.deleted_at = self.now()
        data = {
            "id": str(message.id),
            "channel_id": str(message.channel_id),
            "guild_id": wire.text_id(message.guild_id),
        }
        self.emit(self._about(message, "MESSAGE_DELETE", {key: value for key, value in data.items() if value}))

    def delete_bulk(self, channel_id: int, message_ids: Iterable[int]) -> None:
        """Delete several messages of one channel at once."""
        channel = self.channels[channel_id]
        gone = [self.messages[message_id] for message_id in message_ids]
        for message in gone:
            message.deleted_at = self.now()
        data = {
            "ids": [str(message.id) for message in gone],
            "channel_id": str(channel_id),
            "guild_id": wire.text_id(channel.guild_id),
        }
        self.emit(Event("MESSAGE_DELETE_BULK", data, channel.guild_id, channel_id))

    def _note_mentions(self, message: Message, allowed: Json | None) -> None:
        content = message.body.text
        mentioned = [int(found) for found in MENTION.findall(content) if int(found) in self.users]
        limits: Json = {"parse": ["users", "everyone"]} if allowed is None else allowed
        parse = cast("list[str]", limits.get("parse") or [])
        if "users" not in parse:
            named = {int(user_id) for user_id in cast("list[str]", limits.get("users") or [])}
            mentioned = [user_id for user_id in mentioned if user_id in named]
        message.mention_ids = tuple(dict.fromkeys(mentioned))
        may = Permission.MENTION_EVERYONE in self.permissions_in(message.author.id, self.channels[message.channel_id])
        says = "@everyone" in content or "@here" in content
        message.mentions_everyone = says and may and "everyone" in parse

    def _emit_message(self, name: str, message: Message) -> None:
        self.emit(self._about(message, name, payloads.message(message, self, event=True)))

    @staticmethod
    def _about(message: Message, name: str, data: Json) -> Event:
        only = None if message.ephemeral_to is None else frozenset({message.ephemeral_to})
        return Event(name, data, message.guild_id, message.channel_id, only, message)

    # Threads.

    def start_thread(
        self,
        parent_id: int,
        name: str,
        owner_id: int,
        *,
        kind: ChannelKind = ChannelKind.PUBLIC_THREAD,
        from_message: Message | None = None,
        auto_archive_minutes: int = 1440,
        invitable: bool = True,
    ) -> Channel:
        """Start a thread, below a message of the parent channel or on its own."""
        parent = self.channels[parent_id]
        if parent.guild_id is None:
            raise ValueError("a thread needs a guild")
        guild = self.guilds[parent.guild_id]
        state = ThreadState(owner_id, self.now(), auto_archive_minutes=auto_archive_minutes, invitable=invitable)
        state.member_ids[owner_id] = self.now()
        thread_id = from_message.id if from_message else self.new_id()
        thread = Channel(thread_id, kind, name, guild.id, parent_id, thread=state)
        guild.threads[thread.id] = self.channels[thread.id] = thread
        data = payloads.channel(thread, self) | {"newly_created": True}
        self.emit(Event("THREAD_CREATE", data, guild.id, thread.id))
        if from_message is not None:
            from_message.thread_id = thread.id
            self._emit_message("MESSAGE_UPDATE", from_message)
        elif kind is ChannelKind.PUBLIC_THREAD:
            reference = {"channel_id": str(thread.id), "guild_id": str(guild.id)}
            self.post(parent_id, owner_id, MessageBody(name), kind=THREAD_CREATED, reference=reference)
        return thread

    def update_thread(
        self, thread_id: int, *, name: str | None = None, archived: bool | None = None, locked: bool | None = None
    ) -> Channel:
        """Rename, archive or lock a thread."""
        thread = self.channels[thread_id]
        state = thread.thread
        if state is None:
            raise ValueError("not a thread")
        thread.name = thread.name if name is None else name
        if archived is not None:
            state.archived, state.archived_at = archived, self.now()
        state.locked = state.locked if locked is None else locked
        self._emit_channel("THREAD_UPDATE", thread)
        return thread

    def set_thread_member(self, thread_id: int, user_id: int, *, present: bool = True) -> None:
        """Let a user into a thread, or out of it."""
        thread = self.channels[thread_id]
        state = thread.thread
        if state is None or (user_id in state.member_ids) is present:
            return
        if present:
            state.member_ids[user_id] = self.now()
        else:
            del state.member_ids[user_id]
        data: Json = {
            "id": str(thread_id),
            "guild_id": wire.text_id(thread.guild_id),
            "member_count": len(state.member_ids),
        }
        if present:
            data["added_members"] = [payloads.thread_member(thread, user_id)]
            created = payloads.channel(thread, self) | {"member": payloads.thread_member(thread, user_id)}
            self.emit(Event("THREAD_CREATE", created, thread.guild_id, only=frozenset({user_id})))
        else:
            data["removed_member_ids"] = [str(user_id)]
        self.emit(Event("THREAD_MEMBERS_UPDATE", data, thread.guild_id, thread_id))

    # Voice.

    def attach_voice(self, host: VoiceHost, endpoint: str) -> None:
        """Say who serves voice and where; until then nobody is admitted anywhere."""
        self._voice.attach(host, endpoint)

    def voice_state(self, user_id: int, guild_id: int | None = None) -> VoiceState | None:
        """Return where a user is in voice; of bots, who can be in several guilds, in *guild_id*."""
        return self._voice.find(user_id, guild_id)

    def join_voice(
        self, user_id: int, channel_id: int, *, self_mute: bool = False, self_deaf: bool = False
    ) -> VoiceTicket:
        """Put a user who is not in voice yet into a channel, and return what they need for the voice gateway.

        Raises:
            AlreadyInVoice: If they are in a channel; `move_voice` takes them elsewhere.
        """
        return self._voice.join(user_id, channel_id, self_mute=self_mute, self_deaf=self_deaf)

    async def move_voice(self, user_id: int, channel_id: int) -> VoiceTicket:
        """Take a user to another channel of the guild; their old voice websocket is closed with 4014."""
        return await self._voice.move(user_id, channel_id)

    async def leave_voice(self, user_id: int, guild_id: int | None = None) -> None:
        """Let a user leave voice; nothing happens if they are not in it."""
        await self._voice.leave(user_id, guild_id)

    async def kick_from_voice(self, user_id: int, guild_id: int | None = None) -> None:
        """Put a user out of voice, as a moderator does: the same as leaving, seen from outside."""
        await self._voice.leave(user_id, guild_id)

    async def request_voice(
        self, user_id: int, guild_id: int, channel_id: int | None, *, self_mute: bool, self_deaf: bool
    ) -> None:
        """Do what a client's gateway opcode 4 asks for, or nothing at all where Discord stays silent."""
        await self._voice.request(user_id, guild_id, channel_id, self_mute=self_mute, self_deaf=self_deaf)

    def server_mute(self, user_id: int, *, on: bool = True, guild_id: int | None = None) -> None:
        """Take the microphone from a member in voice, or give it back."""
        self._voice.moderate(user_id, guild_id, mute=on)

    def server_deafen(self, user_id: int, *, on: bool = True, guild_id: int | None = None) -> None:
        """Stop a member in voice from hearing, or let them again."""
        self._voice.moderate(user_id, guild_id, deaf=on)

    def set_suppressed(self, user_id: int, *, on: bool, guild_id: int | None = None) -> None:
        """Make a member of a stage's public listen, or speak."""
        self._voice.suppress(user_id, guild_id, on=on)

    def keep_file(self, file: Attachment) -> None:
        """Let the CDN have a file."""
        self.files[file.id] = file

    # Lookups that say what is missing.

    def message_in(self, channel_id: int, message_id: int) -> Message | None:
        """Return a message of a channel that is still there."""
        message = self.messages.get(message_id)
        if message is None or message.channel_id != channel_id or message.deleted_at is not None:
            return None
        return message

    def set_flags(self, message_id: int, flags: int) -> Message:
        """Change a message's flags, e.g. to hide embeds."""
        message = self.messages[message_id]
        return self.edit(message_id, replace(message.body, flags=flags))
