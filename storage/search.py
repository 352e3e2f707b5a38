"""What somebody looks for, and where it stands in a text.

    'проєкт "am Ende"' -> parse -> Query        words in any order, and phrases
    a text             -> Query.find -> Match   how well it fits, and a short piece of it

Both are compared as people read them: composed (NFC), without case ("Straße" is "STRASSE"), with one apostrophe,
without stress marks. A word is found at the beginning of another one, because words end differently in each case of a
noun; one in quotation marks is found as it is. Nothing is kept, neither of the query nor of the text.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

QUERY_LENGTH: Final = 200
"""The longest query, in characters."""

TERMS: Final = 16
"""The most words and phrases of one query."""

EXCERPT_LENGTH: Final = 160
"""The longest piece of a text that is shown, in characters."""

_APOSTROPHES = "'\u2018\u2019\u02bc\u2032\u0060\u00b4\uff07"
_STRESS = "\u0301"
_ONE_FORM = str.maketrans(dict.fromkeys(_APOSTROPHES, "'") | {_STRESS: None})
_QUOTES = str.maketrans(dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb", '"'))
# Marks above letters are no letters to the expression, but part of their word.
_WORD = re.compile(rf"[^\W_][\w\u0300-\u036f]*(?:[{_APOSTROPHES}][\w\u0300-\u036f]+)*")
_TERM = re.compile(r'"([^"]*)"?|([^\s"]+)')
_BEFORE = 40


def fold(text: str) -> str:
    """*text* as it is compared."""
    if text.isascii():  # most words of some languages, and several times as fast
        return text.lower().replace("`", "'")
    composed = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    return composed.translate(_ONE_FORM)


@dataclass(frozen=True, slots=True)
class Match:
    """Where a text fits a query.

    Attributes:
        score: How well: higher is better.
        excerpt: The first place that fits, with what stands around it.
    """

    score: float
    excerpt: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Term:
    """Words that must follow each other; the last may go on where it was not quoted."""

    words: tuple[str, ...] = field(repr=False)
    exact: bool

    def score(self, words: Sequence[str]) -> tuple[float, int]:
        """How well these words have it (0 if not), and the first place."""
        best, first, times = 0.0, -1, 0
        head, last, size = self.words[:-1], self.words[-1], len(self.words)
        for at in range(len(words) - size + 1):
            end = words[at + size - 1]
            if not (end == last or (not self.exact and end.startswith(last))):
                continue
            if tuple(words[at : at + size - 1]) != head:
                continue
            times += 1
            first = at if first < 0 else first
            best = max(best, size * (2.0 if end == last else 1.0))
        return (best + 0.1 * min(times - 1, 5) if times else 0.0), first


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for; made by `parse`."""

    terms: tuple[_Term, ...] = field(repr=False)

    def find(self, text: str) -> Match | None:
        """Where *text* has every word and phrase; None if it lacks one."""
        folded = fold(text)
        # Most texts end here; cutting them into words takes several times as long.
        if not all(word in folded for term in self.terms for word in term.words):
            return None
        composed = unicodedata.normalize("NFC", text)
        places = [found.span() for found in _WORD.finditer(composed)]
        words: list[str] = _WORD.findall(folded)
        if len(words) != len(places):  # a letter that folds to an apostrophe and another one
            words = [fold(composed[start:end]) for start, end in places]
        total, first = 0.0, len(words)
        for term in self.terms:
            score, at = term.score(words)
            if not score:
                return None
            total += score
            first = min(first, at)
        # The same words in a shorter text say more about it.
        return Match(total + 1 / (1 + len(words)), _around(composed, places[first][0]))


def parse(text: str) -> Query:
    """What *text* asks for: words, and phrases in quotation marks of any kind.

    Raises:
        ValueError: If there is no word in it, or it is too long.
    """
    if len(text) > QUERY_LENGTH:
        raise ValueError(f"a query has at most {QUERY_LENGTH} characters")
    terms: list[_Term] = []
    for quoted, plain in _TERM.findall(text.translate(_QUOTES)):
        words = tuple(fold(word) for word in _WORD.findall(unicodedata.normalize("NFC", quoted or plain)))
        if words:
            terms.append(_Term(words, exact=bool(quoted)))
    if not terms or len(terms) > TERMS:
        raise ValueError(f"a query has 1 to {TERMS} words or phrases")
    return Query(tuple(terms))


def _around(text: str, place: int) -> str:
    """At most `EXCERPT_LENGTH` characters of *text* around *place*, cut between words where there are any."""
    start = max(0, place - _BEFORE)
    if start:
        space = text.find(" ", start, place)
        start = space + 1 if space >= 0 else start
    end = min(len(text), start + EXCERPT_LENGTH - 2)
    if end < len(text):
        space = text.rfind(" ", max(place + 1, end - 30), end)
        end = space if space > 0 else end
    piece = " ".join(text[start:end].split())
    return ("…" if start else "") + piece + ("…" if end < len(text) else "")
