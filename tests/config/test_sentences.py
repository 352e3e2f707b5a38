from __future__ import annotations

import logging
from datetime import date
from typing import TYPE_CHECKING

import pytest

from config.errors import Unfit
from config.sentences import languages, nearest, whole, words_of_language

if TYPE_CHECKING:
    from pathlib import Path

EN = """
queue-waits = { $people ->
    [0] Nobody waits
    [one] One person waits
   *[other] { $people } people wait
}.
queue-place = Place { $place } for { $name }
queue-ready = { $ready ->
    [yes] Ready
   *[no] Not ready
}
queue-only = Only in English
queue-depth = Depth
    .hint = How deep
"""
UK = """
queue-waits = { $people ->
    [0] Ніхто не чекає
    [one] Чекає { $people } людина
    [few] Чекають { $people } людини
   *[many] Чекають { $people } людей
}.
queue-place = Місце { $place } для { $name }
"""


@pytest.fixture
def files(locales: Path) -> Path:
    for language, text in (("en", EN), ("uk", UK)):
        (locales / language).mkdir()
        (locales / language / "queue.ftl").write_text(text, encoding="utf-8")
    return locales


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("people", "text"),
    [
        (0, "Ніхто не чекає."),
        (1, "Чекає 1 людина."),
        (2, "Чекають 2 людини."),
        (5, "Чекають 5 людей."),
        (21, "Чекає 21 людина."),
    ],
)
def test_the_plural_is_the_one_of_the_language(people: int, text: str) -> None:
    assert words_of_language("uk")("queue-waits", people=people) == text


@pytest.mark.usefixtures("files")
def test_what_a_language_lacks_is_read_in_english_and_noted(
    caplog: pytest.LogCaptureFixture, sentence_faults: list[str]
) -> None:
    words = words_of_language("uk")

    with caplog.at_level(logging.ERROR):
        assert words("queue-only") == "Only in English"

    assert [record.getMessage() for record in caplog.records] == ["a sentence is missing in a language"]
    assert not words.has("queue-only")
    sentence_faults.clear()


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize("key", ["queue-nothing", "queue-depth.nothing", "queue-" + "long-" * 20])
def test_a_missing_sentence_is_named_and_fits_wherever_words_stand(key: str, sentence_faults: list[str]) -> None:
    text = words_of_language("en")(key)

    assert text.startswith("No words yet: queue-")
    assert len(text) <= 45
    assert sentence_faults
    sentence_faults.clear()


@pytest.mark.usefixtures("files")
def test_a_missing_value_is_noted_and_fails_nobody(sentence_faults: list[str]) -> None:
    assert "Place" in words_of_language("en")("queue-place", place=1)

    assert sentence_faults
    sentence_faults.clear()


@pytest.mark.usefixtures("files")
def test_values_go_in_as_they_are() -> None:
    words = words_of_language("en")

    assert (
        words("queue-place", place="{ $name }", name="{ queue-only } \u202e")
        == "Place { $name } for { queue-only } \u202e"
    )
    assert words("queue-ready", ready=True) == "Ready"
    assert words("queue-depth.hint") == "How deep"


@pytest.mark.usefixtures("files")
def test_numbers_are_written_as_the_language_does() -> None:
    assert words_of_language("en")("queue-waits", people=1_234) == "1,234 people wait."
    assert words_of_language("uk")("queue-waits", people=1_234) == "Чекають 1\u00a0234 людини."
    assert words_of_language("uk").day(date(2026, 11, 23)) == "23 листопада 2026 р."  # noqa: RUF001 - it is Ukrainian
    assert words_of_language("uk").listed(["Анна", "Юля", "Євген"]) == "Анна, Юля і Євген"  # noqa: RUF001 - it is Ukrainian


@pytest.mark.usefixtures("files")
@pytest.mark.parametrize(
    ("wanted", "got"),
    [
        ("en-GB", "en"),
        ("en-US", "en"),
        ("uk", "uk"),
        ("uk-UA", "uk"),
        ("fr", "en"),
        ("", "en"),
        (None, "en"),
        ("ukr", "en"),
    ],
)
def test_the_nearest_language_is_used(wanted: str | None, got: str) -> None:
    assert nearest(wanted) == got


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("queue-a = One\nqueue-a = Two\n", "a second queue-a"),
        ("queue-a = One\nqueue-b = { $x\n", "this cannot be understood: queue-b"),
        ("queue-a = One\n2 = Two\n", "this cannot be understood: 2 = Two"),
        ("    One\nqueue-a = One\n", "this cannot be understood: One"),
        ("queue-a = One\nqueue-b\n", "this cannot be understood: queue-b"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_its_place(files: Path, text: str, says: str) -> None:
    (files / "uk" / "queue.ftl").write_text(text, encoding="utf-8")

    with pytest.raises(Unfit, match=says) as refused:
        whole("uk")

    assert "uk/queue.ftl" in str(refused.value)


def test_a_sentence_that_cannot_be_understood_is_read_in_english_and_takes_no_other_with_it(
    files: Path, caplog: pytest.LogCaptureFixture, sentence_faults: list[str]
) -> None:
    (files / "uk" / "queue.ftl").write_text("queue-only = { $x\nqueue-depth = Глибина\n", encoding="utf-8")
    words = words_of_language("uk")

    with caplog.at_level(logging.ERROR):
        assert words("queue-only") == "Only in English"

    assert "a sentence cannot be understood" in [record.getMessage() for record in caplog.records]
    assert words("queue-depth") == "Глибина"
    sentence_faults.clear()


def test_what_a_sentence_refers_to_is_found_wherever_it_stands(files: Path) -> None:
    (files / "en" / "queue.ftl").write_text(
        "queue-a = { queue-b } of { -bot }\n"
        "queue-b =\n    { queue-c.hint }\n{ queue-d }\n# Not this one\n\n"
        "queue-c = C\n    .hint = Cc\n",
        encoding="utf-8",
    )
    (files / "en" / "admin.ftl").write_text("-bot = { queue-d }s\nqueue-d = D\n", encoding="utf-8")

    assert words_of_language("en")("queue-a") == "    Cc\nD of Ds"
    assert words_of_language("en").keys == {"queue-a", "queue-b", "queue-c", "queue-d"}
    assert whole("en") == 4


def test_english_german_and_ukrainian_are_there() -> None:
    assert languages()[0] == "en"
    assert {"en", "de", "uk"} <= set(languages())
    assert min(whole(language) for language in languages()) > 800
