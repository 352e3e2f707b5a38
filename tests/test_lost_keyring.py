"""What people saved is there, and the keys that open it are not: nothing may take their place but their own copy."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.test_main import EX_CONFIG, Bot, one_sentence
from tests.test_operator_commands import ANNA, bot, known, made, meet, template

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["bot", "made", "template"]  # fixtures


@pytest.fixture
def lost(made: Bot, tmp_path: Path) -> Bot:
    """Somebody is known, a backup was made, and then the keyring went."""
    meet(ANNA)
    assert made("backup").returncode == 0
    for file in (tmp_path / "data").glob("keyring.db*"):
        file.unlink()
    return made


@pytest.mark.parametrize(
    "command", [("keys", "init"), ("keys", "status"), ("backup",), ("requests", "list")], ids=" ".join
)
def test_no_command_makes_a_new_keyring_where_the_own_one_is_lost(
    lost: Bot, tmp_path: Path, command: tuple[str, ...]
) -> None:
    done = lost(*command)

    assert done.returncode == EX_CONFIG
    assert one_sentence(done.stderr)
    assert "SKILLRALLY_KEYRING_BACKUP_DIR" in done.stderr
    assert not (tmp_path / "data" / "keyring.db").exists()


def test_an_empty_keyring_in_place_of_the_lost_one_is_no_first_start(lost: Bot, tmp_path: Path) -> None:
    (tmp_path / "data" / "keyring.db").touch(mode=0o600)

    done = lost("keys", "init")

    assert done.returncode == EX_CONFIG
    assert "the keyring is lost" in done.stderr.lower()


@pytest.mark.parametrize("command", [("selfcheck",), ("doctor", "--offline")], ids=" ".join)
def test_whoever_looks_is_told_what_to_put_back_and_not_to_begin_anew(
    lost: Bot, tmp_path: Path, command: tuple[str, ...]
) -> None:
    said = " ".join(lost(*command).stdout.split())

    assert "The keyring is lost" in said
    assert "keys init" not in said
    assert not (tmp_path / "data" / "keyring.db").exists()


def test_with_its_copy_put_back_everybody_is_there_again(lost: Bot, tmp_path: Path) -> None:
    shutil.copy(tmp_path / "spare" / "keyring.db", tmp_path / "data" / "keyring.db")

    assert lost("selfcheck").returncode == 0
    assert known(ANNA)


def test_a_first_start_that_was_killed_is_made_again(bot: Bot, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "data" / "content.db").touch(mode=0o600)

    assert bot("keys", "init").returncode == 0


def test_lost_keys_are_asked_for_and_not_only_missed(made: Bot, tmp_path: Path) -> None:
    shutil.rmtree(tmp_path / "keys")

    said = " ".join(made("selfcheck").stdout.split())

    assert "SKILLRALLY_KEYS_DIR is not there: put back your copy" in said


@pytest.mark.parametrize("keys", ["another's", "none"])
def test_a_restore_without_the_keys_says_that_they_are_missing_and_leaves_nothing(
    lost: Bot, tmp_path: Path, keys: str
) -> None:
    for file in (tmp_path / "data").glob("content.db*"):
        file.unlink()
    kek = tmp_path / "keys" / "kek-1"
    kek.unlink()
    if keys == "another's":
        kek.write_bytes(bytes(range(32)))
        kek.chmod(0o400)

    done = lost("restore")

    assert done.returncode == EX_CONFIG
    assert "key-encryption keys that this keyring was made with are not here" in done.stderr
    assert list((tmp_path / "data").glob("*.db*")) == []
