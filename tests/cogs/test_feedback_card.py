"""What feedback looks like: the card, one answer, two interviews and several, in every language and within bounds."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.feedback.answers import Answers, Line, Status
from bot.feedback.measures import Measures, against
from bot.feedback.pictures import paint
from bot.feedback.report import (
    Assessment,
    Criterion,
    Dropped,
    Evidence,
    Judged,
    NextStep,
    Report,
    Strength,
    Total,
    Versions,
    progress,
)
from bot.feedback.rubric import CHARACTERS, Anchors, load_rubrics
from bot.interview.roles import Role
from bot.loopback.entities import walk
from cogs import feedback_pictures
from cogs.feedback_card import Note, Shown, answer_card, card, measures, rubric_card
from cogs.feedback_forms import DisputeForm, Rating, RatingForm, SendingConsent
from cogs.feedback_replies import compared, followed
from cogs.locales import words_in
from config.questions import InterviewType
from config.sentences import languages

if TYPE_CHECKING:
    from discord import ui
    from syrupy.assertion import SnapshotAssertion

AT = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
COUNTED = Measures("en", 412, 200.0, 131.2, 0.58, 4.2, 6.4, 1, 0, 9, 5, 412)
BEFORE = Measures("en", 300, 150.0, 120.0, 0.5, 3.0, 9.0, 1, 2, 3, 3, 300)
QUIET = Measures("en", 250, 140.0, None, None, None, None, 1, 0, 0, 0, 0)
ANSWERED = (
    *((InterviewType.BEHAVIOURAL, counted) for counted in (QUIET, BEFORE)),
    (InterviewType.CASE, replace(COUNTED, words=9_000)),
)
HARD = "**@everyone** <@1> [x](https://x.example) `a` ||b||\n# c"


def evidence(line: int, quote: str, why: str = "It names a choice and its reason.") -> Evidence:
    return Evidence(line, 12.0, quote, why)


def judged(criterion: Criterion, low: int | None, high: int | None = None, quote: str = "I measured it") -> Judged:
    if low is None:
        return Judged(criterion)
    return Judged(criterion, low, high or low, (evidence(12, quote),))


SCORED = (
    judged(Criterion.RELEVANCE, 4, quote="I moved the reads to a replica"),
    judged(Criterion.CONTEXT, 3, 5, quote="it was the week before the sale"),
    judged(Criterion.ACTION, 4, quote="I measured the lag for a week"),
    judged(Criterion.RESULT, None),
    judged(Criterion.DEPTH, 2, quote="I moved the reads to a replica"),
    judged(Criterion.STRUCTURE, 4, quote="first I looked at the slow queries"),
)


def report(scored: tuple[Judged, ...] = SCORED, *, at: datetime = AT, model: str = "small-1") -> Report:
    question = "Tell me about a time when you changed a decision."
    kind = InterviewType.BEHAVIOURAL
    total = Total(3.4, 3.8, 5) if scored else None
    first = Assessment(1, question, "q", kind, Status.SCORED if scored else Status.UNJUDGED, scored, total, COUNTED)
    short = Assessment(2, "Why us?", "", kind, Status.SHORT, (), None, COUNTED)
    return Report(
        at,
        "en",
        Versions("r", "p", model),
        (first, short),
        COUNTED,
        Total(3.4, 3.8, 1) if scored else None,
        Strength("You give the reason where you make the choice.", evidence(12, "I measured the lag")),
        NextStep("Say what came of it.", Criterion.RESULT, 1, "When reads slowed down, I moved them to a replica."),
        2,
        (7,),
        ((Dropped.UNQUOTED, 2),),
    )


NOTES = (
    Note("", 3, (Criterion.DEPTH,), (Criterion.RESULT,), "Too fast."),
    Note("<@42>", 4, (), (Criterion.RESULT, Criterion.STRUCTURE), "Say the outcome first."),
    None,
)
SHOWN = Shown(UUID(int=1), "Practice with Oleg", report(), frozenset({"depth"}), NOTES)


def read(view: ui.LayoutView) -> str:
    """Every word of it."""
    parts: list[str] = []
    for component in walk(view.to_components()):
        parts += [str(component[key]) for key in ("content", "label", "placeholder") if component.get(key)]
        parts += [f"[{option['label']}]" for option in component.get("options") or ()]
    return "\n".join(parts)


@pytest.mark.parametrize("language", languages())
def test_the_card_reads(language: str, snapshot: SnapshotAssertion) -> None:
    words = words_in(language)
    earlier = Shown(UUID(int=2), "Before", report(at=AT - timedelta(days=9)))
    other = Shown(UUID(int=2), "Before", report(at=AT - timedelta(days=9), model="another"))
    course = progress([earlier.report, SHOWN.report, report((), at=AT - timedelta(days=1))])

    said = {
        "card": read(card(words, SHOWN)),
        "answer": read(answer_card(words, SHOWN, 1)),
        "short answer": read(answer_card(words, SHOWN, 2)),
        "card beside the past": read(card(words, replace(SHOWN, past=against(COUNTED, (QUIET, BEFORE))))),
        "measures only": read(card(words, replace(SHOWN, report=report((), model="")))),
        "answer beside the past": read(answer_card(words, replace(SHOWN, answered=ANSWERED), 1)),
        "compared": compared(words, earlier, replace(SHOWN, past=against(COUNTED, (QUIET, BEFORE)))),
        "judged differently": compared(words, other, SHOWN),
        "followed": followed(words, course),
    }

    assert said == snapshot


@pytest.mark.parametrize("language", languages())
def test_the_rubric_reads(language: str, snapshot: SnapshotAssertion) -> None:
    rubrics = load_rubrics()

    said = {
        kind.value: read(rubric_card(words_in(language), kind, rubrics[kind].read_in(language)))
        for kind in InterviewType
    }

    assert said == snapshot


@pytest.mark.parametrize("language", languages())
def test_the_longest_rubric_that_is_read_fits_one_message(language: str) -> None:
    sentences = CHARACTERS // (4 * len(Criterion))
    anchors = Anchors(**dict.fromkeys(("asks", "one", "three", "five"), "x" * sentences))

    for kind in InterviewType:
        view = rubric_card(words_in(language), kind, dict.fromkeys(Criterion, anchors))
        components = list(walk(view.to_components()))

        assert sum(len(str(each.get("content", ""))) for each in components) <= 4_000
        assert len(components) <= 40


def test_an_answer_stands_beside_earlier_ones_of_its_own_kind_only() -> None:
    first = SHOWN.report.assessments[0]

    past = {each.name: each for each in replace(SHOWN, answered=ANSWERED).past_of(first)}

    assert (past["words"].n, past["words"].low, past["words"].high) == (2, 250, 300)
    assert all(each.n == 0 for each in SHOWN.past_of(first))


def test_without_earlier_interviews_nothing_is_beside_what_was_counted() -> None:
    words = words_in("en")

    assert measures(words, COUNTED, against(COUNTED, ())) == measures(words, COUNTED)


@pytest.mark.parametrize("language", languages())
def test_pictures_say_in_words_what_they_show(language: str, snapshot: SnapshotAssertion) -> None:
    words = words_in(language)
    own = Line(1, 1, True, Role.CANDIDATE, "Anna", 5.0, 40.0, "So, I measured it.")
    other = Line(2, 2, False, Role.INTERVIEWER, "Oleg", 0.0, 4.0, "What did you do?")
    asked = Answers((other, own), ())
    older = report(at=AT - timedelta(days=9), model="another")

    found = [
        feedback_pictures.timeline(words, asked, AT.date()),
        feedback_pictures.scores(words, SHOWN.report),
        feedback_pictures.course(words, progress([older, SHOWN.report])),
    ]

    assert [drawing.says if drawing else None for drawing in found] == snapshot
    assert all(paint(drawing.picture).startswith(b"\x89PNG") for drawing in found if drawing)


def test_nothing_is_drawn_of_nothing() -> None:
    words = words_in("en")

    assert feedback_pictures.timeline(words, Answers((), ()), AT.date()) is None
    assert feedback_pictures.scores(words, report(())) is None
    assert feedback_pictures.course(words, progress([report(())])) is None


@pytest.mark.parametrize("people", [1, 8, 9, 25])
def test_everybody_has_a_lane_or_shares_one(people: int) -> None:
    lines = tuple(
        Line(
            n + 1, n + 1, n == 0, Role.CANDIDATE if n == 0 else Role.INTERVIEWER, HARD, 10.0 * n, 10.0 * n + n + 1, "a"
        )
        for n in range(people)
    )

    drawing = feedback_pictures.timeline(words_in("en"), Answers(lines, ()), AT.date())

    assert drawing is not None
    picture: Any = drawing.picture
    assert len(picture.lanes) == min(people, 8)
    assert sum(len(lane.spans) for lane in picture.lanes) == people
    assert len(drawing.says) <= 1_024


def test_what_a_model_or_a_person_wrote_formats_links_and_mentions_nothing() -> None:
    first = replace(SHOWN.report.assessments[0], question=HARD, judged=(judged(Criterion.DEPTH, 2, quote=HARD),))
    hard = replace(
        SHOWN.report,
        assessments=(first, SHOWN.report.assessments[1]),
        versions=Versions("r", "p", HARD),
        strength=Strength(HARD, evidence(1, HARD, HARD)),
        next_step=NextStep(HARD, Criterion.DEPTH, 1, HARD),
    )
    shown = Shown(UUID(int=1), HARD, hard, frozenset(), (Note("<@42>", 3, (), (), HARD),))
    words = words_in("en")

    for view in (card(words, shown), answer_card(words, shown, 1)):
        for component in walk(view.to_components()):
            plain = str(component.get("content", "")).replace("\\\\", "")
            assert "**@everyone**" not in plain
            assert "[x](" not in plain
            assert "||b||" not in plain
            assert "\n# c" not in plain


_text = st.sampled_from(["a", "*_`|~" * 300, "Wort " * 200, "слово" * 200, "<@1>" * 100, "\u2028x", HARD])


@st.composite
def shown_things(draw: st.DrawFn) -> Shown:
    quotes = [evidence(draw(st.integers(1, 99_999)), draw(_text), draw(_text)) for _ in range(3)]
    scored = tuple(Judged(c, 1, 5, tuple(quotes)) for c in Criterion)
    base = SHOWN.report.assessments[0]
    count = draw(st.integers(1, 40))
    answers = tuple(
        replace(base, number=n + 1, question=draw(_text) if n < 2 else "", judged=scored) for n in range(count)
    )
    big = replace(
        SHOWN.report,
        assessments=answers,
        strength=Strength(draw(_text), quotes[0]),
        next_step=NextStep(draw(_text), Criterion.DEPTH, 1, draw(_text)),
        flagged=tuple(range(1, draw(st.integers(1, 400)))),
    )
    notes = tuple(Note("<@123456789012345678>", 3, tuple(Criterion), tuple(Criterion), draw(_text)) for _ in range(9))
    past = against(COUNTED, (BEFORE,) * draw(st.integers(0, 5)))
    answered = ((InterviewType.BEHAVIOURAL, BEFORE),) * draw(st.integers(0, 40))
    return Shown(UUID(int=1), draw(_text), big, frozenset(Criterion), notes, past, answered)


@settings(max_examples=15)
@given(shown_things(), st.sampled_from(languages()))
def test_the_card_keeps_within_what_discord_takes(shown: Shown, language: str) -> None:
    words = words_in(language)

    for view in (card(words, shown), answer_card(words, shown, 1)):
        components = list(walk(view.to_components()))
        assert sum(len(str(c.get("content", ""))) for c in components) <= 4_000
        assert view.total_children_count <= 40
        for component in components:
            assert len(str(component.get("custom_id", ""))) <= 100
            assert len(str(component.get("label", ""))) <= 80
            assert len(component.get("options") or ()) <= 25
            assert all(1 <= len(option["label"]) <= 100 for option in component.get("options") or ())


@settings(max_examples=15)
@given(shown_things(), st.sampled_from(languages()))
def test_two_interviews_side_by_side_keep_within_what_discord_takes(shown: Shown, language: str) -> None:
    assert len(compared(words_in(language), shown, shown)) <= 4_000


def test_a_note_is_kept_and_read_again() -> None:
    rating = Rating(4, (Criterion.DEPTH,), (Criterion.RESULT, Criterion.CONTEXT), "Slower.")

    assert Rating.from_json(rating.as_json()) == rating


@pytest.mark.parametrize(
    "body", [None, {}, {"overall": 9}, {"overall": "x"}, {"overall": 3, "strong": ["?"], "weak": []}]
)
def test_what_is_no_note_opens_as_none(body: dict[str, Any] | None) -> None:
    assert Rating.from_json(body) is None


async def nothing(*_: Any) -> None:
    """Nobody answers here."""


@pytest.mark.parametrize("language", languages())
async def test_the_forms_read(language: str, snapshot: SnapshotAssertion) -> None:
    words = words_in(language)
    forms = [
        RatingForm(words, nothing, of_oneself=True),
        RatingForm(words, nothing, of_oneself=False),
        DisputeForm(words, nothing, offered=tuple(Criterion), chosen=Criterion.DEPTH),
        SendingConsent(words, nothing, host="eu.api.example.org", region="Germany", model="small-1"),
    ]

    assert [read_form(form) for form in forms] == snapshot
    for form in forms:
        assert len(form.title) <= 45
        assert len(form.children) <= 5
        for component in walk(form.to_components()):
            assert len(str(component.get("label", ""))) <= 45
            assert len(str(component.get("description", ""))) <= 100
    assert all(part in forms[3].shown for part in ("eu.api.example.org", "Germany", "small-1"))  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType, reportUnknownArgumentType] - it is the last kind


def read_form(form: ui.Modal) -> str:
    parts = [form.title]
    for component in walk(form.to_components()):
        parts += [str(component[key]) for key in ("content", "label", "description") if component.get(key)]
        for option in component.get("options") or ():
            parts.append(f"[ ] {option['label']} | {option.get('description') or ''}")
    return "\n".join(parts)
