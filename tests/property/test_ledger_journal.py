"""The canonical hash: one text a content, so that any change of any field changes it."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from socialshop.kernel.time import exact_text
from socialshop.ledger.journal import content_hash

WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=20)
EPOCH = datetime(1990, 1, 1, tzinfo=UTC)
MOMENTS = st.integers(0, 10**15).map(lambda microseconds: EPOCH + timedelta(microseconds=microseconds))
INSTANTS = MOMENTS.map(exact_text)
LINES = st.lists(
    st.tuples(WORDS, st.integers(-(10**17), 10**17), st.sampled_from(["CNY", "USD", "JPY"]), st.none() | st.uuids()),
    min_size=2,
    max_size=6,
)
CONTENTS = st.tuples(WORDS, WORDS, INSTANTS, st.none() | WORDS.filter(lambda word: word != "-"), LINES)
Content = tuple[str, str, str, str | None, list[tuple[str, int, str, uuid.UUID | None]]]


def hash_of(content: Content) -> bytes:
    reference, kind, posted_at, reverses, lines = content
    texts = [
        f"{account}\t{amount}\t{currency}\t{subject.hex if subject else '-'}"
        for account, amount, currency, subject in lines
    ]
    return content_hash(reference, kind, posted_at, reverses, texts)


@given(CONTENTS, CONTENTS)
def test_two_contents_have_one_hash_only_if_they_are_one(one: Content, other: Content) -> None:
    assert (hash_of(one) == hash_of(other)) is (one == other)


@given(CONTENTS, CONTENTS, st.data())
def test_the_hash_changes_with_any_field(content: Content, other: Content, data: st.DataObject) -> None:
    field = data.draw(st.integers(0, 4))
    changed = tuple(other[n] if n == field else value for n, value in enumerate(content))
    assert (hash_of(changed) == hash_of(content)) is (other[field] == content[field])  # type: ignore[arg-type]


@given(CONTENTS, st.data())
def test_the_hash_changes_with_any_field_of_any_posting(content: Content, data: st.DataObject) -> None:
    lines = content[4]
    at, field = data.draw(st.integers(0, len(lines) - 1)), data.draw(st.integers(0, 3))
    others = ("member:1:pending", 1, "EUR", uuid.UUID(int=1))
    line = tuple(others[n] if n == field else value for n, value in enumerate(lines[at]))
    changed = [*lines[:at], line, *lines[at + 1 :]]
    assert (hash_of((*content[:4], changed)) == hash_of(content)) is (line == lines[at])  # type: ignore[arg-type]


@given(CONTENTS)
def test_the_order_and_number_of_postings_are_in_the_hash(content: Content) -> None:
    lines = content[4]
    assert hash_of((*content[:4], lines[:-1])) != hash_of(content)
    assert (hash_of((*content[:4], lines[::-1])) == hash_of(content)) is (lines == lines[::-1])


@given(MOMENTS, st.integers(-14, 14))
def test_an_instant_has_one_text_whatever_its_zone(at: datetime, hours: int) -> None:
    assert exact_text(at.astimezone(timezone(timedelta(hours=hours)))) == exact_text(at)
    assert len(exact_text(at)) == len("2026-01-01T00:00:00.000000Z")
