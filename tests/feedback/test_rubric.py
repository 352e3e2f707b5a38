from __future__ import annotations

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
        assert set(rubrics[kind].criteria) == set(Criterion)


def test_anchors_differ_and_say_nothing_about_the_person() -> None:
    rubrics = load_rubrics()

    for kind in InterviewType:
        anchors = [text for a in rubrics[kind].criteria.values() for text in (a.one, a.three, a.five)]
        assert len(set(anchors)) > 15
        assert [text for text in anchors if says_forbidden(text)] == []


def test_the_version_changes_with_a_word_and_only_then(folder: Path) -> None:
    before = load_rubrics().version

    assert load_rubrics(folder).version == before
    (folder / "case.yaml").write_text(
        "# another comment\n" + (folder / "case.yaml").read_text(encoding="utf-8"), encoding="utf-8"
    )
    assert load_rubrics(folder).version == before
    assert load_rubrics(change(folder, "Keywords only.", "Key words only.")).version != before


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("kind: case", "kind: casual", "kind: case"),
        ("kind: case", "kin: case", "kind and criteria"),
        ("  depth:", "  charm:", "relevance, context, action, result, depth, structure"),
        ("    3: One driver", "    4: One driver", "depth must have asks, 1, 3 and 5"),
        ("Keywords only.", "", "depth must have asks, 1, 3 and 5"),
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
