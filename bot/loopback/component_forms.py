"""What Discord accepts as components of messages and modals. Source: Discord developer documentation, "Components"."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from bot.loopback.forms import (
    MAX_COMPONENTS,
    MAX_CUSTOM_ID,
    MAX_MODAL_ROWS,
    MAX_TEXT_DISPLAY,
    Form,
    Path,
    items,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from bot.loopback.wire import Json

ROW, BUTTON, TEXT_INPUT, SECTION, TEXT, THUMBNAIL = 1, 2, 4, 9, 10, 11
GALLERY, FILE, SEPARATOR, CONTAINER, LABEL, UPLOAD, RADIO, CHECKBOXES, CHECKBOX = 12, 13, 14, 17, 18, 19, 21, 22, 23
STRING_SELECT: Final = 3
SELECTS: Final = frozenset({3, 5, 6, 7, 8})
PREMIUM, LINK = 6, 5

IN_CONTAINER: Final = frozenset({ROW, SECTION, TEXT, GALLERY, FILE, SEPARATOR})
ON_TOP_V2: Final = IN_CONTAINER | {CONTAINER}
IN_LABEL: Final = SELECTS | {TEXT_INPUT, UPLOAD, RADIO, CHECKBOXES, CHECKBOX}
ON_TOP_MODAL: Final = frozenset({ROW, TEXT, LABEL})

ROOT: Final[Path] = ("components",)


class _Checker:
    """Walks components and notes what is wrong into a form."""

    def __init__(self, form: Form, *, modal: bool) -> None:
        self._form = form
        self._modal = modal
        self._custom_ids: set[str] = set()
        self._ids: set[int] = set()
        self.total = 0
        self.text_length = 0
        self._checks: dict[int, Callable[[Json, Path], None]] = {
            ROW: self._row,
            BUTTON: self._button,
            TEXT_INPUT: self._text_input,
            SECTION: self._section,
            TEXT: self._text,
            THUMBNAIL: self._media,
            GALLERY: self._gallery,
            FILE: self._file,
            SEPARATOR: self._nothing,
            CONTAINER: self._container,
            LABEL: self._label,
            UPLOAD: self._identified,
            RADIO: self._radio,
            CHECKBOXES: self._checkboxes,
            CHECKBOX: self._identified,
            **dict.fromkeys(SELECTS, self._select),
        }

    def children(self, components: Sequence[Json], path: Path, allowed: frozenset[int]) -> None:
        """Check components that stand side by side."""
        for index, component in enumerate(components):
            self.one(component, (*path, index), allowed)

    def one(self, component: Json, path: Path, allowed: frozenset[int]) -> None:
        """Check one component and what is in it."""
        kind = cast("object", component.get("type"))
        if not isinstance(kind, int) or kind not in allowed:
            expected = ", ".join(str(each) for each in sorted(allowed))
            self._form.wrong(
                (*path, "type"), "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({expected}).'
            )
            return
        self.total += 1
        own_id = cast("object", component.get("id"))
        if isinstance(own_id, int) and own_id > 0:
            if own_id in self._ids:
                self._form.wrong((*path, "id"), "COMPONENT_ID_DUPLICATED", "Component id cannot be duplicated")
            self._ids.add(own_id)
        self._checks[kind](component, path)

    def _nothing(self, component: Json, path: Path) -> None:
        del component, path

    def _identified(self, component: Json, path: Path) -> None:
        custom_id = cast("object", component.get("custom_id"))
        self._form.text((*path, "custom_id"), custom_id, least=1, most=MAX_CUSTOM_ID)
        if isinstance(custom_id, str):
            if custom_id in self._custom_ids:
                self._form.wrong(
                    (*path, "custom_id"),
                    "COMPONENT_CUSTOM_ID_DUPLICATED",
                    "Component custom id cannot be duplicated",
                )
            self._custom_ids.add(custom_id)

    def _row(self, component: Json, path: Path) -> None:
        inside = items(component.get("components"))
        self._form.count((*path, "components"), inside, least=1, most=5)
        kinds = [each.get("type") for each in inside]
        if any(kind != BUTTON for kind in kinds) and len(kinds) > 1:
            self._form.wrong((*path, "components"), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The row is too wide")
        allowed = frozenset({TEXT_INPUT}) | SELECTS if self._modal else SELECTS | {BUTTON}
        self.children(inside, (*path, "components"), allowed)

    def _button(self, component: Json, path: Path) -> None:
        style = component.get("style")
        self._form.text((*path, "label"), component.get("label"), most=80)
        if style == LINK:
            self._form.text((*path, "url"), component.get("url"), least=1, most=512)
        elif style in {1, 2, 3, 4}:
            self._identified(component, path)
        elif style != PREMIUM:
            self._form.wrong((*path, "style"), "BASE_TYPE_CHOICES", "Value must be one of {1, 2, 3, 4, 5, 6}.")
        if style != PREMIUM and not component.get("label") and not component.get("emoji"):
            self._form.wrong(path, "BUTTON_COMPONENT_EMPTY", "A button needs a label or an emoji")

    def _options(self, component: Json, path: Path, *, least: int, most: int) -> None:
        options = items(component.get("options"))
        self._form.count((*path, "options"), options, least=least, most=most)
        values: set[str] = set()
        for index, option in enumerate(options):
            at = (*path, "options", index)
            self._form.text((*at, "label"), option.get("label"), least=1, most=100)
            self._form.text((*at, "value"), option.get("value"), least=1, most=100)
            self._form.text((*at, "description"), option.get("description"), most=100)
            if str(option.get("value")) in values:
                self._form.wrong((*at, "value"), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The value is taken")
            values.add(str(option.get("value")))
        self._range(component, path, len(options))

    def _range(self, component: Json, path: Path, available: int) -> None:
        least, most = component.get("min_values"), component.get("max_values")
        if isinstance(most, int) and available and most > available:
            self._form.wrong((*path, "max_values"), "NUMBER_TYPE_MAX", f"Must be {available} or less.")
        if isinstance(least, int) and isinstance(most, int) and least > most:
            self._form.wrong((*path, "min_values"), "NUMBER_TYPE_MAX", f"Must be {most} or less.")

    def _select(self, component: Json, path: Path) -> None:
        self._identified(component, path)
        self._form.text((*path, "placeholder"), component.get("placeholder"), most=150)
        if component.get("type") == STRING_SELECT:
            self._options(component, path, least=1, most=25)

    def _radio(self, component: Json, path: Path) -> None:
        self._identified(component, path)
        self._options(component, path, least=2, most=10)

    def _checkboxes(self, component: Json, path: Path) -> None:
        self._identified(component, path)
        self._options(component, path, least=1, most=10)

    def _text_input(self, component: Json, path: Path) -> None:
        self._identified(component, path)
        # Below a label the input has none of its own; in a row it must.
        in_row = path[-2:-1] == ("components",)
        self._form.text((*path, "label"), component.get("label"), least=1 if in_row else 0, most=45)
        self._form.text((*path, "placeholder"), component.get("placeholder"), most=100)
        self._form.text((*path, "value"), component.get("value"), most=4000)
        for key, least in (("min_length", 0), ("max_length", 1)):
            length = cast("object", component.get(key))
            if isinstance(length, int) and not least <= length <= 4000:
                self._form.wrong((*path, key), "NUMBER_TYPE_RANGE", f"Must be between {least} and 4000.")
        if component.get("style") not in {1, 2}:
            self._form.wrong((*path, "style"), "BASE_TYPE_CHOICES", "Value must be one of {1, 2}.")

    def _label(self, component: Json, path: Path) -> None:
        self._form.text((*path, "label"), component.get("label"), least=1, most=45)
        self._form.text((*path, "description"), component.get("description"), most=100)
        inside = cast("object", component.get("component"))
        if isinstance(inside, dict):
            self.one(cast("Json", inside), (*path, "component"), IN_LABEL)
        else:
            self._form.wrong((*path, "component"), "BASE_TYPE_REQUIRED", "This field is required")

    def _text(self, component: Json, path: Path) -> None:
        self.text_length += self._form.text(
            (*path, "content"), component.get("content"), least=1, most=MAX_TEXT_DISPLAY
        )

    def _section(self, component: Json, path: Path) -> None:
        inside = items(component.get("components"))
        self._form.count((*path, "components"), inside, least=1, most=3)
        self.children(inside, (*path, "components"), frozenset({TEXT}))
        accessory = cast("object", component.get("accessory"))
        if isinstance(accessory, dict):
            self.one(cast("Json", accessory), (*path, "accessory"), frozenset({BUTTON, THUMBNAIL}))
        else:
            self._form.wrong((*path, "accessory"), "BASE_TYPE_REQUIRED", "This field is required")

    def _media(self, component: Json, path: Path) -> None:
        url = cast("Json", component.get("media") or {}).get("url")
        self._form.text((*path, "media", "url"), url, least=1, most=2048)

    def _gallery(self, component: Json, path: Path) -> None:
        inside = items(component.get("items"))
        self._form.count((*path, "items"), inside, least=1, most=10)
        for index, each in enumerate(inside):
            self._media(each, (*path, "items", index))

    def _file(self, component: Json, path: Path) -> None:
        url = str(cast("Json", component.get("file") or {}).get("url"))
        if not url.startswith(("attachment://", "https://cdn.discordapp.com/")):
            self._form.wrong(
                (*path, "file", "url"), "UNFURLED_MEDIA_ITEM_INVALID", "Must be an attachment:// reference"
            )

    def _container(self, component: Json, path: Path) -> None:
        inside = items(component.get("components"))
        self._form.count((*path, "components"), inside, least=1, most=MAX_COMPONENTS)
        self.children(inside, (*path, "components"), IN_CONTAINER)


def check_message_components(form: Form, components: Sequence[Json], *, v2: bool) -> None:
    """Check a message's components, those of the second version with *v2*."""
    checker = _Checker(form, modal=False)
    if not v2:
        form.count(ROOT, components, most=5)
    checker.children(components, ROOT, ON_TOP_V2 if v2 else frozenset({ROW}))
    if checker.total > MAX_COMPONENTS:
        form.wrong(ROOT, "COMPONENT_MAX_TOTAL_COMPONENTS_EXCEEDED", f"Must be {MAX_COMPONENTS} or fewer in total.")
    if checker.text_length > MAX_TEXT_DISPLAY:
        form.wrong(
            ROOT,
            "COMPONENT_MAX_TOTAL_TEXT_EXCEEDED",
            f"The total displayable text size exceeds the maximum of {MAX_TEXT_DISPLAY}",
        )


def check_modal(modal: Json) -> None:
    """Check a modal.

    Raises:
        ApiError: If Discord would refuse it.
    """
    form = Form()
    form.text(("data", "custom_id"), modal.get("custom_id"), least=1, most=MAX_CUSTOM_ID)
    form.text(("data", "title"), modal.get("title"), least=1, most=45)
    components = items(modal.get("components"))
    form.count(("data", "components"), components, least=1, most=MAX_MODAL_ROWS)
    _Checker(form, modal=True).children(components, ("data", "components"), ON_TOP_MODAL)
    form.finish()


def refuse_v2_mix(body: Json) -> None:
    """Refuse a message of components that has content, embeds or the like as well.

    Raises:
        ApiError: If it does.
    """
    form = Form()
    for key in ("content", "embeds", "poll", "sticker_ids"):
        if body.get(key):
            form.wrong(
                (key,), "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2", f"The '{key}' field cannot be used"
            )
    form.finish()
