"""What people press: the notice with its buttons, the consent form, and the room an interview writes into.

Buttons carry what they do and for which interview in their id, so that one pressed after the interview, or after the
bot was started again, is still answered.
"""

from __future__ import annotations

import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self, cast

import aiohttp
import discord
from discord import ui

from bot.errors import CannotJoin, MissingPermissions
from bot.interview.captions import BoardBusy, BoardGone, BoardRefused
from bot.interview.session import Pause
from bot.voice.client import JOIN_S, voice_client_for
from cogs import replies
from storage.ledger import Purpose
from storage.live_messages import LiveKind

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence

    from bot.client import SkillRally
    from bot.interview.captions import Board
    from bot.interview.session import Status
    from bot.journal import LiveJournal
    from bot.voice.link import Change, VoiceLink
    from bot.voice.receiver import Receiver
    from cogs.locales import Words
    from config.settings import CaptionPlace

VoiceChannel = discord.VoiceChannel | discord.StageChannel

BUTTON_PREFIX = "sr:"

ACTIONS = ("join", "leave", "pause", "resume", "stop", "status", "forget", "draft", "withdraw", "save")

_STYLE = {"join": discord.ButtonStyle.success, "stop": discord.ButtonStyle.danger}
_LABEL = {
    "join": "Join",
    "leave": "Leave",
    "pause": "Pause",
    "resume": "Resume",
    "stop": "End",
    "status": "Status",
    "forget": "Remove my lines",
    "draft": "Read it once more",
    "withdraw": "Take back my yes",
    "save": "Save it",
}

NEEDED = ("view_channel", "connect", "send_messages", "read_message_history")
"""What the bot needs in the voice channel, as discord.py names it."""

_NOBODY = discord.AllowedMentions.none()
"""Said with every edit: discord.py leaves the client's own choice out when no content is edited."""

THREAD_NEEDED = ("view_channel", "create_public_threads", "send_messages_in_threads", "read_message_history")
"""What it needs in a text channel below which captions are to appear."""


class InterviewButton(
    ui.DynamicItem[ui.Button[Any]],
    template=re.compile(rf"{BUTTON_PREFIX}(?P<action>{'|'.join(ACTIONS)}):(?P<id>[0-9a-f]{{12}})"),
):
    """A button of the notice."""

    def __init__(self, action: str, interview_id: str) -> None:
        self.action = action
        self.interview_id = interview_id
        super().__init__(
            ui.Button(
                label=_LABEL[action],
                style=_STYLE.get(action, discord.ButtonStyle.secondary),
                custom_id=f"{BUTTON_PREFIX}{action}:{interview_id}",
            )
        )

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button that was pressed from its id."""
        return cls(match["action"], match["id"])

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the press to the commands, which do the same by name."""
        cog: Any = interaction.client.get_cog("Interview")
        await cog.pressed(interaction, self.action, self.interview_id)


def buttons(*actions: str, interview_id: str) -> ui.ActionRow[Any]:
    """A row of buttons."""
    row: ui.ActionRow[Any] = ui.ActionRow()
    for action in actions:
        row.add_item(cast("ui.Item[Any]", InterviewButton(action, interview_id)))
    return row


def notice(status: Status, *, captions: CaptionPlace, elsewhere: str = "") -> ui.LayoutView:
    """The notice of a running interview; *elsewhere* is the host that speech is sent to, if it leaves the machine."""
    paused = bool(status.pauses)
    view = ui.LayoutView(timeout=None)
    view.add_item(
        ui.Container(
            ui.TextDisplay(replies.headline(status)),
            ui.TextDisplay(replies.notice(captions, elsewhere=elsewhere)),
            ui.Separator(),
            ui.TextDisplay(replies.roster(status)),
            buttons(
                "join",
                "leave",
                "resume" if Pause.ASKED in status.pauses else "pause",
                "status",
                "stop",
                interview_id=status.interview_id,
            ),
            accent_colour=discord.Colour.light_grey() if paused else discord.Colour.red(),
        )
    )
    return view


def end_card(status: Status) -> ui.LayoutView:
    """What remains of the notice."""
    view = ui.LayoutView(timeout=None)
    view.add_item(
        ui.Container(ui.TextDisplay(replies.ended(status)), buttons("draft", "save", interview_id=status.interview_id))
    )
    return view


def text_with(text: str, *actions: str, interview_id: str) -> ui.LayoutView:
    """A short answer with buttons."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(text))
    if actions:
        view.add_item(buttons(*actions, interview_id=interview_id))
    return view


class ConsentForm(ui.Modal):
    """Asks for each purpose by itself; nothing is ticked beforehand.

    Attributes:
        shown: Every word of it, as it is read: consents are kept with the hash of this.
    """

    def __init__(
        self,
        words: Words,
        answered: Callable[[discord.Interaction[Any], frozenset[Purpose], bool], Any],
        *,
        title: str = "",
        intro: str = "",
        elsewhere: str = "",
        purposes: Sequence[Purpose] = replies.OFFERED,
    ) -> None:
        super().__init__(title=title or words("consent-title-join"), timeout=10 * 60)
        self._answered = answered
        keys = [(purpose, replies.purpose_key(purpose)) for purpose in purposes]
        boxes = [(purpose, words(key), words(f"{key}.hint")) for purpose, key in keys]
        intro = intro or replies.modal_intro(words, elsewhere)
        label, hint = words("consent-purposes"), words("consent-purposes.hint")
        age = words("consent-age"), words("consent-age.hint", age=replies.ADULT_AGE), words("consent-age.option")
        self.shown = "\n".join([self.title, intro, label, hint, *(t for box in boxes for t in box[1:]), *age])
        self._purposes: ui.CheckboxGroup[Any] = ui.CheckboxGroup(
            custom_id="purposes",
            required=False,
            min_values=0,
            max_values=len(purposes),
            options=[
                discord.CheckboxGroupOption(label=box, value=purpose, description=what) for purpose, box, what in boxes
            ],
        )
        self._age: ui.CheckboxGroup[Any] = ui.CheckboxGroup(
            custom_id="age",
            required=False,
            min_values=0,
            max_values=1,
            options=[discord.CheckboxGroupOption(label=age[2], value="yes")],
        )
        self.add_item(ui.TextDisplay(intro))
        self.add_item(ui.Label(text=label, description=hint, component=self._purposes))
        self.add_item(ui.Label(text=age[0], description=age[1], component=self._age))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Pass on what was ticked."""
        ticked = frozenset(Purpose(value) for value in self._purposes.values if value in set(Purpose))
        await self._answered(interaction, ticked, "yes" in self._age.values)


async def answer(interaction: discord.Interaction[Any], text: str, *actions: str, interview_id: str = "") -> None:
    """Answer so that only this person sees it."""
    view = text_with(text, *actions, interview_id=interview_id)
    if interaction.response.is_done():
        await interaction.followup.send(view=view, ephemeral=True)
    else:
        await interaction.response.send_message(view=view, ephemeral=True)


def lacking(channel: VoiceChannel | discord.TextChannel, needed: tuple[str, ...] = NEEDED) -> tuple[str, ...]:
    """Which of the *needed* permissions the bot does not have in *channel*."""
    have = channel.permissions_for(channel.guild.me)
    return tuple(name for name in needed if not getattr(have, name))


@contextmanager
def _writing() -> Generator[None]:
    """Turn what discord.py raises into what an interview knows."""
    try:
        yield
    except discord.NotFound:
        raise BoardGone from None
    except discord.HTTPException as refused:
        if refused.code == 30046:  # too many edits of an old message; a new one does
            raise BoardGone from None
        raise (BoardBusy if refused.status == 429 or refused.status >= 500 else BoardRefused) from None
    except (aiohttp.ClientError, OSError):
        raise BoardBusy from None
    except RuntimeError:  # the client was closed
        raise BoardRefused from None


class ChannelBoard:
    """Captions in one channel or thread."""

    def __init__(self, channel: VoiceChannel | discord.Thread, journal: LiveJournal) -> None:
        self._channel = channel
        self._journal = journal

    async def post(self, text: str) -> int:
        """Write a new message."""

        async def send() -> int:
            with _writing():
                return (await self._channel.send(text, silent=True, suppress_embeds=True)).id

        return await self._journal.post(
            LiveKind.CAPTIONS, guild_id=self._channel.guild.id, channel_id=self._channel.id, send=send
        )

    async def edit(self, message_id: int, text: str) -> None:
        """Replace a message's text."""
        with _writing():
            await self._channel.get_partial_message(message_id).edit(content=text)

    async def delete(self, message_id: int) -> None:
        """Delete a message."""
        with suppress(BoardGone), _writing():
            await self._channel.get_partial_message(message_id).delete()
        await self._journal.gone(message_id)


class DiscordRoom:
    """A server's voice channel, as an interview needs it."""

    def __init__(self, bot: SkillRally, channel: VoiceChannel, *, captions: CaptionPlace, asked_in: Any) -> None:
        self._bot = bot
        self._journal = bot.services.journal
        self._guild = channel.guild
        self._channel = channel
        # Threads hang below text channels; a command used elsewhere gets its captions beside the voices.
        threaded = captions == "thread" and isinstance(asked_in, discord.TextChannel)
        self._captions: CaptionPlace = "voice-chat" if captions == "thread" and not threaded else captions
        self._asked_in = asked_in
        self._thread: discord.Thread | None = None

    def check(self) -> None:
        """See whether the bot may do what the interview needs, before anything happens.

        Raises:
            MissingPermissions: If it may not.
        """
        if missing := lacking(self._channel):
            raise MissingPermissions(missing)
        if self._captions == "thread" and (missing := lacking(self._asked_in, THREAD_NEEDED)):
            raise MissingPermissions(missing, for_thread=True)

    async def connect(self, receiver: Receiver, on_change: Callable[[Change], None]) -> VoiceLink:
        """Join the voice channel."""
        try:
            return await self._channel.connect(
                cls=voice_client_for(receiver, on_change), timeout=JOIN_S, self_deaf=False, self_mute=True
            )
        except (discord.DiscordException, TimeoutError, OSError):
            raise CannotJoin from None

    def allowed(self, channel_id: int) -> bool:
        """Whether the bot has what it needs there."""
        channel = self._guild.get_channel(channel_id)
        return isinstance(channel, discord.VoiceChannel | discord.StageChannel) and not lacking(channel)

    def enter(self, channel_id: int) -> None:
        """Write there from now on."""
        channel = self._guild.get_channel(channel_id)
        if isinstance(channel, discord.VoiceChannel | discord.StageChannel):
            self._channel = channel

    def name_of(self, user_id: int) -> str:
        """The display name in this server; members in voice are known without asking for anybody else."""
        member = self._guild.get_member(user_id)
        return member.display_name if member is not None else "Somebody"

    def people(self, channel_id: int) -> frozenset[int]:
        """Who is in the channel, bots left out."""
        channel = self._guild.get_channel(channel_id)
        if not isinstance(channel, discord.VoiceChannel | discord.StageChannel):
            return frozenset()
        me = self._guild.me.id
        members = {user_id: self._guild.get_member(user_id) for user_id in channel.voice_states if user_id != me}
        return frozenset(user_id for user_id, member in members.items() if member is None or not member.bot)

    async def post_notice(self, status: Status) -> int:
        """Post the notice."""

        async def send() -> int:
            with _writing():
                return (await self._channel.send(view=self._notice(status))).id

        return await self._journal.post(
            LiveKind.NOTICE, guild_id=self._guild.id, channel_id=self._channel.id, send=send
        )

    async def update_notice(self, message_id: int, status: Status) -> None:
        """Bring the notice up to date."""
        with _writing():
            await self._channel.get_partial_message(message_id).edit(
                view=self._notice(status), allowed_mentions=_NOBODY
            )

    async def close_notice(self, message_id: int, status: Status) -> None:
        """Put the end card in its place."""
        with _writing():
            await self._channel.get_partial_message(message_id).edit(view=end_card(status), allowed_mentions=_NOBODY)
        # It names nobody any more.
        await self._journal.gone(message_id)
        if self._thread is not None:
            with suppress(BoardGone, BoardRefused, BoardBusy), _writing():
                await self._thread.edit(archived=True)

    async def delete_notice(self, message_id: int) -> None:
        """Delete it."""
        with suppress(BoardBusy):  # it still stands: the next start looks after it
            with suppress(BoardGone, BoardRefused), _writing():
                await self._channel.get_partial_message(message_id).delete()
            await self._journal.gone(message_id)

    async def caption_board(self) -> Board | None:
        """Where captions go."""
        if self._captions == "off":
            return None
        if self._captions == "thread":
            if self._thread is None:
                self._thread = await self._start_thread()
            return ChannelBoard(self._thread, self._journal)
        return ChannelBoard(self._channel, self._journal)

    async def _start_thread(self) -> discord.Thread:
        with _writing():
            return await self._asked_in.create_thread(name=replies.THREAD_NAME, type=discord.ChannelType.public_thread)

    def _notice(self, status: Status) -> ui.LayoutView:
        return notice(status, captions=self._captions, elsewhere=self._bot.services.speech_host)

    def caption_header(self, *, late: bool) -> str:
        """The line above the captions."""
        return replies.CAPTION_HEADER_LATE if late else replies.CAPTION_HEADER

    def gap_mark(self, seconds: float) -> str:
        """What stands for missing words."""
        return replies.gap(seconds)
