"""Recognition models on this machine: found, fetched, converted, checked and removed.

    name -> catalogue -> hub -> (convert) -> describe -> try -> rename into the folder of models

A model is there whole or not at all: it is made in a hidden folder beside its place, tried, and renamed. Files that
arrived before a download broke off stay in the hidden folder, and the next attempt goes on from there.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import json
import logging
import os
import re
import shutil
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stt import hub
from stt.catalogue import ACFT_MARGIN_S, BY_NAME, BY_REPOSITORY, CATALOGUE, Entry
from stt.engine import EngineUnavailable
from stt.layout import FILES, FRONT_END, INDEX, PROPERTIES, SETTINGS, TOKENIZER, VOCABULARIES, WEIGHTS, read_raw, sha256

if TYPE_CHECKING:
    from collections.abc import Generator, Sequence

    from stt.engine import Window

log = logging.getLogger(__name__)

PLAIN_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*/[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True, slots=True)
class Installed:
    """A model in the folder of models.

    Attributes:
        name: Of its folder, as SKILLRALLY_MODEL takes it.
        size: In bytes, of all its files.
        source: The repository or folder it came from; empty if nobody knows.
        problem: Why it cannot be used, or empty.
    """

    name: str
    folder: Path
    window: Window = "full"
    languages: tuple[str, ...] = ()
    size: int = 0
    source: str = ""
    revision: str = ""
    licence: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Checkup:
    """What a check found.

    Attributes:
        problem: Why the model cannot be used, or empty.
        quiet: Whether it heard nothing in a second of silence. Many published ones do hear something; the bot's voice
            detection keeps silence from them.
    """

    name: str
    problem: str = ""
    quiet: bool = True


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is to be added, and what will be said of it."""

    name: str
    source: str
    entry: Entry | None
    folder: Path | None
    window: Window
    margin_s: float
    languages: tuple[str, ...]


async def find_model(model: str, folder: Path, *, progress: hub.Progress = hub.quietly) -> Path:
    """The folder of a model, fetched first if it is one of the catalogue and not on this machine yet.

    Args:
        model: A name, or a folder.
        folder: Where models are kept.
        progress: Told how far it is, if it has to be fetched; in another thread.

    Raises:
        EngineUnavailable: If it is neither, or cannot be fetched; the message says what to do.
    """
    models = Models(folder)
    if PLAIN_NAME.fullmatch(model) and models.has(model):
        return models.path(model)
    path = Path(model).expanduser()  # noqa: ASYNC240 - before anything runs that could be kept waiting
    if path.is_dir():
        return path
    if "/" in model or "\\" in model or model.startswith("."):
        raise EngineUnavailable(
            "SKILLRALLY_MODEL is no folder here: set it to a model folder or to a name such as base."
        )
    if model not in BY_NAME:
        raise EngineUnavailable(_unknown(model))
    log.info("fetching the recognition model")
    return (await asyncio.to_thread(partial(models.add, model, progress=progress))).folder


class Models:
    """The folder where models are kept, one folder each.

    Args:
        folder: Need not exist yet.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path:
        """Where the model of this name is, or would be."""
        return self.folder / name

    def has(self, name: str) -> bool:
        """Whether there is a model of this name."""
        return (self.path(name) / FILES[0]).is_file()

    def installed(self) -> list[Installed]:
        """Every model that is there, by name."""
        if not self.folder.is_dir():
            return []
        return [
            describe(path) for path in sorted(self.folder.iterdir()) if path.is_dir() and not path.name.startswith(".")
        ]

    def add(
        self,
        wanted: str,
        *,
        name: str | None = None,
        window: Window | None = None,
        progress: hub.Progress = hub.quietly,
    ) -> Installed:
        """Fetch or copy a model, convert it if need be, try it, and put it into its place. Blocks, perhaps for minutes.

        Args:
            wanted: A name of the catalogue, a repository on the hub, or a folder.
            name: What to call it; by default as the catalogue does, or as its repository or folder.
            window: Of a model that the catalogue lacks; "full" unless its folder says otherwise.
            progress: Told how far it is.

        Raises:
            EngineUnavailable: If it cannot be had or used; the message is one sentence. Nothing is left in its place.
        """
        plan = self._plan(wanted, name, window)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with self._alone():
                if self.has(plan.name) and not _problem(self.path(plan.name)):
                    return describe(self.path(plan.name))
                return self._make(plan, progress)
        except OSError as error:
            raise EngineUnavailable(self._said(error)) from None

    def check(self, name: str) -> Checkup:
        """See that a model's files are all there and are what they were, and that it runs. Blocks for seconds.

        Raises:
            EngineUnavailable: If there is none of this name.
        """
        folder = self._existing(name)
        try:
            return Checkup(name=name, quiet=_try(folder))
        except EngineUnavailable as error:
            return Checkup(name=name, problem=str(error))

    def remove(self, name: str) -> None:
        """Delete a model.

        Raises:
            EngineUnavailable: If there is none of this name, or its folder cannot be changed.
        """
        folder = self._existing(name)
        gone = self.folder / f".{name}.removed"
        try:
            with self._alone():
                shutil.rmtree(gone, ignore_errors=True)
                folder.rename(gone)
            shutil.rmtree(gone)
        except OSError as error:
            raise EngineUnavailable(self._said(error)) from None

    def _existing(self, name: str) -> Path:
        if not PLAIN_NAME.fullmatch(name) or not self.path(name).is_dir():
            raise EngineUnavailable(f"There is no model {name} in {self.folder}; `models list` shows what there is.")
        return self.path(name)

    def _plan(self, wanted: str, name: str | None, window: Window | None) -> _Plan:
        entry, folder = BY_NAME.get(wanted), Path(wanted).expanduser()
        if entry is not None:
            source, called = entry.repository, entry.name
        elif folder.is_dir():
            source, called = str(folder.resolve()), folder.resolve().name
        elif REPOSITORY.fullmatch(wanted):
            source, called, entry = wanted, wanted.partition("/")[2], BY_REPOSITORY.get(wanted)
        else:
            raise EngineUnavailable(_unknown(wanted))
        called = name or called
        if not PLAIN_NAME.fullmatch(called):
            raise EngineUnavailable(
                "A model's name has letters, digits, dots and dashes only; give it one with --name."
            )
        local = folder if entry is None and folder.is_dir() else None
        said = read_raw(local) if local else {}
        return _Plan(
            name=called,
            source=source,
            entry=entry,
            folder=local,
            window=window or (entry.window if entry else "dynamic" if said.get("window") == "dynamic" else "full"),
            margin_s=float(said.get("margin_s", ACFT_MARGIN_S)),
            languages=entry.languages if entry else tuple(said.get("languages", ())),
        )

    def _make(self, plan: _Plan, progress: hub.Progress) -> Installed:
        work = self.folder / f".{plan.name}.partial"
        fetched, model = work / "fetched", work / "model"
        shutil.rmtree(model, ignore_errors=True)
        model.mkdir(parents=True)
        revision = licence = ""
        try:
            if plan.folder is not None:
                _copy_or_convert(plan.folder, model, progress, move=False)
            else:
                fetched.mkdir(exist_ok=True)
                remote = self._fetch(plan, fetched, progress)
                revision, licence = remote.revision, remote.licence
                _copy_or_convert(fetched, model, progress, move=True)
            _describe_to(model, plan, revision=revision, licence=licence)
            progress("Trying", 0, 0)
            _try(model)
            self._put(model, plan.name)
        except hub.FetchFailed:
            # What arrived whole is kept, so that the next attempt goes on from there.
            raise
        except (EngineUnavailable, OSError):
            # Trying again would end alike, or the disk is full: leave nothing.
            shutil.rmtree(work, ignore_errors=True)
            raise
        shutil.rmtree(work, ignore_errors=True)
        return describe(self.path(plan.name))

    def _put(self, model: Path, name: str) -> None:
        """Rename into place; what was there and did not work goes."""
        place, old = self.path(name), self.folder / f".{name}.removed"
        shutil.rmtree(old, ignore_errors=True)
        if place.exists():
            place.rename(old)
        model.rename(place)
        shutil.rmtree(old, ignore_errors=True)

    def _fetch(self, plan: _Plan, fetched: Path, progress: hub.Progress) -> hub.Remote:
        progress("Looking", 0, 0)
        remote = hub.look(plan.source)
        if FILES[0] in remote.files:
            names = [*FILES, *VOCABULARIES, FRONT_END]
        elif WEIGHTS in remote.files or INDEX in remote.files:
            names = [*SETTINGS, *TOKENIZER, *self._weights(remote, fetched)]
        else:
            raise EngineUnavailable(
                f"{plan.source} holds no model that can be used: neither CTranslate2's model.bin nor {WEIGHTS}."
            )
        names = [name for name in names if name in remote.files]
        missing = [remote.files[name].size for name in names if not (fetched / name).is_file()]
        # As much again for what is made of it, at most.
        self._make_sure_of_room(sum(missing) * (1 if FILES[0] in names else 2))
        hub.fetch(remote, names, fetched, progress)
        if not _has_tokenizer(fetched):
            self._borrow_tokenizer(plan, fetched)
        return remote

    def _weights(self, remote: hub.Remote, fetched: Path) -> list[str]:
        if WEIGHTS in remote.files:
            return [WEIGHTS]
        hub.fetch(remote, [INDEX], fetched)
        try:
            shards = {str(name) for name in json.loads((fetched / INDEX).read_text("utf-8"))["weight_map"].values()}
        except (ValueError, KeyError, AttributeError):
            raise EngineUnavailable(f"{remote.repository} has an {INDEX} that cannot be read.") from None
        if not all(PLAIN_NAME.fullmatch(name) and name in remote.files for name in shards):
            raise EngineUnavailable(f"{remote.repository} lacks files that its {INDEX} names.")
        return [INDEX, *sorted(shards)]

    def _borrow_tokenizer(self, plan: _Plan, fetched: Path) -> None:
        """Many fine-tuned models are published without one. It is the one of the model that they were made from."""
        original = plan.entry.original if plan.entry else None
        if original is None:
            with contextlib.suppress(OSError, ValueError, AttributeError):
                made_from = str(json.loads((fetched / "config.json").read_text("utf-8")).get("_name_or_path"))
                original = made_from if re.fullmatch(r"openai/whisper-[a-z0-9.-]+", made_from) else None
        if original is None:
            raise EngineUnavailable(
                f"{plan.source} has no tokenizer.json, and does not say which model it was made from."
            )
        remote = hub.look(original)
        hub.fetch(remote, [name for name in TOKENIZER if name in remote.files], fetched)

    def _make_sure_of_room(self, needed: int) -> None:
        if shutil.disk_usage(self.folder).free < needed:
            raise OSError(errno.ENOSPC, f"{needed / 1e6:.0f} MB are needed")

    @contextlib.contextmanager
    def _alone(self) -> Generator[None]:
        """Keep other processes from changing the folder."""
        opened = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            raise EngineUnavailable("Another process is adding a model; wait until it is done.") from None
        finally:
            os.close(opened)

    def _said(self, error: OSError) -> str:
        if error.errno in hub.NO_ROOM:
            return (
                f"There is no room for the model in {self.folder}: free some, or set SKILLRALLY_MODELS_DIR to another"
                f" disk."
            )
        return (
            f"{self.folder} cannot be written ({os.strerror(error.errno or 0)}): change its permissions, or set"
            f" SKILLRALLY_MODELS_DIR to another folder."
        )


def describe(folder: Path) -> Installed:
    """What a model folder says of itself. Does not read its large files."""
    try:
        raw, problem = read_raw(folder), ""
    except EngineUnavailable as error:
        raw, problem = {}, str(error)
    missing = [name for name in FILES if not (folder / name).is_file()]
    return Installed(
        name=folder.name,
        folder=folder,
        window="dynamic" if raw.get("window") == "dynamic" else "full",
        languages=tuple(str(code) for code in raw.get("languages", ())),
        size=sum(file.stat().st_size for file in folder.iterdir() if file.is_file()),
        source=str(raw.get("source", "")),
        revision=str(raw.get("revision", "")),
        licence=str(raw.get("licence", "")),
        problem=problem or (f"{', '.join(missing)} is missing." if missing else ""),
    )


def _problem(folder: Path) -> str:
    from stt.whisper import check_folder  # noqa: PLC0415 - as in _try

    try:
        check_folder(folder)
    except EngineUnavailable as error:
        return str(error)
    return ""


def _try(folder: Path) -> bool:
    """Load the model and let it hear a second of silence. Returns whether it heard nothing."""
    # Here, not above: they cost a second and hundreds of megabytes, and only somebody who tries a model needs them.
    import numpy as np  # noqa: PLC0415

    from stt.audio import RATE_HZ  # noqa: PLC0415
    from stt.engine import Hints  # noqa: PLC0415
    from stt.whisper import Whisper  # noqa: PLC0415

    whisper = Whisper(folder)
    whisper.warm_up()
    return not whisper.recognise(np.zeros(RATE_HZ, np.int16), Hints(language=whisper.languages[0])).text


def _copy_or_convert(source: Path, model: Path, progress: hub.Progress, *, move: bool) -> None:
    if (source / FILES[0]).is_file():
        progress("Copying", 0, 0)
        for name in (*FILES, *VOCABULARIES, FRONT_END):
            if (source / name).is_file():
                # A copy that is only a second name costs neither time nor room, and what was fetched stays.
                _link_or_copy(source / name, model / name) if move else shutil.copyfile(source / name, model / name)
        return
    progress("Converting", 0, 0)
    from stt.convert import convert  # noqa: PLC0415 - as in _try

    convert(source, model)


def _link_or_copy(source: Path, target: Path) -> None:
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copyfile(source, target)


def _describe_to(model: Path, plan: _Plan, *, revision: str, licence: str) -> None:
    about: dict[str, Any] = {
        "name": plan.name,
        "window": plan.window,
        "margin_s": plan.margin_s,
        "languages": list(plan.languages),
        "source": plan.source,
        "revision": revision,
        "licence": licence,
        "sha256": {file.name: sha256(file) for file in sorted(model.iterdir())},
    }
    (model / PROPERTIES).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")


def _has_tokenizer(folder: Path) -> bool:
    names: Sequence[str] = ("vocab.json", "merges.txt")
    return (folder / TOKENIZER[0]).is_file() or all((folder / name).is_file() for name in names)


def _unknown(model: str) -> str:
    names = ", ".join(entry.name for entry in CATALOGUE)
    return f"There is no speech model called {model}; there are {names}, and any repository or folder with one."
