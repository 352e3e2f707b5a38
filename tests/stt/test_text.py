"""Words as they are compared."""

import jiwer
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stt.text import word_errors, words


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
