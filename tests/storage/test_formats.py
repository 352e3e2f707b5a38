# ruff: noqa: RUF001 - real sentences have letters and quotes that look like others.
from __future__ import annotations

import csv
import html
import io
import json
import re
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from markdown_it import MarkdownIt

from storage import formats
from storage.formats import FORMATS, as_csv, as_json, as_markdown, as_srt, as_text, as_vtt, read_json
from storage.transcripts import ROLES, Mark, Transcript, Turn

if TYPE_CHECKING:
    from collections.abc import Callable

    from markdown_it.token import Token

DAY = date(2026, 11, 23)
ID = UUID("6f3c1c2e-8a0e-4d0b-9c55-3f1a2b4c5d6e")
GOLDEN = Path(__file__).parent / "golden" / "transcript.json"
INTERVIEW_GOLDEN = GOLDEN.with_name("interview.json")
SCHEMA = json.loads(Path(formats.__file__).with_name("transcript.schema.json").read_text(encoding="utf-8"))

VALIDATOR: Any = Draft202012Validator(SCHEMA)


def said(text: str, *, seq: int = 0, start_s: float = 3.25, name: str = "Оля", **more: Any) -> Turn:
    times: dict[str, Any] = {"start_s": start_s, "end_s": start_s + 2.5}
    given_: dict[str, Any] = {"speaker": 1, "name": name, "text": text, "language": "uk", "confidence": 0.5}
    return Turn(seq, Mark.SAID, **times | given_ | more)


def transcript(*turns: Turn, title: str = "Співбесіда – Vorstellungsgespräch") -> Transcript:
    return Transcript(ID, title, DAY, own=True, turns=turns)


TALK = transcript(
    said("Доброго дня! Розкажіть, будь ласка, про п’ять проєктів, якими ви пишаєтеся."),
    said("Gern. Zuletzt habe ich die Straßenbahn-App für Köln geprüft.", seq=1, start_s=6.0, name="Jörg", speaker=2),
    Turn(2, Mark.NOT_SAVED),
    said("", seq=3, start_s=9.0, missing_s=3.2, speaker=2, name="Jörg"),
    Turn(4, Mark.REDACTED, speaker=1, name="Оля"),
    Turn(5, Mark.ERASED),
    said("І що з того вийшло?", seq=6, start_s=14.0, corrected=True, own=True),
)
INTERVIEW = transcript(
    Turn(0, Mark.QUESTION, start_s=1.0, text="Was prüfen Sie zuerst?", question_id="testing-7"),
    said("Die *Schnittstellen*.", seq=1, role="candidate", own=True),
    said("Und dann?", seq=2, start_s=6.0, name="Jörg", speaker=2, role="interviewer", typed=True),
    Turn(3, Mark.NOTE, start_s=7.0, text="langsamer sprechen"),
)


# What people read


def test_text_has_a_line_for_each_turn() -> None:
    assert as_text(TALK) == (
        "Співбесіда – Vorstellungsgespräch\n"
        "2026-11-23\n"
        "\n"
        "[00:03.2] Оля: Доброго дня! Розкажіть, будь ласка, про п’ять проєктів, якими ви пишаєтеся.\n"
        "[00:06.0] Jörg: Gern. Zuletzt habe ich die Straßenbahn-App für Köln geprüft.\n"
        "[not saved]\n"
        "[00:09.0] Jörg: [3 s not transcribed]\n"
        "Оля: [redacted]\n"
        "[erased]\n"
        "[00:14.0] Оля: І що з того вийшло?\n"
    )


def test_markdown_has_a_paragraph_for_each_turn() -> None:
    assert as_markdown(TALK).split("\n\n") == [
        "# Співбесіда – Vorstellungsgespräch",
        "2026-11-23",
        "`00:03.2` **Оля:** Доброго дня! Розкажіть, будь ласка, про п’ять проєктів, якими ви пишаєтеся.",
        "`00:06.0` **Jörg:** Gern. Zuletzt habe ich die Straßenbahn-App für Köln geprüft.",
        r"*\[not saved\]*",
        r"`00:09.0` **Jörg:** *\[3 s not transcribed\]*",
        r"**Оля:** *\[redacted\]*",
        r"*\[erased\]*",
        "`00:14.0` **Оля:** І що з того вийшло?\n",
    ]


def test_questions_notes_and_roles_are_read_where_speakers_are() -> None:
    assert as_text(INTERVIEW).splitlines()[3:] == [
        "[00:01.0] Question: Was prüfen Sie zuerst?",
        "[00:03.2] Оля (candidate): Die *Schnittstellen*.",
        "[00:06.0] Jörg (interviewer, typed): Und dann?",
        "[00:07.0] Note: langsamer sprechen",
    ]
    assert as_markdown(INTERVIEW).split("\n\n")[2:4] == [
        "`00:01.0` **Question:** Was prüfen Sie zuerst?",
        r"`00:03.2` **Оля (candidate):** Die \*Schnittstellen\*.",
    ]


def test_players_show_a_question_for_two_seconds_from_when_it_was_asked() -> None:
    assert as_srt(INTERVIEW).startswith("1\n00:00:01,000 --> 00:00:03,000\nQuestion: Was prüfen Sie zuerst?\n\n2\n")
    assert "<v Question>Was prüfen Sie zuerst?</v>" in as_vtt(INTERVIEW)


def test_a_file_of_an_interview_of_this_release_can_be_read() -> None:
    written = INTERVIEW_GOLDEN.read_text(encoding="utf-8")

    assert read_json(written) == INTERVIEW
    assert as_json(INTERVIEW) == written


def test_subtitles_have_two_short_lines_and_the_speakers_name() -> None:
    assert as_srt(TALK).startswith(
        "1\n00:00:03,250 --> 00:00:05,750\n"
        "Оля: Доброго дня! Розкажіть, будь ласка,\n"
        "про п’ять проєктів, якими ви пишаєтеся.\n\n"
        "2\n00:00:06,000 -->"
    )


def test_captions_have_the_speakers_voice() -> None:
    blocks = as_vtt(TALK).split("\n\n")

    assert blocks[0] == "WEBVTT"
    assert blocks[1] == (
        "00:00:03.250 --> 00:00:05.750\n"
        "<v Оля>Доброго дня! Розкажіть, будь ласка, про\n"
        "п’ять проєктів, якими ви пишаєтеся.</v>"
    )
    assert blocks[3] == "00:00:08.500 --> 00:00:10.500\n[not saved]"


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_says_where_words_are_missing(ending: str) -> None:
    written = FORMATS[ending](TALK).replace("\\", "")

    if ending in {"json", "csv"}:
        assert all(mark in written for mark in ("not_saved", "redacted", "erased", "3.2"))
    else:
        assert all(m in written for m in ("[not saved]", "[3 s not transcribed]", "[redacted]", "[erased]"))


@pytest.mark.parametrize("ending", FORMATS)
def test_every_format_keeps_ukrainian_and_german_letters(ending: str) -> None:
    written = FORMATS[ending](TALK).encode().decode("utf-8-sig")

    for word in ("п’ять", "пишаєтеся", "Straßenbahn-App", "geprüft"):
        assert word in written


@pytest.mark.parametrize("mark", sorted(set(Mark) - {Mark.SAID}))
@pytest.mark.parametrize("ending", FORMATS)
def test_every_mark_can_be_written(ending: str, mark: Mark) -> None:
    assert FORMATS[ending](transcript(Turn(0, mark)))


# Whatever is said forms nothing

few = settings(max_examples=25, phases=[Phase.explicit, Phase.reuse, Phase.generate])

hostile = st.one_of(
    st.text(max_size=30),
    st.lists(
        st.sampled_from(
            [
                *"\\`*_{}[]<>#~|&$@:/!-+=.)(1\n\r\t\x85\u2028\x0b\x00\u202e\u200b'\" aß",
                *("--> ", "-->", "&amp;", "</v>", "www.", "@everyone", "<@123>", "http://x.y", "{\\an8}"),
                *("00:01:00.000 --> 00:02:00.000", "\n\n", "WEBVTT", "NOTE"),
            ]
        ),
        max_size=8,
    ).map("".join),
)
seconds = st.floats(0, 10_000, allow_nan=False)
turns = st.builds(
    Turn,
    seq=st.integers(0, 10_000),
    mark=st.sampled_from(Mark),
    speaker=st.none() | st.integers(1, 9),
    name=hostile,
    start_s=st.none() | seconds,
    end_s=st.none() | seconds,
    text=hostile,
    language=st.sampled_from(["", "uk", "de", "en"]),
    confidence=st.floats(0, 1),
    missing_s=st.just(0.0) | st.floats(0, 100),
    corrected=st.booleans(),
    own=st.booleans(),
    role=st.sampled_from(sorted(ROLES)),
    typed=st.booleans(),
    question_id=hostile,
)
transcripts = st.builds(
    Transcript,
    id=st.uuids(),
    title=hostile,
    day=st.dates(),
    own=st.booleans(),
    turns=st.lists(turns, max_size=4).map(tuple),
)


@few
@given(transcripts)
def test_anything_survives_json(given_: Transcript) -> None:
    written = as_json(given_)

    assert read_json(written.encode().decode()) == given_
    assert VALIDATOR.is_valid(json.loads(written))


def rows_of(written: str) -> list[dict[str, str]]:
    text = written.encode().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))


@few
@given(transcripts)
def test_anything_survives_csv(given_: Transcript) -> None:
    rows = rows_of(as_csv(given_))

    assert len(rows) == len(given_.turns)
    for row, turn in zip(rows, given_.turns, strict=True):
        assert (row["name"].removeprefix("'"), row["text"].removeprefix("'")) == (turn.name, turn.text)
        assert (row["seq"], row["mark"]) == (str(turn.seq), turn.mark.value)
        assert row["start_s"] == ("" if turn.start_s is None else repr(turn.start_s))


@few
@given(transcripts)
def test_no_cell_of_a_csv_is_a_formula(given_: Transcript) -> None:
    for row in rows_of(as_csv(given_)):
        for column, cell in row.items():
            assert not cell.lstrip().startswith(("=", "+", "-", "@", "＝", "＋", "－", "＠")), column
            assert not cell.startswith(("\t", "\r", "\n"))


def test_rows_of_a_csv_end_as_rfc_4180_says() -> None:
    written = as_csv(TALK)

    assert written.count("\r\n") == len(TALK.turns) + 1
    assert written.endswith("\r\n")
    assert "\n" not in written.replace("\r\n", "")


@few
@given(transcripts)
def test_a_text_has_as_many_lines_as_turns(given_: Transcript) -> None:
    lines = as_text(given_).splitlines()

    assert len(lines) == 3 + len(given_.turns)


def shown(tokens: list[Token]) -> str:
    return "".join(shown(token.children) if token.children else token.content for token in tokens)


@few
@given(transcripts)
def test_markdown_shows_what_was_said_and_forms_nothing_else(given_: Transcript) -> None:
    tokens = MarkdownIt("gfm-like", {"linkify": False}).parse(as_markdown(given_))

    blocks = [token for token in tokens if token.type == "inline"]
    assert {token.type for token in tokens} <= {
        "heading_open",
        "heading_close",
        "paragraph_open",
        "paragraph_close",
        "inline",
    }
    assert {child.type for block in blocks for child in block.children or []} <= {
        "text",
        "text_special",
        "code_inline",
        "strong_open",
        "strong_close",
        "em_open",
        "em_close",
    }
    paragraphs = [shown([block]).replace("@\u200b", "@") for block in blocks]
    assert paragraphs[0] == formats._plain(given_.title)
    for paragraph, turn in zip(paragraphs[2:], given_.turns, strict=True):
        assert paragraph.endswith(formats._words(turn))


@few
@given(transcripts)
def test_markdown_mentions_nobody(given_: Transcript) -> None:
    written = as_markdown(given_)

    assert not re.search(r"@(everyone|here)|<[@#][!&]?\d+>|(?<!\\)<", written)
    assert not re.search(r"\w://|www\.", written, re.IGNORECASE)


TIMES = {
    "srt": r"(\d{2,}):([0-5]\d):([0-5]\d),(\d{3})",
    "vtt": r"(\d{2,}):([0-5]\d):([0-5]\d)\.(\d{3})",
}


def cues_of(written: str, ending: str) -> list[tuple[int, int, list[str]]]:
    """A strict reader of either: blocks between blank lines, each with its times and at least one line."""
    blocks = written.removesuffix("\n").split("\n\n")
    if ending == "vtt":
        assert blocks.pop(0).rstrip("\n") == "WEBVTT"
    cues: list[tuple[int, int, list[str]]] = []
    for number, block in enumerate((block.strip("\n") for block in blocks if block.strip("\n")), 1):
        lines = block.split("\n")
        if ending == "srt":
            assert lines.pop(0) == str(number)
        found = re.fullmatch(rf"{TIMES[ending]} --> {TIMES[ending]}", lines.pop(0))
        assert found
        hours, minutes, secs, thousandths = (list(map(int, found.groups()))[n::4] for n in range(4))
        start, end = (
            ((h * 60 + m) * 60 + s) * 1000 + t for h, m, s, t in zip(hours, minutes, secs, thousandths, strict=True)
        )
        assert start < end
        assert 1 <= len(lines) <= 2
        cues.append((start, end, lines))
    return cues


@pytest.mark.parametrize(("ending", "write"), [("srt", as_srt), ("vtt", as_vtt)])
@few
@given(given_=transcripts)
def test_players_can_read_whatever_was_said(
    ending: str, write: Callable[[Transcript], str], given_: Transcript
) -> None:
    written = write(given_)
    cues = cues_of(written, ending)

    assert len(cues) >= len(given_.turns)
    assert [start for start, _, _ in cues] == sorted(start for start, _, _ in cues)
    assert "\r" not in written
    assert len(written.splitlines()) == written.count("\n")  # no other kind of line end
    for _, _, lines in cues:
        text = "\n".join(lines)
        assert "-->" not in text
        if ending == "srt":
            assert not set("<>{}") & set(text)
        else:
            assert re.fullmatch(r"(<v [^<>\n]+>)?[^<>]*(</v>)?", text)
            assert text.startswith("<v ") == text.endswith("</v>")
            assert html.unescape(re.sub(r"<[^>]*>", "", text)).strip()


@few
@given(st.lists(st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=60), min_size=1, max_size=80))
def test_no_word_of_a_long_turn_is_lost_and_no_line_is_long(words: list[str]) -> None:
    turn = said(" ".join(words), start_s=1.0, end_s=30.0)

    cues = cues_of(as_vtt(transcript(turn)), "vtt")

    lines = [re.sub(r"<[^>]*>", "", line) for _, _, lines in cues for line in lines]
    assert "".join(lines).replace(" ", "") == "".join(words)
    assert max(map(len, lines)) <= formats.CUE_WIDTH
    assert (cues[0][0], cues[-1][1]) == (1000, 30_000)


def test_who_has_no_name_is_called_by_their_number() -> None:
    assert "Speaker 2: Так" in as_text(transcript(said("Так", name="\u200b ", speaker=2)))


# Reading it again


def test_a_transcript_of_an_earlier_release_can_be_read() -> None:
    assert read_json(GOLDEN.read_text(encoding="utf-8")) == TALK


def test_the_schema_is_one() -> None:
    VALIDATOR.check_schema(SCHEMA)


@pytest.mark.parametrize("part", [(), ("turns", 0)], ids=["transcript", "turn"])
def test_what_is_no_transcript_is_said_to_be_none_and_not_quoted(part: tuple[Any, ...]) -> None:
    def changed(name: str, value: object) -> str:
        data = json.loads(as_json(TALK))
        at = data
        for step in part:
            at = at[step]
        at[name] = value
        return json.dumps(data)

    data = json.loads(as_json(TALK))
    for step in part:
        data = data[step]
    for name in data:
        for value in (["canary"], {"canary": 1}, "canary" if not isinstance(data[name], str) else 1, float("nan")):
            with pytest.raises(ValueError, match=r"this is no transcript|later version") as caught:
                read_json(changed(name, value))
            assert "canary" not in str(caught.value)
            assert caught.value.__cause__ is None


@pytest.mark.parametrize("nonsense", ["", "{", "[]", "{}", "null", "1" * 5000, '{"format": "skillrally.transcript"}'])
def test_nonsense_is_no_transcript(nonsense: str) -> None:
    with pytest.raises(ValueError, match="this is no transcript"):
        read_json(nonsense)


def test_a_transcript_of_a_later_version_is_said_to_be_one() -> None:
    with pytest.raises(ValueError, match="later version"):
        read_json(as_json(TALK).replace('"version": 1', '"version": 2'))
