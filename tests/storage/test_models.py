from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Column, LargeBinary, MetaData
from sqlalchemy.dialects import sqlite

from storage.models import Basis, Content, Keyring, Moment, Privacy, Retention, Why

ALLOWED = {
    "privacy": set(get_args(Privacy)),
    "purpose": set(get_args(Why)),
    "basis": set(get_args(Basis)),
    "retention": set(get_args(Retention)),
}
METADATA: tuple[MetaData, ...] = (Content.metadata, Keyring.metadata)
COLUMNS: list[Column[Any]] = [
    column for metadata in METADATA for table in metadata.tables.values() for column in table.c
]


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_every_column_says_how_it_is_protected_and_why_it_is_there(column: Column[Any]) -> None:
    assert set(column.info) == set(ALLOWED)
    for name, value in column.info.items():
        assert value in ALLOWED[name], (name, value)


def test_a_columns_name_says_how_it_is_protected() -> None:
    for column in COLUMNS:
        sealed = column.name.startswith("enc_") or column.name == "wrapped"
        indexed = column.name == "idx" or column.name.endswith("_idx") or column.name == "pseudonym"
        assert column.info["privacy"] == ("cipher" if sealed else "index" if indexed else "public"), str(column)
        if sealed:
            assert isinstance(column.type, LargeBinary), str(column)


def test_what_happens_on_consent_is_no_matter_of_other_grounds() -> None:
    for column in COLUMNS:
        if column.info["purpose"] in {"analytics", "captions", "transcripts"}:
            assert column.info["basis"] == "consent", str(column)


def test_no_column_holds_a_discord_id_a_name_or_an_address_in_the_open() -> None:
    words = {"discord", "user", "guild", "channel", "message", "name", "email", "ip", "nick", "avatar"}
    named = {str(column) for column in COLUMNS if words & set(column.name.split("_"))}

    # A sealed id, and the names of a job and of an analytics event.
    assert named == {"subject.enc_discord_id", "lease.name", "analytics_event.name"}


def test_the_tables_are_the_ones_that_are_documented() -> None:
    assert sorted(Keyring.metadata.tables) == ["dek", "meta", "opt_out", "tombstone"]
    assert " ".join(sorted(Content.metadata.tables)) == (
        "ai_job analytics_event audit block budget consent_event consent_link feedback guild_question guild_setting "
        "idempotency lease live_message meta offer preference queue_entry rating request reservation "
        "retention_run server share subject transcript turn usage"
    )


def test_nothing_is_deleted_along_with_something_else() -> None:
    for column in COLUMNS:
        for key in column.foreign_keys:
            assert key.ondelete is None


def test_every_moment_that_rows_expire_at_is_indexed() -> None:
    for metadata in METADATA:
        for table in metadata.tables.values():
            leading = {next(iter(index.columns)).name for index in table.indexes}
            if "expires_at" in table.c and table.name not in {"lease", "ai_job"}:
                assert "expires_at" in leading, table.name


moments = st.datetimes(datetime(1970, 1, 2), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  the bounds are naive


@given(moments)
def test_a_moment_comes_back_to_the_microsecond(moment: datetime) -> None:
    stored = Moment().process_bind_param(moment, sqlite.dialect())

    assert Moment().process_result_value(stored, sqlite.dialect()) == moment


@given(moments, moments)
def test_moments_are_ordered_as_they_are_stored(one: datetime, other: datetime) -> None:
    first = Moment().process_bind_param(one, sqlite.dialect())
    second = Moment().process_bind_param(other, sqlite.dialect())

    assert first is not None
    assert second is not None
    assert (first < second) is (one < other)


def test_a_moment_of_another_zone_is_stored_in_utc() -> None:
    moment = datetime(2026, 11, 23, 18, 0, tzinfo=timezone(timedelta(hours=2)))

    stored = Moment().process_bind_param(moment, sqlite.dialect())

    assert Moment().process_result_value(stored, sqlite.dialect()) == datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    assert isinstance(Moment().impl, BigInteger)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(TypeError):
        Moment().process_bind_param(datetime(2026, 11, 23), sqlite.dialect())  # noqa: DTZ001  that is the point
