"""The delivery service with davey clients, without sockets: who may hear whom after anything that may happen."""

from __future__ import annotations

import itertools
from collections import Counter, deque
from typing import TYPE_CHECKING, Any

import davey
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.loopback import mls
from bot.loopback.dave_client import DaveClient
from bot.loopback.delivery import EXECUTION_TIMEOUT_S, Delivery, Op, Outgoing

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

CHANNEL = 999
ALICE, BOB, CAROL, DAVE = 1, 2, 3, 4


class Party:
    """A call in memory: messages travel in order per client, and wait until `settle`."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.delivery = Delivery(CHANNEL, clock=lambda: self.now_s)
        self.clients: dict[int, DaveClient] = {}
        self.log: list[Outgoing] = []
        self.heed: Callable[[int, int], bool] = lambda user_id, op: True  # noqa: ARG005 -- everything is heeded
        self._waiting: deque[tuple[DaveClient, Outgoing]] = deque()

    def join(self, *user_ids: int) -> None:
        for user_id in user_ids:
            client = self.clients[user_id] = DaveClient(user_id, CHANNEL)
            self.post(self.delivery.join(user_id))
            self._answer(user_id, client.begin(self.delivery.version))

    def leave(self, user_id: int) -> None:
        del self.clients[user_id]
        self.post(self.delivery.leave(user_id))

    def post(self, messages: Iterable[Outgoing]) -> None:
        for message in messages:
            self.log.append(message)
            if (client := self.clients.get(message.user_id)) is not None:
                self._waiting.append((client, message))

    def settle(self) -> None:
        steps = itertools.count()
        while self._waiting:
            assert next(steps) < 2_000, "they never come to rest"
            client, message = self._waiting.popleft()
            if self.clients.get(message.user_id) is not client or not self.heed(message.user_id, message.op):
                continue
            payload = message.payload
            answers = (
                client.binary(message.op, payload) if isinstance(payload, bytes) else client.text(message.op, payload)
            )
            self._answer(message.user_id, answers)

    def _answer(self, user_id: int, answers: list[tuple[int, Any]]) -> None:
        for op, payload in answers:
            if op == Op.KEY_PACKAGE:
                self.post(self.delivery.key_package(user_id, payload))
            elif op == Op.COMMIT_WELCOME:
                self.post(self.delivery.commit(user_id, payload))
            elif op == Op.TRANSITION_READY:
                self.post(self.delivery.ready(user_id, payload["transition_id"]))
            else:
                self.post(self.delivery.invalid(user_id))

    def deaf_pairs(self) -> list[tuple[int, int]]:
        """Who cannot be heard by whom."""
        deaf: list[tuple[int, int]] = []
        for (speaker_id, speaker), (hearer_id, hearer) in itertools.permutations(self.clients.items(), 2):
            sealed = speaker.seal(b"a frame of speech")
            if sealed is None or hearer.open(speaker_id, sealed) != b"a frame of speech":
                deaf.append((speaker_id, hearer_id))
        return deaf

    def sent(self, op: Op) -> list[int]:
        return [message.user_id for message in self.log if message.op == op]


@pytest.fixture
def party() -> Party:
    return Party()


def test_someone_alone_has_the_sender_and_no_group(party: Party):
    party.join(ALICE)
    party.settle()

    assert party.sent(Op.EXTERNAL_SENDER) == [ALICE]
    assert party.sent(Op.PROPOSALS) == []
    assert party.delivery.epoch == 0


@pytest.mark.parametrize("people", [2, 3, 5])
def test_whoever_joins_at_once_becomes_one_group(party: Party, people: int):
    party.join(*range(1, people + 1))
    party.settle()

    assert party.deaf_pairs() == []
    assert party.delivery.members == set(range(1, people + 1))
    assert party.delivery.settled


def test_the_first_group_is_one_of_commit_and_one_welcome(party: Party):
    party.join(ALICE, BOB)
    party.settle()

    assert sorted(party.sent(Op.PROPOSALS)) == [ALICE, BOB]
    assert party.sent(Op.ANNOUNCE_COMMIT) + party.sent(Op.WELCOME) in ([ALICE, BOB], [BOB, ALICE])
    assert sorted(party.sent(Op.EXECUTE_TRANSITION)) == [ALICE, BOB]


def test_joining_one_after_the_other_ends_an_epoch_each(party: Party):
    for nth, user_id in enumerate((ALICE, BOB, CAROL, DAVE)):
        party.join(user_id)
        party.settle()

        assert party.delivery.epoch == nth
        assert party.deaf_pairs() == []


def test_every_add_goes_to_every_recipient_once(party: Party):
    for user_id in (ALICE, BOB, CAROL, DAVE):
        party.join(user_id)
    party.settle()
    party.leave(BOB)
    party.join(BOB)
    party.settle()

    given_out = Counter((message.user_id, message.payload) for message in party.log if message.op == Op.PROPOSALS)
    assert set(given_out.values()) == {1}
    assert party.deaf_pairs() == []


def test_the_external_sender_is_told_once(party: Party):
    party.join(ALICE, BOB)
    party.settle()
    party.leave(BOB)
    party.settle()
    party.join(BOB)
    party.settle()

    assert party.sent(Op.EXTERNAL_SENDER) == [ALICE, BOB, BOB]
    assert party.deaf_pairs() == []


def test_a_leaver_cannot_hear_what_is_said_after(party: Party):
    party.join(ALICE, BOB, CAROL)
    party.settle()
    gone = party.clients[CAROL]
    party.leave(CAROL)
    party.settle()

    sealed = party.clients[ALICE].seal(b"about Carol")
    assert sealed is not None
    assert gone.open(ALICE, sealed) is None
    assert party.deaf_pairs() == []


def test_a_leaf_left_blank_goes_to_the_next_to_join(party: Party):
    party.join(ALICE, BOB, CAROL)
    party.settle()
    first, second, third = party.delivery.leaves
    assert second is not None
    party.leave(second)
    party.settle()
    assert party.delivery.leaves == [first, None, third]

    party.join(DAVE)
    party.settle()

    assert party.delivery.leaves == [first, DAVE, third]
    assert party.deaf_pairs() == []


def test_whoever_is_left_alone_starts_over(party: Party):
    party.join(ALICE, BOB)
    party.settle()
    party.log.clear()
    party.leave(BOB)
    party.settle()

    assert [(message.op, message.payload) for message in party.log] == [
        (Op.PREPARE_EPOCH, {"epoch": 1, "protocol_version": 1}),
        (Op.PREPARE_TRANSITION, {"transition_id": 0, "protocol_version": 1}),
    ]
    assert party.delivery.epoch == 0
    party.join(CAROL)
    party.settle()
    assert party.deaf_pairs() == []


def test_someone_who_leaves_before_the_commit_is_taken_out_after_it(party: Party):
    party.join(ALICE, BOB)
    party.settle()
    party.join(CAROL)
    party.heed = lambda user_id, op: False  # noqa: ARG005 -- nobody answers
    party.settle()
    party.heed = lambda user_id, op: True  # noqa: ARG005
    del party.clients[CAROL]
    party.post(party.delivery.leave(CAROL))
    party.leave(BOB)
    party.settle()
    party.join(BOB)
    party.settle()

    assert party.deaf_pairs() == []


def test_a_late_commit_changes_nothing(party: Party):
    party.join(ALICE, BOB)
    late: list[Outgoing] = []
    proposals = next(m for m in party.log if m.op == Op.PROPOSALS and m.user_id == BOB).payload
    assert isinstance(proposals, bytes)
    party.settle()
    before = (party.delivery.epoch, party.delivery.leaves)

    ghost = davey.DaveSession(1, BOB, CHANNEL)
    sender = next(m.payload for m in party.log if m.op == Op.EXTERNAL_SENDER)
    assert isinstance(sender, bytes)
    ghost.set_external_sender(sender)
    answer = ghost.process_proposals(davey.ProposalsOperationType.append, proposals[1:])
    assert answer is not None
    late += party.delivery.commit(BOB, answer.commit + (answer.welcome or b""))

    assert late == []
    assert (party.delivery.epoch, party.delivery.leaves) == before


def test_an_invalid_commit_is_recovered_from_in_one_batch(party: Party):
    party.join(ALICE, BOB, CAROL)
    party.settle()
    party.log.clear()
    party.post(party.delivery.bad_commit(BOB, b"nonsense"))
    party.settle()

    assert party.clients[BOB].recoveries == 1
    batches = [message for message in party.log if message.op == Op.PROPOSALS and message.user_id == ALICE]
    assert len(batches) == 1
    assert party.sent(Op.WELCOME) == [BOB]
    assert party.deaf_pairs() == []


def test_a_missed_commit_is_noticed_at_the_next(party: Party):
    party.join(ALICE, BOB)
    party.settle()
    party.delivery.skip_commit(BOB)
    party.join(CAROL)
    party.settle()
    assert (ALICE, BOB) in party.deaf_pairs()

    party.join(DAVE)
    party.settle()

    assert party.clients[BOB].recoveries >= 1
    assert party.deaf_pairs() == []


def test_everyone_recovering_at_once_makes_a_new_group(party: Party):
    party.join(ALICE, BOB)
    party.settle()
    for user_id in (ALICE, BOB):
        party.post(party.delivery.bad_commit(user_id, b"nonsense"))
    party.settle()

    assert party.deaf_pairs() == []
    assert party.delivery.members == {ALICE, BOB}


def test_everyone_starting_over_before_the_first_commit_makes_a_group(party: Party):
    party.join(ALICE, BOB)
    for user_id in (ALICE, BOB):
        party.post(party.delivery.bad_commit(user_id, b"nonsense"))
    party.settle()

    assert party.deaf_pairs() == []
    assert party.delivery.members == {ALICE, BOB}


def test_a_transition_waits_for_all_and_not_for_ever(party: Party):
    party.join(ALICE, BOB)
    party.heed = lambda user_id, op: not (user_id == BOB and op in {Op.ANNOUNCE_COMMIT, Op.WELCOME})
    party.settle()
    assert party.sent(Op.EXECUTE_TRANSITION) == []
    assert party.delivery.deadline_s == EXECUTION_TIMEOUT_S

    party.post(party.delivery.tick())
    assert party.sent(Op.EXECUTE_TRANSITION) == []
    party.now_s = EXECUTION_TIMEOUT_S
    party.post(party.delivery.tick())

    assert sorted(party.sent(Op.EXECUTE_TRANSITION)) == [ALICE, BOB]
    assert party.delivery.deadline_s is None


def test_a_leaver_is_not_waited_for(party: Party):
    party.join(ALICE, BOB, CAROL)
    party.heed = lambda user_id, op: not (user_id == CAROL and op in {Op.ANNOUNCE_COMMIT, Op.WELCOME})
    party.settle()
    assert not party.delivery.settled

    party.leave(CAROL)
    party.settle()

    assert party.delivery.settled
    assert party.deaf_pairs() == []


def test_downgraded_speech_is_plain_and_upgraded_speech_sealed_again(party: Party):
    party.join(ALICE, BOB)
    party.settle()
    party.post(party.delivery.downgrade())
    party.settle()
    assert [client.version for client in party.clients.values()] == [0, 0]
    assert party.clients[ALICE].seal(b"speech") == b"speech"
    party.join(CAROL)
    party.settle()
    assert party.clients[CAROL].seal(b"speech") == b"speech"

    party.post(party.delivery.upgrade())
    party.settle()

    assert party.clients[ALICE].seal(b"speech") != b"speech"
    assert party.deaf_pairs() == []
    assert party.delivery.downgrade() != []
    assert party.delivery.downgrade() == []


def test_another_persons_key_package_is_refused(party: Party):
    party.join(ALICE)
    body = davey.DaveSession(1, BOB, CHANNEL).get_serialized_key_package()

    with pytest.raises(mls.MalformedMls):
        party.delivery.key_package(ALICE, body)


def test_strangers_are_ignored(party: Party):
    package = davey.DaveSession(1, BOB, CHANNEL).get_serialized_key_package()

    assert party.delivery.key_package(BOB, package) == []
    assert party.delivery.leave(BOB) == []
    assert party.delivery.ready(BOB, 1) == []
    assert party.delivery.invalid(BOB) == []
    assert party.delivery.bad_commit(BOB, b"") == []


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["join", "join", "leave", "bad", "skip", "again", "settle", "settle", "regroup"]),
        st.integers(1, 5),
    ),
    max_size=14,
)


@settings(max_examples=12, deadline=None)
@given(ACTIONS)
def test_whatever_happens_all_hear_all_in_the_end(actions: list[tuple[str, int]]):
    party = Party()
    for action, user_id in actions:
        here = user_id in party.clients
        if action == ("again" if here else "join"):
            party.join(user_id)
        elif action == "leave" and here:
            party.leave(user_id)
        elif action == "bad" and here:
            party.post(party.delivery.bad_commit(user_id, b"nonsense"))
        elif action == "skip" and here:
            party.delivery.skip_commit(user_id)
        elif action == "regroup":
            party.post(party.delivery.downgrade())
            party.settle()
            party.post(party.delivery.upgrade())
        elif action == "settle":
            party.settle()
    party.settle()
    # A missed commit shows at the next one, and that one's proposals may have been the last.
    for stranger in (100, 101, 102):
        party.join(stranger)
        party.settle()

    assert party.deaf_pairs() == []
    assert party.delivery.members == set(party.clients)
