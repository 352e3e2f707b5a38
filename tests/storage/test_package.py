from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import json
import os
import zipfile
from typing import TYPE_CHECKING, Any, cast

import jsonschema
import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from storage import models
from storage.blocks import Why
from storage.ledger import Purpose, verify_ledger
from storage.package import (
    COLUMNS,
    GROUNDS,
    PERIODS,
    PURPOSES,
    SCHEMA,
    WHERE,
    Facts,
    Packages,
    Recipient,
    TranscriptKeeper,
    _csv,
    categories,
)
from storage.requests import RequestKind
from tests.storage.conftest import ENGINES
from tests.storage.people import ANNA, BEN, CLEO, NAMES, NOW, POLICY, People, people_over, press, words_of

if TYPE_CHECKING:
    from storage.database import Databases
    from storage.keys import EnvironmentKeys
    from tests.storage.conftest import Installation

FACTS = Facts(
    controller="Whoever runs it",
    contact="someone@example.net",
    policy=POLICY,
    recipients=(Recipient("Discord", "to talk", "what you press", "US", "dpf", "as long as its policy says"),),
)
PUBLISHED: dict[str, Any] = json.loads(SCHEMA.read_text())
VALIDATOR: Any = jsonschema.Draft202012Validator(PUBLISHED, format_checker=jsonschema.FormatChecker())


@pytest.fixture(params=["sqlite"])
def installation(request: pytest.FixtureRequest) -> Installation:
    """Files, for most; tests for `both` ask for a server too."""
    return request.getfixturevalue(request.param)


both = pytest.mark.parametrize("installation", ENGINES, indirect=True)


@pytest_asyncio.fixture
async def people(databases: Databases, provider: EnvironmentKeys) -> People:
    return await people_over(databases, provider)


def packages(people: People, facts: Facts = FACTS) -> Packages:
    return Packages(
        people.databases.content,
        people.keyring,
        people.secrets,
        people.subjects,
        people.ledger,
        keepers=[
            TranscriptKeeper(people.transcripts),
            people.requests,
            people.preferences,
            people.questions,
            people.queue,
            people.feedback,
        ],
        facts=facts,
    )


async def story(people: People) -> None:
    """Anna and Ben talked in two interviews, one of each, and left everything that can be left."""
    await people.join(ANNA, BEN)
    hers = await people.save(ANNA, ANNA, BEN, title="Анна: співбесіда")
    his = await people.save(BEN, BEN, ANNA)
    await people.transcripts.share(ANNA, hers, CLEO, until=NOW.replace(day=30), at=NOW)
    await people.transcripts.share(BEN, his, ANNA, until=NOW.replace(day=29), at=NOW)
    await people.leave_traces(ANNA, hers)
    await people.leave_traces(BEN, his)
    await people.blocks.block(99, ANNA, Why.CONDUCT, until=NOW.replace(day=30), at=NOW)
    await people.ledger.withdraw(ANNA, [Purpose.ANALYTICS], press())


def unzipped(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}


async def package_of(people: People, user_id: int = ANNA) -> dict[str, bytes]:
    (part,) = (await packages(people).parts(user_id, at=NOW)).zips
    return unzipped(part)


def read(files: dict[str, bytes], name: str) -> dict[str, Any]:
    return json.loads(files[f"{name}.json"])


def rows(files: dict[str, bytes], name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(files[f"{name}.csv"].decode("utf-8-sig"), newline="")))


# What is in it


@both
async def test_every_file_is_as_the_published_schema_says(people: People) -> None:
    await story(people)

    files = await package_of(people)

    assert sorted(files) == sorted(
        [
            "README.txt",
            SCHEMA.name,
            "manifest.json",
            *(f"{name}.{kind}" for name in COLUMNS for kind in ("json", "csv")),
        ]
    )
    assert json.loads(files[SCHEMA.name]) == PUBLISHED
    for name in ("manifest", *COLUMNS):
        VALIDATOR.validate(read(files, name))
        assert read(files, name)["section"] == name


async def test_a_file_that_is_otherwise_is_refused_by_the_schema(people: People) -> None:
    await story(people)
    files = await package_of(people)

    for name in ("manifest", *COLUMNS):
        whole = read(files, name)
        for changed in (whole | {"section": "other"}, whole | {"more": 1}, whole | {"format": 2}):
            assert not VALIDATOR.is_valid(changed)
        for record in whole.get("records", [])[:1]:
            for leave_out in record:
                less = {key: value for key, value in record.items() if key != leave_out}
                assert not VALIDATOR.evolve(schema=section_of(name)).is_valid(whole | {"records": [less]})


def section_of(name: str) -> dict[str, Any]:
    return {"$ref": f"#/$defs/{name}", "$defs": PUBLISHED["$defs"]}


def test_the_schema_is_a_schema() -> None:
    jsonschema.Draft202012Validator.check_schema(PUBLISHED)
    assert set(PUBLISHED["$defs"]) == {"manifest", *COLUMNS}


async def test_everything_that_is_kept_about_somebody_is_in_their_package(people: People) -> None:
    await story(people)

    files = await package_of(people)

    for name in COLUMNS:
        assert read(files, name)["records"], name
        assert rows(files, name), name
    (settings,) = read(files, "settings")["records"]
    assert settings["discord_id"] == str(ANNA)
    assert settings["known_since"] == "2026-11-23"
    assert settings["purposes"]["save"] == {"given": True, "stale": False, "allowed": True}
    assert settings["purposes"]["analytics"]["given"] is False
    hers, his = read(files, "transcripts")["records"]
    assert (hers["title"], hers["own"], his["title"], his["own"]) == ("Анна: співбесіда", True, None, False)
    assert [turn.get("text") for turn in hers["turns"]] == [words_of(ANNA), None]
    assert hers["turns"][1] == {"seq": 1, "mark": "withheld", "speaker": None}
    assert [(turn["seq"], turn["text"], turn["name"]) for turn in his["turns"]] == [(1, words_of(ANNA), NAMES[ANNA])]
    assert {(share["yours"], share["expires_at"][:10]) for share in read(files, "shares")["records"]} == {
        (True, "2026-11-30"),
        (False, "2026-11-29"),
    }
    (feedback,) = read(files, "feedback")["records"]
    assert feedback["body"] == {"comment": f"well said, {words_of(ANNA)}"}
    assert read(files, "requests")["records"][0]["text"] == f"please, {words_of(ANNA)}"
    assert read(files, "audit")["records"][0]["event"] == "button refused"
    assert read(files, "analytics")["records"][0]["props"] == {"minutes": 17}
    assert len(read(files, "analytics")["records"]) == 2
    assert read(files, "budget")["records"][0]["spent_tokens"] == 642
    assert read(files, "jobs")["records"][0]["reserved_tokens"] == 4711


async def test_nothing_of_anybody_else_is_in_it(people: People) -> None:
    await story(people)
    ben, cleo = await people.subject(BEN), await people.subject(CLEO)

    files = await package_of(people)

    everything = b"".join(files.values())
    for who in (BEN, CLEO):
        for canary in (words_of(who), f"{who:x}", NAMES[who], str(who), people.subjects.index(who).hex()):
            assert canary.encode() not in everything
    for subject in (ben, cleo):
        assert str(subject).encode() not in everything
        assert subject.hex.encode() not in everything
    assert words_of(ANNA).encode() in everything


@pytest.mark.parametrize("who", [ANNA, BEN])
async def test_its_proof_of_consents_verifies_offline(people: People, who: int) -> None:
    await story(people)

    consents = read(await package_of(people, who), "consents")

    verdict = verify_ledger(consents["ledger"], public_key=people.secrets.public_key)
    assert verdict.holds
    assert verdict.events == len(consents["records"]) == (6 if who == ANNA else 5)


async def test_corrected_and_redacted_words_are_in_it_as_such(people: People) -> None:
    await people.join(ANNA, BEN)
    which = await people.save(ANNA, ANNA, BEN, turns=2)
    await people.transcripts.correct(ANNA, which, 0, "what I meant")
    await people.transcripts.redact(ANNA, which, 2, at=NOW)
    await people.transcripts.redact(ANNA, which, 3, at=NOW)

    transcripts = read(await package_of(people), "transcripts")

    VALIDATOR.validate(transcripts)
    turns = transcripts["records"][0]["turns"]
    assert (turns[0]["text"], turns[0]["corrected"]) == ("what I meant", True)
    assert [turn["mark"] for turn in turns] == ["said", "withheld", "redacted", "redacted"]
    assert words_of(BEN) not in json.dumps(transcripts)


async def test_who_is_not_known_gets_an_empty_package(people: People) -> None:
    await story(people)

    files = await package_of(people, 4711)

    for name in COLUMNS:
        VALIDATOR.validate(read(files, name))
        assert read(files, name)["records"] == []
    assert str(ANNA).encode() not in b"".join(files.values())


async def test_after_an_erasure_there_is_nothing_to_hand_out(people: People) -> None:
    await story(people)
    await people.erasure().account(ANNA, at=NOW)

    files = await package_of(people)

    # But that a server blocked her: deleting the account does not lift it.
    assert [name for name in COLUMNS if read(files, name)["records"]] == ["blocks"]


# The manifest


async def test_the_manifest_says_what_article_15_asks_for(people: People) -> None:
    await story(people)

    manifest = read(await package_of(people), "manifest")

    assert manifest["controller"] == {"name": "Whoever runs it", "email": "someone@example.net"}
    assert manifest["policy"] == {"version": POLICY.version, "sha256": POLICY.sha256.hex()}
    assert manifest["recipients"][0]["region"] == "US"
    assert manifest["recipients"][0]["transfer"] == "dpf"
    kept = {each["what"]: each for each in manifest["categories"]}
    assert kept["turn"]["ground"].startswith("your consent")
    assert kept["analytics_event"]["kept"] == "90 days"
    assert "authority" in manifest["complaint"]
    assert "no automated decision" in manifest["automated_decisions"]
    for article in ("15", "16", "17", "18", "20", "21", "7", "77"):
        assert any(f"Article {article}" in right for right in manifest["rights"]), article


async def test_the_manifest_names_every_file_and_its_hash(people: People) -> None:
    await story(people)

    files = await package_of(people)

    named = {each["name"]: each["sha256"] for each in read(files, "manifest")["files"]}
    assert named == {name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != "manifest.json"}


async def test_the_readme_may_be_in_another_language(people: People) -> None:
    facts = Facts("A", "a@example.net", POLICY, readme="Це все, що бот зберігає про вас.\n")

    (part,) = (await packages(people, facts).parts(ANNA, at=NOW)).zips

    assert unzipped(part)["README.txt"].decode() == "Це все, що бот зберігає про вас.\n"


# Columns


def test_every_column_of_a_person_is_in_the_package_or_it_is_said_why_not() -> None:
    columns = {
        str(column): column
        for metadata in (models.Content.metadata, models.Keyring.metadata)
        for table in metadata.tables.values()
        for column in table.columns
    }
    nobodys = {"lease", "retention_run", "meta"}

    assert set(WHERE) <= set(columns)
    missing = {name for name in columns if name not in WHERE and name.split(".")[0] not in nobodys}
    assert missing == set()
    for name in nobodys:
        for column in (models.Content.metadata.tables | models.Keyring.metadata.tables)[name].columns:
            assert column.info["privacy"] == "public"


@pytest.mark.parametrize(("column", "where"), WHERE.items())
def test_where_a_column_is_said_to_be_the_schema_has_a_field(column: str, where: str) -> None:
    if where.startswith("- "):
        assert len(where) > 10
        return
    section, *path = where.split(".")
    at: Any = PUBLISHED["$defs"][section]["properties"]["records"]["items"]
    for name in path:
        at = at["properties"][name]
        if "items" in at:
            at = at["items"]
            at = at["oneOf"][0] if "oneOf" in at else at
    assert at, column


def test_sealed_columns_are_in_the_package_unless_they_are_proofs_places_or_a_servers() -> None:
    sealed = {name for name in WHERE if name.split(".")[1].startswith("enc_")}

    left_out = {name for name in sealed if WHERE[name].startswith("- ")}
    assert left_out == {
        "share.enc_grant",
        "live_message.enc_location",
        "offer.enc_place",
        "guild_setting.enc_body",
        "server.enc_body",
    }


def test_every_annotation_has_words_for_people() -> None:
    assert set(PURPOSES) == set(cast("Any", models.Why).__args__)
    assert set(GROUNDS) == set(cast("Any", models.Basis).__args__)
    assert set(PERIODS) == set(cast("Any", models.Retention).__args__)
    assert {what for what, *_ in categories()} == {name.split(".")[0] for name in WHERE}


# Tables


@given(st.text())
def test_any_text_survives_a_table_and_none_is_a_formula(text: str) -> None:
    record = {"event": text, "happened_at": "2026", "expires_at": "2027"}

    (row,) = csv.DictReader(io.StringIO(_csv("audit", [record]).decode("utf-8-sig"), newline=""))

    assert row["event"] in {text, f"'{text}"}
    assert row["event"][:1] not in {"=", "+", "-", "@", "\t", "\r", "\n"} or row["event"] == ""
    assert row["event"].lstrip()[:1] not in {"=", "+", "-", "@"}  # which some spreadsheets skip blanks before
    # So that what was there before can be had again: a ' is taken off each cell that begins with one.
    assert row["event"].removeprefix("'") == text


async def test_tables_have_what_the_json_has(people: People) -> None:
    await story(people)

    files = await package_of(people)

    turns = [turn for each in read(files, "transcripts")["records"] for turn in each["turns"]]
    assert [row["text"] for row in rows(files, "transcripts")] == [turn.get("text", "") for turn in turns]
    assert [row["purpose"] for row in rows(files, "consents")] == [
        each["purpose"] for each in read(files, "consents")["records"]
    ]
    for name, columns in COLUMNS.items():
        assert tuple(rows(files, name)[0]) == columns


# Size


@pytest.mark.slow
async def test_a_large_package_is_split_into_zips_below_the_cap(people: People) -> None:
    await people.join(ANNA, BEN)
    noise = [os.urandom(3000).hex() for _ in range(40)]
    for number, title in enumerate(noise):
        await people.save(ANNA, ANNA, title=f"{number}: {title[:80]}", turns=30)
        await people.requests.add(ANNA, RequestKind.ACCESS, interaction_id=10_000 + number, at=NOW, text=title[:4000])
    cap = 64 * 1024

    parts = (await packages(people).parts(ANNA, at=NOW, cap=cap)).zips

    assert len(parts) > 2
    assert max(len(part) for part in parts) <= cap
    titles: list[str] = []
    texts: list[str] = []
    for number, part in enumerate(parts, 1):
        files = unzipped(part)
        manifest = read(files, "manifest")
        assert (manifest["part"], manifest["parts"]) == (number, len(parts))
        for name in files:
            if name.endswith(".json") and name != SCHEMA.name:
                whole = json.loads(files[name])
                VALIDATOR.validate(whole)
                if whole["section"] == "transcripts":
                    titles += [each["title"] for each in whole["records"]]
                if whole["section"] == "requests":
                    texts += [each["text"] for each in whole["records"]]
    assert titles == [f"{number}: {title[:80]}" for number, title in enumerate(noise)]
    assert sorted(texts) == sorted(title[:4000] for title in noise)


async def test_a_package_is_written_to_a_file_whole(people: People) -> None:
    await story(people)
    file = io.BytesIO()

    await packages(people).write(ANNA, file, at=NOW)

    whole, parts = unzipped(file.getvalue()), await package_of(people)
    assert {name for name in whole if whole[name] != parts[name]} <= {"consents.json", "manifest.json"}
    assert set(whole) == set(parts)


async def test_a_cap_below_what_a_zip_needs_is_refused(people: People) -> None:
    with pytest.raises(ValueError, match="64 KiB"):
        await packages(people).parts(ANNA, at=NOW, cap=64 * 1024 - 1)


async def test_many_packages_at_once_are_each_ones_own(people: People) -> None:
    await story(people)

    hers, his = await asyncio.gather(package_of(people, ANNA), package_of(people, BEN))

    assert words_of(ANNA).encode() not in b"".join(his.values())
    assert words_of(BEN).encode() not in b"".join(hers.values())
