"""REST: accounts, guilds, members, voice states. Source: Discord developer documentation, "User", "Guild", "Voice"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from bot.loopback import payloads, wire
from bot.loopback.entities import Application, ChannelKind, Guild, Member
from bot.loopback.forms import Form, items
from bot.loopback.permissions import Overwrite, Permission
from bot.loopback.rest import Call, Route
from bot.loopback.wire import Json, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_NICK: Final = 32


async def get_user(call: Call) -> Json:
    """GET a user, one's own among them."""
    user = call.world.users.get(call.id("user_id"))
    if user is None:
        raise refuse(wire.UNKNOWN_USER)
    return payloads.own_user(user) if user is call.user else payloads.user(user)


async def get_application(call: Call) -> Json:
    """GET what the account belongs to. A person's client is told of an application, too, so that it gets by."""
    user = call.user
    application = call.world.applications.get(user.id) or Application(user.id, user.name, user)
    return payloads.application(application, call.world)


async def list_own_guilds(call: Call) -> list[Json]:
    """GET the guilds where one is."""
    return [
        payloads.guild(guild) | {"owner": guild.owner_id == call.user.id, "permissions": _permissions(guild, call)}
        for guild in call.world.guilds.values()
        if call.user.id in guild.members
    ]


def _permissions(guild: Guild, call: Call) -> str:
    return str(int(guild.permissions_of(call.user.id)))


async def leave_guild(call: Call) -> None:
    """DELETE oneself from a guild."""
    await call.world.remove_member(call.guild().id, call.user.id)


async def open_dm(call: Call) -> Json:
    """POST with whom to talk directly."""
    other_id = int(call.form.get("recipient_id") or 0)
    if other_id not in call.world.users:
        raise refuse(wire.UNKNOWN_USER)
    channel = call.world.open_dm(call.user.id, other_id)
    data = payloads.channel(channel, call.world)
    data["recipients"] = [each for each in data["recipients"] if each["id"] != str(call.user.id)]
    return data


async def gateway(call: Call) -> Json:
    """GET where the gateway is."""
    return {"url": gateway_url(call.request.host)}


async def gateway_bot(call: Call) -> Json:
    """GET where the gateway is, and how to start."""
    start = {"total": 1000, "remaining": 999, "reset_after": 86_400_000, "max_concurrency": 1}
    return {"url": gateway_url(call.request.host), "shards": 1, "session_start_limit": start}


def gateway_url(host: str) -> str:
    """Return the gateway's address for a client that reached us by *host*: by Discord's names, or as what we are."""
    is_local = host.partition(":")[0] in {"localhost", "127.0.0.1"}
    return f"wss://{host}/gateway" if is_local else "wss://gateway.discord.gg"


async def get_guild(call: Call) -> Json:
    """GET a guild."""
    guild = call.guild()
    counts = {"approximate_member_count": len(guild.members), "approximate_presence_count": len(guild.members)}
    return payloads.guild(guild) | (counts if call.asks("with_counts") else {})


async def list_roles(call: Call) -> list[Json]:
    """GET a guild's roles."""
    return [payloads.role(role) for role in call.guild().roles.values()]


async def list_channels(call: Call) -> list[Json]:
    """GET a guild's channels that one may see."""
    seen = (channel for channel in call.guild().channels.values() if call.world.may_view(call.user.id, channel))
    return [payloads.channel(channel, call.world) for channel in seen]


async def create_channel(call: Call) -> Json:
    """POST a channel."""
    guild = call.guild()
    _require(guild, call, Permission.MANAGE_CHANNELS)
    form = call.form
    checks = Form()
    checks.text(("name",), form.get("name"), least=1, most=100)
    checks.finish()
    parent = form.get("parent_id")
    channel = call.world.add_channel(
        guild.id,
        str(form["name"]),
        ChannelKind(int(form.get("type") or 0)),
        parent_id=None if parent is None else int(parent),
        topic=form.get("topic"),
        user_limit=int(form.get("user_limit") or 0),
        overwrites=[
            Overwrite(
                int(each["id"]),
                int(each["type"]) == 1,
                Permission(int(each.get("allow") or 0)),
                Permission(int(each.get("deny") or 0)),
            )
            for each in items(form.get("permission_overwrites"))
        ],
    )
    return payloads.channel(channel, call.world)


async def list_active_threads(call: Call) -> Json:
    """GET a guild's threads."""
    threads = [
        thread
        for thread in call.guild().threads.values()
        if call.world.may_view(call.user.id, thread) and thread.thread and not thread.thread.archived
    ]
    mine = [thread for thread in threads if thread.thread and call.user.id in thread.thread.member_ids]
    return {
        "threads": [payloads.channel(thread, call.world) for thread in threads],
        "members": [payloads.thread_member(thread, call.user.id) for thread in mine],
    }


async def list_members(call: Call) -> list[Json]:
    """GET members, for who may see them all."""
    guild = call.guild()
    application = call.world.applications.get(call.user.id)
    if application is not None and not application.privileged_intents & (1 << 1):
        raise refuse(wire.MISSING_ACCESS)
    after = int(call.request.query.get("after", "0"))
    limit = int(call.request.query.get("limit", "1"))
    found = [member for user_id, member in sorted(guild.members.items()) if user_id > after]
    return [payloads.member(member) for member in found[:limit]]


async def get_member(call: Call) -> Json:
    """GET one member."""
    return payloads.member(_member(call, call.guild()))


async def edit_own_member(call: Call) -> Json:
    """PATCH one's own nickname."""
    guild = call.guild()
    _require(guild, call, Permission.CHANGE_NICKNAME)
    form = call.form
    _check_nick(form)
    nick = cast("str | None", form.get("nick"))
    return payloads.member(call.world.update_member(guild.id, call.user.id, nick=nick or None))


async def edit_member(call: Call) -> Json:
    """PATCH a member: nickname, roles, and what concerns voice."""
    guild = call.guild()
    member = _member(call, guild)
    form = call.form
    _check_nick(form)
    needed = {
        "nick": Permission.MANAGE_NICKNAMES,
        "roles": Permission.MANAGE_ROLES,
        "mute": Permission.MUTE_MEMBERS,
        "deaf": Permission.DEAFEN_MEMBERS,
        "channel_id": Permission.MOVE_MEMBERS,
    }
    for key, permission in needed.items():
        if key in form:
            _require(guild, call, permission)
    outranked = member.user.id == guild.owner_id and call.user.id != guild.owner_id
    if outranked and {"nick", "roles"} & set(form):
        raise refuse(wire.MISSING_PERMISSIONS)
    if "nick" in form or "roles" in form:
        nick = cast("str | None", form["nick"]) or None if "nick" in form else ""
        role_ids = [int(each) for each in form["roles"]] if "roles" in form else None
        call.world.update_member(guild.id, member.user.id, nick=nick, role_ids=role_ids)
    await _edit_voice(call, guild, member, form)
    return payloads.member(member)


async def _edit_voice(call: Call, guild: Guild, member: Member, form: Json) -> None:
    if not {"mute", "deaf", "channel_id"} & set(form):
        return
    user_id = member.user.id
    if user_id not in guild.voice_states:
        raise refuse(wire.NOT_IN_VOICE)
    if "mute" in form:
        call.world.server_mute(user_id, on=bool(form["mute"]), guild_id=guild.id)
    if "deaf" in form:
        call.world.server_deafen(user_id, on=bool(form["deaf"]), guild_id=guild.id)
    if "channel_id" not in form:
        return
    if form["channel_id"] is None:
        await call.world.kick_from_voice(user_id, guild.id)
        return
    target = guild.channels.get(int(form["channel_id"]))
    if target is None:
        raise refuse(wire.UNKNOWN_CHANNEL)
    if not target.kind.is_vocal:
        raise refuse(wire.WRONG_CHANNEL_TYPE)
    await call.world.move_voice(user_id, target.id)


async def get_voice_state(call: Call) -> Json:
    """GET where somebody is in voice."""
    guild = call.guild()
    state = guild.voice_states.get(call.id("user_id"))
    if state is None:
        raise refuse(wire.UNKNOWN_VOICE_STATE)
    return payloads.voice_state(state, guild)


async def edit_voice_state(call: Call) -> None:
    """PATCH whether somebody on a stage speaks or listens."""
    guild = call.guild()
    user_id = call.id("user_id")
    if user_id not in guild.voice_states:
        raise refuse(wire.UNKNOWN_VOICE_STATE)
    form = call.form
    if "suppress" in form:
        steps_down = user_id == call.user.id and bool(form["suppress"])
        if not steps_down:
            _require(guild, call, Permission.MUTE_MEMBERS)
        call.world.set_suppressed(user_id, on=bool(form["suppress"]), guild_id=guild.id)
    elif form.get("request_to_speak_timestamp"):
        _require(guild, call, Permission.REQUEST_TO_SPEAK)


def _member(call: Call, guild: Guild) -> Member:
    member = guild.members.get(call.id("user_id"))
    if member is None:
        raise refuse(wire.UNKNOWN_MEMBER)
    return member


def _require(guild: Guild, call: Call, permission: Permission) -> None:
    if permission not in guild.permissions_of(call.user.id):
        raise refuse(wire.MISSING_PERMISSIONS)


def _check_nick(form: Json) -> None:
    checks = Form()
    checks.text(("nick",), form.get("nick"), most=MAX_NICK)
    checks.finish()


def routes() -> Sequence[Route]:
    """Return the routes of this module."""
    guild, place = "/guilds/{guild_id}", "guild_id"
    return (
        Route("GET", r"/users/{user_id:\d+|@me}", get_user),
        Route("GET", "/users/@me/guilds", list_own_guilds),
        Route("DELETE", "/users/@me/guilds/{guild_id}", leave_guild),
        Route("POST", "/users/@me/channels", open_dm),
        Route("GET", "/oauth2/applications/@me", get_application),
        Route("GET", "/applications/@me", get_application),
        Route("GET", "/gateway", gateway, needs_account=False),
        Route("GET", "/gateway/bot", gateway_bot),
        Route("GET", guild, get_guild, place=place),
        Route("GET", guild + "/roles", list_roles, place=place),
        Route("GET", guild + "/channels", list_channels, place=place),
        Route("POST", guild + "/channels", create_channel, place=place),
        Route("GET", guild + "/threads/active", list_active_threads, place=place),
        Route("GET", guild + "/members", list_members, place=place),
        Route("PATCH", guild + "/members/@me", edit_own_member, place=place),
        Route("GET", guild + r"/members/{user_id:\d+}", get_member, place=place),
        Route("PATCH", guild + r"/members/{user_id:\d+}", edit_member, place=place),
        Route("GET", guild + r"/voice-states/{user_id:\d+|@me}", get_voice_state, place=place),
        Route("PATCH", guild + r"/voice-states/{user_id:\d+|@me}", edit_voice_state, place=place),
    )
