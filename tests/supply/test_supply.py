from __future__ import annotations

import json
import subprocess
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

from tests.supply.audit import CLEAR, FLAWED, UNKNOWN, judged
from tests.supply.lock import pins
from tests.supply.sbom import LOCK, licence_of, sbom
from tests.supply.secrets import PATTERNS, Found, allowed, entropy, look, scan

B64 = "dGhpcyBpcyBub3Qg" + "YSByZWFsIGtleSwganVzdCB0ZXh0"
PLANTED = {
    "Discord token": "MTA5MjgzNzQ2NTU2NDczODI5" + ".GxYzAb." + "c0ffee-c0ffee_c0ffee-c0ffee12345",
    "Discord webhook": "https://discord.com/api/webhooks/" + "1" * 18 + "/" + "a1B2" * 17,
    "private key": "-----BEGIN EC " + "PRIVATE KEY-----",
    "OpenAI key": "sk-" + "proj-" + "aB3dE5fG7h" * 5,
    "AWS key": "AKIA" + "IOSFODNN7" + "EXAMPLE",
    "GitHub token": "ghp" + "_" + "aB3dE5fG7h" * 4,
    "Vault token": "hvs" + "." + "aB3dE5fG7h" * 3,
    "Slack token": "xoxb" + "-" + "123456789012-" * 2 + "abcdef",
    "PostHog key": "phc" + "_" + "aB3dE5fG7h" * 4,
    "Sentry address": "https://" + "0a1b2c3d" * 4 + "@o1.ingest.de.sentry.io/1",
    "password in an address": "postgresql://bot:" + "hunter2hunter2" + "@db.test/content",
    "key of ours": "1:" + B64[:43] + "=",
}


@pytest.mark.parametrize("kind", PATTERNS)
def test_a_planted_secret_of_each_kind_is_found_at_its_line(kind: str) -> None:
    found = list(look("config/x.env", f"# a comment\nVALUE = {PLANTED[kind]}\n"))

    assert (kind, 2) in {(each.kind, each.line) for each in found}
    assert PLANTED[kind] not in repr(found)


def test_a_random_value_is_found_by_its_name_and_plain_words_are_not() -> None:
    secret = "q7Zr2Xw9Lk4T" + "n8Vb3Hm6Yc1P"

    assert [each.kind for each in look("x", f'api_key = "{secret}"')] == ["a random value named like a secret"]
    assert list(look("x", f'colour = "{secret}"')) == []
    assert list(look("x", "token: the_token_of_the_bot_from_the_portal")) == []
    assert entropy("aaaaaaaa") == 0


def test_a_secret_in_a_tracked_file_is_found_and_one_that_is_ignored_is_not(tmp_path: Path) -> None:
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / ".gitignore").write_text(".env\n", encoding="utf-8")
    for name in ("notes.md", ".env"):
        (tmp_path / name).write_text(f"VALUE={PLANTED['Discord token']}\n", encoding="utf-8")
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)

    found = scan(tmp_path, frozenset())

    assert {each.path for each in found} == {"notes.md"}
    assert scan(tmp_path, frozenset(each.digest for each in found)) == []


@pytest.fixture(scope="module")
def alike() -> list[Found]:
    """Everything in tracked files that looks like a secret; reading them all takes seconds."""
    return scan(known=frozenset())


def test_no_tracked_file_holds_a_secret(alike: list[Found]) -> None:
    known = allowed()

    assert [f"{x.path}:{x.line}: {x.kind} ({x.digest})" for x in alike if x.digest not in known] == []


def test_what_is_allowed_is_still_there_and_says_why(alike: list[Found]) -> None:
    everything = {each.digest for each in alike}
    file = Path(__file__).with_name("allowed.txt")
    lines = [line for line in file.read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]

    assert allowed() <= everything
    assert all(len(line.split()) > 3 for line in lines)
    assert Found("x", 1, "y", "z") == Found("x", 1, "y", "z")


def test_the_list_of_parts_has_every_locked_package_with_a_hash_of_it() -> None:
    text = sbom()
    listed: dict[str, Any] = json.loads(text)
    parts = {(part["name"], part["version"]): part for part in listed["components"]}

    assert set(parts) == {(pin.name, pin.version) for pin in pins(LOCK)}
    assert len(parts) > 60
    for pin in pins(LOCK):
        assert pin.sha256
        assert parts[pin.name, pin.version]["hashes"][0]["content"] in pin.sha256
    assert listed["specVersion"] == "1.6"
    assert listed["metadata"]["component"]["name"] == "skillrally-discord"


def test_the_same_lock_gives_the_same_list_and_another_one_another(tmp_path: Path) -> None:
    other = tmp_path / "requirements.lock"
    other.write_text(LOCK.read_text(encoding="utf-8").replace("aiohttp==", "aiohttp==9."), encoding="utf-8")

    assert sbom() == sbom()
    assert json.loads(sbom(other))["serialNumber"] != json.loads(sbom())["serialNumber"]


def test_what_is_installed_here_has_its_licence_on_the_list() -> None:
    here = {each.metadata["Name"].lower() for each in metadata.distributions()}
    without = [pin.name for pin in pins(LOCK) if pin.name.lower() in here and not licence_of(pin.name)]

    assert len(without) <= 3, without


KNOWN: dict[str, Any] = {"name": "a", "version": "1", "vulns": []}
SKIPPED: dict[str, Any] = {"name": "b", "skip_reason": "not found"}
FLAW: dict[str, Any] = {"name": "c", "version": "2", "vulns": [{"id": "X-1", "fix_versions": ["3"]}]}


@pytest.mark.parametrize(
    ("dependencies", "code", "said"),
    [
        ([KNOWN], CLEAR, "1 packages looked up"),
        ([KNOWN, SKIPPED], UNKNOWN, "1 not known"),
        ([SKIPPED], UNKNOWN, "nothing was audited"),
        (None, UNKNOWN, "nothing was audited"),
        ([KNOWN, FLAW], FLAWED, "c 2: X-1, mended by 3"),
        ([SKIPPED, FLAW], FLAWED, "c 2: X-1"),
    ],
)
def test_an_audit_that_looked_nothing_up_is_no_all_clear(
    dependencies: list[dict[str, Any]] | None, code: int, said: str
) -> None:
    answer = None if dependencies is None else {"dependencies": dependencies}
    found, lines = judged({"x.lock": answer})

    assert found == code
    assert said in "\n".join(lines)
