"""The picture of who stands behind a sum: places, widths and what is left out."""

from __future__ import annotations

from socialshop.pages.lineage import MOST_BUYERS, Brought, Chain, chain_to, draw


def test_a_chain_leads_from_below_whom_the_sum_is_for_to_the_buyer() -> None:
    assert chain_to(1, 9, [5, 3, 1, 2]) == (3, 5, 9)
    assert chain_to(1, 9, [1]) == (9,)
    # The host of a room need not stand above who bought in it.
    assert chain_to(1, 9, [7]) == (9,)
    assert chain_to(1, 1, [7]) == ()


def test_buyers_stand_below_who_brought_them_and_lines_carry_the_sums() -> None:
    picture = draw(1, [Chain((3, 9), 60), Chain((3, 8), 20), Chain((3, 9), 20), Chain((4,), 50)])
    assert [(spot.number, spot.x, spot.y) for spot in picture.spots] == [
        (1, "79", "24"),
        (3, "46", "86"),
        (4, "112", "86"),
        (8, "24", "148"),
        (9, "68", "148"),
    ]
    assert {spot.number for spot in picture.spots if spot.buys} == {4, 8, 9}
    # 100 of 150 came through 3: the widest line; a fifth of it from 8.
    assert {line.width for line in picture.lines} == {"7.0", "2.2", "5.8", "4.0"}
    assert picture.shown == [Brought(9, (3,), 80), Brought(4, (), 50), Brought(8, (3,), 20)]
    assert (picture.width, picture.height) == (136, 172)
    assert picture.pairs == [(1, 3), (1, 4), (3, 8), (3, 9)]


def test_who_bought_themselves_stands_alone() -> None:
    picture = draw(1, [Chain((), 30)])
    assert [(spot.number, spot.buys) for spot in picture.spots] == [(1, True)]
    assert (picture.lines, picture.shown) == ([], [Brought(1, (), 30)])


def test_of_many_buyers_those_are_drawn_who_brought_most() -> None:
    picture = draw(1, [Chain((number,), number) for number in range(2, 42)])
    assert picture.buyers == 40
    assert [one.buyer for one in picture.shown] == list(range(41, 41 - MOST_BUYERS, -1))
