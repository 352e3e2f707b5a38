"""`/admin`: what who manages a server decides for it; asked again, whenever a command is used, whether they do.

    setup            chooses channel, role, language and log, says which permission is missing, tries it out
    view             all of it
    channel … notice each of it
    purge            deletes everything that is kept of the server; leaving it does the same

Every change is put down, and said in the log channel without what was changed to.
"""

from __future__ import annotations

import logging
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, cast

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.errors import UserMistake
from bot.interview.captions import escape
from bot.interview.drafts import KEPT_S
from cogs.locales import words_in, words_of
from cogs.mod import explain
from cogs.panel import answer, in_time, lacking
from cogs.replies import ADULT_AGE
from cogs.rules import LOG_NEEDED, done, tell_log
from cogs.settings import LANGUAGES
from storage.errors import DecryptionFailed, UnknownKey
from storage.guilds import CHANNELS, DEFAULTS, NOTICE_LENGTH
from storage.trail import AUDIT_DAYS

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from bot.client import SkillRally
    from cogs.locales import Words
    from storage.guilds import GuildSettings
    from storage.queue import Changed

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]
Voice = discord.VoiceChannel | discord.StageChannel
Chosen = discord.SelectDefaultValueType

AS_DISCORD: Final = "discord"

DRAFT_MINUTES: Final = round(KEPT_S / 60)

WIZARD_S: Final = 10 * 60.0
"""An answer can be changed for 15 minutes. Source: Discord's API reference, "Receiving and Responding"."""

A_DAY: Final = 1_440

MILLION: Final = 1_000_000

SHOWN: Final = 20
"""Channels in one line: Discord takes 4,000 characters in all."""


class NotPermitted(app_commands.CheckFailure):
    """Somebody who does not manage this server."""


def may_manage(interaction: Interaction) -> bool:
    """Whether the caller manages this server now."""
    return interaction.guild is not None and interaction.permissions.manage_guild


@app_commands.guild_only()
@app_commands.default_permissions(manage_guild=True)
class Admin(commands.GroupCog, group_name="admin", group_description="For who manages this server: its own rules"):
    """What a server decides. All answers are the caller's alone."""

    def __init__(self, bot: SkillRally) -> None:
        self._bot = bot
        self._services = bot.services
        self._guilds = bot.services.stores.guilds
        super().__init__()

    def interaction_check(self, interaction: Interaction) -> bool:  # pyright: ignore[reportIncompatibleMethodOverride] - discord.py takes both
        """Let only those pass who manage this server now, whatever Discord shows to whom."""
        if not may_manage(interaction):
            raise NotPermitted
        return True

    # -- all of it ------------------------------------------------------------------------------------------------

    @app_commands.command(description="Set the bot up in this server, step by step, and try it out")
    async def setup(self, interaction: Interaction) -> None:
        """Show the wizard, which is the caller's alone."""
        guild = _guild(interaction)
        before = await self._guilds.of(guild.id)
        # Discord refuses a menu that shows what was deleted meanwhile.
        if guild.get_role(before.host_role or 0) is None:
            before = replace(before, host_role=None)
        if guild.get_channel(before.log_channel or 0) is None:
            before = replace(before, log_channel=None)
        wizard = Wizard(words_of(interaction), interaction.user.id, self._finish, before=before)
        await interaction.response.send_message(view=wizard, ephemeral=True)

    async def _finish(self, interaction: Interaction, wizard: Wizard) -> None:
        words, guild = words_of(interaction), _guild(interaction)
        channel = None if wizard.channel is None else guild.get_channel(wizard.channel)
        if not isinstance(channel, Voice):
            raise UserMistake(words("admin-setup-no-channel"))
        logs = None if wizard.log_channel is None else guild.get_channel(wizard.log_channel)
        faults = [
            words("admin-setup-lacks", permission=_permission(words, each), channel=channel.mention)
            for each in lacking(channel)
        ]
        if isinstance(logs, discord.TextChannel):
            faults += [
                words("admin-setup-lacks", permission=_permission(words, each), channel=logs.mention)
                for each in lacking(logs, LOG_NEEDED)
            ]
        if faults:
            raise UserMistake("\n".join([words("admin-setup-missing"), *faults, words("admin-setup-grant")]))
        await interaction.response.defer(ephemeral=True, thinking=True)
        everybody = words_in(wizard.language or guild.preferred_locale)
        # Tried out before anything is kept: a permission can be right and the channel refuse all the same.
        try:
            notice = await channel.send(everybody("admin-setup-test"), silent=True)
            await notice.delete()
        except discord.HTTPException:
            raise UserMistake(words("admin-setup-refused", channel=channel.mention)) from None
        await self._guilds.change(
            guild.id,
            lambda now: {
                "allowed": _with(now.allowed, channel.id, words),
                "refused": _without(now.refused, channel.id),
            },
            host_role=wizard.role,
            language=wizard.language,
            log_channel=wizard.log_channel,
        )
        text = words("admin-setup-done", channel=channel.mention)
        have = channel.permissions_for(guild.me)
        if not (guild.me.guild_permissions.change_nickname or have.set_voice_channel_status):
            text += "\n" + words("admin-setup-mark")
        await done(interaction, "setup", text)
        await interaction.followup.send(view=Begin(words, interaction.user.id, self._begin), ephemeral=True)

    async def _begin(self, interaction: Interaction) -> None:
        """What `/interview start` does, for who does not want to type it; it asks anew what is allowed."""
        interview: Any = self._bot.get_cog("Interview")
        try:
            await interview.start.callback(interview, interaction)
        except Exception as error:  # noqa: BLE001 - whatever happened, the person gets an answer
            await interview.cog_app_command_error(interaction, error)

    @app_commands.command(description="Everything that was decided for this server")
    async def view(self, interaction: Interaction) -> None:
        """All settings, a line each."""
        await answer(interaction, shown(words_of(interaction), await self._guilds.of(_guild(interaction).id)))

    # -- each of it -----------------------------------------------------------------------------------------------

    @app_commands.command(description="In which voice channels interviews may be held")
    @app_commands.describe(channel="Which voice channel", action="What to do with it")
    @app_commands.choices(
        action=[
            app_commands.Choice(name="allow (and no others but those allowed)", value="allow"),
            app_commands.Choice(name="refuse", value="refuse"),
            app_commands.Choice(name="neither", value="clear"),
        ]
    )
    async def channel(self, interaction: Interaction, channel: Voice, action: app_commands.Choice[str]) -> None:
        """Allow or refuse one."""
        words = words_of(interaction)

        def channels(now: GuildSettings) -> dict[str, Any]:
            allowed, refused = _without(now.allowed, channel.id), _without(now.refused, channel.id)
            if action.value == "allow":
                allowed = _with(allowed, channel.id, words)
            elif action.value == "refuse":
                refused = _with(refused, channel.id, words)
            return {"allowed": allowed, "refused": refused}

        await self._change(interaction, "channel", channels)

    @app_commands.command(description="Who may start interviews, and who may use /mod")
    @app_commands.describe(kind="For what", role="Which role; empty for none")
    @app_commands.choices(
        kind=[
            app_commands.Choice(name="starts interviews", value="host"),
            app_commands.Choice(name="uses /mod", value="moderator"),
        ]
    )
    async def role(
        self, interaction: Interaction, kind: app_commands.Choice[str], role: discord.Role | None = None
    ) -> None:
        """Name a role, or none."""
        await self._change(interaction, "role", **{f"{kind.value}_role": None if role is None else role.id})

    @app_commands.command(description="Keep things shorter here than elsewhere")
    @app_commands.rename(audit_days="audit-days", draft_minutes="draft-minutes")
    @app_commands.describe(
        draft_minutes="How long people can still save what was said, after an interview; at most 30 minutes",
        audit_days="How long it is kept what moderators did; at most 90 days",
    )
    async def retention(
        self,
        interaction: Interaction,
        draft_minutes: app_commands.Range[int, 1, 30] | None = None,
        audit_days: app_commands.Range[int, 1, 90] | None = None,
    ) -> None:
        """Shorten what whoever runs the bot allows; nothing can be longer."""
        changes = _named(draft_minutes=draft_minutes, audit_days=audit_days)
        if audit_days is not None:
            await in_time(interaction, self._services.stores.trail.shorten(_guild(interaction).id, days=audit_days))
        await self._change(interaction, "retention", **changes)

    @app_commands.command(description="How much may be practised here; what you leave out stays as it is")
    @app_commands.rename(
        person_minutes="person-minutes",
        server_minutes="server-minutes",
        month_tokens="month-tokens",
        month_cost="month-cost",
    )
    @app_commands.describe(
        person_minutes="Minutes for each person in a day; 0 for no limit",
        server_minutes="Minutes of interviews in a day, all together; 0 for no limit",
        interviews="Interviews that each person may start in a day; 0 for no limit",
        month_tokens="What feedback may use in a month, in tokens; 0 for no limit of this server's",
        month_cost="The same as money, in the currency of whoever runs the bot",
    )
    async def limits(  # noqa: PLR0917 - the options of one command
        self,
        interaction: Interaction,
        person_minutes: app_commands.Range[int, 0, A_DAY] | None = None,
        server_minutes: app_commands.Range[int, 0, 100_000] | None = None,
        interviews: app_commands.Range[int, 0, 100] | None = None,
        month_tokens: app_commands.Range[int, 0, 1_000_000_000] | None = None,
        month_cost: app_commands.Range[float, 0.01, 1_000_000.0] | None = None,
    ) -> None:
        """Change some of them. A limit never raises what whoever runs the bot allows."""
        if month_cost is not None:
            month_tokens = self._tokens(words_of(interaction), month_cost)
        given = _named(
            person_minutes=person_minutes,
            server_minutes=server_minutes,
            person_interviews=interviews,
            month_tokens=month_tokens,
        )
        await self._change(interaction, "limits", **{name: value or None for name, value in given.items()})

    def _tokens(self, words: Words, cost: float) -> int:
        """How many tokens that much money is at least, at the higher of both prices."""
        settings = self._services.settings
        price = max(settings.feedback_price_in, settings.feedback_price_out)
        if not price:
            raise UserMistake(words("admin-no-price"))
        return max(1, int(Decimal(str(cost)) / price * MILLION))

    @app_commands.command(description="Whether feedback by a language model may be asked for here")
    @app_commands.describe(feedback="On or off; measures and notes of people work in any case")
    @app_commands.choices(
        feedback=[app_commands.Choice(name="on", value="on"), app_commands.Choice(name="off", value="off")]
    )
    async def provider(self, interaction: Interaction, feedback: app_commands.Choice[str]) -> None:
        """Switch it."""
        await self._change(interaction, "provider", ai=feedback.value == "on")

    @app_commands.command(description="The language of what everybody here sees")
    @app_commands.describe(language="Which one")
    @app_commands.choices(
        language=[
            app_commands.Choice(name="as this server's Discord", value=AS_DISCORD),
            *(app_commands.Choice(name=name, value=language) for language, name in LANGUAGES.items()),
        ]
    )
    async def language(self, interaction: Interaction, language: app_commands.Choice[str]) -> None:
        """Choose it."""
        await self._change(interaction, "language", language=None if language.value == AS_DISCORD else language.value)

    @app_commands.command(name="minimum-age", description="How old who takes part here must at least be")
    @app_commands.describe(years="Only higher than the bot's own; 16 is the bot's own")
    async def minimum_age(self, interaction: Interaction, years: app_commands.Range[int, ADULT_AGE, 99]) -> None:
        """Raise it; people attest it when they join."""
        await self._change(interaction, "minimum-age", minimum_age=years if years > ADULT_AGE else None)

    @app_commands.command(description="A line of your own in the notice of every interview")
    @app_commands.describe(text="What it says; empty for none")
    async def notice(
        self, interaction: Interaction, text: app_commands.Range[str, 1, NOTICE_LENGTH] | None = None
    ) -> None:
        """Write it, or take it out."""
        await self._change(interaction, "notice", notice=" ".join((text or "").split()))

    @app_commands.command(name="log-channel", description="Where it is said what moderators did")
    @app_commands.describe(channel="A text channel that only moderators see; empty for none")
    async def log_channel(self, interaction: Interaction, channel: discord.TextChannel | None = None) -> None:
        """Choose it, if the bot may write there."""
        words = words_of(interaction)
        if channel is not None and (missing := lacking(channel, LOG_NEEDED)):
            lines = [
                words("admin-setup-lacks", permission=_permission(words, each), channel=channel.mention)
                for each in missing
            ]
            raise UserMistake("\n".join([*lines, words("admin-setup-grant")]))
        await self._change(interaction, "log-channel", log_channel=None if channel is None else channel.id)

    async def _change(
        self,
        interaction: Interaction,
        event: str,
        how: Callable[[GuildSettings], dict[str, Any]] | None = None,
        /,
        **changes: Any,
    ) -> None:
        words = words_of(interaction)
        if how is None and not changes:
            raise UserMistake(words("admin-nothing-named"))
        settings = await in_time(interaction, self._guilds.change(_guild(interaction).id, how, **changes))
        await done(interaction, event, f"{words('admin-changed')}\n{shown(words, settings)}")

    # -- deleting -------------------------------------------------------------------------------------------------

    @app_commands.command(description="Delete everything that is kept of this server; people's own things stay theirs")
    async def purge(self, interaction: Interaction) -> None:
        """Ask for a word, then do it."""
        await interaction.response.send_modal(PurgeForm(words_of(interaction), self._purge))

    async def _purge(self, interaction: Interaction) -> None:
        words, guild = words_of(interaction), _guild(interaction)
        if not may_manage(interaction):  # the form may have been open for a while
            raise UserMistake(words("admin-only"))
        await interaction.response.defer(ephemeral=True, thinking=True)
        try:
            settings = await self._guilds.of(guild.id)
        except (DecryptionFailed, UnknownKey):
            settings = DEFAULTS  # what does not open any more can still be deleted
        rows = await self._services.servers.purge(guild.id)
        everybody = words_in(settings.language or guild.preferred_locale)
        await tell_log(
            guild, settings, everybody("mod-log", who=interaction.user.mention, what=everybody("mod-event-purge"))
        )
        await answer(interaction, words("admin-purged", count=sum(rows.values())))

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Delete what is kept of a server that the bot has left."""
        await self._services.servers.left(guild.id)

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        """Keep what is decided from now on."""
        self._services.servers.returned(guild.id)

    async def cog_app_command_error(
        self, interaction: Interaction, error: app_commands.AppCommandError | Exception
    ) -> None:
        """Say what went wrong, and what to do."""
        if isinstance(error, NotPermitted):
            error = UserMistake(words_of(interaction)("admin-only"))
        await explain(interaction, error)


class Wizard(ui.LayoutView):
    """Asks for what an interview needs, beginning with what was decided before: what is not touched stays.

    Attributes:
        channel: The voice channel that was chosen.
        role: Who may start interviews; None for everybody.
        language: Of what everybody sees; None as the server's Discord.
        log_channel: Where it is said what moderators did; None for nowhere.
    """

    def __init__(
        self,
        words: Words,
        user_id: int,
        finish: Callable[[Interaction, Wizard], Awaitable[None]],
        *,
        before: GuildSettings,
    ) -> None:
        super().__init__(timeout=WIZARD_S)
        self._user_id = user_id
        self._finish = finish
        self.channel: int | None = None
        self.role: int | None = before.host_role
        self.language: str | None = before.language
        self.log_channel: int | None = before.log_channel
        voice: ui.ChannelSelect[Any] = ui.ChannelSelect(
            placeholder=words("admin-setup-channel"),
            channel_types=[discord.ChannelType.voice, discord.ChannelType.stage_voice],
        )
        role: ui.RoleSelect[Any] = ui.RoleSelect(
            placeholder=words("admin-setup-role"), min_values=0, default_values=_chosen(before.host_role, Chosen.role)
        )
        language: ui.Select[Any] = ui.Select(
            placeholder=words("admin-setup-language"),
            options=[
                discord.SelectOption(label=words("cmd-admin-language.choice-language-discord"), value=AS_DISCORD),
                *(
                    discord.SelectOption(label=name, value=code, default=code == before.language)
                    for code, name in LANGUAGES.items()
                ),
            ],
        )
        logs: ui.ChannelSelect[Any] = ui.ChannelSelect(
            placeholder=words("admin-setup-log"),
            channel_types=[discord.ChannelType.text],
            min_values=0,
            default_values=_chosen(before.log_channel, Chosen.channel),
        )
        check: ui.Button[Any] = ui.Button(label=words("admin-setup-check"), style=discord.ButtonStyle.success)

        # One for each: the others' values are empty until they are touched, whatever they show.
        async def channel_chosen(interaction: Interaction) -> None:
            self.channel = voice.values[0].id if voice.values else self.channel
            await interaction.response.defer()

        async def role_chosen(interaction: Interaction) -> None:
            self.role = role.values[0].id if role.values else None
            await interaction.response.defer()

        async def language_chosen(interaction: Interaction) -> None:
            if language.values:
                self.language = None if language.values[0] == AS_DISCORD else language.values[0]
            await interaction.response.defer()

        async def log_chosen(interaction: Interaction) -> None:
            self.log_channel = logs.values[0].id if logs.values else None
            await interaction.response.defer()

        async def checked(interaction: Interaction) -> None:
            try:
                if not may_manage(interaction):
                    raise UserMistake(words_of(interaction)("admin-only"))  # noqa: TRY301 - said where all of it is said
                await self._finish(interaction, self)
            except Exception as error:  # noqa: BLE001 - whatever happened, the person gets an answer
                await explain(interaction, error)

        rows: list[ui.Item[Any]] = [ui.TextDisplay(words("admin-setup-intro"))]
        voice.callback, role.callback = channel_chosen, role_chosen
        language.callback, logs.callback = language_chosen, log_chosen
        rows += [_row(item) for item in (voice, role, language, logs)]
        check.callback = checked
        rows.append(_row(check))
        self.add_item(ui.Container(*rows))

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        """Only who was shown it may use it."""
        return interaction.user.id == self._user_id


class Begin(ui.LayoutView):
    """Offers to begin an interview at once, so that setting up ends with one."""

    def __init__(self, words: Words, user_id: int, then: Callable[[Interaction], Awaitable[None]]) -> None:
        super().__init__(timeout=WIZARD_S)
        self._user_id = user_id
        button: ui.Button[Any] = ui.Button(label=words("admin-setup-begin"), style=discord.ButtonStyle.success)

        async def pressed(interaction: Interaction) -> None:
            await then(interaction)

        button.callback = pressed
        self.add_item(ui.TextDisplay(words("admin-setup-try")))
        self.add_item(_row(button))

    async def interaction_check(self, interaction: Interaction, /) -> bool:
        """Only who set the bot up may use it."""
        return interaction.user.id == self._user_id


class PurgeForm(ui.Modal):
    """Asks for a word before everything of a server is deleted."""

    def __init__(self, words: Words, then: Callable[[Interaction], Awaitable[None]]) -> None:
        super().__init__(title=words("admin-purge-title"), timeout=WIZARD_S)
        self._words = words
        self._then = then
        word = words("admin-purge-word")
        self._typed: ui.TextInput[Any] = ui.TextInput(custom_id="word", min_length=1, max_length=40, placeholder=word)
        self.add_item(ui.TextDisplay(words("admin-purge-intro")))
        self.add_item(ui.Label(text=words("admin-purge-label", word=word), component=self._typed))

    async def on_submit(self, interaction: Interaction, /) -> None:
        """Do it, if the word is right."""
        word = self._words("admin-purge-word")
        try:
            if self._typed.value.strip().casefold() != word:
                raise UserMistake(self._words("admin-purge-wrong", word=word))  # noqa: TRY301 - said where all of it is said
            await self._then(interaction)
        except Exception as error:  # noqa: BLE001 - whatever happened, the person gets an answer
            await explain(interaction, error)


def shown(words: Words, settings: GuildSettings) -> str:
    """Everything that a server decided, a line each."""

    def channels(ids: tuple[int, ...]) -> str:
        return ", ".join(f"<#{each}>" for each in ids[:SHOWN]) + (" …" if len(ids) > SHOWN else "")

    def role(of: int | None, otherwise: str) -> str:
        return words(otherwise) if of is None else f"<@&{of}>"

    def number(of: int | None) -> object:
        return words("admin-view-no-limit") if of is None else of

    where = channels(settings.allowed) or words("admin-view-everywhere")
    lines = [
        words("admin-view-head"),
        words("admin-view-channels", allowed=where, refused=channels(settings.refused) or words("admin-view-none")),
        words(
            "admin-view-roles",
            host=role(settings.host_role, "admin-view-everybody"),
            moderator=role(settings.moderator_role, "admin-view-none"),
        ),
        words(
            "admin-view-retention",
            minutes=settings.draft_minutes or DRAFT_MINUTES,
            days=settings.audit_days or AUDIT_DAYS,
        ),
        words(
            "admin-view-limits",
            person=number(settings.person_minutes),
            server=number(settings.server_minutes),
            interviews=number(settings.person_interviews),
            tokens=number(settings.month_tokens),
        ),
        words("admin-view-provider", on=settings.ai),
        words(
            "admin-view-language",
            language=LANGUAGES.get(settings.language or "", "") or words("admin-view-as-discord"),
            age=settings.minimum_age or ADULT_AGE,
        ),
        words("admin-view-notice", text=escape(settings.notice) or words("admin-view-none")),
        words(
            "admin-view-log",
            channel=words("admin-view-none") if settings.log_channel is None else f"<#{settings.log_channel}>",
        ),
    ]
    if settings.cooldowns:
        rests = ", ".join(f"<#{each}> {minutes} min" for each, minutes in list(settings.cooldowns.items())[:SHOWN])
        lines.append(words("admin-view-cooldowns", channels=rests))
    return "\n".join(lines)


def _chosen(of: int | None, kind: Chosen) -> list[discord.SelectDefaultValue]:
    """What a menu shows as chosen before somebody touches it."""
    return [] if of is None else [discord.SelectDefaultValue(id=of, type=kind)]


def _row(item: ui.Item[Any]) -> ui.Item[Any]:
    row: ui.ActionRow[Any] = ui.ActionRow()
    row.add_item(item)
    return cast("ui.Item[Any]", row)


def _named(**values: int | None) -> dict[str, int]:
    """Those that were given."""
    return {name: value for name, value in values.items() if value is not None}


def _with(channels: tuple[int, ...], channel: int, words: Words) -> tuple[int, ...]:
    if channel in channels:
        return channels
    if len(channels) >= CHANNELS:
        raise UserMistake(words("mod-too-many-channels", count=CHANNELS))
    return (*channels, channel)


def _without(channels: tuple[int, ...], channel: int) -> tuple[int, ...]:
    return tuple(each for each in channels if each != channel)


def _permission(words: Words, name: str) -> str:
    return words(f"interview-permission-{name.replace('_', '-')}")


def _guild(interaction: Interaction) -> discord.Guild:
    if interaction.guild is None:
        raise app_commands.NoPrivateMessage
    return interaction.guild


async def setup(bot: SkillRally) -> None:
    """Register the commands; the client calls this."""

    async def announce(changed: Changed) -> None:
        queue: Any = bot.get_cog("Queue")
        if queue is not None:
            await queue.announce(changed)

    bot.services.servers.announces_with(announce)
    await bot.add_cog(Admin(bot))
