"""What `/privacy` answers: sentences of `privacy.ftl`, put together and cut to what Discord takes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bot.interview.captions import escape
from cogs.locales import moment
from cogs.replies import ADULT_AGE
from config.sentences import ENGLISH
from storage.requests import DEADLINE

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from bot.holdings import Held
    from cogs.locales import Words
    from config.policy import Controller, PolicyText
    from config.processors import Processor
    from storage.erasure import Erased
    from storage.receipts import Checked
    from storage.requests import Entry, RequestKind

TEXT_CHARACTERS = 3_600
"""Of one answer; Discord takes 4,000."""

PLAIN_CHARACTERS = 1_900
"""Of an answer with a file; Discord takes 2,000."""

_FAULTS = {
    re.compile("another installation made this receipt"): "privacy-fault-installation",
    re.compile("the signature does not hold"): "privacy-fault-signature",
    re.compile("([0-9]+) of the destroyed keys are in "): "privacy-fault-keys",
    re.compile("the files were not rewritten yet"): "privacy-fault-files",
}
"""What `storage.receipts` says to operators, and the same for people."""


def notice(words: Words, policy: PolicyText) -> str:
    """The beginning of the policy, as much as an answer holds; the whole comes as a file."""
    head = "" if words.language == ENGLISH else f"{words('privacy-policy-language')}\n\n"
    foot = words("privacy-policy-foot", version=policy.version, hash=policy.sha256.hex())
    room = PLAIN_CHARACTERS - len(head) - len(foot) - 4
    return f"{head}{_beginning(policy.text.strip(), room)}\n…\n{foot}"


def _beginning(text: str, room: int) -> str:
    """As many whole paragraphs as fit, or else as many words."""
    if len(text) <= room:
        return text
    kept = text[:room]
    end = max(kept.rfind("\n\n"), kept.rfind(" ") if "\n\n" not in kept else 0)
    return kept[: max(end, 0)].rstrip()


def processors(words: Words, listed: Sequence[Processor]) -> str:
    """Who else gets something of people's data: those that are on first, and those that are off."""
    lines = [words("privacy-processors-head")]
    if words.language != ENGLISH:
        lines.append(words("privacy-processors-language"))
    for each in sorted(listed, key=lambda processor: not processor.enabled):
        name, purpose = escape(each.name), escape(each.purpose)
        if each.enabled:
            line = words(
                "privacy-processor-on",
                name=name,
                purpose=purpose,
                data=escape(", ".join(each.data)),
                region=escape(each.region),
                transfer=words(f"privacy-transfer-{each.transfer}"),
                retention=escape(each.retention),
                evidence=f" · <{each.evidence_url}>" if each.evidence_url else "",
            )
        else:
            line = words("privacy-processor-off", name=name, purpose=purpose)
        lines.append(line)
    return _fitting(words, lines)


def contact(words: Words, controller: Controller) -> str:
    """Who answers, and how to reach them."""
    return words(
        "privacy-contact",
        name=escape(controller.name),
        region=escape(controller.region),
        email=controller.email.strip(),
        days=DEADLINE.days,
        age=ADULT_AGE,
    )


def data(words: Words, held: Sequence[Held]) -> str:
    """How much is kept about somebody, and how long."""
    if not held:
        return words("privacy-nothing-kept")
    lines = [words("privacy-data-head")]
    for each in held:
        kept = "; ".join(words(f"privacy-period-{_named(period)}") for period in each.periods)
        lines.append(words("privacy-data-line", rows=each.rows, what=_table(words, each.table), kept=kept))
    lines.append(words("privacy-data-foot"))
    return _fitting(words, lines)


def _table(words: Words, table: str) -> str:
    key = f"privacy-table-{_named(table)}"
    return words(key) if words.has(key) else table


def _named(name: str) -> str:
    return re.sub("[_ ]", "-", name)


def too_large(words: Words, numbers: Sequence[int], parts: int) -> str:
    """That Discord does not take all of it."""
    listed = ", ".join(str(number) for number in numbers)
    return words("privacy-export-too-large", count=len(numbers), numbers=listed, parts=parts)


def transcripts_deleted(words: Words, erased: Erased) -> str:
    """How many went, and what stays."""
    gone = erased.rows.get("transcript", 0)
    if not gone:
        return words("privacy-no-transcripts")
    lines = [words("privacy-transcripts-gone", count=gone)]
    if not erased.files_rewritten:
        lines.append(words("privacy-not-rewritten"))
    return " ".join([*lines, words("privacy-transcripts-stay")])


def account_deleted(words: Words, erased: Erased) -> str:
    """What went, what could not, and what the receipt is for."""
    rows = {table: number for table, number in erased.rows.items() if number}
    if not rows:
        return words("privacy-account-nothing")
    lines = [words("privacy-account-gone")]
    lines += [
        words("privacy-account-line", rows=number, what=_table(words, table)) for table, number in sorted(rows.items())
    ]
    if not erased.files_rewritten:
        lines.append(f"{words('privacy-not-rewritten')} {words('privacy-nothing-opens')}")
    if not erased.let_go:
        lines.append(words("privacy-account-running"))
    lines.append(words("privacy-account-receipt"))
    return _fitting(words, lines, PLAIN_CHARACTERS)


def kind_name(words: Words, kind: RequestKind) -> str:
    """What is asked for, as the command offers it."""
    return words(f"cmd-privacy-request.choice-kind-{kind.value}")


def requested(words: Words, kind: RequestKind, due_at: datetime) -> str:
    """What was put down, until when it is answered, and what is faster."""
    text = words("privacy-requested", kind=kind_name(words, kind), due=moment(due_at, "D"))
    hint = f"privacy-hint-{kind.value}"
    return f"{text} {words(hint)}" if words.has(hint) else text


def requests(words: Words, entries: Sequence[Entry]) -> str:
    """Somebody's requests, the most urgent first."""
    if not entries:
        return words("privacy-no-requests")
    still = [entry for entry in entries if entry.closed_at is None]
    closed = [entry for entry in entries if entry.closed_at is not None]
    return _fitting(words, [words("privacy-requests-head"), *(_request(words, entry) for entry in (*still, *closed))])


def _request(words: Words, entry: Entry) -> str:
    kind, made = kind_name(words, entry.kind), moment(entry.received_at, "D")
    if entry.closed_at is None:
        line = words("privacy-request-open", kind=kind, made=made, due=moment(entry.due_at, "D"))
    else:
        outcome = words(f"privacy-outcome-{_named(entry.outcome.value) if entry.outcome else 'none'}")
        line = words(
            "privacy-request-closed", kind=kind, made=made, outcome=outcome, closed=moment(entry.closed_at, "D")
        )
    text = entry.text or ""
    said = f"\n  {escape(text[:200])}{'…' if len(text) > 200 else ''}" if text else ""
    return line + said


def receipt(words: Words, checked: Checked) -> str:
    """What checking a receipt showed."""
    if checked.erased_at is None:
        return words("privacy-not-a-receipt")
    if checked.holds:
        return words("privacy-receipt-holds", at=moment(checked.erased_at), keys=checked.keys)
    return "\n".join([words("privacy-receipt-refused"), *(f"- {_fault(words, fault)}" for fault in checked.faults)])


def _fault(words: Words, fault: str) -> str:
    for pattern, key in _FAULTS.items():
        if found := pattern.match(fault):
            return words(key, count=int(found[1])) if found.groups() else words(key)
    return fault


def _fitting(words: Words, lines: Iterable[str], room: int = TEXT_CHARACTERS) -> str:
    """As many of *lines* as an answer holds, and how many more there are."""
    every = list(lines)
    kept: list[str] = []
    for line in every:
        if sum(map(len, kept)) + len(kept) + len(line) > room:
            kept.append(words("privacy-and-more", count=len(every) - len(kept)))
            break
        kept.append(line)
    return "\n".join(kept)
