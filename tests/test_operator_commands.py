"""The operator's commands, on an installation of files."""

from __future__ import annotations

import asyncio
import json
import os
import re
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import insert

from bot import logs
from bot.installation import Installation
from bot.keys_command import init
from config.operations import Operations
from config.settings import Settings
from storage.ledger import Occasion, Purpose
from storage.models import RetentionRun
from storage.requests import Requests
from tests.test_main import EX_CONFIG, Bot, no_set_up, one_sentence

if TYPE_CHECKING:
    from pathlib import Path

ANNA, BEN = 80351110224678912, 175928847299117063
NOW = datetime.now(UTC)
CONTROLLER = {
    "SKILLRALLY_CONTROLLER_NAME": "SkillRally",
    "SKILLRALLY_CONTROLLER_EMAIL": "interview.rally@gmail.com",
    "SKILLRALLY_CONTROLLER_REGION": "Germany",
}


@pytest.fixture
def bot(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Bot:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logs, "set_up", no_set_up)
    monkeypatch.setattr("bot.__main__.harden", no_set_up)
    for name in [name for name in os.environ if name.startswith(("SKILLRALLY_", "DISCORD_"))]:
        monkeypatch.delenv(name)
    folders = {"DATA_DIR": "data", "KEYS_DIR": "keys", "BACKUP_DIR": "backups", "KEYRING_BACKUP_DIR": "spare"}
    for name, folder in folders.items():
        monkeypatch.setenv(f"SKILLRALLY_{name}", str(tmp_path / folder))
    for name, value in (CONTROLLER | {"COLUMNS": "160", "NO_COLOR": "1"}).items():
        monkeypatch.setenv(name, value)
    return Bot(monkeypatch, capsys)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keys and databases, to copy."""
    folder = tmp_path_factory.mktemp("template")
    settings = Settings(data_dir=str(folder / "data"), keys_dir=str(folder / "keys"))
    asyncio.run(init(Installation(settings, Operations())))
    return folder


@pytest.fixture
def made(bot: Bot, tmp_path: Path, template: Path) -> Bot:
    """With keys and databases."""
    shutil.copytree(template, tmp_path, dirs_exist_ok=True)
    return bot


async def _meet(*people: int) -> None:
    async with Installation(Settings(), Operations()).stores() as stores:
        for number, user_id in enumerate(people):
            occasion = Occasion(number, NOW, "en", "button")
            await stores.ledger.give(user_id, [Purpose.TRANSCRIBE], occasion, attested_age=16)


async def _known(user_id: int) -> bool:
    async with Installation(Settings(), Operations()).stores() as stores:
        return await stores.subjects.find(user_id) is not None


async def _confirm(user_id: int, code: str) -> None:
    async with Installation(Settings(), Operations()).stores() as stores:
        requests = Requests(stores.databases.content, stores.keyring, stores.secrets, stores.subjects)
        await requests.confirm(user_id, code, at=datetime.now(UTC))


def meet(*people: int) -> None:
    asyncio.run(_meet(*people))


def known(user_id: int) -> bool:
    return asyncio.run(_known(user_id))


def status(bot: Bot) -> dict[str, Any]:
    return json.loads(bot("keys", "status", "--json").stdout)


# Keys


def test_keys_are_made_once(bot: Bot, tmp_path: Path) -> None:
    first = bot("keys", "init")
    kek = (tmp_path / "keys" / "kek-1").read_bytes()
    second = bot("keys", "init")

    assert (first.returncode, second.returncode) == (0, 0)
    assert "safe place" in first.stdout
    assert "already" in second.stdout
    assert (tmp_path / "keys" / "kek-1").read_bytes() == kek


@pytest.mark.parametrize(
    "command",
    [("keys", "status"), ("keys", "rotate"), ("backup",), ("requests", "list"), ("erase", "--user", "5")],
    ids=" ".join,
)
def test_where_nothing_is_kept_commands_say_so_and_make_nothing(
    bot: Bot, tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = bot(*command)

    assert done.returncode == EX_CONFIG
    assert one_sentence(done.stderr)
    assert "keys init" in done.stderr
    assert not (tmp_path / "data").exists()


def test_rotation_rewraps_every_key_and_leaves_everybody_readable(made: Bot, tmp_path: Path) -> None:
    meet(ANNA, BEN)

    done = made("keys", "rotate")

    assert done.returncode == 0
    assert status(made)["data_keys"] == {"2": 3}
    assert {path.name for path in (tmp_path / "keys").iterdir()} == {"kek-1", "kek-2"}
    assert known(ANNA)


def test_retired_versions_are_destroyed_after_the_keyring_was_backed_up(made: Bot, tmp_path: Path) -> None:
    meet(ANNA)

    made("keys", "rotate", "--retire")

    assert {path.name for path in (tmp_path / "keys").iterdir()} == {"kek-2"}
    with closing(sqlite3.connect(tmp_path / "spare" / "keyring.db")) as spare:
        assert spare.execute("SELECT DISTINCT kek_ver FROM dek").fetchall() == [(2,)]
    assert known(ANNA)


def test_a_rotation_that_was_interrupted_is_finished_and_not_begun_again(made: Bot, tmp_path: Path) -> None:
    meet(ANNA)
    (tmp_path / "keys" / "kek-2").write_bytes(os.urandom(32))
    (tmp_path / "keys" / "kek-2").chmod(0o400)

    made("keys", "rotate")

    assert status(made)["version"] == 2
    assert status(made)["data_keys"] == {"2": 2}


def test_no_command_ever_shows_a_key(made: Bot, tmp_path: Path) -> None:
    kek = (tmp_path / "keys" / "kek-1").read_bytes()
    shown = "".join(made(*command).stdout for command in (("keys", "status"), ("keys", "rotate"), ("selfcheck",)))

    assert kek.hex() not in shown


# Backup, restore


def test_what_was_erased_since_stays_erased_after_a_restore(made: Bot, tmp_path: Path) -> None:
    meet(ANNA, BEN)
    assert made("backup").returncode == 0
    erase(made, ANNA)
    for file in (tmp_path / "data").glob("content.db*"):
        file.unlink()

    done = made("restore")

    assert done.returncode == 0
    assert not known(ANNA)
    assert known(BEN)


async def _take_back(user_id: int) -> None:
    async with Installation(Settings(), Operations()).stores() as stores:
        await stores.ledger.withdraw(user_id, [Purpose.TRANSCRIBE], Occasion(99, NOW, "en", "button"))


async def _allowed(*people: int) -> list[bool]:
    async with Installation(Settings(), Operations()).stores() as stores:
        assert (await stores.ledger.verify()).holds
        return [stores.ledger.allowed(user_id, Purpose.TRANSCRIBE) for user_id in people]


def test_a_yes_that_was_taken_back_does_not_come_back_with_a_backup(made: Bot, tmp_path: Path) -> None:
    meet(ANNA, BEN)
    assert made("backup").returncode == 0
    assert asyncio.run(_allowed(ANNA, BEN)) == [True, True]
    asyncio.run(_take_back(ANNA))
    for file in (tmp_path / "data").glob("content.db*"):
        file.unlink()

    assert made("restore").returncode == 0

    # Nor does any other: who took theirs back in the time that is lost, nobody knows.
    assert asyncio.run(_allowed(ANNA, BEN)) == [False, False]
    assert known(BEN)


def test_where_only_the_content_is_lost_commands_say_so_and_begin_none_in_the_way_of_a_restore(
    made: Bot, tmp_path: Path
) -> None:
    made("backup")
    for file in (tmp_path / "data").glob("content.db*"):
        file.unlink()

    refused = [made(*command) for command in (("requests", "list"), ("retention",), ("backup",))]

    assert all(one_sentence(done.stderr) and "restore" in done.stderr for done in refused)
    assert checked(made)["databases"] is False
    assert not (tmp_path / "data" / "content.db").exists()
    assert made("restore").returncode == 0
    assert checked(made)["databases"] is True


def test_a_restore_over_a_living_database_is_refused(made: Bot) -> None:
    made("backup")

    done = made("restore")

    assert done.returncode == EX_CONFIG
    assert one_sentence(done.stderr)


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_postgresql_is_left_to_its_own_tools(made: Bot, command: str) -> None:
    dsn = "postgresql://bot:hunter2@localhost/content"

    done = made(command, SKILLRALLY_CONTENT_DSN=dsn)

    assert done.returncode == EX_CONFIG
    assert one_sentence(done.stderr)
    assert "docs/backup.md" in done.stderr
    assert "hunter2" not in done.stderr


# Purge


def test_nothing_is_purged_unless_the_words_are_typed(made: Bot, tmp_path: Path) -> None:
    before = sorted(tmp_path.rglob("*"))

    done = made("purge-all", "--confirm", "yes")

    assert done.returncode == EX_CONFIG
    assert sorted(tmp_path.rglob("*")) == before


def test_purging_deletes_keys_databases_and_backups_and_nothing_else(made: Bot, tmp_path: Path) -> None:
    meet(ANNA)
    made("backup")
    (tmp_path / "data" / "notes.txt").write_text("the operator's own", encoding="utf-8")

    done = made("purge-all", "--confirm", "erase everything")

    assert done.returncode == 0
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["notes.txt"]


def test_nothing_is_purged_under_a_running_bot(made: Bot, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / "content.db")) as running:
        running.execute("PRAGMA journal_mode=WAL")
        running.execute("SELECT count(*) FROM subject").fetchone()

        done = made("purge-all", "--confirm", "erase everything")

    assert done.returncode == EX_CONFIG
    assert "stop the bot" in done.stderr
    assert (tmp_path / "keys" / "kek-1").exists()


# Requests, erasure, receipts


def add(bot: Bot, kind: str = "erasure", *more: str) -> str:
    done = bot("requests", "add", kind, *more)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().rsplit(" ", 1)[-1]


def erase(bot: Bot, user_id: int) -> dict[str, Any]:
    asyncio.run(_confirm(user_id, add(bot)))
    done = bot("erase", "--user", str(user_id))
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_a_request_by_email_is_listed_until_it_is_closed(made: Bot) -> None:
    add(made, "access", "--received", f"{NOW:%Y-%m-%d}", "--text", "what do you have of me?")

    (entry,) = json.loads(made("requests", "list", "--json").stdout)
    assert (entry["kind"], entry["via"], entry["confirmed"]) == ("access", "email", False)
    assert entry["text"] == "what do you have of me?"

    assert made("requests", "close", entry["id"][:8], "--outcome", "refused").returncode == 0
    assert json.loads(made("requests", "list", "--json").stdout) == []
    (closed,) = json.loads(made("requests", "list", "--closed", "--json").stdout)
    assert closed["outcome"] == "refused"


@pytest.mark.parametrize("received", ["2001-01-01", "2999-01-01"])
def test_a_request_of_another_time_is_refused(made: Bot, received: str) -> None:
    done = made("requests", "add", "access", "--received", received)

    assert done.returncode == EX_CONFIG
    assert one_sentence(done.stderr)


def test_a_request_that_is_not_there_cannot_be_closed(made: Bot) -> None:
    done = made("requests", "close", "00000000")

    assert done.returncode == EX_CONFIG
    assert one_sentence(done.stderr)


def test_nobody_is_erased_without_having_confirmed_it_on_discord(made: Bot) -> None:
    meet(ANNA, BEN)
    code = add(made)

    assert made("erase", "--user", str(ANNA)).returncode == EX_CONFIG
    asyncio.run(_confirm(ANNA, code))
    refused = made("erase", "--user", str(BEN))

    assert refused.returncode == EX_CONFIG
    assert one_sentence(refused.stderr)
    assert known(ANNA)
    assert known(BEN)


@pytest.mark.parametrize("user", ["0", "-5", "9" * 26])
def test_whose_id_cannot_be_one_is_refused_in_one_sentence(made: Bot, user: str) -> None:
    done = made("erase", "--user", user)

    assert done.returncode == EX_CONFIG
    assert one_sentence(done.stderr)


def test_a_confirmed_erasure_is_done_and_its_receipt_verifies(made: Bot, tmp_path: Path) -> None:
    meet(ANNA, BEN)
    made("backup")

    receipt = erase(made, ANNA)
    made("backup")

    assert not known(ANNA)
    assert known(BEN)
    assert str(ANNA) not in json.dumps(receipt)
    (tmp_path / "receipt.json").write_text(json.dumps(receipt), encoding="utf-8")
    said = json.loads(made("verify-receipt", "receipt.json", "--json").stdout)
    assert (said["holds"], said["looked_in"]) == (True, ["the keyring", "the keyring's backup"])


def test_a_receipt_does_not_hold_while_a_backup_of_the_keyring_still_has_the_key(made: Bot, tmp_path: Path) -> None:
    meet(ANNA)
    made("backup")
    (tmp_path / "receipt.json").write_text(json.dumps(erase(made, ANNA)), encoding="utf-8")

    done = made("verify-receipt", "receipt.json")

    assert done.returncode == 1
    assert "backup" in done.stdout


def test_a_forged_receipt_does_not_hold(made: Bot, tmp_path: Path) -> None:
    meet(ANNA)
    receipt = erase(made, ANNA) | {"erased_at": "2020-01-01T00:00:00+00:00"}
    (tmp_path / "receipt.json").write_text(json.dumps(receipt), encoding="utf-8")

    assert made("verify-receipt", "receipt.json").returncode == 1


@pytest.mark.parametrize("text", ["", "[]", "no JSON"])
def test_what_is_no_receipt_is_said_in_one_sentence(bot: Bot, tmp_path: Path, text: str) -> None:
    (tmp_path / "receipt.json").write_text(text, encoding="utf-8")

    done = bot("verify-receipt", "receipt.json")

    assert done.returncode == EX_CONFIG
    assert one_sentence(done.stderr)


# Record of processing


def test_the_record_of_processing_covers_every_column_and_every_processor(bot: Bot) -> None:
    from storage.models import Content, Keyring  # noqa: PLC0415

    said = json.loads(bot("ropa", "--json").stdout)

    columns = {name for activity in said["activities"] for name in activity["columns"]}
    tables = [*Content.metadata.tables.values(), *Keyring.metadata.tables.values()]
    assert columns == {str(column) for table in tables for column in table.c}
    assert {each["name"] for each in said["recipients"]} >= {"Discord", "OpenAI", "Sentry", "PostHog"}
    assert said["controller"]["email"] == CONTROLLER["SKILLRALLY_CONTROLLER_EMAIL"]


def test_the_record_of_processing_is_markdown_with_whole_tables(bot: Bot) -> None:
    said = bot("ropa").stdout

    assert said.startswith("# Record of processing activities\n")
    for block in re.findall(r"(?:^\|.*\n)+", said, re.MULTILINE):
        rows = block.splitlines()
        assert len({row.count("|") for row in rows}) == 1
        assert len(rows) > 2


def test_without_a_controller_there_is_no_record(bot: Bot) -> None:
    done = bot("ropa", SKILLRALLY_CONTROLLER_EMAIL="[your e-mail]")

    assert done.returncode == EX_CONFIG
    assert one_sentence(done.stderr)


# Retention


async def _last_ran(days_ago: int) -> None:
    async with Installation(Settings(), Operations()).stores() as stores:
        at = datetime.now(UTC) - timedelta(days=days_ago)
        async with stores.databases.content.write() as connection:
            run: dict[str, Any] = {"id": uuid4(), "started_at": at, "finished_at": at, "counts": {}}
            await connection.execute(insert(RetentionRun).values(run))


def test_what_is_due_is_deleted_on_request_too(made: Bot) -> None:
    assert json.loads(made("retention", "--json").stdout) == {"deleted": {}, "held_back": {}, "paused": ""}


def test_after_days_off_the_operator_vouches_for_the_clock(made: Bot) -> None:
    asyncio.run(_last_ran(days_ago=5))

    paused = made("retention")
    trusted = made("retention", "--trust-clock")

    assert (paused.returncode, trusted.returncode) == (1, 0)
    assert "--trust-clock" in paused.stdout
    assert made("retention").returncode == 0


# Self-check


def checked(bot: Bot, **environment: str) -> dict[str, bool | None]:
    done = bot("selfcheck", "--json", **environment)
    lines = json.loads(done.stdout)
    assert done.returncode == (1 if any(line["ok"] is False for line in lines) else 0)
    return {line["name"]: line["ok"] for line in lines}


def test_a_good_installation_is_green(made: Bot) -> None:
    meet(ANNA)
    made("backup")

    assert set(checked(made).values()) == {True}


def test_the_self_check_of_nothing_makes_nothing_but_folders(bot: Bot, tmp_path: Path) -> None:
    assert checked(bot)["databases"] is False
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_each_fault_is_red_by_itself(made: Bot, tmp_path: Path) -> None:
    meet(ANNA)
    made("backup")
    with closing(sqlite3.connect(tmp_path / "data" / "content.db")) as connection:
        connection.execute("UPDATE consent_event SET given = 0")
        connection.commit()

    faults = {name for name, ok in checked(made, SKILLRALLY_CONTROLLER_NAME="TODO").items() if not ok}

    assert faults == {"policy and controller", "ledger of consents"}


def test_a_single_field_that_was_changed_is_counted_and_nothing_of_it_is_shown(made: Bot, tmp_path: Path) -> None:
    meet(ANNA)
    number = said_of(made, "sealed fields")[1].partition(",")[0]
    with closing(sqlite3.connect(tmp_path / "data" / "content.db")) as connection:
        connection.execute("UPDATE subject SET enc_discord_id = CAST(enc_discord_id || x'00' AS BLOB)")
        connection.commit()

    assert {name for name, ok in checked(made).items() if ok is False} == {"sealed fields"}
    assert said_of(made, "sealed fields")[1] == (
        f"1 of {number} do not open (1 of subject.enc_discord_id): they were changed or damaged. A backup from before"
        " brings them back, with all else as it was then; without, what is whole stays usable."
    )


def test_a_readable_key_and_an_open_folder_are_red(made: Bot, tmp_path: Path) -> None:
    (tmp_path / "keys" / "kek-1").chmod(0o444)
    (tmp_path / "data").chmod(0o755)

    said = made("selfcheck")

    assert said.returncode == 1
    assert "chmod 0400" in said.stdout
    assert "chmod 0700" in said.stdout


def test_a_lost_folder_of_keys_is_said_in_one_sentence(made: Bot, tmp_path: Path) -> None:
    (tmp_path / "keys").rename(tmp_path / "away")

    said = made("keys", "status")

    assert said.returncode != 0
    assert "put back the copy" in said.stdout + said.stderr
    assert not (tmp_path / "keys").exists()


async def _orphan() -> None:
    async with Installation(Settings(), Operations()).stores() as stores:
        await stores.keyring.ensure(uuid4())


async def _lock_out(user_id: int) -> None:
    async with Installation(Settings(), Operations()).stores() as stores:
        subject = await stores.subjects.find(user_id)
        assert subject is not None
        await stores.keyring.discard(subject)


def said_of(bot: Bot, name: str) -> tuple[bool | None, str]:
    lines = {line["name"]: line for line in json.loads(bot("selfcheck", "--json").stdout)}
    return lines[name]["ok"], lines[name]["said"]


def test_data_keys_of_nobody_are_counted(made: Bot) -> None:
    meet(ANNA)
    assert said_of(made, "data keys") == (True, "2 data keys under 1 versions")

    asyncio.run(_orphan())

    assert said_of(made, "data keys") == (
        True,
        "3 data keys under 1 versions; 1 of nobody who is known here: left by a kill or a restore",
    )


def test_somebody_whose_data_key_is_lost_is_red(made: Bot) -> None:
    meet(ANNA)

    asyncio.run(_lock_out(ANNA))

    ok, said = said_of(made, "data keys")
    assert not ok
    assert "restore the newest keyring" in said
