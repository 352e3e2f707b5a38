from __future__ import annotations

import re
import shutil
from typing import TYPE_CHECKING

import pytest

from bot.feedback.report import Criterion
from bot.feedback.rubric import RUBRICS_FOLDER, load_rubrics
from bot.feedback.wordlists import LANGUAGES, says_forbidden, word_lists
from config.errors import Unfit
from config.questions import InterviewType

if TYPE_CHECKING:
    from pathlib import Path

CYRILLIC = r"[\u0400-\u04ff]"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(RUBRICS_FOLDER, tmp_path / "rubrics")
    return tmp_path / "rubrics"


def change(folder: Path, old: str, new: str) -> Path:
    file = folder / "case.yaml"
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return folder


def test_each_kind_of_interview_has_anchors_for_each_criterion() -> None:
    rubrics = load_rubrics()

    for kind in InterviewType:
        for language in LANGUAGES:
            assert list(rubrics[kind].read_in(language)) == list(Criterion)


def test_anchors_differ_and_say_nothing_about_the_person() -> None:
    rubrics = load_rubrics()

    for kind in InterviewType:
        for language in LANGUAGES:
            anchors = [text for a in rubrics[kind].read_in(language).values() for text in a.scale]
            assert len(set(anchors)) > 15
            assert [text for text in anchors if says_forbidden(text)] == []


def test_no_sentence_of_a_rubric_was_left_in_another_language() -> None:
    rubrics = load_rubrics()

    for kind in InterviewType:
        read = {language: rubrics[kind].read_in(language) for language in LANGUAGES}
        for criterion in Criterion:
            english, german, ukrainian = (set(read[each][criterion].model_dump().values()) for each in LANGUAGES)
            assert not english & german
            assert all(re.search(CYRILLIC, text) for text in ukrainian)
            assert not any(re.search(CYRILLIC, text) for text in english | german)


def test_a_language_that_no_rubric_has_is_read_in_english() -> None:
    rubric = load_rubrics()[InterviewType.CASE]

    assert rubric.read_in("fr") == rubric.read_in("en") == rubric.criteria


def test_the_version_changes_with_a_word_and_only_then(folder: Path) -> None:
    before = load_rubrics().version

    assert load_rubrics(folder).version == before
    (folder / "case.yaml").write_text(
        "# another comment\n" + (folder / "case.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    assert load_rubrics(folder).version == before
    assert load_rubrics(change(folder, "Keywords only.", "Key words only.")).version != before


def test_feedback_from_before_other_languages_is_still_compared_with_that_of_now() -> None:
    # The version that reports of earlier releases carry. Whoever means to change the English text changes this too.
    assert load_rubrics().version == "9a9b2f11d564"


def test_how_people_read_a_rubric_changes_neither_its_version_nor_what_a_model_is_told(folder: Path) -> None:
    before = load_rubrics()

    after = load_rubrics(
        change(change(folder, "Nur Stichwörter.", "Bloß Stichwörter."), "Лише ключові", "Самі ключові")
    )

    case = InterviewType.CASE
    assert after[case].read_in("de") != before[case].read_in("de")
    assert after.version == before.version
    assert after[case].as_text() == before[case].as_text()
    assert not re.search(rf"{CYRILLIC}|[äöüß]", before[case].as_text())


def test_a_rubric_may_have_more_languages_and_then_has_all_of_it_in_them(folder: Path) -> None:
    file = folder / "case.yaml"
    whole = re.sub(r"^( +)en: .*$", r"\g<0>\n\1fr: Une phrase.", file.read_text(encoding="utf-8"), flags=re.MULTILINE)
    file.write_text(whole, encoding="utf-8")

    assert {a.five for a in load_rubrics(folder)[InterviewType.CASE].read_in("fr").values()} == {"Une phrase."}
    with pytest.raises(Unfit, match=r"relevance must have .* de, en, fr, uk"):
        load_rubrics(change(folder, "      fr: Une phrase.\n", ""))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rubric_that_does_not_fit_one_message_is_refused(folder: Path, language: str) -> None:
    file = folder / "case.yaml"
    long = re.sub(
        rf"^( +{language}: ).*$", rf"\g<1>{'long ' * 39}", file.read_text(encoding="utf-8"), flags=re.MULTILINE
    )
    file.write_text(long, encoding="utf-8")

    with pytest.raises(Unfit, match=rf"case\.yaml must have at most 2,800 characters in {language}"):
        load_rubrics(folder)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: case", "kind: casual", "kind: case"),
        ("kind: case", "kin: case", "kind and criteria"),
        ("  depth:", "  charm:", "relevance, context, action, result, depth, structure"),
        ("    3:\n      en: One driver", "    4:\n      en: One driver", "depth must have asks, 1, 3 and 5"),
        ("Keywords only.", "", "depth must have asks, 1, 3 and 5"),
        ("Nur Stichwörter.", "", "depth must have asks, 1, 3 and 5"),
        ("      uk: Лише ключові слова.\n", "", "depth must have asks, 1, 3 and 5 in each of the languages de, en, uk"),
        ("      uk: Лише", "      Ukrainian: Лише", "depth must have asks, 1, 3 and 5"),
        ("criteria:", "criteria: [", "kind and criteria"),
    ],
)
def test_a_rubric_that_is_wrong_is_refused_in_a_sentence(folder: Path, old: str, new: str, said: str) -> None:
    with pytest.raises(Unfit) as refused:
        load_rubrics(change(folder, old, new))

    assert "case.yaml" in str(refused.value)
    assert said in str(refused.value)


def test_a_missing_rubric_is_refused(folder: Path) -> None:
    (folder / "technical.yaml").unlink()

    with pytest.raises(Unfit, match=r"technical\.yaml"):
        load_rubrics(folder)


def test_every_language_has_every_list() -> None:
    lists = word_lists()

    assert set(lists) == set(LANGUAGES)
    for words in lists.values():
        assert len(words.fillers) >= 10
        assert len(words.hedges) >= 10
        assert {0, 2, 10, 100, 1_000_000} <= set(words.numbers.values())
        assert not words.fillers & words.hedges
