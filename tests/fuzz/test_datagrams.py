"""A small pass of the datagram fuzzer; `python -m tests.fuzz.datagrams` runs longer ones."""

from __future__ import annotations

import tracemalloc

import pytest

from bot.voice.e2ee import Plain
from bot.voice.transport import MODES
from tests.fuzz.datagrams import fuzz


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("seed", [1, 2])
def test_a_correct_stream_is_heard_to_the_sample_between_strange_datagrams(mode: str, seed: int) -> None:
    counters = fuzz(2_000, seed, mode=mode)

    assert counters.not_authentic > 200
    assert counters.not_opened > 5
    assert counters.not_rtp > 20


def test_the_same_holds_on_a_stage_where_nothing_else_protects_frames() -> None:
    counters = fuzz(2_000, 3, frames=Plain())

    assert counters.not_authentic > 200
    assert counters.not_decoded > 0


def test_strange_datagrams_do_not_fill_the_memory() -> None:
    tracemalloc.start()
    try:
        fuzz(2_000, 4)
    finally:
        tracemalloc.stop()
