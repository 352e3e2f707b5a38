"""`/interview`: start, join, leave, pause, resume, stop, status; every button does the same as its command."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.errors import (
    CannotJoin,
    InterviewRunning,
    MissingPermissions,
    NoInterview,
    NotAllowed,
    NotInChannel,
)
from bot.interview.captions import BoardBusy, BoardGone, BoardRefused
from bot.interview.session import Stopped
from cogs import replies
from cogs.consent import occasion, withdraw
from cogs.locales import words_of
from cogs.panel import ConsentForm, DiscordRoom, InterviewButton, answer, text_with
from storage.errors import OptedOut
from storage.ledger import Purpose

if TYPE_CHECKING:
    from bot.client import SkillRally
    from bot.interview.drafts import Draft
    from bot.interview.session import Interview as Session
    from config.settings import CaptionPlace

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]


@app_commands.guild_only()
class Interview(commands.GroupCog, group_name="interview", group_description="Practise a job interview by voice"):
    """The interview of this server."""

    def __init__(self, bot: SkillRally) -> None:
        self._bot = bot
        self._interviews = bot.services.interviews
        self._ledger = bot.services.stores.ledger
        super().__init__()

    # -- commands -------------------------------------------------------------------------------------------------

    @app_commands.command(description="Start an interview in the voice channel you are in")
    @app_commands.describe(captions="Where the words appear while people speak")
    @app_commands.choices(
        captions=[
            app_commands.Choice(name="in the voice channel's chat", value="voice-chat"),
            app_commands.Choice(name="in a thread here", value="thread"),
            app_commands.Choice(name="nowhere", value="off"),
        ]
    )
    async def start(self, interaction: Interaction, captions: app_commands.Choice[str] | None = None) -> None:
        """Join the caller's voice channel and put up the notice."""
        channel = _voice_channel_of(interaction)
        if channel is None:
            raise NotInChannel
        if self._interviews.of(channel.guild.id) is not None:
            raise InterviewRunning
        place: CaptionPlace = captions.value if captions else self._bot.services.settings.captions  # pyright: ignore[reportAssignmentType] - the choices above
        room = DiscordRoom(self._bot, channel, captions=place, asked_in=interaction.channel)
        room.check()
        await interaction.response.defer(ephemeral=True, thinking=True)
        session = await self._interviews.start(
            guild_id=channel.guild.id, channel_id=channel.id, host_id=interaction.user.id, room=room
        )
        await interaction.followup.send(
            view=text_with(replies.started(channel.mention), "join", "stop", interview_id=session.interview_id),
            ephemeral=True,
        )

    @app_commands.command(description="Take part: be heard in the running interview")
    async def join(self, interaction: Interaction) -> None:
        """Ask for consent, or join at once if it was given."""
        await self._join(interaction, self._running(interaction))

    @app_commands.command(description="Stop being heard, at once")
    async def leave(self, interaction: Interaction) -> None:
        """Shut the gate for the caller."""
        await self._leave(interaction, self._running(interaction))

    @app_commands.command(description="Hear nobody for a while")
    async def pause(self, interaction: Interaction) -> None:
        """Shut the gate for everybody."""
        await self._pause(interaction, self._running(interaction))

    @app_commands.command(description="Go on after a pause")
    async def resume(self, interaction: Interaction) -> None:
        """Open the gate again for those who joined."""
        await self._resume(interaction, self._running(interaction))

    @app_commands.command(description="End the interview; what nobody saves is forgotten")
    async def stop(self, interaction: Interaction) -> None:
        """End it."""
        await self._stop(interaction, self._running(interaction))

    @app_commands.command(description="Who takes part, and whose packets were decrypted")
    async def status(self, interaction: Interaction) -> None:
        """Show the roster and the counters."""
        await self._status(interaction, self._running(interaction))

    # -- buttons --------------------------------------------------------------------------------------------------

    async def pressed(self, interaction: Interaction, action: str, interview_id: str) -> None:
        """A button of a notice was pressed."""
        try:
            if action == "draft":
                await self._draft(interaction, interview_id)
                return
            if action == "save":
                transcripts: Any = self._bot.get_cog("Transcript")
                await transcripts.pressed(interaction, self._held(interaction, interview_id))
                return
            if action == "withdraw":
                await self._withdraw(interaction)
                return
            # Of this server: what is said elsewhere is nobody's business here, whatever id comes along.
            session = self._interviews.of(interaction.guild_id or 0)
            if session is not None and session.interview_id != interview_id:
                session = None
            if action == "forget":
                await self._forget(interaction, session, interview_id)
                return
            if session is None:
                await answer(interaction, replies.OVER)
                return
            do = {
                "join": self._join,
                "leave": self._leave,
                "pause": self._pause,
                "resume": self._resume,
                "stop": self._stop,
                "status": self._status,
            }[action]
            await do(interaction, session)
        except Exception as error:  # noqa: BLE001 - whatever happened, the person who pressed gets an answer
            await self._explain(interaction, error)

    async def cog_app_command_error(
        self, interaction: Interaction, error: app_commands.AppCommandError | Exception
    ) -> None:
        """Say what went wrong, and what to do."""
        await self._explain(interaction, error)

    # -- what they do ---------------------------------------------------------------------------------------------

    async def _join(self, interaction: Interaction, session: Session) -> None:
        if session.stopped is not None:
            await answer(interaction, replies.OVER)
            return
        _must_be_in(interaction, session)
        user_id = interaction.user.id
        if self._ledger.allowed(user_id, Purpose.TRANSCRIBE):
            await self._admit(interaction, session, captions=self._ledger.allowed(user_id, Purpose.CAPTIONS))
            return

        async def answered(reply: Interaction, purposes: frozenset[Purpose], of_age: bool) -> None:  # noqa: FBT001 - called by the form alone
            try:
                await self._agreed(reply, session, purposes, form.shown, of_age=of_age)
            except Exception as error:  # noqa: BLE001 - as in `pressed`
                await self._explain(reply, error)

        form = ConsentForm(words_of(interaction), answered, elsewhere=self._bot.services.speech_host)
        await interaction.response.send_modal(form)

    async def _agreed(
        self, interaction: Interaction, session: Session, purposes: frozenset[Purpose], shown: str, *, of_age: bool
    ) -> None:
        if not of_age:
            await answer(interaction, words_of(interaction)("consent-too-young"))
            return
        if Purpose.TRANSCRIBE not in purposes:
            await answer(interaction, replies.NOTHING_AGREED)
            return
        if session.stopped is not None:
            await answer(interaction, replies.OVER)
            return
        at = self._bot.services.clock.now()
        await self._ledger.give(
            interaction.user.id,
            purposes,
            occasion(interaction, "form", at=at, shown=shown),
            attested_age=replies.ADULT_AGE,
        )
        await self._admit(interaction, session, captions=Purpose.CAPTIONS in purposes)

    async def _admit(self, interaction: Interaction, session: Session, *, captions: bool) -> None:
        session.admit(interaction.user.id, captions=captions)
        shown = captions and session.captions is not None
        await answer(interaction, replies.joined(captions=shown), "leave", interview_id=session.interview_id)

    async def _leave(self, interaction: Interaction, session: Session) -> None:
        # Before anything that can wait or fail: from here on this person is not heard.
        took_part = session.dismiss(interaction.user.id, forget_words=False)
        if took_part:
            await answer(interaction, replies.LEFT, "forget", "withdraw", interview_id=session.interview_id)
        else:
            await answer(interaction, replies.NOT_TAKING_PART)

    async def _withdraw(self, interaction: Interaction) -> None:
        taken = await withdraw(interaction, frozenset(Purpose), self._bot.services, method="button")
        await answer(interaction, replies.withdrawn(words_of(interaction), taken))

    async def _forget(self, interaction: Interaction, session: Session | None, interview_id: str) -> None:
        if session is not None:
            session.dismiss(interaction.user.id, forget_words=True)
        elif (draft := self._held(interaction, interview_id)) is not None:
            draft.remove(interaction.user.id)
        await answer(interaction, replies.FORGOTTEN)

    async def _pause(self, interaction: Interaction, session: Session) -> None:
        _must_be_in(interaction, session)
        session.pause()
        await answer(interaction, replies.PAUSED_NOW)

    async def _resume(self, interaction: Interaction, session: Session) -> None:
        _must_be_in(interaction, session)
        if not (_hosts(interaction, session) or session.takes_part(interaction.user.id)):
            await answer(interaction, replies.ONLY_TAKING_PART)
            return
        session.resume()
        await answer(interaction, replies.RESUMED_NOW)

    async def _stop(self, interaction: Interaction, session: Session) -> None:
        if not _hosts(interaction, session):
            raise NotAllowed
        session.stop(Stopped.ASKED if interaction.user.id == session.host_id else Stopped.MODERATOR)
        await answer(interaction, replies.STOPPED_NOW)

    async def _status(self, interaction: Interaction, session: Session) -> None:
        _must_see(interaction, session)
        await answer(interaction, replies.details(session.status()))

    async def _draft(self, interaction: Interaction, interview_id: str) -> None:
        draft = self._held(interaction, interview_id)
        if draft is None or not draft.snippets or interaction.user.id not in draft.names:
            await answer(interaction, replies.NO_DRAFT)
            return
        await answer(interaction, replies.draft(draft.snippets, draft.names), "forget", interview_id=interview_id)

    # -- helpers --------------------------------------------------------------------------------------------------

    def _running(self, interaction: Interaction) -> Session:
        session = self._interviews.of(interaction.guild_id or 0)
        if session is None:
            raise NoInterview
        return session

    def _held(self, interaction: Interaction, interview_id: str) -> Draft | None:
        draft = self._interviews.drafts.get(interview_id)
        return draft if draft is not None and draft.guild_id == interaction.guild_id else None

    async def _explain(self, interaction: Interaction, error: Exception) -> None:
        if isinstance(error, app_commands.CommandInvokeError):
            error = error.original
        text = self._why(interaction, error)
        if text is None:
            log.error("a command failed", exc_info=error)
            text = replies.FAILED
        try:
            await answer(interaction, text)
        except discord.HTTPException:
            log.warning("an answer could not be delivered", extra={"error": type(error).__name__})

    def _why(self, interaction: Interaction, error: Exception) -> str | None:
        if isinstance(error, MissingPermissions):
            return replies.missing_permissions(error.names, for_thread=error.for_thread)
        if isinstance(error, OptedOut):
            return words_of(interaction)("consent-opted-out")
        if isinstance(error, NotInChannel) and self._interviews.of(interaction.guild_id or 0) is None:
            return replies.NOT_IN_VOICE
        return next((text for kind, text in _SENTENCES.items() if isinstance(error, kind)), None)


_SENTENCES: dict[type[Exception], str] = {
    NotInChannel: replies.NOT_HERE,
    InterviewRunning: replies.RUNNING_ALREADY,
    NoInterview: replies.NONE_RUNNING,
    NotAllowed: replies.ONLY_HOST,
    CannotJoin: replies.CANNOT_JOIN,
    BoardGone: replies.CHANNEL_GONE,
    BoardBusy: replies.DISCORD_BUSY,
    BoardRefused: replies.missing_permissions(("send_messages",)),
    app_commands.NoPrivateMessage: replies.GUILD_ONLY,
}


def _voice_channel_of(interaction: Interaction) -> discord.VoiceChannel | discord.StageChannel | None:
    member = interaction.user
    if isinstance(member, discord.Member) and member.voice is not None:
        return member.voice.channel
    return None


def _must_be_in(interaction: Interaction, session: Session) -> None:
    channel = _voice_channel_of(interaction)
    if channel is None or channel.id != session.channel_id:
        raise NotInChannel


def _must_see(interaction: Interaction, session: Session) -> None:
    """Who is in a channel that one cannot see is none of one's business."""
    channel = interaction.guild.get_channel(session.channel_id) if interaction.guild is not None else None
    member = interaction.user
    if channel is None or not isinstance(member, discord.Member) or not channel.permissions_for(member).view_channel:
        raise NotInChannel


def _hosts(interaction: Interaction, session: Session) -> bool:
    return interaction.user.id == session.host_id or interaction.permissions.moderate_members


async def setup(bot: SkillRally) -> None:
    """Register the commands and the buttons; discord.py calls this."""
    bot.add_dynamic_items(InterviewButton)
    await bot.add_cog(Interview(bot))
