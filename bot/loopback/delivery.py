"""The DAVE delivery service of one call: who is in the MLS group, what is proposed, whose commit wins.

    join, leave, ops 23, 26, 28, 31 -> Delivery -> Outgoing: ops 21, 22, 24, 25, 27, 29, 30

Every change ends in one question, `_reconcile`: how does the group differ from the clients that are here? The answer is
the next batch of proposals. One batch is in flight per epoch; the first commit that covers exactly what its sender was
given wins, later ones are dropped. So each Add goes to each recipient once (davey throws on a second), and members only
ever see proposals of the epoch they are in.

No sockets and no clock of its own: time comes in as a callable, messages go out as a list. Source: the DAVE protocol
whitepaper, version 1.1.4, and what davey and @discordjs/voice were seen to accept.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from enum import IntEnum
from typing import TYPE_CHECKING

from bot.loopback import mls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

log = logging.getLogger(__name__)

PROTOCOL_VERSION = 1
"""The only DAVE protocol version there is."""

EXECUTION_TIMEOUT_S = 2.0
"""A transition is executed after this long, ready or not. Source: the whitepaper's recommendation."""


class Op(IntEnum):
    """DAVE opcodes of the voice gateway."""

    PREPARE_TRANSITION = 21
    EXECUTE_TRANSITION = 22
    TRANSITION_READY = 23
    PREPARE_EPOCH = 24
    EXTERNAL_SENDER = 25
    KEY_PACKAGE = 26
    PROPOSALS = 27
    COMMIT_WELCOME = 28
    ANNOUNCE_COMMIT = 29
    WELCOME = 30
    INVALID_COMMIT = 31


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message for one client.

    Attributes:
        user_id: Who gets it.
        op: What it is.
        payload: A JSON object, or the body of a binary message.
    """

    user_id: int
    op: Op
    payload: dict[str, int] | bytes = field(repr=False)


@dataclass(slots=True)
class _Client:
    has_sender: bool = False
    recovering: bool = False  # reset itself and owes a new key package; its old leaf goes when that is here
    key_package: mls.KeyPackage | None = None
    # The last transition before it was sent proposals of epoch 0. Was it starting over just then, they are in its new
    # group now, and no commit of it would ever be what was asked for: epoch 0 does not tell one group from the next.
    tainted_after: int | None = None


@dataclass(frozen=True, slots=True)
class _Leaf:
    user_id: int
    ref: bytes  # of the key package that made the leaf


@dataclass(slots=True)
class _Batch:
    """Proposals in flight.

    Attributes:
        given: What each client that may commit was given; a commit must cover exactly that.
        adds: Key packages by the reference of their Add.
        removes: Leaf indices by the reference of their Remove.
    """

    epoch: int
    given: dict[int, frozenset[bytes]]
    adds: dict[bytes, mls.KeyPackage]
    removes: dict[bytes, int]


@dataclass(slots=True)
class _Transition:
    recipients: frozenset[int]
    waiting: set[int]
    deadline_s: float
    version: int


class Delivery:
    """The delivery service of one call.

    Each method returns what is to be sent, in order. Users are named by Discord user id; an event of a user that is not
    here is ignored, as is whatever comes too late to matter.
    """

    def __init__(
        self, channel_id: int, *, clock: Callable[[], float], sender: mls.ExternalSender | None = None
    ) -> None:
        self.channel_id = channel_id
        self.version = PROTOCOL_VERSION
        self._clock = clock
        self._sender = sender or mls.ExternalSender()
        self._clients: dict[int, _Client] = {}
        self._epoch = 0
        self._leaves: list[_Leaf | None] = []
        self._batch: _Batch | None = None
        self._transitions: dict[int, _Transition] = {}
        self._last_transition = 0
        self._skipped: set[int] = set()
        self._out: list[Outgoing] = []

    # What can be seen.

    @property
    def epoch(self) -> int:
        """The group's epoch; 0 while there is no group."""
        return self._epoch

    @property
    def leaves(self) -> list[int | None]:
        """User ids by leaf index; None is a blank leaf."""
        return [leaf and leaf.user_id for leaf in self._leaves]

    @property
    def members(self) -> set[int]:
        """Users whose leaf is good: they got in with the key package they last sent."""
        return {
            leaf.user_id
            for leaf in self._leaves
            if leaf
            and (client := self._clients.get(leaf.user_id))
            and not client.recovering
            and client.key_package
            and client.key_package.ref == leaf.ref
        }

    @property
    def settled(self) -> bool:
        """Whether nothing is in flight: no proposals without commit, no transition without execution."""
        return self._batch is None and not self._transitions

    @property
    def deadline_s(self) -> float | None:
        """When `tick` has something to do, on the given clock; None if nothing waits."""
        return min((transition.deadline_s for transition in self._transitions.values()), default=None)

    # What happens.

    def join(self, user_id: int) -> list[Outgoing]:
        """A client has its session description. The same user joining again replaces the former client."""
        self._forget(user_id)
        self._clients[user_id] = client = _Client()
        if self.version:
            self._give_sender(user_id, client)
        return self._flush()

    def leave(self, user_id: int) -> list[Outgoing]:
        """A client is gone for good."""
        if user_id not in self._clients:
            return []
        self._forget(user_id)
        if len(self._clients) <= 1:
            self._restart_sole_member()
        else:
            self._reconcile()
        return self._flush()

    def key_package(self, user_id: int, body: bytes) -> list[Outgoing]:
        """Op 26. A member that sends one without being asked is taken out and in again.

        Raises:
            MalformedMls: If it is no key package of that user.
        """
        client = self._clients.get(user_id)
        if client is None or not self.version:
            return []
        package = mls.parse_key_package(body)
        if package.user_id != user_id:
            raise mls.MalformedMls(f"a key package of {package.user_id} from {user_id}")
        self._cannot_commit(user_id)
        client.key_package = package
        client.recovering = False
        self._reconcile()
        return self._flush()

    def commit(self, user_id: int, body: bytes) -> list[Outgoing]:
        """Op 28. The first that covers what its sender was given ends the epoch.

        Raises:
            MalformedMls: If it is no commit, with or without welcome.
        """
        commit, welcome = mls.split_commit(body)
        batch = self._batch
        if batch is None or user_id not in batch.given:
            return []
        if (
            commit.group_id != self.channel_id.to_bytes(8)
            or commit.epoch != batch.epoch
            or frozenset(commit.refs) != batch.given[user_id]
            or len(commit.refs) != len(batch.given[user_id])
        ):
            log.info("commit dropped: not of this epoch or not of these proposals", extra={"user_id": user_id})
            return []
        added = [batch.adds[ref] for ref in commit.refs if ref in batch.adds]
        if set(welcome.secrets if welcome else ()) != {package.ref for package in added}:
            raise mls.MalformedMls("the welcome is not for those whom the commit adds")
        if self._epoch == 0:
            self._leaves = [self._own_leaf(user_id)]
        for ref in commit.refs:
            if ref in batch.removes:
                self._leaves[batch.removes[ref]] = None
        while self._leaves and self._leaves[-1] is None:
            self._leaves.pop()
        # Not everyone with a leaf: who started over since has a group of its own, which this commit is not for.
        members = self.members
        for package in added:
            self._add_leaf(_Leaf(package.user_id, package.ref))
        self._epoch = commit.epoch + 1
        self._batch = None
        self._announce(commit, welcome, members, added)
        self._reconcile()
        return self._flush()

    def ready(self, user_id: int, transition_id: int) -> list[Outgoing]:
        """Op 23. A transition is executed once everyone it was announced to is ready."""
        client = self._clients.get(user_id)
        if client and client.tainted_after is not None and transition_id > client.tainted_after:
            client.tainted_after = None
        transition = self._transitions.get(transition_id)
        if transition is not None:
            transition.waiting.discard(user_id)
            self._execute_ready()
        return self._flush()

    def invalid(self, user_id: int) -> list[Outgoing]:
        """Op 31. The client reset itself; its next key package brings Remove and Add in one batch."""
        client = self._clients.get(user_id)
        if client is None or not self.version:
            return []
        client.recovering = True
        client.key_package = None
        self._cannot_commit(user_id)
        for transition in self._transitions.values():
            transition.waiting.discard(user_id)
        self._execute_ready()
        self._reconcile()
        return self._flush()

    def tick(self) -> list[Outgoing]:
        """Execute the transitions whose time is up."""
        now_s = self._clock()
        for transition in self._transitions.values():
            if transition.deadline_s <= now_s:
                transition.waiting.clear()
        self._execute_ready()
        return self._flush()

    def downgrade(self) -> list[Outgoing]:
        """End-to-end encryption ends for this call: announced, made ready for, executed. Nothing if it already has."""
        if not self.version:
            return []
        self.version = 0
        self._drop_group()
        for client in self._clients.values():
            client.key_package = None
            client.recovering = False
        transition_id = self._begin_transition(self._clients, version=0)
        for user_id in self._clients:
            self._send(user_id, Op.PREPARE_TRANSITION, {"transition_id": transition_id, "protocol_version": 0})
        return self._flush()

    def upgrade(self) -> list[Outgoing]:
        """End-to-end encryption begins again, with a new group. Nothing if there was no downgrade."""
        if self.version:
            return []
        self.version = PROTOCOL_VERSION
        for user_id, client in self._clients.items():
            self._start_over(user_id, client)
            self._give_sender(user_id, client)
        return self._flush()

    # Faults, for tests and the rehearsal.

    def skip_commit(self, user_id: int) -> None:
        """The next commit or welcome meant for this user never arrives."""
        self._skipped.add(user_id)

    def bad_commit(self, user_id: int, junk: bytes) -> list[Outgoing]:
        """Announce *junk* as a commit to this user alone."""
        if user_id in self._clients:
            transition_id = self._begin_transition([user_id], version=self.version)
            self._send(user_id, Op.ANNOUNCE_COMMIT, transition_id.to_bytes(2) + junk)
        return self._flush()

    # How it is done.

    def _flush(self) -> list[Outgoing]:
        out, self._out = self._out, []
        return out

    def _send(self, user_id: int, op: Op, payload: dict[str, int] | bytes) -> None:
        self._out.append(Outgoing(user_id, op, payload))

    def _give_sender(self, user_id: int, client: _Client) -> None:
        # Only once: a client that is in a group refuses a second one.
        if not client.has_sender:
            client.has_sender = True
            self._send(user_id, Op.EXTERNAL_SENDER, self._sender.package)

    def _forget(self, user_id: int) -> None:
        self._clients.pop(user_id, None)
        self._skipped.discard(user_id)
        self._cannot_commit(user_id)
        for transition in self._transitions.values():
            transition.waiting.discard(user_id)
        self._execute_ready()

    def _cannot_commit(self, user_id: int) -> None:
        if self._batch is not None:
            self._batch.given.pop(user_id, None)
            if not self._batch.given:
                self._batch = None

    def _drop_group(self) -> None:
        self._epoch = 0
        self._leaves = []
        self._batch = None

    def _restart_sole_member(self) -> None:
        """Whoever is left alone starts over, so that the next to join finds a group of epoch 0."""
        had_group = self._epoch > 0 or self._batch is not None
        self._drop_group()
        if not self.version or not had_group:
            return
        for user_id, client in self._clients.items():
            self._start_over(user_id, client)
            self._send(user_id, Op.PREPARE_TRANSITION, {"transition_id": 0, "protocol_version": PROTOCOL_VERSION})

    def _start_over(self, user_id: int, client: _Client) -> None:
        client.key_package = None
        client.recovering = False
        client.tainted_after = None
        self._send(user_id, Op.PREPARE_EPOCH, {"epoch": 1, "protocol_version": PROTOCOL_VERSION})

    def _own_leaf(self, user_id: int) -> _Leaf:
        package = self._clients[user_id].key_package
        if package is None:  # whoever may commit has one: `_cannot_commit` goes with taking it away
            raise mls.MalformedMls("a commit of a client without key package")
        return _Leaf(user_id, package.ref)

    def _add_leaf(self, leaf: _Leaf) -> None:
        try:
            self._leaves[self._leaves.index(None)] = leaf
        except ValueError:
            self._leaves.append(leaf)

    def _reconcile(self) -> None:
        """Propose what makes the group hold exactly the clients that are here."""
        if not self.version or self._batch is not None:
            return
        members = self.members
        offers = {
            user_id: client.key_package
            for user_id, client in self._clients.items()
            if client.key_package and user_id not in members
        }
        if not members:
            self._drop_group()
            if len(offers) > 1:
                self._begin_group(offers)
            return
        removes = [
            index
            for index, leaf in enumerate(self._leaves)
            if leaf
            and leaf.user_id not in members
            and not (leaf.user_id in self._clients and self._clients[leaf.user_id].recovering)
        ]
        if removes or offers:
            self._propose(members, removes, list(offers.values()))

    def _begin_group(self, offers: dict[int, mls.KeyPackage]) -> None:
        tainted = [user_id for user_id in offers if self._clients[user_id].tainted_after is not None]
        for user_id in tainted:
            self._start_over(user_id, self._clients[user_id])
            del offers[user_id]
        if len(offers) > 1 and not tainted:
            self._propose_first_group(offers)

    def _propose_first_group(self, offers: dict[int, mls.KeyPackage]) -> None:
        """Everyone is given the Adds of all others; whoever commits first is leaf 0."""
        proposals = {
            user_id: self._sender.add(group_id=self.channel_id, epoch=0, key_package=package)
            for user_id, package in offers.items()
        }
        self._batch = _Batch(
            epoch=0,
            given={
                user_id: frozenset(proposal.ref for other, proposal in proposals.items() if other != user_id)
                for user_id in offers
            },
            adds={proposal.ref: offers[user_id] for user_id, proposal in proposals.items()},
            removes={},
        )
        for user_id in offers:
            others = [proposal for other, proposal in proposals.items() if other != user_id]
            self._clients[user_id].tainted_after = self._last_transition
            self._send(user_id, Op.PROPOSALS, mls.append(others))

    def _propose(self, members: set[int], removes: list[int], packages: list[mls.KeyPackage]) -> None:
        gone = [self._sender.remove(group_id=self.channel_id, epoch=self._epoch, leaf=leaf) for leaf in removes]
        new = [
            self._sender.add(group_id=self.channel_id, epoch=self._epoch, key_package=package) for package in packages
        ]
        refs = frozenset(proposal.ref for proposal in gone + new)
        self._batch = _Batch(
            epoch=self._epoch,
            given=dict.fromkeys(members, refs),
            adds={proposal.ref: package for proposal, package in zip(new, packages, strict=True)},
            removes={proposal.ref: leaf for proposal, leaf in zip(gone, removes, strict=True)},
        )
        for user_id in members:
            self._send(user_id, Op.PROPOSALS, mls.append(gone + new))

    def _announce(
        self, commit: mls.Commit, welcome: mls.Welcome | None, told: set[int], added: list[mls.KeyPackage]
    ) -> None:
        # A welcome for a key package that was replaced since would not open.
        welcomed = [package for package in added if self._is_current(package)]
        transition_id = self._begin_transition(
            [*told, *(package.user_id for package in welcomed)], version=PROTOCOL_VERSION
        )
        prefix = transition_id.to_bytes(2)
        for user_id in told:
            self._send_unless_skipped(user_id, Op.ANNOUNCE_COMMIT, prefix + commit.message)
        if welcome is not None:
            for package in welcomed:
                self._send_unless_skipped(package.user_id, Op.WELCOME, prefix + welcome.only(package.ref))

    def _is_current(self, package: mls.KeyPackage) -> bool:
        client = self._clients.get(package.user_id)
        return client is not None and client.key_package is not None and client.key_package.ref == package.ref

    def _send_unless_skipped(self, user_id: int, op: Op, payload: bytes) -> None:
        if user_id in self._skipped:
            self._skipped.discard(user_id)
        else:
            self._send(user_id, op, payload)

    def _begin_transition(self, user_ids: Iterable[int], *, version: int) -> int:
        self._last_transition = self._last_transition % 0xFFFF + 1  # 0 means (re)initialisation
        recipients = frozenset(user_ids)
        self._transitions[self._last_transition] = _Transition(
            recipients=recipients,
            waiting=set(recipients),
            deadline_s=self._clock() + EXECUTION_TIMEOUT_S,
            version=version,
        )
        return self._last_transition

    def _execute_ready(self) -> None:
        done = [transition_id for transition_id, known in self._transitions.items() if not known.waiting]
        for transition_id in done:
            for user_id in self._clients:  # in the order they came
                if user_id in self._transitions[transition_id].recipients:
                    self._send(user_id, Op.EXECUTE_TRANSITION, {"transition_id": transition_id})
            del self._transitions[transition_id]
