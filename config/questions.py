"""Questions to practise with: read from files, checked, and found again.

    config/questions/*.yaml ─┐
    a server's own file ─────┴─> read ─> Draft … ─> Bank ─> get, find, pick ─> Question

A question has one text for each language, and in every language the same id. What a strong answer covers and the
follow-ups are one list for all languages or one for each; the terms are written once. `docs/questions.md` shows how to
write a file.

What is wrong with a file is a `Fault`: which entry, which field, and what about it. `load_questions` makes a sentence
for the operator of it; whoever answers people in Discord makes one in their language.
"""

from __future__ import annotations

import csv
import enum
import io
import json
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias, TypeVar, cast

import yaml

from config.errors import Unfit
from config.trusted import LOADER

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping
    from random import Random

QUESTIONS_FOLDER: Final = Path(__file__).parent / "questions"

TEXT_LENGTH: Final = 600
"""Of a question in any language, in characters: it is read aloud, and stands on a card of 4,000 with all the rest."""

POINT_LENGTH: Final = 200
"""Of one point, of one follow-up."""

TERM_LENGTH: Final = 40
ID_LENGTH: Final = 60
COVERS: Final = (1, 8)
FOLLOW_UPS: Final = (0, 5)
TERMS: Final = (0, 20)
MINUTES: Final = (0.5, 60.0)

FILE_BYTES: Final = 256 * 1024
"""Of a file that somebody hands in."""

FILE_ENTRIES: Final = 200
"""Questions in a file that somebody hands in."""

FOUND: Final = 25
"""Choices that Discord takes while somebody types. Source: Discord's API reference, "Autocomplete"."""

FALLBACK: Final = "en"

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_LANGUAGE = re.compile(r"[a-z]{2}")
_FIELDS = frozenset({"id", "type", "level", "minutes", "language", "text", "covers", "follow_ups", "terms"})
_LISTS = ("covers", "follow_ups", "terms")

Points: TypeAlias = "Mapping[str, tuple[str, ...]]"
"""Lines by language; those for every language stand under the empty one."""

_ANY: Final = ""

_E = TypeVar("_E", bound=enum.StrEnum)


class InterviewType(enum.StrEnum):
    """What kind of interview is practised."""

    BEHAVIOURAL = "behavioural"
    TECHNICAL = "technical"
    SYSTEM_DESIGN = "system-design"
    CASE = "case"


class Level(enum.StrEnum):
    """For how much experience."""

    JUNIOR = "junior"
    MIDDLE = "middle"
    SENIOR = "senior"


@dataclass(frozen=True, slots=True)
class Question:
    """A question in one language.

    Attributes:
        id: The same in every language.
        type: In what kind of interview it is asked.
        level: For how much experience.
        text: What is asked, at most `TEXT_LENGTH` characters.
        covers: What a strong answer covers, 1 to 8 points.
        follow_ups: What may be asked next, at most 5.
        terms: Names of technologies and methods that are likely to be said, for the recogniser; at most 20.
        minutes: How long an answer may take.
        language: Two letters, of `text`.
    """

    id: str
    type: InterviewType
    level: Level
    text: str
    covers: tuple[str, ...]
    follow_ups: tuple[str, ...]
    terms: tuple[str, ...]
    minutes: float
    language: str


class Wrong(enum.StrEnum):
    """What is wrong with a file, an entry or a field of it."""

    TOO_LARGE = "too-large"  # more than `FILE_BYTES`
    NOT_READABLE = "not-readable"  # no UTF-8, or not the format that its name says
    NO_ENTRIES = "no-entries"
    TOO_MANY = "too-many"  # more than `FILE_ENTRIES`
    NOT_AN_ENTRY = "not-an-entry"  # not a mapping with fields
    UNKNOWN_FIELD = "unknown-field"
    MISSING = "missing"
    NOT_TEXT = "not-text"
    NOT_A_LIST = "not-a-list"
    TOO_LONG = "too-long"
    TOO_FEW_OR_MANY = "too-few-or-many"
    NOT_ONE_OF = "not-one-of"
    NOT_A_NUMBER = "not-a-number"
    TWICE = "twice"


class Fault(Exception):
    """A file of questions cannot be used.

    Attributes:
        wrong: What about it.
        entry: Which entry, from 1; 0 for the file as a whole.
        field: Which field; empty for the entry as a whole. It may be somebody's words when it is unknown.
        limit: What would be right: a number, a range, or the words that can be chosen.
    """

    def __init__(self, wrong: Wrong, *, entry: int = 0, field: str = "", limit: str = "") -> None:
        super().__init__(f"entry {entry}: {field or 'all of it'} is {wrong.value}")
        self.wrong = wrong
        self.entry = entry
        self.field = field
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Draft:
    """A question as a file has it, in all its languages.

    Attributes:
        id: Empty if the file gives none.
        texts: By language.
        covers: As `Points`.
        follow_ups: Likewise.
    """

    id: str
    type: InterviewType
    level: Level
    texts: Mapping[str, str]
    covers: Points
    follow_ups: Points
    terms: tuple[str, ...]
    minutes: float

    def in_language(self, language: str, *, identity: str = "") -> Question:
        """The question in *language*, which it must have; with another *identity*, if one is given."""
        return Question(
            id=identity or self.id,
            type=self.type,
            level=self.level,
            text=self.texts[language],
            covers=_points_in(self.covers, language),
            follow_ups=_points_in(self.follow_ups, language),
            terms=self.terms,
            minutes=self.minutes,
            language=language,
        )


class Bank:
    """All questions, by id."""

    def __init__(self, questions: Iterable[Question]) -> None:
        """Hold *questions*: several with one id are one question in several languages."""
        self._by_id: dict[str, dict[str, Question]] = {}
        for question in questions:
            self._by_id.setdefault(question.id, {})[question.language] = question

    def __len__(self) -> int:
        return len(self._by_id)

    @property
    def ids(self) -> tuple[str, ...]:
        """Every id, as the files have them."""
        return tuple(self._by_id)

    @property
    def languages(self) -> frozenset[str]:
        """Every language that at least one question has."""
        return frozenset(language for texts in self._by_id.values() for language in texts)

    def get(self, question_id: str, *, language: str | None = None) -> Question | None:
        """The question with that id, in *language*, else in English, else as it is. None if there is none."""
        texts = self._by_id.get(question_id)
        return None if texts is None else _spoken(texts, language)

    def find(
        self,
        text: str,
        *,
        type: InterviewType | None = None,  # noqa: A002  it is called a type wherever people read it
        level: Level | None = None,
        limit: int = FOUND,
        language: str | None = None,
    ) -> list[Question]:
        """Questions that have every word of *text*, in any language, id or term; those that begin with it first."""
        words = fold(text).split()
        hits: list[tuple[int, Question]] = []
        for texts in self._by_id.values():
            question = _spoken(texts, language)
            if not _fits(question, type, level):
                continue
            here = fold(question.text)
            everywhere = " ".join(
                [here, question.id, *map(fold, question.terms), *(fold(q.text) for q in texts.values())]
            )
            if all(word in everywhere for word in words):
                rank = 0 if here.startswith(" ".join(words)) else 1 if all(word in here for word in words) else 2
                hits.append((rank, question))
        hits.sort(key=lambda hit: hit[0])
        return [question for _, question in hits[:limit]]

    def pick(
        self,
        *,
        type: InterviewType | None = None,  # noqa: A002
        level: Level | None = None,
        language: str | None = None,
        exclude: Collection[str] = frozenset(),
        random: Random,
    ) -> Question | None:
        """One of those that fit and are not in *exclude*, by chance; None if there is none.

        With a *language*, those that have a text in it come first; if none has, those in another language are taken.
        """
        fitting = [texts for texts in self._by_id.values() if _fits(next(iter(texts.values())), type, level)]
        fitting = [texts for texts in fitting if next(iter(texts.values())).id not in exclude]
        spoken = [texts for texts in fitting if language in texts] or fitting
        return _spoken(random.choice(spoken), language) if spoken else None

    def __repr__(self) -> str:
        return f"<Bank, {len(self)} questions>"


def load_questions(folder: Path | None = None) -> Bank:
    """The questions of every .yaml file in *folder*, `config/questions` unless another is named.

    Raises:
        Unfit: If there is none, or a file cannot be used: one sentence with the file, the entry and what to change.
    """
    return _brought() if folder is None else _bank(folder)


@cache
def _brought() -> Bank:
    """What comes with the program, read once."""
    return _bank(QUESTIONS_FOLDER)


def _bank(folder: Path) -> Bank:
    found: dict[str, str] = {}
    questions: list[Question] = []
    for file in sorted(folder.glob("*.yaml")):
        try:
            drafts = _drafts(_from_yaml(file.read_bytes(), LOADER), identified=True)
        except OSError:
            raise Unfit(f"{file.name} cannot be read: look at its permissions.") from None
        except Fault as fault:
            raise Unfit(f"{file.name}, {_sentence(fault)}") from None
        for number, draft in enumerate(drafts, start=1):
            if draft.id in found:
                raise Unfit(
                    f"{file.name}, entry {number}: the id {draft.id} is in {found[draft.id]} too; give it another one."
                )
            found[draft.id] = file.name
            questions += [draft.in_language(language) for language in draft.texts]
    if not questions:
        raise Unfit(f"There are no questions: {folder.name} must hold at least one .yaml file of them.")
    return Bank(questions)


def read_drafts(data: bytes, kind: Literal["yaml", "json", "csv"]) -> list[Draft]:
    """The questions of a file that somebody hands in; it may block for a second.

    Raises:
        Fault: If it cannot be used. None of it can, then.
    """
    if len(data) > FILE_BYTES:
        raise Fault(Wrong.TOO_LARGE, limit=str(FILE_BYTES // 1024))
    readers: dict[str, Callable[[bytes], object]] = {
        "yaml": lambda given: _from_yaml(given, _WithoutAliases),
        "json": _from_json,
        "csv": _from_csv,
    }
    entries = _entries(readers[kind](data))
    if len(entries) > FILE_ENTRIES:
        raise Fault(Wrong.TOO_MANY, limit=str(FILE_ENTRIES))
    return _drafts(entries, identified=False)


def draft_of(entry: Mapping[str, object]) -> Draft:
    """One question, from the fields that an entry of a file has.

    Raises:
        Fault: If it cannot be used.
    """
    return _draft(dict(entry), identified=False)


def plain(draft: Draft) -> dict[str, object]:
    """The fields of a question again, for JSON; `draft_of` reads them."""
    return {
        "type": draft.type.value,
        "level": draft.level.value,
        "minutes": draft.minutes,
        "text": dict(draft.texts),
        "covers": _plain_points(draft.covers),
        "follow_ups": _plain_points(draft.follow_ups),
        "terms": list(draft.terms),
    }


# As keyboards have them, those of Ukrainian above all: single quotation marks, a modifier letter, a prime, accents.
_APOSTROPHES = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u2032\u0060\u00b4\uff07", "'"))


def fold(text: str) -> str:
    """A text as it is compared: without capitals, accents and double spaces, and with one kind of apostrophe."""
    text = text.translate(_APOSTROPHES)
    if text.isascii():
        return " ".join(text.lower().split())
    parts = unicodedata.normalize("NFKD", text.casefold())
    return " ".join("".join(each for each in parts if not unicodedata.combining(each)).split())


def _fits(question: Question, type: InterviewType | None, level: Level | None) -> bool:  # noqa: A002
    return (type is None or question.type is type) and (level is None or question.level is level)


def _spoken(texts: Mapping[str, Question], language: str | None) -> Question:
    return texts.get(language or "") or texts.get(FALLBACK) or next(iter(texts.values()))


def _points_in(points: Points, language: str) -> tuple[str, ...]:
    """Those in *language*, else in English, else as they are."""
    for each in (language, _ANY, FALLBACK):
        if each in points:
            return points[each]
    return next(iter(points.values()))


def _plain_points(points: Points) -> object:
    return list(points[_ANY]) if _ANY in points else {language: list(lines) for language, lines in points.items()}


# Files


class _WithoutAliases(yaml.SafeLoader):
    """YAML of somebody we do not know: an alias may stand for an alias a million times over."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):  # pyright: ignore[reportUnknownMemberType]
            raise yaml.YAMLError
        return super().compose_node(parent, index)


def _from_yaml(data: bytes, loader: type[yaml.SafeLoader]) -> object:
    try:
        return yaml.load(_text(data), Loader=loader)  # noqa: S506  each is a safe loader
    except (yaml.YAMLError, ValueError, RecursionError, OverflowError, LookupError, AttributeError, TypeError):
        # The last three are how the library fails on `!!int ""`, `!!bool what` and `!!timestamp soon`.
        raise Fault(Wrong.NOT_READABLE) from None


def _from_json(data: bytes) -> object:
    try:
        return json.loads(_text(data))
    except (ValueError, RecursionError):
        raise Fault(Wrong.NOT_READABLE) from None


def _from_csv(data: bytes) -> object:
    """Rows under a line of names; lists have a point for each "|"."""
    try:
        rows = list(csv.DictReader(io.StringIO(_text(data), newline=""), strict=True))
    except csv.Error:
        raise Fault(Wrong.NOT_READABLE) from None
    for number, row in enumerate(rows, start=1):
        if None in row:
            raise Fault(Wrong.NOT_AN_ENTRY, entry=number)
    return [_from_row(row) for row in rows]


def _from_row(row: Mapping[str, str | None]) -> dict[str, object]:
    entry: dict[str, object] = {name.strip(): value for name, value in row.items() if value and value.strip()}
    for name in _LISTS:
        if name in entry:
            entry[name] = [each.strip() for each in str(entry[name]).split("|") if each.strip()]
    if "minutes" in entry:
        try:
            entry["minutes"] = float(str(entry["minutes"]).replace(",", "."))
        except ValueError:
            entry["minutes"] = None
    return entry


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Fault(Wrong.NOT_READABLE) from None


# Checks


def _entries(loaded: object) -> list[object]:
    if isinstance(loaded, dict):
        loaded = cast("dict[object, object]", loaded).get("questions")
    if not isinstance(loaded, list) or not loaded:
        raise Fault(Wrong.NO_ENTRIES)
    return cast("list[object]", loaded)


def _drafts(loaded: object, *, identified: bool) -> list[Draft]:
    drafts: list[Draft] = []
    known: set[str] = set()
    for number, entry in enumerate(_entries(loaded), start=1):
        try:
            draft = _draft(entry, identified=identified)
        except Fault as fault:
            raise Fault(fault.wrong, entry=number, field=fault.field, limit=fault.limit) from None
        marks = {draft.id, *map(fold, draft.texts.values())} - {""}
        if marks & known:
            raise Fault(Wrong.TWICE, entry=number)
        known |= marks
        drafts.append(draft)
    return drafts


def _draft(entry: object, *, identified: bool) -> Draft:
    if not isinstance(entry, dict):
        raise Fault(Wrong.NOT_AN_ENTRY)
    fields = cast("dict[object, object]", entry)
    unknown = [str(name) for name in fields if name not in _FIELDS]
    if unknown:
        raise Fault(Wrong.UNKNOWN_FIELD, field=unknown[0][:TERM_LENGTH])
    return Draft(
        id=_identity(fields.get("id"), needed=identified),
        type=_one_of(InterviewType, fields.get("type"), "type"),
        level=_one_of(Level, fields.get("level"), "level"),
        texts=_texts(fields.get("text"), fields.get("language")),
        covers=_points_by_language(fields.get("covers"), "covers", COVERS),
        follow_ups=_points_by_language(fields.get("follow_ups"), "follow_ups", FOLLOW_UPS),
        terms=_points(fields.get("terms"), "terms", TERMS, TERM_LENGTH),
        minutes=_minutes(fields.get("minutes")),
    )


def _identity(value: object, *, needed: bool) -> str:
    if value is None and not needed:
        return ""
    if value is None:
        raise Fault(Wrong.MISSING, field="id")
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise Fault(Wrong.NOT_ONE_OF, field="id", limit="a-z, 0-9, -")
    if len(value) > ID_LENGTH:
        raise Fault(Wrong.TOO_LONG, field="id", limit=str(ID_LENGTH))
    return value


def _one_of(kind: type[_E], value: object, name: str) -> _E:
    if value is None:
        raise Fault(Wrong.MISSING, field=name)
    try:
        return kind(str(value).strip().casefold())
    except ValueError:
        raise Fault(Wrong.NOT_ONE_OF, field=name, limit=", ".join(kind)) from None


def _texts(value: object, language: object) -> dict[str, str]:
    if language is not None and not isinstance(language, str):
        raise Fault(Wrong.NOT_ONE_OF, field="language", limit="en, de, uk")
    given = cast("dict[object, object]", value) if isinstance(value, dict) else {language or FALLBACK: value}
    if not given or None in given.values():
        raise Fault(Wrong.MISSING, field="text")
    texts: dict[str, str] = {}
    for name, text in given.items():
        if not isinstance(name, str) or not _LANGUAGE.fullmatch(name):
            raise Fault(Wrong.NOT_ONE_OF, field="language", limit="en, de, uk")
        texts[name] = _line(text, "text", TEXT_LENGTH)
    return texts


def _points_by_language(value: object, name: str, count: tuple[int, int]) -> Points:
    if not isinstance(value, dict):
        return {_ANY: _points(value, name, count, POINT_LENGTH)}
    given = cast("dict[object, object]", value)
    if not given:
        raise Fault(Wrong.MISSING, field=name)
    points: dict[str, tuple[str, ...]] = {}
    for language, lines in given.items():
        if not isinstance(language, str) or not _LANGUAGE.fullmatch(language):
            raise Fault(Wrong.NOT_ONE_OF, field="language", limit="en, de, uk")
        points[language] = _points(lines, name, count, POINT_LENGTH)
    return points


def _points(value: object, name: str, count: tuple[int, int], length: int) -> tuple[str, ...]:
    if value is None:
        value = []
    if not isinstance(value, list):
        raise Fault(Wrong.NOT_A_LIST, field=name)
    points = tuple(_line(each, name, length) for each in cast("list[object]", value))
    if not count[0] <= len(points) <= count[1]:
        raise Fault(Wrong.TOO_FEW_OR_MANY, field=name, limit=f"{count[0]}-{count[1]}")
    return points


def _line(value: object, name: str, length: int) -> str:
    if not isinstance(value, str) or not value.strip():
        raise Fault(Wrong.NOT_TEXT, field=name)
    text = " ".join(_seen(value).split())
    if not text:
        raise Fault(Wrong.NOT_TEXT, field=name)
    if len(text) > length:
        raise Fault(Wrong.TOO_LONG, field=name, limit=str(length))
    return text


def _seen(text: str) -> str:
    """*text* without what cannot be seen, and could turn round what can be: directions, joiners, other controls."""
    if text.isprintable():  # nearly every line, and a tenth of the time
        return text
    return "".join(each for each in text if each.isspace() or unicodedata.category(each) not in {"Cc", "Cf", "Cs"})


def _minutes(value: object) -> float:
    if value is None:
        raise Fault(Wrong.MISSING, field="minutes")
    lowest, highest = MINUTES
    if isinstance(value, bool) or not isinstance(value, int | float) or not lowest <= value <= highest:
        raise Fault(Wrong.NOT_A_NUMBER, field="minutes", limit=f"{lowest:g}-{highest:g}")
    return float(value)


_SAID: Final = {
    Wrong.TOO_LARGE: "it has more than {limit} KiB; make it smaller.",
    Wrong.NOT_READABLE: "it is not YAML in UTF-8; look for a missing quote or a tab.",
    Wrong.NO_ENTRIES: "it must hold a list of questions under the word questions.",
    Wrong.TOO_MANY: "it has more than {limit} questions; split it.",
    Wrong.NOT_AN_ENTRY: "it must be a question with its fields.",
    Wrong.UNKNOWN_FIELD: "there is no field {field}; take it out or correct its name.",
    Wrong.MISSING: "{field} is missing; add it.",
    Wrong.NOT_TEXT: "{field} must be text; put it in quotes.",
    Wrong.NOT_A_LIST: "{field} must be a list, a line with a dash for each.",
    Wrong.TOO_LONG: "{field} has more than {limit} characters; shorten it.",
    Wrong.TOO_FEW_OR_MANY: "{field} must have {limit} lines.",
    Wrong.NOT_ONE_OF: "{field} must be of: {limit}.",
    Wrong.NOT_A_NUMBER: "{field} must be a number in {limit}.",
    Wrong.TWICE: "its text or its id stands in an entry above; take one out.",
}


def _sentence(fault: Fault) -> str:
    """What an operator reads behind the name of the file."""
    where = f"entry {fault.entry}: " if fault.entry else ""
    return where + _SAID[fault.wrong].format(field=fault.field, limit=fault.limit)
