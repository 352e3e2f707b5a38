"""One installation, as the operator's commands open it: its places, its keys, its parts; errors in one sentence.

Installation(settings, operations)
  .places()        four folders, for backups
  .stores()        databases, keyring, ledger …, as the bot opens them
  .erasure()       what erases and heals, with everything that keeps
"""

from __future__ import annotations

from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import TYPE_CHECKING

from bot.errors import StartRefused
from bot.stores import LOST_KEYRING, LOST_KEYS, erasure, keyring_is_lost, open_provider, open_stores
from config.errors import Unfit
from config.policy import load_policy
from config.processors import load_processors
from storage.backup import Places
from storage.errors import DecryptionFailed, Misconfigured, StorageError, UnknownKey
from storage.keyring import Keyring
from storage.ledger import Ledger, Policy
from storage.subjects import Subjects

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from datetime import datetime

    from bot.stores import Stores
    from config.operations import Operations
    from config.policy import PolicyText
    from config.processors import Processor
    from config.settings import Settings
    from storage.database import Databases
    from storage.erasure import Erasure
    from storage.keys import KeyProvider, Secrets

LOST_CONTENT = (
    "The content database is not there, and the keyring is: python -m bot restore brings back the newest backup; where"
    " there is none, starting the bot begins anew."
)

NO_POLICY = Policy("none", bytes(32))
"""For commands that ask nobody's consent."""


@contextmanager
def refusing() -> Generator[None]:
    """Turn what goes wrong in keeping into one sentence for the operator."""
    try:
        yield
    except (StorageError, Unfit) as refused:
        raise StartRefused(sentence(str(refused))) from None


def sentence(text: str) -> str:
    """*text* as a sentence of its own."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?")) else ".")


class Installation:
    """What the settings describe."""

    def __init__(self, settings: Settings, operations: Operations) -> None:
        self.settings = settings
        self.operations = operations

    @property
    def is_sqlite(self) -> bool:
        """Whether both databases are files."""
        return self.settings.content_dsn is None and self.settings.keyring_dsn is None

    @property
    def keys_are_files(self) -> bool:
        """Whether the key-encryption keys are files."""
        return not self.settings.vault_url and self.settings.keys is None

    @property
    def exists(self) -> bool:
        """Whether there is a keyring; one behind a DSN is taken to be there."""
        return self.settings.keyring_dsn is not None or (self.settings.data_folder / "keyring.db").exists()

    @property
    def content_is_lost(self) -> bool:
        """Whether there is a keyring and no content, which opening would begin anew, so that none can be restored."""
        folder = self.settings.data_folder
        return self.is_sqlite and (folder / "keyring.db").exists() and not (folder / "content.db").exists()

    def places(self) -> Places:
        """The folders of data, backups and keys.

        Raises:
            StartRefused: If the databases are PostgreSQL's.
        """
        if not self.is_sqlite:
            raise StartRefused("PostgreSQL is backed up and restored with its own tools: see docs/backup.md.")
        return Places(
            self.settings.data_folder,
            self.operations.backup_folder,
            self.operations.keyring_backup_folder,
            self.settings.keys_folder if self.keys_are_files else None,
        )

    def policy(self) -> PolicyText:
        """The policy, with the controller filled in."""
        return load_policy(self.operations.controller)

    def processors(self) -> tuple[Processor, ...]:
        """The list of processors."""
        return load_processors(self.operations.processors_file)

    def must_exist(self) -> None:
        """Nothing, if something was ever kept here.

        Raises:
            StartRefused: If not.
        """
        if keyring_is_lost(self.settings):
            raise StartRefused(sentence(LOST_KEYRING))
        if not self.exists:
            raise StartRefused("Nothing is kept here yet: python -m bot keys init makes the keys and the databases.")
        if self.content_is_lost:
            raise StartRefused(LOST_CONTENT)

    @asynccontextmanager
    async def stores(self) -> AsyncGenerator[Stores]:
        """Everything that is kept, open."""
        async with open_stores(self.settings, policy=NO_POLICY) as stores:
            yield stores

    @asynccontextmanager
    async def provider(self) -> AsyncGenerator[KeyProvider]:
        """Who holds the key-encryption keys."""
        async with AsyncExitStack() as stack:
            yield await open_provider(self.settings, stack)

    def erasure(self, stores: Stores, *, policy_version: str) -> Erasure:
        """What erases, and does it again after a restore."""
        parts = (stores.databases, stores.keyring, stores.secrets, stores.subjects, stores.ledger)
        return self._erasure(*parts, policy_version=policy_version)

    async def heal(self, databases: Databases, *, at: datetime) -> None:
        """Erase again, in databases that were just restored, everybody who was erased since, and take back every yes.

        Who took theirs back since the backup is not known any more, so everybody is asked anew.
        """
        async with self.provider() as provider:
            keyring = Keyring(databases.keyring, provider)
            try:
                secrets = await keyring.secrets()
            except (UnknownKey, DecryptionFailed):
                raise Misconfigured(LOST_KEYS) from None
            try:
                subjects = Subjects(databases.content, keyring, secrets)
                ledger = Ledger(databases.content, keyring, secrets, subjects, policy=NO_POLICY)
                await self._erasure(databases, keyring, secrets, subjects, ledger, policy_version="none").heal()
                await ledger.withdraw_all(at=at)
            finally:
                secrets.wipe()
                keyring.close()

    def _erasure(
        self,
        databases: Databases,
        keyring: Keyring,
        secrets: Secrets,
        subjects: Subjects,
        ledger: Ledger,
        *,
        policy_version: str,
    ) -> Erasure:
        parts = (databases, keyring, secrets, subjects, ledger)
        return erasure(*parts, processors=self.processors(), policy_version=policy_version)

    def __repr__(self) -> str:
        return "<Installation>"
