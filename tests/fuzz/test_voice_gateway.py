"""A small pass of the voice-gateway fuzzer; `python -m tests.fuzz.voice_gateway` runs longer ones."""

from __future__ import annotations

import pytest

from tests.fuzz.voice_gateway import fuzz


@pytest.mark.timeout(150)
async def test_the_bot_survives_a_voice_gateway_that_talks_nonsense() -> None:
    done = await fuzz(1_500, seed=3)

    assert done["messages"] == 1_500
