"""What a lock file pins: names, versions, hashes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)\s*(?:;\s*([^\\]+?))?\s*\\?$")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Pin:
    """One package.

    Attributes:
        name: As the lock writes it.
        version: The only one that is installed.
        only_if: On which machines, as a marker; empty for all.
        sha256: Of each file that is accepted.
    """

    name: str
    version: str
    only_if: str
    sha256: tuple[str, ...]


def pins(lock: Path) -> list[Pin]:
    """Every package of *lock*, in its order."""
    found: list[tuple[re.Match[str], list[str]]] = []
    for line in lock.read_text(encoding="utf-8").splitlines():
        if pin := _PIN.match(line):
            found.append((pin, []))
        elif found:
            found[-1][1].extend(_HASH.findall(line))
    return [Pin(pin[1], pin[2], pin[3] or "", tuple(hashes)) for pin, hashes in found]
