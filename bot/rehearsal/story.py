"""The rehearsal: a whole interview between people who are not there, with the bot that would run for real.

    loopback Discord <- unmodified discord.py <- open_app(settings)
          ^
    simulated members: real Opus in DAVE frames in sealed RTP packets, over UDP

Nothing of the bot is replaced or told that this is a rehearsal; only the address of Discord and the model are given.
At the end the promises are checked against what happened, and `Summary.ok` says whether all of them held.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import Counter, deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.interview.session import Stopped
from bot.loopback.forwarding import Impairment
from bot.rehearsal.cast import MODEL, PEOPLE, ROLES, Line, read_lines, with_recordings, word_errors, words
from bot.rehearsal.stage import Stage, until
from config.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from bot.interview.session import Interview, Status
    from bot.loopback.world import Event

BREATH_S = 0.9
"""Between two people's turns: longer than the pause that ends an utterance, as people leave it."""

SETTLE_S = 8.0
"""How long the last caption may take before the interview is ended."""


@dataclass(frozen=True, slots=True)
class Options:
    """What can be asked of the rehearsal.

    Attributes:
        recordings: Your own recordings as people's voices, by name.
        model: A model folder or name instead of the small one that comes along.
        loss: Part of the packets lost on the way to the bot, 0 .. 1; so `duplicate` and `garbage`.
        jitter_ms: How late packets may be.
        seed: Of all that is random.
        fast: Whether people who need not wait for each other speak at once.
        rounds: How often the conversation is held, for long runs.
    """

    recordings: Mapping[str, Path] = field(default_factory=dict[str, Path])
    model: str | None = None
    loss: float = 0.0
    duplicate: float = 0.0
    jitter_ms: float = 0.0
    garbage: float = 0.0
    seed: int = 0
    fast: bool = False
    rounds: int = 1


@dataclass(slots=True)
class PersonSeen:
    """What the bot's counters say of one person, beside what was really said.

    Attributes:
        said: Words spoken while the bot was allowed to hear.
        wrong: Words of those that came out otherwise; None where nobody knows the right ones.
    """

    name: str
    role: str
    packets: int = 0
    dropped_sealed: int = 0
    decrypted: int = 0
    concealed: int = 0
    said: int = 0
    wrong: int | None = 0


@dataclass(slots=True)
class Summary:
    """How it went; `--json` prints it."""

    ok: bool = False
    seconds: float = 0.0
    checks: dict[str, bool] = field(default_factory=dict[str, bool])
    people: dict[str, PersonSeen] = field(default_factory=dict[str, PersonSeen])
    words_said: int = 0
    words_wrong: int = 0
    caption_latency_p50_s: float | None = None
    caption_latency_p95_s: float | None = None
    captions_posted: int = 0
    captions_edited: int = 0
    not_transcribed_s: float = 0.0
    audio_heard_s: float = 0.0
    audio_wiped_s: float = 0.0
    network: dict[str, int] = field(default_factory=dict[str, int])
    end_to_end_encrypted: bool = False

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Direction:
    """Something that happens on the stage, for whoever watches."""

    at_s: float
    text: str
    kind: str = "act"


class Rehearsal:
    """One rehearsal. Attributes are there to be looked at while it runs.

    Attributes:
        directions: What happened lately.
        stage: The bot, the Discord around it, and the people.
    """

    def __init__(
        self,
        options: Options,
        *,
        watch: Callable[[Direction], None] | None = None,
        at_its_fullest: Callable[[Rehearsal], None] | None = None,
    ) -> None:
        self._at_its_fullest = at_its_fullest
        self._options = options
        self._watch = watch
        self._lines = with_recordings(read_lines(), options.recordings)
        self.directions: deque[Direction] = deque(maxlen=40)
        settings = Settings(
            _env_file=None,  # pyright: ignore[reportCallIssue] - pydantic-settings' own argument
            discord_token=None,
            model=options.model or str(MODEL),
            languages="",
            guild_id=None,
        )
        self.stage = Stage(settings, people=PEOPLE)

    def _say(self, text: str, kind: str = "act") -> None:
        direction = Direction(self.stage.elapsed_s, text, kind)
        self.directions.append(direction)
        if self._watch is not None:
            self._watch(direction)

    # -- the story ------------------------------------------------------------------------------------------------

    async def run(self) -> Summary:
        """Hold the rehearsal and check what was promised.

        Raises:
            StartRefused: If the bot cannot start.
        """
        summary = Summary()
        before = _leavings()
        async with self.stage:
            self._say("A Discord of its own is up on 127.0.0.1; the bot has logged in to it.", "scene")
            await self._play(summary)
        summary.seconds = round(self.stage.elapsed_s, 2)
        summary.checks["no process, thread or shared memory is left"] = await _nothing_left(before)
        summary.ok = all(summary.checks.values())
        return summary

    async def _play(self, summary: Summary) -> None:
        stage, options = self.stage, self._options
        for name in ("oleg", "anna", "david", "peter"):
            await self._arrive(name)
        reply = await stage.start("oleg")
        self._say(f"Oleg uses /interview start. The bot answers: “{_first_line(reply.text)}”")
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
        shown: list[str] = []
        forget = stage.world.subscribe(lambda event: _note_caption(event, stage.bot_id, shown))
        try:
            for name in ("oleg", "anna", "david"):
                await self._join(name)
            for _ in range(options.rounds):
                await self._converse()
            await self._settle()
            if self._at_its_fullest is not None:
                self._at_its_fullest(self)
            await stage.press("anna", "Status")
            self._say("Anna presses Status; only she sees the answer.")
            await self._end(summary, shown)
        finally:
            forget()

    async def _arrive(self, name: str) -> None:
        await self.stage.arrive(name)
        self._say(f"{name.capitalize()} ({ROLES[name]}) comes into the voice channel.")

    async def _join(self, name: str) -> None:
        await self.stage.join(name)
        self._say(f"{name.capitalize()} presses Join and ticks what may be done with {_their(name)} voice.")

    async def _withdraw(self, name: str) -> None:
        reply = await self.stage.press(name, "Leave")
        self._say(f"{name.capitalize()} presses Leave. From now on {_their(name)} packets stay sealed.")
        await self.stage.discord.people.press(self.stage.user(name).id, reply, "Remove my lines")
        self._say(f"{name.capitalize()} presses Remove my lines; they vanish from the captions.")

    async def _converse(self) -> None:
        """People take turns; with `fast`, whoever need not wait for what another does speaks at the same time."""
        group: list[Line] = []
        withdrawn: set[str] = set()
        for line in self._lines:
            arrives = line.speaker not in self.stage.members
            withdraws = line.silent and line.speaker == "david" and "david" not in withdrawn
            if arrives or withdraws:
                await self._speak(group)
                group = []
            if arrives:
                await self._arrive(line.speaker)
                await self._join(line.speaker)
            if withdraws:
                await asyncio.sleep(2.0)  # his earlier words stand in the captions first
                withdrawn.add(line.speaker)
                await self._withdraw(line.speaker)
            group.append(line)
            if not self._options.fast:
                await self._speak(group)
                group = []
                await asyncio.sleep(BREATH_S)
        await self._speak(group)

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
        summary.checks["it ended as asked"] = interview.stopped is Stopped.ASKED
        summary.checks["the captions are deleted"] = (
            captions_id is not None and stage.world.messages[captions_id].deleted_at is not None
        )
        summary.checks["the bot has left the channel"] = (
            stage.world.voice_state(stage.bot_id, stage.place.guild.id) is None
        )
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
        held = self.stage.app.services.interviews.drafts.get(interview.interview_id)
        drafted: dict[str, list[str]] = {name: [] for name in PEOPLE}
        for snippet in held.snippets if held is not None else ():
            drafted[ids[snippet.speaker_id]] += words(snippet.text)
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
        summary.checks |= {
            "who never said yes: not one packet decrypted": summary.people["peter"].decrypted == 0
            and summary.people["peter"].dropped_sealed > 0,
            "nothing is heard after a yes is taken back": not leaked and not drafted["david"],
            "everybody who said yes is heard": all(
                summary.people[name].decrypted > 0 for name in ("oleg", "anna", "david", "maria")
            ),
            "the call is end-to-end encrypted": status.encrypted,
        }
        options = self._options
        clean = not (options.loss or options.duplicate or options.jitter_ms or options.garbage)
        if options.model is None and clean:
            summary.checks["at least 9 words in 10 are right"] = summary.words_wrong <= 0.1 * summary.words_said
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
        summary.checks["no audio is left in memory that the bot owns"] = interview.receiver.silent


def _note_caption(event: Event, bot_id: int, shown: list[str]) -> None:
    message = event.message
    if message is not None and message.author.id == bot_id and message.content and message.ephemeral_to is None:
        shown.append(message.content.replace("\\", ""))


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else ""


def _their(name: str) -> str:
    return "her" if name in {"anna", "maria"} else "his"


def _leavings() -> tuple[set[str], set[str]]:
    """Child processes and shared-memory files of this process, to compare before and after."""
    children: set[str] = set()
    tasks = Path(f"/proc/{os.getpid()}/task")
    if tasks.is_dir():
        for task in tasks.iterdir():
            try:
                children |= set((task / "children").read_text(encoding="ascii").split())
            except OSError:
                continue
    shared = Path("/dev/shm")  # noqa: S108 - looked at, not written to
    # As Python names its shared memory: other programs' files come and go.
    return children, {path.name for path in shared.glob("psm_*")} if shared.is_dir() else set()


async def _nothing_left(before: tuple[set[str], set[str]]) -> bool:
    def nothing() -> bool:
        children, shared = _leavings()
        return children <= before[0] and shared <= before[1]

    try:
        await until(nothing, within_s=2)
    except TimeoutError:
        return False
    return True
