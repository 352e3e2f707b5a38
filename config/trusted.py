"""YAML that comes with the program, or from its operator: read with libyaml where that is, ten times as fast.

What somebody hands in through Discord is read by `config.questions`, without aliases.
"""

from __future__ import annotations

from typing import Any, Final, cast

import yaml

LOADER: Final = cast("type[yaml.SafeLoader]", getattr(yaml, "CSafeLoader", yaml.SafeLoader))
"""Makes nothing but text, numbers, lists and mappings."""


def read_yaml(text: str) -> Any:
    """What *text* holds.

    Raises:
        yaml.YAMLError: If it is not YAML.
    """
    return yaml.load(text, Loader=LOADER)  # noqa: S506  a safe loader
