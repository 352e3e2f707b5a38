"""Losses of the voice connection: audio again within five seconds, or a clean end."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from bot.interview.session import Pause, Stopped
from bot.loopback.entities import ChannelKind
from bot.loopback.permissions import Overwrite, Permission
from bot.loopback.voice_server import VoiceServer
from bot.rehearsal.stage import Stage, until
from bot.voice.client import ReceivingClient
from cogs.panel import MARK
from stt.engine import Snippet
from tests.flow.conftest import Frames, OpenStage

if TYPE_CHECKING:
    from bot.loopback.voice_call import Connection, Session

HEALED_S = 5.0
"""What is promised."""

pytestmark = pytest.mark.timeout(90)


@pytest.mark.parametrize("code", [1001, 1006, 4006, 4009, 4015])
async def test_audio_is_back_within_five_seconds_of_a_closed_voice_gateway(talking: OpenStage, code: int) -> None:
    async with talking() as stage:
        await lose(stage, code)

        await Frames(stage).more("anna", within_s=HEALED_S)

        assert stage.running().stopped is None


async def test_a_session_that_is_lost_twice_is_joined_anew_twice(talking: OpenStage) -> None:
    async with talking() as stage:
        for _ in range(2):
            await lose(stage, 4006)
            await Frames(stage).more("anna", within_s=HEALED_S)


async def test_a_call_that_was_ended_under_the_bot_is_joined_anew(talking: OpenStage) -> None:
    async with talking() as stage:
        stage.voice.close(stage.bot_id, 4022)

        await asyncio.sleep(0.1)

        await Frames(stage).more("anna", within_s=HEALED_S)


async def test_messages_that_discord_py_cannot_handle_do_not_make_the_bot_deaf(talking: OpenStage) -> None:
    async with talking() as stage:
        for broken in (
            '{"op": 5}',
            '{"op": "x", "d": 1}',
            "{",
            "[]",
            '{"op": 4, "d": {}}',
            b"",
            b"\x00\x01\x1d",
            b"\xff" * 40,
        ):
            stage.voice.send_raw(stage.bot_id, broken)
        await asyncio.sleep(0.3)

        await Frames(stage).more("anna", within_s=HEALED_S)


class Rude(VoiceServer):
    """Greets with something that nobody can handle, so many times."""

    rudeness = 0

    def identify(self, connection: Connection, data: dict[str, Any]) -> Session:
        if self.rudeness:
            self.rudeness -= 1
            connection.send(b"")
        return super().identify(connection, data)


async def test_nonsense_on_the_way_back_does_not_end_the_way_back(talking: OpenStage) -> None:
    async with talking(voice=(voice := Rude())) as stage:
        voice.rudeness = 2
        await lose(stage, 4006)

        await Frames(stage).more("anna", within_s=2 * HEALED_S)

        assert voice.rudeness == 0


async def test_a_commit_that_makes_no_sense_is_recovered_from(talking: OpenStage) -> None:
    async with talking() as stage:
        stage.voice.send_bad_commit(stage.bot_id)
        await asyncio.sleep(0.3)

        await Frames(stage).more("anna", within_s=HEALED_S)


async def test_a_commit_that_never_came_is_recovered_from(talking: OpenStage) -> None:
    async with talking(people=("oleg", "anna", "peter")) as stage:
        stage.voice.skip_commit(stage.bot_id)
        await stage.depart("peter")
        await asyncio.sleep(0.5)

        await Frames(stage).more("anna", within_s=HEALED_S)


async def test_nobody_is_heard_while_the_call_has_no_end_to_end_encryption(talking: OpenStage) -> None:
    async with talking() as stage:
        frames = Frames(stage)
        stage.voice.downgrade(stage.place.voice.id)
        await until(lambda: Pause.PLAIN in stage.running().status().pauses, within_s=5)
        before = frames.count("anna")
        await asyncio.sleep(1.0)
        assert frames.count("anna") == before
        await until(lambda: "no longer end-to-end encrypted" in stage.notice().text, within_s=5)

        stage.voice.upgrade(stage.place.voice.id)

        await frames.more("anna", within_s=HEALED_S)
        assert not stage.running().status().pauses


async def test_a_call_that_becomes_encrypted_after_the_bot_came_is_heard_from_then_on(talking: OpenStage) -> None:
    async with talking() as stage:
        await stage.end("oleg")
        stage.voice.downgrade(stage.place.voice.id)
        await asyncio.sleep(0.5)
        await stage.discord.people.use(stage.user("oleg").id, "interview start", stage.place.text.id)
        stage.interview = stage.app.services.interviews.of(stage.place.guild.id)
        await stage.join("anna")
        await until(lambda: Pause.PLAIN in stage.running().status().pauses, within_s=5)

        stage.voice.upgrade(stage.place.voice.id)

        await Frames(stage).more("anna", within_s=HEALED_S)


async def test_a_kick_ends_the_interview_within_two_seconds_and_keeps_the_draft(talking: OpenStage) -> None:
    async with talking() as stage:
        interview = stage.running()
        interview.draft.add(_snippet(stage.user("anna").id))

        await stage.world.kick_from_voice(stage.bot_id, stage.place.guild.id)
        await stage.over(within_s=2.0)

        assert interview.stopped is Stopped.KICKED
        assert interview.receiver.silent
        assert stage.app.services.interviews.drafts.get(interview.interview_id) is interview.draft
        assert stage.world.voice_state(stage.bot_id, stage.place.guild.id) is None


async def test_a_poller_that_ends_because_the_bot_leaves_is_not_taken_for_dead(talking: OpenStage) -> None:
    async with talking() as stage:
        link = stage.running()._link
        assert isinstance(link, ReceivingClient)

        stage.running().stop(Stopped.ASKED)
        while stage.app.services.interviews.running:
            link.keep_alive()
            await asyncio.sleep(0)

        assert link.faults == 0


async def test_the_bot_follows_a_move_but_hears_nobody_until_its_notice_stands_there(talking: OpenStage) -> None:
    async with talking() as stage:
        notice = stage.notice()

        await stage.world.move_voice(stage.bot_id, stage.place.other_voice.id)
        await until(lambda: stage.running().channel_id == stage.place.other_voice.id, within_s=5)
        await stage.ready()

        assert stage.notice().channel_id == stage.place.other_voice.id
        assert stage.world.messages[notice.id].deleted_at is not None
        await stage.move("anna", stage.place.other_voice.id)
        await Frames(stage).more("anna", within_s=HEALED_S)


async def test_a_move_to_where_the_bot_may_not_write_ends_the_interview(talking: OpenStage) -> None:
    async with talking() as stage:
        stage.world.set_overwrite(stage.place.other_voice.id, _no_writing(stage.place.bot_role.id))
        await asyncio.sleep(0.2)

        await stage.world.move_voice(stage.bot_id, stage.place.other_voice.id)
        await stage.over(within_s=5.0)

        assert stage.running().stopped is Stopped.MOVED


async def test_a_deleted_channel_ends_the_interview(talking: OpenStage) -> None:
    async with talking() as stage:
        await stage.world.delete_channel(stage.place.voice.id)
        await stage.over(within_s=8.0)

        assert stage.running().stopped is Stopped.KICKED


async def test_after_a_new_session_of_the_main_gateway_voice_still_heals(
    talking: OpenStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking() as stage:
        await anew(stage, monkeypatch)
        await lose(stage, 4006)

        await Frames(stage).more("anna", within_s=HEALED_S)


async def test_after_a_new_session_of_the_main_gateway_the_bot_still_follows_a_move(
    talking: OpenStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking() as stage:
        await anew(stage, monkeypatch)
        newer = stage.world.add_channel(stage.place.guild.id, "newer", ChannelKind.VOICE)
        await stage.world.move_voice(stage.bot_id, newer.id)
        await until(lambda: stage.running().channel_id == newer.id, within_s=5)
        await stage.ready()
        await stage.move("anna", newer.id)
        await Frames(stage).more("anna", within_s=HEALED_S)


async def test_after_a_new_session_of_the_main_gateway_it_is_seen_who_goes_and_that_the_mark_is_gone(
    talking: OpenStage, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking() as stage:
        guild_id = stage.place.guild.id
        await anew(stage, monkeypatch)

        stage.world.update_member(guild_id, stage.bot_id, nick="Somebody")
        await until(lambda: (stage.place.guild.members[stage.bot_id].nick or "").startswith(MARK), within_s=5)

        monkeypatch.setattr("bot.interview.session.EMPTY_S", 0.5)
        for name in ("oleg", "anna"):
            await stage.depart(name)
        await stage.over(within_s=5)
        assert stage.running().stopped is Stopped.EMPTY


async def _at_once(*_: Any, **__: Any) -> None:
    """In place of the five seconds that discord.py waits before it logs in again."""


async def anew(stage: Stage, patch: pytest.MonkeyPatch) -> None:
    """Have the main gateway forget the bot's session, and wait until another has told it of the server anew."""

    bot, guild_id = stage.app.bot, stage.place.guild.id
    before = bot.get_guild(guild_id)
    patch.setattr(bot, "before_identify_hook", _at_once)
    stage.discord.gateway.invalidate(stage.bot_id)
    # Two of the same id are equal.
    await until(lambda: (now := bot.get_guild(guild_id)) is not before and not (now and now.unavailable), within_s=10)


async def lose(stage: Stage, code: int) -> None:
    """Close the bot's voice gateway and wait for another connection of it, as long as is promised."""

    def connection() -> object:
        try:
            return stage.voice.session(stage.bot_id).connection
        except KeyError:
            return None

    before = connection()
    stage.voice.close(stage.bot_id, code)
    await until(lambda: connection() not in {None, before}, within_s=HEALED_S)


def _snippet(user_id: int) -> Snippet:
    return Snippet(user_id, 0.0, 1.0, "kept", 0.9, "en")


def _no_writing(role_id: int) -> Overwrite:
    return Overwrite(role_id, is_member=False, deny=Permission.SEND_MESSAGES)


async def test_a_crashed_voice_server_that_forgot_the_session_is_joined_anew(talking: OpenStage) -> None:
    async with talking(people=("oleg", "anna")) as stage:
        # Everybody is thrown out; Anna's own client does not come back, so only the bot's way is looked at.
        stage.voice.crash(resumable=False)
        await asyncio.sleep(0.1)

        await until(lambda: _in_call(stage), within_s=HEALED_S)
        assert stage.running().stopped is None


def _in_call(stage: Stage) -> bool:
    try:
        return stage.voice.session(stage.bot_id).connection is not None
    except KeyError:
        return False
