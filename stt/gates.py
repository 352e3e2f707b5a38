"""Which words of an engine are not believed: loops, and what Whisper says when nobody speaks.

    language, length -> most tokens
    text, mean log-probability, probability of silence -> silent | runaway | invented

Whisper was trained on subtitles. Given a breath or a hum it may answer with what ends a video, and given a window that
it was not made for it may say one thing for ever. No list of phrases decides alone: people do say "thank you".
"""

# ruff: noqa: RUF001 - Ukrainian has letters that look like others.

from __future__ import annotations

import math
import re
import zlib

from stt.text import repeats, words

TOKENS_PER_S = {"uk": 10.0}
"""Tokens that a second of fast speech takes; Cyrillic splits finer."""

DEFAULT_TOKENS_PER_S = 6.0

SPARE_TOKENS = 16

MOST_TOKENS = 224
"""Of any window. Source: faster-whisper's `max_length` of 448, of which CTranslate2 lets half be new."""

REPETITIVE = 2.4
"""Compression ratio above which text repeats itself. Source: faster-whisper's compression_ratio_threshold."""

UNLIKELY = -1.0
"""Mean log-probability below which text is doubtful. Source: faster-whisper's log_prob_threshold."""

NO_SPEECH = 0.6
"""Probability of silence above which doubtful text is dropped. Source: faster-whisper's no_speech_threshold."""

RAISED = 0.3
"""Probability of silence from which a polite closing of a short utterance is not believed."""

SHORT_S = 2.0
"""With its pre-roll and post-roll, an utterance up to this long has room for a closing and little else."""

_CREDITS = re.compile(
    r"\bamara org\b|\bzdf\b|\bsubtitles by\b|\bsubtitled by\b|\buntertitel (?:von|der|im auftrag)\b|"
    r"\buntertitelung\b|\b(?:субтитр\w*|редактор субтитр\w*) (?:створ\w+|зроб\w+|dimatorzok|від)\b|"
    r"\bthanks? (?:you )?(?:so much )?for watching\b|\bдякую за перегляд\b|\bвас дякую за увагу і до зустрічі\b|"
    r"\bplease subscribe\b|\bпідписуйтесь на канал\b|\bspeech recognized by\b"
)
"""Credits of subtitles, which are never an answer. Source: openai/whisper, discussions 679 and 928."""

_CLOSINGS = frozenset(
    {
        "thank you",
        "thank you very much",
        "thanks",
        "bye",
        "bye bye",
        "goodbye",
        "you",
        "okay",
        "so",
        "vielen dank",
        "danke",
        "danke schön",
        "tschüss",
        "bis zum nächsten mal",
        "дякую",
        "дякую вам",
        "дуже дякую",
        "до побачення",
        "до зустрічі",
    }
)
"""What silence is turned to most often. Source: likewise; SYSTRAN/faster-whisper, issue 826."""


def most_tokens(language: str, seconds: float) -> int:
    """How many tokens are believed of an utterance: decoding is stopped there."""
    per_s = TOKENS_PER_S.get(language, DEFAULT_TOKENS_PER_S)
    return min(math.ceil(per_s * seconds) + SPARE_TOKENS, MOST_TOKENS)


def silent(text: str, *, logprob: float, no_speech: float) -> bool:
    """Whether nobody spoke: no words, or doubtful ones in what is likely silence."""
    return not text or (no_speech > NO_SPEECH and logprob < UNLIKELY)


def runaway(text: str) -> bool:
    """Whether *text* says the same thing over and over."""
    return compression_ratio(text) > REPETITIVE or repeats(text)


def invented(text: str, *, no_speech: float, seconds: float) -> bool:
    """Whether *text* is what a model says when nobody does.

    Args:
        text: All that was heard in the utterance.
        no_speech: Probability of silence, 0.0 .. 1.0.
        seconds: How long the utterance is, with its pre-roll and post-roll.
    """
    said = " ".join(words(text))
    if said in _CLOSINGS:
        return no_speech > RAISED and seconds <= SHORT_S
    return len(said) < 100 and _CREDITS.search(said) is not None


def compression_ratio(text: str) -> float:
    """How much shorter *text* becomes when it is compressed; ordinary sentences stay below 2."""
    data = text.encode()
    return len(data) / len(zlib.compress(data))
