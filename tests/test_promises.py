"""`tests/promises.py`, for some seconds; `python -m tests.promises --sequences 10000` does it for half an hour."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from bot.feedback.desk import Desk
from bot.interview.drafts import Drafts
from bot.voice.gate import Gate
from storage.erasure import Erasure
from storage.jobs import Jobs
from storage.ledger import Ledger, Purpose
from tests import promises
from tests.interview.rooms import ANNA, OLEG
from tests.promises import (
    EVERYTHING,
    Ask,
    BackUp,
    Begin,
    Crash,
    Delete,
    Elsewhere,
    Erase,
    Join,
    Restore,
    Save,
    Speak,
    Step,
    Stop,
    Story,
    TakeBack,
    Work,
    attack,
    place,
    play,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.promises import Moment, Place

pytestmark = pytest.mark.timeout(120)

BOTH = frozenset({OLEG, ANNA})
TALK: tuple[Step, ...] = (Begin(), Join(OLEG), Join(ANNA), Speak(BOTH, None, silent=True))
ASKED: tuple[Step, ...] = (*TALK, Stop(), Save(OLEG, again=False), Ask(OLEG))


@pytest.fixture(scope="module")
def here() -> Iterator[Place]:
    with place() as made:
        yield made


def test_no_sequence_of_what_people_and_machines_do_breaks_a_promise() -> None:
    attack(24, seed=20261123)

    assert {step.__name__ for step in Step.__args__} <= set(promises.SEEN)
    assert promises.SEEN["feedback with words"] > 0


def nothing(*_: object) -> None:
    pass


def always(*_: object) -> bool:
    return True


# That the attack would notice: each of these takes away one thing that keeps a promise.


def test_somebody_who_is_heard_after_taking_it_back_is_noticed(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Gate, "revoke", nothing)

    with pytest.raises(AssertionError, match="heard who had not agreed"):
        play(here, Story(agreed=True, steps=(*TALK, Speak(BOTH, TakeBack(ANNA, EVERYTHING), silent=True))))


def test_words_that_outlive_taking_back_are_noticed(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Drafts, "remove", nothing)

    with pytest.raises(AssertionError, match="words are in a draft"):
        play(here, Story(agreed=True, steps=(*TALK, Stop(), TakeBack(ANNA, EVERYTHING))))


def test_a_yes_that_comes_back_with_a_backup_is_noticed(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async def none(_: Ledger, **__: Any) -> int:
        return 0

    monkeypatch.setattr(Ledger, "withdraw_all", none)

    with pytest.raises(AssertionError, match="the ledger says something else"):
        play(here, Story(agreed=True, steps=(BackUp(), TakeBack(ANNA, EVERYTHING), Restore())))


def test_words_saved_without_a_yes_are_noticed(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ledger, "allowed", always)

    with pytest.raises(AssertionError):
        play(here, Story(agreed=True, steps=(*TALK, Stop(), TakeBack(ANNA, EVERYTHING), Save(OLEG, again=False))))


def test_an_erased_person_who_is_still_in_the_files_is_noticed(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async def not_rewritten(_: Erasure) -> bool:
        return True

    monkeypatch.setattr(Erasure, "_rewrite", not_rewritten)

    with pytest.raises(AssertionError, match="something of an erased person"):
        play(here, Story(agreed=True, steps=(*TALK, Stop(), Save(OLEG, again=False), Erase(ANNA))))


def test_an_erasure_that_is_not_healed_is_noticed(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    async def not_healed(_: Erasure) -> None:
        pass

    monkeypatch.setattr(Erasure, "heal", not_healed)
    killed = Crash(Erase(ANNA), 2, "before")

    with pytest.raises(AssertionError):
        play(here, Story(agreed=True, steps=(*TALK, Stop(), Save(OLEG, again=False), killed)))


async def agreed(*_: object, **__: object) -> bool:
    return True


@pytest.mark.parametrize("cut", [TakeBack(OLEG, frozenset({Purpose.AI_FEEDBACK})), Elsewhere(OLEG)])
@pytest.mark.parametrize("when", ["begin", "writing"])
def test_words_sent_to_a_model_after_it_was_taken_back_are_noticed(
    here: Place, monkeypatch: pytest.MonkeyPatch, cut: TakeBack | Elsewhere, when: Moment
) -> None:
    monkeypatch.setattr(Jobs, "_agreed", agreed)
    if isinstance(cut, TakeBack):  # of which this process hears at once, so that everything else must fail as well
        monkeypatch.setattr(Jobs, "withdrawn", agreed)
        monkeypatch.setattr(Desk, "let_go", nothing)
        monkeypatch.setattr(Ledger, "allowed", always)

    with pytest.raises(AssertionError, match="words were sent of somebody who had not agreed"):
        play(here, Story(agreed=True, steps=(*ASKED, Work(cut, when))))


def test_words_sent_after_they_were_deleted_are_noticed(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Jobs, "again", agreed)

    with pytest.raises(AssertionError, match="words were sent that are kept no more"):
        play(here, Story(agreed=True, steps=(*ASKED, Work(Delete(OLEG, everything=False), "writing"))))
