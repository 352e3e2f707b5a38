"""`python -m bot models …`: which recognition models there are, and getting, checking and removing them."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar
from rich.table import Table

from bot import machine
from bot.errors import StartRefused
from stt.catalogue import CATALOGUE, Entry, recommend
from stt.engine import EngineUnavailable
from stt.models import Installed, Models, find_model

if TYPE_CHECKING:
    from collections.abc import Callable, Generator

    from rich.console import Console

    from config.settings import Settings
    from stt.engine import Window
    from stt.hub import Progress

MB = 1_000_000


def listing(settings: Settings) -> dict[str, Any]:
    """What is there and what could be, as it goes out as JSON."""
    cores, memory_mb = machine.cores(), machine.memory_mb()
    return {
        "folder": str(settings.models_folder),
        "in_use": settings.model,
        "recommended": recommend(cores, memory_mb, languages=settings.allowed_languages).name,
        "machine": {"cores": cores, "memory_mb": memory_mb},
        "installed": [_installed(model) for model in Models(settings.models_folder).installed()],
        "available": [_available(entry) for entry in CATALOGUE],
    }


def show(settings: Settings, console: Console) -> None:
    """The same as tables for people."""
    said = listing(settings)
    here = {model["name"]: model for model in said["installed"]}
    table = Table(box=None, pad_edge=False, header_style="bold")
    for heading in ("", "Model", "Window", "Languages", "Disk", "Memory", "Two cores hold"):
        table.add_column(heading, justify="right" if heading in {"Disk", "Memory", "Two cores hold"} else "left")
    for model in here.values():
        if model["name"] not in {entry.name for entry in CATALOGUE}:
            table.add_row(*_marks(model["name"], said, here), _spoken(model), f"{model['size_mb']} MB", "", "")
    for entry in said["available"]:
        row = here.get(entry["name"], entry)
        size = f"{row['size_mb']} MB" if "size_mb" in row else f"{entry['disk_mb']} MB"
        memory = f"{entry['memory_mb']} MB" if entry["memory_mb"] else "?"
        held = entry["measured"]
        people = f"{held['people']} people, {held['late_s']:.2f} s" if held else "not measured"
        table.add_row(*_marks(entry["name"], said, here), _spoken(entry), size, memory, people)
    console.print(table)
    console.print(
        f"\n✓ is there, in {said['folder']}; → is in use; ★ recommended for {said['machine']['cores']} cores and"
        f" {said['machine']['memory_mb'] / 1000:.0f} GB. Seconds: until the text of 95 in 100 utterances, measured with"
        " random weights of the same shape; see docs/models.md. Any repository or folder with a Whisper model can be"
        " added as well.",
        highlight=False,
    )
    for model in here.values():
        if model["problem"]:
            console.print(f"✗ {model['name']}: {model['problem']}", style="bold red", highlight=False)


def add(
    settings: Settings, console: Console, wanted: str, *, name: str | None = None, window: Window | None = None
) -> None:
    """Get a model.

    Raises:
        StartRefused: If it cannot be had; its message says why.
    """
    models = Models(settings.models_folder)
    with _refusing(), fetching(console) as progress:
        model = models.add(wanted, name=name, window=window, progress=progress)
    console.print(
        f"{model.name} is in {model.folder}: {model.size / MB:.0f} MB, {model.window} window"
        + (f", licence {model.licence}" if model.licence else "")
        + ".",
        highlight=False,
        soft_wrap=True,
    )
    if settings.model != model.name:
        console.print(f"To use it, set SKILLRALLY_MODEL={model.name}.", highlight=False)


def check(settings: Settings, name: str | None) -> list[dict[str, Any]]:
    """Try one model, or all that are there.

    Raises:
        StartRefused: If there is none of this name.
    """
    models = Models(settings.models_folder)
    names = [name] if name is not None else [model.name for model in models.installed()]
    with _refusing():
        found = [models.check(each) for each in names]
    return [{"name": one.name, "ok": not one.problem, "problem": one.problem, "quiet": one.quiet} for one in found]


def say_checked(found: list[dict[str, Any]], console: Console) -> None:
    """What `check` found, for people."""
    for one in found:
        if one["problem"]:
            console.print(f"✗ {one['name']}: {one['problem']}", style="bold red", highlight=False, soft_wrap=True)
        elif one["quiet"]:
            console.print(f"✓ {one['name']}: its files are whole, and it runs.", highlight=False)
        else:
            console.print(
                f"✓ {one['name']}: its files are whole, and it runs. It hears words in silence, as many models do; the"
                " bot keeps silence from it.",
                highlight=False,
            )
    if not found:
        console.print("No models are there yet; `python -m bot models add base` gets one.", highlight=False)


def remove(settings: Settings, console: Console, name: str, *, sure: Callable[[], bool] | None) -> None:
    """Delete a model.

    Args:
        settings: What the operator set.
        console: Where to say so.
        name: Which.
        sure: Asks whether; None if that was said already.

    Raises:
        StartRefused: If there is none of this name, or it is in use and nobody said yes beforehand.
    """
    models = Models(settings.models_folder)
    if sure is not None:
        if models.has(name) and name == settings.model:
            raise StartRefused(f"{name} is the model in SKILLRALLY_MODEL: set another one first, or say --yes.")
        if models.has(name) and not sure():
            console.print("Nothing was removed.")
            return
    with _refusing():
        models.remove(name)
    console.print(f"{name} is removed.", highlight=False)


async def fetch(settings: Settings, console: Console) -> None:
    """See that the model of the settings is here, with a progress bar if it has to be fetched."""
    with _refusing(), fetching(console) as progress:
        await find_model(settings.model, settings.models_folder, progress=progress)


@contextlib.contextmanager
def _refusing() -> Generator[None]:
    try:
        yield
    except EngineUnavailable as error:
        raise StartRefused(str(error)) from None


@contextlib.contextmanager
def fetching(console: Console) -> Generator[Progress]:
    """A bar, on a terminal, while a model is fetched; hands out what moves it."""
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Bar(*columns, console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task("Looking", total=None)

        def report(doing: str, done: int, total: int) -> None:
            shown.update(task, description=doing, completed=done, total=total or None)

        yield report


def _marks(name: str, said: dict[str, Any], here: dict[str, Any]) -> tuple[str, str, str]:
    row = here.get(name) or next(entry for entry in said["available"] if entry["name"] == name)
    used = "→" if name == said["in_use"] or str(Path(said["folder"]) / name) == said["in_use"] else " "
    marks = f"{'✓' if name in here else ' '}{used}{'★' if name == said['recommended'] else ' '}"
    return marks, name, row["window"]


def _spoken(row: dict[str, Any]) -> str:
    return ", ".join(row["languages"]) or "all"


def _installed(model: Installed) -> dict[str, Any]:
    return {
        "name": model.name,
        "folder": str(model.folder),
        "window": model.window,
        "languages": list(model.languages),
        "size_mb": round(model.size / MB),
        "source": model.source,
        "revision": model.revision,
        "licence": model.licence,
        "problem": model.problem,
    }


def _available(entry: Entry) -> dict[str, Any]:
    held = entry.measured
    return {
        "name": entry.name,
        "repository": entry.repository,
        "window": entry.window,
        "languages": list(entry.languages),
        "download_mb": entry.download_mb,
        "disk_mb": entry.disk_mb,
        "memory_mb": entry.memory_mb,
        "measured": {"people": held.people, "median_s": held.median_s, "late_s": held.late_s} if held else None,
    }
