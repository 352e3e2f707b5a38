"""What the notice, the question's card and the answers of `/interview` read like, in every language."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

import pytest

from bot.interview.drafts import KEPT_S, Draft
from bot.interview.roles import Role
from bot.interview.session import Card, Heard, Mark, Pause, Status, Stopped
from bot.loopback.entities import walk
from cogs import interview_replies as says
from cogs.locales import words_in
from cogs.panel import (
    AnswerForm,
    end_card,
    line_menu,
    marked,
    notice,
    question_card,
    text_with,
    unmarked,
)
from config.questions import TEXT_LENGTH
from config.sentences import languages
from config.settings import CaptionPlace
from storage.transcripts import Asked, Noted
from stt.engine import Snippet
from tests.cogs.test_replies import nothing, words
from tests.interview.rooms import a_question

if TYPE_CHECKING:
    import discord
    from syrupy.assertion import SnapshotAssertion

EN = words_in("en")
AT = datetime(2026, 11, 23, 18, 45, tzinfo=UTC)
HARDEST_NAME = "*" * 32
"""The longest that Discord allows, of characters that each need a backslash."""

every_language = pytest.mark.parametrize("language", languages())


def heard(n: int, *, role: Role | None = None, name: str = "", packets: int = 1_234) -> Heard:
    decrypted = packets - 100 if role else 0
    return Heard(n, name or f"Person {n}", role is not None, packets, packets - decrypted, decrypted, 3, role)


def status(*people: Heard, **changes: Any) -> Status:
    plain = Status(
        interview_id="0123456789ab",
        channel_id=1,
        host_id=42,
        elapsed_s=754.0,
        pauses=frozenset(),
        encrypted=True,
        privacy_code="123456789012345678901234567890",
        heard=people,
        snippets=7,
        missing_s=0.0,
        stopped=None,
        mark=Mark.NICKNAME,
        ends_at=AT,
    )
    return replace(plain, **changes)


def a_card(**changes: Any) -> Card:
    plain = Card(
        interview_id="0123456789ab",
        question=a_question("q-1", text="How would you store ten million events a day?"),
        number=2,
        of=5,
        follow_up="",
        follow_ups_left=2,
        due_at=AT,
        overdue=False,
        finished=False,
        solo=False,
        silence_s=0.0,
    )
    return replace(plain, **changes)


PEOPLE = (heard(1, role=Role.CANDIDATE, name="Anna"), heard(2, role=Role.INTERVIEWER, name="Oleg"), heard(3, name="Pe"))

NOTICES: dict[str, Status] = {
    "running": status(*PEOPLE),
    "nobody takes part": status(),
    "before the notice stands": status(pauses=frozenset({Pause.NOTICE}), encrypted=False, privacy_code=None),
    "paused": status(*PEOPLE, pauses=frozenset({Pause.ASKED})),
    "encryption lost": status(*PEOPLE, pauses=frozenset({Pause.PLAIN}), encrypted=False, privacy_code=None),
    "two reasons": status(*PEOPLE, pauses=frozenset({Pause.ASKED, Pause.MARK}), ends_at=None),
    "five minutes left": status(*PEOPLE, soon=True),
    "overtime": status(*PEOPLE, soon=True, overtime=True),
    "words missing": status(*PEOPLE, missing_s=12.4),
}

CARDS: dict[str, Card] = {
    "a question": a_card(),
    "none yet": a_card(question=None, number=0, due_at=None, follow_ups_left=0),
    "a follow-up, overdue": a_card(follow_up="And then?", overdue=True, follow_ups_left=0),
    "solo": a_card(solo=True),
    "solo with silence": a_card(solo=True, silence_s=30.0, due_at=None),
    "the last": a_card(number=5, finished=True),
    "more than planned": a_card(number=6),
}


@every_language
@pytest.mark.parametrize("case", NOTICES)
def test_the_notice_reads(case: str, language: str, snapshot: SnapshotAssertion) -> None:
    assert words(notice(words_in(language), NOTICES[case], captions="voice-chat")) == snapshot


@every_language
@pytest.mark.parametrize("case", CARDS)
def test_the_card_reads(case: str, language: str, snapshot: SnapshotAssertion) -> None:
    assert words(question_card(words_in(language), CARDS[case])) == snapshot


@every_language
@pytest.mark.parametrize("place", get_args(CaptionPlace))
def test_the_notice_says_who_can_read_captions(place: CaptionPlace, language: str, snapshot: SnapshotAssertion) -> None:
    assert says.notice(words_in(language), place, kept_s=KEPT_S) == snapshot


@every_language
def test_whoever_is_sent_speech_is_named_in_the_notice(language: str, snapshot: SnapshotAssertion) -> None:
    assert says.notice(words_in(language), "off", kept_s=KEPT_S, elsewhere="speech.example.org") == snapshot
    assert "speech.example.org" not in says.notice(words_in(language), "off", kept_s=KEPT_S)


@every_language
@pytest.mark.parametrize("case", ["running", "encryption lost", "words missing", "nobody takes part"])
def test_the_status_reads(case: str, language: str, snapshot: SnapshotAssertion) -> None:
    assert says.details(words_in(language), NOTICES[case]) == snapshot


@every_language
@pytest.mark.parametrize("why", Stopped)
def test_the_end_card_reads(why: Stopped, language: str, snapshot: SnapshotAssertion) -> None:
    assert words(end_card(words_in(language), status(*PEOPLE, stopped=why))) == snapshot


@every_language
def test_where_a_server_keeps_text_for_less_the_notice_and_the_end_card_say_so(
    language: str, snapshot: SnapshotAssertion
) -> None:
    lang, short = words_in(language), status(*PEOPLE, kept_s=5 * 60.0, stopped=Stopped.ASKED)

    told = [words(notice(lang, short, captions="off")), words(end_card(lang, short))]

    assert not any(lang("interview-kept", minutes=30) in part for part in told)
    assert all(lang("interview-kept", minutes=5) in part for part in told)
    assert [lang("interview-kept", minutes=minutes) for minutes in (1, 2, 5, 30)] == snapshot


def a_draft() -> Draft:
    draft = Draft("0123456789ab", 1, {1: "Anna", 2: "Oleg"})
    draft.roles.set(1, Role.CANDIDATE, 0)
    draft.ask(Asked(1, "Why *us*?", "q"))
    draft.add(Snippet(1, 2, 3, "I like *tests*.", 0.9, "en"))
    draft.add(Snippet(1, 4, 4, "O(n)", 1.0, "en"), typed=True)
    draft.add(Snippet(2, 5, 8, "", 0.0, "", 3.0))
    draft.note(1, Noted(3, "smile"))
    return draft


@every_language
def test_the_draft_reads(language: str, snapshot: SnapshotAssertion) -> None:
    assert says.draft(words_in(language), a_draft(), 1) == snapshot
    assert "smile" not in says.draft(words_in(language), a_draft(), 2)


@every_language
@pytest.mark.parametrize("mark", Mark)
def test_the_host_is_told_if_there_is_no_other_sign(mark: Mark, language: str) -> None:
    text = says.started(words_in(language), "<#1>", mark)

    assert (words_in(language)("interview-started-unmarked") in text) == (mark is Mark.NOTICE)


# -- Discord's limits ----------------------------------------------------------------------------------------------


def everything_shown(view: discord.ui.LayoutView) -> int:
    return sum(len(str(component.get("content", ""))) for component in walk(view.to_components()))


@every_language
@pytest.mark.parametrize("people", [0, 1, 20, 21, 99, 500])
def test_every_text_fits_however_many_people_there_are(people: int, language: str) -> None:
    lang = words_in(language)
    crowd = status(
        *(heard(n, role=Role.INTERVIEWER, name=HARDEST_NAME, packets=10**9) for n in range(people)),
        *(heard(1_000 + n, name=HARDEST_NAME, packets=10**9) for n in range(people)),
        pauses=frozenset(Pause),
        missing_s=9_999.0,
        stopped=Stopped.MOVED,
    )
    status_view = text_with(says.details(lang, crowd), interview_id="0123456789ab", words=lang)

    for view in (notice(lang, crowd, captions="thread", elsewhere="x" * 200), end_card(lang, crowd), status_view):
        assert everything_shown(view) <= 4_000
        assert view.total_children_count <= 40


@every_language
def test_every_card_fits(language: str) -> None:
    longest = a_question("q", text="*" * TEXT_LENGTH)
    card = a_card(question=longest, follow_up="*" * 200, overdue=True, solo=True, silence_s=300.0)
    view = question_card(words_in(language), card)

    assert everything_shown(view) <= 4_000
    components = list(walk(view.to_components()))
    assert len(components) <= 40
    assert all(len(str(c.get("label", ""))) <= 80 and len(str(c.get("custom_id", ""))) <= 100 for c in components)


@every_language
async def test_the_form_and_the_menu_fit(language: str) -> None:
    lang = words_in(language)
    form = AnswerForm(lang, nothing)
    assert len(form.title) <= 45
    assert all(len(str(c.get("label") or "")) <= 45 for c in walk(form.to_components()))
    assert all(len(str(c.get("description") or "")) <= 100 for c in walk(form.to_components()))

    lines = [Snippet(1, n * 61.0, n * 61.0 + 1, "word " * 100, 0.9, "en") for n in range(25)]
    (menu,) = (c for c in walk(line_menu(lang, lines, interview_id="0123456789ab").to_components()) if c.get("options"))
    assert len(menu["options"]) == 25
    assert len({option["value"] for option in menu["options"]}) == 25
    assert all(len(option["label"]) <= 100 for option in menu["options"])
    assert len(menu["placeholder"]) <= 150


@every_language
def test_a_long_draft_shows_its_newest_part(language: str) -> None:
    draft = Draft("0123456789ab", 1, {1: HARDEST_NAME})
    draft.snippets = [Snippet(1, n, n + 1, f"*Sentence* number {n}.", 0.9, "en") for n in range(2_000)]

    text = says.draft(words_in(language), draft, 1)

    assert len(text) <= 3_900
    assert text.startswith("-# …\n")
    assert text.endswith("number 1999.")


@every_language
def test_even_one_endless_sentence_can_be_read(language: str) -> None:
    draft = Draft("0123456789ab", 1, {1: "Anna"})
    draft.add(Snippet(1, 0, 30, "*word* " * 2_000, 0.9, "en"))

    text = says.draft(words_in(language), draft, 1)

    assert len(text) <= 3_900
    assert r"\*word\*" in text


def test_who_does_not_fit_is_counted() -> None:
    crowd = status(*(heard(n, role=Role.OBSERVER) for n in range(25)), *(heard(100 + n, packets=10) for n in range(5)))

    assert "and 5 more" in says.roster(EN, crowd)
    assert "10 more: 6,220 packets, 5,670 decrypted." in says.details(EN, crowd)


def test_who_takes_part_comes_first_in_the_status() -> None:
    crowd = status(*(heard(n, packets=9_999) for n in range(50)), heard(99, role=Role.CANDIDATE, name="Anna"))

    assert "**Anna** takes part" in says.details(EN, crowd)


# -- the nickname --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "own"),
    [("SkillRally", "SkillRally"), ("Übung", "SkillRally"), ("x" * 30, "SkillRally"), ("я" * 32, "я" * 32)],
)
def test_a_marked_name_is_no_nickname_too_long_and_can_be_told_from_it_again(name: str, own: str) -> None:
    nickname = marked(name)

    assert len(nickname) <= 32
    assert nickname.startswith("🔴 ")
    assert unmarked(nickname, own) == (None if name == own else name)
