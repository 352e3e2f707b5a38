"""What every recogniser answers, and how: an utterance in, words out.

    Utterance -> Transcriber.transcribe -> Words -> (pipeline adds speaker and times) -> Snippet

Errors:
    SpeechError
        TranscriptionFailed     this utterance has no words, the next may
            EngineLost          the engine's process died or hung while it had this utterance
        EngineUnavailable       no utterance will have words until somebody acts: model missing, library missing
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, get_args

if TYPE_CHECKING:
    from stt.audio import Utterance

Window = Literal["full", "dynamic", "verified"]
"""What an engine computes for an utterance: 30 s, however short it is; as much as was said and a margin; or that first,
and 30 s as well if the result does not convince."""

WINDOWS: tuple[Window, ...] = get_args(Window)


class SpeechError(Exception):
    """Base of everything that recognition can raise on purpose. Never carries audio or words."""


class TranscriptionFailed(SpeechError):
    """One utterance could not be recognised; the next may be."""


class EngineLost(TranscriptionFailed):
    """The engine's process died or hung while it had this utterance."""


class EngineUnavailable(SpeechError):
    """The engine cannot start; the message is one sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Hints:
    """What is known of an utterance before anybody listens.

    Attributes:
        language: Code to decode in, as the session's people chose; None to find out.
        usual: Language that this person was last heard in. Without `language`, another one needs strong evidence.
        prompt: Words that are likely to occur (names of technologies, the question).
        thorough: Whether a doubtful result may be tried again; off when others wait.
    """

    language: str | None = None
    usual: str | None = None
    prompt: str = field(default="", repr=False)
    thorough: bool = True


NO_HINTS = Hints()


@dataclass(frozen=True, slots=True)
class Words:
    """What an engine heard in one utterance.

    Attributes:
        text: As it should be read, stripped; empty when nobody said anything.
        language: Code of the language it was decoded in, such as "en".
        confidence: Mean probability of its tokens, 0.0 .. 1.0.
    """

    text: str = field(repr=False)
    language: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Snippet:
    """The words of one utterance, by whom and when.

    Attributes:
        speaker_id: Discord user id.
        start_s: When the words begin, in seconds on the session clock.
        end_s: When they end, likewise.
        text: As it should be read. Empty only when `missing_s` is set.
        confidence: 0.0 .. 1.0.
        language: Code of the language, such as "en"; empty for a gap.
        missing_s: Above 0 for speech that got no words: how many seconds, so that a reader sees the gap.
    """

    speaker_id: int = field(repr=False)
    start_s: float
    end_s: float
    text: str = field(repr=False)
    confidence: float
    language: str
    missing_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Partial:
    """The words so far of somebody who is still speaking: all of them anew each time, for captions alone.

    Attributes:
        speaker_id: Discord user id.
        start_s: When the words begin, in seconds on the session clock.
        text: What two looks in a row agreed on; empty if it turned out that nothing was said.
    """

    speaker_id: int = field(repr=False)
    start_s: float
    text: str = field(repr=False)


class Transcriber(Protocol):
    """A recogniser. One call serves one utterance; several calls may be under way at once."""

    @property
    def workers(self) -> int:
        """Utterances that it recognises at the same time."""
        ...

    @property
    def window(self) -> Window:
        """What it computes for an utterance."""
        ...

    async def transcribe(self, utterance: Utterance, hints: Hints = NO_HINTS) -> Words:
        """Say what was said.

        May wait for its turn before it copies the samples, so that waiting audio lies in one place only: the caller
        leaves them in the ring until this returns or raises. To take them back sooner, it cancels the call, which
        wipes every copy that was made. Wipes its own copies in `finally`.

        Args:
            utterance: The speech.
            hints: What is known of it.

        Raises:
            AudioOverwritten: If newer speech had taken the samples' place when its turn came.
            TranscriptionFailed: If this utterance got no words.
            EngineUnavailable: If no utterance will.
        """
        ...
