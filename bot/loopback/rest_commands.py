"""REST: application commands. Source: Discord developer documentation, "Application Commands"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.loopback import wire
from bot.loopback.forms import check_commands, items
from bot.loopback.rest import Call, Route
from bot.loopback.wire import Json, refuse, text_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.loopback.entities import Application

LOCALISED = ("name_localizations", "description_localizations")


def _application(call: Call) -> Application:
    application = call.world.applications.get(call.id("application_id"))
    if application is None or application.id != call.user.id:
        raise refuse(wire.MISSING_ACCESS)
    return application


def _guild_id(call: Call) -> int | None:
    if "guild_id" not in call.request.match_info:
        return None
    return call.guild().id


def _command(call: Call, application: Application, guild_id: int | None) -> Json:
    command = application.commands.get(call.id("command_id"))
    if command is None or command.get("guild_id") != text_id(guild_id):
        raise refuse(wire.UNKNOWN_COMMAND)
    return command


def _registered(call: Call, application: Application, guild_id: int | None, form: Json, *, command_id: int) -> Json:
    kind = int(form.get("type") or 1)
    command: Json = {
        "id": str(command_id),
        "application_id": str(application.id),
        "type": kind,
        "version": str(call.world.new_id()),
        "name": form["name"],
        "name_localizations": form.get("name_localizations"),
        "description": form.get("description") or "",
        "description_localizations": form.get("description_localizations"),
        "default_member_permissions": form.get("default_member_permissions"),
        "nsfw": bool(form.get("nsfw")),
        "integration_types": form.get("integration_types") or [0],
        "contexts": form.get("contexts"),
    }
    if kind == 1:
        command["options"] = items(form.get("options"))
    if guild_id is not None:
        command["guild_id"] = str(guild_id)
    elif form.get("dm_permission") is False and command["contexts"] is None:
        command["contexts"] = [0]
    return command


def _same(command: Json, form: Json, guild_id: int | None) -> bool:
    kind = int(form.get("type") or 1)
    key = (command["name"], command["type"], command.get("guild_id"))
    return key == (form.get("name"), kind, text_id(guild_id))


def _upsert(call: Call, application: Application, guild_id: int | None, form: Json) -> Json:
    old = next((each for each in application.commands.values() if _same(each, form, guild_id)), None)
    command_id = int(old["id"]) if old else call.world.new_id()
    command = _registered(call, application, guild_id, form, command_id=command_id)
    application.commands[command_id] = command
    return command


async def list_commands(call: Call) -> list[Json]:
    """GET the commands, with their localisations if asked for."""
    application, guild_id = _application(call), _guild_id(call)
    own = [each for each in application.commands.values() if each.get("guild_id") == text_id(guild_id)]
    if call.asks("with_localizations"):
        return own
    return [{key: value for key, value in each.items() if key not in LOCALISED} for each in own]


async def replace_commands(call: Call) -> list[Json]:
    """PUT all commands in the place of those before."""
    application, guild_id = _application(call), _guild_id(call)
    forms = items(call.body)
    check_commands(forms)
    registered = [_upsert(call, application, guild_id, form) for form in forms]
    kept = {command["id"] for command in registered}
    for command_id, command in list(application.commands.items()):
        if command.get("guild_id") == text_id(guild_id) and command["id"] not in kept:
            del application.commands[command_id]
    return registered


async def create_command(call: Call) -> Json:
    """POST one command, which replaces one of its name."""
    application, guild_id = _application(call), _guild_id(call)
    check_commands([call.form])
    return _upsert(call, application, guild_id, call.form)


async def get_command(call: Call) -> Json:
    """GET one command."""
    return _command(call, _application(call), _guild_id(call))


async def edit_command(call: Call) -> Json:
    """PATCH one command."""
    application, guild_id = _application(call), _guild_id(call)
    old = _command(call, application, guild_id)
    form = old | call.form
    check_commands([form])
    command = _registered(call, application, guild_id, form, command_id=int(old["id"]))
    application.commands[int(old["id"])] = command
    return command


async def delete_command(call: Call) -> None:
    """DELETE one command."""
    application = _application(call)
    command = _command(call, application, _guild_id(call))
    del application.commands[int(command["id"])]


def routes() -> Sequence[Route]:
    """Return the routes of this module."""
    found: list[Route] = []
    for base in (
        "/applications/{application_id}/commands",
        "/applications/{application_id}/guilds/{guild_id}/commands",
    ):
        place = "application_id"
        one = base + r"/{command_id:\d+}"
        found += [
            Route("GET", base, list_commands, place=place),
            Route("PUT", base, replace_commands, place=place),
            Route("POST", base, create_command, place=place),
            Route("GET", one, get_command, place=place),
            Route("PATCH", one, edit_command, place=place),
            Route("DELETE", one, delete_command, place=place),
        ]
    return found
