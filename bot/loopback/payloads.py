"""Entities written as Discord writes them on the wire. Source: Discord developer documentation, "Resources"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bot.loopback import wire
from bot.loopback.entities import Attachment, Channel, ChannelKind, Guild, Member, Message, Role, User, VoiceState
from bot.loopback.wire import Json, text_id, timestamp

if TYPE_CHECKING:
    from bot.loopback.world import World

CDN = "https://cdn.discordapp.com"

MAX_FILE_BYTES = 10 * 1024 * 1024
"""Largest attachment in a guild without boosts."""


def user(who: User) -> Json:
    """Write a user as everybody may see it."""
    return {
        "id": str(who.id),
        "username": who.name,
        "discriminator": "0",
        "global_name": who.display_name,
        "avatar": None,
        "avatar_decoration_data": None,
        "bot": who.is_bot,
        "system": False,
        "public_flags": 0,
    }


def own_user(who: User) -> Json:
    """Write a user as its own account may see it."""
    return user(who) | {"verified": True, "email": None, "mfa_enabled": True, "flags": 0, "locale": who.locale}


def member(who: Member, *, with_user: bool = True, permissions: int | None = None) -> Json:
    """Write a member; *permissions* only where Discord gives them, in interactions."""
    data: Json = {
        "nick": who.nick,
        "avatar": None,
        "banner": None,
        "roles": [str(role_id) for role_id in who.role_ids],
        "joined_at": timestamp(who.joined_at),
        "premium_since": None,
        "deaf": who.deaf,
        "mute": who.mute,
        "flags": 0,
        "pending": False,
        "communication_disabled_until": None,
    }
    if with_user:
        data["user"] = user(who.user)
    if permissions is not None:
        data["permissions"] = str(permissions)
    return data


def role(which: Role) -> Json:
    """Write a role."""
    data: Json = {
        "id": str(which.id),
        "name": which.name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": which.position,
        "permissions": str(int(which.permissions)),
        "managed": which.managed_for is not None,
        "mentionable": False,
        "flags": 0,
    }
    if which.managed_for is not None:
        data["tags"] = {"bot_id": str(which.managed_for)}
    return data


def voice_state(state: VoiceState, guild: Guild, *, in_guild_create: bool = False, gone: bool = False) -> Json:
    """Write a voice state; *gone* for one who left."""
    who = guild.members[state.user_id]
    data: Json = {
        "user_id": str(state.user_id),
        "channel_id": None if gone else str(state.channel_id),
        "session_id": state.session_id,
        "deaf": who.deaf,
        "mute": who.mute,
        "self_deaf": state.self_deaf,
        "self_mute": state.self_mute,
        "self_stream": False,
        "self_video": False,
        "suppress": state.suppress,
        "request_to_speak_timestamp": None,
    }
    if not in_guild_create:
        data |= {"guild_id": str(guild.id), "member": member(who)}
    return data


def channel(place: Channel, world: World) -> Json:
    """Write a channel of any kind."""
    last = place.message_ids[-1] if place.message_ids else None
    data: Json = {
        "id": str(place.id),
        "type": int(place.kind),
        "last_message_id": text_id(last),
        "flags": 0,
    }
    if place.kind is ChannelKind.DM:
        data["recipients"] = [user(world.users[user_id]) for user_id in place.recipient_ids]
        return data
    data |= {
        "guild_id": text_id(place.guild_id),
        "name": place.name,
        "parent_id": text_id(place.parent_id),
        "rate_limit_per_user": place.slowmode_s,
    }
    if place.thread is not None:
        return data | _thread(place)
    data |= {
        "position": place.position,
        "topic": place.topic,
        "nsfw": False,
        "permission_overwrites": [
            {
                "id": str(overwrite.target_id),
                "type": int(overwrite.is_member),
                "allow": str(int(overwrite.allow)),
                "deny": str(int(overwrite.deny)),
            }
            for overwrite in place.overwrites.values()
        ],
    }
    if place.kind.is_vocal:
        data |= {"bitrate": 64_000, "user_limit": place.user_limit, "rtc_region": None, "status": place.status}
    return data


def _thread(place: Channel) -> Json:
    thread = place.thread
    if thread is None:
        return {}
    count = len(place.message_ids)
    return {
        "owner_id": str(thread.owner_id),
        "member_count": len(thread.member_ids),
        "message_count": count,
        "total_message_sent": count,
        "thread_metadata": {
            "archived": thread.archived,
            "auto_archive_duration": thread.auto_archive_minutes,
            "archive_timestamp": timestamp(thread.archived_at or thread.created_at),
            "locked": thread.locked,
            "invitable": thread.invitable,
            "create_timestamp": timestamp(thread.created_at),
        },
    }


def thread_member(place: Channel, user_id: int) -> Json:
    """Write the membership of one user in a thread."""
    joined_at = place.thread.member_ids.get(user_id, 0.0) if place.thread else 0.0
    return {"id": str(place.id), "user_id": str(user_id), "join_timestamp": timestamp(joined_at), "flags": 0}


def guild(place: Guild) -> Json:
    """Write a guild as REST gives it, without channels and people."""
    return {
        "id": str(place.id),
        "name": place.name,
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "banner": None,
        "description": None,
        "owner_id": str(place.owner_id),
        "region": "deprecated",
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "roles": [role(each) for each in place.roles.values()],
        "emojis": [],
        "stickers": [],
        "features": [],
        "mfa_level": 0,
        "nsfw_level": 0,
        "application_id": None,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "safety_alerts_channel_id": None,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "premium_progress_bar_enabled": False,
        "preferred_locale": place.locale,
        "max_members": 500_000,
        "max_video_channel_users": 25,
        "incidents_data": None,
    }


def guild_create(place: Guild, world: World, reader_id: int, *, all_members: bool) -> Json:
    """Write GUILD_CREATE as *reader_id* gets it: what they may see; without *all_members*, those in voice alone."""
    seen = [each for each in place.channels.values() if world.may_view(reader_id, each)]
    threads = [
        each
        for each in place.threads.values()
        if world.may_view(reader_id, each) and each.thread and not each.thread.archived
    ]
    near = {reader_id, *place.voice_states}
    return guild(place) | {
        "joined_at": timestamp(place.members[reader_id].joined_at),
        "large": False,
        "unavailable": False,
        "member_count": len(place.members),
        "members": [member(each) for each in place.members.values() if all_members or each.user.id in near],
        "channels": [_without_guild(channel(each, world)) for each in seen],
        "threads": [channel(each, world) for each in threads],
        "voice_states": [voice_state(each, place, in_guild_create=True) for each in place.voice_states.values()],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
    }


def _without_guild(data: Json) -> Json:
    return {key: value for key, value in data.items() if key != "guild_id"}


def attachment(file: Attachment, channel_id: int, *, ephemeral: bool = False) -> Json:
    """Write an attachment."""
    url = attachment_url(file, channel_id)
    data: Json = {
        "id": str(file.id),
        "filename": file.filename,
        "size": len(file.data),
        "url": url,
        "proxy_url": url,
        "content_type": file.content_type,
    }
    if file.description is not None:
        data["description"] = file.description
    if ephemeral:
        data["ephemeral"] = True
    return data


def attachment_url(file: Attachment, channel_id: int) -> str:
    """Return where the CDN keeps a file."""
    return f"{CDN}/attachments/{channel_id}/{file.id}/{quote(file.filename)}"


def message(
    what: Message, world: World, *, event: bool = False, hide_body: bool = False, with_reference: bool = True
) -> Json:
    """Write a message.

    Args:
        what: The message.
        world: Where its references are.
        event: As the gateway sends it, with guild and member.
        hide_body: For readers without the message content intent.
        with_reference: With the message that it answers; of that one, Discord does not tell what it answers in turn.
    """
    body = what.body
    data: Json = {
        "id": str(what.id),
        "channel_id": str(what.channel_id),
        "type": what.kind,
        "author": user(what.author),
        "content": "" if hide_body else body.content,
        "timestamp": timestamp(what.created_at),
        "edited_timestamp": None if what.edited_at is None else timestamp(what.edited_at),
        "tts": False,
        "mention_everyone": what.mentions_everyone,
        "mentions": [_mention(world, what, user_id) for user_id in what.mention_ids],
        "mention_roles": [],
        "attachments": []
        if hide_body
        else [attachment(file, what.channel_id, ephemeral=what.is_ephemeral) for file in body.attachments],
        "embeds": [] if hide_body else list(body.embeds),
        "components": [] if hide_body else list(body.components),
        "pinned": False,
        "flags": body.flags | (wire.HAS_THREAD if what.thread_id else 0),
    }
    optional: Json = {
        "nonce": what.nonce,
        "application_id": text_id(what.application_id),
        "webhook_id": text_id(what.application_id) if what.interaction else None,
        "interaction_metadata": what.interaction,
        "message_reference": what.reference,
    }
    data |= {key: value for key, value in optional.items() if value is not None}
    if what.thread_id is not None:
        data["thread"] = channel(world.channels[what.thread_id], world)
    if what.reference is not None and with_reference:
        source = world.messages.get(int(what.reference.get("message_id") or 0))
        gone = source is None or source.deleted_at is not None
        data["referenced_message"] = None if gone or source is None else message(source, world, with_reference=False)
    if event and what.guild_id is not None:
        data["guild_id"] = str(what.guild_id)
        if author := world.guilds[what.guild_id].members.get(what.author.id):
            data["member"] = member(author, with_user=False)
    return data


def _mention(world: World, what: Message, user_id: int) -> Json:
    data = user(world.users[user_id])
    if what.guild_id is not None and (mentioned := world.guilds[what.guild_id].members.get(user_id)):
        data["member"] = member(mentioned, with_user=False)
    return data


def partial_channel(place: Channel, world: World, permissions: int) -> Json:
    """Write a channel as interactions carry it."""
    return channel(place, world) | {"permissions": str(permissions)}


def application(which: Any, world: World) -> Json:
    """Write `oauth2/applications/@me`."""
    return {
        "id": str(which.id),
        "name": which.name,
        "icon": None,
        "description": "",
        "summary": "",
        "bot_public": False,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "owner": user(which.owner),
        "team": None,
        "flags": application_flags(which.privileged_intents),
        "approximate_guild_count": sum(which.id in place.members for place in world.guilds.values()),
        "approximate_user_install_count": 0,
        "redirect_uris": [],
        "tags": [],
        "integration_types_config": {"0": {}},
    }


def application_flags(privileged_intents: int) -> int:
    """Return the flags that tell which privileged intents are on (the "limited" bits: fewer than 100 guilds)."""
    limited = {1 << 8: 1 << 13, 1 << 1: 1 << 15, 1 << 15: 1 << 19}
    return sum(flag for intent, flag in limited.items() if privileged_intents & intent)
