"""Words that are not believed."""

from __future__ import annotations

import pytest

from stt.gates import MOST_TOKENS, invented, most_tokens, runaway, silent


def test_what_is_believed_of_an_utterance_grows_with_its_length_up_to_what_the_model_can_say() -> None:
    assert (most_tokens("en", 0.0), most_tokens("en", 2.0), most_tokens("de", 2.01)) == (16, 28, 29)
    assert most_tokens("uk", 2.0) == 36
    assert most_tokens("en", 28.0) == 184
    assert most_tokens("uk", 28.0) == most_tokens("en", 300.0) == MOST_TOKENS


@pytest.mark.parametrize("text", ["Thank you.", "Thanks.", "Vielen Dank.", "Дякую!", "you"])
def test_a_closing_is_believed_unless_silence_is_likely_and_there_was_time_for_little_else(text: str) -> None:
    assert invented(text, no_speech=0.5, seconds=1.2)
    assert not invented(text, no_speech=0.05, seconds=1.2)
    assert not invented(text, no_speech=0.5, seconds=4.0)


@pytest.mark.parametrize(
    "text",
    [
        "Thanks for watching!",
        "Thank you so much for watching.",
        "Untertitel der Amara.org-Community",
        "Untertitelung des ZDF, 2020",
        "Дякую за перегляд!",
        "Please subscribe.",
    ],
)
def test_the_credits_of_a_film_are_never_an_answer(text: str) -> None:
    assert invented(text, no_speech=0.0, seconds=3.0)


@pytest.mark.parametrize(
    "text",
    [
        "Thank you, I would begin with the requirements.",
        "We let users subscribe to a topic.",
        "The subtitles were made by another team.",
        "Дякую, я почну з вимог.",
        "In order to watch the queue we added a metric, and thanks to that we saw the lag.",
    ],
)
def test_an_answer_that_has_such_words_in_it_is_one(text: str) -> None:
    assert not invented(text, no_speech=0.5, seconds=1.5)


def test_doubtful_words_in_likely_silence_are_silence() -> None:
    assert silent("Hm.", logprob=-1.5, no_speech=0.7)
    assert not silent("Hm.", logprob=-0.5, no_speech=0.7)
    assert not silent("Hm.", logprob=-1.5, no_speech=0.3)
    assert silent("", logprob=0.0, no_speech=0.0)


def test_a_loop_is_a_runaway_and_an_answer_is_not() -> None:
    assert runaway("and then we " * 30)
    assert runaway("ja ja ja ja ja ja ja ja ja ja")
    assert not runaway("I would cache the result, measure it again, and only then think about sharding the table.")
