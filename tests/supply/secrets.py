"""`python -m tests.supply.secrets`: whether a tracked file holds what nobody else may have. Exit code 1 if one does.

    git ls-files -> lines of text -> PATTERNS, then words that are too random for a text -> not in allowed.txt -> found

What is found is named by its file, line and kind, and by the beginning of a hash, never by itself: the report would be
another place where it stands. A value that is none (an example, a test's own) goes into `allowed.txt` by that hash.
"""

from __future__ import annotations

import hashlib
import math
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
ALLOWED = Path(__file__).parent / "allowed.txt"

PATTERNS = {
    "Discord token": r"\b[MNO][A-Za-z\d_-]{23,27}\.[A-Za-z\d_-]{6}\.[A-Za-z\d_-]{27,40}\b",
    "Discord webhook": r"discord(?:app)?\.com/api/(?:v\d+/)?webhooks/\d{17,20}/[\w-]{60,}",
    "private key": r"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----",
    "OpenAI key": r"\bsk-(?:proj-|svcacct-)?[A-Za-z\d_-]{32,}",
    "AWS key": r"\b(?:AKIA|ASIA)[A-Z\d]{16}\b",
    "GitHub token": r"\b(?:gh[pousr]_[A-Za-z\d]{36,}|github_pat_[A-Za-z\d_]{40,})",
    "Vault token": r"\bhvs\.[A-Za-z\d_-]{24,}",
    "Slack token": r"\bxox[abprs]-[A-Za-z\d-]{20,}",
    "PostHog key": r"\bph[cx]_[A-Za-z\d]{32,}",
    "Sentry address": r"https://[0-9a-f]{32}@[\w.-]+/\d+",
    "password in an address": r"\b[a-z][a-z\d+]+://[^\s:/@{}\"'`]+:(?!password\b)[^\s:/@{}\"'`$]{6,}@[\w.-]+",
    "key of ours": r"\b\d{1,3}:[A-Za-z\d+/]{43}=",
}
"""Shapes of secrets. Sources: the documentation of each service."""

_NAMED = re.compile(
    r"(?i)(?:token|secret|passw(?:or)?d|api_?key|private_?key)[\w.\"'\]]*\s*[:=]\s*[\"']?([A-Za-z\d+/=_.-]{24,})"
)
"""A value with a name that says what it is; it counts if it is random as well."""

RANDOM_BITS = 3.7
"""Entropy for each character above which a word is no word. English identifiers of this length stay below 3.6."""

BINARY = (".bin", ".flac", ".ttf", ".png", ".svg", ".onnx")
HASHED = (".lock", ".ambr")
"""Lock files hold hashes by the thousand, and nothing else; snapshots hold what the bot says."""


@dataclass(frozen=True, slots=True)
class Found:
    """Something that looks like a secret.

    Attributes:
        path: The file, from the root.
        line: Counted from 1.
        kind: What it looks like.
        digest: The beginning of its SHA-256, which `allowed.txt` takes.
    """

    path: str
    line: int
    kind: str
    digest: str


def entropy(word: str) -> float:
    """Bits for each character, by how often each occurs in *word*."""
    counts = Counter(word)
    return -sum(n / len(word) * math.log2(n / len(word)) for n in counts.values())


def look(path: str, text: str) -> Iterator[Found]:
    """What in *text* looks like a secret."""
    for number, line in enumerate(text.splitlines(), 1):
        for kind, pattern in PATTERNS.items():
            for match in re.finditer(pattern, line):
                yield Found(path, number, kind, _digest(match[0]))
        for match in _NAMED.finditer(line):
            word = match[1]
            if entropy(word) >= RANDOM_BITS and re.search(r"\d", word) and re.search(r"[A-Za-z]", word):
                yield Found(path, number, "a random value named like a secret", _digest(word))


def _digest(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:16]


def allowed(file: Path = ALLOWED) -> frozenset[str]:
    """Hashes of what only looks like one; what follows a hash on its line says why."""
    lines = file.read_text(encoding="utf-8").splitlines()
    return frozenset(line.split()[0] for line in lines if line.strip() and not line.startswith("#"))


def scan(root: Path = ROOT, known: frozenset[str] | None = None) -> list[Found]:
    """What the tracked files of *root* hold that is not allowed."""
    known = allowed() if known is None else known
    names = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, check=True).stdout.decode()
    found: list[Found] = []
    for name in filter(None, names.split("\0")):
        path = root / name
        if path.suffix in (*BINARY, *HASHED) or not path.is_file():
            continue
        found += look(name, path.read_text(encoding="utf-8", errors="replace"))
    return [each for each in found if each.digest not in known]


if __name__ == "__main__":
    secrets = scan()
    for each in secrets:
        sys.stdout.write(f"{each.path}:{each.line}: {each.kind} ({each.digest})\n")
    sys.stdout.write(f"{len(secrets)} found\n")
    sys.exit(1 if secrets else 0)
