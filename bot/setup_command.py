"""`python -m bot setup`: asks for what the bot needs, one thing after the other, and writes it down.

    token -> who runs it -> languages -> databases -> model  ->  .env  ->  keys, model, invitation, doctor

Nothing is written before everything was answered. What is there is offered as the answer, so it can be run again; what
comes from the environment or a file of secrets is used and not asked for. Tokens and passwords are typed without being
shown.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import typer
from pydantic import ValidationError
from rich.table import Table
from sqlalchemy import text

from bot import machine, selfcheck
from bot.account import Account, OutOfReach, invitation, look
from bot.doctor import Doctor
from bot.env_file import change, values_of
from bot.errors import StartRefused
from bot.installation import Installation, sentence
from bot.keys_command import init
from bot.models_command import fetch
from config.errors import Unfit
from config.operations import Operations
from config.policy import Controller
from config.settings import Settings
from storage.database import open_postgres
from storage.errors import StorageError
from stt.catalogue import BY_NAME, CATALOGUE, Entry, recommend
from stt.layout import FILES

if TYPE_CHECKING:
    from collections.abc import Callable

    import aiohttp
    from pydantic import SecretStr
    from rich.console import Console

    from bot.clock import Clock
    from storage.database import Kind

EXAMPLE: Final = Path(__file__).parents[1] / "config" / "example.env"

TOKEN: Final = "DISCORD_TOKEN"  # noqa: S105 - its name

_FIT: Final = {"name": "SkillRally", "email": "interview.rally@gmail.com", "region": "Germany"}
"""A controller as one should be, to try one field after the other with."""

_CONTROLLER: Final = {
    "name": "Who runs the bot, a person or an organisation",
    "email": "An e-mail address where people can write about their data",
    "region": "Where the bot runs, such as Germany",
}

NEEDED: Final = (
    (TOKEN, "the bot's token, from the developer portal (Bot > Reset Token)"),
    *((f"SKILLRALLY_CONTROLLER_{field.upper()}", asked) for field, asked in _CONTROLLER.items()),
)
"""Without these the bot does not start."""

WORTH_SETTING: Final = (
    ("SKILLRALLY_MODEL", "the recognition model: python -m bot models list"),
    ("SKILLRALLY_LANGUAGES", "the languages that may be spoken, such as en,de,uk"),
    ("SKILLRALLY_CONTENT_DSN", "a PostgreSQL database, and SKILLRALLY_KEYRING_DSN another one; files without them"),
)


class Asker(Protocol):
    """Whoever answers."""

    def ask(self, question: str, *, default: str = "", hidden: bool = False) -> str:
        """What was typed; *default* if nothing was. *hidden*: without showing either."""
        ...

    def confirm(self, question: str, *, default: bool) -> bool:
        """Yes or no."""
        ...


class Terminal:
    """Somebody at a terminal."""

    def ask(self, question: str, *, default: str = "", hidden: bool = False) -> str:
        """A line of theirs."""
        said: str = typer.prompt(
            question, default=default, hide_input=hidden, show_default=bool(default) and not hidden
        )
        return said.strip()

    def confirm(self, question: str, *, default: bool) -> bool:
        """Yes or no."""
        return typer.confirm(question, default=default)


def say_what_to_set(console: Console) -> None:
    """What the wizard would ask for, for those who have no terminal."""
    settings, operations = Settings(), Operations()
    there = {
        TOKEN: settings.discord_token is not None,
        **{f"SKILLRALLY_CONTROLLER_{name.upper()}": bool(getattr(operations.controller, name)) for name in _CONTROLLER},
    }
    console.print("There is no terminal to ask on. Set these in the environment, in .env or as files of secrets:\n")
    table = Table(box=None, pad_edge=False, show_header=False)
    for name, what in NEEDED:
        table.add_row("is set" if there[name] else "missing", name, what)
    for name, what in WORTH_SETTING:
        table.add_row("may be set", name, what)
    console.print(table)
    console.print(
        "\nThen: python -m bot keys init, python -m bot models add NAME, python -m bot doctor.", highlight=False
    )


class Setup:
    """The wizard.

    Args:
        asker: Who answers.
        console: Where to say something.
        clock: The machine's.
        connector: Makes a way to Discord, for tests.
        file: What to write to.
    """

    def __init__(
        self,
        asker: Asker,
        console: Console,
        *,
        clock: Clock,
        connector: Callable[[], aiohttp.BaseConnector] | None = None,
        file: Path = Path(".env"),
    ) -> None:
        self._asker = asker
        self._console = console
        self._clock = clock
        self._connector = connector
        self._file = file
        self._before = values_of(file)
        self._values: dict[str, str] = {}
        self._settings = Settings()
        self._operations = Operations()

    def run(self) -> bool:
        """Ask, write, make ready and look; whether nothing is red in the end.

        Raises:
            StartRefused: If something stands in the way that no other answer helps against.
        """
        account = self._token()
        self._controller()
        self._languages()
        self._databases()
        self._model()
        if not self._write():
            self._say("Nothing was written.")
            return False
        # From here on as every other command reads it.
        self._settings, self._operations = Settings(), Operations()
        installation = Installation(self._settings, self._operations)
        self._keys(installation)
        self._fetch()
        self._invite(account)
        return self._doctor(installation)

    # What is asked

    def _token(self) -> Account | None:
        self._head("Discord", "In the developer portal: your application > Bot > Reset Token. It is not shown here.")
        secret = self._settings.discord_token
        kept = secret.get_secret_value() if secret is not None else ""
        if kept and TOKEN not in self._before:
            self._say(f"{TOKEN} comes from the environment or a file of secrets, and stays there.")
            return self._looked(kept)
        while True:
            question = "Token (nothing keeps the one that is there)" if kept else "Token"
            token = self._asker.ask(question, hidden=True) or kept
            if not token:
                if self._asker.confirm("Without a token there is only the rehearsal. Go on without?", default=False):
                    return None
                continue
            try:
                account = self._looked(token)
            except StartRefused as refused:
                self._say(str(refused))
                kept = "" if token == kept else kept
                continue
            if token != kept:
                self._values[TOKEN] = token
            return account

    def _looked(self, token: str) -> Account | None:
        """What Discord says of *token*; None if it does not answer, and that is to be no obstacle.

        Raises:
            StartRefused: If it does not accept it.
        """
        connector = self._connector

        async def ask() -> Account:
            return await look(token, clock=self._clock, connector=connector() if connector else None)

        try:
            account = asyncio.run(ask())
        except OutOfReach as away:
            self._say(str(away))
            if self._asker.confirm("Go on without having tried the token?", default=False):
                return None
            raise
        self._say(f"Discord accepts the token: this is the bot {account.name}.")
        return account

    def _controller(self) -> None:
        self._head("Who runs it", "People are told before they agree to anything.")
        for field, question in _CONTROLLER.items():
            self._until(
                f"SKILLRALLY_CONTROLLER_{field.upper()}",
                question,
                getattr(self._operations.controller, field),
                lambda said, field=field: _fit_controller(field, said),
            )

    def _languages(self) -> None:
        self._head("Languages", "Which may be spoken, as codes: en,de,uk. One that is named is not taken for another.")
        self._until(
            "SKILLRALLY_LANGUAGES",
            "Languages (any: whatever the model knows)",
            self._settings.languages or "any",
            _fit_codes,
        )

    def _databases(self) -> None:
        self._head("What is kept", "Sealed, in files on this machine (fine for most) or in two PostgreSQL databases.")
        now = "files" if self._settings.content_dsn is None else "postgresql"
        kinds = ("files", "postgresql")
        while (wanted := self._asker.ask("files or postgresql", default=now).lower()) not in kinds:
            self._say("One of the two.")
        if wanted == "files":
            if now != "files":
                self._values |= {"SKILLRALLY_CONTENT_DSN": "", "SKILLRALLY_KEYRING_DSN": ""}
            return
        self._say("As postgresql://user:password@host/database; it is not shown here.")
        kinds_of: tuple[tuple[Kind, SecretStr | None], ...] = (
            ("content", self._settings.content_dsn),
            ("keyring", self._settings.keyring_dsn),
        )
        for kind, secret in kinds_of:
            self._dsn(kind, secret.get_secret_value() if secret is not None else "")

    def _dsn(self, kind: Kind, kept: str) -> None:
        while True:
            question = f"The database for the {kind}" + (" (nothing keeps the one that is there)" if kept else "")
            dsn = self._asker.ask(question, hidden=True) or kept
            try:
                asyncio.run(_reach(dsn, kind))
            except StorageError as refused:
                self._say(sentence(str(refused)))
                continue
            if dsn != kept:
                self._values[f"SKILLRALLY_{kind.upper()}_DSN"] = dsn
            return

    def _model(self) -> None:
        settings = self._settings
        if settings.speech_url and not settings.speech_fallback:
            return
        cores, memory_mb = machine.cores(), machine.memory_mb()
        languages = self._values.get("SKILLRALLY_LANGUAGES", settings.languages)
        best = recommend(cores, memory_mb, languages=tuple(languages.split(",")) if languages else ())
        self._head("Recognition", f"For {cores} cores and {memory_mb / 1000:.0f} GB, {best.name} is a good beginning.")
        self._console.print(_offered(best, languages))
        given = "SKILLRALLY_MODEL" in self._before or "SKILLRALLY_MODEL" in os.environ
        self._until(
            "SKILLRALLY_MODEL", "Model, or a folder with one", settings.model if given else best.name, _fit_model
        )

    def _until(self, name: str, question: str, now: str, fit: Callable[[str], str]) -> None:
        """Ask until it fits; put it down if it is not what already holds."""
        while True:
            said = self._asker.ask(question, default=now)
            try:
                value = fit(said)
            except (Unfit, StartRefused) as bad:
                self._say(str(bad))
                continue
            if value != self._before.get(name, os.environ.get(name, "")):
                self._values[name] = value
            return

    # What is done

    def _write(self) -> bool:
        if self._values:
            names = ", ".join(self._values)
            if self._file.exists():
                self._head("Settings", f"These change in {self._file}, everything else in it stays: {names}.")
                if not self._asker.confirm(f"Change {self._file}?", default=True):
                    return False
            change(self._file, self._values, example=EXAMPLE)
            self._say(f"{self._file.resolve()} is written, for this account alone to read.")
        wins = [name for name, value in self._values.items() if os.environ.get(name, value) != value]
        if wins:
            self._say(f"In the environment another value is set, and that wins: {', '.join(wins)}.")
        return True

    def _keys(self, installation: Installation) -> None:
        done = asyncio.run(init(installation))
        if not done["made"]:
            self._say(f"The keys are there: version {done['version']}.")
            return
        where = f" in {installation.settings.keys_folder}" if installation.keys_are_files else ""
        self._say(f"The keys are made{where}. Copy them to a safe place: without them nothing can be opened.")

    def _fetch(self) -> None:
        if self._settings.speech_url and not self._settings.speech_fallback:
            return
        try:
            asyncio.run(fetch(self._settings, self._console))
        except StartRefused as refused:
            self._say(f"{refused} The first start tries again.")
        else:
            self._say("The recognition model is here.")

    def _invite(self, account: Account | None) -> None:
        if account is not None:
            self._head("Invite it", "This link has the permissions that the bot uses, and no other:")
            # By itself, so that it can be copied whatever the width.
            self._say(invitation(account.application_id))

    def _doctor(self, installation: Installation) -> bool:
        self._head("How it stands", "")
        connector = self._connector

        async def look_at_it() -> list[selfcheck.Check]:
            way = connector() if connector else None
            return await Doctor(installation, clock=self._clock, connector=way).examine()

        lines = asyncio.run(look_at_it())
        selfcheck.show([line for line in lines if line.name != "invitation"], self._console)
        fine = all(line.ok is not False for line in lines)
        self._say("\nStart it: make run" if fine else "\nMend what is red, then: python -m bot doctor")
        return fine

    def _head(self, title: str, said: str) -> None:
        self._console.print(f"\n{title}", style="bold", highlight=False)
        if said:
            self._say(said)

    def _say(self, said: str) -> None:
        self._console.print(said, highlight=False, markup=False, soft_wrap=True)


def _fit_controller(field: str, said: str) -> str:
    Controller(**(_FIT | {field: said})).check()
    return said


def _fit_codes(said: str) -> str:
    codes = re.sub(r"\s", "", said).lower()
    codes = "" if codes == "any" else codes
    try:
        Settings(languages=codes)
    except ValidationError:
        raise Unfit("Codes of two or three letters, with commas between them: en,de,uk.") from None
    return codes


def _fit_model(said: str) -> str:
    folder = Path(said).expanduser()
    if said in BY_NAME or (said and (folder / FILES[0]).is_file()):
        return said
    raise Unfit("There is no model of this name, and no folder with one: python -m bot models list has all of them.")


def _offered(best: Entry, languages: str) -> Table:
    """The models that were measured, for people to choose from."""
    english = languages == "en"
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "Model", "To fetch", "Memory each", "Two cores hold"):
        table.add_column(heading)
    for entry in CATALOGUE:
        held = entry.measured
        if held is None or entry.english != english:
            continue
        people = f"{held.people} people, {held.late_s:.1f} s"
        row = (f"{entry.download_mb} MB", f"{entry.memory_mb} MB", people)
        table.add_row("★" if entry is best else "", entry.name, *row)
    return table


async def _reach(dsn: str, kind: Kind) -> None:
    """Nothing, if the database answers."""
    database = open_postgres(dsn, kind)
    try:
        async with database.read() as connection:
            await connection.execute(text("SELECT 1"))
    finally:
        await database.close()


def has_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty() and sys.stdout.isatty()
