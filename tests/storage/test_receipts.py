from __future__ import annotations

import base64
import copy
import json
import os
import sqlite3
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from storage.errors import Misconfigured
from storage.keyring import Keyring
from storage.keys import Secrets
from storage.receipts import DestroyedKey, Outside, keys_in_file, keys_of, make_receipt, verify_receipt
from tests.storage.people import ANNA, NOW, POLICY, People, people_over

if TYPE_CHECKING:
    from pathlib import Path

    from storage.database import Databases
    from storage.keys import EnvironmentKeys
    from tests.storage.conftest import Installation

KEY = DestroyedKey(UUID(int=77), bytes(range(32)))


@pytest.fixture
def secrets() -> Secrets:
    return Secrets(bytearray(range(32)))


@pytest_asyncio.fixture
async def people(databases: Databases, provider: EnvironmentKeys) -> People:
    return await people_over(databases, provider)


def receipt_of(secrets: Secrets, **changes: Any) -> dict[str, Any]:
    given: dict[str, Any] = {
        "scope": "account",
        "at": NOW,
        "policy_version": "2026-03-08",
        "rows": {"turn": 3, "transcript": 1},
        "keys": [KEY],
        "files_rewritten": True,
        "outside": [Outside("backups of this installation", "30 days")],
    }
    return make_receipt(secrets, **given | changes)


def test_a_receipt_holds_after_it_was_a_file(secrets: Secrets) -> None:
    receipt = json.loads(json.dumps(receipt_of(secrets), indent=2))

    checked = verify_receipt(receipt, public_key=secrets.public_key, keyrings={"the keyring": {uuid4()}})

    assert checked.holds
    assert (checked.erased_at, checked.keys) == (NOW, 1)


def changes_of(value: Any) -> list[Any]:
    """Every way to change one leaf of some JSON, or to add to it."""
    if isinstance(value, dict):
        value = cast("dict[str, Any]", value)
        inner = [{**value, name: each} for name in value for each in changes_of(value[name])]
        return [*inner, *({n: v for n, v in value.items() if n != name} for name in value), value | {"more": 1}]
    if isinstance(value, list):
        value = cast("list[Any]", value)
        inner = [[*value[:i], each, *value[i + 1 :]] for i in range(len(value)) for each in changes_of(value[i])]
        return [*inner, value[1:], [*value, *value[:1]]]
    if isinstance(value, bool):
        return [not value]
    if isinstance(value, int):
        return [value + 1]
    return [value + "x", value[:-1] + chr(ord(value[-1]) ^ 1)]


def test_no_part_of_a_receipt_can_be_changed(secrets: Secrets) -> None:
    receipt = receipt_of(secrets)

    changed = changes_of(receipt)

    assert len(changed) > 40
    assert [each for each in changed if each != receipt and verify_receipt(each).holds] == []


def test_a_receipt_of_another_installation_is_known_as_one(secrets: Secrets) -> None:
    other = Secrets(bytearray(range(1, 33)))

    assert verify_receipt(receipt_of(other)).holds
    assert verify_receipt(receipt_of(other), public_key=secrets.public_key).faults == (
        "another installation made this receipt",
    )


def test_a_key_that_is_still_there_shows(secrets: Secrets) -> None:
    keyrings = {"the living keyring": [uuid4()], "the backup": [uuid4(), KEY.id]}

    checked = verify_receipt(receipt_of(secrets), keyrings=keyrings)

    assert checked.faults == ("1 of the destroyed keys are in the backup",)


def test_files_that_were_not_rewritten_show(secrets: Secrets) -> None:
    assert not verify_receipt(receipt_of(secrets, files_rewritten=False)).holds


@pytest.mark.parametrize("nonsense", [{}, {"format": 1}, {"format": 2}, {"format": 1, "public_key": 7}])
def test_what_is_no_receipt_is_said_to_be_none(nonsense: dict[str, Any]) -> None:
    assert not verify_receipt(nonsense).holds


def test_a_signature_of_something_else_is_no_signature_of_a_receipt(secrets: Secrets) -> None:
    receipt = receipt_of(secrets)
    unsigned = {name: value for name, value in receipt.items() if name != "signature"}
    plain = json.dumps(unsigned, sort_keys=True, separators=(",", ":")).encode()
    forged = copy.deepcopy(receipt)
    forged["signature"] = base64.b64encode(secrets.sign(plain)).decode()

    assert verify_receipt(forged).faults == ("the signature does not hold",)


def test_two_receipts_of_the_same_have_different_numbers(secrets: Secrets) -> None:
    assert receipt_of(secrets)["receipt"] != receipt_of(secrets)["receipt"]


async def test_a_receipt_names_nobody(people: People) -> None:
    await people.join(ANNA)
    subject = await people.subject(ANNA)
    idx = people.subjects.index(ANNA)
    transcript = await people.save(ANNA, ANNA)

    erased = await people.erasure().account(ANNA, at=NOW)

    text = json.dumps(erased.receipt)
    for secret in (str(ANNA), str(subject), subject.hex, idx.hex(), "Anna", str(transcript)):
        assert secret not in text
    assert erased.receipt["policy_version"] == POLICY.version


async def test_destroyed_keys_are_looked_for_in_the_living_keyring_and_in_backups(
    sqlite: Installation, provider: EnvironmentKeys, tmp_path: Path
) -> None:
    async with sqlite.open() as databases:
        people = await people_over(databases, provider)
        await people.join(ANNA)
        with sqlite3.connect(sqlite.folder / "keyring.db") as living, sqlite3.connect(tmp_path / "old.db") as old:
            living.backup(old)
        living.close()
        old.close()
        erased = await people.erasure().account(ANNA, at=NOW)
        living_keys = await keys_of(databases.keyring)

    assert len(living_keys) == 1  # the root
    assert verify_receipt(erased.receipt, keyrings={"the living keyring": living_keys}).holds
    backup = await keys_in_file(tmp_path / "old.db")
    assert verify_receipt(erased.receipt, keyrings={"the backup": backup}).faults == (
        "1 of the destroyed keys are in the backup",
    )
    assert sorted(os.listdir(tmp_path)) == ["old.db"]  # noqa: PTH208  nothing else waits for this event loop


async def test_a_file_that_is_no_keyring_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "some.db").write_bytes(b"nothing of the kind")

    for name in ("some.db", "missing.db"):
        with pytest.raises(Misconfigured, match="no backup of a keyring"):
            await keys_in_file(tmp_path / name)


async def test_keys_are_found_on_both_engines(databases: Databases, provider: EnvironmentKeys) -> None:
    keyring = Keyring(databases.keyring, provider)
    await keyring.ensure(uuid4())
    await keyring.ensure(uuid4())

    assert len(await keys_of(databases.keyring)) == 2
