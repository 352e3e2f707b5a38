"""What the words are worth: none where nobody speaks, and the right ones after the whole way through a bad line.

    python -m tests.words silence --minutes 10
    python -m tests.words chain --sentences 60

Both use the rehearsal's model, so they measure what surrounds a model and not how well one hears people. `silence` goes
from samples to words as recordings do. `chain` has sentences that the model was never trained on spoken in a call, by
five people at once, over a line that loses packets: Opus, end-to-end encryption, UDP, the bot, its draft. The same
samples given to the model itself are what it could reach at best. It needs espeak-ng, which speaks the sentences.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import subprocess
import sys
import tempfile
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from difflib import SequenceMatcher
from functools import partial
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from rich import box
from rich.console import Console
from rich.table import Table

from bot.loopback.forwarding import Impairment
from bot.loopback.member import encode
from bot.rehearsal.stage import Stage
from stt.engine import Hints
from stt.text import word_errors, words
from stt.training.corpus import LANGUAGES, held_out, sentence
from stt.training.voices import PEOPLE as VOICES
from stt.training.voices import Synthesiser, resampled
from stt.vad import Silero, SpeechProbability
from stt.worker import WhisperWorker
from tests.flow.conftest import settings
from tests.stt.nonspeech import BLOCK_S, KINDS, LIKE_SPEECH, Credulous, hear, made
from tests.stt.sounds import MODEL, utterance_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from stt.engine import Window
    from tests.stt.nonspeech import Heard

ROOT = Path(__file__).parents[1]
PEOPLE = ("oleg", "anna", "maria", "david", "peter")

LOSS, JITTER_MS = 0.02, 30.0
"""The bot's line."""

LOUD, ROOM_TONE = 0.3, 0.001
BEFORE_S, AFTER_S = 0.3, 0.5
"""Quiet around a sentence, as the model's own evaluation has it."""

PAUSE_S = 0.9
"""Between two sentences of a person; more than ends an utterance."""

TRIES = 40_000
"""Sentences made to find those that training never saw. Ukrainian and German have few; then several people say each."""

SHOWN: dict[Window, str] = {"dynamic": "speech", "full": "30 s"}
"""The windows that are measured; any other is made of these."""


# Nobody speaks.


@dataclass
class Silence:
    """One kind of sound: what became of it, with and without detection, by window."""

    kind: str
    detected: dict[Window, Heard] = field(default_factory=dict["Window", "Heard"])
    undetected: dict[Window, Heard] = field(default_factory=dict["Window", "Heard"])


async def silence(minutes: float, seed: int) -> list[Silence]:
    """Every kind of sound, for so long each."""
    silero = Silero()
    found = {kind: Silence(kind) for kind in (*KINDS, *LIKE_SPEECH)}
    for window in SHOWN:
        with tempfile.TemporaryDirectory() as folder:
            async with WhisperWorker(MODEL, window=window) as worker:
                for kind, one in found.items():
                    sound = await asyncio.to_thread(made, kind, max(1, round(minutes * 60 / BLOCK_S)), seed)
                    detection = partial(SpeechProbability, silero)
                    one.detected[window] = await hear(sound, worker, Path(folder), probability=detection)
                    one.undetected[window] = await hear(sound, worker, Path(folder), probability=Credulous)
    return list(found.values())


def show_silence(found: Sequence[Silence]) -> Table:
    """A table for people and for Markdown."""
    table = Table(box=box.MARKDOWN)
    table.add_column("Sound")
    for heading in ("Length", "Passed detection", "Words", "Faster than real time", "All given to the engine", "Words"):
        table.add_column(heading, justify="right")
    for one in found:
        short, full = one.detected["dynamic"], one.detected["full"]
        all_short, all_full = one.undetected["dynamic"], one.undetected["full"]
        table.add_row(
            one.kind,
            f"{short.sound_s / 60:.1f} min",
            f"{short.passed_s:.0f} s in {short.utterances}, {short.empty} + {full.empty} empty",
            f"{len(short.words)} + {len(full.words)}",
            f"{short.sound_s / short.took_s:.0f} + {full.sound_s / full.took_s:.0f}",
            f"{all_short.utterances}, {all_short.empty} + {all_full.empty} empty",
            f"{len(all_short.words)} + {len(all_full.words)}",
        )
    return table


# The whole chain.


class SpeakerMissing(Exception):
    """The sentences cannot be spoken; the message is one sentence that says what to do."""


@dataclass(frozen=True, eq=False)
class Said:
    """A sentence that somebody says.

    Attributes:
        person: One of `PEOPLE`.
        text: As the model should write it.
        samples: int16, mono at 16 kHz.
    """

    person: str
    text: str
    samples: NDArray[np.int16]


@dataclass
class Errors:
    """Words wrong of those that were said.

    Attributes:
        wrong: Inserted, left out or mistaken.
        said: All words.
        mistakes: What was heard in place of what.
        lost: Packets that never came.
        elsewhere: Utterances that were decoded in another language.
        missing_s: Speech without words.
    """

    wrong: int = 0
    said: int = 0
    mistakes: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    lost: int = 0
    elsewhere: int = 0
    missing_s: float = 0.0

    def add(self, said: str, heard: str) -> None:
        """Count one sentence, or all that a person said."""
        wanted, got = words(said), words(heard)
        self.said += len(wanted)
        if wrong := word_errors(wanted, got):
            self.wrong += wrong
            self.mistakes.append((said, heard))

    @property
    def rate(self) -> float:
        """Wrong words for each that was said."""
        return self.wrong / self.said if self.said else 0.0


@dataclass
class Compared:
    """One language: the model alone on clean samples, and the whole chain, by window."""

    language: str
    utterances: int
    sentences: int
    direct: dict[Window, Errors] = field(default_factory=dict["Window", "Errors"])
    chain: dict[Window, Errors] = field(default_factory=dict["Window", "Errors"])


def held_out_of(language: str, count: int, seed: int) -> list[str]:
    """So many different sentences that training never saw, or all that are found."""
    rng = random.Random(seed)
    found: dict[str, None] = {}
    for _ in range(TRIES):
        text = sentence(rng, language)
        if held_out(text):
            found[text] = None
        if len(found) == count:
            break
    return list(found)


def spoken(language: str, count: int, seed: int) -> list[Said]:
    """So many utterances of held-out sentences, each person with about as many, nobody with one twice.

    Raises:
        SpeakerMissing: If espeak-ng is not installed.
    """
    try:
        synthesiser = Synthesiser()
    except OSError:
        raise SpeakerMissing("espeak-ng speaks the sentences and is not there: apt-get install espeak-ng.") from None
    texts = held_out_of(language, count, seed)
    noise = np.random.default_rng(seed)
    said: list[Said] = []
    for nth, text in enumerate(islice(cycle(texts), min(count, len(texts) * len(PEOPLE)))):
        person = PEOPLE[(nth % len(texts) + nth // len(texts)) % len(PEOPLE)]
        voice = VOICES[person.capitalize()].speaking(language)
        clean = synthesiser.say(text, voice).samples
        clean = np.pad(clean / np.abs(clean).max() * LOUD, (round(BEFORE_S * 16_000), round(AFTER_S * 16_000)))
        clean += noise.standard_normal(len(clean)) * ROOM_TONE
        said.append(Said(person, text, (np.clip(clean, -1, 1) * 32_767).astype(np.int16)))
    return said


async def directly(said: Sequence[Said], language: str, window: Window) -> Errors:
    """What the model makes of the samples themselves when it is told the language."""
    errors = Errors()
    async with WhisperWorker(MODEL, window=window) as worker:
        for one in said:
            heard = await worker.transcribe(utterance_of(one.samples), Hints(language=language))
            errors.add(one.text, heard.text)
    return errors


async def through_the_chain(said: Sequence[Said], language: str, window: Window, seed: int) -> Errors:
    """What the bot writes down when people say it in a call."""
    packets: dict[str, list[list[bytes]]] = defaultdict(list)
    texts: dict[str, list[str]] = defaultdict(list)
    for one in said:
        loud = resampled(np.divide(one.samples, 32_768, dtype=np.float32), 16_000, 48_000)
        packets[one.person].append(await asyncio.to_thread(encode, loud, bitrate=64_000))
        texts[one.person].append(one.text)
    errors = Errors()
    async with (
        WhisperWorker(MODEL, window=window) as worker,
        Stage(settings(model=str(MODEL)), people=PEOPLE, transcriber=worker) as stage,
    ):
        for name in PEOPLE:
            await stage.arrive(name)
        await stage.start(PEOPLE[0])
        for name in PEOPLE:
            await stage.join(name)
        stage.voice.impair(stage.bot_id, Impairment(loss=LOSS, jitter_ms=JITTER_MS, seed=seed))
        async with asyncio.TaskGroup() as tasks:
            for nth, name in enumerate(PEOPLE):
                tasks.create_task(_say_all(stage, name, packets[name], after_s=nth * 0.7))
        await stage.quiet(60)
        interview = stage.running()
        for name in PEOPLE:
            errors.add(" ".join(texts[name]), stage.words(name))
        errors.lost = interview.receiver.counters.lost
        errors.missing_s = sum(s.missing_s for s in interview.draft.snippets)
        errors.elsewhere = sum(s.language not in {language, ""} for s in interview.draft.snippets)
    return errors


async def _say_all(stage: Stage, name: str, sentences: Sequence[Sequence[bytes]], *, after_s: float) -> None:
    await asyncio.sleep(after_s)
    for packets in sentences:
        await stage.members[name].say(packets)
        await asyncio.sleep(PAUSE_S)


async def chain(sentences: int, seed: int, languages: Sequence[str]) -> list[Compared]:
    """Each language with so many sentences."""
    found: list[Compared] = []
    for language in languages:
        said = await asyncio.to_thread(spoken, language, sentences, seed)
        one = Compared(language, len(said), len({s.text for s in said}))
        for window in SHOWN:
            one.direct[window] = await directly(said, language, window)
            one.chain[window] = await through_the_chain(said, language, window, seed)
        found.append(one)
    return found


def differences(said: str, heard: str) -> str:
    """What was heard in place of what, as in "five -> nine"."""
    wanted, got = words(said), words(heard)
    blocks = SequenceMatcher(a=wanted, b=got, autojunk=False).get_opcodes()
    return ", ".join(
        f"{' '.join(wanted[a:b]) or '-'} -> {' '.join(got[c:d]) or '-'}" for tag, a, b, c, d in blocks if tag != "equal"
    )


def show_chain(found: Sequence[Compared], *, mistakes: bool) -> Table:
    """A table for people and for Markdown."""
    console = Console()
    table = Table(box=box.MARKDOWN)
    table.add_column("Language")
    for heading in ("Utterances", "Different", "Words", "Window", "Model alone, clean", "Whole chain", "Packets lost"):
        table.add_column(heading, justify="right")
    table.add_column("Other language, gaps", justify="right")
    for one in found:
        for window, shown in SHOWN.items():
            direct, through = one.direct[window], one.chain[window]
            table.add_row(
                one.language,
                str(one.utterances),
                str(one.sentences),
                str(direct.said),
                shown,
                f"{100 * direct.rate:.1f} %",
                f"{100 * through.rate:.1f} %",
                str(through.lost),
                f"{through.elsewhere}, {through.missing_s:.1f} s",
            )
            for way, errors in (("model alone", direct), ("whole chain", through)) if mistakes else ():
                for said, heard in errors.mistakes:
                    console.print(f"{one.language}, {shown}, {way}: {differences(said, heard)}", markup=False)
    return table


def measured() -> str:
    """Which code this is."""
    head = subprocess.run(
        ["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return head.stdout.strip() or "unknown"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("silence", "chain"))
    parser.add_argument("--minutes", type=float, default=10, help="of each sound")
    parser.add_argument("--sentences", type=int, default=60, help="in each language")
    parser.add_argument("--language", action="append", choices=LANGUAGES, help="this one; may be given again")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mistakes", action="store_true", help="show what was heard in place of what")
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    commit = measured()
    found: Sequence[Silence] | Sequence[Compared]
    try:
        if chosen.what == "silence":
            found = asyncio.run(silence(chosen.minutes, chosen.seed))
            table = show_silence(found)
        else:
            found = asyncio.run(chain(chosen.sentences, chosen.seed, chosen.language or LANGUAGES))
            table = show_chain(found, mistakes=chosen.mistakes)
    except SpeakerMissing as missing:
        sys.stderr.write(f"{missing}\n")
        return 1
    if chosen.json:
        report: dict[str, Any] = {"commit": commit, "found": [asdict(one) for one in found]}
        sys.stdout.write(json.dumps(report) + "\n")
    else:
        Console(width=200).print(f"Commit {commit}, seed {chosen.seed}", table)
    return 0


if __name__ == "__main__":
    sys.exit(main())
