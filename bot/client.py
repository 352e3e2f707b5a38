"""The Discord client: which events it asks for, what commands may use, and which files bring commands."""

from __future__ import annotations

import hashlib
import importlib
import json
import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.ext import commands

from bot.answering import ANSWERS_S, Answering
from bot.ending import Ending
from bot.telemetry.analytics import GROUPS
from bot.telemetry.analytics import Event as CountedEvent
from bot.telemetry.metrics import Acknowledgements, NoMetrics, kind_of

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, Coroutine

    import aiohttp
    from discord.app_commands import Command, ContextMenu
    from discord.state import ConnectionState

    from bot.clock import Clock, Witness
    from bot.feedback.desk import Desk
    from bot.feedback.rubric import Rubrics
    from bot.installation import Installation
    from bot.interview.interviews import Interviews
    from bot.journal import LiveJournal
    from bot.partners import Partners
    from bot.servers import Servers
    from bot.siblings import Siblings
    from bot.stores import Rights, Stores
    from bot.telemetry.analytics import Analytics
    from config.questions import Bank
    from config.settings import Settings

log = logging.getLogger(__name__)

EXTENSIONS = (
    "cogs.locales",
    "cogs.leftovers",
    "cogs.interview",
    "cogs.consent",
    "cogs.transcript",
    "cogs.feedback",
    "cogs.privacy",
    "cogs.settings",
    "cogs.questions",
    "cogs.queue",
    "cogs.mod",
    "cogs.admin",
    "cogs.owner",
    "cogs.help",
)
"""Every file that brings commands, by name: the client asks each for its `setup`, nothing else imports them."""


def _as_discord_says(_user_id: int) -> str | None:
    return None


@dataclass(frozen=True, slots=True)
class Services:
    """What commands may use.

    Attributes:
        stores: What is kept.
        rights: What people may demand of it.
        journal: What stands on Discord's servers.
        analytics: Where use is counted, of those who agreed to it.
        witness: What Discord says the time is.
        bank: The questions that the program brings.
        rubrics: What answers are judged by.
        installation: Where things are kept, and backups of them.
        partners: What became of the queue while nobody pressed anything.
        desk: Where feedback is asked for.
        servers: What servers allow.
        siblings: The other processes of this bot.
        speech_host: Where speech is sent to become text; empty if it stays on this machine.
        ending: Whether the bot is ending, and how to end it.
        acknowledgements: How fast people are answered; with it goes where numbers are kept.
        language_of: Which language somebody chose to be answered in, by their id; None if they leave it to Discord.
    """

    settings: Settings
    clock: Clock
    stores: Stores
    rights: Rights
    journal: LiveJournal
    interviews: Interviews
    analytics: Analytics
    witness: Witness
    bank: Bank
    rubrics: Rubrics
    installation: Installation
    partners: Partners
    desk: Desk
    servers: Servers
    siblings: Siblings
    speech_host: str = ""
    ending: Ending = field(default_factory=Ending)
    acknowledgements: Acknowledgements = field(default_factory=lambda: Acknowledgements(NoMetrics()))
    language_of: Callable[[int], str | None] = _as_discord_says


def intents() -> discord.Intents:
    """Servers and voice states: no messages, no members, no presences."""
    wanted = discord.Intents.none()
    wanted.guilds = True
    wanted.voice_states = True
    return wanted


def _shield(parsers: dict[str, Callable[[Any], None]]) -> None:
    """Have an event that discord.py cannot read lost alone: in discord.py it would end the bot, interviews and all."""

    def alone(name: str, parse: Callable[[Any], None]) -> Callable[[Any], None]:
        def parsed(data: Any) -> None:
            try:
                parse(data)
            except Exception:
                log.warning("an event of the gateway was not understood", exc_info=True, extra={"kind": name})

        return parsed

    for name, parse in list(parsers.items()):
        # Without READY there is no session; then it is right to end and to be started again.
        if name != "READY":
            parsers[name] = alone(name, parse)


def _keep_voices(connection: ConnectionState[Any]) -> None:
    """Have voice connections outlive a new session of the gateway.

    discord.py forgets them with all else that was true in the former session, although Discord does not end them, and
    would pass on no more news of them: the next loss could not be healed.
    """
    parse = connection.parsers["READY"]

    def parsed(data: Any) -> None:
        voices = connection._voice_clients  # noqa: SLF001 - it has no public name
        parse(data)
        connection._voice_clients = voices  # noqa: SLF001 - as above

    connection.parsers["READY"] = parsed


class CommandsOfOurs(app_commands.CommandTree["SkillRally"]):
    """The commands; an interaction of a form that Discord does not send is left alone, not an error of a task."""

    async def _call(self, interaction: discord.Interaction[Any]) -> None:
        self.client.answering.own_this()
        try:
            await super()._call(interaction)  # pyright: ignore[reportUnknownMemberType] - discord.py's own
        except app_commands.AppCommandError:
            raise
        except Exception:
            log.warning("an interaction was not understood", exc_info=True)


class SkillRally(commands.Bot):
    """The bot.

    Attributes:
        listening: Whether Discord's gateway is connected and has said what there is.
        answering: Who is being answered.
    """

    def __init__(self, services: Services, *, connector: aiohttp.BaseConnector | None = None, **options: Any) -> None:
        if connector is not None:
            options["connector"] = connector
        options["http_trace"] = services.acknowledgements.trace()
        super().__init__(
            command_prefix=(),
            tree_cls=CommandsOfOurs,
            help_command=None,
            intents=intents(),
            allowed_mentions=discord.AllowedMentions.none(),
            max_messages=None,
            **options,
        )
        self.services = services
        self.listening = False
        self.answering = Answering()
        # discord.py keeps presses and forms that are being answered, but nobody can wait for them.
        self._connection._view_store.add_task = self.answering.own  # noqa: SLF001 - it has no public name
        _shield(self._connection.parsers)
        _keep_voices(self._connection)

    async def setup_hook(self) -> None:
        """Load the commands and tell Discord about them, unless another process does."""
        for extension in EXTENSIONS:
            # Not `load_extension`, which would run each file again for each client of a process, and then forget it.
            await importlib.import_module(extension).setup(self)
        form = json.dumps([each.to_dict(self.tree) for each in self.tree.get_commands()], sort_keys=True)
        if not await self.services.siblings.may_register(hashlib.sha256(form.encode()).hexdigest()[:16]):
            return
        guild_id = self.services.settings.guild_id
        if guild_id is not None:
            guild = discord.Object(guild_id)
            self.tree.copy_global_to(guild=guild)
            await self.tree.sync(guild=guild)
        else:
            await self.tree.sync()
        log.info("commands registered", extra={"commands": len(self.tree.get_commands())})

    def own_guilds(self) -> list[int] | None:
        """The ids of the servers that this process serves; None if it serves all."""
        return [guild.id for guild in self.guilds] if self.services.siblings.shards.split else None

    def dispatch(self, event_name: str, /, *args: Any, **kwargs: Any) -> None:
        """Hand an event to its handlers, unless the client is closed.

        discord.py goes on for a moment: that it is ready, or disconnected, would be told to one whose loop is gone.
        """
        if self.loop is not discord.utils.MISSING:
            super().dispatch(event_name, *args, **kwargs)

    def _schedule_event(
        self, coro: Callable[..., Coroutine[Any, Any, Any]], event_name: str, *args: Any, **kwargs: Any
    ) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = super()._schedule_event(coro, event_name, *args, **kwargs)  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - discord.py's own
        self.answering.own(task)
        return task

    async def close(self) -> None:
        """Answer those who are being answered, leave Discord, and see to it that nothing goes on."""
        await self.services.ending.unless_hurried(self.answering.rest(), within_s=ANSWERS_S)
        await super().close()
        await self.answering.end()

    async def on_app_command_completion(
        self, interaction: discord.Interaction[Any], command: Command[Any, ..., Any] | ContextMenu, /
    ) -> None:
        """Count that a command was used, by somebody who agreed to be counted."""
        group = command.qualified_name.partition(" ")[0]
        if group in GROUPS:
            self.services.analytics.count(interaction.user.id, CountedEvent.COMMAND_USED, group=group)

    async def on_ready(self) -> None:
        """Note that Discord listens."""
        self.listening = True

    async def on_resumed(self) -> None:
        """Note that Discord listens again."""
        self.listening = True

    async def on_disconnect(self) -> None:
        """Note that Discord does not."""
        self.listening = False

    async def on_interaction(self, interaction: discord.Interaction[Any], /) -> None:
        """Learn the time: Discord's is in the id of everything that people send. And count how long answers take."""
        self.services.acknowledgements.came(interaction.id, kind_of(interaction.type.name, interaction.command))
        self.services.witness.saw(interaction.created_at)

    async def on_error(self, event_method: str, /, *_args: Any, **_kwargs: Any) -> None:
        """Note that an event handler failed, without what it was given."""
        log.error("an event handler failed", exc_info=True, extra={"kind": event_method})  # noqa: LOG014 - inside one


class SplitSkillRally(SkillRally, commands.AutoShardedBot):
    """One process of a bot that runs as several: it serves some of the shards."""

    def __init__(self, services: Services, *, connector: aiohttp.BaseConnector | None = None) -> None:
        shards = services.siblings.shards
        super().__init__(services, connector=connector, shard_count=shards.total, shard_ids=list(shards.ids))
        self._lanes: int | None = None

    async def before_identify_hook(self, shard_id: int | None, *, initial: bool = False) -> None:  # noqa: ARG002 - the first one waits for other processes, too
        """Wait until Discord wants to see another shard, of whatever process."""
        if self._lanes is None:
            self._lanes = (await self.fetch_session_start_limits()).max_concurrency
        await self.services.siblings.before_identify(shard_id or 0, self._lanes)


async def look_around(bot: SkillRally) -> None:
    """Have it put down in which servers the bot is, unless that is not known for sure just now.

    Raises:
        StorageError: If it could not be.
    """
    # Discord names all servers of a session at its start, and says of each when it cannot be reached.
    if not bot.listening or not bot.is_ready() or any(guild.unavailable for guild in bot.guilds):
        return
    await bot.services.servers.look([guild.id for guild in bot.guilds], ours=bot.services.siblings.shards.have)


def open_bot(services: Services, *, connector: aiohttp.BaseConnector | None = None) -> SkillRally:
    """The bot, to be entered: for all servers, or for those of this process's shards."""
    kind = SplitSkillRally if services.siblings.shards.split else SkillRally
    return kind(services, connector=connector)
