"""`/queue` and "Invite to a mock interview": how two members find each other. Nobody is ever written to directly.

    /queue join -> two wait for the same -> a message in a channel that both see: Yes, No -> both said yes -> matched
    on a member: Invite to a mock interview -> a message in this channel -> that member alone: Accept, Decline

The buttons carry what they do and for which offer, so they work after a restart; who may press them, and whether it is
over, the database says. Messages whose time is over are deleted by whichever process looks next.
"""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self, cast
from uuid import UUID

import aiohttp
import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.servers import Refusal
from cogs.locales import Words, moment, words_in, words_of
from cogs.panel import answer, change, in_time
from cogs.questions import LEVELS, TYPES
from cogs.rules import public_words, refused
from cogs.settings import explain
from storage.queue import INVITATIONS, INVITED, Posted, Said, Wanted

if TYPE_CHECKING:
    from bot.client import SkillRally
    from storage.queue import Changed, Offer

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]
Place = discord.TextChannel | discord.VoiceChannel | discord.StageChannel | discord.Thread

INVITE = "Invite to a mock interview"

_UNREACHED = (aiohttp.ClientError, OSError)
"""Discord was not reached, or its answer was lost on the way."""

_LABELS = {
    "yes": "queue-button-yes",
    "no": "queue-button-no",
    "accept": "queue-button-accept",
    "decline": "queue-button-decline",
}
_STYLES = {"yes": discord.ButtonStyle.success, "accept": discord.ButtonStyle.success}


class PartnerButton(
    ui.DynamicItem[ui.Button[Any]],
    template=re.compile(r"sq:(?P<action>yes|no|accept|decline):(?P<id>[0-9a-f]{32}):(?P<by>[0-9]{1,20})"),
):
    """A button below an offer or an invitation; *by* is who invited, 0 for the queue."""

    def __init__(self, action: str, offer: UUID, by: int, words: Words | None = None) -> None:
        self.action = action
        self.offer = offer
        self.by = by
        super().__init__(
            ui.Button(
                # The label of one that was pressed is on Discord already.
                label=words(_LABELS[action]) if words is not None else action,
                style=_STYLES.get(action, discord.ButtonStyle.secondary),
                custom_id=f"sq:{action}:{offer.hex}:{by}",
            )
        )

    @classmethod
    async def from_custom_id(cls, _interaction: Interaction, _item: ui.Item[Any], match: re.Match[str], /) -> Self:
        """Make the button that was pressed from its id."""
        return cls(match["action"], UUID(match["id"]), int(match["by"]))

    async def callback(self, interaction: Interaction) -> None:
        """Hand the press to the commands."""
        cog: Any = interaction.client.get_cog("Queue")
        await cog.pressed(interaction, self.action, self.offer, self.by)


def message(words: Words, text: str, *actions: str, offer: UUID, by: int = 0) -> ui.LayoutView:
    """A message with a row of buttons."""
    view = ui.LayoutView(timeout=None)
    row: ui.ActionRow[Any] = ui.ActionRow()
    for action in actions:
        row.add_item(cast("ui.Item[Any]", PartnerButton(action, offer, by, words)))
    view.add_item(ui.Container(ui.TextDisplay(text), row))
    return view


def notice(text: str) -> ui.LayoutView:
    """What remains of such a message."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(text))
    return view


@dataclass(slots=True)
class Told:
    """Whom an announcement reached.

    Attributes:
        asked: Whoever is named in an offer that stands now.
        lost: Whoever could not be asked for want of a channel, and is out of the queue.
    """

    asked: set[int] = field(default_factory=set[int], repr=False)
    lost: set[int] = field(default_factory=set[int], repr=False)


@app_commands.guild_only()
class Queue(commands.GroupCog, group_name="queue", group_description="Find somebody to practise with"):
    """How two members of a server find each other."""

    def __init__(self, bot: SkillRally) -> None:
        self._bot = bot
        self._queue = bot.services.stores.queue
        self._preferences = bot.services.stores.preferences
        self._clock = bot.services.clock
        super().__init__()

    @app_commands.command(description="Wait for somebody who wants to practise the same")
    @app_commands.describe(type="What kind of interview", level="For how much experience")
    @app_commands.choices(type=TYPES, level=LEVELS)
    async def join(
        self,
        interaction: Interaction,
        type: app_commands.Choice[str],  # noqa: A002 - as people read it
        level: app_commands.Choice[str],
    ) -> None:
        """Put the caller into this server's queue, and ask both as soon as there are two."""
        words = words_of(interaction)
        if not isinstance(interaction.channel, Place):
            await answer(interaction, words("queue-not-here"))
            return
        await interaction.response.defer(ephemeral=True)
        may = await self._bot.services.servers.may_join(_guild(interaction), interaction.user.id)
        if isinstance(may, Refusal):
            await answer(interaction, refused(words, may))
            return
        wanted = Wanted(_guild(interaction), interaction.channel.id, type.value, level.value)
        new, changed = await self._queue.join(interaction.user.id, wanted, at=self._clock.now())
        told = await self.announce(changed)
        kind = {
            "type": words(f"questions-type-{type.value}"),
            "level": words(f"questions-level-{level.value}"),
        }
        if not new:
            await answer(interaction, words("queue-in-already"))
        elif interaction.user.id in told.lost:
            await answer(interaction, words("queue-no-channel"))
        elif interaction.user.id in told.asked:
            await answer(interaction, words("queue-found", **kind))
        else:
            await answer(interaction, words("queue-joined", **kind))

    @app_commands.command(description="Wait no longer")
    async def leave(self, interaction: Interaction) -> None:
        """Take the caller out of this server's queue."""
        await interaction.response.defer(ephemeral=True)
        was, changed = await self._queue.leave(interaction.user.id, _guild(interaction), at=self._clock.now())
        await self.announce(changed)
        await answer(interaction, words_of(interaction)("queue-left" if was else "queue-not-in"))

    @app_commands.command(description="Whether you wait, and for what")
    async def status(self, interaction: Interaction) -> None:
        """Say where the caller stands in this server's queue."""
        await interaction.response.defer(ephemeral=True)
        words = words_of(interaction)
        standing, changed = await self._queue.status(interaction.user.id, _guild(interaction), at=self._clock.now())
        await self.announce(changed)
        if standing is None:
            await answer(interaction, words("queue-not-in"))
            return
        lines = [
            words(
                "queue-standing",
                type=words(f"questions-type-{standing.wanted.type}"),
                level=words(f"questions-level-{standing.wanted.level}"),
                until=moment(standing.until, "R"),
            ),
            words("queue-waiting", count=standing.waiting),
        ]
        if standing.offered:
            lines.append(words("queue-said-yes" if standing.accepted else "queue-asked"))
        await answer(interaction, "\n".join(lines))

    async def invite(self, interaction: Interaction, member: discord.Member | discord.User) -> None:
        """Invite a member, in this channel, for everybody to see."""
        words = words_of(interaction)
        channel = interaction.channel
        if interaction.guild is None or not isinstance(channel, Place) or not isinstance(member, discord.Member):
            await answer(interaction, words("queue-not-here"))
            return
        if member.bot or member.id == interaction.user.id:
            await answer(interaction, words("queue-invite-other"))
            return
        if not channel.permissions_for(member).view_channel:
            await answer(interaction, words("queue-invite-unseen"))
            return
        if not (await self._preferences.of(member.id)).invitations:
            await answer(interaction, words("queue-invite-not-wanted"))
            return
        may = await self._bot.services.servers.may_join(interaction.guild.id, interaction.user.id)
        if isinstance(may, Refusal):
            await answer(interaction, refused(words, may))
            return
        at = self._clock.now()
        invitation = await self._queue.invite(interaction.user.id, member.id, at=at)
        if invitation is None:
            await answer(interaction, words("queue-invite-open", count=INVITATIONS))
            return
        everybody = await public_words(self._bot, interaction.guild)
        text = everybody(
            "queue-invitation",
            member=member.mention,
            inviter=interaction.user.mention,
            until=moment(at + INVITED, "R"),
        )
        try:
            sent = await interaction.response.send_message(
                view=message(everybody, text, "accept", "decline", offer=invitation, by=interaction.user.id),
                allowed_mentions=discord.AllowedMentions(users=[member]),
            )
        except discord.HTTPException:
            await self._queue.uninvite(invitation)
            raise
        people = (interaction.user.id, member.id)
        await self._queue.posted(Posted(invitation, interaction.guild.id, channel.id, sent.message_id or 0, people))

    async def pressed(self, interaction: Interaction, action: str, offer: UUID, by: int) -> None:
        """Do what a button says, for whoever may press it."""
        try:
            await self._pressed(interaction, action, offer, by)
        except Exception as error:  # noqa: BLE001 - whatever happened, the person gets an answer
            await explain(interaction, error)

    async def announce(self, changed: Changed) -> Told:
        """Take down what is over and post what is new; whoever cannot be asked is out of the queue."""
        for posted in changed.closed:
            await self._take_down(posted)
        told = Told()
        for offer in changed.opened:
            guild = self._bot.get_guild(offer.wanted[0].guild_id)
            try:
                out = await self._departed(guild, offer.people)
                asked = out is None and await self._post(guild, offer)
            except _UNREACHED as lost:
                # Nobody was asked, so nobody is out: its time runs out, and both are brought together again.
                log.warning("an offer could not be posted", extra={"error": type(lost).__name__})
                continue
            if asked:
                told.asked.update(offer.people)
                continue
            if out is None:
                # Whoever came last is told to look for another channel; the other keeps the place.
                out = offer.people[1]
                told.lost.add(out)
            _, further = await self._queue.answer(offer.id, out, yes=False, at=self._clock.now())
            then = await self.announce(further)
            told.asked |= then.asked
            told.lost |= then.lost
        return told

    async def _departed(self, guild: discord.Guild | None, people: tuple[int, int]) -> int | None:
        """One of them who is not in the server any more, of which Discord tells nobody without a privileged intent."""
        for person in people if guild is not None else ():
            try:
                if guild is not None and guild.get_member(person) is None:
                    await guild.fetch_member(person)
            except discord.NotFound:
                return person
            except discord.HTTPException:
                continue  # whether they can be asked turns out when they are
        return None

    async def cog_app_command_error(
        self, interaction: Interaction, error: app_commands.AppCommandError | Exception
    ) -> None:
        """Say what went wrong, and what to do."""
        await explain(interaction, error)

    async def _pressed(self, interaction: Interaction, action: str, offer: UUID, by: int) -> None:
        words, at, user_id = words_of(interaction), self._clock.now(), interaction.user.id
        guild = interaction.guild
        everybody = words_in(interaction.guild_locale) if guild is None else await public_words(self._bot, guild)
        changed = None
        if action in {"accept", "decline"}:
            replying = self._queue.reply(offer, user_id, yes=action == "accept", at=at)
            said = await in_time(interaction, replying, thinking=False)
        else:
            answering = self._queue.answer(offer, user_id, yes=action == "yes", at=at)
            said, changed = await in_time(interaction, answering, thinking=False)
        if said is Said.NOT_YOURS:
            await answer(interaction, words("queue-not-yours"))
        elif said is Said.WAITS:
            await answer(interaction, words("queue-said-yes"))
        else:
            key = {Said.MATCHED: "queue-matched", Said.DECLINED: "queue-declined", Said.OVER: "queue-over"}[said]
            nobody = discord.AllowedMentions.none()
            await change(interaction, view=notice(everybody(key)), allowed_mentions=nobody)
            if said is Said.MATCHED and by:
                await interaction.followup.send(
                    everybody("queue-accepted", inviter=f"<@{by}>"),
                    allowed_mentions=discord.AllowedMentions(users=[discord.Object(by)]),
                )
        if changed is not None:
            await self.announce(changed)

    async def _post(self, guild: discord.Guild | None, offer: Offer) -> bool:
        """Ask both, in a channel that both see; whether they could be asked."""
        channel = None if guild is None else await self._common(guild, offer)
        if guild is None or channel is None:
            return False
        words = await public_words(self._bot, guild)
        one, other = (f"<@{person}>" for person in offer.people)
        text = words(
            "queue-offer",
            one=one,
            other=other,
            type=words(f"questions-type-{offer.wanted[0].type}"),
            level=words(f"questions-level-{offer.wanted[0].level}"),
            until=moment(offer.until, "R"),
        )
        try:
            sent = await channel.send(
                view=message(words, text, "yes", "no", offer=offer.id),
                allowed_mentions=discord.AllowedMentions(users=[discord.Object(each) for each in offer.people]),
            )
        except discord.HTTPException as refused:
            log.warning("an offer could not be posted", extra={"code": refused.code})
            return False
        if not await self._queue.posted(Posted(offer.id, guild.id, channel.id, sent.id, offer.people)):
            with suppress(discord.HTTPException):
                await sent.delete()
        return True

    async def _common(self, guild: discord.Guild, offer: Offer) -> Place | None:
        """A channel of one of them that the other sees, and that the bot may write to."""
        places = dict.fromkeys(wanted.channel_id for wanted in offer.wanted)
        for channel_id in places:
            channel = guild.get_channel_or_thread(channel_id)
            if not isinstance(channel, Place):
                continue
            have = channel.permissions_for(guild.me)
            may_write = have.send_messages_in_threads if isinstance(channel, discord.Thread) else have.send_messages
            if not (have.view_channel and may_write):
                continue
            # Both asked for it there, or each must be able to see it.
            if len(places) == 1 or await self._all_see(guild, channel, offer.people):
                return channel
        return None

    async def _all_see(self, guild: discord.Guild, channel: Place, people: tuple[int, int]) -> bool:
        for person in people:
            try:
                member = guild.get_member(person) or await guild.fetch_member(person)
            except discord.HTTPException:
                return False
            if not channel.permissions_for(member).view_channel:
                return False
        return True

    async def _take_down(self, posted: Posted) -> None:
        channel = self._bot.get_partial_messageable(posted.channel_id, guild_id=posted.guild_id)
        try:
            await channel.get_partial_message(posted.message_id).delete()
        except discord.NotFound:
            return
        except (discord.HTTPException, *_UNREACHED) as refused:
            # Its buttons say that it is over.
            log.warning("an offer that is over could not be deleted", extra={"error": type(refused).__name__})


def _guild(interaction: Interaction) -> int:
    if interaction.guild_id is None:
        raise app_commands.NoPrivateMessage
    return interaction.guild_id


async def setup(bot: SkillRally) -> None:
    """Register the commands, the context menu and the buttons; the client calls this."""
    cog = Queue(bot)
    await bot.add_cog(cog)
    bot.add_dynamic_items(PartnerButton)

    async def invite(interaction: Interaction, member: discord.Member) -> None:
        try:
            await cog.invite(interaction, member)
        except Exception as error:  # noqa: BLE001 - whatever happened, the person gets an answer
            await explain(interaction, error)

    menu = app_commands.ContextMenu(name=INVITE, callback=invite)
    menu.guild_only = True
    bot.tree.add_command(menu)

    async def announce(changed: Changed) -> None:
        await cog.announce(changed)

    bot.services.partners.announces_with(announce, bot.own_guilds)
