"""What a chop takes off, whose counts, and what strangers see of a friend's name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from socialshop.rooms import chops
from socialshop.rooms.chops import Bargain
from socialshop.screening.signals import hashed, network_of

OPEN = {"own": False, "chopped": False, "same_device": False, "of_network": 0, "complete": False}


def taken(distance: int, count: int, seed: bytes, weights: list[int]) -> list[int]:
    """All chops of a bargain, one after the other."""
    sizes: list[int] = []
    for place in range(count):
        drawn = chops.draw(seed, place + 1)
        sizes.append(chops.chop_size(distance - sum(sizes), count - place, drawn, weights[place]))
    return sizes


@given(
    count=st.integers(1, 200),
    spare=st.integers(0, 10**12 - 200),
    seed=st.binary(min_size=32, max_size=32),
    weight=st.lists(st.integers(10_000, 50_000), min_size=200, max_size=200),
)
def test_the_chops_are_exactly_the_distance_and_each_takes_something(
    count: int, spare: int, seed: bytes, weight: list[int]
) -> None:
    sizes = taken(count + spare, count, seed, weight)
    assert sum(sizes) == count + spare
    assert min(sizes) >= 1


def test_a_size_that_is_drawn_without_leaving_one_for_each_that_follows_is_seen() -> None:
    """The planted fault: a share of what is left that forgets the chops to come ends in nothing for the last."""

    left, chops_left = 10, 4
    while chops_left > 1:
        left -= min(left, 1 + 9 % 10)
        chops_left -= 1
    with pytest.raises(ValueError, match="at least one minor unit"):
        chops.chop_size(left, chops_left, 9)


def test_early_and_late_chops_expect_the_same() -> None:
    sums = [0] * 10
    for number in range(2_000):
        for place, size in enumerate(taken(10_000, 10, number.to_bytes(32), [10_000] * 10)):
            sums[place] += size
    assert all(950 <= total / 2_000 <= 1_050 for total in sums)


def test_a_newcomers_chop_weighs_more_only_where_the_rule_says_so() -> None:
    drawn = 2**255 - 1
    same = chops.chop_size(10_000, 10, drawn)
    assert same == chops.chop_size(10_000, 10, drawn, 10_000)
    most = [max(chops.chop_size(10_000, 10, n, weight) for n in range(6_000)) for weight in (10_000, 30_000)]
    assert most == [1_999, 5_999]


@pytest.mark.parametrize(("left", "count"), [(0, 1), (2, 3), (5, 0)])
def test_no_chop_is_drawn_where_not_each_could_take_one(left: int, count: int) -> None:
    with pytest.raises(ValueError, match="at least one minor unit"):
        chops.chop_size(left, count, 7)


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"own": True, "chopped": True}, Bargain.OPEN, "own_bargain"),
        ({"chopped": True}, Bargain.BOUGHT, "already_chopped"),
        ({}, Bargain.BOUGHT, "bargain_bought"),
        ({"same_device": True}, Bargain.EXPIRED, "bargain_over"),
        ({"complete": True, "same_device": True}, Bargain.OPEN, "bargain_over"),
        ({"same_device": True, "of_network": 9}, Bargain.OPEN, "device_chopped"),
        ({"of_network": 5}, Bargain.OPEN, "network_chopped"),
    ],
)
def test_why_a_chop_does_not_count_is_told_in_this_order(changed: dict[str, bool], status: Bargain, code: str) -> None:
    refusal = chops.refusal_of_chop(status, **{**OPEN, **changed})  # type: ignore[arg-type]
    assert refusal is not None
    assert refusal.code == code


def test_a_chop_of_a_friend_counts() -> None:
    assert chops.refusal_of_chop(Bargain.OPEN, **{**OPEN, "of_network": 4}) is None  # type: ignore[arg-type]


def test_strangers_see_a_letter_of_a_friends_name() -> None:
    names = [chops.shown_name("周一一", in_full=full) for full in (True, False)]
    assert names == ["周一一", "周…"]
    assert not chops.shown_name("", in_full=False)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", None),  # kept for documents: not of the public internet
        ("8.8.8.8", "8.8.8.8"),
        ("2606:4700:1:2:3:4:5:6", "2606:4700:1:2::/64"),
        ("127.0.0.1", None),
        ("192.168.1.7", None),
        ("::1", None),
        ("nonsense", None),
        (None, None),
    ],
)
def test_a_network_is_told_of_public_addresses_alone(address: str | None, network: str | None) -> None:
    assert network_of(address) == network


def test_a_mark_is_nothing_without_the_shops_key() -> None:
    assert hashed(b"one", "network", "8.8.8.8") != hashed(b"two", "network", "8.8.8.8")
    assert hashed(b"one", "network", "8.8.8.8") != hashed(b"one", "visitor", "8.8.8.8")
