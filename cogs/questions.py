"""`/questions`: the bank that the program brings, a server's own questions beside it, and the days of practice.

list, random            for everybody
add, remove, import     for who manages the server, asked again whenever one of them is used
practice-streak         one's own days, only if one asks for it

/questions import  file -> read_drafts (in a thread) -> all of them, or one sentence about what is wrong
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any, Final, Literal, cast
from uuid import UUID

import discord
from discord import app_commands, ui
from discord.ext import commands

from bot.interview.captions import escape
from cogs.locales import Words, words_of
from cogs.panel import answer, in_time
from cogs.settings import explain
from config.questions import (
    COVERS,
    FILE_BYTES,
    FOLLOW_UPS,
    FOUND,
    MINUTES,
    POINT_LENGTH,
    TEXT_LENGTH,
    Draft,
    Fault,
    InterviewType,
    Level,
    Wrong,
    draft_of,
    fold,
    plain,
    read_drafts,
)
from storage.preferences import Streak
from storage.questions import PER_GUILD, TooManyQuestions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.client import SkillRally
    from config.questions import Question
    from storage.questions import Kept

Interaction = discord.Interaction[Any]

LISTED: Final = 10
"""Questions in one answer: Discord takes 4,000 characters, and each is shortened to `_LINE`."""

_LINE: Final = 160
_LABEL: Final = 100
_SUFFIXES: Final = {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".csv": "csv"}
_OWN: Final = "own:"
_DRAFT_MINUTES: Final = 5.0

TYPES: Final = [app_commands.Choice(name=each.value, value=each.value) for each in InterviewType]
LEVELS: Final = [app_commands.Choice(name=each.value, value=each.value) for each in Level]


def type_of(choice: app_commands.Choice[str] | None) -> InterviewType | None:
    """The type that somebody chose."""
    return None if choice is None else InterviewType(choice.value)


def level_of(choice: app_commands.Choice[str] | None) -> Level | None:
    """The level that somebody chose."""
    return None if choice is None else Level(choice.value)


def own_questions(kept: Sequence[Kept], language: str) -> list[Question]:
    """A server's own questions as the bank's are, with ids that begin with "own:"; what does not fit is left out."""
    questions: list[Question] = []
    for each in kept:
        try:
            draft = draft_of(dict(each.body))
        except Fault:
            continue  # written by a version with other bounds
        texts = draft.texts
        spoken = language if language in texts else next(iter(texts))
        questions.append(draft.in_language(spoken, identity=f"{_OWN}{each.id}"))
    return questions


class AddForm(ui.Modal):
    """Asks for the words of a question."""

    def __init__(self, cog: Questions, words: Words, fields: dict[str, object]) -> None:
        super().__init__(title=words("questions-form-title"), timeout=30 * 60)
        self._cog = cog
        self._fields = fields
        self._text: ui.TextInput[Any] = ui.TextInput(
            style=discord.TextStyle.paragraph, max_length=TEXT_LENGTH, custom_id="text"
        )
        self._covers: ui.TextInput[Any] = ui.TextInput(
            style=discord.TextStyle.paragraph, max_length=COVERS[1] * (POINT_LENGTH + 1), custom_id="covers"
        )
        self._follow_ups: ui.TextInput[Any] = ui.TextInput(
            style=discord.TextStyle.paragraph,
            max_length=FOLLOW_UPS[1] * (POINT_LENGTH + 1),
            required=False,
            custom_id="follow_ups",
        )
        self.add_item(ui.Label(text=words("questions-form-text"), component=self._text))
        self.add_item(
            ui.Label(
                text=words("questions-form-covers"),
                description=words("questions-form-covers.hint"),
                component=self._covers,
            )
        )
        self.add_item(ui.Label(text=words("questions-form-follow-ups"), component=self._follow_ups))

    async def on_submit(self, interaction: Interaction, /) -> None:
        """Keep it."""
        entry = self._fields | {
            "text": self._text.value,
            "covers": _lines(self._covers.value),
            "follow_ups": _lines(self._follow_ups.value),
        }
        try:
            await self._cog.added(interaction, entry)
        except Exception as error:  # noqa: BLE001 - whatever happened, the person gets an answer
            await explain(interaction, error)


@app_commands.guild_only()
class Questions(commands.GroupCog, group_name="questions", group_description="Questions to practise with"):
    """What can be asked."""

    def __init__(self, bot: SkillRally) -> None:
        self._bank = bot.services.bank
        self._own = bot.services.stores.questions
        self._preferences = bot.services.stores.preferences
        self._clock = bot.services.clock
        # Which question comes is no secret.
        self._random = random.Random()  # noqa: S311
        super().__init__()

    @app_commands.command(name="list", description="Look through the questions")
    @app_commands.describe(
        search="Words of the question, or a technology",
        type="What kind of interview",
        level="For how much experience",
        page="Which page",
    )
    @app_commands.choices(type=TYPES, level=LEVELS)
    async def list_(
        self,
        interaction: Interaction,
        search: app_commands.Range[str, 1, 100] | None = None,
        type: app_commands.Choice[str] | None = None,  # noqa: A002 - as people read it
        level: app_commands.Choice[str] | None = None,
        page: app_commands.Range[int, 1, 200] = 1,
    ) -> None:
        """Show a page of those that fit, the server's own first."""
        words = words_of(interaction)
        found = await self._fitting(interaction, search or "", type_of(type), level_of(level))
        if not found:
            await answer(interaction, words("questions-none"))
            return
        pages = -(-len(found) // LISTED)
        number = min(page, pages)
        lines = [words("questions-found", count=len(found))]
        lines += [_line(words, each) for each in found[(number - 1) * LISTED : number * LISTED]]
        if pages > 1:
            lines.append(words("questions-page", page=number, pages=pages))
        await answer(interaction, "\n".join(lines))

    @app_commands.command(name="random", description="A question to practise with, by chance")
    @app_commands.describe(type="What kind of interview", level="For how much experience")
    @app_commands.choices(type=TYPES, level=LEVELS)
    async def random_(
        self,
        interaction: Interaction,
        type: app_commands.Choice[str] | None = None,  # noqa: A002
        level: app_commands.Choice[str] | None = None,
    ) -> None:
        """Show a card with one that fits."""
        words = words_of(interaction)
        found = await self._fitting(interaction, "", type_of(type), level_of(level))
        if not found:
            await answer(interaction, words("questions-none"))
            return
        await answer(interaction, card(words, self._random.choice(found)))

    @app_commands.command(description="Add a question of this server; for who manages it")
    @app_commands.describe(
        type="What kind of interview",
        level="For how much experience",
        minutes="How long an answer may take",
        language="In which language it is written",
    )
    @app_commands.choices(
        type=TYPES,
        level=LEVELS,
        language=[
            app_commands.Choice(name="English", value="en"),
            app_commands.Choice(name="Deutsch", value="de"),
            app_commands.Choice(name="Українська", value="uk"),
        ],
    )
    async def add(
        self,
        interaction: Interaction,
        type: app_commands.Choice[str],  # noqa: A002
        level: app_commands.Choice[str],
        minutes: app_commands.Range[float, MINUTES[0], MINUTES[1]] = _DRAFT_MINUTES,
        language: app_commands.Choice[str] | None = None,
    ) -> None:
        """Ask for its words."""
        if not await self._may(interaction):
            return
        words = words_of(interaction)
        spoken = words.language if language is None else language.value
        fields: dict[str, object] = {
            "type": type.value,
            "level": level.value,
            "minutes": minutes,
            "language": spoken,
        }
        await interaction.response.send_modal(AddForm(self, words, fields))

    @app_commands.command(description="Take out a question of this server; for who manages it")
    @app_commands.describe(question="Which one")
    async def remove(self, interaction: Interaction, question: app_commands.Range[str, 1, 100]) -> None:
        """Delete one of the server's own."""
        if not await self._may(interaction):
            return
        words = words_of(interaction)
        try:
            identity = UUID(question.removeprefix(_OWN))
        except ValueError:
            await answer(interaction, words("questions-no-such"))
            return
        gone = await in_time(interaction, self._own.remove(_guild(interaction), identity, at=self._clock.now()))
        await answer(interaction, words("questions-removed" if gone else "questions-no-such"))

    @remove.autocomplete("question")
    async def offer_own(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        """The server's own questions that have what was typed so far."""
        if not interaction.permissions.manage_guild:
            return []
        kept = own_questions(await self._own.of(_guild(interaction)), words_of(interaction).language)
        hits = [each for each in kept if fold(typed) in fold(each.text)]
        return [app_commands.Choice(name=_short(each.text, _LABEL), value=each.id) for each in hits[:FOUND]]

    @app_commands.command(name="import", description="Add many questions from a file; for who manages this server")
    @app_commands.describe(file="YAML, JSON or CSV, at most 256 KiB and 200 questions; all are added or none")
    async def import_(self, interaction: Interaction, file: discord.Attachment) -> None:
        """Add what a file has, all of it or nothing."""
        if not await self._may(interaction):
            return
        words = words_of(interaction)
        kind = _SUFFIXES.get("." + file.filename.rpartition(".")[2].lower())
        if kind is None:
            await answer(interaction, words("questions-file-kind"))
            return
        if file.size > FILE_BYTES:
            await answer(interaction, fault(words, Fault(Wrong.TOO_LARGE, limit=str(FILE_BYTES // 1024))))
            return
        await interaction.response.defer(ephemeral=True)
        data = await file.read()
        try:
            drafts = await asyncio.to_thread(read_drafts, data, cast("Literal['yaml', 'json', 'csv']", kind))
        except Fault as wrong:
            await answer(interaction, fault(words, wrong))
            return
        await self._keep(interaction, drafts)

    @app_commands.command(name="practice-streak", description="Count the days you practise; only you see it")
    @app_commands.describe(counting="On or off; off forgets what was counted")
    @app_commands.choices(
        counting=[app_commands.Choice(name="on", value="on"), app_commands.Choice(name="off", value="off")]
    )
    async def practice_streak(self, interaction: Interaction, counting: app_commands.Choice[str] | None = None) -> None:
        """Show the caller's days, or switch counting on or off."""
        words = words_of(interaction)
        user_id, at = interaction.user.id, self._clock.now()
        preference = await self._preferences.of(user_id)
        if counting is not None and counting.value == "off":
            await in_time(interaction, self._preferences.change(user_id, at=at, streak=None))
            await answer(interaction, words("questions-streak-off"))
            return
        if preference.streak is None and counting is None:
            await answer(interaction, words("questions-streak-not-counted"))
            return
        if preference.streak is None:
            preference = await in_time(interaction, self._preferences.change(user_id, at=at, streak=Streak()))
        streak = preference.streak or Streak()
        if streak.last is None:
            await answer(interaction, words("questions-streak-empty"))
            return
        running = streak.running(preference.day(at))
        lines = [
            words("questions-streak-running", days=running) if running else words("questions-streak-over"),
            words("questions-streak-longest", days=streak.longest),
            words("questions-streak-total", days=streak.total),
            words("questions-streak-note"),
        ]
        await answer(interaction, "\n".join(lines))

    async def added(self, interaction: Interaction, entry: dict[str, object]) -> None:
        """Keep what the form had."""
        if not await self._may(interaction):
            return
        try:
            draft = draft_of(entry)
        except Fault as wrong:
            # The words come back with the answer: a form does not open with what was typed.
            words = words_of(interaction)
            await answer(interaction, f"{fault(words, wrong)}\n>>> {escape(str(entry['text']))}")
            return
        await self._keep(interaction, [draft])

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Forget the questions of a server that the bot has left: nobody there could take them out any more."""
        await self._own.forget_guild(guild.id)

    async def cog_app_command_error(
        self, interaction: Interaction, error: app_commands.AppCommandError | Exception
    ) -> None:
        """Say what went wrong, and what to do."""
        await explain(interaction, error)

    async def _keep(self, interaction: Interaction, drafts: Sequence[Draft]) -> None:
        words, guild_id = words_of(interaction), _guild(interaction)
        known = {fold(text) for each in await self._own.of(guild_id) for text in _texts_of(each)}
        for number, draft in enumerate(drafts, start=1):
            if any(fold(text) in known for text in draft.texts.values()):
                entry = number if len(drafts) > 1 else 0
                await answer(interaction, fault(words, Fault(Wrong.TWICE, entry=entry)))
                return
        try:
            kept = [plain(draft) for draft in drafts]
            await in_time(interaction, self._own.add(interaction.user.id, guild_id, kept, at=self._clock.now()))
        except TooManyQuestions:
            await answer(interaction, words("questions-too-many", count=PER_GUILD))
            return
        await answer(interaction, words("questions-added", count=len(drafts)))

    async def _fitting(
        self,
        interaction: Interaction,
        search: str,
        type: InterviewType | None,  # noqa: A002
        level: Level | None,
    ) -> list[Question]:
        language = words_of(interaction).language
        own = own_questions(await self._own.of(_guild(interaction)), language)
        wanted = fold(search).split()
        hits = [
            each
            for each in own
            if (type is None or each.type is type)
            and (level is None or each.level is level)
            and all(word in fold(each.text) for word in wanted)
        ]
        return hits + self._bank.find(search, type=type, level=level, limit=len(self._bank), language=language)

    async def _may(self, interaction: Interaction) -> bool:
        """Whether the caller manages the server now; Discord's own setting may have been changed for the command."""
        if interaction.permissions.manage_guild:
            return True
        await answer(interaction, words_of(interaction)("questions-not-allowed"))
        return False


def card(words: Words, question: Question) -> str:
    """A question with what helps to practise it; what a strong answer covers is hidden until it is pressed."""
    lines = [
        f"## {escape(question.text)}",
        words(
            "questions-card-kind",
            type=words(f"questions-type-{question.type.value}"),
            level=words(f"questions-level-{question.level.value}"),
            minutes=round(question.minutes),
        ),
    ]
    if question.covers:
        lines.append(words("questions-card-covers"))
        lines += [f"- ||{escape(point)}||" for point in question.covers]
    if question.follow_ups:
        lines.append(words("questions-card-follow-ups"))
        lines += [f"- ||{escape(each)}||" for each in question.follow_ups]
    return "\n".join(lines)


def fault(words: Words, wrong: Fault) -> str:
    """One sentence about what is wrong with a file or a form."""
    where = words("questions-fault-entry", entry=wrong.entry) + " " if wrong.entry else ""
    return where + words(f"questions-fault-{wrong.wrong.value}", field=escape(wrong.field), limit=wrong.limit)


def _line(words: Words, question: Question) -> str:
    kind = words(f"questions-type-{question.type.value}")
    level = words(f"questions-level-{question.level.value}")
    own = words("questions-own") + " · " if question.id.startswith(_OWN) else ""
    return f"- {escape(_short(question.text, _LINE))}\n  -# {own}{kind} · {level}"


def _short(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"


def _lines(text: str) -> list[str]:
    return [line.strip().lstrip("-•* ").strip() for line in text.splitlines() if line.strip(" -•*")]


def _texts_of(kept: Kept) -> list[str]:
    texts = kept.body.get("text")
    return [str(each) for each in cast("dict[str, object]", texts).values()] if isinstance(texts, dict) else []


def _guild(interaction: Interaction) -> int:
    if interaction.guild_id is None:
        raise app_commands.NoPrivateMessage
    return interaction.guild_id


async def setup(bot: SkillRally) -> None:
    """Register the commands; the client calls this."""
    await bot.add_cog(Questions(bot))
