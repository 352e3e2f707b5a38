"""docs/threat-model.md, held against the tests that it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.test_policy_map import names_in

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "docs" / "threat-model.md").read_text(encoding="utf-8")
ROWS = [
    line.strip("| ").split(" | ") for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| -")
][1:]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_every_attacker_is_stopped_by_something_that_a_test_shows(row: list[str]) -> None:
    who, wants, stops, shown = row
    named = re.findall(r"`([^`]+)`", shown)

    assert who
    assert wants
    assert stops
    assert named
    for name in named:
        file, _, test = name.partition("::")
        assert test.startswith("test_"), name
        assert test in names_in(file), name


def test_the_table_is_read_and_what_is_not_stopped_is_said() -> None:
    assert len(ROWS) > 15
    assert len(re.findall(r"^- \*\*", PAGE.split("## What nothing here stops")[1], re.MULTILINE)) > 5
