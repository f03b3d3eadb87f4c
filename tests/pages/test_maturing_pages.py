"""The calendar of earnings: every held sum stands on its day, or with the reason why it has none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import Flask
from money_people import number_of
from room_shop import statements
from sample_sales import LONG_AGO, Sale, a_plan, confirmed, place, sell
from sqlalchemy import text
from visitors import Visitor, member
from web_client import API, Person, sign_up

from socialshop.commissions import service as commissions
from socialshop.infra.uow import UnitOfWork, in_unit_of_work
from socialshop.pages import cookies

DAY = datetime(2036, 2, 14, 12, tzinfo=UTC)


def hold(owner: Person) -> None:
    """8 % of five sales: two mature on one day and one a month later, one waits for a parcel, one for a decision."""
    number, month = number_of(owner), timedelta(days=30)

    def land(uow: UnitOfWork) -> list[UUID]:
        leg = {"kind": "sale", "level": 1, "rate_bps": 800}
        commissions.publish_plan(uow, a_plan(leg), country="CN", effective_at=LONG_AGO)
        place(uow, {7001: None})
        uow.session.execute(
            text("UPDATE referral_nodes SET sponsor = :s, uplines = ARRAY[:s], depth = 1 WHERE member_number = 7001"),
            {"s": number},
        )
        dated = [(10_000, DAY), (1_000, DAY + timedelta(hours=2)), (100, DAY + month), (500, None), (5_000, DAY)]
        sales = [Sale(7001, lines=((amount, 1),), received_at=at) for amount, at in dated]
        return sell(uow, sales)

    orders = in_unit_of_work(land)
    in_unit_of_work(lambda uow: commissions.accrue_orders(uow, confirmed(*orders)))
    asked = text(
        "INSERT INTO refunds (id, order_id, buyer, reason, amount_minor, currency, in_window, requested_at)"
        " VALUES (gen_random_uuid(), :order, 7001, 'broken', 100, 'CNY', true, now())"
    )
    in_unit_of_work(lambda uow: uow.session.execute(asked, {"order": orders[-1]}))


def test_each_held_sum_stands_on_its_day_or_with_what_it_waits_for(site: Flask) -> None:
    lin = sign_up(site)
    hold(lin)
    client = site.test_client()
    client.set_cookie(cookies.SESSION, lin.token)
    visitor = Visitor(client, lin.card)
    told = lin.call("GET", "/me/commissions/calendar").get_json()
    days = [(day["on"], day["commissions"], day["amount"]["amount_minor"]) for day in told["days"]]
    assert days == [("2036-02-14", 2, 880), ("2036-03-15", 1, 8)]
    assert [row["amount"]["amount_minor"] for row in told["until_receipt"]] == [40]
    assert [row["amount"]["amount_minor"] for row in told["stopped"]] == [400]
    pending = lin.call("GET", "/me").status_code, 880 + 8 + 40 + 400
    assert pending == (200, 1_328)
    page = visitor.look("/earnings/calendar").text
    for said in ("February 2036", "Thu, Feb 14", "CN¥8.80", "2 commissions", "CN¥0.08", "Waits for a parcel"):
        assert said in page
    assert "Stopped by an open case" in page
    assert "2036年2月" in visitor.look("/earnings/calendar", "zh").text
    with statements() as seen:
        first = visitor.look("/earnings").text
    assert "What matures next" in first
    assert len([one for one in seen if "left_minor" in one]) == 1
    assert "CN¥4.00" not in first.partition("What sales earned you")[0]


def test_who_has_nothing_held_is_told_so_and_sees_nobody_elses(site: Flask) -> None:
    hold(sign_up(site))
    chen = member(site, name="Chen")
    assert "Nothing waits" in chen.look("/earnings/calendar").text
    assert "What matures next" not in chen.look("/earnings").text
    assert site.test_client().get(f"{API}/me/commissions/calendar").status_code == 401
