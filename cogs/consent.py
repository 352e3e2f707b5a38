"""`/consent`: give, withdraw, status, history; in servers, in direct messages, and by whoever is blocked."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
import logging
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.telemetry.analytics import NoAnalytics
from cogs import replies
from cogs.faults import overtaken
from cogs.locales import words_of
from cogs.panel import ConsentForm, answer, in_time
from storage.errors import OptedOut
from storage.ledger import Occasion, Purpose

if TYPE_CHECKING:
    from datetime import datetime

    from bot.client import Services, SkillRally
    from storage.ledger import Decision

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

EVERYTHING = "all"

GONE_S = 1.0
"""How long a withdrawal waits for counts that are just being sent. Discord wants an answer within 3 s."""

SCOPES = {
    Purpose.TRANSCRIBE: "speech to text",
    Purpose.CAPTIONS: "captions",
    Purpose.SAVE: "saving",
    Purpose.AI_FEEDBACK: "AI feedback",
    Purpose.ANALYTICS: "counting of use",
}
"""What can be taken back, as the command offers it."""


def occasion(interaction: Interaction, method: str, *, at: datetime, shown: str = "") -> Occasion:
    """Where and how somebody decides.

    Args:
        interaction: What they sent.
        method: What they pressed or wrote.
        at: When.
        shown: The words that they were shown.
    """
    return Occasion(
        interaction_id=interaction.id,
        at=at,
        locale=words_of(interaction).language,  # the one in which they were asked
        method=method,
        guild_id=interaction.guild_id,
        text_sha256=hashlib.sha256(shown.encode()).digest() if shown else b"",
    )


async def withdraw(
    interaction: Interaction, purposes: frozenset[Purpose], services: Services, *, method: str
) -> list[Purpose]:
    """Have what the caller takes back stop, then put it down. Returns what had been given of it.

    Raises:
        StorageError: If it could not be put down. It has stopped all the same.
    """
    user_id = interaction.user.id
    # Before anything that can wait or fail: from here on it does not happen any more.
    if Purpose.TRANSCRIBE in purposes:
        services.interviews.withdraw(user_id)
    elif Purpose.CAPTIONS in purposes:
        services.interviews.hide(user_id)
    if Purpose.AI_FEEDBACK in purposes:
        services.desk.let_go(user_id)
    ledger = services.stores.ledger
    how = occasion(interaction, method, at=services.clock.now())
    decisions = await in_time(interaction, ledger.withdraw(user_id, purposes, how))
    if Purpose.AI_FEEDBACK in purposes:
        await in_time(interaction, services.desk.withdrawn(user_id))
    if Purpose.ANALYTICS in purposes:
        with suppress(TimeoutError):  # what is on its way this instant arrives; the person is not kept waiting for it
            async with asyncio.timeout(GONE_S):
                await services.analytics.withdrawn(user_id)
    taken = {decision.purpose for decision in decisions}
    return [purpose for purpose in Purpose if purpose in taken]


@app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
@app_commands.allowed_installs(guilds=True, users=True)
class Consent(commands.GroupCog, group_name="consent", group_description="What you agree to, and taking it back"):
    """What the caller agrees to. Nobody sees or changes anybody else's."""

    def __init__(self, bot: SkillRally) -> None:
        self._services = bot.services
        self._ledger = bot.services.stores.ledger
        super().__init__()

    @app_commands.command(description="Choose what you agree to; nothing is ticked for you")
    async def give(self, interaction: Interaction) -> None:
        """Ask for each purpose by itself."""
        words = words_of(interaction)

        async def answered(reply: Interaction, purposes: frozenset[Purpose], of_age: bool) -> None:  # noqa: FBT001 - called by the form alone
            try:
                await self._agreed(reply, purposes, form.shown, of_age=of_age)
            except Exception as error:  # noqa: BLE001 - whatever happened, the person gets an answer
                await self._explain(reply, error)

        form = ConsentForm(
            words,
            answered,
            title=words("consent-title"),
            elsewhere=self._services.speech_host,
            purposes=self._offered(),
        )
        await interaction.response.send_modal(form)

    @app_commands.command(description="Take back what you agreed to, at once")
    @app_commands.describe(scope="What to take back; everything, unless you say")
    @app_commands.choices(
        scope=[
            app_commands.Choice(name="everything", value=EVERYTHING),
            *(app_commands.Choice(name=name, value=purpose) for purpose, name in SCOPES.items()),
        ]
    )
    async def withdraw(self, interaction: Interaction, scope: app_commands.Choice[str] | None = None) -> None:
        """Take back one purpose or all."""
        purposes = (
            frozenset(Purpose) if scope is None or scope.value == EVERYTHING else frozenset({Purpose(scope.value)})
        )
        taken = await withdraw(interaction, purposes, self._services, method="command")
        await answer(interaction, replies.withdrawn(words_of(interaction), taken))

    @app_commands.command(description="What you agree to now")
    async def status(self, interaction: Interaction) -> None:
        """Each purpose, and whether the yes still counts."""
        state = await self._ledger.state(interaction.user.id)
        await answer(interaction, replies.consents(words_of(interaction), state))

    @app_commands.command(description="Everything you ever agreed to or took back, as a file that can be checked")
    @app_commands.describe(form="JSON can be checked offline; CSV is for reading")
    @app_commands.rename(form="format")
    @app_commands.choices(
        form=[app_commands.Choice(name="JSON", value="json"), app_commands.Choice(name="CSV", value="csv")]
    )
    async def history(self, interaction: Interaction, form: app_commands.Choice[str] | None = None) -> None:
        """The caller's part of the ledger."""
        user_id = interaction.user.id
        decisions = await self._ledger.history(user_id)
        if not decisions:
            await answer(interaction, words_of(interaction)("consent-no-decisions"))
            return
        if form is not None and form.value == "csv":
            name, text = "consents.csv", _as_csv(decisions)
        else:
            export = await self._ledger.export(user_id, at=self._services.clock.now())
            name, text = "consents.json", json.dumps(export, ensure_ascii=False, indent=1)
        said = words_of(interaction)("consent-history", count=len(decisions))
        if damaged := sum(decision.at is None for decision in decisions):
            said += "\n" + words_of(interaction)("consent-history-damaged", count=damaged)
        await interaction.response.send_message(
            said, file=discord.File(io.BytesIO(text.encode()), name), ephemeral=True
        )

    async def cog_app_command_error(
        self, interaction: Interaction, error: app_commands.AppCommandError | Exception
    ) -> None:
        """Say what went wrong, and what to do."""
        await self._explain(interaction, error)

    def _offered(self) -> tuple[Purpose, ...]:
        """What can be agreed to here: nobody is asked for what this installation does not do."""
        with_feedback = (Purpose.AI_FEEDBACK,) if self._services.desk.available else ()
        with_counts = () if isinstance(self._services.analytics, NoAnalytics) else (Purpose.ANALYTICS,)
        return (*replies.OFFERED, *with_feedback, *with_counts)

    async def _agreed(
        self, interaction: Interaction, purposes: frozenset[Purpose], shown: str, *, of_age: bool
    ) -> None:
        if not of_age:
            await answer(interaction, words_of(interaction)("consent-too-young"))
            return
        if not purposes:
            await answer(interaction, words_of(interaction)("consent-nothing-ticked"))
            return
        how = occasion(interaction, "form", at=self._services.clock.now(), shown=shown)
        giving = self._ledger.give(interaction.user.id, purposes, how, attested_age=replies.ADULT_AGE)
        await in_time(interaction, giving)
        state = await self._ledger.state(interaction.user.id)
        await answer(interaction, replies.consents(words_of(interaction), state))

    async def _explain(self, interaction: Interaction, error: Exception) -> None:
        if isinstance(error, app_commands.CommandInvokeError):
            error = error.original
        words = words_of(interaction)
        text = words("consent-opted-out") if isinstance(error, OptedOut) else overtaken(words, error)
        if text is None:
            # What it says of a yes and of one that was taken back holds whatever failed.
            log.error("a command failed", exc_info=error)
            text = words("consent-failed")
        try:
            await answer(interaction, text)
        except discord.HTTPException:
            log.warning("an answer could not be delivered", extra={"error": type(error).__name__})


def _as_csv(decisions: list[Decision]) -> str:
    out = io.StringIO()
    rows = csv.writer(out)
    rows.writerow(("number", "purpose", "decision", "at", "policy", "how", "language"))
    for decision in decisions:
        rows.writerow(
            (
                decision.seq,
                decision.purpose.value,
                "given" if decision.given else "taken back",
                "" if decision.at is None else decision.at.isoformat(),
                decision.policy.version,
                decision.detail.get("method", ""),
                decision.detail.get("locale", ""),
            )
        )
    return out.getvalue()


async def setup(bot: SkillRally) -> None:
    """Register the commands; the client calls this."""
    await bot.add_cog(Consent(bot))
