from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import aiohttp
import discord
import pytest
from sqlalchemy import select

from bot.app import open_app
from bot.clock import SystemClock
from bot.loopback.connector import loopback_connector
from bot.loopback.server import LoopbackDiscord
from bot.rehearsal.stage import Stage, until
from cogs.locales import words_in
from cogs.queue import INVITE
from storage.models import Offer
from storage.queue import INVITED, OFFERED, Changed, Wanted
from storage.retention import Retention
from tests.cogs.conftest import ANNA, HOST, OWNER, PETER
from tests.flow.conftest import settings
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, AsyncIterator
    from datetime import datetime
    from pathlib import Path

    from bot.loopback.authority import Authority
    from bot.loopback.entities import Message
    from storage.queue import Offer as Offered

EN, DE = words_in("en"), words_in("de")
CASE = {"type": "case", "level": "junior"}


@asynccontextmanager
async def meeting(authority: Authority, *, folder: Path | None = None) -> AsyncGenerator[Stage]:
    stage = Stage(
        settings(),
        people=(OWNER, HOST, ANNA, PETER),
        transcriber=ScriptedTranscriber(),
        authority=authority,
        folder=folder,
    )
    async with stage:
        yield stage


@pytest.fixture
async def stage(authority: Authority) -> AsyncIterator[Stage]:
    async with meeting(authority) as opened:
        yield opened


async def use(stage: Stage, name: str, command: str, **options: object) -> str:
    reply = await stage.discord.people.use(
        stage.user(name).id, f"queue {command}", stage.place.text.id, options=options
    )
    assert reply.ephemeral
    return reply.text


def seen(stage: Stage) -> list[Message]:
    """What the owner of the server sees in the channel."""
    return stage.world.seen_by(stage.user(OWNER).id, stage.place.text.id)


def standing(stage: Stage) -> list[Message]:
    """What the bot made of components there, for everybody."""
    by_bot = (each for each in seen(stage) if each.author.id == stage.bot_id and each.ephemeral_to is None)
    return [each for each in by_bot if each.components]


async def both(stage: Stage) -> Message:
    """Anna and Peter are asked."""
    await use(stage, ANNA, "join", **CASE)
    assert await use(stage, PETER, "join", **CASE) == EN("queue-found", type="case", level="junior")
    (offer,) = standing(stage)
    return offer


async def press(stage: Stage, name: str, offer: Message, label: str) -> str:
    return (await stage.discord.people.press(stage.user(name).id, offer, EN(f"queue-button-{label}"))).text


async def test_two_who_want_the_same_are_matched_once_both_said_yes(stage: Stage) -> None:
    offer = await both(stage)

    assert set(offer.mention_ids) == {stage.user(ANNA).id, stage.user(PETER).id}
    assert await press(stage, ANNA, offer, "yes") == EN("queue-said-yes")
    assert EN("queue-matched") not in standing(stage)[0].text
    await press(stage, PETER, offer, "yes")

    assert standing(stage)[0].text == EN("queue-matched")
    assert await use(stage, ANNA, "status") == EN("queue-not-in")


async def test_nobody_else_can_answer_for_them(stage: Stage) -> None:
    offer = await both(stage)

    assert await press(stage, HOST, offer, "yes") == EN("queue-not-yours")
    assert await press(stage, OWNER, offer, "no") == EN("queue-not-yours")
    assert standing(stage)[0].text == offer.text


async def test_those_who_want_something_else_are_not_asked(stage: Stage) -> None:
    await use(stage, ANNA, "join", **CASE)
    await use(stage, PETER, "join", type="case", level="senior")

    assert standing(stage) == []
    assert await use(stage, ANNA, "join", **CASE) == EN("queue-in-already")
    assert EN("queue-waiting", count=1) in await use(stage, ANNA, "status")


async def test_whoever_is_left_alone_keeps_their_place_and_meets_the_next(stage: Stage) -> None:
    offer = await both(stage)

    await press(stage, PETER, offer, "no")
    after = standing(stage)[0].text
    await use(stage, HOST, "join", **CASE)

    assert after == EN("queue-declined")
    assert set(standing(stage)[-1].mention_ids) == {stage.user(ANNA).id, stage.user(HOST).id}


async def test_leaving_takes_the_offer_down(stage: Stage) -> None:
    await both(stage)

    assert await use(stage, PETER, "leave") == EN("queue-left")

    assert standing(stage) == []
    assert await use(stage, PETER, "leave") == EN("queue-not-in")


async def test_an_offer_whose_time_is_over_is_taken_down_and_answered_as_over(stage: Stage) -> None:
    offer = await both(stage)
    await press(stage, ANNA, offer, "yes")
    services = stage.app.services

    await services.partners.sweep(services.clock.now() + OFFERED + timedelta(seconds=1))

    assert standing(stage) == []
    assert EN("queue-waiting", count=1) in await use(stage, ANNA, "status")
    assert await use(stage, PETER, "status") == EN("queue-not-in")


async def invited(stage: Stage, by: str, whom: str) -> str:
    """What the inviter is told, once where the invitation stands is put down."""
    reply = await stage.discord.people.use_on_user(stage.user(by).id, INVITE, stage.place.text.id, stage.user(whom).id)
    content = stage.app.services.stores.databases.content
    async with asyncio.timeout(10):
        while True:
            async with content.read() as connection:
                if (await connection.execute(select(Offer.id).where(Offer.enc_place.is_(None)))).first() is None:
                    return reply.text
            await asyncio.sleep(0.01)


async def test_only_the_invited_member_accepts_and_the_inviter_is_told(stage: Stage) -> None:
    await invited(stage, ANNA, PETER)
    (invitation,) = standing(stage)

    assert set(invitation.mention_ids) == {stage.user(PETER).id}
    assert await press(stage, HOST, invitation, "accept") == EN("queue-not-yours")
    assert await press(stage, ANNA, invitation, "accept") == EN("queue-not-yours")
    await press(stage, PETER, invitation, "accept")

    told = EN("queue-accepted", inviter=f"<@{stage.user(ANNA).id}>")
    await until(lambda: told in [each.text for each in seen(stage)], within_s=5.0)
    assert EN("queue-matched") in [each.text for each in seen(stage)]


async def test_there_is_one_open_invitation_between_two(stage: Stage) -> None:
    await invited(stage, ANNA, PETER)

    assert await invited(stage, ANNA, PETER) == EN("queue-invite-open", count=3)
    assert await invited(stage, PETER, ANNA) == EN("queue-invite-open", count=3)
    assert len(standing(stage)) == 1


async def test_whoever_takes_no_invitations_gets_none(stage: Stage) -> None:
    await stage.discord.people.use(
        stage.user(PETER).id, "settings", stage.place.text.id, options={"invitations": False}
    )

    assert await invited(stage, ANNA, PETER) == EN("queue-invite-not-wanted")
    assert await invited(stage, ANNA, ANNA) == EN("queue-invite-other")
    assert standing(stage) == []


async def test_an_invitation_whose_time_is_over_is_over(stage: Stage) -> None:
    await invited(stage, ANNA, PETER)
    services = stage.app.services

    await services.partners.sweep(services.clock.now() + INVITED + timedelta(seconds=1))

    assert standing(stage) == []
    await invited(stage, PETER, ANNA)
    assert len(standing(stage)) == 1


async def test_whoever_left_the_server_keeps_nobody_else_from_finding_a_partner(stage: Stage) -> None:
    await use(stage, ANNA, "join", **CASE)
    del stage.place.guild.members[stage.user(ANNA).id]

    answer = await use(stage, PETER, "join", **CASE)

    assert answer == EN("queue-joined", type="case", level="junior")
    assert standing(stage) == []
    assert EN("queue-waiting", count=1) in await use(stage, PETER, "status")
    assert await use(stage, HOST, "join", **CASE) == EN("queue-found", type="case", level="junior")
    assert set(standing(stage)[0].mention_ids) == {stage.user(PETER).id, stage.user(HOST).id}


async def test_the_next_one_is_asked_at_once_when_one_of_two_has_left_the_server(stage: Stage) -> None:
    offer = await both(stage)
    await use(stage, HOST, "join", **CASE)
    del stage.place.guild.members[stage.user(ANNA).id]
    await press(stage, PETER, offer, "no")

    services = stage.app.services
    await services.partners.sweep(services.clock.now())

    assert [each for each in standing(stage) if each.mention_ids] == []
    assert EN("queue-waiting", count=1) in await use(stage, HOST, "status")


async def test_what_becomes_of_an_offer_is_said_in_the_language_that_it_was_made_in(stage: Stage) -> None:
    await stage.app.services.stores.guilds.change(stage.place.guild.id, language="de")
    await use(stage, ANNA, "join", **CASE)
    await use(stage, PETER, "join", **CASE)
    (offer,) = standing(stage)

    await stage.discord.people.press(stage.user(PETER).id, offer, DE("queue-button-no"))

    assert standing(stage)[0].text == DE("queue-declined")


async def test_an_account_that_is_deleted_waits_for_nobody(stage: Stage) -> None:
    await both(stage)
    services = stage.app.services

    erased = await services.rights.erasure.account(stage.user(PETER).id, at=services.clock.now())

    assert standing(stage) == []
    assert (erased.rows["queue_entry"], erased.rows["offer"]) == (1, 1)
    assert EN("queue-waiting", count=1) in await use(stage, ANNA, "status")


async def test_an_invitation_by_or_to_a_deleted_account_is_taken_down(stage: Stage) -> None:
    services = stage.app.services
    await invited(stage, ANNA, PETER)
    await invited(stage, PETER, HOST)
    await invited(stage, ANNA, HOST)

    await services.rights.erasure.account(stage.user(PETER).id, at=services.clock.now())

    (left,) = standing(stage)
    assert set(left.mention_ids) == {stage.user(HOST).id}
    assert f"<@{stage.user(ANNA).id}>" in left.text


async def test_whoever_a_deleted_account_leaves_alone_meets_the_next_at_once(stage: Stage) -> None:
    await both(stage)
    await use(stage, HOST, "join", **CASE)
    services = stage.app.services

    await services.rights.erasure.account(stage.user(PETER).id, at=services.clock.now())

    (offer,) = standing(stage)
    assert set(offer.mention_ids) == {stage.user(ANNA).id, stage.user(HOST).id}


@pytest.mark.parametrize(
    ("kind", "call", "lost"),
    [
        (discord.TextChannel, "send", aiohttp.ServerDisconnectedError()),
        (discord.Guild, "fetch_member", ConnectionResetError("reset by peer")),
    ],
    ids=["posting", "looking"],
)
async def test_a_connection_that_is_lost_costs_neither_a_later_offer_nor_a_place(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, kind: type[Any], call: str, lost: Exception
) -> None:
    services = stage.app.services
    offers: list[Offered] = []
    at, place = services.clock.now(), (stage.place.guild.id, stage.place.text.id)
    for name, what in ((ANNA, "case"), (PETER, "case"), (HOST, "technical"), (OWNER, "technical")):
        _, changed = await services.stores.queue.join(stage.user(name).id, Wanted(*place, what, "junior"), at=at)
        offers += changed.opened
    assert len(offers) == 2
    works, failures = getattr(kind, call), [lost]

    async def fails_once(*args: Any, **options: Any) -> Any:
        if failures:
            raise failures.pop()
        return await works(*args, **options)

    monkeypatch.setattr(kind, call, fails_once)
    cog: Any = stage.app.bot.get_cog("Queue")

    told = await cog.announce(Changed(tuple(offers)))

    assert (told.asked, told.lost) == ({stage.user(HOST).id, stage.user(OWNER).id}, set())
    (offer,) = standing(stage)
    assert set(offer.mention_ids) == told.asked
    await services.partners.sweep(at + OFFERED + timedelta(seconds=1))
    (later,) = standing(stage)
    assert set(later.mention_ids) == {stage.user(ANNA).id, stage.user(PETER).id}


class ElevenMinutesOn(SystemClock):
    """The machine's, when the next bot is started."""

    def now(self) -> datetime:
        return super().now() + OFFERED + timedelta(minutes=1)


@pytest.mark.slow
async def test_an_offer_that_ran_out_while_the_bot_was_off_is_taken_down_by_the_next_one(
    authority: Authority, tmp_path: Path
) -> None:
    async with meeting(authority, folder=tmp_path) as stage:
        await both(stage)
    assert len(standing(stage)) == 1
    clock = ElevenMinutesOn()

    async with (
        LoopbackDiscord(stage.world, authority=authority) as discord,
        open_app(
            stage.settings,
            operations=stage.operations,
            transcriber=ScriptedTranscriber(),
            connector=loopback_connector(discord),
            clock=clock,
        ) as app,
        asyncio.TaskGroup() as tasks,
    ):
        # It looks once at its start by itself, before it is connected.
        retention = Retention(app.services.stores.databases, clock=clock)
        async with asyncio.timeout(20):
            while (last := (await retention.health()).last_success) is None or clock.now() - last > OFFERED:  # noqa: ASYNC110 - the database tells nobody
                await asyncio.sleep(0.02)
        tasks.create_task(app.run(stage.place.bot_user.token))
        await discord.ready()
        await app.services.partners.sweep(clock.now())

        assert standing(stage) == []
        app.stop()


async def block(stage: Stage, name: str) -> None:
    options = {"member": stage.user(name).id, "reason": "spam"}
    await stage.discord.people.use(stage.user(OWNER).id, "mod block", stage.place.text.id, options=options)


async def test_who_is_blocked_waits_for_nobody_any_more(stage: Stage) -> None:
    await use(stage, ANNA, "join", **CASE)

    await block(stage, ANNA)

    assert await use(stage, PETER, "join", **CASE) == EN("queue-joined", type="case", level="junior")
    assert standing(stage) == []
    assert await use(stage, ANNA, "status") == EN("queue-not-in")


async def test_an_offer_to_who_is_blocked_is_taken_down_and_the_other_waits_on(stage: Stage) -> None:
    await both(stage)

    await block(stage, ANNA)

    assert standing(stage) == []
    assert EN("queue-waiting", count=1) in await use(stage, PETER, "status")


async def test_who_is_blocked_invites_nobody(stage: Stage) -> None:
    await block(stage, ANNA)

    assert EN("mod-reason-spam") in await invited(stage, ANNA, PETER)
    assert standing(stage) == []
