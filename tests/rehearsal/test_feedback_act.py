"""The act of feedback, after an interview whose words were put in; and the script that stands for a model."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from bot.rehearsal.act_feedback import Feedback
from bot.rehearsal.cast import TYPED
from bot.rehearsal.loopback_model import Asked
from bot.rehearsal.scripted import FABRICATED, Script
from bot.rehearsal.summary import Summary
from tests.rehearsal.evening import after_an_interview

if TYPE_CHECKING:
    from pathlib import Path

    from bot.loopback.authority import Authority

SAID = {
    "oleg": ("How would you scale a database?",),
    "anna": ("I would measure it before I touch anything.",),
    "maria": ("Sorry, I am late again today.",),
}


async def test_every_promise_of_feedback_is_checked_and_holds(authority: Authority, tmp_path: Path) -> None:
    summary = Summary()
    async with after_an_interview(authority, SAID, typed=TYPED, pictures=tmp_path / "pictures") as rehearsal:
        rehearsal.summary = summary
        act = Feedback(rehearsal, summary)
        summary.begin(act.title)
        await act.play()

    assert [promise for promise, held in summary.checks.items() if not held] == []
    assert len(summary.checks) == 11
    assert len(rehearsal.model.asked) == 2
    pictures = sorted((tmp_path / "pictures").iterdir())
    assert [picture.name for picture in pictures] == ["progress.png", "scores.png", "timeline.png"]
    assert sorted(summary.pictures) == [str(picture) for picture in pictures]
    for picture in pictures:
        assert Image.open(io.BytesIO(picture.read_bytes())).format == "PNG"


async def test_without_what_anna_writes_nobody_is_asked_for_feedback(authority: Authority) -> None:
    summary = Summary()
    async with after_an_interview(authority, SAID) as rehearsal:
        act = Feedback(rehearsal, summary)
        summary.begin(act.title)
        await act.play()

    assert summary.checks == {}
    assert rehearsal.model.asked == []
    assert "nothing that the script could judge" in rehearsal.directions[-1].text


def asked(*lines: tuple[str, str]) -> Asked:
    """A request with one answer of these lines."""
    written = [{"line": number, "speaker": who, "text": text} for number, (who, text) in enumerate(lines, 1)]
    content = "\n".join(("<<<DATA x>>>", json.dumps([{"answer": 3, "lines": written}]), "<<<END x>>>"))
    criteria = dict.fromkeys(("relevance", "context", "action", "result", "depth", "structure"))
    item = {"properties": {"answer": {"enum": [3]}, "criteria": {"properties": criteria}}}
    schema = {"properties": {"answers": {"items": item}}}
    body: dict[str, Any] = {
        "messages": [{"content": ""}, {"content": content}],
        "response_format": {"json_schema": {"schema": schema}},
    }
    return Asked("chat", body, {})


def test_the_scripts_quotes_are_annas_but_for_one_and_its_passes_differ() -> None:
    script = Script()
    request = asked(("Interviewer 1", TYPED), ("Candidate", TYPED))

    first, second = [script(request)["answers"][0]["criteria"] for _ in range(2)]

    quotes = [judged["evidence"][0]["quote"] for judged in first.values()]
    assert [quote for quote in quotes if quote not in TYPED] == [FABRICATED]
    assert {judged["evidence"][0]["line"] for judged in first.values()} == {2}
    assert first["depth"]["score"] != second["depth"]["score"]
    assert script(request)["answers"][0]["criteria"] == first


@pytest.mark.parametrize("speaker", ["Candidate", "Interviewer 1"])
def test_of_other_words_the_script_quotes_what_is_there(speaker: str) -> None:
    story = "We measured it first, and then we mended what had been slow for a long time."

    answer = Script()(asked(("Candidate", story), (speaker, TYPED[:40])))["answers"][0]

    assert all(judged["evidence"][0]["quote"] in story for judged in answer["criteria"].values())
