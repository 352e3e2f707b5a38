"""What Discord accepts in a form, and the tree of errors it answers with when it does not.

Limits are those of the Discord developer documentation ("Message", "Components", "Modal", "Application Command"), as of
2026.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, cast

from bot.loopback.wire import LOCALES, ApiError, Json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Path = tuple[str | int, ...]

MAX_CONTENT: Final = 2000
MAX_EMBEDS: Final = 10
MAX_EMBED_TEXT: Final = 6000
MAX_COMPONENTS: Final = 40
MAX_TEXT_DISPLAY: Final = 4000
MAX_CUSTOM_ID: Final = 100
MAX_CHOICES: Final = 25
MAX_MODAL_ROWS: Final = 5
MAX_COMMAND_TEXT: Final = 8000

COMMAND_NAME: Final = re.compile(r"[-_'\w\u0900-\u097f\u0e00-\u0e7f]{1,32}")
"""Names of slash commands and their options, which must also be in lower case."""


class Form:
    """Collects what is wrong with a form, by the path to it."""

    def __init__(self) -> None:
        self._errors: Json = {}

    def wrong(self, path: Path, code: str, message: str) -> None:
        """Note one mistake."""
        at = self._errors
        for step in path:
            at = cast("Json", at.setdefault(str(step), {}))
        cast("list[Json]", at.setdefault("_errors", [])).append({"code": code, "message": message})

    def text(self, path: Path, value: object, *, most: int, least: int = 0) -> int:
        """Check a text's length and return it; None counts as empty."""
        if value is not None and not isinstance(value, str):
            self.wrong(path, "BASE_TYPE_BAD_STRING", "Could not interpret as string.")
            return 0
        length = len(value or "")
        if length < least and length == 0:
            self.wrong(path, "BASE_TYPE_REQUIRED", "This field is required")
        elif not least <= length <= most:
            self.wrong(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")
        return length

    def count(self, path: Path, items: Sequence[object], *, most: int, least: int = 0) -> None:
        """Check how many there are."""
        if not least <= len(items) <= most:
            self.wrong(path, "BASE_TYPE_BAD_LENGTH", f"Must be between {least} and {most} in length.")

    def finish(self) -> None:
        """Refuse the form if anything was wrong.

        Raises:
            ApiError: With code 50035 and the tree.
        """
        if self._errors:
            _prefer_details(self._errors)
            raise ApiError(400, 50035, "Invalid Form Body", errors=self._errors)


def _prefer_details(errors: Json) -> None:
    # Clients read either a node's own errors or those below it.
    below = [cast("Json", value) for key, value in errors.items() if key != "_errors"]
    if below:
        errors.pop("_errors", None)
    for each in below:
        _prefer_details(each)


def items(value: object) -> list[Json]:
    """Return the objects in a JSON array; None and what is not an object count as nothing."""
    if not isinstance(value, list):
        return []
    return [cast("Json", each) for each in cast("list[object]", value) if isinstance(each, dict)]


def check_content(form: Form, value: object, path: Path = ("content",)) -> None:
    """Check the plain text of a message."""
    if isinstance(value, str) and len(value) > MAX_CONTENT:
        form.wrong(path, "BASE_TYPE_MAX_LENGTH", f"Must be {MAX_CONTENT} or fewer in length.")


def check_embeds(form: Form, embeds: Sequence[Json], path: Path = ("embeds",)) -> None:
    """Check embeds."""
    form.count(path, embeds, most=MAX_EMBEDS)
    total = 0
    for index, embed in enumerate(embeds):
        at = (*path, index)
        footer, author = cast("Json", embed.get("footer") or {}), cast("Json", embed.get("author") or {})
        total += form.text((*at, "title"), embed.get("title"), most=256)
        total += form.text((*at, "description"), embed.get("description"), most=4096)
        total += form.text((*at, "footer", "text"), footer.get("text"), most=2048)
        total += form.text((*at, "author", "name"), author.get("name"), most=256)
        fields = items(embed.get("fields"))
        form.count((*at, "fields"), fields, most=25)
        for number, field in enumerate(fields):
            total += form.text((*at, "fields", number, "name"), field.get("name"), least=1, most=256)
            total += form.text((*at, "fields", number, "value"), field.get("value"), least=1, most=1024)
    if total > MAX_EMBED_TEXT:
        form.wrong(path, "MAX_EMBED_SIZE_EXCEEDED", f"Embed size exceeds maximum size of {MAX_EMBED_TEXT}")


def check_choices(form: Form, choices: Sequence[Json], path: Path, *, numeric: bool = False) -> None:
    """Check the choices of an option, or the results of an autocomplete."""
    form.count(path, choices, most=MAX_CHOICES)
    for index, choice in enumerate(choices):
        form.text((*path, index, "name"), choice.get("name"), least=1, most=100)
        value = choice.get("value")
        _check_localisations(form, choice.get("name_localizations"), (*path, index, "name_localizations"), most=100)
        if numeric and (isinstance(value, bool) or not isinstance(value, int | float)):
            form.wrong((*path, index, "value"), "NUMBER_TYPE_COERCE", f'Value "{value}" is not a number.')
        elif not numeric and not isinstance(value, int | float):
            form.text((*path, index, "value"), value, least=1, most=100)


def check_commands(commands: Sequence[Json]) -> None:
    """Check application commands as a bot registers them, one or all.

    Raises:
        ApiError: If Discord would refuse them.
    """
    form = Form()
    single = len(commands) == 1
    seen: set[tuple[int, str]] = set()
    for index, command in enumerate(commands):
        path: Path = () if single else (index,)
        kind = int(command.get("type") or 1)
        _check_command(form, command, kind, path)
        key = (kind, str(command.get("name")))
        if key in seen:
            form.wrong(path, "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
        seen.add(key)
    for kind in (1, 2, 3):
        if _same_in_a_language([each for each in commands if int(each.get("type") or 1) == kind]):
            form.wrong((), "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
    for kind, most in ((1, 100), (2, 15), (3, 15)):
        if sum(each == kind for each, _ in seen) > most:
            raise ApiError(400, 30032, f"Maximum number of application commands reached ({most}).")
    form.finish()


def _check_command(form: Form, command: Json, kind: int, path: Path) -> None:
    if kind != 1:
        form.text((*path, "name"), command.get("name"), least=1, most=32)
        _check_localisations(form, command.get("name_localizations"), (*path, "name_localizations"), most=32)
        if command.get("description"):
            form.wrong(
                (*path, "description"),
                "APPLICATION_COMMAND_DESCRIPTION_NOT_ALLOWED",
                "Context menu commands cannot have a description",
            )
        return
    _check_named(form, command, path)
    _check_options(form, items(command.get("options")), (*path, "options"), depth=0)
    if _command_text(command) > MAX_COMMAND_TEXT:
        form.wrong(path, "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({MAX_COMMAND_TEXT})")


def _check_named(form: Form, thing: Json, path: Path) -> None:
    _check_command_name(form, thing.get("name"), (*path, "name"))
    form.text((*path, "description"), thing.get("description"), least=1, most=100)
    named = cast("object", thing.get("name_localizations"))
    _check_localisations(form, named, (*path, "name_localizations"), most=32, names=True)
    described = cast("object", thing.get("description_localizations"))
    _check_localisations(form, described, (*path, "description_localizations"), most=100)


def _check_command_name(form: Form, name: object, path: Path) -> None:
    if not isinstance(name, str) or not COMMAND_NAME.fullmatch(name) or name != name.lower():
        form.wrong(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")


def _check_localisations(form: Form, texts: object, path: Path, *, most: int, names: bool = False) -> None:
    if not isinstance(texts, dict):
        return
    for locale, text in cast("dict[str, object]", texts).items():
        if locale not in LOCALES:
            form.wrong((*path, locale), "ENUM_TYPE_COERCE", f'Value "{locale}" is not a valid enum value.')
        elif names:
            _check_command_name(form, text, (*path, locale))
        else:
            form.text((*path, locale), text, least=1, most=most)


def _same_in_a_language(siblings: Sequence[Json]) -> bool:
    """Whether two are called the same in a language: what has no name of its own there has the common one."""
    named = [(str(each.get("name")), cast("dict[str, str]", each.get("name_localizations") or {})) for each in siblings]
    for locale in {locale for _, texts in named for locale in texts}:
        called = [texts.get(locale, common) for common, texts in named]
        if len(set(called)) < len(called):
            return True
    return False


def _check_options(form: Form, options: Sequence[Json], path: Path, *, depth: int) -> None:
    form.count(path, options, most=25)
    seen: set[str] = set()
    optional_seen = False
    has_groups = any(option.get("type") in {1, 2} for option in options)
    if _same_in_a_language(options):
        form.wrong(path, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists")
    for index, option in enumerate(options):
        at = (*path, index)
        kind = int(option.get("type") or 0)
        _check_named(form, option, at)
        if str(option.get("name")) in seen:
            form.wrong(at, "APPLICATION_COMMAND_OPTIONS_NAME_ALREADY_EXISTS", "Option name already exists")
        seen.add(str(option.get("name")))
        is_group = kind in {1, 2}
        misplaced = is_group != has_groups or (kind == 2 and depth > 0) or (kind == 1 and depth > 1)
        if misplaced or not 1 <= kind <= 11:
            form.wrong((*at, "type"), "APPLICATION_COMMAND_OPTIONS_TYPE_INVALID", "Option type is invalid here")
        if option.get("required") and optional_seen:
            form.wrong(
                at,
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            )
        optional_seen |= not is_group and not option.get("required")
        if is_group:
            _check_options(form, items(option.get("options")), (*at, "options"), depth=depth + (1 if kind == 2 else 2))
        check_choices(form, items(option.get("choices")), (*at, "choices"), numeric=kind in {4, 10})
        if option.get("autocomplete") and option.get("choices"):
            form.wrong(
                (*at, "choices"),
                "APPLICATION_COMMAND_OPTIONS_CHOICES_AUTOCOMPLETE",
                "Choices and autocomplete exclude each other",
            )


def _command_text(thing: Mapping[str, Any]) -> int:
    # The longest of the localisations counts, for names and descriptions. Source: "Application Commands", limits.
    own = _longest(thing, "name") + _longest(thing, "description")
    choices = sum(_longest(choice, "name") + len(str(choice.get("value"))) for choice in items(thing.get("choices")))
    return own + choices + sum(_command_text(option) for option in items(thing.get("options")))


def _longest(thing: Mapping[str, Any], key: str) -> int:
    texts = cast("dict[str, str]", thing.get(f"{key}_localizations") or {})
    return max(len(str(text)) for text in (thing.get(key) or "", *texts.values()))


def number(components: Sequence[Json]) -> None:
    """Give every component that has none an `id`, counted in reading order, as Discord does."""
    taken = {each["id"] for each in _each(components) if each.get("id")}
    following = 1
    for component in _each(components):
        if component.get("id"):
            continue
        while following in taken:
            following += 1
        component["id"] = following
        taken.add(following)


def _each(components: Sequence[Json]) -> Iterator[Json]:
    for component in components:
        yield component
        yield from _each(items(component.get("components")))
        for key in ("accessory", "component"):
            if isinstance(component.get(key), dict):
                yield from _each([cast("Json", component[key])])
