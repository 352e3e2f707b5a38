"""The last act, after an interview whose words were put in; and what searches files for them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.rehearsal.act_keeping import WhatIsKept
from bot.rehearsal.summary import Summary
from bot.rehearsal.traces import Needles, WholeLog, holds, phrases, search
from tests.rehearsal.evening import after_an_interview

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.loopback.authority import Authority
    from bot.rehearsal.story import Rehearsal

SAID = {
    "oleg": ("How would you scale a database?",),
    "anna": ("I would measure it before I touch anything.", "Ми знайшли витік пам'яті в сервісі."),
    "maria": ("Sorry, I am late again today.",),
}


async def played(authority: Authority, said: Mapping[str, tuple[str, ...]]) -> tuple[Rehearsal, Summary]:
    """The act after an interview in which that was said."""
    summary = Summary()
    async with after_an_interview(authority, said) as rehearsal:
        act = WhatIsKept(rehearsal, summary)
        summary.begin(act.title)
        await act.play()
    return rehearsal, summary


async def test_every_promise_of_what_is_kept_is_checked_and_holds(authority: Authority) -> None:
    rehearsal, summary = await played(authority, SAID)

    assert [promise for promise, held in summary.checks.items() if not held] == []
    assert summary.acts == {WhatIsKept.title: list(summary.checks)}
    assert len(summary.checks) == 9
    assert rehearsal.log.lines > 0
    assert rehearsal.figures["files with words in them"] == "0"


async def test_where_nothing_was_written_down_there_is_nothing_to_keep(authority: Authority) -> None:
    rehearsal, summary = await played(authority, {"maria": SAID["maria"]})

    assert summary.checks == {}
    assert "nothing to keep" in rehearsal.directions[-1].text


@pytest.mark.parametrize("coding", ["utf-8", "utf-16-le"])
@pytest.mark.parametrize("text", ["We found a memory leak.", "Моя команда побудувала базу."])
def test_what_was_said_is_found_wherever_it_stands_in_a_file(tmp_path: Path, text: str, coding: str) -> None:
    hidden = tmp_path / "below" / "file.db"
    hidden.parent.mkdir()
    (tmp_path / "other").write_bytes(b"\x00\xff" * 1_000)

    broken = text.replace(" ", "\n")
    for written in (text, text.lower(), text.upper(), broken) if coding == "utf-8" else (text.lower(),):
        hidden.write_bytes(b"\x00\xfe\xff" + written.encode(coding) + b"\xff\x00")
        searched = search(tmp_path, phrases([text]))

        assert searched.found == (hidden,)
        assert (searched.files, searched.size) == (2, 2_000 + len(hidden.read_bytes()))


def test_four_words_in_a_row_are_enough_and_three_are_not() -> None:
    wanted = phrases(["We found a memory leak in a payment service."])

    assert holds(b'{"text": "found a memory leak"}', wanted)
    assert not holds(b"a memory leak, a payment service", wanted)
    assert phrases(["Yes."]) == frozenset()


@given(st.binary(max_size=60), st.lists(st.binary(min_size=1, max_size=20), max_size=5), st.data())
def test_needles_are_found_exactly_where_a_plain_search_finds_them(
    content: bytes, needles: list[bytes], data: st.DataObject
) -> None:
    for needle in needles:
        if data.draw(st.booleans()):
            at = data.draw(st.integers(0, len(content)))
            cut = data.draw(st.integers(max(0, len(needle) - 1), len(needle)))
            content = content[:at] + needle[:cut] + content[at:]

    assert Needles(needles).in_any_of([content]) == any(needle in content for needle in needles)


def test_every_line_is_in_the_whole_log_whatever_is_shown_and_levels_are_put_back(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log, ours = WholeLog(), logging.getLogger("bot")
    before = ours.level, [handler.level for handler in logging.getLogger().handlers]

    with log.kept():
        logging.getLogger("bot.rehearsal").debug("a small thing")

    assert b"a small thing" in log.content
    assert log.lines == 1
    assert "small" not in capsys.readouterr().err
    assert before == (ours.level, [handler.level for handler in logging.getLogger().handlers])
