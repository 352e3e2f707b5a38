"""What `python -m bot bench` and `soak` take, and how they answer: a table, or one object of JSON."""

from __future__ import annotations

import json
import sys
from typing import Annotated, Any, Literal

import typer
from rich.console import Console

from bot import logs
from bot.errors import StartRefused

Size = Literal["tiny", "base", "small"]
ModelWindow = Literal["full", "dynamic"]

bench = typer.Typer(no_args_is_help=True, help="Measure, on this machine, beside what one would use instead.")


def soak(
    *,
    minutes: Annotated[float, typer.Option(min=0.1, help="For how long.")] = 60.0,
    seed: Annotated[int, typer.Option(help="Of all that is random.")] = 1,
    people: Annotated[int, typer.Option(min=1, help="How many talk.")] = 25,
    channels: Annotated[int, typer.Option(min=1, help="In how many servers, one interview in each.")] = 5,
    load: Annotated[
        Size | None,
        typer.Option(help="A model that costs as much as one of this size, so that recognition is at full load."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object on stdout, nothing else.")] = False,
) -> None:
    """Load and faults on a Discord of its own, and whether every promise held; ends with code 1 if one did not."""
    from bot.bench.soak import run as run_soak  # noqa: PLC0415 - it loads what a live bot does not

    logs.set_up(level="ERROR")
    figures = run_soak(
        minutes=minutes,
        seed=seed,
        people=people,
        channels=channels,
        model=load,
        console=_console(as_json=as_json),
    )
    _out(figures, as_json=as_json)
    if figures["broken"]:
        raise typer.Exit(1)


@bench.command("receive")
def receive(
    *,
    seconds: Annotated[float, typer.Option(min=1, help="How long each call through the socket lasts.")] = 10.0,
    as_json: Annotated[bool, typer.Option("--json", help="One object on stdout, nothing else.")] = False,
) -> None:
    """What a packet costs, step by step, and calls of 25 and 100 speakers through a real socket."""
    from bot.bench.receive import run as run_receive  # noqa: PLC0415 - it loads what a live bot does not

    figures = run_receive(seconds=seconds, console=_console(as_json=as_json))
    _out(figures, as_json=as_json)


@bench.command("heal")
def heal(
    *,
    rounds: Annotated[int, typer.Option(min=1, help="How often each loss is tried.")] = 5,
    as_json: Annotated[bool, typer.Option("--json", help="One object on stdout, nothing else.")] = False,
) -> None:
    """How long the bot is deaf after each loss of its voice connection."""
    from bot.bench.heal import run as run_heal  # noqa: PLC0415 - as above

    logs.set_up(level="ERROR")
    figures = run_heal(rounds=rounds, console=_console(as_json=as_json))
    _out(figures, as_json=as_json)


@bench.command("recognise")
def recognise(
    *,
    sizes: Annotated[str, typer.Option(help="Of tiny, base and small.")] = "tiny,base,small",
    rounds: Annotated[int, typer.Option(min=1, help="For single utterances.")] = 5,
    seconds: Annotated[float, typer.Option(min=1, help="How long people talk at each step.")] = 40.0,
    patience_s: Annotated[float, typer.Option(min=0, help="Wait so long for others to leave the cores alone.")] = 0.0,
    quick: Annotated[bool, typer.Option("--quick", help="Only to see that it works.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One object on stdout, nothing else.")] = False,
) -> None:
    """What an utterance costs, and how many people two cores hold, beside plain faster-whisper."""
    from bot.bench.recognise import QUICKLY  # noqa: PLC0415 - as above
    from bot.bench.recognise import run as run_recognise  # noqa: PLC0415 - as above

    logs.set_up(level="ERROR")
    options: dict[str, Any] = {"rounds": rounds, "seconds": seconds, "patience_s": patience_s}
    if quick:
        options = QUICKLY
    figures = run_recognise(sizes=_sizes(sizes), console=_console(as_json=as_json), **options)
    _out(figures, as_json=as_json)


@bench.command("live")
def live(
    *,
    size: Annotated[Size, typer.Option(help="Whose shapes the model has.")] = "base",
    window: Annotated[ModelWindow | None, typer.Option(help="What is encoded; both, one after the other.")] = None,
    seconds: Annotated[float, typer.Option(min=5, help="How long people talk.")] = 60.0,
    patience_s: Annotated[float, typer.Option(min=0, help="Wait so long for others to leave the cores alone.")] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="One object on stdout, nothing else.")] = False,
) -> None:
    """How soon words stand in Discord: the whole bot, and four people who talk at the same time."""
    from bot.bench.live import run as run_live  # noqa: PLC0415 - as above

    logs.set_up(level="ERROR")
    figures = run_live(
        size=size,
        windows=(window,) if window is not None else ("dynamic", "full"),
        seconds=seconds,
        patience_s=patience_s,
        console=_console(as_json=as_json),
    )
    _out(figures, as_json=as_json)


@bench.command("overload")
def overload(
    *,
    size: Annotated[Size, typer.Option(help="Whose shapes the model has.")] = "base",
    window: Annotated[ModelWindow, typer.Option(help="What is encoded.")] = "full",
    seconds: Annotated[float, typer.Option(min=5, help="How long there is too much.")] = 120.0,
    people: Annotated[int | None, typer.Option(min=1, help="Who talk; by default three times too many.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One object on stdout, nothing else.")] = False,
) -> None:
    """Three times more speech than the engine can write down, and back."""
    from bot.bench.overload import run as run_overload  # noqa: PLC0415 - as above

    logs.set_up(level="ERROR")
    figures = run_overload(size=size, window=window, seconds=seconds, people=people, console=_console(as_json=as_json))
    _out(figures, as_json=as_json)


@bench.command("batch")
def batch(
    *,
    size: Annotated[Size, typer.Option(help="Whose shapes the model has.")] = "base",
    window: Annotated[ModelWindow | None, typer.Option(help="What is encoded; both, if not said.")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="In which all sizes of batches take turns.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="One object on stdout, nothing else.")] = False,
) -> None:
    """Several speakers' utterances recognised together on a processor, beside one after the other."""
    from bot.bench.batch import run as run_batch  # noqa: PLC0415 - as above

    logs.set_up(level="ERROR")
    windows = (window,) if window is not None else ("dynamic", "full")
    figures = run_batch(size=size, windows=windows, rounds=rounds, console=_console(as_json=as_json))
    _out(figures, as_json=as_json)


@bench.command("storage")
def storage(
    *,
    transcripts: Annotated[int, typer.Option(min=10, help="How many, of 100 turns each.")] = 1000,
    as_json: Annotated[bool, typer.Option("--json", help="One object on stdout, nothing else.")] = False,
) -> None:
    """What keeping transcripts sealed costs, beside plain SQLite."""
    from bot.bench.storage import run as run_storage  # noqa: PLC0415 - as above

    figures = run_storage(transcripts=transcripts, console=_console(as_json=as_json))
    _out(figures, as_json=as_json)


@bench.command("startup")
def startup(
    *,
    rounds: Annotated[int, typer.Option(min=1, help="How often it is started, each time twice.")] = 3,
    as_json: Annotated[bool, typer.Option("--json", help="One object on stdout, nothing else.")] = False,
) -> None:
    """From the start of the process until Discord listens to it."""
    from bot.bench.startup import run as run_startup  # noqa: PLC0415 - as above

    logs.set_up(level="ERROR")
    figures = run_startup(rounds=rounds, console=_console(as_json=as_json))
    _out(figures, as_json=as_json)


@bench.command("simulate")
def simulate(
    *,
    people: Annotated[str, typer.Option(help="How many, one or several.")] = "10,1000,100000",
    as_json: Annotated[bool, typer.Option("--json", help="One object on stdout, nothing else.")] = False,
) -> None:
    """What so many people need, simulated from what was measured."""
    from bot.bench.simulate import run as run_simulate  # noqa: PLC0415 - as above

    try:
        counts = tuple(int(each) for each in people.split(","))
    except ValueError:
        raise StartRefused("--people takes numbers, for example 10,1000.") from None
    if not counts or min(counts) < 1:
        raise StartRefused("--people takes numbers above 0, for example 10,1000.")
    figures = run_simulate(people=counts, console=_console(as_json=as_json))
    _out(figures, as_json=as_json)


@bench.command("all")
def everything() -> None:
    """All of them, one after the other: more than an hour."""
    receive(seconds=10.0, as_json=False)
    storage(transcripts=1000, as_json=False)
    startup(rounds=3, as_json=False)
    heal(rounds=5, as_json=False)
    recognise(sizes="tiny,base,small", rounds=5, seconds=40.0, patience_s=0.0, quick=False, as_json=False)
    live(size="base", window=None, seconds=60.0, patience_s=0.0, as_json=False)
    overload(size="base", window="full", seconds=120.0, people=None, as_json=False)
    batch(size="base", window=None, rounds=3, as_json=False)
    simulate(people="10,1000,100000", as_json=False)


def _sizes(listed: str) -> list[Size]:
    from bot.bench.shapes import SIZES  # noqa: PLC0415 - as above

    wanted = [name.strip() for name in listed.split(",")]
    if unknown := [name for name in wanted if name not in SIZES]:
        raise StartRefused(f"There is no size {unknown[0]}; there are {', '.join(SIZES)}.")
    return [name for name in SIZES if name in wanted]


def _console(*, as_json: bool) -> Console | None:
    return None if as_json else Console()


def _out(figures: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(figures) + "\n")
