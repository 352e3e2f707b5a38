from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.loopback.entities import walk
from cogs import replies
from cogs.locales import words_in
from cogs.panel import ConsentForm

if TYPE_CHECKING:
    import discord
    from syrupy.assertion import SnapshotAssertion

EN = words_in("en")


def words(view: discord.ui.LayoutView | discord.ui.Modal) -> str:
    """Every text of a message or form, in reading order."""
    payload = view.to_components()
    keys = ("content", "label", "description")
    parts = [str(c[key]) for c in walk(payload) for key in keys if isinstance(c.get(key), str)]
    options = [o for c in walk(payload) for o in c.get("options") or ()]
    return "\n".join([*parts, *(f"[ ] {o['label']} | {o.get('description', '')}" for o in options)])


def nothing(*_: Any) -> None:
    """Nobody answers here."""


async def test_the_consent_form_reads(snapshot: SnapshotAssertion) -> None:
    assert words(ConsentForm(EN, nothing)) == snapshot


def test_whoever_is_sent_speech_is_named_in_the_form(snapshot: SnapshotAssertion) -> None:
    assert replies.modal_intro(EN, "speech.example.org") == snapshot
    assert "sends" not in replies.modal_intro(EN)
