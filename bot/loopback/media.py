"""RTP with Discord's transport encryption, for the stand-in's side of the wire.

    frame -> header, extension, padding -> seal -> datagram -> parse -> unseal -> frame

Written apart from `bot.voice` on purpose: the stand-in is what the bot's own reading is tested against, and a mistake
shared by both sides would show nowhere. Source: RFC 3550, section 5.1; RFC 8285; Discord developer documentation,
"Voice connections", section "Transport encryption and sending voice".
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from nacl.bindings import (
    crypto_aead_xchacha20poly1305_ietf_decrypt,
    crypto_aead_xchacha20poly1305_ietf_encrypt,
)
from nacl.exceptions import CryptoError

if TYPE_CHECKING:
    from collections.abc import Callable

AES_GCM = "aead_aes256_gcm_rtpsize"
XCHACHA20 = "aead_xchacha20_poly1305_rtpsize"

OPUS = 120
"""RTP payload type of Opus at Discord."""

SILENCE = b"\xf8\xff\xfe"
"""The Opus frame that says "nothing"; five of them end a talk spurt, never end-to-end encrypted."""

SAMPLES_PER_FRAME = 960
"""RTP clock ticks, and samples at 48 kHz, of 20 ms."""

_TAG_AND_COUNTER = 16 + 4
_RTCP_HEADER = 8


class BadDatagram(ValueError):
    """A datagram that is not what this end of the connection may receive."""


class _Cipher(Protocol):
    def seal(self, nonce: bytes, text: bytes, header: bytes) -> bytes: ...
    def unseal(self, nonce: bytes, sealed: bytes, header: bytes) -> bytes: ...


class _AesGcm:
    def __init__(self, key: bytes) -> None:
        self._aead = AESGCM(key)

    def seal(self, nonce: bytes, text: bytes, header: bytes) -> bytes:
        return self._aead.encrypt(nonce + bytes(8), text, header)

    def unseal(self, nonce: bytes, sealed: bytes, header: bytes) -> bytes:
        try:
            return self._aead.decrypt(nonce + bytes(8), sealed, header)
        except InvalidTag:
            raise BadDatagram("the seal does not hold") from None


class _XChaCha20:
    def __init__(self, key: bytes) -> None:
        self._key = key

    def seal(self, nonce: bytes, text: bytes, header: bytes) -> bytes:
        return crypto_aead_xchacha20poly1305_ietf_encrypt(text, header, nonce + bytes(20), self._key)

    def unseal(self, nonce: bytes, sealed: bytes, header: bytes) -> bytes:
        try:
            return crypto_aead_xchacha20poly1305_ietf_decrypt(sealed, header, nonce + bytes(20), self._key)
        except CryptoError:
            raise BadDatagram("the seal does not hold") from None


MODES: dict[str, Callable[[bytes], _Cipher]] = {AES_GCM: _AesGcm, XCHACHA20: _XChaCha20}
"""Transport encryption by name, preferred first."""


class Transport:
    """One end of a connection's transport encryption: the key both ways, and this end's own counter.

    Attributes:
        mode: A key of `MODES`.
    """

    def __init__(self, mode: str, key: bytes) -> None:
        self.mode = mode
        self._cipher = MODES[mode](key)
        self._counter = 0

    def seal(self, header: bytes, text: bytes) -> bytes:
        """The datagram of a clear *header* and a *text* that may not be read on the way."""
        nonce = struct.pack(">I", self._counter)
        self._counter = (self._counter + 1) & 0xFFFF_FFFF
        return header + self._cipher.seal(nonce, text, header) + nonce

    def unseal(self, datagram: bytes, header_bytes: int) -> bytes:
        """The text of a datagram whose first *header_bytes* bytes are clear.

        Raises:
            BadDatagram: If it is too short or was not sealed with this key.
        """
        if len(datagram) < header_bytes + _TAG_AND_COUNTER:
            raise BadDatagram(f"{len(datagram)} bytes cannot be a sealed packet")
        return self._cipher.unseal(datagram[-4:], datagram[header_bytes:-4], datagram[:header_bytes])


@dataclass(frozen=True, slots=True)
class RtpPacket:
    """One RTP packet in clear.

    Attributes:
        payload_type: 0 .. 127; `OPUS` is voice.
        sequence: 16 bits.
        timestamp: 32 bits, 48 kHz.
        ssrc: Whose stream it is.
        payload: Without header extension and padding.
        marker: Whether it begins a talk spurt.
    """

    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes = field(repr=False)
    marker: bool = False

    def seal(self, transport: Transport, *, extension: bytes = b"", padding: int = 0) -> bytes:
        """The datagram.

        Args:
            transport: The sending end.
            extension: Elements of a one-byte header extension (RFC 8285), a multiple of 4 bytes; empty for none.
            padding: RTP padding in bytes, 0 .. 255; 0 for none.
        """
        header = struct.pack(
            ">BBHII",
            0x80 | (0x20 if padding else 0) | (0x10 if extension else 0),
            self.payload_type | (0x80 if self.marker else 0),
            self.sequence,
            self.timestamp,
            self.ssrc,
        )
        text = self.payload
        if extension:
            header += struct.pack(">HH", 0xBEDE, len(extension) // 4)
            text = extension + text
        if padding:
            text += bytes(padding - 1) + bytes([padding])
        return transport.seal(header, text)

    @classmethod
    def unseal(cls, transport: Transport, datagram: bytes) -> RtpPacket:
        """The packet of *datagram*; CSRCs, extension and padding are taken off.

        Raises:
            BadDatagram: If it is RTCP or no RTP at all, was not sealed with this key, or lies about its parts.
        """
        if len(datagram) < 12 or datagram[0] >> 6 != 2 or 192 <= datagram[1] <= 223:
            raise BadDatagram("not RTP")
        header_bytes = 12 + 4 * (datagram[0] & 0x0F)
        extended = bool(datagram[0] & 0x10)
        if extended:
            header_bytes += 4
        text = transport.unseal(datagram, header_bytes)
        if extended:
            text = text[4 * int.from_bytes(datagram[header_bytes - 2 : header_bytes]) :]
        if datagram[0] & 0x20:
            if not text or not 1 <= text[-1] <= len(text):
                raise BadDatagram("padding longer than the packet")
            text = text[: -text[-1]]
        sequence, timestamp, ssrc = struct.unpack_from(">HII", datagram, 2)
        return cls(
            payload_type=datagram[1] & 0x7F,
            marker=bool(datagram[1] & 0x80),
            sequence=sequence,
            timestamp=timestamp,
            ssrc=ssrc,
            payload=text,
        )


def audio_level(level_dbov: int, *, voice: bool, extra: bytes = b"") -> bytes:
    """Elements of a header extension with RFC 6464's audio level, padded to 4 bytes.

    Args:
        level_dbov: 0 (loudest) .. -127.
        voice: Whether the frame is speech.
        extra: Further elements.
    """
    elements = bytes([0x10, (0x80 if voice else 0) | (-level_dbov & 0x7F)]) + extra
    return elements + bytes(-len(elements) % 4)


def sender_report(transport: Transport, *, ssrc: int, now_s: float, timestamp: int, packets: int, octets: int) -> bytes:
    """An RTCP sender report (RFC 3550, section 6.4.1) as datagram. *now_s* is in seconds since 1970."""
    ntp = int((now_s + 2_208_988_800) * (1 << 32))
    body = struct.pack(">QIII", ntp & 0xFFFF_FFFF_FFFF_FFFF, timestamp, packets & 0xFFFF_FFFF, octets & 0xFFFF_FFFF)
    return transport.seal(struct.pack(">BBHI", 0x80, 200, (_RTCP_HEADER + len(body)) // 4 - 1, ssrc), body)


def discovery_request(ssrc: int) -> bytes:
    """The 74 bytes that ask for the sender's own address."""
    return struct.pack(">HHI64sH", 1, 70, ssrc, b"", 0)


def discovery_response(ssrc: int, host: str, port: int) -> bytes:
    """The 74 bytes that answer `discovery_request`."""
    return struct.pack(">HHI64sH", 2, 70, ssrc, host.encode("ascii"), port)


def parse_discovery(datagram: bytes, kind: int) -> tuple[int, str, int] | None:
    """SSRC, address and port of an IP discovery datagram of *kind* (1 request, 2 response); None if it is none."""
    if len(datagram) != 74:
        return None
    found, length, ssrc, host, port = struct.unpack(">HHI64sH", datagram)
    if found != kind or length != 70:
        return None
    return ssrc, host.split(b"\0", 1)[0].decode("ascii", "replace"), port
