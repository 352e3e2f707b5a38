"""A small pass of the fuzzer of events and interactions; `python -m tests.fuzz.interactions` runs longer ones."""

from __future__ import annotations

import pytest

from tests.fuzz.interactions import fuzz


@pytest.mark.timeout(150)
async def test_interactions_and_events_of_any_form_break_nothing_and_write_nothing() -> None:
    done = await fuzz(240, seed=5)

    assert done["answered"] > 20
    assert done["ignored"] > 5
