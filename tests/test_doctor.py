from __future__ import annotations

import asyncio
import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from bot.clock import SystemClock
from bot.doctor import LOCK, Doctor, Places, locked
from bot.installation import Installation
from bot.keys_command import init
from bot.loopback.connector import loopback_connector
from bot.loopback.furnishing import BOT_PERMISSIONS, practice_guild
from bot.loopback.permissions import Overwrite, Permission
from bot.loopback.server import LoopbackDiscord
from bot.loopback.world import World
from config.operations import Operations
from config.settings import Settings
from storage.backup import back_up
from storage.database import open_sqlite
from storage.ledger import Occasion, Purpose
from storage.transcripts import Spoken
from tests.test_main import EX_CONFIG, Bot, process
from tests.test_operator_commands import CONTROLLER, bot, made, template

if TYPE_CHECKING:
    from bot.loopback.authority import Authority
    from bot.selfcheck import Check

__all__ = ["bot", "made", "template"]  # fixtures

MODEL = Path(__file__).parents[1] / "stt" / "models" / "rehearsal"

Said = dict[str, tuple[bool | None, str]]


@pytest.fixture
def folder(tmp_path: Path, template: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where an installation is, with keys and databases."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return tmp_path


def installation(folder: Path, **given: Any) -> Installation:
    names = {"data_dir": "data", "keys_dir": "keys", "models_dir": "models"}
    settings = {name: str(folder / place) for name, place in names.items()} | {"model": str(MODEL)} | given
    names = {"backup_dir": "backups", "keyring_backup_dir": "spare"}
    operations: dict[str, Any] = {name: str(folder / place) for name, place in names.items()}
    operations |= {name.removeprefix("SKILLRALLY_").lower(): value for name, value in CONTROLLER.items()}
    return Installation(
        Settings(_env_file=None, **settings),  # pyright: ignore[reportCallIssue] - pydantic-settings' own argument
        Operations(_env_file=None, **operations),  # pyright: ignore[reportCallIssue] - as above
    )


def said(lines: list[Check]) -> Said:
    return {line.name: (line.ok, line.said) for line in lines}


async def offline(folder: Path, places: Places | None = None, **given: Any) -> Said:
    return said(await Doctor(installation(folder, **given), clock=SystemClock(), places=places).examine(offline=True))


async def asked(folder: Path, world: World, token: str, authority: Authority, clock: SystemClock | None = None) -> Said:
    async with LoopbackDiscord(world, authority=authority) as server:
        connector = loopback_connector(server)
        doctor = Doctor(installation(folder, discord_token=token), clock=clock or SystemClock(), connector=connector)
        return said(await doctor.examine())


# All of it


async def test_an_installation_as_it_should_be_has_no_red_line(folder: Path, authority: Authority) -> None:
    world = World()
    place = practice_guild(world)

    lines = await asked(folder, world, place.bot_user.token, authority)

    # Which only the command forbids: else nothing of this process could be looked at.
    assert {name for name, (ok, _) in lines.items() if ok is False} == {"core dumps"}
    for name in (
        "packages",
        "libopus",
        "end-to-end encryption",
        "sentences",
        "recognition model",
        "databases",
        "Discord",
    ):
        assert lines[name][0] is True, lines[name]
    assert lines["servers"] == (True, "1, fit for interviews: 3 of 3 voice channels seen")
    assert str(place.bot.id) in lines["invitation"][1]


async def test_nothing_secret_and_no_servers_name_is_shown(folder: Path, authority: Authority) -> None:
    world = World()
    place = practice_guild(world, bot_permissions=BOT_PERMISSIONS & ~Permission.CONNECT)

    shown = str(await asked(folder, world, place.bot_user.token, authority))

    assert place.bot_user.token not in shown
    assert place.guild.name not in shown
    assert str(place.guild.id) not in shown
    assert (folder / "keys" / "kek-1").read_bytes().hex() not in shown


async def test_every_red_line_is_one_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.machine.memory_mb", lambda _cgroup: 500)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]
    (folder / ".env").write_text("")
    (folder / ".env").chmod(0o644)
    shutil.rmtree(folder / "keys")

    lines = await offline(folder, model="nobody", speech_url="https://speech.skillrally.app/v1")
    lines |= {"Discord": said(await Doctor(installation(folder), clock=SystemClock()).examine())["Discord"]}

    red = {name: words for name, (ok, words) in lines.items() if ok is False}
    assert {"memory", "files with secrets", "databases", "who gets something", "Discord"} <= set(red)
    assert all("\n" not in words and len(words) < 250 for words in red.values())


async def test_a_sentence_that_cannot_be_understood_is_named(folder: Path, locales: Path) -> None:
    (locales / "en").mkdir()
    (locales / "en" / "queue.ftl").write_text("queue-place = { $place\n")

    assert (await offline(folder))["sentences"] == (
        False,
        "In en/queue.ftl this cannot be understood: queue-place = { $place.",
    )


async def test_it_leaves_an_installation_as_it_found_it(folder: Path) -> None:
    async with installation(folder).stores():
        pass
    files = [folder / "data" / name for name in ("content.db", "keyring.db")]
    before = [file.read_bytes() for file in files]

    await offline(folder)

    assert [file.read_bytes() for file in files] == before


# Discord


async def test_a_token_that_discord_refuses_is_red_and_hides_nothing_else(folder: Path, authority: Authority) -> None:
    lines = await asked(folder, World(), "not.a.token", authority)

    assert lines["Discord"][0] is False
    assert "Reset Token" in lines["Discord"][1]
    assert lines["databases"][0] is True
    assert "servers" not in lines


async def test_permissions_that_interviews_need_are_red_and_named(folder: Path, authority: Authority) -> None:
    world = World()
    place = practice_guild(world, bot_permissions=BOT_PERMISSIONS & ~Permission.CONNECT)
    place.guild.roles[place.guild.id].permissions &= ~Permission.CONNECT

    ok, words = (await asked(folder, world, place.bot_user.token, authority))["servers"]

    assert ok is False
    assert "in 1 of them without Connect" in words


async def test_a_server_whose_channels_all_deny_is_said(folder: Path, authority: Authority) -> None:
    world = World()
    place = practice_guild(world)
    deny = Overwrite(place.bot_role.id, is_member=False, deny=Permission.CONNECT)
    for channel in (place.voice, place.other_voice, place.stage):
        channel.overwrites[deny.target_id] = deny

    ok, words = (await asked(folder, world, place.bot_user.token, authority))["servers"]

    assert ok is None
    assert "no voice channel lets the bot in" in words


async def test_a_bot_in_no_server_is_shown_the_way_in(folder: Path, authority: Authority) -> None:
    world = World()
    place = practice_guild(world)
    await world.remove_member(place.guild.id, place.bot_user.id)

    lines = await asked(folder, world, place.bot_user.token, authority)

    assert lines["servers"] == (None, "none yet: open the invitation below.")


async def test_a_clock_that_is_minutes_off_is_red(folder: Path, authority: Authority) -> None:
    class Behind(SystemClock):
        def now(self) -> datetime:
            return datetime.now(UTC) - timedelta(minutes=5)

    world = World()

    ok, words = (await asked(folder, world, practice_guild(world).bot_user.token, authority, Behind()))["clock"]

    assert ok is False
    assert "behind" in words


async def test_privileged_intents_are_said_to_be_needless(folder: Path, authority: Authority) -> None:
    world = World()
    place = practice_guild(world, privileged_intents=1 << 15)

    ok, words = (await asked(folder, world, place.bot_user.token, authority))["intents"]

    assert ok is None
    assert "message content" in words


# The machine


async def test_a_model_that_was_changed_is_red(folder: Path) -> None:
    shutil.copytree(MODEL, folder / "models" / "mine")
    with (folder / "models" / "mine" / "tokenizer.json").open("a") as file:
        file.write(" ")

    ok, words = (await offline(folder, model="mine"))["recognition model"]

    assert ok is False
    assert "damaged" in words


async def test_a_model_that_is_not_here_yet_is_no_fault(folder: Path) -> None:
    ok, words = (await offline(folder, model="acft-base"))["recognition model"]

    assert ok is None
    assert "models add acft-base" in words


async def test_a_model_that_nobody_knows_is_red(folder: Path) -> None:
    assert (await offline(folder, model="nobody"))["recognition model"][0] is False


async def test_more_workers_than_there_is_memory_for_are_red(folder: Path, tmp_path: Path) -> None:
    cgroup = tmp_path / "cgroup"
    cgroup.mkdir()
    (cgroup / "memory.max").write_text("1000000000")

    places = Places(cgroup=cgroup)

    assert (await offline(folder, places, workers=1))["memory"][0] is True
    assert (await offline(folder, places, workers=8))["memory"][0] is False


async def test_workers_for_a_speech_server_need_no_memory_here(folder: Path, tmp_path: Path) -> None:
    cgroup = tmp_path / "cgroup"
    cgroup.mkdir()
    (cgroup / "memory.max").write_text("1000000000")
    server = {"speech_url": "http://127.0.0.1:9/v1", "speech_fallback": True}

    assert (await offline(folder, Places(cgroup=cgroup), workers=16, **server))["memory"][0] is True


async def test_a_full_disk_is_red(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for free, ok in ((50_000_000, False), (500_000_000, None), (5_000_000_000, True)):
        usage = shutil.disk_usage(folder)._replace(free=free)
        monkeypatch.setattr(shutil, "disk_usage", lambda _path, usage=usage: usage)  # pyright: ignore[reportUnknownLambdaType, reportUnknownArgumentType]

        assert (await offline(folder))["disk"][0] is ok


@pytest.mark.parametrize(
    ("device", "uuid", "swap_max", "mark"),
    [
        ("/dev/sda2", "", "max", "look"),
        ("/dev/dm-1", "LVM-abc", "max", "look"),
        ("/dev/dm-1", "CRYPT-PLAIN-swap", "max", "fine"),
        ("/dev/zram0", "", "max", "fine"),
        ("/dev/sda2", "", "0", "fine"),
        ("", "", "max", "fine"),
    ],
    ids=["plain", "lvm", "encrypted", "in memory", "not for the container", "none"],
)
async def test_swap_is_to_be_looked_at_where_it_keeps_what_was_said(
    folder: Path, *, device: str, uuid: str, swap_max: str, mark: str
) -> None:
    row = f"{device} partition 1024 0 -2\n" if device else ""
    (folder / "swaps").write_text(f"Filename Type Size Used Priority\n{row}")
    (folder / "memory.swap.max").write_text(swap_max)
    (folder / "blocks" / "dm-1" / "dm").mkdir(parents=True)
    (folder / "blocks" / "dm-1" / "dm" / "uuid").write_text(f"{uuid}\n")

    lines = await offline(folder, Places(folder / "swaps", folder / "blocks", folder))

    assert lines["swap"][0] is (True if mark == "fine" else None)


async def test_an_env_file_that_others_may_read_is_red(folder: Path) -> None:
    (folder / ".env").write_text("")
    (folder / ".env").chmod(0o640)
    assert (await offline(folder))["files with secrets"] == (False, "Others may read .env: chmod 0600 .env.")

    (folder / ".env").chmod(0o600)
    assert (await offline(folder))["files with secrets"][0] is True


async def test_a_secret_that_everybody_may_read_is_said(folder: Path) -> None:
    (folder / "secrets").mkdir()
    (folder / "secrets" / "discord_token").write_text("")
    (folder / "secrets" / "discord_token").chmod(0o644)

    assert (await offline(folder, secrets_dir=str(folder / "secrets")))["files with secrets"][0] is None


def test_what_is_locked_for_another_system_is_not_asked_for(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(
        "one==1.0 \\\n    --hash=sha256:00\nelsewhere==2.0 ; sys_platform == 'plan9' \\\n    --hash=sha256:00\n"
        "here==3.1 ; python_full_version >= '3.11' \\\n    --hash=sha256:00\n"
    )

    assert locked(tmp_path / "lock") == [("one", "1.0"), ("here", "3.1")]
    assert len(locked(LOCK)) > 40


async def test_transcripts_that_were_never_backed_up_are_counted_until_a_backup_is_there(folder: Path) -> None:
    assert (await offline(folder))["backups"] == (None, "none: python -m bot backup makes one")
    here, at = installation(folder), datetime.now(UTC)
    async with here.stores() as stores:
        how = Occasion(1, at, "en", "form", None)
        await stores.ledger.give(7, {Purpose.TRANSCRIBE, Purpose.SAVE}, how, attested_age=18)
        said_ = Spoken(7, "Anna", 1.0, 2.0, "I would measure it.", "en", 0.9)
        await stores.transcripts.save(7, "Practice", [said_], lambda _: True, at=at, interaction_id=2)

    ok, words = (await offline(folder))["backups"]
    await asyncio.to_thread(back_up, here.places(), now=at)

    assert (ok, "saved transcripts would be lost with the disk (1)" in words) == (None, True)
    assert (await offline(folder))["backups"][0] is True


async def test_packages_that_differ_from_the_lock_are_red_and_named(folder: Path, tmp_path: Path) -> None:
    lock = tmp_path / "lock"
    lock.write_text("aiohttp==0.1 \\\nno-such-package==1.0 \\\n")

    lines = said(await Doctor(installation(folder), clock=SystemClock(), lock=lock).examine(offline=True))

    ok, words = lines["packages"]
    assert ok is False
    assert "aiohttp" in words
    assert "no-such-package missing, not 1.0" in words


# What is kept, and who gets something


async def test_databases_of_an_older_version_are_said_to_be_so_and_left_alone(folder: Path) -> None:
    async def form(*, back: bool) -> str:
        database = open_sqlite(folder / "data", "content")
        try:
            if back:
                await database.migrate("0001")
            async with database.read() as connection:
                return str((await connection.execute(text("SELECT version_num FROM alembic_version"))).scalar_one())
        finally:
            await database.close()

    old = await form(back=True)

    ok, words = (await offline(folder))["databases"]

    assert ok is None
    assert "older version" in words
    assert await form(back=False) == old


async def test_a_speech_server_that_is_no_processor_is_red(folder: Path) -> None:
    lines = await offline(folder, speech_url="https://speech.skillrally.app/v1")

    assert lines["who gets something"][0] is False
    assert "list of processors" in lines["who gets something"][1]


@pytest.mark.parametrize(
    "given",
    [
        {"posthog_key": "phc_x", "posthog_retention_days": 30},
        {"sentry_dsn": "https://key@o1.ingest.de.sentry.io/1"},
        {"feedback_writer": "openai", "feedback_model": "m", "feedback_key": "k"},
    ],
    ids=["counts", "error reports", "feedback"],
)
async def test_nobody_gets_anything_who_is_not_switched_on(given: dict[str, Any], folder: Path) -> None:
    assert (await offline(folder, **given))["who gets something"][0] is False


# The command


def test_the_command_says_what_is_missing_and_ends_with_one(bot: Bot) -> None:
    done = bot("doctor", SKILLRALLY_MODEL=str(MODEL))

    assert done.returncode == 1
    assert "python -m bot setup" in done.stdout
    assert "keys init" in done.stdout


def test_the_command_forbids_core_dumps_and_ends_with_zero_where_nothing_is_red(folder: Path) -> None:
    places = {"DATA_DIR": "data", "KEYS_DIR": "keys", "BACKUP_DIR": "backups", "KEYRING_BACKUP_DIR": "spare"}
    given = {f"SKILLRALLY_{name}": str(folder / place) for name, place in places.items()} | CONTROLLER
    given["SKILLRALLY_MODEL"] = str(MODEL)

    done = process("-m", "bot", "doctor", "--offline", "--json", folder=folder, **given)

    lines = {line["name"]: line["ok"] for line in json.loads(done.stdout)}
    assert lines["core dumps"] is True
    assert set(lines.values()) <= {True, None}
    assert (done.returncode, done.stderr) == (0, "")


def test_settings_that_cannot_be_read_are_said_before_anything_else(bot: Bot) -> None:
    assert bot("doctor", SKILLRALLY_WORKERS="many").returncode == EX_CONFIG


def test_a_new_installation_of_nothing_can_be_looked_at(tmp_path: Path) -> None:
    async def look() -> Said:
        await init(installation(tmp_path))
        return await offline(tmp_path)

    assert asyncio.run(look())["databases"][0] is True
