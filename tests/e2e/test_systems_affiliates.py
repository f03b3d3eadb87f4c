"""The systems that mission.md names, each by its mechanism: publishers paid by the sale, lead, click and view."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from buying import fill_for_two
from flask import Flask
from flask.testing import FlaskClient
from payment_shop import rows
from room_shop import RoomShop, faults, room_shop
from web_client import API, Person, registration, sign_up

from socialshop.commissions import service as commissions
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.invites import service as invites
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
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


def _go_to_the_next_day(shop: RoomShop) -> None:
    """Two in the morning of the shop's next day."""
    clock = shop.pay_shop.clock
    here = clock.now().astimezone(ZoneInfo(shop.app.extensions["socialshop_settings"].time_zone))
    clock.advance(timedelta(days=1) - (here - here.replace(hour=2, minute=0, second=0, microsecond=0)))


def _counted(shop: RoomShop) -> None:
    """What the schedule does about clicks and views."""
    for job in (invites.judge_clicks, invites.judge_views, commissions.tally_traffic):
        while in_unit_of_work(job, shop.pay_shop.clock):
            pass


def _earned() -> list[tuple[Any, ...]]:
    return rows("SELECT kind, amount_minor FROM accruals ORDER BY kind")


def test_amazon_associates_an_approved_publisher_has_a_feed_of_goods_and_is_paid_by_click_view_lead_and_sale(
    app: Flask, tmp_path: Path
) -> None:
    with room_shop(app, tmp_path) as shop:
        plan = a_plan(
            {"kind": "sale", "level": 1, "rate_bps": 1_500},
            {"kind": "lead", "fixed_minor": 500, "min_order_minor": 2_000},
            {"kind": "click", "fixed_minor": 30},
            {"kind": "view", "per_thousand_minor": 1_500},
        )
        with unit_of_work() as uow:
            commissions.publish_plan(uow, plan, country="CN", effective_at=LONG_AGO)
        deal = to_public("deal", shop.deal(size=2, ttl=86_400))
        publisher, guest, admin = sign_up(app), sign_up(app), sign_up(app, role=Role.ADMIN)
        desk = f"/admin/publishers/{to_public('mbr', publisher.card.member_id)}"

        def decided(decision: str) -> None:
            assert admin.call("POST", f"{desk}/{decision}", json={"reason": "Seen."}).status_code == 200

        def feed() -> Any:
            return app.test_client().get("/feeds/" + key)

        # given a site that asked and was approved, its feed of goods, and a banner of its own
        site = {"site_name": "Tea notes", "site_url": "https://tea.example/", "kind": "blog"}
        assert publisher.call("POST", "/me/publisher", json=site).status_code == 201
        assert publisher.call("POST", "/me/publisher/feed-keys").status_code == 404
        decided("approve")
        told = publisher.call("POST", "/me/publisher/feed-keys").get_json()["json_url"]
        key = told.partition("/feeds/")[2]
        (item,) = feed().get_json()["data"]
        assert (item["deal_id"], item["price"]["amount_minor"]) == (deal, 9_900)
        goods = "/i/" + item["url"].partition("/i/")[2]
        made = publisher.call("POST", "/invite-links", json={"kind": "deal", "target_id": deal, "channel": "blog"})
        banner = "/i/" + made.get_json()["banner_url"].partition("/i/")[2]
        # when one reader comes on the day of the approval, which is no whole one as a publisher
        assert app.test_client().get(goods).status_code == 200
        _go_to_the_next_day(shop)
        # and on the next three follow the feed, one of them twice, a program too, and four see the banner
        readers = [app.test_client() for _ in range(3)]
        for browser in (*readers, readers[0]):
            assert browser.get(goods).status_code == 200
        assert app.test_client().get(goods, headers={"User-Agent": "Googlebot/2.1"}).status_code == 200
        for seen in ("Android", "iPhone", "Linux", "Windows", "Linux"):
            looked = app.test_client().get(banner, headers={"User-Agent": f"Mozilla/5.0 ({seen})"})
            assert looked.content_type == "image/png"
        # and one of them registers and buys
        fill_for_two(_registered(readers[0]), guest, deal)
        shop.settle()
        _counted(shop)
        # then the sale and the lead are paid, clicks and views once their day is over
        assert _earned() == [("lead", 500), ("sale", 1_485)]
        _go_to_the_next_day(shop)
        _counted(shop)
        paid = [("click", 90), ("lead", 500), ("sale", 1_485), ("view", 6)]
        assert _earned() == paid
        assert publisher.call("GET", "/me/wallet").get_json()["pending"]["amount_minor"] == 2_081
        days = publisher.call("GET", "/me/publisher/days?days=2").get_json()["data"]
        figures = ("channel", "views", "clicks", "leads", "sales")
        assert sorted(tuple(day[name] for name in figures) for day in days) == [
            ("blog", 4, 0, 0, 0),
            ("feed", 0, 3, 1, 1),
        ]
        # and once the shop ends the publisher there is no feed, and clicks pay nothing
        decided("end")
        assert feed().status_code == 404
        assert app.test_client().get(goods).status_code == 200
        for _ in range(2):
            _go_to_the_next_day(shop)
            _counted(shop)
        assert (_earned(), faults(shop)) == (paid, [])
