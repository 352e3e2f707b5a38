from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import insert, select, text

from storage import erasure as erasures
from storage.erasure import quarters
from storage.errors import DatabaseFailed, NotFound, StorageError, SubjectErased
from storage.ledger import Purpose, verify_ledger
from storage.models import Audit, ContentMeta, Dek, Subject, Transcript, Turn
from storage.receipts import verify_receipt
from storage.transcripts import Mark
from tests.storage.conftest import ENGINES
from tests.storage.killing import rounds
from tests.storage.people import ANNA, BEN, CLEO, NAMES, NOW, People, bytes_in, people_over, press, words_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from pathlib import Path

    from storage.database import Databases
    from storage.keys import EnvironmentKeys
    from tests.storage.conftest import Installation


@pytest.fixture(params=["sqlite"])
def installation(request: pytest.FixtureRequest) -> Installation:
    """Files, for most; tests for `both` ask for a server too."""
    return request.getfixturevalue(request.param)


both = pytest.mark.parametrize("installation", ENGINES, indirect=True)


@pytest_asyncio.fixture
async def people(databases: Databases, provider: EnvironmentKeys) -> People:
    return await people_over(databases, provider)


@pytest_asyncio.fixture
async def elsewhere(installation: Installation, provider: EnvironmentKeys) -> AsyncIterator[People]:
    """The same, as another process has it."""
    async with installation.open() as databases:
        yield await people_over(databases, provider)


async def story(people: People) -> dict[str, UUID]:
    """Anna and Ben each saved an interview in which both speak, and left everything that can be left."""
    await people.join(ANNA, BEN)
    saved = {"anna's": await people.save(ANNA, ANNA, BEN), "ben's": await people.save(BEN, BEN, ANNA)}
    await people.leave_traces(ANNA, saved["anna's"])
    await people.leave_traces(BEN, saved["ben's"])
    return saved


async def read(people: People, user_id: int, transcript: UUID) -> dict[int, str]:
    """What each turn of a transcript says, or why it says nothing."""
    opened = await people.transcripts.view(user_id, transcript, at=NOW)
    return {turn.seq: turn.text if turn.mark is Mark.SAID else turn.mark.value for turn in opened.turns}


# An account


@both
async def test_nothing_of_an_erased_person_is_left_and_everything_of_others_is(people: People) -> None:
    saved = await story(people)
    before = await people.rows()

    erased = await people.erasure().account(ANNA, at=NOW)

    after = await people.rows()
    assert await people.subjects.find(ANNA) is None
    assert await read(people, BEN, saved["ben's"]) == {0: words_of(BEN), 1: "erased"}
    # Each left the same; of Ben's, a comment on his transcript and its job quoted Anna, perhaps, and went as well.
    halved = {name for name in before if before[name] and after[name] * 2 == before[name]}
    assert halved == {
        "analytics_event",
        "audit",
        "budget",
        "consent_event",
        "guild_question",
        "preference",
        "queue_entry",
        "rating",
        "request",
        "reservation",
        "subject",
        "transcript",
        "turn",
    }
    # The server's own sum names nobody, and stays.
    assert (before["usage"], after["usage"]) == (4, 3)
    assert {name for name in before if before[name] and not after[name]} == {"ai_job", "feedback"}
    assert after["consent_link"] == before["consent_link"]
    assert erased.rows["transcript"] == 1
    assert erased.rows["analytics_event"] == 2
    assert erased.files_rewritten


async def test_who_was_erased_is_allowed_nothing_and_the_ledger_still_verifies(
    people: People, elsewhere: People
) -> None:
    await story(people)
    await elsewhere.ledger.refresh()

    await people.erasure().account(ANNA, at=NOW)

    assert not any(people.ledger.allowed(ANNA, purpose) for purpose in Purpose)
    await elsewhere.ledger.refresh()
    assert not any(elsewhere.ledger.allowed(ANNA, purpose) for purpose in Purpose)
    assert all(elsewhere.ledger.allowed(BEN, purpose) for purpose in Purpose)
    assert (await people.ledger.verify()).holds
    assert verify_ledger(await people.ledger.export(BEN, at=NOW)).holds


async def test_another_process_reads_nothing_of_an_erased_person(people: People, elsewhere: People) -> None:
    saved = await story(people)
    assert await read(elsewhere, ANNA, saved["anna's"]) == {0: words_of(ANNA), 1: words_of(BEN)}

    await people.erasure().account(ANNA, at=NOW)

    with pytest.raises(NotFound):
        await read(elsewhere, ANNA, saved["anna's"])
    assert await read(elsewhere, BEN, saved["ben's"]) == {0: words_of(BEN), 1: "erased"}


@both
async def test_erasing_twice_is_erasing_once(people: People) -> None:
    await story(people)
    erasure = people.erasure()
    first = await erasure.account(ANNA, at=NOW)
    rows = await people.rows()

    second = await erasure.account(ANNA, at=NOW)

    assert await people.rows() == rows
    assert sum(first.rows.values()) > 0
    assert sum(second.rows.values()) == 0
    assert (len(first.receipt["keys"]), len(second.receipt["keys"])) == (1, 0)
    assert verify_receipt(second.receipt).holds


@both
async def test_two_processes_that_erase_the_same_person_at_once_both_succeed(people: People, elsewhere: People) -> None:
    await story(people)

    done = await asyncio.gather(
        people.erasure().account(ANNA, at=NOW),
        elsewhere.erasure().account(ANNA, at=NOW),
        elsewhere.erasure().account(BEN, at=NOW),
    )

    assert all(verify_receipt(each.receipt).holds for each in done)
    left = await people.rows()
    # What a server practised in all names nobody.
    assert {name for name, number in left.items() if number} == {"consent_link", "idempotency", "meta", "usage"}


async def test_who_comes_back_is_somebody_new_and_no_tombstone_concerns_them(people: People) -> None:
    await story(people)
    erasure = people.erasure()
    before = await people.subject(ANNA)
    await erasure.account(ANNA, at=NOW)

    await people.join(ANNA)
    again = await people.save(ANNA, ANNA)
    healed = await erasure.heal()

    assert await people.subject(ANNA) != before
    assert healed.erased == 0
    assert await read(people, ANNA, again) == {0: words_of(ANNA)}


async def test_who_never_agreed_gets_a_receipt_and_loses_their_traces(people: People) -> None:
    await story(people)
    before = await people.rows()
    async with people.databases.content.write() as connection:
        refused = {"id": uuid4(), "event": "refused", "idx": people.subjects.index(CLEO)}
        await connection.execute(insert(Audit).values(refused | {"happened_at": NOW, "expires_at": NOW}))

    erased = await people.erasure().account(CLEO, at=NOW)

    assert await people.rows() == before
    assert verify_receipt(erased.receipt).holds
    assert (erased.receipt["keys"], erased.receipt["rows"]) == ([], {"audit": 1})


async def test_the_receipt_says_which_keys_went_and_who_else_may_hold_something(people: People) -> None:
    await people.join(ANNA)
    subject = await people.subject(ANNA)
    await people.keyring.renew(subject)
    async with people.databases.keyring.read() as connection:
        found = await connection.execute(select(Dek.dek_id).where(Dek.subject_id == subject).order_by(Dek.dek_ver))
        keys = [str(key) for key in found.scalars()]

    erased = await people.erasure().account(ANNA, at=NOW)

    assert [key["id"] for key in erased.receipt["keys"]] == keys
    assert len(keys) == 2
    assert erased.receipt["outside"] == [{"name": "backups of this installation", "longest": "30 days"}]
    assert erased.receipt["rows"] == {"consent_event": 5, "subject": 1}


async def test_what_is_in_memory_and_on_discord_goes_after_the_keys(people: People) -> None:
    await story(people)
    subject = await people.subject(ANNA)
    seen: list[int] = []

    async def let_go(user_id: int) -> Mapping[str, int]:
        with pytest.raises(SubjectErased):
            async with people.keyring.unlocked(subject) as keys:
                keys._keys(subject)
        assert not people.ledger.allowed(ANNA, Purpose.TRANSCRIBE)
        seen.append(user_id)
        return {"draft": 2, "live_message": 1}

    erased = await people.erasure(let_go).account(ANNA, at=NOW)

    assert seen == [ANNA]
    assert (erased.receipt["rows"]["draft"], erased.receipt["rows"]["live_message"]) == (2, 1)


@pytest.mark.parametrize("failure", [RuntimeError("canary-5d"), TimeoutError()])
async def test_a_discord_that_fails_keeps_no_rows(
    people: People, failure: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    await story(people)

    async def let_go(_: int) -> Mapping[str, int]:
        raise failure

    erased = await people.erasure(let_go).account(ANNA, at=NOW)

    assert not erased.let_go
    assert await people.subjects.find(ANNA) is None
    assert "canary-5d" not in caplog.text
    assert str(ANNA) not in caplog.text


async def test_a_discord_that_hangs_is_not_waited_for_long(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    await story(people)
    monkeypatch.setattr(erasures, "LET_GO_S", 0.01)

    async def let_go(_: int) -> Mapping[str, int]:
        await asyncio.Event().wait()
        return {}

    assert not (await people.erasure(let_go).account(ANNA, at=NOW)).let_go
    assert await people.subjects.find(ANNA) is None


@both
async def test_a_row_that_another_process_just_added_goes_too(
    people: People, elsewhere: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = await story(people)
    subject = await people.subject(ANNA)
    erase = people.requests.erase
    late = [uuid4()]

    async def and_then_one_more(who: UUID) -> dict[str, int]:
        # After all keepers looked, and before the subject's own row goes.
        done = await erase(who)
        if late:
            async with elsewhere.databases.content.write() as connection:
                await connection.execute(
                    insert(Turn).values(
                        id=late.pop(), transcript_id=saved["ben's"], speaker_id=who, seq=9, state="said", rev=0
                    )
                )
        return done

    monkeypatch.setattr(people.requests, "erase", and_then_one_more)

    await people.erasure().account(ANNA, at=NOW)

    async with people.databases.content.read() as connection:
        assert (await connection.execute(select(Turn.id).where(Turn.speaker_id == subject))).first() is None


async def test_a_keeper_that_forgets_a_table_is_noticed(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    await story(people)

    async def forget(_: UUID) -> dict[str, int]:
        return {}

    monkeypatch.setattr(people.requests, "erase", forget)

    with pytest.raises(DatabaseFailed):
        await people.erasure().account(ANNA, at=NOW)

    monkeypatch.undo()
    assert (await people.erasure().heal()).erased == 1
    assert await people.subjects.find(ANNA) is None


def test_analytics_are_deleted_as_far_back_as_a_backup_may_hold_them() -> None:
    assert quarters(NOW) == {"2026Q3", "2026Q4"}
    assert quarters(NOW.replace(month=1, day=5)) == {"2025Q3", "2025Q4", "2026Q1"}
    assert quarters(NOW.replace(month=12, day=31)) == {"2026Q3", "2026Q4", "2027Q1"}


# One transcript


@both
async def test_one_transcript_goes_and_the_others_stay(people: People) -> None:
    saved = await story(people)
    other = await people.save(ANNA, ANNA)

    erased = await people.erasure().transcript(ANNA, saved["anna's"], at=NOW)

    with pytest.raises(NotFound):
        await read(people, ANNA, saved["anna's"])
    assert await read(people, ANNA, other) == {0: words_of(ANNA)}
    assert await read(people, BEN, saved["ben's"]) == {0: words_of(BEN), 1: words_of(ANNA)}
    assert {name: number for name, number in erased.rows.items() if number} == {
        "turn": 2,
        "transcript": 1,
        "feedback": 1,
        "ai_job": 1,
        "rating": 1,
    }
    assert (erased.receipt["scope"], erased.receipt["keys"]) == ("transcript", [])
    assert verify_receipt(erased.receipt).holds


@both
async def test_all_own_transcripts_go_together_and_the_files_are_rewritten_once(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved = await story(people)
    own = [saved["anna's"], *[await people.save(ANNA, ANNA, BEN) for _ in range(4)]]
    erasure, rewritten = people.erasure(), 0
    rewrite = erasure._rewrite

    async def counted() -> bool:
        nonlocal rewritten
        rewritten += 1
        return await rewrite()

    monkeypatch.setattr(erasure, "_rewrite", counted)

    erased = await erasure.transcripts(ANNA, at=NOW)

    assert (erased.rows["transcript"], rewritten, erased.files_rewritten) == (5, 1, True)
    for transcript in own:
        with pytest.raises(NotFound):
            await read(people, ANNA, transcript)
    assert await read(people, BEN, saved["ben's"]) == {0: words_of(BEN), 1: words_of(ANNA)}
    assert verify_receipt(erased.receipt).holds
    assert (await people.erasure().heal()).erased == 0


async def test_of_all_own_transcripts_none_is_left_when_it_is_killed_after_the_first_step(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    await people.join(ANNA)
    for _ in range(3):
        await people.save(ANNA, ANNA)
    erasure = people.erasure()

    async def killed(_: UUID) -> dict[str, int]:
        raise DatabaseFailed("killed")

    monkeypatch.setattr(erasure, "_drop", killed)
    with pytest.raises(DatabaseFailed):
        await erasure.transcripts(ANNA, at=NOW)

    assert (await people.erasure().heal()).erased == 3
    assert (await people.transcripts.list(ANNA, at=NOW)).total == 0


async def test_who_has_no_transcript_erases_none_and_no_file_is_rewritten(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    await story(people)
    erasure = people.erasure()

    async def never() -> bool:
        raise AssertionError

    monkeypatch.setattr(erasure, "_rewrite", never)

    assert not any((await erasure.transcripts(CLEO, at=NOW)).rows.values())


async def test_nobody_erases_somebody_elses_transcript_or_learns_that_it_exists(people: People) -> None:
    saved = await story(people)
    erasure = people.erasure()

    failures: list[str] = []
    for who, which in ((BEN, saved["anna's"]), (CLEO, saved["anna's"]), (BEN, uuid4())):
        with pytest.raises(NotFound) as caught:
            await erasure.transcript(who, which, at=NOW)
        failures.append(str(caught.value))

    assert len(set(failures)) == 1
    assert await read(people, ANNA, saved["anna's"]) == {0: words_of(ANNA), 1: words_of(BEN)}


# Files


async def test_no_byte_of_an_erased_person_is_left_in_any_file(sqlite: Installation, provider: EnvironmentKeys) -> None:
    async with sqlite.open() as databases:
        people = await people_over(databases, provider)
        for n in range(20):
            await people.join(BEN + 1 + n)
        saved = await story(people)
        subject = await people.subject(ANNA)
        remnants = await remnants_of(people, subject, [saved["anna's"]])
        before = bytes_in(sqlite.folder)
        assert [name for name, remnant in remnants.items() if remnant not in before] == []

        await people.erasure().account(ANNA, at=NOW)

        # With the databases open: the journal and its index are files too.
        assert (sqlite.folder / "content.db-wal").exists()
        after = bytes_in(sqlite.folder)

    assert [name for name, remnant in remnants.items() if remnant in after] == []
    assert [canary for canary in canaries(ANNA) if canary in before + after] == []
    content = b"".join(path.read_bytes() for path in sqlite.folder.glob("content.db*"))
    assert subject.hex.encode() not in content
    assert subject.bytes not in content


def canaries(user_id: int) -> list[bytes]:
    """What identifies somebody, or is theirs, in the open."""
    return [
        words_of(user_id).encode(),
        words_of(user_id).encode("utf-16-le"),
        f"{user_id:x}".encode(),
        NAMES[user_id].encode(),
        str(user_id).encode(),
        user_id.to_bytes(8, "big"),
        user_id.to_bytes(8, "little"),
    ]


async def remnants_of(people: People, subject: UUID, transcripts: list[UUID]) -> dict[str, bytes]:
    """What stands in the files for somebody, by a name for it: ciphertexts, HMACs, salts, wrapped keys, random ids."""
    found: dict[str, bytes] = {}
    queries = {
        "turns": select(Turn.enc_body).where(Turn.speaker_id == subject),
        "turns of others": select(Turn.enc_body).where(Turn.transcript_id.in_(transcripts)),
        "titles": select(Transcript.enc_title).where(Transcript.owner_id == subject),
        "id": select(Subject.enc_discord_id).where(Subject.id == subject),
        "idx": select(Subject.idx).where(Subject.id == subject),
        "salts": text("SELECT salt FROM consent_event WHERE subject_id = :id").bindparams(id=subject.hex),
        "details": text("SELECT enc_detail FROM consent_event WHERE subject_id = :id").bindparams(id=subject.hex),
        "requests": text("SELECT enc_detail FROM request WHERE subject_id = :id").bindparams(id=subject.hex),
        "feedback": text("SELECT enc_body FROM feedback WHERE owner_id = :id").bindparams(id=subject.hex),
    }
    async with people.databases.content.read() as connection:
        for name, query in queries.items():
            for number, value in enumerate((await connection.execute(query)).scalars()):
                # A run of it from its middle: long values are split over pages.
                found[f"{name} {number}"] = bytes(value)[-40:-8] if len(value) > 48 else bytes(value)
    async with people.databases.keyring.read() as connection:
        keys = await connection.execute(select(Dek.wrapped).where(Dek.subject_id == subject))
        found |= {f"key {number}": bytes(value) for number, value in enumerate(keys.scalars())}
    found["pseudonym"] = people.secrets.pseudonym(subject, "2026Q4").encode()
    found["transcript"] = transcripts[0].hex.encode()
    assert len(found) >= 15
    return found


async def test_a_reader_who_stays_delays_the_files_but_not_the_erasure(
    sqlite: Installation, provider: EnvironmentKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("storage.database._PAUSE_S", 0)
    async with sqlite.open(busy_s=0.002) as databases, sqlite.open() as others:
        people = await people_over(databases, provider)
        saved = await story(people)
        erasure = people.erasure()
        async with others.content.read() as reader:
            await reader.execute(select(Subject))
            erased = await erasure.account(ANNA, at=NOW)

        assert not erased.files_rewritten
        assert not verify_receipt(erased.receipt).holds
        with pytest.raises(NotFound):
            await read(people, ANNA, saved["anna's"])
        healed = await erasure.heal()
        assert (healed.erased, healed.files_rewritten) == (0, True)
        generation = await people.keyring.generation()
        async with databases.content.read() as connection:
            assert (await connection.execute(select(ContentMeta.generation))).scalar_one() == generation


async def test_a_writer_who_stays_delays_the_files_but_not_the_erasure(
    sqlite: Installation, provider: EnvironmentKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with sqlite.open(busy_s=0.05) as databases, sqlite.open() as others:
        people = await people_over(databases, provider)
        await story(people)
        erasure = people.erasure()
        rewrite = erasure._rewrite

        async def rewrite_while_somebody_writes() -> bool:
            async with others.content.write():
                return await rewrite()

        monkeypatch.setattr(erasure, "_rewrite", rewrite_while_somebody_writes)
        erased = await erasure.account(ANNA, at=NOW)

        assert not erased.files_rewritten
        monkeypatch.undo()
        assert (await erasure.heal()).files_rewritten


async def test_those_who_ask_for_rewriting_while_it_goes_on_share_the_next_time(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    erasure = people.erasure()
    rewritten: list[str] = []
    compact = people.databases.content.compact

    async def counted() -> None:
        rewritten.append("content")
        await compact()

    monkeypatch.setattr(people.databases.content, "compact", counted)

    assert all(await asyncio.gather(*(erasure._rewrite() for _ in range(9))))

    assert len(rewritten) == 2


# Healing


@both
async def test_whatever_was_missing_when_it_was_killed_is_done_at_the_next_start(
    people: People, elsewhere: People
) -> None:
    saved = await story(people)
    await people.keyring.destroy(await people.subject(ANNA), at=NOW)
    await people.keyring.destroy(saved["ben's"], at=NOW)

    healed = await elsewhere.erasure().heal()

    assert (healed.erased, healed.files_rewritten) == (2, True)
    left = await elsewhere.rows()
    assert (left["subject"], left["transcript"], left["turn"], left["request"]) == (1, 0, 0, 1)
    assert (await elsewhere.erasure().heal()).rows == {}


async def test_an_erasure_that_ends_does_not_vouch_for_one_that_goes_on(people: People) -> None:
    await story(people)
    await people.keyring.destroy(await people.subject(ANNA), at=NOW)

    await people.erasure().account(BEN, at=NOW)

    async with people.databases.content.read() as connection:
        assert (await connection.execute(select(ContentMeta.generation))).scalar_one() == 0
    assert (await people.erasure().heal()).erased == 1
    async with people.databases.content.read() as connection:
        assert (await connection.execute(select(ContentMeta.generation))).scalar_one() == 2


async def test_a_start_without_anything_to_heal_rewrites_no_file(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    await story(people)
    await people.keyring.renew(await people.subject(BEN))
    await people.erasure().account(ANNA, at=NOW)

    async def never() -> bool:
        raise AssertionError

    erasure = people.erasure()
    monkeypatch.setattr(erasure, "_rewrite", never)

    assert await erasure.heal() == erasures.Healed(0, {}, files_rewritten=True)


def restore(backup: Path, folder: Path) -> None:
    """Put an old content beside the living keyring."""
    for path in folder.glob("content.db*"):
        path.unlink()
    shutil.copy2(backup / "content.db", folder / "content.db")
    (folder / "content.db").chmod(0o600)


async def test_a_restored_backup_brings_nobody_back(
    sqlite: Installation, provider: EnvironmentKeys, tmp_path: Path
) -> None:
    backup = tmp_path / "backup"
    backup.mkdir()
    async with sqlite.open() as databases:
        people = await people_over(databases, provider)
        saved = await story(people)
        forgotten = await people.save(BEN, BEN)
        subject = await people.subject(ANNA)
        with (
            closing(sqlite3.connect(sqlite.folder / "content.db")) as living,
            closing(sqlite3.connect(backup / "content.db")) as copy,
        ):
            living.backup(copy)
        erased = await people.erasure().account(ANNA, at=NOW)
        await people.erasure().transcript(BEN, forgotten, at=NOW)
    restore(backup, sqlite.folder)

    async with sqlite.open() as databases:
        people = await people_over(databases, provider)
        # Before anything is healed nothing of hers opens, and everything of his does.
        with pytest.raises(StorageError):
            await read(people, ANNA, saved["anna's"])
        assert await read(people, BEN, saved["ben's"]) == {0: words_of(BEN), 1: "erased"}
        with pytest.raises(SubjectErased):
            await people.subjects.discord_id(subject)
        remnants = await remnants_of_content(people, subject)

        healed = await people.erasure().heal()

        assert (healed.erased, healed.files_rewritten) == (2, True)
        again = {name: number for name, number in healed.rows.items() if number}
        assert again == {**erased.receipt["rows"], "transcript": 2, "turn": erased.rows["turn"] + 1}
        assert await people.subjects.find(ANNA) is None
        assert await read(people, BEN, saved["ben's"]) == {0: words_of(BEN), 1: "erased"}
        with pytest.raises(NotFound):
            await read(people, BEN, forgotten)
        assert [remnant for remnant in remnants if remnant in bytes_in(sqlite.folder)] == []


async def remnants_of_content(people: People, subject: UUID) -> list[bytes]:
    async with people.databases.content.read() as connection:
        bodies = await connection.execute(select(Turn.enc_body).where(Turn.speaker_id == subject))
        return [body[-40:-8] for body in bodies.scalars() if body is not None]


async def test_a_content_that_cannot_be_healed_is_said_so(people: People, monkeypatch: pytest.MonkeyPatch) -> None:
    await story(people)
    await people.keyring.destroy(await people.subject(ANNA), at=NOW)

    async def fail(_: UUID) -> dict[str, int]:
        raise DatabaseFailed("the database refused")

    monkeypatch.setattr(people.transcripts, "erase", fail)

    with pytest.raises(StorageError):
        await people.erasure().heal()


async def test_a_tombstone_that_expired_before_it_was_needed_harms_nobody(people: People) -> None:
    await story(people)
    await people.erasure().account(ANNA, at=NOW)

    await people.keyring.expire_tombstones(now=NOW + timedelta(days=38))

    assert (await people.erasure().heal()).erased == 0
    assert json.dumps((await people.erasure().account(ANNA, at=NOW)).receipt)
    assert (await people.ledger.give(ANNA, [Purpose.SAVE], press(), attested_age=16))[0].given


async def test_wherever_it_is_killed_nothing_acknowledged_is_lost_and_nothing_is_half_gone(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    # `python -m tests.storage.killing --rounds 100` does the same for some minutes.
    tally = await rounds(tmp_path_factory.mktemp("killed"), 2, seed=4)

    assert tally.rounds == 2
