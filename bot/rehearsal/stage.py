"""The bot and a Discord around it, with people who come, press buttons, speak and go.

    async with Stage(people=("oleg", "anna")) as stage:
        await stage.arrive("oleg")
        await stage.start("oleg")
        await stage.join("oleg")
        await stage.members["oleg"].say(recording)

Nothing of the bot is replaced or told that this is not the real Discord: it is `bot.app.open_app` with another address
for Discord, and whatever settings and engine it is given.
"""

from __future__ import annotations

import asyncio
import functools
import os
import shutil
import tempfile
import threading
import time
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Self

from bot.app import App, open_app
from bot.loopback.connector import loopback_connector
from bot.loopback.furnishing import PracticeGuild, practice_guild
from bot.loopback.member import SimulatedMember
from bot.loopback.server import LoopbackDiscord
from bot.loopback.voice_server import VoiceServer
from bot.loopback.world import World
from config.operations import Operations
from storage.database import check_folder, open_databases

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from types import TracebackType

    from bot.interview.session import Interview, Status
    from bot.loopback.callbacks import Reply
    from bot.loopback.entities import Message, User
    from config.settings import Settings
    from stt.engine import Transcriber

TICKED = {"purposes": ["transcribe", "captions"], "age": ["yes"]}
"""A consent form with everything ticked that it takes to be heard."""

KEEPING = {"purposes": ["transcribe", "captions", "save"], "age": ["yes"]}
"""One that also allows the words to be kept."""

LOGIN_S = 30.0
CONNECT_S = 10.0
END_S = 20.0


@functools.cache
def _somewhere() -> TemporaryDirectory[str]:
    """Gone when the process ends."""
    return TemporaryDirectory(prefix="skillrally-practice-")


_MAKING = threading.Lock()


def _tables() -> Path:
    """A folder with both databases, empty and at the newest form: made once in a process, and gone with it."""
    folder = Path(_somewhere().name) / "tables"

    async def make() -> None:
        async with open_databases(folder):
            pass

    with _MAKING:
        if not folder.exists():
            asyncio.run(make())
    return folder


def _with_tables(folder: Path) -> None:
    """Begin *folder* with both databases, unless something is there: to migrate them takes a third of an opening."""
    if not folder.exists():
        check_folder(folder)
        for file in _tables().iterdir():
            shutil.copy(file, folder)


def practice_operations(folder: Path | None = None) -> Operations:
    """Who answers for a bot in a practice server: nobody that could be reached, and nothing of this machine's.

    Args:
        folder: Where backups go; a temporary one unless given.
    """
    folder = folder or Path(_somewhere().name)
    return Operations(
        backup_dir=str(folder / "backups"),
        keyring_backup_dir=str(folder / "keyring-backup"),
        _env_file=None,  # pyright: ignore[reportCallIssue] - pydantic-settings' own
        controller_name="the rehearsal",
        controller_email="nobody@rehearsal.skillrally.app",
        controller_region="this machine",
    )


@contextmanager
def _temporary_files(folder: Path) -> Generator[None]:
    """Have this process, and those that it starts, make their temporary files in *folder*."""
    folder.mkdir()
    before = os.environ.get("TMPDIR"), tempfile.tempdir
    os.environ["TMPDIR"], tempfile.tempdir = str(folder), str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before[1]
        if before[0] is None:
            del os.environ["TMPDIR"]
        else:
            os.environ["TMPDIR"] = before[0]


class Stage:
    """One bot in one practice server; an async context manager.

    With *temporary*, this process's temporary files lie in its folder meanwhile, to be looked through.

    Attributes:
        world: That Discord's state.
        place: The server, its channels and people.
        discord: The loopback Discord; `discord.people` do things.
        voice: Its voice server, which can be made to misbehave.
        app: The bot's application.
        members: People's voices, by name, once they arrived.
        interview: The bot's own interview, once `start` was called.
        folder: Where the bot keeps things: its own, gone at the end, unless one was given.
        settings: The bot's; where it keeps things is in them once it was entered.
        operations: Who answers for it, and where backups go.
    """

    world: World
    place: PracticeGuild
    discord: LoopbackDiscord
    voice: VoiceServer
    app: App
    folder: Path
    operations: Operations

    def __init__(
        self,
        settings: Settings,
        *,
        people: Sequence[str] = ("oleg", "anna"),
        transcriber: Transcriber | None = None,
        voice: VoiceServer | None = None,
        folder: Path | None = None,
        temporary: bool = False,
        **discord_options: Any,
    ) -> None:
        self.settings = settings
        self._transcriber = transcriber
        self._folder = folder
        self._temporary = temporary
        self._discord_options = discord_options
        self._stack = AsyncExitStack()
        self._began_s = time.monotonic()
        self._last_status: Status | None = None
        self.world = World()
        self.place = practice_guild(self.world, people=people)
        self._voice = voice
        self.members: dict[str, SimulatedMember] = {}
        self.interview: Interview | None = None

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def _open(self) -> None:
        stack = self._stack
        self.folder = self._folder or Path(stack.enter_context(TemporaryDirectory(prefix="skillrally-stage-")))
        kept = {"data_dir": str(self.folder / "data"), "keys_dir": str(self.folder / "keys")}
        self.settings = self.settings.model_copy(update=kept)
        if self.settings.content_dsn is None and self.settings.keyring_dsn is None:
            await asyncio.to_thread(_with_tables, self.settings.data_folder)
        self.operations = practice_operations(self.folder)
        if self._temporary:
            stack.enter_context(_temporary_files(self.folder / "temporary"))
        self.voice = await stack.enter_async_context(self._voice or VoiceServer())
        self.discord = await stack.enter_async_context(
            LoopbackDiscord(self.world, voice=self.voice, **self._discord_options)
        )
        self.app = await stack.enter_async_context(
            open_app(
                self.settings,
                operations=self.operations,
                transcriber=self._transcriber,
                connector=loopback_connector(self.discord),
            )
        )
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        running = tasks.create_task(self.app.run(self.place.bot_user.token), name="bot")

        async def end() -> None:
            self.app.stop()
            await asyncio.wait({running})

        stack.push_async_callback(end)
        await self.discord.ready(within_s=LOGIN_S)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self._stack.__aexit__(kind, error, traceback)

    @property
    def elapsed_s(self) -> float:
        """Seconds since it was made."""
        return time.monotonic() - self._began_s

    @property
    def bot_id(self) -> int:
        """The bot's user id."""
        return self.place.bot_user.id

    def user(self, name: str) -> User:
        """A person's account."""
        return self.place.people[name]

    def seen(self, name: str) -> list[Message]:
        """What a person reads in the voice channel now."""
        return self.world.seen_by(self.user(name).id, self.place.voice.id)

    def notice(self) -> Message:
        """The notice of the interview, in whichever voice channel it stands."""
        channels = (self.place.voice, self.place.other_voice, self.place.stage)
        everything = [m for channel in channels for m in self.world.seen_by(self.place.guild.owner_id, channel.id)]
        # Not the card of a question, which has buttons as well.
        return next(
            m
            for m in reversed(everything)
            if m.author is self.place.bot_user and not m.ephemeral_to and "sr:status:" in str(m.components)
        )

    def running(self) -> Interview:
        """The interview.

        Raises:
            LookupError: If none was started.
        """
        if self.interview is None:
            raise LookupError("no interview was started")
        return self.interview

    def status(self) -> Status | None:
        """How the interview stands, or stood last."""
        if self.interview is not None:
            self._last_status = self.interview.status()
        return self._last_status

    def words(self, name: str) -> str:
        """What the bot has written down of a person so far."""
        user_id = self.user(name).id
        return " ".join(s.text for s in self.running().draft.snippets if s.speaker_id == user_id)

    # -- what people do -------------------------------------------------------------------------------------------

    async def arrive(self, name: str, channel_id: int | None = None) -> SimulatedMember:
        """Come into the voice channel."""
        ticket = self.world.join_voice(self.user(name).id, channel_id or self.place.voice.id)
        member = SimulatedMember(ticket, ssl=self.discord.client_context())
        self.members[name] = await self._stack.enter_async_context(member)
        return member

    async def depart(self, name: str) -> None:
        """Leave the voice channel."""
        await self.members.pop(name).leave()
        await self.world.leave_voice(self.user(name).id)

    async def move(self, name: str, channel_id: int) -> SimulatedMember:
        """Go from one voice channel into another."""
        await self.members.pop(name).leave()
        ticket = await self.world.move_voice(self.user(name).id, channel_id)
        member = SimulatedMember(ticket, ssl=self.discord.client_context())
        self.members[name] = await self._stack.enter_async_context(member)
        return member

    async def start(self, name: str, *, channel_id: int | None = None, **options: object) -> Reply:
        """Use `/interview start` and wait until the bot is ready to hear."""
        place = channel_id or self.place.text.id
        reply = await self.discord.people.use(self.user(name).id, "interview start", place, options=options)
        self.interview = self.app.services.interviews.of(self.place.guild.id)
        if self.interview is not None:
            await self.ready()
        return reply

    async def join(self, name: str, ticked: dict[str, list[str]] | None = None) -> Reply:
        """Press Join and, if the form opens, tick and send it."""
        people = self.discord.people
        reply = await people.press(self.user(name).id, self.notice(), "Join")
        if reply.modal is not None:
            reply = await people.submit(self.user(name).id, reply.modal, TICKED if ticked is None else ticked)
        return reply

    async def press(self, name: str, button: str) -> Reply:
        """Press a button of the notice."""
        return await self.discord.people.press(self.user(name).id, self.notice(), button)

    async def end(self, name: str) -> None:
        """Press End and wait until the bot has left nothing behind."""
        await self.press(name, "End")
        await self.over()

    # -- waiting --------------------------------------------------------------------------------------------------

    async def over(self, within_s: float = END_S) -> None:
        """Wait until no interview runs."""
        await until(lambda: not self.app.services.interviews.running, within_s=within_s)

    async def ready(self, within_s: float = CONNECT_S) -> None:
        """Wait until the gate is open, and the encryption of the call is settled."""
        interview = self.running()
        stage = self.place.stage.id
        await until(
            lambda: (s := interview.status()).channel_id == stage or (s.encrypted and not s.pauses), within_s=within_s
        )

    async def quiet(self, within_s: float = 10.0) -> None:
        """Wait until everything that was said has been written down."""
        await asyncio.sleep(0.8)
        await until(lambda: self.running().pipeline.waiting_s == 0, within_s=within_s)


async def until(condition: Callable[[], bool], *, within_s: float) -> None:
    """Wait until *condition* holds.

    Raises:
        TimeoutError: If it does not in time.
    """
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - what is waited for is counters, which have no event
            await asyncio.sleep(0.02)
