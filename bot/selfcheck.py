"""`python -m bot selfcheck`: whether this installation keeps what it promises, as a table with remedies.

    policy, processors -> folders, keys -> databases, every sealed field -> ledger, erasures -> retention, requests,
    backups

Each line stands by itself, so that one fault does not hide another; what needs the databases is left out when they do
not open. Nothing is made that is not there; databases of an older version are brought to this one's form, as a start
would do, unless it is the doctor who asks.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from rich.table import Table
from rich.text import Text
from sqlalchemy import select, text

from bot.errors import StartRefused
from bot.installation import LOST_CONTENT, sentence
from bot.stores import LOST_KEYRING, keyring_is_lost
from config.errors import Unfit
from storage.backup import Cover, backups, check_generations, transcripts_in
from storage.database import PRAGMAS, Kind, check_folder, open_postgres, open_sqlite, steps_of
from storage.errors import StorageError
from storage.live_messages import LiveMessages
from storage.models import Subject
from storage.requests import Requests
from storage.retention import Retention
from storage.scrub import scrub

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from pydantic import SecretStr
    from rich.console import Console
    from sqlalchemy import Connection

    from bot.clock import Clock
    from bot.installation import Installation
    from bot.stores import Stores
    from storage.database import Database

_SYNCHRONOUS = {"FULL": "2"}
_TEMPORARY = {"MEMORY": "2"}


@dataclass(frozen=True, slots=True)
class Check:
    """One line.

    Attributes:
        name: What was looked at.
        ok: Whether it is as it should be; None where that is the operator's to judge.
        said: What was found, or what to do.
    """

    name: str
    ok: bool | None
    said: str

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {"name": self.name, "ok": self.ok, "said": self.said}


async def check(
    installation: Installation, *, clock: Clock, migrate: bool = True, scrubbed: bool = True
) -> list[Check]:
    """Every line.

    Without *migrate*, databases of an older version are left as they are, and not looked into. Without *scrubbed*, the
    sealed fields are not opened one by one, which takes a second for some ten thousand.
    """
    lines = [line async for line in _settings(installation)]
    if await asyncio.to_thread(keyring_is_lost, installation.settings):
        return [*lines, Check("databases", ok=False, said=sentence(LOST_KEYRING))]
    if not installation.exists:
        return [*lines, Check("databases", ok=False, said="Nothing is kept here yet: python -m bot keys init.")]
    if await asyncio.to_thread(lambda: installation.content_is_lost):
        return [*lines, Check("databases", ok=False, said=LOST_CONTENT)]
    transcripts = 0
    try:
        if not migrate and (older := await _older(installation)):
            return [*lines, older]
        async with installation.stores() as stores:
            lines += [line async for line in _Kept(stores, clock).lines(scrubbed=scrubbed)]
            transcripts = await transcripts_in(stores.databases.content)
    except (StorageError, StartRefused) as refused:
        lines.append(Check("databases", ok=False, said=sentence(str(refused))))
    if installation.is_sqlite:
        lines.append(await _backup(installation, clock, transcripts))
    return lines


async def _older(installation: Installation) -> Check | None:
    """A line, if a database is of an older version, or a server has none of its tables."""
    settings = installation.settings
    if installation.is_sqlite and not (settings.data_folder / "content.db").exists():
        return None
    kinds: tuple[tuple[Kind, SecretStr | None], ...]
    kinds = (("content", settings.content_dsn), ("keyring", settings.keyring_dsn))
    for kind, dsn in kinds:
        folder = settings.data_folder
        database = open_sqlite(folder, kind) if dsn is None else open_postgres(dsn.get_secret_value(), kind)
        try:
            async with database.read() as connection:
                form = await connection.run_sync(_form)
        finally:
            await database.close()
        if form is None:
            said = (
                f"the {kind} has no tables yet: python -m bot keys init makes them, unless a backup is to be restored"
            )
            return Check("databases", ok=False, said=sentence(said))
        steps = await asyncio.to_thread(_steps, kind)
        if form in steps[1:]:
            said = f"the {kind} is of an older version of the program: the next start brings it to this one's form"
            return Check("databases", ok=None, said=said)
    return None


def _form(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _steps(kind: Kind) -> list[str]:
    """The forms that there ever were, the newest first."""
    return [step.revision for step in ScriptDirectory(str(steps_of(kind))).walk_revisions()]


async def _settings(installation: Installation) -> AsyncGenerator[Check]:
    async def policy() -> str:
        found = installation.policy()
        return f"version {found.version}, {found.sha256.hex()[:16]}…"

    async def processors() -> str:
        return "on: " + ", ".join(each.name for each in installation.processors() if each.enabled)

    async def folders() -> str:
        if installation.is_sqlite:
            check_folder(installation.settings.data_folder)
            installation.places().check()
        return "ours alone, and apart"

    async def keys() -> str:
        if installation.keys_are_files and not installation.exists:
            return "none yet"
        if installation.keys_are_files and not await asyncio.to_thread(installation.settings.keys_folder.exists):
            raise StartRefused(
                "SKILLRALLY_KEYS_DIR is not there: put back your copy of it; for a new installation, python -m bot keys"
                " init makes it."
            )
        async with installation.provider() as provider:
            await provider.health()
            return f"version {await provider.current_version()} wraps and unwraps"

    yield await _line("policy and controller", policy)
    yield await _line("processors", processors)
    yield await _line("folders", folders)
    yield await _line("key-encryption keys", keys)


class _Kept:
    """What is looked at within the databases; each method says what it found, or raises what to do."""

    def __init__(self, stores: Stores, clock: Clock) -> None:
        self._stores = stores
        self._databases = stores.databases
        self._clock = clock

    async def lines(self, *, scrubbed: bool) -> AsyncGenerator[Check]:
        yield await _line("databases", self.integrity)
        yield await _line("data keys", self.data_keys)
        if scrubbed:
            yield await _line("sealed fields", self.fields)
        yield await _line("ledger of consents", self.ledger)
        yield await _line("erasures", self.erasures)
        yield await _line("retention", self.retention)
        yield await _line("requests", self.requests)
        yield await _line("captions", self.captions)

    async def integrity(self) -> str:
        for database in (self._databases.content, self._databases.keyring):
            await _intact(database)
        return "whole, at the newest form"

    async def data_keys(self) -> str:
        versions = await self._stores.keyring.versions()
        # Keys first: who joins meanwhile has a key before a row.
        holders = await self._stores.keyring.holders()
        async with self._databases.content.read() as connection:
            people = set((await connection.execute(select(Subject.id))).scalars())
        erased = {stone.subject for stone in await self._stores.keyring.tombstones()}
        if locked := len(people - await self._stores.keyring.holders() - erased):
            raise StorageError(f"{locked} people have no data key: restore the newest keyring")
        said = f"{sum(versions.values())} data keys under {len(versions)} versions"
        # Not deleted: somebody may be joining just now, and a newer backup of the content may need them.
        orphans = len(holders - people)
        return f"{said}; {orphans} of nobody who is known here: left by a kill or a restore" if orphans else said

    async def fields(self) -> str:
        found = await scrub(self._databases.content, self._stores.keyring)
        if not found.faults:
            return f"{found.fields}, and each opens"
        where = ", ".join(f"{number} of {name}" for name, number in found.faults.items())
        raise StorageError(
            f"{found.faults.total()} of {found.fields} do not open ({where}): they were changed or damaged. A backup"
            " from before brings them back, with all else as it was then; without, what is whole stays usable"
        )

    async def ledger(self) -> str:
        verdict = await self._stores.ledger.verify()
        if not verdict.holds:
            raise StorageError(f"the ledger of consents does not hold: {verdict.faults[0]}; restore a backup")
        return f"{verdict.seq} links, {verdict.events} events"

    async def erasures(self) -> str:
        if not await check_generations(self._databases):
            raise StorageError("erasures are to be done again: start the bot, which does it")
        return "followed"

    async def retention(self) -> str:
        health = await Retention(self._databases, clock=self._clock).health()
        if health.last_success is None:
            return "never ran; the bot does it at its start"
        if not health.ok:
            raise StorageError(f"{health.reason}: keep the bot running")
        return f"last on {health.last_success:%Y-%m-%d %H:%M} UTC"

    async def requests(self) -> str:
        parts = self._stores
        requests = Requests(self._databases.content, parts.keyring, parts.secrets, parts.subjects)
        health = await requests.health(now=self._clock.now())
        if health.red:
            raise StorageError(f"{health.overdue} requests are overdue: python -m bot requests list")
        return f"{health.open} open"

    async def captions(self) -> str:
        journal = await LiveMessages(self._databases.content, self._stores.keyring).all()
        return f"{len(journal.messages)} messages stand on Discord"


async def _backup(installation: Installation, clock: Clock, transcripts: int) -> Check:
    try:
        there = await asyncio.to_thread(backups, installation.places())
    except StorageError as refused:
        return Check("backups", ok=False, said=sentence(str(refused)))
    found = Cover(len(there), there[-1].made_at if there else None, transcripts)
    if found.newest_at is None:
        what = f", and saved transcripts would be lost with the disk ({transcripts})" if found.none else ""
        return Check("backups", ok=None, said=f"none{what}: python -m bot backup makes one")
    late = found.stale(clock.now())
    said = f"{found.backups}, the newest of {found.newest_at:%Y-%m-%d %H:%M} UTC"
    return Check("backups", ok=None if late else True, said=said + (": make one each day" if late else ""))


async def _intact(database: Database) -> None:
    if not database.is_sqlite:
        return
    async with database.read() as connection:
        if (await connection.execute(text("PRAGMA quick_check"))).scalar_one() != "ok":
            raise StorageError(f"the {database.kind} is damaged: restore a backup")
        for name, wanted in PRAGMAS.items():
            found = str((await connection.execute(text(f"PRAGMA {name}"))).scalar_one()).upper()
            same = {"ON": "1", "OFF": "0"} | _SYNCHRONOUS | _TEMPORARY
            if found not in {wanted, same.get(wanted, wanted)}:
                raise StorageError(f"{name} of the {database.kind} is not {wanted}: this build of SQLite is not fit")


async def _line(name: str, look: Callable[[], Awaitable[str]]) -> Check:
    try:
        return Check(name, ok=True, said=await look())
    except (StorageError, StartRefused, Unfit) as refused:
        return Check(name, ok=False, said=sentence(str(refused)))


def show(lines: list[Check], console: Console) -> None:
    """The table, for people."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for line in lines:
        mark = {True: "[green]✓[/]", False: "[red]✗[/]", None: "[yellow]·[/]"}[line.ok]
        # Not as markup: a path may have brackets.
        table.add_row(mark, line.name, Text(line.said, style="" if line.ok is not False else "red"))
    console.print(table, highlight=False)
