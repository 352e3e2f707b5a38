from __future__ import annotations

from bot.feedback.answers import MIN_WORDS, Answers, Status, answers_of, words_of
from config.questions import InterviewType, Level, Question
from storage.transcripts import Mark, Turn
from tests.feedback.talk import asked, said


def test_words_belong_to_the_question_before_them() -> None:
    found = answers_of(
        [
            said(0, 0, 2, "Hello there."),
            asked(1, 3, "First?", "a"),
            said(2, 5, 9, "My answer."),
            said(3, 9, 10, "Go on.", own=False),
            asked(4, 20, "Second?", "b"),
            said(5, 22, 30, "Another one."),
        ]
    )

    assert [(a.number, a.question, [line.number for line in a.lines]) for a in found.answers] == [
        (1, "First?", [3, 4]),
        (2, "Second?", [6]),
    ]
    assert [line.text for line in found.answers[0].own] == ["My answer."]
    assert [line.text for line in found.answers[0].others] == ["Go on."]


def test_a_question_asked_again_and_its_follow_ups_begin_no_other_answer() -> None:
    found = answers_of(
        [
            asked(0, 0, "First?", "a"),
            asked(1, 5, "First?", "a"),
            said(2, 6, 9, "Yes."),
            asked(3, 10, "And then?", "a"),
            said(4, 11, 12, "More."),
        ]
    )

    assert [(a.question, a.follow_ups, a.words) for a in found.answers] == [("First?", ("And then?",), 2)]


def test_after_a_swap_the_other_ones_answers_are_nobody_elses() -> None:
    found = answers_of(
        [
            asked(0, 0, "Mine?", "a"),
            said(1, 1, 5, "I did it.", role="candidate"),
            asked(2, 6, "Theirs?", "b"),
            said(3, 7, 9, "Please tell me.", role="interviewer"),
            said(4, 10, 20, "They did it.", own=False, role="candidate"),
        ]
    )

    assert [a.question for a in found.answers] == ["Mine?"]


def test_without_marked_questions_everything_is_one_answer() -> None:
    found = answers_of([said(0, 0, 1, "How was it?", own=False), said(1, 2, 3, "Good.")])

    assert [(a.question, a.asked_s, a.words) for a in found.answers] == [("", None, 1)]


def test_nobodys_words_are_no_answer() -> None:
    assert answers_of([]) == Answers((), ())
    assert answers_of([said(0, 0, 1, "How was it?", own=False)]).answers == ()


def test_the_bank_says_which_rubric_an_answer_is_held_against() -> None:
    known = Question("a", InterviewType.CASE, Level.JUNIOR, "First?", ("a point",), (), (), 3, "en")

    (answer,) = answers_of([asked(0, 0, "First?", "a"), said(1, 1, 2, "Yes.")], question={"a": known}.get).answers

    assert (answer.kind, answer.covers) == (InterviewType.CASE, ("a point",))


def test_lines_without_words_are_no_lines() -> None:
    turns = [Turn(0, Mark.REDACTED, 1), Turn(1, Mark.NOT_SAVED), Turn(2, Mark.NOTE, start_s=3, text="private")]

    assert answers_of(turns).lines == ()


def test_others_words_may_be_sent_only_where_they_agreed() -> None:
    turns = [said(0, 0, 1, "Mine."), said(1, 1, 2, "Theirs.", own=False), said(2, 2, 3, "Hers.", own=False, speaker=3)]

    assert [line.agreed for line in answers_of(turns).lines] == [True, False, False]
    assert [line.agreed for line in answers_of(turns, agreed={3}).lines] == [True, False, True]


def test_an_answer_is_scored_from_forty_words_on_and_only_if_it_was_understood() -> None:
    def status(*turns: Turn) -> Status:
        return answers_of([asked(0, 0), *turns]).answers[0].status

    enough = " ".join(["word"] * MIN_WORDS)

    assert status() is Status.UNANSWERED
    assert status(said(1, 1, 2, enough[5:])) is Status.SHORT
    assert status(said(1, 1, 2, enough)) is Status.SCORED
    assert status(said(1, 1, 2, enough, confidence=0.39)) is Status.UNSURE
    assert status(said(1, 1, 2, enough, confidence=0.0, typed=True)) is Status.SCORED


def test_confidence_and_language_are_those_of_most_words() -> None:
    (answer,) = answers_of(
        [
            asked(0, 0),
            said(1, 1, 2, "one two three", language="uk", confidence=1.0),
            said(2, 3, 4, "four", language="en", confidence=0.2),
        ]
    ).answers

    assert answer.language == "uk"
    assert answer.confidence == 0.8


def test_words_are_counted_with_their_apostrophes_and_hyphens() -> None:
    assert words_of("Don't п'ять, end-to-end, 99.9!") == ["Don't", "п'ять", "end-to-end", "99", "9"]


def test_nothing_that_was_said_shows_in_a_repr() -> None:
    found = answers_of([asked(0, 0, "Zebra?"), said(1, 1, 2, "Zebra.", name="Zebra")])

    assert "ebra" not in repr(found) + repr(found.answers[0]) + repr(found.lines)
