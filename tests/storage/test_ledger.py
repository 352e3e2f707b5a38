from __future__ import annotations

import asyncio
import copy
import json
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from uuid import uuid4

import pytest
import pytest_asyncio
from sqlalchemy import delete, select, text, update

from storage import ledger as ledgers
from storage.errors import DatabaseBusy, OptedOut, StorageError
from storage.keyring import Keyring
from storage.keys import Secrets
from storage.ledger import Ledger, Occasion, Policy, Purpose, Standing, verify_ledger
from storage.models import ConsentEvent, ConsentLink, OptOut, Subject
from storage.subjects import Subjects

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from storage.database import Databases
    from storage.keys import EnvironmentKeys
    from tests.storage.conftest import Installation

NOW = datetime(2026, 11, 23, 12, 30, 15, 250_000, tzinfo=UTC)
POLICY = Policy("2026-03-08", bytes(range(32)))
ANNA, BEN = 80351110224678912, 175928847299117063
EVERYTHING = list(Purpose)
numbers = count(1_000)  # above those that a test names


def press(number: int | None = None, **changes: Any) -> Occasion:
    """A press of a button; each is another one, unless a number is given."""
    given: dict[str, Any] = {"at": NOW, "locale": "uk", "method": "button", "guild_id": 99, "text_sha256": bytes(32)}
    return Occasion(number if number is not None else next(numbers), **given | changes)


async def ledger_of(databases: Databases, provider: EnvironmentKeys, policy: Policy = POLICY) -> Ledger:
    keyring = Keyring(databases.keyring, provider)
    secrets = await keyring.secrets()
    ledger = Ledger(databases.content, keyring, secrets, Subjects(databases.content, keyring, secrets), policy=policy)
    await ledger.refresh()
    return ledger


@pytest_asyncio.fixture
async def ledger(databases: Databases, provider: EnvironmentKeys) -> Ledger:
    return await ledger_of(databases, provider)


@pytest_asyncio.fixture
async def elsewhere(installation: Installation, provider: EnvironmentKeys) -> AsyncIterator[Ledger]:
    """The same ledger, as another process has it."""
    async with installation.open() as databases:
        yield await ledger_of(databases, provider)


async def give(ledger: Ledger, user_id: int, *purposes: Purpose, number: int | None = None) -> None:
    await ledger.give(user_id, purposes, press(number), attested_age=16)


def allowed(ledger: Ledger, user_id: int) -> set[Purpose]:
    return {purpose for purpose in Purpose if ledger.allowed(user_id, purpose)}


# Saying yes and taking it back


async def test_nothing_is_allowed_until_it_is_given(ledger: Ledger) -> None:
    assert allowed(ledger, ANNA) == set()
    assert await ledger.state(ANNA) == dict.fromkeys(Purpose, Standing())


async def test_a_yes_opens_its_own_purpose_and_no_other(ledger: Ledger) -> None:
    for user_id, purpose in enumerate(Purpose):
        await give(ledger, user_id, purpose)

    for user_id, purpose in enumerate(Purpose):
        assert allowed(ledger, user_id) == {purpose}
        standings = await ledger.state(user_id)
        assert {each for each, standing in standings.items() if standing.allowed} == {purpose}
    assert allowed(ledger, BEN) == set()


async def test_taking_back_closes_what_is_named_and_nothing_else(ledger: Ledger) -> None:
    await give(ledger, ANNA, *EVERYTHING)

    await ledger.withdraw(ANNA, [Purpose.SAVE, Purpose.ANALYTICS], press())

    assert allowed(ledger, ANNA) == {Purpose.TRANSCRIBE, Purpose.CAPTIONS, Purpose.AI_FEEDBACK}


async def test_what_was_taken_back_can_be_given_again(ledger: Ledger) -> None:
    await give(ledger, ANNA, Purpose.SAVE)
    await ledger.withdraw(ANNA, [Purpose.SAVE], press())
    await give(ledger, ANNA, Purpose.SAVE)

    assert allowed(ledger, ANNA) == {Purpose.SAVE}
    assert [decision.given for decision in await ledger.history(ANNA)] == [True, False, True]


async def test_who_never_agreed_takes_nothing_back_and_is_not_put_down(ledger: Ledger, databases: Databases) -> None:
    assert await ledger.withdraw(ANNA, EVERYTHING, press()) == []

    async with databases.content.read() as connection:
        assert (await connection.execute(select(Subject.id))).first() is None


async def test_only_what_was_given_is_taken_back(ledger: Ledger) -> None:
    await give(ledger, ANNA, Purpose.SAVE)

    taken = await ledger.withdraw(ANNA, EVERYTHING, press())

    assert [decision.purpose for decision in taken] == [Purpose.SAVE]


async def test_each_decision_says_when_where_and_under_which_policy(ledger: Ledger) -> None:
    await ledger.give(ANNA, [Purpose.SAVE], press(method="command", locale="en-GB"), attested_age=16)

    (decision,) = await ledger.history(ANNA)

    assert (decision.purpose, decision.given, decision.policy, decision.at) == (Purpose.SAVE, True, POLICY, NOW)
    assert decision.detail["attested_age"] == 16
    assert (decision.detail["method"], decision.detail["locale"]) == ("command", "en-GB")


async def test_consents_outlive_the_process(ledger: Ledger, elsewhere: Ledger) -> None:
    await give(ledger, ANNA, Purpose.SAVE)
    await give(ledger, BEN, Purpose.CAPTIONS)
    await ledger.withdraw(BEN, [Purpose.CAPTIONS], press())

    assert allowed(elsewhere, ANNA) == set()
    await elsewhere.refresh()
    assert (allowed(elsewhere, ANNA), allowed(elsewhere, BEN)) == ({Purpose.SAVE}, set())


async def test_a_withdrawal_elsewhere_counts_here_from_the_next_refresh_on(ledger: Ledger, elsewhere: Ledger) -> None:
    await give(ledger, ANNA, Purpose.SAVE)
    await elsewhere.withdraw(ANNA, [Purpose.SAVE], press())

    await ledger.refresh()

    assert allowed(ledger, ANNA) == set()


async def test_taking_back_what_was_taken_back_elsewhere_closes_it_here_too(ledger: Ledger, elsewhere: Ledger) -> None:
    await give(ledger, ANNA, Purpose.SAVE)
    await elsewhere.withdraw(ANNA, [Purpose.SAVE], press())

    await ledger.withdraw(ANNA, [Purpose.SAVE], press())

    assert allowed(ledger, ANNA) == set()


@pytest.mark.parametrize(
    "policy",
    [Policy("2026-12-01", POLICY.sha256), Policy(POLICY.version, bytes(32))],
    ids=["version", "text"],
)
async def test_a_yes_to_another_policy_is_stale_and_counts_as_no(
    ledger: Ledger, databases: Databases, provider: EnvironmentKeys, policy: Policy
) -> None:
    await give(ledger, ANNA, Purpose.SAVE)
    after = await ledger_of(databases, provider, policy)

    assert allowed(after, ANNA) == set()
    assert (await after.state(ANNA))[Purpose.SAVE] == Standing(given=True, stale=True)

    await give(after, ANNA, Purpose.SAVE)
    assert allowed(after, ANNA) == {Purpose.SAVE}
    await ledger.refresh()
    assert allowed(ledger, ANNA) == set()


async def test_a_stale_yes_can_be_taken_back(ledger: Ledger, databases: Databases, provider: EnvironmentKeys) -> None:
    await give(ledger, ANNA, Purpose.SAVE)
    after = await ledger_of(databases, provider, Policy("next", bytes(32)))

    assert len(await after.withdraw(ANNA, EVERYTHING, press())) == 1
    assert (await after.state(ANNA))[Purpose.SAVE] == Standing()


def test_a_policy_that_does_not_fit_is_refused() -> None:
    for policy in (Policy("x" * 41, bytes(32)), Policy("x", b"")):
        with pytest.raises(ValueError, match="policy"):
            Ledger(cast("Any", None), cast("Any", None), cast("Any", None), cast("Any", None), policy=policy)


# Once


async def test_the_same_interaction_counts_once(ledger: Ledger, elsewhere: Ledger) -> None:
    first = await ledger.give(ANNA, EVERYTHING, press(7), attested_age=16)
    again = await elsewhere.give(ANNA, EVERYTHING, press(7), attested_age=16)
    many = await asyncio.gather(
        *(each.give(ANNA, EVERYTHING, press(7), attested_age=16) for each in (ledger, elsewhere) for _ in range(5))
    )

    assert len(first) == len(Purpose)
    assert [again, *many] == [first] * 11
    assert len(await ledger.history(ANNA)) == len(Purpose)


async def test_the_copy_of_an_old_yes_opens_nothing_again(ledger: Ledger) -> None:
    await give(ledger, ANNA, Purpose.SAVE, number=7)
    await ledger.withdraw(ANNA, [Purpose.SAVE], press())

    await give(ledger, ANNA, Purpose.SAVE, number=7)

    assert allowed(ledger, ANNA) == set()


async def test_the_copy_of_an_old_withdrawal_closes_nothing_again(ledger: Ledger) -> None:
    await give(ledger, ANNA, Purpose.SAVE)
    await ledger.withdraw(ANNA, [Purpose.SAVE], press(8))
    await give(ledger, ANNA, Purpose.SAVE)

    await ledger.withdraw(ANNA, [Purpose.SAVE], press(8))

    assert allowed(ledger, ANNA) == {Purpose.SAVE}


async def test_one_interaction_may_give_one_thing_and_take_back_another(ledger: Ledger) -> None:
    await give(ledger, ANNA, Purpose.SAVE)
    await give(ledger, ANNA, Purpose.CAPTIONS, number=9)
    await ledger.withdraw(ANNA, [Purpose.SAVE], press(9))

    assert allowed(ledger, ANNA) == {Purpose.CAPTIONS}


# At once


async def test_a_withdrawal_counts_before_it_is_written(ledger: Ledger, databases: Databases) -> None:
    await give(ledger, ANNA, Purpose.TRANSCRIBE, Purpose.CAPTIONS)

    async with asyncio.TaskGroup() as tasks, databases.content.write():  # nobody else can write now
        tasks.create_task(ledger.withdraw(ANNA, [Purpose.TRANSCRIBE], press()))
        await asyncio.sleep(0)  # the task has begun
        assert allowed(ledger, ANNA) == {Purpose.CAPTIONS}
        assert len(await ledger.history(ANNA)) == 2

    assert allowed(ledger, ANNA) == {Purpose.CAPTIONS}


async def test_a_withdrawal_that_cannot_be_written_is_said_and_holds_even_so(
    installation: Installation, provider: EnvironmentKeys
) -> None:
    async with installation.open(busy_s=0.05) as databases, installation.open() as others:
        ledger = await ledger_of(databases, provider)
        await give(ledger, ANNA, Purpose.TRANSCRIBE, number=3)
        async with others.content.write():
            with pytest.raises(DatabaseBusy):
                await ledger.withdraw(ANNA, [Purpose.TRANSCRIBE], press())

        assert allowed(ledger, ANNA) == set()
        await ledger.refresh()
        assert allowed(ledger, ANNA) == set()
        await give(ledger, ANNA, Purpose.TRANSCRIBE, number=3)
        assert allowed(ledger, ANNA) == set()

        await give(ledger, ANNA, Purpose.TRANSCRIBE)
        assert allowed(ledger, ANNA) == {Purpose.TRANSCRIBE}


async def test_a_yes_that_cannot_be_written_opens_nothing(
    installation: Installation, provider: EnvironmentKeys
) -> None:
    async with installation.open(busy_s=0.05) as databases, installation.open() as others:
        ledger = await ledger_of(databases, provider)
        async with others.content.write():
            with pytest.raises(DatabaseBusy):
                await give(ledger, ANNA, Purpose.SAVE)

        assert allowed(ledger, ANNA) == set()
        await ledger.refresh()
        assert allowed(ledger, ANNA) == set()


async def test_the_last_to_press_is_the_one_that_counts(ledger: Ledger) -> None:
    async def answer(*, yes: bool) -> None:
        if yes:
            await give(ledger, ANNA, Purpose.SAVE)
        else:
            await ledger.withdraw(ANNA, [Purpose.SAVE], press())

    for last in (True, False):
        async with asyncio.TaskGroup() as tasks:
            for _ in range(5):
                tasks.create_task(answer(yes=not last))
                tasks.create_task(answer(yes=last))
        assert ledger.allowed(ANNA, Purpose.SAVE) is last
        assert (await ledger.state(ANNA))[Purpose.SAVE].allowed is last


async def test_many_processes_make_one_chain(ledger: Ledger, elsewhere: Ledger) -> None:
    people = range(10, 18)

    await asyncio.gather(*(give(each, user, *EVERYTHING) for user in people for each in (ledger, elsewhere)))

    verdict = await ledger.verify()
    assert (verdict.faults, verdict.events, verdict.seq) == ((), 80, 80)


# Tampering


async def test_an_untouched_ledger_verifies(ledger: Ledger) -> None:
    assert (await ledger.verify()).holds
    await give(ledger, ANNA, *EVERYTHING)
    await ledger.withdraw(ANNA, [Purpose.SAVE], press())

    verdict = await ledger.verify()

    assert (verdict.holds, verdict.events, verdict.seq) == (True, 6, 6)


CHANGES: list[dict[str, Any]] = [
    {"given": False},
    {"purpose": "save"},
    {"policy_version": "2027"},
    {"policy_hash": bytes(32)},
    {"salt": bytes(32)},
    {"id": uuid4()},
    {"enc_detail": b"\x01" + bytes(60)},
]


async def test_every_changed_event_is_found(ledger: Ledger, databases: Databases) -> None:
    for user_id in range(len(CHANGES) + 1):
        await give(ledger, user_id, Purpose.TRANSCRIBE)
    async with databases.content.write() as connection:
        for number, change in enumerate(CHANGES, 1):
            await connection.execute(update(ConsentEvent).where(ConsentEvent.seq == number).values(**change))

    verdict = await ledger.verify()

    assert sorted(int(fault.split()[1]) for fault in verdict.faults) == list(range(1, len(CHANGES) + 1))


@pytest.mark.parametrize("column", ["commitment", "head", "mac"])
async def test_a_changed_link_is_found(ledger: Ledger, databases: Databases, column: str) -> None:
    await give(ledger, ANNA, *EVERYTHING)
    async with databases.content.write() as connection:
        await connection.execute(update(ConsentLink).where(ConsentLink.seq == 3).values(**{column: bytes(32)}))

    assert "link 3 " in (await ledger.verify()).faults[0]


async def test_a_removed_link_is_found(ledger: Ledger, databases: Databases) -> None:
    await give(ledger, ANNA, *EVERYTHING)
    async with databases.content.write() as connection:
        await connection.execute(delete(ConsentEvent).where(ConsentEvent.seq == 2))
        await connection.execute(delete(ConsentLink).where(ConsentLink.seq == 2))

    assert not (await ledger.verify()).holds


async def test_a_chain_made_without_the_secret_is_found(ledger: Ledger, databases: Databases) -> None:
    await give(ledger, ANNA, Purpose.SAVE)
    head = ledgers._head(1, ledgers.START, bytes(32))
    async with databases.content.write() as connection:
        await connection.execute(delete(ConsentEvent))
        await connection.execute(update(ConsentLink).values(commitment=bytes(32), head=head, mac=bytes(32)))

    assert (await ledger.verify()).faults == ("link 1 was not made by this installation",)


async def test_events_of_two_people_that_changed_places_are_found(ledger: Ledger, databases: Databases) -> None:
    await give(ledger, ANNA, Purpose.SAVE)
    await give(ledger, BEN, Purpose.SAVE)
    async with databases.content.write() as connection:
        one, other = (await connection.execute(select(ConsentEvent.subject_id).order_by(ConsentEvent.seq))).scalars()
        await connection.execute(update(ConsentEvent).where(ConsentEvent.seq == 1).values(subject_id=other))
        await connection.execute(update(ConsentEvent).where(ConsentEvent.seq == 2).values(subject_id=one))

    assert len((await ledger.verify()).faults) == 2


async def test_a_ledger_longer_than_a_page_verifies(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.ledger._PAGE", 2)
    await give(ledger, ANNA, *EVERYTHING)

    verdict = await ledger.verify()

    assert (verdict.holds, verdict.events, verdict.seq) == (True, 5, 5)


# A restore


async def test_every_yes_of_everybody_is_taken_back_together(ledger: Ledger) -> None:
    await give(ledger, ANNA, *EVERYTHING)
    await give(ledger, BEN, Purpose.SAVE)

    assert await ledger.withdraw_all(at=NOW) == 2

    assert (allowed(ledger, ANNA), allowed(ledger, BEN)) == (set(), set())
    assert not any(standing.given for standing in (await ledger.state(ANNA)).values())
    assert (await ledger.history(BEN))[-1].detail["method"] == "restore"
    assert (await ledger.verify()).holds
    assert await ledger.withdraw_all(at=NOW) == 0
    await give(ledger, BEN, Purpose.SAVE)
    assert allowed(ledger, BEN) == {Purpose.SAVE}


async def test_the_yes_of_somebody_whose_key_is_lost_is_taken_back_too(ledger: Ledger) -> None:
    await give(ledger, ANNA, *EVERYTHING)
    subject = await ledger._subjects.find(ANNA)
    assert subject is not None
    await ledger._keyring.discard(subject)

    assert await ledger.withdraw_all(at=NOW) == 1

    assert allowed(ledger, ANNA) == set()
    assert (await ledger.verify()).holds


# Erasing


async def test_an_erased_persons_events_are_gone_and_the_chain_still_verifies(
    ledger: Ledger, elsewhere: Ledger, databases: Databases
) -> None:
    await give(ledger, ANNA, *EVERYTHING)
    await give(ledger, BEN, Purpose.SAVE)
    await elsewhere.refresh()
    subject = await ledger._subjects.find(ANNA)
    assert subject is not None

    await ledger._keyring.destroy(subject, at=NOW)
    assert await ledger.erase(subject) == 5

    verdict = await ledger.verify()
    assert (verdict.faults, verdict.events, verdict.seq) == ((), 1, 6)
    await elsewhere.refresh()
    for each in (ledger, elsewhere):
        assert (allowed(each, ANNA), allowed(each, BEN)) == (set(), {Purpose.SAVE})
    async with databases.content.read() as connection:
        salts = (await connection.execute(select(ConsentEvent.salt))).scalars().all()
    assert len(salts) == 1


async def test_who_comes_back_begins_with_nothing(ledger: Ledger, databases: Databases) -> None:
    await give(ledger, ANNA, *EVERYTHING)
    subject = await ledger._subjects.find(ANNA)
    assert subject is not None
    await ledger._keyring.destroy(subject, at=NOW)
    await ledger.erase(subject)
    async with databases.content.write() as connection:
        await connection.execute(delete(Subject))

    assert (allowed(ledger, ANNA), await ledger.history(ANNA)) == (set(), [])
    await give(ledger, ANNA, Purpose.CAPTIONS)
    assert allowed(ledger, ANNA) == {Purpose.CAPTIONS}
    assert (await ledger.verify()).holds


# Export


async def exported(ledger: Ledger, user_id: int = ANNA) -> dict[str, Any]:
    """As it is read from a file."""
    return json.loads(json.dumps(await ledger.export(user_id, at=NOW)))


async def test_an_export_has_ones_own_decisions_and_verifies_without_the_installation(ledger: Ledger) -> None:
    await give(ledger, BEN, Purpose.CAPTIONS)
    await give(ledger, ANNA, Purpose.SAVE, Purpose.ANALYTICS)
    await give(ledger, BEN, Purpose.SAVE)
    await ledger.withdraw(ANNA, [Purpose.SAVE], press())

    export = await exported(ledger)

    verdict = verify_ledger(export, public_key=ledger._secrets.public_key)
    assert (verdict.faults, verdict.events, verdict.seq) == ((), 3, 5)
    assert [(event["purpose"], event["given"]) for event in export["events"]] == [
        ("analytics", True),
        ("save", True),
        ("save", False),
    ]
    assert len(export["commitments"]) == 4


async def test_an_export_names_nobody(ledger: Ledger) -> None:
    await give(ledger, BEN, Purpose.CAPTIONS)
    await give(ledger, ANNA, Purpose.SAVE)
    other = await ledger._subjects.find(BEN)

    text_of_it = json.dumps(await exported(ledger))

    assert str(ANNA) not in text_of_it
    assert str(other) not in text_of_it
    assert '"guild":99' not in text_of_it.replace(" ", "").replace("\\", "")


async def test_who_never_agreed_gets_an_empty_export_that_verifies(ledger: Ledger) -> None:
    await give(ledger, BEN, Purpose.CAPTIONS)

    verdict = verify_ledger(await exported(ledger))

    assert (verdict.faults, verdict.events) == ((), 0)


def mutations(value: Any) -> list[Any]:
    """Each a copy of *value* with one thing in it changed."""
    match value:
        case dict():
            table = cast("dict[str, Any]", value)
            return [table | {key: other} for key in table for other in mutations(table[key])] + [
                {name: kept for name, kept in table.items() if name != key} for key in table
            ]
        case list():
            row = cast("list[Any]", value)
            return [[*row[:n], other, *row[n + 1 :]] for n in range(len(row)) for other in mutations(row[n])] + [
                row[:n] + row[n + 1 :] for n in range(len(row))
            ]
        case bool():
            return [not value]
        case int():
            return [value + 1]
        case str():
            swap = "1" if value[len(value) // 2 : len(value) // 2 + 1] == "0" else "0"
            return [value[: len(value) // 2] + swap + value[len(value) // 2 + 1 :]]
        case _:
            return ["something"]


async def test_every_change_of_an_export_is_noticed_even_with_a_signature_of_ones_own(ledger: Ledger) -> None:
    await give(ledger, BEN, Purpose.CAPTIONS)
    await give(ledger, ANNA, Purpose.SAVE, Purpose.ANALYTICS)
    export = await exported(ledger)
    forger = Secrets(bytearray(b"f" * 32))

    changed = mutations(export)

    assert len(changed) > 30
    assert verify_ledger(copy.deepcopy(export)).holds
    for each in changed:
        assert not verify_ledger(each).holds
        forged = each | {"public_key": ledgers.base64.b64encode(forger.public_key).decode()}
        forged["signature"] = ledgers.base64.b64encode(forger.sign(ledgers._signed(forged))).decode()
        assert not verify_ledger(forged, public_key=ledger._secrets.public_key).holds


async def test_an_older_export_shows_when_the_end_was_cut_off(ledger: Ledger, databases: Databases) -> None:
    await give(ledger, ANNA, Purpose.SAVE)
    await ledger.withdraw(ANNA, [Purpose.SAVE], press())
    before = await exported(ledger)
    async with databases.content.write() as connection:
        await connection.execute(delete(ConsentEvent).where(ConsentEvent.seq == 2))
        await connection.execute(delete(ConsentLink).where(ConsentLink.seq == 2))
    assert (await ledger.verify()).holds

    after = await exported(ledger)
    assert verify_ledger(after).holds
    assert not verify_ledger(after, earlier=before).holds

    await give(ledger, BEN, Purpose.SAVE)
    verdict = verify_ledger(await exported(ledger), earlier=before)
    assert "the chain was changed since the earlier export" in verdict.faults


async def test_an_older_export_fits_a_ledger_that_went_on(ledger: Ledger) -> None:
    await give(ledger, ANNA, Purpose.SAVE)
    before = await exported(ledger)
    await give(ledger, BEN, Purpose.SAVE)
    await ledger.withdraw(ANNA, [Purpose.SAVE], press())

    assert verify_ledger(await exported(ledger), earlier=before).holds


async def test_an_export_verifies_after_others_were_erased(ledger: Ledger) -> None:
    await give(ledger, ANNA, Purpose.SAVE)
    await give(ledger, BEN, Purpose.SAVE)
    await ledger.withdraw(ANNA, [Purpose.SAVE], press())
    before = await exported(ledger)
    subject = await ledger._subjects.find(BEN)
    assert subject is not None
    await ledger.erase(subject)

    assert verify_ledger(await exported(ledger), earlier=before).holds


@pytest.mark.parametrize("nonsense", [{}, {"format": 2}, {"format": 1}, {"format": 1, "public_key": 5}])
def test_what_is_no_export_is_said_to_be_none(nonsense: dict[str, Any]) -> None:
    assert not verify_ledger(nonsense).holds


GOLDEN = Path(__file__).parent / "golden" / "ledger.json"


def test_an_export_of_an_earlier_release_still_verifies() -> None:
    verdict = verify_ledger(json.loads(GOLDEN.read_text(encoding="utf-8")))

    assert (verdict.faults, verdict.events, verdict.seq) == ((), 3, 4)


# What is where


async def test_nothing_of_a_decisions_detail_is_in_the_files(sqlite: Installation, provider: EnvironmentKeys) -> None:
    async with sqlite.open() as databases:
        ledger = await ledger_of(databases, provider)
        await ledger.give(ANNA, EVERYTHING, press(424242, locale="canary-locale"), attested_age=16)
        found = b"".join(path.read_bytes() for path in sqlite.folder.iterdir())

    for trace in (b"canary-locale", b"attested_age", b"button", b"424242", str(ANNA).encode(), b"2026-11-23T12"):
        assert trace not in found


async def test_a_ledger_shows_nobody(ledger: Ledger) -> None:
    await give(ledger, ANNA, Purpose.SAVE)

    assert repr(ledger) == "<Ledger, 1 known>"


async def test_a_ledger_without_its_tables_says_so(ledger: Ledger, databases: Databases) -> None:
    await give(ledger, ANNA, Purpose.SAVE)
    async with databases.content.write() as connection:
        await connection.execute(text("ALTER TABLE consent_event RENAME TO moved"))
    try:
        with pytest.raises(StorageError):
            await ledger.withdraw(ANNA, [Purpose.SAVE], press(at=NOW + timedelta(seconds=1)))
        assert allowed(ledger, ANNA) == set()
    finally:
        async with databases.content.write() as connection:
            await connection.execute(text("ALTER TABLE moved RENAME TO consent_event"))


# Never to be heard


async def test_who_opts_out_is_heard_by_no_process_whatever_they_agreed_to(ledger: Ledger, elsewhere: Ledger) -> None:
    await give(ledger, ANNA, *EVERYTHING)
    await give(ledger, BEN, *EVERYTHING)

    await ledger.opt_out(ANNA, press())
    await elsewhere.refresh()

    for each in (ledger, elsewhere):
        assert each.opted_out(ANNA)
        assert allowed(each, ANNA) == {Purpose.SAVE, Purpose.AI_FEEDBACK, Purpose.ANALYTICS}
        assert allowed(each, BEN) == set(EVERYTHING)
    assert [(each.purpose, each.given) for each in await ledger.history(ANNA)][-2:] == [
        (Purpose.CAPTIONS, False),
        (Purpose.TRANSCRIBE, False),
    ]


async def test_somebody_who_never_agreed_to_anything_can_opt_out(ledger: Ledger) -> None:
    await ledger.opt_out(ANNA, press())
    await ledger.opt_out(ANNA, press())

    assert ledger.opted_out(ANNA)
    with pytest.raises(OptedOut):
        await give(ledger, ANNA, Purpose.TRANSCRIBE, Purpose.SAVE)
    assert allowed(ledger, ANNA) == set()
    await give(ledger, ANNA, Purpose.SAVE)
    assert allowed(ledger, ANNA) == {Purpose.SAVE}


async def test_who_opts_in_again_has_agreed_to_nothing_by_that(ledger: Ledger, elsewhere: Ledger) -> None:
    await give(ledger, ANNA, *EVERYTHING)
    await ledger.opt_out(ANNA, press())

    assert await ledger.opt_in(ANNA)
    assert not await ledger.opt_in(ANNA)
    await elsewhere.refresh()

    for each in (ledger, elsewhere):
        assert not each.opted_out(ANNA)
        assert not each.allowed(ANNA, Purpose.TRANSCRIBE)
    await give(ledger, ANNA, Purpose.TRANSCRIBE)
    assert ledger.allowed(ANNA, Purpose.TRANSCRIBE)


async def test_an_opt_out_counts_before_it_is_written_and_although_it_cannot_be(
    ledger: Ledger, elsewhere: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    await give(ledger, ANNA, *EVERYTHING)
    monkeypatch.setattr(ledger, "_put", _refuses)  # a database that is full does the same, on one kind only

    with pytest.raises(DatabaseBusy):
        await ledger.opt_out(ANNA, press())
    await give(elsewhere, BEN, Purpose.SAVE)
    await ledger.refresh()

    assert ledger.opted_out(ANNA)
    assert not ledger.allowed(ANNA, Purpose.TRANSCRIBE)


async def test_an_opt_out_goes_with_the_account(ledger: Ledger) -> None:
    await ledger.opt_out(ANNA, press())
    async with ledger._content.read() as connection:
        subject = (await connection.execute(select(Subject.id))).scalar_one()

    await ledger._keyring.destroy(subject, at=NOW)
    await ledger.erase(subject)

    assert not ledger.opted_out(ANNA)
    async with ledger._keyring._database.read() as connection:
        assert (await connection.execute(select(OptOut))).first() is None


async def _refuses(*_: object, **__: object) -> None:
    raise DatabaseBusy("somebody else has been writing for too long")
