"""`tests/flow/killing.py`, once; `python -m tests.flow.killing --rounds 25` does it for a quarter of an hour."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.flow.killing import WITHIN_S, rounds

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_what_stands_when_a_bot_is_killed_is_gone_in_time_and_nothing_acknowledged_is_lost(
    tmp_path: Path,
) -> None:
    tally = await rounds(1, seed=3, folder=tmp_path)

    assert tally.rounds == 1
    assert max(tally.gone_s) < WITHIN_S
