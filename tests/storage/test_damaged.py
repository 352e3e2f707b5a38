"""One damaged row: what is whole is given, listed and erased all the same, and what is missing is said."""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
import pytest_asyncio
from sqlalchemy import func, select, update

from storage.blocks import blocked
from storage.errors import SubjectErased
from storage.ledger import Purpose, verify_ledger
from storage.models import Content
from storage.package import COLUMNS, README, WHERE
from storage.preferences import Preference
from storage.queue import Wanted
from storage.requests import RequestKind
from storage.retention import Retention
from storage.transcripts import Asked, Noted, Spoken
from tests.storage.people import ANNA, BEN, CLEO, NOW, People, people_over, press, words_of
from tests.storage.test_package import FACTS, VALIDATOR, package_of, packages, read, rows, story, unzipped
from tests.storage.test_retention import HeldClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Table

    from storage.database import Databases
    from storage.keys import EnvironmentKeys

WHOSE: Final = {
    "subject": "id",
    "consent_event": "subject_id",
    "transcript": "owner_id",
    "turn": "speaker_id",
    "share": None,
    "feedback": "owner_id",
    "ai_job": "owner_id",
    "rating": "rated_id",
    "preference": "subject_id",
    "guild_question": "author_id",
    "queue_entry": "subject_id",
    "request": "subject_id",
    "block": None,
}
"""By which column a row is somebody's; None where that takes another table."""

SEALED: Final = sorted(name for name in WHERE if name.split(".")[1].startswith("enc_") and name.split(".")[0] in WHOSE)
"""What is sealed of a person's, table and column."""

DAMAGE: Final[dict[str, Callable[[bytes], bytes]]] = {
    "a bit of the words": lambda sealed: sealed[:-20] + bytes([sealed[-20] ^ 1]) + sealed[-19:],
    "the key's number": lambda sealed: sealed[:1] + bytes(16) + sealed[17:],
    "cut": lambda sealed: sealed[:20],
}


@pytest_asyncio.fixture
async def people(databases: Databases, provider: EnvironmentKeys) -> People:
    return await people_over(databases, provider)


def _table(name: str) -> tuple[Table, str]:
    table, column = name.split(".")
    return Content.metadata.tables[table], column


async def damage(
    people: People, name: str, how: Callable[[bytes], bytes], user_id: int = ANNA, *, every: bool = False
) -> list[tuple[Any, bytes]]:
    """Change what is stored in one row of somebody's, or in all; what was there, to be put back."""
    table, column = _table(name)
    key = next(iter(table.primary_key.columns))
    if table.name == "block":
        mine = table.c.blocked_idx == blocked(people.secrets, user_id)
    elif table.name == "share":
        transcript = Content.metadata.tables["transcript"]
        own = select(transcript.c.id).where(transcript.c.owner_id == await people.subject(user_id))
        mine = table.c.transcript_id.in_(own)
    else:
        mine = table.c[str(WHOSE[table.name])] == await people.subject(user_id)
    async with people.databases.content.write() as connection:
        query = select(key, table.c[column]).where(mine, table.c[column].is_not(None)).order_by(key)
        found = [(row[0], row[1]) for row in (await connection.execute(query)).all()][: None if every else 1]
        for identity, sealed in found:
            await connection.execute(update(table).where(key == identity).values({column: how(sealed)}))
    assert found
    return found


async def mend(people: People, name: str, before: list[tuple[Any, bytes]]) -> None:
    table, column = _table(name)
    key = next(iter(table.primary_key.columns))
    async with people.databases.content.write() as connection:
        for identity, sealed in before:
            await connection.execute(update(table).where(key == identity).values({column: sealed}))


def sections(files: dict[str, bytes]) -> dict[str, list[Any]]:
    return {name: read(files, name)["records"] for name in COLUMNS}


def section_of(name: str) -> str | None:
    """Where in the package a column is; None for one that is not in it."""
    where = WHERE[name]
    return None if where.startswith("- ") else where.split(".")[0]


# The data package


def test_each_sealed_column_of_a_persons_is_tried() -> None:
    left_out = {name for name in WHERE if name.split(".")[1].startswith("enc_")} - set(SEALED)

    assert left_out == {
        "live_message.enc_location",
        "offer.enc_place",
        "guild_setting.enc_body",
        "server.enc_body",
    }


@pytest.mark.slow
@pytest.mark.parametrize("how", DAMAGE)
async def test_one_damaged_row_keeps_nothing_else_out_of_the_package_and_is_counted_in_it(
    people: People, how: str, caplog: pytest.LogCaptureFixture
) -> None:
    await story(people)
    whole = sections(await package_of(people))

    for name in SEALED:
        before = await damage(people, name, DAMAGE[how])
        caplog.clear()

        files = await package_of(people)

        section = section_of(name)
        manifest, readme = read(files, "manifest"), files["README.txt"].decode()
        VALIDATOR.validate(manifest)
        for other in COLUMNS:
            VALIDATOR.validate(read(files, other))
        found = sections(files)
        assert {other for other in COLUMNS if found[other] != whole[other]} <= {section}, name
        if section is None:
            assert manifest["damaged"] == {}, name
            assert readme == README
        else:
            assert manifest["damaged"] == {section: 1}, name
            (said,) = [line for line in readme.splitlines() if line.split()[-1:] == ["1"]]
            assert said.split() == [section, "1"]
            assert FACTS.controller in readme
            assert FACTS.contact in readme
            # Whatever of it was not sealed is still there.
            lost = int(section == "preferences")
            assert len(found[section]) == len(whole[section]) - lost, name
            (logged,) = [record for record in caplog.records if "could not be opened" in record.getMessage()]
            assert (logged.levelno, logged.__dict__["count"]) == (logging.WARNING, 1)
            assert str(ANNA) not in caplog.text
        await mend(people, name, before)

    assert sections(await package_of(people)) == whole


async def test_a_package_of_which_nothing_opens_says_of_each_kind_how_much_is_missing(people: People) -> None:
    await story(people)
    whole = sections(await package_of(people))
    for name in SEALED:
        await damage(people, name, DAMAGE["cut"], every=True)

    files = await package_of(people)

    for name in COLUMNS:
        VALIDATOR.validate(read(files, name))
        assert rows(files, name) or name == "preferences"
    assert read(files, "manifest")["damaged"] == {
        "settings": 1,
        "consents": len(whole["consents"]),
        # A title, her words in her own and in Ben's.
        "transcripts": 3,
        "feedback": 1,
        "jobs": 1,
        "ratings": 1,
        "preferences": 1,
        "questions": 1,
        "queue": 1,
        "requests": 1,
        "blocks": 1,
    }
    assert words_of(ANNA).encode() not in b"".join(files.values())
    (settings,) = read(files, "settings")["records"]
    assert settings["discord_id"] == str(ANNA)


async def test_what_is_left_of_a_damaged_consent_is_in_the_package_and_its_proof_still_verifies(
    people: People,
) -> None:
    await story(people)
    whole = read(await package_of(people), "consents")
    await damage(people, "consent_event.enc_detail", DAMAGE["a bit of the words"])

    consents = read(await package_of(people), "consents")

    verdict = verify_ledger(consents["ledger"], public_key=people.secrets.public_key)
    assert (verdict.holds, verdict.events) == (True, len(whole["records"]) - 1)
    (changed,) = [each for each in consents["records"] if each not in whole["records"]]
    (before,) = [each for each in whole["records"] if each["seq"] == changed["seq"]]
    assert changed == before | {"at": None, "method": None, "locale": None, "attested_age": None}


async def test_the_note_on_what_is_missing_is_in_the_first_of_several_zips_and_keeps_it_below_the_cap(
    people: People,
) -> None:
    await people.join(ANNA)
    for number in range(40):
        text = "".join(chr(0x4E00 + (number * 7919 + place * 104729) % 20000) for place in range(4000))
        await people.requests.add(ANNA, RequestKind.ACCESS, interaction_id=10_000 + number, at=NOW, text=text)
    await damage(people, "request.enc_detail", DAMAGE["cut"])
    cap = 64 * 1024

    made = await packages(people).parts(ANNA, at=NOW, cap=cap)

    assert len(made.zips) > 2
    assert max(len(part) for part in made.zips) <= cap
    assert made.damaged == {"requests": 1}
    readmes = [files["README.txt"].decode() for files in map(unzipped, made.zips) if "README.txt" in files]
    assert len(readmes) == 1
    assert "README.txt" in unzipped(made.zips[0])
    assert "could not be opened" in readmes[0]


async def test_a_package_that_an_erasure_overtakes_is_refused_and_not_given_as_damaged(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    await story(people)
    history = people.ledger.export

    async def erased_meanwhile(*arguments: Any, **options: Any) -> Any:
        proof = await history(*arguments, **options)
        await people.keyring.destroy(await people.subject(ANNA), at=NOW)
        return proof

    monkeypatch.setattr(people.ledger, "export", erased_meanwhile)

    with pytest.raises(SubjectErased):
        await package_of(people)


async def test_who_was_put_down_as_owner_of_what_is_somebody_elses_gets_no_word_of_it(people: People) -> None:
    await people.join(ANNA, BEN)
    turns = [Asked(0.0, "a question of hers"), Spoken(ANNA, "Anna", 1.0, 2.0, words_of(ANNA), "en")]
    notes = [Noted(3.0, "a note of hers")]
    await people.transcripts.save(ANNA, "a title of hers", turns, lambda _: True, at=NOW, interaction_id=1, notes=notes)
    table = Content.metadata.tables["transcript"]
    async with people.databases.content.write() as connection:
        await connection.execute(update(table).values(owner_id=await people.subject(BEN)))

    files = await package_of(people, BEN)

    transcripts = read(files, "transcripts")
    VALIDATOR.validate(transcripts)
    (taken,) = transcripts["records"]
    assert (taken["title"], [turn["mark"] for turn in taken["turns"]]) == (None, ["withheld"] * 3)
    for words in ("of hers", words_of(ANNA)):
        assert words.encode() not in b"".join(files.values())


# Everything else that is hers


async def test_a_damaged_row_keeps_nobody_from_erasing_the_account(people: People) -> None:
    await story(people)
    for name in SEALED:
        await damage(people, name, DAMAGE["a bit of the words"], every=True)
    subject = await people.subject(ANNA)

    erased = await people.erasure().account(ANNA, at=NOW)

    assert erased.files_rewritten
    assert await people.subjects.find(ANNA) is None
    for name in SEALED:
        table, _ = _table(name)
        whose = WHOSE[table.name]
        if whose is not None:
            async with people.databases.content.read() as connection:
                left = await connection.execute(select(func.count()).where(table.c[whose] == subject))
                assert left.scalar_one() == 0, name
    assert (await people.erasure().heal()).erased == 0


async def test_what_is_due_goes_on_its_day_whatever_of_it_is_damaged(people: People) -> None:
    await story(people)
    for name in SEALED:
        await damage(people, name, DAMAGE["a bit of the words"], every=True)
    clock = HeldClock(NOW)

    reminded = await people.requests.reminders(now=NOW + timedelta(days=28))
    clock.passes(timedelta(days=400))
    report = await Retention(people.databases, clock=clock).tick()

    assert len(reminded) == 4
    gone = {name: report.deleted.get(name, 0) for name in ("share", "ai_job", "queue_entry", "block")}
    assert gone == {"share": 2, "ai_job": 2, "queue_entry": 2, "block": 1}


async def test_a_damaged_decision_keeps_the_others_to_be_seen_taken_back_and_made(people: People) -> None:
    await people.join(ANNA)
    await damage(people, "consent_event.enc_detail", DAMAGE["a bit of the words"])

    decisions = await people.ledger.history(ANNA)
    again = press(4242)
    await people.ledger.withdraw(ANNA, list(Purpose), again)
    repeated = await people.ledger.withdraw(ANNA, list(Purpose), again)

    assert [each.seq for each in decisions] == [1, 2, 3, 4, 5]
    assert sorted(each.at is None for each in decisions) == [False] * 4 + [True]
    assert len(repeated) == len(list(Purpose))
    assert not any(people.ledger.allowed(ANNA, purpose) for purpose in Purpose)


async def test_damaged_settings_are_as_if_nothing_was_chosen_and_can_be_chosen_again(people: People) -> None:
    await people.join(ANNA)
    await people.preferences.change(ANNA, at=NOW, language="uk", results_by_dm=True)
    await damage(people, "preference.enc_body", DAMAGE["a bit of the words"])

    before = await people.preferences.of(ANNA)
    practised = await people.preferences.practised(ANNA, at=NOW)
    await people.preferences.change(ANNA, at=NOW, language="de")

    assert (before, practised) == (Preference(), None)
    assert await people.preferences.of(ANNA) == Preference(language="de")


async def test_a_damaged_place_in_the_queue_is_given_up_and_keeps_nobody_else_waiting(people: People) -> None:
    wanted = Wanted(99, 7, "technical", "senior")
    await people.join(ANNA, BEN, CLEO)
    await people.queue.join(ANNA, wanted, at=NOW)
    await damage(people, "queue_entry.enc_body", DAMAGE["a bit of the words"])

    mine, _ = await people.queue.status(ANNA, 99, at=NOW)
    new, changed = await people.queue.join(BEN, wanted, at=NOW)
    _, met = await people.queue.join(CLEO, wanted, at=NOW)

    assert mine is None
    assert (new, changed.opened) == (True, ())
    assert [sorted(each.people) for each in met.opened] == [sorted((BEN, CLEO))]


@pytest.mark.parametrize("name", ["queue_entry.enc_body", "subject.enc_discord_id"])
async def test_somebody_whose_place_or_number_is_damaged_is_offered_to_nobody(people: People, name: str) -> None:
    wanted = Wanted(99, 7, "technical", "senior")
    await people.join(ANNA, BEN, CLEO)
    await people.queue.join(ANNA, wanted, at=NOW)
    await damage(people, name, DAMAGE["a bit of the words"])

    _, changed = await people.queue.join(BEN, wanted, at=NOW)
    _, met = await people.queue.join(CLEO, wanted, at=NOW)

    assert changed.opened == ()
    assert [sorted(each.people) for each in met.opened] == [sorted((BEN, CLEO))]


async def test_what_is_damaged_of_feedback_is_listed_without_it_and_can_be_deleted(people: People) -> None:
    await people.join(ANNA)
    saved = await people.save(ANNA, ANNA)
    one, other = [
        await people.feedback.keep(ANNA, saved, {"v": number}, model="m", schema_ver=1, at=NOW) for number in (1, 2)
    ]
    damaged, whole = sorted((one, other))
    await damage(people, "feedback.enc_body", DAMAGE["a bit of the words"])

    listed = await people.feedback.list(ANNA)
    await people.feedback.delete(ANNA, damaged, at=NOW)

    assert {each.id: each.report is None for each in listed.entries} == {damaged: True, whole: False}
    assert [each.id for each in (await people.feedback.list(ANNA)).entries] == [whole]
