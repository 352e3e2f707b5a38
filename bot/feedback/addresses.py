"""Where writers of feedback are, and which addresses are refused because words would travel in the open.

It is apart from the writers, so that knowing the host does not load the library.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from bot.errors import StartRefused
from storage.keys import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

RESIDENCIES: Final[Mapping[str, str]] = {
    "global": "https://api.openai.com/v1",
    **{region: f"https://{region}.api.openai.com/v1" for region in ("us", "eu", "ae", "au", "in", "jp")},
}
"""Where OpenAI keeps what it gets, and under which address. Source: openai 3.54, _data_residency.py."""


def base_url(url: str) -> str:
    """*url* as it is used: https, or http on this machine; with a path, by default `/v1`.

    Raises:
        StartRefused: If it is something else.
    """
    try:
        parts = urlsplit(url.strip())
        whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, whole = urlsplit(""), False
    if not whole or any(character.isspace() for character in url.strip()):
        raise StartRefused(
            "SKILLRALLY_FEEDBACK_URL cannot be used: it is like https://models.example/v1, or http:// on this machine."
        )
    if parts.username is not None or parts.password is not None or parts.query or parts.fragment:
        raise StartRefused(
            "SKILLRALLY_FEEDBACK_URL holds a user, a password or a query: take that out, and set the key instead."
        )
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        raise StartRefused(
            "The feedback server is not on this machine, so its URL must begin with https://, or anybody could read."
        )
    path = parts.path.rstrip("/").removesuffix("/chat/completions").removesuffix("/responses")
    return f"{parts.scheme}://{parts.netloc}{path or '/v1'}"


def host_of(url: str) -> str:
    """The host of a server's *url*.

    Raises:
        StartRefused: If it is none that may be used.
    """
    return urlsplit(base_url(url)).hostname or ""
