"""Which command takes something that is somebody's, and which button is for whom; `test_access` tries them all.

A new command, context menu or `DynamicItem` needs a row here, or its test fails: in `OBJECTS` if it takes the id of
something that belongs to somebody, else in `FREE` with the reason why nobody else's things can be reached with it; in
`BUTTONS` or `PERSONAL` likewise.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from cogs.panel import ACTIONS


@dataclass(frozen=True)
class Takes:
    """A command that takes the id of something.

    Attributes:
        option: Which option.
        kind: What it is the id of: a key of `test_access.Things`.
        more: The other options; a person by name.
    """

    option: str
    kind: str
    more: dict[str, Any] = field(default_factory=dict[str, Any])


TRANSCRIPT = "transcript"
FEEDBACK = "feedback"
NOTE = "note"

OBJECTS: dict[str, tuple[Takes, ...]] = {
    "transcript view": (Takes("transcript", TRANSCRIPT),),
    "transcript export": (Takes("transcript", TRANSCRIPT, {"format": "txt"}),),
    "transcript correct": (Takes("transcript", TRANSCRIPT, {"line": 1, "text": "Something else."}),),
    "transcript redact": (Takes("transcript", TRANSCRIPT, {"line": 1}),),
    "transcript share": (Takes("transcript", TRANSCRIPT, {"person": "oleg", "hours": 1}),),
    "transcript unshare": (Takes("transcript", TRANSCRIPT, {"person": "oleg"}),),
    "transcript delete": (Takes("transcript", TRANSCRIPT),),
    "feedback request": (Takes("transcript", TRANSCRIPT),),
    "feedback peer": (Takes("transcript", TRANSCRIPT, {"person": "oleg"}),),
    "feedback view": (Takes("feedback", FEEDBACK),),
    "feedback compare": (
        Takes("first", FEEDBACK, {"second": "00000000-0000-4000-8000-000000000000"}),
        Takes("second", FEEDBACK, {"first": "00000000-0000-4000-8000-000000000000"}),
    ),
    "feedback dispute": (Takes("feedback", FEEDBACK),),
    "feedback delete": (Takes("feedback", FEEDBACK),),
    "feedback delete-note": (Takes("note", NOTE),),
    "privacy confirm": (Takes("code", "code"),),
}
"""Commands that take an id, by their qualified name."""

_OWN = "acts on the caller's own, and takes no id"
_SERVER = "acts on the interview of this server; who may is in tests/cogs/test_interview.py"
_TOLD = "says what everybody may know"
_MODERATORS = "changes or shows what is of this server, for who runs it; who that is, is in tests/cogs/test_mod.py"
_QUESTIONS = "questions are everybody's in a server; who may change them is in tests/cogs/test_questions.py"

FREE: dict[str, str] = {
    **dict.fromkeys(("consent give", "consent withdraw", "consent status", "consent history"), _OWN),
    **dict.fromkeys(("transcript save", "transcript list", "transcript search"), _OWN),
    **dict.fromkeys(("privacy notice", "privacy processors", "privacy contact"), _TOLD),
    **dict.fromkeys(("privacy data", "privacy export", "privacy delete-transcripts", "privacy delete-account"), _OWN),
    **dict.fromkeys(("privacy opt-out", "privacy analytics", "privacy request", "privacy requests"), _OWN),
    **dict.fromkeys(("privacy correct", "privacy object"), _OWN),
    "privacy receipt": "checks a file that the caller has, and a receipt names nobody",
    "settings": _OWN,
    "feedback progress": _OWN,
    "feedback rubric": "says what everybody may know; which kind comes first, by the caller's own",
    "Remove my line": "offers the caller's own lines of the captions and nothing else",
    **dict.fromkeys(("questions list", "questions random", "questions add", "questions remove"), _QUESTIONS),
    **dict.fromkeys(("questions import", "questions practice-streak"), _QUESTIONS),
    **dict.fromkeys(("queue join", "queue leave", "queue status"), _OWN),
    "Invite to a mock interview": "asks a member whom everybody sees; who may answer is in tests/cogs/test_queue.py",
    **dict.fromkeys(("mod stop", "mod sessions", "mod roster", "mod block", "mod unblock"), _MODERATORS),
    **dict.fromkeys(("mod cooldown", "mod audit"), _MODERATORS),
    "help": _TOLD,
    "report": "sends what the caller writes, and shows nothing",
}
"""Commands that take nothing that is somebody's, or check whose it is in another way: why."""

FREE_GROUPS: dict[str, str] = {
    "interview": _SERVER,
    "admin": "changes or shows what is of this server, for who manages it; tests/cogs/test_admin.py",
}
"""Groups of which that is true as a whole."""

INTERVIEW_OPTIONS: dict[str, dict[str, Any]] = {
    "interview question": {"item": "What would you do?"},
    "interview timer": {"minutes": 7},
    "interview note": {"text": "Something to remember."},
}
"""What commands of an interview want to be told; all of them are tried by somebody who is not in it."""

INTERVIEW_ACTIONS: tuple[str, ...] = tuple(ACTIONS)
"""Buttons of an interview. Whoever is neither in the channel nor took part changes nothing with any of them."""

BUTTONS: dict[str, tuple[str, ...]] = {"InterviewButton": tuple(f"sr:{action}:{{id}}" for action in INTERVIEW_ACTIONS)}
"""Ids of each kind of `DynamicItem`, with {id} for the id of Anna's interview."""

TESTED_ELSEWHERE: dict[str, str] = {
    "FeedbackButton": "of one person's answers; tests/cogs/test_feedback.py presses each with somebody else's id",
    "AnswerMenu": "likewise",
    "PartnerButton": "answers for nobody but who is asked; tests/cogs/test_queue.py",
    "LineMenu": "offers the lines of an answer only the caller sees; tests/cogs/test_interview.py",
}
"""Kinds of `DynamicItem` whose own tests press them as somebody else."""
