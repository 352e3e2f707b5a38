"""Key-encryption keys, held outside the databases, and the secrets that come from one root.

    KeyProvider   wraps a data key under a version of the key-encryption key, and unwraps it
      FileKeys          one file for each version, 0400, in a folder outside the data directory
      EnvironmentKeys   one variable; for tests and small installations
      VaultKeys         in vault.py: the key-encryption key never comes here
    Secrets       HKDF-SHA256 of the installation's root, one label for each use

A version is a number from 1 upwards. Wrapping is always under the version that the caller names and stores beside what
comes back; what is wrapped is bound to the caller's associated data. A provider keeps no copy of what passes through.

The file and environment providers seal with AES-256-GCM: `0x01 | nonce (12) | ciphertext | tag (16)`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import contextlib
import hmac
import ipaddress
import os
import re
import stat
import tempfile
from typing import TYPE_CHECKING, NoReturn, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from storage.crypto import KEY_BYTES, NONCE_BYTES, TAG_BYTES, encode, wipe
from storage.errors import DecryptionFailed, KeyProviderFailed, Misconfigured, UnknownKey, UnsafePlace

if TYPE_CHECKING:
    from pathlib import Path
    from uuid import UUID

_BLOB_FORMAT = 1


class KeyProvider(Protocol):
    """Whoever holds the key-encryption keys.

    Every method may raise `KeyProviderFailed` when the holder does not answer, and `Misconfigured` when an operator has
    to act first. None of them quotes a key.
    """

    async def current_version(self) -> int:
        """The version to wrap new keys under: the newest."""
        ...

    async def advance(self) -> int:
        """Make a new version, and return it; from now on it is the current one. Older ones still unwrap."""
        ...

    async def wrap(self, version: int, key: bytearray, aad: bytes) -> bytes:
        """*key* under that version, bound to *aad*. *key* stays as it is: its owner wipes it.

        Raises:
            UnknownKey: If there is no such version, or it was destroyed.
        """
        ...

    async def unwrap(self, version: int, blob: bytes, aad: bytes) -> bytearray:
        """What was wrapped, in memory that the caller wipes.

        Raises:
            UnknownKey: If there is no such version, or it was destroyed.
            DecryptionFailed: If *blob* was changed, or wrapped with other *aad* or under another version.
        """
        ...

    async def destroy(self, version: int) -> None:
        """Destroy that version and every older one, for good. Doing it twice is the same as once.

        Raises:
            ValueError: If it is the current version: something must be left to wrap under.
        """
        ...

    async def health(self) -> None:
        """Nothing, if a key can be wrapped and unwrapped now."""
        ...


async def prove(provider: KeyProvider) -> None:
    """Wrap a random key and unwrap it, rightly and wrongly.

    Raises:
        KeyProviderFailed: If the key does not come back, or comes back for other associated data.
    """
    version = await provider.current_version()
    key = bytearray(os.urandom(KEY_BYTES))
    blob = await provider.wrap(version, key, b"proof")
    if await provider.unwrap(version, blob, b"proof") != key:
        raise KeyProviderFailed("a wrapped key did not come back as it was")
    with contextlib.suppress(DecryptionFailed):
        await provider.unwrap(version, blob, b"another proof")
        raise KeyProviderFailed("the provider does not bind a key to its associated data")


def _seal(kek: bytearray, key: bytearray, aad: bytes) -> bytes:
    nonce = os.urandom(NONCE_BYTES)
    return bytes((_BLOB_FORMAT,)) + nonce + AESGCM(kek).encrypt(nonce, key, aad)


def _open(kek: bytearray, blob: bytes, aad: bytes) -> bytearray:
    start = 1 + NONCE_BYTES
    if len(blob) < start + TAG_BYTES or blob[0] != _BLOB_FORMAT:
        raise DecryptionFailed("this is no wrapped key")
    key = bytearray(len(blob) - start - TAG_BYTES)
    try:
        AESGCM(kek).decrypt_into(blob[1:start], memoryview(blob)[start:], aad, memoryview(key))
    except InvalidTag:
        wipe(key)
        raise DecryptionFailed("this wrapped key was changed or moved") from None
    return key


def owned_by_us(state: os.stat_result) -> bool:
    """Whether the account that runs this process owns what *state* describes."""
    return state.st_uid == os.geteuid()


class FileKeys:
    """One file for each version: `kek-1`, `kek-2`, …, 32 random bytes each.

    The files must be 0400 and ours, their folder 0700 and ours, and nobody else may be able to replace the folder or
    one above it. They are read for each call, so that no key stays in memory. Backups of the data must not contain
    them, which is why the folder may not lie in the data directory.
    """

    _NAME = re.compile(r"kek-([1-9][0-9]{0,8})")

    def __init__(self, folder: Path, *, data_dir: Path) -> None:
        self._folder = folder
        self._data_dir = data_dir

    async def create(self) -> None:
        """Make the folder and the first version, unless there is one."""
        await asyncio.to_thread(self._create)

    async def current_version(self) -> int:
        """The highest number."""
        return await asyncio.to_thread(self._current)

    async def advance(self) -> int:
        """A new file, with the next number."""
        return await asyncio.to_thread(self._advance)

    async def wrap(self, version: int, key: bytearray, aad: bytes) -> bytes:
        """*key*, sealed."""
        return await asyncio.to_thread(self._wrap, version, key, aad)

    async def unwrap(self, version: int, blob: bytes, aad: bytes) -> bytearray:
        """What was wrapped."""
        return await asyncio.to_thread(self._unwrap, version, blob, aad)

    async def destroy(self, version: int) -> None:
        """Remove the files. What a disk keeps of a removed file is up to the disk."""
        await asyncio.to_thread(self._destroy, version)

    async def health(self) -> None:
        """Nothing, if the newest file is there, safe, and works."""
        await prove(self)

    def _create(self) -> None:
        make_folder(self._folder)
        self._check_folder()
        if not self._versions():
            self._advance()

    def _check_folder(self) -> None:
        folder = self._folder.resolve()
        data_dir = self._data_dir.resolve()
        if folder == data_dir or data_dir in folder.parents:
            raise UnsafePlace("the folder of key-encryption keys lies in the data directory")
        try:
            state = folder.stat()
            if not stat.S_ISDIR(state.st_mode) or not owned_by_us(state) or state.st_mode & 0o077:
                raise UnsafePlace("the folder of key-encryption keys must be ours alone: chmod 0700")
            check_parents(folder)
        except OSError:
            raise Misconfigured("the folder of key-encryption keys cannot be read") from None

    def _versions(self) -> list[int]:
        found = (self._NAME.fullmatch(path.name) for path in self._folder.iterdir())
        return sorted(int(match[1]) for match in found if match)

    def _current(self) -> int:
        self._check_folder()
        versions = self._versions()
        if not versions:
            raise Misconfigured("there is no key-encryption key yet")
        return versions[-1]

    def _read(self, version: int) -> bytearray:
        self._check_folder()
        try:
            # O_NOFOLLOW: a link could lead to a file that others may change.
            descriptor = os.open(self._folder / f"kek-{version}", os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            raise UnknownKey("there is no such version of the key-encryption key") from None
        except OSError:
            raise UnsafePlace("a key-encryption key cannot be read, or is a link") from None
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            state = os.fstat(descriptor)
            if not stat.S_ISREG(state.st_mode) or not owned_by_us(state) or state.st_mode & 0o377:
                raise UnsafePlace("a key-encryption key must be readable by us alone: chmod 0400")
            kek = bytearray(KEY_BYTES)
            if state.st_size != KEY_BYTES or file.readinto(kek) != KEY_BYTES:
                raise Misconfigured("a key-encryption key has 32 bytes")
            return kek

    def _advance(self) -> int:
        self._check_folder()
        version = max(self._versions(), default=0)
        descriptor, temporary = tempfile.mkstemp(dir=self._folder, prefix="new-")
        try:
            kek = bytearray(os.urandom(KEY_BYTES))
            os.write(descriptor, kek)
            wipe(kek)
            os.fchmod(descriptor, 0o400)
            os.fsync(descriptor)
            while True:
                version += 1
                # A link, unlike a rename, never takes the place of a version that another process has just made.
                with contextlib.suppress(FileExistsError):
                    os.link(temporary, self._folder / f"kek-{version}")
                    break
        finally:
            os.close(descriptor)
            os.unlink(temporary)  # noqa: PTH108  it is a name, as mkstemp gives it
        self._sync_folder()
        return version

    def _wrap(self, version: int, key: bytearray, aad: bytes) -> bytes:
        kek = self._read(version)
        try:
            return _seal(kek, key, aad)
        finally:
            wipe(kek)

    def _unwrap(self, version: int, blob: bytes, aad: bytes) -> bytearray:
        kek = self._read(version)
        try:
            return _open(kek, blob, aad)
        finally:
            wipe(kek)

    def _destroy(self, version: int) -> None:
        if version >= self._current():
            raise ValueError("the current version is never destroyed")
        for old in self._versions():
            if old <= version:
                (self._folder / f"kek-{old}").unlink(missing_ok=True)
        self._sync_folder()

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def __repr__(self) -> str:
        return "<FileKeys>"


def make_folder(folder: Path) -> None:
    """Make *folder*, and those above it that are missing, for us alone whatever the umask is."""
    for each in reversed((folder, *folder.parents)):
        if not each.exists():
            each.mkdir(mode=0o700, exist_ok=True)


def check_parents(path: Path) -> None:
    """Nothing, if nobody but us and root can put another folder in the place of *path*, or of one above it.

    Raises:
        UnsafePlace: If a folder above is another account's, or may be written by everybody and is not sticky like /tmp.
        OSError: If it cannot be looked at.
    """
    for parent in path.parents:
        state = parent.stat()
        if state.st_mode & stat.S_IWOTH and not state.st_mode & stat.S_ISVTX:
            raise UnsafePlace("a folder above may be written by everybody")
        if state.st_uid != 0 and not owned_by_us(state):
            raise UnsafePlace("a folder above belongs to another account")


class EnvironmentKeys:
    """Keys from one variable: `1:BASE64`, and after a rotation `1:BASE64,2:BASE64`.

    Other processes of the account, containers' inspection and children may see a variable, and it stays in memory; so
    this is for tests and small installations.
    """

    def __init__(self, value: str) -> None:
        """Read what the variable holds.

        Raises:
            Misconfigured: If it is not of that form, or a key has not 32 bytes.
        """
        self._keys: dict[int, bytearray] = {}
        for part in value.split(","):
            version, separator, encoded = part.strip().partition(":")
            if not separator or not version.isascii() or not version.isdigit() or int(version) < 1:
                raise Misconfigured("keys in the environment have the form 1:BASE64,2:BASE64")
            try:
                key = bytearray(base64.b64decode(encoded, validate=True))
            except binascii.Error:
                raise Misconfigured("a key in the environment is not base64") from None
            if len(key) != KEY_BYTES or int(version) in self._keys:
                raise Misconfigured("every key in the environment has 32 bytes and a version of its own")
            self._keys[int(version)] = key

    async def current_version(self) -> int:
        """The highest number."""
        return max(self._keys)

    async def advance(self) -> int:
        """Never: only whoever sets the variable can."""
        raise Misconfigured("add the next version to the variable, and restart")

    async def wrap(self, version: int, key: bytearray, aad: bytes) -> bytes:
        """*key*, sealed."""
        return _seal(self._of(version), key, aad)

    async def unwrap(self, version: int, blob: bytes, aad: bytes) -> bytearray:
        """What was wrapped."""
        return _open(self._of(version), blob, aad)

    async def destroy(self, version: int) -> None:
        """Forget the version in this process; only whoever sets the variable can do more."""
        if version >= max(self._keys):
            raise ValueError("the current version is never destroyed")
        for old in [known for known in self._keys if known <= version]:
            wipe(self._keys.pop(old))

    async def health(self) -> None:
        """Nothing, if the newest key works."""
        await prove(self)

    def _of(self, version: int) -> bytearray:
        if version not in self._keys:
            raise UnknownKey("there is no such version of the key-encryption key")
        return self._keys[version]

    def __repr__(self) -> str:
        return f"<EnvironmentKeys, {len(self._keys)} versions>"


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine, as an address or by the name localhost."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


_LABELS = {
    "index": b"skillrally: index of Discord ids, 1",
    "receipts": b"skillrally: signing of receipts, 1",
    "analytics": b"skillrally: pseudonyms of analytics, 1",
    "ledger": b"skillrally: chain of the consent ledger, 1",
}


class Secrets:
    """The installation's secrets, each from the same root by HKDF-SHA256 with a label of its own.

    None of them tells anything about another or about the root. Rotating the key-encryption key leaves them alone.
    """

    __slots__ = ("_keys", "_signing")

    def __init__(self, root: bytearray) -> None:
        """Derive everything from *root*, 32 random bytes, which its owner wipes."""
        self._keys: dict[str, bytearray] = {}
        for name, label in _LABELS.items():
            key = bytearray(KEY_BYTES)
            HKDF(SHA256(), KEY_BYTES, salt=None, info=label).derive_into(root, key)
            self._keys[name] = key
        signing = self._keys.pop("receipts")
        self._signing = Ed25519PrivateKey.from_private_bytes(signing)
        wipe(signing)

    def index(self, kind: str, discord_id: int) -> bytes:
        """What stands for a Discord id in a column that is searched: 32 bytes that only this installation can make.

        *kind* says what is named ("user", "guild", …), so that one number gives different values for different things.
        """
        return hmac.digest(self._keys["index"], encode(kind, discord_id), "sha256")

    def pseudonym(self, subject: UUID, quarter: str) -> str:
        """Who did something, for analytics: 32 hex digits, other ones each quarter (such as "2026Q4")."""
        return hmac.digest(self._keys["analytics"], encode(subject, quarter), "sha256")[:16].hex()

    def chain(self, head: bytes) -> bytes:
        """The proof, 32 bytes, that this installation wrote that head of the consent ledger."""
        return hmac.digest(self._keys["ledger"], head, "sha256")

    def sign(self, message: bytes) -> bytes:
        """An Ed25519 signature, 64 bytes, of a receipt or an export."""
        return self._signing.sign(message)

    @property
    def public_key(self) -> bytes:
        """The Ed25519 key, 32 bytes, that `sign`'s signatures are checked with; anybody may have it."""
        return self._signing.public_key().public_bytes_raw()

    def wipe(self) -> None:
        """Overwrite the keys that are ours to overwrite. Nothing can be derived afterwards."""
        while self._keys:
            wipe(self._keys.popitem()[1])

    def __repr__(self) -> str:
        return "<Secrets>"

    def __reduce__(self) -> NoReturn:
        raise TypeError("secrets are never copied out of this process")
