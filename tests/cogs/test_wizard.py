"""`/admin setup` a second time: what was decided before is shown, and what nobody touches stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.loopback.entities import walk
from bot.loopback.permissions import NONE
from bot.rehearsal.stage import until
from tests.cogs.conftest import OWNER
from tests.cogs.test_admin import EN, choose, decided, press, stage, wizard

if TYPE_CHECKING:
    from bot.loopback.entities import Message
    from tests.cogs.conftest import Practice

__all__ = ["stage"]  # a fixture


@pytest.fixture
async def set_up(stage: Practice) -> dict[str, Any]:
    role = stage.world.add_role(stage.place.guild.id, "Hosts", NONE)
    logs = stage.world.add_channel(stage.place.guild.id, "log")
    await until(lambda: stage.app.bot.get_channel(logs.id) is not None, within_s=5)
    settings = {"host_role": role.id, "language": "de", "log_channel": logs.id}
    await stage.app.services.stores.guilds.change(stage.place.guild.id, allowed=(stage.place.voice.id,), **settings)
    return settings


async def offered(stage: Practice) -> Message:
    """What stands below the wizard's last answer."""
    reply = await wizard(stage)
    await choose(stage, reply, "admin-setup-channel", stage.place.voice.id)
    told = await press(stage, reply)
    await until(lambda: bool(told.followups), within_s=5)
    return told.followups[-1]


async def test_it_ends_with_an_interview_for_who_sits_in_the_channel(stage: Practice) -> None:
    owner = stage.user(OWNER).id
    offer = await offered(stage)

    elsewhere = await stage.discord.people.press(owner, offer, EN("admin-setup-begin"))
    assert stage.app.services.interviews.of(stage.place.guild.id) is None
    assert elsewhere.text == EN("interview-not-in-voice")

    await stage.arrive(OWNER)
    begun = await stage.discord.people.press(owner, offer, EN("admin-setup-begin"))
    assert f"<#{stage.place.voice.id}>" in begun.text
    assert stage.app.services.interviews.of(stage.place.guild.id) is not None


async def test_another_channel_changes_nothing_else(stage: Practice, set_up: dict[str, Any]) -> None:
    reply = await wizard(stage)
    await choose(stage, reply, "admin-setup-channel", stage.place.other_voice.id)
    await press(stage, reply)

    now = await decided(stage)
    assert set(now.allowed) == {stage.place.voice.id, stage.place.other_voice.id}
    assert {"host_role": now.host_role, "language": now.language, "log_channel": now.log_channel} == set_up


async def test_what_is_emptied_is_no_longer_decided(stage: Practice, set_up: dict[str, Any]) -> None:
    reply = await wizard(stage)
    await choose(stage, reply, "admin-setup-channel", stage.place.voice.id)
    await choose(stage, reply, "admin-setup-role")
    await choose(stage, reply, "admin-setup-log")
    await press(stage, reply)

    now = await decided(stage)
    assert (now.host_role, now.language, now.log_channel) == (None, set_up["language"], None)


async def test_the_menus_show_what_holds(stage: Practice, set_up: dict[str, Any]) -> None:
    message = (await wizard(stage)).message
    assert message is not None
    shown = list(walk(message.components))

    given = [value["id"] for menu in shown for value in menu.get("default_values", ())]
    assert {int(each) for each in given} == {set_up["host_role"], set_up["log_channel"]}
    assert [o["value"] for menu in shown for o in menu.get("options", ()) if o.get("default")] == ["de"]


async def test_what_was_deleted_meanwhile_is_not_shown_as_chosen(stage: Practice, set_up: dict[str, Any]) -> None:
    del set_up
    gone = {"host_role": 1, "log_channel": 2}
    await stage.app.services.stores.guilds.change(stage.place.guild.id, **gone)

    message = (await wizard(stage)).message

    assert message is not None
    assert [each for menu in walk(message.components) for each in menu.get("default_values", ())] == []
