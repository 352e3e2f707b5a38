"""What the documentation says, held against the program."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import discord
import pytest
import typer

from bot.__main__ import cli
from bot.account import MARK_NEEDS, NEEDED, THREAD_NEEDED
from bot.rehearsal.cast import PEOPLE, ROLES
from bot.voice.client import REMEDIES
from cogs.interview import Interview
from cogs.locales import words_in
from cogs.owner import Owner
from config.operations import Operations
from config.settings import Settings

if TYPE_CHECKING:
    from cogs.locales import Words

ROOT = Path(__file__).parents[1]
DOCS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
SETTINGS = Settings.model_fields | Operations.model_fields
README = (ROOT / "README.md").read_text(encoding="utf-8")
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def anchor(heading: str) -> str:
    """As the usual renderers make it."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def links(path: Path) -> list[str]:
    return re.findall(r"\]\((?!https?:)([^)\s]+)\)", re.sub(r"```.*?```", "", read(path), flags=re.DOTALL))


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    for link in links(path):
        file, _, heading = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), link
        assert ROOT in (target, *target.parents), link
        if heading:
            headings = re.findall(r"^#+ (.+)$", read(target), re.MULTILINE)
            assert heading in map(anchor, headings), link


def test_every_page_can_be_reached_from_the_index() -> None:
    index = read(ROOT / "docs" / "README.md")

    assert [
        p.name for p in DOCS if p.parent.name == "docs" and p.name != "README.md" and f"({p.name})" not in index
    ] == []


def variable(name: str) -> str:
    return "DISCORD_TOKEN" if name == "discord_token" else f"SKILLRALLY_{name.upper()}"


def settings_table() -> dict[str, str]:
    """Each setting's default, as the operators' page has it."""
    return dict(re.findall(r"^\| `([A-Z_]+)` \| (?:`([^`]*)`)? ?\|", OPERATING, re.MULTILINE))


def test_every_setting_is_in_the_operators_table_and_nothing_else() -> None:
    assert sorted(settings_table()) == sorted(map(variable, SETTINGS))


def test_the_operators_table_has_the_defaults() -> None:
    table = settings_table()

    for name, field in SETTINGS.items():
        default = str(field.default).lower() if isinstance(field.default, bool) else str(field.default)
        assert table[variable(name)] == ("" if field.default is None else default), name


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_no_page_names_a_setting_that_is_none(path: Path) -> None:
    named = set(re.findall(r"\b(?:SKILLRALLY|DISCORD)_[A-Z_]+\b", read(path)))

    assert named <= set(map(variable, SETTINGS))


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_make_target_that_is_named_exists(path: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", read(ROOT / "Makefile"), re.MULTILINE))

    assert set(re.findall(r"\bmake ([a-z-]+)\b(?=[`\n ]*[`\n#])", read(path))) <= targets


def options() -> set[str]:
    """Every option of the command line, and of make and git where the pages use them."""
    command = typer.main.get_command(cli)
    found: set[str] = set()
    waiting = [command]
    while waiting:
        each = waiting.pop()
        found |= {name for parameter in each.params for name in parameter.opts}
        waiting += list(getattr(each, "commands", {}).values())
    return found


@pytest.mark.parametrize("path", [ROOT / "README.md", ROOT / "docs" / "rehearsal.md"], ids=lambda path: path.name)
def test_every_option_that_is_named_exists(path: Path) -> None:
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", read(path))) <= options()


def test_the_rehearsals_page_has_every_option() -> None:
    page = read(ROOT / "docs" / "rehearsal.md")
    rehearse = getattr(typer.main.get_command(cli), "commands", {})["rehearse"]

    assert [p.name for p in rehearse.params if p.name != "help" and p.opts[0] not in page] == []


def test_the_readme_has_every_command_of_the_bot() -> None:
    named = set(re.findall(r"^\| `/interview (\w+)`", README, re.MULTILINE))

    assert named == {command.name for command in Interview.__cog_app_commands__}


def _permission(words: Words, name: str) -> str:
    return words(f"interview-permission-{name.replace('_', '-')}")


def test_the_page_of_owner_has_every_command_of_it_and_nothing_else() -> None:
    table = re.findall(r"^\| `/owner ([a-z-]+)` \|", read(ROOT / "docs" / "owner.md"), re.MULTILINE)

    assert sorted(table) == sorted(command.name for command in Owner.__cog_app_commands__)


def test_the_invitation_asks_for_what_the_bot_needs_and_for_nothing_else() -> None:
    words = words_in("en")
    needed = set(NEEDED) | set(THREAD_NEEDED) | set(MARK_NEEDS)
    (number,) = re.findall(r"permissions=(\d+)", README)

    assert discord.Permissions(int(number)) == discord.Permissions(**dict.fromkeys(needed, True))
    for name in needed:
        called = name.replace("_", " ").title() if name in MARK_NEEDS else _permission(words, name)
        assert f"**{called}**" in README
    assert "scope=bot+applications.commands" in README


def test_the_operators_page_has_the_remedy_of_every_close_code() -> None:
    rows = re.findall(r"^\| ([\d, ]+) \| `(\w+)` \|", OPERATING, re.MULTILINE)
    said = {int(code): remedy for codes, remedy in rows for code in codes.split(",")}

    assert said == {code: remedy.name for code, remedy in REMEDIES.items()}


def test_the_readme_shows_a_rehearsal_in_which_everything_held() -> None:
    shown = README.split("<!-- rehearsal -->")[1].split("<!-- /rehearsal -->")[0]

    for name in PEOPLE:
        assert f"{name.capitalize()} " in shown
        assert ROLES[name] in shown
    story = "".join(map(read, (ROOT / "bot" / "rehearsal").glob("*.py")))
    checks = re.findall(r"✓ +(.*?) +│", shown)
    assert len(checks) >= 10
    for check in checks:
        assert f'"{check}"' in story
    assert "✗" not in shown
    assert "Everything held" in shown
