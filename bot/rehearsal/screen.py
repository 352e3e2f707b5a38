"""The rehearsal on a terminal: what the people in the channel see, and beside it the evidence.

On a terminal it is redrawn as things happen; into a pipe or file it is written line by line.
"""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

from rich import box
from rich.columns import Columns
from rich.console import Console, Group, RenderableType
from rich.layout import Layout
from rich.live import Live
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from bot.loopback.entities import walk
from bot.rehearsal.cast import PEOPLE, ROLES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from bot.interview.session import Heard
    from bot.loopback.entities import Message
    from bot.loopback.wire import Json
    from bot.rehearsal.story import Rehearsal
    from bot.rehearsal.summary import Direction, Summary

REDRAW_S = 0.2

ANSWERS = 4
"""How many of those that one person alone sees are shown."""

_STYLES = {"scene": "dim italic", "line": "bold", "silent": "yellow", "act": "cyan"}
LINES = 10
"""So many of the newest lines of captions are shown; the beginning of a long one is left out."""

LINE_CHARACTERS = 170

_BOLD = re.compile(r"(?<!\\)\*\*((?:\\.|[^\\])+?)\*\*")


def discord_text(markdown: str, names: Mapping[int, str] | None = None) -> Text:
    """*markdown* as Discord would show it, near enough for a terminal; *names* are of who may be mentioned."""
    markdown = re.sub(r"<@!?(\d+)>", lambda found: f"@{(names or {}).get(int(found[1]), 'host')}", markdown)
    text = Text()
    for number, line in enumerate(markdown.splitlines()):
        if number:
            text.append("\n")
        style = ""
        if line.startswith(("## ", "### ")):
            line, style = line.partition(" ")[2], "bold"  # noqa: PLW2901 - the rest of the line
        elif line.startswith("-# "):
            line, style = line[3:], "dim"  # noqa: PLW2901 - the rest of the line
        at = 0
        for match in _BOLD.finditer(line):
            text.append(_plain(line[at : match.start()]), style)
            text.append(_plain(match[1]), f"{style} bold".strip())
            at = match.end()
        text.append(_plain(line[at:]), style)
    return text


def _plain(text: str) -> str:
    text = re.sub(r"<#\d+>", "#Interview room", text)
    text = re.sub(r"<t:\d+(:\w)?>", "just now", text)
    return re.sub(r"\\(.)", r"\1", re.sub(r"(?<!\\)[*_`]", "", text))


def _labels(components: Iterable[Json]) -> tuple[list[str], list[str]]:
    """The texts and the button labels in a message's components, in order."""
    every = list(walk(components))
    texts = [str(component["content"]) for component in every if component["type"] == 10]
    return texts, [str(component.get("label", "")) for component in every if component["type"] == 2]


def message_view(
    message: Message, *, only: str | None = None, names: Mapping[int, str] | None = None
) -> RenderableType:
    """One message of the channel; *only* is who alone can see it, *names* are of people who may be mentioned."""
    title = "SkillRally" if only is None else f"SkillRally · only {only.capitalize()} sees this"
    if not message.components:
        text = discord_text(message.content if only else _newest(message.content), names)
        for file in message.attachments:
            text.append(f"\n[{file.filename}, {len(file.data):,} bytes]", "underline")
        return Panel(text, title=title, title_align="left", border_style="blue" if only is None else "magenta")
    texts, labels = _labels(message.components)
    parts: list[RenderableType] = [discord_text(text, names) for text in texts]
    if labels:
        parts.append(Columns([Text(f" {label} ", style="reverse") for label in labels], padding=(0, 1)))
    heard = any("those who joined are heard" in text for text in texts)
    return Panel(Group(*parts), title=title, title_align="left", border_style="red" if heard else "bright_black")


def _newest(captions: str) -> str:
    """The heading and the newest lines; of a long line its end, as there is no room for all of them on a screen."""
    head, *lines = captions.splitlines() or [""]
    shown: list[str] = []
    for line in lines[-LINES:]:
        name, bold, words = line.partition("** ")
        cut = len(words) > LINE_CHARACTERS and bool(bold)
        shown.append(f"{name}{bold}… {words[-LINE_CHARACTERS:].partition(' ')[2]}" if cut else line)
    return "\n".join([head, *shown])


def evidence(rehearsal: Rehearsal) -> RenderableType:
    """What the act that plays shows for itself, or else the counters, as they stand."""
    if rehearsal.figures:
        shown = Table.grid(padding=(0, 2))
        shown.add_column(style="dim")
        shown.add_column(justify="right")
        for label, value in rehearsal.figures.items():
            shown.add_row(label, value)
        found = _checks_table()
        for promise in next(reversed(rehearsal.summary.acts.values()), ()):
            _check_row(found, promise, held=rehearsal.summary.checks[promise])
        return Group(shown, Text(), found)
    status, interview = rehearsal.stage.status(), rehearsal.stage.interview
    table = Table(box=box.SIMPLE_HEAD, expand=True, padding=(0, 1))
    table.add_column("")
    for name in ("packets", "still sealed", "decrypted"):
        table.add_column(name, justify="right")
    heard = {h.user_id: h for h in status.heard} if status else {}
    for name in PEOPLE:
        _row(table, name, heard.get(rehearsal.stage.user(name).id))
    facts = Table.grid(padding=(0, 2))
    facts.add_column(style="dim")
    facts.add_column(justify="right")
    if interview is not None and status is not None:
        counters, counts = interview.receiver.counters, interview.pipeline.counts
        latencies = sorted(interview.captions.latencies_s) if interview.captions else []
        middle = f"{latencies[len(latencies) // 2]:.2f} s" if latencies else "-"
        for label, value in (
            ("datagrams", f"{counters.datagrams:,}"),
            ("dropped, still sealed", f"{counters.dropped_sealed:,}"),
            ("not authentic, not RTP", f"{counters.not_authentic + counters.not_rtp + counters.not_opus:,}"),
            ("lost, of those concealed", f"{counters.lost:,}, {counters.concealed + counters.recovered:,}"),
            ("voice heard", f"{counters.frames * 0.02:.1f} s"),
            ("audio overwritten", f"{counts.wiped_s:.1f} s"),
            ("end of speech to caption", middle),
            ("end-to-end encrypted", "yes" if status.encrypted else "no"),
        ):
            facts.add_row(label, value)
    return Group(table, facts)


def _row(table: Table, name: str, heard: Heard | None) -> None:
    if heard is None:
        table.add_row(Text(f"{name.capitalize()}", style="dim"), "", "", "")
        return
    style = "green" if heard.joined else "yellow"
    table.add_row(
        Text(f"{'●' if heard.joined else '○'} {name.capitalize()}", style=style),
        f"{heard.packets:,}",
        f"{heard.dropped_sealed:,}",
        Text(f"{heard.decrypted:,}", style="bold" if not heard.decrypted else ""),
    )


def stage_view(rehearsal: Rehearsal) -> RenderableType:
    """The whole screen."""
    layout = Layout()
    directions = Layout(name="directions", size=9)
    middle = Layout(name="middle")
    layout.split_column(middle, directions)
    title, seen = _channel(rehearsal)
    middle.split_row(
        Layout(Panel(Group(*seen), title=title, title_align="left"), ratio=3),
        Layout(Panel(evidence(rehearsal), title="Evidence", title_align="left"), ratio=2),
    )
    lines = [_direction(d) for d in list(rehearsal.directions)[-7:]]
    title = f"On stage · {rehearsal.stage.elapsed_s:4.0f} s"
    directions.update(Panel(Group(*lines), title=title, title_align="left"))
    return layout


def _channel(rehearsal: Rehearsal) -> tuple[str, list[RenderableType]]:
    """The channel and its title: what everybody sees, or one person with the newest answers that are hers alone."""
    name = rehearsal.eyes
    messages = rehearsal.stage.seen(name or "peter")
    names = {user.id: known.capitalize() for known, user in rehearsal.stage.place.people.items()}
    seen = [message_view(message, names=names) for message in messages if message.ephemeral_to is None]
    if name is None:
        return "# Interview room, as everybody in it sees it", seen
    alone = [message for message in messages if message.ephemeral_to is not None]
    seen += [message_view(message, only=name, names=names) for message in alone[-ANSWERS:]]
    return f"# Interview room, as {name.capitalize()} sees it", seen


def _direction(direction: Direction) -> Text:
    text = Text()
    text.append(f"{direction.at_s:5.1f}  ", style="dim")
    text.append(direction.text, style=_STYLES.get(direction.kind, ""))
    if direction.kind == "silent":
        text.append("  (nobody may ever read this)", style="dim")
    text.no_wrap, text.overflow = True, "ellipsis"
    return text


def _checks_table() -> Table:
    return Table(box=None, show_header=False, padding=(0, 1))


def _check_row(table: Table, promise: str, *, held: bool) -> None:
    table.add_row(Text("✓", style="bold green") if held else Text("✗", style="bold red"), promise)


def summary_view(summary: Summary) -> RenderableType:
    """What is left on the terminal when it is over."""
    checks = _checks_table()
    for act, promises in summary.acts.items():
        checks.add_row("", Text(act, style="bold"))
        for promise in promises:
            _check_row(checks, promise, held=summary.checks[promise])
    people = Table(box=box.SIMPLE_HEAD, padding=(0, 1))
    for column in ("", "", "packets", "still sealed", "decrypted", "words said", "wrong"):
        people.add_column(column, justify="left" if not column else "right")
    for name in PEOPLE:
        if (seen := summary.people.get(name)) is not None:
            wrong = "?" if seen.wrong is None else f"{seen.wrong}"
            people.add_row(
                seen.name, Text(ROLES[name], style="dim"), f"{seen.packets:,}", f"{seen.dropped_sealed:,}",
                f"{seen.decrypted:,}", f"{seen.said}", wrong,
            )  # fmt: skip
    lines = [f"{summary.audio_heard_s:.1f} s of voice heard, {summary.audio_wiped_s:.1f} s overwritten."]
    if summary.caption_latency_p50_s is not None:
        lines.append(
            f"From the end of speech to its caption: {summary.caption_latency_p50_s:.2f} s (half of them), "
            f"{summary.caption_latency_p95_s:.2f} s (95 in 100)."
        )
    if summary.pictures:
        lines.append(f"The pictures beside feedback are in {Path(summary.pictures[0]).parent}.")
    verdict = (
        Text(f"Everything held, in {summary.seconds:.0f} s.", style="bold green")
        if summary.ok
        else Text("Something did not hold.", style="bold red")
    )
    notes = Text("\n".join(lines))
    return Panel(Group(people, notes, Text(), checks, Text(), verdict), title="The rehearsal", title_align="left")


async def show(rehearsal: Rehearsal, console: Console) -> Summary:
    """Run the rehearsal before whoever watches."""
    if not console.is_terminal:
        summary = await rehearsal.run()
    else:
        with Live(console=console, screen=True, auto_refresh=False) as live:
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(rehearsal.run(), name="rehearsal")
                while not running.done():
                    live.update(stage_view(rehearsal), refresh=True)
                    await asyncio.wait({running}, timeout=REDRAW_S)
            summary = running.result()
    console.print(summary_view(summary))
    return summary


def picture(rehearsal: Rehearsal) -> str:
    """The screen as it stands, as an SVG that fetches nothing from anywhere."""
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=132, height=48, force_terminal=True, file=nowhere)
        console.print(stage_view(rehearsal))
        drawn = console.export_svg(title="make run", unique_id="rehearsal")
    # Rich has it fetch a font; every system has one that will do.
    drawn = re.sub(r"@font-face \{.*?\}\s*", "", drawn, flags=re.DOTALL)
    return drawn.replace("Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono")


def printing(console: Console) -> Callable[[Direction], None]:
    """A watcher that writes each stage direction as a line; for pipes and files."""

    def watch(direction: Direction) -> None:
        if not console.is_terminal:
            console.print(_direction(direction), soft_wrap=True)

    return watch
