"""`/owner`: for whoever runs the bot, in the server that SKILLRALLY_HOME_GUILD_ID names and nowhere else.

    health            what must be looked at
    budget            what feedback has used this month, in all servers together
    retention-run     what is due by time, counted or deleted
    drain             end gently, as a first SIGTERM does

Without that setting none of it is registered. Whether somebody runs the bot is what Discord says: the application's
owner, or a member of its team. Nothing here shows anything of a person. Its names are in English only.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import UserMistake
from cogs.locales import moment, words_of
from cogs.mod import explain
from cogs.panel import answer
from storage.backup import cover
from storage.retention import Retention

if TYPE_CHECKING:
    from datetime import datetime

    from bot.client import SkillRally
    from cogs.locales import Words

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]


class NotTheOwner(app_commands.CheckFailure):
    """Somebody who does not run the bot."""


@app_commands.guild_only()
@app_commands.default_permissions(administrator=True)
class Owner(commands.GroupCog, group_name="owner", group_description="For whoever runs the bot"):
    """What whoever runs the bot may ask and do from Discord. All answers are theirs alone."""

    def __init__(self, bot: SkillRally) -> None:
        self._bot = bot
        self._services = bot.services
        super().__init__()

    async def interaction_check(self, interaction: Interaction) -> bool:  # pyright: ignore[reportIncompatibleMethodOverride] - discord.py takes both
        """Let only those pass who run the bot, and only at home."""
        home = self._services.settings.home_guild_id
        if interaction.guild_id != home or not await self._bot.is_owner(interaction.user):
            raise NotTheOwner
        return True

    @app_commands.command(description="What must be looked at")
    async def health(self, interaction: Interaction) -> None:
        """Retention, requests, backups and what runs, a line each."""
        words, stores, now = words_of(interaction), self._services.stores, self._services.clock.now()
        await interaction.response.defer(ephemeral=True, thinking=True)
        retention = await Retention(stores.databases, clock=self._services.clock).health()
        requests = await stores.requests.health(now=now)
        lines = [
            words("owner-health-retention", ok=retention.ok),
            words("owner-health-requests", open=requests.open, overdue=requests.overdue),
            *await self._backups(words, now),
            words(
                "owner-health-running", servers=len(self._bot.guilds), interviews=len(self._services.interviews.running)
            ),
        ]
        await answer(interaction, "\n".join(lines))

    async def _backups(self, words: Words, now: datetime) -> list[str]:
        """How far what is saved is backed up; nothing about PostgreSQL, which makes its own."""
        installation = self._services.installation
        if not installation.is_sqlite:
            return []
        found = await cover(installation.places(), self._services.stores.databases.content)
        if found.newest_at is None:
            return [words("owner-health-no-backup", bare=found.none, transcripts=found.transcripts)]
        return [words("owner-health-backup", stale=found.stale(now), at=moment(found.newest_at))]

    @app_commands.command(description="What feedback has used this month")
    async def budget(self, interaction: Interaction) -> None:
        """The sum of all servers."""
        spent, reserved = await self._services.stores.jobs.used(at=self._services.clock.now())
        await answer(interaction, words_of(interaction)("owner-budget", spent=spent, reserved=reserved))

    @app_commands.command(name="retention-run", description="Delete now what is due by time, or only count it")
    @app_commands.describe(dry="True: only count")
    async def retention_run(self, interaction: Interaction, dry: bool = True) -> None:  # noqa: FBT001, FBT002 - an option
        """Count, or delete within the same guards as by itself."""
        words = words_of(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        retention = Retention(
            self._services.stores.databases, clock=self._services.clock, witness=self._services.witness.now
        )
        if dry:
            due = await retention.due()
            text = words("owner-due", count=sum(due.values()))
            lines = [f"- {table}: {rows}" for table, rows in due.items() if rows]
        else:
            report = await retention.tick()
            text = words("owner-deleted", count=sum(report.deleted.values()), held=sum(report.held.values()))
            if report.elsewhere or report.lost or report.paused:
                text = words("owner-not-run")
            lines = [f"- {table}: {rows}" for table, rows in report.deleted.items() if rows]
        await answer(interaction, "\n".join([text, *lines]))

    @app_commands.command(description="End gently: no new interviews, what was said can still be saved, then stop")
    @app_commands.describe(sure="True, if this process shall end")
    async def drain(self, interaction: Interaction, sure: bool) -> None:  # noqa: FBT001 - an option
        """Do what a first SIGTERM does; a second one would end at once, so this never sends it."""
        words = words_of(interaction)
        if not sure:
            raise UserMistake(words("owner-not-sure"))
        if self._services.ending.asked:
            raise UserMistake(words("owner-ending-already"))
        # First: once it ends, nobody can be answered any more.
        await answer(interaction, words("owner-draining"))
        self._services.ending.drain()

    async def cog_app_command_error(
        self, interaction: Interaction, error: app_commands.AppCommandError | Exception
    ) -> None:
        """Say what went wrong, and what to do."""
        if isinstance(error, NotTheOwner):
            error = UserMistake(words_of(interaction)("owner-only"))
        await explain(interaction, error)


async def setup(bot: SkillRally) -> None:
    """Register the commands at home, if there is one; the client calls this."""
    home_id = bot.services.settings.home_guild_id
    if home_id is None:
        return
    home = discord.Object(home_id)
    await bot.add_cog(Owner(bot), guild=home)
    try:
        await bot.tree.sync(guild=home)
    except discord.HTTPException as refused:
        log.warning("/owner could not be registered: is the bot in its home server?", extra={"code": refused.code})
