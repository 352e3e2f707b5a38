from __future__ import annotations

from typing import Any

import pytest

from bot.loopback.component_forms import check_modal
from bot.loopback.forms import check_commands, number
from bot.loopback.wire import ApiError

TEXT_INPUT = {"type": 4, "custom_id": "a", "style": 1}


def command(**fields: Any) -> dict[str, Any]:
    return {"name": "a", "description": "b", "type": 1} | fields


def option(**fields: Any) -> dict[str, Any]:
    return {"name": "a", "description": "b", "type": 3} | fields


def label(component: dict[str, Any], text: str = "Label") -> dict[str, Any]:
    return {"type": 18, "label": text, "component": component}


def modal(*components: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"custom_id": "m", "title": "Title", "components": list(components)} | fields


def radio(count: int) -> dict[str, Any]:
    options = [{"label": str(each), "value": str(each)} for each in range(count)]
    return {"type": 21, "custom_id": "r", "options": options}


GOOD_COMMANDS = [
    command(),
    command(name="größe", description_localizations={"de": "Größe"}),
    command(options=[option(type=2, options=[option(type=1, options=[option(required=True)])])]),
    command(options=[option(required=True), option(name="c", choices=[{"name": "x", "value": "y"}])]),
    {"name": "About Me", "type": 2},
    {"name": "About Me", "type": 2, "name_localizations": {"de": "Über mich"}},
    command(options=[option(name_localizations={"de": "b"}), option(name="b", name_localizations={"de": "a"})]),
]

BAD_COMMANDS = [
    command(name="Upper"),
    command(name="a b"),
    command(name="a" * 33),
    command(description=""),
    command(description="x" * 101),
    command(name_localizations={"xx": "a"}),
    command(name_localizations={"de": "Groß"}),
    command(description_localizations={"de": "x" * 101}),
    command(options=[option(name_localizations={"de": "b"}), option(name="b")]),
    command(options=[option(choices=[{"name": "x", "value": "y", "name_localizations": {"uk": "x" * 101}}])]),
    {"name": "About Me", "type": 2, "name_localizations": {"de": "x" * 33}},
    command(options=[option(name=f"o{each}") for each in range(26)]),
    command(options=[option(), option()]),
    command(options=[option(), option(name="c", required=True)]),
    command(options=[option(type=1), option(name="c")]),
    command(options=[option(type=1, options=[option(type=1)])]),
    command(options=[option(choices=[{"name": "x", "value": "y"}] * 26)]),
    command(options=[option(choices=[{"name": "x", "value": "y"}], autocomplete=True)]),
    command(options=[option(name=f"o{i}", choices=[{"name": "x" * 99, "value": "y" * 99}] * 10) for i in range(5)]),
    {"name": "About Me", "type": 2, "description": "not allowed"},
]

BAD_MODALS = [
    modal(),
    modal(*(label(TEXT_INPUT | {"custom_id": str(each)}) for each in range(6))),
    modal(label(TEXT_INPUT), title="x" * 46),
    modal(label(TEXT_INPUT), custom_id="x" * 101),
    modal(label(TEXT_INPUT, text="x" * 46)),
    modal(label(TEXT_INPUT), label(TEXT_INPUT)),
    modal(label({"type": 2, "style": 1, "custom_id": "b", "label": "Button"})),
    modal(label(TEXT_INPUT | {"max_length": 4001})),
    modal(label(radio(1))),
    modal(label(radio(11))),
    modal({"type": 1, "components": [TEXT_INPUT]}),
    modal({"type": 17, "components": [{"type": 10, "content": "x"}]}),
]


@pytest.mark.parametrize("form", GOOD_COMMANDS, ids=str)
def test_a_command_within_the_limits_is_taken(form: dict[str, Any]):
    check_commands([form])


@pytest.mark.parametrize("form", BAD_COMMANDS, ids=lambda form: str(form)[:60])
def test_a_command_beyond_a_limit_is_refused(form: dict[str, Any]):
    with pytest.raises(ApiError) as refusal:
        check_commands([form])

    assert refusal.value.code == 50035
    assert refusal.value.errors


def test_commands_of_one_name_are_refused_together():
    with pytest.raises(ApiError):
        check_commands([command(), command()])


def test_commands_of_one_name_in_one_language_are_refused_together():
    with pytest.raises(ApiError):
        check_commands([command(), command(name="b", name_localizations={"de": "a"})])
    check_commands([command(), {"name": "b", "type": 2, "name_localizations": {"de": "a"}}])


def test_more_than_a_hundred_commands_are_refused():
    with pytest.raises(ApiError) as refusal:
        check_commands([command(name=f"c{each}") for each in range(101)])

    assert refusal.value.code == 30032


def test_a_form_of_all_its_kinds_is_taken():
    boxes = [{"label": "x", "value": "y"}]
    check_modal(
        modal(
            {"type": 10, "content": "Read this."},
            label(TEXT_INPUT),
            label(radio(2)),
            label({"type": 22, "custom_id": "c", "options": boxes}),
            label({"type": 23, "custom_id": "d"}),
        )
    )


@pytest.mark.parametrize("form", BAD_MODALS, ids=lambda form: str(form)[:60])
def test_a_form_beyond_a_limit_is_refused(form: dict[str, Any]):
    with pytest.raises(ApiError) as refusal:
        check_modal(form)

    assert refusal.value.code == 50035


def test_components_are_numbered_in_reading_order_around_those_that_have_an_id():
    components: list[dict[str, Any]] = [
        {"type": 17, "components": [{"type": 10, "id": 2}, {"type": 9, "components": [{"type": 10}], "accessory": {}}]}
    ]

    number(components)

    container = components[0]
    text, section = container["components"]
    assert [container["id"], text["id"], section["id"], section["components"][0]["id"]] == [1, 2, 3, 4]
    assert section["accessory"]["id"] == 5
