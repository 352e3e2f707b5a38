"""`/mod`: what moderators may do. They see who agreed and how much is practised, never what was said.

    stop                  the bot leaves, and what nobody saved is destroyed
    sessions, roster      what runs, who is heard there and since when they agreed
    block, unblock        who may neither start nor join; their rights are not touched
    cooldown              how long a voice channel rests between interviews
    audit                 what moderators did

Whether somebody may is asked whenever a command is used: Discord lets a server show commands to whomever it likes.
"""

from __future__ import annotations

import csv
import io
import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import UserMistake
from bot.interview.captions import escape
from cogs import interview_replies
from cogs.faults import failed
from cogs.locales import moment, words_of
from cogs.panel import answer, in_time
from cogs.rules import done
from storage import blocks
from storage.blocks import LONGEST, TooManyBlocks, Why
from storage.guilds import CHANNELS
from storage.ledger import Purpose
from storage.trail import AUDIT_DAYS  # noqa: TC001 - discord.py reads the annotation

if TYPE_CHECKING:
    from datetime import datetime

    from bot.client import SkillRally
    from bot.interview.session import Interview
    from cogs.locales import Words
    from storage.guilds import GuildSettings
    from storage.trail import Event

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

SHOWN: Final = 20
"""Lines in one answer: Discord takes 4,000 characters."""

BLOCK_DAYS: Final = 30

REASONS: Final = {
    Why.CONDUCT: "how they treat others",
    Why.CONSENT: "disregards what others agreed to",
    Why.AGE: "younger than they said",
    Why.SPAM: "spam",
    Why.OTHER: "something else",
}
"""Why somebody is blocked, as the command offers it."""


@app_commands.guild_only()
@app_commands.default_permissions(moderate_members=True)
class Mod(commands.GroupCog, group_name="mod", group_description="For moderators: who practises here, and who may not"):
    """What moderators of a server may do. All answers are theirs alone."""

    def __init__(self, bot: SkillRally) -> None:
        self._bot = bot
        self._services = bot.services
        self._stores = bot.services.stores
        super().__init__()

    # -- the running interview ------------------------------------------------------------------------------------

    @app_commands.command(description="End the running interview; everything that nobody saved is destroyed")
    async def stop(self, interaction: Interaction) -> None:
        """Hear nobody any more, forget what was said, leave."""
        await self._must_moderate(interaction)
        # Before anything that can wait or fail: from here on nobody is heard.
        if not self._services.interviews.destroy(_guild(interaction).id):
            raise UserMistake(words_of(interaction)("mod-none-running"))
        await done(interaction, "stop", words_of(interaction)("mod-stopped"))

    @app_commands.command(description="What runs here now, and how much was practised today")
    async def sessions(self, interaction: Interaction) -> None:
        """The interview that runs, and the day's sums."""
        await self._must_moderate(interaction)
        words, guild_id = words_of(interaction), _guild(interaction).id
        session = self._services.interviews.of(guild_id)
        lines = [words("mod-none-running") if session is None else _session(words, session)]
        used = await self._stores.trail.used(guild_id, interaction.user.id, at=self._services.clock.now())
        lines.append(words("mod-session-usage", count=used.server_begun, minutes=round(used.server_seconds / 60)))
        await answer(interaction, "\n".join(lines))

    @app_commands.command(description="Who is heard in the running interview, and since when they agreed; never a word")
    async def roster(self, interaction: Interaction) -> None:
        """Who takes part, and what they agreed to when."""
        await self._must_moderate(interaction)
        words = words_of(interaction)
        session = self._services.interviews.of(_guild(interaction).id)
        if session is None:
            raise UserMistake(words("mod-none-running"))
        await interaction.response.defer(ephemeral=True, thinking=True)
        lines = [words("mod-roster-head", channel=f"<#{session.channel_id}>")]
        for heard in [each for each in session.status().heard if each.joined][:SHOWN]:
            since = await self._agreed_at(heard.user_id)
            captions = self._stores.ledger.allowed(heard.user_id, Purpose.CAPTIONS)
            lines.append(
                words(
                    "mod-roster-line",
                    name=escape(heard.name),
                    since="?" if since is None else moment(since),
                    captions=captions,
                )
            )
        if len(lines) == 1:
            lines.append(words("mod-roster-nobody"))
        await answer(interaction, "\n".join([*lines, words("mod-roster-foot")]))

    async def _agreed_at(self, user_id: int) -> datetime | None:
        """When somebody last said yes to being transcribed."""
        given = [
            each.at
            for each in await self._stores.ledger.history(user_id)
            if each.given and each.purpose is Purpose.TRANSCRIBE and each.at is not None
        ]
        return max(given, default=None)

    # -- people ---------------------------------------------------------------------------------------------------

    @app_commands.command(description="Keep somebody from starting and joining interviews here")
    @app_commands.describe(member="Who", reason="Why; they are told", days="For how many days; 30 unless you say")
    @app_commands.choices(reason=[app_commands.Choice(name=name, value=why.value) for why, name in REASONS.items()])
    async def block(
        self,
        interaction: Interaction,
        member: discord.User,
        reason: app_commands.Choice[str],
        days: app_commands.Range[int, 1, 365] = BLOCK_DAYS,
    ) -> None:
        """Put it down; whoever takes part right now is heard no more, and who waits in the queue is out of it."""
        await self._must_moderate(interaction)
        words, guild, at = words_of(interaction), _guild(interaction), self._services.clock.now()
        runs_it = isinstance(member, discord.Member) and member.guild_permissions.manage_guild
        if member.bot or member.id == interaction.user.id or runs_it:
            raise UserMistake(words("mod-block-not-them"))
        until = at + min(timedelta(days=days), LONGEST)
        try:
            blocking = self._stores.blocks.block(guild.id, member.id, Why(reason.value), until=until, at=at)
            await in_time(interaction, blocking)
        except TooManyBlocks:
            raise UserMistake(words("mod-too-many-blocks", count=blocks.PER_GUILD)) from None
        lines = [words("mod-blocked", member=member.mention, until=moment(until))]
        session = self._services.interviews.of(guild.id)
        # What they said stays theirs: it is forgotten or saved as anybody else's.
        if session is not None and session.dismiss(member.id, forget_words=False):
            lines.append(words("mod-blocked-out", member=member.mention))
        queue: Any = self._bot.get_cog("Queue")
        _, changed = await in_time(interaction, self._stores.queue.leave(member.id, guild.id, at=at))
        await in_time(interaction, queue.announce(changed))
        await done(interaction, "block", " ".join(lines))

    @app_commands.command(description="Let somebody practise here again, or see who is blocked")
    @app_commands.describe(member="Who; empty shows who is blocked")
    async def unblock(self, interaction: Interaction, member: discord.User | None = None) -> None:
        """Lift a block, or list them."""
        await self._must_moderate(interaction)
        words, guild_id = words_of(interaction), _guild(interaction).id
        if member is None:
            await self._show_blocked(interaction)
            return
        if not await in_time(interaction, self._stores.blocks.unblock(guild_id, member.id)):
            raise UserMistake(words("mod-not-blocked", member=member.mention))
        await done(interaction, "unblock", words("mod-unblocked", member=member.mention))

    async def _show_blocked(self, interaction: Interaction) -> None:
        words = words_of(interaction)
        found = await self._stores.blocks.all(_guild(interaction).id, at=self._services.clock.now())
        if not found:
            await answer(interaction, words("mod-blocks-none"))
            return
        lines = [words("mod-blocks-head")]
        for each in found[:SHOWN]:
            reason = words(f"cmd-mod-block.choice-reason-{each.why.value}")
            lines.append(words("mod-blocks-line", member=f"<@{each.user_id}>", until=moment(each.until), reason=reason))
        if len(found) > SHOWN:
            lines.append(words("mod-blocks-more", count=len(found) - SHOWN))
        await answer(interaction, "\n".join(lines))

    # -- channels and the audit -----------------------------------------------------------------------------------

    @app_commands.command(description="How long a voice channel rests after an interview")
    @app_commands.describe(channel="Which voice channel", minutes="Minutes until the next one may begin; 0 for none")
    async def cooldown(
        self,
        interaction: Interaction,
        channel: discord.VoiceChannel | discord.StageChannel,
        minutes: app_commands.Range[int, 0, 1_440],
    ) -> None:
        """Change it."""
        await self._must_moderate(interaction)
        words, guilds, guild_id = words_of(interaction), self._stores.guilds, _guild(interaction).id

        def resting(now: GuildSettings) -> dict[str, Any]:
            cooldowns = {**now.cooldowns, channel.id: minutes}
            if not minutes:
                del cooldowns[channel.id]
            if len(cooldowns) > CHANNELS:
                raise UserMistake(words("mod-too-many-channels", count=CHANNELS))
            return {"cooldowns": cooldowns}

        await in_time(interaction, guilds.change(guild_id, resting))
        if minutes:
            text = words("mod-cooldown-set", channel=channel.mention, minutes=minutes)
        else:
            text = words("mod-cooldown-off", channel=channel.mention)
        await done(interaction, "cooldown", text)

    @app_commands.command(description="What moderators did here")
    @app_commands.describe(days="How many days back; 30 unless you say", form="As a message, or as a file")
    @app_commands.rename(form="format")
    @app_commands.choices(
        form=[app_commands.Choice(name="here", value="list"), app_commands.Choice(name="CSV file", value="csv")]
    )
    async def audit(
        self,
        interaction: Interaction,
        days: app_commands.Range[int, 1, AUDIT_DAYS] = 30,
        form: app_commands.Choice[str] | None = None,
    ) -> None:
        """List events, which say nothing about anybody but who asks."""
        await self._must_moderate(interaction)
        words, at = words_of(interaction), self._services.clock.now()
        since = at - timedelta(days=days)
        events = await self._stores.trail.events(_guild(interaction).id, since=since, at=at, asks=interaction.user.id)
        if not events:
            await answer(interaction, words("mod-audit-none"))
        elif form is not None and form.value == "csv":
            file = discord.File(io.BytesIO(_as_csv(events).encode()), "audit.csv")
            await interaction.response.send_message(words("mod-audit-file"), file=file, ephemeral=True)
        else:
            lines = [words("mod-audit-head")]
            for each in events[:SHOWN]:
                what = words(f"mod-event-{each.name}")
                lines.append(words("mod-audit-line", at=moment(each.at), what=what, mine=each.mine))
            if len(events) > SHOWN:
                lines.append(words("mod-audit-more", count=len(events) - SHOWN))
            await answer(interaction, "\n".join(lines))

    # -- helpers --------------------------------------------------------------------------------------------------

    async def _must_moderate(self, interaction: Interaction) -> None:
        """Raises UserMistake unless the caller moderates this server now."""
        if interaction.permissions.moderate_members or interaction.permissions.manage_guild:
            return
        role = (await self._stores.guilds.of(_guild(interaction).id)).moderator_role
        member = interaction.user
        if role is None or not isinstance(member, discord.Member) or member.get_role(role) is None:
            raise UserMistake(words_of(interaction)("mod-only"))

    async def cog_app_command_error(
        self, interaction: Interaction, error: app_commands.AppCommandError | Exception
    ) -> None:
        """Say what went wrong, and what to do."""
        await explain(interaction, error)


async def explain(interaction: Interaction, error: Exception) -> None:
    """Say why something was not done; what nobody foresaw is noted without what was said."""
    if isinstance(error, app_commands.CommandInvokeError):
        error = error.original
    if isinstance(error, UserMistake):
        text = str(error)
    else:
        words = words_of(interaction)
        text = failed(words, error, words("mod-failed"))
    try:
        await answer(interaction, text)
    except discord.HTTPException as refused:
        log.warning("an answer could not be delivered", extra={"error": type(refused).__name__})


def _session(words: Words, session: Interview) -> str:
    status = session.status()
    people = sum(each.joined for each in status.heard)
    length = interview_replies.length(words, status.elapsed_s)
    return words("mod-session", channel=f"<#{status.channel_id}>", length=length, people=people)


def _as_csv(events: list[Event]) -> str:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(("at", "event", "by you"))
    rows.writerows((each.at.isoformat(timespec="seconds"), each.name, "yes" if each.mine else "no") for each in events)
    return out.getvalue()


def _guild(interaction: Interaction) -> discord.Guild:
    if interaction.guild is None:
        raise app_commands.NoPrivateMessage
    return interaction.guild


async def setup(bot: SkillRally) -> None:
    """Register the commands; the client calls this."""
    await bot.add_cog(Mod(bot))
