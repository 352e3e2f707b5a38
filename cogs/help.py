"""`/help`: what the bot does and where to begin. `/report`: a problem or misuse, told to who can do something.

    /report -> a form: to whom, and what happened
        this server's moderators    a line in their log channel, with what was written and without who wrote it
        whoever runs the bot        a complaint among the requests, sealed under the reporter's key, with a day

Who reports is named to nobody in the server.
"""

from __future__ import annotations

import logging
from collections import deque
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.errors import UserMistake
from bot.interview.captions import escape
from cogs.locales import Words, moment, words_of
from cogs.mod import explain
from cogs.panel import answer
from cogs.rules import public_words, tell_log
from storage.requests import DEADLINE, RequestKind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from bot.client import SkillRally

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

REPORT_LENGTH: Final = 1_500
"""Characters of a report: a message of Discord takes 2,000, in which some are escaped."""

MESSAGE: Final = 2_000

REPORTS: Final = 3
"""Reports of one person in `WINDOW`; the log channel is for reading."""

WINDOW: Final = timedelta(hours=1)

OPEN_REPORTS: Final = 20
"""Requests of one person that are open at once, as in /privacy."""

COMMANDS: Final = (
    *("interview start", "interview join", "questions random", "queue join", "transcript save", "feedback request"),
    *("feedback rubric", "privacy notice", "privacy delete-account", "report"),
)
"""What /help leads to."""


class Help(commands.Cog):
    """For everybody, anywhere; also for who is blocked in a server."""

    def __init__(self, bot: SkillRally) -> None:
        self._bot = bot
        self._services = bot.services
        self._requests = bot.services.stores.requests
        self._ids: dict[str, int] = {}
        # By person, when they reported lately; forgotten with the process.
        self._lately: dict[int, deque[datetime]] = {}

    @app_commands.command(name="help", description="What this bot does, and how to begin")
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def help_(self, interaction: Interaction) -> None:
        """What it does, the first steps, and links to commands."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        words, links = words_of(interaction), await self._links()
        lines = [
            words("help-what"),
            words("help-first", start=links["interview start"], join=links["interview join"]),
            words("help-practise", random=links["questions random"], queue=links["queue join"]),
            words(
                "help-after",
                save=links["transcript save"],
                feedback=links["feedback request"],
                rubric=links["feedback rubric"],
            ),
            words("help-rights", notice=links["privacy notice"], delete=links["privacy delete-account"]),
        ]
        if interaction.guild is not None and interaction.permissions.manage_guild:
            lines.append(words("help-admin"))
        lines.append(words("help-report", report=links["report"]))
        await answer(interaction, "\n\n".join(lines))

    async def _links(self) -> dict[str, str]:
        """Commands as Discord lets them be pressed; as text where their ids cannot be learned."""
        if not self._ids:
            guild_id = self._services.settings.guild_id
            where = None if guild_id is None else discord.Object(guild_id)
            try:
                found = await self._bot.tree.fetch_commands(guild=where)
            except (discord.HTTPException, OSError):
                found = []
            self._ids = {each.name: each.id for each in found}
        ids = {name: self._ids.get(name.partition(" ")[0]) for name in COMMANDS}
        return {name: f"`/{name}`" if each is None else f"</{name}:{each}>" for name, each in ids.items()}

    @app_commands.command(description="Report a problem or misuse")
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def report(self, interaction: Interaction) -> None:
        """Ask to whom, and what happened."""
        here = await self._has_log(interaction)
        await interaction.response.send_modal(ReportForm(words_of(interaction), self._reported, moderators=here))

    async def _has_log(self, interaction: Interaction) -> bool:
        if interaction.guild is None:
            return False
        settings = await self._services.stores.guilds.of(interaction.guild.id)
        channel = None if settings.log_channel is None else interaction.guild.get_channel(settings.log_channel)
        return isinstance(channel, discord.TextChannel)

    async def _reported(self, interaction: Interaction, to: str, text: str) -> None:
        words, at = words_of(interaction), self._services.clock.now()
        if not text.strip():
            raise UserMistake(words("help-report-empty"))
        lately = self._lately.setdefault(interaction.user.id, deque(maxlen=REPORTS))
        while lately and lately[0] <= at - WINDOW:
            lately.popleft()
        if len(lately) >= REPORTS:
            # What was written comes back: a form does not open with it.
            raise UserMistake(f"{words('help-report-too-many', until=moment(lately[0] + WINDOW))}\n>>> {escape(text)}")
        await interaction.response.defer(ephemeral=True, thinking=True)
        if to == "moderators":
            await self._tell_moderators(interaction, text)
            said = words("help-reported-moderators")
        else:
            entries = await self._requests.of(interaction.user.id)
            if sum(entry.closed_at is None for entry in entries) >= OPEN_REPORTS:
                raise UserMistake(words("privacy-too-many-requests", most=OPEN_REPORTS))
            await self._requests.add(
                interaction.user.id, RequestKind.COMPLAINT, interaction_id=interaction.id, at=at, text=text
            )
            said = words("help-reported-operator", due=moment(at + DEADLINE, "D"))
        lately.append(at)
        await answer(interaction, said)

    async def _tell_moderators(self, interaction: Interaction, text: str) -> None:
        guild, stores = interaction.guild, self._services.stores
        if guild is None:
            raise UserMistake(words_of(interaction)("help-report-no-log"))
        settings, at = await stores.guilds.of(guild.id), self._services.clock.now()
        head = (await public_words(self._bot, guild))("help-report-log")
        body = escape(" ".join(text.split()))
        if not await tell_log(guild, settings, f"{head}\n> {body}"[:MESSAGE]):
            raise UserMistake(f"{words_of(interaction)('help-report-no-log')}\n>>> {escape(text)}")
        # Nobody is named: not even as an HMAC.
        await stores.trail.noted(guild.id, None, "report", at=at, days=settings.audit_days)

    async def cog_app_command_error(
        self, interaction: Interaction, error: app_commands.AppCommandError | Exception
    ) -> None:
        """Say what went wrong, and what to do."""
        await explain(interaction, error)


class ReportForm(ui.Modal):
    """Asks to whom something is reported, and what."""

    def __init__(
        self, words: Words, then: Callable[[Interaction, str, str], Awaitable[None]], *, moderators: bool
    ) -> None:
        super().__init__(title=words("help-report-title"), timeout=30 * 60)
        self._then = then
        self._to: ui.Select[Any] = ui.Select(custom_id="to")
        if moderators:
            self._to.add_option(label=words("help-report-to-moderators"), value="moderators")
        self._to.add_option(label=words("help-report-to-operator"), value="operator", default=not moderators)
        self._text: ui.TextInput[Any] = ui.TextInput(
            custom_id="text", style=discord.TextStyle.paragraph, min_length=1, max_length=REPORT_LENGTH
        )
        self.add_item(ui.TextDisplay(words("help-report-intro")))
        self.add_item(ui.Label(text=words("help-report-to"), component=self._to))
        self.add_item(
            ui.Label(text=words("help-report-what"), description=words("help-report-what.hint"), component=self._text)
        )

    async def on_submit(self, interaction: Interaction, /) -> None:
        """Pass it on."""
        to = self._to.values[0] if self._to.values else "operator"
        try:
            await self._then(interaction, to, self._text.value)
        except Exception as error:  # noqa: BLE001 - whatever happened, the person gets an answer
            await explain(interaction, error)


async def setup(bot: SkillRally) -> None:
    """Register the commands; the client calls this."""
    await bot.add_cog(Help(bot))
