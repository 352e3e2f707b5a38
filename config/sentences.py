"""Every sentence that people read, in each language: `config/locales/<language>/<area>.ftl`, in Fluent's syntax.

    locales/de/consent.ftl -> cut into entries -> Words("de") -> words("consent-kept", count=2) -> "Zwei …"
                                                  an entry is parsed when it is first asked for
                                                  not in German? the English one, and an error in the log
                                                  nowhere?       one clear fallback: no command fails for a word

A start that parsed all of them would take 0.7 s of a core for it; `whole` does it, for tests and the doctor.

A language is a folder, called as Discord calls the language: "de", "uk", or with a region where that matters. English
is the one that has to be whole. Plural rules and numbers are those of the language. Source: projectfluent.org.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from babel.dates import format_date
from babel.lists import format_list
from fluent.runtime import FluentBundle, FluentResource
from fluent.syntax import ast, visitor

from config.errors import Unfit

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date

log = logging.getLogger(__name__)

FOLDER: Final = Path(__file__).parent / "locales"

ENGLISH: Final = "en"
"""What is read where a language lacks a sentence."""

_ENTRY: Final = re.compile(r"^(?=[^\s{}\[*.])", re.MULTILINE)
_NAME: Final = re.compile(r"[\s=]")


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The sentences of one language.

    Attributes:
        language: Its folder: "en", "de", "uk".
        keys: The messages that it has itself.
    """

    language: str
    keys: frozenset[str]
    _entries: tuple[_Entries, ...] = field(repr=False)

    def __call__(self, key: str, /, **values: object) -> str:
        """Return the sentence called *key*, with *values* in it.

        Args:
            key: A message, or one of its attributes: "consent-save", "consent-save.hint".
            values: What the sentence names. Numbers choose the plural and are written as the language does; True and
                False are "yes" and "no"; text goes in as it is, so what people wrote is escaped before.
        """
        args = {
            name: ("yes" if value else "no") if isinstance(value, bool) else value for name, value in values.items()
        }
        for number, entries in enumerate(self._entries):
            text = entries.formatted(key, args)
            if text is None:
                continue
            if number:
                log.error("a sentence is missing in a language", extra={"kind": key, "source": self.language})
            return text
        log.error("a sentence is missing", extra={"kind": key, "source": self.language})
        return f"No words yet: {key}"[:45]

    def has(self, key: str) -> bool:
        """Whether this language has the message or attribute itself."""
        return self._entries[0].formatted(key, None) is not None

    def listed(self, items: Sequence[str]) -> str:
        """Several things in one sentence: "a, b, and c"."""
        return format_list(list(items), locale=self.language.replace("-", "_"))

    def day(self, day: date) -> str:
        """A day, written out: "November 23, 2026"."""
        text = format_date(day, "long", locale=self.language.replace("-", "_"))
        return re.sub(r"\s", " ", text)  # some have narrow spaces, which nobody types into a search


class _Entries:
    """The messages and terms of one language, by name, each parsed when it is first asked for."""

    def __init__(self, language: str) -> None:
        self._language = language
        # Marks around values, for languages that are written from the right, would be copied and searched with them.
        self._bundle = FluentBundle([language], use_isolating=False)
        self._unparsed: dict[str, tuple[str, str]] = {}
        for path in sorted((FOLDER / language).glob("*.ftl")):
            for name, text in _cut(path.read_text(encoding="utf-8")):
                if name in self._unparsed:
                    raise Unfit(f"In {language}/{path.name} there is a second {name}")
                self._unparsed[name] = path.name, text
        self.keys: Final = frozenset(name for name in self._unparsed if not name.startswith("-"))

    def formatted(self, key: str, args: Mapping[str, Any] | None) -> str | None:
        """The text, or None if there is none; with None for *args*, something to tell the two apart by."""
        name, _, attribute = key.partition(".")
        try:
            self._parse(name)
        except Unfit:
            log.error("a sentence cannot be understood", extra={"kind": name, "source": self._language})  # noqa: TRY400
            return None
        if not self._bundle.has_message(name):
            return None
        message = self._bundle.get_message(name)
        pattern = message.attributes.get(attribute) if attribute else message.value
        if pattern is None:
            return None
        if args is None:
            return key
        text, errors = self._bundle.format_pattern(pattern, dict(args))
        if errors:
            # Not the errors themselves: they may quote a value.
            log.error("a sentence lacks a value", extra={"kind": key, "error": type(errors[0]).__name__})
        return str(text)

    def parse_all(self) -> None:
        """Parse what is left.

        Raises:
            Unfit: If an entry cannot be understood; the message says which.
        """
        for name in list(self._unparsed):
            self._parse(name)

    def _parse(self, name: str) -> None:
        # All that it refers to comes with it; and only then is it taken out, since other threads may ask meanwhile.
        ahead, parsed = [name], list[str]()
        while ahead:
            name = ahead.pop()
            if name in parsed or (found := self._unparsed.get(name)) is None:
                continue
            resource = self._understood(*found)
            self._bundle.add_resource(resource)
            ahead += _named_in(resource)
            parsed.append(name)
        for name in parsed:
            self._unparsed.pop(name, None)

    def _understood(self, file: str, text: str) -> ast.Resource:
        resource = FluentResource(text)
        for entry in resource.body:
            if isinstance(entry, ast.Junk):
                first = (entry.content or "").strip().partition("\n")[0]
                raise Unfit(f"In {self._language}/{file} this cannot be understood: {first[:80]}")
        return resource


def _cut(text: str) -> Iterator[tuple[str, str]]:
    """Yield what begins a line and is no comment, as Fluent's entries do, up to the next: its name and all of it."""
    for entry in _ENTRY.split(text):
        if entry.strip() and not entry.startswith("#"):
            yield _NAME.split(entry, maxsplit=1)[0], entry


def _named_in(resource: ast.Resource) -> list[str]:
    """The messages and terms that *resource* refers to."""
    references = _References()
    references.visit(resource)
    return references.names


class _References(visitor.Visitor):
    def __init__(self) -> None:
        self.names: list[str] = []

    def visit_MessageReference(self, node: ast.MessageReference) -> None:  # noqa: N802 - the library's name for it
        self.names.append(node.id.name)

    def visit_TermReference(self, node: ast.TermReference) -> None:  # noqa: N802 - the library's name for it
        self.names.append(f"-{node.id.name}")
        self.generic_visit(node)


@cache
def languages() -> tuple[str, ...]:
    """Every language that there are sentences in, English first."""
    found = sorted(folder.name for folder in FOLDER.iterdir() if folder.is_dir() and any(folder.glob("*.ftl")))
    return (ENGLISH, *(name for name in found if name != ENGLISH))


@cache
def words_of_language(language: str) -> Words:
    """Return the sentences of one of `languages`; its files are read once.

    Raises:
        Unfit: If two entries have one name; the message says where.
    """
    entries = _entries(language)
    return Words(language, entries.keys, (entries,) if language == ENGLISH else (entries, _entries(ENGLISH)))


def whole(language: str) -> int:
    """Parse every sentence of one of `languages`, and return how many messages it has.

    Raises:
        Unfit: If one cannot be understood; the message says which line.
    """
    entries = _entries(language)
    entries.parse_all()
    return len(entries.keys)


@cache
def _entries(language: str) -> _Entries:
    return _Entries(language)


def nearest(wanted: str | None) -> str:
    """Return which of `languages` to use for one as Discord or a person names it: "en-GB", "de", "pt-BR", None."""
    if not wanted:
        return ENGLISH
    have = languages()
    return next((name for name in (wanted, wanted.partition("-")[0]) if name in have), ENGLISH)
