"""Files of public models, from the Hugging Face hub.

    look -> what a repository holds, at which revision -> fetch -> files on this disk, each checked by its digest

Asks for nothing but a repository's list of files and the files themselves; usage is not reported. HF_ENDPOINT names
another hub, HF_TOKEN a token for what is not public; see Hugging Face's own documentation.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from stt.engine import EngineUnavailable

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path


class FetchFailed(EngineUnavailable):
    """The hub or the network failed; trying again may help."""


NO_ROOM = (errno.ENOSPC, errno.EDQUOT)


Progress = Callable[[str, int, int], None]
"""Told what is being done, and how many bytes of how many; both 0 where nobody knows."""


def quietly(doing: str, done: int, total: int) -> None:
    """Progress for nobody."""


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file of a repository.

    Attributes:
        size: In bytes.
        sha256: Of its content, if the hub says; it does for large ones.
        blob: Its git object id, likewise for the others: SHA-1 over a header and the content.
    """

    size: int
    sha256: str | None = None
    blob: str | None = None

    def matches(self, file: Path) -> bool:
        """Whether *file* is this one."""
        if file.stat().st_size != self.size:
            return False
        with file.open("rb") as opened:
            if self.sha256 is not None:
                return hashlib.file_digest(opened, "sha256").hexdigest() == self.sha256
            if self.blob is not None:
                # Git's name for it, not a protection; the hub offers no other for small files.
                digest = hashlib.sha1(b"blob %d\0" % self.size, usedforsecurity=False)
                digest.update(opened.read())
                return digest.hexdigest() == self.blob
        return True


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository at one revision."""

    repository: str
    revision: str
    licence: str
    files: Mapping[str, RemoteFile]


def look(repository: str) -> Remote:
    """What *repository* holds now. Blocks.

    Raises:
        FetchFailed: If it is not there, or the hub cannot be asked.
    """
    hub = _hub()
    try:
        found = hub.HfApi(endpoint=_endpoint()).model_info(repository, files_metadata=True, timeout=30)
        files = {
            str(one.rfilename): RemoteFile(
                size=int(one.size or 0), sha256=one.lfs.sha256 if one.lfs else None, blob=one.blob_id
            )
            for one in found.siblings or ()
        }
        licences = [str(tag).removeprefix("license:") for tag in found.tags or () if str(tag).startswith("license:")]
        return Remote(repository, str(found.sha), licences[0] if licences else "", files)
    except Exception as error:  # noqa: BLE001 - of the hub, of HTTP, of what answered in its place
        raise FetchFailed(_said(error, repository)) from None


def fetch(remote: Remote, names: Iterable[str], folder: Path, progress: Progress = quietly) -> None:
    """Put these files into *folder*. What is there already, whole, is not fetched again. Blocks.

    Raises:
        FetchFailed: If one cannot be fetched, or is not what the hub said it is.
        OSError: If *folder* cannot be written.
    """
    wanted = list(names)
    total = sum(remote.files[name].size for name in wanted)
    done = 0
    for name in wanted:
        expected, file = remote.files[name], folder / name
        if not (file.is_file() and expected.matches(file)):
            file.unlink(missing_ok=True)
            _fetch_one(remote, name, folder, _bar(progress, done, total))
            if not expected.matches(file):
                file.unlink()
                raise FetchFailed(f"{name} of {remote.repository} arrived damaged; try again.")
        done += expected.size
        progress("Fetching", done, total)


def _fetch_one(remote: Remote, name: str, folder: Path, bar: type[Any]) -> None:
    hub = _hub()
    try:
        hub.hf_hub_download(
            remote.repository,
            name,
            revision=remote.revision,
            local_dir=folder,
            tqdm_class=bar,
            endpoint=_endpoint(),
        )
    except Exception as error:
        if isinstance(error, OSError) and error.errno is not None and not isinstance(error, ConnectionError):
            raise  # of this disk
        raise FetchFailed(_said(error, remote.repository)) from None


def _bar(progress: Progress, before: int, total: int) -> type[Any]:
    """What huggingface_hub takes for a progress bar."""

    class Bar:
        def __init__(self, *_: Any, initial: int = 0, **__: Any) -> None:
            self._done = before + (initial or 0)

        def update(self, more: float = 1) -> None:
            self._done += int(more)
            progress("Fetching", min(self._done, total), total)

        def close(self) -> None:
            """There is nothing to close."""

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            self.close()

    return Bar


def _hub() -> Any:
    # It takes a third of a second to load, and only somebody who fetches needs it.
    import huggingface_hub  # noqa: PLC0415
    from huggingface_hub import constants  # noqa: PLC0415

    hub: Any = huggingface_hub
    switches: Any = constants
    switches.HF_HUB_DISABLE_TELEMETRY = True
    # The plain way goes on where a broken connection left off, and is the one that is tested.
    switches.HF_HUB_DISABLE_XET = True
    hub.logging.set_verbosity(hub.logging.CRITICAL)
    return hub


def _endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT") or None


def _said(error: Exception, repository: str) -> str:
    """One sentence."""
    from huggingface_hub import errors  # noqa: PLC0415 - as above

    # What asks for a file's size wraps what went wrong.
    if isinstance(error, errors.LocalEntryNotFoundError) and isinstance(error.__cause__, Exception):
        error = error.__cause__
    if isinstance(error, errors.GatedRepoError):
        return f"{repository} is only given to those who asked for it: accept its terms on the hub, and set HF_TOKEN."
    if isinstance(error, errors.RepositoryNotFoundError | errors.HFValidationError):
        return f"There is no public model {repository} on the hub; `python -m bot models list` shows some that are."
    if isinstance(error, errors.OfflineModeIsEnabled):
        return f"{repository} cannot be fetched while HF_HUB_OFFLINE is set."
    if isinstance(error, errors.HfHubHTTPError):
        return f"The hub answered {error.response.status_code} when it was asked for {repository}; try again later."
    return (
        f"The hub could not be reached, or broke off ({type(error).__name__}); check the network and try again, or name"
        f" a folder that holds the model."
    )
