from __future__ import annotations

import pytest

from tests.feedback.killing import rounds


@pytest.mark.slow
async def test_a_process_that_is_killed_loses_no_request_and_hides_no_cost():
    seen = await rounds(1, seed=7)

    assert seen.faults == []
    assert seen.killed > 0
    assert seen.finished > 0
