"""Words as they are read, and as they are compared."""

# ruff: noqa: RUF001 - Ukrainian has letters that look like others.

from __future__ import annotations

from time import perf_counter

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stt.text import SUBTITLE_COLUMNS, SUBTITLE_LINES, readable, repeats, subtitles, word_errors, words

LANGUAGES = ("en", "uk", "de", "fr")


@pytest.mark.parametrize(
    ("text", "compared"),
    [
        ("Don\u2019t STOP, \u2018please\u2019!", ["don't", "stop", "please"]),
        ("An end-to-end test_case", ["an", "end", "to", "end", "test", "case"]),
        ("1,000 times 3.5, or three.", ["1,000", "times", "3.5", "or", "three"]),
        ("П\u02bcять", ["п'ять"]),
        ("Cafe\u0301", ["caf\u00e9"]),
        ("... \u2014 !", []),
    ],
)
def test_case_and_punctuation_do_not_count_and_numbers_are_left_alone(text: str, compared: list[str]) -> None:
    assert words(text) == compared


some_words = st.lists(st.sampled_from(["a", "b", "c"]), max_size=8)


@given(some_words.filter(bool), some_words)
def test_errors_are_as_many_as_jiwer_finds(said: list[str], heard: list[str]) -> None:
    found = jiwer.process_words(" ".join(said), " ".join(heard))

    assert word_errors(said, heard) == found.substitutions + found.deletions + found.insertions


def test_where_nobody_spoke_every_word_is_an_error() -> None:
    assert word_errors([], ["thank", "you"]) == 2


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("\u00a0 one\u2009two\u3000three\nfour\x85 ", "one two three four"),
        ("a\u200bb \u202ec\u202c d\u00adeep\ufeff \x00e\x1b", "ab c deep e"),
        ("cut\ufffd and \ud800 broken", "cut and broken"),
        ("Well , yes . Really ? No !", "Well, yes. Really? No!"),
        ("He said \u201cyes\u201d : so \u2026", "He said \u201cyes\u201d: so\u2026"),
        ("I use .NET on :8080 , and .5 of it", "I use .NET on :8080, and .5 of it"),
        ("Well... so . . . then .. and....", "Well\u2026 so\u2026 then\u2026 and\u2026"),
        ("from 1..10 in ../src", "from 1..10 in ../src"),
        (". , Hello", "Hello"),
        ("... and then", "\u2026 and then"),
        ("co\u0302te\u0301", "c\u00f4t\u00e9"),
    ],
)
def test_what_is_read_has_one_form(said: str, read: str) -> None:
    assert readable(said, "en") == read


def test_german_letters_are_composed_and_otherwise_left_alone() -> None:
    assert readable("Gru\u0308\u00dfe aus Ko\u0308ln, O\u0308l, \u017fo, \u1e9e", "de") == "Grüße aus Köln, Öl, ſo, ẞ"


def test_french_keeps_the_space_before_its_high_punctuation() -> None:
    assert readable("Vraiment\u202f? Oui , « bien »\u00a0; voil\u00e0 .", "fr") == "Vraiment ? Oui, « bien » ; voilà."


@pytest.mark.parametrize("apostrophe", "'\u2018\u2019\u02bc\u2032\u0060\u00b4\uff07")
def test_a_word_has_one_apostrophe_per_language(apostrophe: str) -> None:
    assert readable(f"п{apostrophe}ять об{apostrophe}єктів", "uk") == "п\u2019ять об\u2019єктів"
    assert readable(f"don{apostrophe}t", "uk") == "don't"
    assert readable(f"don{apostrophe}t", "en") == "don't"
    assert readable(f"wie geht{apostrophe}s", "de") == "wie geht's"
    assert readable(f"l{apostrophe}h\u00f4tel", "fr") == "l'h\u00f4tel"


def test_quotation_marks_and_apostrophes_at_an_edge_stay() -> None:
    assert readable("\u2018Yes\u2019, the users\u2019 \u2019tis \u201ait\u2018", "en") == (
        "\u2018Yes\u2019, the users\u2019 \u2019tis \u201ait\u2018"
    )


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("пoбyдyвaли cepвiс", "побудували сервіс"),
        ("Kиїв, Xарків, \u00cfжак", "Київ, Харків, Їжак"),
        ("з'їxaв", "з\u2019їхав"),
        ("IТ-компанія", "ІТ-компанія"),
        # Latin is Latin, with or without a word of Ukrainian beside it.
        ("API, Docker i PostgreSQL", "API, Docker i PostgreSQL"),
        ("HR-менеджер, web-сервер", "HR-менеджер, web-сервер"),
        # Letters without a twin, or a word that is not Cyrillic otherwise: nobody can know.
        ("Zебра", "Zебра"),
        ("TCP\u0456", "TCP\u0456"),
    ],
)
def test_latin_letters_in_a_ukrainian_word_become_ukrainian(said: str, read: str) -> None:
    assert readable(said, "uk") == read


def test_latin_letters_in_other_languages_are_left_alone() -> None:
    assert readable("пoшук", "en") == "пoшук"


@pytest.mark.parametrize(
    "nothing",
    [
        *(
            "[Music]",
            "(Applause)",
            "*laughs*",
            "\u266a",
            "\u266a\ufe0f \u266a\ufe0f",
            "\u266a\u266a la la la \u266a\u266a",
        ),
        *("[ MUSIC PLAYING ]", "(upbeat music)", "[BLANK_AUDIO]", "(speaking in foreign language)", "[Laughter.]"),
        *("[Musik]", "(Gelächter)", "*räuspert sich*", "[Applaus und Gelächter]", "(Leise Musik spielt.)"),
        *("[Музика]", "(Сміх)", "*зітхає*", "[Оплески та сміх у залі]", "(Грає весела музика)"),
        *("[[Music]]", "( [music] )", "[music (laughs)]", "[Music] [Applause].", "\u266a [Music] \u266a"),
        *("", " ", ".", "...", "\u2026", "!?", "- \u2014", "\u200b"),
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_where_nothing_was_said_nothing_is_read(nothing: str, language: str) -> None:
    assert readable(nothing, language) == ""


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("Hello [laughs], yes.", "Hello, yes."),
        ("Yes. [Laughs]. No.", "Yes. No."),
        ("[Music], so (sighs) I said *coughs* no", "so I said no"),
        ("\u266a I will survive \u266a Hello \u266a", "Hello"),
        ("[Musik] Ja, (lacht) gern.", "Ja, gern."),
        ("Так, (сміється) звісно [музика].", "Так, звісно."),
        ("[Music] .NET is fine", ".NET is fine"),
    ],
)
def test_stage_directions_go_and_the_words_around_them_stay(said: str, read: str) -> None:
    assert readable(said, "uk") == read


@pytest.mark.parametrize(
    "said",
    [
        *("the (foreign key) of it", "a (music player)", "HTTP (version 2)", "a[0] and f(x)", "2 * 3 * 4 ** 2"),
        *(
            "C\u266f and F# (static typing)",
            "f() and []",
            "the [first] one",
            "(so to say)",
            "an *ignore* rule",
            "x ([{*",
        ),
    ],
)
def test_what_stands_in_brackets_and_is_no_stage_direction_stays(said: str) -> None:
    assert readable(said, "en") == said


def test_what_persian_and_hindi_are_spelt_with_stays() -> None:
    assert readable("می\u200cخواهم क्\u200dष\u200c", "fa") == "می\u200cخواهم क्\u200dष"


rough = st.text(
    st.sampled_from(
        [*"abcixyабвіїIТ012'`\u2019\u02bc.,!?;:\u2026 \u00a0\t\u200b\u00ad\u0301\u0308\u0306()[]*\u266a\ufe0f\"\u201d-"]
    )
    | st.characters(),
    max_size=40,
)
staged = st.lists(
    st.sampled_from(
        [
            *("music", "laughs", "a", "the", "x", "сміх", "cміх", "м'ята", "[", "]", "(", ")", "*", "\u266a"),
            *(" ", " ", ".", ",", "..", "\u2026", "!", " .", ";"),
        ]
    ),
    max_size=24,
).map("".join)


@given(rough | staged, st.sampled_from(LANGUAGES))
def test_what_is_readable_stays_as_it_is(text: str, language: str) -> None:
    once = readable(text, language)

    assert readable(once, language) == once
    assert once == once.strip()
    assert "  " not in once
    once.encode()


@given(
    st.text(
        st.sampled_from([*"abcixyabcixyäßабвгії012 .,!?;:\u2026 '\u2019\u02bc-\u0301\u0308"])
        | st.characters(categories=["L"]),
        max_size=40,
    ),
    st.sampled_from(LANGUAGES),
)
def test_no_word_is_changed_that_needs_no_change(text: str, language: str) -> None:
    if language == "uk":
        text = text.translate({ord(letter): None for letter in "aceiopxyABCEHIKMOPTXYïÏ"})

    assert words(readable(text, language)) == words(text)


@pytest.mark.parametrize(
    "text",
    [
        *("thank you " * 6, "ja ja ja ja ja ja", "Так, так! Так. так; так... ТАК", "Thank you. " * 40, "ha" * 30),
        *(
            "\u8c22\u8c22" * 6,
            "\u3042\u308a\u304c\u3068\u3046" * 6,
            "\u0e02\u0e2d\u0e1a\u0e04\u0e38\u0e13" * 6,
            "a" * 100,
        ),
        "So I think that we should do this. " * 3 + "And that is what I said to my manager.",
        "What we did was this: " + "I do not know, " * 5 + "but then it was found by a colleague of mine.",
        "I would say \u2014 " + "a queue a cache " * 6,
    ],
    ids=lambda text: text[:12],
)
def test_an_engine_that_runs_in_circles_is_noticed(text: str) -> None:
    assert repeats(text)


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "yes",
            "very, very good",
            "no, no, no",
            "ja ja ja ja ja",
            "Ні, ні, ні, ні!",
            "\u54c8\u54c8\u54c8",
            "1000000",
        ),
        *("bye bye", "\u5bf9\u5bf9\u5bf9\uff0c\u6211\u77e5\u9053", "Donaudampfschifffahrtsgesellschaftskapitän"),
        "We had a dream, we had a plan, we had a team, and a date, but no, no, no, nobody asked us for a budget.",
        "If it is fast, it is good. If it is simple, it is good. If it is safe, it is good. And if not, we test it.",
        "one two one two, is this thing on, one two one two, and now we can start with the first question of the day",
        "It was the best of times, it was the worst of times, it was the age of wisdom, it was the age of foolishness.",
    ],
    ids=lambda text: text[:12],
)
def test_emphasis_is_no_circle(text: str) -> None:
    assert not repeats(text)


@given(st.lists(st.sampled_from("abcdef"), min_size=1, max_size=6), st.integers(6, 12), some_words)
def test_six_times_the_same_phrase_is_a_circle_whatever_comes_before(phrase: list[str], times: int, before: list[str]):
    assert repeats(" ".join([*before, *phrase * times]))


NASTY = {
    "brackets": "(" * 100_000,
    "nested": "(music" * 9_000 + ")" * 9_000,
    "stars": "*" * 100_000,
    "stars and words": "*a*laughs" * 11_000,
    "stages": "[Music] " * 12_500,
    "notes": "\u266a a" * 33_000,
    "dots": "." * 100_000,
    "dots apart": " ." * 50_000,
    "apostrophes": "'" * 100_000 + "z",
    "Cyrillic": "\u0430" * 100_000 + "z",
    "Cyrillic and apostrophes": "\u0430'" * 50_000 + "z",
    "nothing to see": "\u200b" * 100_000,
    "one word": "a" * 100_000,
    "words": "a b c d " * 12_500,
    "accents": "e\u0301\u0323" * 33_000,
}


@pytest.mark.parametrize("text", NASTY.values(), ids=NASTY)
def test_a_long_text_takes_its_length_and_not_its_square(text: str) -> None:
    began = perf_counter()

    for language in ("uk", "fr"):
        readable(text, language)
    repeats(text)
    subtitles(text)

    # A square would take minutes.
    assert perf_counter() - began < 15


LONG = "We found a memory leak in a payment service, and then my team fixed it together with the customer on a Friday."


def test_subtitles_have_two_lines_that_fit_a_screen_and_are_about_as_long() -> None:
    pieces = subtitles(LONG, first="anna:")

    lines = [line for piece in pieces for line in piece.split("\n")]
    assert all(len(piece.split("\n")) <= SUBTITLE_LINES for piece in pieces)
    assert max(map(len, lines)) <= SUBTITLE_COLUMNS
    assert min(map(len, lines)) >= max(map(len, lines)) - 15
    assert " ".join(lines) == f"anna: {LONG}"


@given(st.lists(st.text("abcäßїґ\u2019", min_size=1, max_size=60), max_size=30))
def test_no_word_of_a_subtitle_is_cut_and_none_is_lost(said: list[str]) -> None:
    lines = [line for piece in subtitles(" ".join(said)) for line in piece.split("\n")]

    assert [word for line in lines for word in line.split()] == said
    assert all(len(line) <= SUBTITLE_COLUMNS or " " not in line for line in lines)


def test_a_script_without_spaces_is_cut_to_lines() -> None:
    lines = "\n".join(subtitles("\u6211" * 100)).split("\n")

    assert "".join(lines) == "\u6211" * 100
    assert max(map(len, lines)) <= SUBTITLE_COLUMNS


def test_nothing_said_is_no_subtitle() -> None:
    assert subtitles("") == []
