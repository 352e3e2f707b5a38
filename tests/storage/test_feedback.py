"""Reports and ratings, on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from storage.errors import DecryptionFailed, NotFound
from storage.feedback import BODY_BYTES, DISPUTES, NOTE_LENGTH, PAGE, RATING_BYTES
from storage.models import Feedback, Rating
from tests.storage.conftest import ENGINES
from tests.storage.people import ANNA, BEN, CLEO, NOW, People, people_over, words_of

if TYPE_CHECKING:
    from storage.database import Databases
    from storage.keys import EnvironmentKeys

REPORT = {"strength": "You say what you did.", "quote": words_of(ANNA)}
both = pytest.mark.parametrize("installation", ENGINES, indirect=True)
one = pytest.mark.parametrize("installation", ["sqlite"], indirect=True)


@pytest_asyncio.fixture
async def people(databases: Databases, provider: EnvironmentKeys) -> People:
    people = await people_over(databases, provider)
    await people.join(ANNA, BEN)
    return people


async def kept(people: People, owner: int = ANNA, transcript: UUID | None = None, **changes: Any) -> UUID:
    transcript = transcript or await people.save(owner, owner)
    given: dict[str, Any] = {"model": "small-1", "schema_ver": 1, "at": NOW}
    return await people.feedback.keep(owner, transcript, REPORT, **given | changes)


@both
async def test_a_report_comes_back_as_it_was_and_is_sealed(people: People):
    feedback = await kept(people)

    found = await people.feedback.view(ANNA, feedback)

    assert (found.report, found.model, found.schema_ver, found.disputes) == (REPORT, "small-1", 1, ())
    async with people.databases.content.read() as connection:
        sealed = (await connection.execute(select(Feedback.enc_body))).scalar_one()
    assert b"say what you did" not in sealed


@both
async def test_nobody_sees_changes_or_deletes_somebody_elses_report(people: People):
    transcript = await people.save(ANNA, ANNA, BEN)
    await people.transcripts.share(ANNA, transcript, BEN, until=NOW + timedelta(days=1), at=NOW)
    feedback = await kept(people, ANNA, transcript)

    for user_id in (BEN, CLEO):
        with pytest.raises(NotFound):
            await people.feedback.view(user_id, feedback)
        with pytest.raises(NotFound):
            await people.feedback.delete(user_id, feedback, at=NOW)
        with pytest.raises(NotFound):
            await people.feedback.dispute(user_id, feedback, "depth", "", at=NOW)
        with pytest.raises(NotFound):
            await kept(people, user_id, transcript)
        assert (await people.feedback.list(user_id)).total == 0
    assert (await people.feedback.view(ANNA, feedback)).report == REPORT


@one
async def test_the_list_has_pages_the_newest_first_and_of_one_transcript_if_asked(people: People):
    transcript = await people.save(ANNA, ANNA)
    await kept(people, ANNA, transcript, at=NOW + timedelta(days=99))
    for day in range(PAGE):
        await kept(people, at=NOW + timedelta(days=day))

    first, last = await people.feedback.list(ANNA), await people.feedback.list(ANNA, 7)
    only = await people.feedback.list(ANNA, transcript_id=transcript)

    assert (first.total, first.pages, first.number, len(first.entries)) == (PAGE + 1, 2, 1, PAGE)
    assert (last.number, len(last.entries)) == (2, 1)
    days = [each.day for each in (*first.entries, *last.entries)]
    assert days == sorted(days, reverse=True)
    assert [each.transcript_id for each in only.entries] == [transcript]


@one
async def test_a_report_that_was_deleted_is_gone(people: People):
    feedback = await kept(people)

    await people.feedback.delete(ANNA, feedback, at=NOW)

    with pytest.raises(NotFound):
        await people.feedback.view(ANNA, feedback)
    with pytest.raises(NotFound):
        await people.feedback.delete(ANNA, feedback, at=NOW)


@both
async def test_what_is_disputed_is_kept_beside_the_report_and_can_be_taken_back(people: People):
    feedback = await kept(people)

    await people.feedback.dispute(ANNA, feedback, "depth", "first", at=NOW)
    await people.feedback.dispute(ANNA, feedback, "result", "", at=NOW)
    changed = await people.feedback.dispute(ANNA, feedback, "depth", " I did name it ", at=NOW)
    left = await people.feedback.undispute(ANNA, feedback, "result")

    assert [(each.criterion, each.note) for each in changed.disputes] == [("result", ""), ("depth", "I did name it")]
    assert [each.criterion for each in left.disputes] == ["depth"]
    assert await people.feedback.view(ANNA, feedback) == left
    assert left.report == REPORT


@one
async def test_what_is_too_long_is_refused_and_changes_nothing(people: People):
    feedback, transcript = await kept(people), await people.save(ANNA, ANNA)

    with pytest.raises(ValueError, match="characters"):
        await people.feedback.dispute(ANNA, feedback, "depth", "x" * (NOTE_LENGTH + 1), at=NOW)
    with pytest.raises(ValueError, match="bytes"):
        await people.feedback.rate(ANNA, ANNA, transcript, {"note": "x" * RATING_BYTES}, at=NOW)
    with pytest.raises(ValueError, match="bytes"):
        await people.feedback.keep(ANNA, transcript, {"x": "x" * BODY_BYTES}, model="m", schema_ver=1, at=NOW)
    for number in range(DISPUTES):
        await people.feedback.dispute(ANNA, feedback, f"criterion {number}", "", at=NOW)
    with pytest.raises(ValueError, match="as much"):
        await people.feedback.dispute(ANNA, feedback, "one more", "", at=NOW)

    assert len((await people.feedback.view(ANNA, feedback)).disputes) == DISPUTES
    assert (await people.rows())["rating"] == 0


@one
async def test_a_report_in_another_row_or_an_older_revision_does_not_open(people: People):
    one_, other = await kept(people), await kept(people)
    async with people.databases.content.write() as connection:
        first = (await connection.execute(select(Feedback.enc_body).where(Feedback.id == one_))).scalar_one()
        await connection.execute(update(Feedback).where(Feedback.id == other).values(enc_body=first))
        await connection.execute(update(Feedback).where(Feedback.id == one_).values(rev=1))

    for feedback in (one_, other):
        assert (await people.feedback.view(ANNA, feedback)).report is None
        with pytest.raises(DecryptionFailed):
            await people.feedback.dispute(ANNA, feedback, "depth", "", at=NOW)


@both
async def test_a_peers_notes_are_the_rated_persons_and_both_see_that_they_exist(people: People):
    transcript = await people.save(ANNA, ANNA, BEN)

    await people.feedback.rate(BEN, ANNA, transcript, {"note": "clear"}, at=NOW)
    await people.feedback.rate(ANNA, ANNA, transcript, {"note": "nervous"}, at=NOW)

    rated = await people.feedback.ratings(ANNA, transcript)
    assert [(each.own, each.rater_id, each.body) for each in rated] == [
        (True, ANNA, {"note": "nervous"}),
        (False, BEN, {"note": "clear"}),
    ]
    assert await people.feedback.ratings(BEN, transcript) == []
    assert await people.feedback.ratings(CLEO, transcript) == []


@one
async def test_rating_again_replaces_what_was_noted(people: People):
    transcript = await people.save(ANNA, ANNA, BEN)

    first = await people.feedback.rate(BEN, ANNA, transcript, {"note": "one"}, at=NOW)
    second = await people.feedback.rate(BEN, ANNA, transcript, {"note": "two"}, at=NOW + timedelta(days=1))

    assert first == second
    (rated,) = await people.feedback.ratings(ANNA, transcript)
    assert (rated.body, rated.day) == ({"note": "two"}, (NOW + timedelta(days=1)).date())


@one
async def test_only_who_was_there_rates_and_is_rated(people: People):
    await people.join(CLEO)
    transcript = await people.save(ANNA, ANNA, BEN)

    for rater, rated in ((CLEO, ANNA), (BEN, CLEO), (CLEO, CLEO)):
        with pytest.raises(NotFound):
            await people.feedback.rate(rater, rated, transcript, {}, at=NOW)
    with pytest.raises(NotFound):
        await people.feedback.rate(BEN, ANNA, uuid4(), {}, at=NOW)
    await people.feedback.rate(CLEO, ANNA, transcript, {"note": "watched"}, at=NOW, was_there=True)
    await people.transcripts.share(ANNA, transcript, CLEO, until=NOW + timedelta(days=1), at=NOW)
    await people.feedback.rate(CLEO, BEN, transcript, {"note": "read it"}, at=NOW)

    with pytest.raises(NotFound):
        await people.feedback.rate(CLEO, BEN, transcript, {}, at=NOW + timedelta(days=2))
    assert (await people.rows())["rating"] == 2


@one
async def test_either_of_the_two_may_delete_a_rating_and_nobody_else(people: People):
    transcript = await people.save(ANNA, ANNA, BEN)
    await people.join(CLEO)
    for deleter in (ANNA, BEN):
        rating = await people.feedback.rate(BEN, ANNA, transcript, {}, at=NOW)
        with pytest.raises(NotFound):
            await people.feedback.unrate(CLEO, rating, at=NOW)

        await people.feedback.unrate(deleter, rating, at=NOW)

        with pytest.raises(NotFound):
            await people.feedback.unrate(deleter, rating, at=NOW)


@one
async def test_each_finds_what_they_noted_and_what_is_noted_about_them_newest_first(people: People):
    transcript = await people.save(ANNA, ANNA, BEN)
    await people.join(CLEO)
    own = await people.feedback.rate(ANNA, ANNA, transcript, {"note": "own"}, at=NOW)
    got = await people.feedback.rate(BEN, ANNA, transcript, {"note": "his"}, at=NOW + timedelta(days=1))

    found = await people.feedback.noted(ANNA, most=9)

    assert [(each.id, each.rater_id, each.rated_id) for each in found] == [(got, BEN, ANNA), (own, ANNA, ANNA)]
    assert [each.body for each in found] == [{"note": "his"}, {"note": "own"}]
    assert list(await people.feedback.noted(ANNA, most=1)) == [found[0]]
    assert list(await people.feedback.noted(BEN, most=9)) == [found[0]]
    assert await people.feedback.note(BEN, got) == found[0]
    assert list(await people.feedback.noted(CLEO, most=9)) == []
    for person, rating in ((BEN, own), (CLEO, got)):
        with pytest.raises(NotFound):
            await people.feedback.note(person, rating)


@pytest.mark.parametrize("erased", [ANNA, BEN])
@both
async def test_a_rating_goes_with_either_account_and_others_stay(people: People, erased: int):
    hers, his = await people.save(ANNA, ANNA, BEN), await people.save(BEN, BEN, ANNA)
    await people.feedback.rate(BEN, ANNA, hers, {"note": "x"}, at=NOW)
    await people.feedback.rate(ANNA, BEN, his, {"note": "y"}, at=NOW)
    await people.feedback.rate(ANNA, ANNA, hers, {"note": "z"}, at=NOW)
    await people.feedback.rate(BEN, BEN, his, {"note": "w"}, at=NOW)

    await people.erasure().account(erased, at=NOW)

    async with people.databases.content.read() as connection:
        pairs = (await connection.execute(select(Rating.rated_id, Rating.rater_id))).all()
    left = await people.subject(BEN if erased == ANNA else ANNA)
    assert [tuple(pair) for pair in pairs] == [(left, left)]


@both
async def test_a_report_goes_when_somebody_it_may_quote_is_erased_or_takes_words_out(people: People):
    first, second = await people.save(ANNA, ANNA, BEN), await people.save(ANNA, ANNA, BEN)
    await kept(people, ANNA, first)
    await kept(people, ANNA, second)
    own = await kept(people)

    await people.transcripts.redact(BEN, first, 1, at=NOW)
    assert (await people.feedback.list(ANNA)).total == 2
    await people.erasure().account(BEN, at=NOW)

    assert [each.id for each in (await people.feedback.list(ANNA)).entries] == [own]


@one
async def test_a_transcript_that_is_deleted_takes_reports_and_ratings_along(people: People):
    transcript = await people.save(ANNA, ANNA, BEN)
    await kept(people, ANNA, transcript)
    await people.feedback.rate(BEN, ANNA, transcript, {}, at=NOW)

    await people.transcripts.delete(ANNA, transcript)

    rows = await people.rows()
    assert (rows["feedback"], rows["rating"]) == (0, 0)


@one
async def test_the_package_has_what_others_noted_about_me_and_what_i_noted(people: People):
    transcript = await people.save(ANNA, ANNA, BEN)
    await people.feedback.rate(BEN, ANNA, transcript, {"note": "clear"}, at=NOW)
    await people.feedback.rate(ANNA, BEN, transcript, {"note": "helpful"}, at=NOW)

    pages = [page async for page in people.feedback.export(await people.subject(ANNA))]

    records = {record["body"]["note"]: record for page in pages for record in page.records}
    assert {page.section for page in pages} == {"ratings"}
    assert (records["clear"]["about_you"], records["clear"]["by_you"]) == (True, False)
    assert (records["helpful"]["about_you"], records["helpful"]["by_you"]) == (False, True)


@one
async def test_nothing_that_was_noted_is_in_a_repr(people: People):
    transcript = await people.save(ANNA, ANNA)
    feedback = await kept(people, ANNA, transcript)
    await people.feedback.dispute(ANNA, feedback, "depth", "my canary", at=NOW)
    await people.feedback.rate(ANNA, ANNA, transcript, {"note": "my canary"}, at=NOW)

    shown = repr(await people.feedback.view(ANNA, feedback)) + repr(await people.feedback.ratings(ANNA, transcript))

    for secret in ("canary", "what you did", str(ANNA)):
        assert secret not in shown
