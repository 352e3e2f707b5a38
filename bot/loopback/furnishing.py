"""A small guild to begin with: the bot, some people, a place to write and places to talk."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bot.loopback.entities import Application, Channel, ChannelKind, Guild, Role, User
from bot.loopback.permissions import Permission

if TYPE_CHECKING:
    from collections.abc import Iterable

    from bot.loopback.world import World

BOT_PERMISSIONS = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.SEND_MESSAGES_IN_THREADS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.CREATE_PRIVATE_THREADS
    | Permission.EMBED_LINKS
    | Permission.ATTACH_FILES
    | Permission.READ_MESSAGE_HISTORY
    | Permission.CONNECT
    | Permission.SPEAK
    | Permission.CHANGE_NICKNAME
    | Permission.SET_VOICE_CHANNEL_STATUS
)


@dataclass(frozen=True, slots=True)
class PracticeGuild:
    """A guild and who and what is in it.

    Attributes:
        people: By the names they were asked for with; the first owns the guild.
    """

    guild: Guild
    bot: Application
    bot_user: User
    bot_role: Role
    text: Channel
    voice: Channel
    other_voice: Channel
    stage: Channel
    people: dict[str, User] = field(default_factory=dict[str, User])


def practice_guild(
    world: World,
    *,
    people: Iterable[str] = ("ada", "grace", "linus"),
    bot_permissions: Permission = BOT_PERMISSIONS,
    privileged_intents: int = 0,
    locale: str = "en-US",
) -> PracticeGuild:
    """Furnish a world with one guild."""
    users = {name: world.add_user(name, display_name=name.capitalize(), locale=locale) for name in people}
    owner = next(iter(users.values()))
    bot = world.add_bot("SkillRally", owner=owner, privileged_intents=privileged_intents)
    guild = world.add_guild("Practice", owner=owner, locale=locale)
    role = world.add_role(guild.id, "SkillRally", bot_permissions, managed_for=bot.id)
    world.add_member(guild.id, bot.id, role_ids=(role.id,))
    for user in users.values():
        if user is not owner:
            world.add_member(guild.id, user.id)
    return PracticeGuild(
        guild,
        bot,
        world.users[bot.id],
        role,
        world.add_channel(guild.id, "interviews"),
        world.add_channel(guild.id, "Interview room", ChannelKind.VOICE),
        world.add_channel(guild.id, "Waiting room", ChannelKind.VOICE),
        world.add_channel(guild.id, "Stage", ChannelKind.STAGE),
        users,
    )
