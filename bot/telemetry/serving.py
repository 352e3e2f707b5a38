"""Numbers and health over HTTP, for the operator's tools, on this machine unless the operator says otherwise.

    GET /metrics         numbers, as Prometheus reads them
    GET /health/live     200 while the event loop runs
    GET /health/ready    200 if every part is well, else 503; says which parts are red

Nothing else is answered, nothing is taken, and no answer says anything about anybody. There is no password, so only
this machine is listened to unless the operator allows more.
"""

from __future__ import annotations

import contextlib
import ipaddress
import logging
from typing import TYPE_CHECKING

from aiohttp import web

from bot.errors import StartRefused
from bot.telemetry.metrics import NoMetrics
from bot.telemetry.watch import Parts, watching_over
from storage.keys import is_loopback

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Awaitable, Callable

    from bot.client import Services
    from bot.installation import Installation
    from bot.telemetry.metrics import Metrics
    from bot.telemetry.prometheus import Prometheus
    from config.settings import Settings
    from storage.retention import Retention
    from stt.dispatch import Dispatcher
    from stt.engine import Transcriber

log = logging.getLogger(__name__)


def chosen_metrics(settings: Settings) -> Metrics:
    """Where the operator wants numbers; nowhere without a port.

    Raises:
        StartRefused: If other machines would reach them and the operator did not allow it.
    """
    if settings.metrics_port is None:
        return NoMetrics()
    try:
        ipaddress.ip_address(settings.metrics_host)
    except ValueError:
        raise StartRefused("SKILLRALLY_METRICS_HOST must be an address, such as 127.0.0.1.") from None
    if not is_loopback(settings.metrics_host) and not settings.metrics_remote:
        raise StartRefused(
            "SKILLRALLY_METRICS_HOST is an address that other machines reach, and numbers have no password: use"
            " 127.0.0.1, or say SKILLRALLY_METRICS_REMOTE=true and let a firewall decide who reads them."
        )
    from bot.telemetry.prometheus import Prometheus  # noqa: PLC0415 - for who has it

    return Prometheus()


@contextlib.asynccontextmanager
async def serving_numbers(
    services: Services,
    *,
    transcriber: Transcriber,
    dispatcher: Dispatcher,
    retention: Retention,
    installation: Installation,
    connected: Callable[[], bool],
) -> AsyncGenerator[None]:
    """Look at the parts and answer until the end of the block; nothing if nobody reads numbers.

    Args:
        services: The bot's; `acknowledgements` says where numbers are kept.
        transcriber: The engine.
        dispatcher: Whose turn it is there.
        retention: What deletes.
        installation: Where backups are.
        connected: Whether Discord listens.

    Raises:
        StartRefused: If the port cannot be had.
    """
    settings, metrics = services.settings, services.acknowledgements.metrics
    port = settings.metrics_port
    if not metrics.kept or port is None:
        yield
        return
    from bot.telemetry.prometheus import Prometheus  # noqa: PLC0415 - as above

    assert isinstance(metrics, Prometheus)  # noqa: S101 - the only other one
    parts = Parts(
        interviews=services.interviews,
        dispatcher=dispatcher,
        transcriber=transcriber,
        desk=services.desk,
        stores=services.stores,
        retention=retention,
        installation=installation,
        ending=services.ending,
        acknowledgements=services.acknowledgements,
        clock=services.clock,
        connected=connected,
    )
    async with watching_over(parts, metrics) as watch:
        runner = web.AppRunner(application(metrics, watch.red), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        try:
            try:
                await web.TCPSite(runner, settings.metrics_host, port).start()
            except OSError:
                raise StartRefused(
                    "SKILLRALLY_METRICS_PORT cannot be had: another program has it, or the address is not this"
                    " machine's."
                ) from None
            log.info("numbers and health are served")
            yield
        finally:
            await runner.cleanup()


def application(metrics: Prometheus, red: Callable[[], Awaitable[tuple[str, ...]]]) -> web.Application:
    """What answers."""
    from bot.telemetry.prometheus import CONTENT_TYPE  # noqa: PLC0415 - as above

    async def numbers(_request: web.Request) -> web.Response:
        return web.Response(body=metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    async def live(_request: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def ready(_request: web.Request) -> web.Response:
        found = await red()
        return web.json_response({"ready": not found, "red": list(found)}, status=503 if found else 200)

    made = web.Application(client_max_size=1)
    for path, answer in (("/metrics", numbers), ("/health/live", live), ("/health/ready", ready)):
        made.router.add_get(path, answer)

    async def plain(_request: web.Request, response: web.StreamResponse) -> None:
        # Which versions run here is nobody's business.
        response.headers.update({"Server": "skillrally", "Cache-Control": "no-store"})

    made.on_response_prepare.append(plain)
    return made
