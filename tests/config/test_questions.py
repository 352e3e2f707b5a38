from __future__ import annotations

import json
import random
from typing import TYPE_CHECKING, Literal

import pytest

from config.errors import Unfit
from config.questions import (
    Fault,
    InterviewType,
    Level,
    Wrong,
    draft_of,
    load_questions,
    plain,
    read_drafts,
)

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = """
  - id: {id}
    type: technical
    level: junior
    minutes: 4
    text: {{en: "{text}", de: "Was ist {text}?"}}
    covers: [one, two, three]
    follow_ups: [and then]
    terms: [Redis]
"""


def written(folder: Path, *entries: str, name: str = "mine.yaml") -> Path:
    (folder / name).write_text("questions:" + "".join(entries), encoding="utf-8")
    return folder


def entry(question: str = "cache", text: str = "What is a cache?") -> str:
    return ENTRY.format(id=question, text=text)


def test_a_question_is_found_in_each_language_under_one_id(tmp_path: Path):
    bank = load_questions(written(tmp_path, entry()))

    german = bank.get("cache", language="de")

    assert german is not None
    assert (german.language, german.text) == ("de", "Was ist What is a cache??")
    assert bank.get("cache", language="uk") == bank.get("cache")
    assert bank.get("nothing") is None
    assert len(bank) == 1


def test_what_somebody_types_finds_texts_ids_and_terms(tmp_path: Path):
    bank = load_questions(written(tmp_path, entry(), entry("queue", "What is a queue?")))

    assert [q.id for q in bank.find("QUEUE")] == ["queue"]
    assert [q.id for q in bank.find("redis", limit=1)] == ["cache"]
    assert [q.id for q in bank.find("")] == ["cache", "queue"]
    assert bank.find("queue", level=Level.SENIOR) == []
    assert bank.find("queue", type=InterviewType.CASE) == []


def test_points_and_follow_ups_may_have_a_list_for_each_language(tmp_path: Path):
    both = "{en: [one, two, three], de: [eins, zwei]}"
    bank = load_questions(written(tmp_path, entry().replace("[one, two, three]", both)))

    covers = {language: bank.get("cache", language=language) for language in ("en", "de", "uk")}

    assert {language: question and question.covers for language, question in covers.items()} == {
        "en": ("one", "two", "three"),
        "de": ("eins", "zwei"),
        "uk": ("one", "two", "three"),
    }
    assert {question and question.follow_ups for question in covers.values()} == {("and then",)}


def test_a_question_is_the_same_after_it_was_kept():
    entries = [
        {"covers": ["one"], "follow_ups": []},
        {"covers": {"en": ["one"], "de": ["eins"]}, "follow_ups": {"de": ["und dann"]}},
    ]

    for each in entries:
        draft = draft_of({"type": "case", "level": "junior", "minutes": 3, "text": {"en": "a", "de": "b"}} | each)

        assert draft_of(json.loads(json.dumps(plain(draft)))) == draft


def test_picking_leaves_out_what_is_excluded_and_prefers_the_language(tmp_path: Path):
    bank = load_questions(written(tmp_path, entry(), entry("queue", "What is a queue?")))
    chance = random.Random(1)

    picked = {bank.pick(exclude={"cache"}, language="de", random=chance) for _ in range(20)}

    assert {(q.id, q.language) for q in picked if q} == {("queue", "de")}
    assert bank.pick(exclude={"cache", "queue"}, random=chance) is None
    assert bank.pick(level=Level.SENIOR, random=chance) is None


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("id: cache", "id: No Id"), "mine.yaml, entry 1: id must be of: a-z, 0-9, -."),
        (("level: junior", "level: expert"), "mine.yaml, entry 1: level must be of: junior, middle, senior."),
        (("minutes: 4", "minutes: 99"), "mine.yaml, entry 1: minutes must be a number in 0.5-60."),
        (("minutes: 4", ""), "mine.yaml, entry 1: minutes is missing; add it."),
        (("[one, two, three]", "one"), "mine.yaml, entry 1: covers must be a list, a line with a dash for each."),
        (("[one, two, three]", "[]"), "mine.yaml, entry 1: covers must have 1-8 lines."),
        (("[and then]", "{}"), "mine.yaml, entry 1: follow_ups is missing; add it."),
        (("[and then]", "{german: [und dann]}"), "mine.yaml, entry 1: language must be of: en, de, uk."),
        (
            ("[and then]", "{de: und dann}"),
            "mine.yaml, entry 1: follow_ups must be a list, a line with a dash for each.",
        ),
        (("[one, two, three]", "{en: []}"), "mine.yaml, entry 1: covers must have 1-8 lines."),
        (("[and then]", "[3]"), "mine.yaml, entry 1: follow_ups must be text; put it in quotes."),
        (("terms", "term"), "mine.yaml, entry 1: there is no field term; take it out or correct its name."),
        (("What is a cache?", "x" * 601), "mine.yaml, entry 1: text has more than 600 characters; shorten it."),
        (
            ("minutes: 4", "minutes: !!float ''"),
            "mine.yaml, it is not YAML in UTF-8; look for a missing quote or a tab.",
        ),
        (("minutes: 4", "minutes: 4\n    language: [de]"), "mine.yaml, entry 1: language must be of: en, de, uk."),
        (("terms:", "\tterms:"), "mine.yaml, it is not YAML in UTF-8; look for a missing quote or a tab."),
    ],
)
def test_a_bad_file_is_refused_with_its_name_the_entry_and_what_to_change(
    tmp_path: Path, change: tuple[str, str], sentence: str
):
    written(tmp_path, entry().replace(change[0], change[1], 1))

    with pytest.raises(Unfit) as refused:
        load_questions(tmp_path)

    assert str(refused.value) == sentence


def test_one_id_in_two_files_is_refused(tmp_path: Path):
    written(tmp_path, entry(), name="a.yaml")
    written(tmp_path, entry(text="Another?"), name="b.yaml")

    with pytest.raises(Unfit, match=r"b\.yaml, entry 1: the id cache is in a\.yaml too"):
        load_questions(tmp_path)


@pytest.mark.parametrize("apostrophe", ["'", "\u2019", "\u02bc", "`", "\u00b4"])
def test_a_question_is_found_with_any_apostrophe(apostrophe: str) -> None:
    found = load_questions().find(f"розв{apostrophe}язати", language="uk")

    assert found
    assert all("розв" in question.text for question in found)


def test_a_folder_without_questions_is_refused(tmp_path: Path):
    with pytest.raises(Unfit, match="There are no questions"):
        load_questions(tmp_path)


CSV = (
    "type,level,minutes,text,covers,follow_ups,terms\n"
    'technical,junior,"2,5",What is a queue?,order | bounds,,Kafka|RabbitMQ\n'
)


def test_one_question_reads_alike_from_yaml_json_and_csv():
    fields = {"type": "technical", "level": "junior", "minutes": 2.5, "text": "What is a queue?"}
    lists = {"covers": ["order", "bounds"], "terms": ["Kafka", "RabbitMQ"]}
    as_json = json.dumps({"questions": [fields | lists]}).encode()
    as_yaml = b"""
- {type: technical, level: junior, minutes: 2.5, text: "What is a queue?", covers: [order, bounds],
   terms: [Kafka, RabbitMQ]}
"""

    drafts = [read_drafts(CSV.encode(), "csv"), read_drafts(as_yaml, "yaml"), read_drafts(as_json, "json")]

    assert drafts[0] == drafts[1] == drafts[2]
    assert drafts[0][0].in_language("en").terms == ("Kafka", "RabbitMQ")


@pytest.mark.parametrize(
    ("data", "kind", "wrong"),
    [
        (b"\xff\xfe", "yaml", Wrong.NOT_READABLE),
        (b"- &a [1]\n- *a\n", "yaml", Wrong.NOT_READABLE),
        (b"!!python/object/apply:os.system ['true']", "yaml", Wrong.NOT_READABLE),
        (b"[" * 100_000, "yaml", Wrong.NOT_READABLE),
        (b"[" * 100_000, "json", Wrong.NOT_READABLE),
        (b"[]", "json", Wrong.NO_ENTRIES),
        (b"3", "yaml", Wrong.NO_ENTRIES),
        (b"[3]", "json", Wrong.NOT_AN_ENTRY),
        (b"[" + b"{}," * 200 + b"{}]", "json", Wrong.TOO_MANY),
        (b" " * (256 * 1024 + 1), "csv", Wrong.TOO_LARGE),
        (CSV.encode() + b"a,b,c,d,e,f,g,h,i\n", "csv", Wrong.NOT_AN_ENTRY),
        (CSV.encode() + CSV.encode().splitlines()[1], "csv", Wrong.TWICE),
        (CSV.replace('"2,5"', "soon").encode(), "csv", Wrong.MISSING),
        # What the library for YAML itself stumbles over.
        (b'- {minutes: !!int ""}', "yaml", Wrong.NOT_READABLE),
        (b"- {minutes: !!bool soon}", "yaml", Wrong.NOT_READABLE),
        (b"- {minutes: !!timestamp soon}", "yaml", Wrong.NOT_READABLE),
        (b'[{"type": "case", "level": "junior", "text": "x", "language": ["de"]}]', "json", Wrong.NOT_ONE_OF),
    ],
)
def test_a_file_of_somebody_we_do_not_know_is_refused_as_a_whole(
    data: bytes, kind: Literal["yaml", "json", "csv"], wrong: Wrong
):
    with pytest.raises(Fault) as refused:
        read_drafts(data, kind)

    assert refused.value.wrong is wrong


def test_what_cannot_be_seen_is_taken_out_of_texts():
    draft = read_drafts(CSV.replace("What is", "What\u202e \u200bis").encode(), "csv")[0]

    assert draft.texts == {"en": "What is a queue?"}
