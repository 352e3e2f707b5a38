from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from bot.app import open_app
from bot.errors import StartRefused
from bot.installation import Installation
from bot.keys_command import init, status
from bot.rehearsal.stage import practice_operations
from bot.shards import Shards, shards_of
from tests.flow.conftest import settings
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from config.settings import Settings

ROOT = Path(__file__).parents[1]
POSTGRES = {
    "content_dsn": SecretStr("postgresql://bot@/content?host=/run/pg"),
    "keyring_dsn": SecretStr("postgresql://bot@/keyring?host=/run/pg"),
}

HOLD = """
import sys
from pathlib import Path
from bot.shards import Shards
with Shards().sole(Path(sys.argv[1])) as holders:
    print(holders[0], flush=True)
    sys.stdin.read()
"""


def holding(folder: Path) -> subprocess.Popen[str]:
    """Another process of the bot, as far as its folder is concerned."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


async def refusal(given: Settings) -> str:
    with pytest.raises(StartRefused) as refused:
        async with open_app(given, operations=practice_operations(), transcriber=ScriptedTranscriber()):
            pass
    return str(refused.value)


async def test_a_second_process_on_one_data_folder_is_refused_in_one_sentence_until_the_first_is_dead() -> None:
    given = settings()
    with holding(given.data_folder) as first:
        holder = said(first)

        assert "stop it first" in await refusal(given)

        first.kill()
        first.wait()
        with Shards().sole(given.data_folder) as holders:
            assert str(holders[0]) == holder


async def test_an_operators_command_runs_beside_the_bot() -> None:
    given = settings()
    installation = Installation(given, practice_operations())
    await init(installation)
    with holding(given.data_folder) as bot:
        said(bot)

        assert (await status(installation))["version"] == 1

        bot.kill()


def test_other_shards_may_run_on_the_same_folder_and_the_same_may_not(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with Shards(4, (0, 1)).sole(folder), Shards(4, (2, 3)).sole(folder) as others:
        assert set(others) == {2, 3}
        with pytest.raises(StartRefused, match="stop it first"), Shards(4, (1, 2)).sole(folder):
            pass
    with Shards(4, (1, 2)).sole(folder):
        pass


def test_a_lock_file_that_names_nobody_names_somebody_afterwards(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    (folder / "shard-0-of-1.lock").write_text("nonsense, and more of it than an id has letters" * 9)

    with Shards().sole(folder) as made:
        pass
    with Shards().sole(folder) as again:
        assert made == again


def test_a_bot_is_not_split_unless_told() -> None:
    shards = shards_of(settings())

    assert (shards.total, shards.ids, shards.split) == (1, (0,), False)
    assert shards.have(290926798626357250)


def test_servers_are_dealt_out_as_discord_does() -> None:
    shards = shards_of(settings(shards=4, shard_ids="3,1", **POSTGRES))

    assert shards.ids == (1, 3)
    assert [shards.have(guild << 22 | 77) for guild in range(8)] == [False, True] * 4
    assert shards.of(0) == 0


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"shards": 4, "shard_ids": "0,4", **POSTGRES}, "from 0 to 3"),
        ({"shards": 1, "shard_ids": "1"}, "from 0 to 0"),
        ({"shards": 2}, "needs PostgreSQL"),
        ({"shards": 2, "content_dsn": POSTGRES["content_dsn"]}, "needs PostgreSQL"),
    ],
)
def test_shards_that_do_not_fit_are_refused(given: dict[str, object], why: str) -> None:
    with pytest.raises(StartRefused, match=why):
        shards_of(settings(**given))
