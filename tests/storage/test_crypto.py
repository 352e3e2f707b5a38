from __future__ import annotations

import json
import pickle
from copy import copy
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from uuid import UUID, uuid4

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from storage.crypto import (
    OVERHEAD_BYTES,
    DataKey,
    Place,
    commitment,
    encode,
    key_id_of,
    wipe,
    wrapping_place,
)
from storage.errors import DecryptionFailed, UnknownKey

SECRET = bytes(range(32))
SUBJECT = UUID("0f0e0d0c-0b0a-4908-8706-050403020100")
KEY_ID = UUID("00010203-0405-4607-8809-0a0b0c0d0e0f")
ROW = UUID("10111213-1415-4617-9819-1a1b1c1d1e1f")
PLACE = Place("turn", "enc_body", ROW, 7)
GOLDEN = Path(__file__).parent / "golden" / "fields.json"


def data_key(secret: bytes = SECRET, *, subject: UUID = SUBJECT, key_id: UUID = KEY_ID, version: int = 1) -> DataKey:
    return DataKey(bytearray(secret), subject=subject, key_id=key_id, version=version)


places = st.builds(
    Place, st.text(max_size=20), st.text(max_size=20), st.uuids(), st.integers(min_value=0, max_value=2**64 - 1)
)


@given(st.binary(max_size=300), places)
def test_what_was_sealed_opens_in_its_place(plaintext: bytes, place: Place) -> None:
    key = data_key()

    assert key.open(key.seal(plaintext, place), place) == plaintext


@given(st.binary(max_size=300), places, places)
def test_what_was_sealed_opens_in_no_other_place(plaintext: bytes, place: Place, other: Place) -> None:
    key = data_key()
    sealed = key.seal(plaintext, place)

    if place == other:
        assert key.open(sealed, other) == plaintext
    else:
        with pytest.raises(DecryptionFailed):
            key.open(sealed, other)


def test_every_changed_bit_is_noticed() -> None:
    key = data_key()
    sealed = key.seal(b"What would you do differently?", PLACE)

    for position in range(len(sealed)):
        for bit in range(8):
            changed = bytearray(sealed)
            changed[position] ^= 1 << bit
            with pytest.raises((DecryptionFailed, UnknownKey)):
                key.open(bytes(changed), PLACE)


def test_every_cut_and_every_addition_is_noticed() -> None:
    key = data_key()
    sealed = key.seal(b"words", PLACE)

    for length in range(len(sealed)):
        with pytest.raises(DecryptionFailed):
            key.open(sealed[:length], PLACE)
    with pytest.raises(DecryptionFailed):
        key.open(sealed + b"\0", PLACE)


@pytest.mark.parametrize(
    "other",
    [
        replace(PLACE, table="feedback"),
        replace(PLACE, column="enc_title"),
        replace(PLACE, row=uuid4()),
        replace(PLACE, revision=8),
        replace(PLACE, revision=-1),
        replace(PLACE, table="turnenc_", column="body"),
    ],
    ids=["table", "column", "row", "revision", "no revision at all", "the border between table and column"],
)
def test_a_field_that_was_moved_does_not_open(other: Place) -> None:
    key = data_key()

    with pytest.raises(DecryptionFailed):
        key.open(key.seal(b"words", PLACE), other)


@pytest.mark.parametrize(
    "other",
    [data_key(subject=uuid4()), data_key(version=2), data_key(bytes(32))],
    ids=["another subject", "another version", "another secret"],
)
def test_a_key_that_says_it_is_another_opens_nothing(other: DataKey) -> None:
    sealed = data_key().seal(b"words", PLACE)

    with pytest.raises(DecryptionFailed):
        other.open(sealed, PLACE)


def test_a_field_of_another_key_is_not_even_tried() -> None:
    with pytest.raises(UnknownKey):
        data_key(key_id=uuid4()).open(data_key().seal(b"words", PLACE), PLACE)


def test_the_same_words_are_never_sealed_the_same() -> None:
    key = data_key()

    assert len({key.seal(b"yes", PLACE) for _ in range(1000)}) == 1000


def test_a_sealed_field_is_as_much_longer_as_is_said() -> None:
    assert len(data_key().seal(b"12345", PLACE)) == 5 + OVERHEAD_BYTES


def test_a_field_names_its_key_without_it() -> None:
    assert key_id_of(data_key().seal(b"", PLACE)) == KEY_ID


@pytest.mark.parametrize("not_sealed", [b"", b"\x01", b"\x02" + bytes(60), b"words"])
def test_bytes_that_were_never_sealed_are_refused(not_sealed: bytes) -> None:
    with pytest.raises(DecryptionFailed):
        key_id_of(not_sealed)


def test_the_memory_that_a_key_came_in_is_overwritten() -> None:
    secret = bytearray(SECRET)

    DataKey(secret, subject=SUBJECT, key_id=KEY_ID, version=1)

    assert secret == bytes(32)


def test_a_wiped_key_neither_seals_nor_opens() -> None:
    key = data_key()
    sealed = key.seal(b"words", PLACE)

    key.wipe()

    assert key.wiped
    with pytest.raises(UnknownKey):
        key.open(sealed, PLACE)
    with pytest.raises(UnknownKey):
        key.seal(b"words", PLACE)


def test_nothing_is_left_of_what_did_not_open() -> None:
    key = data_key()
    sealed = bytearray(key.seal(b"words", PLACE))
    sealed[-1] ^= 1
    into = bytearray(b"old!!")

    with pytest.raises(DecryptionFailed):
        key.open_into(bytes(sealed), PLACE, into)

    assert into == bytes(5)


def test_a_buffer_of_another_length_is_refused() -> None:
    key = data_key()

    with pytest.raises(ValueError, match="as long as"):
        key.open_into(key.seal(b"words", PLACE), PLACE, bytearray(4))


def test_a_key_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        data_key(bytes(16))


def test_a_key_shows_and_copies_nothing() -> None:
    key = data_key()

    assert repr(key) == "<DataKey>"
    with pytest.raises(TypeError):
        pickle.dumps(key)
    with pytest.raises(TypeError):
        copy(key)


def test_wiping_overwrites_in_place() -> None:
    buffer = bytearray(b"secret")
    view = memoryview(buffer)

    wipe(buffer)

    assert bytes(view) == bytes(6)


fields = st.lists(
    st.one_of(st.text(max_size=8), st.binary(max_size=8), st.integers(0, 2**64 - 1), st.uuids()), max_size=5
)


def as_bytes(field: str | bytes | int | UUID) -> bytes:
    match field:
        case str():
            return field.encode()
        case int():
            return field.to_bytes(8, "big")
        case UUID():
            return field.bytes
        case _:
            return field


@given(fields, fields)
def test_no_two_lists_of_fields_have_one_encoding(one: list[Any], other: list[Any]) -> None:
    same = [as_bytes(field) for field in one] == [as_bytes(field) for field in other]

    assert (encode(*one) == encode(*other)) is same


def test_two_keys_have_two_commitments() -> None:
    assert commitment(SECRET) != commitment(bytes(32))
    assert commitment(bytearray(SECRET)) == commitment(SECRET)


@pytest.mark.parametrize(
    "changed",
    [{"subject": uuid4()}, {"key_id": uuid4()}, {"version": 2}, {"kek_version": 2}],
    ids=["subject", "key", "version", "key-encryption key"],
)
def test_a_wrapped_key_is_bound_to_what_it_is(changed: dict[str, Any]) -> None:
    original: dict[str, Any] = {"subject": SUBJECT, "key_id": KEY_ID, "version": 1, "kek_version": 1}

    assert wrapping_place(**original) != wrapping_place(**original | changed)


def golden() -> list[dict[str, Any]]:
    return cast("list[dict[str, Any]]", json.loads(GOLDEN.read_text(encoding="utf-8")))


@pytest.mark.parametrize("vector", golden(), ids=lambda vector: vector["name"])
def test_fields_sealed_long_ago_still_open(vector: dict[str, Any]) -> None:
    key = data_key(
        bytes.fromhex(vector["secret"]),
        subject=UUID(vector["subject"]),
        key_id=UUID(vector["key_id"]),
        version=vector["version"],
    )
    place = Place(vector["table"], vector["column"], UUID(vector["row"]), vector["revision"])

    assert key.open(bytes.fromhex(vector["sealed"]), place) == bytes.fromhex(vector["plaintext"])
    assert commitment(bytes.fromhex(vector["secret"])) == bytes.fromhex(vector["commitment"])


@pytest.mark.parametrize("vector", golden(), ids=lambda vector: vector["name"])
def test_the_format_can_be_opened_from_its_description_alone(vector: dict[str, Any]) -> None:
    sealed = bytes.fromhex(vector["sealed"])
    pieces = [
        (1).to_bytes(8, "big"),
        vector["table"].encode(),
        vector["column"].encode(),
        UUID(vector["row"]).bytes,
        UUID(vector["subject"]).bytes,
        UUID(vector["key_id"]).bytes,
        vector["version"].to_bytes(8, "big"),
        vector["revision"].to_bytes(8, "big"),
    ]
    associated = b"".join(len(piece).to_bytes(4, "big") + piece for piece in pieces)

    assert sealed[0] == 1
    assert sealed[1:17] == UUID(vector["key_id"]).bytes
    opened = AESGCM(bytes.fromhex(vector["secret"])).decrypt(sealed[17:29], sealed[29:], associated)
    assert opened == bytes.fromhex(vector["plaintext"])
