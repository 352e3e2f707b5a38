"""What people do: commands, buttons, menus, forms. Each returns a `Reply`, to be awaited for what they see then.

    people.use(user, "interview start", channel, options={"topic": "Python"}) -> Reply -> .modal -> people.submit(…)

What Discord's own client would not let a person do raises `CannotDo` here, before any application hears of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from bot.loopback import callbacks, payloads
from bot.loopback.callbacks import Callbacks, Modal, Reply
from bot.loopback.component_forms import BUTTON, LABEL, LINK, ROW, SELECTS, TEXT
from bot.loopback.entities import Message, walk
from bot.loopback.filling import CannotDo, Resolved, command_options, filled, picked
from bot.loopback.forms import items
from bot.loopback.permissions import Permission

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from bot.loopback.wire import Json
    from bot.loopback.world import World

CHAT, ON_USER, ON_MESSAGE = 1, 2, 3
"""Command types. Source: Discord developer documentation, "Application Command Types"."""

SUBCOMMANDS: Final = frozenset({1, 2})


class Interactions:
    """The people of a world, as far as they use applications."""

    def __init__(self, world: World, callbacks_: Callbacks) -> None:
        self._world = world
        self._callbacks = callbacks_

    def commands(self, user_id: int, channel_id: int, kind: int = CHAT) -> list[Json]:
        """Return the commands that a person is offered in a channel."""
        offered: list[Json] = []
        for application in self._world.applications.values():
            offered += [
                command
                for command in application.commands.values()
                if int(command["type"]) == kind and self._may_use(user_id, channel_id, command)
            ]
        # A guild's own command hides a global one of the same name.
        return sorted(offered, key=lambda command: command.get("guild_id") is None)

    def use(
        self,
        user_id: int,
        command: str,
        channel_id: int,
        *,
        options: Mapping[str, object] | None = None,
        locale: str | None = None,
    ) -> Reply:
        """Use a slash command.

        Args:
            user_id: Who.
            command: Its name, with group and subcommand after spaces.
            channel_id: Where.
            options: By name. Users, roles and channels by id, files as `rest.Upload`, choices by value or name.
            locale: The language of the person's client; by default their account's.

        Raises:
            CannotDo: If Discord's client would not send it.
        """
        registered, path, leaf = self._resolve(user_id, channel_id, command)
        resolved = Resolved(self._world, user_id, channel_id)
        values = command_options(leaf, options or {}, resolved)
        data = self._command_data(registered, path, values, resolved)
        return self._open_command(registered, user_id, channel_id, data, locale=locale)

    def complete(
        self,
        user_id: int,
        command: str,
        channel_id: int,
        option: str,
        typed: str,
        *,
        options: Mapping[str, object] | None = None,
    ) -> Reply:
        """Type into an option that completes itself; the reply has `choices`."""
        registered, path, leaf = self._resolve(user_id, channel_id, command)
        definition = next((each for each in items(leaf.get("options")) if each["name"] == option), None)
        if definition is None or not definition.get("autocomplete"):
            raise CannotDo(f"{command}: {option} does not complete itself")
        resolved = Resolved(self._world, user_id, channel_id)
        values = command_options(leaf, options or {}, resolved, partial=True)
        values.append({"name": option, "type": definition["type"], "value": typed, "focused": True})
        data = self._command_data(registered, path, values, resolved)
        kind = callbacks.AUTOCOMPLETE
        application_id = int(registered["application_id"])
        return self._callbacks.open(kind, application_id, user_id, channel_id, data, metadata={})

    def use_on_user(self, user_id: int, command: str, channel_id: int, target_id: int) -> Reply:
        """Use a command of a user's context menu."""
        registered = self._find(user_id, channel_id, command, ON_USER)
        resolved = Resolved(self._world, user_id, channel_id)
        resolved.user(target_id)
        data = self._command_data(registered, (), [], resolved) | {"target_id": str(target_id)}
        metadata = {"target_user": payloads.user(self._world.users[target_id])}
        return self._open_command(registered, user_id, channel_id, data, metadata=metadata)

    def use_on_message(self, user_id: int, command: str, message: Message) -> Reply:
        """Use a command of a message's context menu."""
        registered = self._find(user_id, message.channel_id, command, ON_MESSAGE)
        resolved = Resolved(self._world, user_id, message.channel_id)
        resolved.message(message)
        data = self._command_data(registered, (), [], resolved) | {"target_id": str(message.id)}
        metadata = {"target_message_id": str(message.id)}
        return self._open_command(registered, user_id, message.channel_id, data, metadata=metadata)

    def press(self, user_id: int, message: Message | Reply, which: str) -> Reply:
        """Press a button, named by its custom id or label."""
        shown, component = self._component(user_id, message, which, frozenset({BUTTON}))
        if component.get("style") == LINK:
            raise CannotDo(f"{which} is a link")
        data = {"component_type": BUTTON, "custom_id": component["custom_id"], "id": component["id"]}
        return self._open_component(user_id, shown, data)

    def choose(self, user_id: int, message: Message | Reply, which: str, values: Iterable[object]) -> Reply:
        """Choose from a select menu, named by its custom id or placeholder; *values* are ids, or values or labels."""
        shown, component = self._component(user_id, message, which, SELECTS)
        resolved = Resolved(self._world, user_id, shown.channel_id)
        chosen = picked(component, values, resolved)
        data: Json = {
            "component_type": component["type"],
            "custom_id": component["custom_id"],
            "id": component["id"],
            "values": chosen,
        }
        return self._open_component(user_id, shown, data | resolved.as_data())

    def submit(self, user_id: int, modal: Modal, values: Mapping[str, object]) -> Reply:
        """Fill in and send a form.

        Args:
            user_id: Who; the one before whom it opened.
            modal: The form.
            values: By custom id or label: text, a bool for a checkbox, a value or label for radio buttons, several for
                checkbox groups and menus, `rest.Upload`s for files. What is left out keeps its default.
        """
        opener = modal.reply
        if user_id != opener.user_id:
            raise CannotDo("the form is open before somebody else")
        resolved = Resolved(self._world, user_id, opener.channel_id)
        left = dict(values)
        components = [_submitted(component, left, resolved) for component in modal.components]
        if left:
            raise CannotDo(f"the form {modal.title!r} has no {', '.join(left)}")
        data: Json = {"custom_id": modal.custom_id, "components": components}
        return self._callbacks.open(
            callbacks.MODAL_SUBMIT,
            opener.application_id,
            user_id,
            opener.channel_id,
            data | resolved.as_data(),
            metadata={"triggering_interaction_metadata": opener.metadata},
            source=opener.source,
        )

    def _may_use(self, user_id: int, channel_id: int, command: Json) -> bool:
        channel = self._world.channels[channel_id]
        contexts = cast("list[int] | None", command.get("contexts"))
        if channel.guild_id is None:
            is_here = int(command["application_id"]) in channel.recipient_ids
            return is_here and command.get("guild_id") is None and (contexts is None or 1 in contexts)
        guild = self._world.guilds[channel.guild_id]
        elsewhere = command.get("guild_id") not in {None, str(guild.id)}
        if elsewhere or int(command["application_id"]) not in guild.members or (contexts and 0 not in contexts):
            return False
        allowed = guild.permissions_of(user_id, channel)
        needed = cast("str | None", command.get("default_member_permissions"))
        if needed is not None:
            # "0" is for administrators alone.
            lacks = Permission(int(needed)) or Permission.ADMINISTRATOR
            if lacks not in allowed:
                return False
        return Permission.USE_APPLICATION_COMMANDS in allowed

    def _find(self, user_id: int, channel_id: int, name: str, kind: int) -> Json:
        offered = self.commands(user_id, channel_id, kind)
        found = next((command for command in offered if command["name"] == name), None)
        if found is None:
            raise CannotDo(f"{name!r} is not offered; there are {[command['name'] for command in offered]}")
        return found

    def _resolve(self, user_id: int, channel_id: int, command: str) -> tuple[Json, tuple[Json, ...], Json]:
        first, *words = command.removeprefix("/").split()
        registered = leaf = self._find(user_id, channel_id, first, CHAT)
        path: list[Json] = []
        for word in words:
            below = [option for option in items(leaf.get("options")) if option["type"] in SUBCOMMANDS]
            found = next((option for option in below if option["name"] == word), None)
            if found is None:
                raise CannotDo(f"{command!r}: no {word!r} among {[option['name'] for option in below]}")
            path.append(found)
            leaf = found
        if any(option["type"] in SUBCOMMANDS for option in items(leaf.get("options"))):
            raise CannotDo(f"{command!r} is a group, not a command")
        return registered, tuple(path), leaf

    @staticmethod
    def _command_data(registered: Json, path: Sequence[Json], values: list[Json], resolved: Resolved) -> Json:
        data: Json = {"id": registered["id"], "name": registered["name"], "type": registered["type"]}
        if registered.get("guild_id") is not None:
            data["guild_id"] = registered["guild_id"]
        options = values
        for step in reversed(path):
            options = [{"name": step["name"], "type": step["type"], "options": options}]
        if registered["type"] == CHAT:
            data["options"] = options
        return data | resolved.as_data()

    def _open_command(
        self,
        registered: Json,
        user_id: int,
        channel_id: int,
        data: Json,
        *,
        metadata: Json | None = None,
        locale: str | None = None,
    ) -> Reply:
        is_chat = registered["type"] == CHAT
        return self._callbacks.open(
            callbacks.COMMAND,
            int(registered["application_id"]),
            user_id,
            channel_id,
            data,
            metadata={"command_type": registered["type"]} | (metadata or {}),
            message_kind=callbacks.CHAT_COMMAND_REPLY if is_chat else callbacks.MENU_COMMAND_REPLY,
            locale=locale,
        )

    def _component(
        self, user_id: int, message: Message | Reply, which: str, kinds: frozenset[int]
    ) -> tuple[Message, Json]:
        shown = message.message if isinstance(message, Reply) else message
        if shown is None or shown not in self._world.seen_by(user_id, shown.channel_id):
            raise CannotDo("the person does not see that message")
        there = [component for component in walk(shown.components) if component["type"] in kinds]
        names = ("custom_id", "label", "placeholder")
        found = next((each for each in there if which in {each.get(name) for name in names}), None)
        if found is None:
            raise CannotDo(f"no {which!r} among {[each.get('label') or each.get('custom_id') for each in there]}")
        if found.get("disabled"):
            raise CannotDo(f"{which!r} is disabled")
        return shown, found

    def _open_component(self, user_id: int, message: Message, data: Json) -> Reply:
        metadata = {"interacted_message_id": str(message.id)}
        application_id = message.application_id or message.author.id
        return self._callbacks.open(
            callbacks.COMPONENT, application_id, user_id, message.channel_id, data, metadata=metadata, source=message
        )


def _submitted(component: Json, values: dict[str, object], resolved: Resolved) -> Json:
    kind = component["type"]
    shell: Json = {"type": kind, "id": component["id"]}
    if kind == TEXT:
        return shell
    if kind == LABEL:
        inside = cast("Json", component["component"])
        return shell | {"component": filled(inside, values, resolved, label=str(component["label"]))}
    if kind == ROW:
        inputs = items(component.get("components"))
        each = [filled(one, values, resolved, label=str(one.get("label", ""))) for one in inputs]
        return shell | {"components": each}
    raise CannotDo(f"a form has no component of type {kind}")
