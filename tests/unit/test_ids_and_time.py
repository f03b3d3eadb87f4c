"""Ids sort by time and tell their kind; instants are aware or they are nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import from_public, new_id, new_ids, to_public
from socialshop.kernel.time import as_utc, parse_instant, to_text


def test_ids_are_uuid_version_7_and_a_batch_is_in_order() -> None:
    ids = new_ids(1000)
    assert len(set(ids)) == 1000
    assert ids == sorted(ids)
    assert {(i.version, i.variant) for i in ids} == {(7, "specified in RFC 4122")}


@given(st.uuids())
def test_a_public_id_comes_back(key: object) -> None:
    import uuid

    assert isinstance(key, uuid.UUID)
    assert from_public("mbr", to_public("mbr", key)) == key


@pytest.mark.parametrize(
    "text", ["", "mbr", "mbr_", "mbr_short", "room_" + "0" * 26, "mbr_" + "l" * 26, "mbr_" + "z" * 26]
)
def test_a_malformed_or_foreign_id_is_not_found(text: str) -> None:
    with pytest.raises(NotFound):
        from_public("mbr", text)


def test_a_room_is_no_order() -> None:
    with pytest.raises(NotFound):
        from_public("order", to_public("room", new_id()))


def test_an_instant_is_read_into_utc() -> None:
    assert parse_instant("1997-01-01T20:00:00+08:00") == datetime(1997, 1, 1, 12, tzinfo=UTC)
    assert to_text(datetime(1997, 1, 1, 20, tzinfo=timezone(timedelta(hours=8)))) == "1997-01-01T12:00:00Z"


@pytest.mark.parametrize(
    "text",
    [
        "1997-01-05 12:00",
        "1997-02-30T12:00:00Z",
        "1997-01-01",
        "yesterday",
        "",
        "1997-01-01T25:00:00Z",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue):
        parse_instant(text)


def test_a_naive_datetime_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        as_utc(datetime(2026, 1, 1))  # noqa: DTZ001
