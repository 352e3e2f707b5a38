"""The encodings of MLS, against RFC 9420's rules, a known answer, and davey."""

from __future__ import annotations

import hashlib
import struct
from contextlib import suppress

import davey
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from hypothesis import given
from hypothesis import strategies as st

from bot.loopback import mls
from bot.loopback.mls import ExternalSender, MalformedMls, Reader

CHANNEL, ALICE, BOB = 999, 111, 222


def newcomer(sender: ExternalSender, user_id: int) -> tuple[davey.DaveSession, mls.KeyPackage]:
    session = davey.DaveSession(1, user_id, CHANNEL)
    session.set_external_sender(sender.package)
    return session, mls.parse_key_package(session.get_serialized_key_package())


@given(st.binary(max_size=200))
def test_a_vector_reads_back_as_what_was_written(body: bytes):
    reader = Reader(mls.vector(body) + b"rest")

    assert reader.vector() == body
    assert reader.rest() == b"rest"


@pytest.mark.parametrize(
    ("length", "prefix"),
    [
        (0, "00"),
        (63, "3f"),
        (64, "4040"),
        (65, "4041"),
        (16_383, "7fff"),
        (16_384, "80004000"),
        (100_000, "800186a0"),
    ],
)
def test_a_length_takes_the_shortest_of_three_forms(length: int, prefix: str):
    written = mls.vector(bytes(length))

    assert written[: -length or None].hex() == prefix
    assert Reader(written).vector() == bytes(length)


@pytest.mark.parametrize("start", ["4000", "403f", "80000000", "80003fff", "c000000000000000"])
def test_a_length_in_another_form_is_refused(start: str):
    with pytest.raises(MalformedMls):
        Reader(bytes.fromhex(start) + bytes(20_000)).vector()


@given(st.binary(max_size=700))
def test_noise_is_malformed_and_nothing_else(noise: bytes):
    for parse in (mls.parse_key_package, mls.split_commit, mls.parse_welcome):
        with suppress(MalformedMls):
            parse(noise)


@given(data=st.data())
def test_changed_or_cut_handshakes_are_malformed_and_nothing_else(data: st.DataObject):
    whole = data.draw(st.sampled_from(HANDSHAKES))
    changed = bytearray(whole[: data.draw(st.integers(0, len(whole)))])
    if changed:
        changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(0, 255))

    for parse in (mls.parse_key_package, mls.split_commit, mls.parse_welcome):
        with suppress(MalformedMls):
            parse(bytes(changed))


def handshakes() -> list[bytes]:
    sender = ExternalSender()
    alice, package = newcomer(sender, ALICE)
    _, bobs = newcomer(sender, BOB)
    added = sender.add(group_id=CHANNEL, epoch=0, key_package=bobs)
    answer = alice.process_proposals(davey.ProposalsOperationType.append, mls.append([added])[1:])
    assert answer is not None
    assert answer.welcome is not None
    return [package.body, answer.commit + answer.welcome, answer.welcome]


HANDSHAKES = handshakes()


def test_expand_label_leads_from_a_known_base_to_its_known_key_and_nonce():
    base = bytes.fromhex("cedd61b1b8a1ca69046554282cf70b7b")

    def derive(label: str, length: int) -> str:
        info = mls.expand_label(label, struct.pack(">I", 0), length)
        return HKDFExpand(SHA256(), length, info).derive(base).hex()

    assert derive("key", 16) == "7530f9a9945e2d2e06d0651f7b2a864b"
    assert derive("nonce", 12) == "301e5f4b74090f985e726bb2"


def test_an_external_sender_is_its_point_and_one_zero_byte():
    sender = ExternalSender(ec.derive_private_key(1, ec.SECP256R1()))

    # The generator of P-256, for the private key is 1. Source: SEC 2, section 2.4.2.
    point = (
        "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
        "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
    )
    assert sender.package.hex() == "4041" + point + "0001" + "0100"
    assert len(sender.package) == 71


def test_a_proposals_bytes_are_where_the_rfc_says():
    removal = ExternalSender().remove(group_id=CHANNEL, epoch=7, leaf=3)

    content = struct.pack(">BQQBIBBHI", 8, CHANNEL, 7, 2, 0, 0, 2, 3, 3)
    assert removal.message.startswith(bytes.fromhex("00010001") + content)
    reader = Reader(removal.message[4 + len(content) :])
    reader.vector()
    reader.end("proposal")
    named = b"\x1aMLS 1.0 Proposal Reference" + mls.vector(removal.message[2:])
    assert removal.ref == hashlib.sha256(named).digest()


def test_davey_takes_in_who_was_proposed_and_puts_out_who_was():
    sender = ExternalSender()
    alice, _ = newcomer(sender, ALICE)
    bob, package = newcomer(sender, BOB)

    added = sender.add(group_id=CHANNEL, epoch=0, key_package=package)
    answer = alice.process_proposals(davey.ProposalsOperationType.append, mls.append([added])[1:])
    assert answer is not None
    commit, welcome = mls.split_commit(answer.commit + (answer.welcome or b""))

    assert (commit.epoch, commit.leaf, commit.refs) == (0, 0, (added.ref,))
    assert (commit.group_id, commit.message) == (CHANNEL.to_bytes(8), answer.commit)
    assert welcome is not None
    alice.process_commit(commit.message)
    bob.process_welcome(welcome.only(package.ref))
    assert alice.get_epoch_authenticator() == bob.get_epoch_authenticator()

    removed = sender.remove(group_id=CHANNEL, epoch=1, leaf=1)
    answer = alice.process_proposals(davey.ProposalsOperationType.append, mls.append([removed])[1:])
    assert answer is not None
    commit, welcome = mls.split_commit(answer.commit)
    assert (commit.epoch, commit.refs, welcome) == (1, (removed.ref,), None)
    alice.process_commit(commit.message)
    assert alice.get_user_ids() == [str(ALICE)]


def test_davey_takes_a_proposal_back():
    sender = ExternalSender()
    alice, _ = newcomer(sender, ALICE)
    _, package = newcomer(sender, BOB)
    added = sender.add(group_id=CHANNEL, epoch=0, key_package=package)
    alice.process_proposals(davey.ProposalsOperationType.append, mls.append([added])[1:])

    assert alice.status is davey.SessionStatus.awaiting_response
    assert alice.process_proposals(davey.ProposalsOperationType.revoke, mls.revoke([added.ref])[1:]) is None
    assert alice.status is not davey.SessionStatus.awaiting_response


def test_a_welcome_can_be_cut_to_one_newcomer():
    sender = ExternalSender()
    alice, _ = newcomer(sender, ALICE)
    others = [newcomer(sender, user_id) for user_id in (BOB, 333, 444)]
    added = [sender.add(group_id=CHANNEL, epoch=0, key_package=package) for _, package in others]

    answer = alice.process_proposals(davey.ProposalsOperationType.append, mls.append(added)[1:])

    assert answer is not None
    _, welcome = mls.split_commit(answer.commit + (answer.welcome or b""))
    assert welcome is not None
    assert set(welcome.secrets) == {package.ref for _, package in others}
    for session, package in others:
        one = welcome.only(package.ref)
        assert len(one) < len(answer.welcome or b"")
        session.process_welcome(one)
        assert set(session.get_user_ids()) == {"111", "222", "333", "444"}


def test_a_key_package_is_taken_with_and_without_message_header():
    session = davey.DaveSession(1, ALICE, CHANNEL)
    body = session.get_serialized_key_package()

    assert body.startswith(bytes.fromhex("00010002"))
    assert mls.parse_key_package(bytes.fromhex("00010005") + body) == mls.parse_key_package(body)
    assert mls.parse_key_package(body).user_id == ALICE


def test_a_key_package_whose_owner_was_changed_is_refused():
    body = bytearray(davey.DaveSession(1, ALICE, CHANNEL).get_serialized_key_package())
    at = body.index(ALICE.to_bytes(8))
    body[at + 7] = BOB

    with pytest.raises(MalformedMls):
        mls.parse_key_package(bytes(body))


def test_no_representation_shows_handshake_bytes():
    session = davey.DaveSession(1, ALICE, CHANNEL)
    package = mls.parse_key_package(session.get_serialized_key_package())

    assert repr(package) == f"KeyPackage(user_id={ALICE})"
