"""Whether a quote is what somebody said, and where.

Quote and text are made alike: composed (NFC), without case (`str.casefold`), kinds of apostrophes, of quotation marks
and of dashes as one each, an ellipsis as three dots, nothing invisible, each stretch of white space as one space.
Quotation marks, dots, commas and white space at the ends are passed over. Then the quote must be in the text as it is,
with no word going on at either end, and have `QUOTE_WORDS` words or be the whole text.
"""

from __future__ import annotations

import unicodedata
from typing import Final

from bot.feedback.answers import words_of

QUOTE_WORDS: Final = 3
"""A shorter quote is in too many lines."""

_DASHES: Final = dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2212", "-")
_QUOTATION: Final = dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\u2039\u203a", '"')
_APOSTROPHES: Final = dict.fromkeys("\u2018\u2019\u201a\u201b\u02bc\u02b9\u2032\u0060\u00b4\uff07", "'")
_ALIKE: Final = {**_DASHES, **_QUOTATION, **_APOSTROPHES, "\u2026": "..."}
_ENDS: Final = " \"'.,"


class Text:
    """A text in which quotes are looked for."""

    def __init__(self, text: str) -> None:
        self._alike, self._places = _alike(text)

    def find(self, quote: str) -> tuple[int, int] | None:
        """Where *quote* stands in the text, as the module says; None if it does not."""
        wanted = _alike(unicodedata.normalize("NFC", quote))[0].strip(_ENDS)
        there = self._alike
        whole = wanted == there.strip(_ENDS)
        if not wanted or not (whole or len(words_of(wanted)) >= QUOTE_WORDS):
            return None
        at = there.find(wanted)
        while at >= 0:
            end = at + len(wanted)
            if _is_border(there, at) and _is_border(there, end):
                return self._places[at], self._places[end - 1] + 1
            at = there.find(wanted, at + 1)
        return None


def _alike(text: str) -> tuple[str, list[int]]:
    """*text* as quotes are compared, and for each of its characters the place in *text* that it comes from."""
    out: list[str] = []
    places: list[int] = []
    for at, character in enumerate(text):
        if character.isspace():
            folded = " " if out and out[-1] != " " else ""
        elif unicodedata.category(character) in {"Cf", "Cc"}:
            folded = ""
        else:
            folded = _ALIKE.get(character, character).casefold()
        out += folded
        places += [at] * len(folded)
    return "".join(out), places


def _is_border(text: str, at: int) -> bool:
    """Whether no word goes on across this place."""
    return not (0 < at < len(text) and text[at - 1].isalnum() and text[at].isalnum())
