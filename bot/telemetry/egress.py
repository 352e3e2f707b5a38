"""Which hosts the bot may reach, and which it does reach.

    processors that are switched on -> their hosts -> is_registered, must_be_registered
    Python's audit events           -> watching    -> Contacts.strays

A host is registered by name (`eu.i.posthog.com`), or with all names below it (`*.discord.gg`). This machine needs no
registration. `watching` sees what Python code of this process looks up and connects to, whichever library does it; not
what other processes do, nor libraries that open sockets in C. It only looks: it refuses nothing.
"""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, cast

from bot.errors import StartRefused
from config.processors import allowed_hosts
from storage.keys import is_loopback

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterable

    from config.processors import Processor


def is_registered(host: str, registered: Collection[str]) -> bool:
    """Whether *host* is this machine, or one of *registered*."""
    host = host.rstrip(".").lower()
    return is_loopback(host) or any(_covers(pattern.lower(), host) for pattern in registered)


def must_be_registered(host: str, processors: Iterable[Processor], *, what: str) -> None:
    """Nothing, if *host*, which gets *what*, is this machine or belongs to a processor that is switched on.

    Raises:
        StartRefused: If not: people are told of everybody who gets something.
    """
    if not is_registered(host, allowed_hosts(processors)):
        raise StartRefused(
            f"{what} would go to a host that is in no processor's hosts: fill in its row in the list of processors "
            "(config/processors.yaml) and say enabled: true."
        )


def _covers(pattern: str, host: str) -> bool:
    return host.endswith(pattern[1:]) and len(host) >= len(pattern) if pattern.startswith("*.") else host == pattern


@dataclass(slots=True)
class Contacts:
    """Whom this process looked up or sent something to.

    Attributes:
        hosts: Names that were looked up, and addresses that were connected to or sent to.
    """

    hosts: set[str] = field(default_factory=set[str])

    def strays(self, registered: Collection[str] = ()) -> set[str]:
        """Those that are neither this machine nor *registered*.

        An address counts by itself, whatever name it was found under: with hosts beyond this machine, say their
        addresses as well.
        """
        return {host for host in self.hosts if not is_registered(host, registered)}


@contextlib.contextmanager
def watching() -> Generator[Contacts]:
    """Note every contact until the end of the block."""
    contacts = Contacts()
    watchers = _watchers()
    watchers.append(contacts)
    try:
        yield contacts
    finally:
        watchers[:] = [each for each in watchers if each is not contacts]


LOOKUPS = ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr")
"""Audit events whose first argument is a host. Source: the table of audit events in Python's documentation."""

SENDING = ("socket.connect", "socket.sendto", "socket.sendmsg")
"""Audit events with a socket and an address."""


@cache
def _watchers() -> list[Contacts]:
    """Those who want to know. An audit hook stays as long as the process, so there is one for all of them."""
    watchers: list[Contacts] = []

    def hook(event: str, arguments: tuple[object, ...]) -> None:
        if watchers and event.startswith("socket."):
            host = _host(event, arguments)
            if host is not None:
                for contacts in watchers:
                    contacts.hosts.add(host)

    sys.addaudithook(hook)
    return watchers


def _host(event: str, arguments: tuple[object, ...]) -> str | None:
    host: object = None
    if event in LOOKUPS:
        host = arguments[0]
    elif event in SENDING and isinstance(arguments[1], tuple):  # a socket of the file system has a text
        host = cast("tuple[object, ...]", arguments[1])[0]
    if isinstance(host, bytes):
        host = host.decode("ascii", "replace")
    return host.partition("%")[0] if isinstance(host, str) and host else None
