"""Every sentence that people read, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.interview.captions import escape
from storage.ledger import Purpose

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cogs.locales import Words
    from storage.ledger import Standing

POLICY_URL = "https://skillrally.app/"

ADULT_AGE = 16
"""Who is younger cannot agree by themselves. Source: GDPR, Article 8(1); states may say less, nobody has to know where
somebody lives."""


OFFERED = (Purpose.TRANSCRIBE, Purpose.CAPTIONS, Purpose.SAVE)
"""What `/consent give` asks for."""


def modal_intro(words: Words, elsewhere: str = "") -> str:
    """What somebody must know who says yes; *elsewhere* is where speech is sent, if it leaves the machine."""
    speech = words("consent-speech-elsewhere", host=escape(elsewhere)) if elsewhere else words("consent-speech-here")
    return words("consent-intro", speech=speech, policy=POLICY_URL)


def purpose_name(words: Words, purpose: Purpose) -> str:
    """What it is called in a list."""
    return words(f"{purpose_key(purpose)}.name")


def purpose_key(purpose: Purpose) -> str:
    """The message with its words; `.hint` is what it means, `.name` what it is called in a list."""
    return f"consent-purpose-{purpose.value.replace('_', '-')}"


def consents(words: Words, standings: Mapping[Purpose, Standing]) -> str:
    """What somebody agrees to now."""
    shown = [purpose for purpose in Purpose if purpose in OFFERED or standings[purpose].given]
    lines = [
        words("consent-standing-line", standing=_standing(standings[purpose]), purpose=purpose_name(words, purpose))
        for purpose in shown
    ]
    return "\n".join([words("consent-standing-head"), *lines, words("consent-standing-foot")])


def _standing(standing: Standing) -> str:
    if standing.stale:
        return "stale"
    return "yes" if standing.given else "no"


def withdrawn(words: Words, purposes: Sequence[Purpose]) -> str:
    """What somebody took back."""
    if not purposes:
        return words("consent-nothing-to-take-back")
    names = words.listed([purpose_name(words, purpose) for purpose in purposes])
    text = words("consent-taken-back", purposes=names)
    return f"{text} {words('consent-heard-nowhere')}" if Purpose.TRANSCRIBE in purposes else text
