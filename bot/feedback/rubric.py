"""What an answer is judged by: six criteria, and what deserves 1, 3 and 5 in each kind of interview.

    config/rubrics/*.yaml -> load_rubrics -> Rubrics: a Rubric for each kind, and their version
                             as_text, version     the English text: what a model is told, and so what scores rest on
                             read_in              the same in the reader's language

The scale is that of common structured interviews, 1 to 5 with anchors, all criteria weighing the same. Source: U.S.
Office of Personnel Management, "Structured Interviews", on rating scales; Campion, Palmer and Campion 1997 on why
structure helps. The anchors are our own.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from bot.feedback.report import Criterion
from bot.feedback.wordlists import LANGUAGES
from config.errors import Unfit
from config.questions import InterviewType
from config.trusted import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

RUBRICS_FOLDER: Final = Path(__file__).parents[2] / "config" / "rubrics"

ANCHORED: Final = (1, 3, 5)
"""The scores that have a sentence; 2 and 4 lie between their neighbours."""

VERSION_LENGTH: Final = 12
"""So many hexadecimal digits of a SHA-256 are enough to tell versions apart."""

TOLD: Final = "en"
"""In which language a model is told, and what is read where a language lacks a rubric."""

CHARACTERS: Final = 2_800
"""Of all sentences of a rubric in a language: people read them in one message, of which Discord takes 4,000."""

_Sentence = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=200)]
_Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2,3}(-[A-Z]{2})?$")]
_Texts = dict[_Language, _Sentence]


class Anchors(BaseModel):
    """One criterion, in one language.

    Attributes:
        asks: The question that it asks of an answer.
        one: What deserves a 1.
        three: What deserves a 3.
        five: What deserves a 5.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    asks: _Sentence
    one: _Sentence
    three: _Sentence
    five: _Sentence

    @property
    def scale(self) -> tuple[str, str, str]:
        """What deserves each of `ANCHORED`."""
        return self.one, self.three, self.five


class _Row(BaseModel):
    """One criterion, as a file has it: each sentence in every language."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    asks: _Texts
    one: _Texts = Field(alias="1")
    three: _Texts = Field(alias="3")
    five: _Texts = Field(alias="5")

    @property
    def languages(self) -> list[set[str]]:
        """Those of each sentence."""
        return [set(texts) for texts in (self.asks, self.one, self.three, self.five)]

    def read_in(self, language: str) -> Anchors:
        """It in one language, which must be there."""
        return Anchors(
            asks=self.asks[language], one=self.one[language], three=self.three[language], five=self.five[language]
        )


@dataclass(frozen=True, slots=True)
class Rubric:
    """What answers in one kind of interview are judged by.

    Attributes:
        kind: Which kind.
        criteria: Each criterion as a model is told it, in English.
        readings: The same for people, by language.
    """

    kind: InterviewType
    criteria: dict[Criterion, Anchors]
    readings: Mapping[str, dict[Criterion, Anchors]]

    def read_in(self, language: str) -> dict[Criterion, Anchors]:
        """Each criterion in that language; in English, if the files do not have it."""
        return self.readings.get(language, self.criteria)

    def as_text(self) -> str:
        """As it stands in what a model is told."""
        return "\n".join(
            f"- {criterion.value}: {a.asks}\n  1: {a.one}\n  3: {a.three}\n  5: {a.five}"
            for criterion, a in self.criteria.items()
        )


class Rubrics:
    """All of them, one for each kind of interview."""

    def __init__(self, rubrics: Iterable[Rubric]) -> None:
        self._by_kind = {rubric.kind: rubric for rubric in rubrics}
        everything = {
            kind.value: {c.value: anchors.model_dump() for c, anchors in self._by_kind[kind].criteria.items()}
            for kind in InterviewType
        }
        self.version: Final = version_of(everything)
        """Changes with every sentence that a model is told, and with nothing else: not with how others read it."""

    def __getitem__(self, kind: InterviewType) -> Rubric:
        return self._by_kind[kind]


def load_rubrics(folder: Path | None = None) -> Rubrics:
    """The rubrics of *folder*, `config/rubrics` unless another is named.

    Raises:
        Unfit: If one is missing or wrong: one sentence with the file and what to change.
    """
    folder = folder or RUBRICS_FOLDER
    return Rubrics(_read(folder / f"{kind.value}.yaml", kind) for kind in InterviewType)


def version_of(what: object) -> str:
    """A name for exactly this: the beginning of the SHA-256 of its JSON."""
    data = json.dumps(what, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode()
    return hashlib.sha256(data).hexdigest()[:VERSION_LENGTH]


def _read(file: Path, kind: InterviewType) -> Rubric:
    try:
        loaded: Any = read_yaml(file.read_text(encoding="utf-8"))
        criteria: dict[Any, Any] = dict(loaded["criteria"])
        named = str(loaded["kind"])
        rows = {str(name): {str(key): value for key, value in row.items()} for name, row in criteria.items()}
    except OSError:
        raise Unfit(f"{file.name} cannot be read: there must be a rubric for each kind of interview.") from None
    except (UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError, ValueError, AttributeError):
        raise Unfit(f"{file.name} must have a kind and criteria, as config/rubrics/behavioural.yaml has.") from None
    if named != kind.value:
        raise Unfit(f"{file.name} must say kind: {kind.value}.")
    if set(rows) != {criterion.value for criterion in Criterion}:
        raise Unfit(f"{file.name} must have the criteria {', '.join(c.value for c in Criterion)}, and no others.")
    checked: dict[Criterion, _Row] = {}
    for criterion in Criterion:
        try:
            checked[criterion] = _Row.model_validate(rows[criterion.value])
        except ValidationError:
            raise Unfit(
                f"{file.name}: {criterion.value} must have asks, 1, 3 and 5, each in every language a sentence of at"
                " most 200 characters."
            ) from None
    return _whole(file, kind, checked)


def _whole(file: Path, kind: InterviewType, rows: Mapping[Criterion, _Row]) -> Rubric:
    """The rubric, if nothing lacks a language that is needed, or that something else in it has."""
    languages = set(LANGUAGES).union(*(each for row in rows.values() for each in row.languages))
    for criterion, row in rows.items():
        if any(each != languages for each in row.languages):
            raise Unfit(
                f"{file.name}: {criterion.value} must have asks, 1, 3 and 5 in each of the languages"
                f" {', '.join(sorted(languages))}."
            )
    readings = {
        language: {criterion: row.read_in(language) for criterion, row in rows.items()} for language in languages
    }
    for language, criteria in readings.items():
        if sum(len(text) for anchors in criteria.values() for text in anchors.model_dump().values()) > CHARACTERS:
            raise Unfit(
                f"{file.name} must have at most {CHARACTERS:,} characters in {language}: people read it in one message."
            )
    return Rubric(kind, readings[TOLD], readings)
