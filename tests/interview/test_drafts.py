from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.interview.drafts import KEPT_S, NOTES, QUESTIONS, SNIPPETS, Draft, Drafts
from bot.interview.roles import Role
from storage.transcripts import Asked, Noted
from stt.engine import Snippet

ANNA, OLEG = 1, 2


def snippet(text: str = "words", speaker_id: int = ANNA, start_s: float = 0.0) -> Snippet:
    return Snippet(speaker_id, start_s, start_s + 1, text, 0.9, "en")


def draft_of(*snippets: Snippet, interview_id: str = "abc") -> Draft:
    draft = Draft(interview_id, 1, {ANNA: "Anna", OLEG: "Oleg"})
    for each in snippets:
        draft.add(each)
    return draft


class Hours:
    """A clock that is told."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Hours:
    return Hours()


@given(st.lists(st.floats(0, 1000)))
def test_whatever_order_words_come_in_they_are_kept_in_the_order_they_were_spoken(starts: list[float]) -> None:
    draft = draft_of(*(snippet(start_s=start) for start in starts))

    assert [s.start_s for s in draft.snippets] == sorted(starts)


def test_two_people_who_began_together_stay_in_the_order_in_which_their_words_came() -> None:
    draft = draft_of(snippet("first", start_s=1), snippet("second", OLEG, start_s=1))

    assert [s.text for s in draft.snippets] == ["first", "second"]


def test_an_endless_interview_loses_its_oldest_words_and_counts_them() -> None:
    draft = draft_of(*(snippet(start_s=n) for n in range(SNIPPETS + 3)))

    assert len(draft.snippets) == SNIPPETS
    assert draft.outgrown == 3
    assert draft.snippets[0].start_s == 3


def test_a_persons_words_and_name_leave_a_draft_together() -> None:
    draft = draft_of(snippet("mine"), snippet("yours", OLEG))

    assert draft.remove(ANNA) == 1
    assert [s.text for s in draft.snippets] == ["yours"]
    assert draft.names == {OLEG: "Oleg"}


def test_a_draft_tells_in_order_what_was_asked_and_said_and_as_what() -> None:
    draft = draft_of(snippet("at first", start_s=1), snippet("then", OLEG, start_s=4), snippet("later", start_s=8))
    draft.roles.set(ANNA, Role.CANDIDATE, 0)
    draft.roles.set(OLEG, Role.INTERVIEWER, 0)
    draft.roles.set(ANNA, Role.INTERVIEWER, 6)
    draft.ask(Asked(4, "why?", "q"))
    draft.add(snippet("written", OLEG, start_s=9), typed=True)

    told = [(t.text, None if isinstance(t, Asked) else (t.role, t.typed)) for t in draft.turns()]

    assert told == [
        ("at first", ("candidate", False)),
        ("why?", None),
        ("then", ("interviewer", False)),
        ("later", ("interviewer", False)),
        ("written", ("interviewer", True)),
    ]


def test_a_single_line_can_be_taken_out() -> None:
    draft = draft_of(snippet("one", start_s=1), snippet("two", start_s=2))

    assert draft.drop(ANNA, 1)
    assert not draft.drop(OLEG, 2)
    assert [s.text for s in draft.snippets] == ["two"]


def test_whoever_takes_her_words_back_takes_role_and_notes_with_them() -> None:
    draft = draft_of(snippet())
    draft.roles.set(ANNA, Role.CANDIDATE, 0)
    draft.note(ANNA, Noted(1, "mine"))

    draft.remove(ANNA)

    assert draft.roles.now(ANNA) is None
    assert draft.notes_of(ANNA) == []


def test_a_draft_holds_so_many_questions_and_notes_and_no_more() -> None:
    draft = draft_of()

    assert [draft.ask(Asked(n, "?")) for n in range(QUESTIONS + 1)].count(False) == 1
    assert [draft.note(ANNA, Noted(n, "!")) for n in range(NOTES + 1)].count(False) == 1


def test_a_draft_is_held_for_half_an_hour_and_no_longer(clock: Hours) -> None:
    drafts = Drafts(clock=clock)
    drafts.keep(draft_of(snippet()))

    clock.now_s = KEPT_S - 1
    assert drafts.get("abc") is not None
    clock.now_s = KEPT_S
    assert drafts.get("abc") is None
    assert len(drafts) == 0
    assert KEPT_S == 30 * 60


def test_drafts_are_forgotten_without_anybody_asking_for_them(clock: Hours) -> None:
    drafts = Drafts(clock=clock)
    drafts.keep(draft_of(snippet()))

    clock.now_s = KEPT_S
    drafts.tick()

    assert len(drafts) == 0


def test_a_draft_without_words_is_not_kept(clock: Hours) -> None:
    drafts = Drafts(clock=clock)
    drafts.keep(draft_of())

    assert len(drafts) == 0


def test_whoever_withdraws_leaves_every_draft_and_an_empty_one_is_dropped(clock: Hours) -> None:
    drafts = Drafts(clock=clock)
    drafts.keep(draft_of(snippet(), interview_id="alone"))
    drafts.keep(draft_of(snippet(), snippet("yours", OLEG), interview_id="shared"))

    drafts.remove(ANNA)

    assert drafts.get("alone") is None
    shared = drafts.get("shared")
    assert shared is not None
    assert [s.text for s in shared.snippets] == ["yours"]


def test_a_draft_is_not_readable_in_a_repr() -> None:
    shown = repr(draft_of(snippet("what was said")))

    assert "what was said" not in shown
    assert "Anna" not in shown
