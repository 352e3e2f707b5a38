"""`python -m bot doctor`: whether everything that this installation needs is there and works, with a remedy for each.

    program, libopus, DAVE, model  ->  memory, disk, what may reach a disk, who may read secrets  ->  selfcheck
    ->  who gets something, what a start would refuse  ->  Discord: token, intents, servers, clock

It changes nothing, but makes folders that are missing: databases of an older version are left as they are. Nothing
secret is shown, no name of a server, and no id but the application's, which is in every invitation.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib.metadata
import os
import re
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from packaging.requirements import InvalidRequirement, Requirement

from bot import machine, selfcheck
from bot.errors import StartRefused
from bot.feedback.opening import elsewhere as elsewhere_for_feedback
from bot.installation import sentence
from bot.selfcheck import Check
from bot.shards import shards_of
from bot.telemetry.egress import must_be_registered
from bot.telemetry.errors import check_dsn
from bot.telemetry.opening import hosts_of
from bot.telemetry.serving import chosen_metrics
from bot.voice.opus import OpusUnavailable, load_libopus
from config.errors import Unfit
from config.processors import load_processors
from config.sentences import languages, whole
from config.sources import secret_folders
from storage.keys import is_loopback
from stt.catalogue import BY_NAME
from stt.engine import EngineUnavailable
from stt.layout import FILES
from stt.models import PLAIN_NAME, Models
from stt.remote import elsewhere

if TYPE_CHECKING:
    from collections.abc import Callable

    import aiohttp

    from bot.account import Account
    from bot.clock import Clock
    from bot.installation import Installation
    from config.settings import Settings

LOCK: Final = Path(__file__).parents[1] / "requirements.lock"

TIGHT_MB = 1_000
"""Less free room on a disk than this: it is time to look."""

CLOCK_S: Final = 30.0
"""How far off the clock may be: deadlines are in days, but Discord refuses answers that come seconds late."""

_PINNED = re.compile(r"^(?P<requirement>[A-Za-z0-9][^ ;\\]*==[^ ;\\]+ *(?:;[^\\]*)?)\\?$", re.MULTILINE)
_FAULTS = (StartRefused, Unfit, EngineUnavailable, OpusUnavailable, OSError)


@dataclass(frozen=True, slots=True)
class Places:
    """Where Linux says what the doctor asks.

    Attributes:
        swaps: The swap in use.
        blocks: What disks are.
        cgroup: The limits of a container.
    """

    swaps: Path = Path("/proc/swaps")
    blocks: Path = Path("/sys/block")
    cgroup: Path = machine.CGROUP


class Doctor:
    """Looks at one installation.

    Args:
        installation: Which.
        clock: The machine's.
        connector: How to reach Discord, for tests.
        places: Where Linux says things.
        lock: Which packages there should be.
    """

    def __init__(
        self,
        installation: Installation,
        *,
        clock: Clock,
        connector: aiohttp.BaseConnector | None = None,
        places: Places | None = None,
        lock: Path = LOCK,
    ) -> None:
        self._installation = installation
        self._settings: Settings = installation.settings
        self._clock = clock
        self._connector = connector
        self._places = places or Places()
        self._lock = lock

    async def examine(self, *, offline: bool = False) -> list[Check]:
        """Every line; *offline*: without those that Discord is asked for."""
        lines = [
            _line("packages", self._packages),
            _line("libopus", _libopus),
            _line("end-to-end encryption", _dave),
            await asyncio.to_thread(_line, "sentences", _sentences),
            await asyncio.to_thread(_line, "recognition model", self._model),
            _line("memory", self._memory),
            _line("disk", self._disk),
            _line("core dumps", _core_dumps),
            _line("swap", self._swap),
            _line("files with secrets", self._secrets),
        ]
        lines += await selfcheck.check(self._installation, clock=self._clock, migrate=False, scrubbed=False)
        lines.append(_line("who gets something", self._recipients))
        lines.append(_line("shards", self._shards))
        lines.append(_line("numbers and health", self._numbers))
        if not offline:
            lines += await self._discord()
        return lines

    def _packages(self) -> Check | str:
        if sys.version_info < (3, 11):  # noqa: UP036 - somebody may start it with another Python than make did
            raise StartRefused("Python 3.11 or newer is needed: make PYTHON=python3.11 run.")
        python = f"Python {sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
        wanted = locked(self._lock)
        if not wanted:
            return Check("packages", ok=None, said=f"{python}; there is no requirements.lock to compare with")
        wrong = [
            f"{name} {have or 'missing'}, not {version}" for name, version in wanted if (have := _have(name)) != version
        ]
        if wrong:
            more = f" and {len(wrong) - 3} more" if len(wrong) > 3 else ""
            raise StartRefused(f"There is {'; '.join(wrong[:3])}{more}: make run installs what is locked.")
        return f"{python}, {len(wanted)} packages as locked"

    def _model(self) -> Check | str:
        settings = self._settings
        if settings.speech_url and not settings.speech_fallback:
            return "none needed: a speech server recognises"
        folder = self._model_folder()
        if folder is None:
            entry = BY_NAME.get(settings.model)
            if entry is None:
                raise StartRefused("SKILLRALLY_MODEL is neither a folder nor a name of python -m bot models list.")
            said = f"the first start fetches {entry.download_mb} MB, or now: python -m bot models add {entry.name}"
            return Check("recognition model", ok=None, said=said)
        from stt.whisper import check_folder, read_properties  # noqa: PLC0415 - it loads the engine

        check_folder(folder)
        size = sum(file.stat().st_size for file in folder.iterdir() if file.is_file()) // 1_000_000
        return f"{folder.name}, {size} MB, whole; {read_properties(folder).window} window"

    def _model_folder(self) -> Path | None:
        models, name = Models(self._settings.models_folder), self._settings.model
        if PLAIN_NAME.fullmatch(name) and models.has(name):
            return models.path(name)
        folder = Path(name).expanduser()
        return folder if folder.is_dir() else None

    def _memory(self) -> Check | str:
        have = machine.memory_mb(self._places.cgroup)
        needed = machine.SPARE_MB
        settings = self._settings
        folder = self._model_folder()
        if folder is not None and (not settings.speech_url or settings.speech_fallback):
            weights = (folder / FILES[0]).stat().st_size / 1_000_000
            needed += int((settings.own_workers or 1) * (machine.FIXED_MB + machine.PER_MB * weights))
        if have < needed:
            raise StartRefused(f"{have} MB, and about {needed} MB are needed: choose a smaller model or fewer workers.")
        return f"{have} MB, at least {needed} MB needed; {machine.cores(self._places.cgroup)} cores"

    def _disk(self) -> Check | str:
        operations, settings = self._installation.operations, self._settings
        folders = {"data": settings.data_folder, "models": settings.models_folder, "backups": operations.backup_folder}
        free = {name: machine.free_bytes(folder) // 1_000_000 for name, folder in folders.items()}
        least = min(free, key=lambda name: free[name])
        if free[least] < machine.LITTLE_MB:
            raise StartRefused(f"{free[least]} MB are free for {least}: make room, or set its folder to another disk.")
        said = ", ".join(f"{mb / 1000:.1f} GB free for {name}" for name, mb in free.items())
        return Check("disk", ok=None, said=f"{said}: make room soon") if free[least] < TIGHT_MB else said

    def _swap(self) -> Check | str:
        if _text(self._places.cgroup / "memory.swap.max") == "0":
            return "none for this container"
        open_ = [line.split()[0] for line in _text(self._places.swaps).splitlines()[1:] if line.split()]
        open_ = [device for device in open_ if not _stays_secret(device, self._places.blocks)]
        if not open_:
            return "none, or encrypted, or in memory"
        said = (
            f"{len(open_)} on a disk, not encrypted: what is said may be written there. Encrypt it, switch it off, or"
        )
        return Check("swap", ok=None, said=f"{said} keep the service off it, as the unit and the compose file do.")

    def _secrets(self) -> Check | str:
        file = Path(".env")
        if file.is_file() and file.stat().st_mode & 0o077:
            raise StartRefused("Others may read .env: chmod 0600 .env")
        folders = secret_folders(self._settings.secrets_dir)
        files = [path for folder in folders for path in folder.iterdir() if path.is_file()]
        if any(path.stat().st_mode & stat.S_IROTH for path in files):
            return Check("files with secrets", ok=None, said="everybody may read one of the secrets: chmod 0400 it.")
        return f"{'.env and ' if file.is_file() else ''}{len(files)} files of secrets, not for everybody to read"

    def _recipients(self) -> str:
        settings = self._settings
        processors = load_processors(self._installation.operations.processors_file)
        hosts: list[str] = []
        if settings.speech_url and (host := elsewhere(settings.speech_url)):
            must_be_registered(host, processors, what="Speech")
            hosts.append("speech")
        if settings.feedback_writer != "none" and (host := elsewhere_for_feedback(settings)):
            must_be_registered(host, processors, what="Saved words")
            hosts.append("feedback")
        if settings.sentry_dsn is not None:
            check_dsn(settings.sentry_dsn.get_secret_value(), hosts_of("Sentry", processors))
            hosts.append("error reports")
        if settings.posthog_key is not None:
            if not hosts_of("PostHog", processors):
                raise StartRefused("PostHog is not switched on in the list of processors.")
            hosts.append("counts of use")
        return f"Discord, and others: {', '.join(hosts)}" if hosts else "Discord, and nobody else"

    def _shards(self) -> str:
        shards = shards_of(self._settings)
        return f"{len(shards.ids)} of {shards.total}, here" if shards.split else "one process serves all servers"

    def _numbers(self) -> Check | str:
        settings = self._settings
        if not chosen_metrics(settings).kept:
            said = "not served: with SKILLRALLY_METRICS_PORT=9464, Prometheus and health checks can ask the bot"
            return Check("numbers and health", ok=None, said=said)
        port = settings.metrics_port
        if is_loopback(settings.metrics_host):
            return f"at port {port}, for this machine alone"
        return f"at port {port}, for whoever reaches the address: let a firewall decide who does"

    async def _discord(self) -> list[Check]:
        if self._settings.discord_token is None:
            return [Check("Discord", ok=False, said="DISCORD_TOKEN is not set: python -m bot setup asks for it.")]
        from bot.account import look  # noqa: PLC0415 - it loads discord.py

        try:
            account = await look(
                self._settings.discord_token.get_secret_value(), clock=self._clock, connector=self._connector
            )
        except StartRefused as refused:
            return [Check("Discord", ok=False, said=str(refused))]
        return [
            Check("Discord", ok=True, said="the token is accepted"),
            _intents(account),
            _servers(account),
            _clock(account),
            Check("invitation", ok=True, said=account.invitation),
        ]


def locked(lock: Path) -> list[tuple[str, str]]:
    """Names and versions that *lock* pins for this machine; none if there is no such file."""
    found: list[tuple[str, str]] = []
    for match in _PINNED.finditer(_text(lock)):
        try:
            one = Requirement(match["requirement"].strip())
        except InvalidRequirement:
            continue
        if one.marker is None or one.marker.evaluate():
            found.append((one.name, next(iter(one.specifier)).version))
    return found


def _have(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _sentences() -> str:
    return ", ".join(f"{whole(language)} in {language}" for language in languages())


def _libopus() -> str:
    library = load_libopus()
    library.opus_get_version_string.restype = ctypes.c_char_p
    said: bytes = library.opus_get_version_string() or b"libopus"
    return said.decode("ascii", "replace")


def _dave() -> str:
    try:
        from bot.voice import e2ee  # noqa: PLC0415 - what it loads may be what is missing
    except ImportError:
        raise StartRefused(
            "davey cannot be loaded, without which no call can be heard: make run installs it."
        ) from None
    return f"davey {_have('davey')}, DAVE version {e2ee.davey.DAVE_PROTOCOL_VERSION}"


def _core_dumps() -> str:
    if sys.platform != "linux":  # pragma: no cover - developed and tested on Linux
        return "forbidden by the bot where the system lets it"
    import resource  # noqa: PLC0415 - not on Windows

    get_dumpable = 3
    dumpable = ctypes.CDLL(None).prctl(get_dumpable, 0, 0, 0, 0)
    if dumpable == 1 or resource.getrlimit(resource.RLIMIT_CORE)[0] != 0:
        raise StartRefused("This system does not let the bot forbid core dumps of itself: set LimitCORE=0.")
    return "forbidden"


def _intents(account: Account) -> Check:
    if not account.privileged:
        return Check("intents", ok=True, said="none that is privileged; none is needed")
    listed = ", ".join(account.privileged)
    said = f"{listed}: not used. Switch off what is privileged in the developer portal (Bot)."
    return Check("intents", ok=None, said=said)


def _servers(account: Account) -> Check:
    from bot.account import NEEDED, as_discord_says  # noqa: PLC0415 - as above

    servers = account.servers
    if not servers:
        return Check("servers", ok=None, said="none yet: open the invitation below.")
    missing = sorted({name for server in servers for name in server.missing})
    deaf = [server for server in servers if server.channels is not None and not server.fit]
    said = f"{len(servers)}"
    if missing:
        lacking = sum(bool(server.missing) for server in servers)
        listed = ", ".join(as_discord_says(name) for name in missing)
        said += f", in {lacking} of them without {listed}: open the invitation below again"
        return Check("servers", ok=False if set(missing) & set(NEEDED) else None, said=said + ".")
    if deaf:
        said += f", in {len(deaf)} of them no voice channel lets the bot in: look at the channels' own permissions."
        return Check("servers", ok=None, said=said)
    fit, channels = sum(server.fit for server in servers), sum(server.channels or 0 for server in servers)
    return Check("servers", ok=True, said=f"{said}, fit for interviews: {fit} of {channels} voice channels seen")


def _clock(account: Account) -> Check:
    if account.clock_ahead_s is None:
        return Check("clock", ok=None, said="Discord did not say the time.")
    off = account.clock_ahead_s
    if abs(off) > CLOCK_S:
        way = "ahead of" if off > 0 else "behind"
        said = f"{abs(off):.0f} s {way} Discord's: have it set by the network (timedatectl set-ntp true)."
        return Check("clock", ok=False, said=said)
    return Check("clock", ok=True, said="as Discord's, to some seconds")


def _stays_secret(device: str, blocks: Path) -> bool:
    name = os.path.basename(os.path.realpath(device))  # noqa: PTH119 - a name, not a file
    return name.startswith("zram") or _text(blocks / name / "dm" / "uuid").startswith("CRYPT-")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _line(name: str, look: Callable[[], Check | str]) -> Check:
    try:
        said = look()
    except _FAULTS as fault:
        # An error of the system may quote a path, which is the operator's own.
        return Check(name, ok=False, said=sentence(str(fault)))
    return said if isinstance(said, Check) else Check(name, ok=True, said=said)
