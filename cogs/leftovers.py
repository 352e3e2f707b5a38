"""What stands on Discord and should not: what a killed bot left, at the next start, and whatever outlived its time."""

from __future__ import annotations

import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import discord
from discord.ext import commands

from cogs.interview_replies import caption_headers
from cogs.panel import BUTTON_PREFIX

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Sequence

    from bot.client import SkillRally
    from storage.live_messages import Standing

log = logging.getLogger(__name__)

LOOKED_AT = 50
"""Messages after the moment of posting among which one whose id is unknown is looked for."""


class Leftovers(commands.Cog):
    """Cleans up once, when the bot is ready."""

    def __init__(self, bot: SkillRally, left: Sequence[Standing]) -> None:
        self._bot = bot
        self._left: list[Standing] = list(left)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Delete what is left. What Discord does not let go of now is tried again when it is ready the next time."""
        left = self._left
        self._left = []
        known = {standing.message_id for standing in left}
        for standing in left:
            if await self._gone(standing, known):
                await self._bot.services.journal.cleaned(standing)
            else:
                self._left.append(standing)
        if left:
            log.info("messages of the time before were deleted", extra={"count": len(left) - len(self._left)})

    async def sweep(self, standing: Standing) -> bool:
        """Delete what has outlived its time; whether it is gone."""
        return self._bot.user is not None and await self._gone(standing, {standing.message_id})

    async def _gone(self, standing: Standing, known: set[int | None]) -> bool:
        """Delete it. False if Discord could not just now, so that asking again later may help."""
        try:
            await self._delete(standing, known)
        except (discord.DiscordServerError, OSError):
            return False
        except discord.HTTPException as refused:
            # It may not be deleted any more, or its channel is gone: asking again helps nobody.
            log.warning("a message that was left could not be deleted", extra={"code": refused.code})
        return True

    async def _delete(self, standing: Standing, known: set[int | None]) -> None:
        channel = self._bot.get_partial_messageable(standing.channel_id, guild_id=standing.guild_id or None)
        if standing.message_id is not None:
            with suppress(discord.NotFound):
                await channel.get_partial_message(standing.message_id).delete()
            return
        async for message in self._ours(channel, standing.not_before):
            if message.id not in known:
                await message.delete()

    async def _ours(self, channel: discord.PartialMessageable, after: int) -> AsyncIterator[discord.Message]:
        me = self._bot.user
        try:
            async for message in channel.history(after=discord.Object(after), limit=LOOKED_AT, oldest_first=True):
                if me is not None and message.author.id == me.id and _is_live(message):
                    yield message
        except discord.NotFound:
            return


def _is_live(message: discord.Message) -> bool:
    """Whether this is a notice or captions, as they look while an interview runs."""
    if message.content.startswith(caption_headers()):
        return True
    ids = [getattr(item, "custom_id", None) or "" for item in _walk(message.components)]
    return any(custom_id.startswith((f"{BUTTON_PREFIX}join:", f"{BUTTON_PREFIX}answer:")) for custom_id in ids)


def _walk(components: Sequence[Any]) -> list[Any]:
    found: list[Any] = []
    for component in components:
        found.append(component)
        found += _walk(getattr(component, "children", ()) or ())
    return found


async def setup(bot: SkillRally) -> None:
    """Look what was left, before anything new is posted; the client calls this."""
    leftovers = Leftovers(bot, await bot.services.journal.left())
    bot.services.journal.deletes_with(leftovers.sweep)
    await bot.add_cog(leftovers)
