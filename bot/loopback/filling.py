"""Options and forms as people fill them in, checked as Discord's client checks them before it sends anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from bot.loopback import payloads
from bot.loopback.component_forms import CHECKBOX, CHECKBOXES, RADIO, STRING_SELECT, TEXT_INPUT, UPLOAD
from bot.loopback.entities import Attachment, Message
from bot.loopback.forms import items
from bot.loopback.rest import Upload

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from bot.loopback.wire import Json
    from bot.loopback.world import World

STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, MENTIONABLE, NUMBER, FILE = 3, 4, 5, 6, 7, 8, 9, 10, 11
"""Option types. Source: Discord developer documentation, "Application Command Option Type"."""

USER_SELECT, ROLE_SELECT, MENTIONABLE_SELECT, CHANNEL_SELECT = 5, 6, 7, 8

UNSET: Final = object()


class CannotDo(Exception):
    """Discord's client would not let the person do that."""


class Resolved:
    """Gathers what an interaction's ids stand for."""

    def __init__(self, world: World, user_id: int, channel_id: int) -> None:
        self._world = world
        self._user_id = user_id
        self._channel_id = channel_id
        self._data: dict[str, Json] = {}

    def as_data(self) -> Json:
        """Return what there is, as part of `data`."""
        return {"resolved": self._data} if self._data else {}

    def user(self, user_id: int) -> str:
        """Add a user, with their membership."""
        user = self._world.users[user_id]
        self._add("users", user_id, payloads.user(user))
        guild_id = self._world.channels[self._channel_id].guild_id
        if guild_id is not None and (member := self._world.guilds[guild_id].members.get(user_id)):
            allowed = self._world.permissions_in(user_id, self._world.channels[self._channel_id])
            self._add("members", user_id, payloads.member(member, with_user=False, permissions=int(allowed)))
        return str(user_id)

    def role(self, role_id: int) -> str:
        """Add a role of the guild."""
        guild_id = self._world.channels[self._channel_id].guild_id or 0
        return self._add("roles", role_id, payloads.role(self._world.guilds[guild_id].roles[role_id]))

    def channel(self, channel_id: int) -> str:
        """Add a channel."""
        channel = self._world.channels[channel_id]
        allowed = self._world.permissions_in(self._user_id, channel)
        return self._add("channels", channel_id, payloads.partial_channel(channel, self._world, int(allowed)))

    def mentionable(self, target_id: int) -> str:
        """Add a user or a role."""
        return self.user(target_id) if target_id in self._world.users else self.role(target_id)

    def message(self, message: Message) -> str:
        """Add a message."""
        return self._add("messages", message.id, payloads.message(message, self._world))

    def file(self, upload: Upload) -> str:
        """Add a file, which the CDN then has."""
        file = Attachment(self._world.new_id(), upload.filename, upload.content_type, upload.data)
        self._world.keep_file(file)
        return self._add("attachments", file.id, payloads.attachment(file, self._channel_id, ephemeral=True))

    def _add(self, kind: str, item_id: int, data: Json) -> str:
        self._data.setdefault(kind, {})[str(item_id)] = data
        return str(item_id)


def command_options(
    leaf: Json, given: Mapping[str, object], resolved: Resolved, *, partial: bool = False
) -> list[Json]:
    """Return a command's options as the interaction carries them.

    Args:
        leaf: The registered command or subcommand.
        given: By name.
        resolved: Where to note what ids stand for.
        partial: True while the person still types: required ones may be missing.

    Raises:
        CannotDo: If the client would not send them.
    """
    definitions = {str(option["name"]): option for option in items(leaf.get("options"))}
    if unknown := set(given) - set(definitions):
        raise CannotDo(f"{leaf['name']} has no option {', '.join(sorted(unknown))}")
    missing = [name for name, option in definitions.items() if option.get("required") and name not in given]
    if missing and not partial:
        raise CannotDo(f"{leaf['name']} needs {', '.join(missing)}")
    return [
        {"name": name, "type": option["type"], "value": _option_value(option, given[name], resolved)}
        for name, option in definitions.items()
        if name in given
    ]


def _option_value(option: Json, value: object, resolved: Resolved) -> object:
    kind = int(option["type"])
    if kind in {STRING, INTEGER, NUMBER}:
        return _plain_value(option, kind, value)
    if kind == BOOLEAN and isinstance(value, bool):
        return value
    if kind == FILE and isinstance(value, Upload):
        return resolved.file(value)
    if kind in {USER, CHANNEL, ROLE, MENTIONABLE} and isinstance(value, int):
        by_kind = {
            USER: resolved.user,
            CHANNEL: resolved.channel,
            ROLE: resolved.role,
            MENTIONABLE: resolved.mentionable,
        }
        return by_kind[kind](value)
    raise CannotDo(f"{option['name']} does not take {value!r}")


def _plain_value(option: Json, kind: int, value: object) -> object:
    if choices := items(option.get("choices")):
        found = next((choice["value"] for choice in choices if value in {choice["value"], choice["name"]}), UNSET)
        if found is UNSET:
            raise CannotDo(f"{option['name']} has no choice {value!r}")
        return found
    if kind == STRING and isinstance(value, str):
        if not int(option.get("min_length") or 0) <= len(value) <= int(option.get("max_length") or 6000):
            raise CannotDo(f"{option['name']} has a wrong length")
        return value
    is_number = isinstance(value, int if kind == INTEGER else int | float) and not isinstance(value, bool)
    if kind == STRING or not is_number:
        raise CannotDo(f"{option['name']} does not take {value!r}")
    amount = cast("float", value)
    least, most = option.get("min_value"), option.get("max_value")
    if (least is not None and amount < least) or (most is not None and amount > most):
        raise CannotDo(f"{option['name']} is out of range")
    return amount


def picked(component: Json, values: Iterable[object], resolved: Resolved) -> list[str]:
    """Return what a person picks in a menu or among checkboxes, by value or label, or by id.

    Raises:
        CannotDo: If there is no such option, or too many or too few are picked.
    """
    wanted = list(values)
    kind = component["type"]
    least, most = component.get("min_values"), component.get("max_values")
    is_optional = component.get("required") is False
    default_most = len(items(component.get("options"))) if kind == CHECKBOXES else 1
    top = default_most if most is None else int(most)
    bottom = (0 if is_optional else 1) if least is None else int(least)
    if not (bottom <= len(wanted) <= top or (is_optional and not wanted)):
        raise CannotDo(f"{component['custom_id']} takes {bottom} to {top}, not {len(wanted)}")
    if kind in {STRING_SELECT, CHECKBOXES}:
        return [_option(component, value) for value in wanted]
    by_kind = {
        USER_SELECT: resolved.user,
        ROLE_SELECT: resolved.role,
        MENTIONABLE_SELECT: resolved.mentionable,
        CHANNEL_SELECT: resolved.channel,
    }
    return [by_kind[kind](int(cast("int", value))) for value in wanted]


def _option(component: Json, wanted: object) -> str:
    options = items(component.get("options"))
    found = next((each for each in options if wanted in {each["value"], each["label"]}), None)
    if found is None:
        raise CannotDo(f"{component['custom_id']} has no {wanted!r} among {[each['label'] for each in options]}")
    return str(found["value"])


def filled(component: Json, values: dict[str, object], resolved: Resolved, *, label: str) -> Json:
    """Return a form's component as it is submitted, and take its value out of *values*.

    Raises:
        CannotDo: If it is required and empty, or the value is not one of its.
    """
    custom_id = str(component["custom_id"])
    value = values.pop(custom_id, UNSET)
    if value is UNSET:
        value = values.pop(label, UNSET)
    kind = int(component["type"])
    shell: Json = {"type": kind, "id": component.get("id"), "custom_id": custom_id}
    required = component.get("required", True) is not False
    if kind == TEXT_INPUT:
        return shell | {"value": _text(component, value, label=label, required=required)}
    if kind == CHECKBOX:
        return shell | {"value": bool(component.get("default")) if value is UNSET else bool(value)}
    if kind == RADIO:
        return shell | {"value": _radio(component, value, label=label, required=required)}
    if kind == UPLOAD:
        uploads = [] if value is UNSET else list(cast("Iterable[Upload]", value))
        if required and not uploads:
            raise CannotDo(f"{label} is required")
        return shell | {"values": [resolved.file(upload) for upload in uploads]}
    if value is UNSET:
        value = [option["value"] for option in items(component.get("options")) if option.get("default")]
        value += [int(each["id"]) for each in items(component.get("default_values"))]
    several = [value] if isinstance(value, str | int) else list(cast("Iterable[object]", value))
    return shell | {"values": picked(component, several, resolved)}


def _text(component: Json, value: object, *, label: str, required: bool) -> str:
    text = str(component.get("value") or "") if value is UNSET else str(value)
    if not text and not required:
        return text
    least = int(component.get("min_length") or (1 if required else 0))
    if not least <= len(text) <= int(component.get("max_length") or 4000):
        raise CannotDo(f"{label} has a wrong length")
    return text


def _radio(component: Json, value: object, *, label: str, required: bool) -> str | None:
    if value is UNSET:
        value = next((option["value"] for option in items(component.get("options")) if option.get("default")), None)
    if value is None:
        if required:
            raise CannotDo(f"{label} is required")
        return None
    return _option(component, value)
