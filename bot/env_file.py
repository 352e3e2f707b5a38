"""`.env`, changed: some settings get other values, everything else stays as it was.

    what is there, or the example  ->  a new file beside it, 0600  ->  read back  ->  put in its place at once

A line `# NAME=` of the example becomes that setting's line; comments and settings that nobody asked about stay. What
cannot be written so that it is read the same is refused before anything is changed.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from dotenv import dotenv_values, set_key

from bot.errors import StartRefused

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def values_of(file: Path) -> dict[str, str]:
    """What *file* sets to something, as the bot's settings read it; nothing if there is no file."""
    return {name: value for name, value in dotenv_values(file, encoding="utf-8").items() if value}


def change(file: Path, values: Mapping[str, str], *, example: Path) -> None:
    """Set *values* in *file*, which is then 0600; made from *example* if there is none.

    Raises:
        StartRefused: If a value would not be read as it is, or the file cannot be written. Nothing was changed then.
    """
    place = file.resolve()
    made = place.with_name(f"{place.name}.new")
    try:
        text = (place if place.exists() else example).read_text(encoding="utf-8")
        before = dotenv_values(place, encoding="utf-8") if place.exists() else {}
        made.unlink(missing_ok=True)
        # First its mode, then its content.
        made.touch(mode=0o600, exist_ok=False)
        made.write_text(_with_lines_for(values, text), encoding="utf-8")
        for name, value in values.items():
            set_key(made, name, value, quote_mode="auto")
        after = dotenv_values(made, encoding="utf-8")
        if wrong := [name for name, value in values.items() if after.get(name) != value]:
            raise StartRefused(
                f"{wrong[0]} has characters that .env cannot hold: put it into a file of secrets (docs/operating.md)."
            )
        if any(after.get(name) != value for name, value in before.items() if name not in values):
            raise StartRefused(".env has a line that cannot be understood: correct it, and begin again.")
        made.chmod(0o600)
        made.replace(place)
    except (OSError, UnicodeDecodeError):
        raise StartRefused(".env cannot be read and written here: change its permissions or the folder's.") from None
    finally:
        made.unlink(missing_ok=True)


def _with_lines_for(names: Mapping[str, str], text: str) -> str:
    """*text*, where lines that are off are switched on for those of *names* that have no line."""
    for name in names:
        if not re.search(rf"^(?:export +)?{name} *=", text, re.MULTILINE):
            text = re.sub(rf"^# ?{name}=", f"{name}=", text, count=1, flags=re.MULTILINE)
    return text
