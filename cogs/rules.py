"""What a server allows, said to whoever asks; and what moderators did, put down and said in the server's log channel.

may_start, may_join    before an interview is begun or joined; one sentence that says why not
may_ask_ai             before anything is sent to a language model
public_words           in which language everybody in a server is spoken to
done                   the audit, the answer, and the line in the log channel
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import aiohttp
import discord

from bot.errors import UserMistake
from bot.servers import Refusal, Why
from cogs.locales import moment, words_in, words_of
from cogs.panel import answer, in_time
from cogs.replies import ADULT_AGE
from storage.errors import StorageError

if TYPE_CHECKING:
    from bot.client import SkillRally
    from bot.servers import Servers
    from cogs.locales import Words
    from storage.guilds import GuildSettings

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

LOG_NEEDED = ("view_channel", "send_messages")
"""What the bot needs in a log channel."""


async def may_start(
    interaction: Interaction, servers: Servers, channel: discord.VoiceChannel | discord.StageChannel
) -> tuple[GuildSettings, float | None]:
    """The server's settings, and how long the interview may last.

    Raises:
        UserMistake: If the server does not allow it; the message says why.
        StorageError: If that cannot be told.
    """
    member = interaction.user
    roles = {role.id for role in member.roles} if isinstance(member, discord.Member) else set[int]()
    runs_it = interaction.permissions.manage_guild or interaction.permissions.moderate_members
    may = await servers.may_start(channel.guild.id, channel.id, member.id, roles=roles, runs_it=runs_it)
    if isinstance(may, Refusal):
        raise UserMistake(refused(words_of(interaction), may))
    return may.settings, may.most_s


async def may_join(interaction: Interaction, servers: Servers) -> int:
    """How old somebody who takes part here must at least be.

    Raises:
        UserMistake: If the server does not allow it; the message says why.
        StorageError: If that cannot be told.
    """
    may = await servers.may_join(interaction.guild_id or 0, interaction.user.id)
    if isinstance(may, Refusal):
        raise UserMistake(refused(words_of(interaction), may))
    return max(ADULT_AGE, may.settings.minimum_age or 0)


async def may_ask_ai(interaction: Interaction) -> None:
    """Nothing, if feedback by a language model may be asked for here; in direct messages it always may.

    Raises:
        UserMistake: If the server does not allow it.
        StorageError: If that cannot be told.
    """
    if interaction.guild_id is None:
        return
    settings = await interaction.client.services.stores.guilds.of(interaction.guild_id)
    if not settings.ai:
        raise UserMistake(words_of(interaction)("mod-refused-ai"))


def refused(words: Words, refusal: Refusal) -> str:
    """Why somebody may not, and what they can do."""
    until = "" if refusal.until is None else moment(refusal.until)
    if refusal.why is Why.BLOCKED:
        reason = "other" if refusal.blocked is None else refusal.blocked.value
        return words("mod-refused-blocked", until=until, reason=words(f"mod-reason-{reason}"))
    return words(f"mod-refused-{refusal.why.value}", until=until, count=refusal.limit)


async def public_words(bot: SkillRally, guild: discord.Guild) -> Words:
    """In which language everybody in a server is spoken to: the server's choice, else its Discord's."""
    try:
        chosen = (await bot.services.stores.guilds.of(guild.id)).language
    except StorageError:
        chosen = None  # a language is no reason to say nothing
    return words_in(chosen or guild.preferred_locale)


async def done(interaction: Interaction, event: str, text: str) -> None:
    """Put down what a moderator did, tell them so, and say it in the log channel, naming nobody but that moderator.

    Raises:
        StorageError: If it could not be put down; it was done all the same.
    """
    bot: SkillRally = interaction.client
    guild = interaction.guild
    if guild is None:
        return
    stores, at = bot.services.stores, bot.services.clock.now()
    settings = await stores.guilds.of(guild.id)
    noting = stores.trail.noted(guild.id, interaction.user.id, event, at=at, days=settings.audit_days)
    await in_time(interaction, noting)
    await answer(interaction, text)
    # Last: Discord may take its time for it.
    words = words_in(settings.language or guild.preferred_locale)
    await tell_log(guild, settings, words("mod-log", who=interaction.user.mention, what=words(f"mod-event-{event}")))


async def tell_log(guild: discord.Guild, settings: GuildSettings, text: str) -> bool:
    """Say *text* in the log channel, notifying nobody; whether it stands there."""
    channel = None if settings.log_channel is None else guild.get_channel(settings.log_channel)
    if not isinstance(channel, discord.TextChannel):
        return False
    try:
        await channel.send(text, allowed_mentions=discord.AllowedMentions.none(), suppress_embeds=True)
    except (discord.HTTPException, aiohttp.ClientError, OSError) as failed:
        # The audit has it.
        log.warning("a log channel could not be written to", extra={"error": type(failed).__name__})
        return False
    return True
