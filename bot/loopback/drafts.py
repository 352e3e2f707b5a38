"""From what a client sends to a message's body: checked, numbered, its files kept."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Final, cast

from bot.loopback import payloads, wire
from bot.loopback.component_forms import check_message_components, refuse_v2_mix
from bot.loopback.entities import Attachment, MessageBody, walk
from bot.loopback.forms import Form, check_content, check_embeds, items, number
from bot.loopback.wire import COMPONENTS_V2, EPHEMERAL, ApiError, Json, refuse

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.loopback.rest import Upload
    from bot.loopback.world import World

SETTABLE_FLAGS: Final = (1 << 2) | (1 << 12) | EPHEMERAL | COMPONENTS_V2
"""Hide embeds, do not notify, ephemeral, components alone."""

CONTENT_TYPES: Final = {
    "csv": "text/csv; charset=utf-8",
    "json": "application/json; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "ogg": "audio/ogg",
    "pdf": "application/pdf",
    "png": "image/png",
    "txt": "text/plain; charset=utf-8",
    "wav": "audio/x-wav",
    "zip": "application/zip",
}
"""What Discord makes of files' names."""


def draft(
    world: World,
    channel_id: int,
    form: Json,
    uploads: Sequence[Upload],
    *,
    old: MessageBody | None = None,
    ephemeral: bool = False,
) -> MessageBody:
    """Make a message's body of a client's JSON, or the body after an edit of *old*.

    Raises:
        ApiError: If Discord would refuse it.
    """
    base = old or MessageBody()
    flags = base.flags
    if "flags" in form:
        # What a message was made as, ephemeral or of components, an edit does not take away.
        keep = base.flags & (EPHEMERAL | COMPONENTS_V2)
        flags = keep | (int(form["flags"] or 0) & SETTABLE_FLAGS)
    if ephemeral:
        flags |= EPHEMERAL
    is_v2 = bool(flags & COMPONENTS_V2)
    if is_v2:
        refuse_v2_mix(form)
    embeds = items(form["embeds"]) if "embeds" in form else list(base.embeds)
    if form.get("embed"):
        embeds = [cast("Json", form["embed"])]
    components = copy.deepcopy(items(form["components"])) if "components" in form else list(base.components)
    checks = Form()
    check_content(checks, form.get("content"))
    check_embeds(checks, embeds)
    if "components" in form:
        check_message_components(checks, components, v2=is_v2)
    checks.finish()
    if is_v2 and base.content:
        base = replace(base, content="", embeds=())
        embeds = []
    content = base.content if "content" not in form else str(form["content"] or "")
    attachments = _attachments(world, form, uploads, base.attachments)
    number(components)
    _resolve_media(components, attachments, channel_id)
    body = MessageBody(
        content,
        tuple({"type": "rich"} | embed for embed in embeds),
        tuple(components),
        attachments,
        flags & ~wire.LOADING,
    )
    if body.is_empty:
        raise refuse(wire.EMPTY_MESSAGE)
    return body


def _attachments(
    world: World, form: Json, uploads: Sequence[Upload], old: tuple[Attachment, ...]
) -> tuple[Attachment, ...]:
    described = {str(each.get("id")): each for each in items(form.get("attachments"))}
    kept = [each for each in old if "attachments" not in form or str(each.id) in described]
    made: list[Attachment] = []
    for upload in uploads:
        if len(upload.data) > payloads.MAX_FILE_BYTES:
            raise ApiError(413, 40005, "Request entity too large")
        about = described.get(str(upload.index), {})
        filename = str(about.get("filename") or upload.filename)
        guessed = CONTENT_TYPES.get(filename.rpartition(".")[2].lower(), upload.content_type)
        made.append(Attachment(world.new_id(), filename, guessed, upload.data, about.get("description")))
    total = (*kept, *made)
    if len(total) > 10:
        checks = Form()
        checks.wrong(("attachments",), "BASE_TYPE_MAX_LENGTH", "Must be 10 or fewer in length.")
        checks.finish()
    return total


def _resolve_media(components: Sequence[Json], attachments: Sequence[Attachment], channel_id: int) -> None:
    by_name = {each.filename: each for each in attachments}
    media: list[Json] = []
    for component in walk(components):
        media += [cast("Json", component[key]) for key in ("media", "file") if component.get(key)]
        media += [cast("Json", item["media"]) for item in items(component.get("items")) if item.get("media")]
    for item in media:
        url = str(item.get("url"))
        found = by_name.get(url.removeprefix("attachment://")) if url.startswith("attachment://") else None
        if url.startswith("attachment://") and found is None:
            checks = Form()
            checks.wrong(("components",), "UNFURLED_MEDIA_ITEM_REFERENCED_ATTACHMENT_NOT_FOUND", f"{url} is missing")
            checks.finish()
        if found is not None:
            where = payloads.attachment_url(found, channel_id)
            item |= {"url": where, "proxy_url": where, "attachment_id": str(found.id)}
            item |= {"content_type": found.content_type, "loading_state": 2, "placeholder": "", "flags": 0}
