"""Text that is set by width: what fits, where it breaks, and what is left out."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialshop.invites.typesetting import ELLIPSIS, ellipsize, wrap


def wide(text: str) -> int:
    """Chinese signs are twice as wide as Latin ones."""
    return sum(2 if sign >= "\u2e80" else 1 for sign in text)


@pytest.mark.parametrize(
    ("text", "width", "most", "lines"),
    [
        ("spring tea", 20, 3, ["spring tea"]),
        ("spring tea for five", 10, 3, ["spring tea", "for five"]),
        ("明前龙井春茶", 6, 3, ["明前龙", "井春茶"]),
        ("明前龙，井", 6, 3, ["明前", "龙，井"]),
        ("龙井 spring tea", 9, 3, ["龙井", "spring", "tea"]),
        ("abcdefgh", 3, 2, ["abc", "de" + ELLIPSIS]),
        ("one two three four", 7, 2, ["one two", "three" + ELLIPSIS]),
        ("  a \n\t b  ", 9, 1, ["a b"]),
        ("", 9, 3, []),
    ],
)
def test_a_text_breaks_where_a_reader_expects_it(text: str, width: int, most: int, lines: list[str]) -> None:
    assert wrap(text, width, most, wide) == lines


@given(st.text(st.sampled_from("ab c，。龙井茶-"), max_size=60), st.integers(3, 12), st.integers(1, 5))
def test_no_line_is_wider_than_its_room_and_nothing_is_lost_that_fits(text: str, width: int, most: int) -> None:
    lines = wrap(text, width, most, wide)
    assert len(lines) <= most
    assert all(wide(line) <= width for line in lines)
    if not lines or not lines[-1].endswith(ELLIPSIS):
        assert "".join(lines).replace(" ", "") == "".join(text.split())


def test_what_fits_is_left_as_it_is() -> None:
    assert ellipsize("龙井", 4, wide) == "龙井"
    assert ellipsize("龙井茶", 5, wide) == "龙井" + ELLIPSIS
