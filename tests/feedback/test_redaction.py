from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feedback.answers import Line
from bot.feedback.redaction import Kind, Redaction
from bot.interview.roles import Role
from tests.feedback.corpus import PEOPLE, STAYS, Case, corpus

CASES = corpus()


def line(number: int, name: str, role: Role, *, own: bool = False, speaker: int = 1) -> Line:
    return Line(number, speaker, own, role, name, 0.0, 1.0, "words")


def leaves(case: Case) -> bool:
    """Whether any piece of the secret is still there that says more than a letter or two."""
    sent = re.sub(r"\[[A-Z]\w+ \d+\]", " ", Redaction(PEOPLE).hide(case.text).text)
    pieces = re.findall(r"\w{3,}", case.secret)
    return case.secret in sent or any(
        re.search(rf"(?<!\w){re.escape(piece)}(?!\w)", sent)
        for piece in pieces
        if not re.fullmatch("com|org|dev", piece)
    )


def test_the_corpus_is_500_lines_in_three_languages_and_always_the_same() -> None:
    assert len(CASES) == 500
    assert corpus() == CASES
    assert min(Counter(case.language for case in CASES).values()) > 150


def test_nothing_that_has_a_form_is_ever_missed() -> None:
    missed = [(case.kind, case.text) for case in CASES if case.kind not in {"name", "none"} and leaves(case)]

    assert missed == []


def test_names_of_people_in_the_interview_are_found_in_all_their_cases_as_often_as_the_page_says() -> None:
    names = [case for case in CASES if case.kind == "name"]
    missed = [case.text for case in names if leaves(case)]

    assert missed == []


@pytest.mark.parametrize("number", STAYS)
def test_numbers_that_are_nobodys_stay(number: str) -> None:
    for frame in ("{}", "It took {} then.", "({})", "from {}, and"):
        text = frame.format(number)
        assert Redaction(PEOPLE).hide(text).text == text


def test_one_value_has_one_placeholder_and_comes_back() -> None:
    redaction = Redaction()

    first = redaction.hide("Write to anna@example.org or +380 67 123 45 67.").text
    second = redaction.hide("I said Anna@example.org, and max@example.org.").text

    assert first == "Write to [Email 1] or [Phone 1]."
    assert second == "I said [Email 1], and [Email 2]."
    assert redaction.show("You gave [Email 1] and [Phone 1], not [Phone 7].") == (
        "You gave anna@example.org and +380 67 123 45 67, not [Phone 7]."
    )
    assert redaction.counts == {Kind.EMAIL: 3, Kind.PHONE: 1}


def test_people_are_called_by_what_they_are_and_two_of_one_kind_are_told_apart() -> None:
    redaction = Redaction.of(
        [
            line(1, "Марія", Role.CANDIDATE, own=True),
            line(2, "Jonas", Role.INTERVIEWER, speaker=2),
            line(3, "Viktor", Role.INTERVIEWER, speaker=3),
            line(4, "Emma", Role.OBSERVER, speaker=4),
        ]
    )

    hidden = redaction.hide("Марію питав Йонас, then Viktor's question, and Emma. Jonas laughed.").text

    assert hidden.startswith("[Candidate] питав")
    assert "then [Interviewer 2]'s question, and [Observer 1]. [Interviewer 1] laughed." in hidden
    assert redaction.show("Interviewer 1 asked, [Candidate] answered.") == "Jonas asked, Марія answered."


def test_ordinary_words_in_display_names_hide_nothing() -> None:
    redaction = Redaction([("Candidate", "the best dev"), ("Interviewer 1", "Mark Will"), ("Interviewer 2", "Max")])

    text = "The team will mark the maximum value as the max, the best way for us."

    assert redaction.hide(text).text == text
    assert (
        redaction.hide("Then Mark said so, and Will agreed.").text
        == "Then [Interviewer 1] said so, and [Interviewer 1] agreed."
    )


def test_what_only_looks_like_a_placeholder_brings_nobodys_data_back() -> None:
    redaction = Redaction([("Interviewer 1", "Oleh")])
    redaction.hide("anna@example.org")

    hidden = redaction.hide("I typed [Email 1] and [Interviewer 1].").text

    assert hidden == "I typed (Email 1) and (Interviewer 1)."


def test_a_quotes_place_leads_back_to_the_words_as_they_were() -> None:
    masked = Redaction(PEOPLE).hide("I asked Oleh by oleh@example.org, and he agreed.")

    start = masked.text.index("asked")
    end = masked.text.index(", and")

    assert masked.original(start, end) == "asked Oleh by oleh@example.org"


def test_nothing_hidden_shows_in_a_repr() -> None:
    redaction = Redaction([("Candidate", "Annabelle")])
    masked = redaction.hide("Annabelle, anna@example.org")

    assert "nna" not in repr(redaction) + repr(masked)


TEXTS = st.text(st.sampled_from("ab AB12.,:@/+-()[]<>#'Олег 90"), max_size=60)


@given(TEXTS)
def test_whatever_is_said_every_place_leads_back_and_the_rest_is_untouched(text: str) -> None:
    masked = Redaction(PEOPLE).hide(text)

    at = 0
    for m_start, m_end, s_start, s_end in masked.spans:
        assert masked.original(m_start, m_end) == text[s_start:s_end]
        assert masked.original(at, m_start) == text[:s_start][len(masked.original(0, at)) :]
        at = m_end
    assert masked.original(0, len(masked.text)) == text
