"""The privacy policy that people say yes to: `config/policy.md` with the controller of this installation filled in.

    policy.md  ->  front matter (version)  ->  {controller_name} …  ->  PolicyText(version, text, sha256)

The hash is over the text that people are shown. Consents are stored with it, so another controller, or one changed
word, makes them stale. Start-up refuses a controller that nobody could reach: empty, or as examples have it.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from config.errors import Unfit

POLICY_FILE: Final = Path(__file__).parent / "policy.md"

_FRONT = re.compile(r"\A---\n(?P<front>.*?)\n---\n+(?P<text>.*)\Z", re.DOTALL)
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]+@(?P<domain>(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.)+[A-Za-z]{2,})")
_PLACEHOLDER = re.compile(
    r"[\[\]<>{}]|\b(?:example|placeholder|changeme|change me|your|todo|tbd|xxx+|n/?a)\b", re.IGNORECASE
)
_RESERVED = (".example", ".test", ".invalid", ".localhost", "example.com", "example.org", "example.net")
"""Domains that lead to nobody. Source: RFC 2606."""


def is_placeholder(value: str) -> bool:
    """Whether *value* is empty or stands for something that was to be filled in."""
    return not value.strip() or _PLACEHOLDER.search(value) is not None


@dataclass(frozen=True, slots=True)
class Controller:
    """Who answers for this installation.

    Attributes:
        name: A person or an organisation.
        email: Where people write to.
        region: Where the bot runs, such as "Germany" or "the European Economic Area".
    """

    name: str
    email: str
    region: str

    def check(self) -> None:
        """Nothing, if people could reach this controller.

        Raises:
            Unfit: If a field is empty or a placeholder, or the address is none.
        """
        for field, value in (("name", self.name), ("region", self.region)):
            if is_placeholder(value):
                raise Unfit(
                    f"SKILLRALLY_CONTROLLER_{field.upper()} must be filled in: people are told who runs the bot."
                )
        address = _ADDRESS.fullmatch(self.email.strip())
        reserved = address is not None and ("." + address["domain"].lower()).endswith(
            tuple(name if name.startswith(".") else "." + name for name in _RESERVED)
        )
        if address is None or reserved or is_placeholder(self.email):
            raise Unfit("SKILLRALLY_CONTROLLER_EMAIL must be an e-mail address that somebody reads.")


@dataclass(frozen=True, slots=True)
class PolicyText:
    """The policy of this installation.

    Attributes:
        version: What consents name; a date.
        text: Markdown, as people see it.
        sha256: The hash of the text, 32 bytes.
    """

    version: str
    text: str
    sha256: bytes


def load_policy(controller: Controller, *, file: Path = POLICY_FILE) -> PolicyText:
    """The policy, with *controller* filled in.

    Raises:
        Unfit: If the controller cannot be reached, or the file has no version or a field that nobody fills.
    """
    controller.check()
    try:
        parts = _FRONT.match(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        raise Unfit("The policy cannot be read: config/policy.md must be there.") from None
    version = re.search(r"^version: *([\w.-]{1,40})$", parts["front"], re.MULTILINE) if parts else None
    if parts is None or version is None:
        raise Unfit("The policy must begin with its version, as config/policy.md does.")
    text = parts["text"]
    for field in ("name", "email", "region"):
        text = text.replace(f"{{controller_{field}}}", getattr(controller, field).strip())
    if re.search(r"[{}]|\[[^\]]*(?:mail|your|твій)[^\]]*\]", text, re.IGNORECASE):
        raise Unfit("The policy has a field that is not filled in.")
    return PolicyText(version[1], text, hashlib.sha256(text.encode()).digest())
