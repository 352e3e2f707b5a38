"""The first act: an interview is held, and what was promised of it is checked.

people come -> the host starts it -> those who agree join -> they talk; one takes his yes back, one comes late
-> questions stand on a card; one answer is typed
-> the host ends it -> counters, captions and draft are held against what was really said
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import TYPE_CHECKING

from bot.interview.session import Stopped
from bot.loopback.forwarding import Impairment
from bot.rehearsal.cast import PEOPLE, ROLES, TYPED, Line, word_errors, words
from bot.rehearsal.stage import KEEPING, until
from bot.rehearsal.summary import PersonSeen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from bot.interview.session import Interview, Status
    from bot.loopback.entities import Message
    from bot.loopback.world import Event
    from bot.rehearsal.story import Rehearsal
    from bot.rehearsal.summary import Summary

BREATH_S = 0.9
"""Between two turns of the same person: longer than the pause that ends an utterance, as people leave it."""

TURN_S = 0.3
"""Between the turns of two people."""

CARD_S = 8.0
"""How long the card of a question may take to stand."""

SETTLE_S = 8.0
"""How long the last caption may take before the interview is ended."""

KEPT = frozenset({"oleg", "anna"})
"""Who also agrees that others may save their words. Maria and David do not."""

OWN_QUESTION = "tell me about yourself"
"""What Oleg says when he asks it as a question of his own."""

LISTED = "incident"
"""What Oleg types to find a question in the list."""

STORY = "memory leak"
"""What Anna says when her answer to that one begins."""


class TheInterview:
    """The first act."""

    title = "The interview"

    def __init__(self, rehearsal: Rehearsal, summary: Summary) -> None:
        self._rehearsal = rehearsal
        self._summary = summary
        self.stage = rehearsal.stage
        self._options = rehearsal.options
        self._lines = rehearsal.lines
        self._say = rehearsal.say
        self._shown: list[str] = []
        self._asked = ""
        self._typed = self._stood = False
        self._last = ""

    async def play(self) -> None:
        """Hold it."""
        stage, options, summary = self.stage, self._options, self._summary
        for name in ("oleg", "anna", "david", "peter"):
            await self._arrive(name)
        reply = await stage.start("oleg", type="behavioural", role="interviewer", questions=3)
        self._say(f"Oleg uses /interview start, as interviewer. The bot answers: “{_first_line(reply.text)}”")
        stage.voice.impair(
            stage.bot_id,
            Impairment(
                loss=options.loss,
                duplicate=options.duplicate,
                jitter_ms=options.jitter_ms,
                garbage=options.garbage,
                seed=options.seed,
            ),
        )
        shown = self._shown
        forget = stage.world.subscribe(lambda event: _note_caption(event, stage.bot_id, shown))
        try:
            for name in ("oleg", "anna", "david"):
                await self._join(name)
            for _ in range(options.rounds):
                await self._converse()
            if not self._typed:  # the line before which it comes was a recording of somebody's own
                await self._choose()
                await self._type()
            await self._another_one()
            await self._settle()
            self._rehearsal.at_its_fullest()
            await stage.press("anna", "Status")
            self._say("Anna presses Status; only she sees the answer.")
            await self._end(summary, shown)
        finally:
            forget()

    async def _arrive(self, name: str) -> None:
        await self.stage.arrive(name)
        self._say(f"{name.capitalize()} ({ROLES[name]}) comes into the voice channel.")

    async def _join(self, name: str) -> None:
        await self.stage.join(name, KEEPING if name in KEPT else None)
        self._say(f"{name.capitalize()} presses Join and ticks what may be done with {_their(name)} voice.")

    async def _withdraw(self, name: str) -> None:
        reply = await self.stage.press(name, "Leave")
        self._say(f"{name.capitalize()} presses Leave. From now on {_their(name)} packets stay sealed.")
        await self.stage.discord.people.press(self.stage.user(name).id, reply, "Remove my lines")
        self._say(f"{name.capitalize()} presses Remove my lines; they vanish from the captions.")

    async def _converse(self) -> None:
        """People take turns; with `fast`, whoever need not wait for what another does speaks at the same time.

        Nobody waits for those whom nobody may hear: they talk into what others say.
        """
        group: list[Line] = []
        withdrawn: set[str] = set()
        for line in self._lines:
            arrives = line.speaker not in self.stage.members
            withdraws = line.silent and line.speaker == "david" and "david" not in withdrawn
            asks = self._is(line, "oleg", OWN_QUESTION) and not self._asked
            tells = self._is(line, "anna", STORY) and not self._typed
            if arrives or withdraws or asks or tells:
                await self._turn(group)
                group = []
            if arrives:
                await self._arrive(line.speaker)
                await self._join(line.speaker)
            if withdraws:
                if self._options.fast:
                    await asyncio.sleep(2.0)  # his earlier words stand in the captions first
                withdrawn.add(line.speaker)
                await self._withdraw(line.speaker)
            if asks:
                await self._ask(line.text.rstrip("."))
            if tells:
                await self._choose()
            group.append(line)
            if tells or not (self._options.fast or line.silent):
                await self._turn(group)
                group = []
            if tells:
                await self._type()
        await self._turn(group)

    @staticmethod
    def _is(line: Line, speaker: str, words_in_it: str) -> bool:
        return line.speaker == speaker and words_in_it in line.text.lower()

    async def _turn(self, lines: Sequence[Line]) -> None:
        if lines:
            await asyncio.sleep(BREATH_S if any(line.speaker == self._last for line in lines) else TURN_S)
            await self._speak(lines)
            self._last = lines[-1].speaker

    # -- questions ------------------------------------------------------------------------------------------------

    async def _ask(self, text: str) -> None:
        """Oleg puts up a question in his own words."""
        await self._question(item=text)
        self._asked = text
        self._say(f"Oleg uses /interview question with his own words: “{text}”. It stands on a card.")

    async def _choose(self) -> None:
        """Oleg takes one from the list, with a follow-up."""
        stage = self.stage
        host, channel = stage.user("oleg").id, stage.place.text.id
        offered = await stage.discord.people.complete(host, "interview question", channel, "item", LISTED)
        self._asked = str(offered.choices[0]["name"])
        await self._question(item=str(offered.choices[0]["value"]))
        self._say(f"Oleg types “{LISTED}” and takes a question from the list: “{self._asked}”")

    async def _type(self) -> None:
        """Oleg asks on, and Anna writes the rest of her answer."""
        stage, people = self.stage, self.stage.discord.people
        card = await self._card("Follow-up")
        self._stood = card is not None and self._asked in card.text
        if card is not None:
            await people.press(stage.user("oleg").id, card, "Follow-up")
            self._say("Oleg presses Follow-up on the card.")
        form = (await people.use(stage.user("anna").id, "interview answer", stage.place.text.id)).modal
        if form is not None:
            with contextlib.suppress(TimeoutError):
                await stage.quiet(SETTLE_S)  # writing takes longer than writing down what she said
            await people.submit(stage.user("anna").id, form, {"text": TYPED})
            self._typed = True
            self._say(f"Anna uses /interview answer and writes: “{TYPED}”")

    async def _another_one(self) -> None:
        """Oleg asks a third question, and would rather have another one; the time is up all the same."""
        await self._question()
        card = await self._card("Skip", after=self._asked)
        if card is not None:
            await self.stage.discord.people.press(self.stage.user("oleg").id, card, "Skip")
            self._say("Oleg asks the next question of the bank, and presses Skip for another one.")

    async def _question(self, **options: object) -> None:
        stage = self.stage
        place = stage.place.text.id
        await stage.discord.people.use(stage.user("oleg").id, "interview question", place, options=options)

    async def _card(self, button: str, *, after: str = "") -> Message | None:
        """The card, as everybody sees it, with that button and not with the question *after* which it comes.

        None if it does not come to that.
        """

        def standing() -> Message | None:
            cards = self._cards()
            new = len(cards) == 1 and not (after and after in cards[0].text)
            return cards[0] if new and button in str(cards[0].components) else None

        with contextlib.suppress(TimeoutError):
            await until(lambda: standing() is not None, within_s=CARD_S)
        return standing()

    def _cards(self) -> list[Message]:
        return [m for m in self.stage.seen("peter") if m.ephemeral_to is None and "Type an answer" in str(m.components)]

    # -- speaking -------------------------------------------------------------------------------------------------

    async def _speak(self, lines: Sequence[Line]) -> None:
        by_speaker: dict[str, list[Line]] = {}
        for line in lines:
            by_speaker.setdefault(line.speaker, []).append(line)

        async def one(name: str, own: list[Line]) -> None:
            for number, line in enumerate(own):
                if number:
                    await asyncio.sleep(BREATH_S)
                said = f"“{line.text}”" if line.text else f"(your recording, {line.seconds:.0f} s)"
                self._say(f"{name.capitalize()}: {said}", "silent" if line.silent else "line")
                await self.stage.members[name].say(line.file)

        async with asyncio.TaskGroup() as tasks:
            for name, own in by_speaker.items():
                tasks.create_task(one(name, own), name=f"{name} speaks")

    async def _settle(self) -> None:
        """Wait until everything that was said has been written down, and shown."""
        with contextlib.suppress(TimeoutError):
            await self.stage.quiet(SETTLE_S)
        await asyncio.sleep(1.3)  # one caption edit more

    async def _end(self, summary: Summary, shown: list[str]) -> None:
        stage, interview = self.stage, self.stage.running()
        captions_id = interview.captions.message_id if interview.captions is not None else None
        status = interview.status()
        await stage.end("oleg")
        self._say("Oleg presses End.")
        self._judge(interview, status, summary, shown)
        if self._typed:
            stands = any(set(words(TYPED)) <= set(words(body)) for body in shown)
            written = [snippet.text for snippet in interview.draft.typed]
            summary.check("what is typed stands among what is said", held=written == [TYPED] and stands)
        summary.check("it ended as asked", held=interview.stopped is Stopped.ASKED)
        deleted = captions_id is not None and stage.world.messages[captions_id].deleted_at is not None
        summary.check("the captions are deleted", held=deleted)
        if self._typed:
            summary.check("questions stand on their card, until the end", held=self._stood and not self._cards())
        gone = stage.world.voice_state(stage.bot_id, stage.place.guild.id) is None
        summary.check("the bot has left the channel", held=gone)
        self._say("The bot has left; its captions are deleted, the audio is overwritten.", "scene")

    # -- what is checked ------------------------------------------------------------------------------------------

    def _judge(self, interview: Interview, status: Status, summary: Summary, shown: list[str]) -> None:
        ids = {self.stage.user(name).id: name for name in PEOPLE}
        summary.people = {name: PersonSeen(name.capitalize(), ROLES[name]) for name in PEOPLE}
        for heard in status.heard:
            if heard.user_id in ids:
                seen = summary.people[ids[heard.user_id]]
                seen.packets, seen.dropped_sealed = heard.packets, heard.dropped_sealed
                seen.decrypted, seen.concealed = heard.decrypted, heard.concealed
        drafted = self._drafted(interview, ids)
        captioned = Counter(word for body in shown for word in words(body))

        for name, seen in summary.people.items():
            said = [w for line in self._lines if line.speaker == name and not line.silent for w in words(line.text)]
            seen.said = len(said) * self._options.rounds
            if name in self._options.recordings:
                seen.wrong = None
            elif name == "david":  # his words left the draft; they must have been read before
                seen.wrong = sum(1 for word in said if not captioned[word])
            else:
                seen.wrong = word_errors(said * self._options.rounds, drafted[name])
        counted = [seen for seen in summary.people.values() if seen.wrong is not None]
        summary.words_said = sum(seen.said for seen in counted)
        summary.words_wrong = sum(seen.wrong or 0 for seen in counted)

        silent = {w for line in self._lines if line.silent for w in words(line.text)}
        spoken = {w for line in self._lines if not line.silent for w in words(line.text)}
        leaked = {w for w in silent - spoken if len(w) > 3 and (captioned[w] or any(w in d for d in drafted.values()))}
        counters, pipeline = interview.receiver.counters, interview.pipeline
        peter = summary.people["peter"]
        sealed = peter.decrypted == 0 and peter.dropped_sealed > 0
        summary.check("who never said yes: not one packet decrypted", held=sealed)
        summary.check("nothing is heard after a yes is taken back", held=not leaked and not drafted["david"])
        agreed = ("oleg", "anna", "david", "maria")
        heard = all(summary.people[name].decrypted > 0 for name in agreed)
        summary.check("everybody who said yes is heard", held=heard)
        summary.check("the call is end-to-end encrypted", held=status.encrypted)
        options = self._options
        clean = not (options.loss or options.duplicate or options.jitter_ms or options.garbage)
        if options.model is None and clean:
            right = summary.words_wrong <= 0.1 * summary.words_said
            summary.check("at least 9 words in 10 are right", held=right)
        latencies = sorted(interview.captions.latencies_s) if interview.captions is not None else []
        if latencies:
            summary.caption_latency_p50_s = round(latencies[len(latencies) // 2], 3)
            summary.caption_latency_p95_s = round(latencies[min(len(latencies) - 1, int(len(latencies) * 0.95))], 3)
            summary.captions_posted = interview.captions.posts if interview.captions is not None else 0
            summary.captions_edited = interview.captions.edits if interview.captions is not None else 0
        summary.not_transcribed_s = round(status.missing_s, 2)
        summary.audio_heard_s = round(counters.frames * 0.02, 2)
        summary.audio_wiped_s = round(pipeline.counts.wiped_s, 2)
        summary.network = {name: getattr(counters, name) for name in type(counters).__slots__}
        summary.end_to_end_encrypted = status.encrypted
        summary.check("no audio is left in memory that the bot owns", held=interview.receiver.silent)

    def _drafted(self, interview: Interview, names: Mapping[int, str]) -> dict[str, list[str]]:
        """The words that were written down of each person; not those that somebody typed."""
        held = self.stage.app.services.interviews.drafts.get(interview.interview_id)
        drafted: dict[str, list[str]] = {name: [] for name in PEOPLE}
        if held is not None:
            typed = set(map(id, held.typed))
            for snippet in held.snippets:
                drafted[names[snippet.speaker_id]] += words(snippet.text) if id(snippet) not in typed else ()
        return drafted


def _note_caption(event: Event, bot_id: int, shown: list[str]) -> None:
    message = event.message
    if message is not None and message.author.id == bot_id and message.content and message.ephemeral_to is None:
        shown.append(message.content.replace("\\", ""))


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""


def _their(name: str) -> str:
    return "her" if name in {"anna", "maria"} else "his"
