"""Sentences in the reader's language, and what commands are called in it.

    words = words_of(interaction)     the person's own choice, else the language of their Discord
    words = words_in(guild.preferred_locale)    what everybody in a channel sees
    words("interview-started", channel="<#1>")  -> str

To add an area, say `feedback`: write `config/locales/en/feedback.ftl`, the same in `de` and `uk`, and use the keys.
Every key begins with `feedback-`, or is the name of a command of that area. Nothing is registered; the tests find a key
that one language lacks, that nobody uses, or whose values differ. A key that the code puts together is an f-string that
begins with its area: f"feedback-depth-{depth}".

    feedback-cost = It costs { $tokens ->
            [one] one token
           *[other] { $tokens } tokens
        } at { $host }.
    feedback-depth = Depth
        .hint = How much of it                 an attribute: words("feedback-depth.hint")

A continued line may not begin with `*`, `[` or `.`: begin such a sentence on the line of its key, or with {""}. Numbers
go in as numbers; ids and what is not counted as text. `words.listed([...])` puts "and" between names, `moment(at)` a
time as each reader's Discord shows it.

A command is a message of its own, with what Discord shows while somebody types. Its English is what the decorators say:
a test compares them. Names of commands and parameters are the same in every language, so that what people tell each
other and what the sentences say (`/transcript view`) can be typed by everybody; `.name` is for context menus.

    cmd-feedback =                             the group: what is shown is its description
        .description = Feedback on what you said
    cmd-feedback-request =
        .description = Ask for feedback
        .param-depth = How much of it          described by the name that people see
        .choice-depth-short = a few lines      by parameter and value; characters but letters and digits are "-"
    cmd-remove-my-line =                       a context menu
        .name = Remove my line
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.app_commands import TranslationContextLocation as Place

from config.sentences import ENGLISH, Words, languages, nearest, words_of_language

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from bot.client import SkillRally

__all__ = ["Words", "moment", "setup", "words_in", "words_of"]

AnyCommand = app_commands.Command[Any, ..., Any] | app_commands.Group | app_commands.ContextMenu


def words_of(interaction: discord.Interaction[Any]) -> Words:
    """Return the sentences in the language of whoever sent *interaction*: their choice, else their Discord's."""
    user: Any = interaction.user
    # discord.py checks neither that there is somebody nor that a number is one of Discord's.
    if not isinstance(user, (discord.User, discord.Member)) or not 0 <= user.id < 1 << 64:
        return words_in(interaction.locale)
    return words_in(interaction.client.services.language_of(user.id) or interaction.locale)


def words_in(locale: discord.Locale | str | None) -> Words:
    """Return the sentences in a language, as Discord or a person names it; in English if there are none in it."""
    # A language that discord.py does not know is an object of its own making, whose value may be of any type.
    named: object = locale.value if isinstance(locale, discord.Locale) else getattr(locale, "value", locale)
    return words_of_language(nearest(named if isinstance(named, str) else None))


def moment(at: datetime, style: str = "f") -> str:
    """A time as each reader's Discord shows it; "D" is a day, "f" a day and a time, "R" how long until then."""
    return f"<t:{int(at.timestamp())}:{style}>"


def key_of(command: AnyCommand) -> str:
    """The message that says what a command is called: "cmd-transcript-save"."""
    return f"cmd-{_slug(command.qualified_name)}"


def choice_key(parameter: str, value: object) -> str:
    """The attribute that says what a choice is called: "choice-captions-voice-chat"."""
    return f"choice-{_slug(parameter)}-{_slug(str(value))}"


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def every_command(tree: app_commands.CommandTree[Any]) -> list[AnyCommand]:
    """Every command, group and context menu."""
    found: list[AnyCommand] = list(tree.walk_commands())
    for kind in (discord.AppCommandType.message, discord.AppCommandType.user):
        found += tree.walk_commands(type=kind)
    return found


class Translator(app_commands.Translator):
    """What commands, parameters and choices are called, from the same files."""

    def __init__(self, tree: app_commands.CommandTree[Any]) -> None:
        self._tree = tree
        # Discord has thirty languages, and each word of each command is asked for in all of them.
        named = {str(locale): words_in(locale) for locale in discord.Locale}
        self._words = {locale: words for locale, words in named.items() if words.language != ENGLISH}
        self._choices: dict[int, tuple[object, str]] = {}

    async def translate(
        self,
        string: app_commands.locale_str,  # noqa: ARG002 - the place says which it is
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Return what *string* is in another language, or None where it stays as it is."""
        words = self._words.get(locale.value)
        if words is None:
            return None
        key = self._key(context)
        return words(key) if key is not None and words.has(key) else None

    def _key(self, context: app_commands.TranslationContextTypes) -> str | None:
        data: Any = context.data
        match context.location:
            case Place.command_name | Place.group_name:
                # Slash commands are called the same everywhere; a context menu is a label.
                return f"{key_of(data)}.name" if isinstance(data, app_commands.ContextMenu) else None
            case Place.command_description | Place.group_description:
                return f"{key_of(data)}.description"
            case Place.parameter_description:
                return f"{key_of(data.command)}.param-{_slug(data.display_name)}"
            case Place.choice_name:
                return self._choice(data)
            case _:
                return None

    def _choice(self, choice: app_commands.Choice[Any]) -> str | None:
        # A choice does not know whose it is, so whose it is is looked up. Each is kept, so that no id comes twice.
        if id(choice) not in self._choices:
            self._choices = {id(each): (each, key) for each, key in _choices(self._tree)}
        found = self._choices.get(id(choice))
        return found[1] if found is not None else None


def _choices(tree: app_commands.CommandTree[Any]) -> Iterator[tuple[app_commands.Choice[Any], str]]:
    for command in every_command(tree):
        if isinstance(command, app_commands.Command):
            for parameter in command.parameters:
                for choice in parameter.choices:
                    yield choice, f"{key_of(command)}.{choice_key(str(parameter.display_name), choice.value)}"


async def setup(bot: SkillRally) -> None:
    """Read the files, before anybody waits for a sentence, and name the commands; the client calls this."""
    for language in await asyncio.to_thread(languages):
        await asyncio.to_thread(words_of_language, language)
    await bot.tree.set_translator(Translator(bot.tree))
