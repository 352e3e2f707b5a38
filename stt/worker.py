"""The engine in processes of its own: samples in through shared memory, words out through a pipe.

    transcribe -> queue -> one task for each child -> copy into its slot -> line down its stdin -> line up its stdout

A process, because a model can crash or hang: then it is killed and started again, one utterance gets no words, and the
bot stays in its call. Also because the kernel clears what a dead process leaves, which no library does.

Nothing of the audio is pickled, written to a pipe, logged or put in an exception.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from stt.audio import RING_S, AudioOverwritten
from stt.engine import NO_HINTS, EngineLost, EngineUnavailable, TranscriptionFailed, Words
from stt.gates import most_tokens
from stt.slot import SLOT_SAMPLES, Slot

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

    from stt.audio import Utterance
    from stt.engine import Hints, Window

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parents[1]
"""Where `python -m stt.child` is found, wherever the bot was started. Never in the current directory (`-P`)."""

STARTS = 3
"""Starts in a row that may fail before a child is given up."""

LEAST_DEADLINE_S = 6.0
"""No engine is taken to hang before, however fast it is: the machine may be busy with something else."""

PATIENCE = 3
"""Times as long as an utterance should take."""

LONGEST_OF_SHORTEST = 50
"""What encoding the longest window costs of what the shortest does, where it is cut to the speech. Measured: 37 to 47,
for tiny to small at 3 s and at 30 s."""

LOOK_S = 1.0
"""How often an idle child is looked at, in case it died."""

PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "LANG", "LC_ALL")
"""All of our environment that the child gets: its secrets are none of a model's business."""

# Not MALLOC_PERTURB_, with which glibc overwrites what is freed: it touches whatever CTranslate2 only reserves, 350 MB
# a child, and a search of the child's memory finds no more without it.
QUIET = {
    # One thread; see stt.whisper.
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # Files are local, and a library that thinks otherwise must fail rather than ask.
    "HF_HUB_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "CT2_VERBOSE": "-3",
    "PYTHONDONTWRITEBYTECODE": "1",
}


@dataclass(slots=True, eq=False)
class _Request:
    utterance: Utterance
    hints: Hints = field(repr=False)
    answer: asyncio.Future[Words]
    slot: Slot | None = None

    def wipe(self) -> None:
        """Overwrite what the child was given, if it still has it."""
        if self.slot is not None:
            self.slot.wipe()
            self.slot = None


@dataclass(frozen=True, slots=True)
class _Hello:
    """What a child says when it has loaded the model.

    Attributes:
        took_s: How long it took over a second of sound.
        token_s: How long a token takes at most, see `stt.whisper.Whisper.token_s`; 0 unless it was to measure that.
    """

    languages: tuple[str, ...]
    window: Window
    took_s: float
    token_s: float

    def longest_s(self, seconds: float, hints: Hints) -> float:
        """How long it should take over an utterance, if all of it is decoded to the last token that is allowed.

        With those attempts that `stt.whisper.Whisper` makes where it is in doubt: in two languages if somebody may
        have changed theirs, and in each twice. What it makes of a prompt that was read back is left to patience.
        """
        encoded_s = self.took_s
        if self.window == "dynamic":
            encoded_s *= LONGEST_OF_SHORTEST * min(1.0, seconds / RING_S)
        languages = self.languages if hints.language is None else (hints.language,)
        changed = hints.usual is not None and len(languages) > 1
        attempts = (2 if changed else 1) * (2 if hints.thorough else 1)
        tokens = max(most_tokens(language, seconds) for language in languages)
        return encoded_s + attempts * tokens * self.token_s


class _Child:
    """One process and its slot."""

    def __init__(self, arguments: Sequence[str]) -> None:
        self._arguments = arguments
        self.worn = False
        self._process: asyncio.subprocess.Process | None = None
        self._slot: Slot | None = None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        process = self._process
        return process is not None and process.returncode is None and not _pipe(process.stdout).at_eof()

    async def start(self, within_s: float, *, measure: bool = False) -> _Hello:
        """Start, and wait until the model is loaded. Returns what it says of itself.

        Args:
            within_s: It has so long for that.
            measure: Whether it also measures how long a token takes: with `small`, a fifth longer.

        Raises:
            EngineUnavailable: If that fails, or takes longer than *within_s*.
        """
        self.worn = False
        environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        environment |= QUIET | {"PYTHONPATH": str(ROOT)}
        arguments = (*self._arguments, *("--measure",) * measure)
        try:
            self._slot = Slot.create()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-P", "-m", "stt.child", "--slot", self._slot.name, "--parent", str(os.getpid()), *arguments),
                env=environment,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                pass_fds=self._slot.descriptors,
                start_new_session=True,
            )
            hello = await self._hear(within_s)
            self._slot.opened()
        except (OSError, EngineLost):
            await self.stop()
            msg = "The speech engine did not start; try `python -m stt.child --help` to see whether its parts load."
            raise EngineUnavailable(msg) from None
        except BaseException:
            await self.stop()
            raise
        if "unavailable" in hello:
            await self.stop()
            raise EngineUnavailable(str(hello["unavailable"]))
        return _Hello(tuple(hello["languages"]), hello["window"], hello["took_s"], hello["token_s"])

    async def ask(self, request: _Request, within_s: float) -> Words:
        """Have one utterance recognised.

        Raises:
            AudioOverwritten: If its samples are no longer held.
            TranscriptionFailed: If the child says so.
            EngineLost: If the child dies, or takes longer than *within_s*.
        """
        slot = self._slot
        if slot is None or self._process is None:
            raise EngineLost
        if request.utterance.samples > SLOT_SAMPLES:
            msg = "the utterance is longer than any ring"
            raise TranscriptionFailed(msg)
        try:
            samples = request.utterance.copy_into(slot.samples)
            request.slot = slot
            line = json.dumps({"samples": samples, "hints": asdict(request.hints)})
            stdin = cast("asyncio.StreamWriter", self._process.stdin)
            # Not drained: a request is far smaller than a pipe, and a dead child shows when it does not answer.
            stdin.write(line.encode() + b"\n")
            answer = await self._hear(within_s)
        finally:
            request.wipe()
            slot.wipe()
        if "failed" in answer:
            msg = f"the engine failed on this utterance ({answer['failed']})"
            raise TranscriptionFailed(msg)
        return Words(text=answer["text"], language=answer["language"], confidence=answer["confidence"])

    async def _hear(self, within_s: float) -> dict[str, Any]:
        """The child's next line.

        Raises:
            EngineLost: If there is none in time.
        """
        try:
            async with asyncio.timeout(within_s):
                line = await _pipe(cast("asyncio.subprocess.Process", self._process).stdout).readline()
            return cast("dict[str, Any]", json.loads(line))
        except (TimeoutError, ValueError, ConnectionError):
            # ValueError: half a line, as a killed process leaves it, or none.
            raise EngineLost from None

    async def stop(self) -> None:
        """Kill it and wait until it is gone. There is nothing to say goodbye to: the kernel clears its memory."""
        process, self._process = self._process, None
        slot, self._slot = self._slot, None
        if slot is not None:
            slot.close()
        if process is not None:
            if process.returncode is None:
                # Not `process.kill`, which may collect the exit status that asyncio waits for, and a warning follows.
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
            # Closed by hand: otherwise the pipe's end lives until its transport notices that nobody reads it.
            cast("asyncio.StreamWriter", process.stdin).close()
            await process.wait()


class WhisperWorker:
    """A `Transcriber` on local models, each in a child process. Use it as an async context manager.

    Entering waits until the models are loaded, so that a bot which cannot hear does not start.

    Args:
        folder: The model, as `stt.whisper.Whisper` wants it.
        languages: Codes to choose among, or none for all that the model has.
        workers: Processes. One holds a model of its own and one core.
        deadline_s: An engine that takes longer over an utterance hangs, and is killed. By default three times what it
            should take at most, as measured at the start, and at least 6 s.
        start_s: A model that takes longer to load hangs.
        nice: How far below the bot the kernel ranks the children, 0 .. 19.
        window: In place of what the model's folder says, to compare the two.

    Attributes:
        workers: How many utterances are recognised at the same time.
        languages: What the model was loaded for. Empty before it is entered.
        window: What it encodes of an utterance: 30 s, or the speech. Known once it is entered.
        restarts: Children that were lost and started again.
    """

    def __init__(
        self,
        folder: Path,
        *,
        languages: Sequence[str] = (),
        workers: int = 1,
        deadline_s: float | None = None,
        start_s: float = 60.0,
        nice: int = 5,
        window: Window | None = None,
    ) -> None:
        if workers < 1:
            msg = "there is at least one worker"
            raise ValueError(msg)
        self.workers = workers
        self.languages: tuple[str, ...] = ()
        self.window: Window = "full"
        self.restarts = 0
        self._deadline_s, self._start_s = deadline_s, start_s
        self._hello: _Hello | None = None
        arguments = ["--folder", str(folder), "--nice", str(nice)]
        for code in languages:
            arguments += ["--language", code]
        if window is not None:
            arguments += ["--window", window]
        self._children = [_Child(arguments) for _ in range(workers)]
        self._serving = 0
        self._requests: asyncio.Queue[_Request] = asyncio.Queue()
        self._tasks: asyncio.TaskGroup | None = None
        self._owned: list[asyncio.Task[None]] = []
        self._gone = EngineUnavailable("The speech engine is not running; start the bot again.")

    @property
    def pids(self) -> tuple[int, ...]:
        """Process ids of the children that are there."""
        return tuple(child.pid for child in self._children if child.pid is not None)

    @property
    def alive(self) -> bool:
        """Whether an utterance given now may get words."""
        return self._serving > 0

    @property
    def waiting(self) -> int:
        """Utterances that no child has taken yet."""
        return self._requests.qsize()

    def renew(self) -> None:
        """Replace every child once it has been idle for a second, and what its libraries still hold goes with it.

        For when an interview is over and nobody else is heard: a call in the meantime waits for the new one.
        """
        for child in self._children:
            child.worn = True

    async def __aenter__(self) -> Self:
        try:
            # One after the other: they would only fight for the same disk and cores. One is like the other, too.
            first, *others = self._children
            self._know(await first.start(self._start_s, measure=True))
            for child in others:
                await child.start(self._start_s)
        except BaseException:
            await self._stop()
            raise
        self._tasks = await asyncio.TaskGroup().__aenter__()
        self._serving = self.workers
        self._owned = [
            self._tasks.create_task(self._serve(child), name=f"speech engine {number}")
            for number, child in enumerate(self._children)
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._owned:
            task.cancel()
        try:
            if self._tasks:
                # An error of the body's is not one of the group's, which would wrap it.
                cancelled = kind is asyncio.CancelledError
                await self._tasks.__aexit__(*((kind, error, trace) if cancelled else (None, None, None)))
        finally:
            self._serving = 0
            self._refuse()
            await self._stop()

    def _know(self, hello: _Hello) -> None:
        self.languages, self.window = hello.languages, hello.window
        self._hello = hello

    def deadline_s(self, utterance: Utterance, hints: Hints = NO_HINTS) -> float:
        """When an engine that has *utterance* counts as hung, in seconds."""
        if self._deadline_s is not None:
            return self._deadline_s
        longest_s = self._hello.longest_s(utterance.duration_s, hints) if self._hello else 0.0
        return max(LEAST_DEADLINE_S, PATIENCE * longest_s)

    async def _stop(self) -> None:
        for child in self._children:
            await child.stop()

    async def transcribe(self, utterance: Utterance, hints: Hints = NO_HINTS) -> Words:
        """Say what was said, as `Transcriber.transcribe`.

        When every worker is busy it waits, first come first served, and the samples are copied when its turn has come.
        Cancelling it overwrites the copy at once.

        Raises:
            AudioOverwritten: If the samples were gone when its turn came.
            TranscriptionFailed: If this utterance got no words.
            EngineUnavailable: If no utterance will.
        """
        if not self._serving:
            raise EngineUnavailable(str(self._gone))
        request = _Request(utterance, hints, asyncio.get_running_loop().create_future())
        self._requests.put_nowait(request)
        try:
            return await request.answer
        finally:
            request.wipe()

    async def _serve(self, child: _Child) -> None:
        """Give the child one request after the other, and start it again when it is lost."""
        request: _Request | None = None
        try:
            while True:
                try:
                    async with asyncio.timeout(LOOK_S):
                        request = await self._requests.get()
                except TimeoutError:
                    request = None
                renewed = child.worn and request is None
                if renewed:
                    await child.stop()
                if not child.alive and not await self._restart(child, lost=not renewed):
                    break
                if request is not None and not request.answer.done():
                    await self._answer(child, request)
        finally:
            if request is not None:
                self._give_up(request)
        self._serving -= 1
        if not self._serving:
            self._refuse()

    def _give_up(self, request: _Request) -> None:
        """This child will serve nobody any more. Another may, or nobody does: then the last one out says so."""
        if not request.answer.done():
            self._requests.put_nowait(request)

    async def _answer(self, child: _Child, request: _Request) -> None:
        result: Words | Exception
        try:
            result = await child.ask(request, self.deadline_s(request.utterance, request.hints))
        except EngineLost:
            # Its words are lost. The next request, or the next look, starts the child again.
            result = EngineLost("the speech engine died or hung while it had this utterance")
            await child.stop()
        except (TranscriptionFailed, AudioOverwritten) as error:
            result = error
        if request.answer.done():
            return
        if isinstance(result, Words):
            request.answer.set_result(result)
        else:
            request.answer.set_exception(result)

    async def _restart(self, child: _Child, *, lost: bool) -> bool:
        """Start the child again. False if that is of no use."""
        for attempt in range(STARTS):
            await asyncio.sleep(attempt)
            if lost or attempt:
                self.restarts += 1
                log.warning("speech engine lost, starting it again")
            await child.stop()
            try:
                await child.start(self._start_s)
            except EngineUnavailable as error:
                self._gone = error
            else:
                return True
        log.error("speech engine given up")
        return False

    def _refuse(self) -> None:
        """Nobody serves: whoever waits must know."""
        while not self._requests.empty():
            request = self._requests.get_nowait()
            if not request.answer.done():
                request.answer.set_exception(EngineUnavailable(str(self._gone)))


def _pipe(stream: asyncio.StreamReader | None) -> asyncio.StreamReader:
    return cast("asyncio.StreamReader", stream)
