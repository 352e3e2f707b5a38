"""docs/policy-map.md, held against the policy and the tests."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest

from config.policy import POLICY_FILE

ROOT = Path(__file__).parents[1]
MAP = (ROOT / "docs" / "policy-map.md").read_text(encoding="utf-8")
EXCUSES = ("Not yet: ", "Not code: ")


def sentences() -> list[str]:
    """The policy's, without headings."""
    text = POLICY_FILE.read_text(encoding="utf-8").split("---\n", 2)[2]
    lines = (line.strip().removeprefix("- ") for line in text.splitlines())
    # "EU-U.S. Data" ends no sentence.
    return [
        sentence
        for line in lines
        if line and not line.startswith("#")
        for sentence in re.split(r"(?<=[.?!])(?<!U\.S\.) +(?=[A-Z`])", line)
    ]


def rows() -> list[tuple[str, str, str]]:
    table = MAP.split("## The policy of the bot")[1].split("\n## ")[0]
    found = [line.strip("| \n").split(" | ") for line in table.splitlines() if line.startswith("| ")]
    return [(row[0], row[1], row[2]) for row in found[2:]]


ROWS = rows()


@cache
def names_in(file: str) -> frozenset[str]:
    path = ROOT / file
    if not path.is_file():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return frozenset(node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))


def test_every_sentence_of_the_policy_has_its_row() -> None:
    beginnings = [row[0] for row in ROWS]

    assert [s for s in sentences() if sum(s.startswith(beginning) for beginning in beginnings) != 1] == []


def test_every_row_is_about_a_sentence_of_the_policy() -> None:
    said = sentences()

    assert [row[0] for row in ROWS if not any(sentence.startswith(row[0]) for sentence in said)] == []


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_row_names_tests_that_exist_or_says_why_there_is_none(row: tuple[str, str, str]) -> None:
    _, behaviour, cell = row
    named = re.findall(r"`([^`]+)`", cell)

    if behaviour.startswith(EXCUSES):
        assert cell == "—"
        return
    assert named
    for name in named:
        file, _, test = name.partition("::")
        assert test.startswith("test_"), name
        assert test in names_in(file), name


def test_every_cookie_of_the_published_policy_is_named() -> None:
    for cookie in ("session-token", "csrf-token", "`_ga`", "`_ga_*`", "`_gid`", "`ph_*`", "posthog-opt-out"):
        assert cookie in MAP
    for cookie in ("sentry-sc", "__sentry_release"):
        assert cookie in MAP
