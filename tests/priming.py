"""What being told the question does to recognition: the rehearsal's lines, heard without and with a prompt.

`python -m tests.priming` prints word errors of the model in the repository for each kind of prompt; `--model FOLDER`
measures another one. Nothing here is random.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
from faster_whisper.audio import decode_audio

from bot.interview.course import Course, Plan
from bot.rehearsal.cast import MODEL, VOICES
from config.questions import Bank, InterviewType, Level, Question
from stt.engine import Hints
from stt.text import word_errors, words
from stt.whisper import Whisper

CLIPS = Path(__file__).parent / "data" / "speech"

# Names as they are said in the recordings, and as a bank would list them.
_FITTING = ("Terraform", "Rust", "Redis", "Docker", "Linux", "Kubernetes", "PostgreSQL")
_FOREIGN = ("mitosis", "photosynthesis", "ribosome", "enzyme", "chloroplast")


@dataclass(frozen=True, slots=True)
class Result:
    """How a prompt did.

    Attributes:
        errors: Words that were wrong, missing or too many.
        words: Words that were said.
        clean: Lines without any error.
        lines: How many there were.
    """

    errors: int
    words: int
    clean: int
    lines: int

    def __str__(self) -> str:
        return (
            f"{100 * self.errors / self.words:5.1f} % of {self.words} words, {self.clean} of {self.lines} lines clean"
        )


def recordings() -> list[tuple[Any, str, str]]:
    """Samples, language and words of every recording that has words."""
    found: list[tuple[Any, str, str]] = []
    for folder, index in ((VOICES, "lines.json"), (CLIPS, "expected.json")):
        for entry in json.loads((folder / index).read_text(encoding="utf-8")):
            if not entry.get("text") or not entry.get("language"):
                continue
            decoded: Any = decode_audio(str(folder / entry["file"]))
            samples = (decoded * 32_767).astype(np.int16)
            found.append((samples, entry["language"], entry["text"]))
    return found


def prompts() -> dict[str, str]:
    """The prompts that are compared, by what they are; made as an interview makes them."""

    def told(text: str, terms: tuple[str, ...], glossary: str = "") -> str:
        question = Question(
            id="q",
            type=InterviewType.TECHNICAL,
            level=Level.MIDDLE,
            text=text,
            covers=("x",),
            follow_ups=(),
            terms=terms,
            minutes=2,
            language="en",
        )
        course = Course(Plan(), Bank([question]), random=Random(0))
        course.next(0)
        return course.prompt(glossary)

    return {
        "nothing": "",
        "terms that are said": told("", _FITTING),
        "question and terms that are said": told("Which tools have you used, and why?", _FITTING),
        "the same and a glossary": told("Which tools have you used, and why?", _FITTING, "SkillRally, Grafana"),
        "question and terms of another field": told("How does a cell divide?", _FOREIGN),
    }


def measure(whisper: Whisper, prompt: str, lines: list[tuple[Any, str, str]]) -> Result:
    """Hear every line with this prompt."""
    errors = said = clean = 0
    for samples, language, text in lines:
        heard = whisper.recognise(samples, Hints(language=language, prompt=prompt))
        wrong = word_errors(words(text), words(heard.text))
        errors, said, clean = errors + wrong, said + len(words(text)), clean + (not wrong)
    return Result(errors, said, clean, len(lines))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=MODEL)
    whisper = Whisper(parser.parse_args().model)
    # Also a model that is not told anything in the product.
    whisper.properties = replace(whisper.properties, prompts=True)
    lines = recordings()
    for name, prompt in prompts().items():
        print(f"{name:40} {measure(whisper, prompt, lines)}")  # noqa: T201 - what it is for


if __name__ == "__main__":
    main()
