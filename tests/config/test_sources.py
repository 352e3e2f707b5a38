from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from pydantic import ValidationError

from config.errors import Unfit
from config.operations import Operations
from config.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

TOKEN = "MTk4NjIy.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs"


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A folder of secrets; nothing else is set."""
    for name in [name for name in os.environ if name.startswith(("SKILLRALLY_", "DISCORD_", "CREDENTIALS_"))]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    return secrets


def token() -> str | None:
    secret = Settings().discord_token
    return secret.get_secret_value() if secret is not None else None


def test_a_secret_is_read_from_a_file_without_the_white_space_around_it(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    (folder / "discord_token").write_text(f"{TOKEN}\n")
    (folder / "skillrally_content_dsn").write_text("postgresql://bot@/content?host=/run/postgresql\n")
    monkeypatch.setenv("SKILLRALLY_SECRETS_DIR", str(folder))

    dsn = Settings().content_dsn

    assert token() == TOKEN
    assert dsn is not None
    assert dsn.get_secret_value() == "postgresql://bot@/content?host=/run/postgresql"


def test_the_folder_may_be_named_in_the_env_file(folder: Path) -> None:
    (folder / "discord_token").write_text(TOKEN)
    (folder.parent / ".env").write_text(f"SKILLRALLY_SECRETS_DIR={folder}\nDISCORD_TOKEN=\n")

    assert token() == TOKEN


def test_credentials_of_systemd_are_read_without_being_named(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "discord_token").write_text(TOKEN)
    (folder / "skillrally_controller_name").write_text("Anna")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(folder))

    assert token() == TOKEN
    assert Operations().controller_name == "Anna"


def test_secrets_of_a_container_are_read_without_being_named(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "discord_token").write_text(TOKEN)
    monkeypatch.setattr("config.sources.CONTAINER_SECRETS", folder)

    assert token() == TOKEN


def test_the_environment_wins_over_the_env_file_and_that_over_secrets(
    monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    (folder / "skillrally_model").write_text("from-a-file")
    monkeypatch.setenv("SKILLRALLY_SECRETS_DIR", str(folder))
    assert Settings().model == "from-a-file"

    (folder.parent / ".env").write_text("SKILLRALLY_MODEL=from-env-file\n")
    assert Settings().model == "from-env-file"

    monkeypatch.setenv("SKILLRALLY_MODEL", "from-environment")
    assert Settings().model == "from-environment"


def test_a_folder_of_secrets_that_is_not_there_is_refused(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    monkeypatch.setenv("SKILLRALLY_SECRETS_DIR", str(folder / "missing"))

    with pytest.raises(ValidationError) as refused:
        Settings()

    assert [error["loc"] for error in refused.value.errors(include_input=False)] == [("secrets_dir",)]


def test_a_secret_that_cannot_be_read_is_named_and_not_quoted(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "discord_token").write_bytes(b"hunter2\xff")
    monkeypatch.setenv("SKILLRALLY_SECRETS_DIR", str(folder))

    with pytest.raises(Unfit, match="discord_token") as refused:
        Settings()

    assert "hunter2" not in str(refused.value)


def test_a_secret_is_in_no_repr(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    (folder / "discord_token").write_text(TOKEN)
    monkeypatch.setenv("SKILLRALLY_SECRETS_DIR", str(folder))

    assert TOKEN not in repr(Settings())
