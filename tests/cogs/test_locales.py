"""The files of sentences against the code that uses them, against each other, and against what Discord takes."""

from __future__ import annotations

import ast
import hashlib
import re
from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast
from unittest.mock import AsyncMock
from uuid import UUID

import discord
import pytest
from discord import app_commands
from discord.enums import try_enum
from discord.utils import MISSING
from fluent.syntax import FluentParser
from fluent.syntax import ast as ftl
from fluent.syntax.visitor import Visitor

from bot.loopback.entities import walk
from cogs import privacy_replies, replies, transcript_replies
from cogs.locales import choice_key, every_command, key_of, words_in, words_of
from cogs.panel import ConsentForm
from config import sentences
from config.processors import Processor
from config.sentences import ENGLISH, languages
from storage.erasure import Erased
from storage.ledger import Purpose, Standing
from storage.receipts import Checked
from storage.requests import Entry as Request
from storage.requests import Outcome, RequestKind
from storage.transcripts import Entry, Found, Hit, Mark, Page
from tests.cogs.conftest import ANNA, HOST, PETER

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from syrupy.assertion import SnapshotAssertion

    from bot.loopback.callbacks import Reply
    from cogs.locales import Words
    from tests.cogs.conftest import Practice

COGS = Path(__file__).parents[2] / "cogs"
OTHERS = [language for language in languages() if language != ENGLISH]

NAMED_BY_DISCORD = {"JSON", "CSV", "TXT", "MD", "SRT", "VTT"}
"""What is called the same everywhere."""


# -- the files ---------------------------------------------------------------------------------------------------------


@cache
def entries(language: str) -> dict[str, ftl.Message]:
    """Every message, by its key."""
    found: dict[str, ftl.Message] = {}
    for path in sorted((sentences.FOLDER / language).glob("*.ftl")):
        for entry in FluentParser().parse(path.read_text(encoding="utf-8")).body:
            assert not isinstance(entry, ftl.Junk), f"{language}/{path.name}: {entry.content}"
            if isinstance(entry, ftl.Message):
                assert entry.id.name not in found, f"{entry.id.name} is in {language} twice"
                assert entry.id.name.startswith((f"{path.stem}-", "cmd-")), f"{entry.id.name} is in {path.name}"
                found[entry.id.name] = entry
    return found


@cache
def patterns(language: str) -> dict[str, ftl.Pattern]:
    """Every message and attribute, by how it is asked for."""
    found: dict[str, ftl.Pattern] = {}
    for key, message in entries(language).items():
        if message.value is not None:
            found[key] = message.value
        found |= {f"{key}.{attribute.id.name}": attribute.value for attribute in message.attributes}
    return found


class Seen(Visitor):
    """What a sentence is made of."""

    def __init__(self) -> None:
        self.values: set[str] = set()
        self.messages: set[str] = set()
        self.counted: list[tuple[str, frozenset[str]]] = []
        self.text: list[str] = []

    def visit_TextElement(self, node: ftl.TextElement) -> None:  # noqa: N802 - the library's name
        self.text.append(node.value)

    def visit_VariableReference(self, node: ftl.VariableReference) -> None:  # noqa: N802 - as above
        self.values.add(node.id.name)

    def visit_MessageReference(self, node: ftl.MessageReference) -> None:  # noqa: N802 - as above
        self.messages.add(f"{node.id.name}.{node.attribute.name}" if node.attribute else node.id.name)

    def visit_SelectExpression(self, node: ftl.SelectExpression) -> None:  # noqa: N802 - as above
        if isinstance(node.selector, ftl.VariableReference):
            names = (
                variant.key.name if isinstance(variant.key, ftl.Identifier) else variant.key.value
                for variant in node.variants
            )
            self.counted.append((node.selector.id.name, frozenset(names)))
        self.generic_visit(node)


@cache
def seen(language: str, key: str) -> Seen:
    visitor = Seen()
    visitor.visit(patterns(language)[key])
    return visitor


def values_of(language: str, key: str) -> frozenset[str]:
    """The values that a sentence names, those of the sentences that it contains too."""
    own = seen(language, key)
    return frozenset(own.values).union(*(values_of(language, other) for other in own.messages))


@pytest.mark.parametrize("language", OTHERS)
def test_every_language_has_the_same_sentences(language: str) -> None:
    assert sorted(set(patterns(ENGLISH)) - set(patterns(language))) == []
    assert sorted(set(patterns(language)) - set(patterns(ENGLISH))) == []


@pytest.mark.parametrize("language", OTHERS)
def test_a_sentence_names_the_same_values_in_every_language(language: str) -> None:
    both = set(patterns(ENGLISH)) & set(patterns(language))
    different = {key for key in both if values_of(ENGLISH, key) != values_of(language, key)}

    assert different == set()


PLURALS = {"en": {"one", "other"}, "de": {"one", "other"}, "uk": {"one", "few", "many", "other"}}
"""What whole numbers of a language can be. Source: Unicode CLDR, plural rules; Ukrainian's "other" is for fractions."""


ALIKE = {
    ("feedback-answers-of", "total"),
    ("privacy-code-refused", "hours"),
    ("privacy-correct-yourself", "days"),
    ("privacy-receipt-holds", "keys"),
    ("transcript-left-out", "people"),
}
"""Where "2 …" and "5 …" read the same in Ukrainian, as in the genitive."""


@pytest.mark.parametrize("language", languages())
def test_what_is_counted_has_the_plurals_of_its_language(language: str) -> None:
    known = PLURALS[language]
    for key in patterns(language):
        for value, forms in seen(language, key).counted:
            named = forms & {"zero", "one", "two", "few", "many", "other"}
            if not named & {"one", "few", "many"}:
                continue
            assert named <= known, (key, value)
            if language == "uk" and "one" in named:
                assert named & {"many", "other"}, (key, value)
                assert "few" in named or (key, value) in ALIKE, (key, value)


@pytest.mark.parametrize(
    ("language", "key", "value", "texts"),
    [
        (
            "uk",
            "transcript-saved",
            "lines",
            {1: "1 рядок.", 2: "2 рядки.", 5: "5 рядків.", 11: "11 рядків.", 21: "21 рядок.", 22: "22 рядки."},
        ),
        (
            "uk",
            "privacy-too-many-requests",
            "most",
            {1: "1 відкритий запит:", 3: "3 відкриті запити:", 20: "20 відкритих запитів:", 21: "21 відкритий запит:"},
        ),
        ("uk", "consent-history", "count", {1: "1 ваше рішення.", 4: "4 ваші рішення.", 15: "15 ваших рішень."}),
        ("uk", "transcript-left-out", "people", {1: "1 людини ", 2: "2 людей ", 21: "21 людини "}),
        ("de", "transcript-saved", "lines", {0: "0 Zeilen.", 1: "eine Zeile.", 2: "2 Zeilen.", 1_000: "1.000 Zeilen."}),
        ("de", "privacy-transcripts-gone", "count", {1: "eines deiner Transkripte", 2: "2 deiner Transkripte"}),
        ("en", "transcript-saved", "lines", {1: "one line.", 2: "2 lines.", 1_000: "1,000 lines."}),
    ],
)
def test_counted_things_read_right(language: str, key: str, value: str, texts: dict[int, str]) -> None:
    words = words_in(language)

    assert {number: text for number, text in texts.items() if text not in words(key, **{value: number})} == {}


@pytest.mark.parametrize("language", languages())
def test_no_sentence_shouts_or_blames(language: str) -> None:
    loud = {key for key in patterns(language) if re.search(r"!(?!\[)", "".join(seen(language, key).text))}

    assert loud == set()


@pytest.mark.parametrize("language", languages())
def test_a_sentence_leaves_room_for_its_values(language: str) -> None:
    long = {
        key: length
        for key in patterns(language)
        if (length := sum(map(len, seen(language, key).text))) > 1_500 or (key.startswith("cmd-") and length > 100)
    }

    assert long == {}


# -- the code that uses them -------------------------------------------------------------------------------------------


@cache
def trees() -> dict[str, ast.Module]:
    return {path.name: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(COGS.glob("*.py"))}


def nodes() -> Iterator[tuple[str, ast.AST]]:
    return ((name, node) for name, tree in trees().items() for node in ast.walk(tree))


def areas() -> set[str]:
    return {key.partition("-")[0] for key in entries(ENGLISH)} - {"cmd"}


def asked_for() -> Iterator[tuple[str, ast.Call, str]]:
    """Every `words("…")`: where, the call and the key."""
    for name, node in nodes():
        if not isinstance(node, ast.Call) or not node.args or not isinstance(node.args[0], ast.Constant):
            continue
        key = node.args[0].value
        if isinstance(key, str) and _says(node):
            yield f"{name}:{node.lineno}", node, key


def _says(call: ast.Call) -> bool:
    """Whether this is `words(…)`, or `words_of(…)(…)`."""
    return re.search(r"(^|\.|_)words$|(^|\.)words_(of|in)\(.*\)$", ast.unparse(call.func)) is not None


def put_together(among: Iterable[tuple[str, ast.AST]]) -> list[re.Pattern[str]]:
    """Keys that the code makes of parts: f"privacy-table-{name}" makes any that fits."""
    found: list[re.Pattern[str]] = []
    for name, node in among:
        if name != "locales.py" and isinstance(node, ast.JoinedStr) and isinstance(node.values[0], ast.Constant):
            first = str(node.values[0].value)
            if re.fullmatch(r"[a-z]+-[a-z0-9.-]*", first) and first.partition("-")[0] in areas() | {"cmd"}:
                parts = (
                    re.escape(str(part.value)) if isinstance(part, ast.Constant) else "[a-z0-9-]+"
                    for part in node.values
                )
                found.append(re.compile("".join(parts)))
    return found


def test_every_sentence_that_is_asked_for_is_there() -> None:
    assert {place: key for place, _, key in asked_for() if key not in patterns(ENGLISH)} == {}
    asked = ((name, node.args[0]) for name, node in nodes() if isinstance(node, ast.Call) and node.args and _says(node))
    made = put_together(asked)
    assert made
    assert [each.pattern for each in made if not any(each.fullmatch(key) for key in patterns(ENGLISH))] == []


def test_every_sentence_that_is_there_is_used() -> None:
    said = {node.value for _, node in nodes() if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    contained = {other for key in patterns(ENGLISH) for other in seen(ENGLISH, key).messages}
    made = put_together(nodes())
    unused = {
        key
        for key in entries(ENGLISH)
        if not key.startswith("cmd-")
        and not any(each == key or each.startswith(f"{key}.") for each in said | contained)
        and not any(pattern.fullmatch(name) for pattern in made for name in (key, *_with_attributes(key)))
    }

    assert unused == set()


def _with_attributes(key: str) -> list[str]:
    return [name for name in patterns(ENGLISH) if name.startswith(f"{key}.")]


def test_every_sentence_gets_the_values_that_it_names() -> None:
    wrong: dict[str, tuple[str, list[str]]] = {}
    for place, call, key in asked_for():
        given = frozenset(keyword.arg or "**" for keyword in call.keywords)
        if "**" in given or key not in patterns(ENGLISH):
            continue
        if given != values_of(ENGLISH, key):
            wrong[place] = key, sorted(given ^ values_of(ENGLISH, key))

    assert wrong == {}


LABELS = {"label": 80, "title": 45, "placeholder": 100, "description": 100}
"""What Discord takes of each part of a form or message. Source: its API reference, "Components"."""


@pytest.mark.parametrize("language", languages())
def test_what_stands_on_buttons_and_forms_fits_there(language: str) -> None:
    """A form's field has its label as `text`, of 45 characters."""
    long: dict[str, str] = {}
    for name, node in nodes():
        if not isinstance(node, ast.Call):
            continue
        called = ast.unparse(node.func)
        limits = LABELS | ({"text": 45} if called.endswith("Label") else {})
        for keyword in node.keywords:
            call = keyword.value
            if keyword.arg not in limits or not isinstance(call, ast.Call) or not call.args:
                continue
            key = call.args[0].value if isinstance(call.args[0], ast.Constant) else None
            if not isinstance(key, str) or key not in patterns(language):
                continue
            text = words_in(language)(key, **dict.fromkeys(values_of(language, key), 99))
            if len(text) > limits[keyword.arg]:
                long[f"{name}:{node.lineno} {keyword.arg}"] = text

    assert long == {}


@pytest.mark.parametrize("language", languages())
def test_what_is_called_a_title_fits_above_a_form(language: str) -> None:
    titles = [key for key in entries(language) if key.endswith("-title") and not values_of(language, key)]

    assert titles
    assert [key for key in titles if len(words_in(language)(key)) > LABELS["title"]] == []


STILL_ENGLISH = () if (sentences.FOLDER / ENGLISH / "interview.ftl").exists() else ("cmd-interview",)
"""What has no file of its own yet."""


# -- commands ----------------------------------------------------------------------------------------------------------


def shown_names(stage: Practice) -> dict[str, str]:
    """Everything that Discord shows of commands, by its key, as the decorators have it."""
    found: dict[str, str] = {}
    for command in every_command(stage.app.bot.tree):
        key = key_of(command)
        if isinstance(command, app_commands.ContextMenu):
            found[f"{key}.name"] = command.name
            continue
        found[f"{key}.description"] = command.description
        if isinstance(command, app_commands.Group):
            continue
        for parameter in command.parameters:
            name = str(parameter.display_name)
            if str(parameter.description) != "…":
                found[f"{key}.param-{re.sub('[^a-z0-9]+', '-', name)}"] = str(parameter.description)
            for choice in parameter.choices:
                if choice.name not in NAMED_BY_DISCORD:
                    found[f"{key}.{choice_key(name, choice.value)}"] = choice.name
    return found


async def test_commands_are_called_in_english_what_the_files_say_and_have_a_name_in_every_language(
    stage: Practice,
) -> None:
    decorated = {key: text for key, text in shown_names(stage).items() if not key.startswith(STILL_ENGLISH)}
    in_files = {key for key in patterns(ENGLISH) if key.startswith("cmd-")}
    words = words_in(ENGLISH)

    assert sorted(set(decorated) - in_files) == []
    assert sorted(in_files - set(decorated)) == []
    assert {key: (text, words(key)) for key, text in decorated.items() if words(key) != text} == {}


async def test_discord_is_given_what_commands_are_called_in_each_language(stage: Practice) -> None:
    for command in stage.world.applications[stage.bot_id].commands.values():
        if f"cmd-{command['name']}" in STILL_ENGLISH:
            continue
        if command["type"] != 1:
            assert {"de", "uk"} <= set(command["name_localizations"])
            continue
        for each in _named(command):
            own: str = each["description"]
            other: dict[str, str] = each.get("description_localizations") or {}
            if own == "…":
                continue
            assert set(other) == set(OTHERS), own
            assert own not in other.values()
            assert not each.get("name_localizations")


def _named(command: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield command
    for option in command.get("options") or ():
        yield from _named(option)


# -- what people read --------------------------------------------------------------------------------------------------


async def use(stage: Practice, name: str, command: str, locale: str, **options: object) -> Reply:
    return await stage.discord.people.use(
        stage.user(name).id, command, stage.place.text.id, options=options, locale=locale
    )


async def test_people_are_answered_in_the_language_of_their_discord(stage: Practice) -> None:
    beginnings = {"uk": "Ви тут ні на що", "de": "Du hast hier nie", "en-GB": "You never", "fr": "You never"}

    said = {locale: (await use(stage, ANNA, "consent history", locale)).text for locale in beginnings}

    assert [locale for locale, text in said.items() if not text.startswith(beginnings[locale])] == []


async def test_what_somebody_chose_comes_before_their_discord(stage: Practice) -> None:
    bot = stage.app.bot
    chosen = {stage.user(ANNA).id: "uk"}
    bot.services = replace(bot.services, language_of=chosen.get)

    assert (await use(stage, ANNA, "consent history", "de")).text.startswith("Ви тут")
    assert (await use(stage, PETER, "consent history", "de")).text.startswith("Du hast")


async def test_a_consent_is_kept_with_the_hash_of_the_words_that_were_shown(stage: Practice) -> None:
    for name, language in ((ANNA, "uk"), (PETER, "de"), (HOST, "en")):
        stage.user(name).locale = language
        form = (await use(stage, name, "consent give", language)).modal
        assert form is not None
        ticked = {"purposes": ["transcribe"], "age": ["yes"]}
        reply = await stage.discord.people.submit(stage.user(name).id, form, ticked)

        assert "☑" in reply.text
        (decision,) = await stage.app.services.stores.ledger.history(stage.user(name).id)
        words = words_in(language)
        shown = ConsentForm(words, nothing, title=words("consent-title")).shown
        assert decision.detail["locale"] == language
        assert decision.detail["text_sha256"] == hashlib.sha256(shown.encode()).hexdigest()
        for component in walk(form.components):
            for part in (component, *(component.get("options") or ())):
                for text in (part.get(key) for key in ("content", "label", "description")):
                    assert not text or str(text) in shown


def nothing(*_: Any) -> None:
    """Nobody answers here."""


def read(view: discord.ui.Modal) -> str:
    payload = view.to_components()
    parts = [str(c[key]) for c in walk(payload) for key in ("content", "label", "description") if c.get(key)]
    options = [o for c in walk(payload) for o in c.get("options") or ()]
    return "\n".join([view.title, *parts, *(f"[ ] {o['label']} | {o.get('description', '')}" for o in options)])


@pytest.mark.parametrize("language", languages())
async def test_the_consent_form_reads(language: str, snapshot: SnapshotAssertion) -> None:
    form = ConsentForm(words_in(language), nothing, elsewhere="speech.example.org", purposes=tuple(Purpose))

    assert read(form) == snapshot
    assert len(form.title) <= 45
    for component in walk(form.to_components()):
        assert len(str(component.get("label", ""))) <= 45
        assert len(str(component.get("description", ""))) <= 100
        for option in component.get("options") or ():
            assert len(option["label"]) <= 100
            assert len(option.get("description", "")) <= 100


HARD = "**@everyone** <@1> [x](https://x.example) `a` ||b||\n# c"
"""What a title, a name or a request may be."""

AT = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
DAY = date(2026, 11, 23)


def answers(words: Words) -> dict[str, str]:
    """What is said of what people wrote."""
    mine = Entry(id=UUID(int=1), title=HARD, day=DAY, turns=2, own=True, readers=3, until=None)
    theirs = replace(mine, own=False, readers=0, until=AT, turns=1)
    turns = [
        _turn(0, Mark.QUESTION, HARD, ""),
        _turn(1, Mark.SAID, HARD, HARD),
        _turn(2, Mark.REDACTED, "", HARD),
        _turn(3, Mark.SAID, "", HARD, missing_s=3.0),
    ]
    hit = Hit(transcript_id=UUID(int=1), title=HARD, day=DAY, seq=1, name=HARD, excerpt=HARD)
    # As no operator's list may have it: the reader of that list refuses such names.
    processor = Processor.model_construct(
        name=HARD,
        enabled=True,
        purpose=HARD,
        data=(HARD,),
        region=HARD,
        transfer="scc",
        evidence_url="https://skillrally.app/",
        hosts=("skillrally.app",),
        retention=HARD,
    )
    request = Request(UUID(int=1), RequestKind.ERASURE, "discord", confirmed=True, text=HARD, received_at=AT, due_at=AT)
    saved = cast("Any", SimpleNamespace(title=HARD, day=DAY, turns=turns))
    return {
        "list": transcript_replies.transcripts(words, Page((mine, theirs), 1, 2, 12)),
        "transcript": transcript_replies.transcript(words, saved, 1),
        "found": transcript_replies.found(words, Found((hit,), 3, complete=True)),
        "processors": privacy_replies.processors(words, [processor, processor.model_copy(update={"enabled": False})]),
        "requests": privacy_replies.requests(words, [request, replace(request, closed_at=AT, outcome=Outcome.PARTLY)]),
        "intro": replies.modal_intro(words, HARD),
    }


def _turn(seq: int, mark: Mark, text: str, name: str, *, missing_s: float = 0.0) -> Any:
    return SimpleNamespace(seq=seq, mark=mark, text=text, name=name, missing_s=missing_s)


@pytest.mark.parametrize("language", languages())
def test_what_people_wrote_formats_links_and_mentions_nothing(language: str) -> None:
    for answer in answers(words_in(language)).values():
        assert r"\*\*" in answer
        plain = re.sub(r"\\.", "", answer)
        assert "**@everyone**" not in plain
        assert "](http" not in plain
        assert "||" not in plain
        assert "\n# c" not in plain


@pytest.mark.parametrize("language", languages())
def test_the_answers_read(language: str, snapshot: SnapshotAssertion) -> None:
    words = words_in(language)
    said = answers(words) | {
        "agreed": replies.consents(
            words,
            {
                Purpose.TRANSCRIBE: Standing(True, False),
                Purpose.CAPTIONS: Standing(False, True),
                Purpose.SAVE: Standing(False, False),
                Purpose.AI_FEEDBACK: Standing(False, False),
                Purpose.ANALYTICS: Standing(True, False),
            },
        ),
        "taken back": replies.withdrawn(words, [Purpose.TRANSCRIBE, Purpose.CAPTIONS]),
        "title": transcript_replies.title_of(words, AT),
        "saved": transcript_replies.saved(words, 3, 1),
        "transcript deleted": transcript_replies.deleted(words, {"turn": 2, "feedback": 1, "share": 0}),
        "account deleted": privacy_replies.account_deleted(
            words, Erased({"subject": 1, "turn": 1_234}, {}, files_rewritten=False, let_go=False)
        ),
        "receipt": privacy_replies.receipt(words, Checked((), AT, 5)),
        "bad receipt": privacy_replies.receipt(
            words,
            Checked(
                (
                    "another installation made this receipt",
                    "the signature does not hold",
                    "2 of the destroyed keys are in the keyring of this bot",
                    "the files were not rewritten yet: they still hold what was deleted, which nothing opens",
                ),
                AT,
                2,
            ),
        ),
    }

    assert said == snapshot


@pytest.mark.parametrize("value", ["tlh", 3, None, ["en-GB"], True])
def test_a_language_that_nobody_knows_is_english_whatever_its_type(value: Any) -> None:
    assert words_in(try_enum(discord.Locale, value)).language == ENGLISH


@pytest.mark.parametrize("number", [None, -1, 1 << 64])
async def test_what_nobody_sent_is_in_the_language_of_its_discord(stage: Practice, number: int | None) -> None:
    seen: list[discord.Interaction[Any]] = []
    stage.app.bot.add_listener(AsyncMock(side_effect=seen.append), "on_interaction")
    await stage.use(PETER, "status")
    (interaction,) = seen
    data: Any = {"id": str(number), "username": "nobody", "discriminator": "0", "avatar": None}
    interaction.user = MISSING if number is None else discord.User(state=interaction._state, data=data)
    interaction.locale = discord.Locale.german

    assert words_of(interaction).language == "de"


def test_every_language_that_discord_has_leads_to_one_of_ours() -> None:
    led: dict[str, list[str]] = defaultdict(list)
    for locale in discord.Locale:
        led[words_in(locale).language].append(locale.value)

    assert led["de"] == ["de"]
    assert led["uk"] == ["uk"]
    assert {"en-US", "en-GB", "fr", "ja"} <= set(led["en"])
