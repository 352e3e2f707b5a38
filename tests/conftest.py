"""What every folder of tests may use."""

from __future__ import annotations

import gc
import logging
from typing import TYPE_CHECKING

import hypothesis
import pytest

from bot.loopback.authority import Authority
from config import sentences

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# Two tests share two cores with whatever else runs there: how long one example takes says nothing.
# `make examples` tries a thousand of each.
hypothesis.settings.register_profile("tests", deadline=None, max_examples=40)
hypothesis.settings.register_profile("long", deadline=None, max_examples=1000)
hypothesis.settings.load_profile("tests")


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end, so no collection of garbage looks through it again.

    faster-whisper asks for a whole one with each recording that it decodes, which took 0.3 s of processor time each.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def authority() -> Authority:
    """One throw-away authority for all: making it costs some milliseconds each time."""
    return Authority()


@pytest.fixture
def locales(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder of sentences, from which they are read for one test."""
    folder = tmp_path / "locales"
    folder.mkdir()
    caches = (sentences.languages, sentences.words_of_language, sentences._entries)
    monkeypatch.setattr(sentences, "FOLDER", folder)
    for cached in caches:
        cached.cache_clear()
    yield folder
    for cached in caches:
        cached.cache_clear()


@pytest.fixture(autouse=True)
def sentence_faults() -> Iterator[list[str]]:
    """Sentences that were missing, or lacked a value, while a test ran: it fails unless it clears them."""
    faults: list[str] = []

    class Watch(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            faults.append(f"{record.getMessage()}: {getattr(record, 'kind', '')}")

    watch = Watch(logging.ERROR)
    log = logging.getLogger("config.sentences")
    log.addHandler(watch)
    yield faults
    log.removeHandler(watch)
    assert faults == []
