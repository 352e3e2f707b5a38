from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import re
import select
import subprocess
import sys
import termios
import threading
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import aiohttp
import asyncpg
import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from bot.account import invitation
from bot.clock import SystemClock
from bot.env_file import change, values_of
from bot.errors import StartRefused
from bot.loopback.connector import LoopbackResolver, loopback_connector
from bot.loopback.furnishing import practice_guild
from bot.loopback.server import LoopbackDiscord
from bot.loopback.world import World
from bot.setup_command import EXAMPLE, NEEDED, Setup
from config.settings import Settings
from tests.storage.postgres import NoPostgres, Server, running
from tests.test_main import EX_CONFIG, ROOT, Bot, bot

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping

    from bot.loopback.authority import Authority
    from bot.loopback.furnishing import PracticeGuild

__all__ = ["bot"]  # a fixture

MODEL = ROOT / "stt" / "models" / "rehearsal"


class Answers:
    """Somebody who answers as it stands here, by how a question begins; else what is offered."""

    def __init__(self, **given: str | list[str]) -> None:
        self._given = {
            name.replace("_", " "): [said] if isinstance(said, str) else said for name, said in given.items()
        }
        self.asked: list[str] = []
        self.hidden: list[str] = []

    def ask(self, question: str, *, default: str = "", hidden: bool = False) -> str:
        self.asked.append(question)
        assert len(self.asked) < 40, "asked for ever"
        if hidden:
            self.hidden.append(question)
        return self._next(question) or default

    def confirm(self, question: str, *, default: bool) -> bool:
        self.asked.append(question)
        return {"yes": True, "no": False}.get(self._next(question), default)

    def _next(self, question: str) -> str:
        for name, said in self._given.items():
            if question.startswith(name):
                # The last one holds for every further time.
                return said.pop(0) if len(said) > 1 else said[0]
        return ""


@contextmanager
def served(world: World, authority: Authority) -> Generator[LoopbackDiscord]:
    """A Discord in a thread of its own, since the wizard waits for people."""
    ready, stop = threading.Event(), threading.Event()
    found: list[LoopbackDiscord] = []

    async def serve() -> None:
        async with LoopbackDiscord(world, authority=authority) as server:
            found.append(server)
            ready.set()
            await asyncio.to_thread(stop.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(20)
        yield found[0]
    finally:
        stop.set()
        thread.join()


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder to be set up, as the home of somebody with nothing set."""
    for name in [name for name in os.environ if name.startswith(("SKILLRALLY_", "DISCORD_", "CREDENTIALS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path))
    # The command forbids core dumps; these tests run the wizard without the command.
    monkeypatch.setattr("bot.doctor._core_dumps", lambda: "forbidden")
    (tmp_path / "here").mkdir(mode=0o700)
    monkeypatch.chdir(tmp_path / "here")
    return tmp_path / "here"


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture
def place(world: World) -> PracticeGuild:
    return practice_guild(world)


@pytest.fixture
def discord(world: World, place: PracticeGuild, authority: Authority) -> Iterator[LoopbackDiscord]:
    del place
    with served(world, authority) as server:
        yield server


ANNA = {
    "Who_runs": "Anna Muster",
    "An_e-mail": "anna@skillrally.app",
    "Where_the_bot": "Germany",
    "Languages": "en,de",
    "Model": str(MODEL),
}


def answers(**given: str | list[str]) -> Answers:
    return Answers(**(ANNA | given))


def set_up(who: Answers, discord: LoopbackDiscord) -> tuple[bool, str]:
    """Whether nothing was red in the end, and what was shown."""
    shown = StringIO()
    console = Console(file=shown, width=160, no_color=True)
    return Setup(
        who, console, clock=SystemClock(), connector=lambda: loopback_connector(discord)
    ).run(), shown.getvalue()


def mode(file: Path) -> int:
    return file.stat().st_mode & 0o777


# The wizard


def test_somebody_with_a_token_gets_a_bot_that_is_ready(
    folder: Path, discord: LoopbackDiscord, place: PracticeGuild
) -> None:
    token = place.bot_user.token

    fine, shown = set_up(answers(Token=token), discord)

    assert fine, shown
    assert mode(folder / ".env") == 0o600
    written = values_of(folder / ".env")
    assert written == {
        "DISCORD_TOKEN": token,
        "SKILLRALLY_CONTROLLER_NAME": "Anna Muster",
        "SKILLRALLY_CONTROLLER_EMAIL": "anna@skillrally.app",
        "SKILLRALLY_CONTROLLER_REGION": "Germany",
        "SKILLRALLY_LANGUAGES": "en,de",
        "SKILLRALLY_MODEL": str(MODEL),
    }
    assert invitation(place.bot.id) in shown
    assert (folder.parent / ".local/share/skillrally/keys/kek-1").exists()
    assert "✗" not in shown


@pytest.mark.usefixtures("folder")
def test_the_token_is_asked_for_without_being_shown(discord: LoopbackDiscord, place: PracticeGuild) -> None:
    who = answers(Token=place.bot_user.token)

    _, shown = set_up(who, discord)

    assert who.hidden == ["Token"]
    assert place.bot_user.token not in shown


def test_it_can_be_run_again_and_offers_what_is_there(
    folder: Path, discord: LoopbackDiscord, place: PracticeGuild
) -> None:
    set_up(answers(Token=place.bot_user.token), discord)
    before = (folder / ".env").read_bytes()

    again = Answers()
    fine, shown = set_up(again, discord)

    assert fine, shown
    assert (folder / ".env").read_bytes() == before
    assert "Token (nothing keeps the one that is there)" in again.asked
    assert not [question for question in again.asked if question.startswith("Change")]


def test_nothing_is_written_before_everything_was_answered(
    folder: Path, discord: LoopbackDiscord, place: PracticeGuild
) -> None:
    class Gone(Answers):
        def ask(self, question: str, *, default: str = "", hidden: bool = False) -> str:
            if question.startswith("Model"):
                raise KeyboardInterrupt
            return super().ask(question, default=default, hidden=hidden)

    with pytest.raises(KeyboardInterrupt):
        set_up(Gone(**(ANNA | {"Token": place.bot_user.token})), discord)

    assert list(folder.iterdir()) == []
    assert not (folder.parent / ".local").exists()


def test_a_file_that_is_there_is_changed_only_after_asking(
    folder: Path, discord: LoopbackDiscord, place: PracticeGuild
) -> None:
    text = "# mine\nMY_OWN=1\nSKILLRALLY_WORKERS=1\n"
    (folder / ".env").write_text(text)

    fine, shown = set_up(answers(Token=place.bot_user.token, Change="no"), discord)

    assert not fine
    assert "Nothing was written" in shown
    assert (folder / ".env").read_text() == text

    fine, shown = set_up(answers(Token=place.bot_user.token, Change="yes"), discord)

    assert fine, shown
    assert (folder / ".env").read_text().startswith(text)
    assert mode(folder / ".env") == 0o600


def test_answers_that_do_not_fit_are_asked_for_again_in_one_sentence(
    folder: Path, discord: LoopbackDiscord, place: PracticeGuild
) -> None:
    given: dict[str, str | list[str]] = {
        "Token": ["not.a.token", place.bot_user.token],
        "An_e-mail": ["you@example.com", "anna@skillrally.app"],
        "Languages": ["English", "EN, de"],
        "Model": ["gpt", str(MODEL)],
    }
    who = answers(**given)

    fine, shown = set_up(who, discord)

    assert fine, shown
    assert "does not accept this token" in shown
    assert "an e-mail address that somebody reads" in shown
    assert "Codes of two or three letters" in shown
    assert "There is no model of this name" in shown
    assert values_of(folder / ".env")["SKILLRALLY_LANGUAGES"] == "en,de"
    assert "not.a.token" not in shown


def test_a_token_that_comes_from_elsewhere_stays_there(
    folder: Path, discord: LoopbackDiscord, place: PracticeGuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", place.bot_user.token)
    who = answers()

    fine, shown = set_up(who, discord)

    assert fine, shown
    assert who.hidden == []
    assert "stays there" in shown
    assert place.bot_user.token not in (folder / ".env").read_text()


def test_without_discord_one_may_go_on_untried(folder: Path, place: PracticeGuild, unused_tcp_port: int) -> None:
    who = answers(Token=place.bot_user.token, Go_on="yes")
    shown = StringIO()

    def nowhere() -> aiohttp.BaseConnector:
        return aiohttp.TCPConnector(resolver=LoopbackResolver(unused_tcp_port))

    fine = Setup(who, Console(file=shown, width=160), clock=SystemClock(), connector=nowhere).run()

    assert not fine
    assert "cannot be reached" in shown.getvalue()
    assert values_of(folder / ".env")["DISCORD_TOKEN"] == place.bot_user.token


@pytest.mark.usefixtures("folder")
def test_a_database_that_cannot_be_reached_is_asked_for_again_without_being_quoted(
    discord: LoopbackDiscord, place: PracticeGuild
) -> None:
    class Gives(Answers):
        def ask(self, question: str, *, default: str = "", hidden: bool = False) -> str:
            said = super().ask(question, default=default, hidden=hidden)
            if self.asked.count(question) == 3 and question.startswith("The database"):
                raise EOFError
            return said

    dsns = ["postgresql://bot:hunter2@/content?host=/nowhere", "hunter2"]
    who = Gives(**(ANNA | {"Token": place.bot_user.token, "files": "postgresql", "The_database": dsns}))
    shown = StringIO()

    with pytest.raises(EOFError):
        Setup(
            who, Console(file=shown, width=160), clock=SystemClock(), connector=lambda: loopback_connector(discord)
        ).run()

    assert "The database cannot be reached: is its server running, and the DSN right?" in shown.getvalue()
    assert "A DSN has the form" in shown.getvalue()
    assert "hunter2" not in shown.getvalue()
    assert set(who.hidden) == {"Token", "The database for the content"}


async def _databases_of(server: Server) -> None:
    untyped: Any = asyncpg
    connection = await untyped.connect(server.dsn("postgres"))
    for name in ("content", "keyring"):
        await connection.execute(f"CREATE DATABASE {name}")
    await connection.close()


@pytest.mark.slow
def test_what_is_kept_may_go_to_two_databases_of_postgresql(
    folder: Path, discord: LoopbackDiscord, place: PracticeGuild
) -> None:
    with contextlib.ExitStack() as stack:
        try:
            server = stack.enter_context(running())
        except NoPostgres as missing:
            if os.environ.get("SKILLRALLY_NO_POSTGRES"):
                pytest.skip(str(missing))
            raise
        asyncio.run(_databases_of(server))
        dsns = {kind: server.dsn(kind) for kind in ("content", "keyring")}
        given: dict[str, str | list[str]] = {"Token": place.bot_user.token, "files": "postgresql"}
        given |= {f"The_database_for_the_{kind}": dsn for kind, dsn in dsns.items()}

        fine, shown = set_up(answers(**given), discord)

    assert fine, shown
    assert values_of(folder / ".env")["SKILLRALLY_CONTENT_DSN"] == dsns["content"]
    assert values_of(folder / ".env")["SKILLRALLY_KEYRING_DSN"] == dsns["keyring"]
    assert not list((folder.parent / ".local/share/skillrally").rglob("*.db"))
    assert "tester@" not in shown


@pytest.mark.usefixtures("folder")
def test_the_model_that_is_offered_is_the_one_for_this_machine_and_language(
    discord: LoopbackDiscord, place: PracticeGuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.machine.memory_mb", lambda: 1_500)

    class Looks(Answers):
        def ask(self, question: str, *, default: str = "", hidden: bool = False) -> str:
            if question.startswith("Model"):
                raise KeyboardInterrupt(default)
            return super().ask(question, default=default, hidden=hidden)

    with pytest.raises(KeyboardInterrupt, match=r"acft-(base|tiny)\.en"):
        set_up(Looks(**(ANNA | {"Token": place.bot_user.token, "Languages": "en"})), discord)


@pytest.mark.usefixtures("folder")
def test_a_setting_of_the_environment_that_wins_is_said(
    discord: LoopbackDiscord, place: PracticeGuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SKILLRALLY_LANGUAGES", "uk")

    _, shown = set_up(answers(Token=place.bot_user.token), discord)

    assert "that wins: SKILLRALLY_LANGUAGES" in shown


# At a terminal, and without one


def read_until(terminal: int, wanted: str, seen: list[str]) -> None:
    """What stands on the terminal, until *wanted* does."""
    while wanted not in "".join(seen):
        readable, _, _ = select.select([terminal], [], [], 40)
        assert readable, "".join(seen)[-500:]
        try:
            data = os.read(terminal, 4096)
        except OSError:  # the other end is closed
            data = b""
        assert data, "".join(seen)[-800:]
        seen.append(data.decode(errors="replace"))


@pytest.mark.slow
def test_at_a_terminal_the_token_is_not_echoed(folder: Path, discord: LoopbackDiscord, place: PracticeGuild) -> None:
    (folder.parent / "ca.pem").write_text(discord.ca_pem)
    ours, theirs = pty.openpty()
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("SKILLRALLY_", "DISCORD_", "COVERAGE_"))}
    environment |= {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "TERM": "dumb", "COLUMNS": "200"}
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.setup_at_a_terminal", str(discord.port), str(folder.parent / "ca.pem")],
        cwd=folder,
        env=environment,
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        start_new_session=True,
    )
    seen: list[str] = []
    try:
        os.close(theirs)
        read_until(ours, "Token: ", seen)
        while termios.tcgetattr(ours)[3] & termios.ECHO:  # until it is switched off
            select.select([], [], [], 0.01)
        for wanted, said in (
            ("this is the bot", f"{place.bot_user.token}\n"),
            ("e-mail", "Anna\n"),
            ("Where the bot runs", "anna@skillrally.app\n"),
            ("Languages (", "Germany\n"),
            ("files or postgresql", "\n"),
            ("Model, or", "\n"),
            ("How it stands", f"{MODEL}\n"),
            ("Start it: make run", ""),
        ):
            os.write(ours, said.encode())
            read_until(ours, wanted, seen)
    finally:
        os.close(ours)
        child.wait(20)

    assert place.bot_user.token not in "".join(seen)
    assert values_of(folder / ".env")["DISCORD_TOKEN"] == place.bot_user.token
    assert mode(folder / ".env") == 0o600


def test_without_a_terminal_it_says_what_to_set_instead(bot: Bot) -> None:
    done = bot("setup", SKILLRALLY_CONTROLLER_NAME="Anna Muster")

    assert done.returncode == EX_CONFIG
    for name, _ in NEEDED:
        assert name in done.stdout
    assert re.search(r"is set +SKILLRALLY_CONTROLLER_NAME", done.stdout)
    assert re.search(r"missing +DISCORD_TOKEN", done.stdout)
    assert "Anna Muster" not in done.stdout
    assert not Path(".env").exists()


# The file


def test_a_new_file_is_the_example_with_its_lines_switched_on(tmp_path: Path) -> None:
    change(tmp_path / ".env", {"SKILLRALLY_MODEL": "acft-base"}, example=EXAMPLE)

    new = (tmp_path / ".env").read_text().splitlines()
    assert [line for line in new if line not in EXAMPLE.read_text().splitlines()] == ["SKILLRALLY_MODEL='acft-base'"]
    assert len(new) == len(EXAMPLE.read_text().splitlines())
    assert mode(tmp_path / ".env") == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [".env"]


_VALUES = st.text(st.characters(codec="utf-8", exclude_characters="\r\0"), min_size=1, max_size=30)
_NAMES = st.from_regex(r"[A-Z][A-Z_]{1,8}", fullmatch=True)


@given(
    there=st.dictionaries(_NAMES, st.from_regex(r"[a-z0-9 #']{0,12}", fullmatch=True), max_size=4),
    new=st.dictionaries(_NAMES, _VALUES, max_size=4),
)
def test_what_is_written_is_what_is_read_and_the_rest_stays_or_nothing_changes(
    tmp_path_factory: pytest.TempPathFactory, there: Mapping[str, str], new: Mapping[str, str]
) -> None:
    file = tmp_path_factory.mktemp("env") / ".env"
    file.write_text("# a line\n" + "".join(f'{name}="{value}"\n' for name, value in there.items()), encoding="utf-8")
    before, text = dotenv_values(file), file.read_bytes()

    try:
        change(file, new, example=EXAMPLE)
    except StartRefused:
        assert file.read_bytes() == text
    else:
        assert dotenv_values(file) == {**before, **new}
        assert file.read_text(encoding="utf-8").startswith("# a line\n")
    assert [path.name for path in file.parent.iterdir()] == [".env"]


@pytest.mark.parametrize("value", ["a b", "a#b", "it's", 'say "yes"', "back\\slash", "$HOME", "päss=wört"])
def test_the_bot_reads_what_was_written(value: str, folder: Path) -> None:
    change(folder / ".env", {"DISCORD_TOKEN": value}, example=EXAMPLE)

    secret = Settings().discord_token
    assert secret is not None
    assert secret.get_secret_value() == value


def test_a_value_that_would_be_read_as_another_is_refused_and_not_quoted(tmp_path: Path) -> None:
    with pytest.raises(StartRefused, match="SKILLRALLY_CONTENT_DSN") as refused:
        change(tmp_path / ".env", {"SKILLRALLY_CONTENT_DSN": "postgresql://a:${HOME}@h/d"}, example=EXAMPLE)

    assert "${HOME}" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_a_link_to_a_file_elsewhere_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("A=1\n")
    (tmp_path / ".env").symlink_to(tmp_path / "real")

    change(tmp_path / ".env", {"B": "2"}, example=EXAMPLE)

    assert (tmp_path / ".env").is_symlink()
    assert values_of(tmp_path / "real") == {"A": "1", "B": "2"}
