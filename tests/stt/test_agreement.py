"""Which words of an unfinished utterance are shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from stt.agreement import stable_words

sentences = st.lists(st.sampled_from(["I", "have", "led", "a", "team", "of", "four"]), max_size=8).map(" ".join)


def test_only_what_two_looks_agree_on_is_shown() -> None:
    assert stable_words("", "I have led") == ""
    assert stable_words("I have let", "I have led a") == "I have"
    assert stable_words("I have led a", "I have led a team") == "I have led a"


def test_case_and_punctuation_are_no_disagreement_and_the_latest_counts() -> None:
    assert stable_words("well i", "Well, I have") == "Well, I"


@given(sentences, sentences, sentences)
def test_what_is_shown_is_never_taken_back_and_never_made_up(before: str, now: str, shown: str) -> None:
    stable = stable_words(before, now, shown=shown)

    assert stable == shown or (len(stable.split()) > len(shown.split()) and now.startswith(stable))
