from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.storage.four import attack

if TYPE_CHECKING:
    from tests.storage.conftest import Installation


@pytest.mark.timeout(150)  # a dozen starts of Python, on a machine that does other things as well
async def test_four_processes_that_are_killed_do_everything_once_and_pay_for_no_more_than_they_may(
    postgresql: Installation,
) -> None:
    seen = await attack(postgresql, rounds=2, seed=11)

    assert seen.faults == []
    assert seen.killed == 2
    assert seen.finished > 0
    assert seen.matched > 0
