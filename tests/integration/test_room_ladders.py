"""Price ladders and host perks: everybody pays the smallest step's price, and the fill gives the difference back."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from after_sales import replayed
from coupon_shop import a_coupon, coupon_faults, give, stands_in_gold
from flask import Flask
from payment_shop import rows
from points_shop import faults as point_faults
from points_shop import points
from room_shop import HOUR, PRICE, Member, RoomShop, faults, room_shop, statements, unsettled
from sample_sales import a_plan
from test_paying_with_points import joined, rich
from web_client import refusal, sign_up

from socialshop.commissions import service as commissions
from socialshop.deals.ladder import Step
from socialshop.deals.perks import HostPerk, PerkKind
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from socialshop.orders import service as orders
from socialshop.orders.errors import OrderNotConfirmed
from socialshop.payments.sandbox.books import Command
from socialshop.rooms import service as rooms
from socialshop.rooms.service import Joined
from workers import jobs, relay

LADDER = (Step(2, PRICE), Step(3, 8_800), Step(5, 7_000))
FREE = HostPerk(PerkKind.FREE_SEAT)
PERCENT = HostPerk(PerkKind.PERCENTAGE, rate_bps=1_050)


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


def ladder_room(shop: RoomShop, paid: int, *, unpaid: int = 0, **terms: Any) -> list[Joined]:
    """A room on the ladder, whose host and so many others have paid, and some have not."""
    host = shop.open(shop.deal(5, price_steps=LADDER, **terms))
    seats = [host, *(shop.join(host.room.id) for _ in range(paid + unpaid - 1))]
    for seat in seats[:paid]:
        shop.pay(seat)
    shop.settle()
    return seats


def nets(seats: list[Joined]) -> list[tuple[str, int, int]]:
    """Of each order: status, total, refunded."""
    with unit_of_work() as uow:
        found = [orders.order(uow, seat.order.id, None) for seat in seats]
    return [(str(one.status), one.total.amount_minor, one.refunded.amount_minor) for one in found]


def captured(joined: Joined) -> list[tuple[Any, ...]]:
    return rows("SELECT status, captured_minor FROM payments WHERE id = :id", id=joined.payment.id)


def exact(shop: RoomShop) -> None:
    assert (faults(shop), unsettled(shop)) == ([], [])


def test_a_full_ladder_gives_everybody_the_difference_to_its_last_step(shop: RoomShop) -> None:
    seats = ladder_room(shop, 5)
    assert nets(seats) == [("confirmed", 9_900, 2_900)] * 5
    assert [captured(seat) for seat in seats] == [[("captured", 7_000)]] * 5
    assert shop.balance("shop:sales") == 35_000
    found = shop.view(seats[0].room.id)
    assert (found.seats_at_fill, found.step, found.final_price) == (5, LADDER[2], found.final_price)
    assert found.final_price is not None
    assert found.final_price.amount_minor == 7_000
    exact(shop)


@pytest.mark.parametrize(("paid", "back"), [(2, 0), (3, 1_100), (4, 1_100)])
def test_a_room_whose_time_is_over_is_filled_with_who_paid_if_they_reach_a_step(
    shop: RoomShop, paid: int, back: int
) -> None:
    seats = ladder_room(shop, paid, unpaid=1, hold=HOUR)
    assert shop.seats(seats[0].room.id) == ("open", paid + 1, paid)
    shop.tick(HOUR)
    shop.settle()
    assert shop.seats(seats[0].room.id) == ("filled", paid, paid)
    assert nets(seats) == [("confirmed", 9_900, back)] * paid + [("cancelled", 9_900, 0)]
    assert shop.balance("shop:sales") == paid * (9_900 - back)
    assert rows("SELECT count(*) FROM outbox_events WHERE name IN ('RoomFilled', 'RoomExpired')") == [(1,)]
    # Money that comes for the seat that was given up goes back, as ever.
    shop.pay(seats[-1])
    shop.settle()
    assert nets(seats)[-1] == ("refunded", 9_900, 9_900)
    exact(shop)
    assert shop.left() == 1_000 - paid


def test_below_the_smallest_step_the_room_expires_and_all_money_goes_back(shop: RoomShop) -> None:
    seats = ladder_room(shop, 1, unpaid=1)
    shop.tick(HOUR)
    shop.settle()
    assert shop.seats(seats[0].room.id) == ("expired", 0, 0)
    assert nets(seats) == [("refunded", 9_900, 9_900), ("cancelled", 9_900, 0)]
    exact(shop)
    assert shop.left() == 1_000


def test_a_payment_told_of_after_the_time_finds_the_room_filled_by_those_before(shop: RoomShop) -> None:
    """The clock decides, whether the schedule has been there or not."""
    seats = ladder_room(shop, 3, unpaid=1, hold=HOUR)
    shop.pay(seats[3])
    shop.pay_shop.clock.advance(seats[0].room.expires_at - shop.pay_shop.clock.now())
    shop.settle()
    assert nets(seats) == [("confirmed", 9_900, 1_100)] * 3 + [("refunded", 9_900, 9_900)]
    exact(shop)


def test_a_host_who_has_not_paid_when_the_time_is_over_hands_the_room_and_its_perk_on(shop: RoomShop) -> None:
    host = shop.open(shop.deal(5, price_steps=LADDER, host_perk=FREE, hold=HOUR))
    others = [shop.join(host.room.id) for _ in range(3)]
    for seat in others:
        shop.pay(seat)
        shop.work()
    shop.tick(HOUR)
    shop.settle()
    assert nets([host, *others]) == [
        ("cancelled", 9_900, 0),
        ("confirmed", 9_900, 9_900),
        ("confirmed", 9_900, 1_100),
        ("confirmed", 9_900, 1_100),
    ]
    assert captured(others[0]) == [("released", 0)]
    assert (faults(shop), shop.balance("shop:sales")) == ([], 2 * 8_800)


def test_several_units_in_a_seat_each_get_the_difference(shop: RoomShop) -> None:
    host = shop.open(shop.deal(5, price_steps=LADDER), quantity=3)
    other = shop.join(host.room.id)
    for seat in (host, other, third := shop.join(host.room.id)):
        shop.pay(seat)
    shop.settle()
    shop.tick(HOUR)
    shop.settle()
    assert nets([host, other, third]) == [("confirmed", 29_700, 3_300), *[("confirmed", 9_900, 1_100)] * 2]
    exact(shop)


def test_a_percentage_is_taken_off_the_price_that_the_room_reached(shop: RoomShop) -> None:
    seats = ladder_room(shop, 3, host_perk=PERCENT)
    shop.tick(HOUR)
    shop.settle()
    # 10.5 % of 88.00 is 9.24; with the 11.00 of the step 20.24.
    assert nets(seats) == [("confirmed", 9_900, 2_024), *[("confirmed", 9_900, 1_100)] * 2]
    with unit_of_work() as uow:
        told = orders.order(uow, seats[0].order.id, None).rebates
    assert [(str(one.kind), one.amount_minor) for one in told] == [("ladder", 1_100), ("host_discount", 924)]
    exact(shop)


def test_a_free_seat_is_confirmed_at_the_fill_and_nothing_is_ever_taken_of_it(shop: RoomShop) -> None:
    host = shop.open(shop.deal(2, host_perk=FREE))
    guest = shop.join(host.room.id)
    for seat in (host, guest):
        shop.pay(seat)
    shop.settle()
    assert nets([host, guest]) == [("confirmed", 9_900, 9_900), ("confirmed", 9_900, 0)]
    assert (captured(host), captured(guest)) == ([("released", 0)], [("captured", 9_900)])
    assert rows("SELECT kind, count(*) FROM payment_calls WHERE kind <> 'pay' GROUP BY kind ORDER BY kind") == [
        ("capture", 1),
        ("release", 1),
    ]
    assert (shop.balance("shop:sales"), faults(shop), shop.left()) == (9_900, [], 998)
    # The goods are sent and received as any others.
    with unit_of_work(shop.pay_shop.clock) as uow:
        orders.ship(uow, uuid.uuid4(), host.order.id, "SF", "1")
    assert shop.order(host) == "shipped"


def test_of_several_units_in_a_free_seat_one_is_free(shop: RoomShop) -> None:
    host = shop.open(shop.deal(2, host_perk=FREE), quantity=3)
    shop.pay(host)
    shop.pay(shop.join(host.room.id))
    shop.settle()
    assert nets([host]) == [("confirmed", 29_700, 9_900)]
    exact(shop)


def test_what_was_paid_with_points_shares_in_the_difference_and_comes_back_as_points(shop: RoomShop) -> None:
    """Of 99.00 points paid 29.70 and money 69.30: of the 29.00 that go back, money has its 7/10, 20.30."""
    seats = ladder_room(shop, 4)
    member = rich(shop)
    last = joined(shop, member, seats[0].room.id, 4_000)
    assert (last.order.total.amount_minor, points(member.number)[1]) == (6_930, 2_030)
    shop.pay(last)
    shop.settle()
    assert nets([*seats, last]) == [("confirmed", 9_900, 2_900)] * 4 + [("confirmed", 6_930, 2_030)]
    # 2,970 points × 20.30 / 69.30, rounded down; points earned are of the net 49.00, and wait.
    assert points(member.number)[1] == 2_030 + 870
    exact(shop)
    with unit_of_work() as uow:
        assert point_faults(uow) == []


def test_a_free_seat_that_points_and_a_coupon_paid_in_part_gives_both_back(shop: RoomShop) -> None:
    member = rich(shop)
    give(shop, a_coupon(shop, kind="amount", amount_minor=1_000), member)
    deal = shop.deal(2, host_perk=FREE)
    host = in_unit_of_work(
        lambda uow: rooms.open_room(uow, member, deal, means=orders.Means(1_000)), shop.pay_shop.clock
    )
    assert host.order.total.amount_minor == 9_900 - 1_000 - 1_000
    shop.pay(host)
    shop.pay(shop.join(host.room.id))
    shop.settle()
    assert nets([host]) == [("confirmed", 7_900, 7_900)]
    assert points(member.number)[1] == 5_000
    assert rows("SELECT status FROM coupon_holdings") == [("open",)]
    assert (shop.balance("shop:points_expense"), shop.balance("shop:coupon_expense")) == (0, 0)
    assert (shop.balance("shop:sales"), faults(shop)) == (9_900, [])


def test_a_coupon_and_a_members_own_price_share_in_the_difference(shop: RoomShop) -> None:
    """Largest remainder: 29.00 over money 84.05, coupon 10.00 and the member's 4.95 of 99.00."""
    seats = ladder_room(shop, 4)
    member = shop.member()
    stands_in_gold(shop, member, discount_bps=500)
    give(shop, a_coupon(shop, kind="amount", amount_minor=1_000), member)
    last = shop.join(seats[0].room.id, member)
    assert last.order.total.amount_minor == 9_900 - 495 - 1_000
    shop.pay(last)
    shop.settle()
    # 2,900 × 8,405 / 9,900 = 2,462.07…; the fractions of the others are .93 and exactly .00.
    assert nets([last]) == [("confirmed", 8_405, 2_462)]
    assert coupon_faults() == []
    exact(shop)


def test_money_asked_back_after_the_fill_is_of_what_was_taken(shop: RoomShop) -> None:
    buyer = shop.member()
    host = shop.open(shop.deal(5, price_steps=LADDER), buyer)
    for seat in (host, *(shop.join(host.room.id) for _ in range(4))):
        shop.pay(seat)
    # Between the fill and the capture already: the decision fell with the fill.
    relay.relay()
    jobs.drain("make_payment_call")
    relay.relay()
    jobs.drain("pay_seats")
    with pytest.raises(Exception, match="more than is left"):
        in_unit_of_work(
            lambda uow: rooms.ask_back(uow, buyer, host.order.id, "all", amount_minor=7_001), shop.pay_shop.clock
        )
    shop.settle()
    asked = in_unit_of_work(lambda uow: rooms.ask_back(uow, buyer, host.order.id, "all"), shop.pay_shop.clock)
    assert asked.amount.amount_minor == 7_000
    in_unit_of_work(lambda uow: orders.approve_refund(uow, uuid.uuid4(), asked.id, None), shop.pay_shop.clock)
    shop.settle()
    assert nets([host]) == [("refunded", 9_900, 9_900)]
    assert shop.balance("shop:sales") == 4 * 7_000
    assert faults(shop) == []


def accrued() -> list[tuple[Any, ...]]:
    """Kind, level, base and amount of every accrual, the largest first, and what was clawed back of it."""
    return rows(
        "SELECT a.kind, a.level, l.base_minor, a.amount_minor, a.clawed_minor FROM accruals a"
        " JOIN accrued_lines l ON l.order_line_id = a.order_line_id ORDER BY a.amount_minor DESC, a.level, a.id"
    )


def publish(shop: RoomShop, *legs: dict[str, Any]) -> None:
    clock = shop.pay_shop.clock
    in_unit_of_work(lambda uow: commissions.publish_plan(uow, a_plan(*legs), country="CN"), clock)


def test_commissions_and_growth_stand_on_what_was_taken_and_nothing_on_a_free_seat(shop: RoomShop) -> None:
    publish(shop, {"kind": "host", "rate_bps": 500}, {"kind": "self", "rate_bps": 100})
    seats = ladder_room(shop, 3, host_perk=FREE)
    shop.tick(HOUR)
    shop.settle()
    # 5 % and 1 % of 88.00 for each guest; of the host's own seat, which cost nothing, not even its own share.
    assert accrued() == [("host", 0, 8_800, 440, 0)] * 2 + [("self", 0, 8_800, 88, 0)] * 2
    assert sorted(rows("SELECT reason FROM accrual_skips")) == [("own_order",), ("zero_amount",)]
    assert rows("SELECT goods_paid(o) FROM orders o ORDER BY 1") == [(0,), (8_800,), (8_800,)]
    assert replayed() is None
    assert nets(seats)[0] == ("confirmed", 9_900, 9_900)


@pytest.mark.parametrize(
    ("perk", "amount", "left"),
    [
        (HostPerk(PerkKind.COMMISSION, rate_bps=333), 293, 219),
        (HostPerk(PerkKind.COMMISSION, fixed_minor=75), 75, 75),
    ],
)
def test_a_deals_own_commission_is_one_accrual_more_for_who_is_host_at_the_fill(
    shop: RoomShop, perk: HostPerk, amount: int, left: int
) -> None:
    publish(shop, {"kind": "host", "rate_bps": 1_000})
    first, guest = shop.member(), shop.member()
    host = shop.open(shop.deal(5, price_steps=LADDER, host_perk=perk, hold=HOUR), first)
    others = [shop.join(host.room.id, guest), *(shop.join(host.room.id) for _ in range(2))]
    for seat in others:
        shop.pay(seat)
        shop.work()
    # The opener never paid: the one who paid first is host, and earns of the two others.
    shop.tick(HOUR)
    shop.settle()
    assert accrued() == [("host", 0, 8_800, 880, 0)] * 2 + [("host", 1, 8_800, amount, 0)] * 2
    assert {row[0] for row in rows("SELECT beneficiary FROM accruals")} == {guest.number}
    # Clawed back with a refund to what the same rule gives for the rest, and explained in its own words.
    buyer = Member(rows("SELECT buyer FROM orders WHERE id = :id", id=others[1].order.id)[0][0])
    clock = shop.pay_shop.clock
    asked = in_unit_of_work(
        lambda uow: rooms.ask_back(uow, buyer, others[1].order.id, "dented", amount_minor=2_200), clock
    )
    in_unit_of_work(lambda uow: orders.approve_refund(uow, uuid.uuid4(), asked.id, None), clock)
    shop.settle()
    assert sorted(row[1:] for row in accrued()) == sorted(
        [(0, 8_800, 880, 0), (0, 8_800, 880, 220), (1, 8_800, amount, 0), (1, 8_800, amount, amount - left)]
    )
    assert replayed() is None
    accrual = rows("SELECT id FROM accruals WHERE level = 1 AND clawed_minor = :c LIMIT 1", c=amount - left)[0][0]
    told = in_unit_of_work(lambda uow: commissions.explain(uow, accrual, guest.number), clock)
    codes = [step.code for step in told.steps]
    assert codes[:4] == ["sale", "plan", "leg_deal_host", "deal_rate" if perk.rate_bps else "deal_fixed"]


def test_a_fill_with_a_ladder_costs_three_statements_more(shop: RoomShop) -> None:
    host = shop.open(shop.deal(5, price_steps=LADDER, host_perk=PERCENT))
    seats = [host, *(shop.join(host.room.id) for _ in range(4))]
    for seat in seats[:4]:
        shop.pay(seat)
    shop.work()
    shop.pay(seats[4])
    relay.relay()
    jobs.drain("make_payment_call")
    relay.relay()
    with statements() as seen:
        jobs.drain("pay_seats")
    assert shop.seats(host.room.id)[0] == "filled"
    # The seats with their terms, what was paid for each, what goes back.
    assert len(seen) == 7 + 3


def _key() -> str:
    return uuid.uuid4().hex


def test_over_http_a_ladder_is_made_shown_joined_and_told_of_by_the_order(shop: RoomShop) -> None:
    leader, guest = sign_up(shop.app, role=Role.LEADER), sign_up(shop.app)
    terms = {
        "sku_id": to_public("sku", shop.sku_id),
        "title": "Tea",
        "group_size": 3,
        "price_steps": [{"size": 2, "price_minor": 9_900}, {"size": 3, "price_minor": 8_000}],
        "host_perk": {"kind": "percentage", "rate_bps": 1_000},
        "room_ttl_seconds": HOUR,
    }
    deal = leader.call("POST", "/deals", json=terms).get_json()
    shown = [
        {"size": 2, "price": {"amount_minor": 9_900, "currency": "CNY"}},
        {"size": 3, "price": {"amount_minor": 8_000, "currency": "CNY"}},
    ]
    perk = {"kind": "percentage", "rate_bps": 1_000, "fixed_minor": None}
    assert (deal["price"], deal["price_steps"], deal["host_perk"]) == (shown[0]["price"], shown, perk)
    host = leader.call("POST", f"/deals/{deal['id']}/rooms", key=_key(), json={}).get_json()
    taken = guest.call("POST", f"/rooms/{host['room']['id']}/seats", key=_key(), json={}).get_json()
    for who, seat in ((leader, host), (guest, taken)):
        who.call("POST", f"/sandbox/payments/{seat['payment']['id']}/pay", json={"outcome": "succeeded"})
    shop.settle()
    room = leader.call("GET", f"/rooms/{host['room']['id']}").get_json()
    assert (room["status"], room["price_steps"], room["final_price"]) == ("open", shown, None)
    shop.tick(HOUR)
    shop.settle()
    room = leader.call("GET", f"/rooms/{host['room']['id']}").get_json()
    assert (room["status"], room["size"], room["seats_paid"]) == ("filled", 3, 2)
    assert room["final_price"] == shown[0]["price"]
    order = leader.call("GET", f"/orders/{host['order']['id']}").get_json()
    assert (order["status"], order["total"]["amount_minor"], order["refunded"]["amount_minor"]) == (
        "confirmed",
        9_900,
        990,
    )
    assert order["rebates"] == [
        {
            "kind": "host_discount",
            "amount": {"amount_minor": 990, "currency": "CNY"},
            "words_zh": "团主优惠 10 %",
            "words_en": "For you as the host, 10 % off",
        }
    ]
    late = sign_up(shop.app).call("POST", f"/rooms/{host['room']['id']}/seats", key=_key(), json={})
    assert refusal(late)[:2] == (409, "room_full")


def test_a_part_is_asked_back_once_the_fill_has_said_what_it_is_a_part_of(shop: RoomShop) -> None:
    buyer, two = shop.member(), shop.member()
    host = shop.open(shop.deal(5, price_steps=LADDER), buyer)
    seats = [host, shop.join(host.room.id, two, 2)]
    for seat in seats:
        shop.pay(seat)
    shop.settle()
    clock = shop.pay_shop.clock

    def ask(member: Member, seat: Joined, **what: Any) -> orders.RefundView:
        return in_unit_of_work(lambda uow: rooms.ask_back(uow, member, seat.order.id, "part", **what), clock)

    # Before it, half of the price alone would be more than a whole unit comes to cost.
    for member, seat, what in ((buyer, host, {"amount_minor": 9_000}), (two, seats[1], {"units": {1: 1}})):
        with pytest.raises(OrderNotConfirmed):
            ask(member, seat, **what)
    assert rows("SELECT count(*) FROM refunds") == [(0,)]
    for _ in range(3):
        seats.append(shop.join(host.room.id))
        shop.pay(seats[-1])
    shop.settle()
    assert nets(seats[:2]) == [("confirmed", 9_900, 2_900), ("confirmed", 19_800, 5_800)]
    for member, seat, what, comes in (
        (buyer, host, {"amount_minor": 5_000}, 5_000),
        (buyer, host, {}, 2_000),
        (two, seats[1], {"units": {1: 1}}, 7_000),
    ):
        asked = ask(member, seat, **what)
        assert asked.amount.amount_minor == comes
        in_unit_of_work(lambda uow, one=asked: orders.approve_refund(uow, uuid.uuid4(), one.id, None), clock)
        shop.settle()
    assert nets(seats[:2]) == [("refunded", 9_900, 9_900), ("confirmed", 19_800, 12_800)]
    assert shop.balance("shop:sales") == 4 * 7_000
    assert faults(shop) == []


def test_the_step_that_a_fill_reached_stays_for_all_though_the_money_of_one_cannot_be_taken(shop: RoomShop) -> None:
    seats = ladder_room(shop, 4)
    seats.append(shop.join(seats[0].room.id))
    shop.pay(seats[-1])
    lost = seats.pop(1)
    # The provider has let go of one payment's hold when the fifth one fills the room.
    ((ref,),) = rows("SELECT provider_ref FROM payments WHERE id = :id", id=lost.payment.id)
    shop.pay_shop.journal.run("lapsed", Command("release", ref, {}))
    shop.settle()
    # Everybody pays what was promised when it filled; nobody is asked for more because of another's card.
    found = shop.view(lost.room.id)
    assert (found.status, found.seats_at_fill, found.seats_paid, found.step) == ("filled", 5, 4, LADDER[2])
    assert nets(seats) == [("confirmed", 9_900, 2_900)] * 4
    assert nets([lost])[0][0] in ("cancelled", "refunded")
    assert captured(lost)[0][1] == 0
    assert (shop.balance("shop:sales"), shop.left()) == (4 * 7_000, 996)
    assert faults(shop) == []
