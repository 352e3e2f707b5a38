"""Looks for what was said in everything that a bot leaves: files of any kind, and its log.

what people said -> phrases -> needles, as files might hold them -> search(folder), search_bytes(log)
"""

from __future__ import annotations

import io
import json
import logging
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from bot.logs import OURS, SafeFormatter

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Mapping
    from pathlib import Path

PHRASE_WORDS: Final = 4
"""Words in a row that are looked for. Fewer stand in any program's files by chance, more are missed when cut."""

PHRASE_CHARACTERS: Final = 8
"""What is shorter is not looked for, for the same reason."""

HEAD: Final = 8
"""Bytes of a needle that are looked for first."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search went through.

    Attributes:
        files: How many files.
        size: How many bytes.
        found: The files that hold what was looked for.
    """

    files: int = 0
    size: int = 0
    found: tuple[Path, ...] = ()


def phrases(texts: Iterable[str]) -> frozenset[bytes]:
    """Every few words in a row of *texts*, as they may stand in a file: UTF-8, UTF-16, escaped as in JSON; lower case.

    A text of fewer words is looked for as a whole.
    """
    found: set[bytes] = set()
    for text in texts:
        split = text.lower().split()
        for at in range(max(1, len(split) - PHRASE_WORDS + 1)):
            phrase = " ".join(split[at : at + PHRASE_WORDS])
            if len(phrase) >= PHRASE_CHARACTERS:
                found |= {phrase.encode(), phrase.encode("utf-16-le"), json.dumps(phrase)[1:-1].encode()}
    return frozenset(found)


class Needles:
    """What is looked for, so that many of them take hardly longer than one.

    A needle can stand only where its first `HEAD` bytes do: those are looked for all at once, as numbers.
    """

    def __init__(self, wanted: Iterable[bytes]) -> None:
        every = frozenset(wanted)
        self._short = [needle for needle in every if len(needle) < HEAD]
        self._by_head: dict[bytes, list[bytes]] = {}
        for needle in every - frozenset(self._short):
            self._by_head.setdefault(needle[:HEAD], []).append(needle)
        self._heads = np.sort(np.frombuffer(b"".join(self._by_head), np.uint64))

    def __bool__(self) -> bool:
        return bool(self._short or self._by_head)

    def in_any_of(self, forms: Iterable[bytes]) -> bool:
        """Whether one of them is in one of *forms*."""
        return any(self._in(form) for form in forms)

    def _in(self, form: bytes) -> bool:
        if any(needle in form for needle in self._short):
            return True
        if len(self._heads) == 0:
            return False
        content = np.frombuffer(form, np.uint8)
        for first in range(min(HEAD, max(0, len(form) - HEAD + 1))):
            # Every eighth place, as numbers of eight bytes each.
            there = content[first : first + (len(form) - first) // HEAD * HEAD].view(np.uint64)
            found = np.searchsorted(self._heads, there)
            hits = np.flatnonzero(self._heads[np.minimum(found, len(self._heads) - 1)] == there)
            for at in (int(hit) * HEAD + first for hit in hits):
                if any(form.startswith(needle, at) for needle in self._by_head[form[at : at + HEAD]]):
                    return True
        return False


def holds(content: bytes, wanted: Iterable[bytes] | Needles) -> bool:
    """Whether any of *wanted* is in it, as it stands, in other case, or broken into lines."""
    text = content.decode("utf-8", "ignore").lower()
    forms = (content, content.lower(), text.encode(), " ".join(text.split()).encode())
    return (wanted if isinstance(wanted, Needles) else Needles(wanted)).in_any_of(dict.fromkeys(forms))


def search(folder: Path, wanted: Iterable[bytes]) -> Searched:
    """Every file below *folder* in which one of *wanted* is. Blocks."""
    needles = Needles(wanted)
    files, size = 0, 0
    found: list[Path] = []
    for path in sorted(folder.rglob("*")):
        try:
            if not path.is_file():
                continue
            content = path.read_bytes()
        except OSError:  # gone between the two, as journals go
            continue
        files, size = files + 1, size + len(content)
        if holds(content, needles):
            found.append(path)
    return Searched(files, size, tuple(found))


class WholeLog:
    """What the log would hold with nothing left out by its level: every line that the safe formatter lets through."""

    def __init__(self) -> None:
        self._lines = io.StringIO()

    @property
    def lines(self) -> int:
        """How many."""
        return self._lines.getvalue().count("\n")

    @property
    def content(self) -> bytes:
        """All of them."""
        return self._lines.getvalue().encode()

    @contextmanager
    def kept(self) -> Generator[None]:
        """Keep what is logged for the length of the block. What is shown elsewhere stays as it is."""
        root = logging.getLogger()
        before: Mapping[str, int] = {name: logging.getLogger(name).level for name in OURS}
        shown = {handler: handler.level for handler in root.handlers}
        for handler in shown:
            handler.setLevel(max(handler.level, root.getEffectiveLevel()))
        handler = logging.StreamHandler(self._lines)
        handler.setFormatter(SafeFormatter(as_json=True))
        root.addHandler(handler)
        for name in OURS:
            logging.getLogger(name).setLevel(logging.DEBUG)
        try:
            yield
        finally:
            root.removeHandler(handler)
            for name, level in before.items():
                logging.getLogger(name).setLevel(level)
            for each, level in shown.items():
                each.setLevel(level)
