"""What is kept, opened: both databases, the keys, and everything that reads and writes through them.

    settings -> where the keys are -> keyring -> secrets, subjects -> ledger

The first start makes the data folder and, unless keys are elsewhere, the first key beside it.
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage.database import open_databases
from storage.keyring import Keyring
from storage.keys import EnvironmentKeys, FileKeys
from storage.ledger import Ledger
from storage.live_messages import LiveMessages
from storage.subjects import Subjects
from storage.transcripts import Transcripts
from storage.vault import VaultKeys

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from config.settings import Settings
    from storage.database import Databases
    from storage.keys import KeyProvider, Secrets
    from storage.ledger import Policy


@dataclass(frozen=True, slots=True)
class Stores:
    """What is kept.

    Attributes:
        databases: Content and keyring.
        keyring: People's data keys.
        secrets: The installation's own.
        subjects: Who is who.
        ledger: Who agreed to what.
        transcripts: What people chose to save.
        live_messages: Where captions and notices stand.
    """

    databases: Databases
    keyring: Keyring
    secrets: Secrets
    subjects: Subjects
    ledger: Ledger
    transcripts: Transcripts
    live_messages: LiveMessages


@asynccontextmanager
async def open_stores(settings: Settings, *, policy: Policy) -> AsyncGenerator[Stores]:
    """Everything that is kept, until the end of the block.

    Raises:
        StorageError: If a folder, a key or a database is not as it must be; the message says what to do.
    """
    async with AsyncExitStack() as stack:
        provider = await open_provider(settings, stack)
        databases = await stack.enter_async_context(
            open_databases(
                settings.data_folder,
                content_dsn=settings.content_dsn.get_secret_value() if settings.content_dsn else None,
                keyring_dsn=settings.keyring_dsn.get_secret_value() if settings.keyring_dsn else None,
            )
        )
        keyring = Keyring(databases.keyring, provider)
        stack.callback(keyring.close)
        secrets = await keyring.secrets()
        stack.callback(secrets.wipe)
        subjects = Subjects(databases.content, keyring, secrets)
        ledger = Ledger(databases.content, keyring, secrets, subjects, policy=policy)
        await ledger.refresh()
        yield Stores(
            databases,
            keyring,
            secrets,
            subjects,
            ledger,
            Transcripts(databases.content, keyring, secrets, subjects),
            LiveMessages(databases.content, keyring),
        )


async def open_provider(settings: Settings, stack: AsyncExitStack) -> KeyProvider:
    """Who holds the key-encryption keys; made on the first start, if they are files."""
    if settings.vault_url:
        token = settings.vault_token.get_secret_value() if settings.vault_token else ""
        return await stack.enter_async_context(VaultKeys(settings.vault_url, token=token, key_name=settings.vault_key))
    if settings.keys is not None:
        return EnvironmentKeys(settings.keys.get_secret_value())
    keys = FileKeys(settings.keys_folder, data_dir=settings.data_folder)
    # Only where nothing was kept yet: data without its key must not get another one, under which it would never open.
    if not (settings.data_folder / "keyring.db").exists():
        await keys.create()
    return keys
