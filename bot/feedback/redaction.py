"""Words without what tells whose they are, and back again.

    text -> Redaction.hide -> Masked: "I wrote to [Email 1], [Interviewer 1] answered"  -> a model
    the model's words -> Redaction.show -> the same with what stood there                -> the person
    a quote's place in the masked text -> Masked.original -> its place in the text as it was

What has a form (addresses, numbers of telephones, accounts, cards, machines, Discord's ids) is found by it. Names are
found if somebody in the interview is called so, in any case of German, Ukrainian and English and in both alphabets; who
else is talked about is not known here, and what people tell may still say who they are.

One value has one placeholder as long as the `Redaction` lives, which is one request. It is in memory only and its repr
shows nothing.
"""

# ruff: noqa: RUF001 - Cyrillic letters that look like others are what this is about.

from __future__ import annotations

import enum
import ipaddress
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from bot.feedback.wordlists import all_of, fold
from bot.interview.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from bot.feedback.answers import Line


class Kind(enum.StrEnum):
    """What was hidden; the value is its placeholder's name."""

    EMAIL = "Email"
    LINK = "Link"
    DISCORD = "Discord"
    ACCOUNT = "Account"
    CARD = "Card"
    MACHINE = "Machine"
    PHONE = "Phone"
    NUMBER = "Number"
    HANDLE = "Handle"
    NAME = "Name"
    LITERAL = "Literal"
    """What looked like a placeholder and is none; it is not counted."""


@dataclass(frozen=True, slots=True)
class Masked:
    """A text with placeholders.

    Attributes:
        text: What may be sent.
        source: What it was made of.
        spans: For each placeholder: from, to in `text`, from, to in `source`.
    """

    text: str = field(repr=False)
    source: str = field(repr=False)
    spans: tuple[tuple[int, int, int, int], ...] = field(repr=False)

    def original(self, start: int, end: int) -> str:
        """What *start* to *end* of `text` was in `source`; a placeholder counts as a whole."""
        return self.source[self._before(start, first=True) : self._before(end, first=False)]

    def _before(self, at: int, *, first: bool) -> int:
        moved = 0
        for m_start, m_end, s_start, s_end in self.spans:
            if at <= m_start:
                break
            if at < m_end:
                return s_start if first else s_end
            moved = s_end - m_end
        return at + moved


_TLDS = "com|org|net|info|biz|edu|gov|eu|de|at|ch|ua|pl|uk|us|fr|nl|it|es|gg|me|укр"
_MAILERS = (
    r"gmail|googlemail|outlook|hotmail|live|yahoo|gmx|web|icloud|proton|protonmail|posteo|mail|ukr|meta|i|aol|fastmail"
    r"|t-online|freenet|джимейл|гмейл"
)
_DOT = r"(?:\s*\.\s*|\s+(?:dot|punkt|крапка)\s+)"
_SPOKEN_TLD = rf"(?:{_TLDS}|ком|нет|юа)"

_EMAIL = re.compile(
    r"(?<![\w.+-])[\w+-]+(?:\.[\w+-]+)*\s?@\s?[\w-]+(?:\.[\w-]+)+"
    # As it is spoken: "anna dot koval at gmail dot com".
    rf"|(?<![\w.+-])[\w+-]+(?:{_DOT}[\w+-]+){{0,6}}?\s+(?:at|ät|ett|et|äd|собака|собачка|равлик|ет)\s+"
    rf"(?:{_MAILERS}){_DOT}(?:{_SPOKEN_TLD})(?:{_DOT}(?:{_SPOKEN_TLD}))?(?!\w)",
    re.IGNORECASE,
)
_LINK = re.compile(
    r"(?<!\w)(?:[a-z][a-z0-9+.-]{1,10}://|www\.)[^\s<>\"']*[^\s<>\"'.,;:!?)\]}»”]"
    rf"|(?<![\w.@/-])(?:[\w-]+\.)+(?:[a-z]{{2,12}}|укр)/[^\s<>\"']*[^\s<>\"'.,;:!?)\]}}»”]"
    rf"|(?<![\w.@/-])(?:[a-z0-9-]+\.)*[a-z0-9-]{{2,}}\.(?:{_TLDS})(?![\w-]|\.\w)",
    re.IGNORECASE,
)
_PLATFORMS = re.compile(r"^(?:(?:asp|ado|vb|ml|f#|c#)\.net)$", re.IGNORECASE)
_DISCORD = re.compile(
    r"<(?:@[!&]?|#|a?:\w+:|/[\w -]+:|id:)\d*[^>\s]{0,60}>|(?<!\d)\d{17,20}(?!\d)|(?<!\w)\w{2,32}#\d{4}(?!\d)"
)
_ACCOUNT = re.compile(r"(?<!\w)[a-z]{2}\s?\d{2}(?:[ -]?[a-z0-9]){11,30}(?!\w)", re.IGNORECASE)
_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?::\d{1,5}|/\d{1,2})?(?!\w|\.\d)")
_IPV6 = re.compile(r"(?<![\w:.])[0-9a-f]{0,4}(?::[0-9a-f]{0,4}){2,7}(?:%\w+|/\d{1,3})?(?![\w:])", re.IGNORECASE)
_VERSION_BEFORE = re.compile(r"(?:\bv\.?|version|versions|release|build|версі\w*|верс\.|релі\w*)\s*$", re.IGNORECASE)
_DIGITS = re.compile(r"(?<![\w.,/:-])[+(]?\d(?:[\d]|[ \u00a0./()-]{1,3}(?=[\d(]))*\d(?!\w|[.,:]\d|%)")
_GROUPED = re.compile(r"\d{1,3}(?:[ \u00a0.'’]\d{3})+")
_DATE = re.compile(r"(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./](?:\d{4}|\d{2}))")
_YEARS = re.compile(r"(?:(?:19|20)\d{2}[ ./()\u00a0-]*)+")
_CARD = re.compile(r"\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{5}")
_US_PHONE = re.compile(r"(?:1[ .-])?(?:\(\d{3}\) ?|\d{3}[ .-])\d{3}[ .-]\d{4}")
_UA_PHONE = re.compile(r"380[ .()-]*\d{2}[ .()-]*\d{3}[ .-]?\d{2}[ .-]?\d{2}")
_HANDLE = re.compile(r"(?<![\w@/.])@(?!everyone\b|here\b)\w[\w.-]{0,30}\w")
_LITERAL_NAMES = "|".join([*(kind.value for kind in Kind), "Candidate", "Interviewer", "Observer", "Person"])
_LITERAL = re.compile(rf"\[(?=(?:{_LITERAL_NAMES})(?: \d+)?\])([^\]]*)\]")
_PLACEHOLDER = re.compile(rf"\[?\b((?:{_LITERAL_NAMES}) \d+)\b\]?|\[(Candidate)\]")
_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ][^\W\d_]+)*")

SHORTEST_NAME: Final = 3
"""A shorter part of a name is in too many words."""

_LOWER_NAME = 5
_NAME_PARTS = 12

_ENDINGS: Final = re.findall(
    r"\w+",
    "а у ю я ом ем єм і ї и е є о ові еві єві ою ею єю ів їв ам ям ами ями ах ях ий ого ому им ій ої их "
    "ія ію ієм ієві ії ією іє",
)
"""How names end in the cases of Ukrainian."""

_LATIN_ENDINGS: Final = frozenset({"", "s", "es", "n", "ns", "en", "ens"})
_SHORT_ENDINGS: Final = frozenset({"", "s"})

_LATIN: Final = {
    **dict(zip("абвгґдезийклмнопрстуфыэъё", "abvhhdeziiklmnoprstufie.e", strict=True)),
    "є": "e",
    "ж": "zh",
    "і": "i",
    "ї": "i",
    "х": "h",
    "ц": "ts",
    "ч": "ch",
    "ш": "sh",
    "щ": "shch",
    "ь": ".",
    "ю": "iu",
    "я": "ia",
}
_SPELLINGS: Final = (
    ("shch", "sch"),
    ("tch", "ch"),
    ("kh", "h"),
    ("ph", "f"),
    ("ck", "k"),
    ("g", "h"),
    ("w", "v"),
    ("y", "i"),
    ("j", "i"),
    ("x", "ks"),
    ("ae", "a"),
    ("oe", "o"),
    ("ue", "u"),
)
_VOWELS: Final = "aeiou"
_SOFTENED: Final = {"h": ("z", "zh"), "k": ("ts", "ch"), "r": (), "t": ()}


def skeleton(word: str) -> str:
    """A word as it may be spelt in either alphabet: "Олег", "Oleg" and "Oleh" are the same."""
    # "Yevhen", "Євген".
    return re.sub(r"^ie", "e", _plain(word))


def _plain(word: str) -> str:
    folded = unicodedata.normalize("NFC", word).casefold()
    latin = "".join(_LATIN.get(c, c) for c in folded)
    plain = "".join(c for c in unicodedata.normalize("NFKD", latin) if c.isascii() and c.isalpha())
    for spelt, one in _SPELLINGS:
        plain = plain.replace(spelt, one)
    # "Lucas", "Lukas"; "Serhiy", "Serhii", "Сергій".
    return re.sub(r"(.)\1+", r"\1", re.sub(r"c(?!h)", "k", plain))


_SKELETON_ENDINGS: Final = frozenset({"", *map(_plain, _ENDINGS)})


@dataclass(frozen=True, slots=True)
class _Name:
    """A part of somebody's name, as it is looked for."""

    stems: frozenset[str] = field(repr=False)
    whole: str = field(repr=False)
    only_capital: bool

    @classmethod
    def of(cls, part: str) -> _Name:
        whole = skeleton(part)
        stem = whole.rstrip(_VOWELS) if len(whole) > SHORTEST_NAME else whole
        stem = stem if len(stem) >= 2 else whole
        stems = {stem}
        if len(stem) > 2:
            for hard, softs in _SOFTENED.items():
                if stem.endswith(hard):
                    stems |= {stem.removesuffix(hard) + soft for soft in softs}
            # Федір, Федора; Яків, Якова.
            if len(stem) > 3 and stem[-2] == "i" and stem[-1] not in _VOWELS:
                stems |= {stem[:-2] + vowel + stem[-1] for vowel in "oe"}
            # Павло, Марко keep their stem; Олександр, Петрик lose a vowel: Орел, Орла.
            if len(stem) > 4 and stem[-2] in "eo" and stem[-1] not in _VOWELS:
                stems.add(stem[:-2] + stem[-1])
        return cls(frozenset(stems), whole, len(part) < _LOWER_NAME or fold(part) in all_of("names_too"))

    def fits(self, word: str, spelt: str) -> bool:
        """Whether *word*, whose skeleton is *spelt*, is this name in one of its forms."""
        if self.only_capital and not word[0].isupper():
            return False
        if spelt == self.whole:
            return True
        if any("\u0400" <= c <= "\u052f" for c in word):
            return any(spelt.startswith(stem) and spelt[len(stem) :] in _SKELETON_ENDINGS for stem in self.stems)
        endings = _LATIN_ENDINGS if len(self.whole) >= _LOWER_NAME else _SHORT_ENDINGS
        return spelt.startswith(self.whole) and spelt[len(self.whole) :] in endings


class Redaction:
    """What was hidden in one request, and under which placeholder."""

    def __init__(self, people: Iterable[tuple[str, str]] = ()) -> None:
        """Hide these people's names: what each is called instead, and the name; a person may have several names."""
        self._names: list[tuple[str, _Name]] = []
        self._shown: dict[str, str] = {}
        # Whose name a word is: words come again and again. It goes with the request.
        self._looked_at: dict[str, str | None] = {}
        self._placeholders: dict[tuple[Kind, str], str] = {}
        self._numbers: Counter[Kind] = Counter()
        self._counts: Counter[Kind] = Counter()
        seen: dict[str, str] = {}
        for label, name in people:
            self._shown.setdefault(label, " ".join(name.split()))
            for part in re.findall(r"[^\W\d_]+", unicodedata.normalize("NFC", name))[:_NAME_PARTS]:
                if len(part) < SHORTEST_NAME or fold(part) in all_of("never_names") or not skeleton(part):
                    continue
                if seen.setdefault(skeleton(part), label) == label:
                    self._names.append((label, _Name.of(part)))

    @classmethod
    def of(cls, lines: Iterable[Line]) -> Redaction:
        """For an interview: its candidate is "Candidate", others are "Interviewer 1", "Observer 1", "Candidate 2"."""
        people: list[tuple[str, str]] = []
        for label, names in labels_of(lines).values():
            people += [(label, name) for name in names]
        return cls(people)

    @property
    def counts(self) -> dict[Kind, int]:
        """How many places were hidden, by kind."""
        return {kind: self._counts[kind] for kind in Kind if self._counts[kind]}

    def hide(self, text: str) -> Masked:
        """*text* with placeholders."""
        parts: list[str] = []
        spans: list[tuple[int, int, int, int]] = []
        at = length = 0
        for start, end, kind, label in self._found(text):
            before = text[at:start]
            put = label if kind is Kind.LITERAL else f"[{label or self._placeholder(kind, text[start:end])}]"
            parts += [before, put]
            spans.append((length + len(before), length + len(before) + len(put), start, end))
            length += len(before) + len(put)
            at = end
            if kind is not Kind.LITERAL:
                self._counts[kind] += 1
        parts.append(text[at:])
        return Masked("".join(parts), text, tuple(spans))

    def show(self, text: str) -> str:
        """*text*, which a model wrote, with what stood where it has placeholders; others are left as they are."""
        return _PLACEHOLDER.sub(lambda found: self._shown.get(found[1] or found[2], found[0]), text)

    def has_structured(self, text: str) -> bool:
        """Whether there is an address or a number in *text* that would be hidden."""
        return any(kind is not Kind.LITERAL for _, _, kind, _ in _structured(text))

    def __repr__(self) -> str:
        return f"<Redaction, {sum(self._counts.values())} places>"

    def _placeholder(self, kind: Kind, value: str) -> str:
        key = (kind, re.sub(r"[\s().-]+", "", value).casefold() if kind is not Kind.LINK else value)
        if key not in self._placeholders:
            self._numbers[kind] += 1
            self._placeholders[key] = f"{kind.value} {self._numbers[kind]}"
            self._shown[self._placeholders[key]] = value
        return self._placeholders[key]

    def _found(self, text: str) -> list[tuple[int, int, Kind, str]]:
        """What to hide, in order, none overlapping another."""
        found: list[tuple[int, int, Kind, str]] = []
        taken = bytearray(len(text))
        for start, end, kind, label in (*_structured(text), *self._named(text)):
            if not any(taken[start:end]):
                taken[start:end] = b"\x01" * (end - start)
                found.append((start, end, kind, label))
        return sorted(found)

    def _named(self, text: str) -> Iterator[tuple[int, int, Kind, str]]:
        if not self._names:
            return
        for match in _WORD.finditer(text):
            word = re.sub(r"['’ʼ]s?$", "", match[0])
            if len(word) < SHORTEST_NAME - 1:
                continue
            if word not in self._looked_at:
                spelt = skeleton(word)
                self._looked_at[word] = next((label for label, name in self._names if name.fits(word, spelt)), None)
            if (label := self._looked_at[word]) is not None:
                yield match.start(), match.start() + len(word), Kind.NAME, label


def labels_of(lines: Iterable[Line]) -> dict[tuple[int, str], tuple[str, list[str]]]:
    """What everybody in *lines* is called, and how they are really called, by `who`."""
    found: dict[tuple[int, str], tuple[str, list[str]]] = {}
    counts = Counter({"Candidate": 1})
    for line in lines:
        key = who(line)
        if key not in found:
            if line.own:
                label = "Candidate"
            else:
                title = line.role.value.capitalize() if line.role is not Role.CANDIDATE else "Candidate"
                counts[title] += 1
                label = f"{title} {counts[title]}"
            found[key] = (label, [])
        if line.name and line.name not in found[key][1]:
            found[key][1].append(line.name)
    return found


def who(line: Line) -> tuple[int, str]:
    """Stands for the speaker of *line* within one interview; the candidate whom it is about is the first."""
    return (0, "") if line.own else (line.speaker, "" if line.speaker else line.name)


def _structured(text: str) -> Iterator[tuple[int, int, Kind, str]]:
    """What has a form, the surest first."""
    for match in _LITERAL.finditer(text):
        yield match.start(), match.end(), Kind.LITERAL, f"({match[1]})"
    for kind, pattern in ((Kind.DISCORD, _DISCORD), (Kind.EMAIL, _EMAIL), (Kind.LINK, _LINK)):
        for match in pattern.finditer(text):
            if not _PLATFORMS.match(match[0]):
                yield match.start(), match.end(), kind, ""
    for match in _ACCOUNT.finditer(text):
        if (end := _account(match[0])) is not None:
            yield match.start(), match.start() + end, Kind.ACCOUNT, ""
    yield from _numbers(text)
    for match in _HANDLE.finditer(text):
        yield match.start(), match.end(), Kind.HANDLE, ""


def _numbers(text: str) -> Iterator[tuple[int, int, Kind, str]]:
    for match in (*_IPV4.finditer(text), *_IPV6.finditer(text)):
        if _is_address(match[0]) and not _VERSION_BEFORE.search(text[max(0, match.start() - 20) : match.start()]):
            yield match.start(), match.end(), Kind.MACHINE, ""
    for match in _DIGITS.finditer(text):
        if (kind := _number(match[0])) is not None:
            yield match.start(), match.end(), kind, ""


_IBAN_LENGTHS: Final = range(15, 35)
"""Of an IBAN. Source: ISO 13616; Norway's are the shortest."""


def _account(found: str) -> int | None:
    """How much of *found* is an account's number: it may have caught a word behind it. None if it is none."""
    piece = found
    while piece:
        bare = re.sub(r"[\s-]", "", piece)
        if len(bare) in _IBAN_LENGTHS and _mod97(bare):
            return len(piece)
        piece = piece[: max(0, piece.rfind(" "), piece.rfind("-"))]
    # Misheard by a digit it is still somebody's account.
    found = re.sub(r"([ -][^\W\d_]+)+$", "", found)
    bare = re.sub(r"[\s-]", "", found)
    return len(found) if len(bare) in _IBAN_LENGTHS and sum(c.isdigit() for c in bare) >= 12 else None


def _mod97(iban: str) -> bool:
    """Whether the check digits fit. Source: ISO 7064."""
    turned = iban[4:] + iban[:4]
    return iban.isascii() and int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


def _is_address(text: str) -> bool:
    bare = re.sub(r"[/%].*$", "", text)
    if bare.count(":") == 1:
        bare = bare.partition(":")[0]
    if ":" in bare and (bare.count(":") < 3 and not re.search(r"\d", bare)):
        return False  # "dead::beef" may be one, "abc::def" is a name in C++
    try:
        ipaddress.ip_address(bare)
    except ValueError:
        return False
    return any(c.isalnum() for c in bare)


def _number(text: str) -> Kind | None:
    """What a run of digits and what stands between them is, if it is anybody's."""
    digits = re.sub(r"\D", "", text)
    if _DATE.fullmatch(text) or _YEARS.fullmatch(text) or re.fullmatch(r"\d+\.\d+", text):
        return None
    if 13 <= len(digits) <= 19 and (_luhn(digits) or _CARD.fullmatch(text)) and not _GROUPED.fullmatch(text):
        return Kind.CARD
    if _is_phone(text, digits):
        return Kind.PHONE
    return Kind.NUMBER if text.isdigit() and len(digits) >= 10 and not digits.endswith("00000") else None


def _is_phone(text: str, digits: str) -> bool:
    """Whether it has the form of a telephone number: international, or as people write them at home."""
    if text.startswith("+") or digits.startswith("00"):
        return 8 <= len(digits) <= 17
    if digits.startswith("0"):
        return 7 <= len(digits) <= 13
    return bool(_US_PHONE.fullmatch(text) or _UA_PHONE.fullmatch(text))


def _luhn(digits: str) -> bool:
    """Whether the last digit checks the others. Source: ISO/IEC 7812-1, annex B."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0
