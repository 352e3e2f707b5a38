"""Frames in, snippets out, for everybody in one interview.

    push -> SpeechProbability -> Segmenter -> waiting utterances -> Dispatcher.turn -> Transcriber -> on_snippet
    tick -> speech that ended because nothing arrives any more
         -> a guess: recognition of what has perhaps ended, whose words come out at once when it has
         -> a partial: recognition of what is still being said, for captions alone

Nothing is dropped silently: speech that cannot be kept, or gets no words, comes out as a snippet without text that says
how long it was. Audio is overwritten in its ring as soon as it is known not to be speech, or has its words, or will not
get any. Everything here runs on the event loop, in one thread.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from stt.agreement import stable_words
from stt.audio import FRAME_S, FRAME_SAMPLES, PAUSE_SAMPLES, RATE_HZ, AudioOverwritten, Joined, Utterance
from stt.dispatch import Waiting
from stt.engine import EngineUnavailable, Hints, Partial, Snippet, TranscriptionFailed
from stt.segmenter import CHUNK_SAMPLES, EPSILON_S, TIME_JUMP_S, Endpointing, Segmenter

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from stt.audio import Frame, Ring
    from stt.dispatch import Dispatcher, Turn
    from stt.engine import Words
    from stt.segmenter import Stretch

TICK_S = 0.05
"""How often the clock is looked at. An end by silence is found at most this much late."""

KNOWN_S = 0.9
"""So much speech says in which language a person is usually heard."""

WINDOW_S = 28.0
"""Audio that utterances may share a window for: Whisper's 30 s less a margin."""

APART_S = 10.0
"""Utterances further apart do not share a window, and a snippet: others will have spoken in between."""

PARTIAL_S = 1.25
"""Between two looks at what is still being said; captions are not written more often either."""

FIRST_PARTIAL_S = 1.5
"""Before there is so much of an utterance, its words are guesswork."""

GUESS_BUSY, PARTIAL_BUSY = 0.8, 0.5
"""Share of the workers that may have been busy lately for guesses and for partial captions, which cost far more."""

LATENCIES = 1_000
"""Measurements kept."""


class VoiceActivity(Protocol):
    """One speaker's voice activity detection, such as `stt.vad.SpeechProbability`."""

    def feed(self, samples: NDArray[np.int16], /) -> Sequence[float]:
        """One probability for each 512 samples that *samples* completed. Only reads its argument."""
        ...

    def reset(self) -> None:
        """Forget what was fed, and overwrite it."""
        ...


@dataclass(slots=True)
class Counts:
    """What a pipeline has done so far.

    Attributes:
        utterances: Stretches of speech found, and waiting or recognised since.
        discarded_short: Sounds that were too short to be a word.
        snippets: Utterances that got words.
        empty: Utterances in which the engine heard no words.
        joined: Utterances that shared a window with the one before.
        guesses: Recognitions begun before the speech was known to have ended.
        guessed: Those that were right, so that nobody had to wait for them.
        partials: Looks at what was still being said.
        gaps: Snippets that say that words are missing.
        gap_s: How many seconds of speech those were.
        wiped_samples: Samples overwritten, speech and silence.
        latencies_s: From the end of speech to its words, the latest thousand.
    """

    utterances: int = 0
    discarded_short: int = 0
    snippets: int = 0
    empty: int = 0
    joined: int = 0
    guesses: int = 0
    guessed: int = 0
    partials: int = 0
    gaps: int = 0
    gap_s: float = 0.0
    wiped_samples: int = 0
    latencies_s: deque[float] = field(default_factory=lambda: deque[float](maxlen=LATENCIES))

    @property
    def wiped_s(self) -> float:
        """`wiped_samples` in seconds."""
        return self.wiped_samples / RATE_HZ


@dataclass(slots=True, eq=False)
class _Job:
    """An utterance on its way to its words, or, without one, the gap that it left.

    Attributes:
        since_s: When it was known to have ended, on the dispatcher's clock.
        call: The call to the engine, while it is under way.
        forgotten: Nobody wants its words any more.
    """

    start_s: float
    end_s: float
    missing_s: float
    utterance: Utterance | None
    since_s: float = 0.0
    call: asyncio.Timeout | None = None
    forgotten: bool = False

    @property
    def audio_s(self) -> float:
        return self.utterance.duration_s if self.utterance else 0.0

    @property
    def long_enough(self) -> bool:
        """Whether it says which language its speaker is usually heard in."""
        return self.end_s - self.start_s >= KNOWN_S

    def interrupt(self) -> None:
        """End the call to the engine, if one is under way."""
        if self.call is not None and not self.call.expired():
            self.call.reschedule(asyncio.get_running_loop().time())


@dataclass(slots=True, eq=False)
class _Guess:
    """Words asked for before it is known whether the speech has ended.

    Attributes:
        partial: It has not, but words can be shown.
        words: What was heard, once that is known; None as well if the engine failed.
        done: Whether the engine has answered.
    """

    job: _Job
    partial: bool
    words: Words | None = None
    done: bool = False


@dataclass(slots=True, eq=False)
class _Voice:
    """One speaker.

    Attributes:
        next_at: Ring position where the next frame is expected.
        next_s: When it is expected to begin, on the session clock.
        arrived_s: When the last frame arrived, likewise.
        chunk_at: Ring position of the chunk that is being filled.
        clean: Before this ring position everything is overwritten, or belongs to an utterance.
        resting: Nothing is left to be found out by the clock until the next frame.
        busy: What is being recognised, and known to have ended.
        guess: What is being recognised, and may not have ended; also one that the engine has answered.
        looked_s: When a partial of what is being said was last asked for, on the session clock.
        calls: What the engine has at the moment, wanted or not.
        said: The words of the partial before, and those that are shown.
        language: In which this person is usually heard.
    """

    speaker_id: int = field(repr=False)
    ring: Ring
    activity: VoiceActivity
    segmenter: Segmenter
    next_at: int
    next_s: float
    arrived_s: float
    chunk_at: int
    clean: int
    paused: bool = False
    resting: bool = False
    waiting: deque[_Job] = field(default_factory=deque[_Job])
    busy: _Job | None = None
    guess: _Guess | None = None
    calls: set[_Job] = field(default_factory=set["_Job"])
    looked_s: float = 0.0
    said: tuple[str, str] = ("", "")
    language: str | None = None

    @property
    def waiting_s(self) -> float:
        return sum(job.audio_s for job in self.waiting) + (self.busy.audio_s if self.busy else 0.0)

    @property
    def backlog(self) -> int:
        """Samples since the beginning of the oldest utterance that has no words yet."""
        starts = [job.utterance.start for job in (self.busy, *self.waiting) if job and job.utterance]
        return self.next_at - min(starts) if starts else 0


class Pipeline:
    """From the frames of one interview to its snippets.

    One task runs `run`; `push`, `pause`, `tick` and `forget` are called on the same event loop and never block.
    Snippets of one speaker come out in order, so one utterance of each speaker is recognised at a time.

    Args:
        dispatcher: Gives turns at the engine, to all pipelines of the process.
        probability: Makes the voice activity detection of one speaker.
        on_snippet: Gets each snippet, on the event loop. It must not raise.
        on_partial: Gets words of what is still being said, likewise; without it nobody looks for them.
        clock: Seconds on the session clock, which frames are timed by.
        endpointing: When speech has begun and ended.
        max_waiting_s: Audio of one speaker that may wait for words. Its ring holds no more than 30 s either.
        max_total_s: Audio of all speakers that may wait for words.
        language: Code to decode in; None to let the engine find out for each speaker.
        prompt: Words that are likely to occur.
        prompt_of: Those that are likely from one speaker, by id; in place of *prompt*.

    Attributes:
        counts: What was done so far.
        language: As above; may be changed at any time.
        prompt: Likewise.
    """

    def __init__(
        self,
        dispatcher: Dispatcher,
        *,
        probability: Callable[[], VoiceActivity],
        on_snippet: Callable[[Snippet], None],
        clock: Callable[[], float],
        on_partial: Callable[[Partial], None] | None = None,
        endpointing: Endpointing | None = None,
        max_waiting_s: float = 30.0,
        max_total_s: float = 300.0,
        language: str | None = None,
        prompt: str = "",
        prompt_of: Callable[[int], str] | None = None,
    ) -> None:
        self.counts = Counts()
        self.language = language
        self.prompt = prompt
        self._prompt_of = prompt_of
        self._dispatcher = dispatcher
        self._probability = probability
        self._on_snippet = on_snippet
        self._on_partial = on_partial
        self._clock = clock
        self._endpointing = endpointing or Endpointing()
        self._max_waiting_s, self._max_total_s = max_waiting_s, max_total_s
        self._voices: dict[int, _Voice] = {}
        self._frame: NDArray[np.int16] = np.zeros(FRAME_SAMPLES, np.int16)
        self._wake = asyncio.Event()
        self._ending = asyncio.Event()
        self._finished = asyncio.Event()
        self._tasks: asyncio.TaskGroup | None = None
        self._running = False
        self._closed = False

    @property
    def waiting_s(self) -> float:
        """Seconds of audio that wait for words or are being recognised."""
        return sum(voice.waiting_s for voice in self._voices.values())

    @property
    def backlog_s(self) -> float:
        """How far behind a speaker's newest audio their oldest lies that has no words yet, in seconds; the most of all.

        Their ring holds 30 s. Whoever feeds recordings waits before it is reached; live audio cannot wait.
        """
        return max((voice.backlog for voice in self._voices.values()), default=0) / RATE_HZ

    # Frames in.

    def push(self, frame: Frame) -> None:
        """Take 20 ms in. Frames of one speaker come in order; those after `finish` are not listened to."""
        if self._ending.is_set():
            return
        voice = self._voice(frame)
        try:
            # By copy: a view cannot cross the end of the ring.
            frame.ring.copy_into(frame.at, frame.at + FRAME_SAMPLES, self._frame)
        except AudioOverwritten:
            # Wiped between decoding and here. The next frame is then not the one expected, which ends the stretch.
            return
        voice.next_at = frame.at + FRAME_SAMPLES
        voice.next_s = frame.start_s + FRAME_S
        voice.arrived_s = self._clock()
        voice.paused = voice.resting = False
        try:
            probabilities = voice.activity.feed(self._frame)
        finally:
            self._frame.fill(0)
        for probability in probabilities:
            start_s = frame.start_s + (voice.chunk_at - frame.at) / RATE_HZ
            self._found(voice, voice.segmenter.push(probability, at=voice.chunk_at, start_s=start_s))
            voice.chunk_at += CHUNK_SAMPLES
        if probabilities:
            self._look_ahead(voice, voice.next_s)
        self._wipe_silence(voice)

    def pause(self, speaker_id: int, at_s: float) -> None:
        """The client said that it stopped sending at *at_s*: from now on, time without frames is silence."""
        voice = self._voices.get(speaker_id)
        if voice is not None:
            voice.paused = True
            self._idle(voice, max(at_s, self._stream_s(voice)))

    def tick(self) -> None:
        """Look at the clock: who has not been heard for a while has stopped speaking."""
        now_s = self._clock()
        self._dispatcher.look()
        for voice in self._voices.values():
            if voice.resting:
                continue
            quiet_s = now_s - voice.arrived_s
            if voice.paused or quiet_s >= self._endpointing.lost_s - EPSILON_S:
                self._idle(voice, self._stream_s(voice))

    def forget(self, speaker_id: int) -> None:
        """Somebody withdrew: overwrite what is held of them. Nothing that they said before comes out any more."""
        voice = self._voices.pop(speaker_id, None)
        if voice is not None:
            self._discard(voice)

    def _voice(self, frame: Frame) -> _Voice:
        """The speaker of *frame*, ready for it."""
        voice = self._voices.get(frame.speaker_id)
        if voice is None:
            voice = self._voices[frame.speaker_id] = _Voice(
                speaker_id=frame.speaker_id,
                ring=frame.ring,
                activity=self._probability(),
                segmenter=Segmenter(self._endpointing),
                next_at=frame.at,
                next_s=frame.start_s,
                arrived_s=self._clock(),
                chunk_at=frame.at,
                clean=frame.at,
            )
        elif voice.ring is not frame.ring or voice.next_at != frame.at:
            # The audio does not go on where it was: a new connection, or a hole.
            self._flush(voice)
            self._wipe(voice.ring, voice.clean, frame.at if voice.ring is frame.ring else voice.ring.written)
            voice.ring, voice.clean = frame.ring, frame.at
            voice.segmenter = Segmenter(self._endpointing)
            self._realign(voice, frame.at)
        elif frame.start_s - voice.next_s > TIME_JUMP_S:
            # The client had stopped sending. Whether that ended a stretch depends on how long.
            self._idle(voice, frame.start_s)
            self._realign(voice, frame.at)
        return voice

    def _stream_s(self, voice: _Voice) -> float:
        """Where the stream would be if silence had been sent."""
        return voice.next_s + self._clock() - voice.arrived_s

    def _idle(self, voice: _Voice, until_s: float) -> None:
        self._found(voice, voice.segmenter.idle(until_s, heard=voice.next_at))
        self._look_ahead(voice, until_s)
        if not voice.segmenter.speaking and voice.segmenter.keep_from >= voice.next_at:
            # Also the part of a chunk that detection still holds.
            self._realign(voice, voice.next_at)
            voice.resting = True
        self._wipe_silence(voice)

    def _flush(self, voice: _Voice) -> None:
        self._found(voice, voice.segmenter.flush(heard=voice.next_at))
        self._wipe_silence(voice)

    @staticmethod
    def _realign(voice: _Voice, at: int) -> None:
        """The next chunk begins at ring position *at*."""
        voice.activity.reset()
        voice.chunk_at = at

    def _found(self, voice: _Voice, stretch: Stretch | None) -> None:
        """Take what the segmenter decided."""
        if stretch is None:
            return
        self._wipe(voice.ring, voice.clean, stretch.start)
        voice.clean = stretch.end
        if stretch.too_short:
            self.counts.discarded_short += 1
            self._wipe(voice.ring, stretch.start, stretch.end)
            return
        self.counts.utterances += 1
        voice.said = ("", "")
        job = self._job(voice, stretch)
        guess, voice.guess = voice.guess, None
        if guess is None or guess.partial or not _same(guess.job, job):
            self._wait(voice, job)
        elif not guess.done:
            # Already under way: it comes out as any other does.
            self.counts.guessed += 1
            voice.busy = guess.job
            voice.busy.utterance = job.utterance
        elif guess.words is not None:
            self.counts.guessed += 1
            self._lose(job)
            self._tell(voice, job, guess.words)
        else:
            self._wait(voice, job)

    def _job(self, voice: _Voice, stretch: Stretch) -> _Job:
        utterance = Utterance(
            speaker_id=voice.speaker_id,
            start_s=stretch.start_s,
            end_s=stretch.end_s,
            ring=voice.ring,
            start=stretch.start,
            end=stretch.end,
        )
        missing_s = max(stretch.end_s - stretch.start_s, FRAME_S)
        return _Job(stretch.start_s, stretch.end_s, missing_s, utterance, self._dispatcher.now_s())

    def _wait(self, voice: _Voice, job: _Job) -> None:
        voice.waiting.append(job)
        self._make_room(voice)
        self._dispatcher.look(now=True)
        self._wake.set()

    # Ahead of the end.

    def _look_ahead(self, voice: _Voice, until_s: float) -> None:
        """Begin to recognise what has perhaps ended, or is being said, if that delays nobody."""
        found = voice.segmenter.under_way(until_s, heard=voice.next_at)
        if found is None:
            voice.guess = None
            return
        stretch, quiet_s = found
        if voice.guess is not None and not voice.guess.partial and voice.guess.job.end_s < stretch.end_s - EPSILON_S:
            # Speech went on. An answer that is still to come is not waited for.
            voice.guess = None
        if self._tasks is None or voice.guess or voice.busy or voice.waiting or stretch.too_short:
            return
        if quiet_s >= max(self._endpointing.guess_s, self._endpointing.post_roll_s) - EPSILON_S:
            self._try(voice, stretch, partial=False)
        elif self._partial_is_due(voice, stretch, quiet_s):
            voice.looked_s = voice.next_s
            self._try(voice, stretch, partial=True)

    def _partial_is_due(self, voice: _Voice, stretch: Stretch, quiet_s: float) -> bool:
        return (
            self._on_partial is not None
            and self._dispatcher.transcriber.window == "dynamic"
            and quiet_s < EPSILON_S
            and stretch.end_s - stretch.start_s >= FIRST_PARTIAL_S
            and voice.next_s - voice.looked_s >= PARTIAL_S
        )

    def _try(self, voice: _Voice, stretch: Stretch, *, partial: bool) -> None:
        if self._tasks is None:
            return
        turn = self._dispatcher.spare(self, most_busy=PARTIAL_BUSY if partial else GUESS_BUSY)
        if turn is None:
            return
        guess = _Guess(self._job(voice, stretch), partial)
        work = self._guess(voice, guess, turn)
        try:
            task = self._tasks.create_task(work, name="speech to words, ahead")
        except RuntimeError:
            # The interview is over, or has failed and only waits for what had begun before.
            work.close()
            self._dispatcher.give_back(turn)
            return
        # Not in the task, which does not even begin if it is cancelled before its first step.
        task.add_done_callback(lambda _: self._dispatcher.give_back(turn))
        voice.guess = guess
        if partial:
            self.counts.partials += 1
        else:
            self.counts.guesses += 1

    async def _guess(self, voice: _Voice, guess: _Guess, turn: Turn) -> None:
        try:
            guess.words = await self._ask(voice, guess.job, turn)
        finally:
            guess.done = True
            wanted = voice.busy is guess.job
            if wanted:
                voice.busy = None
                self._lose(guess.job)
                self._wake.set()
        if wanted:
            self._settle(voice, guess.job, guess.words)
        elif voice.guess is guess and guess.partial:
            voice.guess = None
            self._show(voice, guess)

    def _show(self, voice: _Voice, guess: _Guess) -> None:
        """Show the words that two looks agree on."""
        if guess.words is None or self._on_partial is None:
            return
        before, shown = voice.said
        stable = stable_words(before, guess.words.text, shown=shown)
        voice.said = (guess.words.text, stable)
        if stable != shown:
            self._on_partial(Partial(voice.speaker_id, guess.job.start_s, stable))

    # Bounds.

    def _make_room(self, voice: _Voice) -> None:
        """Turn the oldest waiting utterances into gaps until the rest fits. The newest always stays."""
        while voice.waiting_s > self._max_waiting_s:
            job = next((j for j in list(voice.waiting)[:-1] if j.utterance), None)
            if job is None:
                break
            self._lose(job)
        while self.waiting_s > self._max_total_s:
            waiting = [
                j for v in self._voices.values() for j in v.waiting if j.utterance and j is not voice.waiting[-1]
            ]
            if not waiting:
                break
            self._lose(min(waiting, key=lambda j: j.end_s))

    def waiting(self) -> list[Waiting]:
        """What waits for a turn, as `Dispatcher` asks."""
        return [
            Waiting(sum(job.audio_s for job in window), window[0].since_s)
            for voice in self._voices.values()
            for window in self._windows(voice)
        ]

    def lose_oldest(self) -> int:
        """Turn what has waited longest into a gap. Returns how many utterances that were.

        Where they share windows, one window, with as few of them as there is: the others are as dear as one. Else one
        utterance, of somebody who has several waiting, if there is one.
        """
        windows = [(voice, window) for voice in self._voices.values() for window in self._windows(voice)]
        if not windows:
            return 0
        if self._dispatcher.joins:
            lost = min((window for _, window in windows), key=lambda window: (len(window), window[0].end_s))
        else:
            several = [window for voice, window in windows if len(voice.waiting) > 1]
            lost = min(several or [window for _, window in windows], key=lambda window: window[0].end_s)
        for job in lost:
            self._lose(job)
        self._wake.set()
        return len(lost)

    def _windows(self, voice: _Voice) -> list[list[_Job]]:
        """What of a speaker waits, by what will be recognised together."""
        windows: list[list[_Job]] = []
        samples, former = 0, None
        for job in voice.waiting:
            if job.utterance is None:
                former = None
                continue
            together = (
                former is not None
                and former.utterance is not None
                and self._dispatcher.joins
                and job.utterance.ring is former.utterance.ring
                and job.start_s - former.end_s <= APART_S
                and samples + PAUSE_SAMPLES + job.utterance.samples <= WINDOW_S * RATE_HZ
            )
            if together:
                samples += PAUSE_SAMPLES + job.utterance.samples
                windows[-1].append(job)
            else:
                samples = job.utterance.samples
                windows.append([job])
            former = job
        return windows

    def _lose(self, job: _Job) -> None:
        """Give the job's audio up. It stays in its place, so that the gap comes out in order."""
        if job.utterance:
            self._wipe(job.utterance.ring, job.utterance.start, job.utterance.end)
            job.utterance = None

    # Words.

    async def run(self) -> None:
        """Have utterances recognised, and look at the clock, until `finish`. All audio is overwritten when it ends."""
        if self._running:
            # `finish` came before the owner's task had its first turn, and began the work itself.
            await self._finished.wait()
            return
        self._running = True
        self._dispatcher.enter(self)
        try:
            async with asyncio.TaskGroup() as self._tasks:
                self._tasks.create_task(self._ticks(), name="speech clock")
                for number in range(self._dispatcher.workers):
                    self._tasks.create_task(self._serve(), name=f"speech to words {number}")
        finally:
            self._tasks = None
            self._running = False
            self._dispatcher.leave(self)
            self.close()

    async def finish(self, timeout_s: float) -> None:
        """Stop listening, and wait until what was said so far has its words.

        Args:
            timeout_s: After this long, what still waits becomes gaps.
        """
        if self._closed:
            return
        for voice in self._voices.values():
            self._flush(voice)
            for job in voice.calls:
                if job is not voice.busy:  # a guess that was wrong, or a partial
                    job.interrupt()
        self._ending.set()
        self._wake.set()
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.run(), name="speech to words, last")
            tasks.create_task(self._give_up_after(timeout_s), name="speech to words, in time")

    async def _give_up_after(self, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._finished.wait()
        except TimeoutError:
            for voice in self._voices.values():
                for job in voice.waiting:
                    self._lose(job)
                if voice.busy:
                    voice.busy.interrupt()

    def close(self) -> None:
        """Overwrite all audio and forget everybody. Whoever wants the last words calls `finish` before."""
        self._closed = True
        self._ending.set()
        self._finished.set()
        for voice in self._voices.values():
            self._discard(voice)
        self._voices.clear()

    async def _ticks(self) -> None:
        while not self._ending.is_set():
            self.tick()
            try:
                async with asyncio.timeout(TICK_S):
                    await self._ending.wait()
            except TimeoutError:
                continue

    async def _serve(self) -> None:
        """Recognise one utterance after the other until `finish`, and then until none is left."""
        while True:
            if self._ready():
                async with self._dispatcher.turn(self) as turn:
                    # Only now: what was waiting has perhaps become more, or a gap.
                    taken = self._take()
                    if taken is not None:
                        await self._recognise(*taken, turn)
            elif self._ending.is_set() and not any(voice.waiting for voice in self._voices.values()):
                return
            else:
                # Also at the end, while somebody's words wait for those before them: who has those, sets it.
                self._wake.clear()
                await self._wake.wait()

    def _ready(self) -> list[_Voice]:
        """Whose utterance could be recognised now. Gaps come out on the way."""
        free = [voice for voice in self._voices.values() if voice.busy is None]
        for voice in free:
            while voice.waiting and voice.waiting[0].utterance is None:
                self._tell_gap(voice, voice.waiting.popleft())
        return [voice for voice in free if voice.waiting]

    def _take(self) -> tuple[_Voice, _Job] | None:
        """The utterance that ended first, of those whose speaker has no other under way."""
        ready = self._ready()
        if not ready:
            return None
        voice = min(ready, key=lambda v: v.waiting[0].end_s)
        voice.busy = self._next(voice)
        return voice, voice.busy

    def _next(self, voice: _Voice) -> _Job:
        """The first utterance that waits, with those after it that share its window."""
        window = self._windows(voice)[0]
        for _ in window:
            voice.waiting.popleft()
        if len(window) == 1:
            return window[0]
        self.counts.joined += len(window) - 1
        parts = [job.utterance for job in window if job.utterance]
        missing_s = sum(job.missing_s for job in window)
        return _Job(window[0].start_s, window[-1].end_s, missing_s, Joined.of(parts), window[0].since_s)

    async def _recognise(self, voice: _Voice, job: _Job, turn: Turn) -> None:
        words: Words | None = None
        try:
            words = await self._ask(voice, job, turn)
        finally:
            voice.busy = None
            self._lose(job)
            # Another server may have found this speaker busy.
            self._wake.set()
        self._settle(voice, job, words)

    async def _ask(self, voice: _Voice, job: _Job, turn: Turn) -> Words | None:
        """The engine's answer; None if it has none."""
        if job.utterance is None:
            return None
        prompt = self.prompt if self._prompt_of is None else self._prompt_of(voice.speaker_id)
        hints = Hints(self.language, voice.language, prompt, self._dispatcher.thorough)
        turn.audio_s = job.audio_s
        voice.calls.add(job)
        try:
            # No limit: `interrupt` sets one, to end the call from outside.
            async with asyncio.timeout(None) as job.call:
                return await self._dispatcher.transcriber.transcribe(job.utterance, hints)
        except (TranscriptionFailed, EngineUnavailable, AudioOverwritten, TimeoutError):
            # The gap says it. The engine counts and logs its own losses.
            turn.audio_s = 0.0
            return None
        finally:
            job.call = None
            voice.calls.discard(job)

    def _settle(self, voice: _Voice, job: _Job, words: Words | None) -> None:
        if job.forgotten:
            return
        if words is None:
            self._tell_gap(voice, job)
        else:
            self._tell(voice, job, words)

    def _tell(self, voice: _Voice, job: _Job, words: Words) -> None:
        if not words.text:
            self.counts.empty += 1
            if self._on_partial is not None:
                # What was shown of it, if anything, was not said.
                self._on_partial(Partial(voice.speaker_id, job.start_s, ""))
            return
        if job.long_enough:
            voice.language = words.language
        self.counts.snippets += 1
        self.counts.latencies_s.append(self._clock() - job.end_s)
        self._on_snippet(
            Snippet(
                speaker_id=voice.speaker_id,
                start_s=job.start_s,
                end_s=job.end_s,
                text=words.text,
                confidence=words.confidence,
                language=words.language,
            )
        )

    def _tell_gap(self, voice: _Voice, job: _Job) -> None:
        self.counts.gaps += 1
        self.counts.gap_s += job.missing_s
        self._on_snippet(
            Snippet(
                speaker_id=voice.speaker_id,
                start_s=job.start_s,
                end_s=job.end_s,
                text="",
                confidence=0.0,
                language="",
                missing_s=job.missing_s,
            )
        )

    # Gone.

    def _wipe_silence(self, voice: _Voice) -> None:
        """Overwrite what is neither speech nor may become its beginning."""
        keep = voice.segmenter.keep_from
        if keep > voice.clean:
            self._wipe(voice.ring, voice.clean, keep)
            voice.clean = keep

    def _wipe(self, ring: Ring, start: int, end: int) -> None:
        if end > start:
            ring.wipe(start, end)
            self.counts.wiped_samples += end - start

    def _discard(self, voice: _Voice) -> None:
        for job in (*voice.waiting, *voice.calls, *((voice.busy,) if voice.busy else ())):
            job.forgotten = True
            self._lose(job)
            job.interrupt()
        voice.waiting.clear()
        voice.guess, voice.said = None, ("", "")
        voice.activity.reset()
        self._wipe(voice.ring, voice.clean, voice.ring.written)
        voice.ring.wipe()


def _same(guess: _Job, job: _Job) -> bool:
    """Whether the words that were asked for early are those of *job*: no more than silence has come since."""
    return guess.start_s == job.start_s and abs(guess.end_s - job.end_s) < EPSILON_S
