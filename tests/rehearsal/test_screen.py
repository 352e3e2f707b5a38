from __future__ import annotations

import io
import re
from collections import deque
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console, RenderableType

from bot.rehearsal.cast import PEOPLE, ROLES
from bot.rehearsal.screen import discord_text, printing, show, stage_view, summary_view
from bot.rehearsal.stage import Stage, until
from bot.rehearsal.summary import Direction, PersonSeen, Summary
from stt.engine import Snippet
from tests.flow.conftest import settings
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.loopback.authority import Authority


def rendered(what: RenderableType, *, width: int = 120, height: int = 40) -> str:
    console = Console(width=width, height=height, file=io.StringIO(), record=True, color_system=None)
    console.print(what)
    return console.export_text()


def a_summary(**changes: Any) -> Summary:
    summary = Summary(
        ok=True,
        seconds=61.4,
        people={name: PersonSeen(name.capitalize(), ROLES[name], 1_000, 10, 990, 2, 40, 1) for name in PEOPLE},
        caption_latency_p50_s=0.71,
        caption_latency_p95_s=1.24,
        audio_heard_s=61.2,
        audio_wiped_s=63.4,
    )
    for act, promise in (("The interview", "the captions are deleted"), ("What is kept", "an account is erased")):
        summary.begin(act)
        summary.check(promise, held=True)
    for name, value in changes.items():
        setattr(summary, name, value)
    return summary


def test_the_summary_shows_everybody_and_every_check_below_its_act() -> None:
    text = rendered(summary_view(a_summary()))

    for name in PEOPLE:
        assert name.capitalize() in text
        assert ROLES[name] in text
    shown = [line.strip(" │") for line in text.splitlines()]
    acts = shown[shown.index("The interview") :][:4]
    assert acts == ["The interview", "✓  the captions are deleted", "What is kept", "✓  an account is erased"]
    assert "0.71 s (half of them), 1.24 s (95 in 100)" in text
    assert "Everything held, in 61 s." in text
    assert "✗" not in text


def test_a_summary_in_which_something_failed_says_what() -> None:
    summary = a_summary(ok=False)
    summary.checks["the captions are deleted"] = False

    text = rendered(summary_view(summary))

    assert re.search("✗ +the captions are deleted", text)
    assert "Something did not hold." in text
    assert "Everything held" not in text


def test_words_that_nobody_knows_beforehand_are_not_counted_as_right() -> None:
    summary = a_summary()
    summary.people["anna"].wrong = None

    assert re.search(r"Anna .* 40 +\?", rendered(summary_view(summary)))


def test_a_summary_without_a_single_caption_can_be_shown() -> None:
    assert "From the end of speech" not in rendered(summary_view(a_summary(caption_latency_p50_s=None)))


@pytest.mark.parametrize("width", [40, 60, 80, 200])
def test_the_summary_fits_any_terminal(width: int) -> None:
    assert max(map(len, rendered(summary_view(a_summary()), width=width).splitlines())) <= width


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        (r"**Anna** 2 \* 3 \_ \@everyone", "Anna 2 * 3 _ @everyone"),
        ("## Heading\n-# small", "Heading\nsmall"),
        ("host <@123456>", "host @host"),
        (r"**\*\*** says", "** says"),
        ("*[3 s not transcribed]*", "[3 s not transcribed]"),
    ],
)
def test_markdown_is_shown_as_discord_would(markdown: str, shown: str) -> None:
    assert discord_text(markdown).plain == shown


@pytest.fixture
async def stage(authority: Authority) -> AsyncIterator[Stage]:
    async with Stage(settings(), people=PEOPLE, transcriber=ScriptedTranscriber(), authority=authority) as opened:
        for name in ("oleg", "anna"):
            await opened.arrive(name)
        yield opened


def a_rehearsal(stage: Stage, *directions: Direction) -> Any:
    """What the screen looks at."""
    return SimpleNamespace(stage=stage, directions=deque(directions), eyes=None, figures={}, summary=a_summary())


async def test_before_anything_happens_there_is_a_screen(stage: Stage) -> None:
    text = rendered(stage_view(a_rehearsal(stage)))

    assert "# Interview room, as everybody in it sees it" in text
    assert "Evidence" in text


async def test_the_screen_shows_the_channel_the_evidence_and_the_stage(stage: Stage) -> None:
    await stage.start("oleg")
    await stage.join("anna")
    interview, user = stage.running(), stage.user("anna")
    interview._on_snippet(Snippet(user.id, 0, 1, "I like *tests*.", 0.9, "en"))
    await until(lambda: any("tests" in m.text for m in stage.seen("peter")), within_s=5)
    spoken = Direction(3.2, "Anna: “I like tests.”", "line")
    sealed = Direction(9.1, "Peter: “My secret.”", "silent")

    text = rendered(stage_view(a_rehearsal(stage, spoken, sealed)))

    assert "Interview: those who joined are heard" in text
    assert "Anna I like *tests*." in text
    assert "● Anna" in text
    assert "○ Oleg" in text
    assert "end-to-end encrypted" in text
    assert "3.2  Anna: “I like tests.”" in text
    assert "Peter: “My secret.”  (nobody may ever read this)" in text


async def test_one_persons_answer_is_shown_as_hers_alone_beside_what_the_act_found(stage: Stage) -> None:
    await stage.start("oleg")
    reply = await stage.discord.people.use(stage.user("anna").id, "privacy notice", stage.place.voice.id)
    rehearsal = a_rehearsal(stage)
    rehearsal.eyes, rehearsal.figures = "anna", {"files searched": "11"}

    text = rendered(stage_view(rehearsal), width=200, height=80)

    assert "# Interview room, as Anna sees it" in text
    assert "only Anna sees this" in text
    assert reply.message is not None
    assert f"[{reply.message.attachments[0].filename}, " in text
    assert re.search("files searched +11", text)
    assert re.search("✓ +an account is erased", text)
    assert "the captions are deleted" not in text
    assert "decrypted" not in text


@pytest.mark.parametrize(("width", "height"), [(40, 12), (80, 24), (220, 60)])
async def test_the_screen_fits_any_terminal(stage: Stage, width: int, height: int) -> None:
    await stage.start("oleg")

    lines = rendered(stage_view(a_rehearsal(stage)), width=width, height=height).splitlines()

    assert max(map(len, lines)) <= width
    assert len(lines) <= height


async def test_into_a_pipe_it_is_written_line_by_line() -> None:
    console = Console(width=80, file=io.StringIO(), record=True)
    watch = printing(console)

    class Short:
        """A rehearsal that is over at once."""

        async def run(self) -> Summary:
            """Say one thing."""
            watch(Direction(1.0, "Oleg: " + "a long question " * 10, "line"))
            return a_summary()

    rehearsal: Any = Short()
    await show(rehearsal, console)

    text = console.export_text()
    assert "  1.0  Oleg: a long question" in text.splitlines()[0]
    assert "Everything held" in text
