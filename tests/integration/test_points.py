"""Points as members and the shop meet them: earned, explained, used, ended; over HTTP and by the handlers."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from money_people import number_of
from payment_shop import rows
from points_shop import PointsShop, points
from points_shop import faults as point_faults
from room_shop import RoomShop, room_shop, statements
from sqlalchemy import text
from web_client import Person, counts, refusal, sign_up

from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.currencies import POINTS
from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.ledger import chart
from socialshop.ledger import service as ledger
from socialshop.ledger.errors import InvalidEntry
from socialshop.loyalty import service as loyalty
from socialshop.orders import service as orders
from workers import handlers, schedule


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


@pytest.fixture
def points_shop(app: Flask) -> PointsShop:
    shop = PointsShop(app)
    shop.begin(3)
    return shop


def balance(person: Person) -> dict[str, Any]:
    answer = person.call("GET", "/me/points")
    assert answer.status_code == 200, answer.text
    return dict(answer.get_json())


def have(person: Person, given: int) -> None:
    number = number_of(person)
    in_unit_of_work(lambda uow: loyalty.earn(uow, number, "mission", secrets.token_hex(4), given))


def a_reward(admin: Person, **changed: object) -> str:
    body = {"title": "Tea cup", "points": 40, "stock": 2, "per_member": 1} | changed
    answer = admin.call("POST", "/admin/rewards", json=body)
    assert answer.status_code == 201, answer.text
    return str(answer.get_json()["id"])


# --- the life of an order's points, through rooms, payments and jobs ----------------------------------------------


def test_an_order_gives_points_on_their_way_that_are_usable_once_it_can_no_longer_be_sent_back(shop: RoomShop) -> None:
    host = shop.open(shop.deal(2))
    guest = shop.join(host.room.id)
    shop.pay(host)
    shop.pay(guest)
    shop.settle()
    # 99.00 at one point a yuan.
    assert points(host.order.buyer)[:2] == (99, 0)
    admin = uuid.uuid4()
    in_unit_of_work(lambda uow: orders.ship(uow, admin, host.order.id, "SF", "1"), shop.pay_shop.clock)
    in_unit_of_work(lambda uow: orders.receive(uow, host.order.buyer, host.order.id), shop.pay_shop.clock)
    shop.tick(7 * 86_400)
    assert schedule.named("complete_orders") is not None
    in_unit_of_work(orders.complete_due, shop.pay_shop.clock)
    shop.work()
    assert points(host.order.buyer)[:2] == (0, 99)
    assert points(guest.order.buyer)[:2] == (99, 0)
    with unit_of_work() as uow:
        assert point_faults(uow) == []
        assert ledger.balance(uow, chart.POINTS_LIABILITY, POINTS) == -198


def test_the_handlers_of_points_stand_in_the_table_of_what_follows_what() -> None:
    follows = {(handler.event, handler.name) for handler in handlers.HANDLERS}
    assert {
        ("OrdersConfirmed", "give_points"),
        ("OrdersCompleted", "open_points"),
        ("OrderRefunded", "take_points_back"),
    } <= follows


def test_refunds_in_parts_take_back_what_the_rule_gave_on_them_and_spent_points_are_owed(
    points_shop: PointsShop,
) -> None:
    order = points_shop.order(1, 9_950)
    points_shop.refund(order, 1_000)
    assert points(1)[:2] == (89, 0)  # floor(89.50), from 99
    points_shop.later(days=8)
    points_shop.complete_due()
    points_shop.use(1, 80)
    assert points(1) == (0, 9, 0, 0)
    points_shop.refund(order, 5_000)
    assert points(1) == (0, 0, 0, 41)  # 39.50 are left of the order: 39 points; 50 go back, 9 of them were there
    points_shop.give(1, 30, "a")
    assert points(1) == (0, 0, 0, 11)
    points_shop.give(1, 30, "b")
    assert points(1) == (0, 19, 0, 0)
    points_shop.refund(order, 3_950)
    assert points(1) == (0, 0, 0, 20)


def test_the_buyers_tier_multiplies_what_an_order_gives(points_shop: PointsShop) -> None:
    with unit_of_work(points_shop.clock) as uow:
        # A version's tiers never change: the test's own do, for the owner alone and with the guards off.
        uow.session.execute(text("RESET ROLE"))
        uow.session.execute(text("SET LOCAL session_replication_role = replica"))
        uow.session.execute(
            text(
                "WITH tier AS (UPDATE tiers SET benefits = benefits || '{\"points_multiplier_bps\": 15000}'"
                " WHERE level = 1 RETURNING version, code)"
                " INSERT INTO member_standings (member, version, tier, since) SELECT 2, version, code, now() FROM tier"
            )
        )
    points_shop.order(1, 9_990)
    points_shop.order(2, 9_990)
    assert (points(1).pending, points(2).pending) == (99, 149)
    with unit_of_work() as uow:
        assert point_faults(uow) == []


def test_many_orders_cost_as_many_statements_as_one(points_shop: PointsShop) -> None:
    ids = [points_shop.order(member, 1_000) for member in (1, 2, 3)]
    told = [{"order_ids": [str(id_) for id_ in ids]}]
    with statements() as seen:
        points_shop.do(lambda uow: loyalty.on_orders_confirmed(uow, told))
    assert len(seen) <= 6


# --- kinds, caps, streaks -----------------------------------------------------------------------------------------


def test_an_event_told_twice_gives_once_and_one_over_its_cap_gives_nothing_then_or_later(
    points_shop: PointsShop,
) -> None:
    def review(name: str) -> loyalty.Earned:
        return points_shop.do(lambda uow: loyalty.earn(uow, 1, "review", name))  # type: ignore[no-any-return]

    assert [review(name).points for name in ("a", "a", "b", "c", "d")] == [20, 20, 20, 20, 0]
    assert review("d") == loyalty.Earned(0, new=False)
    assert points(1).available == 60
    points_shop.later(days=1)
    assert review("d").points == 0, "what was over the cap stays over"
    assert review("e").points == 20


@pytest.mark.parametrize("kind", ["order", "check_in", "adjustment", "like"])
def test_a_kind_without_a_rule_is_refused_and_nothing_changes(points_shop: PointsShop, kind: str) -> None:
    before = counts("point_lots", "ledger_entries")
    with pytest.raises(InvalidValue):
        points_shop.do(lambda uow: loyalty.earn(uow, 1, kind, "x"))
    assert counts("point_lots", "ledger_entries") == before


def test_days_in_a_row_count_by_the_shops_clock_and_a_missed_day_begins_anew(points_shop: PointsShop) -> None:
    def come() -> tuple[int, int, int]:
        done = points_shop.do(lambda uow: loyalty.check_in(uow, 1, "Asia/Shanghai"))
        return done.streak, done.points, done.bonus

    points_shop.later(hours=11, minutes=59)  # a minute before midnight in Shanghai
    assert come() == (1, 2, 0)
    points_shop.later(minutes=2)
    assert come() == (2, 2, 0)
    for _ in range(4):
        points_shop.later(days=1)
        come()
    points_shop.later(days=1)
    assert come() == (7, 12, 10)
    points_shop.later(days=2)
    assert come() == (1, 2, 0)


# --- ends ---------------------------------------------------------------------------------------------------------


def test_members_are_warned_once_and_then_what_is_left_ends(points_shop: PointsShop) -> None:
    points_shop.give(1, 30, "a")
    points_shop.later(days=1)
    points_shop.give(1, 50, "b")
    points_shop.later(days=351)
    while points_shop.do(loyalty.warn_expiring):
        pass
    assert rows("SELECT member, kind, facts ->> 'points' FROM notices") == [(1, "points_expiring", "80")]
    points_shop.later(days=13)
    assert points_shop.do(loyalty.expire_due) is False
    assert points(1).available == 50
    points_shop.later(days=1)
    points_shop.do(loyalty.expire_due)
    points_shop.do(loyalty.expire_due)
    assert points(1).available == 0
    with unit_of_work(isolation="REPEATABLE READ") as uow:
        found = loyalty.liability(uow, "Asia/Shanghai")
    assert (found.outstanding, found.breakage_bps, found.agrees) == (0, 10_000, True)
    assert {flow.kind: flow.points for flow in found.flows} == {"points_earned": 50, "points_expired": -80}


def test_points_that_have_expired_are_not_used_though_nobody_swept_them(points_shop: PointsShop) -> None:
    points_shop.give(1, 30, "a")
    points_shop.later(days=366)
    with pytest.raises(Exception, match="not so many points"):
        points_shop.use(1, 1)
    assert points(1).available == 30


# --- the books ----------------------------------------------------------------------------------------------------


def test_points_and_money_never_stand_in_one_entry(points_shop: PointsShop) -> None:
    mixed = [
        ledger.Posting(chart.POINTS_LIABILITY, -5, POINTS),
        ledger.Posting(chart.member_wallet(1), 5, POINTS),
        ledger.Posting(chart.SALES, -5, "CNY"),
        ledger.Posting(chart.member_wallet(1), 5, "CNY"),
    ]
    with pytest.raises(InvalidEntry, match="points and money"), unit_of_work() as uow:
        ledger.post(uow, [ledger.Entry("mixed", "mixed", mixed)])
    assert counts("ledger_entries") == {"ledger_entries": 0}


def test_nobody_may_ask_for_points_as_money(app: Flask) -> None:
    person = sign_up(app)
    assert refusal(person.call("GET", "/me/wallet?currency=PTS"))[0] == 422


# --- over HTTP ----------------------------------------------------------------------------------------------------


def test_a_member_sees_points_and_each_movement_explained_in_both_languages(app: Flask) -> None:
    person, admin = sign_up(app), sign_up(app, role=Role.ADMIN)
    assert person.call("POST", "/me/check-ins").get_json()["points"] == 2
    again = person.call("POST", "/me/check-ins").get_json()
    assert (again["points"], again["new"]) == (2, False)
    path = f"/admin/members/{_public(person)}/points"
    for _ in range(2):
        given = admin.call("POST", path, key="k", json={"points": 50, "reason": "The parcel came late."})
        assert (given.status_code, given.get_json()) == (201, {"available": 52})
    found = balance(person)
    assert (found["available"], found["pending"], found["worth"]["amount_minor"]) == (52, 0, 52)
    texts = {
        language: [
            row["text"]
            for row in person.call("GET", "/me/points/entries", headers={"Accept-Language": language}).get_json()[
                "data"
            ]
        ]
        for language in ("en", "zh")
    }
    assert texts["en"] == ["Given by the shop: The parcel came late.", "You checked in, day 1 in a row."]
    assert texts["zh"] == ["商店赠送：The parcel came late.", "签到，连续第 1 天。"]


def _public(person: Person) -> str:
    return to_public("mbr", person.card.member_id)


def test_movements_come_page_by_page_and_are_nobody_elses(app: Flask) -> None:
    person, other = sign_up(app), sign_up(app)
    for _ in range(3):
        have(person, 10)
    first = person.call("GET", "/me/points/entries?limit=2").get_json()
    rest = person.call("GET", f"/me/points/entries?limit=2&cursor={first['next_cursor']}").get_json()
    assert [len(first["data"]), len(rest["data"]), rest["next_cursor"]] == [2, 1, None]
    assert other.call("GET", "/me/points/entries").get_json()["data"] == []


def test_a_reward_is_taken_once_by_key_and_no_more_than_one_member_may_have(app: Flask) -> None:
    person, admin = sign_up(app), sign_up(app, role=Role.ADMIN)
    reward = a_reward(admin)
    short = person.call("POST", f"/rewards/{reward}/redemptions", key="a")
    assert refusal(short) == (409, "points_short", None)
    assert rows("SELECT left_stock FROM rewards") == [(2,)]
    have(person, 100)
    one, same = (person.call("POST", f"/rewards/{reward}/redemptions", key="b").get_json() for _ in range(2))
    assert one == same
    assert balance(person)["available"] == 60
    assert refusal(person.call("POST", f"/rewards/{reward}/redemptions", key="c"))[1] == "reward_limit_reached"
    assert rows("SELECT left_stock FROM rewards") == [(1,)]
    assert [row["title"] for row in person.call("GET", "/me/redemptions").get_json()["data"]] == ["Tea cup"]


def test_a_refused_redemption_brings_points_and_stock_back_once(app: Flask) -> None:
    person, admin = sign_up(app), sign_up(app, role=Role.ADMIN)
    reward = a_reward(admin)
    have(person, 40)
    taken = person.call("POST", f"/rewards/{reward}/redemptions", key="b").get_json()["id"]
    for _ in range(2):
        answer = admin.call("POST", f"/admin/redemptions/{taken}/refuse", json={"reason": "broken"})
        assert (answer.status_code, answer.get_json()["status"]) == (200, "refused")
    assert balance(person)["available"] == 40
    assert rows("SELECT left_stock FROM rewards") == [(2,)]
    assert refusal(admin.call("POST", f"/admin/redemptions/{taken}/done"))[1] == "redemption_decided"
    texts = [row["text"] for row in person.call("GET", "/me/points/entries").get_json()["data"]]
    assert texts[:2] == ["“Tea cup” could not be given: the points are back.", "Taken for “Tea cup”."]


def test_points_buy_a_coupon_that_is_the_members_at_once_or_nothing(app: Flask) -> None:
    """Given a reward of a coupon of which two are given, when a third is taken, then points and stock stay."""
    admin, (lin, rui) = sign_up(app, role=Role.ADMIN), (sign_up(app), sign_up(app))
    for person in (lin, rui):
        have(person, 100)
    terms = {"kind": "shipping", "currency": "CNY"}
    made = {"title": "Shipping", "terms": terms, "valid_days": 30, "way": "given", "issue_limit": 2}
    coupon = admin.call("POST", "/admin/coupons", json=made).get_json()["id"]
    other = admin.call("POST", "/admin/coupons", json=made | {"way": "code"}).get_json()["id"]
    for wrong in (other, "cpn_x"):
        body = {"title": "Free shipping", "points": 40, "coupon_id": wrong}
        assert refusal(admin.call("POST", "/admin/rewards", json=body)) == (422, "invalid_value", "coupon_id")
    reward = a_reward(admin, title="Free shipping", stock=None, per_member=None, coupon_id=coupon)
    taken = [lin.call("POST", f"/rewards/{reward}/redemptions", key=key).get_json() for key in ("a", "a", "b")]
    assert [one["status"] for one in taken] == ["done"] * 3
    assert taken[0] == taken[1]
    assert len(lin.call("GET", "/me/coupons").get_json()["data"]) == 2
    assert (balance(lin)["available"], balance(rui)["available"]) == (20, 100)
    before = counts("reward_redemptions", "coupon_holdings", "point_uses", "notices")
    assert refusal(rui.call("POST", f"/rewards/{reward}/redemptions", key="c"))[:2] == (409, "reward_gone")
    assert (counts("reward_redemptions", "coupon_holdings", "point_uses", "notices"), balance(rui)["available"]) == (
        before,
        100,
    )
    refused = admin.call("POST", f"/admin/redemptions/{taken[0]['id']}/refuse", json={"reason": "no"})
    assert refusal(refused)[1] == "redemption_decided"


def test_nobody_pays_points_for_a_coupon_that_their_tier_cannot_use(app: Flask) -> None:
    admin, lin = sign_up(app, role=Role.ADMIN), sign_up(app)
    have(lin, 100)
    made = {"title": "For gold", "valid_days": 30, "way": "given"}
    kept = {"kind": "shipping", "currency": "CNY", "tiers": ["gold"]}
    rewards = []
    for tiers in (["gold"], ["gold", "normal"]):
        coupon = admin.call("POST", "/admin/coupons", json=made | {"terms": kept | {"tiers": tiers}}).get_json()["id"]
        rewards.append(a_reward(admin, title="Shipping", stock=None, per_member=None, coupon_id=coupon))
    before = counts("reward_redemptions", "coupon_holdings", "point_uses")
    refused = lin.call("POST", f"/rewards/{rewards[0]}/redemptions", key="a")
    assert (refusal(refused)[:2], refused.get_json()["reason"]) == ((409, "coupon_unusable"), "other_tier")
    assert (counts("reward_redemptions", "coupon_holdings", "point_uses"), balance(lin)["available"]) == (before, 100)
    assert lin.call("POST", f"/rewards/{rewards[1]}/redemptions", key="b").status_code == 201


def test_a_reward_that_is_withdrawn_or_gone_is_not_taken(app: Flask) -> None:
    person, admin = sign_up(app), sign_up(app, role=Role.ADMIN)
    have(person, 100)
    reward = a_reward(admin, stock=0)
    assert refusal(person.call("POST", f"/rewards/{reward}/redemptions", key="a"))[1] == "reward_gone"
    more = {"reason": "received", "quantity": 5}
    assert admin.call("POST", f"/admin/rewards/{reward}/stock-moves", json=more).get_json()["left_stock"] == 5
    change = {"offered": False, "endless": False}
    assert admin.call("POST", f"/admin/rewards/{reward}", json=change).status_code == 200
    assert refusal(person.call("POST", f"/rewards/{reward}/redemptions", key="b"))[1] == "reward_gone"
    assert person.call("GET", "/rewards").get_json()["data"] == []
    assert balance(person)["available"] == 100


def test_what_is_left_of_a_reward_moves_by_deltas_while_members_take_it_and_is_recomputed(app: Flask) -> None:
    person, admin = sign_up(app), sign_up(app, role=Role.ADMIN)
    have(person, 100)
    reward = a_reward(admin, stock=2, per_member=None)

    def take() -> str:
        answer = person.call("POST", f"/rewards/{reward}/redemptions", key=secrets.token_hex(8))
        assert answer.status_code == 201, answer.text
        return str(answer.get_json()["id"])

    def move(reason: str, quantity: int) -> Any:
        body = {"reason": reason, "quantity": quantity}
        return admin.call("POST", f"/admin/rewards/{reward}/stock-moves", json=body)

    def left() -> int | None:
        found = rows("SELECT left_stock FROM rewards")[0][0]
        with unit_of_work() as uow:
            assert loyalty.reward_differences(uow) == []
        return None if found is None else int(found)

    first = take()
    assert (move("received", 10).get_json()["left_stock"], left()) == (11, 11)
    short = move("damaged", -12)
    assert (refusal(short), short.get_json()["left"]) == ((409, "stock_short", "quantity"), 11)
    assert refusal(move("received", -1)) == (422, "invalid_value", "quantity")
    admin.call("POST", f"/admin/redemptions/{first}/refuse", json={"reason": "broken"})
    assert left() == 12
    # Without end nothing is counted; once an end is put to it, only what comes in from then on is left.
    change = admin.call("POST", f"/admin/rewards/{reward}", json={"offered": True, "endless": True})
    assert change.get_json()["left_stock"] is None
    take()
    assert (left(), refusal(move("received", 1))[:2]) == (None, (422, "invalid_value"))
    for said, low_at in ((None, 10), (2, 2), (None, 2)):
        change = {"offered": True, "endless": False, "low_stock_at": said}
        assert admin.call("POST", f"/admin/rewards/{reward}", json=change).get_json()["low_stock_at"] == low_at
    assert (left(), move("received", 3).get_json()["left_stock"], left()) == (0, 3, 3)
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE rewards SET left_stock = 4"))
    for _ in range(2):
        in_unit_of_work(loyalty.reconcile_rewards)
    evidence = {"what": reward, "found": 4, "expected": 3}
    assert rows("SELECT code, evidence FROM findings") == [("stock_differs", evidence)]
    assert rows("SELECT count(*) FROM notices WHERE kind = 'stock_differs'") == [(1,)]


def test_nobody_adjusts_their_own_points(app: Flask) -> None:
    admin = sign_up(app, role=Role.ADMIN)
    have(admin, 50)
    before = counts("point_lots", "point_uses", "audit_entries")
    for given in (5, -5):
        body = {"points": given, "reason": "why not"}
        answer = admin.call("POST", f"/admin/members/{_public(admin)}/points", key=f"k{given}", json=body)
        assert refusal(answer)[:2] == (403, "self_adjustment")
    assert counts("point_lots", "point_uses", "audit_entries") == before


def test_rules_are_versions_that_change_what_comes_and_nothing_that_was(app: Flask) -> None:
    person, admin = sign_up(app), sign_up(app, role=Role.ADMIN)
    person.call("POST", "/me/check-ins")
    current = admin.call("GET", "/admin/points/rules").get_json()["data"][0]
    assert (current["version"], current["effective_at"]) == (0, None)
    changed = current["rules"] | {"check_in_points": 9, "kinds": {"review": {"points": 7}}}
    published = admin.call("POST", "/admin/points/rules", json={"rules": changed})
    assert published.status_code == 201, published.text
    assert balance(person)["available"] == 2
    other = sign_up(app)
    assert other.call("POST", "/me/check-ins").get_json()["points"] == 9
    past = {"rules": changed, "effective_at": "2020-01-01T00:00:00Z"}
    assert refusal(admin.call("POST", "/admin/points/rules", json=past))[2] == "effective_at"
    broken = {"rules": changed | {"price_cap_bps": 10_001}}
    assert refusal(admin.call("POST", "/admin/points/rules", json=broken))[0] == 422
    assert len(admin.call("GET", "/admin/points/rules").get_json()["data"]) == 2


def test_nobody_is_put_into_debt_by_hand(app: Flask) -> None:
    person, admin = sign_up(app), sign_up(app, role=Role.ADMIN)
    have(person, 30)
    path = f"/admin/members/{_public(person)}/points"
    assert refusal(admin.call("POST", path, key="a", json={"points": -31, "reason": "x"}))[1] == "points_short"
    assert admin.call("POST", path, key="b", json={"points": -30, "reason": "x"}).get_json() == {"available": 0}
    assert refusal(admin.call("POST", path, key="c", json={"points": 0, "reason": "x"}))[0] == 422


def test_the_shop_reads_what_it_owes(app: Flask) -> None:
    person, finance = sign_up(app), sign_up(app, role=Role.FINANCE)
    have(person, 30)
    found = finance.call("GET", "/admin/points/liability").get_json()
    assert (found["available"], found["outstanding"], found["agrees"]) == (30, 30, True)
    assert found["worth"] == {"amount_minor": 30, "currency": "CNY"}
    assert sum(month["points"] for month in found["ending_by_month"]) == 30
    assert person.call("GET", "/admin/points/liability").status_code == 403
