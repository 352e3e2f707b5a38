# ruff: noqa: RUF001 - Ukrainian

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.feedback.answers import answers_of
from bot.feedback.measures import COMPARED, Measures, against, measured, measured_all
from tests.feedback.talk import asked, said

if TYPE_CHECKING:
    from storage.transcripts import Turn


def measures(*turns: Turn) -> Measures:
    (answer,) = answers_of([asked(0, 0.0), *turns]).answers
    return measured(answer)


def test_pace_is_spoken_words_in_a_minute_of_speech() -> None:
    found = measures(said(1, 2, 8, "one two three four five six"), said(2, 10, 14, "seven eight nine ten"))

    assert (found.words, found.seconds, found.words_per_minute) == (10, 10.0, 60.0)


def test_of_little_speech_no_pace_is_told() -> None:
    assert measures(said(1, 2, 6, "one two three")).words_per_minute is None


def test_what_was_typed_has_words_and_no_time() -> None:
    found = measures(said(1, 2, 12, "one two three four five"), said(2, 12, 60, "typed um um", typed=True))

    assert (found.words, found.seconds, found.words_per_minute, found.fillers) == (8, 10.0, 30.0, 0)


def test_the_share_of_talk_is_that_of_everybodys_speech() -> None:
    assert measures(said(1, 0, 6, "mine"), said(2, 6, 8, "theirs", own=False)).talk_share == 0.75
    assert measures().talk_share is None


def test_a_pause_is_when_nobody_speaks_between_ones_first_word_and_last() -> None:
    found = measures(
        said(1, 10, 12, "begin"),
        said(2, 15, 16, "mhm", own=False),
        said(3, 20, 22, "end"),
        said(4, 60, 62, "thanks", own=False),
    )

    assert found.longest_pause_s == 4.0


def test_thinking_is_counted_from_the_last_word_of_the_question() -> None:
    assert measures(said(1, 4, 6, "mine")).thinking_s == 4.0
    assert measures(said(1, 1, 3, "so, tell me", own=False), said(2, 4, 6, "mine")).thinking_s == 1.0


def test_who_begins_well_within_anothers_turn_interrupts_it() -> None:
    other = said(1, 10, 20, "a long question of theirs", own=False)

    def interruptions(start_s: float, text: str = "I know what I want") -> int:
        return measures(other, said(2, start_s, start_s + 5, text)).interruptions

    assert interruptions(15) == 1
    assert interruptions(15, "mhm, yes") == 0
    assert interruptions(19.6) == 0
    assert interruptions(10.4) == 0
    assert interruptions(20) == 0


def test_being_interrupted_is_the_same_the_other_way_round() -> None:
    found = measures(said(1, 0, 10, "my long answer"), said(2, 5, 7, "wait a moment please", own=False))

    assert (found.interruptions, found.interrupted) == (0, 1)


@pytest.mark.parametrize(
    ("language", "text", "fillers", "hedges"),
    [
        ("en", "Um, you know, I think it was, uh, maybe the umbrella.", 3, 2),
        ("de", "Ähm, ich glaube, das war halt vielleicht der Halter.", 2, 2),
        ("uk", "Ну, мабуть, це, типу, мені здається, нудно.", 2, 2),
        ("uk", "Um, you know.", 0, 0),
        ("fr", "Euh, peut-être.", 0, 0),
    ],
)
def test_fillers_and_hedges_are_whole_words_of_the_lines_language(
    language: str, text: str, fillers: int, hedges: int
) -> None:
    found = measures(said(1, 1, 9, text, language=language))

    assert (found.fillers, found.hedges) == (fillers, hedges)
    assert found.counted_words == (0 if language == "fr" else found.words)


def test_fillers_in_a_hundred_words_are_of_those_in_a_language_with_a_list() -> None:
    found = measures(said(1, 1, 3, "um yes"), said(2, 4, 6, "euh oui bien", language="fr"))

    assert found.fillers_per_100 == 50
    assert measures(said(1, 1, 3, "oui", language="fr")).fillers_per_100 is None


def test_an_interviews_measures_are_those_of_its_answers_together() -> None:
    found = measured_all(
        answers_of(
            [
                said(0, 0, 50, "small talk before anything was asked"),
                asked(1, 60, "A?", "a"),
                said(2, 62, 72, "one two three four five"),
                asked(3, 80, "B?", "b"),
                said(4, 88, 93, "six"),
                said(5, 100, 105, "seven um"),
            ]
        )
    )

    assert (found.words, found.seconds, found.longest_pause_s, found.thinking_s) == (8, 20.0, 7.0, 5.0)
    assert (found.words_per_minute, found.talk_share, found.fillers) == (24.0, 1.0, 1)


def test_an_empty_interview_has_nothing_to_tell() -> None:
    found = measured_all(answers_of([]))

    assert (found.words, found.words_per_minute, found.talk_share, found.longest_pause_s) == (0, None, None, None)


def test_ones_past_is_the_last_five_and_says_how_many_they_are() -> None:
    now = measures(said(1, 0, 60, "one"))
    earlier = [replace(now, words=words, thinking_s=None) for words in (1_000, 10, 30, 20, 50, 40)]

    past = {each.name: each for each in against(now, earlier)}

    assert (past["words"].n, past["words"].median, past["words"].low, past["words"].high) == (5, 30, 10, 50)
    assert (past["thinking_s"].n, past["thinking_s"].median) == (0, None)
    assert set(past) == set(COMPARED)


TURNS = st.lists(
    st.tuples(st.floats(0, 500), st.floats(0, 60), st.booleans(), st.booleans(), st.sampled_from(["um so", "", "ja"])),
    max_size=12,
)


@given(TURNS)
def test_whatever_the_times_are_no_measure_is_impossible(turns: list[tuple[float, float, bool, bool, str]]) -> None:
    made = [
        said(1 + n, start, start + length, text, own=own, typed=typed)
        for n, (start, length, own, typed, text) in enumerate(turns)
    ]

    found = measured_all(answers_of([asked(0, 0.0), *made]))

    assert found.talk_share is None or 0 <= found.talk_share <= 1
    assert found.longest_pause_s is None or 0 <= found.longest_pause_s <= 560
    assert found.fillers <= found.counted_words <= found.words
