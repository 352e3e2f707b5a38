"""Discord's REST API: who asks, what for, how often, and the answer as JSON.

    request -> account -> rate limit -> body -> handler of rest_* -> JSON, or an `ApiError` as Discord words it

The handlers are in `rest_channels`, `rest_guilds`, `rest_commands` and `rest_interactions`; each has a table of
`Route`.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, cast

from aiohttp import BodyPartReader, web

from bot.loopback import wire
from bot.loopback.wire import ApiError, Json, refuse

if TYPE_CHECKING:
    from bot.loopback.entities import Channel, Guild, Message, User
    from bot.loopback.limits import RateLimiter
    from bot.loopback.permissions import Permission
    from bot.loopback.world import World

log = logging.getLogger(__name__)

API_PATH: Final = r"/api/v{version:\d+}"
MAX_BODY_BYTES: Final = 100 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of a multipart request; *index* as in `files[index]`."""

    index: int
    filename: str
    content_type: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Call:
    """One request, with everything that a handler asks about it.

    Attributes:
        body: The JSON, of the request or of its `payload_json`.
    """

    world: World
    limiter: RateLimiter
    request: web.Request = field(repr=False)
    account: User | None
    body: Any = field(repr=False)
    uploads: tuple[Upload, ...] = ()

    @property
    def user(self) -> User:
        """The account that asks."""
        if self.account is None:
            raise refuse(wire.UNAUTHORIZED)
        return self.account

    @property
    def form(self) -> Json:
        """The body, which is an object."""
        if self.body is None:
            return {}
        if not isinstance(self.body, dict):
            raise refuse(wire.INVALID_JSON)
        return cast("Json", self.body)

    def id(self, name: str) -> int:
        """Return an id of the path; `@me` is the account's own."""
        text = self.request.match_info[name]
        if text == "@me":
            return self.user.id
        if not text.isdecimal():
            errors = {
                name: {"_errors": [{"code": "NUMBER_TYPE_COERCE", "message": f'Value "{text}" is not snowflake.'}]}
            }
            raise ApiError(400, 50035, "Invalid Form Body", errors=errors)
        return int(text)

    def channel(self, name: str = "channel_id", *needed: Permission) -> Channel:
        """Return the channel of the path, in which the account has the *needed* permissions.

        Raises:
            ApiError: If there is none, or it may not be seen, or they are missing.
        """
        channel = self.world.channels.get(self.id(name))
        if channel is None:
            raise refuse(wire.UNKNOWN_CHANNEL)
        require(self.world, self.user.id, channel, *needed)
        return channel

    def guild(self) -> Guild:
        """Return the guild of the path, in which the account is."""
        guild = self.world.guilds.get(self.id("guild_id"))
        if guild is None:
            raise refuse(wire.UNKNOWN_GUILD)
        if self.user.id not in guild.members:
            raise refuse(wire.MISSING_ACCESS)
        return guild

    def message(self, channel: Channel) -> Message:
        """Return the message of the path, which everybody in the channel can see."""
        message = self.world.message_in(channel.id, self.id("message_id"))
        if message is None or message.is_ephemeral:
            raise refuse(wire.UNKNOWN_MESSAGE)
        return message

    def asks(self, name: str) -> bool:
        """Tell whether a parameter of the query is on."""
        return self.request.query.get(name, "").lower() in {"1", "true"}


Handler = Callable[[Call], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Route:
    """One route.

    Attributes:
        path: Below `/api/v10`.
        bucket: Which rule of `Limits` it counts against.
        place: The parameter of the path by which requests are counted apart.
        needs_account: False where a token in the path speaks for the caller.
    """

    method: str
    path: str
    handler: Handler
    bucket: str = "rest"
    place: str | None = None
    needs_account: bool = True


def require(world: World, user_id: int, channel: Channel, *needed: Permission) -> None:
    """Refuse who may not see a channel, or lacks a permission in it.

    Raises:
        ApiError: With code 50001 or 50013.
    """
    if not world.may_view(user_id, channel):
        raise refuse(wire.MISSING_ACCESS)
    allowed = world.permissions_in(user_id, channel)
    if any(permission not in allowed for permission in needed):
        raise refuse(wire.MISSING_PERMISSIONS)


class Rest:
    """The API as aiohttp routes."""

    def __init__(self, world: World, limiter: RateLimiter, routes: Sequence[Route]) -> None:
        self._world = world
        self._limiter = limiter
        self._routes = routes

    def register(self, app: web.Application) -> None:
        """Add every route, and the answer to all that is none."""
        for route in self._routes:
            app.router.add_route(route.method, API_PATH + route.path, self._serve(route))
        app.router.add_route("*", "/api/{anything:.*}", self._nothing)

    def _serve(self, route: Route) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def serve(request: web.Request) -> web.StreamResponse:
            headers: dict[str, str] = {}
            try:
                call = await self._admit(route, request, headers)
                return answer(await route.handler(call), headers=headers)
            except ApiError as error:
                return _refusal(error, headers)
            except Exception:
                log.exception("loopback REST failed", extra={"route": f"{route.method} {route.path}"})
                return answer({"message": "500: Internal Server Error", "code": 0}, status=500)

        return serve

    async def _admit(self, route: Route, request: web.Request, headers: dict[str, str]) -> Call:
        account = self._account(request)
        if account is None and route.needs_account:
            raise refuse(wire.UNAUTHORIZED)
        place = request.match_info[route.place] if route.place else ""
        limit_headers, retry_after_s = self._limiter.take(account.id if account else 0, route.bucket, place)
        headers |= limit_headers
        # The body is read in any case, or the connection would not be fit for the next request.
        body, uploads = await _read(request)
        if retry_after_s is not None:
            raise ApiError(429, 0, "You are being rate limited.", retry_after_s=round(retry_after_s, 3))
        return Call(self._world, self._limiter, request, account, body, uploads)

    def _account(self, request: web.Request) -> User | None:
        header = request.headers.get("Authorization")
        if header is None:
            return None
        account = self._world.user_by_token(header.removeprefix("Bot ").strip())
        if account is None:
            raise refuse(wire.UNAUTHORIZED)
        return account

    async def _nothing(self, request: web.Request) -> web.StreamResponse:
        log.warning("no such route in the loopback Discord: %s %s", request.method, request.path)
        return _refusal(refuse(wire.NO_SUCH_ROUTE), {})


def answer(data: object, *, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Make a JSON response; None makes an empty one."""
    if data is None:
        return web.Response(status=204, headers=headers)
    # Without a charset: clients compare the header with exactly this, as Discord sends it.
    all_headers = {"Content-Type": "application/json"} | (headers or {})
    return web.Response(status=status, body=json.dumps(data).encode(), headers=all_headers)


def _refusal(error: ApiError, headers: dict[str, str]) -> web.Response:
    if error.retry_after_s is not None:
        # discord.py takes a 429 without Via for a ban by Discord's proxy.
        headers = headers | {"Retry-After": f"{error.retry_after_s:.3f}", "Via": "1.1 loopback"}
        headers |= {"X-RateLimit-Scope": "user"}
    return answer(error.body(), status=error.status, headers=headers)


async def _read(request: web.Request) -> tuple[object, tuple[Upload, ...]]:
    if not request.can_read_body:
        return None, ()
    if not request.content_type.startswith("multipart/"):
        return _parse(await request.text()), ()
    body: object = None
    uploads: list[Upload] = []
    async for part in await request.multipart():
        if not isinstance(part, BodyPartReader):
            continue
        data = bytes(await part.read())
        if part.name == "payload_json":
            body = _parse(data.decode())
        elif (found := re.fullmatch(r"files\[(\d+)\]", part.name or "")) and part.filename:
            kind = part.headers.get("Content-Type", "application/octet-stream")
            uploads.append(Upload(int(found[1]), part.filename, kind, data))
    return body, tuple(uploads)


def _parse(text: str) -> object:
    if not text:
        return None
    try:
        return json.loads(text)
    except ValueError:
        raise refuse(wire.INVALID_JSON) from None
