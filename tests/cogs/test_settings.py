from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from cogs.locales import words_in
from storage.preferences import CaptionStyle
from tests.cogs.conftest import ANNA, HOST, PETER

if TYPE_CHECKING:
    from bot.loopback.callbacks import Reply
    from tests.cogs.conftest import Practice

EN, UK = words_in("en"), words_in("uk")


async def use(stage: Practice, name: str, **options: object) -> Reply:
    reply = await stage.discord.people.use(stage.user(name).id, "settings", stage.place.text.id, options=options)
    assert reply.ephemeral
    return reply


async def test_a_language_that_was_chosen_is_spoken_at_once_by_every_command(stage: Practice) -> None:
    changed = await use(stage, PETER, language="uk", **{"time-zone": "europe/kyiv"})
    nothing = await stage.discord.people.use(
        stage.user(PETER).id, "questions practice-streak", stage.place.text.id, options={}
    )

    assert changed.text.startswith(UK("settings-changed"))
    assert UK("settings-time-zone", zone="Europe/Kyiv") in changed.text
    assert nothing.text == UK("questions-streak-not-counted")
    assert (await use(stage, ANNA)).text.startswith(EN("settings-title"))


async def test_going_back_to_discords_language_leaves_nothing_chosen(stage: Practice) -> None:
    await use(stage, PETER, language="de")

    reply = await use(stage, PETER, language="discord")

    assert EN("settings-language", language=EN("settings-as-discord")) in reply.text
    assert stage.app.services.stores.preferences.language_of(stage.user(PETER).id) is None


async def test_a_time_zone_that_is_none_changes_nothing(stage: Practice) -> None:
    reply = await use(stage, PETER, **{"time-zone": "Mars/Olympus", "dm-results": True})

    assert reply.text == EN("settings-no-such-zone")
    assert not (await stage.app.services.stores.preferences.of(stage.user(PETER).id)).results_by_dm


async def test_what_is_chosen_is_known_to_whoever_writes_captions_and_results(stage: Practice) -> None:
    await use(stage, HOST, captions="initials", invitations=False, **{"dm-results": True})

    known = stage.app.services.stores.preferences.known(stage.user(HOST).id)

    assert (known.captions, known.results_by_dm, known.invitations) == (CaptionStyle.INITIALS, True, False)


@pytest.mark.parametrize(("typed", "first"), [("kyiv", "Europe/Kyiv"), ("new y", "America/New_York")])
async def test_time_zones_are_offered_while_somebody_types(stage: Practice, typed: str, first: str) -> None:
    reply = await stage.discord.people.complete(
        stage.user(PETER).id, "settings", stage.place.text.id, "time-zone", typed
    )

    assert reply.choices[0]["value"] == first
