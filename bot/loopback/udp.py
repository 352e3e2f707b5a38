"""UDP for servers and clients of this machine that may be sent hundreds of datagrams at once."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

Address = tuple[str, int]
"""IPv4 host and port."""

_BATCH = 128
_LONGEST = 4_096
_RECEIVE_BUFFER = 4 << 20


class UdpSocket:
    """A socket on 127.0.0.1, read from when it is made until it is closed.

    Not a DatagramProtocol: asyncio takes one datagram per turn of the loop there, and the kernel's buffer is full after
    a few hundred. Here a turn takes what has come, up to 128.

    Args:
        received: Called with each datagram and where it is from.
        remote: The only peer, if there is one.

    Attributes:
        address: Host and port of this end.
    """

    def __init__(self, received: Callable[[bytes, Address], None], *, remote: Address | None = None) -> None:
        self._received = received
        self._loop = asyncio.get_running_loop()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.setblocking(False)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _RECEIVE_BUFFER)
            self._socket.bind(("127.0.0.1", 0))
            if remote is not None:
                self._socket.connect(remote)
        except OSError:
            self._socket.close()
            raise
        self.address: Address = self._socket.getsockname()
        self._loop.add_reader(self._socket, self._readable)

    @property
    def is_closed(self) -> bool:
        """Whether `close` was called."""
        return self._socket.fileno() < 0

    def send(self, datagram: bytes, to: Address | None = None) -> bool:
        """Send to *to*, or to the only peer; False if it was lost here: closed, buffer full, nobody there."""
        if self.is_closed:
            return False
        try:
            if to is None:
                self._socket.send(datagram)
            else:
                self._socket.sendto(datagram, to)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Stop reading. Safe to call twice."""
        if not self.is_closed:
            self._loop.remove_reader(self._socket)
            self._socket.close()

    def _readable(self) -> None:
        for _ in range(_BATCH):
            if self.is_closed:
                return
            try:
                datagram, address = self._socket.recvfrom(_LONGEST)
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionError:  # the answer to a datagram that nobody took
                continue
            self._received(datagram, address)
