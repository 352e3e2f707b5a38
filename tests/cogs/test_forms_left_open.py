"""Forms that nobody waits for any more: the bot was started again, or they lay open for too long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bot.rehearsal.stage import until
from cogs.locales import words_in
from tests.cogs.conftest import ANNA, HOST

if TYPE_CHECKING:
    from tests.cogs.conftest import Practice

EN = words_in("en")


async def test_a_form_from_before_a_restart_says_so_and_gives_back_what_was_typed(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.join(ANNA)
    form = await stage.discord.people.use(stage.user(ANNA).id, "interview answer", stage.place.text.id, options={})
    assert form.modal is not None
    # All that a new process lacks.
    client: Any = stage.app.bot
    forms: Any = client._connection._view_store._modals
    opened = form.modal.custom_id
    await until(lambda: opened in forms, within_s=5.0)
    forms.clear()

    reply = await stage.discord.people.submit(stage.user(ANNA).id, form.modal, {"text": "I measured *first*."})

    assert reply.ephemeral
    assert reply.text == f"{EN('interview-form-over')}\n>>> I measured \\*first\\*."
    assert stage.running().draft.snippets == []


async def test_a_form_that_is_open_is_answered_once(stage: Practice) -> None:
    await stage.start(HOST)
    await stage.join(ANNA)
    form = await stage.discord.people.use(stage.user(ANNA).id, "interview answer", stage.place.text.id, options={})
    assert form.modal is not None

    reply = await stage.discord.people.submit(stage.user(ANNA).id, form.modal, {"text": "I measured first."})

    assert reply.text == EN("interview-answered")
    assert [message.text for message in reply.followups] == []
