from __future__ import annotations

import random
from typing import TYPE_CHECKING

import discord

from bot.loopback.permissions import ALL, Overwrite, Permission
from tests.loopback.clients import Bot, logged_in

if TYPE_CHECKING:
    from bot.loopback.furnishing import PracticeGuild
    from bot.loopback.server import LoopbackDiscord

COMPARED = (
    Permission.VIEW_CHANNEL
    | Permission.SEND_MESSAGES
    | Permission.MANAGE_MESSAGES
    | Permission.MANAGE_CHANNELS
    | Permission.CREATE_PUBLIC_THREADS
    | Permission.READ_MESSAGE_HISTORY
)


async def test_permissions_add_up_as_discord_py_adds_them(loopback: LoopbackDiscord, place: PracticeGuild):
    rng = random.Random(7)
    everything = list(Permission)

    def some() -> Permission:
        chosen = Permission(0)
        for permission in rng.sample(everything, rng.randrange(0, len(everything))):
            chosen |= permission
        return chosen & ~Permission.ADMINISTRATOR

    role = loopback.world.add_role(place.guild.id, "other")
    loopback.world.update_member(place.guild.id, place.bot.id, role_ids=[place.bot_role.id, role.id])
    targets = [place.guild.id, place.bot_role.id, role.id, place.bot.id]
    client = Bot(loopback)

    async with logged_in(client, place.bot_user.token):
        guild = client.get_guild(place.guild.id)
        assert guild is not None
        for number in range(40):
            for role_id in targets[:3]:
                loopback.world.set_role_permissions(place.guild.id, role_id, some())
            overwrites = [
                Overwrite(target, target == place.bot.id, allow := some(), some() & ~allow)
                for target in rng.sample(targets, rng.randrange(5))
            ]
            channel = loopback.world.add_channel(place.guild.id, f"c{number}", overwrites=overwrites)
            ours = loopback.world.permissions_in(place.bot.id, channel)
            if Permission.VIEW_CHANNEL not in ours:
                assert ours == Permission(0)
                continue
            await loopback.until(lambda wanted=channel.id: guild.get_channel(wanted) is not None)
            theirs = guild.get_channel(channel.id)
            assert isinstance(theirs, discord.TextChannel)
            assert int(ours & COMPARED) == theirs.permissions_for(guild.me).value & int(COMPARED)


def test_an_owner_or_administrator_may_do_all(place: PracticeGuild):
    place.bot_role.permissions = Permission.ADMINISTRATOR
    place.text.overwrites[place.bot.id] = Overwrite(place.bot.id, is_member=True, deny=ALL)

    assert place.guild.permissions_of(place.bot.id, place.text) == ALL
    assert place.guild.permissions_of(place.people["ada"].id, place.text) == ALL


def test_who_is_no_member_may_do_nothing(place: PracticeGuild):
    assert place.guild.permissions_of(1, place.text) == Permission(0)
