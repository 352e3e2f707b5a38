"""`python -m tests.supply.audit [LOCK …]`: which locked packages have a known flaw, as pip-audit knows.

0    every package was looked up, and none has a known flaw
1    some have: each is named, with the version that mends it
3    not everything could be looked up, or nothing: no database of flaws answered. This is no all-clear.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any, cast

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock")
CLEAR, FLAWED, UNKNOWN = 0, 1, 3


def asked(lock: str) -> dict[str, Any] | None:
    """What pip-audit says of a lock; None if it could not ask anybody."""
    command = ["pip_audit", "-r", lock, "--disable-pip", "--require-hashes", "--progress-spinner", "off", "-f", "json"]
    done = subprocess.run([sys.executable, "-m", *command], cwd=ROOT, capture_output=True, text=True, check=False)
    try:
        return cast("dict[str, Any]", json.loads(done.stdout))
    except ValueError:
        return None


def judged(answers: dict[str, dict[str, Any] | None]) -> tuple[int, list[str]]:
    """The exit code and the lines to print, for what pip-audit said of each lock."""
    lines: list[str] = []
    flaws = unknown = looked_up = 0
    for lock, answer in answers.items():
        if answer is None:
            lines.append(f"{lock}: nothing was audited, because no database of flaws can be reached.")
            unknown += 1
            continue
        skipped = [each for each in answer["dependencies"] if "skip_reason" in each]
        found = [each for each in answer["dependencies"] if each.get("vulns")]
        known = len(answer["dependencies"]) - len(skipped)
        looked_up, unknown, flaws = looked_up + known, unknown + len(skipped), flaws + len(found)
        if not known:
            lines.append(f"{lock}: nothing was audited, because the database of flaws knows none of its packages.")
        else:
            lines.append(f"{lock}: {known} packages looked up, {len(skipped)} not known, {len(found)} with a flaw.")
        for each in found:
            for flaw in each["vulns"]:
                mends = ", ".join(flaw["fix_versions"]) or "no version yet"
                lines.append(f"  {each['name']} {each['version']}: {flaw['id']}, mended by {mends}")
    if flaws:
        return FLAWED, lines
    return (UNKNOWN if unknown or not looked_up else CLEAR), lines


if __name__ == "__main__":
    code, said = judged({lock: asked(lock) for lock in sys.argv[1:] or LOCKS})
    sys.stdout.write("\n".join(said) + "\n")
    sys.exit(code)
