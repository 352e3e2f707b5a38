"""Speech servers: whom they are sent to, what they may answer, and what is left of it."""

from __future__ import annotations

import asyncio
import gzip
import json
import logging
import os
import pickle
import re
import socket
import ssl
import sys
import time
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from email.utils import formatdate
from traceback import TracebackException
from typing import TYPE_CHECKING, Any

import aiohttp
import numpy as np
import openai
import pytest
from aiohttp import web
from blockbuster import blockbuster_ctx
from hypothesis import example, given
from hypothesis import strategies as st

from stt import remote
from stt.audio import RATE_HZ, AudioOverwritten, Ring
from stt.engine import EngineUnavailable, Hints, SpeechError, TranscriptionFailed
from stt.remote import ANSWER_BYTES, NEUTRAL, PROMPT_CHARACTERS, UNKNOWN_LANGUAGE, SpeechServer, endpoint
from tests.stt.loopback_speech import (
    Listener,
    Speech,
    answer,
    body,
    hangs,
    hangs_up,
    leads_to,
    refuses,
    segment,
    sends,
    serving,
)
from tests.stt.sounds import ROOT, Stage, clips, noise, normalised, recording, silence, until, utterance_of
from tests.stt.test_worker import needles, search

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator
    from pathlib import Path

    from bot.loopback.authority import Authority
    from stt.audio import Utterance
    from tests.stt.loopback_speech import Fault, Request

KEY = "sk-canary-of-a-key-2718281828"
SAID = "the canary sings of rate limiters"


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener()


@asynccontextmanager
async def engine(speech: Speech, *, tls: ssl.SSLContext | None = None, **options: Any) -> AsyncGenerator[SpeechServer]:
    """A speech server and a client of it that has shown itself to work."""
    async with serving(speech, tls=tls), SpeechServer(speech.url, model=speech.model, **options) as server:
        speech.requests.clear()
        speech.asked = 0
        yield server
        assert speech.wrong == []


def saying(*answers: dict[str, object]) -> Speech:
    """A server that gives these answers, after the one at the start; the last one is repeated."""
    left = [answer(""), *answers]
    return Speech(say=lambda _: left.pop(0) if len(left) > 1 else left[0])


def speech_of(seconds: float = 1.0) -> Utterance:
    return utterance_of(noise(seconds, level=3_000))


def wiped(server: SpeechServer) -> bool:
    return not any(np.frombuffer(buffer.block, np.uint8).any() for buffer in server._blocks)


async def error_of(server: SpeechServer, utterance: Utterance | None = None, **hints: Any) -> SpeechError | None:
    try:
        await server.transcribe(utterance or speech_of(), Hints(**hints))
    except SpeechError as error:
        return error
    return None


# Words.


async def test_a_real_model_behind_the_interface_is_understood(listener: Listener) -> None:
    spoken = [clip for clip in clips() if clip["language"] in {"en", "uk"}][-4:]
    async with engine(Speech(say=listener, key=KEY), key=KEY, languages=("en", "uk")) as server:
        heard = [await server.transcribe(utterance_of(recording(clip["file"]))) for clip in spoken]

        assert [normalised(words.text) for words in heard] == [normalised(clip["text"]) for clip in spoken]
        assert [words.language for words in heard] == [clip["language"] for clip in spoken]
        assert all(words.confidence > 0.8 for words in heard)
        assert wiped(server)


async def test_the_official_client_hears_the_same_from_the_loopback_server(listener: Listener) -> None:
    clip = clips()[0]
    samples = recording(clip["file"])
    speech = Speech(say=listener, key=KEY)
    async with engine(speech, key=KEY, languages=("en", "uk")) as server:
        ours = await server.transcribe(utterance_of(samples))
        buffer = remote._Buffer()
        buffer.samples[: len(samples)] = samples
        buffer.finish(len(samples))
        http = openai.DefaultAsyncHttpx2Client(follow_redirects=False, trust_env=False)
        async with openai.AsyncOpenAI(api_key=KEY, base_url=speech.url, max_retries=0, http_client=http) as client:
            theirs = await client.audio.transcriptions.create(
                file=("speech.wav", bytes(buffer.wav()._value)),
                model=speech.model,
                temperature=0,
                response_format="verbose_json",
            )

    assert theirs.text == ours.text
    assert normalised(ours.text) == normalised(clip["text"])
    assert theirs.language == "english"
    assert theirs.segments is not None
    assert theirs.segments[0].no_speech_prob == 0.01
    mine, other = speech.requests
    assert (mine.samples == other.samples).all()
    assert mine.fields == other.fields


async def test_samples_arrive_as_they_were_with_what_is_known_of_them() -> None:
    speech = saying(answer("Words."))
    utterance = speech_of(30)
    sent = np.zeros(utterance.samples, np.int16)
    utterance.copy_into(sent)
    async with engine(speech, languages=("en", "uk")) as server:
        await server.transcribe(utterance, Hints(language="uk", prompt=" Docker, Kubernetes " + "x" * 1_000))

    (got,) = speech.requests
    assert (got.samples == sent).all()
    assert got.fields == {
        "model": "whisper-1",
        "response_format": "verbose_json",
        "temperature": "0",
        "language": "uk",
        "prompt": ("Docker, Kubernetes " + "x" * 1_000)[:PROMPT_CHARACTERS],
    }
    assert "Authorization" not in got.headers


async def test_very_short_speech_is_filled_up_with_silence() -> None:
    speech = saying(answer("Yes."))
    async with engine(speech) as server:
        await server.transcribe(utterance_of(np.full(100, 7, np.int16)))

    assert speech.requests[0].samples[:100].tolist() == [7] * 100
    assert not speech.requests[0].samples[100:].any()


async def test_one_connection_serves_one_utterance_after_the_other() -> None:
    speech = saying(answer("Words."))
    async with engine(speech) as server:
        for _ in range(5):
            await server.transcribe(speech_of(0.3))

    assert len({request.peer for request in speech.requests}) == 1


async def test_no_more_requests_are_made_at_once_than_there_are_workers() -> None:
    speech, go_on = saying(answer("Words.")), asyncio.Event()
    async with engine(speech, workers=2) as server, asyncio.TaskGroup() as tasks:
        speech.script.extend([hangs(go_on)] * 5)
        calls = [tasks.create_task(server.transcribe(speech_of(0.3))) for _ in range(5)]
        await until(lambda: speech.at_once == 2)
        go_on.set()
        await asyncio.wait(calls)

    assert [call.result().text for call in calls] == ["Late words."] * 5
    assert speech.most_at_once == 2


async def test_the_event_loop_is_never_blocked(authority: Authority) -> None:
    speech = saying(answer("Words."))
    async with serving(speech, tls=authority.server_context()):
        with blockbuster_ctx(scanned_modules=["stt"]):
            async with SpeechServer(speech.url, model="whisper-1", tls=authority.client_context()) as server:
                await server.transcribe(speech_of(10))


async def test_an_interview_is_written_down_with_it() -> None:
    speech = saying(answer("Words."))
    async with engine(speech) as server:
        stage = Stage(server)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(stage.pipeline.run())
            stage.say(1, 3_000, 1.0)
            stage.wait(1)
            stage.say(2, 3_000, 1.0)
            assert await stage.words() == ["Words.", "Words."]

    assert stage.audio_left() == 0


# Where speech may go.


@pytest.mark.parametrize(
    ("url", "sent_to"),
    [
        ("https://speech.example", "https://speech.example/v1/audio/transcriptions"),
        ("https://speech.example/v1/", "https://speech.example/v1/audio/transcriptions"),
        (" https://speech.example:8443/openai/v1 ", "https://speech.example:8443/openai/v1/audio/transcriptions"),
        ("https://speech.example/stt", "https://speech.example/stt/v1/audio/transcriptions"),
        ("https://x.example/v1/audio/transcriptions", "https://x.example/v1/audio/transcriptions"),
        ("https://x.example/a%2Fb/v1", "https://x.example/a%2Fb/v1/audio/transcriptions"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000/v1/audio/transcriptions"),
        ("http://127.8.9.1:8000/v1", "http://127.8.9.1:8000/v1/audio/transcriptions"),
        ("http://[::1]:8000/v1", "http://[::1]:8000/v1/audio/transcriptions"),
        ("http://LocalHost/v1", "http://localhost/v1/audio/transcriptions"),
    ],
)
def test_a_url_is_taken_with_or_without_what_follows_it(url: str, sent_to: str) -> None:
    assert str(endpoint(url)) == sent_to


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("http://speech.example/v1", "must begin with https"),
        ("http://10.0.0.7:8000", "must begin with https"),
        ("http://0.0.0.0:8000", "must begin with https"),
        ("http://localhost.example", "must begin with https"),
        ("http://127.0.0.1.example", "must begin with https"),
        ("http://127.1:8000", "must begin with https"),
        ("https://user:hunter2@speech.example", "user or password"),
        ("https://hunter2@speech.example", "user or password"),
        ("http://hunter2@127.0.0.1", "user or password"),
        ("https://speech.example/v1?key=hunter2", "query"),
        ("https://speech.example/v1#hunter2", "query"),
        ("https://speech.example/v1?", "query"),
        ("ftp://speech.example", "cannot be used"),
        ("speech.example/v1", "cannot be used"),
        ("https://", "cannot be used"),
        ("https://speech.example:hunter2", "cannot be used"),
        ("https://speech.example:99999", "cannot be used"),
        ("https://[::1", "cannot be used"),
        ("https://speech.example/hunter2 v1", "cannot be used"),
        ("file:///etc/passwd", "cannot be used"),
        ("", "cannot be used"),
    ],
)
def test_a_url_that_would_betray_somebody_is_refused_in_one_sentence(url: str, why: str) -> None:
    with pytest.raises(EngineUnavailable, match=why) as refused:
        SpeechServer(url, model="whisper-1")

    assert "hunter2" not in str(refused.value)
    assert str(refused.value).count(". ") == 0
    assert str(refused.value).endswith(".")


@pytest.mark.parametrize("key", ["two words", "new\nline", "schlüssel", "tab\there"])
def test_a_key_that_is_none_is_refused_and_not_quoted(key: str) -> None:
    with pytest.raises(EngineUnavailable, match="copy it again") as refused:
        SpeechServer("https://speech.example", model="whisper-1", key=key)

    assert key not in str(refused.value)
    assert not [line for line in locals_of(refused.value) if key in line or repr(key)[1:-1] in line]


def test_a_model_needs_a_name() -> None:
    with pytest.raises(EngineUnavailable, match="model has no name"):
        SpeechServer("https://speech.example", model=" ")
    with pytest.raises(ValueError, match="one worker"):
        SpeechServer("https://speech.example", model="whisper-1", workers=0)


async def test_redirects_are_not_followed_and_proxies_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async with serving() as speech, serving() as elsewhere:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, elsewhere.url)
        monkeypatch.delenv("no_proxy", raising=False)
        monkeypatch.delenv("NO_PROXY", raising=False)
        for status in (301, 302, 303, 307, 308):
            speech.script.append(leads_to(elsewhere.url + "/audio/transcriptions", status))
            with pytest.raises(EngineUnavailable, match="leads on"):
                async with SpeechServer(speech.url, model="whisper-1"):
                    pass

        assert elsewhere.asked == 0
        assert speech.asked == 5


async def test_a_certificate_that_is_trusted_is_enough_and_one_that_is_not_is_refused(authority: Authority) -> None:
    speech = saying(answer("Words."))
    async with serving(speech, tls=authority.server_context()):
        async with SpeechServer(speech.url, model="whisper-1", tls=authority.client_context()) as server:
            assert (await server.transcribe(speech_of())).text == "Words."
            assert wiped(server)
        asked = speech.asked
        with pytest.raises(EngineUnavailable, match="certificate is not trusted"):
            async with SpeechServer(speech.url, model="whisper-1"):
                pass

        assert speech.asked == asked


@pytest.mark.skipif(sys.platform != "linux", reason="has one loopback address")
async def test_a_certificate_for_another_name_is_refused(authority: Authority) -> None:
    async with serving(tls=authority.server_context(), host="127.0.0.2") as speech:
        with pytest.raises(EngineUnavailable, match="certificate is not trusted for its name"):
            async with SpeechServer(speech.url, model="whisper-1", tls=authority.client_context()):
                pass

    assert speech.asked == 0


async def test_a_server_without_tls_gets_nothing_over_https() -> None:
    async with serving() as speech:
        with pytest.raises(EngineUnavailable, match=r"TLS 1\.2"):
            async with SpeechServer(speech.url.replace("http:", "https:"), model="whisper-1"):
                pass

    assert speech.asked == 0


def test_certificates_are_verified_and_secrets_of_connections_written_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSLKEYLOGFILE", "/nonexistent/keys")

    context = remote._trusting_the_system()

    assert context.verify_mode is ssl.CERT_REQUIRED
    assert context.check_hostname
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2
    assert not context.keylog_filename


# At the start.


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        (refuses(400), "status 400"),
        (refuses(401), "does not accept the key"),
        (refuses(401, early=True), "does not accept the key"),
        (refuses(403), "does not let this key"),
        (refuses(404), "name a model that it has"),
        (refuses(413, early=True), "too large"),
        (refuses(418), "status 418"),
        (refuses(422), "status 422"),
        (refuses(429), "no capacity or credit"),
        (refuses(500), "status 500: look at its log"),
        (refuses(503), "status 503: look at its log"),
        (sends(b"", Content_Type="text/html"), "is no speech server"),
        (sends(b"<html>", Content_Type="text/html"), "is no speech server"),
        (sends(b'{"text": "', Content_Type="application/json"), "is no speech server"),
        (sends(b'["text"]'), "is no speech server"),
        (sends(b'{"words": 1}'), "is no speech server"),
        (sends(b'{"text": 1}'), "is no speech server"),
        (sends(b'{"text": "", "segments": [1]}'), "is no speech server"),
        (sends(b'{"text": "", "segments": [{"text": 1}]}'), "is no speech server"),
        (sends(b'{"text": "\xff"}'), "is no speech server"),
        (sends(b'{"text": ' + b"[" * 100_000), "is no speech server"),
        (sends(body(answer("long" * ANSWER_BYTES))), "is no speech server"),
        (sends(gzip.compress(body(answer("a bomb"))), Content_Encoding="gzip"), "is no speech server"),
        (hangs_up(), "hung up"),
        (
            hangs_up(after=b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"),
            "hung up",
        ),
        (hangs_up(after=b"SSH-2.0-OpenSSH_9.2\r\n"), "is no speech server"),
    ],
)
async def test_what_is_wrong_is_said_at_the_start_in_one_sentence(fault: Fault, why: str) -> None:
    async with serving(Speech(key=KEY)) as speech:
        speech.script.extend([fault, fault])
        server = SpeechServer(speech.url, model="whisper-1", key=KEY)
        with pytest.raises(EngineUnavailable, match=why) as refused:
            async with server:
                pass

        assert str(refused.value).endswith(".")
        assert "\n" not in str(refused.value)
        assert KEY not in str(refused.value)
        assert wiped(server)
        with pytest.raises(EngineUnavailable, match="not in use"):
            await server.transcribe(speech_of())


async def test_a_wrong_key_or_model_is_found_at_the_start() -> None:
    async with serving(Speech(key=KEY)) as speech:
        with pytest.raises(EngineUnavailable, match="does not accept the key"):
            async with SpeechServer(speech.url, model="whisper-1", key="sk-another"):
                pass
        with pytest.raises(EngineUnavailable, match="name a model that it has"):
            async with SpeechServer(speech.url, model="whisper-9", key=KEY):
                pass


async def test_a_server_that_is_not_there_is_told_from_one_that_is_slow() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with pytest.raises(EngineUnavailable, match="cannot be reached"):
            async with SpeechServer(f"http://127.0.0.1:{taken.getsockname()[1]}", model="whisper-1"):
                pass
    async with serving() as speech:
        speech.script.append(hangs(asyncio.Event()))
        with pytest.raises(EngineUnavailable, match="does not answer in time"):
            async with SpeechServer(speech.url, model="whisper-1", start_s=0.05):
                pass
        await until(lambda: speech.gone == 1)


async def test_a_server_without_numbers_is_found_at_the_start_and_asked_for_plain_words() -> None:
    speech = Speech(formats=("json",), say=lambda _: answer("Plain words."))
    async with engine(speech) as server:
        words = await server.transcribe(speech_of())

    assert speech.requests[0].fields["response_format"] == "json"
    assert (words.text, words.language, words.confidence) == ("Plain words.", UNKNOWN_LANGUAGE, NEUTRAL)


async def test_what_is_recognised_at_the_start_is_a_second_of_faint_noise() -> None:
    async with serving() as speech, SpeechServer(speech.url, model="whisper-1", languages=("uk",)):
        (proof,) = speech.requests

    assert len(proof.samples) == RATE_HZ
    assert 0 < np.abs(proof.samples).max() <= 8
    assert proof.language == "uk"


# While it is in use.

PASSING: list[Fault] = [
    refuses(408),
    refuses(429),
    refuses(429, Retry_After="0"),
    refuses(500),
    refuses(502),
    refuses(503, early=True),
    refuses(504),
    hangs_up(),
    hangs_up(after=b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{"),
]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second request follows without a pause."""
    monkeypatch.setattr(remote, "PAUSE_S", 0.0)
    troubles = tuple((kind, replace(trouble, pause_s=0.0)) for kind, trouble in remote._TROUBLES)
    monkeypatch.setattr(remote, "_TROUBLES", troubles)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("fault", PASSING)
async def test_what_passes_is_tried_once_more_if_there_is_time(fault: Fault) -> None:
    speech = saying(answer("Words."))
    async with engine(speech) as server:
        speech.script.append(fault)
        assert (await server.transcribe(speech_of())).text == "Words."
        assert (server.retries, server.failures, speech.asked) == (1, 0, 2)

        speech.script.extend([fault, fault])
        assert type(await error_of(server)) is TranscriptionFailed
        assert (server.retries, server.failures, speech.asked) == (2, 1, 4)

        speech.script.append(fault)
        assert type(await error_of(server, thorough=False)) is TranscriptionFailed
        assert (server.retries, server.failures, speech.asked) == (2, 2, 5)

        assert (await server.transcribe(speech_of())).text == "Words."
        assert wiped(server)


@pytest.mark.parametrize("fault", [refuses(429, Retry_After="3"), refuses(503, Retry_After="soon"), refuses(400)])
async def test_what_does_not_pass_soon_is_not_tried_again(fault: Fault) -> None:
    speech = saying(answer("Words."))
    async with engine(speech) as server:
        speech.script.append(fault)
        assert type(await error_of(server)) is TranscriptionFailed

        assert speech.asked == 1


async def test_what_failed_slowly_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "QUICK_S", 0.0)
    speech = saying(answer("Words."))
    async with engine(speech) as server:
        speech.script.append(refuses(503))
        assert type(await error_of(server)) is TranscriptionFailed

        assert speech.asked == 1


def test_a_server_says_when_to_come_back_in_seconds_or_as_a_date() -> None:
    assert remote._pause_s(None) == remote.PAUSE_S
    assert remote._pause_s(" 2 ") == 2
    assert remote._pause_s(formatdate(time.time() - 60, usegmt=True)) == 0
    assert 50 < remote._pause_s(formatdate(time.time() + 60, usegmt=True)) <= 60
    assert remote._pause_s("-1") == remote._pause_s("whenever") == remote._pause_s("") == float("inf")
    assert remote._pause_s("9" * 400) == float("inf")


@pytest.mark.parametrize("fault", [refuses(401), refuses(403), refuses(404), leads_to("http://127.0.0.1:9/")])
async def test_what_stays_until_somebody_acts_is_said_so_and_is_over_when_they_have(fault: Fault) -> None:
    speech = saying(answer("Words."))
    async with engine(speech) as server:
        speech.script.append(fault)
        assert type(await error_of(server)) is EngineUnavailable
        assert speech.asked == 1

        assert (await server.transcribe(speech_of())).text == "Words."


async def test_a_server_that_was_away_is_used_again_and_the_log_says_it_once(caplog: pytest.LogCaptureFixture) -> None:
    speech = saying(answer("Words."))
    async with serving(speech):
        server = await SpeechServer(speech.url, model="whisper-1").__aenter__()
    caplog.set_level(logging.INFO, "stt.remote")
    try:
        assert [type(await error_of(server, thorough=False)) for _ in range(2)] == [TranscriptionFailed] * 2
        async with serving(speech):
            for _ in range(2):
                assert (await server.transcribe(speech_of())).text == "Words."
    finally:
        await server.__aexit__(None, None, None)

    assert caplog.messages == ["speech server fails", "speech server answers again"]
    assert server.failures == 2


async def test_an_utterance_that_takes_too_long_is_given_up() -> None:
    speech = saying(answer("Words."))
    async with engine(speech, timeout_s=0.1) as server:
        speech.script.append(hangs(asyncio.Event()))
        error = await error_of(server)

        assert type(error) is TranscriptionFailed
        assert "timeout" in str(error)
        assert (await server.transcribe(speech_of())).text == "Words."


async def test_what_an_utterance_lacks_fails_that_utterance_only() -> None:
    speech = saying(answer("Words."))
    async with engine(speech, languages=("en", "uk")) as server:
        ring = Ring()
        overwritten = utterance_of(noise(1), ring=ring)
        ring.wipe()
        with pytest.raises(AudioOverwritten):
            await server.transcribe(overwritten)
        with pytest.raises(TranscriptionFailed, match="language"):
            await server.transcribe(speech_of(), Hints(language="de"))
        with pytest.raises(TranscriptionFailed, match="at most 30 s"):
            await server.transcribe(utterance_of(silence(31), ring=Ring(40)))

        assert speech.asked == 0
        assert (await server.transcribe(speech_of())).text == "Words."


async def test_closing_while_it_works_tells_those_who_wait() -> None:
    speech, reached = saying(answer("Words.")), asyncio.Event()
    async with serving(speech), asyncio.TaskGroup() as tasks:
        async with SpeechServer(speech.url, model="whisper-1", workers=1) as server:
            speech.script.append(hangs(asyncio.Event(), reached))
            calls = [tasks.create_task(error_of(server)) for _ in range(3)]
            await reached.wait()
            assert not wiped(server)

        assert wiped(server)
        await asyncio.wait(calls)

    errors = [call.result() for call in calls]
    assert [type(error) for error in errors] == [EngineUnavailable] * 3
    assert [error.__context__ for error in errors if error] == [None] * 3
    with pytest.raises(EngineUnavailable):
        await server.transcribe(speech_of())


async def test_an_error_while_it_is_in_use_comes_out_as_it_is() -> None:
    with pytest.raises(KeyError):
        async with engine(Speech()):
            raise KeyError


# What is left of speech, key and words.


async def test_a_block_is_used_again_after_words_and_never_after_a_failure() -> None:
    speech = saying(answer("Words."))
    async with engine(speech, workers=1) as server:
        block = server._blocks[0].block
        await server.transcribe(speech_of(20))
        assert server._blocks[0].block is block
        assert not any(block)

        speech.script.append(refuses(401, early=True))
        await error_of(server, speech_of(20))
        assert server._blocks[0].block is not block
        assert not any(block)
        assert wiped(server)


@pytest.mark.parametrize("read_first", [True, False], ids=["sent", "being sent"])
async def test_cancelling_a_call_overwrites_the_samples_at_once(read_first: bool) -> None:  # noqa: FBT001
    speech, reached = saying(answer("Words.")), asyncio.Event()
    async with engine(speech, workers=1) as server, asyncio.TaskGroup() as tasks:
        speech.script.append(hangs(asyncio.Event(), reached, read_first=read_first))
        call = tasks.create_task(server.transcribe(speech_of(30)))
        await reached.wait()
        block = server._blocks[0].block
        assert any(block)

        call.cancel()
        await asyncio.wait([call])
        assert call.cancelled()
        assert not any(block)
        if read_first:
            await until(lambda: speech.gone == 1)
        assert (await server.transcribe(speech_of())).text == "Words."


async def test_after_a_call_is_cancelled_no_more_of_it_is_sent() -> None:
    speech, go_on, reached = saying(answer("Words.")), asyncio.Event(), asyncio.Event()
    got = bytearray()
    cut: list[Exception] = []

    async def reads_late(request: web.Request) -> web.StreamResponse:
        reached.set()
        await go_on.wait()
        try:
            async for part in request.content.iter_any():
                got.extend(part)
        except (aiohttp.ClientError, OSError) as error:
            cut.append(error)
        return web.Response()

    async with serving(speech, narrow=True), SpeechServer(speech.url, model="whisper-1") as server:
        speech.script.append(reads_late)
        async with asyncio.TaskGroup() as tasks:
            call = tasks.create_task(server.transcribe(speech_of(30)))
            await reached.wait()
            call.cancel()
            await asyncio.wait([call])
            go_on.set()
            await until(lambda: bool(cut) or speech.gone > 0)

    assert len(got) < 2 * 30 * RATE_HZ


async def test_cancelling_one_who_waits_disturbs_nobody() -> None:
    speech, go_on, reached = saying(answer("Words.")), asyncio.Event(), asyncio.Event()
    async with engine(speech, workers=1) as server, asyncio.TaskGroup() as tasks:
        speech.script.append(hangs(go_on, reached))
        first = tasks.create_task(server.transcribe(speech_of()))
        await reached.wait()
        second, third = (tasks.create_task(server.transcribe(speech_of())) for _ in range(2))
        await asyncio.sleep(0)
        second.cancel()
        go_on.set()
        await asyncio.wait([first, second, third])

    assert (first.result().text, second.cancelled(), third.result().text) == ("Late words.", True, "Words.")
    assert speech.asked == 2


def test_sound_in_a_buffer_cannot_be_pickled_nor_turned_to_text() -> None:
    buffer = remote._Buffer()
    with pytest.raises(TypeError, match="never pickled"):
        pickle.dumps(buffer)
    with pytest.raises(TypeError, match="no text"):
        buffer.wav().decode()


@contextmanager
def written_files() -> Generator[list[str]]:
    """Every file that this process opens for writing."""
    found: list[str] = []
    active = True

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if active and event == "open":
            path, mode, flags = arguments
            if (flags & (os.O_WRONLY | os.O_RDWR)) or (isinstance(mode, str) and set(mode) & set("wax+")):
                found.append(str(path))

    sys.addaudithook(hook)
    try:
        yield found
    finally:
        active = False


@pytest.mark.usefixtures("at_once")
async def test_no_speech_key_or_words_are_in_a_log_an_exception_a_repr_or_a_file(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    quoting = body({"text": SAID, "error": KEY})
    faults: list[Fault] = [
        *PASSING,
        *(refuses(status) for status in (400, 401, 403, 404, 418, 422)),
        leads_to(f"http://127.0.0.1:9/{KEY}"),
        sends(quoting[:-1]),
        sends(quoting, Content_Type="text/plain"),
        sends(quoting * 10_000),
        sends(gzip.compress(quoting), Content_Encoding="gzip"),
        hangs_up(after=f"HTTP/1.1 200 {KEY} {SAID}\r\n{SAID}\r\n\r\n{SAID}".encode()),
        hangs_up(after=f"{KEY} {SAID}\r\n\r\n".encode()),
        hangs(asyncio.Event()),
    ]
    utterance = speech_of(5)
    held = np.zeros(utterance.samples, np.int16)
    utterance.copy_into(held)
    told: list[str] = []
    asyncio.get_running_loop().set_debug(True)
    speech = Speech(key=KEY, say=lambda _: answer(SAID))
    async with engine(speech, key=KEY, timeout_s=0.2, workers=2) as server:
        with written_files() as written:
            assert normalised((await server.transcribe(utterance, Hints(prompt=SAID))).text) == SAID
            for fault in faults:
                # More than it asks: a request that nobody waits for any more may still come, and takes one too.
                speech.script.extend([fault] * 6)
                error = await error_of(server, utterance, prompt=SAID)
                speech.script.clear()
                assert error is not None
                assert (error.__cause__, error.__context__) == (None, None)
                told += [str(error), repr(error), repr(error.args), repr(vars(error)), *locals_of(error)]
        assert written == []
        told += [repr(server), str(vars(server)["_blocks"]), repr(server._session)]
        assert wiped(server)

    told += [record.getMessage() + repr(vars(record)) for record in caplog.records]
    everything = "\n".join(told)
    for secret in (KEY, SAID, "canary", repr(held[100:104].tobytes())[2:-1], str(held[100:104].tolist())[1:-1]):
        assert secret not in everything
    assert "speech server fails" in everything


def locals_of(error: BaseException) -> list[str]:
    """What a report of *error* with its frames' variables says of our own frames, and of those of libraries."""
    lines: list[str] = []
    for frame in TracebackException.from_exception(error, capture_locals=True).stack:
        if "/tests/" not in frame.filename.replace("\\", "/"):
            lines += [f"{name}={value}" for name, value in (frame.locals or {}).items()]
    return lines


KEEPS = """
import asyncio, sys
import numpy as np
from stt.audio import Ring, Utterance
from stt.remote import SpeechServer

async def keep():
    ring = Ring()
    pattern = np.random.default_rng(77).integers(-8_000, 8_000, 32_000, dtype=np.int16)
    for at in range(0, 14 * 32_000, 320):
        ring.write(pattern[at % 32_000 :][:320])
    pattern.fill(0)
    utterance = Utterance(1, 0.0, 28.0, ring, 0, 14 * 32_000)
    async with SpeechServer(sys.argv[1], model="whisper-1") as server:
        await step("held")
        for _ in range(2):
            try:
                await step((await server.transcribe(utterance)).text)
            except Exception as error:
                ring.wipe()
                await step(type(error).__name__)

async def step(where):
    print(where, flush=True)
    await asyncio.to_thread(sys.stdin.readline)

asyncio.run(keep())
"""
"""A process that says two seconds again and again, twice, and goes on when it gets a line."""


@pytest.mark.skipif(sys.platform != "linux" or os.geteuid() != 0, reason="reads the memory of another process")
@pytest.mark.parametrize("encrypted", [False, True])
async def test_once_it_has_failed_or_has_its_words_no_samples_are_in_its_memory(
    encrypted: bool,  # noqa: FBT001
    authority: Authority,
    tmp_path: Path,
) -> None:
    wanted = {name: needle for name, needle in needles().items() if name.startswith("int16")}
    (tmp_path / "ca.pem").write_text(authority.ca_pem, encoding="ascii")
    go_on, reached = asyncio.Event(), asyncio.Event()
    async with serving(saying(answer("Words.")), tls=authority.server_context() if encrypted else None) as speech:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", KEEPS, speech.url),
            cwd=ROOT,
            env={**os.environ, "SSL_CERT_FILE": str(tmp_path / "ca.pem")},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert process.stdin is not None
        assert process.stdout is not None
        assert await process.stdout.readline() == b"held\n"
        # Otherwise the search proves nothing.
        assert search(process.pid, wanted) == set(wanted)
        speech.script.append(hangs(go_on, reached, read_first=False))
        process.stdin.write(b"\n")
        await reached.wait()
        go_on.set()
        assert await process.stdout.readline() == b"Late words.\n"
        speech.script.append(refuses(400, early=True))
        process.stdin.write(b"\n")
        assert await process.stdout.readline() == b"TranscriptionFailed\n"

        assert search(process.pid, wanted) == set()
        process.stdin.write(b"\n")
        assert await process.wait() == 0


# Which words are believed.


async def heard_from(*answers: dict[str, object], seconds: float = 1.0, **hints: Any) -> tuple[str, float]:
    async with engine(saying(*answers)) as server:
        words = await server.transcribe(speech_of(seconds), Hints(**hints))
    return words.text, round(words.confidence, 2)


async def test_segments_in_which_nobody_spoke_are_left_out() -> None:
    silent = segment("Made up.", avg_logprob=-1.2, no_speech_prob=0.7)

    assert await heard_from(answer("One.", silent, "Two.")) == ("One. Two.", 0.78)
    assert await heard_from(answer(silent)) == ("", 0.0)
    assert await heard_from(answer(segment("Doubtful.", avg_logprob=-1.2))) == ("Doubtful.", 0.3)
    assert await heard_from(answer(segment("Sure.", no_speech_prob=0.7))) == ("Sure.", 0.78)


async def test_what_silence_is_turned_to_is_no_words_and_thanks_are() -> None:
    assert await heard_from(answer(segment("Thank you.", no_speech_prob=0.4))) == ("", 0.0)
    assert await heard_from(answer(segment("Thank you.", no_speech_prob=0.1))) == ("Thank you.", 0.78)
    assert await heard_from(answer("Thanks for watching!")) == ("", 0.0)
    assert await heard_from({"text": "Thanks for watching!"}) == ("", 0.0)
    assert await heard_from(answer(text=" \n")) == ("", 0.0)


async def test_words_that_go_round_in_circles_are_half_as_sure() -> None:
    again = " ".join(["the cache is full"] * 12)

    assert await heard_from(answer(again)) == (again, 0.39)
    assert await heard_from(answer(segment("Fine.", compression_ratio=2.5))) == ("Fine.", 0.39)
    assert await heard_from({"text": again}) == (again, NEUTRAL / 2)


async def test_confidence_is_the_mean_over_all_tokens() -> None:
    long, short = segment("One.", avg_logprob=-0.1, tokens=[1] * 9), segment("Two.", avg_logprob=-1.1, tokens=[1])

    assert await heard_from(answer(long, short)) == ("One. Two.", round(float(np.exp(-0.2)), 2))


@pytest.mark.parametrize("value", ["-0.1", True, float("nan"), float("-inf"), 0.5, None, [1]])
async def test_numbers_that_are_none_are_as_if_they_were_absent(value: object) -> None:
    odd = segment("Words.", avg_logprob=value, no_speech_prob=-1, compression_ratio="3", tokens="x")

    assert await heard_from(answer(odd)) == ("Words.", NEUTRAL)


NUMBERS = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.just(10**400), st.text(max_size=3))
TEXTS = st.text(st.characters(), max_size=40)
LIKE_SEGMENTS = st.fixed_dictionaries(
    {"text": TEXTS},
    optional=dict.fromkeys(("avg_logprob", "no_speech_prob", "compression_ratio", "tokens"), NUMBERS),
)
LIKE_ANSWERS = st.fixed_dictionaries(
    {"text": TEXTS}, optional={"segments": st.lists(LIKE_SEGMENTS, max_size=3) | NUMBERS, "language": NUMBERS}
)


@example(said={"text": "\ud800 half a character", "segments": [{"text": "\udfff"}]}, seconds=1.0, asked=None)
@given(said=LIKE_ANSWERS, seconds=st.floats(0.0, 30.0), asked=st.none() | st.just("uk"))
def test_whatever_like_an_answer_a_server_sends_has_words_and_a_confidence(
    said: dict[str, Any], seconds: float, asked: str | None
) -> None:
    found = remote._parse(json.dumps(said).encode())

    assert found is not None
    words = remote._Heard.of(found, asked).words(seconds)
    assert words.text == words.text.strip()
    assert words.text.encode().decode() == words.text
    assert 0.0 <= words.confidence <= 1.0


@given(
    st.binary(max_size=60) | st.recursive(NUMBERS, lambda x: st.lists(x) | st.dictionaries(TEXTS, x)).map(json.dumps)
)
def test_whatever_else_a_server_sends_is_no_answer(sent: bytes | str) -> None:
    assert remote._parse(sent if isinstance(sent, bytes) else sent.encode()) is None


async def test_text_is_made_readable() -> None:
    assert (await heard_from(answer(" [Music]  A\u200b  cache .")))[0] == "A cache."


async def test_a_prompt_that_may_have_been_read_back_is_left_out_once() -> None:
    speech = saying(answer(segment("Docker, Kubernetes.", no_speech_prob=0.8)), answer("We used it."))
    async with engine(speech) as server:
        words = await server.transcribe(speech_of(), Hints(prompt="Docker, Kubernetes"))

    assert words.text == "We used it."
    assert ["prompt" in request.fields for request in speech.requests] == [True, False]


# Languages.


async def test_the_only_language_is_always_asked_for() -> None:
    speech = saying(answer("Слова.", language="english"))
    async with engine(speech, languages=("uk",)) as server:
        words = await server.transcribe(speech_of(5))

    assert words.language == "uk"
    assert [request.language for request in speech.requests] == ["uk"]


@pytest.mark.parametrize(
    ("named", "code"),
    [
        ("english", "en"),
        ("Ukrainian", "uk"),
        ("uk", "uk"),
        ("en-US", "en"),
        ("pt_BR", "pt"),
        ("haitian creole", "ht"),
        ("mandarin", "zh"),
        ("klingon", UNKNOWN_LANGUAGE),
        ("", UNKNOWN_LANGUAGE),
        (None, UNKNOWN_LANGUAGE),
        (7, UNKNOWN_LANGUAGE),
    ],
)
async def test_a_language_is_understood_by_its_name_and_by_its_code(named: object, code: str) -> None:
    async with engine(saying(answer("Words.") | {"language": named})) as server:
        assert (await server.transcribe(speech_of())).language == code


def sure(language: str, logprob: float) -> dict[str, object]:
    return answer(segment(f"In {language}.", avg_logprob=logprob), language=language)


def in_languages(**logprobs: float) -> Speech:
    """A server that finds the first of these languages by itself, and is as sure of each as is said."""

    def say(request: Request) -> dict[str, object]:
        language = request.language or next(iter(logprobs))
        return sure(language, logprobs[language])

    return Speech(say=say)


@pytest.mark.parametrize(
    ("seconds", "usual", "speech", "expected", "asked"),
    [
        (5, None, in_languages(en=-0.5, uk=-0.1), "en", [None]),
        (5, "en", in_languages(en=-0.5, uk=-0.1), "en", [None]),
        (2, "uk", in_languages(en=-0.1, uk=-0.5), "uk", ["uk"]),
        (5, "uk", in_languages(en=-0.1, uk=-0.5), "en", [None, "uk"]),
        (5, "uk", in_languages(en=-0.5, uk=-0.1), "uk", [None, "uk"]),
        (5, "uk", in_languages(en=-0.5, uk=-0.5), "uk", [None, "uk"]),
        (5, "pl", in_languages(en=-0.5, uk=-0.1), "en", [None]),
        (5, None, in_languages(ru=-0.1, en=-0.9, uk=-0.5), "uk", [None, "en", "uk"]),
        (5, "en", in_languages(ru=-0.1, en=-0.9, uk=-0.5), "en", [None, "en"]),
    ],
)
async def test_another_language_than_the_usual_one_needs_likelier_words(
    seconds: float, usual: str | None, speech: Speech, expected: str, asked: list[str | None]
) -> None:
    async with engine(speech, languages=("en", "uk")) as server:
        words = await server.transcribe(speech_of(seconds), Hints(usual=usual))

    assert (words.language, words.text) == (expected, f"In {expected}.")
    assert [request.language for request in speech.requests] == asked


async def test_while_others_wait_nothing_is_recognised_in_two_languages() -> None:
    speech = in_languages(en=-0.1, uk=-0.5)
    async with engine(speech, languages=("en", "uk")) as server:
        words = await server.transcribe(speech_of(5), Hints(usual="uk", thorough=False))

    assert words.language == "uk"
    assert [request.language for request in speech.requests] == ["uk"]


async def test_words_in_an_allowed_language_are_kept_when_the_usual_one_cannot_be_tried() -> None:
    speech = in_languages(en=-0.5, uk=-0.1)
    async with engine(speech, languages=("en", "uk")) as server:
        speech.script.extend([None, refuses(400)])
        assert (await server.transcribe(speech_of(5), Hints(usual="uk"))).language == "en"
    speech = in_languages(ru=-0.5, uk=-0.1)
    async with engine(speech, languages=("en", "uk")) as server:
        speech.script.extend([None, refuses(400)])
        assert type(await error_of(server, speech_of(5), usual="uk")) is TranscriptionFailed


async def test_without_a_choice_any_language_will_do() -> None:
    async with engine(in_languages(ru=-0.1, en=-0.9)) as server:
        assert server.languages == ()
        assert (await server.transcribe(speech_of(5))).language == "ru"
        assert (await server.transcribe(speech_of(5), Hints(usual=UNKNOWN_LANGUAGE))).language == "ru"
        assert (await server.transcribe(speech_of(5), Hints(language="en"))).language == "en"
        assert (await server.transcribe(speech_of(5), Hints(usual="en"))).language == "ru"


def test_every_language_of_whisper_has_a_name() -> None:
    assert json.loads(json.dumps(sorted(remote._KNOWN))) == sorted(set(remote._CODES.values()))
    assert len(remote._KNOWN) == 100


# The page about engines.


def shown() -> str:
    """The code on that page."""
    page = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"^```python\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    return code


@pytest.fixture(scope="module")
def program() -> Any:
    """The engine that the page shows."""
    found: dict[str, Any] = {}
    exec(compile(shown(), "engines.md", "exec"), found)  # noqa: S102  that it runs is what is tested
    return found["Program"]


LISTENS = "import sys; print('heard', len(sys.stdin.buffer.read()) // 2, 'samples .')"


async def test_the_engine_that_the_page_shows_writes_an_interview_down(program: Any) -> None:
    stage = Stage(program(sys.executable, "-c", LISTENS, language="en"))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(stage.pipeline.run())
        stage.say(1, 3_000, 1.0)
        stage.wait(1)
        (words,) = await stage.words()

    assert re.fullmatch(r"heard \d{5} samples\.", words)
    assert stage.audio_left() == 0


async def test_the_engine_that_the_page_shows_fails_as_it_should(program: Any) -> None:
    with pytest.raises(TranscriptionFailed):
        await program(sys.executable, "-c", "raise SystemExit(3)", language="en").transcribe(speech_of())
    with pytest.raises(EngineUnavailable):
        await program("/nonexistent/program", language="en").transcribe(speech_of())
    ring = Ring()
    overwritten = utterance_of(noise(1), ring=ring)
    ring.wipe()
    with pytest.raises(AudioOverwritten):
        await program(sys.executable, "-c", LISTENS, language="en").transcribe(overwritten)


async def test_the_engine_that_the_page_shows_ends_its_program_when_it_is_cancelled(
    program: Any, tmp_path: Path
) -> None:
    started = tmp_path / "started"
    waits = f"import pathlib, time, os; pathlib.Path({str(started)!r}).write_text(str(os.getpid())); time.sleep(60)"
    async with asyncio.TaskGroup() as tasks:
        call = tasks.create_task(program(sys.executable, "-c", waits, language="en").transcribe(speech_of(0.1)))
        await until(lambda: started.exists() and started.read_text(encoding="utf-8") != "")
        call.cancel()

    assert call.cancelled()
    with pytest.raises(ProcessLookupError):
        os.kill(int(started.read_text(encoding="utf-8")), 0)


def test_the_engine_that_the_page_shows_fits_a_page() -> None:
    assert max(map(len, shown().splitlines())) <= 120
    assert len(shown().split("class Program")[1].splitlines()) <= 32
