"""Words that the judgement looks for in English, German and Ukrainian, as `bot/feedback/words/*.yaml` have them.

    words/en.yaml, de.yaml, uk.yaml -> word_lists -> WordList, by language

Fillers and hedges are counted, numbers and capitals tell whether a sentence brings in what was not said, `forbidden` is
what feedback never says about anybody, `instructions` is how people talk to a model. The last two are looked for in all
languages at once: `says_forbidden`, `talks_to_a_model`.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from config.trusted import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

LANGUAGES: Final = ("en", "de", "uk")

_FOLDER: Final = Path(__file__).parent / "words"
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2019\u2018\u02bc\u02b9\u0060\u00b4\uff07", "'"))
_INVISIBLE = re.compile(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff\U000e0000-\U000e007f]")
_TWINS: Final = str.maketrans("аеорсухіАВЕКМНОРСТУХІ", "aeopcyxiABEKMHOPCTYXI")  # noqa: RUF001 - that is the point
_HAS_CYRILLIC = re.compile(r"[\u0400-\u052f]")
_HAS_LATIN = re.compile(r"[a-z]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class WordList:
    """The words of one language.

    Attributes:
        fillers: Words and phrases, as tuples of folded words.
        hedges: Likewise.
        never_names: Parts of display names that are ordinary words.
        names_too: Names that are ordinary words as well.
        numbers: What a word counts, by the word.
        capitals: Words with a capital letter that are no names.
        suffixes: How other such words end.
    """

    fillers: frozenset[tuple[str, ...]]
    hedges: frozenset[tuple[str, ...]]
    never_names: frozenset[str]
    names_too: frozenset[str]
    numbers: Mapping[str, int]
    capitals: frozenset[str]
    suffixes: tuple[str, ...]


def fold(text: str) -> str:
    """*text* as words are compared: composed, without case, one apostrophe, nothing invisible."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", text).casefold().translate(_APOSTROPHES))


@cache
def word_lists() -> Mapping[str, WordList]:
    """All of them, by language."""
    return {language: _list(language, _loaded(language)) for language in LANGUAGES}


def says_forbidden(text: str) -> bool:
    """Whether *text* judges a person instead of an answer, in any of the languages."""
    return any(pattern.search(each) for each in _readings(text) for pattern in _patterns("forbidden"))


def talks_to_a_model(text: str) -> bool:
    """Whether *text* reads like an instruction to a model, in any of the languages."""
    return any(pattern.search(each) for each in _readings(text) for pattern in _patterns("instructions"))


@cache
def all_of(which: str) -> frozenset[str]:
    """`never_names` or `names_too` of all languages together."""
    return frozenset(word for words in word_lists().values() for word in getattr(words, which))


def _readings(text: str) -> Iterable[str]:
    """As it is, as it is compared, and with letters of two alphabets in one word taken for those they look like."""
    folded = " ".join(fold(unicodedata.normalize("NFKC", text)).split())
    yield folded
    if _HAS_CYRILLIC.search(folded) and _HAS_LATIN.search(folded):
        yield " ".join(
            word.translate(_TWINS) if _HAS_CYRILLIC.search(word) and _HAS_LATIN.search(word) else word
            for word in folded.split()
        )


@cache
def _loaded(language: str) -> Mapping[str, Any]:
    return read_yaml((_FOLDER / f"{language}.yaml").read_text(encoding="utf-8"))


@cache
def _patterns(which: str) -> Sequence[re.Pattern[str]]:
    return tuple(
        re.compile(line.removeprefix("re "), re.IGNORECASE)
        for language in LANGUAGES
        for line in _loaded(language)[which]
    )


def _list(language: str, loaded: Mapping[str, Any]) -> WordList:
    numbers = {fold(word): int(value) for value, words in loaded["numbers"].items() for word in words}
    if language == "de":
        units = {word: value for word, value in numbers.items() if 1 < value < 10} | {"ein": 1}
        tens = {word: value for word, value in numbers.items() if value in range(20, 100, 10)}
        numbers |= {f"{u}und{t}": tens[t] + units[u] for u in units for t in tens}
        numbers |= {f"{u}{word}": units[u] * numbers[word] for u in units for word in ("hundert", "tausend")}
    return WordList(
        fillers=frozenset(tuple(fold(phrase).split()) for phrase in loaded["fillers"]),
        hedges=frozenset(tuple(fold(phrase).split()) for phrase in loaded["hedges"]),
        never_names=frozenset(map(fold, loaded["never_names"])),
        names_too=frozenset(map(fold, loaded["names_too"])),
        numbers=numbers,
        capitals=frozenset(map(fold, loaded["capitals"])),
        suffixes=tuple(loaded.get("suffixes", ())),
    )
