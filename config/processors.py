"""Who else gets to see something of people's data: `config/processors.yaml`, checked.

    processors.yaml  ->  Processor …  ->  /privacy processors, the record of processing, the hosts that may be contacted

One that is switched on must say where it is, on what a transfer rests, and where that can be read; else the bot does
not start.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self, cast

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from config.errors import Unfit
from config.policy import is_placeholder
from config.trusted import read_yaml

if TYPE_CHECKING:
    from collections.abc import Iterable

PROCESSORS_FILE: Final = Path(__file__).parent / "processors.yaml"

Transfer = Literal["", "eea", "scc", "dpf", "local"]
"""Stays in the European Economic Area; standard contractual clauses; the EU-U.S. framework; on machines of our own."""


def _filled(value: str) -> str:
    if is_placeholder(value):
        raise ValueError("not filled in")
    return value.strip()


_NO_LIST: Final = "{name} must be a list of processors, as config/processors.yaml is."

_Text = Annotated[str, AfterValidator(_filled)]
_Host = Annotated[str, Field(pattern=r"^(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?$")]


class Processor(BaseModel):
    """One of them.

    Attributes:
        name: What it is called.
        enabled: Whether it gets anything.
        purpose: What for.
        data: What.
        region: Where.
        transfer: On what a transfer rests.
        evidence_url: Where that can be read.
        hosts: What may be contacted for it; `*.` in front stands for every name below.
        retention: How long it keeps what it gets.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: _Text
    enabled: bool
    purpose: _Text
    data: tuple[_Text, ...] = Field(min_length=1)
    region: str = ""
    transfer: Transfer = ""
    evidence_url: str = ""
    hosts: tuple[_Host, ...] = ()
    retention: _Text

    @model_validator(mode="after")
    def _says_where_and_why(self) -> Self:
        if not self.enabled:
            return self
        if is_placeholder(self.region) or not self.transfer:
            raise ValueError("region and transfer")
        here = self.transfer == "local"
        if not here and (is_placeholder(self.evidence_url) or not self.evidence_url.startswith("https://")):
            raise ValueError("evidence_url")
        if not here and not self.hosts:
            raise ValueError("hosts")
        return self


def load_processors(file: Path = PROCESSORS_FILE) -> tuple[Processor, ...]:
    """All of them, also those that are off.

    Raises:
        Unfit: If the file cannot be read, or one that is on does not say all that it must.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise Unfit(_NO_LIST.format(name=file.name)) from None
    return _read(text, file.name)


@lru_cache(maxsize=4)  # a start asks for them several times
def _read(text: str, file: str) -> tuple[Processor, ...]:
    try:
        rows = cast("list[Any]", read_yaml(text)["processors"])
        names = [str(row["name"]) for row in rows]
    except (yaml.YAMLError, KeyError, TypeError):
        raise Unfit(_NO_LIST.format(name=file)) from None
    if len(set(names)) < len(names):
        raise Unfit(f"{file} has a processor twice.")
    return tuple(_checked(row, name, file) for row, name in zip(rows, names, strict=True))


def allowed_hosts(processors: Iterable[Processor]) -> frozenset[str]:
    """What may be contacted: the hosts of those that are on."""
    return frozenset(host for processor in processors if processor.enabled for host in processor.hosts)


def _checked(row: object, name: str, file: str) -> Processor:
    try:
        return Processor.model_validate(row)
    except ValidationError as bad:
        missing: set[str] = set()
        for error in bad.errors(include_input=False):
            said = str(error.get("ctx", {}).get("error", "")) if not error["loc"] else str(error["loc"][0])
            missing.add(said)
        raise Unfit(f"{file}: {name} must say its {', '.join(sorted(missing))}.") from None
