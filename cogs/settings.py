"""`/settings`: what somebody chooses for themselves, in servers and in direct messages; nobody else sees it.

    /settings                      what is chosen now
    /settings language: … …        keep these, show all

What is chosen is sealed under the person's own key, in their data package, and gone with their account.
"""

from __future__ import annotations

import asyncio
import logging
from functools import cache
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import available_timezones

import discord
from discord import app_commands
from discord.ext import commands

from cogs.faults import failed
from cogs.locales import Words, words_in, words_of
from cogs.panel import answer, in_time
from storage.preferences import CaptionStyle

if TYPE_CHECKING:
    from bot.client import SkillRally
    from storage.preferences import Preference

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

LANGUAGES: Final = {"en": "English", "de": "Deutsch", "uk": "Українська"}
"""Each by its own name, so that whoever was given a wrong one finds theirs."""

AS_DISCORD: Final = "discord"

UNSET: Final = "UTC"

_OFFERED = 25


async def explain(interaction: Interaction, error: Exception) -> None:
    """Say that something went wrong, and note it without what was said."""
    if isinstance(error, app_commands.CommandInvokeError):
        error = error.original
    words = words_of(interaction)
    try:
        await answer(interaction, failed(words, error, words("settings-failed")))
    except discord.HTTPException as refused:
        log.warning("an answer could not be delivered", extra={"error": type(refused).__name__})


class Settings(commands.Cog):
    """What somebody chooses for themselves."""

    def __init__(self, bot: SkillRally, zones: frozenset[str]) -> None:
        self._preferences = bot.services.stores.preferences
        self._clock = bot.services.clock
        self._zones = sorted(zones)

    @app_commands.command(name="settings", description="Your language, time zone and more; only you see this")
    @app_commands.describe(
        language="In which language you are answered",
        time_zone="Your time zone, such as Europe/Berlin",
        captions="How you are named beside your words in live captions",
        dm_results="Whether results that take a while come as a direct message",
        invitations="Whether members may invite you to a mock interview",
    )
    @app_commands.rename(time_zone="time-zone", dm_results="dm-results")
    @app_commands.choices(
        language=[
            app_commands.Choice(name="as in Discord", value=AS_DISCORD),
            *(app_commands.Choice(name=name, value=language) for language, name in LANGUAGES.items()),
        ],
        captions=[
            app_commands.Choice(name="my display name", value=CaptionStyle.NAME.value),
            app_commands.Choice(name="my initials", value=CaptionStyle.INITIALS.value),
        ],
    )
    @app_commands.allowed_contexts(guilds=True, dms=True, private_channels=True)
    @app_commands.allowed_installs(guilds=True, users=True)
    async def settings(  # noqa: PLR0917 - the options of one command
        self,
        interaction: Interaction,
        language: app_commands.Choice[str] | None = None,
        time_zone: str | None = None,
        captions: app_commands.Choice[str] | None = None,
        dm_results: bool | None = None,  # noqa: FBT001 - discord.py passes it by name
        invitations: bool | None = None,  # noqa: FBT001
    ) -> None:
        """Keep what was chosen, and show all of it."""
        changes: dict[str, Any] = {}
        if language is not None:
            changes["language"] = None if language.value == AS_DISCORD else language.value
        if time_zone is not None:
            known = {name.casefold(): name for name in self._zones}.get(time_zone.strip().casefold())
            if known is None:
                await answer(interaction, words_of(interaction)("settings-no-such-zone"))
                return
            changes["time_zone"] = known
        if captions is not None:
            changes["captions"] = CaptionStyle(captions.value)
        if dm_results is not None:
            changes["results_by_dm"] = dm_results
        if invitations is not None:
            changes["invitations"] = invitations
        user_id = interaction.user.id
        if changes:
            changing = self._preferences.change(user_id, at=self._clock.now(), **changes)
            preference = await in_time(interaction, changing)
        else:
            preference = await self._preferences.of(user_id)
        # Anew: the language may just have been chosen.
        words = words_in(preference.language or interaction.locale)
        await answer(interaction, shown(words, preference, changed=bool(changes)))

    @settings.autocomplete("time_zone")
    async def offer_zones(self, _interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """Time zones that have what was typed so far in their names."""
        wanted = typed.strip().casefold().replace(" ", "_")
        hits = [name for name in self._zones if wanted in name.casefold()]
        hits.sort(key=lambda name: (not name.casefold().rpartition("/")[2].startswith(wanted), name))
        return [app_commands.Choice(name=name, value=name) for name in hits[:_OFFERED]]

    async def cog_app_command_error(
        self, interaction: Interaction, error: app_commands.AppCommandError | Exception
    ) -> None:
        """Say what went wrong, and what to do."""
        await explain(interaction, error)


def shown(words: Words, preference: Preference, *, changed: bool) -> str:
    """All that somebody chose, a line each."""
    lines = [
        words("settings-changed" if changed else "settings-title"),
        words(
            "settings-language",
            language=LANGUAGES.get(preference.language or "", "") or words("settings-as-discord"),
        ),
        words("settings-time-zone", zone=preference.time_zone or UNSET),
        words("settings-captions-name" if preference.captions is CaptionStyle.NAME else "settings-captions-initials"),
        words("settings-results-dm" if preference.results_by_dm else "settings-results-here"),
        words("settings-invitations-on" if preference.invitations else "settings-invitations-off"),
        words("settings-streak-on" if preference.streak is not None else "settings-streak-off"),
        words("settings-kept"),
    ]
    return "\n".join(lines)


async def setup(bot: SkillRally) -> None:
    """Register the command; the client calls this."""
    await bot.add_cog(Settings(bot, await asyncio.to_thread(_zones)))


@cache
def _zones() -> frozenset[str]:
    """Every time zone that somebody could mean; read from six hundred files, once."""
    return frozenset(name for name in available_timezones() if "/" in name or name == UNSET)
