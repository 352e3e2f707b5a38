"""From what an operator typed to a model folder on this machine."""

from __future__ import annotations

import asyncio
from pathlib import Path

from stt.engine import EngineUnavailable


async def find_model(model: str, *, setting: str = "SKILLRALLY_MODEL") -> Path:
    """The folder of a model, fetched first if it is named and not on this machine yet.

    Args:
        model: A folder, or a name that faster-whisper knows: tiny, base, small, medium, large-v3, turbo, tiny.en …
        setting: Where it was typed, for the message.

    Raises:
        EngineUnavailable: If it is neither, or cannot be fetched; the message says what to do.
    """
    folder = _local(model, setting)
    return folder if folder is not None else await asyncio.to_thread(_fetch, model)


def _local(model: str, setting: str) -> Path | None:
    path = Path(model).expanduser()
    if path.is_dir():
        return path
    if "/" in model or "\\" in model or model.startswith("."):
        raise EngineUnavailable(f"{setting} is no folder here: set it to a model folder or to a name such as base.")
    return None


def _fetch(name: str) -> Path:
    # Here, not above: it costs a second and only somebody who names a model needs it.
    from stt.whisper import download  # noqa: PLC0415

    return download(name)
