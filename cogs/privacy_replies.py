"""Every sentence that `/privacy` says."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.interview.captions import escape
from cogs.replies import ADULT_AGE
from storage.requests import CODE_LIFE, DEADLINE, Outcome, RequestKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from bot.holdings import Held
    from config.policy import Controller, PolicyText
    from config.processors import Processor
    from storage.erasure import Erased
    from storage.receipts import Checked
    from storage.requests import Entry

TEXT_CHARACTERS = 3_600
"""Of one answer; Discord takes 4,000."""

PLAIN_CHARACTERS = 1_900
"""Of an answer with a file; Discord takes 2,000."""

DELETE_TRANSCRIPTS_WORD = "transcripts"
DELETE_ACCOUNT_WORD = "account"
"""What must be typed. Two words, so that one is not typed for the other."""

DELETE_TRANSCRIPTS_TITLE = "Delete all my transcripts"
DELETE_ACCOUNT_TITLE = "Delete everything about me"
DELETE_TRANSCRIPTS_INTRO = (
    "This deletes **every transcript that you saved**, for everybody they are shared with, with all comments on them. "
    "It cannot be undone.\n\nWhat stays: your words in transcripts that other people saved. You can take them out one "
    "by one with /transcript redact, or all at once with /privacy delete-account."
)
DELETE_ACCOUNT_INTRO = (
    "This deletes **everything that is kept about you**: your transcripts, your words in those of others, what you "
    "agreed to, your requests. You are heard nowhere any more, at once. It cannot be undone, and you may begin anew "
    "at any time.\n\nYou get a signed receipt. What others copied, and what Discord keeps, is out of reach."
)
WORD_LABEL = "To go on, type “{word}”"
WRONG_WORD = "Nothing was deleted, since that was not the word: use the command again and type “{word}”."
NO_TRANSCRIPTS = "You have no transcripts of your own, so nothing was deleted."
NOTHING_KEPT = (
    "Nothing is kept about you here. What is said in a running interview by those who joined is in memory only, and "
    "gone 30 minutes after it."
)
EXPORT_TOO_LARGE = (
    "Part {numbers} of {parts} is larger than Discord takes: write to the address of /privacy contact, and you get it "
    "another way."
)
NO_REQUESTS = "You have made no requests. /privacy request makes one."
TOO_MANY_REQUESTS = "You have {most} open requests already: each is answered in time, so please wait for these first."
CONFIRMED = "This request is yours now."
CODE_REFUSED = (
    f"This code is not good, or not any more: it works once, for {CODE_LIFE.days * 24} hours and a few tries. Ask by "
    "e-mail for another."
)
NOT_A_RECEIPT = "That file is no receipt: attach the JSON file that came with a deletion."
FAILED = "That did not work, and it is our fault: please try again in a moment."
ACCOUNT_FAILED = (
    "That could not be finished, and it is our fault: please use /privacy delete-account again in a moment. You are "
    "heard nowhere any more."
)

KINDS: Mapping[RequestKind, tuple[str, str]] = {
    RequestKind.ACCESS: ("access: a copy of my data", "/privacy export gives it at once."),
    RequestKind.PORTABILITY: ("portability: my data, to take elsewhere", "/privacy export gives it at once."),
    RequestKind.ERASURE: ("erasure: delete my data", "/privacy delete-account does it at once."),
    RequestKind.RECTIFICATION: ("rectification: put something right", "/transcript correct does it at once for words."),
    RequestKind.RESTRICTION: ("restriction: keep it and do nothing with it", ""),
    RequestKind.OBJECTION: ("objection to what is done with my data", ""),
    RequestKind.COMPLAINT: ("complaint", "You can also go to a data protection authority."),
    RequestKind.WITHDRAW: ("withdrawal of consent", "/consent withdraw does it at once."),
}
"""What can be asked for, and what does it without anybody having to answer."""

OUTCOMES: Mapping[Outcome, str] = {
    Outcome.DONE: "done",
    Outcome.PARTLY: "done in part",
    Outcome.REFUSED: "refused",
    Outcome.TAKEN_BACK: "taken back",
    Outcome.UNCONFIRMED: "never confirmed",
}

TABLES: Mapping[str, str] = {
    "subject": "who you are: your Discord id, sealed",
    "consent_event": "what you agreed to or took back",
    "transcript": "transcripts that you saved",
    "turn": "lines that you said, in your transcripts and in those of others",
    "share": "transcripts shared by you or with you",
    "feedback": "comments on your transcripts",
    "ai_job": "comments that are being made",
    "request": "requests about your data",
    "audit": "security events",
    "analytics_event": "counted events of use",
    "budget": "what comments have used",
}
"""What each table holds, for whom it is about."""

TRANSFERS = {
    "eea": "stays in the European Economic Area",
    "scc": "standard contractual clauses",
    "dpf": "EU-U.S. Data Privacy Framework",
    "local": "on this installation's own machines",
}
"""On what a transfer rests."""


def notice(policy: PolicyText) -> str:
    """The beginning of the policy, as much as an answer holds; the whole comes as a file."""
    foot = (
        f"-# Version {policy.version} · SHA-256 of the file: `{policy.sha256.hex()}`\n-# The whole policy is attached."
    )
    return f"{_beginning(policy.text.strip(), PLAIN_CHARACTERS - len(foot) - 4)}\n…\n{foot}"


def _beginning(text: str, room: int) -> str:
    """As many whole paragraphs as fit, or else as many words."""
    if len(text) <= room:
        return text
    kept = text[:room]
    end = max(kept.rfind("\n\n"), kept.rfind(" ") if "\n\n" not in kept else 0)
    return kept[: max(end, 0)].rstrip()


def processors(listed: Sequence[Processor]) -> str:
    """Who else gets something of people's data: those that are on first, and those that are off."""
    lines = ["**Who else gets to see something of your data**"]
    for each in sorted(listed, key=lambda processor: not processor.enabled):
        if each.enabled:
            where = f"{escape(each.region)}, {TRANSFERS.get(each.transfer, each.transfer)}"
            evidence = f" · <{each.evidence_url}>" if each.evidence_url else ""
            lines.append(
                f"- 🟢 **{escape(each.name)}** is on. {escape(each.purpose)}\n"
                f"  Gets: {escape(', '.join(each.data))}. Where: {where}. Kept: {escape(each.retention)}{evidence}"
            )
        else:
            lines.append(f"- ⚪ **{escape(each.name)}** is off and gets nothing. {escape(each.purpose)}")
    return _fitting(lines)


def contact(controller: Controller) -> str:
    """Who answers, and how to reach them."""
    return (
        f"**{escape(controller.name)}**, in {escape(controller.region)}, answers for your data here. E-mail: "
        f"`{controller.email.strip()}`\nOr use /privacy request: it is answered within {DEADLINE.days} days. You can "
        "also complain to the data protection authority of where you live or work.\n"
        f"-# The bot is for people of at least {ADULT_AGE} years."
    )


def data(held: Sequence[Held]) -> str:
    """How much is kept about somebody, and how long."""
    if not held:
        return NOTHING_KEPT
    lines = ["**What is kept about you**"]
    lines += [f"- {each.rows:,} · {TABLES[each.table]} · {each.kept}" for each in held]
    lines.append(
        "-# What was said and not saved is in memory only, and gone 30 minutes after the interview. All of it as "
        "files: /privacy export. Delete it: /privacy delete-account."
    )
    return _fitting(lines)


def exported(number: int, parts: int) -> str:
    """What comes with a part of somebody's data."""
    which = "Everything that is kept about you" if parts == 1 else f"Part {number} of {parts} of what is kept about you"
    return (
        f"{which}. Your own words are in it, those of others are not. It lies on Discord's servers while this message "
        "does: download it, then dismiss or delete the message."
    )


def too_large(numbers: Sequence[int], parts: int) -> str:
    """That Discord does not take all of it."""
    return EXPORT_TOO_LARGE.format(numbers=", ".join(str(number) for number in numbers), parts=parts)


def word_label(word: str) -> str:
    """What stands above the field."""
    return WORD_LABEL.format(word=word)


def wrong_word(word: str) -> str:
    """That nothing happened."""
    return WRONG_WORD.format(word=word)


def transcripts_deleted(gone: int, failed: int, *, files_rewritten: bool) -> str:
    """What went, and what could not."""
    if not gone and not failed:
        return NO_TRANSCRIPTS
    text = f"Deleted for good, for everybody: {_count(gone, 'transcript')} of yours."
    if failed:
        text += f" {_count(failed, 'transcript')} could not be deleted, and it is our fault: use the command again."
    if gone and not files_rewritten:
        text += f" {_NOT_REWRITTEN}"
    return text + " Your words in transcripts of other people stay, until you redact them or delete your account."


_NOT_REWRITTEN = (
    "The files could not be rewritten yet, because somebody was reading them: until the bot starts the next time, they "
    "still hold what was deleted, encrypted."
)


def account_deleted(erased: Erased) -> str:
    """What went, what could not, and what the receipt is for."""
    rows = {table: number for table, number in erased.rows.items() if number}
    if not rows:
        return (
            "Nothing was kept about you here, so nothing had to be deleted. You are heard nowhere. The attached "
            "receipt says so."
        )
    lines = ["**Deleted.** You are heard nowhere any more, and this is gone, together with the keys that opened it:"]
    lines += [f"- {number:,} · {TABLES.get(table, table)}" for table, number in sorted(rows.items())]
    if not erased.files_rewritten:
        lines.append(_NOT_REWRITTEN + " Nothing opens it any more.")
    if not erased.let_go:
        lines.append("What a running interview still holds of you goes when it ends.")
    lines.append(
        "Keep the attached receipt, which does not name you: the bot keeps no copy. /privacy receipt checks it."
    )
    return _fitting(lines, PLAIN_CHARACTERS)


def requested(kind: RequestKind, due_at: datetime) -> str:
    """What was put down, until when it is answered, and what is faster."""
    at_once = KINDS[kind][1]
    text = f"Put down: {KINDS[kind][0]}. It is answered by <t:{int(due_at.timestamp())}:D>; see /privacy requests."
    return f"{text} {at_once}" if at_once else text


def requests(entries: Sequence[Entry]) -> str:
    """Somebody's requests, the most urgent first."""
    if not entries:
        return NO_REQUESTS
    still = [entry for entry in entries if entry.closed_at is None]
    closed = [entry for entry in entries if entry.closed_at is not None]
    return _fitting(["**Your requests**", *(_request(entry) for entry in (*still, *closed))])


def _request(entry: Entry) -> str:
    if entry.closed_at is None:
        state = f"answered by <t:{int(entry.due_at.timestamp())}:D>"
    else:
        outcome = OUTCOMES[entry.outcome] if entry.outcome else "closed"
        state = f"{outcome} on <t:{int(entry.closed_at.timestamp())}:D>"
    text = entry.text or ""
    said = f"\n  {escape(text[:200])}{'…' if len(text) > 200 else ''}" if text else ""
    return f"- **{KINDS[entry.kind][0]}** · made on <t:{int(entry.received_at.timestamp())}:D> · {state}{said}"


def receipt(checked: Checked) -> str:
    """What checking a receipt showed."""
    if checked.erased_at is None:
        return NOT_A_RECEIPT
    if checked.holds:
        when = f"<t:{int(checked.erased_at.timestamp())}:f>"
        return (
            f"✅ This receipt holds: this installation signed it for a deletion at {when}, and none of the "
            f"{_count(checked.keys, 'key')} that it names is there any more."
        )
    return "\n".join(["❌ This receipt does not hold:", *(f"- {fault}" for fault in checked.faults)])


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}" if number == 1 else f"{number:,} {what}s"


def _fitting(lines: Iterable[str], room: int = TEXT_CHARACTERS) -> str:
    """As many of *lines* as an answer holds, and how many more there are."""
    every = list(lines)
    kept: list[str] = []
    for line in every:
        if sum(map(len, kept)) + len(kept) + len(line) > room:
            kept.append(f"-# And {len(every) - len(kept)} more")
            break
        kept.append(line)
    return "\n".join(kept)
