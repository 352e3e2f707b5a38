"""Which words of an unfinished utterance can be shown: those that two looks in a row agree on.

The end of what is being said is heard wrongly until more of it is known; the beginning hardly changes. Source:
Macháček, Dabre and Bojar 2023, "Turning Whisper into Real-Time Transcription System", LocalAgreement-2.
"""

from __future__ import annotations

from stt.text import words


def stable_words(before: str, now: str, *, shown: str = "") -> str:
    """The words at the beginning of *now* that *before* began with too.

    Args:
        before: The look before.
        now: The latest look.
        shown: What is shown already. It is not taken back: if fewer words are agreed on, it stays.
    """
    agreed: list[str] = []
    for former, latest in zip(before.split(), now.split(), strict=False):
        if words(former) != words(latest):
            break
        agreed.append(latest)
    return " ".join(agreed) if len(agreed) > len(shown.split()) else shown
