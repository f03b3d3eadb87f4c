"""The systems that mission.md names, each by its mechanism: publishers whose links pay within a window."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from buying import fill_for_two
from flask import Flask
from flask.testing import FlaskClient
from payment_shop import rows
from room_shop import faults, room_shop
from web_client import API, Person, registration, sign_up

from socialshop.commissions import service as commissions
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import to_public
from tests.sample_sales import LONG_AGO, a_plan


def _registered(browser: FlaskClient) -> Person:
    """Whoever sits at this browser, as a new member."""
    answer = browser.post(f"{API}/members", json=registration())
    assert answer.status_code == 201, answer.text
    card = sign_up(browser.application).card
    return Person(browser, card, answer.get_json()["token"])


def test_amazon_associates_a_publishers_link_pays_15_percent_of_a_sale_inside_the_window_and_nothing_outside(
    app: Flask, tmp_path: Path
) -> None:
    with room_shop(app, tmp_path) as shop:
        plan = a_plan({"kind": "sale", "level": 1, "rate_bps": 1_500})
        with unit_of_work() as uow:
            commissions.publish_plan(uow, plan, country="CN", effective_at=LONG_AGO)
        window = timedelta(days=app.extensions["socialshop_settings"].attribution_days)
        deal = to_public("deal", shop.deal(size=2, ttl=86_400))
        publisher, guest = sign_up(app), sign_up(app)
        link = publisher.call("POST", "/invite-links", json={"kind": "deal", "target_id": deal, "channel": "blog"})
        code = link.get_json()["code"]

        def paid() -> tuple[int, int, int]:
            found = publisher.call("GET", f"/invite-links/{code}/stats").get_json()
            wallet = publisher.call("GET", "/me/wallet").get_json()
            return found["orders"], found["earned"]["amount_minor"], wallet["pending"]["amount_minor"]

        # given two readers who follow the link on one day
        soon, late = app.test_client(), app.test_client()
        for browser in (soon, late):
            assert browser.get(f"/i/{code}").status_code == 200
        # when one registers and buys on the last of the window's days
        shop.pay_shop.clock.advance(window - timedelta(hours=1))
        fill_for_two(_registered(soon), guest, deal)
        shop.settle()
        # then the publisher has 15 % of that sale
        assert paid() == (1, 1_485, 1_485)
        # and when the other does so a day later, that sale is nobody's
        shop.pay_shop.clock.advance(timedelta(days=1))
        fill_for_two(_registered(late), sign_up(app), to_public("deal", shop.deal(size=2)))
        shop.settle()
        assert rows("SELECT count(*) FROM orders WHERE status = 'confirmed'") == [(4,)]
        assert rows("SELECT count(*) FROM orders WHERE link_id IS NOT NULL") == [(1,)]
        assert rows("SELECT sum(amount_minor) FROM accruals") == [(1_485,)]
        assert faults(shop) == []
