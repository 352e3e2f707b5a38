"""Words as they are compared: what was heard beside what was said.

Nothing here is shown to anybody; captions and transcripts keep the text as the model wrote it.
"""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u0060\u00b4", "'"))
"""Ukrainian, French and English write one apostrophe with several characters."""

# A number with its points and commas stays one word; an apostrophe counts inside a word, not around it.
_WORD = re.compile(r"\d+(?:[.,:]\d+)+|[^\W_]+(?:'[^\W_]+)*")


def words(text: str) -> list[str]:
    """The words of *text* as they are compared.

    Case and punctuation do not count, hyphens part words, every apostrophe is the same one, and letters with their
    accents are compared however they are composed. Numbers are left alone: "3" is not "three", and "1,000" not "1000".
    """
    return _WORD.findall(unicodedata.normalize("NFC", text).translate(_APOSTROPHES).casefold())


def word_errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """The fewest insertions, deletions and substitutions that turn one list of words into the other."""
    row = list(range(len(heard) + 1))
    for i, wanted in enumerate(said, 1):
        last, row[0] = row[0], i
        for j, got in enumerate(heard, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (wanted != got))
    return row[-1]
