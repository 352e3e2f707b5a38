# ruff: noqa: RUF001 - real sentences have letters and quotes that look like others.

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.search import EXCERPT_LENGTH, QUERY_LENGTH, TERMS, fold, parse

TEXT = "Доброго дня! Я п’ять років перевіряв проєкти у Кельні й Києві, auf der schönen Straße und am Ende der Woche."


@pytest.mark.parametrize(
    "query",
    [
        "проєкт",
        "ПРОЄКТИ",
        "проєкти кельні",
        "кельні проєкти",
        "п'ять",
        "пʼять",
        "STRASSE",
        "straße",
        '"am Ende"',
        "„am Ende“",
        "«am Ende» проєкти",
        '"п’ять років" straße',
        unicodedata.normalize("NFD", "Києві schönen"),
        "перевіря\u0301в",
        "кельні,",
    ],
)
def test_words_are_found_as_people_write_them(query: str) -> None:
    assert parse(query).find(TEXT)


@pytest.mark.parametrize(
    "query", ["роєкти", "проєкти Берлін", '"проєкт"', '"Ende am"', '"am der"', '"п’ять проєкти"', "дняя"]
)
def test_what_is_not_there_is_not_found(query: str) -> None:
    assert parse(query).find(TEXT) is None


def test_text_and_query_may_be_composed_or_not() -> None:
    decomposed = unicodedata.normalize("NFD", TEXT)

    assert decomposed != TEXT
    assert parse("києві schönen").find(decomposed) == parse("києві schönen").find(TEXT)


def score(query: str, text: str) -> float:
    found = parse(query).find(text)
    assert found
    return found.score


def test_whole_words_phrases_and_repeated_words_fit_better() -> None:
    assert score("тест", "один тест тут") > score("тест", "один тестер тут")
    assert score("тест", "один тест тут") > score("тест", "тестування тут тестування")
    assert score("тест", "тест тут тест тут") > score("тест", "тест тут десь тут")
    assert score("тест", "один тест") > score("тест", "один дуже довгий текст про тест")


def test_an_excerpt_shows_the_first_place_that_fits() -> None:
    long = "слово " * 200 + "голка " + "сіно " * 200

    found = parse("голка").find(long)

    assert found
    assert "голка сіно" in found.excerpt
    assert found.excerpt.startswith("…слово")
    assert found.excerpt.endswith("сіно…")


@given(st.text(max_size=500), st.integers(0, 500))
def test_a_text_is_found_by_any_of_its_words_and_the_excerpt_is_short(text: str, at: int) -> None:
    words = [word for word in text.split() if word.isalpha() and len(word) <= 50]
    if not words:
        return
    word = words[at % len(words)]

    found = parse(word).find(text)

    assert found
    assert len(found.excerpt) <= EXCERPT_LENGTH


@given(st.text(max_size=100))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@pytest.mark.parametrize("query", ["", "  ", '""', "?!", "x" * (QUERY_LENGTH + 1), "x " * (TERMS + 1)])
def test_a_query_without_words_or_with_too_many_is_refused(query: str) -> None:
    with pytest.raises(ValueError, match="a query has"):
        parse(query)


def test_neither_query_nor_match_shows_its_words() -> None:
    query = parse("canary")

    assert "canary" not in repr(query)
    assert "canary" not in repr(query.find("a canary"))
