"""`python -m bot keys …`: making, rotating and looking at the keys that seal everything.

init      the first key and the databases
rotate    a new version; every data key rewrapped; with --retire the older versions destroyed
status    which versions there are, and how many data keys each wraps
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from bot.errors import StartRefused
from bot.installation import refusing
from storage.backup import back_up_keyring

if TYPE_CHECKING:
    from bot.clock import Clock
    from bot.installation import Installation


async def init(installation: Installation) -> dict[str, Any]:
    """Make what is not there yet: the first key-encryption key, the databases, the root. What is there, stays."""
    with refusing():
        fresh = not (installation.exists and await asyncio.to_thread(_has_keys, installation))
        async with installation.stores() as stores, installation.provider() as provider:
            await provider.health()
            return {
                "made": fresh,
                "version": await provider.current_version(),
                "data_keys": sum((await stores.keyring.versions()).values()),
            }


async def rotate(installation: Installation, *, clock: Clock, retire: bool) -> dict[str, Any]:
    """Make a new version and rewrap everything under it; a rotation that was interrupted is finished instead.

    With *retire*, older versions are then destroyed. The keyring's backup is refreshed before, or it could no longer be
    opened.
    """
    installation.must_exist()
    if retire and not installation.is_sqlite:
        raise StartRefused("With PostgreSQL, run keys rotate, back up the keyring with pg_dump, and run keys retire.")
    with refusing():
        async with installation.stores() as stores, installation.provider() as provider:
            current = await provider.current_version()
            behind = any(version < current for version in await stores.keyring.versions())
            if not behind:
                current = await provider.advance()
            rewrapped = await stores.keyring.rotate()
            await _refresh(installation, clock)
            if retire and current > 1:
                await stores.keyring.retire(current - 1)
            return {"version": current, "rewrapped": rewrapped, "finished": behind, "retired": retire and current > 1}


async def retire(installation: Installation) -> int:
    """Destroy every version of the key-encryption key but the current one, and return how many data keys there are.

    Raises:
        StartRefused: If an older one still wraps a data key.
    """
    installation.must_exist()
    with refusing():
        async with installation.stores() as stores, installation.provider() as provider:
            current = await provider.current_version()
            if any(version < current for version in await stores.keyring.versions()):
                raise StartRefused("Older versions still wrap data keys: run keys rotate first.")
            if current > 1:
                await stores.keyring.retire(current - 1)
            return current


async def status(installation: Installation) -> dict[str, Any]:
    """Which versions there are, and how many data keys each wraps."""
    installation.must_exist()
    with refusing():
        async with installation.stores() as stores, installation.provider() as provider:
            await provider.health()
            return {
                "keys": type(provider).__name__,
                "version": await provider.current_version(),
                "data_keys": {str(version): number for version, number in (await stores.keyring.versions()).items()},
                "generation": await stores.keyring.generation(),
            }


def _has_keys(installation: Installation) -> bool:
    """Whether there is a key-encryption key; those that are elsewhere are taken to be there."""
    return not installation.keys_are_files or any(installation.settings.keys_folder.glob("kek-*"))


async def _refresh(installation: Installation, clock: Clock) -> None:
    """Make the keyring's backup as the keyring is now, where it is a file."""
    if installation.is_sqlite:
        await asyncio.to_thread(back_up_keyring, installation.places(), now=clock.now())
