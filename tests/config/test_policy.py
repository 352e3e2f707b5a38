from __future__ import annotations

import dataclasses
import hashlib
import re
from typing import TYPE_CHECKING

import pytest

from config.errors import Unfit
from config.policy import POLICY_FILE, Controller, load_policy

if TYPE_CHECKING:
    from pathlib import Path

CONTROLLER = Controller("SkillRally", "interview.rally@gmail.com", "the European Economic Area")


@pytest.mark.parametrize(
    "changes",
    [
        {"name": ""},
        {"name": "  "},
        {"name": "[your name]"},
        {"name": "<controller>"},
        {"name": "Your Company"},
        {"region": ""},
        {"region": "TODO"},
        {"email": ""},
        {"email": "[Твій Email]"},
        {"email": "you@example.com"},
        {"email": "privacy@mail.example.org"},
        {"email": "privacy@host.invalid"},
        {"email": "your@gmail.com"},
        {"email": "gmail.com"},
        {"email": "a b@gmail.com"},
        {"email": "a@localhost"},
    ],
    ids=str,
)
def test_a_controller_that_nobody_could_reach_is_refused(changes: dict[str, str]) -> None:
    with pytest.raises(Unfit) as refused:
        dataclasses.replace(CONTROLLER, **changes).check()

    assert str(refused.value).endswith(".")
    assert f"SKILLRALLY_CONTROLLER_{next(iter(changes)).upper()}" in str(refused.value)


def test_the_controller_of_the_published_policy_is_accepted() -> None:
    CONTROLLER.check()


def test_the_policy_names_this_installations_controller_and_leaves_nothing_open() -> None:
    policy = load_policy(CONTROLLER)

    assert policy.text.count(CONTROLLER.email) >= 2  # in section 1 and, where the original had a placeholder, in 9
    assert CONTROLLER.name in policy.text
    assert CONTROLLER.region in policy.text
    assert not re.search(r"[{}]", policy.text)
    assert "Email]" not in policy.text


def test_the_hash_is_that_of_the_text_which_people_see() -> None:
    policy = load_policy(CONTROLLER)

    assert policy.sha256 == hashlib.sha256(policy.text.encode()).digest()
    other = load_policy(dataclasses.replace(CONTROLLER, email="somebody.else@gmail.com"))
    assert (other.version, other.sha256 == policy.sha256) == (policy.version, False)


def test_the_version_is_the_date_that_the_text_says() -> None:
    policy = load_policy(CONTROLLER)

    assert f"Last updated: {policy.version}." in policy.text
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", policy.version)


def test_the_policy_says_where_it_differs_from_the_published_one() -> None:
    top = load_policy(CONTROLLER).text.split("## 1.")[0]

    for word in ("e-mail", "Google or LinkedIn", "no cookies", "no Google Analytics", "IP address"):
        assert word in top


@pytest.mark.parametrize(
    "text",
    ["", "no front matter", "---\nname: x\n---\n\ntext", "---\nversion: 1\n---\n\nwrite to [your e-mail]", "{other}"],
)
def test_a_policy_with_something_missing_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "policy.md"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(Unfit):
        load_policy(CONTROLLER, file=file)


def test_a_policy_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Unfit):
        load_policy(CONTROLLER, file=tmp_path / "none.md")


def test_the_policy_is_part_of_what_is_installed() -> None:
    assert POLICY_FILE.is_file()
