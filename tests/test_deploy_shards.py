"""A bot of several processes is deployed as one of one is: nothing that is forbidden there is allowed here."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from typing import Any

import pytest
import yaml

from config.settings import Settings
from tests.test_deploy import DEPLOY, PROGRAM, ROOT, compose

ONE, SHARD = DEPLOY / "skillrally.service", DEPLOY / "skillrally@.service"
PAGE = (ROOT / "docs" / "scaling-out.md").read_text()


def lines(name: str) -> list[str]:
    return [line for line in (DEPLOY / name).read_text().splitlines() if line and not line.startswith("#")]


def test_a_shards_unit_differs_from_the_one_of_a_whole_bot_in_what_it_serves_only() -> None:
    one, shard = lines("skillrally.service"), lines("skillrally@.service")

    assert [line for line in one if line not in shard] == [
        "Description=SkillRally for Discord",
        "Documentation=file:/opt/skillrally/docs/deploying.md",
    ]
    assert [line for line in shard if line not in one][2:] == [
        "EnvironmentFile=/etc/skillrally/shards",
        "EnvironmentFile=-/etc/skillrally/shard-%i",
        "Environment=SKILLRALLY_SHARD_IDS=%i",
        "LoadCredential=skillrally_content_dsn:/etc/skillrally/skillrally_content_dsn",
        "LoadCredential=skillrally_keyring_dsn:/etc/skillrally/skillrally_keyring_dsn",
    ]


def test_systemd_finds_nothing_wrong_with_a_shards_unit(tmp_path: Any) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd here")
    text = SHARD.read_text().replace(f"{PROGRAM}/.venv/bin/python", sys.executable)
    (tmp_path / SHARD.name).write_text(text)

    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(tmp_path / "skillrally@3.service")],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr.strip()) == (0, "")


def test_each_container_serves_another_shard_and_is_like_the_one_of_a_whole_bot() -> None:
    services = yaml.safe_load((DEPLOY / "compose.shards.yaml").read_text())["services"]

    assert "bot" in compose()["services"]
    for name, service in services.items():
        assert set(service) == {"environment"} | (set() if name == "bot" else {"extends"})
        assert service.get("extends", {"file": "compose.yaml", "service": "bot"}) == {
            "file": "compose.yaml",
            "service": "bot",
        }
    shards = [service["environment"] for service in services.values()]
    assert {each["SKILLRALLY_SHARDS"] for each in shards} == {str(len(shards))}
    assert sorted(int(each["SKILLRALLY_SHARD_IDS"]) for each in shards) == list(range(len(shards)))


def test_the_page_writes_every_file_that_the_unit_reads() -> None:
    read = re.findall(r"(?:=|:)(/etc/skillrally/\w+)$", SHARD.read_text(), re.MULTILINE)

    assert [file for file in read if file not in PAGE and not file.endswith("discord_token")] == []
    for name in set(re.findall(r"SKILLRALLY_\w+", SHARD.read_text() + (DEPLOY / "compose.shards.yaml").read_text())):
        assert name.removeprefix("SKILLRALLY_").lower() in Settings.model_fields | {"grace_s": None}
