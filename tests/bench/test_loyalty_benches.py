"""The benches of plans, coupons and recommendations run and say what they should, small. No timing is judged."""

from __future__ import annotations

import pytest
from flask import Flask

from socialshop.bench import coupons, plans, recommendations


def test_a_month_begins_with_its_coupons_and_every_renewal_is_charged_once(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plans, "HOLDERS", 40)
    monkeypatch.setattr(plans, "RENEWALS", 7)
    figures = plans.plans(app)
    assert (figures["months"], figures["coupons"], figures["renewed"]) == (47, 47, 7)


def test_twenty_coupons_cost_three_statements_more_than_none(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coupons, "CHECKOUTS", 3)
    figures = coupons.coupons(app)
    assert (figures["coupons_taken"], figures["more_statements"]) == (9, 3)


def test_a_night_suggests_something_to_most_who_bought(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, size in (("MEMBERS", 300), ("ORDERS", 900), ("PRODUCTS", 20), ("READS", 3)):
        monkeypatch.setattr(recommendations, name, size)
    figures = recommendations.night(app)
    assert figures["steps"] == 2
    assert figures["pairs"] > 0
    assert figures["members_with_some"] > 200
