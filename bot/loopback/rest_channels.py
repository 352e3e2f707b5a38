"""REST: channels, messages, threads. Source: Discord developer documentation, "Channel" and "Message"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from bot.loopback import payloads, wire
from bot.loopback.drafts import draft
from bot.loopback.entities import Channel, ChannelKind, Message
from bot.loopback.forms import Form
from bot.loopback.permissions import Overwrite, Permission
from bot.loopback.rest import Call, Route, require
from bot.loopback.wire import Json, refuse
from bot.loopback.world import Event

if TYPE_CHECKING:
    from collections.abc import Sequence

BULK_AGE_S: Final = 14 * 24 * 3600
HIDE_EMBEDS: Final = 1 << 2

_MAY_NOT_SPEAK: Final = frozenset({ChannelKind.CATEGORY})


def _write_permission(channel: Channel) -> Permission:
    return Permission.SEND_MESSAGES_IN_THREADS if channel.thread else Permission.SEND_MESSAGES


async def get_channel(call: Call) -> Json:
    """GET a channel."""
    return payloads.channel(call.channel(), call.world)


async def edit_channel(call: Call) -> Json:
    """PATCH a channel or thread."""
    form = call.form
    channel = call.channel()
    checks = Form()
    if "name" in form:
        checks.text(("name",), form["name"], least=1, most=100)
    checks.finish()
    if channel.thread is not None:
        owns = channel.thread.owner_id == call.user.id and not form.get("locked")
        if not owns or channel.thread.locked:
            require(call.world, call.user.id, channel, Permission.MANAGE_THREADS)
        name, archived, locked = form.get("name"), form.get("archived"), form.get("locked")
        call.world.update_thread(channel.id, name=name, archived=archived, locked=locked)
    else:
        require(call.world, call.user.id, channel, Permission.MANAGE_CHANNELS)
        known = {"name": "name", "topic": "topic", "user_limit": "user_limit", "rate_limit_per_user": "slowmode_s"}
        changes = {known[key]: value for key, value in form.items() if key in known}
        call.world.update_channel(channel.id, **changes)
    return payloads.channel(channel, call.world)


async def delete_channel(call: Call) -> Json:
    """DELETE a channel or thread."""
    channel = call.channel()
    needed = Permission.MANAGE_THREADS if channel.thread else Permission.MANAGE_CHANNELS
    require(call.world, call.user.id, channel, needed)
    data = payloads.channel(channel, call.world)
    await call.world.delete_channel(channel.id)
    return data


async def set_overwrite(call: Call) -> None:
    """PUT what a channel says about a role or member."""
    channel = call.channel("channel_id", Permission.MANAGE_ROLES)
    form = call.form
    allow, deny = Permission(int(form.get("allow") or 0)), Permission(int(form.get("deny") or 0))
    call.world.set_overwrite(channel.id, Overwrite(call.id("target_id"), form.get("type") == 1, allow, deny))


async def delete_overwrite(call: Call) -> None:
    """DELETE what a channel says about a role or member."""
    channel = call.channel("channel_id", Permission.MANAGE_ROLES)
    if call.id("target_id") not in channel.overwrites:
        raise refuse(wire.UNKNOWN_OVERWRITE)
    call.world.remove_overwrite(channel.id, call.id("target_id"))


async def set_voice_status(call: Call) -> None:
    """PUT what stands below a voice channel's name."""
    channel = call.channel("channel_id", Permission.SET_VOICE_CHANNEL_STATUS)
    if channel.kind is not ChannelKind.VOICE or channel.guild_id is None:
        raise refuse(wire.WRONG_CHANNEL_TYPE)
    status = call.form.get("status")
    checks = Form()
    checks.text(("status",), status, most=500)
    checks.finish()
    state = call.world.voice_state(call.user.id, channel.guild_id)
    if state is None or state.channel_id != channel.id:
        require(call.world, call.user.id, channel, Permission.MANAGE_CHANNELS)
    call.world.set_voice_status(channel.id, status or None)


async def typing(call: Call) -> None:
    """POST that somebody types."""
    channel = call.channel("channel_id")
    require(call.world, call.user.id, channel, _write_permission(channel))
    data = {"channel_id": str(channel.id), "user_id": str(call.user.id), "timestamp": int(call.world.now())}
    if channel.guild_id is not None:
        data["guild_id"] = str(channel.guild_id)
    call.world.emit(Event("TYPING_START", data, channel.guild_id, channel.id))


async def list_messages(call: Call) -> list[Json]:
    """GET a channel's messages, newest first."""
    channel = call.channel()
    if Permission.READ_MESSAGE_HISTORY not in call.world.permissions_in(call.user.id, channel):
        return []
    found = [each for each in map(call.world.messages.__getitem__, channel.message_ids) if _is_public(each)]
    query = call.request.query
    limit = min(100, max(1, int(query.get("limit", "50"))))
    if "after" in query:
        found = [each for each in found if each.id > int(query["after"])][:limit]
    elif "around" in query:
        middle = int(query["around"])
        found = sorted(sorted(found, key=lambda each: abs(each.id - middle))[:limit], key=lambda each: each.id)
    else:
        before = int(query.get("before", "0")) or None
        found = [each for each in found if before is None or each.id < before][-limit:]
    return [_shown(call, each) for each in reversed(found)]


async def get_message(call: Call) -> Json:
    """GET one message."""
    channel = call.channel("channel_id", Permission.READ_MESSAGE_HISTORY)
    return _shown(call, call.message(channel))


async def create_message(call: Call) -> Json:
    """POST a message."""
    channel = call.channel()
    if channel.kind in _MAY_NOT_SPEAK:
        raise refuse(wire.WRONG_CHANNEL_TYPE)
    require(call.world, call.user.id, channel, _write_permission(channel))
    form = call.form
    if call.uploads:
        require(call.world, call.user.id, channel, Permission.ATTACH_FILES)
    others = [each for each in channel.recipient_ids if each != call.user.id]
    if any(not call.world.users[other].accepts_dms for other in others):
        raise refuse(wire.CANNOT_DM)
    if channel.thread and channel.thread.archived and channel.thread.locked:
        require_moderator(call, channel)
    body = draft(call.world, channel.id, form, call.uploads)
    message = call.world.post(
        channel.id,
        call.user.id,
        body,
        kind=19 if form.get("message_reference") else 0,
        application_id=call.user.id if body.components else None,
        reference=_reference(call, channel, cast("Json | None", form.get("message_reference"))),
        nonce=form.get("nonce"),
        allowed_mentions=form.get("allowed_mentions"),
    )
    return payloads.message(message, call.world)


def require_moderator(call: Call, thread: Channel) -> None:
    """Refuse writing into a locked thread to all but moderators."""
    if Permission.MANAGE_THREADS not in call.world.permissions_in(call.user.id, thread):
        raise refuse(wire.THREAD_LOCKED)


def _reference(call: Call, channel: Channel, given: Json | None) -> Json | None:
    if given is None:
        return None
    target = call.world.message_in(channel.id, int(given.get("message_id") or 0))
    if target is None or target.is_ephemeral:
        if given.get("fail_if_not_exists", True):
            checks = Form()
            checks.wrong(("message_reference",), "REPLIES_UNKNOWN_MESSAGE", "Unknown message")
            checks.finish()
        return None
    require(call.world, call.user.id, channel, Permission.READ_MESSAGE_HISTORY)
    reference: Json = {"type": 0, "message_id": str(target.id), "channel_id": str(channel.id)}
    return reference | ({"guild_id": str(channel.guild_id)} if channel.guild_id else {})


async def edit_message(call: Call) -> Json:
    """PATCH a message: one's own, or another's flags."""
    channel = call.channel()
    message = call.message(channel)
    form = call.form
    if message.author.id != call.user.id:
        if set(form) - {"flags"}:
            raise refuse(wire.NOT_THE_AUTHOR)
        require(call.world, call.user.id, channel, Permission.MANAGE_MESSAGES)
        flags = (message.body.flags & ~HIDE_EMBEDS) | (int(form.get("flags") or 0) & HIDE_EMBEDS)
        return payloads.message(call.world.set_flags(message.id, flags), call.world)
    if channel.thread and channel.thread.archived:
        raise refuse(wire.THREAD_LOCKED)
    body = draft(call.world, channel.id, form, call.uploads, old=message.body)
    call.limiter.edit_old(message.id, message.created_at)
    call.world.edit(message.id, body, allowed_mentions=form.get("allowed_mentions"))
    return payloads.message(message, call.world)


async def delete_message(call: Call) -> None:
    """DELETE a message."""
    channel = call.channel()
    message = call.message(channel)
    if message.author.id != call.user.id:
        require(call.world, call.user.id, channel, Permission.MANAGE_MESSAGES)
    call.world.delete(message.id)


async def bulk_delete(call: Call) -> None:
    """POST which messages to delete together."""
    channel = call.channel("channel_id", Permission.MANAGE_MESSAGES)
    ids = [int(each) for each in cast("list[str]", call.form.get("messages") or [])]
    if not 2 <= len(ids) <= 100:
        raise refuse(wire.BULK_DELETE_COUNT)
    there = [message for each in ids if (message := call.world.message_in(channel.id, each))]
    if any(call.world.now() - message.created_at > BULK_AGE_S for message in there):
        raise refuse(wire.BULK_DELETE_OLD)
    call.world.delete_bulk(channel.id, [message.id for message in there])


async def start_thread(call: Call) -> Json:
    """POST a thread without a message."""
    private = call.form.get("type", 12) == ChannelKind.PRIVATE_THREAD
    return _start(call, ChannelKind.PRIVATE_THREAD if private else ChannelKind.PUBLIC_THREAD, None)


async def start_thread_from_message(call: Call) -> Json:
    """POST a thread below a message."""
    message = call.message(call.channel())
    if message.thread_id is not None:
        raise refuse(wire.THREAD_EXISTS)
    return _start(call, ChannelKind.PUBLIC_THREAD, message)


def _start(call: Call, kind: ChannelKind, message: Message | None) -> Json:
    public = kind is ChannelKind.PUBLIC_THREAD
    needed = Permission.CREATE_PUBLIC_THREADS if public else Permission.CREATE_PRIVATE_THREADS
    channel = call.channel("channel_id", needed)
    if channel.kind not in {ChannelKind.TEXT, ChannelKind.ANNOUNCEMENT}:
        raise refuse(wire.WRONG_CHANNEL_TYPE)
    form = call.form
    checks = Form()
    checks.text(("name",), form.get("name"), least=1, most=100)
    minutes = form.get("auto_archive_duration") or 1440
    if minutes not in {60, 1440, 4320, 10080}:
        checks.wrong(("auto_archive_duration",), "BASE_TYPE_CHOICES", "Value must be one of {60, 1440, 4320, 10080}.")
    checks.finish()
    thread = call.world.start_thread(
        channel.id,
        str(form["name"]),
        call.user.id,
        kind=kind,
        from_message=message,
        auto_archive_minutes=int(minutes),
        invitable=form.get("invitable", True),
    )
    return payloads.channel(thread, call.world) | {"member": payloads.thread_member(thread, call.user.id)}


def _thread(call: Call) -> Channel:
    thread = call.channel()
    if thread.thread is None:
        raise refuse(wire.WRONG_CHANNEL_TYPE)
    return thread


async def add_thread_member(call: Call) -> None:
    """PUT somebody into a thread."""
    thread = _thread(call)
    user_id = call.id("user_id")
    if user_id != call.user.id:
        require(call.world, call.user.id, thread, Permission.SEND_MESSAGES_IN_THREADS)
        guild = call.world.guilds[thread.guild_id or 0]
        if user_id not in guild.members:
            raise refuse(wire.UNKNOWN_MEMBER)
    call.world.set_thread_member(thread.id, user_id)


async def remove_thread_member(call: Call) -> None:
    """DELETE somebody from a thread."""
    thread = _thread(call)
    user_id = call.id("user_id")
    owns_private = (
        thread.kind is ChannelKind.PRIVATE_THREAD and thread.thread and thread.thread.owner_id == call.user.id
    )
    if user_id != call.user.id and not owns_private:
        require(call.world, call.user.id, thread, Permission.MANAGE_THREADS)
    call.world.set_thread_member(thread.id, user_id, present=False)


async def list_thread_members(call: Call) -> list[Json]:
    """GET who is in a thread."""
    thread = _thread(call)
    return [payloads.thread_member(thread, user_id) for user_id in (thread.thread.member_ids if thread.thread else ())]


def _is_public(message: Message) -> bool:
    return message.deleted_at is None and not message.is_ephemeral


def _shown(call: Call, message: Message) -> Json:
    hidden = not _reads_content(call, message)
    return payloads.message(message, call.world, hide_body=hidden)


def _reads_content(call: Call, message: Message) -> bool:
    application = call.world.applications.get(call.user.id)
    is_own = call.user.id in {message.author.id, *message.mention_ids} or message.guild_id is None
    return application is None or is_own or bool(application.privileged_intents & (1 << 15))


async def list_pins(call: Call) -> Json:
    """GET pins: there are none here."""
    call.channel()
    return {"items": [], "has_more": False}


def routes() -> Sequence[Route]:
    """Return the routes of this module."""
    channel = "/channels/{channel_id}"
    message = channel + r"/messages/{message_id:\d+}"
    member = channel + r"/thread-members/{user_id:\d+|@me}"
    place = "channel_id"
    return (
        Route("GET", channel, get_channel, place=place),
        Route("PATCH", channel, edit_channel, place=place),
        Route("DELETE", channel, delete_channel, place=place),
        Route("PUT", channel + "/permissions/{target_id}", set_overwrite, place=place),
        Route("DELETE", channel + "/permissions/{target_id}", delete_overwrite, place=place),
        Route("PUT", channel + "/voice-status", set_voice_status, place=place),
        Route("POST", channel + "/typing", typing, place=place),
        Route("GET", channel + "/messages", list_messages, place=place),
        Route("POST", channel + "/messages", create_message, "posts", place),
        Route("POST", channel + "/messages/bulk-delete", bulk_delete, place=place),
        Route("GET", channel + "/messages/pins", list_pins, place=place),
        Route("GET", message, get_message, place=place),
        Route("PATCH", message, edit_message, "edits", place),
        Route("DELETE", message, delete_message, place=place),
        Route("POST", message + "/threads", start_thread_from_message, place=place),
        Route("POST", channel + "/threads", start_thread, place=place),
        Route("GET", channel + "/thread-members", list_thread_members, place=place),
        Route("PUT", member, add_thread_member, place=place),
        Route("DELETE", member, remove_thread_member, place=place),
    )
