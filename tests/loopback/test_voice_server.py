"""The voice gateway and its forwarding of media, seen from the wire and by simulated members."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest

from bot.loopback import media
from bot.loopback.forwarding import Impairment, Realism
from bot.loopback.media import AES_GCM, XCHACHA20, RtpPacket, Transport
from bot.loopback.voice_call import GatewayOp
from tests.loopback.voice_calls import ALICE, BOB, CAROL, CHANNEL, GUILD, VoiceSite, tone, until, voice_site

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from bot.loopback.member import Heard
    from bot.loopback.udp import Address
    from bot.loopback.voice_host import VoiceTicket

SPEECH = tone(0.4)
FRAMES = 20 + 5  # of speech, and of silence after it


def ignore(heard: Heard) -> None:
    del heard


@pytest.fixture
async def site() -> AsyncGenerator[VoiceSite]:
    async with voice_site() as site:
        yield site


class Wire:
    """A websocket without a library's ideas about it."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket

    async def send(self, op: int, data: Any) -> None:
        await self.socket.send_json({"op": op, "d": data})

    async def next(self) -> dict[str, Any]:
        message = await self.socket.receive(timeout=3)
        assert message.type is aiohttp.WSMsgType.TEXT, message
        return json.loads(message.data)

    async def closed_with(self) -> int | None:
        while (message := await self.socket.receive(timeout=3)).type not in {
            aiohttp.WSMsgType.CLOSE,
            aiohttp.WSMsgType.CLOSED,
            aiohttp.WSMsgType.CLOSING,
        }:
            assert message.type is not aiohttp.WSMsgType.ERROR
        return self.socket.close_code


@asynccontextmanager
async def wire(site: VoiceSite) -> AsyncGenerator[Wire]:
    async with aiohttp.ClientSession() as http, http.ws_connect(f"http://{site.endpoint}/?v=8") as socket:
        yield Wire(socket)


def identity(ticket: VoiceTicket, **changes: Any) -> dict[str, Any]:
    return {
        "server_id": str(ticket.guild_id),
        "user_id": str(ticket.user_id),
        "session_id": ticket.session_id,
        "token": ticket.token,
        "max_dave_protocol_version": 1,
    } | changes


async def test_hello_comes_first_and_ready_is_the_first_numbered(site: VoiceSite):
    async with wire(site) as client:
        hello = await client.next()
        await client.send(GatewayOp.IDENTIFY, identity(site.ticket(ALICE)))
        ready = await client.next()

    assert hello == {"op": 8, "d": {"v": 8, "heartbeat_interval": 13_750.0}}
    assert (ready["op"], ready["seq"]) == (2, 1)
    assert ready["d"]["modes"] == [AES_GCM, XCHACHA20]
    assert ready["d"]["ip"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"session_id": "another"}, 4006),
        ({"user_id": str(BOB)}, 4006),
        ({"server_id": "1"}, 4006),
        ({"token": "another"}, 4004),
        ({"max_dave_protocol_version": 0}, 4017),
        ({"server_id": "no number"}, 4002),
    ],
)
async def test_whoever_has_no_ticket_is_refused(site: VoiceSite, changes: dict[str, Any], code: int):
    async with wire(site) as client:
        await client.send(GatewayOp.IDENTIFY, identity(site.ticket(ALICE), **changes))

        assert await client.closed_with() == code


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ('{"op": 1, "d": {}}', 4003),
        ("no json", 4002),
        ("[]", 4002),
        ('{"op": 0, "d": null}', 4002),
        ('{"op": 7, "d": {"server_id": "1", "session_id": "x", "token": "y", "seq_ack": -1}}', 4006),
    ],
)
async def test_nonsense_before_identify_is_refused(site: VoiceSite, message: str, code: int):
    async with wire(site) as client:
        await client.socket.send_str(message)

        assert await client.closed_with() == code


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ('{"op": 0, "d": {}}', 4005),
        ('{"op": 99, "d": {}}', 4001),
        ('{"op": 1, "d": {"protocol": "webrtc", "data": {}}}', 4012),
        ('{"op": 1, "d": {"protocol": "udp", "data": {"mode": "xsalsa20_poly1305"}}}', 4016),
        ('{"op": 1, "d": null}', 4002),
        ('{"op": 23, "d": {}}', None),
        (b"", 4002),
        (b"\x1a not in the call yet", None),
    ],
)
async def test_nonsense_after_identify_is_refused(site: VoiceSite, message: str | bytes, code: int | None):
    async with wire(site) as client:
        await client.send(GatewayOp.IDENTIFY, identity(site.ticket(ALICE)))
        if isinstance(message, str):
            await client.socket.send_str(message)
        else:
            await client.socket.send_bytes(message)
        if code is None:
            await client.send(GatewayOp.HEARTBEAT, {"t": 7, "seq_ack": 1})
            assert (await client.next())["op"] == GatewayOp.HELLO
            assert (await client.next())["op"] == GatewayOp.READY
            assert await client.next() == {"op": 6, "d": {"t": 7}}
        else:
            assert await client.closed_with() == code


async def test_a_client_that_sends_nothing_times_out():
    async with voice_site(heartbeat_interval_s=0.05) as site, wire(site) as client:
        assert await client.closed_with() == 4009


async def test_dave_nonsense_in_a_call_is_a_bad_request(site: VoiceSite):
    async with site.member(ALICE) as alice:
        await alice.send(26, b"no key package")
        await alice.until(lambda: not alice.connected)

        assert alice.close_code == 4020


@pytest.mark.parametrize("mode", [AES_GCM, XCHACHA20])
async def test_two_members_hear_each_other(site: VoiceSite, mode: str):
    heard: dict[int, list[Heard]] = {ALICE: [], BOB: []}
    async with (
        site.member(ALICE, on_frame=heard[ALICE].append, mode=mode) as alice,
        site.member(BOB, on_frame=heard[BOB].append) as bob,
    ):
        await alice.say(SPEECH, pace=0)
        await bob.say(SPEECH, pace=0)
        await until(lambda: len(heard[ALICE]) == len(heard[BOB]) == FRAMES)

        assert {frame.user_id for frame in heard[ALICE]} == {BOB}
        assert [frame.frame for frame in heard[BOB][-5:]] == [media.SILENCE] * 5
        assert site.server.call(CHANNEL) is not None
    assert site.server.call(CHANNEL) is None


async def test_only_modes_that_are_offered_can_be_had():
    async with voice_site(modes=[XCHACHA20]) as site, site.member(ALICE) as alice:
        assert alice.connected
        with pytest.raises(Exception, match="4016"):
            async with site.member(BOB, mode=AES_GCM):
                pass


async def test_a_third_joins_and_leaves_while_another_speaks(site: VoiceSite):
    heard: list[Heard] = []
    async with site.member(ALICE) as alice, site.member(BOB, on_frame=heard.append) as bob:
        await alice.until(lambda: alice.ready)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(alice.say(tone(2.0), pace=0.2))
            await until(lambda: len(heard) > 5)
            async with site.member(CAROL) as carol:
                await carol.until(lambda: carol.ready)
            await bob.until(lambda: bob.group == {ALICE, BOB})
        await until(lambda: heard[-1].frame == media.SILENCE)

        sequences = {frame.sequence for frame in heard}
        # davey's sender changes its key when it learns of a commit, a moment before the others may.
        assert len(sequences) > 100 + 5 - 4


async def test_a_leaver_is_announced(site: VoiceSite):
    async with site.member(ALICE) as alice:
        async with site.member(BOB):
            await alice.until(lambda: alice.others == {BOB})
        await alice.until(lambda: alice.others == set())


async def test_a_stage_has_no_dave(site: VoiceSite):
    heard: list[Heard] = []
    async with (
        site.member(ALICE, stage=True) as alice,
        site.member(BOB, stage=True, on_frame=heard.append),
    ):
        await alice.say(SPEECH, pace=0)
        await until(lambda: len(heard) == FRAMES)

        assert alice.dave_version == 0
        assert alice.epoch is None


async def test_a_downgraded_call_is_heard_and_so_is_an_upgraded(site: VoiceSite):
    heard: list[Heard] = []
    async with site.member(ALICE) as alice, site.member(BOB, on_frame=heard.append) as bob:
        await alice.say(SPEECH, pace=0)
        site.server.downgrade(CHANNEL)
        await alice.until(lambda: alice.dave_version == 0)
        await bob.until(lambda: bob.dave_version == 0)
        await alice.say(SPEECH, pace=0)
        await until(lambda: len(heard) == 2 * FRAMES)
        site.server.upgrade(CHANNEL)
        await alice.until(lambda: alice.ready and alice.dave_version == 1)
        await bob.until(lambda: bob.ready and bob.dave_version == 1)
        await alice.say(SPEECH, pace=0)
        await until(lambda: len(heard) == 3 * FRAMES)


async def test_an_invalid_commit_is_recovered_from(site: VoiceSite):
    heard: list[Heard] = []
    async with site.member(ALICE) as alice, site.member(BOB, on_frame=heard.append) as bob:
        await bob.until(lambda: bob.ready)
        site.server.send_bad_commit(BOB)
        await bob.until(lambda: bob.recoveries == 1)
        await bob.until(lambda: bob.ready)
        await alice.until(lambda: alice.epoch == bob.epoch)
        await alice.say(SPEECH, pace=0)
        await until(lambda: len(heard) == FRAMES)


async def test_a_missed_commit_leaves_the_receiver_deaf(site: VoiceSite):
    heard: list[Heard] = []
    async with site.member(ALICE) as alice, site.member(BOB, on_frame=heard.append) as bob:
        await bob.until(lambda: bob.ready)
        await alice.until(lambda: alice.ready)
        site.server.skip_commit(BOB)
        async with site.member(CAROL) as carol:
            await carol.until(lambda: carol.ready)
            await alice.until(lambda: alice.epoch == 2)
            await alice.say(SPEECH, pace=0)
            await until(lambda: len(heard) + bob.counts["unopened"] >= FRAMES)

            assert bob.counts["unopened"] >= FRAMES - 5


@pytest.mark.parametrize("code", [1001, 1006, 4015])
async def test_a_lost_websocket_is_resumed_and_what_was_missed_is_replayed(site: VoiceSite, code: int):
    async with site.member(ALICE) as alice, site.member(BOB) as bob:
        await alice.until(lambda: alice.ready)
        site.server.close(BOB, code)
        async with site.member(CAROL):
            await alice.until(lambda: CAROL in alice.group)
            await bob.until(lambda: bob.group == {ALICE, BOB, CAROL} and bob.connected)

        assert bob.recoveries == 0


@pytest.mark.parametrize("code", [4006, 4009, 4014, 4022])
async def test_an_ended_session_cannot_be_resumed(site: VoiceSite, code: int):
    async with site.member(ALICE) as alice, site.member(BOB) as bob:
        await alice.until(lambda: alice.ready)
        site.server.close(BOB, code)
        await bob.until(lambda: not bob.connected)
        await alice.until(lambda: alice.others == set())

        assert bob.close_code == code
        async with wire(site) as client:
            await client.send(GatewayOp.RESUME, identity(bob.ticket, seq_ack=-1))
            assert await client.closed_with() == 4006


async def test_a_session_not_resumed_in_time_is_over():
    async with voice_site(resume_window_s=0.05) as site, site.member(ALICE) as alice:
        async with wire(site) as client:
            await client.send(GatewayOp.IDENTIFY, identity(site.ticket(BOB)))
            await client.next()
            await client.next()
            site.server.close(BOB, 1006)
        await until(lambda: not site.server.has_session(BOB))

        assert alice.connected


async def test_after_a_crash_that_forgets_members_ask_for_new_tickets(site: VoiceSite):
    async def rejoin() -> VoiceTicket:
        return site.ticket(BOB)

    async with site.member(ALICE, rejoin=rejoin_as(site, ALICE)) as alice, site.member(BOB, rejoin=rejoin) as bob:
        await alice.until(lambda: alice.ready)
        site.server.crash(resumable=False)
        await alice.until(lambda: not alice.ready)
        await alice.until(lambda: alice.group == {ALICE, BOB})
        await bob.until(lambda: bob.group == {ALICE, BOB})


def rejoin_as(site: VoiceSite, user_id: int) -> Any:
    async def rejoin() -> VoiceTicket:
        return site.ticket(user_id)

    return rejoin


async def test_a_crash_that_remembers_is_resumed_from(site: VoiceSite):
    async with site.member(ALICE) as alice, site.member(BOB) as bob:
        await alice.until(lambda: alice.ready)
        epoch = alice.epoch
        site.server.crash(resumable=True)
        await alice.until(lambda: alice.connected and alice.close_code is None)
        await bob.until(lambda: bob.connected)

        assert alice.epoch == epoch
        assert alice.ready


async def test_dismissed_means_out(site: VoiceSite):
    async with site.member(ALICE) as alice:
        ticket = alice.ticket
        await site.server.dismiss(ALICE, GUILD)
        await alice.until(lambda: not alice.connected)
        assert alice.close_code == 4014

        async with wire(site) as client:
            await client.send(GatewayOp.IDENTIFY, identity(ticket))
            assert await client.closed_with() == 4006


async def test_identifying_again_takes_the_place_of_the_former(site: VoiceSite):
    ticket = site.ticket(BOB)
    async with site.member(ALICE) as alice, wire(site) as first:
        await first.send(GatewayOp.IDENTIFY, identity(ticket))
        assert (await first.next(), await first.next())[1]["op"] == GatewayOp.READY
        async with wire(site) as second:
            await second.send(GatewayOp.IDENTIFY, identity(ticket))
            assert (await second.next(), await second.next())[1]["op"] == GatewayOp.READY

            assert await first.closed_with() == 4006
        assert alice.connected


async def datagrams_to(
    site: VoiceSite, impairment: Impairment | None, frames: int = 200
) -> tuple[list[bytes], Transport]:
    """What arrives at BOB's socket while ALICE, on a stage, says so many frames."""
    if impairment is not None:
        site.server.impair(BOB, impairment)
    got: list[bytes] = []

    def keep(datagram: bytes, address: Address) -> None:
        del address
        got.append(datagram)

    async with site.member(ALICE, stage=True) as alice, site.member(BOB, stage=True, on_frame=ignore) as bob:
        assert bob._udp is not None
        bob._udp._received = keep
        await alice.say([b"\x78voice"] * (frames - 5), pace=0)
        leg = site.server.session(BOB).leg
        await until(lambda: leg.counts["forwarded"] + leg.counts["lost"] == frames)
        expected = leg.counts["forwarded"] + leg.counts["duplicated"] + leg.counts["garbage"]
        await until(lambda: len(got) >= expected)
        transport = bob._transport
        assert transport is not None
        return got, transport


async def test_forwarded_packets_have_what_official_clients_send(site: VoiceSite):
    got, transport = await datagrams_to(site, None)

    flags = Counter(datagram[0] for datagram in got)
    assert set(flags) == {0x90, 0xB0}
    assert 5 < flags[0xB0] < 50
    assert {datagram[12:16] for datagram in got} == {b"\xbe\xde\x00\x01"}
    packets = [RtpPacket.unseal(transport, datagram) for datagram in got]
    assert [packet.payload for packet in packets] == [b"\x78voice"] * 195 + [media.SILENCE] * 5
    assert [packet.sequence for packet in packets] == [(packets[0].sequence + n) & 0xFFFF for n in range(200)]
    assert [datagram[-4:] for datagram in got] == [n.to_bytes(4) for n in range(200)]


async def test_packets_can_be_forwarded_bare():
    async with voice_site(realism=Realism(extension=False, padding_share=0)) as site:
        got, _ = await datagrams_to(site, None, frames=20)

        assert {datagram[0] for datagram in got} == {0x80}


async def test_sender_reports_come_now_and_then():
    async with voice_site(realism=Realism(report_interval_s=1e-9)) as site:
        got, transport = await datagrams_to(site, None, frames=20)

        reports = [datagram for datagram in got if datagram[1] == 200]
        assert len(reports) >= 10
        assert len(transport.unseal(reports[0], 8)) == 20


async def test_a_bad_line_loses_doubles_and_disorders(site: VoiceSite):
    got, transport = await datagrams_to(site, Impairment(loss=0.1, duplicate=0.1, jitter_ms=20, seed=3))

    packets = [RtpPacket.unseal(transport, datagram) for datagram in got]
    sequences = [(packet.sequence - packets[0].sequence) & 0xFFFF for packet in packets]
    assert 150 < len(set(sequences)) < 195
    assert len(sequences) > len(set(sequences))
    assert sequences != sorted(sequences)


async def test_a_seed_repeats_a_bad_line():
    runs: list[Counter[str]] = []
    for _ in range(2):
        async with voice_site() as site:
            site.server.impair(BOB, Impairment(loss=0.2, duplicate=0.2, garbage=0.3, seed=5))
            async with (
                site.member(ALICE, stage=True) as alice,
                site.member(BOB, stage=True, on_frame=ignore),
            ):
                await alice.say([b"\x78voice"] * 50, pace=0)
                leg = site.server.session(BOB).leg
                await until(lambda leg=leg: leg.counts["forwarded"] + leg.counts["lost"] == 55)
                runs.append(Counter(leg.counts))

    assert runs[0] == runs[1]
    assert runs[0]["garbage"] > 0


async def test_garbage_never_becomes_speech(site: VoiceSite):
    site.server.impair(BOB, Impairment(garbage=1.0))
    heard: list[Heard] = []
    async with site.member(ALICE) as alice, site.member(BOB, on_frame=heard.append) as bob:
        await alice.say([b"\x78voice"] * 200, pace=0)
        await until(lambda: len(heard) == 205)

        assert bob.counts["refused"] > 50
        assert {frame.frame for frame in heard} == {b"\x78voice", media.SILENCE}


async def test_a_silent_receiver_is_sent_nothing_until_it_speaks_up():
    async with (
        voice_site(realism=Realism(keepalive_timeout_s=0)) as site,
        site.member(ALICE) as alice,
        site.member(BOB, on_frame=ignore) as bob,
    ):
        await alice.say(SPEECH, pace=0)
        leg = site.server.session(BOB).leg
        await until(lambda: leg.counts["idle"] == FRAMES)
        site.server.realism.keepalive_timeout_s = 300

        await alice.say(SPEECH, pace=0)

        await until(lambda: bob.counts["heard"] == FRAMES)


async def test_packets_of_strangers_are_not_forwarded(site: VoiceSite):
    async with site.member(ALICE, stage=True) as alice, site.member(BOB, stage=True, on_frame=ignore) as bob:
        assert alice._udp is not None
        forged = RtpPacket(media.OPUS, 1, 1, bob.ssrc, b"\x78not Bob")
        alice._udp.send(forged.seal(Transport(AES_GCM, bytes(32))))
        assert alice._transport is not None
        alice._udp.send(forged.seal(alice._transport))
        leg = site.server.session(ALICE).leg
        await until(lambda: leg.counts["refused"] == 2)

        assert site.server.session(BOB).leg.counts["forwarded"] == 0


async def test_anything_can_be_sent_to_one_client(site: VoiceSite):
    async with site.member(ALICE) as alice:
        site.server.send(ALICE, GatewayOp.CLIENTS_CONNECT, {"user_ids": ["99"]})
        await alice.until(lambda: alice.others == {99})
        site.server.send_raw(ALICE, json.dumps({"op": 13, "d": {"user_id": "99"}}))
        await alice.until(lambda: alice.others == set())


@pytest.mark.parametrize("seed", range(3))
async def test_no_nonsense_of_a_client_disturbs_the_others(
    site: VoiceSite, seed: int, caplog: pytest.LogCaptureFixture
):
    chance = random.Random(seed)
    shapes: list[Any] = [None, 1, -1, "x", [], {}, {"ssrc": "x"}, {"speaking": None}, {"transition_id": 1 << 70}]
    heard: list[Heard] = []
    async with site.member(ALICE) as alice, site.member(BOB, on_frame=heard.append):
        await alice.until(lambda: alice.ready)
        for _ in range(6):
            async with site.member(CAROL) as carol:
                for _ in range(20):
                    if chance.random() < 0.3:
                        await carol.send(chance.choice([0, 26, 28]), chance.randbytes(chance.randrange(60)))
                    else:
                        await carol.send(chance.randrange(-1, 33), chance.choice(shapes))
        await alice.until(lambda: alice.others == {BOB})
        await alice.say(SPEECH, pace=0)
        await until(lambda: len(heard) >= FRAMES)

    assert [record for record in caplog.records if record.levelname == "ERROR"] == []


async def test_keepalives_can_be_answered():
    async with voice_site(realism=Realism(keepalive_answers=True)) as site, site.member(ALICE) as alice:
        got: list[bytes] = []

        def keep(datagram: bytes, address: Address) -> None:
            del address
            got.append(datagram)

        assert alice._udp is not None
        alice._udp._received = keep
        alice._udp.send(b"\x07" + bytes(7))
        await until(lambda: got == [b"\x07" + bytes(7)])


async def test_a_camera_is_announced_to_who_is_there_and_to_who_comes(site: VoiceSite):
    video = {"audio_ssrc": 1, "video_ssrc": 2, "rtx_ssrc": 3, "streams": [{"ssrc": 2, "rtx_ssrc": 3, "type": "video"}]}
    async with site.member(ALICE) as alice, wire(site) as client:
        await alice.send(GatewayOp.VIDEO, video)
        await client.send(GatewayOp.IDENTIFY, identity(site.ticket(BOB)))
        await client.send(
            GatewayOp.SELECT_PROTOCOL, {"protocol": "udp", "data": {"address": "x", "port": 1, "mode": AES_GCM}}
        )
        told = await client.next()
        while told["op"] != GatewayOp.VIDEO:
            message = await client.socket.receive(timeout=3)
            told = json.loads(message.data) if message.type is aiohttp.WSMsgType.TEXT else told

        assert told["d"] == video | {"user_id": str(ALICE)}
