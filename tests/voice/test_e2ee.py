"""DAVE: only the sender's key opens a frame, nothing unencrypted passes, and davey's errors end nobody's task."""

from __future__ import annotations

import os

import davey
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.loopback.group import Group
from bot.voice.e2ee import DaveFrames, FrameNotOpened, GuardedSession, Plain, Reason, is_protocol_frame
from tests.voice.call import ANA, BEN, BOT, CLEO

FRAME = b"\x78" + bytes(range(60))


@pytest.fixture(scope="module")
def group() -> Group:
    return Group(BOT, ANA, BEN)


def refused(frames: DaveFrames, user_id: int, sealed: bytes) -> Reason:
    with pytest.raises(FrameNotOpened) as caught:
        frames.open(user_id, sealed)
    assert caught.value.__cause__ is None
    return caught.value.reason


def test_what_a_member_sealed_opens_for_that_member(group: Group) -> None:
    frames = DaveFrames(group.session(BOT))

    for user_id in (ANA, BEN):
        assert frames.open(user_id, group.session(user_id).encrypt_opus(FRAME)) == FRAME


def test_a_frame_opens_once(group: Group) -> None:
    frames, sealed = DaveFrames(group.session(BOT)), group.session(ANA).encrypt_opus(FRAME)
    frames.open(ANA, sealed)

    assert refused(frames, ANA, sealed) is Reason.WRONG_KEY


def test_trying_the_wrong_member_fails_and_spoils_nothing(group: Group) -> None:
    frames, sealed = DaveFrames(group.session(BOT)), group.session(ANA).encrypt_opus(FRAME)

    assert refused(frames, BEN, sealed) is Reason.WRONG_KEY
    assert frames.open(ANA, sealed) == FRAME


def test_somebody_outside_the_group_has_no_key(group: Group) -> None:
    frames, sealed = DaveFrames(group.session(BOT)), group.session(ANA).encrypt_opus(FRAME)

    assert refused(frames, CLEO, sealed) is Reason.NO_DECRYPTOR
    assert refused(frames, BOT, sealed) is Reason.NO_DECRYPTOR


def test_without_a_group_there_are_no_members_and_no_keys() -> None:
    frames = DaveFrames(davey.DaveSession(1, BOT, 777))

    assert frames.members() == set()
    assert refused(frames, ANA, Group(BOT, ANA).session(ANA).encrypt_opus(FRAME)) is Reason.NO_DECRYPTOR


def test_members_are_all_the_others(group: Group) -> None:
    assert DaveFrames(group.session(BOT)).members() == {ANA, BEN}


def test_who_joins_is_heard_and_who_left_is_not() -> None:
    group = Group(BOT, ANA)
    frames = DaveFrames(group.session(BOT))

    group.add(BEN)
    assert frames.open(BEN, group.session(BEN).encrypt_opus(FRAME)) == FRAME
    assert frames.open(ANA, group.session(ANA).encrypt_opus(FRAME)) == FRAME
    gone = group.session(BEN)
    group.remove(BEN)

    assert frames.members() == {ANA}
    assert frames.open(ANA, group.session(ANA).encrypt_opus(FRAME)) == FRAME
    assert refused(frames, BEN, gone.encrypt_opus(FRAME)) in {Reason.NO_DECRYPTOR, Reason.WRONG_KEY}


def test_plaintext_is_refused_even_after_davey_was_told_to_let_it_pass() -> None:
    group = Group(BOT, ANA)
    group.session(BOT).set_passthrough_mode(True, 120)
    assert group.session(BOT).decrypt(ANA, davey.MediaType.audio, FRAME) == FRAME

    frames = DaveFrames(group.session(BOT))

    assert refused(frames, ANA, FRAME) is Reason.NOT_ENCRYPTED


@given(st.binary(max_size=60), st.binary(max_size=12), st.integers(0, 255))
def test_nothing_made_up_opens_even_with_passthrough(body: bytes, trailer: bytes, size: int) -> None:
    frames = DaveFrames(open_door())

    with pytest.raises(FrameNotOpened):
        frames.open(ANA, body + trailer + bytes([size]) + b"\xfa\xfa")


_doors: list[davey.DaveSession] = []


def open_door() -> davey.DaveSession:
    if not _doors:
        _doors.append(Group(BOT, ANA).session(BOT))
        _doors[0].set_passthrough_mode(True, 120)
    return _doors[0]


@pytest.mark.parametrize("sent", [1, 100, 200, 20_000])
def test_frames_have_the_trailer_at_every_length_of_nonce(sent: int) -> None:
    session = Group(BOT, ANA).session(ANA)
    for _ in range(sent - 1):
        session.encrypt_opus(b"\x78\x00")

    assert is_protocol_frame(session.encrypt_opus(FRAME))


TAG = bytes(8)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        (b"opus" + TAG + b"\x01\x0c\xfa\xfa", True),
        (b"opus" + TAG + b"\x80\x01\x0d\xfa\xfa", True),
        (b"opus" + TAG + b"\xff\xff\xff\xff\x0f\x10\xfa\xfa", True),
        (b"o" + TAG + b"\x01\x0c\xfa\xfa", True),
        (TAG + b"\x01\x0c\xfa\xfa", False),  # nothing inside
        (b"opus" + TAG + b"\x01\x0c\xfa\xfb", False),
        (b"opus" + TAG + b"\x01\x0c\xfa\xfa\x00", False),  # padding left on
        (b"opus" + TAG + b"\x81\x0c\xfa\xfa", False),  # the nonce does not end
        (b"opus" + TAG + b"\x01\x01\x0d\xfa\xfa", False),  # something behind the nonce
        (b"opus" + TAG + b"\xff\xff\xff\xff\x10\x10\xfa\xfa", False),  # more than 32 bits
        (b"opus" + TAG + b"\x80\x80\x80\x80\x80\x01\x11\xfa\xfa", False),
        (b"opus" + TAG + b"\x0b\xfa\xfa", False),
        (b"opus" + TAG + b"\x01\xff\xfa\xfa", False),
        (b"\xfa\xfa", False),
        (b"", False),
        (b"\xf8\xff\xfe", False),
    ],
)
def test_a_trailer_is_checked_to_the_byte(frame: bytes, expected: bool) -> None:  # noqa: FBT001 - a table
    assert is_protocol_frame(frame) is expected


def test_a_stage_passes_frames_through_and_knows_nobody() -> None:
    assert Plain().open(ANA, FRAME) is FRAME
    assert Plain().members() == set()
    assert not Plain.end_to_end


class Guarded:
    """A guarded session of its own group, and what it told."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.group = Group(BOT, ANA)
        self.session = GuardedSession(self.group.session(BOT), on_fault=self.faults.append)


def test_messages_that_davey_cannot_process_are_counted_and_raise_nothing() -> None:
    guarded = Guarded()

    guarded.session.set_external_sender(b"junk")
    result = guarded.session.process_proposals(davey.ProposalsOperationType.append, b"junk")
    guarded.session.process_proposals(davey.ProposalsOperationType.revoke, os.urandom(40))

    assert result is None
    assert guarded.faults == ["external sender", "proposals", "proposals"]
    assert guarded.session.faults == {"external sender": 1, "proposals": 2}


def test_a_bad_commit_or_welcome_still_raises_because_discord_py_recovers_from_that() -> None:
    guarded = Guarded()

    for process in (guarded.session.process_commit, guarded.session.process_welcome):
        with pytest.raises(ValueError, match=r"."):
            process(b"junk")

    assert not guarded.faults


def test_a_guarded_session_goes_through_a_whole_group_life() -> None:
    faults: list[str] = []
    guarded = GuardedSession(davey.DaveSession(1, BOT, 777), on_fault=faults.append)
    group = Group()
    group.add(BOT, guarded)
    group.add(ANA)

    assert DaveFrames(guarded).open(ANA, group.session(ANA).encrypt_opus(FRAME)) == FRAME
    assert guarded.ready
    assert guarded.voice_privacy_code
    guarded.set_passthrough_mode(False, 10)
    guarded.reset()
    assert not faults


class Panic(BaseException):
    """Named as PyO3 names a panic of Rust code, which is no Exception."""


Panic.__name__ = "PanicException"


class Broken:
    """A session that does nothing but fail."""

    user_id = BOT

    def __init__(self, error: BaseException) -> None:
        self.error = error

    def decrypt(self, *_: object) -> bytes:
        raise self.error

    set_external_sender = process_proposals = reset = set_passthrough_mode = decrypt


@pytest.mark.parametrize("error", [Panic(), ValueError("NoValidCryptorFound"), RuntimeError()])
def test_even_a_panic_inside_davey_is_a_frame_not_opened_and_a_fault_counted(error: BaseException) -> None:
    faults: list[str] = []
    broken: davey.DaveSession = Broken(error)  # type: ignore[assignment]
    sealed = Group(BOT, ANA).session(ANA).encrypt_opus(FRAME)

    assert refused(DaveFrames(broken), ANA, sealed) is Reason.WRONG_KEY
    guarded = GuardedSession(broken, on_fault=faults.append)
    guarded.reset()
    guarded.set_passthrough_mode(True)

    assert faults == ["reset", "passthrough"]


def test_an_interrupt_is_not_swallowed() -> None:
    broken: davey.DaveSession = Broken(KeyboardInterrupt())  # type: ignore[assignment]
    sealed = Group(BOT, ANA).session(ANA).encrypt_opus(FRAME)

    with pytest.raises(KeyboardInterrupt):
        DaveFrames(broken).open(ANA, sealed)
    with pytest.raises(KeyboardInterrupt):
        GuardedSession(broken, on_fault=print).reset()
