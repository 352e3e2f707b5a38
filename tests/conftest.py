"""What every folder of tests may use."""

from __future__ import annotations

import pytest

from bot.loopback.authority import Authority


@pytest.fixture(scope="session")
def authority() -> Authority:
    """One throw-away authority for all: making it costs some milliseconds each time."""
    return Authority()
