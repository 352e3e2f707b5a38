"""Whom the bot speaks with, and whom its source could speak with."""

from __future__ import annotations

import ast
import re
import socket
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from bot.rehearsal.cast import MODEL
from bot.telemetry import errors, posthog
from bot.telemetry.egress import is_registered, watching
from config.processors import allowed_hosts, load_processors
from storage.models import Content, Keyring
from stt.engine import Hints
from stt.whisper import Whisper
from tests.flow.conftest import Frames, OpenStage, talking

__all__ = ["talking"]

ROOT = Path(__file__).parents[2]
PRODUCT = [
    path
    for package in ("bot", "cogs", "stt", "storage", "config")
    for path in sorted((ROOT / package).rglob("*.py"))
    if "training" not in path.relative_to(ROOT).parts
]
LOOKED_UP = "never-looked-up.test"
ELSEWHERE = "203.0.113.7"
"""An address that is nobody's. Source: RFC 5737."""


@pytest.mark.parametrize(
    ("host", "registered"),
    [
        ("discord.com", True),
        ("DISCORD.com.", True),
        ("gateway-us-east1-b.discord.gg", True),
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("discord.gg", False),
        ("discord.com.evil.test", False),
        ("evildiscord.com", False),
        ("evil-discord.gg", False),
        ("localhost.evil.test", False),
        ("", False),
        ("10.0.0.1", False),
    ],
)
def test_a_host_is_registered_by_its_name_or_with_all_below_it(host: str, *, registered: bool) -> None:
    assert is_registered(host, ["discord.com", "*.discord.gg"]) is registered


def look_up() -> None:
    with suppress(socket.gaierror):
        # Only an address would be taken, so nobody is asked.
        socket.getaddrinfo(LOOKED_UP, 443, flags=socket.AI_NUMERICHOST)


def connect() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.connect((ELSEWHERE, 9))  # sends nothing


def connect_six() -> None:
    with suppress(OSError), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as udp:
        udp.connect(("2001:db8::7", 9))


@pytest.mark.parametrize(("way", "host"), [(look_up, LOOKED_UP), (connect, ELSEWHERE), (connect_six, "2001:db8::7")])
def test_whoever_is_looked_up_or_connected_to_is_noted(way: object, host: str) -> None:
    assert callable(way)
    with watching() as contacts:
        way()
    assert contacts.strays() == {host}
    assert contacts.strays([host]) == set()


def test_nothing_is_noted_after_the_end_and_two_may_watch_at_once() -> None:
    with watching() as first:
        with watching() as second:
            look_up()
        connect()
    look_up()

    assert (first.hosts, second.hosts) == ({LOOKED_UP, ELSEWHERE}, {LOOKED_UP})


async def test_a_whole_interview_reaches_this_machine_and_nobody_else(talking: OpenStage) -> None:
    with watching() as contacts:
        async with talking() as stage:
            await Frames(stage).more("anna", within_s=8)

    assert contacts.hosts
    assert contacts.strays(allowed_hosts(load_processors())) == set()
    assert contacts.strays() == set()


def test_the_list_of_processors_has_the_hosts_that_the_program_knows() -> None:
    rows = {processor.name: processor for processor in load_processors()}

    assert set(rows["Sentry"].hosts) == set(errors.EU_HOSTS)
    assert set(rows["PostHog"].hosts) == set(posthog.EU_HOSTS)
    for host in REACHED:
        assert is_registered(host, [each for row in rows.values() for each in row.hosts])
    assert not is_registered("o1.ingest.de.sentry.io", allowed_hosts(rows.values()))


def test_what_runs_in_the_engines_process_reaches_nobody_at_all() -> None:
    with watching() as contacts:
        whisper = Whisper(MODEL)
        whisper.warm_up()
        whisper.recognise(np.zeros(16_000, np.int16), Hints())

    assert contacts.hosts == set()


# What the source could do


@cache
def trees() -> list[tuple[Path, str, ast.Module]]:
    sources = [(path, path.read_text(encoding="utf-8")) for path in PRODUCT]
    return [(path, source, ast.parse(source)) for path, source in sources]


def modules(tree: ast.Module) -> set[str]:
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    return found | {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}


GOOGLE_ANALYTICS = re.compile(
    r"google-?analytics|googletagmanager|gtag\b|\b_ga\b|\b_gid\b|\bUA-\d{4,}-\d+\b|\bG-[A-Z0-9]{8,}\b"
)


def test_there_is_no_google_analytics_neither_its_hosts_nor_a_number_of_it() -> None:
    for path, source, _ in trees():
        assert not GOOGLE_ANALYTICS.search(source), path
    assert GOOGLE_ANALYTICS.search("https://www.google-analytics.com/g/collect?tid=G-ABCDEF1234")


OAUTH = {"authlib", "oauthlib", "requests_oauthlib", "google_auth_oauthlib", "google", "linkedin_api", "msal", "jwt"}


def test_nobody_logs_in_through_somebody_else() -> None:
    for path, _, tree in trees():
        assert not {name.partition(".")[0] for name in modules(tree)} & OAUTH, path


OPERATORS_OWN = {"config/policy.py", "config/settings.py", "config/operations.py"}
"""Where the address stands that people write to: the operator's."""


def fields(tree: ast.Module) -> set[str]:
    """Names that are declared: of attributes, columns, settings and arguments."""
    nodes = list(ast.walk(tree))
    targets = [node.target for node in nodes if isinstance(node, ast.AnnAssign)]
    return {target.id for target in targets if isinstance(target, ast.Name)} | {
        node.arg for node in nodes if isinstance(node, ast.arg)
    }


def test_nobodys_email_address_is_asked_for_or_kept() -> None:
    tables = [*Content.metadata.tables.values(), *Keyring.metadata.tables.values()]

    assert not [column for table in tables for column in table.columns if re.search(r"e_?mail", column.name)]
    for path, _, tree in trees():
        if path.relative_to(ROOT).as_posix() not in OPERATORS_OWN:
            assert not [name for name in fields(tree) if re.search(r"e_?mail", name.lower())], path
        read = [node for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "email"]
        assert not [node for node in read if ast.unparse(node.value) not in {"self", "controller"}], path


HOSTS = re.compile(r"(?:https?|wss?)://([A-Za-z0-9.-]+\.[A-Za-z]{2,})")
REACHED = {"eu.i.posthog.com"}
READ_ABOUT = {"skillrally.app"}
CHOSEN = {"api.openai.com"}
"""Reached where an operator chooses a project without a region; it must then be in the list of processors."""

RESERVED = re.compile(r"(^|\.)example(\.(com|net|org))?$|\.test$")
"""For examples. Source: RFC 2606."""


def test_every_host_in_the_source_is_known() -> None:
    live = [(path, source) for path, source, _ in trees() if "loopback" not in path.parts]
    found = {host for _, source in live for host in HOSTS.findall(source) if not RESERVED.search(host)}

    assert found <= REACHED | READ_ABOUT | CHOSEN
    assert found >= REACHED
