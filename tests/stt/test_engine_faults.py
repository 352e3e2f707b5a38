"""The engine's process killed in the middle of utterances; fifty times, and stopped as well, by its own command."""

from __future__ import annotations

import sys

import pytest

from tests.engine_faults import run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc and /dev/shm")


@pytest.mark.slow
async def test_an_engine_killed_again_and_again_loses_that_utterance_alone_and_leaves_nothing() -> None:
    result = await run(2, stops=False)

    assert result.ok, result
    assert result.restarts == 2 + result.late


@pytest.mark.slow
async def test_an_engine_that_hangs_loses_that_utterance_alone_and_leaves_nothing() -> None:
    result = await run(2, seed=1, deadline_s=1.0)

    assert result.ok, result
    assert result.faults == {"killed": 1, "stopped": 1}
