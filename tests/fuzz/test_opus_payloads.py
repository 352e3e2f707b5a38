"""A small pass of the Opus fuzzer; `python -m tests.fuzz.opus_payloads` runs longer ones."""

from __future__ import annotations

import pytest

from tests.fuzz.opus_payloads import fuzz


@pytest.mark.parametrize("seed", [1, 2])
def test_opus_that_was_spoiled_inside_a_valid_frame_spoils_nobody_elses_voice(seed: int) -> None:
    done = fuzz(3_000, seed)

    assert done["refused"] > 100
    assert done["frames_of_noise"] > 100
