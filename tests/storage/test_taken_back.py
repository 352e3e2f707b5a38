"""What people deleted, ended or said no to stays so when an older content is restored beside the living keyring."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from sqlalchemy import delete, insert, select, text

from storage.database import open_databases
from storage.errors import DatabaseBusy, NotFound, OptedOut
from storage.ledger import Purpose
from storage.models import Content, Feedback, GuildQuestion, OptOut, Rating, Share, Tombstone
from storage.package import Facts, Packages
from storage.transcripts import Asked, Mark, Noted, Spoken
from tests.storage.people import ANNA, BEN, CLEO, NOW, POLICY, People, people_over, press, words_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from uuid import UUID

    from sqlalchemy import RowMapping, Table

    from storage.database import Databases
    from storage.keys import EnvironmentKeys
    from tests.storage.conftest import Installation

DAY = timedelta(days=1)
GUILD = 99


@pytest_asyncio.fixture
async def people(databases: Databases, provider: EnvironmentKeys) -> People:
    people = await people_over(databases, provider)
    await people.join(ANNA, BEN)
    return people


class Copy:
    """Every row of the content, as a backup has it; what it is restored with is the same on both kinds."""

    def __init__(self, people: People, tables: dict[Table, Sequence[RowMapping]]) -> None:
        self._people = people
        self._tables = tables

    @classmethod
    async def of(cls, people: People) -> Copy:
        tables: dict[Table, Sequence[RowMapping]] = {}
        async with people.databases.content.read() as connection:
            for table in Content.metadata.sorted_tables:
                tables[table] = (await connection.execute(select(table))).mappings().all()
        return cls(people, tables)

    async def restore(self) -> None:
        """Lose everything since; no keyring is touched, and nothing is healed yet."""
        async with self._people.databases.content.write() as connection:
            for table in reversed(self._tables):
                await connection.execute(delete(table))
            for table, rows in self._tables.items():
                if rows:
                    await connection.execute(insert(table), [dict(row) for row in rows])
        await self._people.ledger.refresh()


async def saved_by_anna(people: People) -> UUID:
    return await people.transcripts.save(
        ANNA,
        "Monday",
        [
            Spoken(ANNA, "Anna", 1, 2, words_of(ANNA), "en", 0.9),
            Asked(3, "What did you build?"),
            Spoken(BEN, "Ben", 4, 5, words_of(BEN), "en", 0.9),
        ],
        lambda _: True,
        at=NOW,
        interaction_id=70,
        notes=[Noted(6, "ask about numbers")],
    )


async def read(people: People, user_id: int, transcript: UUID) -> list[str]:
    opened = await people.transcripts.view(user_id, transcript, at=NOW)
    return [turn.mark.value if turn.mark is not Mark.SAID else turn.text for turn in opened.turns]


async def ids(people: People, table: Any) -> set[UUID]:
    async with people.databases.content.read() as connection:
        return set((await connection.execute(select(table.id))).scalars())


# Words


@pytest.mark.parametrize(
    ("who", "seq", "left"),
    [
        (BEN, 2, [words_of(ANNA), "question", "redacted", "note"]),
        (ANNA, 2, [words_of(ANNA), "question", "redacted", "note"]),
        (ANNA, 1, [words_of(ANNA), "redacted", words_of(BEN), "note"]),
        (ANNA, 3, [words_of(ANNA), "question", words_of(BEN)]),
    ],
)
async def test_words_that_were_taken_out_do_not_come_back(people: People, who: int, seq: int, left: list[str]) -> None:
    transcript = await saved_by_anna(people)
    await people.leave_traces(ANNA, transcript)
    copy = await Copy.of(people)
    await people.transcripts.redact(who, transcript, seq, at=NOW)
    assert await read(people, ANNA, transcript) == left

    await copy.restore()
    assert await read(people, ANNA, transcript) != left  # which is what this is about
    healed = await people.erasure().heal()

    assert await read(people, ANNA, transcript) == left
    assert (healed.erased, healed.files_rewritten) == (1, True)
    assert (healed.rows["turn"], healed.rows["feedback"], healed.rows["ai_job"]) == (1, 1, 1)
    assert await ids(people, Feedback) == set()  # it may quote them
    assert (await people.erasure().heal()).erased == 0


async def test_comments_that_were_made_after_the_words_were_taken_out_stay(people: People) -> None:
    transcript = await saved_by_anna(people)
    await people.transcripts.redact(BEN, transcript, 2, at=NOW)
    await people.leave_traces(ANNA, transcript)

    assert (await people.erasure().heal()).erased == 0

    assert len(await ids(people, Feedback)) == 1


async def test_words_are_taken_out_by_the_next_start_if_it_was_killed_in_between(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    transcript = await saved_by_anna(people)

    def busy() -> Any:
        raise DatabaseBusy("killed")

    with monkeypatch.context() as patch:
        patch.setattr(people.databases.content, "write", busy)
        with pytest.raises(DatabaseBusy):
            await people.transcripts.redact(BEN, transcript, 2, at=NOW)
    assert words_of(BEN) in await read(people, ANNA, transcript)

    await people.erasure().heal()

    assert words_of(BEN) not in await read(people, ANNA, transcript)


async def test_nobody_buries_what_is_not_theirs(people: People) -> None:
    transcript = await saved_by_anna(people)
    await people.join(CLEO)
    await people.transcripts.share(ANNA, transcript, CLEO, until=NOW + DAY, at=NOW)
    (share,) = await ids(people, Share)
    attempts: list[Callable[[], Any]] = [
        lambda: people.transcripts.redact(BEN, transcript, 0, at=NOW),
        lambda: people.transcripts.redact(CLEO, transcript, 0, at=NOW),
        lambda: people.transcripts.unshare(BEN, transcript, CLEO, at=NOW),
        lambda: people.feedback.delete(BEN, share, at=NOW),
        lambda: people.feedback.unrate(BEN, share, at=NOW),
    ]

    for attempt in attempts:
        with pytest.raises(NotFound):
            await attempt()
    assert not await people.questions.remove(GUILD, share, at=NOW)
    assert not await people.transcripts.unshare(ANNA, transcript, BEN, at=NOW)

    async with people.databases.keyring.read() as connection:
        assert (await connection.execute(select(Tombstone))).first() is None
    assert (await people.erasure().heal()).erased == 0
    assert await ids(people, Share) == {share}


# Shares, feedback, ratings, questions


async def test_whom_it_is_no_longer_shared_with_cannot_read_it_again(people: People) -> None:
    transcript = await saved_by_anna(people)
    await people.join(CLEO)
    await people.transcripts.share(ANNA, transcript, CLEO, until=NOW + DAY, at=NOW)
    await people.transcripts.share(ANNA, transcript, BEN, until=NOW + DAY, at=NOW)
    copy = await Copy.of(people)
    await people.transcripts.unshare(ANNA, transcript, CLEO, at=NOW)

    await copy.restore()
    await people.erasure().heal()

    with pytest.raises(NotFound):
        await people.transcripts.view(CLEO, transcript, at=NOW)
    assert len((await people.transcripts.view(BEN, transcript, at=NOW)).turns) == 3


async def test_a_share_that_was_made_shorter_does_not_become_longer_again(people: People) -> None:
    transcript = await saved_by_anna(people)
    await people.transcripts.share(ANNA, transcript, CLEO, until=NOW + 20 * DAY, at=NOW)
    copy = await Copy.of(people)
    await people.transcripts.share(ANNA, transcript, CLEO, until=NOW + DAY, at=NOW)

    await copy.restore()
    await people.erasure().heal()

    with pytest.raises(NotFound):
        await people.transcripts.view(CLEO, transcript, at=NOW + 2 * DAY)


async def test_who_is_shared_with_again_reads_it_whatever_ended_before(people: People) -> None:
    transcript = await saved_by_anna(people)
    await people.transcripts.share(ANNA, transcript, CLEO, until=NOW + DAY, at=NOW)
    await people.transcripts.unshare(ANNA, transcript, CLEO, at=NOW)
    await people.transcripts.share(ANNA, transcript, CLEO, until=NOW + DAY, at=NOW)

    await people.erasure().heal()

    assert (await people.transcripts.view(CLEO, transcript, at=NOW)).id == transcript


async def test_deleted_feedback_ratings_and_questions_do_not_come_back(people: People) -> None:
    transcript = await saved_by_anna(people)
    await people.leave_traces(ANNA, transcript)
    tables = (Feedback, Rating, GuildQuestion)
    ((feedback,), (rating,), (question,)) = [await ids(people, table) for table in tables]
    copy = await Copy.of(people)
    await people.feedback.delete(ANNA, feedback, at=NOW)
    await people.feedback.unrate(ANNA, rating, at=NOW)
    assert await people.questions.remove(GUILD, question, at=NOW)

    await copy.restore()
    assert [len(await ids(people, table)) for table in tables] == [1, 1, 1]
    healed = await people.erasure().heal()

    assert [len(await ids(people, table)) for table in tables] == [0, 0, 0]
    assert healed.erased == 3
    assert words_of(ANNA) in await read(people, ANNA, transcript)


# Never to be heard


async def test_who_opted_out_stays_out(people: People, provider: EnvironmentKeys) -> None:
    copy = await Copy.of(people)
    await people.ledger.opt_out(ANNA, press())
    await people.ledger.opt_out(CLEO, press())  # of whom nothing was kept before

    await copy.restore()
    again = await people_over(people.databases, provider)
    await people.erasure().heal()
    await again.ledger.refresh()

    for ledger in (people.ledger, again.ledger):
        for who in (ANNA, CLEO):
            assert ledger.opted_out(who)
            assert not ledger.allowed(who, Purpose.TRANSCRIBE)
            with pytest.raises(OptedOut):
                await ledger.give(who, [Purpose.TRANSCRIBE], press(), attested_age=16)
        assert not ledger.opted_out(BEN)


async def test_who_opted_in_again_stays_in(people: People) -> None:
    await people.ledger.opt_out(ANNA, press())
    copy = await Copy.of(people)
    await people.ledger.opt_in(ANNA)

    await copy.restore()
    await people.erasure().heal()

    assert not people.ledger.opted_out(ANNA)


async def test_of_whom_only_the_opt_out_is_left_has_a_copy_and_can_have_it_deleted(people: People) -> None:
    copy = await Copy.of(people)
    await people.ledger.opt_out(CLEO, press())
    await copy.restore()
    assert await people.subjects.find(CLEO) is None

    facts = Facts("SkillRally", "privacy@skillrally.test", POLICY)
    parts = (people.databases.content, people.keyring, people.secrets, people.subjects, people.ledger)
    (zipped,) = (await Packages(*parts, keepers=[], facts=facts).parts(CLEO, at=NOW)).zips
    with zipfile.ZipFile(io.BytesIO(zipped)) as package:
        (settings,) = json.loads(package.read("settings.json"))["records"]
    erased = await people.erasure().account(CLEO, at=NOW)

    assert (settings["discord_id"], settings["subject"]) == (str(CLEO), None)
    assert (settings["known_since"], settings["never_heard"]) == (None, NOW.date().isoformat())
    assert erased.rows["opt_out"] == 1
    assert not people.ledger.opted_out(CLEO)
    assert await people.keyring.opted_out() == {}


async def test_an_erased_person_leaves_no_opt_out_and_whoever_comes_back_keeps_the_new_one(people: People) -> None:
    await people.ledger.opt_out(ANNA, press())
    copy = await Copy.of(people)
    erased = await people.erasure().account(ANNA, at=NOW)
    assert (erased.rows["opt_out"], await people.keyring.opted_out()) == (1, {})

    await people.ledger.opt_out(ANNA, press())
    await copy.restore()
    await people.erasure().heal()
    await people.ledger.refresh()

    assert people.ledger.opted_out(ANNA)
    assert await people.subjects.find(ANNA) is None


async def test_an_opt_out_in_the_keyring_names_nobody(people: People) -> None:
    await people.ledger.opt_out(ANNA, press())

    async with people.databases.keyring.read() as connection:
        row = (await connection.execute(select(OptOut.__table__))).mappings().one()

    assert row["idx"] == people.subjects.index(ANNA)
    assert str(ANNA).encode() not in row["idx"]
    assert set(row) == {"subject_id", "idx", "created_day"}


# Consents


async def test_that_a_withdrawal_is_missing_is_noticed_and_then_every_yes_is_taken_back(people: People) -> None:
    copy = await Copy.of(people)
    await people.ledger.withdraw(ANNA, [Purpose.SAVE], press())
    assert not await people.ledger.overtaken()

    await copy.restore()
    assert people.ledger.allowed(ANNA, Purpose.SAVE)  # which is what this is about
    assert await people.ledger.overtaken()
    await people.ledger.withdraw_all(at=NOW)

    assert not any(people.ledger.allowed(who, purpose) for who in (ANNA, BEN) for purpose in Purpose)
    assert not await people.ledger.overtaken()
    await people.ledger.give(BEN, [Purpose.SAVE], press(), attested_age=16)
    assert not await people.ledger.overtaken()


async def test_a_restored_ledger_that_has_every_withdrawal_is_left_as_it_is(people: People) -> None:
    await people.ledger.withdraw(ANNA, [Purpose.SAVE], press())
    copy = await Copy.of(people)
    await people.ledger.give(ANNA, [Purpose.SAVE], press(), attested_age=16)

    await copy.restore()

    assert not await people.ledger.overtaken()
    assert people.ledger.allowed(BEN, Purpose.SAVE)


async def test_a_withdrawal_that_could_not_be_written_makes_nobody_elses_yes_doubtful(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy() -> Any:
        raise DatabaseBusy("killed")

    with monkeypatch.context() as patch:
        patch.setattr(people.databases.content, "write", busy)
        with pytest.raises(DatabaseBusy):
            await people.ledger.withdraw(ANNA, [Purpose.SAVE], press())

    assert not await people.ledger.overtaken()


# From the content to the keyring


async def at_form_5(databases: Databases, *subjects: UUID) -> None:
    """Give the content the form it had when it said who is never to be heard."""
    await databases.content.migrate("0005")
    async with databases.content.write() as connection:
        for subject in subjects:
            value = subject.hex if databases.content.is_sqlite else subject
            await connection.execute(
                text("INSERT INTO opt_out (subject_id, created_day) VALUES (:subject, :day)"),
                {"subject": value, "day": "2026-11-20" if databases.content.is_sqlite else NOW.date()},
            )


async def test_who_opted_out_before_it_was_kept_in_the_keyring_is_still_out(
    people: People, installation: Installation, provider: EnvironmentKeys
) -> None:
    anna, ben = await people.subject(ANNA), await people.subject(BEN)
    await people.keyring.destroy(ben, at=NOW)  # of whom an old backup may still have it
    await at_form_5(people.databases, anna, ben)

    for _ in range(2):
        async with open_databases(
            installation.folder, content_dsn=installation.content_dsn, keyring_dsn=installation.keyring_dsn
        ) as databases:
            later = await people_over(databases, provider)
            await later.ledger.refresh()

            assert later.ledger.opted_out(ANNA)
            assert set(await later.keyring.opted_out()) == {later.subjects.index(ANNA)}
