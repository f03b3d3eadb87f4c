"""Codes of one's choice: what may be one, what looks like another, and what would speak for the shop."""

from __future__ import annotations

import secrets

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialshop.invites import rules


@pytest.mark.parametrize("code", ["TEA1", "LIN-TEA", "A-B-C-D", "2026TEA", "ABCDEFGHIJKLMNOPQRST"])
def test_words_figures_and_single_hyphens_make_a_code(code: str) -> None:
    assert rules.vanity_key(code) is not None


@pytest.mark.parametrize(
    "code",
    [
        "TEA",
        "A-B-C",
        "20260101",
        "LIN--TEA",
        "-LIN",
        "LIN-",
        "LIN TEA",
        "LIN_TEA",
        "LÍN-TEA",
        "林小满的茶",
        "ТEA-LIN",
        "x",
        "ABCDEFGHIJKLMNOPQRSTU",
        "TENLETTERS",
        "TEN-LETTERS",
        "lin-tea",
    ],
)
def test_what_is_none_has_no_key(code: str) -> None:
    assert rules.vanity_key(code) is None


@pytest.mark.parametrize("other", ["L1N-TEA", "LINTEA", "IIN-TEA", "L-I-N-TEA"])
def test_what_looks_alike_has_one_key(other: str) -> None:
    assert rules.vanity_key(other) == rules.vanity_key("LIN-TEA")


@pytest.mark.parametrize("code", ["SUPPORT", "5UPP0RT", "S-U-P-P-O-R-T", "LIN-ADMIN", "0FFICIAL-TEA", "WA11ET", "PAY"])
def test_what_would_speak_for_the_shop_is_reserved(code: str) -> None:
    assert rules.is_reserved(code)


@pytest.mark.parametrize("code", ["LIN-TEA", "PAYTON", "SHOPPING", "TEAMWORK"])
def test_words_that_only_hold_a_reserved_one_are_not(code: str) -> None:
    assert not rules.is_reserved(code)


@given(st.integers(0, 10**9))
def test_a_code_of_the_shops_is_never_one_of_ones_choice(seed: int) -> None:
    assert rules.vanity_key(rules.new_code(secrets.choice)) is None
