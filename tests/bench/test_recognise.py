"""The benchmark of recognition: small, it still measures every part; people and their waiting are counted right."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Self

import pytest
from rich.console import Console

from bot.bench import recognise
from bot.bench.commands import _sizes
from bot.bench.recognise import ALONE, QUICKLY, TALKING, UTTERANCE_S, Talk, listen, schedule
from bot.errors import StartRefused
from tests.virtual_time import in_virtual_time

if TYPE_CHECKING:
    from types import TracebackType


class Scripted:
    """An engine of one worker that takes so long for any utterance."""

    pids = ()

    def __init__(self, takes_s: float) -> None:
        self._takes_s = takes_s
        self._free = asyncio.Lock()

    async def recognise(self, seconds: float) -> None:
        del seconds
        async with self._free:
            await asyncio.sleep(self._takes_s)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        pass


@pytest.mark.slow
@pytest.mark.timeout(180)  # it starts eight processes, which takes its time where others work as well
@pytest.mark.usefixtures("light")
def test_a_small_run_gives_figures_that_json_can_hold_and_tables_people_can_read() -> None:
    console = Console(width=200)
    with console.capture() as shown:
        figures = recognise.run(sizes=["tiny"], console=console, **QUICKLY)

    assert "one utterance on one thread" in shown.get()
    assert "people, two processes" in shown.get()
    assert json.loads(json.dumps(figures)) == figures
    found = figures["sizes"]["tiny"]
    (cost,) = found["cost"]
    assert set(cost["cpu_s"]) == set(ALONE)
    assert 0 < cost["cpu_s"]["ours, dynamic"] < cost["cpu_s"]["ours, full"]
    assert set(found["held"]) == {"ours, dynamic", "faster-whisper, quick"}
    for held in found["held"].values():
        (point,) = held["points"]
        assert point["utterances"] == len(schedule(point["people"], QUICKLY["seconds"]))
        assert 0 < point["p50_s"] <= point["p95_s"]
        assert not point["fell_behind"]
        assert len(point["engine_mb"]) == 2
    # A ring of 30 s, and little more.
    assert 0.8 < figures["bot_mb_per_speaker"] < 1.5


def test_people_talk_for_the_part_of_the_time_that_is_said() -> None:
    talks = schedule(200, 60.0)

    assert sum(talk.seconds for talk in talks) / (200 * 60.0) == pytest.approx(TALKING, rel=0.03)
    assert all(UTTERANCE_S[0] <= talk.seconds <= UTTERANCE_S[1] for talk in talks)
    assert talks == sorted(talks, key=lambda talk: talk.end_s)
    assert 0 <= talks[0].end_s <= talks[-1].end_s < 60.0


def test_a_schedule_is_the_same_whenever_it_is_drawn_and_keeps_its_people_when_others_come() -> None:
    assert schedule(5, 60.0) == schedule(5, 60.0)
    assert set(schedule(5, 60.0)) < set(schedule(6, 60.0))


@in_virtual_time
async def test_waiting_is_counted_from_the_end_of_speech_and_not_from_the_engines_turn() -> None:
    talks = [Talk(1.0, 3.0), Talk(1.5, 3.0), Talk(9.0, 3.0)]

    heard = await listen(Scripted(takes_s=2.0), talks, hopeless_s=10.0)

    assert heard.latencies_s == pytest.approx([2.0, 3.5, 2.0])
    assert (heard.audio_s, heard.fell_behind) == (9.0, False)


@in_virtual_time
async def test_a_run_that_falls_behind_ends_and_counts_those_who_still_wait() -> None:
    talks = [Talk(float(second), 3.0) for second in range(60)]

    heard = await listen(Scripted(takes_s=3.0), talks, hopeless_s=6.0)

    assert heard.fell_behind
    assert heard.wall_s < 20.0
    assert max(heard.latencies_s) > 6.0
    assert len(heard.latencies_s) > heard.audio_s / 3.0


def test_sizes_are_measured_from_small_to_large_and_unknown_ones_are_refused() -> None:
    assert _sizes("base, tiny") == ["tiny", "base"]
    with pytest.raises(StartRefused, match="tiny, base, small"):
        _sizes("tiny,huge")
