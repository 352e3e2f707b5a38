from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from config.operations import Operations
from config.settings import Settings

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config" / "example.env"
SETTINGS = Settings.model_fields | Operations.model_fields


def settings(**given: Any) -> Settings:
    """Settings of which nothing comes from this folder."""
    return Settings(_env_file=None, **given)  # pyright: ignore[reportCallIssue] - pydantic-settings' own argument


def variable(name: str) -> str:
    return "DISCORD_TOKEN" if name == "discord_token" else f"SKILLRALLY_{name.upper()}"


@pytest.fixture(autouse=True)
def no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SETTINGS:
        monkeypatch.delenv(variable(name), raising=False)
    monkeypatch.delenv("SKILLRALLY_DISCORD_TOKEN", raising=False)


def test_every_setting_is_in_the_example_file_and_nothing_else() -> None:
    named = re.findall(r"^(?:# )?([A-Z_]+)=", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE)

    assert sorted(named) == sorted(map(variable, SETTINGS))


def test_the_example_file_shows_the_defaults() -> None:
    shown = dict(re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", EXAMPLE.read_text(encoding="utf-8"), re.MULTILINE))
    for example in ("SKILLRALLY_LANGUAGES", "SKILLRALLY_POSTHOG_RETENTION_DAYS"):  # since the default is empty
        del shown[example]

    for name, field in SETTINGS.items():
        if variable(name) in shown:
            default = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
            assert shown[variable(name)] == ("" if field.default is None else default)


def test_the_example_file_can_be_used_as_it_is() -> None:
    given = Settings(_env_file=EXAMPLE)  # pyright: ignore[reportCallIssue] - as above

    assert given == settings()
    assert given.discord_token is None


def test_every_setting_says_what_it_is() -> None:
    assert [name for name, field in SETTINGS.items() if not field.description] == []


def test_a_value_left_empty_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.setenv(variable(name), "")

    assert settings() == Settings.model_construct()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SKILLRALLY_GUILD_ID", "my server"),
        ("SKILLRALLY_LANGUAGES", "English"),
        ("SKILLRALLY_LANGUAGES", "en, de"),
        ("SKILLRALLY_SILENCE_S", "0.1"),
        ("SKILLRALLY_SILENCE_S", "soon"),
        ("SKILLRALLY_CAPTIONS", "everywhere"),
        ("SKILLRALLY_WORKERS", "-1"),
        ("SKILLRALLY_LOG_LEVEL", "TRACE"),
        ("SKILLRALLY_LOG_FORMAT", "xml"),
        ("SKILLRALLY_METRICS_PORT", "0"),
        ("SKILLRALLY_METRICS_PORT", "everywhere"),
        ("SKILLRALLY_GRACE_S", "-1"),
    ],
)
def test_a_value_that_cannot_be_read_is_refused_and_not_repeated(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(ValidationError) as refused:
        settings()
    assert value not in str(refused.value)
    assert name.removeprefix("SKILLRALLY_").lower() in str(refused.value)


def test_the_token_is_not_readable_in_a_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", "MTA5.token.secret")
    given = settings()

    assert given.discord_token is not None
    assert given.discord_token.get_secret_value() == "MTA5.token.secret"
    assert "secret" not in repr(given) + str(given)


@pytest.mark.parametrize("name", ["DISCORD_TOKEN", "SKILLRALLY_DISCORD_TOKEN"])
def test_the_token_may_have_either_name(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "MTA5.token")

    assert settings().discord_token is not None


def test_languages_are_a_list_of_codes() -> None:
    assert settings(languages="en,de,yue").allowed_languages == ("en", "de", "yue")
    assert settings().allowed_languages == ()
