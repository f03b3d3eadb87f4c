"""Bargains over HTTP: offered, started, chopped by friends, bought, over."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from payment_shop import rows
from room_shop import RoomShop, faults, room_shop, statements, unsettled
from sample_sales import a_plan
from sqlalchemy import text
from web_client import API, Person, counts, refusal, sign_up

from socialshop.commissions import service as commissions
from socialshop.infra.uow import in_unit_of_work, unit_of_work
from socialshop.kernel.ids import from_public, to_public
from socialshop.kernel.roles import Role
from socialshop.rooms import service as rooms
from tests.sample_sales import LONG_AGO

START, FLOOR = 9_900, 6_900


@pytest.fixture
def shop(app: Flask, tmp_path: Path) -> Iterator[RoomShop]:
    with room_shop(app, tmp_path) as found:
        yield found


@pytest.fixture
def leader(shop: RoomShop) -> Person:
    return sign_up(shop.app, role=Role.LEADER)


def _terms(shop: RoomShop, **changed: object) -> dict[str, object]:
    terms = {"title": "Chop the tea", "start_price_minor": START, "floor_price_minor": FLOOR, "chops": 3}
    return {"sku_id": to_public("sku", shop.sku_id), **terms, "lasts_seconds": 3600, **changed}


def _offer(shop: RoomShop, leader: Person, **changed: object) -> str:
    made = leader.call("POST", "/bargain-offers", json=_terms(shop, **changed))
    assert made.status_code == 201, made.text
    return str(made.get_json()["id"])


def _start(person: Person, offer: str) -> Any:
    begun = person.call("POST", f"/bargain-offers/{offer}/bargains")
    assert begun.status_code == 201, begun.text
    return begun.get_json()


def _chop(shop: RoomShop, bargain: str, friends: int = 1) -> list[int]:
    """So many new friends chop; what each took off."""
    answers = [sign_up(shop.app).call("POST", f"/bargains/{bargain}/chops") for _ in range(friends)]
    assert [answer.status_code for answer in answers] == [201] * friends
    return [answer.get_json()["amount"]["amount_minor"] for answer in answers]


def _buy(person: Person, bargain: str, **body: object) -> Any:
    return person.call("POST", f"/bargains/{bargain}/purchase", key=secrets.token_hex(8), json=body)


def _pay(shop: RoomShop, person: Person, bought: Any, outcome: str = "succeeded") -> None:
    person.call("POST", f"/sandbox/payments/{bought['payment']['id']}/pay", json={"outcome": outcome})
    shop.settle()


def _seen(shop: RoomShop, bargain: str) -> Any:
    return shop.app.test_client().get(f"{API}/bargains/{bargain}").get_json()


def _told(person: Person) -> list[str]:
    return [notice["kind"] for notice in person.call("GET", "/me/notices").get_json()["data"]]


# --- from the offer to the goods ------------------------------------------------------------------------------------


def test_friends_bring_the_price_to_the_floor_exactly_and_it_is_bought_and_sent_back(
    shop: RoomShop, leader: Person
) -> None:
    buyer = sign_up(shop.app, name="Zhou")
    bargain = _start(buyer, _offer(shop, leader))
    assert (bargain["price"]["amount_minor"], bargain["chops_made"], shop.left()) == (START, 0, 1000)

    sizes = _chop(shop, bargain["id"], 3)
    assert sum(sizes) == START - FLOOR
    assert min(sizes) >= 1
    reached = _seen(shop, bargain["id"])
    assert (reached["price"]["amount_minor"], reached["chops_made"]) == (FLOOR, 3)
    assert _told(buyer) == ["bargain_at_floor", *["bargain_chopped"] * 3]

    bought = _buy(buyer, bargain["id"]).get_json()
    assert bought["order"]["total"]["amount_minor"] == FLOOR
    assert (bought["room"]["size"], bought["room"]["seats_taken"], shop.left()) == (1, 1, 999)
    _pay(shop, buyer, bought)
    order = buyer.call("GET", f"/orders/{bought['order']['id']}").get_json()
    assert (order["status"], _seen(shop, bargain["id"])["status"]) == ("confirmed", "bought")
    assert shop.balance("shop:sales") == FLOOR
    assert faults(shop) == unsettled(shop) == []

    asked = buyer.call("POST", f"/orders/{order['id']}/refunds", key="back", json={"reason": "broken"}).get_json()
    admin = sign_up(shop.app, role=Role.ADMIN)
    assert admin.call("POST", f"/admin/refunds/{asked['id']}/approve", json={"reason": "seen"}).status_code == 200
    shop.settle()
    assert buyer.call("GET", f"/orders/{order['id']}").get_json()["status"] == "refunded"
    assert (shop.balance("shop:sales"), shop.pay_shop.differences()) == (0, [])


def test_a_sale_by_bargain_pays_the_sponsor_on_the_price_reached_and_no_host(shop: RoomShop, leader: Person) -> None:
    with unit_of_work() as uow:
        commissions.publish_plan(uow, a_plan(), country="CN", effective_at=LONG_AGO)
    sponsor = sign_up(shop.app)
    code = sponsor.call("POST", "/invite-links", json={"kind": "member"}).get_json()["code"]
    body = {"email": f"{secrets.token_hex(6)}@example.com", "password": "correct horse battery", "display_name": "B"}
    token = sponsor.client.post(f"{API}/members", json={**body, "accept_terms": True, "invite_code": code}).get_json()
    buyer = Person(shop.app.test_client(), sponsor.card, token["token"])
    bargain = _start(buyer, _offer(shop, leader))
    price = START - sum(_chop(shop, bargain["id"], 1))
    _pay(shop, buyer, _buy(buyer, bargain["id"]).get_json())
    earned = sponsor.call("GET", "/me/commissions").get_json()["data"]
    assert [(row["kind"], row["base"]["amount_minor"]) for row in earned if row["level"] == 1] == [("sale", price)]
    assert rows("SELECT count(*) FROM accruals WHERE kind = 'host'") == [(0,)]


def test_a_bargain_keeps_the_shipping_of_its_offer_which_an_admin_says(shop: RoomShop, leader: Person) -> None:
    refused = leader.call("POST", "/bargain-offers", json=_terms(shop, shipping_minor=0))
    assert refusal(refused) == (422, "invalid_value", "shipping_minor")
    offer = _offer(shop, sign_up(shop.app, role=Role.ADMIN), shipping_minor=700)
    buyer, late = sign_up(shop.app), sign_up(shop.app)
    bargain = _start(buyer, offer)["id"]
    shown = shop.app.test_client().get(f"{API}/bargain-offers/{offer}").get_json()
    assert shown["shipping"] == {"amount_minor": 700, "currency": "CNY"}
    # What was started keeps it, whatever becomes of the offer.
    with unit_of_work() as uow:
        uow.session.execute(text("UPDATE deals SET shipping_minor = 900"))
    bought = [_buy(who, one).get_json() for who, one in ((buyer, bargain), (late, _start(late, offer)["id"]))]
    assert [one["order"]["total"]["amount_minor"] for one in bought] == [START + 700, START + 900]
    _pay(shop, buyer, bought[0])
    assert shop.balance("shop:shipping") == 700
    assert faults(shop) == unsettled(shop) == []


def test_where_only_the_floor_is_sold_nothing_is_sold_above_it(shop: RoomShop, leader: Person) -> None:
    buyer = sign_up(shop.app)
    bargain = _start(buyer, _offer(shop, leader, buy_at="floor", chops=2))["id"]
    _chop(shop, bargain)
    before = counts("orders", "rooms", "seats")
    assert refusal(_buy(buyer, bargain))[:2] == (409, "floor_not_reached")
    assert (counts("orders", "rooms", "seats"), shop.left()) == (before, 1000)
    _chop(shop, bargain)
    assert _buy(buyer, bargain).get_json()["order"]["total"]["amount_minor"] == FLOOR


def test_an_unpaid_bargain_is_open_again_and_the_goods_are_back(shop: RoomShop, leader: Person) -> None:
    buyer = sign_up(shop.app)
    bargain = _start(buyer, _offer(shop, leader, seat_hold_seconds=60))["id"]
    _chop(shop, bargain)
    assert _buy(buyer, bargain).status_code == 201
    assert refusal(_buy(buyer, bargain))[:2] == (409, "bargain_bought")
    assert refusal(sign_up(shop.app).call("POST", f"/bargains/{bargain}/chops"))[:2] == (409, "bargain_bought")
    shop.tick(61)
    shop.work()
    assert (_seen(shop, bargain)["status"], shop.left()) == ("open", 1000)
    _chop(shop, bargain)
    again = _buy(buyer, bargain).get_json()
    _pay(shop, buyer, again)
    assert buyer.call("GET", f"/orders/{again['order']['id']}").get_json()["status"] == "confirmed"
    assert faults(shop) == unsettled(shop) == []
    assert "room_cancelled" not in _told(buyer)


def test_a_seat_that_is_lost_after_the_bargains_time_ends_the_bargain(shop: RoomShop, leader: Person) -> None:
    buyer = sign_up(shop.app)
    bargain = _start(buyer, _offer(shop, leader, lasts_seconds=30, seat_hold_seconds=60))["id"]
    assert _buy(buyer, bargain).status_code == 201
    shop.tick(61)
    shop.work()
    assert _seen(shop, bargain)["status"] == "expired"
    assert refusal(_buy(buyer, bargain))[:2] == (409, "bargain_over")


def test_of_two_that_one_member_lost_unpaid_at_once_the_newer_goes_on(shop: RoomShop, leader: Person) -> None:
    """Only one of an offer may run: both are told of in one go, and neither holds the other up."""
    buyer, offer = sign_up(shop.app), _offer(shop, leader, seat_hold_seconds=60)
    both = []
    for _ in range(2):
        both.append(_start(buyer, offer)["id"])
        assert _buy(buyer, both[-1]).status_code == 201
    shop.tick(61)
    lost = [{"room_id": str(row[0])} for row in rows("SELECT room_id FROM bargains")]
    in_unit_of_work(lambda uow: rooms.on_room_for_one_over(uow, lost), shop.pay_shop.clock)
    assert [_seen(shop, bargain)["status"] for bargain in both] == ["expired", "open"]


# --- whose chop counts ----------------------------------------------------------------------------------------------


def test_a_friend_chops_once_and_nobody_their_own(shop: RoomShop, leader: Person) -> None:
    buyer, friend = sign_up(shop.app), sign_up(shop.app)
    bargain = _start(buyer, _offer(shop, leader))["id"]
    assert friend.call("POST", f"/bargains/{bargain}/chops").status_code == 201
    before = _seen(shop, bargain)
    assert refusal(friend.call("POST", f"/bargains/{bargain}/chops"))[:2] == (409, "already_chopped")
    assert refusal(buyer.call("POST", f"/bargains/{bargain}/chops"))[:2] == (409, "own_bargain")
    assert _seen(shop, bargain) == before


def test_a_device_chops_once_and_the_starters_not_at_all_and_the_reason_is_told(shop: RoomShop, leader: Person) -> None:
    offer = _offer(shop, leader, chops=10)
    buyer, friend, second = (sign_up(shop.app) for _ in range(3))
    code = leader.call("POST", "/invite-links", json={"kind": "member"}).get_json()["code"]
    for person in (buyer, friend):
        person.client.get(f"/i/{code}", headers={"User-Agent": "Mozilla/5.0"})
    bargain = _start(buyer, offer)["id"]
    assert friend.call("POST", f"/bargains/{bargain}/chops").status_code == 201
    for client in (friend.client, buyer.client):
        answer = client.post(f"{API}/bargains/{bargain}/chops", headers={"Authorization": f"Bearer {second.token}"})
        assert refusal(answer)[:2] == (409, "device_chopped")
    # From a device of its own the same friend's chop counts: nothing was used up.
    assert second.call("POST", f"/bargains/{bargain}/chops").status_code == 201
    # What is kept are marks, not the visitors that cookies name.
    kept = {bytes(device) for (device,) in rows("SELECT device FROM bargain_chops WHERE device IS NOT NULL")}
    assert kept
    assert not kept & {bytes(mark) for (mark,) in rows("SELECT visitor FROM invite_visitors")}


def test_a_network_chops_a_few_times_and_private_ones_are_not_counted(shop: RoomShop, leader: Person) -> None:
    bargain = _start(sign_up(shop.app), _offer(shop, leader, chops=20))["id"]

    def chop(number: int, address: str) -> Any:
        friend = sign_up(shop.app)
        headers = {"User-Agent": f"phone {number}"}
        return friend.call("POST", f"/bargains/{bargain}/chops", headers=headers, environ_base={"REMOTE_ADDR": address})

    assert [chop(n, "8.8.8.8").status_code for n in range(5)] == [201] * 5
    assert refusal(chop(6, "8.8.8.8"))[:2] == (409, "network_chopped")
    # Without a cookie the same program on the same network is the same device.
    assert chop(1, "9.9.9.9").status_code == 201
    assert refusal(chop(1, "9.9.9.9"))[:2] == (409, "device_chopped")
    assert [chop(1, "192.168.0.7").status_code for _ in range(7)] == [201] * 7
    assert _seen(shop, bargain)["chops_made"] == 13


def test_who_is_frozen_neither_starts_nor_chops(shop: RoomShop, leader: Person) -> None:
    offer, frozen = _offer(shop, leader), sign_up(shop.app)
    bargain = _start(sign_up(shop.app), offer)["id"]
    admin = sign_up(shop.app, role=Role.ADMIN)
    about = {"subject_id": to_public("mbr", frozen.card.member_id), "ground": "abuse", "words": "The name."}
    report = leader.call("POST", "/reports", json=about).get_json()["id"]
    verdict = {"verdict": "frozen", "reason": "The name.", "days": 1}
    assert admin.call("POST", f"/admin/reports/{report}/decision", json=verdict).status_code == 200
    for path in (f"/bargain-offers/{offer}/bargains", f"/bargains/{bargain}/chops"):
        assert refusal(frozen.call("POST", path))[:2] == (403, "standing_limited")


# --- clocks, pauses, limits -----------------------------------------------------------------------------------------


def test_a_bargain_ends_by_its_clock_and_its_starter_hears_of_it(shop: RoomShop, leader: Person) -> None:
    buyer = sign_up(shop.app)
    bargain = _start(buyer, _offer(shop, leader, lasts_seconds=60))["id"]
    shop.pay_shop.clock.advance(timedelta(seconds=60))
    # Past its time it is over, swept or not.
    assert _seen(shop, bargain)["status"] == "expired"
    assert refusal(sign_up(shop.app).call("POST", f"/bargains/{bargain}/chops"))[:2] == (409, "bargain_over")
    assert refusal(_buy(buyer, bargain))[:2] == (409, "bargain_over")
    assert in_unit_of_work(rooms.expire_bargains, shop.pay_shop.clock) is False
    assert rows("SELECT status FROM bargains") == [("expired",)]
    assert _told(buyer) == ["bargain_over"]
    assert in_unit_of_work(rooms.expire_bargains, shop.pay_shop.clock) is False
    assert _told(buyer) == ["bargain_over"]


def test_an_offer_that_ends_leaves_what_was_started_and_a_pause_stops_it(shop: RoomShop, leader: Person) -> None:
    offer, buyer = _offer(shop, leader), sign_up(shop.app)
    bargain = _start(buyer, offer)["id"]
    leader.call("POST", f"/deals/{offer}/pause", json={})
    for answer in (
        sign_up(shop.app).call("POST", f"/bargains/{bargain}/chops"),
        sign_up(shop.app).call("POST", f"/bargain-offers/{offer}/bargains"),
        _buy(buyer, bargain),
    ):
        assert refusal(answer)[:2] == (409, "deal_paused")
    assert shop.left() == 1000
    leader.call("POST", f"/deals/{offer}/end", json={})
    assert refusal(sign_up(shop.app).call("POST", f"/bargain-offers/{offer}/bargains"))[:2] == (409, "deal_not_live")
    _chop(shop, bargain)
    assert _buy(buyer, bargain).status_code == 201


def test_stock_quota_and_the_members_limit_hold_at_the_purchase(shop: RoomShop, leader: Person) -> None:
    offer = _offer(shop, leader, quota=1, per_member_limit=1)
    first, second = sign_up(shop.app), sign_up(shop.app)
    one, other = _start(first, offer)["id"], _start(second, offer)["id"]
    _pay(shop, first, _buy(first, one).get_json())
    before = counts("orders", "rooms", "seats")
    assert refusal(_buy(second, other))[:2] == (409, "out_of_stock")
    anew = _start(first, offer)["id"]
    assert refusal(_buy(first, anew))[:2] == (409, "out_of_stock")
    assert (counts("orders", "rooms", "seats"), shop.left()) == (before, 999)
    assert _seen(shop, other)["status"] == "open"


def test_a_member_has_one_bargain_of_an_offer_at_a_time(shop: RoomShop, leader: Person) -> None:
    offer, buyer = _offer(shop, leader), sign_up(shop.app)
    assert _start(buyer, offer)["id"] == _start(buyer, offer)["id"]
    assert rows("SELECT count(*) FROM bargains") == [(1,)]


# --- who sees what --------------------------------------------------------------------------------------------------


def test_friends_are_named_to_the_starter_and_strangers_see_a_letter(shop: RoomShop, leader: Person) -> None:
    buyer, friend = sign_up(shop.app), sign_up(shop.app, name="周一一")
    bargain = _start(buyer, _offer(shop, leader))["id"]
    friend.call("POST", f"/bargains/{bargain}/chops")
    names = [
        person.call("GET", f"/bargains/{bargain}").get_json()["friends"][0]["display_name"]
        for person in (buyer, friend, sign_up(shop.app))
    ]
    assert [*names, _seen(shop, bargain)["friends"][0]["display_name"]] == ["周一一", "周一一", "周…", "周…"]
    assert "seed" not in str(_seen(shop, bargain))
    # A name and "has never bought here" side by side would tell what somebody bought.
    assert "newcomer" not in str(buyer.call("GET", f"/bargains/{bargain}").get_json())


def test_an_unchanged_bargain_is_polled_for_one_read(shop: RoomShop, leader: Person) -> None:
    bargain = _start(sign_up(shop.app), _offer(shop, leader))["id"]
    client = shop.app.test_client()
    tag = client.get(f"{API}/bargains/{bargain}").headers["ETag"]
    with statements() as seen:
        assert client.get(f"{API}/bargains/{bargain}", headers={"If-None-Match": tag}).status_code == 304
    assert len(seen) == 1
    _chop(shop, bargain)
    assert client.get(f"{API}/bargains/{bargain}", headers={"If-None-Match": tag}).status_code == 200


def test_a_purchase_takes_no_more_statements_than_a_seat(shop: RoomShop, leader: Person) -> None:
    buyer = sign_up(shop.app)
    bargain = from_public("brg", _start(buyer, _offer(shop, leader))["id"])
    number = rows("SELECT member FROM bargains")[0][0]

    class Buyer:
        def __init__(self, number: int) -> None:
            self.number = number

    with statements() as seen:
        in_unit_of_work(lambda uow: rooms.buy_bargain(uow, Buyer(number), bargain), shop.pay_shop.clock)
    assert len(seen) <= 8


def test_a_bargain_is_bought_by_its_owner_alone(shop: RoomShop, leader: Person) -> None:
    bargain = _start(sign_up(shop.app), _offer(shop, leader))["id"]
    assert refusal(_buy(sign_up(shop.app), bargain))[:2] == (404, "not_found")


def test_a_bargain_is_no_deal_that_rooms_are_opened_on(shop: RoomShop, leader: Person) -> None:
    offer = _offer(shop, leader)
    buyer = sign_up(shop.app)
    assert refusal(buyer.call("POST", f"/deals/{offer}/rooms", key="a", json={}))[:2] == (404, "not_found")
    assert refusal(buyer.call("GET", f"/deals/{offer}"))[:2] == (404, "not_found")
    assert buyer.call("GET", "/deals").get_json()["data"] == []
    assert [row["id"] for row in buyer.call("GET", "/bargain-offers").get_json()["data"]] == [offer]


def test_a_link_leads_to_a_bargain(shop: RoomShop, leader: Person) -> None:
    buyer = sign_up(shop.app)
    bargain = _start(buyer, _offer(shop, leader))["id"]
    link = buyer.call(
        "POST", "/invite-links", json={"kind": "bargain", "target_id": bargain}, headers={"Accept-Language": "zh"}
    ).get_json()
    assert link["share_text"].startswith("帮我砍价「Chop the tea」，最低 ¥69.00，还差 3 刀")
    page = buyer.client.get(f"/i/{link['code']}", headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert f"/bargains/{bargain}" in page.text


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"floor_price_minor": START}, "floor_price_minor"),
        ({"start_price_minor": 10_901}, "start_price_minor"),
        ({"chops": 200, "floor_price_minor": START - 199}, "chops"),
        ({"chops": 201}, "chops"),
        ({"newcomer_weight_bps": 9_999}, "newcomer_weight_bps"),
        ({"lasts_seconds": 7 * 86_400 + 1}, "lasts_seconds"),
        ({"more": 1}, "more"),
    ],
)
def test_terms_that_cannot_be_are_refused_by_name(
    shop: RoomShop, leader: Person, changed: dict[str, object], field: str
) -> None:
    before = counts("deals", "bargain_terms")
    assert refusal(leader.call("POST", "/bargain-offers", json=_terms(shop, **changed))) == (
        422,
        "invalid_value",
        field,
    )
    assert counts("deals", "bargain_terms") == before


def test_marks_are_forgotten_once_a_bargain_is_long_over(shop: RoomShop, leader: Person) -> None:
    bargain = _start(sign_up(shop.app), _offer(shop, leader))["id"]
    sign_up(shop.app).call("POST", f"/bargains/{bargain}/chops", environ_base={"REMOTE_ADDR": "8.8.8.8"})
    marked = "SELECT count(*) FROM bargain_chops WHERE device IS NOT NULL OR network IS NOT NULL"
    later = shop.pay_shop.clock.now() + timedelta(days=2)
    in_unit_of_work(lambda uow: rooms.forget_bargain_marks(uow, later), shop.pay_shop.clock)
    assert rows(marked) == [(1,)]
    shop.pay_shop.clock.advance(timedelta(hours=2))
    in_unit_of_work(rooms.expire_bargains, shop.pay_shop.clock)
    in_unit_of_work(lambda uow: rooms.forget_bargain_marks(uow, later), shop.pay_shop.clock)
    assert rows(marked) == [(0,)]
