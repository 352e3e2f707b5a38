"""Two choices of `/settings`, where they count: how captions name somebody, and whether results come by message."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from bot.feedback.desk import Done
from bot.interview.captions import initials
from bot.loopback.entities import ChannelKind
from bot.rehearsal.stage import Stage, until
from cogs.locales import words_in
from storage.jobs import Reason
from stt.engine import Snippet
from tests.flow.conftest import settings
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.loopback.authority import Authority


@pytest.fixture
async def stage(authority: Authority) -> AsyncIterator[Stage]:
    async with Stage(
        settings(), people=("oleg", "anna"), transcriber=ScriptedTranscriber(), authority=authority
    ) as opened:
        yield opened


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Anna", "A."),
        ("Anna-Lena Koval", "A. L. K."),
        ("женя щука", "Ж. Щ."),
        ("xX_47_Zoë", "X. Z."),
        ("one two three four five", "O. T. T. F."),
        ("🙂 42", "🙂 42"),
        ("**", "**"),
    ],
)
def test_initials_are_the_first_letters_of_a_name_or_else_the_name(name: str, short: str) -> None:
    assert initials(name) == short


async def test_captions_name_somebody_as_they_chose_and_the_transcript_does_not(stage: Stage) -> None:
    people, place = stage.discord.people, stage.place.voice.id
    oleg, anna = stage.user("oleg").id, stage.user("anna").id
    await people.use(anna, "settings", place, options={"captions": "initials"})
    for name in ("oleg", "anna"):
        await stage.arrive(name)
    await stage.start("oleg")
    for name in ("oleg", "anna"):
        await stage.join(name)

    interview = stage.running()
    interview._on_snippet(Snippet(oleg, 0, 1, "Please begin.", 0.9, "en"))
    interview._on_snippet(Snippet(anna, 1, 2, "I like tests.", 0.9, "en"))

    await until(lambda: any("I like tests" in message.text for message in stage.seen("oleg")), within_s=5)
    (captions,) = [message.text for message in stage.seen("oleg") if "I like tests" in message.text]
    assert "**Oleg** Please begin." in captions
    assert "**A.** I like tests." in captions
    assert "Anna" not in captions
    assert interview.draft.names[anna] == "Anna"


def direct(stage: Stage, name: str) -> list[str]:
    """What the bot wrote to somebody directly."""
    channels = [c for c in stage.world.channels.values() if c.kind is ChannelKind.DM]
    theirs = [c for c in channels if stage.user(name).id in c.recipient_ids]
    return [message.text for c in theirs for message in stage.world.seen_by(stage.user(name).id, c.id)]


async def test_of_results_only_those_are_told_who_chose_it_in_their_language(stage: Stage) -> None:
    people, place = stage.discord.people, stage.place.voice.id
    oleg, anna = stage.user("oleg").id, stage.user("anna").id
    await people.use(anna, "settings", place, options={"dm-results": True, "language": "de"})
    tell = stage.app.services.desk._tell

    for user_id in (oleg, anna):
        await tell(Done(user_id, uuid4(), feedback_id=uuid4()))
    await tell(Done(anna, uuid4(), reason=Reason.UNFIT))

    german = words_in("de")
    assert direct(stage, "anna") == [german("feedback-over"), german("feedback-over-failed")]
    assert direct(stage, "oleg") == []
