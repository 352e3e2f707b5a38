"""The second act: feedback on what Anna answered, from people and from a script that stands for a model.

    saved -> Oleg notes something for her -> she notes how it went -> what would be sent where
    -> no tick: nothing is sent -> the yes -> two requests over HTTP on this machine -> a direct message
    -> card and pictures -> she disagrees

What came back was written beforehand (`bot.rehearsal.scripted`) and says so on every card. All the rest is the bot's:
consent, hiding of names, requests, checks of every quote, counting, card, pictures.
"""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING
from uuid import UUID

from bot.feedback.report import Dropped, Report
from bot.loopback.entities import ChannelKind
from bot.rehearsal.acting import Acting, form_of, line_of, shown_in
from bot.rehearsal.cast import TYPED
from bot.rehearsal.loopback_model import INPUT_TOKENS, OUTPUT_TOKENS
from bot.rehearsal.scripted import FABRICATED, NAME, texts
from bot.rehearsal.stage import until
from bot.rehearsal.traces import holds, phrases
from storage.ledger import Purpose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.loopback.callbacks import Reply
    from bot.loopback.entities import Attachment, Message
    from bot.loopback.world import Event
    from bot.rehearsal.stage import Stage
    from bot.rehearsal.story import Rehearsal
    from bot.rehearsal.summary import Summary

DONE_S = 30.0
"""How long feedback may take; requests to a script take no time."""

PASSES = 2
"""How often a model is asked; as the page on feedback says."""

TICKED = {"purposes": [Purpose.AI_FEEDBACK.value], "age": ["yes"]}
UNTICKED = {"purposes": [], "age": ["yes"]}

OLEGS_NOTE = "Next time tell me earlier what the outage meant for customers."
ANNAS_NOTE = "I was calm, but I began in the middle of the story."

PNG = b"\x89PNG\r\n\x1a\n"


class Feedback(Acting):
    """The second act."""

    title = "Feedback"

    def __init__(self, rehearsal: Rehearsal, summary: Summary) -> None:
        super().__init__(rehearsal, summary)
        self._model = rehearsal.model
        self._pictures = rehearsal.options.pictures

    async def play(self) -> None:
        """Play it, if Anna said something that could be judged."""
        self._rehearsal.eyes = "anna"
        if not await self.heard() or TYPED not in self._said["anna"]:
            await self.tell("What Anna wrote is not there, so there is nothing that the script could judge.", "scene")
            return
        for name in ("oleg", "anna"):
            await self.save(name)
        transcript = await self.newest("anna")
        await self._noting()
        self._rehearsal.noted += [OLEGS_NOTE, ANNAS_NOTE, *texts()]
        offer = await self._asking(transcript)
        await self._sending(offer)
        card = await self._reading()
        await self._following(card)
        await self._disagreeing(card)
        self._rehearsal.at_its_fullest()

    # -- what people do -------------------------------------------------------------------------------------------

    async def _noting(self) -> None:
        """Oleg notes something for Anna; Peter, who was not in it, cannot."""
        anna = self._stage.user("anna").id
        refused = await self.use("peter", "feedback peer", person=anna)
        if refused.modal is not None:
            refused = await self.send("peter", refused.modal, overall="1")
        await self.tell(f"Peter, who never joined, tries /feedback peer: “{line_of(refused)}”")
        form = form_of(await self.use("oleg", "feedback peer", person=anna))
        await self.send("oleg", form, overall="4", strong=["action", "result"], weak=["context"], sentence=OLEGS_NOTE)
        await self.tell(f"Oleg uses /feedback peer and notes for her: “{OLEGS_NOTE}”")
        await self.use("anna", "settings", **{"dm-results": True})
        await self.tell("Anna uses /settings: she wants to be told of results by a direct message.")

    async def _asking(self, transcript: str) -> Reply:
        """Anna notes how it went, and then sees what would be sent where."""
        form = form_of(await self.use("anna", "feedback request", transcript=transcript))
        offer = await self.send("anna", form, overall="3", strong=["action"], weak=["structure"], sentence=ANNAS_NOTE)
        await offer
        await self.tell("Anna uses /feedback request. First she notes how it went herself.")
        await self.tell("Then she reads what would be sent where, what is taken out before, and what it may use.")
        noted = await self._stage.app.services.stores.feedback.ratings(self._stage.user("anna").id, UUID(transcript))
        self._check(
            "what somebody was with notes comes with their name, and from nobody else",
            held=OLEGS_NOTE in offer.text and len(noted) == 2,
        )
        told = (NAME, "Nothing leaves that machine", "1 name", "1 e-mail address", "tokens")
        self._check("she is told where, what and how much before", held=all(each in shown_in(offer) for each in told))
        return offer

    async def _sending(self, offer: Reply) -> None:
        stage, model, clock = self._stage, self._model, self._stage.app.services.clock
        anna, guild, jobs = stage.user("anna").id, stage.place.guild.id, stage.app.services.stores.jobs
        before = await jobs.left(anna, guild, at=clock.now())
        form = form_of(await self.press("anna", offer, "Send"))
        refused = await self.send("anna", form, **UNTICKED)
        await self.tell(f"She presses Send and ticks nothing: “{line_of(refused)}”")
        nothing = not model.asked and not stage.app.services.desk.counters.calls
        messages: list[Message] = []
        forget = stage.world.subscribe(lambda event: _note_direct(event, stage, anna, messages))
        try:
            form = form_of(await self.press("anna", offer, "Send"))
            nothing = nothing and not model.asked
            await self.send("anna", form, **TICKED)
            await self.tell("She presses Send once more, and ticks that her words may be sent for feedback.")
            await until(lambda: bool(messages), within_s=DONE_S)
        finally:
            forget()
        await self.tell(f"The model, which is a script here, was asked {len(model.asked)} times. A message for Anna:")
        await self.tell(f"“{messages[0].text}”")
        after = await jobs.left(anna, guild, at=clock.now())
        used = PASSES * (INPUT_TOKENS + OUTPUT_TOKENS)
        left = [(was or 0) - (now or 0) for was, now in ((before.person, after.person), (before.server, after.server))]
        self._figures["requests to the script"] = f"{len(model.asked)}"
        self._figures["tokens counted"] = f"{left[0]:,}"
        self._check("nothing is sent before the yes", held=nothing and len(model.asked) == PASSES)
        self._judge_what_was_sent()
        self._check("what it used is counted, for her and for the server", held=left == [used, used])
        fed_back = phrases([*texts(), *self._said["anna"], OLEGS_NOTE, ANNAS_NOTE])
        self._check(
            "the direct message says that it is there, and no word of it",
            held=len(messages) == 1 and not holds(messages[0].text.encode(), fed_back),
        )

    def _judge_what_was_sent(self) -> None:
        sent = [asked.content for asked in self._model.asked]
        names = [name.capitalize() for name in self._stage.place.people]
        hidden = sum(text.count("[Interviewer 1]") + text.count("[Email 1]") for text in sent[:1])
        self._figures["names and addresses hidden"] = f"{hidden}"
        self._check(
            "names and addresses are replaced in what is sent",
            held=hidden == 2 and not any(secret in text for text in sent for secret in (*names, "example.org")),
        )
        others = self.wanted("oleg", "maria", "david", "peter")
        self._check(
            "only her own words are sent, and those that can be judged",
            held=not any(holds(text.encode(), others) for text in sent)
            and all(holds(text.encode(), self.wanted("anna")) for text in sent),
        )

    async def _reading(self) -> Reply:
        card = await self.use("anna", "feedback view")
        await self.tell("Anna uses /feedback view: scores with her own words, and two pictures.")
        reports = await self._reports()
        said = [" ".join(text.split()) for text in self._said["anna"]]
        quotes = [e.quote for r in reports for a in r.assessments for j in a.judged for e in j.evidence]
        refused = sum(dict(report.dropped).get(Dropped.UNQUOTED, 0) for report in reports)
        self._figures["quotes of hers"] = f"{len(set(quotes))}"
        self._figures["quotes that nobody said"] = f"{refused}, not shown"
        self._check(
            "every quote is hers, and one that the script made up is not shown",
            held=bool(quotes)
            and all(any(quote in text for text in said) for quote in quotes)
            and refused == PASSES
            and FABRICATED not in card.text,
        )
        (feedback, *_) = await self.choices("anna", "feedback view", "feedback")
        stranger = await self.use("oleg", "feedback view", feedback=feedback)
        await stranger
        await self.tell(f"Oleg tries to read it: “{line_of(stranger)}”")
        own = NAME in shown_in(card) and card.ephemeral and "not enough evidence" in card.text
        theirs = phrases([*texts(), *self._said["anna"]])
        self._check("it is for her alone", held=own and not holds(stranger.text.encode(), theirs))
        return card

    async def _following(self, card: Reply) -> None:
        """The pictures, as files; and the one of how her interviews go."""
        course = await self.use("anna", "feedback progress")
        await self.tell("Anna uses /feedback progress: a third picture.")
        pictures = [file for reply in (card, course) for file in _pictures(reply)]
        described = [picture for picture in pictures if len(picture.description or "") > 40]
        self._figures["pictures"] = f"{len(pictures)}"
        self._check("each picture says in words what it shows", held=len(pictures) == len(described) == 3)
        if self._pictures is not None:
            self._rehearsal.summary.pictures = await asyncio.to_thread(self._write, pictures)
            await self.tell(f"The pictures are in {self._pictures}.")

    def _write(self, pictures: Sequence[Attachment]) -> list[str]:
        if self._pictures is None:
            return []
        self._pictures.mkdir(parents=True, exist_ok=True)
        for picture in pictures:
            (self._pictures / picture.filename).write_bytes(picture.data)
        return [str(self._pictures / picture.filename) for picture in pictures]

    async def _disagreeing(self, card: Reply) -> None:
        form = form_of(await self.press("anna", card, "I disagree"))
        await self.send("anna", form, criterion="depth", why="I did say why we limited the queue.")
        await self.tell("Anna presses I disagree, about depth.")
        again = await self.use("anna", "feedback view")
        line = next((line for line in again.text.splitlines() if "Depth" in line), "")
        self._check("her disagreement stands beside the score", held="you disagree" in line)

    # -- helpers --------------------------------------------------------------------------------------------------

    async def _reports(self) -> list[Report]:
        page = await self._stage.app.services.stores.feedback.list(self._stage.user("anna").id)
        return [Report.from_json(json.dumps(kept.report)) for kept in page.entries if kept.report is not None]


def _note_direct(event: Event, stage: Stage, user_id: int, messages: list[Message]) -> None:
    message = event.message
    if message is None or message.author.id != stage.bot_id or message in messages:
        return
    channel = stage.world.channels[message.channel_id]
    if channel.kind is ChannelKind.DM and user_id in channel.recipient_ids:
        messages.append(message)


def _pictures(reply: Reply) -> list[Attachment]:
    message = reply.message
    return [file for file in message.attachments if file.data.startswith(PNG)] if message is not None else []
