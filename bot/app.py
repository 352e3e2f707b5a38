"""The composition root: makes every part, owns every lifetime.

    what is kept -> engine (child process) -> erasures done again -> Discord client -> interviews -> commands

They end in reverse: interviews first, while Discord can still be told to leave and to delete captions, with the engine
still there for the last words; then the client; then the engine.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

import aiohttp
import discord

from bot import machine
from bot.client import Services, SkillRally, look_around, open_bot
from bot.clock import Clock, SystemClock, Witness
from bot.ending import Ending
from bot.errors import StartRefused
from bot.feedback.opening import elsewhere as elsewhere_for_feedback
from bot.feedback.opening import open_desk
from bot.feedback.rubric import load_rubrics
from bot.following import following
from bot.installation import Installation
from bot.interview.interviews import Interviews
from bot.interview.session import Hearing
from bot.journal import LiveJournal
from bot.partners import Partners
from bot.retention import ticking
from bot.servers import LOOK_EVERY, Servers
from bot.shards import shards_of
from bot.siblings import Siblings, beating
from bot.stores import open_stores, rights
from bot.telemetry.egress import must_be_registered
from bot.telemetry.errors import open_error_reports
from bot.telemetry.metrics import Acknowledgements
from bot.telemetry.opening import RELEASE, hosts_of, open_counts
from bot.telemetry.serving import chosen_metrics, serving_numbers
from bot.upkeep import upkeep
from bot.voice.opus import OpusUnavailable, load_libopus
from config.errors import Unfit
from config.operations import Operations
from config.policy import load_policy
from config.processors import load_processors
from config.questions import load_questions
from storage.errors import StorageError
from storage.ledger import Policy
from stt.dispatch import Dispatcher
from stt.engine import EngineUnavailable, Transcriber
from stt.fallback import Fallback
from stt.models import find_model
from stt.remote import SpeechServer, elsewhere
from stt.segmenter import Endpointing
from stt.vad import Silero, SpeechProbability
from stt.worker import WhisperWorker

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from pydantic import SecretStr

    from bot.interview.drafts import Draft
    from bot.stores import Stores
    from config.policy import PolicyText
    from config.settings import Settings

log = logging.getLogger(__name__)

REMOTE_WORKERS = 4
"""Requests to a speech server at the same time, unless the operator says how many."""


class App:
    """The running application.

    Attributes:
        bot: The Discord client.
        services: What commands use.
        transcriber: The engine.
    """

    def __init__(self, *, bot: SkillRally, services: Services, transcriber: Transcriber) -> None:
        self.bot = bot
        self.services = services
        self.transcriber = transcriber
        self._ending = services.ending

    def stop(self) -> None:
        """End `run` once the interviews have ended; nobody can save anything any more."""
        self._ending.stop()

    def drain(self) -> None:
        """End `run` gently; the second time, at once. Callable from a signal handler."""
        self._ending.drain()

    async def run(self, token: str) -> None:
        """Log in and stay until `stop` or `drain`, then end every interview while Discord still listens.

        Raises:
            StartRefused: If Discord does not accept the token or cannot be reached.
        """
        async with asyncio.TaskGroup() as tasks:
            session = tasks.create_task(self._stay(token), name="Discord session")
            stop = tasks.create_task(self._ending.wait(), name="stop")
            await asyncio.wait({session, stop}, return_when=asyncio.FIRST_COMPLETED)
            stop.cancel()
            with contextlib.suppress(TimeoutError):
                await self._ending.over(self.services.interviews)
            await self.bot.close()
            session.cancel()

    async def _stay(self, token: str) -> None:
        try:
            await self._connected(token)
        except Exception as error:
            if not self.bot.is_closed():
                raise
            # Closed while it connects, discord.py and aiohttp trip over what is gone: the end that was asked for.
            log.info("the session was closed while it began", extra={"kind": type(error).__name__})

    async def _connected(self, token: str) -> None:
        try:
            await self.bot.start(token)
        except discord.LoginFailure:
            raise StartRefused(
                "Discord does not accept DISCORD_TOKEN: copy it again from the developer portal (Bot > Reset Token)."
            ) from None
        except (discord.Forbidden, discord.NotFound):
            raise StartRefused(
                "Discord does not let the bot register its commands: SKILLRALLY_GUILD_ID must be a server it is in."
            ) from None
        except (discord.GatewayNotFound, aiohttp.ClientError, OSError):
            raise StartRefused("Discord cannot be reached: check the network and try again.") from None


async def _engine(settings: Settings) -> WhisperWorker | SpeechServer | Fallback:
    """The engine of the settings, not entered yet.

    Raises:
        EngineUnavailable: If its model or its server cannot be one.
    """
    if not settings.speech_url:
        return await _own_engine(settings)
    server = SpeechServer(
        settings.speech_url,
        model=settings.speech_model,
        # Not by a name of its own, which a report of an error with its variables would show.
        key=settings.speech_key.get_secret_value() if settings.speech_key else "",
        languages=settings.allowed_languages,
        workers=settings.workers or REMOTE_WORKERS,
    )
    return Fallback(server, await _own_engine(settings)) if settings.speech_fallback else server


async def _own_engine(settings: Settings) -> WhisperWorker:
    folder = await find_model(settings.model, settings.models_folder)
    fit = machine.workers(folder)
    # Behind a server, which takes many requests at once, no more processes than fit; fewer, where that was set.
    workers = settings.own_workers or min(fit, settings.workers or fit)
    return WhisperWorker(folder, languages=settings.allowed_languages, workers=workers)


def _hearing(settings: Settings, transcriber: Transcriber, clock: Clock, *, ahead: bool) -> Hearing:
    """How sound becomes words; *ahead* where it does not leave the machine: it leaves once, and is paid for once."""
    silero = Silero()
    return Hearing(
        dispatcher=Dispatcher(transcriber, clock=clock.monotonic_s, late_s=settings.latest_s, ahead=ahead),
        probability=lambda: SpeechProbability(silero),
        endpointing=Endpointing(silence_s=settings.silence_s),
        language=settings.allowed_languages[0] if len(settings.allowed_languages) == 1 else None,
        glossary=settings.glossary,
    )


def _load_opus() -> None:
    try:
        load_libopus()
    except OpusUnavailable as missing:
        raise StartRefused(str(missing)) from None


def _agreed(policy: PolicyText, speech_host: str, feedback_host: str) -> Policy:
    """What people say yes to: the policy. Another host for speech, or for feedback, makes it another one."""
    hosts = speech_host + (f" {feedback_host}" if feedback_host else "")
    return Policy(policy.version, hashlib.sha256(policy.sha256 + hosts.encode()).digest())


@asynccontextmanager
async def _stores(
    settings: Settings, agreed: Policy, clock: Clock, ending: Ending
) -> AsyncGenerator[tuple[Stores, Siblings, LiveJournal]]:
    """What is kept, once it is sure that no other process serves the same servers, and the journal of these."""
    shards = shards_of(settings)
    with shards.sole(settings.data_folder) as holders:
        async with open_stores(settings, policy=agreed) as stores:
            siblings = Siblings(stores.databases.content, shards, holders, clock)
            await siblings.take()
            journal = LiveJournal(stores.live_messages, clock, shards)
            try:
                async with beating(siblings, take_over=journal.take_over, lost=ending.stop):
                    yield stores, siblings, journal
            finally:
                await siblings.leave()


def _secret(value: SecretStr | None) -> str | None:
    return value.get_secret_value() if value is not None else None


def _sentence(text: str) -> str:
    """*text* as a sentence of its own."""
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "!", "?")) else ".")


@asynccontextmanager
async def open_app(
    settings: Settings,
    *,
    operations: Operations | None = None,
    transcriber: Transcriber | None = None,
    connector: aiohttp.BaseConnector | None = None,
    clock: Clock | None = None,
) -> AsyncGenerator[App]:
    """Make every part and hand out the application; everything is closed when the context is left.

    Args:
        settings: What the operator set.
        operations: What the operator set about keeping; by default from the environment.
        transcriber: An engine other than the settings' own.
        connector: How to reach Discord; the rehearsal brings its own.
        clock: Another clock than the machine's.

    Raises:
        StartRefused: If a part cannot start; its message says what to do.
    """
    clock = clock or SystemClock()
    _load_opus()
    async with AsyncExitStack() as stack:
        try:
            speech_host = elsewhere(settings.speech_url) if settings.speech_url else ""
            operations = operations or Operations()
            processors = load_processors(operations.processors_file)
            bank, rubrics = await asyncio.to_thread(load_questions), await asyncio.to_thread(load_rubrics)
            if speech_host:
                must_be_registered(speech_host, processors, what="Speech")
            await stack.enter_async_context(
                open_error_reports(_secret(settings.sentry_dsn), release=RELEASE, hosts=hosts_of("Sentry", processors))
            )
            policy = load_policy(operations.controller)
            agreed = _agreed(policy, speech_host, elsewhere_for_feedback(settings))
            ending = Ending(settings.grace_s)
            stores, siblings, journal = await stack.enter_async_context(_stores(settings, agreed, clock, ending))
            analytics = await stack.enter_async_context(
                open_counts(
                    stores.databases.content,
                    stores.secrets,
                    stores.subjects,
                    stores.ledger,
                    clock=clock,
                    processors=processors,
                    table=settings.analytics_table,
                    posthog_key=_secret(settings.posthog_key),
                    posthog_retention_days=settings.posthog_retention_days,
                )
            )
            if transcriber is None:
                transcriber = await stack.enter_async_context(await _engine(settings))
        except EngineUnavailable as missing:
            raise StartRefused(str(missing)) from None
        except (StorageError, Unfit) as unfit:
            raise StartRefused(_sentence(str(unfit))) from None
        hearing = _hearing(settings, transcriber, clock, ahead=not speech_host)
        # A fresh engine process after the last interview: what libraries still hold of voices goes with the old one.
        renew = transcriber.renew if isinstance(transcriber, WhisperWorker | Fallback) else None
        partners = Partners(stores.queue, stores.preferences, clock)
        servers = Servers(stores, clock)

        async def ended(draft: Draft) -> None:
            await servers.practised(draft)
            await partners.practised(draft)

        interviews = Interviews(hearing=hearing, clock=clock, on_idle=renew, on_ended=ended)

        async def let_go(user_id: int) -> dict[str, int]:
            interviews.erase(user_id)
            desk.let_go(user_id)
            await analytics.withdrawn(user_id)
            return await partners.forget(user_id)

        demands = rights(
            stores,
            policy=policy,
            agreed=agreed,
            controller=operations.controller,
            processors=processors,
            let_go=let_go,
        )
        try:
            # Before Discord: nobody is answered from what should be erased.
            witness = Witness(clock)
            retention = await stack.enter_async_context(
                upkeep(
                    Installation(settings, operations),
                    stores,
                    clock=clock,
                    witness=witness.now,
                    others={"live_message": journal.sweep, "offer": partners.sweep, "servers left": servers.sweep},
                )
            )
            desk = await stack.enter_async_context(
                open_desk(settings, stores, processors=processors, bank=bank, rubrics=rubrics, clock=clock)
            )
        except (StorageError, Unfit) as failed:
            raise StartRefused(_sentence(str(failed))) from None
        services = Services(
            settings=settings,
            clock=clock,
            stores=stores,
            rights=demands,
            journal=journal,
            interviews=interviews,
            analytics=analytics,
            witness=witness,
            bank=bank,
            rubrics=rubrics,
            installation=Installation(settings, operations),
            partners=partners,
            desk=desk,
            servers=servers,
            speech_host=speech_host,
            siblings=siblings,
            ending=ending,
            acknowledgements=Acknowledgements(chosen_metrics(settings)),
            language_of=stores.preferences.language_of,
        )
        bot = await stack.enter_async_context(open_bot(services, connector=connector))
        await stack.enter_async_context(interviews)
        await stack.enter_async_context(ticking(partial(look_around, bot), interval=LOOK_EVERY))
        await stack.enter_async_context(
            following(stores.ledger, interviews, desk, preferences=None if siblings.alone else stores.preferences)
        )
        await stack.enter_async_context(
            serving_numbers(
                services,
                transcriber=transcriber,
                dispatcher=hearing.dispatcher,
                retention=retention,
                installation=services.installation,
                connected=lambda: bot.listening,
            )
        )
        yield App(bot=bot, services=services, transcriber=transcriber)
