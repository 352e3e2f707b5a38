"""The operator's commands on what is kept: backup, restore, purge-all, erase, requests, verify-receipt.

Each takes an `Installation`, does one thing and returns what it did, for `bot/__main__.py` to show. What cannot be done
is a `StartRefused` with one sentence.
"""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, cast

from bot.errors import StartRefused
from bot.installation import refusing
from storage.backup import back_up, backups, restore
from storage.errors import StorageError
from storage.live_messages import LiveMessages
from storage.purge import purge, purge_keys
from storage.receipts import keys_in_file, keys_of, verify_receipt
from storage.requests import CODE_LIFE, Outcome, RequestKind, Requests
from storage.retention import Retention

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path
    from uuid import UUID

    from bot.clock import Clock
    from bot.installation import Installation
    from bot.stores import Stores
    from storage.requests import Entry

PURGE_WORDS: Final = "erase everything"
"""What must be typed for `purge-all`."""


async def make_backup(installation: Installation, *, clock: Clock) -> dict[str, Any]:
    """Copy the keyring and the content."""
    places = installation.places()
    installation.must_exist()
    with refusing():
        made = await asyncio.to_thread(back_up, places, now=clock.now(), generations=installation.operations.backups)
    return {"content": str(made.file), "keyring": str(places.keyring / "keyring.db"), "kept": len(backups(places))}


async def bring_back(installation: Installation, file: Path | None, *, clock: Clock) -> dict[str, Any]:
    """Restore *file*, or the newest backup; erase again who was erased since, and take back every yes."""
    places = installation.places()
    with refusing():
        if file is None:
            there = backups(places)
            if not there:
                raise StartRefused("There is no backup in SKILLRALLY_BACKUP_DIR.")
            file = there[-1].file
        if not file.is_file():
            raise StartRefused("There is no such backup.")
        now = clock.now()
        await restore(places, file, now=now, replay=lambda databases: installation.heal(databases, at=now))
    return {"restored": str(file)}


async def purge_all(installation: Installation, *, typed: str, leave_messages: bool) -> dict[str, Any]:
    """Delete keys, databases and backups.

    Raises:
        StartRefused: If *typed* is not what must be typed, a bot is running, or messages stand on Discord.
    """
    if typed.strip().casefold() != PURGE_WORDS:
        raise StartRefused(f"Nothing was deleted: type “{PURGE_WORDS}” to delete everything.")
    if not leave_messages and installation.exists:
        await _refuse_standing(installation)
    with refusing():
        if installation.is_sqlite:
            return {"files": await asyncio.to_thread(purge, installation.places()), "keys": installation.keys_are_files}
        async with installation.stores() as stores:
            await stores.databases.keyring.migrate("base")
            await stores.databases.content.migrate("base")
        gone = 0
        if installation.keys_are_files:
            gone = await asyncio.to_thread(purge_keys, installation.settings.keys_folder)
        return {"files": gone, "keys": installation.keys_are_files}


async def _refuse_standing(installation: Installation) -> None:
    try:
        async with installation.stores() as stores:
            journal = await LiveMessages(stores.databases.content, stores.keyring).all()
    except StorageError:
        return  # what cannot be opened can still be deleted
    if journal.messages:
        raise StartRefused(
            f"{len(journal.messages)} messages of the bot still stand on Discord: start and stop the bot once, which"
            " deletes them, or say --leave-messages."
        )


async def erase(installation: Installation, user_id: int, *, clock: Clock) -> dict[str, Any]:
    """Erase a person who asked for it by e-mail and confirmed the code on Discord, and return the receipt for them.

    Raises:
        StartRefused: If this is nobody's id, or no open request of theirs to erase was confirmed.
    """
    if not 0 < user_id < 1 << 63:
        raise StartRefused("This is no id of a Discord account: Discord shows it with Copy User ID.")
    installation.must_exist()
    with refusing():
        policy = installation.policy()
        async with installation.stores() as stores:
            entries = await _requests(stores).of(user_id)
            asked = [entry for entry in entries if entry.kind is RequestKind.ERASURE and entry.closed_at is None]
            if not any(entry.confirmed for entry in asked):
                raise StartRefused(
                    "This person has not confirmed a request to be erased: put it down with requests add erasure, and"
                    " have them enter the code at /privacy confirm."
                )
            erased = await installation.erasure(stores, policy_version=policy.version).account(user_id, at=clock.now())
    if not erased.files_rewritten:
        raise StartRefused("Their data is gone, but files were being read: stop the bot and run selfcheck.")
    return erased.receipt


async def check_receipt(installation: Installation, file: Path) -> dict[str, Any]:
    """Whether a receipt is whole and, where there is an installation, its keys are in neither keyring nor backup."""
    receipt = await asyncio.to_thread(_receipt_in, file)
    if not installation.exists:
        checked = verify_receipt(receipt)
        looked: list[str] = []
    else:
        with refusing():
            async with installation.stores() as stores:
                keyrings: dict[str, Collection[UUID]] = {"the keyring": await keys_of(stores.databases.keyring)}
                spare = installation.operations.keyring_backup_folder / "keyring.db"
                if installation.is_sqlite and spare.exists():
                    keyrings["the keyring's backup"] = await keys_in_file(spare)
                checked = verify_receipt(receipt, public_key=stores.secrets.public_key, keyrings=keyrings)
                looked = list(keyrings)
    return {
        "holds": checked.holds,
        "faults": list(checked.faults),
        "erased_at": checked.erased_at.isoformat() if checked.erased_at else None,
        "keys": checked.keys,
        "looked_in": looked,
    }


def _receipt_in(file: Path) -> dict[str, Any]:
    try:
        receipt: Any = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        receipt = None
    if not isinstance(receipt, dict):
        raise StartRefused("There is no receipt in this file.")
    return cast("dict[str, Any]", receipt)


async def retain(installation: Installation, *, clock: Clock, trust_clock: bool) -> dict[str, Any]:
    """Delete what is due, as the bot does every 15 minutes, but for what stands on Discord."""
    installation.must_exist()
    with refusing():
        async with installation.stores() as stores:
            retention = Retention(stores.databases, clock=clock)
            if trust_clock:
                retention.trust_clock()
            report = await retention.tick()
    if report.elsewhere:
        raise StartRefused("Another process is at it: look again in some minutes.")
    return {"deleted": dict(report.deleted), "held_back": dict(report.held), "paused": report.paused}


# Requests


async def add_request(
    installation: Installation, kind: RequestKind, *, received: date | None, text: str, clock: Clock
) -> dict[str, Any]:
    """Put down what came by e-mail, and return the code to answer with."""
    now = clock.now()
    received_at = now if received is None else datetime.combine(received, datetime.min.time(), UTC)
    if received_at > now or now - received_at > timedelta(days=365):
        raise StartRefused("A request was received in the last year, not later than today.")
    installation.must_exist()
    with refusing():
        async with installation.stores() as stores:
            try:
                request, code = await _requests(stores).add_email(kind, received_at=received_at, at=now, text=text)
            except ValueError:
                raise StartRefused("The text of a request has at most 4000 characters.") from None
    return {"id": str(request), "code": code, "code_until": (now + CODE_LIFE).isoformat(timespec="minutes")}


async def list_requests(installation: Installation, *, closed: bool, clock: Clock) -> list[dict[str, Any]]:
    """The requests, the most urgent first."""
    installation.must_exist()
    with refusing():
        async with installation.stores() as stores:
            entries = await _requests(stores).entries(closed=closed)
    return [_shown(entry, clock.now()) for entry in entries]


async def close_request(installation: Installation, request: str, outcome: Outcome, *, clock: Clock) -> bool:
    """Close a request, named by its id or the first digits of it; return whether it was open."""
    installation.must_exist()
    with refusing():
        async with installation.stores() as stores:
            requests = _requests(stores)
            entries = [*await requests.entries(), *await requests.entries(closed=True)]
            found = [entry.id for entry in entries if str(entry.id).startswith(request.lower())]
            if len(found) != 1 or not request:
                raise StartRefused("There is no such request: requests list shows them.")
            return await requests.close(found[0], outcome, at=clock.now())


def _shown(entry: Entry, now: datetime) -> dict[str, Any]:
    return {
        "id": str(entry.id),
        "kind": entry.kind.value,
        "via": entry.via,
        "confirmed": entry.confirmed,
        "text": entry.text,
        "received": entry.received_at.date().isoformat(),
        "due": entry.due_at.date().isoformat(),
        "days_left": (entry.due_at - now).days,
        "closed": entry.closed_at.date().isoformat() if entry.closed_at else None,
        "outcome": entry.outcome.value if entry.outcome else None,
    }


def _requests(stores: Stores) -> Requests:
    return Requests(stores.databases.content, stores.keyring, stores.secrets, stores.subjects)
