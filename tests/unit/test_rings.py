"""Rings among the people of a picture: who shares something, and who links them in the tree."""

from __future__ import annotations

from socialshop.pages.lineage import Chain, draw
from socialshop.pages.rings import Tie, bows, rings

# 1 brought 2 and 3; 2 brought 4; 4 brought 5; 3 brought 6.
PAIRS = [(1, 2), (1, 3), (2, 4), (4, 5), (3, 6)]


def test_a_tree_alone_has_no_ring() -> None:
    assert rings(PAIRS, []) == []


def test_who_shares_an_account_with_somebody_further_down_closes_a_circle_of_all_between() -> None:
    tie = Tie("account", (2, 5))
    (found,) = rings(PAIRS, [tie])
    assert (found.ties, found.circle) == ((tie,), {2, 4, 5})


def test_two_who_share_stand_in_a_ring_with_who_brought_both() -> None:
    (found,) = rings(PAIRS, [Tie("browser", (5, 6))])
    assert found.circle == {5, 4, 2, 1, 3, 6}


def test_what_is_tied_together_is_one_ring_and_what_is_apart_is_two_the_largest_first() -> None:
    account, browser = Tie("account", (4, 5)), Tie("browser", (2, 4))
    (one,) = rings(PAIRS, [account, browser])
    assert (one.ties, one.circle) == ((account, browser), {2, 4, 5})
    apart = rings(PAIRS, [Tie("account", (3, 6)), account, browser])
    assert [ring.circle for ring in apart] == [{2, 4, 5}, {3, 6}]


def test_bows_lead_from_one_to_the_next_beside_the_lines_of_the_tree() -> None:
    picture = draw(1, [Chain((2,), 10), Chain((3,), 10)])
    found = rings(picture.pairs, [Tie("account", (1, 2, 3))])
    drawn = bows(found, {spot.number: spot for spot in picture.spots})
    assert [(bow.kind, bow.path) for bow in drawn] == [
        ("account", "M24 86Q76 70 46 24"),
        ("account", "M24 86Q46 130 68 86"),
    ]
