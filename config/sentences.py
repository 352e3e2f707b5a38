"""Every sentence that people read, in each language: `config/locales/<language>/<area>.ftl`, in Fluent's syntax.

    locales/de/consent.ftl -> parsed once -> Words("de") -> words("consent-kept", count=2) -> "Zwei …"
                                              not in German? the English one, and an error in the log
                                              nowhere?       one clear fallback: no command fails for a word

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
from fluent.syntax import ast

from config.errors import Unfit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

log = logging.getLogger(__name__)

FOLDER: Final = Path(__file__).parent / "locales"

ENGLISH: Final = "en"
"""What is read where a language lacks a sentence."""


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The sentences of one language.

    Attributes:
        language: Its folder: "en", "de", "uk".
        keys: The messages that it has itself.
    """

    language: str
    keys: frozenset[str]
    _bundles: tuple[FluentBundle, ...] = field(repr=False)

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
        for number, bundle in enumerate(self._bundles):
            text = _formatted(bundle, key, args)
            if text is None:
                continue
            if number:
                log.error("a sentence is missing in a language", extra={"kind": key, "source": self.language})
            return text
        log.error("a sentence is missing", extra={"kind": key, "source": self.language})
        return f"No words yet: {key}"[:45]

    def has(self, key: str) -> bool:
        """Whether this language has the message or attribute itself."""
        return _formatted(self._bundles[0], key, None) is not None

    def listed(self, items: Sequence[str]) -> str:
        """Several things in one sentence: "a, b, and c"."""
        return format_list(list(items), locale=self.language.replace("-", "_"))

    def day(self, day: date) -> str:
        """A day, written out: "November 23, 2026"."""
        text = format_date(day, "long", locale=self.language.replace("-", "_"))
        return re.sub(r"\s", " ", text)  # some have narrow spaces, which nobody types into a search


def _formatted(bundle: FluentBundle, key: str, args: Mapping[str, Any] | None) -> str | None:
    """The text, or None if there is none; with None for *args*, something to tell the two apart by."""
    name, _, attribute = key.partition(".")
    if not bundle.has_message(name):
        return None
    message = bundle.get_message(name)
    pattern = message.attributes.get(attribute) if attribute else message.value
    if pattern is None:
        return None
    if args is None:
        return key
    text, errors = bundle.format_pattern(pattern, dict(args))
    if errors:
        # Not the errors themselves: they may quote a value.
        log.error("a sentence lacks a value", extra={"kind": key, "error": type(errors[0]).__name__})
    return str(text)


@cache
def languages() -> tuple[str, ...]:
    """Every language that there are sentences in, English first."""
    found = sorted(folder.name for folder in FOLDER.iterdir() if folder.is_dir() and any(folder.glob("*.ftl")))
    return (ENGLISH, *(name for name in found if name != ENGLISH))


@cache
def words_of_language(language: str) -> Words:
    """Return the sentences of one of `languages`; its files are read once.

    Raises:
        Unfit: If a file cannot be understood; the message says which line.
    """
    bundle, keys = _bundle(language)
    if language == ENGLISH:
        return Words(language, keys, (bundle,))
    return Words(language, keys, (bundle, _bundle(ENGLISH)[0]))


@cache
def _bundle(language: str) -> tuple[FluentBundle, frozenset[str]]:
    # Marks around values, for languages that are written from the right, would be copied and searched with them.
    bundle = FluentBundle([language], use_isolating=False)
    keys: set[str] = set()
    for path in sorted((FOLDER / language).glob("*.ftl")):
        resource = FluentResource(path.read_text(encoding="utf-8"))
        for entry in resource.body:
            if isinstance(entry, ast.Junk):
                first = entry.content.strip().splitlines()[0] if entry.content and entry.content.strip() else ""
                raise Unfit(f"{language}/{path.name} cannot be understood from here on: {first[:80]}")
            if isinstance(entry, ast.Message):
                if entry.id.name in keys:
                    raise Unfit(f"{language}/{path.name} has a second {entry.id.name}")
                keys.add(entry.id.name)
        bundle.add_resource(resource)
    return bundle, frozenset(keys)


def nearest(wanted: str | None) -> str:
    """Return which of `languages` to use for one as Discord or a person names it: "en-GB", "de", "pt-BR", None."""
    if not wanted:
        return ENGLISH
    have = languages()
    return next((name for name in (wanted, wanted.partition("-")[0]) if name in have), ENGLISH)
