"""`python -m bot …`: one line for each command. What cannot start says so in one sentence and ends with code 78."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import tempfile
from datetime import datetime  # noqa: TC003 - Typer reads it
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeVar

import typer
from pydantic import ValidationError
from rich.console import Console

from bot import logs
from bot.bench.commands import bench, soak
from bot.errors import StartRefused
from bot.hardening import harden, settle
from config.errors import Unfit
from config.settings import Settings
from stt.engine import Window  # noqa: TC001 - Typer reads it

if TYPE_CHECKING:
    from pydantic_settings import BaseSettings

    from bot.installation import Installation

_Read = TypeVar("_Read", bound="BaseSettings")

RequestKind = Literal[
    "access", "portability", "erasure", "rectification", "restriction", "objection", "complaint", "withdraw"
]
RequestOutcome = Literal["done", "partly", "refused", "taken_back", "unconfirmed"]

EX_CONFIG = 78
"""Exit code of a start that was refused. Source: sysexits.h."""

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # its tracebacks show local variables, and those may hold what somebody said
    help="SkillRally for Discord: practise job interviews by voice; only those who said yes are heard.",
)


def _settings() -> Settings:
    return _read(Settings)


def _read(kind: type[_Read]) -> _Read:
    try:
        return kind()
    except ValidationError as bad:
        # Only the names: what was typed may be a secret.
        names = sorted({str(error["loc"][0]) for error in bad.errors(include_input=False) if error["loc"]})
        listed = ", ".join(f"SKILLRALLY_{name.upper()}" for name in names)
        raise StartRefused(
            f"These settings cannot be read: {listed}. See config/example.env for what they take."
        ) from None
    except Unfit as bad:
        raise StartRefused(f"{str(bad)[:1].upper()}{str(bad)[1:]}.") from None


@cli.command()
def run() -> None:
    """Run the bot; without DISCORD_TOKEN, the rehearsal."""
    settings = _settings()
    if settings.discord_token is None:
        Console(stderr=True).print(
            "DISCORD_TOKEN is not set, so this is the rehearsal: the whole bot, on a Discord of this machine alone."
        )
        rehearse()
        return
    as_json = settings.log_format == "json" if settings.log_format else None
    logs.set_up(level=settings.log_level, as_json=as_json)
    harden()
    asyncio.run(_serve(settings, settings.discord_token.get_secret_value()))


async def _serve(settings: Settings, token: str) -> None:
    from bot.app import open_app  # noqa: PLC0415 - the other commands start without Discord and the model

    if sys.stderr.isatty() and not settings.speech_url:
        from bot.models_command import fetch  # noqa: PLC0415 - likewise

        await fetch(settings, Console(stderr=True))
    async with open_app(settings) as app:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, app.drain)
        settle()
        await app.run(token)


@cli.command()
def rehearse(
    *,
    audio: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FILE", help="Your recording as somebody's voice (oleg, anna, david, maria, peter)."),
    ] = None,
    model: Annotated[str | None, typer.Option(help="A model folder or name, in place of the small one.")] = None,
    loss: Annotated[float, typer.Option(min=0, max=0.9, help="Part of the packets that are lost.")] = 0.0,
    duplicate: Annotated[float, typer.Option(min=0, max=0.9, help="Part that arrives twice.")] = 0.0,
    jitter_ms: Annotated[float, typer.Option(min=0, max=500, help="How late packets may be.")] = 0.0,
    garbage: Annotated[float, typer.Option(min=0, max=1, help="Datagrams of nonsense for each packet.")] = 0.0,
    seed: Annotated[int, typer.Option(help="Of all that is random.")] = 0,
    rounds: Annotated[int, typer.Option(min=1, help="How often the conversation is held.")] = 1,
    fast: Annotated[bool, typer.Option("--fast", help="Who need not wait for others speaks at once.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One summary object on stdout, nothing else.")] = False,
    picture: Annotated[
        Path | None, typer.Option(metavar="FILE.svg", help="A picture of the screen, to a file.")
    ] = None,
    pictures: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where the pictures beside feedback go; a new temporary folder otherwise."),
    ] = None,
    serve: Annotated[bool, typer.Option("--serve", help="Only the Discord, for clients of your own.")] = False,
) -> None:
    """The whole bot on a Discord of its own: no account, no network, no download."""
    logs.set_up(level="WARNING")
    harden()
    if serve:
        from bot.loopback.serving import serve as serve_discord  # noqa: PLC0415 - a live bot never loads the loopback Discord

        asyncio.run(serve_discord())
        return
    from bot.rehearsal import screen  # noqa: PLC0415 - a live bot never loads the rehearsal
    from bot.rehearsal.story import Options, Rehearsal  # noqa: PLC0415 - likewise

    options = Options(
        recordings=dict(_recording(item) for item in audio or ()),
        model=model,
        loss=loss,
        duplicate=duplicate,
        jitter_ms=jitter_ms,
        garbage=garbage,
        seed=seed,
        fast=fast,
        rounds=rounds,
        pictures=pictures or Path(tempfile.mkdtemp(prefix="skillrally-pictures-")),
    )
    console = Console()

    def draw(rehearsal: Rehearsal) -> None:
        if picture is not None:
            # The first act is what most people want to see; each later one has a picture of its own beside it.
            file = picture if rehearsal.act == 1 else picture.with_stem(f"{picture.stem}-{rehearsal.act}")
            file.write_text(screen.picture(rehearsal), encoding="utf-8")

    if as_json:
        summary = asyncio.run(Rehearsal(options, at_its_fullest=draw).run())
        sys.stdout.write(json.dumps(summary.as_dict(), ensure_ascii=False) + "\n")
    else:
        rehearsal = Rehearsal(options, watch=screen.printing(console), at_its_fullest=draw)
        summary = asyncio.run(screen.show(rehearsal, console))
    if not summary.ok:
        raise typer.Exit(1)


@cli.command()
def transcribe(
    files: Annotated[list[Path], typer.Argument(help="Recordings that began together, one for each speaker.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One list of objects.")] = False,
    as_srt: Annotated[bool, typer.Option("--srt", help="Subtitles.")] = False,
    as_txt: Annotated[
        bool, typer.Option("--txt", help="A line for each utterance; so without any of the three.")
    ] = False,
    model: Annotated[str | None, typer.Option(help="A model folder or name; by default SKILLRALLY_MODEL.")] = None,
    language: Annotated[str | None, typer.Option(help="What is spoken, as a code such as en.")] = None,
    silence_s: Annotated[
        float | None, typer.Option(min=0.2, max=2.0, help="How long a pause ends an utterance.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, max=64, help="Recognition processes.")] = None,
) -> None:
    """The words of recordings, on stdout, by what hears live."""
    settings = _settings()
    if as_json + as_srt + as_txt > 1:
        raise StartRefused("One of --json, --srt and --txt at a time.")
    logs.set_up(level="WARNING")
    harden()
    from bot.recordings import transcribe_files  # noqa: PLC0415 - as in _serve

    asyncio.run(
        transcribe_files(
            files,
            form="json" if as_json else "srt" if as_srt else "txt",
            model=model or settings.model,
            models_folder=settings.models_folder,
            languages=(language,) if language else settings.allowed_languages,
            silence_s=silence_s or settings.silence_s,
            workers=workers or settings.own_workers,
        )
    )


@cli.command()
def evaluate(
    folder: Annotated[Path, typer.Argument(help="Recordings, with their words in name.txt or in a list.")],
    *,
    model: Annotated[list[str] | None, typer.Option(help="A model folder or name; may be given for several.")] = None,
    window: Annotated[
        Literal["own", "full", "dynamic", "verified", "all"],
        typer.Option(help="What is encoded; own: as the model's folder says."),
    ] = "own",
    silence_s: Annotated[
        float | None, typer.Option(min=0.2, max=2.0, help="How long a pause ends an utterance.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One list of objects on stdout, nothing else.")] = False,
) -> None:
    """How well models do on recordings whose words are known."""
    settings = _settings()
    logs.set_up(level="WARNING")
    harden()
    from bot.recordings import evaluate_folder  # noqa: PLC0415 - as in _serve

    asyncio.run(
        evaluate_folder(
            folder,
            models=model or [settings.model],
            models_folder=settings.models_folder,
            window=window,
            silence_s=silence_s or settings.silence_s,
            as_json=as_json,
        )
    )


models = typer.Typer(no_args_is_help=True, help="Recognition models: which there are, and getting and trying them.")
cli.add_typer(models, name="models")


@models.command("list")
def models_list(
    *, as_json: Annotated[bool, typer.Option("--json", help="One object on stdout, nothing else.")] = False
) -> None:
    """Which models are here, and which can be had."""
    from bot.models_command import listing, show  # noqa: PLC0415 - only these commands need it

    settings = _settings()
    if as_json:
        sys.stdout.write(json.dumps(listing(settings), ensure_ascii=False) + "\n")
    else:
        show(settings, Console())


@models.command("add")
def models_add(
    wanted: Annotated[str, typer.Argument(metavar="NAME", help="A listed name, a repository owner/name, or a folder.")],
    *,
    name: Annotated[str | None, typer.Option(help="What to call it here.")] = None,
    window: Annotated[Window | None, typer.Option(help="Of a model that is not listed.")] = None,
) -> None:
    """Fetch a model, convert it if need be, try it, and keep it."""
    from bot.models_command import add as add_model  # noqa: PLC0415 - as above

    add_model(_settings(), Console(), wanted, name=name, window=window)


@models.command("check")
def models_check(
    name: Annotated[str | None, typer.Argument(help="Which; all without it.")] = None,
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One list on stdout, nothing else.")] = False,
) -> None:
    """See that models are whole and run."""
    from bot.models_command import check as check_models  # noqa: PLC0415 - as above
    from bot.models_command import say_checked  # noqa: PLC0415 - as above

    found = check_models(_settings(), name)
    if as_json:
        sys.stdout.write(json.dumps(found, ensure_ascii=False) + "\n")
    else:
        say_checked(found, Console())
    if not all(one["ok"] for one in found):
        raise typer.Exit(1)


@models.command("remove")
def models_remove(
    name: Annotated[str, typer.Argument(help="Which.")],
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask, even if it is in use.")] = False,
) -> None:
    """Delete a model from this machine."""
    from bot.models_command import remove as remove_model  # noqa: PLC0415 - as above

    remove_model(_settings(), Console(), name, sure=None if yes else lambda: typer.confirm(f"Remove {name}?"))


keys = typer.Typer(no_args_is_help=True, help="The keys that seal what is kept.")
cli.add_typer(keys, name="keys")


def _installation() -> Installation:
    from bot.installation import Installation  # noqa: PLC0415 - only these commands need what is kept
    from config.operations import Operations  # noqa: PLC0415 - as above

    logs.set_up(level="WARNING")
    harden()
    return Installation(_settings(), _read(Operations))


def _out(result: object, console_line: str | None = None, *, as_json: bool = False) -> None:
    if as_json or console_line is None:
        sys.stdout.write(json.dumps(result, ensure_ascii=False, indent=None if as_json else 2) + "\n")
    else:
        Console().print(console_line, highlight=False, soft_wrap=True, markup=False)


@keys.command("init")
def keys_init() -> None:
    """Make the first key and the databases; what is there, stays."""
    from bot.keys_command import init  # noqa: PLC0415 - as above

    installation = _installation()
    done = asyncio.run(init(installation))
    where = f" in {installation.settings.keys_folder}" if installation.keys_are_files else ""
    if done["made"]:
        _out(done, f"The keys are made{where}. Copy them to a safe place: without them nothing can be opened.")
    else:
        _out(done, f"They are there already: version {done['version']}{where}.")


@keys.command("rotate")
def keys_rotate(
    *, retire: Annotated[bool, typer.Option("--retire", help="Destroy older versions afterwards.")] = False
) -> None:
    """Make a new version, and wrap every data key under it; or finish a rotation that was interrupted."""
    from bot.clock import SystemClock  # noqa: PLC0415 - as above
    from bot.keys_command import rotate  # noqa: PLC0415 - as above

    done = asyncio.run(rotate(_installation(), clock=SystemClock(), retire=retire))
    older = "Older versions are destroyed." if done["retired"] else "Older versions are still there."
    _out(done, f"Version {done['version']} is current, data keys rewrapped: {done['rewrapped']}. {older}")


@keys.command("retire")
def keys_retire() -> None:
    """Destroy every version but the current one; nothing may be wrapped under them any more."""
    from bot.keys_command import retire  # noqa: PLC0415 - as above

    version = asyncio.run(retire(_installation()))
    _out(None, f"Version {version} is the only one left.")


@keys.command("status")
def keys_status(
    *, as_json: Annotated[bool, typer.Option("--json", help="One object on stdout, nothing else.")] = False
) -> None:
    """Which versions there are, and how many data keys each wraps."""
    from bot.keys_command import status  # noqa: PLC0415 - as above

    said = asyncio.run(status(_installation()))
    listed = ", ".join(f"{number} under version {version}" for version, number in said["data_keys"].items())
    _out(said, f"{said['keys']}: version {said['version']} is current. Data keys: {listed}.", as_json=as_json)


@cli.command()
def backup() -> None:
    """Copy keyring and content, while the bot may be running."""
    from bot.clock import SystemClock  # noqa: PLC0415 - as above
    from bot.storage_command import make_backup  # noqa: PLC0415 - as above

    done = asyncio.run(make_backup(_installation(), clock=SystemClock()))
    _out(done, f"{done['content']} and {done['keyring']} are written and checked. Backups kept: {done['kept']}.")


@cli.command()
def restore(
    file: Annotated[Path | None, typer.Argument(help="Which backup of the content; the newest without it.")] = None,
) -> None:
    """Put a backup where no database is, and erase again who was erased since."""
    from bot.clock import SystemClock  # noqa: PLC0415 - as above
    from bot.storage_command import bring_back  # noqa: PLC0415 - as above

    done = asyncio.run(bring_back(_installation(), file, clock=SystemClock()))
    _out(done, f"{done['restored']} is restored, and everybody who was erased since is erased again.")


@cli.command("purge-all")
def purge_all(
    *,
    confirm: Annotated[str | None, typer.Option(help="The words, for use without a terminal.")] = None,
    leave_messages: Annotated[
        bool, typer.Option("--leave-messages", help="Although captions still stand on Discord.")
    ] = False,
) -> None:
    """Delete everything that was ever kept: keys, databases, backups. There is no way back.

    With PostgreSQL, the tables and the key files: stop every bot before, and delete the dumps yourself.
    """
    from bot.storage_command import PURGE_WORDS  # noqa: PLC0415 - as above
    from bot.storage_command import purge_all as purge  # noqa: PLC0415 - as above

    installation = _installation()
    typed = confirm if confirm is not None else typer.prompt(f"To delete everything, type “{PURGE_WORDS}”")
    done = asyncio.run(purge(installation, typed=typed, leave_messages=leave_messages))
    rest = "" if done["keys"] else " Destroy the key-encryption keys where they are, too."
    _out(done, f"Everything is deleted.{rest} Copies of keys and backups elsewhere are yours to delete.")


@cli.command()
def ropa(
    *, as_json: Annotated[bool, typer.Option("--json", help="One object on stdout, nothing else.")] = False
) -> None:
    """The record of processing activities (GDPR, Art. 30), as Markdown."""
    from bot.installation import refusing  # noqa: PLC0415 - as above
    from bot.ropa import markdown, record  # noqa: PLC0415 - as above

    installation = _installation()
    with refusing():
        said = record(installation.operations.controller, installation.policy(), installation.processors())
    if as_json:
        _out(said, as_json=True)
    else:
        sys.stdout.write(markdown(said))


@cli.command("verify-receipt")
def verify_receipt(
    file: Annotated[Path, typer.Argument(help="A receipt of an erasure, as JSON.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="One object on stdout, nothing else.")] = False,
) -> None:
    """See that a receipt is whole, and that the keys it names are nowhere any more."""
    from bot.storage_command import check_receipt  # noqa: PLC0415 - as above

    said = asyncio.run(check_receipt(_installation(), file))
    where = " and ".join(said["looked_in"]) or "no keyring: there is none here"
    line = (
        f"The receipt holds. Keys destroyed at {said['erased_at']}: {said['keys']}. Looked for in: {where}."
        if said["holds"]
        else f"The receipt does not hold: {'; '.join(said['faults'])}."
    )
    _out(said, line, as_json=as_json)
    if not said["holds"]:
        raise typer.Exit(1)


@cli.command()
def erase(user: Annotated[int, typer.Option(help="The Discord id of who asked for it.")]) -> None:
    """Erase a person who asked by e-mail and confirmed it on Discord; prints the receipt to send them."""
    from bot.clock import SystemClock  # noqa: PLC0415 - as above
    from bot.storage_command import erase as erase_person  # noqa: PLC0415 - as above

    _out(asyncio.run(erase_person(_installation(), user, clock=SystemClock())))


requests = typer.Typer(no_args_is_help=True, help="What people ask for about their data; due in 30 days.")
cli.add_typer(requests, name="requests")


@requests.command("add")
def requests_add(
    kind: Annotated[RequestKind, typer.Argument(help="What is asked for.")],
    *,
    received: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="When the e-mail came; today without it.")
    ] = None,
    text: Annotated[str, typer.Option(help="What was written; - reads it from stdin.")] = "",
) -> None:
    """Put down a request that came by e-mail; prints the code to answer with."""
    from bot.clock import SystemClock  # noqa: PLC0415 - as above
    from bot.storage_command import add_request  # noqa: PLC0415 - as above
    from storage.requests import RequestKind as Kind  # noqa: PLC0415 - as above

    written = sys.stdin.read() if text == "-" else text
    day = received.date() if received else None
    done = asyncio.run(add_request(_installation(), Kind(kind), received=day, text=written, clock=SystemClock()))
    _out(
        done,
        f"Request {done['id'][:8]} is put down. Answer with this code, to be entered at /privacy confirm until"
        f" {done['code_until']}: {done['code']}",
    )


@requests.command("list")
def requests_list(
    *,
    closed: Annotated[bool, typer.Option("--closed", help="Those that were answered.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One list on stdout, nothing else.")] = False,
) -> None:
    """The requests, the most urgent first."""
    from bot.clock import SystemClock  # noqa: PLC0415 - as above
    from bot.storage_command import list_requests  # noqa: PLC0415 - as above

    said = asyncio.run(list_requests(_installation(), closed=closed, clock=SystemClock()))
    if as_json:
        _out(said, as_json=True)
        return
    for one in said:
        left = one["outcome"] if closed else f"due {one['due']}, {one['days_left']} days left"
        sure = "" if one["confirmed"] else ", not confirmed"
        _out(one, f"{one['id'][:8]}  {one['kind']}  received {one['received']}, {left}{sure}")
    if not said:
        _out(said, "There are none.")


@requests.command("close")
def requests_close(
    request: Annotated[str, typer.Argument(help="Its id, or how that begins.")],
    *,
    outcome: Annotated[RequestOutcome, typer.Option(help="How it ended.")] = "done",
) -> None:
    """Put down that a request was answered."""
    from bot.clock import SystemClock  # noqa: PLC0415 - as above
    from bot.storage_command import close_request  # noqa: PLC0415 - as above
    from storage.requests import Outcome  # noqa: PLC0415 - as above

    was_open = asyncio.run(close_request(_installation(), request, Outcome(outcome), clock=SystemClock()))
    _out(None, "It is closed." if was_open else "It was closed already.")


@cli.command()
def retention(
    *,
    trust_clock: Annotated[
        bool, typer.Option("--trust-clock", help="The clock is right, although it jumped or the bot was off for days.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One object on stdout, nothing else.")] = False,
) -> None:
    """Delete what is due now; the bot does it by itself every 15 minutes."""
    from bot.clock import SystemClock  # noqa: PLC0415 - as above
    from bot.storage_command import retain  # noqa: PLC0415 - as above

    done = asyncio.run(retain(_installation(), clock=SystemClock(), trust_clock=trust_clock))
    line = f"Rows deleted: {sum(done['deleted'].values())}."
    if done["held_back"]:
        line += f" Held back, since it is much at once: {sum(done['held_back'].values())}; run it again in ten minutes."
    if done["paused"]:
        line = f"Nothing was deleted: the clock went {done['paused']}. If it is right now, say --trust-clock."
    _out(done, line, as_json=as_json)
    if done["paused"]:
        raise typer.Exit(1)


@cli.command()
def selfcheck(
    *, as_json: Annotated[bool, typer.Option("--json", help="One list on stdout, nothing else.")] = False
) -> None:
    """Whether keys, databases, ledger, policy and folders are as they must be; what to do where they are not."""
    from bot.clock import SystemClock  # noqa: PLC0415 - as above
    from bot.selfcheck import check, show  # noqa: PLC0415 - as above

    lines = asyncio.run(check(_installation(), clock=SystemClock()))
    if as_json:
        _out([line.as_dict() for line in lines], as_json=True)
    else:
        show(lines, Console())
    if any(line.ok is False for line in lines):
        raise typer.Exit(1)


@cli.command()
def setup() -> None:
    """Ask for everything that the bot needs, write it to .env, and make it ready; can be run again."""
    from bot.clock import SystemClock  # noqa: PLC0415 - as above
    from bot.setup_command import Setup, Terminal, has_terminal, say_what_to_set  # noqa: PLC0415 - as above

    _installation()
    if not has_terminal():
        say_what_to_set(Console())
        raise typer.Exit(EX_CONFIG)
    if not Setup(Terminal(), Console(), clock=SystemClock()).run():
        raise typer.Exit(1)


@cli.command()
def doctor(
    *,
    offline: Annotated[bool, typer.Option("--offline", help="Do not ask Discord.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One list on stdout, nothing else.")] = False,
) -> None:
    """Whether everything that the bot needs is there and works; what to do where it is not."""
    from bot.clock import SystemClock  # noqa: PLC0415 - as above
    from bot.doctor import Doctor  # noqa: PLC0415 - as above
    from bot.selfcheck import show  # noqa: PLC0415 - as above

    lines = asyncio.run(Doctor(_installation(), clock=SystemClock()).examine(offline=offline))
    if as_json:
        _out([line.as_dict() for line in lines], as_json=True)
    else:
        show([line for line in lines if line.name != "invitation"], Console())
        # By itself, so that it can be copied whatever the width.
        for line in lines:
            if line.name == "invitation":
                _out(None, f"\nInvite it: {line.said}")
    if any(line.ok is False for line in lines):
        raise typer.Exit(1)


def _recording(item: str) -> tuple[str, Path]:
    name, sign, path = item.partition("=")
    if not sign or not path:
        raise StartRefused("--audio takes NAME=FILE, for example --audio anna=answer.wav.")
    return name.strip().lower(), Path(path).expanduser()


cli.command()(soak)
cli.add_typer(bench, name="bench")


def main() -> None:
    """Start what the command line asks for."""
    try:
        cli()
    except* StartRefused as refused:
        first: BaseException = refused
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        Console(stderr=True).print(str(first), style="bold red", highlight=False, soft_wrap=True, markup=False)
        sys.exit(EX_CONFIG)


if __name__ == "__main__":
    main()
