"""`tests/promises.py`, for some seconds; `python -m tests.promises --sequences 10000` does it for half an hour."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from bot.feedback.desk import Desk
from bot.interview.drafts import Drafts
from bot.voice.gate import Gate
from storage.erasure import Erasure
from storage.jobs import Jobs
from storage.keyring import Keyring
from storage.ledger import Ledger, Purpose
from storage.transcripts import Transcripts
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
    OptOut,
    Restore,
    Save,
    Share,
    Speak,
    Step,
    Stop,
    Story,
    TakeBack,
    TakeOut,
    Wait,
    Work,
    attack,
    place,
    play,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

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
    assert promises.SEEN["read by somebody else"] > 0


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


async def not_buried(*_: object, **__: object) -> None:
    pass


@pytest.mark.parametrize(
    ("step", "says"),
    [(TakeOut(OLEG, 0), "other words are kept"), (Share(OLEG, ANNA, 0), "somebody else read a transcript")],
    ids=["words taken out", "a share taken back"],
)
def test_what_a_backup_brings_back_is_noticed(
    here: Place, monkeypatch: pytest.MonkeyPatch, step: Step, says: str
) -> None:
    monkeypatch.setattr(Keyring, "bury", not_buried)
    kept: tuple[Step, ...] = (*TALK, Stop(), Save(OLEG, again=False), Share(OLEG, ANNA, 30), BackUp())

    with pytest.raises(AssertionError, match=says):
        play(here, Story(agreed=True, steps=(*kept, step, Restore())))


def test_a_share_that_ends_late_is_noticed(here: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    share = Transcripts.share

    async def longer(*args: Any, until: datetime, **named: Any) -> None:
        await share(*args, until=until + timedelta(days=2), **named)

    monkeypatch.setattr(Transcripts, "share", longer)
    kept: tuple[Step, ...] = (*TALK, Stop(), Save(OLEG, again=False), Share(OLEG, ANNA, 1))

    with pytest.raises(AssertionError, match="somebody else read a transcript"):
        play(here, Story(agreed=True, steps=(*kept, Wait(1))))


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


def test_an_opting_out_after_an_erasure_outlives_an_older_backup(here: Place) -> None:
    play(here, Story(agreed=False, steps=(BackUp(), Erase(ANNA), OptOut(ANNA), Restore())))
