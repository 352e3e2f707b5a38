"""Every sentence that people read, in one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.interview.captions import end_of, escape
from bot.interview.session import Pause, Status, Stopped
from storage.ledger import Purpose

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from cogs.locales import Words
    from storage.ledger import Standing
    from stt.engine import Snippet

POLICY_URL = "https://skillrally.app/"

ADULT_AGE = 16
"""Who is younger cannot agree by themselves. Source: GDPR, Article 8(1); states may say less, nobody has to know where
somebody lives."""

PERMISSION_NAMES = {
    "view_channel": "View Channel",
    "connect": "Connect",
    "send_messages": "Send Messages",
    "read_message_history": "Read Message History",
    "create_public_threads": "Create Public Threads",
    "send_messages_in_threads": "Send Messages in Threads",
}

PAUSED = {
    Pause.NOTICE: "this notice is being put up",
    Pause.MOVED: "the bot was moved to this channel",
    Pause.PLAIN: "the call is no longer end-to-end encrypted",
    Pause.ASKED: "somebody paused it",
}

STOPPED = {
    Stopped.ASKED: "The host ended it.",
    Stopped.MODERATOR: "A moderator ended it.",
    Stopped.EMPTY: "Everybody had left.",
    Stopped.KICKED: "The bot was taken out of the channel.",
    Stopped.MOVED: "The bot was moved to a channel where interviews are not allowed.",
    Stopped.SHUTDOWN: "The bot was shut down by its operator.",
    Stopped.FAILED: "Something went wrong.",
}

GUILD_ONLY = "Interviews take place in a server's voice channel: use this command there."
NOT_IN_VOICE = "Join a voice channel first, one that the bot can see, then start the interview from there."
RUNNING_ALREADY = "An interview is running in this server already: join it, or end it with /interview stop."
NONE_RUNNING = "No interview is running in this server: start one with /interview start in a voice channel."
OVER = "That interview is over."
NOT_HERE = "Join the interview's voice channel first; then you can take part."
CANNOT_JOIN = "The voice channel did not let the bot in: it may be full, or hidden from the bot."
DISCORD_BUSY = "Discord did not answer in time: please try again in a moment."
CHANNEL_GONE = "That channel is no longer there: start the interview in another one."
ONLY_HOST = "Only the host or a moderator can do that. To stop being heard yourself, press Leave."
ONLY_TAKING_PART = "Only those who take part, the host or a moderator can end a pause."
NOT_TAKING_PART = "You are not taking part in this interview, so nothing of you is heard."
LEFT = (
    "You are not heard any more. What you said and was not yet written down is overwritten. "
    "Your lines so far stay until the interview ends, unless you remove them. Your yes stands for the next time, "
    "unless you take it back."
)
FORGOTTEN = "Your lines are gone from the captions and from the draft."
NOTHING_AGREED = "Nothing of you is heard, since transcribing was not ticked. Press Join again if you change your mind."
PAUSED_NOW = "Paused: nobody is heard until somebody presses Resume."
RESUMED_NOW = "Resumed: those who joined are heard again."
STOPPED_NOW = "The interview is over. The bot leaves, and everything that nobody saves is forgotten."
NO_DRAFT = (
    "There is nothing of that interview for you to read: its half hour is over, nothing was said by those who joined, "
    "or you were not one of them."
)
FAILED = "That did not work, and it is our fault. Nothing was lost; please try again."

OFFERED = (Purpose.TRANSCRIBE, Purpose.CAPTIONS, Purpose.SAVE)
"""What `/consent give` asks for."""

CAPTION_HEADER = "-# Live captions · may be wrong · deleted when the interview ends"
CAPTION_HEADER_LATE = (
    "-# Live captions · running late, more is being said than this bot can keep up with · may be wrong"
)


THREAD_NAME = "Interview captions"

SHOWN = 20
"""People named in one message: Discord takes 4,000 characters, and a name may have 32 that each need a backslash."""


def started(channel: str) -> str:
    """The answer to `/interview start`."""
    return f"The interview runs in {channel}. Nobody is heard yet, you neither: press Join if you take part."


def missing_permissions(names: Iterable[str], *, for_thread: bool = False) -> str:
    """What the bot lacks, and who can give it."""
    listed = ", ".join(f"**{PERMISSION_NAMES.get(n, n.replace('_', ' ').title())}**" for n in names)
    where = "this channel" if for_thread else "the voice channel"
    return (
        f"The bot lacks {listed} in {where}. Somebody who manages the server can grant it: "
        "Edit Channel > Permissions > the bot's role."
    )


def gap(seconds: float) -> str:
    """What stands in a transcript for speech that got no words."""
    return f"[{max(1, round(seconds))} s not transcribed]"


def length(seconds: float) -> str:
    """A length for people: "48 s", "12 min"."""
    return f"{round(seconds)} s" if seconds < 90 else f"{round(seconds / 60)} min"


def headline(status: Status) -> str:
    """The first line of the notice."""
    if status.pauses:
        why = "; ".join(PAUSED.get(Pause(p), p) for p in sorted(status.pauses))
        return f"## ⏸ Interview: nobody is heard\n{why[0].upper()}{why[1:]}."
    return "## 🔴 Interview: those who joined are heard"


NOTICE = (
    "**Nobody is heard without a yes.** Press **Join** to take part; the voice of everybody else stays encrypted and "
    "is dropped unread. {speech}, the sound is overwritten at once and never stored. {captions} "
    "Text that nobody saves is gone 30 minutes after the end."
)

CAPTIONS = {
    "voice-chat": "Captions appear in this channel, where everybody in it can read them, and are deleted at the end.",
    "thread": (
        "Captions appear in a thread of a text channel, where everybody who sees it can read them, and are deleted at "
        "the end."
    ),
    "off": "No captions are shown.",
}


SPEECH_HERE = "Speech becomes text in memory"
SPEECH_ELSEWHERE = (
    "**Speech is sent, encrypted, to {host}, which turns it into text**; what happens there is up to those who run it. "
    "Here"
)


def notice(captions: str, *, elsewhere: str = "") -> str:
    """What everybody in the channel must know.

    Args:
        captions: Where they appear.
        elsewhere: The host that speech is sent to; empty if it stays on the bot's machine.
    """
    speech = SPEECH_ELSEWHERE.format(host=escape(elsewhere)) if elsewhere else SPEECH_HERE
    return NOTICE.format(speech=speech, captions=CAPTIONS[captions])


def modal_intro(words: Words, elsewhere: str = "") -> str:
    """What somebody must know who says yes; *elsewhere* is where speech is sent, if it leaves the machine."""
    speech = words("consent-speech-elsewhere", host=escape(elsewhere)) if elsewhere else words("consent-speech-here")
    return words("consent-intro", speech=speech, policy=POLICY_URL)


def purpose_name(words: Words, purpose: Purpose) -> str:
    """What it is called in a list."""
    return words(f"{purpose_key(purpose)}.name")


def purpose_key(purpose: Purpose) -> str:
    """The message with its words; `.hint` is what it means, `.name` what it is called in a list."""
    return f"consent-purpose-{purpose.value.replace('_', '-')}"


def roster(status: Status) -> str:
    """Who takes part, and how the call is encrypted."""
    joined = [escape(h.name) for h in status.heard if h.joined]
    who = ", ".join(joined[:SHOWN]) if joined else "nobody yet"
    if len(joined) > SHOWN:
        who += f" and {len(joined) - SHOWN} more"
    lock = "🔒 end-to-end encrypted" if status.encrypted else "🔓 not end-to-end encrypted"
    return f"**Taking part:** {who}\n-# {lock} · host <@{status.host_id}>"


def joined(*, captions: bool) -> str:
    """The answer to a yes."""
    shown = "Your words are shown as captions." if captions else "Your words are not shown as captions."
    return f"You take part now: your voice is heard in this interview. {shown} Leave at any time with one press."


def details(status: Status) -> str:
    """`/interview status`: what happened to whose packets."""
    lines = [headline(status).removeprefix("## ").replace("\n", ". "), f"Running for {length(status.elapsed_s)}."]
    if status.privacy_code:
        code = " ".join(status.privacy_code[i : i + 5] for i in range(0, len(status.privacy_code), 5))
        lines.append(f"🔒 Voice privacy code: `{code}` (compare it with the one that your Discord shows)")
    elif not status.encrypted:
        lines.append("🔓 The call is not end-to-end encrypted.")
    lines.append("")
    # Who takes part comes first, and then who sent most: in a full channel not all fit.
    everybody = sorted(status.heard, key=lambda heard: (not heard.joined, -heard.packets))
    for heard in everybody[:SHOWN]:
        name = escape(heard.name)
        if heard.joined:
            lines.append(f"**{name}** takes part: {heard.decrypted:,} packets decrypted, {heard.dropped_sealed:,} not.")
        else:
            lines.append(f"**{name}** does not: {heard.packets:,} packets, {heard.decrypted:,} decrypted.")
    if len(everybody) > SHOWN:
        rest = everybody[SHOWN:]
        lines.append(
            f"{len(rest)} more: {sum(h.packets for h in rest):,} packets, {sum(h.decrypted for h in rest):,} decrypted."
        )
    if not status.heard:
        lines.append("Nobody has spoken yet.")
    if status.missing_s:
        lines.append(f"\n{gap(status.missing_s)} in all.")
    lines.append("-# Counted by this bot itself; its source is open.")
    return "\n".join(lines)


def ended(status: Status) -> str:
    """What remains of the notice at the end."""
    why = STOPPED[status.stopped or Stopped.FAILED]
    # A bot that shuts down takes the text with it.
    then = "is forgotten" if status.stopped is Stopped.SHUTDOWN else "is forgotten in 30 minutes unless it is saved"
    return (
        f"## ⏹ The interview is over\n{why} It ran for {length(status.elapsed_s)}. The sound is gone, the captions are "
        f"deleted, and the text {then}."
    )


def draft(snippets: Sequence[Snippet], names: dict[int, str], *, limit: int = 3_600) -> str:
    """A draft to read once more: the newest part that fits."""
    lines = [
        f"**{escape(names.get(s.speaker_id, 'Somebody'))}** "
        + (f"*{gap(s.missing_s)}*" if s.missing_s else escape(s.text))
        for s in snippets
    ]
    kept: list[str] = []
    for snippet, line in zip(reversed(snippets), reversed(lines), strict=True):
        if not kept and len(line) > limit:
            head = f"**{escape(names.get(snippet.speaker_id, 'Somebody'))}** …"
            kept.append(head + end_of(snippet.text, limit - len(head) - 5))
            kept.append("-# …")
            break
        if sum(map(len, kept)) + len(kept) + len(line) > limit:
            kept.append("-# …")
            break
        kept.append(line)
    return "\n".join(reversed(kept))


def consents(words: Words, standings: Mapping[Purpose, Standing]) -> str:
    """What somebody agrees to now."""
    shown = [purpose for purpose in Purpose if purpose in OFFERED or standings[purpose].given]
    lines = [
        words("consent-standing-line", standing=_standing(standings[purpose]), purpose=purpose_name(words, purpose))
        for purpose in shown
    ]
    return "\n".join([words("consent-standing-head"), *lines, words("consent-standing-foot")])


def _standing(standing: Standing) -> str:
    if standing.stale:
        return "stale"
    return "yes" if standing.given else "no"


def withdrawn(words: Words, purposes: Sequence[Purpose]) -> str:
    """What somebody took back."""
    if not purposes:
        return words("consent-nothing-to-take-back")
    names = words.listed([purpose_name(words, purpose) for purpose in purposes])
    text = words("consent-taken-back", purposes=names)
    return f"{text} {words('consent-heard-nowhere')}" if Purpose.TRANSCRIBE in purposes else text
