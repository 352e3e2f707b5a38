"""discord.py's voice client, made to hear: the only file that touches discord.py's voice internals.

    main gateway -> VoiceConnectionState -> voice gateway -> hook -> Receiver.speaking / connected / encryption
    UDP socket   -> loop.add_reader ------------------------------> Receiver.datagram

discord.py joins a call, keeps its websockets and takes part in the DAVE group; it was written to speak. What a listener
needs and it lacks, or gets wrong, is put right here and nowhere else:

* It reads in a thread that sits in `select` on the *old* socket for up to 30 s after a reconnect. Here the event loop
  reads, and a new socket is watched the moment it exists.
* One exception while a voice message is handled ends its poller for good, and nobody is told. Here the poller is ours.
* It never resumes after 4015, waits long and at random after other losses, and leaks the socket of a former channel.
* It sends no UDP while it listens, so Discord stops sending audio after some minutes: see `keep_alive`.
* After one downgrade it lets plain frames through for ever: `bot.voice.e2ee` decides that instead.
"""

from __future__ import annotations

import asyncio
import contextlib
import enum
import logging
import socket as sockets
import struct
from typing import TYPE_CHECKING, Any, cast

import aiohttp
import discord
from discord.gateway import DiscordVoiceWebSocket as Op
from discord.utils import MISSING
from discord.voice_state import ConnectionFlowState, VoiceConnectionState

from bot.voice.e2ee import DaveFrames, GuardedSession, Plain
from bot.voice.link import Change
from bot.voice.transport import MODES

if TYPE_CHECKING:
    from collections.abc import Callable

    from bot.voice.receiver import Receiver

log = logging.getLogger(__name__)

JOIN_S = 15.0
"""How long joining may take. A full channel is never answered at all, so there must be an end to waiting."""

RESUME_S = 2.0
"""How long a resume may take before a whole new session is asked for: half of the 5 s that deafness may last."""

SILENT_S = 13.0
"""A voice gateway that says nothing for so long is gone: discord.py's heartbeat is answered at least every 5 s."""

NEWS_S = 3.0
"""How long to wait, after the call was ended under us, to be told where to go next."""

REJOIN_WAITS_S = (0.0, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Pauses between attempts to come back; after the last the interview ends."""

DATAGRAM_BYTES = 2_048
DRAIN = 64
"""Datagrams read in one turn of the event loop: 0.3 s of four people, so that a burst cannot starve everything else."""

RECEIVE_BUFFER_BYTES = 4 << 20
"""Asked of the kernel, for when the event loop is late: with 1 MiB, a stall of 0.5 s cost packets of 100 people."""


LOSSES = (discord.DiscordException, TimeoutError, aiohttp.ClientError, OSError)
"""What a connection that is lost, refused or too slow raises; anything else is a message nobody could handle."""


class Remedy(enum.Enum):
    """What to do when the voice gateway closes."""

    RESUME = enum.auto()
    REJOIN = enum.auto()
    AWAIT_NEWS = enum.auto()
    LEAVE = enum.auto()


REMEDIES: dict[int, Remedy] = {
    1000: Remedy.LEAVE,
    1001: Remedy.RESUME,
    1006: Remedy.RESUME,
    4015: Remedy.RESUME,
    4014: Remedy.AWAIT_NEWS,
    4022: Remedy.AWAIT_NEWS,
    4003: Remedy.LEAVE,
    4004: Remedy.LEAVE,
    4005: Remedy.LEAVE,
    4012: Remedy.LEAVE,
    4016: Remedy.LEAVE,
    4017: Remedy.LEAVE,
    4021: Remedy.LEAVE,
}
"""By close code; what is not named is answered with a new session. Source: Discord's list of voice close codes."""


def known_now(client: discord.Client, guild: discord.Guild) -> discord.Guild:
    """A server as it is known now: discord.py makes all of them anew with a new session, and no longer updates *guild*.

    Until Discord has said more of the new one than its id, *guild* is all that is known.
    """
    now = client.get_guild(guild.id)
    return guild if now is None or now.unavailable else now


class ReceivingState(VoiceConnectionState):
    """One voice connection of discord.py whose socket is read by the event loop and whose losses heal."""

    _udp: sockets.socket | None = None
    _watched: bool = False
    _guarded: GuardedSession | None = None
    _resumed: bool = False
    _released: bool = False
    _leaving: bool = False
    _runner: asyncio.Task[None] | None

    def __init__(self, voice_client: ReceivingClient) -> None:
        self._listeners: list[Callable[[bytes], Any]] = []
        self._last_transition = 0
        self.faults = 0
        super().__init__(voice_client, hook=self._heed)
        self._client = voice_client

    # -- the socket ---------------------------------------------------------------------------------------------

    @property
    def socket(self) -> sockets.socket:
        """The UDP socket; `MISSING` before there is one, as discord.py has it."""
        return MISSING if self._udp is None else self._udp

    @socket.setter
    def socket(self, new: sockets.socket) -> None:  # pyright: ignore[reportIncompatibleVariableOverride] - an attribute there
        old = self._udp
        self._unwatch()
        if old is not None and old is not new:
            old.close()
        self._udp = None if new is MISSING else new
        if self._udp is not None:
            with contextlib.suppress(OSError):
                self._udp.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, RECEIVE_BUFFER_BYTES)
            self.voice_client.loop.add_reader(self._udp.fileno(), self._readable)
            self._watched = True

    def _unwatch(self) -> None:
        # Before the descriptor is closed: the loop would otherwise keep a dead entry under a number that is used again.
        if self._watched and self._udp is not None and self._udp.fileno() >= 0:
            self.voice_client.loop.remove_reader(self._udp.fileno())
        self._watched = False

    def _readable(self) -> None:
        udp, receiver = self._udp, self._client.receiver
        if udp is None:
            return
        for _ in range(DRAIN):
            try:
                data = udp.recv(DATAGRAM_BYTES)
            except OSError:  # nothing more to read, or an ICMP error of an earlier datagram
                return
            if self._listeners and len(data) == 74 and data[1] == 2:
                # Once each: discord.py sets a future here, and a doubled answer would set it twice.
                listeners, self._listeners = self._listeners, []
                for listener in listeners:
                    listener(data)
            else:
                receiver.datagram(data)

    def add_socket_listener(self, callback: Callable[[bytes], Any]) -> None:
        """Have *callback* see the answer to IP discovery."""
        self._listeners.append(callback)

    def remove_socket_listener(self, callback: Callable[[bytes], Any]) -> None:
        """Forget *callback*."""
        with contextlib.suppress(ValueError):
            self._listeners.remove(callback)

    # -- the DAVE session ---------------------------------------------------------------------------------------

    @property
    def dave_session(self) -> Any:
        """discord.py's DAVE session, wrapped so that a message it cannot process does not end the poller."""
        return self._guarded

    @dave_session.setter
    def dave_session(self, session: Any) -> None:  # pyright: ignore[reportIncompatibleVariableOverride] - an attribute there
        self._guarded = None if session is None else GuardedSession(session, on_fault=self._dave_fault)

    def _dave_fault(self, kind: str) -> None:
        self.faults += 1
        log.warning("a DAVE message could not be processed", extra={"kind": kind})

    async def recover_group(self) -> None:
        """Ask to be put into the DAVE group anew, as after a commit that never came."""
        if self._guarded is None or self.dave_protocol_version == 0 or not self.is_connected():
            return
        await self.ws.send_as_json({"op": Op.MLS_INVALID_COMMIT_WELCOME, "d": {"transition_id": self._last_transition}})
        await self.reinit_dave_session()

    # -- what the voice gateway says ----------------------------------------------------------------------------

    async def _heed(self, _ws: Op, message: dict[str, Any]) -> None:
        """See every JSON message after discord.py handled it."""
        try:
            if message["op"] == Op.DAVE_PREPARE_EPOCH and self._guarded is None:
                # Joined while the call had no end-to-end encryption: discord.py passes over what now begins it.
                self.dave_protocol_version = int(message["d"]["protocol_version"])
                await self.reinit_dave_session()
            self._note(message["op"], message.get("d"))
        except (KeyError, TypeError, ValueError):
            self.faults += 1
            log.warning("a voice message was not understood", extra={"op": message.get("op")})

    def _note(self, op: int, d: Any) -> None:  # noqa: C901 - one arm for each opcode
        receiver = self._client.receiver
        match op:
            case Op.SESSION_DESCRIPTION:
                receiver.connected(mode=d["mode"], secret_key=bytes(d["secret_key"]))
                self._encryption_changed()
            case Op.SPEAKING:
                receiver.speaking(int(d["user_id"]), int(d["ssrc"]))
            case Op.RESUMED:
                self._resumed = True
            case (
                Op.CLIENT_CONNECT
            ):  # today's video: undocumented, but it names the audio stream too, and those that are none
                user_id = int(d["user_id"])
                if ssrc := int(d.get("audio_ssrc") or 0):
                    receiver.speaking(user_id, ssrc)
                streams = [
                    d.get("video_ssrc"),
                    *(s.get(k) for s in d.get("streams") or () for k in ("ssrc", "rtx_ssrc")),
                ]
                receiver.video(user_id, [int(s) for s in streams if s])
            case Op.CLIENT_DISCONNECT:
                receiver.left(int(d["user_id"]))
            case Op.DAVE_PREPARE_TRANSITION:
                self._last_transition = int(d["transition_id"])
                if self._last_transition == 0:  # (re)initialisation takes effect at once
                    self._encryption_changed()
            case Op.DAVE_EXECUTE_TRANSITION:
                self._last_transition = int(d["transition_id"])
                self._encryption_changed()
            case Op.DAVE_PREPARE_EPOCH:
                self._encryption_changed()
            case _:  # heartbeats, and whatever Discord adds
                pass

    def _encryption_changed(self) -> None:
        receiver = self._client.receiver
        if self.dave_protocol_version > 0 and self._guarded is not None:
            receiver.encryption(DaveFrames(self._guarded))
            self._client.changed(Change.HEARING)
        elif isinstance(self._client.channel, discord.StageChannel):
            receiver.encryption(Plain())  # stages are the one kind of channel that Discord does not encrypt end to end
            self._client.changed(Change.HEARING)
        else:
            receiver.encryption(None)
            self._client.changed(Change.PLAIN)

    # -- where it is --------------------------------------------------------------------------------------------

    @property
    def guild(self) -> discord.Guild:
        """The server as it is known now, where channels are looked up."""
        return known_now(self.voice_client.client, self.voice_client.guild)

    # -- staying connected --------------------------------------------------------------------------------------

    async def _poll_voice_ws(self, reconnect: bool) -> None:  # noqa: ARG002, FBT001 - discord.py's signature
        stumbles = 0
        while True:
            try:
                async with asyncio.timeout(SILENT_S):
                    await self.ws.poll_event()
                stumbles = 0
            except asyncio.CancelledError:
                return
            except LOSSES as loss:
                code = loss.code if isinstance(loss, discord.ConnectionClosed) else 1006
                if not await self._heal(code):
                    return
            except Exception as fault:  # noqa: BLE001 - a message that cannot be handled must not make the bot deaf
                self.faults += 1
                stumbles += 1
                log.warning("a voice message was skipped", extra={"error": type(fault).__name__})
                if stumbles > 50 and not await self._heal(1006):
                    return
                await asyncio.sleep(0)

    async def _heal(self, code: int) -> bool:
        """Do what *code* asks for; False when the connection is over."""
        remedy = REMEDIES.get(code, Remedy.REJOIN)
        log.info("voice gateway closed", extra={"code": code, "remedy": remedy.name})
        if self._gone():
            return False
        self._client.changed(Change.LOST)
        healed = False
        if remedy is Remedy.RESUME:
            healed = await self._resume()
        elif remedy is Remedy.AWAIT_NEWS:
            healed = await self._reconnect_when_told()
            if code == 4014 and not healed:  # the news of a kick may be lost, and to come back would defy it
                remedy = Remedy.LEAVE
        if not healed and not self._gone():
            healed = remedy is not Remedy.LEAVE and await self._rejoin()
            if not healed and not self._gone():
                await self.disconnect()
        return healed

    def _gone(self) -> bool:
        return self.state is ConnectionFlowState.disconnected

    async def _resume(self) -> bool:
        previous, self._resumed = self.ws, False
        try:
            async with asyncio.timeout(RESUME_S):
                self.ws = await self._connect_websocket(resume=True)
                self.ws.secret_key = previous.secret_key
                while not self._resumed:
                    await self.ws.poll_event()
        except Exception as fault:  # noqa: BLE001 - as in `_poll_voice_ws`, also while the handshake lasts
            self._note_fault(fault)
            return False
        finally:
            await self._close(previous)
        self.state = ConnectionFlowState.connected
        self._encryption_changed()
        return True

    def _note_fault(self, fault: Exception) -> None:
        if not isinstance(fault, LOSSES):
            self.faults += 1
        log.info("could not come back to voice yet", extra={"error": type(fault).__name__})

    async def _reconnect_when_told(self) -> bool:
        """Connect to where VOICE_SERVER_UPDATE says, if it comes; False if the bot was put out or nothing came."""
        try:
            await self._wait_for_state(
                ConnectionFlowState.got_voice_server_update,
                ConnectionFlowState.got_both_voice_updates,
                ConnectionFlowState.disconnected,
                timeout=NEWS_S,
            )
        except TimeoutError:
            return False
        if self._gone():
            return False
        previous = self.ws
        try:
            async with asyncio.timeout(JOIN_S):
                self.ws = await self._connect_websocket(resume=False)
                await self._handshake_websocket()
        except Exception as fault:  # noqa: BLE001 - as in `_poll_voice_ws`, also while the handshake lasts
            self._note_fault(fault)
            return False
        finally:
            await self._close(previous)
        return True

    async def _rejoin(self) -> bool:
        for wait_s in REJOIN_WAITS_S:
            await asyncio.sleep(wait_s)
            await self.disconnect(cleanup=False)
            try:
                await self._connect(reconnect=True, timeout=JOIN_S, self_deaf=False, self_mute=True, resume=False)
            except Exception as fault:  # noqa: BLE001 - as in `_poll_voice_ws`, also while the handshake lasts
                self._note_fault(fault)
            else:
                return True
        await self.disconnect()
        return False

    async def _close(self, ws: Op) -> None:
        # aiohttp waits up to 10 s for a peer that may be gone; nothing may stand still for that.
        with contextlib.suppress(TimeoutError, aiohttp.ClientError, OSError):
            async with asyncio.timeout(0.3):
                await ws.close()

    async def voice_state_update(self, data: Any) -> None:
        """Tell the interview of a move before anything is heard in the new channel."""
        before, channel_id = self.voice_client.channel.id, data["channel_id"]
        if channel_id is not None and self.state is ConnectionFlowState.got_voice_server_update:
            # Told of the new server first, discord.py takes this for news of the session alone.
            self._update_voice_channel(int(channel_id))
        await super().voice_state_update(data)
        if channel_id is not None and self.voice_client.channel.id != before:
            self._client.changed(Change.MOVED)

    async def disconnect(self, *, force: bool = True, cleanup: bool = True, wait: bool = False) -> None:
        """Leave; the socket is no longer read from the moment this is called."""
        # With `cleanup` for good. The poller ends then, and has not died: Discord takes its time to confirm.
        self._leaving = self._leaving or cleanup
        self._unwatch()
        self._client.receiver.disconnected()
        await super().disconnect(force=force, cleanup=cleanup, wait=wait)

    async def soft_disconnect(
        self, *, with_state: ConnectionFlowState = ConnectionFlowState.got_both_voice_updates
    ) -> None:
        """Drop the connection but stay in the channel."""
        self._unwatch()
        self._client.receiver.disconnected()
        await super().soft_disconnect(with_state=with_state)

    def revive(self) -> None:
        """Start the poller again if it has died, whatever killed it; its first look at the websocket heals the rest."""
        if self._runner is not None and self._runner.done() and not (self._leaving or self._released):
            self.faults += 1
            log.warning("the voice poller had died")
            self._runner = self.voice_client.loop.create_task(self._poll_voice_ws(True), name="Voice websocket poller")

    def release(self) -> None:
        """Let go of the socket, the poller and discord.py's idle reader thread. Safe to call twice."""
        self._released = True
        self._unwatch()
        if self._udp is not None:
            self._udp.close()
            self._udp = None
        self._socket_reader.stop()
        # The poller may be on its way back into the channel, which nobody wants any more.
        if self._runner is not None and not self._inside_runner():
            self._runner.cancel()

    async def ended(self) -> None:
        """Wait until the poller has stopped, at most a second."""
        if self._runner is not None and not self._inside_runner():
            await asyncio.wait({self._runner}, timeout=1.0)


class ReceivingClient(discord.VoiceClient):
    """A voice client that hears.

    Made by `voice_client_for`, as `channel.connect(cls=…)` needs a class or function of two arguments.

    Attributes:
        receiver: Gets every datagram and everything the voice gateway says about people and keys.
    """

    supported_modes = cast("Any", MODES)

    def __init__(
        self,
        client: discord.Client,
        channel: discord.abc.Connectable,
        *,
        receiver: Receiver,
        on_change: Callable[[Change], None],
    ) -> None:
        self.receiver = receiver
        self._on_change = on_change
        self._pings = 0
        self._ended = False
        self._left = False
        super().__init__(client, channel)

    def create_connection_state(self) -> ReceivingState:
        """discord.py asks for the connection here."""
        self._hearing = ReceivingState(self)
        return self._hearing

    async def connect(
        self,
        *,
        reconnect: bool,
        timeout: float,  # noqa: ASYNC109 - discord.py's signature
        self_deaf: bool = False,
        self_mute: bool = False,
    ) -> None:
        """Join the channel; nothing of the attempt is left behind when it fails."""
        try:
            await super().connect(reconnect=reconnect, timeout=timeout, self_deaf=self_deaf, self_mute=self_mute)
        except BaseException:
            self._hearing.release()
            raise

    @property
    def encrypted(self) -> bool:
        """Whether the call is end-to-end encrypted now."""
        return self._hearing.dave_protocol_version > 0

    @property
    def channel_id(self) -> int:
        """Where the bot is."""
        return self.channel.id

    @property
    def faults(self) -> int:
        """Messages of the voice gateway that could not be handled and were skipped."""
        return self._hearing.faults

    def changed(self, change: Change) -> None:
        """Pass a change on to the interview; a fault there must not make the connection fail."""
        if self._ended:
            return
        self._ended = change is Change.ENDED
        self._on_change(change)

    def keep_alive(self) -> None:
        """Send a small datagram: without one Discord stops sending audio after some minutes. Call every 5 s.

        The shape is eight bytes, a little-endian counter and four zeros, as discord.js sends it.
        """
        self._hearing.revive()
        if not self._hearing.is_connected():
            return
        self._pings = (self._pings + 1) & 0xFFFFFFFF
        with contextlib.suppress(OSError):
            self._hearing.send_packet(struct.pack("<II", self._pings, 0))

    async def recover_group(self) -> None:
        """Ask to be put into the DAVE group anew. Never raises: the connection may be going under meanwhile."""
        try:
            await self._hearing.recover_group()
        except Exception as fault:  # noqa: BLE001 - the interview lives on, and asks again
            log.warning("new keys could not be asked for", extra={"error": type(fault).__name__})

    async def leave(self) -> None:
        """Leave the channel. Never raises; safe to call twice."""
        # Once, and not after a kick: discord.py would wait in vain for the news that it left.
        if self._left:
            return
        self._left = True
        if not self._ended:
            with contextlib.suppress(discord.DiscordException, TimeoutError, aiohttp.ClientError, OSError):
                await self.disconnect(force=True)
        self.cleanup()
        await self._hearing.ended()

    def cleanup(self) -> None:
        """discord.py's last word on a connection."""
        self._hearing.release()
        self.receiver.disconnected()
        super().cleanup()
        self.changed(Change.ENDED)


def voice_client_for(
    receiver: Receiver, on_change: Callable[[Change], None]
) -> Callable[[discord.Client, discord.abc.Connectable], ReceivingClient]:
    """What `channel.connect(cls=…)` calls to make a client that feeds *receiver*."""

    def make(client: discord.Client, channel: discord.abc.Connectable) -> ReceivingClient:
        return ReceivingClient(client, channel, receiver=receiver, on_change=on_change)

    return make
