"""The questions that the program brings."""

from __future__ import annotations

import re
from collections import Counter
from itertools import combinations, product
from random import Random

import pytest

from bot.interview.course import Course, Plan
from config.questions import Bank, InterviewType, Level, Question, fold, load_questions

LANGUAGES = ("en", "de", "uk")
COMMON_TEXT = """a an and are as at be by can do does for from had have how if in is it its not of on one or that the
their them they this to was what when which who why with would you your tell me about describe time"""
COMMON = frozenset(COMMON_TEXT.split())


@pytest.fixture(scope="module")
def bank() -> Bank:
    return load_questions()


def asked(bank: Bank, language: str) -> list[Question]:
    found = [bank.get(identity, language=language) for identity in bank.ids]
    return [question for question in found if question is not None]


def test_there_are_enough_for_every_type_and_level(bank: Bank) -> None:
    cells = Counter((question.type, question.level) for question in asked(bank, "en"))

    assert len(bank) >= 120
    assert min(cells[cell] for cell in product(InterviewType, Level)) >= 8


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_question_is_asked_in_every_language_and_no_two_alike(bank: Bank, language: str) -> None:
    questions = asked(bank, language)

    assert {question.language for question in questions} == {language}
    assert len({fold(question.text) for question in questions}) == len(bank)


def test_no_two_ask_nearly_the_same(bank: Bank) -> None:
    words = {question.id: set(re.findall(r"[a-z0-9]+", fold(question.text))) - COMMON for question in asked(bank, "en")}

    alike = [
        (one, other)
        for one, other in combinations(words, 2)
        if len(words[one] & words[other]) > 0.4 * len(words[one] | words[other])
    ]
    assert alike == []


def test_each_says_what_a_strong_answer_covers_and_what_comes_next(bank: Bank) -> None:
    for question in asked(bank, "en"):
        assert 3 <= len(question.covers) <= 6, question.id
        assert 2 <= len(question.follow_ups) <= 3, question.id
        assert len(set(question.covers) | set(question.follow_ups)) == len(question.covers) + len(question.follow_ups)
        assert 2 <= question.minutes <= 15, question.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_points_and_follow_ups_are_in_the_language_of_the_question(bank: Bank, language: str) -> None:
    for question, english in zip(asked(bank, language), asked(bank, "en"), strict=True):
        for own, other in ((question.covers, english.covers), (question.follow_ups, english.follow_ups)):
            assert len(own) == len(other), question.id
            assert len(set(own)) == len(own), question.id
            assert language == "en" or not set(own) & set(other), question.id
        letters = [each for line in (*question.covers, *question.follow_ups) for each in line if each.isalpha()]
        cyrillic = sum("\u0400" <= each <= "\u04ff" for each in letters)
        assert (cyrillic > 0.8 * len(letters)) if language == "uk" else cyrillic == 0, question.id
        assert not set("ыэъё") & set("".join(letters).casefold()), question.id


def test_a_follow_up_is_asked_in_the_language_of_the_interview(bank: Bank) -> None:
    course = Course(Plan(language="de"), bank, random=Random(0))
    course.choose("git-merge-rebase", 0)

    assert course.follow() == "Wie holst du einen Commit zurück, der verloren scheint?"


def test_behavioural_questions_ask_for_something_that_happened(bank: Bank) -> None:
    asks = ("tell me about", "describe", "walk me through", "what have you built or done")
    questions = [question for question in asked(bank, "en") if question.type is InterviewType.BEHAVIOURAL]

    assert [q.id for q in questions if not q.text.casefold().startswith(asks)] == []


def test_technical_questions_name_what_the_recogniser_should_expect(bank: Bank) -> None:
    questions = [q for q in asked(bank, "en") if q.type in {InterviewType.TECHNICAL, InterviewType.SYSTEM_DESIGN}]

    assert [question.id for question in questions if not question.terms] == []


def test_senior_questions_leave_more_time_than_junior_ones(bank: Bank) -> None:
    for kind in InterviewType:
        minutes = {
            level: [q.minutes for q in asked(bank, "en") if q.type is kind and q.level is level] for level in Level
        }
        mean = {level: sum(each) / len(each) for level, each in minutes.items()}
        assert mean[Level.JUNIOR] < mean[Level.MIDDLE] < mean[Level.SENIOR]


def test_ukrainian_is_ukrainian_and_german_is_not_english(bank: Bank) -> None:
    for question in asked(bank, "uk"):
        letters = [each for each in question.text if each.isalpha()]
        cyrillic = [each for each in letters if "\u0400" <= each <= "\u04ff"]
        assert len(cyrillic) > 0.7 * len(letters), question.id
        # Letters that Ukrainian does not have.
        assert not set("ыэъё") & set(question.text.casefold()), question.id
    for german, english in zip(asked(bank, "de"), asked(bank, "en"), strict=True):
        assert german.text != english.text


def test_a_senior_technical_question_can_be_picked_in_every_language(bank: Bank) -> None:
    for language in LANGUAGES:
        found = bank.find("", type=InterviewType.TECHNICAL, level=Level.SENIOR, limit=3, language=language)

        assert [question.language for question in found] == [language] * 3
