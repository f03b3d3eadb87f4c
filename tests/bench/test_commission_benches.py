"""The benches of commissions run on a small world: what they count is right, whatever it took."""

from __future__ import annotations

from flask import Flask

from socialshop.bench import commissions


def test_accruing_is_measured_against_copying_the_same_rows(app: Flask) -> None:
    figures = commissions.accrue(app, members=500, orders=200, batch=50)
    assert (figures["members"], figures["orders"]) == (500, 200)
    assert figures["ratio"] > 0


def test_settling_is_measured_against_inserting_the_same_postings(app: Flask) -> None:
    figures = commissions.settle(app, members=500, orders=200)
    assert figures["accruals"] > 0
    # Each member's wallet and pending money, and nothing else, takes part.
    assert figures["postings"] % 2 == 0
    assert figures["ratio"] > 0


def test_a_plan_of_three_levels_is_tried_on_what_accrued_on_two(app: Flask) -> None:
    figures = commissions.simulate(app, members=500, orders=200, batch=50)
    assert figures["lines"] == 200
    assert figures["earners"] > 0
    # 5 % on three levels against 8 % and 3 % on two: the top of a tree ends some of them early.
    assert 0 < figures["cost_minor"] != figures["in_force_minor"] > 0
