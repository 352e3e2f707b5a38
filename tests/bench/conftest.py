"""Models of the bench's kind that cost next to nothing, where it matters only that the bench runs."""

from __future__ import annotations

import pytest

from bot.bench.shapes import SIZES, Size


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have "tiny" be a tenth of it: everything is loaded, heard and counted as with the published shapes."""
    monkeypatch.setitem(SIZES, "tiny", Size(64, 2, 2))
