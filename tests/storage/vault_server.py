"""A loopback server that does what Vault's transit engine does, with the requests and answers of its documentation.

It really encrypts, with AES-256-GCM and associated data, keeps versions, refuses what a policy would refuse, and trims.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncGenerator

TOKEN = "loopback-token"


class Refused(Exception):
    """What Vault answers with 400 and a list of errors."""


@dataclass
class TransitKey:
    """A key of type aes256-gcm96."""

    versions: dict[int, bytes] = field(default_factory=lambda: {1: os.urandom(32)})
    min_available: int = 0
    min_decryption: int = 1
    min_encryption: int = 0

    @property
    def latest(self) -> int:
        return max(self.versions)

    def described(self, name: str) -> dict[str, Any]:
        return {
            "type": "aes256-gcm96",
            "name": name,
            "deletion_allowed": False,
            "derived": False,
            "exportable": False,
            "allow_plaintext_backup": False,
            "keys": {str(version): 1_700_000_000 for version in self.versions if version >= self.min_decryption},
            "latest_version": self.latest,
            "min_available_version": self.min_available,
            "min_decryption_version": self.min_decryption,
            "min_encryption_version": self.min_encryption,
            "supports_encryption": True,
            "supports_decryption": True,
            "supports_derivation": True,
            "supports_signing": False,
        }

    def encrypt(self, body: dict[str, Any]) -> dict[str, Any]:
        version = body.get("key_version", 0) or self.latest
        if version > self.latest or version < max(self.min_encryption, self.min_available, 1):
            raise Refused("requested version for encryption is not available")
        nonce = os.urandom(12)
        sealed = AESGCM(self.versions[version]).encrypt(
            nonce, base64.b64decode(body["plaintext"], validate=True), self.associated(body)
        )
        return {
            "ciphertext": f"vault:v{version}:{base64.b64encode(nonce + sealed).decode()}",
            "key_version": version,
        }

    def decrypt(self, body: dict[str, Any]) -> dict[str, Any]:
        vault, version, encoded = str(body["ciphertext"]).split(":")
        number = int(version.removeprefix("v"))
        if vault != "vault" or number > self.latest:
            raise Refused("invalid ciphertext: version is too new")
        if number < self.min_decryption:
            raise Refused("ciphertext or signature version is disallowed by policy (too old)")
        blob = base64.b64decode(encoded, validate=True)
        try:
            opened = AESGCM(self.versions[number]).decrypt(blob[:12], blob[12:], self.associated(body))
        except (InvalidTag, ValueError):
            raise Refused("cipher: message authentication failed") from None
        return {"plaintext": base64.b64encode(opened).decode()}

    def associated(self, body: dict[str, Any]) -> bytes | None:
        return base64.b64decode(body.get("associated_data", ""), validate=True)

    def configure(self, body: dict[str, Any]) -> None:
        for name in ("min_decryption", "min_encryption"):
            value = int(body.get(f"{name}_version", getattr(self, name)))
            if value > self.latest or value < self.min_available:
                raise Refused(f"cannot set {name}_version of {value}")
            setattr(self, name, value)

    def trim(self, body: dict[str, Any]) -> None:
        oldest = int(body["min_available_version"])
        if not self.min_encryption or not self.min_decryption:
            raise Refused("minimum available version cannot be set when minimum encryption version is not set")
        if oldest > min(self.min_encryption, self.min_decryption) or oldest < self.min_available:
            raise Refused("minimum available version cannot be set to that")
        self.min_available = oldest
        self.versions = {version: key for version, key in self.versions.items() if version >= oldest}


class OldTransitKey(TransitKey):
    """A key in a Vault that does not know associated data yet, and ignores what it does not know."""

    def associated(self, body: dict[str, Any]) -> bytes | None:  # noqa: ARG002
        return None


class Vault:
    """Transit keys by name, behind Vault's HTTP API."""

    def __init__(self) -> None:
        self.keys: dict[str, TransitKey] = {"skillrally": TransitKey()}
        self.sealed = False
        self.namespaces: set[str] = set()

    def app(self) -> web.Application:
        app = web.Application()
        app.router.add_route("*", "/v1/transit/{what}/{name}", self.answer)
        app.router.add_route("*", "/v1/transit/keys/{name}/{what:rotate|config|trim}", self.answer)
        return app

    async def answer(self, request: web.Request) -> web.Response:
        try:
            data = await self.done(request)
        except (Refused, binascii.Error) as refused:
            return web.json_response({"errors": [str(refused)]}, status=400)
        if data is None:
            return web.Response(status=204)
        return web.json_response({"request_id": "r", "lease_id": "", "renewable": False, "data": data})

    async def done(self, request: web.Request) -> dict[str, Any] | None:
        if self.sealed:
            raise web.HTTPServiceUnavailable(text='{"errors": ["Vault is sealed"]}')
        if request.headers.get("X-Vault-Token") != TOKEN:
            raise web.HTTPForbidden(text='{"errors": ["permission denied"]}')
        self.namespaces.add(request.headers.get("X-Vault-Namespace", ""))
        name = request.match_info["name"]
        if name not in self.keys:
            raise web.HTTPNotFound(text='{"errors": []}')
        key = self.keys[name]
        text = await request.text()
        body = cast("dict[str, Any]", json.loads(text)) if text else {}
        match request.method, request.match_info["what"]:
            case "POST", "encrypt":
                return key.encrypt(body)
            case "POST", "decrypt":
                return key.decrypt(body)
            case "POST", "trim":
                return key.trim(body)
            case "POST", "rotate":
                key.versions[key.latest + 1] = os.urandom(32)
            case "POST", "config":
                key.configure(body)
            case "GET", "keys":
                pass
            case _:
                raise web.HTTPMethodNotAllowed(request.method, ["POST"])
        return key.described(name)


@asynccontextmanager
async def serving(app: web.Application, *, tls: ssl.SSLContext | None = None) -> AsyncGenerator[str]:
    """Its address, while the server runs."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"{'https' if tls else 'http'}://{host}:{port}"
    finally:
        await runner.cleanup()
