from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import pytest

from bot.interview.session import Heard, Pause, Status, Stopped
from bot.loopback.entities import walk
from cogs import replies
from cogs.locales import words_in
from cogs.panel import ConsentForm, end_card, notice, text_with
from config.settings import CaptionPlace
from stt.engine import Snippet

if TYPE_CHECKING:
    import discord
    from syrupy.assertion import SnapshotAssertion

EN = words_in("en")

HARDEST_NAME = "*" * 32
"""The longest that Discord allows, of characters that each need a backslash."""


def heard(n: int, *, joined: bool = False, name: str = "", packets: int = 1_234) -> Heard:
    decrypted = packets - 100 if joined else 0
    return Heard(n, name or f"Person {n}", joined, packets, packets - decrypted, decrypted, 3)


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
    )
    return replace(plain, **changes)


def words(view: discord.ui.LayoutView | discord.ui.Modal) -> str:
    """Every text of a message or form, in reading order."""
    payload = view.to_components()
    keys = ("content", "label", "description")
    parts = [str(c[key]) for c in walk(payload) for key in keys if isinstance(c.get(key), str)]
    options = [o for c in walk(payload) for o in c.get("options") or ()]
    return "\n".join([*parts, *(f"[ ] {o['label']} | {o.get('description', '')}" for o in options)])


PEOPLE = (heard(1, joined=True, name="Anna"), heard(2, name="Peter"))

CASES: dict[str, Status] = {
    "running": status(*PEOPLE),
    "nobody takes part": status(),
    "before the notice stands": status(pauses=frozenset({Pause.NOTICE}), encrypted=False, privacy_code=None),
    "paused": status(*PEOPLE, pauses=frozenset({Pause.ASKED})),
    "encryption lost": status(*PEOPLE, pauses=frozenset({Pause.PLAIN}), encrypted=False, privacy_code=None),
    "two reasons": status(*PEOPLE, pauses=frozenset({Pause.ASKED, Pause.PLAIN}), encrypted=False, privacy_code=None),
    "words missing": status(*PEOPLE, missing_s=12.4),
}


@pytest.mark.parametrize("case", CASES)
def test_the_notice_reads(case: str, snapshot: SnapshotAssertion) -> None:
    assert words(notice(CASES[case], captions="voice-chat")) == snapshot


@pytest.mark.parametrize("place", get_args(CaptionPlace))
def test_the_notice_says_who_can_read_captions(place: CaptionPlace, snapshot: SnapshotAssertion) -> None:
    assert replies.notice(place) == snapshot


def test_whoever_is_sent_speech_is_named_in_the_notice_and_in_the_form(snapshot: SnapshotAssertion) -> None:
    assert replies.notice("off", elsewhere="speech.example.org") == snapshot
    assert replies.modal_intro(EN, "speech.example.org") == snapshot
    assert "sent" not in replies.notice("off")
    assert "sends" not in replies.modal_intro(EN)


@pytest.mark.parametrize("case", CASES)
def test_the_status_reads(case: str, snapshot: SnapshotAssertion) -> None:
    assert replies.details(CASES[case]) == snapshot


@pytest.mark.parametrize("why", Stopped)
def test_the_end_card_reads(why: Stopped, snapshot: SnapshotAssertion) -> None:
    assert words(end_card(status(*PEOPLE, stopped=why))) == snapshot


def nothing(*_: Any) -> None:
    """Nobody answers here."""


async def test_the_consent_form_reads(snapshot: SnapshotAssertion) -> None:
    assert words(ConsentForm(EN, nothing)) == snapshot


def everything_shown(view: discord.ui.LayoutView) -> int:
    return sum(len(str(component.get("content", ""))) for component in walk(view.to_components()))


@pytest.mark.parametrize("people", [0, 1, 20, 21, 99, 500])
def test_every_text_fits_however_many_people_there_are(people: int) -> None:
    crowd = status(
        *(heard(n, joined=True, name=HARDEST_NAME, packets=10**9) for n in range(people)),
        *(heard(1_000 + n, name=HARDEST_NAME, packets=10**9) for n in range(people)),
        pauses=frozenset(Pause),
        missing_s=9_999.0,
    )

    for view in (notice(crowd, captions="thread"), end_card(crowd), text_with(replies.details(crowd), interview_id="")):
        assert everything_shown(view) <= 4_000
        assert view.total_children_count <= 40


def test_who_does_not_fit_is_counted() -> None:
    crowd = status(*(heard(n, joined=True) for n in range(25)), *(heard(100 + n, packets=10) for n in range(5)))

    assert "and 5 more" in replies.roster(crowd)
    assert "10 more: 6,220 packets, 5,670 decrypted." in replies.details(crowd)


def test_who_takes_part_comes_first_in_the_status() -> None:
    crowd = status(*(heard(n, packets=9_999) for n in range(50)), heard(99, joined=True, name="Anna"))

    assert "**Anna** takes part" in replies.details(crowd)


def test_a_long_draft_shows_its_newest_part() -> None:
    snippets = [Snippet(1, n, n + 1, f"*Sentence* number {n}.", 0.9, "en") for n in range(2_000)]

    text = replies.draft(snippets, {1: HARDEST_NAME})

    assert len(text) <= 4_000
    assert text.startswith("-# …\n")
    assert text.endswith("number 1999.")


def test_even_one_endless_sentence_can_be_read() -> None:
    text = replies.draft([Snippet(1, 0, 30, "*word* " * 2_000, 0.9, "en")], {1: "Anna"})

    assert len(text) <= 4_000
    assert r"\*word\*" in text


def test_every_reason_has_its_words() -> None:
    assert set(replies.STOPPED) == set(Stopped)
    assert set(replies.PAUSED) == set(Pause)


def test_no_sentence_blames_a_person_or_shouts() -> None:
    sentences = [v for k, v in vars(replies).items() if k.isupper() and isinstance(v, str)]

    assert not [s for s in sentences if "!" in s or "invalid" in s.lower() or "illegal" in s.lower()]
