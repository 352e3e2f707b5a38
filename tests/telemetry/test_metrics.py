"""Numbers and health: what is counted, who may read it, and that nothing in it is about anybody."""

from __future__ import annotations

import asyncio
import json
from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.errors import StartRefused
from bot.rehearsal.stage import Stage, until
from bot.telemetry.egress import watching
from bot.telemetry.metrics import FAMILIES, INTERACTIONS, PATIENCE_S, WAITING, Acknowledgements, Kind, NoMetrics
from bot.telemetry.prometheus import NAMESPACE, Prometheus
from bot.telemetry.serving import chosen_metrics
from bot.telemetry.watch import FRESH_S, LOOK_S
from tests.flow.conftest import settings
from tests.flow.test_hearing import clips
from tests.stt.sounds import ScriptedTranscriber

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prometheus_client import Metric

WORDS = "Xylophones quarrel privately tonight"
PROCESS = "process_"


def families(text: str) -> dict[str, Metric]:
    return {family.name: family for family in text_string_to_metric_families(text)}


def value(text: str, name: str, **labels: str) -> float:
    """The number of that sample."""
    samples = [s for family in families(text).values() for s in family.samples]
    return next(s.value for s in samples if s.name == f"{NAMESPACE}_{name}" and s.labels == labels)


@dataclass(frozen=True)
class Reader:
    """The operator's tool."""

    port: int

    async def get(self, path: str) -> tuple[int, str, Mapping[str, str]]:
        """The answer's status, text and headers."""
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{self.port}{path}") as answer:
            return answer.status, await answer.text(), answer.headers

    async def numbers(self) -> str:
        status, text, _ = await self.get("/metrics")
        assert status == 200
        return text

    async def red(self) -> list[str]:
        status, text, _ = await self.get("/health/ready")
        found: dict[str, Any] = json.loads(text)
        assert status == (503 if found["red"] else 200)
        assert found["ready"] is not bool(found["red"])
        return found["red"]


@pytest.fixture
def port(unused_tcp_port: int) -> int:
    return unused_tcp_port


async def test_a_whole_interview_is_counted_and_nobody_is_named(port: int) -> None:
    reader = Reader(port)
    watch = ExitStack()
    contacts = watch.enter_context(watching())
    engine = ScriptedTranscriber(*[WORDS] * 50)
    async with Stage(settings(metrics_port=port), people=("oleg", "anna"), transcriber=engine) as stage:
        for name in ("oleg", "anna"):
            await stage.arrive(name)
        await stage.start("oleg")
        await stage.join("anna")
        await stage.members["anna"].say(clips()[0].file)
        await until(lambda: WORDS[:10] in stage.words("anna"), within_s=8)
        await asyncio.sleep(LOOK_S)
        await stage.app.bot.wait_until_ready()
        await asyncio.sleep(LOOK_S)
        during = await reader.numbers()
        health = await reader.red()
        interview = stage.running()
        canaries = {
            *(str(stage.user(name).id) for name in ("oleg", "anna")),
            *(stage.user(name).name for name in ("oleg", "anna")),
            *(str(each) for each in (stage.place.guild.id, stage.place.voice.id, stage.place.text.id, stage.bot_id)),
            *WORDS.split(), stage.place.guild.name, stage.place.bot_user.token, interview.interview_id,
        }  # fmt: skip
        await stage.end("oleg")
        await asyncio.sleep(2 * LOOK_S)
        after = await reader.numbers()
    watch.close()

    assert contacts.hosts
    assert contacts.strays() == set()
    assert health == []
    assert value(during, "interviews_running") == 1
    assert value(during, "people_heard") == 1
    assert value(during, "packets_total", fate="decrypted") >= 50
    assert value(during, "utterances_total", outcome="words") >= 1
    assert value(during, "words_seconds_count") >= 1
    assert value(during, "caption_seconds_count") >= 1
    assert value(during, "acknowledged_seconds_count", kind="interview") >= 1
    assert value(during, "acknowledged_seconds_count", kind="form") == 1
    assert value(during, "discord_requests_total", answer="ok") >= 5
    assert value(during, "database_waits_total", database="content") >= 1
    assert value(during, "loop_lag_seconds_count") >= 1
    assert value(after, "interviews_running") == 0
    assert value(after, "interviews_ended_total", why="asked") == 1
    assert value(after, "packets_total", fate="decrypted") >= value(during, "packets_total", fate="decrypted")
    for text in (during, after):
        assert [canary for canary in canaries if canary.lower() in text.lower()] == []
        _only_known(text)


def _only_known(text: str) -> None:
    """Every family, label and word of *text* is one of ours, or about the process."""
    for name, family in families(text).items():
        if name.startswith(PROCESS):
            assert not any(sample.labels for sample in family.samples)
            continue
        ours = name.removeprefix(f"{NAMESPACE}_").removesuffix("_created")
        listed = FAMILIES[ours]
        for sample in family.samples:
            labels = {label: word for label, word in sample.labels.items() if label != "le"}
            assert set(labels) <= {listed.label}
            assert set(labels.values()) <= listed.words


async def test_whoever_waits_too_long_and_whatever_fails_is_counted() -> None:
    numbers = Prometheus()
    now = [0.0]
    answers = Acknowledgements(numbers, lambda: now[0])
    answers.came(1, "interview")
    answers.came(2, "no such kind")
    now[0] = 1.0
    answers.answered(1)
    answers.answered(99)
    now[0] = PATIENCE_S
    answers.look()
    text = numbers.text().decode()

    assert value(text, "acknowledged_seconds_count", kind="interview") == 1
    assert value(text, "unanswered_total", kind="other") == 1
    assert value(text, "unanswered_total", kind="interview") == 0
    for interaction in range(2 * WAITING):
        answers.came(interaction, "form")
    assert len(answers._waiting) == WAITING


@pytest.mark.parametrize("metrics", [NoMetrics(), Prometheus()], ids=["none", "prometheus"])
def test_what_is_on_no_list_is_refused(metrics: NoMetrics | Prometheus) -> None:
    for name, labels in (
        ("words_said", {}),
        ("packets", {}),
        ("packets", {"fate": "Anna"}),
        ("packets", {"fate": "lost", "guild": "1"}),
        ("interviews_running", {}),
    ):
        with pytest.raises(ValueError, match=r"no such number|label"):
            metrics.count(name, 1, **labels)
    with pytest.raises(ValueError, match="label"):
        metrics.set_to("ready", 1, part="1092837465564738291")
    with pytest.raises(ValueError, match="label"):
        metrics.observe("acknowledged_seconds", 1, kind="interview start")


def test_every_word_of_a_label_is_short_and_plain() -> None:
    for name, family in FAMILIES.items():
        assert bool(family.label) == bool(family.words), name
        assert all(word.replace("_", "").replace("-", "").isalpha() and len(word) < 25 for word in family.words), name
        assert bool(family.buckets) == (family.kind is Kind.HISTOGRAM)
    assert len(set(INTERACTIONS)) == len(INTERACTIONS)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])  # noqa: S104 - refused
def test_other_machines_are_let_in_only_if_the_operator_says_so(host: str) -> None:
    with pytest.raises(StartRefused, match="SKILLRALLY_METRICS_REMOTE"):
        chosen_metrics(settings(metrics_port=9000, metrics_host=host))

    assert chosen_metrics(settings(metrics_port=9000, metrics_host=host, metrics_remote=True)).kept


def test_a_host_is_an_address_and_without_a_port_there_is_nothing() -> None:
    with pytest.raises(StartRefused, match="SKILLRALLY_METRICS_HOST"):
        chosen_metrics(settings(metrics_port=9000, metrics_host="monitoring.test"))
    assert not chosen_metrics(settings()).kept


async def test_a_port_that_somebody_else_has_is_said_in_one_sentence(port: int) -> None:
    async with await asyncio.start_server(lambda _, w: w.close(), "127.0.0.1", port):
        refused = pytest.RaisesExc(StartRefused, match="SKILLRALLY_METRICS_PORT")
        with pytest.RaisesGroup(refused, flatten_subgroups=True):
            async with Stage(settings(metrics_port=port), transcriber=ScriptedTranscriber()):
                pass


async def test_what_is_red_is_named_and_nothing_more(port: int) -> None:
    reader = Reader(port)
    async with Stage(settings(metrics_port=port), transcriber=ScriptedTranscriber()) as stage:
        await until(lambda: stage.app.bot.listening, within_s=10)
        assert (await reader.get("/health/live"))[0] == 200
        stage.app.bot.listening = False

        async with asyncio.timeout(2 * FRESH_S):
            while await reader.red() != ["discord"]:  # noqa: ASYNC110 - asked over HTTP
                await asyncio.sleep(0.2)
        status, _, headers = await reader.get("/metrics/1092837465564738291")

    assert status == 404
    assert headers["Server"] == "skillrally"
