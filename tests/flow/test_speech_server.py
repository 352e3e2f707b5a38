"""The whole bot with a speech server in place of its own engine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from bot.app import open_app
from bot.errors import StartRefused
from bot.rehearsal.stage import Stage, practice_operations
from tests.flow.conftest import settings
from tests.flow.test_hearing import clips, wrong
from tests.stt.loopback_speech import Listener, Speech, serving

if TYPE_CHECKING:
    from config.settings import Settings

KEY = "sk-a-key-that-must-not-be-seen"


def with_server(url: str) -> Settings:
    return settings(speech_url=url, speech_key=KEY, languages="en")


async def test_words_of_a_speech_server_are_written_down() -> None:
    async with (
        serving(Speech(say=Listener(), key=KEY)) as speech,
        Stage(with_server(speech.url), people=("oleg", "anna")) as stage,
    ):
        await stage.arrive("anna")
        await stage.start("anna")
        await stage.join("anna")
        await stage.members["anna"].say(clips()[0].file)
        await stage.quiet()

        assert wrong(stage, "anna", clips()[0]) == 0
        assert "Speech becomes text in memory" in stage.notice().text
        assert speech.wrong == []


async def test_a_speech_server_that_does_not_take_the_key_ends_the_start_with_one_sentence() -> None:
    async with serving(Speech(key="another")) as speech:
        with pytest.raises(StartRefused, match="key") as refused:
            async with open_app(with_server(speech.url), operations=practice_operations()):
                pass

    assert KEY not in str(refused.value)


async def test_speech_does_not_leave_the_machine_in_the_clear() -> None:
    with pytest.raises(StartRefused, match="https"):
        async with open_app(with_server("http://speech.example.org/v1"), operations=practice_operations()):
            pass


async def test_speech_goes_to_nobody_whom_people_are_not_told_of() -> None:
    with pytest.raises(StartRefused, match="list of processors"):
        async with open_app(with_server("https://speech.example.org/v1"), operations=practice_operations()):
            pass
