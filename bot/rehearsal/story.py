"""The rehearsal: a whole evening between people who are not there, with the bot that would run for real.

    loopback Discord <- unmodified discord.py <- open_app(settings)
          ^
    simulated members: real Opus in DAVE frames in sealed RTP packets, over UDP
    a script at 127.0.0.1 that stands for the model which writes feedback

Nothing of the bot is replaced or told that this is a rehearsal; only the addresses of Discord and of who writes
feedback, and the recognition model are given.
It is played in acts, one after the other on the same stage. Each checks what it promised against what happened, and
`Summary.ok` says whether all of it held.
"""

from __future__ import annotations

import os
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from bot.rehearsal.act_feedback import Feedback
from bot.rehearsal.act_interview import TheInterview
from bot.rehearsal.act_keeping import WhatIsKept
from bot.rehearsal.cast import MODEL, PEOPLE, read_lines, with_recordings
from bot.rehearsal.loopback_model import LoopbackModel
from bot.rehearsal.scripted import NAME, Script
from bot.rehearsal.stage import Stage, until
from bot.rehearsal.summary import Direction, Summary
from bot.rehearsal.traces import WholeLog
from bot.telemetry.egress import watching
from config.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


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
        pictures: A folder for the pictures beside feedback; without one they are not kept.
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
    pictures: Path | None = None


class Act(Protocol):
    """A part of the rehearsal.

    Attributes:
        title: What it is about; stands above its checks.
    """

    title: str

    async def play(self) -> None:
        """Play it to its end, with what is checked put into the summary."""
        ...


ACTS: Final[tuple[Callable[[Rehearsal, Summary], Act], ...]] = (TheInterview, Feedback, WhatIsKept)
"""In this order, on one stage: each finds what those before it left."""


class Rehearsal:
    """One rehearsal. Attributes are there to be looked at while it runs.

    Attributes:
        options: What was asked for.
        lines: What is said in the interview.
        directions: What happened lately.
        stage: The bot, the Discord around it, and the people.
        act: The number of the act that plays, from 1.
        eyes: Through whose eyes the channel is shown; None for what everybody sees.
        summary: What was found so far.
        log: Everything that was logged.
        figures: What is shown beside the channel, by name; while there are none, what is heard.
        model: Who writes feedback: a script.
        noted: What people noted and what was fed back, to be looked for like what they said.
    """

    def __init__(
        self,
        options: Options,
        *,
        watch: Callable[[Direction], None] | None = None,
        at_its_fullest: Callable[[Rehearsal], None] | None = None,
    ) -> None:
        self._at_its_fullest = at_its_fullest
        self._watch = watch
        self.options = options
        self.lines = with_recordings(read_lines(), options.recordings)
        self.directions: deque[Direction] = deque(maxlen=40)
        self.act = 0
        self.eyes: str | None = None
        self.figures: dict[str, str] = {}
        self.summary = Summary()
        self.log = WholeLog()
        self.model = LoopbackModel(Script(), name=NAME)
        self.noted: list[str] = []
        settings = Settings(
            _env_file=None,  # pyright: ignore[reportCallIssue] - pydantic-settings' own argument
            discord_token=None,
            model=options.model or str(MODEL),
            languages="",
            guild_id=None,
        )
        self.stage = Stage(settings, people=PEOPLE, temporary=True)

    def say(self, text: str, kind: str = "act") -> None:
        """Tell whoever watches what happens."""
        direction = Direction(self.stage.elapsed_s, text, kind)
        self.directions.append(direction)
        if self._watch is not None:
            self._watch(direction)

    def at_its_fullest(self) -> None:
        """There is most to see now; once in each act."""
        if self._at_its_fullest is not None:
            self._at_its_fullest(self)

    async def run(self) -> Summary:
        """Play all acts and check what was promised.

        Raises:
            StartRefused: If the bot cannot start.
        """
        summary = self.summary
        before = _leavings()
        with self.log.kept(), watching() as contacts:
            async with self.model:
                self.stage.settings = with_script(self.stage.settings, self.model)
                await self._play()
        summary.seconds = round(self.stage.elapsed_s, 2)
        summary.begin("In the end")
        if self.options.model is None:  # else it may just have been fetched
            summary.check("nothing went to any other machine", held=bool(contacts.hosts) and not contacts.strays())
        summary.check("no process, thread or shared memory is left", held=await _nothing_left(before))
        summary.ok = all(summary.checks.values())
        return summary

    async def _play(self) -> None:
        async with self.stage:
            self.say("A Discord of its own is up on 127.0.0.1; the bot has logged in to it.", "scene")
            for number, act in enumerate(ACTS, 1):
                self.act, self.eyes, self.figures = number, None, {}
                playing = act(self, self.summary)
                self.summary.begin(playing.title)
                await playing.play()


def with_script(settings: Settings, model: LoopbackModel) -> Settings:
    """The settings with a script for who writes feedback, by the interface that servers of one's own have."""
    changes = {"feedback_writer": "compatible", "feedback_url": model.url, "feedback_model": model.name}
    return settings.model_copy(update=changes)


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
