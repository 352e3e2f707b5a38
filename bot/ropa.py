"""The record of processing activities, Article 30 of the GDPR, from what the program itself says.

column annotations (why, on what ground, how long, how protected)  ┐
processors.yaml                                                    ├─>  record  ->  JSON, Markdown
policy and controller                                              ┘
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from storage.models import Content, Keyring

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Column

    from config.policy import Controller, PolicyText
    from config.processors import Processor

PURPOSES: Final = {
    "identify": "Know a person again",
    "consent": "Ask for consent, remember it and prove it",
    "transcripts": "Keep what its speakers chose to save",
    "feedback": "Comment on an interview, on request",
    "captions": "Delete captions from Discord when their time is over",
    "budget": "Keep what feedback costs within bounds",
    "idempotency": "Do once what Discord sends twice",
    "requests": "Answer people's requests about their data in time",
    "security": "See misuse",
    "analytics": "Count use, by those who agreed",
    "erasure": "Keep erased what was erased",
    "keys": "Open what is sealed",
    "moderation": "Let a server decide where, by whom and how much its members practise",
    "practice": "Let people practise as they chose: settings, partners, questions of their own",
    "operation": "Run on time, and once",
}
BASES: Final = {
    "consent": "Consent, Art. 6(1)(a)",
    "contract": "Contract, Art. 6(1)(b)",
    "legal_obligation": "Legal obligation, Art. 6(1)(c)",
    "legitimate_interest": "Legitimate interests, Art. 6(1)(f)",
}
PERIODS: Final = {
    "account": "until the account is deleted",
    "saved": "until its owner deletes it, or the account",
    "interview": "until the interview is over",
    "job": "until the work is done, at most a day",
    "server": "until who manages the server deletes it, or the bot leaves it",
    "block": "until it is lifted or ends, at most a year, also if the account is deleted",
    "30 days": "30 days",
    "90 days": "90 days",
    "a year": "a year after it was answered, or until the account is deleted",
    "backups": "37 days: as long as a backup could bring back what was erased",
    "installation": "as long as the bot is run; no person's data",
}
PROTECTION: Final = {
    "cipher": "sealed with AES-256-GCM under a key of its own person",
    "index": "an HMAC that only this installation can make",
    "public": "random ids, days, states and counts",
}
MEASURES: Final = (
    "Encryption at rest: AES-256-GCM, a data key for each person, wrapped under a key outside of the databases",
    "Encryption in transit: TLS 1.2 or 1.3; voice is end-to-end encrypted between the members of the call",
    "Nothing of a person who did not agree is decrypted; sound is overwritten once it is text",
    "Access: the bot's own account on the machine; no command shows content to the operator",
    "Erasure destroys the person's key first; a restored backup brings nobody back",
    "Logs and error reports hold no content, names, ids or keys",
)
TRANSIENT: Final = {
    "purpose": "Turn voice into text during an interview",
    "bases": [BASES["consent"]],
    "data": "Voice, and the text until it is saved or forgotten",
    "people": "Those in the voice channel who agreed",
    "protection": ["in memory only"],
    "periods": ["sound until it is text, at most 30 seconds; text until 30 minutes after the interview"],
    "columns": [],
}
"""What is never stored, and so has no columns."""


def record(controller: Controller, policy: PolicyText, processors: Iterable[Processor]) -> dict[str, Any]:
    """The record, as JSON."""
    return {
        "controller": {"name": controller.name, "email": controller.email, "region": controller.region},
        "policy": {"version": policy.version, "sha256": policy.sha256.hex()},
        "people": "Members of Discord servers who practise interviews with the bot, at least 16 years old",
        "activities": [dict(TRANSIENT), *_activities()],
        "recipients": [
            {
                "name": each.name,
                "enabled": each.enabled,
                "purpose": each.purpose,
                "data": list(each.data),
                "region": each.region,
                "transfer": each.transfer,
                "evidence_url": each.evidence_url,
                "retention": each.retention,
            }
            for each in processors
        ],
        "measures": list(MEASURES),
    }


def _activities() -> list[dict[str, Any]]:
    by_purpose: dict[str, list[Column[Any]]] = defaultdict(list)
    for metadata in (Content.metadata, Keyring.metadata):
        for table in metadata.sorted_tables:
            for column in table.c:
                by_purpose[column.info["purpose"]].append(column)
    return [_activity(PURPOSES[purpose], by_purpose[purpose]) for purpose in PURPOSES if by_purpose[purpose]]


def _activity(purpose: str, columns: list[Column[Any]]) -> dict[str, Any]:
    def said(kind: str, words: dict[str, str]) -> list[str]:
        return list(dict.fromkeys(words[column.info[kind]] for column in columns))

    return {
        "purpose": purpose,
        "bases": said("basis", BASES),
        "data": ", ".join(dict.fromkeys(column.table.name.replace("_", " ") for column in columns)),
        "people": "Those who use the bot",
        "protection": said("privacy", PROTECTION),
        "periods": said("retention", PERIODS),
        "columns": [str(column) for column in columns],
    }


def markdown(said: dict[str, Any]) -> str:
    """The record, for people to read and sign."""
    who, policy = said["controller"], said["policy"]
    lines = [
        "# Record of processing activities",
        "",
        f"Controller: {who['name']}, {who['region']}, {who['email']}",
        "",
        f"Policy: version {policy['version']}, SHA-256 `{policy['sha256']}`",
        "",
        f"People concerned: {said['people']}.",
        "",
        "## Activities",
        "",
        "| Purpose | Legal basis | Data | Protection | Kept |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        _row(each["purpose"], each["bases"], each["data"], each["protection"], each["periods"])
        for each in said["activities"]
    ]
    lines += [
        "",
        "## Recipients",
        "",
        "| Who | On | Purpose | Data | Where | Transfer | Evidence | Kept |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        _row(
            each["name"],
            "yes" if each["enabled"] else "no",
            each["purpose"],
            each["data"],
            each["region"] or "—",
            each["transfer"].upper() or "—",
            each["evidence_url"] or "—",
            each["retention"],
        )
        for each in said["recipients"]
    ]
    lines += [
        "",
        "## Technical and organisational measures",
        "",
        *(f"- {measure}." for measure in said["measures"]),
        "",
    ]
    return "\n".join(lines)


def _row(*cells: str | list[str]) -> str:
    texts = (cell if isinstance(cell, str) else "; ".join(cell) for cell in cells)
    return "| " + " | ".join(text.replace("|", "\\|").replace("\n", " ") for text in texts) + " |"
