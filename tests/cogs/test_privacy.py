"""`/privacy` as people use it: what is kept, taken along, deleted and asked for; in servers and in direct messages."""

from __future__ import annotations

import asyncio
import hashlib
import io
import json
import sys
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast, get_args
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select, update

from bot.app import open_app
from bot.holdings import ABOUT, Held, holdings
from bot.loopback.rest import Upload
from bot.rehearsal.stage import practice_operations, until
from cogs import privacy, privacy_replies
from cogs.locales import words_in
from config.policy import PolicyText
from config.processors import Processor, Transfer
from config.sentences import languages
from storage import models
from storage.erasure import Erased
from storage.errors import DatabaseBusy, DatabaseFailed
from storage.ledger import Occasion, Purpose
from storage.package import PERIODS, Package
from storage.receipts import make_receipt, verify_receipt
from storage.requests import Entry, Outcome, RequestKind
from tests.cogs.conftest import ANNA, HOST, PETER, Practice
from tests.cogs.test_transcript import KEEPS, interviewed, saved
from tests.cogs.test_transcript import use as use_transcript
from tests.flow.conftest import settings
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager
    from pathlib import Path

    from bot.app import App
    from bot.loopback.callbacks import Reply
    from bot.loopback.entities import Message

ONE, OTHER = 80351110224678912, 175928847299117063
CANARY = "zanzibar caravan quintessence"
OTHERS = "How would you scale a database?"

EN = words_in("en")


def table(name: str) -> str:
    """What people read of a table."""
    return EN(f"privacy-table-{name.replace('_', '-')}")


async def use(stage: Practice, name: str, command: str, *, channel_id: int | None = None, **options: object) -> Reply:
    reply = await stage.discord.people.use(
        stage.user(name).id, f"privacy {command}", channel_id or stage.place.text.id, options=options
    )
    assert reply.modal is not None or reply.ephemeral
    return reply


async def type_word(stage: Practice, name: str, command: str, word: str, *, channel_id: int | None = None) -> Reply:
    form = (await use(stage, name, command, channel_id=channel_id)).modal
    assert form is not None
    reply = await stage.discord.people.submit(stage.user(name).id, form, {"word": word})
    assert reply.ephemeral
    return reply


async def deleted(stage: Practice, name: str, *, channel_id: int | None = None) -> Reply:
    """Delete an account, and wait for the answer."""
    word = EN("privacy-delete-account-word")
    return await type_word(stage, name, "delete-account", word, channel_id=channel_id)


def file_of(reply: Reply | Message) -> bytes:
    message = reply if not hasattr(reply, "message") else cast("Reply", reply).message
    assert message is not None
    (file,) = cast("Message", message).attachments
    return file.data


def unzipped(data: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name).decode() for name in package.namelist()}


async def exported(stage: Practice, name: str) -> dict[str, str]:
    return unzipped(file_of(await use(stage, name, "export")))


async def canary_saved(stage: Practice) -> str:
    """Oleg and Anna agreed to be kept, Anna said the canary and saved the interview; Oleg saved it too."""
    await stage.start(HOST)
    for name in (HOST, ANNA):
        await stage.join(name, KEEPS)
    stage.say(HOST, OTHERS)
    stage.say(ANNA, CANARY)
    await stage.end(HOST)
    await saved(stage, HOST)
    return await saved(stage, ANNA)


async def sealed(stage: Practice, name: str) -> list[bytes]:
    """What is stored of somebody: their sealed words, the salts of their consents, and what they are found by."""
    stores = stage.app.services.stores
    subject = await stores.subjects.find(stage.user(name).id)
    assert subject is not None
    async with stores.databases.content.read() as connection:
        words = await connection.execute(select(models.Turn.enc_body).where(models.Turn.speaker_id == subject))
        salts = await connection.execute(
            select(models.ConsentEvent.salt).where(models.ConsentEvent.subject_id == subject)
        )
        return [
            *(word for word in words.scalars() if word),
            *salts.scalars(),
            stores.subjects.index(stage.user(name).id),
        ]


def bytes_of(folder: Path) -> bytes:
    """Every file: databases, journals, indices."""
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


# What people are told


async def test_the_notice_is_the_policy_of_this_installation_and_its_hash_is_that_of_the_file(stage: Practice) -> None:
    reply = await use(stage, PETER, "notice")

    policy = stage.app.services.rights.policy
    assert hashlib.sha256(file_of(reply)).hexdigest() in reply.text
    assert policy.version in reply.text
    assert "nobody@rehearsal.skillrally.app" in file_of(reply).decode()
    assert reply.text.startswith("# Privacy policy")


async def test_the_processors_are_listed_and_those_that_are_off_are_said_to_be_off(stage: Practice) -> None:
    text = (await use(stage, PETER, "processors")).text

    on, off = text.split("⚪", 1)
    assert "**Discord** is on" in on
    assert "United States" in on
    assert "EU-U.S. Data Privacy Framework" in on
    for name in ("Sentry", "PostHog", "OpenAI", "Speech server"):
        assert f"**{name}** is off" in off


async def test_the_contact_is_whoever_runs_this_bot(stage: Practice) -> None:
    text = (await use(stage, PETER, "contact")).text

    assert "the rehearsal" in text
    assert "nobody@rehearsal.skillrally.app" in text


# What is kept


async def test_of_somebody_nobody_knows_nothing_is_kept_and_every_command_says_something_sensible(
    stage: Practice,
) -> None:
    assert (await use(stage, PETER, "data")).text == EN("privacy-nothing-kept")
    assert (await use(stage, PETER, "requests")).text == EN("privacy-no-requests")
    word = EN("privacy-delete-transcripts-word")
    assert (await type_word(stage, PETER, "delete-transcripts", word)).text == EN("privacy-no-transcripts")
    assert json.loads((await exported(stage, PETER))["settings.json"])["records"] == []
    gone = await deleted(stage, PETER)
    assert "Nothing was kept about you" in gone.text
    assert verify_receipt(json.loads(file_of(gone))).holds
    assert await stage.app.services.stores.subjects.find(stage.user(PETER).id) is None


async def test_what_is_kept_is_counted_without_content(stage: Practice) -> None:
    await canary_saved(stage)

    text = (await use(stage, ANNA, "data")).text

    assert f"1 · {table('transcript')} · {PERIODS['saved']}" in text
    assert f"2 · {table('turn')}" in text
    assert f"3 · {table('consent_event')}" in text
    assert CANARY not in text
    assert f"1 · {table('subject')}" in text


def test_every_table_with_rows_about_people_is_counted_and_has_words() -> None:
    about = {table.__tablename__ for table in ABOUT}
    leads = {
        "subject_id",
        "owner_id",
        "author_id",
        "speaker_id",
        "reader_id",
        "rated_id",
        "idx",
        "one_idx",
        "blocked_idx",
        "pseudonym",
    }
    tables = [*models.Content.metadata.tables.values(), *models.Keyring.metadata.tables.values()]
    with_people = {table.name for table in tables if leads & set(table.columns.keys())}

    # Keys are not about people, and tombstones name nobody.
    assert about == with_people - {"dek", "tombstone"}
    for language in languages():
        assert [name for name in about if not words_in(language).has(f"privacy-table-{name.replace('_', '-')}")] == []


async def test_the_export_holds_own_words_and_withholds_those_of_others(stage: Practice) -> None:
    await canary_saved(stage)

    files = await exported(stage, ANNA)

    assert CANARY in files["transcripts.json"]
    assert json.loads(files["manifest.json"])["controller"]["name"] == "the rehearsal"
    assert not [name for name, text in files.items() if OTHERS in text]
    assert not [name for name, text in files.items() if str(stage.user(HOST).id) in text]


async def test_an_export_that_does_not_fit_one_file_comes_in_several(
    stage: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    await canary_saved(stage)
    monkeypatch.setattr(sys.modules["cogs.privacy"], "CAP_BYTES", 64 * 1024)

    async def three(_: object, __: int, *, at: datetime, cap: int) -> Package:  # noqa: ARG001 - as `Packages.parts`
        return Package((b"first", b"second", bytes(cap + 1)))

    monkeypatch.setattr(type(stage.app.services.rights.packages), "parts", three)

    reply = await use(stage, ANNA, "export")

    await until(lambda: len(reply.followups) == 2, within_s=5)
    assert [file_of(reply), file_of(reply.followups[0])] == [b"first", b"second"]
    assert reply.followups[1].text == privacy_replies.too_large(EN, [3], 3)


async def test_who_gets_a_package_of_which_something_does_not_open_is_told_so_and_whom_to_write_to(
    stage: Practice,
) -> None:
    await canary_saved(stage)
    async with stage.app.services.stores.databases.content.write() as connection:
        await connection.execute(update(models.Transcript).values(enc_title=b"changed"))

    counted = await use(stage, ANNA, "data")
    reply = await use(stage, ANNA, "export")

    await until(lambda: len(reply.followups) == 1, within_s=5)
    files = unzipped(file_of(reply))
    assert json.loads(files["manifest.json"])["damaged"] == {"transcripts": 1}
    assert CANARY in files["transcripts.json"]
    assert reply.followups[0].text == EN("privacy-export-damaged", count=1)
    assert "/privacy contact" in reply.followups[0].text
    assert table("transcript") in counted.text


# Deleting


async def test_an_account_is_deleted_and_nothing_of_it_is_left_anywhere(stage: Practice) -> None:
    transcript = await canary_saved(stage)
    services = stage.app.services
    before = await sealed(stage, ANNA)
    assert all(each in bytes_of(stage.folder / "data") for each in before)
    hosts = await services.stores.ledger.history(stage.user(HOST).id)

    gone = await deleted(stage, ANNA)

    assert "**Deleted.**" in gone.text
    receipt = json.loads(file_of(gone))
    assert verify_receipt(receipt, public_key=services.stores.secrets.public_key).holds
    assert receipt["rows"]["transcript"] == 1
    assert str(stage.user(ANNA).id) not in json.dumps(receipt)
    assert not any(services.stores.ledger.allowed(stage.user(ANNA).id, purpose) for purpose in Purpose)
    assert (await use(stage, ANNA, "data")).text == EN("privacy-nothing-kept")
    assert not [name for name, text in (await exported(stage, ANNA)).items() if CANARY in text]
    assert "You have no transcripts" in (await use_transcript(stage, ANNA, "list")).text
    assert CANARY not in (await use_transcript(stage, ANNA, "view", transcript=transcript)).text
    left = bytes_of(stage.folder / "data")
    assert not [each for each in before if each in left]
    assert CANARY.encode() not in left
    assert str(stage.user(ANNA).id).encode() not in left
    # Another person's data is untouched, but for her words in it.
    assert await services.stores.ledger.history(stage.user(HOST).id) == hosts
    assert services.stores.ledger.allowed(stage.user(HOST).id, Purpose.SAVE)
    (entry,) = (await services.stores.transcripts.list(stage.user(HOST).id, at=services.clock.now())).entries
    text = (await use_transcript(stage, HOST, "view", transcript=str(entry.id))).text
    assert OTHERS in text
    assert CANARY not in text
    assert "erased" in text


async def test_an_account_is_deleted_during_an_interview_that_goes_on_without_that_person(stage: Practice) -> None:
    await stage.start(HOST)
    for name in (HOST, ANNA):
        await stage.join(name, KEEPS)
    stage.say(HOST, OTHERS)
    stage.say(ANNA, CANARY)
    await until(lambda: any(CANARY in m.text for m in stage.seen(PETER)), within_s=5)

    await deleted(stage, ANNA)

    assert not stage.running().gate.allowed(stage.user(ANNA).id)
    assert stage.running().gate.allowed(stage.user(HOST).id)
    assert stage.words(ANNA) == ""
    assert OTHERS in stage.words(HOST)
    await until(lambda: not any(CANARY in m.text for m in stage.seen(PETER)), within_s=5)
    await stage.end(HOST)
    transcript = await saved(stage, HOST)
    assert CANARY not in (await use_transcript(stage, HOST, "view", transcript=transcript)).text


async def test_a_host_who_deletes_the_account_leaves_nothing_when_the_interview_ends_without_them(
    stage: Practice,
) -> None:
    services, host = stage.app.services, stage.user(HOST).id
    await stage.start(HOST)
    for name in (HOST, ANNA):
        await stage.join(name, KEEPS)

    await deleted(stage, HOST)
    await stage.end(HOST)

    trail = services.stores.trail
    for _ in range(100):
        if (await trail.used(stage.place.guild.id, host, at=services.clock.now())).server_begun:
            break
        await asyncio.sleep(0.05)
    used = await trail.used(stage.place.guild.id, host, at=services.clock.now())
    assert (used.begun, used.server_begun) == (0, 1)
    assert await holdings(services.stores, host, at=services.clock.now()) == []


async def test_who_is_let_in_while_the_account_is_deleted_is_heard_no_more_when_it_is_done(
    stage: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.start(HOST)
    await stage.join(ANNA, KEEPS)
    stores = stage.app.services.stores
    original = stores.keyring.destroy

    async def joins_first(_: object, *args: Any, **options: Any) -> object:
        await stage.join(ANNA)  # her yes still stands, so no form opens
        assert stage.running().gate.allowed(stage.user(ANNA).id)
        return await original(*args, **options)

    monkeypatch.setattr(type(stores.keyring), "destroy", joins_first)
    await deleted(stage, ANNA)

    assert not stage.running().gate.allowed(stage.user(ANNA).id)
    await stage.end(HOST)


async def test_a_wrong_word_deletes_nothing(stage: Practice) -> None:
    transcript = await canary_saved(stage)
    user_id, services = stage.user(ANNA).id, stage.app.services
    before = await holdings(services.stores, user_id, at=services.clock.now())
    for command, wrong, right in (
        ("delete-account", EN("privacy-delete-transcripts-word"), EN("privacy-delete-account-word")),
        ("delete-transcripts", EN("privacy-delete-account-word"), EN("privacy-delete-transcripts-word")),
    ):
        reply = await type_word(stage, ANNA, command, wrong)
        assert reply.text == EN("privacy-wrong-word", word=right)

    assert await holdings(services.stores, user_id, at=services.clock.now()) == before
    assert services.stores.ledger.allowed(user_id, Purpose.SAVE)
    assert CANARY in (await use_transcript(stage, ANNA, "view", transcript=transcript)).text


async def test_all_own_transcripts_are_deleted_and_words_in_those_of_others_stay(stage: Practice) -> None:
    await canary_saved(stage)
    await interviewed(stage, HOST, ANNA)
    await saved(stage, ANNA)
    services = stage.app.services
    (entry,) = (await services.stores.transcripts.list(stage.user(HOST).id, at=services.clock.now())).entries
    await use_transcript(stage, HOST, "share", transcript=str(entry.id), person=stage.user(ANNA).id)

    reply = await type_word(stage, ANNA, "delete-transcripts", EN("privacy-delete-transcripts-word").upper())

    assert "2 transcripts of yours" in reply.text
    assert "could not be" not in reply.text
    assert "Your words in transcripts of other people stay" in reply.text
    own = (await services.stores.transcripts.list(stage.user(ANNA).id, at=services.clock.now())).entries
    assert [(left.id, left.own) for left in own] == [(entry.id, False)]
    assert CANARY in (await use_transcript(stage, HOST, "view", transcript=str(entry.id))).text
    assert services.stores.ledger.allowed(stage.user(ANNA).id, Purpose.SAVE)


async def test_everything_works_in_direct_messages(stage: Practice) -> None:
    await canary_saved(stage)
    direct = stage.world.open_dm(stage.user(ANNA).id, stage.bot_id).id

    for command in ("notice", "processors", "contact", "data", "requests"):
        assert (await use(stage, ANNA, command, channel_id=direct)).text
    files = unzipped(file_of(await use(stage, ANNA, "export", channel_id=direct)))
    assert CANARY in files["transcripts.json"]
    gone = await deleted(stage, ANNA, channel_id=direct)
    assert verify_receipt(json.loads(file_of(gone))).holds
    assert await stage.app.services.stores.subjects.find(stage.user(ANNA).id) is None


async def test_the_commands_are_offered_everywhere_and_to_those_who_installed_the_bot_for_themselves(
    stage: Practice,
) -> None:
    (registered,) = [each for each in stage.place.bot.commands.values() if each["name"] == "privacy"]

    assert registered["contexts"] == [0, 1, 2]
    assert registered["integration_types"] == [0, 1]


async def test_what_could_not_be_done_is_said(stage: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    await canary_saved(stage)

    async def busy(_: object) -> None:
        raise DatabaseBusy("somebody keeps reading")

    monkeypatch.setattr(type(stage.app.services.stores.databases.content), "compact", busy)
    gone = await deleted(stage, ANNA)

    assert "could not be rewritten yet" in gone.text
    assert json.loads(file_of(gone))["files_rewritten"] is False


async def test_an_erasure_that_fails_is_answered_and_the_person_is_heard_no_more(
    stage: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    await stage.start(HOST)
    await stage.join(ANNA, KEEPS)

    async def fails(*_: object, **__: object) -> None:
        raise DatabaseFailed("the disk is gone")

    monkeypatch.setattr(type(stage.app.services.rights.erasure), "account", fails)
    reply = await deleted(stage, ANNA)

    assert reply.text == EN("privacy-account-failed")
    assert not stage.running().gate.allowed(stage.user(ANNA).id)
    await stage.end(HOST)


# Asking


async def test_a_request_is_put_down_once_and_due_in_thirty_days(stage: Practice) -> None:
    payloads: list[Any] = []
    parsers = cast("dict[str, Any]", stage.app.bot._connection.parsers)
    deliver = parsers["INTERACTION_CREATE"]

    def noting(data: Any) -> None:
        payloads.append(data)
        deliver(data)

    parsers["INTERACTION_CREATE"] = noting
    requests = stage.app.services.stores.requests

    reply = await use(stage, ANNA, "request", kind="objection", text="Please *stop* counting.")
    deliver(payloads[0])  # Discord says it twice
    listed = await use(stage, ANNA, "requests")

    (entry,) = await requests.of(stage.user(ANNA).id)
    assert entry.kind is RequestKind.OBJECTION
    assert entry.due_at - entry.received_at == timedelta(days=30)
    assert f"<t:{int(entry.due_at.timestamp())}:D>" in reply.text
    assert "Please \\*stop\\* counting." in listed.text
    assert (await use(stage, PETER, "requests")).text == EN("privacy-no-requests")
    await requests.close(entry.id, Outcome.DONE, at=datetime.now(UTC))
    assert "done on" in (await use(stage, ANNA, "requests")).text


async def test_a_request_to_do_nothing_with_ones_data_has_a_day_and_is_seen_by_whoever_runs_the_bot(
    stage: Practice,
) -> None:
    await use(stage, ANNA, "request", kind="restriction", text="Until that is put right.")

    (entry,) = await stage.app.services.stores.requests.entries()
    assert (entry.kind, entry.confirmed, entry.text) == (RequestKind.RESTRICTION, True, "Until that is put right.")
    assert entry.due_at - entry.received_at == timedelta(days=30)


async def test_nobody_makes_more_requests_than_can_be_answered(
    stage: Practice, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Which discord.py loaded anew, and not the one that tests import.
    monkeypatch.setattr(sys.modules["cogs.privacy"], "OPEN_REQUESTS", 1)
    await use(stage, ANNA, "request", kind="access")

    reply = await use(stage, ANNA, "request", kind="complaint")

    assert reply.text == EN("privacy-too-many-requests", most=1)
    assert len(await stage.app.services.stores.requests.of(stage.user(ANNA).id)) == 1


async def test_a_request_by_email_becomes_that_of_whoever_enters_its_code(stage: Practice) -> None:
    requests = stage.app.services.stores.requests
    now = stage.app.services.clock.now()
    _, code = await requests.add_email(RequestKind.ERASURE, received_at=now, at=now, text="")

    assert (await use(stage, PETER, "confirm", code="AAAAAAAA-BBBBB")).text == EN("privacy-code-refused", hours=72)
    reply = await use(stage, ANNA, "confirm", code=code)

    assert reply.text.startswith(EN("privacy-confirmed"))
    assert (await use(stage, PETER, "confirm", code=code)).text == EN("privacy-code-refused", hours=72)
    assert [entry.kind for entry in await requests.of(stage.user(ANNA).id)] == [RequestKind.ERASURE]


async def test_a_receipt_is_checked_and_a_changed_one_does_not_hold(stage: Practice) -> None:
    await canary_saved(stage)
    receipt = file_of(await deleted(stage, ANNA))

    async def checked(data: bytes) -> str:
        return (await use(stage, PETER, "receipt", file=Upload(0, "receipt.json", "application/json", data))).text

    assert (await checked(receipt)).startswith("✅")
    changed = json.loads(receipt) | {"erased_at": "2026-01-01T00:00:00+00:00"}
    assert "the signature does not hold" in await checked(json.dumps(changed).encode())
    assert "another installation made this receipt" in await checked(json.dumps(_another_installations()).encode())
    for nonsense in (b"\xff\x00", b"[]", b"{}", b"[" * 100_000, bytes(privacy.RECEIPT_BYTES + 1)):
        assert await checked(nonsense) == EN("privacy-not-a-receipt")


def _another_installations() -> dict[str, Any]:
    """A receipt that is whole, by somebody else's key."""
    key = Ed25519PrivateKey.generate()
    secrets = cast("Any", SimpleNamespace(public_key=key.public_key().public_bytes_raw(), sign=key.sign))
    now = datetime.now(UTC)
    receipt = make_receipt(
        secrets, scope="account", at=now, policy_version="1", rows={}, keys=[], files_rewritten=True, outside=[]
    )
    assert verify_receipt(receipt).holds
    return receipt


@pytest.mark.parametrize("language", languages())
def test_every_kind_of_request_every_outcome_every_transfer_and_every_period_has_words(language: str) -> None:
    words = words_in(language)

    assert set(privacy.KINDS) == set(RequestKind)
    for kind in RequestKind:
        assert words.has(f"cmd-privacy-request.choice-kind-{kind.value}")
    for outcome in Outcome:
        assert words.has(f"privacy-outcome-{outcome.value.replace('_', '-')}")
    for transfer in filter(None, get_args(Transfer)):
        assert words.has(f"privacy-transfer-{transfer}")
    for period in PERIODS:
        assert words.has(f"privacy-period-{period.replace(' ', '-')}")
    assert words("privacy-delete-account-word") != words("privacy-delete-transcripts-word")
    for word in ("privacy-delete-account-word", "privacy-delete-transcripts-word"):
        assert words(word) == words(word).strip().casefold()


@pytest.mark.parametrize("language", languages())
def test_no_answer_is_longer_than_discord_takes_however_much_there_is_to_say(language: str) -> None:
    words = words_in(language)
    hard = "*" * 300
    now = datetime.now(UTC)
    policy = PolicyText("2026-11-23", "# Title\n\n" + "A long paragraph. " * 500, bytes(32))
    listed = [
        Processor(
            name=f"{number} {hard}",
            enabled=True,
            purpose=hard,
            data=(hard,),
            region=hard,
            transfer="scc",
            evidence_url="https://skillrally.app/",
            hosts=("skillrally.app",),
            retention=hard,
        )
        for number in range(30)
    ]
    entries = [Entry(uuid4(), kind, "discord", True, hard, now, now) for kind in list(RequestKind) * 10]
    erased = Erased(
        dict.fromkeys((each.__tablename__ for each in ABOUT), 10**9), {}, files_rewritten=False, let_go=False
    )

    assert len(privacy_replies.notice(words, policy)) <= 2_000
    assert len(privacy_replies.notice(words, PolicyText("2026-11-23", "x" * 9_000, bytes(32)))) <= 2_000
    assert len(privacy_replies.account_deleted(words, erased)) <= 2_000
    assert "/privacy receipt" in privacy_replies.account_deleted(words, erased)
    assert len(privacy_replies.processors(words, listed)) <= 4_000
    assert len(privacy_replies.requests(words, entries)) <= 4_000
    assert privacy_replies.requests(words, entries).splitlines()[-1].startswith("-# ")
    assert (
        len(privacy_replies.data(words, [Held(each.__tablename__, 10**9, tuple(PERIODS)) for each in ABOUT])) <= 4_000
    )


# Never to be heard


async def test_who_opts_out_is_heard_nowhere_from_that_moment_and_cannot_be_let_in(stage: Practice) -> None:
    await stage.start(HOST)
    for name in (HOST, ANNA):
        await stage.join(name, KEEPS)
    stage.say(ANNA, CANARY)
    session = stage.running()

    reply = await use(stage, ANNA, "opt-out", switch="on")

    assert reply.text == EN("privacy-opted-out")
    assert session.gate.consenting == {stage.user(HOST).id}
    assert CANARY not in {snippet.text for snippet in session.draft.snippets}
    assert (await stage.discord.people.use(stage.user(ANNA).id, "interview join", stage.place.text.id)) is not None
    assert session.gate.consenting == {stage.user(HOST).id}


async def test_who_opts_in_again_is_asked_again_and_heard_only_then(stage: Practice) -> None:
    await stage.start(HOST)
    await use(stage, ANNA, "opt-out", switch="on")

    assert (await use(stage, ANNA, "opt-out", switch="off")).text == EN("privacy-opted-in")
    assert (await use(stage, ANNA, "opt-out", switch="off")).text == EN("privacy-not-opted-out")
    assert not stage.running().takes_part(stage.user(ANNA).id)
    await stage.join(ANNA, KEEPS)

    assert stage.running().takes_part(stage.user(ANNA).id)


async def test_who_opted_out_and_says_yes_all_the_same_is_told_so_and_not_heard(stage: Practice) -> None:
    await stage.start(HOST)
    await use(stage, ANNA, "opt-out", switch="on")

    reply = await stage.join(ANNA, KEEPS)

    assert reply.text == EN("consent-opted-out")
    assert not stage.running().takes_part(stage.user(ANNA).id)


async def test_where_nothing_is_counted_counting_cannot_be_switched_on_but_always_off(stage: Practice) -> None:
    assert (await use(stage, ANNA, "analytics", switch="on")).text == EN("privacy-analytics-none")
    assert (await use(stage, ANNA, "analytics", switch="off")).text == EN("consent-nothing-to-take-back")


async def test_counting_is_switched_on_by_a_form_and_off_at_once() -> None:
    async with Practice(settings(analytics_table=True), transcriber=ScriptedTranscriber()) as stage:
        anna, ledger = stage.user(ANNA).id, stage.app.services.stores.ledger

        async def submit(*purposes: str) -> Reply:
            form = (await use(stage, ANNA, "analytics", switch="on")).modal
            assert form is not None
            return await stage.discord.people.submit(anna, form, {"purposes": list(purposes), "age": ["yes"]})

        assert (await submit()).text == EN("consent-nothing-ticked")
        assert not ledger.allowed(anna, Purpose.ANALYTICS)

        reply = await submit("analytics")

        assert reply.text == EN("privacy-analytics-on")
        assert ledger.allowed(anna, Purpose.ANALYTICS)
        assert not ledger.allowed(anna, Purpose.TRANSCRIBE)
        await use(stage, ANNA, "analytics", switch="off")
        assert not ledger.allowed(anna, Purpose.ANALYTICS)


async def test_an_opt_out_is_in_the_export_and_goes_with_the_account(stage: Practice) -> None:
    await use(stage, ANNA, "opt-out", switch="on")
    settings_file = json.loads((await exported(stage, ANNA))["settings.json"])
    assert settings_file["records"][0]["never_heard"]

    await deleted(stage, ANNA)

    assert not stage.app.services.stores.ledger.opted_out(stage.user(ANNA).id)
    assert await holdings(stage.app.services.stores, stage.user(ANNA).id, at=datetime.now(UTC)) == []


async def test_an_objection_and_a_correction_are_requests_with_a_day(stage: Practice) -> None:
    await use(stage, ANNA, "object", text="No statistics about me, please.")
    await use(stage, ANNA, "correct", text="My name was Anja then.")
    told = (await use(stage, ANNA, "correct")).text

    assert "/transcript correct" in told
    entries = await stage.app.services.stores.requests.of(stage.user(ANNA).id)
    assert {entry.kind for entry in entries} == {RequestKind.OBJECTION, RequestKind.RECTIFICATION}
    assert all(entry.due_at - entry.received_at == timedelta(days=30) for entry in entries)


# At the start


async def test_a_bot_that_starts_with_an_old_backup_brings_nobody_back(tmp_path: Path) -> None:
    kept = settings(data_dir=str(tmp_path / "data"), keys_dir=str(tmp_path / "keys"))

    def opened() -> AbstractAsyncContextManager[App]:
        return open_app(kept, operations=practice_operations(), transcriber=ScriptedTranscriber())

    async with opened() as app:
        stores = app.services.stores
        how = Occasion(1, datetime.now(UTC), "en", "form")
        for user_id in (ONE, OTHER):
            await stores.ledger.give(user_id, [Purpose.SAVE], how, attested_age=16)
            how = replace(how, interaction_id=2)
    old = (tmp_path / "data" / "content.db").read_bytes()
    async with opened() as app:
        await app.services.rights.erasure.account(ONE, at=datetime.now(UTC))
    (tmp_path / "data" / "content.db").write_bytes(old)

    async with opened() as app:
        services = app.services

        assert await holdings(services.stores, ONE, at=datetime.now(UTC)) == []
        assert not services.stores.ledger.allowed(ONE, Purpose.SAVE)
        assert services.stores.ledger.allowed(OTHER, Purpose.SAVE)
