"""Who is in which voice channel, and what they need for the voice gateway.

join/move -> dismiss the old voice websocket -> VOICE_STATE_UPDATE -> admit -> VOICE_SERVER_UPDATE
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Final

from bot.loopback import payloads
from bot.loopback.entities import Channel, ChannelKind, Guild, VoiceState
from bot.loopback.permissions import Permission
from bot.loopback.voice_host import NoVoice, VoiceHost, VoiceTicket

if TYPE_CHECKING:
    from bot.loopback.world import World

DISCONNECTED: Final = 4014
"""Voice close code for who left, was kicked or moved."""

CALL_TERMINATED: Final = 4022
"""Voice close code for a channel that is gone."""


class AlreadyInVoice(Exception):
    """The user is in a voice channel of that guild."""


class NotInVoice(Exception):
    """The user is in no voice channel of that guild."""


class VoiceStates:
    """The voice states of a world's guilds."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._host: VoiceHost = NoVoice()
        self._endpoint = "localhost:1"

    def attach(self, host: VoiceHost, endpoint: str) -> None:
        """Say who serves voice and where."""
        self._host = host
        self._endpoint = endpoint

    def find(self, user_id: int, guild_id: int | None) -> VoiceState | None:
        """Return a user's voice state, in *guild_id* or in the first guild where there is one."""
        guilds = self._world.guilds.values() if guild_id is None else (self._world.guilds[guild_id],)
        return next((guild.voice_states[user_id] for guild in guilds if user_id in guild.voice_states), None)

    def join(self, user_id: int, channel_id: int, *, self_mute: bool, self_deaf: bool) -> VoiceTicket:
        """Put a user into a channel."""
        channel = self._world.channels[channel_id]
        guild = self._guild_of(channel)
        if user_id in guild.voice_states:
            raise AlreadyInVoice(f"user {user_id}")
        state = VoiceState(user_id, guild.id, channel_id, "", self_mute, self_deaf)
        return self._enter(guild, channel, state)

    async def move(self, user_id: int, channel_id: int) -> VoiceTicket:
        """Take a user to another channel."""
        channel = self._world.channels[channel_id]
        guild = self._guild_of(channel)
        state = guild.voice_states.get(user_id)
        if state is None:
            raise NotInVoice(f"user {user_id}")
        await self._host.dismiss(user_id, guild.id, code=DISCONNECTED)
        return self._enter(guild, channel, state)

    async def leave(self, user_id: int, guild_id: int | None, *, code: int = DISCONNECTED) -> None:
        """Take a user out of voice."""
        state = self.find(user_id, guild_id)
        if state is None:
            return
        guild = self._world.guilds[state.guild_id]
        del guild.voice_states[user_id]
        await self._host.dismiss(user_id, guild.id, code=code)
        self._emit_state(guild, state, gone=True)

    async def empty(self, guild: Guild, channel_id: int) -> None:
        """Take everybody out of a channel that goes away."""
        for state in [each for each in guild.voice_states.values() if each.channel_id == channel_id]:
            await self.leave(state.user_id, guild.id, code=CALL_TERMINATED)

    async def request(
        self, user_id: int, guild_id: int, channel_id: int | None, *, self_mute: bool, self_deaf: bool
    ) -> None:
        """Do what opcode 4 asks for. A full channel, or one that may not be entered, is met with silence."""
        guild = self._world.guilds.get(guild_id)
        if guild is None or user_id not in guild.members:
            return
        if channel_id is None:
            await self.leave(user_id, guild_id)
            return
        channel = guild.channels.get(channel_id)
        if channel is None or not channel.kind.is_vocal or not self._may_enter(guild, channel, user_id):
            return
        state = guild.voice_states.get(user_id)
        if state is None:
            self.join(user_id, channel_id, self_mute=self_mute, self_deaf=self_deaf)
            return
        switched = (state.self_mute, state.self_deaf) != (self_mute, self_deaf)
        state.self_mute, state.self_deaf = self_mute, self_deaf
        if state.channel_id == channel_id and switched:
            self._emit_state(guild, state)
        else:
            # To ask for the channel one is in is to ask for a new voice session: a client's way back after a failure.
            await self.move(user_id, channel_id)

    def moderate(
        self, user_id: int, guild_id: int | None, *, mute: bool | None = None, deaf: bool | None = None
    ) -> None:
        """Set what moderators may set for a member in voice."""
        state = self._needed(user_id, guild_id)
        guild = self._world.guilds[state.guild_id]
        member = guild.members[user_id]
        member.mute = member.mute if mute is None else mute
        member.deaf = member.deaf if deaf is None else deaf
        self._emit_state(guild, state)

    def suppress(self, user_id: int, guild_id: int | None, *, on: bool) -> None:
        """Move a member between a stage's public and its speakers."""
        state = self._needed(user_id, guild_id)
        state.suppress = on
        self._emit_state(self._world.guilds[state.guild_id], state)

    def _needed(self, user_id: int, guild_id: int | None) -> VoiceState:
        state = self.find(user_id, guild_id)
        if state is None:
            raise NotInVoice(f"user {user_id}")
        return state

    def _guild_of(self, channel: Channel) -> Guild:
        if channel.guild_id is None or not channel.kind.is_vocal:
            raise ValueError(f"channel {channel.id} has no voice")
        return self._world.guilds[channel.guild_id]

    @staticmethod
    def _may_enter(guild: Guild, channel: Channel, user_id: int) -> bool:
        allowed = guild.permissions_of(user_id, channel)
        if Permission.CONNECT not in allowed:
            return False
        others = sum(
            state.channel_id == channel.id and state.user_id != user_id for state in guild.voice_states.values()
        )
        is_full = 0 < channel.user_limit <= others
        return not is_full or Permission.MOVE_MEMBERS in allowed

    def _enter(self, guild: Guild, channel: Channel, state: VoiceState) -> VoiceTicket:
        stage = channel.kind is ChannelKind.STAGE
        state.channel_id = channel.id
        state.session_id = secrets.token_hex(16)
        moderates = Permission.MUTE_MEMBERS in guild.permissions_of(state.user_id, channel)
        state.suppress = stage and not moderates
        guild.voice_states[state.user_id] = state
        token = secrets.token_hex(8)
        self._emit_state(guild, state)
        self._host.admit(
            guild_id=guild.id,
            channel_id=channel.id,
            user_id=state.user_id,
            session_id=state.session_id,
            token=token,
            stage=stage,
        )
        self._emit_server(guild.id, state.user_id, token)
        return VoiceTicket(state.session_id, token, self._endpoint, guild.id, channel.id, state.user_id)

    def _emit_state(self, guild: Guild, state: VoiceState, *, gone: bool = False) -> None:
        # Everybody in the guild learns of it, also of channels that they cannot see. So does Discord.
        self._world.announce("VOICE_STATE_UPDATE", payloads.voice_state(state, guild, gone=gone), guild.id)

    def _emit_server(self, guild_id: int, user_id: int, token: str) -> None:
        data = {"token": token, "guild_id": str(guild_id), "endpoint": self._endpoint}
        self._world.announce("VOICE_SERVER_UPDATE", data, guild_id, only=user_id)
