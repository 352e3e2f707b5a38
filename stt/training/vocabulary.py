"""The tokens, laid out as Whisper lays out its own.

The order is load-bearing: text, end-of-text, start-of-transcript, the languages, translate, transcribe, start-of-lm,
start-of-prev, no-speech, no-timestamps, then 1501 times. CTranslate2 counts languages from the distance between
start-of-transcript and no-speech, and calls a model multilingual only if the empty string is one of its tokens.
"""

# ruff: noqa: S311 - repeatable randomness is the point.

import json
import random
from dataclasses import dataclass, field

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

from stt.training.corpus import LANGUAGES, WORDS, sentence, word_salad, written

TEXT_TOKENS = 2000
TIME_STEP_S = 0.02
TIMES = 1501

_END, _START = "<|endoftext|>", "<|startoftranscript|>"
_TRANSCRIBE, _PREVIOUS = "<|transcribe|>", "<|startofprev|>"
_NO_SPEECH, _NO_TIMES = "<|nospeech|>", "<|notimestamps|>"
_MARKS = "-'♩♪♫♬♭♮♯"


@dataclass(frozen=True)
class Vocabulary:
    """The tokenizer and the ids of the tokens that are no text."""

    tokenizer: Tokenizer
    ids: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "ids", self.tokenizer.get_vocab())

    @property
    def tokens(self) -> list[str]:
        """Every token in the order of its id."""
        return sorted(self.ids, key=self.ids.__getitem__)

    @property
    def end(self) -> int:
        """End of the text."""
        return self.ids[_END]

    @property
    def start(self) -> int:
        """Start of the transcript."""
        return self.ids[_START]

    @property
    def transcribe(self) -> int:
        """The task, and the only one that is trained."""
        return self.ids[_TRANSCRIBE]

    @property
    def previous(self) -> int:
        """Before earlier text or hot words."""
        return self.ids[_PREVIOUS]

    @property
    def no_speech(self) -> int:
        """Stands where the language would, if nobody speaks."""
        return self.ids[_NO_SPEECH]

    @property
    def no_times(self) -> int:
        """Before text without times."""
        return self.ids[_NO_TIMES]

    def language(self, key: str) -> int:
        """Return the token of a language."""
        return self.ids[f"<|{key}|>"]

    def time(self, seconds: float) -> int:
        """Return the token of a time."""
        return self.no_times + 1 + round(seconds / TIME_STEP_S)

    def encode(self, text: str) -> list[int]:
        """Return the tokens of *text*."""
        return self.tokenizer.encode(text, add_special_tokens=False).ids


def build_vocabulary() -> Vocabulary:
    """Learn byte pairs from the corpus and lay the tokens out."""
    rng = random.Random(3)
    texts = [f" {word} {written(word)}" for language in LANGUAGES for word in WORDS[language] for _ in range(20)]
    languages = rng.choices(LANGUAGES, (2, 1, 1), k=8000)
    texts += [" " + (sentence if rng.random() < 0.6 else word_salad)(rng, language) for language in languages]
    # faster-whisper suppresses the first token of " -", " '" and " ♪". Unless these are tokens of their own they begin
    # with the bare space, and every word that is spelt from a bare space would be silenced.
    texts += [f" {mark}" for mark in _MARKS] * 400

    learner = Tokenizer(models.BPE())
    learner.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    learner.decoder = decoders.ByteLevel()
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    learner.train_from_iterator(
        texts, trainers.BpeTrainer(vocab_size=TEXT_TOKENS, initial_alphabet=alphabet, show_progress=False)
    )

    learnt = json.loads(learner.to_str())
    learnt["model"]["vocab"][""] = len(learnt["model"]["vocab"])
    tokenizer = Tokenizer.from_str(json.dumps(learnt))
    marks = [_END, _START, *(f"<|{language}|>" for language in LANGUAGES)]
    marks += ["<|translate|>", _TRANSCRIBE, "<|startoflm|>", _PREVIOUS, _NO_SPEECH, _NO_TIMES]
    tokenizer.add_special_tokens([AddedToken(mark, special=True) for mark in marks])
    times = [f"<|{step * TIME_STEP_S:.2f}|>" for step in range(TIMES)]
    tokenizer.add_tokens([AddedToken(time, special=False) for time in times])
    return Vocabulary(tokenizer)
