from __future__ import annotations

from datetime import UTC, datetime, timedelta

from bot.clock import Witness

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


class Machine:
    """A machine's clock, whose time of day somebody may set."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.set_to = NOON

    def monotonic_s(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return self.set_to


def test_a_witness_who_was_told_nothing_knows_nothing() -> None:
    assert Witness(Machine()).now() is None


def test_a_witness_goes_on_from_what_was_said_whatever_the_machine_is_set_to() -> None:
    machine = Machine()
    witness = Witness(machine)
    witness.saw(NOON)

    machine.seconds += 90
    machine.set_to = NOON + timedelta(days=3650)

    assert witness.now() == NOON + timedelta(seconds=90)
