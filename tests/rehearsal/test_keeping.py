"""The second act, after an interview whose words were put in; and what searches files for them."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from bot.rehearsal.act_keeping import WhatIsKept
from bot.rehearsal.cast import PEOPLE
from bot.rehearsal.stage import KEEPING, Stage
from bot.rehearsal.story import Options, Rehearsal
from bot.rehearsal.summary import Summary
from bot.rehearsal.traces import WholeLog, holds, phrases, search
from stt.engine import Snippet
from tests.flow.conftest import settings
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from bot.loopback.authority import Authority

SAID = {
    "oleg": ("How would you scale a database?",),
    "anna": ("I would measure it before I touch anything.", "Ми знайшли витік пам'яті в сервісі."),
    "maria": ("Sorry, I am late again today.",),
}


async def played(authority: Authority, said: Mapping[str, tuple[str, ...]]) -> tuple[Rehearsal, Summary]:
    """The second act after an interview in which that was said."""
    rehearsal, summary = Rehearsal(Options(fast=True)), Summary()
    stage = rehearsal.stage = Stage(
        settings(), people=PEOPLE, transcriber=ScriptedTranscriber(), temporary=True, authority=authority
    )
    with rehearsal.log.kept():
        async with stage:
            for name in ("oleg", "anna", "maria"):
                await stage.arrive(name)
            await stage.start("oleg")
            for name in ("oleg", "anna", "maria"):
                await stage.join(name, None if name == "maria" else KEEPING)
            interview = stage.running()
            for name, texts in said.items():
                for number, text in enumerate(texts):
                    interview._on_snippet(Snippet(stage.user(name).id, number, number + 1, text, 0.9, "en"))
            await stage.end("oleg")
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
