"""What the acts after the interview share: commands and buttons in people's names, and the words to look for.

the interview's draft -> heard -> who said what -> wanted: few words in a row, to look for in files and logs
"""

from __future__ import annotations

import asyncio
import re
import textwrap
from typing import TYPE_CHECKING

from bot.rehearsal.cast import PEOPLE
from bot.rehearsal.traces import phrases

if TYPE_CHECKING:
    from bot.loopback.callbacks import Modal, Reply
    from bot.rehearsal.story import Rehearsal
    from bot.rehearsal.summary import Summary

PAUSE_S = 0.25
"""For those who watch."""

ANSWER_CHARACTERS = 90
"""Of an answer that is told; whoever asked sees all of it."""


class Acting:
    """An act after the interview."""

    def __init__(self, rehearsal: Rehearsal, summary: Summary) -> None:
        self._rehearsal = rehearsal
        self._stage = rehearsal.stage
        self._check = summary.check
        self._figures = rehearsal.figures
        self._pause_s = 0.0 if rehearsal.options.fast else PAUSE_S
        self._said: dict[str, list[str]] = {name: [] for name in PEOPLE}

    async def heard(self) -> bool:
        """Take down who said what; whether there is anything to keep. With a foreign model there may be nothing."""
        interview = self._stage.running()
        draft = self._stage.app.services.interviews.drafts.get(interview.interview_id)
        names = {self._stage.user(name).id: name for name in PEOPLE}
        for snippet in draft.snippets if draft is not None else ():
            self._said[names[snippet.speaker_id]].append(snippet.text)
        return bool(self.wanted("anna") and self.wanted("oleg"))

    def wanted(self, *names: str) -> frozenset[bytes]:
        """Phrases of these people, without those that others said as well."""
        own = phrases(text for name in names for text in self._said[name])
        return own - phrases(text for name in PEOPLE if name not in names for text in self._said[name])

    def everything(self) -> frozenset[bytes]:
        """Phrases of what anybody said or noted, and of what was fed back."""
        return self.wanted(*PEOPLE) | phrases(self._rehearsal.noted)

    async def use(self, name: str, command: str, **options: object) -> Reply:
        """Use a command in the voice channel's chat; the answer is for that person alone."""
        stage = self._stage
        return await stage.discord.people.use(stage.user(name).id, command, stage.place.voice.id, options=options)

    async def press(self, name: str, reply: Reply, button: str) -> Reply:
        """Press a button of an answer."""
        return await self._stage.discord.people.press(self._stage.user(name).id, reply, button)

    async def send(self, name: str, form: Modal, **values: object) -> Reply:
        """Fill in a form, and send it."""
        return await self._stage.discord.people.submit(self._stage.user(name).id, form, values)

    async def choices(self, name: str, command: str = "transcript view", option: str = "transcript") -> list[str]:
        """The ids of what somebody is offered, the newest first."""
        stage = self._stage
        place = stage.place.voice.id
        reply = await stage.discord.people.complete(stage.user(name).id, command, place, option, "")
        return [str(choice["value"]) for choice in reply.choices]

    async def newest(self, name: str) -> str:
        """The id of somebody's newest transcript."""
        return (await self.choices(name))[0]

    async def save(self, name: str) -> None:
        """Save the interview."""
        reply = await self.use(name, "transcript save")
        await self.tell(f"{name.capitalize()} uses /transcript save. Only {_her(name)} answer: “{line_of(reply)}”")

    async def tell(self, text: str, kind: str = "act") -> None:
        """Tell whoever watches, and give them a moment."""
        self._rehearsal.say(text, kind)
        await asyncio.sleep(self._pause_s)


def form_of(reply: Reply) -> Modal:
    """The form that opened.

    Raises:
        LookupError: If none did.
    """
    if reply.modal is None:
        raise LookupError("no form opened")
    return reply.modal


def shown_in(reply: Reply) -> str:
    """An answer as Discord shows it, near enough."""
    return re.sub(r"<t:\d+:\w>", "now", re.sub(r"[\\*]", "", reply.text)).strip()


def line_of(reply: Reply) -> str:
    """The first line of an answer, as far as there is room."""
    shown = shown_in(reply)
    return textwrap.shorten(shown.splitlines()[0], ANSWER_CHARACTERS, placeholder=" …") if shown else ""


def _her(name: str) -> str:
    return "she sees the" if name == "anna" else "he sees the"
