"""Whether a sentence brings in what was not said: numbers, names, or mostly other words.

This is about forms of words, not about their meaning: a sentence made of said words alone may still claim something
else.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from bot.feedback.answers import words_of
from bot.feedback.redaction import skeleton
from bot.feedback.wordlists import fold, word_lists

if TYPE_CHECKING:
    from bot.feedback.wordlists import WordList

NEW_WORDS: Final = 0.5
"""More of the longer words than that may not be new."""

_LONG_WORD: Final = 5
_FEW_LONG_WORDS: Final = 6
_THOUSANDS: Final = re.compile(r"(?<=\d)[.,'\u2019\u00a0\u202f ](?=\d{3}(?!\d))")
_NUMBER: Final = re.compile(r"(?<![^\W_])\d+(?:[.,]\d+)?(?![^\W_])")
_COUNTABLE: Final = 1e12
_SENTENCE_END: Final = re.compile(r"[.!?:…]\s*[\"'»”]?\s*$|^\s*$")


def brings_in(sentence: str, said: str, *, language: str) -> bool:
    """Whether *sentence* has a number or a name that is not in *said*, or mostly longer words that are not.

    In German, where every noun has a capital letter, nouns that were not said count as names unless they are in the
    word list or end as abstract nouns do.
    """
    if numbers_in(sentence) - sayable(said):
        return True
    stems = frozenset(_stem(word) for word in words_of(said))
    if any(_stem(name) not in stems for name in _names_in(sentence, word_lists()["de"] if language == "de" else None)):
        return True
    long = [word for word in words_of(sentence) if len(word) >= _LONG_WORD]
    new = [word for word in long if _stem(word) not in stems]
    return len(long) >= _FEW_LONG_WORDS and len(new) > NEW_WORDS * len(long)


def numbers_in(text: str) -> frozenset[float]:
    """The numbers in *text*, in digits or as words in any of the languages: "twenty five" is 25, "p95" is a name."""
    return frozenset(_in_digits(text) | {whole for words in word_lists().values() for whole in _spoken(text, words)[0]})


def sayable(text: str) -> frozenset[float]:
    """The numbers in *text*, and the parts that they are spoken in: of "2025" also 2000, 2, 1000, 25, 20 and 5."""
    found = _in_digits(text)
    for words in word_lists().values():
        wholes, parts = _spoken(text, words)
        found |= wholes | parts
    return frozenset(found | {part for value in found if value.is_integer() for part in _parts(int(value))})


def _in_digits(text: str) -> set[float]:
    found = (float(digits.replace(",", ".")) for digits in _NUMBER.findall(_THOUSANDS.sub("", text)))
    return {value for value in found if value < _COUNTABLE}


def _parts(value: int) -> set[float]:
    """What one says of a number."""
    parts: set[float] = set()
    for scale in (1_000_000_000, 1_000_000, 1_000):
        count, value = divmod(value, scale)
        if count:
            parts |= {float(scale), float(count), float(count * scale)} | _parts(count)
    hundreds, rest = divmod(value, 100)
    if hundreds:
        parts |= {100.0, float(hundreds), float(hundreds * 100)}
    if rest > 20:
        parts |= {float(rest), float(rest // 10 * 10), float(rest % 10)} - {0.0}
    elif rest:
        parts.add(float(rest))
    return parts


def _spoken(text: str, words: WordList) -> tuple[set[float], set[float]]:
    """Numbers as words: what each run of them makes together, and each by itself."""
    wholes: set[float] = set()
    parts: set[float] = set()
    total = run = 0
    inside = False
    for word in [*(part for each in words_of(fold(text)) for part in each.split("-")), ""]:
        value = words.numbers.get(word)
        if value is None:
            if inside:
                wholes.add(float(total + run))
            total = run = 0
            inside = False
            continue
        inside = True
        parts.add(float(value))
        if value >= 1_000:
            total, run = total + max(run, 1) * value, 0
        elif value == 100:
            run = max(run, 1) * 100
        else:
            run += value
    return wholes, parts


def _names_in(text: str, german: WordList | None) -> list[str]:
    """Words that look like a name: a capital letter where no sentence begins, or digits or capitals inside."""
    found: list[str] = []
    capitals = frozenset[str]().union(*(words.capitals for words in word_lists().values()))
    for match in re.finditer(r"[^\W_]+(?:[-'\u2019\u02bc][^\W_]+)*", text):
        word = match[0]
        inside = any(c.isupper() or c.isdigit() for c in word[1:]) and not word.isdigit()
        first = bool(_SENTENCE_END.search(text[: match.start()]))
        if inside and len(word) > 1:
            found.append(word)
        elif word[0].isupper() and not first and fold(word) not in capitals:
            common = german is not None and fold(word).endswith(german.suffixes)
            if not common:
                found.append(word)
    return found


def _stem(word: str) -> str:
    """What stays of a word in its forms, roughly, in either alphabet."""
    spelt = skeleton(word) + "".join(c for c in word if c.isdigit())
    return spelt[: max(4, len(spelt) - 3)]
