"""The systems that mission.md names, each by its mechanism: rooms that friends fill, and bargains that they chop."""

from __future__ import annotations

from pathlib import Path

from buying import open_room, pay, take_seat
from flask import Flask
from room_shop import faults, room_shop, unsettled
from web_client import API, Person, refusal, registration, sign_up

from socialshop.commissions import service as commissions
from socialshop.deals.ladder import Step
from socialshop.infra.uow import unit_of_work
from socialshop.kernel.ids import to_public
from socialshop.kernel.roles import Role
from tests.sample_sales import LONG_AGO, a_plan


def _come_by(app: Flask, code: str) -> Person:
    """A friend who opens the link in a browser, registers with it there and stays signed in."""
    browser = app.test_client()
    landing = browser.get(f"/i/{code}", headers={"Accept": "application/json"}).get_json()
    assert (landing["kind"], landing["subject"]["price"]["amount_minor"]) == ("room", 9_900)
    answer = browser.post(f"{API}/members", json=registration())
    assert answer.status_code == 201, answer.text
    return Person(browser, sign_up(app).card, answer.get_json()["token"])


def test_pinduoduo_a_room_is_shared_to_friends_by_a_link_fills_with_them_and_sells_at_its_price(
    app: Flask, tmp_path: Path
) -> None:
    with room_shop(app, tmp_path) as shop:
        host = sign_up(app)
        with unit_of_work() as uow:
            commissions.publish_plan(uow, a_plan(), country="CN", effective_at=LONG_AGO)
        # given a room for three, which its host shares
        opened = open_room(host, to_public("deal", shop.deal(size=3)))
        room = opened["room"]["id"]
        link = host.call("POST", "/invite-links", json={"kind": "room", "target_id": room, "channel": "wechat"})
        code = link.get_json()["code"]
        assert opened["room"]["status"] == "open"
        # when two friends come by the link, take the seats that are left, and all three pay
        friends = [_come_by(app, code) for _ in range(2)]
        taken = [(host, opened), *((friend, take_seat(friend, room)) for friend in friends)]
        late = _come_by(app, code)
        assert refusal(late.call("POST", f"/rooms/{room}/seats", key="late", json={}))[:2] == (409, "room_full")
        for who, seat in taken[:2]:
            pay(who, seat)
        shop.settle()
        # then nothing is sold before the last has paid
        found = host.call("GET", f"/rooms/{room}").get_json()
        assert (found["status"], found["seats_taken"], shop.balance("shop:sales")) == ("open", 3, 0)
        pay(*taken[2])
        shop.settle()
        assert host.call("GET", f"/rooms/{room}").get_json()["status"] == "filled"
        orders = [who.call("GET", f"/orders/{seat['order']['id']}").get_json() for who, seat in taken]
        assert [(order["status"], order["total"]["amount_minor"]) for order in orders] == [("confirmed", 9_900)] * 3
        assert shop.balance("shop:sales") == 3 * 9_900
        # and the friends' two sales, not the host's own, are the link's and bring the host a reward, 8 % of each
        stats = host.call("GET", f"/invite-links/{code}/stats").get_json()
        assert (stats["orders"], stats["earned"]["amount_minor"]) == (2, 2 * 792)
        assert host.call("GET", "/me/wallet").get_json()["pending"]["amount_minor"] == 2 * 792
        assert host.call("GET", "/me/referrals/summary").get_json()["direct"] == 3
        assert (faults(shop), unsettled(shop)) == ([], [])


def test_pinduoduo_a_room_that_does_not_fill_gives_everybody_the_money_back(app: Flask, tmp_path: Path) -> None:
    with room_shop(app, tmp_path) as shop:
        host, friend = sign_up(app), sign_up(app)
        # given a room for three with two who have paid
        opened = open_room(host, to_public("deal", shop.deal(size=3, ttl=3_600)))
        joined = take_seat(friend, opened["room"]["id"])
        for who, seat in ((host, opened), (friend, joined)):
            pay(who, seat)
        shop.settle()
        # when its clock runs out
        shop.tick(3_600)
        shop.settle()
        # then it is over, both orders are refunded, nothing was sold, and the goods are on the shelf again
        assert host.call("GET", f"/rooms/{opened['room']['id']}").get_json()["status"] == "expired"
        orders = [
            who.call("GET", f"/orders/{seat['order']['id']}").get_json()
            for who, seat in ((host, opened), (friend, joined))
        ]
        assert [order["status"] for order in orders] == ["refunded"] * 2
        assert (shop.balance("shop:sales"), shop.left()) == (0, shop.stock)
        assert (faults(shop), unsettled(shop)) == ([], [])


def test_pinduoduo_friends_chop_a_price_the_group_lowers_another_and_newcomers_have_one_of_their_own(
    app: Flask, tmp_path: Path
) -> None:
    with room_shop(app, tmp_path) as shop:
        leader, one, two = sign_up(app, role=Role.LEADER), sign_up(app), sign_up(app)
        sku = to_public("sku", shop.sku_id)
        # given a bargain that two friends bring to its lowest price, exactly, and its owner buys it for that
        terms = {"sku_id": sku, "title": "Tea", "lasts_seconds": 3_600}
        prices = {"start_price_minor": 9_900, "floor_price_minor": 6_900, "chops": 2}
        offer = leader.call("POST", "/bargain-offers", json=terms | prices).get_json()["id"]
        bargain = one.call("POST", f"/bargain-offers/{offer}/bargains").get_json()["id"]
        for friend in (two, sign_up(app)):
            assert friend.call("POST", f"/bargains/{bargain}/chops").status_code == 201
        assert refusal(two.call("POST", f"/bargains/{bargain}/chops"))[0] == 409
        bought = one.call("POST", f"/bargains/{bargain}/purchase", key="b", json={}).get_json()
        assert bought["order"]["total"]["amount_minor"] == 6_900
        pay(one, bought)
        shop.settle()
        # and a ladder on which three pay the price of three, the difference given back
        steps = (Step(2, 9_900), Step(3, 8_000))
        ladder = to_public("deal", shop.deal(size=3, price_steps=steps))
        opened = open_room(one, ladder)
        seats = [(one, opened), *((who, take_seat(who, opened["room"]["id"])) for who in (two, sign_up(app)))]
        for who, seat in seats:
            pay(who, seat)
        shop.settle()
        orders = [who.call("GET", f"/orders/{seat['order']['id']}").get_json() for who, seat in seats]
        assert [each["total"]["amount_minor"] - each["refunded"]["amount_minor"] for each in orders] == [8_000] * 3
        # and a room for newcomers, which who has bought may open, and who has not may alone join
        newcomers = to_public("deal", shop.deal(size=2, newcomer_only=True))
        hosted = open_room(one, newcomers)
        room, new = hosted["room"]["id"], sign_up(app)
        assert refusal(two.call("POST", f"/rooms/{room}/seats", key="n", json={}))[:2] == (403, "newcomers_only")
        for who, seat in ((one, hosted), (new, take_seat(new, room))):
            pay(who, seat)
        shop.settle()
        assert new.call("GET", f"/rooms/{room}").get_json()["status"] == "filled"
        assert shop.balance("shop:sales") == 6_900 + 3 * 8_000 + 2 * 9_900
        assert (faults(shop), unsettled(shop)) == ([], [])
