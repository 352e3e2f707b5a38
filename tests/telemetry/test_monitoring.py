"""The rules and the dashboard that come with the bot ask for numbers that there are, and say what can be done."""

from __future__ import annotations

import json
import re
from functools import cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.__main__ import cli
from bot.telemetry.metrics import FAMILIES, PARTS, Family, Kind
from bot.telemetry.prometheus import NAMESPACE
from config.operations import Operations
from config.settings import Settings
from tests.test_docs import variable

ROOT = Path(__file__).parents[2]
MONITORING = ROOT / "config" / "deploy" / "monitoring"
PAGE = (ROOT / "docs" / "telemetry.md").read_text()

SERIES: dict[Kind, tuple[str, ...]] = {
    Kind.COUNTER: ("_total",),
    Kind.GAUGE: ("",),
    Kind.HISTOGRAM: ("_bucket", "_count", "_sum"),
}
"""What follows a number's name. Source: Prometheus, "Exposition formats"."""

TARGET = {"job", "instance", "le"}
"""Labels that Prometheus itself gives."""


@cache
def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load((MONITORING / "alerts.yaml").read_text())["groups"]
    return group["rules"]


@cache
def dashboard() -> dict[str, Any]:
    return json.loads((MONITORING / "grafana.json").read_text())


def panels() -> list[dict[str, Any]]:
    return [panel for panel in dashboard()["panels"] if panel["type"] != "row"]


def shown() -> list[str]:
    return [target["expr"] for panel in panels() for target in panel["targets"]]


EXPRESSIONS = [rule["expr"] for rule in rules()] + shown()


def family_of(series: str) -> tuple[str, Family]:
    """The number that a series of ours is of."""
    plain = series.removeprefix(f"{NAMESPACE}_")
    for name, family in FAMILIES.items():
        if plain in {name + end for end in SERIES[family.kind]}:
            return name, family
    pytest.fail(f"there is no {series}")


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_whatever_is_asked_for_is_a_number_with_its_own_labels_and_words(expression: str) -> None:
    asked = re.findall(rf"({NAMESPACE}_\w+)(?:{{([^}}]*)}})?", expression)
    labels = set(TARGET)

    assert asked or re.search(r"\b(up|process_resident_memory_bytes)\b", expression)
    for series, selected in asked:
        _, family = family_of(series)
        labels.add(family.label)
        for label, word in re.findall(r'(\w+)[!=~]+"([^"]*)"', selected):
            assert label in TARGET | {family.label}
            assert label in TARGET or word in family.words
    for listed in re.findall(r"\bby \(([^)]*)\)", expression):
        assert {label.strip() for label in listed.split(",")} <= labels


def test_every_number_is_on_the_dashboard() -> None:
    on_it = {family_of(series)[0] for each in shown() for series in re.findall(rf"{NAMESPACE}_\w+", each)}

    assert on_it == set(FAMILIES)


def test_no_panel_covers_another_and_each_can_be_pointed_at_any_prometheus() -> None:
    for one, other in combinations([panel["gridPos"] for panel in dashboard()["panels"]], 2):
        apart_x = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        assert apart_x or one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    for panel in panels():
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        for each in (panel, *panel["targets"]):
            assert each["datasource"] == {"type": "prometheus", "uid": "${source}"}
    ids = [panel["id"] for panel in dashboard()["panels"]]
    assert len(ids) == len(set(ids))


def test_every_red_part_is_in_the_table_that_alerts_lead_to_and_raises_one() -> None:
    table = re.findall(r"^\| `(\w+)` \|", PAGE[PAGE.index("| Red |") :].split("\n\n", 1)[0], re.MULTILINE)

    assert sorted(table) == sorted(PARTS)
    (red,) = [rule for rule in rules() if rule["alert"] == "SkillRallyPartRed"]
    assert re.findall(r'part!="(\w+)"', red["expr"]) == ["ending"]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: rule["alert"])
def test_every_alert_says_how_urgent_it_is_and_what_can_be_done(rule: dict[str, Any]) -> None:
    words = " ".join(rule["annotations"].values())

    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"SkillRally[A-Z]\w+", rule["alert"])
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert set(rule["annotations"]) == {"summary", "description"}
    assert all(text.endswith(".") for text in rule["annotations"].values())
    commands = {command.name or command.callback.__name__ for command in cli.registered_commands if command.callback}
    groups = {group.name for group in cli.registered_groups}
    assert set(re.findall(r"python -m bot (\w+)", words)) <= commands | groups
    settings = {variable(name) for name in Settings.model_fields | Operations.model_fields}
    assert set(re.findall(r"SKILLRALLY_\w+", words)) <= settings
    assert all((ROOT / page).exists() for page in re.findall(r"docs/[\w-]+\.md", words))
    labels = set(re.findall(r"\$labels\.(\w+)", words))
    asked = {family_of(series)[1].label for series in re.findall(rf"{NAMESPACE}_\w+", rule["expr"])}
    assert labels <= asked
