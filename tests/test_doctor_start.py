"""What would keep the bot from starting, said by the doctor before somebody starts it."""

from __future__ import annotations

from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

from bot.account import invitation
from bot.selfcheck import Check, show
from tests.test_doctor import folder, offline
from tests.test_operator_commands import Bot, bot, made, template

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["bot", "folder", "made", "template"]  # fixtures


async def test_a_bot_that_is_split_without_postgresql_is_red(folder: Path) -> None:
    ok, words = (await offline(folder, shards=4))["shards"]

    assert ok is False
    assert "SKILLRALLY_CONTENT_DSN" in words
    assert (await offline(folder))["shards"] == (True, "one process serves all servers")


async def test_numbers_that_other_machines_would_read_unasked_are_red(folder: Path) -> None:
    open_to_all: dict[str, Any] = {"metrics_port": 9464, "metrics_host": "0.0.0.0"}  # noqa: S104 - what is refused

    ok, words = (await offline(folder, **open_to_all))["numbers and health"]

    assert ok is False
    assert "SKILLRALLY_METRICS_REMOTE" in words
    assert (await offline(folder, **open_to_all, metrics_remote=True))["numbers and health"][0] is True
    assert (await offline(folder, metrics_port=9464))["numbers and health"] == (
        True,
        "at port 9464, for this machine alone",
    )
    assert (await offline(folder))["numbers and health"][0] is None


async def test_a_file_in_place_of_the_data_folder_is_not_to_be_chmodded(folder: Path) -> None:
    (folder / "file").touch(mode=0o644)

    ok, words = (await offline(folder, data_dir=str(folder / "file")))["folders"]

    assert ok is False
    assert "must be a folder" in words
    assert "chmod" not in words


@pytest.mark.parametrize("ok", [True, False, None])
def test_brackets_in_what_is_said_are_shown_as_they_are(ok: bool | None) -> None:  # noqa: FBT001 - a mark
    shown = StringIO()

    show([Check("disk", ok=ok, said="/srv/[/red]bot[bold]")], Console(file=shown, width=100))

    assert "/srv/[/red]bot[bold]" in shown.getvalue()


def test_the_invitation_is_one_line_however_narrow_the_terminal(made: Bot, monkeypatch: pytest.MonkeyPatch) -> None:
    link = invitation(80351110224678912)

    async def examine(_doctor: object, *, offline: bool) -> list[Check]:
        assert not offline
        return [Check("Discord", ok=True, said="the token is accepted"), Check("invitation", ok=True, said=link)]

    monkeypatch.setattr("bot.doctor.Doctor.examine", examine)
    monkeypatch.setenv("COLUMNS", "40")

    assert link in made("doctor").stdout
