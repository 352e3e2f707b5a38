from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

from config.errors import Unfit
from config.processors import PROCESSORS_FILE, allowed_hosts, load_processors

if TYPE_CHECKING:
    from pathlib import Path

GOOD: dict[str, Any] = {
    "name": "Sentry",
    "enabled": True,
    "purpose": "errors",
    "data": ["error reports"],
    "region": "Germany",
    "transfer": "eea",
    "evidence_url": "https://sentry.io/legal/dpa/",
    "hosts": ["o1.ingest.de.sentry.io"],
    "retention": "90 days",
}


def written(folder: Path, *rows: Any) -> Path:
    file = folder / "processors.yaml"
    file.write_text(yaml.safe_dump({"processors": list(rows)}), encoding="utf-8")
    return file


def test_only_discord_is_on_until_somebody_decides_otherwise() -> None:
    processors = load_processors()

    assert [processor.name for processor in processors if processor.enabled] == ["Discord"]
    assert {processor.name for processor in processors} == {"Discord", "Sentry", "PostHog", "OpenAI", "Speech server"}


def test_hosts_of_what_is_off_are_not_allowed() -> None:
    hosts = allowed_hosts(load_processors())

    assert "discord.com" in hosts
    assert not [host for host in hosts if "sentry" in host or "posthog" in host or "openai" in host]


def test_google_is_nowhere_in_the_list() -> None:
    assert "google" not in PROCESSORS_FILE.read_text(encoding="utf-8").lower()


def test_one_that_says_everything_may_be_on(tmp_path: Path) -> None:
    (processor,) = load_processors(written(tmp_path, GOOD))

    assert (processor.region, processor.transfer) == ("Germany", "eea")
    assert allowed_hosts([processor]) == {"o1.ingest.de.sentry.io"}


@pytest.mark.parametrize("field", ["region", "transfer", "evidence_url", "hosts"])
def test_one_that_is_on_without_saying_where_and_why_is_refused(field: str, tmp_path: Path) -> None:
    empty: Any = [] if field == "hosts" else ""

    with pytest.raises(Unfit) as refused:
        load_processors(written(tmp_path, GOOD | {field: empty}))

    assert "Sentry" in str(refused.value)
    assert field in str(refused.value)
    load_processors(written(tmp_path, GOOD | {field: empty, "enabled": False}))


@pytest.mark.parametrize(
    "changes",
    [
        {"purpose": ""},
        {"purpose": "[what for]"},
        {"region": "<region>"},
        {"evidence_url": "https://your.contract"},
        {"evidence_url": "http://sentry.io/dpa"},
        {"transfer": "handshake"},
        {"hosts": ["https://sentry.io/api"]},
        {"data": []},
        {"enabled": "perhaps"},
        {"e-mail": "x"},
    ],
    ids=str,
)
def test_placeholders_and_unknown_values_are_refused(changes: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(Unfit) as refused:
        load_processors(written(tmp_path, GOOD | changes))

    assert str(refused.value).endswith(".")
    assert "\n" not in str(refused.value)


def test_a_processor_on_our_own_machine_needs_no_contract(tmp_path: Path) -> None:
    local: dict[str, Any] = GOOD | {"transfer": "local", "region": "this machine", "evidence_url": "", "hosts": []}

    assert load_processors(written(tmp_path, local))[0].enabled


@pytest.mark.parametrize("text", ["", "processors: 3", "[", "processors: [3]", "- x", "!!python/object:os.system {}"])
def test_a_file_that_is_no_list_of_processors_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "processors.yaml"
    file.write_text(text, encoding="utf-8")

    with pytest.raises(Unfit):
        load_processors(file)


def test_a_processor_is_listed_once(tmp_path: Path) -> None:
    with pytest.raises(Unfit):
        load_processors(written(tmp_path, GOOD, GOOD))


def test_a_list_that_was_changed_is_read_anew(tmp_path: Path) -> None:
    assert load_processors(written(tmp_path, GOOD))[0].enabled

    assert not load_processors(written(tmp_path, GOOD | {"enabled": False}))[0].enabled
