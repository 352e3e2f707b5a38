"""What lies in a model's folder: as faster-whisper loads it, and as Hugging Face publishes it."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any, cast

from stt.engine import EngineUnavailable

if TYPE_CHECKING:
    from pathlib import Path

FILES = ("model.bin", "config.json", "tokenizer.json")
"""What a folder must hold, besides a vocabulary. Without tokenizer.json, faster-whisper would silently ask the network
for one."""

VOCABULARIES = ("vocabulary.json", "vocabulary.txt")
"""One of them. Older folders have the second."""

FRONT_END = "preprocessor_config.json"
"""The published models with 80 mel bins come without; where it is missing from one with 128, warming up says so."""

PROPERTIES = "skillrally.json"
"""What CTranslate2 has no field for: {"name", "window", "margin_s", "languages", "sha256"}. Need not exist. What
`stt.models` adds also says where it came from: "source", "revision", "licence"."""

WEIGHTS = "model.safetensors"
"""Of what is converted."""

INDEX = "model.safetensors.index.json"
"""In place of `WEIGHTS`, where they are in several files."""

SETTINGS = ("config.json", "generation_config.json", FRONT_END)
"""Of what is converted."""

TOKENIZER = ("tokenizer.json", "tokenizer_config.json", "vocab.json", "merges.txt", "added_tokens.json")
"""What a tokenizer is made of: the first, or else the others."""


def read_raw(folder: Path) -> dict[str, Any]:
    """What `PROPERTIES` says; empty if there is none.

    Raises:
        EngineUnavailable: If it cannot be read.
    """
    try:
        raw: Any = json.loads((folder / PROPERTIES).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        raise EngineUnavailable(f"{folder / PROPERTIES} cannot be read; copy the speech model there again.") from None
    return cast("dict[str, Any]", raw) if isinstance(raw, dict) else {}


def sha256(file: Path) -> str:
    """The digest of a file's content, in hexadecimal."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
