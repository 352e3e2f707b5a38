"""The bot's account, as Discord's REST API tells of it, and the link that brings it into a server.

    token -> log in -> application -> servers, what it may do there -> channels, what it may do there -> Account

For the operator's commands. Nothing is kept, no gateway is opened, and nobody sees the bot come online.
"""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

import aiohttp
import discord

from bot.errors import StartRefused

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Iterable

    from bot.clock import Clock

NEEDED: Final = ("view_channel", "connect", "send_messages", "read_message_history")
"""What the bot needs in the voice channel, as discord.py names it."""

MARK_NEEDS: Final = ("change_nickname", "set_voice_channel_status")
"""What its mark takes, one of them; without either the notice is the only sign."""

THREAD_NEEDED: Final = ("view_channel", "create_public_threads", "send_messages_in_threads", "read_message_history")
"""What it needs in a text channel below which captions are to appear."""

SCOPES: Final = ("bot", "applications.commands")
"""No scope of a person: nobody's account is read."""

ENOUGH_S: Final = 30.0
"""How long Discord may take for all of it."""

CLOSELY: Final = 10
"""So many servers are looked at channel by channel."""

_MOST_SERVERS = 200
"""What Discord lists at once. Source: Discord's API reference, "Get Current User Guilds"."""

_PRIVILEGED = {
    "presence": ("gateway_presence", "gateway_presence_limited"),
    "server members": ("gateway_guild_members", "gateway_guild_members_limited"),
    "message content": ("gateway_message_content", "gateway_message_content_limited"),
}


class OutOfReach(StartRefused):
    """Discord does not answer; later it may."""


def asked_for() -> discord.Permissions:
    """Everything that the bot asks for when it is invited."""
    return discord.Permissions(**dict.fromkeys({*NEEDED, *THREAD_NEEDED, *MARK_NEEDS}, True))


def invitation(application_id: int) -> str:
    """The link that brings the bot into a server, with the scopes and permissions that it uses and no other."""
    return discord.utils.oauth_url(application_id, permissions=asked_for(), scopes=SCOPES)


def as_discord_says(permission: str) -> str:
    """The English name of a permission, as Discord's settings show it."""
    return permission.replace("_", " ").title().replace(" In ", " in ")


@dataclass(frozen=True, slots=True)
class Server:
    """A server that the bot is in.

    Attributes:
        missing: Permissions that the server's roles do not give it, as discord.py names them.
        channels: How many voice channels it sees; None if nobody looked.
        fit: In how many of them it may do what it needs.
    """

    missing: tuple[str, ...]
    channels: int | None = None
    fit: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """What Discord says of a token.

    Attributes:
        application_id: For the invitation.
        name: Of the bot.
        privileged: Privileged intents that are switched on.
        servers: Those that it is in, 200 at most.
        clock_ahead_s: How far this machine's clock is ahead of Discord's, to about a second; None if it did not say.
    """

    application_id: int
    name: str = field(repr=False)
    privileged: tuple[str, ...]
    servers: tuple[Server, ...]
    clock_ahead_s: float | None

    @property
    def invitation(self) -> str:
        """The link that brings it into a server."""
        return invitation(self.application_id)


async def look(token: str, *, clock: Clock, connector: aiohttp.BaseConnector | None = None) -> Account:
    """What Discord says of the bot with this *token*.

    Args:
        token: As the developer portal shows it.
        clock: This machine's.
        connector: How to reach Discord, for tests.

    Raises:
        StartRefused: If Discord does not accept the token.
        OutOfReach: If it does not answer.
    """
    ahead: list[float] = []

    async def note(_session: object, _context: object, ended: aiohttp.TraceRequestEndParams) -> None:
        said = ended.response.headers.get("Date")
        if said and not ahead:
            ahead.append((clock.now() - parsedate_to_datetime(said)).total_seconds())

    trace = aiohttp.TraceConfig()
    trace.on_request_end.append(note)
    try:
        async with asyncio.timeout(ENOUGH_S), _logged_in(token, trace, connector) as client:
            application = client.application
            if application is None or client.user is None:  # pragma: no cover - there is one once logged in
                raise OutOfReach("Discord cannot be reached: check the network and try again.")
            listed: list[Any] = [dict(each) for each in await client.http.get_guilds(_MOST_SERVERS)]
            servers = [await _server(client, each, closely=number < CLOSELY) for number, each in enumerate(listed)]
            flags = application.flags
            return Account(
                application.id,
                client.user.name,
                tuple(name for name, bits in _PRIVILEGED.items() if any(getattr(flags, bit) for bit in bits)),
                tuple(servers),
                ahead[0] if ahead else None,
            )
    except discord.LoginFailure:
        raise StartRefused(
            "Discord does not accept this token: copy it again from the developer portal (Bot > Reset Token)."
        ) from None
    except (discord.HTTPException, aiohttp.ClientError, OSError, TimeoutError):
        raise OutOfReach("Discord cannot be reached: check the network and try again.") from None


@asynccontextmanager
async def _logged_in(
    token: str, trace: aiohttp.TraceConfig, connector: aiohttp.BaseConnector | None
) -> AsyncGenerator[discord.Client]:
    options: dict[str, Any] = {} if connector is None else {"connector": connector}
    # Without it discord.py warns in the log; no gateway is asked for anything here.
    intents = discord.Intents(guilds=True)
    async with discord.Client(intents=intents, http_trace=trace, **options) as client:
        await client.login(token)
        yield client


async def _server(client: discord.Client, listed: dict[str, Any], *, closely: bool) -> Server:
    may = discord.Permissions(int(listed.get("permissions", 0)))
    missing = lacking(may, asked_for())
    if not closely or client.user is None:
        return Server(missing)
    guild = await client.fetch_guild(int(listed["id"]), with_counts=False)
    me = await guild.fetch_member(client.user.id)
    spoken = discord.VoiceChannel | discord.StageChannel
    voice = [channel for channel in await guild.fetch_channels() if isinstance(channel, spoken)]
    needed = discord.Permissions(**dict.fromkeys(NEEDED, True))
    fit = sum(not lacking(channel.permissions_for(me), needed) for channel in voice)
    return Server(missing, len(voice), fit)


def lacking(may: discord.Permissions, wanted: discord.Permissions) -> tuple[str, ...]:
    """What *wanted* has and *may* has not, by name; an administrator lacks nothing."""
    if may.administrator:
        return ()
    return tuple(sorted(name for name in _names(wanted) if not getattr(may, name)))


def _names(permissions: discord.Permissions) -> Iterable[str]:
    return (name for name in {*NEEDED, *THREAD_NEEDED, *MARK_NEEDS} if getattr(permissions, name))
