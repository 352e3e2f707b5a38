"""A key of HashiCorp Vault's transit engine, which never leaves Vault.

    wrap     POST transit/encrypt/NAME   plaintext, associated_data, key_version -> vault:v1:…
    unwrap   POST transit/decrypt/NAME   ciphertext, associated_data             -> plaintext
    advance  POST transit/keys/NAME/rotate
    destroy  POST transit/keys/NAME/config, then /trim

Requests and answers are those of Vault's HTTP API documentation, "Transit secrets engine". Data keys pass through the
connection and through this process; that is what TLS is asked for.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self, cast

import aiohttp
from yarl import URL

from storage.errors import DecryptionFailed, KeyProviderFailed, Misconfigured, UnknownKey, UnsafeAddress
from storage.keys import is_loopback, prove

if TYPE_CHECKING:
    import ssl
    from types import TracebackType


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    data: dict[str, Any]


class VaultKeys:
    """A provider of keys that wraps and unwraps in Vault.

    An async context manager, which owns the connections. The token needs: read on `keys/NAME`, update on
    `encrypt/NAME` and `decrypt/NAME`; for rotation also on `keys/NAME/rotate`, `/config` and `/trim`. The key must
    exist, and be of an AEAD type such as aes256-gcm96. A Vault that does not know `associated_data` ignores it, which
    `health` notices.
    """

    def __init__(
        self,
        address: str,
        *,
        token: str,
        key_name: str = "skillrally",
        mount: str = "transit",
        namespace: str | None = None,
        tls: ssl.SSLContext | None = None,
        timeout_s: float = 10.0,
    ) -> None:
        """Take Vault's address, such as https://vault.example.org:8200; *tls* replaces the system's authorities.

        Raises:
            UnsafeAddress: If it is not https, except on this machine.
            Misconfigured: If a name is not one of Vault's.
        """
        url = URL(address)
        if url.host is None or url.scheme not in {"https", "http"} or url.user or url.password:
            raise Misconfigured("Vault's address has the form https://host:8200")
        if url.scheme == "http" and not is_loopback(url.host):
            raise UnsafeAddress("Vault is spoken to by https only, except on this machine")
        for name in (key_name, *mount.split("/")):
            if not re.fullmatch(r"[A-Za-z0-9_.-]+", name) or set(name) == {"."}:
                raise Misconfigured("Vault's names have letters, digits, dots, dashes and underscores")
        self._base = url.origin() / "v1" / mount
        self._key_name = key_name
        self._headers = {"X-Vault-Token": token, "X-Vault-Request": "true"}
        if namespace:
            self._headers["X-Vault-Namespace"] = namespace
        self._tls = tls
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        # trust_env=False: a proxy from the environment would see the keys.
        self._session = aiohttp.ClientSession(timeout=self._timeout, headers=self._headers, trust_env=False)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def current_version(self) -> int:
        """Vault's latest version."""
        return self._number(await self._key(), "latest_version")

    async def advance(self) -> int:
        """Have Vault rotate the key."""
        self._expect(await self._ask("POST", "keys", "rotate"))
        return await self.current_version()

    async def wrap(self, version: int, key: bytearray, aad: bytes) -> bytes:
        """Vault's ciphertext, as in `vault:v1:…`."""
        body = {"plaintext": _base64(key), "associated_data": _base64(aad), "key_version": version}
        answer = await self._ask("POST", "encrypt", body=body)
        if answer.status == 400 and version not in await self._available():
            raise UnknownKey("there is no such version of the key-encryption key")
        ciphertext = self._expect(answer).get("ciphertext")
        if not isinstance(ciphertext, str) or not ciphertext.startswith(f"vault:v{version}:"):
            raise KeyProviderFailed("Vault wrapped under another version than it was asked to")
        return ciphertext.encode()

    async def unwrap(self, version: int, blob: bytes, aad: bytes) -> bytearray:
        """What Vault makes of its ciphertext."""
        if not re.fullmatch(rb"vault:v%d:[A-Za-z0-9+/=]+" % version, blob):
            raise DecryptionFailed("this is no key that Vault wrapped under that version")
        body = {"ciphertext": blob.decode("ascii"), "associated_data": _base64(aad)}
        answer = await self._ask("POST", "decrypt", body=body)
        if answer.status == 400:
            if version not in await self._available():
                raise UnknownKey("there is no such version of the key-encryption key")
            raise DecryptionFailed("this wrapped key was changed or moved")
        try:
            return bytearray(base64.b64decode(cast("str", self._expect(answer)["plaintext"]), validate=True))
        except (KeyError, TypeError, ValueError):
            raise KeyProviderFailed("Vault's answer has no plaintext") from None

    async def destroy(self, version: int) -> None:
        """Have Vault trim the key: the version and every older one are gone from Vault's storage."""
        key = await self._key()
        oldest = version + 1
        if version >= self._number(key, "latest_version"):
            raise ValueError("the current version is never destroyed")
        if self._number(key, "min_available_version") >= oldest:
            return
        # Vault trims only below what may still encrypt and decrypt, and refuses while either bound is 0.
        config = {
            "min_decryption_version": max(oldest, self._number(key, "min_decryption_version")),
            "min_encryption_version": max(oldest, self._number(key, "min_encryption_version")),
        }
        self._expect(await self._ask("POST", "keys", "config", body=config))
        self._expect(await self._ask("POST", "keys", "trim", body={"min_available_version": oldest}))

    async def health(self) -> None:
        """Nothing, if Vault wraps and unwraps, and binds keys to their associated data."""
        await prove(self)

    async def _key(self) -> dict[str, Any]:
        return self._expect(await self._ask("GET", "keys"))

    async def _available(self) -> set[int]:
        """The versions that Vault would still decrypt with."""
        key = await self._key()
        oldest = max(self._number(key, "min_decryption_version"), 1)
        return set(range(oldest, self._number(key, "latest_version") + 1))

    async def _ask(self, method: str, what: str, then: str = "", *, body: dict[str, Any] | None = None) -> _Answer:
        if self._session is None:
            raise RuntimeError("enter VaultKeys before asking it")
        url = self._base / what / self._key_name
        try:
            async with self._session.request(
                method, url / then if then else url, json=body, ssl=self._tls or True, allow_redirects=False
            ) as response:
                parsed: Any = await response.json(content_type=None) if response.status == 200 else None
        except (aiohttp.ClientError, TimeoutError, ValueError):
            # Neither the error nor its cause is kept: they hold the request, and so the key.
            raise KeyProviderFailed("Vault did not answer as it should") from None
        data = cast("dict[str, Any]", parsed).get("data") if isinstance(parsed, dict) else None
        return _Answer(response.status, cast("dict[str, Any]", data) if isinstance(data, dict) else {})

    @staticmethod
    def _expect(answer: _Answer) -> dict[str, Any]:
        if answer.status not in {200, 204}:
            raise KeyProviderFailed(f"Vault refused: HTTP {answer.status}")
        return answer.data

    @staticmethod
    def _number(key: dict[str, Any], name: str) -> int:
        number: object = key.get(name, 0)
        if not isinstance(number, int):
            raise KeyProviderFailed("Vault's answer has no number where one belongs")
        return number

    def __repr__(self) -> str:
        return "<VaultKeys>"


def _base64(data: bytes | bytearray) -> str:
    return base64.b64encode(data).decode("ascii")
