"""`python -m tests.feedback.bench`: what the pictures cost, and how soon feedback is there, without the model's time.

    pictures    each painted twenty times, in the painter's thread, with a watch over how late the event loop is
    measures    an interview of half an hour: saved, opened, counted, kept
    feedback    the bot on its own Discord: Send pressed -> two passes of a model that answers at once -> card shown

With `--pictures FOLDER` the examples of the documentation are written there.
"""

from __future__ import annotations

import asyncio
import random
import statistics
import time
from pathlib import Path  # noqa: TC003 - Typer reads it
from typing import TYPE_CHECKING, Annotated

import typer

from bot.feedback.pictures import Lane, Painter, Picture, Progress, Score, Scores, Series, Timeline, paint
from bot.loopback.authority import Authority
from bot.rehearsal.loopback_model import LoopbackModel
from config.questions import InterviewType
from storage.ledger import Occasion, Purpose
from storage.transcripts import Asked, Spoken
from tests.cogs import test_feedback as story

if TYPE_CHECKING:
    from uuid import UUID

    from bot.rehearsal.stage import Stage

ROUNDS = 20
MINUTE = 60.0


def examples() -> dict[str, Picture]:
    """What the documentation shows."""
    draw = random.Random(7)
    spans: list[list[tuple[float, float]]] = [[], [], []]
    asked: list[float] = []
    at = 6.0
    while at < 28 * MINUTE:
        asked.append(at)
        until = at + draw.uniform(8, 25)
        spans[1].append((at, until))
        at = until + draw.choice((2, 4, 9, 14))
        until = min(30 * MINUTE, at + draw.uniform(60, 170))
        while at < until:
            spans[0].append((at, at + draw.uniform(4, 14)))
            at = spans[0][-1][1] + draw.uniform(0.3, 2.0)
        if draw.random() < 0.4:
            spans[2].append((at + 1, at + 9))
            at += 10
        at += draw.choice((1, 2, 5))
    lanes = (
        Lane("Anna", "candidate · 74 %", "candidate", tuple(spans[0])),
        Lane("Oleg", "interviewer · 20 %", "interviewer", tuple(spans[1])),
        Lane("Марія", "observer · 6 %", "observer", tuple(spans[2])),
    )
    names = ("Relevance", "Context", "Own part", "Result", "Depth", "Structure")
    spread: list[tuple[float, float] | None] = [(4, 4), (3, 4), (3.5, 3.5), None, (2, 2.5), (4.5, 4.5)]
    values = ("4", "3–4", "3.5", "not enough evidence", "2–2.5", "4.5")  # noqa: RUF001 - as ranges are written
    rows = tuple(
        Score(name, f"{0 if span is None else 6} of 6 answers", span, value)
        for name, span, value in zip(names, spread, values, strict=True)
    )
    series: list[Series] = []
    for name in names:
        points: list[tuple[float, float, float] | None] = []
        for number in range(8):
            middle = min(4.5, round(4 + number * 0.5 + draw.choice((-1, 0, 1))) / 2)
            half = draw.choice((0, 0.5))
            points.append(None if draw.random() < 0.1 else (middle - half, middle, min(5, middle + half)))
        last = points[-1]
        series.append(Series(name, "" if last is None else f"{last[1]:g}", tuple(points)))
    days = ("2 Oct", "9 Oct", "15 Oct", "30 Oct", "7 Nov", "14 Nov", "20 Nov", "23 Nov")
    return {
        "timeline": Timeline(
            "Who spoke when",
            f"Nov 23, 2026 · 30:00 · {len(asked)} questions",
            "Pauses from 3 s",
            30 * MINUTE,
            lanes,
            tuple(asked),
        ),
        "scores": Scores("Scores", "1 to 5 · 6 answers · striped: two passes did not agree", rows),
        "progress": Progress(
            "Progress",
            "8 interviews · for practice, each against your own past",
            days,
            frozenset({3}),
            tuple(series),
            "dot: mean of the answers; bar: where two passes did not agree",
            "rubric, instructions or model changed: not comparable across the line",
            "not enough evidence",
        ),
    }


async def pictures() -> None:
    """How long each takes, and how late the event loop is meanwhile."""
    painter = Painter()
    for name, picture in examples().items():
        times: list[float] = []
        late: list[float] = []
        size = 0
        for _ in range(ROUNDS):
            began = time.perf_counter()
            async with asyncio.TaskGroup() as tasks:
                painting = tasks.create_task(painter.paint(picture), name="paint")
                while not painting.done():
                    before = time.perf_counter()
                    await asyncio.sleep(0.001)
                    late.append(time.perf_counter() - before - 0.001)
            times.append(time.perf_counter() - began)
            size = len(painting.result())
        typer.echo(
            f"{name}: median {1e3 * statistics.median(times):.0f} ms, longest {1e3 * max(times):.0f} ms, "
            f"{size / 1024:.0f} KiB; event loop late, half and 99 in 100: {_lateness(late)}"
        )
    idle: list[float] = []
    for _ in range(ROUNDS * 50):
        before = time.perf_counter()
        await asyncio.sleep(0.001)
        idle.append(time.perf_counter() - before - 0.001)
    typer.echo(f"nothing painted: event loop late, half and 99 in 100: {_lateness(idle)}")


def _lateness(times: list[float]) -> str:
    marks = statistics.quantiles(times, n=100)
    return f"{1e3 * marks[49]:.1f}, {1e3 * marks[98]:.1f} ms"


async def _saved(stage: Stage, turns: int) -> tuple[UUID, float]:
    """An interview of that many turns, and how long saving it took."""
    stores, at = stage.app.services.stores, stage.app.services.clock.now()
    host, anna = stage.user(story.HOST).id, stage.user(story.ANNA).id
    for person in (host, anna):
        how = Occasion(stage.world.new_id(), at, "en", "form", None)
        await stores.ledger.give(person, {Purpose.TRANSCRIBE, Purpose.SAVE}, how, attested_age=18)
    said: list[Spoken | Asked] = []
    for number in range(turns):
        start = 6.0 * number
        if number % 25 == 0:
            said.append(Asked(start, f"{story.QUESTION} {number}"))
        speaker = host if number % 25 == 0 else anna
        text = f"Step {number}: {story.ANSWER[: 120 + number % 60]}"
        said.append(Spoken(speaker, "Anna" if speaker == anna else "Oleg", start, start + 5, text, "en", 0.9))
    began = time.perf_counter()
    transcript = await stores.transcripts.save(
        anna, "Practice", said, lambda _: True, at=at, interaction_id=stage.world.new_id()
    )
    return transcript, time.perf_counter() - began


async def feedback() -> None:
    """From stopping to measures, and from Send to the card."""
    async with LoopbackModel(story.judging()) as model, story.opened(Authority(), model) as stage:
        await story.agree(stage)
        anna = stage.user(story.ANNA).id
        desk = stage.app.services.desk
        counted: list[float] = []
        saving: list[float] = []
        for _ in range(5):
            transcript, took = await _saved(stage, 300)
            saving.append(took)
            began = time.perf_counter()
            await desk.measured(anna, transcript, kind=InterviewType.BEHAVIOURAL, language="en")
            counted.append(time.perf_counter() - began)
        typer.echo(
            f"300 turns, half an hour: saved in {1e3 * statistics.median(saving):.0f} ms, "
            f"measures kept after {1e3 * statistics.median(counted):.0f} ms more"
        )
        offers: list[float] = []
        written: list[float] = []
        cards: list[float] = []
        for _ in range(5):
            transcript, _took = await _saved(stage, 300)
            began = time.perf_counter()
            await story.offered(stage, str(transcript))
            offers.append(time.perf_counter() - began)
            offer = await story.use(stage, story.ANNA, "request", transcript=str(transcript))
            began = time.perf_counter()
            await story.send(stage, offer)
            await story.over(stage)
            written.append(time.perf_counter() - began)
            began = time.perf_counter()
            await story.use(stage, story.ANNA, "view")
            cards.append(time.perf_counter() - began)
        for what, times in (
            ("what goes where, shown after", offers),
            ("Send to feedback kept, two passes that answer at once", written),
            ("/feedback view to the card with two pictures", cards),
        ):
            typer.echo(f"{what}: median {statistics.median(times):.2f} s, longest {max(times):.2f} s")


def main(
    folder: Annotated[Path | None, typer.Option("--pictures", help="Write the examples of the documentation.")] = None,
) -> None:
    """Measure, on this machine."""
    if folder is not None:
        for name, picture in examples().items():
            (folder / f"{name}.png").write_bytes(paint(picture))
        return
    asyncio.run(pictures())
    asyncio.run(feedback())


if __name__ == "__main__":
    typer.run(main)
