from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID, uuid4

import pytest
import pytest_asyncio
from sqlalchemy import delete, func, insert, select, update

from storage import formats, models
from storage import transcripts as module
from storage.crypto import DataKey, Place
from storage.errors import DecryptionFailed, NotFound, NothingToSave
from storage.keyring import Keyring
from storage.subjects import Subjects
from storage.transcripts import SHARE_LIFE, Asked, Deleted, Mark, Noted, Spoken, Transcript, Transcripts

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence

    from storage.database import Databases
    from storage.keys import EnvironmentKeys
    from tests.storage.conftest import Installation

NOW = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
TODAY = date(2026, 11, 23)
LATER = NOW + timedelta(days=7)
ANNA, BEN, CLEO, DAVE = 80351110224678912, 175928847299117063, 334385199974967042, 41771983423143937
EVERYBODY = (ANNA, BEN, CLEO, DAVE)
numbers = count(1_000)  # above those that a test names


def spoken(speaker: int, text: str, start_s: float = 0.0, **more: Any) -> Spoken:
    given: dict[str, Any] = {"name": f"name-{speaker}", "end_s": start_s + 1, "language": "uk", "confidence": 0.5}
    return Spoken(speaker_id=speaker, text=text, start_s=start_s, **given | more)


TALK = (spoken(ANNA, "alpha beta", 1), spoken(BEN, "gamma delta", 2), spoken(ANNA, "epsilon", 3))


@dataclass
class Stores:
    """What is needed to save, and who agreed to be saved."""

    databases: Databases
    keyring: Keyring
    subjects: Subjects
    transcripts: Transcripts
    agreed: set[int] = field(default_factory=lambda: set(EVERYBODY))
    asked: Counter[int] = field(default_factory=Counter[int])

    @classmethod
    async def over(cls, databases: Databases, provider: EnvironmentKeys) -> Self:
        keyring = Keyring(databases.keyring, provider)
        secrets = await keyring.secrets()
        subjects = Subjects(databases.content, keyring, secrets)
        return cls(databases, keyring, subjects, Transcripts(databases.content, keyring, secrets, subjects))

    async def save(
        self,
        turns: Sequence[Spoken | Asked] = TALK,
        *,
        owner: int = ANNA,
        title: str = "first",
        saving: Callable[[int], bool] | None = None,
        at: datetime = NOW,
        interaction_id: int | None = None,
        notes: Sequence[Noted] = (),
    ) -> UUID:
        number = next(numbers) if interaction_id is None else interaction_id
        for user in {turn.speaker_id for turn in turns if isinstance(turn, Spoken)} & set(EVERYBODY):
            await self.subject(user)

        def may(user: int) -> bool:
            self.asked[user] += 1
            return saving(user) if saving else user in self.agreed

        return await self.transcripts.save(owner, title, turns, may, at=at, interaction_id=number, notes=notes)

    async def texts(self, reader: int, transcript: UUID) -> list[str]:
        return shown(await self.transcripts.view(reader, transcript, at=NOW))

    async def subject(self, user: int) -> UUID:
        """Whoever said yes to anything is one."""
        return await self.subjects.find_or_create(user, today=TODAY)

    async def count(self, table: type[models.Content]) -> int:
        async with self.databases.content.read() as connection:
            return (await connection.execute(select(func.count()).select_from(table))).scalar_one()

    async def row(self, transcript: UUID, seq: int) -> dict[str, Any]:
        async with self.databases.content.read() as connection:
            found = await connection.execute(
                select(models.Turn.__table__).where(models.Turn.transcript_id == transcript, models.Turn.seq == seq)
            )
            return dict(found.mappings().one())

    async def change(self, transcript: UUID, seq: int, values: dict[str, Any]) -> None:
        async with self.databases.content.write() as connection:
            await connection.execute(
                update(models.Turn)
                .where(models.Turn.transcript_id == transcript, models.Turn.seq == seq)
                .values(values)
            )

    async def comment(self, transcript: UUID, owner: int) -> None:
        subject = await self.subject(owner)
        common: dict[str, Any] = {"id": uuid4(), "transcript_id": transcript, "owner_id": subject}
        async with self.databases.content.write() as connection:
            await connection.execute(
                insert(models.Feedback).values(
                    **common, enc_body=b"-", model="m", schema_ver=1, created_day=TODAY, rev=0
                )
            )
            await connection.execute(
                insert(models.AiJob).values(
                    **common,
                    server_idx=bytes(32),
                    enc_options=b"-",
                    state="waiting",
                    attempts=0,
                    interrupted=0,
                    not_before_at=NOW,
                    reserved_tokens=1,
                    expires_at=LATER,
                )
            )


def shown(transcript: Transcript) -> list[str]:
    """As a reader sees it: the end of each line of the text."""
    lines = formats.as_text(transcript).splitlines()[3:]
    return [line.rpartition(": ")[2] for line in lines]


@pytest_asyncio.fixture
async def stores(databases: Databases, provider: EnvironmentKeys) -> Stores:
    return await Stores.over(databases, provider)


@pytest_asyncio.fixture
async def local(sqlite: Installation, provider: EnvironmentKeys) -> AsyncIterator[Stores]:
    """On files, for what does not depend on the database."""
    async with sqlite.open() as databases:
        yield await Stores.over(databases, provider)


@pytest_asyncio.fixture
async def elsewhere(installation: Installation, provider: EnvironmentKeys) -> AsyncIterator[Stores]:
    """The same, as another process has it."""
    async with installation.open() as databases:
        yield await Stores.over(databases, provider)


# Saving


async def test_what_was_saved_can_be_viewed_by_its_owner(stores: Stores) -> None:
    gap = spoken(BEN, "", 4, missing_s=3.2, language="", confidence=0.0)
    transcript = await stores.transcripts.view(ANNA, await stores.save([*TALK, gap]), at=NOW)

    assert (transcript.title, transcript.day, transcript.own) == ("first", TODAY, True)
    assert shown(transcript) == ["alpha beta", "gamma delta", "epsilon", "[3 s not transcribed]"]
    assert [turn.speaker for turn in transcript.turns] == [1, 2, 1, 2]
    assert [turn.own for turn in transcript.turns] == [True, False, True, False]
    first = transcript.turns[0]
    assert (first.name, first.start_s, first.end_s, first.language, first.confidence) == (
        f"name-{ANNA}",
        1,
        2,
        "uk",
        0.5,
    )


async def test_what_was_saved_outlives_the_process(stores: Stores, elsewhere: Stores) -> None:
    assert await elsewhere.texts(ANNA, await stores.save()) == ["alpha beta", "gamma delta", "epsilon"]


async def test_turns_are_in_the_order_in_which_they_were_spoken(local: Stores) -> None:
    assert await local.texts(ANNA, await local.save(TALK[::-1])) == ["alpha beta", "gamma delta", "epsilon"]


async def test_words_of_who_did_not_agree_are_marks_and_have_no_row_of_theirs(stores: Stores) -> None:
    turns = [*TALK, spoken(BEN, "zeta", 4), spoken(CLEO, "eta", 5), spoken(BEN, "theta", 6)]
    stores.agreed = {ANNA}

    transcript = await stores.save(turns)

    assert await stores.texts(ANNA, transcript) == ["alpha beta", "[not saved]", "epsilon", "[not saved]"]
    for seq in (1, 3):
        row = await stores.row(transcript, seq)
        assert (row["speaker_id"], row["enc_body"], row["state"]) == (None, None, "not_saved")


async def test_an_owner_who_did_not_agree_keeps_the_words_of_those_who_did(local: Stores) -> None:
    local.agreed = {BEN}

    assert await local.texts(ANNA, await local.save()) == ["[not saved]", "gamma delta", "[not saved]"]


async def test_nothing_is_saved_if_nobody_agreed(stores: Stores) -> None:
    stores.agreed = set()

    with pytest.raises(NothingToSave):
        await stores.save()

    assert await stores.count(models.Transcript) == 0


async def test_who_was_erased_is_not_made_again_by_saving(stores: Stores) -> None:
    stranger = 999
    transcript = await stores.save([*TALK, spoken(stranger, "unheard", 4)], saving=lambda _: True)

    assert (await stores.texts(ANNA, transcript))[-1] == "[not saved]"
    assert await stores.subjects.find(stranger) is None


async def test_who_takes_back_consent_while_it_is_saved_is_left_out(stores: Stores) -> None:
    for last_yes in range(1, 7):
        stores.asked.clear()

        transcript = await stores.save(saving=lambda user, n=last_yes: user != BEN or stores.asked[BEN] <= n)

        # Asked at the beginning, before it is sealed, before it is written and before the commit; then it is done.
        expected = "[not saved]" if last_yes < 4 else "gamma delta"
        assert await stores.texts(ANNA, transcript) == ["alpha beta", expected, "epsilon"]
    assert await stores.count(models.Transcript) == 6


async def test_everybody_may_take_back_consent_while_it_is_saved(local: Stores) -> None:
    with pytest.raises(NothingToSave):
        await local.save(saving=lambda user: local.asked[user] < 4)

    assert [await local.count(table) for table in (models.Transcript, models.Turn, models.Idempotency)] == [0, 0, 0]


async def test_who_is_erased_while_it_is_saved_is_left_out(stores: Stores) -> None:
    _, ben = await stores.subject(ANNA), await stores.subject(BEN)
    asked = asyncio.Event()

    # Nobody else can write until the inner block ends.
    async with asyncio.TaskGroup() as tasks, stores.databases.content.write() as connection:
        saved = tasks.create_task(stores.save(saving=lambda _: asked.set() is None))
        await asked.wait()
        await stores.keyring.destroy(ben, at=NOW)
        await connection.execute(delete(models.Subject).where(models.Subject.id == ben))

    assert await stores.texts(ANNA, saved.result()) == ["alpha beta", "[not saved]", "epsilon"]


async def test_the_same_interaction_saves_once(stores: Stores, elsewhere: Stores) -> None:
    first = await stores.save(interaction_id=7_000)
    again = await elsewhere.save(TALK[:1], title="another", interaction_id=7_000)
    many = await asyncio.gather(*(each.save(interaction_id=7_001) for each in (stores, elsewhere) for _ in range(5)))

    assert again == first
    assert len({first, *many}) == 2
    assert await stores.count(models.Transcript) == 2
    assert await stores.count(models.Turn) == 6
    assert await stores.texts(ANNA, first) == ["alpha beta", "gamma delta", "epsilon"]


async def test_a_copy_is_answered_alike_after_everybody_took_back_their_consent(stores: Stores) -> None:
    transcript = await stores.save(interaction_id=7_004)
    stores.agreed = set()

    assert await stores.save(interaction_id=7_004) == transcript
    assert await stores.texts(ANNA, transcript) == ["alpha beta", "gamma delta", "epsilon"]


async def test_a_copy_of_an_interaction_does_not_bring_back_what_was_deleted(stores: Stores) -> None:
    transcript = await stores.save(interaction_id=7_002)
    await stores.transcripts.delete(ANNA, transcript)

    assert await stores.save(interaction_id=7_002) == transcript
    assert await stores.count(models.Transcript) == 0


async def test_an_interaction_that_did_something_else_saves_nothing(local: Stores) -> None:
    await local.save(interaction_id=7_003)

    with pytest.raises(ValueError, match="something else"):
        await local.save(owner=BEN, interaction_id=7_003)


@pytest.mark.parametrize(
    "change",
    [
        {"text": ""},
        {"text": "x" * (module.TEXT_LENGTH + 1)},
        {"start_s": -1.0},
        {"end_s": 0.5},
        {"end_s": float("inf")},
        {"start_s": float("nan")},
        {"confidence": 1.5},
        {"missing_s": -1.0},
    ],
    ids=lambda change: "-".join(f"{name}={str(value)[:4]}" for name, value in change.items()),
)
def test_a_turn_that_cannot_be_is_refused_and_not_quoted(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="a turn") as caught:
        module._check([replace(TALK[0], **change)])

    assert "alpha" not in str(caught.value)


async def test_a_title_or_transcript_that_cannot_be_is_refused(local: Stores) -> None:
    for title in ("", "  ", "x" * 101):
        with pytest.raises(ValueError, match="a title"):
            await local.save(title=title)
    for turns in ([replace(TALK[0], text="")], [TALK[0]] * (module.TURNS + 1)):
        with pytest.raises(ValueError, match="a t"):
            await local.save(turns)


async def test_any_text_can_be_saved(local: Stores) -> None:
    odd = "\x00 half \ud83d \U0001f469\u200d\U0001f4bb п\u2019ять \u202e"

    transcript = await local.transcripts.view(ANNA, await local.save([spoken(ANNA, odd, name=odd)], title=odd), at=NOW)

    cleaned = odd.replace("\ud83d", "?")
    assert (transcript.title, transcript.turns[0].text, transcript.turns[0].name) == (cleaned, cleaned, cleaned)
    assert formats.read_json(formats.as_json(transcript)) == transcript


async def test_a_transcript_of_many_turns_comes_back(local: Stores) -> None:
    turns = [spoken(EVERYBODY[n % 3], f"turn {n}", n) for n in range(module._BATCH * 2 + 1)]

    assert await local.texts(ANNA, await local.save(turns)) == [turn.text for turn in turns]


async def test_nothing_that_was_said_is_in_the_files(sqlite: Installation, provider: EnvironmentKeys) -> None:
    async with sqlite.open() as databases:
        stores = await Stores.over(databases, provider)
        stores.agreed = {ANNA, CLEO}
        turns = [
            spoken(ANNA, "canary-words", name="canary-name"),
            spoken(BEN, "canary-unsaved", name="canary-stranger", start_s=1),
        ]
        transcript = await stores.save(turns, title="canary-title")
        await stores.transcripts.share(ANNA, transcript, CLEO, until=LATER, at=NOW)
        await stores.transcripts.correct(ANNA, transcript, 0, "canary-corrected")
        await stores.transcripts.search(CLEO, "canary", at=NOW)
        files = {path.name: path.read_bytes() for path in sqlite.folder.iterdir()}

    assert {"content.db", "content.db-wal", "content.db-shm"} <= set(files)
    for content in files.values():
        assert b"canary" not in content
        for user in EVERYBODY:
            assert str(user).encode() not in content


# Who may do what


async def reader_of(stores: Stores, transcript: UUID) -> None:
    await stores.transcripts.share(ANNA, transcript, CLEO, until=LATER, at=NOW)


DOORS: dict[str, Callable[[Transcripts, int, UUID], Awaitable[object]]] = {
    "view": lambda t, user, it: t.view(user, it, at=NOW),
    "correct": lambda t, user, it: t.correct(user, it, 0, "mine"),
    "redact": lambda t, user, it: t.redact(user, it, 0, at=NOW),
    "share": lambda t, user, it: t.share(user, it, DAVE if user != DAVE else BEN, until=LATER, at=NOW),
    "unshare": lambda t, user, it: t.unshare(user, it, CLEO, at=NOW),
    "delete": lambda t, user, it: t.delete(user, it),
}
OPEN = {"owner": set(DOORS), "speaker": set[str](), "reader": {"view"}, "member": set[str](), "stranger": set[str]()}
WHO = {"owner": ANNA, "speaker": BEN, "reader": CLEO, "member": DAVE, "stranger": 4}


@pytest.mark.parametrize("door", DOORS)
async def test_each_door_is_open_to_whom_it_is_for_and_says_the_same_to_all_others(stores: Stores, door: str) -> None:
    transcript = await stores.save()
    await reader_of(stores, transcript)
    before = await stores.texts(ANNA, transcript)

    for who, user in WHO.items():
        if door in OPEN[who]:
            continue
        with pytest.raises(NotFound) as foreign:
            await DOORS[door](stores.transcripts, user, transcript)
        with pytest.raises(NotFound) as missing:
            await DOORS[door](stores.transcripts, user, uuid4())
        assert foreign.value.args == missing.value.args
    assert await stores.texts(CLEO, transcript) == before
    for who in (who for who in WHO if door in OPEN[who]):
        await DOORS[door](stores.transcripts, WHO[who], transcript)


async def test_others_find_nothing_of_it_in_lists_and_searches(stores: Stores) -> None:
    await reader_of(stores, await stores.save())

    for who in ("speaker", "member", "stranger"):
        assert (await stores.transcripts.list(WHO[who], at=NOW)).total == 0
        assert (await stores.transcripts.search(WHO[who], "alpha", at=NOW)).total == 0


async def test_a_speaker_corrects_and_redacts_own_words_in_anybodys_transcript_and_no_others(stores: Stores) -> None:
    transcript = await stores.save()

    await stores.transcripts.correct(BEN, transcript, 1, "better")
    for seq in (0, 2, 3, 99, -1):
        with pytest.raises(NotFound):
            await stores.transcripts.correct(BEN, transcript, seq, "not mine")
        with pytest.raises(NotFound):
            await stores.transcripts.redact(BEN, transcript, seq, at=NOW)
    assert await stores.texts(ANNA, transcript) == ["alpha beta", "better", "epsilon"]

    await stores.transcripts.redact(BEN, transcript, 1, at=NOW)
    assert await stores.texts(ANNA, transcript) == ["alpha beta", "[redacted]", "epsilon"]


async def test_an_owner_redacts_others_words_but_does_not_correct_them(local: Stores) -> None:
    transcript = await local.save()

    with pytest.raises(NotFound):
        await local.transcripts.correct(ANNA, transcript, 1, "what they should have said")
    await local.transcripts.redact(ANNA, transcript, 1, at=NOW)

    turn = (await local.transcripts.view(ANNA, transcript, at=NOW)).turns[1]
    assert (turn.mark, turn.text, turn.start_s) == (Mark.REDACTED, "", None)


# Changing


async def test_a_correction_is_kept_as_one(stores: Stores) -> None:
    transcript = await stores.save([*TALK, spoken(ANNA, "", 4, missing_s=2.0)])

    assert await stores.transcripts.correct(ANNA, transcript, 0, " gamma ") == 1
    assert await stores.transcripts.correct(ANNA, transcript, 0, "delta") == 2
    assert await stores.transcripts.correct(ANNA, transcript, 0, "delta") == 2
    assert await stores.transcripts.correct(ANNA, transcript, 3, "filled") == 1

    turns = (await stores.transcripts.view(ANNA, transcript, at=NOW)).turns
    assert (turns[0].text, turns[0].corrected, turns[0].confidence) == ("delta", True, 1.0)
    assert (turns[3].text, turns[3].missing_s) == ("filled", 0.0)
    assert not turns[1].corrected


async def test_a_correction_without_words_is_refused(local: Stores) -> None:
    transcript = await local.save()

    for text in ("", " \n", "x" * (module.TEXT_LENGTH + 1)):
        with pytest.raises(ValueError, match="a turn has"):
            await local.transcripts.correct(ANNA, transcript, 0, text)


async def test_what_was_redacted_is_gone_from_the_row_and_stays_gone(stores: Stores) -> None:
    transcript = await stores.save()

    await stores.transcripts.redact(ANNA, transcript, 0, at=NOW)

    assert (await stores.row(transcript, 0))["enc_body"] is None
    assert await stores.transcripts.redact(ANNA, transcript, 0, at=NOW) == 0
    with pytest.raises(NotFound):
        await stores.transcripts.correct(ANNA, transcript, 0, "again")
    turn = (await stores.transcripts.view(ANNA, transcript, at=NOW)).turns[0]
    assert (turn.mark, turn.name) == (Mark.REDACTED, f"name-{ANNA}")


async def test_comments_that_may_quote_redacted_words_go_with_them(local: Stores) -> None:
    transcript, other = await local.save(), await local.save()
    for each in (transcript, other):
        await local.comment(each, ANNA)

    assert await local.transcripts.redact(BEN, transcript, 1, at=NOW) == 2
    assert await local.count(models.Feedback) == 1


# Sharing


async def test_a_share_ends_when_it_is_said_to(stores: Stores) -> None:
    transcript = await stores.save()
    await stores.transcripts.share(ANNA, transcript, CLEO, until=LATER, at=NOW)

    just_before = LATER - timedelta(microseconds=1)
    assert not (await stores.transcripts.view(CLEO, transcript, at=just_before)).own
    assert (await stores.transcripts.search(CLEO, "alpha", at=just_before)).total == 1
    with pytest.raises(NotFound):
        await stores.transcripts.view(CLEO, transcript, at=LATER)
    assert (await stores.transcripts.list(CLEO, at=LATER)).entries == ()
    assert (await stores.transcripts.search(CLEO, "alpha", at=LATER)).total == 0


async def test_sharing_again_moves_the_end(local: Stores) -> None:
    transcript = await local.save()
    for until in (LATER, NOW + timedelta(days=1)):
        await local.transcripts.share(ANNA, transcript, CLEO, until=until, at=NOW)

    assert await local.count(models.Share) == 1
    with pytest.raises(NotFound):
        await local.transcripts.view(CLEO, transcript, at=NOW + timedelta(days=2))


async def test_unsharing_closes_it_at_once(stores: Stores) -> None:
    transcript = await stores.save()
    await reader_of(stores, transcript)

    assert await stores.transcripts.unshare(ANNA, transcript, CLEO, at=NOW)
    assert not await stores.transcripts.unshare(ANNA, transcript, CLEO, at=NOW)
    assert not await stores.transcripts.unshare(ANNA, transcript, 12345, at=NOW)
    with pytest.raises(NotFound):
        await stores.transcripts.view(CLEO, transcript, at=NOW)


async def test_a_late_copy_of_a_share_opens_nothing_again(stores: Stores) -> None:
    transcript = await stores.save()
    share: dict[str, Any] = {"until": LATER, "at": NOW, "interaction_id": 4711}
    await stores.transcripts.share(ANNA, transcript, CLEO, **share)
    await stores.transcripts.share(ANNA, transcript, CLEO, **share)
    assert (await stores.transcripts.view(CLEO, transcript, at=NOW)).id == transcript

    assert await stores.transcripts.unshare(ANNA, transcript, CLEO, at=NOW)
    await stores.transcripts.share(ANNA, transcript, CLEO, **share)

    with pytest.raises(NotFound):
        await stores.transcripts.view(CLEO, transcript, at=NOW)
    with pytest.raises(ValueError, match="something else"):
        await stores.transcripts.share(ANNA, transcript, DAVE, **share)


async def test_a_share_without_a_fitting_end_is_refused(local: Stores) -> None:
    transcript = await local.save()

    for until in (NOW, NOW - timedelta(1), NOW + SHARE_LIFE + timedelta(seconds=1)):
        with pytest.raises(ValueError, match="30 days"):
            await local.transcripts.share(ANNA, transcript, CLEO, until=until, at=NOW)


async def test_one_does_not_share_with_oneself_nor_with_everybody(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "READERS", 2)
    transcript = await stores.save()
    with pytest.raises(ValueError, match="owner"):
        await stores.transcripts.share(ANNA, transcript, ANNA, until=LATER, at=NOW)
    for reader in (BEN, CLEO):
        await stores.transcripts.share(ANNA, transcript, reader, until=LATER, at=NOW)

    with pytest.raises(ValueError, match="2 people"):
        await stores.transcripts.share(ANNA, transcript, DAVE, until=LATER, at=NOW)
    await stores.transcripts.share(ANNA, transcript, DAVE, until=LATER + timedelta(days=9), at=LATER)
    assert await stores.count(models.Share) == 1


async def test_somebody_elses_attempt_to_share_makes_nobody_known(local: Stores) -> None:
    transcript = await local.save()

    with pytest.raises(NotFound):
        await local.transcripts.share(BEN, transcript, 12345, until=LATER, at=NOW)

    assert await local.subjects.find(12345) is None


@pytest.mark.parametrize("forged", ["made", "moved", "longer", "other transcript"])
async def test_a_share_that_its_owner_did_not_make_opens_nothing(local: Stores, forged: str) -> None:
    transcript, second = await local.save(), await local.save()
    await reader_of(local, second)
    dave = await local.subject(DAVE)
    at = NOW
    async with local.databases.content.write() as connection:
        if forged == "made":
            row = dict((await connection.execute(select(models.Share.__table__))).mappings().one())
            await connection.execute(
                insert(models.Share).values(row | {"id": uuid4(), "transcript_id": transcript, "reader_id": dave})
            )
        elif forged == "moved":
            await connection.execute(update(models.Share).values(reader_id=dave))
        elif forged == "longer":
            await connection.execute(update(models.Share).values(expires_at=LATER + timedelta(days=300)))
            at = LATER + timedelta(days=1)
        else:
            await connection.execute(update(models.Share).values(transcript_id=transcript))
    reader = CLEO if forged in {"longer", "other transcript"} else DAVE

    for each in (transcript, second):
        with pytest.raises(NotFound):
            await local.transcripts.view(reader, each, at=at)
    assert (await local.transcripts.list(reader, at=at)).entries == ()
    assert (await local.transcripts.search(reader, "alpha", at=at)).total == 0


# Deleting


async def test_deleting_takes_everything_that_hangs_on_it_and_nothing_else(stores: Stores) -> None:
    transcript, other = await stores.save(), await stores.save()
    for each in (transcript, other):
        await reader_of(stores, each)
        await stores.comment(each, ANNA)

    assert await stores.transcripts.delete(ANNA, transcript) == Deleted(turns=3, shares=1, feedback=1, jobs=1)

    with pytest.raises(NotFound):
        await stores.transcripts.delete(ANNA, transcript)
    with pytest.raises(NotFound):
        await stores.transcripts.view(CLEO, transcript, at=NOW)
    assert await stores.texts(CLEO, other) == ["alpha beta", "gamma delta", "epsilon"]


# Lists


async def test_a_list_has_ones_own_and_what_is_shared_newest_first(stores: Stores) -> None:
    first = await stores.save(title="first")
    second = await stores.save(TALK[:1], title="second")
    bens = await stores.save(owner=BEN, title="Ben's", at=NOW + timedelta(days=1))
    await stores.transcripts.share(BEN, bens, ANNA, until=LATER, at=NOW)
    await reader_of(stores, first)

    page = await stores.transcripts.list(ANNA, at=NOW)

    assert [(e.title, e.turns, e.own, e.readers) for e in page.entries] == [
        ("Ben's", 3, False, 0),
        ("second", 1, True, 0),
        ("first", 3, True, 1),
    ]
    assert [e.id for e in page.entries] == [bens, second, first]
    assert [e.until for e in page.entries] == [LATER, None, None]
    assert (page.number, page.pages, page.total) == (1, 1, 3)


async def test_a_long_list_has_pages(stores: Stores) -> None:
    for number in range(module.PAGE + 3):
        await stores.save(TALK[:1], title=str(number))

    pages = [await stores.transcripts.list(ANNA, number, at=NOW) for number in (1, 2, 3, -5)]

    assert [page.number for page in pages] == [1, 2, 2, 1]
    titles = [entry.title for page in pages[:2] for entry in page.entries]
    assert titles == [str(number) for number in reversed(range(module.PAGE + 3))]


async def test_who_has_nothing_gets_an_empty_list(local: Stores) -> None:
    assert (await local.transcripts.list(4, at=NOW)).entries == ()
    assert (await local.transcripts.list(DAVE, 9, at=NOW)).total == 0


# Searching


async def test_a_search_finds_words_in_everything_that_one_may_read(stores: Stores) -> None:
    await stores.save(owner=CLEO, title="not for Anna")
    first = await stores.save(title="about gamma rays")
    bens = await stores.save(owner=BEN, title="shared")
    await stores.transcripts.share(BEN, bens, ANNA, until=LATER, at=NOW)

    found = await stores.transcripts.search(ANNA, "GAMMA", at=NOW)

    assert (found.total, found.complete) == (3, True)
    assert {(hit.transcript_id, hit.seq) for hit in found.hits} == {(first, None), (first, 1), (bens, 1)}
    assert {hit.excerpt for hit in found.hits if hit.seq == 1} == {"gamma delta"}


async def test_a_search_gives_the_best_places_first_and_no_more_than_asked_for(local: Stores) -> None:
    turns = [spoken(ANNA, f"prefixed {n} word", n) for n in range(30)] + [spoken(ANNA, "the word prefix", 99)]
    await local.save(turns)

    found = await local.transcripts.search(ANNA, "prefix word", at=NOW, limit=3)

    assert found.total == 31
    assert [hit.seq for hit in found.hits] == [30, 0, 1]


async def test_a_search_finds_no_words_that_are_gone(stores: Stores) -> None:
    transcript = await stores.save()
    await stores.transcripts.redact(ANNA, transcript, 0, at=NOW)
    await stores.keyring.destroy(await stores.subject(BEN), at=NOW)

    assert (await stores.transcripts.search(ANNA, "alpha", at=NOW)).total == 0
    assert (await stores.transcripts.search(ANNA, "gamma", at=NOW)).total == 0
    assert (await stores.transcripts.search(ANNA, "epsilon", at=NOW)).total == 1


async def test_a_search_goes_through_many_transcripts_and_turns(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BATCH", 2)
    monkeypatch.setattr(module, "_TRANSCRIPTS", 2)
    for _ in range(5):
        await stores.save([*TALK, spoken(ANNA, "needle", 9)])

    found = await stores.transcripts.search(ANNA, "needle", at=NOW)

    assert (found.total, found.complete) == (5, True)


async def test_a_search_can_be_stopped_and_says_so(local: Stores) -> None:
    for _ in range(4):
        await local.save()
    asked = count(1)

    found = await local.transcripts.search(ANNA, "alpha", at=NOW, stopped=lambda: next(asked) > 2)

    assert (found.total, found.complete) == (2, False)


async def test_a_search_for_nothing_or_for_too_much_is_refused(local: Stores) -> None:
    with pytest.raises(ValueError, match="a query has"):
        await local.transcripts.search(ANNA, "?", at=NOW)
    with pytest.raises(ValueError, match="a search gives"):
        await local.transcripts.search(ANNA, "alpha", at=NOW, limit=1000)


# Keys and tampering


async def test_when_a_speakers_key_is_destroyed_their_words_are_gone_and_no_others(stores: Stores) -> None:
    transcript, bens = await stores.save(), await stores.save(owner=BEN)
    await stores.transcripts.share(BEN, bens, ANNA, until=LATER, at=NOW)

    await stores.keyring.destroy(await stores.subject(BEN), at=NOW)

    assert await stores.texts(ANNA, transcript) == ["alpha beta", "[erased]", "epsilon"]
    with pytest.raises(NotFound):
        await stores.transcripts.view(ANNA, bens, at=NOW)


async def test_turns_of_two_speakers_that_changed_places_do_not_open(local: Stores) -> None:
    transcript = await local.save()
    one, other = await local.row(transcript, 0), await local.row(transcript, 1)
    await local.change(transcript, 0, {"enc_body": other["enc_body"]})
    await local.change(transcript, 1, {"enc_body": one["enc_body"], "speaker_id": one["speaker_id"]})

    assert await local.texts(ANNA, transcript) == ["[damaged]", "[damaged]", "epsilon"]


async def test_turns_of_one_speaker_that_changed_places_do_not_open(local: Stores) -> None:
    transcript = await local.save()
    await local.change(transcript, 0, {"seq": 77})
    await local.change(transcript, 2, {"seq": 0})

    assert await local.texts(ANNA, transcript) == ["[damaged]", "gamma delta", "[damaged]"]


async def test_a_turn_moved_to_ones_own_transcript_does_not_open(local: Stores) -> None:
    transcript = await local.save()
    daves = await local.save([spoken(DAVE, "mine")], owner=DAVE)
    await local.change(transcript, 1, {"transcript_id": daves})

    assert await local.texts(DAVE, daves) == ["mine", "[damaged]"]
    assert (await local.transcripts.search(DAVE, "gamma", at=NOW)).total == 0


async def test_a_transcript_given_another_owner_does_not_open(stores: Stores) -> None:
    transcript = await stores.save()
    dave = await stores.subject(DAVE)
    async with stores.databases.content.write() as connection:
        await connection.execute(update(models.Transcript).values(owner_id=dave))

    with pytest.raises(DecryptionFailed):
        await stores.texts(DAVE, transcript)
    assert [entry.title for entry in (await stores.transcripts.list(DAVE, at=NOW)).entries] == [None]
    assert (await stores.transcripts.search(DAVE, "alpha", at=NOW)).total == 0


async def test_an_older_revision_of_a_turn_does_not_open(local: Stores) -> None:
    transcript = await local.save()
    before = await local.row(transcript, 0)
    await local.transcripts.correct(ANNA, transcript, 0, "new")
    await local.change(transcript, 0, {"enc_body": before["enc_body"]})

    assert (await local.texts(ANNA, transcript))[0] == "[damaged]"


async def test_a_row_that_cannot_be_is_shown_as_damaged(local: Stores) -> None:
    for values in ({"state": "nonsense"}, {"enc_body": None}, {"speaker_id": None}, {"rev": 5}):
        transcript = await local.save()
        await local.change(transcript, 1, values)

        assert await local.texts(ANNA, transcript) == ["alpha beta", "[damaged]", "epsilon"]


# One subject's rows


async def counts(stores: Stores) -> dict[str, int]:
    tables = (models.Transcript, models.Turn, models.Share, models.Feedback, models.AiJob)
    return {table.__tablename__: await stores.count(table) for table in tables}


async def test_erasing_a_subject_leaves_others_transcripts_without_their_words(
    stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_BATCH", 2)
    monkeypatch.setattr(module, "_TRANSCRIPTS", 2)
    mine = [await stores.save(owner=ANNA) for _ in range(3)]
    theirs = [await stores.save(owner=BEN) for _ in range(3)]
    untouched = await stores.save([spoken(CLEO, "zeta")], owner=CLEO)
    for transcript, owner in ((mine[0], ANNA), (theirs[0], BEN), (untouched, CLEO)):
        await stores.comment(transcript, owner)
        await stores.transcripts.share(owner, transcript, DAVE, until=LATER, at=NOW)
    await stores.transcripts.share(CLEO, untouched, ANNA, until=LATER, at=NOW)
    subject = await stores.subject(ANNA)
    await stores.keyring.destroy(subject, at=NOW)

    gone = await stores.transcripts.erase(subject)

    assert gone == {"transcript": 3, "turn": 9 + 6, "share": 2, "feedback": 2, "ai_job": 2}
    assert await counts(stores) == {"transcript": 4, "turn": 10, "share": 2, "feedback": 1, "ai_job": 1}
    for transcript in theirs:
        assert await stores.texts(BEN, transcript) == ["[erased]", "gamma delta", "[erased]"]
        row = await stores.row(transcript, 0)
        assert (row["speaker_id"], row["enc_body"], row["state"]) == (None, None, "erased")
    assert not any((await stores.transcripts.erase(subject)).values())
    async with stores.databases.content.write() as connection:  # nothing points to the subject any more
        await connection.execute(delete(models.Subject).where(models.Subject.id == subject))


async def test_ones_own_transcripts_are_given_without_others_words(stores: Stores) -> None:
    first, second = await stores.save(title="one"), await stores.save(title="two")
    await stores.save(owner=BEN)
    subject = await stores.subject(ANNA)

    owned = [transcript async for transcript in stores.transcripts.owned(subject)]

    assert [(t.id, t.title) for t in owned] == [(first, "one"), (second, "two")]
    assert shown(owned[0]) == ["alpha beta", "[withheld]", "epsilon"]
    text = "".join(formats.as_json(transcript) for transcript in owned)
    assert "gamma" not in text
    assert f"name-{BEN}" not in text


async def test_one_damaged_title_does_not_keep_the_rest_from_its_owner(local: Stores) -> None:
    await local.save(title="one")
    async with local.databases.content.write() as connection:
        await connection.execute(update(models.Transcript).values(rev=1))
    await local.save(title="two")

    owned = [transcript async for transcript in local.transcripts.owned(await local.subject(ANNA))]

    assert [(t.title, t.turns[0].text) for t in owned] == [("", "alpha beta"), ("two", "alpha beta")]


async def test_what_one_said_in_others_transcripts_is_given(stores: Stores, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BATCH", 2)
    await stores.save()
    theirs = [await stores.save(owner=BEN) for _ in range(3)]

    found = [each async for each in stores.transcripts.spoken(await stores.subject(ANNA))]

    assert Counter((each.transcript_id, each.turn.seq, each.turn.text) for each in found) == Counter(
        (transcript, seq, text) for transcript in theirs for seq, text in ((0, "alpha beta"), (2, "epsilon"))
    )
    assert all(each.turn.own and each.day == TODAY for each in found)


# Questions and notes


ASKED = (Asked(0.5, "first question", "bank-1"), Asked(2.5, "second question"))


async def test_questions_stand_where_they_were_asked_and_roles_with_their_turns(stores: Stores) -> None:
    turns = [replace(TALK[0], role="candidate"), replace(TALK[1], role="interviewer", typed=True), TALK[2]]

    saved = await stores.transcripts.view(ANNA, await stores.save([*turns, *ASKED]), at=NOW)

    assert [(turn.mark, turn.text, turn.role, turn.typed) for turn in saved.turns] == [
        (Mark.QUESTION, "first question", "", False),
        (Mark.SAID, "alpha beta", "candidate", False),
        (Mark.SAID, "gamma delta", "interviewer", True),
        (Mark.QUESTION, "second question", "", False),
        (Mark.SAID, "epsilon", "", False),
    ]
    assert (saved.turns[0].start_s, saved.turns[0].question_id, saved.turns[0].speaker) == (0.5, "bank-1", None)
    assert [turn.speaker for turn in saved.turns if turn.mark is Mark.SAID] == [1, 2, 1]


async def test_a_question_opens_for_readers_and_goes_with_its_owner(stores: Stores) -> None:
    transcript = await stores.save([*TALK, *ASKED])
    await stores.transcripts.share(ANNA, transcript, CLEO, until=LATER, at=NOW)

    found = await stores.transcripts.search(CLEO, "second", at=NOW)

    assert [(hit.seq, hit.name) for hit in found.hits] == [(3, "")]
    row = await stores.row(transcript, 0)
    assert row["speaker_id"] == await stores.subject(ANNA)
    assert b"question" not in row["enc_body"]


async def test_questions_alone_are_not_saved(local: Stores) -> None:
    local.agreed = set()

    with pytest.raises(NothingToSave):
        await local.save([*TALK, *ASKED])


async def test_the_owner_may_take_a_question_out_and_a_speaker_may_not(local: Stores) -> None:
    transcript = await local.save([*TALK, *ASKED])

    with pytest.raises(NotFound):
        await local.transcripts.redact(BEN, transcript, 0, at=NOW)
    await local.transcripts.redact(ANNA, transcript, 0, at=NOW)

    turn = (await local.transcripts.view(ANNA, transcript, at=NOW)).turns[0]
    assert (turn.mark, turn.speaker, turn.name, turn.text, turn.question_id) == (Mark.REDACTED, None, "", "", "")
    with pytest.raises(NotFound):
        await local.transcripts.correct(ANNA, transcript, 3, "not mine to change")


async def test_notes_are_their_owners_alone(stores: Stores) -> None:
    transcript = await stores.save([*TALK, *ASKED], notes=[Noted(9.0, "later note"), Noted(1.0, "early note")])
    await stores.transcripts.share(ANNA, transcript, CLEO, until=LATER, at=NOW)

    hers = await stores.transcripts.view(ANNA, transcript, at=NOW)
    others = await stores.transcripts.view(CLEO, transcript, at=NOW)

    assert [(turn.text, turn.mark) for turn in hers.turns[5:]] == [("early note", Mark.NOTE), ("later note", Mark.NOTE)]
    assert others.turns == tuple(replace(turn, own=False) for turn in hers.turns[:5])
    assert [turn.seq for turn in others.turns] == list(range(5))
    assert (await stores.transcripts.search(CLEO, "note", at=NOW)).total == 0
    assert (await stores.transcripts.search(ANNA, "note", at=NOW)).total == 2
    assert (await stores.transcripts.list(CLEO, at=NOW)).entries[0].turns == 5
    assert (await stores.transcripts.list(ANNA, at=NOW)).entries[0].turns == 7


async def test_a_note_that_is_taken_out_leaves_nothing(local: Stores) -> None:
    transcript = await local.save(notes=[Noted(1.0, "early note")])

    await local.transcripts.redact(ANNA, transcript, 3, at=NOW)

    assert len((await local.transcripts.view(ANNA, transcript, at=NOW)).turns) == 3


@pytest.mark.parametrize("state", ["question", "said", "not_saved"])
async def test_a_note_that_somebody_calls_something_else_in_the_database_is_shown_to_nobody(
    local: Stores, state: str
) -> None:
    transcript = await local.save(notes=[Noted(1.0, "early note")])
    await local.transcripts.share(ANNA, transcript, CLEO, until=LATER, at=NOW)

    await local.change(transcript, 3, {"state": state})

    assert "early note" not in repr(
        [turn.text for turn in (await local.transcripts.view(CLEO, transcript, at=NOW)).turns]
    )


@pytest.mark.parametrize(
    "turn",
    [Asked(-1.0, "x"), Asked(1.0, " "), Asked(1.0, "x", "i" * 101), replace(TALK[0], role="boss")],
    ids=["before", "empty", "id", "role"],
)
def test_a_question_or_role_that_cannot_be_is_refused(turn: Asked | Spoken) -> None:
    with pytest.raises(ValueError, match=r"a turn|a question|a role"):
        module._check([turn])


# What is stored


GOLDEN = Path(__file__).parent / "golden" / "turn.json"


def test_a_turn_of_an_earlier_release_can_be_opened() -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    key = DataKey(
        bytearray.fromhex(golden["key"]), subject=UUID(golden["subject"]), key_id=UUID(golden["key_id"]), version=1
    )

    body = json.loads(key.open(bytes.fromhex(golden["sealed"]), Place("turn", "enc_body", UUID(golden["row"]))))

    assert body == golden["body"]
    assert body["v"] == module._BODY


def everything_shown(values: Iterable[object]) -> str:
    return "".join(repr(value) for value in values)


async def test_nothing_shows_words_titles_or_ids_when_it_is_printed(local: Stores) -> None:
    turns = [spoken(ANNA, "canary", name="canary")]
    transcript_id = await local.save(turns, title="canary")
    transcript = await local.transcripts.view(ANNA, transcript_id, at=NOW)
    found = await local.transcripts.search(ANNA, "canary", at=NOW)
    page = await local.transcripts.list(ANNA, at=NOW)

    shown_ = everything_shown((*turns, transcript, *transcript.turns, found, page, local.transcripts))

    assert "canary" not in shown_
    assert str(ANNA) not in shown_
