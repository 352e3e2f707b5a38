"""`python -m bot …`: one line for each command. What cannot start says so in one sentence and ends with code 78."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from bot import logs
from bot.errors import StartRefused
from config.settings import Settings

EX_CONFIG = 78
"""Exit code of a start that was refused. Source: sysexits.h."""

cli = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,  # its tracebacks show local variables, and those may hold what somebody said
    help="SkillRally for Discord: practise job interviews by voice; only those who said yes are heard.",
)


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as bad:
        # Only the names: what was typed may be a secret.
        names = sorted({str(error["loc"][0]) for error in bad.errors(include_input=False) if error["loc"]})
        listed = ", ".join(f"SKILLRALLY_{name.upper()}" for name in names)
        raise StartRefused(
            f"These settings cannot be read: {listed}. See config/example.env for what they take."
        ) from None


@cli.command()
def run() -> None:
    """Run the bot; without DISCORD_TOKEN, the rehearsal."""
    settings = _settings()
    if settings.discord_token is None:
        Console(stderr=True).print(
            "DISCORD_TOKEN is not set, so here is the rehearsal: the whole bot on a Discord of its own, on this machine."
        )
        _rehearse(settings)
        return
    logs.set_up(level=settings.log_level)
    asyncio.run(_serve(settings, settings.discord_token.get_secret_value()))


async def _serve(settings: Settings, token: str) -> None:
    from bot.app import open_app  # noqa: PLC0415 - the other commands start without Discord and the model

    async with open_app(settings) as app:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, app.stop)
        await app.run(token)


def main() -> None:
    """Start what the command line asks for."""
    try:
        cli()
    except* StartRefused as refused:
        first: BaseException = refused
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        Console(stderr=True).print(str(first), style="bold red", highlight=False, soft_wrap=True)
        sys.exit(EX_CONFIG)


if __name__ == "__main__":
    main()
