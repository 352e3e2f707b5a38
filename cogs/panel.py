"""What people press: the notice and the question's card with their buttons, the forms, and the room of an interview.

Buttons carry what they do and for which interview in their id, so that one pressed after the interview, or after the
bot was started again, is still answered.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Self, TypeVar, cast

import aiohttp
import discord
from discord import ui

from bot.account import NEEDED, THREAD_NEEDED
from bot.errors import CannotJoin, MissingPermissions
from bot.interview.captions import DELETE_WAITS_S, BoardBusy, BoardGone, BoardRefused, escape, initials
from bot.interview.session import Mark, Pause
from bot.voice.client import JOIN_S, known_now, voice_client_for
from cogs import interview_replies as says
from cogs import replies
from cogs.locales import words_of
from storage.guilds import DEFAULTS
from storage.ledger import Purpose
from storage.live_messages import LiveKind
from storage.preferences import CaptionStyle

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator, Sequence
    from datetime import datetime

    from bot.client import SkillRally
    from bot.interview.captions import Board
    from bot.interview.session import Card, Status
    from bot.journal import LiveJournal
    from bot.voice.link import Change, VoiceLink
    from bot.voice.receiver import Receiver
    from cogs.locales import Words
    from config.settings import CaptionPlace
    from storage.guilds import GuildSettings
    from stt.engine import Snippet

VoiceChannel = discord.VoiceChannel | discord.StageChannel

BUTTON_PREFIX = "sr:"

ACTIONS = (
    *("join", "leave", "pause", "resume", "stop", "status", "privacy", "forget", "draft", "withdraw", "save"),
    *("next", "skip", "repeat", "followup", "answer"),
)

_STYLE = {
    "join": discord.ButtonStyle.success,
    "stop": discord.ButtonStyle.danger,
    "next": discord.ButtonStyle.primary,
}

MARK = "\N{LARGE RED CIRCLE} "
"""What stands before the bot's name while it may hear people."""

NICKNAME = 32
"""The longest nickname. Source: Discord's API reference, "Modify Current Member"."""

MARK_S = 5.0
"""How long Discord may take for a nickname; then the channel's status has to do."""

LINE_PREFIX = "sr:line:"

_Got = TypeVar("_Got")

SLOW_S = 0.7
"""What takes longer is announced, so that all is acknowledged within a second; Discord itself waits 3 s."""

_NOBODY = discord.AllowedMentions.none()
"""Said with every edit: discord.py leaves the client's own choice out when no content is edited."""


class InterviewButton(
    ui.DynamicItem[ui.Button[Any]],
    template=re.compile(rf"{BUTTON_PREFIX}(?P<action>{'|'.join(ACTIONS)}):(?P<id>[0-9a-f]{{12}})"),
):
    """A button of the notice."""

    def __init__(self, action: str, interview_id: str, words: Words) -> None:
        self.action = action
        self.interview_id = interview_id
        super().__init__(
            ui.Button(
                label=words(f"interview-button-{action}"),
                style=_STYLE.get(action, discord.ButtonStyle.secondary),
                custom_id=f"{BUTTON_PREFIX}{action}:{interview_id}",
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], _item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the button that was pressed from its id."""
        return cls(match["action"], match["id"], words_of(interaction))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the press to the commands, which do the same by name."""
        cog: Any = interaction.client.get_cog("Interview")
        await cog.pressed(interaction, self.action, self.interview_id)


class LineMenu(
    ui.DynamicItem[ui.Select[Any]],
    template=re.compile(rf"{LINE_PREFIX}(?P<id>[0-9a-f]{{12}})"),
):
    """Offers somebody her newest lines, of which she may take one back."""

    def __init__(self, interview_id: str, words: Words, lines: Sequence[Snippet] = ()) -> None:
        self.interview_id = interview_id
        options = [
            discord.SelectOption(
                label=_cut(" ".join(line.text.split()), OPTION_CHARACTERS),
                value=repr(line.start_s),
                description=f"{int(line.start_s) // 60:02}:{int(line.start_s) % 60:02}",
            )
            for line in lines
        ]
        super().__init__(
            ui.Select(
                custom_id=f"{LINE_PREFIX}{interview_id}",
                placeholder=words("interview-lines-placeholder"),
                options=options or [discord.SelectOption(label="-")],
            )
        )

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the menu that was used from its id, with what was chosen."""
        made = cls(match["id"], words_of(interaction))
        made.item = cast("ui.Select[Any]", item)
        return made

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Hand the choice on."""
        cog: Any = interaction.client.get_cog("Interview")
        await cog.chosen(interaction, self.interview_id, self.item.values)


OPTION_CHARACTERS = 100


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}…"


class AnswerForm(ui.Modal):
    """Takes an answer that is typed instead of spoken."""

    def __init__(self, words: Words, answered: Callable[[discord.Interaction[Any], str], Any]) -> None:
        super().__init__(title=words("interview-answer-title"), timeout=30 * 60)
        self._answered = answered
        self._text: ui.TextInput[Any] = ui.TextInput(
            custom_id="text", style=discord.TextStyle.paragraph, min_length=1, max_length=ANSWER_CHARACTERS
        )
        self.add_item(
            ui.Label(
                text=words("interview-answer-label"),
                description=words("interview-answer-label.hint"),
                component=self._text,
            )
        )

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Pass on what was typed."""
        await self._answered(interaction, self._text.value)


ANSWER_CHARACTERS = 2_000


def buttons(*actions: str, interview_id: str, words: Words) -> ui.ActionRow[Any]:
    """A row of buttons."""
    row: ui.ActionRow[Any] = ui.ActionRow()
    for action in actions:
        row.add_item(cast("ui.Item[Any]", InterviewButton(action, interview_id, words)))
    return row


def notice(
    words: Words, status: Status, *, captions: CaptionPlace, elsewhere: str = "", line: str = ""
) -> ui.LayoutView:
    """The notice of a running interview.

    Args:
        words: The language.
        status: How it stands.
        captions: Where captions appear.
        elsewhere: The host that speech is sent to, if it leaves the machine.
        line: What the server wants to be read there, as it was written.
    """
    own = [ui.TextDisplay[Any](escape(line))] if line else []
    paused = bool(status.pauses)
    view = ui.LayoutView(timeout=None)
    view.add_item(
        ui.Container(
            ui.TextDisplay(says.headline(words, status)),
            ui.TextDisplay(says.notice(words, captions, kept_s=status.kept_s, elsewhere=elsewhere)),
            *own,
            ui.Separator(),
            ui.TextDisplay(says.roster(words, status)),
            buttons(
                "join",
                "leave",
                "resume" if Pause.ASKED in status.pauses else "pause",
                "status",
                "privacy",
                interview_id=status.interview_id,
                words=words,
            ),
            buttons("stop", interview_id=status.interview_id, words=words),
            accent_colour=discord.Colour.light_grey() if paused else discord.Colour.red(),
        )
    )
    return view


def question_card(words: Words, card: Card) -> ui.LayoutView:
    """The question that stands, with what can be done about it."""
    actions = ["next", "skip", "repeat"]
    if card.question is None:
        actions = ["next"]
    elif card.finished:
        actions = ["repeat"]
    if card.follow_ups_left:
        actions.append("followup")
    view = ui.LayoutView(timeout=None)
    view.add_item(
        ui.Container(
            *cast("list[ui.Item[Any]]", [ui.TextDisplay(part) for part in says.card(words, card)]),
            buttons(*actions, "answer", interview_id=card.interview_id, words=words),
            accent_colour=discord.Colour.blurple(),
        )
    )
    return view


def end_card(words: Words, status: Status, *, save_by: datetime | None = None) -> ui.LayoutView:
    """What remains of the notice; *save_by* is when a bot that is being restarted forgets the text."""
    view = ui.LayoutView(timeout=None)
    view.add_item(
        ui.Container(
            ui.TextDisplay(says.ended(words, status, save_by=save_by)),
            buttons("draft", "save", interview_id=status.interview_id, words=words),
        )
    )
    return view


def text_with(text: str, *actions: str, interview_id: str, words: Words) -> ui.LayoutView:
    """A short text with buttons."""
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(text))
    if actions:
        view.add_item(buttons(*actions, interview_id=interview_id, words=words))
    return view


def line_menu(words: Words, lines: Sequence[Snippet], *, interview_id: str) -> ui.LayoutView:
    """Asks somebody which of these lines should go."""
    row: ui.ActionRow[Any] = ui.ActionRow()
    row.add_item(cast("ui.Item[Any]", LineMenu(interview_id, words, lines)))
    view = ui.LayoutView(timeout=None)
    view.add_item(ui.TextDisplay(words("interview-lines-choose")))
    view.add_item(row)
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
        age: int = replies.ADULT_AGE,
    ) -> None:
        super().__init__(title=title or words("consent-title-join"), timeout=10 * 60)
        self._answered = answered
        keys = [(purpose, replies.purpose_key(purpose)) for purpose in purposes]
        boxes = [(purpose, words(key), words(f"{key}.hint")) for purpose, key in keys]
        intro = intro or replies.modal_intro(words, elsewhere)
        label, hint = words("consent-purposes"), words("consent-purposes.hint")
        asked = words("consent-age"), words("consent-age.hint", age=age), words("consent-age.option")
        self.shown = "\n".join([self.title, intro, label, hint, *(t for box in boxes for t in box[1:]), *asked])
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
            options=[discord.CheckboxGroupOption(label=asked[2], value="yes")],
        )
        self.add_item(ui.TextDisplay(intro))
        self.add_item(ui.Label(text=label, description=hint, component=self._purposes))
        self.add_item(ui.Label(text=asked[0], description=asked[1], component=self._age))

    async def on_submit(self, interaction: discord.Interaction[Any], /) -> None:
        """Pass on what was ticked."""
        ticked = frozenset(Purpose(value) for value in self._purposes.values if value in set(Purpose))
        await self._answered(interaction, ticked, "yes" in self._age.values)


async def in_time(
    interaction: discord.Interaction[Any], doing: Coroutine[Any, Any, _Got], *, thinking: bool = True
) -> _Got:
    """What *doing* gives. If it takes long, because a database is busy, Discord is told to wait for the answer.

    It is begun before anything else, so what it does before its first wait is done at once. Without *thinking* what is
    waited for is a change of the message that was pressed on: see `change`.
    """
    got: list[_Got] = []
    failed: list[Exception] = []

    async def do() -> None:
        try:
            got.append(await doing)
        except Exception as error:  # noqa: BLE001 - raised again below, without the group around it
            failed.append(error)

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(do(), name="a command")
        await asyncio.wait({task}, timeout=SLOW_S)
        if not task.done() and not interaction.response.is_done():
            with suppress(discord.HTTPException):  # it goes on, whether or not somebody hears of it
                await interaction.response.defer(ephemeral=True, thinking=thinking)
    if failed:
        raise failed[0]
    return got[0]


async def change(interaction: discord.Interaction[Any], **changes: Any) -> None:
    """Change the message that was pressed on, whether or not Discord was told to wait."""
    if interaction.response.is_done():
        await interaction.edit_original_response(**changes)
    else:
        await interaction.response.edit_message(**changes)


async def answer(interaction: discord.Interaction[Any], text: str, *actions: str, interview_id: str = "") -> None:
    """Answer so that only this person sees it."""
    view = text_with(text, *actions, interview_id=interview_id, words=words_of(interaction))
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


def marked(name: str) -> str:
    """A nickname that shows that an interview runs."""
    return f"{MARK}{name}"[:NICKNAME].rstrip()


def nick_of(member: discord.Member) -> str:
    """The name that a member has in this server alone, or ""; discord.py takes anything for one."""
    return str(member.nick or "")


def unmarked(nickname: str, own_name: str) -> str | None:
    """The nickname that was there before `marked`, as far as it can be told; None for none."""
    former = nickname.removeprefix(MARK)
    return None if not former or own_name.startswith(former) else former


class DiscordRoom:
    """A server's voice channel, as an interview needs it."""

    def __init__(
        self,
        bot: SkillRally,
        channel: VoiceChannel,
        *,
        captions: CaptionPlace,
        asked_in: Any,
        words: Words,
        house: GuildSettings = DEFAULTS,
    ) -> None:
        self._bot = bot
        self._words = words
        self._house = house
        self._mark = Mark.NOTICE
        self._nickname = ""
        self._former: str | None = None
        self._mark_seen = False
        self._journal = bot.services.journal
        self._known_guild, self._known_channel = channel.guild, channel
        # Threads hang below text channels; a command used elsewhere gets its captions beside the voices.
        threaded = captions == "thread" and isinstance(asked_in, discord.TextChannel)
        self._captions: CaptionPlace = "voice-chat" if captions == "thread" and not threaded else captions
        self._asked_in = asked_in
        self._thread: discord.Thread | None = None

    @property
    def _guild(self) -> discord.Guild:
        """The server as it is known now."""
        self._known_guild = known_now(self._bot, self._known_guild)
        return self._known_guild

    @property
    def _channel(self) -> VoiceChannel:
        """The channel as it is known now."""
        now = self._guild.get_channel(self._known_channel.id)
        if isinstance(now, discord.VoiceChannel | discord.StageChannel):
            self._known_channel = now
        return self._known_channel

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
        if not self._house.allows(channel_id):
            return False
        channel = self._guild.get_channel(channel_id)
        return isinstance(channel, discord.VoiceChannel | discord.StageChannel) and not lacking(channel)

    def enter(self, channel_id: int) -> None:
        """Write there from now on."""
        channel = self._guild.get_channel(channel_id)
        if isinstance(channel, discord.VoiceChannel | discord.StageChannel):
            self._known_channel = channel

    def name_of(self, user_id: int) -> str:
        """The display name in this server; members in voice are known without asking for anybody else."""
        member = self._guild.get_member(user_id)
        return member.display_name if member is not None else self._words("interview-somebody")

    def caption_name_of(self, user_id: int) -> str:
        """The display name, or its initials for somebody who chose them; a choice counts from the next words on."""
        name = self.name_of(user_id)
        style = self._bot.services.stores.preferences.known(user_id).captions
        return initials(name) if style is CaptionStyle.INITIALS else name

    def people(self, channel_id: int) -> frozenset[int]:
        """Who is in the channel, bots left out."""
        channel = self._guild.get_channel(channel_id)
        if not isinstance(channel, discord.VoiceChannel | discord.StageChannel):
            return frozenset()
        me = self._guild.me.id
        members = {user_id: self._guild.get_member(user_id) for user_id in channel.voice_states if user_id != me}
        return frozenset(user_id for user_id, member in members.items() if member is None or not member.bot)

    async def put_up_mark(self) -> Mark:
        """Mark the bot's own name, else the channel, if the bot may do either."""
        self._mark = Mark.NOTICE
        if await self._mark_name():
            self._mark = Mark.NICKNAME
        elif await self._mark_channel(self._words("interview-mark-status")):
            self._mark = Mark.STATUS
        return self._mark

    async def _mark_name(self) -> bool:
        me = self._guild.me
        if not me.guild_permissions.change_nickname:
            return False
        if not nick_of(me).startswith(MARK):
            self._former = nick_of(me) or None
        self._nickname, self._mark_seen = marked(self._former or me.global_name or me.name), False
        return await self._rename(self._nickname)

    async def _rename(self, nickname: str | None) -> bool:
        try:
            # discord.py waits for as long as Discord asks for, which for names can be minutes.
            async with asyncio.timeout(MARK_S):
                with _writing():
                    await self._guild.me.edit(nick=nickname)
        except (BoardRefused, BoardGone, TimeoutError):
            return False
        return True

    async def _mark_channel(self, text: str | None) -> bool:
        channel = self._channel
        if not isinstance(channel, discord.VoiceChannel):
            return False
        if not channel.permissions_for(self._guild.me).set_voice_channel_status:
            return False
        try:
            async with asyncio.timeout(MARK_S):
                with _writing():
                    await channel.edit(status=text)
        except (BoardRefused, BoardGone, TimeoutError):
            return False
        return True

    def mark_stands(self) -> bool:
        """Whether the bot's name still shows it; Discord tells nobody what a channel's status is."""
        if self._mark is not Mark.NICKNAME or self._guild.me.nick == self._nickname:
            self._mark_seen = True
            return True
        # The answer to our own request may be here before the name is.
        return not self._mark_seen

    async def take_down_mark(self) -> None:
        """Put back the name or status that was there before."""
        mark, self._mark = self._mark, Mark.NOTICE
        for wait_s in DELETE_WAITS_S if mark is not Mark.NOTICE else ():
            await asyncio.sleep(wait_s)
            with suppress(BoardBusy, AttributeError):  # who was put out of the server has no name there any more
                await (self._rename(self._former) if mark is Mark.NICKNAME else self._mark_channel(None))
                return

    async def post_card(self, card: Card) -> int:
        """Post the question's card."""
        return await self._post(question_card(self._words, card), _NOBODY)

    async def update_card(self, message_id: int, card: Card) -> None:
        """Bring the card up to date."""
        with _writing():
            await self._channel.get_partial_message(message_id).edit(
                view=question_card(self._words, card), allowed_mentions=_NOBODY
            )

    async def greet(self, user_id: int, interview_id: str) -> int:
        """Mention somebody who came later, with a button to join."""
        text = self._words("interview-greeting", who=f"<@{user_id}>")
        view = text_with(text, "join", "privacy", interview_id=interview_id, words=self._words)
        only_her = discord.AllowedMentions(everyone=False, roles=False, users=[discord.Object(user_id)])
        return await self._post(view, only_her)

    async def _post(self, view: ui.LayoutView, mentions: discord.AllowedMentions) -> int:
        async def send() -> int:
            with _writing():
                return (await self._channel.send(view=view, allowed_mentions=mentions)).id

        return await self._journal.post(
            LiveKind.NOTICE, guild_id=self._guild.id, channel_id=self._channel.id, send=send
        )

    async def delete_message(self, message_id: int) -> None:
        """Delete a card or greeting."""
        await self.delete_notice(message_id)

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
        services = self._bot.services
        save_by = services.ending.save_by(services.clock.now())
        with _writing():
            await self._channel.get_partial_message(message_id).edit(
                view=end_card(self._words, status, save_by=save_by), allowed_mentions=_NOBODY
            )
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

    @property
    def caption_place(self) -> CaptionPlace:
        """Where captions appear."""
        return self._captions

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
            return await self._asked_in.create_thread(
                name=self._words("interview-thread"), type=discord.ChannelType.public_thread
            )

    def _notice(self, status: Status) -> ui.LayoutView:
        return notice(
            self._words,
            status,
            captions=self._captions,
            elsewhere=self._bot.services.speech_host,
            line=self._house.notice,
        )

    def caption_header(self, *, late: bool) -> str:
        """The line above the captions."""
        return self._words("interview-captions-header-late" if late else "interview-captions-header")

    def gap_mark(self, seconds: float) -> str:
        """What stands for missing words."""
        return says.gap(self._words, seconds)
