from __future__ import annotations

import asyncio
import base64
import hmac
import os
import pickle
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from storage.errors import (
    DecryptionFailed,
    KeyProviderFailed,
    Misconfigured,
    StorageError,
    UnknownKey,
    UnsafeAddress,
    UnsafePlace,
)
from storage.keys import EnvironmentKeys, FileKeys, KeyProvider, Secrets
from storage.vault import VaultKeys
from tests.storage.vault_server import TOKEN, OldTransitKey, Vault, serving

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from pathlib import Path

    from bot.loopback.authority import Authority


def environment_keys(*versions: int) -> EnvironmentKeys:
    return EnvironmentKeys(",".join(f"{version}:{base64.b64encode(os.urandom(32)).decode()}" for version in versions))


async def file_keys(tmp_path: Path) -> FileKeys:
    keys = FileKeys(tmp_path / "keys", data_dir=tmp_path / "data")
    await keys.create()
    return keys


@asynccontextmanager
async def vault_keys(vault: Vault) -> AsyncGenerator[VaultKeys]:
    async with serving(vault.app()) as address, VaultKeys(address, token=TOKEN) as keys:
        yield keys


@pytest_asyncio.fixture(params=["file", "environment", "vault"])
async def provider(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[KeyProvider]:
    """Each kind, with two versions."""
    match request.param:
        case "file":
            keys = await file_keys(tmp_path)
            await keys.advance()
            yield keys
        case "environment":
            yield environment_keys(1, 2)
        case _:
            async with vault_keys(Vault()) as keys:
                await keys.advance()
                yield keys


def data_key() -> bytearray:
    return bytearray(os.urandom(32))


async def test_a_wrapped_key_comes_back_under_every_version(provider: KeyProvider) -> None:
    for version in (1, 2):
        key = data_key()
        blob = await provider.wrap(version, key, b"place")

        assert bytes(key) not in blob
        assert await provider.unwrap(version, blob, b"place") == key


async def test_new_keys_are_wrapped_under_the_newest_version(provider: KeyProvider) -> None:
    assert await provider.current_version() == 2


async def test_a_key_is_bound_to_its_associated_data(provider: KeyProvider) -> None:
    blob = await provider.wrap(2, data_key(), b"subject one")

    with pytest.raises(DecryptionFailed):
        await provider.unwrap(2, blob, b"subject two")


async def test_a_key_is_bound_to_its_version(provider: KeyProvider) -> None:
    blob = await provider.wrap(1, data_key(), b"place")

    with pytest.raises(DecryptionFailed):
        await provider.unwrap(2, blob, b"place")


async def test_a_changed_blob_does_not_unwrap(provider: KeyProvider) -> None:
    blob = await provider.wrap(2, data_key(), b"place")

    for position in range(len(blob)):
        changed = bytearray(blob)
        changed[position] ^= 2
        with pytest.raises(DecryptionFailed):
            await provider.unwrap(2, bytes(changed), b"place")
    for cut in (b"", blob[:-1], blob[:10]):
        with pytest.raises(DecryptionFailed):
            await provider.unwrap(2, cut, b"place")


async def test_a_version_that_never_was_neither_wraps_nor_unwraps(provider: KeyProvider) -> None:
    blob = await provider.wrap(2, data_key(), b"place")
    named_three = blob.replace(b"vault:v2:", b"vault:v3:")

    with pytest.raises(UnknownKey):
        await provider.wrap(3, data_key(), b"place")
    with pytest.raises(UnknownKey):
        await provider.unwrap(3, named_three, b"place")


async def test_a_destroyed_version_unwraps_nothing_and_the_others_still_do(provider: KeyProvider) -> None:
    key = data_key()
    old = await provider.wrap(1, key, b"place")
    new = await provider.wrap(2, key, b"place")

    await provider.destroy(1)
    await provider.destroy(1)

    with pytest.raises(UnknownKey):
        await provider.unwrap(1, old, b"place")
    with pytest.raises(UnknownKey):
        await provider.wrap(1, key, b"place")
    assert await provider.unwrap(2, new, b"place") == key


async def test_the_current_version_is_never_destroyed(provider: KeyProvider) -> None:
    with pytest.raises(ValueError, match="current"):
        await provider.destroy(2)

    await provider.health()


async def test_a_provider_that_works_is_healthy(provider: KeyProvider) -> None:
    await provider.health()


async def test_the_callers_key_is_left_as_it_was(provider: KeyProvider) -> None:
    key = data_key()
    before = bytes(key)

    await provider.wrap(2, key, b"")

    assert key == before


async def test_a_provider_shows_no_key(provider: KeyProvider) -> None:
    assert "KEK" not in repr(provider).upper()
    assert len(repr(provider)) < 50
    assert TOKEN not in repr(provider)


# Files


async def test_key_files_are_for_their_owner_alone_whatever_the_umask_is(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        await file_keys(tmp_path)
    finally:
        os.umask(before)

    (file,) = (tmp_path / "keys").iterdir()
    assert file.name == "kek-1"
    assert file.stat().st_mode & 0o777 == 0o400
    assert file.stat().st_size == 32
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


async def test_making_keys_twice_keeps_the_first(tmp_path: Path) -> None:
    keys = await file_keys(tmp_path)
    blob = await keys.wrap(1, data_key(), b"")

    await keys.create()

    assert await keys.current_version() == 1
    await keys.unwrap(1, blob, b"")


@pytest.mark.parametrize("mode", [0o600, 0o440, 0o404, 0o500, 0o777])
async def test_a_key_file_that_is_more_than_readable_by_us_is_refused(tmp_path: Path, mode: int) -> None:
    keys = await file_keys(tmp_path)
    (tmp_path / "keys" / "kek-1").chmod(mode)

    with pytest.raises(UnsafePlace):
        await keys.health()


@pytest.mark.parametrize("mode", [0o750, 0o705, 0o701, 0o770])
async def test_a_folder_that_others_may_enter_is_refused(tmp_path: Path, mode: int) -> None:
    keys = await file_keys(tmp_path)
    (tmp_path / "keys").chmod(mode)

    with pytest.raises(UnsafePlace):
        await keys.current_version()


async def test_a_world_writable_folder_above_is_refused_unless_it_is_sticky(tmp_path: Path) -> None:
    above = tmp_path / "above"
    above.mkdir()
    keys = FileKeys(above / "between" / "keys", data_dir=tmp_path / "data")
    await keys.create()

    above.chmod(0o777)
    with pytest.raises(UnsafePlace):
        await keys.current_version()
    above.chmod(0o1777)
    assert await keys.current_version() == 1


async def test_a_link_in_the_place_of_a_key_is_refused(tmp_path: Path) -> None:
    keys = await file_keys(tmp_path)
    (tmp_path / "keys" / "kek-2").symlink_to(tmp_path / "keys" / "kek-1")

    with pytest.raises(UnsafePlace):
        await keys.wrap(2, data_key(), b"")


async def test_a_key_file_of_another_length_is_refused(tmp_path: Path) -> None:
    keys = await file_keys(tmp_path)
    short = tmp_path / "keys" / "kek-2"
    short.write_bytes(bytes(31))
    short.chmod(0o400)

    with pytest.raises(Misconfigured):
        await keys.health()


@pytest.mark.parametrize("folder", ["data", "data/keys", "data/a/b"])
async def test_keys_do_not_lie_in_the_data_directory(tmp_path: Path, folder: str) -> None:
    keys = FileKeys(tmp_path / folder, data_dir=tmp_path / "data")

    with pytest.raises(UnsafePlace):
        await keys.create()


async def test_keys_do_not_lie_in_the_data_directory_behind_a_link(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir(mode=0o700)
    (tmp_path / "elsewhere").symlink_to(tmp_path / "data")

    with pytest.raises(UnsafePlace):
        await FileKeys(tmp_path / "elsewhere" / "keys", data_dir=tmp_path / "data").create()


async def test_a_folder_that_is_missing_or_empty_has_its_own_error(tmp_path: Path) -> None:
    keys = FileKeys(tmp_path / "keys", data_dir=tmp_path / "data")

    with pytest.raises(Misconfigured):
        await keys.current_version()
    (tmp_path / "keys").mkdir(mode=0o700)
    with pytest.raises(Misconfigured, match="no key-encryption key yet"):
        await keys.current_version()


async def test_versions_made_at_once_all_get_their_own_number(tmp_path: Path) -> None:
    keys = await file_keys(tmp_path)

    made = await asyncio.gather(*(keys.advance() for _ in range(8)))

    assert sorted(made) == list(range(2, 10))
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == sorted(f"kek-{n}" for n in range(1, 10))


# The environment


@pytest.mark.parametrize(
    "value",
    ["", "1", "0:" + "A" * 43 + "=", "1:short", "1:" + "A" * 43 + "=,1:" + "A" * 43 + "=", "one:" + "A" * 43 + "="],
)
def test_a_variable_of_another_form_is_refused_without_being_quoted(value: str) -> None:
    with pytest.raises(Misconfigured) as caught:
        EnvironmentKeys(value)

    assert "AAAA" not in repr(caught.value)
    assert "short" not in repr(caught.value)


async def test_only_the_operator_adds_a_version_to_the_environment() -> None:
    with pytest.raises(Misconfigured):
        await environment_keys(1).advance()


# Vault


async def test_vault_is_asked_by_its_own_namespace() -> None:
    vault = Vault()
    async with (
        serving(vault.app()) as address,
        VaultKeys(address, token=TOKEN, namespace="team") as keys,
    ):
        await keys.health()

    assert vault.namespaces == {"team"}


async def test_a_vault_that_ignores_associated_data_is_not_healthy() -> None:
    vault = Vault()
    vault.keys["skillrally"] = OldTransitKey()

    async with vault_keys(vault) as keys:
        with pytest.raises(KeyProviderFailed, match="bind"):
            await keys.health()


async def test_a_sealed_vault_says_so_without_a_word_of_the_request() -> None:
    vault = Vault()
    async with vault_keys(vault) as keys:
        blob = await keys.wrap(1, data_key(), b"")
        vault.sealed = True

        for call in (keys.current_version(), keys.wrap(1, data_key(), b""), keys.unwrap(1, blob, b""), keys.health()):
            with pytest.raises(KeyProviderFailed, match="503"):
                await call


async def test_a_wrong_token_is_refused() -> None:
    async with serving(Vault().app()) as address, VaultKeys(address, token="wrong") as keys:
        with pytest.raises(KeyProviderFailed, match="403"):
            await keys.health()


async def test_an_error_of_the_connection_keeps_nothing_of_the_request() -> None:
    async with serving(Vault().app()) as address:
        pass
    async with VaultKeys(address, token=TOKEN) as keys:
        with pytest.raises(KeyProviderFailed) as caught:
            await keys.current_version()

    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


async def test_a_redirect_is_not_followed() -> None:
    reached: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        reached.append(request.path)
        return web.json_response({"data": {"latest_version": 1}})

    async def away(_: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect("/elsewhere")

    app = web.Application()
    app.router.add_route("*", "/elsewhere", elsewhere)
    app.router.add_route("*", "/v1/{rest:.*}", away)
    async with serving(app) as address, VaultKeys(address, token=TOKEN) as keys:
        with pytest.raises(KeyProviderFailed, match="307"):
            await keys.current_version()

    assert reached == []


async def test_vault_is_reached_past_any_proxy_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "")

    async with vault_keys(Vault()) as keys:
        await keys.health()


async def test_an_answer_that_is_no_vaults_is_refused() -> None:
    async def nonsense(_: web.Request) -> web.Response:
        return web.Response(text="<html>")

    app = web.Application()
    app.router.add_route("*", "/{rest:.*}", nonsense)
    async with serving(app) as address, VaultKeys(address, token=TOKEN) as keys:
        with pytest.raises(KeyProviderFailed):
            await keys.wrap(1, data_key(), b"")


async def test_vault_is_reached_by_tls_and_its_certificate_is_checked(authority: Authority) -> None:
    async with serving(Vault().app(), tls=authority.server_context()) as address:
        async with VaultKeys(address, token=TOKEN, tls=authority.client_context()) as trusting:
            await trusting.health()
        async with VaultKeys(address, token=TOKEN) as keys:
            with pytest.raises(KeyProviderFailed):
                await keys.health()


@pytest.mark.parametrize(
    "address", ["http://vault.example.org:8200", "http://10.0.0.1", "http://localhost.example.org"]
)
def test_vault_beyond_this_machine_is_spoken_to_by_tls_only(address: str) -> None:
    with pytest.raises(UnsafeAddress):
        VaultKeys(address, token=TOKEN)


@pytest.mark.parametrize("address", ["vault:8200", "ftp://localhost", "https://user:word@vault.example.org", ""])
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(Misconfigured):
        VaultKeys(address, token=TOKEN)


@pytest.mark.parametrize("name", ["", "../sys", "a/b", "a?b", ".."])
def test_a_name_that_would_lead_elsewhere_in_vault_is_refused(name: str) -> None:
    with pytest.raises(Misconfigured):
        VaultKeys("https://localhost", token=TOKEN, key_name=name)


# Secrets


def test_secrets_are_the_same_for_the_same_root_and_others_for_another() -> None:
    one, same, other = Secrets(bytearray(32)), Secrets(bytearray(32)), Secrets(bytearray(b"\1" * 32))

    assert one.index("user", 1) == same.index("user", 1) != other.index("user", 1)
    assert one.public_key == same.public_key != other.public_key
    assert one.chain(b"head") == same.chain(b"head") != other.chain(b"head")


def test_each_use_has_a_secret_of_its_own() -> None:
    secrets = Secrets(bytearray(32))

    assert len({bytes(key) for key in secrets._keys.values()} | {secrets.public_key}) == len(secrets._keys) + 1
    assert bytes(32) not in {bytes(key) for key in secrets._keys.values()}


def test_an_id_cannot_be_looked_up_without_the_secret() -> None:
    index = Secrets(bytearray(os.urandom(32))).index("user", 1234567890)

    guesses = (
        hmac.digest(key, text, "sha256")
        for key in (b"", bytes(32), b"user")
        for text in (b"1234567890", b"user1234567890", (1234567890).to_bytes(8, "big"))
    )
    assert index not in set(guesses)


def test_one_number_has_other_indexes_as_user_and_as_guild() -> None:
    secrets = Secrets(bytearray(32))

    assert secrets.index("user", 7) != secrets.index("guild", 7)
    assert secrets.index("user", 7) != secrets.index("user", 8)


def test_a_pseudonym_changes_with_the_quarter() -> None:
    secrets, subject = Secrets(bytearray(32)), uuid4()

    assert secrets.pseudonym(subject, "2026Q4") != secrets.pseudonym(subject, "2027Q1")
    assert secrets.pseudonym(subject, "2026Q4") == secrets.pseudonym(subject, "2026Q4")
    assert len(secrets.pseudonym(subject, "2026Q4")) == 32


def test_what_was_signed_can_be_checked_with_the_public_key() -> None:
    secrets = Secrets(bytearray(32))

    Ed25519PublicKey.from_public_bytes(secrets.public_key).verify(secrets.sign(b"receipt"), b"receipt")


def test_secrets_stay_what_they_were_in_earlier_releases() -> None:
    secrets = Secrets(bytearray(range(32)))

    assert (
        secrets.index("user", 80351110224678912).hex()
        == "4ac0d4bd737171f558339adcc94f8091509d92c2b343b23b579fec7d678482af"
    )
    assert secrets.pseudonym(UUID(int=1), "2026Q4") == "6baad1bb8cc1c06066746ddca54a35b4"
    assert secrets.chain(bytes(32)).hex() == "f18be82423b2fc8e3f564635a619c5380a416767789eeb64d65b7e2ad1eefa52"
    assert secrets.public_key.hex() == "d347c114a39e783c5b2ca795b540237256397f7d5dfe8f27f0b322110e4c89a6"


def test_wiped_secrets_derive_nothing_and_none_can_be_copied_or_shown() -> None:
    secrets = Secrets(bytearray(32))
    kept = list(secrets._keys.values())

    assert repr(secrets) == "<Secrets>"
    with pytest.raises(TypeError):
        pickle.dumps(secrets)
    secrets.wipe()

    assert all(key == bytes(32) for key in kept)
    with pytest.raises(KeyError):
        secrets.index("user", 1)


def test_every_error_of_storage_has_one_base() -> None:
    for error in (UnknownKey, DecryptionFailed, KeyProviderFailed, UnsafePlace, UnsafeAddress):
        assert issubclass(error, StorageError)
