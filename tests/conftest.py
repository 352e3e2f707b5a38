"""What every folder of tests may use."""

from __future__ import annotations

import hypothesis
import pytest

from bot.loopback.authority import Authority

# Two tests share two cores with whatever else runs there: how long one example takes says nothing.
hypothesis.settings.register_profile("tests", deadline=None)
hypothesis.settings.load_profile("tests")


@pytest.fixture(scope="session")
def authority() -> Authority:
    """One throw-away authority for all: making it costs some milliseconds each time."""
    return Authority()
