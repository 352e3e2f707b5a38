from __future__ import annotations

import asyncio
import contextlib
import re
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.interview.captions import (
    LIMIT,
    BoardBusy,
    BoardGone,
    BoardRefused,
    Captions,
    Line,
    escape,
    render,
)
from tests.interview.rooms import FakeBoard
from tests.virtual_time import in_virtual_time, now_s, settle

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

HEADER = "-# Live captions"
ANNA, OLEG = 1, 2

awkward = st.text(
    st.one_of(st.sampled_from("\\*_~|`>#[]()<@:/-.!&123 \n"), st.characters(exclude_categories=["Cs"])), max_size=80
)


def line(text: str, speaker_id: int = ANNA, *, name: str = "Anna", end_s: float = 0.0, gap: bool = False) -> Line:
    return Line(speaker_id, name, text, end_s, gap)


@contextlib.asynccontextmanager
async def running(board: FakeBoard, **options: Any) -> AsyncGenerator[Captions]:
    captions = Captions(board, header=HEADER, clock=now_s, **options)
    async with asyncio.TaskGroup() as tasks:
        writing = tasks.create_task(captions.run())
        try:
            yield captions
        finally:
            await captions.close()
            writing.cancel()


# -- what is written -----------------------------------------------------------------------------------------------


def shown_by_discord(markdown: str) -> str:
    """As Discord's client shows it: a backslash before anything but a letter, a digit or a space goes away."""
    return re.sub(r"\\([^0-9A-Za-z\s])", r"\1", markdown)


def active(markdown: str) -> str:
    """What is left for Discord to take as formatting once every escaped character is out of the way."""
    return re.sub(r"\\[^0-9A-Za-z\s]", "", markdown)


@given(awkward)
def test_what_was_said_is_shown_letter_for_letter(said: str) -> None:
    assert shown_by_discord(escape(said)) == " ".join(said.split())


@given(awkward)
def test_nothing_that_was_said_can_format_mention_or_link(said: str) -> None:
    assert not set(active(escape(said))) & set("\\*_~|`>#[]()<@:/-\n")


@pytest.mark.parametrize(
    "said",
    [
        "@everyone @here",
        "<@123456789012345678>",
        "<@&123456789012345678> <#123456789012345678> </interview start:123>",
        "https://discord.gg/abc [here](https://example.org)",
        "<:smile:123> :smile:",
        "**bold** __under__ ~~gone~~ ||spoiler|| `code`",
        "# heading",
        "> quote",
        "- list",
        "<t:1700000000:R>",
    ],
)
def test_mentions_links_and_formatting_stay_plain_text(said: str) -> None:
    text = escape(said)

    assert shown_by_discord(text) == said
    assert not re.search(r"(?<!\\)[*_~|`>#<@\[\]():/]|https?:|@(?=everyone|here)(?<!\\@)", text)


def test_a_number_and_a_full_stop_at_the_beginning_are_no_list() -> None:
    assert escape("1. first") == "1\\. first"


def test_line_breaks_cannot_make_a_new_line() -> None:
    assert escape("one\n# two\r\n> three") == r"one \# two \> three"


@given(
    st.lists(st.tuples(st.integers(1, 3), awkward, st.booleans()), min_size=1, max_size=60),
    st.integers(100, LIMIT),
)
def test_captions_always_fit(said: list[tuple[int, str, bool]], limit: int) -> None:
    lines = [line(text, speaker, name=f"*Person* {speaker}", gap=gap) for speaker, text, gap in said]

    assert len(render(lines, header=HEADER, limit=limit)) <= limit + len(HEADER) + 1


@given(awkward.filter(lambda text: bool(text.strip())))
def test_a_line_too_long_is_cut_at_its_beginning_without_setting_anything_free(said: str) -> None:
    lines = [line("word " * 50 + said * 10)]

    _, body = render(lines, header=HEADER, limit=120).split("\n", 1)

    assert body.startswith("**Anna** …")
    assert not set(active(body.removeprefix("**Anna** "))) & set("\\*_~|`>#[]()<@:/-")


def test_a_person_who_goes_on_speaking_goes_on_in_her_paragraph() -> None:
    lines = [line("Hello."), line("I am Anna."), line("Welcome.", OLEG, name="Oleg"), line("Thanks.")]

    assert render(lines, header=HEADER).split("\n") == [
        HEADER,
        "**Anna** Hello. I am Anna.",
        "**Oleg** Welcome.",
        "**Anna** Thanks.",
    ]


def test_the_newest_lines_stay_when_not_all_fit() -> None:
    text = render([line(f"Sentence {n}.") for n in range(40)], header=HEADER, limit=200)

    assert "Sentence 39." in text
    assert "Sentence 0." not in text


def test_a_gap_is_set_apart() -> None:
    assert render([line("[3 s not transcribed]", gap=True)], header=HEADER).endswith(
        r"**Anna** *\[3 s not transcribed\]*"
    )


def test_reprs_do_not_quote() -> None:
    assert "secret" not in repr(line("secret", name="secret"))


# -- when it is written --------------------------------------------------------------------------------------------


@in_virtual_time
async def test_however_fast_people_speak_there_are_never_more_than_five_writes_in_five_seconds() -> None:
    board = FakeBoard()
    async with running(board) as captions:
        for n in range(300):
            captions.add(line(f"Word {n}.", end_s=now_s()))
            await asyncio.sleep(0.1)

    writes = [at for at, kind, _ in board.log if kind in {"post", "edit"}]
    assert len(writes) > 20
    assert max(sum(1 for at in writes if begin <= at < begin + 5) for begin in writes) <= 5


@in_virtual_time
async def test_the_first_words_are_shown_at_once() -> None:
    board = FakeBoard()
    async with running(board) as captions:
        began = now_s()
        captions.add(line("Hello.", end_s=began - 0.5))
        await settle()

        assert board.shown == [f"{HEADER}\n**Anna** Hello."]
        assert now_s() == began
        assert list(captions.latencies_s) == [0.5]


@in_virtual_time
async def test_there_is_one_message_which_is_written_anew() -> None:
    board = FakeBoard()
    async with running(board) as captions:
        for n in range(5):
            captions.add(line(f"Sentence {n}."))
            await asyncio.sleep(2)

        assert (captions.posts, captions.edits) == (1, 4)
        assert board.shown == [f"{HEADER}\n**Anna** " + " ".join(f"Sentence {n}." for n in range(5))]


@in_virtual_time
async def test_without_words_nothing_is_written() -> None:
    board = FakeBoard()
    async with running(board):
        await asyncio.sleep(60)

    assert board.log == []


@in_virtual_time
async def test_the_message_is_replaced_before_it_is_an_hour_old() -> None:
    board = FakeBoard()
    async with running(board) as captions:
        for n in range(3 * 360):
            captions.add(line(f"Sentence {n}."))
            await asyncio.sleep(10)

            assert len(board.messages) == 1

    assert captions.posts == 4  # in three hours
    assert max(board.ages_when_edited) < 3600


@in_virtual_time
async def test_a_message_that_somebody_deleted_is_followed_by_a_new_one() -> None:
    board = FakeBoard()
    async with running(board) as captions:
        captions.add(line("One."))
        await asyncio.sleep(2)
        board.messages.clear()
        captions.add(line("Two."))
        await asyncio.sleep(2)

        assert board.shown == [f"{HEADER}\n**Anna** One. Two."]
        assert not captions.refused


@in_virtual_time
async def test_a_message_too_old_to_be_edited_does_not_stay_beside_the_new_one() -> None:
    board = FakeBoard()
    async with running(board) as captions:
        captions.add(line("One."))
        await asyncio.sleep(2)
        board.fail("edit", BoardGone())
        captions.add(line("Two."))
        await asyncio.sleep(2)

        assert board.shown == [f"{HEADER}\n**Anna** One. Two."]


@in_virtual_time
async def test_where_the_bot_may_not_write_captions_are_off() -> None:
    board = FakeBoard()
    board.fail("post", BoardRefused())
    async with running(board) as captions:
        captions.add(line("One."))
        await asyncio.sleep(2)
        captions.add(line("Two."))
        await asyncio.sleep(2)

        assert captions.refused
        assert [kind for _, kind, _ in board.log] == ["post"]


@in_virtual_time
async def test_a_message_that_may_no_longer_be_edited_does_not_stay_with_what_it_says() -> None:
    board = FakeBoard()
    async with running(board) as captions:
        captions.add(line("One."))
        await asyncio.sleep(2)
        board.fail("edit", BoardRefused())
        captions.add(line("Two."))
        await asyncio.sleep(2)

        assert captions.refused
        assert board.messages == {}


@pytest.mark.parametrize("kind", ["post", "edit"])
def test_words_that_discord_did_not_take_are_written_a_little_later(kind: str) -> None:
    @in_virtual_time
    async def check() -> None:
        board = FakeBoard()
        async with running(board) as captions:
            if kind == "edit":
                captions.add(line("One."))
                await asyncio.sleep(2)
            board.fail(kind, BoardBusy(), BoardBusy(), BoardBusy())
            captions.add(line("Two.", end_s=now_s()))
            await asyncio.sleep(10)

            assert len(board.shown) == 1
            assert board.shown[0].endswith("Two.")
            assert not captions.refused
            assert captions.latencies_s[-1] > 2

    check()


@in_virtual_time
async def test_when_little_is_said_every_line_is_shown_at_once() -> None:
    board = FakeBoard()
    async with running(board) as captions:
        for _ in range(40):
            captions.add(line("Said.", end_s=now_s()))
            await asyncio.sleep(1.7)

        assert max(captions.latencies_s) < 0.3


@in_virtual_time
async def test_what_is_still_being_said_is_shown_below_and_replaced_by_what_was() -> None:
    board = FakeBoard()
    async with running(board) as captions:
        captions.add(line("Why?", OLEG, name="Oleg"))
        captions.draft(ANNA, "Anna", "I have")
        await asyncio.sleep(2)
        assert board.shown == [f"{HEADER}\n**Oleg** Why?\n**Anna** I have …"]

        captions.add(line("I have led a team."))
        await asyncio.sleep(2)
        assert board.shown == [f"{HEADER}\n**Oleg** Why?\n**Anna** I have led a team."]


@in_virtual_time
async def test_words_that_turned_out_to_be_none_are_taken_away() -> None:
    board = FakeBoard()
    async with running(board) as captions:
        captions.draft(ANNA, "Anna", "Hm")
        await asyncio.sleep(2)
        assert board.shown != []
        captions.draft(ANNA, "Anna", "")
        await asyncio.sleep(2)

        assert board.messages == {}


@in_virtual_time
async def test_who_is_still_speaking_does_not_use_up_the_writes_of_who_has_spoken() -> None:
    board = FakeBoard()
    async with running(board) as captions:
        for n in range(60):
            captions.draft(ANNA, "Anna", "word " * (n + 1))
            await asyncio.sleep(0.3)
            if n % 10 == 5:
                captions.add(line("Said.", OLEG, name="Oleg", end_s=now_s()))

        assert len(captions.latencies_s) == 6
        assert max(captions.latencies_s) <= 0.75
    writes = [at for at, kind, _ in board.log if kind in {"post", "edit"}]
    assert max(sum(1 for at in writes if begin <= at < begin + 5) for begin in writes) <= 5


@in_virtual_time
async def test_others_wait_until_two_edits_are_left_for_words() -> None:
    board = FakeBoard()
    async with running(board) as captions:
        captions.add(line("One."))
        await asyncio.sleep(1)
        captions.edited_beside()
        assert captions.beside_s() == 0.0
        captions.edited_beside()

        assert captions.beside_s() == pytest.approx(4.0)
        await asyncio.sleep(4.0)
        assert captions.beside_s() == 0.0


@in_virtual_time
async def test_unfinished_words_taken_back_vanish_too() -> None:
    board = FakeBoard()
    async with running(board) as captions:
        captions.draft(ANNA, "Anna", "My name is")
        await asyncio.sleep(2)
        captions.remove(ANNA)
        await asyncio.sleep(2)

        assert board.messages == {}


@in_virtual_time
async def test_captions_that_cannot_keep_up_say_so_and_say_when_they_can_again() -> None:
    board = FakeBoard()
    async with running(board, late_header="-# Late") as captions:
        captions.late = True
        await asyncio.sleep(2)
        assert board.log == []

        captions.add(line("One."))
        await asyncio.sleep(2)
        assert board.shown == ["-# Late\n**Anna** One."]

        captions.late = False
        await asyncio.sleep(2)
        assert board.shown == [f"{HEADER}\n**Anna** One."]


# -- taking back and ending ----------------------------------------------------------------------------------------


@in_virtual_time
async def test_lines_taken_back_vanish_and_others_stay() -> None:
    board = FakeBoard()
    async with running(board) as captions:
        captions.add(line("Mine."))
        captions.add(line("Yours.", OLEG, name="Oleg"))
        await asyncio.sleep(2)
        captions.remove(ANNA)
        await asyncio.sleep(2)

        assert board.shown == [f"{HEADER}\n**Oleg** Yours."]


@in_virtual_time
async def test_when_the_last_lines_are_taken_back_the_message_goes() -> None:
    board = FakeBoard()
    async with running(board) as captions:
        captions.add(line("Mine."))
        await asyncio.sleep(2)
        captions.remove(ANNA)
        await asyncio.sleep(2)

        assert board.messages == {}
        assert captions.message_id is None


@in_virtual_time
async def test_lines_taken_back_while_they_are_written_vanish_with_the_next_write() -> None:
    board = FakeBoard(takes_s=0.5)
    async with running(board) as captions:
        captions.add(line("Mine."))
        await asyncio.sleep(0.3)
        captions.remove(ANNA)
        await asyncio.sleep(5)

        assert board.messages == {}


@in_virtual_time
async def test_the_message_is_deleted_at_the_end() -> None:
    board = FakeBoard()
    async with running(board) as captions:
        captions.add(line("One."))
        await asyncio.sleep(2)

    assert board.messages == {}
    await captions.close()
    captions.add(line("Too late."))
    assert [kind for _, kind, _ in board.log] == ["post", "delete"]


@pytest.mark.parametrize("cancelled_first", [False, True])
@pytest.mark.parametrize("kind", ["post", "edit"])
def test_a_message_is_deleted_even_if_the_end_comes_while_it_is_written(kind: str, *, cancelled_first: bool) -> None:
    @in_virtual_time
    async def check() -> None:
        board = FakeBoard(takes_s=0.5)
        captions = Captions(board, header=HEADER, clock=now_s)
        async with asyncio.TaskGroup() as tasks:
            writing = tasks.create_task(captions.run())
            captions.add(line("One."))
            if kind == "edit":
                await asyncio.sleep(3)
                captions.add(line("Two."))
            await asyncio.sleep(0.3)  # Discord has it, and has not said so
            assert board.busy_with == kind
            if cancelled_first:
                writing.cancel()
            await captions.close()
            writing.cancel()

        await asyncio.sleep(2)
        assert board.messages == {}

    check()


@in_virtual_time
async def test_deleting_is_tried_again_while_discord_cannot_be_reached() -> None:
    board = FakeBoard()
    async with running(board) as captions:
        captions.add(line("One."))
        await asyncio.sleep(2)
        board.fail("delete", BoardBusy(), BoardBusy())

    assert board.messages == {}


@in_virtual_time
async def test_a_message_that_cannot_be_deleted_does_not_stop_the_end() -> None:
    board = FakeBoard()
    async with running(board) as captions:
        captions.add(line("One."))
        await asyncio.sleep(2)
        board.fail("delete", BoardRefused())

    assert captions.message_id is None


# -- moving --------------------------------------------------------------------------------------------------------


@in_virtual_time
async def test_after_a_move_nothing_of_before_is_shown_in_the_new_channel() -> None:
    former, new = FakeBoard(), FakeBoard()
    async with running(former) as captions:
        captions.add(line("Said there."))
        await asyncio.sleep(2)
        await captions.move(new)
        captions.add(line("Said here."))
        await asyncio.sleep(2)

        assert former.messages == {}
        assert new.shown == [f"{HEADER}\n**Anna** Said here."]


@in_virtual_time
async def test_a_move_during_a_write_leaves_nothing_in_the_former_channel() -> None:
    former, new = FakeBoard(takes_s=0.5), FakeBoard()
    async with running(former) as captions:
        captions.add(line("Said there."))
        await asyncio.sleep(0.3)
        await captions.move(new)
        await asyncio.sleep(2)

        assert former.messages == {}
        assert new.messages == {}


@in_virtual_time
async def test_a_channel_that_may_be_written_to_ends_the_refusal_of_the_former() -> None:
    former, new = FakeBoard(), FakeBoard()
    former.fail("post", BoardRefused())
    async with running(former) as captions:
        captions.add(line("Said there."))
        await asyncio.sleep(2)
        await captions.move(new)
        captions.add(line("Said here."))
        await asyncio.sleep(2)

        assert new.shown == [f"{HEADER}\n**Anna** Said here."]
