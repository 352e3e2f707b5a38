"""What is kept, opened: both databases, the keys, and everything that reads and writes through them.

    settings -> where the keys are -> keyring -> secrets, subjects -> ledger, transcripts, requests, live messages
    with the policy and the processors -> what people may demand: erasure, their data

The first start makes the data folder and, unless keys are elsewhere, the first key beside it.
"""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from storage.blocks import Blocks
from storage.database import open_databases
from storage.erasure import Erasure
from storage.errors import DecryptionFailed, Misconfigured, UnknownKey, UnsafePlace
from storage.feedback import FeedbackStore
from storage.guilds import Guilds
from storage.jobs import Jobs, Limits
from storage.keyring import Keyring
from storage.keys import EnvironmentKeys, FileKeys
from storage.ledger import Ledger
from storage.live_messages import LiveMessages
from storage.models import Subject
from storage.package import Facts, Packages, Recipient, TranscriptKeeper
from storage.preferences import Preferences
from storage.questions import GuildQuestions
from storage.queue import Queue
from storage.receipts import Outside
from storage.requests import Requests
from storage.subjects import Subjects
from storage.trail import Trail
from storage.transcripts import Transcripts
from storage.vault import VaultKeys
from storage.whereabouts import Whereabouts

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence

    from config.policy import Controller, PolicyText
    from config.processors import Processor
    from config.settings import Settings
    from storage.database import Databases
    from storage.keys import KeyProvider, Secrets
    from storage.ledger import Policy


LOST_KEYRING: Final = (
    "the keyring is lost, without which nothing that is kept can be opened: put the newest copy of keyring.db, from"
    " SKILLRALLY_KEYRING_BACKUP_DIR or PostgreSQL's backup of it, where it was (docs/backup.md); nothing was changed"
)
"""A new one would open nothing, and its backups would take the place of the one that does."""


LOST_KEYS: Final = (
    "the key-encryption keys that this keyring was made with are not here: put back the copy that you keep of them, or"
    " set SKILLRALLY_KEYS_DIR, SKILLRALLY_KEYS or SKILLRALLY_VAULT_URL as before; nothing was changed"
)
"""Keys that are missing, or another installation's."""


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
        requests: Who wants what about their data, by when.
        preferences: What people chose for themselves.
        questions: What servers ask beside the questions that the program brings.
        queue: Who looks for somebody to practise with.
        feedback: What was written and noted about interviews.
        jobs: Feedback that was asked for and is not there yet.
        guilds: What servers decided.
        blocks: Who may not practise in which server.
        trail: What moderators did, and how much was practised.
        whereabouts: Which servers the bot is in.
    """

    databases: Databases
    keyring: Keyring
    secrets: Secrets
    subjects: Subjects
    ledger: Ledger
    transcripts: Transcripts
    live_messages: LiveMessages
    requests: Requests
    preferences: Preferences
    questions: GuildQuestions
    queue: Queue
    feedback: FeedbackStore
    jobs: Jobs
    guilds: Guilds
    blocks: Blocks
    trail: Trail
    whereabouts: Whereabouts


@dataclass(frozen=True, slots=True)
class Rights:
    """What people may demand, and what they must be told.

    Attributes:
        policy: The policy, with the controller filled in.
        controller: Who answers.
        processors: Who else gets something, those that are off too.
        erasure: Erases.
        packages: Makes data packages.
    """

    policy: PolicyText
    controller: Controller
    processors: tuple[Processor, ...]
    erasure: Erasure
    packages: Packages


@asynccontextmanager
async def open_stores(settings: Settings, *, policy: Policy) -> AsyncGenerator[Stores]:
    """Everything that is kept, until the end of the block.

    Raises:
        StorageError: If a folder, a key or a database is not as it must be; the message says what to do.
    """
    async with AsyncExitStack() as stack:
        provider = await open_provider(settings, stack)
        if await asyncio.to_thread(keyring_is_lost, settings):
            raise Misconfigured(LOST_KEYRING)
        databases = await stack.enter_async_context(
            open_databases(
                settings.data_folder,
                content_dsn=settings.content_dsn.get_secret_value() if settings.content_dsn else None,
                keyring_dsn=settings.keyring_dsn.get_secret_value() if settings.keyring_dsn else None,
            )
        )
        keyring = Keyring(databases.keyring, provider)
        stack.callback(keyring.close)
        if not await keyring.versions() and await _somebody_is_known(databases):
            raise Misconfigured(LOST_KEYRING)
        secrets = await _secrets(keyring, provider)
        stack.callback(secrets.wipe)
        subjects = Subjects(databases.content, keyring, secrets)
        ledger = Ledger(databases.content, keyring, secrets, subjects, policy=policy)
        await ledger.refresh()
        preferences = Preferences(databases.content, keyring, subjects)
        await preferences.refresh()
        yield Stores(
            databases,
            keyring,
            secrets,
            subjects,
            ledger,
            Transcripts(databases.content, keyring, secrets, subjects),
            LiveMessages(databases.content, keyring),
            Requests(databases.content, keyring, secrets, subjects),
            preferences,
            GuildQuestions(databases.content, keyring, secrets, subjects),
            Queue(databases.content, keyring, secrets, subjects),
            FeedbackStore(databases.content, keyring, subjects),
            Jobs(databases.content, keyring, secrets, subjects, ledger, limits=_limits(settings)),
            Guilds(databases.content, keyring, secrets),
            Blocks(databases.content, keyring, secrets),
            Trail(databases.content, secrets, subjects),
            Whereabouts(databases.content, keyring, secrets),
        )


def keyring_is_lost(settings: Settings) -> bool:
    """Whether the file with people's keys is gone, while the one with what they saved is there. Blocks."""
    if settings.content_dsn is not None or settings.keyring_dsn is not None:
        return False
    content, keyring = (settings.data_folder / f"{kind}.db" for kind in ("content", "keyring"))
    # A start that was killed leaves an empty file.
    return content.is_file() and content.stat().st_size > 0 and not keyring.exists()


async def _somebody_is_known(databases: Databases) -> bool:
    async with databases.content.read() as connection:
        return (await connection.execute(select(Subject.id).limit(1))).first() is not None


def _limits(settings: Settings) -> Limits:
    """What feedback may use; 0 sets no limit."""
    return Limits(settings.feedback_person_tokens or None, settings.feedback_server_tokens or None)


def rights(
    stores: Stores,
    *,
    policy: PolicyText,
    agreed: Policy,
    controller: Controller,
    processors: Sequence[Processor],
    let_go: Callable[[int], Awaitable[Mapping[str, int]]],
) -> Rights:
    """What people may demand of this installation.

    Args:
        stores: What is kept, open.
        policy: What people are shown.
        agreed: What their consents name.
        controller: Who answers.
        processors: Who else gets something.
        let_go: See `storage.erasure.Erasure`.
    """
    databases, keyring, secrets = stores.databases, stores.keyring, stores.secrets
    recipients = [
        Recipient(each.name, each.purpose, ", ".join(each.data), each.region, each.transfer, each.retention)
        for each in processors
        if each.enabled
    ]
    return Rights(
        policy,
        controller,
        tuple(processors),
        erasure(
            databases,
            keyring,
            secrets,
            stores.subjects,
            stores.ledger,
            processors=processors,
            policy_version=policy.version,
            let_go=let_go,
            preferences=stores.preferences,
        ),
        Packages(
            databases.content,
            keyring,
            secrets,
            stores.subjects,
            stores.ledger,
            keepers=[
                TranscriptKeeper(stores.transcripts),
                stores.requests,
                stores.preferences,
                stores.questions,
                stores.queue,
                stores.feedback,
            ],
            facts=Facts(controller.name.strip(), controller.email.strip(), agreed, recipients),
        ),
    )


def erasure(
    databases: Databases,
    keyring: Keyring,
    secrets: Secrets,
    subjects: Subjects,
    ledger: Ledger,
    *,
    processors: Sequence[Processor],
    policy_version: str,
    let_go: Callable[[int], Awaitable[Mapping[str, int]]] | None = None,
    preferences: Preferences | None = None,
) -> Erasure:
    """What erases, with everything that keeps; *policy_version* and *processors* are for its receipts.

    *preferences* are those of a running bot, which holds some of them in memory.
    """
    outside = [Outside("backups of this installation", "30 days")]
    outside += [Outside(each.name, each.retention) for each in processors if each.enabled]
    return Erasure(
        databases,
        keyring,
        secrets,
        subjects,
        ledger,
        keepers=[
            TranscriptKeeper(Transcripts(databases.content, keyring, secrets, subjects)),
            Requests(databases.content, keyring, secrets, subjects),
            preferences or Preferences(databases.content, keyring, subjects),
            GuildQuestions(databases.content, keyring, secrets, subjects),
            Queue(databases.content, keyring, secrets, subjects),
            FeedbackStore(databases.content, keyring, subjects),
        ],
        policy_version=policy_version,
        outside=outside,
        let_go=let_go,
    )


async def open_provider(settings: Settings, stack: AsyncExitStack) -> KeyProvider:
    """Who holds the key-encryption keys."""
    if settings.vault_url:
        token = settings.vault_token.get_secret_value() if settings.vault_token else ""
        return await stack.enter_async_context(VaultKeys(settings.vault_url, token=token, key_name=settings.vault_key))
    if settings.keys is not None:
        return EnvironmentKeys(settings.keys.get_secret_value())
    return FileKeys(settings.keys_folder, data_dir=settings.data_folder)


async def _secrets(keyring: Keyring, provider: KeyProvider) -> Secrets:
    """The installation's secrets; on the first start the first key is made, if keys are files."""
    new = not await keyring.versions()
    # Only where nothing was wrapped yet: a keyring that lost its keys must not get another one, which opens nothing.
    if new and isinstance(provider, FileKeys):
        await provider.create()
    try:
        return await keyring.secrets()
    except (UnknownKey, DecryptionFailed, Misconfigured) as lost:
        if new or isinstance(lost, UnsafePlace):
            raise
        raise Misconfigured(LOST_KEYS) from None
