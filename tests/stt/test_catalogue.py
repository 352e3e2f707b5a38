from __future__ import annotations

from typing import Any

import pytest
from faster_whisper import utils as untyped

from stt.catalogue import BY_NAME, BY_REPOSITORY, CATALOGUE, SPARE_MB, recommend
from stt.models import PLAIN_NAME, REPOSITORY

faster_whisper: Any = untyped


def test_every_name_that_faster_whisper_knows_is_there_and_means_the_same() -> None:
    known: dict[str, str] = faster_whisper._MODELS

    ours = {entry.name: entry.repository for entry in CATALOGUE if not entry.converted}

    assert ours == known


def test_only_models_that_were_trained_for_it_have_a_dynamic_window() -> None:
    assert {entry.name for entry in CATALOGUE if entry.window == "dynamic"} == {
        f"acft-{size}{suffix}" for size in ("tiny", "base", "small") for suffix in ("", ".en")
    }


def test_names_can_be_folders_and_repositories_are_repositories() -> None:
    assert len(BY_NAME) == len(CATALOGUE)
    for entry in CATALOGUE:
        assert PLAIN_NAME.fullmatch(entry.name)
        assert REPOSITORY.fullmatch(entry.repository)
        assert BY_REPOSITORY[entry.repository].repository == entry.repository


def test_english_ones_say_so() -> None:
    assert BY_NAME["tiny.en"].languages == ("en",)
    assert BY_NAME["distil-large-v3"].languages == ("en",)
    assert BY_NAME["turbo"].languages == ()


@pytest.mark.parametrize(
    ("cores", "memory_mb", "languages", "name"),
    [
        (1, 512, (), "acft-tiny"),
        (1, 2_000, (), "acft-base"),
        (2, 1_600, (), "acft-base"),
        (2, 4_000, (), "acft-small"),
        (2, 4_000, ("en",), "acft-small.en"),
        (2, 4_000, ("en", "uk"), "acft-small"),
        (16, 64_000, (), "acft-small"),
        (16, 2_000, ("en",), "acft-tiny.en"),
    ],
)
def test_the_recommendation_fits_the_machine(cores: int, memory_mb: int, languages: tuple[str, ...], name: str) -> None:
    assert recommend(cores, memory_mb, languages=languages).name == name


def test_what_is_recommended_was_measured_to_answer_within_a_second() -> None:
    for cores in (1, 2, 4, 8, 64):
        for memory_mb in (1_000, 2_000, 4_000, 16_000, 256_000):
            entry = recommend(cores, memory_mb)
            assert entry.measured is not None
            assert entry.memory_mb is not None
            assert entry.measured.late_s < 1
            assert entry.memory_mb * cores + SPARE_MB <= memory_mb or entry.name == "acft-tiny"
