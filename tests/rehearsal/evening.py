"""An evening for the acts after the interview: people in a call, and words that were put in."""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

from bot.rehearsal.cast import PEOPLE
from bot.rehearsal.stage import KEEPING, Stage
from bot.rehearsal.story import Options, Rehearsal, with_script
from stt.engine import Snippet
from tests.flow.conftest import settings
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Mapping
    from pathlib import Path

    from bot.loopback.authority import Authority


@asynccontextmanager
async def after_an_interview(
    authority: Authority, said: Mapping[str, tuple[str, ...]], *, typed: str = "", pictures: Path | None = None
) -> AsyncGenerator[Rehearsal]:
    """The rehearsal's stage after an interview in which that was said, and *typed* was written by Anna."""
    rehearsal = Rehearsal(Options(fast=True, pictures=pictures))
    async with rehearsal.model:
        stage = rehearsal.stage = Stage(
            with_script(settings(), rehearsal.model),
            people=PEOPLE,
            transcriber=ScriptedTranscriber(),
            temporary=True,
            authority=authority,
        )
        with rehearsal.log.kept():
            async with stage:
                for name in ("oleg", "anna", "maria"):
                    await stage.arrive(name)
                await stage.start("oleg", role="interviewer")
                for name in ("oleg", "anna", "maria"):
                    await stage.join(name, None if name == "maria" else KEEPING)
                interview = stage.running()
                for name, texts in said.items():
                    for number, text in enumerate(texts):
                        interview._on_snippet(Snippet(stage.user(name).id, number, number + 1, text, 0.9, "en"))
                if typed:
                    interview.choose_question("Tell me about an incident.")
                    interview.type_answer(stage.user("anna").id, typed)
                await stage.end("oleg")
                yield rehearsal
