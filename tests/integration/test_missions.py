"""Missions and shares: what counts, what it gives, and what a refund takes back; by the handlers' own functions."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

import pytest
from flask import Flask
from mission_shop import ADMIN, DEEDS, MissionShop
from money_people import number_of
from points_shop import faults, points, rows
from room_shop import statements
from sqlalchemy import text
from web_client import refusal, sign_up

from socialshop.infra.uow import unit_of_work
from socialshop.kernel.errors import InvalidValue, NotFound
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.kernel.time import to_text
from socialshop.loyalty import service as loyalty
from socialshop.loyalty.rules import MissionKind, Repeats
from socialshop.loyalty.service import missions
from socialshop.loyalty.service.missions import NewMission, Terms
from workers import handlers

ZONE = "Asia/Shanghai"


@pytest.fixture
def shop(app: Flask) -> MissionShop:
    shop = MissionShop(app)
    shop.begin(6)
    return shop


def test_orders_finish_a_mission_once_a_refund_takes_its_points_back_and_another_order_gives_them_again(
    shop: MissionShop,
) -> None:
    mission = shop.mission("order")
    first = shop.sell(1)
    assert (shop.done(1, mission), points(1).available) == ([(1, False, 0)], 0)
    shop.sell(1)
    assert (shop.done(1, mission), points(1).available) == ([(2, True, 1)], 40)
    shop.sell(1)
    assert points(1).available == 40, "a third order gives nothing more"
    shop.send_back(first, 400)
    assert points(1).available == 40, "a sale counts while any money of it is left"
    shop.send_back(first)
    assert (shop.done(1, mission), points(1).available) == ([(2, True, 1)], 40)
    second = rows("SELECT order_id FROM loyalty_sales WHERE left_minor > 0 ORDER BY placed_at, order_id")[0][0]
    shop.send_back(second)
    assert (shop.done(1, mission), points(1).available) == ([(1, False, 1)], 0)
    shop.sell(1)
    assert (shop.done(1, mission), points(1).available) == ([(2, True, 2)], 40)
    assert rows("SELECT kind, facts ->> 'points' FROM notices ORDER BY id") == [("mission_done", "40")] * 2
    with unit_of_work() as uow:
        assert faults(uow) == []


def test_points_of_a_mission_that_were_spent_are_owed_once_a_refund_undoes_it(shop: MissionShop) -> None:
    shop.mission("order", times=1)
    order = shop.sell(1)
    shop.use(1, 30)
    shop.send_back(order)
    assert points(1) == (0, 0, 0, 30)


def test_friends_count_once_each_by_their_first_sale_that_stands(shop: MissionShop) -> None:
    mission = shop.mission("friend")
    first = shop.sell(2, sponsor=1)
    shop.sell(2, sponsor=1)
    assert shop.done(1, mission) == [(1, False, 0)]
    shop.send_back(first)
    assert shop.done(1, mission) == [(1, False, 0)], "the friend's other sale stands"
    shop.sell(3, sponsor=1)
    assert (shop.done(1, mission), points(1).available) == ([(2, True, 1)], 40)
    assert points(2).available == points(3).available == 0


def test_a_friends_first_sale_may_move_into_the_next_month_by_a_refund(shop: MissionShop) -> None:
    mission = shop.mission("friend", times=1)
    march = shop.sell(2, sponsor=1)
    shop.later(days=31)
    shop.sell(2, sponsor=1)
    assert shop.done(1, mission) == [(1, True, 1), (0, False, 0)]
    shop.send_back(march)
    assert shop.done(1, mission) == [(0, False, 1), (1, True, 1)]
    assert points(1).available == 40


def test_check_ins_count_by_the_shops_days_weeks_and_months(shop: MissionShop) -> None:
    weekly, monthly = shop.mission("check_in", 2, 7, "week"), shop.mission("check_in", 3, 30, "month")
    # 1 March 2026 is a Sunday: the week ends with it.
    for _ in range(3):
        shop.do(lambda uow: loyalty.check_in(uow, 1, ZONE))
        shop.later(days=1)
    shop.follow_deeds()
    assert shop.done(1, weekly) == [(1, False, 0), (2, True, 1)]
    assert shop.done(1, monthly) == [(3, True, 1)]
    assert points(1).available == 3 * 2 + 7 + 30


def test_a_cap_of_missions_holds_and_leaves_the_reward_out_for_good(shop: MissionShop) -> None:
    for _ in range(3):
        shop.mission("order", times=1, gives=50)
    order = shop.sell(1)
    assert points(1).available == 100, "at most a hundred points of missions a day"
    assert rows("SELECT count(*) FROM notices") == [(2,)], "of what a cap left out nobody is told"
    shop.send_back(order)
    assert points(1) == (0, 0, 0, 0)


def test_a_new_version_holds_for_periods_that_begin_after_it(shop: MissionShop) -> None:
    mission = shop.mission("order", times=2, gives=40)
    shop.sell(1)
    shop.do(lambda uow: missions.change(uow, ADMIN, mission.id, Terms("易", "Easier", 1, 5)))
    shop.sell(1)
    assert points(1).available == 40, "begun by the first version, it ends by it"
    shop.sell(2)
    assert points(2).available == 5
    (own,) = shop.do(lambda uow: missions.of_member(uow, 1, ZONE, None, 9))
    assert (own.mission.title_en, own.mission.times, own.done, own.rewarded) == ("Mission", 2, 2, True)
    (other,) = shop.do(lambda uow: missions.of_member(uow, 3, ZONE, None, 9))
    assert (other.mission.title_en, other.mission.times, other.done) == ("Easier", 1, 0)


def test_outside_its_window_and_once_withdrawn_a_mission_counts_nothing(shop: MissionShop) -> None:
    mission = shop.mission("order", times=2, days=10, repeats="once")
    shop.sell(1)
    shop.later(days=1)
    shop.do(lambda uow: missions.withdraw(uow, ADMIN, mission.id))
    shop.sell(1)
    assert (shop.done(1, mission), points(1).available) == ([(1, False, 0)], 0)
    late = shop.mission("order", times=1, days=1)
    shop.later(days=2)
    shop.sell(2)
    assert shop.done(2, late) == []
    assert shop.do(lambda uow: missions.of_member(uow, 2, ZONE, None, 9)) == []


def test_imported_orders_count_nowhere(shop: MissionShop) -> None:
    shop.mission("order", times=1)
    order_id = uuid.uuid4()
    with unit_of_work(shop.clock) as uow:
        uow.session.execute(
            text(
                "INSERT INTO orders (id, source, buyer, uplines, status, currency, total_minor, ordered_at,"
                " received_at) VALUES (:id, 'import', 1, '{}', 'received', 'CNY', 900, now(), now())"
            ),
            {"id": order_id},
        )
    shop.do(lambda uow: loyalty.note_sales(uow, [{"order_ids": [str(order_id)]}]))
    assert rows("SELECT count(*) FROM loyalty_sales") == [(0,)]


# --- shares -------------------------------------------------------------------------------------------------------


def test_whose_link_led_to_an_order_earns_once_an_order_and_a_refund_takes_it_back(shop: MissionShop) -> None:
    mission = shop.mission("share", times=1, gives=9)
    link = shop.link(1)
    order = shop.sell(2, link=link)
    shop.follow_deeds()
    assert (points(1).available, points(2).available) == (5 + 9, 0)
    shop.sell(1, link=link)
    assert points(1).available == 14, "nobody earns by an own link"
    shop.send_back(order)
    assert (points(1).available, shop.done(1, mission)) == (0, [(0, False, 1)])
    with unit_of_work() as uow:
        assert faults(uow) == []


def test_shares_are_capped_by_the_day(shop: MissionShop) -> None:
    link = shop.link(1)
    for buyer in (2, 3, 4, 5, 6):
        shop.sell(buyer, link=link)
    assert points(1).available == 20
    shop.later(days=1)
    shop.sell(2, link=link)
    assert points(1).available == 25


def test_who_brought_a_member_in_by_a_link_earns_by_the_first_sale_and_never_by_the_coming_alone(
    shop: MissionShop,
) -> None:
    link = shop.link(1)
    with unit_of_work(shop.clock) as uow:
        uow.session.execute(
            text(
                "INSERT INTO attributions (member_id, link_id, source, touched_at, attributed_at)"
                " SELECT id, :link, 'cookie', now(), now() FROM members WHERE number = 2"
            ),
            {"link": link},
        )
    assert points(1).available == 0
    shop.sell(2)
    shop.sell(2)
    assert points(1).available == 5


# --- figures ------------------------------------------------------------------------------------------------------


def test_many_sales_cost_as_many_statements_as_one(shop: MissionShop) -> None:
    shop.mission("order", times=1, gives=3)
    shop.mission("friend", times=1, gives=3)
    link = shop.link(6)

    def cost(buyers: list[int]) -> int:
        ids = [shop.placed(buyer, 500, sponsor=5, link=link) for buyer in buyers]
        with statements() as seen:
            shop.do(lambda uow: loyalty.note_sales(uow, [{"order_ids": [str(id_) for id_ in ids]}]))
        return len(seen)

    cost([1])
    assert cost([2]) == cost([3, 4])


def test_a_window_in_the_past_or_turned_around_is_refused_and_nothing_is_kept(shop: MissionShop) -> None:
    now = shop.clock.now()

    def draft(opens_at: datetime | None, closes_at: datetime) -> None:
        new = NewMission(MissionKind.ORDER, Repeats.ONCE, opens_at, closes_at, Terms("一", "One", 1, 1))
        shop.do(lambda uow: missions.add(uow, ADMIN, new))

    for opens_at, closes_at in ((now - timedelta(days=1), now + timedelta(days=1)), (None, now)):
        with pytest.raises(InvalidValue):
            draft(opens_at, closes_at)
    with pytest.raises(NotFound):
        shop.do(lambda uow: missions.withdraw(uow, ADMIN, uuid.uuid4()))
    assert rows("SELECT count(*) FROM missions") == [(0,)]


def test_the_handlers_stand_in_the_table_of_what_follows_what() -> None:
    follows = {(handler.event, handler.name) for handler in handlers.HANDLERS}
    assert {
        ("OrdersConfirmed", "note_sales"),
        ("OrderRefunded", "note_sales_refunded"),
        ("DeedsDone", "count_deeds"),
    } <= follows


def test_over_http_an_admin_publishes_and_a_member_sees_how_far(app: Flask) -> None:
    admin, lin = sign_up(app, role=Role.ADMIN), sign_up(app)
    body = {"title_zh": "签到", "title_en": "Come", "times": 1, "points": 8, "kind": "check_in", "repeats": "day"}
    wrong = admin.call("POST", "/admin/missions", json=body | {"closes_at": "2020-01-01T00:00:00Z"})
    assert refusal(wrong) == (422, "invalid_value", "closes_at")
    made = admin.call("POST", "/admin/missions", json=body | {"closes_at": "2036-01-01T00:00:00Z"})
    assert made.status_code == 201, made.text
    assert lin.call("POST", "/me/check-ins").status_code == 200
    told = [dict(row.payload) for row in rows(DEEDS)]
    with unit_of_work() as uow:
        missions.on_deeds_done(uow, told)
    (own,) = lin.call("GET", "/missions").get_json()["data"]
    assert (own["id"], own["done"], own["rewarded"]) == (made.get_json()["id"], 1, True)
    (seen,) = admin.call("GET", "/admin/missions").get_json()["data"]
    assert (seen["begun"], seen["finished"]) == (1, 1)
    moved = lin.call("GET", "/me/points/entries").get_json()["data"]
    assert "You finished a mission." in {row["text"] for row in moved}
    assert rows("SELECT subject FROM point_lots WHERE kind = 'mission' AND member = :m", m=number_of(lin)) == [
        (f"{own['id']}:{to_text(datetime.fromisoformat(own['begins_at']))}:1",)
    ]
    gone = admin.call("POST", f"/admin/missions/{to_public('msn', uuid.uuid4())}/withdraw")
    assert gone.status_code == 404
