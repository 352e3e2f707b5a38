"""The commands on recordings: what is opened, which model, what is shown while it runs and what at the end.

    files  -> Reader -> stt.recordings.transcribe  -> text, subtitles or JSON on stdout
    folder -> Sample -> stt.evaluation.evaluate    -> a table, or JSON

Progress is on stderr, and only on a terminal. What could not be read is said in one sentence after everything else.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from rich import box
from rich.console import Console, Group
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from bot import machine
from bot.errors import StartRefused
from bot.models_command import fetching
from stt.engine import EngineUnavailable
from stt.evaluation import SamplesUnreadable, Score, evaluate, read_samples
from stt.models import find_model
from stt.recordings import Reader, RecordingUnreadable, as_json, as_srt, as_text, transcribe
from stt.segmenter import Endpointing
from stt.vad import Silero, SpeechProbability
from stt.worker import WhisperWorker

if TYPE_CHECKING:
    from collections.abc import Sequence
    from io import TextIOWrapper

    from stt.engine import Window
    from stt.evaluation import Sample

Form = Literal["txt", "srt", "json"]

Compared = Literal["own", "full", "dynamic", "verified", "all"]

PATIENCE_S = 600.0
"""A recording can wait: only after this long over an utterance, or over loading, a model is taken to hang."""

LEGEND = """\
WER: words wrong of those said; case and punctuation do not count, numbers are compared as they are written.
RTF: seconds of work for each second of sound. p50, p95: seconds from where an utterance ended to its words.
Invented: words heard where nobody speaks. Crashes: how often the engine died or hung."""

_FORMS = {"txt": as_text, "srt": as_srt, "json": as_json}


async def transcribe_files(
    files: Sequence[Path],
    *,
    form: Form,
    model: str,
    models_folder: Path,
    languages: Sequence[str],
    silence_s: float,
    workers: int,
) -> None:
    """Write the words of recordings to stdout.

    Args:
        files: One for each speaker.
        form: What is written.
        model: Its name or folder.
        models_folder: Where named models are kept.
        languages: Codes to choose among, or none for all that the model has.
        silence_s: How long a pause ends an utterance.
        workers: Recognition processes; 0: as many as suit the machine.

    Raises:
        StartRefused: If there is no such model, or a recording cannot be read; the others were written then.
    """
    with ExitStack() as stack:
        readers, unread = _open(files, stack)
        if readers:
            folder = await _model(model, models_folder)
            progress = stack.enter_context(_progress(TextColumn("{task.fields[heard]}")))
            lengths = [reader.duration_s for reader in readers]
            total_s = max((length for length in lengths if length), default=None) if all(lengths) else None
            task = progress.add_task("Hearing", total=total_s, heard="")

            def show(heard_s: float) -> None:
                minutes, seconds = divmod(int(heard_s), 60)
                progress.update(task, completed=heard_s, heard=f"{minutes}:{seconds:02}")

            silero = Silero()
            try:
                async with WhisperWorker(
                    folder,
                    languages=languages,
                    workers=workers or machine.workers(folder),
                    deadline_s=PATIENCE_S,
                    start_s=PATIENCE_S,
                ) as worker:
                    transcript = await transcribe(
                        readers,
                        worker,
                        probability=lambda: SpeechProbability(silero),
                        endpointing=Endpointing(silence_s=silence_s),
                        language=languages[0] if len(languages) == 1 else None,
                        on_progress=show,
                    )
            except EngineUnavailable as missing:
                raise StartRefused(str(missing)) from None
            progress.stop()
            # Whatever the terminal's own: players expect it, and Latin-1 has no Ukrainian.
            cast("TextIOWrapper", sys.stdout).reconfigure(encoding="utf-8")
            sys.stdout.write(_FORMS[form](transcript))
            sys.stdout.flush()
            unread += transcript.unread
    _say_unread(unread)


async def evaluate_folder(
    folder: Path, *, models: Sequence[str], models_folder: Path, window: Compared, silence_s: float, as_json: bool
) -> None:
    """Write to stdout how models do on the recordings of a folder.

    Args:
        folder: What `read_samples` takes.
        models: Their names or folders.
        models_folder: Where named models are kept.
        window: What to have them encode; "own" for what their folders say.
        silence_s: How long a pause ends an utterance.
        as_json: JSON in place of a table.

    Raises:
        StartRefused: If a model or all recordings are missing, or one cannot be read; the others were counted then.
    """
    try:
        samples = read_samples(folder)
    except SamplesUnreadable as missing:
        raise StartRefused(str(missing)) from None
    folders = {model: await _model(model, models_folder) for model in models}
    windows: dict[Compared, tuple[Window | None, ...]] = {
        "own": (None,),
        "full": ("full",),
        "dynamic": ("dynamic",),
        "verified": ("verified",),
        "all": ("full", "dynamic", "verified"),
    }
    rows: list[tuple[str, str, Score]] = []
    with _progress(MofNCompleteColumn()) as progress:
        for model, place in folders.items():
            for wanted in windows[window]:
                task = progress.add_task(escape(model), total=len(samples))
                try:
                    async with WhisperWorker(place, window=wanted, deadline_s=PATIENCE_S, start_s=PATIENCE_S) as worker:
                        score = await _score(samples, worker, silence_s, lambda t=task: progress.advance(t))
                        rows.append((model, str(worker.window), score))
                except EngineUnavailable as missing:
                    raise StartRefused(str(missing)) from None
    if as_json:
        listed = [{"model": model, "window": used, **score.as_dict()} for model, used, score in rows]
        sys.stdout.write(json.dumps(listed, ensure_ascii=False, indent=1) + "\n")
    else:
        Console().print(table(rows))
    sys.stdout.flush()
    _say_unread(rows[0][2].unread)


async def _score(samples: Sequence[Sample], worker: WhisperWorker, silence_s: float, on_progress: Any) -> Score:
    silero = Silero()
    return await evaluate(
        samples,
        worker,
        probability=lambda: SpeechProbability(silero),
        endpointing=Endpointing(silence_s=silence_s),
        on_progress=on_progress,
    )


def table(rows: Sequence[tuple[str, str, Score]]) -> Group:
    """Scores by model and window, and what the columns are."""
    made = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    made.add_column("model", overflow="fold", min_width=9)
    for column in ("window", "files", "words", "WER", "RTF", "p50", "p95", "invented", "crashes"):
        made.add_column(column, justify="left" if column == "window" else "right", no_wrap=True)
    for model, window, score in rows:
        made.add_row(
            escape(Path(model).name or model),
            window,
            str(score.files),
            str(score.words),
            _number(score.word_error_rate, "{:.1%}"),
            _number(score.real_time_factor, "{:.3f}"),
            _number(score.latency_s(0.5), "{:.2f}"),
            _number(score.latency_s(0.95), "{:.2f}"),
            str(score.invented) if score.silent_files else "-",
            str(score.crashes),
        )
    return Group(made, Text(LEGEND, style="dim"))


def _number(number: float | None, form: str) -> str:
    return "-" if number is None else form.format(number)


def _open(files: Sequence[Path], stack: ExitStack) -> tuple[list[Reader], list[str]]:
    """The recordings that can be opened, each with a name of its own, and what is wrong with the others."""
    readers: list[Reader] = []
    unread: list[str] = []
    taken: set[str] = set()
    for file in files:
        try:
            reader = stack.enter_context(Reader(file))
        except RecordingUnreadable as error:
            unread.append(str(error))
            continue
        alone, number = reader.name, 1
        while reader.name in taken:
            number += 1
            reader.name = f"{alone} {number}"
        taken.add(reader.name)
        readers.append(reader)
    return readers, unread


async def _model(model: str, models_folder: Path) -> Path:
    _refuse_what_is_no_folder(model)
    try:
        with fetching(Console(stderr=True)) as progress:
            return await find_model(model, models_folder, progress=progress)
    except EngineUnavailable as missing:
        raise StartRefused(str(missing)) from None


def _refuse_what_is_no_folder(model: str) -> None:
    # `find_model` would name the setting, which may not be what was typed.
    if ("/" in model or model.startswith(".")) and not Path(model).expanduser().is_dir():
        raise StartRefused(f"{model} is no folder here; name a model's folder, or a model such as base.")


def _progress(column: Any) -> Progress:
    """On stderr, and only on a terminal."""
    console = Console(stderr=True)
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        column,
        TimeRemainingColumn(),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )


def _say_unread(unread: Sequence[str]) -> None:
    if unread:
        raise StartRefused("; ".join(unread) + ".")
