"""`/interview`: begin, take part, ask, answer, end; every button does the same as a command."""

from __future__ import annotations

import contextlib
import logging
from functools import partial
from typing import TYPE_CHECKING, Any, cast

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
    Restarting,
    UserMistake,
)
from bot.interview.captions import BoardBusy, BoardGone, BoardRefused, escape
from bot.interview.course import OWN_LENGTH, Plan
from bot.interview.drafts import NOTES
from bot.interview.roles import Role
from bot.interview.session import Stopped
from cogs import interview_replies as says
from cogs import replies
from cogs.consent import occasion, withdraw
from cogs.faults import failed
from cogs.locales import words_in, words_of
from cogs.panel import (
    MARK,
    AnswerForm,
    ConsentForm,
    DiscordRoom,
    InterviewButton,
    LineMenu,
    answer,
    in_time,
    line_menu,
    nick_of,
    text_with,
    unmarked,
)
from cogs.questions import own_questions
from cogs.rules import may_join, may_start
from config.questions import InterviewType, Level
from storage.errors import OptedOut, StorageError
from storage.ledger import Purpose
from storage.live_messages import LiveKind

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator, Sequence

    from bot.client import SkillRally
    from bot.interview.drafts import Draft
    from bot.interview.session import Interview as Session
    from config.questions import Question
    from config.settings import CaptionPlace
    from storage.live_messages import Standing

log = logging.getLogger(__name__)

Interaction = discord.Interaction[Any]

OPEN = "open"
"""Any kind of question."""

LANGUAGES = {"en": "English", "de": "Deutsch", "uk": "Українська"}
"""In which an interview can be held, as they call themselves."""

CHOICES = 25
"""The most that Discord offers. Source: its API reference, "Autocomplete"."""

CHOICE_CHARACTERS = 100

ROLES = [app_commands.Choice(name=role.value, value=role.value) for role in Role]

REMEMBERED = 1_000
"""Of so many interactions it is known that they had their effect.

Discord delivers one again within seconds, if ever.
"""

TYPED_CHARACTERS = 3_000
"""Of what somebody typed into a form that is not open any more, in one answer; Discord takes 4,000."""

DRAFT_ACTIONS = frozenset({"draft", "save", "withdraw", "forget"})
"""Buttons that still do something after the end."""


class Delivered(Exception):
    """A copy of an interaction that had its effect."""


@app_commands.guild_only()
class Interview(commands.GroupCog, group_name="interview", group_description="Practise a job interview by voice"):
    """The interview of this server."""

    def __init__(self, bot: SkillRally, left: Sequence[Standing] = ()) -> None:
        self._bot = bot
        self._interviews = bot.services.interviews
        self._ledger = bot.services.stores.ledger
        self._delivered: dict[int, None] = {}
        self._channels_left = {(each.guild_id, each.channel_id) for each in left if each.kind is LiveKind.NOTICE}
        super().__init__()

    # -- beginning and ending -------------------------------------------------------------------------------------

    @app_commands.command(description="Start an interview in the voice channel you are in")
    @app_commands.rename(kind="type")
    @app_commands.describe(
        kind="Which questions are asked; any, unless you say",
        role="What you are in it; the candidate, unless you say",
        level="For how much experience; any, unless you say",
        questions="How many questions; 0 if you bring your own, 5 unless you say",
        minutes="How long it should take; 0 for no limit, 45 unless you say. A reminder, no end",
        language="Of notice and questions, and the one that is spoken",
        captions="Where the words appear while people speak",
        silence="Practising alone: the next question comes after so many seconds of silence",
    )
    @app_commands.choices(
        kind=[
            *(app_commands.Choice(name=kind.value.replace("-", " "), value=kind.value) for kind in InterviewType),
            app_commands.Choice(name="any kind", value=OPEN),
        ],
        role=ROLES,
        level=[app_commands.Choice(name=level.value, value=level.value) for level in Level],
        language=[app_commands.Choice(name=name, value=code) for code, name in LANGUAGES.items()],
        captions=[
            app_commands.Choice(name="in the voice channel's chat", value="voice-chat"),
            app_commands.Choice(name="in a thread here", value="thread"),
            app_commands.Choice(name="nowhere", value="off"),
        ],
    )
    async def start(
        self,
        interaction: Interaction,
        *,
        kind: app_commands.Choice[str] | None = None,
        role: app_commands.Choice[str] | None = None,
        level: app_commands.Choice[str] | None = None,
        questions: app_commands.Range[int, 0, 50] = 5,
        minutes: app_commands.Range[int, 0, 240] = 45,
        language: app_commands.Choice[str] | None = None,
        captions: app_commands.Choice[str] | None = None,
        silence: app_commands.Range[int, 10, 300] | None = None,
    ) -> None:
        """Join the caller's voice channel and put up the notice."""
        channel = _voice_channel_of(interaction)
        if channel is None:
            raise NotInChannel
        self._interviews.check(channel.guild.id)
        rules = self._bot.services.servers
        house, most_s = await may_start(interaction, rules, channel)
        settings = self._bot.services.settings
        place: CaptionPlace = captions.value if captions else settings.captions  # pyright: ignore[reportAssignmentType] - the choices above
        words = words_in(language.value if language else house.language or channel.guild.preferred_locale)
        plan = Plan(
            type=InterviewType(kind.value) if kind is not None and kind.value != OPEN else None,
            level=Level(level.value) if level is not None else None,
            questions=questions,
            minutes=minutes,
            role=Role(role.value) if role is not None else Role.CANDIDATE,
            language=words.language,
            spoken=_spoken(language, settings.allowed_languages),
            silence_s=float(silence or 0),
        )
        room = DiscordRoom(self._bot, channel, captions=place, asked_in=interaction.channel, words=words, house=house)
        room.check()
        await interaction.response.defer(ephemeral=True, thinking=True)
        session = await self._interviews.start(
            guild_id=channel.guild.id,
            channel_id=channel.id,
            host_id=interaction.user.id,
            room=room,
            plan=plan,
            bank=self._bot.services.bank,
            own=await self._own_questions(channel.guild.id, plan.language),
            keep_to=partial(rules.keep_to, settings=house, most_s=most_s),
        )
        mine = words_of(interaction)
        text = says.started(mine, channel.mention, session.mark)
        view = text_with(text, "join", "stop", interview_id=session.interview_id, words=mine)
        await interaction.followup.send(view=view, ephemeral=True)

    @app_commands.command(description="Take part: be heard in the running interview")
    @app_commands.rename(role="as")
    @app_commands.describe(role="What you are in it; what is missing, unless you say")
    @app_commands.choices(role=ROLES)
    async def join(self, interaction: Interaction, role: app_commands.Choice[str] | None = None) -> None:
        """Ask for consent, or join at once if it was given."""
        await self._join(interaction, self._running(interaction), Role(role.value) if role is not None else None)

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

    # -- practising -----------------------------------------------------------------------------------------------

    @app_commands.command(description="Ask a question: the next, another, the same again, or one of your choice")
    @app_commands.describe(
        action="What to do; the next question, unless you say", item="A question from the list, or your own words"
    )
    @app_commands.choices(
        action=[
            app_commands.Choice(name="next", value="next"),
            app_commands.Choice(name="skip this one", value="skip"),
            app_commands.Choice(name="repeat", value="repeat"),
            app_commands.Choice(name="ask a follow-up", value="follow-up"),
        ]
    )
    async def question(
        self,
        interaction: Interaction,
        action: app_commands.Choice[str] | None = None,
        item: app_commands.Range[str, 1, OWN_LENGTH] | None = None,
    ) -> None:
        """Put a question up."""
        session = self._running(interaction)
        if item is not None:
            self._must_ask(interaction, session)
            asked = session.choose_question(item)
            await answer(interaction, words_of(interaction)("interview-asked" if asked else "interview-no-question"))
            return
        which = action.value if action is not None else "next"
        await self._ask(interaction, session, "followup" if which == "follow-up" else which)

    @question.autocomplete("item")
    async def _questions(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        session = self._interviews.of(interaction.guild_id or 0)
        if session is None or not session.may_ask(interaction.user.id):
            return []
        found = session.course.find(typed, limit=CHOICES)
        return [app_commands.Choice(name=_short(each.text), value=each.id) for each in found]

    @app_commands.command(description="Candidate and interviewer change places")
    async def swap(self, interaction: Interaction) -> None:
        """Exchange the roles."""
        session = self._running(interaction)
        self._must_ask(interaction, session)
        words = words_of(interaction)
        await answer(interaction, words("interview-swapped" if session.swap() else "interview-nobody-to-swap"))

    @app_commands.command(description="Set the reminder for this question")
    @app_commands.describe(minutes="From now on; 0 for no reminder")
    async def timer(self, interaction: Interaction, minutes: app_commands.Range[int, 0, 60]) -> None:
        """Remind later, or not at all."""
        session = self._running(interaction)
        self._must_ask(interaction, session)
        words = words_of(interaction)
        if session.course.question is None:
            raise UserMistake(words("interview-no-question"))
        session.set_timer(minutes)
        text = words("interview-timer-set", minutes=minutes) if minutes else words("interview-timer-off")
        await answer(interaction, text)

    @app_commands.command(description="Write something down for yourself; only you ever see it")
    @app_commands.describe(text="What to remember")
    async def note(self, interaction: Interaction, text: app_commands.Range[str, 1, 1_000]) -> None:
        """Keep a note with the draft."""
        session = self._running(interaction)
        self._must_take_part(interaction, session)
        words = words_of(interaction)
        if not text.strip() or not session.note(interaction.user.id, text.strip()):
            raise UserMistake(words("interview-notes-full", most=NOTES))
        await answer(interaction, words("interview-noted"))

    @app_commands.command(name="answer", description="Type an answer instead of speaking")
    async def type_answer(self, interaction: Interaction) -> None:
        """Open the form."""
        await self._type(interaction, self._running(interaction))

    @app_commands.command(name="draft", description="Read your last interview once more; it is kept for half an hour")
    async def read(self, interaction: Interaction) -> None:
        """Show the newest draft in which the caller took part."""
        await self._show_draft(interaction, self._interviews.drafts.of(interaction.user.id))

    @app_commands.command(description="Remove all your lines from captions and draft")
    async def forget(self, interaction: Interaction) -> None:
        """Take back what the caller said, in the interview that runs or else in the last one."""
        session = self._interviews.of(interaction.guild_id or 0)
        if session is not None and not session.takes_part(interaction.user.id):
            session = None
        # Wherever it was held: what is forgotten is shown to nobody.
        held = self._interviews.drafts.of(interaction.user.id)
        if session is None and held is None:
            raise UserMistake(words_of(interaction)("interview-lines-none"))
        if held is not None and session is None:
            held.remove(interaction.user.id)
        await self._forget(interaction, session, "")

    # -- buttons and menus ----------------------------------------------------------------------------------------

    async def pressed(self, interaction: Interaction, action: str, interview_id: str) -> None:
        """A button of a notice or card was pressed."""
        try:
            self._once(interaction)
            # Of this server: what is said elsewhere is nobody's business here, whatever id comes along.
            session = self._interviews.of(interaction.guild_id or 0)
            if session is not None and session.interview_id != interview_id:
                session = None
            if action in DRAFT_ACTIONS:
                await self._pressed_after(interaction, action, session, interview_id)
            elif session is None:
                await answer(interaction, words_of(interaction)("interview-over"))
            else:
                await self._pressed_during(interaction, action, session)
        except Exception as error:  # noqa: BLE001 - whatever happened, the person who pressed gets an answer
            await self._explain(interaction, error)

    async def _pressed_during(self, interaction: Interaction, action: str, session: Session) -> None:
        if action in {"next", "skip", "repeat", "followup"}:
            await self._ask(interaction, session, action)
            return
        do: dict[str, Callable[[Interaction, Session], Awaitable[None]]] = {
            "join": self._join,
            "leave": self._leave,
            "pause": self._pause,
            "resume": self._resume,
            "stop": self._stop,
            "status": self._status,
            "privacy": self._privacy,
            "answer": self._type,
        }
        await do[action](interaction, session)

    async def _pressed_after(
        self, interaction: Interaction, action: str, session: Session | None, interview_id: str
    ) -> None:
        if action == "draft":
            await self._show_draft(interaction, self._held(interaction, interview_id))
        elif action == "save":
            transcripts: Any = self._bot.get_cog("Transcript")
            await transcripts.pressed(interaction, self._held(interaction, interview_id))
        elif action == "withdraw":
            await self._withdraw(interaction)
        else:
            await self._forget(interaction, session, interview_id)

    async def remove_line(self, interaction: Interaction, message: discord.Message) -> None:
        """Somebody wants one of her lines out of the captions *message*."""
        try:
            words = words_of(interaction)
            session = self._interviews.of(interaction.guild_id or 0)
            shown = session.captions.message_id if session is not None and session.captions is not None else None
            if session is None or shown != message.id:
                raise UserMistake(words("interview-lines-not-captions"))  # noqa: TRY301 - said where all of it is said
            lines = session.lines_of(interaction.user.id)
            if not lines:
                raise UserMistake(words("interview-lines-none"))  # noqa: TRY301 - likewise
            view = line_menu(words, lines, interview_id=session.interview_id)
            await interaction.response.send_message(view=view, ephemeral=True)
        except Exception as error:  # noqa: BLE001 - as in `pressed`
            await self._explain(interaction, error)

    async def chosen(self, interaction: Interaction, interview_id: str, values: Sequence[str]) -> None:
        """A line was chosen that should go."""
        try:
            self._once(interaction)
            words = words_of(interaction)
            session = self._interviews.of(interaction.guild_id or 0)
            if session is not None and session.interview_id != interview_id:
                session = None
            held = session.draft if session is not None else self._held(interaction, interview_id)
            start_s = _seconds(values)
            if held is None or start_s is None:
                raise UserMistake(words("interview-over"))  # noqa: TRY301 - said where all of it is said
            user_id = interaction.user.id
            gone = session.take_back(user_id, start_s) if session is not None else held.drop(user_id, start_s)
            await answer(interaction, words("interview-line-removed" if gone else "interview-line-gone"))
        except Exception as error:  # noqa: BLE001 - as in `pressed`
            await self._explain(interaction, error)

    async def cog_app_command_error(
        self, interaction: Interaction, error: app_commands.AppCommandError | Exception
    ) -> None:
        """Say what went wrong, and what to do."""
        await self._explain(interaction, error)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Take down the marks that a killed bot left."""
        for guild in self._bot.guilds:
            me = guild.me
            if self._interviews.of(guild.id) is not None:
                continue
            try:
                if nick_of(me).startswith(MARK):
                    await me.edit(nick=unmarked(nick_of(me), me.global_name or me.name))
                await self._clear_status(guild)
            except discord.HTTPException as refused:
                log.warning("a mark that was left could not be taken down", extra={"code": refused.code})
        self._channels_left.clear()

    @commands.Cog.listener()
    async def on_interaction(self, interaction: Interaction) -> None:
        """Answer a form that lay open for too long, or that an earlier process opened; nobody else would."""
        if interaction.type is not discord.InteractionType.modal_submit or interaction.response.is_done():
            return
        data: Any = interaction.data
        state: Any = interaction.client._connection  # noqa: SLF001 - nothing else knows which forms are open
        if data["custom_id"] in state._view_store._modals:  # noqa: SLF001 - likewise
            return
        typed = escape("\n\n".join(_typed(data.get("components"))))[:TYPED_CHARACTERS]
        text = words_of(interaction)("interview-form-over")
        with contextlib.suppress(discord.HTTPException):  # a copy of one that was answered
            await answer(interaction, f"{text}\n>>> {typed}" if typed else text)

    async def _clear_status(self, guild: discord.Guild) -> None:
        # Only where the name could not be marked; elsewhere the status is somebody else's.
        if guild.me.guild_permissions.change_nickname:
            return
        for guild_id, channel_id in self._channels_left:
            channel = guild.get_channel(channel_id)
            if guild_id != guild.id or not isinstance(channel, discord.VoiceChannel):
                continue
            may = channel.permissions_for(guild.me)
            # Outside of the call it takes more to change it. Discord drops it when the last one has left.
            if may.set_voice_channel_status and may.manage_channels:
                await channel.edit(status=None)

    # -- what they do ---------------------------------------------------------------------------------------------

    async def _join(self, interaction: Interaction, session: Session, role: Role | None = None) -> None:
        words = words_of(interaction)
        if session.stopped is not None:
            await answer(interaction, words("interview-over"))
            return
        _must_be_in(interaction, session)
        user_id = interaction.user.id
        age = await may_join(interaction, self._bot.services.servers)
        if self._ledger.allowed(user_id, Purpose.TRANSCRIBE) and await self._old_enough(user_id, age):
            await self._admit(interaction, session, role, captions=self._ledger.allowed(user_id, Purpose.CAPTIONS))
            return

        async def answered(reply: Interaction, purposes: frozenset[Purpose], of_age: bool) -> None:  # noqa: FBT001 - called by the form alone
            try:
                await self._agreed(reply, session, role, purposes, form.shown, age=age if of_age else None)
            except Exception as error:  # noqa: BLE001 - as in `pressed`
                await self._explain(reply, error)

        form = ConsentForm(words, answered, elsewhere=self._bot.services.speech_host, age=age)
        await interaction.response.send_modal(form)

    async def _old_enough(self, user_id: int, age: int) -> bool:
        """Whether they attested it, where a server asks for more than everybody attests."""
        if age <= replies.ADULT_AGE:
            return True
        said = (each.detail.get("attested_age") or 0 for each in await self._ledger.history(user_id) if each.given)
        return max(said, default=0) >= age

    async def _agreed(
        self,
        interaction: Interaction,
        session: Session,
        role: Role | None,
        purposes: frozenset[Purpose],
        shown: str,
        *,
        age: int | None,
    ) -> None:
        self._once(interaction)
        words = words_of(interaction)
        if age is None:
            await answer(interaction, words("consent-too-young"))
            return
        if Purpose.TRANSCRIBE not in purposes:
            await answer(interaction, words("interview-nothing-agreed"))
            return
        if session.stopped is not None:
            await answer(interaction, words("interview-over"))
            return
        how = occasion(interaction, "form", at=self._bot.services.clock.now(), shown=shown)
        await in_time(interaction, self._ledger.give(interaction.user.id, purposes, how, attested_age=age))
        # The form may have been open for minutes, and the yes have waited: what was asked before it is asked again.
        _must_be_in(interaction, session)
        if await may_join(interaction, self._bot.services.servers) > age:
            raise UserMistake(words("interview-not-taking-part"))
        await self._admit(interaction, session, role, captions=Purpose.CAPTIONS in purposes)

    async def _admit(self, interaction: Interaction, session: Session, role: Role | None, *, captions: bool) -> None:
        words, user_id = words_of(interaction), interaction.user.id
        # Nothing waits between this and the gate: whoever took it back meanwhile was not there to be dismissed.
        if not self._ledger.allowed(user_id, Purpose.TRANSCRIBE):
            if self._ledger.opted_out(user_id):
                raise OptedOut("this person is never to be heard")
            raise UserMistake(words("interview-not-taking-part"))
        captions = captions and self._ledger.allowed(user_id, Purpose.CAPTIONS)
        became = session.admit(user_id, captions=captions, role=role)
        shown = captions and session.captions is not None
        text = words("interview-joined", role=says.role(words, became), captions=shown)
        await answer(interaction, text, "leave", interview_id=session.interview_id)

    async def _leave(self, interaction: Interaction, session: Session) -> None:
        # Before anything that can wait or fail: from here on this person is not heard.
        took_part = session.dismiss(interaction.user.id, forget_words=False)
        words = words_of(interaction)
        if took_part:
            await answer(interaction, words("interview-left"), "forget", "withdraw", interview_id=session.interview_id)
        else:
            await answer(interaction, words("interview-not-taking-part"))

    async def _withdraw(self, interaction: Interaction) -> None:
        taken = await withdraw(interaction, frozenset(Purpose), self._bot.services, method="button")
        await answer(interaction, replies.withdrawn(words_of(interaction), taken))

    async def _forget(self, interaction: Interaction, session: Session | None, interview_id: str) -> None:
        if session is not None:
            session.dismiss(interaction.user.id, forget_words=True)
        elif (draft := self._held(interaction, interview_id)) is not None:
            draft.remove(interaction.user.id)
        await answer(interaction, words_of(interaction)("interview-forgotten"))

    async def _pause(self, interaction: Interaction, session: Session) -> None:
        _must_be_in(interaction, session)
        session.pause()
        await answer(interaction, words_of(interaction)("interview-paused"))

    async def _resume(self, interaction: Interaction, session: Session) -> None:
        _must_be_in(interaction, session)
        if not (_hosts(interaction, session) or session.takes_part(interaction.user.id)):
            raise UserMistake(words_of(interaction)("interview-only-taking-part"))
        session.resume()
        await answer(interaction, words_of(interaction)("interview-resumed"))

    async def _stop(self, interaction: Interaction, session: Session) -> None:
        if not _hosts(interaction, session):
            raise NotAllowed
        session.stop(Stopped.ASKED if interaction.user.id == session.host_id else Stopped.MODERATOR)
        await answer(interaction, words_of(interaction)("interview-stopping"))

    async def _status(self, interaction: Interaction, session: Session) -> None:
        _must_see(interaction, session)
        await answer(interaction, says.details(words_of(interaction), session.status()))

    async def _privacy(self, interaction: Interaction, session: Session) -> None:
        words = words_of(interaction)
        kept_s, elsewhere = session.draft.kept_s, self._bot.services.speech_host
        notice = says.notice(words, session.caption_place, kept_s=kept_s, elsewhere=elsewhere)
        actions = ("leave", "withdraw") if session.takes_part(interaction.user.id) else ()
        await answer(
            interaction, words("interview-privacy", notice=notice), *actions, interview_id=session.interview_id
        )

    async def _ask(self, interaction: Interaction, session: Session, action: str) -> None:
        self._must_ask(interaction, session)
        words = words_of(interaction)
        asked: Question | str | None = {
            "next": session.next_question,
            "skip": session.skip_question,
            "repeat": session.repeat_question,
            "followup": session.follow_up,
        }[action]()
        if asked:
            await answer(interaction, words("interview-asked"))
        elif action == "followup":
            raise UserMistake(words("interview-no-follow-up"))
        elif action == "repeat":
            raise UserMistake(words("interview-no-question"))
        else:
            planned = session.course.plan.questions
            last = action == "next" and session.course.number >= planned > 0
            raise UserMistake(words("interview-last" if last else "interview-no-more"))

    async def _type(self, interaction: Interaction, session: Session) -> None:
        self._must_take_part(interaction, session)

        async def answered(reply: Interaction, text: str) -> None:
            try:
                self._once(reply)
                if not text.strip():
                    raise UserMistake(words_of(reply)("interview-no-question"))  # noqa: TRY301 - as elsewhere
                if session.stopped is not None:
                    raise UserMistake(words_of(reply)("interview-over"))  # noqa: TRY301 - likewise
                self._must_take_part(reply, session)
                session.type_answer(reply.user.id, text.strip())
                await answer(reply, words_of(reply)("interview-answered"))
            except Exception as error:  # noqa: BLE001 - as in `pressed`
                await self._explain(reply, error)

        await interaction.response.send_modal(AnswerForm(words_of(interaction), answered))

    async def _show_draft(self, interaction: Interaction, draft: Draft | None) -> None:
        words = words_of(interaction)
        if draft is None or not draft.snippets or interaction.user.id not in draft.names:
            await answer(interaction, words("interview-no-draft"))
            return
        text = says.draft(words, draft, interaction.user.id)
        await answer(interaction, text, "forget", interview_id=draft.interview_id)

    # -- helpers --------------------------------------------------------------------------------------------------

    async def _own_questions(self, guild_id: int, language: str) -> list[Question]:
        try:
            return own_questions(await self._bot.services.stores.questions.of(guild_id), language)
        except StorageError:
            # An interview without them is better than none.
            log.warning("a server's own questions could not be read", exc_info=True)
            return []

    def _once(self, interaction: Interaction) -> None:
        """Note that an interaction is having its effect.

        A copy of "join" that comes after "leave" would have somebody heard again, one of "next" would skip a question.

        Raises:
            Delivered: If it had it before.
        """
        if interaction.id in self._delivered:
            raise Delivered
        self._delivered[interaction.id] = None
        if len(self._delivered) > REMEMBERED:
            del self._delivered[next(iter(self._delivered))]

    def _running(self, interaction: Interaction) -> Session:
        self._once(interaction)
        session = self._interviews.of(interaction.guild_id or 0)
        if session is None:
            raise NoInterview
        return session

    def _held(self, interaction: Interaction, interview_id: str) -> Draft | None:
        draft = self._interviews.drafts.get(interview_id)
        # The card of the end stands a moment before the last words are written down.
        ending = self._interviews.ending(interaction.user.id) if draft is None else None
        if ending is not None and ending.interview_id == interview_id:
            draft = ending
        return draft if draft is not None and draft.guild_id == interaction.guild_id else None

    @staticmethod
    def _must_ask(interaction: Interaction, session: Session) -> None:
        _must_be_in(interaction, session)
        if not session.may_ask(interaction.user.id):
            raise UserMistake(words_of(interaction)("interview-only-asking"))

    @staticmethod
    def _must_take_part(interaction: Interaction, session: Session) -> None:
        if not session.takes_part(interaction.user.id):
            raise UserMistake(words_of(interaction)("interview-join-first"))

    async def _explain(self, interaction: Interaction, error: Exception) -> None:
        if isinstance(error, app_commands.CommandInvokeError):
            error = error.original
        if isinstance(error, Delivered):
            return
        text = self._why(interaction, error)
        if text is None:
            words = words_of(interaction)
            text = failed(words, error, words("interview-failed"))
        try:
            await answer(interaction, text)
        except discord.HTTPException:
            log.warning("an answer could not be delivered", extra={"error": type(error).__name__})

    def _why(self, interaction: Interaction, error: Exception) -> str | None:
        words = words_of(interaction)
        if isinstance(error, UserMistake):
            return str(error)
        if isinstance(error, MissingPermissions):
            return says.missing_permissions(words, error.names, for_thread=error.for_thread)
        if isinstance(error, BoardRefused):
            return says.missing_permissions(words, ("send_messages",))
        if isinstance(error, NotInChannel) and self._interviews.of(interaction.guild_id or 0) is None:
            return words("interview-not-in-voice")
        key = next((key for kind, key in _SENTENCES.items() if isinstance(error, kind)), None)
        return words(key) if key is not None else None


_SENTENCES: dict[type[Exception], str] = {
    NotInChannel: "interview-not-here",
    InterviewRunning: "interview-running-already",
    NoInterview: "interview-none-running",
    NotAllowed: "interview-only-host",
    CannotJoin: "interview-cannot-join",
    Restarting: "interview-restarting",
    BoardGone: "interview-channel-gone",
    BoardBusy: "interview-busy",
    OptedOut: "consent-opted-out",
    app_commands.NoPrivateMessage: "interview-guild-only",
}


def _typed(component: object) -> Iterator[str]:
    """What somebody typed into a form, or a part of one; nothing where it has no form that is known."""
    match component:
        case list():
            for each in cast("list[object]", component):
                yield from _typed(each)
        case {"type": discord.ComponentType.text_input.value, "value": str(value)}:
            yield value
        case dict():
            parts = cast("dict[str, object]", component)
            yield from _typed(parts.get("component"))
            yield from _typed(parts.get("components"))
        case _:
            pass


def _spoken(language: app_commands.Choice[str] | None, allowed: Sequence[str]) -> str | None:
    """The language to decode in: the chosen one, if the operator allows it."""
    if language is None or (allowed and language.value not in allowed):
        return None
    return language.value


def _short(text: str) -> str:
    return text if len(text) <= CHOICE_CHARACTERS else f"{text[: CHOICE_CHARACTERS - 1]}…"


def _seconds(values: Sequence[str]) -> float | None:
    try:
        return float(values[0])
    except (IndexError, ValueError):
        return None


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
    """Register the commands, the buttons and the menus; the client calls this."""
    cog = Interview(bot, await bot.services.journal.left())
    bot.add_dynamic_items(InterviewButton, LineMenu)
    await bot.add_cog(cog)
    menu = app_commands.ContextMenu(name="Remove my line", callback=cog.remove_line)
    bot.tree.add_command(app_commands.guild_only(menu))
