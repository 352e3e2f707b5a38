"""The gate: nobody without a yes, nobody during a pause, nothing from before either."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from bot.voice.gate import Gate


def test_nobody_may_be_heard_unless_they_said_yes() -> None:
    gate = Gate()

    gate.allow(1)

    assert gate.allowed(1)
    assert not gate.allowed(2)
    assert gate.consenting == {1}


def test_a_yes_that_is_taken_back_counts_no_longer() -> None:
    gate = Gate()
    gate.allow(1)

    gate.revoke(1)
    gate.revoke(2)

    assert not gate.allowed(1)
    assert not gate.consenting


def test_the_gate_opens_when_the_last_reason_to_pause_is_gone() -> None:
    gate = Gate()
    gate.allow(1)

    gate.pause("notice")
    gate.pause("downgrade")
    gate.resume("notice")
    assert not gate.allowed(1)
    assert gate.consenting == {1}
    gate.resume("downgrade")

    assert gate.allowed(1)


def test_what_came_before_a_yes_is_older_than_it() -> None:
    gate = Gate()
    before = gate.moment

    gate.allow(1)

    assert gate.since(1) > before
    assert gate.since(1) <= gate.moment


def test_saying_yes_twice_keeps_the_first_moment() -> None:
    gate = Gate()
    gate.allow(1)
    first = gate.since(1)

    gate.allow(2)
    gate.allow(1)

    assert gate.since(1) == first


def test_what_came_during_a_pause_is_older_than_its_end() -> None:
    gate = Gate()
    gate.allow(1)
    gate.pause("moderator")
    during = gate.moment

    gate.resume("moderator")

    assert gate.since(1) > during


def test_its_repr_shows_no_id() -> None:
    gate = Gate()
    gate.allow(123_456_789)

    assert repr(gate) == "<Gate 1 consenting>"


users = st.integers(1, 4)
reasons = st.sampled_from(["notice", "downgrade", "moderator"])


class GateMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.gate = Gate()
        self.yes: set[int] = set()
        self.reasons: set[str] = set()

    @rule(user=users)
    def allow(self, user: int) -> None:
        self.gate.allow(user)
        self.yes.add(user)

    @rule(user=users)
    def revoke(self, user: int) -> None:
        self.gate.revoke(user)
        self.yes.discard(user)

    @rule(reason=reasons)
    def pause(self, reason: str) -> None:
        self.gate.pause(reason)
        self.reasons.add(reason)

    @rule(reason=reasons)
    def resume(self, reason: str) -> None:
        self.gate.resume(reason)
        self.reasons.discard(reason)

    @invariant()
    def exactly_those_who_said_yes_are_allowed_unless_paused(self) -> None:
        for user in range(1, 5):
            expected = user in self.yes and not self.reasons
            assert self.gate.allowed(user) == expected
            assert bool(self.gate.since(user)) == expected
        assert self.gate.paused == self.reasons
        assert self.gate.consenting == self.yes


TestGateMachine = GateMachine.TestCase
